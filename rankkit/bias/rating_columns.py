"""Optional columns of ratings as the checks read them: numbers, times, and what is one sitting of a rater."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rankkit.errors import Problem, RatingsError
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.tables import dates, numbers
from rankkit.tables.ratings import Ratings
from rankkit.tables.text import encode

PERIODS = ("cycle", "occasion")  # a person may differ from one to the next
SITTINGS = (*PERIODS, "session", "form", "method")  # a rater starts anew in each
_TRUE, _FALSE = frozenset({"true", "yes", "y", "1", "1.0", "是", "真"}), frozenset({"false", "no", "n", "0", "0.0", "否", "假"})


def has(table: Ratings, name: str) -> bool:
    """Whether an optional column is there and has anything in it."""
    return name in table.extras and bool(table.extras[name].notna().any())


def number_column(table: Ratings, name: str) -> Floats:
    """Read an optional column as numbers, ``nan`` where blank.

    Raises
    ------
    RatingsError
        ``E-NUMBER`` for every cell that is none.
    """
    cells = table.extras[name]
    values, bad = numbers.parse(cells)
    _refuse("E-NUMBER", table, name, bad)
    return values


def time_column(table: Ratings, name: str) -> Floats:
    """Read an optional column as times in days, ``nan`` where blank; plain numbers stay what they are.

    Raises
    ------
    RatingsError
        ``E-TIME`` for every cell that is neither a date of ISO 8601 nor a number.
    """
    cells = table.extras[name]
    days, bad = dates.days(cells)
    _refuse("E-TIME", table, name, bad)
    return days


def is_numeric(table: Ratings, name: str) -> bool:
    """Whether the filled cells of an optional column are plain numbers."""
    cells = table.extras[name]
    return not pd.api.types.is_datetime64_any_dtype(cells.dtype) and not numbers.parse(cells)[1].any()


def true_column(table: Ratings, name: str) -> Bools:
    """Read an optional column as true or false, blank = false.

    Raises
    ------
    RatingsError
        ``E-FLAG`` for every cell that is neither.
    """
    coded = encode(table.extras[name])
    words = [v.lower() for v in coded.values]
    known = np.array([w in _TRUE for w in words] + [False])
    _refuse("E-FLAG", table, name, np.array([w not in _TRUE | _FALSE for w in words] + [False])[coded.codes])
    return np.asarray(known[coded.codes])


def periods(table: Ratings) -> Ints:
    """Code of cycle and occasion together, 0-based; blanks are a value of their own."""
    return _joint(table, PERIODS)


def sittings(table: Ratings) -> Ints:
    """Code of rater and everything that starts the order of work anew, 0-based."""
    joint = _joint(table, SITTINGS)
    return np.asarray(pd.factorize(joint * len(table.raters) + table.rater, sort=True)[0], dtype=np.int64)


def _joint(table: Ratings, names: tuple[str, ...]) -> Ints:
    code = np.zeros(len(table), dtype=np.int64)
    for name in names:
        if name in table.extras:
            own = encode(table.extras[name]).codes
            code = pd.factorize(code * (int(own.max(initial=-1)) + 2) + own + 1, sort=True)[0].astype(np.int64)
    return code


def _refuse(code: str, table: Ratings, name: str, bad: Bools) -> None:
    if bad.any():
        at = np.flatnonzero(bad)
        cells = table.extras[name]
        details = {"range": "", "range_zh": ""}
        problems = [Problem(code, int(table.rows[k]), name, cells.iloc[k], details) for k in at]
        raise RatingsError(problems, source=table.source_name, n_rows=len(table))
