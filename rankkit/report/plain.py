"""What a terminal shows: the ranked table with rank sets and intervals, aligned for Chinese names too."""

from __future__ import annotations

import textwrap
import unicodedata
from typing import TYPE_CHECKING, Any

import pandas as pd

from rankkit.errors import Lang, language
from rankkit.report import findings_page, impact_page, numbers, terms
from rankkit.report.grids import Grid, clean, grades_of, grid
from rankkit.report.views import View, is_comparison, view
from rankkit.report.words import NO_BREAK, percent, say
from rankkit.wording import sentence

if TYPE_CHECKING:
    from rankkit.calibration.adverse_impact.impact import Impact

WIDEST = 100
_ALL, _FIRST, _LAST = 12, 10, 2
_LONGEST_NAME = 28
_SAME_KIND = 2  # notes of one kind that are shown in full
_WIDE = ("W", "F")


def width_of(text: str) -> int:
    """Columns a text takes in a terminal: a Chinese character takes two.

    >>> width_of("abc"), width_of("王伟")
    (3, 4)
    """
    return sum(
        0
        if unicodedata.combining(c) or unicodedata.category(c) in ("Cf", "Mn", "Me")
        else 2
        if unicodedata.east_asian_width(c) in _WIDE
        else 1
        for c in text
    )


def cut(text: str, most: int) -> str:
    """Shorten a text to a width, marking the cut.

    >>> cut("王伟和李娜", 7)
    '王伟和…'
    """
    if width_of(text) <= most:
        return text
    while text and width_of(text) >= most:
        text = text[:-1]
    return text + "…"


def text(subject: Any) -> str:
    """Show a result, a comparison, a design audit, findings or a table of them in a terminal.

    Parameters
    ----------
    subject : Result, MethodComparison, Findings, DataFrame or anything with ``in_words``
        What to show.

    Returns
    -------
    str
        Lines of at most 100 columns, in the language of the session.
    """
    lang = language()
    if isinstance(subject, pd.DataFrame):
        return "\n".join(aligned(*frame_cells(subject, lang)))
    if findings_page.is_findings(subject):
        return _findings(findings_page.view(subject, "hr", lang))
    if impact_page.is_impact(subject):
        return _impact(subject, lang)
    if is_comparison(subject):
        return _comparison(view(subject, "committee", lang), lang)
    return _result(view(subject, "committee", lang, brief=True))


def heading(v: View) -> str:
    """First line: method, people, unit, level, basis of the standard errors."""
    lang = v.lang
    people = f"{v.n_people} 人" if lang == "zh" else f"{v.n_people} {'person' if v.n_people == 1 else 'people'}"
    if v.n_scored < v.n_people:
        people += f"（{v.n_scored} 人有分数）" if lang == "zh" else f" ({v.n_scored} scored)"
    parts = [people]
    if v.unit != "none":
        parts.append(terms.unit(v.unit, lang) if lang == "zh" else v.unit)
    if v.se_basis != "none":
        level = percent(v.level, lang).replace(NO_BREAK, " ")
        parts.append(f"{level} 区间" if lang == "zh" else f"{level} intervals")
    basis = terms.short_basis(v.se_basis, lang)
    parts.append(f"标准误依据：{basis}" if lang == "zh" else f"standard errors: {basis}")
    return f"{v.title}：{'，'.join(parts)}" if lang == "zh" else f"{v.title}: {', '.join(parts)}"


def score_cells(v: View, scores: pd.DataFrame) -> tuple[list[str], list[list[str]], list[bool]]:
    """Return headings, rows and which columns are numbers; the middle of a long table is left out."""
    lang = v.lang
    places = numbers.decimals(v.unit)
    labels = scores["label"].astype(str)
    twins = set(labels[labels.duplicated(keep=False)])
    told = bool((scores["status"] != "scored").any())
    grades = grades_of(v.tables)
    counted = bool(scores["n_raters"].notna().any())
    heads = [say("rank", lang), say("person", lang), *([terms.column("grade", lang)] if grades else []), say("score", lang)]
    heads += [say("raters", lang)] if counted else []
    heads += [say("status", lang)] if told else []
    rows = []
    for ident, row in zip(scores.index.astype(str), scores.to_dict("records"), strict=True):
        name = clean(row["label"]) + (f" ({clean(ident)})" if row["label"] in twins else "")
        half = None if numbers.missing(row["ci_high"]) else row["ci_high"] - row["score"]
        score = numbers.fixed(row["score"], places) + ("" if half is None else f" ± {numbers.fixed(half, places)}")
        ranks = numbers.fixed(row["rank"], 0)
        ranks += "" if numbers.missing(row["rank_low"]) else f" [{numbers.span(row['rank_low'], row['rank_high'])}]"
        status = "" if row["status"] == "scored" else terms.status(row["status"], lang)
        graded = [cut(grades.get(ident, numbers.BLANK), _LONGEST_NAME)] if grades else []
        rows.append(
            [
                ranks,
                cut(name, _LONGEST_NAME),
                *graded,
                score,
                *([numbers.fixed(row["n_raters"], 0)] if counted else []),
                *([status] if told else []),
            ]
        )
    return (
        heads,
        shortened(rows),
        [False, False, *([False] if grades else []), True, *([True] if counted else []), *([False] if told else [])],
    )


def shortened(rows: list[list[str]]) -> list[list[str]]:
    """Keep all rows of a short table, the first ten and the last two of a long one."""
    if len(rows) <= _ALL:
        return rows
    return [*rows[:_FIRST], ["…"] * len(rows[0]), *rows[-_LAST:]]


def frame_cells(frame: pd.DataFrame, lang: Lang, unit: str = "none") -> tuple[list[str], list[list[str]], list[bool]]:
    """Return headings, rows and which columns are numbers, of any table."""
    laid = grid(frame, lang, unit, "")
    rows = [[c.text + (f" ({c.note})" if c.note else "") for c in row] for row in laid.rows]
    return [h.text for h in laid.headings], shortened(rows), [h.number for h in laid.headings]


def aligned(heads: list[str], rows: list[list[str]], right: list[bool]) -> list[str]:
    """Align cells in columns; columns that do not fit on a line are left out, and it says so."""
    widths = [max(width_of(line[k]) for line in [heads, *rows]) for k in range(len(heads))]
    widths = [min(w, _LONGEST_NAME * 2) for w in widths]
    shown = len(widths)
    while shown > 1 and sum(widths[:shown]) + 2 * shown > WIDEST - 2 * (shown < len(widths)):
        shown -= 1
    lines = []
    for n, line in enumerate([heads, *rows]):
        cells = [_pad(cut(c, w), w, r) for c, w, r in zip(line[:shown], widths, right, strict=False)]
        lines.append("  " + "  ".join([*cells, *(["…"] if shown < len(widths) and not n else [])]).rstrip())
    return lines


def _pad(cell: str, width: int, right: bool) -> str:
    blank = " " * (width - width_of(cell))
    return blank + cell if right else cell + blank


def notes(v: View) -> list[str]:
    """Write simulated data, design and messages as wrapped lines."""
    lines = [say("simulated", v.lang)] if v.simulated else []
    lines += v.design_words
    for code, group in v.messages.groupby("code", sort=False):
        lines += [sentence("", t, f, v.lang) for t, f in group[["text", "fix"]].head(_SAME_KIND).itertuples(index=False)]
        if len(group) > _SAME_KIND:
            lines.append(say("more_notes", v.lang, n=len(group) - _SAME_KIND, code=code))
    return [wrapped for line in lines for wrapped in _wrap(clean(line))]


def _wrap(line: str, mark: str = "  ! ") -> list[str]:
    """Break a line at 100 columns; what follows is indented."""
    if line.isascii():
        return textwrap.wrap(line, WIDEST, initial_indent=mark, subsequent_indent="    ")
    out, current = [], mark
    for piece in _pieces(line):
        if width_of(current + piece.rstrip()) > WIDEST:
            out.append(current.rstrip())
            current = "    " + piece.lstrip()
        else:
            current += piece
    return [*out, current.rstrip()]


def _pieces(line: str) -> list[str]:
    """Places where a line may break: after spaces, and between Chinese characters."""
    pieces, word = [], ""
    for c in line:
        word += c
        if c == " " or width_of(c) == 2 or len(word) >= WIDEST // 2:
            pieces.append(word)
            word = ""
    return [*pieces, word]


def _result(v: View) -> str:
    lines = _wrap(heading(v), "")
    if v.scores is not None and len(v.scores):
        lines += aligned(*score_cells(v, v.scores))
    return "\n".join([*lines, *notes(v)])


def _findings(v: findings_page.FindingsView) -> str:
    lang = v.lang
    lines = _wrap(findings_heading(v), "")
    lines += _wrap(say("simulated", lang)) if v.simulated else []
    for heading, cards in v.groups():
        lines += ["", heading]
        for card in cards:
            for text in card.texts[:_FIRST]:
                lines += _wrap(text, "  - ")
            if len(card.texts) > _FIRST:
                lines.append("  " + findings_page.phrase("more", lang, n=len(card.texts) - _FIRST))
            lines += _wrap(findings_page.phrase("else", lang) + card.otherwise, "    ")
            lines += _wrap(findings_page.phrase("do", lang) + card.action, "    ") if card.action else []
    if not v.cards:
        lines += ["", *_wrap(findings_page.phrase("none", lang), "")]
    if len(v.checks):
        lines += ["", findings_page.phrase("checks", lang), *aligned(*frame_cells(v.checks, lang))]
    if len(v.refused):
        lines += ["", findings_page.phrase("refused", lang)]
        for check, text, fix in v.refused[["check", "text", "fix"]].itertuples(index=False):
            lines += _wrap(sentence(check, text, fix, lang), "  - ")
    for text, fix in v.notes:
        lines += ["", *_wrap(sentence("", text, fix, lang))]
    return "\n".join(lines)


def findings_heading(v: findings_page.FindingsView) -> str:
    """First line of findings: how many checks, patterns and refusals."""
    colon, comma = ("：", "，") if v.lang == "zh" else (": ", ", ")
    return v.title + colon + comma.join(f"{name} {n}" if v.lang == "zh" else f"{name.lower()} {n}" for name, n in v.facts)


def _impact(found: Impact, lang: Lang) -> str:
    """Ratios at both ends, then what to know."""
    v = impact_page.view(found, "committee", lang)
    lines = _wrap(v.heading(), "")
    laid = impact_page.short(found, lang)
    lines += aligned(*grid_cells(laid)) if laid else _wrap(impact_page.phrase("nothing", lang))
    return "\n".join([*lines, *(wrapped for n in found.notes for wrapped in _wrap(clean(n.text(lang))))])


def grid_cells(laid: Grid) -> tuple[list[str], list[list[str]], list[bool]]:
    """Return headings, rows and which columns are numbers, of a table laid out for a page."""
    return [h.text for h in laid.headings], shortened([[c.text for c in row] for row in laid.rows]), [h.number for h in laid.headings]


def _comparison(v: View, lang: Lang) -> str:
    methods = ("、" if lang == "zh" else ", ").join(clean(m) for m in v.methods)
    lines = _wrap(f"{v.title}{'：' if lang == 'zh' else ': '}{methods}", "")
    for name in ("agreement", "ranks"):
        if name in v.tables:
            lines += ["", terms.table(name, lang), *aligned(*frame_cells(v.tables[name], lang))]
    return "\n".join([*lines, *([""] if len(v.messages) else []), *notes(v)])
