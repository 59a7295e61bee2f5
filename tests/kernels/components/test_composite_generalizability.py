"""Composites of dimensions: correlated errors of shared raters, published composite, covariance components."""

from __future__ import annotations

import numpy as np
import pytest

from rankkit.kernels.components.balanced_designs import analyse
from rankkit.kernels.components.composite_generalizability import composite_reliability, covariance_components, independent_parts, mosier
from rankkit.kernels.components.decision_study import decide, shares
from rankkit.kernels.components.design_notation import parse

EXACT = 1e-10
I, R, IR, ID, RD, E = 0.592594, 0.289808, 0.292617, 0.108985, 0.051246, 0.235880  # golden 9


def worked(raters=3, dimensions=4):
    """Observed and error covariance of dimension means over shared raters."""
    error = (IR + E * np.eye(dimensions)) / raters
    return I + ID * np.eye(dimensions) + error, error


def test_mosier_with_correlated_errors_is_the_generalizability_of_the_mean():
    covariance, error = worked()
    found = mosier(np.full(4, 0.25), covariance, error)
    design = parse("ratee x rater x dimension")
    sigma = np.array([I, R, 0.0, IR, ID, RD, E])
    expected = decide(sigma, shares(design, {"rater": 3, "dimension": 4}, fixed=("dimension",)))
    assert found == pytest.approx(float(expected.erho2), rel=EXACT)
    assert found == pytest.approx(0.841, abs=5e-4)


def test_a_toy_with_uncorrelated_errors_is_far_too_confident():
    """Correction 9: the halo of three raters runs through all dimensions."""
    covariance, error = worked()
    toy = mosier(np.full(4, 0.25), covariance, np.diag(np.diag(error)))
    assert toy == pytest.approx(0.940, abs=5e-4)
    honest = mosier(np.full(4, 0.25), covariance, error)
    assert (1 - honest) / (1 - toy) > 2.5  # the error variance is understated two and a half times


def test_simulated_composites_have_the_reliability_said():
    rng = np.random.default_rng(0)
    n = 100_000
    general, specific = rng.normal(size=(n, 1)) * I**0.5, rng.normal(size=(n, 4)) * ID**0.5
    x = [
        (general + specific)[:, None] + (rng.normal(size=(n, 3)) * IR**0.5)[:, :, None] + rng.normal(size=(n, 3, 4)) * E**0.5
        for _ in range(2)
    ]
    one, two = (a.mean(axis=(1, 2)) for a in x)
    covariance, error = worked()
    assert np.corrcoef(one, two)[0, 1] == pytest.approx(mosier(np.full(4, 0.25), covariance, error), abs=0.005)


def test_covariance_components_of_linked_raters():
    rng = np.random.default_rng(1)
    n, m, d = 400, 6, 3
    person = rng.multivariate_normal(np.zeros(d), 0.5 + 0.5 * np.eye(d), size=n)
    halo = rng.normal(size=(n, m, 1)) * 0.8
    y = person[:, None] + halo + rng.normal(size=(n, m, d)) * 0.6
    p, r, pr = covariance_components(y, parse("p x r"))
    np.testing.assert_allclose(p, 0.5 + 0.5 * np.eye(d), atol=0.15)
    np.testing.assert_allclose(pr, 0.64 + 0.36 * np.eye(d), atol=0.06)
    np.testing.assert_allclose(r, 0, atol=0.02)
    for k in range(d):
        np.testing.assert_allclose([m_[k, k] for m_ in (p, r, pr)], analyse(y[..., k], parse("p x r")).raw, atol=EXACT)
    # of the mean over fixed dimensions the matrices say what the single analysis of the means says
    w = np.full(d, 1 / d)
    found = composite_reliability(w, p, pr / m, (r + pr) / m)
    direct = analyse(y.mean(axis=2), parse("p x r")).raw
    assert found.universe == pytest.approx(direct[0], abs=EXACT)
    assert found.relative == pytest.approx(direct[2] / m, abs=EXACT)
    assert found.effective.sum() == pytest.approx(1)


def test_independent_parts():
    rng = np.random.default_rng(2)
    ability = rng.normal(size=(3000, 1))
    parts = [ability + rng.normal(size=(3000, k)) for k in (2, 4)]
    found = independent_parts(parts, [0.5, 0.5])
    assert found.universe == pytest.approx(1, abs=0.08)
    assert found.relative == pytest.approx(0.25 * (1 / 2 + 1 / 4), abs=0.02)
    assert found.erho2 >= found.phi


def test_nothing_varies():
    zero = np.zeros((2, 2))
    found = composite_reliability([0.5, 0.5], zero, zero, zero)
    assert np.isnan(found.erho2)
    assert np.isnan(found.effective).all()
    assert np.isnan(mosier([0.5, 0.5], zero, zero))
