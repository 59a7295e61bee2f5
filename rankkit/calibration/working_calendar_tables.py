"""Tables of holidays: those that come with the library, and those of a company."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from rankkit.errors import DataError
from rankkit.tables import dates
from rankkit.tables.judgements import Intake
from rankkit.tables.sheets import read_sheet
from rankkit.tables.text import as_text, normalise

_HEADINGS = {"date": ("日期", "时间"), "kind": ("类型", "类别", "性质"), "name": ("名称", "节日", "节假日", "说明")}
_HOLIDAY = frozenset({"holiday", "off", "节假日", "放假", "休", "法定节假日", "假期", "節假日"})
_WORKED = frozenset({"working", "worked", "work", "调休上班", "上班", "班", "补班", "調休上班"})


@dataclass(frozen=True)
class Days:
    """Days off and days worked as a table has them."""

    name: str
    holidays: Mapping[dt.date, str]
    worked: Mapping[dt.date, str]


@dataclass(frozen=True)
class Pack:
    """A calendar that comes with the library."""

    weekend: tuple[str, ...]
    holidays: Mapping[dt.date, str]
    worked: Mapping[dt.date, str]
    years: tuple[int, ...]
    zone: str
    sources: tuple[str, ...]


class _Table:
    """What a table of days raises."""

    error = DataError


def read(source: Any, columns: Mapping[str, str] | None) -> Days:
    """Read ``date, kind, name``.

    Raises
    ------
    DataError
        ``E-COLS``, ``E-TIME``, ``E-CALENDARKIND``, ``E-CALENDARTWICE`` with every row.
    """
    sheet = read_sheet(source)
    own = {normalise(str(c)): str(c) for c in sheet.frame.columns}
    named = dict(columns or {})
    for ours, others in _HEADINGS.items():
        found = next((own[o] for o in others if o in own and own[o] not in named.values()), None)
        if ours not in named and ours not in own and found is not None:
            named[ours] = found
    intake = Intake(_Table, sheet.frame, named or None, sheet.name, sheet.row_numbers)
    intake.need("date", "kind")
    times, bad = dates.parse(intake.column("date"))
    blank = np.array([as_text(v) is None for v in intake.column("date")], dtype=bool)
    intake.at("E-TIME", bad, "date")
    intake.at("E-BLANK", blank, "date")
    kinds = [normalise(as_text(v) or "").lower() for v in intake.column("kind")]
    intake.at("E-CALENDARKIND", np.array([k not in _HOLIDAY | _WORKED for k in kinds], dtype=bool), "kind")
    days = [None if lost else t.date() for t, lost in zip(times, bad | blank, strict=True)]
    seen = {d: k for k, d in reversed(list(enumerate(days))) if d is not None}
    intake.at("E-CALENDARTWICE", np.array([d is not None and seen[d] != k for k, d in enumerate(days)], dtype=bool), "date")
    intake.fail_if_any()
    names = [as_text(v) or "" for v in intake.column("name")] if intake.has("name") else [""] * len(days)
    rows = [(d, kind, name) for d, kind, name in zip(days, kinds, names, strict=True) if d is not None]
    return Days(
        sheet.name, {d: name for d, kind, name in rows if kind in _HOLIDAY}, {d: name for d, kind, name in rows if kind in _WORKED}
    )  # fmt: skip


@cache
def packs() -> Mapping[str, Pack]:
    """Read the files of the library: one a year, joined by their id; of two for one year, the newer version."""
    raw: dict[str, dict[int, dict[str, Any]]] = {}
    found = [e for e in files("rankkit.calibration").joinpath("calendars").iterdir() if e.name.endswith(".toml")]
    read_ = [tomllib.loads(entry.read_text(encoding="utf-8")) for entry in found]
    for one in sorted(read_, key=lambda r: str(r["version"])):
        raw.setdefault(one["id"], {})[one["year"]] = one
    return {name: _joined([years[y] for y in sorted(years)]) for name, years in sorted(raw.items())}


def _joined(years: list[dict[str, Any]]) -> Pack:
    off: dict[dt.date, str] = {}
    worked: dict[dt.date, str] = {}
    for one in years:
        for span in one["holiday"]:
            length = (span["to"] - span["from"]).days + 1
            off |= {span["from"] + dt.timedelta(days=k): span["name"] for k in range(length)}
            worked |= dict.fromkeys(span.get("worked", ()), span["name"])
    last = years[-1]
    covered, sources = tuple(y["year"] for y in years), tuple(y["source"] for y in years)
    return Pack(tuple(last["weekend"]), off, worked, covered, last["zone"], sources)
