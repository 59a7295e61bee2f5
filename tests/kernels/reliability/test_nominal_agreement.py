"""Cohen's kappa, its standard errors, tables of pairs, Fleiss' test."""

from __future__ import annotations

import numpy as np
import pytest

from rankkit.kernels.reliability.agreement_weights import KINDS, weight_matrix
from rankkit.kernels.reliability.nominal_agreement import cohen_kappa, complement_interval, fleiss_test, largest_kappa, pair_tables
from tests.oracles_agreement import kappa

EXACT = 1e-12  # the same sums in another order
SIMULATED = 0.05  # relative, of a standard error from 4000 tables (Monte-Carlo se of an SD: 1.1 %) with a large-sample formula


def table(a, b, q):
    out = np.zeros((q, q), dtype=int)
    np.add.at(out, (a, b), 1)
    return out


@pytest.mark.parametrize("kind", KINDS)
def test_weights_are_agreements(kind):
    w = weight_matrix(np.arange(1, 6), kind)
    assert (np.diag(w) == 1).all()
    assert np.allclose(w, w.T)
    assert w.min() >= -EXACT
    assert w.max() == 1
    assert weight_matrix([3.0], kind).tolist() == [[1.0]]


def test_weights_follow_the_scores_not_the_places():
    w = weight_matrix([0, 1, 4], "linear")
    np.testing.assert_allclose(w[0], [1, 0.75, 0])
    np.testing.assert_allclose(weight_matrix([0, 1, 4], "ordinal")[0], [1, 2 / 3, 0])


@pytest.mark.parametrize("kind", ["identity", "linear", "quadratic"])
def test_against_the_plain_definition(kind):
    rng = np.random.default_rng(4)
    a = rng.integers(0, 4, 60)
    b = np.where(rng.random(60) < 0.5, a, rng.integers(0, 4, 60))
    w = weight_matrix(np.arange(4), kind)
    found = cohen_kappa(table(a, b, 4), w)
    assert float(found.value) == pytest.approx(kappa(a, b, lambda x, y: w[x, y]), abs=EXACT)
    assert int(found.n) == 60


def test_ten_people_of_the_specification():
    a, b = np.array([1, 1, 2, 2, 3, 3, 1, 2, 3, 1]) - 1, np.array([1, 2, 2, 2, 3, 3, 1, 1, 3, 1]) - 1
    assert round(float(cohen_kappa(table(a, b, 3)).value), 3) == 0.697
    assert float(cohen_kappa(table(a, b, 3), weight_matrix([1, 2, 3], "quadratic")).value) == pytest.approx(0.855, abs=5e-4)


@pytest.mark.parametrize("kind", ["identity", "linear", "quadratic"])
def test_standard_errors_are_those_of_repeated_sampling(kind):
    p = np.array([[0.30, 0.06, 0.02], [0.05, 0.22, 0.05], [0.02, 0.06, 0.22]])
    w = weight_matrix([1, 2, 3], kind)
    rng = np.random.default_rng(2)
    draws = cohen_kappa(rng.multinomial(400, p.ravel(), size=4000).reshape(-1, 3, 3), w)
    assert float(draws.value.std()) == pytest.approx(float(np.median(draws.se)), rel=SIMULATED)
    alone = np.outer(p.sum(axis=1), p.sum(axis=0))
    null = cohen_kappa(rng.multinomial(400, alone.ravel(), size=4000).reshape(-1, 3, 3), w)
    assert float(null.value.std()) == pytest.approx(float(np.median(null.se_null)), rel=SIMULATED)


def test_weights_need_not_be_scaled():
    """κ = 1 − Σ v p_o / Σ v p_e: disagreement weights may be multiplied by anything."""
    t = [[20, 5, 1], [4, 12, 6], [2, 3, 30]]
    w = weight_matrix([1, 2, 3], "linear")
    a, b = cohen_kappa(t, w), cohen_kappa(t, 1 - 0.3 * (1 - w))
    assert float(a.value) == pytest.approx(float(b.value))
    assert float(a.se) == pytest.approx(float(b.se))


def test_degenerate_tables_give_no_number():
    one = cohen_kappa([[9, 0], [0, 0]])
    assert np.isnan(one.value)
    assert np.isnan(one.low)
    nobody = cohen_kappa(np.zeros((2, 2)))
    assert np.isnan(nobody.value)
    perfect = cohen_kappa([[5, 0], [0, 5]])
    assert float(perfect.value) == 1
    assert float(perfect.se) == 0
    assert np.isnan(perfect.low)
    assert float(largest_kappa([[5, 0], [0, 5]])) == 1


def test_interval_stays_below_one():
    low, high = complement_interval(np.array([0.99, 0.2, 1.0, 0.5]), np.array([0.3, 0.1, 0.0, 0.1]), np.array([5.0, 50, 9, 1]), 0.95)
    assert high[0] <= 1
    assert -1 <= low[0] < 0.99
    assert low[1] < 0.2 < high[1]
    assert np.isnan(low[2:]).all()


def test_pairs_are_counted_one_by_one():
    rng = np.random.default_rng(7)
    codes = rng.integers(0, 3, (30, 5))
    held = rng.random((30, 5)) < 0.7
    unit, rater = np.nonzero(held)
    found = pair_tables(unit, rater, codes[held], 3)
    assert len(found.first) == 10
    for a, b, counts in zip(found.first, found.second, found.counts, strict=True):
        both = held[:, a] & held[:, b]
        np.testing.assert_array_equal(counts, table(codes[both, a], codes[both, b], 3))


def test_pairs_that_share_nobody_are_absent():
    found = pair_tables(np.array([0, 1]), np.array([0, 1]), np.array([0, 1]), 2)
    assert len(found.first) == 0
    assert found.counts.shape == (0, 2, 2)


def test_fleiss_null_error_is_that_of_random_raters():
    rng = np.random.default_rng(5)
    p = np.array([0.5, 0.3, 0.2])
    values, errors = [], []
    for _ in range(1500):
        found = fleiss_test(rng.multinomial(4, p, size=40))
        values.append(found.value)
        errors.append(found.se_null)
    assert np.std(values) == pytest.approx(np.mean(errors), rel=SIMULATED)
    assert np.mean(values) == pytest.approx(-1 / (40 * 4), abs=0.01)


def test_category_kappas_average_to_the_whole():
    counts = np.random.default_rng(3).multinomial(5, [0.4, 0.35, 0.25], size=30)
    found = fleiss_test(counts)
    p = counts.sum(axis=0) / counts.sum()
    assert found.value == pytest.approx((p * (1 - p) * found.category_value).sum() / (p * (1 - p)).sum())
    empty = fleiss_test(np.column_stack([counts, np.zeros(30, dtype=int)]))
    assert np.isnan(empty.category_value[-1])
    assert empty.value == pytest.approx(found.value)
