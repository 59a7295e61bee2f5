"""What random answers on a rating scale look like: the null distributions of within-group agreement.

Variances are LeBreton & Senter's (2008, table 2). For five points each is the variance of a published distribution; for other
lengths only the variances are known, except for uniform answers, so significance can be asked of the uniform null alone.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from rankkit.kernels.arrays import Floats

Null = Literal["uniform", "slight_skew", "moderate_skew", "heavy_skew", "triangular", "normal"]
NULLS: tuple[Null, ...] = get_args(Null)

_VARIANCES: dict[int, tuple[float, ...]] = {  # points: the nulls after uniform, in the order of NULLS
    5: (1.34, 0.90, 0.44, 1.32, 1.04),
    6: (1.85, 1.26, 0.69, 1.45, 1.25),
    7: (2.90, 2.14, 1.39, 2.10, 1.40),
    8: (3.47, 2.79, 2.35, 2.81, 1.73),
    9: (5.66, 4.73, 3.16, 3.00, 1.58),
    10: (6.30, 5.09, 3.46, 2.89, 1.45),
    11: (7.31, 6.32, 4.02, 3.32, 1.40),
}
_FIVE: dict[Null, tuple[float, ...]] = {
    "slight_skew": (0.05, 0.15, 0.20, 0.35, 0.25),
    "moderate_skew": (0.00, 0.10, 0.15, 0.40, 0.35),
    "heavy_skew": (0.00, 0.00, 0.10, 0.40, 0.50),
    "triangular": (0.11, 0.22, 0.34, 0.22, 0.11),
    "normal": (0.07, 0.24, 0.38, 0.24, 0.07),
}


def null_variance(null: Null, points: int, step: float = 1.0) -> float:
    """Variance of one random answer.

    Parameters
    ----------
    null : str
        One of ``NULLS``.
    points : int
        Answers the scale offers, A; the published table is for 5 to 11, uniform answers have (A² − 1)/12 for any.
    step : float
        Distance of neighbouring answers, score units.

    Returns
    -------
    float
        Squared score units; NaN where the table has none.

    References
    ----------
    James, Demaree & Wolf (1984), Journal of Applied Psychology 69, 85-98. LeBreton & Senter (2008), Organizational Research
    Methods 11, 815-852, table 2.

    Examples
    --------
    >>> null_variance("uniform", 5), null_variance("slight_skew", 5), null_variance("uniform", 9, step=0.5)
    (2.0, 1.34, 1.6666666666666667)
    """
    if null == "uniform":
        return (points**2 - 1) / 12 * step**2
    if points not in _VARIANCES:
        return float("nan")
    return _VARIANCES[points][NULLS.index(null) - 1] * step**2


def null_shares(null: Null, points: int) -> Floats | None:
    """Probability of each answer, lowest first; None where only the variance was published.

    Examples
    --------
    >>> null_shares("slight_skew", 5)
    array([0.05, 0.15, 0.2 , 0.35, 0.25])
    >>> null_shares("slight_skew", 7) is None
    True
    """
    if null == "uniform":
        return np.full(points, 1 / points)
    return np.array(_FIVE[null]) if points == 5 else None


def variance_of(shares: ArrayLike, step: float = 1.0) -> float:
    """Variance of answers with these probabilities.

    Examples
    --------
    >>> round(variance_of([0.05, 0.15, 0.20, 0.35, 0.25]), 10)
    1.34
    """
    p = np.asarray(shares, dtype=np.float64)
    x = np.arange(len(p)) * step
    return float(p @ x**2 - (p @ x) ** 2)
