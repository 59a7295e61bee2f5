"""Grades, groups and counts of groups out of files: any heading, any encoding, every problem listed with its row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from rankkit.errors import DataError, PeopleError, Problem
from rankkit.tables import headings
from rankkit.tables.attributes import Attributes
from rankkit.tables.people import PROTECTED
from rankkit.tables.sheets import Sheet, read_sheet
from rankkit.tables.text import as_text


def named(source: Any, columns: Mapping[str, str] | None, *, encoding: str | None = None, sheet: str | int | None = None) -> Sheet:
    """Read a table and call its columns by our names.

    Raises
    ------
    DataError
        ``E-COLS`` if a column named is not there.
    ReadingError
        If the file cannot be read as a table.
    """
    found = read_sheet(source, encoding=encoding, sheet=sheet)
    given = dict(columns or {})
    if absent := [theirs for theirs in given.values() if theirs not in found.frame.columns]:
        need(found, absent)
    frame = found.frame.rename(columns={theirs: ours for ours, theirs in given.items()})
    return Sheet(frame, found.name, found.row_numbers, found.notes)


def need(found: Sheet, names: Sequence[str]) -> None:
    """Refuse a table that lacks columns, suggesting which of its own may be meant.

    Raises
    ------
    DataError
        ``E-COLS``.
    """
    if absent := [name for name in names if name not in found.frame.columns]:
        near = headings.suggest(list(map(str, found.frame.columns)), absent)
        example = ", ".join(f"'{name}': '{near.get(name, '…')}'" for name in absent)
        raise DataError("E-COLS", missing=", ".join(absent), found=", ".join(map(str, found.frame.columns)), example=example)


def people_problems(found: Sheet) -> list[Problem]:
    """Blank ids, and ids that occur twice."""
    person = found.frame["person"].map(as_text)
    problems = [Problem("E-BLANK", int(found.row_numbers[k]), "person") for k in np.flatnonzero(person.isna())]
    for k in np.flatnonzero(person.duplicated() & person.notna()):
        problems.append(Problem("E-DUPPERSON", int(found.row_numbers[k]), "person", None, {"name": person.iloc[k]}))
    return sorted(problems, key=lambda p: p.row or 0)


@dataclass(frozen=True, eq=False)
class GradeList:
    """The grade of each person, from a file.

    Attributes
    ----------
    grades : Series
        By person; blank cells are left out.
    facts : DataFrame
        The other columns, by person.
    ungraded : int
        People without a grade.
    notes : tuple of Problem
        The encoding where it is not UTF-8.
    """

    grades: pd.Series
    facts: pd.DataFrame
    ungraded: int
    notes: tuple[Problem, ...]


def read_grades(
    source: Any,
    columns: Mapping[str, str] | None = None,
    *,
    order: Sequence[str] | None = None,
    encoding: str | None = None,
    sheet: str | int | None = None,
) -> GradeList:
    """Read ``person, grade``, one row a person.

    Parameters
    ----------
    source : path-like, DataFrame, or any frame narwhals supports
        As :func:`rankkit.read_ratings`.
    columns : mapping, optional
        Our column name to the file's own.
    order : sequence of str, optional
        All grades; another one is a problem.
    encoding, sheet
        As :func:`rankkit.read_people`.

    Returns
    -------
    GradeList

    Raises
    ------
    PeopleError
        With every problem: blank or repeated people, grades that are not among the order.
    DataError
        ``E-COLS``.
    ReadingError
        If the file cannot be read as a table.

    Examples
    --------
    >>> import pandas as pd
    >>> read_grades(pd.DataFrame({"工号": ["007", "008"], "等级": ["优", None]}), {"person": "工号", "grade": "等级"}).grades.to_dict()
    {'007': '优'}
    """
    found = named(source, columns, encoding=encoding, sheet=sheet)
    need(found, ["person", "grade"])
    problems = people_problems(found)
    grade = found.frame["grade"].map(as_text)
    if order is not None:
        for k in np.flatnonzero(grade.notna() & ~grade.isin(list(order))):
            problems.append(Problem("E-IMPACTGRADE", int(found.row_numbers[k]), "grade", grade.iloc[k], {"grades": list(order)}))
    if problems:
        raise PeopleError(sorted(problems, key=lambda p: p.row or 0), source=found.name, n_rows=len(grade))
    people = pd.Index(found.frame["person"].map(as_text), name="person")
    facts = found.frame.drop(columns=["person", "grade"]).set_axis(people)
    given = grade.set_axis(people)
    return GradeList(given.dropna(), facts, int(given.isna().sum()), found.notes)


def read_groups(
    source: Any,
    columns: Mapping[str, str] | None = None,
    *,
    names: Sequence[str] = (),
    encoding: str | None = None,
    sheet: str | int | None = None,
) -> Attributes:
    """Read protected attributes, long (``person, attribute, value``) or wide (a column each).

    Parameters
    ----------
    source : path-like, DataFrame, or any frame narwhals supports
        As :func:`rankkit.read_ratings`.
    columns : mapping, optional
        Our column name to the file's own.
    names : sequence of str
        Columns of a wide table that are attributes; by default those known to be protected (gender, 性别, 民族 …).
    encoding, sheet
        As :func:`rankkit.read_people`.

    Returns
    -------
    rankkit.tables.attributes.Attributes

    Raises
    ------
    PeopleError
        With every problem of the table.
    DataError
        ``E-COLS``.
    ReadingError
        If the file cannot be read as a table.

    Examples
    --------
    >>> import pandas as pd
    >>> wide = pd.DataFrame({"工号": ["007", "008"], "性别": ["女", "男"], "部门": ["东", "西"]})
    >>> read_groups(wide, {"person": "工号"})
    <Attributes: 性别 of 2 people>
    """
    found = named(source, columns, encoding=encoding, sheet=sheet)
    if {"attribute", "value"} <= set(found.frame.columns):
        need(found, ["person"])
        return Attributes.from_frame(found.frame, source_name=found.name)
    chosen = list(names) or [c for c in found.frame.columns if str(c).strip().lower().replace(" ", "_") in PROTECTED]
    need(found, ["person", *(chosen or ["attribute", "value"])])
    if problems := people_problems(found):
        raise PeopleError(problems, source=found.name, n_rows=len(found.frame))
    long = found.frame.melt("person", chosen, "attribute", "value")
    return Attributes.from_frame(long[long["value"].map(as_text).notna()].reset_index(drop=True), source_name=found.name)
