"""Rules of a grading written as rows of a program over thresholds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

import numpy as np
from scipy import sparse
from scipy.optimize import LinearConstraint

from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.grading.order_rules import OrderRules

PERSON = 1000.0  # a rule about a person gives way only where a thousand seats would


def _no_order() -> OrderRules:
    return OrderRules((), np.zeros((0, 2), dtype=np.int64))


@dataclass(frozen=True, eq=False)
class GradeRules:
    """What grades must hold to.

    Attributes
    ----------
    allowed : ndarray of bool, shape (n, B)
        Grades open to each person: locks, floors and caps.
    company : ndarray of int, shape (B, 2)
        Fewest and most people in each grade.
    unit : ndarray of int, shape (n,)
        Unit of each person; −1: none.
    unit_ranges : ndarray of int, shape (G, B, 2)
        Fewest and most people of a unit in each grade.
    order : OrderRules
        Who must not be graded below whom.
    most_moves : int or None
        Most people whose grade may change.
    """

    allowed: Bools
    company: Ints
    unit: Ints
    unit_ranges: Ints
    order: OrderRules = field(default_factory=_no_order)
    most_moves: int | None = None
    current: Ints | None = None

    @classmethod
    def of(
        cls,
        allowed: Bools,
        company: Ints,
        *,
        unit: Ints | None = None,
        unit_ranges: Ints | None = None,
        order: OrderRules | None = None,
        most_moves: int | None = None,
        current: Ints | None = None,
    ) -> Self:
        """Fill in what is not asked."""
        n, n_grades = allowed.shape
        unit = np.full(n, -1, dtype=np.int64) if unit is None else unit
        ranges = np.zeros((0, n_grades, 2), dtype=np.int64) if unit_ranges is None else unit_ranges
        return cls(allowed, company, unit, ranges, _no_order() if order is None else order, most_moves, current)


@dataclass(frozen=True, eq=False)
class Layout:
    """Variables and rows: thresholds z (n × (B − 1)), slacks of the ranges, and what lets persons out of their rules.

    Without the order of persons and a limit on moves the rows are those of a flow (person → grade in the unit → grade), whose
    relaxation has whole solutions.
    """

    n: int
    n_grades: int
    low: Floats
    high: Floats
    integral: Ints
    rows: LinearConstraint
    slack: slice
    slack_cost: Floats
    conflict_cost: Floats
    freedom: int | None

    @property
    def thresholds(self) -> slice:
        """Where z is."""
        return slice(0, self.n * (self.n_grades - 1))

    def grades(self, x: Floats) -> Ints:
        """Read grades: one less for each threshold reached."""
        z = x[self.thresholds].reshape(self.n, self.n_grades - 1)
        grade: Ints = (self.n_grades - 1 - z.sum(axis=1)).astype(np.int64)
        return grade

    def grade_cost(self, cost: Floats) -> tuple[Floats, float]:
        """Σ c_ib x_ib as a function of the thresholds, x_ib = z_ib − z_i,b−1, and its constant."""
        out = np.zeros(len(self.low))
        out[self.thresholds] = (cost[:, :-1] - cost[:, 1:]).ravel()
        return out, float(cost[:, -1].sum())


class _Rows:
    """Rows of a sparse matrix, put together piece by piece."""

    def __init__(self) -> None:
        self.row: list[Ints] = []
        self.column: list[Ints] = []
        self.value: list[Floats] = []
        self.low: list[Floats] = []
        self.high: list[Floats] = []
        self.count = 0

    def add(self, low: Floats | float, high: Floats | float, size: int, *terms: tuple[Ints, Ints, float]) -> None:
        """Add rows; a term is (row within these, column, coefficient)."""
        for row, column, value in terms:
            self.row.append(row + self.count)
            self.column.append(column)
            self.value.append(np.full(len(row), value))
        self.low.append(np.broadcast_to(np.asarray(low, dtype=float), size))
        self.high.append(np.broadcast_to(np.asarray(high, dtype=float), size))
        self.count += size

    def constraint(self, n_columns: int) -> LinearConstraint:
        if not self.count:
            return LinearConstraint(sparse.csr_array((1, n_columns)), -np.inf, np.inf)
        parts = (np.concatenate(self.value), (np.concatenate(self.row), np.concatenate(self.column)))
        matrix = sparse.csr_array(parts, shape=(self.count, n_columns))
        return LinearConstraint(matrix, np.concatenate(self.low), np.concatenate(self.high))


def layout(rules: GradeRules, *, elastic: bool = False) -> Layout:
    """Write all rules but the order down; ``elastic`` lets persons out of locks and order at a price."""
    n, n_grades = rules.allowed.shape
    steps = n_grades - 1
    n_ranges = 2 * (n_grades + rules.unit_ranges.shape[0] * n_grades)
    start_slack = n * steps
    start_free = start_slack + n_ranges
    total = start_free + (2 * n if elastic else 0)
    rows = _Rows()
    z = np.arange(n * steps).reshape(n, steps)
    if steps > 1:
        one = np.arange(n * (steps - 1))
        rows.add(-np.inf, 0.0, len(one), (one, z[:, :-1].ravel(), 1.0), (one, z[:, 1:].ravel(), -1.0))
    _ranges(rows, rules, z, start_slack)
    low, high = np.zeros(total), np.ones(total)
    high[start_slack:start_free] = n
    if elastic:
        _fences(rows, rules, z, start_free)
    else:
        _fixed(low, high, rules, z)
    if rules.most_moves is not None and rules.current is not None:
        _moves(rows, rules, z)
    integral = np.zeros(total, dtype=np.int64)
    integral[: n * steps] = 1
    integral[start_free:] = 1
    slack_cost, conflict = np.zeros(total), np.zeros(total)
    slack_cost[start_slack:start_free] = 1.0
    conflict[start_slack:start_free] = 1.0
    conflict[start_free:] = PERSON
    return Layout(
        n,
        n_grades,
        low,
        high,
        integral,
        rows.constraint(total),
        slice(start_slack, start_free),
        slack_cost,
        conflict,
        start_free if elastic else None,
    )


def not_below(pairs: Ints, frame: Layout) -> LinearConstraint:
    """z_i ≥ z_j at every threshold, for pairs (i, j); where the layout is elastic, person i can be let out."""
    rows, steps = _Rows(), frame.n_grades - 1
    z = np.arange(frame.n * steps).reshape(frame.n, steps)
    upper, lower = z[pairs[:, 0]], z[pairs[:, 1]]
    one = np.arange(upper.size)
    terms = [(one, upper.ravel(), 1.0), (one, lower.ravel(), -1.0)]
    if frame.freedom is not None:
        terms.append((one, np.repeat(frame.freedom + frame.n + pairs[:, 0], steps), 1.0))
    rows.add(0.0, np.inf, len(one), *terms)
    return rows.constraint(len(frame.low))


def _ranges(rows: _Rows, rules: GradeRules, z: Ints, start: int) -> None:
    """People in each grade, of everybody and of each unit, less the excess and plus what is short, within the range."""
    n_grades = rules.allowed.shape[1]
    sets = [(np.arange(len(z)), rules.company)]
    by_unit = np.argsort(rules.unit, kind="stable")
    bounds = np.searchsorted(rules.unit[by_unit], np.arange(len(rules.unit_ranges) + 1))
    sets += [(by_unit[bounds[g] : bounds[g + 1]], ranges) for g, ranges in enumerate(rules.unit_ranges)]
    for people, ranges in sets:
        for b in range(n_grades):
            short, over = start, start + 1
            start += 2
            zero = np.zeros(len(people), dtype=np.int64)
            terms = []
            if b < n_grades - 1:
                terms.append((zero, z[people, b], 1.0))
            if b > 0:
                terms.append((zero, z[people, b - 1], -1.0))
            constant = len(people) if b == n_grades - 1 else 0
            low, high = float(ranges[b, 0] - constant), float(ranges[b, 1] - constant)
            one = np.zeros(1, dtype=np.int64)
            rows.add(low, high, 1, *terms, (one, np.array([short]), 1.0), (one, np.array([over]), -1.0))


def _fixed(low: Floats, high: Floats, rules: GradeRules, z: Ints) -> None:
    """Thresholds that every grade open to a person is on one side of; open grades must be neighbours."""
    best, worst = open_grades(rules.allowed)
    steps = np.arange(z.shape[1])
    low[z[steps[None, :] >= worst[:, None]]] = 1.0  # reached even in the worst grade open
    high[z[steps[None, :] < best[:, None]]] = 0.0


def open_grades(allowed: Bools) -> tuple[Ints, Ints]:
    """Best and worst grade open to each person; all of them where none is."""
    none = ~allowed.any(axis=1)
    best, worst = allowed.argmax(axis=1), allowed.shape[1] - 1 - allowed[:, ::-1].argmax(axis=1)
    return np.where(none, 0, best), np.where(none, allowed.shape[1] - 1, worst)


def _fences(rows: _Rows, rules: GradeRules, z: Ints, start: int) -> None:
    """The same as rows that a person can be let out of."""
    best, worst = open_grades(rules.allowed)
    steps = np.arange(z.shape[1])
    for person, b in zip(*np.nonzero(steps[None, :] >= worst[:, None]), strict=True):
        one = np.zeros(1, dtype=np.int64)
        rows.add(1.0, np.inf, 1, (one, z[person, [b]], 1.0), (one, np.array([start + person]), 1.0))
    for person, b in zip(*np.nonzero(steps[None, :] < best[:, None]), strict=True):
        one = np.zeros(1, dtype=np.int64)
        rows.add(-np.inf, 0.0, 1, (one, z[person, [b]], 1.0), (one, np.array([start + person]), -1.0))


def _moves(rows: _Rows, rules: GradeRules, z: Ints) -> None:
    """Σ (1 − x_i at the current grade) ≤ the most moves."""
    current = np.full(len(z), -1) if rules.current is None else rules.current
    known = np.flatnonzero(current >= 0)
    upper = known[current[known] < z.shape[1]]
    lower = known[current[known] > 0]
    last = int((current[known] == z.shape[1]).sum())
    stay = float(len(known) - int(rules.most_moves or 0) - last)
    zero_u, zero_l = np.zeros(len(upper), dtype=np.int64), np.zeros(len(lower), dtype=np.int64)
    rows.add(stay, np.inf, 1, (zero_u, z[upper, current[upper]], 1.0), (zero_l, z[lower, current[lower] - 1], -1.0))
