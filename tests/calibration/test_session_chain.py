"""The chain of hashes: any flipped byte is found, so is a cut tail and a rewritten chain, and erasing keeps it valid."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import sqlite3
from pathlib import Path

import pytest

from rankkit.calibration import CalibrationSession, Head, read_export
from rankkit.calibration.event_log import chain
from rankkit.errors import RankkitError, ReadingError, SessionError, SettingsError
from tests.calibration.session_cases import EVIDENCE, REASON, holding, session

STRIDE = 41  # of the bytes of the whole file flipped in every run; all of them in the thorough one


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("chain") / "small.session"
    with session(path, phase="propose", n=20) as s:
        s.move("Wang", holding(s, "B")[0], "A", "new_evidence", REASON, EVIDENCE)
    return path


def content(path: Path) -> tuple[object, ...]:
    """Everything the tables of a file hold."""
    connection = sqlite3.connect(path)
    try:
        return tuple(tuple(connection.execute(f"SELECT * FROM {name} ORDER BY 1")) for name in ("event", "personal", "genesis", "head"))  # noqa: S608 - names of our own
    finally:
        connection.close()


def tampered(path: Path, to: Path, *statements: tuple[str, tuple[object, ...]]) -> Path:
    """Copy a session and change it behind the back of the library, the triggers put back as they were."""
    shutil.copy(path, to)
    connection = sqlite3.connect(to)
    triggers = list(connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    for statement, values in statements:
        connection.execute(statement, values)
    for _, sql in triggers:
        connection.execute(sql)
    connection.commit()
    connection.close()
    return to


def test_canonical_json_is_one_text_only() -> None:
    assert chain.canonical({"b": 1, "a": {"d": None, "c": "é王"}}) == '{"a":{"c":"é王","d":null},"b":1}'.encode()
    for bad in ({"x": 0.1}, {1: "x"}, {"x": {1, 2}}, {"x": "\ud800"}, {"x": b"y"}):
        with pytest.raises(TypeError):
            chain.canonical(bad)
    assert chain.parsed(b'{"a":1,"a":1}') is None
    assert chain.parsed(b'{"b":1,"a":1}') is None
    assert chain.parsed(b'{"a":1.0}') is None
    assert chain.text_number(chain.number_text(1 / 3)) == 1 / 3


def test_hashes_are_those_of_the_definition(small: Path) -> None:
    connection = sqlite3.connect(small)
    (genesis,) = connection.execute("SELECT record FROM genesis").fetchone()
    last = hashlib.sha256(genesis).digest()
    for record, digest in connection.execute("SELECT record, hash FROM event ORDER BY n"):
        assert json.dumps(json.loads(record), sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode() == record
        last = hashlib.sha256(last + record).digest()
        assert digest == last
    connection.close()
    with CalibrationSession.open(small) as s:
        assert s.verify(f"4:{last.hex()}") == Head(4, last.hex())


def flip_export(small: Path, folder: Path, step: int) -> list[int]:
    """Flip bytes of an export, whose reader checks what the reader of the file checks: those that were missed."""
    with CalibrationSession.open(small) as s:
        s.export(folder / "whole.jsonl")
        head = s.head()
    data = (folder / "whole.jsonl").read_bytes()
    read_export(folder / "whole.jsonl", head)
    flipped, missed = folder / "flipped.jsonl", []
    for k in range(0, len(data), step):
        flipped.write_bytes(data[:k] + bytes([data[k] ^ (1 << (k % 8))]) + data[k + 1 :])
        try:
            read_export(flipped, head)
            missed.append(k)
        except RankkitError:
            pass
    return missed


def test_flipped_bytes_of_records_are_found(small: Path, tmp_path: Path) -> None:
    assert flip_export(small, tmp_path, STRIDE) == []


@pytest.mark.thorough
def test_every_flipped_byte_of_every_record_is_found(small: Path, tmp_path: Path) -> None:
    assert flip_export(small, tmp_path, 1) == []


@pytest.mark.parametrize("table", ["event", "personal", "genesis", "head"])
def test_every_flipped_byte_of_a_cell_is_found(small: Path, tmp_path: Path, table: str) -> None:
    keys = {"event": "n", "personal": "commitment", "genesis": "rowid", "head": "rowid"}[table]
    connection = sqlite3.connect(small)
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    cells = [(c, k, v) for c in columns for k, v in connection.execute(f"SELECT {keys}, {c} FROM {table}") if isinstance(v, bytes)]  # noqa: S608 - names of our own
    connection.close()
    for n, (column, key, value) in enumerate(cells[:6] + cells[-3:]):
        place = (37 * n) % len(value)
        changed = value[:place] + bytes([value[place] ^ 1]) + value[place + 1 :]
        path = tampered(small, tmp_path / "t.session", (f"UPDATE {table} SET {column} = ? WHERE {keys} = ?", (changed, key)))  # noqa: S608 - names of our own
        with pytest.raises(RankkitError) as error, CalibrationSession.open(path) as s:
            s.verify()
        assert error.value.code.startswith("E-HASH") or (table == "genesis" and error.value.code == "E-SESSIONDAMAGED")


def flip_file(small: Path, target: Path, places: range) -> list[int]:
    """Flip bytes of the whole file: each is found, or no record is any other."""
    data, before, missed = small.read_bytes(), content(small), []
    with CalibrationSession.open(small) as s:
        grades, head = s.grades, s.head()
    for k in places:
        target.write_bytes(data[:k] + bytes([data[k] ^ (1 << (k % 8))]) + data[k + 1 :])
        try:
            with CalibrationSession.open(target, write=False) as s:
                s.verify(head)
                if not s.grades.equals(grades) or content(target) != before:
                    missed.append(k)
        except RankkitError:
            pass
        for ending in ("-wal", "-shm"):
            target.with_name(target.name + ending).unlink(missing_ok=True)
    return missed


def test_flipped_bytes_of_the_file_are_found(small: Path, tmp_path: Path) -> None:
    assert flip_file(small, tmp_path / "f.session", range(0, small.stat().st_size, STRIDE * 7)) == []


@pytest.mark.thorough
def test_every_flipped_byte_of_the_file_is_found(small: Path, tmp_path: Path) -> None:
    assert flip_file(small, tmp_path / "f.session", range(small.stat().st_size)) == []


def test_the_first_broken_event_is_named_with_its_time(small: Path, tmp_path: Path) -> None:
    connection = sqlite3.connect(small)
    (record,) = connection.execute("SELECT record FROM event WHERE n = 2").fetchone()
    connection.close()
    changed = record.replace(b"discuss", b"propose")
    assert changed != record
    path = tampered(small, tmp_path / "t.session", ("UPDATE event SET record = ? WHERE n = 2", (changed,)))
    with pytest.raises(SessionError) as error:
        CalibrationSession.open(path)
    assert error.value.code == "E-HASH"
    assert "event 2" in str(error.value)
    assert json.loads(record)["at"] in str(error.value)


def test_missing_added_and_swapped_records(small: Path, tmp_path: Path) -> None:
    for statements, code in (
        ([("DELETE FROM event WHERE n = 2", ())], "E-HASHGONE"),
        ([("DELETE FROM event WHERE n = 4", ())], "E-HASHHEAD"),
        ([("DELETE FROM personal WHERE commitment IN (SELECT commitment FROM personal LIMIT 1)", ())], "E-HASHPERSONAL"),
        ([(f"UPDATE event SET n = {b} WHERE n = {a}", ()) for a, b in ((2, 9), (3, 2), (9, 3))], "E-HASH"),  # noqa: S608 - numbers of our own
        ([("INSERT INTO personal VALUES (?, 'x', ?, ?)", (b"\x00" * 32, b"s", b"{}"))], "E-HASHPERSONAL"),
    ):  # fmt: skip
        path = tampered(small, tmp_path / "t.session", *statements)
        with pytest.raises(SessionError) as error:
            CalibrationSession.open(path)
        assert error.value.code == code


def test_a_cut_tail_and_a_rewritten_chain_are_found_with_a_head_only(small: Path, tmp_path: Path) -> None:
    with CalibrationSession.open(small) as s:
        head = s.head()
    connection = sqlite3.connect(small)
    (kept,) = connection.execute("SELECT hash FROM event WHERE n = 3").fetchone()
    bound = json.loads(connection.execute("SELECT record FROM event WHERE n = 4").fetchone()[0])["sealed"][0][1]
    connection.close()
    cut = tampered(
        small,
        tmp_path / "cut.session",
        ("DELETE FROM event WHERE n = 4", ()),
        ("DELETE FROM personal WHERE commitment = ?", (bytes.fromhex(bound),)),
        ("UPDATE head SET count = 3, hash = ?", (kept,)),
    )
    with CalibrationSession.open(cut) as s:
        assert s.verify().count == 3  # a clean cut cannot be seen from within
        with pytest.raises(SessionError) as error:
            s.verify(head)
        assert error.value.code == "E-TAIL"
    with session(tmp_path / "other.session", phase="propose", n=20) as other:
        other.move("Wang", holding(other, "B")[0], "A", "new_evidence", REASON, EVIDENCE)
        with pytest.raises(SessionError) as error:
            other.verify(str(head))
        assert error.value.code == "E-REWRITTEN"
        with pytest.raises(SettingsError):
            other.verify("41:abc")


def test_longer_logs_agree_with_an_older_head(small: Path, tmp_path: Path) -> None:
    shutil.copy(small, tmp_path / "s.session")
    with CalibrationSession.open(tmp_path / "s.session") as s:
        old = s.head()
        s.undo("Wang", "The letter turned out to be of another person.")
        assert s.verify(old).count == 5


def test_export_reads_back_and_leaves_names_out_on_demand(small: Path, tmp_path: Path) -> None:
    with CalibrationSession.open(small) as s:
        head = s.export(tmp_path / "all.jsonl")
        s.export(tmp_path / "bare.jsonl", personal=False)
        grades, moves = s.grades, s.moves
        with pytest.raises(SettingsError):
            s.export(small)
    whole = read_export(tmp_path / "all.jsonl", str(head))
    assert whole.grades.equals(grades)
    assert whole.moves.equals(moves)
    bare = read_export(tmp_path / "bare.jsonl", head)
    assert bare.quota.equals(whole.quota)
    assert not any(str(p) in (tmp_path / "bare.jsonl").read_text() for p in ("Wang", REASON, EVIDENCE[0], '"score"'))
    assert all("withheld" in str(p) for p in bare.grades.index)
    with pytest.raises(SessionError) as error:
        read_export(tmp_path / "all.jsonl", Head(9, head.hash))
    assert error.value.code == "E-TAIL"
    with pytest.raises(ReadingError):
        read_export(tmp_path / "nowhere.jsonl")


def test_erasing_a_person_leaves_a_valid_chain_and_no_trace(tmp_path: Path) -> None:
    path = tmp_path / "s.session"
    with session(path, phase="propose") as s:
        who, other = holding(s, "B")[:2]
        s.move("Wang", who, "A", "new_evidence", "Secret words about a lighthouse keeper.", ["file-4711"])
        s.move("Wang", other, "A", "other", f"Better than {who} in every respect seen.", EVIDENCE)
        quota, head = s.quota, s.head()
        notes = s.shred(who)
        assert [n.code for n in notes] == ["W-SHREDMENTION"]
        assert s.verify(head).count == head.count + 1
        assert s.quota.equals(quota)
        assert who not in s.grades.index
        with pytest.raises(SessionError):
            s.move("Wang", who, "C", "other", REASON)
        s.undo("Wang", "A reason that is long enough to be taken.")
    raw = b"".join(p.read_bytes() for p in tmp_path.iterdir())
    assert b"lighthouse" not in raw
    assert b"file-4711" not in raw
    with CalibrationSession.open(path) as s:
        assert s.verify().count == head.count + 2
        assert s.moves["reason"].iloc[0] == ""
        assert s.replay(head.count).moves["reason"].iloc[0] == ""


def traces(folder: Path, n: int, people: int, gone: int, seed: int) -> list[str]:
    """What is left, in any file, of people erased from many sessions."""
    left = []
    for k in range(n):
        path = folder / f"{k}.session"
        with session(path, phase="propose", n=people) as s:
            for who in holding(s, "B")[: people // 5]:
                s.move("Wang", who, "A", "other", f"Secret words of {who}xx about a lighthouse keeper.", [f"file-{who}xx"])
            chosen = random.Random(seed + k).sample(sorted(s.grades.index), gone)  # noqa: S311 - whom to erase
            for who in chosen:
                assert s.shred(who) == ()
                raw = b"".join(p.read_bytes() for p in folder.glob(f"{k}.session*"))
                left += [who for word in (f'"{who}"', f"{who}xx") if word.encode() in raw]
            s.verify()
    return left


def test_erased_people_leave_no_trace_in_any_page(tmp_path: Path) -> None:
    assert traces(tmp_path, 2, 60, 6, 1) == []


@pytest.mark.thorough
def test_erased_people_leave_no_trace_in_any_page_of_many_files(tmp_path: Path) -> None:
    assert traces(tmp_path, 10, 300, 24, 2) == []
