from __future__ import annotations

import numpy as np
import pytest

from rankkit.kernels.rater_effects.cusum import cusum, false_alarm


def recursion(z, k, h):
    up = low = 0.0
    out = []
    for value in z:
        up, low = max(0.0, up + value - k), max(0.0, low - value - k)
        out.append((up, low, up > h or low > h))
    return np.array(out)


def test_it_is_the_recursion_within_each_series():
    rng = np.random.default_rng(0)
    group = np.repeat([4, 1, 7], [30, 1, 55])
    z = 2 * rng.standard_normal(86)
    found = cusum(z, group, k=0.4, h=3.0)
    expected = np.concatenate([recursion(z[group == g], 0.4, 3.0) for g in (4, 1, 7)])
    np.testing.assert_allclose(found.upper, expected[:, 0], atol=1e-12)
    np.testing.assert_allclose(found.lower, expected[:, 1], atol=1e-12)
    np.testing.assert_array_equal(found.signal, expected[:, 2])
    assert not len(cusum(np.zeros(0), np.zeros(0, dtype=int)).signal)


def test_two_sided_average_run_length_is_168():
    """k = .5, h = 4: the tabulated in-control run length (Montgomery, Introduction to Statistical Quality Control, table 9.3)."""
    at = np.r_[0, np.geomspace(5, 1400, 25).astype(int)]
    quiet = np.array([1 - false_alarm(int(n)) for n in at])
    length = np.trapezoid(quiet, at)
    assert length == pytest.approx(168, abs=4)  # the two sides are taken as independent (170), and the sum is coarse


@pytest.mark.recovery
@pytest.mark.parametrize(("n", "h"), [(20, 4.0), (60, 4.0), (60, 5.0)])
def test_false_alarms_are_what_is_stated(n, h):
    rng, series = np.random.default_rng(n), 6000
    z = rng.standard_normal(series * n)
    seen = cusum(z, np.repeat(np.arange(series), n), h=h).signal.reshape(series, n).any(axis=1).mean()
    stated = false_alarm(n, h=h)
    assert seen == pytest.approx(stated, abs=4 * np.sqrt(stated * (1 - stated) / series))


def test_no_limit_always_signals():
    assert false_alarm(5, h=0.0) == 1.0
    assert false_alarm(5, h=30.0) == pytest.approx(0.0, abs=1e-12)
