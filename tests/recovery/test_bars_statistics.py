"""Behavioural scales with known truth: intervals cover, the null rate holds, differences are found, scale values come back."""

from __future__ import annotations

import numpy as np
import pytest

import rankkit as rk
from rankkit.elicit.bars_item_bank import Selection, item_bank
from rankkit.elicit.bars_state import BarsState
from rankkit.kernels.behaviours.effectiveness_scaling import group_difference, scale_incidents
from rankkit.kernels.behaviours.retranslation import retranslate
from rankkit.kernels.multiplicity import benjamini_hochberg

pytestmark = pytest.mark.recovery
LEVEL = 0.95


def state(made) -> BarsState:
    """The judgements of a simulation, without the log."""
    choices = {j: {"choices": dict(zip(f["incident"], f["dimension_chosen"], strict=True))} for j, f in made.retranslation.groupby("judge")}
    placings = {
        j: {"role": f["judge_role"].iloc[0], "placings": dict(zip(f["incident"], f["effectiveness"], strict=True))}
        for j, f in made.scaling.groupby("judge")
    }
    dimensions = tuple({"dimension": d} for d in made.dimensions["dimension"])
    incidents = {r.incident: {"dimension": r.dimension, "text": r.text} for r in made.incidents.itertuples(index=False)}
    return BarsState("", (1.0, 7.0), 0, dimensions=dimensions, incidents=incidents, choices=choices, placings=placings)


@pytest.mark.parametrize(("n", "p"), [(10, 0.6), (10, 0.8), (24, 0.7), (24, 0.9)])
def test_the_interval_of_agreement_covers(n, p):
    rng = np.random.default_rng(n)
    rest = (1 - p) / 3
    counts = rng.multinomial(n, [p, rest, rest, rest], size=4000)
    found = retranslate(counts)
    covered = ((found.low <= p) & (p <= found.high)).mean()
    assert covered >= 0.93  # Wilson's interval swings about its level with n and p: .934 at worst over these


@pytest.mark.parametrize("sd", [0.8, 1.2])
def test_the_interval_of_spread_on_whole_points(sd):
    rng = np.random.default_rng(1)
    x = np.clip(np.rint(4 + sd * rng.standard_normal((4000, 20))), 1, 7)
    true = np.clip(np.rint(4 + sd * rng.standard_normal(400_000)), 1, 7).std()
    found = scale_incidents(x)
    assert ((found.sd_low <= true) & (true <= found.sd_high)).mean() > 0.93
    assert ((found.low <= 4) & (found.high >= 4)).mean() == pytest.approx(LEVEL, abs=0.02)


def test_groups_that_agree_are_left_alone():
    rng = np.random.default_rng(2)
    fired, p_values = [], []
    for _ in range(200):
        truth = rng.uniform(2, 6, 60)
        first, second = (np.clip(np.rint(truth[:, None] + 0.8 * rng.standard_normal((60, 10))), 1, 7) for _ in range(2))
        p = group_difference(first, second).p
        fired.append((benjamini_hochberg(p) < 0.05).any())
        p_values.append((p < 0.05).mean())
    assert np.mean(fired) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 400)
    assert np.mean(p_values) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / (200 * 60))


def test_a_shift_is_found():
    found = []
    for seed in range(12):
        made = rk.simulate.retranslation(seed=seed, n_scalers=30, shift=1.8, sd=0.8, ambiguous_sd=0.8)
        table = item_bank(state(made), Selection()).differences.set_index("incident")
        shifted = made.truth["shift"] > 0
        found.append((table.loc[shifted[shifted].index, "q"] < 0.05).mean())
    assert np.mean(found) > 0.85


def test_true_dimensions_and_values_come_back():
    made = rk.simulate.retranslation(seed=11, n_shifted=0)
    items = item_bank(state(made), Selection()).items.set_index("incident")
    clear = made.truth["second"] == ""
    assert (items.loc[clear, "chosen"] == made.truth.loc[clear, "dimension"]).all()
    assert items.loc[clear, "kept"].mean() > 0.97
    assert np.corrcoef(items["value"], made.truth["effectiveness"])[0, 1] > 0.98
    covered = (items["value_low"] <= made.truth["effectiveness"]) & (made.truth["effectiveness"] <= items["value_high"])
    inner = clear & made.truth["effectiveness"].between(2.5, 5.5)  # near the ends placings are cut off
    assert covered[inner].mean() > 0.8


def test_two_dimensions_in_one_incident_seldom_pass():
    shares = []
    for seed in range(6):
        made = rk.simulate.retranslation(seed=seed)
        items = item_bank(state(made), Selection()).items.set_index("incident")
        shares.append(items.loc[made.truth["second"] != "", "kept"].mean())
    assert np.mean(shares) < 0.3
