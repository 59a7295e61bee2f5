"""A proposal to the committee as a page, a workbook, in a notebook and in a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from rankkit.calibration.optimiser import RULES, Proposal
from rankkit.errors import Lang, SettingsError, language, writing
from rankkit.report import html, plain
from rankkit.report.excel import sheet_name
from rankkit.report.grids import Cell, Grid, Heading, clean, person_cell
from rankkit.report.numbers import BLANK, missing
from rankkit.report.words import say

_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
_SHOWN = 12
_WIDTH = 18
_NUMBERS = frozenset({"score", "probability", "by"})
COLUMNS: dict[str, tuple[str, str]] = {
    "ratee": ("Id", "编号"),
    "label": ("Name", "姓名"),
    "unit": ("Unit", "部门"),
    "score": ("Score", "分数"),
    "before": ("Now", "当前等级"),
    "grade": ("Proposed", "建议等级"),
    "of_rule": ("Grade", "等级"),
    "candidates": ("Possible grades", "候选等级"),
    "moved": ("Moves", "调整"),
    "probability": ("Probability of it", "该等级概率"),
    "other": ("In another proposal as good", "另一同样好的方案"),
    "rule": ("Rule", "规则"),
    "by": ("Beyond (+) or short (−)", "超出（+）或不足（−）"),
    "who": ("Who", "人员"),
}
WORDS: dict[str, tuple[str, str]] = {
    "title": ("Proposal to the committee", "提交委员会的方案"),
    "kicker": ("Grades proposed; the committee decides", "建议等级，由委员会决定"),
    "lead": (
        "The fewest people beyond the ranges, then the fewest moves, then the grades the evidence speaks for most.",
        "依次追求：超出范围的人数最少、调整最少、与依据最相符。",
    ),
    "know": ("What to know", "须知"),
    "moves": ("Who moves", "调整人员"),
    "relaxed": ("Rules that give way", "放宽的规则"),
    "grades": ("Everybody", "全部人员"),
    "settings": ("Settings", "设置"),
    "n_moves": ("Moves", "调整人数"),
    "n_relaxed": ("Rules that give way", "放宽规则数"),
    "unique": ("Only one as good", "唯一最优"),
    "proved": ("Proved the best", "已证明最优"),
    "yes": ("yes", "是"),
    "no": ("no", "否"),
    "unknown": ("not known", "未知"),
    "nobody": ("Nobody moves.", "无人需要调整。"),
}


def _word(name: str, lang: Lang) -> str:
    return WORDS[name][lang == "zh"]


def _tables(proposal: Proposal) -> dict[str, pd.DataFrame]:
    """Tables with something in them."""
    found = {"moves": proposal.moves, "relaxed": proposal.relaxed, "grades": proposal.grades}
    return {name: frame for name, frame in found.items() if len(frame)}


def _facts(proposal: Proposal, lang: Lang) -> list[tuple[str, str]]:
    told = {True: "yes", False: "no", None: "unknown"}
    return [
        (_word("n_moves", lang), str(len(proposal.moves))),
        (_word("n_relaxed", lang), str(len(proposal.relaxed))),
        (_word("unique", lang), _word(told[proposal.unique], lang)),
        (_word("proved", lang), _word(told[proposal.proved], lang)),
    ]


def _notes(proposal: Proposal, lang: Lang) -> list[tuple[str, str]]:
    return [(clean(n.message(lang)), clean(n.fix(lang))) for n in proposal.notes]


def _cell(name: str, value: Any, lang: Lang) -> str:
    """Write one cell.

    >>> _cell("probability", 0.25, "en"), _cell("by", 2, "en"), _cell("rule", "quota", "zh")
    ('25 %', '+2', '名额')
    """
    if name == "moved":
        return _word("yes", lang) if value else BLANK
    if missing(value) or value == "":
        return BLANK
    if name == "probability":
        return f"{value:.0%}".replace("%", " %" if lang == "en" else "%")
    if name == "by":
        return f"{value:+d}"
    if name == "rule":
        return RULES[value] if lang == "zh" else value
    return f"{value:.2f}" if name == "score" else clean(value)


def grid(frame: pd.DataFrame, lang: Lang) -> Grid:
    """Lay out a table of a proposal; columns that say nothing are left out."""
    flat = frame.reset_index() if frame.index.name == "ratee" else frame
    same = (flat["candidates"] == flat["grade"].astype(object)).all() if "candidates" in flat else False
    silent = {c for c in ("unit", "other", "who", "grade") if c in flat and not flat[c].map(lambda v: not missing(v) and v != "").any()}
    silent |= ({"candidates"} if same else set()) | ({"ratee"} if "label" in flat else set())
    names = [str(c) for c in flat.columns if c not in silent]
    rows = tuple(
        tuple(
            person_cell(str(row["ratee"]), str(row["label"]))
            if name == "label"
            else Cell(_cell(name, row[name], lang), "number" if name in _NUMBERS else "text")
            for name in names
        )
        for row in flat.to_dict("records")
    )
    return Grid("", tuple(Heading(_heading(name, flat, lang), number=name in _NUMBERS) for name in names), rows)


def _heading(name: str, frame: pd.DataFrame, lang: Lang) -> str:
    """Name a column: the grade of a rule is not one proposed."""
    return COLUMNS["of_rule" if name == "grade" and "rule" in frame else name][lang == "zh"]


def text(proposal: Proposal) -> str:
    """Return what a terminal shows: facts, who moves, what gives way, notes."""
    lang = language()
    colon, stop = ("：", "。") if lang == "zh" else (": ", ".")
    lines = [f"{_word('title', lang)}{colon}" + "; ".join(f"{n} {v}" for n, v in _facts(proposal, lang))]
    for name in ("moves", "relaxed"):
        shown = _tables(proposal).get(name)
        if shown is None:
            lines += [_word("nobody", lang)] if name == "moves" else []
            continue
        laid = grid(shown.iloc[:_SHOWN], lang)
        rows = [[c.text + (f" ({c.note})" if c.note else "") for c in row] for row in laid.rows]
        lines += [f"{_word(name, lang)}{colon}", *plain.aligned([h.text for h in laid.headings], rows, [h.number for h in laid.headings])]
        lines += [f"  … {len(shown) - _SHOWN}"] if len(shown) > _SHOWN else []
    return "\n".join([*lines, *(f"  ! {said}{stop} {fix}".rstrip() for said, fix in _notes(proposal, lang))])


def live(proposal: Proposal) -> str:
    """Return the view for a notebook."""
    lang = language()
    return html.environment().get_template("session_live.html.jinja").render(
        title=_word("title", lang),
        html_lang="zh-Hans" if lang == "zh" else "en",
        lang=lang,
        facts=_facts(proposal, lang),
        notes=_notes(proposal, lang),
        sections=[(_word(name, lang), "", grid(frame.iloc[:_SHOWN], lang)) for name, frame in _tables(proposal).items()],
    )  # fmt: skip


def page(proposal: Proposal, lang: Lang = "en") -> str:
    """Return the page as text."""
    _check(lang)
    return html.environment().get_template("bonus.html.jinja").render(
        title=_word("title", lang),
        kicker=_word("kicker", lang),
        lang=lang,
        html_lang="zh-Hans" if lang == "zh" else "en",
        say=lambda key, **details: say(key, lang, **details),
        lead=_word("lead", lang),
        know=_word("know", lang),
        banner="",
        facts=_facts(proposal, lang),
        notes=_notes(proposal, lang),
        sections=[(_word(name, lang), grid(frame, lang)) for name, frame in _tables(proposal).items()],
        settings_heading=_word("settings", lang),
        settings=[],
    )  # fmt: skip


def write(proposal: Proposal, path: Path, *, lang: Lang = "en") -> Path:
    """Write the page.

    Parameters
    ----------
    proposal : Proposal
    path : Path
        The file (``.html``).
    lang : {"en", "zh"}

    Returns
    -------
    pathlib.Path

    Raises
    ------
    SettingsError
        If the language is unknown or the file cannot be written.
    """
    written = page(proposal, lang)
    with writing(path, (".html", ".htm")) as target:
        target.write_text(written, encoding="utf-8")
    return path


def workbook(proposal: Proposal, path: Path, *, lang: Lang = "en") -> Path:
    """Write a workbook, a sheet a table; parameters as for :func:`write`."""
    _check(lang)
    with writing(path, (".xlsx",)) as target:
        book = xlsxwriter.Workbook(str(target), _OPTIONS)
        bold = book.add_format({"bold": True})
        taken: set[str] = set()
        for name, frame in _tables(proposal).items():
            title = sheet_name(_word(name, lang), taken)
            sheet = book.add_worksheet(title)
            flat = frame.reset_index() if frame.index.name == "ratee" else frame
            for k, column in enumerate(map(str, flat.columns)):
                sheet.write_string(0, k, _heading(column, flat, lang), bold)
                for r, value in enumerate(flat[column], start=1):
                    if column in _NUMBERS and not missing(value):
                        sheet.write_number(r, k, float(value))
                    else:
                        sheet.write_string(r, k, "" if missing(value) else _cell(column, value, lang).replace(BLANK, ""))
            sheet.set_column(0, len(flat.columns) - 1, _WIDTH)
            sheet.freeze_panes(1, 0)
        notes = book.add_worksheet(sheet_name(_word("know", lang), taken))
        for r, (said, fix) in enumerate(_notes(proposal, lang)):
            notes.write_string(r, 0, said)
            notes.write_string(r, 1, fix)
        book.close()
    return path


def _check(lang: str) -> None:
    if lang not in ("en", "zh"):
        raise SettingsError("E-SETTING", name="lang", value=lang, allowed="en, zh")
