"""What the commands on sessions and on appeals do with a log as a file: check it, and write it out."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from rankkit.cli.terminal import say

Phrase = Callable[..., str]
Opened = Callable[..., AbstractContextManager[Any]]


def say_verified(log: Path, head: str | None, read: Callable[[Path, str | None], Any], opened: Opened, phrase: Phrase) -> None:
    """Check a log, or an export of one (.jsonl), and print its head."""
    if log.suffix.lower() == ".jsonl":
        found = read(log, head).head
    else:
        with opened(log, write=False) as held:
            found = held.verify(head)
    say(phrase("sound", n=found.count))
    say(phrase("head", head=found))


def say_exported(log: Path, out: Path, opened: Opened, phrase: Phrase, *, personal: bool) -> None:
    """Write a log as JSON lines, and print its head."""
    with opened(log, write=False) as held:
        head = held.export(out, personal=personal)
    say(phrase("exported", n=head.count, path=out))
    say(phrase("head", head=head))
