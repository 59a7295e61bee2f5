"""Intervals and boundary tests against brute force, closed forms and published weights."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, stats

from rankkit.errors import ConvergenceError
from rankkit.kernels.components import mixed_intervals, mixed_reml, mixed_slopes
from tests import oracles_mixed as oracle
from tests.kernels.components.mixed_designs import drift, three_facets

LIMIT = 2e-3  # relative; the oracle's profile comes from a derivative-free search
CLOSED = 1e-6
CRITERION = 1e-6  # the correlated model is searched in one dimension by both


def one_way(seed=0, groups=8, size=5, between=1.0):
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(groups), size)
    return np.sqrt(between) * rng.normal(size=groups)[group] + rng.normal(size=groups * size), [(group, groups)]


def plain_profile(y, z, x, k, value, start):
    """The criterion with component k held, all others searched."""
    others = [i for i in range(len(start)) if i != k]

    def whole(s):
        variances = np.empty(len(start))
        variances[others], variances[k] = np.exp(s), value
        return oracle.criterion(variances, y, z, x)

    return optimize.minimize(
        whole, np.log(np.maximum(start[others], 1e-3)), method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-10, "maxiter": 4000}
    ).fun


def test_profile_limits_are_where_the_likelihood_ratio_says():
    y, effects, x = drift()
    found = mixed_reml.fit(y, effects, x)
    z = oracle.matrices(effects, len(y))
    limits = mixed_intervals.intervals(found, level=0.9)
    bound = stats.chi2.ppf(0.9, 1)
    for k in range(len(effects) + 1):
        for limit in (limits.low[k], limits.high[k]):
            if limit > 0:
                rise = plain_profile(y, z, x, k, limit, found.variances) - found.deviance
                assert rise == pytest.approx(bound, rel=LIMIT)
            else:
                assert plain_profile(y, z, x, k, 0.0, found.variances) - found.deviance < bound + 1e-6
        assert limits.low[k] <= found.variances[k] <= limits.high[k]


def test_profile_of_a_component_at_zero_starts_at_zero():
    y, effects = one_way(5, between=0.0)
    found = mixed_reml.fit(y, effects)
    assert found.variances[0] == 0
    for method in ("profile", "chi2", "log"):
        limits = mixed_intervals.intervals(found, method=method)
        assert limits.low[0] == 0
        assert 0 < limits.high[0] < 10


def test_quick_limits_of_a_balanced_residual_are_exact():
    """σ̂²_e of a one-way table is a mean square: its Satterthwaite interval is the χ² interval of every textbook."""
    y, effects = one_way(1)
    found = mixed_reml.fit(y, effects)
    limits = mixed_intervals.intervals(found, method="chi2")
    mean_square = y.reshape(8, 5).var(axis=1, ddof=1).mean()
    np.testing.assert_allclose(limits.low[1], 32 * mean_square / stats.chi2.ppf(0.975, 32), rtol=CLOSED)
    np.testing.assert_allclose(limits.high[1], 32 * mean_square / stats.chi2.ppf(0.025, 32), rtol=CLOSED)
    logs = mixed_intervals.intervals(found, method="log")
    assert np.sqrt(logs.low[1] * logs.high[1]) == pytest.approx(found.variances[1], rel=CLOSED)


def test_only_what_is_wanted_and_identified_has_limits():
    y, effects, _ = three_facets()
    found = mixed_reml.fit(y, [effects[0], effects[1], effects[1]])
    limits = mixed_intervals.intervals(found, components=[0, 1, 2], method="log")
    assert found.aliased == ((1, 2),)
    assert np.isinf(limits.high).tolist() == [False, True, True, True]


def test_boundary_test_is_the_difference_of_two_fits():
    y, effects, x = drift()
    found = mixed_reml.fit(y, effects, x)
    without = mixed_reml.fit(y, effects[:2], x)
    test = mixed_intervals.boundary_test(found, [2])
    assert test.statistic == pytest.approx(without.deviance - found.deviance, abs=1e-7)
    assert test.p == pytest.approx(0.5 * stats.chi2.sf(test.statistic, 1), rel=CLOSED)
    both = mixed_intervals.boundary_test(found, [1, 2])
    neither = mixed_reml.fit(y, effects[:1], x)
    assert both.statistic == pytest.approx(neither.deviance - found.deviance, abs=1e-7)
    assert both.weights.sum() == pytest.approx(1)
    assert both.weights[1] == pytest.approx(0.5, abs=1e-9)  # two components: always one half (Self & Liang, case 7)


def test_a_component_at_zero_has_p_one():
    y, effects = one_way(5, between=0.0)
    found = mixed_reml.fit(y, effects)
    test = mixed_intervals.boundary_test(found, [0])
    assert (test.statistic, test.p) == (0.0, 1.0)


def test_an_exact_fit_is_infinitely_better_or_no_better():
    row, col = np.indices((5, 4)).reshape(2, -1)
    found = mixed_reml.fit(np.arange(5.0)[row] + 2 * np.arange(4.0)[col] ** 2, [(row, 5), (col, 4), (row * 2 + col % 2, 10)])
    assert found.exact_fit
    assert mixed_intervals.boundary_test(found, [1]).p == 0
    assert mixed_intervals.boundary_test(found, [2]).p == 1
    assert np.all(np.isinf(mixed_intervals.intervals(found).high))


def test_mixture_tails():
    p = mixed_intervals.mixture_p
    assert p(0.0, [0.5, 0.5]) == 1
    assert p(3.84, [0.5, 0.5]) == pytest.approx(0.5 * stats.chi2.sf(3.84, 1))
    assert p(3.84, [0.5, 0.5], first=1) == pytest.approx(0.5 * stats.chi2.sf(3.84, 1) + 0.5 * stats.chi2.sf(3.84, 2))


@pytest.mark.parametrize("r", [1, 2, 3, 4])
def test_cone_weights_are_the_frequencies_of_projections(r):
    """Project normals on the cone in the metric of their information and count the positive coordinates."""
    rng = np.random.default_rng(r)
    root = rng.normal(size=(r, r + 2))
    information = root @ root.T
    lower = np.linalg.cholesky(information)
    draws = 4000
    counts = np.zeros(r + 1)
    for noise in rng.normal(size=(draws, r)):
        counts[np.count_nonzero(optimize.nnls(lower.T, noise)[0] > 0)] += 1
    weights = mixed_intervals.cone_weights(information)
    error = np.sqrt(np.maximum(weights * (1 - weights), 1e-4) / draws)
    assert np.all(np.abs(counts / draws - weights) < 4 * error)


def test_a_correlated_slope_is_the_maximum_of_the_correlated_model():
    rng = np.random.default_rng(3)
    rater, t = np.repeat(np.arange(12), 6), np.tile(np.linspace(-1, 1, 6), 12)
    u = rng.normal(size=12)
    y = 2 + 0.3 * t + u[rater] + (0.8 * u + 0.4 * rng.normal(size=12))[rater] * t + 0.5 * rng.normal(size=72)
    x = np.c_[np.ones(72), t]
    found = mixed_slopes.correlated_slope(y, [(rater, 12), (rater, 12, t)], 0, 1, x)
    one = (rater[:, None] == np.arange(12)).astype(float)

    def criterion(s):
        loads = np.array([[s[0], 0], [s[1], s[2]]])
        z = np.hstack([one, one * t[:, None]])
        effect = np.kron(loads @ loads.T, np.eye(12))
        v = z @ effect @ z.T + s[3] ** 2 * np.eye(72)
        inverse = np.linalg.inv(v)
        information = x.T @ inverse @ x
        rest = y - x @ np.linalg.solve(information, x.T @ inverse @ y)
        return np.linalg.slogdet(v)[1] + np.linalg.slogdet(information)[1] + rest @ inverse @ rest + 70 * np.log(2 * np.pi)

    start = [1.0, 0.5, 0.5, 0.5]
    best = optimize.minimize(criterion, start, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-11, "maxiter": 4000})
    assert found.deviance == pytest.approx(best.fun, abs=CRITERION)
    loads = np.array([[best.x[0], 0], [best.x[1], best.x[2]]])
    np.testing.assert_allclose(found.covariance, loads @ loads.T, rtol=LIMIT)
    assert found.correlation == pytest.approx(found.covariance[0, 1] / np.sqrt(np.prod(np.diag(found.covariance))))
    independent = mixed_reml.fit(y, [(rater, 12), (rater, 12, t)], x)
    assert found.statistic_correlation == pytest.approx(independent.deviance - found.deviance, abs=1e-7)
    assert found.p_correlation == pytest.approx(stats.chi2.sf(found.statistic_correlation, 1))
    assert found.p == pytest.approx(mixed_intervals.mixture_p(found.statistic, [0.5, 0.5], first=1))
    assert np.corrcoef(found.blup_intercept, found.blup_slope)[0, 1] > 0.5


def test_a_slope_needs_values_and_the_codes_of_its_intercept():
    y, effects, x = drift()
    for wrong in ([effects[0], effects[1], effects[1]], [effects[0], effects[0], effects[2]]):
        with pytest.raises(ConvergenceError):
            mixed_slopes.correlated_slope(y, wrong, 1, 2, x)


def test_a_component_with_hardly_any_information_keeps_quick_limits_finite():
    """Fewer than one Satterthwaite degree of freedom: the limits are those of the four group means."""
    found = None
    for seed in range(60):
        y, effects = one_way(seed, groups=4, between=0.05)
        found = mixed_reml.fit(y, effects)
        if 0 < 2 * found.variances[0] ** 2 < found.variance_of_components[0, 0]:
            break
    limits = mixed_intervals.intervals(found, method="chi2")
    assert limits.low[0] == 0
    whole = np.sqrt(3 / 2 * found.variance_of_components[0, 0])
    assert limits.high[0] == pytest.approx(3 * whole / stats.chi2.ppf(0.025, 3) - whole + found.variances[0])


def test_tiny_designs_have_limits_or_say_that_they_have_not():
    failed = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        rows = int(rng.integers(6, 40))
        codes = [rng.integers(0, int(n), rows) for n in (5, 3, 4)]
        found = mixed_reml.fit(np.round(rng.normal(size=rows) * 2), [(c, int(c.max()) + 1) for c in codes])
        try:
            limits = mixed_intervals.intervals(found)
        except ConvergenceError:
            failed += 1
            continue
        assert not np.any(np.isnan(limits.low + limits.high))
        assert np.all(limits.low <= found.variances + 1e-9)
        assert np.all(limits.high >= found.variances - 1e-9)
    assert failed <= 1
