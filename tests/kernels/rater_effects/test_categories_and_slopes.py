"""Slopes, categories and shares against loops, exact binomials and published intervals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from rankkit.kernels.rater_effects.category_use import category_use, middle_categories
from rankkit.kernels.rater_effects.discrimination import discrimination
from rankkit.kernels.share_intervals import clustered_shares
from tests import oracles_rater_patterns as plain


def slopes_table(n=20, m=4, k=4, seed=0):
    rng = np.random.default_rng(seed)
    rater = np.concatenate([rng.permutation(m)[:k] for _ in range(n)])
    ratee = np.repeat(np.arange(n), k)
    severity = rng.normal(size=m)
    return ratee, rater, rng.normal(size=n)[ratee] + severity[rater] + rng.normal(size=n * k) * 0.5, severity, n


@pytest.mark.parametrize(("n", "m", "k"), [(20, 4, 4), (40, 5, 3)])
def test_slopes_and_their_jackknife(n, m, k):
    ratee, rater, z, severity, n = slopes_table(n, m, k)
    found = discrimination(ratee, rater, z, severity, n)
    np.testing.assert_allclose(found.ratio, plain.slope_ratio(ratee, rater, z, severity, m), rtol=1e-9)
    se = plain.jackknife(lambda i, r, x: plain.slope_ratio(i, r, x, severity, m), ratee, rater, z)
    np.testing.assert_allclose(found.se, se, rtol=1e-7)
    assert found.ratio.mean() == pytest.approx(1)


def test_slopes_need_other_raters_and_enough_people():
    ratee, rater, z, severity, n = slopes_table(20, 4, 4)
    few = (rater != 3) | (ratee < 5)
    found = discrimination(ratee[few], rater[few], z[few], severity, n)
    assert np.isnan(found.ratio[3])
    assert found.n.tolist() == [20, 20, 20, 5]
    alone = discrimination(np.arange(9), np.zeros(9, dtype=int), np.arange(9.0), np.zeros(1), 9)
    assert np.isnan(alone.ratio).all()
    assert alone.n.tolist() == [0]


def test_two_raters_have_no_slopes_of_their_own():
    """Their slope ratio is the squared ratio of their spreads (type I .08 for .05 with eight people)."""
    ratee, rater, z, severity, n = slopes_table(20, 2, 2)
    found = discrimination(ratee, rater, z, severity, n)
    assert found.mean_slope > 0
    assert np.isnan(found.ratio).all()
    spread = np.array([np.var(z[rater == r]) for r in range(2)])
    assert found.slope[0] / found.slope[1] == pytest.approx(spread[0] / spread[1])


def test_slopes_of_raters_who_contradict_each_other_are_not_compared():
    x = np.column_stack([np.arange(10.0), -np.arange(10.0), np.arange(10) % 2])
    i, r = np.indices(x.shape).reshape(2, -1)
    found = discrimination(i, r, x.ravel(), x.mean(axis=0), 10)
    assert found.mean_slope < 0
    assert np.isnan(found.ratio).all()


def test_middle_of_the_scale():
    assert [middle_categories(c).nonzero()[0].tolist() for c in (1, 2, 3, 4, 7)] == [[0], [0, 1], [1], [1, 2], [3]]


def test_one_rating_a_person_is_an_exact_binomial():
    rng = np.random.default_rng(0)
    ratee, rater = np.tile(np.arange(30), 3), np.repeat(np.arange(3), 30)
    x = rng.integers(0, 5, 90)
    found = category_use(ratee, rater, np.zeros(90, dtype=int), x, 5, 3)
    k = np.array([(x[rater == r] == 2).sum() for r in range(3)])
    np.testing.assert_allclose(found.p, stats.binom.sf(k - 1, 30, found.middle_expected), rtol=1e-9)
    share = np.array([np.bincount(x[rater == r], minlength=5) / 30 for r in range(3)])
    np.testing.assert_allclose(found.entropy, [stats.entropy(s) / np.log(5) for s in share])


def test_dimensions_do_not_count_as_so_many_independent_ratings():
    """The same ratings copied to four dimensions say no more than one."""
    rng = np.random.default_rng(1)
    ratee, rater = np.tile(np.arange(20), 2), np.repeat(np.arange(2), 20)
    x = np.where(rater == 0, rng.choice([1, 2, 2, 2, 3], 40), rng.integers(0, 5, 40))
    one = category_use(ratee, rater, np.zeros(40, dtype=int), x, 5, 2)
    four = category_use(np.tile(ratee, 4), np.tile(rater, 4), np.repeat(np.arange(4), 40), np.tile(x, 4), 5, 2)
    assert four.p[0] == pytest.approx(one.p[0], abs=0.04)
    assert stats.binom.sf(4 * (x[:20] == 2).sum() - 1, 80, one.middle_expected[0]) < one.p[0] / 2  # what counting cells would say


def test_levels_far_apart_do_not_narrow_the_expected_middle():
    """Two raters of one shape at different levels: each has the share expected of the level."""
    rng = np.random.default_rng(3)
    ratee = np.tile(np.arange(4000), 2)
    rater = np.repeat([0, 1], 4000)
    x = np.clip(np.round(rng.normal(size=8000) * 0.8 + np.where(rater == 0, 1.2, 2.8)), 0, 4).astype(int)
    found = category_use(ratee, rater, np.zeros(8000, dtype=int), x, 5, 2)
    np.testing.assert_allclose(found.middle_share, found.middle_expected, atol=0.03)


def test_a_category_never_used_and_a_rater_without_ratings():
    found = category_use(np.arange(6), np.array([0, 0, 0, 2, 2, 2]), np.zeros(6, dtype=int), np.array([4, 4, 4, 3, 4, 4]), 5, 3)
    assert found.used.tolist() == [1, 0, 2]
    assert found.entropy[0] == 0
    assert np.isnan(found.p[1])
    assert np.isnan(found.middle_share[1])


def test_wilson_interval_of_single_ratings():
    """Newcombe (1998, table I): 81 of 263 gives .2553 to .3662, 0 of 20 gives 0 to .1611."""
    hit = np.concatenate([np.arange(263) < 81, np.zeros(20, dtype=bool)])
    unit = np.repeat([0, 1], [263, 20])
    found = clustered_shares(unit, np.arange(283), hit, 2)
    np.testing.assert_allclose(found.low, [0.2553, 0.0], atol=5e-5)
    np.testing.assert_allclose(found.high, [0.3662, 0.1611], atol=5e-5)


def test_ratings_of_one_person_count_as_far_as_people_differ():
    people = np.repeat(np.arange(10), 5)
    copied = clustered_shares(np.zeros(50, dtype=int), people, people < 4, 1)
    assert copied.effective[0] == pytest.approx(9)  # copies say nothing new; one person's worth goes to the mean
    unanimous = clustered_shares(np.zeros(50, dtype=int), people, np.ones(50, dtype=bool), 1)
    assert unanimous.effective[0] == 10
    assert unanimous.high[0] == 1
    empty = clustered_shares(np.zeros(2, dtype=int), np.arange(2), np.ones(2, dtype=bool), 2)
    assert np.isnan(empty.share[1])
