from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankkit.errors import ConvergenceError
from rankkit.kernels.rankings import kemeny as module
from rankkit.kernels.rankings.condorcet import preference_matrix
from rankkit.kernels.rankings.kemeny import kemeny, kemeny_cost
from rankkit.kernels.rankings.kemeny_program import always, cheapest, positions
from rankkit.kernels.rankings.kemeny_relaxation import PairProgram, relax
from rankkit.kernels.rankings.kemeny_search import improved, order_cost, searched
from rankkit.kernels.rankings.kemeny_states import optimal_orders
from rankkit.kernels.rankings.ranking_lists import from_matrix
from tests.oracles_consensus import kemeny_by_all_orders, kemeny_by_sets, places

SUMS = 1e-9  # sums of a few dozen numbers of size 1
FAR = 1e12  # a deadline nobody reaches


def ranks_of(seed, n, m, levels=None):
    """Random lists, with ties where there are fewer levels than people."""
    rng = np.random.default_rng(seed)
    if levels is None:
        return np.argsort(rng.random((m, n)), axis=1).astype(float) + 1
    return rng.integers(1, levels + 1, (m, n)).astype(float)


def relaxed_path(monkeypatch):
    """Send groups of any size through the relaxation."""
    monkeypatch.setattr(module, "_DIRECT", 2)


def check_against_all_orders(preferences):
    found = kemeny(preferences, max_orders=10_000)
    least, orders = kemeny_by_all_orders(preferences)
    assert found.proven
    assert found.gap == 0
    assert found.cost == pytest.approx(least, abs=SUMS)
    assert found.lower_bound == found.cost == pytest.approx(kemeny_cost(preferences, found.order), abs=SUMS)
    best, worst = places(orders)
    assert found.exact_positions
    assert found.best.tolist() == best.tolist()
    assert found.worst.tolist() == worst.tolist()
    assert found.n_optimal == len(orders)
    assert sorted(map(tuple, found.orders.tolist())) == sorted(orders)
    assert tuple(found.order) in orders


def test_golden_circle():
    """ABC, BCA, CAB: least cost 4, three optimal orders."""
    found = kemeny(preference_matrix(from_matrix(np.array([[1.0, 2, 3], [3, 1, 2], [2, 3, 1]]))))
    assert (found.cost, found.n_optimal) == (4.0, 3)
    assert sorted(map(tuple, found.orders.tolist())) == [(0, 1, 2), (1, 2, 0), (2, 0, 1)]
    assert found.best.tolist() == [1, 1, 1]
    assert found.worst.tolist() == [3, 3, 3]


@pytest.mark.parametrize("path", ["sets", "relaxation"])
@pytest.mark.parametrize("n", [2, 3, 4, 5, 6])
def test_all_orders(path, n, monkeypatch):
    if path == "relaxation":
        relaxed_path(monkeypatch)
    for seed in range(25 if n < 6 else 10):
        m = 1 + seed % 6
        check_against_all_orders(preference_matrix(from_matrix(ranks_of(seed, n, m))))
        check_against_all_orders(preference_matrix(from_matrix(ranks_of(seed, n, m, levels=3))))


def test_seven_people(monkeypatch):
    for seed in range(3):
        check_against_all_orders(preference_matrix(from_matrix(ranks_of(seed, 7, 4 + seed))))
    relaxed_path(monkeypatch)
    for seed in range(3):
        check_against_all_orders(preference_matrix(from_matrix(ranks_of(seed, 7, 4 + seed))))


@pytest.mark.parametrize("seed", range(12))
def test_any_whole_preferences(seed, monkeypatch):
    """Not only those that come from lists: comparisons, with gaps."""
    rng = np.random.default_rng(seed)
    preferences = rng.integers(0, 4, (5, 5)) * rng.integers(0, 2, (5, 5)).astype(float)
    np.fill_diagonal(preferences, 0)
    check_against_all_orders(preferences)
    relaxed_path(monkeypatch)
    check_against_all_orders(preferences)


def test_partial_and_left_over(monkeypatch):
    relaxed_path(monkeypatch)
    for seed in range(15):
        rng = np.random.default_rng(seed)
        ranks = ranks_of(seed, 5, 5)
        ranks[rng.random(ranks.shape) < 0.2] = np.nan
        ranks[rng.random(ranks.shape) < 0.2] = np.inf
        check_against_all_orders(preference_matrix(from_matrix(ranks)))


@pytest.mark.parametrize("seed", range(4))
def test_ten_people_by_sets(seed, monkeypatch):
    preferences = preference_matrix(from_matrix(ranks_of(seed, 10, 5 + 2 * seed)))
    least, ways, best, worst = kemeny_by_sets(preferences.T)
    relaxed_path(monkeypatch)
    found = kemeny(preferences)
    assert (found.cost, found.n_optimal, found.best.tolist(), found.worst.tolist()) == (least, ways, best, worst)


def residue_tournament(p):
    """Everybody beats those a quadratic residue behind: no order respects more than a part, and triangles prove too little."""
    residues = {k * k % p for k in range(1, p)}
    return np.array([[float((j - i) % p in residues) for j in range(p)] for i in range(p)])


def test_where_the_relaxation_leaves_a_gap(monkeypatch):
    relaxed_path(monkeypatch)
    preferences = residue_tournament(11)
    found = kemeny(preferences)
    least, ways, best, worst = kemeny_by_sets(preferences.T)
    assert (found.cost, found.n_optimal, found.best.tolist(), found.worst.tolist()) == (least, ways, best, worst)
    assert found.proof == "dynamic_program"
    assert relax(preferences.T, np.arange(11), 1.0, FAR).bound < (least - 1) * 720_720.0  # the gap is there


def test_integer_program_where_there_are_too_many_sets(monkeypatch):
    relaxed_path(monkeypatch)
    monkeypatch.setattr(module, "_MOST_STATES", (0, 0))
    preferences = residue_tournament(11)
    found = kemeny(preferences)
    least, _, best, worst = kemeny_by_sets(preferences.T)
    assert (found.cost, found.best.tolist(), found.worst.tolist()) == (least, best, worst)
    assert found.exact_positions
    assert found.n_optimal is None
    assert found.proof == "milp"


@pytest.mark.parametrize("seed", range(6))
def test_places_by_integer_programs(seed, monkeypatch):
    relaxed_path(monkeypatch)
    preferences = preference_matrix(from_matrix(ranks_of(seed, 9, 4)))
    every = kemeny(preferences)
    monkeypatch.setattr(module, "_MOST_STATES", (0, 0))
    found = kemeny(preferences)
    assert found.cost == every.cost
    assert found.best.tolist() == every.best.tolist()
    assert found.worst.tolist() == every.worst.tolist()
    assert found.exact_positions


def test_people_never_compared_may_stand_anywhere():
    """Two opposite lists of twenty people: 20! optimal orders, too many to visit, the places still exact."""
    ranks = np.stack([np.arange(1.0, 21), np.arange(20.0, 0, -1)])
    found = kemeny(preference_matrix(from_matrix(ranks)))
    assert found.cost == 190
    assert found.proven
    assert found.exact_positions
    assert (found.best == 1).all()
    assert (found.worst == 20).all()
    assert len(found.orders) == 0


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(3, 7), st.integers(2, 6))
def test_numbering_decides_nothing(seed, n, m):
    preferences = preference_matrix(from_matrix(ranks_of(seed, n, m)))
    shuffle = np.random.default_rng(seed).permutation(n)
    found, other = kemeny(preferences), kemeny(preferences[np.ix_(shuffle, shuffle)])
    assert found.cost == other.cost
    assert found.n_optimal == other.n_optimal
    assert found.best[shuffle].tolist() == other.best.tolist()
    assert found.worst[shuffle].tolist() == other.worst.tolist()
    assert found.component[shuffle].tolist() == other.component.tolist()


def test_weights_that_are_no_whole_numbers():
    rng = np.random.default_rng(3)
    ranks, weight = ranks_of(3, 6, 5), rng.random(5)
    preferences = preference_matrix(from_matrix(ranks, weight=weight))
    least, orders = kemeny_by_all_orders(preferences)
    found = kemeny(preferences)
    assert found.cost == pytest.approx(least, abs=SUMS)
    assert tuple(found.order) in orders
    tenfold = kemeny(preference_matrix(from_matrix(ranks, weight=np.full(5, 0.1))))
    alike = kemeny(preference_matrix(from_matrix(ranks)))
    assert tenfold.n_optimal == alike.n_optimal
    assert tenfold.best.tolist() == alike.best.tolist()


def test_nobody_and_one_person():
    assert kemeny(np.zeros((0, 0))).n_optimal == 1
    found = kemeny(np.zeros((1, 1)))
    assert (found.order.tolist(), found.cost, found.proof, found.best.tolist()) == ([0], 0.0, "components", [1])


def test_without_positions():
    found = kemeny(preference_matrix(from_matrix(ranks_of(0, 20, 7))), positions=False)
    assert found.proven
    assert not found.best.any()
    assert found.n_optimal is None
    assert not found.exact_positions


@pytest.mark.parametrize("bad", [np.array([[0, -1.0], [1, 0]]), np.array([[0, np.nan], [1, 0]]), np.zeros((2, 3))])
def test_bad_matrices(bad):
    with pytest.raises(ValueError, match="preferences"):
        kemeny(bad)


def test_out_of_time_is_an_error_or_a_labelled_gap():
    rng = np.random.default_rng(0)
    beats = np.triu(rng.random((60, 60)) < 0.5, 1)
    preferences = (beats | np.tril(~beats.T, -1)).astype(float)
    with pytest.raises(ConvergenceError) as caught:
        kemeny(preferences, time_limit=0.3)
    assert caught.value.code == "E-KEMENYTIME"
    found = kemeny(preferences, time_limit=0.3, gap=0.9)
    assert found.proof == "none"
    assert not found.proven
    assert 0 < found.gap <= 0.9
    assert found.lower_bound < found.cost == kemeny_cost(preferences, found.order)
    assert not found.best.any()
    assert found.n_optimal is None


def small(seed, n=6):
    return np.random.default_rng(seed).integers(0, 5, (n, n)) * (1 - np.eye(n))


@pytest.mark.parametrize("seed", range(5))
def test_the_split_of_costs_is_exact_for_any_multipliers(seed):
    """cost = bound + penalties + multipliers of triples that stand against their direction, for every order."""
    rng = np.random.default_rng(seed)
    cost = small(seed, 5)
    triples = np.array([t for t in itertools.permutations(range(5), 3) if t[0] == min(t)])
    triples = triples[rng.random(len(triples)) < 0.5]
    y = rng.integers(0, 4, len(triples)).astype(float)
    bound, penalty = PairProgram(cost).split(triples, y, 3.0)
    assert (penalty >= 0).all()
    for order in itertools.permutations(range(5)):
        place = np.argsort(order)
        against = sum(
            weight * (int(place[i] < place[j]) + int(place[j] < place[k]) + int(place[k] < place[i]) == 1)
            for (i, j, k), weight in zip(triples, y, strict=True)
        )
        assert 3.0 * order_cost(cost, np.array(order)) == bound + order_cost(penalty, np.array(order)) + against


@pytest.mark.parametrize("seed", range(6))
def test_pieces_agree(seed):
    """Search, relaxation, dynamic program and integer program on one matrix."""
    cost = small(seed)
    cost -= np.minimum(cost, cost.T)
    least, orders = kemeny_by_all_orders(cost.T)
    assert order_cost(cost, improved(cost, np.arange(6))) >= least
    assert order_cost(cost, searched(cost, [np.arange(6)], 30, 0)) == least
    relaxed = relax(cost, np.arange(6), 1.0, FAR)
    assert relaxed.bound / relaxed.scale <= least <= relaxed.cost
    excess = relaxed.scale * least - relaxed.bound
    found = optimal_orders(relaxed.penalty, relaxed.triples, relaxed.multiplier, excess, 10_000, 1_000)
    assert found.cost == excess
    assert sorted(map(tuple, found.orders.tolist())) == sorted(orders)
    fixed = always(relaxed.penalty, excess)
    place = np.argsort(np.array(orders), axis=1)
    for a, b in itertools.permutations(range(6), 2):
        if fixed[a, b] == 1:
            assert (place[:, a] < place[:, b]).all()
            assert fixed[b, a] == -1
    none = np.zeros((0, 3), dtype=np.int64)
    solved = cheapest(cost, np.zeros((6, 6)), none, FAR)
    assert order_cost(cost, solved.order) == least == solved.bound
    best, worst, exact = positions(cost, np.array(orders[0]), fixed, none, FAR)
    assert exact
    assert (best.tolist(), worst.tolist()) == tuple(p.tolist() for p in places(orders))


def test_too_many_sets_or_too_low_a_limit_is_said():
    cost, none = small(1), (np.zeros((0, 3), dtype=np.int64), np.zeros(0))
    assert optimal_orders(cost, *none, np.inf, 5, 10) is None
    assert optimal_orders(cost, *none, -1.0, 1_000, 10) is None
    assert cheapest(cost, np.zeros((6, 6)), none[0], 0.0).order is None
