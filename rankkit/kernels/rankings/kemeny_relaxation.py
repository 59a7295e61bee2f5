"""Linear relaxation of the Kemeny problem with triangle constraints found as needed, and bounds that hold to the last digit.

An order is a 0/1 matrix X, X_ij = 1 if i stands before j, X_ij + X_ji = 1, with X_ij + X_jk + X_ki ≤ 2 for all three people
(Grötschel, Jünger & Reinelt 1984). Multipliers y ≥ 0 of those constraints, from wherever they come, split the cost of any
order exactly:

    cost = bound + Σ_{i before j} penalty_ij + Σ_t y_t·[three people t stand against the direction of the constraint]

with penalties ≥ 0. Hence the bound is one (Neumaier & Shcherbina 2004), and it is computed in whole numbers, so that it proves
optimality whatever the solver's tolerances were.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

from rankkit.errors import ConvergenceError
from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.rankings.kemeny_search import improved, order_cost

_VIOLATED = 1e-6  # a triangle constraint counts as violated from here; HiGHS is feasible to 1e-7
_WHOLE = 2.0**50  # scaled costs stay below it, with room for sums
_LARGEST = 2.0**53  # up to here whole numbers are exact in double precision
_SCALES = (720_720.0, 5_040.0, 60.0, 1.0)  # multipliers are halves, thirds, … of a unit: these make them whole
_CUTS_PER_PAIR = 0.75  # constraints added a round, a pair of people
_STALLED = 4  # rounds without a better bound after which the relaxation is left as it is


@dataclass(frozen=True)
class Relaxation:
    """A split of the cost of every order, and what the linear program found.

    Attributes
    ----------
    scale : float
        Units of the whole numbers below: cost × scale.
    bound : float
        No order costs less (whole number, scaled).
    penalty : ndarray of float, shape (n, n)
        What it costs at least, above the bound, to put the row before the column (whole numbers, scaled).
    triples : ndarray of int, shape (t, 3)
        Constraints X_ij + X_jk + X_ki ≤ 2 with positive multipliers.
    multiplier : ndarray of float, shape (t,)
        Their multipliers (whole numbers, scaled).
    pool : ndarray of int, shape (c, 3)
        All constraints used.
    order : ndarray of int, shape (n,)
        The best order met.
    cost : float
        Its cost, not scaled.
    complete : bool
        Whether the linear program satisfies every triangle constraint, i.e. its bound cannot be raised further this way.
    """

    scale: float
    bound: float
    penalty: Floats
    triples: Ints
    multiplier: Floats
    pool: Ints
    order: Ints
    cost: float
    complete: bool

    @property
    def excess(self) -> float:
        """How far the best order lies above the bound, scaled."""
        return self.scale * self.cost - self.bound


class PairProgram:
    """Rows and costs of the linear program in the variables X_ab, a < b.

    Parameters
    ----------
    cost : ndarray of float, shape (n, n)
        Whole numbers ≥ 0: what it costs to put the row before the column.
    """

    def __init__(self, cost: Floats) -> None:
        self.n = len(cost)
        self.first, self.second = np.triu_indices(self.n, 1)
        self.number = np.zeros((self.n, self.n), dtype=np.int64)
        self.number[self.first, self.second] = self.number[self.second, self.first] = np.arange(len(self.first))
        forward, back = cost[self.first, self.second], cost[self.second, self.first]
        self.slope: Floats = forward - back
        self.constant = float(back.sum())

    def rows(self, triples: Ints) -> tuple[csr_array, Floats]:
        """Write X_ij + X_jk + X_ki ≤ 2 as rows A x ≤ b."""
        ends = np.roll(triples, -1, axis=1)
        up = triples < ends
        sign = np.where(up, 1.0, -1.0)
        starts = np.arange(0, 3 * len(triples) + 1, 3)
        matrix = csr_array((sign.ravel(), self.number[triples, ends].ravel(), starts), shape=(len(triples), len(self.first)))
        return matrix, 2.0 - (~up).sum(axis=1)

    def square(self, x: Floats) -> Floats:
        """Lay pair variables out as X."""
        out = np.zeros((self.n, self.n))
        out[self.first, self.second], out[self.second, self.first] = x, 1.0 - x
        return out

    def split(self, triples: Ints, y: Floats, scale: float) -> tuple[float, Floats]:
        """Bound and penalties of whole-number multipliers y ≥ 0."""
        matrix, limit = self.rows(triples)
        reduced = scale * self.slope + matrix.T @ y
        bound = scale * self.constant - float(y @ limit) + float(np.minimum(reduced, 0.0).sum())
        penalty = np.zeros((self.n, self.n))
        penalty[self.first, self.second], penalty[self.second, self.first] = np.maximum(reduced, 0.0), np.maximum(-reduced, 0.0)
        return bound, penalty


def violated(x: Floats, most: int) -> Ints:
    """Triangle constraints X_ij + X_jk + X_ki ≤ 2 that X breaks, the worst of each pair i, j.

    Parameters
    ----------
    x : ndarray of float, shape (n, n)
        X_ij + X_ji = 1.
    most : int
        How many to return at most, the most violated.

    Returns
    -------
    ndarray of int, shape (t, 3)
        Triples (i, j, k), i the smallest.
    """
    n = len(x)
    worst, third = np.empty((n, n)), np.empty((n, n), dtype=np.int64)
    with_self = x + np.diag(np.full(n, -np.inf))
    for i in range(n):
        through = with_self + with_self[:, i]  # [j, k]: X_jk + X_ki
        third[i] = np.argmax(through, axis=1)
        worst[i] = with_self[i] + through[np.arange(n), third[i]]
    first, second = np.nonzero(worst > 2.0 + _VIOLATED)
    triples = np.stack([first, second, third[first, second]], axis=1)
    size = worst[first, second]
    turn = np.argmin(triples, axis=1)
    triples = np.take_along_axis(triples, (turn[:, None] + np.arange(3)) % 3, axis=1)
    triples, kept = np.unique(triples, axis=0, return_index=True)
    return np.asarray(triples[np.argsort(-size[kept], kind="stable")[:most]], dtype=np.int64)


def relax(cost: Floats, order: Ints, unit: float, deadline: float) -> Relaxation:
    """Solve the relaxation until it proves the best order optimal or all triangle constraints hold.

    Parameters
    ----------
    cost : ndarray of float, shape (n, n)
        Whole numbers ≥ 0: what it costs to put the row before the column.
    order : ndarray of int, shape (n,)
        A good order to start from.
    unit : float
        Costs of orders are multiples of it.
    deadline : float
        Reading of the monotonic clock, in seconds, after which to give up.

    Returns
    -------
    Relaxation
        With the best bound and the best order met.

    Raises
    ------
    ConvergenceError
        If the linear program has no solution, which cannot be.
    """
    n = len(cost)
    program = PairProgram(cost)
    scale = next(s for s in _SCALES if s == 1.0 or s * (1.0 + cost.sum()) * n < _WHOLE)
    best, least = order, order_cost(cost, order)
    most = max(int(_CUTS_PER_PAIR * len(program.first)), 3)
    pool = violated(program.square((program.slope < 0).astype(np.float64)), most)
    bound, penalty = program.split(pool[:0], np.zeros(0), scale)
    held = (bound, penalty, pool[:0], np.zeros(0))
    stalled = 0
    while stalled < _STALLED and scale * (least - unit) >= held[0]:
        matrix, limit = program.rows(pool)
        left = deadline - monotonic()
        if left <= 0:
            break
        found = linprog(  # type: ignore[call-overload]
            program.slope, A_ub=matrix, b_ub=limit, bounds=(0.0, 1.0), method="highs", options={"time_limit": left}
        )
        if found.status == 1:
            break
        if found.status != 0:
            raise ConvergenceError("E-CONV", iterations=0, gradient=float("nan"))
        y = np.rint(scale * np.maximum(-found.ineqlin.marginals, 0.0))
        exact = scale * np.abs(program.slope).sum() + 3.0 * y.sum() < _LARGEST
        bound, penalty = program.split(pool, y, scale) if exact else held[:2]
        stalled = stalled + 1 if bound <= held[0] else 0
        if bound > held[0]:
            held = (bound, penalty, pool[y > 0], y[y > 0])
        x = program.square(found.x)
        rounded = improved(cost, np.argsort(-x.sum(axis=1), kind="stable"))
        if order_cost(cost, rounded) < least:
            best, least = rounded, order_cost(cost, rounded)
        more = violated(x, most)
        if not len(more):
            return Relaxation(scale, *held, pool, best, least, complete=True)
        idle = (limit - matrix @ found.x >= 0.5) & (stalled == 0)  # dropping them for good could go round in circles
        pool = np.unique(np.concatenate([pool[~idle], more]), axis=0)
    return Relaxation(scale, *held, pool, best, least, complete=False)
