"""Ranges whatever becomes of equal scores, answers that are no reasons, and rules that the result keeps."""

from __future__ import annotations

import numpy as np
import pandas as pd

import rankkit as rk
from rankkit import ForcedDistribution
from tests.methods.test_distribution_policy import CURVE, FORTY, people_of
from tests.methods.test_forced_distribution import scored


def test_ranges_hold_whatever_becomes_of_equal_scores():
    values = [5.0, 4, 4, 4, 3, 2, 1, 0, -1, -2]
    shares = {"A": (0.1, 0.2), "B": (0.6, 0.8), "C": (0.1, 0.2)}
    for ties in ("committee", "up", "down"):
        found = ForcedDistribution(shares=shares, ties=ties).fit(scored(values))
        assert found.quota["used"].tolist() == [1, 8, 1]
        assert "W-RANGELEFT" not in set(found.messages["code"])
    narrow = {"A": (0.2, 0.3), "B": (0.6, 0.7), "C": (0.1, 0.1)}
    left = ForcedDistribution(shares=narrow, ties="up").fit(scored(values))
    assert left.quota["used"].tolist() == [4, 5, 1]
    said = [n.message("en") for n in left.notes if n.code == "W-RANGELEFT"]
    assert said == [
        "grade A has 4 people, outside its range of 2 to 3, because equal scores stay together by ties='up'",
        "grade B has 5 people, outside its range of 6 to 7, because equal scores stay together by ties='up'",
    ]


def test_no_is_no_reason_and_yes_is_one_without_words():
    blank = [np.False_, 0, 0.0, "no", "N", "False", "0", "否", "无", "", None, float("nan"), pd.NA]
    told = [True, np.True_, 1, "yes", "Y", "是"]
    reasons = {f"p{k:03d}": v for k, v in enumerate([*blank, *told, "long leave"])}
    found = ForcedDistribution(shares=CURVE, not_eligible=reasons).fit(scored(FORTY))
    assert found.grades["candidates"].ne("").tolist() == [True] * len(blank) + [False] * (len(told) + 1) + [True] * 20
    out = found.scores["status_reason"].iloc[len(blank) : len(reasons)].tolist()
    assert out == ["not graded on this curve: not eligible"] * len(told) + ["not graded on this curve: long leave"]
    source = scored(FORTY)
    for column in ([k < 3 for k in range(40)], [int(k < 3) for k in range(40)], ["yes" if k < 3 else "no" for k in range(40)]):
        people = people_of(source, leave=column)
        assert len(ForcedDistribution(not_eligible="leave").fit(source, people=people).estimated_ids) == 37
    nullable = people_of(source, leave=pd.array([True, None, *[False] * 38], dtype="boolean"))
    assert len(ForcedDistribution(not_eligible="leave").fit(source, people=nullable).estimated_ids) == 39


def test_rules_about_persons_are_kept_in_the_result():
    rules = {"locks": {"p039": ("A", "appeal")}, "caps": {"p000": ("B", "sanction")}, "floors": {"p038": "B", "p001": "C"}}
    found = ForcedDistribution(shares=CURVE, **rules).fit(scored(FORTY, se=1.0))
    kept = found.rules.reset_index().to_numpy().tolist()
    assert kept == [["p000", "B", "", False, "sanction"], ["p038", "", "B", False, "floor"], ["p039", "A", "A", True, "appeal"]]
    assert "rules" in found.tables()
    assert rk.Result.from_json(found.to_json()).rules.equals(found.rules)
    assert list(ForcedDistribution().fit(scored(FORTY)).rules.columns) == ["best", "worst", "locked", "rule"]
    freed = ForcedDistribution(shares=CURVE, floors={f"p{k:03d}": "B" for k in range(38)}, priority="quotas").fit(scored(FORTY))
    assert len(freed.rules) == 36  # two floors gave way
    assert not set(freed.rules.index) & set(freed.relaxations["who"])


def test_of_equal_scores_the_one_with_the_nearer_floor_is_placed_first():
    """Whoever stood first in the table took the seat the other one needed, and the best of all had the lowest grade."""
    for order in ([0, 1, 2], [1, 0, 2], [2, 1, 0]):
        who = {k: f"p{order.index(k):03d}" for k in range(3)}
        rules = {"caps": {who[2]: "B"}, "floors": {who[1]: "B"}}
        found = ForcedDistribution(shares=dict.fromkeys("ABC", 1 / 3), **rules).fit(scored(np.array([1.0, 1.0, 3.0])[order]))
        assert [found.grades["grade"][who[k]] for k in range(3)] == ["C", "A", "B"]
