"""The log of a session loses nothing that was complete, whatever happens to the program or the file."""

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rankkit.elicit import event_log
from rankkit.elicit.event_log import EventLog
from rankkit.errors import ReadingError, SessionError

ROOT = Path(__file__).resolve().parents[2]
NAMES = ["王伟", "Ångström", "a\u2028b", "x\ud800y", 'quote " and \\', "\x1b[31m"]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "会话.jsonl"


@pytest.fixture
def filled(path):
    with EventLog.open(path, kind="alternation", header={"rater": "张三"}) as log:
        for k, name in enumerate(NAMES):
            log.append({"event": "pick", "items": [name], "k": k})
    return path


def _names(log):
    return [event["items"][0] for event in log.events]


def _texts(error):
    """Both languages, with every blank filled."""
    said = error.text("en") if hasattr(error, "text") else error
    chinese = error.text("zh")
    assert "…" not in said
    assert "…" not in chinese
    assert any("\u4e00" <= c <= "\u9fff" for c in chinese)
    return said, chinese


def test_events_come_back_as_they_were_written(filled):
    log = EventLog.read(filled)
    assert _names(log) == NAMES
    assert [event["n"] for event in log.events] == list(range(1, len(NAMES) + 1))
    assert log.header == {"rater": "张三"}
    assert "王伟".encode() in filled.read_bytes()
    assert log.repaired is None
    assert repr(log).startswith("<EventLog: alternation, 6 events, ")
    assert len(log) == 6


def test_memory_and_disk_hold_the_same(path):
    kept, gone = EventLog.open(path, kind="pairing", header={}), EventLog.open(None, kind="pairing", header={})
    for log in (kept, gone):
        assert log.append({"event": "a", "n": 99, "at": "never"})["n"] == 1
        log.append({"event": "b", "v": [1, 2.5, None, True]})
    for a, b, c in zip(kept.events, gone.events, EventLog.read(path).events, strict=True):
        assert a == c
        assert {**a, "at": ""} == {**b, "at": ""}
    assert gone.path is None


def test_what_json_cannot_hold_is_not_written(filled):
    before = filled.read_bytes()
    with EventLog.open(filled, kind="alternation") as log:
        for bad in (float("nan"), object()):
            with pytest.raises((ValueError, TypeError)):
                log.append({"event": "x", "v": bad})
        assert filled.read_bytes() == before
        log.append({"event": "pick", "items": ["ok"]})
    assert _names(EventLog.read(filled)) == [*NAMES, "ok"]


def test_cut_at_every_byte_only_the_cut_line_is_lost(filled, tmp_path, monkeypatch):
    monkeypatch.setattr(event_log.os, "fsync", lambda _descriptor: None)  # hundreds of files; the disk is not on trial here
    data = filled.read_bytes()
    lines = data.split(b"\n")
    first = len(lines[0]) + 1
    cut = tmp_path / "cut.jsonl"
    for size in range(len(data)):
        aside = tmp_path / "cut.jsonl.torn"
        aside.unlink(missing_ok=True)
        cut.write_bytes(data[:size])
        complete = data[:size].count(b"\n") - 1
        if size < first - 1:  # the header itself is torn: nothing was asked yet
            with pytest.raises(ReadingError) as caught:
                EventLog.open(cut, kind="alternation")
            assert caught.value.code == "E-NOLOG"
            assert cut.read_bytes() == data[:size]
            with EventLog.open(cut, kind="alternation", header={"rater": "new"}) as log:
                assert (len(log), log.header) == (0, {"rater": "new"})
            continue
        whole = size in {len(b"\n".join(lines[: k + 1])) for k in range(len(lines))}  # all but its line break
        expected = NAMES[: max(complete, 0) + (whole and size >= first)]
        read = EventLog.read(cut, kind="alternation")
        with EventLog.open(cut, kind="alternation") as log:
            assert _names(log) == _names(read) == expected
            torn = not whole and data[size - 1 : size] != b"\n"
            assert (log.repaired is not None) == (read.repaired is not None) == torn == aside.exists()
            if torn:
                assert log.repaired.code == "W-TORN"
                assert aside.read_bytes() == data[:size].split(b"\n")[-1] + b"\n"
                assert str(log.repaired.details["n"]) in log.repaired.text("en")
            log.append({"event": "pick", "items": ["next"]})
        assert _names(EventLog.read(cut)) == [*expected, "next"]


def test_a_torn_line_is_reported_in_both_languages(filled):
    with filled.open("ab") as file:
        file.write(b'{"n": 7, "ev\xe7')
    left_out = EventLog.read(filled).repaired
    assert left_out.code == "W-TORNREAD"
    assert "line 8" in left_out.text("en")
    assert "第 8 行" in left_out.text("zh")
    mended = EventLog.open(filled, kind="alternation").repaired
    assert "会话.jsonl.torn" in mended.text("en")
    assert "13 字节" in mended.text("zh")


def test_nulls_after_a_crash_of_the_machine_are_set_aside(filled):
    with filled.open("ab") as file:
        file.write(b"\0" * 512)
    with EventLog.open(filled, kind="alternation") as log:
        assert _names(log) == NAMES
        assert log.repaired.details["n"] == 512


def test_editors_may_leave_marks_and_blank_lines(filled):
    data = filled.read_bytes().replace(b"\n", b"\r\n")
    filled.write_bytes(b"\xef\xbb\xbf" + data + b"\r\n\r\n")
    with EventLog.open(filled, kind="alternation") as log:
        assert _names(log) == NAMES
        assert log.repaired is None
        log.append({"event": "pick", "items": ["next"]})
    assert _names(EventLog.read(filled)) == [*NAMES, "next"]


@pytest.mark.parametrize("broken", [b'{"n": 3, "event"', b"\xff\xfe", b"[1]", b"\0\0", b"[" * 100_000])
def test_a_broken_line_in_the_middle_is_an_error(filled, broken):
    lines = filled.read_bytes().split(b"\n")
    lines[3] = broken
    filled.write_bytes(b"\n".join(lines))
    before = filled.read_bytes()
    for opened in (lambda: EventLog.open(filled, kind="alternation"), lambda: EventLog.read(filled)):
        with pytest.raises(ReadingError) as caught:
            opened()
        assert caught.value.code == "E-LOGLINE"
        en, zh = _texts(caught.value)
        assert "line 4 of" in en
        assert "第 4 行" in zh
    assert filled.read_bytes() == before


@pytest.mark.parametrize("change", ["deleted", "twice", "swapped", "nameless"])
def test_a_step_that_is_missing_or_there_twice_is_an_error(filled, change):
    lines = filled.read_bytes().split(b"\n")
    if change == "deleted":
        del lines[2]
    elif change == "twice":
        lines.insert(2, lines[2])
    elif change == "swapped":
        lines[2], lines[3] = lines[3], lines[2]
    else:
        lines[2] = b'{"n": 2}'
    filled.write_bytes(b"\n".join(lines))
    with pytest.raises(ReadingError) as caught:
        EventLog.read(filled)
    assert caught.value.code == "E-LOGORDER"
    _texts(caught.value)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"person,label\n1,a\n", "E-NOLOG"),
        (b"", "E-NOLOG"),
        (b" \n\n", "E-NOLOG"),
        (b'{"a": 1}\n', "E-NOLOG"),
        (b'{"format": "rankkit session", "schema": 2, "kind": "alternation"}\n', "E-LOGSCHEMA"),
        (b'{"format": "rankkit session", "schema": 1, "kind": "pairing"}\n', "E-LOGKIND"),
    ],
)
def test_another_file_is_refused_and_left_alone(path, content, code):
    path.write_bytes(content)
    with pytest.raises(ReadingError) as caught:
        EventLog.open(path, kind="alternation")
    assert caught.value.code == code
    _texts(caught.value)
    assert path.read_bytes() == content
    if content.strip():
        with pytest.raises(ReadingError):
            EventLog.open(path, kind="alternation", header={})
        assert path.read_bytes() == content


def test_missing_files_and_folders(tmp_path):
    for opened in (lambda p: EventLog.open(p, kind="alternation"), EventLog.read):
        for p, code in ((tmp_path / "none.jsonl", "E-FILE"), (tmp_path, "E-KIND"), (tmp_path / ("x" * 5000), "E-FILE")):
            with pytest.raises(ReadingError) as caught:
                opened(p)
            assert caught.value.code == code
    with pytest.raises((ReadingError, SessionError)):
        EventLog.open(tmp_path / ("x" * 5000), kind="alternation", header={})


def test_a_new_log_makes_its_folder_and_is_private(tmp_path):
    path = tmp_path / "new" / "folder" / "s.jsonl"
    EventLog.open(path, kind="pairing", header={"a": 1}).close()
    head = json.loads(path.read_text(encoding="utf-8"))
    assert (head["schema"], head["kind"], head["header"]) == (1, "pairing", {"a": 1})
    if os.name == "posix":
        assert path.stat().st_mode & 0o077 == 0
    assert EventLog.open(path, kind="pairing", header={"a": 2}).header == {"a": 1}


def test_opening_again_in_the_same_program_closes_the_older(filled):
    older = EventLog.open(filled, kind="alternation")
    newer = EventLog.open(filled, kind="alternation")
    assert older.closed
    assert not newer.closed
    with pytest.raises(SessionError) as caught:
        older.append({"event": "pick"})
    assert caught.value.code == "E-LOGCLOSED"
    _texts(caught.value)
    newer.append({"event": "pick", "items": ["next"]})
    newer.close()
    newer.close()
    with pytest.raises(SessionError, match=r"."):
        EventLog.read(filled).append({"event": "pick"})


def _other_program(code, path, **options):
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    start = f"from rankkit.elicit.event_log import EventLog\np = {str(path)!r}\n"
    return subprocess.Popen([sys.executable, "-c", start + code], stdout=subprocess.PIPE, env=env, text=True, **options)


def test_two_programs_cannot_write_one_log_and_a_killed_one_leaves_no_lock(path):
    writer = "log = EventLog.open(p, kind='alternation', header={})\nn = 0\n"
    writer += "while True: n = log.append({'event': 'x', 'v': '王' * n})['n']; print(n, flush=True)"
    process = _other_program(writer, path)
    try:
        for _ in range(20):
            heard = int(process.stdout.readline())
        with pytest.raises(SessionError) as caught:
            EventLog.open(path, kind="alternation")
        assert caught.value.code == "E-LOCKED"
        _texts(caught.value)
        assert len(EventLog.read(path)) >= heard
    finally:
        process.kill()
        said = [int(line) for line in process.stdout.read().split()]
        process.wait()
        process.stdout.close()
    with EventLog.open(path, kind="alternation") as log:
        assert len(log) >= max([heard, *said[:-1]])
        log.append({"event": "x"})


def test_a_file_changed_behind_its_back_is_not_written_to(filled):
    def refused(log):
        with pytest.raises(SessionError) as caught:
            log.append({"event": "pick", "items": ["lost"]})
        assert caught.value.code == "E-LOGMOVED"
        _texts(caught.value)
        assert _names(log) == NAMES

    data = filled.read_bytes()
    log = EventLog.open(filled, kind="alternation")
    filled.write_bytes(data + data)
    refused(log)
    filled.write_bytes(data[:-5])
    refused(log)
    filled.write_bytes(data)
    log.append({"event": "pick", "items": ["kept"]})
    if os.name == "posix":
        moved = filled.rename(filled.with_name("moved.jsonl"))
        log = EventLog.open(moved, kind="alternation")
        filled.write_bytes(data)
        with pytest.raises(SessionError):
            _gone(log, moved)


def _gone(log, path):
    path.unlink()
    log.append({"event": "pick", "items": ["lost"]})


@pytest.mark.parametrize("written", [0, 5])
def test_a_full_disk_takes_nothing_in_part(filled, monkeypatch, written):
    log = EventLog.open(filled, kind="alternation")
    before, write = filled.read_bytes(), os.write
    calls = []

    def full(descriptor, data):
        calls.append(data)
        if len(calls) == 1 and written:
            return write(descriptor, data[:written])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(event_log.os, "write", full)
    with pytest.raises(SessionError) as caught:
        log.append({"event": "pick", "items": ["lost"]})
    assert caught.value.code == "E-LOGWRITE"
    assert "No space" in _texts(caught.value)[0]
    monkeypatch.undo()
    assert filled.read_bytes() == before
    log.append({"event": "pick", "items": ["kept"]})
    assert _names(EventLog.read(filled)) == [*NAMES, "kept"]


@pytest.mark.parametrize("moment", ["write", "fsync"])
def test_ctrl_c_while_writing_leaves_the_log_whole(filled, monkeypatch, moment):
    log = EventLog.open(filled, kind="alternation")
    real = getattr(os, moment)

    def interrupted(*args):
        if moment == "write":
            real(args[0], args[1][:9])
        raise KeyboardInterrupt

    monkeypatch.setattr(event_log.os, moment, interrupted)
    with pytest.raises(KeyboardInterrupt):
        log.append({"event": "pick", "items": ["interrupted, and quite a long line"]})
    monkeypatch.undo()
    log.append({"event": "pick", "items": ["next"]})
    assert _names(log) == _names(EventLog.read(filled)) == [*NAMES, "next"]


def test_what_the_system_refuses_is_said(filled, monkeypatch):
    def refuse(*_args):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(event_log.os, "open", refuse)
    with pytest.raises(SessionError) as caught:
        EventLog.open(filled, kind="alternation")
    assert caught.value.code == "E-LOGWRITE"
    monkeypatch.undo()
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(ReadingError) as caught:
        EventLog.read(filled)
    assert caught.value.code == "E-BROKEN"


def test_a_dropped_log_gives_up_its_lock(filled):
    log = EventLog.open(filled, kind="alternation")
    code = "import sys\ntry: EventLog.open(p, kind='alternation')\nexcept Exception as e: print(type(e).__name__)\nelse: print('open')"

    def other():
        process = _other_program(code, filled)
        return process.communicate()[0].strip()

    assert other() == "SessionError"
    del log
    assert other() == "open"


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs signals")
def test_systems_without_locks_are_let_be(filled, monkeypatch):
    fcntl = pytest.importorskip("fcntl")

    def unknown(*_args):
        raise OSError(errno.ENOLCK, "no locks here")

    monkeypatch.setattr(fcntl, "flock", unknown)
    EventLog.open(filled, kind="alternation").close()
