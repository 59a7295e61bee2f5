"""Within-group agreement: golden values, nulls, exact and simulated significance."""

from __future__ import annotations

import numpy as np
import pytest

from rankkit.kernels.reliability.within_group import practical_ad, rwg, rwg_j, within_group
from rankkit.kernels.reliability.within_group_nulls import NULLS, null_shares, null_variance, variance_of
from rankkit.kernels.reliability.within_group_tests import item_correlation, item_null, null_agreement
from tests.oracles_agreement import null_share

EXACT = 1e-12
SIX_DECIMALS = 5.1e-7
FOUR_DECIMALS = 5.1e-5
SIMULATED = 0.01  # Monte-Carlo se of a probability near .2 from 20 000 draws is .003


def one_group(x, low=1, high=5):
    return within_group(np.zeros(len(x), dtype=int), x, 1, low, high)


def test_golden_single_item():
    found = one_group([4, 4, 5, 3, 4])
    assert found.variance[0] == pytest.approx(0.5)
    assert rwg(found.variance, 2.0)[1][0] == pytest.approx(0.75)
    assert found.ad_mean[0] == pytest.approx(0.40)
    assert found.a_wg[0] == pytest.approx(0.7333, abs=FOUR_DECIMALS)


def test_golden_three_items():
    items = [(4, 4, 5, 3, 4), (3, 4, 4, 3, 5), (5, 5, 5, 4, 4)]
    found = [one_group(x) for x in items]
    mean = np.mean([f.variance[0] for f in found])
    assert rwg_j(mean, 2.0, 3)[1] == pytest.approx(0.90)
    assert np.mean([f.ad_mean[0] for f in found]) == pytest.approx(0.506667, abs=SIX_DECIMALS)
    assert np.mean([f.ad_median[0] for f in found]) == pytest.approx(0.466667, abs=SIX_DECIMALS)


def test_golden_divided_group():
    found = one_group([1, 5, 1, 5])
    raw, cut = rwg(found.variance, 2.0)
    assert raw[0] == pytest.approx(-1.6667, abs=FOUR_DECIMALS)
    assert cut[0] == 0
    assert np.isnan(rwg_j(found.variance, 2.0, 3)[0][0])
    assert rwg_j(found.variance, 2.0, 3)[1][0] == 0


def test_rwg_j_rises_with_items_alone():
    cuts = [float(rwg_j(1.0, 2.0, j)[1]) for j in (1, 3, 10)]
    assert cuts == pytest.approx([0.5, 0.75, 10 / 11])


def test_a_wg_has_a_range():
    """Four raters on 1 to 5: defined for means from 2 to 4; 1 where all are at one end."""
    assert one_group([5, 5, 5, 5]).a_wg[0] == 1
    assert one_group([1, 1, 1]).a_wg[0] == 1
    assert np.isnan(one_group([5, 5, 5, 4]).a_wg[0])
    assert one_group([5, 5, 5, 1]).a_wg[0] == pytest.approx(-1, abs=0.2)
    assert one_group([1, 5]).a_wg[0] == pytest.approx(-1)
    half = within_group(np.zeros(4, dtype=int), [2.5, 3, 3, 3.5], 1, 1, 5)
    tenfold = within_group(np.zeros(4, dtype=int), [25, 30, 30, 35.0], 1, 10, 50)
    assert half.a_wg[0] == pytest.approx(tenfold.a_wg[0])


def test_many_groups_at_once():
    rng = np.random.default_rng(1)
    group = np.concatenate([np.repeat(np.arange(40), 2), rng.integers(0, 40, 220)])
    x = rng.integers(1, 6, 300).astype(float)
    found = within_group(group, x, 41, 1, 5)
    for g in range(40):
        y = x[group == g]
        assert found.k[g] == len(y)
        assert found.variance[g] == pytest.approx(y.var(ddof=1), abs=EXACT)
        assert found.ad_mean[g] == pytest.approx(np.abs(y - y.mean()).mean(), abs=EXACT)
        assert found.ad_median[g] == pytest.approx(np.abs(y - np.median(y)).mean(), abs=EXACT)
    assert np.isnan(found.mean[40])
    alone = one_group([3.0])
    assert np.isnan(alone.variance[0])
    assert alone.mean[0] == 3


@pytest.mark.parametrize("null", NULLS)
def test_published_shares_have_the_published_variance(null):
    assert variance_of(null_shares(null, 5)) == pytest.approx(null_variance(null, 5), abs=EXACT)
    assert sum(null_shares(null, 5)) == pytest.approx(1)


def test_uniform_column_of_the_table():
    printed = {5: 2.00, 6: 2.92, 7: 4.00, 8: 5.25, 9: 6.67, 10: 8.25, 11: 10.00}
    for points, variance in printed.items():
        assert round(null_variance("uniform", points), 2) == variance
    assert null_variance("uniform", 9, step=0.5) == pytest.approx(np.var(np.arange(1, 5.1, 0.5)))
    assert np.isnan(null_variance("normal", 4))
    assert null_shares("normal", 7) is None


def test_practical_cut_follows_the_step():
    assert practical_ad(5) == pytest.approx(5 / 6)
    assert practical_ad(9, step=0.5) == pytest.approx(0.75)


@pytest.mark.parametrize("k", [2, 3, 4])
@pytest.mark.parametrize("null", ["uniform", "heavy_skew"])
def test_exact_significance_against_all_answers(k, null):
    shares = null_shares(null, 5)
    found = null_agreement(k, shares)
    assert found.exact
    assert found.probability.sum() == pytest.approx(1)
    for limit in (0.0, 0.3, 0.5, 1.0, 4.0):
        plain = null_share(k, shares, lambda x: x.var(ddof=1), limit)
        assert found.p_value(limit) == pytest.approx(plain, abs=EXACT)
        plain = null_share(k, shares, lambda x: np.abs(x - x.mean()).mean(), limit)
        assert found.p_value(limit, "ad_mean") == pytest.approx(plain, abs=EXACT)
        plain = null_share(k, shares, lambda x: np.abs(x - np.median(x)).mean(), limit)
        assert found.p_value(limit, "ad_median") == pytest.approx(plain, abs=EXACT)


def test_random_answers_that_pass_the_rule_of_seventy():
    shares = {k: null_agreement(k, np.full(5, 0.2)).share_above(0.7, 2.0) for k in (3, 4, 5, 8)}
    assert {k: round(v, 2) for k, v in shares.items()} == {3: 0.23, 4: 0.10, 5: 0.06, 8: 0.02}


def test_simulation_agrees_with_listing(monkeypatch):
    exact = null_agreement(6, null_shares("slight_skew", 5))
    monkeypatch.setattr("rankkit.kernels.reliability.within_group_tests._LISTED", 0)
    drawn = null_agreement(6, null_shares("slight_skew", 5))
    assert not drawn.exact
    for limit in (0.3, 0.7, 1.5):
        assert drawn.p_value(limit) == pytest.approx(exact.p_value(limit), abs=SIMULATED)
    assert drawn.p_value(-1.0) == pytest.approx(1 / 20_001)
    assert null_agreement(30, np.full(11, 1 / 11), draws=500).exact is False


def test_critical_values_hold_their_level():
    for k in (3, 5, 10):
        null = null_agreement(k, np.full(5, 0.2))
        limit = null.critical(0.05)
        if np.isnan(limit):
            assert null.p_value(0.0) > 0.05
        else:
            assert null.p_value(limit) <= 0.05 < null.p_value(limit + 0.35)
    assert np.isnan(null_agreement(2, np.full(5, 0.2)).critical(0.05))
    assert np.isnan(null_agreement(3, np.full(5, 0.2)).p_value(np.nan))


def test_half_steps_are_the_same_question():
    whole, half = null_agreement(5, np.full(9, 1 / 9)), null_agreement(5, np.full(9, 1 / 9), step=0.5)
    assert whole.p_value(2.0) == pytest.approx(half.p_value(0.5))


def test_random_items_have_the_null_variance_and_the_correlation():
    shares = null_shares("slight_skew", 5)
    null = item_null(4, 5, shares, correlation=0.6, draws=20_000, seed=2)
    np.testing.assert_allclose(np.bincount(null.answers.ravel(), minlength=5) / null.answers.size, shares, atol=SIMULATED)
    r = np.corrcoef(null.answers.reshape(-1, 5).T)[np.triu_indices(5, 1)].mean()
    assert 0.5 < r < 0.6  # categories cost a little
    together = null.mean_variance(np.ones((4, 5), dtype=bool))
    apart = item_null(4, 5, shares, draws=20_000, seed=2).mean_variance(np.ones((4, 5), dtype=bool))
    assert together.mean() == pytest.approx(1.34, abs=0.02)
    assert together.std() > 1.3 * apart.std()


def test_one_item_is_the_single_item_test():
    exact = null_agreement(4, np.full(5, 0.2))
    drawn = item_null(4, 1, np.full(5, 0.2), draws=20_000).mean_variance(np.ones((4, 1), dtype=bool))
    for limit in (0.3, 0.7, 1.5):
        assert (drawn <= limit + 1e-9).mean() == pytest.approx(exact.p_value(limit), abs=SIMULATED)


def test_who_did_not_rate_an_item_is_not_counted():
    null = item_null(3, 2, np.full(5, 0.2), draws=1000)
    rated = np.array([[True, True], [True, False], [True, False]])
    np.testing.assert_allclose(null.mean_variance(rated), null.answers[:, :, 0].var(axis=1, ddof=1))


def test_correlation_between_items():
    rng = np.random.default_rng(3)
    z = np.sqrt(0.5) * rng.normal(size=(200, 6, 1)) + np.sqrt(0.5) * rng.normal(size=(200, 6, 4))
    group, rater, item = np.indices(z.shape).reshape(3, -1)
    assert item_correlation(group, rater, item, z.ravel(), 200, 6, 4) == pytest.approx(0.5, abs=0.05)
    assert item_correlation(group, rater, item, np.ones(z.size), 200, 6, 4) == 0
    one = item == 0
    assert item_correlation(group[one], rater[one], item[one], z.ravel()[one], 200, 6, 1) == 0
