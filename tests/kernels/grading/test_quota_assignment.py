from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from rankkit.kernels.covariance import Dense, Factor
from rankkit.kernels.grading import quota_assignment
from rankkit.kernels.grading.quota_assignment import assign, boundary, membership
from tests.oracles_ranks import assigned, fewest_errors

SCORE = np.array([4.6, 4.3, 4.1, 4.05, 4.0, 3.9, 3.8, 3.6, 3.4, 3.0])
COUNTS = np.array([2, 7, 1])
DRAWS = 40_000
MC = 0.005 + 4 * np.sqrt(0.25 / DRAWS)  # rounding of the published figures + four Monte Carlo standard errors


def test_golden_membership():
    draws = SCORE + 0.25 * np.random.default_rng(0).standard_normal((DRAWS, 10))
    p = membership(draws, COUNTS)
    assert p[:, 0] == pytest.approx([0.91, 0.54, 0.20, 0.15, 0.11, 0.06, 0.03, 0.00, 0.00, 0.00], abs=MC)
    assert p[7:, 2] == pytest.approx([0.03, 0.12, 0.84], abs=MC)
    assert p.sum(axis=1) == pytest.approx(np.ones(10), abs=1e-12)
    assert p.sum(axis=0) == pytest.approx(COUNTS, abs=1e-12)


def test_membership_counts_assignments():
    draws = np.random.default_rng(1).standard_normal((50, 7))
    counts = np.array([1, 0, 4, 2])
    expected = np.zeros((7, 4))
    for row in draws:
        expected[np.arange(7), assign(row, counts).grade] += 1
    assert membership(draws, counts) == pytest.approx(expected / 50)


def test_people_equal_in_a_draw_share_their_places():
    p = membership(np.array([[2.0, 2.0, 1.0, 3.0], [1.0, 1.0, 1.0, 1.0]]), np.array([2, 2]))
    assert p == pytest.approx(np.array([[0.5, 0.5], [0.5, 0.5], [0.25, 0.75], [0.75, 0.25]]))
    assert membership(np.ones((3, 1)), np.array([0, 1])).tolist() == [[0.0, 1.0]]


CASES = st.lists(st.integers(0, 3), min_size=1, max_size=9).flatmap(
    lambda score: st.tuples(
        st.just(score), st.lists(st.integers(0, len(score)), min_size=1, max_size=3).map(lambda cuts: counts_of(cuts, len(score)))
    )
)


def counts_of(cuts, n):
    edges = [0, *sorted(cuts), n]
    return [b - a for a, b in itertools.pairwise(edges)]


@given(CASES, st.sampled_from(["committee", "up", "down"]))
def test_ties_at_cuts_by_definition(case, ties):
    score, counts = case
    got = assign(np.array(score, dtype=float), np.array(counts), ties=ties)
    expected = assigned(score, counts, ties)
    assert [tuple(c) for c in got.candidates.tolist()] == expected
    assert got.grade.tolist() == [low if low == high else -1 for low, high in expected]
    assert got.counts.tolist() == [sum(g == b for g in got.grade) for b in range(len(counts))]


@given(CASES, st.randoms(use_true_random=False))
def test_rows_decide_nothing(case, random):
    score, counts = case
    order = list(range(len(score)))
    random.shuffle(order)
    one = assign(np.array(score, dtype=float), np.array(counts))
    other = assign(np.array(score, dtype=float)[order], np.array(counts))
    assert other.grade.tolist() == one.grade[order].tolist()
    assert other.candidates.tolist() == one.candidates[order].tolist()


def test_a_tie_across_several_cuts():
    score, counts = np.array([5.0, 3.0, 3.0, 3.0, 1.0]), np.array([2, 1, 1, 1])
    waiting = assign(score, counts)
    assert waiting.grade.tolist() == [0, -1, -1, -1, 3]
    assert waiting.candidates[1].tolist() == [0, 2]
    assert assign(score, counts, ties="up").counts.tolist() == [4, 0, 0, 1]
    assert assign(score, counts, ties="down").counts.tolist() == [1, 0, 3, 1]


def test_no_score_no_grade_and_counts_must_fit():
    score = np.array([3.0, np.nan, 1.0])
    got = assign(score, np.array([1, 1]))
    assert got.grade.tolist() == [0, -1, 1]
    assert got.candidates[1].tolist() == [-1, -1]
    assert got.cut_score.tolist() == [2.0]
    with pytest.raises(ValueError, match="sum"):
        assign(score, np.array([2, 1]))


@given(st.integers(0, 1000))
def test_statistical_ties_by_definition(seed):
    rng = np.random.default_rng(seed)
    score = rng.standard_normal(9)
    root = rng.standard_normal((9, 9)) * 0.1
    sigma = root @ root.T + np.eye(9) * 0.01
    assignment = assign(score, np.array([2, 0, 4, 3]))
    zone = boundary(score, Dense(sigma), assignment, level=0.9)
    nearest, ratio = zip(*fewest_errors(score, sigma, assignment.grade), strict=True)
    assert zone.nearest.tolist() == list(nearest)
    assert zone.tied.tolist() == [r < stats.norm.isf(0.05) for r in ratio]
    assert zone.difference == pytest.approx(score - score[zone.nearest])
    assert np.abs(zone.difference) / zone.se == pytest.approx(np.array(ratio))


def test_the_nearest_by_score_need_not_be_the_one_tied():
    """The third person's score is so uncertain that the first cannot be told from it, though from the second."""
    zone = boundary(np.array([4.0, 3.5, 3.4, 0.0]), Dense(np.diag([1e-4, 1e-4, 1.0, 1e-4])), assign(np.arange(4.0)[::-1], np.array([1, 3])))
    assert zone.nearest.tolist() == [2, 0, 0, 0]
    assert zone.tied.tolist() == [True, False, True, False]
    assert zone.se[0] == pytest.approx(np.sqrt(1.0001))


def alike_but_for_covariances():
    """Two equal scores with equal variances; the better person shares raters with one of them."""
    sigma = np.eye(5) * 0.04
    sigma[0, 1] = sigma[1, 0] = 0.035
    sigma[2, 4] = sigma[4, 2] = 0.01
    return np.array([4.0, 3.6, 3.6, 2.0, 1.0]), sigma, np.array([1, 4])


def test_equal_scores_with_unequal_covariances_are_told_apart():
    score, sigma, counts = alike_but_for_covariances()
    zone = boundary(score, Dense(sigma), assign(score, counts))
    assert zone.nearest[0] == 2
    assert zone.tied.tolist() == [True, False, True, False, False]


def awaiting_with_covariances():
    """Three equal people at a cut, told apart by the covariances with the first person only; s is the same for all."""
    sigma = np.eye(5) * 0.04
    for k, shared in ((1, 0.01), (2, 0.02), (3, 0.005)):
        sigma[0, k] = sigma[k, 0] = shared
    return np.array([4.0, 3.0, 3.0, 3.0, 1.0]), sigma, np.array([2, 3])


@pytest.mark.parametrize("make", [alike_but_for_covariances, awaiting_with_covariances])
def test_positions_do_not_decide_who_is_nearest(make):
    score, sigma, counts = make()
    one = boundary(score, Dense(sigma), assign(score, counts))
    for shuffled in itertools.permutations(range(5)):
        order = np.array(shuffled)
        other = boundary(score[order], Dense(sigma[np.ix_(order, order)]), assign(score[order], counts))
        assert order[other.nearest].tolist() == one.nearest[order].tolist()
        assert other.tied.tolist() == one.tied[order].tolist()
        assert other.se == pytest.approx(one.se[order])


def test_of_equally_many_errors_away_the_least_certain_comparison_is_shown():
    score = np.array([0.0, 3.0, -1.0])
    sigma = np.diag([1.0, 8.0, 0.0])
    zone = boundary(score, Dense(sigma), assign(score, np.array([1, 1, 1])))
    assert (np.abs(score[0] - score[[1, 2]]) / np.sqrt([9.0, 1.0])).tolist() == [1.0, 1.0]
    assert zone.nearest[0] == 1


def test_no_error_at_all_leaves_the_nearest_by_score():
    score = np.array([4.0, 3.0, 2.0, 1.0])
    zone = boundary(score, Dense(np.zeros((4, 4))), assign(score, np.array([2, 2])))
    assert zone.nearest.tolist() == [2, 2, 1, 1]
    assert not zone.tied.any()


def test_of_many_people_those_near_by_score_are_compared(monkeypatch):
    rng = np.random.default_rng(4)
    score = rng.integers(0, 12, 60) / 4.0
    loadings = rng.normal(size=(60, 3)) * 0.2
    covariance = Factor(loadings, np.full(60, 0.05))
    assignment = assign(score, np.array([10, 0, 30, 20]))
    whole = boundary(score, covariance, assignment)
    monkeypatch.setattr(quota_assignment, "_EVERYONE", 10)
    monkeypatch.setattr(quota_assignment, "_NEAREST", 60)
    assert boundary(score, covariance, assignment).nearest.tolist() == whole.nearest.tolist()
    monkeypatch.setattr(quota_assignment, "_NEAREST", 4)
    few = boundary(score, covariance, assignment)
    assert (np.abs(few.difference) / few.se >= np.abs(whole.difference) / whole.se - 1e-9).all()
    alike = boundary(score, Dense(np.eye(60) * 0.04), assignment)  # equal errors: the nearest by score is the nearest
    monkeypatch.setattr(quota_assignment, "_EVERYONE", 3000)
    assert np.abs(boundary(score, Dense(np.eye(60) * 0.04), assignment).difference) == pytest.approx(np.abs(alike.difference))


def test_those_who_wait_are_in_the_zone_and_others_are_compared_with_them():
    score = np.array([5.0, 3.0, 3.0, 2.9, np.nan])
    zone = boundary(score, Dense(np.eye(5) * 0.01), assign(score, np.array([2, 2])), level=0.95)
    assert zone.tied.tolist() == [False, True, True, False, False]
    assert zone.nearest.tolist()[:4] == [3, 2, 1, 0]
    assert zone.nearest[4] == -1
    assert np.isnan(zone.se[4])


def test_one_grade_has_no_boundary():
    zone = boundary(np.array([1.0, 2.0]), Dense(np.eye(2)), assign(np.array([1.0, 2.0]), np.array([2])))
    assert zone.nearest.tolist() == [-1, -1]
    assert not zone.tied.any()
