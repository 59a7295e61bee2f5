"""Disks that are full or far away, and logs of another kind: one clear error each, in both languages, and nothing is lost."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from rankkit.calibration import CalibrationSession, read_export
from rankkit.calibration.event_log.event_store import Draft, EventStore
from rankkit.calibration.event_log.event_store_faults import said
from rankkit.calibration.event_log.log_export import read_events, write_events
from rankkit.errors import RankkitError
from tests.calibration.session_cases import graded, session

ROOT = Path(__file__).resolve().parents[2]
FILLING = """
import os, sys
from pathlib import Path
from rankkit.calibration import CalibrationSession
from rankkit.errors import RankkitError
path, kind = Path(sys.argv[1]), sys.argv[2]
with CalibrationSession.open(path) as s:
    who, n, kept = sys.argv[3], 0, s.head()
    if kind == "limit":
        import resource, signal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        most = max(p.stat().st_size for p in path.parent.iterdir()) + 40_000
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    try:
        for k in range(3000):
            s.move("Wang", who, "AB"[k % 2], "other", "A reason that is long enough, and a little longer still. " * 20)
            kept = s.head()
        print("never")
    except RankkitError as error:
        assert error.text("zh") and error.text("en")
        print(error.code, kept)
    try:
        s.export(path.parent / "out.jsonl")
        print("exported")
    except RankkitError as error:
        assert error.text("zh") and error.text("en")
        print(error.code)
    os.remove(path.parent / "ballast") if (path.parent / "ballast").exists() else None
    if kind == "limit":
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.getrlimit(resource.RLIMIT_FSIZE)[1],) * 2)
    assert str(s.verify(kept)) == str(kept) == str(s.head())
    more = ("data_error", "And another one, of a different kind.")
    s.move("Wang", who, "C", "other", "A reason that is long enough to be taken.", second=more)
    print("went on")
"""


def fill(path: Path, kind: str, who: str) -> list[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-c", FILLING, str(path), kind, who]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=50)
    assert done.returncode == 0, done.stderr[-1500:]
    return done.stdout.split("\n")


def someone(path: Path) -> str:
    with session(path, phase="propose", n=20) as s:
        table = s.grades
        return next(p for p in sorted(table.index)[6:] if table.loc[p, "grade"] == "B")


def check_filled(path: Path, said_of_it: list[str], code: str) -> None:
    """What was acknowledged last is what the file holds, and work goes on once there is room."""
    first, export, then = said_of_it[:3]
    assert first.split()[0] == code
    assert export in ("E-WRITE", "E-SESSIONIO", "exported")
    assert then == "went on"
    with CalibrationSession.open(path) as s:
        assert s.verify(first.split()[1]).count == int(first.split()[1].split(":")[0]) + 1


@pytest.mark.skipif(os.name != "posix", reason="limits of processes")
def test_a_file_that_may_not_grow(tmp_path: Path) -> None:
    path = tmp_path / "h1.session"
    check_filled(path, fill(path, "limit", someone(path)), "E-SESSIONIO")


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Path:
    """A disk of half a megabyte; only where mounting is allowed."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    if os.name != "posix" or os.geteuid() != 0 or mount is None:
        pytest.skip("needs a disk of its own")
    if subprocess.run([mount, "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder)], capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    return folder


def test_a_disk_that_is_really_full(tiny_disk: Path) -> None:
    try:
        path = tiny_disk / "h1.session"
        who = someone(path)
        (tiny_disk / "ballast").write_bytes(b"\0" * 150_000)
        check_filled(path, fill(path, "disk", who), "E-SESSIONFULL")
    finally:
        subprocess.run(["umount", str(tiny_disk)], check=False)


def fault(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = code
    return error


def test_drives_of_other_computers_are_named() -> None:
    path = "\\\\server\\share\\2026\\h1.session"
    for code in (sqlite3.SQLITE_PROTOCOL, 3850, 4618, 5130, 5386):  # locking protocol, lock, shmopen, shmlock, shmmap
        error = said(fault(code), path)
        assert error.code == "E-SESSIONNETWORK"
        assert path in error.text("en")
        assert "network drive" in error.text("en")
        assert "网络驱动器" in error.text("zh")
    assert said(fault(778), path).code == "E-SESSIONIO"  # written in vain


def test_names_of_other_systems_are_plain_missing_files(tmp_path: Path) -> None:
    for name in ("\\\\server\\share\\h1.session", "C:\\年度 考核\\h1.session", "a" * 300, "x\0y"):
        for opened in (CalibrationSession.open, read_export):
            with pytest.raises(RankkitError) as error:
                opened(tmp_path / name)  # type: ignore[operator]
            assert error.value.code == "E-FILE"
            assert error.value.text("zh")
    with session(tmp_path / "年度 考核 #1?%20.session") as s:
        assert s.verify().count == 1
    with CalibrationSession.open(tmp_path / "年度 考核 #1?%20.session") as s:
        assert s.title == "2026 H1"


def test_a_log_of_another_kind(tmp_path: Path) -> None:
    path, out = tmp_path / "x.log", tmp_path / "x.jsonl"
    store = EventStore.create(path, {}, Draft("begun", {"a": 1}), log="appeals")
    write_events(store, out, personal=True)
    store.close()
    for opened, file in ((CalibrationSession.open, path), (read_export, out)):
        with pytest.raises(RankkitError) as error:
            opened(file)  # type: ignore[operator]
        assert error.value.code == "E-OTHERLOG"
        assert error.value.text("zh") != error.value.text("en")
    assert EventStore.open(path, log="appeals").head.count == 1
    events, head = read_events(out, log="appeals")
    assert (events[0].kind, head.count) == ("begun", 1)


def test_events_nobody_knows_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.session"
    EventStore.create(path, {}, Draft("begun", {"a": 1})).close()
    with pytest.raises(RankkitError) as error:
        CalibrationSession.open(path)
    assert error.value.code == "E-SESSIONDAMAGED"
    assert "begun" in str(error.value)


def test_exports_that_were_cut_or_edited(tmp_path: Path) -> None:
    with session(tmp_path / "s.session", phase="discuss") as s:
        s.export(tmp_path / "s.jsonl")
    data = (tmp_path / "s.jsonl").read_bytes()
    lines = data.split(b"\n")
    first = json.loads(lines[1])
    first["record"]["data"]["title"] = "2027 H1"
    edited = json.dumps(first, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    for changed, code in (
        (data[:-10], "E-EXPORT"),
        (b"", "E-EXPORT"),
        (b"\n".join([lines[0], *lines[2:]]), "E-HASH"),
        (b"\n".join([lines[0], edited, *lines[2:]]), "E-HASH"),
        (b"\n".join([*lines[:-3], *lines[-2:]]), "E-HASHPERSONAL"),
    ):
        (tmp_path / "c.jsonl").write_bytes(changed)
        with pytest.raises(RankkitError) as error:
            read_export(tmp_path / "c.jsonl")
        assert error.value.code == code


def test_a_clock_of_ones_own_decides_times_and_nothing_else(tmp_path: Path) -> None:
    times = iter(dt.datetime(2026, 7, 3, 18, k, tzinfo=dt.timezone(dt.timedelta(hours=8))) for k in range(60))
    s = CalibrationSession.create(tmp_path / "s.session", graded(20), ["Wang"], clock=lambda: next(times))
    s.advance("Wang")
    assert [e.at for e in s.events] == ["2026-07-03T10:01:00.000Z", "2026-07-03T10:02:00.000Z"]
    s.close()
    with CalibrationSession.open(tmp_path / "s.session", clock=lambda: dt.datetime(1999, 1, 1, tzinfo=dt.UTC)) as again:
        again.advance("Wang")  # a clock that runs backwards changes no order
        assert again.phase == "propose"
        assert again.verify().count == 3
