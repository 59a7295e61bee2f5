"""Chance-corrected coefficients with gaps: plain definitions, jackknife, degenerate tables."""

from __future__ import annotations

import numpy as np
import pytest

from rankkit.kernels.reliability.agreement_weights import weight_matrix
from rankkit.kernels.reliability.gwet_agreement import CHANCES, chance_corrected, light_kappa
from rankkit.kernels.reliability.nominal_agreement import cohen_kappa, pair_tables
from tests.oracles_agreement import chance_corrected as plain

EXACT = 1e-12
JACKKNIFE = 0.03  # relative, n = 200 units: the two differ by 1/n


def coded(seed=1, n=40, m=4, q=3, gaps=0.25):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, q, (n, 1))
    codes = np.where(rng.random((n, m)) < 0.6, truth, rng.integers(0, q, (n, m)))
    held = rng.random((n, m)) >= gaps
    held[np.arange(n), rng.integers(0, m, n)] = True
    return codes, held


@pytest.mark.parametrize("chance", ["gwet", "fleiss", "brennan_prediger", "conger"])
@pytest.mark.parametrize("gaps", [0.0, 0.4])
def test_against_all_pairs_of_raters(chance, gaps):
    codes, held = coded(gaps=gaps)
    unit, rater = np.nonzero(held)
    found = chance_corrected(unit, rater, codes[held], np.eye(3), chance)
    table = [[int(c) if h else None for c, h in zip(*row, strict=True)] for row in zip(codes, held, strict=True)]
    assert found.value == pytest.approx(plain(table, 3, chance), abs=EXACT)
    assert found.n == 40
    assert found.n_shared == int((held.sum(axis=1) > 1).sum())


@pytest.mark.parametrize("chance", CHANCES)
@pytest.mark.parametrize("kind", ["identity", "quadratic"])
def test_standard_error_against_a_jackknife_over_units(chance, kind):
    codes, held = coded(seed=3, n=200, gaps=0.0)
    unit, rater = np.nonzero(held)
    w = weight_matrix([1, 2, 3], kind)
    found = chance_corrected(unit, rater, codes[held], w, chance)
    left = []
    for i in range(200):
        keep = unit != i
        left.append(chance_corrected(unit[keep], rater[keep], codes[held][keep], w, chance).value)
    assert found.se == pytest.approx(np.sqrt(199 / 200 * ((left - np.mean(left)) ** 2).sum()), rel=JACKKNIFE)


def test_conger_of_two_complete_raters_is_cohen():
    codes, held = coded(m=2, gaps=0.0)
    unit, rater = np.nonzero(held)
    found = chance_corrected(unit, rater, codes[held], np.eye(3), "conger")
    cohen = cohen_kappa(pair_tables(unit, rater, codes[held], 3).counts)
    assert found.value == pytest.approx(float(cohen.value[0]), abs=EXACT)


def test_random_raters_are_less_certain():
    codes, held = coded(gaps=0.0)
    unit, rater = np.nonzero(held)
    fixed = chance_corrected(unit, rater, codes[held], np.eye(3))
    free = chance_corrected(unit, rater, codes[held], np.eye(3), raters="random")
    assert free.value == fixed.value
    assert free.se == pytest.approx(np.hypot(fixed.se, free.se_raters))
    two = chance_corrected(*(x[rater < 2] for x in (unit, rater, codes[held])), np.eye(3), raters="random")
    assert np.isnan(two.se_raters)
    assert np.isfinite(two.se)


def test_names_of_raters_units_and_categories_do_not_matter():
    codes, held = coded()
    unit, rater = np.nonzero(held)
    swap = np.array([2, 0, 1])
    for chance in CHANCES:
        a = chance_corrected(unit, rater, codes[held], np.eye(3), chance)
        b = chance_corrected(99 - unit, 9 - rater, swap[codes[held]], np.eye(3), chance)
        assert a.value == pytest.approx(b.value, abs=EXACT)
        assert a.se == pytest.approx(b.se, abs=EXACT)


def test_nothing_to_compare():
    none = np.zeros(0, dtype=int)
    assert chance_corrected(none, none, none, np.eye(2)).n == 0
    alone = chance_corrected(np.arange(3), np.zeros(3, dtype=int), np.array([0, 1, 1]), np.eye(2))
    assert alone.n_shared == 0
    assert np.isnan(alone.value)
    same = chance_corrected(np.repeat(np.arange(4), 2), np.tile([0, 1], 4), np.zeros(8, dtype=int), np.eye(2), "fleiss")
    assert np.isnan(same.value)
    gwet = chance_corrected(np.repeat(np.arange(4), 2), np.tile([0, 1], 4), np.zeros(8, dtype=int), np.eye(2))
    assert gwet.value == 1
    assert gwet.se == 0
    assert np.isnan(gwet.low)


def test_light_leaves_out_pairs_without_a_number():
    assert light_kappa(np.array([np.nan, 0.2, 0.4]), np.array([1.0, 0.5, 0.5])) == pytest.approx(0.3)
    assert np.isnan(light_kappa(np.array([np.nan]), np.array([1.0])))
