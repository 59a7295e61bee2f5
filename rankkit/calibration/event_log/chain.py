"""A chain of hashes over the records of a session: whatever is changed afterwards, the chain no longer fits.

Every record is canonical JSON: keys sorted, no spaces, UTF-8, whole numbers only. Other numbers stand there as text
(:func:`number_text`), so that no platform and no JSON library can write them differently. With the genesis record *g*,

    h₀ = SHA-256(g),    hₙ = SHA-256(hₙ₋₁ ‖ recordₙ).

The chain alone finds a changed, added, moved or missing record. It finds neither a tail that was cut off nor a chain that
was computed anew from the first record: against those, the number of records and the last hash (:class:`Head`) are kept
elsewhere, on paper or in an export.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

from rankkit.errors import SettingsError

_HEAD = re.compile(r"\s*(\d+)\s*[:：]\s*([0-9a-fA-F]{64})\s*")
_DEEPEST = 40  # nesting beyond which a record is refused, long before the parser gives up
Fault = Literal["changed", "missing", "order"]


@dataclass(frozen=True)
class Head:
    """How far a chain goes: print it, mail it, keep it away from the file.

    Attributes
    ----------
    count : int
        Number of records.
    hash : str
        Hash of the last one, 64 hexadecimal digits.

    Examples
    --------
    >>> str(Head.parse("2:" + "ab" * 32))[:6]
    '2:abab'
    """

    count: int
    hash: str

    def __str__(self) -> str:
        return f"{self.count}:{self.hash}"

    @classmethod
    def parse(cls, text: str | Self) -> Self:
        """Read a head as it was printed.

        Raises
        ------
        SettingsError
            If it is no head.
        """
        if isinstance(text, cls):
            return text
        found = _HEAD.fullmatch(str(text))
        if found is None:
            raise SettingsError("E-SETTING", name="head", value=text, allowed="41:9f86d0…, as printed or exported")
        return cls(int(found[1]), found[2].lower())


@dataclass(frozen=True)
class Link:
    """One record as it is kept: its place, its bytes and its hash."""

    n: int
    record: bytes
    hash: bytes


@dataclass(frozen=True)
class Break:
    """Where a chain first breaks, and how.

    Attributes
    ----------
    n : int
        Number of the record.
    fault : {"changed", "missing", "order"}
        The record does not fit its hash; no record stands there; another stands there.
    at : str
        The time the record gives, as far as it can be read.
    """

    n: int
    fault: Fault
    at: str


def number_text(value: float) -> str | None:
    """Write a number as the shortest decimal that reads back to the same double (IEEE 754); None for NaN.

    >>> number_text(0.1), number_text(3.0), number_text(float("nan")), number_text(1e-7)
    ('0.1', '3', None, '1e-07')
    """
    value = float(value)
    if value != value:  # noqa: PLR0124 - NaN
        return None
    return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)


def text_number(text: str | None) -> float:
    """Read a number written by :func:`number_text`.

    >>> text_number("0.1"), text_number(None)
    (0.1, nan)
    """
    return float("nan") if text is None else float(text)


def canonical(value: Mapping[str, Any]) -> bytes:
    """Write a record the one way it can be written.

    Parameters
    ----------
    value : mapping
        Of text to text, whole numbers, booleans, None, lists and mappings of these.

    Returns
    -------
    bytes

    Raises
    ------
    TypeError
        For anything else, a float above all.

    Examples
    --------
    >>> canonical({"b": [1, None], "a": "王"}).decode()
    '{"a":"王","b":[1,null]}'
    """
    _check(value, 0)
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8")


def _check(value: Any, depth: int) -> None:
    """Refuse what could be written in two ways."""
    if depth > _DEEPEST:
        msg = "a record is nested too deeply"
        raise TypeError(msg)
    if value is None or isinstance(value, (bool, int)):
        return
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError as error:
            msg = "a record holds half a character"
            raise TypeError(msg) from error
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                msg = f"a key of a record is text, not {type(key).__name__}"
                raise TypeError(msg)
            _check(item, depth + 1)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _check(item, depth + 1)
    else:
        msg = f"a record cannot hold {type(value).__name__}; write numbers with number_text"
        raise TypeError(msg)


def parsed(record: bytes) -> dict[str, Any] | None:
    """Read a record; None if these bytes are not what :func:`canonical` writes.

    >>> parsed(b'{"a":1}'), parsed(b'{"a": 1}')
    ({'a': 1}, None)
    """
    try:
        value = json.loads(record.decode("utf-8"))
        return value if isinstance(value, dict) and canonical(value) == record else None
    except (ValueError, TypeError, RecursionError):
        return None


def genesis_hash(genesis: bytes) -> bytes:
    """Hash every chain of this session starts from."""
    return hashlib.sha256(genesis).digest()


def seal(previous: bytes, record: bytes) -> bytes:
    """Hash of a record that follows another.

    Parameters
    ----------
    previous : bytes, length 32
        Hash of the record before, or of the genesis record.
    record : bytes
        From :func:`canonical`.

    Returns
    -------
    bytes, length 32

    Examples
    --------
    >>> seal(genesis_hash(b"{}"), b'{"n":1}').hex()[:12]
    '8fbf9f680431'
    """
    return hashlib.sha256(previous + record).digest()


def commitment(salt: bytes, body: bytes) -> bytes:
    """Bind a personal text without showing it: SHA-256(salt ‖ body), the salt 32 random bytes.

    Without the salt nothing can be learnt of the body, not even by trying out likely ones; with it, no other body fits.
    """
    return hashlib.sha256(salt + body).digest()


def first_break(genesis: bytes, links: Iterable[Link], *, after: int = 0, previous: bytes | None = None) -> Break | None:
    """Find the first record that does not fit.

    Parameters
    ----------
    genesis : bytes
        The genesis record.
    links : iterable of Link
        In the order of their numbers.
    after, previous : int and bytes, optional
        Start behind a record known to fit, with its hash.

    Returns
    -------
    Break or None
        None if every record fits.

    Examples
    --------
    >>> g = b"{}"
    >>> one = canonical({"at": "2026-07-03", "n": 1})
    >>> good = Link(1, one, seal(genesis_hash(g), one))
    >>> first_break(g, [good]) is None, first_break(g, [Link(1, one.replace(b"07", b"08"), good.hash)])
    (True, Break(n=1, fault='changed', at='2026-08-03'))
    """
    last = genesis_hash(genesis) if previous is None else previous
    for n, link in enumerate(links, start=after + 1):
        value = parsed(link.record) if isinstance(link.record, bytes) else None
        at = str(value.get("at", "")) if value else ""
        if link.n != n:
            return Break(n, "missing" if isinstance(link.n, int) and link.n > n else "order", at)
        last = seal(last, link.record) if value is not None else b""
        if value is None or not isinstance(link.hash, bytes) or not hmac.compare_digest(last, link.hash):
            return Break(n, "changed", at)
        if value.get("n") != n:
            return Break(n, "order", at)
    return None
