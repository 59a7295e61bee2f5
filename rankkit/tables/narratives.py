"""Narratives: what was written about a person, perhaps with codes of it and comparisons of the texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from rankkit.errors import DataError, Problem
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.tables.codes import Codes
from rankkit.tables.comparisons import Comparisons
from rankkit.tables.incident_fields import words
from rankkit.tables.judgements import Intake, Judgements, label_columns
from rankkit.tables.text import encode

SECTIONS = ("should", "did", "why", "improve", "free")
_SECTION_NAMES = {
    **{s: s for s in SECTIONS},
    "应做": "should", "应该做什么": "should", "职责": "should", "做了": "did", "做了什么": "did", "完成情况": "did", "原因": "why",
    "为什么": "why",
    "改进": "improve", "如何改进": "improve", "改进措施": "improve", "自由": "free", "其他": "free", "应該做什麼": "should",
    "做了什麼": "did", "為什麼": "why",
}  # fmt: skip
_IDS = ("narrative", "cycle", "ratee", "author", "source", "lang")
_KNOWN = {*_IDS, "section", "text", "ratee_label", "author_label"}
_FACTS = ("cycle", "ratee", "author", "source")


@dataclass(frozen=True, eq=False, repr=False)
class Narratives(Judgements):
    """A validated, immutable table of texts about people; build it with :meth:`from_frame`.

    Attributes
    ----------
    people : tuple of str
        Distinct ratees, sorted.
    entries : DataFrame
        One section of one narrative a row: ``narrative, ratee, section, text`` (blank where nothing was written) and, where given,
        ``cycle, author, source, lang``.
    codes : Codes or None
        What coders found in the texts (:meth:`with_codes`).
    comparisons : Comparisons or None
        Which of two texts describes the better work (:meth:`with_comparisons`); its people are narratives.
    """

    people: tuple[str, ...]
    entries: pd.DataFrame
    labels: Mapping[str, str]
    author_labels: Mapping[str, str]
    rows: Ints
    codes: Codes | None = None
    comparisons: Comparisons | None = None
    source_name: str | None = None
    notes: tuple[Problem, ...] = field(default=())

    error: ClassVar[type[DataError]] = DataError

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        *,
        columns: Mapping[str, str] | None = None,
        source_name: str | None = None,
        row_numbers: Sequence[int] | Ints | None = None,
    ) -> Self:
        """Validate a DataFrame of texts.

        Parameters
        ----------
        frame : DataFrame
            ``ratee, text`` and perhaps ``narrative`` (an id; by default one narrative a ratee, author, source and cycle), ``section``
            (``should, did, why, improve, free`` or 应该做什么, 做了什么, 为什么, 如何改进, 其他), ``cycle, author, source, lang,
            ratee_label, author_label``. Empty texts stay and are said to be empty.
        columns : mapping, optional
            Our name to the frame's own name.
        source_name : str, optional
            What messages call the table.
        row_numbers : sequence of int, optional
            Spreadsheet row of each record; 2, 3, … by default.

        Returns
        -------
        Narratives

        Raises
        ------
        DataError
            With every problem of the table: row, column, value and fix.

        Examples
        --------
        >>> import pandas as pd
        >>> Narratives.from_frame(pd.DataFrame({"ratee": ["e1", "e2"], "text": ["当天回电三次。", "Sent the parts."]}))
        <Narratives: 2 texts of 2 people>
        """
        intake = Intake(cls, frame, columns, source_name, row_numbers)
        intake.need("ratee", "text")
        coded = {name: encode(intake.column(name)) for name in _IDS if intake.has(name)}
        intake.check_ids("ratee", coded["ratee"])
        if "narrative" in coded:
            intake.check_ids("narrative", coded["narrative"])
        data: dict[str, Any] = {k: np.array([*c.values, None], dtype=object)[c.codes] for k, c in coded.items()}
        data["section"] = _sections(intake)
        data["text"] = words(intake.column("text"))
        tidy = pd.DataFrame(data)
        facts = [c for c in _FACTS if c in tidy]
        if "narrative" not in tidy:
            tidy["narrative"] = tidy[facts].fillna("").agg("/".join, axis=1)
        _check_sections(intake, tidy, facts)
        labels = intake.labels("ratee_label", coded["ratee"].codes, coded["ratee"].values)
        named = intake.labels("author_label", coded["author"].codes, coded["author"].values) if "author" in coded else {}
        intake.fail_if_any()
        tidy = tidy.join(intake.extras(_KNOWN)).assign(_row=intake.rows)
        tidy = tidy.assign(_place=tidy["section"].map({s: k for k, s in enumerate(SECTIONS)}))
        tidy = tidy.sort_values(["narrative", "_place"], kind="stable", ignore_index=True)
        return cls(
            people=coded["ratee"].values,
            entries=tidy.drop(columns=["_row", "_place"]),
            labels=labels,
            author_labels=named,
            rows=tidy["_row"].to_numpy(dtype=np.int64),
            source_name=source_name,
            notes=tuple(intake.notes),
        )

    def with_codes(self, codes: Codes | pd.DataFrame) -> Self:
        """Add what coders found in the texts.

        Raises
        ------
        DataError
            If the codes have problems, or are of texts that are not here (``E-NONARRATIVE``).
        """
        table = codes if isinstance(codes, Codes) else Codes.from_frame(codes)
        self._check_known(set(table.entries["narrative"]), "narrative")
        return replace(self, codes=table)

    def with_comparisons(self, comparisons: Comparisons | pd.DataFrame) -> Self:
        """Add comparisons of texts: ``left, right`` are ids of narratives, ``outcome`` says which describes the better work.

        Raises
        ------
        DataError
            If the comparisons have problems, or are of texts that are not here (``E-NONARRATIVE``).
        """
        table = comparisons if isinstance(comparisons, Comparisons) else Comparisons.from_frame(comparisons)
        self._check_known(set(table.people), "left / right")
        return replace(self, comparisons=table)

    def _check_known(self, ids: set[str], column: str) -> None:
        unknown = sorted(ids - set(self.entries["narrative"]))
        if unknown:
            raise type(self).error([Problem("E-NONARRATIVE", None, column, None, {"n": len(unknown), "which": unknown})])

    @cached_property
    def documents(self) -> pd.DataFrame:
        """One narrative a row, by ``narrative``: ``ratee``, ``author, source, cycle`` where given, and the ``text`` of all sections."""
        facts = [c for c in _FACTS if c in self.entries]
        grouped = self.entries.groupby("narrative", sort=True)
        out = grouped[facts].first()
        out["text"] = grouped["text"].agg(lambda parts: "\n".join(p for p in parts if isinstance(p, str)))
        return out

    @property
    def authors(self) -> tuple[str, ...]:
        """Distinct authors, sorted; empty if they are unknown."""
        return tuple(sorted(set(self.entries["author"].dropna()))) if "author" in self.entries else ()

    @property
    def raters(self) -> tuple[str, ...]:
        """Authors, and judges of texts: those who judged people."""
        judges = () if self.comparisons is None else self.comparisons.raters
        return tuple(sorted({*self.authors, *judges}))

    @cached_property
    def _tidy(self) -> pd.DataFrame:
        ratee = encode(self.entries["ratee"])
        columns = [("ratee_label", ratee.codes, ratee.values, self.labels)]
        if "author" in self.entries:
            author = encode(self.entries["author"])
            columns.append(("author_label", author.codes, author.values, self.author_labels))
        return self.entries.assign(**label_columns(*columns))

    def _where(self, mask: Bools) -> Self:
        kept = self.entries[mask].reset_index(drop=True)
        people, ids = tuple(sorted(set(kept["ratee"]))), set(kept["narrative"])
        codes, pairs = self.codes, self.comparisons
        if codes is not None:
            mine = codes.entries[codes.entries["narrative"].isin(ids)]
            codes = Codes.from_frame(mine) if len(mine) else None
        if pairs is not None:
            known = np.array([p in ids for p in pairs.people])
            both = known[pairs.left] & known[pairs.right]
            pairs = pairs.where(both) if both.any() else None
        labels = {p: self.labels[p] for p in people}
        return replace(self, people=people, entries=kept, rows=self.rows[mask], labels=labels, codes=codes, comparisons=pairs)

    @property
    def _keys(self) -> Sequence[tuple[Ints, tuple[str, ...]]]:
        columns = [c for c in ("narrative", *_FACTS, "section", "text", "lang") if c in self.entries]
        coded = [encode(self.entries[c]) for c in columns]
        return [(c.codes, c.values) for c in coded]

    @property
    def _values(self) -> Floats:
        return np.full(len(self), float(len(self.codes.entries) if self.codes is not None else 0))

    def data_hash(self) -> str:
        """SHA-256 of the content, the same for any order of rows (16 hex digits)."""
        own = super().data_hash()
        return own if self.comparisons is None else f"{own[:8]}{self.comparisons.data_hash()[:8]}"

    def __len__(self) -> int:
        return len(self.entries)

    def __repr__(self) -> str:
        texts = self.entries["narrative"].nunique()
        s = "" if texts == 1 else "s"
        return f"<Narratives: {texts:,} text{s} of {len(self.people):,} people>"

    def _repr_html_(self) -> str:
        import html  # noqa: PLC0415 - only a notebook needs it

        return f"<p>{html.escape(repr(self))}</p>"  # what was written about people is not for passing eyes


def _sections(intake: Intake) -> np.ndarray[Any, Any]:
    """Read the sections; ``free`` where there are none."""
    if not intake.has("section"):
        return np.full(len(intake.user_frame), "free", dtype=object)
    coded = encode(intake.column("section"))
    names = [_SECTION_NAMES.get(v.lower()) for v in coded.values]
    unknown = np.array([n is None for n in names] + [False])
    intake.at("E-SECTION", unknown[coded.codes], "section", allowed=list(SECTIONS))
    return np.array([*names, "free"], dtype=object)[coded.codes]


def _check_sections(intake: Intake, tidy: pd.DataFrame, facts: Sequence[str]) -> None:
    """Report sections given twice, and one narrative of two people."""
    filled = tidy["narrative"].notna() & tidy["ratee"].notna()
    for k in np.flatnonzero(tidy.duplicated(["narrative", "section"]) & filled):
        details = {"narrative": tidy["narrative"].iloc[k], "section": tidy["section"].iloc[k]}
        intake.problems.append(Problem("E-DUPSECTION", int(intake.rows[k]), None, None, details))
    kinds = tidy[filled].groupby("narrative")[list(facts)].nunique().max(axis=1)
    for name in kinds[kinds > 1].index:
        first = int(np.flatnonzero((tidy["narrative"] == name).to_numpy())[1])
        intake.problems.append(Problem("E-NARRATIVE2", int(intake.rows[first]), None, None, {"narrative": name}))
