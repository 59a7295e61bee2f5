"""Two selection rates: golden values, brute force, coverage, and error rates under no difference."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest

from rankkit.kernels.grading.selection_rates import detectable, exact_p, koopman, two_rates, wilson

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


def constrained(a: int, n: int, c: int, m: int, ratio: float) -> float:
    """Score statistic of a ratio: the likeliest rates with that ratio are looked for on a grid, not solved for."""
    q = np.linspace(1e-9, min(1.0, 1 / ratio) - 1e-9, 200_001)
    p = ratio * q
    with np.errstate(divide="ignore"):
        log = a * np.log(p) + (n - a) * np.log1p(-p) + c * np.log(q) + (m - c) * np.log1p(-q)
    best = int(np.argmax(log))
    spread = p[best] * (1 - p[best]) / n + ratio**2 * q[best] * (1 - q[best]) / m
    return float((a / n - ratio * c / m) / np.sqrt(spread))


@pytest.mark.parametrize("table", [(36, 40, 16, 80), (11, 12, 58, 60), (3, 9, 2, 7), (20, 23, 5, 19), (1, 40, 39, 200)])
def test_score_interval_ends_where_the_score_test_rejects(table: tuple[int, int, int, int]) -> None:
    z = 1.959963984540054
    low, high = koopman(*table, z)
    assert constrained(*table, low) == pytest.approx(z, abs=2e-3)  # the grid is 5e-6 wide
    assert constrained(*table, high) == pytest.approx(-z, abs=2e-3)


def test_score_interval_published() -> None:
    """Koopman's own example (1984, p. 516): 36 of 40 and 16 of 80, 2.94 to 7.15."""
    assert koopman(36, 40, 16, 80, 1.959963984540054) == pytest.approx((2.94, 7.15), abs=5e-3)


def test_zero_cells_have_honest_ends() -> None:
    z = 1.959963984540054
    assert koopman(0, 5, 3, 9, z)[0] == 0
    assert koopman(3, 9, 0, 9, z)[1] == float("inf")
    assert koopman(0, 5, 0, 9, z) == (0.0, float("inf"))
    everybody = two_rates(5, 5, 9, 9)
    assert everybody.ratio_low < 1 < everybody.ratio_high, "all of five beside all of nine leaves much open"
    assert everybody.score_low < 1 < everybody.score_high


def test_every_small_table_by_adding_up() -> None:
    for n, m in ((1, 1), (3, 5), (6, 2), (5, 5)):
        for a in range(n + 1):
            for c in range(m + 1):
                assert exact_p(a, n, c, m) == pytest.approx(plain_fisher(a, n, c, m), abs=EXACT)


def weighted(n: int, m: int, p: float, q: float) -> list[tuple[float, int, int]]:
    """Every table with its probability."""
    pa = [comb(n, a) * p**a * (1 - p) ** (n - a) for a in range(n + 1)]
    pc = [comb(m, c) * q**c * (1 - q) ** (m - c) for c in range(m + 1)]
    return [(pa[a] * pc[c], a, c) for a in range(n + 1) for c in range(m + 1) if pa[a] * pc[c] > 1e-7]


@pytest.mark.parametrize(("n", "m", "p", "q"), [(12, 60, 0.9, 0.97), (10, 40, 0.8, 0.97), (8, 40, 0.95, 0.95), (5, 5, 0.5, 0.5)])
def test_score_interval_covers_in_small_groups_where_the_log_interval_does_not(n: int, m: int, p: float, q: float) -> None:
    """Who is kept out of the lowest grade: rates near 1. Added up over all tables, not simulated."""
    score = sum(w * (lo <= p / q <= hi) for w, a, c in weighted(n, m, p, q) for lo, hi in [koopman(a, n, c, m, 1.959964)])
    assert score >= 0.93
    if (n, m) == (12, 60):
        half = 1.959964
        toy = 0.0
        for w, a, c in weighted(n, m, p, q):
            if a and c:
                width = half * np.sqrt((1 - a / n) / a + (1 - c / m) / c)
                toy += w * (abs(np.log(a / n) - np.log(c / m) - np.log(p / q)) <= width)
        assert toy < 0.75


def test_one_person_either_way() -> None:
    found = two_rates(2, 10, 6, 20)
    assert found.swapped == pytest.approx((3 / 10) / (5 / 20))
    assert found.swapped_back == pytest.approx((1 / 10) / (7 / 20))
    assert np.isnan(two_rates(0, 5, 3, 9).swapped_back)


@pytest.mark.parametrize(("n", "c", "m"), [(60, 60, 120), (100, 90, 300), (40, 64, 80), (30, 180, 200)])
def test_the_largest_detectable_ratio_is_found_four_times_in_five(n: int, c: int, m: int) -> None:
    q = c / m
    ratio = detectable(n, c, m)
    found = sum(w for w, a, k in weighted(n, m, ratio * q, q) for r in [two_rates(a, n, k, m)] if r.z_p < 0.05 and r.difference < 0)
    assert found == pytest.approx(0.8, abs=0.04)  # a normal approximation to counts that jump


def test_nothing_is_detectable_where_nobody_or_too_few_are_selected() -> None:
    assert np.isnan(detectable(5, 2, 9))
    assert np.isnan(detectable(50, 0, 50))
    assert 0.8 < detectable(5000, 9000, 9000) < 1
