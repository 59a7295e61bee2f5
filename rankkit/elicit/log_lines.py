"""The lines of a session's log, read into events: what is complete, what is torn, what is broken."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rankkit.errors import ReadingError

FORMAT = "rankkit session"
SCHEMA = 1
_BOM = b"\xef\xbb\xbf"
_BLANK = b" \t\r"


@dataclass(frozen=True)
class LogContent:
    """What the bytes of a log hold.

    Attributes
    ----------
    kind : str
        What sort of session; empty if there is no header yet.
    header : dict
        Facts of the session.
    events : list of dict
        In order.
    size : int
        Bytes of what is complete; what follows is torn.
    next_line : int
        Number of the line after the last complete one.
    ended : bool
        Whether what is complete ends with a line break.
    """

    kind: str
    header: dict[str, Any]
    events: list[dict[str, Any]]
    size: int
    next_line: int
    ended: bool = True


def line_of(entry: Mapping[str, Any]) -> bytes:
    r"""Write one entry as a line: JSON in UTF-8, letters as they are.

    Parameters
    ----------
    entry : mapping
        Values JSON can hold; ``nan`` is refused with ``ValueError``.

    Returns
    -------
    bytes
        With its line break.

    Examples
    --------
    >>> line_of({"event": "pick", "items": ["王伟"]}).decode()
    '{"event": "pick", "items": ["王伟"]}\n'
    """
    return json.dumps(entry, ensure_ascii=False, allow_nan=False).encode("utf-8", "backslashreplace") + b"\n"


def header_line(kind: str, facts: Mapping[str, Any], at: str) -> bytes:
    """Write the first line of a log.

    Parameters
    ----------
    kind : str
        What sort of session.
    facts : mapping
        What never changes.
    at : str
        When it was begun.

    Returns
    -------
    bytes
        With its line break.

    Examples
    --------
    >>> parse(header_line("pairing", {"rater": "r1"}, "2026-06-30T08:00:00Z"), "log.jsonl", "pairing").header
    {'rater': 'r1'}
    """
    return line_of({"format": FORMAT, "schema": SCHEMA, "kind": kind, "at": at, "header": dict(facts)})


def parse(data: bytes, path: str, kind: str | None, *, may_be_empty: bool = False) -> LogContent:
    r"""Read the bytes of a log.

    Parameters
    ----------
    data : bytes
        The whole file.
    path : str
        What messages call it.
    kind : str or None
        What sort of session it must be; ``None`` for any.
    may_be_empty : bool
        Whether a file without a complete header counts as a log not yet begun.

    Returns
    -------
    LogContent
        The last line is left out where it is incomplete: the program was killed while it wrote.

    Raises
    ------
    ReadingError
        ``E-NOLOG`` if it is no log, ``E-LOGKIND`` or ``E-LOGSCHEMA`` if it is another, ``E-LOGLINE`` if a line that is
        not the last cannot be read, ``E-LOGORDER`` if a step is missing or there twice.

    Examples
    --------
    >>> begun = header_line("pairing", {}, "") + line_of({"n": 1, "event": "start"})
    >>> content = parse(begun + b'{"n": 2, "ev', "log.jsonl", None)
    >>> len(content.events), content.size == len(begun), content.next_line
    (1, True, 3)
    """
    lines = _filled_lines(data)
    if not lines or (len(lines) == 1 and _value(lines[0][2]) is None and _is_begun_header(lines[0][2])):
        if may_be_empty:
            return LogContent("", {}, [], 0, 1)
        raise ReadingError("E-NOLOG", path=path)
    found_kind, header = _header(_value(lines[0][2]), path, kind)
    events: list[dict[str, Any]] = []
    for number, start, text in lines[1:]:
        value = _value(text)
        if value is None:
            if number == lines[-1][0]:
                return LogContent(found_kind, header, events, start, number)
            raise ReadingError("E-LOGLINE", path=path, line=number)
        if value.get("n") != len(events) + 1 or not isinstance(value.get("event"), str):
            raise ReadingError("E-LOGORDER", path=path, line=number, found=value.get("n"), expected=len(events) + 1)
        events.append(value)
    return LogContent(found_kind, header, events, len(data), lines[-1][0] + 1, ended=data.endswith(b"\n"))


def _filled_lines(data: bytes) -> list[tuple[int, int, bytes]]:
    """Split into lines that are not blank: number, first byte, text."""
    out, at = [], 0
    for number, text in enumerate(data.split(b"\n"), start=1):
        if text.strip(_BLANK) not in (b"", _BOM):
            out.append((number, at, text))
        at += len(text) + 1
    return out


def _value(text: bytes) -> dict[str, Any] | None:
    """Read one line; ``None`` where it is not a JSON object."""
    try:
        value = json.loads(text.removeprefix(_BOM).decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _is_begun_header(text: bytes) -> bool:
    """Whether a lone line is the beginning of a header, or the NULs a crash of the machine leaves."""
    start = line_of({"format": FORMAT, "schema": SCHEMA}).rstrip(b"}\n")
    return start.startswith(text[: len(start)]) or not text.strip(b"\0")


def _header(value: dict[str, Any] | None, path: str, kind: str | None) -> tuple[str, dict[str, Any]]:
    """Check the first line."""
    if value is None or value.get("format") != FORMAT:
        raise ReadingError("E-NOLOG", path=path)
    if value.get("schema") != SCHEMA:
        raise ReadingError("E-LOGSCHEMA", path=path, found=value.get("schema"), expected=SCHEMA)
    if kind is not None and value.get("kind") != kind:
        raise ReadingError("E-LOGKIND", path=path, found=value.get("kind"), expected=kind)
    facts = value.get("header")
    return str(value.get("kind")), dict(facts) if isinstance(facts, dict) else {}
