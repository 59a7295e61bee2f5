"""Every sentence the library says about an input or a fit, in English and simplified Chinese.

A catalogue entry is ``code: (problem_en, fix_en, problem_zh, fix_zh)``; the texts are ``str.format`` templates whose
placeholders come from the :class:`~rankkit.errors.Problem` that uses them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rankkit.wording import accounts, appeals, behaviours, bonus, committee, networks, notes, problems, sessions, sources

_PARTS = (problems, notes, behaviours, networks, sources, accounts, committee, sessions, bonus, appeals)
CATALOGUE: dict[str, tuple[str, str, str, str]] = {code: text for part in _PARTS for code, text in part.TEXTS.items()}
_LONGEST_VALUE = 60
_ONE = re.compile(r"(?<![\w.])1 people( are| have| were| lack)?\b")
_FACETS_ZH = {
    "ratee": "被评人",
    "rater": "评价人",
    "dimension": "维度",
    "ratee:rater": "被评人×评价人",
    "ratee:dimension": "被评人×维度",
    "rater:dimension": "评价人×维度",
    "residual": "残差",
}
_RULES = {
    "largest_remainder": ("largest remainder", "最大余数法"),
    "sainte_lague": ("Sainte-Laguë", "Sainte-Laguë 法"),
    "middle": ("equal remainders to the middle grade", "余数相同时归中间等级"),
    "top": ("equal remainders to the better grade", "余数相同时归较好等级"),
    "bottom": ("equal remainders to the lower grade", "余数相同时归较低等级"),
}


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"


def _fill(template: str, details: Mapping[str, Any], lang: str) -> str:
    translated = {"facet": _facet, "rule": _rule}
    shown = {k: translated.get(k, _plain)(v, lang) for k, v in details.items()}
    return _ONE.sub(_singular, template.format_map(_Blank(shown)))


def _singular(found: re.Match[str]) -> str:
    """One person is no people."""
    verb = found.group(1) or ""
    return "1 person" + {" are": " is", " have": " has", " were": " was", " lack": " lacks"}.get(verb, verb)


def _plain(value: Any, lang: str) -> Any:
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, (list, tuple, set, frozenset)):
        return listed([str(v) for v in value], lang=lang)
    return value


def _facet(value: Any, lang: str) -> Any:
    """Name a facet of the design; other words stay the user's own."""
    return _FACETS_ZH.get(value, value) if lang == "zh" else value


def _rule(value: Any, lang: str) -> str:
    """Name the rule for whole seats and for equal remainders."""
    parts = [_RULES[p][lang == "zh"] if p in _RULES else p for p in str(value).split(", ")]
    return ("，" if lang == "zh" else ", ").join(parts)


def listed(names: list[str], most: int = 6, lang: str = "en") -> str:
    """Join names, saying how many were left out.

    >>> listed(["a", "b"]), listed(list("abcdefgh"))
    ('a, b', 'a, b, c, d, e, f and 2 more')
    """
    comma = "、" if lang == "zh" else ", "
    if len(names) <= most:
        return comma.join(names)
    rest = len(names) - most
    return comma.join(names[:most]) + (f" 等 {len(names)} 个" if lang == "zh" else f" and {rest} more")


def problem_text(code: str, details: Mapping[str, Any], lang: str) -> str:
    """Say what is wrong."""
    entry = CATALOGUE[code]
    return _fill(entry[2 if lang == "zh" else 0], details, lang)


def fix_text(code: str, details: Mapping[str, Any], lang: str) -> str:
    """Say what to do about it."""
    entry = CATALOGUE[code]
    return _fill(entry[3 if lang == "zh" else 1], details, lang)


def shown_value(value: Any) -> str:
    """Show a cell value on one line, shortened."""
    text = repr(value) if isinstance(value, str) else f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + "…"


def place_text(row: int | None, column: str | None, value: Any, lang: str) -> str:
    """Say where: row, column and value, whatever of it is known."""
    parts = []
    if row is not None:
        parts.append(f"第 {row} 行" if lang == "zh" else f"row {row}")
    if column is not None:
        name = " ".join(column.split())  # headings of spreadsheets may run over lines
        parts.append(name if value is None else f"{name} = {shown_value(value)}")
    return ("，" if lang == "zh" else ", ").join(parts)


def sentence(place: str, message: str, fix: str, lang: str) -> str:
    """Put place, problem and fix together."""
    colon, stop, space = ("：", "。", "") if lang == "zh" else (": ", ".", " ")
    body = f"{message.rstrip('.。')}{stop}" + (f"{space}{fix}" if fix else "")
    return f"{place}{colon}{body}" if place else body


def headline(n_problems: int, n_bad: int, n_rows: int | None, source: str | None, lang: str) -> str:
    """Write the first line of an error that lists problems."""
    if lang == "zh":
        rows = f"，涉及 {n_rows} 行中的 {n_bad} 行" if n_bad and n_rows is not None else ""
        where = f"{source} 中" if source else ""
        return f"{where}发现 {n_problems} 个问题{rows}；未做任何计算。"
    s = "" if n_problems == 1 else "s"
    rows = f" in {n_bad} of {n_rows} rows" if n_bad and n_rows is not None else ""
    where = (f" of {source}" if rows else f" in {source}") if source else ""
    return f"{n_problems} problem{s}{rows}{where}; nothing was computed."


def and_more(n: int, lang: str) -> str:
    """Say that more problems follow."""
    return f"……另有 {n} 个问题，见 err.problems。" if lang == "zh" else f"… and {n} more: see err.problems."
