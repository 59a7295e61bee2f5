"""Error rates, coverage and power of the comparisons of raters' levels, spreads and slopes.

The short versions run in seconds; the long ones print what is quoted in docstrings: error rates under every null, coverage
of every interval, power at stated effects.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from scipy import stats

from rankkit.kernels.rater_effects.category_use import category_use
from rankkit.kernels.rater_effects.discrimination import discrimination
from rankkit.kernels.rater_effects.rater_severity import rater_severity
from rankkit.kernels.rater_effects.rater_spread import rater_spread
from rankkit.kernels.share_intervals import clustered_shares

pytestmark = pytest.mark.recovery

SHORT, LONG = 150, 2000


@dataclass(frozen=True)
class Panel:
    """A design with its true values: raters may differ in precision, ratings may be rounded and skewed."""

    n: int
    m: int
    k: int
    errors: str = "equal"  # equal, one_noisy
    rounded: float | None = None  # mean of a five-point scale
    unequal: bool = False  # a tenth of the raters rate most people
    nested: bool = False

    def __str__(self):
        kind = "nested" if self.nested else "crossed" if self.k == self.m else f"{self.k} raters each"
        points = f", 5 points mean {self.rounded}" if self.rounded else ""
        return f"{self.n} × {self.m} {kind}, {self.errors}{', unequal loads' if self.unequal else ''}{points}"

    def codes(self, rng):
        if self.nested:
            return np.arange(self.n), np.arange(self.n) % self.m
        if self.k == self.m:
            return tuple(np.indices((self.n, self.m)).reshape(2, -1))
        weight = np.where(np.arange(self.m) < max(self.m // 10, 2), 6.0, 1.0) if self.unequal else np.ones(self.m)
        keys = rng.exponential(size=(self.n, self.m)) / weight
        return np.repeat(np.arange(self.n), self.k), np.argsort(keys, axis=1)[:, : self.k].ravel()

    def draw(self, rng, severity=0.0, ratio=1.0):
        i, r = self.codes(rng)
        sd = np.full(self.m, 0.5)
        sd[0] *= 3 if self.errors == "one_noisy" else 1
        shift = np.zeros(self.m)
        shift[0] = severity
        y = rng.normal(size=self.n)[i] * 0.6 + rng.normal(size=len(i)) * sd[r]
        y = np.where(r == 0, y * ratio, y) + shift[r]
        return i, r, y if self.rounded is None else np.clip(np.round(self.rounded + y), 1, 5)


NULLS = [
    Panel(7, 3, 3),
    Panel(20, 6, 6, errors="one_noisy"),
    Panel(10, 12, 12, errors="one_noisy"),
    Panel(40, 8, 3, errors="one_noisy"),
    Panel(30, 20, 3),
    Panel(60, 12, 3, unequal=True),
    Panel(20, 6, 6, rounded=4.3),
    Panel(40, 8, 3, rounded=4.3),
]


def bound(replicates, nominal=0.05):
    """Nominal rate and three Monte-Carlo standard errors: two dozen rates are looked at, of tests that are exact or nearly so."""
    return nominal + 3 * np.sqrt(nominal * (1 - nominal) / replicates)


def levels(panel, replicates, seed=0, severity=0.0):
    """Rejections of the global tests and of the first and the second rater, and whether their intervals cover."""
    rng = np.random.default_rng(seed)
    out = []
    for _ in range(replicates):
        i, r, z = panel.draw(rng, severity)
        found = rater_severity(i, r, z, panel.n, panel.m)
        t = np.abs(found.effect / found.se)
        p = 2 * stats.t.sf(t, found.df)
        # the true severities sum to zero over the raters of the component
        true = np.where(np.arange(panel.m) == 0, severity, 0.0) - severity / panel.m
        half = stats.t.ppf(0.975, found.df)
        sd0 = np.sqrt(0.36 + 0.25 * (9 if panel.errors == "one_noisy" else 1))
        share = np.maximum(found.n - 1, 0) / np.maximum(found.n - 1, 0).sum()
        within = np.sqrt(share[0] * sd0**2 + (1 - share[0]) * 0.61)
        cover = np.abs(found.effect - true) <= half * found.se
        cover_g = np.abs(found.effect_size - true / within) <= half * found.effect_size_se
        use = found.shared[0] >= 5
        out.append([found.p < 0.05, found.p_equal < 0.05, p[0] < 0.05 if use else np.nan, p[1] < 0.05, cover[0], cover_g[0]])
    return np.nanmean(np.array(out, dtype=float), axis=0)


def check_levels(panel, replicates):
    found = levels(panel, replicates)
    print(f"severity null, {panel}: global {found[0]:.3f} (F {found[1]:.3f}), first {found[2]:.3f}, second {found[3]:.3f}, "
          f"coverage β {found[4]:.3f}, g {found[5]:.3f}")  # fmt: skip
    assert (found[[0, 2, 3]] <= bound(replicates)).all()
    if panel.rounded is None:
        assert found[4] >= 0.95 - (bound(replicates) - 0.05)


@pytest.mark.parametrize("panel", NULLS[:2] + NULLS[3:4], ids=str)
def test_error_rates_of_levels(panel):
    check_levels(panel, SHORT)


@pytest.mark.thorough
@pytest.mark.parametrize("panel", NULLS, ids=str)
def test_error_rates_of_levels_long(panel):
    check_levels(panel, LONG)


def test_pooling_the_error_variance_calls_a_noisy_rater_lenient():
    """The F test and the pooled t, which the sign patterns and clustered errors replace."""
    found = levels(NULLS[2], SHORT)
    assert found[1] > found[0]


@pytest.mark.thorough
@pytest.mark.parametrize("severity", [0.25, 0.5, 0.8])
@pytest.mark.parametrize("panel", [Panel(8, 4, 4), Panel(20, 6, 6), Panel(60, 12, 3), Panel(200, 20, 3)], ids=str)
def test_power_and_coverage_of_levels(panel, severity):
    found = levels(panel, LONG, seed=1, severity=severity)
    print(f"severity {severity}, {panel}: global power {found[0]:.3f}, rater {found[2]:.3f}, coverage β {found[4]:.3f}, g {found[5]:.3f}")
    assert 0.935 <= found[4] <= 0.965
    assert 0.93 <= found[5] <= 0.97


def test_intervals_of_levels_cover():
    found = levels(Panel(25, 5, 5), 2 * SHORT, seed=3, severity=0.5)
    assert found[4] > 0.95 - 3 * np.sqrt(0.0475 / (2 * SHORT))
    assert found[5] > 0.95 - 3 * np.sqrt(0.0475 / (2 * SHORT))


def spreads(panel, replicates, seed=0, ratio=1.0):
    """Rejections of the global test and of two raters, and whether the interval of the first covers."""
    rng = np.random.default_rng(seed)
    out = []
    for _ in range(replicates):
        i, r, z = panel.draw(rng, 0.0, ratio)
        found = rater_spread(i, r, z, panel.n, panel.m, blocked=not panel.nested)
        use = found.n >= 8
        df = np.maximum(found.n - 1, 0)
        variance = np.where(np.arange(panel.m) == 0, ratio**2, 1.0)
        true = np.log(ratio) - 0.5 * np.log((df * variance).sum() / df.sum())
        with np.errstate(divide="ignore"):
            miss = np.abs(np.log(found.ratio[0]) - true) > stats.t.ppf(0.975, max(found.n[0] - 2, 1)) * found.log_ratio_se[0]
        out.append([found.p_global < 0.05, found.p[0] < 0.05 if use[0] else np.nan, found.p[1] < 0.05 if use[1] else np.nan, not miss])
    return np.nanmean(np.array(out, dtype=float), axis=0)


SPREADS = [
    Panel(8, 2, 2),
    Panel(8, 3, 3),
    Panel(20, 5, 5),
    Panel(60, 8, 3),
    Panel(80, 12, 3, unequal=True),
    Panel(20, 5, 5, rounded=4.3),
    Panel(60, 8, 3, rounded=4.3),
    Panel(48, 6, 1, nested=True),
    Panel(48, 6, 1, nested=True, rounded=4.3),
]


def check_spreads(panel, replicates):
    found = spreads(panel, replicates)
    print(f"spread null, {panel}: global {found[0]:.3f}, first {found[1]:.3f}, second {found[2]:.3f}, coverage {found[3]:.3f}")
    assert (found[:3] <= bound(replicates)).all()
    assert found[3] > 0.92 - (bound(replicates) - 0.05)


@pytest.mark.parametrize("panel", [SPREADS[1], SPREADS[5], SPREADS[7]], ids=str)
def test_error_rates_of_spreads(panel):
    check_spreads(panel, SHORT)


@pytest.mark.thorough
@pytest.mark.parametrize("panel", SPREADS, ids=str)
def test_error_rates_of_spreads_long(panel):
    check_spreads(panel, LONG)


@pytest.mark.thorough
@pytest.mark.parametrize("ratio", [0.5, 0.67, 1.5])
@pytest.mark.parametrize("panel", [Panel(8, 5, 5), Panel(20, 5, 5), Panel(40, 5, 5), Panel(200, 12, 4)], ids=str)
def test_power_of_spreads(panel, ratio):
    found = spreads(panel, LONG // 4, seed=1, ratio=ratio)
    print(f"SD ratio {ratio}, {panel}: global power {found[0]:.3f}, rater {found[1]:.3f}, coverage {found[3]:.3f}")
    assert found[3] > 0.91


def slopes(panel, replicates, seed=0, factor=1.0):
    rng = np.random.default_rng(seed)
    out = []
    for _ in range(replicates):
        i, r = panel.codes(rng)
        y = rng.normal(size=panel.n)[i] * 0.7 * np.where(r == 0, factor, 1.0) + rng.normal(size=len(i)) * 0.5
        y = y if panel.rounded is None else np.clip(np.round(panel.rounded + y), 1, 5)
        severity = rater_severity(i, r, y, panel.n, panel.m).effect
        found = discrimination(i, r, y, severity, panel.n)
        p = 2 * stats.t.sf(np.abs(found.ratio - 1) / found.se, np.maximum(found.n - 3, 1))
        out.append([p[0] < 0.05 if np.isfinite(p[0]) else np.nan, p[1] < 0.05 if np.isfinite(p[1]) else np.nan, found.ratio[0]])
    return np.nanmean(np.array(out, dtype=float), axis=0)


RATIO = 0.1  # the mean ratio is pulled towards 1 by up to 4 %, the rest is Monte-Carlo error
SLOPES = [Panel(8, 3, 3), Panel(60, 8, 2), Panel(20, 5, 5), Panel(60, 8, 3), Panel(20, 5, 5, rounded=4.0), Panel(60, 8, 3, rounded=4.0)]


def check_slopes(panel, replicates):
    found = slopes(panel, replicates)
    print(f"slope null, {panel}: first {found[0]:.3f}, second {found[1]:.3f}, mean ratio {found[2]:.3f}")
    assert (found[:2] <= bound(replicates)).all()


@pytest.mark.parametrize("panel", SLOPES[2:3], ids=str)
def test_error_rates_of_slopes(panel):
    check_slopes(panel, SHORT)


@pytest.mark.thorough
@pytest.mark.parametrize("panel", SLOPES, ids=str)
def test_error_rates_of_slopes_long(panel):
    check_slopes(panel, LONG)


@pytest.mark.thorough
@pytest.mark.parametrize("factor", [0.5, 0.67, 1.5])
@pytest.mark.parametrize("panel", [Panel(20, 5, 5), Panel(60, 8, 3), Panel(200, 12, 4)], ids=str)
def test_power_of_slopes(panel, factor):
    found = slopes(panel, LONG // 4, seed=1, factor=factor)
    print(f"slope {factor}, {panel}: power {found[0]:.3f}, mean ratio {found[2]:.3f}")
    assert found[2] == pytest.approx(factor, rel=RATIO)
    assert found[0] > found[1]  # the rater made to differ is found more often than one who was not


@pytest.mark.parametrize("D", [1, 4])
def test_error_rate_of_the_middle(D):
    rng = np.random.default_rng(0)
    replicates, rejected = 60, []
    for _ in range(replicates):
        t, b = rng.normal(size=20) * 0.6, rng.normal(size=6) * 0.6
        y = t[:, None, None] + b[None, :, None] + rng.normal(size=(20, 6, 1)) * 0.4 + rng.normal(size=(20, 6, D)) * 0.5
        i, r, d = np.indices(y.shape).reshape(3, -1)
        x = np.clip(np.round(3.6 + y), 1, 5).astype(int).ravel() - 1
        rejected.append(category_use(i, r, d, x, 5, 6).p < 0.05)
    assert np.mean(rejected) <= 0.05


def test_shares_of_clustered_ratings_are_covered():
    """Twenty people with five dimensions each; the plain Wilson interval on a hundred ratings covers far less."""
    rng = np.random.default_rng(0)
    covered, plain = [], []
    people, unit = np.repeat(np.arange(20), 5), np.zeros(100, dtype=int)
    for _ in range(600):
        latent = rng.normal(size=20)[people] * 0.9 + rng.normal(size=100) * np.sqrt(0.19)
        hit = latent > 0.5
        found = clustered_shares(unit, people, hit, 1)
        naive = clustered_shares(unit, np.arange(100), hit, 1)
        true = stats.norm.sf(0.5)
        covered.append(found.low[0] <= true <= found.high[0])
        plain.append(naive.low[0] <= true <= naive.high[0])
    assert 0.925 <= np.mean(covered) <= 0.985
    assert np.mean(plain) < 0.8
