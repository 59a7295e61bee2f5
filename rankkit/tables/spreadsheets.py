"""Workbooks (xlsx, xlsm, xlsb, xls, ods) as text cells, with the row numbers the spreadsheet shows."""

from __future__ import annotations

import datetime as dt
import html
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rankkit.errors import ReadingError

_EXACT = 1e15  # a spreadsheet keeps 15 digits; a longer whole number has lost its end and is left in float form
_ERROR_CELL = re.compile(rb'<c\b(?=[^>]*\bt="e")[^>]*\br="([A-Z]{1,3})(\d+)"[^>]*>(.*?)</c>', re.DOTALL)
_VALUE = re.compile(rb"<v>([^<]*)</v>")
_SHEET_XML = 1 << 29  # bytes of sheet XML that are searched for error cells


@dataclass(frozen=True)
class Grid:
    """All cells of one sheet from A1 on, as text or None, and the workbook's sheet names."""

    cells: list[list[str | None]]
    sheet: str
    sheets: list[str]


def read_grid(path: Path, sheet: str | int | None, name: str) -> Grid:
    """Read one sheet of a workbook.

    Parameters
    ----------
    path : Path
        The workbook.
    sheet : str, int or None
        Name, or position from 0; the first visible sheet with content where None.
    name : str
        Name of the source for messages.

    Returns
    -------
    Grid
        Whole numbers without ``.0``, dates as ISO 8601, error cells as their text (``#N/A``).

    Raises
    ------
    ReadingError
        ``E-BROKEN`` or ``E-SHEET``.
    """
    from python_calamine import (  # noqa: PLC0415 - only workbooks need it
        CalamineWorkbook,
        SheetTypeEnum,
        SheetVisibleEnum,
    )

    try:
        book = CalamineWorkbook.from_path(str(path))
        shown = [s.name for s in book.sheets_metadata if s.typ == SheetTypeEnum.WorkSheet]
        visible = [s.name for s in book.sheets_metadata if s.typ == SheetTypeEnum.WorkSheet and s.visible == SheetVisibleEnum.Visible]
        chosen = _choose(sheet, shown, visible, name)
        candidates = [chosen] if chosen is not None else (visible or shown)
        rows: list[list[Any]] = []
        title = candidates[0] if candidates else ""
        for title in candidates:
            rows = book.get_sheet_by_name(title).to_python(skip_empty_area=False)
            if any(cell != "" for row in rows for cell in row):
                break
        else:
            title = candidates[0] if candidates else ""
        position = book.sheet_names.index(title) if title in book.sheet_names else 0
    except (ReadingError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as e:  # a panic inside the reader is no Exception
        raise ReadingError("E-BROKEN", source=name, path=name, kind=path.suffix.lstrip(".") or "xlsx") from e
    cells = [[cell_text(c) for c in row] for row in rows]
    for row, column, text in _error_cells(path, position):
        if row < len(cells) and column < len(cells[row]) and cells[row][column] is None:
            cells[row][column] = text
    return Grid(cells, title, shown)


def _choose(sheet: str | int | None, shown: list[str], visible: list[str], name: str) -> str | None:
    """Find the sheet that was asked for."""
    if sheet is None:
        return None
    if isinstance(sheet, int) and not isinstance(sheet, bool) and 0 <= sheet < len(shown):
        return shown[sheet]
    if sheet in shown:
        return str(sheet)
    raise ReadingError("E-SHEET", source=name, sheet=sheet, found=visible or shown)


def cell_text(value: Any) -> str | None:
    """Write a cell as the text a person sees.

    Parameters
    ----------
    value : object
        What the workbook reader gives: text, number, truth value, date, time or duration.

    Returns
    -------
    str or None
        None for a blank cell.

    Examples
    --------
    >>> cell_text(7.0), cell_text(3.5), cell_text(""), cell_text(dt.date(2026, 1, 2)), cell_text(True)
    ('7', '3.5', None, '2026-01-02', 'TRUE')
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _EXACT else repr(value)
    if isinstance(value, dt.datetime):
        at_midnight = value.time() == dt.time(0)
        return value.date().isoformat() if at_midnight else value.isoformat(sep=" ")
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    return str(value)


def _error_cells(path: Path, position: int) -> list[tuple[int, int, str]]:
    """Find the error cells (#N/A, #DIV/0!) of an xlsx sheet, which the reader gives as blanks: (row, column, text)."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if "xl/workbook.xml" not in names:
                return []
            book = archive.read("xl/workbook.xml")
            ids = re.findall(rb'<(?:\w+:)?sheet\b[^>]*\br:id="([^"]+)"', book)
            links = archive.read("xl/_rels/workbook.xml.rels")
            target = next(
                re.search(rb'\bTarget="([^"]+)"', tag)
                for tag in re.findall(rb"<Relationship\b[^>]*>", links)
                if b'Id="' + ids[position] + b'"' in tag
            )
            part = target.group(1).decode().lstrip("/") if target else ""
            part = part if part.startswith("xl/") else "xl/" + part
            if archive.getinfo(part).file_size > _SHEET_XML:
                return []
            xml = archive.read(part)
    except (zipfile.BadZipFile, OSError, KeyError, IndexError, StopIteration, RuntimeError, UnicodeDecodeError):
        return []  # not an xlsx, or one laid out unusually: the cells stay blank
    if b't="e"' not in xml:
        return []
    found = []
    for match in _ERROR_CELL.finditer(xml):
        value = _VALUE.search(match.group(3))
        text = html.unescape(value.group(1).decode(errors="replace")) if value else "#ERROR"
        found.append((int(match.group(2)) - 1, column_number(match.group(1).decode()), text))
    return found


def column_number(letters: str) -> int:
    """Turn spreadsheet letters into a position from 0.

    Parameters
    ----------
    letters : str
        ``A`` to ``XFD``.

    Returns
    -------
    int
        Position.

    Examples
    --------
    >>> column_number("A"), column_number("AB")
    (0, 27)
    """
    number = 0
    for c in letters:
        number = 26 * number + ord(c) - 64
    return number - 1


def column_letters(number: int) -> str:
    """Turn a position from 0 into spreadsheet letters.

    Parameters
    ----------
    number : int
        Position.

    Returns
    -------
    str
        ``A`` to ``XFD`` and on.

    Examples
    --------
    >>> column_letters(0), column_letters(27)
    ('A', 'AB')
    """
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
