"""Events of a log: as they are meant to be written, and as they were."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Draft:
    """An event to be written.

    Attributes
    ----------
    kind : str
        What happened.
    data : mapping
        Facts for the chained record: tokens, grades, codes; no names and no free text.
    by : str
        Token of who did it; empty for the program.
    personal : sequence of (str, mapping)
        Token of the person concerned, and what must be erasable.
    erase : str
        Token of a person whose personal rows go in the same transaction.
    """

    kind: str
    data: Mapping[str, Any]
    by: str = ""
    personal: Sequence[tuple[str, Mapping[str, Any]]] = ()
    erase: str = ""


@dataclass(frozen=True)
class Event:
    """An event as it was written.

    Attributes
    ----------
    n : int
        Number, from 1.
    at : str
        Time (UTC), for the record; it never influences what an event means.
    kind, by : str
        What happened; token of who did it.
    data : mapping
        Chained facts.
    personal : tuple of (str, mapping or None)
        Token of the person, and the erasable facts; None once erased.
    hash : str
        Hash of the chain up to here.
    """

    n: int
    at: str
    kind: str
    by: str
    data: Mapping[str, Any]
    personal: tuple[tuple[str, Mapping[str, Any] | None], ...] = ()
    hash: str = field(default="", repr=False)


def event_of(value: Mapping[str, Any], digest: str, kept: Mapping[str, Any]) -> Event:
    """Put a record and its personal rows together."""
    personal = tuple((owner, json.loads(kept[c])["body"] if c in kept else None) for owner, c in value["sealed"])
    return Event(value["n"], value["at"], value["kind"], value["by"], value["data"], personal, digest)
