from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from rankkit.kernels.multiplicity import benjamini_hochberg, bonferroni, holm, simes
from tests.oracles_ranks import adjusted

ROUNDING = 1e-12
P = st.lists(st.floats(0, 1), min_size=1, max_size=15)


@given(P)
def test_by_definition(p):
    assert benjamini_hochberg(np.array(p)) == pytest.approx(adjusted(p, "bh"), abs=ROUNDING)
    assert holm(np.array(p)) == pytest.approx(adjusted(p, "holm"), abs=ROUNDING)


@given(P)
def test_agrees_with_scipy(p):
    assert benjamini_hochberg(np.array(p)) == pytest.approx(stats.false_discovery_control(p), abs=ROUNDING)


@given(P)
def test_order_of_strictness(p):
    p = np.array(p)
    assert (p <= benjamini_hochberg(p) + ROUNDING).all()
    assert (benjamini_hochberg(p) <= holm(p) + ROUNDING).all()
    assert (holm(p) <= bonferroni(p) + ROUNDING).all()


def test_tests_not_done_do_not_count():
    p = np.array([0.01, np.nan, 0.02])
    for adjust in (benjamini_hochberg, holm, bonferroni):
        out = adjust(p)
        assert np.isnan(out[1])
        assert out[[0, 2]] == pytest.approx(adjust(p[[0, 2]]))
    assert simes(p) == pytest.approx(0.02)
    assert np.isnan(simes(np.array([np.nan])))


def test_a_declared_family_counts_in_full():
    p = np.array([0.01, 0.02])
    padded = np.array([0.01, 0.02, 1.0, 1.0, 1.0])
    for adjust in (benjamini_hochberg, holm, bonferroni):
        assert adjust(p, family=5) == pytest.approx(adjust(padded)[:2])
    assert simes(p, family=5) == pytest.approx(simes(padded))
    with pytest.raises(ValueError, match="cannot hold"):
        holm(p, family=1)


def test_simes_holds_its_level():
    p = np.random.default_rng(0).random((4000, 8))
    rejected = np.mean([simes(row) <= 0.05 for row in p])
    assert rejected == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / 4000))
