"""Spreads against leave-one-out loops and permutations drawn one by one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from rankkit.kernels.rater_effects import rater_spread as kernel
from rankkit.kernels.rater_effects.rater_spread import FEWEST, rater_spread
from tests import oracles_rater_patterns as plain


def crossed(n=12, m=4, seed=0, k=None):
    rng = np.random.default_rng(seed)
    k = k or m
    rater = np.concatenate([rng.permutation(m)[:k] for _ in range(n)])
    ratee = np.repeat(np.arange(n), k)
    z = rng.normal(size=n)[ratee] + rng.normal(size=n * k) * (0.4 + 0.3 * rater)
    return ratee, rater, z, n, m


def deviations(rater, z, m):
    y = np.empty_like(z)
    for r in range(m):
        at = rater == r
        n = at.sum()
        y[at] = np.abs(z[at] - np.median(z[at])) * np.sqrt(n / (n - 1))
    return y


def test_ratio_and_its_error_by_leaving_out():
    ratee, rater, z, n, m = crossed(seed=3)
    found = rater_spread(ratee, rater, z, n, m, blocked=True)
    np.testing.assert_allclose(np.log(found.ratio), plain.log_sd_ratio(ratee, rater, z, m), atol=1e-12)
    se = plain.jackknife(lambda i, r, x: plain.log_sd_ratio(i, r, x, m), ratee, rater, z)
    np.testing.assert_allclose(found.log_ratio_se, se, rtol=1e-9)


def test_jackknife_where_not_everybody_rates_everybody():
    ratee, rater, z, n, m = crossed(n=25, m=5, k=3, seed=4)
    found = rater_spread(ratee, rater, z, n, m, blocked=True)
    se = plain.jackknife(lambda i, r, x: plain.log_sd_ratio(i, r, x, m), ratee, rater, z)
    np.testing.assert_allclose(found.log_ratio_se, se, rtol=1e-9)


@pytest.mark.parametrize("blocked", [True, False])
def test_p_is_that_of_the_permutations(blocked):
    ratee, rater, z, n, m = crossed(n=14, m=4, seed=2)
    found = rater_spread(ratee, rater, z, n, m, blocked=blocked)
    y = deviations(rater, z, m)
    block = ratee if blocked else np.zeros_like(ratee)
    draws = plain.permuted_sums(block, rater, y, m, 3000, np.random.default_rng(0))
    seen = np.bincount(rater, y, m)
    tails = np.minimum((draws >= seen - 1e-12).mean(axis=0), (draws <= seen + 1e-12).mean(axis=0))
    np.testing.assert_allclose(found.p, np.minimum(2 * tails, 1), atol=0.035)  # 3000 draws: 2 × 2 standard errors of a half


def test_the_global_p_is_close_to_that_of_the_permutations():
    ratee, rater, z, n, m = crossed(n=20, m=4, seed=11)
    y = deviations(rater, z, m)
    found = rater_spread(ratee, rater, z, n, m, blocked=True)
    draws = plain.permuted_sums(ratee, rater, y, m, 2000, np.random.default_rng(0))
    inverse = np.linalg.pinv(np.cov(draws.T))
    centre = draws.mean(axis=0)
    form = np.einsum("bi,ij,bj->b", draws - centre, inverse, draws - centre)
    seen = np.bincount(rater, y, m) - centre
    assert found.p_global == pytest.approx(np.mean(form >= seen @ inverse @ seen), abs=0.05)


def test_two_raters_are_one_comparison():
    found = rater_spread(*crossed(n=10, m=2, seed=1), blocked=True)
    np.testing.assert_allclose(found.p, found.p_global, rtol=1e-9)


def test_neither_rows_nor_labels_nor_units_decide():
    ratee, rater, z, n, m = crossed(n=15, m=5, k=3, seed=5)
    rng = np.random.default_rng(0)
    a, b, order = rng.permutation(n), rng.permutation(m), rng.permutation(len(z))
    first = rater_spread(ratee, rater, z, n, m, blocked=True)
    second = rater_spread(a[ratee][order], b[rater][order], 50 - 10 * z[order], n, m, blocked=True)
    for name in ("ratio", "p", "log_ratio_se"):
        np.testing.assert_allclose(getattr(second, name)[b], getattr(first, name), rtol=1e-8)
    assert second.p_global == pytest.approx(first.p_global, rel=1e-8)


def test_small_teams_do_not_look_restricted():
    """Without the factor √(n/(n−1)) the deviations of a small team are too small on average."""
    rng = np.random.default_rng(0)
    sizes = np.array([8, 8, 94])
    rater = np.repeat(np.arange(3), sizes)
    raw, scaled = np.zeros(3), np.zeros(3)
    for _ in range(2000):
        z = rng.normal(size=110)
        y = deviations(rater, z, 3)
        scaled += np.bincount(rater, y, 3) / sizes
        raw += np.bincount(rater, y, 3) / sizes / np.sqrt(sizes / (sizes - 1))
    assert raw[0] / raw[2] < 0.93
    assert scaled[0] / scaled[2] == pytest.approx(1, abs=0.04)


def test_a_constant_rater_and_one_with_few_people():
    ratee, rater, z, n, m = crossed(n=12, m=4, seed=0)
    z[rater == 2] = 3.0
    few = (rater != 3) | (ratee < FEWEST - 1)
    found = rater_spread(ratee[few], rater[few], z[few], n, m, blocked=True)
    assert found.ratio[2] == 0
    assert np.isnan(found.log_ratio_se[2])
    assert found.p[2] < 0.01
    assert np.isnan(found.p[3])


def test_nothing_to_compare():
    ratee = np.arange(6)
    alone = rater_spread(ratee, np.repeat([0, 1], 3), np.arange(6.0), 6, 2, blocked=True)
    assert np.isnan(alone.p).all()
    assert np.isnan(alone.p_global)
    same = rater_spread(np.tile(np.arange(8), 2), np.repeat([0, 1], 8), np.full(16, 4.0), 8, 2, blocked=True)
    assert np.isnan(same.ratio).all()
    assert np.isnan(same.p).all()


def test_many_raters_are_compared_by_the_smallest(monkeypatch):
    monkeypatch.setattr(kernel, "_MOST_TOGETHER", 3)
    found = rater_spread(*crossed(n=20, m=5, seed=1), blocked=True)
    assert np.nanmin(found.p) <= found.p_global <= 5 * np.nanmin(found.p)


def test_pearson_tails():
    t, skew = np.array([1.3, 1.3, -0.9, 2.0]), np.array([0.0, 1.0, 1.0, -0.7])
    curve = stats.pearson3(skew)
    np.testing.assert_allclose(kernel._two_sided(t, skew), np.minimum(2 * np.minimum(curve.cdf(t), curve.sf(t)), 1), rtol=1e-9)
