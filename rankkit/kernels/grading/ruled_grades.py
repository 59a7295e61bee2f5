"""Grades by quota where rules about persons leave them only some grades: floors, caps, locks.

The grades open to a person are neighbours, an interval; that makes everything here exact. Seats and rules agree if and
only if no run of grades has more people confined to it than seats (Hall 1935, for intervals).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.optimize import linprog
from scipy.sparse.csgraph import connected_components

from rankkit.errors import SolverError
from rankkit.kernels.arrays import Bools, Floats, Ints

_CELLS = 4_000_000  # draws × people placed at once


@dataclass(frozen=True)
class Overfull:
    """A run of grades, ``first`` to ``last``, with more people confined to it than it has seats."""

    first: int
    last: int
    people: int
    seats: int


def confined(best: Ints, worst: Ints, n_grades: int) -> Ints:
    """Count the people whose open grades all lie between grade a and grade c.

    Parameters
    ----------
    best, worst : ndarrays of int, shape (n,)
        Best and worst grade open to each person; 0 is the best.
    n_grades : int

    Returns
    -------
    ndarray of int, shape (B, B)
        Entry (a, c); 0 where a > c.

    Examples
    --------
    >>> import numpy as np
    >>> confined(np.array([0, 0]), np.array([1, 2]), 3)
    array([[0, 1, 2],
           [0, 0, 0],
           [0, 0, 0]])
    """
    at = np.zeros((n_grades, n_grades), dtype=np.int64)
    np.add.at(at, (best, worst), 1)
    out: Ints = np.cumsum(np.cumsum(at[::-1], axis=0)[::-1], axis=1)
    return np.triu(out)


def overfull(counts: Ints, best: Ints, worst: Ints) -> list[Overfull]:
    """Runs of grades that rules confine more people to than there are seats, the shortest first; none = all can be placed.

    Parameters
    ----------
    counts : ndarray of int, shape (B,)
        Seats, as many as people.
    best, worst : ndarrays of int, shape (n,)
        Grades open to each person.

    Returns
    -------
    list of Overfull

    Examples
    --------
    >>> import numpy as np
    >>> overfull(np.array([1, 1, 1]), np.array([0, 0, 0]), np.array([1, 1, 1]))
    [Overfull(first=0, last=1, people=3, seats=2)]
    """
    load = confined(best, worst, len(counts))
    below = np.concatenate([[0], np.cumsum(counts)])
    found = [
        Overfull(a, c, int(load[a, c]), int(below[c + 1] - below[a]))
        for a in range(len(counts))
        for c in range(a, len(counts))
        if load[a, c] > below[c + 1] - below[a]
    ]
    return sorted(found, key=lambda run: (run.last - run.first, run.first))


def nearest_seats(counts: Ints, best: Ints, worst: Ints) -> Ints:
    r"""Seats that the rules can fill, with cuts as near as possible to where the quota has them.

    .. math:: \min \sum_k |N'_k - N_k| \quad \text{with} \quad N'_c - N'_{a-1} \ge h_{ac}

    where :math:`N_k` people have grade k or better and :math:`h_{ac}` are confined to grades a to c; of equally near
    cuts those with more people above.

    Parameters
    ----------
    counts : ndarray of int, shape (B,)
        Seats, as many as people.
    best, worst : ndarrays of int, shape (n,)
        Grades open to each person.

    Returns
    -------
    ndarray of int, shape (B,)

    Raises
    ------
    SolverError
        If the solution does not hold when it is checked.

    Examples
    --------
    >>> import numpy as np
    >>> nearest_seats(np.array([1, 1, 2]), np.zeros(4, int), np.array([2, 1, 1, 1]))
    array([1, 2, 1])
    """
    if not overfull(counts, best, worst):
        return counts
    size, n = len(counts), int(counts.sum())
    load = confined(best, worst, size)
    target = np.cumsum(counts)[:-1].astype(np.float64)
    k = size - 1
    rows, least = [], []
    for a in range(size):
        for c in range(a, size):
            if load[a, c]:
                row = np.zeros(2 * k)
                row[c] = 1.0 if c < k else 0.0
                if a:
                    row[a - 1] -= 1.0
                rows.append(-row)
                least.append(-(load[a, c] - (n if c == k else 0)))
    steps = np.eye(k) - np.eye(k, k=-1)  # no grade has fewer than no people
    rows += [-np.concatenate([step, np.zeros(k)]) for step in steps]
    least += [0] * k
    for sign in (1.0, -1.0):  # d_k ≥ |N'_k − N_k|
        rows += [np.concatenate([sign * unit, -unit]) for unit in np.eye(k)]
        least += (sign * target).tolist()
    lean = 0.2 / (k * max(n, 1)) * (1.0 + np.arange(k) / (10.0 * size))  # too little to outweigh a person
    found = linprog(
        np.concatenate([-lean, np.ones(k)]), A_ub=np.array(rows), b_ub=np.array(least, dtype=float), bounds=(0, n), method="highs-ds"
    )
    if found.status != 0:
        raise SolverError("E-SOLVER", reason=str(found.message))
    upto = [0, *(round(float(x)) for x in np.asarray(found.x)[:k]), n]
    seats: Ints = np.array([b - a for a, b in pairwise(upto)], dtype=np.int64)
    if overfull(seats, best, worst) or (seats < 0).any():
        raise SolverError("E-SOLVER", reason="seats do not hold when they are checked")
    return seats


def place(draws: Floats, counts: Ints, best: Ints, worst: Ints) -> Ints:
    """Fill the grades from the best down: who must be there, then the best scores, as long as all others can be placed.

    Parameters
    ----------
    draws : ndarray, shape (R, n)
        Scores, higher is better. Of equal scores who has the nearer floor comes first: those left over have more grades open.
        What equal scores leave open, see :func:`exchangeable`.
    counts : ndarray of int, shape (B,)
        Seats, as many as people, that the rules can fill.
    best, worst : ndarrays of int, shape (n,)
        Grades open to each person.

    Returns
    -------
    ndarray of int, shape (R, n)
        Grade 0 is the best.

    Notes
    -----
    Of the people not placed yet, at most N_c − h_c may take grade k or better without being confined to c or better, for
    every c ≥ k: nested bounds, for which taking the best scores first is optimal (a laminar matroid; Edmonds 1971).

    Examples
    --------
    >>> import numpy as np
    >>> place(np.array([[4.0, 3.0, 2.0, 1.0]]), np.array([1, 2, 1]), np.zeros(4, int), np.array([2, 2, 2, 1]))
    array([[0, 1, 2, 1]])
    """
    draws = np.asarray(draws, dtype=np.float64)
    size, n = draws.shape
    out = np.empty((size, n), dtype=np.int64)
    for rows in np.array_split(np.arange(size), max(1, -(-size * n // _CELLS))):
        order = np.lexsort((np.broadcast_to(worst, draws[rows].shape), -draws[rows]), axis=1)
        np.put_along_axis(placed := np.empty_like(order), order, _sorted(counts, best[order], worst[order]), axis=1)
        out[rows] = placed
    return out


def _sorted(counts: Ints, best: Ints, worst: Ints) -> Ints:
    """Grades of people who stand in the order of their scores, one row a draw."""
    grade = np.full(best.shape, len(counts) - 1, dtype=np.int64)
    left: Bools = np.ones(best.shape, dtype=bool)
    upto = np.cumsum(counts)
    for k in range(len(counts) - 1):
        taken = left & (best <= k)
        for c in range(len(counts) - 2, k - 1, -1):  # the innermost bound first
            free = taken & (worst > c)
            room = upto[c] - (0 if k == 0 else upto[k - 1]) - (left & (worst <= c)).sum(axis=1)
            over = free & (np.cumsum(free, axis=1) > room[:, None])
            taken &= ~over
        grade[taken] = k
        left &= ~taken
    return grade


def exchangeable(grade: Ints, group: Ints, best: Ints, worst: Ints) -> Ints:
    """Grades that equal scores leave open: people of equal score who could have each other's places.

    Parameters
    ----------
    grade : ndarray of int, shape (n,)
        As placed.
    group : ndarray of int, shape (n,)
        Equal scores have equal numbers.
    best, worst : ndarrays of int, shape (n,)
        Grades open to each person.

    Returns
    -------
    ndarray of int, shape (n, 2)
        Best and worst grade the person could have if people of equal score changed places; equal if there is no choice.

    Examples
    --------
    >>> import numpy as np
    >>> exchangeable(np.array([0, 1, 1]), np.array([0, 0, 0]), np.array([0, 0, 1]), np.array([1, 1, 1])).tolist()
    [[0, 1], [0, 1], [1, 1]]
    """
    out = np.column_stack([grade, grade])
    for g in np.flatnonzero(np.bincount(group) > 1):
        people = np.flatnonzero(group == g)
        if len(np.unique(grade[people])) == 1:
            continue
        could = (best[people][:, None] <= grade[people]) & (grade[people] <= worst[people][:, None])  # row could stand where column does
        _, part = connected_components(could, directed=True, connection="strong")
        within = could & (part[:, None] == part[None, :])
        out[people, 0] = np.where(within, grade[people][None, :], grade[people].max()).min(axis=1)
        out[people, 1] = np.where(within, grade[people][None, :], 0).max(axis=1)
    return out
