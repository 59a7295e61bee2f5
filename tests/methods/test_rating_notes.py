"""What a rating result says of its own making: nothing is assumed, left out or taken for something else in silence."""

from __future__ import annotations

import numpy as np
import pandas as pd

import rankkit as rk


def panel(n=8, dimensions=("d0", "d1"), raters=("r0", "r1", "r2", "r3"), seed=3):
    rng = np.random.default_rng(seed)
    rows = [(r, f"p{i}", d, i / 3 + rng.normal()) for r in raters for i in range(n) for d in dimensions]
    return pd.DataFrame(rows, columns=["rater", "ratee", "dimension", "score"])


def test_an_assumed_reliability_of_one_dimension_is_said():
    frame = panel()
    frame.loc[(frame["dimension"] == "d1") & (frame["rater"] != "r0"), "score"] = np.nan
    result = rk.GraphicRatingScale(min_weight=0.4).fit(frame)
    assert result.parts["d1"].se_basis == "assumed"
    assert "I-ASSUMED" in set(result.parts["d1"].messages["code"])
    said = result.messages.set_index("code").loc["I-ASSUMED", "text"]
    assert said.startswith("d1: ")
    flat = result.to_frame().groupby("dimension")["se_basis"].first()
    assert flat.to_dict() == {"(all)": "rater", "d0": "rater", "d1": "assumed"}


def test_blank_sources_are_not_taken_for_self():
    frame = panel(dimensions=("d0",)).assign(source="peer")
    frame.loc[frame["rater"] == "r0", "source"] = None
    plain = rk.GraphicRatingScale().fit(frame)
    own = pd.DataFrame({"rater": ["p0"], "ratee": ["p0"], "dimension": ["d0"], "score": [9.0], "source": ["self"]})
    result = rk.GraphicRatingScale().fit(pd.concat([frame, own], ignore_index=True))
    np.testing.assert_allclose(result.estimate, plain.estimate)
    assert "1 ratings of source self" in result.messages.set_index("code").loc["I-SOURCES", "text"]
    peers = rk.GraphicRatingScale(sources=("peer",)).fit(frame)
    assert set(peers.n_raters) == {3}
    assert "source –" in peers.messages.set_index("code").loc["I-SOURCES", "text"]


def test_the_design_is_that_of_the_sources_in_use():
    frame = panel(dimensions=("d0",), raters=("boss",)).assign(source="supervisor")
    own = pd.DataFrame([(p, p, "d0", 3.0 + k % 3, "self") for k, p in enumerate(sorted(set(frame["ratee"])))], columns=frame.columns)
    result = rk.GraphicRatingScale(sources=("supervisor", "self")).fit(pd.concat([frame, own], ignore_index=True))
    assert set(result.n_raters) == {2}
    assert result.design.kind != "one_rater"


def test_a_rater_without_spread_on_one_dimension_is_named():
    frame = panel(dimensions=("d0", "d1", "d2"))
    frame.loc[(frame["rater"] == "r0") & (frame["dimension"] == "d0"), "score"] = 3.0
    result = rk.GraphicRatingScale(adjust="z").fit(frame)
    assert "r0 gave everyone the same score on d0" in result.messages.set_index("code").loc["W-NOSPREAD", "text"]


def test_a_person_rated_only_where_nothing_counts_is_told_so():
    frame = panel()
    frame = frame[(frame["ratee"] != "p0") | (frame["dimension"] == "d1")]
    result = rk.GraphicRatingScale(weights={"d0": 1.0, "d1": 0.0}).fit(frame)
    assert result.scores.loc["p0", "status_reason"] == "rated only on dimensions without weight"


def test_a_column_of_weights_is_not_ignored_silently():
    assert "I-WEIGHTCOLUMN" in set(rk.GraphicRatingScale().fit(panel().assign(weight=2.0)).messages["code"])
