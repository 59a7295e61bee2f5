"""REML for crossed random effects against a dense oracle, closed forms, and its own optimality conditions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankkit.errors import ConvergenceError
from rankkit.kernels.components import crossed_profile
from rankkit.kernels.components.crossed_reml import blup_covariance, fit, satterthwaite
from tests.oracles_components import (
    dense_information,
    dense_prediction_error,
    dense_projector,
    dense_reml,
    dense_score,
    reml_deviance,
)

SHROUT_FLEISS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=float)
PUBLISHED = 5e-7  # golden 7 is printed to six decimals
SOLVED = 1e-6  # relative; Newton stops within 3e-7 standard errors of the optimum
SEARCHED = 2e-4  # relative; the derivative-free oracle stops on a flat criterion
CRITERION = 1e-8  # criteria of two optimisers agree to second order in the distance
EXACT = 1e-9  # same algebra, other order of operations


def sparse_design(seed, n=14, m=6, per=3, variances=(0.8, 0.4, 0.6)):
    rng = np.random.default_rng(seed)
    row = np.repeat(np.arange(n), per)
    col = np.concatenate([rng.choice(m, per, replace=False) for _ in range(n)])
    sa, sb, se = np.sqrt(variances)
    y = 3 + sa * rng.normal(size=n)[row] + sb * rng.normal(size=m)[col] + se * rng.normal(size=n * per)
    return y, row, col, n, m


def gaps(keep):
    row, col = np.indices(SHROUT_FLEISS.shape).reshape(2, -1)
    return SHROUT_FLEISS.ravel()[keep], row[keep], col[keep], 6, 4


def test_shrout_and_fleiss_have_the_published_components_and_predictions():
    found = fit(*gaps(np.full(24, True)))
    np.testing.assert_allclose(found.variances, [2.555556, 5.244444, 1.019444], atol=PUBLISHED)
    # the spec's printed 2.555563, 5.244451, 1.019443 are an optimiser's; the exact values are 23/9, 236/45, 367/360
    np.testing.assert_allclose(found.variances, [23 / 9, 236 / 45, 367 / 360], rtol=EXACT)
    np.testing.assert_allclose(found.blup_col, [2.300470, -2.704062, -0.928260, 1.331851], atol=PUBLISHED)
    assert found.closed_form
    assert found.mu == pytest.approx(SHROUT_FLEISS.mean(), abs=EXACT)


def test_closed_form_and_newton_agree(monkeypatch):
    args = gaps(np.full(24, True))
    closed = fit(*args)
    monkeypatch.setattr(crossed_profile.CrossedDesign, "replicates", lambda self: 0)
    general = fit(*args)
    assert not general.closed_form
    np.testing.assert_allclose(general.variances, closed.variances, rtol=SOLVED)
    assert general.deviance == pytest.approx(closed.deviance, abs=CRITERION)
    np.testing.assert_allclose(general.information, closed.information, rtol=SOLVED, atol=SOLVED)
    np.testing.assert_allclose(general.variance_of_components, closed.variance_of_components, rtol=1e-5)
    np.testing.assert_allclose(general.blup_row, closed.blup_row, atol=SOLVED)
    np.testing.assert_allclose(general.blup_col, closed.blup_col, atol=SOLVED)
    assert general.mu_variance == pytest.approx(closed.mu_variance, rel=SOLVED)


@pytest.mark.parametrize("seed", range(6))
def test_balanced_boundary_is_the_optimum(seed, monkeypatch):
    """No rater variance: pooling must reproduce what Newton finds with the bound active."""
    rng = np.random.default_rng(seed)
    y = rng.normal(size=(5, 4)) * 1.0 + 0.2 * rng.normal(size=5)[:, None]
    row, col = np.indices(y.shape).reshape(2, -1)
    closed = fit(y.ravel(), row, col, 5, 4)
    monkeypatch.setattr(crossed_profile.CrossedDesign, "replicates", lambda self: 0)
    general = fit(y.ravel(), row, col, 5, 4)
    np.testing.assert_array_equal(general.at_boundary, closed.at_boundary)
    np.testing.assert_allclose(general.variances, closed.variances, rtol=1e-5, atol=1e-9)
    assert general.deviance == pytest.approx(closed.deviance, abs=CRITERION)
    np.testing.assert_allclose(general.variance_unrestricted, closed.variance_unrestricted, rtol=1e-4, atol=1e-9)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("shape", [(14, 6, 3), (6, 14, 4)])
def test_sparse_designs_match_the_dense_oracle(seed, shape):
    y, row, col, n, m = sparse_design(seed, *shape)
    found = fit(y, row, col, n, m)
    variances, mu, deviance = dense_reml(y, row, col, n, m)
    assert found.deviance <= deviance + CRITERION
    assert found.deviance == pytest.approx(deviance, abs=1e-6)
    np.testing.assert_allclose(found.variances, variances, rtol=SEARCHED, atol=SEARCHED)
    assert found.mu == pytest.approx(mu, abs=SEARCHED)
    theta = np.sqrt(found.variances[:2] / found.residual)
    assert found.deviance == pytest.approx(reml_deviance(theta, y, row, col, n, m)[0], abs=CRITERION)


@pytest.mark.parametrize("seed", range(8))
def test_optimality_conditions_hold(seed):
    """Scores are zero in the interior and not positive on the boundary."""
    variances = (0.5, 0.0, 1.0) if seed % 2 else (0.05, 0.3, 1.0)
    y, row, col, n, m = sparse_design(seed + 20, variances=variances)
    found = fit(y, row, col, n, m)
    score = dense_score(y, found.variances, row, col, n, m)
    se = np.sqrt(np.clip(np.diag(found.variance_of_components), 0, None))
    assert np.all(np.abs(score * se)[found.variances > 0] < 1e-5)  # the step left, in standard errors
    assert np.all(score[found.at_boundary] <= 1e-9)
    np.testing.assert_array_equal(found.at_boundary, found.variances == 0)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("shape", [(14, 6, 3), (6, 14, 4)])
def test_information_is_the_exact_trace(seed, shape):
    y, row, col, n, m = sparse_design(seed, *shape)
    found = fit(y, row, col, n, m)
    expected = dense_information(found.variances, row, col, n, m)
    np.testing.assert_allclose(found.information, expected, rtol=1e-8)
    free = np.flatnonzero(found.variances > 0)
    block = np.linalg.inv(expected[np.ix_(free, free)])
    np.testing.assert_allclose(found.variance_of_components[np.ix_(free, free)], block, rtol=1e-7)
    np.testing.assert_allclose(found.variance_unrestricted, np.linalg.inv(expected), rtol=1e-7)


def test_information_with_a_component_at_zero_is_exact_too():
    for seed in range(40, 60):
        y, row, col, n, m = sparse_design(seed, variances=(0.5, 0.0, 1.0))
        found = fit(y, row, col, n, m)
        if found.at_boundary[1]:
            break
    assert found.at_boundary[1]
    np.testing.assert_allclose(found.information, dense_information(found.variances, row, col, n, m), rtol=1e-8)
    assert np.all(found.variance_of_components[1] == 0)
    assert found.variance_unrestricted[1, 1] > 0


@pytest.mark.parametrize("shape", [(14, 6, 3), (6, 14, 4)])
@pytest.mark.parametrize("with_mean", [False, True])
def test_blups_and_their_covariance_solve_hendersons_equations(shape, with_mean):
    y, row, col, n, m = sparse_design(11, *shape)
    found = fit(y, row, col, n, m)
    p, _, za, zb = dense_projector(found.variances, row, col, n, m)
    np.testing.assert_allclose(found.blup_row, found.row * za.T @ p @ y, atol=1e-9)
    np.testing.assert_allclose(found.blup_col, found.col * zb.T @ p @ y, atol=1e-9)
    full = dense_prediction_error(found.variances, row, col, n, m)
    assert found.mu_variance == pytest.approx(full[0, 0], rel=1e-8)
    pick = np.hstack([np.full((n, 1), float(with_mean)), np.eye(n), np.zeros((n, m))])
    expected = pick @ full @ pick.T
    covariance = blup_covariance(found, row, col, with_mean=with_mean)
    np.testing.assert_allclose(covariance.dense(), expected, rtol=1e-7, atol=1e-10)
    np.testing.assert_allclose(covariance.diagonal(), np.diag(expected), rtol=1e-7)
    some = blup_covariance(found, row, col, rows=[3, 0], with_mean=with_mean).dense()
    np.testing.assert_allclose(some, expected[np.ix_([3, 0], [3, 0])], rtol=1e-7, atol=1e-10)


def test_sparse_and_dense_cross_products_agree(monkeypatch):
    args = sparse_design(5)
    one = fit(*args)
    monkeypatch.setattr(crossed_profile, "_DENSE_ENTRIES", 0)
    two = fit(*args)
    np.testing.assert_allclose(two.variances, one.variances, rtol=1e-7)


def test_replicated_cells_balanced_and_not():
    rng = np.random.default_rng(3)
    row, col = (np.repeat(v, 2) for v in np.indices((6, 4)).reshape(2, -1))
    y = rng.normal(size=6)[row] + 0.7 * rng.normal(size=4)[col] + 0.5 * rng.normal(size=48)
    found = fit(y, row, col, 6, 4)
    assert found.closed_form
    np.testing.assert_allclose(found.variances, dense_reml(y, row, col, 6, 4)[0], rtol=SEARCHED)
    fewer = fit(y[1:], row[1:], col[1:], 6, 4)
    assert not fewer.closed_form
    np.testing.assert_allclose(fewer.variances, dense_reml(y[1:], row[1:], col[1:], 6, 4)[0], rtol=SEARCHED)


def test_swapping_rows_and_columns_swaps_the_answer():
    y, row, col, n, m = sparse_design(8)
    one, two = fit(y, row, col, n, m), fit(y, col, row, m, n)
    np.testing.assert_allclose(one.variances, two.variances[[1, 0, 2]], rtol=SOLVED)
    np.testing.assert_allclose(one.blup_row, two.blup_col, atol=SOLVED)
    np.testing.assert_allclose(one.information, two.information[np.ix_([1, 0, 2], [1, 0, 2])], rtol=1e-5)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), shift=st.floats(-50, 50), scale=st.floats(0.01, 100))
def test_row_order_labels_location_and_scale_do_not_matter(seed, shift, scale):
    y, row, col, n, m = sparse_design(seed, n=8, m=5, per=3)
    one = fit(y, row, col, n, m)
    rng = np.random.default_rng(seed)
    order, new_row, new_col = rng.permutation(len(y)), rng.permutation(n), rng.permutation(m)
    two = fit((y * scale + shift)[order], new_row[row[order]], new_col[col[order]], n, m)
    # with few ratings the criterion can be flat near the boundary: compare in standard errors
    se = np.sqrt(np.diag(one.variance_unrestricted)) + 1e-12
    assert np.all(np.abs(two.variances / scale**2 - one.variances) / se < 1e-5)
    np.testing.assert_allclose((two.blup_row / scale)[new_row], one.blup_row, atol=1e-4)
    assert two.deviance == pytest.approx(one.deviance + 2 * (len(y) - 1) * np.log(scale), abs=1e-6)


def test_constant_scores_give_zeros_not_a_crash():
    y, row, col, n, m = sparse_design(1)
    found = fit(np.full_like(y, 4.2), row, col, n, m)
    assert found.variances.tolist() == [0, 0, 0]
    assert found.mu == pytest.approx(4.2)
    assert found.deviance == -np.inf
    assert found.at_boundary.all()
    assert not blup_covariance(found, row, col).dense().any()


@pytest.mark.parametrize("balanced", [True, False])
def test_perfectly_additive_scores_have_no_residual(balanced):
    row, col = np.indices((6, 5)).reshape(2, -1)
    y = np.array([1.0, 4, 2, 7, 5, 3])[row] + np.array([0.0, 2, 1, -3, 5])[col]
    keep = np.full(30, True)
    keep[3] = balanced
    found = fit(y[keep], row[keep], col[keep], 6, 5)
    assert found.residual == 0
    assert found.at_boundary.tolist() == [False, False, True]
    assert np.all(np.isfinite(found.blup_row))
    assert found.row == pytest.approx(np.var([1, 4, 2, 7, 5, 3], ddof=1), rel=1e-4)


def test_raters_of_one_person_each_are_confounded_with_error():
    rng = np.random.default_rng(2)
    row = np.repeat(np.arange(8), 3)
    y = rng.normal(size=8)[row] + rng.normal(size=24)
    found = fit(y, row, np.arange(24), 8, 24)
    assert found.identified.tolist() == [True, False, False]
    assert found.col == 0
    assert not found.at_boundary[1]
    # the rest is the one-way model: (MS_between − MS_within)/3
    means = y.reshape(8, 3).mean(axis=1)
    within = y.reshape(8, 3).var(axis=1, ddof=1).mean()
    assert found.residual == pytest.approx(within, rel=SOLVED)
    assert found.row == pytest.approx(means.var(ddof=1) - within / 3, rel=SOLVED)


def test_one_rating_each_and_one_manager_each():
    rng = np.random.default_rng(4)
    col = np.repeat(np.arange(5), 4)
    y = rng.normal(size=5)[col] + rng.normal(size=20)
    found = fit(y, np.arange(20), col, 20, 5)
    assert found.identified.tolist() == [False, True, False]
    assert found.row == 0
    assert found.col > 0


def test_same_partition_holds_the_column_at_zero_whichever_is_larger():
    rng = np.random.default_rng(5)
    group = np.repeat(np.arange(6), 3)
    y = rng.normal(size=6)[group] * 2 + rng.normal(size=18)
    for extra in (0, 3):  # unused levels make the column factor the absorbed one
        found = fit(y, group, group, 6, 6 + extra)
        assert found.identified.tolist() == [False, False, True]
        assert found.row > 0
        assert found.col == 0


def test_one_rater_only():
    rng = np.random.default_rng(6)
    found = fit(rng.normal(size=9), np.arange(9), np.zeros(9, int), 9, 1)
    assert not found.identified.any()
    assert found.residual > 0


def test_unused_levels_are_ignored():
    y, row, col, n, m = sparse_design(9)
    one, two = fit(y, row, col, n, m), fit(y, row + 2, col, n + 5, m + 3)
    np.testing.assert_allclose(one.variances, two.variances, rtol=SOLVED)
    assert two.blup_row[:2].tolist() == [0, 0]


def test_satterthwaite_of_one_mean_square_and_of_a_known_variance():
    assert satterthwaite([0, 0, 0.4], [0, 0, 3.0], np.diag([0, 0, 2 * 9 / 17])) == pytest.approx(17)
    assert satterthwaite([1.0, 0, 0], [2.0, 0, 1], np.zeros((3, 3))) == np.inf
    many = satterthwaite(np.eye(3), [1.0, 2, 3], np.diag([2.0, 2, 0]))
    np.testing.assert_allclose(many, [1, 4, np.inf])


def test_satterthwaite_of_a_balanced_mean_is_the_textbook_value():
    """(MS_r + (n−1)MS_e)/(nm): df = (…)²/(MS_r²/(m−1) + ((n−1)MS_e)²/((n−1)(m−1)))."""
    found = fit(*gaps(np.full(24, True)))
    n, m = SHROUT_FLEISS.shape
    ms_r, ms_e = 32.486111111111, 1.019444444444  # psych's analysis of variance of the same table
    df = (ms_r + (n - 1) * ms_e) ** 2 / (ms_r**2 / (m - 1) + ((n - 1) * ms_e) ** 2 / ((n - 1) * (m - 1)))
    value = satterthwaite(np.array([0, 1, 1]) / m, found.variances, found.variance_of_components)
    assert value == pytest.approx(df, rel=1e-9)


def test_too_many_levels_of_both_factors_is_said(monkeypatch):
    monkeypatch.setattr(crossed_profile, "LARGEST", 5)
    y, row, col, n, m = sparse_design(0)
    with pytest.raises(ConvergenceError) as caught:
        fit(y, row, col, n, m)
    assert caught.value.code == "E-MIXEDSIZE"
