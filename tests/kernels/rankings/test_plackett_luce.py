from __future__ import annotations

import itertools

import numpy as np
import pytest

from rankkit.errors import ConvergenceError
from rankkit.kernels.pairs import bradley_terry, davidson, pair_laplacian
from rankkit.kernels.pairs.judge_clusters import sandwich
from rankkit.kernels.pairs.pair_counts import aggregate
from rankkit.kernels.rankings import ordered_choices
from rankkit.kernels.rankings.plackett_luce import existence, fit, log_chances
from rankkit.kernels.rankings.ranking_lists import RankingLists, collect, from_matrix
from tests.oracles_pairs import reachable
from tests.oracles_rankings import drawn, groups_of, marginal_chances, maximum, muddled, orders, tie_chances, weak_orders

ROUNDING = 1e-10  # of sums over some hundred log-chances
ACCURATE = 1e-8  # promised error of a worth, in log-units
OPTIMISER = 2e-5  # a general optimiser with numerical slopes ends this far from the maximum
SLOPE = 2e-8  # central differences with step 1e-5


def slopes(value, x):
    return np.array([(value(x + e) - value(x - e)) / 2e-5 for e in 1e-5 * np.eye(len(x))])


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_all_orders_have_probability_one(n: int) -> None:
    worth = np.random.default_rng(n).normal(size=n) * 2
    assert np.exp(log_chances(from_matrix(orders(n)), worth)).sum() == pytest.approx(1, abs=ROUNDING)
    everything = from_matrix(weak_orders(n))
    sizes = tuple(range(2, n + 1))
    log_delta = np.random.default_rng(0).normal(size=n - 1)
    with_ties = log_chances(everything, worth, ties="davidson_luce", tie_sizes=sizes, log_delta=log_delta)
    assert np.exp(with_ties).sum() == pytest.approx(1, abs=ROUNDING)


def test_a_tie_is_the_sum_of_the_orders_it_leaves_open() -> None:
    worth = np.array([1.0, 0.3, -0.4, -2.0])
    complete = from_matrix(orders(4))
    chances = np.exp(log_chances(complete, worth))
    for ranks in weak_orders(4):
        agree = [all(not (ranks[i] < ranks[j] and o[i] > o[j]) for i, j in itertools.permutations(range(4), 2)) for o in orders(4)]
        assert np.exp(log_chances(from_matrix(ranks[None]), worth))[0] == pytest.approx(chances[agree].sum(), abs=ROUNDING)


@pytest.mark.parametrize("seed", range(3))
def test_chances_against_listing_every_order(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lists, worth = muddled(rng, 25, 6), rng.normal(size=6)
    np.testing.assert_allclose(np.exp(log_chances(lists, worth)), marginal_chances(lists, worth), rtol=ROUNDING)
    log_delta = rng.normal(size=5)
    found = log_chances(lists, worth, ties="davidson_luce", tie_sizes=(2, 3, 4, 5, 6), log_delta=log_delta)
    plain = tie_chances(lists, worth, dict(zip(range(2, 7), np.exp(log_delta), strict=True)))
    np.testing.assert_allclose(np.exp(found), plain, rtol=ROUNDING)


@pytest.mark.parametrize("ties", [True, False])
def test_score_and_information_are_derivatives(ties: bool) -> None:
    rng = np.random.default_rng(5)
    lists, worth = muddled(rng, 20, 7, ties=ties), rng.normal(size=7)
    choices = ordered_choices.OrderedChoices(lists)
    found = choices.evaluate(worth)
    np.testing.assert_allclose(slopes(lambda u: choices.evaluate(u).loglik @ lists.weight, worth), found.score, atol=1e-7)
    bent = slopes(lambda u: choices.evaluate(u).score, worth)
    np.testing.assert_allclose(-bent, pair_laplacian.laplacian(choices.counts, found.weight).toarray(), atol=SLOPE)
    by_rater = choices.list_scores(worth, lists.rater, lists.m)
    np.testing.assert_allclose(by_rater.sum(axis=0), found.score, atol=ROUNDING)
    one = fit(lists, prior_sd=1.0).lists.choose(lists.rater == 2)
    np.testing.assert_allclose(by_rater[2], ordered_choices.OrderedChoices(one).evaluate(worth).score, atol=ROUNDING)


@pytest.mark.parametrize("prior_sd", [np.inf, 1.2])
@pytest.mark.parametrize("ties", [True, False])
def test_worths_against_a_general_optimiser(ties: bool, prior_sd: float) -> None:
    lists = muddled(np.random.default_rng(8), 14, 4, ties=ties)
    found = fit(lists, prior_sd=prior_sd)
    plain, height = maximum(lists, prior_sd=prior_sd)
    np.testing.assert_allclose(found.worth, plain, atol=OPTIMISER)
    assert found.loglik - 0.5 * float(found.worth @ found.worth) / prior_sd**2 == pytest.approx(height, abs=1e-9)
    assert found.gradient_norm < ROUNDING


@pytest.mark.parametrize("prior_sd", [np.inf, 1.2])
def test_tie_parameters_against_a_general_optimiser(prior_sd: float) -> None:
    lists = muddled(np.random.default_rng(9), 20, 4)
    found = fit(lists, ties="davidson_luce", prior_sd=prior_sd)
    plain, height = maximum(lists, sizes=found.tie_sizes, prior_sd=prior_sd)
    np.testing.assert_allclose(np.concatenate([found.worth, found.log_delta]), plain, atol=5 * OPTIMISER)
    assert found.loglik - 0.5 * float(found.worth @ found.worth) / prior_sd**2 == pytest.approx(height, abs=1e-8)


def test_covariance_and_scores_with_tie_parameters() -> None:
    lists = muddled(np.random.default_rng(10), 40, 5)
    found = fit(lists, ties="davidson_luce")
    n, ties = lists.n, len(found.tie_sizes)

    def loglik(x):
        return log_chances(lists, x[:n], ties="davidson_luce", tie_sizes=found.tie_sizes, log_delta=x[n:]) @ lists.weight

    x = np.concatenate([found.worth, found.log_delta])
    full = np.array([slopes(loglik, x + e) - slopes(loglik, x - e) for e in 1e-3 * np.eye(n + ties)]) / -2e-3
    inverse = np.linalg.pinv(full, rcond=1e-6)
    centring = np.eye(n) - 1 / n
    np.testing.assert_allclose(found.covariance, centring @ inverse[:n, :n] @ centring, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(found.se_log_delta, np.sqrt(np.diag(inverse)[n:]), rtol=1e-3)
    np.testing.assert_allclose(found.rater_scores.sum(axis=0), 0, atol=1e-7)
    assert found.rater_scores.shape == (5, 5)
    np.testing.assert_allclose(found.solve(np.eye(5)), found.covariance)


def test_pairs_are_bradley_terry_and_davidson() -> None:
    left, right = np.repeat([0, 0, 1], 6), np.repeat([1, 2, 2], 6)
    result = np.array([1, 1, 1, -1, 0, 0, 1, 0, -1, 1, 1, 0, 0, -1, 1, 1, 1, 1])
    ranks = np.full((18, 3), np.nan)
    ranks[np.arange(18), left], ranks[np.arange(18), right] = np.where(result >= 0, 1, 2), np.where(result <= 0, 1, 2)
    tied = davidson.fit(aggregate(left, right, result, None, 3))
    found = fit(from_matrix(ranks), ties="davidson_luce")
    np.testing.assert_allclose(found.worth, tied.worth, atol=ACCURATE)
    assert found.log_delta[0] == pytest.approx(tied.log_nu, abs=ACCURATE)
    assert found.loglik == pytest.approx(tied.loglik, abs=ROUNDING)
    assert found.se_log_delta[0] == pytest.approx(tied.se_log_nu, rel=1e-6)
    np.testing.assert_allclose(found.covariance, tied.covariance, rtol=1e-6)
    decided = result != 0
    plain = bradley_terry.fit(aggregate(left[decided], right[decided], result[decided], None, 3))
    found = fit(from_matrix(ranks[decided]))
    np.testing.assert_allclose(found.worth, plain.worth, atol=ACCURATE)
    np.testing.assert_allclose(found.covariance, plain.covariance, rtol=1e-6)
    assert found.loglik == pytest.approx(plain.loglik, abs=ROUNDING)


def test_one_ranking_has_no_worths() -> None:
    one = from_matrix(np.array([[1.0, 2, 3, 4]]))
    found = existence(one)
    assert found.kind == "one_sided"
    assert found.undefeated.tolist() == [0]
    assert found.winless.tolist() == [3]
    for ties in ("marginal", "davidson_luce"):
        with pytest.raises(ConvergenceError):
            fit(one, ties=ties)
    shrunk = fit(one, prior_sd=1.5)
    assert (np.diff(shrunk.worth) < 0).all()
    assert shrunk.worth.sum() == pytest.approx(0, abs=ROUNDING)
    many_alike = from_matrix(np.tile([1.0, 2, 3, 4], (50, 1)))
    with pytest.raises(ConvergenceError):
        fit(many_alike)


def test_people_nobody_ranked_with_the_others() -> None:
    apart = from_matrix(np.array([[1.0, 2, np.nan, np.nan], [2, 1, np.nan, np.nan], [np.nan, np.nan, 1, 2], [np.nan, np.nan, 2, 1]]))
    found = existence(apart)
    assert found.kind == "disconnected"
    assert found.component.tolist() == [0, 0, 1, 1]
    with pytest.raises(ConvergenceError):
        fit(apart)
    alone = from_matrix(np.array([[1.0, 2, np.nan], [2, 1, np.nan]]))
    assert existence(alone).component.tolist() == [0, 0, 1]
    assert np.isfinite(fit(alone, prior_sd=1.0).worth).all()


@pytest.mark.parametrize("seed", range(40))
def test_existence_is_strong_connection(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lists = muddled(rng, int(rng.integers(1, 5)), 4, weights=False)
    edges = [
        (i, j)
        for places in groups_of(lists)
        for k, (group, _) in enumerate(places)
        for later, _ in places[k + 1 :]
        for i in group
        for j in later
    ]
    reach = reachable(4, edges)
    finite = all(reach[i][j] for i in range(4) for j in range(4))
    assert (existence(lists).kind == "finite") == finite
    if finite:
        assert np.isfinite(fit(lists).worth).all()
    else:
        with pytest.raises(ConvergenceError):
            fit(lists)


def test_ties_as_answers_connect_both_ways() -> None:
    tied = from_matrix(np.array([[1.0, 1, 2], [1, 2, 1]]))
    assert existence(tied).kind == "one_sided"
    assert existence(tied, ties="davidson_luce").kind == "finite"
    left = from_matrix(np.array([[1.0, np.inf, np.inf], [np.inf, 1, np.inf]]))
    assert existence(left, ties="davidson_luce").kind == "one_sided", "people left over are not tied"


def test_tie_parameters_that_run_away() -> None:
    with pytest.raises(ConvergenceError):
        fit(from_matrix(np.ones((6, 3))), ties="davidson_luce")
    with pytest.raises(ConvergenceError):
        fit(from_matrix(np.array([[1.0, 2], [1, 1]])), ties="davidson_luce")
    with pytest.raises(ConvergenceError):
        fit(from_matrix(np.ones((6, 3))), ties="davidson_luce", prior_sd=1.0)


def test_impossible_ties_and_places() -> None:
    tied = from_matrix(np.array([[1.0, 1, 2]]))
    with pytest.raises(ValueError, match="no parameter"):
        log_chances(tied, np.zeros(3), ties="davidson_luce", tie_sizes=(3,), log_delta=np.zeros(1))
    between = collect(np.zeros(3, int), np.arange(3), np.array([1.0, 2, 3]), 3, left_over=np.array([False, True, False]))
    with pytest.raises(ValueError, match="left over"):
        log_chances(between, np.zeros(3), ties="davidson_luce")
    assert np.exp(log_chances(between, np.zeros(3)))[0] == pytest.approx(1 / 6)


def test_who_was_left_over_lost() -> None:
    rng = np.random.default_rng(12)
    worth = np.linspace(1, -1, 6)
    ranks = drawn(rng, worth, 400, 6)
    top = np.where(ranks <= 2, ranks, np.inf)
    found, cut = fit(from_matrix(top)), fit(from_matrix(np.where(ranks <= 2, ranks, np.nan)), prior_sd=10.0)
    assert np.corrcoef(found.worth, worth)[0, 1] > 0.98
    assert np.abs(found.worth - worth).max() < np.abs(cut.worth - worth).max()
    tied_below = fit(from_matrix(np.where(ranks <= 2, ranks, 3.0)))
    np.testing.assert_allclose(found.worth, tied_below.worth, atol=ACCURATE)


def test_weights_are_copies() -> None:
    rng = np.random.default_rng(13)
    lists = muddled(rng, 12, 5, weights=False)
    doubled = lists.reweighted(np.arange(1.0, 13))
    copied = RankingLists(
        5,
        np.concatenate([[0], np.cumsum(np.repeat(lists.length, range(1, 13)))]),
        *(
            np.concatenate([np.tile(x[lists.start[k] : lists.start[k + 1]], k + 1) for k in range(12)])
            for x in (lists.item, lists.place, lists.left_over)
        ),
        np.arange(78),
        np.ones(78),
    )
    for ties in ("marginal", "davidson_luce"):
        a, b = fit(doubled, ties=ties), fit(copied, ties=ties)
        np.testing.assert_allclose(a.worth, b.worth, atol=ACCURATE)
        np.testing.assert_allclose(a.covariance, b.covariance, rtol=1e-6)
        assert a.loglik == pytest.approx(b.loglik, rel=ROUNDING)
    ignored = lists.reweighted(np.where(np.arange(12) < 9, 1.0, 0.0))
    np.testing.assert_allclose(fit(ignored).worth, fit(lists.choose(np.arange(12) < 9)).worth, atol=ACCURATE)


def test_lists_of_very_different_length_and_more_people_than_a_dense_matrix_likes(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(14)
    worth = rng.normal(size=150)
    ranks = np.vstack([drawn(rng, worth, 60, k) for k in (2, 3, 9, 40, 150)])
    lists = from_matrix(ranks)
    dense = fit(lists)
    monkeypatch.setattr(ordered_choices, "_TABLE", 100)
    sparse = fit(lists, start=np.zeros(150))
    np.testing.assert_allclose(dense.worth, sparse.worth, atol=ACCURATE)
    monkeypatch.setattr("rankkit.kernels.rankings.plackett_luce.DENSE", 100)
    large = fit(lists)
    assert large.covariance is None
    b = np.eye(150)[:, :2]
    np.testing.assert_allclose(large.solve(b), dense.solve(b), atol=1e-7)


def test_any_order_of_lists_and_people() -> None:
    rng = np.random.default_rng(15)
    ranks = drawn(rng, rng.normal(size=8), 40, 5)
    found = fit(from_matrix(ranks))
    people, rows = rng.permutation(8), rng.permutation(40)
    np.testing.assert_allclose(fit(from_matrix(ranks[rows][:, people])).worth, found.worth[people], atol=ACCURATE)


def test_nobody_and_one_person() -> None:
    assert fit(from_matrix(np.ones((3, 1)))).worth.tolist() == [0.0]
    assert fit(from_matrix(np.ones((0, 0)))).worth.tolist() == []


def test_sandwich_of_raters_who_agree_with_the_model_is_the_model() -> None:
    rng = np.random.default_rng(16)
    worth = np.linspace(1, -1, 6)
    ranks = drawn(rng, worth, 3000, 4)
    lists = from_matrix(ranks, rater=np.repeat(np.arange(300), 10))
    found = fit(lists)
    clustered = sandwich(found.rater_scores, found.solve, full_rank=False)
    ratio = np.diag(clustered.covariance(found.covariance)) / np.diag(found.covariance)
    assert (np.abs(ratio - 1) < 0.35).all()  # 300 raters: the ratio has standard error .08


@pytest.mark.parametrize("seed", [*range(25), 48, 69, 118, 147, 168, 184])  # in the latter a tie and a win are not enough
def test_tie_parameters_exist_where_davidsons_do(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = int(rng.integers(3, 12))
    left = rng.integers(0, 3, rows)
    right = (left + rng.integers(1, 3, rows)) % 3
    result = rng.integers(-1, 2, rows)
    result[0] = 0
    ranks = np.full((rows, 3), np.nan)
    ranks[np.arange(rows), left], ranks[np.arange(rows), right] = np.where(result >= 0, 1, 2), np.where(result <= 0, 1, 2)
    if davidson.has_finite_estimate(aggregate(left, right, result, None, 3)):
        assert np.isfinite(fit(from_matrix(ranks), ties="davidson_luce").worth).all()
    else:
        with pytest.raises(ConvergenceError):
            fit(from_matrix(ranks), ties="davidson_luce")
