from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from rankkit.kernels.covariance import Dense
from rankkit.kernels.quota_assignment import assign, boundary, membership
from tests.oracles_ranks import assigned

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


def brute_boundary(score, sigma, grade, level):
    """Nearest person of the neighbouring better and worse grades, for graded people of distinct scores."""
    t = stats.norm.isf((1 - level) / 2)
    tied = []
    for i in range(len(score)):
        above = [j for j in range(len(score)) if grade[j] < grade[i]]
        below = [j for j in range(len(score)) if grade[j] > grade[i]]
        nearest = ([min(above, key=lambda j: score[j])] if above else []) + ([max(below, key=lambda j: score[j])] if below else [])
        ratios = [abs(score[i] - score[j]) / np.sqrt(sigma[i, i] + sigma[j, j] - 2 * sigma[i, j]) for j in nearest]
        tied.append(min(ratios) < t)
    return tied


@given(st.integers(0, 1000))
def test_statistical_ties_by_definition(seed):
    rng = np.random.default_rng(seed)
    score = rng.standard_normal(9)
    root = rng.standard_normal((9, 9)) * 0.1
    sigma = root @ root.T + np.eye(9) * 0.01
    assignment = assign(score, np.array([2, 0, 4, 3]))
    zone = boundary(score, Dense(sigma), assignment, level=0.9)
    assert zone.tied.tolist() == brute_boundary(score, sigma, assignment.grade, 0.9)
    across = assignment.grade[zone.nearest] != assignment.grade
    assert across.all()
    assert zone.difference == pytest.approx(score - score[zone.nearest])


def test_those_who_wait_are_in_the_zone_and_others_are_compared_with_them():
    score = np.array([5.0, 3.0, 3.0, 2.9, np.nan])
    zone = boundary(score, Dense(np.eye(5) * 0.01), assign(score, np.array([2, 2])), level=0.95)
    assert zone.tied.tolist() == [False, True, True, False, False]
    assert zone.nearest.tolist()[1:3] == [2, 1]
    assert zone.nearest[4] == -1
    assert np.isnan(zone.se[4])


def test_one_grade_has_no_boundary():
    zone = boundary(np.array([1.0, 2.0]), Dense(np.eye(2)), assign(np.array([1.0, 2.0]), np.array([2])))
    assert zone.nearest.tolist() == [-1, -1]
    assert not zone.tied.any()
