from __future__ import annotations

import numpy as np
import pytest

from rankkit.kernels.sources.source_correlations import source_agreement

SAMPLES, LEVEL = 300, 0.95
LOW, HIGH = 0.915, 0.985  # three Monte-Carlo errors around .95, of which a bootstrap of 60 people may take part


def pair(rng, n=60, rho=0.6, reliability=(0.6, 0.7)):
    true = rng.multivariate_normal([0, 0], [[1, rho], [rho, 1]], n)
    error = np.array([(1 - r) / r for r in reliability])
    return true + rng.normal(0, np.sqrt(error), (n, 2)), error


def test_against_plain_formulas():
    x, error = pair(np.random.default_rng(0))
    found = source_agreement(x[:, 0], x[:, 1], np.full(60, error[0]), np.full(60, error[1]), draws=50)
    va, vb = x.var(axis=0, ddof=1)
    assert found.r == pytest.approx(np.corrcoef(x.T)[0, 1])
    assert found.reliability_a == pytest.approx(1 - error[0] / va)
    assert found.corrected == pytest.approx(np.cov(x.T)[0, 1] / np.sqrt((va - error[0]) * (vb - error[1])))
    assert found.d == pytest.approx((x[:, 0] - x[:, 1]).mean() / np.sqrt((va + vb) / 2))


def test_a_declared_reliability_is_one_minus_the_share_of_error():
    x, _ = pair(np.random.default_rng(1))
    found = source_agreement(x[:, 0], x[:, 1], 0.4, 0.3, draws=50)
    assert [found.reliability_a, found.reliability_b] == pytest.approx([0.6, 0.7])
    assert found.corrected == pytest.approx(found.r / np.sqrt(0.6 * 0.7))


def test_intervals_of_the_corrected_correlation_cover():
    inside = 0
    for k in range(SAMPLES):
        rng = np.random.default_rng(k)
        x, error = pair(rng)
        found = source_agreement(x[:, 0], x[:, 1], np.full(60, error[0]), np.full(60, error[1]), draws=300, seed=k)
        inside += found.corrected_low <= 0.6 <= found.corrected_high
    assert LOW <= inside / SAMPLES <= HIGH


def test_too_few_and_no_reliability():
    assert np.isnan(source_agreement(np.arange(4.0), np.arange(4.0), 0.1, 0.1).r)
    rng = np.random.default_rng(2)
    a, b = rng.normal(size=(2, 30))
    found = source_agreement(a, b, np.full(30, 5.0), np.full(30, 0.1), draws=40)  # error above what varies
    assert np.isfinite(found.r)
    assert np.isnan([found.corrected, found.corrected_low]).all()
