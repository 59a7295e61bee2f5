"""One table out of any source (csv, workbook, parquet, any engine's frame), before anyone judges what it means."""

from __future__ import annotations

import datetime as dt
import decimal
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from rankkit.errors import Problem, ReadingError
from rankkit.kernels.arrays import Ints
from rankkit.tables import delimited, encodings, spreadsheets
from rankkit.tables.delimited import ROW_INDEX

FIRST_ROW = 2  # a spreadsheet's header is row 1
_TEXT = frozenset({".csv", ".tsv", ".tab", ".txt"})
_WORKBOOK = frozenset({".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"})
_PARQUET = frozenset({".parquet", ".pq"})
_ZIP, _OLE, _PAR1 = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PAR1"


@dataclass(frozen=True)
class Sheet:
    """A table as its source has it.

    Attributes
    ----------
    frame : DataFrame
        The file's own column names. From files every cell is text, or missing where blank: ids keep leading zeros.
        From frames, columns keep their type.
    name : str
        What messages call the source.
    row_numbers : array of int
        Spreadsheet row of each record (the header of a plain file is row 1).
    notes : tuple of Problem
        The encoding where it is not UTF-8; the sheet where there were several.
    """

    frame: pd.DataFrame
    name: str
    row_numbers: Ints
    notes: tuple[Problem, ...] = ()


def read_sheet(source: Any, *, encoding: str | None = None, sheet: str | int | None = None) -> Sheet:
    """Read a table from a file or a frame.

    Parameters
    ----------
    source : path-like, DataFrame, or any frame narwhals supports
        csv, tsv and txt (separator found among comma, semicolon, tab, bar), xlsx, xlsm, xlsb, xls, ods, parquet;
        pandas, polars, pyarrow, duckdb and other frames, eager or lazy; or a table of this library.
    encoding : str, optional
        Of a text file; found by itself otherwise, see :func:`rankkit.tables.encodings.detect`.
    sheet : str or int, optional
        Of a workbook: name, or position from 0; the first visible sheet with content otherwise.

    Returns
    -------
    Sheet
        The header is the first row that is not blank; title lines above it are not guessed away.

    Raises
    ------
    ReadingError
        ``E-FILE, E-KIND, E-BROKEN, E-EXTRA, E-EMPTY, E-HEADERONLY, E-DUPCOL, E-ENCODING, E-SHEET, E-NUL, E-QUOTE``,
        ``E-ONECELL``, ``E-TYPE``, or ``E-RAGGED`` for every ragged row.

    Examples
    --------
    >>> import pandas as pd
    >>> read_sheet(pd.DataFrame({"rater": ["007"], "score": [4]})).row_numbers
    array([2])
    """
    if isinstance(source, pd.DataFrame):
        return _from_pandas(source)
    if isinstance(source, (str, os.PathLike)):
        return _from_file(Path(os.fspath(source)), encoding, sheet)
    own = getattr(source, "frame", None)
    if isinstance(own, pd.DataFrame):
        name = getattr(source, "source_name", None) or "DataFrame"
        return Sheet(_from_pandas(own).frame, name, np.arange(len(own), dtype=np.int64) + FIRST_ROW)
    return _from_any_frame(source)


def with_rows(found: Sheet) -> pd.DataFrame:
    """Put the spreadsheet rows into the index of a sheet's frame.

    Parameters
    ----------
    found : Sheet
        A sheet.

    Returns
    -------
    DataFrame
        The frame, indexed by ``spreadsheet row``.

    Examples
    --------
    >>> with_rows(read_sheet(pd.DataFrame({"rater": ["r1"]}))).index.tolist()
    [2]
    """
    return found.frame.set_axis(pd.Index(found.row_numbers, name=ROW_INDEX), axis=0)


def _from_file(path: Path, encoding: str | None, sheet: str | int | None) -> Sheet:
    """Read a file by its content where that is telling, by its suffix otherwise."""
    name = path.name or str(path)
    kind = path.suffix.lower()
    try:
        if not path.exists():
            raise ReadingError("E-FILE", path=str(path))
        if path.is_dir():
            raise ReadingError("E-KIND", kind="folder")
        with path.open("rb") as file:
            head = file.read(8)
            if kind in _TEXT and not head.startswith((_ZIP, _OLE, _PAR1)):
                return _from_text(head + file.read(), name, encoding, kind)
    except (OSError, ValueError) as e:
        if isinstance(e, FileNotFoundError) or not path_is_possible(path):
            raise ReadingError("E-FILE", path=str(path)[:200]) from e
        raise ReadingError("E-BROKEN", source=name, path=name, kind=kind.lstrip(".")) from e
    if not head:
        raise ReadingError("E-EMPTY", source=name)
    if head.startswith(_PAR1) or kind in _PARQUET:
        return _from_parquet(path, name)
    if kind in _WORKBOOK or (kind in _TEXT and head.startswith((_ZIP, _OLE))):
        return _from_workbook(path, name, sheet)
    raise ReadingError("E-KIND", source=name, kind=kind or "''")


def path_is_possible(path: Path) -> bool:
    """Tell whether the system could hold a file of this name.

    Parameters
    ----------
    path : Path
        The path.

    Returns
    -------
    bool
        False for names with NUL or beyond the system's length.

    Examples
    --------
    >>> path_is_possible(Path("a.csv")), path_is_possible(Path("a" * 5000))
    (True, False)
    """
    try:
        path.lstat()
    except FileNotFoundError:
        return True
    except (OSError, ValueError):
        return False
    return True


def _from_text(data: bytes, name: str, encoding: str | None, kind: str) -> Sheet:
    """Decode, then read rows and separators."""
    if not data:
        raise ReadingError("E-EMPTY", source=name)
    try:
        decoded = encodings.to_utf8(data, encoding)
    except ReadingError as e:
        raise ReadingError(e.items, source=name) from e.__cause__
    tabbed = kind in (".tsv", ".tab") and b"\t" in decoded.data
    text = delimited.read_text(decoded.data, name, "\t" if tabbed else None)
    frame = _titled(text.frame, text.header, name)
    notes = []
    if decoded.rival is not None:
        details = {"path": name, "encoding": decoded.encoding, "rival": decoded.rival}
        notes.append(Problem("W-ENCODING", details=details))
    elif decoded.encoding != "utf-8":
        notes.append(Problem("I-ENCODING", details={"path": name, "encoding": decoded.encoding}))
    return Sheet(frame, name, text.row_numbers, tuple(notes))


def _from_workbook(path: Path, name: str, sheet: str | int | None) -> Sheet:
    """Read a sheet; blank rows are left out but counted."""
    grid = spreadsheets.read_grid(path, sheet, name)
    filled = [k for k, row in enumerate(grid.cells) if any(c is not None and c.strip() for c in row)]
    if not filled:
        raise ReadingError("E-EMPTY", source=name)
    header = grid.cells[filled[0]]
    if len(filled) == 1:
        others = [title for title in grid.sheets if title != grid.sheet]
        if sheet is None and others and sum(c is not None for c in header) == 1:  # a remark, not a header
            raise ReadingError("E-ONECELL", source=name, sheet=grid.sheet, others=others)
        raise ReadingError("E-HEADERONLY", source=name)
    body = pd.DataFrame([grid.cells[k] for k in filled[1:]], dtype=object, columns=list(range(len(header))))
    frame = _titled(body, header, name)
    notes = []
    if sheet is None and len(grid.sheets) > 1:
        notes.append(Problem("I-SHEET", details={"path": name, "sheet": grid.sheet, "found": grid.sheets}))
    return Sheet(frame, name, np.array(filled[1:], dtype=np.int64) + 1, tuple(notes))


def _from_parquet(path: Path, name: str) -> Sheet:
    """Read parquet by pyarrow, an extra."""
    try:
        from pyarrow import ArrowException, parquet  # noqa: PLC0415 - an extra
    except ImportError as e:
        raise ReadingError("E-EXTRA", what="parquet", package="pyarrow", extra="parquet") from e
    try:
        table = parquet.read_table(path)
    except (ArrowException, OSError, ValueError) as e:
        raise ReadingError("E-BROKEN", source=name, path=name, kind="parquet") from e
    found = _from_any_frame(table)
    return Sheet(found.frame, name, found.row_numbers)


def _from_pandas(frame: pd.DataFrame) -> Sheet:
    """Take a DataFrame as it is: its numbers stay numbers, its index is not data."""
    labels: list[Any] = frame.columns.tolist()
    names = [" ".join(map(str, c)).strip() if isinstance(c, tuple) else str(c) for c in labels]
    body = frame.reset_index(drop=True).set_axis(names, axis=1)
    return _checked(body, "DataFrame")


def _from_any_frame(source: Any) -> Sheet:
    """Take a frame of another engine, column by column, without needing pyarrow."""
    import narwhals as nw  # noqa: PLC0415 - only frames of other engines need it

    try:
        frame = nw.from_native(source)
    except TypeError as e:
        raise ReadingError("E-TYPE", expected="file or DataFrame", found=type(source).__name__) from e
    if isinstance(frame, nw.LazyFrame):
        frame = frame.collect()
    columns = {name: _plain_column(frame.get_column(name)) for name in frame.columns}
    body = pd.DataFrame(columns, columns=list(frame.columns))
    return _checked(body, type(source).__name__)


def _plain_column(column: Any) -> pd.Series[Any]:
    """Turn a narwhals column into a pandas one: numbers stay numbers (whole ones also beside blanks), the rest is text."""
    dtype = column.dtype
    if dtype.is_integer() and column.null_count() > 0:
        return pd.Series(pd.array(column.to_list(), dtype="Int64"))
    if dtype.is_integer() or dtype.is_float():
        return pd.Series(column.to_numpy())
    return pd.Series([_text_or_value(v) for v in column.to_list()], dtype=object)


def _text_or_value(value: Any) -> Any:
    """Write dates as a workbook's dates are written; leave text and truth values alone."""
    if isinstance(value, (dt.date, dt.time)):
        return spreadsheets.cell_text(value)
    if isinstance(value, decimal.Decimal):
        return float(value)
    return value


def _checked(frame: pd.DataFrame, name: str) -> Sheet:
    """Refuse frames without columns, without rows, or with a column twice."""
    if not len(frame.columns):
        raise ReadingError("E-EMPTY", source=name)
    _refuse_duplicates([str(c).strip() for c in frame.columns], name)
    if not len(frame):
        raise ReadingError("E-HEADERONLY", source=name)
    return Sheet(frame, name, np.arange(len(frame), dtype=np.int64) + FIRST_ROW)


def _titled(frame: pd.DataFrame, header: Sequence[str | None], name: str) -> pd.DataFrame:
    """Name the columns; a column with neither heading nor content is dropped, one without heading gets its letter."""
    titles = [(c or "").strip() for c in header]
    keep = [k for k, title in enumerate(titles) if title or not _all_blank(frame.iloc[:, k])]
    shown = [titles[k] or f"column {spreadsheets.column_letters(k)}" for k in keep]
    _refuse_duplicates(shown, name)
    if len(keep) < len(titles):
        frame = frame.iloc[:, keep]
    return frame.set_axis(shown, axis=1)


def _all_blank(cells: pd.Series[Any]) -> bool:
    """Whether a column has no content."""
    return all(not isinstance(v, str) or not v.strip() for v in cells.dropna().unique())


def _refuse_duplicates(titles: Sequence[str], name: str) -> None:
    """Refuse a column that is there twice: nobody can know which one is meant."""
    problems = [
        Problem("E-DUPCOL", details={"name": title, "n": titles.count(title)}) for title in dict.fromkeys(titles) if titles.count(title) > 1
    ]
    if problems:
        raise ReadingError(problems, source=name)
