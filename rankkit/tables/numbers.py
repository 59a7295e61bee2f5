"""Numbers as people type them: full-width digits, percent signs, grade words from an explicit dictionary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from rankkit.errors import SettingsError
from rankkit.kernels.arrays import Bools, Floats
from rankkit.tables.text import as_text, distinct, normalise


def parse(column: pd.Series[Any], *, words: Mapping[str, float] | None = None, percent: bool = False) -> tuple[Floats, Bools]:
    """Read a column as numbers.

    Parameters
    ----------
    column : Series
        Cells of any kind.
    words : mapping, optional
        Grade words and the number each stands for; nothing is guessed without it.
    percent : bool
        Whether ``95%`` may stand for 95.

    Returns
    -------
    values : array of float
        ``nan`` where blank or unreadable.
    bad : array of bool
        True where a cell is filled but is not a number.

    Raises
    ------
    SettingsError
        If a grade word stands for something that is not a number.
    """
    known = _vocabulary(words or {})
    if pd.api.types.is_bool_dtype(column.dtype) or pd.api.types.is_complex_dtype(column.dtype):
        return np.full(len(column), np.nan), np.array(column.notna(), dtype=bool)
    if pd.api.types.is_numeric_dtype(column.dtype) and not any(np.isfinite(_number(k, percent)) for k in known):
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        return np.where(np.isinf(values), np.nan, values), np.isinf(values)
    codes, raw = distinct(column)
    numbers = np.full(len(raw) + 1, np.nan)
    bad = np.zeros(len(raw) + 1, dtype=bool)
    for k, cell in enumerate(raw):
        text = as_text(cell)
        if text is None:
            continue
        number = known.get(text, _number(text, percent))
        numbers[k] = number
        bad[k] = np.isnan(number)
    return numbers[codes], bad[codes]


def _vocabulary(words: Mapping[str, float]) -> dict[str, float]:
    """Normalise grade words; what they stand for must be numbers."""
    known = {}
    for word, value in words.items():
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = float("nan")
        if not np.isfinite(number):
            raise SettingsError("E-SETTING", name=f"words[{word!r}]", value=value, allowed="a number for each word")
        known[normalise(str(word))] = number
    return known


def _number(text: str, percent: bool) -> float:
    """Read one number; nan where it is none."""
    if percent and text.endswith("%"):
        text = text[:-1]
    text = text.strip().replace("−", "-")
    if not text or text[-1] not in "0123456789." or "_" in text:
        return float("nan")
    try:
        number = float(text)
    except ValueError:
        return float("nan")
    return number if np.isfinite(number) else float("nan")
