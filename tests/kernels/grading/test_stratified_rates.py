"""Mantel–Haenszel, its exact conditional sister, and homogeneity, against statsmodels and by brute force."""

from __future__ import annotations

from itertools import product
from math import comb

import numpy as np
import pytest
from scipy.stats import fisher_exact
from scipy.stats.contingency import odds_ratio
from statsmodels.stats.contingency_tables import StratifiedTable

from rankkit.kernels.grading.stratified_rates import stratified

CLOSE = 1e-9  # the same sums in another order
Table = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def tables(seed: int, strata: int) -> Table:
    rng = np.random.default_rng(seed)
    n, m = rng.integers(4, 30, strata), rng.integers(4, 30, strata)
    return rng.binomial(n, 0.4), n, rng.binomial(m, 0.5), m


@pytest.mark.parametrize("seed", range(6))
def test_agrees_with_statsmodels(seed: int) -> None:
    a, n, c, m = tables(seed, 4)
    found = stratified(a, n, c, m)
    peer = StratifiedTable([np.array([[a[k], n[k] - a[k]], [c[k], m[k] - c[k]]], dtype=float) for k in range(4)])
    assert found is not None
    assert found.odds_ratio == pytest.approx(peer.oddsratio_pooled, abs=CLOSE)
    assert found.ratio == pytest.approx(peer.riskratio_pooled, abs=CLOSE)
    assert (found.odds_low, found.odds_high) == pytest.approx(peer.oddsratio_pooled_confint(), abs=CLOSE)
    assert found.p == pytest.approx(peer.test_null_odds().pvalue, abs=CLOSE)
    assert found.homogeneity_p == pytest.approx(peer.test_equal_odds(adjust=True).pvalue, abs=1e-7)


def test_simpson_golden_and_homogeneity_at_one() -> None:
    """Pooled, focal people fare worse; in neither stratum do they. Statsmodels divides by zero at a pooled odds ratio of 1."""
    a, n, c, m = (np.array(x) for x in ([8, 4], [20, 40], [20, 1], [50, 10]))
    found = stratified(a, n, c, m)
    assert found is not None
    assert found.odds_ratio == found.ratio == 1
    assert found.homogeneity == 0
    assert found.homogeneity_p == 1
    pooled = (a.sum() / n.sum()) / (c.sum() / m.sum())
    assert pooled == pytest.approx(0.571429, abs=1e-6)
    assert a.sum() * (m - c).sum() / ((n - a).sum() * c.sum()) == pytest.approx(0.464286, abs=1e-6)


def test_exact_conditional_by_brute_force() -> None:
    a, n, c, m = (np.array(x) for x in ([1, 3, 0], [4, 5, 3], [3, 1, 2], [5, 4, 4]))
    total = a + c
    ranges = [range(max(0, int(t - j)), min(int(i), int(t)) + 1) for i, j, t in zip(n, m, total, strict=True)]
    weight: dict[int, int] = {}
    for ks in product(*ranges):
        ways = 1
        for k, i, j, t in zip(ks, n, m, total, strict=True):
            ways *= comb(int(i), k) * comb(int(j), int(t) - k)
        weight[sum(ks)] = weight.get(sum(ks), 0) + ways
    everything, seen = sum(weight.values()), weight[int(a.sum())]
    p = sum(w for w in weight.values() if w <= seen) / everything
    found = stratified(a, n, c, m)
    assert found is not None
    assert found.exact_p == pytest.approx(p, abs=CLOSE)
    assert found.exact_mid_p == pytest.approx(p - seen / everything / 2, abs=CLOSE)
    odds = found.conditional
    mean = sum(k * w * odds**k for k, w in weight.items()) / sum(w * odds**k for k, w in weight.items())
    assert mean == pytest.approx(a.sum(), abs=1e-6)
    for bound, tail in ((found.conditional_low, lambda k: k >= a.sum()), (found.conditional_high, lambda k: k <= a.sum())):
        share = sum(w * bound**k for k, w in weight.items() if tail(k)) / sum(w * bound**k for k, w in weight.items())
        assert share == pytest.approx(0.025, abs=1e-6)
    assert found.sparse


def test_strata_that_tell_nothing() -> None:
    nothing = stratified(np.array([0, 5]), np.array([4, 5]), np.array([0, 6]), np.array([7, 6]))
    assert nothing is None
    one_side = stratified(np.array([0, 0]), np.array([4, 5]), np.array([3, 2]), np.array([7, 6]))
    assert one_side is not None
    assert one_side.odds_ratio == one_side.conditional == one_side.conditional_low == 0
    assert np.isnan(one_side.homogeneity)


@pytest.mark.recovery
def test_level_of_tests_under_no_difference() -> None:
    rng, reps = np.random.default_rng(7), 400
    n, m = np.array([8, 12, 20, 6]), np.array([30, 25, 40, 20])
    rate = np.array([0.1, 0.2, 0.3, 0.15])
    found = [stratified(rng.binomial(n, rate), n, rng.binomial(m, rate), m) for _ in range(reps)]
    error = 0.05 + 2 * np.sqrt(0.05 * 0.95 / reps)
    for name in ("p", "exact_p", "exact_mid_p", "homogeneity_p"):
        assert np.mean([getattr(f, name) < 0.05 for f in found if f is not None]) <= error, name
    cover = np.mean([f.conditional_low <= 1 <= f.conditional_high for f in found if f is not None])
    assert cover >= 0.95 - 2 * np.sqrt(0.05 * 0.95 / reps)


def test_strata_where_everybody_was_selected_count_for_the_ratio() -> None:
    """They say that the rates are equal there; to leave them out turns 0.65 into 0.31."""
    a, n, c, m = (np.array(x) for x in ([10, 5], [10, 20], [10, 8], [10, 10]))
    found = stratified(a, n, c, m)
    peer = StratifiedTable([np.array([[a[k], n[k] - a[k]], [c[k], m[k] - c[k]]], dtype=float) for k in range(2)])
    assert found is not None
    assert found.ratio == pytest.approx(peer.riskratio_pooled, abs=CLOSE)
    assert found.odds_ratio == pytest.approx(peer.oddsratio_pooled, abs=CLOSE)
    assert found.strata == 1


@pytest.mark.parametrize("seed", range(3))
def test_the_adverse_ratio_is_that_of_the_complements(seed: int) -> None:
    a, n, c, m = tables(seed, 4)
    found, turned = stratified(a, n, c, m), stratified(n - a, n, m - c, m)
    assert found is not None
    assert turned is not None
    assert (found.adverse_ratio, found.adverse_low, found.adverse_high) == (turned.ratio, turned.ratio_low, turned.ratio_high)
    assert found.odds_ratio == pytest.approx(1 / turned.odds_ratio)


def breslow_day(a: np.ndarray, n: np.ndarray, c: np.ndarray, m: np.ndarray) -> float:
    """The toy: expected counts by the formula for quadratic equations, at whatever the common odds ratio is."""
    odds = (a * (m - c) / (n + m)).sum() / ((n - a) * c / (n + m)).sum()
    t = a + c
    lead, middle, last = odds - 1, -(odds * (n + t) + m - t), odds * n * t
    with np.errstate(invalid="ignore", divide="ignore"):
        e = (-middle - np.sqrt(middle**2 - 4 * lead * last)) / (2 * lead)
        return float(((a - e) ** 2 * (1 / e + 1 / (n - e) + 1 / (t - e) + 1 / (m - t + e))).sum())


def test_breslow_day_at_an_odds_ratio_of_one_where_the_toy_divides_by_zero() -> None:
    """16 of 20 beside 4 of 20, and its mirror: a common odds ratio of exactly 1, and strata as far apart as can be."""
    a, n, c, m = (np.array(x) for x in ([16, 4], [20, 20], [4, 16], [20, 20]))
    found = stratified(a, n, c, m)
    assert found is not None
    assert found.odds_ratio == 1
    assert np.isnan(breslow_day(a, n, c, m))
    assert found.homogeneity == pytest.approx(2 * 6**2 * 4 / 10)  # every expected count is 10
    assert found.homogeneity_p < 1e-6
    moved = a + np.array([0, 1])
    other = stratified(moved, n, c, m)
    assert other is not None
    assert breslow_day(moved, n, c, m) == pytest.approx(other.homogeneity, rel=0.02)  # elsewhere they agree, but for Tarone


def test_pooled_rates_are_the_toy_of_simpson() -> None:
    a, n, c, m = (np.array(x) for x in ([8, 4], [20, 40], [20, 1], [50, 10]))
    toy = (a.sum() / n.sum()) / (c.sum() / m.sum())
    found = stratified(a, n, c, m)
    assert found is not None
    assert toy < 0.6
    assert found.ratio == found.odds_ratio == found.adverse_ratio == 1
    assert found.p > 0.9


@pytest.mark.parametrize("table", [(3, 9, 8, 11), (1, 12, 7, 20), (9, 10, 2, 15), (0, 6, 4, 9)])
def test_one_stratum_is_the_conditional_odds_ratio_of_scipy(table: tuple[int, int, int, int]) -> None:
    a, n, c, m = table
    found = stratified(*(np.array([x]) for x in table))
    peer = odds_ratio([[a, n - a], [c, m - c]], kind="conditional")
    interval = peer.confidence_interval(0.95)
    assert found is not None
    assert found.conditional == pytest.approx(peer.statistic, rel=1e-6)  # both are roots found by iteration
    assert (found.conditional_low, found.conditional_high) == pytest.approx((interval.low, interval.high), rel=1e-6)
    assert found.exact_p == pytest.approx(fisher_exact([[a, n - a], [c, m - c]])[1], abs=CLOSE)
