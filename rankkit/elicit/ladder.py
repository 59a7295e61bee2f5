"""A list that is being ranked from both ends: who was picked where, who is left, and in which order to show them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

End = Literal["best", "worst"]
REASONS = {
    "not_known": ("not known well enough", "不够了解"),
    "absent": ("absent", "缺席"),
    "conflict": ("conflict of interest", "利益冲突"),
}


@dataclass(frozen=True)
class Pick:
    """One decision: who was taken at which end, out of how many.

    Attributes
    ----------
    number : int
        1 for the first pick of the list.
    end : {"best", "worst"}
        What was asked for.
    items : tuple of str
        One person, or several who could not be separated.
    shown : int
        Size of the list it was taken from.
    event : int
        Number of the event in the log.
    """

    number: int
    end: End
    items: tuple[str, ...]
    shown: int
    event: int

    @property
    def stage(self) -> int:
        """1 for the first two picks, 2 for the next two, …: half the picks before, rounded down, plus 1."""
        return (self.number - 1) // 2 + 1


@dataclass(frozen=True)
class Ladder:
    """The list as it stands; every step makes a new one.

    Attributes
    ----------
    items : tuple of str
        Everybody of the list, sorted.
    labels : mapping
        Display names.
    facts : mapping
        ``rater, session, dimension, seed, first_end`` of the start.
    end : {"best", "worst"}
        What is asked for next.
    excluded, withdrawn : mapping
        Crossed out (with the reason), and withdrawn later.
    picks : tuple of Pick
        In order, also of people who were withdrawn since.
    rest : {"tied", "unranked"} or None
        What became of those left at an early finish.
    abandoned : bool
        Whether the list was given up.
    """

    items: tuple[str, ...]
    labels: Mapping[str, str]
    facts: Mapping[str, Any]
    end: End
    excluded: Mapping[str, str] = field(default_factory=dict)
    withdrawn: Mapping[str, str] = field(default_factory=dict)
    picks: tuple[Pick, ...] = ()
    rest: str | None = None
    abandoned: bool = False

    @cached_property
    def picked(self) -> dict[str, Pick]:
        """The pick of everybody who was picked."""
        return {item: pick for pick in self.picks for item in pick.items}

    @cached_property
    def unplaced(self) -> tuple[str, ...]:
        """Those in the list who were not picked, sorted."""
        return tuple(i for i in self.items if i not in self.picked and i not in self.excluded and i not in self.withdrawn)

    @property
    def forced(self) -> str | None:
        """The last one left, placed without a choice."""
        return self.unplaced[0] if self.picks and self.rest is None and len(self.unplaced) == 1 else None

    @property
    def done(self) -> bool:
        """Whether nothing is left to be decided."""
        return self.rest is not None or (bool(self.picks) and len(self.unplaced) <= 1)

    @property
    def remaining(self) -> list[str]:
        """Who can be picked, in an order that is new at every pick and depends on seed, rater and pick only."""
        return [] if self.done else sorted(self.unplaced, key=lambda item: chance(self.facts, len(self.picks), item))

    @cached_property
    def ranks(self) -> dict[str, int]:
        """Rank of everybody placed, 1 = best; tied people share the better rank, people left over keep their places free."""
        out: dict[str, int] = {}
        position = 1
        for pick in self.picks:
            if pick.end == "best":
                position = self._seat(pick, position, out)
        if self.rest != "unranked" and self.done:
            out |= dict.fromkeys(self.unplaced, position)
        position = 1 + sum(i not in self.excluded and i not in self.withdrawn for i in self.items)
        for pick in self.picks:
            if pick.end == "worst":
                position -= sum(i not in self.withdrawn for i in pick.items)
                self._seat(pick, position, out)
        return out

    def _seat(self, pick: Pick, position: int, ranks: dict[str, int]) -> int:
        """Give the people of a pick their shared rank; return the next free one."""
        here = [i for i in pick.items if i not in self.withdrawn]
        ranks |= dict.fromkeys(here, position)
        return position + len(here)

    def place(self, item: str) -> tuple[str, str]:
        """Say in English and Chinese where somebody was placed, seen from the end they were picked at.

        >>> picks = (Pick(1, "best", ("a",), 5, 2), Pick(2, "worst", ("d", "e"), 4, 3))
        >>> ladder = Ladder(tuple("abcde"), {}, {}, "best", picks=picks)
        >>> ladder.place("a"), ladder.place("e")
        (('1st from the top', '正数第 1'), ('1st from the bottom', '倒数第 1'))
        """
        rank = self.ranks[item]
        pick = self.picked.get(item)
        if pick is not None and pick.end == "worst":
            below = sum(other > rank for other in self.ranks.values())
            return f"{ordinal(below + 1)} from the bottom", f"倒数第 {below + 1}"
        return f"{ordinal(rank)} from the top", f"正数第 {rank}"

    def reason(self, item: str) -> tuple[str, str]:
        """Say in English and Chinese why somebody is out of the list."""
        return ("withdrawn", "已撤回") if item in self.withdrawn else REASONS[self.excluded[item]]

    def name(self, item: str) -> str:
        """Display name and id."""
        label = self.labels.get(item, item)
        return item if label == item else f"{label} ({item})"

    def names(self, items: Iterable[str]) -> list[str]:
        """Display names and ids."""
        return [self.name(item) for item in items]


def chance(facts: Mapping[str, Any], turn: int | str, item: str) -> bytes:
    """Draw a number for one person at one turn: a hash of seed, rater and session, the same on every machine.

    Parameters
    ----------
    facts : mapping
        ``seed, rater, session, dimension``.
    turn : int or str
        What it is drawn for.
    item : str
        For whom.

    Returns
    -------
    bytes
        Sort by it to get a random order.

    Examples
    --------
    >>> chance({"seed": 0}, 1, "a") == chance({"seed": 0}, 1, "a") != chance({"seed": 0}, 2, "a")
    True
    """
    key = [str(facts.get(name)) for name in ("seed", "rater", "session", "dimension")]
    return hashlib.blake2b("\0".join([*key, str(turn), item]).encode("utf-8", "surrogatepass"), digest_size=8).digest()


def ordinal(number: int) -> str:
    """Write a number as an English ordinal.

    Parameters
    ----------
    number : int
        From 1.

    Returns
    -------
    str

    Examples
    --------
    >>> [ordinal(k) for k in (1, 2, 3, 4, 11, 12, 13, 21, 102, 111)]
    ['1st', '2nd', '3rd', '4th', '11th', '12th', '13th', '21st', '102nd', '111th']
    """
    teens = number % 100 in (11, 12, 13)
    return f"{number}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"
