"""Grades for everybody under quotas, ranges, locks and the order of the evidence: fewest relaxations, then moves, then cost.

Each grade is written by its threshold, z_ib = 1 if person i has grade b or a better one, so that "not below" is z_j ≤ z_i at every
threshold and the linear relaxation is nearly whole. No status of the solver is trusted: the rounded solution is checked against every
rule again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import monotonic

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from rankkit.errors import SolverError
from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.grading.grade_by_unit import solve_by_unit
from rankkit.kernels.grading.grade_rows import PERSON, GradeRules, Layout, layout, not_below, open_grades
from rankkit.kernels.grading.unit_columns import Limits

_OPTIMAL, _TIME, _INFEASIBLE = 0, 1, 2  # statuses of scipy.optimize.milp
_WHOLE = 1e-5  # how far HiGHS lets an integer be from one
_HALF = 0.5
_FIRST_PART = 0.7  # of the time for the way by unit
_AT_ONCE = 500  # people up to whom all pairs are rows from the start where rules conflict
_OTHER_SECONDS = 10.0  # time to look for another solution as good
_EQUAL = 1e-6  # costs this close are equal


@dataclass(frozen=True, eq=False)
class Graded:
    """A solution.

    Attributes
    ----------
    grade : ndarray of int, shape (n,)
        0 is the best.
    company_slack : ndarray of int, shape (B,)
        People beyond (positive) or short of (negative) the range of each grade.
    unit_slack : ndarray of int, shape (G, B)
        The same by unit.
    freed, overtaken : ndarray of int
        People who had to be let out of the grades allowed them; people left below somebody clearly worse. Empty if the rules
        agree with each other.
    moves : int
        People whose grade is not the current one.
    cost : float
        Sum of the costs of the grades given.
    other : ndarray of int or None
        Another solution as good.
    unique : bool or None
        Whether there is none; None if it was not asked or time ran out.
    proved : bool
        Whether no solution is better; False if time ran out before that was shown.
    """

    grade: Ints
    company_slack: Ints
    unit_slack: Ints
    freed: Ints
    overtaken: Ints
    moves: int
    cost: float
    other: Ints | None = None
    unique: bool | None = None
    proved: bool = True


def solve(cost: Floats, current: Ints, rules: GradeRules, *, look_for_other: bool = True, seconds: float = 60.0) -> Graded:
    r"""Find grades with the least total slack of the ranges, then the fewest moves, then the least cost.

    .. math:: \min_\text{lex}\ \Big(\sum_k s_k,\ \sum_i (1 - x_{i b_0(i)}),\ \sum_{ib} c_{ib} x_{ib}\Big)

    Parameters
    ----------
    cost : ndarray, shape (n, B)
        Cost of giving a person a grade, e.g. minus the log of its probability.
    current : ndarray of int, shape (n,)
        Grades moves are counted from; −1: none.
    rules : GradeRules
        What must hold.
    look_for_other : bool
        Whether to look for another solution as good.
    seconds : float
        Time for all programs together.

    Returns
    -------
    Graded

    Raises
    ------
    SolverError
        ``E-SOLVER`` if time ran out or a solution does not hold when it is checked.

    References
    ----------
    Huangfu & Hall (2018), Mathematical Programming Computation 10, 119–142, for the solver.

    Examples
    --------
    >>> import numpy as np
    >>> cost = -np.log([[0.7, 0.3], [0.6, 0.4], [0.1, 0.9]])
    >>> rules = GradeRules.of(np.ones((3, 2), bool), company=np.array([[1, 1], [2, 2]]))
    >>> solve(cost, np.array([1, 0, 1]), rules).grade, solve(cost, np.full(3, -1), rules).grade
    (array([1, 0, 1]), array([0, 1, 1]))
    """
    deadline = monotonic() + seconds
    if not _agree(rules):
        return _conflict(cost, current, rules, deadline, look_for_other=look_for_other)
    quick = solve_by_unit(cost, current, rules, monotonic() + _FIRST_PART * seconds, look_for_other=look_for_other)
    if quick is not None:
        empty = np.bincount(rules.unit[rules.unit >= 0], minlength=len(rules.unit_ranges)) == 0
        missing = int(rules.unit_ranges[empty, :, 0].sum())  # people that units without any are short of
        limits = replace(quick.limits, slack=(quick.limits.slack or 0) + missing)
        found = _verified(_described(quick.grade, cost, current, rules), rules, limits)
        return replace(found, other=quick.other, unique=quick.unique, proved=quick.proved)
    task = _Task(rules, layout(rules), deadline)
    frame = task.frame
    price, _ = frame.grade_cost(cost)
    moving, _ = frame.grade_cost(_moved(current, cost.shape[1]))
    task.rigid = True
    x = task.least(moving)
    if x is None:
        task.rigid = False
        x = task.least(frame.slack_cost)
        if x is not None:
            task.spend(frame.slack_cost, float(np.round(frame.slack_cost @ x)))
            x = task.must(moving)
    if x is None:  # persons may have to be let out of their rules to keep the limit on moves
        return _conflict(cost, current, rules, deadline, look_for_other=look_for_other)
    if (current >= 0).any():
        task.spend(moving, float(np.round(moving @ x)))
    try:
        x = task.must(price)
    except SolverError:
        if monotonic() < deadline:
            raise
        task.proved = False  # the fewest moves stand; no time was left for the cost
    found = replace(_checked(x, frame, cost, current, rules), proved=task.proved)
    if not look_for_other or not task.proved:
        return found
    return _with_other(found, task, cost, price, float(price @ x))


def _with_other(found: Graded, task: _Task, cost: Floats, objective: Floats, value: float) -> Graded:
    """Look for a solution as good that shares the fewest grades with the one found; not known if time runs out."""
    task.spend(objective, value + _EQUAL * (1 + abs(value)) - _HALF)
    task.deadline = min(task.deadline, monotonic() + _OTHER_SECONDS)
    same, _ = task.frame.grade_cost((np.arange(cost.shape[1])[None, :] == found.grade[:, None]).astype(float))
    try:
        other = task.frame.grades(np.round(task.must(same)))
    except SolverError:
        return replace(found, unique=None)
    differs = bool((other != found.grade).any())
    return replace(found, other=other if differs else None, unique=not differs)


def _agree(rules: GradeRules) -> bool:
    """Whether some grades keep all rules about persons and the order, whatever the ranges."""
    if not rules.allowed.any(axis=1).all():
        return False
    grade, worst = open_grades(rules.allowed)
    while True:  # everybody as good as can be, and nobody above somebody clearly better
        better, worse = rules.order.broken(grade).T
        if not len(worse):
            return bool((grade <= worst).all())
        grade = grade.copy()
        np.maximum.at(grade, worse, grade[better])


def _moved(current: Ints, n_grades: int) -> Floats:
    """One for each grade that is a move."""
    moved: Floats = (np.arange(n_grades)[None, :] != current[:, None]).astype(float)
    moved[current < 0] = 0.0
    return moved


class _Task:
    """Programs over the same rules, one after another; order rules are added as they are broken."""

    def __init__(self, rules: GradeRules, frame: Layout, deadline: float) -> None:
        self.rules, self.frame, self.deadline = rules, frame, deadline
        self.rigid = False
        self.pool = rules.order.covers()
        self.proved = True
        self.spent: list[LinearConstraint] = []

    def spend(self, objective: Floats, value: float) -> None:
        """Hold what an objective reached, in whole numbers."""
        self.spent.append(LinearConstraint(objective[None, :], -np.inf, value + _HALF))

    def must(self, objective: Floats) -> Floats:
        """Solve a program that has a solution, as one before it had."""
        x = self.least(objective)
        if x is None:
            raise SolverError("E-SOLVER", reason="a program became infeasible", n=self.frame.n)
        return x

    def least(self, objective: Floats) -> Floats | None:
        """Solve one program; None if it has no solution."""
        high = self.frame.high.copy()
        if self.rigid:
            high[self.frame.slack] = 0.0
        while True:
            x = self._solved(objective, Bounds(self.frame.low, high))
            if x is None:
                return None
            pairs = self.rules.order.broken(self.frame.grades(np.round(x)))
            if self.frame.freedom is not None and len(pairs):
                pairs = pairs[x[self.frame.freedom + self.frame.n + pairs[:, 0]] < _HALF]
            if not len(pairs):
                return x
            self.pool = np.unique(np.concatenate([self.pool, pairs]), axis=0)

    def _solved(self, objective: Floats, bounds: Bounds) -> Floats | None:
        left = self.deadline - monotonic()
        if left <= 0:
            raise SolverError("E-SOLVER", reason="time ran out", n=self.frame.n)
        ordered = [not_below(self.pool, self.frame)] if len(self.pool) else []
        for presolve in (True, False):  # presolve can fail where the solver does not
            found = milp(
                objective,
                integrality=self.frame.integral,
                bounds=bounds,
                constraints=[self.frame.rows, *ordered, *self.spent],
                options={"time_limit": left, "mip_rel_gap": 0.0, "presolve": presolve},
            )
            if found.x is not None or found.status in (_TIME, _INFEASIBLE):
                break
        if found.status == _INFEASIBLE:
            return None
        if found.x is None or found.status not in (_OPTIMAL, _TIME):
            raise SolverError("E-SOLVER", reason=str(found.message), n=self.frame.n)
        self.proved = self.proved and found.status == _OPTIMAL
        x: Floats = np.asarray(found.x, dtype=np.float64)
        return x


def _checked(x: Floats, frame: Layout, cost: Floats, current: Ints, rules: GradeRules) -> Graded:
    """Read a solution as grades, and check every rule on them."""
    z = x[frame.thresholds]
    if np.abs(z - np.round(z)).max(initial=0.0) > _WHOLE:
        raise SolverError("E-SOLVER", reason="a solution is not whole", n=len(cost))
    grade = frame.grades(np.round(x))
    found = _described(grade, cost, current, rules)
    return _verified(found, rules, Limits(round(float(frame.slack_cost @ x)), rules.most_moves))


def _verified(found: Graded, rules: GradeRules, limits: Limits) -> Graded:
    """Check ranges, the rules about persons and the limits on moves on the grades themselves."""
    total = int(np.abs(found.company_slack).sum() + np.abs(found.unit_slack).sum())
    beyond = any(most is not None and found.moves > most for most in (limits.moves, rules.most_moves))
    if len(found.freed) or len(found.overtaken) or beyond or (limits.slack is not None and total > limits.slack):
        raise SolverError("E-SOLVER", reason="a solution does not hold when it is checked", n=len(found.grade))
    return found


def _described(grade: Ints, cost: Floats, current: Ints, rules: GradeRules) -> Graded:
    """Count what grades use, break and cost."""
    n, n_grades = cost.shape
    counts = np.bincount(grade, minlength=n_grades)
    by_unit = np.zeros((len(rules.unit_ranges), n_grades), dtype=np.int64)
    inside = rules.unit >= 0
    np.add.at(by_unit, (rules.unit[inside], grade[inside]), 1)
    return Graded(
        grade=grade,
        company_slack=_outside(counts, rules.company),
        unit_slack=_outside(by_unit, rules.unit_ranges),
        freed=np.flatnonzero(~rules.allowed[np.arange(n), grade]),
        overtaken=np.unique(rules.order.broken(grade)[:, 0]),
        moves=int(((grade != current) & (current >= 0)).sum()),
        cost=float(cost[np.arange(n), grade].sum()),
    )


def _outside(counts: Ints, ranges: Ints) -> Ints:
    """People beyond (positive) or short of (negative) ranges."""
    out: Ints = np.maximum(counts - ranges[..., 1], 0) - np.maximum(ranges[..., 0] - counts, 0)
    return out


def _conflict(cost: Floats, current: Ints, rules: GradeRules, deadline: float, *, look_for_other: bool) -> Graded:
    """Let the fewest persons out of rules about persons, then as any grading; say who they are."""
    start = monotonic()
    task = _Task(rules, layout(rules, elastic=True), start + _FIRST_PART * (deadline - start))
    task.pool = task.pool if len(cost) <= _AT_ONCE else rules.order.pairs[:0]
    frame = task.frame
    price, _ = frame.grade_cost(cost)
    moving, _ = frame.grade_cost(_moved(current, cost.shape[1]))
    try:
        x = _possible(task.least(frame.conflict_cost), len(cost))
        spent = round(float(frame.conflict_cost @ x))
        task.spend(frame.conflict_cost, float(spent))
        if (current >= 0).any():
            task.spend(moving, float(np.round(moving @ task.must(moving))))
        x = task.must(price)
    except SolverError:
        if monotonic() < task.deadline:
            raise
        return _persons_first(cost, current, rules, deadline)
    found = replace(_described(frame.grades(np.round(x)), cost, current, rules), proved=task.proved)
    blocked = int((~rules.allowed.any(axis=1)).sum())
    total = int(np.abs(found.company_slack).sum() + np.abs(found.unit_slack).sum())
    beyond = rules.most_moves is not None and found.moves > rules.most_moves
    if beyond or PERSON * (len(found.freed) - blocked + len(found.overtaken)) + total > spent + _HALF:
        raise SolverError("E-SOLVER", reason="a solution does not hold when it is checked", n=len(cost))
    return _with_other(found, task, cost, price, float(price @ x)) if look_for_other and task.proved else found


def _possible(x: Floats | None, n: int) -> Floats:
    if x is None:  # every rule about persons can give way, the limit on moves cannot
        raise SolverError("E-SOLVER", reason="more moves are needed than are allowed", n=n)
    return x


def _persons_first(cost: Floats, current: Ints, rules: GradeRules, deadline: float) -> Graded:
    """Settle who is let out before ranges and moves are looked at: quicker, not proved to be the best."""
    n, n_grades = cost.shape
    alone = GradeRules.of(rules.allowed, np.tile([0, n], (n_grades, 1)), order=rules.order)
    task = _Task(alone, layout(alone, elastic=True), deadline)
    task.pool = rules.order.pairs[:0]
    x = task.must(task.frame.conflict_cost)
    let_out = x[task.frame.conflict_cost > 1.0].reshape(2, n) > _HALF
    blocked = ~rules.allowed.any(axis=1)
    freer = replace(rules, allowed=rules.allowed | (let_out[0] | blocked)[:, None], order=rules.order.without(np.flatnonzero(let_out[1])))
    if not let_out.any() and not blocked.any():
        raise SolverError("E-SOLVER", reason="time ran out", n=n)
    grade = solve(cost, current, freer, look_for_other=False, seconds=deadline - monotonic()).grade
    return replace(_described(grade, cost, current, rules), proved=False)
