"""Ratings: who rated whom on what, how high."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from rankkit.errors import DataError, Problem, RatingsError
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.tables import numbers, score_checks
from rankkit.tables.judgements import Intake, Judgements, label_columns
from rankkit.tables.source_words import sources_in
from rankkit.tables.text import Encoded, categorical, encode, recode

SOURCES = ("supervisor", "peer", "subordinate", "self", "customer", "expert", "system", "model")
OVERALL = "overall"
_NAMED_SOURCES = frozenset({"supervisor", "self", "system", "model"})  # nobody else's single ratings are printed
_KNOWN = {"rater", "ratee", "dimension", "score", "source", "ratee_label", "rater_label"}
_PERCENT_TOP = 100.0
_REPEATS = ("occasion", "cycle", "form", "method")  # a rating may stand once for each of these


@dataclass(frozen=True)
class Cells:
    """Ratings averaged over occasions to one value a ratee × rater × dimension cell, in canonical order."""

    ratee: Ints
    rater: Ints
    dimension: Ints
    score: Floats
    n: Ints  # ratings behind each cell

    def __post_init__(self) -> None:
        for values in (self.ratee, self.rater, self.dimension, self.score, self.n):
            values.setflags(write=False)


@dataclass(frozen=True, eq=False, repr=False)
class Ratings(Judgements):
    """A validated, immutable table of ratings; build it with :meth:`from_frame` or :func:`rankkit.read_ratings`.

    Attributes
    ----------
    people, raters, dimensions, sources : tuple of str
        Distinct ids, sorted.
    ratee, rater, dimension, source : array of int, shape (n,)
        Codes into them; ``-1`` where there is none.
    score : array of float, shape (n,)
        Scale units, higher is better; ``nan`` = not rated.
    scale : (float, float) or None
        Lowest and highest possible score.
    averaged_over : bool
        True if the scores are averages without raters.
    """

    people: tuple[str, ...]
    raters: tuple[str, ...]
    dimensions: tuple[str, ...]
    sources: tuple[str, ...]
    ratee: Ints
    rater: Ints
    dimension: Ints
    source: Ints
    score: Floats
    labels: Mapping[str, str]
    rater_labels: Mapping[str, str]
    scale: tuple[float, float] | None
    rows: Ints
    extras: pd.DataFrame
    averaged_over: bool = False
    source_name: str | None = None
    notes: tuple[Problem, ...] = field(default=())

    error: ClassVar[type[DataError]] = RatingsError

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        *,
        columns: Mapping[str, str] | None = None,
        source_name: str | None = None,
        scale: tuple[float, float] | None = None,
        words: Mapping[str, float] | None = None,
        row_numbers: Sequence[int] | Ints | None = None,
        score_columns: Sequence[str] | None = None,
    ) -> Self:
        """Validate a DataFrame of ratings.

        Parameters
        ----------
        frame : DataFrame
            One rating a row with columns ``rater, ratee, score`` and, if there are any, ``dimension, source, cycle,
            occasion, order, ratee_label, rater_label``; other columns are kept.
        columns : mapping, optional
            Our name to the frame's own name.
        source_name : str, optional
            What messages call the table.
        scale : (float, float), optional
            Lowest and highest possible score; scores outside are an error.
        words : mapping, optional
            Grade words and the score each stands for.
        row_numbers : sequence of int, optional
            Spreadsheet row of each record; 2, 3, … by default.
        score_columns : sequence of str, optional
            For sheets that were wide: the sheet's column each score came from.

        Returns
        -------
        Ratings

        Raises
        ------
        RatingsError
            With every problem of the table: row, column, value and fix.
        SettingsError
            If ``scale`` or ``words`` is impossible.

        Examples
        --------
        >>> import pandas as pd, rankkit as rk
        >>> frame = pd.DataFrame({"rater": ["r1", "r2"], "ratee": ["007", "007"], "score": ["４", "5"]})
        >>> rk.Ratings.from_frame(frame, scale=(1, 5))
        <Ratings: 2 rows, 1 people, 2 raters, 1 dimension>
        """
        return cls._read(Intake(cls, frame, columns, source_name, row_numbers), scale, words, score_columns, averaged=False)

    @classmethod
    def averaged(
        cls,
        frame: pd.DataFrame,
        *,
        columns: Mapping[str, str] | None = None,
        source_name: str | None = None,
        scale: tuple[float, float] | None = None,
    ) -> Self:
        """Validate ratings that were averaged over unknown raters: ``ratee, score`` and perhaps ``dimension``.

        Without raters no standard error can be known; results say so.

        Raises
        ------
        RatingsError
            As :meth:`from_frame`.
        """
        return cls._read(Intake(cls, frame, columns, source_name, None), scale, None, None, averaged=True)

    @classmethod
    def _read(
        cls,
        intake: Intake,
        scale: tuple[float, float] | None,
        words: Mapping[str, float] | None,
        score_columns: Sequence[str] | None,
        *,
        averaged: bool,
    ) -> Self:
        scale = score_checks.possible(scale)
        intake.need("ratee", "score", *(() if averaged else ("rater",)))
        n = len(intake.user_frame)
        ratee = encode(intake.column("ratee"))
        intake.check_ids("ratee", ratee)
        if averaged:
            rater = Encoded(np.full(n, -1, dtype=np.int64), (), {})
        else:
            rater = encode(intake.column("rater"))
            intake.check_ids("rater", rater)
        dimension = encode(intake.column("dimension")) if intake.has("dimension") else Encoded(np.zeros(n, dtype=np.int64), (OVERALL,), {})
        if intake.has("dimension"):
            intake.require_filled("dimension", dimension)
        source = Encoded(np.full(n, -1, dtype=np.int64), (), {})
        if intake.has("source"):
            words_of_sources, said = sources_in(intake.column("source"))
            source = encode(words_of_sources)
            intake.notes += said
        unknown = np.array([v not in SOURCES for v in source.values] + [False])
        if unknown.any():
            intake.at("E-SOURCE", unknown[source.codes], "source")
        score, bad = numbers.parse(intake.column("score"), words=words, percent=scale is not None and scale[1] == _PERCENT_TOP)
        shown = intake.shown("score") if score_columns is None else score_columns
        intake.problems += score_checks.unreadable(intake.column("score"), bad, intake.rows, shown, scale, words)
        labels = intake.labels("ratee_label", ratee.codes, ratee.values)
        rater_labels = intake.labels("rater_label", rater.codes, rater.values)
        extras = intake.extras(_KNOWN)
        table = cls(
            people=ratee.values,
            raters=rater.values,
            dimensions=dimension.values,
            sources=source.values,
            ratee=ratee.codes,
            rater=rater.codes,
            dimension=dimension.codes,
            source=source.codes,
            score=score,
            labels=labels,
            rater_labels=rater_labels,
            scale=None,
            rows=intake.rows,
            extras=extras,
            averaged_over=averaged,
            source_name=intake.source_name,
            notes=tuple(intake.notes),
        )
        own = table._self_problems(intake.shown("source")) if intake.has("source") else []
        intake.problems += [*own, *table._duplicates()]
        intake.problems += score_checks.outside(score, intake.rows, scale, shown)
        if not bad.any() and np.isnan(score).all():
            intake.problems.append(Problem("E-ALLMISSING"))
        intake.fail_if_any()
        return replace(table, scale=scale)

    def _self_problems(self, shown: str) -> list[Problem]:
        """``self`` ratings must be of oneself, and only they."""
        if "self" not in self.sources:
            return []
        own = self.sources.index("self")
        shared = {p: k for k, p in enumerate(self.people)}
        same = np.array([shared.get(r, -2) for r in self.raters] + [-3])[self.rater] == self.ratee
        out = []
        for k in np.flatnonzero(same & (self.source != own) & (self.source >= 0)):
            details = {"rater": self.raters[self.rater[k]], "source": self.sources[self.source[k]]}
            out.append(Problem("E-SELF", int(self.rows[k]), shown, details["source"], details))
        for k in np.flatnonzero(~same & (self.source == own) & self._named):
            details = {"rater": self.raters[self.rater[k]], "ratee": self.people[self.ratee[k]]}
            out.append(Problem("E-NOTSELF", int(self.rows[k]), shown, "self", details))
        return out

    @property
    def _named(self) -> Bools:
        """Rows whose ids are all filled in; the others are problems of their own."""
        return (self.ratee >= 0) & (self.dimension >= 0) & ((self.rater >= 0) | self.averaged_over)

    def _key(self) -> Ints:
        """Pack ratee, rater and dimension into one integer that sorts canonically."""
        return (self.ratee * (len(self.raters) + 1) + self.rater + 1) * max(len(self.dimensions), 1) + self.dimension

    def _duplicates(self) -> list[Problem]:
        """Report the same rater rating the same person on the same dimension twice on one occasion."""
        at = np.flatnonzero(self._named)
        at, key = _repeated(at, self._key()[at])
        for column in _REPEATS:
            if column in self.extras and len(at):  # only rows that repeat need the second look
                again = encode(self.extras[column].iloc[at]).codes
                at, key = _repeated(at, pd.factorize(key)[0] * (int(again.max()) + 2) + again)
        order = np.argsort(key, kind="stable")
        groups = np.split(at[order], np.flatnonzero(np.diff(key[order])) + 1) if len(at) else []
        out = []
        for group in groups:
            k = group[0]
            details = {
                "rater": self.raters[self.rater[k]] if self.rater[k] >= 0 else "–",
                "ratee": self.people[self.ratee[k]],
                "dimension": self.dimensions[self.dimension[k]],
                "rows": [int(r) for r in self.rows[group]],
                "values": ["–" if np.isnan(v) else f"{v:g}" for v in self.score[group]],
            }
            out.append(Problem("E-DUP", int(self.rows[group[1]]), None, None, details))
        return out

    def with_scale(self, scale: tuple[float, float]) -> Self:
        """Check the scores against a scale and keep it.

        Raises
        ------
        RatingsError
            If scores lie outside.
        SettingsError
            If the scale is impossible.
        """
        score_checks.possible(scale)
        problems = score_checks.outside(self.score, self.rows, scale, "score")
        if problems:
            error = RatingsError(problems, source=self.source_name, n_rows=len(self))
            error.table = self.frame
            raise error
        return replace(self, scale=scale)

    @cached_property
    def cells(self) -> Cells:
        """Ratings averaged to ratee × rater × dimension cells (repeated occasions add no raters), canonical order."""
        rated = ~np.isnan(self.score)
        key, score = self._key()[rated], self.score[rated]
        order = np.lexsort((score, key))
        key, score = key[order], score[order]
        first = np.flatnonzero(np.diff(key, prepend=-1))
        n = np.diff(np.append(first, len(key)))
        mean = np.add.reduceat(score, first) / n if len(first) else score
        key = key[first]
        key, dimension = np.divmod(key, max(len(self.dimensions), 1))
        ratee, rater = np.divmod(key, len(self.raters) + 1)
        return Cells(ratee, rater - 1, dimension, mean, n.astype(np.int64))

    @cached_property
    def _tidy(self) -> pd.DataFrame:
        data: dict[str, Any] = {} if self.averaged_over else {"rater": categorical(self.rater, self.raters)}
        data |= {"ratee": categorical(self.ratee, self.people), "dimension": categorical(self.dimension, self.dimensions)}
        if self.sources:
            data["source"] = categorical(self.source, self.sources)
        data["score"] = self.score
        data |= label_columns(
            ("ratee_label", self.ratee, self.people, self.labels), ("rater_label", self.rater, self.raters, self.rater_labels)
        )
        return pd.DataFrame(data).join(self.extras)

    def _where(self, mask: Bools) -> Self:
        ratee, people = recode(self.ratee[mask], self.people)
        rater, raters = recode(self.rater[mask], self.raters)
        dimension, dimensions = recode(self.dimension[mask], self.dimensions)
        source, sources = recode(self.source[mask], self.sources)
        return replace(
            self,
            people=people,
            raters=raters,
            dimensions=dimensions,
            sources=sources,
            ratee=ratee,
            rater=rater,
            dimension=dimension,
            source=source,
            score=self.score[mask],
            rows=self.rows[mask],
            labels={p: self.labels[p] for p in people},
            rater_labels={r: self.rater_labels[r] for r in raters},
            extras=self.extras[mask].reset_index(drop=True),
        )

    @property
    def _keys(self) -> Sequence[tuple[Ints, tuple[str, ...]]]:
        return [
            (self.ratee, self.people),
            (self.rater, self.raters),
            (self.dimension, self.dimensions),
            (self.source, self.sources),
        ]

    @property
    def _values(self) -> Floats:
        return self.score

    def __len__(self) -> int:
        return len(self.score)

    def _repr_html_(self) -> str:
        """Show counts instead of rows where sources are told apart: what a notebook prints is read over shoulders."""
        if set(self.sources) <= _NAMED_SOURCES:
            return super()._repr_html_()
        counted = self._tidy.groupby("source", observed=True).agg(
            raters=("rater", "nunique"), people=("ratee", "nunique"), ratings=("score", "count")
        )
        return f"<p>{html.escape(repr(self))}</p>" + counted.to_html(escape=True)

    def __repr__(self) -> str:
        who = "averaged, raters unknown" if self.averaged_over else f"{len(self.raters):,} raters"
        s = "" if len(self.dimensions) == 1 else "s"
        return f"<Ratings: {len(self):,} rows, {len(self.people):,} people, {who}, {len(self.dimensions)} dimension{s}>"


def _repeated(at: Ints, key: Ints) -> tuple[Ints, Ints]:
    """Keep the rows whose key occurs more than once."""
    again = pd.Series(key).duplicated(keep=False).to_numpy()
    return at[again], key[again]
