"""Whether raters who ranked different, overlapping sets of people agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.rankings.rank_concordance import PMethod, few, jackknife_interval
from rankkit.kernels.rankings.ranking_lists import RankingLists, collect

GAPS_DRAWS = 2_000
"""Random arrangements behind the p-value of lists with gaps."""

_SINGULAR = 1e-9  # eigenvalues below this share of the largest are zero: sums of small whole numbers
_ROUNDING = 1e-9  # statistics this close to the observed one, relatively, count as equal to it
_DIGITS = 9  # scores that agree to this many digits are equal
_BLOCK = 2_000_000  # entries of a draw × person table worked on at a time


@dataclass(frozen=True)
class PairwiseTau:
    """Kendall's τ_b between lists, on the people they share.

    Attributes
    ----------
    tau : ndarray of float, shape (m, m)
        nan where too few people are shared or one side ties them all; 1 on the diagonal.
    shared : ndarray of int, shape (m, m)
        People both lists hold.
    mean : float
        Mean over the pairs of lists that have one; nan if none has.
    low, high : float
        Its interval, by jackknife over lists; ``nan`` where leaving one out changes nothing.
    n_pairs : int
        Pairs of lists in the mean.
    """

    tau: Floats
    shared: Ints
    mean: float
    low: float
    high: float
    n_pairs: int


@dataclass(frozen=True)
class SkillingsMack:
    """Friedman's test for lists that do not all hold the same people.

    Attributes
    ----------
    statistic : float
        Friedman's χ² (corrected for ties) if all lists are complete; nan if no list tells anybody apart.
    df : int
        People who are in lists of two or more, less the number of groups of people no list connects.
    p, p_chi2 : float
        Probability of a statistic at least as large if each list were in random order; and by χ².
    method : {"permutation", "chi_square", "none"}
        Origin of ``p``.
    """

    statistic: float
    df: int
    p: float
    p_chi2: float
    method: PMethod


def shares(lists: RankingLists) -> Floats:
    """Share of the others in the list each person was put above, ties counting half.

    Parameters
    ----------
    lists : RankingLists
        Rankings.

    Returns
    -------
    ndarray of float, shape (lists, n)
        ``nan`` = not in the list, or alone in it.

    Examples
    --------
    >>> import numpy as np
    >>> from rankkit.kernels.rankings.ranking_lists import from_matrix
    >>> shares(from_matrix(np.array([[1, 2, 3], [2, 1, np.nan]])))
    array([[1. , 0.5, 0. ],
           [0. , 1. , nan]])
    """
    out = np.full((lists.size, lists.n), np.nan)
    length = lists.length[lists.list_of]
    with np.errstate(invalid="ignore", divide="ignore"):
        out[lists.list_of, lists.item] = np.where(length > 1, (length - lists.midrank) / (length - 1), np.nan)
    return out


def one_each(lists: RankingLists) -> RankingLists:
    """Average the lists of each rater who handed in several, over the people in all of them.

    Lists by one rater are not independent, so that none of the statements about raters may count them apart.

    Parameters
    ----------
    lists : RankingLists
        Rankings, with the codes of their raters.

    Returns
    -------
    RankingLists
        One list a rater, in the order of the raters' codes; the same lists if nobody handed in two.

    Examples
    --------
    >>> import numpy as np
    >>> from rankkit.kernels.rankings.rank_concordance import rank_matrix
    >>> from rankkit.kernels.rankings.ranking_lists import from_matrix
    >>> twice = from_matrix(np.array([[1, 2, 3], [2, 1, 3], [1, 2, 3]]), np.array([0, 0, 1]))
    >>> rank_matrix(one_each(twice))
    array([[1.5, 1.5, 3. ],
           [1. , 2. , 3. ]])
    """
    raters = np.unique(lists.rater)
    if lists.size == len(raters):
        return lists
    above = shares(lists)
    which, item, rank = [], [], []
    for place, r in enumerate(raters):
        mean = above[lists.rater == r].mean(axis=0)  # nan unless in all of them
        people = np.flatnonzero(~np.isnan(mean))
        which.append(np.full(len(people), place))
        item.append(people)
        rank.append(-np.round(mean[people], _DIGITS))
    return collect(np.concatenate(which), np.concatenate(item), np.concatenate(rank), lists.n, raters)


def spread_out(low: float, high: float) -> tuple[float, float]:
    """Give no interval where leaving lists out changes nothing: a width of 0 is no certainty.

    Parameters
    ----------
    low, high : float
        An interval.

    Returns
    -------
    tuple of float
        The interval; ``nan`` where it has no width.

    Examples
    --------
    >>> spread_out(0.2, 0.4), spread_out(0.3, 0.3)
    ((0.2, 0.4), (nan, nan))
    """
    return (low, high) if high - low > _ROUNDING else (float("nan"), float("nan"))


def mean_tau(ranks: Floats, *, level: float = 0.95, min_shared: int = 4) -> PairwiseTau:
    """Mean of Kendall's τ_b between all pairs of lists that share people.

    τ_b = (C − D)/√((C + D + T_x)(C + D + T_y)) over pairs of people both lists hold (Kendall 1945).

    Parameters
    ----------
    ranks : ndarray of float, shape (m, n)
        One list a row, smaller = better; nan = not in the list.
    level : float
        Confidence level.
    min_shared : int
        People two lists must share.

    Returns
    -------
    PairwiseTau
        τ_b for every pair of lists, and their mean.

    Examples
    --------
    >>> import numpy as np
    >>> nan = np.nan
    >>> found = mean_tau(np.array([[1, 2, 3, 4, nan], [nan, 1, 2, 3, 4], [2, 1, 3, 4, 5]]), min_shared=3)
    >>> found.tau.round(3).tolist(), round(found.mean, 3)
    ([[1.0, 1.0, 0.667], [1.0, 1.0, 1.0], [0.667, 1.0, 1.0]], 0.889)
    """
    ranks = np.asarray(ranks, dtype=np.float64)
    i, j = np.triu_indices(ranks.shape[1], 1)
    sign = np.nan_to_num(np.sign(ranks[:, j] - ranks[:, i]))
    held = ~np.isnan(ranks)
    both = (held[:, i] & held[:, j]).astype(np.float64)
    untied = np.abs(sign) @ both.T  # [r, s]: pairs of people both hold that r does not tie
    shared = (held.astype(np.int64) @ held.T.astype(np.int64)).astype(np.int64)
    with np.errstate(invalid="ignore", divide="ignore"):
        tau: Floats = np.clip((sign @ sign.T) / np.sqrt(untied * untied.T), -1.0, 1.0)
    tau[shared < min_shared] = np.nan
    pairs = np.triu(~np.isnan(tau), 1)
    count = int(pairs.sum())
    if count == 0:
        return PairwiseTau(tau, shared, float("nan"), float("nan"), float("nan"), 0)
    known = np.where(pairs | pairs.T, tau, 0.0)
    partners = (pairs | pairs.T).sum(axis=1)
    total, mean = known.sum() / 2.0, float(known.sum() / 2.0 / count)
    with np.errstate(invalid="ignore", divide="ignore"):
        left_out = (total - known.sum(axis=1)) / (count - partners)
    taking_part = partners > 0
    low, high = spread_out(*jackknife_interval(mean, left_out[taking_part], level, -1.0))
    return PairwiseTau(tau, shared, mean, low, high, count)


def skillings_mack(ranks: Floats, *, seed: int = 0, draws: int = GAPS_DRAWS) -> SkillingsMack:
    """Test whether lists with gaps agree more than by chance (Skillings & Mack 1981).

    A_i = Σ_r √(12/(k_r + 1))·(rank_ri − (k_r + 1)/2) over the lists r of k_r people that hold i, T = A'Σ⁻A with Σ the covariance
    of A under random orders; where people tie, Σ is that of the tied ranks.

    Parameters
    ----------
    ranks : ndarray of float, shape (m, n)
        One list a row, smaller = better; nan = not in the list.
    seed : int
        Seed of the permutations.
    draws : int
        How many. Complete lists of more than seven people by more than five raters need none: χ² is right there; with gaps it
        rejects far too seldom.

    Returns
    -------
    SkillingsMack
        Statistic and p-value.

    Examples
    --------
    >>> import numpy as np
    >>> complete = np.array([[1, 2.5, 2.5, 4], [1, 2, 3.5, 3.5], [2, 1, 3, 4]])
    >>> found = skillings_mack(complete)
    >>> round(found.statistic, 6), found.df
    (7.392857, 3)
    """
    ranks = np.asarray(ranks, dtype=np.float64)
    held = ~np.isnan(ranks)
    length = held.sum(axis=1)
    ranks, held, length = ranks[length > 1], held[length > 1], length[length > 1]
    m, n = held.shape
    score = np.zeros((m, n))
    covariance = np.zeros((n, n))
    for r in range(m):
        k = int(length[r])
        score[r, held[r]] = np.sqrt(12.0 / (k + 1)) * (stats.rankdata(ranks[r, held[r]]) - (k + 1) / 2.0)
        each = (score[r] ** 2).sum() / (k - 1)
        covariance += each * (np.diag(held[r].astype(float)) - np.outer(held[r], held[r]) / k)
    values, vectors = np.linalg.eigh(covariance)
    kept = values > _SINGULAR * max(float(values.max(initial=0.0)), 1e-300)
    root = vectors[:, kept] / np.sqrt(values[kept])
    df = int(kept.sum())
    nothing = float("nan")
    if df == 0:
        return SkillingsMack(nothing, 0, nothing, nothing, "none")
    observed = float(((score.sum(axis=0) @ root) ** 2).sum())
    p_chi2 = float(stats.chi2.sf(observed, df))
    seen = held.any(axis=0)
    if held[:, seen].all() and not few(m, int(seen.sum())):
        return SkillingsMack(observed, df, p_chi2, p_chi2, "chi_square")
    rng, above = np.random.default_rng(seed), 0
    block = max(_BLOCK // n, 1)
    turn, places = _canonical(score, held)
    for start in range(0, draws, block):
        size = min(block, draws - start)
        sums = np.zeros((size, n))
        for r in turn:
            mine = places[held[r, places]]
            sums[:, mine] += rng.permuted(np.broadcast_to(np.sort(score[r, mine]), (size, len(mine))), axis=1)
        above += int((((sums @ root) ** 2).sum(axis=1) >= observed * (1.0 - _ROUNDING)).sum())
    return SkillingsMack(observed, df, (1 + above) / (1 + draws), p_chi2, "permutation")


def _canonical(score: Floats, held: Bools) -> tuple[Ints, Ints]:
    """Order lists, and people, by what is in the lists: neither rows nor columns decide what is drawn."""
    value = np.where(held, np.round(score, _DIGITS), np.inf)
    profile = np.sort(value, axis=0)
    people = np.lexsort([*profile[::-1], np.round(score.sum(axis=0), _DIGITS)])
    return np.lexsort(value[:, people].T[::-1]).astype(np.int64), people.astype(np.int64)
