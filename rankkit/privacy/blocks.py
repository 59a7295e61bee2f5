"""Groups of answers that are shown as one sum: the smallest pieces everything published is made of.

Every number about a ratee is a combination of these sums and of exempt ratings. Because they share no answer and each has at
least k raters, no combination of published numbers is about fewer than k people.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

from rankkit.errors import Problem
from rankkit.kernels.sources.disclosure_bands import ends
from rankkit.privacy.policy import DisclosurePolicy

MERGED = "colleagues"


@dataclass(frozen=True)
class Answer:
    """One rating, in categories from 0."""

    source: str
    value: Fraction


@dataclass(frozen=True)
class Block:
    """A group whose sum on one dimension is shown, exactly or as a band.

    Attributes
    ----------
    dimension, name : str
        ``name`` is the source, or ``colleagues``.
    sources : tuple of str
        Sources whose answers are in it.
    members : frozenset of str
        Raters.
    low, high : Fraction
        What is shown of the sum, in categories from 0.
    end : int
        1 or −1 for a band at the top or the bottom, 0 if exact.
    earlier : bool
        Released before.
    """

    dimension: str
    name: str
    sources: tuple[str, ...]
    members: frozenset[str]
    low: Fraction
    high: Fraction
    end: int = 0
    earlier: bool = False

    @cached_property
    def key(self) -> str:
        """Identify the group: who is in it and what was asked."""
        text = "\x1f".join([self.dimension, *sorted(self.members)])
        return hashlib.sha256(text.encode()).hexdigest()[:24]


@dataclass
class Grouping:
    """The blocks of one ratee, and what became of everybody else.

    Attributes
    ----------
    blocks : list of Block
    place : dict of (rater, dimension) to Block
        Where each answer is.
    held : dict of (rater, dimension) to str
        Answers in no block, and the code that says why: ``W-K``, ``W-LATEANSWER``.
    stale : dict of str to str
        Keys of earlier blocks that may not be shown any more: ``W-CHANGED`` or ``W-WITHDRAWN``.
    notes : list of Problem
    """

    blocks: list[Block] = field(default_factory=list)
    place: dict[tuple[str, str], Block] = field(default_factory=dict)
    held: dict[tuple[str, str], str] = field(default_factory=dict)
    stale: dict[str, str] = field(default_factory=dict)
    notes: list[Problem] = field(default_factory=list)

    def add(self, block: Block) -> None:
        """Take a block in."""
        self.blocks.append(block)
        for rater in block.members:
            self.place[rater, block.dimension] = block


def shown_sum(total: Fraction, n: int, categories: int, margin: int) -> tuple[Fraction, Fraction, int]:
    """Return what is shown of a sum, and at which end of the scale it is banded."""
    bands = ends(n, categories, margin)
    if bands is None:
        msg = "a group too small for its scale reached the bands"
        raise AssertionError(msg)
    low, high = bands.shown(total)
    return low, high, 0 if low == high else 1 if low else -1


def group(
    answers: Mapping[str, Mapping[str, Answer]],
    earlier: Iterable[Block],
    rolled: Mapping[str, Collection[frozenset[str]]],
    policy: DisclosurePolicy,
    categories: int,
) -> Grouping:
    """Form the blocks of every dimension.

    Nothing here looks at what was answered, only at who answered: to somebody who knows the rule and the design the grouping says
    nothing.

    Parameters
    ----------
    answers : mapping of dimension to mapping of rater to Answer
        Protected answers only.
    earlier : iterable of Block
        Released before; they stay as they are.
    rolled : mapping of dimension to sets of sources
        Roll-ups somebody wants.
    policy : DisclosurePolicy
    categories : int
    """
    out = Grouping()
    before: dict[str, list[Block]] = {}
    for block in earlier:
        before.setdefault(block.dimension, []).append(block)
        out.add(block)
        given = answers.get(block.dimension, {})
        if not block.members <= set(given):
            out.stale[block.key] = "W-WITHDRAWN"
        else:
            total = sum((given[r].value for r in block.members), Fraction(0))
            if not block.low <= total <= block.high:
                out.stale[block.key] = "W-CHANGED"
    for dimension in sorted(answers):
        _one(out, dimension, answers[dimension], before.get(dimension, []), rolled.get(dimension, ()), policy, categories)
    return out


def _one(
    out: Grouping,
    dimension: str,
    answers: Mapping[str, Answer],
    before: list[Block],
    rolled: Collection[frozenset[str]],
    policy: DisclosurePolicy,
    categories: int,
) -> None:
    """Form the blocks of one dimension."""
    free: dict[str, set[str]] = {}
    for rater, answer in answers.items():
        if (rater, dimension) not in out.place:
            free.setdefault(answer.source, set()).add(rater)
    known = {s for block in before for s in block.sources}
    large = {s: g for s, g in free.items() if policy.enough(len(g), (s,), categories)}
    small = {s: g for s, g in free.items() if s not in large}
    for s in sorted(small.keys() & known):  # answers that came after a release and are too few to stand by themselves
        late = small.pop(s)
        out.held |= dict.fromkeys(((r, dimension) for r in late), "W-LATEANSWER")
        out.notes.append(_note("W-LATEANSWER", dimension, n=len(late), source=s))
    merged = _merged(small, {s: g for s, g in large.items() if s not in known}, rolled, policy, categories)
    for s in merged:
        small.pop(s, None)
        large.pop(s, None)
    for s in sorted(small):
        out.held |= dict.fromkeys(((r, dimension) for r in small[s]), "W-K")
        out.notes.append(_note("W-K", dimension, n=len(small[s]), source=s, k=max(policy.k(s), 3)))
    for s in sorted(large):
        _add(out, dimension, s, (s,), large[s], answers, policy, categories)
    if merged:
        everyone = {r for s in merged for r in free[s]}
        _add(out, dimension, MERGED, tuple(merged), everyone, answers, policy, categories)
        out.notes.append(_note("W-MERGED", dimension, sources=list(merged), n=len(everyone)))


def _merged(
    small: Mapping[str, set[str]],
    large: Mapping[str, set[str]],
    rolled: Collection[frozenset[str]],
    policy: DisclosurePolicy,
    categories: int,
) -> tuple[str, ...]:
    """Sources that are shown together: the small ones, with the next smallest where a roll-up would give them away."""

    def together(chosen: Iterable[str]) -> bool:
        n = sum(len(small[s] if s in small else large[s]) for s in chosen)
        return policy.enough(n, tuple(chosen), categories)

    chosen = sorted(small, key=lambda s: (len(small[s]), s))
    if len(chosen) > 1 and together(chosen):
        return tuple(sorted(chosen))
    if not chosen or not any(small.keys() & sources and large.keys() & sources for sources in rolled):
        return ()
    for s in sorted(large, key=lambda s: (len(large[s]), s)):
        chosen.append(s)
        if together(chosen):
            return tuple(sorted(chosen))
    return ()


def _add(
    out: Grouping,
    dimension: str,
    name: str,
    sources: tuple[str, ...],
    members: set[str],
    answers: Mapping[str, Answer],
    policy: DisclosurePolicy,
    categories: int,
) -> None:
    total = sum((answers[r].value for r in members), Fraction(0))
    low, high, end = shown_sum(total, len(members), categories, policy.margin)
    out.add(Block(dimension, name, sources, frozenset(members), low, high, end))


def _note(code: str, dimension: str, **details: object) -> Problem:
    return Problem(code, None, dimension, None, details)
