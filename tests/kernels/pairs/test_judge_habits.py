"""Sides, changed minds, copied dimensions and haste, by counting."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit

from rankkit.kernels.pairs.judge_habits import dimension_copying, left_share, repeat_reversals, response_speed
from tests.oracles_pairs import random_comparisons

ROUNDING = 1e-12
CONTINUITY = 0.02  # half a win by a standard deviation of 14, times twice the largest density


def test_left_share_is_an_exact_binomial_test_at_chances_of_one_half():
    rng = np.random.default_rng(1)
    judge, result = rng.integers(0, 6, 90), rng.choice([-1, 0, 1], 90, p=[0.2, 0.2, 0.6])
    found = left_share(judge, result, 7)
    for r in range(6):
        mine = (judge == r) & (result != 0)
        k, n = int((result[mine] > 0).sum()), int(mine.sum())
        assert (found.decided[r], found.share[r]) == (n, k / n)
        assert found.p[r] == pytest.approx(stats.binomtest(k, n).pvalue, abs=ROUNDING)
    assert np.isnan([found.share[6], found.p[6], found.q[6]]).all()
    weighted = left_share(judge, result, 7, weight=np.full(90, 2.0))
    np.testing.assert_allclose(weighted.decided, 2 * found.decided)
    twice = left_share(np.repeat(judge, 2), np.repeat(result, 2), 7)
    np.testing.assert_allclose(weighted.p, twice.p, atol=ROUNDING)


def test_left_share_sums_draws_of_different_chances():
    rng = np.random.default_rng(2)
    chance, result = rng.random(9), rng.choice([-1, 1], 9)
    ways = np.array(list(itertools.product([0, 1], repeat=9)))
    mass = np.prod(np.where(ways == 1, chance, 1 - chance), axis=1)
    wins = int((result > 0).sum())
    found = left_share(np.zeros(9, dtype=np.int64), result, 1, chance=chance)
    tails = mass[ways.sum(axis=1) <= wins].sum(), mass[ways.sum(axis=1) >= wins].sum()
    assert found.p[0] == pytest.approx(min(1.0, 2 * min(tails)), abs=ROUNDING)
    assert found.expected[0] == pytest.approx(chance.mean())


def test_left_share_of_many_comparisons_is_normal():
    rng = np.random.default_rng(3)
    chance = rng.uniform(0.2, 0.9, 990)
    result = np.where(rng.random(990) < chance + 0.03, 1, -1)
    judge = np.zeros(990, dtype=np.int64)
    exact = left_share(judge, result, 1, chance=chance)
    twelve = left_share(np.repeat(judge, 2), np.repeat(result, 2), 1, chance=np.repeat(chance, 2))
    by_weight = left_share(judge, result, 1, weight=np.full(990, 1 + 1e-6), chance=chance)  # no counts
    assert by_weight.p[0] == pytest.approx(exact.p[0], abs=CONTINUITY)
    off = abs((result > 0).sum() - chance.sum())
    assert twelve.p[0] == pytest.approx(2 * stats.norm.sf((2 * off - 0.5) / np.sqrt(2 * np.sum(chance * (1 - chance)))), rel=1e-9)


def test_better_people_on_the_left_are_no_preferred_side():
    rng = np.random.default_rng(4)
    judge = np.repeat(np.arange(400), 30)
    lead = np.abs(rng.normal(size=12_000)) * np.where(rng.random(12_000) < 0.8, 1, -1)
    result = np.where(rng.random(12_000) < expit(lead), 1, -1)
    assert (left_share(judge, result, 400).p <= 0.05).mean() > 0.15
    assert (left_share(judge, result, 400, chance=expit(lead)).p <= 0.05).mean() <= 0.06


def test_reversals_by_pairs_of_answers():
    left, right, result = random_comparisons(4, 80, 2, tie_share=0.2)
    rng = np.random.default_rng(3)
    judge = rng.integers(0, 3, 80)
    chance = rng.dirichlet([2, 1, 2], 80)  # of win, tie and loss, of each row its own
    found = repeat_reversals(judge, left, right, result, 4, 4, win=chance[:, 0], tie=chance[:, 1])
    repeats, reversals, half, expected, half_expected = (np.zeros(4) for _ in range(5))
    for a, b in itertools.combinations(range(80), 2):
        if judge[a] == judge[b] and {left[a], right[a]} == {left[b], right[b]}:
            same = left[a] == left[b]
            one, other = result[a], result[b] if same else -result[b]
            r = judge[a]
            (w, t, l), (v, s, k) = chance[a], chance[b] if same else chance[b][::-1]
            repeats[r] += 1
            reversals[r] += one * other == -1
            half[r] += (one == 0) != (other == 0)
            expected[r] += w * k + l * v
            half_expected[r] += t * (1 - s) + (1 - t) * s
    np.testing.assert_array_equal(found.repeats, repeats)
    np.testing.assert_array_equal(found.reversals, reversals)
    np.testing.assert_array_equal(found.half_changes, half)
    np.testing.assert_allclose(found.rate[:3], reversals[:3] / repeats[:3])
    np.testing.assert_allclose(found.expected[:3], expected[:3] / repeats[:3])
    np.testing.assert_allclose(found.half_expected[:3], half_expected[:3] / repeats[:3])
    assert np.isnan(found.rate[3])
    twice = repeat_reversals(judge, left, right, result, 4, 4, weight=np.full(80, 2.0), win=chance[:, 0], tie=chance[:, 1])
    again = (np.repeat(x, 2) for x in (judge, left, right, result))
    np.testing.assert_allclose(
        twice.expected, repeat_reversals(*again, 4, 4, win=np.repeat(chance[:, 0], 2), tie=np.repeat(chance[:, 1], 2)).expected
    )


def test_a_row_is_one_answer_where_weights_are_no_counts():
    judge, left, right, result = np.zeros(2, dtype=np.int64), np.array([0, 0]), np.array([1, 1]), np.array([1, -1])
    for weight in (0.05, 2.5):
        found = repeat_reversals(judge, left, right, result, 2, 1, weight=np.full(2, weight))
        assert (found.repeats[0], found.reversals[0]) == (1, 1)


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
