"""Dates and times as people type them: ISO 8601, 2026年3月31日, or what a spreadsheet already holds as a date."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from rankkit.kernels.arrays import Bools, Floats
from rankkit.tables import numbers
from rankkit.tables.text import as_text, distinct

_CHINESE = re.compile(r"([0-9]{4})\s*年\s*([0-9]{1,2})\s*月\s*([0-9]{1,2})\s*[日号]?\s*([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)?")


def parse(column: pd.Series[Any]) -> tuple[pd.Series[Any], Bools]:
    """Read a column as times.

    ``03/04/2026`` is refused: it is another day in another country. ``2026年3月31日`` is read.

    Parameters
    ----------
    column : Series
        Cells of any kind.

    Returns
    -------
    times : Series of datetime64
        Without time zone (UTC where there was one); ``NaT`` where blank or unreadable.
    bad : array of bool
        True where a cell is filled but is no date.

    Examples
    --------
    >>> import pandas as pd
    >>> times, bad = parse(pd.Series(["2026-03-31", "31.3.", None]))
    >>> times[0].day, bad.tolist()
    (31, [False, True, False])
    """
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        times = pd.to_datetime(column, utc=True).dt.tz_localize(None)
        return times.reset_index(drop=True), np.zeros(len(column), dtype=bool)
    codes, raw = distinct(column)
    dated = [None if _is_number(v) else _iso(as_text(v)) for v in raw]
    read = pd.to_datetime(pd.Series([*dated, None], dtype=object), format="ISO8601", errors="coerce", utc=True).dt.tz_localize(None)
    filled = np.array([as_text(v) is not None for v in raw] + [False])[codes]
    times = read.iloc[codes].reset_index(drop=True)
    return times, filled & times.isna().to_numpy()


def days(column: pd.Series[Any]) -> tuple[Floats, Bools]:
    """Read a column as days since 1970; plain numbers stay what they are.

    Parameters
    ----------
    column : Series
        Times, or numbers.

    Returns
    -------
    days : array of float
        ``nan`` where blank or unreadable.
    bad : array of bool
        True where a cell is filled but is neither.

    Examples
    --------
    >>> import pandas as pd
    >>> days(pd.Series(["1970-01-02", "1970-01-01 12:00", None, "soon"]))
    (array([1. , 0.5, nan, nan]), array([False, False, False, True]))
    """
    if not pd.api.types.is_datetime64_any_dtype(column.dtype):
        values, bad = numbers.parse(column)
        if not bad.any():
            return values, bad
    times, bad = parse(column)
    since = (times - pd.Timestamp(0)) / pd.Timedelta(days=1)
    return np.asarray(since.to_numpy(na_value=np.nan), dtype=np.float64), bad


def _iso(text: str | None) -> str | None:
    """Write a Chinese date as an ISO one; any other text stays."""
    found = None if text is None else _CHINESE.fullmatch(text)
    return text if found is None else f"{found[1]}-{int(found[2]):02d}-{int(found[3]):02d}{' ' if found[4] else ''}{found[4] or ''}"


def _is_number(cell: Any) -> bool:
    """Whether a cell is a number, or text that a date's parser would take for a year."""
    text = as_text(cell)
    return text is not None and text.replace(".", "", 1).lstrip("+-").isdigit() and len(text) != len("20260331")
