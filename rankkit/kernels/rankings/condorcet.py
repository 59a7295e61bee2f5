"""Who is preferred to whom by how many: majorities, Condorcet winner, cycles, first places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.rankings.ranking_lists import RankingLists

_CELLS = 4_000_000  # entries of a list × person × person table worked on at a time
TIED = 1e-9
"""Preferences that differ by at most this share of the largest are equal, summed in another order."""


@dataclass(frozen=True)
class Condorcet:
    """Majorities between people.

    Attributes
    ----------
    winner, loser : int
        Who wins against, or loses to, each of the others by a majority; −1 if nobody does.
    majority : ndarray of int8, shape (n, n)
        1 where a majority of those who prefer one of the two prefers the row to the column, −1 the other way, 0 for equal numbers.
    margin : ndarray of float, shape (n, n)
        n_ij − n_ji.
    component : ndarray of int, shape (n,)
        Strongly connected component along "at least as many prefer i": each member of a component wins by a majority against
        every member of a later one; 0 is the smallest group that beats everyone outside it (Smith 1973).
    cycles : tuple of tuple of int
        A shortest cycle of strict majorities, each beating the next and the last the first, for each group of people whom
        majorities put in a circle; the one whose weakest majority is largest.
    """

    winner: int
    loser: int
    majority: NDArray[np.int8]
    margin: Floats
    component: Ints
    cycles: tuple[tuple[int, ...], ...]


def preference_matrix(lists: RankingLists) -> Floats:
    """Count who stands above whom.

    Parameters
    ----------
    lists : RankingLists
        Rankings; tied people count half for either side, nothing is known between two people left over, and people not presented
        are not compared.

    Returns
    -------
    ndarray of float, shape (n, n)
        n_ij = weight of the lists with i above j.

    Examples
    --------
    >>> import numpy as np
    >>> from rankkit.kernels.rankings.ranking_lists import from_matrix
    >>> preference_matrix(from_matrix(np.array([[1, 2, 3], [2, 1, 2]])))
    array([[0. , 1. , 1.5],
           [1. , 0. , 2. ],
           [0.5, 0. , 0. ]])
    """
    n, total = lists.n, np.zeros((lists.n, lists.n))
    block = max(_CELLS // max(n * n, 1), 1)
    for first in range(0, lists.size, block):
        last = min(first + block, lists.size)
        part = slice(lists.start[first], lists.start[last])
        place = np.full((last - first, n), np.nan)
        place[lists.list_of[part] - first, lists.item[part]] = lists.place[part]
        left = np.zeros(place.shape, dtype=np.bool_)
        left[lists.list_of[part] - first, lists.item[part]] = lists.left_over[part]
        above = (place[:, :, None] < place[:, None, :]).astype(np.float64)
        above += 0.5 * ((place[:, :, None] == place[:, None, :]) & ~(left[:, :, None] & left[:, None, :]))
        total += np.tensordot(lists.weight[first:last], above, axes=1)
    np.fill_diagonal(total, 0.0)
    return total


def margins(preferences: Floats) -> Floats:
    """Return n_ij − n_ji with differences due to rounding set to zero.

    Parameters
    ----------
    preferences : ndarray of float, shape (n, n)
        n_ij ≥ 0; the diagonal is ignored.

    Returns
    -------
    ndarray of float, shape (n, n)
        Antisymmetric.

    Examples
    --------
    >>> import numpy as np
    >>> margins(np.array([[0, 0.1 + 0.2], [0.3, 0]])).tolist()
    [[0.0, 0.0], [0.0, 0.0]]
    """
    preferences = np.asarray(preferences, dtype=np.float64)
    if preferences.ndim != 2 or preferences.shape[0] != preferences.shape[1]:
        raise ValueError("preferences are a square matrix")
    margin: Floats = preferences - preferences.T
    np.fill_diagonal(margin, 0.0)
    margin[np.abs(margin) <= TIED * float(np.abs(preferences).max(initial=0.0))] = 0.0
    return margin


def majority_components(margin: Floats) -> Ints:
    """Group people so that between groups majorities are strict and all in one direction.

    Parameters
    ----------
    margin : ndarray, shape (n, n)
        n_ij − n_ji.

    Returns
    -------
    ndarray of int, shape (n,)
        Strongly connected component of the graph with an edge i → j where n_ij ≥ n_ji, 0 = best. Every order with the fewest
        disagreements puts the groups one after another.

    Examples
    --------
    >>> import numpy as np
    >>> majority_components(np.array([[0, -1, -1], [1, 0, 0], [1, 0, 0]]))
    array([1, 0, 0])
    """
    n = len(margin)
    weak = ((margin >= 0) & ~np.eye(n, dtype=np.bool_)).astype(np.int8)
    label = connected_components(weak, directed=True, connection="strong")[1] if n else np.zeros(0, dtype=np.int64)
    beaten = ((margin > 0) & (label[:, None] != label)).sum(axis=1)  # everybody in later groups
    return np.asarray(np.unique(-beaten, return_inverse=True)[1], dtype=np.int64)


def condorcet(preferences: Floats) -> Condorcet:
    """Find the Condorcet winner and loser and the cycles of majorities (Condorcet 1785).

    Parameters
    ----------
    preferences : ndarray of float, shape (n, n)
        n_ij = weight of the judgements that prefer i to j, e.g. of :func:`preference_matrix`.

    Returns
    -------
    Condorcet
        Majorities, groups, cycles.

    Examples
    --------
    >>> import numpy as np
    >>> found = condorcet(np.array([[0, 2, 1, 3], [1, 0, 2, 3], [2, 1, 0, 3], [0, 0, 0, 0]]))
    >>> found.winner, found.loser, found.cycles, found.component
    (-1, 3, ((0, 1, 2),), array([0, 0, 0, 1]))
    """
    margin = margins(preferences)
    n = len(margin)
    beats = margin > 0
    winner, loser = np.flatnonzero(beats.sum(axis=1) == n - 1), np.flatnonzero(beats.sum(axis=0) == n - 1)
    return Condorcet(
        winner=int(winner[0]) if len(winner) else -1,
        loser=int(loser[0]) if len(loser) else -1,
        majority=np.sign(margin).astype(np.int8),
        margin=margin,
        component=majority_components(margin),
        cycles=_cycles(margin, beats),
    )


def plurality(lists: RankingLists) -> Floats:
    """Count first places.

    Parameters
    ----------
    lists : RankingLists
        Rankings; a first place shared by g people counts 1/g for each.

    Returns
    -------
    ndarray of float, shape (n,)
        Weight of the lists a person heads.

    Examples
    --------
    >>> import numpy as np
    >>> from rankkit.kernels.rankings.ranking_lists import from_matrix
    >>> plurality(from_matrix(np.array([[1, 2, 3], [1, 1, 2], [2, 1, np.nan]])))
    array([1.5, 1.5, 0. ])
    """
    first = (lists.place == 0) & ~lists.left_over
    weight = lists.weight[lists.list_of[first]] / lists.group_size[first]
    return np.asarray(np.bincount(lists.item[first], weight, lists.n), dtype=np.float64)


def _cycles(margin: Floats, beats: Bools) -> tuple[tuple[int, ...], ...]:
    """One shortest cycle for each strongly connected component of the strict majority graph."""
    if not len(margin):
        return ()
    label = connected_components(beats.astype(np.int8), directed=True, connection="strong")[1]
    groups = [np.flatnonzero(label == g) for g in np.flatnonzero(np.bincount(label) > 2)]
    found = [tuple(int(group[i]) for i in _shortest_cycle(margin[np.ix_(group, group)])) for group in groups]
    return tuple(sorted(found))


def _shortest_cycle(margin: Floats) -> list[int]:
    """Shortest cycle of strict majorities; of several, the one with the largest weakest majority."""
    edge = np.where(margin > 0, margin, 0.0)
    # walk[i, j]: the largest weakest majority over walks of the present length from i to j, 0 = none
    walk, steps = edge, [edge]
    while not np.any(np.diag(walk) > 0):
        walk = np.stack([np.minimum(row[:, None], edge).max(axis=0) for row in walk])
        steps.append(walk)
    start = int(np.argmax(np.diag(walk)))
    strength, here, cycle = walk[start, start], start, [start]
    for length in range(len(steps) - 1, 0, -1):
        onward = np.minimum(edge[here], steps[length - 1][:, start])
        here = int(np.flatnonzero(onward >= strength)[0])
        cycle.append(here)
    turn = int(np.argmin(cycle))
    return cycle[turn:] + cycle[:turn]
