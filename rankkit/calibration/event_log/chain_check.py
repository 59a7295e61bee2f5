"""Is this log the one that was written: every record, every personal row, and what was exported or printed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rankkit.calibration.event_log import chain
from rankkit.calibration.event_log.chain import Head, Link
from rankkit.errors import SessionError


def check(
    genesis: bytes,
    links: Sequence[Link],
    personal: Iterable[tuple[Any, Any, Any, Any]] | None,
    *,
    own: Sequence[tuple[Any, Any]] = (),
    head: Head | None = None,
) -> Head:
    """Check a chain, its personal rows and its heads.

    Parameters
    ----------
    genesis : bytes
        Genesis record.
    links : sequence of Link
        Every record.
    personal : iterable of (commitment, owner, salt, body), or None
        Every personal row; None if they were left out on purpose.
    own : sequence of (count, hash)
        The head the file keeps of itself.
    head : Head, optional
        A head kept elsewhere.

    Returns
    -------
    Head
        Of the chain.

    Raises
    ------
    SessionError
        ``E-HASH, E-HASHGONE, E-HASHPERSONAL, E-HASHHEAD, E-TAIL, E-REWRITTEN``, the first that applies.
    """
    broken = chain.first_break(genesis, links)
    if broken is not None:
        code = "E-HASHGONE" if broken.fault == "missing" else "E-HASH"
        raise SessionError(code, n=broken.n, at=broken.at or "?")
    if head is not None and len(links) < head.count:
        raise SessionError("E-TAIL", n=len(links), head=head.count, missing=head.count - len(links))
    if head is not None and _hash_at(genesis, links, head.count) != head.hash:
        raise SessionError("E-REWRITTEN", n=head.count)
    found = Head(len(links), _hash_at(genesis, links, len(links)))
    for count, digest in own or ():
        if count != found.count or digest != bytes.fromhex(found.hash):
            raise SessionError("E-HASHHEAD", n=found.count, head=count if isinstance(count, int) else "?")
    if own is not None and len(own) > 1:
        raise SessionError("E-HASHHEAD", n=found.count, head="?")
    if personal is not None:
        _check_personal(links, list(personal))
    return found


def _hash_at(genesis: bytes, links: Sequence[Link], n: int) -> str:
    return (links[n - 1].hash if n else chain.genesis_hash(genesis)).hex()


def _check_personal(links: Sequence[Link], rows: Sequence[tuple[Any, Any, Any, Any]]) -> None:
    """Every commitment has its row unless the person was erased since, and every row its commitment."""
    erased: dict[str, int] = {}
    bound: dict[bytes, tuple[int, str, str]] = {}
    for link in links:
        value = chain.parsed(link.record) or {}
        if value.get("erase"):
            erased[value["erase"]] = link.n
        for owner, digest in value.get("sealed", []):
            bound[bytes.fromhex(digest)] = (link.n, owner, value.get("at", "?"))
    wanted = {c: place for c, place in bound.items() if erased.get(place[1], 0) < place[0]}
    for digest, owner, salt, body in rows:
        n, whose, at = wanted.pop(digest, (0, "", "?")) if isinstance(digest, bytes) else (0, "", "?")
        fits = isinstance(salt, bytes) and isinstance(body, bytes) and chain.commitment(salt, body) == digest
        if not (n and fits and owner == whose and (chain.parsed(body) or {}).get("owner") == whose):
            raise SessionError("E-HASHPERSONAL", n=n or "?", at=at)
    if wanted:
        n, _, at = min(wanted.values())
        raise SessionError("E-HASHPERSONAL", n=n, at=at)
