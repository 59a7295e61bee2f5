"""Circular triads: their number, their null distribution, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from rankkit.errors import IdentificationError
from rankkit.kernels.pairs.circular_triads import circular_triads, most_circular, null_counts, preferences
from tests.oracles_triads import all_tournaments, answers_by_pair, sort_triads

ROUNDING = 1e-12
PRINTED = 5e-5  # figures given to four decimals
DRAWS = 10_000

KENDALL = {  # Kendall & Babington Smith (1940), the number of sets of preferences with T = 0, 1, 2, ...
    3: [6, 2],
    4: [24, 16, 24],
    5: [120, 120, 240, 240, 280, 24],
    6: [720, 960, 2240, 2880, 6240, 3648, 8640, 4800, 2640],
    7: [5040, 8400, 21840, 33600, 75600, 90384, 179760, 188160, 277200, 280560, 384048, 244160, 233520, 72240, 2640],
}


def tournament(n, seed):
    """One judge's answers to all pairs, by coin tossing, in random order and with random sides."""
    rng = np.random.default_rng(seed)
    first, second = np.triu_indices(n, 1)
    turned = rng.random(len(first)) < 0.5
    order = rng.permutation(len(first))
    left, right = np.where(turned, second, first)[order], np.where(turned, first, second)[order]
    return left, right, rng.choice([-1, 1], len(first))


@pytest.mark.parametrize("n", KENDALL)
def test_null_counts_are_the_published_ones(n):
    assert null_counts(n).tolist() == KENDALL[n]


@pytest.mark.parametrize("n", [3, 4, 5, 6])
def test_null_counts_by_going_through_all_tournaments(n):
    assert null_counts(n).tolist() == np.bincount(all_tournaments(n), minlength=most_circular(n) + 1).tolist()


@pytest.mark.thorough
def test_null_counts_of_seven_by_going_through_all_tournaments():
    assert null_counts(7).tolist() == np.bincount(all_tournaments(7)).tolist()


@pytest.mark.parametrize("n", range(3, 11))
def test_null_counts_have_the_known_sum_mean_and_variance(n):
    counts = null_counts(n)
    assert sum(counts.tolist()) == 2 ** (n * (n - 1) // 2)
    assert counts[0] == math.factorial(n)  # the orders
    assert counts[-1] > 0  # T_max is reached
    share = counts / 2.0 ** (n * (n - 1) // 2)
    at = np.arange(len(counts))
    mean = float(share @ at)
    assert mean == pytest.approx(math.comb(n, 3) / 4, rel=ROUNDING)
    assert float(share @ (at - mean) ** 2) == pytest.approx(3 * math.comb(n, 3) / 16, rel=1e-9)  # Moran 1947


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(3, 9), st.integers(0, 10**6))
def test_the_formula_counts_triads(n, seed):
    left, right, result = tournament(n, seed)
    found = circular_triads(preferences(left, right, result, n))
    circles = sort_triads(answers_by_pair(left, right, result), n)[1]
    assert found.circular == len(circles)
    assert found.zeta == pytest.approx(1 - len(circles) / most_circular(n))
    assert found.method == "exact"
    assert found.p == pytest.approx(sum(null_counts(n)[: found.circular + 1].tolist()) / 2 ** (n * (n - 1) // 2), rel=ROUNDING)


def test_five_people_in_perfect_order_are_no_evidence_of_consistency():
    """A toy calls T = 0 "consistent"; one coin tosser in nine does as well."""
    first, second = np.triu_indices(5, 1)
    found = circular_triads(preferences(first, second, np.ones(10, dtype=np.int64), 5))
    assert (found.circular, found.zeta) == (0, 1.0)
    assert found.p == pytest.approx(120 / 1024, rel=ROUNDING)
    assert found.p > 0.1


@pytest.mark.parametrize(
    ("left", "right", "result", "missing", "tied"),
    [
        ([0, 0, 1], [1, 2, 2], [1, 0, 1], 0, 1),  # a tie
        ([0, 1], [1, 2], [1, 1], 1, 0),  # a gap
        ([0, 0, 1, 0], [1, 2, 2, 1], [1, 1, 1, -1], 0, 1),  # the same pair judged both ways
    ],
)
def test_ties_and_gaps_are_refused(left, right, result, missing, tied):
    """A toy puts half wins, or too few, into the formula: it would count triads that are not there."""
    with pytest.raises(IdentificationError) as error:
        circular_triads(preferences(np.array(left), np.array(right), np.array(result), 3))
    assert error.value.code == "E-TRIADS"
    assert error.value.items[0].details == {"missing": missing, "tied": tied}
    wins = [sum((x == 1) + 0.5 * (x == 0) for a, x in zip(left, result, strict=True) if a == i) for i in range(3)]
    wins = [w + sum((x == -1) + 0.5 * (x == 0) for b, x in zip(right, result, strict=True) if b == i) for i, w in enumerate(wins)]
    toy = 3 * 2 * 5 / 12 - sum(w * w for w in wins) / 2
    assert toy != 0  # where no circle is


def test_a_pair_judged_twice_alike_counts_once():
    left, right, result = tournament(6, 3)
    once = circular_triads(preferences(left, right, result, 6))
    twice = circular_triads(preferences(np.tile(left, 2), np.tile(right, 2), np.tile(result, 2), 6))
    assert once == twice


def test_the_correction_goes_against_the_finding():
    """[n = 7, T = 4]: exact .0689; with -1/2 .0615, with +1/2 .0332."""
    n, circular = 7, 4
    exact = null_counts(n)[: circular + 1].sum() / 2**21
    assert exact == pytest.approx(0.0689, abs=PRINTED)
    for seed in range(1000):
        found = circular_triads(preferences(*tournament(n, seed), n))
        if found.circular == circular:
            break
    assert found.p == pytest.approx(exact, rel=ROUNDING)
    assert found.p_chi2 == pytest.approx(0.0615, abs=PRINTED)
    other = stats.chi2.sf(8 / 3 * (35 / 4 - circular + 0.5) + found.df, found.df)
    assert other == pytest.approx(0.0332, abs=PRINTED)


def test_above_ten_people_the_test_is_simulated_with_a_seed():
    left, right, result = tournament(12, 5)
    found = circular_triads(preferences(left, right, result, 12), draws=DRAWS)
    again = circular_triads(preferences(left, right, result, 12), draws=DRAWS)
    other = circular_triads(preferences(left, right, result, 12), draws=DRAWS, seed=1)
    assert found == again
    assert found.method == "monte_carlo"
    error = np.sqrt(found.p * (1 - found.p) / DRAWS)
    assert abs(found.p - other.p) < 5 * error
    assert abs(found.p - found.p_chi2) < 5 * error + 0.02  # the approximation is that good at twelve


def test_simulated_and_exact_distribution_are_one():
    from rankkit.kernels.pairs.circular_triads import _simulated

    counts = null_counts(8)
    seen = np.bincount(_simulated(8, DRAWS, 0), minlength=len(counts))
    expected = counts / counts.sum() * DRAWS
    assert stats.chi2.sf(((seen - expected) ** 2 / expected).sum(), len(counts) - 1) > 0.001


def test_labels_and_rows_do_not_matter():
    left, right, result = tournament(11, 8)
    rng = np.random.default_rng(0)
    names, order = rng.permutation(11), rng.permutation(55)
    here = circular_triads(preferences(left, right, result, 11))
    there = circular_triads(preferences(names[right][order], names[left][order], -result[order], 11))
    assert here == there


@pytest.mark.parametrize("n", [0, 1, 2])
def test_two_people_cannot_go_round(n):
    left, right = np.triu_indices(n, 1)
    found = circular_triads(preferences(left, right, np.ones(len(left), dtype=np.int64), n))
    assert (found.circular, found.most, found.method) == (0, 0, "none")
    assert np.isnan(found.p)
    assert np.isnan(found.zeta)


@pytest.mark.recovery
def test_coin_tossers_are_called_consistent_as_often_as_stated():
    p = np.array([circular_triads(preferences(*tournament(12, seed), 12)).p for seed in range(2000)])
    for level in (0.05, 0.2, 0.5):
        share = np.mean(p <= level)
        assert share <= level + 3 * np.sqrt(level * (1 - level) / len(p))
        assert share >= level - 0.06  # T is discrete
