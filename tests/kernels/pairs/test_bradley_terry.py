from __future__ import annotations

import choix
import numpy as np
import pytest
from scipy.optimize import minimize

from rankkit.errors import ConvergenceError
from rankkit.kernels.pairs import bradley_terry, pair_laplacian, pair_newton, worth_penalties
from rankkit.kernels.pairs.bradley_terry import fit
from rankkit.kernels.pairs.pair_counts import PairCounts, aggregate
from rankkit.kernels.pairs.quasi_variances import quasi_variances
from tests.oracles_pairs import (
    bradley_terry_by_search,
    counts_from_matrix,
    hessian,
    information,
    loglik,
    random_comparisons,
    random_counts,
)

PRINTED = 5e-7  # published to six decimals
ACCURATE = 1e-8  # promised error of a worth, in logits
SEARCHED = 2e-6  # a derivative-free search finds a flat maximum no better
ROUNDING = 1e-12


def test_golden_round_robin():
    found = fit(counts_from_matrix([[0, 4, 4], [1, 0, 4], [1, 1, 0]]))
    np.testing.assert_allclose(found.worth, [0.971262, 0, -0.971262], atol=PRINTED)
    np.testing.assert_allclose(np.sqrt(np.diag(found.covariance)), [0.542878, 0.472341, 0.542878], atol=PRINTED)
    assert found.loglik == pytest.approx(-7.765545, abs=PRINTED)


def test_golden_jeffreys():
    found = fit(counts_from_matrix([[0, 1, 1], [0, 0, 1], [0, 0, 0]]), penalty="jeffreys")
    np.testing.assert_allclose(found.worth, [1.034757, 0, -1.034757], atol=PRINTED)
    np.testing.assert_allclose(np.sqrt(np.diag(found.covariance)), [1.2494, 1.0718, 1.2494], atol=5e-5)
    assert found.deviance is None


@pytest.mark.parametrize("jeffreys", [False, True])
@pytest.mark.parametrize("seed", [1, 2])
def test_maximum_found_by_a_general_search(jeffreys, seed):
    counts = random_counts(4, 24, seed, tie_share=0.2)
    found = fit(counts, penalty="jeffreys" if jeffreys else "none")
    np.testing.assert_allclose(found.worth, bradley_terry_by_search(counts, jeffreys=jeffreys), atol=SEARCHED)
    assert found.loglik == pytest.approx(loglik(counts, found.worth), abs=ROUNDING * 100)


def test_jeffreys_with_an_undefeated_person_is_the_penalised_maximum():
    counts = counts_from_matrix([[0, 2, 1, 1], [0, 0, 2, 0], [0, 1, 0, 2], [0, 1, 1, 0]])
    with pytest.raises(ConvergenceError):
        fit(counts)
    found = fit(counts, penalty="jeffreys")
    np.testing.assert_allclose(found.worth, bradley_terry_by_search(counts, jeffreys=True), atol=SEARCHED)


def test_information_and_covariance_against_plain_versions():
    counts = random_counts(6, 80, seed=3, tie_share=0.1)
    found = fit(counts)
    plain = information(counts, found.worth)
    np.testing.assert_allclose(found.information.toarray(), plain, atol=ROUNDING)
    np.testing.assert_allclose(found.covariance, np.linalg.pinv(plain), atol=ROUNDING)
    # rounding of the second difference of a log-likelihood near 50: 1e-15 * 50 / (1e-4)^2
    np.testing.assert_allclose(plain, -hessian(lambda u: loglik(counts, u), found.worth), atol=1e-4)
    right = np.random.default_rng(0).normal(size=(6, 2))
    np.testing.assert_allclose(found.solve(right), np.linalg.pinv(plain) @ right, atol=ROUNDING)


@pytest.mark.parametrize(("n", "rows", "near"), [(20, 500, False), (200, 20_000, False), (500, 30_000, True), (130, 5_000, True)])
def test_agrees_with_choix_and_with_an_independent_newton(n, rows, near):
    left, right, result = random_comparisons(n, rows, seed=11, near=near, spread=0.7)
    counts = aggregate(left, right, result, None, n)
    found = fit(counts)
    matrix = np.zeros((n, n))
    np.add.at(matrix, (np.where(result > 0, left, right), np.where(result > 0, right, left)), 1)
    other = choix.ilsr_pairwise_dense(matrix, tol=1e-10)
    np.testing.assert_allclose(found.worth, other - other.mean(), atol=ACCURATE)
    # the score equation in extended precision, solved by the dense pseudo-inverse
    gap = (found.worth[counts.first] - found.worth[counts.second]).astype(np.longdouble)
    surprise = counts.wins_first - counts.total / (1 + np.exp(-gap))
    score = np.zeros(n, dtype=np.longdouble)
    np.add.at(score, counts.first, surprise)
    np.add.at(score, counts.second, -surprise)
    left_over = np.linalg.pinv(found.information.toarray(), hermitian=True) @ score.astype(float)
    assert np.max(np.abs(left_over)) < ACCURATE / 100


def test_dense_sparse_and_iterative_solutions_agree(monkeypatch):
    counts = random_counts(100, 3000, seed=12)
    dense = fit(counts)
    covariance = dense.covariance
    monkeypatch.setattr(pair_laplacian, "_SMALL", 0)
    iterative = fit(counts)
    monkeypatch.setattr(pair_laplacian, "_PATIENCE", 0)
    factorised = fit(counts)
    np.testing.assert_allclose(iterative.worth, dense.worth, atol=1e-10)
    np.testing.assert_allclose(factorised.worth, dense.worth, atol=1e-10)
    monkeypatch.setattr(bradley_terry, "DENSE", 50)
    np.testing.assert_allclose(fit(counts).solve(np.eye(100)), covariance, atol=1e-10)
    assert fit(counts).covariance is None


def test_jeffreys_without_dense_matrices_and_by_degrees(monkeypatch):
    left, right, result = random_comparisons(150, 6000, seed=13)
    result = np.where(left == 0, 1, np.where(right == 0, -1, result))  # person 0 wins always
    counts = aggregate(left, right, result, None, 150)
    exact = fit(counts, penalty="jeffreys")
    assert exact.leverages == "exact"
    se = np.sqrt(np.diag(exact.covariance))
    monkeypatch.setattr(bradley_terry, "DENSE", 50)
    monkeypatch.setattr(pair_laplacian, "DENSE", 50)
    monkeypatch.setattr(worth_penalties, "_BLOCK", 64)
    blocks = fit(counts, penalty="jeffreys")
    np.testing.assert_allclose(blocks.worth, exact.worth, atol=ACCURATE)
    monkeypatch.setattr(pair_laplacian.PairSystem, "fits", lambda self: False)
    degrees = fit(counts, penalty="jeffreys")
    assert degrees.leverages == "degree"
    # an expander with 80 comparisons each: the approximation moves worths by a small part of their se
    assert np.max(np.abs(degrees.worth - exact.worth) / se) < 0.05


def test_leverages_sum_to_the_number_of_free_worths():
    counts = random_counts(40, 400, seed=14)
    system = pair_laplacian.PairSystem(counts)
    leverage, _ = worth_penalties.leverages(system, fit(counts).weight)
    assert leverage.sum() == pytest.approx(39, abs=1e-9)  # Foster (1949)


def test_jeffreys_is_finite_on_every_connected_graph_and_keeps_the_order():
    n = 40
    found = fit(PairCounts(n, np.arange(n - 1), np.arange(1, n), np.ones(n - 1), np.zeros(n - 1), np.zeros(n - 1)), penalty="jeffreys")
    # on a chain of single comparisons each difference is its own: leverage 1, p = (1 + 1/2) / (1 + 1) = 3/4
    np.testing.assert_allclose(-np.diff(found.worth), np.log(3), atol=ACCURATE)


@pytest.mark.parametrize("huge", [1, 10**9])
def test_no_finite_estimate_is_never_passed_off_as_one(huge):
    undefeated = counts_from_matrix(huge * np.array([[0, 1, 1], [0, 0, 1], [0, 1, 0]]))
    group = counts_from_matrix(huge * np.array([[0, 1, 1, 1], [1, 0, 1, 1], [0, 0, 0, 1], [0, 0, 1, 0]]))
    apart = counts_from_matrix([[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 2], [0, 0, 1, 0]])
    alone = counts_from_matrix([[0, 1, 0], [1, 0, 0], [0, 0, 0]])
    for counts in (undefeated, group, alone):
        with pytest.raises(ConvergenceError) as caught:
            fit(counts)
        assert caught.value.code == "E-CONV"
    with pytest.raises(ConvergenceError):
        fit(apart)


def test_wide_but_finite_worths_are_found():
    n, wins = 300, 50.0  # a chain: every neighbour beaten 50 to 1, 1170 log-units end to end would overflow a ratio
    chain = PairCounts(n, np.arange(n - 1), np.arange(1, n), np.full(n - 1, wins), np.ones(n - 1), np.zeros(n - 1))
    short = PairCounts(60, *(x[:59] for x in (chain.first, chain.second, chain.wins_first, chain.wins_second, chain.ties)))
    np.testing.assert_allclose(-np.diff(fit(short).worth), np.log(wins), atol=ACCURATE)
    with pytest.raises(ConvergenceError):  # said, not returned wrong
        fit(chain)


def test_deviance_and_half_ties():
    counts = counts_from_matrix([[0, 4, 4], [1, 0, 4], [1, 1, 0]])
    saturated = 3 * (4 * np.log(0.8) + np.log(0.2))
    found = fit(counts)
    assert found.deviance == pytest.approx(2 * (saturated + 7.765545), abs=4 * PRINTED)
    assert found.df == 1
    tied = PairCounts(2, np.array([0]), np.array([1]), np.array([1.0]), np.array([0.0]), np.array([2.0]))
    assert fit(tied).worth[0] - fit(tied).worth[1] == pytest.approx(np.log(2), abs=ACCURATE)  # two wins to one
    assert fit(tied).deviance is None


def test_relabelling_and_scaling():
    left, right, result = random_comparisons(30, 900, seed=15)
    order = np.random.default_rng(16).permutation(30)
    one = fit(aggregate(left, right, result, None, 30))
    other = fit(aggregate(order[left], order[right], result, np.full(len(left), 4.0), 30))
    np.testing.assert_allclose(other.worth[order], one.worth, atol=ACCURATE)
    np.testing.assert_allclose(4 * other.covariance[np.ix_(order, order)], one.covariance, atol=ACCURATE)


def test_start_and_single_person():
    counts = random_counts(30, 900, seed=17)
    found = fit(counts)
    again = fit(counts, start=found.worth)
    assert again.iterations < found.iterations
    np.testing.assert_allclose(again.worth, found.worth, atol=ACCURATE)
    none = np.zeros(0)
    assert fit(PairCounts(1, none.astype(int), none.astype(int), none, none, none)).worth.tolist() == [0.0]


def test_quasi_variances_restore_independent_variances_from_any_contrast():
    own = np.array([0.04, 0.1, 0.02, 0.3, 0.07])
    centre = np.eye(5) - 0.2
    found = quasi_variances(centre @ np.diag(own) @ centre)
    np.testing.assert_allclose(found.variance, own, rtol=1e-9)
    assert max(abs(found.smallest_error), found.largest_error) < 1e-9
    np.testing.assert_allclose(found.se, np.sqrt(own), rtol=1e-9)


def test_quasi_variances_are_a_minimum_and_edge_cases():
    covariance = fit(random_counts(8, 60, seed=18)).covariance
    found = quasi_variances(covariance)
    own = np.diag(covariance)
    upper = np.triu_indices(8, 1)
    target = np.log((own[:, None] + own - 2 * covariance)[upper])

    def loss(q):
        return np.sum((np.log((q[:, None] + q)[upper]) - target) ** 2)

    rng = np.random.default_rng(19)
    for _ in range(50):
        assert loss(found.variance * (1 + 1e-3 * rng.normal(size=8))) > loss(found.variance)
    np.testing.assert_allclose(quasi_variances(np.diag([0.1, 0.3])).variance, [0.2, 0.2])
    with pytest.raises(ConvergenceError):
        quasi_variances(np.ones((3, 3)))
    three = quasi_variances(np.array([[1.0, 0.9, 0], [0.9, 1.0, 0], [0, 0, 0.1]]))  # exact, one negative
    assert max(abs(three.smallest_error), three.largest_error) < 1e-9


def residual(found):
    """Error of the worths: the score in extended precision through the pseudo-inverse."""
    counts = found.counts
    gap = (found.worth[counts.first] - found.worth[counts.second]).astype(np.longdouble)
    surprise = counts.wins_first + counts.ties / 2 - counts.total / (1 + np.exp(-gap))
    score = np.zeros(counts.n, dtype=np.longdouble)
    np.add.at(score, counts.first, surprise)
    np.add.at(score, counts.second, -surprise)
    return np.abs(found.solve(score.astype(float))).max()


@pytest.mark.parametrize(("n", "rows", "near"), [(150, 6_000, False), (200, 6_000, True)])
@pytest.mark.parametrize("patience", [60, 5])
def test_single_precision_inside_does_not_show(n, rows, near, patience, monkeypatch):
    monkeypatch.setattr(pair_newton, "_RUN", 100)
    monkeypatch.setattr(pair_laplacian, "_WRITTEN_OUT", 50)
    monkeypatch.setattr(pair_laplacian, "_PATIENCE", patience)  # few: conjugate gradients give way to a factor in between
    left, right, result = random_comparisons(n, rows, seed=31, near=near, spread=0.8)
    assert residual(fit(aggregate(left, right, result, None, n))) < ACCURATE / 10


@pytest.mark.parametrize("ridge", [0.0, 0.2])
def test_every_way_to_solve_is_the_inverse(ridge):
    rng = np.random.default_rng(23)
    n, reach = 150, 3
    first = np.concatenate([np.arange(n - k) for k in range(1, reach + 1)])
    second = np.concatenate([np.arange(k, n) for k in range(1, reach + 1)])
    name = rng.permutation(n)  # the band must be found
    a, b = np.minimum(name[first], name[second]), np.maximum(name[first], name[second])
    order = np.lexsort((b, a))
    nothing = np.zeros(len(a))
    counts = PairCounts(n, a[order], b[order], nothing + 1, nothing, nothing)
    weight = rng.uniform(0.1, 1.0, len(a))
    matrix = pair_laplacian.laplacian(counts, weight).toarray() + ridge * np.eye(n)
    right = rng.normal(size=n)
    expected = np.linalg.pinv(matrix) @ (right - right.mean())
    band = pair_laplacian.PairSystem(counts, ridge)
    assert band.exact  # a thin graph
    iterative, sparse = pair_laplacian.PairSystem(counts, ridge), pair_laplacian.PairSystem(counts, ridge)
    iterative._direct = False
    vars(sparse)["_band"] = None
    for system in (band, iterative, sparse):
        system.set_weights(weight)
        np.testing.assert_allclose(system.solve(right), expected, atol=1e-9)
    weight *= 2  # the same array with other numbers in it
    band.set_weights(weight)
    if ridge == 0:
        np.testing.assert_allclose(band.solve(right), expected / 2, atol=1e-9)


@pytest.mark.parametrize("sd", [0.3, 1.5])
def test_gaussian_prior_is_the_penalised_maximum_with_its_covariance(sd):
    counts = counts_from_matrix([[0, 2, 1, 1], [0, 0, 2, 0], [0, 1, 0, 2], [0, 1, 1, 0]])  # the first is undefeated
    found = fit(counts, penalty="gaussian", prior_sd=sd)
    searched = minimize(lambda u: u @ u / (2 * sd**2) - loglik(counts, u), np.zeros(4), method="BFGS", options={"gtol": 1e-9})
    np.testing.assert_allclose(found.worth, searched.x, atol=SEARCHED)
    assert (found.prior_sd, found.prior_source, found.penalty) == (sd, "given", "gaussian")
    centre = np.eye(4) - 0.25
    posterior = centre @ np.linalg.inv(information(counts, found.worth) + np.eye(4) / sd**2) @ centre
    np.testing.assert_allclose(found.covariance, posterior, atol=ROUNDING)


def test_gaussian_prior_estimated_is_the_peak_of_the_marginal_likelihood(monkeypatch):
    left, right, result = random_comparisons(60, 900, seed=21, spread=0.8)
    counts = aggregate(left, right, result, None, 60)
    found = fit(counts, penalty="gaussian")
    assert found.prior_source == "estimated"
    spread = found.worth @ found.worth + np.trace(found.covariance)
    assert spread / 59 == pytest.approx(found.prior_sd**2, rel=1e-9)
    monkeypatch.setattr(pair_laplacian, "DENSE", 30)
    monkeypatch.setattr(bradley_terry, "DENSE", 30)
    sparse = fit(counts, penalty="gaussian")
    assert sparse.covariance is None
    assert sparse.prior_sd == pytest.approx(found.prior_sd, rel=0.02)  # the trace to second order, 30 opponents each
    given = fit(counts, penalty="gaussian", prior_sd=found.prior_sd)
    np.testing.assert_allclose(given.worth, found.worth, atol=ACCURATE)
    np.testing.assert_allclose(given.covariance_on_demand().dense(), found.covariance, atol=1e-10)


def test_gaussian_prior_is_fixed_where_the_data_do_not_say():
    pair = counts_from_matrix([[0, 3], [1, 0]])
    even = counts_from_matrix(5 - 5 * np.eye(8))
    straight = counts_from_matrix(np.triu(np.full((8, 8), 50.0), 1))
    for counts in (pair, even, straight):
        found = fit(counts, penalty="gaussian")
        assert (found.prior_sd, found.prior_source) == (worth_penalties.FIXED_SD, "fixed")


def test_covariance_on_demand_waits():
    counts = random_counts(30, 900, seed=22)
    found = fit(counts)
    later = found.covariance_on_demand()
    assert later.size == 30
    assert "information" not in vars(found)
    assert "not yet computed" in repr(later)
    np.testing.assert_allclose(later.dense(), np.linalg.pinv(information(counts, found.worth)), atol=1e-10)
    assert "dense" in repr(later)
