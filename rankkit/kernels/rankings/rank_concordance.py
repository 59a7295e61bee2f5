"""Whether raters who ranked the same people agree: Kendall's W."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import Literal

import numpy as np
from scipy import stats

from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.rankings.ranking_lists import RankingLists

PMethod = Literal["exact", "permutation", "chi_square", "normal", "none"]
FEW_PEOPLE, FEW_LISTS = 7, 5
"""Up to this many people, or lists, χ² is too rough for a p-value."""

_STEPS = 1_000_000  # sums of ranks formed at a time; beyond it permutations are drawn, not enumerated
_BLOCK = 2_000_000  # entries of a draw × person table worked on at a time


@dataclass(frozen=True)
class Concordance:
    """Kendall's coefficient of concordance.

    Attributes
    ----------
    w : float
        W corrected for ties, 0 = no agreement, 1 = unanimous; nan if no list tells anybody apart.
    low, high : float
        Interval for panels of this size, by jackknife over lists; nan with fewer than three.
    w_uncorrected : float
        12S/(m²(n³ − n)), as if there were no ties; for comparison only.
    mean_spearman : float
        Mean of Spearman's correlation over pairs of lists; (mW − 1)/(m − 1) where there are no ties.
    chi2 : float
        m(n − 1)W, Friedman's statistic corrected for ties.
    df : int
        n − 1.
    p, p_chi2 : float
        Probability of a W at least as large if each list were in random order; and by χ².
    method : {"exact", "permutation", "chi_square", "none"}
        Origin of ``p``: all arrangements, drawn ones, or χ².
    m, n : int
        Lists and people.
    """

    w: float
    low: float
    high: float
    w_uncorrected: float
    mean_spearman: float
    chi2: float
    df: int
    p: float
    p_chi2: float
    method: PMethod
    m: int
    n: int


def rank_matrix(lists: RankingLists) -> Floats:
    """Lay lists out as a matrix of ranks.

    Parameters
    ----------
    lists : RankingLists
        Rankings.

    Returns
    -------
    ndarray of float, shape (lists, n)
        Average ranks, 1 = best, people left over tied below the others; nan = not presented.

    Examples
    --------
    >>> import numpy as np
    >>> from rankkit.kernels.rankings.ranking_lists import from_matrix
    >>> rank_matrix(from_matrix(np.array([[1, 1, 3, np.nan], [np.inf, 1, np.inf, 2]])))
    array([[1.5, 1.5, 3. , nan],
           [3.5, 1. , 3.5, 2. ]])
    """
    out = np.full((lists.size, lists.n), np.nan)
    out[lists.list_of, lists.item] = lists.midrank
    return out


def kendall_w(ranks: Floats, *, level: float = 0.95, seed: int = 0, draws: int = 10_000) -> Concordance:
    """Kendall's W for complete lists.

    W = 12S/(m²(n³ − n) − mΣT_r), S = Σ(R_i − R̄)², T_r = Σ(t³ − t) over groups of t tied people (Kendall & Babington Smith 1939;
    Friedman 1937). The interval is a jackknife over lists of r̃ = (mW − 1)/(m − 1), which does not depend on m, on Fisher's z
    scale, carried back to W.

    Parameters
    ----------
    ranks : ndarray of float, shape (m, n)
        One list a row, smaller = better; any numbers, equal = tied.
    level : float
        Confidence level.
    seed : int
        Seed of the permutations where they are drawn.
    draws : int
        How many.

    Returns
    -------
    Concordance
        With the p-value from all arrangements where these are few, drawn ones for at most seven people or five lists, else χ².

    Raises
    ------
    ValueError
        For fewer than two lists or people, or missing ranks.

    Examples
    --------
    >>> import numpy as np
    >>> found = kendall_w(np.array([[1, 2.5, 2.5, 4], [1, 2, 3.5, 3.5], [2, 1, 3, 4]]))
    >>> round(found.w, 6), round(found.chi2, 6), round(found.w_uncorrected, 6), round(found.p, 4), found.method
    (0.821429, 7.392857, 0.766667, 0.0347, 'exact')
    """
    ranks = np.asarray(ranks, dtype=np.float64)
    m, n = ranks.shape
    if m < 2 or n < 2 or np.isnan(ranks).any():
        raise ValueError("Kendall's W needs two or more complete lists of two or more people")
    centred = stats.rankdata(ranks, axis=1) - (n + 1) / 2.0
    products = centred @ centred.T  # of lists r and s: covariance of their ranks, times n
    own = np.diag(products)
    nothing = float("nan")
    if not own.any():
        return Concordance(nothing, nothing, nothing, 0.0, nothing, nothing, n - 1, nothing, nothing, "none", m, n)
    w = float(products.sum() / (m * own.sum()))
    chi2 = m * (n - 1) * w
    p_chi2 = float(stats.chi2.sf(chi2, n - 1))
    low, high = _interval(products, level)
    uncorrected = float(12.0 * products.sum() / (m * m * (n**3 - n)))
    p, method = _p_value(np.rint(2.0 * centred).astype(np.int64), seed, draws)
    if method == "chi_square":
        p = p_chi2
    with np.errstate(invalid="ignore"):
        spearman = (products / np.sqrt(np.outer(own, own)))[np.triu_indices(m, 1)]
    defined = spearman[~np.isnan(spearman)]
    mean = float(defined.mean()) if len(defined) else nothing
    return Concordance(w, low, high, uncorrected, mean, chi2, n - 1, p, p_chi2, method, m, n)


def jackknife_interval(estimate: float, left_out: Floats, level: float, floor: float) -> tuple[float, float]:
    """Interval of a mean correlation by leaving one list out at a time, on Fisher's z scale with t_{m−1} (Tukey 1958).

    Parameters
    ----------
    estimate : float
        From all lists.
    left_out : ndarray of float, shape (m,)
        From all but one.
    level : float
        Confidence level.
    floor : float
        The smallest value possible.

    Returns
    -------
    low, high : float
        nan with fewer than three lists, a value undefined, or perfect agreement.

    Examples
    --------
    >>> import numpy as np
    >>> low, high = jackknife_interval(0.5, np.array([0.4, 0.5, 0.6, 0.5]), 0.95, -1 / 3)
    >>> round(low, 3), round(high, 3)
    (0.01, 0.786)
    """
    m = len(left_out)
    if m < 3 or np.isnan(left_out).any() or np.isnan(estimate) or 1.0 - max(estimate, left_out.max()) < 1e-12:
        return float("nan"), float("nan")
    inside = np.maximum(np.append(left_out, estimate), -1.0 + 1e-12)
    z = np.arctanh(inside)
    pseudo = m * z[-1] - (m - 1) * z[:-1]
    half = stats.t.isf((1.0 - level) / 2.0, m - 1) * pseudo.std(ddof=1) / np.sqrt(m)
    low, high = np.tanh([pseudo.mean() - half, pseudo.mean() + half])
    return float(max(low, floor)), float(max(high, floor))


def few(m: int, n: int) -> bool:
    """Say whether χ² is too rough for so many lists and people.

    Parameters
    ----------
    m, n : int
        Lists and people.

    Returns
    -------
    bool
        True for at most seven people or five lists.

    Examples
    --------
    >>> few(3, 30), few(20, 5), few(20, 30)
    (True, True, False)
    """
    return n <= FEW_PEOPLE or m <= FEW_LISTS


def _interval(products: Floats, level: float) -> tuple[float, float]:
    """Jackknife over lists of r̃, as W."""
    m, own = len(products), np.diag(products)
    total, sums = products.sum(), products.sum(axis=1)
    if m < 3:
        return float("nan"), float("nan")

    def mean_correlation(agree: Floats, spread: Floats, lists: int) -> Floats:
        with np.errstate(invalid="ignore", divide="ignore"):
            r: Floats = (agree - spread) / ((lists - 1) * spread)
        return r

    estimate = float(mean_correlation(np.array([total]), np.array([own.sum()]), m)[0])
    left_out = mean_correlation(total - 2.0 * sums + own, own.sum() - own, m - 1)
    low, high = jackknife_interval(estimate, left_out, level, -1.0 / (m - 1))
    return max((1.0 + (m - 1) * low) / m, 0.0) if not np.isnan(low) else low, (1.0 + (m - 1) * high) / m


def _p_value(doubled: Ints, seed: int, draws: int) -> tuple[float, PMethod]:
    """P(S* ≥ S) when each list is in random order; ``doubled`` are twice the centred ranks, whole numbers."""
    m, n = doubled.shape
    if not few(m, n):
        return float("nan"), "chi_square"
    observed = int((doubled.sum(axis=0) ** 2).sum())
    patterns = np.sort(doubled, axis=1)
    patterns = patterns[np.lexsort(patterns.T[::-1])]  # only who ties with how many counts, not who is who
    exact = _exact(patterns, observed) if n <= FEW_PEOPLE else None
    if exact is not None:
        return exact, "exact"
    rng, above = np.random.default_rng(seed), 0
    block = max(_BLOCK // n, 1)
    for start in range(0, draws, block):
        size = min(block, draws - start)
        sums = np.zeros((size, n), dtype=np.int64)
        for pattern in patterns:
            sums += rng.permuted(np.broadcast_to(pattern, (size, n)), axis=1)
        above += int(((sums**2).sum(axis=1) >= observed).sum())
    return (1 + above) / (1 + draws), "permutation"


def _exact(patterns: Ints, observed: int) -> float | None:
    """Distribution of the sums of ranks, up to the order of people, list by list; None if it grows too large."""
    n = patterns.shape[1]
    states: Ints = patterns[:1]
    chance: Floats = np.ones(1)
    for pattern in patterns[1:]:
        arrangements = np.unique(np.array(list(permutations(pattern.tolist()))), axis=0)
        if len(states) * len(arrangements) > _STEPS:
            return None
        sums = np.sort((states[:, None, :] + arrangements[None, :, :]).reshape(-1, n), axis=1)
        weight = np.repeat(chance / len(arrangements), len(arrangements))
        base = int(np.abs(sums).max()) * 2 + 1
        key = (sums + base // 2) @ (base ** np.arange(n, dtype=np.int64))
        _, first, which = np.unique(key, return_index=True, return_inverse=True)
        states, chance = sums[first], np.bincount(which, weight).astype(np.float64)
    return float(min(chance[(states**2).sum(axis=1) >= observed].sum(), 1.0))
