"""The file of appeals: nothing lost, nothing changed unnoticed, people erasable, no illegal state reachable."""

from __future__ import annotations

import multiprocessing
import os
import random
import select
import signal
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rankkit.calibration import AppealLog, CalibrationSession, read_appeals, read_export
from rankkit.calibration.appeals.appeal_policy import STAGES
from rankkit.calibration.appeals.appeal_state import Case
from rankkit.errors import RankkitError
from tests.calibration.appeal_cases import STAFF, WHY, closed_session, decided, log_of, refused, rerated, someone

STEPS = {  # what may follow what
    "": {"submitted"},
    "submitted": {"accepted", "rejected", "withdrawn"},
    "accepted": {"investigating", "withdrawn", "submitted"},
    "investigating": {"re_evaluated", "decided", "withdrawn"},
    "re_evaluated": {"decided", "withdrawn"},
    "decided": {"approved", "re_evaluated", "investigating"},
    "approved": {"notified", "decided"},
    "rejected": {"notified", "submitted"},
    "notified": {"closed"},
    "closed": set(),
    "withdrawn": set(),
}


def test_reopened_replayed_and_exported_it_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "appeals.log"
    log = log_of(path)
    n = decided(log, someone(log, "B"), "A")
    log.approve(n, "Chief", on="2026-03-13")
    head = log.export(tmp_path / "out.jsonl")
    log.export(tmp_path / "bare.jsonl", personal=False)
    assert log.path == path
    log.close()
    with AppealLog.open(path, write=False) as again:
        assert again.verify(str(head)) == head
        for other in (read_appeals(tmp_path / "out.jsonl", head), again.replay(head.count)):
            assert other.cases.equals(again.cases)
            assert other.final_grades("2026-03-16").equals(again.final_grades("2026-03-16"))
        assert again.replay(3).case(1)["stage"] == "submitted"
        assert (again.replay(head.count - 1).quota["by_exception"] == 0).all()
        refused("E-SESSIONREADONLY", again.notify, n, "HR", "receipt", on="2026-03-16")
        refused("E-SETTING", again.replay, 99)
    bare = read_appeals(tmp_path / "bare.jsonl")
    assert bare.cases["outcome"].tolist() == ["adjusted"]
    assert WHY not in (tmp_path / "bare.jsonl").read_text(encoding="utf-8")
    refused("E-OTHERLOG", CalibrationSession.open, path)
    refused("E-OTHERLOG", read_export, tmp_path / "out.jsonl")
    refused("E-SESSIONEXISTS", log_of, path)


def test_a_session_is_no_log_of_appeals(tmp_path: Path) -> None:
    s, _, _ = closed_session(moves=False)
    s.export(tmp_path / "session.jsonl")
    refused("E-OTHERLOG", read_appeals, tmp_path / "session.jsonl")


def test_tampering_is_found(tmp_path: Path) -> None:
    path = tmp_path / "appeals.log"
    log = log_of(path)
    decided(log, someone(log, "B"), "A")
    head = log.head()
    log.close()
    with sqlite3.connect(path) as db:
        n, record = db.execute("SELECT n, record FROM event WHERE instr(record, '\"adjusted\"') > 0").fetchone()
        db.execute("DROP TRIGGER event_fixed")
        db.execute("UPDATE event SET record = ? WHERE n = ?", (record.replace(b'"adjusted"', b'"confirmed"'), n))
    db.close()
    assert refused("E-SESSIONDAMAGED", AppealLog.open, path).code  # the trigger that guards events is gone
    lines = (tmp_path / "x.jsonl", log_of(None))
    decided(lines[1], someone(lines[1], "B"), "A")
    lines[1].export(lines[0])
    text = lines[0].read_text(encoding="utf-8")
    for old, new in (('"outcome":"adjusted"', '"outcome":"confirmed"'), (WHY, WHY.replace("Two", "Six"))):
        lines[0].write_text(text.replace(old, new), encoding="utf-8")
        with pytest.raises(RankkitError) as error:
            read_appeals(lines[0])
        assert error.value.code in ("E-HASH", "E-HASHPERSONAL")
    fresh = log_of()
    refused("E-TAIL", fresh.verify, str(head))


def test_erasing_a_person_keeps_the_chain(tmp_path: Path) -> None:
    path = tmp_path / "appeals.log"
    log = log_of(path)
    who = someone(log, "B")
    n = decided(log, who, "A")
    log.approve(n, "Chief", on="2026-03-13")
    assert str(n) in refused("E-APPEALOPEN", log.shred, who).text("zh")
    log.notify(n, "HR", "receipt", on="2026-03-16")
    before = log.verify()
    assert [p.code for p in log.shred("Inv")] == []
    assert not log.shred(who)
    beside = [path.with_name(path.name + end) for end in ("", "-wal")]
    assert all(WHY.encode() not in file.read_bytes() for file in beside if file.exists())  # gone while the log is open, too
    assert log.verify(str(before)).count == before.count + 2
    assert log.case(n)["outcome"] == "adjusted"
    assert log.re_rating(n) is None
    log.export(tmp_path / "after.jsonl")
    log.close()
    for file in (path, tmp_path / "after.jsonl"):
        assert WHY.encode() not in file.read_bytes()
    assert read_appeals(tmp_path / "after.jsonl").case(n)["to"] == "A"


def _submit(path: Path, people: list[str]) -> None:
    with AppealLog.open(path) as log:
        for who in people:
            log.submit(who, "other", WHY, ["x"], on="2026-03-05")


def test_two_processes_number_their_appeals_apart(tmp_path: Path) -> None:
    path = tmp_path / "appeals.log"
    log = log_of(path)
    people = [someone(log, "B", k) for k in range(12)]
    fork = multiprocessing.get_context("fork")
    workers = [fork.Process(target=_submit, args=(path, people[k::2])) for k in range(2)]
    for w in workers:
        w.start()
    for w in workers:
        w.join(60)
    assert [w.exitcode for w in workers] == [0, 0]
    assert log.cases.index.tolist() == list(range(1, 13))
    assert sorted(log.cases["ratee"]) == sorted(people)
    assert log.verify().count == 14
    log.admit(1, "HR", on="2026-03-06")
    with AppealLog.open(path) as other:  # both saw it submitted; only one admits it
        refused("E-APPEALSTEP", other.admit, 1, "HR", on="2026-03-06")


def test_a_killed_program_loses_nothing_it_was_told_of(tmp_path: Path) -> None:
    path = tmp_path / "appeals.log"
    log = log_of(path)
    people = [someone(log, "B", k) for k in range(15)]
    log.close()
    rng = random.Random(3)  # noqa: S311 - moments to kill at
    told = 0
    for k in range(8):
        read, send = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(read)
            with AppealLog.open(path) as own:
                for who in people:
                    try:
                        n = own.submit(who, "other", WHY, ["x"], on="2026-03-05")
                        own.withdraw(n, on="2026-03-05")
                    except RankkitError:
                        own.withdraw(own.state.cases_of(own.names.token(who))[-1].n, on="2026-03-05")
                    os.write(send, b".")
            os._exit(0)
        os.close(send)
        select.select([read], [], [], 10)
        time.sleep(rng.uniform(0, 0.01))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        while part := os.read(read, 1 << 12):
            told += len(part)
        os.close(read)
        with AppealLog.open(path) as after:
            after.verify()
            assert sum(after.cases["stage"] == "withdrawn") >= told, k
    assert told


def some_step(log: AppealLog, rng: random.Random, people: list[str]) -> Callable[[], object]:
    """Any step of anybody on any case, most of them not allowed."""
    n, who, actor = rng.randint(1, 5), rng.choice(people), rng.choice(STAFF)
    day = "2026-03-06"
    return rng.choice(
        [
            lambda: log.submit(who, "other", WHY, ["x"], on="2026-03-05"),
            lambda: log.admit(n, actor, on=day),
            lambda: log.reject(n, actor, "other", WHY, on=day),
            lambda: log.statement(n, rng.choice([*people, *STAFF, "M0", "M1", "M2"]), WHY, actor, on=day),
            lambda: log.blind_pack(n, actor, on=day),
            lambda: log.re_rate(n, actor, 3 + rng.random() * 2, on=day),
            lambda: log.decide(n, actor, rng.choice(["confirmed", "process_defect"]), WHY, on=day),
            lambda: log.decide(n, actor, "adjusted", WHY, rng.choice(["A", "B", "C"]), on=day),
            lambda: log.approve(n, actor, on=day),
            lambda: log.notify(n, actor, "receipt", on=day),
            lambda: log.close_case(n, actor, on=day),
            lambda: log.withdraw(n, on=day),
            lambda: log.undo(n, actor, WHY),
        ]
    )


def must_be_lawful(case: Case) -> None:
    """Whoever had a part in a case had one part only, and nothing was decided unheard."""
    deciders = {case.actors[k] for k in ("decision", "approval") if k in case.actors}
    others = case.reraters | case.investigators | {s.giver for s in case.statements} | {case.who}
    if case.stage in ("decided", "approved", "notified", "closed"):
        assert not deciders & others
    assert not case.reraters & (case.investigators | {s.giver for s in case.statements})
    if case.stage in ("approved", "notified", "closed") and case.outcome != "inadmissible":
        assert len(deciders) == 2
        assert case.heard("employee")
        assert case.heard("supervisor")
        assert case.outcome == "process_defect" or (case.scores and case.packs)


@pytest.mark.parametrize(("re_raters", "seed"), [(1, 11), (2, 12)])
def test_no_illegal_stage_is_reachable(re_raters: int, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - which step is tried
    log = log_of(re_raters=re_raters)
    people = [someone(log, "B", k) for k in range(4)]
    stages: dict[int, str] = {}
    refusals = taken = 0
    for _ in range(600):
        step = some_step(log, rng, people)
        count = log.state.count
        try:
            step()
        except RankkitError:
            refusals += 1
            assert log.state.count == count  # a refused step writes nothing
            continue
        taken += 1
        for case in log.state.cases.values():
            then = stages.get(case.n, "")
            assert case.stage == then or case.stage in STEPS[then], (then, case.stage)
            assert case.stage in STAGES
            stages[case.n] = case.stage
            must_be_lawful(case)
        order = list(log.state.grades)
        assert all(order.index(c.to_grade) < order.index(c.from_grade) for c in log.state.changes)
        moved = {c.who for c in log.state.changes}
        assert all(g == log.state.before[w] for w, g in log.state.grade.items() if w not in moved)
    assert taken > 25
    assert refusals > 100
    assert log.verify().count == log.state.count
    assert log.replay(log.state.count).cases.equals(log.cases)


def test_a_step_taken_back_leaves_a_trace() -> None:
    log = log_of()
    n = rerated(log, someone(log, "B"), 1.5)
    log.decide(n, "Decider", "adjusted", WHY, "A", on="2026-03-12")
    log.undo(n, "HR", WHY)
    assert log.case(n)["stage"] == "re_evaluated"
    log.decide(n, "Decider", "confirmed", WHY, on="2026-03-12")
    assert [e.kind for e in log.events[-3:]] == ["decide", "undo", "decide"]
    assert [p.code for p in log._decision(n).notes] == ["W-APPEALSUPPORTED"]
    assert log.statements(n)["role"].tolist() == ["employee", "supervisor"]
