"""Columns of a table of incidents: times, values, texts, and how long each author could observe each person."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from rankkit.errors import DataError, Problem, SettingsError
from rankkit.kernels.arrays import Bools, Floats
from rankkit.tables import dates, numbers
from rankkit.tables.judgements import Intake
from rankkit.tables.text import Encoded, as_text, encode, zero_padded_twins


def twins(coded: Encoded) -> list[tuple[str, str]]:
    """Ids that differ in leading zeros only."""
    return zero_padded_twins(coded.values)


def silent(intake: Intake) -> Bools:
    """Rows that say how long somebody was observed and nothing else."""
    none = np.zeros(len(intake.user_frame), dtype=bool)
    if not intake.has("months"):
        return none
    blank = ~none
    for name in ("occurred_on", "valence", "effectiveness"):
        if intake.has(name):
            blank &= np.array([as_text(v) is None for v in intake.column(name)], dtype=bool)
    return np.asarray(blank & np.array([as_text(v) is not None for v in intake.column("months")], dtype=bool))


def times(intake: Intake, quiet: Bools, as_of: Any) -> dict[str, Any]:
    """Read when it happened and when it was written down; nothing is recorded before it happens."""
    when, undated = dates.parse(intake.column("occurred_on"))
    intake.at("E-TIME", undated, "occurred_on")
    intake.at("E-BLANK", when.isna().to_numpy() & ~undated & ~quiet, "occurred_on")
    out: dict[str, Any] = {"occurred_on": when}
    last = _last_day(as_of)
    if last is not None:
        late = (when.dt.normalize() > last).to_numpy()
        intake.at("E-FUTURE", late, "occurred_on", day=f"{last:%Y-%m-%d}")
    if intake.has("recorded_at"):
        recorded, bad = dates.parse(intake.column("recorded_at"))
        intake.at("E-TIME", bad, "recorded_at")
        early = (recorded.dt.normalize() < when.dt.normalize()).to_numpy()
        for k in np.flatnonzero(early):
            details = {"day": f"{recorded.iloc[k]:%Y-%m-%d}"}
            cell = intake.column("occurred_on").iloc[k]
            intake.problems.append(Problem("E-FUTURE", int(intake.rows[k]), intake.shown("occurred_on"), cell, details))
        if last is not None:
            intake.at("E-FUTURE", (recorded.dt.normalize() > last).to_numpy(), "recorded_at", day=f"{last:%Y-%m-%d}")
        out["recorded_at"] = recorded
    return out


def _last_day(as_of: Any) -> pd.Timestamp | None:
    if as_of is None:
        return None
    read, bad = dates.parse(pd.Series([as_of]))
    if bad[0] or read.isna()[0]:
        raise SettingsError("E-SETTING", name="as_of", value=str(as_of), allowed="a date such as 2026-12-31")
    return pd.Timestamp(read[0]).normalize()


def values(intake: Intake, quiet: Bools, valence: tuple[float, float], effectiveness: tuple[float, float]) -> dict[str, Any]:
    """Read valence and effectiveness; one stands for the other."""
    out: dict[str, Any] = {}
    if intake.has("valence"):
        out["valence"] = _number(intake, "valence", valence, quiet)
    if intake.has("effectiveness"):
        out["effectiveness"] = _number(intake, "effectiveness", effectiveness, quiet)
        out.setdefault("valence", (out["effectiveness"] - 4.0) * 2 / 3)
    return out


def _number(intake: Intake, name: str, scale: tuple[float, float], quiet: Bools) -> Floats:
    """Read a column that must be filled with numbers within a scale."""
    found, bad = numbers.parse(intake.column(name))
    intake.at("E-VALENCE", bad, name, low=f"{scale[0]:g}", high=f"{scale[1]:g}")
    intake.at("E-BLANK", np.isnan(found) & ~bad & ~quiet, name)
    with np.errstate(invalid="ignore"):
        intake.at("E-VALENCE", (found < scale[0]) | (found > scale[1]), name, low=f"{scale[0]:g}", high=f"{scale[1]:g}")
    return found


def words(column: pd.Series[Any]) -> np.ndarray[Any, Any]:
    """Texts as they were written, blank cells as ``None``."""
    return np.array([None if as_text(v) is None else str(v).strip() for v in column], dtype=object)


def exposures(intake: Intake) -> dict[str, Floats]:
    """Read months and share observed."""
    out: dict[str, Floats] = {}
    for name, low, high in (("months", 0.0, np.inf), ("observed_share", 0.0, 1.0)):
        if intake.has(name):
            found, bad = numbers.parse(intake.column(name))
            intake.at("E-NUMBER", bad, name, range="", range_zh="")
            with np.errstate(invalid="ignore"):
                wrong = (found < low) | (found > high)
            intake.at("E-EXPOSURE", wrong, name)
            out[name] = found
    return out


def check_unique(intake: Intake, coded: Encoded) -> None:
    """Report ids of incidents that stand twice."""
    twice = pd.Series(coded.codes).duplicated().to_numpy() & (coded.codes >= 0)
    intake.at("E-DUPINCIDENT", twice, "incident")


def separate(cls: Any, frame: pd.DataFrame) -> pd.DataFrame:
    """Validate a table of exposure of its own."""
    intake = Intake(cls, frame, None, "exposure", None)
    intake.need("ratee", "author", "months")
    data: dict[str, Any] = {}
    for name in ("ratee", "author"):
        coded = encode(intake.column(name))
        intake.check_ids(name, coded)
        data[name] = np.array([*coded.values, None], dtype=object)[coded.codes]
    data |= exposures(intake)
    twice = pd.DataFrame({k: data[k] for k in ("ratee", "author")}).duplicated().to_numpy()
    intake.at("E-DUPEXPOSURE", twice, "author")
    intake.fail_if_any()
    found = gathered(pd.DataFrame(data), cls)
    if found is None:
        raise cls.error("E-BLANK", column="months")
    return found


def gathered(tidy: pd.DataFrame, cls: type[Any]) -> pd.DataFrame | None:
    """One row a ratee and author with the months observed; ``None`` where they are not given."""
    if "months" not in tidy or "author" not in tidy or tidy["months"].isna().all():
        return None
    table = tidy.assign(observed_share=tidy.get("observed_share", 1.0))
    table = table[table["author"].notna() & table["months"].notna()].fillna({"observed_share": 1.0})
    grouped = table.groupby(["ratee", "author"], sort=True)[["months", "observed_share"]]
    spread = grouped.max() - grouped.min()
    unlike = spread[(spread > 0).any(axis=1)]
    if len(unlike):
        error: type[DataError] = cls.error
        raise error([Problem("E-EXPOSURE2", None, None, None, {"ratee": r, "author": a}) for r, a in unlike.index])
    return grouped.max().reset_index()


def order(tidy: pd.DataFrame) -> list[str]:
    """Columns to sort by, so that the order of rows never decides; what happened first comes first."""
    first = ["ratee", "occurred_on", "valence"]
    rest = ["recorded_at", "author", "dimension", "incident", "situation", "behaviour", "result", "text", "category"]
    return [*first, *(c for c in rest if c in tidy)]
