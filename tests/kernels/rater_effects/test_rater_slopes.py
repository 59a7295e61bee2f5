from __future__ import annotations

import numpy as np
import pytest

from rankkit.kernels.rater_effects import rater_slopes as module
from rankkit.kernels.rater_effects.rater_slopes import rater_slopes
from rankkit.kernels.two_way_fixed import two_way_fixed


def dummies(codes):
    return (codes[:, None] == np.unique(codes)).astype(float)


def panel(seed, n=12, m=5, periods=1, fill=0.7, slope=0.5):
    """Targets rated once by several raters at times of their own."""
    rng = np.random.default_rng(seed)
    target, rater = np.nonzero(rng.random((n * periods, m)) < fill)
    t = rng.random(len(target)) - 0.5
    y = rng.standard_normal(n * periods)[target] + (slope * rng.standard_normal(m))[rater] * t + 0.4 * rng.standard_normal(len(target))
    return target, rater, t, y


@pytest.mark.parametrize("seed", range(3))
def test_deviations_are_least_squares(seed):
    target, rater, t, y = panel(seed)
    found = rater_slopes(two_way_fixed(target, rater), t, rater, y, 5)
    X = np.column_stack([dummies(target), dummies(rater), dummies(rater) * t[:, None]])
    b, residual = np.linalg.pinv(X) @ y, None
    residual = y - X @ b
    slopes = b[-5:]
    assert found.absolute
    np.testing.assert_allclose(found.deviation, slopes - slopes.mean(), atol=1e-8)
    # heteroscedastic covariance with each rater's residual variance
    H = X @ np.linalg.pinv(X)
    df = np.array([(1 - np.diag(H))[rater == r].sum() for r in range(5)])
    variance = np.array([(residual[rater == r] ** 2).sum() for r in range(5)]) / df
    L = (np.eye(5) - 0.2) @ np.linalg.pinv(X)[-5:]
    np.testing.assert_allclose(found.se, np.sqrt(np.diag((L * variance[rater]) @ L.T)), rtol=1e-6)
    np.testing.assert_allclose(found.df, df, atol=1e-8)


def test_times_shared_by_all_raters_of_a_target_identify_differences_only():
    target, rater = np.repeat(np.arange(30), 4), np.tile(np.arange(4), 30)
    t = (target % 5).astype(float)
    y = np.array([0.0, 0.2, -0.1, 0.4])[rater] * t + 3 * (target % 7) + 1e-3 * np.random.default_rng(0).standard_normal(120)
    found = rater_slopes(two_way_fixed(target, rater), t, rater, y, 4)
    assert not found.absolute
    assert np.isnan(found.mean_slope)
    np.testing.assert_allclose(found.deviation, np.array([0.0, 0.2, -0.1, 0.4]) - 0.125, atol=1e-3)


def test_raters_of_separate_panels_are_compared_within_their_own():
    target = np.r_[np.repeat(np.arange(20), 2), 20 + np.repeat(np.arange(20), 2)]
    rater = np.r_[np.tile([0, 1], 20), np.tile([2, 3], 20)]
    t = (target % 4).astype(float)
    y = np.array([0.0, 1.0, 5.0, 7.0])[rater] * t + 1e-3 * np.random.default_rng(0).standard_normal(80)
    found = rater_slopes(two_way_fixed(target, rater), t, rater, y, 5)
    np.testing.assert_allclose(found.deviation[:4], [-0.5, 0.5, -1.0, 1.0], atol=1e-3)
    assert not found.identified[4]
    assert np.isnan(found.deviation[4])


def test_a_rater_at_one_time_is_not_identified():
    target, rater, t, y = panel(3)
    t = np.where(rater == 2, 0.1, t)
    found = rater_slopes(two_way_fixed(target, rater), t, rater, y, 5)
    assert found.identified.tolist() == [True, True, False, True, True]
    assert np.isnan(found.se[2])


def test_large_tables_take_equal_variances(monkeypatch):
    target, rater, t, y = panel(4, n=60)
    own = rater_slopes(two_way_fixed(target, rater), t, rater, y, 5)
    monkeypatch.setattr(module, "_MEMORY", 10)
    pooled = rater_slopes(two_way_fixed(target, rater), t, rater, y, 5)
    assert own.unequal
    assert not pooled.unequal
    assert np.isnan(pooled.test.p_unequal)
    np.testing.assert_allclose(pooled.deviation, own.deviation, atol=1e-9)
    np.testing.assert_allclose(pooled.se, own.se, rtol=0.15)  # raters are equally exact; 60 people know a variance to 18 %, a se to 9 %


def test_scores_without_residuals_are_not_tested():
    target, rater, t, _ = panel(5)
    assert np.isnan(rater_slopes(two_way_fixed(target, rater), t, rater, target + 0.5 * rater, 5).test.p)


def test_residuals_are_in_units_of_their_raters_spread():
    target, rater, t, y = panel(6, n=200, slope=0.0)
    y = np.where(rater == 1, y + 2 * np.random.default_rng(1).standard_normal(len(y)), y)
    z = rater_slopes(two_way_fixed(target, rater), t, rater, y, 5).z
    spread = [z[rater == r].std() for r in range(5)]
    assert min(spread) > 0.7
    assert max(spread) < 1.25
