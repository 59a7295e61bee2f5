"""REML for general mixed models against a dense oracle, closed forms, invariances, and designs that cannot answer."""

from __future__ import annotations

import numpy as np
import pytest

from rankkit.errors import ConvergenceError
from rankkit.kernels.components import crossed_reml, mixed_blups, mixed_design, mixed_intervals, mixed_nesting, mixed_reml
from rankkit.kernels.components.mixed_design import cross
from rankkit.kernels.components.variance_components import three_way
from tests import oracles_mixed as oracle
from tests.kernels.components.mixed_designs import drift, full_rank, nested, scores, three_facets

CRITERION = 1e-8  # two maxima of one criterion agree to second order in the distance between them
SEARCHED = 2e-4  # relative; the numeric-gradient oracle stops on a flat criterion
SOLVED = 1e-6  # relative; Newton stops within 1e-6 standard errors
EXACT = 1e-8  # relative; same algebra, other order of operations
LIMIT = 2e-4  # relative; an exact fit is the limit with a residual of 1e-5 of the variance
DESIGNS = {"three facets": three_facets, "drift": drift, "nested": nested}


@pytest.fixture(params=DESIGNS)
def case(request):
    y, effects, x = DESIGNS[request.param]()
    return y, effects, x, mixed_reml.fit(y, effects, x), oracle.matrices(effects, len(y)), full_rank(x)


def test_the_maximum_is_the_oracles(case):
    y, _, _, found, z, x = case
    variances, lowest = oracle.maximum(y, z, x)
    assert found.deviance == pytest.approx(oracle.criterion(found.variances, y, z, x), abs=CRITERION)
    assert found.deviance <= lowest + CRITERION
    np.testing.assert_allclose(found.variances, variances, atol=SEARCHED * variances.sum())
    assert found.gradient_norm < 1e-4
    assert found.log_likelihood == -found.deviance / 2


def test_informations_are_the_oracles(case):
    y, effects, x, found, z, full = case
    expected, average = oracle.informations(found.variances, y, z, full)
    np.testing.assert_allclose(found.information, expected, rtol=1e-6, atol=EXACT * np.abs(expected).max())
    other = mixed_reml.fit(y, effects, x, information="average")
    np.testing.assert_allclose(other.information, average, rtol=1e-6, atol=EXACT * np.abs(average).max())
    np.testing.assert_allclose(found.variance_unrestricted @ expected, np.eye(len(expected)), atol=1e-6)


def test_estimates_and_predictions_are_the_oracles(case):
    y, _, _, found, z, x = case
    stacked = oracle.predictions(found.variances, y, z, x)
    np.testing.assert_allclose(found.fixed[found.fixed_estimable], stacked[: x.shape[1]], atol=EXACT)
    np.testing.assert_allclose(np.concatenate(found.blups), stacked[x.shape[1] :], atol=EXACT)
    covariance = oracle.prediction_error(found.variances, z, x)[: x.shape[1], : x.shape[1]]
    kept = np.ix_(found.fixed_estimable, found.fixed_estimable)
    np.testing.assert_allclose(found.fixed_covariance[kept], covariance, atol=EXACT)


def test_every_way_of_cutting_gives_the_same_numbers(case, monkeypatch):
    y, effects, x, found, _, _ = case
    codes = [np.asarray(e[0]) for e in effects]
    ways = [(0, np.zeros(len(effects), dtype=bool))]
    ways += [(a, np.array([cross(c, k)[1] == cross(c)[1] for c in codes])) for a, k in enumerate(codes)]
    for anchor, absorbed in ways:

        def choose(codes, levels, p, anchor=anchor, absorbed=absorbed):
            del levels, p
            return absorbed, np.unique(codes[anchor], return_inverse=True)[1]

        monkeypatch.setattr(mixed_design, "choose_blocks", choose)
        other = mixed_reml.fit(y, effects, x)
        assert other.design.absorbed == np.flatnonzero(absorbed).tolist()
        np.testing.assert_allclose(other.variances, found.variances, rtol=SOLVED, atol=SOLVED * found.variances.sum())
        np.testing.assert_allclose(other.information, found.information, rtol=SOLVED, atol=EXACT * found.information.max())
        assert other.deviance == pytest.approx(found.deviance, abs=CRITERION)


def test_two_crossed_effects_are_the_two_way_kernels():
    y, effects, _ = three_facets(3)
    (row, n), (col, m) = effects[:2]
    found, two = mixed_reml.fit(y, effects[:2]), crossed_reml.fit(y, row, col, n, m)
    np.testing.assert_allclose(found.variances, two.variances, rtol=SOLVED)
    np.testing.assert_allclose(found.blups[0], two.blup_row, atol=SOLVED)
    np.testing.assert_allclose(found.information, two.information, rtol=SOLVED)
    assert found.deviance == pytest.approx(two.deviance, abs=CRITERION)


def balanced(seed, n=8, m=5, dims=4):
    rng = np.random.default_rng(seed)
    row, col, dim = np.indices((n, m, dims)).reshape(3, -1)
    effects = [(row, n), (col, m), (dim, dims), cross(row, col), cross(row, dim), cross(col, dim)]
    return scores(rng, effects, (0.8, 0.5, 0.3, 0.4, 0.3, 0.2, 0.5), len(row)), effects, (n, m, dims)


def test_a_balanced_table_has_the_mean_square_components():
    y, effects, shape = balanced(4)
    expected = three_way(y.reshape(shape)).raw
    assert np.all(expected > 0)
    np.testing.assert_allclose(mixed_reml.fit(y, effects).variances, expected, rtol=SOLVED)


def test_equal_blocks_are_computed_once_and_row_order_decides_nothing():
    y, effects, _ = balanced(2, n=300, m=3, dims=2)
    found = mixed_reml.fit(y, effects)
    assert sum(len(b.count) for b in found.design.blocks) == 1
    order = np.random.default_rng(0).permutation(len(y))
    relabel = np.random.default_rng(1).permutation(300)
    other = mixed_reml.fit(y[order], [(e[0][order], e[1]) for e in [(relabel[effects[0][0]], 300), *effects[1:]]])
    np.testing.assert_allclose(other.variances, found.variances, rtol=SOLVED)
    np.testing.assert_allclose(other.blups[0][relabel], found.blups[0], atol=SOLVED)


def test_replicates_count_as_they_should():
    """Rows alike in everything but the score are pooled; with a covariate that splits them the numbers stay."""
    y, effects, _ = three_facets(5)
    rng = np.random.default_rng(5)
    y = np.r_[y, y + rng.normal(size=len(y))]
    effects = [(np.r_[e[0], e[0]], e[1]) for e in effects]
    found = mixed_reml.fit(y, effects)
    assert len(found.design.weight) < len(y)
    split = mixed_reml.fit(y, [*effects, (np.arange(len(y)) % 2, 2, np.zeros(len(y)))], np.c_[np.ones(len(y)), np.zeros(len(y))])
    assert split.aliased == ((6,),)
    np.testing.assert_allclose(np.delete(split.variances, 6), found.variances, rtol=SOLVED, atol=SOLVED)


def test_components_on_the_boundary_are_exactly_zero_and_flagged():
    y, effects, _ = three_facets(10, variances=(0.8, 0.0, 0.0, 0.4, 0.0, 0.0, 0.5))
    found = mixed_reml.fit(y, effects)
    z, x = oracle.matrices(effects, len(y)), np.ones((len(y), 1))
    zero = found.variances == 0
    assert zero.sum() >= 2
    assert zero.tolist() == found.at_boundary.tolist()
    assert found.identified.all()
    here = oracle.criterion(found.variances, y, z, x)
    for k in np.flatnonzero(zero):
        moved = found.variances + 1e-4 * (np.arange(len(zero)) == k)
        assert oracle.criterion(moved, y, z, x) > here
        assert np.all(found.variance_of_components[k] == 0)
        assert found.variance_unrestricted[k, k] > 0
        assert np.all(found.blups[k] == 0)


def test_what_cannot_be_separated_is_named():
    y, effects, _ = three_facets(0, gaps=0.0)
    row, col, dim = (e[0] for e in effects[:3])
    once = np.unique(np.c_[row, col, dim], axis=0, return_index=True)[1]
    cell = cross(row, col, dim)
    found = mixed_reml.fit(y[once], [*((e[0][once], e[1]) for e in effects), (cell[0][once], cell[1])])
    assert found.aliased == ((6, 7),)
    assert not found.identified[[6, 7]].any()
    assert found.identified[:6].all()
    assert found.variances[6] == 0
    plain = mixed_reml.fit(y[once], [(e[0][once], e[1]) for e in effects])
    np.testing.assert_allclose(np.delete(found.variances, 6), plain.variances, rtol=SOLVED)
    # one manager for each team: manager and team are the same thing
    team = row // 3
    both = mixed_reml.fit(y, [(row, 12), (team, 4), (team[:], 4)])
    assert both.aliased == ((1, 2),)
    assert both.variances[2] == 0
    # a factor that the fixed part holds already, and one with a single level
    swallowed = mixed_reml.fit(y, [(row, 12), (dim, 3), (np.zeros(len(y), int), 1)], (dim[:, None] == np.arange(3)).astype(float))
    assert swallowed.aliased == ((1,), (2,))


def test_fixed_columns_that_repeat_are_left_out():
    y, effects, x = nested()
    found = mixed_reml.fit(y, effects, x)
    assert found.fixed_estimable.tolist() == [True, True, True, False]
    assert found.fixed[3] == 0
    assert found.n_fixed == 3


def test_a_covariate_far_from_zero_costs_no_accuracy():
    y, effects, x = drift()
    far = np.c_[x[:, 0], x[:, 1] + 2024.0]
    found, other = mixed_reml.fit(y, effects, x), mixed_reml.fit(y, effects, far)
    np.testing.assert_allclose(other.variances, found.variances, rtol=SOLVED)
    assert other.fixed[1] == pytest.approx(found.fixed[1], rel=SOLVED)
    assert other.deviance == pytest.approx(found.deviance, abs=CRITERION)


@pytest.mark.parametrize("y", [np.full(24, 4.0), np.zeros(24)])
def test_constant_scores_have_no_components(y):
    row, col = np.indices((6, 4)).reshape(2, -1)
    found = mixed_reml.fit(y, [(row, 6), (col, 4)])
    assert np.all(found.variances == 0)
    assert found.exact_fit
    assert found.deviance == -np.inf
    assert found.fixed[0] == y[0]
    assert np.all(np.isfinite(found.blups[0]))


def test_raters_who_never_distinguish_dimensions():
    """Pure halo: nothing is left for the residual, the rest is what the rater × ratee table says."""
    rng = np.random.default_rng(3)
    row, col, dim = np.indices((8, 4, 3)).reshape(3, -1)
    table = rng.normal(size=8)[row] + 0.6 * rng.normal(size=4)[col] + 0.5 * rng.normal(size=32)[row * 4 + col]
    found = mixed_reml.fit(table, [(row, 8), (col, 4), cross(row, col), cross(row, dim)])
    two = crossed_reml.fit(table[::3], row[::3], col[::3], 8, 4)
    assert found.exact_fit
    assert found.variances[3] == found.variances[4] == 0
    np.testing.assert_allclose(found.variances[:3], two.variances, rtol=LIMIT)


def test_few_rows_and_wrong_arrays():
    one = mixed_reml.fit([3.0], [(np.array([0]), 1)])
    assert one.exact_fit
    for y, effects, fixed in [
        ([1.0, np.nan], [([0, 1], 2)], None),
        ([1.0, 2.0], [([0, 2], 2)], None),
        ([1.0, 2.0], [([0.0, 1.0], 2)], None),
        ([1.0, 2.0], [], None),
        ([1.0, 2.0], [([0, 1], 2, [1.0, np.inf])], None),
        ([1.0, 2.0], [([0, 1], 2)], np.ones((3, 1))),
    ]:
        with pytest.raises(ConvergenceError) as caught:
            mixed_reml.fit(y, effects, fixed)
        assert caught.value.code == "E-MIXEDINPUT"


def test_too_many_crossing_levels_is_said(monkeypatch):
    monkeypatch.setattr(mixed_design, "LIMIT", 20)
    rng = np.random.default_rng(0)
    row, col = rng.integers(0, 60, 900), rng.integers(0, 50, 900)
    with pytest.raises(ConvergenceError) as caught:
        mixed_reml.fit(rng.normal(size=900), [(row, 60), (col, 50)])
    assert caught.value.code == "E-MIXEDSIZE"


def test_separate_teams_are_absorbed_whole(monkeypatch):
    """Many small groups with raters and ratees of their own: nothing crosses them, however many levels there are."""
    monkeypatch.setattr(mixed_nesting, "_CROWDED", 10)
    rng = np.random.default_rng(0)
    team, row, col = np.indices((60, 4, 3)).reshape(3, -1)
    effects = [(team * 4 + row, 240), (team * 3 + col, 180)]
    y = scores(rng, effects, (0.8, 0.4, 0.5), len(team))
    found = mixed_reml.fit(y, effects)
    assert found.design.n_dense == 1
    np.testing.assert_allclose(found.variances, crossed_reml.fit(y, *effects[0][:1], *effects[1][:1], 240, 180).variances, rtol=1e-5)


def test_a_residual_that_is_best_at_zero_is_told_from_an_exact_fit():
    """Three interactions can span every row between them: the residual is on its boundary, the likelihood finite."""
    rng = np.random.default_rng(5)
    cells = np.indices((4, 3, 2)).reshape(3, -1)
    i, r, d = cells[:, rng.random(24) < 0.6]
    effects = [cross(i, r), cross(i, d), cross(r, d)]
    y = sum(rng.normal(size=levels)[codes] for codes, levels in effects)
    found = mixed_reml.fit(y, effects)
    assert found.at_boundary.tolist() == [False, False, False, True]
    assert not found.exact_fit
    z, x = oracle.matrices(effects, len(y)), np.ones((len(y), 1))
    lowest = oracle.criterion(np.r_[found.variances[:3], 1e-9], y, z, x)
    assert found.deviance == pytest.approx(lowest, abs=2e-3)  # it is taken at a residual of 1e-5 of the variance
    assert lowest < oracle.criterion(np.r_[found.variances[:3], 0.01], y, z, x)
    assert mixed_intervals.intervals(found).low[3] == 0
    assert np.all(mixed_blups.prediction_error(found).standard_errors(0) > 0)


def test_several_maxima_are_searched_from_several_starts():
    """A tiny design whose likelihood has two maxima: the higher one is reported, whatever the first start says."""
    rng = np.random.default_rng(92)
    worse = 0
    for _ in range(10):
        row, col = rng.integers(0, 9, 17), rng.integers(0, 9, 17)
        y = rng.normal(size=9)[row] + 2 * rng.normal(size=9)[col] + 0.5 * rng.normal(size=17)
        found = mixed_reml.fit(y, [(row, 9), (col, 9)])
        if found.exact_fit:
            continue
        z, x = oracle.matrices([(row, 9), (col, 9)], 17), np.ones((17, 1))
        grid = [(a, b) for a in (0, 0.1, 0.5, 1, 3, 9) for b in (0, 0.1, 0.5, 1, 3, 9)]
        best = min(oracle.criterion([a, b, e], y, z, x) for a, b in grid for e in (0.05, 0.2, 0.6, 2.0))
        worse += oracle.criterion(found.variances, y, z, x) > best if found.variances[-1] > 0 else 0
    assert worse == 0
