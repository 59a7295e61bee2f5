"""Sums over all pairs of a smooth function of the difference of logarithms, in time and memory proportional to the values.

Between neighbouring nodes such a function is a polynomial to machine precision: every value is replaced by weights on Chebyshev
nodes of the interval it falls in (interpolation turned round), and the sum over a million values squared becomes a quadratic
form in a few hundred nodes. Krippendorff's ratio and bipolar metrics are of this kind.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import ArrayLike

from rankkit.kernels.arrays import Floats, Ints

_WIDTH = 1.0  # of an interval, in units of the logarithm: poles at ±iπ are 2π half-widths away
_DEGREE = 16  # nodes an interval: error about (2π + sqrt(4π² + 1))^-16 = 3e-18 of the largest value


@dataclass(frozen=True, eq=False)
class LogNodes:
    """Values as weights on nodes.

    Attributes
    ----------
    nodes : ndarray, shape (K,)
        Places of the nodes on the scale of the logarithm, K = 16 × number of intervals in use.
    column : ndarray of int, shape (n,)
        First of the 16 consecutive nodes of each value.
    weights : ndarray, shape (n, 16)
        Its weights on them; they sum to 1.
    """

    nodes: Floats
    column: Ints
    weights: Floats

    def mass(self, mass: Floats | None = None) -> Floats:
        """Total weight on each node, (K,), each value counted ``mass`` times (once by default)."""
        box = self.column // _DEGREE
        n_boxes = len(self.nodes) // _DEGREE
        out = np.empty((n_boxes, _DEGREE))
        for k in range(_DEGREE):
            w = self.weights[:, k] if mass is None else self.weights[:, k] * mass
            out[:, k] = np.bincount(box, weights=w, minlength=n_boxes)
        return out.ravel()


def log_nodes(values: ArrayLike) -> LogNodes:
    """Spread positive values on Chebyshev nodes of their logarithms.

    Parameters
    ----------
    values : array, shape (n,)
        Positive, finite.

    Returns
    -------
    LogNodes
        With K(d) smooth in a strip |Im d| < π, Σ_i Σ_j a_i a_j K(log x_i − log x_j) = mᵀ K m for m = ``mass(a)`` and
        the matrix K of the function at differences of nodes.

    References
    ----------
    Fong & Darve (2009), Journal of Computational Physics 228, 8712-8725 (Chebyshev interpolation of smooth kernels).

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([1.0, 2.0, 7.0, 40.0])
    >>> spread = log_nodes(x)
    >>> m, away = spread.mass(), spread.nodes[:, None] - spread.nodes
    >>> round(float(m @ np.tanh(away / 2) ** 2 @ m), 10)
    6.3972980029
    >>> round(float((((x[:, None] - x) / (x[:, None] + x)) ** 2).sum()), 10)
    6.3972980029
    """
    a = np.log(np.asarray(values, dtype=np.float64))
    whole = np.floor(a / _WIDTH)
    first = whole.min(initial=0)
    slot = (whole - first).astype(np.int64)
    used = np.flatnonzero(np.bincount(slot)) if len(slot) else np.zeros(0, dtype=np.int64)
    place = np.zeros(int(used[-1]) + 1 if len(used) else 0, dtype=np.int64)
    place[used] = np.arange(len(used))
    t = 2 * (a / _WIDTH - whole) - 1
    angles = np.pi * (np.arange(_DEGREE) + 0.5) / _DEGREE
    at = np.cos(angles)
    back = 2 / _DEGREE * np.cos(np.arange(_DEGREE)[:, None] * angles)  # Chebyshev coefficients from values at the nodes
    back[0] /= 2
    weights = chebyshev.chebvander(t, _DEGREE - 1) @ back
    middles = (used + first + 0.5) * _WIDTH
    return LogNodes((middles[:, None] + at * _WIDTH / 2).ravel(), place[slot] * _DEGREE, weights)
