"""Rankings: each rater's order of people, best first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from rankkit.errors import DataError, Problem, RankingsError
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.tables import numbers
from rankkit.tables.comparisons import Comparisons
from rankkit.tables.judgements import Intake, Judgements
from rankkit.tables.ratings import OVERALL
from rankkit.tables.text import Encoded, display_names, encode, recode

_KNOWN = {"rater", "ratee", "rank", "dimension", "ratee_label"}


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
            Columns ``rater, ratee, rank`` (1 = best) and perhaps ``dimension``, ``ratee_label``.
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
        labels, found = display_names(
            ratee.codes,
            ratee.values,
            intake.column("ratee_label") if intake.has("ratee_label") else None,
            "ratee_label",
        )
        intake.problems += found
        if not bad.any() and np.isnan(rank).all():
            intake.problems.append(Problem("E-ALLMISSING"))
        if not intake.problems:
            intake.problems += _ranked_twice(rater, ratee, dimension, intake.rows)
        intake.fail_if_any()
        extras = intake.extras(_KNOWN)
        return cls(
            people=ratee.values, raters=rater.values, dimensions=dimension.values, ratee=ratee.codes, rater=rater.codes, dimension=dimension.codes,
            rank=rank, labels=labels, rows=intake.rows, extras=extras, source_name=source_name, notes=tuple(intake.notes),
        )  # fmt: skip

    def to_comparisons(self) -> Comparisons:
        """Return the pairs each ranking implies, ties as ties.

        The pairs of one ranking are **not independent**: k people give k(k-1)/2 pairs from k-1 decisions, so standard
        errors computed as if they were independent come out too small. That is why the conversion is explicit.
        """
        parts = []
        frame = self.frame.dropna(subset=["rank"])
        for (rater, dimension), one in frame.groupby(["rater", "dimension"], observed=True, sort=True):
            ranked = one.sort_values(["rank", "ratee"])
            i, j = np.triu_indices(len(ranked), 1)
            ids, rank = ranked["ratee"].astype(str).to_numpy(), ranked["rank"].to_numpy()
            parts.append(
                pd.DataFrame(
                    {
                        "rater": rater,
                        "dimension": dimension,
                        "left": ids[i],
                        "right": ids[j],
                        "outcome": np.where(rank[i] == rank[j], "tie", "left"),
                    }
                )
            )
        pairs = Comparisons.from_frame(pd.concat(parts, ignore_index=True), source_name=self.source_name)
        return replace(pairs, labels={p: self.labels[p] for p in pairs.people})

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The rankings, tidy."""
        data: dict[str, Any] = {
            "rater": pd.Categorical.from_codes(self.rater, list(self.raters)),
            "ratee": pd.Categorical.from_codes(self.ratee, list(self.people)),
            "dimension": pd.Categorical.from_codes(self.dimension, list(self.dimensions)),
            "rank": self.rank,
        }
        if any(self.labels[p] != p for p in self.people):
            data["ratee_label"] = np.array([self.labels[p] for p in self.people], dtype=object)[self.ratee]
        return pd.DataFrame(data).join(self.extras)

    def where(self, mask: Bools) -> Self:
        """Keep the rows where ``mask`` is true; ids that no row uses are dropped."""
        ratee, people = recode(self.ratee[mask], self.people)
        rater, raters = recode(self.rater[mask], self.raters)
        dimension, dimensions = recode(self.dimension[mask], self.dimensions)
        return replace(
            self, people=people, raters=raters, dimensions=dimensions, ratee=ratee, rater=rater, dimension=dimension, rank=self.rank[mask],
            rows=self.rows[mask], labels={p: self.labels[p] for p in people}, extras=self.extras[mask].reset_index(drop=True),
        )  # fmt: skip

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


def _ranked_twice(rater: Encoded, ratee: Encoded, dimension: Encoded, rows: Ints) -> list[Problem]:
    """Report a person who stands twice in one list."""
    keys = pd.DataFrame({"rater": rater.codes, "ratee": ratee.codes, "dimension": dimension.codes, "row": rows})
    again = keys[keys.duplicated(["rater", "ratee", "dimension"], keep=False)]
    out = []
    for (r, i, _), group in again.groupby(["rater", "ratee", "dimension"], sort=True):
        found = [int(row) for row in group["row"]]
        out.append(Problem("E-DUPRANK", found[1], None, None, {"rater": rater.values[r], "ratee": ratee.values[i], "rows": found}))
    return out
