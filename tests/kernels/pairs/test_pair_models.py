from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from rankkit.errors import ConvergenceError
from rankkit.kernels.pairs import bradley_terry, davidson, judge_clusters, pair_laplacian, pair_model_fit
from rankkit.kernels.pairs.bordered_laplacian import BorderedPrecision
from rankkit.kernels.pairs.contests import aggregate, of_pairs
from rankkit.kernels.pairs.pair_models import fit
from rankkit.kernels.pairs.pair_outcomes import OutcomeModel
from tests.oracles_pair_models import by_search, covariance, fisher_information, loglik
from tests.oracles_pairs import random_comparisons, random_counts

PRINTED = 5e-7  # golden values have six decimals
SEARCHED = 2e-5  # where a search with numerical derivatives stops
DIFFERENCES = 2e-5  # second differences of a function known to 1e-13, step 1e-4
EXACT = 1e-9  # ten times the tolerance of the iteration
MODELS = [("logit", "half"), ("probit", "half"), ("logit", "davidson"), ("logit", "rao_kupper"), ("probit", "rao_kupper")]


def data(n=4, rows=60, seed=0, *, ties=0.25, weighted=True, covariates=2, judges=1):
    """Rows of a small data set with an order effect and a judge's covariate, as the kernel and as the oracle take them."""
    rng = np.random.default_rng(seed)
    left = rng.integers(0, n, rows)
    right = (left + rng.integers(1, n, rows)) % n
    worth = np.linspace(-0.8, 0.8, n)
    lead = worth[left] - worth[right] + 0.5
    result = np.where(rng.random(rows) < ties, 0, np.where(rng.random(rows) < expit(lead), 1, -1))
    weight = rng.integers(1, 4, rows).astype(float) if weighted else np.ones(rows)
    values = np.column_stack([np.ones(rows), rng.normal(size=rows)])[:, :covariates]
    judge = rng.integers(0, judges, rows)
    return left, right, result, weight, values, judge


def oracle_rows(left, right, result, weight, values, _judge):
    return list(zip(left.tolist(), right.tolist(), result.tolist(), weight.tolist(), values.tolist(), strict=True))


def contests_of(left, right, result, weight, values, _judge, n=4):
    return aggregate(left, right, result, weight, n, values)


def parameters(found):
    return np.concatenate([found.worth, found.effects, [found.tie] if found.model.has_tie_parameter else []])


def full_covariance(found):
    return np.block([[found.covariance, found.cross_covariance], [found.cross_covariance.T, found.parameter_covariance]])


@pytest.mark.parametrize(("link", "ties"), MODELS)
def test_against_the_raw_likelihood(link, ties):
    rows = data(n=3, rows=40, covariates=1)
    found = fit(contests_of(*rows, n=3), link=link, ties=ties)
    expected, highest = by_search(oracle_rows(*rows), 3, link, ties)
    np.testing.assert_allclose(parameters(found), expected, atol=SEARCHED)
    assert found.loglik == pytest.approx(loglik(oracle_rows(*rows), parameters(found), 3, link, ties), abs=1e-9)
    assert found.loglik >= highest - 1e-10


@pytest.mark.parametrize(("link", "ties"), MODELS)
def test_covariances_and_chances_against_second_differences(link, ties):
    rows = data(seed=1)
    found = fit(contests_of(*rows), link=link, ties=ties)
    plain = covariance(oracle_rows(*rows), parameters(found), 4, link, ties)
    np.testing.assert_allclose(full_covariance(found), plain, atol=DIFFERENCES)
    np.testing.assert_allclose(found.se_effects, np.sqrt(np.diag(plain))[4:6], atol=DIFFERENCES)
    np.testing.assert_allclose(sum(found.probabilities()), 1, atol=1e-14)
    if ties != "half":
        assert found.se_tie == pytest.approx(np.sqrt(plain[-1, -1]), abs=DIFFERENCES)


@pytest.mark.parametrize(("link", "ties"), MODELS)
def test_jeffreys_against_the_raw_penalised_likelihood(link, ties):
    rows = data(n=3, rows=14, seed=2, covariates=1)
    found = fit(contests_of(*rows, n=3), link=link, ties=ties, penalty="jeffreys")
    expected, _ = by_search(oracle_rows(*rows), 3, link, ties, jeffreys=True)
    np.testing.assert_allclose(parameters(found), expected, atol=SEARCHED)
    assert found.deviance is None


@pytest.mark.parametrize(("link", "ties"), MODELS)
def test_gaussian_prior_against_the_raw_penalised_likelihood(link, ties):
    rows = data(n=3, rows=14, seed=2, covariates=1)
    found = fit(contests_of(*rows, n=3), link=link, ties=ties, penalty="gaussian", tau=0.7)
    expected, _ = by_search(oracle_rows(*rows), 3, link, ties, tau=0.7)
    np.testing.assert_allclose(parameters(found), expected, atol=SEARCHED)


def test_expected_information_and_its_slopes():
    eta, h = np.array([-2.3, -0.4, 0.0, 0.7, 3.1]), 1e-6
    for link, ties in MODELS:
        model = OutcomeModel(link, ties)
        plain = [fisher_information([(0, 1, 1, 1.0, [])], np.array([e, 0.0, 0.4]), 2, link, ties) for e in eta]
        found = model.at(eta, 0.4).expected_information()
        np.testing.assert_allclose(found[0], [m[0, 0] for m in plain], rtol=1e-7)
        if ties != "half":
            np.testing.assert_allclose(found[1], [m[0, 2] for m in plain], atol=1e-8)
            np.testing.assert_allclose(found[2], [m[2, 2] for m in plain], rtol=1e-7)
        by_e, by_t = model.at(eta, 0.4).information_slopes()
        for k in range(3):
            e = (model.at(eta + h, 0.4).expected_information()[k] - model.at(eta - h, 0.4).expected_information()[k]) / (2 * h)
            t = (model.at(eta, 0.4 + h).expected_information()[k] - model.at(eta, 0.4 - h).expected_information()[k]) / (2 * h)
            np.testing.assert_allclose(by_e[k], e, atol=1e-8)
            np.testing.assert_allclose(by_t[k], t, atol=1e-8)


@pytest.mark.parametrize(("link", "ties"), MODELS)
def test_chances_far_out_stay_numbers(link, ties):
    at = OutcomeModel(link, ties).at(np.array([-30.0, 30.0]), 0.5)
    for part in (at.log_chance, at.by_e, at.by_t, at.by_ee, at.by_et, at.by_tt):
        assert np.all(np.isfinite(part))
    np.testing.assert_allclose(np.exp(at.log_chance).sum(axis=0), 1, atol=1e-14)


def test_golden_values():
    wins = np.array([4.0, 4.0, 4.0])
    three = np.array([0, 0, 1]), np.array([1, 2, 2])
    left, right = np.tile(three[0], 2), np.tile(three[1], 2)
    found = fit(aggregate(left, right, np.repeat([1, -1], 3), np.append(wins, np.ones(3)), 3))
    np.testing.assert_allclose(found.worth, [0.971262, 0, -0.971262], atol=PRINTED)
    np.testing.assert_allclose(np.sqrt(np.diag(found.covariance)), [0.542878, 0.472341, 0.542878], atol=PRINTED)
    assert found.loglik == pytest.approx(-7.765545, abs=PRINTED)
    once = fit(aggregate(*three, np.ones(3, dtype=int), None, 3), penalty="jeffreys")
    np.testing.assert_allclose(once.worth, [1.034757, 0, -1.034757], atol=PRINTED)
    np.testing.assert_allclose(np.sqrt(np.diag(once.covariance)), [1.2494, 1.0718, 1.2494], atol=5e-5)
    answers = np.array([(1, 1, 0), (1, 0, -1), (1, -1, 1), (-1, 1, 1), (0, 1, 1), (0, 0, 1)]).T.ravel()
    six = fit(aggregate(np.repeat([0, 0, 1], 6), np.repeat([1, 2, 2], 6), answers, None, 3), ties="davidson")
    np.testing.assert_allclose(six.worth - six.worth[2], [1.562749, 1.042995, 0], atol=PRINTED)
    assert six.tie == pytest.approx(-0.117261, abs=PRINTED)
    assert six.loglik == pytest.approx(-17.933136, abs=PRINTED)


@pytest.mark.parametrize("near", [False, True])
def test_the_fast_kernels_are_special_cases(near):
    counts = random_counts(150, 6000, seed=3, near=near, tie_share=0.2, spread=0.6)
    plain, general = bradley_terry.fit(counts), fit(of_pairs(counts))
    np.testing.assert_allclose(general.worth, plain.worth, atol=EXACT)
    np.testing.assert_allclose(general.covariance, plain.covariance, atol=EXACT)
    assert general.loglik == pytest.approx(plain.loglik, abs=1e-7)
    tied, general = davidson.fit(counts), fit(of_pairs(counts), ties="davidson")
    np.testing.assert_allclose(general.worth, tied.worth, atol=EXACT)
    np.testing.assert_allclose(general.covariance, tied.covariance, atol=EXACT)
    assert (general.tie, general.se_tie) == pytest.approx((tied.log_nu, tied.se_log_nu), abs=EXACT)


@pytest.mark.parametrize("penalty", ["none", "gaussian"])
def test_iterative_and_dense_solutions_agree(monkeypatch, penalty):
    left, right, result = random_comparisons(80, 3000, seed=4, tie_share=0.2)[:3]
    many = aggregate(left, right, result, None, 80, np.ones((len(left), 1)))
    dense = fit(many, ties="rao_kupper", penalty=penalty)
    inverse = dense.covariance
    monkeypatch.setattr(pair_laplacian, "_SMALL", 0)
    sparse = fit(many, ties="rao_kupper", penalty=penalty)
    np.testing.assert_allclose(parameters(sparse), parameters(dense), atol=EXACT)
    monkeypatch.setattr(pair_model_fit, "DENSE", 50)
    assert sparse.covariance is None
    compact = sparse.compact_covariance()
    assert isinstance(compact, BorderedPrecision)
    np.testing.assert_allclose(compact.dense(), inverse, atol=EXACT)
    np.testing.assert_allclose(compact.diagonal(), np.diag(inverse), atol=EXACT)
    some = np.array([5, 70, 2])
    np.testing.assert_allclose(compact.take(some).dense(), inverse[np.ix_(some, some)], atol=EXACT)
    turned = np.arange(80)[::-1]
    np.testing.assert_allclose(compact.take(turned).dense(), inverse[::-1, ::-1], atol=EXACT)
    probe = np.random.default_rng(0).normal(size=(80, 2))
    np.testing.assert_allclose(sparse.solve(probe), inverse @ probe, atol=1e-7)
    centred = probe - probe.mean(axis=0)
    np.testing.assert_allclose(sparse.times_information(sparse.solve(probe)), centred, atol=1e-7)


def test_draws_have_the_covariance(monkeypatch):
    left, right, result = random_comparisons(12, 300, seed=5, tie_share=0.3)[:3]
    found = fit(aggregate(left, right, result, None, 12, np.ones((len(left), 1))), ties="davidson")
    compact = BorderedPrecision(found.laplacian, found.information.loadings)
    for limit in (3000, 0):
        monkeypatch.setattr("rankkit.kernels.pairs.bordered_laplacian.SYMMETRIC_ROOT_LIMIT", limit)
        monkeypatch.setattr("rankkit.kernels.covariance.SYMMETRIC_ROOT_LIMIT", limit)
        seen = np.cov(compact.draws(40_000, np.random.default_rng(0)).T)
        np.testing.assert_allclose(seen, found.covariance, atol=0.04 * found.covariance.max())  # five standard errors


def test_worths_said_by_covariates_alone_are_a_logistic_regression():
    left, right, result, weight, _, _ = data(n=6, rows=200, seed=6, ties=0)
    traits = np.random.default_rng(6).normal(size=(6, 2)) * [1.0, 1000.0]
    values = np.column_stack([np.ones(len(left)), traits[left] - traits[right]])
    found = fit(aggregate(left, right, result, weight, 6, values), worths="none")
    beta = np.zeros(3)
    for _ in range(50):  # iteratively reweighted least squares, by the book
        p = expit(values @ beta)
        w = weight * p * (1 - p)
        inverse = np.linalg.inv((values.T * w) @ values)
        beta = beta + inverse @ values.T @ (weight * ((result > 0) - p))
    np.testing.assert_allclose(found.effects, beta, rtol=1e-8)
    np.testing.assert_allclose(found.parameter_covariance, inverse, rtol=1e-8)
    assert found.n_parameters == 3
    assert not found.worth.any()
    assert not found.covariance.any()


def test_units_of_covariates_and_sides_do_not_matter():
    left, right, result, weight, values, judge = data(seed=7)
    found = fit(contests_of(left, right, result, weight, values, judge), ties="rao_kupper")
    scaled = fit(contests_of(left, right, result, weight, values * [1.0, 1e6], judge), ties="rao_kupper")
    np.testing.assert_allclose(scaled.effects * [1.0, 1e6], found.effects, atol=EXACT)
    np.testing.assert_allclose(scaled.se_effects * [1.0, 1e6], found.se_effects, rtol=1e-8)
    turned = fit(contests_of(right, left, -result, weight, -values, judge), ties="rao_kupper")
    np.testing.assert_allclose(parameters(turned), parameters(found), atol=EXACT)
    assert turned.deviance == pytest.approx(found.deviance, abs=1e-8)


@pytest.mark.parametrize(("link", "ties"), MODELS)
def test_judge_scores_are_what_a_judge_moves(link, ties):
    rows = data(rows=120, seed=8, judges=4)
    _, _, result, weight, _, judge = rows
    whole = contests_of(*rows)
    found = fit(whole, link=link, ties=ties, tolerance=1e-12)
    scores = found.judge_scores(judge, result, weight, 4)
    np.testing.assert_allclose(scores.worths.sum(axis=0), 0, atol=1e-8)
    np.testing.assert_allclose(scores.others.sum(axis=0), 0, atol=1e-8)
    step = 1e-5
    for r in range(4):
        more, less = (fit(whole.recounted(result, weight * (1 + s * (judge == r))), link=link, ties=ties) for s in (step, -step))
        moved = (parameters(more) - parameters(less)) / (2 * step)
        np.testing.assert_allclose(found.solve(scores.worths[r]), moved[:4], atol=1e-4)  # tolerance 1e-10 over the step
        np.testing.assert_allclose(scores.inverse @ scores.others[r], moved[4:], atol=1e-4)


def test_sandwich_and_jackknife_of_worths_and_order_effect():
    rows = data(rows=600, seed=9, judges=30, weighted=False)
    left, _, result, weight, _, judge = rows
    whole = contests_of(*rows)
    found = fit(whole, ties="davidson")
    scores = found.judge_scores(judge, result, None, 30)
    loadings = judge_clusters.sandwich(scores.worths, found.solve, full_rank=False).loadings
    shifts = np.empty((30, 7))
    for r in range(30):
        shifts[r] = parameters(fit(whole.recounted(result, np.where(judge == r, 0.0, weight)), ties="davidson")) - parameters(found)
    jackknife = 29 / 30 * shifts.T @ shifts
    np.testing.assert_allclose(np.diag(loadings @ loadings.T), np.diag(jackknife)[:4], rtol=0.25)  # alike to order 1/m
    np.testing.assert_allclose(np.diag(scores.others_covariance), np.diag(jackknife)[4:], rtol=0.25)
    alone = found.judge_scores(np.full(len(left), -1), result, None, 2)
    assert not alone.worths.any()
    left_out = judge_clusters.jackknife(lambda r: found.worth + shifts[r, :4], found.worth, 30, found.times_information)
    np.testing.assert_allclose(left_out.covariance(found.covariance), jackknife[:4, :4], atol=1e-12)


def test_item_covariates_beside_worths_need_a_prior():
    left, right, result, weight, _, _ = data(n=5, rows=150, seed=10, ties=0)
    trait = np.arange(5.0)
    values = (trait[left] - trait[right])[:, None]
    both = aggregate(left, right, result, weight, 5, values)
    with pytest.raises(ConvergenceError):
        fit(both)
    found = fit(both, penalty="gaussian", tau=0.5)
    assert found.effects[0] == pytest.approx(np.polyfit(trait, fit(aggregate(left, right, result, weight, 5)).worth, 1)[0], abs=0.15)
    held = fit(both, penalty="gaussian", tau=1e-4)
    alone = fit(both, worths="none")
    np.testing.assert_allclose(held.effects, alone.effects, atol=1e-5)  # no room left for the worths


def test_no_estimate_no_number():
    left, right = np.array([0, 1, 0, 2, 1, 2]), np.array([1, 0, 2, 0, 2, 1])
    ones = np.ones((6, 1))
    always_left = aggregate(left, right, np.ones(6, int), None, 3, ones)
    for link in ("logit", "probit"):
        with pytest.raises(ConvergenceError):
            fit(always_left, link=link)
    with pytest.raises(ConvergenceError):
        fit(always_left, penalty="gaussian")  # the prior holds the worths only
    assert np.isfinite(fit(always_left, penalty="gaussian", tau_effects=2.0).effects).all()
    assert np.isfinite(fit(always_left, penalty="jeffreys").effects).all()
    with pytest.raises(ConvergenceError):
        fit(aggregate(np.array([0, 2]), np.array([1, 3]), np.array([1, -1]), None, 4))
    for ties in ("davidson", "rao_kupper"):
        with pytest.raises(ConvergenceError):
            fit(aggregate(left, right, np.array([1, 1, -1, -1, 1, 1]), None, 3), ties=ties)
    with pytest.raises(ValueError, match="probit"):
        fit(always_left, link="probit", ties="davidson")


def test_long_thin_designs_are_solved_exactly():
    left, right, result = random_comparisons(500, 30_000, seed=11, near=True, tie_share=0.2, spread=0.5)[:3]
    found = fit(aggregate(left, right, result, None, 500, np.ones((len(left), 1))), ties="davidson")
    score = found.judge_scores(np.zeros(len(left), dtype=int), result, None, 1)
    assert np.max(np.abs(found.solve(score.worths[0]))) < 1e-9
    assert found.gradient_norm <= 1e-10
