"""Kendall's coefficient of agreement among judges who compare pairs."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb
from typing import Literal

import numpy as np
from scipy import stats
from scipy.sparse import csr_array
from scipy.special import gammaln

from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.pairs.comparison_order import canonical_people, canonical_rows
from rankkit.kernels.pairs.pair_counts import PairCounts, aggregate

_EXACT_WORK = 2e9  # multiplications beyond which the exact distribution gives way to its approximation


@dataclass(frozen=True)
class KendallU:
    """Agreement among judges on pairs, and its test against coin tossing.

    Attributes
    ----------
    u : float
        Agreement, 1 = everybody prefers the same one in every pair; NaN if no pair was judged by two judges.
    lowest : float
        Smallest value possible with as many judges on each pair: ``-1/(m-1)`` for even ``m``, ``-1/m`` for odd.
    agreeing : float
        Pairs of judges that agree, summed over the pairs of people (Kendall's capital sigma).
    p : float
        Chance of as much agreement if every preference were a coin toss.
    method : {"exact", "chi_squared", "none"}
        How ``p`` was computed.
    chi2, df, p_chi2 : float
        Kendall's approximation, without continuity correction; NaN where no pair has three judges.
    pairs : int
        Pairs judged by two judges or more.
    """

    u: float
    lowest: float
    agreeing: float
    p: float
    method: Literal["exact", "chi_squared", "none"]
    chi2: float
    df: float
    p_chi2: float
    pairs: int


@dataclass(frozen=True)
class UnrelatedJudges:
    """Test of agreement against judges who may each be consistent, but with nothing in common.

    Attributes
    ----------
    p : float
        Share of rearrangements with as much agreement as observed, the observed one counted; NaN for fewer than two
        judges.
    method : {"relabelling", "reversal"}
        People exchanged at random within each judge, where every judge judged every pair; else all preferences of a
        judge reversed or not, at random.
    draws : int
        Rearrangements.
    smallest_p : float
        Below this ``p`` cannot fall, however much judges agree: of ``2^(m-1)`` reversals (or ``n!^(m-1)`` relabellings) at
        least one has the agreement observed. With four judges reversed or not, 1/8.
    """

    p: float
    method: Literal["relabelling", "reversal"]
    draws: int
    smallest_p: float = float("nan")


def one_vote_each(judge: Ints, left: Ints, right: Ints, result: Ints, n: int, m: int) -> PairCounts:
    """Count each judge once for each pair, with the majority of that judge's answers.

    Parameters
    ----------
    judge, left, right, result : ndarray of int, shape (rows,)
        Codes of the judge and of the people; ``+1`` left won, ``-1`` right won, ``0`` tie.
    n, m : int
        Number of people and of judges.

    Returns
    -------
    PairCounts
        A judge without a majority counts as a tie.

    Examples
    --------
    >>> import numpy as np
    >>> counts = one_vote_each(np.array([0, 0, 1]), np.zeros(3, int), np.ones(3, int), np.array([1, 1, -1]), 2, 2)
    >>> counts.wins_first, counts.wins_second
    (array([1.]), array([1.]))
    """
    votes = _votes(judge, left, right, result, n, m)
    return aggregate(votes[1], votes[2], votes[3], None, n)


def kendall_u(counts: PairCounts) -> KendallU:
    """Kendall's u from how many judges preferred whom.

    ``u = 2 S / sum_pairs C(m_ij, 2) - 1`` with ``S = sum_{i != j} C(a_ij, 2)`` over ordered pairs, ``a_ij`` the judges
    preferring ``i`` to ``j`` and ``m_ij`` those who judged the pair; for complete data this is Kendall's
    ``2 S / (C(m, 2) C(n, 2)) - 1``. Equivalently the mean, over pairs of judges on pairs of people, of +1 for the same
    and -1 for opposite preferences; a tie counts 0 with everything.

    Under coin tossing the pairs are independent, so the null distribution of ``S`` is exact by convolution (ties as
    they are). Approximation by three moments, for equal ``m`` Kendall's
    ``4/(m-2) (S - C(n,2) C(m,2) (m-3) / (2 (m-2)))`` on ``C(n,2) m (m-1) / (m-2)^2``.

    Parameters
    ----------
    counts : PairCounts
        One vote of each judge for each pair (:func:`one_vote_each`), whole numbers.

    Returns
    -------
    KendallU

    Notes
    -----
    Kendall, M. G. & Babington Smith, B. (1940). On the method of paired comparisons. *Biometrika*, 31.
    Kendall, M. G. (1970). *Rank Correlation Methods*, 4th ed., chapter 11.

    Coin tossing is a weak opponent: judges who are each consistent, but unrelated, agree more on some pairs and less
    on others than coins do. :func:`unrelated_judges` tests against them.

    Examples
    --------
    >>> import numpy as np
    >>> first, second = np.triu_indices(3, 1)
    >>> found = kendall_u(PairCounts(3, first, second, np.full(3, 4.0), np.ones(3), np.zeros(3)))
    >>> round(found.u, 9), found.lowest, round(found.p, 4)
    (0.2, -0.2, 0.2065)
    """
    wins, losses = np.rint(counts.wins_first).astype(np.int64), np.rint(counts.wins_second).astype(np.int64)
    judges = wins + losses + np.rint(counts.ties).astype(np.int64)
    kept = judges >= 2
    nan = float("nan")
    if not kept.any():
        return KendallU(nan, nan, nan, nan, "none", nan, nan, nan, 0)
    wins, losses, judges = wins[kept], losses[kept], judges[kept]
    strict = wins + losses
    possible = float(_two_of(judges).sum())
    agreeing = int((_two_of(wins) + _two_of(losses)).sum())
    u = (2 * agreeing - float(_two_of(strict).sum())) / possible
    odd = judges % 2
    lowest = float((odd - judges).sum()) / (2 * possible)
    chi2, df, p_chi2 = _three_moments(strict, agreeing)
    p = _exact(strict, agreeing)
    if p is not None:
        return KendallU(u, lowest, float(agreeing), p, "exact", chi2, df, p_chi2, int(kept.sum()))
    return KendallU(u, lowest, float(agreeing), p_chi2, "chi_squared", chi2, df, p_chi2, int(kept.sum()))


def unrelated_judges(
    judge: Ints, left: Ints, right: Ints, result: Ints, n: int, m: int, *, draws: int = 2000, seed: int = 0
) -> UnrelatedJudges:
    """Test whether judges agree more than unrelated but possibly consistent judges would.

    Where every judge judged every pair, each judge's people are exchanged at random: that keeps the judge's own
    consistency and breaks what the judges share. Otherwise each judge's preferences are all reversed, or all kept, at
    random. The statistic is the sum over pairs of the squared number of net preferences.

    Parameters
    ----------
    judge, left, right, result : ndarray of int, shape (rows,)
        As in :func:`one_vote_each`.
    n, m : int
        Number of people and of judges.
    draws : int
        Random rearrangements.
    seed : int
        Of the rearrangements, which follow a canonical order of judges and people.

    Returns
    -------
    UnrelatedJudges

    Examples
    --------
    >>> import numpy as np
    >>> first, second = np.triu_indices(5, 1)
    >>> judge = np.repeat(np.arange(4), 10)
    >>> unrelated_judges(judge, np.tile(first, 4), np.tile(second, 4), np.ones(40, int), 5, 4).p < 0.01
    True
    """
    who, first, second, vote = _votes(judge, left, right, result, n, m)
    complete = len(who) == m * (n * (n - 1) // 2)
    if m < 2 or n < 2 or not len(who):
        return UnrelatedJudges(float("nan"), "relabelling" if complete else "reversal", 0)
    rng = np.random.default_rng(seed)
    if complete:
        simulated, observed = _relabelled(who, first, second, vote, n, m, draws, rng)
    else:
        simulated, observed = _reversed(who, first, second, vote, n, m, draws, rng)
    p = (1 + int((simulated >= observed - 0.5).sum())) / (draws + 1)
    ways = (m - 1) * float(gammaln(n + 1) if complete else np.log(2.0))  # log of the number of distinct rearrangements
    return UnrelatedJudges(p, "relabelling" if complete else "reversal", draws, max(1 / (draws + 1), float(np.exp(-ways))))


def _two_of(x: Ints) -> Ints:
    """Number of pairs that can be taken from x."""
    return x * (x - 1) // 2


def _votes(judge: Ints, left: Ints, right: Ints, result: Ints, n: int, m: int) -> tuple[Ints, Ints, Ints, Ints]:
    """Judge, first, second and net preference of each judge's pairs."""
    if m * n * n >= 2**62:
        msg = "too many judges and people to number their pairs"
        raise OverflowError(msg)
    first, second = np.minimum(left, right), np.maximum(left, right)
    key, place = np.unique((judge.astype(np.int64) * n + first) * n + second, return_inverse=True)
    net = np.bincount(place, np.where(left < right, result, -result), len(key))
    return key // (n * n), key // n % n, key % n, np.sign(net).astype(np.int64)


def _three_moments(judges: Ints, agreeing: int) -> tuple[float, float, float]:
    """Chi-squared with the mean, variance and skewness of the number of agreeing pairs of judges."""
    size = judges.astype(np.float64)
    two = size * (size - 1)
    mean, variance, third = float(two.sum()) / 4, float(two.sum()) / 8, float((two * (size - 2)).sum()) / 8
    if third <= 0:
        return float("nan"), float("nan"), float("nan")
    df = 8 * variance**3 / third**2
    chi2 = df + (agreeing - mean) * float(np.sqrt(2 * df / variance))
    return chi2, df, float(stats.chi2.sf(chi2, df))


def _exact(judges: Ints, agreeing: int) -> float | None:
    """Chance of so many agreeing pairs of judges under coin tossing; None where computing it takes too long."""
    sizes, times = np.unique(judges[judges >= 2], return_counts=True)
    if not len(sizes):
        return 1.0
    least = _two_of(sizes // 2) + _two_of(sizes - sizes // 2)
    length = float(((_two_of(sizes) - least) * times).sum())
    if length**2 > _EXACT_WORK:
        return None
    whole = np.ones(1)
    for size, count, floor in zip(sizes, times, least, strict=True):
        chance = np.zeros(comb(int(size), 2) - int(floor) + 1)
        for won in range(int(size) + 1):
            chance[comb(won, 2) + comb(int(size) - won, 2) - int(floor)] += stats.binom.pmf(won, size, 0.5)
        whole = np.convolve(whole, _power(chance, int(count)))
    above = max(0, int(agreeing - (least * times).sum()))
    return min(1.0, float(whole[above:].sum()))


def _power(chance: Floats, count: int) -> Floats:
    """Distribution of the sum of ``count`` independent draws."""
    out = np.ones(1)
    while count:
        if count & 1:
            out = np.convolve(out, chance)
        count >>= 1
        if count:
            chance = np.convolve(chance, chance)
    return out


def _relabelled(
    who: Ints, first: Ints, second: Ints, vote: Ints, n: int, m: int, draws: int, rng: np.random.Generator
) -> tuple[Floats, float]:
    """Statistic with people exchanged within each judge, and as observed."""
    sign = np.zeros((m, n, n))
    sign[who, first, second] = vote
    sign[who, second, first] = -vote
    observed = float((sign.sum(axis=0) ** 2).sum()) / 2
    own = []
    for r in range(m):  # each judge's people in the order of that judge's own preferences
        mine = who == r
        order = np.argsort(canonical_people(aggregate(first[mine], second[mine], vote[mine], None, n)), kind="stable")
        own.append(sign[r][np.ix_(order, order)])
    own.sort(key=lambda matrix: matrix.tobytes())
    out = np.empty(draws)
    block = max(1, 1_000_000 // (n * n))
    for start in range(0, draws, block):
        size = min(block, draws - start)
        total = np.zeros((size, n, n))
        for matrix in own:
            order = np.argsort(rng.random((size, n)), axis=1)
            total += matrix[order[:, :, None], order[:, None, :]]
        out[start : start + size] = (total**2).sum(axis=(1, 2)) / 2
    return out, observed


def _reversed(
    who: Ints, first: Ints, second: Ints, vote: Ints, n: int, m: int, draws: int, rng: np.random.Generator
) -> tuple[Floats, float]:
    """Statistic with judges reversed or not, and as observed."""
    order, _, classes = canonical_rows(who, first, second, vote, n, m)
    place = np.empty(m, dtype=np.int64)
    place[np.argsort(classes, kind="stable")] = np.arange(m)
    pairs, pair = np.unique(first * n + second, return_inverse=True)
    who, pair, vote = place[who][order], pair[order], vote[order]
    observed = float((np.bincount(pair, vote, len(pairs)) ** 2).sum())
    matrix = csr_array((vote.astype(np.float64), (who, pair)), shape=(m, len(pairs)))
    out = np.empty(draws)
    block = max(1, 4_000_000 // len(pairs))
    for start in range(0, draws, block):
        size = min(block, draws - start)
        turned = 2.0 * rng.integers(0, 2, size=(size, m)) - 1.0
        out[start : start + size] = ((turned @ matrix) ** 2).sum(axis=1)
    return out, observed
