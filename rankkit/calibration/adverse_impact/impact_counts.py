"""Counts of grades by protected group: from graded people, or from a table of counts, with every problem of it listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from rankkit.calibration.adverse_impact.impact_files import need
from rankkit.errors import DataError, InsufficientDataError, PeopleError, Problem, SettingsError
from rankkit.kernels.arrays import Ints
from rankkit.methods.forced_distribution import ForcedDistributionResult
from rankkit.tables import numbers
from rankkit.tables.attributes import Attributes
from rankkit.tables.people import People
from rankkit.tables.sheets import Sheet
from rankkit.tables.text import as_text

Grades = ForcedDistributionResult | pd.Series | Mapping[str, str]
ONE = "all"  # the attribute or stratum of a table that names none
NOBODY = "(none)"  # the stratum, or group, of people of whom none is known
CROSS = " × "


def grades_of(grades: object, order: Sequence[str] | None) -> tuple[pd.Series, list[str]]:
    """Grade of each person who has one, and all grades, best first.

    Raises
    ------
    SettingsError
        If the order of the grades is not known, or lacks one that was given.
    PeopleError
        If somebody has two grades.
    """
    if isinstance(grades, ForcedDistributionResult):
        return grades.grades["grade"].dropna().astype(str), [str(g) for g in grades.quota.index]
    if not isinstance(grades, (pd.Series, Mapping)):
        allowed = "a ForcedDistributionResult, or the grade of each person (Series or mapping)"
        raise SettingsError("E-SETTING", name="grades", value=type(grades).__name__, allowed=allowed)
    given = pd.Series(grades, dtype=object)
    given = given.map(as_text).set_axis(pd.Index([as_text(p) for p in given.index], name="person")).dropna()
    twice = given.index[given.index.duplicated()]
    if len(twice) or given.index.hasnans:
        raise PeopleError(
            [Problem("E-DUPPERSON", None, "person", None, {"name": p}) for p in twice] or [Problem("E-BLANK", None, "person")]
        )
    if order is None:
        raise SettingsError("E-SETTING", name="order", value=None, allowed="all grades, best first")
    unknown = sorted(set(given) - set(order))
    if unknown or len(set(order)) < len(order):
        raise SettingsError("E-SETTING", name="order", value=list(order), allowed=f"each grade once, best first, with {sorted(set(given))}")
    return given, [str(g) for g in order]


def must_be_attributes(attributes: object) -> None:
    """Refuse anything but the type of protected attributes."""
    if not isinstance(attributes, Attributes):
        raise SettingsError("E-SETTING", name="attributes", value=type(attributes).__name__, allowed="rankkit.Attributes")


def rows_of(graded: pd.Series, attributes: Attributes, people: People | None, strata: str | None) -> tuple[pd.DataFrame, list[Problem]]:
    """One row a graded person and attribute: ``person, attribute, group, grade, stratum``; and who has no value.

    Raises
    ------
    InsufficientDataError
        If no graded person has an attribute.
    """
    rows = attributes.frame.rename(columns={"value": "group"})
    rows = rows[rows["person"].isin(graded.index) & (rows["group"].fillna("").astype(str) != "")]
    if rows.empty:
        raise InsufficientDataError("E-IMPACTNOBODY")
    rows = rows.assign(grade=graded.reindex(rows["person"]).to_numpy(), stratum=_strata(rows["person"], people, strata))
    notes = []
    for name in attributes.names:
        lacking = len(graded) - int((rows["attribute"] == name).sum())
        if lacking:
            notes.append(Problem("W-IMPACTUNKNOWN", None, name, None, {"n": lacking, "total": len(graded)}))
    return rows.reset_index(drop=True), notes


def _strata(person: pd.Series, people: People | None, column: str | None) -> np.ndarray | str:
    """Stratum of each person; people without one are a stratum of their own."""
    if column is None:
        return ONE
    if people is None or column not in people.frame.columns:
        allowed = [] if people is None else list(people.frame.columns)
        raise SettingsError("E-SETTING", name="strata", value=column, allowed=allowed)
    known = people.frame[column].reindex(person).astype("object")
    return known.where(known.notna(), NOBODY).astype(str).to_numpy()


def counted(rows: pd.DataFrame) -> pd.DataFrame:
    """Count ``attribute, stratum, group, grade``; crossed attributes come last."""
    counts = rows.groupby(["attribute", "stratum", "group", "grade"], sort=True).size().rename("n").reset_index()
    return counts.sort_values("attribute", key=lambda a: a.str.contains(CROSS, regex=False), kind="stable", ignore_index=True)


def group_counts(
    grades: Grades,
    attributes: Attributes,
    *,
    order: Sequence[str] | None = None,
    people: People | None = None,
    strata: str | None = None,
    stratum: str | None = None,
) -> pd.DataFrame:
    """Count grades by protected group, for :func:`~rankkit.calibration.impact_of_counts`.

    To pool years, put the counts of several years under one another, each with its own ``stratum``. The table holds small cells:
    keep it as close as the attributes themselves.

    Parameters
    ----------
    grades : ForcedDistributionResult, Series or mapping
        Graded people, or the grade of each person.
    attributes : Attributes
        Protected attributes.
    order : sequence of str, optional
        All grades, best first; needed unless ``grades`` is a result.
    people, strata : People and str, optional
        Column of ``people`` to count within.
    stratum : str, optional
        Name of this stratum (a year), before that of ``strata``.

    Returns
    -------
    DataFrame
        ``attribute, stratum, group, grade, n``.

    Raises
    ------
    SettingsError
        For anything but Attributes, an unknown column, or grades without an order.
    InsufficientDataError
        If no graded person has an attribute.

    Examples
    --------
    >>> import pandas as pd, rankkit as rk
    >>> from rankkit import calibration
    >>> frame = pd.DataFrame({"person": ["1", "2", "3"], "attribute": "gender", "value": ["f", "m", "m"]})
    >>> graded = {"1": "A", "2": "B", "3": "B"}
    >>> calibration.group_counts(graded, rk.Attributes.from_frame(frame), order=["A", "B"], stratum="2026").values.tolist()
    [['gender', '2026', 'f', 'A', 1], ['gender', '2026', 'm', 'B', 2]]
    """
    must_be_attributes(attributes)
    graded, _ = grades_of(grades, order)
    counts = counted(rows_of(graded, attributes, people, strata)[0])
    if stratum is None:
        return counts
    return counts.assign(stratum=stratum if strata is None else [f"{stratum}: {s}" for s in counts["stratum"]])


def crossed_rows(rows: pd.DataFrame, pairs: Sequence[tuple[str, str]], least: int) -> tuple[pd.DataFrame, list[Problem]]:
    """Groups of two attributes crossed, as rows of a further attribute.

    The groups of each attribute are shown by themselves. A small cell beside them could be worked out from the others, and so could
    people who have one attribute and not the other: with any of these, nothing of the crossing is shown.
    """
    made, notes = [rows.iloc[:0]], []
    for a, b in pairs:
        names = set(rows["attribute"])
        if not {a, b} <= names or a == b:
            raise SettingsError("E-SETTING", name="crossed", value=(a, b), allowed=f"pairs of {sorted(names)}")
        group = {name: rows[rows["attribute"] == name].set_index("person")["group"] for name in (a, b)}
        both = pd.DataFrame(group)  # people with either; a missing value is a cell of its own for the sake of counting
        sizes = both.fillna(NOBODY).groupby([a, b]).size()
        title = f"{a}{CROSS}{b}"
        if (sizes < least).any():
            notes.append(Problem("W-IMPACTCROSSED", None, title, None, {"n": least}))
            continue
        whole = both.dropna()
        joined = (whole[a].astype(str) + CROSS + whole[b].astype(str)).rename("group")
        facts = rows[rows["attribute"] == a].set_index("person")[["grade", "stratum"]]
        made.append(facts.join(joined, how="inner").rename_axis("person").reset_index().assign(attribute=title))
    return pd.concat(made, ignore_index=True), notes


def tidy_counts(found: Sheet, grades: Sequence[str] | None) -> tuple[pd.DataFrame, list[str] | None]:
    """Bring either form of counts to ``attribute, stratum, group, grade, n``, and list everything that keeps it from being read.

    Raises
    ------
    DataError
        With every problem: missing columns, blank groups, counts that are no whole numbers of 0 or more, more selected than
        considered, unknown grades.
    """
    table, rows = found.frame.reset_index(drop=True), found.row_numbers
    by_grade = "grade" in table or ("n" in table and "considered" not in table)
    needed = ["group", "grade", "n"] if by_grade else ["group", "considered", "selected"]
    need(found, needed)
    problems = _blanks(table, rows, [c for c in ("attribute", "stratum", "group", "grade") if c in table])
    count = {name: _whole(table[name], rows, name, problems) for name in needed if name in ("n", "considered", "selected")}
    if by_grade and grades is not None:
        for k in np.flatnonzero(~table["grade"].map(as_text).isin([*map(str, grades), None])):
            problems.append(Problem("E-IMPACTGRADE", int(rows[k]), "grade", table["grade"].iloc[k], {"grades": list(grades)}))
    if not by_grade:
        for k in np.flatnonzero(count["selected"] > count["considered"]):
            details = {"selected": f"{count['selected'][k]:g}", "considered": f"{count['considered'][k]:g}"}
            problems.append(Problem("E-IMPACTMORE", int(rows[k]), "selected", None, details))
    if problems:
        raise DataError(sorted(problems, key=lambda p: p.row or 0), source=found.name, n_rows=len(table))
    if not len(table) or not sum(float(c.sum()) for c in count.values()):
        raise InsufficientDataError("E-IMPACTNOBODY")
    out = pd.DataFrame({name: table[name].map(as_text) if name in table else ONE for name in ("attribute", "stratum")}, index=table.index)
    out["group"] = table["group"].map(as_text)
    if by_grade:
        out = out.assign(grade=table["grade"].map(as_text), n=count["n"].astype(np.int64))
        return out, None if grades is None else [str(g) for g in grades]
    chosen = out.assign(grade="selected", n=count["selected"].astype(np.int64))
    rest = out.assign(grade="not selected", n=(count["considered"] - count["selected"]).astype(np.int64))
    return pd.concat([chosen, rest], ignore_index=True), ["selected", "not selected"]


def _blanks(table: pd.DataFrame, rows: Ints, names: Sequence[str]) -> list[Problem]:
    """Cells that should name something and do not."""
    return [Problem("E-BLANK", int(rows[k]), name) for name in names for k in np.flatnonzero(table[name].map(as_text).isna())]


def _whole(column: pd.Series[Any], rows: Ints, name: str, problems: list[Problem]) -> np.ndarray[Any, Any]:
    """Read counts; what is no whole number of 0 or more goes on the list."""
    values, bad = numbers.parse(column)
    wrong = bad | np.isnan(values) | (values < 0) | (values % 1 != 0)
    for k in np.flatnonzero(wrong):
        problems.append(Problem("E-IMPACTCOUNT", int(rows[k]), name, column.iloc[k]))
    return np.where(wrong, 0.0, values)
