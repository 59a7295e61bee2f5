"""Composites and their error covariance against loops and explicit matrices."""

from __future__ import annotations

import numpy as np
import pytest

from rankkit.kernels.rater_effects.rating_composite import (
    adjust,
    centred_covariance,
    composite,
    panel_gradient,
    rater_gradient,
    raw_covariance,
    shrunken_variance,
)
from tests import oracles_composites as plain


def sparse_cells(seed, n=7, m=5, d=3, share=0.6):
    rng = np.random.default_rng(seed)
    keep = rng.random((n, m, d)) < share
    ratee, rater, dimension = np.nonzero(keep)
    return ratee, rater, dimension, rng.normal(size=len(ratee))


@pytest.mark.parametrize("seed", range(6))
def test_scores_and_covariance(seed):
    ratee, rater, dimension, score = sparse_cells(seed)
    w = np.array([0.5, 0.3, 0.2])
    parts = composite(ratee, rater, dimension, score, w, 7, 5)
    cells = {(r, p, d): s for r, p, d, s in zip(rater, ratee, dimension, score, strict=True)}
    expected = plain.composite_scores(cells, dict(enumerate(w)), range(7))
    np.testing.assert_allclose(parts.score, [expected[p] for p in range(7)], rtol=1e-12)
    by_rater = plain.cell_map(cells, dict(enumerate(w)), range(7)) @ np.array(
        [[r == k for k in range(5)] for r, _, _ in cells], dtype=float
    )
    np.testing.assert_allclose(parts.loadings.toarray(), by_rater, atol=1e-14)
    np.testing.assert_allclose(by_rater.sum(axis=1), 1)
    keep = np.arange(7)
    found = raw_covariance(parts, keep, 0.4, 0.9).dense()
    np.testing.assert_allclose(found, 0.4 * by_rater @ by_rater.T + 0.9 * np.diag((by_rater**2).sum(axis=1)), rtol=1e-12)


def test_missing_dimensions_shift_a_raters_own_composite_by_dimension_means_only():
    """Rater 1 left out the easy dimension; that does not make the rater severe."""
    ratee, rater, dimension = np.indices((4, 2, 2)).reshape(3, -1)
    score = ratee + 10.0 * dimension
    kept = ~((rater == 1) & (dimension == 1))
    parts = composite(ratee[kept], rater[kept], dimension[kept], score[kept], np.array([0.5, 0.5]), 4, 2)
    assert parts.partial
    np.testing.assert_allclose(parts.rater_score[parts.rater == 0], parts.rater_score[parts.rater == 1], rtol=1e-12)


def test_gradients_are_derivatives_of_the_variances():
    ratee, rater, dimension, score = sparse_cells(3)
    parts = composite(ratee, rater, dimension, score, np.array([0.5, 0.3, 0.2]), 7, 5)
    keep = np.arange(7)
    each, difference = rater_gradient(parts, keep)
    for k, v in ((1, (1.0, 0.0)), (2, (0.0, 1.0))):
        sigma = raw_covariance(parts, keep, *v).dense()
        np.testing.assert_allclose(each[:, k], np.diag(sigma), rtol=1e-12)
        pairs = [sigma[i, i] + sigma[j, j] - 2 * sigma[i, j] for i in range(7) for j in range(i)]
        assert difference[k] == pytest.approx(np.mean(pairs))


def test_centred_covariance_is_that_of_centred_errors():
    """Errors of centred scores, by their linear map: ε_ir − mean over the rater's people."""
    rng = np.random.default_rng(5)
    keep = rng.random((9, 4)) < 0.7
    keep[:, 0] = True
    ratee, rater = np.nonzero(keep)
    n_pairs = len(ratee)
    parts = composite(ratee, rater, np.zeros(n_pairs, int), rng.normal(size=n_pairs), np.ones(1), 9, 4)
    centre = np.eye(n_pairs) - (rater[:, None] == rater) / np.bincount(rater)[rater]
    average = (np.arange(9)[:, None] == ratee) / np.bincount(ratee)[:, None]
    mean = np.full((9, n_pairs), 1 / n_pairs)
    severity = (rater[:, None] == np.arange(4)).astype(float)
    whole = average @ centre + mean
    expected = 0.6 * whole @ whole.T + 0.8 * (mean @ severity) @ (mean @ severity).T
    level = float(panel_gradient(parts) @ [0.8, 0.6])
    np.testing.assert_allclose(centred_covariance(parts, np.arange(9), 0.6, level).dense(), expected, atol=1e-12)


def test_centring_and_standardising_by_rater_and_dimension():
    _, rater, dimension, score = sparse_cells(8, n=30, m=2, d=2, share=1.0)
    centred, _ = adjust(rater, dimension, score, "center", 2, 2)
    z, pooled = adjust(rater, dimension, score, "z", 2, 2)
    for r in range(2):
        for d in range(2):
            own = (rater == r) & (dimension == d)
            assert centred[own].mean() == pytest.approx(score[dimension == d].mean())
            assert z[own].mean() == pytest.approx(0, abs=1e-12)
            assert z[own].std(ddof=1) == pytest.approx(1)
    assert not pooled.any()


def test_spreads_of_small_teams_are_pooled():
    """Smyth (2004): between each rater's own and the common variance, nearer to the common one for fewer ratees."""
    rng = np.random.default_rng(1)
    true = 1 / rng.gamma(4, 1 / 4, size=4000)  # scaled inverse χ² with 8 degrees of freedom
    df = np.full(4000, 4)
    sample = true * rng.chisquare(4, size=4000) / 4
    found = shrunken_variance(sample, df)
    slope = np.polyfit(sample, found, 1)[0]
    assert slope == pytest.approx(4 / (4 + 8), abs=0.04)
    assert np.mean((np.log(found) - np.log(true)) ** 2) < 0.6 * np.mean((np.log(sample) - np.log(true)) ** 2)


def test_raters_without_spread_have_no_z():
    z, _ = adjust(np.repeat([0, 1], 5), np.zeros(10, int), np.r_[np.full(5, 3.0), np.arange(5.0)], "z", 2, 1)
    assert np.isnan(z[:5]).all()
    assert np.isfinite(z[5:]).all()
