"""Building a scale step by step: what is refused, what is kept, what comes back after the program was closed."""

from __future__ import annotations

import json
from contextlib import contextmanager

import pandas as pd
import pytest

from rankkit import simulate
from rankkit.elicit import BARSBuilder
from rankkit.elicit.bars_state import fold
from rankkit.errors import DataError, RankkitError, SessionError, SettingsError

MADE = simulate.retranslation(seed=7, n_judges=12, n_scalers=12)


@contextmanager
def refused(code):
    """Expect an error that begins with a code."""
    with pytest.raises(RankkitError) as caught:
        yield
    assert caught.value.code == code


def begun(path=None, **settings):
    builder = BARSBuilder.start(path, title="Desk", **settings)
    builder.add_dimensions(MADE.dimensions, judges=MADE.definers)
    return builder


def judged(path=None):
    builder = begun(path)
    builder.add_incidents(MADE.incidents)
    builder.add_retranslation(MADE.retranslation)
    builder.add_scaling(MADE.scaling)
    return builder


def test_steps_in_their_order():
    builder = BARSBuilder.start(title="Desk")
    assert builder.step == "dimensions"
    for call, before in ((lambda: builder.add_incidents(MADE.incidents), "dimensions"), (builder.card, "dimensions")):
        with pytest.raises(SessionError) as caught:
            call()
        assert caught.value.code == "E-STEPBEFORE"
        assert before in str(caught.value)
    builder.add_dimensions(MADE.dimensions)
    for call in (lambda: builder.add_retranslation(MADE.retranslation), lambda: builder.edit(drop={"s001": "no"})):
        with pytest.raises(RankkitError):
            call()
    assert len(builder.log) == 2  # nothing impossible is written
    assert builder.step == "incidents"


def test_the_same_judges_are_refused():
    builder = begun()
    builder.add_incidents(MADE.incidents)
    own = MADE.retranslation.replace({"judge": {"c01": "b01", "c04": "a2"}})
    with pytest.raises(SessionError) as caught:
        builder.add_retranslation(own)
    assert caught.value.code == "E-SAMEJUDGES"
    assert "a2, b01" in str(caught.value)
    builder.add_retranslation(own, allow_overlap=True)
    builder.add_scaling(MADE.scaling)
    card = builder.card()
    assert [n.details["who"] for n in card.notes if n.code == "I-OVERLAP"] == [["a2", "b01"]]  # recorded for good
    assert card.judges.set_index("judge")["overlap"].sum() == 2
    with refused("E-SAMEJUDGES"):
        builder.add_incidents(MADE.incidents.head(1).assign(incident="n1", author="c02"))


def test_a_scaling_group_may_be_the_retranslation_group():
    builder = begun()
    builder.add_incidents(MADE.incidents)
    builder.add_retranslation(MADE.retranslation)
    builder.add_scaling(MADE.scaling.replace({"judge": {f"d{k:02d}": f"c{k:02d}" for k in range(1, 13)}}))
    assert not builder.card().judges["overlap"].any()


def test_it_goes_on_where_it_stopped(tmp_path):
    path = tmp_path / "desk.jsonl"
    builder = judged(path)
    builder.select(threshold=0.7)
    card = builder.card()
    builder.close()
    again = BARSBuilder.open(path)
    assert again.state == builder.state
    assert again.card() == card
    again.close()
    with refused("E-LOGTHERE"):
        BARSBuilder.start(path)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["event"] for line in lines[1:]] == [
        "start", "dimensions", "incidents", "retranslation", "scaling", "selection",
    ]  # fmt: skip


def test_every_prefix_of_the_log_is_a_state():
    builder = judged()
    events = list(builder.log.events)
    assert [fold(events[:k]).step for k in range(1, len(events) + 1)] == ["dimensions", "incidents", "retranslation", "scaling", "pilot"]


def test_undo_and_reopen_delete_nothing():
    builder = judged()
    builder.select(threshold=0.9)
    n = len(builder.log)
    builder.undo()
    assert builder.selection.threshold == 0.6
    builder.reopen("retranslation")
    assert builder.step == "retranslation"
    assert len(builder.log) == n + 2
    builder.add_retranslation(MADE.retranslation)
    with pytest.raises(SettingsError):
        builder.select(threshold=1.4)
    with refused("E-SETTING"):
        builder.reopen("lunch")
    fresh = BARSBuilder.start()
    with refused("E-NOUNDO"):
        fresh.undo()


def test_a_text_judges_have_seen_stays():
    builder = judged()
    with refused("E-ALREADYJUDGED"):
        builder.edit({"s001": "could be expected to do something else"})
    builder.edit(drop={"s032": "duplicate of s031"}, editor="e1")
    assert "s032" not in builder.state.in_hand
    assert builder.items.set_index("incident").loc["s032", "stage"] == "dropped"
    with refused("E-STEPAFTER"):
        builder.add_dimensions(MADE.dimensions)


def test_nobody_judges_twice():
    builder = judged()
    with pytest.raises(SessionError) as caught:
        builder.add_scaling(MADE.scaling.head(3))
    assert set(caught.value.codes) == {"E-JUDGEDTWICE"}
    assert len(caught.value.items) == 3
    assert builder.state.placings.keys() == {f"d{k:02d}" for k in range(1, 13)}


def test_forms_are_shuffled_for_each_judge():
    builder = begun(seed=3)
    builder.add_incidents(MADE.incidents)
    one, other = builder.form("j1"), builder.form("j2")
    assert sorted(one["incident"]) == sorted(other["incident"]) == sorted(MADE.incidents["incident"])
    assert list(one["incident"]) != list(other["incident"]) != sorted(other["incident"])
    pd.testing.assert_frame_equal(one, builder.form("j1"))  # a form can be printed twice
    builder.add_retranslation(MADE.retranslation)
    assert builder.form("c01").empty
    kept = builder.items.query("stage in ['not_scaled', 'kept', 'spread']")
    assert set(builder.form("d01", "scaling")["incident"]) == set(kept["incident"])


def test_bad_tables_are_refused_whole():
    builder = BARSBuilder.start()
    with pytest.raises(DataError) as caught:
        builder.add_dimensions(MADE.dimensions.assign(dimension=["a", "a", "none", None], high=[None, "x", "x", "x"]))
    assert {"E-DIMENSIONTWICE", "E-NONENAME", "E-BLANK"} <= set(caught.value.codes)
    builder.add_dimensions(MADE.dimensions)
    bad = MADE.incidents.head(3).assign(
        dimension=["kindness", "attitude", "attitude"], effectiveness=[1, 9, "good"], incident=["x", "y", "x"]
    )
    with pytest.raises(DataError) as caught:
        builder.add_incidents(bad)
    assert {"E-UNKNOWNDIMENSION", "E-RANGE", "E-NUMBER", "E-INCIDENTTWICE"} <= set(caught.value.codes)


def test_the_table_of_critical_incidents_is_taken():
    builder = begun()
    builder.add_incidents(MADE.incidents[["incident", "dimension", "situation", "behaviour", "result", "effectiveness", "author"]])
    assert builder.state.incidents["s001"]["text"].startswith("A caller's modem failed after a firmware update; named the faulty")
    assert set(builder.editing()["what"]) >= {"not_expectation"}


def test_chinese_keeps_its_punctuation():
    made = simulate.retranslation(lang="zh")
    builder = BARSBuilder.start()
    builder.add_dimensions(made.dimensions)
    builder.add_incidents(made.incidents)
    assert "：预期会" in builder.state.incidents["s001"]["text"]
    assert builder.state.dimensions[0]["label"] == "业务知识"


def test_a_pilot_ends_the_draft():
    builder = judged()
    assert builder.card().draft
    assert "W-NOPILOT" in [n.code for n in builder.notes]
    marks = pd.DataFrame(
        [(r, p, "attitude", v) for r, shift in (("r1", 0.0), ("r2", 0.3)) for p, v in (("x", 2.2), ("y", 5.4 + shift), ("z", 4.1 + shift))],
        columns=["rater", "ratee", "dimension", "score"],
    )
    with refused("E-RANGE"):
        builder.add_pilot(marks.assign(score=9))
    with refused("E-CARDDIMENSION"):
        builder.add_pilot(marks.assign(dimension="kindness"))
    builder.add_pilot(marks)
    assert builder.step == "done"
    assert not builder.card().draft
    pilot = builder.pilot.set_index("dimension").loc["attitude"]
    assert (pilot["marks"], pilot["raters"], pilot["ratees"]) == (6, 2, 3)
    assert pilot["icc"] > 0.9
