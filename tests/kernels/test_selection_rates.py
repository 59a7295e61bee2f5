"""Two selection rates: golden values, brute force, coverage, and error rates under no difference."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest

from rankkit.kernels.grading.selection_rates import exact_p, two_rates, wilson

EXACT = 1e-9  # both sides are sums of a few hundred terms


def plain_fisher(a: int, n: int, c: int, m: int) -> tuple[float, float]:
    """Add up the probabilities of all tables with these margins, one by one."""
    total, weights = a + c, {}
    for k in range(max(0, total - m), min(n, total) + 1):
        weights[k] = comb(n, k) * comb(m, total - k)
    everything, seen = sum(weights.values()), weights[a]
    p = sum(w for w in weights.values() if w <= seen) / everything
    return p, p - seen / everything / 2


def test_golden_cases() -> None:
    small, large = two_rates(2, 10, 6, 20), two_rates(150, 2000, 190, 2000)
    assert (round(small.ratio, 3), round(small.ratio_low, 2), round(small.ratio_high, 2)) == (0.667, 0.16, 2.73)
    assert (round(small.fisher, 3), round(small.mid_p, 3), round(small.swapped, 2)) == (0.682, 0.533, 1.20)
    assert (round(large.ratio, 3), round(large.ratio_low, 2), round(large.ratio_high, 2), round(large.fisher, 3)) == (
        0.789,
        0.64,
        0.97,
        0.027,
    )


def test_both_fail_four_fifths_but_only_one_is_evidence() -> None:
    """The toy reads the ratio alone."""
    small, large = two_rates(2, 10, 6, 20), two_rates(150, 2000, 190, 2000)
    assert max(small.ratio, large.ratio) < 0.8
    assert small.mid_p > 0.5
    assert small.swapped > 1
    assert large.mid_p < 0.03


def test_favourable_ratio_hides_the_bottom() -> None:
    good, bad = two_rates(900, 1000, 970, 1000), two_rates(100, 1000, 30, 1000)
    assert good.ratio == pytest.approx(0.928, abs=1e-3)
    assert bad.ratio == pytest.approx(3.33, abs=1e-2)
    assert good.odds_ratio == pytest.approx(1 / bad.odds_ratio)


@pytest.mark.parametrize("table", [(0, 4, 3, 9), (4, 4, 3, 9), (1, 5, 1, 5), (3, 17, 11, 23), (0, 3, 0, 5), (6, 6, 2, 2)])
def test_exact_p_is_what_adding_up_gives(table: tuple[int, int, int, int]) -> None:
    assert exact_p(*table) == pytest.approx(plain_fisher(*table), abs=EXACT)


def test_nobody_selected_is_no_error() -> None:
    none, all_ = two_rates(0, 5, 0, 9), two_rates(5, 5, 9, 9)
    assert np.isnan(none.ratio)
    assert np.isnan(none.z)
    assert np.isnan(none.swapped)
    assert all_.ratio == 1
    assert none.fisher == all_.fisher == 1
    only = two_rates(3, 9, 0, 9)
    assert only.ratio == float("inf")
    assert np.isfinite([only.ratio_low, only.ratio_high, only.odds_low]).all()


def test_wilson_golden() -> None:
    z = 1.959963984540054
    assert wilson(160, 200, z) == pytest.approx((0.73914, 0.84955), abs=1e-5)
    assert wilson(0, 30, z) == pytest.approx((0, 0.11351), abs=1e-5)


@pytest.mark.recovery
@pytest.mark.parametrize(("n", "m", "p", "q"), [(40, 160, 0.2, 0.2), (60, 60, 0.15, 0.3), (25, 300, 0.5, 0.4)])
def test_intervals_cover_and_tests_keep_their_level(n: int, m: int, p: float, q: float) -> None:
    """Binomial counts are few enough to add up exactly rather than simulate."""
    a, c = np.arange(n + 1), np.arange(m + 1)
    pa = np.array([comb(n, int(k)) * p**k * (1 - p) ** (n - k) for k in a])
    pc = np.array([float(comb(m, int(k))) * q**k * (1 - q) ** (m - k) for k in c])
    cover = difference = fisher = mid = 0.0
    for i in a[pa > 1e-6]:
        for j in c[pc > 1e-6]:
            found, w = two_rates(int(i), n, int(j), m), pa[i] * pc[j]
            cover += w * (found.ratio_low <= p / q <= found.ratio_high)
            difference += w * (found.difference_low <= p - q <= found.difference_high)
            fisher += w * (found.fisher < 0.05)
            mid += w * (found.mid_p < 0.05)
    assert cover >= 0.94
    assert difference >= 0.94
    if p == q:
        assert fisher <= 0.05
        assert mid <= 0.055  # mid-p is not conservative by construction; this is what adding up gives
