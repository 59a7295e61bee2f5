"""The file of a session: an append-only log of events in SQLite, safe with several processes on one file.

One transaction an event (``BEGIN IMMEDIATE``, write-ahead log, ``synchronous=FULL``): when :meth:`EventStore.append`
returns, the event is on the disk, and a program that is killed leaves it there whole or not at all. What an event may say is
decided inside the transaction, after the events of other programs were read. Records are chained
(:mod:`rankkit.calibration.event_log.chain`).

**Erasing a person.** Names, scores and reasons stand outside the chained records, in the table ``personal``; the chain holds a
commitment to each, SHA-256(salt ‖ text) with 32 random bytes of salt, and speaks of people by random tokens only. To erase
a person is to overwrite those rows: the chain stays valid, the counts stay right, and what the commitment stood for cannot be
recovered, not even by trying likely texts. This was chosen over encryption with a key for each person because the standard
library has no cipher and one of our own would be the weakest part; a commitment needs a hash function only. As with keys,
copies made before (exports with personal data, backups) have to be destroyed by whoever holds them.

Write-ahead logs need a local disk: on a network drive, work on one computer only. To copy a session use
:meth:`~rankkit.calibration.sessions.session.CalibrationSession.export`, or copy the file after every program has closed it.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from rankkit.calibration.event_log import chain, chain_check, event_store_faults
from rankkit.calibration.event_log import event_store_file as file
from rankkit.calibration.event_log.chain import Head, Link
from rankkit.calibration.event_log.event_store_faults import told
from rankkit.calibration.event_log.events import Draft, Event, event_of
from rankkit.errors import RankkitError, ReadingError, SessionError

if TYPE_CHECKING:
    from rankkit.calibration.event_log.event_store_file import Clock, Random


__all__ = ["Draft", "Event", "EventStore", "event_of"]


class EventStore:
    """Events of one session on disk; make it with :meth:`create` or :meth:`open`."""

    def __init__(
        self,
        path: str,
        connection: sqlite3.Connection,
        genesis: bytes,
        *,
        writable: bool,
        clock: Clock | None = None,
        random: Random | None = None,
    ) -> None:
        self.path = path
        self.writable = writable
        self.genesis = genesis
        self._clock = clock
        self._random: Random = random or secrets.token_bytes
        self._connection = connection
        self._process = os.getpid()
        self._mutex = threading.RLock()
        self._release = weakref.finalize(self, file.quietly_close, connection)
        self._closed = False
        self._unswept = False

    @classmethod
    def create(
        cls,
        path: str | os.PathLike[str] | None,
        facts: Mapping[str, Any],
        first: Draft,
        *,
        log: str = file.SESSION,
        clock: Clock | None = None,
        random: Random | None = None,
    ) -> Self:
        """Make a new file with its first event, in one transaction.

        Parameters
        ----------
        path : path-like or None
            The file; None keeps everything in memory.
        facts : mapping
            Goes into the genesis record, beside a random number of the session and the time.
        first : Draft
            The first event.
        log : str
            What the events are of: a log of one kind is never taken for another.
        clock : callable, optional
            Gives the time of every event, with its time zone; the computer's clock otherwise.
        random : callable, optional
            Gives so many random bytes; the system's generator for secrets otherwise. Another one is for demonstrations only:
            who can foresee the salts can try out what was erased.

        Returns
        -------
        EventStore

        Raises
        ------
        SessionError
            ``E-SESSIONEXISTS`` if there is a session already, ``E-SESSIONREADONLY, E-SESSIONFULL, E-SESSIONIO`` if the
            file cannot be written.
        ReadingError
            ``E-NOSESSION`` if something else stands there.
        """
        name = ":memory:" if path is None else str(path)
        if path is not None:
            file.make_file(Path(path))
        with told(name):
            connection = file.connect(name, write=True, new=True)
        try:
            own = {"created": file.time_text(clock), "format": file.FORMAT, "log": facts.get("log", log), "schema": file.SCHEMA}
            genesis = chain.canonical({**facts, **own, "session": (random or secrets.token_bytes)(16).hex()})
            store = cls(name, connection, genesis, writable=True, clock=clock, random=random)
            with told(name):
                file.begin(connection)
            with store._transaction():
                file.must_be_empty(connection, name)
                for statement in file.TABLES.values():
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {file.APPLICATION}")
                connection.execute(f"PRAGMA user_version = {file.SCHEMA}")
                connection.execute("INSERT INTO genesis VALUES (?)", (genesis,))
                connection.execute("INSERT INTO head VALUES (0, ?)", (chain.genesis_hash(genesis),))
                store._insert([first])
        except BaseException:
            file.quietly_close(connection)
            raise
        return store

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, write: bool = True, log: str = file.SESSION, clock: Clock | None = None) -> Self:
        """Open a file; a file that may not be written is opened for reading.

        Parameters
        ----------
        path : path-like
            The file.
        write : bool
            False opens it for reading only.
        log : str
            What the events must be of.
        clock : callable, optional
            As for :meth:`create`.

        Raises
        ------
        ReadingError
            ``E-FILE`` if there is none, ``E-NOSESSION`` if it is something else, ``E-OTHERLOG`` if it is a log of another kind,
            ``E-SESSIONNEWER`` if a newer version wrote it, ``E-SESSIONDAMAGED`` if it is truncated or damaged.
        SessionError
            ``E-HASH`` if the chain is broken, ``E-SESSIONBUSY`` if another program holds the file for very long.
        """
        name, target = str(path), Path(path)
        file.must_be_file(target)
        writable = write and os.access(target, os.W_OK)
        try:
            connection = file.connect(name, write=writable)
        except event_store_faults.FAULTS as error:
            if event_store_faults.primary(error) not in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN) or file.has_log(target):
                raise event_store_faults.said(error, name, writing=False) from error
            writable = False
            with told(name, writing=False):  # a folder nobody may write into: nothing can change under our hands
                connection = file.connect(name, write=False, immutable=True)
        try:
            with told(name, writing=False):
                genesis = file.genesis_of(connection, name, log)
            store = cls(name, connection, genesis, writable=writable, clock=clock)
            store.verify(thorough=False)
        except BaseException:
            file.quietly_close(connection)
            raise
        return store

    def append(self, build: Callable[[list[Event]], Sequence[Draft]], *, after: int) -> list[Event]:
        """Write events in one transaction.

        Parameters
        ----------
        build : callable
            Gets the events others wrote since ``after``, returns what to write; if it raises, nothing is written.
        after : int
            Number of the last event the caller knows.

        Returns
        -------
        list of Event
            All events behind ``after``, those just written last; they are on the disk.

        Raises
        ------
        SessionError
            ``E-SESSIONREADONLY, E-SESSIONFULL, E-SESSIONBUSY, E-SESSIONIO, E-SESSIONCLOSED``: the events were not taken.
        """
        with self._mutex:
            connection = self._live()
            if not self.writable:
                raise SessionError("E-SESSIONREADONLY", path=self.path)
            with told(self.path):
                file.begin(connection)
            erased = False
            with self._transaction():
                drafts = list(build(self._read(after)))
                erased = any(d.erase for d in drafts)
                self._insert(drafts)
                events = self._read(after)
            self._unswept = self._unswept or erased
            self.sweep()
            return events

    def sweep(self) -> bool:
        """Write the file anew without what was erased; False while another program reads it, or there is no room.

        Overwriting erased rows is not enough: pages that were split before keep copies in their unused parts.
        """
        with self._mutex:
            if self._unswept and self.writable:
                connection = self._live()
                try:
                    connection.execute("PRAGMA temp_store = MEMORY")
                    connection.execute("VACUUM")
                    busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                    self._unswept = bool(busy)
                except sqlite3.OperationalError:
                    pass  # the event stands; the next step, or closing, tries again
            return not self._unswept

    def read(self, after: int = 0) -> list[Event]:
        """Events behind a number, in order; what other programs wrote is among them."""
        with self._mutex, told(self.path, writing=False):
            return self._read(after)

    @property
    def head(self) -> Head:
        """Number of events and hash of the last."""
        with self._mutex, told(self.path, writing=False):
            count, digest = self._live().execute("SELECT count, hash FROM head").fetchone()
            return Head(int(count), bytes(digest).hex())

    def links(self) -> list[Link]:
        """Records and hashes as they stand in the file."""
        with self._mutex, told(self.path, writing=False):
            return [Link(*row) for row in self._live().execute("SELECT n, record, hash FROM event ORDER BY n")]

    def personal(self) -> list[tuple[Any, Any, Any, Any]]:
        """Commitment, owner, salt and body of whatever was not erased, as they stand in the file."""
        with self._mutex, told(self.path, writing=False):
            return list(self._live().execute("SELECT commitment, owner, salt, body FROM personal ORDER BY commitment"))

    def verify(self, head: Head | None = None, *, thorough: bool = True) -> Head:
        """Check every record, every personal row and the file itself.

        Parameters
        ----------
        head : Head, optional
            Printed or exported before.
        thorough : bool
            Also the pages of the file.

        Returns
        -------
        Head

        Raises
        ------
        SessionError
            ``E-HASH`` naming the first event that does not fit, ``E-HASHGONE`` for a missing one, ``E-HASHPERSONAL`` for a personal
            row, ``E-HASHHEAD`` if the file's own head differs, ``E-TAIL`` or ``E-REWRITTEN`` against ``head``.
        ReadingError
            ``E-SESSIONDAMAGED`` if the file is damaged.
        """
        with self._mutex, self._snapshot() as connection:
            if thorough:
                found = [row[0] for row in connection.execute("PRAGMA integrity_check(3)")]
                if found != ["ok"]:
                    raise ReadingError("E-SESSIONDAMAGED", path=self.path, reason="; ".join(map(str, found))[:200])
                self.genesis = file.genesis_of(connection, self.path)
            heads = list(connection.execute("SELECT count, hash FROM head"))
            return chain_check.check(self.genesis, self.links(), self.personal(), own=heads, head=head)

    def close(self) -> None:
        """Close the file; everything is on the disk already."""
        if self._unswept and not self._closed:
            with contextlib.suppress(RankkitError):
                self.sweep()
        self._closed = True
        if os.getpid() == self._process:
            self._release()

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._closed

    @contextmanager
    def _snapshot(self) -> Iterator[sqlite3.Connection]:
        """One state of the file for several questions."""
        connection = self._live()
        with told(self.path, writing=False):
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("ROLLBACK")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Commit what was begun, or take all of it back."""
        connection = self._connection
        try:
            with told(self.path):
                yield
                connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def _insert(self, drafts: Sequence[Draft]) -> None:
        """Write events behind the last, inside a transaction."""
        connection = self._connection
        count, last = connection.execute("SELECT count, hash FROM head").fetchone()
        for n, draft in enumerate(drafts, start=int(count) + 1):
            sealed = []
            for owner, body in draft.personal:
                salt, text = self._random(32), chain.canonical({"body": body, "owner": owner})
                bound = chain.commitment(salt, text)
                connection.execute("INSERT INTO personal VALUES (?, ?, ?, ?)", (bound, owner, salt, text))
                sealed.append([owner, bound.hex()])
            if draft.erase:
                connection.execute("DELETE FROM personal WHERE owner = ?", (draft.erase,))
            data = {"at": file.time_text(self._clock), "by": draft.by, "data": draft.data, "kind": draft.kind, "n": n, "sealed": sealed}
            record = chain.canonical(data | ({"erase": draft.erase} if draft.erase else {}))
            last = chain.seal(bytes(last), record)
            connection.execute("INSERT INTO event VALUES (?, ?, ?)", (n, record, last))
            count = n
        connection.execute("UPDATE head SET count = ?, hash = ?", (count, last))

    def _read(self, after: int) -> list[Event]:
        connection = self._live()
        rows = list(connection.execute("SELECT n, record, hash FROM event WHERE n > ? ORDER BY n", (after,)))
        if not rows:
            return []
        wanted = [(json.loads(record), bytes(digest).hex()) for _, record, digest in rows]
        bound = [bytes.fromhex(digest) for value, _ in wanted for _, digest in value["sealed"]]
        ask = "SELECT body FROM personal WHERE commitment = ?"
        kept = {c.hex(): row[0] for c in bound if (row := connection.execute(ask, (c,)).fetchone()) is not None}
        return [event_of(value, digest, kept) for value, digest in wanted]

    def _live(self) -> sqlite3.Connection:
        """The connection; a forked process gets its own, as SQLite demands."""
        if self._closed:
            raise SessionError("E-SESSIONCLOSED", path=self.path)
        if os.getpid() != self._process and self.path != ":memory:":
            self._release.detach()
            _INHERITED.append(self._connection)  # closing it here would drop the parent's locks
            with told(self.path, writing=False):
                self._connection = file.connect(self.path, write=self.writable)
            self._process = os.getpid()
            self._release = weakref.finalize(self, file.quietly_close, self._connection)
        return self._connection


_INHERITED: list[sqlite3.Connection] = []
