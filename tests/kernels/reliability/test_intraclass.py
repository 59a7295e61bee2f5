"""Intraclass correlations: published table, cross-check, coverage-free properties and edge cases."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankkit.kernels.components.crossed_reml import fit
from rankkit.kernels.reliability.intraclass import intraclass, intraclass_from_components, spearman_brown

SHROUT_FLEISS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=float)
PRINTED = 5e-6  # golden 7 is printed to five decimals
PINGOUIN = 5.1e-3  # pingouin rounds interval ends to two decimals
EXACT = 1e-9


def test_published_table():
    """Shrout & Fleiss (1979), table 4."""
    found = intraclass(SHROUT_FLEISS)
    np.testing.assert_allclose(found.estimate, [0.16574, 0.28976, 0.71484, 0.44280, 0.62005, 0.90932], atol=PRINTED)
    assert found["ICC(2,1)"] == found["ICC(A,1)"] == found.estimate[1]
    assert found["ICC(1,k)"] == found.estimate[3]


@pytest.mark.parametrize("shape", [(6, 4), (25, 3), (9, 2)])
def test_pingouin_agrees(shape):
    pandas = pytest.importorskip("pandas")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own deprecations
        pingouin = pytest.importorskip("pingouin")
        rng = np.random.default_rng(shape[0])
        y = rng.normal(size=shape) + rng.normal(size=(shape[0], 1)) + 0.5 * rng.normal(size=shape[1])
        i, j = np.indices(shape).reshape(2, -1)
        frame = pandas.DataFrame({"target": i, "rater": j, "score": y.ravel()})
        theirs = pingouin.intraclass_corr(frame, targets="target", raters="rater", ratings="score")
    ours = intraclass(y)
    np.testing.assert_allclose(ours.estimate, theirs["ICC"], atol=EXACT)
    np.testing.assert_allclose(ours.f, theirs["F"], rtol=EXACT)
    np.testing.assert_allclose(ours.p, theirs["pval"], rtol=1e-7)
    ends = np.array(theirs[next(c for c in theirs.columns if c.startswith("CI95"))].tolist(), dtype=float)
    np.testing.assert_allclose(np.c_[ours.low, ours.high], ends, atol=PINGOUIN)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), shift=st.floats(-1e3, 1e3), scale=st.floats(0.01, 100))
def test_order_location_and_scale_do_not_matter(seed, shift, scale):
    rng = np.random.default_rng(seed)
    y = rng.normal(size=(8, 4)) + rng.normal(size=(8, 1))
    one = intraclass(y)
    two = intraclass((y * scale + shift)[rng.permutation(8)][:, rng.permutation(4)])
    for name in ("estimate", "low", "high", "p"):
        np.testing.assert_allclose(getattr(two, name), getattr(one, name), rtol=1e-6, atol=1e-8)
    assert np.all(one.low <= one.estimate)
    assert np.all(one.estimate <= one.high)


def test_a_rater_shift_changes_agreement_but_not_consistency():
    shifted = SHROUT_FLEISS + np.array([0, 0, 5, 0])
    one, two = intraclass(SHROUT_FLEISS), intraclass(shifted)
    assert two["ICC(C,1)"] == pytest.approx(one["ICC(C,1)"], rel=EXACT)
    assert two["ICC(A,1)"] != pytest.approx(one["ICC(A,1)"], rel=0.01)


def test_level_widens_the_interval():
    narrow, wide = intraclass(SHROUT_FLEISS, level=0.8), intraclass(SHROUT_FLEISS, level=0.99)
    assert np.all(wide.low < narrow.low)
    assert np.all(wide.high > narrow.high)


def test_perfect_agreement_and_no_variation():
    perfect = intraclass(np.outer(np.arange(5.0), np.ones(3)))
    assert perfect.estimate.tolist() == [1.0] * 6
    assert perfect.low.tolist() == [1.0] * 6
    nothing = intraclass(np.full((4, 3), 2.0))
    assert np.isnan(nothing.estimate).all()
    additive = intraclass(np.add.outer(np.arange(5.0), [0.0, 1.0, 3.0]))
    assert additive["ICC(C,1)"] == 1
    assert additive["ICC(A,1)"] < 1


def test_components_give_the_classic_forms_on_complete_tables():
    row, col = np.indices(SHROUT_FLEISS.shape).reshape(2, -1)
    fitted = fit(SHROUT_FLEISS.ravel(), row, col, 6, 4)
    found = intraclass_from_components(fitted.variances, fitted.variance_unrestricted, n_raters=4, n=6)
    np.testing.assert_allclose(found.estimate, intraclass(SHROUT_FLEISS).estimate, rtol=EXACT)
    assert found.method == "reml"
    assert np.isnan(found.p).all()
    assert np.all((found.low < found.estimate) & (found.estimate < found.high))


def test_forms_with_k_follow_the_k_asked_for():
    found = intraclass_from_components([1.0, 0.5, 1.0], np.eye(3) * 0.01, n_raters=8, n=30, k=3)
    assert found.k == 3
    assert found["ICC(C,k)"] == pytest.approx(1 / (1 + 1 / 3))
    assert found["ICC(A,k)"] == pytest.approx(1 / (1 + 1.5 / 3))
    np.testing.assert_allclose(found.high[3:], spearman_brown(found.high[:3], 3))


def test_no_ratee_variance_still_has_an_interval():
    found = intraclass_from_components([0.0, 0.5, 1.0], np.eye(3) * 0.01, n_raters=4, n=30)
    assert found["ICC(C,1)"] == 0
    assert found.low[2] == 0 < found.high[2]  # REML's range: a share of variance is not negative


def test_intervals_from_components_come_near_the_exact_ones_in_large_tables():
    rng = np.random.default_rng(0)
    n, m = 200, 12
    y = rng.normal(size=(n, 1)) + 0.3 * rng.normal(size=m) + rng.normal(size=(n, m))
    row, col = np.indices(y.shape).reshape(2, -1)
    fitted = fit(y.ravel(), row, col, n, m)
    ours = intraclass_from_components(fitted.variances, fitted.variance_unrestricted, n_raters=m, n=n)
    exact = intraclass(y)
    np.testing.assert_allclose(ours.low[2], exact.low[2], atol=0.01)  # normal against F with 199 df
    np.testing.assert_allclose(ours.high[2], exact.high[2], atol=0.01)


def test_limits_of_few_and_gappy_ratees_stay_in_order():
    """Draws of a negative ratee variance gave ρ below −1/(m − 1), which the step to m raters turned into a lower limit of 3."""
    for seed in range(30):
        rng = np.random.default_rng(seed)
        y = rng.normal(size=(6, 3))
        keep = rng.random(y.shape) > 0.2
        people, raters = np.nonzero(keep)
        fitted = fit(y[keep], people, raters, 6, 3)
        found = intraclass_from_components(fitted.variances, fitted.variance_unrestricted, n_raters=3, n=6)
        good = ~np.isnan(found.estimate)
        assert (found.low[good] <= found.high[good]).all()
        assert (found.high[good] <= 1).all()
        assert (found.low[[1, 2, 4, 5]][good[[1, 2, 4, 5]]] >= 0).all()
