"""What a review of the variance components found: each defect once, so that it stays mended."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from rankkit.kernels.components import mixed_intervals, mixed_reml
from rankkit.kernels.reliability import one_factor

EXACT = 1e-6  # closed forms against converged REML
TWO_SE = 2 * np.sqrt(0.05 * 0.95 / 120)  # Monte Carlo error of a coverage over 120 studies


def crossed(seed, people, raters, spread):
    """Ratees × raters with unit variances but that of the raters, and its fit."""
    rng = np.random.default_rng(seed)
    y = rng.normal(size=(people, 1)) + spread * rng.normal(size=raters) + rng.normal(size=(people, raters))
    codes = np.indices(y.shape).reshape(2, -1)
    return y, mixed_reml.fit(y.ravel(), [(codes[0], people), (codes[1], raters)])


def test_quick_limits_of_few_levels_are_those_of_a_mean_square():
    """With two raters the upper limit was 3.8 times the estimate, whatever the data: it covered .6 of the time."""
    y, found = crossed(5, 20, 2, 1.0)
    limits = mixed_intervals.intervals(found, method="chi2", components=[1])
    error = found.variances[2] / len(y)
    whole = found.variances[1] + error
    assert whole == pytest.approx(y.mean(axis=0).var(ddof=1), rel=EXACT)
    # c stands for the error of two means; its own uncertainty makes it a little larger
    assert limits.high[1] == pytest.approx(whole / stats.chi2.ppf(0.025, 1) - error, rel=0.01)
    assert limits.low[1] == pytest.approx(max(whole / stats.chi2.ppf(0.975, 1) - error, 0), abs=0.01 * whole)


@pytest.mark.recovery
@pytest.mark.parametrize("spread", [0.0, 1.0])
def test_quick_limits_cover(spread):
    inside = 0
    for seed in range(120):
        limits = mixed_intervals.intervals(crossed(seed, 15, 3, spread)[1], method="chi2", components=[1])
        inside += limits.low[1] <= spread**2 <= limits.high[1]
    assert inside / 120 >= 0.95 - TWO_SE


def test_quick_limits_without_information_are_all_there_is():
    """A variance without information divided by zero, then had the limits 0 and 0."""
    _, found = crossed(1, 6, 3, 0.0)
    blank = replace(found, variance_unrestricted=np.zeros((3, 3)), variance_of_components=np.zeros((3, 3)))
    for method in ("chi2", "log"):
        limits = mixed_intervals.intervals(blank, method=method)
        assert (limits.low == 0).all()
        assert np.isinf(limits.high).all()


def test_quick_limits_move_smoothly_with_the_estimate():
    """They jumped from a thousandfold to fourfold where Satterthwaite's ν fell below one."""
    _, found = crossed(2, 20, 4, 0.2)
    high = []
    for value in np.linspace(0.0, 0.2, 41):
        moved = replace(found, variances=np.array([1.0, value, 1.0]))
        spread = np.zeros((3, 3))
        spread[1, 1] = 2 * (value + 0.05) ** 2 / 3
        moved = replace(moved, variance_unrestricted=spread, variance_of_components=spread)
        high.append(mixed_intervals.intervals(moved, method="chi2", components=[1]).high[1])
    steps = np.diff(high)
    assert (steps > 0).all()
    np.testing.assert_allclose(steps, steps[0], rtol=EXACT)


def test_an_interval_of_omega_stays_within_its_bounds():
    """The lower limit of six people by three items was −208."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(6, 3)) + rng.normal(size=(6, 1))
    found = one_factor.omega(x)
    assert found.low == 0
    assert found.low <= found.omega <= found.high <= 1


@pytest.mark.recovery
def test_the_cut_interval_of_omega_covers():
    """Cutting at zero takes nothing away: ω is never below it."""
    inside = 0
    for seed in range(120):
        rng = np.random.default_rng(seed)
        found = one_factor.omega(rng.normal(size=(30, 1)) + rng.normal(size=(30, 4)))
        inside += found.low <= 0.8 <= found.high
        assert 0 <= found.low <= found.high <= 1
    assert inside / 120 >= 0.95 - TWO_SE


@pytest.mark.parametrize(("people", "raters"), [(8, 2), (8, 4), (20, 3)])
def test_levels_of_one_mean_have_no_variance(people, raters):
    """The average information of such an effect is zero: it was left where it started, and the iterations never ended."""
    for seed in range(4):
        row = np.random.default_rng(seed).normal(size=raters)
        found = mixed_reml.fit(np.tile(row, people), [(np.repeat(np.arange(people), raters), people)])
        expected = people * ((row - row.mean()) ** 2).sum() / (people * raters - 1)
        np.testing.assert_allclose(found.variances, [0, expected], rtol=EXACT, atol=EXACT)
