from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy.optimize import minimize

from rankkit.errors import ConvergenceError
from rankkit.kernels.rankings import maxdiff
from rankkit.kernels.rankings.best_worst import derivatives, fit, loglik
from rankkit.kernels.rankings.choice_newton import FIXED_TAU, maximise
from rankkit.kernels.rankings.pick_scales import scale_tests
from rankkit.kernels.rankings.picks import top_down
from tests.oracles_best_worst import (
    alternation_log,
    drawn_logs,
    final_order,
    logged,
    maxdiff_loglik,
    numeric_gradient,
    sequential_loglik,
)

PRINTED = 5e-7  # the golden values are printed to six decimals
EXACT = 1e-10  # the same sum in another order
NUMERIC = 1e-6  # central differences of derivatives of size ten
SOLVED = 1e-5  # a quasi-Newton search with numerical gradients

U = np.array([1.5, 0.4, 0.1, -0.6, -1.4])


def ordered(order):
    return top_down(np.zeros(len(order), int), np.array(order), np.arange(1.0, len(order) + 1), np.zeros(1, int), len(order), 1)


def sample(seed=0, *, n=6, m=7, scale=0.8, loss=0.2, spread=1.0):
    rng = np.random.default_rng(seed)
    truth = np.linspace(spread, -spread, n)
    return truth, drawn_logs(np.tile(truth, (m, 1)), rng, scale=scale, loss=loss)


def with_ties(seed=0, n=9):
    """Lists with tie groups at both ends, one of them large, and leftovers."""
    rng = np.random.default_rng(seed)
    logs = []
    for _ in range(5):
        a, b, c, d, e, f, *_ = rng.permutation(n).tolist()
        logs.append([((a, b), 1), ((c,), -1), ((d,), 1), ((e, f), -1)])
    first, *rest = rng.permutation(n + 0).tolist()
    logs.append([((first,), 1), (tuple(rest[:7]), -1)])
    return logs


def test_golden_log_likelihoods():
    first, second = ([0, 1, 2, 3, 4], [1, 0, 2, 4, 3])
    one, two = (logged([alternation_log(order)], 5) for order in (first, second))
    assert loglik(one, U) == pytest.approx(-2.321381, abs=PRINTED)
    assert loglik(one, U, worst_scale=0.8, depth_loss=0.3) == pytest.approx(-2.619041, abs=PRINTED)
    assert loglik(ordered(first), U) == pytest.approx(-2.298376, abs=PRINTED)
    assert loglik(ordered(first[::-1]), -U) == pytest.approx(-2.298804, abs=PRINTED)
    assert maxdiff.loglik(one, U) == pytest.approx(-2.154827, abs=PRINTED)
    assert loglik(two, U) == pytest.approx(-3.475266, abs=PRINTED)
    assert loglik(ordered(second), U) == pytest.approx(-3.730361, abs=PRINTED)
    assert maxdiff.loglik(two, U) == pytest.approx(-3.419805, abs=PRINTED)


@pytest.mark.parametrize("first_end", [1, -1])
@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_the_chances_of_all_orders_add_up_to_one(n, first_end):
    # failing toy i: counting the forced last place, or not counting the last worst pick, breaks this
    u = np.array([0.9, -0.3, 0.5, -1.1, 0.2])[:n]
    logs = [alternation_log(order, first_end) for order in itertools.permutations(range(n))]
    one_each = [logged([log], n) for log in logs]
    assert sum(math.exp(loglik(p, u, worst_scale=0.7, depth_loss=0.4)) for p in one_each) == pytest.approx(1, abs=EXACT)
    assert sum(math.exp(loglik(ordered(final_order(log, n)), u)) for log in logs) == pytest.approx(1, abs=EXACT)
    # the maxdiff model leaves the one in the middle of an odd list free, not chosen
    assert sum(math.exp(maxdiff.loglik(p, u)) for p in one_each) == pytest.approx(1, abs=EXACT)


def test_log_likelihood_against_plain_loops():
    for seed in range(3):
        logs = with_ties(seed)
        rng = np.random.default_rng(seed)
        u = rng.normal(size=9)
        plain = sum(sequential_loglik(dict(enumerate(u)), log, scale=0.6, loss=0.3) for log in logs)
        assert loglik(logged(logs, 9), u, worst_scale=0.6, depth_loss=0.3) == pytest.approx(plain, abs=EXACT)
    truth, logs = sample(n=7)
    plain = sum(maxdiff_loglik(dict(enumerate(truth)), log) for log in logs)
    assert maxdiff.loglik(logged(logs, 7), truth) == pytest.approx(plain, abs=EXACT)


def test_a_tie_group_is_the_sum_over_its_orders():
    u = np.array([0.8, 0.1, -0.2, -0.9])
    together = math.exp(loglik(logged([[((0, 1), 1)]], 4), u))
    apart = [[((0,), 1), ((1,), 1)], [((1,), 1), ((0,), 1)]]
    assert together == pytest.approx(sum(math.exp(loglik(logged([log], 4), u)) for log in apart), abs=EXACT)


@pytest.mark.parametrize("logs", [sample()[1], with_ties()], ids=["single", "ties"])
def test_derivatives_by_worths_and_scales(logs):
    n = max(j for log in logs for group, _ in log for j in group) + 1
    data = logged(logs, n)
    at = np.concatenate([np.random.default_rng(2).normal(scale=0.7, size=n), [0.8, 0.15]])
    found = derivatives(data, at)
    np.testing.assert_allclose(found.by_rater.sum(axis=0), numeric_gradient(lambda x: derivatives(data, x).value, at), atol=NUMERIC)
    np.testing.assert_allclose(-found.information, numeric_gradient(lambda x: derivatives(data, x).by_rater.sum(axis=0), at), atol=NUMERIC)
    np.testing.assert_allclose(found.information[:n].T @ np.ones(n), 0, atol=EXACT)
    for r in range(found.by_rater.shape[0]):
        own = derivatives(logged(logs, n).where(logged(logs, n).rater == r), at).by_rater
        np.testing.assert_allclose(own[r], found.by_rater[r], atol=EXACT)


def test_derivatives_of_maxdiff():
    _, logs = sample(n=7)
    data = maxdiff.pair_choices(logged(logs, 7))
    at = np.random.default_rng(2).normal(size=7)
    found = maxdiff.derivatives(data, at)
    np.testing.assert_allclose(found.by_rater.sum(axis=0), numeric_gradient(lambda x: maxdiff.derivatives(data, x).value, at), atol=NUMERIC)
    slopes = numeric_gradient(lambda x: maxdiff.derivatives(data, x).by_rater.sum(axis=0), at)
    np.testing.assert_allclose(-found.information, slopes, atol=NUMERIC)


@pytest.mark.parametrize("tau", [np.inf, 0.7])
@pytest.mark.parametrize("logs", [sample()[1], with_ties()[:5] + with_ties(1)[:5]], ids=["single", "ties"])
def test_the_peak_is_where_a_plain_search_finds_it(logs, tau):
    n = max(j for log in logs for group, _ in log for j in group) + 1
    found = fit(logged(logs, n), tau=tau)

    def lack(u):
        prior = 0.0 if np.isinf(tau) else float(u @ u) / (2 * tau**2)
        return prior - sum(sequential_loglik(dict(enumerate(u)), log) for log in logs)

    plain = minimize(lack, np.zeros(n), method="BFGS", options={"gtol": 1e-7, "maxiter": 500}).x
    np.testing.assert_allclose(found.worth, plain - plain.mean(), atol=SOLVED * 10)
    np.testing.assert_allclose(found.worth.sum(), 0, atol=EXACT)
    np.testing.assert_allclose(found.covariance @ np.ones(n), 0, atol=EXACT)
    apart = np.linalg.pinv(found.information) if np.isinf(tau) else np.linalg.inv(found.information) - tau**2 / n
    np.testing.assert_allclose(found.covariance, apart, atol=1e-8)


def test_scales_are_estimated_with_the_worths():
    _, logs = sample(3, m=40, scale=0.6, loss=0.25, spread=2.0)
    picks = logged(logs, 6)
    found = fit(picks, worst_scale=None, depth_loss=None)
    assert found.estimated == ("worst_scale", "depth_loss")
    assert found.parameters == 7
    whole = derivatives(picks, np.concatenate([found.worth, [found.worst_scale, found.depth_loss]]))
    np.testing.assert_allclose(whole.by_rater.sum(axis=0), 0, atol=1e-7)
    joint = np.linalg.pinv(whole.information)
    np.testing.assert_allclose(found.covariance, joint[:6, :6], atol=1e-8)
    np.testing.assert_allclose(found.se**2, np.diagonal(joint)[6:], rtol=1e-6)
    # the scores left over by the scales belong to the information left over by them
    np.testing.assert_allclose(found.by_rater.sum(axis=0), 0, atol=1e-7)
    np.testing.assert_allclose(np.linalg.pinv(found.information), found.covariance, atol=1e-8)


def test_scale_tests_compare_with_the_freed_fit():
    _, logs = sample(5, m=30, scale=0.4, loss=0.0, spread=2.0)
    picks = logged(logs, 6)
    null = fit(picks)
    tests = scale_tests(picks, null)
    freed = fit(picks, worst_scale=None)
    found = tests["worst_scale"]
    assert found.likelihood_ratio == pytest.approx(2 * (freed.loglik - null.loglik))
    assert found.p_likelihood_ratio < 0.01
    assert null.aic - freed.aic == pytest.approx(found.likelihood_ratio - 2)
    assert found.df == 29
    assert found.p < 0.05
    assert found.t < 0  # worst picks are less sure: their scores ask for a smaller scale
    above = top_down(np.repeat([0, 1], 3), np.array([0, 1, 2, 2, 1, 0]), np.tile([1.0, 2, 3], 2), np.arange(2), 3, 2)
    assert not scale_tests(above, fit(above))  # one end, one stage


def test_a_scale_that_runs_away_is_tested_but_not_reported():
    # everybody agrees on who is worst, nobody on who is best
    logs = [[((o,), 1), ((3,), -1)] for o in (0, 1, 2, 0, 1, 2, 0)] + [[((3,), 1), ((0,), -1)]]
    picks = logged(logs, 4)
    with pytest.raises(ConvergenceError):
        fit(picks, worst_scale=None)
    found = scale_tests(picks, fit(picks))
    assert np.isnan(found["worst_scale"].estimate) or np.isfinite(found["worst_scale"].se)
    assert found["worst_scale"].likelihood_ratio >= 0


def test_no_finite_estimate_is_an_error_and_a_prior_mends_it():
    picks = logged([alternation_log(range(4))], 4)
    with pytest.raises(ConvergenceError):
        fit(picks)
    found = fit(picks, tau=None)
    assert found.tau == FIXED_TAU
    assert np.isnan(found.aic)
    assert (np.diff(found.worth) < 0).all()
    several = fit(logged([alternation_log(range(4))] * 5, 4), tau=None)
    assert several.tau == FIXED_TAU  # of five equal orders the spread runs away: it is assumed
    turned = fit(logged([alternation_log(order) for order in ([0, 1, 2, 3], [0, 2, 1, 3], [0, 1, 3, 2], [0, 1, 2, 3])], 4), tau=None)
    assert turned.tau > FIXED_TAU  # nearly equal ones speak of a wide one


def test_the_spread_from_the_marginal_likelihood_is_near_the_one_that_made_the_data():
    rng = np.random.default_rng(8)
    taus = []
    for _ in range(12):
        u = rng.normal(scale=1.0, size=8)
        taus.append(fit(logged(drawn_logs(np.tile(u, (6, 1)), rng), 8), tau=None).tau)
    assert 0.7 < np.median(taus) < 1.4  # twelve draws of eight worths: a standard error of about 0.1


def test_order_of_lists_and_names_of_people_do_not_matter():
    _, logs = sample(11)
    there = fit(logged(logs, 6))
    swap = np.array([3, 1, 5, 0, 2, 4])
    renamed = [[(tuple(int(swap[j]) for j in group), end) for group, end in log] for log in reversed(logs)]
    np.testing.assert_allclose(fit(logged(renamed, 6)).worth[swap], there.worth, atol=1e-9)


def test_turning_everything_round_mirrors_the_worths():
    _, logs = sample(12)
    turned = [[(group, -end) for group, end in log] for log in logs]
    np.testing.assert_allclose(fit(logged(turned, 6)).worth, -fit(logged(logs, 6)).worth, atol=1e-9)
    np.testing.assert_allclose(maxdiff.fit(logged(turned, 6)).worth, -maxdiff.fit(logged(logs, 6)).worth, atol=1e-9)


def test_maxdiff_joins_stages_and_leaves_the_rest_out():
    paired = maxdiff.pair_choices(logged([alternation_log(range(6), first_end=-1)], 6))
    assert (paired.best.tolist(), paired.worst.tolist(), paired.alone) == ([0, 1, 2], [5, 4, 3], 0)
    odd = [[((0,), 1), ((5,), -1), ((1,), 1)], [((0, 1), 1), ((5,), -1)], [((0,), 1), ((1,), 1)]]
    found = maxdiff.pair_choices(logged(odd, 6))
    assert (found.best.tolist(), found.worst.tolist(), found.alone) == ([0], [5], 5)
    nothing = maxdiff.derivatives(maxdiff.pair_choices(logged([[((0, 1), 1)]], 3)), np.zeros(3))
    assert nothing.value == 0


def test_maximise_needs_a_maximum():
    with pytest.raises(ConvergenceError):
        maximise(
            lambda u: derivatives(logged([alternation_log(range(3))], 3), np.concatenate([u, [1.0, 0.0]]))._replace(
                by_rater=np.full((1, 3), np.nan), information=np.eye(3)
            ),
            np.zeros(3),
            3,
        )
