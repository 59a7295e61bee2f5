"""Rankings as choices from those who are left: likelihood, score and information under Plackett and Luce's model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.pairs.pair_counts import PairCounts, aggregate
from rankkit.kernels.rankings.ranking_lists import RankingLists
from rankkit.kernels.rankings.unordered_choice import unordered_choices

_TABLE = 4_000_000  # cells of a table of all pairs that is cheaper than a search


@dataclass(frozen=True)
class Block:
    """Lists of similar length as matrices, best first, filled up on the right.

    Attributes
    ----------
    which : ndarray of int, shape (lists,)
        Number of each list in the table it comes from.
    item : ndarray of int, shape (lists, longest)
        The person; 0 where filled up.
    real : ndarray of bool, shape (lists, longest)
        False where filled up.
    place : ndarray of int, shape (lists, longest)
        Dense place, 0 = best; -1 where filled up.
    left_over : ndarray of bool, shape (lists, longest)
        Presented, but not placed.
    weight : ndarray, shape (lists,)
        How often each list counts.
    """

    which: Ints
    item: Ints
    real: Bools
    place: Ints
    left_over: Bools
    weight: Floats

    @cached_property
    def group_size(self) -> Ints:
        """People at the place of each entry, shape (lists, longest); 0 where filled up."""
        lists, longest = self.place.shape
        key = np.arange(lists)[:, None] * (longest + 1) + self.place + 1
        size = np.bincount(key[self.real], minlength=lists * (longest + 1))
        return np.where(self.real, size[key], 0)

    @cached_property
    def last(self) -> Bools:
        """Whether the entry belongs to the last place of its list: nobody was left below it."""
        return np.asarray(self.place == self.place.max(axis=1, keepdims=True, initial=-1))

    @cached_property
    def single(self) -> Bools:
        """Whether the entry has its place to itself, and there were others to choose from."""
        return np.asarray(self.real & (self.group_size == 1) & ~self.last)

    @cached_property
    def pairs(self) -> tuple[Ints, Ints]:
        """Columns of all pairs of entries of a list, the better one first."""
        first, second = np.triu_indices(self.item.shape[1], 1)
        return first.astype(np.int64), second.astype(np.int64)

    @cached_property
    def tied_groups(self) -> dict[int, tuple[Ints, Ints]]:
        """Groups of two and more with somebody below them, by size: row, and column of the first member."""
        opens = self.real & (self.group_size > 1) & ~self.last
        opens[:, 1:] &= self.place[:, 1:] != self.place[:, :-1]
        row, column = np.nonzero(opens)
        size = self.group_size[row, column]
        return {int(g): (row[size == g], column[size == g]) for g in np.unique(size)}


def blocks(lists: RankingLists, *, tied: bool = False) -> list[Block]:
    """Sort lists into blocks whose lengths differ by a factor of two at most; lists that say nothing are left out.

    Parameters
    ----------
    lists : RankingLists
        The rankings.
    tied : bool
        Whether a list of one place says something.

    Returns
    -------
    list of Block
        Shortest first.

    Examples
    --------
    >>> from rankkit.kernels.rankings.ranking_lists import from_matrix
    >>> [b.item.shape for b in blocks(from_matrix(np.array([[1, 2, np.nan], [3, 1, 2], [1, np.nan, np.nan]])))]
    [(1, 2), (1, 3)]
    """
    places = np.zeros(lists.size, dtype=np.int64)
    np.maximum.at(places, lists.list_of, lists.place + 1)
    telling = (places > (0 if tied else 1)) & (lists.length > 1) & (lists.weight > 0)
    octave = np.where(telling, np.ceil(np.log2(np.maximum(lists.length, 2))), 0).astype(np.int64)
    out = []
    for size in np.unique(octave[telling]):
        which = np.flatnonzero(telling & (octave == size))
        column = np.arange(lists.length[which].max())
        real = column < lists.length[which, None]
        entry = np.where(real, lists.start[which, None] + column, 0)
        place = np.where(real, lists.place[entry], -1)
        item = np.where(real, lists.item[entry], 0)
        out.append(Block(which, item, real, place, real & lists.left_over[entry], lists.weight[which]))
    return out


def implied_pairs(lists: RankingLists, *, tied: bool = False) -> PairCounts:
    """Count how often each person stood above each other one in the same list.

    Parameters
    ----------
    lists : RankingLists
        The rankings.
    tied : bool
        Count a shared place as a tie, people left over excepted; else as no comparison.

    Returns
    -------
    PairCounts
        Weighted counts, one entry for each pair that stood in a list together.

    Examples
    --------
    >>> from rankkit.kernels.rankings.ranking_lists import from_matrix
    >>> pairs = implied_pairs(from_matrix(np.array([[1.0, 2, 2], [2, 1, np.inf]])), tied=True)
    >>> pairs.wins_first, pairs.wins_second, pairs.ties
    (array([1., 2., 1.]), array([1., 0., 0.]), array([0., 0., 1.]))
    """
    return _pairs_of(lists.n, blocks(lists, tied=tied), tied=tied)


def next_pairs(lists: RankingLists) -> PairCounts:
    """Count how often each person stood directly above each other one; enough to say who is reached from whom.

    Parameters
    ----------
    lists : RankingLists
        The rankings, nobody sharing a place.

    Returns
    -------
    PairCounts
        Counts, one a list.

    Examples
    --------
    >>> from rankkit.kernels.rankings.ranking_lists import from_matrix
    >>> pairs = next_pairs(from_matrix(np.array([[1.0, 2, 3], [2, 1, 3]])))
    >>> pairs.first, pairs.second, pairs.wins_first
    (array([0, 0, 1]), array([1, 2, 2]), array([1., 1., 1.]))
    """
    upper = np.flatnonzero((np.diff(lists.list_of) == 0) & (lists.weight[lists.list_of[1:]] > 0))
    return aggregate(lists.item[upper], lists.item[upper + 1], np.ones(len(upper), dtype=np.int64), None, lists.n)


def _pairs_of(n: int, parts: Sequence[Block], *, tied: bool) -> PairCounts:
    """Add the pairs of all blocks up."""
    none = np.zeros(0, dtype=np.int64)
    left, right, result, mass = [none], [none], [none], [np.zeros(0)]
    for b in parts:
        a, c = b.pairs
        same = b.place[:, a] == b.place[:, c]
        weight = np.where(same & (b.left_over[:, a] | (not tied)), 0.0, b.weight[:, None])
        real = slice(None) if b.real.all() else b.real[:, c].ravel()
        left.append(b.item[:, a].ravel()[real])
        right.append(b.item[:, c].ravel()[real])
        result.append(np.where(same, 0, 1).ravel()[real])
        mass.append(weight.ravel()[real])
    return aggregate(np.concatenate(left), np.concatenate(right), np.concatenate(result), np.concatenate(mass), n)


@dataclass(frozen=True)
class Evaluation:
    """The likelihood at one set of worths.

    Attributes
    ----------
    loglik : ndarray, shape (lists,)
        Log-probability of each list, its weight left out.
    score : ndarray, shape (n,)
        Derivatives of the weighted sum by the log-worths.
    weight : ndarray, shape (pairs,)
        Observed information of each pair: the negative Hessian is their Laplacian.
    """

    loglik: Floats
    score: Floats
    weight: Floats


class OrderedChoices:
    """Rankings, laid out once so that their likelihood is cheap to evaluate at many worths.

    A place is a choice from those who stand there or below, with chances in proportion to ``exp(u)``. People who share
    a place were chosen one after the other in an order nobody recorded: the chances of all their orders are summed
    (:mod:`rankkit.kernels.rankings.unordered_choice`). The last place is no choice.

    Parameters
    ----------
    lists : RankingLists
        The rankings.

    Attributes
    ----------
    counts : PairCounts
        Pairs the rankings imply, who stands above whom; people at one place count as not compared.
    exposure : ndarray, shape (n,)
        Choices in which a person could have been chosen, weighted.
    """

    def __init__(self, lists: RankingLists) -> None:
        self.lists = lists
        self._blocks = blocks(lists)
        self.counts: PairCounts = _pairs_of(lists.n, self._blocks, tied=False)
        self._pair = [_positions(b, self.counts) for b in self._blocks]
        self.exposure = np.zeros(lists.n)
        for b in self._blocks:
            could = b.place + 1 - b.last
            self.exposure += np.bincount(b.item[b.real], weights=(b.weight[:, None] * could)[b.real], minlength=lists.n)

    def evaluate(self, worth: Floats, *, information: bool = True) -> Evaluation:
        """Return log-likelihood, score and information at log-worths, shape (n,)."""
        loglik, score = np.zeros(self.lists.size), np.zeros(self.lists.n)
        weight = np.zeros(len(self.counts.first))
        for b, pair in zip(self._blocks, self._pair, strict=True):
            stages = _stages(b, worth)
            loglik[b.which] = stages.loglik
            score += np.bincount(b.item.ravel(), weights=(b.weight[:, None] * stages.score).ravel(), minlength=self.lists.n)
            if information:
                values = b.weight[:, None] * stages.curvature(b)
                weight += np.bincount(pair.ravel(), weights=values.ravel(), minlength=len(weight) + 1)[:-1]
        return Evaluation(loglik, score, weight)

    def list_scores(self, worth: Floats, group: Ints, groups: int) -> Floats:
        """Add the weighted scores up by a group of lists, e.g. by rater: shape (groups, n)."""
        n = self.lists.n
        total = np.zeros(groups * n)
        for b in self._blocks:
            key = group[b.which, None] * n + b.item
            total += np.bincount(key.ravel(), weights=(b.weight[:, None] * _stages(b, worth).score).ravel(), minlength=groups * n)
        return total.reshape(groups, n)


@dataclass(frozen=True)
class _Stages:
    """One block at one set of worths; matrices of shape (lists, longest), unweighted."""

    loglik: Floats
    score: Floats
    ability: Floats  # exp(u), the best of the list being 1
    earlier: Floats  # sum of B over the choices made before the entry's own
    own: Floats  # f of the entry's own choice
    within: Sequence[tuple[Ints, Ints, Floats]]  # row, column of the first member and second derivatives of each tied group

    def curvature(self, block: Block) -> Floats:
        """Information of each pair of a list, shape (lists, pairs): ``e_b (e_a B_a + f_a)`` for ``a`` above ``b``."""
        first, second = block.pairs
        values = (self.ability * self.earlier + self.own)[:, first] * self.ability[:, second]
        longest = block.item.shape[1]
        for row, column, second_derivatives in self.within:
            a, b = np.triu_indices(second_derivatives.shape[1], 1)
            i, j = column[:, None] + a, column[:, None] + b
            position = i * longest - i * (i + 1) // 2 + (j - i - 1)
            mine = row[:, None]
            values[mine, position] += second_derivatives[:, a, b] - self.own[mine, i] * self.ability[mine, j]
        return values


def _stages(block: Block, worth: Floats) -> _Stages:
    """Evaluate the choices of a block.

    A choice has derivatives ``g`` by the log-worths of those chosen and ``-sum(g)`` by the log of the summed worths ``S``
    of those left. With ``A`` the sum of ``-sum(g) / S`` over earlier choices the score is ``g + e A``; ``B`` and ``f``
    are the same for second derivatives, and for those of one person chosen and one left.
    """
    level = np.where(block.real, worth[block.item], -np.inf)
    level -= level.max(axis=1, keepdims=True)
    ability = np.exp(level)
    rest = np.cumsum(ability[:, ::-1], axis=1)[:, ::-1]  # the entry and everybody below
    below = np.concatenate([rest[:, 1:], np.zeros((len(rest), 1))], axis=1)
    single = block.single
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = np.where(single, 1 / rest, 0.0)
        loglik = np.where(single, level - np.log(rest), 0.0).sum(axis=1)
    gradient = below * inverse
    slope, bend, own = -inverse, inverse * inverse, ability * inverse * inverse
    within = []
    for size, (row, column) in block.tied_groups.items():
        members = column[:, None] + np.arange(size)
        mine = row[:, None]
        left = below[row, column + size - 1]
        found = unordered_choices(level[mine, members] - np.log(left)[:, None])
        loglik += np.bincount(row, weights=found.log_chance, minlength=len(loglik))
        gradient[mine, members] = found.gradient
        by_rest = -found.hessian.sum(axis=2)
        own[mine, members] = by_rest / left[:, None]
        fall = -found.gradient.sum(axis=1)
        slope[row, column + size - 1] = fall / left
        bend[row, column + size - 1] = (-by_rest.sum(axis=1) - fall) / left**2
        within.append((row, column, found.hessian))
    return _Stages(loglik, gradient + ability * _before(slope), ability, _before(bend), own, within)


def _before(x: Floats) -> Floats:
    """Sums of what stands to the left."""
    total = np.zeros_like(x)
    np.cumsum(x[:, :-1], axis=1, out=total[:, 1:])
    return total


def _positions(block: Block, counts: PairCounts) -> Ints:
    """Find each pair of a block among the pairs, shape (lists, pairs); past the last one where it is filled up."""
    n, pairs = counts.n, len(counts.first)
    a, c = block.pairs
    first, second = block.item[:, a], block.item[:, c]
    key = np.minimum(first, second) * n + np.maximum(first, second)
    packed = counts.first * n + counts.second
    if n * n <= _TABLE:
        table = np.zeros(n * n, dtype=np.int64)
        table[packed] = np.arange(pairs)
        return np.where(block.real[:, c], table[key], pairs)
    return np.where(block.real[:, c], np.searchsorted(packed, key), pairs)
