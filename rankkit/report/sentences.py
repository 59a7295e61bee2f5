"""Sentences of findings said anew in the language of a report.

A table of findings holds its sentences as they were written, in the language of the session. Every sentence comes from the
catalogue of wording, so what was filled in can be read back out of it and filled into the other language.
"""

from __future__ import annotations

import re
from functools import lru_cache
from string import Formatter

from rankkit.errors import Lang
from rankkit.tables.source_words import SHOWN
from rankkit.wording import CATALOGUE

COLUMNS = ("message", "what_it_could_also_be", "suggested_action")
_PATTERNS, _REASONS = ("F-",), ("S-", "E-")  # codes of findings; of what is missing

SIGNS: dict[str, str] = {
    "nearly one score for all items and people": "对几乎所有项目和人评分相同",
    "profiles unlike those of other raters": "评分模式与其他评价人不同",
    "answers that do not agree with each other": "前后回答不一致",
    "too little time to read": "作答时间过短",
}
BASES: dict[str, str] = {
    "of the same people": "比较同一被评人",
    "of the same people, by the same raters": "比较同一被评人与同一评价人",
}
UNITS: tuple[tuple[str, str], ...] = (
    (r"sitting of (\S+)", r"次（\1 人）"),
    (r"cycle of (\S+) days", r"周期（\1 天）"),
    (r"(\S+) days", r"\1 天"),
    (r"(\S+) steps of (.+)", r"\1 个 \2"),
    (r"cycle", "周期"),
    (r"occasion", "轮"),
)
"""Words filled in that differ between the languages: English (a pattern), Chinese."""


def said(text: str, lang: Lang) -> str:
    """Say a sentence of a finding in a language; one that is not in the catalogue stays as it is.

    >>> said("周伟 对 12 人的评分离散程度低于其他评价人（标准差之比 0.41）", "en")
    '周伟 spreads the ratings of 12 people less than other raters do (SD ratio 0.41)'
    >>> said("Ask what each dimension was judged by.", "zh")
    '请了解各维度的评分依据。'
    """
    return _refilled(text, lang, _PATTERNS) or text


def _refilled(text: str, lang: Lang, codes: tuple[str, ...]) -> str | None:
    """Read out what was filled into a sentence of these codes and fill it in again; ``None`` for a sentence that is none of them."""
    known = _exact(lang, codes)
    if text in known:
        return known[text]
    on, colon, rest = text.partition("：" if "：" in text else ": ")
    if colon and rest in known:
        return _of(on, lang) + known[rest]
    for pattern, template, fields in _templates(lang, codes):
        found = pattern.fullmatch(text)
        if found is None:
            continue
        values = {k: _word(k, v, lang) for k, v in found.groupdict().items() if k != "_on"}
        values |= {f"{k}_zh": v for k, v in values.items()}
        if fields <= set(values):
            return _of(found["_on"], lang) + template.format_map(values)
    return None


def reason(text: str, lang: Lang) -> str:
    """Say in a language why a number is missing; what is not in the catalogue stays as it is.

    >>> reason("estimated, not tested", "zh")
    '仅估计，未作检验'
    """
    return _refilled(text, lang, _REASONS) or text


def _of(dimension: str | None, lang: Lang) -> str:
    """What a sentence is said of, before it."""
    return "" if dimension is None else dimension + ("：" if lang == "zh" else ": ")


@lru_cache(maxsize=4)
def _exact(lang: Lang, codes: tuple[str, ...]) -> dict[str, str]:
    """Sentences without anything filled in."""
    there, here = (0, 2) if lang == "zh" else (2, 0)
    pairs = [(entry[there + k], entry[here + k]) for code, entry in CATALOGUE.items() if code.startswith(codes) for k in (0, 1)]
    return {before: after for before, after in pairs if before and "{" not in before}


@lru_cache(maxsize=4)
def _templates(lang: Lang, codes: tuple[str, ...]) -> tuple[tuple[re.Pattern[str], str, set[str]], ...]:
    """Patterns of the other language, most words first, each with the sentence in this one and what that needs."""
    there, here = (0, 2) if lang == "zh" else (2, 0)
    out = []
    for code, entry in CATALOGUE.items():
        for k in (0, 1):
            before, after = entry[there + k], entry[here + k]
            if code.startswith(codes) and "{" in before:
                out.append((_pattern(before), after, _fields(after), len(re.sub(r"\{.*?\}", "", before))))
    return tuple((pattern, after, fields) for pattern, after, fields, _ in sorted(out, key=lambda t: -t[3]))


def _fields(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def _pattern(template: str) -> re.Pattern[str]:
    """Turn a sentence with placeholders into a pattern; the dimension it is said of may stand before it."""
    parts, seen = [], set()
    for text, name, _, _ in Formatter().parse(template):
        parts.append(re.escape(text).replace("people", "(?:people|person)"))
        if name:
            plain = name.removesuffix("_zh")
            parts.append(f"(?P={plain})" if plain in seen else f"(?P<{plain}>.+?)")
            seen.add(plain)
    return re.compile(r"(?:(?P<_on>[^:：]+)(?:: |：))?" + "".join(parts), re.DOTALL)


def _word(field: str, value: str, lang: Lang) -> str:
    """Translate what was filled in, where it is a word of ours."""
    if field == "signs":
        words = SIGNS if lang == "zh" else {after: before for before, after in SIGNS.items()}
        comma, other = (", ", "、") if lang == "zh" else ("、", ", ")
        return other.join(words.get(part, part) for part in value.split(comma))
    if field == "basis":
        return (BASES if lang == "zh" else {after: before for before, after in BASES.items()}).get(value, value)
    if field in ("network", "source"):
        words = _sources(lang)
        return " ".join(words.get(part, part) for part in value.split(" "))
    if field == "unit" and lang == "zh":
        return next((re.sub(before, after, value) for before, after in UNITS if re.fullmatch(before, value)), value)
    return value


@lru_cache(maxsize=2)
def _sources(lang: Lang) -> dict[str, str]:
    """Sources as findings about networks of raters name them."""
    return dict(SHOWN) if lang == "zh" else {after: before for before, after in SHOWN.items()}
