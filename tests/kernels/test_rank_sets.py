from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from rankkit.errors import IdentificationError
from rankkit.kernels import rank_sets as engine
from rankkit.kernels.covariance import Dense, Factor
from rankkit.kernels.rank_sets import p_top, rank_sets
from rankkit.kernels.ranking import canonical_order
from tests.oracles_ranks import critical_values, rank_bounds

GOLDEN = np.array([4.2, 3.9, 3.7, 3.1, 2.5]), Dense(np.diag([0.04, 0.04, 0.09, 0.04, 0.04]))
MC_CRITICAL = 0.03  # three Monte Carlo standard errors of a .95 quantile of 10 000 draws (density there about .15)
ROUNDING = 1e-9


def as_pairs(sets):
    return list(zip(sets.low.tolist(), sets.high.tolist(), strict=True))


def scattered(n, seed):
    rng = np.random.default_rng(seed)
    panel = (rng.random((n, 5)) < 0.5) * rng.uniform(0.1, 0.5, 5)
    return rng.standard_normal(n), panel @ panel.T + np.diag(10 ** rng.uniform(-2, 0, n))


def test_golden_five_people():
    sets = rank_sets(*GOLDEN)
    assert sets.critical == pytest.approx(np.full(5, 2.72), abs=MC_CRITICAL)
    assert as_pairs(sets) == [(1, 3), (1, 3), (1, 4), (3, 5), (4, 5)]
    assert sets.basis == "draws"


def test_equal_independent_people_need_the_studentised_range():
    sets = rank_sets(np.arange(6.0), Dense(np.eye(6)))
    expected = stats.studentized_range.ppf(0.95, 6, np.inf) / np.sqrt(2)
    assert sets.critical == pytest.approx(np.full(6, expected), abs=MC_CRITICAL)
    few = rank_sets(np.arange(6.0), Dense(np.eye(6)), df=5)
    assert few.critical[0] == pytest.approx(stats.studentized_range.ppf(0.95, 6, 5) / np.sqrt(2), abs=4 * MC_CRITICAL)


def test_two_people_need_the_normal_or_t_quantile():
    pair = np.array([1.0, 0.0]), Dense(np.array([[0.5, 0.2], [0.2, 0.3]]))
    for kind in ("simultaneous", "marginal"):
        assert rank_sets(*pair, kind=kind).critical[0] == pytest.approx(stats.norm.ppf(0.975), abs=2 * MC_CRITICAL)
        assert rank_sets(*pair, kind=kind, df=6).critical[0] == pytest.approx(stats.t.ppf(0.975, 6), abs=4 * MC_CRITICAL)


@pytest.mark.parametrize("n", [3, 9, 40])
@pytest.mark.parametrize("df", [np.inf, 7])
def test_pruning_changes_nothing(n, df):
    """The critical values are those of all pairs in all draws."""
    estimate, sigma = scattered(n, seed=n)
    draws, level = 2000, 0.9
    order = canonical_order(estimate, np.diag(sigma), sigma)
    ordered = sigma[np.ix_(order, order)]
    blocks = engine._drawn(Dense(ordered), df, draws, np.random.default_rng(3))
    z = np.vstack(list(blocks))
    overall, each = critical_values(z, ordered, level)
    together = rank_sets(estimate, Dense(sigma), level=level, draws=draws, seed=3, df=df)
    alone = rank_sets(estimate, Dense(sigma), level=level, draws=draws, seed=3, df=df, kind="marginal")
    assert together.critical == pytest.approx(np.full(n, overall), rel=ROUNDING)
    assert alone.critical[order] == pytest.approx(each, rel=ROUNDING)
    assert as_pairs(together) == rank_bounds(estimate, sigma, together.critical)
    assert as_pairs(alone) == rank_bounds(estimate, sigma, alone.critical)
    assert (alone.critical <= together.critical + ROUNDING).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 100_000), st.sampled_from(["simultaneous", "marginal"]))
def test_rows_and_labels_do_not_matter(seed, kind):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 12))
    estimate = rng.integers(0, 3, n).astype(float) * 0.7
    panel = rng.integers(0, 2, (n, 3)).astype(float)
    sigma = panel @ panel.T * 0.1 + np.eye(n) * 0.1
    shuffle = rng.permutation(n)
    one = rank_sets(estimate, Dense(sigma), kind=kind, draws=500)
    # another order of rows *and* another order of summation
    noisy = (panel[shuffle][:, ::-1] @ panel[shuffle][:, ::-1].T * 0.1 + np.eye(n) * 0.1) * (1 + 1e-15)
    other = rank_sets(estimate[shuffle], Dense(noisy), kind=kind, draws=500)
    assert other.critical == pytest.approx(one.critical[shuffle], rel=ROUNDING)
    assert (other.low == one.low[shuffle]).all()
    assert (other.high == one.high[shuffle]).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 100_000))
def test_sets_hold_the_estimated_rank_and_ties_share_a_set(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 10))
    estimate = rng.integers(0, 4, n).astype(float)
    sets = rank_sets(estimate, Dense(np.eye(n) * 0.3), kind="marginal", draws=400)
    for j in range(n):
        assert sets.low[j] <= 1 + (estimate > estimate[j]).sum()
        assert sets.high[j] >= n - (estimate < estimate[j]).sum()
        twins = estimate == estimate[j]
        assert len(set(sets.low[twins])) == len(set(sets.high[twins])) == 1


def test_shift_and_common_error_change_nothing():
    estimate, sigma = scattered(10, seed=4)
    plain = rank_sets(estimate, Dense(sigma), draws=20_000)
    shared = rank_sets(estimate + 50, Dense(sigma + 3.0), draws=20_000)
    assert shared.critical == pytest.approx(plain.critical, abs=MC_CRITICAL)


def test_reversal_reverses():
    estimate, sigma = scattered(12, seed=5)
    up, down = rank_sets(estimate, Dense(sigma)), rank_sets(-estimate, Dense(sigma))
    critical = np.full(12, up.critical[0])
    assert rank_bounds(-estimate, sigma, critical) == [(13 - h, 13 - l) for l, h in as_pairs(up)]
    assert down.critical == pytest.approx(critical, abs=2 * MC_CRITICAL)


def test_one_person_or_nobody():
    assert as_pairs(rank_sets(np.array([3.0]), Dense(np.eye(1)))) == [(1, 1)]
    assert as_pairs(rank_sets(np.array([]), Dense(np.zeros((0, 0))))) == []


def test_difference_without_error_is_refused_only_where_it_would_decide():
    perfect = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    with pytest.raises(IdentificationError):
        rank_sets(np.array([2.0, 1.0, 0.0]), Dense(perfect))
    with pytest.raises(IdentificationError):
        rank_sets(np.array([2.0, 1.0, 0.0]), Dense(np.zeros((3, 3))))
    same = rank_sets(np.array([5.0, 5.0, -5.0]), Dense(perfect))
    assert as_pairs(same) == [(1, 2), (1, 2), (3, 3)]
    assert as_pairs(rank_sets(np.zeros(3), Dense(np.zeros((3, 3))))) == [(1, 3)] * 3
    with pytest.raises(IdentificationError):
        rank_sets(np.array([1.0, 0.0]), Dense(np.diag([np.nan, 1.0])))


def test_many_people_get_the_wider_bound(monkeypatch):
    estimate, sigma = scattered(30, seed=6)
    exact = {kind: rank_sets(estimate * 3, Dense(sigma), kind=kind) for kind in ("simultaneous", "marginal")}
    monkeypatch.setattr(engine, "DRAW_BUDGET", 0.0)
    for kind, pairs in (("simultaneous", 435), ("marginal", 29)):
        bound = rank_sets(estimate * 3, Dense(sigma), kind=kind)
        assert bound.basis == "bonferroni"
        assert bound.critical == pytest.approx(np.full(30, stats.norm.isf(0.025 / pairs)), rel=ROUNDING)
        assert as_pairs(bound) == rank_bounds(estimate * 3, sigma, bound.critical)
        assert (bound.low <= exact[kind].low).all()
        assert (bound.high >= exact[kind].high).all()
    few = rank_sets(estimate * 3, Dense(sigma), df=9)
    assert few.critical[0] == pytest.approx(stats.t.isf(0.025 / 435, 9), rel=ROUNDING)
    monkeypatch.setattr(engine, "PAIRWISE_LIMIT", 5)
    loose = rank_sets(estimate * 3, Dense(sigma))
    s = np.sqrt(np.diag(sigma))
    better = [(estimate[None] * 3 - c * s > (e * 3 + c * w)).sum() for e, w, c in zip(estimate, s, loose.critical, strict=True)]
    assert loose.basis == "bonferroni_bound"
    assert (loose.low == 1 + np.array(better)).all()
    assert (loose.high - loose.low >= bound_width(estimate * 3, sigma, loose.critical)).all()
    assert (loose.low > 1).any()
    with pytest.raises(IdentificationError):
        rank_sets(estimate, Dense(np.zeros((30, 30))))


def bound_width(estimate, sigma, critical):
    return np.array([h - l for l, h in rank_bounds(estimate, sigma, critical)])


def test_ten_thousand_people_in_factor_form():
    rng = np.random.default_rng(1)
    factor = Factor(rng.standard_normal((10_000, 3)) * 0.01, np.full(10_000, 0.01))
    estimate = rng.standard_normal(10_000)
    sets = rank_sets(estimate, factor)
    assert sets.basis == "bonferroni_bound"
    place = np.argsort(np.argsort(-estimate)) + 1
    assert ((sets.low <= place) & (place <= sets.high)).all()
    assert sets.low.max() > 5000


def test_top_places_are_shared_out():
    index = p_top(*GOLDEN, k=2, draws=5000)
    assert index.sum() == pytest.approx(2.0, abs=1e-12)
    assert (np.diff(index[[0, 1, 3, 4]]) <= 0).all()
    pair = p_top(np.array([1.0, 0.0]), Dense(np.eye(2) * 0.5), k=1, draws=40_000)
    assert pair[0] == pytest.approx(stats.norm.cdf(1.0), abs=4 * np.sqrt(0.13 / 40_000))
    assert p_top(*GOLDEN, k=5).tolist() == [1.0] * 5
    assert p_top(*GOLDEN, k=0).tolist() == [0.0] * 5


def test_top_places_of_exchangeable_people_are_equal():
    index = p_top(np.array([1.0, 0.0, 1.0, 0.0]), Dense(np.eye(4)), k=1, draws=999)
    assert index[0] == index[2]
    assert index[1] == index[3]
