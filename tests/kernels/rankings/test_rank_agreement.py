from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from rankkit.kernels.ranking import competition_ranks
from rankkit.kernels.rankings.rank_agreement import kendall_tau_b, spearman, spearman_interval, top_k_overlap
from tests.oracles_ranks import average_ranks, tau_b

ROUNDING = 1e-12
MC_TAIL = 0.08  # two bootstraps of 10 000: tail quantiles of small samples differ by a few hundredths
VALUES = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=3, max_size=30)


def test_published_interval():
    low, high = spearman_interval(0.6, 30)
    assert (round(low, 2), round(high, 2)) == (0.28, 0.80)


@settings(max_examples=60, deadline=None)
@given(VALUES)
def test_estimates_by_definition(pairs):
    x, y = (np.array(side, dtype=float) for side in zip(*pairs, strict=True))
    r, tau = spearman(x, y), kendall_tau_b(x, y)
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        assert np.isnan(r.estimate)
        assert np.isnan(tau.estimate)
    else:
        assert r.estimate == pytest.approx(np.corrcoef(average_ranks(x), average_ranks(y))[0, 1], abs=ROUNDING)
        assert tau.estimate == pytest.approx(tau_b(x, y), abs=ROUNDING)


@settings(max_examples=25, deadline=None)
@given(VALUES, st.randoms(use_true_random=False))
def test_rows_and_monotone_scales_do_not_matter(pairs, random):
    shuffled = list(pairs)
    random.shuffle(shuffled)
    x, y = (np.array(side, dtype=float) for side in zip(*pairs, strict=True))
    u, v = (np.array(side, dtype=float) for side in zip(*shuffled, strict=True))
    for measure in (spearman, kendall_tau_b):
        one, other = measure(x, y), measure(np.exp(u), v**3)
        assert [one.estimate, one.low, one.high] == pytest.approx([other.estimate, other.low, other.high], abs=ROUNDING, nan_ok=True)


def test_interval_depends_on_the_number_of_people():
    rng = np.random.default_rng(0)
    x = rng.standard_normal(60)
    y = x + rng.standard_normal(60)
    assert spearman(x, y).basis == "bonett_wright"
    assert kendall_tau_b(x, y).basis == "fieller_hartley_pearson"
    few = spearman(x[:20], y[:20])
    assert few.basis == "bca"
    assert few.low < few.estimate < few.high
    assert few == spearman(x[:20], y[:20])
    assert few != spearman(x[:20], y[:20], seed=1)


def vectorised_spearman(a, b, axis=-1):
    u, v = (stats.zscore(stats.rankdata(side, axis=axis), axis=axis) for side in (a, b))
    return (u * v).mean(axis=axis)


@pytest.mark.parametrize("n", [8, 12, 24])
def test_bootstrap_agrees_with_scipy(n):
    rng = np.random.default_rng(n)
    x = rng.standard_normal(n)
    y = 0.8 * x + rng.standard_normal(n)
    got = spearman(x, y)
    theirs = stats.bootstrap((x, y), vectorised_spearman, paired=True, vectorized=True, n_resamples=10_000, rng=rng).confidence_interval
    assert [got.low, got.high] == pytest.approx([theirs.low, theirs.high], abs=MC_TAIL)


def test_three_people_get_an_interval_within_bounds():
    got = spearman(np.array([1.0, 2.0, 3.0]), np.array([1.0, 3.0, 2.0]))
    assert (got.estimate, got.basis) == (0.5, "bca")
    assert -1 <= got.low <= 0.5 <= got.high <= 1


def test_nothing_to_estimate():
    assert np.isnan(spearman(np.array([1.0, 2.0, np.nan]), np.array([1.0, 2.0, 3.0])).estimate)
    assert spearman(np.array([1.0, 2.0, np.nan]), np.array([1.0, 2.0, 3.0])).n == 2
    perfect = kendall_tau_b(np.arange(40.0), np.arange(40.0) * 2)
    assert (perfect.estimate, perfect.basis) == (1.0, "none")
    assert np.isnan(perfect.low)


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 8))
def test_top_overlap_by_definition(seed, k):
    rng = np.random.default_rng(seed)
    x, y = (competition_ranks(rng.permutation(8).astype(float)) for _ in range(2))
    top = top_k_overlap(x, y, k)
    common = len(set(np.flatnonzero(x <= k)) & set(np.flatnonzero(y <= k)))
    assert top.share == common / k
    assert top.expected == k / 8
    chance = sum(stats.hypergeom.pmf(c, 8, k, k) for c in range(common, k + 1))
    assert top.p == pytest.approx(chance, abs=1e-9)


def test_ties_at_place_k_all_belong():
    top = top_k_overlap(np.array([1, 2, 2, 4]), np.array([1, 2, 3, 4]), 2)
    assert (top.size_x, top.size_y, top.common) == (3, 2, 2)
    assert top.share == pytest.approx(2 / 3)
    assert top.p == pytest.approx(0.5)  # both of Y's two among X's three of four: C(3,2)/C(4,2)


def test_only_people_ranked_by_both():
    top = top_k_overlap(np.array([1, 2, 3, 4]), np.array([0, 1, 2, 3]), 1)
    assert (top.n, top.common, top.share) == (3, 1, 1.0)
    assert np.isnan(top_k_overlap(np.zeros(2, dtype=int), np.array([1, 2]), 1).share)
