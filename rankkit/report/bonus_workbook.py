"""Excel workbook of a bonus allocation: ids are text, money has the decimals of its currency, no formula anywhere."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from rankkit.calibration.pay.bonus_allocation import BonusAllocation, BonusAudience
from rankkit.errors import Lang, SettingsError, writing
from rankkit.report.bonus_page import MONEY, cell, check_language, facts_of_plan
from rankkit.report.excel import sheet_name
from rankkit.report.grids import clean
from rankkit.report.numbers import missing
from rankkit.report.plain import width_of
from rankkit.report.terms_of_bonus import column, word

_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
_CREATED = dt.datetime(2000, 1, 1, tzinfo=dt.UTC).replace(tzinfo=None)  # a constant: the same allocation gives the same bytes
_NARROWEST, _WIDEST = 9, 60
_DIGITS = 15  # a cell of a workbook keeps no more


def write(allocation: BonusAllocation, path: Path, *, audience: BonusAudience = "hr", lang: Lang = "en", ratee: str | None = None) -> Path:
    """Write a workbook.

    Parameters
    ----------
    allocation : BonusAllocation
        What to write.
    path : Path
        The file (``.xlsx``).
    audience, lang, ratee
        As for :func:`rankkit.report.bonus_page.write`.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    DisclosureError
        For anybody but HR and the person.
    SettingsError
        If the language is unknown or the file cannot be written.
    """
    check_language(lang)
    frames = {"everybody": allocation.table_for(audience, ratee)}
    if audience == "hr":
        found = allocation.totals
        frames["totals"] = pd.DataFrame({"amount": list(found)}, index=pd.Index([word(str(n), lang) for n in found.index], name="item"))
        frames["by_grade"] = allocation.by_grade
        settings = [*facts_of_plan(allocation, lang), *(("!", f"{n.message(lang)}. {n.fix(lang)}") for n in allocation.notes)]
        frames["settings"] = pd.DataFrame(settings, columns=["item", "to"]).set_index("item").rename(columns={"to": " "})
    with writing(path, (".xlsx",)) as target:
        book = xlsxwriter.Workbook(str(target), dict(_OPTIONS))
        book.set_properties({"title": word("bonus", lang), "created": _CREATED})
        taken: set[str] = set()
        for name, frame in frames.items():
            _sheet(book, sheet_name(word(name, lang), taken), frame, lang, allocation.plan.minor_units)
        try:
            book.close()
        except FileCreateError as error:  # a file that is open in Excel, above all
            raise SettingsError("E-WRITE", path=str(target)) from error
    return path


def _sheet(book: Any, name: str, frame: pd.DataFrame, lang: Lang, places: int) -> None:
    sheet, flat = book.add_worksheet(name), frame.reset_index()
    head = book.add_format({"bold": True, "bg_color": "#E6F1F8", "bottom": 1, "text_wrap": True, "valign": "top"})
    text, guarded = book.add_format({"valign": "top"}), book.add_format({"valign": "top", "quote_prefix": True})
    money = book.add_format({"num_format": "#,##0" + ("." + "0" * places if places else ""), "valign": "top"})
    share, plain = book.add_format({"num_format": "0.00%", "valign": "top"}), book.add_format({"num_format": "General", "valign": "top"})
    for k, key in enumerate(flat.columns):
        title = column(str(key), lang)
        sheet.write_string(0, k, title, head)
        widest = width_of(title) + 3
        for i, value in enumerate(flat[key].tolist(), start=1):
            if missing(value) or value == "":
                continue
            is_money = key in MONEY
            shown = cell(str(key), value, lang)
            widest = max(widest, width_of(shown) + 2)
            if isinstance(value, (Decimal, int, float)) and not isinstance(value, bool) and len(str(value)) <= _DIGITS + 1:
                sheet.write_number(i, k, float(value), money if is_money else share if key == "share" else plain)
            else:
                words = clean(shown)
                sheet.write_string(i, k, words, guarded if words[:1] in ("=", "+", "-", "@", "|", "%") else text)
        sheet.set_column(k, k, max(_NARROWEST, min(widest, _WIDEST)))
    sheet.freeze_panes(1, 2 if "label" in flat else 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
