"""Matching, adaptive choice and shares of judges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankkit.kernels.designs.adaptive_pairs import Standing, information, next_pair, random_rounds, slots, standing, swiss_round
from rankkit.kernels.designs.judge_shares import share_pairs
from rankkit.kernels.designs.pair_designs import complete, components
from rankkit.kernels.designs.pair_matching import pair_off
from rankkit.kernels.designs.regular_designs import random_regular

ROUNDING = 1e-8  # Newton steps end at 1e-10


def graph(rng, n, density):
    upper = np.triu(rng.random((n, n)) < density, 1)
    return upper | upper.T


def most_pairs(allowed) -> int:
    """Largest number of pairs, by trying everything."""
    edges = list(zip(*np.nonzero(np.triu(allowed)), strict=True))

    def best(start: int, used: frozenset[int]) -> int:
        return max((1 + best(t + 1, used | {*edges[t]}) for t in range(start, len(edges)) if not used & {*edges[t]}), default=0)

    return best(0, frozenset())


@settings(max_examples=250, deadline=None, derandomize=True)
@given(st.integers(2, 8), st.floats(0.1, 0.7), st.integers(0, 10_000))
def test_as_many_are_paired_as_can_be(n, density, seed):
    rng = np.random.default_rng(seed)
    allowed = graph(rng, n, density)
    partner = pair_off(rng.permutation(n), allowed)
    paired = np.flatnonzero(partner >= 0)
    assert (partner[partner[paired]] == paired).all()
    assert allowed[paired, partner[paired]].all()
    assert len(paired) // 2 == most_pairs(allowed)


def test_odd_cycles_with_tails_are_paired_completely():
    """A chain of triangles joined by single links: greedy pairs strand people, augmenting through odd cycles does not."""
    for seed in range(30):
        rng = np.random.default_rng(seed)
        n = 60
        allowed = np.zeros((n, n), dtype=bool)
        for t in range(0, n, 3):
            for a, b in ((t, t + 1), (t + 1, t + 2), (t, t + 2), (t + 2, (t + 3) % n)):
                allowed[a, b] = allowed[b, a] = True
        label = rng.permutation(n)
        partner = pair_off(rng.permutation(n), allowed[np.ix_(label, label)])
        assert (partner >= 0).all()


def test_standing_is_the_fit_with_one_drawn_comparison_added():
    left, right, result = np.array([0, 1, 0, 2]), np.array([1, 2, 2, 0]), np.array([1, 1, 1, 0])
    n = 4
    found = standing(left, right, result, n)
    u, average = np.append(found.worth, 0.0), n  # everybody drew once with the average person

    def p(i, j):
        return 1 / (1 + np.exp(u[j] - u[i]))

    games = [*zip(left, right, (result + 1) / 2, strict=True), *((i, average, 0.5) for i in range(n))]
    score = np.zeros(n + 1)
    H = np.zeros((n + 1, n + 1))
    for i, j, won in games:
        score[i] += won - p(i, j)
        score[j] -= won - p(i, j)
        d = np.eye(n + 1)[i] - np.eye(n + 1)[j]
        H += p(i, j) * p(j, i) * np.outer(d, d)
    assert np.abs(score).max() < ROUNDING
    V = np.linalg.pinv(H)
    for i in range(n):
        for j in range(n):
            assert found.difference_variance[i, j] == pytest.approx(V[i, i] + V[j, j] - 2 * V[i, j], abs=1e-7)


def test_standing_is_finite_without_answers_and_after_a_clean_sweep():
    none = np.zeros(0, dtype=np.int64)
    assert np.abs(standing(none, none, none, 5).worth).max() < ROUNDING
    sweep = standing(np.zeros(20, np.int64), np.ones(20, np.int64), np.ones(20, np.int64), 3)
    assert np.isfinite(sweep.worth).all()
    assert np.isfinite(sweep.difference_variance).all()


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.integers(3, 9), st.integers(0, 10_000), st.floats(0.2, 3))
def test_next_pair_is_the_most_informative_permitted_one(n, seed, gap):
    rng = np.random.default_rng(seed)
    worth = rng.normal(size=n) * 2
    root = rng.normal(size=(n, n))
    V = root @ root.T
    spread = np.diag(V)[:, None] + np.diag(V) - 2 * V
    allowed = graph(rng, n, 0.6)
    known = Standing(worth, spread)
    found = next_pair(known, allowed, np.zeros((n, n)), gap)
    options = {}
    for i in range(n):
        for j in range(i + 1, n):
            if allowed[i, j] and abs(worth[i] - worth[j]) <= gap:
                p = 1 / (1 + np.exp(worth[j] - worth[i]))
                options[i, j] = p * (1 - p) * spread[i, j]
    if not options:
        assert found is None
    else:
        assert options[found] == pytest.approx(max(options.values()), rel=1e-7)
        assert information(known)[found] == pytest.approx(options[found])


def test_the_lot_decides_between_equals_whatever_the_last_digits():
    n = 6
    lot = np.arange(36.0).reshape(6, 6)
    lot[3, 4] = lot[4, 3] = -1
    noise = 1 + 1e-13 * np.random.default_rng(0).normal(size=(n, n))
    for spread in (np.ones((n, n)), noise):
        assert next_pair(Standing(np.zeros(n), spread), ~np.eye(n, dtype=bool), lot, 2.0) == (3, 4)


def test_swiss_rounds_pair_neighbours_and_share_the_byes():
    rng = np.random.default_rng(3)
    n = 9
    allowed = ~np.eye(n, dtype=bool)
    byes, score = np.zeros(n, dtype=np.int64), np.zeros(n)
    for _ in range(n - 2):
        pairs = swiss_round(score, rng.random(n), allowed, np.ones(n, dtype=bool), byes)
        met = {p for pair in pairs for p in pair}
        assert len(pairs) == 4
        assert len(met) == 8
        byes[[i for i in range(n) if i not in met]] += 1
        for i, j in pairs:
            assert allowed[i, j], "no rematch while one can be avoided"
            allowed[i, j] = allowed[j, i] = False
            score[i if rng.random() < 0.5 else j] += 1
    assert byes.max() <= 1
    ranked = swiss_round(np.arange(8.0), np.zeros(8), ~np.eye(8, dtype=bool), np.ones(8, dtype=bool), np.zeros(8, dtype=np.int64))
    assert ranked == [(7, 6), (5, 4), (3, 2), (1, 0)]


@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.integers(3, 20), st.floats(0.05, 0.6), st.integers(0, 10_000))
def test_random_rounds_spread_the_load(n, share, seed):
    rng = np.random.default_rng(seed)
    pairs = round(share * n * (n - 1) / 2)
    found = random_rounds(n, pairs, ~np.eye(n, dtype=bool), rng)
    assert len(found.first) == pairs
    assert len({*zip(found.first.tolist(), found.second.tolist(), strict=True)}) == pairs
    assert np.ptp(found.degree) <= 2
    barred = graph(rng, n, 0.5)
    for i, j in zip(*(side.tolist() for side in _sides(random_rounds(n, pairs, ~barred, rng))), strict=True):
        assert i != j
        assert not barred[i, j]


def _sides(design):
    return design.first, design.second


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(1, 60), st.floats(0, 1), st.integers(0, 99))
def test_slots_are_spread_evenly(total, share, seed):
    chosen = int(share * total)
    taken = slots(total, chosen, np.random.default_rng(seed))
    assert taken.sum() == chosen
    so_far = np.cumsum(taken)
    even = np.arange(1, total + 1) * chosen / total
    assert np.abs(so_far - even).max() <= 1.0 + ROUNDING


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(5, 16), st.integers(2, 6), st.floats(1, 2), st.integers(0, 10_000))
def test_shares_are_even_permitted_and_linked(n, m, per_pair, seed):
    rng = np.random.default_rng(seed)
    design = complete(n)
    count = len(design.first)
    copies = np.ones(count, dtype=np.int64)
    copies[rng.choice(count, round((per_pair - 1) * count), replace=False)] += 1
    permitted = np.ones((m, n), dtype=bool)
    permitted[np.arange(min(m, n)), np.arange(min(m, n))] = False  # judges are among the people
    found = share_pairs(design.first, design.second, n, permitted, copies, rng)
    assert permitted[found.judge, found.first].all()
    assert permitted[found.judge, found.second].all()
    assert len({*zip(found.judge.tolist(), found.pair.tolist(), strict=True)}) == len(found.judge), "nobody judges a pair twice"
    given_out = np.bincount(found.pair, minlength=count)
    able = (permitted[:, design.first] & permitted[:, design.second]).sum(axis=0)
    assert (given_out == np.minimum(copies, able)).all()
    assert found.withheld.tolist() == np.flatnonzero(able == 0).tolist()
    assert found.short.tolist() == np.flatnonzero((able > 0) & (able < copies)).tolist()
    if m > 2:
        assert np.ptp(found.load) <= 1
        assert (found.parts == 1).all()


def test_loads_are_even_when_few_may_judge_some_pairs():
    """One judge may judge only three people: the others take the rest, as evenly as that allows."""
    rng = np.random.default_rng(1)
    design = random_regular(12, 6, rng)
    permitted = np.ones((4, 12), dtype=bool)
    permitted[0, 3:] = False
    found = share_pairs(design.first, design.second, 12, permitted, np.ones(36, dtype=np.int64), rng)
    mine = int((permitted[0, design.first] & permitted[0, design.second]).sum())
    assert found.load[0] == mine
    assert np.ptp(found.load[1:]) <= 1
    assert found.load.sum() == 36
    assert components(found.first, found.second, 12).max() == 0
