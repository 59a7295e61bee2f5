"""Workbooks given to people: their own sheet with the bad cells marked, and empty sheets to fill in.

Nothing a file contains is ever executed: text stays text (no formulas, no links), whatever it begins with.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from rankkit.errors import Lang, Problem, RankkitError, SettingsError, language
from rankkit.tables.delimited import ROW_INDEX
from rankkit.tables.headings import folded
from rankkit.tables.sheets import FIRST_ROW

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

_OPTIONS = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}
_LAST_ROW, _LONGEST = 1_048_576, 32_767  # limits of xlsx
_MOST_COMMENTS = 2_000  # more make spreadsheets crawl; further cells are coloured only
_EXACT = 10**15  # whole numbers a spreadsheet keeps exactly
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_RED = {"bg_color": "#F4B6B0", "font_color": "#5A0E08", "border": 1, "border_color": "#C0392B"}
_AMBER = {"bg_color": "#FBE7C2"}
_HEAD = {"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}
_FILLED_ROWS = 10_000  # rows of a template whose cells are checked while typing


def write_marked_sheet(error: RankkitError, path: str | Path) -> Path:
    """Write the user's sheet back with the bad cells marked and commented.

    Parameters
    ----------
    error : RankkitError
        Its ``table`` is written if it has one; a second sheet lists all problems in the language of messages.
    path : path-like
        An ``.xlsx`` file.

    Returns
    -------
    pathlib.Path
        The file written. Every record stands in the row it has in the user's own file.

    Raises
    ------
    SettingsError
        ``E-SETTING`` for another suffix, ``E-WRITE`` if the file cannot be written.
    """
    target = _target(path)
    lang = language()
    with _Book(target) as book:
        if error.table is not None and len(error.table.columns):
            _write_table(book, error.table, error.items, lang)
        _write_problems(book, error, lang)
    return target


class _Book:
    """A workbook that is closed however writing ends, and says so if it cannot be written."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> Workbook:
        import xlsxwriter  # noqa: PLC0415 - only writing needs it

        self.book = xlsxwriter.Workbook(str(self.path), _OPTIONS)
        return self.book

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        from xlsxwriter.exceptions import XlsxWriterException  # noqa: PLC0415

        try:
            self.book.close()
        except (XlsxWriterException, OSError) as e:
            if kind is None:
                raise SettingsError("E-WRITE", path=str(self.path)) from e


def _target(path: str | Path) -> Path:
    """Check the name of the file to write."""
    target = Path(path)
    if target.suffix.lower() != ".xlsx":
        raise SettingsError("E-SETTING", name="path", value=repr(target.name), allowed="*.xlsx")
    return target


def _write_table(book: Workbook, table: pd.DataFrame, problems: Sequence[Problem], lang: Lang) -> None:
    """Write the sheet itself, its header frozen, bad cells red, bad rows amber."""
    sheet = book.add_worksheet("数据" if lang == "zh" else "data")
    red, amber, head = book.add_format(_RED), book.add_format(_AMBER), book.add_format(_HEAD)
    titles = [str(c) for c in table.columns]
    rows = _spreadsheet_rows(table)
    top = int(rows[0]) - 2 if len(rows) else 0  # the header stands above the first record
    place = {title: k for k, title in reversed(list(enumerate(titles)))}
    cells, whole = _marks(problems, place, top)
    for k, title in enumerate(titles):
        _write(sheet, top, k, title, red if (top, k) in cells else head)
        sheet.set_column(k, k, min(40, max(10, 2 * len(title))))
    columns = [table.iloc[:, k].tolist() for k in range(len(titles))]
    for i, row in enumerate(rows.tolist()):
        if row > _LAST_ROW:
            break
        line = row - 1
        for k, column in enumerate(columns):
            _write(sheet, line, k, column[i], red if (line, k) in cells else amber if line in whole else None)
    for (line, k), found in list(cells.items())[:_MOST_COMMENTS]:
        _comment(sheet, line, k, found, lang)
    for line, found in list(whole.items())[:_MOST_COMMENTS]:
        if (line, 0) not in cells:
            _comment(sheet, line, 0, found, lang)
    sheet.freeze_panes(top + 1, 0)


def _spreadsheet_rows(table: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Row of each record in the user's file."""
    if table.index.name == ROW_INDEX:
        return table.index.to_numpy(dtype=np.int64)
    return np.arange(len(table), dtype=np.int64) + FIRST_ROW


def _marks(
    problems: Sequence[Problem], place: dict[str, int], top: int
) -> tuple[dict[tuple[int, int], list[Problem]], dict[int, list[Problem]]]:
    """Sort problems by the cell or, where no column is named, the row they mark; lines count from 0."""
    cells: dict[tuple[int, int], list[Problem]] = {}
    whole: dict[int, list[Problem]] = {}
    for problem in problems:
        column = place.get(str(problem.column)) if problem.column is not None else None
        if problem.row is not None and problem.row <= _LAST_ROW:
            if column is None:
                whole.setdefault(problem.row - 1, []).append(problem)
            else:
                cells.setdefault((problem.row - 1, column), []).append(problem)
        elif column is not None and problem.row is None:
            cells.setdefault((top, column), []).append(problem)
    return cells, whole


def _write(sheet: Worksheet, line: int, column: int, value: Any, form: Any = None) -> None:
    """Write one cell: numbers as numbers, everything else as text that stays text."""
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        if form is not None:
            sheet.write_blank(line, column, None, form)
    elif isinstance(value, (int, float, np.integer)) and not isinstance(value, bool) and -_EXACT < value < _EXACT:
        sheet.write_number(line, column, value, form)
    else:
        sheet.write_string(line, column, _writable(value), form)


def _writable(value: Any) -> str:
    """Text without characters a workbook cannot hold, cut at the longest cell."""
    text = _UNWRITABLE.sub("�", str(value))
    half = _LONGEST // 2 - 1  # a spreadsheet counts characters beyond U+FFFF as two
    return text if len(text) <= half else text[:half] + "…"


def _comment(sheet: Worksheet, line: int, column: int, problems: Sequence[Problem], lang: Lang) -> None:
    """Attach what is wrong and what to do."""
    said = dict.fromkeys(f"{p.message(lang)}\n→ {p.fix(lang)}" if p.fix(lang) else p.message(lang) for p in problems)
    text = _writable("\n\n".join(said))[:2000]
    sheet.write_comment(line, column, text, {"author": "rankkit", "x_scale": 2.4, "y_scale": 1.4})


def _write_problems(book: Workbook, error: RankkitError, lang: Lang) -> None:
    """List every problem."""
    zh = lang == "zh"
    sheet = book.add_worksheet("问题" if zh else "problems")
    titles = ("行", "列", "内容", "问题", "处理", "代码") if zh else ("row", "column", "value", "problem", "what to do", "code")
    head, wrapped = book.add_format(_HEAD), book.add_format({"text_wrap": True, "valign": "top"})
    for k, (title, width) in enumerate(zip(titles, (8, 16, 20, 60, 60, 14), strict=True)):
        sheet.write_string(0, k, title, head)
        sheet.set_column(k, k, width)
    for line, problem in enumerate(error.items[: _LAST_ROW - 1], start=1):
        cells = (problem.row, problem.column, problem.value, problem.message(lang), problem.fix(lang), problem.code)
        for k, cell in enumerate(cells):
            _write(sheet, line, k, cell, wrapped)
    sheet.freeze_panes(1, 0)


# --- templates -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Column:
    """A column of a template."""

    name: str
    zh: str
    says: str
    says_zh: str
    check: Literal["text", "score", "outcome", "rank"] = "text"


_RATER = _Column("rater", "评价人", "who judges: staff number or name", "评价人的工号或姓名")
_RATEE = _Column("ratee", "被评价人", "who is judged: staff number or name", "被评价人的工号或姓名")
_DIMENSION = _Column(
    "dimension",
    "维度",
    "what is judged, written the same way every time; delete the column if there is only one",
    "评价的维度，写法须一致；只有一个维度时请删除此列",
)
_TEMPLATES: dict[str, tuple[_Column, ...]] = {
    "ratings": (
        _RATER,
        _RATEE,
        _DIMENSION,
        _Column(
            "score",
            "分数",
            "a number from {low} to {high}; blank = not rated, never 0",
            "{low} 至 {high} 的数；未评分请留空，不要填 0",
            "score",
        ),
    ),
    "comparisons": (
        _RATER,
        _Column("left", "左", "one of the two people", "两人之一"),
        _Column("right", "右", "the other", "另一人"),
        _Column("outcome", "结果", "left, right, tie or skip", "左优、右优、相当或未判断（亦可写 left、right、tie、skip）", "outcome"),
        _DIMENSION,
    ),
    "rankings": (
        _RATER,
        _RATEE,
        _Column("rank", "名次", "1 = best; tied people share a number", "1 为最好；并列者名次相同", "rank"),
        _DIMENSION,
    ),
}  # fmt: skip
_READS = {
    "graphicratingscale": "ratings", "multisourcefeedback": "ratings", "bars": "ratings", "forceddistribution": "ratings",
    "manyfacetrasch": "ratings", "pairedcomparison": "comparisons", "alternationranking": "rankings",
}  # fmt: skip


def template(method: str, path: str | Path, lang: Lang | None = None, *, scale: tuple[float, float] = (1, 5)) -> Path:
    """Write an empty workbook to fill in for a method.

    Parameters
    ----------
    method : str
        A method (``"GraphicRatingScale"``, ``"paired_comparison"``, …) or a kind of table: ``"ratings"``,
        ``"comparisons"``, ``"rankings"``.
    path : path-like
        An ``.xlsx`` file.
    lang : {"en", "zh"}, optional
        Language of headings and instructions; that of messages otherwise.
    scale : (float, float)
        Lowest and highest score; the sheet refuses others while typing.

    Returns
    -------
    pathlib.Path
        The file written: a sheet to fill, and one that explains how and gives the call that reads it.

    Raises
    ------
    SettingsError
        ``E-METHOD`` for an unknown method, ``E-SETTING`` for an impossible scale or suffix, ``E-WRITE``.
    """
    lang = lang or language()
    kind = method if method in _TEMPLATES else _READS.get(folded(method))
    if kind is None:
        raise SettingsError("E-METHOD", name=method, available=[*_TEMPLATES, *_READS])
    low, high = scale
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise SettingsError("E-SETTING", name="scale", value=str(scale), allowed="(min, max), min < max")
    target = _target(path)
    columns = _TEMPLATES[kind]
    with _Book(target) as book:
        _write_blank(book, kind, columns, lang, scale)
        _write_instructions(book, kind, columns, lang, scale, target.name)
    return target


def _write_blank(book: Workbook, kind: str, columns: Sequence[_Column], lang: Lang, scale: tuple[float, float]) -> None:
    """Write the sheet to fill: ids as text, so that leading zeros stay; scores checked while typing."""
    zh = lang == "zh"
    sheet = book.add_worksheet({"ratings": "评分", "comparisons": "比较", "rankings": "排序"}[kind] if zh else kind)
    head, text = book.add_format(_HEAD), book.add_format({"num_format": "@"})
    rules: dict[str, dict[str, Any]] = {
        "score": {"validate": "decimal", "criteria": "between", "minimum": scale[0], "maximum": scale[1]},
        "outcome": {"validate": "list", "source": ["left", "right", "tie", "skip"]},
        "rank": {"validate": "integer", "criteria": ">=", "value": 1},
    }
    for k, column in enumerate(columns):
        sheet.write_string(0, k, column.zh if zh else column.name, head)
        sheet.set_column(k, k, 18, text if column.check == "text" else None)
        if column.check in rules:
            says = _explained(column, lang, scale)
            shown = {"error_title": column.zh if zh else column.name, "error_message": says[:255]}
            sheet.data_validation(1, k, _FILLED_ROWS, k, {**rules[column.check], **shown})
    sheet.freeze_panes(1, 0)


def _explained(column: _Column, lang: Lang, scale: tuple[float, float]) -> str:
    """Say what a column holds."""
    return (column.says_zh if lang == "zh" else column.says).format(low=f"{scale[0]:g}", high=f"{scale[1]:g}")


def _write_instructions(book: Workbook, kind: str, columns: Sequence[_Column], lang: Lang, scale: tuple[float, float], name: str) -> None:
    """Explain each column and give the call that reads the file."""
    zh = lang == "zh"
    sheet = book.add_worksheet("填写说明" if zh else "instructions")
    sheet.set_column(0, 0, 18)
    sheet.set_column(1, 1, 90)
    head = book.add_format(_HEAD)
    mapping = ", ".join(f'"{c.name}": "{c.zh}"' for c in columns)
    given = [repr(name), *([f"columns={{{mapping}}}"] if zh else [])]
    if kind == "ratings":
        given.append(f"scale=({scale[0]:g}, {scale[1]:g})")
    lines = [("列", "填写内容") if zh else ("column", "what to fill in")]
    lines += [(c.zh if zh else c.name, _explained(c, lang, scale)) for c in columns]
    lines += [("", ""), ("读取" if zh else "to read it", f"rk.read_{kind}({', '.join(given)})")]
    for k, (left, right) in enumerate(lines):
        sheet.write_string(k, 0, left, head if k == 0 else None)
        sheet.write_string(k, 1, _writable(right), head if k == 0 else None)
