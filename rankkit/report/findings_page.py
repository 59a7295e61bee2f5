"""Findings of checks as an audience reads them: patterns first, then what was checked, then what could not be asked.

HR reads everything; research reads numbers under pseudonyms; a committee reads counts of each check and patterns that concern no
single rater; the people rated read none of it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard, get_args

import numpy as np
import pandas as pd

from rankkit.errors import DisclosureError, Lang, Problem, SettingsError
from rankkit.findings import Finding, Findings, as_frame
from rankkit.privacy.audience import OWN, Audience
from rankkit.privacy.redaction import without_single_answers
from rankkit.privacy.released import Released, clear
from rankkit.report import grids, numbers, terms
from rankkit.report.identities import LABEL_COLUMNS, PERSON_COLUMNS, Identities
from rankkit.report.views import without_names
from rankkit.wording import CATALOGUE

_OPEN_KINDS = ("dimension", "source", "group", "form", "cycle")  # patterns that concern no single rater
_COLUMNS = (
    "label",
    "n",
    "n_ratings",
    "n_dimensions",
    "n_forms",
    "shared_people",
    "estimate",
    "ci_low",
    "ci_high",
    "effect",
    "q",
    "mde",
    "level",
    "reason",
)  # of a check, on a page
_SIMULATED = "I-SIMULATED"
_HEADINGS: dict[str, dict[str, str]] = {  # columns that mean something else here than in other tables
    "elevation": {"ceiling": "share_at_top", "floor": "share_at_bottom"},
    "category_use": {"n": "n_ratings"},
    "contrast": {"n": "n_ratings"},
    "serial_position": {"n": "n_ratings"},
    "drift": {"n": "n_ratings"},
    "drift_cusum": {"n": "n_ratings"},
    "similar_to_me": {"n": "n_ratings"},
    "proximity": {"n": "n_dimensions"},
    "logical_error": {"n": "n_dimensions"},
    "careless": {"n": "n_forms", "repeated": "repeated_difference"},
    "patterns": {"n": "n_seen"},
}
_EVERYBODY = ("all", "raters")  # what a pattern concerns where it concerns no one in particular

PHRASES: dict[str, tuple[str, str]] = {
    "title": ("Checks of ratings", "评分检查"),
    "lead": (
        "Patterns are described, nobody is accused, and no score changes. Read what else could explain each of them.",
        "这里只描述模式，不指责任何人，也不改变任何分数。请一并阅读其他可能的解释。",
    ),
    "patterns": ("Patterns", "模式"),
    "review": ("To review", "待复核"),
    "info": ("Remarks", "提示"),
    "none": (
        "No pattern stood out. That is no clearance: see below what could have been found.",
        "没有发现突出的模式。这不等于没有问题：能检出多大的效应见下文。",
    ),
    "withheld": (
        "Patterns of single raters are shown to human resources only.",
        "针对单个评价人的模式仅向人力资源部门显示。",
    ),
    "else": ("Could also be: ", "也可能是："),
    "do": ("What to do: ", "建议："),
    "checks": ("What was checked", "检查一览"),
    "refused": ("What could not be asked of these data", "这些数据无法回答的检查"),
    "n_checks": ("Checks", "检查项"),
    "n_review": ("Patterns to review", "待复核的模式"),
    "n_info": ("Remarks", "提示"),
    "n_refused": ("Questions not answerable", "无法回答的问题"),
    "everybody": ("all", "全体"),
    "more": ("… and {n} more: see .frame.", "……另有 {n} 条，见 .frame。"),
    "refused_more": ("… and {n} more: see .refusals.", "……另有 {n} 条，见 .refusals。"),
}
"""What a page of findings says: (English, Chinese)."""


def phrase(key: str, lang: Lang, **details: object) -> str:
    """Return a phrase of a page of findings.

    >>> phrase("more", "en", n=3)
    '… and 3 more: see .frame.'
    """
    return PHRASES[key][lang == "zh"].format(**details)


@dataclass(frozen=True)
class Card:
    """Patterns of one kind in words: what else they could be, and what to do, said once."""

    level: str
    texts: tuple[str, ...]
    otherwise: str
    action: str


@dataclass(frozen=True, kw_only=True)
class FindingsView:
    """Findings as one audience reads them; made of a :class:`~rankkit.privacy.Released` and of nothing else."""

    released: Released[Findings]
    audience: Audience
    lang: Lang
    title: str
    facts: tuple[tuple[str, str], ...]
    cards: tuple[Card, ...] = ()
    withheld: bool = False
    patterns: pd.DataFrame | None = None
    checks: pd.DataFrame = field(default_factory=pd.DataFrame)
    refused: pd.DataFrame = field(default_factory=pd.DataFrame)
    notes: tuple[tuple[str, str], ...] = ()
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    simulated: bool = False
    unit: str = "none"

    def __post_init__(self) -> None:
        if not isinstance(self.released, Released) or self.released.audience != self.audience:
            raise DisclosureError("E-UNCLEARED")

    def groups(self) -> list[tuple[str, list[Card]]]:
        """Patterns to review, then remarks, each under its heading."""
        out = [(phrase("review", self.lang), [c for c in self.cards if c.level != "info"])]
        out.append((phrase("info", self.lang), [c for c in self.cards if c.level == "info"]))
        return [(heading, cards) for heading, cards in out if cards]

    def grids(self) -> list[grids.Grid]:
        """Tables of a page: counts, refusals, and what each check computed, in the columns all checks have."""
        out = []
        if self.audience == "research" and self.patterns is not None and len(self.patterns):
            out.append(grids.grid(self.patterns.dropna(axis=1, how="all"), self.lang, self.unit, phrase("patterns", self.lang)))
        if len(self.checks):
            out.append(grids.grid(self.checks, self.lang, self.unit, phrase("checks", self.lang)))
        if len(self.refused):
            shown = self.refused.drop(columns="code")
            out.append(grids.grid(shown, self.lang, self.unit, phrase("refused", self.lang)))
        for name, frame in self.tables.items():
            if name != "power" and len(frame.columns) and len(frame):
                out.append(grids.grid(_narrow(frame), self.lang, self.unit, terms.table(name, self.lang)))
        return out

    def frames(self) -> dict[str, pd.DataFrame]:
        """Sheets of a workbook."""
        out = {} if self.patterns is None else {"patterns": self.patterns}
        notes = pd.DataFrame(list(self.notes), columns=["text", "fix"], dtype=object)
        return {**out, "checks": self.checks, "refused": self.refused, **self.tables, "messages": notes}


def is_findings(subject: Any) -> TypeGuard[Findings]:
    """Tell findings from results and comparisons."""
    return isinstance(subject, Findings)


def view(found: Findings, audience: Audience, lang: Lang, key: bytes | None = None) -> FindingsView:
    """Cut findings to what an audience may read.

    Raises
    ------
    DisclosureError
        For a ratee or a manager: checks of raters are no part of what the people rated receive.
    SettingsError
        If there is no such audience.
    """
    if audience not in get_args(Audience):
        raise SettingsError("E-SETTING", name="audience", value=audience, allowed=list(get_args(Audience)))
    if audience in OWN:
        raise DisclosureError("E-NOTFORRATEES")
    released = clear(found, audience)
    found = released.subject
    who = Identities.of_labels(_labels(found), secrets.token_bytes(32) if key is None else key)
    everything = audience == "hr"
    in_words = [f for f in found.patterns if everything or (f.unit_kind in _OPEN_KINDS and not who.mentioned_in(_text(f, lang)))]
    problems = {name: [p if everything else who.hide_in_problem(p, lang) for p in group] for name, group in _said(found).items()}
    names = [terms.table(str(p.column), lang) for p in found.refused]
    refused = [(name, p.code, p.message(lang), p.fix(lang)) for name, p in zip(names, problems["refused"], strict=True)]
    tables = (
        {k: _named(without_single_answers(t), found.labels) for k, t in found.tables.items()}
        if everything
        else {}
        if audience == "committee"
        else _hidden(found, who)
    )
    return FindingsView(
        released=released,
        audience=audience,
        lang=lang,
        title=phrase("title", lang),
        facts=_facts(found, lang),
        cards=() if audience == "research" else _cards(in_words, lang),
        withheld=audience == "committee" and any(f.unit_kind not in _OPEN_KINDS for f in found.patterns),
        patterns=_patterns(found, in_words, audience, lang, who),
        checks=_checks(found, lang),
        refused=pd.DataFrame(refused, columns=["check", "code", "text", "fix"], dtype=object),
        notes=tuple(dict.fromkeys((p.message(lang), p.fix(lang)) for p in problems["notes"] if p.code != _SIMULATED)),
        tables={name: _headed(name, frame, lang) for name, frame in tables.items()},
        simulated=any(p.code == _SIMULATED for p in found.notes),
    )


def _named(frame: pd.DataFrame, labels: Mapping[str, str]) -> pd.DataFrame:
    """Add the display names of raters where they differ from their ids."""
    if "rater" not in frame.index.names or "label" in frame:
        return frame
    ids = [str(r) for r in frame.index.get_level_values("rater")]
    if all(labels.get(r, r) == r for r in ids):
        return frame
    out = frame.copy()
    out.insert(0, "label", [labels.get(r, r) for r in ids])
    return out


def _headed(name: str, frame: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    """Give columns headings that say what they are in this table."""
    out = frame.rename(columns=_HEADINGS.get(name, {}))
    return out.rename(index=lambda check: terms.table(str(check), lang)) if name == "power" else out


def _said(found: Findings) -> dict[str, tuple[Problem, ...]]:
    return {"refused": found.refused, "notes": found.notes}


def _labels(found: Findings) -> dict[str, str]:
    """Everyone who occurs in findings, with the display name."""
    labels = {str(k): str(v) for k, v in found.labels.items()}
    people = [f.unit_id for f in found.patterns if f.unit_kind in ("rater", "ratee")]
    for frame in found.tables.values():
        flat = frame.index.to_frame(index=False) if any(n in PERSON_COLUMNS for n in frame.index.names) else pd.DataFrame()
        for source in (flat, frame):
            for column in (c for c in source.columns if c in PERSON_COLUMNS):
                people += [str(v) for v in source[column].dropna().unique()]
            for column in (c for c in source.columns if c in LABEL_COLUMNS):
                labels.update({str(v): str(v) for v in source[column].dropna().unique() if str(v) not in labels.values()})
    return {**{p: p for p in people}, **labels}


def _hidden(found: Findings, who: Identities) -> dict[str, pd.DataFrame]:
    return {name: without_names(frame, who) for name, frame in found.tables.items()}


def _text(f: Finding, lang: Lang) -> str:
    return _problem(f).note(lang) if _worded(f) else f.message


def _worded(f: Finding) -> bool:
    """Tell whether the texts can be written anew in the language of the report."""
    return f.code in CATALOGUE and f"{f.code}-ELSE" in CATALOGUE and bool(f.details)


def _problem(f: Finding) -> Problem:
    return Problem(f.code, None, f.details.get("on"), None, f.details)


def _words(f: Finding, lang: Lang) -> tuple[str, str, str]:
    """What is seen, what else it could be, and what to do, in the language of the report."""
    if _worded(f):
        words = _text(f, lang), Problem(f"{f.code}-ELSE").message(lang), _problem(f).fix(lang)
    else:
        words = f.message, f.what_it_could_also_be, f.suggested_action
    seen, otherwise, action = map(grids.clean, words)
    return seen, otherwise, action


def _cards(found: Iterable[Finding], lang: Lang) -> tuple[Card, ...]:
    """Patterns of one kind together, in the order in which they come."""
    grouped: dict[tuple[str, str, str, str], list[str]] = {}
    for f in found:
        seen, otherwise, action = _words(f, lang)
        q = "" if numbers.missing(f.q) else numbers.cell(f.q, "q", "none", lang)
        told = "" if not q else f"（q = {q}）" if lang == "zh" else f" (q = {q})"
        grouped.setdefault((f.code, f.level, otherwise, action), []).append(seen + told)
    return tuple(Card(level, tuple(texts), otherwise, action) for (_, level, otherwise, action), texts in grouped.items())


def _facts(found: Findings, lang: Lang) -> tuple[tuple[str, str], ...]:
    review = sum(f.level != "info" for f in found.patterns)
    checks = sum("level" in frame for frame in found.tables.values())
    counts = {"n_checks": checks, "n_review": review, "n_info": len(found.patterns) - review, "n_refused": len(found.refused)}
    return tuple((phrase(name, lang), str(n)) for name, n in counts.items())


def _checks(found: Findings, lang: Lang) -> pd.DataFrame:
    """Counts of each check, without anybody's name."""
    power = found.tables.get("power", pd.DataFrame())
    rows = []
    for name, frame in found.tables.items():
        if "level" not in frame:
            continue
        graded = frame[[c for c in frame.columns if str(c) == "level" or str(c).endswith("_level")]]
        review = (graded == "review").any(axis=1).to_numpy()
        remark = (graded == "info").any(axis=1).to_numpy() & ~review
        row: dict[str, Any] = {"check": terms.table(name, lang), "units": len(frame)}
        row["tested"] = int(frame["p"].notna().sum()) if "p" in frame else len(frame)
        row |= {"to_review": int(np.sum(review)), "remarks": int(np.sum(remark))}
        if name in power.index:
            row |= {c: power.loc[name, c] for c in ("mde", "floor", "enough")}
        rows.append(row)
    columns = ["check", "units", "tested", "to_review", "remarks", *(["mde", "floor", "enough"] if len(power) else [])]
    return pd.DataFrame(rows, columns=columns).set_index("check")


def _patterns(found: Findings, in_words: list[Finding], audience: Audience, lang: Lang, who: Identities) -> pd.DataFrame | None:
    """Patterns as a table: in words for HR and the committee, in numbers for research."""
    if audience == "research":
        return _headed("patterns", without_names(as_frame(found.patterns), who), lang)
    if not in_words:
        return None
    frame = as_frame(in_words)
    words = np.array([_words(f, lang) for f in in_words], dtype=object)
    for k, name in enumerate(("message", "what_it_could_also_be", "suggested_action")):
        frame[name] = words[:, k]
    whole = frame["unit_kind"].isin(_OPEN_KINDS) & frame["unit_id"].isin(_EVERYBODY)
    frame["unit_id"] = frame["unit_id"].mask(whole, phrase("everybody", lang))
    return _headed("patterns", frame, lang)


def _narrow(frame: pd.DataFrame) -> pd.DataFrame:
    """Keep the columns every check has; other tables whole; columns without anything in them go."""
    kept = frame[[c for c in _COLUMNS if c in frame]] if "level" in frame else frame
    always = ("level", *(c for c in _COLUMNS if c[0] == "n"))
    return kept[[c for c in kept.columns if c in always or not kept[c].isin([""]).where(kept[c].notna(), other=True).all()]]
