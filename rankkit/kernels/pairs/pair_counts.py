"""Comparisons added up by pair: the sufficient statistics of every pair model."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from rankkit.kernels.arrays import Bools, Floats, Ints

_RUN = 1 << 15  # rows worked through at a time, so that they stay in the processor's cache
_FEW = 50_000  # pairs up to which adding up by code is faster than by a sparse matrix


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
        if not self.has_ties:
            return self.per_person(self.wins_first, self.wins_second)
        half = 0.5 * self.ties
        return self.per_person(self.wins_first + half, self.wins_second + half)

    @cached_property
    def comparisons(self) -> Floats:
        """Comparisons of each person, shape (n,)."""
        return self.per_person(self.total, self.total)

    def per_person(self, to_first: Floats, to_second: Floats) -> Floats:
        """Add a value of each pair up by person: ``to_first`` at the first, ``to_second`` at the second."""
        if len(self.first) < _FEW:
            return np.asarray(np.bincount(self.first, to_first, self.n) + np.bincount(self.second, to_second, self.n), dtype=np.float64)
        ones = np.ones(self.n)
        return np.asarray(self.upper(to_first) @ ones + self.upper(to_second).T @ ones)

    def upper(self, values: Any) -> csr_array:
        """Sparse (n, n) matrix with ``values`` at ``(first, second)``; it keeps them, without a copy."""
        columns, starts = self.compressed
        return csr_array((values, columns, starts), shape=(self.n, self.n))

    @cached_property
    def compressed(self) -> tuple[Any, Any]:
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
        How many comparisons a row stands for; ``None`` is one each. Rows of weight 0 are no comparisons.
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
    left, right = left.astype(np.int64, copy=False), right.astype(np.int64, copy=False)  # packed codes need the room
    if weight is not None and not (weight > 0).all():
        real = weight > 0
        left, right, result, weight = left[real], right[real], result[real], weight[real]
    if 4 * n * n <= len(left):
        return _by_table(left, right, result, weight, n)
    bits = max(n - 1, 1).bit_length()
    key = _packed(left, right, result, bits)
    if weight is None:
        key.sort()
        return _by_runs(key, bits, n)
    order = np.argsort(key, kind="stable")
    return _weighed(key[order], weight[order], bits, n)


def _by_table(left: Ints, right: Ints, result: Ints, weight: Floats | None, n: int) -> PairCounts:
    """Count into tables of all n x n cells: wins of the row's person over the column's, and ties."""
    ties = np.zeros(n * n)
    tied = result == 0
    if tied.any():
        mass = None if weight is None else weight[tied]
        ties += np.bincount(left[tied] * n + right[tied], mass, n * n)
        ties += ties.reshape(n, n).T.ravel()
        left, right, result = left[~tied], right[~tied], result[~tied]
        weight = None if weight is None else weight[~tied]
    key = left * n + right if (result > 0).all() else np.where(result > 0, left * n + right, right * n + left)
    wins = np.bincount(key, weight, n * n).astype(np.float64, copy=False)
    losses = wins.reshape(n, n).T.ravel()
    first, second = np.nonzero(np.triu((wins + losses + ties).reshape(n, n) > 0, 1))
    cell = first * n + second
    return PairCounts(n, first, second, wins[cell], losses[cell], ties[cell])


def _packed(left: Ints, right: Ints, result: Ints, bits: int) -> Any:
    """Each row as one integer: smaller code, larger code, 0 the second won, 1 tie, 2 the first won.

    Worked through in runs that stay in the cache; choosing by arithmetic, as an unpredictable condition is slow.
    """
    key = np.empty(len(left), dtype=np.uint32 if 2 * bits + 2 <= 32 else np.int64)
    for at in range(0, len(left), _RUN):
        here = slice(at, at + _RUN)
        a, b = left[here], right[here]
        code = np.minimum(a, b)
        code <<= bits
        code |= np.maximum(a, b)
        code <<= 2
        outcome = np.less(a, b).astype(np.int64)
        outcome *= 2
        outcome -= 1
        outcome *= result[here]
        code += outcome
        code += 1
        key[here] = code
    return key


def _by_runs(key: Any, bits: int, n: int) -> PairCounts:
    """Count each run of equal pairs among the sorted keys; most may have one member. Overwrites the keys."""
    outcome = np.empty(len(key), dtype=np.int8)
    np.bitwise_and(key, 3, out=outcome, casting="unsafe")
    key >>= 2
    begins = _begins(key)
    more = np.flatnonzero(~begins)
    if 8 * len(more) < len(key):  # choosing by truth values is quick where nearly all are true
        pair, begun = key[begins], outcome[begins]
    else:
        start = np.flatnonzero(begins)
        pair, begun = key[start], outcome[start]
    run = more - np.arange(1, len(more) + 1)  # runs begun before, less one
    repeated = outcome[more]

    def count(code: int) -> Floats:
        found: Floats = (begun == code).astype(np.float64)
        _add(found, run, repeated == code)
        return found

    first_won, second_won = count(2), count(0)
    ties = count(1) if (outcome == 1).any() else np.broadcast_to(0.0, len(pair))
    return PairCounts(n, *_unpacked(pair, bits), first_won, second_won, ties)


def _weighed(key: Any, mass: Floats, bits: int, n: int) -> PairCounts:
    """Add the weights of each run of equal pairs among the sorted keys up."""
    pair, outcome = key >> 2, key & 3
    start = np.flatnonzero(_begins(pair))
    if not len(start):
        none = np.zeros(0)
        return PairCounts(n, start, start, none, none, none)
    second_won, tied, first_won = (np.add.reduceat(mass * (outcome == code), start) for code in range(3))
    return PairCounts(n, *_unpacked(pair[start], bits), first_won, second_won, tied)


def _begins(pair: Any) -> Bools:
    """Where a run of equal pairs begins."""
    found = np.empty(len(pair), dtype=np.bool_)
    found[:1] = True
    np.not_equal(pair[1:], pair[:-1], out=found[1:])
    return found


def _unpacked(pair: Any, bits: int) -> tuple[Ints, Ints]:
    """Codes of the two people of each packed pair. Overwrites the pairs."""
    first = (pair >> bits).astype(np.int64, copy=False)
    pair &= (1 << bits) - 1
    return first, pair.astype(np.int64, copy=False)


def _add(to: Floats, where: Ints, counted: Bools) -> None:
    """Add one at each position that is counted; positions may repeat."""
    if 4 * len(where) > len(to):
        to += np.bincount(where, counted, len(to))
    else:
        np.add.at(to, where[counted], 1.0)
