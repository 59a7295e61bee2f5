"""The best grading of a unit that has not been listed: what proves that those listed are enough."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from rankkit.kernels.arrays import Bools, Floats
from rankkit.kernels.grading.grade_rows import GradeRules, layout, not_below
from rankkit.kernels.grading.unit_gradings import UnitOrder

_OPTIMAL, _INFEASIBLE = 0, 2  # statuses of scipy.optimize.milp
_DEAR = 1e5  # price of a grading there is not


def least_outside(
    rules: GradeRules,
    units: Sequence[UnitOrder],
    opened: Bools,
    price: Floats,
    slack: tuple[float, int],
    *,
    whole_grades: bool,
    seconds: float,
) -> tuple[list[float], Floats] | None:
    """Find the least price of a grading in which somebody has a grade not looked at, of each unit.

    Parameters
    ----------
    rules : GradeRules
    units : sequence of UnitOrder
        One where ``whole_grades``; several units are one program.
    opened : ndarray of bool, shape (n, B)
        Grades looked at.
    price : ndarray, shape (n, B)
        Of each grade of each person.
    slack : (float, int)
        Price of a person beyond or short of a range, and the most a range may be missed by.
    whole_grades : bool
        Whether to solve the whole program, or its linear relaxation, whose value is a bound.
    seconds : float

    Returns
    -------
    bounds : list of float
        One a unit; inf, or very dear, where there is no such grading.
    weights : ndarray, shape (people, B)
        Of each grade in the solution.
    None if time ran out.
    """
    by_slack, width = slack
    people = np.concatenate([one.people for one in units])
    unit = np.repeat(np.arange(len(units)), [len(one.people) for one in units])
    start = np.searchsorted(unit, np.arange(len(units)))
    pairs = np.concatenate([one.pairs() + at for one, at in zip(units, start, strict=True)])
    n, n_grades = len(people), opened.shape[1]
    free = np.tile([0, n], (n_grades, 1))
    ranges = np.stack([free if one.code < 0 else rules.unit_ranges[one.code] for one in units])
    frame = layout(GradeRules.of(rules.allowed[people], free, unit=unit, unit_ranges=ranges))
    high = frame.high.copy()
    high[frame.slack] = width
    none = len(high) + np.arange(len(units))  # one each, dear: the unit has no such grading
    shut = np.zeros((len(units), len(high) + len(units)))
    shut[np.arange(len(units)), none] = 1.0
    base = np.zeros(len(units))
    for k in range(len(units)):
        shut[k, : len(high)], base[k] = frame.grade_cost(((unit == k)[:, None] & ~opened[people]).astype(np.float64))
    rows = [frame.rows, *([not_below(pairs, frame)] if len(pairs) else [])]
    empty = np.zeros(len(units))
    padded = [LinearConstraint(_padded(row.A, len(units)), row.lb, row.ub) for row in rows]
    objective, _ = frame.grade_cost(price[people])
    found = milp(
        np.concatenate([objective + by_slack * frame.slack_cost, empty + _DEAR]),
        integrality=np.concatenate([frame.integral, empty]) if whole_grades else None,
        bounds=Bounds(np.concatenate([frame.low, empty]), np.concatenate([high, empty + 1.0])),
        constraints=[*padded, LinearConstraint(sparse.csr_array(shut), 1.0 - base, np.inf)],
        options={"time_limit": seconds, "mip_rel_gap": 0.0},
    )
    if found.status == _INFEASIBLE:  # a unit has no grading at all
        return [np.inf] * len(units), np.zeros((n, n_grades))
    if found.x is None or (found.status != _OPTIMAL and not whole_grades):
        return None
    z = np.column_stack([found.x[frame.thresholds].reshape(n, n_grades - 1), np.ones(n)])
    given = np.diff(z, axis=1, prepend=0.0)
    if whole_grades:
        bound = found.fun if found.mip_dual_bound is None else found.mip_dual_bound
        return [float(bound) + float(price[people, -1].sum())], given
    of_people = np.bincount(unit, (given * price[people]).sum(axis=1))
    gaps = found.x[frame.slack].reshape(-1, 2 * n_grades)[1:].sum(axis=1)
    return (of_people + by_slack * gaps + _DEAR * found.x[none]).tolist(), given


def _padded(given: Any, columns: int) -> sparse.csr_array:
    """Add columns of zeros."""
    matrix = sparse.csr_array(given)
    return sparse.csr_array((matrix.data, matrix.indices, matrix.indptr), shape=(matrix.shape[0], matrix.shape[1] + columns))
