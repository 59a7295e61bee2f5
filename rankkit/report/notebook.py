"""What a notebook shows: the ranked table and the notes, as escaped HTML with its own style attributes only."""

from __future__ import annotations

from typing import Any

import pandas as pd
from markupsafe import Markup, escape

from rankkit.errors import language
from rankkit.report import plain, terms
from rankkit.report.grids import clean
from rankkit.report.views import is_comparison, view

_CELL = "padding:2px 12px 2px 4px;white-space:nowrap;"
_NOTE = "margin:2px 0;max-width:60em;"


def html(subject: Any) -> str:
    """Show a result, a comparison of methods or a table of findings in a notebook.

    Parameters
    ----------
    subject : Result, MethodComparison or DataFrame
        What to show.

    Returns
    -------
    str
        One ``div``: no script, no style sheet, every name escaped.
    """
    lang = language()
    if isinstance(subject, pd.DataFrame):
        return str(_frame("", [_table(*plain.frame_cells(subject, lang))]))
    v = view(subject, "committee", lang, brief=True)
    notes = [Markup('<p style="{}">{}</p>').format(_NOTE, line) for line in _notes(v)]
    if is_comparison(subject):
        tables = []
        for name in ("agreement", "ranks"):
            if name in v.tables:
                tables.append(Markup('<p style="{}"><b>{}</b></p>').format(_NOTE, terms.table(name, lang)))
                tables.append(_table(*plain.frame_cells(v.tables[name], lang)))
        return str(_frame(f"{v.title}: {', '.join(clean(m) for m in v.methods)}", [*tables, *notes]))
    tables = [] if v.scores is None else [_table(*plain.score_cells(v, v.scores))]
    return str(_frame(plain.heading(v), [*tables, *notes]))


def _notes(v: Any) -> list[str]:
    """Join the wrapped lines of the terminal into one paragraph a note."""
    out: list[str] = []
    for line in plain.notes(v):
        if line.startswith("  ! "):
            out.append(line[4:])
        else:
            joint = "" if v.lang == "zh" else " "
            out[-1] += joint + line.strip()
    return out


def _frame(title: str, parts: list[Markup]) -> Markup:
    head = Markup('<p style="{}"><b>{}</b></p>').format(_NOTE, title) if title else Markup("")
    return Markup('<div style="font-variant-numeric:tabular-nums">{}{}</div>').format(head, Markup("").join(parts))


def _table(heads: list[str], rows: list[list[str]], right: list[bool]) -> Markup:
    sides = ["right" if r else "left" for r in right]
    top = Markup("").join(
        Markup('<th scope="col" style="{}text-align:{}">{}</th>').format(_CELL, s, h) for h, s in zip(heads, sides, strict=True)
    )
    body = Markup("").join(
        Markup("<tr>{}</tr>").format(
            Markup("").join(
                Markup('<td style="{}text-align:{}">{}</td>').format(_CELL, s, escape(c)) for c, s in zip(row, sides, strict=True)
            )
        )
        for row in rows
    )
    return Markup('<table style="border-collapse:collapse"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>').format(top, body)
