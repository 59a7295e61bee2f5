from __future__ import annotations

import numpy as np

from rankkit.kernels.covariance import Dense
from rankkit.kernels.empirical_bayes import posterior
from rankkit.kernels.grading.unit_posterior import unit_posterior

EXACT = 1e-9


def sample(seed, n=24, units=3):
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(n, n)) * 0.2 + np.eye(n)
    return rng.normal(size=n) * 2 + 10 * np.repeat(np.arange(units), n // units), root @ root.T, np.repeat(np.arange(units), n // units)


def test_one_unit_is_everybody():
    estimate, sigma, _ = sample(1)
    a, b = unit_posterior(estimate, Dense(sigma), np.zeros(24, int)), posterior(estimate, Dense(sigma))
    np.testing.assert_array_equal(a.mean, b.mean)


def test_posterior_of_contrasts_within_units_by_the_normal_equations():
    estimate, sigma, unit = sample(2)
    found = unit_posterior(estimate, Dense(sigma), unit)
    within = np.eye(24) - (unit[:, None] == unit[None, :]) / 8
    basis = np.linalg.svd(within)[0][:, :21]
    s = basis.T @ sigma @ basis
    gain = found.between * np.linalg.inv(found.between * np.eye(21) + s)
    np.testing.assert_allclose(basis.T @ found.mean, gain @ (basis.T @ estimate), atol=EXACT)
    np.testing.assert_allclose(basis.T @ found.root @ found.root.T @ basis, gain @ s, atol=EXACT)


def test_the_level_of_a_unit_changes_nothing_within_it():
    estimate, sigma, unit = sample(3)
    a = unit_posterior(estimate, Dense(sigma), unit)
    b = unit_posterior(estimate + 100.0 * unit, Dense(sigma), unit)
    np.testing.assert_allclose(a.mean + 100.0 * unit, b.mean, atol=1e-7)
    np.testing.assert_allclose(a.between, b.between, rtol=1e-6)


def test_many_people_are_treated_one_by_one_with_the_same_spread():
    rng = np.random.default_rng(4)
    unit = np.repeat(np.arange(100), 24)
    true = rng.normal(size=2400) + 5 * rng.normal(size=100)[unit]
    found = unit_posterior(true + 0.5 * rng.normal(size=2400), Dense(np.eye(2400) * 0.25), unit)
    assert abs(found.between - 1.0) < 0.15  # standard error √(2/2300)·1.25 = .04
    units_of_one = unit_posterior(np.arange(3.0), Dense(np.eye(3)), np.arange(3))
    np.testing.assert_array_equal(units_of_one.mean, np.arange(3.0))
