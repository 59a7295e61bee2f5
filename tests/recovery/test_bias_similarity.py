"""Error rates, coverage and power of similar-to-me and recency."""

from __future__ import annotations

import numpy as np
import pytest

from rankkit import bias, simulate

pytestmark = pytest.mark.recovery

PLAIN = {"dimensions": 1}
DESIGNS = {
    "12 by 20": {"n_ratees": 12, "n_raters": 20},
    "40 by 20, six each": {"n_ratees": 40, "n_raters": 20, "raters_per_ratee": 6},
    "100 by 40, five each": {"n_ratees": 100, "n_raters": 40, "raters_per_ratee": 5},
    "uneven groups": {"n_ratees": 60, "n_raters": 40, "raters_per_ratee": 8, "group_gap": -0.5, "group_shares": (0.5, 0.3)},
}


def similar(settings, replicates, start=0):
    """p, estimate, covered and the naive difference, a row a replicate."""
    out = []
    for seed in range(start, start + replicates):
        made = simulate.biased_ratings(**PLAIN | settings, seed=seed)
        table = bias.similar_to_me(made.table, attributes=made.attributes).tables.get("similar_to_me")
        frame, group = made.table.frame, made.attributes.frame.set_index("person")["value"]
        same = frame["ratee"].map(group).astype(str) == frame["rater"].map(group).astype(str)
        naive = frame.loc[same, "score"].mean() - frame.loc[~same, "score"].mean()
        if table is None:
            out.append([np.nan, np.nan, np.nan, naive])
            continue
        row, truth = table.iloc[0], settings.get("similarity", 0.0)
        out.append([row["p"], row["estimate"], row["ci_low"] <= truth <= row["ci_high"], naive])
    return np.array(out, dtype=float)


def late(settings, replicates, start=0):
    """p, estimate and covered, a row a replicate."""
    out = []
    for seed in range(start, start + replicates):
        made = simulate.biased_ratings(**PLAIN | {"incidents": 5} | settings, seed=seed)
        row = bias.recency(made.table, incidents=made.incidents, bootstrap=99).of("recency").iloc[0]
        truth = np.diff(settings.get("recency", (0.0, 0.0)))[0]
        out.append([row["p"], row["estimate"], row["ci_low"] <= truth <= row["ci_high"]])
    return np.array(out, dtype=float)


def level(p, replicates):
    return np.nanmean(p < 0.05), 0.05 + 2 * np.sqrt(0.05 * 0.95 / replicates)


@pytest.mark.parametrize("name", list(DESIGNS)[:2])
def test_level_of_similar_to_me(name):
    found = similar(DESIGNS[name], 60)
    rate, limit = level(found[:, 0], 60)
    assert rate <= limit
    assert abs(np.nanmean(found[:, 1])) < 0.03
    assert np.nanmean(found[:, 2]) >= 0.95 - 2 * np.sqrt(0.05 * 0.95 / 60)  # the maximum of three variances covers too often


def test_the_naive_difference_finds_favour_where_there_is_none():
    """Groups half a point apart, half of the ratees and 30 % of the raters in one: the toy says .2, the truth is 0."""
    found = similar(DESIGNS["uneven groups"], 40)
    assert np.mean(found[:, 3]) == pytest.approx(0.2, abs=0.04)
    assert abs(np.nanmean(found[:, 1])) < 3 * np.nanstd(found[:, 1]) / np.sqrt(40)
    assert np.nanmean(found[:, 0] < 0.05) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 40)


def test_favour_of_the_stated_size_is_found():
    """.25 points, about .3 SD, above the floor of .2."""
    found = similar(DESIGNS["100 by 40, five each"] | {"similarity": 0.25}, 15)
    assert np.nanmean(found[:, 0] < 0.05) > 0.75
    assert np.nanmean(found[:, 1]) == pytest.approx(0.25, abs=0.04)


@pytest.mark.parametrize("settings", [{"n_ratees": 30, "n_raters": 4}, {"n_ratees": 60, "n_raters": 6, "raters_per_ratee": 1}])
def test_level_of_recency(settings):
    found = late(settings, 80)
    rate, limit = level(found[:, 0], 80)
    assert rate <= limit


def test_late_incidents_that_weigh_more_are_found():
    found = late({"n_ratees": 60, "n_raters": 6, "recency": (0.05, 0.25)}, 20)
    assert np.nanmean(found[:, 0] < 0.05) > 0.6
    assert np.mean(found[:, 1]) == pytest.approx(0.19, abs=0.04)  # .2 before scores are cut off at the ends of the scale


@pytest.mark.thorough
@pytest.mark.parametrize("name", DESIGNS)
def test_similar_to_me_with_small_simulation_error(name, capsys):
    found = similar(DESIGNS[name], 1000, start=10_000)
    rate, limit = level(found[:, 0], 1000)
    power = [np.nanmean(similar(DESIGNS[name] | {"similarity": s}, 150, start=40_000)[:, 0] < 0.05) for s in (0.15, 0.3)]
    with capsys.disabled():
        print(
            f"\n{name}: level {rate:.3f}, covers {np.nanmean(found[:, 2]):.3f}, refused {np.isnan(found[:, 0]).mean():.3f}, "
            f"power at .15 {power[0]:.2f}, at .3 {power[1]:.2f}"
        )
    assert rate <= limit


@pytest.mark.thorough
@pytest.mark.parametrize("n", [30, 60, 120])
def test_recency_with_small_simulation_error(n, capsys):
    for settings in ({"n_raters": 6}, {"n_raters": 6, "raters_per_ratee": 1}):
        found = late({"n_ratees": n} | settings, 1000, start=10_000)
        rate, limit = level(found[:, 0], 1000)
        power = np.mean(late({"n_ratees": n, "recency": (0.0, 0.2)} | settings, 150, start=40_000)[:, 0] < 0.05)
        with capsys.disabled():
            print(f"\n{n} people, {settings}: level {rate:.3f}, covers {found[:, 2].mean():.3f}, power at .2 {power:.2f}")
        assert rate <= limit
