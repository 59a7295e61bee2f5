"""Retranslation and scaling against plain counting, golden values and published ones."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from rankkit.kernels.behaviours.effectiveness_scaling import group_difference, on_scale, scale_incidents
from rankkit.kernels.behaviours.retranslation import category_kappa, retranslate, wilson
from rankkit.kernels.reliability.nominal_agreement import fleiss_test
from tests.oracles_bars import kappa_of_category
from tests.oracles_bars import wilson as roots

EXACT = 1e-10  # the same arithmetic in another order
PRINTED = 5e-6  # five digits are printed


def test_wilson_golden_values():
    low, high = wilson([4, 160, 0, 6], [5, 200, 30, 10])
    np.testing.assert_allclose(low[:3], [0.37553, 0.73914, 0.0], atol=PRINTED)
    np.testing.assert_allclose(high[:3], [0.96378, 0.84955, 0.11351], atol=PRINTED)
    assert (round(low[3], 2), round(high[3], 2)) == (0.31, 0.83)  # ten judges cannot tell .5 from .8


@pytest.mark.parametrize("n", [1, 7, 24])
def test_wilson_solves_its_equation(n):
    k = np.arange(n + 1)
    low, high = wilson(k, np.full(n + 1, n))
    np.testing.assert_allclose(np.transpose([low, high]), [roots(int(i), n) for i in k], atol=1e-9)  # roots of a quadratic


def test_no_judges_is_no_agreement():
    found = retranslate([[0, 0]])
    assert np.isnan(found.agreement[0])
    assert np.isnan(found.low[0])
    assert np.isnan(found.entropy[0])
    assert (found.winner[0], found.runner_up[0], found.tied[0]) == (-1, -1, False)


def test_ties_have_no_winner():
    found = retranslate([[5, 5, 0], [4, 3, 3], [4, 4, 4]])
    assert found.winner.tolist() == [-1, 0, -1]
    assert found.runner_up.tolist() == [-1, -1, -1]
    assert found.tied.tolist() == [True, False, True]


def test_none_of_these_counts_against():
    found = retranslate([[6, 0]], [4])
    assert found.n[0] == 10
    assert found.agreement[0] == pytest.approx(0.6)


def test_the_order_of_dimensions_decides_nothing():
    rng = np.random.default_rng(3)
    counts = rng.multinomial(20, [0.5, 0.3, 0.1, 0.1], size=40)
    order = np.array([2, 0, 3, 1])
    one, other = retranslate(counts), retranslate(counts[:, order])
    np.testing.assert_array_equal(one.winner, np.append(order, -1)[other.winner])
    np.testing.assert_allclose(one.entropy, other.entropy, atol=EXACT)


def test_entropy_runs_from_agreement_to_chance():
    found = retranslate([[10, 0, 0, 0, 0], [2, 2, 2, 2, 2]])
    np.testing.assert_allclose(found.entropy, [0.0, 1.0], atol=EXACT)


def test_kappa_counts_pairs():
    rng = np.random.default_rng(1)
    counts = rng.multinomial(9, [0.6, 0.3, 0.1], size=15)
    found = category_kappa(counts)
    np.testing.assert_allclose(found.value[:-1], [kappa_of_category(counts, d) for d in range(3)], atol=EXACT)
    whole = fleiss_test(counts)
    np.testing.assert_allclose(found.value, [*whole.category_value, whole.value], atol=EXACT)
    assert (found.low <= found.value).all()
    assert (found.value <= found.high).all()


def test_kappa_of_unequal_numbers_of_judges():
    counts = np.array([[3, 1], [0, 2], [5, 0], [1, 1], [1, 0]])  # the last has one judge and says nothing
    found = category_kappa(counts)
    assert found.incidents == 4
    assert found.value[0] == pytest.approx(kappa_of_category(counts[:4], 0))


@pytest.mark.parametrize("counts", [np.zeros((0, 2), int), np.array([[4, 0], [4, 0], [4, 0]])])
def test_kappa_without_variation_is_unknown(counts):
    assert np.isnan(category_kappa(counts).value).all()


def test_scaling_is_that_of_scipy():
    x = np.array([[1.0, 2, 2, 5, np.nan], [3, 3, 3, 3, 3]])
    found = scale_incidents(x)
    own = x[0, :4]
    assert found.mean[0] == pytest.approx(own.mean())
    assert found.sd[0] == pytest.approx(own.std(ddof=1))
    assert (found.low[0], found.high[0]) == pytest.approx(stats.t.interval(0.95, 3, own.mean(), stats.sem(own)))
    assert (found.median[0], found.q1[0], found.q3[0]) == tuple(np.quantile(own, [0.5, 0.25, 0.75]))
    assert found.sd[1] == 0


def test_group_difference_is_welch():
    rng = np.random.default_rng(0)
    a, b = rng.normal(5, 1, (6, 9)), rng.normal(4, 2, (6, 14))
    found = group_difference(a, b)
    scipys = stats.ttest_ind(a, b, axis=1, equal_var=False)
    np.testing.assert_allclose(found.p, scipys.pvalue, atol=EXACT)
    np.testing.assert_allclose(found.low, scipys.confidence_interval().low, atol=1e-9)


def test_groups_that_do_not_vary():
    found = group_difference([[3, 3], [3, 3], [3, np.nan]], [[3, 3], [4, 4], [4, 4]])
    assert found.p[0] == 1
    assert np.isnan(found.p[1:]).all()


@pytest.mark.parametrize(("scale", "expected"), [((1, 7), 1.5), ((1, 9), 2.0), ((1, 5), 1.0), ((0, 10), 2.5)])
def test_cut_offs_are_carried_over(scale, expected):
    assert on_scale(1.5, scale) == pytest.approx(expected)
