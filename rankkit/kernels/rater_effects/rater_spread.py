"""How widely each rater spreads ratings: SD ratios, and the Brown–Forsythe comparison by permutation.

The deviations are ``y_ir = |x_ir − med_r| √(n_r/(n_r − 1))``; without the factor raters of few people look restricted. They are
permuted among the raters of the same ratee where ratees have several raters (a ratee far from the middle is far for
all of them), among everybody where each ratee has one rater. The moments of that permutation distribution are known
exactly, so nothing is drawn: a rater's sum gets its p-value from the Pearson type III curve with the exact mean, variance and
skewness (Mielke & Berry 2007), all raters together from the quadratic form with the exact covariance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse, special, stats

from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.multiplicity import simes

FEWEST = 4
"""Ratees below which a rater's deviations from the own median say too little to take part."""
_MOST_TOGETHER = 2000  # raters up to which the quadratic form is computed
_NONE = 1e-12
_STRAIGHT = 1e-4  # skewness below which the curve is normal
_SMALLEST_SHARE = 1e-3  # of a sum of squares that is left when one ratee is taken out


@dataclass(frozen=True, eq=False)
class RaterSpread:
    """Spread of each rater. Vectors have one entry a rater; ``nan`` where it cannot be known.

    Attributes
    ----------
    n : ndarray of int
        Ratees.
    sd : ndarray
        SD over ratees, ``n − 1``.
    pooled_sd : float
        √ of the pooled within-rater variance.
    ratio : ndarray
        ``v_r = s_r / s_pooled``.
    log_ratio_se : ndarray
        Standard error of ``log v_r`` by leaving out one ratee at a time; ``nan`` for raters without spread. With t on
        n − 2 intervals cover .93 to .96 of the time (normal scores, 8 and more ratees).
    p : ndarray
        Two-sided permutation p of each rater's mean deviation; ``nan`` where nothing can be permuted.
    df : float
        Rank of the global comparison.
    statistic, df2, p_global : float
        F form of the global permutation statistic, on (df, df2); with two raters the squared standardised sum.
    blocked : bool
        Whether deviations were permuted within ratees only.
    """

    n: Ints
    sd: Floats
    pooled_sd: float
    ratio: Floats
    log_ratio_se: Floats
    p: Floats
    statistic: float
    df: float
    df2: float
    p_global: float
    blocked: bool


def rater_spread(ratee: Ints, rater: Ints, score: Floats, n_ratees: int, n_raters: int, *, blocked: bool) -> RaterSpread:
    """Compare the raters' spreads.

    Parameters
    ----------
    ratee, rater : ndarray of int, shape (pairs,)
        Codes; each pair once.
    score : ndarray, shape (pairs,)
        The rater's (composite) rating of the ratee.
    n_ratees, n_raters : int
        Number of codes.
    blocked : bool
        Permute among raters of the same ratee only.

    Returns
    -------
    RaterSpread

    References
    ----------
    Brown & Forsythe (1974), Robust tests for the equality of variances, JASA 69, 364–367. Mielke & Berry (2007),
    Permutation Methods, 2nd edition.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[1.0, 3.0], [2, 3], [3, 4], [4, 3], [5, 4], [1, 3], [5, 4], [3, 3]])
    >>> i, r = np.indices(x.shape).reshape(2, -1)
    >>> found = rater_spread(i, r, x.ravel(), 8, 2, blocked=True)
    >>> found.ratio.round(2), found.p.round(3)
    (array([1.35, 0.43]), array([0.052, 0.052]))
    """
    n = np.bincount(rater, minlength=n_raters)
    mean = np.bincount(rater, score, n_raters) / np.maximum(n, 1)
    d2 = (score - mean[rater]) ** 2
    squares = np.bincount(rater, d2, n_raters).astype(np.float64)
    squares[squares < _NONE * np.maximum(np.bincount(rater, score**2, n_raters), _NONE)] = 0.0
    df_each = np.maximum(n - 1, 0)
    pooled = float(np.sqrt(squares.sum() / max(int(df_each.sum()), 1)))
    with np.errstate(invalid="ignore", divide="ignore"):
        sd = np.where(n > 1, np.sqrt(squares / df_each), np.nan)
        ratio = sd / pooled if pooled > 0 else np.full(n_raters, np.nan)
    deviation = np.abs(score - _medians(rater, score, n_raters)[rater]) * np.sqrt(n / np.maximum(n - 1, 1))[rater]
    use = n[rater] >= FEWEST
    block = ratee if blocked else np.zeros_like(ratee)
    p, statistic, df, df2, p_global = _permuted(block[use], rater[use], deviation[use], n_raters)
    return RaterSpread(
        n=n,
        sd=sd,
        pooled_sd=pooled,
        ratio=ratio,
        log_ratio_se=_jackknife(ratee, rater, d2, squares, n, n_ratees),
        p=p,
        statistic=statistic,
        df=df,
        df2=df2,
        p_global=p_global,
        blocked=blocked,
    )


def _medians(rater: Ints, score: Floats, m: int) -> Floats:
    order = np.lexsort((score, rater))
    n = np.bincount(rater, minlength=m)
    first = np.concatenate([[0], np.cumsum(n)[:-1]])
    x = np.append(score[order], 0.0)
    last = len(score)
    low, high = (np.minimum(first + at, last) for at in (np.maximum(n - 1, 0) // 2, n // 2))
    return np.where(n > 0, (x[low] + x[high]) / 2, np.nan)


def _permuted(block: Ints, rater: Ints, y: Floats, m: int) -> tuple[Floats, float, float, float, float]:
    """Exact permutation moments of the raters' sums, and what they say."""
    nothing = np.full(m, np.nan), float("nan"), 0.0, 0.0, float("nan")
    if not len(y):
        return nothing
    _, block = np.unique(block, return_inverse=True)
    k = np.bincount(block)
    centred = y - (np.bincount(block, y) / k)[block]
    total = np.bincount(rater, centred, m)
    with np.errstate(invalid="ignore", divide="ignore"):
        square = np.where(k > 1, np.bincount(block, centred**2) / (k - 1), 0.0)
        third = np.where(k > 2, np.bincount(block, centred**3) / k, 0.0)
    square[square < _NONE * max(float(np.mean(y**2)), _NONE)] = 0.0
    key, c = np.unique(block * m + rater, return_counts=True)
    b, r = np.divmod(key, m)
    size, c = k[b].astype(np.float64), c.astype(np.float64)
    variance = np.bincount(r, square[b] * c * (1 - c / size), m)
    moved = variance > 0
    if not moved.any():
        return nothing
    cubes = third[b] * c * (size - c) * (size - 2 * c) / np.maximum((size - 1) * (size - 2), 1)
    skew = np.bincount(r, cubes, m).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        t, skew = total / np.sqrt(variance), np.clip(skew / variance**1.5, -4, 4)
    p = np.full(m, np.nan)
    p[moved] = _two_sided(t[moved], skew[moved])
    if moved.sum() > _MOST_TOGETHER:
        return p, float("nan"), float(moved.sum()), float("nan"), simes(p)
    spread = sparse.csr_array((c * np.sqrt(square[b] / size), (b, r)), shape=(len(k), m))
    covariance = np.diag(np.bincount(r, square[b] * c, m)) - (spread.T @ spread).toarray()
    w, V = np.linalg.eigh(covariance)
    kept = w > 1e-9 * w.max()
    df = float(kept.sum())
    if df == 1:  # two raters: the same comparison once more
        return p, float(np.nanmax(t[moved] ** 2)), 1.0, float("inf"), float(p[moved][0])
    form = float(np.sum((V[:, kept].T @ total) ** 2 / w[kept]))
    inside = square * (k - 1)
    whole = float(inside.sum() ** 2 / np.sum(square * inside))
    df2 = max(whole - df, 1.0)
    statistic = (form / df) / (max(whole - form, 1e-9 * whole) / df2)
    return p, statistic, df, df2, float(stats.f.sf(statistic, df, df2))


def _two_sided(t: Floats, skew: Floats) -> Floats:
    """Twice the smaller tail of the Pearson type III curve: a gamma with shape 4/γ², standardised."""
    bent = np.abs(skew) > _STRAIGHT
    gamma = np.where(bent, np.abs(skew), 1.0)
    shape = 4 / gamma**2
    x = np.maximum(shape + 2 * t * np.sign(skew) / gamma, 0.0)
    tail = np.where(bent, np.minimum(special.gammainc(shape, x), special.gammaincc(shape, x)), stats.norm.sf(np.abs(t)))
    return np.asarray(np.minimum(2 * tail, 1.0))


def _jackknife(ratee: Ints, rater: Ints, d2: Floats, squares: Floats, n: Ints, n_ratees: int) -> Floats:
    """Standard error of log v_r, one ratee left out at a time."""
    m = len(n)
    df = np.maximum(n - 1, 0)
    whole, df_whole = float(squares.sum()), int(df.sum())
    if whole <= 0:
        return np.full(m, np.nan)
    usable = (n > 2) & (squares > 0)
    drop = d2 * (n / np.maximum(n - 1, 1))[rater]
    k = np.bincount(ratee, weights=n[rater] > 1, minlength=n_ratees)
    left = np.maximum(whole - np.bincount(ratee, drop, n_ratees), _SMALLEST_SHARE * whole)
    common = -0.5 * np.log(left / np.maximum(df_whole - k, 1) * df_whole / whole)  # of log s_pooled, sign reversed
    rated = np.bincount(ratee, minlength=n_ratees) > 0
    common[~rated] = 0.0
    with np.errstate(invalid="ignore", divide="ignore"):
        own = np.maximum(squares[rater] - drop, _SMALLEST_SHARE * squares[rater]) / squares[rater]
        change = np.where(usable[rater], 0.5 * np.log(own * df[rater] / np.maximum(df[rater] - 1, 1)), 0.0)
    people = int(rated.sum())
    both = change + common[ratee]
    total = float(common.sum()) + np.bincount(rater, change, m)
    square = float(common @ common) + np.bincount(rater, both**2 - common[ratee] ** 2, m)
    variance = (square - total**2 / people) * (people - 1) / people
    return np.where(usable, np.sqrt(np.clip(variance, 0, None)), np.nan)
