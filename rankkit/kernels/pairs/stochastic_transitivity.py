"""Whether pooled preferences form an order: weak, moderate and strong stochastic transitivity."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.sparse import csr_array
from scipy.special import xlogy

from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.pairs.comparison_order import canonical_places
from rankkit.kernels.pairs.pair_counts import PairCounts

_ROUNDING = 1e-9  # proportions closer than this are equal
_BLOCK = 2_000_000  # triads looked at at once


@dataclass(frozen=True, eq=False)
class Violations:
    """Triads that break one form of transitivity.

    Attributes
    ----------
    violations : int
        Number of triads.
    share : float
        Of the triads with all three pairs compared; NaN if there are none.
    mean, largest : float
        How far the proportion falls short of its bound, over the violations; NaN without any.
    triples : ndarray of int, shape (kept, 3)
        ``i, j, k`` with ``p_ij >= 1/2``, ``p_jk >= 1/2`` and ``p_ik`` below its bound, largest shortfall first.
    shortfall : ndarray, shape (kept,)
        Of these triads.
    """

    violations: int
    share: float
    mean: float
    largest: float
    triples: Ints
    shortfall: Floats


@dataclass(frozen=True, eq=False)
class StochasticTransitivity:
    """Transitivity of pooled pair proportions.

    Attributes
    ----------
    triads : int
        Triads with all three pairs compared.
    undecided : int
        Those in which a pair is split evenly, which may be read either way: such a triad counts as a violation only
        if no reading is free of it.
    weak, moderate, strong : Violations
        Of ``p_ik >= 1/2``, ``p_ik >= min(p_ij, p_jk)`` and ``p_ik >= max(p_ij, p_jk)``.
    pairs_won : ndarray, shape (n,)
        Opponents a person is preferred to by the majority, an even split counting half.
    """

    triads: int
    undecided: int
    weak: Violations
    moderate: Violations
    strong: Violations
    pairs_won: Floats


def stochastic_transitivity(counts: PairCounts, *, fewest: float = 1.0, keep: int = 1000) -> StochasticTransitivity:
    """Count violations of weak, moderate and strong stochastic transitivity.

    A triad ``i, j, k`` with ``p_ij >= 1/2`` and ``p_jk >= 1/2`` should have ``p_ik`` of at least 1/2 (weak), the
    smaller (moderate) or the larger (strong) of the two. A tie counts half for each.
    Strong transitivity is implied by the Bradley-Terry model; its violations beyond chance say that the proportions
    do not come from one scale. Proportions of few judgements break it by chance alone.

    Parameters
    ----------
    counts : PairCounts
        Comparisons by pair, judges pooled.
    fewest : float
        Comparisons a pair needs to be looked at.
    keep : int
        Violating triads listed of each kind, the largest shortfalls.

    Returns
    -------
    StochasticTransitivity

    Notes
    -----
    Tversky, A. (1969). Intransitivity of preferences. *Psychological Review*, 76.

    Examples
    --------
    >>> import numpy as np
    >>> first, second = np.triu_indices(3, 1)
    >>> found = stochastic_transitivity(PairCounts(3, first, second, np.array([8.0, 6, 7]), np.array([2.0, 4, 3]), np.zeros(3)))
    >>> found.weak.violations, found.moderate.violations, found.moderate.triples, round(found.strong.largest, 3)
    (0, 1, array([[0, 1, 2]]), 0.2)
    """
    kept = counts.total >= max(fewest, _ROUNDING)
    first, second = counts.first[kept], counts.second[kept]
    chance = (counts.wins_first[kept] + 0.5 * counts.ties[kept]) / counts.total[kept]
    lead = np.where(np.abs(chance - 0.5) <= _ROUNDING, 0.0, np.sign(chance - 0.5))
    triads = undecided = 0
    broken: list[list[tuple[Ints, Floats]]] = [[], [], []]
    for people, p in _triads(first, second, chance, counts.n):
        triads += len(people)
        undecided += int((np.abs(p - 0.5) <= _ROUNDING).any(axis=1).sum())
        for found, (rows, order, gap) in zip(broken, _shortfalls(p), strict=True):
            found.append((np.take_along_axis(people[rows], order, axis=1), gap))
    won = np.bincount(first, (1 + lead) / 2, counts.n) + np.bincount(second, (1 - lead) / 2, counts.n)
    weak, moderate, strong = (_collect(found, triads, keep) for found in broken)
    return StochasticTransitivity(triads, undecided, weak, moderate, strong, won.astype(np.float64))


@dataclass(frozen=True, eq=False)
class ChanceViolations:
    """Violations of weak, moderate and strong transitivity in data drawn from a model of one scale.

    Attributes
    ----------
    observed, expected, p : ndarray, shape (3,)
        Violations in the data, their mean over the draws, and the share of draws, the data included, with as many.
    draws : int
        Simulated data sets.
    """

    observed: Floats
    expected: Floats
    p: Floats
    draws: int


def chance_violations(
    counts: PairCounts, pair: Ints, total: Floats, win: Floats, tie: Floats, *, draws: int = 499, seed: int = 0
) -> ChanceViolations:
    """Count the violations that chance alone produces where a model of one scale holds.

    Parameters
    ----------
    counts : PairCounts
        Comparisons by pair.
    pair : ndarray of int, shape (cells,)
        Position of the pair whose comparisons a cell stands for.
    total, win, tie : ndarray, shape (cells,)
        Comparisons, whole numbers, chance that the pair's first person wins, and of a tie.
    draws : int
        Data sets to draw.
    seed : int
        Of the draws, which follow a canonical order of people.

    Returns
    -------
    ChanceViolations

    Examples
    --------
    >>> import numpy as np
    >>> first, second = np.triu_indices(5, 1)
    >>> counts = PairCounts(5, first, second, np.full(10, 2.0), np.ones(10), np.zeros(10))
    >>> found = chance_violations(counts, np.arange(10), np.full(10, 3.0), np.full(10, 0.8), np.zeros(10))
    >>> found.observed, bool(found.expected[2] > found.expected[0] > 0)
    (array([0., 0., 0.]), True)
    """
    told = [
        np.column_stack([a, b, counts.ties]) for a, b in ((counts.wins_first, counts.wins_second), (counts.wins_second, counts.wins_first))
    ]
    place = canonical_places(counts.first, counts.second, told[0], told[1], counts.n)
    one, two = place[counts.first][pair], place[counts.second][pair]
    ahead = one > two
    order = np.lexsort((total, np.round(np.where(ahead, win, 1 - win - tie), 9), np.maximum(one, two), np.minimum(one, two)))
    cell, up = pair[order], ahead[order]
    number, even = np.rint(total[order]).astype(np.int64), tie[order]
    better = np.round(np.where(up, win[order], 1 - win[order] - even), 9)  # a draw from a chance just above 1/2 is another one
    rng = np.random.default_rng(seed)
    triads = _triad_pairs(counts)
    seen = (counts.wins_first + 0.5 * counts.ties - 0.5 * counts.total)[None] / np.maximum(counts.total, 1.0)
    observed = _violations(seen[:, triads])[0]
    to_pair = csr_array((np.ones(len(cell)), (np.arange(len(cell)), cell)), shape=(len(cell), len(counts.first)))
    fake = np.empty((draws, 3))
    block = max(1, _BLOCK // max(1, len(triads)))
    for start in range(0, draws, block):
        size = min(block, draws - start)
        won = rng.binomial(number, better, (size, len(number)))
        tied = rng.binomial(number - won, np.clip(even / np.maximum(1 - better, 1e-300), 0.0, 1.0))
        lead = won + 0.5 * tied - 0.5 * number  # points of the person of the higher place less half
        share = (np.where(up, lead, -lead) @ to_pair) / np.maximum(counts.total, 1.0)
        fake[start : start + size] = _violations(share[:, triads])
    p = (1 + (fake >= observed).sum(axis=0)) / (draws + 1)
    return ChanceViolations(observed, fake.mean(axis=0), p, draws)


def _triad_pairs(counts: PairCounts) -> Ints:
    """Positions of the pairs ``ab``, ``bc`` and ``ac`` of each triad whose pairs were all compared, shape (triads, 3)."""
    met = counts.total > 0
    at = np.full((counts.n, counts.n), -1)
    at[counts.first[met], counts.second[met]] = np.flatnonzero(met)
    a, b, c = np.array(list(combinations(range(counts.n), 3)), dtype=np.int64).reshape(-1, 3).T
    out = np.column_stack([at[a, b], at[b, c], at[a, c]])
    return out[(out >= 0).all(axis=1)]


def _violations(lead: Floats) -> Floats:
    """Numbers of weak, moderate and strong violations, shape (sets, 3), from proportions less 1/2, shape (sets, triads, 3).

    Around the triad (``ab``, ``bc``, ``ca``), sorted: all above zero, or all below, is a circle. Else the sign that only one
    of them has, or none, is that of the pair of the best with the worst.
    """
    low, middle, high = np.moveaxis(np.sort(lead * np.array([1.0, 1.0, -1.0]), axis=2), 2, 0)
    circle = (low > _ROUNDING) | (high < -_ROUNDING)
    gaps = []
    for above, below in ((middle, middle), (high, low)):  # the smaller and the larger of the two others
        upward = np.where((low <= _ROUNDING) & (middle >= -_ROUNDING), above + low, np.inf)
        downward = np.where((high >= -_ROUNDING) & (middle <= _ROUNDING), -below - high, np.inf)
        gaps.append(np.minimum(upward, downward))
    return np.stack([circle.sum(axis=1), *((circle | (gap > _ROUNDING)).sum(axis=1) for gap in gaps)], axis=1).astype(np.float64)


def order_deviance(counts: PairCounts, place: Ints) -> tuple[float, int]:
    """Twice the log-likelihood lost by making every pair even whose majority goes against an order.

    The likelihood-ratio statistic of weak stochastic transitivity is the smallest of these over all orders. For an
    order chosen from the same data chi-squared on the number of pairs is a rough guide only.

    Parameters
    ----------
    counts : PairCounts
        Comparisons by pair; ties are left out.
    place : ndarray of int, shape (n,)
        Place of each person in the order, the first one the best; people of equal place are not compared.

    Returns
    -------
    deviance : float
    pairs : int
        Pairs made even.

    Notes
    -----
    Iverson, G. & Falmagne, J.-C. (1985). Statistical issues in measurement. *Mathematical Social Sciences*, 10.

    Examples
    --------
    >>> import numpy as np
    >>> pair = PairCounts(2, np.array([0]), np.array([1]), np.array([1.0]), np.array([3.0]), np.zeros(1))
    >>> deviance, pairs = order_deviance(pair, np.array([1, 2]))
    >>> round(deviance, 4), pairs
    (1.0465, 1)
    """
    better = np.sign(place[counts.second] - place[counts.first])
    wrong = (counts.wins_first - counts.wins_second) * better < 0
    w, v = counts.wins_first[wrong], counts.wins_second[wrong]
    return 2 * float(np.sum(xlogy(w, 2 * w / (w + v)) + xlogy(v, 2 * v / (w + v)))), int(wrong.sum())


def _triads(first: Ints, second: Ints, chance: Floats, n: int) -> Iterator[tuple[Ints, Floats]]:
    """Triads ``a < b < c`` of compared pairs, with ``p_ab``, ``p_bc`` and ``p_ac``."""
    key = first * n + second  # sorted, as the pairs are
    starts = np.searchsorted(first, np.arange(n + 1))
    branches = (starts[1:] - starts[:-1])[second]
    bounds = np.searchsorted(np.cumsum(branches), np.arange(_BLOCK, int(branches.sum()), _BLOCK))
    for part in np.split(np.arange(len(first)), bounds):
        size = branches[part]
        ab = np.repeat(part, size)
        bc = starts[second[ab]] + np.arange(len(ab)) - np.repeat(np.cumsum(size) - size, size)
        closing = first[ab] * n + second[bc]
        ac = np.minimum(np.searchsorted(key, closing), len(key) - 1)
        there = key[ac] == closing
        ab, bc, ac = ab[there], bc[there], ac[there]
        yield np.column_stack([first[ab], second[ab], second[bc]]), np.column_stack([chance[ab], chance[bc], chance[ac]])


def _shortfalls(p: Floats) -> list[tuple[Ints, Ints, Floats]]:
    """For each form of transitivity: violating rows, the reading ``i, j, k`` that violates least, and by how much."""
    ab, bc, ac = p.T
    matrix = {(0, 1): ab, (1, 2): bc, (0, 2): ac, (1, 0): 1 - ab, (2, 1): 1 - bc, (2, 0): 1 - ac}
    orders = np.array([(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)])
    gaps = np.full((3, len(p), len(orders)), np.inf)
    for column, (i, j, k) in enumerate(orders.tolist()):
        ij, jk, ik = matrix[i, j], matrix[j, k], matrix[i, k]
        applies = (ij >= 0.5 - _ROUNDING) & (jk >= 0.5 - _ROUNDING)
        for gap, bound in zip(gaps, (np.full(len(p), 0.5), np.minimum(ij, jk), np.maximum(ij, jk)), strict=True):
            gap[applies, column] = (bound - ik)[applies]
    out = []
    for gap in gaps:
        least = gap.argmin(axis=1)
        size = gap[np.arange(len(p)), least]
        rows = np.flatnonzero(size > _ROUNDING)
        out.append((rows, orders[least[rows]], size[rows]))
    return out


def _collect(found: list[tuple[Ints, Floats]], triads: int, keep: int) -> Violations:
    """Add the blocks up."""
    nan = float("nan")
    triples = np.concatenate([t for t, _ in found]) if found else np.zeros((0, 3), dtype=np.int64)
    gap = np.concatenate([g for _, g in found]) if found else np.zeros(0)
    share = len(gap) / triads if triads else nan
    if not len(gap):
        return Violations(0, share, nan, nan, triples, gap)
    top = np.argsort(-gap, kind="stable")[:keep]
    return Violations(len(gap), share, float(gap.mean()), float(gap.max()), triples[top], gap[top])
