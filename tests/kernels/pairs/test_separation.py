from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankkit.errors import ConvergenceError
from rankkit.kernels.pairs import beats_graph, pair_models, separation
from rankkit.kernels.pairs.contests import aggregate, of_pairs
from rankkit.kernels.pairs.davidson import has_finite_estimate
from rankkit.kernels.pairs.pair_counts import PairCounts
from rankkit.kernels.pairs.separation import verdict
from tests.oracles_pair_models import separating_direction
from tests.oracles_pairs import random_comparisons

ROUNDING = 1e-6  # of a direction of size one: ten times what the solver of linear programmes tolerates
ROUND = np.array([0, 1, 0, 2, 1, 2]), np.array([1, 0, 2, 0, 2, 1])  # every pair both ways round


def rows_of(left, right, result, values):
    return [(int(a), int(b), int(r), 1.0, list(v)) for a, b, r, v in zip(left, right, result, values, strict=True)]


def leads(found, contests):
    return found.worths[contests.left] - found.worths[contests.right] + contests.covariates @ found.effects


def check_direction(found, contests, *, ties):
    """No term of the likelihood falls along the direction, and some lead moves."""
    d, s = leads(found, contests), found.tie if ties else 0.0
    assert np.all(d[contests.wins_left > 0] >= s - ROUNDING)
    assert np.all(-d[contests.wins_right > 0] >= s - ROUNDING)
    assert np.all(np.abs(d[contests.ties > 0]) <= s + ROUNDING)
    assert np.any(np.abs(d) > 1e-4) or s > 1e-4


@st.composite
def small_data(draw):
    n = draw(st.integers(2, 3))
    arrows = [(i, j) for i in range(n) for j in range(n) if i != j]
    rows = draw(st.lists(st.tuples(st.sampled_from(arrows), st.sampled_from([1, -1, 0])), min_size=1, max_size=9))
    left, right = np.array([arrow for arrow, _ in rows]).T
    return n, left, right, np.array([r for _, r in rows])


@settings(max_examples=300, deadline=None, derandomize=True)
@given(small_data(), st.booleans())
def test_order_effect_agrees_with_a_search_of_all_directions_and_with_the_iteration(data, ties):
    n, left, right, result = data
    ones = np.ones((len(left), 1))
    contests = aggregate(left, right, result, None, n, ones)
    found = verdict(contests, ties=ties)
    if found.kind in ("disconnected", "aliased", "no_ties"):
        with pytest.raises(ConvergenceError):
            pair_models.fit(contests, ties="davidson" if ties else "half")
        return
    direction = separating_direction(rows_of(left, right, result, ones), n, tie=ties)
    assert (found.kind == "finite") == (direction is None)
    for model in ("davidson", "rao_kupper") if ties else ("half",):
        for link in ("logit",) if model == "davidson" else ("logit", "probit"):
            if direction is None:
                assert pair_models.fit(contests, ties=model, link=link).gradient_norm <= 1e-10
            else:
                with pytest.raises(ConvergenceError):
                    pair_models.fit(contests, ties=model, link=link)
    if found.kind == "separated":
        check_direction(found, contests, ties=ties)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(small_data())
def test_without_covariates_it_is_the_verdict_of_the_graph_and_of_davidson(data):
    n, left, right, result = data
    contests = aggregate(left, right, result, None, n)
    graph = beats_graph.verdict(contests.pairs).kind
    assert verdict(contests).kind == graph
    if graph == "finite":
        assert (verdict(contests, ties=True).kind == "finite") == has_finite_estimate(contests.pairs)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(small_data())
def test_difference_constraints_and_linear_programme_agree(data):
    n, left, right, result = data
    contests = aggregate(left, right, result, None, n, np.ones((len(left), 1)))
    found = verdict(contests)
    if found.kind in ("finite", "separated"):
        other = separation._by_linear_program(contests, ties=False, worths="free", free=np.ones(1, dtype=bool))
        assert other.kind == found.kind
        if found.kind == "separated":
            assert np.sign(other.effects) == found.effects


def test_left_always_won():
    found = verdict(aggregate(*ROUND, np.ones(6, dtype=int), None, 3, np.ones((6, 1))))
    assert found.kind == "separated"
    assert found.effects[0] > 0
    assert found.running.tolist() == [0]
    assert not found.worths.any()
    assert verdict(aggregate(*ROUND, -np.ones(6, dtype=int), None, 3, np.ones((6, 1)))).effects[0] < 0


def test_left_always_won_but_for_the_best_person():
    """Whoever stands left wins, except against person 0, who always wins: 0 has no finite worth even without the order effect."""
    result = np.array([1, -1, 1, -1, 1, 1])
    found = verdict(aggregate(*ROUND, result, None, 3, np.ones((6, 1))))
    assert found.kind == "one_sided"
    assert found.rising.tolist() == [0]
    assert found.falling.tolist() == [1, 2]


def test_worths_can_run_with_the_order_effect():
    """The left won all but one contest, which the stronger two can explain only by running too."""
    result = np.array([1, -1, 1, 1, 1, 1])  # 1 on the left lost to 0
    found = verdict(aggregate(*ROUND, result, None, 3, np.ones((6, 1))))
    contests = aggregate(*ROUND, result, None, 3, np.ones((6, 1)))
    assert found.kind == "separated"
    check_direction(found, contests, ties=False)
    assert 0 in found.rising


def test_an_order_effect_that_worths_can_stand_in_for():
    """On a chain where the lower number always stands left, worths that fall by one a step are an order effect."""
    left = np.array([0, 0, 1, 1])
    found = verdict(aggregate(left, left + 1, np.array([1, -1, 1, -1]), None, 3, np.ones((4, 1))))
    assert found.kind == "aliased"
    np.testing.assert_allclose(np.abs(found.effects), 1, atol=ROUNDING)
    np.testing.assert_allclose(found.worths / found.effects, [-1, 0, 1], atol=ROUNDING)


def test_covariates_that_say_the_same():
    ones = np.ones((6, 1))
    result = np.array([1, -1, 1, -1, -1, 1])
    twice = aggregate(*ROUND, result, None, 3, np.hstack([ones, 2 * ones]))
    assert verdict(twice).kind == "aliased"
    assert verdict(twice).running.tolist() == [0, 1]
    trait = np.array([1.0, 4.0, 2.0])
    beside_worths = aggregate(*ROUND, result, None, 3, (trait[ROUND[0]] - trait[ROUND[1]])[:, None])
    assert verdict(beside_worths).kind == "aliased"
    assert verdict(beside_worths, worths="none").kind != "aliased"
    assert verdict(aggregate(*ROUND, result, None, 3, 0 * ones)).kind == "aliased"


def test_covariates_alone():
    trait = np.array([1.0, 4.0, 2.0])
    gap = (trait[ROUND[0]] - trait[ROUND[1]])[:, None]
    higher_wins = aggregate(*ROUND, np.where(gap[:, 0] > 0, 1, -1), None, 3, gap)
    found = verdict(higher_wins, worths="none")
    assert (found.kind, found.effects[0] > 0) == ("separated", True)
    assert verdict(higher_wins, worths="none", held=np.array([True])).kind == "finite"
    mixed = aggregate(*ROUND, np.array([1, -1, 1, -1, -1, -1]), None, 3, gap)
    assert verdict(mixed, worths="none").kind == "finite"
    assert np.isfinite(pair_models.fit(mixed, worths="none").effects[0])


def test_a_judge_who_always_follows_a_trait():
    """One judge prefers the heavier of two every time: that judge's coefficient alone runs away."""
    left, right, result = random_comparisons(6, 300, seed=0)
    judge = np.random.default_rng(0).integers(0, 3, len(left))
    trait = np.arange(6.0)
    gap = trait[left] - trait[right]
    result = np.where(judge == 1, np.sign(gap).astype(int), result)
    values = np.column_stack([np.ones(len(left)), gap * (judge == 1), gap * (judge == 2)])
    contests = aggregate(left, right, result, None, 6, values)
    found = verdict(contests)
    assert found.kind == "separated"
    assert found.running.tolist() == [1]
    assert found.effects[1] > 0
    assert len(found.rising) == 0
    with pytest.raises(ConvergenceError):
        pair_models.fit(contests)


def test_no_ties_no_tie_parameter():
    left, right, result = random_comparisons(5, 100, seed=1)
    assert verdict(aggregate(left, right, result, None, 5), ties=True).kind == "no_ties"


def test_disconnected():
    assert verdict(of_pairs(PairCounts(4, np.array([0, 2]), np.array([1, 3]), np.ones(2), np.ones(2), np.zeros(2)))).kind == "disconnected"


def test_a_large_design_is_decided():
    """2000 people in a ring, each compared with the neighbours: the falling cycle is longer than any first look."""
    n = 2000
    left = np.concatenate([np.arange(n), np.arange(n)])
    right = (left + 1) % n
    result = np.repeat([1, -1], n)
    contests = aggregate(left, right, result, None, n, np.ones((2 * n, 1)))
    assert verdict(contests).kind == "finite"
    result[0] = -1  # one contest left always lost: worths that rise along the ring, and an order effect against them
    one_sided = aggregate(left, right, result, None, n, np.ones((2 * n, 1)))
    found = verdict(one_sided)
    assert found.kind == "separated"
    assert found.effects[0] < 0
    check_direction(found, one_sided, ties=False)
