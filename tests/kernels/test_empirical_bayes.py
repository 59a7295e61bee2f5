"""Empirical Bayes against the closed form, brute-force likelihood and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, stats

from rankkit.kernels import empirical_bayes
from rankkit.kernels.covariance import Dense
from rankkit.kernels.empirical_bayes import posterior


def some(n=8, seed=0, spread=2.0):
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(n, n)) / np.sqrt(n)
    sigma = root @ root.T + 0.2 * np.eye(n)
    estimate = 3 + spread * rng.normal(size=n) + rng.multivariate_normal(np.zeros(n), sigma)
    return estimate, sigma


def test_equal_errors_have_the_james_stein_form():
    x = np.array([1.0, 2.0, 4.0, 9.0])
    found = posterior(x, Dense(np.eye(4) * 2.0))
    between = x.var(ddof=1) - 2.0
    assert found.between == pytest.approx(between)
    np.testing.assert_allclose(found.mean, x.mean() + between / (between + 2) * (x - x.mean()))


@pytest.mark.parametrize("seed", range(4))
def test_between_variance_maximises_the_likelihood_of_contrasts(seed):
    x, sigma = some(seed=seed)
    contrast = np.linalg.svd(np.ones((1, 8)))[2][1:]

    def minus(t):
        return -stats.multivariate_normal(np.zeros(7), contrast @ (sigma + t * np.eye(8)) @ contrast.T).logpdf(contrast @ x)

    best = optimize.minimize_scalar(minus, bounds=(0, 100), method="bounded", options={"xatol": 1e-10})
    assert posterior(x, Dense(sigma)).between == pytest.approx(best.x, rel=1e-4)


def test_the_posterior_of_contrasts_is_the_normal_one():
    x, sigma = some(seed=2)
    found = posterior(x, Dense(sigma))
    contrast = np.linalg.svd(np.ones((1, 8)))[2][1:]
    v = contrast @ sigma @ contrast.T
    gain = found.between * np.linalg.inv(v + found.between * np.eye(7))
    np.testing.assert_allclose(contrast @ found.mean, gain @ contrast @ x, rtol=1e-8)
    covariance = found.root @ found.root.T
    np.testing.assert_allclose(contrast @ covariance @ contrast.T, gain @ v, rtol=1e-7, atol=1e-10)


def test_errors_everybody_shares_shrink_nobody():
    x, sigma = some(seed=3)
    a, b = posterior(x, Dense(sigma)), posterior(x, Dense(sigma + 50.0))
    np.testing.assert_allclose(a.mean, b.mean, rtol=1e-6)
    assert a.between == pytest.approx(b.between, rel=1e-6)


def test_spread_no_larger_than_the_error_leaves_nothing():
    x = np.array([1.0, 1.1, 0.9, 1.05])
    found = posterior(x, Dense(np.eye(4)))
    assert found.between == 0
    np.testing.assert_allclose(found.mean, x.mean())
    np.testing.assert_allclose(found.draws(10, np.random.default_rng(0)), x.mean())


def test_no_error_leaves_the_scores():
    x = np.array([1.0, 2.0, 5.0])
    np.testing.assert_allclose(posterior(x, Dense(np.zeros((3, 3)))).mean, x)


def test_draws_have_the_posteriors_moments():
    x, sigma = some(seed=5)
    found = posterior(x, Dense(sigma))
    drawn = found.draws(200_000, np.random.default_rng(1))
    np.testing.assert_allclose(drawn.mean(axis=0), found.mean, atol=0.02)
    np.testing.assert_allclose(np.cov(drawn, rowvar=False), found.root @ found.root.T, atol=0.02)


def test_large_problems_use_variances_only(monkeypatch):
    """Independent errors: the same posterior, up to one degree of freedom of τ²; the mean is the precision-weighted one."""
    rng = np.random.default_rng(6)
    v = np.where(np.arange(300) < 150, 0.05, 2.0)
    x = 3 + np.where(v > 1, 1.0, 0.0) + 0.5 * rng.normal(size=300) + np.sqrt(v) * rng.normal(size=300)
    whole = posterior(x, Dense(np.diag(v)))
    monkeypatch.setattr(empirical_bayes, "DENSE_LIMIT", 2)
    quick = posterior(x, Dense(np.diag(v)))
    assert quick.root.ndim == 1
    assert quick.between == pytest.approx(whole.between, rel=0.02)
    np.testing.assert_allclose(quick.mean - quick.mean.mean(), whole.mean - whole.mean.mean(), atol=0.02)
    weight = quick.between / (quick.between + v)
    mean = np.average(x, weights=1 / (quick.between + v))
    assert abs(mean - x.mean()) > 0.2
    np.testing.assert_allclose(quick.mean, mean + weight * (x - mean), rtol=1e-9)


def test_large_problems_maximise_the_likelihood(monkeypatch):
    rng = np.random.default_rng(7)
    v = rng.uniform(0.05, 2.0, 40)
    x = 0.8 * rng.normal(size=40) + np.sqrt(v) * rng.normal(size=40)
    monkeypatch.setattr(empirical_bayes, "DENSE_LIMIT", 2)

    def minus(p):
        return -stats.norm(p[0], np.sqrt(np.exp(p[1]) + v)).logpdf(x).sum()

    best = optimize.minimize(minus, [0.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 2000}).x
    assert posterior(x, Dense(np.diag(v))).between == pytest.approx(np.exp(best[1]), rel=1e-5)


def test_large_problems_without_any_error_keep_their_scores(monkeypatch):
    monkeypatch.setattr(empirical_bayes, "DENSE_LIMIT", 2)
    x = np.array([1.0, 2.0, 5.0, 5.5])
    np.testing.assert_allclose(posterior(x, Dense(np.zeros((4, 4)))).mean, x)
    np.testing.assert_allclose(posterior(np.full(4, 2.0), Dense(np.zeros((4, 4)))).mean, 2.0)


def test_one_person():
    found = posterior(np.array([2.0]), Dense(np.array([[0.25]])))
    assert found.mean.tolist() == [2.0]
