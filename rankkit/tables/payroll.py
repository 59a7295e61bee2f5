"""Payroll: what a bonus is reckoned from, in exact decimals. Pay reaches no score, quota or grade: only a bonus plan reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from rankkit.errors import DataError, PeopleError, Problem
from rankkit.kernels.arrays import Ints
from rankkit.tables import money
from rankkit.tables.judgements import Intake
from rankkit.tables.reading import read_as
from rankkit.tables.text import encode

YEAR = Decimal(12)
_MONTH_PLACES = 6


@dataclass(frozen=True, eq=False, repr=False)
class Payroll:
    """A validated, immutable table of pay: one row a person, money as exact decimals.

    Attributes
    ----------
    ids : tuple of str, length n
        Sorted; leading zeros stay.
    labels : mapping
        Display names.
    base : tuple of Decimal, length n
        Pay a bonus is a multiple of, above 0.
    months : tuple of Decimal, length n
        Months of the year that count, 0 to 12.
    facts : DataFrame
        Indexed by ``person``: columns the table does not use itself (caps, dates of entry).
    rows : mapping of str to int
        Spreadsheet row of each person.
    minor_units : int
        Decimals of the currency.
    source_name : str or None
        What the table is called in messages.
    notes : tuple of Problem
        Notes made while reading.
    """

    ids: tuple[str, ...]
    labels: Mapping[str, str]
    base: tuple[Decimal, ...]
    months: tuple[Decimal, ...]
    facts: pd.DataFrame
    rows: Mapping[str, int]
    minor_units: int = 2
    source_name: str | None = None
    notes: tuple[Problem, ...] = ()

    error: ClassVar[type[DataError]] = PeopleError

    @property
    def frame(self) -> pd.DataFrame:
        """The table, indexed by ``person``: ``label, base, months`` and the other columns; changing it does not change the payroll."""
        own = {"label": [self.labels[p] for p in self.ids], "base": list(self.base), "months": list(self.months)}
        index = pd.Index(list(self.ids), name="person", dtype=object)
        return pd.DataFrame(own, index=index, dtype=object).join(self.facts)

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        *,
        columns: Mapping[str, str] | None = None,
        source_name: str | None = None,
        row_numbers: Sequence[int] | Ints | None = None,
        minor_units: int = 2,
    ) -> Self:
        """Validate a DataFrame of pay.

        Parameters
        ----------
        frame : DataFrame
            Columns ``person, base`` and perhaps ``months`` (12 for everybody where there is no such column, and a note says so),
            ``label`` and others.
        columns : mapping, optional
            Our name to the frame's own name.
        source_name : str, optional
            What messages call the table.
        row_numbers : sequence of int, optional
            Spreadsheet row of each record.
        minor_units : int
            Decimals of the currency.

        Returns
        -------
        Payroll

        Raises
        ------
        PeopleError
            With every problem of the table: a person twice, pay that is blank, no number, a percentage, not above 0 or finer than the
            currency, months outside 0 to 12.

        Examples
        --------
        >>> frame = pd.DataFrame({"工号": ["007", "008"], "基数": ["12,000.00", 9500], "月数": [12, 6.5]})
        >>> pay = Payroll.from_frame(frame, columns={"person": "工号", "base": "基数", "months": "月数"})
        >>> pay, pay.base, pay.months
        (<Payroll: 2 people>, (Decimal('12000.00'), Decimal('9500.00')), (Decimal('12'), Decimal('6.5')))
        """
        intake = Intake(cls, frame, columns, source_name, row_numbers)
        intake.need("person", "base")
        person = encode(intake.column("person"))
        intake.check_ids("person", person)
        twice = pd.Series(person.codes).duplicated() & (person.codes >= 0)
        for again in np.flatnonzero(twice):
            details = {"name": person.values[person.codes[again]]}
            intake.problems.append(Problem("E-DUPPERSON", int(intake.rows[again]), intake.shown("person"), None, details))
        base = _numbers(intake, "base", minor_units)
        months = _numbers(intake, "months", _MONTH_PLACES) if intake.has("months") else [YEAR] * len(intake.user_frame)
        for k, (pay, part) in enumerate(zip(base, months, strict=True)):
            if pay is not None and pay <= 0:
                intake.problems.append(Problem("E-PAY", int(intake.rows[k]), intake.shown("base"), str(intake.column("base").iloc[k])))
            if part is not None and not 0 <= part <= YEAR:
                intake.problems.append(
                    Problem("E-MONTHS", int(intake.rows[k]), intake.shown("months"), str(intake.column("months").iloc[k]))
                )
        labels = intake.labels("label", person.codes, person.values)
        intake.fail_if_any()
        if not intake.has("months"):
            intake.notes.append(Problem("I-FULLYEAR", None, None, None, {"n": len(person.values)}))
        ids = [person.values[c] for c in person.codes]
        order = sorted(range(len(ids)), key=ids.__getitem__)
        facts = intake.extras({"person", "label", "base", "months"}).set_axis(pd.Index(ids, name="person", dtype=object)).iloc[order]
        return cls(
            person.values,
            labels,
            tuple(_in_full(base[k], minor_units) for k in order),
            tuple(YEAR if (part := months[k]) is None else part for k in order),
            facts,
            {ids[k]: int(intake.rows[k]) for k in order},
            minor_units,
            source_name,
            tuple(intake.notes),
        )

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        return f"<Payroll: {len(self.ids):,} people>"


def _numbers(intake: Intake, column: str, places: int) -> list[Decimal | None]:
    """Read a column of exact numbers; what cannot be read is reported and left empty."""
    out: list[Decimal | None] = []
    for k, cell in enumerate(intake.column(column).tolist()):
        found = money.exact_decimal(cell, places)
        if found is None:
            intake.problems.append(Problem("E-PAYBLANK", int(intake.rows[k]), intake.shown(column)))
        elif isinstance(found, str):
            where = {"row": int(intake.rows[k]), "column": intake.shown(column)}
            intake.problems.append(money.fault(found, cell, **where, places=places))  # type: ignore[arg-type]
        out.append(found if isinstance(found, Decimal) else None)
    return out


def _in_full(pay: Decimal | None, places: int) -> Decimal:
    """Pay with all decimals of the currency."""
    return money.of_minor_units(money.in_minor_units(pay or Decimal(0), places), places)


def read_payroll(
    source: Any,
    columns: Mapping[str, str] | None = None,
    *,
    minor_units: int = 2,
    encoding: str | None = None,
    sheet: str | int | None = None,
) -> Payroll:
    """Read pay: ``person, base`` and perhaps ``months``, ``label``, columns of caps or of entry.

    Parameters
    ----------
    source : path-like, DataFrame, or any frame narwhals supports
        As :func:`~rankkit.tables.reading.read_ratings`.
    columns : mapping, optional
        Our column name to the file's own: ``{"person": "工号", "base": "基数", "months": "月数"}``.
    minor_units : int
        Decimals of the currency.
    encoding, sheet
        As :func:`~rankkit.tables.reading.read_people`.

    Returns
    -------
    Payroll

    Raises
    ------
    PeopleError
        With every problem of the table.
    ReadingError
        If the file cannot be read as a table.

    Examples
    --------
    >>> read_payroll(pd.DataFrame({"person": ["007"], "base": ["8000"]})).notes[0].code
    'I-FULLYEAR'
    """
    if isinstance(source, Payroll) and columns is None:
        return source
    return read_as(Payroll, source, columns, encoding, sheet, minor_units=minor_units)
