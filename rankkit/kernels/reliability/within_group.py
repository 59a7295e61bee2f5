"""Do the raters of one person give the same answer? Indices of within-group agreement, all groups at once.

Agreement is not reliability: raters who all say 4 of everybody agree and tell nobody apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from rankkit.kernels.arrays import Floats, Ints


@dataclass(frozen=True, eq=False)
class WithinGroup:
    """Agreement inside each group; arrays have shape (G,) and are NaN where a group has fewer than two ratings.

    Attributes
    ----------
    k : ndarray of int
        Ratings.
    mean : ndarray
        Score units; also for a single rating.
    variance : ndarray
        s² with k − 1, squared score units.
    ad_mean, ad_median : ndarray
        AD_M and AD_Md, mean absolute deviation from the mean and from the median, score units.
    a_wg : ndarray
        Brown & Hauenstein's index; NaN outside its range of means.
    """

    k: Ints
    mean: Floats
    variance: Floats
    ad_mean: Floats
    ad_median: Floats
    a_wg: Floats


def within_group(group: Ints, score: ArrayLike, n_groups: int, low: float, high: float) -> WithinGroup:
    r"""Indices of agreement that need no null distribution.

    .. math:: AD_M = \tfrac1k \sum |x_i - \bar x|, \quad
              a_{wg} = 1 - \frac{2 s^2}{[(H + L) M - M^2 - H L]\, k/(k-1)} \quad\text{for}\quad
              \frac{L(k-1) + H}{k} \le M \le \frac{H(k-1) + L}{k}

    and a_wg = 1 where all ratings are at one end.

    Parameters
    ----------
    group : ndarray of int, shape (n,)
        Group of each rating, 0 … n_groups − 1.
    score : array, shape (n,)
        Ratings, score units.
    n_groups : int
        G.
    low, high : float
        Ends of the scale, L and H.

    Returns
    -------
    WithinGroup

    References
    ----------
    Burke, Finkelstein & Dusig (1999), Organizational Research Methods 2, 49-68. Brown & Hauenstein (2005), Organizational Research
    Methods 8, 165-184.

    Examples
    --------
    >>> import numpy as np
    >>> found = within_group(np.zeros(5, dtype=np.int64), [4, 4, 5, 3, 4], 1, 1, 5)
    >>> [round(float(x[0]), 4) for x in (found.variance, found.ad_mean, found.ad_median, found.a_wg)]
    [0.5, 0.4, 0.4, 0.7333]
    """
    x = np.asarray(score, dtype=np.float64)
    k = np.bincount(group, minlength=n_groups)
    many = k >= 2
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(group, x, n_groups) / k
        off = x - mean[group]
        variance = np.where(many, np.bincount(group, off**2, n_groups) / (k - 1), np.nan)
        ad_mean = np.where(many, np.bincount(group, np.abs(off), n_groups) / k, np.nan)
        middle = _medians(group, x, k)
        ad_median = np.where(many, np.bincount(group, np.abs(x - middle[group]), n_groups) / k, np.nan)
    variance[variance < 1e-18 * (high - low) ** 2] = 0.0
    return WithinGroup(k, mean, variance, ad_mean, ad_median, _a_wg(k, mean, variance, low, high))


def _medians(group: Ints, x: Floats, k: Ints) -> Floats:
    """Median of each group."""
    y = x[np.lexsort((x, group))]
    start = np.cumsum(k) - k
    out = np.full(len(k), np.nan)
    some = k > 0
    out[some] = (y[(start + (k - 1) // 2)[some]] + y[(start + k // 2)[some]]) / 2
    return out


def _a_wg(k: Ints, mean: Floats, variance: Floats, low: float, high: float) -> Floats:
    """Brown & Hauenstein's a_wg where it is defined."""
    slack = 1e-9 * (high - low)
    with np.errstate(invalid="ignore", divide="ignore"):
        largest = ((high + low) * mean - mean**2 - high * low) * k / (k - 1)
        valid = (k >= 2) & (mean >= (low * (k - 1) + high) / k - slack) & (mean <= (high * (k - 1) + low) / k + slack)
        at_end = (k >= 2) & ((mean <= low + slack) | (mean >= high - slack))
        return np.where(at_end, 1.0, np.where(valid, 1 - 2 * variance / largest, np.nan))


def rwg(variance: ArrayLike, null_variance: float) -> tuple[Floats, Floats]:
    """r_wg = 1 − s²/σ²_E: as it is, and cut at zero.

    Parameters
    ----------
    variance : array
        Observed variances s², with k − 1.
    null_variance : float
        Variance σ²_E of random answers (:func:`rankkit.kernels.reliability.within_group_nulls.null_variance`).

    Returns
    -------
    raw, truncated : ndarray

    References
    ----------
    James, Demaree & Wolf (1984), Journal of Applied Psychology 69, 85-98.

    Examples
    --------
    >>> raw, truncated = rwg([0.5, 16 / 3], 2.0)
    >>> raw.round(4).tolist(), truncated.tolist()
    ([0.75, -1.6667], [0.75, 0.0])
    """
    raw = 1 - np.asarray(variance, dtype=np.float64) / null_variance
    return raw, np.maximum(raw, 0.0)


def rwg_j(mean_variance: ArrayLike, null_variance: float, n_items: ArrayLike) -> tuple[Floats, Floats]:
    r"""Agreement on the mean of J items, :math:`r_{wg(j)} = \frac{J(1-u)}{J(1-u) + u}` with :math:`u = \bar s^2/\sigma^2_E`.

    It rises with J whatever the agreement, and has a pole at u = J/(J − 1): where u > 1 the raw value is NaN and the truncated one 0.

    Parameters
    ----------
    mean_variance : array
        Mean of the items' variances.
    null_variance : float
        σ²_E.
    n_items : array
        J.

    Returns
    -------
    raw, truncated : ndarray

    References
    ----------
    James, Demaree & Wolf (1984).

    Examples
    --------
    >>> raw, truncated = rwg_j([0.5, 2.5], 2.0, 3)
    >>> raw.round(4).tolist(), truncated.round(4).tolist()
    ([0.9, nan], [0.9, 0.0])
    """
    u = np.asarray(mean_variance, dtype=np.float64) / null_variance
    j = np.asarray(n_items, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        raw = np.where(u <= 1, j * (1 - u) / (j * (1 - u) + u), np.nan)
    return raw, np.where(u > 1, 0.0, raw)


def practical_ad(points: int, step: float = 1.0) -> float:
    """Largest average deviation that still counts as agreement, A/6 steps: .83 for five points (Burke & Dunlap 2002).

    Examples
    --------
    >>> round(practical_ad(5), 2), round(practical_ad(9, step=0.5), 2)
    (0.83, 0.75)
    """
    return points / 6 * step
