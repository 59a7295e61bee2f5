"""Grades by program: equal to trying everything, rules that conflict, other optima, and order rules."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from rankkit.errors import SolverError
from rankkit.kernels.covariance import Dense
from rankkit.kernels.grading.grade_program import solve
from rankkit.kernels.grading.grade_rows import GradeRules
from rankkit.kernels.grading.order_rules import OrderRules, clearly_apart

CLOSE = 1e-6  # sums of a few logarithms


def case(seed: int, n: int = 6, n_grades: int = 3, *, tight: bool = False) -> tuple[np.ndarray, np.ndarray, GradeRules]:
    rng = np.random.default_rng(seed)
    unit = rng.integers(0, 2, n)
    estimate = rng.normal(size=n)
    cost = -np.log(rng.dirichlet(np.ones(n_grades), n))
    current = rng.integers(0, n_grades, n)
    company = np.array([[1, 2], [1, 4], [1, 2]]) if not tight else np.array([[2, 2], [2, 2], [2, 2]])
    sizes = np.bincount(unit, minlength=2)
    ranges = np.stack([np.zeros((2, n_grades), dtype=int), np.repeat(np.ceil(sizes / 2)[:, None], n_grades, axis=1).astype(int)], axis=2)
    allowed = np.ones((n, n_grades), dtype=bool)
    allowed[0, 2] = allowed[1, 0] = False
    order = clearly_apart(estimate, Dense(np.eye(n) * 0.04), unit)
    return cost, current, GradeRules.of(allowed, company, unit=unit, unit_ranges=ranges, order=order)


def outside(counts: np.ndarray, ranges: np.ndarray) -> int:
    return int((np.maximum(counts - ranges[:, 1], 0) + np.maximum(ranges[:, 0] - counts, 0)).sum())


def everything(cost: np.ndarray, current: np.ndarray, rules: GradeRules) -> tuple[tuple[int, int, float], int]:
    """Try all gradings: the best by slack, moves, cost; and how many are as good."""
    n, n_grades = cost.shape
    best, ties = (10**6, 10**6, np.inf), 0
    for grade in map(np.array, product(range(n_grades), repeat=n)):
        if not rules.allowed[np.arange(n), grade].all() or len(rules.order.broken(grade)):
            continue
        slack = outside(np.bincount(grade, minlength=n_grades), rules.company)
        for g, ranges in enumerate(rules.unit_ranges):
            slack += outside(np.bincount(grade[rules.unit == g], minlength=n_grades), ranges)
        key = (slack, int((grade != current).sum()), float(cost[np.arange(n), grade].sum()))
        if key[:2] == best[:2] and abs(key[2] - best[2]) < CLOSE:
            ties += 1
        elif key < best:
            best, ties = key, 1
    return best, ties


@pytest.mark.parametrize("tight", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_equals_brute_force(seed: int, *, tight: bool) -> None:
    cost, current, rules = case(seed, tight=tight)
    found = solve(cost, current, rules)
    best, ties = everything(cost, current, rules)
    slack = int(np.abs(found.company_slack).sum() + np.abs(found.unit_slack).sum())
    assert (slack, found.moves) == best[:2]
    assert found.cost == pytest.approx(best[2], abs=CLOSE)
    assert found.proved
    assert found.unique is (ties == 1)


def test_another_solution_as_good_is_reported() -> None:
    cost = np.zeros((2, 2))
    found = solve(cost, np.full(2, -1), GradeRules.of(np.ones((2, 2), dtype=bool), np.array([[1, 1], [1, 1]])))
    assert found.unique is False
    assert found.other is not None
    assert sorted(found.other) == [0, 1]
    assert (found.other != found.grade).all()


def test_order_is_kept_where_people_are_clearly_apart() -> None:
    """Cheapest would be to grade the best person last; the toy does."""
    cost = np.array([[9.0, 0.0], [0.0, 9.0]])
    company = np.array([[1, 1], [1, 1]])
    rules = GradeRules.of(
        np.ones((2, 2), dtype=bool), company, order=clearly_apart(np.array([2.0, 0.0]), Dense(np.eye(2) * 0.01), np.zeros(2, int))
    )
    assert list(solve(cost, np.full(2, -1), GradeRules.of(np.ones((2, 2), dtype=bool), company)).grade) == [1, 0]
    assert list(solve(cost, np.full(2, -1), rules).grade) == [0, 1]


def test_quotas_yield_before_persons_and_say_by_how_much() -> None:
    allowed = np.array([[True, False], [True, False], [True, True]])
    found = solve(np.zeros((3, 2)), np.full(3, -1), GradeRules.of(allowed, np.array([[1, 1], [2, 2]])))
    assert list(found.company_slack) == [1, -1]
    assert not len(found.freed)


def test_rules_about_persons_that_conflict_are_named() -> None:
    """A better person locked at the bottom, a worse one at the top."""
    allowed = np.array([[False, True], [True, False]])
    order = OrderRules((), np.array([[0, 1]]))
    found = solve(np.zeros((2, 2)), np.full(2, -1), GradeRules.of(allowed, np.array([[0, 2], [0, 2]]), order=order))
    assert len(found.freed) + len(found.overtaken) == 1
    nothing = solve(np.zeros((2, 2)), np.full(2, -1), GradeRules.of(np.array([[False, False], [True, True]]), np.array([[0, 2], [0, 2]])))
    assert list(nothing.freed) == [0]


def test_limit_on_moves() -> None:
    current = np.array([0, 0, 0, 1])
    company = np.array([[1, 1], [3, 3]])
    free = GradeRules.of(np.ones((4, 2), dtype=bool), company)
    assert solve(np.zeros((4, 2)), current, free).moves == 2
    limited = GradeRules.of(np.ones((4, 2), dtype=bool), company, most_moves=1, current=current)
    found = solve(np.zeros((4, 2)), current, limited)
    assert found.moves == 1
    assert list(found.company_slack) == [1, -1]


def test_order_rules_are_what_all_pairs_say() -> None:
    rng = np.random.default_rng(3)
    n = 25
    estimate, root = rng.normal(size=n), rng.normal(size=(n, n)) * 0.15
    covariance, unit = Dense(root @ root.T), rng.integers(-1, 3, n)
    rules = clearly_apart(estimate, covariance, unit)
    sigma = covariance.dense()
    grade = rng.integers(0, 4, n)
    plain = {
        (i, j)
        for i in range(n)
        for j in range(n)
        if unit[i] == unit[j] >= 0
        and estimate[i] - estimate[j] > 1.96 * np.sqrt(sigma[i, i] + sigma[j, j] - 2 * sigma[i, j])
        and grade[i] > grade[j]
    }
    assert {tuple(p) for p in rules.broken(grade).tolist()} == plain
    fine = np.argsort(np.argsort(-estimate)) // 7
    assert not len(rules.broken(fine))


def test_time_that_runs_out_is_said() -> None:
    cost, current, rules = case(1)
    with pytest.raises(SolverError):
        solve(cost, current, rules, seconds=0.0)


def test_checked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A solver that calls a wrong solution optimal is not believed (scipy's milp has done so), whichever way was taken."""
    cost, current, rules = case(2)

    def liar(answer: np.ndarray) -> Any:
        return lambda *_, **__: type("Answer", (), {"status": 0, "x": answer, "fun": 0.0, "message": "optimal", "mip_dual_bound": 0.0})()

    with monkeypatch.context() as patch:
        patch.setattr("rankkit.kernels.grading.unit_columns.milp", liar(np.zeros(10_000)))
        with pytest.raises(SolverError):
            solve(cost, current, rules)

    def dearest_of_each(objective: np.ndarray, **rest: Any) -> object:
        rows = rest["constraints"][0].A.tocsr()[:2].toarray()
        x = np.zeros(len(objective))
        x[np.where(rows > 0, objective[None, :], -1.0).argmax(axis=1)] = 1.0
        return liar(x)()

    with monkeypatch.context() as patch:
        patch.setattr("rankkit.kernels.grading.unit_columns.milp", dearest_of_each)
        with pytest.raises(SolverError):
            solve(*case(3, tight=True))
    with monkeypatch.context() as patch:
        patch.setattr("rankkit.kernels.grading.grade_program.solve_by_unit", lambda *_, **__: None)
        patch.setattr("rankkit.kernels.grading.grade_program.milp", liar(np.zeros(6 * 2 + 2 * (3 + 2 * 3))))
        with pytest.raises(SolverError):
            solve(cost, current, rules)


def test_where_rules_about_persons_conflict_nobody_moves_needlessly() -> None:
    """The better of two is decided below the other: one rule gives way, and the other two keep their grades whatever evidence says."""
    cost = np.array([[0.1, 2.0], [2.0, 0.1], [0.1, 2.0], [2.0, 0.1]])
    allowed = np.array([[False, True], [True, False], [True, True], [True, True]])
    rules = GradeRules.of(allowed, np.array([[2, 2], [2, 2]]), order=OrderRules((), np.array([[0, 1]])))
    found = solve(cost, np.array([1, 0, 1, 0]), rules)
    assert len(found.freed) + len(found.overtaken) == 1
    assert found.moves == 0
    assert found.grade.tolist() == [1, 0, 1, 0]
