"""Henderson's method 1 against quadratic forms written out."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from rankkit.errors import IdentificationError
from rankkit.kernels.components import analogous_anova as module
from rankkit.kernels.components.analogous_anova import analogous_anova
from rankkit.kernels.components.balanced_designs import analyse
from rankkit.kernels.components.design_notation import parse
from rankkit.kernels.components.variance_components import method_one
from tests.oracles_designs import all_codes, henderson

EXACT = 1e-8


def gappy(text, sizes, keep, seed):
    design = parse(text)
    rng = np.random.default_rng(seed)
    codes = all_codes(sizes)
    codes = codes[:, rng.random(codes.shape[1]) < keep]
    y = rng.normal(3, 1, size=codes.shape[1])
    for effect in design.effects[:-1]:
        place = np.unique(codes[sorted(effect)], axis=1, return_inverse=True)[1].ravel()
        y = y + rng.normal(size=place.max() + 1)[place]
    return design, codes, y


@pytest.mark.parametrize(
    ("text", "sizes"), [("p x i", (7, 5)), ("i:p", (3, 8)), ("p x i x o", (6, 4, 3)), ("p x (i:o)", (6, 3, 3)), ("(r:p) x d", (3, 6, 3))]
)
def test_components_and_their_covariance(text, sizes):
    design, codes, y = gappy(text, sizes, 0.75, seed=sum(sizes))
    found = analogous_anova(y, codes, design)
    raw, covariance = henderson(y, codes, design)
    np.testing.assert_allclose(found.raw, raw, rtol=EXACT, atol=EXACT)
    np.testing.assert_allclose(found.covariance, covariance, rtol=1e-7, atol=EXACT)


@pytest.mark.parametrize("text", ["p x i x o", "i:p", "(i:p) x o"])
def test_complete_tables_give_the_analysis_of_variance(text):
    design = parse(text)
    y = np.random.default_rng(5).normal(size=(5, 4, 3)[: len(design.facets)])
    found = analogous_anova(y.ravel(), all_codes(y.shape), design)
    np.testing.assert_allclose(found.raw, analyse(y, design).raw, atol=EXACT)
    assert found.mean == pytest.approx(y.mean())


def test_the_two_way_function_agrees():
    design, codes, y = gappy("p x i", (9, 4), 0.7, seed=6)
    z = y - y.mean()
    counts = sparse.csr_array((np.ones(len(y)), tuple(codes)), shape=(9, 4))
    by_row, by_col = np.bincount(codes[0], z, 9), np.bincount(codes[1], z, 4)
    np.testing.assert_allclose(analogous_anova(y, codes, design).raw, method_one(counts, by_row, by_col, z @ z), atol=EXACT)


def test_row_order_and_location_decide_nothing():
    design, codes, y = gappy("p x i x o", (6, 4, 3), 0.8, seed=7)
    order = np.random.default_rng(7).permutation(len(y))
    one, two = analogous_anova(y, codes, design), analogous_anova(y[order] + 100, codes[:, order], design)
    np.testing.assert_allclose(one.raw, two.raw, rtol=1e-7, atol=EXACT)


def test_several_scores_a_cell_tell_error_from_interaction():
    """Twice the same conditions: with p:i named as an effect by a third facet its component is identified."""
    rng = np.random.default_rng(8)
    codes = all_codes((40, 6, 2))
    y = rng.normal(size=(40, 6))[codes[0], codes[1]] * 2 + 0.1 * rng.normal(size=codes.shape[1])
    found = analogous_anova(y, codes, parse("e:(p x i)").reordered(("p", "i", "e")))
    cells = np.empty((40, 6, 2))
    cells[tuple(codes)] = y
    error = cells.var(axis=2, ddof=1).mean()
    mean = cells.mean(axis=2)
    apart = mean - mean.mean(axis=1, keepdims=True) - mean.mean(axis=0) + mean.mean()
    assert found.raw[-1] == pytest.approx(error, rel=1e-9)
    assert found.raw[found.names.index("p:i")] == pytest.approx((apart**2).sum() / (39 * 5) - error / 2, rel=1e-9)
    assert found.raw[found.names.index("p:i")] > 100 * error  # made with 4 and 0.01


def test_what_cannot_be_told_apart():
    with pytest.raises(IdentificationError) as caught:
        analogous_anova(np.arange(4.0), np.array([[0, 0, 1, 1], [0, 1, 2, 3]]), parse("p x r"))  # raters of one's own
    assert caught.value.code == "E-COMPONENTS"


def test_large_tables_go_without_standard_errors(monkeypatch):
    monkeypatch.setattr(module, "_MOST_CELLS", 10)
    design, codes, y = gappy("p x i", (9, 4), 0.7, seed=9)
    assert analogous_anova(y, codes, design).covariance is None
