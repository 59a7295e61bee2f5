"""Sides, changed minds, copied dimensions and haste, by counting."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit

from rankkit.kernels.judge_habits import dimension_copying, left_share, repeat_reversals, response_speed
from tests.oracles_pairs import random_comparisons

ROUNDING = 1e-12


def test_left_share_is_an_exact_binomial_test():
    rng = np.random.default_rng(1)
    judge, result = rng.integers(0, 6, 90), rng.choice([-1, 0, 1], 90, p=[0.2, 0.2, 0.6])
    lead = rng.normal(size=90)
    found = left_share(judge, result, 7, lead=lead)
    for r in range(6):
        mine = (judge == r) & (result != 0)
        k, n = int((result[mine] > 0).sum()), int(mine.sum())
        assert (found.decided[r], found.share[r]) == (n, k / n)
        assert found.p[r] == pytest.approx(stats.binomtest(k, n).pvalue, abs=ROUNDING)
        assert found.expected[r] == pytest.approx(expit(lead[mine]).mean())
    assert np.isnan([found.share[6], found.p[6], found.q[6]]).all()
    weighted = left_share(judge, result, 7, weight=np.full(90, 2.0))
    np.testing.assert_allclose(weighted.decided, 2 * found.decided)


def test_reversals_by_pairs_of_answers():
    left, right, result = random_comparisons(4, 80, 2, tie_share=0.2)
    judge = np.random.default_rng(3).integers(0, 3, 80)
    worth = np.array([0.8, 0.1, -0.2, -0.7])
    found = repeat_reversals(judge, left, right, result, 4, 4, lead=worth[left] - worth[right])
    repeats, reversals, half, expected = (np.zeros(4) for _ in range(4))
    for a, b in itertools.combinations(range(80), 2):
        if judge[a] == judge[b] and {left[a], right[a]} == {left[b], right[b]}:
            one, other = result[a], result[b] if left[a] == left[b] else -result[b]
            r = judge[a]
            p = expit(worth[left[a]] - worth[right[a]])
            repeats[r] += 1
            reversals[r] += one * other == -1
            half[r] += (one == 0) != (other == 0)
            expected[r] += 2 * p * (1 - p)
    np.testing.assert_array_equal(found.repeats, repeats)
    np.testing.assert_array_equal(found.reversals, reversals)
    np.testing.assert_array_equal(found.half_changes, half)
    np.testing.assert_allclose(found.rate[:3], reversals[:3] / repeats[:3])
    np.testing.assert_allclose(found.expected[:3], expected[:3] / repeats[:3])
    assert np.isnan(found.rate[3])


def test_copying_is_kendalls_tau_of_complete_orders():
    rng = np.random.default_rng(4)
    n, d, m = 7, 3, 4
    worths = rng.normal(size=(d, n))
    first, second = np.triu_indices(n, 1)
    rows = []
    views = rng.normal(size=(m, d, n))
    views[2] = views[2, 0]  # judge 2 has one order for all
    for r, k in itertools.product(range(m), range(d)):
        sign = np.where(views[r, k, first] > views[r, k, second], 1, -1)
        rows += [(r, a, b, s, k) for a, b, s in zip(first, second, sign, strict=True)]
    judge, left, right, result, dimension = np.array(rows).T
    found = dimension_copying(judge, left, right, result, dimension, worths, m + 1)
    for r in range(m):
        own = np.mean([stats.kendalltau(views[r, k], views[r, l]).statistic for k, l in itertools.combinations(range(d), 2)])
        assert found.tau[r] == pytest.approx(own, abs=ROUNDING)
    everybody = np.mean([stats.kendalltau(worths[k], worths[l]).statistic for k, l in itertools.combinations(range(d), 2)])
    np.testing.assert_allclose(found.pooled[:m], everybody, atol=ROUNDING)
    assert found.tau[2] == 1.0
    assert np.isnan(found.tau[m])
    assert (np.abs(found.expected[:m]) <= 1).all()


def test_only_pairs_judged_on_both_dimensions_count():
    found = dimension_copying(
        np.zeros(3, dtype=np.int64),
        np.array([0, 0, 1]),
        np.array([1, 1, 2]),
        np.array([1, -1, 1]),
        np.array([0, 1, 0]),
        np.zeros((2, 3)),
        1,
    )
    assert (found.pairs[0], found.tau[0], found.pooled[0]) == (1, -1, 0)


def test_speed():
    judge = np.array([0, 0, 0, 1, 1, 2, 2, 3])
    time = np.array([1000.0, 2000, 9000, 1500, 1700, 8000, 8200, np.nan])
    found = response_speed(judge, time, 4)
    np.testing.assert_array_equal(found.timed, [3, 2, 2, 0])
    np.testing.assert_array_equal(found.median[:3], [2000, 1600, 8100])
    np.testing.assert_allclose(found.fast_share[:3], [1 / 3, 1, 0])
    assert np.isnan([found.median[3], found.fast_share[3], found.z[3]]).all()
    assert found.z[2] > found.z[0] == 0 > found.z[1]


def test_nobody_timed():
    found = response_speed(np.array([0]), np.array([np.nan]), 1)
    assert np.isnan([found.median[0], found.z[0]]).all()


@pytest.mark.recovery
def test_a_side_is_found_and_coin_tossers_are_not_accused():
    rng = np.random.default_rng(5)
    p = left_share(np.repeat(np.arange(4000), 40), rng.choice([-1, 1], 160_000), 4000).p
    assert 0.025 <= np.mean(p <= 0.05) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 4000)  # exact, hence cautious
    leaning = left_share(np.repeat(np.arange(10), 40), np.where(rng.random(400) < 0.85, 1, -1), 10)
    assert (leaning.q < 0.05).all()
