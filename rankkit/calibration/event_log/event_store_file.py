"""The SQLite file of a session: how it is made, opened and recognised."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias
from urllib.parse import quote

from rankkit.calibration.event_log import chain
from rankkit.calibration.event_log.event_store_faults import told
from rankkit.errors import ReadingError, SessionError, SettingsError

SCHEMA = 1
APPLICATION = 0x524B4353  # "RKCS" in the head of the file
FORMAT = "rankkit calibration session"
SESSION = "session"
Clock: TypeAlias = Callable[[], dt.datetime]
Random: TypeAlias = Callable[[int], bytes]
_WAIT_MS = 20_000  # how long a program waits for another to finish its event
TABLES = {
    "event": "CREATE TABLE event (n INTEGER PRIMARY KEY, record BLOB NOT NULL, hash BLOB NOT NULL)",
    "personal": (
        "CREATE TABLE personal (commitment BLOB PRIMARY KEY, owner TEXT NOT NULL, salt BLOB NOT NULL, body BLOB NOT NULL) WITHOUT ROWID"
    ),
    "genesis": "CREATE TABLE genesis (record BLOB NOT NULL)",
    "head": "CREATE TABLE head (count INTEGER NOT NULL, hash BLOB NOT NULL)",
    "event_stays": "CREATE TRIGGER event_stays BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END",
    "event_fixed": "CREATE TRIGGER event_fixed BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'events are never changed'); END",
}


def time_text(clock: Clock | None = None) -> str:
    """Write the time (UTC), for the record.

    >>> time_text(lambda: dt.datetime(2026, 7, 3, 18, 12, tzinfo=dt.timezone(dt.timedelta(hours=8))))
    '2026-07-03T10:12:00.000Z'
    """
    at = dt.datetime.now(dt.UTC) if clock is None else clock()
    if not isinstance(at, dt.datetime) or at.tzinfo is None:
        raise SettingsError("E-SETTING", name="clock", value=at, allowed="() -> datetime with its time zone")
    return at.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def connect(name: str, *, write: bool, new: bool = False, immutable: bool = False) -> sqlite3.Connection:
    """Open the file with the settings that make an event durable; a file that is no session stays as it is."""
    if name == ":memory:":
        connection = sqlite3.connect(name, isolation_level=None, check_same_thread=False)
    else:
        mode = "rw" if write else "ro"
        address = f"file:{quote(str(Path(name).absolute()))}?mode={mode}{'&immutable=1' if immutable else ''}"
        connection = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False, timeout=_WAIT_MS / 1000)
    connection.text_factory = lambda text: text.decode("utf-8", "replace")
    try:
        connection.execute(f"PRAGMA busy_timeout = {_WAIT_MS}")
        connection.execute("PRAGMA trusted_schema = OFF")
        _must_be_ours(connection, name, new=new)
        if write:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA secure_delete = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def _must_be_ours(connection: sqlite3.Connection, name: str, *, new: bool) -> None:
    """Refuse the file of another program."""
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    ours = connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION
    if not ours and (tables or not new):
        raise ReadingError("E-NOSESSION", path=name)


def begin(connection: sqlite3.Connection) -> None:
    """Become the one program that writes."""
    connection.execute("BEGIN IMMEDIATE")


def quietly_close(connection: sqlite3.Connection) -> None:
    """Close, whatever state it is in."""
    with contextlib.suppress(sqlite3.Error):
        connection.close()


def make_file(path: Path) -> None:
    """Make an empty file that is its owner's alone: it holds opinions of colleagues."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not path.is_file():
            raise ReadingError("E-KIND", kind="folder")
        if not path.exists():  # a file that is there is never opened past SQLite: closing it would drop the locks of this process
            with contextlib.suppress(FileExistsError):
                os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except PermissionError as error:
        raise SessionError("E-SESSIONREADONLY", path=str(path)) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SessionError("E-SESSIONIO", path=str(path)[:200], reason=reason) from error


def must_be_empty(connection: sqlite3.Connection, name: str) -> None:
    """Refuse to write a session over one that is there."""
    if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise SessionError("E-SESSIONEXISTS", path=name)


def must_be_file(path: Path) -> None:
    """Refuse what cannot be a session."""
    try:
        if path.is_dir():
            raise ReadingError("E-KIND", kind="folder")
        there = path.is_file()
    except (OSError, ValueError):
        there = False
    if not there:
        raise ReadingError("E-FILE", path=str(path)[:200])


def has_log(path: Path) -> bool:
    """Tell whether a write-ahead log stands beside the file."""
    log = path.with_name(path.name + "-wal")
    return log.exists() and log.stat().st_size > 0


def genesis_of(connection: sqlite3.Connection, name: str, log: str | None = None) -> bytes:
    """Check that it is a log this version reads, of the kind asked for, and return its genesis record."""
    with told(name, writing=False):
        kind = connection.execute("PRAGMA application_id").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if kind != APPLICATION:
            raise ReadingError("E-NOSESSION", path=name)
        if version > SCHEMA:
            raise ReadingError("E-SESSIONNEWER", path=name, found=version, known=SCHEMA)
        found = dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
        rows = list(connection.execute("SELECT record FROM genesis"))
    genesis = rows[0][0] if len(rows) == 1 else None
    value = chain.parsed(genesis) if isinstance(genesis, bytes) else None
    if version != SCHEMA or found != TABLES or value is None or not isinstance(genesis, bytes):
        raise ReadingError("E-SESSIONDAMAGED", path=name, reason="structure")
    if value.get("format") != FORMAT or value.get("schema") != SCHEMA:
        raise ReadingError("E-SESSIONDAMAGED", path=name, reason="genesis")
    if log is not None and value.get("log", SESSION) != log:
        raise ReadingError("E-OTHERLOG", path=name, found=str(value.get("log", SESSION)), wanted=log)
    return genesis
