"""A sheet with one row a rater and one column a person, the cells being ranks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from rankkit.errors import Problem, RankingsError, SettingsError
from rankkit.tables import numbers
from rankkit.tables.rankings import Rankings
from rankkit.tables.sheets import Sheet, read_sheet, with_rows
from rankkit.tables.text import normalise


def rankings_from_matrix(
    source: Any,
    *,
    rater: str | None = None,
    people: Sequence[str] | None = None,
    blank: Literal["not_presented", "unranked"] = "not_presented",
    encoding: str | None = None,
    sheet: str | int | None = None,
) -> Rankings:
    """Read a sheet with one row a rater and one column a person; the cell is the rank the rater gave.

    Parameters
    ----------
    source : path-like, DataFrame, or any frame narwhals supports
        As :func:`rankkit.read_rankings`.
    rater : str, optional
        Column of the raters; without it each row is a rater, numbered 1, 2, ….
    people : sequence of str, optional
        Columns that hold ranks; all others by default.
    blank : {"not_presented", "unranked"}
        What a blank cell means: the rater was not shown this person, or was and left them over.
    encoding : str, optional
        Of a text file.
    sheet : str or int, optional
        Of a workbook.

    Returns
    -------
    Rankings
        Validated.

    Raises
    ------
    RankingsError
        ``E-MAPCOL`` for a column that is not there, ``E-RANK`` with row and column for every cell that is no rank, and
        what :meth:`rankkit.Rankings.from_frame` finds.
    SettingsError
        ``E-SETTING`` for another meaning of blank cells.

    Examples
    --------
    >>> frame = pd.DataFrame({"评委": ["r1", "r2"], "王伟": [1, 2], "李娜": [2, 1], "赵敏": [3, None]})
    >>> rankings_from_matrix(frame, rater="评委")
    <Rankings: 6 rows, 3 people, 2 raters>
    """
    if blank not in ("not_presented", "unranked"):
        raise SettingsError("E-SETTING", name="blank", value=repr(blank), allowed="'not_presented', 'unranked'")
    found = read_sheet(source, encoding=encoding, sheet=sheet)
    first, columns, problems = _columns(found, rater, people)
    n = len(found.frame)
    raters = found.frame[first] if first is not None else pd.Series(np.arange(1, n + 1))
    ranks = found.frame[columns].melt(var_name="ratee", value_name="rank")
    value, bad = numbers.parse(ranks["rank"])
    bad |= (np.nan_to_num(value, nan=1.0) < 1) | (np.nan_to_num(value) * 2 % 1 != 0)
    for k in np.flatnonzero(bad).tolist():
        problems.append(Problem("E-RANK", int(found.row_numbers[k % n]), columns[k // n], ranks["rank"].iloc[k]))
    if problems:
        raise _complaint(problems, found)
    long = ranks.assign(rater=[*raters] * len(columns), status=np.where(np.isnan(value), blank, "ranked"))
    try:
        table = Rankings.from_frame(long, source_name=found.name, row_numbers=np.tile(found.row_numbers, len(columns)))
    except RankingsError as e:
        raise _complaint(e.items, found) from None
    return replace(table, notes=(*found.notes, *table.notes))


def _columns(found: Sheet, rater: str | None, people: Sequence[str] | None) -> tuple[str | None, list[str], list[Problem]]:
    """Find the column of the raters and those of the ranks; say which are not there."""
    shown = [str(c) for c in found.frame.columns]
    own = {normalise(c): c for c in shown}
    asked = [*([rater] if rater is not None else []), *(people or [])]
    problems = [Problem("E-MAPCOL", details={"name": name, "found": shown}) for name in asked if normalise(str(name)) not in own]
    first = own.get(normalise(str(rater))) if rater is not None else None
    chosen = shown if people is None else [own[normalise(str(p))] for p in people if normalise(str(p)) in own]
    return first, [c for c in chosen if c != first], problems


def _complaint(problems: Sequence[Problem], found: Sheet) -> RankingsError:
    """Make the error that lists the problems of the sheet; one of a rater's cell stands once."""
    distinct = {(p.code, p.row, p.column, repr(p.value), repr(p.details)): p for p in problems}
    error = RankingsError(sorted(distinct.values(), key=lambda p: p.row or 0), source=found.name, n_rows=len(found.frame))
    error.table = with_rows(found)
    return error
