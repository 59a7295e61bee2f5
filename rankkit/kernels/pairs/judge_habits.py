"""Habits of judges: a preferred side, changed minds, one order for every dimension, haste."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.multiplicity import benjamini_hochberg

_MOST_EXACT = 1000  # decided comparisons of a judge up to which the test of the side is exact
_WHOLE = 1e-9  # distance from a whole number that is rounding
_MAD = 1.4826  # standard deviation of a normal variable per median absolute deviation


@dataclass(frozen=True, eq=False)
class LeftShare:
    """How often each judge preferred the person on the left.

    Attributes
    ----------
    decided : ndarray, shape (m,)
        Comparisons not tied.
    share : ndarray, shape (m,)
        Share of them won by the left person; NaN without any.
    expected : ndarray, shape (m,)
        Share to expect without a preferred side: the better people may have stood on the left.
    p, q : ndarray, shape (m,)
        Two-sided p against what is expected (twice the smaller tail), and q-values over judges.
    """

    decided: Floats
    share: Floats
    expected: Floats
    p: Floats
    q: Floats


@dataclass(frozen=True, eq=False)
class Reversals:
    """How judges answered when they met a pair again.

    Attributes
    ----------
    repeats : ndarray, shape (m,)
        Pairs of answers to the same pair of people.
    reversals : ndarray, shape (m,)
        Those that prefer one person and then the other.
    half_changes : ndarray, shape (m,)
        Those that are a tie once and a preference once.
    rate : ndarray, shape (m,)
        ``reversals / repeats``; NaN without repeats.
    expected : ndarray, shape (m,)
        Rate the fitted chances lead one to expect, ``w1 l2 + l1 w2`` a pair of answers.
    half_expected : ndarray, shape (m,)
        The same of ``half_changes / repeats``, ``t1 (1 - t2) + (1 - t1) t2`` a pair of answers.
    """

    repeats: Floats
    reversals: Floats
    half_changes: Floats
    rate: Floats
    expected: Floats
    half_expected: Floats


@dataclass(frozen=True, eq=False)
class Copying:
    """Whether a judge gives the same order on every dimension.

    Attributes
    ----------
    pairs : ndarray, shape (m,)
        Pairs judged on two dimensions, summed over pairs of dimensions.
    tau : ndarray, shape (m,)
        Same minus opposite preferences, by ``pairs``: Kendall's tau between the judge's orders where these are
        complete. 1 = always the same; NaN without pairs.
    pooled : ndarray, shape (m,)
        The same of the orders by everybody's worths, over the same pairs: how alike the dimensions are anyway.
    expected : ndarray, shape (m,)
        Mean product of expected preferences: what a judge without a private view would show.
    """

    pairs: Floats
    tau: Floats
    pooled: Floats
    expected: Floats


@dataclass(frozen=True, eq=False)
class Speed:
    """How fast judges answered.

    Attributes
    ----------
    timed : ndarray, shape (m,)
        Answers with a time.
    median : ndarray, shape (m,)
        Median time, milliseconds; NaN without times.
    fast_share : ndarray, shape (m,)
        Share of answers faster than the limit.
    z : ndarray, shape (m,)
        Distance of the log median from the middle judge's, in robust standard deviations of judges; NaN if these are
        zero.
    """

    timed: Floats
    median: Floats
    fast_share: Floats
    z: Floats


def left_share(judge: Ints, result: Ints, m: int, *, weight: Floats | None = None, chance: Floats | None = None) -> LeftShare:
    """Test each judge for a preferred side.

    Wins of left are a sum of independent draws, each with its own chance (Poisson-binomial): exact up to a thousand decided
    comparisons of a judge, else, and for weights that are no counts, by the normal distribution.

    Parameters
    ----------
    judge, result : ndarray of int, shape (rows,)
        Codes of the judges; ``+1`` left won, ``-1`` right won, ``0`` tie.
    m : int
        Number of judges.
    weight : ndarray, shape (rows,), optional
        Comparisons a row stands for.
    chance : ndarray, shape (rows,), optional
        Chance that the left person wins if there is a winner, without any effect of the side; by default 1/2, which is
        right only where sides were given at random.

    Returns
    -------
    LeftShare

    Examples
    --------
    >>> import numpy as np
    >>> found = left_share(np.zeros(10, int), np.array([1] * 9 + [-1]), 1)
    >>> found.share, found.p.round(4)
    (array([0.9]), array([0.0215]))
    """
    w = (result != 0) * (1.0 if weight is None else weight)
    fair = np.full(len(result), 0.5) if chance is None else chance
    decided, left, mean = (np.bincount(judge, x, m).astype(np.float64) for x in (w, w * (result > 0), w * fair))
    p = np.full(m, np.nan)
    order = np.argsort(judge, kind="stable")
    bounds = np.searchsorted(judge[order], np.arange(m + 1))
    for r in np.flatnonzero(decided > 0):
        mine = order[bounds[r] : bounds[r + 1]]
        p[r] = _two_tails(left[r], w[mine], fair[mine])
    with np.errstate(divide="ignore", invalid="ignore"):
        return LeftShare(decided, left / decided, mean / decided, p, benjamini_hochberg(p))


def _two_tails(won: float, weight: Floats, chance: Floats) -> float:
    """Twice the smaller tail of a weighted sum of independent draws."""
    times = np.rint(weight)
    whole = bool((np.abs(times - weight) <= _WHOLE).all())
    if whole and times.sum() <= _MOST_EXACT:
        each, at = np.ones(1), round(won)
        for q in np.sort(np.repeat(chance, times.astype(np.int64))):
            each = np.convolve(each, [1 - q, q])
        return min(1.0, 2 * min(float(each[: at + 1].sum()), float(each[at:].sum())))
    spread = np.sqrt(np.sum((weight if whole else weight**2) * chance * (1 - chance)))
    off = max(0.0, abs(won - float(weight @ chance)) - (0.5 if whole else 0.0))
    return float(2 * stats.norm.sf(off / spread)) if spread > 0 else float("nan")


def repeat_reversals(
    judge: Ints,
    left: Ints,
    right: Ints,
    result: Ints,
    n: int,
    m: int,
    *,
    weight: Floats | None = None,
    win: Floats | None = None,
    tie: Floats | None = None,
) -> Reversals:
    """Count how often judges who met the same pair again changed their mind.

    Parameters
    ----------
    judge, left, right, result : ndarray of int, shape (rows,)
        Codes of the judge and of the people; ``+1`` left won, ``-1`` right won, ``0`` tie.
    n, m : int
        Number of people and of judges.
    weight : ndarray, shape (rows,), optional
        Comparisons a row stands for; where these are no whole numbers, each row is one answer.
    win, tie : ndarray, shape (rows,), optional
        Fitted chances that the left person wins, effects of the side included, and of a tie (none by default).

    Returns
    -------
    Reversals
        With ``a`` answers one way and ``b`` the other, ``a b`` of ``C(a + b, 2)`` pairs of answers are reversals.

    Examples
    --------
    >>> import numpy as np
    >>> found = repeat_reversals(np.zeros(3, int), np.array([0, 1, 0]), np.array([1, 0, 1]), np.array([1, 1, 1]), 2, 1)
    >>> found.repeats, found.reversals, found.rate.round(3)
    (array([3.]), array([2.]), array([0.667]))
    """
    w = np.ones(len(judge)) if weight is None or (np.abs(weight - np.rint(weight)) > _WHOLE).any() else weight
    key = (judge.astype(np.int64) * n + np.minimum(left, right)) * n + np.maximum(left, right)
    pairs, place = np.unique(key, return_inverse=True)
    turned = left > right
    toward = np.where(turned, -result, result)

    def added(x: Floats) -> Floats:
        return np.bincount(place, w * x, len(pairs)).astype(np.float64)

    def by_judge(x: Floats) -> Floats:
        return np.bincount(pairs // (n * n), x, m).astype(np.float64)

    one, other, even = (added(toward == way) for way in (1, -1, 0))
    total = one + other + even
    repeats, reversals, half = (by_judge(x) for x in (np.maximum(total * (total - 1) / 2, 0.0), one * other, even * (one + other)))
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = reversals / repeats
        expected = half_expected = np.full(m, np.nan)
        if win is not None:
            draw = np.zeros_like(win) if tie is None else tie
            first, second = np.where(turned, 1 - win - draw, win), np.where(turned, win, 1 - win - draw)
            expected = by_judge(added(first) * added(second) - added(first * second)) / repeats
            half_expected = by_judge(added(draw) * added(1 - draw) - added(draw * (1 - draw))) / repeats
    return Reversals(repeats, reversals, half, rate, expected, half_expected)


def dimension_copying(judge: Ints, left: Ints, right: Ints, result: Ints, dimension: Ints, worths: Floats, m: int) -> Copying:
    """Compare each judge's preferences on one dimension with the same judge's on the others.

    Parameters
    ----------
    judge, left, right, result : ndarray of int, shape (rows,)
        Codes of the judge and of the people; ``+1`` left won, ``-1`` right won, ``0`` tie.
    dimension : ndarray of int, shape (rows,)
        Codes ``0 .. D-1`` of the dimensions.
    worths : ndarray, shape (D, n)
        Fitted worths of everybody on each dimension.
    m : int
        Number of judges.

    Returns
    -------
    Copying
        A ``tau`` near 1 where ``pooled`` is not is one general impression judged again and again (halo in comparisons).

    Examples
    --------
    >>> import numpy as np
    >>> left, right = np.tile([0, 0, 1], 2), np.tile([1, 2, 2], 2)
    >>> worths = np.array([[1.0, 0.0, -1.0], [0.0, 1.0, -1.0]])
    >>> found = dimension_copying(np.zeros(6, int), left, right, np.ones(6, int), np.repeat([0, 1], 3), worths, 1)
    >>> found.tau, found.pooled.round(3)
    (array([1.]), array([0.333]))
    """
    d, n = worths.shape
    first, second = np.minimum(left, right), np.maximum(left, right)
    cells, place = np.unique((judge.astype(np.int64) * n + first) * n + second, return_inverse=True)
    net = np.zeros((d, len(cells)))
    seen = np.zeros((d, len(cells)), dtype=np.bool_)
    np.add.at(net, (dimension, place), np.where(left < right, result, -result))
    seen[dimension, place] = True
    who, a, b = cells // (n * n), cells // n % n, cells % n
    own = np.sign(net)
    difference = worths[:, a] - worths[:, b]
    pooled, chance = np.sign(difference), np.tanh(difference / 2)
    sums = np.zeros((4, m))
    for k in range(d):
        for l in range(k):
            both = seen[k] & seen[l]
            parts = (np.ones(len(cells)), own[k] * own[l], pooled[k] * pooled[l], chance[k] * chance[l])
            sums += np.array([np.bincount(who[both], x[both], m) for x in parts])
    with np.errstate(divide="ignore", invalid="ignore"):
        return Copying(sums[0], sums[1] / sums[0], sums[2] / sums[0], sums[3] / sums[0])


def response_speed(judge: Ints, milliseconds: Floats, m: int, *, limit: float = 2000.0) -> Speed:
    """Summarise the times judges took.

    Parameters
    ----------
    judge : ndarray of int, shape (rows,)
        Codes of the judges.
    milliseconds : ndarray, shape (rows,)
        Time taken; NaN where not recorded.
    m : int
        Number of judges.
    limit : float
        Milliseconds below which an answer counts as fast.

    Returns
    -------
    Speed

    Examples
    --------
    >>> import numpy as np
    >>> found = response_speed(np.array([0, 0, 1]), np.array([900.0, 3000, np.nan]), 2)
    >>> found.median, found.fast_share
    (array([1950.,   nan]), array([0.5, nan]))
    """
    known = np.isfinite(milliseconds)
    who, time = judge[known], milliseconds[known]
    order = np.lexsort((time, who))
    bounds = np.searchsorted(who[order], np.arange(m + 1))
    timed = np.diff(bounds).astype(np.float64)
    median = np.full(m, np.nan)
    for r in np.flatnonzero(timed):
        median[r] = np.median(time[order[bounds[r] : bounds[r + 1]]])
    with np.errstate(divide="ignore", invalid="ignore"):
        fast = np.bincount(who, time < limit, m) / timed
        log = np.log(median)
        middle = np.nanmedian(log) if timed.any() else np.nan
        spread = _MAD * np.nanmedian(np.abs(log - middle)) if timed.any() else np.nan
        z = np.where(spread > 0, (log - middle) / spread, np.nan)
    return Speed(timed, median, fast, z)
