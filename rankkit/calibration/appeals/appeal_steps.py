"""The steps of an appeal up to its examination: what is checked, and what is written down."""

from __future__ import annotations

import datetime as dt
import math
import operator
import secrets
from collections.abc import Iterable, Mapping, Sequence
from numbers import Real
from typing import Any

from rankkit.calibration.appeals.appeal_people import AppealNames, problems_of_actor
from rankkit.calibration.appeals.appeal_policy import INADMISSIBLE, REASONS, WITHDRAWABLE
from rankkit.calibration.appeals.appeal_state import AppealState, Case
from rankkit.calibration.event_log.chain import number_text
from rankkit.calibration.event_log.event_store import Draft
from rankkit.calibration.sessions.moves import problems_of_reason, spoken
from rankkit.calibration.sessions.session_policy import Participant
from rankkit.calibration.working_calendar import WorkingCalendar
from rankkit.errors import Problem, SessionError, SettingsError
from rankkit.tables.text import as_text
from rankkit.wording import appeals as wording

When = dt.date | str | None


def case_of(state: AppealState, appeal: object) -> Case:
    """Find an appeal by its number."""
    try:
        n = 0 if isinstance(appeal, bool) else operator.index(appeal)  # type: ignore[arg-type]
    except TypeError:
        n = 0
    if n not in state.cases:
        raise SessionError("E-APPEALNUMBER", n=str(appeal)[:40], known=f"1–{len(state.cases)}" if state.cases else "–")
    return state.cases[n]


def must_be_at(names: AppealNames, case: Case, *stages: str) -> None:
    """Refuse a step out of order."""
    if case.stage not in stages:
        refuse([problem("E-APPEALSTEP", n=case.n, who=names.label(case.who), stage=case.stage, stages=list(stages))])


def day_of(state: AppealState, case: Case | None, on: When) -> dt.date:
    """Day of a step; of one case, no step lies before the one that came before it."""
    day = state.calendar.day(on)
    state.calendar.is_working(day)  # an uncovered day is said now, not when a deadline is asked for
    if case is not None and day < case.since:
        refuse([problem("E-APPEALDATE", day=day.isoformat(), since=case.since.isoformat(), stage=case.stage)])
    return day


def refuse(found: Sequence[Problem]) -> None:
    """Raise with everything that stands against a step."""
    if found:
        raise SessionError(list(found))


def problem(code: str, **details: Any) -> Problem:
    """Return a problem of no row."""
    return Problem(code, None, None, None, wording.worded(**details))


def listed_ids(given: Iterable[str] | str | None) -> list[str]:
    """Ids as texts, each once."""
    return list(dict.fromkeys(t for t in map(as_text, [given] if isinstance(given, str) else given or ()) if t is not None))


def text_problems(text: str, least: int) -> list[Problem]:
    """Check a reason in words."""
    return problems_of_reason("other", text, least)


def enrol(state: AppealState, names: AppealNames, participant: Participant, by: str) -> Draft:
    """Write that somebody more may act in appeals."""
    actor = names.officer(by)
    who = names.known(participant.id)
    if who is not None and who in state.staff:
        raise SettingsError("E-PARTICIPANTTWICE", who=[participant.id])
    token = who or secrets.token_hex(8)
    family = sorted(names.ratee(f) for f in participant.family)
    body = {"id": participant.id, "label": participant.label}
    return Draft("enrol", {"who": token, "family": family}, by=actor, personal=[] if who else [(token, body)])


def extend_calendar(state: AppealState, names: AppealNames, calendar: WorkingCalendar, by: str) -> Draft:
    """Write that further years are known; no period that runs gets shorter."""
    actor = names.officer(by)
    if not isinstance(calendar, WorkingCalendar):
        raise SessionError("E-TYPE", expected="WorkingCalendar", found=type(calendar).__name__)
    longer = state.calendar.extended(calendar)
    days = state.policy.filing_days
    running = {d for w in state.deliveries if (d := state.delivered(w)) is not None}
    shorter = sorted(d for d in running if longer.deadline(d, days) < state.calendar.deadline(d, days))
    if shorter:
        raise SessionError("E-APPEALCALENDAR", days=[d.isoformat() for d in shorter])
    return Draft("calendar", {"calendar": longer.record()}, by=actor)


def deliver(state: AppealState, names: AppealNames, ratees: Iterable[str] | None, on: When, proof: str, by: str) -> Draft:
    """Write that grades were delivered; a day once written is never moved forward in the calendar's past."""
    actor = names.officer(by)
    held = state.grade
    graded = [w for w, g in held.items() if g is not None and w not in state.erased]
    who = graded if ratees is None else [names.ratee(r) for r in ([ratees] if isinstance(ratees, str) else ratees)]
    day = state.calendar.day(on)
    found = [problem("E-APPEALUNGRADED", who=names.label(w)) for w in who if held[w] is None]
    if not spoken(proof):
        found.append(problem("E-APPEALPROOF"))
    if not who:
        found.append(problem("E-SETTING", name="ratees", value="[]", allowed="ids, or None for everybody"))
    for w in who:
        known = state.delivered(w)
        if known is not None and day < known:
            found.append(problem("E-APPEALEARLIER", who=names.label(w), known=known.isoformat(), day=day.isoformat()))
    refuse(found)
    state.calendar.deadline(day, state.policy.filing_days)  # known now, or said now
    return Draft(
        "deliver",
        {"who": sorted(set(who)), "on": day.isoformat()},
        by=actor,
        personal=[(w, {"proof": spoken(proof)}) for w in sorted(set(who))],
    )


def submit(
    state: AppealState,
    names: AppealNames,
    ratee: str,
    reason_code: str,
    reason_text: str,
    evidence_ids: Iterable[str],
    on: When,
    wanted: str | None,
    by: str | None,
    late_reason: str,
) -> Draft:
    """Write an appeal."""
    who, policy = names.ratee(ratee), state.policy
    actor = who if by is None else names.token(by)
    day = day_of(state, None, on)
    evidence = listed_ids(evidence_ids)
    found = []
    if state.grade[who] is None:
        found.append(problem("E-APPEALUNGRADED", who=names.label(who)))
    if actor != who:
        found.append(problem("E-APPEALOTHER", who=names.label(actor), ratee=names.label(who)))
    if reason_code not in REASONS:
        found.append(problem("E-SETTING", name="reason_code", value=reason_code, allowed=list(REASONS)))
    found += text_problems(reason_text, policy.reason_length)
    if policy.evidence == "require" and not evidence:
        found.append(problem("E-APPEALNOEVIDENCE", who=names.label(who)))
    if wanted is not None and wanted not in state.grades:
        found.append(problem("E-SETTING", name="wanted", value=wanted, allowed=list(state.grades)))
    found += [problem("E-APPEALTWICE", who=names.label(who), n=c.n, stage=c.stage) for c in state.cases_of(who) if c.open or c.examined]
    last, late = _filing(state, names, who, day, late_reason, found)
    refuse(found)
    data = {
        "case": len(state.cases) + 1,
        "who": who,
        "on": day.isoformat(),
        "last": None if last is None else last.isoformat(),
        "reason": reason_code,
        "evidence": len(evidence),
        "late": late,
    }
    body = {"text": spoken(reason_text), "evidence": evidence, "wanted": wanted, "late": spoken(late_reason)}
    return Draft("submit", data, by=actor, personal=[(who, body)])


def _filing(
    state: AppealState, names: AppealNames, who: str, day: dt.date, excuse: str, found: list[Problem]
) -> tuple[dt.date | None, bool]:
    """Last day to appeal, and whether it is over; without a delivery the period has not begun."""
    delivered = state.delivered(who)
    if delivered is None:
        return None, False
    calendar, days = state.calendar, state.policy.filing_days
    last = calendar.deadline(delivered, days)
    if day <= last:
        return last, False
    if not spoken(excuse):
        details = {"who": names.label(who), "delivered": delivered.isoformat(), "last": last.isoformat(), "day": day.isoformat()}
        found.append(problem("E-APPEALLATE", **details, days=days, counted=calendar.between(calendar.start(delivered), day)))
    else:
        found += text_problems(excuse, state.policy.reason_length)
    return last, True


def admit(state: AppealState, names: AppealNames, appeal: int, by: str, on: When) -> Draft:
    """Write that an appeal is to be examined."""
    case, actor = case_of(state, appeal), names.officer(by)
    must_be_at(names, case, "submitted")
    refuse(problems_of_actor(state, names, case, actor, "admission"))
    return Draft("admit", _data(state, case, on), by=actor)


def reject(state: AppealState, names: AppealNames, appeal: int, by: str, code: str, text: str, on: When) -> Draft:
    """Write that an appeal is not examined, and why."""
    case, actor = case_of(state, appeal), names.officer(by)
    must_be_at(names, case, "submitted")
    found = problems_of_actor(state, names, case, actor, "admission")
    if code not in INADMISSIBLE:
        found.append(problem("E-SETTING", name="code", value=code, allowed=list(INADMISSIBLE)))
    elif code == "late" and not case.late:
        found.append(problem("E-APPEALINTIME", n=case.n, day=case.submitted.isoformat(), last=str(case.filing_last or "–")))
    refuse(found + text_problems(text, state.policy.reason_length))
    return Draft("reject", {**_data(state, case, on), "code": code}, by=actor, personal=[(case.who, {"text": spoken(text)})])


def statement(
    state: AppealState, names: AppealNames, appeal: int, giver: str, text: str, by: str, role: str | None, on: When, *, declined: bool
) -> Draft:
    """Write what somebody said on the case."""
    case, actor, speaker = case_of(state, appeal), names.officer(by), names.token(giver)
    must_be_at(names, case, "accepted", "investigating")
    found = problems_of_actor(state, names, case, actor, "investigation")
    own = "employee" if speaker == case.who else "supervisor" if "supervisor" in state.related(speaker, case.who) else "other"
    part = role or own
    if part not in ("employee", "supervisor", "other") or (part == "employee") != (own == "employee"):
        found.append(problem("E-SETTING", name="role", value=part, allowed=[own]))
    if speaker in case.reraters:
        found.append(
            problem("E-APPEALCONFLICT", who=names.label(speaker), ratee=names.label(case.who), why="rerater", step="investigation")
        )
    if not declined:
        found += text_problems(text, state.policy.reason_length)
    refuse(found)
    data = {**_data(state, case, on), "giver": speaker, "role": part, "declined": bool(declined)}
    return Draft("statement", data, by=actor, personal=[(case.who, {"text": spoken(text)})])


def pack(state: AppealState, names: AppealNames, appeal: int, by: str, evidence: Sequence[str], digest: str, on: When) -> Draft:
    """Write that a blind pack was made."""
    case, actor = case_of(state, appeal), names.officer(by)
    must_be_at(names, case, "accepted", "investigating")
    found = problems_of_actor(state, names, case, actor, "investigation")
    if case.scores:
        found.append(problem("E-APPEALPACKLATE", n=case.n))
    if not evidence:
        found.append(problem("E-APPEALPACKEMPTY", n=case.n))
    refuse(found)
    data = {**_data(state, case, on), "evidence": len(evidence), "sha256": digest}
    return Draft("pack", data, by=actor, personal=[(case.who, {"evidence": list(evidence)})])


def re_rate(
    state: AppealState,
    names: AppealNames,
    appeal: int,
    rater: str,
    score: float,
    se: float | None,
    evidence_ids: Iterable[str] | None,
    text: str,
    on: When,
) -> Draft:
    """Write a blind re-rating."""
    case, actor = case_of(state, appeal), names.officer(rater)
    must_be_at(names, case, "investigating")
    if not case.packs:
        raise SessionError("E-APPEALNOPACK", n=case.n)
    known: Mapping[str, Any] = case.packs[-1].body or {"evidence": []}
    evidence = list(known["evidence"]) if evidence_ids is None else listed_ids(evidence_ids)
    found = problems_of_actor(state, names, case, actor, "re_rating")
    if actor in case.reraters:
        found.append(problem("E-APPEALRERATED", who=names.label(actor), n=case.n))
    strange = [e for e in evidence if e not in set(known["evidence"])]
    if strange:
        found.append(problem("E-APPEALSTRANGE", n=case.n, ids=strange))
    if not _finite(score):
        found.append(problem("E-SETTING", name="score", value=score, allowed="a number on the scale of the scores"))
    error = state.policy.rating_se if se is None else se
    if error is None and state.policy.re_raters == 1:
        found.append(problem("E-APPEALSE", who=names.label(actor)))
    if error is not None and not (_finite(error) and error > 0):
        found.append(problem("E-SETTING", name="se", value=se, allowed="> 0"))
    refuse(found)
    body = {
        "score": number_text(float(score)),
        "se": None if error is None else number_text(float(error)),
        "evidence": evidence,
        "text": spoken(text),
    }
    part = sorted(state.related(actor, case.who))  # what the re-rater had to do with the grade stays on record
    return Draft("rerate", {**_data(state, case, on), "pack": case.packs[-1].n, "part": part}, by=actor, personal=[(case.who, body)])


def withdraw(state: AppealState, names: AppealNames, appeal: int, by: str | None, text: str, on: When) -> Draft:
    """Write that the appellant takes the appeal back."""
    case = case_of(state, appeal)
    actor = case.who if by is None else names.token(by)
    must_be_at(names, case, *WITHDRAWABLE)
    if actor != case.who:
        raise SessionError("E-APPEALOTHER", who=names.label(actor), ratee=names.label(case.who))
    return Draft("withdraw", _data(state, case, on), by=actor, personal=[(case.who, {"text": spoken(text)})])


def erase(state: AppealState, names: AppealNames, token: str, by: str | None) -> Draft:
    """Write that a person is erased; not while an appeal of theirs is open."""
    pending = [c.n for c in state.cases.values() if c.who == token and c.open]
    if pending:
        raise SessionError("E-APPEALOPEN", who=names.label(token), n=pending)
    return Draft("erase", {"who": token}, by=names.officer(by) if by is not None else "", erase=token)


def _finite(value: object) -> bool:
    """A number, of Python's or numpy's."""
    return not isinstance(value, bool) and isinstance(value, Real) and math.isfinite(value)


def _data(state: AppealState, case: Case, on: When) -> dict[str, Any]:
    """Every step says of which case it is, and when it was taken."""
    return {"case": case.n, "on": day_of(state, case, on).isoformat()}
