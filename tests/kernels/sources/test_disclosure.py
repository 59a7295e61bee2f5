"""Row spaces over sets of people, and feasible ranges, against brute force."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from rankkit.errors import SolverError
from rankkit.kernels.sources import disclosure, disclosure_ranges
from tests import oracles_disclosure as oracle

GOLDEN = np.array([[1, 0, 0, 0, 0, 0], [0, 1, 1, 1, 1, 0], [1, 1, 1, 1, 1, 1]])  # supervisor, four peers, one subordinate


def test_golden():
    """Supervisor shown, peers' mean shown, subordinate hidden, mean of all shown: the subordinate's rating is recoverable."""
    assert disclosure.exposed_sets(GOLDEN, np.arange(6), np.full(6, 3)).sets == ((0,), (5,))
    by_design = disclosure.exposed_sets(GOLDEN, np.arange(6), np.full(6, 3), np.arange(6) == 0)
    assert by_design.sets == ((5,),)
    assert not by_design.safe
    without = disclosure.exposed_sets(GOLDEN[:2], np.arange(6), np.full(6, 3), np.arange(6) == 0)
    assert without.safe


def test_sums_of_two_pass_the_test_of_single_raters():
    """No unit vector is in the row space, and still the sum of two people's ratings is known."""
    A = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])
    units = np.eye(5, dtype=int)
    assert all(oracle.rank([*A.tolist(), u.tolist()]) > oracle.rank(A.tolist()) for u in units)
    assert disclosure.exposed_sets(A, np.arange(5), np.full(5, 3)).sets == ((3, 4),)


@pytest.mark.parametrize("seed", range(8))
def test_sets_against_every_set(seed):
    rng = np.random.default_rng(seed)
    for _ in range(40):
        people, dimensions, m = int(rng.integers(2, 8)), int(rng.integers(1, 3)), int(rng.integers(1, 7))
        person = np.repeat(np.arange(people), dimensions)
        A = rng.choice([0, 1, 1, 2, -1], size=(m, len(person))) if rng.random() < 0.4 else (rng.random((m, len(person))) < 0.6).astype(int)
        if rng.random() < 0.5:  # groups, as in practice
            A = A[:, rng.integers(0, max(len(person) // 2, 1), size=len(person))]
        threshold = rng.integers(1, 6, size=people)
        known = rng.random(len(person)) < 0.15
        found = disclosure.exposed_sets(A, person, threshold, known)
        assert found.complete
        assert found.sets == oracle.exposed_sets(A.tolist(), person, threshold.tolist(), known)
        assert found.rank == (oracle.rank(A[:, ~known].tolist()) if (~known).any() else 0)


def test_huge_weights_need_no_tolerance():
    """A difference of one in 10^12 is a difference; floats would call the rows parallel."""
    A = np.array([[10**12, 10**12, 10**12], [10**12, 10**12, 10**12 + 1]], dtype=object)
    assert disclosure.exposed_sets(A, np.arange(3), np.full(3, 2)).sets == ((2,),)


def test_too_many_candidates_err_on_the_safe_side(monkeypatch):
    monkeypatch.setattr(disclosure, "_MOST_TESTS", 3)
    A = np.hstack([np.eye(8, dtype=int)[:, :7] + 1, np.ones((8, 1), dtype=int)])
    found = disclosure.exposed_sets(A, np.arange(8), np.full(8, 5))
    assert not found.complete
    assert not found.safe


@pytest.mark.parametrize("seed", range(6))
def test_ranges_against_every_table_of_answers(seed):
    rng = np.random.default_rng(seed)
    for _ in range(12):
        cells, m, categories = int(rng.integers(2, 7)), int(rng.integers(1, 4)), int(rng.choice([2, 3, 4]))
        A = (rng.random((m, cells)) < 0.6).astype(int) * rng.choice([1, 1, 2, 3], size=(m, 1))
        if rng.random() < 0.5:
            A = A[:, rng.integers(0, 3, size=cells) % A.shape[1]]
        x = rng.integers(0, categories, size=cells)
        known = rng.random(cells) < 0.2
        slack = [Fraction(int(v), 2) for v in rng.integers(0, 3, size=m)]
        total = (A @ x).tolist()
        lower, upper = [t - s for t, s in zip(total, slack, strict=True)], [t + s for t, s in zip(total, slack, strict=True)]
        found = disclosure_ranges.feasible_ranges(A, lower, upper, categories, known, np.where(known, x, 0))
        low, high = oracle.possible(A.tolist(), lower, upper, categories, known, x.tolist())
        assert found.low.tolist() == low
        assert found.high.tolist() == high


def test_one_mean_has_a_closed_form():
    for n in range(1, 6):
        for s in range(n, 5 * n + 1):
            low, high = disclosure_ranges.mean_range(Fraction(s), n, Fraction(1), Fraction(5))
            found = disclosure_ranges.feasible_ranges(np.ones((1, n), dtype=int), [s - n], [s - n], 5)
            assert (found.low[0] + 1, found.high[0] + 1) == (low, high)


def test_a_mean_of_five_reveals_everyone_at_any_number():
    for n in (3, 10, 40):
        assert (disclosure_ranges.feasible_ranges(np.ones((1, n), dtype=int), [4 * n], [4 * n], 5).categories == 1).all()


def test_contradictions_are_errors():
    with pytest.raises(SolverError):
        disclosure_ranges.feasible_ranges(np.ones((1, 3), dtype=int), [13], [13], 5)
    with pytest.raises(SolverError):
        disclosure_ranges.feasible_ranges(np.array([[1, 1, 0], [1, 0, 1]]), [8, 0], [8, 0], 5)


def test_a_solver_that_lies_is_caught(monkeypatch):
    class Lie:
        status, x, message = 0, np.array([9.0, 9.0, 9.0]), ""

    monkeypatch.setattr(disclosure_ranges, "milp", lambda *_, **__: Lie())
    with pytest.raises(SolverError):
        disclosure_ranges.feasible_ranges(np.array([[1, 2, 0], [1, 0, 2]]), [4, 4], [4, 4], 5)
