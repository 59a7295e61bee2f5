"""Policies that cannot be: one error each, with everything that is wrong and what to do, in both languages."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rankkit import ForcedDistribution, People
from rankkit.errors import InsufficientDataError, PolicyError, RankkitError, SettingsError
from rankkit.kernels.grading.apportionment import range_quota
from tests.methods.test_forced_distribution import scored

TWELVE = scored(np.arange(12.0, 0, -1), se=0.3)
IDS = list(TWELVE.people)
PEOPLE = People.from_frame(pd.DataFrame({"person": IDS, "unit": np.repeat(list("abcd"), 3)}))
HALF = {"unit": {"a": 1.0, "b": 0.0, "c": 0.0, "d": -1.0}}


def caught(error, *, source=TWELVE, people=None, **settings):
    with pytest.raises(error) as found:
        ForcedDistribution(**settings).fit(source, people=people)
    for item in found.value.items:
        assert item.message("en")
        assert item.message("zh") != item.message("en")
    assert "{" not in str(found.value).replace("{'", "").replace("{person", "")
    return found.value


@pytest.mark.parametrize(
    ("settings", "codes"),
    [
        ({"shares": {"A": 0.2, "B": 0.7}}, ["E-QUOTA-SUM"]),
        ({"shares": {"A": "20%", "B": "70%", "C": "10%"}}, ["E-QUOTA"] * 3),
        ({"shares": {"A": -0.2, "B": "x", "C": None}}, ["E-QUOTA"] * 3),
        ({"shares": {"A": (0.26, 0.3), "B": (0.01, 0.05), "C": (0.5, 0.9)}}, ["E-EMPTYRANGE"] * 2),
        (
            {"not_eligible": {"zz": "leave"}, "floors": {"yy": "B", "p001": "B"}, "locks": {"p001": "C"}},
            ["E-RULENOBODY", "E-RULENOBODY", "E-RULECLASH"],
        ),
        ({"floors": {"p000": "A"}, "caps": {"p000": "B"}}, ["E-RULECLASH"]),
        ({"scope": "unit"}, ["E-NOPEOPLECOLUMN"]),
        ({"locks": dict.fromkeys(IDS, "C"), "priority": "quotas"}, ["E-INFEASIBLE"]),
    ],
)  # fmt: skip
def test_every_problem_of_a_policy_is_listed(settings, codes):
    assert [item.code for item in caught(PolicyError, **settings).items] == codes


def test_everything_wrong_with_the_settings_is_told_at_once():
    error = caught(SettingsError, floors={"p000": "Z", "p001": "Y"}, locks={"p002": 3}, ties="order", min_unit=0, unit=None, tiebreak=None)
    said = str(error)
    assert len(error.items) == 6
    for part in ("'p000': 'Z', 'p001': 'Y'", "'p002': 3", "ties = order", "min_unit = 0", "unit = ", "tiebreak = "):
        assert part in said


@pytest.mark.parametrize("value", [0, -1, 1.5, "20", True, float("nan"), None])
def test_fewest_people_of_a_curve(value):
    assert caught(SettingsError, min_unit=value, scope="unit", people=PEOPLE).items[0].code == "E-SETTING"


@pytest.mark.parametrize("shares", [{"A": 0.2, " A": 0.8}, {None: 0.2, "B": 0.8}, {"": 0.2, "B": 0.8}, {"A / B": 0.2, "C": 0.8}])
def test_grades_have_names_of_their_own(shares):
    assert caught(SettingsError, shares=shares).items[0].code == "E-SETTING"


def test_units():
    assert caught(PolicyError, scope="unit", people=People.from_frame(pd.DataFrame({"person": IDS[:9], "unit": "a"}))).codes == (
        "E-NOUNIT",
    )
    circle = caught(PolicyError, scope="unit", people=PEOPLE, parents={"a": "b", "b": "c", "c": "b", "d": "a"})
    assert circle.items[0].message("en") == "units are above themselves: b → c → b"
    tilt = {"scope": "hybrid", "people": PEOPLE, "unit_performance": HALF["unit"]}
    huge = caught(PolicyError, tilt={"A": 800.0}, **tilt)
    assert [i.code for i in huge.items] == ["E-TILTRANGE"] * 2
    whole = ForcedDistribution(scope="hybrid", tilt={"A": 3.0}, unit_performance=HALF["unit"]).fit(TWELVE, people=PEOPLE)
    assert whole.quota["used"].sum() == 12


def test_ranges_of_every_unit_are_told_and_a_guideline_needs_no_whole_number():
    shares = {"A": (0.15, 0.2), "B": (0.6, 0.8), "C": (0.05, 0.2)}
    every = caught(PolicyError, shares=shares, scope="unit", min_unit=1, people=PEOPLE)
    assert [item.details["name"] + item.details["curve"] for item in every.items] == [f"{g} ({u})" for u in "abcd" for g in "AC"]
    guided = ForcedDistribution(shares=shares, scope="unit").fit(TWELVE, people=PEOPLE)
    assert guided.grades["candidates"].tolist() == ["A", "B", "B"] * 4  # .525, 2.1 and .375 of three people
    assert guided.quota["fewest"].tolist() == [0, 0, 0]
    locks = dict.fromkeys(IDS[:6], "A")
    both = caught(PolicyError, scope="unit", min_unit=1, people=PEOPLE, locks=locks, priority="neither")
    assert {item.details["curve"] for item in both.items} == {" (a)", " (b)"}
    twice = caught(PolicyError, scope="unit", min_unit=1, people=PEOPLE, tiebreak=["kpi"])
    assert twice.codes == ("E-NOPEOPLECOLUMN",)
    assert len(twice.items) == 1


def test_nobody_one_and_all_alike():
    assert caught(InsufficientDataError, not_eligible=dict.fromkeys(IDS, "leave")).codes == ("E-NOELIGIBLE",)
    assert caught(InsufficientDataError, source=scored([np.nan] * 3)).codes == ("E-NOSCORES",)
    for scope in ("company", "unit", "hybrid"):
        one = ForcedDistribution(scope=scope, min_unit=1).fit(scored([3.0], se=0.2), people=PEOPLE)
        assert one.grades["grade"].dropna().tolist() == ["B"]
        alike = ForcedDistribution(scope=scope, min_unit=1).fit(scored([3.0] * 12, se=0.2), people=PEOPLE)
        waiting = alike.grades[alike.grades["grade"].isna()]
        assert (waiting["candidates"].str.len() > 1).all()
        assert not alike.quota["used"].sum()
        assert (alike.scores["status"] == "provisional").all()


def test_sums_that_only_rounding_makes_wrong_name_the_share():
    """7.000000000000001 is what .07 × 100 gives: it printed as a sum of 100 that is not 100."""
    for shares, odd in (({"A": 0.07 * 100, "B": 83, "C": 10}, "was 7 meant?"), ({"A": 0.1 + 0.2, "B": 0.7}, "was 0.3 meant?")):
        said = caught(PolicyError, shares=shares).items[0].message("en")
        assert odd in said
        assert "sum to 100," not in said
        assert "sum to 1," not in said
    with pytest.raises(RankkitError):
        range_quota(10, [0.5, 0.6], [0.7, 0.8])
