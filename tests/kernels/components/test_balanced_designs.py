"""Analysis of variance of any balanced design against projections and expectations written out in full."""

from __future__ import annotations

import numpy as np
import pytest

from rankkit.kernels.components.balanced_designs import analyse, arranged, packed
from rankkit.kernels.components.design_notation import parse
from rankkit.kernels.components.variance_components import one_way, three_way, two_way
from tests.oracles_designs import all_codes, covariance, projections

EXACT = 1e-9  # same algebra, other order of operations
DESIGNS = ["p x i", "i:p", "p x i x o", "p x (i:o)", "(i:p) x o", "i:(p x o)", "(i x o):p", "i:o:p", "p x i x o x h", "(p:c) x (i:o)"]
SIZES = (4, 3, 2, 3)


def table(text, seed=0):
    design = parse(text)
    return design, np.random.default_rng(seed).normal(5, 2, size=SIZES[: len(design.facets)])


@pytest.mark.parametrize("text", DESIGNS)
def test_sums_of_squares_are_projections(text):
    design, y = table(text)
    codes = all_codes(y.shape)
    found = analyse(y, design)
    expected = [y.ravel() @ q @ y.ravel() for q in projections(codes, design)]
    np.testing.assert_allclose(found.sum_squares, expected, rtol=1e-8)
    np.testing.assert_allclose(found.df, [np.trace(q) for q in projections(codes, design)], atol=1e-8)
    assert found.sum_squares.sum() == pytest.approx(((y - y.mean()) ** 2).sum())


@pytest.mark.parametrize("text", DESIGNS)
def test_components_are_unbiased(text):
    """The expectations of the mean squares under known components, put through the estimator, return the components."""
    design, y = table(text)
    truth = np.linspace(0.2, 1.5, len(design.effects))
    v = covariance(all_codes(y.shape), design, truth)
    found = analyse(y, design)
    expected = np.array([np.trace(q @ v) for q in projections(all_codes(y.shape), design)]) / found.df
    np.testing.assert_allclose(found.coefficients @ expected, truth, atol=EXACT)


def test_the_plain_designs_agree_with_their_own_functions():
    rng = np.random.default_rng(1)
    y = rng.normal(size=(7, 3, 4))
    np.testing.assert_allclose(analyse(y[..., 0], parse("p x r")).raw, two_way(y[..., 0]).raw, atol=EXACT)
    np.testing.assert_allclose(analyse(y, parse("p x r x d")).raw, three_way(y).raw, atol=EXACT)
    nested = one_way(y[..., 0].ravel(), np.repeat(np.arange(7), 3), 7)
    np.testing.assert_allclose(analyse(y[..., 0].T, parse("r:p")).raw, nested.raw, atol=EXACT)


def test_a_facet_of_one_condition_leaves_its_effects_out():
    y = np.random.default_rng(2).normal(size=(6, 1, 4))
    found = analyse(y, parse("p x r x d"))
    assert np.isnan(found.raw[[1, 3, 5, 6]]).all()  # r, p:r, r:d, residual
    plain = analyse(y[:, 0], parse("p x d"))
    np.testing.assert_allclose(found.raw[[0, 2, 4]], plain.raw, atol=EXACT)


def test_a_constant_table_has_no_variance_and_rounding_makes_none():
    found = analyse(np.full((4, 3, 2), 0.1) + 1e6, parse("p x r x d"))
    assert found.raw.tolist() == [0.0] * 7
    additive = analyse(np.add.outer(np.arange(5) / 3, np.arange(4) / 7), parse("p x r"))
    assert additive["residual"] == 0


def test_the_order_of_facets_decides_nothing():
    design, y = table("p x (i:o)", seed=3)
    one = analyse(y, design)
    two = analyse(np.moveaxis(y, (0, 1, 2), (2, 0, 1)), design.reordered(("i", "o", "p")))
    for name, other in (("p", "p"), ("o", "o"), ("p:o", "o:p"), ("i:o", "i:o"), ("residual", "residual")):
        assert two[other] == pytest.approx(one[name], abs=EXACT)


@pytest.mark.parametrize("text", DESIGNS)
def test_arranged_finds_complete_tables_in_any_row_order(text):
    design, y = table(text, seed=4)
    codes = all_codes(y.shape)
    rng = np.random.default_rng(4)
    order = rng.permutation(y.size)
    np.testing.assert_array_equal(arranged(y.ravel()[order], codes[:, order], design), y)
    assert arranged(y.ravel()[order[1:]], codes[:, order[1:]], design) is None
    twice = np.r_[order[1:], order[1]]
    assert arranged(y.ravel()[twice], codes[:, twice], design) is None


def test_labels_of_nested_conditions_may_be_unique_or_repeat():
    design = parse("r:p")
    unique = arranged(np.arange(6.0), np.array([[4, 9, 7, 1, 0, 3], [0, 0, 0, 1, 1, 1]]), design)
    repeated = arranged(np.arange(6.0), np.array([[0, 2, 1, 1, 0, 2], [0, 0, 0, 1, 1, 1]]), design)
    np.testing.assert_array_equal(unique, repeated)
    assert arranged(np.arange(5.0), np.array([[0, 1, 2, 0, 1], [0, 0, 0, 1, 1]]), design) is None


def test_packed_numbers_lexicographically():
    assert packed(np.array([[1, 0, 1, 0], [5, 5, 2, 5]])).tolist() == [2, 0, 1, 0]
