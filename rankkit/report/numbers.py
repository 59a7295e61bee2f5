"""How numbers, intervals and rank sets are written in reports."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from rankkit.errors import Lang
from rankkit.report import sentences, terms

BLANK = "–"
_DECIMALS = {"scale points": 2, "logit": 2, "probit": 2, "T": 1, "points": 1, "z": 2, "percentile": 0, "ordinal": 0, "none": 2}
_SCORES = {"score", "raw_score", "se", "ci_low", "ci_high", "difference", "score_a", "score_b"}
_PERCENT = {
    "largest_probability",
    "probability",
    "share",
    "nominal",
    "effective",
    "overlap",
    "same",
    "enough",
    "moved_1_or_more",
    "moved_2_or_more",
}
_THREE = {"p", "q", "variance"}
_WORDS = (
    *(
        "coefficient",
        "facet",
        "level",
        "term",
        "setting",
        "value",
        "design",
        "interval",
        "source",
        "assumes",
        "detector",
        "lang",
        "what",
        "term_of_model",
    ),
    *("model", "test", "first_end", "adjust", "rule"),
)
_WORDY = ("_level", "_reason")  # columns of words, one for each thing a check looks at
_WORKINGS = ("method", "parameter", "kind", "unit_kind", "effect_name", "family")
_COUNTS = ("comparisons", "wins", "losses", "ties", "decided", "repeats", "reversals", "half_changes", "preferring", "against", "df")
_SMALL, _LARGE = 0.005, 1e6


def missing(value: Any) -> bool:
    """Tell whether a cell is empty: None, NA, NaN or infinite."""
    if value is None or value is pd.NA or value is pd.NaT:
        return True
    return isinstance(value, (float, np.floating)) and not math.isfinite(float(value))


def decimals(unit: str) -> int:
    """Decimals of a score in a unit."""
    return _DECIMALS.get(unit, 2)


def fixed(value: Any, places: int) -> str:
    """Write a number with fixed decimals and no negative zero.

    >>> fixed(-0.001, 2), fixed(float("nan"), 2)
    ('0.00', '–')
    """
    if missing(value):
        return BLANK
    text = f"{float(value):.{places}f}"
    return text[1:] if text.startswith("-") and not text.strip("-0.") else text


def span(low: Any, high: Any, places: int = 0, lang: Lang = "en") -> str:
    """Write an interval or a rank set: ``2–5``; a negative bound calls for "to", one value stands alone.

    >>> span(2, 5), span(3, 3), span(-1.25, 0.5, 2)
    ('2–5', '3', '-1.25 to 0.50')
    """
    if missing(low) or missing(high):
        return BLANK
    a, b = fixed(low, places), fixed(high, places)
    if a == b and not places:
        return a
    return f"{a} {'至' if lang == 'zh' else 'to'} {b}" if "-" in (a[0], b[0]) else f"{a}–{b}"


def cell(value: Any, column: str, unit: str, lang: Lang, *, percent: bool = False) -> str:
    """Write one cell of any table."""
    if missing(value):
        return BLANK
    if isinstance(value, (bool, np.bool_)):
        return terms.word(str(bool(value)), lang)
    if isinstance(value, (int, np.integer)):
        return f"{int(value):+d}" if column == "rank_change" and value else str(int(value))
    if isinstance(value, (float, np.floating)):
        return _decimal(float(value), column, unit, percent=percent)
    if isinstance(value, (list, tuple, set, frozenset)):
        return ("、" if lang == "zh" else ", ").join(str(v) for v in value) or BLANK
    if column in ("status", "reason") and str(value) in terms.STATUSES:
        return terms.status(str(value), lang)
    if column in _WORKINGS:
        return terms.working(str(value), lang)
    if column == "unit":
        return terms.unit(str(value), lang)
    if column in sentences.COLUMNS:
        return sentences.said(str(value), lang)
    if column == "signs":
        return ("、" if lang == "zh" else ", ").join(terms.word(sign, lang) for sign in str(value).split("; ") if sign)
    if column == "reason" or column.endswith("_reason"):
        known = str(value) in terms.VALUES  # whole, before it is read as a sentence of the catalogue
        return terms.word(str(value) if known else sentences.reason(str(value), lang), lang)
    if str(value) == "(all)":  # the row of everybody in a table by person, author or dimension
        return terms.word(str(value), lang)
    if column.endswith(_WORDY):
        return terms.word(str(value), lang)
    return terms.word(str(value), lang) if column in _WORDS else str(value)


def _decimal(value: float, column: str, unit: str, *, percent: bool) -> str:
    if percent or (column in _PERCENT and 0 <= value <= 1):
        return f"{100 * value:.0f} %"
    if column in _SCORES:
        return fixed(value, decimals(unit))
    if column in _COUNTS and value == round(value):
        return fixed(value, 0)
    if abs(value) >= _LARGE or 0 < abs(value) < _SMALL:
        return f"{value:.2g}"
    return fixed(value, 3 if column in _THREE else 2)


def places_in_excel(column: str, unit: str) -> str:
    """Return the Excel number format of a float column."""
    if column in _PERCENT:
        return "0%"
    places = decimals(unit) + 1 if column in _SCORES else 3
    return "0." + "0" * places
