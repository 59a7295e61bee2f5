"""Cronbach's α and its companions."""

from __future__ import annotations

import numpy as np
import pytest

from rankkit.kernels.reliability.internal_consistency import bonett_interval, cronbach_alpha, feldt_interval, robust_interval
from rankkit.kernels.reliability.intraclass import intraclass

EXACT = 1e-10


def items(seed=0, n=40, k=5):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 1)) + rng.normal(size=(n, k)) * np.linspace(0.5, 1.5, k)


def test_alpha_is_the_consistency_of_the_mean_and_its_interval_feldts():
    """Hoyt (1941): α = ICC(C,k), and the two exact intervals are the same."""
    x = items()
    found, icc = cronbach_alpha(x), intraclass(x)
    assert found.alpha == pytest.approx(icc["ICC(C,k)"], rel=EXACT)
    assert found.low == pytest.approx(icc.low[5], rel=EXACT)
    assert found.high == pytest.approx(icc.high[5], rel=EXACT)


def test_correlations_and_alpha_without_each_item_by_hand():
    x = items(1)
    found = cronbach_alpha(x)
    r = np.corrcoef(x, rowvar=False)
    off = r[~np.eye(5, dtype=bool)]
    assert found.mean_correlation == pytest.approx(off.mean(), rel=EXACT)
    assert found.standardized == pytest.approx(5 * off.mean() / (1 + 4 * off.mean()), rel=EXACT)
    np.testing.assert_allclose(found.eigenvalues, np.sort(np.linalg.eigvals(r).real)[::-1], rtol=1e-8)
    for j in range(5):
        rest = np.delete(x, j, axis=1)
        assert found.item_rest[j] == pytest.approx(np.corrcoef(x[:, j], rest.sum(axis=1))[0, 1], rel=1e-9)
        assert found.alpha_without[j] == pytest.approx(cronbach_alpha(rest).alpha, rel=1e-9)


def test_order_of_people_and_items_and_location_do_not_matter():
    x = items(2)
    rng = np.random.default_rng(2)
    two = cronbach_alpha(x[rng.permutation(40)][:, rng.permutation(5)] + 7)
    one = cronbach_alpha(x)
    assert two.alpha == pytest.approx(one.alpha, rel=1e-9)
    np.testing.assert_allclose(two.eigenvalues, one.eigenvalues, rtol=1e-9)


def test_degenerate_items():
    constant_item = items(3)
    constant_item[:, 0] = 4
    found = cronbach_alpha(constant_item)
    assert np.isfinite(found.alpha)
    assert np.isnan(found.eigenvalues).all()
    assert np.isnan(found.mean_correlation)
    assert np.isnan(cronbach_alpha(np.ones((5, 3))).alpha)
    opposite = np.array([[1.0, -1.0], [2.0, -2.0], [3.0, -3.0]])
    assert np.isnan(cronbach_alpha(opposite).alpha)
    two = cronbach_alpha(items(4, k=2))
    assert np.isnan(two.alpha_without).all()


def test_feldt_interval_covers():
    """Parallel items: 1000 tables of 30 × 4, true α from the model."""
    rng = np.random.default_rng(5)
    truth = 4 * 0.5 / (1 + 3 * 0.5)
    hits = 0
    for _ in range(1000):
        x = rng.normal(size=(30, 1)) + rng.normal(size=(30, 4))
        low, high = feldt_interval(cronbach_alpha(x).alpha, 30, 4)
        hits += low <= truth <= high
    assert 0.93 <= hits / 1000 <= 0.97  # 95 % ± 3 Monte Carlo standard errors


def test_bonett_interval_by_hand():
    low, high = bonett_interval(0.8, 100, 5)
    half = 1.959964 * np.sqrt(2 * 5 / (4 * 98))
    assert np.log(1 - low) == pytest.approx(np.log(0.2 * 99 / 100) + half, abs=1e-6)
    assert np.log(1 - high) == pytest.approx(np.log(0.2 * 99 / 100) - half, abs=1e-6)
    assert bonett_interval(1.0, 10, 3) == (1.0, 1.0)


def test_three_intervals_come_together_with_many_people_on_parallel_items():
    rng = np.random.default_rng(6)
    x = rng.normal(size=(4000, 1)) + rng.normal(size=(4000, 4))
    found = cronbach_alpha(x)
    ends = np.array([(found.low, found.high), bonett_interval(found.alpha, 4000, 4), robust_interval(x)])
    np.testing.assert_allclose(ends, ends[[0]].repeat(3, axis=0), atol=0.003)


def test_robust_interval_at_the_edges():
    assert robust_interval(np.outer(np.arange(5.0), np.ones(3))) == pytest.approx((1.0, 1.0))
    assert np.isnan(robust_interval(np.ones((5, 3)))).all()


@pytest.mark.recovery
def test_robust_interval_covers_where_feldts_does_not():
    """Uneven items and heavy tails: 200 people."""
    rng = np.random.default_rng(7)
    loadings, unique = np.array([0.3, 0.6, 1.2, 1.5]), np.array([1.0, 0.5, 0.5, 0.3])
    sigma = np.outer(loadings, loadings) + np.diag(unique)
    truth = 4 / 3 * (1 - np.trace(sigma) / sigma.sum())
    robust, feldt = np.empty(800), np.empty(800)
    for k in range(800):
        f, e = rng.exponential(size=(200, 1)) - 1, rng.exponential(size=(200, 4)) - 1
        x = f * loadings + e * np.sqrt(unique)
        found = cronbach_alpha(x)
        feldt[k] = found.low <= truth <= found.high
        low, high = robust_interval(x)
        robust[k] = low <= truth <= high
    assert robust.mean() > 0.92
    assert feldt.mean() < robust.mean() - 0.02
