"""Editing of incidents: those written twice, those that say too much or too little, and the levels nobody wrote about."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import pandas as pd

from rankkit.errors import Problem
from rankkit.kernels.behaviours.effectiveness_scaling import on_scale
from rankkit.tables.text_language import Tokenizer, language_of, tokens

DUPLICATE = 0.9
LEVELS = ("bad", "average", "good")
LEVELS_ZH = {"bad": "差", "average": "一般", "good": "好"}
LEAST_SHARE = 0.15  # of a dimension's incidents at each level
_LOW_ON_SEVEN, _HIGH_ON_SEVEN = 2.0, 4.0  # distances from the bottom where bad and average end, on a scale from 1 to 7
_LONG, _SHORT = 60, 4  # tokens of a statement
_EXPECTATION = re.compile(r"could be expected to|can be expected to|预期|可以期望|预计会", re.IGNORECASE)
_TWO = re.compile(r"\band then\b|\band also\b|\bas well as\b|;|；|然后|并且|同时|随后又", re.IGNORECASE)


def likeness(a: Sequence[str], b: Sequence[str]) -> float:
    """Dice's share of tokens two texts have in common, repetitions counted.

    >>> likeness("the line failed again".split(), "the line failed once again".split())
    0.8888888888888888
    """
    both = Counter(a) & Counter(b)
    return 2 * both.total() / (len(a) + len(b)) if a and b else 0.0


def duplicates(texts: Mapping[str, str], threshold: float = DUPLICATE, tokenizer: Tokenizer = tokens) -> pd.DataFrame:
    """List pairs of incidents whose texts are nearly the same.

    Parameters
    ----------
    texts : mapping
        Incident to text.
    threshold : float
        Least share of common tokens (Dice 1945).
    tokenizer : callable
        Text to tokens; by default words of alphabetic scripts and overlapping pairs of Chinese characters.

    Returns
    -------
    DataFrame
        ``first, second, similarity``, most alike first.

    Examples
    --------
    >>> duplicates({"a": "他当天给客户回了电话并道歉", "b": "他当天就给客户回了电话并道歉"}, 0.8)["similarity"].round(2).to_list()
    [0.88]
    """
    cut = {name: list(tokenizer(text)) for name, text in sorted(texts.items())}
    rows = []
    for a, b in combinations(cut, 2):
        short, long = sorted((len(cut[a]), len(cut[b])))
        if short and 2 * short / (short + long) >= threshold:  # no more can be in common than the shorter has
            value = likeness(cut[a], cut[b])
            if value >= threshold:
                rows.append((a, b, value))
    found = pd.DataFrame(rows, columns=["first", "second", "similarity"]).astype({"similarity": "float64"})
    return found.sort_values(["similarity", "first", "second"], ascending=[False, True, True], ignore_index=True)


def editing_table(incidents: Mapping[str, Mapping[str, Any]], threshold: float = DUPLICATE, tokenizer: Tokenizer = tokens) -> pd.DataFrame:
    """List what an editor should look at; nothing is changed by it.

    Parameters
    ----------
    incidents : mapping of str to mapping
        Incident to its facts, ``text`` among them.
    threshold : float
        Likeness from which two are reported as written twice.
    tokenizer : callable
        Text to tokens.

    Returns
    -------
    DataFrame
        ``incident, what, other, similarity, text``; ``what`` is ``duplicate``, ``not_expectation`` (not in the form "could be
        expected to"), ``two_behaviours`` (joined by "and then", a semicolon …: a hint, not a count), ``long``, ``short`` or
        ``no_text``.
    """
    texts = {i: str(facts.get("text") or "") for i, facts in incidents.items()}
    rows: list[tuple[str, str, str, float, str]] = []
    for first, second, value in duplicates(texts, threshold, tokenizer).itertuples(index=False):
        rows.append((second, "duplicate", first, value, texts[second]))
    for name, text in sorted(texts.items()):
        size = len(tokenizer(text))
        found = {
            "no_text": not text.strip(),
            "not_expectation": bool(text.strip()) and language_of(text) in ("en", "zh", "mixed") and not _EXPECTATION.search(text),
            "two_behaviours": bool(_TWO.search(text)),
            "long": size > _LONG,
            "short": 0 < size < _SHORT,
        }
        rows += [(name, what, "", float("nan"), text) for what, there in found.items() if there]
    return pd.DataFrame(rows, columns=["incident", "what", "other", "similarity", "text"]).astype({"similarity": "float64"})


def level_of(value: float, scale: tuple[float, float]) -> str:
    """Name the third of the scale: ``bad``, ``average`` or ``good``.

    >>> [level_of(v, (1, 7)) for v in (2.9, 3.0, 5.0, 5.1)]
    ['bad', 'average', 'average', 'good']
    """
    if value < scale[0] + on_scale(_LOW_ON_SEVEN, scale):
        return "bad"
    return "average" if value <= scale[0] + on_scale(_HIGH_ON_SEVEN, scale) else "good"


def levels_table(incidents: Mapping[str, Mapping[str, Any]], names: Sequence[str], scale: tuple[float, float]) -> pd.DataFrame:
    """Count good, average and bad incidents of each dimension, as their writers meant them.

    Parameters
    ----------
    incidents : mapping of str to mapping
        With ``dimension`` and ``effectiveness``.
    names : sequence of str
        The dimensions.
    scale : (float, float)
        Lowest and highest point.

    Returns
    -------
    DataFrame
        Indexed by ``dimension``: ``bad, average, good, unknown``.
    """
    table = pd.DataFrame(0, index=pd.Index(list(names), name="dimension"), columns=[*LEVELS, "unknown"], dtype="int64")
    for facts in incidents.values():
        value = facts.get("effectiveness")
        if facts.get("dimension") in table.index:
            table.loc[facts["dimension"], "unknown" if value is None else level_of(float(value), scale)] += 1
    return table


def named_levels(key: str, levels: Sequence[str]) -> dict[str, Any]:
    """Levels as details of a message, in both languages.

    >>> named_levels("needed", ["average"])
    {'needed': ['average'], 'needed_zh': ['一般']}
    """
    return {key: list(levels), f"{key}_zh": [LEVELS_ZH[level] for level in levels]}


def unbalanced(table: pd.DataFrame, labels: Mapping[str, str]) -> list[Problem]:
    """Say of which dimensions, by their labels, a level is missing: ``W-ALLGOOD`` (average ones are, as a rule)."""
    out = []
    for name, row in table.iterrows():
        counts = {level: int(row[level]) for level in LEVELS}
        total = sum(counts.values())
        missing = [level for level in LEVELS if counts[level] < LEAST_SHARE * total]
        if total and missing:
            out.append(
                Problem(
                    "W-ALLGOOD",
                    None,
                    None,
                    None,
                    {"dimension": labels.get(str(name), str(name)), **counts, **named_levels("missing", missing)},
                )
            )
    return out
