"""Adverse impact: published cases, both ends, small groups, and that attributes reach nothing else."""

from __future__ import annotations

import pandas as pd
import pytest

import rankkit as rk
from rankkit import archive, calibration, simulate
from rankkit.calibration.adverse_impact import impact_tables
from rankkit.errors import DataError, InsufficientDataError, PeopleError, SettingsError


def of(found: calibration.Impact, attribute: str, group: str, outcome: str = "selected", against: str = "highest") -> pd.Series:
    t = found.comparisons
    rows = t[(t["attribute"] == attribute) & (t["group"] == group) & (t["outcome"] == outcome) & (t["against"] == against)]
    assert len(rows) == 1
    return rows.iloc[0]


@pytest.fixture(scope="module")
def graded() -> rk.methods.ForcedDistributionResult:
    scores = rk.GraphicRatingScale().fit(simulate.ratings(80, 6, dimensions=3, seed=4).table)
    return rk.ForcedDistribution(shares={"A": 0.2, "B": 0.6, "C": 0.2}, ties="up").fit(scores)


def attributes(people: tuple[str, ...], values: list[str], name: str = "gender") -> rk.Attributes:
    return rk.Attributes.from_frame(pd.DataFrame({"person": list(people), "attribute": name, "value": values}))


def test_published_cases() -> None:
    cases = rk.datasets.load("adverse_impact_cases").dropna(subset=["n_selected"])
    cases = cases.rename(columns={"case": "attribute", "n_considered": "considered", "n_selected": "selected"})
    found = calibration.impact_of_counts(cases, law="us")
    teal = of(found, "connecticut_v_teal_1982_test", "black")
    assert teal["ratio"] == pytest.approx(0.681, abs=5e-4)
    assert teal["verdict"] == "below"
    assert of(found, "connecticut_v_teal_1982_promoted", "white")["ratio"] == pytest.approx(0.135135 / 0.229167, abs=1e-5)
    maff = of(found, "maff_1998_box_1_or_2", "minority")
    assert maff["ratio"] == pytest.approx(0.7968799, abs=1e-7)
    assert maff["z_p"] == pytest.approx(7.779e-05, rel=1e-3)  # the χ² test of the reference, its square


def test_ricci_pass_counts() -> None:
    cases = rk.datasets.load("ricci_pass_counts").rename(
        columns={"position": "attribute", "n_considered": "considered", "n_selected": "selected"}
    )
    found = calibration.impact_of_counts(cases, law="us")
    white = found.comparisons[(found.comparisons["against"] == "others") & (found.comparisons["group"] == "white")].set_index("attribute")[
        "fisher"
    ]
    assert white["lieutenant"] == pytest.approx(0.006333274, abs=1e-7)
    assert white["captain"] == pytest.approx(0.1197402, abs=1e-6)
    assert of(found, "captain", "black")["verdict"] == "below_by_chance"


def test_uk_box_marks_at_both_ends() -> None:
    marks = rk.datasets.load("uk_maff_box_marks_1998").rename(columns={"characteristic": "attribute", "box_mark": "grade", "n_staff": "n"})
    found = calibration.impact_of_counts(
        marks, outcomes={"1-2": ["1", "2"]}, adverse={"3B-5": ["3B", "4", "5"]}, reference={"ethnic_group": "white"}, law="gb"
    )
    top, bottom = of(found, "ethnic_group", "minority", "1-2"), of(found, "ethnic_group", "minority", "3B-5")
    assert top["ratio"] == pytest.approx(0.7968799, abs=1e-7)
    assert bottom["ratio"] > 0.9
    assert bottom["adverse_ratio"] == pytest.approx((40 / 292) / (342 / 4721), abs=1e-9)
    words = found.words("zh")
    assert words["text"].str.len().gt(0).all()


def test_small_groups_cannot_be_had_by_subtraction(graded: rk.methods.ForcedDistributionResult) -> None:
    values = ["x"] * 3 + ["y"] * 20 + ["z"] * (len(graded.people) - 23)
    found = calibration.impact(graded, attributes(graded.people, values))
    rates = found.rates.set_index("group")
    assert rates.loc[["x", "y"], "considered"].isna().all()
    assert (rates.loc[["x", "y"], "reason"] != "").all()
    assert found.comparisons.empty
    assert "W-IMPACTSMALL" in {n.code for n in found.notes}


def test_permuting_attributes_changes_no_grade_and_labels_follow(graded: rk.methods.ForcedDistributionResult) -> None:
    values = ["f", "m"] * (len(graded.people) // 2)
    before = graded.grades.copy()
    first = calibration.impact(graded, attributes(graded.people, values))
    calibration.impact(graded, attributes(graded.people, values[::-1]))
    pd.testing.assert_frame_equal(graded.grades, before)
    shuffled = attributes(graded.people[::-1], values[::-1])
    pd.testing.assert_frame_equal(first.comparisons, calibration.impact(graded, shuffled).comparisons)


def test_strata_undo_simpson() -> None:
    rows = []
    for stratum, focal, other in (("s1", (8, 20), (20, 50)), ("s2", (4, 40), (1, 10))):
        rows += [("a", stratum, "f", *focal), ("a", stratum, "m", *other)]
    counts = pd.DataFrame(rows, columns=["attribute", "stratum", "group", "selected", "considered"])
    found = calibration.impact_of_counts(counts, reference={"a": "m"})
    row = found.strata.iloc[0]
    assert row["pooled_ratio"] == pytest.approx(0.571429, abs=1e-6)
    assert row["ratio"] == row["odds_ratio"] == 1


def test_strata_of_people(graded: rk.methods.ForcedDistributionResult) -> None:
    n = len(graded.people)
    people = rk.People.from_frame(pd.DataFrame({"person": list(graded.people), "unit": ["east", "west", "west", ""] * (n // 4)}))
    found = calibration.impact(graded, attributes(graded.people, ["f"] * (n // 2) + ["m"] * (n // 2)), people=people, strata="unit")
    assert set(found.strata["outcome"]) == {"A", "C"}
    assert (found.strata["strata"] <= 3).all()


def test_people_without_a_value_are_counted(graded: rk.methods.ForcedDistributionResult) -> None:
    found = calibration.impact(graded, attributes(graded.people[:60], ["f", "m"] * 30))
    assert "W-IMPACTUNKNOWN" in {n.code for n in found.notes}
    with pytest.raises(InsufficientDataError):
        calibration.impact(graded, attributes(("nobody",), ["f"]))


def test_bad_settings_are_explained(graded: rk.methods.ForcedDistributionResult) -> None:
    some = attributes(graded.people, ["f", "m"] * (len(graded.people) // 2))
    for wrong in (
        {"law": "mars"},
        {"min_group": 0},
        {"interval": "wald"},
        {"crossed": [("gender", "age")]},
        {"covariates": ["unit"]},
        {"reference": {"age": "old"}},
        {"outcomes": {"x": ["Z"]}},
        {"reference": {"gender": "q"}},
        {"strata": "unit"},
        {"level": 2},
    ):
        with pytest.raises(SettingsError):
            calibration.impact(graded, some, **wrong)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="missing column selected"):
        calibration.impact_of_counts(pd.DataFrame({"group": ["a"], "considered": [3]}))


def test_hidden_groups() -> None:
    rising, falling = {"a": 3, "b": 10, "c": 10}, {"c": 10, "b": 10, "a": 3}
    assert impact_tables.hidden_groups(rising, 5) == impact_tables.hidden_groups(falling, 5), "the order of rows decides nothing"
    assert impact_tables.hidden_groups({"a": 0, "b": 9}, 5) == set()
    assert impact_tables.hidden_groups({"a": 9, "b": 9}, 5) == set()
    assert impact_tables.hidden_groups({"a": 1}, 5) == {"a"}


def test_uniform_guidelines_question_11() -> None:
    """Rates of 60, 45, 48 and 51 %: 75, 80 and 85 %; only the first is below four fifths."""
    rates = rk.datasets.load("adverse_impact_cases").query("case == 'ugesp_qa_11'")
    counts = rates.assign(considered=400, selected=(400 * rates["selection_rate"]).round())[["group", "considered", "selected"]]
    rows = calibration.impact_of_counts(counts, law="us").comparisons.query("against == 'highest'").set_index("group")
    assert rows["ratio"].round(10).to_dict() == {"american_indian": 0.75, "hispanic": 0.8, "black": 0.85}
    assert rows.loc["american_indian", "verdict"] == "below"
    assert not rows.loc[["hispanic", "black"], "verdict"].str.startswith("below").any()


def test_exactly_four_fifths_is_not_below() -> None:
    for n, m in ((25, 5), (30, 7), (35, 11), (60, 49)):
        for k in range(1, 4):
            counts = pd.DataFrame({"group": ["a", "b"], "considered": [5 * n, 4 * m * n], "selected": [k, k * m]})
            row = calibration.impact_of_counts(counts, law="us", reference={"all": "b"}).comparisons.iloc[0]
            assert row["ratio"] == pytest.approx(0.8)
            assert row["verdict"] == "none"


def test_intervals_on_the_log_scale_are_there_too() -> None:
    counts = pd.DataFrame({"group": ["a", "b"], "selected": [2, 6], "considered": [10, 20]})
    row = calibration.impact_of_counts(counts, interval="log").comparisons.iloc[0]
    assert (round(row["ratio_low"], 2), round(row["ratio_high"], 2)) == (0.16, 2.73)


def test_it_survives_an_archive(graded: rk.methods.ForcedDistributionResult) -> None:
    found = calibration.impact(graded, attributes(graded.people, ["f", "m"] * (len(graded.people) // 2)))
    back = archive.loads(archive.dumps(found))
    pd.testing.assert_frame_equal(back.comparisons, found.comparisons)
    assert back.notes == found.notes
    assert repr(back) == repr(found)


def test_grades_may_be_a_mapping_and_ask_for_their_order() -> None:
    people = [f"p{k}" for k in range(40)]
    grades = {p: "AB"[k % 3 == 0] for k, p in enumerate(people)}
    some = attributes(tuple(people), ["f", "m"] * 20)
    found = calibration.impact(grades, some, order=["A", "B"])
    assert found.scores.empty
    assert found.rates["considered"].tolist() == [20, 20]
    for wrong in ({}, {"order": ["A"]}, {"order": ["A", "A", "B"]}, {"order": ["A", "B"], "covariates": ["tenure"]}):
        with pytest.raises(SettingsError):
            calibration.impact(grades, some, **wrong)  # type: ignore[arg-type]
    with pytest.raises(SettingsError):
        calibration.impact(["A", "B"], some)  # type: ignore[arg-type]


def test_a_reference_too_small_to_show_is_said() -> None:
    counts = pd.DataFrame({"group": ["a", "b", "c", "d"], "considered": [3, 20, 30, 40], "selected": [1, 9, 12, 20]})
    found = calibration.impact_of_counts(counts, reference={"all": "a"})
    assert "W-IMPACTREFERENCE" in {n.code for n in found.notes}
    assert set(found.comparisons.query("against == 'highest'")["reference"]) == {"d"}


def test_somebody_with_two_grades_is_an_error() -> None:
    grades = pd.Series(["A", "B", "A"], index=["007", "007 ", "8"])
    with pytest.raises(PeopleError, match="007"):
        calibration.impact(grades, attributes(("007", "8"), ["f", "m"]), order=["A", "B"])
