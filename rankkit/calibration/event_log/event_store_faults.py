"""What can go wrong with the file of a session, in one clear sentence each."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from rankkit.errors import RankkitError, ReadingError, SessionError

_READ_ONLY = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH})
_SHARED_MEMORY = (18, 20, 21)  # shmopen, shmlock, shmmap: extended codes of SQLITE_IOERR
_LOCKS = frozenset({sqlite3.SQLITE_PROTOCOL, *((k << 8) | sqlite3.SQLITE_IOERR for k in (8, 9, 14, 15, *_SHARED_MEMORY))})
"""What drives of other computers answer where a write-ahead log is to be locked and shared."""
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


def primary(error: Exception) -> int:
    """Primary result code of SQLite; -1 where the error has none."""
    return int(getattr(error, "sqlite_errorcode", -1)) & 0xFF if hasattr(error, "sqlite_errorcode") else -1


FAULTS = (sqlite3.Error, UnicodeDecodeError, OverflowError)
"""What reading a damaged file can end in: texts SQLite quotes from it need not be texts any more."""


def said(error: Exception, path: str, *, writing: bool = True) -> RankkitError:
    """Turn an error of SQLite into one of ours."""
    code = primary(error)
    if getattr(error, "sqlite_errorcode", -1) in _LOCKS:
        return SessionError("E-SESSIONNETWORK", path=path, reason=str(error))
    if code in _BUSY:
        return SessionError("E-SESSIONBUSY", path=path)
    if code == sqlite3.SQLITE_FULL:
        return SessionError("E-SESSIONFULL", path=path)
    if code in _READ_ONLY:
        return SessionError("E-SESSIONREADONLY", path=path)
    if code == sqlite3.SQLITE_NOTADB:
        return ReadingError("E-NOSESSION", path=path)
    if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM) and code != -1:
        return SessionError("E-SESSIONIO" if writing else "E-SESSIONUNREADABLE", path=path, reason=str(error))
    return ReadingError("E-SESSIONDAMAGED", path=path, reason=str(error))


@contextmanager
def told(path: str, *, writing: bool = True) -> Iterator[None]:
    """Errors of SQLite leave as errors of the session."""
    try:
        yield
    except FAULTS as error:
        raise said(error, path, writing=writing) from error
