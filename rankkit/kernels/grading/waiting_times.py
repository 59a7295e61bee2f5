"""Time until something happens, where some are still waiting."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from rankkit.kernels.arrays import Bools, Floats


@dataclass(frozen=True)
class WaitingTimes:
    """Waiting times by the product-limit estimate.

    Attributes
    ----------
    n, ended : int
        All, and those whose waiting is over.
    median, low, high : float
        Median with its interval; ``nan`` where the curve never falls to one half (too many still wait), 0 and ``inf`` for ends
        that the data do not tell.
    """

    n: int
    ended: int
    median: float
    low: float
    high: float


def waiting_times(time: Floats, ended: Bools, level: float = 0.95) -> WaitingTimes:
    r"""Median waiting time; those still waiting are right-censored.

    .. math:: S(t) = \prod_{t_i \le t} \Bigl(1 - \frac{d_i}{n_i}\Bigr), \qquad
       \operatorname{var} \log(-\log S) = \frac{1}{\log^2 S} \sum_{t_i \le t} \frac{d_i}{n_i (n_i - d_i)}

    The interval holds every t at which S(t) = ½ is not rejected on the log(−log) scale. Before the first end and after the last that
    scale says nothing; n people all on one side of the median have probability 2⁻ⁿ, so with fewer than six of them no t is rejected there
    at 95 %.

    Parameters
    ----------
    time : ndarray, shape (n,)
        Days until the end, or until today.
    ended : ndarray of bool, shape (n,)
        Whether the waiting is over.
    level : float
        Confidence level.

    Returns
    -------
    WaitingTimes

    References
    ----------
    Kaplan & Meier (1958), JASA 53, 457–481. Brookmeyer & Crowley (1982), Biometrics 38, 29–41.

    Examples
    --------
    >>> import numpy as np
    >>> waiting_times(np.array([3.0, 5, 8, 12]), np.array([True, True, True, False])).median
    5.0
    """
    t, done = np.asarray(time, dtype=np.float64), np.asarray(ended, dtype=bool)
    points = np.unique(t[done])
    if not len(points):
        return WaitingTimes(len(t), 0, np.nan, np.nan, np.nan)
    at_risk = (t[:, None] >= points).sum(axis=0).astype(np.float64)
    events = ((t[:, None] == points) & done[:, None]).sum(axis=0).astype(np.float64)
    s = np.cumprod(1 - events / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        se = np.sqrt(np.cumsum(events / (at_risk * (at_risk - events)))) / np.abs(np.log(s))
        z = (np.log(-np.log(s)) - np.log(np.log(2))) / se
    limit = float(stats.norm.ppf((1 + level) / 2))
    told = 0.5 ** len(t) <= (1 - level) / 2  # whether all on one side tells anything
    z = np.where(s <= 0, np.inf if told else 0.0, z)
    reached = np.flatnonzero(s <= 0.5 + 1e-12)
    first = 0.0 if not told else float(points[np.argmax(z >= -limit)]) if (z >= -limit).any() else np.inf
    beyond = np.flatnonzero(z > limit)
    last = float(points[beyond[0]]) if len(beyond) else np.inf
    median = float(points[reached[0]]) if len(reached) else np.nan
    return WaitingTimes(len(t), int(done.sum()), median, first, last)
