"""How strongly each rater tells people apart: the slope of the own ratings on what the others say of the same people.

``b_r = Cov(x_ir, x̄_i(−r)) / Var(x̄_i(−r))``, each rater's level taken out first. The others' mean carries error, which draws
every slope towards zero by about the same factor, so the ratio ``b_r / mean(b)`` is read: below 1 the rater draws people
together (centrality), above 1 apart (extremity); Myford & Wolfe (2004) for the same with the many-facet Rasch model.

Standard errors leave out one ratee at a time: with few ratees a bootstrap over ratees is far too wide (type I .02 for .05 with
8 ratees, the jackknife with t on n − 3 has .05), and nothing is drawn. Two raters alone have no slopes of their own, only
the ratio of their spreads: there are no ratios below three raters. Attenuation is not quite common where raters differ much
in precision: the others' mean is then more reliable for an imprecise rater, whose ratio comes out somewhat high.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rankkit.kernels.arrays import Bools, Floats, Ints

_NONE = 1e-10
_FEWEST_RATERS = 3


@dataclass(frozen=True, eq=False)
class Discrimination:
    """Slopes. Vectors have one entry a rater; ``nan`` where they cannot be known.

    Attributes
    ----------
    n : ndarray of int
        Ratees whom others rated as well.
    slope : ndarray
        b_r.
    mean_slope : float
        Mean of the slopes of the raters with at least ``fewest`` such ratees.
    ratio, se : ndarray
        b_r / mean(b) and its standard error, for t on n − 3; ``nan`` with fewer than three raters.
    """

    n: Ints
    slope: Floats
    mean_slope: float
    ratio: Floats
    se: Floats


def discrimination(
    ratee: Ints,
    rater: Ints,
    score: Floats,
    severity: Floats,
    n_ratees: int,
    *,
    fewest: int = 8,
) -> Discrimination:
    """Estimate how strongly raters tell people apart.

    Parameters
    ----------
    ratee, rater : ndarray of int, shape (pairs,)
        Codes; each pair once.
    score : ndarray, shape (pairs,)
        Ratings.
    severity : ndarray, shape (m,)
        β̂_r, taken out of the ratings first.
    n_ratees : int
        Number of ratee codes.
    fewest : int
        Raters with fewer shared ratees get no slope and do not count in the mean.

    Returns
    -------
    Discrimination

    Examples
    --------
    >>> import numpy as np
    >>> true = np.arange(10.0)
    >>> x = np.column_stack([true, true, true / 2])
    >>> i, r = np.indices(x.shape).reshape(2, -1)
    >>> found = discrimination(i, r, x.ravel(), np.array([0.75, 0.75, -1.5]), 10)
    >>> found.ratio.round(2)
    array([1.26, 1.26, 0.47])
    """
    m = len(severity)
    k = np.bincount(ratee, minlength=n_ratees)
    use = (k[ratee] > 1) & np.isfinite(severity[rater])
    i, r = ratee[use], rater[use]
    y = score[use] - severity[r]
    x = (np.bincount(i, y, n_ratees)[i] - y) / (k[i] - 1)
    n = np.bincount(r, minlength=m)
    centre = y.mean() if len(y) else 0.0
    x, y = x - centre, y - centre
    ones = np.ones_like(x)
    sums: list[Floats] = [np.bincount(r, v, m).astype(np.float64) for v in (ones, x, y, x * x, x * y)]
    slope = _slope(*sums)
    slope[n < fewest] = np.nan
    known = np.isfinite(slope)
    if not known.any():
        return Discrimination(n, slope, float("nan"), np.full(m, np.nan), np.full(m, np.nan))
    mean = float(slope[known].mean())
    if not mean > _NONE or known.sum() < _FEWEST_RATERS:
        return Discrimination(n, slope, mean, np.full(m, np.nan), np.full(m, np.nan))
    ratio = slope / mean
    left = _slope(*(s[r] - v for s, v in zip(sums, (ones, x, y, x * x, x * y), strict=True)))
    se = _jackknife(i, r, left, slope, mean, known, n_ratees)
    return Discrimination(n, slope, mean, ratio, se)


def _slope(n: Floats, x: Floats, y: Floats, xx: Floats, xy: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = xx - x * x / n
        return np.where((n > 1) & (spread > _NONE), (xy - x * y / n) / spread, np.nan)


def _jackknife(i: Ints, r: Ints, left: Floats, slope: Floats, mean: float, known: Bools, n_ratees: int) -> Floats:
    """Leave out one ratee: all slopes of its raters change, and the mean slope."""
    m = len(slope)
    use = known[r] & np.isfinite(left)
    i, r, left = i[use], r[use], left[use]
    people = np.unique(i)
    shifted = mean + np.bincount(i, left - slope[r], n_ratees) / int(np.count_nonzero(known))
    shifted = np.where(np.abs(shifted) > _NONE, shifted, _NONE)
    base = 1 / shifted[people] - 1 / mean  # change of 1/mean(b) by each ratee
    each = left / shifted[i] - slope[r] / mean
    rest = slope[r] * (1 / shifted[i] - 1 / mean)
    level = np.where(known, slope, 0.0)
    total = level * base.sum() + np.bincount(r, each - rest, m)
    square = level**2 * float(base @ base) + np.bincount(r, each**2 - rest**2, m)
    n = len(people)
    return np.where(known, np.sqrt(np.clip((square - total**2 / n) * (n - 1) / n, 0, None)), np.nan)
