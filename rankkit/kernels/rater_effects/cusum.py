"""Cumulative sums of standardised residuals: when did a series leave its level? (Page 1954)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from scipy import stats

from rankkit.kernels.arrays import Bools, Floats, Ints

REFERENCE, DECISION = 0.5, 4.0  # k and h in residual standard deviations: tuned to a shift of one SD
_STATES = 120  # of the Markov chain; the probability is right to three decimals


@dataclass(frozen=True, eq=False)
class Cusum:
    """Two one-sided cumulative sums.

    Attributes
    ----------
    upper, lower : ndarray, shape (n,)
        ``C⁺_t`` and ``C⁻_t``, neither negative.
    signal : ndarray of bool, shape (n,)
        Where either exceeds the decision limit.
    """

    upper: Floats
    lower: Floats
    signal: Bools


def cusum(z: Floats, group: Ints, *, k: float = REFERENCE, h: float = DECISION) -> Cusum:
    r"""Two-sided CUSUM of each group's series.

    .. math:: C^+_t = \max(0, C^+_{t-1} + z_t - k), \qquad C^-_t = \max(0, C^-_{t-1} - z_t - k)

    Parameters
    ----------
    z : ndarray, shape (n,)
        Standardised residuals, each group's in order of time and together.
    group : ndarray of int, shape (n,)
        Series of each; equal codes adjacent.
    k, h : float
        Reference value and decision limit.

    Returns
    -------
    Cusum

    References
    ----------
    Page (1954), Continuous inspection schemes, Biometrika 41, 100–115.

    Examples
    --------
    >>> import numpy as np
    >>> found = cusum(np.array([0.0, 2.0, 2.0, 2.0, -1.0]), np.zeros(5, dtype=int))
    >>> found.upper, found.signal
    (array([0. , 1.5, 3. , 4.5, 3. ]), array([False, False, False,  True, False]))
    """
    edges = [0, *(np.flatnonzero(np.diff(group)) + 1), len(z)]
    upper, lower = np.zeros(len(z)), np.zeros(len(z))
    for start, end in pairwise(edges):
        for out, sign in ((upper, 1.0), (lower, -1.0)):
            walk = np.cumsum(sign * z[start:end] - k)
            out[start:end] = walk - np.minimum.accumulate(np.minimum(walk, 0.0))
    return Cusum(upper, lower, (upper > h) | (lower > h))


@lru_cache(maxsize=4096)
def false_alarm(n: int, *, k: float = REFERENCE, h: float = DECISION) -> float:
    """Chance that a series of n independent standard normal residuals signals on either side.

    One side by a Markov chain on the value of ``C⁺`` (Brook & Evans 1972), then ``1 − (1 − p)²``: the two sides hardly
    depend on each other.

    Parameters
    ----------
    n : int
        Length of the series.
    k, h : float
        Reference value and decision limit.

    Returns
    -------
    float

    References
    ----------
    Brook & Evans (1972), An approach to the probability distribution of CUSUM run length, Biometrika 59, 539–549.

    Examples
    --------
    >>> round(false_alarm(20), 3), round(false_alarm(100), 3)
    (0.091, 0.44)
    """
    if h <= 0:
        return 1.0
    width = 2 * h / (2 * _STATES - 1)
    centre = np.arange(_STATES) * width
    edges = centre + width / 2
    moved = stats.norm.cdf(edges[None, :] - centre[:, None] + k)
    step = np.diff(moved, axis=1, prepend=0.0)
    state = np.zeros(_STATES)
    state[0] = 1.0
    for _ in range(n):
        state = state @ step
    return float(1 - min(max(state.sum(), 0.0), 1.0) ** 2)
