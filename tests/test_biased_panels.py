from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rankkit import simulate
from rankkit.errors import SettingsError

PLAIN = {"scale": None, "rounded": False}
QUIET = PLAIN | {"sd_halo": 0.0, "sd_residual": 0.0, "sd_rater": 0.0, "sd_ratee_dimension": 0.0, "dimensions": 1}


def tidy(made):
    frame = made.table.frame.astype({"rater": str, "ratee": str})
    return frame.assign(true=frame["ratee"].map(made.truth["score"]))


def test_seeds_and_columns():
    one, two, other = (simulate.biased_ratings(12, 5, seed=s) for s in (1, 1, 2))
    pd.testing.assert_frame_equal(one.table.frame, two.table.frame)
    assert not one.table.frame["score"].equals(other.table.frame["score"])
    assert set(one.table.extras) == {"occasion", "order", "position", "rated_at", "response_ms", "anchor"}
    assert one.table.frame["score"].isin([1, 2, 3, 4, 5]).all()
    assert one.incidents is None
    assert "SIMULATED" in repr(one)
    assert one.table.notes[-1].code == "I-SIMULATED"


def test_every_rater_works_in_an_order_of_their_own():
    frame = tidy(simulate.biased_ratings(20, 6, dimensions=2, seed=3))
    orders = frame[frame["dimension"] == "d1"].pivot_table(index="ratee", columns="rater", values="order")
    assert (np.sort(orders.to_numpy(), axis=0) == np.arange(1, 21)[:, None]).all()
    assert (orders.corr().to_numpy()[np.triu_indices(6, 1)] < 0.9).all()
    times = frame.sort_values(["rater", "order"]).groupby("rater")["rated_at"]
    assert times.apply(lambda t: t.is_monotonic_increasing).all()


def test_contrast_serial_trend_drift_and_likeness_are_what_was_planted():
    made = simulate.biased_ratings(30, 8, contrast=-0.4, serial=0.6, drift=0.5, similarity=0.3, seed=4, **QUIET)
    frame = tidy(made).sort_values(["rater", "order"])
    before = frame.groupby("rater")["true"].shift() - made.parameters["mean"]
    own = frame["ratee"].map(made.attributes.frame.set_index("person")["value"]) == frame["rater"].map(made.raters["group"])
    time = (frame["rated_at"] - pd.Timestamp("2026-01-05")) / pd.Timedelta(days=180)
    shift = 0.6 * (frame["order"] / 30 - 0.5) + frame["rater"].map(made.raters["drift"]) * (time - 0.5) + 0.3 * own
    expected = frame["true"] + shift - 0.4 * before.fillna(0.0)
    np.testing.assert_allclose(frame["score"], expected, atol=1e-4)  # times are rounded to minutes


def test_raters_with_planted_habits():
    made = simulate.biased_ratings(300, 8, restricted=1, central=1, haloed=1, careless=1, seed=5, sd_halo=0.0, **PLAIN | {"dimensions": 4})
    frame, raters = tidy(made), made.raters
    spread = frame.groupby("rater")["score"].std()
    usual = raters.index[(raters["slope"] == 1) & ~raters["central"] & ~raters["careless"] & (raters["halo"] == 0)]
    assert (spread[raters["slope"] < 1] < 0.6 * spread[usual].min()).all()
    assert (spread[raters["central"]] < 0.6 * spread[usual].min()).all()
    within = frame.pivot_table(index=["rater", "ratee"], columns="dimension", values="score").groupby("rater").corr()
    mean = within.groupby("rater").apply(lambda c: c.to_numpy()[np.triu_indices(4, 1)].mean())
    assert (mean[raters["halo"] > 0] > mean[usual].max()).all()
    common = frame.groupby("rater")["score"].agg(lambda s: s.value_counts(normalize=True).iloc[0])
    seconds = frame.groupby("rater")["response_ms"].median()
    assert (common[raters["careless"]] > 0.8).all()
    assert seconds[raters["careless"]].max() < 0.2 * seconds[usual].min()


def test_incidents_weigh_as_planted():
    made = simulate.biased_ratings(40, 3, incidents=5, recency=(0.1, 0.4), seed=6, **QUIET)
    happened = made.incidents.frame
    late = happened["occurred_on"] >= pd.Timestamp("2026-01-05") + pd.Timedelta(days=90)
    sums = [happened[at].groupby("ratee")["valence"].sum() for at in (~late, late)]
    frame = tidy(made)
    weighed = sum(w * frame["ratee"].map(s).fillna(0) for w, s in zip((0.1, 0.4), sums, strict=True))
    np.testing.assert_allclose(frame["score"] - frame["true"], weighed, atol=1e-9)


def test_anchors_and_occasions():
    made = simulate.biased_ratings(10, 4, raters_per_ratee=2, occasions=3, anchors=2, sd_change=0.5, seed=7, **QUIET)
    frame = tidy(made)
    anchors = frame[frame["anchor"].astype(bool)]
    assert anchors.groupby(["ratee", "occasion"])["rater"].nunique().eq(4).all()
    assert frame[~frame["anchor"].astype(bool)].groupby(["ratee", "occasion"])["rater"].nunique().eq(2).all()
    np.testing.assert_allclose(anchors["score"], anchors["true"], atol=1e-9)
    change = frame[~frame["anchor"].astype(bool)].groupby("ratee")["score"].std()
    assert (change > 0).all()
    assert made.truth["anchor"].sum() == 2


def test_groups():
    made = simulate.biased_ratings(400, 40, group_shares=(0.5, 0.25), group_gap=1.0, raters_per_ratee=2, seed=8)
    group = made.attributes.frame.set_index("person")["value"]
    assert (made.raters["group"] == "b").sum() == 10
    gap = made.truth["score"].groupby(group[made.truth.index]).mean()
    assert gap["b"] - gap["a"] == pytest.approx(1.0, abs=0.25)


@pytest.mark.parametrize(
    "setting",
    [
        {"n_ratees": 0},
        {"raters_per_ratee": 9},
        {"occasions": 0},
        {"restricted": 9},
        {"sd_rater": -1.0},
        {"incidents": -1},
        {"group_shares": (0.5, 1.5)},
        {"scale": (5, 1)},
    ],
)
def test_impossible_settings(setting):
    with pytest.raises(SettingsError):
        simulate.biased_ratings(**{"n_raters": 5} | setting)
