"""Moves: what must be said to change a grade, and what is refused."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from rankkit.calibration.event_log.chain import number_text
from rankkit.calibration.event_log.event_store import Draft
from rankkit.calibration.sessions import session_cuts, votes
from rankkit.calibration.sessions.session_people import Names
from rankkit.calibration.sessions.session_state import SessionState
from rankkit.errors import Problem, SessionError
from rankkit.tables.text import as_text

ReasonCode = Literal["new_evidence", "standard_misapplied", "comparison_within_level", "scope_change", "data_error", "quota_only", "other"]
REASONS: tuple[str, ...] = get_args(ReasonCode)
_UNSEEN = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
_FEWEST_CHARACTERS = 5  # different ones in a reason: a key held down is none


@dataclass(frozen=True)
class Move:
    """A move as it was taken.

    Attributes
    ----------
    n : int
        Number of its event.
    ratee, from_grade, to_grade : str
        Who, from which grade (empty if one was awaited), to which.
    steps : int
        Grades up (positive) or down.
    notes : tuple of Problem
        ``W-NOEVID`` without evidence, ``W-QUOTAMOVE`` if made only to fit the curve, ``W-AGAINSTRULE`` if it departs from a rule
        about the person.
    """

    n: int
    ratee: str
    from_grade: str
    to_grade: str
    steps: int
    notes: tuple[Problem, ...] = ()


def draft(
    state: SessionState,
    names: Names,
    proposer: str,
    who: str,
    to: str,
    reason_code: str,
    reason_text: str,
    evidence_ids: Iterable[str],
    second: tuple[str, str] | None,
) -> Draft:
    """Check a move and write it down.

    Raises
    ------
    SessionError
        With everything that stands against it.
    """
    policy, current = state.policy, state.grade[who]
    given = [evidence_ids] if isinstance(evidence_ids, str) else evidence_ids
    evidence = list(dict.fromkeys(t for t in map(as_text, given) if t is not None))
    found = problems_of_case(state, names, proposer, who)
    if to not in state.grades:
        found.append(Problem("E-SETTING", None, None, None, {"name": "to", "value": to, "allowed": list(state.grades)}))
    elif to == current:
        found.append(Problem("E-SAMEGRADE", None, None, None, {"who": names.label(who), "grade": to}))
    if not state.gradable(who):
        found.append(Problem("E-UNGRADABLE", None, None, None, {"who": names.label(who)}))
    if who in state.batch:
        found.append(Problem("E-BATCHED", None, None, None, {"who": names.label(who)}))
    rule = names.fact(who, "rule") or ""
    if names.fact(who, "locked"):
        found.append(Problem("E-GRADELOCKED", None, None, None, {"who": names.label(who), "rule": rule}))
    found += problems_of_reason(reason_code, reason_text, policy.reason_length)
    distance = _steps(state, who, to) if to in state.grades else 0
    far = max(abs(distance), _away(state, who, to, reason_code, second)) if to in state.grades else 0
    if far > 1:
        found += _problems_of_second((reason_code, reason_text), second, policy.reason_length, far)
    if policy.evidence == "require" and not evidence:
        found.append(Problem("E-EVIDENCE", None, None, None, {"who": names.label(who)}))
    if found:
        raise SessionError(found)
    counts = votes.tally(state.grades, {v: vote.grade for v, vote in state.counted(who).items()})
    data = {
        "who": who,
        "from": current,
        "to": to,
        "steps": distance,
        "code": reason_code,
        "second": second[0] if second else None,
        "evidence": len(evidence),
        "votes": [int(c) for c in counts],
        "against_rule": bool(rule) and not _allowed(state, names, who, to),
        "across": session_cuts.counts(state, who, to),
    }
    cut = _cut_passed(state, current, to)
    body: dict[str, Any] = {
        "text": spoken(reason_text),
        "second": spoken(second[1]) if second else None,
        "evidence": evidence,
        "p_from": number_text(names.probability(who, current)),
        "p_to": number_text(names.probability(who, to)),
        "score": number_text(names.number(who, "score")),
        "cut": cut,
        "rule": rule,
    }
    return Draft("move", data, by=proposer, personal=[(who, body)])


def _allowed(state: SessionState, names: Names, who: str, to: str) -> bool:
    """Whether floors and caps of the scheme allow a grade; not known, and then no, where only a rule's name was told."""
    best, worst, order = names.fact(who, "best"), names.fact(who, "worst"), list(state.grades)
    if best is None and worst is None:
        return False
    return order.index(best or order[0]) <= order.index(to) <= order.index(worst or order[-1])


def notes_of(code: str, evidence: int, label: str, rule: str = "") -> tuple[Problem, ...]:
    """What to say of a move that was taken."""
    out = []
    if rule:
        out.append(Problem("W-AGAINSTRULE", None, None, None, {"who": label, "rule": rule}))
    if not evidence:
        out.append(Problem("W-NOEVID", None, None, None, {"who": label}))
    if code == "quota_only":
        out.append(Problem("W-QUOTAMOVE", None, None, None, {"who": label}))
    return tuple(out)


def problems_of_case(state: SessionState, names: Names, by: str, who: str) -> list[Problem]:
    """Whether somebody may act on a case at all."""
    if state.participants[by] == "observer":
        return [Problem("E-OBSERVER", None, None, None, {"who": names.label(by)})]
    if by == who:
        return [Problem("E-OWNCASE", None, None, None, {"who": names.label(by)})]
    if (by, who) in state.recused:
        return [Problem("E-RECUSED", None, None, None, {"who": names.label(by), "ratee": names.label(who)})]
    return []


def problems_of_reason(code: str, text: str, least: int) -> list[Problem]:
    """Check code and text of a reason."""
    found = []
    if code not in REASONS:
        found.append(Problem("E-SETTING", None, None, None, {"name": "reason_code", "value": code, "allowed": list(REASONS)}))
    said = spoken(text)
    if len(said) < least or len(set(re.sub(r"\W", "", said))) < _FEWEST_CHARACTERS:
        found.append(Problem("E-REASONSHORT", None, None, None, {"n": len(said), "least": least}))
    return found


def _away(state: SessionState, who: str, to: str, code: str, second: tuple[str, str] | None) -> int:
    """Grades from the one at the start, where all moves that led there have one reason; 0 if there are two."""
    order, before, now = list(state.grades), state.before[who], state.grade[who]
    if before is None or now is None:
        return 0
    start, here, there = (order.index(g) for g in (before, now, to))
    codes = {c for m in state.standing if m.who == who for c in (m.data["code"], m.data["second"]) if c}
    further = abs(there - start) > abs(here - start)
    return abs(there - start) if further and len(codes | {code}) == 1 and second is None else 0


def _problems_of_second(first: tuple[str, str], second: tuple[str, str] | None, least: int, steps: int) -> list[Problem]:
    """A move over more than one grade needs a second reason, another than the first."""
    if second is None or len(second) != 2 or second[0] == first[0] or spoken(second[1]) == spoken(first[1]):
        return [Problem("E-TWOREASONS", None, None, None, {"n": steps})]
    return problems_of_reason(second[0], second[1], least)


def spoken(text: object) -> str:
    r"""Return a reason as it is kept: composed characters (NFC), control characters and runs of blanks as one blank.

    >>> spoken(" so\nit  is，确实 ")
    'so it is，确实'
    """
    whole = unicodedata.normalize("NFC", "" if text is None else str(text))
    return " ".join("".join(" " if unicodedata.category(c) in _UNSEEN else c for c in whole if unicodedata.category(c) != "Cf").split())


def _steps(state: SessionState, who: str, to: str) -> int:
    """Grades up or down; of somebody who awaits a grade, from the nearest one still open."""
    order: Sequence[str] = state.grades
    from_ = state.grade[who]
    open_ = [from_] if from_ is not None else list(state.candidates[who]) or [to]
    return min((order.index(g) - order.index(to) for g in open_), key=abs)


def _cut_passed(state: SessionState, current: str | None, to: str) -> str | None:
    """Score at the cut the move crosses, the nearest to the new grade."""
    cuts = state.start.get("cuts") or []
    if current is None or len(cuts) != len(state.grades) - 1:
        return None
    a, b = state.grades.index(current), state.grades.index(to)
    passed: str | None = cuts[b] if b < a else cuts[b - 1]
    return passed
