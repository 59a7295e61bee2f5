"""Each step of a session but the moves: what is checked, and what is written down."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from rankkit.calibration.event_log.event_store import Draft
from rankkit.calibration.sessions import agenda, votes
from rankkit.calibration.sessions.moves import problems_of_case, problems_of_reason, spoken
from rankkit.calibration.sessions.session_people import Names
from rankkit.calibration.sessions.session_policy import PHASES, PHASES_ZH
from rankkit.calibration.sessions.session_state import Seen, SessionState
from rankkit.calibration.sessions.votes import STANCES, Stance
from rankkit.errors import Problem, SessionError, SettingsError


def must_be_in(state: SessionState, *phases: str) -> None:
    """Refuse a step the phase does not allow."""
    if state.phase not in phases:
        raise wrong_phase(state, phases)


def wrong_phase(state: SessionState, allowed: Sequence[str]) -> SessionError:
    """What to say of a step the phase does not allow."""
    told = [PHASES_ZH[p] for p in allowed]
    return SessionError("E-PHASE", phase=state.phase, allowed=list(allowed), phase_zh=PHASES_ZH[state.phase], allowed_zh=told)


def _refuse(found: Sequence[Problem]) -> None:
    if found:
        raise SessionError(list(found))


def _must_be_member(state: SessionState, names: Names, who: str) -> None:
    if state.participants[who] == "observer":
        raise SessionError("E-OBSERVER", who=names.label(who))


def _must_lead(state: SessionState, names: Names, who: str) -> None:
    """The chair leads where there is one that can still act, any member otherwise."""
    _must_be_member(state, names, who)
    chair = next((w for w, role in state.participants.items() if role == "chair" and w not in state.erased), None)
    if chair is not None and who != chair:
        raise SessionError("E-NOTCHAIR", who=names.label(who), chair=names.label(chair))


def vote(state: SessionState, names: Names, voter: str, ratee: str, stance: Stance, grade: str | None) -> Draft:
    """Write a pre-vote."""
    must_be_in(state, "prepare")
    by, who = names.participant(voter), names.ratee(ratee)
    found = problems_of_case(state, names, by, who)
    if stance not in STANCES:
        raise SettingsError("E-SETTING", name="stance", value=stance, allowed=list(STANCES))
    if grade is not None and grade not in state.grades:
        raise SettingsError("E-SETTING", name="grade", value=grade, allowed=list(state.grades))
    if not state.gradable(who):
        found.append(Problem("E-UNGRADABLE", None, None, None, {"who": names.label(who)}))
    if (by, who) in state.seen:
        found.append(Problem("E-VOTESEEN", None, None, None, {"who": names.label(by), "ratee": names.label(who)}))
    current, order = state.before[who], list(state.grades)
    meant = votes.meant(stance, state.grades, current, grade)
    if stance != "abstain" and meant is None:
        found.append(Problem("E-VOTEGRADE", None, None, None, {"who": names.label(who), "grades": list(state.candidates[who])}))
    elif stance != "abstain" and current is not None and meant is not None:
        step = order.index(current) - order.index(meant)
        if (stance, (step > 0) - (step < 0)) not in (("agree", 0), ("up", 1), ("down", -1)):
            detail = {"stance": stance, "grade": grade or meant, "current": current}
            found.append(Problem("E-VOTESTANCE", None, None, None, detail))
    _refuse(found)
    return Draft("vote", {"who": who, "stance": stance, "grade": meant}, by=by)


def look(state: SessionState, names: Names, viewer: str, ratees: Iterable[str] | None) -> Draft | None:
    """Let somebody see votes; before the votes are open this is written down, and makes the viewer's own votes final."""
    by = names.participant(viewer)
    if ratees is None:
        wanted = [w for w in state.before if state.gradable(w) and state.may_judge(by, w)]
    else:
        wanted = [names.ratee(r) for r in ratees]
        _refuse([p for w in wanted for p in problems_of_case(state, names, by, w) if p.code != "E-OBSERVER"])
    if state.phase != "prepare":
        return None
    _must_be_member(state, names, by)
    missing = [names.label(w) for w in wanted if (by, w) not in state.votes]
    if missing:
        raise SessionError("E-VOTEFIRST", who=names.label(by), n=len(missing), cases=missing)
    new = [w for w in wanted if (by, w) not in state.seen]
    return Draft("seen", {"who": new}, by=by) if new else None


def counted(state: SessionState, names: Names, ratee: str) -> pd.Series:
    """Votes on a case: for each grade, and abstentions."""
    given = state.counted(names.ratee(ratee))
    counts = votes.tally(state.grades, {v: vote.grade for v, vote in given.items()})
    values = [*counts.tolist(), sum(v.grade is None for v in given.values())]
    return pd.Series(values, index=[*state.grades, "abstained"], name=ratee, dtype="int64")


def recuse(state: SessionState, names: Names, participant: str, ratee: str, reason: str) -> Draft:
    """Write a recusal."""
    must_be_in(state, "prepare", "discuss", "propose")
    by, who = names.participant(participant), names.ratee(ratee)
    body = {"text": spoken(reason)}
    return Draft("recuse", {"participant": by, "who": who}, by=by, personal=[(by, body)] if body["text"] else [])


def advance(state: SessionState, names: Names, by: str, seen: Seen) -> Draft:
    """Write the change to the next phase; entering the discussion fixes the agenda."""
    who = names.participant(by)
    _must_lead(state, names, who)
    if seen.phase != state.phase:
        raise SessionError("E-CHANGED", what=f"{seen.phase} → {state.phase}", what_zh=f"{PHASES_ZH[seen.phase]} → {PHASES_ZH[state.phase]}")
    if state.phase == "close":
        raise wrong_phase(state, PHASES[:-1])
    to = PHASES[PHASES.index(state.phase) + 1]
    data: dict[str, object] = {"to": to}
    if to == "discuss":
        cases = agenda.cases(state, names)
        together = cases["part"] == "together"
        data |= {"agenda": list(cases.index[~together]), "batch": sorted(cases.index[together])}
    if to == "ratify":
        waiting = [names.label(w) for w, g in state.grade.items() if g is None and state.candidates[w]]
        if waiting:
            raise SessionError("E-UNDECIDED", n=len(waiting), who=waiting)
    if to == "close":
        needed = needed_to_ratify(state)
        if len(state.signed) < needed:
            raise SessionError("E-QUORUM", n=len(state.signed), needed=needed)
    return Draft("phase", data, by=who)


def needed_to_ratify(state: SessionState) -> int:
    """How many members must ratify; those erased cannot be asked any more."""
    members = [w for w in state.voters if w not in state.erased or w in state.signed]
    quorum = state.policy.quorum
    return len(members) if quorum is None else min(quorum, len(members))


def reopen(state: SessionState, names: Names, by: str, reason: str) -> Draft:
    """Write the way back from ratifying to proposing."""
    must_be_in(state, "ratify")
    who = names.participant(by)
    _must_lead(state, names, who)
    _refuse(problems_of_reason("other", reason, state.policy.reason_length))
    return Draft("phase", {"to": "propose"}, by=who, personal=[(who, {"text": spoken(reason)})])


def discuss(state: SessionState, names: Names, ratee: str, speaker: str, by: str) -> Draft:
    """Write that a case is discussed."""
    must_be_in(state, "discuss", "propose")
    who, first, writer = names.ratee(ratee), names.participant(speaker), names.participant(by)
    _refuse(problems_of_case(state, names, first, who))
    return Draft("discuss", {"who": who, "speaker": first}, by=writer)


def undo(state: SessionState, names: Names, by: str, reason: str, move: int | None, seen: Seen) -> Draft:
    """Write that a move is taken back."""
    must_be_in(state, "propose")
    writer = names.participant(by)
    standing = state.standing
    if not standing or (move is not None and move not in {m.n for m in standing}):
        raise SessionError("E-NOMOVE", move="—" if move is None else move, standing=[m.n for m in standing] or "—")
    if move is None and standing[-1].n > seen.count:
        what = f"{names.label(standing[-1].by)}: {standing[-1].n}"
        raise SessionError("E-CHANGED", what=what, what_zh=what)
    record = standing[-1] if move is None else state.moves[move]
    found = problems_of_case(state, names, writer, record.who)
    last = state.last_move(record.who)
    if last is not None and last.n != record.n:
        found.append(Problem("E-UNDOORDER", None, None, None, {"move": record.n, "last": last.n, "who": names.label(record.who)}))
    found += problems_of_reason("other", reason, state.policy.reason_length)
    _refuse(found)
    return Draft("undo", {"move": record.n, "who": record.who}, by=writer, personal=[(record.who, {"text": spoken(reason)})])


def ratify(state: SessionState, names: Names, participant: str) -> Draft:
    """Write that a member ratifies."""
    must_be_in(state, "ratify")
    who = names.participant(participant)
    _must_be_member(state, names, who)
    if who in state.signed:
        raise SessionError("E-RATIFIED", who=names.label(who))
    return Draft("ratify", {"events": state.count}, by=who)


def erase(state: SessionState, names: Names, token: str, by: str | None) -> Draft:
    """Write that a person is erased."""
    del state
    return Draft("erase", {"who": token}, by=names.participant(by) if by is not None else "", erase=token)
