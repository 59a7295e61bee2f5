"""Joint maximum likelihood against a plain optimiser; extreme elements, weights, several facets, what cannot be fitted."""

from __future__ import annotations

import numpy as np
import pytest

from rankkit.errors import ConvergenceError, IdentificationError
from rankkit.kernels.rasch import rasch_information
from rankkit.kernels.rasch.many_facet_rasch import joint_ml
from rankkit.kernels.rasch.rasch_design import rasch_design
from rankkit.kernels.rasch.rasch_model import expectations, location
from rankkit.kernels.rasch.rasch_subsets import finite_elements
from tests.oracles_rasch import PlainRasch, category_chances, runs_off

OPTIMISER = 2e-6  # logits; what numerical derivatives leave
DIFFERENCES = 2e-4  # relative error of second differences
EXACT = 1e-9


def simulated(n, m, d, tau, seed, spread=0.8):
    rng = np.random.default_rng(seed)
    i, r, k = (a.ravel() for a in np.meshgrid(np.arange(n), np.arange(m), np.arange(d), indexing="ij"))
    eta = spread * rng.normal(size=n)[i] - 0.5 * rng.normal(size=m)[r] - np.linspace(-0.4, 0.4, d)[k]
    chances = np.array([category_chances(e, tau) for e in eta])
    x = (rng.random(len(eta))[:, None] > chances.cumsum(axis=1)[:, :-1]).sum(axis=1)
    return (i, r, k), (n, m, d), x


@pytest.mark.parametrize("threshold_facet", [None, 1, 2])
def test_measures_and_errors_are_those_of_a_plain_optimiser(threshold_facet):
    facets, sizes, x = simulated(6, 3, 3, (-1.0, 0.2, 0.8), 1)
    fit = joint_ml(rasch_design(facets, sizes, x, threshold_facet=threshold_facet))
    plain = PlainRasch(facets, sizes, x, threshold_facet=threshold_facet)
    best = plain.fit()
    measures, tau = plain.unpack(best)
    assert fit.loglik == pytest.approx(plain.loglik(best), abs=1e-9)
    for ours, theirs in zip(fit.measures, measures, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=OPTIMISER)
    np.testing.assert_allclose(fit.tau, np.array(tau), atol=OPTIMISER)
    covariance = plain.covariance(best)
    np.testing.assert_allclose(np.concatenate(fit.se), np.sqrt(np.diag(covariance)), rtol=DIFFERENCES)
    np.testing.assert_allclose(fit.theta_covariance().dense(), covariance[:6, :6], atol=DIFFERENCES)
    np.testing.assert_allclose(fit.facet_covariance(1), covariance[6:9, 6:9], atol=DIFFERENCES)
    np.testing.assert_allclose(np.sqrt(np.diag(fit.facet_covariance(2))), fit.se[2], rtol=EXACT)


@pytest.mark.parametrize(("n", "m"), [(4, 9), (9, 4)])
def test_whichever_facet_is_absorbed_the_numbers_are_the_same(n, m):
    """With more raters than people the raters are absorbed; turning the roles round must not matter."""
    facets, sizes, x = simulated(n, m, 2, (-0.8, 0.8), 5)
    fit = joint_ml(rasch_design(facets, sizes, x))
    plain = PlainRasch(facets, sizes, x)
    covariance = plain.covariance(plain.fit())
    assert fit.information.layout.absorbed == int(m > n)
    np.testing.assert_allclose(np.concatenate(fit.se), np.sqrt(np.diag(covariance)), rtol=DIFFERENCES)
    np.testing.assert_allclose(fit.theta_covariance().dense(), covariance[:n, :n], atol=DIFFERENCES)
    np.testing.assert_allclose(fit.facet_covariance(1), covariance[n : n + m, n : n + m], atol=DIFFERENCES)


def test_total_scores_are_what_the_model_expects():
    facets, sizes, x = simulated(12, 5, 3, (-1.2, 0.0, 1.2), 8)
    fit = joint_ml(rasch_design(facets, sizes, x))
    found = expectations(fit.design, location(fit.design, fit.measures), fit.psi)
    for codes, size in zip(facets, sizes, strict=True):
        np.testing.assert_allclose(np.bincount(codes, found.mean, size), np.bincount(codes, x, size), atol=EXACT)
    counts = [float(p.sum()) for p in found.p]
    np.testing.assert_allclose(counts, np.bincount(x), atol=EXACT)
    for f in (1, 2):
        assert abs(fit.measures[f].sum()) < EXACT
    assert abs(fit.tau.sum()) < EXACT


def test_a_rating_that_counts_half_twice_counts_once():
    facets, sizes, x = simulated(8, 4, 2, (-1.0, 1.0), 2)
    once = joint_ml(rasch_design(facets, sizes, x))
    twice = [np.concatenate([f, f]) for f in facets]
    weight = np.full(2 * len(x), 0.5)
    halves = joint_ml(rasch_design(twice, sizes, np.concatenate([x, x]), weight=weight))
    for a, b in zip((*once.measures, *once.se), (*halves.measures, *halves.se), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-8)


def test_extreme_elements_take_a_total_inside_and_leave_the_others_alone():
    facets, sizes, x = simulated(9, 4, 2, (-1.0, 1.0), 4)
    x = np.where(facets[0] == 3, 2, x)
    fit = joint_ml(rasch_design(facets, sizes, x))
    rest = facets[0] != 3
    without = joint_ml(rasch_design([f[rest] for f in facets], sizes, x[rest]))
    others = np.arange(9) != 3
    np.testing.assert_allclose(fit.measures[0][others], without.measures[0][others], atol=EXACT)
    np.testing.assert_allclose(fit.measures[1], without.measures[1], atol=EXACT)
    assert np.isnan(without.measures[0][3])
    assert fit.extreme[0].tolist() == [0, 0, 0, 1, 0, 0, 0, 0, 0]
    assert fit.measures[0][3] > np.delete(fit.measures[0], 3).max()
    own = fit.design.rows(facets[0] == 3)
    assert expectations(own, location(own, fit.measures), fit.psi).mean.sum() == pytest.approx(2 * 8 - 0.3, abs=1e-7)
    info = expectations(own, location(own, fit.measures), fit.psi).variance.sum()
    assert fit.se[0][3] > 1 / np.sqrt(info)  # the severities' uncertainty is in it
    assert fit.se_conditional[0][3] == pytest.approx(1 / np.sqrt(info))
    assert fit.theta_covariance().size == 9


@pytest.mark.parametrize("flip", [False, True])
def test_a_category_only_the_best_person_has_keeps_people_in_order(flip):
    """Person 0 has only 5s and nobody else any; person 1 has only 4s. Without the 5s person 1 would be at the top as well."""
    rng = np.random.default_rng(1)
    table = rng.integers(1, 5, (8, 4))
    table[0], table[1] = 5, 4
    people, raters = np.repeat(np.arange(8), 4), np.tile(np.arange(4), 8)
    x = 6 - table.ravel() if flip else table.ravel()
    fit = joint_ml(rasch_design([people, raters], [8, 4], x))
    theta = -fit.measures[0] if flip else fit.measures[0]
    assert theta[0] > theta[1] > theta[2:].max()
    assert fit.no_threshold.sum() == 1
    assert np.isfinite(fit.se[0]).all()


def test_a_lenient_rater_with_top_ratings_only_leaves_people_alone():
    facets, sizes, x = simulated(9, 4, 2, (-1.0, 1.0), 6)
    x = np.where(facets[1] == 2, 2, x)
    fit = joint_ml(rasch_design(facets, sizes, x))
    assert fit.extreme[1].tolist() == [0, 0, 1, 0]
    assert fit.measures[1][2] == fit.measures[1].min()  # the most lenient
    assert abs(np.delete(fit.measures[1], 2).sum()) < EXACT
    rest = facets[1] != 2
    without = joint_ml(rasch_design([f[rest] for f in facets], sizes, x[rest]))
    np.testing.assert_allclose(fit.measures[0], without.measures[0], atol=EXACT)
    assert np.isfinite(fit.se[1]).all()


def test_without_a_finite_maximum_the_runaways_are_named():
    people, raters = np.repeat(np.arange(5), 3), np.tile(np.arange(3), 5)
    finite = infinite = 0
    for seed in range(60):
        x = np.random.default_rng(seed).integers(1, 4, 15)
        design = rasch_design([people, raters], [5, 3], x)
        left = finite_elements(design).active
        if not left.any():
            continue
        active = design.where(left)
        if runs_off(active.facets, active.sizes, active.slot):
            with pytest.raises(ConvergenceError) as caught:
                joint_ml(design)
            assert caught.value.code == "E-RASCHDRIFT"
            infinite += 1
        else:
            assert max(np.nanmax(np.abs(m)) for m in joint_ml(design).measures) < 10
            finite += 1
    assert finite > 20
    assert infinite > 5


def test_everybody_at_the_ends_is_said_so():
    with pytest.raises(IdentificationError) as caught:
        joint_ml(rasch_design([[0, 0, 1, 1], [0, 1, 0, 1]], [2, 2], [1, 1, 3, 3]))
    assert caught.value.code == "E-RASCHEXTREME"


def test_conjugate_gradients_find_what_factorising_finds(monkeypatch):
    facets, sizes, x = simulated(60, 15, 2, (-1.0, 1.0), 9)
    keep = np.random.default_rng(0).random(len(x)) < 0.3
    facets = tuple(f[keep] for f in facets)
    design = rasch_design(facets, sizes, x[keep])
    direct = joint_ml(design)
    monkeypatch.setattr(rasch_information, "DENSE", 1)
    monkeypatch.setattr("rankkit.kernels.rasch.rasch_fitted.DENSE", 1)
    iterated = joint_ml(design)
    assert iterated.approximate
    for a, b in zip(direct.measures, iterated.measures, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-7)
    # severities taken as independent: within a tenth of the errors that know their covariances
    np.testing.assert_allclose(iterated.se[0], direct.se[0], rtol=0.1)
    np.testing.assert_allclose(iterated.se[1], direct.se[1], rtol=0.1)


def test_sparse_tables_give_what_dense_ones_give(monkeypatch):
    facets, sizes, x = simulated(40, 10, 3, (-1.0, 0.0, 1.0), 12)
    design = rasch_design(facets, sizes, x, threshold_facet=1)
    dense = joint_ml(design)
    monkeypatch.setattr(rasch_information, "_DENSE_COLUMNS", 1)
    sparse = joint_ml(design)
    for a, b in zip((*dense.measures, *dense.se), (*sparse.measures, *sparse.se), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-8)


def test_confounded_raters_and_dimensions_leave_people_comparable():
    ratee, rater = np.repeat(np.arange(12), 2), np.tile(np.arange(2), 12)
    x = np.random.default_rng(5).integers(0, 4, 24)
    fit = joint_ml(rasch_design([ratee, rater, rater], [12, 2, 2], x))
    alone = joint_ml(rasch_design([ratee, rater], [12, 2], x))
    np.testing.assert_allclose(fit.measures[0], alone.measures[0], atol=1e-7)
    np.testing.assert_allclose(fit.se[0], alone.se[0], rtol=1e-6)
    assert sorted(fit.subset[1]) == [0, 1]
    np.testing.assert_allclose(fit.measures[1] + fit.measures[2], alone.measures[1], atol=1e-7)
    np.testing.assert_allclose(fit.measures[1], fit.measures[2], atol=1e-7)  # shared out evenly, whoever stands first
