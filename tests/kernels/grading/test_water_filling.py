"""A pool in whole cents: exact, within bounds, monotone, the same in any order."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rankkit.kernels.grading.claims_needed import claims_needed
from rankkit.kernels.grading.water_filling import water_filling
from tests import oracles_bonus as oracle

TIGHT = 1e-9  # a product of some dozens of complex numbers
NEAR = 0.02  # of the mean: amounts are shared between cells of a fiftieth of it or less


@st.composite
def pools(draw, *, floors: bool = True):
    n = draw(st.integers(1, 7))
    claims = draw(st.lists(st.integers(0, 12), min_size=n, max_size=n).filter(any))
    low = draw(st.lists(st.integers(0, 30) if floors else st.just(0), min_size=n, max_size=n))
    low = [f if w else 0 for f, w in zip(low, claims, strict=True)]
    high = [draw(st.none() | st.integers(f, f + 60)) for f in low]
    pool = draw(st.integers(sum(low), sum(low) + 150))
    return pool, claims, high, low


@settings(max_examples=300, deadline=None)
@given(pools())
def test_every_cent_is_somewhere_and_no_bound_is_passed(case) -> None:
    pool, claims, caps, floors = case
    found = water_filling(pool, claims, caps=caps, floors=floors)
    dues, rate = oracle.water_filling(pool, claims, caps, floors)
    assert sum(found.amounts) + found.kept + found.surplus == pool
    assert found.shortfall == 0
    assert found.rate == rate
    for x, due, w, u, f in zip(found.amounts, dues, claims, caps, floors, strict=True):
        assert x >= f
        assert u is None or x <= u or not w
        assert 0 <= abs(x - due) < 1
    assert found.surplus == pool - sum(dues)
    assert (list(found.amounts), found.kept) == oracle.in_cents(dues, claims)
    assert found.kept < max(len(found.tied), 1)


@settings(max_examples=200, deadline=None)
@given(pools(floors=False))
def test_it_is_what_dividing_again_and_again_ends_in(case) -> None:
    pool, claims, caps, _ = case
    found = water_filling(pool, claims, caps=caps)
    dues = oracle.divided_again(pool, claims, caps)
    if not found.surplus:
        assert (list(found.amounts), found.kept) == oracle.in_cents(dues, claims)
    else:
        assert [x for x, w in zip(found.amounts, claims, strict=True) if w] == [u for u, w in zip(caps, claims, strict=True) if w]


@settings(max_examples=200, deadline=None)
@given(pools(), st.randoms(use_true_random=False), st.integers(2, 50))
def test_neither_order_nor_the_unit_of_claims_decides(case, random, factor) -> None:
    pool, claims, caps, floors = case
    found = water_filling(pool, claims, caps=caps, floors=floors)
    order = list(range(len(claims)))
    random.shuffle(order)
    shuffled = water_filling(
        pool, *([x[k] for k in order] for x in (claims,)), caps=[caps[k] for k in order], floors=[floors[k] for k in order]
    )
    assert shuffled.amounts == tuple(found.amounts[k] for k in order)
    assert (shuffled.kept, shuffled.rate, shuffled.surplus) == (found.kept, found.rate, found.surplus)
    scaled = water_filling(pool, [w * factor for w in claims], caps=caps, floors=floors)
    assert scaled.amounts == found.amounts
    assert scaled.rate * factor == found.rate


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 500), st.lists(st.integers(0, 20), min_size=2, max_size=9).filter(any), st.integers(5, 80), st.integers(0, 4))
def test_a_larger_claim_never_gets_less_and_equal_claims_get_the_same(pool, claims, cap, floor) -> None:
    if sum(floor for w in claims if w) > pool:
        return
    found = water_filling(pool, claims, caps=[cap] * len(claims), floors=[floor if w else 0 for w in claims])
    pairs = sorted(zip(claims, found.amounts, strict=True))
    for (w, x), (v, y) in pairwise(pairs):
        assert x <= y
        assert w != v or x == y


@settings(max_examples=100, deadline=None)
@given(pools(), st.integers(1, 40))
def test_more_money_lowers_nobody(case, more) -> None:
    pool, claims, caps, floors = case
    less, found = (water_filling(p, claims, caps=caps, floors=floors) for p in (pool, pool + more))
    assert found.rate >= less.rate
    # a remainder may pass from one to another; nobody loses more than that cent
    assert all(y >= x - 1 for x, y in zip(less.amounts, found.amounts, strict=True))


def test_a_declared_order_pays_every_cent() -> None:
    even = water_filling(100, [1, 1, 1])
    assert (even.amounts, even.kept, even.tied) == ((33, 33, 33), 1, (0, 1, 2))
    assert water_filling(100, [1, 1, 1], order=[2, 0, 1]).amounts == (33, 34, 33)
    assert water_filling(101, [1, 1, 1], order=[0, 1, 1]).amounts == (34, 33, 33)  # what the order leaves equal stays equal
    assert water_filling(101, [1, 1, 1], order=[0, 1, 1]).kept == 1


def test_a_toy_of_floats_and_row_order_fails() -> None:
    def toy(pool, claims):
        cents = [round(pool * w / sum(claims)) for w in claims]
        cents[0] += pool - sum(cents)  # "the rest to the first row"
        return cents

    assert toy(100, [1, 1, 1]) != toy(100, [1, 1, 1])[::-1]
    pool, claims = 10**17 + 1, [1, 2]
    assert sum(int(pool * (w / 3)) for w in claims) != pool  # floats lose cents of a large pool
    assert sum(water_filling(pool, claims).amounts) == pool


def test_impossible_bounds_are_said_in_numbers() -> None:
    assert water_filling(100, [1, 1], floors=[80, 40]).shortfall == 20
    low = water_filling(100, [1, 1, 0], caps=[30, 40, 500])
    assert (low.amounts, low.surplus, low.rate) == ((30, 40, 0), 30, Fraction(40))


def test_what_is_asked_for_is_exact_for_few_amounts() -> None:
    amounts = np.array([1.0, 1.0, 2.0, 3.0, 5.0])
    exact = oracle.sum_of_chances(amounts, 0.3)
    found = claims_needed(amounts, [0.3])
    for s in sorted(exact):
        assert abs(found.enough(s) - sum(p for k, p in exact.items() if k <= s)) < TIGHT
    assert found.quantile(0.95) == min(s for s in exact if sum(p for k, p in exact.items() if k <= s) >= 0.95)


def test_what_is_asked_for_keeps_mean_and_quantile_of_many_amounts() -> None:
    rng = np.random.default_rng(5)
    amounts = rng.gamma(2.0, 1000.0, 400)
    found = claims_needed(amounts, [0.02])
    mass = np.diff(found.below, prepend=0.0)
    assert abs(mass @ found.at / found.mean - 1) < TIGHT * 1e3
    drawn = (rng.random((20_000, 400)) < 0.02) @ amounts
    for level in (0.5, 0.9, 0.95, 0.99):
        assert abs((drawn <= found.quantile(level)).mean() - level) < 4 * np.sqrt(level * (1 - level) / 20_000) + NEAR / 10


def test_a_rate_that_is_not_known_widens_what_is_needed() -> None:
    amounts = np.full(300, 100.0)
    known, unknown = claims_needed(amounts, [0.05]), claims_needed(amounts, [0.02, 0.05, 0.08])
    assert abs(known.mean - unknown.mean) < TIGHT * known.mean
    assert unknown.quantile(0.95) > known.quantile(0.95)
    assert claims_needed(np.array([]), [0.1]).quantile(0.95) == 0.0
