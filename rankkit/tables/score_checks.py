"""Whether scores are what their scale allows: readable, and between its ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from rankkit.errors import Problem, SettingsError
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.tables import grade_words

Scale = tuple[float, float]


def possible(scale: Scale | None) -> Scale | None:
    """Check that a scale is two numbers, the lower first.

    Raises
    ------
    SettingsError
        If it is not.
    """
    if scale is None:
        return None
    try:
        low, high = (v if isinstance(v, int) else float(v) for v in scale)
    except (TypeError, ValueError):
        low = high = float("nan")
    if not (np.isfinite(low) and np.isfinite(high) and low < high):
        raise SettingsError("E-SETTING", name="scale", value=str(scale), allowed="(lowest, highest), two numbers, the lower first")
    return low, high


def outside(score: Floats, rows: Ints, scale: Scale | None, shown: str | Sequence[str]) -> list[Problem]:
    """List scores outside the scale; a form that seems to count from another number is said once.

    ``shown`` is what the user calls the column, or the column of each score where the sheet was wide.
    """
    if scale is None:
        return []
    low, high = scale
    with np.errstate(invalid="ignore"):
        beyond = np.flatnonzero((score < low) | (score > high))
    out = []
    values = score[beyond]
    details = {"n": len(beyond), "low": low, "high": high}
    if len(beyond) > 1 and (values == low - 1).all() and np.nanmax(score) < high:
        out.append(Problem("E-ZEROBASE", None, None, None, {**details, "value": low - 1}))
    if len(beyond) > 1 and (values == high + 1).all() and np.nanmin(score) > low:
        out.append(Problem("E-ONEBASE", None, None, None, {**details, "value": high + 1, "first": low + 1}))
    ends = {"low": low, "high": high}
    return [*out, *(Problem("E-RANGE", int(rows[k]), _column(shown, k), float(score[k]), ends) for k in beyond)]


def unreadable(
    cells: pd.Series[Any], bad: Bools, rows: Ints, shown: str | Sequence[str], scale: Scale | None, words: Mapping[str, float] | None
) -> list[Problem]:
    """List cells that are neither numbers nor known grade words."""
    span = {"range": "", "range_zh": ""}
    if scale is not None:
        span = {"range": f" from {scale[0]:g} to {scale[1]:g}", "range_zh": f"（{scale[0]:g} 至 {scale[1]:g}）"}
    out = []
    for k in np.flatnonzero(bad):
        value = cells.iloc[k]
        details = span
        if words:
            near = grade_words.nearest(str(value), list(words))
            details = {"nearest": f" (nearest: {near})", "nearest_zh": f"（最接近：{near}）"} if near else {"nearest": "", "nearest_zh": ""}
        out.append(Problem("E-LABEL" if words else "E-NUMBER", int(rows[k]), _column(shown, k), value, details))
    return out


def _column(shown: str | Sequence[str], k: Any) -> str:
    return shown if isinstance(shown, str) else shown[int(k)]
