"""Separation, split halves and growth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from rankkit.kernels.pairs.bradley_terry import fit
from rankkit.kernels.pairs.pair_counts import aggregate
from rankkit.kernels.pairs.scale_reliability import growth, separation, split_half

ROUNDING = 1e-12


def judged(seed, n=12, m=20, load=40, spread=1.0):
    rng = np.random.default_rng(seed)
    worth = rng.normal(scale=spread, size=n)
    judge = np.repeat(np.arange(m), load)
    left = rng.integers(0, n, m * load)
    right = (left + rng.integers(1, n, m * load)) % n
    return judge, left, right, np.where(rng.random(m * load) < expit(worth[left] - worth[right]), 1, -1)


def test_forms_of_the_coefficient():
    worth, variance = np.array([2.0, 1.0, -1.0, -2.0]), np.array([0.2, 0.3, 0.3, 1.2])
    spread, mean, median = 10 / 3, 2 / 3, 0.4  # a third, not a quarter, of the sum
    found = separation(worth, variance)
    assert found.ssr == pytest.approx((spread - mean) / spread)
    assert found.ssr_median == pytest.approx((spread - median) / spread)
    assert found.index == pytest.approx(np.sqrt(found.ssr / (1 - found.ssr)))
    assert (found.spread, found.error) == pytest.approx((np.sqrt(spread), np.sqrt(mean)))
    assert separation(worth, variance, shrunken=True).ssr == pytest.approx(spread / (spread + mean))


@pytest.mark.recovery
def test_no_separation_among_people_who_do_not_differ():
    """On average the variance of worths is the mean squared error: the ratio of the two is one, for few people too."""
    for n in (3, 5):
        left, right = np.repeat(np.triu_indices(n, 1), 40, axis=1)
        spread, error = np.zeros(400), np.zeros(400)
        for seed in range(400):
            result = np.random.default_rng(seed).choice([-1, 1], len(left))
            one = fit(aggregate(left, right, result, None, n))
            found = separation(one.worth, np.diag(one.covariance))
            spread[seed], error[seed] = found.spread**2, found.error**2
        assert spread.mean() / error.mean() == pytest.approx(1.0, abs=3 * np.sqrt(2 / (n - 1) / 400))


def test_growth_counts_comparisons_not_rows_and_says_nothing_of_two_people():
    _, left, right, result = judged(3, load=10)
    weight = np.random.default_rng(1).integers(1, 4, len(left)).astype(np.float64)
    found = growth(left, right, result, 12, weight=weight, points=5)
    assert found.comparisons[-1] == weight.sum()
    assert np.abs(np.diff(found.comparisons, prepend=0) - weight.sum() / 5).max() <= 1
    in_order = growth(left, right, result, 12, weight=weight, order=np.arange(len(left)), points=5)
    assert set(in_order.comparisons.tolist()) <= set(np.cumsum(weight).tolist())
    half = growth(left, right, result, 12, weight=weight + 0.5, points=5)
    assert half.comparisons[-1] == weight.sum() + len(left) / 2
    two = growth(np.zeros(20, dtype=np.int64), np.ones(20, dtype=np.int64), np.tile([1, 1, -1, 1], 5), 2)
    assert np.isnan(two.reliability).all()
    assert np.isfinite(two.mean_se[-1])


def test_no_index_where_errors_are_as_large_as_the_spread():
    for variance in (1.0, 4.0):
        found = separation(np.array([1.0, 0.0, -1.0]), np.full(3, variance))
        assert found.ssr <= 0
        assert np.isnan(found.index)
    assert np.isnan(separation(np.zeros(1), np.ones(1)).ssr)
    assert np.isnan(separation(np.zeros(3), np.ones(3)).ssr)
    assert np.isnan(separation(np.zeros(3), np.zeros(3), shrunken=True).ssr)


def test_split_halves_are_refits_of_halves():
    judge, left, right, result = judged(1)
    found = split_half(judge, left, right, result, 12, 20, splits=5)
    assert len(found.r) == 5
    assert (found.mean, found.low, found.high) == pytest.approx((found.r.mean(), found.r.min(), found.r.max()))
    with_two = judge % 2  # two judges: only one way to split
    halves = [fit(aggregate(left[k], right[k], result[k], None, 12), penalty="jeffreys").worth for k in (with_two == 0, with_two == 1)]
    two = split_half(with_two, left, right, result, 12, 2, splits=4)
    np.testing.assert_allclose(two.r, np.corrcoef(*halves)[0, 1], atol=1e-8)


def test_splits_do_not_depend_on_rows_and_labels():
    judge, left, right, result = judged(2)
    rng = np.random.default_rng(0)
    people, judges, order = rng.permutation(12), rng.permutation(20), rng.permutation(len(judge))
    here = split_half(judge, left, right, result, 12, 20, splits=10)
    there = split_half(judges[judge][order], people[right][order], people[left][order], -result[order], 12, 20, splits=10)
    np.testing.assert_allclose(there.r, here.r, atol=1e-8)
    assert not np.allclose(here.r, split_half(judge, left, right, result, 12, 20, splits=10, seed=1).r)


def test_splits_without_an_estimate_are_counted():
    judge = np.array([0, 1, 2, 3])  # each judge one pair of a chain: a half never links everybody
    found = split_half(judge, np.array([0, 1, 2, 3]), np.array([1, 2, 3, 4]), np.ones(4, dtype=np.int64), 5, 4, splits=6, penalty="none")
    assert (found.without, len(found.r)) == (6, 6)
    assert np.isnan([found.mean, found.low, found.high]).all()
    assert len(split_half(judge * 0, np.array([0, 1, 2, 3]), np.array([1, 2, 3, 4]), np.ones(4, dtype=np.int64), 5, 1).r) == 0


def test_growth_ends_at_the_whole_and_follows_a_given_order():
    _, left, right, result = judged(3)
    whole = fit(aggregate(left, right, result, None, 12), penalty="jeffreys")
    apart = separation(whole.worth, np.diag(whole.covariance))
    for order in (None, np.arange(len(left))[::-1]):
        found = growth(left, right, result, 12, order=order)
        assert len(found.comparisons) == 12
        assert found.comparisons[-1] == len(left)
        assert found.reliability[-1] == pytest.approx(apart.ssr, abs=1e-8)
        assert found.reliability_median[-1] == pytest.approx(apart.ssr_median, abs=1e-8)
        assert found.mean_se[0] > found.mean_se[-1]
    last = slice(400, None)  # of the reversed order the first half is the second half of the rows
    half = fit(aggregate(left[last], right[last], result[last], None, 12), penalty="jeffreys")
    assert found.spread[5] == pytest.approx(np.std(half.worth, ddof=1), abs=1e-8)


def test_growth_in_random_order_does_not_depend_on_rows():
    _, left, right, result = judged(4)
    order = np.random.default_rng(1).permutation(len(left))
    here, there = growth(left, right, result, 12), growth(right[order], left[order], -result[order], 12)
    np.testing.assert_allclose(there.reliability, here.reliability, atol=1e-8)


def test_growth_before_everybody_is_linked_is_unknown():
    left, right = np.array([0, 2, 0, 1, 3, 3]), np.array([1, 3, 2, 2, 0, 1])
    found = growth(left, right, np.array([1, 1, -1, 1, 1, -1]), 4, order=np.arange(6), points=6)
    assert np.isnan(found.reliability[:2]).all()
    assert np.isfinite(found.reliability[3:]).all()


@pytest.mark.recovery
def test_separation_is_the_correlation_with_another_panel():
    """For pairs chosen at random; the mean of split halves is that of panels half the size."""
    rng = np.random.default_rng(6)
    n, each = 30, 450
    ssr, other, halves = [], [], []
    for seed in range(60):
        truth = rng.normal(size=n)
        panels = []
        for _ in range(2):
            left = rng.integers(0, n, each)
            right = (left + rng.integers(1, n, each)) % n
            result = np.where(rng.random(each) < expit(truth[left] - truth[right]), 1, -1)
            panels.append((left, right, result, fit(aggregate(left, right, result, None, n), penalty="jeffreys")))
        left, right, result, one = panels[0]
        ssr.append(separation(one.worth, np.diag(one.covariance)).ssr)
        other.append(np.corrcoef(one.worth, panels[1][3].worth)[0, 1])
        halves.append(split_half(np.arange(each) % 10, left, right, result, n, 10, splits=5, seed=seed).mean)
    assert np.mean(ssr) == pytest.approx(np.mean(other), abs=0.03)
    assert np.mean(halves) < np.mean(other) - 0.05
