"""Seats where a grade has a range of shares: near the middle of the ranges, and where no tie is split if that can be had."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import floor

import numpy as np

from rankkit.kernels.arrays import Ints
from rankkit.kernels.grading.apportionment import SeatTies, served_order


def bounded_seats(n: int, targets: Sequence[Fraction], fewest: Ints, most: Ints, *, seat_ties: SeatTies = "middle") -> Ints:
    """Whole seats between bounds, each as near its target as the bounds and the number of people let it.

    Floors of the targets, moved into the bounds; then seat by seat to the grade furthest below its target, or from the
    grade furthest above it.

    Parameters
    ----------
    n : int
        Number of people.
    targets : sequence of Fraction
        Shares aimed at, summing to 1.
    fewest, most : ndarrays of int, shape (B,)
        Bounds, with Σ fewest ≤ n ≤ Σ most.
    seat_ties : {"middle", "top", "bottom"}
        Who is served first when grades are equally far, see :func:`rankkit.kernels.grading.apportionment.largest_remainder`.

    Returns
    -------
    ndarray of int, shape (B,)
        Summing to ``n``.

    Examples
    --------
    >>> from fractions import Fraction as F
    >>> bounded_seats(10, [F(1, 5), F(7, 10), F(1, 10)], np.array([1, 5, 0]), np.array([1, 8, 2]))
    array([1, 8, 1])
    """
    aim = [share * n for share in targets]
    seats = [min(max(floor(a), int(low)), int(high)) for a, low, high in zip(aim, fewest, most, strict=True)]
    order = served_order(len(seats), seat_ties)
    while sum(seats) != n:
        step = 1 if sum(seats) < n else -1
        free = [b for b in range(len(seats)) if (seats[b] < most[b] if step > 0 else seats[b] > fewest[b])]
        chosen = min(free, key=lambda b: (step * (seats[b] - aim[b]), order[b]))
        seats[chosen] += step
    return np.array(seats, dtype=np.int64)


def unsplit_seats(target: Ints, fewest: Ints, most: Ints, ends: Ints) -> Ints | None:
    """Seats nearest to the target, within the bounds, whose cuts split no group of equal scores.

    Parameters
    ----------
    target, fewest, most : ndarrays of int, shape (B,)
        Seats aimed at, and their bounds.
    ends : ndarray of int, shape (T,)
        Number of people down to the end of each group of equal scores, best first; the last is n.

    Returns
    -------
    ndarray of int, shape (B,), or None
        Least sum of distances of the cuts from where the target has them (of equal ones the one with more people
        above the last cuts); None if every choice within the bounds splits a tie.

    Examples
    --------
    >>> import numpy as np
    >>> unsplit_seats(np.array([2, 8]), np.array([1, 6]), np.array([4, 9]), np.array([1, 4, *range(5, 11)]))
    array([1, 9])
    """
    n = int(ends[-1]) if len(ends) else 0
    places = np.concatenate([[0], ends]).astype(np.int64)  # cuts that split no tie
    cuts = np.cumsum(target)
    cost = np.where(places == 0, 0.0, np.inf)  # of the best way to have each place as the cut before
    came: list[Ints] = []
    for b in range(len(target)):
        gap = places[:, None] - places[None, :]  # seats of grade b: to this place (row) from that one (column)
        fits = (gap >= fewest[b]) & (gap <= most[b])
        ways = np.where(fits, cost[None, :], np.inf)
        last = ways.shape[1] - 1 - np.argmin(ways[:, ::-1], axis=1)
        came.append(last)
        aim = n if b == len(target) - 1 else int(cuts[b])
        cost = ways[np.arange(len(places)), last] + np.abs(places - aim)
    if not np.isfinite(cost[-1]):
        return None
    at, seats = len(places) - 1, []
    for step in reversed(came):
        before = int(step[at])
        seats.append(int(places[at] - places[before]))
        at = before
    return np.array(seats[::-1], dtype=np.int64)
