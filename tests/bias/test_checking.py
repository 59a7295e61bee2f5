"""All checks together: what runs, what is refused and why, and what could have been found."""

from __future__ import annotations

from inspect import signature

import numpy as np
import pandas as pd
import pytest

import rankkit as rk
from rankkit import bias, simulate
from rankkit.archive import dumps, loads
from rankkit.bias.checking import CHECKS, function
from rankkit.errors import InsufficientDataError, RatingsError, SettingsError
from rankkit.findings import COLUMNS, Findings

NAMES = [name for name, _ in CHECKS]


@pytest.fixture(scope="module")
def panel():
    return simulate.ratings(40, 6, dimensions=4, sd_rater=0.7, seed=2).table


@pytest.fixture(scope="module")
def found(panel):
    return bias.check(panel)


def test_every_check_ran_or_says_why_not(found):
    asked = {p.column for p in found.refused} | set(found.tables)
    assert set(NAMES) <= asked
    assert {p.column for p in found.refused} <= set(NAMES)
    assert (found.refusals["text"] != "").all()
    assert list(found.frame.columns) == list(COLUMNS)


@pytest.mark.parametrize("name", NAMES)
def test_checks_share_one_way_of_being_called(name):
    takes = signature(function(name)).parameters
    assert list(takes)[:2] == ["ratings", "people"]
    assert takes["people"].default is None
    assert {"level", "seed"} <= set(takes)
    assert getattr(bias, name) is function(name)
    assert name in bias.__all__


def test_review_comes_before_remarks(found):
    assert len(found.patterns)
    order = [f.level for f in found.patterns]
    assert order == sorted(order, key=lambda level: level == "info")
    assert all(f.what_it_could_also_be.strip() and f.family for f in found.patterns)


def test_what_could_have_been_found(found):
    power = found.of("power")
    severity = found.of("severity")
    assert power.loc["severity", "mde"] == pytest.approx(severity["mde"].median())
    assert power.loc["severity", "tested"] == 6
    assert power.loc["severity", "floor"] == 0.3
    assert power.loc["range_restriction", "floor"] == 0.67
    assert power.loc["range_restriction", "enough"] == np.mean(found.of("range_restriction")["mde"] >= 0.67)
    assert [n.code for n in found.notes if n.code == "I-POWER"]
    assert "no clearance" in next(n for n in found.notes if n.code == "I-POWER").message("en")


def test_small_teams_are_told_how_little_can_be_found():
    nested = simulate.ratings(48, 6, design="nested", seed=0).table  # eight people a manager
    note = next(n for n in bias.check(nested).notes if n.code == "I-POWER")
    assert note.details["mde"] == pytest.approx(2.8 / np.sqrt(8), abs=0.2)
    assert note.details["n"] == 8
    refused = {p.column: p.code for p in bias.check(nested).refused}
    assert refused["severity"] == "I-NESTED"
    assert refused["central_tendency"] == "I-NESTED"


def test_floors_are_handed_on(panel, found):
    strict = bias.check(panel, floors={"severity": 5.0})
    assert (found.of("severity")["level"] == "review").any()
    assert not (strict.of("severity")["level"] == "review").any()
    assert strict.of("power").loc["severity", "floor"] == 5.0
    with pytest.raises(SettingsError) as caught:
        bias.check(panel, floors={"sevrity": 1})
    assert caught.value.code == "E-SETTING"
    with pytest.raises(SettingsError):
        bias.check(panel, review_q=0)


def test_guideline_and_scale_are_handed_on(panel):
    with_guideline = bias.check(panel, guideline={1: 0.1, 2: 0.2, 3: 0.4, 4: 0.2, 5: 0.1})
    assert with_guideline.of("elevation")["p"].notna().all()
    frame = panel.frame
    assert "E-NOSCALE" in {p.code for p in bias.check(frame).refused}
    assert "E-NOSCALE" not in {p.code for p in bias.check(frame, scale=(1, 5)).refused}


def test_input_is_read_once_and_not_changed(panel):
    frame = panel.frame
    before = frame.copy()
    bias.check(frame)
    pd.testing.assert_frame_equal(frame, before)


def test_what_was_not_given_is_refused_by_name(found):
    refused = {p.column: p for p in found.refused}
    assert refused["recency"].code == "I-NEEDS"
    assert "incidents=" in refused["recency"].text("en")
    assert "logical_error" in refused


def test_self_ratings_are_left_out():
    rows = simulate.ratings(20, 4, seed=1).table.frame.assign(source="peer")
    own = rows.drop_duplicates("ratee").assign(rater=lambda t: t["ratee"], source="self", score=5)
    both = pd.concat([rows.astype({"rater": str, "ratee": str}), own.astype({"rater": str, "ratee": str})])
    a, b = bias.check(rows, scale=(1, 5)), bias.check(both, scale=(1, 5))
    pd.testing.assert_frame_equal(a.of("severity"), b.of("severity"))


@pytest.mark.parametrize("rows", [{"score": ["x"] * 3}, {"ratee": ["a", "a", "a"], "rater": ["r", "r", "r"]}])
def test_invalid_tables_are_errors(rows):
    frame = pd.DataFrame({"rater": ["r1", "r2", "r3"], "ratee": ["a", "b", "c"], "score": [1, 2, 3], **rows})
    with pytest.raises(RatingsError):
        bias.check(frame)


def test_averages_have_no_raters():
    table = rk.Ratings.averaged(pd.DataFrame({"ratee": ["a", "b"], "score": [1.0, 2.0]}))
    with pytest.raises(InsufficientDataError):
        bias.check(table)


@pytest.mark.parametrize(
    "rows",
    [
        {"rater": ["r"] * 6, "ratee": list("abcdef"), "score": [1, 2, 3, 4, 5, 4]},  # one rater
        {"rater": list("abcdef"), "ratee": ["p"] * 6, "score": [1, 2, 3, 4, 5, 4]},  # one person
        {"rater": ["r1"], "ratee": ["p"], "score": [3]},
        {"rater": ["r1", "r2"] * 9, "ratee": [f"p{k // 2}" for k in range(18)], "score": [4] * 18},  # everybody the same
        {"rater": ["r1", "r1", "r2", "r2"], "ratee": ["a", "b", "c", "d"], "score": [1, 2, 3, 4]},
    ],
)
def test_poor_data_are_refused_and_nothing_breaks(rows):
    found = bias.check(pd.DataFrame(rows), scale=(1, 5))
    assert isinstance(found, Findings)
    assert found.refused
    for name, frame in found.tables.items():
        if "level" in frame and "reason" in frame:
            blank = (
                frame[["estimate", "p"]].isna().any(axis=1) if "estimate" in frame and "p" in frame else np.zeros(len(frame), dtype=bool)
            )
            assert (frame.loc[blank, "reason"] != "").all(), name


def test_forty_percent_missing():
    rows = simulate.ratings(30, 8, dimensions=3, seed=5).table.frame
    kept = rows.sample(frac=0.6, random_state=0)
    found = bias.check(kept, scale=(1, 5))
    assert {"severity", "range_restriction", "central_tendency", "elevation"} <= set(found.tables)


def test_archive(found):
    again = loads(dumps(found))
    pd.testing.assert_frame_equal(again.frame, found.frame)
    assert [f.details for f in again.patterns] == [f.details for f in found.patterns]
    assert again.refused == found.refused
    assert again.notes == found.notes
    pd.testing.assert_frame_equal(again.of("severity"), found.of("severity"))
