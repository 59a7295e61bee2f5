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
from rankkit.kernels.rankings.ranking_lists import RankingLists
from rankkit.tables import numbers
from rankkit.tables.comparisons import Comparisons
from rankkit.tables.judgements import Intake, Judgements, label_columns
from rankkit.tables.ranked_lists import RankedLists, as_entries, grouped, numbered
from rankkit.tables.ranking_numbers import unusual
from rankkit.tables.ranking_orders import spelled_out
from rankkit.tables.ranking_picks import ENDS, RANKED, STATUSES, UNRANKED, check_lists, read_picks
from rankkit.tables.ratings import OVERALL
from rankkit.tables.text import Encoded, categorical, encode, recode

_KNOWN = {"rater", "ratee", "rank", "dimension", "ratee_label", "status", "pick", "end", "forced"}
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
    status : array of int, shape (n,)
        ``ranked``, ``unranked`` (shown to the rater and left over), ``not_presented``, ``not_known`` or ``withdrawn``, as
        positions in :data:`rankkit.tables.ranking_picks.STATUSES`.
    pick, end : array of int, shape (n,)
        Number of the pick, from 1, and the end it was made at (0 = best, 1 = worst); -1 where nobody picked.
    forced : array of bool, shape (n,)
        Placed without a choice, as the last one left.
    """

    people: tuple[str, ...]
    raters: tuple[str, ...]
    dimensions: tuple[str, ...]
    ratee: Ints
    rater: Ints
    dimension: Ints
    rank: Floats
    status: Ints
    pick: Ints
    end: Ints
    forced: Bools
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
            list for each ``cycle``, ``session`` and ``occasion``. ``status`` says of people without a rank whether they
            were shown (``unranked``, the default: everybody ranked was preferred to them) or not (``not_presented,
            not_known, withdrawn``). ``pick, end, forced`` say in which order people were picked (1, 2, …), whether as
            ``best`` or ``worst`` of those left, and who was left at the end. Other columns are kept.
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
        picks = read_picks(intake, rank, bad)
        lists = {c: encode(extras[c]).codes for c in _LISTS if c in extras}
        intake.problems += _ranked_twice(rater, ratee, {"dimension": dimension.codes, **lists}, intake.rows)
        if not intake.problems and (picks.forced.any() or (picks.pick >= 0).any()):
            which = numbered([rater.codes, dimension.codes, *lists.values()])
            names = [(rater.values[r], labels[ratee.values[k]]) for r, k in zip(rater.codes, ratee.codes, strict=True)]
            check_lists(intake, which, rank, picks, names)
        intake.fail_if_any()
        left_over = int(np.sum(np.isnan(rank) & (picks.status == UNRANKED)))
        if left_over and not picks.given:
            intake.notes.append(Problem("I-LEFTOVER", details={"n": left_over}))
        intake.notes += unusual(numbered([rater.codes, dimension.codes, *lists.values()]), rank, rater.codes, rater.values)
        return cls(
            people=ratee.values,
            raters=rater.values,
            dimensions=dimension.values,
            ratee=ratee.codes,
            rater=rater.codes,
            dimension=dimension.codes,
            rank=rank,
            status=picks.status,
            pick=picks.pick,
            end=picks.end,
            forced=picks.forced,
            labels=labels,
            rows=intake.rows,
            extras=extras,
            source_name=source_name,
            notes=tuple(intake.notes),
        )

    @classmethod
    def from_orders(
        cls,
        orders: Mapping[str, Sequence[str | Sequence[str]]],
        *,
        presented: Sequence[str] | Mapping[str, Sequence[str]] | None = None,
        source_name: str | None = None,
    ) -> Self:
        """Take rankings as lists in order, best first.

        Parameters
        ----------
        orders : mapping
            Rater to the ids in order; an inner list holds people who are tied.
        presented : sequence of str, or mapping of rater to sequence, optional
            Who was shown: those of them who are not in the order were left over, and everybody in it was preferred to
            them. By default nobody else was shown.
        source_name : str, optional
            What messages call the table.

        Returns
        -------
        Rankings

        Raises
        ------
        RankingsError
            With every problem; ``E-TYPE`` if an order is not a list.

        Examples
        --------
        >>> import rankkit as rk
        >>> table = rk.Rankings.from_orders({"r1": ["a", ["b", "c"]], "r2": ["c"]}, presented=["a", "b", "c"])
        >>> table.frame[["rater", "ratee", "rank", "status"]].astype(str).to_numpy().tolist()[:4]
        [['r1', 'a', '1.0', 'ranked'], ['r1', 'b', '2.0', 'ranked'], ['r1', 'c', '2.0', 'ranked'], ['r2', 'c', '1.0', 'ranked']]
        """
        return cls.from_frame(spelled_out(orders, presented), source_name=source_name)

    @property
    def has_picks(self) -> bool:
        """Whether the table says in which order people were picked."""
        return bool((self.pick >= 0).any())

    @cached_property
    def lists(self) -> RankedLists:
        """The lists: one for each rater, dimension and, where there are such columns, cycle, session and occasion."""
        rater, dimension = Encoded(self.rater, self.raters, {}), Encoded(self.dimension, self.dimensions, {})
        others = {c: encode(self.extras[c]) for c in _LISTS if c in self.extras}
        return grouped(rater, dimension, others, self.ratee, self.rank)

    def to_lists(self, dimension: str | None = None) -> RankingLists:
        """Return the lists as arrays of codes, for the estimators.

        Those not presented, not known or withdrawn are left out. People who were shown and left over stand below all
        who are ranked; where worst picks were made, between the best picks and the worst.

        Parameters
        ----------
        dimension : str, optional
            Only lists on this dimension; all by default.

        Returns
        -------
        rankkit.kernels.rankings.ranking_lists.RankingLists
            Codes are positions in ``people`` and ``raters``; lists are in the order of :attr:`lists`.

        Raises
        ------
        RankingsError
            ``E-SETTING`` if there is no such dimension.

        Examples
        --------
        >>> import rankkit as rk
        >>> rk.Rankings.from_orders({"r1": ["a", "b"], "r2": ["b"]}, presented=["a", "b"]).to_lists().left_over
        array([False, False, False,  True])
        """
        if dimension is not None and dimension not in self.dimensions:
            raise RankingsError("E-SETTING", name="dimension", value=repr(dimension), allowed=", ".join(self.dimensions))
        wanted = np.ones(self.lists.size, dtype=bool)
        if dimension is not None:
            wanted = self.lists.dimension == self.dimensions.index(dimension)
        return as_entries(self.lists, wanted, len(self.people), self.ratee, self.rank, self.status, self.end)

    def to_comparisons(self) -> Comparisons:
        """Return the pairs each ranking implies, ties as ties, everybody ranked preferred to those left over.

        The pairs of one ranking are **not independent**: k people give k(k-1)/2 pairs from k-1 decisions, so standard
        errors computed as if they were independent come out too small. That is why the conversion is explicit.

        Raises
        ------
        ComparisonsError
            If no list ranks two people.
        """
        entries = self.to_lists()
        upper = [np.triu_indices(k, 1) for k in entries.length]
        i = np.concatenate([start + a for start, (a, _) in zip(entries.start, upper, strict=False)] or [np.zeros(0, dtype=np.int64)])
        j = np.concatenate([start + b for start, (_, b) in zip(entries.start, upper, strict=False)] or [i])
        tied = entries.place[i] == entries.place[j]
        known = ~(tied & entries.left_over[i])
        i, j, tied = i[known], j[known], tied[known]
        if not len(i):
            raise ComparisonsError("E-NOCOMPARISON", source=self.source_name)
        keys = self.lists.keys.iloc[entries.list_of[i]].reset_index(drop=True)
        ids = np.array(self.people, dtype=object)
        pairs = {"left": ids[entries.item[i]], "right": ids[entries.item[j]], "outcome": np.where(tied, "tie", "left")}
        table = Comparisons.from_frame(keys.assign(**pairs), source_name=self.source_name)
        return replace(table, labels={p: self.labels[p] for p in table.people})

    @cached_property
    def _tidy(self) -> pd.DataFrame:
        data: dict[str, Any] = {
            "rater": categorical(self.rater, self.raters),
            "ratee": categorical(self.ratee, self.people),
            "dimension": categorical(self.dimension, self.dimensions),
            "rank": self.rank,
        }
        data |= label_columns(("ratee_label", self.ratee, self.people, self.labels))
        if (self.status != RANKED).any():
            data["status"] = categorical(self.status, STATUSES)
        if self.has_picks:
            data["pick"] = pd.array(np.where(self.pick < 0, 0, self.pick), dtype="Int64")
            data["pick"][self.pick < 0] = pd.NA
            data["end"] = categorical(self.end, ENDS)
        if self.forced.any():
            data["forced"] = self.forced
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
            status=self.status[mask],
            pick=self.pick[mask],
            end=self.end[mask],
            forced=self.forced[mask],
            rows=self.rows[mask],
            labels={p: self.labels[p] for p in people},
            extras=self.extras[mask].reset_index(drop=True),
        )

    @property
    def _keys(self) -> Sequence[tuple[Ints, tuple[str, ...]]]:
        others = [encode(self.extras[c]) for c in _LISTS if c in self.extras]
        picks = tuple(str(k) for k in range(self.pick.max(initial=-1) + 1))
        return [
            (self.ratee, self.people),
            (self.rater, self.raters),
            (self.dimension, self.dimensions),
            (self.status, STATUSES),
            (self.pick, picks),
            (self.end, ENDS),
            (self.forced.astype(np.int64), ("", "forced")),
            *((o.codes, o.values) for o in others),
        ]

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
