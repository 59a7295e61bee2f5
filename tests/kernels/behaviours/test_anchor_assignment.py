"""Anchors against trying every assignment; mixed standards against standings; frequencies against their table."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankkit.kernels.behaviours.anchor_assignment import DISAGREEMENT_WEIGHT, SD_WEIGHT, assign_anchors, gaps, separated
from rankkit.kernels.behaviours.behaviour_frequency import frequency_class, item_totals
from rankkit.kernels.behaviours.mixed_standard import SCALABLE, logical_errors, mixed_standard_scores
from tests.oracles_bars import best_assignment, follows_order

COST = 1e-9  # sums of squares


@pytest.mark.parametrize("scale", [(1.0, 7.0), (1.0, 9.0), (0.0, 100.0)])
@pytest.mark.parametrize("seed", range(8))
def test_no_assignment_is_better(scale, seed):
    rng = np.random.default_rng(seed)
    unit = (scale[1] - scale[0]) / 6
    mean, sd, a = rng.uniform(*scale, 7), unit * rng.uniform(0.2, 1.4, 7), rng.uniform(0.6, 1, 7)
    targets = np.linspace(*scale, 5)
    found = assign_anchors(mean, sd, a, targets, scale)
    taken = found.incident >= 0
    assert len(set(found.incident[taken])) == taken.sum()
    n, cost = best_assignment(mean, sd, a, targets, 0.5 * unit, SD_WEIGHT, DISAGREEMENT_WEIGHT, unit)
    assert taken.sum() == n  # no anchor is lost to points nobody can reach
    assert np.nansum(found.cost) == pytest.approx(cost, abs=COST)
    assert (np.abs(mean[found.incident[taken]] - targets[taken]) <= 0.5 * unit + COST).all()


def test_points_out_of_reach_stay_without():
    assert (assign_anchors([4.0], [0.5], [0.9], [1, 7], (1, 7)).incident == -1).all()
    assert (assign_anchors([], [], [], [1, 7], (1, 7)).incident == -1).all()


def test_filtering_afterwards_loses_anchors():
    mean, targets = np.array([3.4, 3.6]), np.array([3.0, 4.0, 7.0])
    greedy = {int(np.argmin(np.abs(mean - t))) for t in targets}  # the nearest to each point: 3.4, 3.6 and again 3.6
    found = assign_anchors(mean, [0.5, 0.5], [0.9, 0.9], targets, (1, 7))
    assert found.incident.tolist() == [0, 1, -1]
    assert len(greedy) == 2


@given(st.lists(st.floats(1, 7), min_size=1, max_size=12, unique=True), st.integers(3, 9))
@settings(max_examples=60, deadline=None)
def test_anchors_rise_with_their_points(mean, points):
    found = assign_anchors(mean, np.full(len(mean), 0.5), np.full(len(mean), 0.9), np.linspace(1, 7, points), (1, 7))
    values = np.array(mean)[found.incident[found.incident >= 0]]
    assert (np.diff(values) >= -COST).all()


def test_gaps_hold_the_ends():
    found = gaps([], (1, 7))
    assert (found.low.tolist(), found.high.tolist(), found.wide.tolist()) == ([1.0], [7.0], [True])
    found = gaps([2.5, 4.0, 5.5], (1, 7))
    assert not found.wide.any()
    assert gaps([3.0], (1, 9)).wide.tolist() == [False, True]  # two points on a scale to 9, 1.5 on one to 7


def test_judges_are_compared_with_themselves():
    severity = np.linspace(-1.5, 1.5, 12)  # judges differ much, but all place the second higher
    lower, upper = 4 + severity, 4.5 + severity + np.tile([0.05, -0.05], 6)
    assert separated(lower, upper)[2]
    apart = np.sqrt(lower.var(ddof=1) / 12 + upper.var(ddof=1) / 12)
    assert not upper.mean() - lower.mean() > 1.96 * apart  # as if by different judges


def test_separation_needs_judges():
    difference, se, apart = separated([np.nan, 3.0], [5.0, np.nan])
    assert (difference, apart) == (2.0, False)
    assert np.isnan(se)
    assert separated([1, 2, np.nan, np.nan], [np.nan, np.nan, 6, 7])[2]


def test_seven_patterns_follow_the_order_and_twenty_do_not():
    every = np.array(list(itertools.product((1, 0, -1), repeat=3)))
    wrong = logical_errors(every)
    assert wrong.sum() == 20
    assert wrong.tolist() == [not follows_order(*row) for row in every.tolist()]
    np.testing.assert_array_equal(mixed_standard_scores(every), 4 + every.sum(axis=1))
    np.testing.assert_array_equal(mixed_standard_scores(SCALABLE), [7, 6, 5, 4, 3, 2, 1])


def test_incomplete_answers_have_no_value_and_no_error():
    assert np.isnan(mixed_standard_scores([[1, np.nan, 1]])[0])
    assert not logical_errors([[-1, np.nan, -1]])[0]


def test_classes_of_frequency():
    percent = [0, 64, 65, 74, 75, 84, 85, 94, 95, 100, np.nan]
    np.testing.assert_array_equal(frequency_class(percent), [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, np.nan])


def test_a_behaviour_is_no_part_of_its_own_total():
    rng = np.random.default_rng(5)
    noise = rng.normal(size=(400, 6))
    found = item_totals(noise)
    toy = np.array([np.corrcoef(noise[:, k], noise.sum(axis=1))[0, 1] for k in range(6)])
    assert (toy > 0.3).all()  # the uncorrected correlation passes .3 on pure noise
    assert (np.abs(found.r) < 0.2).all()
    assert (found.low <= found.r).all()


def test_item_totals_of_too_little():
    found = item_totals([[1.0, 2.0], [2.0, 2.0]])
    assert np.isnan(found.r).all()
    assert np.isnan(found.alpha)
