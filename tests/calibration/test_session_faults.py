"""Files that cannot be used: each is one clear error, and nothing of the session is lost by it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import rankkit as rk
from rankkit import simulate
from rankkit.calibration import CalibrationSession
from rankkit.calibration.event_log import event_store_file
from rankkit.errors import RankkitError
from tests.calibration.session_cases import REASON, SECOND, graded, holding, session

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "h1.session"
    with session(file, phase="propose", n=20):
        pass
    return file


def code(step: object, *arguments: object, **more: object) -> str:
    with pytest.raises(RankkitError) as error:
        step(*arguments, **more)  # type: ignore[operator]
    assert error.value.text("en")
    assert error.value.text("zh")
    return error.value.code


def test_no_file_a_folder_and_other_files(tmp_path: Path) -> None:
    assert code(CalibrationSession.open, tmp_path / "none") == "E-FILE"
    assert code(CalibrationSession.open, tmp_path) == "E-KIND"
    for n, data in enumerate((b"", b"x", b"a text of some length, longer than the head of a file of SQLite" * 20)):
        (tmp_path / f"{n}").write_bytes(data)
        assert code(CalibrationSession.open, tmp_path / f"{n}") == "E-NOSESSION"
        assert (tmp_path / f"{n}").read_bytes() == data
    other = sqlite3.connect(tmp_path / "other")
    other.execute("CREATE TABLE t (x)")
    other.close()
    for file in ("2", "other"):
        assert code(CalibrationSession.open, tmp_path / file) == "E-NOSESSION"
        assert code(CalibrationSession.create, tmp_path / file, graded(20), ["a"]) == "E-NOSESSION"


def test_a_session_is_never_written_over(path: Path) -> None:
    assert code(CalibrationSession.create, path, graded(20), ["a"]) == "E-SESSIONEXISTS"
    with CalibrationSession.open(path) as s:
        assert s.verify().count == 3


def test_creating_over_a_file_that_was_only_begun(tmp_path: Path) -> None:
    (tmp_path / "begun").touch()
    with CalibrationSession.create(tmp_path / "begun", graded(20), ["a"]) as s:
        assert s.verify().count == 1
    if os.name == "posix":
        assert (tmp_path / "begun").stat().st_mode & 0o077 in (0o044, 0)


def test_a_newer_version(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {event_store_file.SCHEMA + 1}")
    connection.close()
    assert code(CalibrationSession.open, path) == "E-SESSIONNEWER"


def test_truncated_files(path: Path) -> None:
    data = path.read_bytes()
    with CalibrationSession.open(path) as s:
        head, grades = s.head(), s.grades
    lost = len(data)
    while data[lost - 1] == 0:  # the unused end of the last page is no part of any record
        lost -= 1
    for size in [*range(1, lost, lost // 23), lost - 1]:
        path.write_bytes(data[:size])
        assert code(CalibrationSession.open, path) in {"E-SESSIONDAMAGED", "E-NOSESSION", "E-SESSIONUNREADABLE", "E-HASH", "E-HASHGONE"}
        for ending in ("-wal", "-shm"):
            path.with_name(path.name + ending).unlink(missing_ok=True)
    for whole in (data[:lost], data):
        path.write_bytes(whole)
        with CalibrationSession.open(path) as s:
            assert s.verify() == head
            assert s.grades.equals(grades)


def test_a_full_disk_loses_nothing(path: Path) -> None:
    with CalibrationSession.open(path) as s:
        who, connection = holding(s, "B")[0], s._store._connection
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 4}")
        kept = s.head()
        problem = ""
        for k in range(200):
            try:
                s.move("Wang", who, "AB"[k % 2], "other", REASON)
            except RankkitError as error:
                problem = error.code
                break
            kept = s.head()
        assert problem == "E-SESSIONFULL"
        assert s.verify() == kept
        assert s.state.count == kept.count
        connection.execute("PRAGMA max_page_count = 100000")
        s.move("Wang", who, "C", "other", REASON, second=("data_error", SECOND))
        assert s.verify(kept).count == kept.count + 1
    with CalibrationSession.open(path) as s:
        assert s.verify().count == kept.count + 1


def test_opened_for_reading(path: Path) -> None:
    with CalibrationSession.open(path, write=False) as s:
        assert s.phase == "propose"
        assert code(s.move, "Wang", holding(s, "B")[0], "A", "other", REASON) == "E-SESSIONREADONLY"


READ_ONLY = """
import os, sys
from rankkit.calibration import CalibrationSession
from rankkit.errors import SessionError
if os.geteuid() == 0:
    os.setegid(65534); os.seteuid(65534)
with CalibrationSession.open(sys.argv[1]) as s:
    assert s.verify().count == 3
    try:
        s.advance("Wang")
    except SessionError as error:
        print(error.code)
"""


@pytest.mark.skipif(os.name != "posix", reason="rights of files")
def test_a_file_and_folder_that_may_only_be_read(path: Path) -> None:
    held = [path.parent, *list(path.parent.parents)[:3]]
    modes = [(p, p.stat().st_mode) for p in held]
    try:
        for folder in reversed(held):
            folder.chmod(0o755)
        path.chmod(0o444)
        path.parent.chmod(0o555)
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
        done = subprocess.run([sys.executable, "-c", READ_ONLY, str(path)], capture_output=True, text=True, check=False, env=environment)
        assert done.stdout.strip() == "E-SESSIONREADONLY", done.stderr[-1500:]
    finally:
        for folder, mode in modes:
            folder.chmod(mode)


@pytest.fixture
def held(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    yield connection
    connection.close()


def test_another_program_that_does_not_let_go(path: Path, held: sqlite3.Connection) -> None:
    with CalibrationSession.open(path) as s:
        s._store._connection.execute("PRAGMA busy_timeout = 20")
        assert code(s.advance, "Wang") == "E-SESSIONBUSY"
        held.execute("ROLLBACK")
        s.advance("Wang")


def test_two_sessions_on_one_file_see_each_other(path: Path) -> None:
    with CalibrationSession.open(path) as a, CalibrationSession.open(path) as b:
        who = holding(a, "B")[0]
        a.move("Wang", who, "A", "other", REASON)
        assert b.grades.loc[who, "grade"] == "A"
        assert code(b.move, "Li", who, "A", "other", REASON) == "E-SAMEGRADE"
        a.advance("Wang")
        assert code(b.undo, "Li", REASON) == "E-PHASE"
        gone = holding(b, "C", 0)[0]
        a.shred(gone)
        assert gone not in b.grades.index
        assert gone not in repr(b.events)


def test_a_closed_session(path: Path) -> None:
    s = CalibrationSession.open(path)
    s.close()
    assert code(s.advance, "Wang") == "E-SESSIONCLOSED"
    assert s.phase == "propose"  # what was read stays readable


def test_events_cannot_be_changed_or_deleted_by_sql(path: Path) -> None:
    connection = sqlite3.connect(path)
    for statement in ("DELETE FROM event", "UPDATE event SET record = x'00'"):
        with pytest.raises(sqlite3.IntegrityError, match="never"):
            connection.execute(statement)
    connection.close()


def test_a_step_is_judged_against_what_its_author_saw(path: Path) -> None:
    with CalibrationSession.open(path) as a, CalibrationSession.open(path) as b:
        who, other = holding(a, "B")[:2]
        a.move("Wang", who, "C", "other", REASON)
        assert code(b.move, "Li", who, "A", "scope_change", SECOND) == "E-CHANGED"  # was meant from B
        assert b.grades.loc[who, "grade"] == "C"
        b.move("Li", other, "A", "other", REASON)
        assert code(a.undo, "Wang", REASON) == "E-CHANGED"  # would take back a move nobody here has seen
        a.undo("Wang", REASON, 4)
        a.advance("Wang")
        assert code(b.advance, "Li") == "E-CHANGED"
        assert b.phase == "ratify"
        b.reopen("Wang", REASON)
        assert code(a.advance, "Wang") == "E-CHANGED"


def test_rules_about_persons_are_known(tmp_path: Path) -> None:
    scores = rk.GraphicRatingScale().fit(simulate.ratings(20, 5, seed=2).table)
    rules = {"floors": {"p01": ("B", "KPI met")}, "locks": {"p02": ("A", "appeal decided")}}
    grades = rk.ForcedDistribution(shares={"A": 0.2, "B": 0.6, "C": 0.2}, ties="up", **rules).fit(scores)
    s = CalibrationSession.create(tmp_path / "s.session", grades, ["Wang"])
    s.advance("Wang")
    s.advance("Wang")
    notes = s.move("Wang", "p01", "C", "other", REASON, ["e1"]).notes
    assert [n.code for n in notes] == ["W-AGAINSTRULE"]
    assert "KPI met" in notes[0].text("en")
    assert "W-AGAINSTRULES" in [n.code for n in s.notes]
    if hasattr(grades, "rules"):
        assert code(s.move, "Wang", "p02", "B", "other", REASON) == "E-GRADELOCKED"
    s.close()
