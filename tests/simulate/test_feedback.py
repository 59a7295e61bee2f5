"""Simulated feedback: design, planted effects, the same numbers from the same seed, and the stored data set."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rankkit import datasets, simulate
from rankkit.errors import SettingsError

SAME = 1e-12


def plain(**settings):
    """No ends of the scale, no rounding, no errors: what is planted stands alone."""
    quiet = {"scale": None, "rounded": False, "sd_residual": 0.0, "sd_halo": 0.0, "sd_rater": 0.0, "sd_change": 0.0}
    return simulate.feedback(24, 3, **quiet | settings, seed=5)


def tidy(made):
    frame = made.table.frame.astype(dict.fromkeys(("rater", "ratee", "dimension", "source"), "str"))
    truth = [made.dimensions.loc[i, d] for i, d in zip(frame["ratee"], frame["dimension"], strict=True)]
    return frame.assign(off=frame["score"] - truth)


def test_the_same_seed_gives_the_same_data_and_another_seed_does_not():
    for make in (lambda s: simulate.feedback(16, 2, cycles=2, seed=s), lambda s: simulate.service_feedback(seed=s)):
        one, again, other = make(3), make(3), make(4)
        pd.testing.assert_frame_equal(one.table.frame, again.table.frame)
        pd.testing.assert_frame_equal(one.planted, again.planted)
        assert not one.table.frame.equals(other.table.frame)
        assert "SIMULATED" in repr(one)


def test_without_errors_the_score_is_the_truth():
    assert np.abs(tidy(plain())["off"]).max() < SAME
    lenient = tidy(plain(leniency={"self": 0.5}))
    assert lenient.groupby("source")["off"].mean().round(9).to_dict() == {
        "customer": 0, "expert": 0, "peer": 0, "self": 0.5, "subordinate": 0, "supervisor": 0,
    }  # fmt: skip


def test_each_effect_moves_its_own_forms_only():
    frame = tidy(plain(nomination=0.4))
    assert set(frame.loc[frame["nominated_by"] == "ratee", "off"].round(9)) == {0.4}
    assert set(frame.loc[frame["nominated_by"] != "ratee", "off"].round(9)) == {0.0}
    made = plain(cliques=1, clique_size=3, clique_lift=0.7)
    frame, group = tidy(made), set(made.planted["rater"])
    inside = frame["rater"].isin(group) & frame["ratee"].isin(group) & (frame["source"] == "peer")
    assert len(group) == 3
    assert frame.loc[inside].groupby(["rater", "ratee"]).ngroups == 6  # they choose each other
    assert set(frame.loc[inside, "off"].round(9)) == {0.7}
    assert np.abs(frame.loc[~inside, "off"]).max() < SAME
    made = plain(bombs=2, bomb=-2.0)
    frame = tidy(made)
    hit = pd.MultiIndex.from_frame(frame[["rater", "ratee"]]).isin(pd.MultiIndex.from_frame(made.planted[["rater", "ratee"]]))
    assert set(frame.loc[hit, "off"].round(9)) == {-2.0}
    assert np.abs(frame.loc[~hit, "off"]).max() < SAME


def test_impressions_of_pairs_are_correlated_as_asked():
    made = simulate.feedback(400, 20, peers=19, reciprocity=0.6, sd_halo=1, sd_residual=0, sd_rater=0, scale=None, rounded=False, seed=1)
    frame = tidy(made).query("source == 'peer'").drop_duplicates(["rater", "ratee"]).set_index(["rater", "ratee"])["off"]
    back = frame.reindex(frame.index.swaplevel())
    assert np.corrcoef(frame, back)[0, 1] == pytest.approx(0.6, abs=0.05)  # 3 se from 3 800 pairs
    assert frame.std() == pytest.approx(1, abs=0.05)


def test_retaliation_follows_the_earlier_impression():
    made = plain(cycles=2, retaliation=2.0, sd_halo=0.5)
    frame = tidy(made)
    down = frame.query("cycle == 'c1' and source == 'supervisor'").drop_duplicates(["rater", "ratee"]).set_index(["ratee", "rater"])["off"]
    up = frame.query("cycle == 'c2' and source == 'subordinate'").drop_duplicates(["rater", "ratee"]).set_index(["rater", "ratee"])["off"]
    both = pd.concat([down.rename("down"), up.rename("up")], axis=1, join="inner")
    assert len(both) == 24
    assert np.polyfit(both["down"], both["up"], 1)[0] == pytest.approx(2.0, abs=0.5)


def test_planting_one_effect_leaves_everything_else_as_it_was():
    one, two = (simulate.feedback(24, 3, seed=2, nomination=v).table.frame for v in (0.0, 1.0))
    assert one["rater"].tolist() == two["rater"].tolist()
    others = (one["nominated_by"] != "ratee").to_numpy()
    assert one["score"][others].tolist() == two["score"][others].tolist()


def test_careless_copying_and_missing_forms():
    made = simulate.feedback(24, 3, careless=1, copies=1, pasted=1, missing=0.2, seed=4)
    frame, planted = tidy(made), made.planted.groupby("effect")["rater"].agg(list)
    lazy = frame[frame["rater"].isin(planted["careless"]) & (frame["source"] != "self")]
    assert lazy["response_ms"].median() < 2000 < frame["response_ms"].median()
    first, second = planted["copying"]
    wide = frame[frame["source"] != "self"].pivot_table(index=["rater", "ratee"], columns="dimension", values="score").dropna()
    shared = sorted((set(wide.loc[first].index) & set(wide.loc[second].index)) - {first, second})
    assert shared
    assert (wide.loc[first].loc[shared].to_numpy() == wide.loc[second].loc[shared].to_numpy()).all()
    gone = frame["score"].isna()
    assert (frame.loc[gone, "na_reason"] == "declined").all()
    assert set(frame.loc[gone, "source"]) <= {"peer", "subordinate", "customer"}


@pytest.mark.parametrize(
    "settings",
    [
        {"n_people": 0}, {"reciprocity": 1.2}, {"missing": 1.0}, {"cliques": 9}, {"sd_halo": -1}, {"customers": (3, 2)},
        {"leniency": {"boss": 1}}, {"scale": (5, 1)}, {"cycles": 0},
    ],
)  # fmt: skip
def test_impossible_settings_are_refused(settings):
    with pytest.raises(SettingsError):
        simulate.feedback(**{"n_people": 16, "n_teams": 2} | settings)
    with pytest.raises(SettingsError):
        simulate.service_feedback(names="fr")


def test_the_stored_data_set_is_the_simulated_one():
    stored, fresh = datasets.load("service_team_feedback"), simulate.service_feedback(seed=2026)
    assert stored.data_hash() == fresh.table.data_hash()
    a, b = (t.frame.astype("str") for t in (stored, fresh.table))
    for column in set(b.columns) - {"score", "response_ms"}:
        assert a[column].tolist() == b[column].tolist(), column
    assert stored.extras["response_ms"].astype(float).equals(fresh.table.extras["response_ms"].astype(float))
    team = datasets.load("service_team")
    assert stored.people == team.people
    assert [c for c in ("王伟", "赵龑") if c not in stored.labels.values()] == []


def test_the_service_team_has_gaps_as_its_card_says():
    frame = datasets.frame("service_team_feedback")
    now = frame[frame["cycle"] == "2026"]
    back_office = {f"A{k:02d}" for k in range(8, 61, 8)}
    assert not (set(frame.loc[frame["source"] == "customer", "ratee"]) & back_office)
    few = now[(now["ratee"] == "L8") & (now["source"] == "subordinate") & now["score"].notna()]
    assert few["rater"].nunique() == 2
    assert (frame["score"].isna() == frame["na_reason"].notna()).all()
    assert simulate.service_feedback().truth["score"].equals(simulate.service_team(seed=2026).truth["score"])
