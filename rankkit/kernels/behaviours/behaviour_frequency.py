"""Behavioural observation: how often behaviours were seen, as classes from 1 to 5, and how each goes with the rest of its criterion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.reliability.internal_consistency import cronbach_alpha

BANDS = (65.0, 75.0, 85.0, 95.0)  # lower ends of the classes 2 to 5, in percent of the occasions
SCALE = (1.0, 5.0)
FEWEST_PEOPLE = 4  # for Fisher's interval of a correlation


def frequency_class(percent: ArrayLike, bands: ArrayLike = BANDS) -> Floats:
    """Class of a frequency: 0-64 % is 1, 65-74 % 2, 75-84 % 3, 85-94 % 4, 95-100 % 5.

    Percentages between two whole numbers belong to the class below (64.5 is 1).

    Parameters
    ----------
    percent : array
        Share of the occasions on which the behaviour was shown, 0 to 100; ``nan`` = not observed.
    bands : array
        Lower ends of the classes above the first, rising.

    Returns
    -------
    ndarray
        ``nan`` where nothing was observed.

    References
    ----------
    Latham & Wexley (1977), Personnel Psychology 30, 255-268.

    Examples
    --------
    >>> frequency_class([0, 64, 64.5, 65, 84, 95, 100])
    array([1., 1., 1., 2., 3., 5., 5.])
    """
    p = np.asarray(percent, dtype=np.float64)
    return np.where(np.isfinite(p), 1.0 + np.searchsorted(np.asarray(bands, dtype=np.float64), p, side="right"), np.nan)


@dataclass(frozen=True, eq=False)
class ItemTotals:
    """How each behaviour goes with the others of its criterion.

    Attributes
    ----------
    n : ndarray of int, shape (k,)
        People behind each correlation.
    r, low, high : ndarray, shape (k,)
        Correlation with the mean of the other behaviours, with Fisher's interval; ``nan`` where it cannot be computed.
    mean, sd : ndarray, shape (k,)
        Of each behaviour over people.
    alpha, alpha_low, alpha_high : float
        Cronbach's coefficient over people with all behaviours; ``nan`` if there are too few.
    """

    n: Ints
    r: Floats
    low: Floats
    high: Floats
    mean: Floats
    sd: Floats
    alpha: float
    alpha_low: float
    alpha_high: float


def item_totals(x: ArrayLike, *, level: float = 0.95) -> ItemTotals:
    """Correlate each behaviour with the mean of the others (a behaviour is no part of its own total).

    Parameters
    ----------
    x : array, shape (n, k)
        People by behaviours; ``nan`` = not observed.
    level : float
        Confidence level.

    Returns
    -------
    ItemTotals

    References
    ----------
    Nunnally & Bernstein (1994), Psychometric Theory, for corrected item-total correlations. Cronbach (1951).

    Examples
    --------
    >>> found = item_totals([[1, 1, 5], [2, 3, 4], [3, 3, 3], [4, 5, 1], [5, 4, 2]])
    >>> found.r.round(2)
    array([-0.35, -0.24, -0.96])
    """
    x = np.asarray(x, dtype=np.float64)
    n_items = x.shape[1]
    n, r = np.zeros(n_items, dtype=np.int64), np.full(n_items, np.nan)
    mean, sd = np.full(n_items, np.nan), np.full(n_items, np.nan)
    for k in range(n_items):
        others = np.delete(x, k, axis=1)
        seen = np.isfinite(others).sum(axis=1)
        rest = np.where(np.isfinite(others), others, 0.0).sum(axis=1) / np.maximum(seen, 1)
        use = np.isfinite(x[:, k]) & (seen > 0)
        own = x[np.isfinite(x[:, k]), k]
        mean[k] = own.mean() if len(own) else np.nan
        sd[k] = own.std(ddof=1) if len(own) > 1 else np.nan
        n[k] = use.sum()
        if n[k] >= FEWEST_PEOPLE and np.ptp(x[use, k]) > 0 and np.ptp(rest[use]) > 0:
            r[k] = np.corrcoef(x[use, k], rest[use])[0, 1]
    with np.errstate(invalid="ignore", divide="ignore"):
        half = stats.norm.ppf((1 + level) / 2) / np.sqrt(np.maximum(n - 3, 1))
        z = np.arctanh(np.clip(r, -1 + 1e-12, 1 - 1e-12))
    whole = x[np.isfinite(x).all(axis=1)]
    if n_items > 1 and len(whole) > 2 and np.ptp(whole.sum(axis=1)) > 0:
        found = cronbach_alpha(whole, level=level)
        alpha = (found.alpha, found.low, found.high)
    else:
        alpha = (float("nan"),) * 3
    return ItemTotals(n, r, np.tanh(z - half), np.tanh(z + half), mean, sd, *alpha)
