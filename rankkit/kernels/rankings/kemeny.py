"""The order with the fewest disagreements, with proof, and everyone's place in all such orders."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import prod
from time import monotonic
from typing import Literal

import numpy as np

from rankkit.errors import ConvergenceError
from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.rankings.condorcet import TIED, majority_components, margins
from rankkit.kernels.rankings.kemeny_program import always, cheapest, positions
from rankkit.kernels.rankings.kemeny_relaxation import relax
from rankkit.kernels.rankings.kemeny_search import order_cost, searched
from rankkit.kernels.rankings.kemeny_states import OptimalOrders, optimal_orders

Proof = Literal["components", "dynamic_program", "dual", "milp", "none"]
_STRENGTH: tuple[Proof, ...] = ("components", "dynamic_program", "dual", "milp", "none")
_DIRECT = 12  # up to this many people all sets are looked at, without a linear program
_MOST_STATES = (100_000, 400_000)  # sets of people looked at: for all optimal orders, and where a proof depends on it (400 MB)
_KICKS = (4, 60)  # shakes of the local search: before the relaxation, and if its bound stays below the best order
_GRID = 1e-6  # preferences that are no halves are read to this share of the largest
_SEED = 0


@dataclass(frozen=True)
class Kemeny:
    """Orders with the fewest disagreements.

    Attributes
    ----------
    order : ndarray of int, shape (n,)
        An optimal order, best first: of several, the one closest to the Borda order from the top. It is one among
        ``n_optimal``; the places that hold for all are ``best`` and ``worst``.
    cost : float
        Its disagreements, Σ_{i before j} n_ji.
    lower_bound : float
        No order has fewer; equal to ``cost`` where that is proven.
    best, worst : ndarray of int, shape (n,)
        Best and worst position of each person over all optimal orders, 1 = first; 0 where not asked for or not proven.
    exact_positions : bool
        Whether every one of them is reached; otherwise time ran out and they are outer limits.
    n_optimal : int or None
        Number of optimal orders; None where there are too many to count or they were not asked for.
    orders : ndarray of int, shape (k, n)
        All optimal orders if there are at most ``max_orders``, otherwise none.
    component : ndarray of int, shape (n,)
        Group of each person: every optimal order puts group 0 first, then group 1, …
    proof : {"components", "dynamic_program", "dual", "milp", "none"}
        What proves optimality (the weakest, where groups differ): majorities alone; all sets of people, in whole numbers; a dual
        solution checked in whole numbers; the bound HiGHS reports for its branch and cut; nothing.
    """

    order: Ints
    cost: float
    lower_bound: float
    best: Ints
    worst: Ints
    exact_positions: bool
    n_optimal: int | None
    orders: Ints
    component: Ints
    proof: Proof

    @property
    def gap(self) -> float:
        """Share of the disagreements not proven necessary: (cost − lower bound)/cost, 0 = optimal."""
        return (self.cost - self.lower_bound) / self.cost if self.cost > self.lower_bound else 0.0

    @property
    def proven(self) -> bool:
        """Whether the order is proven optimal."""
        return self.proof != "none"


def kemeny(preferences: Floats, *, positions: bool = True, max_orders: int = 24, time_limit: float = 60.0, gap: float = 0.0) -> Kemeny:
    """Kemeny consensus: the orders that minimise Σ_{i before j} n_ji.

    People are split along "at least as many prefer i": groups follow one another in every optimal order. Within a group a
    linear relaxation with triangle constraints found as needed gives a bound that is checked in whole numbers, and an exact
    dynamic program over the sets of people that can stand first, pruned by that bound, gives all optimal orders; what is left
    goes to ``scipy.optimize.milp``.

    Parameters
    ----------
    preferences : ndarray of float, shape (n, n)
        n_ij = weight of the judgements that prefer i to j, e.g. of :func:`~rankkit.kernels.rankings.condorcet.preference_matrix`. Half
        counts for ties change the cost, not the order. Whole and half numbers are exact; others are read to a millionth of the
        largest.
    positions : bool
        Whether to find everyone's place in all optimal orders.
    max_orders : int
        List the optimal orders if there are at most this many.
    time_limit : float
        Seconds.
    gap : float
        Accept an order that is not proven optimal if at most this share of its disagreements is not proven necessary, and say so
        (``proof="none"``). 0 = accept proven ones only.

    Returns
    -------
    Kemeny
        The consensus.

    Raises
    ------
    ValueError
        If the matrix is not square or has negative or missing numbers.
    ConvergenceError
        If the time limit ends with a larger gap than accepted.

    Notes
    -----
    Kemeny, J. G. (1959). Mathematics without numbers. *Daedalus* 88. Young, H. P., & Levenglick, A. (1978). *SIAM Journal on
    Applied Mathematics* 35. Grötschel, M., Jünger, M., & Reinelt, G. (1984). *Operations Research* 32.

    Examples
    --------
    Three raters, ABC, BCA and CAB: three orders are equally good, and anyone may stand anywhere.

    >>> import numpy as np
    >>> found = kemeny(np.array([[0, 2, 1], [1, 0, 2], [2, 1, 0]]))
    >>> found.cost, found.n_optimal, found.best, found.worst
    (4.0, 3, array([1, 1, 1]), array([3, 3, 3]))
    """
    deadline = monotonic() + time_limit
    preferences = np.asarray(preferences, dtype=np.float64)
    margin = margins(preferences)
    n = len(margin)
    off = preferences[~np.eye(n, dtype=np.bool_)]
    if not (off >= 0).all() or not np.isfinite(off).all():
        raise ValueError("preferences are numbers from 0 on")
    canonical = _canonical(margin)
    lost, unit, blurred = _whole(margin[np.ix_(canonical, canonical)])
    component = majority_components(lost.T - lost)
    groups = [np.flatnonzero(component == g) for g in range(int(component.max(initial=-1)) + 1)]
    parts = [_part(lost[np.ix_(people, people)], people, deadline, positions, max_orders) for people in groups]
    order = np.zeros(n, dtype=np.int64)
    if parts:
        order = canonical[np.concatenate([part.order for part in parts])]
    proof = _STRENGTH[max((_STRENGTH.index(part.proof) for part in parts), default=0)]
    cost = bound = kemeny_cost(preferences, order)
    if proof == "none":
        unavoidable = float(np.minimum(preferences, preferences.T)[np.triu_indices(n, 1)].sum())
        bound = unavoidable + unit * sum(part.bound for part in parts) - blurred
        if cost - bound > gap * cost:
            raise ConvergenceError("E-KEMENYTIME", seconds=time_limit, gap=f"{(cost - bound) / cost:.1%}")
    known = positions and proof != "none"
    best, worst, grouped = np.zeros((3, n), dtype=np.int64)
    grouped[canonical] = component
    for part in parts if known else ():
        before = int((component < component[part.people[0]]).sum())
        best[canonical[part.people]], worst[canonical[part.people]] = before + part.best, before + part.worst
    counts = [part.count for part in parts if part.count is not None]
    n_optimal = prod(counts) if known and len(counts) == len(parts) else None
    orders = np.zeros((0, n), dtype=np.int64)
    if parts and n_optimal is not None and n_optimal <= max_orders:
        orders = np.array([canonical[np.concatenate(each)] for each in product(*(part.orders for part in parts))], dtype=np.int64)
    exact = known and all(part.exact for part in parts)
    return Kemeny(order, cost, bound, best, worst, exact, n_optimal, orders, grouped, proof)


def kemeny_cost(preferences: Floats, order: Ints) -> float:
    """Disagreements between an order and the preferences.

    Parameters
    ----------
    preferences : ndarray of float, shape (n, n)
        n_ij = weight of the judgements that prefer i to j.
    order : ndarray of int, shape (n,)
        Best first.

    Returns
    -------
    float
        Σ_{i before j} n_ji.

    Examples
    --------
    >>> import numpy as np
    >>> kemeny_cost(np.array([[0, 2], [1, 0]]), np.array([1, 0]))
    2.0
    """
    return order_cost(np.asarray(preferences, dtype=np.float64).T, np.asarray(order))


@dataclass(frozen=True)
class _Part:
    """Optimal orders of one group; costs in units, above what majorities alone cost."""

    people: Ints
    order: Ints
    cost: float
    bound: float
    best: Ints
    worst: Ints
    exact: bool
    count: int | None
    orders: Ints
    proof: Proof


def _part(cost: Floats, people: Ints, deadline: float, placed: bool, max_orders: int) -> _Part:
    """Solve one group."""
    k = len(people)
    nothing, nobody = np.zeros((0, 3), dtype=np.int64), np.zeros(0)
    if k <= _DIRECT:
        limit = order_cost(cost, searched(cost, [np.arange(k)], 0, _SEED))
        found = optimal_orders(cost, nothing, nobody, limit, 2**_DIRECT + 1, max_orders)
        if found is None:
            raise ConvergenceError("E-CONV", iterations=0, gradient=float("nan"))
        return _all(people, found, found.cost, "dynamic_program" if k > 1 else "components")
    unit = float(np.gcd.reduce(cost.astype(np.int64), axis=None)) or 1.0
    start = searched(cost, [np.arange(k)], _KICKS[0], _SEED)
    relaxed = relax(cost, start, unit, deadline)
    order, least = relaxed.order, relaxed.cost
    if relaxed.excess >= relaxed.scale * unit:
        order = searched(cost, [order], _KICKS[1], _SEED)
        least = order_cost(cost, order)
    excess, proof = relaxed.scale * least - relaxed.bound, _by_dual(relaxed.scale * least - relaxed.bound, relaxed.scale * unit)
    if (placed or proof == "none") and monotonic() < deadline:
        most = _MOST_STATES[proof == "none"]
        every = optimal_orders(relaxed.penalty, relaxed.triples, relaxed.multiplier, excess, most, max_orders)
        if every is not None:
            least = order_cost(cost, every.orders[0])
            return _all(people, every, least, "dynamic_program" if proof == "none" else proof)
    bound = relaxed.bound / relaxed.scale
    if proof == "none":
        solved = cheapest(cost, always(relaxed.penalty, excess - relaxed.scale * unit), relaxed.pool, deadline)
        bound = max(bound, solved.bound)
        if solved.order is not None and order_cost(cost, solved.order) < least:
            order, least = solved.order, order_cost(cost, solved.order)
        if bound <= least - unit + 0.5 or not np.isfinite(bound):
            empty = np.zeros(k, dtype=np.int64)
            return _Part(people, people[order], least, bound, empty, empty, False, None, np.zeros((0, k), dtype=np.int64), "none")
        proof, excess = "milp", relaxed.scale * least - relaxed.bound
    best, worst, exact = np.ones(k, dtype=np.int64), np.full(k, k), False
    if placed:
        best, worst, exact = positions(cost, order, always(relaxed.penalty, excess), relaxed.pool, deadline)
    return _Part(people, people[order], least, least, best, worst, exact, None, np.zeros((0, k), dtype=np.int64), proof)


def _by_dual(excess: float, step: float) -> Proof:
    """Costs being multiples of a step, an excess below one step leaves room for no cheaper order."""
    return "dual" if excess < step else "none"


def _all(people: Ints, found: OptimalOrders, cost: float, proof: Proof) -> _Part:
    """Take all optimal orders from the dynamic program."""
    return _Part(people, people[found.orders[0]], cost, cost, found.best, found.worst, True, found.count, people[found.orders], proof)


def _whole(margin: Floats) -> tuple[Floats, float, float]:
    """Cost of each pair's order above the cheaper one, in whole units; the unit; what rounding to it can add up to."""
    lost = np.maximum(-margin, 0.0)
    for unit in (1.0, 0.5):
        if np.abs(lost / unit - np.rint(lost / unit)).max(initial=0.0) <= TIED:
            return np.rint(lost / unit), unit, 0.0
    unit = _GRID * float(lost.max())
    return np.rint(lost / unit), unit, unit * lost.size / 4


def _canonical(margin: Floats) -> Ints:
    """Order people by their Borda points, then by their majorities: numbering decides only between equals."""
    profile = np.sort(margin, axis=1)
    keys = np.rint(np.column_stack([-margin.sum(axis=1), profile[:, ::-1]]) * 2.0**20)
    return np.lexsort(keys.T[::-1]).astype(np.int64)
