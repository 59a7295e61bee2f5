"""CalibrationSession: what each phase allows, who may act, what must be said, and what a session never holds."""

from __future__ import annotations

import inspect
import os
import random
import sqlite3
from pathlib import Path

import pandas as pd
import pytest

import rankkit as rk
from rankkit.calibration import CalibrationSession, Participant, SessionPolicy, read_export
from rankkit.calibration.sessions import moves, session_steps
from rankkit.calibration.sessions.agenda import lot
from rankkit.calibration.sessions.session_record import SessionRecord
from rankkit.errors import PeopleError, PolicyError, RankkitError, SessionError, SettingsError
from tests.calibration.session_cases import EVIDENCE, REASON, SECOND, graded, holding, people_of, session


def refused(code: str, step: object, *arguments: object, **more: object) -> SessionError:
    with pytest.raises(RankkitError) as error:
        step(*arguments, **more)  # type: ignore[operator]
    assert code in error.value.codes, error.value
    return error.value  # type: ignore[return-value]


def test_votes_are_given_before_those_of_others_are_shown() -> None:
    s = session()
    who = holding(s, "B")[0]
    for look in (lambda: s.votes, lambda: s.vote_agreement, lambda: s.cases, s.agenda):
        refused("E-VOTESCLOSED", look)
    s.vote("Li", who, "up")
    refused("E-VOTEFIRST", s.votes_on, who, "Wang")
    refused("E-VOTEFIRST", s.agenda, "Wang")
    assert "up" not in repr(s.events)
    assert "up" not in s._repr_html_()
    s.vote("Wang", who, "down")
    s.vote("Wang", who, "agree")  # changed before anything was seen
    assert s.votes_on(who, "Wang").to_dict() == {"A": 1, "B": 1, "C": 0, "abstained": 0}
    refused("E-VOTESEEN", s.vote, "Wang", who, "up")
    s.advance("Wang")
    refused("E-PHASE", s.vote, "Li", who, "agree")
    assert s.votes.loc[who, "n_votes"] == 2
    assert list(s.votes.columns) == ["label", "A", "B", "C", "abstained", "n_votes", "entropy", "agreement"]


def test_stances_and_grades_must_agree() -> None:
    s = session()
    top, middle = holding(s, "A", 0)[0], holding(s, "B")[0]
    refused("E-VOTESTANCE", s.vote, "Wang", top, "up")
    refused("E-VOTESTANCE", s.vote, "Wang", middle, "agree", "A")
    refused("E-SETTING", s.vote, "Wang", middle, "better")
    refused("E-SETTING", s.vote, "Wang", middle, "up", "Z")
    s.vote("Wang", middle, "abstain")
    assert s.votes_on(middle, "Wang")["abstained"] == 1


def test_own_cases_family_and_observers() -> None:
    grades = graded()
    own, relative = grades.people[5], grades.people[3]
    watching = Participant(id="Obs", role="observer")
    s = CalibrationSession.create(None, grades, [Participant(id="Li", family=(relative,)), Participant(id=own), watching])
    refused("E-OWNCASE", s.vote, own, own, "abstain")
    refused("E-RECUSED", s.vote, "Li", relative, "abstain")
    refused("E-OBSERVER", s.vote, "Obs", relative, "abstain")
    refused("E-NOTAMEMBER", s.vote, grades.people[0], relative, "abstain")
    refused("E-NOBODY", s.vote, "Li", "nobody", "abstain")
    third = grades.people[9]
    s.vote("Li", third, "abstain")
    s.recuse("Li", third, "We share a flat.")
    assert third not in {s.names.id(w) for w in s.state.outstanding(s.names.token("Li"))}
    s.advance("Li")
    s.advance("Li")
    assert third not in s.votes.index  # the vote of somebody recused since is set aside
    for step in ("move",):
        refused("E-RECUSED", getattr(s, step), "Li", third, "A", "other", REASON)
        refused("E-OWNCASE", getattr(s, step), own, own, "A", "other", REASON)
    refused("E-RECUSED", s.discuss, relative, "Li")
    refused("E-RECUSED", s.votes_on, relative, "Li")


def test_a_move_needs_reasons() -> None:
    s = session(phase="propose")
    s_top = holding(s, "A", 0)[0]
    who = holding(s, "B")[0]
    assert {"E-REASONSHORT", "E-SETTING", "E-SAMEGRADE"} == set(refused("E-SETTING", s.move, "Wang", who, "B", "because", "short").codes)
    refused("E-REASONSHORT", s.move, "Wang", who, "A", "other", "x" * 40)
    refused("E-TWOREASONS", s.move, "Wang", s_top, "C", "other", REASON)
    refused("E-TWOREASONS", s.move, "Wang", s_top, "C", "other", REASON, second=("other", REASON))
    refused("E-TWOREASONS", s.move, "Wang", s_top, "C", "other", REASON, second=("data_error", REASON))
    assert s.move("Wang", s_top, "C", "other", REASON, EVIDENCE, second=("data_error", SECOND)).steps == -2
    bare = s.move("Wang", who, "A", "quota_only", "五月起负责的范围扩大，绩效材料齐全，会上逐条核对过。")
    assert [n.code for n in bare.notes] == ["W-NOEVID", "W-QUOTAMOVE"]
    assert s.moves.loc[bare.n, "reason"] == "五月起负责的范围扩大，绩效材料齐全，会上逐条核对过。"
    strict = session(phase="propose", policy=SessionPolicy(evidence="require"))
    refused("E-EVIDENCE", strict.move, "Wang", who, "A", "other", REASON)


def test_undo_is_a_further_event() -> None:
    s = session(phase="propose")
    who = holding(s, "B")[0]
    before = s.grades
    first = s.move("Wang", who, "A", "new_evidence", REASON, EVIDENCE)
    second = s.move("Li", who, "B", "other", REASON, EVIDENCE)
    refused("E-UNDOORDER", s.undo, "Wang", REASON, first.n)
    assert s.undo("Wang", REASON) == second.n
    assert s.grades.loc[who, "grade"] == "A"
    assert s.undo("Wang", REASON) == first.n
    assert s.grades["grade"].equals(before["grade"])
    refused("E-NOMOVE", s.undo, "Wang", REASON)
    assert s.moves["undone_by"].notna().all()
    assert s.state.count == 7
    assert s.replay(first.n).grades.loc[who, "grade"] == "A"
    assert s.replay(1).phase == "prepare"
    refused("E-SETTING", s.replay, 8)


def test_nothing_moves_once_it_is_ratified() -> None:
    s = session(phase="ratify")
    who = holding(s, "B")[0]
    refused("E-PHASE", s.move, "Wang", who, "A", "other", REASON)
    refused("E-PHASE", s.undo, "Wang", REASON)
    refused("E-PHASE", s.recuse, "Wang", who)
    s.ratify("Wang")
    refused("E-RATIFIED", s.ratify, "Wang")
    refused("E-QUORUM", s.advance, "Wang")
    s.reopen("Wang", REASON)
    assert s.phase == "propose"
    s.advance("Wang")
    for member in ("Wang", "Li", graded().people[5]):
        s.ratify(member)
    s.advance("Wang")
    assert s.phase == "close"
    refused("E-PHASE", s.advance, "Wang")
    refused("E-PHASE", s.reopen, "Wang", REASON)


def test_the_chair_leads() -> None:
    s = CalibrationSession.create(None, graded(), [Participant(id="Wang", role="chair"), "Li"])
    refused("E-NOTCHAIR", s.advance, "Li")
    s.advance("Wang")


def test_people_who_await_a_grade_must_get_one() -> None:
    s = session(phase="propose", n=48, ties="committee")
    waiting = s.grades[s.grades["grade"].isna()]
    assert len(waiting)
    assert "W-AWAITING" in [n.code for n in s.notes]
    refused("E-UNDECIDED", s.advance, "Wang")
    for person, row in waiting.iterrows():
        to = row["candidates"].split(" / ")[0]
        assert s.move("Wang", str(person), to, "comparison_within_level", REASON, EVIDENCE).steps == 0
    s.advance("Wang")
    fresh = session(n=48, ties="committee")
    refused("E-VOTEGRADE", fresh.vote, "Wang", str(waiting.index[0]), "agree")


def test_agenda_is_drawn_by_lot_and_clear_cases_go_together() -> None:
    s = session()
    table = s.grades
    sure = [str(p) for p in table.index if table.loc[p, "probability"] >= 0.9]
    for member in ("Wang", "Li"):
        for p in table.index:
            if s.state.may_judge(s.names.token(member), s.names.token(p)):
                s.vote(member, str(p), "agree")
    s.advance("Wang")
    agenda = s.agenda()
    assert set(agenda.index[agenda["part"] == "together"]) == set(sure)
    talked = agenda[agenda["part"] != "together"]
    assert talked["order"].tolist() == list(range(1, len(talked) + 1))
    assert list(talked.index) not in (sorted(talked.index), sorted(talked.index, reverse=True))
    by_score = table.loc[talked.index, "score"]
    assert not by_score.is_monotonic_decreasing
    case = sure[0] if sure[0] != graded().people[3] else sure[1]
    s.advance("Wang")
    other = "B" if table.loc[case, "grade"] != "B" else "A"
    refused("E-BATCHED", s.move, "Wang", case, other, "new_evidence", REASON, EVIDENCE)
    s.discuss(case, "Wang")
    s.move("Wang", case, other, "new_evidence", REASON, EVIDENCE)
    assert s.state.speakers[s.names.token(case)] == s.names.token("Wang")


def test_the_lot_follows_the_seed_and_nothing_else() -> None:
    grades = graded()
    shuffled = people_of(grades).sample(frac=1, random_state=1)
    orders = []
    for people, seed in ((people_of(grades), 1), (shuffled, 1), (people_of(grades), 2)):
        alike = random.Random(5).randbytes  # the same tokens  # noqa: S311 - not a secret here
        s = CalibrationSession.create(None, grades, ["Wang", "Li"], people=people, seed=seed, random=alike)
        s.advance("Wang")
        orders.append(list(s.agenda().index))
    assert orders[0] == orders[1]
    assert orders[0] != orders[2]


def test_attributes_reach_no_step_and_no_file(tmp_path: Path) -> None:
    path = tmp_path / "s.session"
    grades = graded()
    values = ["group-x", "group-y"] * 15
    attributes = rk.Attributes.from_frame(pd.DataFrame({"person": list(grades.people), "attribute": "gender", "value": values}))
    s = session(path, phase="propose")
    head = s.head()
    who = holding(s, "B")[0]
    then = s.what_if(who, "A", attributes)
    assert then.table["ratio_now"].notna().any()
    assert set(then.table["end"]) == {"favourable", "adverse"}
    s.impact(attributes)
    s.moves_by_group(attributes, "gender")
    s.impact_of_moves(attributes)
    s.view(attributes)
    s.to_report(tmp_path / "r.html", attributes=attributes)
    assert s.head() == head
    s.close()
    assert b"group-x" not in path.read_bytes()
    for owner in (CalibrationSession, SessionRecord, moves, session_steps):
        for name, step in inspect.getmembers(owner, inspect.isfunction):
            if name not in ("impact", "what_if", "impact_of_moves", "moves_by_group", "to_report", "view"):
                assert "attributes" not in inspect.signature(step).parameters, name
    with pytest.raises(SettingsError):
        session().impact(people_of(grades))  # type: ignore[arg-type]
    with pytest.raises(SessionError):
        CalibrationSession.create(None, grades, ["Wang"], people=attributes)  # type: ignore[arg-type]
    with pytest.raises(PeopleError):
        CalibrationSession.create(None, grades, ["Wang"], people=people_of(grades).assign(gender="f"))


def test_impact_of_a_move_thought_of_is_that_of_the_move_made() -> None:
    s = session(phase="propose")
    attributes = rk.Attributes.from_frame(
        pd.DataFrame({"person": list(graded().people), "attribute": "gender", "value": ["f", "m"] * 15})
    )  # fmt: skip
    who = holding(s, "B")[0]
    then = s.what_if(who, "A", attributes).then.comparisons
    s.move("Wang", who, "A", "new_evidence", REASON, EVIDENCE)
    pd.testing.assert_frame_equal(then, s.impact(attributes).comparisons)


def test_impossible_beginnings() -> None:
    grades = graded()
    refused("E-NOPARTICIPANTS", CalibrationSession.create, None, grades, [Participant(id="o", role="observer")])
    refused("E-PARTICIPANTTWICE", CalibrationSession.create, None, grades, ["a", "a"])
    refused("E-NOBODY", CalibrationSession.create, None, grades, [Participant(id="a", family=("nobody",))])
    refused("E-TYPE", CalibrationSession.create, None, "grades", ["a"])
    refused("E-LAW", CalibrationSession.create, None, grades, ["a"], policy=SessionPolicy(law="nowhere"))
    with pytest.raises(PolicyError) as error:
        SessionPolicy(reason_length=3, clear=2, quorum=0)
    assert len(error.value.items) == 3


def test_no_order_and_no_export_tells_whose_token_it_is(tmp_path: Path) -> None:
    """Sorting staff ids by a lot drawn of the ids would name every token of an export without names."""
    s = session(phase="discuss")
    s.export(tmp_path / "bare.jsonl", personal=False)
    bare = read_export(tmp_path / "bare.jsonl")
    seed = int(bare.state.start["seed"])
    order = [s.names.id(p["who"]) for p in bare.state.start["participants"]]
    assert [p["who"] for p in bare.state.start["participants"]] == sorted(bare.state.participants)  # nor in the order of the invitation
    assert set(order) == {"Wang", "Li", graded().people[5]}
    by_lot = sorted(graded().people, key=lambda person: lot(seed, person))
    assert [s.names.id(w) for w in bare.state.agenda] != [p for p in by_lot if s.names.token(p) in bare.state.agenda]
    assert list(bare.state.agenda) == sorted(bare.state.agenda, key=lambda w: lot(seed, w)) or "first" in set(s.agenda()["part"])


def test_votes_are_sealed_whichever_way_one_looks(tmp_path: Path) -> None:
    s = session(tmp_path / "s.session")
    who = holding(s, "B")[0]
    s.vote("Li", who, "down")
    with CalibrationSession.open(tmp_path / "s.session", write=False) as other:
        for seen in (s, other, s.replay(s.state.count)):
            assert [(v.stance, v.grade) for v in seen.state.votes.values()] == [("", None)]
            assert "down" not in repr(seen.state)
    refused("E-VOTESCLOSED", s.export, tmp_path / "x.jsonl")
    assert not (tmp_path / "x.jsonl").exists()
    s.advance("Wang")
    s.export(tmp_path / "x.jsonl")
    if os.name == "posix":
        assert (tmp_path / "x.jsonl").stat().st_mode & 0o077 == 0  # its owner's alone
    assert s.votes.loc[who, "C"] == 1


def test_the_own_case_is_no_part_of_the_agenda_a_voter_sees() -> None:
    s = session()
    own, relative = graded().people[5], graded().people[3]
    for member in ("Li", own):
        for p in s.grades.index:
            if s.state.may_judge(s.names.token(member), s.names.token(str(p))):
                s.vote(member, str(p), "agree")
    assert own not in s.agenda(own).index
    assert relative in s.agenda(own).index
    assert relative not in s.agenda("Li").index


def test_reasons_of_characters_nobody_sees_and_moves_in_small_steps() -> None:
    s = session(phase="propose")
    top = holding(s, "A", 0)[0]
    refused("E-REASONSHORT", s.move, "Wang", top, "B", "other", "abcde" + "\u200b" * 30)
    assert s.move("Wang", top, "B", "other", REASON, ["x", "x", "x"]).notes == ()
    assert s.moves["n_evidence"].tolist() == [1]
    refused("E-TWOREASONS", s.move, "Li", top, "C", "other", REASON)  # two grades from where the session began, for one reason
    s.move("Li", top, "C", "scope_change", SECOND)
    assert s.replay(s.moves.index[0]).grades.loc[top, "grade"] == "B"


def test_erasing_a_manager_leaves_no_name_behind(tmp_path: Path) -> None:
    path, grades = tmp_path / "s.session", graded()
    people = people_of(grades).replace({"manager": {"M1": "LiuBoss"}})
    s = CalibrationSession.create(path, grades, ["Wang", Participant(id="LiuBoss", label="刘主任")], people=people)
    assert "刘主任" in set(s.grades["manager"])
    s.shred("M2")
    assert s.shred("LiuBoss") == ()
    assert not {"刘主任", "LiuBoss", "M2"} & set(s.grades["manager"])
    assert s.grades["manager"].nunique() == 3
    s.verify()
    s.close()
    raw = b"".join(p.read_bytes() for p in tmp_path.iterdir())
    assert not any(word.encode() in raw for word in ("刘主任", "LiuBoss", '"M2"'))


def test_erasing_while_another_program_reads_is_told(tmp_path: Path) -> None:
    path = tmp_path / "s.session"
    s = session(path)
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM event").fetchone()
    s._store._connection.execute("PRAGMA busy_timeout = 20")
    who = holding(s, "B")[0]
    assert [n.code for n in s.shred(who)] == ["W-SHREDLATER"]
    reader.close()
    s.close()
    assert f'"{who}"'.encode() not in b"".join(p.read_bytes() for p in tmp_path.iterdir())


def test_two_managers_of_one_name_stay_two() -> None:
    grades = graded()
    leads = pd.DataFrame({"person": ["M0", "M1", "M2"], "label": ["王伟", "王伟", "李敏"]})
    people = pd.concat([people_of(grades), leads], ignore_index=True)
    s = CalibrationSession.create(None, grades, ["Wang"], people=people)
    assert set(s.grades["manager"]) == {"王伟 (M0)", "王伟 (M1)", "李敏"}
