from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rankkit.kernels.ranking import canonical_form, canonical_order, competition_ranks, tie_groups
from tests.oracles_ranks import ranks


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=12))
def test_ranks_count_the_better(score):
    assert competition_ranks(np.array(score, dtype=float)).tolist() == ranks(score)


def test_no_score_no_rank():
    assert competition_ranks(np.array([np.nan, 2.0, np.nan, 3.0])).tolist() == [0, 2, 0, 1]
    assert competition_ranks(np.array([np.nan])).tolist() == [0]
    assert competition_ranks(np.array([])).tolist() == []


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
def test_rounding_noise_is_a_tie_at_any_scale(scale):
    third = np.array([0.1 + 0.2, 0.3, 0.30000000000000004, 0.1]) * scale
    assert competition_ranks(third).tolist() == [1, 1, 1, 4]
    alone = np.array([0.1 + 0.2, 0.3]) * scale  # nothing but noise between them
    assert competition_ranks(alone).tolist() == [1, 1]
    offset = 1e6 * scale + np.array([0.0, 0.5, 1.0]) * scale
    assert competition_ranks(offset).tolist() == [3, 2, 1]


def test_real_differences_are_kept():
    assert competition_ranks(np.array([0.0, 1e-7, 1.0])).tolist() == [3, 2, 1]


def test_ties_chain_whatever_the_order():
    chain = np.array([0.0, 0.9e-9, 1.8e-9, 1.0])
    for order in ([0, 1, 2, 3], [2, 0, 3, 1]):
        assert tie_groups(chain[order]).tolist() == np.array([1, 1, 1, 0])[order].tolist()


def structured(rng, n=9):
    """Scores and variances with many ties, covariances by shared raters."""
    panel = rng.integers(0, 2, (n, 4)).astype(float)
    covariance = panel @ panel.T * 0.1 + np.eye(n) * 0.2
    return rng.integers(0, 2, n).astype(float), covariance


@given(st.integers(0, 10_000))
def test_the_canonical_form_is_the_same_for_every_arrangement(seed):
    rng = np.random.default_rng(seed)
    score, covariance = structured(rng)
    shuffle = rng.permutation(len(score))
    first = canonical_order(score, np.diag(covariance), covariance)
    there = covariance[np.ix_(shuffle, shuffle)]
    second = canonical_order(score[shuffle], np.diag(there), there)
    assert sorted(first) == list(range(len(score)))
    assert (score[first] == score[shuffle][second]).all()
    assert np.array_equal(covariance[np.ix_(first, first)], there[np.ix_(second, second)])


@given(st.integers(0, 10_000))
def test_classes_are_the_same_people_for_every_arrangement(seed):
    rng = np.random.default_rng(seed)
    score, covariance = structured(rng)
    shuffle = rng.permutation(len(score))
    there = covariance[np.ix_(shuffle, shuffle)]
    classes = canonical_form(score, np.diag(covariance), covariance)[1]
    assert np.array_equal(canonical_form(score[shuffle], np.diag(there), there)[1], classes[shuffle])


def test_covariances_tell_people_apart():
    covariance = np.eye(3)
    covariance[0, 1] = covariance[1, 0] = 0.5
    classes = canonical_form(np.zeros(3), np.ones(3), covariance)[1]
    assert classes[0] == classes[1] != classes[2]


def test_a_further_key_decides_among_equals():
    assert canonical_order(np.zeros(3), np.ones(3), np.array([0.3, 0.1, 0.2])).tolist() == [1, 2, 0]
