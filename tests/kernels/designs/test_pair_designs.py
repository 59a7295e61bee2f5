"""Designs have the properties they promise, over many sizes and seeds."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rankkit.errors import SettingsError
from rankkit.kernels.designs.cyclic_designs import cyclic, cyclic_differences
from rankkit.kernels.designs.pair_designs import PairDesign, check_degree, complete, components
from rankkit.kernels.designs.pair_schedules import Schedule, balanced_sides, in_a_row, ross_order, schedule, spread_out
from rankkit.kernels.designs.regular_designs import random_regular

ROUNDING = 1e-9  # eigenvalues of matrices of at most a few dozen people
MANY = settings(max_examples=150, deadline=None, derandomize=True)


@st.composite
def sizes(draw, largest=25):
    n = draw(st.integers(3, largest))
    k = draw(st.integers(2, n - 1))
    assume(n * k % 2 == 0)
    return n, k, draw(st.integers(0, 10_000))


def pairs_of(design: PairDesign) -> set[tuple[int, int]]:
    return set(zip(design.first.tolist(), design.second.tolist(), strict=True))


def shortest_rest(first, second) -> int:
    """Comparisons from one appearance of a person to the next, at least."""
    seen: dict[int, int] = {}
    shortest = len(first)
    for t, pair in enumerate(zip(first.tolist(), second.tolist(), strict=True)):
        for person in pair:
            if person in seen:
                shortest = min(shortest, t - seen[person])
            seen[person] = t
    return shortest


def fewest_in_a_row(pairs: list[tuple[int, int]]) -> int:
    """Fewest neighbours that share a person over all orders, by dynamic programming over subsets."""
    size = len(pairs)
    clash = [[len({*p} & {*q}) > 0 for q in pairs] for p in pairs]
    best = {(1 << t, t): 0 for t in range(size)}
    for mask in range(1, 1 << size):
        for last in range(size):
            if (mask, last) not in best:
                continue
            for t in range(size):
                if not mask >> t & 1:
                    key, cost = (mask | 1 << t, t), best[mask, last] + clash[last][t]
                    best[key] = min(best.get(key, size), cost)
    return min(cost for (mask, _), cost in best.items() if mask == (1 << size) - 1)


@MANY
@given(sizes())
def test_random_regular_designs_are_regular_simple_and_connected(size):
    n, k, seed = size
    found = random_regular(n, k, np.random.default_rng(seed))
    assert (found.degree == k).all()
    assert len(pairs_of(found)) == n * k // 2
    assert (found.first < found.second).all()
    assert found.connected
    again = random_regular(n, k, np.random.default_rng(seed))
    assert pairs_of(again) == pairs_of(found)


def test_random_regular_designs_are_drawn_evenly():
    """Of the 70 connected and 3-regular graphs on six labelled people every pair is as frequent as any other."""
    rng = np.random.default_rng(5)
    draws = 600
    count = np.zeros((6, 6))
    prisms = 0
    for _ in range(draws):
        found = random_regular(6, 3, rng)
        count[found.first, found.second] += 1
        linked = pairs_of(found) | {(b, a) for a, b in pairs_of(found)}
        prisms += any({(a, b), (b, c), (a, c)} <= linked for a, b, c in combinations(range(6), 3))
    share = count[np.triu_indices(6, 1)] / draws
    three_standard_errors = 3.5 * np.sqrt(0.6 * 0.4 / draws)
    assert np.abs(share - 0.6).max() < three_standard_errors
    assert abs(prisms / draws - 60 / 70) < 3.5 * np.sqrt(60 / 70 * 10 / 70 / draws)  # 60 prisms, 10 complete bipartite


def or_refused(make):
    """Return the design, or None where there is said to be none."""
    try:
        return make()
    except SettingsError as error:
        if error.code != "E-NOREGULAR":
            raise
        return None


@MANY
@given(sizes(16), st.floats(0, 0.3))
def test_forbidden_pairs_are_avoided_or_the_design_is_refused(size, share):
    n, k, seed = size
    rng = np.random.default_rng(seed)
    first, second = np.triu_indices(n, 1)
    banned = np.column_stack([first, second])[rng.random(len(first)) < share]
    for make in (random_regular, cyclic):
        found = or_refused(lambda make=make: make(n, k, rng, banned[:, ::-1]))  # the order within a pair does not matter
        if found is None:
            continue
        assert not pairs_of(found) & {(int(a), int(b)) for a, b in banned}
        assert found.connected
        if make is random_regular:
            assert (found.degree == k).all()
    kept = complete(n, banned)
    assert len(kept.first) == len(first) - len(banned)


def test_forbidden_pairs_do_not_stop_a_design_that_exists():
    for seed in range(20):
        rng = np.random.default_rng(seed)
        banned = np.array([(0, 1), (2, 3), (4, 5), (0, 2)])
        assert (random_regular(12, 6, rng, banned).degree == 6).all()


@MANY
@given(sizes())
def test_cyclic_designs_are_regular_and_connected(size):
    n, k, _ = size
    found = cyclic(n, k)
    assert (found.degree == k).all()
    assert len(pairs_of(found)) == n * k // 2
    assert found.connected
    turned = {tuple(sorted(((a + 1) % n, (b + 1) % n))) for a, b in pairs_of(found)}
    assert turned == pairs_of(found)


@pytest.mark.parametrize(("n", "k"), [(6, 3), (7, 4), (8, 3), (9, 4), (10, 5), (11, 4), (12, 6), (13, 4)])
def test_no_difference_set_is_more_efficient(n, k):
    def efficiency(differences):
        pairs = {tuple(sorted((i, (i + d) % n))) for d in differences for i in range(n)}
        first, second = np.array(sorted(pairs)).T
        return PairDesign(n, first, second).efficiency

    half = [n // 2] if k % 2 else []
    every = [efficiency([*chosen, *half]) for chosen in combinations(range(1, (n + 1) // 2), k // 2)]
    assert efficiency(cyclic_differences(n, k)) == pytest.approx(max(every), abs=ROUNDING)


def test_exchanges_find_sets_as_good_as_a_full_search(monkeypatch):
    for n, k in ((17, 6), (20, 7), (24, 8)):
        best = cyclic(n, k).efficiency
        monkeypatch.setattr("rankkit.kernels.designs.cyclic_designs._ALL_SETS", 0)
        found = cyclic(n, k)
        monkeypatch.undo()
        assert found.connected
        assert (found.degree == k).all()
        assert found.efficiency > 0.98 * best  # a local optimum, within two per cent


def test_efficiency_of_known_designs():
    assert complete(7).efficiency == pytest.approx(1.0, abs=ROUNDING)
    ring = cyclic(5, 2)
    variance = np.linalg.pinv(np.diag(ring.degree) - _adjacency(ring))
    assert ring.efficiency == pytest.approx(4 * 4 / (10 * np.trace(variance)), abs=ROUNDING)
    assert PairDesign(4, np.array([0, 2]), np.array([1, 3])).efficiency == 0


def _adjacency(design):
    A = np.zeros((design.n, design.n))
    A[design.first, design.second] = A[design.second, design.first] = 1
    return A


@pytest.mark.parametrize(("n", "k", "code"), [(5, 3, "E-ODDTOTAL"), (5, 5, "E-KRANGE"), (5, 1, "E-KRANGE"), (5, 0, "E-KRANGE")])
def test_impossible_degrees_are_refused(n, k, code):
    for make in (lambda: check_degree(n, k), lambda: random_regular(n, k, np.random.default_rng(0)), lambda: cyclic(n, k)):
        with pytest.raises(SettingsError) as caught:
            make()
        assert caught.value.code == code
    if code == "E-ODDTOTAL":
        assert "2, 4" in str(caught.value)


def test_parts_are_numbered_by_their_first_member():
    assert components(np.array([1, 3]), np.array([4, 2]), 5).tolist() == [0, 1, 2, 2, 1]


@pytest.mark.parametrize("n", range(2, 41))
def test_ross_order_has_every_pair_once_and_long_rests(n):
    first, second = ross_order(n)
    assert sorted(zip(first.tolist(), second.tolist(), strict=True)) == list(combinations(range(n), 2))
    if n >= 5:
        assert in_a_row(first, second) == 0
        assert shortest_rest(first, second) >= max(2, n // 2 - 1)


@MANY
@given(sizes())
def test_schedules_are_balanced_and_repeat_nobody(size):
    n, k, seed = size
    rng = np.random.default_rng(seed)
    design = random_regular(n, k, rng)
    found = schedule(design.first, design.second, n, rng)
    shown = {tuple(sorted(p)) for p in zip(found.left.tolist(), found.right.tolist(), strict=True)}
    assert shown == pairs_of(design)
    assert np.abs(found.surplus).max() <= 1
    if n * k // 2 % n == 0 and k % 2 == 0:
        assert not found.surplus.any()  # an even number of comparisons is halved exactly
    if n >= 6:
        assert found.consecutive == 0
    elif len(found.left) <= 10:
        assert found.consecutive == fewest_in_a_row(sorted(pairs_of(design)))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(3, 6), st.integers(0, 10_000), st.floats(0.3, 1))
def test_no_order_of_few_pairs_repeats_people_less(n, seed, share):
    rng = np.random.default_rng(seed)
    first, second = np.triu_indices(n, 1)
    keep = rng.random(len(first)) < share
    first, second = first[keep][:9], second[keep][:9]
    assume(len(first) > 1)
    order = spread_out(first, second, n, rng)
    assert sorted(order.tolist()) == list(range(len(first)))
    fewest = fewest_in_a_row(list(zip(first.tolist(), second.tolist(), strict=True)))
    assert in_a_row(first[order], second[order]) == fewest
    assert Schedule(n, first, second).unavoidable <= fewest


def test_a_person_in_every_pair_cannot_rest():
    star = Schedule(5, np.zeros(4, dtype=np.int64), np.arange(1, 5))
    assert star.unavoidable == star.consecutive == 3


def test_long_lists_are_mended(monkeypatch):
    monkeypatch.setattr("rankkit.kernels.designs.pair_schedules._GREEDY", 0)
    rng = np.random.default_rng(2)
    design = random_regular(40, 8, rng)
    order = spread_out(design.first, design.second, 40, rng)
    assert sorted(order.tolist()) == list(range(160))
    assert in_a_row(design.first[order], design.second[order]) == 0


@MANY
@given(st.integers(2, 9), st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=40), st.integers(0, 99))
def test_sides_are_balanced_for_any_list_of_pairs(n, raw, seed):
    pairs = np.array([(a % n, b % n) for a, b in raw if a % n != b % n], dtype=np.int64).reshape(-1, 2)
    first, second = pairs.T
    swap = balanced_sides(first, second, n, np.random.default_rng(seed))
    found = Schedule(n, np.where(swap, second, first), np.where(swap, first, second))
    load = np.bincount(pairs.ravel(), minlength=n)
    assert (np.abs(found.surplus) == load % 2).all()


def test_sides_and_order_are_drawn_by_lot():
    first, second = np.triu_indices(8, 1)
    found = [schedule(first, second, 8, np.random.default_rng(seed)) for seed in range(200)]
    on_left = np.mean([(s.left == 0).sum() for s in found])
    assert abs(on_left - 3.5) < 3.5 * 0.5 / np.sqrt(200)  # 3 or 4 of 7, each half of the time
    assert len({(int(s.left[0]), int(s.right[0])) for s in found}) > 30
