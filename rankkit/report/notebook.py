"""What a notebook shows: the ranked table and the notes, as escaped HTML with its own style attributes only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from markupsafe import Markup, escape

from rankkit.errors import Lang, language
from rankkit.report import findings_page, impact_page, plain, terms
from rankkit.report.grids import clean
from rankkit.report.views import is_comparison, view
from rankkit.report.words import say
from rankkit.wording import sentence

if TYPE_CHECKING:
    from rankkit.calibration.adverse_impact.impact import Impact

_CELL = "padding:2px 12px 2px 4px;white-space:nowrap;"
_NOTE = "margin:2px 0;max-width:60em;"
MOST_OF_A_KIND = 20
"""Patterns of one kind shown in a notebook."""


def html(subject: Any) -> str:
    """Show a result, a comparison of methods, findings or a table of them in a notebook.

    Parameters
    ----------
    subject : Result, MethodComparison, Findings or DataFrame
        What to show.

    Returns
    -------
    str
        One ``div``: no script, no style sheet, every name escaped.
    """
    lang = language()
    if isinstance(subject, pd.DataFrame):
        return str(_frame("", [_table(*plain.frame_cells(subject, lang))]))
    if findings_page.is_findings(subject):
        return str(_findings(findings_page.view(subject, "hr", lang)))
    if impact_page.is_impact(subject):
        return str(_impact(subject, lang))
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


def _impact(found: Impact, lang: Lang) -> Markup:
    """Rates, then ratios at both ends in the comparison the rules ask for, then what to know."""
    v = impact_page.view(found, "committee", lang)
    tables = [t for t in (impact_page.rates(found, lang), impact_page.compared(found, lang, v.pack.compare_with)) if t is not None]
    parts = [part for t in tables for part in (_paragraph(t.title, bold=True), _table(*plain.grid_cells(t)))]
    parts += [] if len(found.comparisons) else [_paragraph(impact_page.phrase("nothing", lang))]
    return _frame(v.heading(), [*parts, *(_paragraph(n.text(lang)) for n in found.notes)])


def _findings(v: findings_page.FindingsView) -> Markup:
    """Patterns as a list, then the checks, then what was refused."""
    lang = v.lang
    parts = [_paragraph(say("simulated", lang))] if v.simulated else []
    for heading, cards in v.groups():
        items = Markup("").join(
            Markup('<li style="{}">{}<br><span style="opacity:.75">{}{}{}{}</span></li>').format(
                _NOTE,
                Markup("<br>").join(_first(card.texts, lang)),
                findings_page.phrase("else", lang),
                card.otherwise,
                Markup("<br>") if card.action else "",
                findings_page.phrase("do", lang) + card.action if card.action else "",
            )
            for card in cards
        )
        parts += [_paragraph(heading, bold=True), Markup('<ul style="margin:2px 0">{}</ul>').format(items)]
    if not v.cards:
        parts.append(_paragraph(findings_page.phrase("none", lang)))
    if len(v.checks):
        parts += [_paragraph(findings_page.phrase("checks", lang), bold=True), _table(*plain.frame_cells(v.checks, lang))]
    if len(v.refused):
        parts.append(_paragraph(findings_page.phrase("refused", lang), bold=True))
        parts += [_paragraph(sentence(c, t, f, lang)) for c, t, f in v.refused[["check", "text", "fix"]].itertuples(index=False)]
    parts += [_paragraph(sentence("", text, fix, lang)) for text, fix in v.notes]
    return _frame(plain.findings_heading(v), parts)


def _first(texts: tuple[str, ...], lang: Lang) -> list[str]:
    """Shorten a long list of patterns of one kind."""
    rest = len(texts) - MOST_OF_A_KIND
    return list(texts) if rest <= 0 else [*texts[:MOST_OF_A_KIND], findings_page.phrase("more", lang, n=rest)]


def _paragraph(text: str, *, bold: bool = False) -> Markup:
    shape = Markup('<p style="{}"><b>{}</b></p>') if bold else Markup('<p style="{}">{}</p>')
    return shape.format(_NOTE, clean(text))


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
