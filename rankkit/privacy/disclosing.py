"""Disclosure: what of the numbers about a ratee may be shown, so that nobody who answered is given away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from rankkit.errors import DataError, Lang, Problem, SettingsError
from rankkit.kernels.sources.disclosure_bands import Part, implied, rounded
from rankkit.privacy import blocks as forming
from rankkit.privacy.blocks import Answer, Block, Grouping
from rankkit.privacy.policy import DisclosurePolicy, OnLattice
from rankkit.privacy.statements import GroupMean, RollUp, Statement, checked, fraction
from rankkit.privacy.weighing import Weighed, weighed

if TYPE_CHECKING:
    from rankkit.privacy.ledger import Ledger

_COLUMNS = ("shown", "value", "low", "high", "n", "sources", "dimension", "code", "renormalised")


@dataclass(frozen=True)
class Refined:
    """A composite that was shown more finely than its bands imply: weights of groups, and the cell of its grid.

    Attributes
    ----------
    weights : tuple of (str, Fraction)
        Key of each group and the weight of one category of its sum.
    offset : Fraction
        What exempt ratings and the scale add.
    low, high : Fraction
    """

    weights: tuple[tuple[str, Fraction], ...]
    offset: Fraction
    low: Fraction
    high: Fraction


@dataclass(frozen=True, kw_only=True)
class Disclosure:
    """What may be shown of one ratee.

    Attributes
    ----------
    ratee : str
    policy : DisclosurePolicy
    table : DataFrame
        By ``name``: ``shown`` (``exact``; ``band`` = an end of the scale; ``rounded`` = a cell of a grid; ``interval`` = what
        follows from the groups shown; ``earlier`` = as released before, later answers held back; ``suppressed``), ``value``
        (the middle, the number to print, plot and rank), ``low``, ``high``, ``n`` raters, ``sources``, ``dimension``, ``code``
        (why it is not exact), ``renormalised``.
    groups : DataFrame
        By (``dimension``, ``source``): ``n``, ``k``, ``shown_as`` (the source, ``colleagues``, ``exempt`` or empty), ``code``.
    notes : tuple of Problem
        What was withheld, merged or banded, in words.
    blocks : tuple of Block
        The sums everything shown is made of.
    refined : tuple of Refined
        Composites on a grid.
    scale : (Fraction, Fraction, Fraction)
        Lowest and highest score, and the step.
    """

    ratee: str
    policy: DisclosurePolicy
    table: pd.DataFrame
    groups: pd.DataFrame
    notes: tuple[Problem, ...] = ()
    blocks: tuple[Block, ...] = ()
    refined: tuple[Refined, ...] = field(default=())
    scale: tuple[Fraction, Fraction, Fraction] = (Fraction(1), Fraction(5), Fraction(1))

    @property
    def suppressed(self) -> pd.DataFrame:
        """What is not shown, and why: ``code``."""
        return self.table.loc[self.table["shown"] == "suppressed", ["dimension", "sources", "n", "code"]]

    def value(self, name: str) -> float:
        """Return the number to show for a statement; NaN if it is suppressed."""
        return float(self._row_of(name)[0])

    def interval(self, name: str) -> tuple[float, float]:
        """Return the ends of what is shown."""
        _, low, high = self._row_of(name)
        return float(low), float(high)

    def _row_of(self, name: str) -> tuple[float, float, float]:
        """Value, low and high of a statement."""
        if name not in self.table.index:
            raise SettingsError("E-SETTING", name="name", value=name, allowed=list(self.table.index))
        value, low, high = self.table[["value", "low", "high"]].to_numpy(dtype=np.float64)[self.table.index.get_loc(name)]
        return value, low, high

    def messages(self, lang: Lang | None = None) -> pd.DataFrame:
        """Return the notes in words: ``code, text, fix``."""
        return pd.DataFrame([(p.code, p.note(lang), p.fix(lang)) for p in self.notes], columns=["code", "text", "fix"], dtype=object)

    def __repr__(self) -> str:
        counts = self.table["shown"].value_counts()
        return f"<Disclosure: {self.policy.policy}, {', '.join(f'{n} {kind}' for kind, n in counts.items())}>"


def disclose(
    cells: pd.DataFrame,
    statements: Sequence[Statement],
    policy: DisclosurePolicy | None = None,
    *,
    scale: tuple[float, float],
    step: float = 1,
    widest: float | None = None,
    refine: bool = True,
    ratee: str | None = None,
    cycle: str = "",
    ledger: Ledger | None = None,
) -> Disclosure:
    """Decide what may be shown of one ratee, and at what precision.

    Ratings of protected sources are shown only as sums of groups with at least k raters that share no answer; every other number
    is a combination of these sums, so that no set of fewer than k people is exposed. Sums near the ends of the scale are banded
    (:func:`rankkit.kernels.sources.disclosure_bands.ends`). Groups below k are merged into ``colleagues`` with the next smallest, else
    what would give them away is dropped. Nothing depends on the answers except the numbers themselves.

    Parameters
    ----------
    cells : DataFrame
        ``rater, source, dimension, score``: one row a rating of this ratee (:func:`cells_of`).
    statements : sequence of GroupMean, RollUp, Composite or Linear
        What is to be published, the most important first: of two composites over the same banded groups the first gets the
        finer number.
    policy : DisclosurePolicy, optional
        ``standard`` by default.
    scale : (float, float)
        Lowest and highest score of the form.
    step : float
        Distance of two scores.
    widest : float, optional
        Distance of two answers of the form, where scores lie closer together (means of several occasions); ``step`` by default.
    refine : bool
        False: composites are never shown more finely than their bands imply. For numbers that stand beside those of another
        disclosure which no ledger joins to this one.
    ratee : str, optional
        Who it is about; read from the column ``ratee`` if there is one.
    cycle : str
        Ratings of different cycles are different ratings.
    ledger : Ledger, optional
        What was released earlier; what is shown now is added to it.

    Returns
    -------
    Disclosure

    Raises
    ------
    SettingsError
        If scale, step or a statement is impossible.
    DataError
        If the cells are of several people, or scores lie outside the scale.

    Examples
    --------
    >>> import pandas as pd
    >>> cells = pd.DataFrame({"rater": list("abcdef"), "source": ["supervisor"] + ["peer"] * 4 + ["subordinate"],
    ...                       "dimension": "care", "score": [4, 3, 4, 2, 3, 5]})
    >>> shown = disclose(cells, [GroupMean("peer", "care"), GroupMean("subordinate", "care")], scale=(1, 5))
    >>> shown.table[["shown", "value", "n", "code"]]
                             shown  value  n code
    name
    peer · care              exact    3.0  4
    subordinate · care  suppressed    NaN  1  W-K

    With the mean of all others the subordinate's 5 could be worked out; the remedy merges the two groups:

    >>> others = RollUp("all others", ("peer", "subordinate"), "care")
    >>> disclose(cells, [GroupMean("peer", "care"), others], scale=(1, 5)).table[["shown", "value", "n", "code"]]
                            shown  value  n      code
    name
    peer · care        suppressed    NaN  4  W-MERGED
    all others              exact    3.4  5
    colleagues · care       exact    3.4  5
    """
    policy = DisclosurePolicy() if policy is None else policy
    kept = checked(cells)
    if ratee is None:
        ratee = str(kept["ratee"].iloc[0]) if "ratee" in kept and len(kept) else ""
    bounds = _scale(scale, step)
    unit = 1 if widest is None else max(ceil(fraction(widest) / bounds[2]), 1)
    with nullcontext() if ledger is None else ledger.held():
        earlier = () if ledger is None else ledger.released(ratee, cycle, bounds)
        token = str if ledger is None else ledger.token
        out = _Work(kept, statements, policy, bounds, earlier, token, unit=unit, refine=refine).result(ratee)
        if ledger is not None:
            ledger.record(out, cycle)
    return out


def disclose_each(
    cells: pd.DataFrame,
    statements: Sequence[Statement],
    policy: DisclosurePolicy | None = None,
    *,
    ledger: Ledger | None = None,
    **settings: Any,
) -> Mapping[str, Disclosure]:
    """Disclose the same statements about everyone in a table of cells; parameters as :func:`disclose`.

    Returns
    -------
    mapping of ratee to Disclosure
    """
    if "ratee" not in cells.columns:
        raise DataError("E-COLS", missing="ratee", found=list(map(str, cells.columns)), example="'ratee': '…'")
    with nullcontext() if ledger is None else ledger.held():
        return {
            str(ratee): disclose(part, statements, policy, ratee=str(ratee), ledger=ledger, **settings)
            for ratee, part in cells.groupby("ratee", sort=True, observed=True)
        }


def _scale(scale: tuple[float, float], step: float) -> tuple[Fraction, Fraction, Fraction]:
    """Read the scale exactly; its length must be a whole number of steps."""
    low, high, width = fraction(scale[0]), fraction(scale[1]), fraction(step)
    if high <= low or width <= 0 or ((high - low) / width).denominator != 1:
        raise SettingsError(
            "E-SETTING", name="scale", value=(*scale, step), allowed="(lowest, highest) and a step that divides their distance"
        )
    return low, high, width


class _Work:
    """One disclosure in the making."""

    def __init__(
        self,
        cells: pd.DataFrame,
        statements: Sequence[Statement],
        policy: DisclosurePolicy,
        scale: tuple[Fraction, Fraction, Fraction],
        earlier: Iterable[Block | Refined],
        token: Any,
        *,
        unit: int,
        refine: bool,
    ) -> None:
        self.rules, self.unit, self.refine = OnLattice.of(policy, unit), unit, refine
        self.policy, self.scale, self.statements = policy, scale, list(statements)
        low, high, step = scale
        self.categories = int((high - low) / step) + 1
        self.answers: dict[str, dict[str, Answer]] = {}
        self.exempt: dict[str, dict[str, Answer]] = {}
        self.token = token
        outside = [v for v in cells["score"] if not low <= fraction(v) <= high]
        if outside:
            raise DataError("E-RANGE", value=outside[0], low=float(low), high=float(high))
        for rater, source, dimension, score in cells[["rater", "source", "dimension", "score"]].itertuples(index=False):
            side = self.answers if policy.protects(source) else self.exempt
            side.setdefault(str(dimension), {})[token(str(rater))] = Answer(str(source), (fraction(score) - low) / step)
        before = list(earlier)
        rolled: dict[str, set[frozenset[str]]] = {}
        for s in self.statements:
            if isinstance(s, RollUp):
                rolled.setdefault(s.dimension, set()).add(frozenset(s.sources))
        self.grouping: Grouping = forming.group(
            self.answers, [b for b in before if isinstance(b, Block)], rolled, self.rules, self.categories
        )
        self.refined = [r for r in before if isinstance(r, Refined)]
        self.notes = list(self.grouping.notes)

    def result(self, ratee: str) -> Disclosure:
        """Show every statement, then the merged groups nobody asked for by name."""
        merged = [b for b in self.grouping.blocks if b.name == forming.MERGED and b.key not in self.grouping.stale]
        statements = [*self.statements, *(GroupMean(b.name, b.dimension) for b in merged)]
        rows = {s.name: self._row(s) for s in statements}
        if len(rows) < len({id(s) for s in self.statements}):
            names = [s.name for s in self.statements]
            raise SettingsError(
                "E-SETTING", name="statements", value=sorted({n for n in names if names.count(n) > 1}), allowed="distinct names"
            )
        table = pd.DataFrame.from_dict(rows, orient="index", columns=list(_COLUMNS)).rename_axis("name")
        table = table.astype({"value": "float64", "low": "float64", "high": "float64", "n": "int64", "renormalised": "bool"})
        return Disclosure(
            ratee=ratee,
            policy=self.policy,
            table=table,
            groups=self._groups(),
            notes=tuple(_once(self.notes)),
            blocks=tuple(self.grouping.blocks),
            refined=tuple(self.refined),
            scale=self.scale,
        )

    def _row(self, statement: Statement) -> tuple[Any, ...]:
        """Show one statement as finely as it may be."""
        found = weighed(statement, self.grouping, self.answers, self.exempt, self.scale, self.token)
        dimension = getattr(statement, "dimension", "")
        if found.code and not found.parts and not found.certain:
            self._explain(statement, found)
            return "suppressed", None, None, None, found.n, found.sources, dimension, found.code, False
        low, high, shown = self._shown(statement, found)
        if found.late:
            shown = "earlier"
        code = found.code or ("" if shown in ("exact", "earlier") else "I-BAND")
        return shown, float((low + high) / 2), float(low), float(high), found.n, found.sources, dimension, code, found.renormalised

    def _shown(self, statement: Statement, found: Weighed) -> tuple[Fraction, Fraction, str]:
        """Exact, a band, a cell of a grid, or what the bands imply."""
        ids: dict[str, int] = {}
        parts = [Part(w, b.low, b.high, b.end, frozenset(ids.setdefault(r, len(ids)) for r in b.members)) for b, w in found.parts if w]
        low, high = implied(parts, found.offset)
        banded = [(b, w) for b, w in found.parts if w and b.end]
        if low == high:
            return low, high, "exact"
        if isinstance(statement, GroupMean):
            return low, high, "band"
        same = next(
            (r for r in self.refined if dict(r.weights) == {b.key: w for b, w in found.parts if w} and r.offset == found.offset), None
        )
        if same is not None:
            return same.low, same.high, "rounded"
        used = {key for r in self.refined for key, _ in r.weights}
        if not self.refine or any(w < 0 for _, w in found.parts) or any(b.key in used for b, _ in banded) or found.total is None:
            return low, high, "interval"
        fine = rounded(found.total, parts, self.categories, self.rules.margin, found.offset, unit=self.unit)
        if fine == (low, high):
            return low, high, "interval"
        self.refined.append(Refined(tuple((b.key, w) for b, w in found.parts if w), found.offset, *fine))
        return *fine, "rounded"

    def _explain(self, statement: Statement, found: Weighed) -> None:
        """Say why a number is not shown, where the notes on groups do not say it yet."""
        if isinstance(statement, GroupMean) and found.code in ("W-K", "W-MERGED"):
            return
        dimension = getattr(statement, "dimension", None) or None
        self.notes.append(Problem(found.code, None, dimension, None, {"name": statement.name, "n": found.missing, **dict(found.details)}))

    def _groups(self) -> pd.DataFrame:
        rows = []
        for dimension in sorted({*self.answers, *self.exempt}):
            everyone = {**self.exempt.get(dimension, {}), **self.answers.get(dimension, {})}
            for source in sorted({a.source for a in everyone.values()}):
                members = [r for r, a in everyone.items() if a.source == source]
                rows.append((dimension, source, len(members), self.policy.k(source), *self._fate(dimension, source, members)))
        frame = pd.DataFrame(rows, columns=["dimension", "source", "n", "k", "shown_as", "code"])
        return frame.set_index(["dimension", "source"])

    def _fate(self, dimension: str, source: str, members: Iterable[str]) -> tuple[str, str]:
        if not self.policy.protects(source):
            return "exempt", ""
        held = {self.grouping.held.get((r, dimension), "") for r in members} - {""}
        found = {self.grouping.place[r, dimension].name for r in members if (r, dimension) in self.grouping.place}
        stale = {
            self.grouping.stale.get(self.grouping.place[r, dimension].key, "") for r in members if (r, dimension) in self.grouping.place
        }
        code = next(iter(sorted((stale | held) - {""})), "")
        return ("" if stale - {""} else next(iter(sorted(found)), "")), code


def _once(notes: Iterable[Problem]) -> Iterator[Problem]:
    seen: list[Problem] = []
    for note in notes:
        if note not in seen:
            seen.append(note)
            yield note
