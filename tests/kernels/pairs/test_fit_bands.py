"""Bands of infit and outfit: right under the model, seeded, blind to rows and labels."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from rankkit.kernels.pairs import davidson
from rankkit.kernels.pairs.beats_graph import verdict
from rankkit.kernels.pairs.bradley_terry import fit
from rankkit.kernels.pairs.fit_bands import calibrated_fit
from rankkit.kernels.pairs.judge_fit import fit_statistics
from rankkit.kernels.pairs.pair_counts import aggregate
from rankkit.kernels.pairs.pair_residuals import points

ROUNDING = 1e-9


def judged(seed, n=20, m=12, load=30, spread=1.0, careless=()):
    """Random pairs; careless judges toss coins."""
    rng = np.random.default_rng(seed)
    worth = rng.normal(scale=spread, size=n)
    judge = np.repeat(np.arange(m), load)
    left = rng.integers(0, n, m * load)
    right = (left + rng.integers(1, n, m * load)) % n
    chance = np.where(np.isin(judge, careless), 0.5, expit(worth[left] - worth[right]))
    return judge, left, right, np.where(rng.random(m * load) < chance, 1, -1)


def banded(judge, left, right, result, n, m, *, penalty="jeffreys", **settings):
    counts = aggregate(left, right, result, None, n)
    penalty = penalty if verdict(counts).kind == "finite" else "jeffreys"
    worth = fit(counts, penalty=penalty).worth
    win = expit(worth[left] - worth[right])
    return calibrated_fit(judge, left, right, result, worth, win, n, m, penalised=penalty != "none", **settings)


def test_observed_values_are_those_of_the_groups():
    judge, left, right, result = judged(1)
    worth = fit(aggregate(left, right, result, None, 20), penalty="jeffreys").worth
    win = expit(worth[left] - worth[right])
    found = calibrated_fit(judge, left, right, result, worth, win, 20, 12, draws=99)
    of_judges = fit_statistics(judge, 12, (result + 1) / 2, points(win))
    np.testing.assert_allclose(found.judges.observed.infit, of_judges.infit, rtol=ROUNDING)
    np.testing.assert_allclose(found.judges.observed.outfit_z, of_judges.outfit_z, rtol=1e-6)
    both = points(np.concatenate([win, 1 - win]))
    of_people = fit_statistics(np.concatenate([left, right]), 20, np.concatenate([(result + 1) / 2, (1 - result) / 2]), both)
    np.testing.assert_allclose(found.people.observed.outfit, of_people.outfit, rtol=ROUNDING)


def test_rows_sides_and_labels_do_not_matter():
    judge, left, right, result = judged(2)
    rng = np.random.default_rng(0)
    people, judges, order = rng.permutation(20), rng.permutation(12), rng.permutation(len(judge))
    turned = rng.random(len(judge)) < 0.5
    here = banded(judge, left, right, result, 20, 12, draws=99)
    a, b = np.where(turned, right, left), np.where(turned, left, right)
    there = banded(judges[judge][order], people[a][order], people[b][order], np.where(turned, -result, result)[order], 20, 12, draws=99)
    for name in ("infit_low", "infit_high", "outfit_high", "p", "q", "p_outfit"):
        np.testing.assert_allclose(getattr(there.judges, name)[judges], getattr(here.judges, name), rtol=1e-6)
        np.testing.assert_allclose(getattr(there.people, name)[people], getattr(here.people, name), rtol=1e-6)


def test_counts_are_drawn_one_by_one():
    judge, left, right, result = judged(3, load=15)
    worth = fit(aggregate(left, right, result, None, 20), penalty="jeffreys").worth
    win = expit(worth[left] - worth[right])
    weight = np.random.default_rng(1).integers(1, 4, len(judge))
    k = np.repeat(np.arange(len(judge)), weight)
    once = calibrated_fit(judge, left, right, result, worth, win, 20, 12, weight=weight.astype(float), draws=50)
    spelled = calibrated_fit(judge[k], left[k], right[k], result[k], worth, win[k], 20, 12, draws=50)
    assert once.judges.observed.load.sum() == weight.sum()
    # the canonical order of judges may differ, the observed values may not
    np.testing.assert_allclose(once.judges.observed.infit, spelled.judges.observed.infit, rtol=ROUNDING)


def test_smaller_loads_have_wider_bands():
    judge, left, right, result = judged(4, m=12, load=60)
    judge = np.where(np.arange(len(judge)) % 60 < 10, judge, 0)  # everybody but judge 0 keeps ten
    found = banded(judge, left, right, result, 20, 12, draws=199)
    width = found.judges.infit_high - found.judges.infit_low
    assert (width[1:] > 2 * width[0]).all()


def test_a_coin_tosser_is_found_and_the_others_are_not():
    judge, left, right, result = judged(5, load=60, spread=2.0, careless=(3,))
    found = banded(judge, left, right, result, 20, 12)
    noisy = found.judges.observed.infit > found.judges.infit_high
    assert np.flatnonzero((found.judges.q < 0.05) & noisy).tolist() == [3]
    assert found.judges.p[3] < 2 / (found.draws + 1)  # the tail is continued below what simulation can show


def test_unknown_judges_leave_the_people():
    _, left, right, result = judged(6)
    found = banded(None, left, right, result, 20, 0, draws=99)
    assert found.judges is None
    assert np.isfinite(found.people.p).all()


def test_ties_of_davidsons_model():
    rng = np.random.default_rng(7)
    judge, left, right, result = judged(7, n=10, m=6, load=60)
    result[rng.random(len(result)) < 0.2] = 0
    fitted = davidson.fit(aggregate(left, right, result, None, 10))
    half = 0.5 * (fitted.worth[left] - fitted.worth[right])
    whole = np.exp(half) + np.exp(-half) + np.exp(fitted.log_nu)
    win, tie = np.exp(half) / whole, np.exp(fitted.log_nu) / whole
    found = calibrated_fit(judge, left, right, result, fitted.worth, win, 10, 6, tie=tie, draws=199)
    inside = (found.judges.infit_low <= found.judges.observed.infit) & (found.judges.observed.infit <= found.judges.infit_high)
    assert inside.sum() >= 5


def test_the_tail_is_continued_on_either_side():
    judge, left, right, result = judged(6, load=60, spread=1.0)
    worth = fit(aggregate(left, right, result, None, 20), penalty="jeffreys").worth
    tame = judge == 4
    result = np.where(tame, np.where(worth[left] > worth[right], 1, -1), result)
    found = banded(judge, left, right, result, 20, 12)
    assert found.judges.observed.infit[4] < found.judges.infit_low[4]
    assert found.judges.p[4] < 2 / (found.draws + 1)


@pytest.mark.parametrize(("m", "known"), [(1, False), (2, False), (3, True)])
def test_one_or_two_judges_are_no_standard_for_themselves(m, known):
    judge, left, right, result = judged(7, m=m, n=6)
    found = banded(judge, left, right, result, 6, m, draws=99)
    assert np.isfinite([*found.judges.p, *found.judges.q]).all() == known
    assert np.isfinite(found.people.p).all()
    assert (found.judges.infit_low < found.judges.infit_middle).all()
    assert (found.judges.infit_middle < found.judges.infit_high).all()


@pytest.mark.recovery
@pytest.mark.parametrize(("n", "m", "load", "penalty"), [(20, 12, 30, "jeffreys"), (40, 20, 20, "jeffreys"), (12, 8, 66, "none")])
@pytest.mark.parametrize("repetitions", [80, pytest.param(800, marks=pytest.mark.thorough)])
def test_false_alarms_are_as_rare_as_stated(n, m, load, penalty, repetitions):
    alarms, outside = [], []
    for seed in range(repetitions):
        found = banded(*judged(100 + seed, n, m, load), n, m, penalty=penalty, draws=199, seed=seed)
        alarms.append([(band.p <= 0.05).mean() for band in (found.judges, found.people)])
        outside.append(np.mean(found.judges.p_outfit <= 0.05))
    judges, people = np.mean(alarms, axis=0)
    slack = 3 * np.sqrt(0.05 * 0.95 / (repetitions * m))
    assert judges <= 0.05 + slack
    assert judges >= 0.02  # not so cautious as to be useless
    assert people <= 0.05 + slack
    assert np.mean(outside) <= 0.05 + slack
