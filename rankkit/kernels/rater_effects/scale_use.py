"""Whether a rater comes to use more or less of the scale: ratio of standard deviations late and early."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from rankkit.kernels.arrays import Bools, Floats, Ints

_DRAWS = 999  # permutations of a rater's ratings
_LONG = 200  # ratings in either half from which the normal distribution holds


@dataclass(frozen=True, eq=False)
class ScaleUse:
    """Change of the standard deviation of each rater's scores.

    Attributes
    ----------
    ratio : ndarray, shape (m,)
        SD late / SD early, over the same ratio of the reference; ``nan`` where either half is too short or does not vary.
    low, high : ndarray, shape (m,)
        Interval.
    p : ndarray, shape (m,)
        Permutation test of a ratio of 1.
    n : ndarray of int, shape (m,)
        Ratings in the shorter half.
    """

    ratio: Floats
    low: Floats
    high: Floats
    p: Floats
    n: Ints


def scale_use(
    rater: Ints, late: Bools, score: Floats, reference: Floats, n_raters: int, *, fewest: int, level: float, seed: int = 0
) -> ScaleUse:
    r"""Compare each rater's spread late and early with that of the people rated.

    .. math:: \log v = \log\frac{s_2}{s_1} - \log\frac{S_2}{S_1}

    with s the SD of the scores in a half and S that of the reference (what others gave the same people). Its variance is that of
    ``(z_x² − z_ref²)/2`` over the ratings (delta method, any kurtosis); as t does not hold in halves of eight (type I .16), the
    studentised log v is compared with its values when the rater's ratings, centred in their halves, are dealt out to the
    halves anew, which also gives the interval. Halves of 200 and more use the normal distribution.

    Parameters
    ----------
    rater : ndarray of int, shape (N,)
        Codes.
    late : ndarray of bool, shape (N,)
        Second half of the rater's time.
    score, reference : ndarray, shape (N,)
        Scores, and the reference; ``nan`` leaves a rating out.
    n_raters : int
        Number of codes.
    fewest : int
        Ratings each half needs.
    level : float
        Of the intervals.
    seed : int
        Of the permutations, which are the same for raters with as many ratings.

    Returns
    -------
    ScaleUse

    References
    ----------
    Bonett (2006), Confidence interval for a ratio of variances, for the variance by kurtosis. Janssen (1997), Studentized
    permutation tests.

    Examples
    --------
    >>> import numpy as np
    >>> reference = np.tile([1.0, 2.0, 3.0, 4.0, 5.0], 4)
    >>> late = np.arange(20) >= 10
    >>> score = np.where(late, 3 + 0.5 * (reference - 3), reference) + 0.2 * np.tile([1, -1, 1, 1], 5)
    >>> found = scale_use(np.zeros(20, dtype=int), late, score, reference, 1, fewest=8, level=0.95)
    >>> found.ratio.round(2), bool(found.p[0] < 0.05)
    (array([0.48]), True)
    """
    ratio, low, high, p = (np.full(n_raters, np.nan) for _ in range(4))
    n = np.zeros(n_raters, dtype=np.int64)
    use = np.flatnonzero(~np.isnan(reference))
    use = use[np.lexsort((reference[use], score[use], late[use], rater[use]))]  # by value: no label decides a draw
    start = np.searchsorted(rater[use], np.arange(n_raters + 1))
    deals: dict[tuple[int, int], Ints] = {}
    for r in range(n_raters):
        mine = use[start[r] : start[r + 1]]
        second = late[mine]
        n2 = int(second.sum())
        n1 = len(mine) - n2
        n[r] = min(n1, n2)
        if n[r] < max(fewest, 3):
            continue
        pairs = np.column_stack([score[mine], reference[mine]])
        pairs[second] -= pairs[second].mean(axis=0)
        pairs[~second] -= pairs[~second].mean(axis=0)
        if (np.minimum(pairs[second].std(axis=0), pairs[~second].std(axis=0)) <= 1e-9 * max(float(np.abs(score[mine]).max()), 1.0)).any():
            continue
        if n[r] >= _LONG:
            log_v, se = _studentised(pairs, np.arange(n1 + n2)[None, :], n1)
            p[r] = 2 * stats.norm.sf(abs(log_v[0]) / se[0]) if se[0] > 0 else np.nan
            half = float(stats.norm.ppf((1 + level) / 2) * se[0])
            ratio[r], low[r], high[r] = np.exp([log_v[0], log_v[0] - half, log_v[0] + half])
            continue
        if (n1, n2) not in deals:
            order = np.argsort(np.random.default_rng(seed).random((_DRAWS, n1 + n2)), axis=1)
            deals[n1, n2] = np.vstack([np.arange(n1 + n2), order])
        log_v, se = _studentised(pairs, deals[n1, n2], n1)  # early ratings stand first
        if not se[0] > 0:
            continue
        with np.errstate(invalid="ignore", divide="ignore"):
            T = np.nan_to_num(np.abs(log_v / se), nan=np.inf)
        reach = T[0] * (1 - 1e-12)
        p[r] = np.count_nonzero(reach <= T) / (_DRAWS + 1)
        half = float(np.quantile(T[np.isfinite(T)], level)) * se[0]
        ratio[r], low[r], high[r] = np.exp([log_v[0], log_v[0] - half, log_v[0] + half])
    return ScaleUse(ratio, low, high, p, n)


def _studentised(pairs: Floats, deals: Ints, n1: int) -> tuple[Floats, Floats]:
    """Log v and its standard error for every deal; the first row of deals is the data."""
    log_v, variance = np.zeros(len(deals)), np.zeros(len(deals))
    for part, sign in ((deals[:, :n1], -1.0), (deals[:, n1:], 1.0)):
        drawn = pairs[part]
        drawn = drawn - drawn.mean(axis=1, keepdims=True)
        square = drawn**2
        n = part.shape[1]
        mean = square.sum(axis=1) / (n - 1)
        with np.errstate(invalid="ignore", divide="ignore"):
            log_v += sign * np.log(mean[:, 0] / mean[:, 1]) / 2
            influence = (square[:, :, 0] / mean[:, None, 0] - square[:, :, 1] / mean[:, None, 1]) / 2
        variance += influence.var(axis=1, ddof=1) / n
    return log_v, np.sqrt(variance)
