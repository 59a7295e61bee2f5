"""A log as JSON lines: readable without this library, and every byte of it can be checked.

The first line is the genesis record, then come the records with their hashes, the personal rows (unless left out), and the
head. Each line is canonical JSON (:func:`rankkit.calibration.event_log.chain.canonical`), so that a line can be written in one way only.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rankkit.calibration.event_log import chain, chain_check
from rankkit.calibration.event_log.chain import Head, Link
from rankkit.calibration.event_log.event_store import Event, EventStore, event_of
from rankkit.calibration.event_log.event_store_file import SESSION
from rankkit.errors import ReadingError, SessionError, SettingsError, writing


def write_events(store: EventStore, path: str | Path, *, personal: bool) -> Head:
    """Write an export; the log is verified first."""
    head = store.verify()
    links = store.links()[: head.count]
    lines: list[dict[str, Any]] = [{"genesis": chain.parsed(store.genesis), "personal": personal}]
    lines += [{"hash": link.hash.hex(), "record": chain.parsed(link.record)} for link in links]
    for bound, owner, salt, body in store.personal() if personal else []:
        lines.append({"body": chain.parsed(body), "commitment": bound.hex(), "owner": owner, "salt": salt.hex()})
    lines.append({"count": head.count, "head": head.hash})
    if store.path != ":memory:" and Path(path).resolve() == Path(store.path).resolve():
        raise SettingsError("E-SETTING", name="path", value=str(path), allowed="another file than the session's own")
    with writing(path) as target:
        target.touch(mode=0o600)  # opinions of colleagues are their owner's alone
        if personal:
            target.chmod(0o600)
        target.write_bytes(b"".join(chain.canonical(line) + b"\n" for line in lines))
    return head


def read_events(path: str | Path, head: Head | str | None = None, *, log: str = SESSION) -> tuple[list[Event], Head]:
    """Read and check the export of a log of any kind.

    Parameters
    ----------
    path : path-like
        Written by :func:`write_events`.
    head : Head or str, optional
        A head printed or kept elsewhere.
    log : str
        What the events must be of.

    Returns
    -------
    (list of Event, Head)

    Raises
    ------
    ReadingError
        ``E-FILE`` if there is none, ``E-EXPORT`` if a line is not what an export writes, ``E-OTHERLOG`` if it is of another kind.
    SessionError
        As :meth:`~rankkit.calibration.event_log.event_store.EventStore.verify`.
    """
    source = Path(path)
    try:
        there = source.is_file()
    except (OSError, ValueError):
        there = False
    if not there:
        raise ReadingError("E-FILE", path=str(path)[:200])
    try:
        data = source.read_bytes()
    except OSError as error:
        raise SessionError("E-SESSIONUNREADABLE", path=str(path)[:200], reason=error.strerror or str(error)) from error
    raw = data.split(b"\n")
    lines = [_line(text, n, str(path)) for n, text in enumerate(raw[:-1], start=1)]
    if len(lines) < 3 or raw[-1]:
        raise ReadingError("E-EXPORT", path=str(path), line=len(raw))
    genesis, with_personal = _facts(lines[0], {"genesis": dict, "personal": bool}, 1, path)
    if genesis.get("log", SESSION) != log:
        raise ReadingError("E-OTHERLOG", path=str(path), found=str(genesis["log"]), wanted=log)
    links: list[Link] = []
    rows: list[tuple[bytes, str, bytes, bytes]] = []
    for n, line in enumerate(lines[1:-1], start=2):
        if "record" in line:
            digest, record = _facts(line, {"hash": str, "record": dict}, n, path)
            links.append(Link(len(links) + 1, chain.canonical(record), _bytes(digest, n, path)))
        else:
            body, bound, owner, salt = _facts(line, {"body": dict, "commitment": str, "owner": str, "salt": str}, n, path)
            rows.append((_bytes(bound, n, path), owner, _bytes(salt, n, path), chain.canonical(body)))
    count, last = _facts(lines[-1], {"count": int, "head": str}, len(lines), path)
    own = [(count, _bytes(last, len(lines), path))]
    given = None if head is None else Head.parse(head)
    if not with_personal and rows:
        raise ReadingError("E-EXPORT", path=str(path), line=1)
    found = chain_check.check(chain.canonical(genesis), links, rows if with_personal else None, own=own, head=given)
    kept = {bound.hex(): body for bound, _, _, body in rows}
    return [event_of(chain.parsed(link.record) or {}, link.hash.hex(), kept) for link in links], found


def _line(text: bytes, n: int, path: str) -> dict[str, Any]:
    value = chain.parsed(text)
    if value is None:
        raise ReadingError("E-EXPORT", path=path, line=n)
    return value


def _facts(line: dict[str, Any], wanted: dict[str, type], n: int, path: str | Path) -> list[Any]:
    """Values of a line that must have exactly these."""
    if set(line) != set(wanted) or any(type(line[k]) is not kind for k, kind in wanted.items()):
        raise ReadingError("E-EXPORT", path=str(path), line=n)
    return [line[k] for k in wanted]


def _bytes(text: str, n: int, path: str | Path) -> bytes:
    """Hexadecimal digits as they are written: small letters."""
    try:
        value = bytes.fromhex(text)
    except ValueError:
        value = b""
    if value.hex() != text or not value:
        raise ReadingError("E-EXPORT", path=str(path), line=n)
    return value
