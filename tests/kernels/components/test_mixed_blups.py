"""Prediction errors and inference on fixed effects against their definitions with whole matrices."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from rankkit.kernels.components import crossed_reml, mixed_blups, mixed_design, mixed_reml
from rankkit.kernels.components.mixed_design import cross
from tests import oracles_mixed as oracle
from tests.kernels.components.mixed_designs import drift, full_rank, nested, three_facets

EXACT = 1e-8  # same algebra, other order of operations
NUMERIC = 1e-4  # relative; the oracle's gradient is a difference quotient
DESIGNS = {"three facets": three_facets, "drift": drift, "nested": nested}


@pytest.fixture(params=[(d, cut) for d in DESIGNS for cut in ("dense", "absorbed")], ids="-".join)
def case(request, monkeypatch):
    """Every design solved as one dense matrix and with the effects nested in its first factor absorbed."""
    y, effects, x = DESIGNS[request.param[0]]()
    inside = np.array([cross(e[0], effects[0][0])[1] == cross(e[0])[1] for e in effects]) & (request.param[1] == "absorbed")

    def choose(codes, levels, p):
        del levels, p
        return inside, np.unique(codes[0], return_inverse=True)[1]

    monkeypatch.setattr(mixed_design, "choose_blocks", choose)
    found = mixed_reml.fit(y, effects, x)
    z = oracle.matrices(effects, len(y))
    full = oracle.prediction_error(found.variances, z, full_rank(x))
    return effects, full_rank(x), found, z, full, mixed_blups.prediction_error(found)


def test_whole_prediction_error(case):
    _, x, found, _, full, error = case
    p = len(found.fixed)
    everything = np.flatnonzero(np.r_[found.fixed_estimable, np.ones(error.start[-1] - p, dtype=bool)])
    pick = sparse.csr_array((np.ones(len(everything)), (np.arange(len(everything)), everything)), shape=(len(everything), error.start[-1]))
    np.testing.assert_allclose(error.covariance(pick), full, atol=EXACT)
    np.testing.assert_allclose(error.variances(pick), np.diag(full), atol=EXACT)
    np.testing.assert_allclose(error.covariance(pick[:3], pick[4:]), full[:3, 4:], atol=EXACT)
    loadings, rest = error.factored(pick)
    np.testing.assert_allclose(loadings @ loadings.T + rest.toarray(), full, atol=EXACT)
    assert x.shape[1] == found.fixed_estimable.sum()


def test_effects_one_by_one(case):
    effects, x, _, _, full, error = case
    start = np.cumsum([x.shape[1], *(e[1] for e in effects)])
    for k in range(len(effects)):
        part = slice(start[k], start[k + 1])
        np.testing.assert_allclose(error.effect(k), full[part, part], atol=EXACT)
        np.testing.assert_allclose(error.standard_errors(k, [1, 0]) ** 2, np.diag(full[part, part])[[1, 0]], atol=EXACT)
        np.testing.assert_allclose(error.cross(0, k, [2]), full[start[0] + 2 : start[0] + 3, part], atol=EXACT)


def test_fixed_effects_have_satterthwaites_degrees_of_freedom(case):
    _, x, found, z, _, _ = case
    kept = np.flatnonzero(found.fixed_estimable)
    inference = mixed_blups.fixed_inference(found, method="satterthwaite")
    for place, j in enumerate(kept):
        expected = oracle.satterthwaite_df(found.variances, found.variance_of_components, z, x, np.eye(len(kept))[place])
        assert found.fixed_df[j] == pytest.approx(expected, rel=NUMERIC)
        assert inference.df[j] == found.fixed_df[j]
    np.testing.assert_allclose(inference.covariance, found.fixed_covariance, atol=EXACT)


def test_kenward_and_roger_adjust_the_covariance(case):
    _, x, found, z, _, _ = case
    kept = np.ix_(found.fixed_estimable, found.fixed_estimable)
    expected = oracle.kenward_roger(found.variances, found.variance_of_components, z, x)
    inference = mixed_blups.fixed_inference(found)
    np.testing.assert_allclose(inference.covariance[kept], expected, atol=EXACT)
    contrast = np.eye(len(found.fixed))[1:2] - np.eye(len(found.fixed))[:1] if len(found.fixed) > 1 else np.eye(1)
    one = mixed_blups.fixed_inference(found, contrast)
    assert one.se[0] == pytest.approx(np.sqrt(contrast[0] @ inference.covariance @ contrast[0]), rel=1e-7)


def test_two_way_prediction_error_is_the_two_way_kernels():
    y, effects, _ = three_facets(3)
    (row, n), (col, m) = effects[:2]
    two = crossed_reml.fit(y, row, col, n, m)
    expected = crossed_reml.blup_covariance(two, row, col).dense()
    found = mixed_blups.prediction_error(mixed_reml.fit(y, effects[:2]))
    np.testing.assert_allclose(found.effect(0), expected, rtol=1e-5, atol=1e-7)


def test_a_balanced_one_way_mean_has_its_textbook_degrees_of_freedom():
    rng = np.random.default_rng(0)
    group = np.repeat(np.arange(9), 4)
    y = rng.normal(size=9)[group] * 2 + rng.normal(size=36)
    found = mixed_reml.fit(y, [(group, 9)])
    inference = mixed_blups.fixed_inference(found)
    assert inference.df[0] == pytest.approx(8, rel=1e-6)
    assert inference.se[0] == pytest.approx(np.sqrt(y.reshape(9, 4).mean(axis=1).var(ddof=1) / 9), rel=1e-6)


def test_levels_without_data_keep_their_prior_variance():
    y, effects, _ = three_facets(4)
    wider = [(codes, levels + 2) for codes, levels in effects]
    found = mixed_reml.fit(y, wider)
    error = mixed_blups.prediction_error(found)
    for k, (_, levels) in enumerate(wider):
        assert np.all(found.blups[k][-2:] == 0)
        np.testing.assert_allclose(error.effect(k, [levels - 2, levels - 1]), np.eye(2) * found.variances[k], atol=EXACT)


def test_an_exact_fit_has_no_error():
    row, col = np.indices((5, 4)).reshape(2, -1)
    found = mixed_reml.fit(np.arange(5.0)[row] + 2 * np.arange(4.0)[col], [(row, 5), (col, 4)])
    assert found.exact_fit
    assert np.all(mixed_blups.prediction_error(found).effect(0) == 0)
    assert np.all(np.isinf(mixed_blups.fixed_inference(found).df))
