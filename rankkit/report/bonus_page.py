"""A bonus allocation as a page, in a notebook and in a terminal: amounts are personal, so HR sees all and a person the own row."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd

from rankkit.calibration.pay.bonus_allocation import BonusAllocation, BonusAudience
from rankkit.calibration.pay.bonus_reserve import ReserveAdvice
from rankkit.errors import Lang, SettingsError, language, writing
from rankkit.report import html, plain
from rankkit.report.grids import Cell, Grid, Heading, clean
from rankkit.report.numbers import BLANK, missing
from rankkit.report.terms_of_bonus import column, word
from rankkit.report.words import percent, say

MONEY = frozenset({"base", "amount", "top_up", "total", "mean", "largest"})
"""Columns of money."""
_NUMBERS = MONEY | {"coefficient", "months", "share", "n"}
_RATE_PLACES = 8
_SHOWN = 12


def write(allocation: BonusAllocation, path: Path, *, audience: BonusAudience = "hr", lang: Lang = "en", ratee: str | None = None) -> Path:
    """Write the page.

    Parameters
    ----------
    allocation : BonusAllocation
        What to write about.
    path : Path
        The file (``.html``).
    audience : {"hr", "ratee"}
        HR sees all; a ratee the own row and how it comes about.
    lang : {"en", "zh"}
        Language.
    ratee : str, optional
        Whose page it is.

    Returns
    -------
    pathlib.Path
    """
    text_ = page(allocation, audience=audience, lang=lang, ratee=ratee)
    with writing(path, (".html", ".htm")) as target:
        target.write_text(text_, encoding="utf-8")
    return path


def page(allocation: BonusAllocation, *, audience: BonusAudience = "hr", lang: Lang = "en", ratee: str | None = None) -> str:
    """Return the page as text; parameters as for :func:`write`."""
    check_language(lang)
    frame = allocation.table_for(audience, ratee)
    own = audience == "ratee"
    sections = [(word("everybody", lang), amounts(frame, lang, named=not own))]
    if not own:
        sections += [(word("totals", lang), totals(allocation, lang)), (word("by_grade", lang), grid(allocation.by_grade, lang))]
    settings = [] if own else [(name, clean(value)) for name, value in facts_of_plan(allocation, lang)]
    label = clean(frame["label"].iloc[0]) if own else ""
    return html.environment().get_template("bonus.html.jinja").render(
        title=word("bonus", lang) + (f"{'：' if lang == 'zh' else ': '}{label}" if own else ""),
        kicker=word("own", lang, who=label) if own else word("hr", lang),
        lang=lang,
        html_lang="zh-Hans" if lang == "zh" else "en",
        say=lambda key, **details: say(key, lang, **details),
        lead=word("own_lead" if own else "lead", lang),
        know=word("know", lang),
        banner=word("preview", lang) if allocation.preview else "",
        facts=[(word("rate", lang), rate(allocation, lang))] if own else facts(allocation, lang),
        notes=[] if own else _notes(allocation, lang),
        sections=sections,
        settings_heading=word("settings", lang),
        settings=settings,
    )  # fmt: skip


def live(allocation: BonusAllocation) -> str:
    """Return the view for a notebook, for HR: the table, the totals, what to know."""
    lang = language()
    return html.environment().get_template("session_live.html.jinja").render(
        title=_title(allocation, lang),
        html_lang="zh-Hans" if lang == "zh" else "en",
        lang=lang,
        facts=facts(allocation, lang),
        notes=_notes(allocation, lang),
        sections=[
            (word("everybody", lang), "", _with_ids(amounts(allocation.table, lang, most=_SHOWN), len(allocation.shares))),
            (word("totals", lang), "", totals(allocation, lang)),
        ],
    )  # fmt: skip


def text(allocation: BonusAllocation) -> str:
    """Return what a terminal shows: people, totals, notes."""
    lang = language()
    lines = [f"{_title(allocation, lang)}{'：' if lang == 'zh' else ': '}" + "; ".join(f"{n} {v}" for n, v in facts(allocation, lang))]
    for shown in (amounts(allocation.table, lang), totals(allocation, lang)):
        rows = [[c.text + (f" ({c.note})" if c.note else "") for c in row] for row in shown.rows]
        kept = plain.shortened(rows) if shown.rows and len(shown.headings) > 2 else rows
        lines += plain.aligned([h.text for h in shown.headings], kept, [h.number for h in shown.headings])
    return "\n".join([*lines, *(f"  ! {text_}{'。' if lang == 'zh' else '.'} {fix}".rstrip() for text_, fix in _notes(allocation, lang))])


def advice_text(advice: ReserveAdvice) -> str:
    """Say an advice in two sentences."""
    lang = language()

    def shown(amount: Decimal) -> str:
        return f"{advice.currency} {amount:,f}"

    ranged = advice.expected_low != advice.expected_high
    between = word("advice_range", lang, low=shown(advice.expected_low), high=shown(advice.expected_high)) if ranged else ""
    amounts_ = {k: shown(getattr(advice, k)) for k in ("expected", "needed", "reserve", "most")}
    return word("advice", lang, n=advice.n, range=between, level=percent(advice.level, lang), enough=f"{advice.enough:.1%}", **amounts_)


def amounts(frame: pd.DataFrame, lang: Lang, *, most: int | None = None, named: bool = True) -> Grid:
    """Lay out people and amounts; columns that say nothing of anybody are left out."""
    empty = [c for c in ("new_grade", "reason") if not frame[c].map(bool).any()]
    empty += ["top_up", "total"] if "new_grade" in empty else []
    empty += [c for c in ("capped", "floored") if not frame[c].any()]
    empty += [] if named else ["label"]
    kept = frame.drop(columns=empty)
    shown = kept if most is None or len(kept) <= most else kept.iloc[:most]
    return grid(shown, lang)


def totals(allocation: BonusAllocation, lang: Lang) -> Grid:
    """Lay out pool and reserve; items that are nothing are left out."""
    head = (Heading(column("item", lang)), Heading(allocation.plan.currency, number=True))
    always = ("pool", "paid", "reserve", "reserve_left")
    items = {name: v for name, v in allocation.totals.items() if v or name in always}
    return Grid("", head, tuple((Cell(word(str(n), lang), "person"), Cell(f"{v:,f}", "number")) for n, v in items.items()))


def grid(frame: pd.DataFrame, lang: Lang) -> Grid:
    """Lay out a table of money."""
    flat = frame.reset_index()
    person = "ratee" in flat
    names = [c for c in flat.columns if c != "ratee" or "label" not in flat]
    headings = tuple(Heading(column(str(c), lang), number=c in _NUMBERS) for c in names)
    rows = []
    for row in flat.to_dict("records"):
        cells = []
        for name in names:
            if name == "label" and person:
                ident = clean(row["ratee"])
                cells.append(Cell(clean(row["label"]), "person", "" if row["label"] == row["ratee"] else ident))
            else:
                cells.append(Cell(cell(str(name), row[name], lang), "number" if name in _NUMBERS else "text"))
        rows.append(tuple(cells))
    return Grid("", headings, tuple(rows))


def cell(name: str, value: Any, lang: Lang) -> str:
    """Write one cell.

    >>> cell("amount", Decimal("1234.50"), "en"), cell("coefficient", Decimal("1.50"), "en"), cell("months", None, "en")
    ('1,234.50', '1.5', '–')
    """
    if missing(value) or value == "":
        return BLANK
    if isinstance(value, bool):
        return word("yes", lang) if value else ""
    if name == "share":
        return f"{value:.2%}"
    if isinstance(value, Decimal):
        return f"{value:,f}" if name in MONEY else f"{value.normalize():f}"
    return clean(value)


def facts(allocation: BonusAllocation, lang: Lang) -> list[tuple[str, str]]:
    """What stands at the head: people, pool, reserve left."""
    plan, out = allocation.plan, sum(bool(s.excluded) for s in allocation.shares)
    found = [
        (word("people", lang), str(len(allocation.shares))),
        (word("pool", lang), plan.shown(plan.pool_cents)),
        (word("reserve_left", lang), f"{plan.currency} {allocation.reserve_left:,f}"),
    ]
    return found + ([(word("excluded", lang), str(out))] if out else [])


def rate(allocation: BonusAllocation, lang: Lang) -> str:
    """Say the rate of the allocation."""
    scale = 10**_RATE_PLACES
    shown = Decimal(int(allocation.rate * scale + Fraction(1, 2))).scaleb(-_RATE_PLACES)
    return word("rate_say", lang, rate=f"{shown:f}", currency=allocation.plan.currency)


def facts_of_plan(allocation: BonusAllocation, lang: Lang) -> list[tuple[str, str]]:
    """Settings in words."""
    plan = allocation.plan
    worth = "; ".join(f"{g} {Decimal(c).normalize():f}" for g, c in plan.coefficients.items())
    found = [(word("rate", lang), rate(allocation, lang)), (column("coefficient", lang), worth)]
    found += [(word(name, lang), str(value)) for name in ("cap", "floor") if (value := getattr(plan, name)) is not None]
    return found + ([(word("source", lang), allocation.source)] if allocation.source else [])


def _with_ids(shown: Grid, n: int) -> Grid:
    """Put ids beside names, two people may share one; a last row says that there are more."""
    rows = [tuple(Cell(c.text + (f" ({c.note})" if c.note else ""), c.kind) for c in row) for row in shown.rows]
    rows += [tuple(Cell("…" if k else f"… {n}", c.kind) for k, c in enumerate(rows[0]))] if n > len(rows) else []
    return Grid(shown.title, shown.headings, tuple(rows))


def check_language(lang: str) -> None:
    """Refuse any but the two.

    Raises
    ------
    SettingsError
        ``E-SETTING``.
    """
    if lang not in ("en", "zh"):
        raise SettingsError("E-SETTING", name="lang", value=lang, allowed=["en", "zh"])


def _title(allocation: BonusAllocation, lang: Lang) -> str:
    return word("bonus", lang) + (f" ({word('preview', lang)})" if allocation.preview else "")


def _notes(allocation: BonusAllocation, lang: Lang) -> list[tuple[str, str]]:
    said = dict.fromkeys((n.message(lang), n.fix(lang)) for n in allocation.notes)
    return [(clean(message[:1].upper() + message[1:]), clean(fix)) for message, fix in said]
