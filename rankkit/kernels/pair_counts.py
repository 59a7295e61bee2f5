"""Comparisons added up by pair: the sufficient statistics of every pair model."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from rankkit.kernels.arrays import Floats, Ints


@dataclass(frozen=True)
class PairCounts:
    """How often each pair was compared, and with what outcome.

    Each unordered pair stands once, with ``first < second``, sorted by ``(first, second)``.

    Attributes
    ----------
    n : int
        Number of people, compared or not.
    first, second : ndarray of int, shape (pairs,)
        Codes of the two people.
    wins_first, wins_second, ties : ndarray of float, shape (pairs,)
        Weighted counts of the three outcomes.
    """

    n: int
    first: Ints
    second: Ints
    wins_first: Floats
    wins_second: Floats
    ties: Floats

    @cached_property
    def total(self) -> Floats:
        """Comparisons of each pair, shape (pairs,)."""
        return self.wins_first + self.wins_second + self.ties

    @cached_property
    def has_ties(self) -> bool:
        """Whether any comparison ended in a tie."""
        return bool(np.any(self.ties > 0))

    @cached_property
    def wins(self) -> Floats:
        """Wins of each person, a tie counting half, shape (n,)."""
        half = 0.5 * self.ties
        return self.per_person(self.wins_first + half, self.wins_second + half)

    @cached_property
    def comparisons(self) -> Floats:
        """Comparisons of each person, shape (n,)."""
        return self.per_person(self.total, self.total)

    def per_person(self, to_first: Floats, to_second: Floats) -> Floats:
        """Add a value of each pair up by person: ``to_first`` at the first, ``to_second`` at the second."""
        ones = np.ones(self.n)
        return np.asarray(self.upper(to_first) @ ones + self.upper(to_second).T @ ones)

    def upper(self, values: Floats) -> csr_array:
        """Sparse (n, n) matrix with ``values`` at ``(first, second)``."""
        columns, starts = self._pattern
        return csr_array((values, columns, starts), shape=(self.n, self.n))

    @cached_property
    def _pattern(self) -> tuple[Any, Any]:
        """Column indices and row starts of the compressed rows."""
        small = np.int32 if max(self.n, len(self.first)) < np.iinfo(np.int32).max else np.int64
        starts = np.searchsorted(self.first, np.arange(self.n + 1))
        return self.second.astype(small), starts.astype(small)


def aggregate(left: Ints, right: Ints, result: Ints, weight: Floats | None, n: int) -> PairCounts:
    """Add comparisons up by unordered pair.

    Parameters
    ----------
    left, right : ndarray of int, shape (rows,)
        Codes ``0 .. n-1`` of the two people compared; never the same person twice in a row.
    result : ndarray of int, shape (rows,)
        ``+1`` the left person won, ``-1`` the right person won, ``0`` a tie.
    weight : ndarray of float, shape (rows,), or None
        How many comparisons a row stands for; ``None`` is one each.
    n : int
        Number of people.

    Returns
    -------
    PairCounts
        One entry for each pair that was compared.

    Examples
    --------
    >>> import numpy as np
    >>> counts = aggregate(np.array([0, 1, 2]), np.array([1, 0, 0]), np.array([1, 1, 0]), None, 3)
    >>> counts.first, counts.second, counts.wins_first, counts.wins_second, counts.ties
    (array([0, 0]), array([1, 2]), array([1., 0.]), array([1., 0.]), array([0., 1.]))
    """
    key = np.minimum(left, right).astype(np.int64)
    key *= n
    key += np.maximum(left, right)
    key <<= 2
    outcome = (right > left).astype(np.int8)  # arithmetic, as choosing by an unpredictable condition is slow
    outcome *= 2
    outcome -= 1
    outcome *= result.astype(np.int8)
    outcome += 1  # 0 the second won, 1 tie, 2 the first won
    key |= outcome
    if 4 * n * n <= 4 * len(key) + 100_000:
        return _by_table(key, weight, n)
    return _by_sorting(key, weight, n)


def _by_table(key: Ints, weight: Floats | None, n: int) -> PairCounts:
    """Count into a table of all n x n x 4 cells."""
    table = np.bincount(key, weights=weight, minlength=4 * n * n).reshape(-1, 4)
    pair = np.flatnonzero(np.bincount(key >> 2, minlength=n * n))
    second_won, tied, first_won = table[pair, :3].T.astype(np.float64)
    return PairCounts(n, pair // n, pair % n, first_won, second_won, tied)


def _by_sorting(key: Ints, weight: Floats | None, n: int) -> PairCounts:
    """Sort the packed keys and add each run of equal pairs up."""
    if weight is None:
        key.sort()
        mass = np.ones(1)
    else:
        order = np.argsort(key, kind="stable")
        key, mass = key[order], weight[order]
    pair, outcome = key >> 2, key & 3
    start = np.flatnonzero(np.concatenate([[True], pair[1:] != pair[:-1]])) if len(pair) else np.zeros(0, np.int64)
    pair = pair[start]
    if not len(pair):
        none = np.zeros(0)
        return PairCounts(n, pair, pair, none, none, none)
    if weight is None:
        total = np.diff(start, append=len(key)).astype(np.float64)
        first_won = np.add.reduceat(outcome >> 1, start).astype(np.float64)
        tied = np.add.reduceat(outcome & 1, start).astype(np.float64)
        return PairCounts(n, pair // n, pair % n, first_won, total - first_won - tied, tied)
    second_won, tied, first_won = (np.add.reduceat(mass * (outcome == code), start) for code in range(3))
    return PairCounts(n, pair // n, pair % n, first_won, second_won, tied)
