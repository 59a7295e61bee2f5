"""Rankings: each rater's order of people, best first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from rankkit.errors import ComparisonsError, DataError, Problem, RankingsError
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.tables import numbers
from rankkit.tables.comparisons import Comparisons
from rankkit.tables.judgements import Intake, Judgements
from rankkit.tables.ratings import OVERALL
from rankkit.tables.text import Encoded, categorical, encode, recode

_KNOWN = {"rater", "ratee", "rank", "dimension", "ratee_label"}
_LISTS = ("cycle", "session", "occasion")  # a rater may hand in one list for each of these


@dataclass(frozen=True, eq=False, repr=False)
class Rankings(Judgements):
    """A validated, immutable table of rankings: one row a rater and ratee, rank 1 = best, tied people share a number.

    Attributes
    ----------
    people, raters, dimensions : tuple of str
        Distinct ids, sorted.
    ratee, rater, dimension : array of int, shape (n,)
        Codes into them.
    rank : array of float, shape (n,)
        Rank within the rater's list; ``nan`` = not ranked.
    """

    people: tuple[str, ...]
    raters: tuple[str, ...]
    dimensions: tuple[str, ...]
    ratee: Ints
    rater: Ints
    dimension: Ints
    rank: Floats
    labels: Mapping[str, str]
    rows: Ints
    extras: pd.DataFrame
    source_name: str | None = None
    notes: tuple[Problem, ...] = field(default=())

    error: ClassVar[type[DataError]] = RankingsError

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        *,
        columns: Mapping[str, str] | None = None,
        source_name: str | None = None,
        row_numbers: Sequence[int] | Ints | None = None,
    ) -> Self:
        """Validate a DataFrame of rankings.

        Parameters
        ----------
        frame : DataFrame
            Columns ``rater, ratee, rank`` (1 = best) and perhaps ``dimension``, ``ratee_label``; a rater may hand in one
            list for each ``cycle``, ``session`` and ``occasion``. Other columns are kept.
        columns : mapping, optional
            Our name to the frame's own name.
        source_name : str, optional
            What messages call the table.
        row_numbers : sequence of int, optional
            Spreadsheet row of each record; 2, 3, … by default.

        Returns
        -------
        Rankings

        Raises
        ------
        RankingsError
            With every problem of the table.

        Examples
        --------
        >>> import pandas as pd, rankkit as rk
        >>> rk.Rankings.from_frame(pd.DataFrame({"rater": "r1", "ratee": ["a", "b"], "rank": [1, 2]}))
        <Rankings: 2 rows, 2 people, 1 raters>
        """
        intake = Intake(cls, frame, columns, source_name, row_numbers)
        intake.need("rater", "ratee", "rank")
        rater, ratee = encode(intake.column("rater")), encode(intake.column("ratee"))
        intake.check_ids("rater", rater)
        intake.check_ids("ratee", ratee)
        n = len(intake.user_frame)
        dimension = encode(intake.column("dimension")) if intake.has("dimension") else Encoded(np.zeros(n, dtype=np.int64), (OVERALL,), {})
        if intake.has("dimension"):
            intake.require_filled("dimension", dimension)
        rank, bad = numbers.parse(intake.column("rank"))
        with np.errstate(invalid="ignore"):
            bad |= (rank < 1) | ((rank * 2) % 1 != 0) & ~np.isnan(rank)  # mid-ranks such as 2.5 are ranks too
        intake.at("E-RANK", bad, "rank")
        labels = intake.labels("ratee_label", ratee.codes, ratee.values)
        if not bad.any() and np.isnan(rank).all():
            intake.problems.append(Problem("E-ALLMISSING"))
        extras = intake.extras(_KNOWN)
        lists = {c: encode(extras[c]).codes for c in _LISTS if c in extras}
        intake.problems += _ranked_twice(rater, ratee, {"dimension": dimension.codes, **lists}, intake.rows)
        intake.fail_if_any()
        return cls(
            people=ratee.values,
            raters=rater.values,
            dimensions=dimension.values,
            ratee=ratee.codes,
            rater=rater.codes,
            dimension=dimension.codes,
            rank=rank,
            labels=labels,
            rows=intake.rows,
            extras=extras,
            source_name=source_name,
            notes=tuple(intake.notes),
        )

    def to_comparisons(self) -> Comparisons:
        """Return the pairs each ranking implies, ties as ties.

        The pairs of one ranking are **not independent**: k people give k(k-1)/2 pairs from k-1 decisions, so standard
        errors computed as if they were independent come out too small. That is why the conversion is explicit.

        Raises
        ------
        ComparisonsError
            If no list ranks two people.
        """
        parts = []
        frame = self._tidy.dropna(subset=["rank"])
        by = ["rater", "dimension", *(c for c in _LISTS if c in frame)]
        for which, one in frame.groupby(by, observed=True, sort=True, dropna=False):
            ranked = one.sort_values(["rank", "ratee"])
            i, j = np.triu_indices(len(ranked), 1)
            ids, rank = ranked["ratee"].astype(str).to_numpy(), ranked["rank"].to_numpy()
            pairs = {"left": ids[i], "right": ids[j], "outcome": np.where(rank[i] == rank[j], "tie", "left")}
            parts.append(pd.DataFrame({**dict(zip(by, which, strict=True)), **pairs}))
        if not any(len(part) for part in parts):
            raise ComparisonsError("E-NOCOMPARISON", source=self.source_name)
        table = Comparisons.from_frame(pd.concat(parts, ignore_index=True), source_name=self.source_name)
        return replace(table, labels={p: self.labels[p] for p in table.people})

    @cached_property
    def _tidy(self) -> pd.DataFrame:
        data: dict[str, Any] = {
            "rater": categorical(self.rater, self.raters),
            "ratee": categorical(self.ratee, self.people),
            "dimension": categorical(self.dimension, self.dimensions),
            "rank": self.rank,
        }
        if any(self.labels[p] != p for p in self.people):
            data["ratee_label"] = np.array([self.labels[p] for p in self.people], dtype=object)[self.ratee]
        return pd.DataFrame(data).join(self.extras)

    def _where(self, mask: Bools) -> Self:
        ratee, people = recode(self.ratee[mask], self.people)
        rater, raters = recode(self.rater[mask], self.raters)
        dimension, dimensions = recode(self.dimension[mask], self.dimensions)
        return replace(
            self,
            people=people,
            raters=raters,
            dimensions=dimensions,
            ratee=ratee,
            rater=rater,
            dimension=dimension,
            rank=self.rank[mask],
            rows=self.rows[mask],
            labels={p: self.labels[p] for p in people},
            extras=self.extras[mask].reset_index(drop=True),
        )

    @property
    def _keys(self) -> Sequence[tuple[Ints, tuple[str, ...]]]:
        return [(self.ratee, self.people), (self.rater, self.raters), (self.dimension, self.dimensions)]

    @property
    def _values(self) -> Floats:
        return self.rank

    def __len__(self) -> int:
        return len(self.rank)

    def __repr__(self) -> str:
        return f"<Rankings: {len(self):,} rows, {len(self.people):,} people, {len(self.raters):,} raters>"


def _ranked_twice(rater: Encoded, ratee: Encoded, lists: Mapping[str, Ints], rows: Ints) -> list[Problem]:
    """Report a person who stands twice in one list."""
    keys = pd.DataFrame({"rater": rater.codes, "ratee": ratee.codes, **lists})
    named = (rater.codes >= 0) & (ratee.codes >= 0) & (lists["dimension"] >= 0)  # blank ids are problems of their own
    again = np.flatnonzero(keys.duplicated(keep=False).to_numpy() & named)
    groups = keys.iloc[again].groupby(list(keys.columns), sort=False).indices.values()
    out = []
    for group in groups:
        at = np.sort(again[group])
        found = [int(row) for row in rows[at]]
        who = {"rater": rater.values[rater.codes[at[0]]], "ratee": ratee.values[ratee.codes[at[0]]]}
        out.append(Problem("E-DUPRANK", found[1], None, None, {**who, "rows": found}))
    return out
