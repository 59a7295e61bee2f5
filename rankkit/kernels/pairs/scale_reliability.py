"""How well a scale from comparisons tells people apart: separation, split halves, growth with comparisons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from rankkit.errors import ConvergenceError
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.pairs import bradley_terry
from rankkit.kernels.pairs.beats_graph import is_connected, verdict
from rankkit.kernels.pairs.comparison_order import canonical_rows
from rankkit.kernels.pairs.pair_counts import PairCounts, aggregate

Penalty = Literal["none", "jeffreys"]
_MOST_SINGLE = 1_000_000  # comparisons up to which those of one row are taken one by one
_ROUNDING = 1e-12  # relative difference of sums of weights that is rounding


@dataclass(frozen=True)
class Separation:
    """Reliability of a scale from its spread and its standard errors.

    Attributes
    ----------
    ssr : float
        Scale separation reliability; at or below zero where the errors are as large as the spread. For two people it is
        of little use: their spread is one squared difference.
    index : float
        Separation index ``G = sqrt(SSR / (1 - SSR))``; NaN where SSR is not above zero.
    ssr_median : float
        With the median squared error instead of the mean: a few hardly compared people do not drag it down.
    spread : float
        Standard deviation of the worths.
    error : float
        Root of the mean squared error ``tr V / (n - 1)``.
    """

    ssr: float
    index: float
    ssr_median: float
    spread: float
    error: float


@dataclass(frozen=True, eq=False)
class SplitHalf:
    """Correlations of worths from two random halves of the judges.

    Attributes
    ----------
    r : ndarray, shape (splits,)
        Correlation of each split, of the people compared in both halves; NaN where a half has no estimate.
    mean, low, high : float
        Of the splits with an estimate; NaN without any.
    without : int
        Splits in which a half has no finite estimate.
    """

    r: Floats
    mean: float
    low: float
    high: float
    without: int


@dataclass(frozen=True, eq=False)
class Growth:
    """Reliability after the first ``k`` comparisons.

    Attributes
    ----------
    comparisons : ndarray, shape (points,)
        ``k``; where rows have weights, their sum.
    reliability, reliability_median : ndarray, shape (points,)
        As :class:`Separation`, from standard errors by the model: comparisons are taken as independent, so with judges who
        have views of their own the last value exceeds the reliability that allows for that. NaN where the comparisons so
        far have no finite estimate, and for two people.
    mean_se, spread : ndarray, shape (points,)
        Mean standard error and standard deviation of the worths.
    """

    comparisons: Ints | Floats
    reliability: Floats
    reliability_median: Floats
    mean_se: Floats
    spread: Floats


def separation(worth: Floats, variance: Floats, *, shrunken: bool = False) -> Separation:
    """Scale separation reliability.

    ``SSR = (SD^2 - MSE) / SD^2`` with ``MSE = tr V / (n - 1)``, for maximum likelihood and for the Jeffreys prior. Worths sum
    to zero, so ``tr V`` holds ``n - 1`` independent parts, and ``SD^2``, with ``n - 1`` as well, exceeds that of the true worths
    by ``MSE``: among people who do not differ the two are equal on average. (Published values divide by ``n`` and are higher
    by ``MSE / n SD^2``.) Under a Gaussian prior estimates are shrunken already and ``SSR = SD^2 / (SD^2 + MSE)``.
    It approximates the correlation with another set of judges only if pairs were not chosen by their outcomes: under
    adaptive pairing it is high for people who do not differ at all (:mod:`rankkit.kernels.pairs.holdout`).

    Parameters
    ----------
    worth, variance : ndarray, shape (n,)
        Worths that sum to zero and their squared standard errors.
    shrunken : bool
        Whether a Gaussian prior was used.

    Returns
    -------
    Separation
        NaN for fewer than two people, or without any spread.

    Notes
    -----
    Verhavert, S., De Maeyer, S., Donche, V. & Coertjens, L. (2018). Scale separation reliability: what does it mean in
    the context of comparative judgment? *Applied Psychological Measurement*, 42.
    Bramley, T. & Vitello, S. (2019). The effect of adaptivity on the reliability coefficient in adaptive comparative
    judgement. *Assessment in Education*, 26.

    Examples
    --------
    >>> import numpy as np
    >>> found = separation(np.array([1.0, 0.0, -1.0]), np.array([0.1, 0.1, 0.2]))
    >>> round(found.ssr, 3), round(found.index, 3), round(found.ssr_median, 3)
    (0.8, 2.0, 0.85)
    """
    nan = float("nan")
    if len(worth) < 2:
        return Separation(nan, nan, nan, nan, nan)
    total = float(np.var(worth, ddof=1))
    share = len(worth) / (len(worth) - 1)
    mean, median = share * float(np.mean(variance)), share * float(np.median(variance))

    def reliability(error: float) -> float:
        if shrunken:
            return total / (total + error) if total + error > 0 else nan
        return (total - error) / total if total > 0 else nan

    ssr = reliability(mean)
    index = float(np.sqrt(ssr / (1 - ssr))) if 0 < ssr < 1 else nan
    return Separation(ssr, index, reliability(median), float(np.sqrt(total)), float(np.sqrt(mean)))


def split_half(
    judge: Ints,
    left: Ints,
    right: Ints,
    result: Ints,
    n: int,
    m: int,
    *,
    weight: Floats | None = None,
    splits: int = 100,
    penalty: Penalty = "jeffreys",
    seed: int = 0,
) -> SplitHalf:
    """Correlate the worths of two random halves of the judges, many times.

    The mean is the correlation to expect between two panels of half the size; it is not stepped up. Adaptive pairing
    inflates it too, as both halves met the same pairs.

    Parameters
    ----------
    judge, left, right, result : ndarray of int, shape (rows,)
        Codes of the judge and of the people; ``+1`` left won, ``-1`` right won, ``0`` tie (half a win for each).
    n, m : int
        Number of people and of judges.
    weight : ndarray, shape (rows,), optional
        Comparisons a row stands for.
    splits : int
        Number of splits.
    penalty : {"jeffreys", "none"}
        The Jeffreys prior has an estimate wherever a half links its people; maximum likelihood leaves out splits in
        which somebody always wins, which selects among them.
    seed : int
        Of the splits, which follow a canonical order of the judges.

    Returns
    -------
    SplitHalf
        Nothing but NaN for fewer than two judges.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(3)
    >>> judge, (left, right) = np.tile(np.arange(20), 10), np.repeat(np.triu_indices(5, 1), 20, axis=1)
    >>> result = np.where(rng.random(200) < 1 / (1 + np.exp(0.5 * (left - right))), 1, -1)
    >>> found = split_half(judge, left, right, result, 5, 20, splits=20)
    >>> 0.5 < found.mean < 1.0, found.without
    (True, 0)
    """
    r = np.full(splits if m >= 2 else 0, np.nan)
    if m >= 2:
        classes = canonical_rows(judge, left, right, result, n, m)[2]
        order = np.argsort(classes, kind="stable")
        rng = np.random.default_rng(seed)
        for s in range(splits):
            half = np.zeros(m, dtype=np.bool_)
            half[order[rng.permutation(m)[: m // 2]]] = True
            mine = half[judge]
            one, two = (_worths(left, right, result, weight, keep, n, penalty) for keep in (mine, ~mine))
            if one is not None and two is not None:
                r[s] = _correlation(one, two)
    known = r[~np.isnan(r)]
    nan = float("nan")
    if not len(known):
        return SplitHalf(r, nan, nan, nan, len(r))
    return SplitHalf(r, float(known.mean()), float(known.min()), float(known.max()), len(r) - len(known))


def growth(
    left: Ints,
    right: Ints,
    result: Ints,
    n: int,
    *,
    weight: Floats | None = None,
    order: Ints | None = None,
    points: int = 12,
    penalty: Penalty = "jeffreys",
    seed: int = 0,
) -> Growth:
    """Reliability after more and more comparisons, the worths fitted anew each time.

    Parameters
    ----------
    left, right, result : ndarray of int, shape (rows,)
        Codes of the people; ``+1`` left won, ``-1`` right won, ``0`` tie (half a win for each).
    n : int
        Number of people.
    weight : ndarray, shape (rows,), optional
        Comparisons a row stands for.
    order : ndarray, shape (rows,), optional
        When each comparison was made (any sortable numbers). None: in random order, the same for every arrangement of
        the rows.
    points : int
        Refits, at equal numbers of comparisons, as far as weights of rows allow, up to all of them.
    penalty : {"jeffreys", "none"}
        See :func:`split_half`.
    seed : int
        Of the random order.

    Returns
    -------
    Growth

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(3)
    >>> left, right = np.repeat(np.triu_indices(5, 1), 20, axis=1)
    >>> result = np.where(rng.random(200) < 1 / (1 + np.exp(0.5 * (left - right))), 1, -1)
    >>> found = growth(left, right, result, 5, points=4)
    >>> found.comparisons, bool(found.mean_se[0] > found.mean_se[-1])
    (array([ 50, 100, 150, 200]), True)
    """
    if order is None and weight is not None and np.array_equal(weight, np.rint(weight)) and weight.sum() <= _MOST_SINGLE:
        each = np.repeat(np.arange(len(left)), weight.astype(np.int64))  # counted comparisons came one by one
        left, right, result, weight = left[each], right[each], result[each], None
    rows = len(left)
    if order is None:
        place = canonical_rows(None, left, right, result, n, 0, kind=weight)[0]
        place = place[np.random.default_rng(seed).permutation(rows)]
    else:
        place = np.argsort(order, kind="stable")
    so_far = np.cumsum(np.ones(rows) if weight is None else weight[place])
    steps = np.linspace(0, so_far[-1] if rows else 0.0, points + 1)[1:]
    at = np.unique(np.minimum(np.searchsorted(so_far, steps * (1 - _ROUNDING)) + 1, rows))
    out = np.full((4, len(at)), np.nan)
    for column, k in enumerate(at):
        first = place[:k]
        counts = aggregate(left[first], right[first], result[first], None if weight is None else weight[first], n)
        found = _fit(counts, penalty)
        if found is None or found.covariance is None:
            continue
        variance = np.diag(found.covariance)
        apart = separation(found.worth, variance)
        ssr = (apart.ssr, apart.ssr_median) if n > 2 else (np.nan, np.nan)
        out[:, column] = *ssr, float(np.sqrt(variance).mean()), apart.spread
    after = so_far[at - 1]
    return Growth(after.astype(np.int64) if np.array_equal(after, np.rint(after)) else after, *out)


def _fit(counts: PairCounts, penalty: Penalty) -> bradley_terry.BradleyTerryFit | None:
    """Worths of everybody, or None where they have no finite estimate."""
    finite = is_connected(counts) if penalty == "jeffreys" else verdict(counts).kind == "finite"
    if not finite:
        return None
    try:
        return bradley_terry.fit(counts, penalty=penalty)
    except ConvergenceError:
        return None


def _worths(left: Ints, right: Ints, result: Ints, weight: Floats | None, keep: Bools, n: int, penalty: Penalty) -> Floats | None:
    """Worths of the people compared in some of the rows, NaN for the others; None without an estimate."""
    people, code = np.unique(np.concatenate([left[keep], right[keep]]), return_inverse=True)
    rows = int(keep.sum())
    if len(people) < 2:
        return None
    found = _fit(aggregate(code[:rows], code[rows:], result[keep], None if weight is None else weight[keep], len(people)), penalty)
    if found is None:
        return None
    worth = np.full(n, np.nan)
    worth[people] = found.worth
    return worth


def _correlation(one: Floats, two: Floats) -> float:
    """Correlation over the people with both; NaN for fewer than three or a constant side."""
    both = ~(np.isnan(one) | np.isnan(two))
    if both.sum() < 3 or np.ptp(one[both]) == 0 or np.ptp(two[both]) == 0:
        return float("nan")
    return float(np.corrcoef(one[both], two[both])[0, 1])
