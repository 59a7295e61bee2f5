"""What was released about whom, on disk: a later release is judged together with all earlier ones.

One JSON line a release, appended and flushed before the release is handed out; nothing is rewritten. The first line holds a
random salt; people stand in the ledger as HMAC-SHA256 of their ids under it. That keeps names out of a file that is looked at
in passing; it is no protection against somebody who holds the file and a list of ids. Keep the ledger where the ratings are.

A ledger is locked while a release is decided, so that two programs cannot each release half of something.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import os
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

from rankkit.errors import DisclosureError
from rankkit.privacy.blocks import Block
from rankkit.privacy.disclosing import Disclosure, Refined
from rankkit.privacy.file_lock import lock

_FORMAT, _SCHEMA = "rankkit disclosure ledger", 1
_PAUSE = 0.02  # seconds between two attempts at the lock


class Ledger:
    """Earlier releases, in a file.

    Parameters
    ----------
    path : path-like
        The file (by convention ``.jsonl``); made if it is not there, readable by its owner alone.
    patience : float
        Seconds to wait for another program.

    Raises
    ------
    DisclosureError
        ``E-LEDGER`` if the file is something else, ``E-LEDGERLOCK`` if another program keeps it, ``E-LEDGERSCALE`` if somebody
        was rated on another scale in the same cycle.

    Examples
    --------
    Four peers answered, and their mean was sent out. A fifth answers later; the difference of the two means would show the
    fifth answer, so the second export repeats the first:

    >>> import tempfile, pandas as pd
    >>> from rankkit.privacy import GroupMean, Ledger, disclose
    >>> cells = pd.DataFrame({"rater": list("abcde"), "source": "peer", "dimension": "care", "score": [3, 4, 2, 3, 5]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     ledger = Ledger(f"{folder}/ledger.jsonl")
    ...     first = disclose(cells[:4], [GroupMean("peer", "care")], scale=(1, 5), ratee="e1", ledger=ledger)
    ...     second = disclose(cells, [GroupMean("peer", "care")], scale=(1, 5), ratee="e1", ledger=ledger)
    >>> first.value("peer · care"), second.value("peer · care"), second.table["code"].tolist()
    (3.0, 3.0, ['W-LATEANSWER'])
    """

    def __init__(self, path: str | os.PathLike[str], *, patience: float = 30.0) -> None:
        self.path = Path(path)
        self.patience = patience
        self._own = threading.RLock()
        self._depth = 0
        self._descriptor = -1
        self._salt = b""
        self._entries: list[dict[str, Any]] = []

    @contextmanager
    def held(self) -> Iterator[Ledger]:
        """Hold the ledger: nobody else reads or writes it meanwhile."""
        with self._own:
            if not self._depth:
                self._open()
            self._depth += 1
            try:
                yield self
            finally:
                self._depth -= 1
                if not self._depth:
                    os.close(self._descriptor)  # gives the lock up
                    self._descriptor = -1

    def _open(self) -> None:
        """Take the lock and read what is there; an incomplete last line was never handed out and is cut off."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        except OSError as error:
            raise DisclosureError("E-WRITE", path=str(self.path)) from error
        try:
            self._wait(descriptor)
            self._read(descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor

    def _wait(self, descriptor: int) -> None:
        """Take the lock, waiting for whoever holds it."""
        until = time.monotonic() + self.patience
        while not lock(descriptor):
            if time.monotonic() > until:
                raise DisclosureError("E-LEDGERLOCK", path=str(self.path))
            time.sleep(_PAUSE)

    def _read(self, descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        data = b""
        while piece := os.read(descriptor, 1 << 20):
            data += piece
        whole = data[: data.rfind(b"\n") + 1]
        if not whole and data and not _begins(data):
            raise DisclosureError("E-LEDGER", path=str(self.path))
        if len(whole) < len(data):
            os.ftruncate(descriptor, len(whole))
        if not whole:
            header = {"format": _FORMAT, "schema": _SCHEMA, "salt": secrets.token_hex(32)}
            whole = _line(header)
            _write(descriptor, whole)
        try:
            header, *entries = [json.loads(line) for line in whole.splitlines()]
            known = header["format"] == _FORMAT and header["schema"] == _SCHEMA
            self._salt = bytes.fromhex(header["salt"])
            self._entries = [
                {**e, "blocks": [_block(b) for b in e["blocks"]], "refined": [_refined(r) for r in e["refined"]]} for e in entries
            ]
        except (ValueError, KeyError, TypeError, AttributeError, ZeroDivisionError) as error:
            raise DisclosureError("E-LEDGER", path=str(self.path)) from error
        if not known:
            raise DisclosureError("E-LEDGER", path=str(self.path))

    def token(self, person: str) -> str:
        """Stand-in of a person in the ledger."""
        return hmac.new(self._salt, person.encode(), hashlib.sha256).hexdigest()[:32]

    def released(self, ratee: str, cycle: str, scale: tuple[Fraction, Fraction, Fraction]) -> list[Block | Refined]:
        """Return what was released about a ratee in a cycle."""
        mine = [e for e in self._entries if e["ratee"] == self.token(ratee) and e["cycle"] == cycle]
        if any(e["scale"] != [str(v) for v in scale] for e in mine):
            raise DisclosureError("E-LEDGERSCALE")
        found: dict[str, Block | Refined] = {}
        for entry in mine:
            found |= {b.key: b for b in entry["blocks"]}
            found |= {repr((r.weights, r.offset)): r for r in entry["refined"]}
        return list(found.values())

    def record(self, disclosure: Disclosure, cycle: str) -> None:
        """Write down what a disclosure shows beyond the earlier ones; it is on the disk when this returns."""
        before = {repr(v) for v in self.released(disclosure.ratee, cycle, disclosure.scale)}
        blocks = [b for b in disclosure.blocks if not b.earlier]
        refined = [r for r in disclosure.refined if repr(r) not in before]
        if not blocks and not refined:
            return
        entry: dict[str, Any] = {
            "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            "ratee": self.token(disclosure.ratee),
            "cycle": cycle,
            "policy": disclosure.policy.policy,
            "scale": [str(v) for v in disclosure.scale],
            "blocks": [
                {
                    "dimension": b.dimension,
                    "name": b.name,
                    "sources": list(b.sources),
                    "members": sorted(b.members),
                    "low": str(b.low),
                    "high": str(b.high),
                    "end": b.end,
                }
                for b in blocks
            ],
            "refined": [
                {"weights": [[k, str(w)] for k, w in r.weights], "offset": str(r.offset), "low": str(r.low), "high": str(r.high)}
                for r in refined
            ],
        }
        _write(self._descriptor, _line(entry))
        self._entries.append({**entry, "blocks": [_block(b) for b in entry["blocks"]], "refined": [_refined(r) for r in entry["refined"]]})

    def __len__(self) -> int:
        with self.held():
            return len(self._entries)

    def __repr__(self) -> str:
        return f"<Ledger: {self.path}>"


def _begins(data: bytes) -> bool:
    """Tell whether a torn first line is one of ours."""
    start = b'{"format":"' + _FORMAT.encode()
    return data[: len(start)] == start[: len(data)]


def _line(entry: dict[str, Any]) -> bytes:
    return json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
    os.fsync(descriptor)


def _block(entry: dict[str, Any]) -> Block:
    return Block(
        entry["dimension"],
        entry["name"],
        tuple(entry["sources"]),
        frozenset(entry["members"]),
        Fraction(entry["low"]),
        Fraction(entry["high"]),
        int(entry["end"]),
        earlier=True,
    )


def _refined(entry: dict[str, Any]) -> Refined:
    weights = tuple((str(k), Fraction(w)) for k, w in entry["weights"])
    return Refined(weights, Fraction(entry["offset"]), Fraction(entry["low"]), Fraction(entry["high"]))
