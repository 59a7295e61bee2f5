"""Incidents: what a person did, when, and how well or badly it turned out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from rankkit.errors import DataError, Problem
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.tables import dates, incident_fields
from rankkit.tables.judgements import Intake, Judgements, label_columns
from rankkit.tables.text import encode

VALENCE = (-2.0, 2.0)  # very bad to very good
EFFECTIVENESS = (1.0, 7.0)  # the same on the scale of behavioural anchors
TEXTS = ("situation", "behaviour", "result", "text")
_CODED = ("incident", "author", "dimension", "author_source", "verified_by", "category")
_KNOWN = {
    *("ratee", "occurred_on", "recorded_at", "valence", "effectiveness", "ratee_label", "author_label", "months", "observed_share"),
    *_CODED, *TEXTS,
}  # fmt: skip
_EXPOSURE = ("ratee", "author", "months", "observed_share")


@dataclass(frozen=True, eq=False, repr=False)
class Incidents(Judgements):
    """A validated, immutable table of incidents; build it with :meth:`from_frame`.

    Attributes
    ----------
    people : tuple of str
        Distinct ratees, sorted, those of whom nothing was recorded included.
    entries : DataFrame
        One incident a row: ``ratee, occurred_on, valence`` and, where given, ``incident, recorded_at, effectiveness, author,
        dimension, situation, behaviour, result, text, category`` and other columns, sorted by ratee and date.
    exposure : DataFrame or None
        ``ratee, author, months, observed_share``: how long an author could observe a person, and the share of the person's work
        seen; pairs without any incident are here only. ``None`` = not known.
    """

    people: tuple[str, ...]
    entries: pd.DataFrame
    exposure: pd.DataFrame | None
    labels: Mapping[str, str]
    author_labels: Mapping[str, str]
    rows: Ints
    source_name: str | None = None
    notes: tuple[Problem, ...] = field(default=())

    error: ClassVar[type[DataError]] = DataError

    @property
    def frame(self) -> pd.DataFrame:
        """The table; changing it does not change the incidents."""
        return self._tidy.copy(deep=False)  # pandas copies on write

    @cached_property
    def _tidy(self) -> pd.DataFrame:
        if self.exposure is None:
            return self._named(self.entries)
        keys = ["ratee", "author"]
        silent = self.exposure.merge(self.entries[keys].drop_duplicates(), on=keys, how="left", indicator=True)
        silent = silent[silent["_merge"] == "left_only"].drop(columns="_merge")
        kept = self.entries.drop(columns=["months", "observed_share"], errors="ignore")
        return self._named(pd.concat([kept.merge(self.exposure, on=keys, how="left"), silent], ignore_index=True))

    def _named(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Names beside the ids, where they differ."""
        columns = [("ratee_label", _codes(frame["ratee"], self.people), self.people, self.labels)]
        if "author" in frame:
            columns.append(("author_label", _codes(frame["author"], self.authors), self.authors, self.author_labels))
        return frame.assign(**label_columns(*columns))

    @property
    def ratee(self) -> Ints:
        """Code of each incident's ratee in ``people``."""
        return _codes(self.entries["ratee"], self.people)

    @property
    def authors(self) -> tuple[str, ...]:
        """Distinct authors, sorted; empty if they are unknown."""
        named = set() if "author" not in self.entries else set(self.entries["author"].dropna())
        return tuple(sorted(named | (set() if self.exposure is None else set(self.exposure["author"].dropna()))))

    @property
    def raters(self) -> tuple[str, ...]:
        """The authors: those who judged."""
        return self.authors

    @property
    def author(self) -> Ints:
        """Code of each incident's author in ``authors``; ``-1`` where unknown."""
        if "author" not in self.entries:
            return np.full(len(self.entries), -1, dtype=np.int64)
        return _codes(self.entries["author"], self.authors)

    @property
    def day(self) -> Floats:
        """When each happened, in days since 1970."""
        return dates.days(self.entries["occurred_on"])[0]

    @property
    def recorded(self) -> Floats:
        """When each was written down, in days since 1970; ``nan`` where not known."""
        if "recorded_at" not in self.entries:
            return np.full(len(self.entries), np.nan)
        return dates.days(self.entries["recorded_at"])[0]

    @property
    def valence(self) -> Floats:
        """−2 very bad … +2 very good; an effectiveness of 1 … 7 is ``2(e − 4)/3``."""
        return self.entries["valence"].to_numpy(dtype=np.float64)

    @property
    def texts(self) -> list[str]:
        """The words of each incident: situation, behaviour and result, or the text; blank where there are none."""
        columns = [c for c in TEXTS if c in self.entries]
        parts = [self.entries[c].fillna("").astype(str).tolist() for c in columns]
        return [" ".join(p for p in row if p).strip() for row in zip(*parts, strict=True)] if parts else [""] * len(self.entries)

    @property
    def places(self) -> list[str]:
        """What a message calls each incident: its id, or its row."""
        if "incident" in self.entries:
            named = self.entries["incident"].tolist()
            return [str(v) if isinstance(v, str) else f"#{r}" for v, r in zip(named, self.rows[: len(named)], strict=True)]
        return [f"#{r}" for r in self.rows[: len(self.entries)]]

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        *,
        columns: Mapping[str, str] | None = None,
        source_name: str | None = None,
        exposure: pd.DataFrame | None = None,
        as_of: Any = None,
        row_numbers: Sequence[int] | Ints | None = None,
    ) -> Self:
        """Validate a DataFrame of incidents.

        Parameters
        ----------
        frame : DataFrame
            One incident a row: ``ratee, occurred_on`` (a date), ``valence`` (−2 … +2) or ``effectiveness`` (1 … 7), and perhaps
            ``incident`` (an id), ``recorded_at``, ``author, dimension, category, ratee_label, author_label``, the texts
            ``situation, behaviour, result, text`` and others, which are kept. With a column ``months`` (and ``observed_share``) a
            row without date and valence says that the author observed this person and recorded nothing.
        columns : mapping, optional
            Our name to the frame's own name.
        source_name : str, optional
            What messages call the table.
        exposure : DataFrame, optional
            ``ratee, author, months`` and perhaps ``observed_share`` (0 to 1, of the person's work), in place of those columns.
        as_of : date, optional
            Nothing may have happened, or been recorded, after this day.
        row_numbers : sequence of int, optional
            Spreadsheet row of each record; 2, 3, … by default.

        Returns
        -------
        Incidents

        Raises
        ------
        DataError
            With every problem of the table: row, column, value and fix; ``E-FUTURE`` for incidents recorded before they happened.

        Examples
        --------
        >>> import pandas as pd
        >>> frame = pd.DataFrame({"ratee": ["e1", "e1"], "occurred_on": ["2026-03-01", "2026-05-09"], "valence": [2, -1]})
        >>> Incidents.from_frame(frame)
        <Incidents: 2 of 1 people, 2026-03-01 to 2026-05-09>
        """
        intake = Intake(cls, frame, columns, source_name, row_numbers)
        intake.need("ratee", "occurred_on", *(() if intake.has("effectiveness") else ("valence",)))
        ratee = encode(intake.column("ratee"))
        intake.check_ids("ratee", ratee)
        coded = {name: encode(intake.column(name)) for name in _CODED if intake.has(name)}
        if "author" in coded:
            intake.check_zeros(incident_fields.twins(coded["author"]), "author", coded["author"])
        silent = incident_fields.silent(intake)
        data: dict[str, Any] = {"ratee": np.array([*ratee.values, None], dtype=object)[ratee.codes]}
        data |= incident_fields.times(intake, silent, as_of)
        data |= incident_fields.values(intake, silent, VALENCE, EFFECTIVENESS)
        data |= {name: np.array([*c.values, None], dtype=object)[c.codes] for name, c in coded.items()}
        data |= {name: incident_fields.words(intake.column(name)) for name in TEXTS if intake.has(name)}
        data |= incident_fields.exposures(intake)
        if "incident" in coded:
            incident_fields.check_unique(intake, coded["incident"])
        labels = intake.labels("ratee_label", ratee.codes, ratee.values)
        named = intake.labels("author_label", coded["author"].codes, coded["author"].values) if "author" in coded else {}
        intake.fail_if_any()
        tidy = pd.DataFrame(data).join(intake.extras(_KNOWN)).assign(_row=intake.rows)
        people = set(ratee.values)
        seen: pd.DataFrame | None
        if exposure is not None:
            observed = incident_fields.separate(cls, exposure)
            people |= set(observed["ratee"])
            seen = observed
            tidy = tidy.drop(columns=["months", "observed_share"], errors="ignore")
        else:
            seen = incident_fields.gathered(tidy, cls)
        happened = tidy[~silent].drop(columns=["months", "observed_share"], errors="ignore")
        if not len(happened):
            raise cls.error("E-HEADERONLY", source=source_name)
        happened = happened.sort_values(incident_fields.order(happened), kind="stable", ignore_index=True, na_position="last")
        everyone = tuple(sorted(people))
        return cls(
            people=everyone,
            entries=happened.drop(columns="_row"),
            exposure=seen,
            labels={p: labels.get(p, p) for p in everyone},
            author_labels=named,
            rows=_rows(happened, seen),
            source_name=source_name,
            notes=tuple(intake.notes),
        )

    def to_bars(self, people: Any = None) -> pd.DataFrame:
        """Drafts of scale statements without names, as expectations: :func:`rankkit.tables.incident_statements.to_bars`.

        Parameters
        ----------
        people : People, optional
            Whose names and units are taken out too.

        Returns
        -------
        DataFrame
            ``incident, dimension, situation, behaviour, result, effectiveness, author``.
        """
        from rankkit.tables import incident_statements  # noqa: PLC0415 - it needs this class

        return incident_statements.to_bars(self, people)

    def _where(self, mask: Bools) -> Self:
        chosen, n = self._tidy[mask], len(self.entries)
        people = tuple(sorted(set(chosen["ratee"])))
        exposure = self.exposure
        if exposure is not None:
            exposure = exposure.merge(chosen[["ratee", "author"]].drop_duplicates(), on=["ratee", "author"]).reset_index(drop=True)
        kept, labels = self.entries[mask[:n]].reset_index(drop=True), {p: self.labels[p] for p in people}
        return replace(self, people=people, entries=kept, exposure=exposure, rows=self.rows[mask], labels=labels)

    @property
    def _keys(self) -> Sequence[tuple[Ints, tuple[str, ...]]]:
        columns = [c for c in (*_CODED, *TEXTS) if c in self.entries]
        coded = [encode(self.entries[c]) for c in columns]
        return [(self.ratee, self.people), *((c.codes, c.values) for c in coded)]

    @property
    def _values(self) -> Floats:
        return np.asarray(self.day * 8 + self.valence + np.nan_to_num(self.recorded) / 1024)

    def data_hash(self) -> str:
        """SHA-256 of the content, the same for any order of rows (16 hex digits)."""
        parts = [np.nan_to_num(self._values, nan=-1.0).view(np.uint64)]
        parts += [pd.util.hash_array(np.array([*values, ""], dtype=object), categorize=False)[codes] for codes, values in self._keys]
        total = np.zeros(len(self.entries), dtype=np.uint64)
        with np.errstate(over="ignore"):
            for part in parts:
                total = (total * np.uint64(6364136223846793005)) ^ part
        own = hashlib.sha256(f"{len(total)}:{int(total.sum(dtype=np.uint64))}".encode()).hexdigest()[:16]
        if self.exposure is None:
            return own
        seen = pd.util.hash_pandas_object(self.exposure, index=False).to_numpy()
        return f"{own[:8]}{int(seen.sum(dtype=np.uint64)) % 16**8:08x}"

    def __len__(self) -> int:
        return len(self._tidy)

    def __repr__(self) -> str:
        when = self.entries["occurred_on"]
        return f"<Incidents: {len(self.entries):,} of {len(self.people):,} people, {when.min():%Y-%m-%d} to {when.max():%Y-%m-%d}>"

    def _repr_html_(self) -> str:
        import html  # noqa: PLC0415 - only a notebook needs it

        return f"<p>{html.escape(repr(self))}</p>"  # what was written about people is not for passing eyes


def _rows(happened: pd.DataFrame, exposure: pd.DataFrame | None) -> Ints:
    """Spreadsheet rows of the incidents; 0 for pairs of whom nothing was recorded."""
    own = happened["_row"].to_numpy(dtype=np.int64)
    if exposure is None:
        return own
    known = set(zip(happened["ratee"], happened.get("author", happened["ratee"]), strict=True))
    silent = sum(pair not in known for pair in zip(exposure["ratee"], exposure["author"], strict=True))
    return np.concatenate([own, np.zeros(silent, dtype=np.int64)])


def _codes(column: pd.Series[Any], values: Sequence[str]) -> Ints:
    """Place of each cell among sorted values; ``-1`` where blank."""
    place = {v: k for k, v in enumerate(values)}
    return np.array([place.get(v, -1) for v in column], dtype=np.int64)
