"""Ratings on a scale card: the scores of plain ratings, and cited incidents held against the marks."""

from __future__ import annotations

import pickle
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import rankkit as rk
from rankkit.errors import DataError, RatingsError, SettingsError
from tests.contract.test_behavioural_scales import card

CARD = card()


def marks(**columns) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    rows = [(r, p, d, float(rng.uniform(1.5, 6.5).__round__(1))) for p in "abcdefg" for r in ("r1", "r2", "r3") for d in ("care", "speed")]
    return pd.DataFrame(rows, columns=["rater", "ratee", "dimension", "score"]).assign(**columns)


def codes(result) -> list[str]:
    return list(result.messages["code"])


def test_scores_are_those_of_plain_ratings():
    plain = rk.GraphicRatingScale(scale=(1, 7), weights={"care": 0.7, "speed": 0.3}).fit(marks())
    bars = rk.BARS(scale=CARD, weights={"care": 0.7, "speed": 0.3}).fit(marks())
    pd.testing.assert_frame_equal(plain.scores, bars.scores)
    pd.testing.assert_frame_equal(plain.reliability, bars.reliability)
    assert bars.method == "BARS"
    assert bars.card == CARD.digest
    assert bars.settings["scale"] == [1.0, 7.0]


def test_only_a_card_is_a_scale():
    with pytest.raises(SettingsError):
        rk.BARS(scale=(1, 7))
    with pytest.raises(RatingsError) as caught:
        rk.BARS(scale=CARD).fit(marks().replace({"care": "kindness"}))
    assert caught.value.code == "E-CARDDIMENSION"
    with pytest.raises(RatingsError) as caught:
        rk.BARS(scale=CARD).fit(marks(score=7.5))
    assert caught.value.code == "E-RANGE"


def test_cited_incidents_that_contradict():
    frame = pd.DataFrame(
        {
            "rater": ["r1", "r1", "r2", "r2"],
            "ratee": ["a", "b", "a", "b"],
            "dimension": "care",
            "score": [6.5, 3.0, 6.0, 3.2],
            "incident_ids": ["w1; w2", ["w1"], "w9、w2", None],
        }
    )
    result = rk.BARS(scale=CARD, observed={"w1": 2.0, "w2": 5.0}).fit(frame)
    cited = result.cited.set_index(["rater", "ratee", "incident"])
    assert cited["inconsistent"].to_dict() == {
        ("r1", "a", "w1"): True, ("r1", "a", "w2"): False, ("r2", "a", "w2"): False, ("r2", "a", "w9"): False, ("r1", "b", "w1"): False,
    }  # fmt: skip
    assert np.isnan(cited.loc[("r2", "a", "w9"), "value"])
    assert {"W-INCON", "I-UNSCALED", "I-NOTCITED"} <= set(codes(result))
    by = result.citing
    assert by.loc["r1", ["marks", "with_incident", "cited", "scaled", "inconsistent"]].to_list() == [2, 2, 3, 3, 1]
    assert by.loc["r2", "share"] == 0
    assert by.loc["r1", "ci_low"] < 1 / 3 < by.loc["r1", "ci_high"]
    same = rk.BARS(scale=CARD).fit(frame.drop(columns="incident_ids"))
    pd.testing.assert_frame_equal(result.scores, same.scores)  # citing never changes a score


def test_two_points_are_rescaled_to_the_card():
    wide = rk.BARS(scale=card((1.0, 13.0)), observed={"w": 2.0})
    frame = pd.DataFrame({"rater": ["r1", "r2"], "ratee": ["a", "a"], "dimension": "care", "score": [5.9, 6.1], "incident_ids": "w"})
    assert wide.fit(frame).cited["inconsistent"].to_list() == [False, True]  # four of thirteen points


def test_values_come_from_the_item_bank_or_from_a_table():
    made = rk.simulate.retranslation(seed=1, n_judges=12, n_scalers=10)
    builder = rk.BARSBuilder.start()
    builder.add_dimensions(made.dimensions)
    builder.add_incidents(made.incidents)
    builder.add_retranslation(made.retranslation)
    builder.add_scaling(made.scaling)
    built = builder.card()
    frame = pd.DataFrame(
        {"rater": ["r1", "r2"], "ratee": ["a", "a"], "dimension": "attitude", "score": [6.0, 2.0], "incident_ids": ["s033", "x1"]}
    )
    observed = pd.DataFrame({"incident": ["x1"], "effectiveness": [7]})
    cited = rk.BARS(scale=built, observed=observed).fit(frame).cited.set_index("incident")
    assert cited.loc["s033", "value"] == pytest.approx(built.items.set_index("incident").loc["s033", "value"])
    assert (cited.loc["x1", "value"], cited.loc["x1", "inconsistent"]) == (7.0, True)
    with pytest.raises(SettingsError):
        rk.BARS(scale=built, observed={"x1": 9})
    with pytest.raises(SettingsError):
        rk.BARS(scale=built, observed=[1, 2])


def test_marks_on_anchors_only_are_pointed_out():
    values = CARD.of("care")["value"].to_numpy()
    rng = np.random.default_rng(0)
    boxes = marks(score=lambda f: rng.choice(values, len(f)))
    assert "W-ONLYANCHORS" in codes(rk.BARS(scale=CARD).fit(boxes))
    result = rk.BARS(scale=CARD).fit(marks())
    assert "W-ONLYANCHORS" not in codes(result)
    assert result.marks.set_index("dimension")["on_anchors"].max() < 0.3


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("E-RANGE", lambda a: a.assign(value=a["value"] + 3)),
        ("E-ONEAUTHOR", lambda a: a.assign(n_scaled=np.nan)),
        ("E-CARDDIMENSION", lambda a: a.replace({"speed": "kindness"})),
        ("E-COLS", lambda a: a.drop(columns="agreement")),
        ("E-ORDER", lambda a: a.assign(value=[1.1, 4.1, 2.6, 5.6, 6.9] * 2)),
        ("E-ORDER", lambda a: a.assign(value=[1.1, 2.6, 2.6, 5.6, 6.9] * 2)),
    ],
)
def test_cards_that_cannot_be(code, changes):
    with pytest.raises(DataError) as caught:
        rk.ScaleCard.from_anchors(CARD.dimensions, changes(CARD.anchors))
    assert caught.value.code == code


def test_a_card_is_a_value():
    again = rk.ScaleCard.from_json(CARD.to_json())
    assert again == CARD
    assert hash(again) == hash(CARD)
    assert pickle.loads(pickle.dumps(CARD)) == CARD
    assert rk.BARS(scale=again) == rk.BARS(scale=CARD)
    assert card((1.0, 9.0)) != CARD
    assert "I-DRAFTCARD" in codes(rk.BARS(scale=CARD).fit(marks()))
    with pytest.raises(DataError):
        rk.ScaleCard.from_json(rk.BARS(scale=CARD).fit(marks()).to_json())


def test_marks_of_colleagues_are_released_as_plain_ratings_are():
    frame = marks(source="peer")
    plain, bars = rk.GraphicRatingScale(scale=(1, 7)).fit(frame), rk.BARS(scale=CARD).fit(frame)
    shown = [r.release("committee") for r in (plain, bars)]
    pd.testing.assert_frame_equal(*shown)
    assert shown[1]["score"].notna().any()


def test_reports_call_dimensions_by_the_names_of_the_card(tmp_path):
    named = replace(CARD, dimensions=CARD.dimensions.assign(label=["待客周到", "Speed of work"]))
    weights = dict.fromkeys(named.names, 0.5)
    result = rk.BARS(scale=named, weights=weights).fit(marks())
    assert list(result.parts) == list(named.names)  # in code, ids
    path = result.to_report(tmp_path / "r.html", lang="zh")
    text = path.read_text(encoding="utf-8")
    shown = re.sub(r"<[^>]+>", "\n", re.sub(r"<style.*?</style>", "", text, flags=re.S))
    assert "待客周到" in shown
    assert not re.search(r"\bcare\b|\bspeed\b", shown)
    own = result.to_feedback(tmp_path / "f.html", "a").read_text(encoding="utf-8")
    assert "Speed of work" in own
    again = rk.Result.from_json(result.to_json())
    assert again.dimension_labels == named.labels
    same = rk.BARS(scale=replace(CARD, dimensions=CARD.dimensions.assign(label="Work"))).fit(marks())
    assert set(named.names) <= set(re.findall(r"\w+", same.to_report(tmp_path / "s.html").read_text(encoding="utf-8")))
