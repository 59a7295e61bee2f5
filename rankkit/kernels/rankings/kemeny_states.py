"""Exact dynamic programming over who stands first: all optimal orders at once.

A state is the set of people placed so far; whom to place next costs what the split of :mod:`rankkit.kernels.rankings.kemeny_relaxation`
says, in whole numbers ≥ 0. States that cost more than the best order known are dropped: what is left holds every optimal order
(Held & Karp 1962; Betzler et al. 2009 for Kemeny's problem).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rankkit.kernels.arrays import Bools, Floats, Ints

_CELLS = 4_000_000  # entries of a state × triple table worked on at a time


@dataclass(frozen=True)
class _Layer:
    """Steps from the sets of one size to those of the next."""

    source: Ints
    target: Ints
    person: Ints
    cost: Floats


@dataclass(frozen=True)
class OptimalOrders:
    """All optimal orders.

    Attributes
    ----------
    cost : float
        Their cost above the bound, scaled as the penalties are.
    best, worst : ndarray of int, shape (n,)
        Each person's best and worst position, 1 = first, over all optimal orders.
    count : int
        Number of optimal orders.
    orders : ndarray of int, shape (k, n)
        The optimal orders if there are at most as many as asked for, otherwise one of them.
    """

    cost: float
    best: Ints
    worst: Ints
    count: int
    orders: Ints


def optimal_orders(
    penalty: Floats, triples: Ints, multiplier: Floats, limit: float, most_states: int, most_orders: int
) -> OptimalOrders | None:
    """Find all orders of least cost.

    Parameters
    ----------
    penalty : ndarray of float, shape (n, n)
        Whole numbers ≥ 0: cost of the row standing before the column.
    triples : ndarray of int, shape (t, 3)
        Triples (i, j, k) that cost ``multiplier`` if their order is not i j k, j k i or k i j.
    multiplier : ndarray of float, shape (t,)
        Whole numbers ≥ 0.
    limit : float
        Cost of an order known.
    most_states : int
        Sets of people to look at, at most.
    most_orders : int
        Orders to list, at most.

    Returns
    -------
    OptimalOrders or None
        None if there are too many sets, or no order within the limit.

    Examples
    --------
    >>> import numpy as np
    >>> circle = np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]], dtype=float)
    >>> found = optimal_orders(circle, np.zeros((0, 3), dtype=int), np.zeros(0), np.inf, 100, 10)
    >>> found.cost, found.count, found.best, found.worst
    (1.0, 3, array([1, 1, 1]), array([3, 3, 3]))
    """
    forward = _forward(penalty, triples, multiplier, limit, most_states)
    if forward is None:
        return None
    layers, reached = forward
    n = len(penalty)
    total = float(reached[-1][0])
    to_go, ways = np.zeros(1), np.ones(1, dtype=object)
    best, worst = np.full(n, n, dtype=np.int64), np.ones(n, dtype=np.int64)
    kept: list[_Layer] = []
    for size in range(n - 1, -1, -1):
        step = layers[size]
        behind = np.full(len(reached[size]), np.inf)
        np.minimum.at(behind, step.source, step.cost + to_go[step.target])
        optimal = reached[size][step.source] + step.cost + to_go[step.target] == total
        source, target, person = step.source[optimal], step.target[optimal], step.person[optimal]
        best[person] = np.minimum(best[person], size + 1)
        worst[person] = np.maximum(worst[person], size + 1)
        passed = np.zeros(len(behind), dtype=object)
        np.add.at(passed, source, ways[target])
        kept.append(_Layer(source, target, person, step.cost[optimal]))
        to_go, ways = behind, passed
    count = int(ways[0])
    orders = _listed(kept[::-1], n, most_orders if count <= most_orders else 1)
    return OptimalOrders(total, best, worst, count, orders)


def _forward(
    penalty: Floats, triples: Ints, multiplier: Floats, limit: float, most_states: int
) -> tuple[list[_Layer], list[Floats]] | None:
    """Least cost of reaching each set of people placed, size by size."""
    n = len(penalty)
    i, j, k = np.concatenate([triples, np.roll(triples, 1, axis=1), np.roll(triples, 2, axis=1)]).T
    weight = np.zeros((len(k), n))
    weight[np.arange(len(k)), k] = np.tile(multiplier, 3)
    members, cost = np.zeros((1, n), dtype=np.bool_), np.zeros(1)
    layers, reached, states = [], [cost], 1
    for _ in range(n):
        onward = cost[:, None] + (~members).astype(np.float64) @ penalty.T
        if len(k):  # i stands, j does not: placing k turns the triple against its direction
            rows = max(_CELLS // len(k), 1)
            for at in range(0, len(members), rows):
                part = members[at : at + rows]
                onward[at : at + rows] += (part[:, i] & ~part[:, j]).astype(np.float64) @ weight
        source, person = np.nonzero((onward <= limit) & ~members)
        if not len(source) or len(source) > 8 * most_states:
            return None
        value = onward[source, person]
        after = members[source]
        after[np.arange(len(source)), person] = True
        members, target = _distinct(after)
        states += len(members)
        if states > most_states:
            return None
        layers.append(_Layer(source, target, person, value - cost[source]))
        cost = np.full(len(members), np.inf)
        np.minimum.at(cost, target, value)
        reached.append(cost)
    return layers, reached


def _distinct(members: Bools) -> tuple[Bools, Ints]:
    """Distinct rows, and which of them each row is."""
    packed = np.ascontiguousarray(np.packbits(members, axis=1))
    keys = packed.view([("", packed.dtype)] * packed.shape[1]) if packed.shape[1] > 8 else _as_numbers(packed)
    _, first, inverse = np.unique(keys.ravel(), return_index=True, return_inverse=True)
    return members[first], np.asarray(inverse, dtype=np.int64)


def _as_numbers(packed: np.ndarray[tuple[int, int], np.dtype[np.uint8]]) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """Up to eight bytes a row as one number."""
    wide = np.zeros((len(packed), 8), dtype=np.uint8)
    wide[:, : packed.shape[1]] = packed
    return wide.view(np.uint64).ravel()


def _listed(steps: list[_Layer], n: int, most: int) -> Ints:
    """Follow the optimal steps from nobody placed to everybody placed."""
    orders: list[list[int]] = []
    stack: list[tuple[int, list[int]]] = [(0, [])]
    after: list[dict[int, list[tuple[int, int]]]] = [{} for _ in steps]
    for size, step in enumerate(steps):
        for a, b, person in zip(step.source.tolist(), step.target.tolist(), step.person.tolist(), strict=True):
            after[size].setdefault(a, []).append((person, b))
    while stack and len(orders) < most:
        state, placed = stack.pop()
        if len(placed) == n:
            orders.append(placed)
            continue
        for person, target in sorted(after[len(placed)].get(state, []), reverse=True):
            stack.append((target, [*placed, person]))
    return np.array(orders, dtype=np.int64).reshape(-1, n)
