"""Excel workbook: every table on its own sheet, every text a text, no formula and no link anywhere."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from rankkit.errors import Lang, SettingsError, writing
from rankkit.privacy.audience import Audience
from rankkit.report import findings_page, impact_page, numbers, terms
from rankkit.report.grids import clean, with_grades
from rankkit.report.plain import width_of
from rankkit.report.views import View, view
from rankkit.report.words import percent, say

_OPTIONS = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
    "in_memory": True,
}
_CREATED = dt.datetime(2000, 1, 1, tzinfo=dt.UTC).replace(tzinfo=None)  # a constant: the same result gives the same bytes
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
_LONGEST_NAME, _LONGEST_TEXT, _MOST_ROWS = 31, 32_767, 1_048_575
_NARROWEST, _WIDEST, _SAMPLED = 8, 60, 500
_WRAPPED = ("text", "fix", "message", "what_it_could_also_be", "suggested_action", "assumes", "status_reason")


def write(
    subject: Any,
    path: str | Path,
    *,
    audience: Audience = "committee",
    lang: Lang = "en",
    ratee: str | None = None,
    key: bytes | None = None,
    team: Sequence[str] | None = None,
    use: str | None = None,
) -> Path:
    """Write a workbook of a result or a comparison of methods.

    Parameters
    ----------
    subject : Result, MethodComparison or Findings
        What to write.
    path : path-like
        The file to write (``.xlsx``); missing folders are made.
    audience, lang, ratee, key, team, use
        As for :func:`rankkit.report.html.write`.

    Returns
    -------
    pathlib.Path
        The file written.

    Raises
    ------
    DisclosureError
        If the audience is a ratee or a manager and nobody says which.
    SettingsError
        If there is no such audience, language or person, or the file cannot be written.
    """
    if lang not in ("en", "zh"):
        raise SettingsError("E-SETTING", name="lang", value=lang, allowed=["en", "zh"])
    shown: View | findings_page.FindingsView | impact_page.ImpactView
    if impact_page.is_impact(subject):
        shown = impact_page.view(subject, audience, lang)
        frames = shown.frames()
    elif findings_page.is_findings(subject):
        shown = findings_page.view(subject, audience, lang, key)
        frames = shown.frames()
    else:
        shown = view(subject, audience, lang, ratee if audience == "ratee" else None, key, team=team, use=use)
        frames = _frames(shown)
    with writing(path, (".xlsx",)) as target:
        _write(shown, frames, target)
    return target


def _write(shown: View | findings_page.FindingsView | impact_page.ImpactView, frames: dict[str, pd.DataFrame], target: Path) -> None:
    """Write what was cleared."""
    book = xlsxwriter.Workbook(str(target), dict(_OPTIONS))
    book.set_properties({"title": shown.title, "created": _CREATED})
    sheets = _Sheets(book, shown)
    for name, frame in frames.items():
        sheets.add(name, frame)
    try:
        book.close()
    except FileCreateError as error:  # a file that is open in Excel, above all
        raise SettingsError("E-WRITE", path=str(target)) from error


def _frames(v: View) -> dict[str, pd.DataFrame]:
    """Collect the sheets: scores, dimensions, the method's own tables, messages, settings."""
    frames: dict[str, pd.DataFrame] = {}
    if v.scores is not None:
        frames["scores"] = with_grades(v.scores, v.tables)
    if v.dimensions is not None:
        frames["dimensions"] = v.dimensions
    frames.update(v.tables)
    if v.findings is not None:
        frames["findings"] = v.findings
    frames["messages"] = pd.concat([pd.DataFrame({"text": list(v.design_words)}, dtype=object), v.messages], ignore_index=True).reindex(
        columns=["code", "text", "fix"]
    )
    return {**frames, "settings": _settings(v)}


def _settings(v: View) -> pd.DataFrame:
    rows = [
        (say("methods", v.lang), ", ".join(v.methods)),
        (say("people", v.lang), str(v.n_people)),
        (say("audience", v.lang), say(v.audience, v.lang)),
    ]
    if len(v.methods) == 1:
        rows += [(say("unit", v.lang), terms.unit(v.unit, v.lang)), (say("basis", v.lang), terms.basis(v.se_basis, v.lang))]
    rows.append((say("level", v.lang), percent(v.level, v.lang)))
    if v.simulated:
        rows.insert(0, ("!", say("simulated", v.lang)))
    return pd.DataFrame([*rows, *v.settings], columns=["setting", "value"], dtype=object)


class _Sheets:
    """The sheets of one workbook, with their shared formats and the names already taken."""

    def __init__(self, book: xlsxwriter.Workbook, v: View | findings_page.FindingsView | impact_page.ImpactView) -> None:
        self.book, self.v = book, v
        self.taken: set[str] = set()
        self.formats: dict[str, Any] = {}

    def style(self, **properties: Any) -> Any:
        """Return a cell format, made once."""
        name = repr(sorted(properties.items()))
        if name not in self.formats:
            self.formats[name] = self.book.add_format({"valign": "top", **properties})
        return self.formats[name]

    def add(self, name: str, frame: pd.DataFrame) -> None:
        """Write one table to a sheet of its own."""
        indexed = not (isinstance(frame.index, pd.RangeIndex) and frame.index.name is None)
        flat = frame
        if indexed:
            named = frame.rename_axis([n if n is not None else " " * (k + 1) for k, n in enumerate(frame.index.names)])
            flat = named.drop(columns=[n for n in named.index.names if n in named.columns]).reset_index()
        sheet = self.book.add_worksheet(sheet_name(terms.table(name, self.v.lang), self.taken))
        n_fixed = len(frame.index.names) + ("label" in flat.columns) if indexed else 0
        head = self.style(bold=True, bg_color="#E6F1F8", bottom=1, text_wrap=True)
        for k, column in enumerate(flat.columns):
            sheet.write_string(0, k, clean(terms.column(str(column), self.v.lang))[:_LONGEST_TEXT], head)
            values = flat.iloc[:_MOST_ROWS, k].tolist()
            self._column(sheet, k, column, values, is_share=name == "probabilities")
        sheet.freeze_panes(1, n_fixed)
        if len(flat.columns):
            sheet.autofilter(0, 0, max(len(flat), 1), len(flat.columns) - 1)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)

    def _column(self, sheet: Any, k: int, column: Hashable, values: list[Any], *, is_share: bool) -> None:
        text = str(column)
        heading = terms.column(text, self.v.lang)
        widest = width_of(heading) + 3
        decimal = "0%" if is_share else numbers.places_in_excel(text, self.v.unit)
        plain, wrapped = self.style(), self.style(text_wrap=True)
        whole, real, guarded = self.style(num_format="0"), self.style(num_format=decimal), self.style(quote_prefix=True)
        for i, value in enumerate(values, start=1):
            if numbers.missing(value):
                continue
            if isinstance(value, (int, float, np.number)) and not isinstance(value, (bool, np.bool_)):
                sheet.write_number(i, k, value, whole if isinstance(value, (int, np.integer)) else real)
                continue
            words = numbers.cell(value, text, self.v.unit, self.v.lang).encode("utf-8", "replace").decode("utf-8")[:_LONGEST_TEXT]
            risky = words[:1] in ("=", "+", "-", "@", "\t", "\r", "|", "%")
            sheet.write_string(i, k, words, guarded if risky else wrapped if text in _WRAPPED else plain)
            if i <= _SAMPLED:
                widest = max(widest, width_of(words) + 1)
        sheet.set_column(k, k, max(_NARROWEST, min(widest, _WIDEST)))


def sheet_name(name: str, taken: set[str]) -> str:
    r"""Make a name Excel accepts: at most 31 characters, none of ``[]:*?/\``, not taken yet.

    >>> taken: set[str] = set()
    >>> sheet_name("a/b", taken), sheet_name("A b", taken), sheet_name("'", taken), sheet_name("History", taken)
    ('a b', 'A b (2)', 'table', 'History_')
    """
    base = clean(name).translate(_FORBIDDEN).strip().strip("'").strip() or "table"
    base = base + "_" if base.lower() == "history" else base  # a name Excel keeps for itself
    candidate, n = _cut(base, _LONGEST_NAME), 1
    while candidate.lower() in taken:
        n += 1
        candidate = _cut(base, _LONGEST_NAME - len(f" ({n})")) + f" ({n})"
    taken.add(candidate.lower())
    return candidate


def _cut(text: str, most: int) -> str:
    """Shorten to a number of UTF-16 units, which is how Excel counts."""
    while len(text.encode("utf-16-le")) // 2 > most:
        text = text[:-1]
    return text.rstrip().rstrip("'")
