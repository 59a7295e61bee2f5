"""Intervals of agreement coefficients cover, tests of within-group agreement hold their level and find what is there."""

from __future__ import annotations

import numpy as np
import pytest

from rankkit.kernels.reliability.agreement_weights import weight_matrix
from rankkit.kernels.reliability.gwet_agreement import chance_corrected
from rankkit.kernels.reliability.krippendorff import disagreement
from rankkit.kernels.reliability.krippendorff_bootstrap import alpha_interval, difference_bootstrap
from rankkit.kernels.reliability.nominal_agreement import cohen_kappa
from rankkit.kernels.reliability.within_group_nulls import null_shares
from rankkit.kernels.reliability.within_group_tests import item_correlation, item_null, null_agreement

pytestmark = pytest.mark.recovery

LEVEL = 0.95
SHORT, LONG = 250, 2000  # replications; Monte-Carlo se of a coverage of .95: 1.4 % and .5 %


def slack(n, p=LEVEL):
    return 2.5 * np.sqrt(p * (1 - p) / n)


def common_factor(rng, n, m, rho):
    return np.sqrt(rho) * rng.normal(size=(n, 1)) + np.sqrt(1 - rho) * rng.normal(size=(n, m))


def categories(rng, n, m, shares, keep):
    """Raters who know the true category with probability √keep and guess by the shares otherwise: every kappa is ``keep``."""
    truth = rng.choice(len(shares), p=shares, size=(n, 1))
    return np.where(rng.random((n, m)) < np.sqrt(keep), truth, rng.choice(len(shares), p=shares, size=(n, m)))


def alpha_coverage(metric, draw, truth, n, m, replications, kind="studentized"):
    unit = np.repeat(np.arange(n), m)
    hits = []
    for r in range(replications):
        x = draw().ravel().astype(float)
        d = disagreement(unit, x, metric)
        if kind == "krippendorff":
            low, high = difference_bootstrap(unit, x, d, draws=150, seed=r)
        else:
            found = alpha_interval(d, kind, draws=500, seed=r)
            low, high = found.low, found.high
        hits.append(low <= truth <= high)
    return float(np.mean(hits))


@pytest.mark.parametrize(("n", "m", "rho"), [(20, 4, 0.7), (50, 3, 0.3), (100, 3, 0.8)])
def test_studentised_alpha_covers(n, m, rho):
    rng = np.random.default_rng(21)
    found = alpha_coverage("interval", lambda: common_factor(rng, n, m, rho), rho, n, m, SHORT)
    assert abs(found - LEVEL) < 0.01 + slack(SHORT)


@pytest.mark.thorough
@pytest.mark.parametrize(("n", "m", "rho"), [(10, 3, 0.6), (20, 2, 0.5), (20, 4, 0.7), (50, 3, 0.3), (50, 10, 0.6), (200, 2, 0.8)])
def test_studentised_alpha_covers_and_the_others_do_not(n, m, rho):
    rng = np.random.default_rng(22)
    kinds = ("studentized", "percentile", "linear", "krippendorff")
    found = {
        k: alpha_coverage("interval", lambda: common_factor(rng, n, m, rho), rho, n, m, LONG if k != "krippendorff" else SHORT, k)
        for k in kinds
    }
    print(f"alpha n={n} m={m} rho={rho}: {found}")
    assert abs(found["studentized"] - LEVEL) < 0.01 + slack(LONG)
    assert found["krippendorff"] < found["studentized"]


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("shares", "n", "m", "keep"), [((0.25,) * 4, 50, 3, 0.6), ((0.85, 0.1, 0.05), 100, 3, 0.6), ((0.9, 0.1), 50, 4, 0.8)]
)
def test_studentised_nominal_alpha_covers(shares, n, m, keep):
    """A little too often where one category holds nearly everybody."""
    rng = np.random.default_rng(23)
    found = alpha_coverage("nominal", lambda: categories(rng, n, m, shares, keep), keep, n, m, LONG)
    print(f"nominal alpha {shares} n={n} m={m}: {found}")
    assert LEVEL - 0.015 - slack(LONG) < found < 0.99


def test_krippendorffs_own_bootstrap_is_too_short():
    rng = np.random.default_rng(24)
    found = alpha_coverage("interval", lambda: common_factor(rng, 50, 10, 0.6), 0.6, 50, 10, 40, "krippendorff")
    assert found < 0.6


def kappa_coverage(shares, keep, n, kind, replications, seed):
    shares = np.array(shares)
    q = len(shares)
    w = weight_matrix(np.arange(q), kind)
    certain = np.sqrt(keep)
    given = certain * np.eye(q) + (1 - certain) * shares
    joint = np.einsum("t,ti,tj->ij", shares, given, given)
    rng = np.random.default_rng(seed)
    found = cohen_kappa(rng.multinomial(n, joint.ravel(), size=replications).reshape(-1, q, q), w)
    truth = float(cohen_kappa(joint * 1e9, w).value)
    usable = np.isfinite(found.low)
    assert usable.mean() > 0.96  # the others agree in full
    old = np.abs(found.value - truth) < 1.959964 * found.se
    return float(((found.low <= truth) & (truth <= found.high))[usable].mean()), float(old[usable].mean())


@pytest.mark.parametrize("kind", ["identity", "linear", "quadratic"])
@pytest.mark.parametrize("n", [100, 300])
def test_cohens_kappa_covers(kind, n):
    found, _ = kappa_coverage((0.25,) * 4, 0.64, n, kind, 4000, 31)
    assert abs(found - LEVEL) < 0.012 + slack(4000)


def test_cube_roots_cover_better_than_the_plain_interval():
    for shares, keep, n in (((0.25,) * 4, 0.64, 30), ((0.5, 0.5), 0.49, 30), ((0.9, 0.1), 0.81, 100)):
        found, plain = kappa_coverage(shares, keep, n, "identity", 4000, 32)
        assert abs(found - LEVEL) < abs(plain - LEVEL) + 0.005


@pytest.mark.parametrize(("n", "m"), [(30, 3), (100, 2)])
def test_gwets_coefficient_covers(n, m):
    rng = np.random.default_rng(33)
    shares = np.array([0.7, 0.2, 0.1])
    unit, rater = np.divmod(np.arange(n * m), m)
    same = float(0.6 + 0.4 * (shares**2).sum())
    chance = float((shares * (1 - shares)).sum() / 2)
    truth = (same - chance) / (1 - chance)
    hits = []
    for _ in range(600):
        found = chance_corrected(unit, rater, categories(rng, n, m, shares, 0.6).ravel(), np.eye(3))
        hits.append(found.low <= truth <= found.high)
    assert abs(np.mean(hits) - LEVEL) < 0.015 + slack(600)


def test_the_null_test_of_kappa_holds_its_level():
    rng = np.random.default_rng(34)
    for n in (50, 200):
        found = cohen_kappa(rng.multinomial(n, np.outer([0.5, 0.3, 0.2], [0.4, 0.3, 0.3]).ravel(), size=4000).reshape(-1, 3, 3))
        assert np.mean(found.p < 0.05) < 0.05 + 2 * np.sqrt(0.05 * 0.95 / 4000) + 0.004  # large-sample test at n = 50


@pytest.mark.parametrize("null", ["uniform", "slight_skew"])
@pytest.mark.parametrize("k", [3, 5, 10])
def test_agreement_of_random_raters_is_found_at_the_nominal_rate(k, null):
    shares = null_shares(null, 5)
    rng = np.random.default_rng(35)
    x = rng.choice(5, p=shares, size=(4000, k)).astype(float)
    chance = null_agreement(k, shares)
    for p in (chance.p_value(x.var(axis=1, ddof=1)), chance.p_value(np.abs(x - x.mean(axis=1, keepdims=True)).mean(axis=1), "ad_mean")):
        assert (p <= 0.05).mean() <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 4000)


def power(k, sd, null="uniform", draws=4000):
    """How often raters who differ by ``sd`` points around the middle of five are found to agree at .05."""
    rng = np.random.default_rng(36)
    x = np.clip(np.round(3.3 + sd * rng.normal(size=(draws, k))), 1, 5)
    return float((null_agreement(k, null_shares(null, 5)).p_value(x.var(axis=1, ddof=1)) <= 0.05).mean())


def test_power_to_find_agreement():
    """Raters within half a point: five raters are enough, three are not."""
    found = {k: power(k, 0.5) for k in (3, 5, 10)}
    print(f"power of r_wg against uniform answers, SD .5: {found}")
    assert found[3] < 0.6
    assert found[5] > 0.5
    assert found[10] > 0.99


def test_several_items_hold_their_level_only_if_they_may_hang_together():
    """Raters who ignore the person but whose answers hang together (r = .6): items taken as independent pass too many."""
    k, j, n, shares = 5, 5, 1500, null_shares("uniform", 5)
    x = item_null(k, j, shares, correlation=0.6, draws=n, seed=41).answers.astype(float)
    group, rater, item = np.indices(x.shape).reshape(3, -1)
    rho = item_correlation(group, rater, item, x.ravel(), n, k, j)
    observed = x.var(axis=1, ddof=1).mean(axis=1)
    rated = np.ones((k, j), dtype=bool)
    rates = {}
    for r in (0.0, rho):
        chance = np.sort(item_null(k, j, shares, correlation=r, draws=10_000, seed=42).mean_variance(rated))
        p = (np.searchsorted(chance, observed + 1e-9, side="right") + 1) / 10_001
        rates[r] = float((p <= 0.05).mean())
    assert rates[rho] <= 0.05 + 0.015 + 2 * np.sqrt(0.05 * 0.95 / n)  # categories make the correlation a little too small
    assert rates[0.0] > 2 * 0.05
