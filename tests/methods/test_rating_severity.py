"""Severity, anchors, objectives, normal scores and several scales: what each adjustment takes out, and when it is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import rankkit as rk
from rankkit.errors import IdentificationError, InsufficientDataError, RatingsError, SettingsError

EXACT = 1e-9


def linked(n=24, m=6, k=3, seed=1, severity=0.8, dimensions=("d",)):
    rng = np.random.default_rng(seed)
    merit, lenient = rng.normal(size=n), severity * rng.normal(size=m)
    rows = [
        (f"r{r}", f"p{i:02d}", d, merit[i] + lenient[r] + 0.5 * rng.normal())
        for i in range(n)
        for r in rng.choice(m, k, replace=False)
        for d in dimensions
    ]
    return pd.DataFrame(rows, columns=["rater", "ratee", "dimension", "score"]), merit


def with_anchors(teams=5, size=6, anchors=4, seed=2, severity=1.0):
    """Each manager rates the own team and all anchors."""
    rng = np.random.default_rng(seed)
    lenient, merit = severity * rng.normal(size=teams), rng.normal(size=teams * size)
    rows = [(f"m{t}", f"p{i:02d}", merit[i] + lenient[t] + 0.4 * rng.normal(), False) for i in range(teams * size) for t in [i // size]]
    rows += [(f"m{t}", f"v{a}", a / 2 + lenient[t] + 0.4 * rng.normal(), True) for a in range(anchors) for t in range(teams)]
    return pd.DataFrame(rows, columns=["rater", "ratee", "score", "anchor"]), merit


def test_severity_brings_scores_nearer_the_truth_and_keeps_the_raw_ones():
    frame, merit = linked()
    raw = rk.GraphicRatingScale().fit(frame)
    fair = rk.GraphicRatingScale(adjust="severity").fit(frame)
    assert np.corrcoef(fair.estimate, merit)[0, 1] > np.corrcoef(raw.estimate, merit)[0, 1]
    assert fair.difference("p00", "p01").se < raw.difference("p00", "p01").se
    changes = fair.changes
    np.testing.assert_allclose(changes.loc[list(raw.people), "raw_score"], raw.estimate, rtol=EXACT)
    assert (changes["rank_change"] == changes["raw_rank"] - changes["rank"]).all()
    table = fair.severities
    assert list(table.index) == sorted(table.index, key=lambda r: -table.loc[r, "leniency"])
    assert table["leniency"].sum() == pytest.approx(0, abs=EXACT)
    assert {"I-ADJUSTED"} <= set(fair.messages["code"])
    assert fair.unit == "scale points"


def test_severity_of_unlinked_raters_is_refused_with_the_names():
    nested = pd.DataFrame({"rater": ["m0"] * 3 + ["m1"] * 3, "ratee": list("abcdef"), "score": [1.0, 2, 3, 3, 4, 5]})
    for how in ("severity", "mfrm"):
        with pytest.raises(IdentificationError, match="m0: a, b, c") as caught:
            rk.GraphicRatingScale(adjust=how, assume="equal_teams").fit(nested)
        assert "a rater's high average may be leniency or a strong team" in str(caught.value)
    others = linked(seed=4)[0]
    others[["rater", "ratee"]] = "x" + others[["rater", "ratee"]]
    apart = pd.concat([linked(seed=3)[0], others])
    with pytest.raises(IdentificationError, match="r0"):
        rk.GraphicRatingScale(adjust="severity").fit(apart)


def test_nested_ratings_are_not_standardised_without_a_word():
    nested = pd.DataFrame({"rater": ["m0"] * 3 + ["m1"] * 3, "ratee": list("abcdef"), "score": [1.0, 2, 3, 3, 4, 5]})
    for how in ("center", "z", "T", "rank_normal"):
        with pytest.raises(IdentificationError, match="these data cannot tell which"):
            rk.GraphicRatingScale(adjust=how).fit(nested)
        assert len(rk.GraphicRatingScale(adjust=how, assume="equal_teams").fit(nested).changes) == 6


def test_anchors_link_nested_managers_and_are_not_ranked():
    frame, merit = with_anchors()
    raw = rk.GraphicRatingScale().fit(frame)
    fair = rk.GraphicRatingScale(adjust="anchor").fit(frame)
    scored = [p for p, s in zip(fair.people, fair.status, strict=True) if s == "scored"]
    assert scored == [f"p{i:02d}" for i in range(30)]
    assert set(fair.scores.loc[["v0", "v3"], "status"]) == {"not_scored"}
    assert fair.scores.loc["v0", "status_reason"].startswith("an anchor")
    truth = pd.Series(merit, index=scored)
    assert np.corrcoef(fair.scores.loc[scored, "score"], truth)[0, 1] > np.corrcoef(raw.scores.loc[scored, "score"], truth)[0, 1] + 0.05
    assert fair.se_basis == "rater"
    assert "I-ASSUMED" not in set(fair.messages["code"])
    named = rk.GraphicRatingScale(adjust="anchor", anchors=("v0", "v1", "v2", "v3")).fit(frame.drop(columns="anchor"))
    np.testing.assert_allclose(named.estimate, fair.estimate, rtol=EXACT)
    with pytest.raises(InsufficientDataError, match="anchor people"):
        rk.GraphicRatingScale(adjust="anchor").fit(frame.drop(columns="anchor"))
    with pytest.raises(SettingsError):
        rk.GraphicRatingScale(anchors=("nobody",)).fit(frame)


def test_a_rater_without_anchors_is_named_and_less_certain():
    frame, _ = with_anchors()
    frame = frame[~((frame["rater"] == "m0") & frame["anchor"])]
    fair = rk.GraphicRatingScale(adjust="anchor").fit(frame)
    assert "m0" in fair.messages.set_index("code").loc["W-NOANCHOR", "text"]
    assert fair.scores.loc["p00", "se"] > fair.scores.loc["p10", "se"]
    assert fair.severities.loc["m0", "leniency"] == 0


def test_an_objective_measure_takes_out_what_the_line_does_not_explain():
    frame, _ = with_anchors(teams=8)
    frame = frame[~frame["anchor"]].drop(columns="anchor")
    kpi = frame.groupby("rater")["score"].transform("mean").to_numpy() * 0.5
    people = rk.People.from_frame(pd.DataFrame({"person": frame["ratee"], "kpi": kpi}))
    found = rk.GraphicRatingScale(adjust="objective", objective="kpi").fit(frame, people=people)
    np.testing.assert_allclose(found.severities["leniency"], 0, atol=1e-9)  # the measure explains the means
    assert found.covariance is None
    assert "I-EXPERIMENTAL" in set(found.messages["code"])
    with pytest.raises(SettingsError, match="kpi"):
        rk.GraphicRatingScale(adjust="objective", objective="kpi").fit(frame)
    flat = rk.People.from_frame(pd.DataFrame({"person": frame["ratee"], "kpi": 1.0}))
    with pytest.raises(InsufficientDataError):
        rk.GraphicRatingScale(adjust="objective", objective="kpi").fit(frame, people=flat)


def test_t_scores_are_z_scores_in_other_units():
    frame, _ = linked(k=6)
    z, t = (rk.GraphicRatingScale(adjust=a).fit(frame) for a in ("z", "T"))
    np.testing.assert_allclose(t.estimate, 50 + 10 * z.estimate, rtol=EXACT)
    np.testing.assert_allclose(t.scores["se"], 10 * z.scores["se"], rtol=1e-6)
    assert (t.scores["rank"] == z.scores["rank"]).all()
    assert (t.unit, z.unit) == ("T", "z")


def test_normal_scores_depend_on_each_raters_order_only():
    frame, _ = linked(k=6)
    bent = frame.assign(score=np.where(frame["rater"] == "r0", np.exp(frame["score"]), frame["score"]))
    one, two = (rk.GraphicRatingScale(adjust="rank_normal").fit(f) for f in (frame, bent))
    np.testing.assert_allclose(one.estimate, two.estimate, rtol=EXACT)
    assert one.unit == "z"


def test_alternatives_stand_side_by_side_with_the_reasons_for_what_is_missing():
    frame, _ = linked()
    found = rk.GraphicRatingScale().fit(frame)
    table = found.alternatives
    assert set(table.index.get_level_values("adjust")) >= {"none", "severity"}
    refused = found.refused_adjustments
    assert {"center", "z", "T", "rank_normal"} <= set(refused.index)
    assert refused["text"].str.contains("not rated by every rater").any()
    own = table.xs("severity", level="adjust")
    direct = rk.GraphicRatingScale(adjust="severity").fit(frame)
    np.testing.assert_allclose(own["score"], direct.estimate, rtol=EXACT)
    assert (own["rank_change"] == direct.changes.loc[own.index, "rank_change"]).all()
    grades = found.grade_changes({"A": 0.25, "B": 0.75})
    assert (grades["none"] == "A").sum() == 6
    moved = grades[grades["none"] != grades["severity"]]
    assert all("severity" in c for c in moved["changes"])
    with pytest.raises(SettingsError):
        found.grade_changes([0.5, 0.5])


def test_dimensions_on_different_scales_become_percent_of_maximum_possible():
    frame, _ = linked(dimensions=("quality", "attendance"))
    frame["score"] = np.where(frame["dimension"] == "quality", 3 + np.tanh(frame["score"]), 50 + 20 * np.tanh(frame["score"]))
    scale = {"quality": (1, 5), "attendance": (0, 100)}
    found = rk.GraphicRatingScale(scale=scale).fit(frame)
    assert found.unit == "POMP"
    assert "I-POMP" in set(found.messages["code"])
    by = frame.assign(score=np.where(frame["dimension"] == "quality", (frame["score"] - 1) * 25, frame["score"]))
    np.testing.assert_allclose(found.estimate, rk.GraphicRatingScale().fit(by).estimate, rtol=EXACT)
    assert rk.GraphicRatingScale(scale={"quality": (1, 5), "attendance": (0, 100)}) == rk.GraphicRatingScale(scale=scale)
    with pytest.raises(SettingsError, match="attendance"):
        rk.GraphicRatingScale(scale={"quality": (1, 5)}).fit(frame)
    with pytest.raises(RatingsError, match="outside"):
        rk.GraphicRatingScale(scale={"quality": (1, 3), "attendance": (0, 100)}).fit(frame)


def test_parts_are_made_when_asked_for_and_survive_names_and_pickles():
    import pickle

    frame, _ = linked(dimensions=("a", "b"))
    people = rk.People.from_frame(pd.DataFrame({"person": ["p00", "zz"], "label": ["王伟", "新人"]}))
    found = rk.GraphicRatingScale(adjust="severity").fit(frame, people=people)
    assert "not yet made" in repr(found.parts)
    again = pickle.loads(pickle.dumps(found))
    assert found.parts["a"].scores.loc["p00", "label"] == "王伟"
    assert found.parts["a"].scores.loc["zz", "status"] == "insufficient_data"
    pd.testing.assert_frame_equal(again.parts["b"].scores, found.parts["b"].scores)
