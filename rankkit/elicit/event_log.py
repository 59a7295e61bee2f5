"""An append-only log of a session: one JSON line an event, on the disk before the next question is asked.

The first line says what the file is. A last line that was torn (the program was killed while it wrote) is set aside when
the log is opened again; nothing complete is ever lost, and nothing is ever deleted or rewritten. Two programs cannot write
one log: the operating system holds the lock and drops it with the program, so there are no stale locks. Times are kept for
the record; they never influence what the events mean.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from rankkit.elicit.log_lines import LogContent, header_line, line_of, parse
from rankkit.errors import Problem, ReadingError, SessionError
from rankkit.privacy.file_lock import lock


class EventLog:
    """The events of one session, on disk or in memory; make it with :meth:`open` or :meth:`read`.

    Attributes
    ----------
    path : Path or None
        The file; ``None`` in memory.
    kind : str
        What sort of session: ``"alternation"`` or ``"pairing"``.
    header : dict
        Facts of the session that never change, from the first line.
    repaired : Problem or None
        ``W-TORN`` if a torn last line was set aside on opening, ``W-TORNREAD`` if it was left out of a reading.
    """

    def __init__(
        self, content: LogContent, path: Path | None = None, descriptor: int | None = None, repaired: Problem | None = None
    ) -> None:
        self.path = path
        self.kind = content.kind
        self.header = content.header
        self.repaired = repaired
        self._entries = [(event, content.size) for event in content.events]  # with the bytes up to there
        self._begun = content.size
        self._shown: tuple[dict[str, Any], ...] = ()
        self._unconfirmed = 0  # bytes of a line that may be on the disk although append never returned
        self._descriptor = descriptor
        self._closed = path is not None and descriptor is None
        self._release = weakref.finalize(self, _close, descriptor)

    @classmethod
    def open(cls, path: str | os.PathLike[str] | None, *, kind: str, header: Mapping[str, Any] | None = None) -> Self:
        """Open a log for writing; a torn last line is set aside beside it and reported in ``repaired``.

        Parameters
        ----------
        path : path-like or None
            The file (by convention ``.jsonl``); ``None`` keeps the log in memory.
        kind : str
            What sort of session it must be.
        header : mapping, optional
            Facts of a new session. With them a missing or empty file is created; without, it must exist. The header of
            a log that is there already stays as it is.

        Returns
        -------
        EventLog
            Holding the lock until it is closed or dropped. Opening the same file again in this program closes the
            older log: in a notebook the newest one counts.

        Raises
        ------
        ReadingError
            ``E-FILE`` if it does not exist, ``E-NOLOG, E-LOGKIND, E-LOGSCHEMA`` if it is something else, ``E-LOGLINE,
            E-LOGORDER`` if a line is broken.
        SessionError
            ``E-LOCKED`` if another program writes it, ``E-LOGWRITE`` if it cannot be written.

        Examples
        --------
        >>> log = EventLog.open(None, kind="alternation", header={"rater": "王"})
        >>> log.append({"event": "pick", "items": ["甲"]})["n"], len(log.events), log.header
        (1, 1, {'rater': '王'})
        """
        if path is None:
            return cls(LogContent(kind, dict(header or {}), [], 0, 1))
        target = Path(path)
        _must_be_file(target, missing_ok=header is not None)
        _close_older(target)
        descriptor = None
        try:
            descriptor = _open_locked(target, create=header is not None)
            content, repaired = _mended(descriptor, target, kind, may_be_empty=header is not None)
            if not content.size:
                first = header_line(kind, header or {}, _now())
                _write_whole(descriptor, first)
                _sync_folder(target.parent)
                content = parse(first, str(target), kind)
            log = cls(content, target, descriptor, repaired)
        except OSError as error:
            _close(descriptor)
            raise SessionError("E-LOGWRITE", path=str(target), reason=error.strerror or str(error)) from error
        except BaseException:
            _close(descriptor)
            raise
        _OPEN[_identity(os.fstat(descriptor))] = log
        return log

    @classmethod
    def read(cls, path: str | os.PathLike[str], *, kind: str | None = None) -> Self:
        """Read a log without writing to it, also while another program does; an incomplete last line is left out.

        Parameters
        ----------
        path : path-like
            The file.
        kind : str, optional
            What sort of session it must be; any by default.

        Returns
        -------
        EventLog
            Closed: nothing can be appended to it.

        Raises
        ------
        ReadingError
            As :meth:`open`.
        """
        target = Path(path)
        _must_be_file(target, missing_ok=False)
        try:
            data = target.read_bytes()
        except OSError as error:
            raise ReadingError("E-BROKEN", path=str(target), kind="session") from error
        content = parse(data, str(target), kind)
        torn = len(data) > content.size
        note = Problem("W-TORNREAD", details={"path": str(target), "line": content.next_line}) if torn else None
        return cls(content, target, repaired=note)

    @property
    def events(self) -> tuple[dict[str, Any], ...]:
        """All events in order; each has ``event``, its number ``n`` from 1, and ``at``, the time (UTC)."""
        if len(self._shown) != len(self._entries):
            self._shown = tuple(event for event, _ in self._entries)
        return self._shown

    def append(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Write one event; when this returns, it is on the disk.

        Parameters
        ----------
        event : mapping
            With its name under ``"event"``; values JSON can hold.

        Returns
        -------
        dict
            The event with ``n`` and ``at``.

        Raises
        ------
        SessionError
            ``E-LOGCLOSED`` if the log was closed or only read, ``E-LOGMOVED`` if the file was changed behind its back,
            ``E-LOGWRITE`` if the disk refuses: the event is not taken then.
        """
        if self._closed:
            raise SessionError("E-LOGCLOSED", path=str(self.path))
        entry = {"n": len(self._entries) + 1, "at": _now(), **{k: v for k, v in event.items() if k not in ("n", "at")}}
        line = line_of(entry)
        if self._descriptor is not None and self.path is not None:
            self._write(self.path, self._descriptor, line)
        self._entries.append((entry, self._size + len(line)))  # one step: Ctrl-C cannot fall between event and size
        self._unconfirmed = 0
        return entry

    @property
    def _size(self) -> int:
        """Bytes that are known to be on the disk."""
        return self._entries[-1][1] if self._entries else self._begun

    def _write(self, path: Path, descriptor: int, line: bytes) -> None:
        """Put one line on the disk, whole or not at all."""
        try:
            size = os.fstat(descriptor).st_size
            if self._size < size <= self._size + self._unconfirmed:
                os.ftruncate(descriptor, self._size)  # its writing was interrupted, and nobody heard that it was written
                size = self._size
            if size != self._size or not path.exists() or _identity(path.stat()) != _identity(os.fstat(descriptor)):
                raise SessionError("E-LOGMOVED", path=str(path))
            self._unconfirmed = len(line)
            _write_whole(descriptor, line)
        except OSError as error:
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, self._size)
            raise SessionError("E-LOGWRITE", path=str(path), reason=error.strerror or str(error)) from error

    @property
    def closed(self) -> bool:
        """Whether nothing can be appended."""
        return self._closed

    def close(self) -> None:
        """Give up the lock; everything is on the disk already."""
        self._closed = True
        self._release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return f"<EventLog: {self.kind}, {len(self)} events, {self.path or 'in memory'}>"


_OPEN: weakref.WeakValueDictionary[tuple[int, int], EventLog] = weakref.WeakValueDictionary()  # in this program, by file


def _now() -> str:
    """The time, for the record."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _identity(stat: os.stat_result) -> tuple[int, int]:
    """Which file it is, whatever its name."""
    return stat.st_dev, stat.st_ino


def _must_be_file(path: Path, *, missing_ok: bool) -> None:
    """Refuse what cannot be a log."""
    try:
        exists = path.exists()
        if not exists and missing_ok:
            return
        if exists and not path.is_file():
            raise ReadingError("E-KIND", kind="folder")
    except (OSError, ValueError):  # a name the system cannot hold
        exists = False
    if not exists:
        raise ReadingError("E-FILE", path=str(path)[:200])


def _close_older(path: Path) -> None:
    """Close the log this program holds of the same file."""
    older = _OPEN.get(_identity(path.stat())) if path.exists() else None
    if older is not None:
        older.close()


def _open_locked(path: Path, *, create: bool) -> int:
    """Open for reading and appending; a new file is its owner's alone: it holds opinions of colleagues."""
    path.parent.mkdir(parents=True, exist_ok=True)
    flags = os.O_RDWR | os.O_APPEND | (os.O_CREAT if create else 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags, 0o600)
    if lock(descriptor):
        return descriptor
    _close(descriptor)
    raise SessionError("E-LOCKED", path=str(path))


def _mended(descriptor: int, path: Path, kind: str, *, may_be_empty: bool) -> tuple[LogContent, Problem | None]:
    """Read the file, and set aside what is torn at its end: first copied to a file beside it, then cut off."""
    data = _read_all(descriptor)
    content = parse(data, str(path), kind, may_be_empty=may_be_empty)
    torn = data[content.size :]
    if not torn:
        if not content.ended:
            _write_whole(descriptor, b"\n")
            data += b"\n"
            content = parse(data, str(path), kind)
        return content, None
    aside = path.with_name(path.name + ".torn")
    copy = os.open(aside, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
    try:
        _write_whole(copy, torn + b"\n")
    finally:
        os.close(copy)
    os.ftruncate(descriptor, content.size)
    os.fsync(descriptor)
    details = {"path": str(path), "line": content.next_line, "n": len(torn), "aside": aside.name}
    return content, Problem("W-TORN", details=details)


def _read_all(descriptor: int) -> bytes:
    os.lseek(descriptor, 0, os.SEEK_SET)
    parts = []
    while part := os.read(descriptor, 1 << 20):
        parts.append(part)
    return b"".join(parts)


def _write_whole(descriptor: int, data: bytes) -> None:
    """Write to the end of the file, and wait until the disk has it."""
    while data:
        data = data[os.write(descriptor, data) :]
    os.fsync(descriptor)


def _sync_folder(folder: Path) -> None:
    """Wait until the disk knows a new file; systems that cannot wait for folders are let be."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _close(descriptor: int | None) -> None:
    """Close a file, and with it drop the lock."""
    if descriptor is not None:
        with contextlib.suppress(OSError):
            os.close(descriptor)
