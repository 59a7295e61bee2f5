"""Intervals of components: exact cases, nesting, limits. Coverage is in tests/recovery."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from rankkit.kernels.components.balanced_designs import analyse
from rankkit.kernels.components.component_intervals import (
    exact_ratio_interval,
    pivotal_components,
    pseudo_mean_squares,
    standard_errors,
    ting,
)
from rankkit.kernels.components.design_notation import parse
from rankkit.kernels.components.variance_components import one_way, two_way
from rankkit.kernels.reliability.intraclass import intraclass

EXACT = 1e-9
DRAWN = 0.015  # Monte Carlo error of an end from 10 000 draws, in units of the coefficient


def crossed(seed=0, shape=(15, 4, 3)):
    rng = np.random.default_rng(seed)
    y = rng.normal(size=shape) + rng.normal(size=(shape[0], 1, 1)) + 0.5 * rng.normal(size=(1, shape[1], 1))
    return analyse(y + 0.5 * rng.normal(size=(shape[0], shape[1], 1)), parse("p x r x d"))


def test_a_lone_mean_square_has_its_exact_interval():
    found = crossed()
    low, high = ting(found)
    ss, df = found.sum_squares[-1], found.df[-1]
    assert low[-1] == pytest.approx(ss / stats.chi2.ppf(0.975, df), rel=EXACT)
    assert high[-1] == pytest.approx(ss / stats.chi2.ppf(0.025, df), rel=EXACT)


def test_two_mean_squares_by_hand():
    """Brennan (2001), section 6.2: coefficients of the difference of two mean squares."""
    y = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float)
    found = two_way(y)
    low, high = ting(found)
    a, b, df1, df2 = found.mean_squares[0] / 4, found.mean_squares[2] / 4, 5, 15
    upper = stats.f.ppf(0.975, df1, df2)
    g, h = 1 - 1 / stats.f.ppf(0.975, df1, 1e12), 1 / stats.f.ppf(0.025, df2, 1e12) - 1
    cross = ((upper - 1) ** 2 - (g * upper) ** 2 - h**2) / upper
    assert low[0] == pytest.approx(a - b - np.sqrt((g * a) ** 2 + (h * b) ** 2 + cross * a * b), rel=1e-6)
    lower = stats.f.ppf(0.025, df1, df2)
    g, h = 1 - 1 / stats.f.ppf(0.975, df2, 1e12), 1 / stats.f.ppf(0.025, df1, 1e12) - 1
    cross = ((1 - lower) ** 2 - (h * lower) ** 2 - g**2) / lower
    assert high[0] == pytest.approx(a - b + np.sqrt((h * a) ** 2 + (g * b) ** 2 + cross * a * b), rel=1e-6)


def test_levels_are_nested_and_hold_the_estimate():
    found = crossed(1)
    for one, two in (((0.8), (0.95)), ((0.95), (0.99))):
        (low1, high1), (low2, high2) = ting(found, level=one), ting(found, level=two)
        assert np.all(low2 <= low1)
        assert np.all(high1 <= high2)
    low, high = ting(found)
    assert np.all((low <= found.estimates) & (found.estimates <= high))


def test_scale_only_scales():
    y = np.random.default_rng(2).normal(size=(12, 4))
    one, two = two_way(y), two_way(10 * y + 3)
    np.testing.assert_allclose(np.array(ting(two)), 100 * np.array(ting(one)), rtol=1e-9)
    np.testing.assert_allclose(standard_errors(two), 100 * standard_errors(one), rtol=1e-9)


def test_effects_without_degrees_of_freedom_have_no_interval():
    found = analyse(np.random.default_rng(3).normal(size=(8, 1, 3)), parse("p x r x d"))
    low, high = ting(found)
    assert np.isnan(low[1])
    assert np.isnan(standard_errors(found)[1])
    assert np.isfinite(high[0])
    constant = two_way(np.full((4, 3), 2.0))
    assert np.array(ting(constant)).tolist() == [[0.0] * 3, [0.0] * 3]


def test_standard_errors_square_to_an_unbiased_variance():
    rng = np.random.default_rng(4)
    raw, squares = np.empty((3000, 2)), np.empty((3000, 2))
    group = np.repeat(np.arange(12), 4)
    for k in range(3000):
        found = one_way(rng.normal(size=12)[group] + rng.normal(size=48), group, 12)
        raw[k], squares[k] = found.raw, standard_errors(found) ** 2
    np.testing.assert_allclose(squares.mean(axis=0), raw.var(axis=0), rtol=0.1)  # 3000 draws know a variance to 3 %


def test_exact_ratio_is_the_f_interval_of_the_intraclass_correlation():
    y = np.random.default_rng(5).normal(size=(20, 4)) + np.random.default_rng(6).normal(size=(20, 1))
    found, table = two_way(y), intraclass(y)
    ends = exact_ratio_interval(found, np.array([1.0, 0, 0]), np.array([0.0, 0, 1 / 4]))
    assert ends == pytest.approx((table.low[5], table.high[5]), rel=1e-9)
    nested = one_way(y.ravel(), np.repeat(np.arange(20), 4), 20)
    assert exact_ratio_interval(nested, np.array([1.0, 0]), np.array([0.0, 1 / 4])) == pytest.approx((table.low[3], table.high[3]))
    assert exact_ratio_interval(found, np.array([1.0, 0, 0]), np.array([0.0, 0.25, 0.25])) is None
    assert exact_ratio_interval(found, np.array([1.0, 0, 0]), np.array([0.0, 0, 1 / 2])) is None  # not the mean of these raters


def test_pivotal_draws_reproduce_exact_intervals():
    y = np.random.default_rng(7).normal(size=(20, 4)) + np.random.default_rng(8).normal(size=(20, 1))
    draws = pivotal_components(two_way(y))
    ratio = draws[:, 0] / (draws[:, 0] + draws[:, 2] / 4)
    table = intraclass(y)
    np.testing.assert_allclose(np.quantile(ratio, [0.025, 0.975]), [table.low[5], table.high[5]], atol=DRAWN)
    agreement = draws[:, 0] / (draws[:, 0] + (draws[:, 1] + draws[:, 2]) / 4)
    np.testing.assert_allclose(np.quantile(agreement, [0.025, 0.975]), [table.low[4], table.high[4]], atol=2 * DRAWN)
    assert (pivotal_components(two_way(y)) == draws).all()


def test_pseudo_mean_squares_of_a_complete_table_are_its_mean_squares():
    found = crossed(9)
    again = pseudo_mean_squares(found.names, found.raw, found.covariance(), found.raw)
    np.testing.assert_allclose(again.df, found.df, rtol=1e-8)
    per_cell = 1 / np.diag(found.coefficients)
    np.testing.assert_allclose(again.mean_squares * per_cell, found.mean_squares, rtol=1e-8)
    np.testing.assert_allclose(np.array(ting(again)), np.array(ting(found)), rtol=1e-8)
    np.testing.assert_allclose(again.coefficients @ again.mean_squares, found.raw, rtol=1e-8)
    np.testing.assert_allclose(again.covariance(), found.covariance(), rtol=1e-8)


def test_pseudo_mean_squares_at_the_edges():
    names = ("p", "r", "residual")
    assert pseudo_mean_squares(names, np.ones(3), np.zeros((3, 3)), np.ones(3)) is None
    assert pseudo_mean_squares(names, np.ones(3), np.ones((3, 3)), np.ones(3)) is None
    zero = pseudo_mean_squares(names, np.array([0.0, 0.0, 1.0]), np.diag([0.1, 0.2, 0.01]), np.array([0.0, 0.0, 1.0]))
    assert (zero.df >= 2).all()
    np.testing.assert_allclose(zero.coefficients @ zero.mean_squares, [0, 0, 1], atol=1e-12)
    low, high = ting(zero)
    assert low[0] == low[1] == 0
    assert np.isfinite(high).all()
    assert pivotal_components(zero, draws=100).shape == (100, 3)
