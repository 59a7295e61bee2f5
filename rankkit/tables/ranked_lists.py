"""The lists that make up a table of rankings, as rows of the table and as arrays for the estimators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.rankings import ranking_lists
from rankkit.kernels.rankings.ranking_lists import RankingLists
from rankkit.tables.ranking_picks import UNRANKED, WORST
from rankkit.tables.text import Encoded, categorical


@dataclass(frozen=True)
class RankedLists:
    """The lists of a table: which rows make up each, in a fixed order.

    Attributes
    ----------
    row : array of int, shape (n,)
        Rows of the table, list by list.
    start : array of int, shape (lists + 1,)
        List ``k`` is ``row[start[k]:start[k + 1]]``.
    rater, dimension : array of int, shape (lists,)
        Codes into the table's raters and dimensions.
    keys : DataFrame, lists rows
        What tells the lists apart, as text: ``rater, dimension`` and those of ``cycle, session, occasion`` that are there.
    """

    row: Ints
    start: Ints
    rater: Ints
    dimension: Ints
    keys: pd.DataFrame

    @property
    def size(self) -> int:
        """Number of lists."""
        return len(self.rater)

    @property
    def names(self) -> tuple[str, ...]:
        """One name a list: the rater's, and what else tells it from others."""
        telling = [c for c in self.keys if c == "rater" or len(set(self.keys[c].astype(object))) > 1]
        rows = self.keys[telling].astype(object).itertuples(index=False, name=None)
        return tuple(" · ".join(str(v) for v in row if pd.notna(v)) for row in rows)


def numbered(keys: Sequence[Ints]) -> Ints:
    """Number the distinct combinations of keys in sorted order.

    Parameters
    ----------
    keys : sequence of (rows,) arrays of int
        Codes, -1 = blank; the first one sorts first.

    Returns
    -------
    ndarray of int, shape (rows,)
        0, 1, … for each combination that occurs.

    Examples
    --------
    >>> numbered([np.array([1, 0, 1]), np.array([0, 5, 0])])
    array([1, 0, 1])
    """
    packed = np.zeros(len(keys[0]), dtype=np.int64)
    for key in keys:
        packed = np.unique(packed, return_inverse=True)[1] if len(keys) > 3 else packed  # stays small, however many keys
        packed = packed * (int(key.max(initial=-1)) + 2) + key + 1
    found: Ints = np.unique(packed, return_inverse=True)[1].astype(np.int64)
    return found


def grouped(rater: Encoded, dimension: Encoded, others: Mapping[str, Encoded], ratee: Ints, rank: Floats) -> RankedLists:
    """Group the rows of a table into lists.

    Parameters
    ----------
    rater, dimension : Encoded
        The columns.
    others : mapping of str to Encoded
        Further columns that tell lists apart.
    ratee : ndarray of int, shape (rows,)
        The people; their codes order rows of equal rank.
    rank : ndarray, shape (rows,)
        The ranks.

    Returns
    -------
    RankedLists
        Sorted by rater, dimension and the others; best first within a list, people without a rank last.

    Examples
    --------
    >>> one, all_the_same = Encoded(np.array([1, 0, 0]), ("r1", "r2"), {}), Encoded(np.zeros(3, int), ("overall",), {})
    >>> found = grouped(one, all_the_same, {}, np.array([0, 0, 1]), np.array([1.0, 2.0, 1.0]))
    >>> found.row, found.start, found.names
    (array([2, 1, 0]), array([0, 2, 3]), ('r1', 'r2'))
    """
    which = numbered([rater.codes, dimension.codes, *(o.codes for o in others.values())])
    row = np.lexsort((ratee, rank, which))
    start = np.searchsorted(which[row], np.arange(which.max(initial=-1) + 2))
    first = row[start[:-1]]
    columns = {"rater": rater, "dimension": dimension, **others}
    keys = pd.DataFrame({name: categorical(c.codes[first], c.values) for name, c in columns.items()})
    return RankedLists(row, start, rater.codes[first], dimension.codes[first], keys)


def as_entries(lists: RankedLists, wanted: Bools, n: int, ratee: Ints, rank: Floats, status: Ints, end: Ints) -> RankingLists:
    """Lay lists out for the estimators; people who were not shown are left out.

    People left over stand below all who are ranked; where worst picks were made, between the others and the worst.

    Parameters
    ----------
    lists : RankedLists
        The lists.
    wanted : ndarray of bool, shape (lists,)
        Which of them.
    n : int
        Number of people.
    ratee, rank, status, end : ndarray, shape (rows,)
        Columns of the table.

    Returns
    -------
    RankingLists
        In the same order.

    Examples
    --------
    >>> zeros = np.zeros(3, dtype=np.int64)
    >>> one = RankedLists(np.arange(3), np.array([0, 3]), zeros[:1], zeros[:1], pd.DataFrame())
    >>> status, end = np.array([0, 1, 0]), np.array([0, -1, 1])
    >>> as_entries(one, np.array([True]), 3, np.arange(3), np.array([1.0, np.nan, 3.0]), status, end).place
    array([0, 1, 2])
    """
    which = np.repeat(np.arange(lists.size), np.diff(lists.start))
    shown = (status[lists.row] <= UNRANKED) & wanted[which]
    row, which = lists.row[shown], (np.cumsum(wanted) - 1)[which[shown]]
    rank, left_over, worst = rank[row], status[row] == UNRANKED, end[row] == WORST
    above, below = np.zeros(int(wanted.sum())), np.full(int(wanted.sum()), np.inf)
    np.maximum.at(above, which[~worst & ~left_over], rank[~worst & ~left_over])
    np.minimum.at(below, which[worst], rank[worst])
    between = left_over & np.isfinite(below[which])
    rank[between] = (above + below)[which[between]] / 2
    return ranking_lists.collect(which, ratee[row], rank, n, lists.rater[wanted], left_over=left_over)
