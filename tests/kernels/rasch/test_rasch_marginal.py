"""Marginal many-facet Rasch fits against plain dense integration, and the invariances of the answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rankkit.kernels.rasch.rasch_design import rasch_design
from rankkit.kernels.rasch.rasch_marginal import fit
from rankkit.kernels.rasch.rasch_marginal_fair import marginal_fair_averages
from rankkit.kernels.rasch.rasch_persons import measure_persons
from tests.oracles_rasch_marginal import Oracle, maximise, pack, unpack

LOGLIK = 1e-6  # both integrate to better than this
MEASURE = 5e-5  # logits, information relative: γ is integrated on other nodes than in the kernel
MAXIMUM = 1e-4  # log-likelihood a general optimiser may still gain
OPTIMUM = 1e-3  # logits: the general optimiser stops at a gradient of 1e-4
SCORE = 5e-5  # log-likelihood: third-order terms of a step of 0.005
CURVATURE = 2e-3  # relative; fourth-order terms of such a step
ROUNDING = 1e-8
SAME = 1e-6  # logits: the same fit from rows in another order, Newton stopped at 1e-5 standard errors


def simulated(seed, n=16, m=4, per=3, dims=2, top=2, omega=0.8, missing=0.1, sd=1.0):
    """Ratings with thresholds −½ … ½, severities of SD ½ and a shared term for the ratings in a cell."""
    rng = np.random.default_rng(seed)
    raters = np.argsort(rng.random((n, m)), axis=1)[:, :per]
    person, rater = np.repeat(np.arange(n), per * dims), np.repeat(raters.ravel(), dims)
    dimension = np.tile(np.arange(dims), n * per)
    truth = {"theta": rng.normal(0, sd, n), "beta": rng.normal(0, 0.5, m), "delta": np.linspace(-0.4, 0.4, dims)}
    eta = truth["theta"][person] - truth["beta"][rater] - truth["delta"][dimension]
    eta += omega * np.repeat(rng.normal(size=n * per), dims)
    psi = np.r_[0, np.cumsum(np.linspace(-0.5, 0.5, top))] if top > 1 else np.zeros(2)
    p = np.exp(np.outer(eta, np.arange(top + 1)) - psi)
    p /= p.sum(axis=1, keepdims=True)
    x = (rng.random(len(eta))[:, None] > np.cumsum(p, axis=1)).sum(axis=1)
    keep = rng.random(len(x)) >= missing
    return person[keep], rater[keep], dimension[keep], x[keep]


def designed(data, **settings):
    person, rater, dimension, x = data
    return rasch_design([person, rater, dimension], [person.max() + 1, rater.max() + 1, dimension.max() + 1], x, **settings)


def as_oracle(found, data, thresholds):
    p = {"beta": found.measures[1], "delta": found.measures[2], "psi": found.psi, "mu": found.mu}
    reach = 4 + 7 * found.sigma
    oracle = Oracle(*data, found.design.score.shape[1] - 1, thresholds, theta=np.linspace(-reach, reach, 201), n_z=53)
    return oracle, {**p, "sigma": found.sigma, "omega": found.omega}


CASES = {
    "common": ({}, 6, 1),
    "common, zero term": ({}, 5, 0),
    "rater": ({"threshold_facet": 1}, 8, 1),
    "dimension": ({"threshold_facet": 2}, 6, 1),
}


@pytest.fixture(scope="module", params=CASES)
def fitted(request):
    settings, seed, term = CASES[request.param]
    data = simulated(seed, omega=1.0 * term)
    found = fit(designed(data, **settings))
    assert found.dependence == ("estimated" if term else "zero")
    return found, data, request.param.split(",")[0]


def test_likelihood_and_posteriors_are_those_of_dense_integration(fitted):
    found, data, thresholds = fitted
    oracle, p = as_oracle(found, data, thresholds)
    assert found.loglik == pytest.approx(oracle.loglik(p), abs=LOGLIK)
    mean, _ = oracle.posterior(p)
    assert np.abs(found.eap - mean).max() < OPTIMUM
    assert found.quadrature_error < 0.01
    assert found.n_parameters == len(pack(p))


def test_the_score_is_zero_and_the_information_observed(fitted):
    """Along random directions of the free parameters: first and second differences of the plain log-likelihood."""
    found, data, thresholds = fitted
    oracle, p = as_oracle(found, data, thresholds)
    oracle.theta, oracle.z = oracle.theta[::2], np.linspace(-6, 6, 25)
    where = found.cells.parameters
    free = np.r_[0:3, 4, where.psi[where.psi >= 0], where.mu, where.log_sigma, [where.omega] * (found.omega > 0)].astype(int)
    inverse = np.linalg.inv(found.parameter_covariance[np.ix_(free, free)])
    at, middle = pack(p), oracle.loglik(p)
    rng = np.random.default_rng(1)
    for h in 0.005 * rng.normal(size=(5, len(at))):
        high, low = oracle.loglik(unpack(at + h, p)), oracle.loglik(unpack(at - h, p))
        assert abs(high - low) / 2 < SCORE
        assert 2 * middle - high - low == pytest.approx(h @ inverse @ h, rel=CURVATURE)


def test_no_general_optimiser_finds_more():
    data = simulated(2, n=12, omega=1.0)
    found = fit(designed(data), dependence="none")
    oracle, p = as_oracle(found, data, "common")
    oracle.theta = oracle.theta[::2]
    best, value = maximise(oracle, {**p, "beta": p["beta"] + np.r_[0.3, -0.3, 0, 0], "mu": p["mu"] + 0.3, "sigma": 1.0})
    assert value - oracle.loglik(p) < MAXIMUM
    assert np.abs(best["beta"] - p["beta"]).max() < OPTIMUM
    assert best["sigma"] == pytest.approx(p["sigma"], abs=OPTIMUM)


def test_weighted_likelihood_measures(fitted):
    found, data, thresholds = fitted
    oracle, p = as_oracle(found, data, thresholds)
    for person in (0, 7, int(np.argmax(found.measures[0]))):
        root, info = oracle.weighted_likelihood(p, person)
        assert found.measures[0][person] == pytest.approx(root, abs=MEASURE)
        assert found.persons.information[person] == pytest.approx(info, rel=MEASURE)


def test_derivatives_of_measures_by_the_parameters(fitted):
    """Maximum likelihood measures of persons when the first severity, or ω, is moved a little."""
    found, _, _ = fitted
    where, h = found.cells.parameters, 1e-4
    near = np.zeros(found.cells.n)

    def measured(items):
        return measure_persons(found.cells, items, found.n_z, near, "ml")

    first = 1.0 * (found.cells.element[:, 0] == 0)
    slopes = measured(found.items).slopes.dense()
    high, low = (measured(replace(found.items, b=found.items.b + step * first)).theta for step in (h, -h))
    assert slopes[:, 0] == pytest.approx((high - low) / (2 * h), abs=MEASURE)
    if found.omega:
        high, low = (measured(replace(found.items, omega=found.omega + step)).theta for step in (h, -h))
        assert slopes[:, where.omega] == pytest.approx((high - low) / (2 * h), abs=10 * MEASURE)


def test_covariances_say_what_the_standard_errors_say(fitted):
    found, _, _ = fitted
    for facet in (1, 2):
        covariance = found.facet_covariance(facet)
        assert np.sqrt(np.diag(covariance)) == pytest.approx(found.se[facet], rel=ROUNDING)
        assert np.abs(covariance.sum(axis=0)).max() < ROUNDING
        assert abs(found.measures[facet].sum()) < ROUNDING
    theta = found.theta_covariance()
    assert np.sqrt(theta.diagonal()) == pytest.approx(found.se[0], rel=1e-6)
    assert np.all(found.se[0] >= found.se_conditional[0])
    fair = marginal_fair_averages(found)
    assert np.sqrt(fair.covariance().diagonal()) == pytest.approx(fair.se, rel=1e-6)
    low, high = fair.interval()
    assert np.all((low < fair.value) & (fair.value < high) & (low >= 0) & (high <= 2))
    assert np.all(np.diff(fair.value[np.argsort(found.measures[0])]) >= 0)


def test_fair_averages_have_the_errors_of_the_delta_method():
    """Their derivatives by θ, δ and ψ, against the plain formula moved a little."""
    data = simulated(6, omega=1.0)
    found = fit(designed(data))
    fair = marginal_fair_averages(found)
    oracle, p = as_oracle(found, data, "common")
    weight = np.exp(-(oracle.z**2) / 2)
    weight /= weight.sum()

    def plain(p, theta):
        shifted = [oracle.probability({**p, "beta": np.zeros(4)}, 0, 0, theta + p["omega"] * oracle.z - d) for d in p["delta"]]
        return float(np.mean([weight @ (q @ np.arange(3)) for q in shifted]))

    theta, h = found.measures[0][0], 1e-5
    assert fair.value[0] == pytest.approx(plain(p, theta), abs=MEASURE)
    assert fair.slope[0] == pytest.approx((plain(p, theta + h) - plain(p, theta - h)) / (2 * h), abs=MEASURE)
    where = found.cells.parameters
    total = fair.slopes.dense()[0] - fair.slope[0] * found.persons.slopes.dense()[0]
    higher, lower = ({**p, "omega": p["omega"] + s} for s in (h, -h))
    assert total[where.omega] == pytest.approx((plain(higher, theta) - plain(lower, theta)) / (2 * h), abs=MEASURE)
    step = np.array([[0.0, h, 0.0]])
    higher, lower = ({**p, "psi": p["psi"] + s} for s in (step, -step))
    assert total[where.psi[0, 1]] == pytest.approx((plain(higher, theta) - plain(lower, theta)) / (2 * h), abs=MEASURE)
    higher, lower = ({**p, "delta": p["delta"] + s} for s in (np.r_[h, 0], -np.r_[h, 0]))
    assert total[where.offset[1]] == pytest.approx((plain(higher, theta) - plain(lower, theta)) / (2 * h), abs=MEASURE)


def test_order_and_names_decide_nothing():
    data = simulated(3, n=40, m=5)
    before = fit(designed(data))
    rng = np.random.default_rng(9)
    shuffled = rng.permutation(len(data[3]))
    person, rater, dimension = rng.permutation(40), rng.permutation(5), rng.permutation(2)
    renamed = (person[data[0]], rater[data[1]], dimension[data[2]], data[3])
    after = fit(designed(tuple(column[shuffled] for column in renamed)))
    for old, new, code in zip(before.measures, after.measures, (person, rater, dimension), strict=True):
        assert np.abs(new[code] - old).max() < SAME
    assert np.abs(after.se[0][person] - before.se[0]).max() < SAME
    assert after.loglik == pytest.approx(before.loglik, abs=LOGLIK)


def test_a_rating_repeated_with_half_weights_counts_once():
    person, rater, dimension, x = simulated(4, n=25)
    once = fit(designed((person, rater, dimension, x)))
    twice = tuple(np.r_[column, column] for column in (person, rater, dimension, x))
    weighted = fit(designed(twice, weight=np.full(2 * len(x), 0.5)))
    assert np.abs(weighted.measures[0] - once.measures[0]).max() < SAME
    assert np.abs(weighted.se[0] - once.se[0]).max() < SAME
    assert weighted.loglik == pytest.approx(once.loglik, abs=LOGLIK)


@pytest.mark.parametrize("settings", [{}, {"threshold_facet": 1}, {"threshold_facet": 2}])
def test_where_parameters_are_kept_changes_nothing(settings, monkeypatch):
    """Facets of many elements are handled unit by unit, those of few for all units at once; and in pieces of any size."""
    person, rater, dimension, x = simulated(8, n=15, dims=3, top=2)
    task = (person + rater) % 2
    sizes = [15, 4, 3, 2]
    before = fit(rasch_design([person, rater, dimension, task], sizes, x, **settings))
    monkeypatch.setattr("rankkit.kernels.rasch.rasch_cells._SHARED_LIMIT", 0)
    monkeypatch.setattr("rankkit.kernels.rasch.rasch_unit_tables._BLOCK", 3000)
    monkeypatch.setattr("rankkit.kernels.rasch.rasch_posteriors._BLOCK", 3000)
    monkeypatch.setattr("rankkit.kernels.rasch.rasch_persons._BLOCK", 3000)
    monkeypatch.setattr("rankkit.kernels.rasch.rasch_louis._SPARSE_RATE", 0.0)
    monkeypatch.setattr("rankkit.kernels.rasch.rasch_tables._LARGE", 0)
    after = fit(rasch_design([person, rater, dimension, task], sizes, x, **settings))
    for old, new in zip((*before.measures, *before.se, before.tau_se), (*after.measures, *after.se, after.tau_se), strict=True):
        assert new == pytest.approx(old, abs=SAME, nan_ok=True)
    fair, again = marginal_fair_averages(before), marginal_fair_averages(after)
    assert again.se == pytest.approx(fair.se, abs=SAME)
    assert len(before.measures) == 4
