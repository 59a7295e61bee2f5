"""Severities against dummy regressions, one-sample t tests and sign patterns gone through one by one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from rankkit.errors import InsufficientDataError
from rankkit.kernels.rater_effects import rater_severity as kernel
from rankkit.kernels.rater_effects.rater_severity import rater_severity
from tests import oracles_rater_patterns as plain

ROUNDING = 1e-9  # two ways of solving the same least squares problem


def table(n=12, m=5, k=3, seed=0, spread=0.5):
    """Every ratee rated by k raters drawn at random; long vectors in no particular order."""
    rng = np.random.default_rng(seed)
    rater = np.concatenate([rng.permutation(m)[:k] for _ in range(n)])
    ratee = np.repeat(np.arange(n), k)
    z = rng.normal(size=n)[ratee] + rng.normal(size=m)[rater] * spread + rng.normal(size=n * k) * (0.3 + 0.2 * rater)
    order = rng.permutation(n * k)
    return ratee[order], rater[order], z[order], n, m


@pytest.mark.parametrize(("n", "m", "k", "seed"), [(12, 5, 3, 0), (9, 4, 4, 1), (15, 6, 2, 2), (11, 3, 2, 3)])
def test_dummy_regression(n, m, k, seed):
    data = table(n, m, k, seed)
    found = rater_severity(*data)
    beta, covariance, f, df = plain.least_squares(*data)
    np.testing.assert_allclose(found.effect, beta, atol=ROUNDING)
    np.testing.assert_allclose(found.se_equal**2, np.diag(covariance), rtol=ROUNDING)
    assert found.df_residual == df
    assert found.statistic == pytest.approx(f, rel=ROUNDING)
    assert found.p_equal == pytest.approx(stats.f.sf(f, m - 1, df), rel=1e-6)
    alone = found.pooled
    np.testing.assert_allclose(found.se[~alone] ** 2, np.diag(plain.clustered(*data))[~alone], rtol=1e-7)
    assert abs(found.effect.sum()) < ROUNDING


def test_complete_crossing_is_a_one_sample_t_test():
    """β̂, se, df and p are those of a t test of each rater's deviations from the person's mean."""
    y = np.random.default_rng(4).normal(size=(9, 4)) * [0.4, 0.6, 1.0, 2.0] + [0, 0.2, -0.1, 0.5]
    i, r = np.indices(y.shape).reshape(2, -1)
    found = rater_severity(i, r, y.ravel(), 9, 4)
    test = stats.ttest_1samp(y - y.mean(axis=1, keepdims=True), 0)
    np.testing.assert_allclose(found.effect / found.se, test.statistic, rtol=1e-9)
    np.testing.assert_allclose(found.df, test.df, rtol=1e-9)
    sums = 9 * np.sum((y.mean(axis=0) - y.mean()) ** 2) / 3
    rest = np.sum((y - y.mean(axis=0) - y.mean(axis=1, keepdims=True) + y.mean()) ** 2) / 24
    assert found.statistic == pytest.approx(sums / rest, rel=1e-9)


def test_all_sign_patterns():
    data = table(8, 4, 3, seed=5, spread=0.6)
    found = rater_severity(*data)
    assert found.method == "all sign patterns"
    assert found.p == pytest.approx(plain.sign_flips(*data), abs=1e-12)


def test_random_sign_patterns_agree_with_all(monkeypatch):
    data = table(11, 4, 3, seed=7, spread=0.3)
    every = rater_severity(*data).p
    monkeypatch.setattr(kernel, "_ALL_FLIPS", 5)
    drawn = rater_severity(*data)
    assert drawn.method == "1999 sign patterns"
    assert drawn.p == pytest.approx(every, abs=4 * np.sqrt(every * (1 - every) / 1999) + 1e-3)


@pytest.mark.parametrize("n", [9, 40])
def test_neither_rows_nor_labels_decide(n):
    ratee, rater, z, n, m = table(n, 6, 3, seed=9)
    rng = np.random.default_rng(1)
    a, b = rng.permutation(n), rng.permutation(m)
    order = rng.permutation(len(z))
    first = rater_severity(ratee, rater, z, n, m)
    second = rater_severity(a[ratee][order], b[rater][order], z[order], n, m)
    for name in ("effect", "se", "df", "effect_size", "effect_size_se", "shared"):
        np.testing.assert_allclose(getattr(second, name)[b], getattr(first, name), rtol=1e-8, atol=1e-12)
    assert second.p == first.p
    assert second.statistic == pytest.approx(first.statistic)


def test_another_unit_and_another_zero_change_nothing():
    ratee, rater, z, n, m = table(30, 5, 3, seed=3)
    first, second = rater_severity(ratee, rater, z, n, m), rater_severity(ratee, rater, 100 + 20 * z, n, m)
    np.testing.assert_allclose(second.effect, 20 * first.effect, rtol=1e-7)
    np.testing.assert_allclose(second.effect_size, first.effect_size, rtol=1e-7)
    np.testing.assert_allclose(second.effect_size_se, first.effect_size_se, rtol=1e-7)
    assert second.p == first.p


def test_groups_that_share_no_rater_sum_to_zero_each():
    ratee, rater, z, *_ = table(10, 3, 3, seed=1)
    other = table(10, 4, 4, seed=2)
    lone = (np.array([20]), np.array([7]), np.array([5.0]))
    whole = [np.concatenate([a, b + shift, c]) for a, b, shift, c in zip((ratee, rater, z), other[:3], (10, 3, 0.0), lone, strict=True)]
    found = rater_severity(*whole, 21, 8)
    np.testing.assert_allclose(found.effect[:3], rater_severity(ratee, rater, z, 10, 3).effect, atol=1e-10)
    assert abs(found.effect[3:7].sum()) < 1e-10
    assert np.isnan(found.effect[7])
    assert found.component[7] == -1
    assert len(set(found.component[:7])) == 2
    assert found.df1 == 5


def test_a_direction_that_one_ratee_alone_determines_is_not_shown_by_clusters():
    """Two pairs of raters joined by one ratee: clusters see no error in the difference between the pairs."""
    rng = np.random.default_rng(2)
    ratee = np.repeat(np.arange(21), 2)
    rater = np.concatenate([np.tile([0, 1], 10), np.tile([2, 3], 10), [1, 2]])
    z = rng.normal(size=21)[ratee] + rng.normal(size=42) * 0.5
    found = rater_severity(ratee, rater, z, 21, 4)
    assert found.pooled.all()
    np.testing.assert_allclose(found.se, found.se_equal)
    assert (found.df == found.df_residual).all()


def test_many_raters_of_one_ratee_use_a_common_adjustment(monkeypatch):
    data = table(20, 8, 6, seed=6)
    exact = rater_severity(*data)
    monkeypatch.setattr(kernel, "_WIDEST", 5)
    np.testing.assert_allclose(rater_severity(*data).se, exact.se, rtol=0.05)


def test_large_designs_count_the_own_ratees_only(monkeypatch):
    data = table(60, 12, 3, seed=6)
    exact = rater_severity(*data)
    monkeypatch.setattr(kernel, "_EXACT_WORK", 0)
    rough = rater_severity(*data)
    np.testing.assert_allclose(rough.se, exact.se, rtol=1e-9)
    np.testing.assert_allclose(rough.df, exact.df, rtol=0.15)


def test_raters_who_differ_by_a_constant_leave_no_error():
    y = np.arange(8.0)[:, None] + [0.0, 1.0, 3.0]
    i, r = np.indices(y.shape).reshape(2, -1)
    found = rater_severity(i, r, y.ravel(), 8, 3)
    assert found.residual_variance == 0
    np.testing.assert_allclose(found.effect, [-4 / 3, -1 / 3, 5 / 3])
    assert (found.se < 1e-7).all()


def test_what_cannot_be_compared(monkeypatch):
    i, r = np.arange(4), np.zeros(4, dtype=int)
    with pytest.raises(InsufficientDataError, match="rated by two or more"):
        rater_severity(i, r, np.arange(4.0), 4, 1)
    with pytest.raises(InsufficientDataError, match="two or more"):  # one ratee: nothing to estimate an error from
        rater_severity(np.zeros(3, dtype=int), np.arange(3), np.arange(3.0), 1, 3)
    monkeypatch.setattr(kernel, "MOST_RATERS", 3)
    with pytest.raises(InsufficientDataError, match="up to 3"):
        rater_severity(*table())


def test_few_ratees_use_the_f_test():
    y = np.random.default_rng(0).normal(size=(4, 3))
    i, r = np.indices(y.shape).reshape(2, -1)
    found = rater_severity(i, r, y.ravel(), 4, 3)
    assert found.method == "F"
    assert found.p == found.p_equal
