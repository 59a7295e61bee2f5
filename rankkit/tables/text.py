"""Ids and words as people type them: width, spaces and leading zeros, settled once.

Ids are text. Full-width letters and digits become ordinary ones (NFKC), outer blanks go, case stays, leading zeros stay.
Work is done on the distinct values of a column only, so a million rows cost little more than their factorisation.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from rankkit.errors import Problem
from rankkit.kernels.arrays import Bools, Ints

BLANK = frozenset({"", "nan", "NaN", "None", "<NA>", "NaT"})


def normalise(text: str) -> str:
    """NFKC-normalise, trim, and turn inner line breaks and control characters into single spaces.

    >>> normalise("　Ａ００７ "), normalise("王\\n伟")
    ('A007', '王 伟')
    """
    text = unicodedata.normalize("NFKC", text)
    if not text.isprintable():
        text = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp", "Cs") else c for c in text)
    return " ".join(text.split()) if ("  " in text or text != text.strip()) else text


def as_text(value: Any) -> str | None:
    """Turn one cell into normalised text, or ``None`` where it is blank.

    >>> as_text(7.0), as_text("007"), as_text(float("nan")), as_text(" ")
    ('7', '007', None, None)
    """
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, (float, np.floating)):
        if np.isnan(value):
            return None
        return str(int(value)) if float(value).is_integer() else repr(float(value))
    text = normalise(str(value))
    return None if text in BLANK else text


@dataclass(frozen=True)
class Encoded:
    """A column as integer codes into sorted distinct values; ``-1`` where blank."""

    codes: Ints
    values: tuple[str, ...]
    respelled: dict[str, tuple[str, ...]]  # value -> the spellings that were folded into it, where there were several

    @property
    def blank(self) -> Bools:
        """True where the cell is blank."""
        return self.codes < 0


def encode(column: pd.Series[Any]) -> Encoded:
    """Normalise a column and code it; the codes follow the sorted values, so row order cannot matter."""
    raw_codes, raw_values = pd.factorize(column, use_na_sentinel=True)
    texts = [as_text(v) for v in raw_values]
    values = sorted({t for t in texts if t is not None})
    position = {v: k for k, v in enumerate(values)}
    lookup = np.array([-1 if t is None else position[t] for t in texts] + [-1], dtype=np.int64)
    spellings: dict[str, list[str]] = {}
    for raw, text in zip(raw_values, texts, strict=True):
        if text is not None:
            spellings.setdefault(text, []).append(str(raw))
    folded = {k: tuple(v) for k, v in spellings.items() if len(v) > 1}
    return Encoded(lookup[raw_codes], tuple(values), folded)


def recode(codes: Ints, values: tuple[str, ...]) -> tuple[Ints, tuple[str, ...]]:
    """Drop values no row uses; blank (-1) stays blank."""
    used = np.zeros(len(values), dtype=bool)
    used[codes[codes >= 0]] = True
    lookup = np.append(np.cumsum(used) - 1, -1).astype(np.int64)
    return lookup[codes], tuple(v for v, u in zip(values, used, strict=True) if u)


def merge(*columns: Encoded) -> tuple[tuple[Ints, ...], tuple[str, ...]]:
    """Code several columns into one common set of values (left and right of a comparison)."""
    values = sorted(set().union(*(c.values for c in columns)))
    position = {v: k for k, v in enumerate(values)}
    lookups = [np.array([position[v] for v in c.values] + [-1], dtype=np.int64) for c in columns]
    return tuple(look[c.codes] for look, c in zip(lookups, columns, strict=True)), tuple(values)


def zero_padded_twins(values: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs of ids that differ only in leading zeros: one file was read as numbers.

    >>> zero_padded_twins(["007", "7", "12"])
    [('007', '7')]
    """
    seen: dict[str, str] = {}
    twins = []
    for value in sorted(values):
        if value.isdigit():
            bare = value.lstrip("0") or "0"
            if bare in seen:
                twins.append((seen[bare], value))
            seen.setdefault(bare, value)
    return twins


def display_names(codes: Ints, ids: tuple[str, ...], column: pd.Series[Any] | None, name: str) -> tuple[dict[str, str], list[Problem]]:
    """One display name per id; an id with two different names is a problem."""
    if column is None:
        return {i: i for i in ids}, []
    label = encode(column)
    pairs = np.unique(np.column_stack([codes, label.codes])[(codes >= 0) & (label.codes >= 0)], axis=0)
    labels = {i: i for i in ids}
    problems = []
    given: set[int] = set()
    for person, text in pairs:
        if person in given:
            problems.append(
                Problem(
                    "E-LABELS2",
                    None,
                    name,
                    None,
                    {"id": ids[person], "a": labels[ids[person]], "b": label.values[text]},
                )
            )
        given.add(int(person))
        labels[ids[person]] = label.values[text]
    return labels, problems
