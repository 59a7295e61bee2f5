"""Rankings as flat arrays: who stands where in which list."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from rankkit.kernels.arrays import Bools, Floats, Ints


@dataclass(frozen=True)
class RankingLists:
    """Lists of people in order, best first, laid end to end.

    List ``l`` is the slice ``start[l] : start[l+1]`` of the entries; within it they are sorted by place, then by code.

    Attributes
    ----------
    n : int
        Number of people, in a list or not; people are codes ``0 .. n-1``.
    start : ndarray of int, shape (lists + 1,)
        Where each list begins.
    item : ndarray of int, shape (entries,)
        The person.
    place : ndarray of int, shape (entries,)
        Dense place in the list, 0 = best; tied people share one.
    left_over : ndarray of bool, shape (entries,)
        Presented to the rater but not placed. Those of a list share a place, the last one or, where people were also
        picked from the bottom, one further up; that they share it is no judgement: their order is unknown.
    rater : ndarray of int, shape (lists,)
        Code of the rater.
    weight : ndarray of float, shape (lists,)
        How often a list counts.
    """

    n: int
    start: Ints
    item: Ints
    place: Ints
    left_over: Bools
    rater: Ints
    weight: Floats

    @property
    def size(self) -> int:
        """Number of lists."""
        return len(self.rater)

    @property
    def m(self) -> int:
        """Number of raters: the highest code and one."""
        return int(self.rater.max(initial=-1)) + 1

    @cached_property
    def length(self) -> Ints:
        """People presented in each list, shape (lists,)."""
        return np.diff(self.start)

    @cached_property
    def list_of(self) -> Ints:
        """List of each entry, shape (entries,)."""
        return np.repeat(np.arange(self.size), self.length)

    @cached_property
    def group_start(self) -> Ints:
        """First entry of each group of people who share a place, shape (groups,)."""
        same = (self.place[1:] == self.place[:-1]) & (self.list_of[1:] == self.list_of[:-1])
        return np.flatnonzero(np.concatenate([[True], ~same])) if len(self.item) else np.zeros(0, dtype=np.int64)

    @cached_property
    def group_size(self) -> Ints:
        """People who share each entry's place, the entry included, shape (entries,)."""
        sizes = np.diff(self.group_start, append=len(self.item))
        return np.repeat(sizes, sizes)

    @cached_property
    def midrank(self) -> Floats:
        """Rank of each entry in its list, from 1, tied and left-over people at the average of their ranks."""
        sizes = np.diff(self.group_start, append=len(self.item))
        first = self.group_start - self.start[self.list_of[self.group_start]] + 1
        return np.repeat(first + (sizes - 1) / 2, sizes)

    def choose(self, kept: Bools) -> RankingLists:
        """Keep the lists where ``kept``, shape (lists,), is true; codes stay."""
        entries = kept[self.list_of]
        start = np.concatenate([[0], np.cumsum(self.length[kept])]).astype(np.int64)
        columns = (self.item[entries], self.place[entries], self.left_over[entries])
        return RankingLists(self.n, start, *columns, self.rater[kept], self.weight[kept])

    def without_rater(self, rater: int) -> RankingLists:
        """Leave the lists of one rater out."""
        return self.choose(self.rater != rater)

    def reweighted(self, weight: Floats) -> RankingLists:
        """Return the same lists with other weights, shape (lists,)."""
        return replace(self, weight=np.asarray(weight, dtype=np.float64))


def collect(
    which: Ints,
    item: Ints,
    rank: Floats,
    n: int,
    rater: Ints | None = None,
    weight: Floats | None = None,
    *,
    left_over: Bools | None = None,
) -> RankingLists:
    """Lay rows of list, person and rank out as lists.

    Parameters
    ----------
    which : ndarray of int, shape (rows,)
        Number of the list, ``0 .. lists-1``.
    item : ndarray of int, shape (rows,)
        Person, once at most in a list.
    rank : ndarray of float, shape (rows,)
        Any numbers, smaller = better, equal = tied; ``nan`` = presented, but left over.
    n : int
        Number of people.
    rater : ndarray of int, shape (lists,), optional
        Rater of each list; by default each list its own, and as many lists as the highest number says.
    weight : ndarray of float, shape (lists,), optional
        How often each list counts; once by default.
    left_over : ndarray of bool, shape (rows,), optional
        Who was left over; by default those without a rank. With a rank, they stand there.

    Returns
    -------
    RankingLists
        The same for any order of the rows.

    Examples
    --------
    >>> import numpy as np
    >>> lists = collect(np.array([0, 0, 0, 1, 1, 1]), np.array([0, 1, 2, 2, 1, 0]), np.array([2, 1, 2, 1, np.nan, np.nan]), 3)
    >>> lists.start, lists.item, lists.place
    (array([0, 3, 6]), array([1, 0, 2, 2, 0, 1]), array([0, 1, 1, 0, 1, 1]))
    >>> lists.left_over, lists.midrank
    (array([False, False, False, False,  True,  True]), array([1. , 2.5, 2.5, 1. , 2.5, 2.5]))
    """
    lists = len(rater) if rater is not None else int(np.max(which, initial=-1)) + 1
    rank = np.asarray(rank, dtype=np.float64)
    left_over = np.isnan(rank) if left_over is None else left_over
    order = np.lexsort((item, left_over, rank, which))  # nan last
    which, item, rank, left_over = np.asarray(which)[order], np.asarray(item)[order], rank[order], left_over[order]
    start = np.searchsorted(which, np.arange(lists + 1))
    opens = np.ones(len(which), dtype=bool)
    same = (rank[1:] == rank[:-1]) | (np.isnan(rank[1:]) & np.isnan(rank[:-1]))
    opens[1:] = (which[1:] != which[:-1]) | ~same | (left_over[1:] != left_over[:-1])
    group = np.cumsum(opens) - 1
    place = group - group[start[which]] if len(which) else group
    if rater is None:
        rater = np.arange(lists)
    if weight is None:
        weight = np.ones(lists)
    return RankingLists(n, start, item.astype(np.int64), place, left_over, np.asarray(rater, dtype=np.int64), np.asarray(weight, float))


def from_matrix(ranks: Floats, rater: Ints | None = None, weight: Floats | None = None) -> RankingLists:
    """Read lists from a matrix of ranks, one list a row.

    Parameters
    ----------
    ranks : ndarray of float, shape (lists, n)
        Smaller = better, equal = tied, ``nan`` = not presented, ``inf`` = presented, but left over.
    rater : ndarray of int, shape (lists,), optional
        Rater of each list; each list its own by default.
    weight : ndarray of float, shape (lists,), optional
        How often each list counts.

    Returns
    -------
    RankingLists
        The lists.

    Examples
    --------
    >>> import numpy as np
    >>> from_matrix(np.array([[1, 2, np.nan], [np.inf, 1, np.inf]])).item
    array([0, 1, 1, 0, 2])
    """
    which, item = np.nonzero(~np.isnan(ranks))
    rank = np.where(np.isinf(ranks[which, item]), np.nan, ranks[which, item])
    rater = np.arange(len(ranks)) if rater is None else rater
    return collect(which, item, rank, ranks.shape[1], rater, weight)
