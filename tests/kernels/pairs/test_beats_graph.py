from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankkit.kernels.pairs.beats_graph import is_connected, verdict
from rankkit.kernels.pairs.bradley_terry import fit_if_finite
from rankkit.kernels.pairs.pair_counts import PairCounts, aggregate
from tests.oracles_pairs import beats_edges, counts_by_loops, counts_from_matrix, random_comparisons, random_counts, reachable


@st.composite
def small_comparisons(draw):
    n = draw(st.integers(1, 6))
    pair = st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).filter(lambda p: p[0] != p[1])
    rows = draw(st.lists(st.tuples(pair, st.sampled_from([-1, 0, 1])), max_size=12)) if n > 1 else []
    left = np.array([p[0] for p, _ in rows], dtype=np.int64)
    right = np.array([p[1] for p, _ in rows], dtype=np.int64)
    return left, right, np.array([r for _, r in rows], dtype=np.int64), n


@settings(max_examples=300, deadline=None, derandomize=True)
@given(small_comparisons())
def test_verdict_agrees_with_the_transitive_closure(data):
    left, right, result, n = data
    counts = aggregate(left, right, result, None, n)
    found = verdict(counts)
    edges = beats_edges(counts)
    reach = reachable(n, edges)
    linked = reachable(n, edges + [(b, a) for a, b in edges])
    everyone = range(n)
    for i in everyone:
        for j in everyone:
            assert (found.component[i] == found.component[j]) == linked[i][j]
            assert (found.strong[i] == found.strong[j]) == (reach[i][j] and reach[j][i])
    for i in everyone:
        beaten_outside = any(reach[j][i] and not reach[i][j] for j in everyone)
        beats_outside = any(reach[i][j] and not reach[j][i] for j in everyone)
        assert found.unbeaten_group[found.strong[i]] == (not beaten_outside)
        assert found.beating_nobody_group[found.strong[i]] == (not beats_outside)
    beats, beaten = {a for a, _ in edges}, {b for _, b in edges}
    assert set(found.undefeated.tolist()) == beats - beaten
    assert set(found.winless.tolist()) == beaten - beats
    connected = all(linked[0][j] for j in everyone)
    strong = all(reach[0][j] and reach[j][0] for j in everyone)
    assert found.kind == ("disconnected" if not connected else "finite" if strong else "one_sided")
    assert is_connected(counts) == connected


@settings(max_examples=100, deadline=None, derandomize=True)
@given(small_comparisons(), st.booleans())
def test_counts_agree_with_loops(data, weighted):
    left, right, result, n = data
    weight = 0.5 + np.arange(len(left)) % 3 if weighted else None
    counts = aggregate(left, right, result, weight, n)
    table = counts_by_loops(left, right, result, weight, n)
    seen = dict(
        zip(
            zip(counts.first.tolist(), counts.second.tolist(), strict=True),
            np.column_stack([counts.wins_first, counts.wins_second, counts.ties]).tolist(),
            strict=True,
        )
    )
    assert seen == table
    assert list(seen) == sorted(seen)


@pytest.mark.parametrize("weighted", [False, True])
def test_many_people_are_counted_by_sorting_with_the_same_result(weighted):
    left, right, result = random_comparisons(400, 3000, seed=3, tie_share=0.2)  # 4 n^2 cells exceed the table
    weight = np.random.default_rng(4).integers(1, 5, len(left)) / 2 if weighted else None
    counts = aggregate(left, right, result, weight, 400)
    table = counts_by_loops(left, right, result, weight, 400)
    assert list(zip(counts.first.tolist(), counts.second.tolist(), strict=True)) == sorted(table)
    rows = np.array([table[key] for key in sorted(table)])
    np.testing.assert_array_equal(np.column_stack([counts.wins_first, counts.wins_second, counts.ties]), rows)


def test_row_order_and_sides_do_not_change_counts():
    left, right, result = random_comparisons(30, 500, seed=5, tie_share=0.1)
    order = np.random.default_rng(6).permutation(len(left))
    one = aggregate(left, right, result, None, 30)
    other = aggregate(right[order], left[order], -result[order], None, 30)
    for name in ("first", "second", "wins_first", "wins_second", "ties", "wins", "comparisons"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_a_long_thin_graph_is_recognised_beyond_the_quick_rounds():
    counts = random_counts(500, 20_000, seed=7, near=True, spread=0.1)
    assert verdict(counts).kind == "finite"
    assert is_connected(counts)
    kept = (counts.first < 250) == (counts.second < 250)  # cut in the middle
    left, right = counts.first[kept], counts.second[kept]
    halves = aggregate(left, right, np.zeros(len(left), dtype=np.int64), None, 500)
    found = verdict(halves)
    assert found.kind == "disconnected"
    assert found.n_components == 2
    assert not is_connected(halves)
    np.testing.assert_array_equal(found.component, np.repeat([0, 1], 250))


def test_an_unbeaten_group_is_found_among_undefeated_nobody():
    #  0 and 1 beat each other and everyone else; 2 and 3 beat each other
    left, right = np.array([0, 1, 0, 1, 2, 3]), np.array([1, 0, 2, 3, 3, 2])
    found = verdict(aggregate(left, right, np.ones(6, dtype=np.int64), None, 4))
    assert found.kind == "one_sided"
    assert len(found.undefeated) == len(found.winless) == 0
    np.testing.assert_array_equal(found.strong, [0, 0, 1, 1])
    np.testing.assert_array_equal(found.unbeaten_group, [True, False])
    np.testing.assert_array_equal(found.beating_nobody_group, [False, True])
    assert found.n_strong == 2


@pytest.mark.parametrize("cut", [False, True])
@pytest.mark.parametrize(("n", "m"), [(30, 400), (900, 5_000), (900, 60_000)])  # a matrix, all pairs, a few pairs of each first
def test_connectedness_by_every_way_to_search(n, m, cut):
    left, right, _ = random_comparisons(n, m, seed=n)
    left, right = np.append(left, np.arange(n - 1)), np.append(right, np.arange(1, n))
    apart = np.array([0, n - 1]) if cut else np.zeros(0, dtype=np.int64)
    keep = np.isin(left, apart) == np.isin(right, apart)  # two people who met nobody else, only each other
    counts = aggregate(left[keep], right[keep], np.ones(keep.sum(), dtype=np.int64), None, n)
    assert is_connected(counts) is not cut
    assert is_connected(counts) is not cut  # remembered


def test_pairs_never_compared_link_nobody():
    some = np.array([1.0, 0.0, 1.0])
    counts = PairCounts(4, np.array([0, 1, 2]), np.array([1, 2, 3]), some, np.zeros(3), np.zeros(3))
    assert not is_connected(counts)


@pytest.mark.parametrize("seed", range(12))
def test_a_fit_is_the_verdict(seed):
    left, right, result = random_comparisons(7, 14, seed=seed)
    counts = aggregate(left, right, result, None, 7)
    fitted, found = fit_if_finite(counts)
    searched = verdict(counts)
    assert found.kind == searched.kind
    assert (fitted is None) == (searched.kind != "finite")
    assert found.strong.tolist() == searched.strong.tolist()
    assert found.component.tolist() == searched.component.tolist()


def test_a_group_nobody_outside_beat_is_found_though_everybody_won_and_lost():
    wins = np.zeros((40, 40))
    wins[:20, :20] = wins[20:, 20:] = 200
    np.fill_diagonal(wins, 0)
    wins[0, 20] = 1  # the only link, one way: thousands of comparisons say nothing about it
    fitted, found = fit_if_finite(counts_from_matrix(wins))
    assert fitted is None
    assert found.kind == "one_sided"
    wins[20, 0] = 1
    fitted, found = fit_if_finite(counts_from_matrix(wins))
    assert found.kind == "finite"
    np.testing.assert_allclose(fitted.worth, 0, atol=1e-9)
