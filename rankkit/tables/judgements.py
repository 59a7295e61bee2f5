"""What every table of judgements has in common: one way in, one error with all problems, no way to change it."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from rankkit.errors import DataError, Problem
from rankkit.kernels.arrays import Bools, Ints
from rankkit.tables import headings
from rankkit.tables.text import Encoded, normalise, zero_padded_twins

FIRST_ROW = 2  # a spreadsheet's header is row 1


class Judgements(ABC):
    """A validated, immutable table of judgements.

    Attributes
    ----------
    people : tuple of str
        Ids of those who are judged, sorted.
    labels : mapping
        Display name of each id.
    source_name : str or None
        What the table is called in messages.
    notes : tuple of Problem
        Notes made while reading.
    """

    error: ClassVar[type[DataError]] = DataError
    people: tuple[str, ...]
    labels: Mapping[str, str]
    source_name: str | None
    notes: tuple[Problem, ...]

    @classmethod
    @abstractmethod
    def from_frame(cls, frame: pd.DataFrame, *, columns: Mapping[str, str] | None = None, source_name: str | None = None) -> Self:
        """Validate a DataFrame; raise one error that lists every problem."""

    @property
    @abstractmethod
    def frame(self) -> pd.DataFrame:
        """The table, tidy: one judgement a row, our column names."""

    @abstractmethod
    def where(self, mask: Bools) -> Self:
        """Keep the rows where ``mask`` is true."""

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

    def split(self, by: str) -> dict[str, Self]:
        """Split by a column (cycle, unit …) into one table a value, in sorted order."""
        frame = self.frame
        if by not in frame.columns:
            raise type(self).error("E-COLS", missing=by, found=list(map(str, frame.columns)), example=f"'{by}': '…'")
        codes, values = pd.factorize(frame[by], sort=True)
        return {str(value): self.where(codes == k) for k, value in enumerate(values)}

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
        self.rows = (
            np.asarray(row_numbers, dtype=np.int64)
            if row_numbers is not None
            else np.arange(FIRST_ROW, FIRST_ROW + len(frame), dtype=np.int64)
        )
        self.names = self._resolve(columns or {})

    def _resolve(self, columns: Mapping[str, str]) -> dict[str, str]:
        """Map our names to the frame's own column labels."""
        found = [normalise(str(c)) for c in self.user_frame.columns]
        for name in dict.fromkeys(c for c in found if found.count(c) > 1):
            self.problems.append(Problem("E-DUPCOL", None, None, None, {"name": name, "n": found.count(name)}))
        self.fail_if_any()
        own = dict(zip(found, self.user_frame.columns, strict=True))
        names = {k: v for k, v in own.items() if k not in columns}
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
            guess = headings.suggest(found, missing)
            example = ", ".join(f"'{c}': '{guess.get(c, '…')}'" for c in missing)
            self.problems.append(Problem("E-COLS", None, None, None, {"missing": missing, "found": found, "example": example}))
        elif not len(self.user_frame):
            self.problems.append(Problem("E-HEADERONLY"))
        self.fail_if_any()

    def has(self, column: str) -> bool:
        """Whether the column is there."""
        return column in self.names

    def column(self, column: str) -> pd.Series[Any]:
        """The user's column under our name."""
        return self.user_frame[self.names[column]]

    def shown(self, column: str) -> str:
        """What the user calls the column."""
        return str(self.names[column])

    def extras(self, known: set[str]) -> pd.DataFrame:
        """Columns the table does not use itself, kept beside it."""
        kept = {k: self.column(k).to_numpy() for k in self.names if k not in known}
        return pd.DataFrame(kept, index=range(len(self.user_frame)))

    def at(self, code: str, mask: Bools, column: str, **details: Any) -> None:
        """Report every cell of a column where ``mask`` is true."""
        cells = self.column(column)
        for k in np.flatnonzero(mask):
            self.problems.append(Problem(code, int(self.rows[k]), self.shown(column), cells.iloc[k], details))

    def require_filled(self, column: str, encoded: Encoded) -> None:
        """Report blanks in a column that must be filled."""
        for k in np.flatnonzero(encoded.blank):
            self.problems.append(Problem("E-BLANK", int(self.rows[k]), self.shown(column)))

    def check_ids(self, column: str, encoded: Encoded) -> None:
        """Report ids that a spreadsheet damaged; note the spellings that were folded together."""
        self.require_filled(column, encoded)
        for a, b in zero_padded_twins(encoded.values):
            self.problems.append(Problem("E-ID", None, self.shown(column), None, {"a": a, "b": b}))
        damaged = np.array([_decimal(v) for v in encoded.values] + [False])
        if damaged.any():
            self.at("E-FLOATID", damaged[encoded.codes], column)
        if encoded.respelled:
            n = sum(len(v) - 1 for v in encoded.respelled.values())
            self.notes.append(Problem("I-NORMALISED", None, None, None, {"n": n, "column": self.shown(column)}))

    def fail_if_any(self) -> None:
        """Raise one error with all problems found so far."""
        if self.problems:
            found = sorted(self.problems, key=lambda p: (p.row is not None, p.row or 0))
            error = self.kind.error(found, source=self.source_name, n_rows=len(self.user_frame))
            error.table = self.user_frame
            raise error


def _decimal(value: str) -> bool:
    """Whether an id reads like 7.0: a number a spreadsheet made of it."""
    whole, dot, part = value.partition(".")
    return bool(dot) and whole.isdigit() and part == "0"
