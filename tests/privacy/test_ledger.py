"""Releases judged together with earlier ones, also by several programs at once."""

from __future__ import annotations

import json
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import pandas as pd
import pytest

from rankkit.errors import DisclosureError
from rankkit.privacy import Composite, GroupMean, Ledger, RollUp, disclose

PEERS = pd.DataFrame({"rater": list("abcdefgh"), "source": "peer", "dimension": "care", "score": [3, 4, 2, 3, 5, 3, 2, 4]})
MEAN = [GroupMean("peer", "care")]
SETTINGS = {"scale": (1, 5), "ratee": "e1"}


@pytest.fixture
def ledger(tmp_path):
    return Ledger(tmp_path / "ledger.jsonl")


def test_one_late_answer_between_two_exports(ledger):
    """The toy gives the fifth answer away: 5 × second mean − 4 × first mean."""
    first = disclose(PEERS[:4], MEAN, ledger=ledger, **SETTINGS)
    toy = 5 * PEERS["score"][:5].mean() - 4 * first.value("peer · care")
    assert toy == PEERS["score"][4]
    second = disclose(PEERS[:5], MEAN, ledger=ledger, **SETTINGS)
    assert second.table.loc["peer · care", ["shown", "value", "n", "code"]].tolist() == ["earlier", 3.0, 4, "W-LATEANSWER"]
    assert second.notes[0].details["n"] == 1
    enough = disclose(PEERS, MEAN, ledger=ledger, **SETTINGS)
    assert enough.table.loc["peer · care", ["shown", "n", "code"]].tolist() == ["exact", 8, ""]
    assert enough.value("peer · care") == PEERS["score"].mean()


def test_late_answers_of_two_are_held_back_too(ledger):
    disclose(PEERS[:5], MEAN, ledger=ledger, **SETTINGS)
    assert disclose(PEERS[:7], MEAN, ledger=ledger, **SETTINGS).table["shown"].tolist() == ["earlier"]


def test_other_cycles_and_people_are_other_ratings(ledger):
    disclose(PEERS[:4], MEAN, ledger=ledger, cycle="2025", **SETTINGS)
    assert disclose(PEERS[:5], MEAN, ledger=ledger, cycle="2026", **SETTINGS).table["n"].tolist() == [5]
    assert disclose(PEERS[:5], MEAN, ledger=ledger, scale=(1, 5), ratee="e2").table["n"].tolist() == [5]


def test_somebody_who_withdrew_is_not_given_away(ledger):
    disclose(PEERS, MEAN, ledger=ledger, **SETTINGS)
    after = disclose(PEERS[1:], MEAN, ledger=ledger, **SETTINGS)
    assert after.table["code"].tolist() == ["W-WITHDRAWN"]


def test_a_changed_answer_is_not_given_away(ledger):
    disclose(PEERS, MEAN, ledger=ledger, **SETTINGS)
    after = disclose(PEERS.assign(score=[5, *PEERS["score"][1:]]), MEAN, ledger=ledger, **SETTINGS)
    assert after.table["code"].tolist() == ["W-CHANGED"]


def test_a_merged_group_stays_merged(ledger):
    cells = pd.concat([PEERS[:4], PEERS[4:5].assign(source="subordinate")])
    others = RollUp("others", ("peer", "subordinate"), "care")
    disclose(cells, [others], ledger=ledger, **SETTINGS)
    later = disclose(cells, MEAN, ledger=ledger, **SETTINGS)
    assert later.table["code"].tolist() == ["W-MERGED", ""]
    assert later.table.index[1] == "colleagues · care"


def test_a_roll_up_after_the_group_is_refused(ledger):
    cells = pd.concat([PEERS[:4], PEERS[4:5].assign(source="subordinate")])
    disclose(cells, MEAN, ledger=ledger, **SETTINGS)
    later = disclose(cells, [RollUp("others", ("peer", "subordinate"), "care")], ledger=ledger, **SETTINGS)
    assert later.table["code"].tolist() == ["E-DISCLOSE"]


def test_a_second_weighting_in_a_later_release_adds_nothing(ledger):
    cells = pd.concat([PEERS[:6].assign(score=4), PEERS[:6].assign(dimension="skill", score=5)])
    disclose(cells, [Composite("one", {("peer", "care"): 1, ("peer", "skill"): 1})], ledger=ledger, **SETTINGS)
    later = disclose(cells, [Composite("two", {("peer", "care"): 1, ("peer", "skill"): 2})], ledger=ledger, **SETTINGS)
    assert later.table["shown"].tolist() == ["interval"]
    again = disclose(cells, [Composite("one", {("peer", "care"): 1, ("peer", "skill"): 1})], ledger=ledger, **SETTINGS)
    assert again.table["shown"].tolist() in (["rounded"], ["interval"])


def test_the_same_release_again_writes_nothing(ledger):
    for _ in range(3):
        disclose(PEERS, MEAN, ledger=ledger, **SETTINGS)
    assert len(ledger) == 1


def test_no_names_in_the_file(ledger):
    cells = PEERS.assign(rater=[f"Zhang San {r}" for r in PEERS["rater"]])
    disclose(cells, MEAN, ledger=ledger, scale=(1, 5), ratee="Li Si")
    text = ledger.path.read_text(encoding="utf-8")
    assert "Zhang" not in text
    assert "Li Si" not in text
    assert ledger.path.stat().st_mode & 0o077 == 0


def test_a_torn_line_was_never_released_and_is_cut_off(ledger):
    disclose(PEERS[:4], MEAN, ledger=ledger, **SETTINGS)
    with ledger.path.open("ab") as file:
        file.write(b'{"at":"2026-')
    assert len(ledger) == 1
    disclose(PEERS, MEAN, ledger=ledger, **SETTINGS)
    assert len([json.loads(line) for line in ledger.path.read_text().splitlines()]) == 3


@pytest.mark.parametrize(
    "content", [b"rater,ratee\n", b"{}\n", b'{"format":"rankkit disclosure ledger","schema":9,"salt":""}\n', b"PK\x03\x04"]
)
def test_other_files_are_left_alone(tmp_path, content):
    path = tmp_path / "other"
    path.write_bytes(content)
    with pytest.raises(DisclosureError, match="no ledger"):
        disclose(PEERS, MEAN, ledger=Ledger(path), **SETTINGS)
    assert path.read_bytes() == content


def test_another_scale_is_refused(ledger):
    disclose(PEERS, MEAN, ledger=ledger, **SETTINGS)
    with pytest.raises(DisclosureError, match="scale"):
        disclose(PEERS, MEAN, ledger=ledger, scale=(1, 7), ratee="e1")


def test_a_ledger_that_is_held_is_waited_for(ledger, tmp_path):
    with ledger.held():
        impatient = Ledger(tmp_path / "ledger.jsonl", patience=0.05)
        with pytest.raises(DisclosureError, match="another program"):
            len(impatient)
    assert len(impatient) == 0


def _race(path, n):
    shown = disclose(PEERS[:n], MEAN, scale=(1, 5), ratee="e1", ledger=Ledger(path))
    return shown.value("peer · care"), int(shown.table["n"].iloc[0])


def test_two_programs_cannot_each_release_half(tmp_path):
    """Whoever comes first decides; the others repeat it, or nothing would keep their difference from telling."""
    path = tmp_path / "ledger.jsonl"
    with ProcessPoolExecutor(3, mp_context=multiprocessing.get_context("spawn")) as pool:
        out = list(pool.map(_race, [path] * 6, [4, 5, 4, 5, 5, 4]))
    shown = {pair for pair in out if pair[0] == pair[0]}
    assert len(shown) == 1
