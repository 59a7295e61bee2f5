from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankkit.errors import PolicyError
from rankkit.kernels.grading.apportionment import exact, exact_shares, largest_remainder, range_quota, sainte_lague, served_order
from tests.oracles_ranks import hamilton_is_optimal, webster

CURVE = [10, 20, 40, 20, 10]
PARADOX = [1, 2, 63, 29, 5]


@pytest.mark.parametrize(
    ("n", "counts"),
    [(3, [0, 1, 1, 1, 0]), (5, [1, 1, 2, 1, 0]), (7, [1, 1, 3, 1, 1]), (8, [1, 2, 3, 1, 1]), (13, [1, 3, 5, 3, 1]), (0, [0] * 5)],
)
def test_golden_curve(n, counts):
    assert largest_remainder(n, CURVE).tolist() == counts


def test_the_rule_for_equal_fractions_is_the_declared_one():
    assert largest_remainder(5, CURVE, seat_ties="top").tolist() == [1, 1, 2, 1, 0]
    assert largest_remainder(5, CURVE, seat_ties="bottom").tolist() == [0, 1, 2, 1, 1]
    assert largest_remainder(8, CURVE, seat_ties="bottom").tolist() == [1, 1, 3, 2, 1]
    assert largest_remainder(4, [Fraction(1, 3)] * 3).tolist() == [1, 2, 1]
    assert largest_remainder(4, [Fraction(1, 3)] * 3, seat_ties="top").tolist() == [2, 1, 1]


def test_alabama():
    assert largest_remainder(8, PARADOX).tolist() == [0, 0, 5, 2, 1]
    assert largest_remainder(9, PARADOX).tolist() == [0, 0, 6, 3, 0]
    seats = np.array([sainte_lague(n, PARADOX) for n in range(60)])
    assert (np.diff(seats, axis=0) >= 0).all()


def test_vitality_curve_of_small_teams():
    assert largest_remainder(7, [20, 70, 10]).tolist() == [1, 5, 1]
    assert largest_remainder(35, [20, 70, 10], seat_ties="bottom").tolist() == [7, 24, 4]


def shares_of_100(draw_list):
    cuts = sorted(draw_list)
    return [b - a for a, b in zip([0, *cuts], [*cuts, 100], strict=True)]


SHARES = st.lists(st.integers(0, 100), min_size=1, max_size=3).map(shares_of_100)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 9), SHARES, st.sampled_from(["middle", "top", "bottom"]))
def test_hamilton_is_nearest_to_the_quotas(n, shares, rule):
    counts = largest_remainder(n, shares, seat_ties=rule)
    assert counts.sum() == n
    assert hamilton_is_optimal(n, shares, counts.tolist())


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 60), SHARES, st.sampled_from(["middle", "top", "bottom"]))
def test_webster_seat_by_seat(n, shares, rule):
    counts = sainte_lague(n, shares, seat_ties=rule)
    assert counts.tolist() == webster(n, shares, served_order(len(shares), rule))


@given(st.integers(1, 3000), SHARES)
def test_quota_is_respected_and_every_spelling_counts_the_same(n, shares):
    counts = largest_remainder(n, shares)
    assert all(share * n // 100 <= c <= -(-share * n // 100) for share, c in zip(shares, counts.tolist(), strict=True))
    for spelling in (lambda s: s / 100, lambda s: Decimal(s) / 100, lambda s: Fraction(s, 100), np.float64, str):
        assert largest_remainder(n, [spelling(s) for s in shares]).tolist() == counts.tolist()


def test_numbers_are_read_as_written():
    assert exact(0.1) == Fraction(1, 10)
    assert exact(np.float64(0.07)) == Fraction(7, 100)
    assert exact(1 / 3) == Fraction(1, 3)
    assert exact(0.123456789) == Fraction(123456789, 10**9)
    assert exact_shares([1 / 3, 1 / 3, 1 / 3]) == [Fraction(1, 3)] * 3
    assert exact_shares([0.1, 0.2, 0.7]) == [Fraction(1, 10), Fraction(1, 5), Fraction(7, 10)]


@pytest.mark.parametrize("shares", [[0.1, 0.2, 0.69], [10, 20, 69], [0.5, 0.6], [], [0.1, 0.9000001]])
def test_nothing_is_rescaled(shares):
    for method in (largest_remainder, sainte_lague):
        with pytest.raises(PolicyError) as caught:
            method(10, shares)
        assert caught.value.code == "E-QUOTA-SUM"


@pytest.mark.parametrize("bad", [-10, float("nan"), float("inf"), "ten", None])
def test_no_share(bad):
    with pytest.raises(PolicyError) as caught:
        largest_remainder(10, [bad, 50, 60])
    assert caught.value.code == "E-QUOTA"


def test_ranges_are_exact():
    fewest, most = range_quota(100, [0.07, 0, 0.29], [0.57, 1, 0.58])  # .07·100, .29·100, .57·100 and .58·100 miss in floats
    assert fewest.tolist() == [7, 0, 29]
    assert most.tolist() == [57, 100, 58]
    assert range_quota(100, [7, 0, 29], [57, 100, 58])[1].tolist() == [57, 100, 58]


def test_ranges_without_a_whole_number():
    with pytest.raises(PolicyError) as caught:
        range_quota(7, [0.16, 0.5], [0.2, 1])  # between 1.12 and 1.4 people
    assert caught.value.code == "E-QUOTA"
    with pytest.raises(PolicyError) as caught:
        range_quota(10, [0, 0], [0.4, 0.5])
    assert caught.value.code == "E-QUOTA-SUM"
