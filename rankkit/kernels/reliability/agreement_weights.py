"""How much two categories agree: the weights of weighted kappa, of AC2 and of their relatives."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from rankkit.kernels.arrays import Floats

WeightKind = Literal["identity", "linear", "quadratic", "ordinal", "radical", "ratio", "circular", "bipolar"]
KINDS: tuple[WeightKind, ...] = get_args(WeightKind)


def weight_matrix(values: ArrayLike, kind: WeightKind = "identity") -> Floats:
    r"""Agreement weights of q categories: 1 for the same category, 0 for the two that are furthest apart.

    With scores :math:`x_1 \le \dots \le x_q`, :math:`d = |x_k - x_l|` and :math:`R = x_q - x_1`: linear :math:`1 - d/R`,
    quadratic :math:`1 - d^2/R^2`, radical :math:`1 - \sqrt{d/R}`, ordinal :math:`1 - \binom{|k-l|+1}{2} / \binom{q}{2}`;
    ratio, circular and bipolar are one less the squared differences :math:`(d/(x_k+x_l))^2`, :math:`\sin^2(\pi d/(R+1))`
    and :math:`d^2/\{(x_k+x_l-2x_1)(2x_q-x_k-x_l)\}`, each divided by its largest value.

    Parameters
    ----------
    values : array, shape (q,)
        Scores of the categories, ascending; for words their places 1 … q. Circular weights take equal steps of 1.
    kind : str
        One of ``KINDS``; "identity" counts only full agreement.

    Returns
    -------
    ndarray, shape (q, q)
        Symmetric, ones on the diagonal.

    References
    ----------
    Cohen (1968), Psychological Bulletin 70, 213-220. Gwet (2014), Handbook of Inter-Rater Reliability, 4th ed., chapter 3.

    Examples
    --------
    >>> weight_matrix([1, 2, 3], "linear")
    array([[1. , 0.5, 0. ],
           [0.5, 1. , 0.5],
           [0. , 0.5, 1. ]])
    >>> weight_matrix([1, 2, 3], "quadratic")[0].tolist()
    [1.0, 0.75, 0.0]
    """
    x = np.asarray(values, dtype=np.float64)
    q = len(x)
    if kind == "identity" or q < 2:
        return np.eye(q)
    away = np.abs(x[:, None] - x)
    if kind == "ordinal":
        steps = np.abs(np.arange(q)[:, None] - np.arange(q))
        away = steps * (steps + 1.0) / 2
    elif kind == "quadratic":
        away = away**2
    elif kind == "radical":
        away = np.sqrt(away)
    elif kind == "ratio":
        away = _ratio(away, x[:, None] + x) ** 2
    elif kind == "circular":
        away = np.sin(np.pi * away / (x[-1] - x[0] + 1)) ** 2
    elif kind == "bipolar":
        together = x[:, None] + x
        away = _ratio(away**2, (together - 2 * x[0]) * (2 * x[-1] - together))
    return np.asarray(1 - away / away.max())


def _ratio(a: Floats, b: Floats) -> Floats:
    """a/b, and 0 for 0/0."""
    return np.divide(a, b, out=np.zeros_like(a), where=a != 0)
