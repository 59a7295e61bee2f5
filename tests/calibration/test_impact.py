"""Adverse impact: published cases, both ends, small groups, and that attributes reach nothing else."""

from __future__ import annotations

import inspect

import numpy as np
import pandas as pd
import pytest

import rankkit as rk
from rankkit import calibration, simulate
from rankkit.calibration import impact_tables
from rankkit.calibration.jurisdiction import jurisdiction, names
from rankkit.errors import InsufficientDataError, SettingsError


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


def test_protected_attributes_fit_nowhere_else() -> None:
    """No method of scoring or grading takes them: neither by type nor in the table of people."""
    for name in ("GraphicRatingScale", "PairedComparison", "AlternationRanking", "ForcedDistribution", "ManyFacetRasch"):
        signature = inspect.signature(getattr(rk, name).fit)
        assert not any("Attributes" in str(p.annotation) for p in signature.parameters.values()), name
    with pytest.raises(SettingsError):
        calibration.impact(None, pd.DataFrame({"person": ["a"]}))  # type: ignore[arg-type]


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


def test_score_gap_and_unknown_people(graded: rk.methods.ForcedDistributionResult) -> None:
    people = graded.people[:60]
    found = calibration.impact(graded, attributes(people, ["f", "m"] * 30))
    gap = found.scores.iloc[0]
    assert gap["ci_low"] < gap["difference"] <= 0 <= gap["ci_high"] or gap["ci_high"] < 0
    assert "W-IMPACTUNKNOWN" in {n.code for n in found.notes}
    with pytest.raises(InsufficientDataError):
        calibration.impact(graded, attributes(("nobody",), ["f"]))


def test_bad_settings_are_explained(graded: rk.methods.ForcedDistributionResult) -> None:
    some = attributes(graded.people, ["f", "m"] * (len(graded.people) // 2))
    for wrong in ({"law": "mars"}, {"outcomes": {"x": ["Z"]}}, {"reference": {"gender": "q"}}, {"strata": "unit"}, {"level": 2}):
        with pytest.raises(SettingsError):
            calibration.impact(graded, some, **wrong)  # type: ignore[arg-type]
    with pytest.raises(SettingsError):
        calibration.impact_of_counts(pd.DataFrame({"group": ["a"], "considered": [3], "selected": [4]}))
    with pytest.raises(SettingsError):
        calibration.impact_of_counts(pd.DataFrame({"group": ["a"], "considered": [3]}))


def test_four_fifths_alone_flags_ten_people_and_we_do_not() -> None:
    """Ten people, no difference in truth: the toy flags every third table."""
    rng = np.random.default_rng(5)
    toy = ours = 0
    for _ in range(300):
        a, c = int(rng.binomial(5, 0.5)), int(rng.binomial(5, 0.5))
        counts = pd.DataFrame({"group": ["f", "m"], "considered": [5, 5], "selected": [a, c]})
        verdicts = calibration.impact_of_counts(counts, law="us").comparisons["verdict"]
        toy += bool(c) and a / 5 < 0.8 * c / 5
        ours += "below" in set(verdicts)
    assert toy > 90
    assert ours <= 300 * 0.05


def test_packs_are_complete() -> None:
    for name in names():
        pack = jurisdiction(name)
        assert set(pack.text["en"]) == set(pack.text["zh"])
        assert {"below", "below_by_chance", "above_but_significant", "none", "caveat"} <= set(pack.text["en"])
        assert jurisdiction(f"{pack.id}-{pack.version}") is pack


def test_hidden_groups() -> None:
    assert impact_tables.hidden_groups({"a": 9, "b": 9}, 5) == set()
    assert impact_tables.hidden_groups({"a": 1}, 5) == {"a"}
