"""One grading for each unit so that together they keep the totals: the program over columns, and the prices it sets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from rankkit.errors import SolverError
from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.grading.unit_paths import Paths

_OPTIMAL, _INFEASIBLE, _TIME = 0, 2, 1  # statuses of scipy.optimize


@dataclass(frozen=True)
class Limits:
    """Most people beyond or short of ranges, and most moves; None: no limit."""

    slack: int | None
    moves: int | None


@dataclass(frozen=True, eq=False)
class Prices:
    """Value of the linear program and what it would pay for one more of each.

    Attributes
    ----------
    value : float
    over : float
        People beyond the limits.
    by_unit : ndarray, shape (G,)
    by_grade : ndarray, shape (B,)
    by_slack, by_move : float
    """

    value: float
    over: float
    by_unit: Floats
    by_grade: Floats
    by_slack: float
    by_move: float


def _rows(paths: Paths, moves: Floats, n_units: int, company: Ints, limits: Limits) -> tuple[sparse.csr_array, Floats, Floats]:
    """Columns: a path each, people short of and beyond each grade's range, people beyond the two limits."""
    n, n_grades = len(paths.unit), len(company)
    at = np.arange(n)
    one = sparse.csr_array((np.ones(n), (paths.unit, at)), shape=(n_units, n))
    body = sparse.vstack([one, sparse.csr_array(np.vstack([paths.counts.T, paths.slack, moves]).astype(float))])
    gaps = np.zeros((n_units + n_grades + 2, 2 * n_grades + 2))
    gaps[n_units : n_units + n_grades, :n_grades] = np.eye(n_grades)
    gaps[n_units : n_units + n_grades, n_grades : 2 * n_grades] = -np.eye(n_grades)
    gaps[-2, : 2 * n_grades] = 1.0
    gaps[-2, -2] = gaps[-1, -1] = -1.0
    low = np.concatenate([np.ones(n_units), company[:, 0], [-np.inf, -np.inf]])
    bounds = [np.inf if limit is None else float(limit) for limit in (limits.slack, limits.moves)]
    high = np.concatenate([np.ones(n_units), company[:, 1], bounds])
    return sparse.csr_array(sparse.hstack([body, sparse.csr_array(gaps)])), low, high


def relaxed(
    objective: Floats, paths: Paths, moves: Floats, company: Ints, limits: Limits, slack_price: float, n_units: int, penalty: float
) -> Prices:
    """Solve the linear program over the columns there are; limits that cannot be kept are passed.

    Parameters
    ----------
    objective, moves : ndarrays, shape (P,)
        Of each path.
    paths : Paths
    company : ndarray of int, shape (B, 2)
    limits : Limits
    slack_price : float
        Of a person beyond or short of a range of everybody.
    n_units : int
    penalty : float
        Of a person beyond a limit.

    Returns
    -------
    Prices

    Raises
    ------
    SolverError
        If the program is not solved.
    """
    matrix, low, high = _rows(paths, moves, n_units, company, limits)
    used = np.isfinite(high)
    both = low == high
    upper, lower = used & ~both, np.isfinite(low) & ~both
    cost = np.concatenate([objective, np.full(2 * len(company), slack_price), [penalty, penalty]])
    found = linprog(
        cost,
        A_ub=sparse.vstack([matrix[upper], -matrix[lower]]),
        b_ub=np.concatenate([high[upper], -low[lower]]),
        A_eq=matrix[both],
        b_eq=low[both],
        method="highs-ds",
    )
    if found.status != _OPTIMAL or found.x is None or found.fun is None:
        raise SolverError("E-SOLVER", reason=str(found.message), n=n_units)
    over = float(found.x[-2:].sum())
    dual = np.zeros(len(low))
    dual[both] = found.eqlin.marginals
    dual[upper] += found.ineqlin.marginals[: int(upper.sum())]
    dual[lower] -= found.ineqlin.marginals[int(upper.sum()) :]
    return Prices(float(found.fun), over, dual[:n_units], dual[n_units:-2], float(dual[-2]), float(dual[-1]))


def whole(
    objective: Floats,
    paths: Paths,
    moves: Floats,
    company: Ints,
    limits: Limits,
    n_units: int,
    seconds: float,
    also: tuple[Floats, float] | None = None,
) -> tuple[Ints | None, bool]:
    """Choose one path a unit, least in sum; None if there is no choice that keeps the limits; and whether that is proved.

    ``also`` is a further value of each path and the most its sum may be.

    Raises
    ------
    SolverError
        If the program is not solved.
    """
    matrix, low, high = _rows(paths, moves, n_units, company, limits)
    n, n_gaps = len(objective), 2 * len(company)
    top = np.concatenate([np.ones(n), np.full(n_gaps, np.inf if limits.slack is None else float(limits.slack)), [0.0, 0.0]])
    rows = [LinearConstraint(matrix, low, high)]
    if also is not None:
        rows.append(LinearConstraint(np.concatenate([also[0], np.zeros(n_gaps + 2)])[None, :], -np.inf, also[1]))
    found = milp(
        np.concatenate([objective, np.zeros(n_gaps + 2)]),
        integrality=np.concatenate([np.ones(n), np.zeros(n_gaps + 2)]),
        bounds=Bounds(0.0, top),
        constraints=rows,
        options={"time_limit": max(seconds, 0.01), "mip_rel_gap": 0.0},
    )
    if found.status == _INFEASIBLE:
        return None, True
    if found.x is None:
        if found.status == _TIME:
            return None, False
        raise SolverError("E-SOLVER", reason=str(found.message), n=n_units)
    chosen = np.flatnonzero(np.round(found.x[:n]) == 1.0)
    if len(chosen) != n_units or len(np.unique(paths.unit[chosen])) != n_units:
        raise SolverError("E-SOLVER", reason="a solution is not whole", n=n_units)
    return chosen, found.status == _OPTIMAL
