"""In which order, and who on the left: no person twice in a row, everybody as often left as right."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.random import Generator

from rankkit.kernels.arrays import Bools, Ints

_ROSS_FIVE = ((0, 1), (2, 4), (0, 3), (1, 2), (3, 4), (0, 2), (1, 3), (0, 4), (2, 3), (1, 4))  # Ross (1934), n = 5
_RESTARTS = 60  # orders begun anew while some person still stands twice in a row
_GREEDY = 3000  # pairs up to which every next pair is chosen among all that are left


@dataclass(frozen=True)
class Schedule:
    """Comparisons in the order of showing.

    Attributes
    ----------
    n : int
        Number of people.
    left, right : ndarray of int, shape (comparisons,)
        Who stands on which side.
    """

    n: int
    left: Ints
    right: Ints

    @cached_property
    def consecutive(self) -> int:
        """How often a person of one comparison stands in the next one again."""
        return in_a_row(self.left, self.right)

    @cached_property
    def surplus(self) -> Ints:
        """Times on the left minus times on the right, shape (n,)."""
        return np.asarray(np.bincount(self.left, minlength=self.n) - np.bincount(self.right, minlength=self.n), dtype=np.int64)

    @property
    def unavoidable(self) -> int:
        """A bound below: a person in d of E comparisons meets themself at least ``2 d - 1 - E`` times."""
        load = np.bincount(np.concatenate([self.left, self.right]), minlength=self.n)
        return max(0, 2 * int(load.max(initial=0)) - 1 - len(self.left))


def in_a_row(left: Ints, right: Ints) -> int:
    """Count neighbouring comparisons that share a person.

    Parameters
    ----------
    left, right : ndarray of int, shape (comparisons,)
        Codes, in the order of showing.

    Returns
    -------
    int

    Examples
    --------
    >>> import numpy as np
    >>> in_a_row(np.array([0, 2, 2]), np.array([1, 3, 0]))
    1
    """
    a, b, c, d = left[:-1], right[:-1], left[1:], right[1:]
    return int(np.count_nonzero((a == c) | (a == d) | (b == c) | (b == d)))


def ross_order(n: int) -> tuple[Ints, Ints]:
    """Order all pairs so that everybody rests long between two comparisons.

    Rounds of the circle method, tables always in the same sequence: between two comparisons of one person stand at
    least ``n // 2 - 2`` others (n ≥ 6), so from five people on nobody appears twice in a row. For five people the order
    is Ross's own; with fewer no order avoids it.

    Parameters
    ----------
    n : int
        Number of people, 2 or more.

    Returns
    -------
    first, second : ndarray of int, shape (n (n - 1) / 2,)

    Notes
    -----
    Ross, R. T. (1934). Optimum orders for the presentation of pairs in the method of paired comparisons. *Journal of
    Educational Psychology*, 25.

    Examples
    --------
    >>> first, second = ross_order(6)
    >>> list(zip(first[:6].tolist(), second[:6].tolist())), in_a_row(first, second)
    ([(0, 1), (2, 5), (3, 4), (0, 5), (1, 4), (2, 3)], 0)
    """
    if n == 5:
        pairs = np.array(_ROSS_FIVE, dtype=np.int64)
        return pairs[:, 0], pairs[:, 1]
    even = n + n % 2  # with an odd number the one at the fixed seat is nobody
    half = even // 2
    circle = even - 1
    first, second = [], []
    for turn in range(circle):
        for table in range(half):
            if table == 0:
                if n % 2:
                    continue
                a, b = -1, -turn % circle
            else:
                a, b = (table - turn) % circle, (-table - turn) % circle
            shift = 0 if n % 2 else 1
            first.append(min(a + shift, b + shift))
            second.append(max(a + shift, b + shift))
    return np.array(first, dtype=np.int64), np.array(second, dtype=np.int64)


def spread_out(first: Ints, second: Ints, n: int, rng: Generator) -> Ints:
    """Order pairs so that nobody stands twice in a row where that can be avoided.

    Each next pair is one without the last two people; first those with the most comparisons still to come, then those
    who have rested longest, then the lot. The order is begun anew while it has repetitions above the lower bound, and
    the best is kept. Long lists are shuffled and mended by exchanges.

    Parameters
    ----------
    first, second : ndarray of int, shape (pairs,)
        The pairs.
    n : int
        Number of people.
    rng : Generator
        Decides between equals.

    Returns
    -------
    ndarray of int, shape (pairs,)
        A permutation of the pairs.

    Examples
    --------
    >>> import numpy as np
    >>> first, second = np.triu_indices(6, 1)
    >>> order = spread_out(first, second, 6, np.random.default_rng(0))
    >>> in_a_row(first[order], second[order])
    0
    """
    pairs = len(first)
    bound = Schedule(n, first, second).unavoidable
    best, fewest = np.arange(pairs), pairs + 1
    rounds = _RESTARTS if pairs <= 200 else 4
    for attempt in range(rounds):
        order = _greedy(first, second, n, rng, heavy=attempt % 2 == 0) if pairs <= _GREEDY else rng.permutation(pairs)
        order = _mend(order, first, second, rng)
        found = in_a_row(first[order], second[order])
        if found < fewest:
            best, fewest = order, found
        if fewest <= bound:
            break
    return best


def _greedy(first: Ints, second: Ints, n: int, rng: Generator, *, heavy: bool) -> Ints:
    """Choose one pair after the other."""
    pairs = len(first)
    left = np.bincount(np.concatenate([first, second]), minlength=n)
    seen = np.full(n, -pairs - 2, dtype=np.int64)
    open_ = np.ones(pairs, dtype=np.bool_)
    lot = rng.random(pairs)
    order = np.empty(pairs, dtype=np.int64)
    for place in range(pairs):
        remaining = np.flatnonzero(open_)
        a, b = first[remaining], second[remaining]
        last = np.maximum(seen[a], seen[b])
        load = np.maximum(left[a], left[b]) if heavy or 2 * left.max() >= len(remaining) else np.zeros(len(remaining))
        chosen = remaining[np.lexsort((lot[remaining], last, -load, last == place - 1))[0]]
        order[place] = chosen
        open_[chosen] = False
        for person in (first[chosen], second[chosen]):
            seen[person] = place
            left[person] -= 1
    return order


def _mend(order: Ints, first: Ints, second: Ints, rng: Generator) -> Ints:
    """Move pairs that repeat a person into gaps where they repeat none."""
    order = order.copy()
    for _ in range(3):
        a, b = first[order], second[order]
        clash = np.flatnonzero((a[:-1] == a[1:]) | (a[:-1] == b[1:]) | (b[:-1] == a[1:]) | (b[:-1] == b[1:])) + 1
        if not len(clash):
            break
        for place in clash.tolist():
            if _shares(order, first, second, place - 1, place):
                order = _moved(order, first, second, place, rng)
    return order


def _moved(order: Ints, first: Ints, second: Ints, place: int, rng: Generator) -> Ints:
    """Exchange one pair with another where neither repeats a person afterwards; unchanged if there is none."""
    pairs = len(order)
    candidates = rng.permutation(pairs)[:400]
    before = _clashes(order, first, second, (place,))
    for other in candidates.tolist():
        if abs(other - place) < 2:
            continue
        old = before + _clashes(order, first, second, (other,))
        order[place], order[other] = order[other], order[place]
        if _clashes(order, first, second, (place, other)) < old:
            return order
        order[place], order[other] = order[other], order[place]
    return order


def _clashes(order: Ints, first: Ints, second: Ints, places: tuple[int, ...]) -> int:
    return sum(_shares(order, first, second, p + s, p + s + 1) for p in places for s in (-1, 0))


def _shares(order: Ints, first: Ints, second: Ints, p: int, q: int) -> bool:
    if p < 0 or q >= len(order):
        return False
    e, f = order[p], order[q]
    return bool({int(first[e]), int(second[e])} & {int(first[f]), int(second[f])})


def balanced_sides(first: Ints, second: Ints, n: int, rng: Generator) -> Bools:
    """Draw who stands on the left so that everybody is there as often as on the right, give or take one.

    The pairs are walked through along closed trails (Euler), a helper joining the people with an odd number of
    comparisons; along a trail everybody is left as often as they are right.

    Parameters
    ----------
    first, second : ndarray of int, shape (pairs,)
        The pairs; a pair may stand several times.
    n : int
        Number of people.
    rng : Generator
        Draws the trails.

    Returns
    -------
    ndarray of bool, shape (pairs,)
        True where ``second`` stands on the left.

    Examples
    --------
    >>> import numpy as np
    >>> first, second = np.triu_indices(5, 1)
    >>> swap = balanced_sides(first, second, 5, np.random.default_rng(0))
    >>> Schedule(5, np.where(swap, second, first), np.where(swap, first, second)).surplus
    array([0, 0, 0, 0, 0])
    """
    pairs = len(first)
    load = np.bincount(np.concatenate([first, second]), minlength=n)
    odd = np.flatnonzero(load % 2)
    ends = np.column_stack([np.concatenate([first, odd]), np.concatenate([second, np.full(len(odd), n)])])
    at: list[list[int]] = [[] for _ in range(n + 1)]
    for e in rng.permutation(len(ends)).tolist():
        at[ends[e, 0]].append(e)
        at[ends[e, 1]].append(e)
    ends_list = ends.tolist()
    used = [False] * len(ends)
    swap = np.zeros(len(ends), dtype=np.bool_)
    for start in rng.permutation(n + 1).tolist():
        here = start
        while at[here]:
            e = at[here].pop()
            if used[e]:
                continue
            used[e] = True
            one, two = ends_list[e]
            swap[e] = here == two
            here = two if here == one else one
    return swap[:pairs]


def schedule(first: Ints, second: Ints, n: int, rng: Generator) -> Schedule:
    """Order pairs and draw their sides.

    All pairs of ``n`` people are shown in the order of :func:`ross_order` under random labels, others in that of
    :func:`spread_out`; sides are drawn by :func:`balanced_sides`.

    Parameters
    ----------
    first, second : ndarray of int, shape (pairs,)
        Different pairs.
    n : int
        Number of people.
    rng : Generator
        Source of the random numbers.

    Returns
    -------
    Schedule

    Examples
    --------
    >>> import numpy as np
    >>> first, second = np.triu_indices(8, 1)
    >>> found = schedule(first, second, 8, np.random.default_rng(1))
    >>> found.consecutive, int(np.abs(found.surplus).max())
    (0, 1)
    """
    if n >= 5 and len(first) == n * (n - 1) // 2:
        who = rng.permutation(n)
        first, second = (who[side] for side in ross_order(n))
    else:
        order = spread_out(first, second, n, rng)
        first, second = first[order], second[order]
    swap = balanced_sides(first, second, n, rng)
    return Schedule(n, np.where(swap, second, first), np.where(swap, first, second))
