"""Mean squares, categories, agreement, separation, fair averages and interactions by their definitions."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import optimize, stats

from rankkit.errors import SettingsError
from rankkit.kernels.rasch.many_facet_rasch import joint_ml
from rankkit.kernels.rasch.rasch_bias import contrasts, interactions
from rankkit.kernels.rasch.rasch_bootstrap import fit_bands
from rankkit.kernels.rasch.rasch_design import rasch_design
from rankkit.kernels.rasch.rasch_fair import fair_averages
from rankkit.kernels.rasch.rasch_fit import Residuals, category_use, element_fit, exact_agreement
from rankkit.kernels.rasch.rasch_separation import fixed_chi2, random_chi2, separation, wald
from tests.oracles_rasch import category_chances, mean_squares

EXACT = 1e-9


@pytest.fixture(scope="module")
def fitted():
    rng = np.random.default_rng(7)
    i, r, d = (a.ravel() for a in np.meshgrid(np.arange(10), np.arange(4), np.arange(3), indexing="ij"))
    eta = rng.normal(size=10)[i] - np.array([-0.6, -0.1, 0.2, 0.5])[r] - np.array([-0.3, 0.0, 0.3])[d]
    chances = np.array([category_chances(e, (-1.0, 0.0, 1.0)) for e in eta])
    x = (rng.random(len(eta))[:, None] > chances.cumsum(axis=1)[:, :-1]).sum(axis=1) + 1
    keep = rng.random(len(x)) < 0.85
    fit = joint_ml(rasch_design([i[keep], r[keep], d[keep]], [10, 4, 3], x[keep]))
    return fit, Residuals.of(fit.design, fit.measures, fit.psi, fit.active)


def chances_of(fit, found):
    return np.array([category_chances(e, fit.tau[0]) for e in found.eta])


def test_expectations_residuals_and_mean_squares(fitted):
    fit, found = fitted
    p, k = chances_of(fit, found), np.arange(4)
    mean = p @ k
    variance = p @ k**2 - mean**2
    np.testing.assert_allclose(found.expected.p.T, p, atol=EXACT)
    np.testing.assert_allclose(found.residual, fit.design.x - mean, atol=EXACT)
    np.testing.assert_allclose(found.fourth, [(pp * (k - m) ** 4).sum() for pp, m in zip(p, mean, strict=True)], atol=EXACT)
    np.testing.assert_allclose(found.expected_value, mean + 1, atol=EXACT)
    raters = element_fit(found, 1)
    for r in range(4):
        own = fit.design.facets[1] == r
        infit, outfit = mean_squares(fit.design.x[own], mean[own], variance[own])
        assert raters.infit[r] == pytest.approx(infit)
        assert raters.outfit[r] == pytest.approx(outfit)
        eta, x = found.eta[own], fit.design.x[own]
        assert raters.correlation[r] == pytest.approx(np.corrcoef(eta, x)[0, 1])
        q = np.sqrt((found.fourth[own] - variance[own] ** 2).sum()) / variance[own].sum()
        z = (infit ** (1 / 3) - 1) * 3 / q + q / 3
        assert raters.infit_z[r] == pytest.approx(z)
        assert raters.infit_p[r] == pytest.approx(2 * stats.norm.sf(abs(z)))
        assert (raters.infit_low[r] < infit < raters.infit_high[r]) == (raters.infit_p[r] > 0.05)


def test_variance_of_mean_squares_is_that_of_the_model(fitted):
    """Many ratings drawn at the very measures: the standard deviations behind the z values are right."""
    fit, found = fitted
    rng = np.random.default_rng(0)
    p, own = chances_of(fit, found), fit.design.facets[1] == 0
    draws = (rng.random((4000, own.sum(), 1)) > p[own].cumsum(axis=1)[:, :-1]).sum(axis=2)
    squares = (draws - found.expected.mean[own]) ** 2
    v = found.expected.variance[own]
    q_in = np.sqrt((found.fourth[own] - v**2).sum()) / v.sum()
    q_out = np.sqrt((found.fourth[own] / v**2 - 1).sum()) / own.sum()
    assert (squares.sum(axis=1) / v.sum()).std() == pytest.approx(q_in, rel=0.04)  # 4000 draws: 1.1 % standard error
    assert (squares / v).mean(axis=1).std() == pytest.approx(q_out, rel=0.04)


def test_categories(fitted):
    fit, found = fitted
    use = category_use(fit.design, found)
    for k in range(4):
        own = fit.design.x == k
        assert use.count[0, k] == own.sum()
        assert use.measure[0, k] == pytest.approx(found.eta[own].mean())
        assert use.outfit[0, k] == pytest.approx((found.z[own] ** 2).mean())
        weight = found.expected.p[k]
        assert use.expected_measure[0, k] == pytest.approx((weight * found.eta).sum() / weight.sum())


def test_exact_agreement_counts_pairs(fitted):
    fit, found = fitted
    p = chances_of(fit, found)
    i, r, d = fit.design.facets
    counts = np.zeros((4, 3))
    for a, b in itertools.combinations(range(len(i)), 2):
        if i[a] == i[b] and d[a] == d[b]:
            same, chance = fit.design.x[a] == fit.design.x[b], p[a] @ p[b]
            for rater in (r[a], r[b]):
                counts[rater] += (1, same, chance)
    found = exact_agreement(found)
    np.testing.assert_allclose(np.stack([found.opportunities, found.exact, found.expected], axis=1), counts, atol=EXACT)


def test_separation_and_tests_of_equality():
    m, se = np.array([0.8, -0.4, 0.1, -0.5]), np.array([0.2, 0.3, 0.25, 0.2])
    found = separation(m, se)
    error = np.mean(se**2)
    assert found.separation == pytest.approx(np.sqrt((m.var(ddof=1) - error) / error))
    assert found.reliability == pytest.approx(1 - error / m.var(ddof=1))
    assert found.strata == pytest.approx((4 * found.separation + 1) / 3)
    w = 1 / se**2
    centre = (w * m).sum() / w.sum()
    assert fixed_chi2(m, se).statistic == pytest.approx((w * (m - centre) ** 2).sum())
    assert fixed_chi2(m, se).df == 3
    true = m.var(ddof=1) - error
    w = 1 / (true + se**2)
    centre = (w * m).sum() / w.sum()
    assert random_chi2(m, se).statistic == pytest.approx((w * (m - centre) ** 2).sum())
    centring = np.eye(4) - 0.25
    sigma = centring @ np.diag(se**2) @ centring
    b = m - m.mean()
    assert wald(b, sigma).statistic == pytest.approx(b @ np.linalg.pinv(sigma) @ b)
    assert separation(np.full(4, 0.1), se).separation == 0
    assert np.isnan(separation(np.array([0.3]), np.array([0.1])).reliability)
    assert np.isnan(random_chi2(m[:2], se[:2]).p)


@pytest.mark.parametrize("threshold_facet", [None, 1, 2])
def test_fair_averages(fitted, threshold_facet):
    design = fitted[0].design
    fit = joint_ml(rasch_design(design.facets, design.sizes, design.observed, threshold_facet=threshold_facet))
    fair = fair_averages(fit.design, fit.measures, fit.psi, 0, 2)
    theta, delta = fit.measures[0][4], fit.measures[2]

    def rating(eta, group):
        k = int(fit.design.n_slots[group])
        score, psi = fit.design.score[group, :k], fit.psi[group, :k]
        p = np.exp(score * eta - psi)
        return float(p @ fit.design.value[group, :k] / p.sum())

    def expected(theta):
        if threshold_facet == 1:
            return np.mean([rating(theta - e, g) for e in delta for g in range(4)])
        return np.mean([rating(theta - e, d if threshold_facet == 2 else 0) for d, e in enumerate(delta)])

    assert fair.value[4] == pytest.approx(expected(theta))
    assert fair.slope[4] == pytest.approx((expected(theta + 1e-5) - expected(theta - 1e-5)) / 2e-5, rel=1e-6)
    raters = fair_averages(fit.design, fit.measures, fit.psi, 1, 2)
    level, beta = float(np.mean(fit.measures[0])), fit.measures[1][3]
    groups = {None: lambda d: 0, 1: lambda d: 3, 2: lambda d: d}[threshold_facet]
    assert raters.value[3] == pytest.approx(np.mean([rating(level - beta - e, groups(d)) for d, e in enumerate(delta)]))
    assert (np.argsort(raters.value) == np.argsort(-fit.measures[1])).all() or threshold_facet == 1


def cells_of(design):
    return [(design.facets[1] == r) & (design.facets[2] == d) for r in range(4) for d in range(3)]


def test_bias_of_a_cell_solves_its_equation(fitted):
    fit, found = fitted
    cells = interactions(found, 1, 2)
    for c in range(len(cells.first)):
        own = (fit.design.facets[1] == cells.first[c]) & (fit.design.facets[2] == cells.second[c])

        def expected(b, own=own):
            return sum(np.dot(category_chances(e + b, fit.tau[0]), np.arange(4)) for e in found.eta[own])

        total = fit.design.x[own].sum()
        root = optimize.brentq(lambda b, total=total, expected=expected: expected(b) - total, -8, 8, xtol=1e-12)
        assert cells.bias[c] == pytest.approx(root, abs=1e-7)
        slope = (expected(root + 1e-5) - expected(root - 1e-5)) / 2e-5
        assert cells.se[c] == pytest.approx(1 / np.sqrt(slope), rel=1e-6)
        assert cells.df[c] == own.sum() - 1
    assert cells.df1 == 6
    assert cells.df2 == len(fit.design) - (10 + 4 + 3 - 2 + 2) - 6
    between = sum((own.sum() ** 2) / v.sum() for own, v in ((found.residual[k], found.expected.variance[k]) for k in cells_of(fit.design)))
    within = (found.z**2).sum() - between
    assert cells.statistic == pytest.approx((between / 6) / (within / cells.df2))
    assert cells.difference @ cells.n == pytest.approx(0, abs=1e-7)
    pairs = contrasts(cells)
    assert len(pairs.p) == 4 * 3
    k = np.flatnonzero((pairs.first == 2) & (pairs.low == 0) & (pairs.high == 2))[0]
    at = [np.flatnonzero((cells.first == 2) & (cells.second == d))[0] for d in (0, 2)]
    assert pairs.difference[k] == pytest.approx(cells.bias[at[0]] - cells.bias[at[1]])
    assert pairs.se[k] == pytest.approx(np.hypot(*cells.se[at]))


def test_a_cell_at_one_end_and_a_cell_of_one(fitted):
    fit, found = fitted
    cells = interactions(found, 0, 1)
    assert np.isfinite(cells.bias).all()
    assert (np.isnan(cells.t) == (cells.n == 1)).all()
    top = cells.extreme
    assert top.any()
    assert np.isfinite(cells.se[top]).all()
    assert cells.df1 > 0
    assert (cells.n.sum(), len(fit.design)) == (found.design.weight.sum(), cells.n.sum())


def test_bootstrap_bands_hold_elements_that_follow_the_model(fitted):
    fit, found = fitted
    bands = fit_bands(fit, replicates=200, seed=3)
    raters = element_fit(found, 1)
    np.testing.assert_allclose(bands[1].infit_low, raters.infit_low, atol=0.15)  # the approximate band is close
    np.testing.assert_allclose(bands[1].infit_high, raters.infit_high, atol=0.2)
    assert ((bands[1].infit_p > 0) & (bands[1].infit_p <= 1)).all()
    with pytest.raises(SettingsError):
        fit_bands(fit, replicates=5)


def test_bootstrap_bands_do_not_depend_on_the_order_of_codes(fitted):
    fit = fitted[0]
    design = fit.design
    shuffle = np.random.default_rng(1).permutation(10)
    facets = (shuffle[design.facets[0]], 3 - design.facets[1], design.facets[2])
    order = np.lexsort(facets[::-1])
    other = joint_ml(rasch_design([f[order] for f in facets], design.sizes, design.observed[order]))
    a, b = fit_bands(fit, replicates=50, seed=3), fit_bands(other, replicates=50, seed=3)
    np.testing.assert_allclose(a[0].infit_high, b[0].infit_high[shuffle], atol=1e-6)
    np.testing.assert_allclose(a[1].outfit_low, b[1].outfit_low[::-1], atol=1e-6)
