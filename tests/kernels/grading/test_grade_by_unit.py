"""Grades by program on random small cases of every kind, both ways, against trying everything."""

from __future__ import annotations

from itertools import product
from time import monotonic

import numpy as np
import pytest

from rankkit.kernels.covariance import Dense
from rankkit.kernels.grading import grade_by_unit, unit_gradings
from rankkit.kernels.grading.grade_program import solve
from rankkit.kernels.grading.grade_rows import GradeRules
from rankkit.kernels.grading.order_rules import OrderRules, clearly_apart
from tests.kernels.grading.test_grade_program import CLOSE, outside

NEVER = 10**6  # slack of a case that nothing keeps


def random_case(seed: int) -> tuple[np.ndarray, np.ndarray, GradeRules]:
    """Units or none, ties, equal costs, people without a current grade, locks, floors, ranges nobody can keep, a limit on moves."""
    rng = np.random.default_rng(seed)
    n, n_grades, n_units = int(rng.integers(3, 8)), int(rng.integers(2, 4)), int(rng.integers(1, 3))
    unit = rng.integers(-1 if rng.random() < 0.2 else 0, n_units, n)
    estimate = np.round(rng.normal(size=n) * 2) / 2 if rng.random() < 0.3 else rng.normal(size=n)
    cost = -np.log(rng.dirichlet(np.ones(n_grades), n))
    cost = np.round(cost) if rng.random() < 0.2 else cost
    current = rng.integers(-1 if rng.random() < 0.3 else 0, n_grades, n)
    counts = np.diff([0, *np.sort(rng.integers(0, n + 1, n_grades - 1)), n])
    company = np.stack([np.maximum(counts - rng.integers(0, 2), 0), counts + rng.integers(0, 2)], axis=1)
    low = rng.integers(0, 2, (n_units, n_grades))
    ranges = np.stack([low, low + rng.integers(0, 3, (n_units, n_grades))], axis=2)
    allowed = np.ones((n, n_grades), dtype=bool)
    for i in range(n):
        kind = rng.random()
        if kind < 0.1:
            allowed[i] = np.arange(n_grades) == rng.integers(n_grades)
        elif kind < 0.2:
            allowed[i, : rng.integers(0, n_grades)] = False
    group = unit if rng.random() < 0.8 else np.zeros(n, dtype=int)
    order = clearly_apart(estimate, Dense(np.eye(n) * rng.choice([0.01, 0.1, 0.3])), group, multiple=float(rng.choice([0, 1, 1.96])))
    most = int(rng.integers(0, n)) if rng.random() < 0.3 else None
    return cost, current, GradeRules.of(allowed, company, unit=unit, unit_ranges=ranges, order=order, most_moves=most, current=current)


def everything(cost: np.ndarray, current: np.ndarray, rules: GradeRules) -> tuple[tuple[int, int, float], int]:
    """Try all gradings: the best by slack, moves, cost; and how many are as good."""
    n, n_grades = cost.shape
    best, ties = (NEVER, NEVER, np.inf), 0
    for grade in map(np.array, product(range(n_grades), repeat=n)):
        moves = int(((grade != current) & (current >= 0)).sum())
        if not rules.allowed[np.arange(n), grade].all() or len(rules.order.broken(grade)):
            continue
        if rules.most_moves is not None and moves > rules.most_moves:
            continue
        slack = outside(np.bincount(grade, minlength=n_grades), rules.company)
        slack += sum(outside(np.bincount(grade[rules.unit == g], minlength=n_grades), r) for g, r in enumerate(rules.unit_ranges))
        key = (slack, moves, float(cost[np.arange(n), grade].sum()))
        if key[:2] == best[:2] and abs(key[2] - best[2]) < CLOSE:
            ties += 1
        elif key < best:
            best, ties = key, 1
    return best, ties


@pytest.mark.parametrize("start", range(0, 100, 10))
def test_equals_brute_force_on_random_cases(start: int) -> None:
    for seed in range(start, start + 10):
        cost, current, rules = random_case(seed)
        best, ties = everything(cost, current, rules)
        if best[0] == NEVER:  # something about persons gives way, and is named; the limit on moves never does
            found = solve(cost, current, rules)
            assert len(found.freed) or len(found.overtaken)
            assert rules.most_moves is None or found.moves <= rules.most_moves
            continue
        found = solve(cost, current, rules)
        slack = int(np.abs(found.company_slack).sum() + np.abs(found.unit_slack).sum())
        assert (slack, found.moves) == best[:2], seed
        assert found.cost == pytest.approx(best[2], abs=CLOSE)
        assert found.proved
        assert found.unique is (ties == 1)


def test_grades_first_left_out_are_found_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Units with many gradings start from few grades a person; the proof looks at the others."""
    for seed in range(40):
        cost, current, rules = random_case(seed)
        whole = grade_by_unit.solve_by_unit(cost, current, rules, monotonic() + 30)
        with monkeypatch.context() as patch:
            patch.setattr(unit_gradings, "_FEW_SETS", 0)
            patch.setattr(unit_gradings, "_UNIT_STEPS", 1)
            narrow = grade_by_unit.solve_by_unit(cost, current, rules, monotonic() + 30)
        if whole is None or narrow is None:
            continue
        n = np.arange(len(cost))
        assert cost[n, narrow.grade].sum() == pytest.approx(cost[n, whole.grade].sum(), abs=CLOSE), seed
        assert narrow.unique is whole.unique


def test_costs_are_told_apart_however_many_people_there_are() -> None:
    """One objective in which a move outweighs all costs loses the costs in the solver's tolerance; programs one after another do not."""
    rng = np.random.default_rng(0)
    n = 400
    cost = rng.uniform(0, 1, (n, 2)) * 1e-3
    company = np.array([[n // 2, n // 2], [n // 2, n // 2]])
    found = solve(cost, np.zeros(n, dtype=int), GradeRules.of(np.ones((n, 2), dtype=bool), company))
    gain = np.sort(cost[:, 1] - cost[:, 0])[: n // 2]
    assert found.cost == pytest.approx(cost[:, 0].sum() + gain.sum(), abs=CLOSE)


def test_an_order_across_units_is_left_to_the_whole_program() -> None:
    rules = GradeRules.of(
        np.ones((2, 2), dtype=bool),
        np.array([[1, 1], [1, 1]]),
        unit=np.array([0, 1]),
        unit_ranges=np.tile([0, 1], (2, 2, 1)),
        order=OrderRules((), np.array([[0, 1]])),
    )
    assert unit_gradings.order_by_unit(rules) is None
    assert list(solve(np.array([[9.0, 0.0], [0.0, 9.0]]), np.full(2, -1), rules).grade) == [0, 1]
