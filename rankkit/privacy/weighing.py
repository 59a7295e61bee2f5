"""A statement as a weighted sum of the groups that are shown, or the reason why it is none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from rankkit.errors import SettingsError
from rankkit.privacy.blocks import MERGED, Answer, Block, Grouping
from rankkit.privacy.statements import Composite, GroupMean, Linear, Pooled, RollUp, Statement, fraction

Answers = Mapping[str, Mapping[str, Answer]]
Row = dict[tuple[str, str], Fraction]


@dataclass(frozen=True, kw_only=True)
class Weighed:
    """A statement over groups.

    Attributes
    ----------
    parts : tuple of (Block, Fraction)
        Weight of one category of each group's sum.
    offset : Fraction
        What exempt ratings and the lowest score add, in score units.
    total : Fraction or None
        The value itself.
    certain : bool
        True if it rests on exempt ratings alone.
    n : int
        Raters behind it.
    code : str
        Why it is not shown, or not whole.
    late : bool
        Later answers are left out.
    """

    parts: tuple[tuple[Block, Fraction], ...] = ()
    offset: Fraction = Fraction(0)
    total: Fraction | None = None
    certain: bool = False
    n: int = 0
    sources: str = ""
    code: str = ""
    late: bool = False
    renormalised: bool = False
    missing: int = 0
    details: Mapping[str, Any] = field(default_factory=dict)


def weighed(
    statement: Statement,
    grouping: Grouping,
    answers: Answers,
    exempt: Answers,
    scale: tuple[Fraction, Fraction, Fraction],
    token: Callable[[str], str],
) -> Weighed:
    """Write a statement as a weighted sum of groups and exempt ratings."""
    work = _Weighing(grouping, answers, exempt, scale)
    if isinstance(statement, GroupMean):
        return work.mean(statement)
    if isinstance(statement, RollUp):
        return work.pooled(statement.sources, statement.dimension, "E-DISCLOSE")
    if isinstance(statement, Composite):
        return work.composite(statement)
    if isinstance(statement, Pooled):
        return work.all_shown(statement)
    if isinstance(statement, Linear):
        row = {(d, token(r)): fraction(w) for (r, d), w in statement.weights.items()}
        return work.of_row({k: w for k, w in row.items() if w}, "W-NOTDERIVED")
    raise SettingsError("E-TYPE", expected="GroupMean, RollUp, Composite, Pooled or Linear", found=type(statement).__name__)


class _Weighing:
    """Answers, groups and scale of one ratee."""

    def __init__(self, grouping: Grouping, answers: Answers, exempt: Answers, scale: tuple[Fraction, Fraction, Fraction]) -> None:
        self.grouping, self.answers, self.exempt = grouping, answers, exempt
        self.lowest, _, self.step = scale

    def mean(self, statement: GroupMean) -> Weighed:
        """Mean of one source, or of a merged group."""
        if statement.source == MERGED:
            block = next(b for b in self.grouping.blocks if b.dimension == statement.dimension and b.name == MERGED)
            share = Fraction(1, len(block.members))
            return self.of_row({(block.dimension, r): share for r in block.members}, "W-K")
        row = self._members((statement.source,), statement.dimension)
        places = {self.grouping.place[r, statement.dimension].name for r in row if (r, statement.dimension) in self.grouping.place}
        if MERGED in places:
            return Weighed(n=len(row), sources=statement.source, code="W-MERGED")
        return self.pooled((statement.source,), statement.dimension, "W-K")

    def _members(self, sources: Iterable[str], dimension: str) -> list[str]:
        wanted = set(sources)
        both = {**self.exempt.get(dimension, {}), **self.answers.get(dimension, {})}
        return sorted(r for r, a in both.items() if a.source in wanted)

    def pooled(self, sources: tuple[str, ...], dimension: str, code: str) -> Weighed:
        """Mean over all raters of some sources; later answers that are held back are left out."""
        raters = self._members(sources, dimension)
        if not raters:
            return Weighed(sources=" + ".join(sources), code="W-NOANSWER")
        late = [r for r in raters if self.grouping.held.get((r, dimension)) == "W-LATEANSWER"]
        kept = [r for r in raters if r not in late]
        if not kept:
            return Weighed(n=len(raters), sources=" + ".join(sources), code="W-LATEANSWER", missing=len(late))
        found = self.of_row(dict.fromkeys(((dimension, r) for r in kept), Fraction(1, len(kept))), code)
        if late and (found.parts or found.certain):
            return replace(found, code="W-LATEANSWER", late=True, missing=len(late))
        return found

    def all_shown(self, statement: Pooled) -> Weighed:
        """Mean over the raters in groups that are shown, over dimensions with their weights."""
        wanted = {d: fraction(w) for d, w in statement.weights.items() if w}
        asked = {d: self._members(statement.sources, d) for d in wanted}
        kept = {d: [r for r in raters if self._is_shown(r, d)] for d, raters in asked.items()}
        present = sum((wanted[d] for d, raters in kept.items() if raters), Fraction(0))
        held = [(r, d) for d, raters in asked.items() for r in raters if r not in kept[d]]
        if not present or (held and not any((r, d) in self.grouping.place for d, raters in kept.items() for r in raters)):
            n = len({r for raters in asked.values() for r in raters})
            return Weighed(n=n, sources=" + ".join(statement.sources), code="W-K", missing=len({r for r, _ in held}))
        row = {(d, r): wanted[d] / present / len(raters) for d, raters in kept.items() for r in raters}
        found = self.of_row(row, "W-NOTDERIVED")
        if not held or not (found.parts or found.certain):
            return found
        late = any(self.grouping.held.get(place) == "W-LATEANSWER" for place in held)
        code = "W-LATEANSWER" if late else "W-GROUPSLACKING"
        return replace(found, code=code, late=late, renormalised=True, missing=len({r for r, _ in held}))

    def _is_shown(self, rater: str, dimension: str) -> bool:
        """Whether an answer is in a group, or exempt."""
        return rater in self.exempt.get(dimension, {}) or (rater, dimension) in self.grouping.place

    def composite(self, statement: Composite) -> Weighed:
        """Weighted mean of group means; a merged group takes the weights of its parts."""
        wanted = {key: fraction(w) for key, w in statement.weights.items()}
        parts: dict[str, tuple[Weighed, Fraction]] = {}
        missing: list[tuple[str, str]] = []
        for (source, dimension), w in wanted.items():
            if not w:
                continue
            found = self.mean(GroupMean(source, dimension))
            name = f"{source}\x1f{dimension}"
            if found.code == "W-MERGED":
                found, name = self.mean(GroupMean(MERGED, dimension)), f"{MERGED}\x1f{dimension}"
            if not found.parts and not found.certain:
                missing.append((source, dimension))
                continue
            parts[name] = found, parts.get(name, (found, Fraction(0)))[1] + w
        present = sum((w for _, w in parts.values()), Fraction(0))
        if not present or (missing and statement.missing == "drop"):
            return Weighed(code="W-GROUPSLACKING", missing=len(missing), details={"which": sorted({s for s, _ in missing})})
        weights: dict[str, tuple[Block, Fraction]] = {}
        offset = total = Fraction(0)
        for found, w in parts.values():
            share = w / present
            offset += share * found.offset
            total += share * (found.total or Fraction(0))
            for block, v in found.parts:
                weights[block.key] = block, weights.get(block.key, (block, Fraction(0)))[1] + share * v
        raters = {r for b, _ in weights.values() for r in b.members}
        n = len(raters) + len({r for (s, d) in wanted for r, a in self.exempt.get(d, {}).items() if a.source == s})
        names = sorted({name.split("\x1f")[0] for name in parts})
        late = any(found.late for found, _ in parts.values())
        return Weighed(
            parts=tuple(weights[k] for k in sorted(weights)),
            offset=offset,
            total=total,
            certain=not weights,
            n=n,
            sources=" + ".join(names),
            code="W-LATEANSWER" if late else "W-GROUPSLACKING" if missing else "",
            late=late,
            renormalised=bool(missing),
            missing=len(missing),
        )

    def of_row(self, row: Row, code: str) -> Weighed:
        """Write weights of single ratings as weights of groups, if all members of each group weigh the same."""
        weights: dict[str, tuple[Block, Fraction]] = {}
        offset, total = Fraction(0), Fraction(0)
        hidden = 0
        stale = ""
        for (dimension, rater), w in row.items():
            open_ = self.exempt.get(dimension, {}).get(rater)
            if open_ is not None:
                offset += w * (self.lowest + self.step * open_.value)
                total += w * (self.lowest + self.step * open_.value)
                continue
            block = self.grouping.place.get((rater, dimension))
            if block is None or rater not in self.answers.get(dimension, {}):
                hidden += 1
                continue
            stale = self.grouping.stale.get(block.key, stale)
            offset += w * self.lowest
            total += w * (self.lowest + self.step * self.answers[dimension][rater].value)
            if block.key in weights and weights[block.key][1] != w * self.step:
                return self._refused(row, code if code == "E-DISCLOSE" else "W-NOTDERIVED", hidden)
            weights[block.key] = block, w * self.step
        if hidden or stale:
            return self._refused(row, stale or code, hidden)
        uneven = any((b.dimension, r) not in row for b, _ in weights.values() for r in b.members)
        if uneven:
            return self._refused(row, "E-DISCLOSE" if code == "E-DISCLOSE" else "W-NOTDERIVED", 0)
        return Weighed(
            parts=tuple(weights[k] for k in sorted(weights)),
            offset=offset,
            total=total,
            certain=not weights,
            n=len({r for _, r in row}),
            sources=" + ".join(self._sources(row)),
        )

    def _refused(self, row: Row, code: str, hidden: int) -> Weighed:
        return Weighed(n=len({r for _, r in row}), sources=" + ".join(self._sources(row)), code=code, missing=hidden)

    def _sources(self, row: Row) -> list[str]:
        found = set()
        for dimension, rater in row:
            answer = self.exempt.get(dimension, {}).get(rater) or self.answers.get(dimension, {}).get(rater)
            if answer is not None:
                found.add(answer.source)
        return sorted(found)
