"""What a successful appeal does: to the appellant, to the seats, and, only where the scheme says so, to others by name."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from rankkit.calibration.appeals import appeal_evaluation
from rankkit.calibration.appeals.appeal_people import AppealNames
from rankkit.calibration.appeals.appeal_state import AppealState, Case
from rankkit.errors import Problem, SessionError

_TIED = 1e-9
Step = tuple[str, str, str, str]
"""Token, from, to, effect."""


@dataclass(frozen=True)
class Displacement:
    """Somebody who would go down a grade because somebody else goes up."""

    who: str
    from_grade: str
    to_grade: str
    seats: int
    held: int


def changes_of(state: AppealState, names: AppealNames, case: Case) -> list[Step]:
    """Grades a decided appeal changes: the appellant's, and under ``re_rank`` those of whoever is displaced."""
    before = state.grade[case.who]
    if case.grade is None or before is None or case.grade == before:
        return []
    seats, used = state.start["seats"].get(case.grade), state.used()[case.grade]
    free = seats is None or used < seats
    down = [] if free else displaced(state, names, case, case.grade)
    own = "free_seat" if free else "re_rank" if down else "by_exception"
    return [(case.who, before, case.grade, own), *((d.who, d.from_grade, d.to_grade, "displaced") for d in down)]


def displaced(state: AppealState, names: AppealNames, case: Case, to: str) -> list[Displacement]:
    """Find exactly who would go down, were the appellant to get a better grade.

    Nobody under ``no_displacement``, or where the decision is an exception. Under ``re_rank``: in every grade from the new one down to
    the one above the appellant's old grade that holds more than its seats, the lowest score goes down one grade.

    Raises
    ------
    SessionError
        ``E-APPEALTIE`` if the lowest scores of a grade are equal: neither the alphabet nor the order of rows decides.
    """
    order, current = list(state.grades), state.grade[case.who]
    if state.policy.effects == "no_displacement" or case.exception or current is None or order.index(to) >= order.index(current):
        return []
    used, out = state.used(), []
    held = dict(state.grade)
    held[case.who] = to
    arrived = {case.who}
    for k in range(order.index(to), order.index(current)):
        grade, seats = order[k], state.start["seats"].get(order[k])
        members = [w for w, g in held.items() if g == grade]
        if seats is None or len(members) <= seats:
            break
        scored = {w: names.number(w, "score") for w in members if w not in arrived and w not in state.erased}
        scored = {w: x for w, x in scored.items() if not math.isnan(x)}
        if not scored:
            break
        lowest = min(scored.values())
        last = [w for w, x in scored.items() if x - lowest <= _TIED]
        if len(last) > 1:
            raise SessionError("E-APPEALTIE", grade=grade, who=sorted(names.label(w) for w in last))
        held[last[0]] = order[k + 1]
        arrived = {last[0]}
        out.append(Displacement(last[0], grade, order[k + 1], seats, used[grade] + 1))
    return out


def displacement_table(state: AppealState, names: AppealNames, case: Case, to: str) -> pd.DataFrame:
    """Who would go down and why: ``ratee, label, from, to, score, se, difference, sed, told_apart, seats, held``.

    ``difference`` is the appellant's re-rating less that person's score; ``told_apart`` whether the difference exceeds its interval.
    """
    found = appeal_evaluation.of_case(state, names, case)
    rows = []
    for d in displaced(state, names, case, to):
        score, se = names.number(d.who, "score"), names.number(d.who, "se")
        difference = math.nan if found is None else found.score - score
        sed = math.nan if found is None else math.hypot(found.se, se)
        rows.append(
            {
                "ratee": names.id(d.who), "label": names.label(d.who), "from": d.from_grade, "to": d.to_grade, "score": score, "se": se,
                "difference": difference, "sed": sed, "told_apart": bool(difference > 1.96 * sed), "seats": d.seats, "held": d.held,
            }
        )  # fmt: skip
    columns = ["ratee", "label", "from", "to", "score", "se", "difference", "sed", "told_apart", "seats", "held"]
    return pd.DataFrame(rows, columns=columns)


def effects(state: AppealState, names: AppealNames) -> pd.DataFrame:
    """Grades changed by approved appeals: ``case, ratee, label, from, to, steps`` (grades up), ``effect, outcome, approved_by, on``."""
    order = {g: k for k, g in enumerate(state.grades)}
    rows = []
    for change in state.changes:
        case = state.cases[change.case]
        rows.append(
            {
                "case": change.case,
                "ratee": names.id(change.who),
                "label": names.label(change.who),
                "from": change.from_grade,
                "to": change.to_grade,
                "steps": order[change.from_grade] - order[change.to_grade],
                "effect": change.effect,
                "outcome": case.outcome,
                "approved_by": names.label(case.actors["approval"]),
                "on": case.days["approval"].isoformat(),
            }
        )
    return pd.DataFrame(rows, columns=["case", "ratee", "label", "from", "to", "steps", "effect", "outcome", "approved_by", "on"])


def quota(state: AppealState) -> pd.DataFrame:
    """Seats by grade: ``seats, before, used, by_exception`` (of those used, how many by an appeal beyond the seats), ``slack``."""
    seats = [state.start["seats"].get(g) for g in state.grades]
    before = [list(state.before.values()).count(g) for g in state.grades]
    used = state.used()
    last = {c.who: c for c in state.changes}
    exception = [sum(c.to_grade == g and c.effect == "by_exception" for c in last.values()) for g in state.grades]
    frame = pd.DataFrame(
        {"seats": pd.array(seats, dtype="Int64"), "before": before, "used": [used[g] for g in state.grades], "by_exception": exception},
        index=pd.Index(list(state.grades), name="grade"),
    )
    frame["slack"] = frame["seats"] - frame["used"]
    return frame


def notes_of(state: AppealState, names: AppealNames, case: Case, changes: list[Step]) -> tuple[Problem, ...]:
    """What to say of a decision that is proposed."""
    found, out = appeal_evaluation.of_case(state, names, case), []
    who = names.label(case.who)
    if found is not None:
        details = {"who": who, "difference": f"{found.difference:+.2f}", "low": f"{found.low:+.2f}", "high": f"{found.high:+.2f}"}
        if found.difference < 0 and state.policy.no_worse:
            out.append(Problem("I-APPEALNOWORSE", None, None, None, {**details, "grade": found.grade}))
        if case.outcome == "adjusted" and found.supported != "yes":
            out.append(Problem("W-APPEALUNSUPPORTED", None, None, None, details))
        if case.outcome == "confirmed" and found.supported == "yes":
            out.append(Problem("W-APPEALSUPPORTED", None, None, None, details))
        out += list(found.notes)
    if any(c[3] == "by_exception" for c in changes):
        out.append(Problem("I-APPEALBEYOND", None, None, None, {"grade": case.grade}))
    if case.grade is not None and any(c[3] == "displaced" for c in changes):
        table = displacement_table(state, names, case, case.grade)
        alike = table["label"][~table["told_apart"]].tolist()
        if alike:
            out.append(Problem("W-APPEALTOLDAPART", None, None, None, {"who": alike, "ratee": who}))
    return tuple(out)
