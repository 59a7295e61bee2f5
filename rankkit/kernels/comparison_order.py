"""An order of people, judges and comparisons that neither labels nor the order of the rows decide."""

from __future__ import annotations

import numpy as np

from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.pair_counts import PairCounts, aggregate

_ROUNDS = 4  # times a person's opponents' classes are looked at
_DECIMALS = 6  # of sums of weights: what the order of adding does lies beyond


def canonical_people(counts: PairCounts) -> Ints:
    """Class people by their record, then by the records of those they won against, lost to and tied with.

    Parameters
    ----------
    counts : PairCounts
        Comparisons by pair.

    Returns
    -------
    ndarray of int, shape (n,)
        Classes, numbered by content; people of one class are not told apart.

    Examples
    --------
    >>> import numpy as np
    >>> canonical_people(aggregate(np.array([2, 0, 2]), np.array([0, 1, 1]), np.ones(3, int), None, 3))
    array([1, 0, 2])
    """
    net = counts.wins_first - counts.wins_second
    place = _classes(counts.per_person(net, -net), counts.comparisons, counts.per_person(counts.ties, counts.ties))
    for _ in range(_ROUNDS):
        of_first, of_second = place[counts.first].astype(np.float64), place[counts.second].astype(np.float64)
        beaten = counts.per_person(net * of_second, -net * of_first)
        met = counts.per_person(counts.total * of_second**2, counts.total * of_first**2)
        finer = _classes(place, beaten, met)
        if finer.max(initial=0) == place.max(initial=0):
            break
        place = finer
    return place


def canonical_judges(judge: Ints, left: Ints, right: Ints, result: Ints, place: Ints, m: int) -> Ints:
    """Class judges by what they said.

    Parameters
    ----------
    judge, left, right, result : ndarray of int, shape (rows,)
        Codes of the judge and of the people; ``+1`` left won, ``-1`` right won, ``0`` tie.
    place : ndarray of int, shape (n,)
        From :func:`canonical_people`.
    m : int
        Number of judges.

    Returns
    -------
    ndarray of int, shape (m,)
        Classes, numbered by content. Judges of one class said the same, as far as people can be told apart.

    Examples
    --------
    >>> import numpy as np
    >>> canonical_judges(np.array([0, 1, 1]), np.zeros(3, int), np.ones(3, int), np.array([1, 1, -1]), np.array([1, 0]), 2)
    array([0, 1])
    """
    a, b = place[left].astype(np.float64), place[right].astype(np.float64)

    def added(x: Floats) -> Floats:
        return np.bincount(judge, x, m).astype(np.float64)

    ones = np.ones(len(judge))
    return _classes(
        added(ones),
        added(result * (a - b)),
        added(result * (a - b) * (a + b + 1)),
        added(a * b),
        added(a + b),
        added(result * (a - b) * a * b),
        added((result == 0) * (a + 1) * (b + 1)),
    )


def canonical_rows(judge: Ints | None, left: Ints, right: Ints, result: Ints, n: int, m: int) -> tuple[Ints, Ints, Ints]:
    """Put comparisons into an order that depends on their content alone.

    Parameters
    ----------
    judge : ndarray of int, shape (rows,), or None
        Codes of the judges; None where unknown.
    left, right, result : ndarray of int, shape (rows,)
        As in :func:`canonical_judges`.
    n, m : int
        Number of people and of judges.

    Returns
    -------
    order : ndarray of int, shape (rows,)
        Positions of the rows: by judge, then by the pair, then by outcome.
    people : ndarray of int, shape (n,)
        Classes of people, from :func:`canonical_people`.
    judges : ndarray of int, shape (m,)
        Classes of judges; empty where unknown.

    Examples
    --------
    >>> import numpy as np
    >>> rows = np.array([2, 0, 2]), np.array([0, 1, 1]), np.ones(3, int)
    >>> canonical_rows(None, *rows, 3, 0)[0]
    array([1, 2, 0])
    """
    people = canonical_people(aggregate(left, right, result, None, n))
    judges = np.zeros(0, dtype=np.int64) if judge is None else canonical_judges(judge, left, right, result, people, m)
    a, b = people[left], people[right]
    toward = np.where(a < b, -result, result)  # +1: the person of the higher class won
    keys = [toward, np.maximum(a, b), np.minimum(a, b)]
    if judge is not None:
        keys += [judge, judges[judge]]  # rows of one judge stay together
    return np.lexsort(keys), people, judges


def _classes(*keys: Floats | Ints) -> Ints:
    """Number the distinct rows of keys, the first key counting most."""
    columns = np.column_stack([np.round(np.asarray(key, dtype=np.float64), _DECIMALS) + 0.0 for key in keys])
    order = np.lexsort(columns.T[::-1])
    fresh = (np.diff(columns[order], axis=0) != 0).any(axis=1)
    out = np.zeros(len(columns), dtype=np.int64)
    out[order[1:]] = np.cumsum(fresh)
    return out
