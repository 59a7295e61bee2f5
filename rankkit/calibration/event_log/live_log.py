"""A log that is open: it knows what other programs write meanwhile, and writes one step at a time."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Generic, Protocol, Self, TypeVar

from rankkit.calibration.event_log.chain import Head
from rankkit.calibration.event_log.event_store import Draft, Event, EventStore
from rankkit.calibration.event_log.log_export import write_events
from rankkit.errors import Problem


class Folded(Protocol):
    """What the events so far add up to."""

    @property
    def count(self) -> int:
        """Events folded."""

    def apply(self, event: Event, /) -> None:
        """Fold one more."""


StateT = TypeVar("StateT", bound=Folded)
NamesT = TypeVar("NamesT")


class LiveLog(Generic[StateT, NamesT]):
    """An open log with its state; records of a kind add their reading and their steps."""

    _store: EventStore
    _events: list[Event]
    _state: StateT

    @abstractmethod
    def _folded(self, events: Sequence[Event]) -> StateT:
        """Fold all events anew."""

    @abstractmethod
    def _named(self, state: StateT) -> NamesT:
        """Who the tokens of a state are."""

    def _before_reading(self) -> None:
        """Note what is known before what others wrote is read; nothing by default."""

    @property
    def path(self) -> Path | None:
        """The file; None in memory."""
        return None if self._store.path == ":memory:" else Path(self._store.path)

    def head(self) -> Head:
        """Return number of events and hash of the last: print it, and keep it away from the file."""
        return self._store.head

    def verify(self, head: Head | str | None = None) -> Head:
        """Check every record, every personal row and the file, as :meth:`rankkit.calibration.event_log.event_store.EventStore.verify`.

        With a ``head`` kept elsewhere, as printed or exported (``"41:9f86…"``), a cut tail and a rewritten chain are found too. Whether
        a step was allowed is checked when it is taken; here it is checked that nothing was changed since.
        """
        return self._store.verify(None if head is None else Head.parse(head))

    def export(self, path: str | os.PathLike[str], *, personal: bool = True) -> Head:
        """Write everything as JSON lines, which can be read and checked without the log.

        Parameters
        ----------
        path : path-like
            The file to write.
        personal : bool
            Whether names, scores and texts go with it; the chain can be checked without them.

        Returns
        -------
        Head
        """
        return write_events(self._store, Path(path), personal=personal)

    def close(self) -> None:
        """Close the file; everything is on the disk already."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _caught_up(self) -> StateT:
        """How things stand, with what other programs wrote meanwhile."""
        if not self._store.closed:
            self._take(self._store.read(self._state.count))
        return self._state

    def _take(self, events: Iterable[Event]) -> None:
        """Fold events that are not folded yet; what was erased leaves the memory too."""
        for event in events:
            if event.n == self._state.count + 1:
                self._events.append(event)
                self._state.apply(event)
                if event.kind == "erase":
                    self._events = [e for e in self._store.read() if e.n <= event.n]
                    self._state = self._folded(self._events)

    def _do(self, build: Callable[[StateT, NamesT], Draft | list[Draft] | None]) -> Event:
        """Take one step: look at everything others did, check, and write, in one transaction."""

        def drafts(fresh: list[Event]) -> list[Draft]:
            self._before_reading()
            self._take(fresh)
            found = build(self._state, self._named(self._state))
            return found if isinstance(found, list) else [] if found is None else [found]

        self._take(self._store.append(drafts, after=self._state.count))
        return self._events[-1]

    def _swept(self, mentioned: Sequence[Any]) -> tuple[Problem, ...]:
        """After an erasure, write the file anew; say where texts about others still name the person, and what has to wait."""
        out = [Problem("W-SHREDMENTION", None, None, None, {"n": len(mentioned), "events": list(mentioned)})] if mentioned else []
        return (*out, *([] if self._store.sweep() else [Problem("W-SHREDLATER")]))
