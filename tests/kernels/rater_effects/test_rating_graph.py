"""Rating designs: classes, components, articulation ratees and q, against brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankkit.kernels.rater_effects import rating_graph as module
from rankkit.kernels.rater_effects.rating_graph import rating_graph, shared_raters
from tests.oracles_components import brute_graph, brute_q

EDGES = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 5)), min_size=1, max_size=24)


def of(edges):
    row, col = np.array(edges).T
    return rating_graph(row, col, 8, 6)


@settings(max_examples=200, deadline=None)
@given(edges=EDGES)
def test_components_cuts_and_q_match_brute_force(edges):
    found = of(edges)
    row, col = np.array(edges).T.tolist()
    parts, cut = brute_graph(row, col)
    assert found.n_components == len(parts)
    assert found.articulation_ratees.tolist() == cut
    for part in parts:
        labels = {int(found.ratee_component[v]) if kind == "ratee" else int(found.rater_component[v]) for kind, v in part}
        assert len(labels) == 1
    sizes = np.bincount(found.ratee_component[found.ratee_component >= 0])
    assert list(sizes) == sorted(sizes, reverse=True)
    if len(set(row)) > 1:
        assert found.q == pytest.approx(max(brute_q(row, col), 0), abs=1e-12)
    cells = set(edges)
    assert found.cells == len(cells)
    assert found.fill_rate == pytest.approx(len(cells) / (found.n * found.m))
    k = [sum(1 for i, _ in cells if i == v) for v in set(row)]
    assert found.k_min == min(k)
    assert found.k_median == np.median(k)
    assert found.k_harmonic == pytest.approx(len(k) / sum(1 / v for v in k))


@settings(max_examples=50, deadline=None)
@given(edges=EDGES, seed=st.integers(0, 1000))
def test_order_and_labels_do_not_matter(edges, seed):
    rng = np.random.default_rng(seed)
    new_row, new_col = rng.permutation(8), rng.permutation(6)
    row, col = np.array(edges).T
    order = rng.permutation(len(row))
    one = rating_graph(row, col, 8, 6)
    two = rating_graph(new_row[row[order]], new_col[col[order]], 8, 6)
    assert (one.design, one.n_components, one.nested_raters) == (two.design, two.n_components, two.nested_raters)
    assert sorted(new_row[one.articulation_ratees]) == two.articulation_ratees.tolist()
    np.testing.assert_array_equal(one.raters_per_ratee, two.raters_per_ratee[new_row])


def test_crossed_has_q_zero():
    found = rating_graph(*np.indices((5, 3)).reshape(2, -1), 5, 3)
    assert found.design == "crossed"
    assert found.q == pytest.approx(0, abs=1e-12)
    assert found.articulation_ratees.tolist() == []


def test_one_manager_per_team():
    """Correction C6: 20 teams of 8 give q = .956, not 1/k̂ = 1."""
    found = rating_graph(np.arange(160), np.arange(160) // 8, 160, 20)
    assert found.design == "nested"
    assert found.n_components == 20
    assert found.q == pytest.approx(0.956, abs=5e-4)
    assert not found.nested_raters


def test_raters_of_ones_own_have_q_one_over_k():
    found = rating_graph(np.repeat(np.arange(6), 3), np.arange(18), 6, 18)
    assert found.design == "disconnected"
    assert found.nested_raters
    assert found.q == pytest.approx(1 / 3)


def test_one_rater_is_a_class_of_its_own():
    found = rating_graph([0, 1, 2], [1, 1, 1], 3, 2)
    assert found.design == "one_rater"
    assert found.m == 1
    assert found.q == pytest.approx(0, abs=1e-12)  # one severity for all cancels in every comparison


def test_disconnected_and_absent_codes():
    found = rating_graph([0, 0, 1, 3, 3], [0, 1, 1, 2, 3], 5, 5)
    assert found.design == "disconnected"
    assert found.ratee_component.tolist() == [0, 0, -1, 1, -1]
    assert found.rater_component.tolist() == [0, 0, 1, 1, -1]
    assert (found.n, found.m) == (3, 4)


def test_no_ratings_at_all():
    found = rating_graph([], [], 2, 2)
    assert (found.n, found.m, found.cells, found.n_components) == (0, 0, 0, 0)
    assert found.articulation_ratees.tolist() == []
    assert np.isnan(found.q)


def test_a_bridge_person_is_named():
    row = [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    col = [0, 1, 0, 1, 1, 2, 2, 3, 2, 3]
    assert rating_graph(row, col, 5, 4).articulation_ratees.tolist() == [2]


def test_a_long_chain_needs_no_recursion():
    n = 30_000
    row, col = np.repeat(np.arange(n), 2), np.arange(2 * n) - np.repeat(np.arange(n), 2)
    found = rating_graph(row, col, n, n + 1)
    assert found.n_components == 1
    assert len(found.articulation_ratees) == n


def test_the_search_is_left_out_of_huge_designs(monkeypatch):
    monkeypatch.setattr(module, "_ARTICULATION_EDGES", 3)
    assert rating_graph([0, 0, 1, 1], [0, 1, 0, 1], 2, 2).articulation_ratees is None


def test_shared_raters_counts_pairs():
    rng = np.random.default_rng(0)
    table = rng.random((9, 5)) < 0.5
    row, col = np.nonzero(table)
    np.testing.assert_array_equal(shared_raters(row, col, 9, 5).toarray(), table.astype(int) @ table.T.astype(int))
