"""Ids and words as people type them: width, spaces and leading zeros, settled once.

Ids are text. Full-width letters and digits become ordinary ones (NFKC), outer blanks go, case stays, leading zeros stay.
Work is done on the distinct values of a column only, so a million rows cost little more than their factorisation.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from rankkit.errors import Problem
from rankkit.kernels.arrays import Bools, Ints

BLANK = frozenset({"", "nan", "NaN", "None", "<NA>", "NaT"})
_RUN = 1 << 15  # codes worked through at a time, so that they stay in the processor's cache
_PLAIN_KINDS = frozenset({"string", "integer", "floating", "mixed-integer-float", "empty"})
# Marks nobody sees and some programs leave behind: zero-width space, word joiner, byte order mark, soft hyphen and the
# signs that turn the direction of writing. Joiners stay: emoji and some scripts are spelt with them.
_UNSEEN = dict.fromkeys([0x200B, 0x2060, 0xFEFF, 0x00AD, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])


def normalise(text: str) -> str:
    r"""NFKC-normalise, trim, drop invisible marks, and turn line breaks and control characters into single spaces.

    >>> normalise("　Ａ００７ "), normalise("王\n伟"), normalise("e1\u200b")
    ('A007', '王 伟', 'e1')
    """
    text = unicodedata.normalize("NFKC", text)
    if not text.isprintable():
        text = text.translate(_UNSEEN)
        text = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp", "Cs") else c for c in text)
    return " ".join(text.split()) if ("  " in text or text != text.strip()) else text


def as_text(value: Any) -> str | None:
    """Turn one cell into normalised text, or ``None`` where it is blank.

    >>> as_text(7.0), as_text("007"), as_text(float("nan")), as_text(" "), as_text(pd.Timestamp("2026-06-30"))
    ('7', '007', None, None, '2026-06-30')
    """
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, (float, np.floating)):
        if np.isnan(value):
            return None
        return str(int(value)) if float(value).is_integer() else repr(float(value))
    if isinstance(value, dt.datetime) and value.time() == dt.time(0):
        return value.date().isoformat()  # a day, as a workbook's cell shows it
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


def distinct(column: pd.Series[Any]) -> tuple[Ints, Any]:
    """Code a column of any kind as it stands: integer codes (-1 = missing) and the distinct cells."""
    if column.dtype == object and pd.api.types.infer_dtype(column, skipna=True) not in _PLAIN_KINDS:
        column = pd.Series([_hashable(v) for v in column], dtype=object)
    if isinstance(column.dtype, pd.StringDtype):
        found = _of_arrow(column) if column.dtype.storage == "pyarrow" else None
        if found is not None:
            return found
        codes, values = column.array.factorize()
        return codes.astype(np.int64, copy=False), values
    codes, values = pd.factorize(column, use_na_sentinel=True)
    return codes.astype(np.int64, copy=False), values


def _of_arrow(column: pd.Series[Any]) -> tuple[Any, Any] | None:
    """Codes and values as Arrow finds them, without a copy in wider integers; None if there are gaps or several chunks."""
    import pyarrow as pa  # noqa: PLC0415 - installed wherever a column is kept in it

    cells = pa.array(column.array)
    if isinstance(cells, pa.ChunkedArray):
        if cells.num_chunks != 1:
            return None
        cells = cells.chunk(0)
    if cells.null_count:
        return None
    found = cells.dictionary_encode()
    return found.indices.to_numpy(zero_copy_only=True), pd.array(found.dictionary.to_pylist(), dtype=column.dtype)


def _hashable(cell: Any) -> Any:
    """Cells that cannot be told apart by hash as their text: True equals 1, and a list has none."""
    if isinstance(cell, (bool, np.bool_)):
        return str(bool(cell))
    try:
        hash(cell)
    except TypeError:
        return str(cell)
    return cell


def encode(column: pd.Series[Any], alike: Encoded | None = None) -> Encoded:
    """Normalise a column and code it; the codes follow the sorted values, so row order cannot matter.

    ``alike`` is a column that often has the same values, which then need not be sorted again.
    """
    raw_codes, raw_values = distinct(column)
    texts = _texts(raw_values)
    seen = set(filter(None, texts))
    if alike is not None and len(seen) == len(alike.values) and seen.issuperset(alike.values):
        values: Sequence[str] = alike.values
    else:
        values = sorted(seen)
    position: dict[str | None, int] = dict(zip(values, range(len(values)), strict=True))
    position[None] = -1
    lookup = np.array([*map(position.__getitem__, texts), -1], dtype=np.int64)
    folded: dict[str, tuple[str, ...]] = {}
    if len(values) < len(texts):
        spellings: dict[str, list[str]] = {}
        for raw, text in zip(raw_values, texts, strict=True):
            if text is not None:
                spellings.setdefault(text, []).append(str(raw))
        folded = {k: tuple(v) for k, v in spellings.items() if len(v) > 1}
    return Encoded(translate(raw_codes, lookup), tuple(values), folded)


def _texts(cells: Any) -> list[str | None]:
    """Each distinct cell as normalised text; plain ASCII words without blanks are that already."""
    if isinstance(cells.dtype, pd.StringDtype):
        words = cells.tolist()
        together = "".join(words)
        if together.isascii() and together.isprintable() and " " not in together:
            blank = BLANK.intersection(words)
            return [None if w in blank else w for w in words] if blank else words
    return [as_text(cell) for cell in cells]


def translate(codes: Any, lookup: Ints) -> Ints:
    """Replace each code by ``lookup[code]`` (-1 takes the last), in place where that is allowed; the argument is used up."""
    own = codes.dtype == np.int64 and codes.flags.writeable and codes.flags.owndata
    out = codes if own else np.empty(len(codes), dtype=np.int64)
    for at in range(0, len(codes), _RUN):
        here = slice(at, at + _RUN)
        out[here] = lookup[codes[here]]
    return out


def recode(codes: Ints, values: tuple[str, ...]) -> tuple[Ints, tuple[str, ...]]:
    """Drop values no row uses; blank (-1) stays blank."""
    used = np.zeros(len(values), dtype=bool)
    used[codes[codes >= 0]] = True
    lookup = np.append(np.cumsum(used) - 1, -1).astype(np.int64)
    return lookup[codes], tuple(v for v, u in zip(values, used, strict=True) if u)


def common_values(*columns: Encoded) -> tuple[str, ...]:
    """Sorted values of several columns together (left and right of a comparison)."""
    if all(c.values == columns[0].values for c in columns):
        return columns[0].values
    return tuple(dict.fromkeys(sorted(v for c in columns for v in c.values)))


def merge(*columns: Encoded) -> tuple[tuple[Ints, ...], tuple[str, ...]]:
    """Code several columns into one common set of values; the columns are used up."""
    values = common_values(*columns)
    if all(c.values == values for c in columns):
        return tuple(c.codes for c in columns), values
    position = {v: k for k, v in enumerate(values)}
    return tuple(translate(c.codes, np.array([*(position[v] for v in c.values), -1], dtype=np.int64)) for c in columns), values


def zero_padded_twins(values: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs of ids that differ only in leading zeros: one file was read as numbers.

    >>> zero_padded_twins(["007", "7", "12"])
    [('007', '7')]
    """
    seen: dict[str, str] = {}
    twins: list[tuple[str, str]] = []
    values = list(values)
    if "\n0" not in "\n".join(("", *values)):  # one of two twins begins with a zero
        return twins
    for value in sorted(values):
        if value.isdigit():
            bare = value.lstrip("0") or "0"
            if bare in seen:
                twins.append((seen[bare], value))
            seen.setdefault(bare, value)
    return twins


def categorical(codes: Ints, values: tuple[str, ...]) -> pd.Categorical:
    """Codes and their values as one column; ``-1`` is missing."""
    return pd.Categorical.from_codes(codes, pd.Index(list(values), dtype="str"))


def display_names(
    codes: Ints, ids: tuple[str, ...], column: pd.Series[Any] | None, name: str, rows: Ints
) -> tuple[dict[str, str], list[Problem]]:
    """One display name per id; an id with two different names is a problem, shown at the row where the second stands."""
    labels = {i: i for i in ids}
    if column is None:
        return labels, []
    label = encode(column)
    named = np.flatnonzero((codes >= 0) & (label.codes >= 0))
    if not len(named):
        return labels, []
    width = len(label.values)
    key, seen = pd.factorize(codes[named] * width + label.codes[named])
    first = named[np.flatnonzero(np.diff(np.maximum.accumulate(key), prepend=-1))]  # where each pair of id and name first stands
    person, text = np.divmod(seen, width)
    problems = []
    given: dict[int, str] = {}
    for k in np.lexsort((first, person)):
        i, shown = int(person[k]), label.values[text[k]]
        if i in given:
            problems.append(Problem("E-LABELS2", int(rows[first[k]]), name, shown, {"id": ids[i], "a": given[i], "b": shown}))
        given.setdefault(i, shown)
        labels[ids[i]] = given[i]
    return labels, problems
