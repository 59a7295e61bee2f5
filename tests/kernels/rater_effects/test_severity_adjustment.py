"""Severity taken out of composites: against dense generalised least squares, and exact in designs with a known answer."""

from __future__ import annotations

import numpy as np
import pytest

from rankkit.kernels.normal_scores import normal_scores
from rankkit.kernels.rater_effects import severity_adjustment as kernel
from rankkit.kernels.rater_effects.rating_composite import composite

EXACT = 1e-10  # two solutions of one linear system
DERIVATIVE = 1e-6  # central differences of step 1e-4


def panel(rng, n=7, m=5, k=3, filled=0.6):
    cells = [(i, r, d) for i in range(n) for r in range(m) for d in range(k) if rng.random() < filled]
    i, r, d = map(np.array, zip(*cells, strict=True))
    w = np.array([0.5, 0.3, 0.2])[:k]
    return composite(i, r, d, rng.normal(size=len(i)) + r / 2, w / w.sum(), n, m)


def dense(parts, var_rater, var_residual, speaks=None):
    """β̂ and the error covariance by matrices of everything, ratees fixed."""
    N, n, m = len(parts.ratee), len(parts.score), parts.n_rater_levels
    Z, R, C = np.zeros((N, n)), np.zeros((N, m)), np.zeros((n, N))
    Z[np.arange(N), parts.ratee] = R[np.arange(N), parts.rater] = 1
    C[parts.ratee, np.arange(N)] = parts.coefficient
    s = np.ones(N, dtype=bool) if speaks is None else speaks
    Zs, Rs = Z[s][:, Z[s].any(axis=0)], R[s]
    V = np.linalg.inv(var_rater * Rs @ Rs.T + var_residual * np.eye(s.sum()))
    P = V - V @ Zs @ np.linalg.inv(Zs.T @ V @ Zs) @ Zs.T @ V
    B = np.zeros((m, N))
    B[:, s] = var_rater * Rs.T @ P
    error = C @ (np.eye(N) - R @ B)
    prior = var_rater * R @ R.T + var_residual * np.eye(N)
    return B @ parts.rater_score, error @ prior @ error.T, error


@pytest.mark.parametrize("filled", [0.5, 0.8, 1.0])
def test_severities_and_covariance_agree_with_dense_generalised_least_squares(filled):
    parts = panel(np.random.default_rng(4), filled=filled)
    found = kernel.severity_adjustment(parts, np.arange(7), 0.7, 0.4)
    beta, covariance, error = dense(parts, 0.7, 0.4)
    np.testing.assert_allclose(found.severity, beta, atol=EXACT)
    np.testing.assert_allclose(found.covariance.dense(), covariance, atol=EXACT)
    np.testing.assert_allclose(found.score - (parts.score - _mean(parts)), error @ parts.rater_score, atol=EXACT)


def _mean(parts):
    """What a composite differs by from the weighted mean of raters' own composites (dimensions somebody left out)."""
    return np.bincount(parts.ratee, parts.coefficient * parts.rater_score, len(parts.score))


def test_derivatives_by_the_variances_are_those_of_the_covariance():
    parts = panel(np.random.default_rng(5))
    found = kernel.severity_adjustment(parts, np.arange(7), 0.7, 0.4)
    n = 7
    for k, (a, b) in enumerate([((0.7 + 1e-5, 0.4), (0.7 - 1e-5, 0.4)), ((0.7, 0.4 + 1e-5), (0.7, 0.4 - 1e-5))], start=1):
        slope = (dense(parts, *a)[1] - dense(parts, *b)[1]) / 2e-5
        np.testing.assert_allclose(found.each[:, k], np.diag(slope), atol=DERIVATIVE)
        mean = 2 * (np.trace(slope) / n - (slope.sum() - np.trace(slope)) / (n * (n - 1)))
        assert found.difference[k] == pytest.approx(mean, abs=DERIVATIVE)


def test_severity_from_anchors_only():
    rng = np.random.default_rng(6)
    ratee = np.r_[np.repeat([0, 1], 4), 2 + np.arange(8)]
    rater = np.r_[np.tile(np.arange(4), 2), np.arange(8) % 4]
    parts = composite(ratee, rater, np.zeros(16, int), rng.normal(size=16), np.ones(1), 10, 4)
    speaks = parts.ratee < 2
    found = kernel.severity_adjustment(parts, np.arange(2, 10), 0.5, 0.3, speaks)
    beta, covariance, _ = dense(parts, 0.5, 0.3, speaks)
    np.testing.assert_allclose(found.severity, beta, atol=EXACT)
    np.testing.assert_allclose(found.covariance.dense(), covariance[2:, 2:], atol=EXACT)


def test_in_a_complete_table_severity_is_the_same_for_everyone_and_changes_nothing():
    """Everybody has the same raters: shrunken severities sum to zero, so no score moves; the golden raters' effects."""
    y = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float)
    ratee, rater = (a.ravel() for a in np.indices(y.shape))
    parts = composite(ratee, rater, np.zeros(24, int), y.ravel(), np.ones(1), 6, 4)
    found = kernel.severity_adjustment(parts, np.arange(6), 5.244451, 1.019443)
    np.testing.assert_allclose(found.severity, [2.300470, -2.704062, -0.928260, 1.331851], atol=2e-6)  # lme4's, six decimals
    np.testing.assert_allclose(found.score, y.mean(axis=1), atol=EXACT)


def test_no_rater_variance_leaves_scores_alone():
    parts = panel(np.random.default_rng(7))
    found = kernel.severity_adjustment(parts, np.arange(7), 0.0, 0.4)
    assert not found.severity.any()
    np.testing.assert_allclose(found.covariance.diagonal(), 0.4 * parts.square)


def test_many_people_get_the_wider_covariance_not_a_narrower_one(monkeypatch):
    parts = panel(np.random.default_rng(8), filled=0.5)
    exact = kernel.severity_adjustment(parts, np.arange(7), 0.7, 0.4).covariance.dense()
    monkeypatch.setattr(kernel, "_DENSE_LIMIT", 3)
    wide = kernel.severity_adjustment(parts, np.arange(7), 0.7, 0.4).covariance.dense()
    assert np.linalg.eigvalsh(wide - exact).min() > -EXACT


def test_normal_scores_are_bloms_with_mean_ranks():
    from scipy.stats import norm, rankdata

    rng = np.random.default_rng(1)
    group, score = rng.integers(0, 4, 40), rng.integers(1, 6, 40).astype(float)
    score[group == 3] = 2.0
    found = normal_scores(group, score, 4)
    for g in range(3):
        rank = rankdata(-score[group == g])
        n = len(rank)
        np.testing.assert_allclose(found[group == g], norm.ppf((n - rank + 5 / 8) / (n + 1 / 4)), atol=EXACT)
    assert np.isnan(found[group == 3]).all()
