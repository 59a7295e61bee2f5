from __future__ import annotations

import numpy as np
import pytest

from rankkit.kernels.reliability.difference_reliability import difference_reliability

MONTE_CARLO = 0.01  # a correlation of 200 000 pairs


def test_golden():
    """Reliabilities .75 and .75, correlation .50."""
    assert float(difference_reliability(1, 1, 0.5, 0.75, 0.75)) == pytest.approx(0.5)


def test_it_is_the_correlation_of_two_parallel_differences():
    rng = np.random.default_rng(0)
    n, vt, ve = 200_000, np.array([1.0, 0.6]), np.array([0.5, 0.2])
    true = rng.multivariate_normal([0, 0], [[1.0, 0.4], [0.4, 0.6]], n)
    x, y = (true + rng.normal(0, np.sqrt(ve), (n, 2)) for _ in range(2))
    r = np.corrcoef(x.T)[0, 1]
    expected = np.corrcoef(x[:, 0] - x[:, 1], y[:, 0] - y[:, 1])[0, 1]
    found = difference_reliability(*x.var(axis=0), r, *(vt / (vt + ve)))
    assert float(found) == pytest.approx(expected, abs=MONTE_CARLO)


def test_edges():
    assert np.isnan(difference_reliability(1, 1, 1.0, 0.9, 0.9))  # a difference that does not vary
    assert float(difference_reliability(1, 1, 0.8, 0.5, 0.5)) < 0  # declared reliabilities below the correlation
    assert difference_reliability(1, 1, 0.2, np.array([0.5, 0.9]), 0.8).shape == (2,)
