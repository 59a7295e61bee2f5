"""Ranges of shares, who is eligible, rules about persons, declared tie-breaks: said in words, and never by the order of rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import rankkit as rk
from rankkit import ForcedDistribution, GraphicRatingScale, People
from rankkit.calibration import propose
from rankkit.errors import InsufficientDataError, PolicyError, SettingsError
from rankkit.testing import check_assessment
from tests.methods.test_forced_distribution import DRAWN, scored

CURVE = {"A": 0.2, "B": 0.7, "C": 0.1}
FORTY = np.arange(40, 0, -1, dtype=float)  # p000 is the best


def people_of(result, **columns):
    return People.from_frame(pd.DataFrame({"person": result.people, **columns}))


def caught(error=PolicyError, *, values=FORTY, people=None, **settings):
    with pytest.raises(error) as found:
        ForcedDistribution(**({"shares": CURVE} | settings)).fit(scored(values, se=1.0), people=people)
    return found.value


# ranges


def test_ranges_are_exact_fractions():
    """.07 × 100 is 7.000000000000001 in floats: its ceiling would be 8."""
    found = ForcedDistribution(shares={"A": (0.07, 0.2), "B": (0.6, 0.8), "C": (0, 0.29)}).fit(scored(np.arange(100.0)))
    assert found.quota["fewest"].tolist() == [7, 60, 0]
    assert found.quota["most"].tolist() == [20, 80, 29]
    assert found.quota["used"].sum() == 100
    assert (found.quota["fewest"] <= found.quota["seats"]).all()
    assert (found.quota["seats"] <= found.quota["most"]).all()
    per_cent = ForcedDistribution(shares={"A": (7, 20), "B": [60, 80], "C": (0, 29)}).fit(scored(np.arange(100.0)))
    assert per_cent.quota["seats"].tolist() == found.quota["seats"].tolist()


def test_a_range_without_a_whole_number_says_so():
    error = caught(shares={"A": (0.16, 0.2), "B": (0.5, 0.9)}, values=np.arange(7.0))
    assert error.code == "E-EMPTYRANGE"
    assert "grade A of 7 people must have between 1.12 and 1.4" in error.items[0].message("en")
    assert "没有整数" in error.items[0].message("zh")
    assert caught(shares={"A": (0.1, 0.2), "B": (0.3, 0.5)}).code == "E-RANGESUM"
    assert caught(shares={"A": (0.2, 0.1), "B": (0.5, 0.9)}).code == "E-QUOTA"
    assert caught(shares={"A": (0.1, 0.49), "B": (0.1, 0.51)}, values=np.arange(3.0)).code == "E-RANGEFIT"


def test_a_range_keeps_equal_scores_together():
    values = [9.0, 8, 7, 7, 7, 6, 5, 4, 3, 2]
    ranged = ForcedDistribution(shares={"A": (0.2, 0.5), "B": (0.4, 0.7), "C": (0.1, 0.1)}).fit(scored(values))
    assert ranged.grades["grade"].notna().all()
    assert ranged.quota["used"].tolist() == [2, 7, 1]
    narrow = ForcedDistribution(shares={"A": (0.3, 0.4), "B": (0.5, 0.6), "C": (0.1, 0.1)}).fit(scored(values))
    assert narrow.grades["grade"].isna().sum() == 3


# eligibility


def test_people_on_leave_are_not_counted_and_stay_in_the_result():
    source = scored(FORTY, se=1.0)
    leave = {f"p{k:03d}": "long leave" for k in range(30, 40)}
    found = ForcedDistribution(shares=CURVE, not_eligible=leave).fit(source)
    assert found.quota["seats"].tolist() == [6, 21, 3]
    assert len(found.grades) == 40
    assert found.grades.loc["p039", "candidates"] == ""
    assert pd.isna(found.grades.loc["p039", "grade"])
    row = found.scores.loc["p039"]
    assert (row["status"], row["status_reason"]) == ("not_scored", "not graded on this curve: long leave")
    assert found.covariance.size == 30 == len(found.probabilities)
    assert "W-NOTGRADED" not in set(found.messages["code"])
    assert "p039 (long leave)" in next(n for n in found.notes if n.code == "I-NOTELIGIBLE").details["who"]
    column = people_of(source, status=["" if k < 30 else "long leave" for k in range(40)])
    same = ForcedDistribution(shares=CURVE, not_eligible="status").fit(source, people=column)
    pd.testing.assert_frame_equal(same.grades, found.grades)
    everybody = ForcedDistribution(shares=CURVE).fit(source)
    assert everybody.grades.loc[list(leave), "grade"].tolist()[-4:] == ["C"] * 4  # what counting them would have done
    assert rk.Result.from_json(found.to_json()).to_json() == found.to_json()
    assert len(propose(found).grades) == 30


def test_nobody_eligible_unknown_people_unknown_columns():
    everyone = {f"p{k:03d}": "joined late" for k in range(40)}
    assert caught(InsufficientDataError, not_eligible=everyone).code == "E-NOELIGIBLE"
    assert caught(not_eligible={"zz": "x"}, people=None).code == "E-RULENOBODY"
    assert caught(not_eligible="status").code == "E-NOPEOPLECOLUMN"


# floors, caps, locks


def test_rules_hold_and_everybody_else_is_graded_by_score():
    rules = {"floors": {"p039": ("B", "F1")}, "caps": {"p000": ("B", "C1")}, "locks": {"p020": "A"}}
    found = ForcedDistribution(shares=CURVE, **rules).fit(scored(FORTY, se=1.0))
    given = found.grades["grade"]
    assert found.quota["used"].tolist() == [8, 28, 4]
    assert (given["p039"], given["p000"], given["p020"]) == ("B", "B", "A")
    assert given[given == "A"].index.tolist() == [*[f"p{k:03d}" for k in range(1, 8)], "p020"]
    assert given[given == "C"].index.tolist() == ["p035", "p036", "p037", "p038"]
    assert found.grades.loc["p039", "rule"] == "F1"
    assert not len(found.relaxations)
    np.testing.assert_allclose(found.probabilities.sum(axis=0), [8, 28, 4], atol=1e-9)
    assert found.probabilities.loc["p020", "A"] == 1.0
    assert found.probabilities.loc["p039", "C"] == 0.0
    assert "p020" not in found.boundary.index


def test_probabilities_under_rules_are_those_of_the_rest_of_the_seats():
    """One locked into A: the others share one seat less, as if they were alone with seats 1/7/1."""
    values = [4.6, 4.3, 4.1, 4.05, 4.0, 3.9, 3.8, 3.6, 3.4, 3.0]
    locked = ForcedDistribution(shares=CURVE, prior="flat", locks={"p000": "A"}).fit(scored(values, se=0.25))
    alone = ForcedDistribution(shares={"A": 1 / 9, "B": 7 / 9, "C": 1 / 9}, prior="flat").fit(scored(values[1:], se=0.25))
    np.testing.assert_allclose(locked.probabilities.iloc[1:], alone.probabilities, atol=2 * DRAWN)


def test_quotas_yield_first_and_it_is_listed():
    floors = {f"p{k:03d}": ("B", "F1" if k % 2 else "F3") for k in range(38)}
    found = ForcedDistribution(shares=CURVE, floors=floors).fit(scored(FORTY, se=1.0))
    assert found.quota["seats"].tolist() == [8, 30, 2]
    listed = found.relaxations
    assert listed[["grade", "rule", "asked", "given"]].to_numpy().tolist() == [["B", "quota", 28, 30], ["C", "quota", 4, 2]]
    assert "C: ≥4 are needed but only 2 people are eligible after F1, F3" in listed["why"].iloc[0]
    assert "W-RELAXED" in set(found.messages["code"])


def test_rules_yield_where_quotas_have_priority_and_nothing_yields_where_neither_may():
    floors = {f"p{k:03d}": ("B", "F1") for k in range(38)}
    found = ForcedDistribution(shares=CURVE, floors=floors, priority="quotas").fit(scored(FORTY, se=1.0))
    assert found.quota["used"].tolist() == [8, 28, 4]
    assert found.relaxations["who"].tolist() == ["p036", "p037"]  # the lowest scores that had a floor
    error = caught(floors=floors, priority="neither")
    assert error.code == "E-INFEASIBLE"
    assert "C: ≥4 are needed but only 2 people are eligible after F1" in error.items[0].message("en")
    assert "只有 2 人" in error.items[0].message("zh")
    locks = {f"p{k:03d}": "A" for k in range(9)}
    assert caught(locks=locks, priority="quotas").code == "E-INFEASIBLE"  # what is decided never yields
    middle = {f"p{k:03d}": "B" for k in range(29)}
    assert "B: there are 28 seats but 29 people must be there after lock" in caught(locks=middle, priority="neither").items[0].message("en")


def test_rules_that_contradict_each_other_or_name_nobody():
    error = caught(floors={"p001": "B", "zz": "A"}, caps={"p002": "B"}, locks={"p001": "C", "p002": "A"})
    assert sorted(error.codes) == ["E-RULECLASH", "E-RULENOBODY"]
    assert len(error.items) == 3
    for settings in ({"floors": {"p001": "Z"}}, {"caps": ["p001"]}, {"locks": {"p001": 3}}, {"priority": "nobody"}, {"min_unit": 0}):
        assert caught(SettingsError, **settings).code == "E-SETTING"
    for settings in ({"tilt": {"A": 1.0}}, {"tiebreak": "kpi"}, {"not_eligible": 3}, {"scope": "team"}):
        assert caught(SettingsError, **settings).code == "E-SETTING"


def test_equal_scores_under_rules_wait_for_the_committee_where_they_could_change_places():
    values = [5.0, 4, 4, 4, 3, 2, 1, 0, -1, -2]
    found = ForcedDistribution(shares=CURVE, locks={"p009": "C"}, caps={"p003": "B"}).fit(scored(values, se=0.2))
    assert found.grades["grade"].isna().tolist() == [False, True, True, *[False] * 7]  # p003 cannot have A
    assert found.grades.loc["p003", "grade"] == "B"
    up = ForcedDistribution(shares=CURVE, locks={"p009": "C"}, caps={"p003": "B"}, ties="up").fit(scored(values, se=0.2))
    assert up.quota["used"].tolist() == [3, 6, 1]


# tie-breaks


def test_declared_columns_break_ties_and_the_rest_waits():
    values = [5.0, 4, 4, 4, 3, 2, 1, 0, -1, -2]
    source = scored(values, se=0.2)
    people = people_of(source, kpi=[0, 1, 3, 2, *range(6)], joined=["2020-01-01"] * 10, title=list("abcdefghij"))
    first = ForcedDistribution(shares=CURVE, tiebreak=["kpi"]).fit(source, people=people)
    assert first.grades["grade"].tolist()[:4] == ["A", "B", "A", "B"]
    assert first.cuts["score"].tolist()[0] == 4.0
    last = ForcedDistribution(shares=CURVE, tiebreak=["joined", "-kpi"]).fit(source, people=people)
    assert last.grades["grade"].tolist()[:4] == ["A", "A", "B", "B"]
    equal = ForcedDistribution(shares=CURVE, tiebreak=["joined"]).fit(source, people=people)
    assert equal.grades["grade"].isna().sum() == 3
    partly = people_of(source, kpi=[0, 1, np.nan, 2, *range(6)])
    assert ForcedDistribution(shares=CURVE, tiebreak=["kpi"]).fit(source, people=partly).grades["grade"].isna().sum() == 3
    assert caught(values=values, people=people, tiebreak=["title"]).code == "E-TIEBREAK"
    assert caught(values=values, people=people, tiebreak=["tenure"]).code == "E-NOPEOPLECOLUMN"


# shape, links, contract


def test_the_shape_is_described_without_a_verdict():
    found = ForcedDistribution(shares=CURVE).fit(scored([*[10.0] * 8, *[5.0] * 28, *[0.0] * 4], se=0.1)).shape_check()
    assert found["used"].tolist() == [0.2, 0.7, 0.1]
    assert found["gap_below"].tolist()[:2] == [5.0, 5.0]
    assert found["normal_share"].sum() == pytest.approx(1.0)
    rng = np.random.default_rng(3)
    normal = ForcedDistribution(shares=CURVE).fit(scored(rng.normal(size=2000))).shape_check()
    np.testing.assert_allclose(normal["normal_share"], [0.2, 0.7, 0.1], atol=0.03)  # se of a share .01
    assert not {"p", "test", "normal"} & set(normal.columns)


def test_one_curve_for_groups_nobody_could_compare_is_noted():
    rows = [(f"m{k}", f"e{i:02d}", 3.0 + (i * (k + 1)) % 3) for k in range(4) for i in range(20) if i % 2 == k % 2]
    source = GraphicRatingScale().fit(pd.DataFrame(rows, columns=["rater", "ratee", "score"]))
    found = ForcedDistribution().fit(source)
    note = next(n for n in found.notes if n.code == "W-NOTLINKED")
    assert "2 groups on one curve share no rater" in note.message("en")
    assert "e00, e02, e04 …" in note.message("zh")
    with pytest.raises(PolicyError) as refused:
        ForcedDistribution(unlinked="refuse").fit(source)
    assert refused.value.code == "E-NOTLINKED"
    assert "scope='unit'" in str(refused.value)
    people = people_of(source, unit=["even" if int(p[1:]) % 2 == 0 else "odd" for p in source.people])
    by_unit = ForcedDistribution(scope="unit", min_unit=10).fit(source, people=people)
    assert "W-NOTLINKED" not in set(by_unit.messages["code"])
    hybrid = ForcedDistribution(scope="hybrid").fit(source, people=people)
    assert "W-NOTLINKED" in set(hybrid.messages["code"])  # units are compared with each other
    pooled = ForcedDistribution(scope="unit", parents={"even": "all", "odd": "all"}).fit(source, people=people)
    assert "on one curve (all)" in next(n for n in pooled.notes if n.code == "W-NOTLINKED").message("en")


def test_each_manager_a_team_is_no_link_unless_teams_are_said_to_be_equal():
    rows = [(f"m{i // 10}", f"e{i:02d}", 3.0 + i % 3) for i in range(40)]
    frame = pd.DataFrame(rows, columns=["rater", "ratee", "score"])
    assert "W-NOTLINKED" in set(ForcedDistribution().fit(GraphicRatingScale().fit(frame)).messages["code"])
    accepted = GraphicRatingScale(adjust="center", assume="equal_teams").fit(frame)
    assert "W-NOTLINKED" not in set(ForcedDistribution(unlinked="refuse").fit(accepted).messages["code"])
    one = GraphicRatingScale().fit(frame.assign(rater="m0"))
    assert "W-NOTLINKED" not in set(ForcedDistribution(unlinked="refuse").fit(one).messages["code"])


def test_ranges_and_rules_keep_the_contract():
    settings = {"shares": {"A": (0.1, 0.3), "B": (0.4, 0.8), "C": (0.1, 0.3)}, "priority": "neither"}
    check_assessment(ForcedDistribution(**settings), rk.datasets.load("guilford_creativity"), through=GraphicRatingScale())
