"""Shares with their intervals where several ratings come from one person: Wilson's interval on an effective number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from rankkit.kernels.arrays import Bools, Floats, Ints


@dataclass(frozen=True, eq=False)
class ClusteredShares:
    """Shares of ratings, one entry a unit; ``nan`` for units without ratings.

    Attributes
    ----------
    share, low, high : ndarray
        Share and its Wilson interval.
    effective : ndarray
        Number of independent ratings the interval stands for: ratings over the design effect, at least the clusters' own
        number where all ratings agree.
    """

    share: Floats
    low: Floats
    high: Floats
    effective: Floats


def clustered_shares(unit: Ints, cluster: Ints, hit: Bools, n_units: int, level: float = 0.95) -> ClusteredShares:
    """Share of hits among the ratings of each unit.

    Parameters
    ----------
    unit, cluster : ndarray of int, shape (N,)
        Unit (a rater) and cluster (a ratee) of each rating; clusters are taken within units.
    hit : ndarray of bool, shape (N,)
        Whether the rating counts.
    n_units : int
        Number of units.
    level : float
        Confidence level.

    Returns
    -------
    ClusteredShares

    References
    ----------
    Wilson (1927), JASA 22, 209–212. Kish (1965), Survey Sampling, for the design effect. Dean & Pagano (2015), Statistical
    Methods in Medical Research 24, 562–574, for Wilson's interval on the effective sample size.

    Examples
    --------
    >>> import numpy as np
    >>> found = clustered_shares(np.zeros(8, int), np.repeat([0, 1, 2, 3], 2), np.arange(8) < 4, 1)
    >>> found.share, found.effective, found.low.round(3)
    (array([0.5]), array([3.]), array([0.125]))
    """
    n = np.bincount(unit, minlength=n_units).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.bincount(unit, hit, n_units) / n
        key, place = np.unique(unit * (int(cluster.max(initial=0)) + 1) + cluster, return_inverse=True)
        owner = key // (int(cluster.max(initial=0)) + 1)
        k = np.bincount(owner, minlength=n_units)
        residual = np.bincount(place, hit - share[unit])
        between = np.bincount(owner, residual**2, n_units) * k / np.maximum(k - 1, 1)
        plain = n * share * (1 - share)
        effect = np.where(plain > 0, np.maximum(between / plain, 1.0), n / k)
        effective = np.where(k == n, n, n / effect)
        z2 = stats.norm.ppf((1 + level) / 2) ** 2
        centre = (share + z2 / (2 * effective)) / (1 + z2 / effective)
        half = np.sqrt(z2 * (share * (1 - share) / effective + z2 / (4 * effective**2))) / (1 + z2 / effective)
    return ClusteredShares(share, np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1), effective)
