"""Whether pooled preferences form an order: weak, moderate and strong stochastic transitivity."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import xlogy

from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.pair_counts import PairCounts

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
