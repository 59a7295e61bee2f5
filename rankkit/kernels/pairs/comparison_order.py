"""An order of people, judges and comparisons that neither labels nor the order of the rows decide."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.pairs.pair_counts import PairCounts, aggregate

_ROUNDS = 4  # times a person's opponents' classes are looked at
_DECIMALS = 6  # of sums of weights: what the order of adding does lies beyond
_MIX = tuple(np.uint64(x) for x in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))  # Steele, Lea & Flood (2014)


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


def canonical_places(left: Ints, right: Ints, of_left: Floats, of_right: Floats, n: int, place: Ints | None = None) -> Ints:
    """Give everybody a place of their own, by what happened in all the comparisons.

    Classes are refined by the classes of opponents until nothing changes; then, as long as a class has several members, the
    first of them is put before the others and classes are refined again. Where these members are exchangeable, it does not
    matter which one that is.

    Parameters
    ----------
    left, right : ndarray of int, shape (rows,)
        Codes of the people.
    of_left, of_right : ndarray, shape (rows, k)
        What happened, as the left and as the right person would tell it.
    n : int
        Number of people.
    place : ndarray of int, shape (n,), optional
        Classes to begin with.

    Returns
    -------
    ndarray of int, shape (n,)
        ``0 .. n-1``, each once.

    Notes
    -----
    Weisfeiler, B. & Leman, A. (1968). The reduction of a graph to canonical form. *NTI*, 9.

    Examples
    --------
    >>> import numpy as np
    >>> won, lost = np.ones((2, 1)), -np.ones((2, 1))
    >>> canonical_places(np.array([2, 0]), np.array([0, 1]), won, lost, 3)
    array([2, 1, 0])
    """
    told = _classes(*np.concatenate([of_left, of_right]).T)
    place = _refined(np.zeros(n, dtype=np.int64) if place is None else place, left, right, told)
    while n and place.max() < n - 1:
        several = np.flatnonzero(np.bincount(place)[place] > 1)
        one = several[place[several] == place[several].min()][0]
        place = 2 * place + 1
        place[one] -= 1
        place = _refined(place, left, right, told)
    return place


def canonical_rows(
    judge: Ints | None, left: Ints, right: Ints, result: Ints, n: int, m: int, *, kind: Floats | Ints | None = None
) -> tuple[Ints, Ints, Ints]:
    """Put comparisons into an order that depends on their content alone.

    Parameters
    ----------
    judge : ndarray of int, shape (rows,), or None
        Codes of the judges; None where unknown.
    left, right, result : ndarray of int, shape (rows,)
        As in :func:`canonical_judges`.
    n, m : int
        Number of people and of judges.
    kind : ndarray, shape (rows,) or (rows, k), optional
        What else tells rows apart, such as weights or covariates of contests. Given, the side a person stood on tells
        rows apart too.

    Returns
    -------
    order : ndarray of int, shape (rows,)
        Positions of the rows: by judge, then by the pair, then by kind and outcome. Only people and judges who cannot be
        told apart go by their codes.
    people : ndarray of int, shape (n,)
        Classes of people, from :func:`canonical_people`, refined by kind.
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
    values = np.zeros((len(left), 0)) if kind is None else np.round(np.asarray(kind, dtype=np.float64).reshape(len(left), -1), _DECIMALS)
    if kind is not None:
        side = np.ones((len(left), 1))
        told = np.concatenate([np.hstack([values, s * side, s * result[:, None]]) for s in (1.0, -1.0)])
        people = _refined(people, left, right, _classes(*told.T))
    judges = np.zeros(0, dtype=np.int64) if judge is None else canonical_judges(judge, left, right, result, people, m)
    a, b = people[left], people[right]
    lower = (a < b) | ((a == b) & (left < right))  # whether the person on the left has the lower place
    toward = np.where(lower, -result, result)  # +1: the person of the higher place won
    keys = [toward, *([lower] if kind is not None else []), *values.T]
    keys += [np.maximum(left, right), np.minimum(left, right), np.maximum(a, b), np.minimum(a, b)]
    if judge is not None:
        keys += [judge, judges[judge]]  # rows of one judge stay together
    return np.lexsort(keys), people, judges


def _refined(place: Ints, left: Ints, right: Ints, told: Ints) -> Ints:
    """Split classes by what happened against which class, until nothing changes; ``told`` by left people, then by right ones."""
    rows = len(left)
    while True:
        news = np.zeros(len(place), dtype=np.uint64)
        np.add.at(news, left, _mixed(told[:rows], place[right]))  # sums of whole numbers: the order of the rows does not matter
        np.add.at(news, right, _mixed(told[rows:], place[left]))
        order = np.lexsort((news, place))
        fresh = (np.diff(place[order]) != 0) | (news[order[1:]] != news[order[:-1]])
        finer = np.zeros(len(place), dtype=np.int64)
        finer[order[1:]] = np.cumsum(fresh)
        if finer.max(initial=0) == len(np.unique(place)) - 1:
            return finer
        place = finer


def _mixed(one: Ints, other: Ints) -> NDArray[np.uint64]:
    """Scatter pairs of whole numbers over 64 bits."""
    z = one.astype(np.uint64) * _MIX[0]
    for number in (np.uint64(0), other.astype(np.uint64)):
        z = z + number + _MIX[0]
        z = (z ^ (z >> np.uint64(30))) * _MIX[1]
        z = (z ^ (z >> np.uint64(27))) * _MIX[2]
        z = z ^ (z >> np.uint64(31))
    return z


def _classes(*keys: Floats | Ints) -> Ints:
    """Number the distinct rows of keys, the first key counting most."""
    columns = np.column_stack([np.round(np.asarray(key, dtype=np.float64), _DECIMALS) + 0.0 for key in keys])
    order = np.lexsort(columns.T[::-1])
    fresh = (np.diff(columns[order], axis=0) != 0).any(axis=1)
    out = np.zeros(len(columns), dtype=np.int64)
    out[order[1:]] = np.cumsum(fresh)
    return out
