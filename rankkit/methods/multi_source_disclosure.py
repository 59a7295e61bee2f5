"""What of a multi-source result others than its owner may see: source means, composites and differences through the disclosure audit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from rankkit.kernels.arrays import Floats
from rankkit.lazy_tables import LazyTables
from rankkit.methods.multi_source_agreement import ALL
from rankkit.methods.multi_source_released import OF_ALL, POOLED, as_released, thin_sources
from rankkit.methods.multi_source_scoring import SLACK, SourceScores, SourceScoring
from rankkit.methods.multi_source_self import SelfOther, holds, views
from rankkit.methods.rating_scales import in_pomp
from rankkit.privacy.confidential import Confidential
from rankkit.privacy.disclosing import Disclosure, disclose
from rankkit.privacy.policy import MIN_RATERS, DisclosurePolicy, Kind, Purpose
from rankkit.privacy.statements import Composite, GroupMean, Statement

if TYPE_CHECKING:
    from rankkit.privacy.ledger import Ledger

Maker = Callable[[], pd.DataFrame]
RELEASED = (
    "released_sources",
    "released_self_other",
    "source_weights",
    "self_other_reliability",
    "between_sources",
    "components",
    "variance_groups",
    "raters_needed",
    "source_reliability",
    "coverage",
)
"""Tables that hold released or pooled numbers only."""

_STEPS = (1.0, 0.5, 0.25, 0.2, 0.1)
_MOST_STEPS = 120  # points a scale may have for single answers to be told apart on it
_CONSTANT = 1 / 80  # of the scale: grid of what predictions and levels of sources add to a released score
_MANY = 20  # people from whom levels of sources are estimated before released scores may rest on them


@dataclass(frozen=True, eq=False)
class SourceDisclosure:
    """A scoring with its scores, and the policy under which they may leave.

    Attributes
    ----------
    scoring : SourceScoring
    policy : DisclosurePolicy
    ledger : Ledger or None
        Earlier releases; what is shown is added to it.
    cycle : str
    """

    scoring: SourceScoring
    policy: DisclosurePolicy
    ledger: Ledger | None = None
    cycle: str = ""

    @cached_property
    def _views(self) -> dict[str, tuple[SourceScoring, SourceScores | None]]:
        """The whole and each dimension, with the scores where there are any."""
        from rankkit.errors import RankkitError  # noqa: PLC0415 - kept beside its one use

        found: dict[str, tuple[SourceScoring, SourceScores | None]] = {}
        for name, view in ({ALL: self.scoring} | self.scoring.views).items():
            try:
                found[name] = (view, view.scores())
            except RankkitError:
                found[name] = (view, None)
        return found

    def _weights(self, coefficient: Floats) -> dict[tuple[str, str], float]:
        """Coefficients of source means as a statement's weights."""
        table = self.scoring.table
        at = np.argwhere(coefficient > 0)
        return {(table.sources[s], table.dimensions[d]): float(coefficient[s, d]) for s, d in at}

    def statements(self, i: int) -> list[Statement]:
        """What is to be said of one ratee: source means, sources over dimensions, the scores."""
        table, count = self.scoring.table, self.scoring.means.count[i]
        out: list[Statement] = [GroupMean(table.sources[s], table.dimensions[d]) for s, d in np.argwhere(count > 0)]
        _, _, within = self.scoring.own
        rated = [s for s in range(len(table.sources)) if within[i, s].sum() > 0 and len(table.dimensions) > 1]
        out += [
            Composite(table.sources[s], self._weights(np.where(np.arange(len(within[i]))[:, None] == s, within[i], 0.0))) for s in rated
        ]
        for name, (_, found) in self._views.items():
            if found is not None and found.scored[i]:
                weights = self._weights(found.coefficient[i])
                if weights:
                    out.append(Composite(_score(name), weights))
        return out

    @cached_property
    def scale(self) -> tuple[tuple[float, float], float] | None:
        """Ends and step of the answers; the answers' own ends where no scale was declared. None if they lie on no scale."""
        table = self.scoring.table
        values = np.unique(self.scoring.cells.score)
        low, high = table.scale if table.scale is not None else (float(values[0]), float(values[-1]))
        if high <= low:
            low, high = low - 1.0, high + 1.0
        steps = [*_STEPS, *((high - low) / k for k in range(2, _MOST_STEPS))]
        step = _lattice(values, low, high, steps)
        return None if step is None else ((low, high), step)

    @cached_property
    def widest(self) -> float | None:
        """Largest distance of two answers of a form: means of occasions, and scales brought to one, lie closer together."""
        if self.scale is None:
            return None
        (low, high), step = self.scale
        table = self.scoring.table
        rated = ~np.isnan(table.score)
        if not in_pomp(table):
            return max(_lattice(np.unique(table.score[rated]), low, high, _STEPS) or step, step)
        found = [step]
        for d in range(len(table.dimensions)):
            values = np.unique(table.score[rated & (table.dimension == d)])
            found.append(_lattice(values, low, high, [(high - low) / k for k in range(1, _MOST_STEPS)]) or step if len(values) else step)
        return max(found)

    @cached_property
    def each(self) -> Mapping[str, Disclosure]:
        """What may be shown of everybody; nothing where answers lie on no scale."""
        if self.scale is None:
            return {}
        ends, step = self.scale
        table, own = self.scoring.table, self.scoring.cells
        frame = pd.DataFrame(
            {
                "rater": np.array(table.raters, dtype=object)[own.rater],
                "source": np.array(table.sources, dtype=object)[own.source],
                "dimension": np.array(table.dimensions, dtype=object)[own.dimension],
                "score": ends[0] + step * np.round((own.score - ends[0]) / step),
            }
        )
        edges = np.searchsorted(own.ratee, np.arange(len(table.people) + 1))
        how: dict[str, Any] = {"scale": ends, "step": step, "widest": self.widest, "ledger": self.ledger, "cycle": self.cycle}
        with nullcontext() if self.ledger is None else self.ledger.held():
            return {
                name: disclose(frame.iloc[edges[i] : edges[i + 1]], self.statements(i), self.policy, ratee=name, **how)
                for i, name in enumerate(table.people)
                if edges[i + 1] > edges[i]
            }

    def _moved(self, frame: pd.DataFrame, name: str) -> pd.DataFrame:
        """Released composites as scores: what was predicted or taken out besides is public and added again."""
        _, found = self._views[name]
        if found is None or not len(frame):
            return frame
        place = {p: k for k, p in enumerate(self.scoring.table.people)}
        at = [place[str(p)] for p in frame.index]
        total = found.coefficient[at].sum(axis=(1, 2))
        added = np.abs(found.constant[at]) > SLACK
        if not added.any() or self.scale is None:
            return frame
        grid = (self.scale[0][1] - self.scale[0][0]) * _CONSTANT
        constant = np.where(added, np.round(found.constant[at] / grid) * grid, 0.0)
        wide = np.where(added, grid / 2, 0.0)
        moved = {"value": 0.0, "low": -1.0, "high": 1.0}
        out = frame.assign(**{c: frame[c] * np.where(added, total, 1.0) + constant + side * wide for c, side in moved.items()})
        if self._people_of_levels() < _MANY:
            out.loc[added, ["value", "low", "high"]] = np.nan
            out.loc[added, ["shown", "code"]] = ["suppressed", "W-NOTDERIVED"]
        return out

    def _people_of_levels(self) -> int:
        """Fewest people any protected source that counts was rated for."""
        used = [s for s, w in enumerate(self.scoring.source_weights) if w > 0 and self.policy.protects(self.scoring.table.sources[s])]
        return min((int(self.scoring.present[:, s].any(axis=1).sum()) for s in used), default=len(self.scoring.table.people))

    @cached_property
    def thin(self) -> tuple[str, ...]:
        """Protected sources of which too few people have several raters for any spread to be shown."""
        return thin_sources(self.scoring.means.count.max(axis=2), self.scoring.table.sources, self.policy)

    def confidential(self) -> Confidential:
        """Collect what may be shown, for the result."""
        names = {d: _score(d) for d in self._views if d != ALL}
        made = Confidential.of(self.each, score=_score(ALL), dimensions=names, tables=RELEASED)
        scores = {d: self._moved(f, d) for d, f in made.dimensions.items()}
        counted = [s for s, w in zip(self.scoring.table.sources, self.scoring.source_weights, strict=True) if w > 0]
        return replace(
            made,
            policy=self.policy.policy,
            purpose=self.policy.purpose,
            scores=self._moved(made.scores, ALL),
            dimensions=scores,
            keep_se=not set(counted) & set(self.thin),
        )

    def released_sources(self) -> pd.DataFrame:
        """Means of sources that may be shown, by (``ratee``, ``source``, ``dimension``): ``label, shown, value, low, high, n``."""
        table = self.scoring.table
        rows: list[dict[str, object]] = []
        for ratee, found in self.each.items():
            for name, row in found.table.iterrows():
                source, dimension = _parsed(str(name), table.sources, row)
                if source:
                    rows.append({"ratee": ratee, "source": source, "dimension": dimension, "label": table.labels[ratee], **_kept(row)})
        out = pd.DataFrame(rows, columns=["ratee", "source", "dimension", "label", "shown", "value", "low", "high", "n", "code"])
        keys = ["ratee", "source", "dimension"]
        return out.drop_duplicates(keys).sort_values(keys[:2], kind="stable").set_index(keys)  # merged groups stand once

    def released_self_other(self, r_self: float) -> pd.DataFrame:
        """Self beside what may be shown of the others, by (``ratee``, ``dimension``); a finding only if all of low to high gives it."""
        table = self.scoring.table
        rows: list[dict[str, object]] = []
        own = {} if "self" in table.sources and self._counts_self() else views(self.scoring)
        tests = max(len(own) - 1, 1)
        for name, one in own.items():
            for i in np.flatnonzero(one.both):
                ratee = table.people[i]
                found = self.each.get(ratee)
                if found is None or _score(name) not in found.table.index:
                    continue
                row: Any = found.table.loc[_score(name)]
                if np.isnan(row["value"]):
                    continue
                ends = [float(row["low"]), float(row["high"])]
                said = {_finding(one, int(i), other, r_self, self.scoring.settings.level, 1 if name == ALL else tests) for other in ends}
                finding = said.pop() if len(said) == 1 else ""
                told = {"self": one.own[i], "others": row["value"], "low": ends[0], "high": ends[1], "finding": finding}
                rows.append({"ratee": ratee, "dimension": name, "label": table.labels[ratee], **told})
        out = pd.DataFrame(rows, columns=["ratee", "dimension", "label", "self", "others", "low", "high", "finding"])
        return out.set_index(["ratee", "dimension"])

    def _counts_self(self) -> bool:
        return bool(self.scoring.source_weights[self.scoring.table.sources.index("self")] > 0)


def _lattice(values: Floats, low: float, high: float, steps: Iterable[float]) -> float | None:
    """First of some steps on which all values lie."""
    for step in steps:
        points, at = (high - low) / step, (values - low) / step
        if points <= _MOST_STEPS and abs(points - round(points)) < 1e-9 and np.abs(at - np.round(at)).max() < 1e-6:
            return step
    return None


def policy_of(scoring: SourceScoring, kind: Kind, purpose: Purpose | None = None) -> DisclosurePolicy:
    """Thresholds of the policy, raised where more raters were declared to be needed."""
    raised = {
        source: int(least)
        for source, least in zip(scoring.table.sources, scoring.least, strict=True)
        if least > MIN_RATERS.get(source, 1) > 1
    }
    return DisclosurePolicy(policy=kind, min_raters=raised, purpose=purpose)


def made(
    disclosure: SourceDisclosure, makers: Mapping[str, Maker], r_self: float, *, ledger: Ledger | None = None, cycle: str = ""
) -> Confidential:
    """What may be shown, when somebody asks; with a ledger, after and together with what was released before.

    Parameters
    ----------
    disclosure : SourceDisclosure
    makers : mapping of str to callable
        The owner's tables.
    r_self : float
        Declared reliability of self ratings.
    ledger : Ledger, optional
    cycle : str
    """
    if ledger is not None:
        disclosure = replace(disclosure, ledger=ledger, cycle=cycle)
    told = disclosure.confidential()
    gaps = partial(disclosure.released_self_other, r_self)
    shown: dict[str, Maker] = {"released_sources": disclosure.released_sources, "released_self_other": gaps}
    hidden = OF_ALL if disclosure.thin else ()
    for name in set(POOLED) - set(hidden):
        shown[name] = partial(as_released, makers[name], name, disclosure.thin, disclosure.released_sources, gaps)
    return replace(told, tables=tuple(name for name in RELEASED if name not in hidden), released=LazyTables(shown))


def _score(name: str) -> str:
    """Name of the statement that is a score."""
    return "score" if name == ALL else f"score: {name}"


def _parsed(name: str, sources: tuple[str, ...], row: Any) -> tuple[str, str]:
    """Source and dimension of a statement about a source."""
    if name in sources:
        said = str(row["sources"])
        return (name if said in ("", name) else "colleagues" if said == "colleagues" else ""), ALL
    source, found, dimension = name.partition(" · ")
    return (source, dimension) if found and (source in sources or row["shown"] != "suppressed") else ("", "")


def _kept(row: Any) -> dict[str, object]:
    return {c: row[c] for c in ("shown", "value", "low", "high", "n", "code")}


def _finding(one: SelfOther, i: int, others: float, r_self: float, level: float, tests: int) -> str:
    """Blind spot, hidden strength or nothing, if the others' rating were this."""
    moved = replace(one, others=np.where(np.arange(len(one.others)) == i, others, one.others))
    return str(holds(moved, r_self, level, tests)[i])
