"""Sheets that are not tidy: a column for every dimension, or a square matrix of wins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from rankkit.errors import ComparisonsError, Problem, RatingsError, SettingsError
from rankkit.kernels.arrays import Floats
from rankkit.tables import headings, numbers
from rankkit.tables.comparisons import Comparisons
from rankkit.tables.judgements import Intake
from rankkit.tables.ratings import Ratings
from rankkit.tables.reading import known_words
from rankkit.tables.sheets import Sheet, read_sheet, with_rows
from rankkit.tables.text import as_text, normalise


def from_wide(
    source: Any,
    *,
    ratee: str,
    dimensions: Sequence[str] | Mapping[str, str],
    rater: str | None = None,
    scale: tuple[float, float] | None = None,
    columns: Mapping[str, str] | None = None,
    words: Mapping[str, float] | str | None = None,
    encoding: str | None = None,
    sheet: str | int | None = None,
) -> Ratings:
    """Read a sheet with one row a person (and rater) and one column a dimension.

    Parameters
    ----------
    source : path-like, DataFrame, or any frame narwhals supports
        As :func:`rankkit.read_ratings`.
    ratee : str
        Column of those who are rated.
    dimensions : sequence of str, or mapping
        Columns that hold scores; as a mapping, dimension to column.
    rater : str, optional
        Column of those who rate. Without it the scores are averages over unknown raters, and no standard error of
        them can be known.
    scale : (float, float), optional
        Lowest and highest possible score, the same for all dimensions.
    columns : mapping, optional
        Our name to the sheet's own for further columns: ``source, cycle, order, ratee_label, rater_label``.
    words : mapping or str, optional
        Grade words and their numbers, or the name of a set.
    encoding : str, optional
        Of a text file.
    sheet : str or int, optional
        Of a workbook.

    Returns
    -------
    Ratings
        One rating a filled or blank cell: a blank cell is "not rated".

    Raises
    ------
    RatingsError
        With every problem: the sheet's row, the sheet's column, value and fix.
    ReadingError
        If the file cannot be read as a table.

    Examples
    --------
    >>> frame = pd.DataFrame({"姓名": ["王伟", "李娜"], "评委": ["r1", "r1"], "质量": [4, 5], "沟通": [3, None]})
    >>> table = from_wide(frame, ratee="姓名", rater="评委", dimensions=["质量", "沟通"], scale=(1, 5))
    >>> table.dimensions, len(table)
    (('沟通', '质量'), 4)
    """
    known = known_words(words)
    found = read_sheet(source, encoding=encoding, sheet=sheet)
    scored = dict(dimensions) if isinstance(dimensions, Mapping) else {str(d): str(d) for d in dimensions}
    if not scored:
        raise SettingsError("E-SETTING", name="dimensions", value="[]", allowed="one column or more")
    keys = {"ratee": ratee, **({"rater": rater} if rater is not None else {}), **(columns or {})}
    own = _own_names(found, [*keys.values(), *(dimensions.values() if isinstance(dimensions, Mapping) else dimensions)])
    long, naming, score_columns = _lengthened(found, {k: own[normalise(v)] for k, v in keys.items()}, scored, own)
    repeated = np.tile(found.row_numbers, len(scored))
    try:
        intake = Intake(Ratings, long, naming, found.name, repeated)
        table = Ratings._read(intake, scale, known, score_columns, averaged=rater is None)  # noqa: SLF001 - one family
    except RatingsError as e:
        distinct = {(p.code, p.row, p.column, repr(p.value), repr(p.details)): p for p in e.items}
        error = RatingsError(list(distinct.values()), source=found.name, n_rows=len(found.frame))
        error.table = with_rows(found)
        raise error from None
    return replace(table, notes=(*found.notes, *table.notes))


def _own_names(found: Sheet, asked: Sequence[str]) -> dict[str, str]:
    """Map normalised column names to the sheet's own; every name asked for must be there, and only once."""
    own = {normalise(str(c)): str(c) for c in found.frame.columns}
    shown = [str(c) for c in found.frame.columns]
    missing = [name for name in dict.fromkeys(asked) if normalise(str(name)) not in own]
    row = headings.below_a_title(found.frame, missing) if missing else None
    if row is not None:
        problems = [Problem("E-TITLEROW", int(found.row_numbers[row]), details={"names": missing})]
    else:
        problems = [Problem("E-MAPCOL", details={"name": name, "found": shown}) for name in missing]
    problems += [
        Problem("E-DUPCOL", details={"name": name, "n": asked.count(name)}) for name in dict.fromkeys(asked) if asked.count(name) > 1
    ]
    if problems:
        error = RatingsError(problems, source=found.name, n_rows=len(found.frame))
        error.table = with_rows(found)
        raise error
    return own


def _lengthened(
    found: Sheet, keys: Mapping[str, str], scored: Mapping[str, str], own: Mapping[str, str]
) -> tuple[pd.DataFrame, dict[str, str], list[str]]:
    """Stack the score columns, first dimension first; remember which column each score came from."""
    n = len(found.frame)
    taken = set(keys.values())
    score, dimension = _free("score", taken), _free("dimension", taken)
    data = {name: pd.concat([found.frame[name]] * len(scored), ignore_index=True) for name in keys.values()}
    sheet_columns = [own[normalise(str(c))] for c in scored.values()]
    data[score] = pd.concat([found.frame[c] for c in sheet_columns], ignore_index=True)
    data[dimension] = pd.Series(np.repeat(np.array(list(scored), dtype=object), n))
    naming = {**keys, "score": score, "dimension": dimension}
    return pd.DataFrame(data), naming, [c for c in sheet_columns for _ in range(n)]


def _free(name: str, taken: set[str]) -> str:
    """Find a column name the sheet does not use."""
    while name in taken:
        name = f"{name} "
        if normalise(name) in {normalise(t) for t in taken}:
            name = f"{name.strip()}'"
    return name


def from_matrix(
    source: Any,
    *,
    names: Sequence[str] | None = None,
    encoding: str | None = None,
    sheet: str | int | None = None,
) -> Comparisons:
    """Read a square matrix of wins: the cell in row i and column j counts how often i was preferred to j.

    Parameters
    ----------
    source : array of shape (n, n), path-like, DataFrame, or any frame narwhals supports
        In a file the first column holds the names of the rows and the header those of the columns; in a DataFrame
        the first column or the index does. Rows and columns may be in different order.
    names : sequence of str, optional
        Names for a bare array.
    encoding : str, optional
        Of a text file.
    sheet : str or int, optional
        Of a workbook.

    Returns
    -------
    Comparisons
        ``winner, loser, count``; a person with only zeros stays in it. The diagonal must be blank or 0.

    Raises
    ------
    ComparisonsError
        ``E-MATRIX`` if rows and columns are not the same people, ``E-COUNT`` with row and column for every cell that
        is no count, ``E-SELFPAIR`` for wins over oneself.
    ReadingError
        If the file cannot be read as a table.

    Examples
    --------
    >>> wins = pd.DataFrame({"甲": [0, 1], "乙": [3, 0]}, index=["甲", "乙"])
    >>> from_matrix(wins).frame["count"].tolist()
    [3.0, 1.0]
    """
    found, row_names = _matrix_sheet(source, names, encoding, sheet)
    frame = found.frame
    columns = [normalise(str(c)) for c in frame.columns]
    if sorted(row_names) != sorted(columns) or len(set(columns)) != len(columns):
        only_rows = [r for r in dict.fromkeys(row_names) if r not in columns or row_names.count(r) > 1]
        only_columns = [c for c in columns if c not in row_names]
        details = {"rows": len(row_names), "columns": len(columns), "only": [*only_rows, *only_columns] or columns}
        raise _complaint([Problem("E-MATRIX", details=details)], found)
    wins = np.empty((len(columns), len(columns)), dtype=np.float64)
    problems: list[Problem] = []
    for j in range(len(columns)):
        values, bad = numbers.parse(frame.iloc[:, j])
        values = np.where(np.isnan(values) & ~bad, 0.0, values)
        for i in np.flatnonzero(bad | (values < 0)).tolist():
            cell = frame.iloc[i, j]
            problems.append(Problem("E-COUNT", int(found.row_numbers[i]), str(frame.columns[j]), cell))
        wins[:, j] = values
        i = row_names.index(columns[j])
        if wins[i, j] > 0:
            details = {"name": columns[j]}
            problems.append(Problem("E-SELFPAIR", int(found.row_numbers[i]), str(frame.columns[j]), frame.iloc[i, j], details))
    if problems:
        raise _complaint(sorted(problems, key=lambda p: p.row or 0), found)
    return _compared(wins, row_names, columns, found)


def _matrix_sheet(source: Any, names: Sequence[str] | None, encoding: str | None, sheet: str | int | None) -> tuple[Sheet, list[str]]:
    """Separate the names of the rows from the counts."""
    if isinstance(source, np.ndarray):
        if source.ndim != 2 or names is None or len(names) != source.shape[1]:
            shape = {"rows": len(source) if source.ndim else 0, "columns": len(names or ()), "only": "names="}
            raise ComparisonsError(Problem("E-MATRIX", details=shape))
        labels = [normalise(str(n)) for n in names]
        return read_sheet(pd.DataFrame(source, columns=labels)), [*labels, *[""] * len(source)][: len(source)]
    found = read_sheet(source, encoding=encoding, sheet=sheet)
    columns = [normalise(str(c)) for c in found.frame.columns]
    if isinstance(source, pd.DataFrame) and {as_text(i) for i in source.index} & set(columns):
        return found, [as_text(i) or "" for i in source.index]
    rows = [as_text(v) or "" for v in found.frame.iloc[:, 0]]
    return replace(found, frame=found.frame.iloc[:, 1:]), rows


def _compared(wins: Floats, row_names: list[str], columns: list[str], found: Sheet) -> Comparisons:
    """Turn counts into comparisons; somebody without any keeps one comparison of count 0."""
    i, j = np.nonzero(wins)
    winner, loser = [row_names[k] for k in i], [columns[k] for k in j]
    count = wins[i, j].tolist()
    rows = found.row_numbers[i].tolist()
    met = {*winner, *loser}
    for k, name in enumerate(row_names):
        if name not in met and len(columns) > 1:
            winner.append(name)
            loser.append(next(c for c in columns if c != name))
            count.append(0.0)
            rows.append(int(found.row_numbers[k]))
    tidy = pd.DataFrame({"winner": winner, "loser": loser, "count": count})
    try:
        table = Comparisons.from_frame(tidy, source_name=found.name, row_numbers=rows)
    except ComparisonsError as e:
        raise _complaint(list(e.items), found) from None
    return replace(table, notes=(*found.notes, *table.notes))


def _complaint(problems: Sequence[Problem], found: Sheet) -> ComparisonsError:
    """Make the error that lists the problems of a matrix."""
    error = ComparisonsError(list(problems), source=found.name, n_rows=len(found.frame))
    error.table = with_rows(found)
    return error
