"""Text files of rows and separators: what separates, which rows are ragged, and the cells as text.

The file is looked at twice: once for its structure alone (separators, quotes, line ends, in vectorised passes over the
bytes), so that every irregular row is named before a cell is read, and once by the pandas C parser.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rankkit.errors import Problem, ReadingError
from rankkit.kernels.arrays import Bools, Ints

Bytes = NDArray[np.uint8]
ROW_INDEX = "spreadsheet row"  # name of the index that carries row numbers in an error's table
_SEPARATORS = b",\t;|"
_QUOTE, _LF, _CR = 0x22, 0x0A, 0x0D
_BLOCK = 1 << 18  # bytes looked at in one pass: they stay in the processor's cache
_SNIFFED = 1 << 16  # bytes the separator is judged by
_MANY = 100  # ragged rows from which, if they are the majority, one message says it for all


@dataclass(frozen=True)
class Text:
    """Cells of a delimited file: the raw header, the cells, and the spreadsheet row of each record."""

    header: list[str | None]
    frame: pd.DataFrame
    row_numbers: Ints


@dataclass(frozen=True)
class Layout:
    """Structure of a file: where each record ends (position of its line end) and how many cells it has."""

    stops: Ints
    cells: Ints


def read_text(data: bytes, name: str, separator: str | None = None) -> Text:
    r"""Read delimited text.

    Parameters
    ----------
    data : bytes
        The file as UTF-8 without byte order mark.
    name : str
        Name of the source for messages.
    separator : str, optional
        One of comma, semicolon, tab and bar; found by itself otherwise.

    Returns
    -------
    Text
        Header, cells (text, or NaN where blank) and spreadsheet rows; blank lines are left out but counted.

    Raises
    ------
    ReadingError
        ``E-EMPTY``, ``E-NUL``, ``E-QUOTE``, ``E-RAGGED`` for every ragged row, ``E-HEADERONLY``.

    Examples
    --------
    >>> text = read_text(b"rater;ratee\n\nr1;007\n", "demo.csv")
    >>> text.header, text.frame.to_numpy().tolist(), text.row_numbers.tolist()
    (['rater', 'ratee'], [['r1', '007']], [3])
    """
    offset = 0
    declared, skipped = _declared_separator(data)
    if declared:
        separator, data, offset = declared, data[skipped:], 1
    if not data.strip():
        raise ReadingError("E-EMPTY", source=name)
    if b"\0" in data:
        row = 1 + data[: data.index(b"\0")].count(b"\n") + offset
        raise ReadingError(Problem("E-NUL", row), source=name)
    sep = (separator or sniff(data)).encode()
    layout = survey(data, sep, name)
    first = _first_record(data, layout)
    width = int(layout.cells[first])
    ragged = _ragged(data, layout, width, first, sep)
    frame = pd.read_csv(
        io.BytesIO(data),
        sep=sep.decode(),
        header=None,
        names=list(range(width)),
        usecols=list(range(width)),
        index_col=False,
        dtype=object,
        keep_default_na=False,
        na_values=[""],
        skip_blank_lines=False,
        encoding="utf-8",
    )
    if len(frame) != len(layout.stops):  # the two passes must agree on what a row is
        raise ReadingError("E-BROKEN", source=name, path=name, kind="csv")
    header = [None if pd.isna(c) else str(c) for c in frame.iloc[first]]
    body = frame.iloc[first + 1 :]
    rows = np.arange(first + 2, len(frame) + 1, dtype=np.int64) + offset
    blank = body.iloc[:, 0].isna().to_numpy(copy=True)
    if blank.any():
        blank[blank] = body[blank].isna().all(axis=1).to_numpy()
        body, rows = body[~blank], rows[~blank]
    body = body.reset_index(drop=True)
    if len(ragged):
        table = body.set_axis([c or "" for c in header], axis=1).set_axis(pd.Index(rows, name=ROW_INDEX), axis=0)
        raise _ragged_error(ragged + 1 + offset, layout.cells[ragged], width, table, name)
    if body.empty:
        raise ReadingError("E-HEADERONLY", source=name)
    return Text(header, body, rows)


def _declared_separator(data: bytes) -> tuple[str | None, int]:
    """Honour a first line 'sep=;' as spreadsheets do."""
    line = data[:16].split(b"\n", 1)[0].rstrip(b"\r")
    if len(line) == 5 and line.lower().startswith(b"sep=") and line[4:] in (b",", b";", b"\t", b"|"):
        return line[4:].decode(), data.index(b"\n") + 1 if b"\n" in data else len(data)
    return None, 0


def sniff(data: bytes) -> str:
    r"""Find the separator: the one the header has, and the rows repeat as often.

    Parameters
    ----------
    data : bytes
        UTF-8 text; its first lines are looked at.

    Returns
    -------
    str
        The separator; a comma where there is none.

    Examples
    --------
    >>> sniff(b"rater;ratee;score\na;b;3,5\n"), sniff(b"name\nx,y\n")
    (';', ',')
    """
    head = data[:_SNIFFED]
    if len(data) > _SNIFFED:
        head = head[: head.rfind(b"\n") + 1] or head
    best, most = ",", (0.0, 0)
    for code in _SEPARATORS:
        sep = bytes([code])
        layout = survey(head, sep, None)
        first = _first_record(head, layout)
        in_header = int(layout.cells[first]) - 1
        rest = layout.cells[first + 1 :]
        rest = rest[rest > 1]
        agreeing = float(np.mean(rest == in_header + 1)) if len(rest) else 0.0
        if in_header and (agreeing, in_header) > most:
            best, most = sep.decode(), (agreeing, in_header)
    return best


def survey(data: bytes, separator: bytes, name: str | None) -> Layout:
    r"""Count the cells of every record without reading them.

    Parameters
    ----------
    data : bytes
        UTF-8 text.
    separator : bytes
        One byte.
    name : str or None
        Source for the error message; None to forgive a quotation mark left open (a piece of a file).

    Returns
    -------
    Layout
        End and number of cells of each record, in order; a record may span lines inside quotes.

    Raises
    ------
    ReadingError
        ``E-QUOTE`` where a quotation mark is never closed.

    Examples
    --------
    >>> survey(b'a,b\n"x,\ny",z\n', b",", None).cells.tolist()
    [2, 2]
    """
    whole = np.frombuffer(data, dtype=np.uint8)
    quoted = _QUOTE in data
    marks = [separator[0], _LF, *([_CR] if _CR in data else []), *([_QUOTE] if quoted else [])]
    found = [np.zeros(0, dtype=np.int64)]
    for start in range(0, len(whole), _BLOCK):
        block = whole[start : start + _BLOCK]
        is_mark = block == marks[0]
        for mark in marks[1:]:
            is_mark |= block == mark
        found.append(np.flatnonzero(is_mark) + start)
    at = np.concatenate(found)
    kind = whole[at]
    if quoted:
        outside = _outside_quotes(whole, at, kind, separator[0], name)
        at, kind = at[outside], kind[outside]
    if _CR in data:  # \r\n ends a line once
        doubled = np.zeros(len(at), dtype=bool)
        doubled[:-1] = (kind[:-1] == _CR) & (kind[1:] == _LF) & (at[1:] == at[:-1] + 1)
        at, kind = at[~doubled], kind[~doubled]
    ends = np.flatnonzero(kind != separator[0])
    stops = at[ends]
    cells = np.diff(ends, prepend=-1)
    if not len(stops) or stops[-1] != len(data) - 1:  # the last line has no line end
        cells = np.append(cells, len(at) - (ends[-1] + 1 if len(ends) else 0) + 1)
        stops = np.append(stops, len(data))
    return Layout(stops.astype(np.int64), cells.astype(np.int64))


def _outside_quotes(whole: Bytes, at: Ints, kind: Bytes, sep: int, name: str | None) -> Bools:
    """Mark the separators and line ends that are not inside a quoted cell."""
    is_quote = kind == _QUOTE
    inside = (np.cumsum(is_quote) & 1).astype(bool)  # after this mark
    edges = np.array([sep, _LF, _CR, _QUOTE], dtype=np.uint8)
    where = at[is_quote]
    opens = inside[is_quote]
    before = np.where(where > 0, whole[np.maximum(where - 1, 0)], _LF)
    after = np.where(where + 1 < len(whole), whole[np.minimum(where + 1, len(whole) - 1)], _LF)
    plain = bool(np.where(opens, np.isin(before, edges), np.isin(after, edges)).all())
    if plain and not (len(inside) and inside[-1]):
        outside: Bools = ~is_quote & ~inside
        return outside
    return _one_by_one(at, kind, sep, name)


def _one_by_one(at: Ints, kind: Bytes, sep: int, name: str | None) -> Bools:
    """Follow the marks in turn where quotes also stand inside words: a quote opens only at the start of a cell."""
    keep = np.zeros(len(at), dtype=bool)
    cell_start, opened, row = 0, None, 1
    previous_close = -2
    previous_return = -2
    for k, (position, mark) in enumerate(zip(at.tolist(), kind.tolist(), strict=True)):
        if mark == _QUOTE:
            if opened is not None:
                opened, previous_close = None, position
            elif position == cell_start or (position == previous_close + 1 and previous_close >= cell_start):
                opened = row  # a cell begins, or a doubled quote stands for itself
        elif opened is None:
            keep[k] = True
            cell_start = position + 1
            if mark != sep and not (mark == _LF and position == previous_return + 1):
                row += 1
            previous_return = position if mark == _CR else -2
    if opened is not None and name is not None:
        raise ReadingError(Problem("E-QUOTE", opened), source=name)
    return keep


def _first_record(data: bytes, layout: Layout) -> int:
    """Index of the first record that is not blank: the header."""
    start = 0
    for k, stop in enumerate(layout.stops.tolist()):
        if data[start:stop].strip(b" \t\r\n,;|"):
            return k
        start = stop + 1
    return 0


def _ragged(data: bytes, layout: Layout, width: int, first: int, sep: bytes) -> Ints:
    """Find records with too few or too many cells; blank ones and surplus blank cells are forgiven."""
    suspects = np.flatnonzero(layout.cells != width)
    suspects = suspects[suspects > first]
    starts = np.append(0, layout.stops[:-1] + 1)
    ragged = []
    for k in suspects.tolist():
        record = data[int(starts[k]) : int(layout.stops[k])].strip(b"\r\n ")
        surplus = int(layout.cells[k]) - width
        blank = not record.strip(sep + b" ")
        trailing = len(record) - len(record.rstrip(sep))
        if not blank and not (surplus > 0 and trailing >= surplus):
            ragged.append(k)
    return np.array(ragged, dtype=np.int64)


def _ragged_error(rows: Ints, found: Ints, width: int, table: pd.DataFrame, name: str) -> ReadingError:
    """Say which rows are ragged; where most are, say it once."""
    total = len(table)
    if width == 1 and len(rows) == total > 1 and len(set(found.tolist())) == 1:
        problems = [Problem("E-TITLELINE", int(rows[0]), details={"found": int(found[0])})]
    elif len(rows) > _MANY and 2 * len(rows) > total:
        problems = [Problem("E-RAGGEDALL", details={"n": len(rows), "total": total, "expected": width, "first": int(rows[0])})]
    else:
        problems = [Problem("E-RAGGED", int(row), details={"found": int(n), "expected": width}) for row, n in zip(rows, found, strict=True)]
    error = ReadingError(problems, source=name, n_rows=total)
    error.table = table
    return error
