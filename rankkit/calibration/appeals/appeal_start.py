"""The first event of a log of appeals: which grades, who decided them, who may act, and by which rules."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from rankkit.calibration.appeals.appeal_policy import AppealPolicy
from rankkit.calibration.event_log.chain import number_text, text_number
from rankkit.calibration.event_log.event_store import Draft
from rankkit.calibration.sessions.session_people import as_people
from rankkit.calibration.sessions.session_policy import Participant
from rankkit.calibration.sessions.session_record import SessionRecord
from rankkit.calibration.sessions.session_start import versions
from rankkit.calibration.working_calendar import WorkingCalendar
from rankkit.errors import Problem, SessionError, SettingsError
from rankkit.methods.forced_distribution import ForcedDistributionResult
from rankkit.tables.people import People
from rankkit.tables.ratings import Ratings
from rankkit.tables.text import as_text

_FACTS = ("manager", "unit", "level")


@dataclass
class Basis:
    """Grades appeals are about, by id."""

    grades: tuple[str, ...]
    seats: dict[str, int]
    cuts: list[str | None]
    held: dict[str, str | None]
    sheets: dict[str, dict[str, Any]]
    source: dict[str, Any]
    relations: set[tuple[str, str, str]] = field(default_factory=set)
    """Kind, actor, ratee."""


def first_event(
    basis: object,
    staff: Sequence[Participant],
    policy: AppealPolicy,
    calendar: WorkingCalendar,
    people: People | pd.DataFrame | None,
    ratings: object,
    title: str,
) -> Draft:
    """Write down how a log of appeals begins.

    Raises
    ------
    SessionError
        ``E-TYPE`` for anything but grades, rules and a calendar, ``E-APPEALUNCLOSED`` while the session is not closed,
        ``E-APPEALNAMELESS`` of an export without names, ``E-APPEALNOBODY`` if somebody's family is not among the people graded.
    """
    for value, kind in ((policy, AppealPolicy), (calendar, WorkingCalendar)):
        if not isinstance(value, kind):
            raise SessionError("E-TYPE", expected=kind.__name__, found=type(value).__name__)
    found = _basis(basis)
    _add_people(found, as_people(people))
    found.relations |= {("rater", rater, ratee) for ratee, rater in _pairs(ratings) if ratee in found.held}
    found.relations |= {
        ("supervisor", str(sheet["manager"]), i) for i, sheet in found.sheets.items() if sheet.get("manager") and i in found.held
    }
    unknown = [Problem("E-APPEALNOBODY", None, None, None, {"who": f}) for p in staff for f in p.family if f not in found.held]
    if unknown:
        raise SessionError(unknown)
    found.relations |= {("family", p.id, f) for p in staff for f in p.family}
    for p in staff:
        sheet = found.sheets.setdefault(p.id, {"id": p.id, "label": p.label})
        if p.label != p.id:
            sheet["label"] = p.label
    named = {} if people is None else as_people(people).labels  # type: ignore[union-attr]
    for _, actor, _ in found.relations:
        found.sheets.setdefault(actor, {"id": actor, "label": str(named.get(actor, actor))})
    token = {i: secrets.token_hex(8) for i in sorted(found.sheets)}
    for sheet in found.sheets.values():
        if sheet.get("manager"):
            sheet["manager"] = token[sheet["manager"]]  # erasing the manager leaves no name behind
    centre, reliability = _spread(found)
    data = {
        "title": as_text(title) or "",
        "grades": list(found.grades),
        "seats": found.seats,
        "cuts": found.cuts,
        "centre": number_text(centre),
        "reliability": number_text(reliability),
        "policy": policy.record(),
        "calendar": calendar.record(),
        "staff": sorted(token[p.id] for p in staff),
        "ratees": sorted(({"who": token[i], "grade": g} for i, g in found.held.items()), key=lambda r: str(r["who"])),
        "relations": sorted([kind, token[a], token[w]] for kind, a, w in found.relations),
        "source": found.source,
        "versions": versions(),
    }
    return Draft("appeals", data, personal=sorted((token[i], body) for i, body in found.sheets.items()))


def _basis(given: object) -> Basis:
    if isinstance(given, ForcedDistributionResult):
        return _of_grades(given)
    if isinstance(given, SessionRecord):
        return _of_session(given)
    raise SessionError("E-TYPE", expected="CalibrationSession, ForcedDistributionResult", found=type(given).__name__)


def _of_grades(given: ForcedDistributionResult) -> Basis:
    """Grades by quota nobody discussed."""
    result = given.for_audience("committee")
    order = tuple(str(g) for g in result.quota.index)
    table, se = result.grades, result.scores["se"].to_dict()
    sheets = {
        str(p): {
            "id": str(p),
            "label": str(result.labels.get(str(p), p)),
            "score": number_text(float(x)),
            "se": number_text(float(se.get(p, np.nan))),
        }
        for p, x in table["score"].items()
    }  # fmt: skip
    seats = {str(g): int(n) for g, n in result.quota["seats"].items() if not pd.isna(n)} if "seats" in result.quota else {}
    cuts = [number_text(float(c)) for c in result.cuts["score"]] if "score" in result.cuts else []
    held = {str(p): None if pd.isna(g) else str(g) for p, g in table["grade"].items()}
    source = {"kind": "grades", "method": given.method, "head": None, "sha256": hashlib.sha256(given.to_json().encode()).hexdigest()}
    return Basis(order, seats, cuts if len(cuts) == len(order) - 1 else [], held, sheets, source)


def _of_session(given: SessionRecord) -> Basis:
    """Grades of a closed session, and who voted on and moved whom."""
    state, names = given.state, given.names
    if state.phase != "close":
        raise SessionError("E-APPEALUNCLOSED", phase=state.phase)
    start = state.start
    last = given.events[-1]
    there = {w: str(sheet["id"]) for w, sheet in state.sheets.items() if sheet is not None}
    sheets = {
        there[w]: {"id": there[w], "label": names.label(w)}
        | {k: v for k in ("score", "se", "unit", "level") if (v := names.fact(w, k)) is not None}
        | ({"manager": there[lead]} if (lead := names.fact(w, "manager")) in there else {})
        | ({"by_score": state.before[w]} if state.before.get(w) is not None else {})
        for w in there
    }
    held = {there[w]: g for w, g in state.grade.items() if w in there}
    if not held:
        raise SessionError("E-APPEALNAMELESS")
    relations = {("voted", there[v], there[w]) for v, w in state.votes if v in there and w in there}
    relations |= {("moved", there[m.by], there[m.who]) for m in state.standing if m.by in there and m.who in there}
    relations |= {("family", there[p], there[w]) for p, w in start["recused"] if p in there and w in there and p != w}
    absent = state.recused
    relations |= {
        ("participant", there[p], there[w])
        for p in state.participants
        for w in state.before
        if p in there and w in there and (p, w) not in absent
    }
    source = {
        "kind": "session",
        "method": start["source"]["method"],
        "head": f"{last.n}:{last.hash}",
        "sha256": start["source"]["sha256"],
    }
    cuts = list(start["cuts"])
    relations |= {("ratified", there[w], there[w]) for w in state.signed if w in there}
    order = tuple(start["grades"])
    return Basis(order, dict(start["seats"]), cuts if len(cuts) == len(order) - 1 else [], held, sheets, source, relations)


def _add_people(found: Basis, people: People | None) -> None:
    """Managers, units and names where they are given."""
    if people is None:
        return
    for ident, facts in people.frame.to_dict("index").items():
        if str(ident) in found.sheets:
            sheet = found.sheets[str(ident)]
            sheet |= {k: t for k in _FACTS if (t := as_text(facts.get(k))) is not None}
            if sheet["label"] == sheet["id"]:
                sheet["label"] = people.labels.get(str(ident), sheet["id"])


def _pairs(ratings: object) -> Iterable[tuple[str, str]]:
    """Ratee and rater of every rating."""
    if ratings is None:
        return []
    frame = ratings.frame if isinstance(ratings, Ratings) else ratings
    if isinstance(frame, Mapping):
        return [(str(ratee), str(r)) for ratee, raters in frame.items() for r in ([raters] if isinstance(raters, str) else raters)]
    if not isinstance(frame, pd.DataFrame) or not {"ratee", "rater"} <= set(frame.columns):
        raise SettingsError("E-SETTING", name="ratings", value=type(ratings).__name__, allowed="Ratings, or a table with ratee and rater")
    pairs = frame[["ratee", "rater"]].dropna().drop_duplicates().astype(str)
    return list(pairs.itertuples(index=False, name=None))


def _spread(found: Basis) -> tuple[float, float]:
    """Mean of the scores, and the share of their variance that is not error."""
    rows = [(text_number(s.get("score")), text_number(s.get("se"))) for i, s in found.sheets.items() if i in found.held]
    x, se = np.array(rows, dtype=np.float64).reshape(-1, 2).T
    both = np.isfinite(x) & np.isfinite(se)
    if both.sum() < 3 or not (variance := float(np.var(x[both], ddof=1))) > 0:
        return float("nan"), float("nan")
    return float(x[both].mean()), float(np.clip(1 - np.mean(se[both] ** 2) / variance, 0.0, 1.0))
