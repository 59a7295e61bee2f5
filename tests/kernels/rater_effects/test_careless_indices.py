"""Indices of careless responding against plain loops, and parallel analysis."""

from __future__ import annotations

import numpy as np
import pytest

from rankkit.kernels.rater_effects import careless_indices as indices
from rankkit.kernels.rater_effects.halo_indices import same_rater
from rankkit.kernels.rater_effects.profile_dispersion import standardised, unbiased_sd
from rankkit.kernels.rater_effects.rating_profiles import Profiles
from rankkit.kernels.reliability.parallel_analysis import parallel_analysis

NORMAL = 0.15  # of Wilson and Hilferty's deviate over some hundred forms


def plain_run(row):
    best = run = 0
    last = None
    for v in row[~np.isnan(row)]:
        run = run + 1 if v == last else 1
        best, last = max(best, run), v
    return best


def test_longest_run():
    rng = np.random.default_rng(0)
    x = rng.integers(1, 4, size=(200, 9)).astype(float)
    x[rng.random(x.shape) < 0.2] = np.nan
    x[0] = np.nan
    assert indices.longest_run(x).tolist() == [plain_run(row) for row in x]


def test_brown_forsythe_distances():
    rng = np.random.default_rng(1)
    rater, level = np.repeat([0, 1, 2], [4, 5, 1]), rng.normal(size=10)
    found = indices.spread_over_people(level, rater, 3)
    for r, n in ((0, 4), (1, 5)):
        own = level[rater == r]
        np.testing.assert_allclose(found[rater == r], np.abs(own - np.median(own)) * np.sqrt(n / (n - 1)))
    assert np.isnan(found[-1])


def panel_of(rng, n=40, m=5, D=6):
    x = rng.normal(size=(m * n, 1)) + rng.normal(size=(m * n, D))
    return Profiles(np.tile(np.arange(n), m), np.repeat(np.arange(m), n), x, n, m)


def test_distances_are_standard_normal_for_attentive_raters():
    z = indices.profile_distance(panel_of(np.random.default_rng(2)))
    assert z.mean() == pytest.approx(0, abs=NORMAL)
    assert z.std() == pytest.approx(1, abs=NORMAL)


def test_distances_count_forms_with_gaps_alike():
    rng = np.random.default_rng(3)
    data = panel_of(rng, n=80)
    gaps = rng.random(data.x.shape) < 0.4
    data.x[gaps] = np.nan
    z = indices.profile_distance(data)
    k = data.seen.sum(axis=1)
    assert np.isnan(z[k < 3]).all()
    for size in (3, 4, 5):
        assert z[k == size].mean() == pytest.approx(0, abs=2 * NORMAL)


def test_two_kinds_of_signs():
    p = np.array([[0.01, 0.02, np.nan, 0.5], [0.001, 0.9, 0.9, 0.9], [0.01, np.nan, np.nan, np.nan]])
    np.testing.assert_allclose(indices.at_least_two(p), [0.04, 1.0, np.nan])


def test_consistency_finds_the_rater_whose_halves_disagree():
    rng = np.random.default_rng(4)
    x = rng.normal(size=(100, 1)) + 0.5 * rng.normal(size=(100, 2))
    x[:20] = rng.normal(size=(20, 2))
    data = Profiles(np.tile(np.arange(20), 5), np.repeat(np.arange(5), 20), x, 20, 5)
    found = indices.consistency(data, same_rater(data))
    assert found.p_low[0] < 0.01
    assert (found.p_low[1:] > 0.05).all()


def test_spread_of_profiles_does_not_depend_on_gaps():
    rng = np.random.default_rng(5)
    z = rng.normal(size=(4000, 6))
    whole = unbiased_sd(z).mean()
    z[:, 2:] = np.nan
    assert unbiased_sd(z).mean() == pytest.approx(whole, abs=0.03)  # four standard errors
    assert whole == pytest.approx(1, abs=0.02)


def test_standardised_over_everyone():
    x = np.random.default_rng(6).normal(3, 2, size=(50, 3))
    z = standardised(Profiles(np.arange(50), np.zeros(50, dtype=int), x, 50, 1))
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(z.std(axis=0, ddof=1), 1)


def test_parallel_analysis_depends_on_nothing_but_the_scores():
    rng = np.random.default_rng(7)
    x, group = rng.normal(size=(60, 1)) + rng.normal(size=(60, 4)), np.repeat([0, 1, 2], 20)
    one = parallel_analysis(x, group, draws=99)
    rows, columns, names = rng.permutation(60), rng.permutation(4), np.array([2, 0, 1])
    again = parallel_analysis(x[rows][:, columns], names[group[rows]], draws=99)
    np.testing.assert_allclose(one.eigenvalues, again.eigenvalues)
    np.testing.assert_allclose(one.null_high, again.null_high)
    assert one.factors == 1


def test_the_normal_limit_of_random_orders():
    rng = np.random.default_rng(8)
    x = rng.normal(size=(1000, 5)) + rng.normal(size=(1000, 1))
    drawn = parallel_analysis(x, np.repeat(np.arange(10), 100), draws=499)
    limit = parallel_analysis(np.vstack([x, x[:1]]), np.append(np.repeat(np.arange(10), 100), 0), draws=499)
    np.testing.assert_allclose(drawn.null_high, limit.null_high, atol=0.02)  # Monte Carlo of a 95 % point


def test_independent_dimensions_hold_the_level():
    rng = np.random.default_rng(9)
    p = [parallel_analysis(rng.normal(size=(40, 4)), np.repeat([0, 1], 20), draws=99, seed=s).p for s in range(200)]
    assert np.mean(np.array(p) <= 0.05) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 200)
