"""Appeals as tables: cases, who may still appeal, what is overdue, and the grades that are final."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from rankkit.calibration.appeals import appeal_evaluation
from rankkit.calibration.appeals.appeal_people import AppealNames
from rankkit.calibration.appeals.appeal_state import AppealState, Case
from rankkit.calibration.working_calendar import WorkingCalendar

CASE_COLUMNS = [
    "n", "ratee", "label", "manager", "grade", "wanted", "reason", "n_evidence", "late", "delivered", "last_day", "submitted", "stage",
    "outcome", "to", "supported", "re_rated_by", "decided_by", "approved_by", "decided", "approved", "notified", "working_days",
]  # fmt: skip


def cases(state: AppealState, names: AppealNames) -> pd.DataFrame:
    """Every appeal by its number; ``working_days`` from submission to approval, rejection or withdrawal."""
    rows = [_case(state, names, c) for c in state.cases.values()]
    return pd.DataFrame(rows, columns=CASE_COLUMNS).set_index("n")


def _case(state: AppealState, names: AppealNames, case: Case) -> dict[str, Any]:
    found = appeal_evaluation.of_case(state, names, case)
    body, change = case.body or {}, next((c for c in state.changes if c.case == case.n and c.who == case.who), None)
    end = ended(case)
    return {
        "n": case.n,
        "ratee": names.id(case.who),
        "label": names.label(case.who),
        "manager": names.manager(case.who),
        "grade": change.from_grade if change else state.grade[case.who],
        "wanted": body.get("wanted") or "",
        "reason": case.reason,
        "n_evidence": case.evidence,
        "late": case.late,
        "delivered": _day(_delivered_for(state, case)),
        "last_day": _day(case.filing_last),
        "submitted": case.submitted.isoformat(),
        "stage": case.stage,
        "outcome": case.outcome if case.stage != "decided" else "",
        "to": case.grade or "",
        "supported": "" if found is None else found.supported,
        "re_rated_by": names.labels(case.reraters),
        "decided_by": _actor(names, case, "decision"),
        "approved_by": _actor(names, case, "approval"),
        "decided": _day(case.days.get("decision")),
        "approved": _day(case.days.get("approval")),
        "notified": _day(case.days.get("notice")),
        "working_days": pd.NA if end is None else state.calendar.between(case.submitted, end),
    }


def _delivered_for(state: AppealState, case: Case) -> dt.date | None:
    return next((day for n, day in reversed(state.deliveries.get(case.who, [])) if n < case.event), None)


def ended(case: Case) -> dt.date | None:
    """Day an appeal was approved, rejected or withdrawn; None while it goes on."""
    if case.stage in ("rejected", "withdrawn") or (case.outcome == "inadmissible"):
        return case.days.get("admission") if case.outcome == "inadmissible" else case.days.get("withdrawal")
    return case.days.get("approval")


def status(state: AppealState, names: AppealNames, on: dt.date) -> pd.DataFrame:
    """Return by ratee: ``label, delivered, last_day, left`` (working days), ``appeal`` (the open one), ``status``.

    ``not_graded, not_delivered, open_to_appeal, appealed`` or ``final``: a grade is final once its period is over and no appeal is open.
    """
    rows = list(_statuses(state, names, on).values())
    columns = ["ratee", "label", "delivered", "last_day", "left", "appeal", "status"]
    return pd.DataFrame(rows, columns=columns).astype({"left": "Int64", "appeal": "Int64"}).sort_values("ratee").set_index("ratee")


def _statuses(state: AppealState, names: AppealNames, on: dt.date) -> dict[str, dict[str, Any]]:
    """Status by token."""
    last_of: dict[dt.date, dt.date] = {}
    return {w: _status(state, names, w, on, last_of, graded=g is not None) for w, g in state.grade.items()}


def _status(
    state: AppealState, names: AppealNames, who: str, on: dt.date, last_of: dict[dt.date, dt.date], *, graded: bool
) -> dict[str, Any]:
    delivered = state.delivered(who)
    if delivered is not None and delivered > on:
        delivered = None
    if delivered is not None and delivered not in last_of:
        last_of[delivered] = state.calendar.deadline(delivered, state.policy.filing_days)
    last = None if delivered is None else last_of[delivered]
    pending = next((c.n for c in state.cases_of(who) if c.open), None)
    if not graded:
        found = "not_graded"
    elif pending is not None:
        found = "appealed"
    elif last is None:
        found = "not_delivered"
    else:
        found = "open_to_appeal" if on <= last and not any(c.examined for c in state.cases_of(who)) else "final"
    return {
        "ratee": names.id(who),
        "label": names.label(who),
        "delivered": _day(delivered),
        "last_day": _day(last),
        "left": state.calendar.between(on, last) if last is not None and found == "open_to_appeal" else pd.NA,
        "appeal": pd.NA if pending is None else pending,
        "status": found,
    }


def final_grades(state: AppealState, names: AppealNames, on: dt.date) -> pd.DataFrame:
    """Grades after appeals: ``label, before, grade, by`` (``grades, session, appeal, re_rank``), ``decided_by, status, last_day``."""
    last = {c.who: c for c in state.changes}
    told = _statuses(state, names, on)
    basis = state.start["source"]["kind"]
    ratified = names.labels({a for (a, w), kinds in state.relations.items() if a == w and "ratified" in kinds})
    rows = []
    for who, before in state.before.items():
        change = last.get(who)
        rows.append(
            {
                "ratee": names.id(who),
                "label": names.label(who),
                "before": before if before is not None else pd.NA,
                "grade": change.to_grade if change else before if before is not None else pd.NA,
                "by": basis if change is None else "re_rank" if change.effect == "displaced" else "appeal",
                "decided_by": ratified if change is None else names.label(state.cases[change.case].actors["approval"]),
                "status": told[who]["status"],
                "last_day": told[who]["last_day"],
            }
        )
    frame = pd.DataFrame(rows).astype({"before": "object", "grade": "object"})
    order = {g: k for k, g in enumerate(state.grades)}
    frame["_place"] = [order.get(g, len(order)) for g in frame["grade"]]
    return frame.sort_values(["_place", "ratee"]).drop(columns="_place").set_index("ratee")


def overdue(state: AppealState, names: AppealNames, on: dt.date) -> pd.DataFrame:
    """Steps that should have been taken: ``case, ratee, label, stage, since, days, last_day, over`` (working days), most first.

    A step's days count from the day after the step before it.
    """
    rows = []
    for case in state.cases.values():
        days = state.policy.days_of(case.stage)
        if days is None or not case.open:
            continue
        last = state.calendar.working_days_after(case.since, days)
        if on > last:
            over = _late_by(state.calendar, last, on)
            rows.append(
                (case.n, names.id(case.who), names.label(case.who), case.stage, case.since.isoformat(), days, last.isoformat(), over)
            )
    columns = ["case", "ratee", "label", "stage", "since", "days", "last_day", "over"]
    return pd.DataFrame(rows, columns=columns).sort_values(["over", "case"], ascending=[False, True], ignore_index=True)


def _late_by(calendar: WorkingCalendar, last: dt.date, on: dt.date) -> int:
    """Working days over; a step that is late only by a weekend is late by none yet."""
    return calendar.between(last, on)


def _actor(names: AppealNames, case: Case, what: str) -> str:
    return names.label(case.actors[what]) if what in case.actors else ""


def _day(day: dt.date | None) -> str:
    return "" if day is None else day.isoformat()
