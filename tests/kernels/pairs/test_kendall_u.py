"""Kendall's coefficient of agreement: values, range, null distribution, unrelated judges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankkit.kernels.pairs.kendall_u import _exact, kendall_u, one_vote_each, unrelated_judges
from rankkit.kernels.pairs.pair_counts import PairCounts
from tests.oracles_triads import answers_by_pair, kendall_u_by_judges, kendall_u_null

ROUNDING = 1e-12


def complete(n, wins, losses):
    first, second = np.triu_indices(n, 1)
    return PairCounts(n, first, second, np.asarray(wins, float), np.asarray(losses, float), np.zeros(len(first)))


def panel(n, m, rng, common=0.0):
    """Each judge ranks everybody by a common and a private view."""
    first, second = np.triu_indices(n, 1)
    view = common * np.arange(n)[::-1] + rng.normal(size=(m, n))
    result = np.where(view[:, first] > view[:, second], 1, -1)
    return np.repeat(np.arange(m), len(first)), np.tile(first, m), np.tile(second, m), result.ravel()


def test_golden_value():
    assert kendall_u(complete(3, [4, 4, 4], [1, 1, 1])).u == pytest.approx(0.20, abs=ROUNDING)


@pytest.mark.parametrize("m", range(2, 9))
def test_range(m):
    """From -1/(m-1) for even and -1/m for odd numbers of judges, to 1."""
    half = m // 2
    least = kendall_u(complete(4, [half] * 6, [m - half] * 6))
    assert least.u == pytest.approx(least.lowest, abs=ROUNDING)
    assert least.lowest == pytest.approx(-1 / (m if m % 2 else m - 1), abs=ROUNDING)
    most = kendall_u(complete(4, [m] * 6, [0] * 6))
    assert most.u == pytest.approx(1.0, abs=ROUNDING)
    assert most.p == pytest.approx(2.0 ** (-(m - 1) * 6), rel=1e-9)
    assert least.p == pytest.approx(1.0, abs=1e-9)


@st.composite
def judged(draw):
    n, m = draw(st.integers(2, 5)), draw(st.integers(2, 5))
    row = st.tuples(st.integers(0, m - 1), st.integers(0, n - 1), st.integers(1, n - 1), st.sampled_from([-1, 1, 1, 0]))
    rows = np.array(draw(st.lists(row, min_size=2, max_size=50)), dtype=np.int64)
    return rows[:, 0], rows[:, 1], (rows[:, 1] + rows[:, 2]) % n, rows[:, 3], n, m


@settings(max_examples=200, deadline=None, derandomize=True)
@given(judged())
def test_incomplete_and_tied_judgements_judge_by_judge(data):
    judge, left, right, result, n, m = data
    votes = [answers_by_pair(left[judge == r], right[judge == r], result[judge == r]) for r in range(m)]
    counts = one_vote_each(judge, left, right, result, n, m)
    found = kendall_u(counts)
    if (counts.total >= 2).any():
        assert found.u == pytest.approx(kendall_u_by_judges(votes, n), abs=ROUNDING)
        assert 0 < found.p <= 1
    else:
        assert np.isnan(found.u)
        assert found.method == "none"


@pytest.mark.parametrize(("m", "pairs"), [(2, 6), (3, 6), (4, 3), (5, 3), (6, 3)])
def test_null_distribution_by_going_through_all_coin_tosses(m, pairs):
    most = pairs * m * (m - 1) // 2
    for agreeing in range(most + 1):
        found = _exact(np.full(pairs, m), agreeing) if agreeing >= 0 else None
        assert found == pytest.approx(kendall_u_null(m, pairs, agreeing), rel=1e-9)


def test_unequal_numbers_of_judges_are_convolved():
    p = _exact(np.array([2, 3]), 4)  # both agree (1/2), all three agree (1/4)
    assert p == pytest.approx(1 / 8, rel=ROUNDING)


def test_the_approximation_is_close_where_the_exact_one_is_known():
    rng = np.random.default_rng(1)
    judge, left, right, result = panel(8, 12, rng, common=0.1)
    found = kendall_u(one_vote_each(judge, left, right, result, 8, 12))
    assert found.method == "exact"
    assert found.p_chi2 == pytest.approx(found.p, rel=0.25)  # three moments


def test_very_large_panels_fall_back_on_the_approximation():
    found = kendall_u(complete(30, [310] * 435, [290] * 435))
    assert found.method == "chi_squared"
    assert found.p == found.p_chi2


def test_rows_and_labels_do_not_matter():
    rng = np.random.default_rng(5)
    judge, left, right, result = panel(6, 5, rng, common=0.3)
    people, judges = rng.permutation(6), rng.permutation(5)
    for keep in (np.ones(len(judge), dtype=bool), rng.random(len(judge)) < 0.7):  # complete; incomplete
        rows = np.flatnonzero(keep)
        shuffled = rng.permutation(rows)
        here = unrelated_judges(judge[rows], left[rows], right[rows], result[rows], 6, 5, draws=200)
        there = unrelated_judges(
            judges[judge[shuffled]], people[right[shuffled]], people[left[shuffled]], -result[shuffled], 6, 5, draws=200
        )
        assert here == there
        assert here.method == ("relabelling" if keep.all() else "reversal")


def test_too_few_judges():
    assert np.isnan(unrelated_judges(np.zeros(1, int), np.array([0]), np.array([1]), np.array([1]), 2, 1).p)


@pytest.mark.recovery
def test_consistent_but_unrelated_judges():
    """Coin tossing calls them agreeing too often; rearranging them does not, and finds agreement that is there."""
    rng = np.random.default_rng(8)
    coins, rearranged, reversal = [], [], []
    for k in range(400):
        judge, left, right, result = panel(7, 6, rng)
        coins.append(kendall_u(one_vote_each(judge, left, right, result, 7, 6)).p)
        rearranged.append(unrelated_judges(judge, left, right, result, 7, 6, draws=199, seed=k).p)
        keep = rng.random(len(judge)) < 0.6
        reversal.append(unrelated_judges(judge[keep], left[keep], right[keep], result[keep], 7, 6, draws=199, seed=k).p)
    slack = 3 * np.sqrt(0.05 * 0.95 / 400)
    assert abs(np.mean(np.array(rearranged) <= 0.05) - 0.05) < slack
    assert np.mean(np.array(reversal) <= 0.05) < 0.05 + slack
    assert np.mean(np.array(coins) <= 0.05) > 0.05 + slack
    found = unrelated_judges(*panel(7, 6, rng, common=0.5), 7, 6, draws=199)
    assert found.p <= 0.01


def test_the_smallest_p_few_judges_allow():
    first, second = np.triu_indices(4, 1)
    for m in (2, 3, 4):
        judge, a, b = np.repeat(np.arange(m), 5), np.tile(first[1:], m), np.tile(second[1:], m)  # a pair is missing: reversals
        found = unrelated_judges(judge, a, b, np.ones(5 * m, dtype=np.int64), 4, m, draws=4000)
        assert found.method == "reversal"
        assert found.smallest_p == pytest.approx(0.5 ** (m - 1))
        assert found.p == pytest.approx(found.smallest_p, abs=0.04)  # five standard errors
    whole = unrelated_judges(
        np.repeat([0, 1], 3), np.tile([0, 0, 1], 2), np.tile([1, 2, 2], 2), np.ones(6, dtype=np.int64), 3, 2, draws=4000
    )
    assert whole.smallest_p == pytest.approx(1 / 6)
    assert whole.p == pytest.approx(1 / 6, abs=0.03)
