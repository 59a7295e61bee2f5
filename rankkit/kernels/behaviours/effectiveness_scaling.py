"""Scaling of incidents: where judges place them on the scale, how far they differ, and whether two kinds of judges differ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from rankkit.kernels.arrays import Floats, Ints

SD_ON_SEVEN = 1.5  # customary largest standard deviation on a scale from 1 to 7
GAP_ON_SEVEN = 1.5  # largest distance between neighbouring anchors there
REACH_ON_SEVEN = 0.5  # how far an anchor may lie from its point there
_STEPS_OF_SEVEN = 6.0


def on_scale(value: float, scale: tuple[float, float]) -> float:
    """Carry a distance on a scale from 1 to 7 over to another scale: by (high - low)/6.

    >>> on_scale(1.5, (1, 7)), on_scale(1.5, (1, 9)), on_scale(1.5, (0, 100))
    (1.5, 2.0, 25.0)
    """
    return value * (scale[1] - scale[0]) / _STEPS_OF_SEVEN


@dataclass(frozen=True, eq=False)
class Scaling:
    """Judgements of effectiveness; one entry an incident, ``nan`` where there are too few.

    Attributes
    ----------
    n : ndarray of int, shape (J,)
        Judges.
    mean, low, high : ndarray, shape (J,)
        Mean with Student's t interval.
    sd, sd_low, sd_high : ndarray, shape (J,)
        Standard deviation (n - 1), with the interval of normal judgements.
    median, q1, q3 : ndarray, shape (J,)
        Median and quartiles.
    """

    n: Ints
    mean: Floats
    low: Floats
    high: Floats
    sd: Floats
    sd_low: Floats
    sd_high: Floats
    median: Floats
    q1: Floats
    q3: Floats


def scale_incidents(values: ArrayLike, *, level: float = 0.95) -> Scaling:
    """Mean, standard deviation, median and quartiles of each incident over judges.

    Parameters
    ----------
    values : array, shape (J, R)
        Judge r's placing of incident j; ``nan`` = not judged.
    level : float
        Confidence level. The interval of the standard deviation, ``s √((n-1)/χ²)``, takes judgements for normal; on whole points
        of a scale with ends it is approximate.

    Returns
    -------
    Scaling

    Examples
    --------
    >>> found = scale_incidents([[5, 6, 7, 6], [1, np.nan, np.nan, np.nan]])
    >>> found.mean, found.sd.round(3), found.low.round(2)
    (array([6., 1.]), array([0.816,   nan]), array([4.7, nan]))
    """
    x = np.asarray(values, dtype=np.float64)
    there = np.isfinite(x)
    n = there.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(there, x, 0.0).sum(axis=1) / n
        deviation = np.where(there, x - mean[:, None], 0.0)
        sd = np.where(n > 1, np.sqrt((deviation**2).sum(axis=1) / (n - 1)), np.nan)
        df = np.maximum(n - 1, 1)
        half = stats.t.ppf((1 + level) / 2, df) * sd / np.sqrt(n)
        sd_low, sd_high = (sd * np.sqrt(df / stats.chi2.ppf(q, df)) for q in ((1 + level) / 2, (1 - level) / 2))
    quartiles = np.full((len(x), 3), np.nan)
    for j in np.flatnonzero(n):
        quartiles[j] = np.quantile(x[j, there[j]], [0.25, 0.5, 0.75])
    return Scaling(n, mean, mean - half, mean + half, sd, sd_low, sd_high, quartiles[:, 1], quartiles[:, 0], quartiles[:, 2])


@dataclass(frozen=True, eq=False)
class GroupDifference:
    """First group less second, one entry an incident; ``nan`` where a group has fewer than two judges.

    Attributes
    ----------
    difference, low, high : ndarray, shape (J,)
        Difference of means with Welch's interval.
    p : ndarray, shape (J,)
        Two-sided.
    n_first, n_second : ndarray of int, shape (J,)
        Judges.
    """

    difference: Floats
    low: Floats
    high: Floats
    p: Floats
    n_first: Ints
    n_second: Ints


def group_difference(first: ArrayLike, second: ArrayLike, *, level: float = 0.95) -> GroupDifference:
    """Compare two groups of judges on each incident by Welch's t.

    Parameters
    ----------
    first, second : arrays, shape (J, R1) and (J, R2)
        Placings; ``nan`` = not judged.
    level : float
        Confidence level.

    Returns
    -------
    GroupDifference
        Where neither group varies, there is no standard error: p is 1 for equal means and ``nan`` otherwise.

    References
    ----------
    Welch (1947), Biometrika 34, 28-35.

    Examples
    --------
    >>> found = group_difference([[5, 6, 6, 7]], [[3, 4, 4, 5]])
    >>> found.difference, found.p.round(4)
    (array([2.]), array([0.0134]))
    """
    a, b = scale_incidents(first), scale_incidents(second)
    with np.errstate(invalid="ignore", divide="ignore"):
        va, vb = a.sd**2 / a.n, b.sd**2 / b.n
        se = np.sqrt(va + vb)
        difference = np.where((a.n > 1) & (b.n > 1), a.mean - b.mean, np.nan)
        df = (va + vb) ** 2 / (va**2 / (a.n - 1) + vb**2 / (b.n - 1))
        t = difference / se
        p = 2 * stats.t.sf(np.abs(t), df)
        p = np.where((se == 0) & (difference == 0), 1.0, np.where(se == 0, np.nan, p))
        half = np.where(se > 0, stats.t.ppf((1 + level) / 2, df) * se, np.nan)
    return GroupDifference(difference, difference - half, difference + half, p, a.n, b.n)
