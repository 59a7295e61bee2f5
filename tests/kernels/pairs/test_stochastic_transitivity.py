"""Weak, moderate and strong stochastic transitivity of pooled proportions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from rankkit.kernels.pairs.pair_counts import PairCounts, aggregate
from rankkit.kernels.pairs.stochastic_transitivity import chance_violations, order_deviance, stochastic_transitivity
from tests.oracles_pairs import random_counts
from tests.oracles_triads import transitivity_by_loops

ROUNDING = 1e-12


def proportions(counts, fewest=1):
    p = np.full((counts.n, counts.n), np.nan)
    for a, b, w, v, t in zip(counts.first, counts.second, counts.wins_first, counts.wins_second, counts.ties, strict=True):
        if w + v + t >= fewest:
            p[a, b] = (w + t / 2) / (w + v + t)
            p[b, a] = (v + t / 2) / (w + v + t)
    return p.tolist()


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.integers(2, 7), st.integers(1, 80), st.integers(0, 10**6), st.sampled_from([0.0, 0.3]), st.sampled_from([1, 3]))
def test_counts_by_loops(n, rows, seed, ties, fewest):
    counts = random_counts(n, rows, seed, tie_share=ties)
    found = stochastic_transitivity(counts, fewest=fewest)
    triads, violations = transitivity_by_loops(proportions(counts, fewest))
    assert found.triads == triads
    forms = (found.weak, found.moderate, found.strong)
    assert [x.violations for x in forms] == violations
    assert violations == sorted(violations)  # each form asks for more than the one before
    for form in forms:
        assert form.share == pytest.approx(form.violations / triads, nan_ok=True) if triads else np.isnan(form.share)


def test_triples_and_shortfalls_are_those_of_the_definition():
    counts = random_counts(8, 150, 5, spread=0.2)
    p = np.array(proportions(counts))
    found = stochastic_transitivity(counts)
    bounds = {"weak": lambda ij, jk: 0.5, "moderate": min, "strong": max}
    for name, bound in bounds.items():
        form = getattr(found, name)
        assert form.violations > 0
        gaps = []
        for i, j, k in form.triples.tolist():
            assert min(p[i, j], p[j, k]) >= 0.5 - ROUNDING
            gaps.append(bound(p[i, j], p[j, k]) - p[i, k])
        np.testing.assert_allclose(gaps, form.shortfall, atol=ROUNDING)
        assert (np.diff(gaps) <= ROUNDING).all()  # the largest first
        assert form.largest == pytest.approx(max(gaps))
        assert form.mean == pytest.approx(np.mean(gaps))


def test_an_even_split_may_be_read_either_way():
    first, second = np.triu_indices(3, 1)
    # a and b even, b beats c, c beats a: read as b > a it would need b > c > a: no circle
    even = PairCounts(3, first, second, np.array([5.0, 4, 6]), np.array([5.0, 6, 4]), np.zeros(3))
    found = stochastic_transitivity(even)
    assert (found.weak.violations, found.undecided) == (0, 1)
    # the same by ties
    tied = PairCounts(3, first, second, np.array([4.0, 4, 6]), np.array([4.0, 6, 4]), np.array([2.0, 0, 0]))
    assert stochastic_transitivity(tied).weak.violations == 0


def test_listing_is_limited_but_counting_is_not():
    counts = random_counts(12, 400, 5)
    whole, some = stochastic_transitivity(counts), stochastic_transitivity(counts, keep=3)
    assert some.strong.violations == whole.strong.violations
    assert len(some.strong.triples) == 3
    np.testing.assert_array_equal(some.strong.shortfall, whole.strong.shortfall[:3])


def test_blocks_change_nothing(monkeypatch):
    from rankkit.kernels.pairs import stochastic_transitivity as module

    counts = random_counts(14, 300, 6)
    whole = stochastic_transitivity(counts)
    monkeypatch.setattr(module, "_BLOCK", 7)
    parts = stochastic_transitivity(counts)
    assert parts.triads == whole.triads
    np.testing.assert_array_equal(parts.strong.triples, whole.strong.triples)


def test_exact_bradley_terry_proportions_are_strongly_transitive():
    worth = np.array([1.0, 0.4, 0.39, -0.2, -1.6])
    first, second = np.triu_indices(5, 1)
    p = expit(worth[first] - worth[second])
    found = stochastic_transitivity(PairCounts(5, first, second, p, 1 - p, np.zeros(10)))
    assert found.strong.violations == 0
    assert found.triads == 10
    np.testing.assert_array_equal(found.pairs_won, [4, 3, 2, 1, 0])


def test_nobody_compared():
    found = stochastic_transitivity(aggregate(np.zeros(0, int), np.zeros(0, int), np.zeros(0, int), None, 4))
    assert found.triads == 0
    assert np.isnan(found.weak.share)


def test_order_deviance_pair_by_pair():
    counts = random_counts(6, 120, 7)
    place = np.array([1, 2, 3, 4, 4, 6])
    total, pairs = 0.0, 0
    for a, b, w, v in zip(counts.first, counts.second, counts.wins_first, counts.wins_second, strict=True):
        if place[a] != place[b] and (w - v) * (place[b] - place[a]) < 0:
            total += 2 * sum(x * np.log(2 * x / (w + v)) for x in (w, v) if x)
            pairs += 1
    assert order_deviance(counts, place) == (pytest.approx(total), pairs)


@pytest.mark.parametrize("seed", range(30))
def test_violations_counted_fast_are_those_counted_with_care(seed):
    counts = random_counts(7, [12, 40, 90][seed % 3], seed, tie_share=0.3)
    cells = np.arange(len(counts.first))
    found = chance_violations(counts, cells, counts.total, np.full(len(cells), 0.5), np.zeros(len(cells)), draws=3)
    slow = stochastic_transitivity(counts)
    assert found.observed.tolist() == [slow.weak.violations, slow.moderate.violations, slow.strong.violations]


def test_violations_by_chance_are_those_of_drawn_data():
    first, second = np.triu_indices(5, 1)
    worth = np.linspace(1, -1, 5)
    win, tie, total = 0.8 * expit(worth[first] - worth[second]), np.full(10, 0.2), np.full(10, 6.0)
    counts = PairCounts(5, first, second, np.full(10, 5.0), np.ones(10), np.zeros(10))
    found = chance_violations(counts, np.arange(10), total, win, tie, draws=4000)
    rng = np.random.default_rng(1)
    slow = np.zeros((1500, 3))
    for row in slow:
        w, t, v = rng.multinomial(6, np.column_stack([win, tie, 1 - win - tie])).T.astype(float)
        drawn = stochastic_transitivity(PairCounts(5, first, second, w, v, t))
        row[:] = drawn.weak.violations, drawn.moderate.violations, drawn.strong.violations
    error = slow.std(axis=0) * np.sqrt(1 / 1500 + 1 / 4000)
    assert (np.abs(found.expected - slow.mean(axis=0)) <= 4 * error).all()
    split = chance_violations(counts, np.repeat(np.arange(10), 2), np.full(20, 3.0), np.repeat(win, 2), np.repeat(tie, 2), draws=4000)
    assert (np.abs(split.expected - slow.mean(axis=0)) <= 4 * error).all()


def test_chance_does_not_depend_on_names():
    counts = random_counts(6, 60, 3, tie_share=0.2)
    rng = np.random.default_rng(0)
    win = rng.uniform(0.2, 0.7, len(counts.first))
    tie = np.full(len(win), 0.1)
    here = chance_violations(counts, np.arange(len(win)), counts.total, win, tie, draws=50)
    names = rng.permutation(6)
    a, b = names[counts.first], names[counts.second]
    turned = a > b
    order = np.lexsort((np.maximum(a, b), np.minimum(a, b)))
    w, v = np.where(turned, counts.wins_second, counts.wins_first), np.where(turned, counts.wins_first, counts.wins_second)
    renamed = PairCounts(6, np.minimum(a, b)[order], np.maximum(a, b)[order], w[order], v[order], counts.ties[order])
    there = chance_violations(
        renamed, np.arange(len(win)), renamed.total, np.where(turned, 1 - win - tie, win)[order], tie[order], draws=50
    )
    np.testing.assert_allclose(there.expected, here.expected)
