"""Bands and grids: every table of sums is enumerated, and somebody who knows the rule learns nothing that is protected."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from rankkit.kernels.sources.disclosure_bands import Part, ends, grid, implied, rounded


def categories_left(sums, n, m):
    """How many categories one of n members can have, over all possible sums of them."""
    return len({v for y in sums for v in range(m) if 0 <= y - v <= (n - 1) * (m - 1)})


def worlds(sizes, weights, m, q, offset=Fraction(0)):
    """All tables of sums by what is shown of them: the bands of the groups and the cell of the composite."""
    bands = [ends(n, m, q) for n in sizes]
    members = [frozenset(range(100 * j, 100 * j + n)) for j, n in enumerate(sizes)]
    members = [group | {0} - ({100 * j} if j else set()) for j, group in enumerate(members)]  # one rater answers about everything
    seen = {}
    for sums in product(*(range(n * (m - 1) + 1) for n in sizes)):
        shown = [b.shown(Fraction(s)) for b, s in zip(bands, sums, strict=True)]
        parts = [
            Part(w, low, high, 0 if low == high else 1 if low else -1, group)
            for w, (low, high), group in zip(weights, shown, members, strict=True)
        ]
        total = offset + sum(w * s for w, s in zip(weights, sums, strict=True))
        cell = rounded(total, parts, m, q, offset)
        assert cell[0] <= total <= cell[1]
        low, high = implied(parts, offset)
        assert low <= cell[0] <= cell[1] <= high
        seen.setdefault((tuple(shown), cell), []).append(sums)
    return seen


def worst(sizes, weights, m, q):
    """Fewest categories anybody is left, over all outcomes, for an outsider and for raters with any answers of their own."""
    least = m
    for sums in worlds(sizes, weights, m, q).values():
        table = np.array(sums)
        for j, n in enumerate(sizes):
            least = min(least, categories_left(set(table[:, j].tolist()), n, m))
        for inside in product((False, True), repeat=len(sizes)):
            if not any(inside):
                continue
            for own in product(*(range(m) if i else (0,) for i in inside)):
                others = table - np.array(own)
                caps = np.array([(n - i) * (m - 1) for n, i in zip(sizes, inside, strict=True)])
                possible = others[((others >= 0) & (others <= caps)).all(axis=1)]
                for j in range(len(sizes)):
                    if len(possible):
                        n = sizes[j] - inside[j]
                        least = min(least, categories_left(set(possible[:, j].tolist()), n, m))
    return least


@pytest.mark.parametrize(("m", "q"), [(4, 1), (5, 1), (7, 1), (5, 2), (7, 2)])
def test_one_group_of_any_size(m, q):
    for n in range(1, 11):
        if ends(n, m, q) is not None:
            assert worst((n,), (Fraction(1, n),), m, q) >= q + 1


@pytest.mark.parametrize(("n", "m", "q"), [(3, 5, 1), (5, 5, 1), (4, 7, 1), (5, 5, 2)])
def test_no_finer_table_keeps_the_promise(n, m, q):
    """With one sum split off the band at the top, somebody who gave the lowest answer knows too much about the others."""
    bands = ends(n, m, q)
    others_most = (n - 1) * (m - 1)
    rest_of_band = range(bands.top + 1, bands.highest + 1)
    assert categories_left({s for s in rest_of_band if s <= others_most}, n - 1, m) == q
    assert categories_left({s for s in range(bands.top, bands.highest + 1) if s <= others_most}, n - 1, m) == q + 1


@pytest.mark.parametrize("seed", range(12))
def test_composites_of_groups(seed):
    rng = np.random.default_rng(seed)
    m, q = ((4, 1), (5, 1), (5, 2))[seed % 3]
    sizes = tuple(int(n) for n in rng.integers(3 + q - (m > 4 and q == 1), 6, size=int(rng.integers(2, 4))))
    if any(ends(n, m, q) is None for n in sizes):
        sizes = tuple(max(n, 4) for n in sizes)
    sizes = sizes[:2] if np.prod([n * (m - 1) + 1 for n in sizes]) > 2500 else sizes
    weights = tuple(Fraction(int(w), 10 * n) for w, n in zip(rng.integers(1, 8, size=len(sizes)), sizes, strict=True))
    assert worst(sizes, weights, m, q) >= q + 1


def test_a_toy_composite_gives_answers_away():
    """The exact composite of two banded groups leaves one table of sums where the weights do not combine."""
    weights = (Fraction(3), Fraction(5))
    seen = {}
    for s in product(range(15, 21), repeat=2):  # two groups of five, both in the band at the top
        seen.setdefault(weights[0] * s[0] + weights[1] * s[1], []).append(s)
    assert seen[Fraction(3 * 20 + 5 * 20)] == [(20, 20)]
    parts = [Part(w, Fraction(15), Fraction(20), 1, frozenset(range(5 * k, 5 * k + 5))) for k, w in enumerate(weights)]
    assert rounded(Fraction(160), parts, 5, 1)[0] < 150


def test_groups_too_small_for_their_scale_are_not_shown():
    assert ends(2, 5, 1) is None
    assert ends(3, 3, 1) is None
    assert ends(3, 5, 2) is None
    assert ends(4, 5, 2) is not None
    assert ends(40, 2, 2) is None  # two categories never leave three


def test_grids_are_round_numbers():
    assert [float(grid(Fraction(k, 1000))) for k in (1, 10, 11, 21, 51, 101, 2001)] == [0.01, 0.01, 0.02, 0.05, 0.1, 0.2, 5.0]
