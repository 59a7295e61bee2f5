"""Tables of appeals as a page shows them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from rankkit.calibration.appeals.appeal_record import AppealRecord
from rankkit.calibration.appeals.appeal_statistics import AppealStatistics
from rankkit.errors import Lang
from rankkit.report import terms_of_appeals
from rankkit.report.grids import Cell, Grid, Heading, clean
from rankkit.report.numbers import BLANK, fixed, missing, span
from rankkit.wording.appeals import word

_WORDED = frozenset({"reason", "stage", "outcome", "supported", "effect", "remark", "status"})
_PERSONS = frozenset({"label", "approved_by", "group"})


def _grid(rows: Sequence[Mapping[str, Any]], lang: Lang, places: Mapping[str, int]) -> Grid | None:
    """Lay out rows; columns with a number of decimals stand right."""
    if not rows:
        return None
    names = list(rows[0])
    headings = tuple(Heading(terms_of_appeals.COLUMNS[n][lang == "zh"], number=n in places) for n in names)
    return Grid("", headings, tuple(tuple(_cell(n, row[n], lang, places) for n in names) for row in rows))


def _cell(name: str, value: Any, lang: Lang, places: Mapping[str, int]) -> Cell:
    if name in places:
        shown = value if isinstance(value, str) else BLANK if missing(value) else fixed(float(value), places[name])
        return Cell(shown, "number")
    if missing(value) or value == "":
        return Cell(BLANK)
    if name in _WORDED:
        return Cell(word(value, lang))
    return Cell(clean(value), "person") if name in _PERSONS else Cell(clean(value))


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in row.items()} for row in frame.to_dict("records")]


def cases(log: AppealRecord, lang: Lang, most: int | None = None) -> Grid | None:
    """Every appeal, or the last ones."""
    kept = ["label", "grade", "reason", "submitted", "stage", "outcome", "supported", "approved_by", "working_days"]
    table = log.cases.reset_index().rename(columns={"n": "case"})
    table["outcome"] = [f"{word(o, lang)} → {to}" if to and o else o for o, to in zip(table["outcome"], table["to"], strict=True)]
    rows = _records(table[["case", *kept]])
    return _grid(rows[-most:] if most else rows, lang, {"case": 0, "working_days": 0})


def overdue(log: AppealRecord, on: dt.date | str | None, lang: Lang) -> Grid | None:
    """Steps beyond their deadline."""
    table = log.overdue(on)[["case", "label", "stage", "since", "days", "last_day", "over"]]
    return _grid(_records(table), lang, {"case": 0, "days": 0, "over": 0})


def effects(log: AppealRecord, lang: Lang) -> Grid | None:
    """Grades that changed."""
    table = log.effects()[["case", "label", "from", "to", "effect", "outcome", "approved_by"]]
    return _grid(_records(table), lang, {"case": 0})


def quota(log: AppealRecord, lang: Lang) -> Grid | None:
    """Seats before and after."""
    table = log.quota.reset_index()[["grade", "seats", "before", "used", "by_exception", "slack"]]
    return _grid(_records(table), lang, dict.fromkeys(("seats", "before", "used", "by_exception", "slack"), 0))


def rates(found: AppealStatistics, lang: Lang) -> Grid | None:
    """Appeal rates and overturn rates by group, in percent."""
    rows = []
    for group, row in found.table.iterrows():
        shares = {k: _percent(row[k]) for k in ("rate", "overturn")}
        ranges = {f"{k}_range": span(100 * row[f"{k}_low"], 100 * row[f"{k}_high"], 0, lang) for k in ("rate", "overturn")}
        told = {"group": group, "n": row["n"], "appeals": row["appeals"], "rate": shares["rate"], "rate_range": ranges["rate_range"]}
        told |= {"rate_q": fixed(row["rate_q"], 3), "decided": row["decided"], "overturned": row["overturned"]}
        told |= {"overturn": shares["overturn"], "overturn_range": ranges["overturn_range"], "overturn_q": fixed(row["overturn_q"], 3)}
        rows.append({**told, "remark": row["reason"]})
    if rows and not any(r["remark"] for r in rows):
        rows = [{k: v for k, v in r.items() if k != "remark"} for r in rows]
    numbers = ("n", "appeals", "rate", "rate_range", "rate_q", "decided", "overturned", "overturn", "overturn_range", "overturn_q")
    return _grid(rows, lang, dict.fromkeys(numbers, 0))


def reasons(found: AppealStatistics, lang: Lang) -> Grid | None:
    """Grounds of appeals, counted."""
    return _grid(_records(found.reasons.reset_index()), lang, dict.fromkeys(("appeals", "decided", "overturned"), 0))


def statuses(log: AppealRecord, on: dt.date | str | None, lang: Lang) -> Grid | None:
    """How many grades are final."""
    counts = log.status(on)["status"].value_counts()
    order = ["final", "open_to_appeal", "appealed", "not_delivered", "not_graded"]
    return _grid([{"status": s, "n": int(counts[s])} for s in order if s in counts], lang, {"n": 0})


def _percent(share: Any) -> str:
    return BLANK if missing(share) else f"{fixed(100 * float(share), 0)} %"
