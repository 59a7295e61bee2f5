"""Ratings at the edge: what looked scored and was not, what could not be saved, what ignored its settings."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import rankkit as rk
from rankkit.agreement.scale_anchors import anchor_quality
from rankkit.errors import InsufficientDataError, PeopleError
from rankkit.kernels.rater_effects.accuracy_components import component_intervals


def constant_dimension():
    rng = np.random.default_rng(0)
    rows = [
        (f"r{j}", f"p{i:02d}", f"d{k}", float(np.clip(round(4 + rng.normal()), 1, 7)) if k < 2 else 5.0)
        for j in range(4)
        for i in range(12)
        for k in range(3)
    ]
    return pd.DataFrame(rows, columns=["rater", "ratee", "dimension", "score"])


@pytest.mark.parametrize("settings", [{"adjust": "mfrm"}, {"ordinal": True}, {"adjust": "z"}, {"adjust": "severity"}])
def test_a_dimension_that_cannot_be_scored_has_its_reason_and_is_kept(settings):
    found = rk.GraphicRatingScale(**settings).fit(constant_dimension())
    again = rk.Result.from_json(found.to_json())
    part = again.parts["d2"].scores
    assert part["score"].isna().all()
    assert part["status_reason"].ne("").all()
    assert found.dimensions is not None


def test_severity_that_cannot_be_estimated_is_refused_not_pretended():
    anchored = rk.simulate.biased_ratings(96, 12, raters_per_ratee=1, anchors=6, sd_rater=0.6, seed=4).table
    with pytest.raises(InsufficientDataError, match="adjust='anchor'"):
        rk.GraphicRatingScale(adjust="severity").fit(anchored)
    found = rk.GraphicRatingScale(adjust="anchor").fit(anchored)
    assert "severity" in found.refused_adjustments.index
    rows = [(f"r{(i + j) % 4}", f"p{i}", 3.0 + i % 5 + [0, 1, 2, -1][(i + j) % 4]) for i in range(8) for j in (0, 1)]
    with pytest.raises(InsufficientDataError):
        rk.GraphicRatingScale(adjust="severity").fit(pd.DataFrame(rows, columns=["rater", "ratee", "score"]))


def test_alternatives_are_what_they_are_called_with_ordinal_scores_too():
    table = rk.simulate.ratings(12, 4, seed=3).table
    plain, ordinal = (rk.GraphicRatingScale(ordinal=o).fit(table).alternatives for o in (False, True))
    pd.testing.assert_frame_equal(plain.drop(columns="unit"), ordinal.drop(columns="unit"))


def test_a_dimension_of_no_weight_decides_nothing():
    data = constant_dimension()
    rng = np.random.default_rng(2)
    other = data["dimension"] == "d1"
    changed = data.assign(score=np.where(other, rng.integers(1, 8, len(data)), data["score"]))
    weights = {"d0": 1.0, "d1": 0.0, "d2": 0.0}
    for settings in ({"adjust": "mfrm"}, {"ordinal": True}):
        one, two = (rk.GraphicRatingScale(weights=weights, **settings).fit(d).estimate for d in (data, changed))
        np.testing.assert_allclose(one, two, rtol=1e-9)
    uneven = rk.GraphicRatingScale(ordinal=True, weights={"d0": 0.7, "d1": 0.3, "d2": 0.0}).fit(data)
    assert "I-LOGITWEIGHTS" in set(uneven.messages["code"])


def test_anchors_do_not_count_in_weights_and_consistency():
    frame = rk.simulate.ratings(20, 4, dimensions=3, seed=5).table.frame
    extreme = pd.DataFrame(
        [
            (r, a, d, v if d == "d1" else 3.0)
            for r in sorted(set(frame["rater"]))
            for a, v in (("v1", 1.0), ("v2", 5.0))
            for d in ("d1", "d2", "d3")
        ],
        columns=["rater", "ratee", "dimension", "score"],
    )
    plain = rk.GraphicRatingScale().fit(frame)
    anchored = rk.GraphicRatingScale(anchors=("v1", "v2")).fit(pd.concat([frame, extreme]))
    np.testing.assert_allclose(anchored.weights["effective"], plain.weights["effective"])
    alpha = [r.reliability.set_index("coefficient").loc["Cronbach's α", "value"] for r in (plain, anchored)]
    assert alpha[0] == pytest.approx(alpha[1])


def test_a_blank_dimension_leaves_the_other_weights_alone():
    frame = rk.simulate.ratings(12, 4, dimensions=3, seed=6).table.frame
    found = rk.GraphicRatingScale().fit(frame.assign(score=frame["score"].where(frame["dimension"] != "d3")))
    assert found.weights.loc[["d1", "d2"], "effective"].sum() == pytest.approx(1)
    assert len(found.weight_sensitivity)


def test_an_unreadable_measure_is_named():
    frame = rk.simulate.ratings(30, 6, design="nested", seed=1).table.frame
    people = pd.DataFrame({"person": sorted(set(frame["ratee"])), "kpi": [str(k) for k in range(30)]})
    people.loc[3, "kpi"] = "abc"
    with pytest.raises(PeopleError, match="abc"):
        rk.GraphicRatingScale(adjust="objective", objective="kpi").fit(frame, people=rk.People.from_frame(people))
    people.loc[3, "kpi"] = None
    found = rk.GraphicRatingScale(adjust="objective", objective="kpi").fit(frame, people=rk.People.from_frame(people))
    assert "I-NOMEASURE" in set(found.messages["code"])


def test_additive_differences_have_intervals_at_once():
    additive = np.tile([1.0, 0, -1], (6, 1)) + np.arange(6)[:, None]
    for d in (additive, additive + 1e-6 * np.random.default_rng(1).normal(size=additive.shape)):
        low, high = component_intervals(d)
        assert low[2] == pytest.approx(2 / 3, rel=1e-4)
        assert high[2] == pytest.approx(2 / 3, rel=1e-4)


def test_labels_placed_alike_without_spread_are_not_told_apart():
    rows = [(f"a{k}", "x", 5.0) for k in range(3)] + [(f"b{k}", "y", 5.0) for k in range(3)] + [(f"b{k}", "z", 9.0) for k in range(3)]
    found = anchor_quality(pd.DataFrame(rows, columns=["judge", "label", "value"]), order=["x", "y", "z"])
    assert found.loc["x", "overlaps"]
    assert not found.loc["y", "overlaps"]
