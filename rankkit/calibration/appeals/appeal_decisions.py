"""From the decision of an appeal to its end: who decides, who approves, who is told, and what can be taken back."""

from __future__ import annotations

from collections.abc import Iterable

from rankkit.calibration.appeals import appeal_effects
from rankkit.calibration.appeals.appeal_people import AppealNames, problems_of_actor
from rankkit.calibration.appeals.appeal_state import AppealState, Case
from rankkit.calibration.appeals.appeal_steps import When, case_of, day_of, must_be_at, problem, refuse, text_problems
from rankkit.calibration.event_log.event_store import Draft
from rankkit.calibration.sessions.moves import spoken
from rankkit.errors import Problem, SessionError

DECISIONS = ("confirmed", "adjusted", "process_defect")
UNDOABLE = ("admit", "reject", "decide", "approve")


def decide(
    state: AppealState, names: AppealNames, appeal: int, by: str, outcome: str, text: str, grade: str | None, on: When, *, exception: bool
) -> Draft:
    """Write what is to be decided; it counts once somebody else has approved it."""
    case, actor = case_of(state, appeal), names.officer(by)
    if outcome not in DECISIONS:
        raise SessionError("E-SETTING", name="outcome", value=outcome, allowed=list(DECISIONS))
    must_be_at(names, case, *(("investigating", "re_evaluated") if outcome == "process_defect" else ("re_evaluated",)))
    found = problems_of_actor(state, names, case, actor, "decision")
    unheard = [role for role in _to_be_heard(state, case) if not case.heard(role)]
    if unheard:
        found.append(problem("E-APPEALUNHEARD", n=case.n, roles=unheard))
    found += _problems_of_grade(state, names, case, outcome, grade)
    refuse(found + text_problems(text, state.policy.reason_length))
    if grade is not None and not exception:
        appeal_effects.displaced(state, names, case, grade)  # who goes down can be said, or is said now not to be
    data = {"case": case.n, "on": day_of(state, case, on).isoformat(), "outcome": outcome, "grade": grade, "exception": bool(exception)}
    return Draft("decide", data, by=actor, personal=[(case.who, {"text": spoken(text)})])


def _to_be_heard(state: AppealState, case: Case) -> list[str]:
    """Both sides, as far as it is known who they are."""
    known = any("supervisor" in kinds for (_, who), kinds in state.relations.items() if who == case.who)
    return ["employee", "supervisor"] if known else ["employee"]


def _problems_of_grade(state: AppealState, names: AppealNames, case: Case, outcome: str, grade: str | None) -> list[Problem]:
    current = state.grade[case.who]
    if outcome == "confirmed":
        return (
            []
            if grade is None
            else [problem("E-SETTING", name="grade", value=grade, allowed="none: confirmed means that the grade stands")]
        )
    if grade is None:
        return [problem("E-APPEALGRADE", n=case.n)] if outcome == "adjusted" else []
    if grade not in state.grades:
        return [problem("E-SETTING", name="grade", value=grade, allowed=list(state.grades))]
    if grade == current:
        return [problem("E-SAMEGRADE", who=names.label(case.who), grade=grade)]
    order = list(state.grades)
    if current is not None and order.index(grade) > order.index(current) and state.policy.no_worse:
        return [problem("E-APPEALWORSE", who=names.label(case.who), grade=grade, current=current)]
    return []


def approve(state: AppealState, names: AppealNames, appeal: int, by: str, displaced: Iterable[str], on: When) -> Draft:
    """Write that a decision is approved; under ``re_rank`` whoever goes down has to be named, exactly."""
    case, actor = case_of(state, appeal), names.officer(by)
    must_be_at(names, case, "decided")
    found = problems_of_actor(state, names, case, actor, "approval")
    changes = appeal_effects.changes_of(state, names, case)
    down = [c[0] for c in changes if c[3] == "displaced"]
    named = [names.ratee(d) for d in ([displaced] if isinstance(displaced, str) else displaced or ())]
    if sorted(down) != sorted(named):
        found.append(
            problem("E-APPEALDISPLACED", n=case.n, who=[names.label(w) for w in down] or "–", named=[names.label(w) for w in named] or "–")
        )
    found += [
        problem("E-APPEALCONFLICT", who=names.label(actor), ratee=names.label(w), why="displaced", step="approval")
        for w in down
        if w == actor
    ]
    refuse(found)
    data = {"case": case.n, "on": day_of(state, case, on).isoformat(), "changes": [list(c) for c in changes]}
    return Draft("approve", data, by=actor)


def notify(state: AppealState, names: AppealNames, appeal: int, by: str, proof: str, on: When) -> Draft:
    """Write that the appellant was told, and how that is known."""
    case, actor = case_of(state, appeal), names.officer(by)
    must_be_at(names, case, "approved", "rejected")
    if not spoken(proof):
        raise SessionError("E-APPEALPROOF")
    data = {"case": case.n, "on": day_of(state, case, on).isoformat()}
    return Draft("notify", data, by=actor, personal=[(case.who, {"proof": spoken(proof)})])


def close(state: AppealState, names: AppealNames, appeal: int, by: str, on: When) -> Draft:
    """Write that nothing is left to do."""
    case, actor = case_of(state, appeal), names.officer(by)
    must_be_at(names, case, "notified")
    down = [
        c
        for c in state.changes
        if c.case == case.n and c.effect == "displaced" and state.delivered(c.who) is None and c.who not in state.erased
    ]
    if down:
        raise SessionError("E-APPEALUNTOLD", n=case.n, who=[names.label(c.who) for c in down])
    return Draft("close", {"case": case.n, "on": day_of(state, case, on).isoformat()}, by=actor)


def undo(state: AppealState, names: AppealNames, appeal: int, by: str, reason: str) -> Draft:
    """Write that the last step of a case is taken back: an admission, a decision or an approval nobody was told of yet."""
    case, actor = case_of(state, appeal), names.officer(by)
    n, kind = case.last
    told = any(d > n for c in state.changes if c.n == n for d, _ in state.deliveries.get(c.who, []))
    later = any(c.n > n for c in state.changes)
    if kind not in UNDOABLE or case.before is None or (kind == "approve" and (told or later)):
        refuse([problem("E-APPEALUNDO", n=case.n, stage=case.stage)])
    found = problems_of_actor(state, names, case, actor, "admission")
    refuse(found + text_problems(reason, state.policy.reason_length))
    return Draft("undo", {"case": case.n, "event": n, "kind": kind}, by=actor, personal=[(case.who, {"text": spoken(reason)})])
