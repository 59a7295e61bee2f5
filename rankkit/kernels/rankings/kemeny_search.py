"""Good orders quickly: start from points, then move people, one or a stretch of neighbours, where that costs less."""

from __future__ import annotations

import numpy as np

from rankkit.kernels.arrays import Floats, Ints

_SWEEPS = 200


def order_cost(cost: Floats, order: Ints) -> float:
    """Add up what an order costs.

    Parameters
    ----------
    cost : ndarray of float, shape (n, n)
        What it costs to put the row before the column.
    order : ndarray of int, shape (n,)
        Best first.

    Returns
    -------
    float
        Σ_{i before j} cost_ij.
    """
    return float(np.triu(cost[np.ix_(order, order)], 1).sum())


def improved(cost: Floats, order: Ints) -> Ints:
    """Move single people to their best place until no move helps.

    Parameters
    ----------
    cost : ndarray of float, shape (n, n)
        What it costs to put the row before the column.
    order : ndarray of int, shape (n,)
        Where to start.

    Returns
    -------
    ndarray of int, shape (n,)
        An order no single move makes cheaper.
    """
    order = np.array(order, dtype=np.int64)
    n = len(order)
    gain_before: Floats = cost - cost.T  # [i, j]: what is saved by j before i instead of i before j
    for _ in range(_SWEEPS):
        moved = False
        for person in order.copy():
            at = int(np.flatnonzero(order == person)[0])
            rest = np.delete(order, at)
            # cost of the person at place p, less that at place 0: those passed now stand before
            at_place = np.concatenate([[0.0], np.cumsum(-gain_before[person, rest])])
            to = int(np.argmin(at_place))
            if at_place[to] < at_place[at]:
                order = np.concatenate([rest[:to], [person], rest[to:]])
                moved = True
        if not moved or n < 3:
            break
    return order


def searched(cost: Floats, starts: list[Ints], kicks: int, seed: int) -> Ints:
    """Iterated local search: keep the cheapest of several descents, each from a shaken copy of the best so far.

    Parameters
    ----------
    cost : ndarray of float, shape (n, n)
        What it costs to put the row before the column.
    starts : list of ndarray of int, shape (n,)
        Orders to start from.
    kicks : int
        How often to shake.
    seed : int
        Seed of the shaking.

    Returns
    -------
    ndarray of int, shape (n,)
        The cheapest order met.
    """
    found = [improved(cost, start) for start in starts]
    best = min(found, key=lambda order: order_cost(cost, order))
    least, n = order_cost(cost, best), len(best)
    rng = np.random.default_rng(seed)
    for _ in range(kicks if n > 3 else 0):
        shaken = best.copy()
        low = int(rng.integers(0, n - 2))
        high = min(low + int(rng.integers(3, max(n // 2, 4))), n)
        shaken[low:high] = rng.permutation(shaken[low:high])
        tried = improved(cost, shaken)
        value = order_cost(cost, tried)
        if value <= least:
            best, least = tried, value
    return best
