"""Mixed-integer programs over orders, for what the relaxation and the dynamic program leave open.

No status of the solver is taken on trust: a solution counts only after it was read as an order and its cost added up again.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.rankings.kemeny_relaxation import PairProgram, violated
from rankkit.kernels.rankings.kemeny_search import order_cost

_WHOLE = 1e-6  # how far HiGHS lets an integer be from one
_ROUNDED = 1e-6  # a bound is rounded up to the next whole number if it is above the one before by more than this share
_MOST_CUTS = 4_000


@dataclass(frozen=True)
class Solved:
    """Outcome of a program.

    Attributes
    ----------
    order : ndarray of int or None
        An order of least value; None if time ran out before any.
    bound : float
        No admissible order has a smaller value, says the solver.
    pool : ndarray of int, shape (c, 3)
        Triangle constraints used.
    """

    order: Ints | None
    bound: float
    pool: Ints


def solve(
    program: PairProgram, slope: Floats, constant: float, limits: Bounds, pool: Ints, row: LinearConstraint | None, deadline: float
) -> Solved:
    """Minimise ``constant`` + Σ ``slope``·X_ab over orders, triangle constraints added as they are broken.

    Parameters
    ----------
    program : PairProgram
        Numbering of pairs.
    slope : ndarray of float, shape (pairs,)
        Whole numbers.
    constant : float
        Added to the value.
    limits : scipy.optimize.Bounds
        0 ≤ X ≤ 1, some fixed.
    pool : ndarray of int, shape (c, 3)
        Triangle constraints to begin with.
    row : scipy.optimize.LinearConstraint, optional
        A further condition.
    deadline : float
        Reading of the monotonic clock at which to stop.

    Returns
    -------
    Solved
        With ``order`` None, and the best bound so far, when time ran out.
    """
    bound = -np.inf
    size = max(float(np.abs(slope).max(initial=0.0)), 1.0)
    while (left := deadline - monotonic()) > 0:
        matrix, limit = program.rows(pool)
        conditions = [LinearConstraint(matrix, -np.inf, limit)] if len(pool) else []
        found = milp(
            slope / size,
            integrality=np.ones(len(slope), dtype=np.int64),
            bounds=limits,
            constraints=conditions + ([row] if row is not None else []),
            options={"time_limit": left, "mip_rel_gap": 0.0},
        )
        if found.mip_dual_bound is not None:
            low = constant + size * float(found.mip_dual_bound)
            bound = max(bound, float(np.ceil(low - _ROUNDED * max(abs(low), 1.0))))
        if found.status != 0 or found.x is None:
            return Solved(None, bound, pool)
        whole = np.rint(found.x)
        if np.abs(found.x - whole).max(initial=0.0) > _WHOLE:
            return Solved(None, bound, pool)
        square = program.square(whole)
        more = violated(square, _MOST_CUTS)
        if not len(more):
            return Solved(np.argsort(-square.sum(axis=1), kind="stable"), bound, pool)
        pool = np.unique(np.concatenate([pool, more]), axis=0)
    return Solved(None, bound, pool)


def cheapest(cost: Floats, fixed: Floats, pool: Ints, deadline: float) -> Solved:
    """Order of least cost.

    Parameters
    ----------
    cost : ndarray of float, shape (n, n)
        Whole numbers ≥ 0: cost of the row standing before the column.
    fixed : ndarray of float, shape (n, n)
        1 where the row stands before the column in every order that matters, −1 the other way, 0 where that is open.
    pool : ndarray of int, shape (c, 3)
        Triangle constraints to begin with.
    deadline : float
        Reading of the monotonic clock at which to stop.

    Returns
    -------
    Solved
        The bound is rounded up to a whole number.
    """
    program = PairProgram(cost)
    return solve(program, program.slope, program.constant, _limits(program, fixed), pool, None, deadline)


def positions(cost: Floats, order: Ints, fixed: Floats, pool: Ints, deadline: float) -> tuple[Ints, Ints, bool]:
    """Best and worst position of each person over all orders that cost as little as one of least cost.

    Parameters
    ----------
    cost : ndarray of float, shape (n, n)
        Whole numbers ≥ 0: cost of the row standing before the column.
    order : ndarray of int, shape (n,)
        An order of least cost.
    fixed : ndarray of float, shape (n, n)
        1 where the row stands before the column in every order of least cost, −1 the other way, 0 where that is open.
    pool : ndarray of int, shape (c, 3)
        Triangle constraints to begin with.
    deadline : float
        Reading of the monotonic clock at which to stop.

    Returns
    -------
    best, worst : ndarray of int, shape (n,)
        1 = first. Where time ran out these are outer limits.
    exact : bool
        Whether all of them are reached.
    """
    n, least = len(order), order_cost(cost, order)
    program = PairProgram(cost)
    limits = _limits(program, fixed)
    row = LinearConstraint(program.slope[None, :], -np.inf, least - program.constant + 0.5)
    outer_best, outer_worst = 1 + (fixed < 0).sum(axis=1), n - (fixed > 0).sum(axis=1)
    place = np.empty(n, dtype=np.int64)
    place[order] = np.arange(1, n + 1)
    best, worst = place.copy(), place.copy()
    near = np.where(place[program.first] < place[program.second], -1.0, 1.0)  # stay near the order known, else few triangles hold
    near_constant, exact = float((near < 0).sum()), True
    step = float(len(near) + 1)
    for person in order:
        ahead = np.where(program.second == person, 1.0, 0.0) - np.where(program.first == person, 1.0, 0.0)
        ahead_constant = float((program.first == person).sum())
        for sign, known, outer in ((1.0, best, outer_best), (-1.0, worst, outer_worst)):
            if known[person] == outer[person]:
                continue
            found = solve(program, sign * step * ahead + near, sign * step * ahead_constant + near_constant, limits, pool, row, deadline)
            pool = found.pool
            if found.order is None or order_cost(cost, found.order) != least:
                exact = False
                known[person] = outer[person]
                continue
            place[found.order] = np.arange(1, n + 1)
            best, worst = np.minimum(best, place), np.maximum(worst, place)
    return best, worst, exact


def always(penalty: Floats, excess: float) -> Floats:
    """Pairs whose order is the same in every order that costs at most ``excess`` above the bound.

    Parameters
    ----------
    penalty : ndarray of float, shape (n, n)
        What the row before the column costs at least.
    excess : float
        Scaled like the penalties.

    Returns
    -------
    ndarray of float, shape (n, n)
        1 where the row always stands before the column, −1 the other way, 0 where that is open; closed under "before".
    """
    before = excess < penalty.T
    while True:
        through = before | (before.astype(np.float64) @ before.astype(np.float64) > 0)
        if (through == before).all():
            return before.astype(np.float64) - before.T
        before = through


def _limits(program: PairProgram, fixed: Floats) -> Bounds:
    """Fix the pairs whose order is known."""
    pair = fixed[program.first, program.second]
    return Bounds(np.where(pair > 0, 1.0, 0.0), np.where(pair < 0, 0.0, 1.0))
