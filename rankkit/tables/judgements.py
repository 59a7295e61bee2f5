"""What every table of judgements has in common: one way in, one error with all problems, no way to change it."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from rankkit.errors import DataError, Problem, SettingsError
from rankkit.kernels.arrays import Bools, Ints
from rankkit.tables import headings
from rankkit.tables.text import Encoded, display_names, encode, normalise, zero_padded_twins

FIRST_ROW = 2  # a spreadsheet's header is row 1


class Judgements(ABC):
    """A validated, immutable table of judgements.

    Attributes
    ----------
    people : tuple of str
        Ids of those who are judged, sorted.
    labels : mapping
        Display name of each id.
    rows : array of int
        Spreadsheet row of each record.
    source_name : str or None
        What the table is called in messages.
    notes : tuple of Problem
        Notes made while reading.
    """

    error: ClassVar[type[DataError]] = DataError
    people: tuple[str, ...]
    labels: Mapping[str, str]
    rows: Ints
    source_name: str | None
    notes: tuple[Problem, ...]

    def __post_init__(self) -> None:
        for value in vars(self).values():
            if isinstance(value, np.ndarray):
                value.setflags(write=False)

    @classmethod
    @abstractmethod
    def from_frame(cls, frame: pd.DataFrame, *, columns: Mapping[str, str] | None = None, source_name: str | None = None) -> Self:
        """Validate a DataFrame; raise one error that lists every problem."""

    @property
    def frame(self) -> pd.DataFrame:
        """The table, tidy: one judgement a row, our column names. Changing it does not change the table."""
        return self._tidy.copy(deep=False)  # pandas copies on write

    @property
    @abstractmethod
    def _tidy(self) -> pd.DataFrame:
        """The tidy table itself."""

    def where(self, mask: Bools) -> Self:
        """Keep the rows where ``mask`` is true; ids that no row uses are dropped."""
        return self._where(np.asarray(mask, dtype=bool))

    @abstractmethod
    def _where(self, mask: Bools) -> Self:
        """Keep rows."""

    @abstractmethod
    def __len__(self) -> int: ...

    @property
    @abstractmethod
    def _keys(self) -> Sequence[tuple[Ints, tuple[str, ...]]]:
        """Coded columns, for the data hash."""

    @property
    @abstractmethod
    def _values(self) -> np.ndarray[Any, Any]:
        """Numbers, for the data hash."""

    def data_hash(self) -> str:
        """SHA-256 of the content, the same for any order of rows (16 hex digits)."""
        total = np.ascontiguousarray(self._values, dtype=np.float64).view(np.uint64).copy()
        with np.errstate(over="ignore"):
            for place, (codes, values) in enumerate(self._keys):
                hashed = pd.util.hash_array(np.array([*values, ""], dtype=object), categorize=False)
                total = (total * np.uint64(6364136223846793005)) ^ (hashed[codes] + np.uint64(place))
            total ^= total >> np.uint64(29)
            total *= np.uint64(0xBF58476D1CE4E5B9)
            digest = f"{len(self)}:{int(total.sum(dtype=np.uint64))}"
        return hashlib.sha256(digest.encode()).hexdigest()[:16]

    def as_simulated(self) -> Self:
        """Mark the table as simulated; every result of it says so."""
        return replace(self, notes=(*self.notes, Problem("I-SIMULATED")))  # type: ignore[type-var]

    def split(self, by: str) -> dict[str, Self]:
        """Split by a column (cycle, unit …) into one table a value, in sorted order.

        Raises
        ------
        DataError
            If there is no such column, or some of its cells are blank: nobody is left out silently.
        """
        frame = self._tidy
        if by not in frame.columns:
            raise type(self).error("E-COLS", missing=by, found=list(map(str, frame.columns)), example=f"'{by}': '…'")
        coded = encode(frame[by])
        if coded.blank.any():
            problems = [Problem("E-BLANK", int(row), by) for row in self.rows[coded.blank]]
            raise type(self).error(problems, source=self.source_name, n_rows=len(self))
        numbered = all(v.isdecimal() for v in coded.values)
        order = sorted(range(len(coded.values)), key=lambda k: (int(coded.values[k]) if numbered else 0, coded.values[k]))
        return {coded.values[k]: self.where(coded.codes == k) for k in order}

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {len(self):,} rows, {len(self.people):,} people>"

    def _repr_html_(self) -> str:
        import html  # noqa: PLC0415 - only a notebook needs it

        return f"<p>{html.escape(repr(self))}</p>" + self.frame.head(8).to_html(escape=True, index=False)


class Intake:
    """Collects problems while a frame is read into a table; raises them together."""

    def __init__(
        self,
        kind: type[Judgements | Any],
        frame: Any,
        columns: Mapping[str, str] | None,
        source_name: str | None,
        row_numbers: Sequence[int] | Ints | None,
    ) -> None:
        self.kind = kind
        if not isinstance(frame, pd.DataFrame):
            raise kind.error("E-TYPE", expected="DataFrame", found=type(frame).__name__)
        self.user_frame = frame
        self.source_name = source_name
        self.problems: list[Problem] = []
        self.notes: list[Problem] = []
        self.rows = np.arange(FIRST_ROW, FIRST_ROW + len(frame), dtype=np.int64)
        if row_numbers is not None:
            self.rows = np.array(row_numbers, dtype=np.int64)
        if len(self.rows) != len(frame):
            raise SettingsError("E-SETTING", name="row_numbers", value=f"{len(self.rows)} numbers", allowed=f"one a row, {len(frame)}")
        self.names = self._resolve(columns or {})

    def _resolve(self, columns: Mapping[str, str]) -> dict[str, str]:
        """Map our names to the frame's own column labels."""
        found = [normalise(str(c)) for c in self.user_frame.columns]
        for name in dict.fromkeys(c for c in found if found.count(c) > 1):
            self.problems.append(Problem("E-DUPCOL", None, None, None, {"name": name, "n": found.count(name)}))
        self.fail_if_any()
        own = dict(zip(found, self.user_frame.columns, strict=True))
        mapped = {normalise(str(theirs)) for theirs in columns.values()}
        names = {k: v for k, v in own.items() if k not in columns and k not in mapped}
        self._look_below([theirs for theirs in columns.values() if normalise(str(theirs)) not in own])
        for ours, theirs in columns.items():
            if normalise(str(theirs)) not in own:
                self.problems.append(Problem("E-MAPCOL", None, None, None, {"name": theirs, "found": found}))
            else:
                names[ours] = own[normalise(str(theirs))]
        self.fail_if_any()
        return names

    def need(self, *columns: str) -> None:
        """Raise at once if a required column is missing or there is no row."""
        missing = [c for c in columns if c not in self.names]
        found = [str(c) for c in self.user_frame.columns]
        if not len(self.user_frame.columns):
            self.problems.append(Problem("E-EMPTY"))
        elif missing:
            self._look_below(missing)
            guess = headings.suggest(found, missing)
            example = ", ".join(f"'{c}': '{guess.get(c, '…')}'" for c in missing)
            self.problems.append(Problem("E-COLS", None, None, None, {"missing": missing, "found": found, "example": example}))
        elif not len(self.user_frame):
            self.problems.append(Problem("E-HEADERONLY"))
        self.fail_if_any()

    def _look_below(self, missing: Sequence[str]) -> None:
        """Raise if the columns that are missing stand in a row below: what was read as the header is a title."""
        row = headings.below_a_title(self.user_frame, missing) if missing else None
        if row is not None:
            self.problems.append(Problem("E-TITLEROW", int(self.rows[row]), None, None, {"names": list(missing)}))
            self.fail_if_any()

    def has(self, column: str) -> bool:
        """Whether the column is there."""
        return column in self.names

    def column(self, column: str) -> pd.Series[Any]:
        """Return the user's column under our name."""
        return self.user_frame[self.names[column]]

    def shown(self, column: str) -> str:
        """Return what the user calls the column."""
        return str(self.names[column])

    def extras(self, known: set[str]) -> pd.DataFrame:
        """Columns the table does not use itself, kept beside it."""
        kept = {k: v for k, v in self.names.items() if k not in known}
        if not kept:
            return pd.DataFrame(index=pd.RangeIndex(len(self.user_frame)))
        return self.user_frame[list(kept.values())].set_axis(list(kept), axis=1).reset_index(drop=True)

    def at(self, code: str, mask: Bools, column: str, **details: Any) -> None:
        """Report every cell of a column where ``mask`` is true."""
        cells = self.column(column)
        for k in np.flatnonzero(mask):
            self.problems.append(Problem(code, int(self.rows[k]), self.shown(column), cells.iloc[k], details))

    def require_filled(self, column: str, encoded: Encoded) -> None:
        """Report blanks in a column that must be filled."""
        if not len(encoded.codes) or encoded.codes.min() >= 0:
            return
        for k in np.flatnonzero(encoded.blank):
            self.problems.append(Problem("E-BLANK", int(self.rows[k]), self.shown(column)))

    def check_ids(self, column: str, encoded: Encoded) -> None:
        """Report ids that a spreadsheet damaged; note the spellings that were folded together."""
        self.require_filled(column, encoded)
        self.check_zeros(zero_padded_twins(encoded.values), column, encoded)
        marks = "".join(encoded.values)
        damaged = [k for k, v in enumerate(encoded.values) if _decimal(v)] if "." in marks or "+" in marks else []
        if damaged:
            self.at("E-FLOATID", np.isin(encoded.codes, damaged), column)
        if encoded.respelled:
            n = sum(len(v) - 1 for v in encoded.respelled.values())
            self.notes.append(Problem("I-NORMALISED", None, None, None, {"n": n, "column": self.shown(column)}))

    def labels(self, column: str, codes: Ints, ids: tuple[str, ...]) -> dict[str, str]:
        """Read display names; two names of one id are a problem."""
        if not self.has(column):
            return {i: i for i in ids}
        labels, found = display_names(codes, ids, self.column(column), self.shown(column), self.rows)
        self.problems += found
        return labels

    def check_zeros(self, twins: list[tuple[str, str]], column: str, encoded: Encoded) -> None:
        """Report ids that differ in leading zeros only, at the first row that has lost them."""
        for a, b in twins:
            if b in encoded.values:
                first = int(np.argmax(encoded.codes == encoded.values.index(b)))
                self.problems.append(Problem("E-ID", int(self.rows[first]), self.shown(column), b, {"a": a, "b": b}))

    def fail_if_any(self) -> None:
        """Raise one error with all problems found so far."""
        if self.problems:
            found = sorted(self.problems, key=lambda p: (p.row is not None, p.row or 0))
            error = self.kind.error(found, source=self.source_name, n_rows=len(self.user_frame))
            error.table = self.user_frame
            raise error


def label_columns(*columns: tuple[str, Ints, Sequence[str], Mapping[str, str]]) -> dict[str, Any]:
    """Columns of display names, where names differ from ids.

    Parameters
    ----------
    *columns : (str, ndarray of int, sequence of str, mapping)
        What the column is called, the code of each row (``-1`` = blank), the ids the codes stand for, and the name of each id.

    Examples
    --------
    >>> label_columns(("ratee_label", np.array([0, 1]), ("e1", "e2"), {"e1": "王伟"}), ("rater_label", np.array([0, 0]), ("r1",), {}))
    {'ratee_label': array(['王伟', 'e2'], dtype=object)}
    """
    out = {}
    for name, codes, ids, labels in columns:
        shown = [labels.get(i, i) for i in ids]
        if shown != list(ids):
            out[name] = np.array([*shown, None], dtype=object)[codes]
    return out


def _decimal(value: str) -> bool:
    """Whether an id reads like 7.0 or 1.1e+17: a number a spreadsheet made of it."""
    whole, dot, part = value.partition(".")
    if "e+" in value.lower():
        mantissa, _, power = value.lower().partition("e+")
        return power.isdigit() and mantissa.replace(".", "", 1).isdigit()
    return bool(dot) and whole.isdigit() and part == "0"
