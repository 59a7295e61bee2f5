"""How things stand: the log folded into votes, recusals, moves and grades. People are tokens here, never names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from rankkit.calibration.event_log.event_store import Event
from rankkit.calibration.sessions.session_policy import PHASES, Phase, SessionPolicy
from rankkit.errors import ReadingError, SessionError


@dataclass(frozen=True)
class Vote:
    """A pre-vote: the stance, and the grade it comes to (None for an abstention or where no grade stands)."""

    stance: str
    grade: str | None


@dataclass(frozen=True)
class MoveRecord:
    """A move as the log has it; ``undone`` is the number of the event that took it back, 0 if it stands."""

    n: int
    at: str
    by: str
    who: str
    data: Mapping[str, Any]
    personal: Mapping[str, Any] | None
    undone: int = 0

    @property
    def steps(self) -> int:
        """Grades up (positive) or down (negative)."""
        return int(self.data["steps"])


@dataclass(frozen=True)
class Seen:
    """What the author of a step had seen before it: others may have gone on meanwhile."""

    count: int = 0
    phase: Phase = "prepare"
    grade: Mapping[str, str | None] = field(default_factory=dict)

    @classmethod
    def of(cls, state: SessionState) -> Seen:
        """What a state shows."""
        return cls(state.count, state.phase, dict(state.grade))

    def must_hold(self, state: SessionState, who: str, label: str) -> None:
        """Refuse a move of somebody whose grade is not the one that was seen.

        Raises
        ------
        SessionError
            ``E-CHANGED``.
        """
        if self.grade.get(who, state.grade[who]) != state.grade[who]:
            what = f"{label}: {self.grade[who] or '—'} → {state.grade[who] or '—'}"
            raise SessionError("E-CHANGED", what=what, what_zh=what)


@dataclass
class SessionState:
    """State of a session after some number of events.

    Attributes
    ----------
    count : int
        Events folded.
    phase : str
        ``prepare, discuss, propose, ratify`` or ``close``.
    start : mapping
        Data of the first event.
    sheets : dict of str to mapping or None
        Token to the personal sheet; None once erased.
    before, grade : dict of str to (str or None)
        Grades at the start, and now.
    votes : dict of (str, str) to Vote
        By voter and ratee.
    recused : set of (str, str)
        Participant and ratee.
    seen : set of (str, str)
        Participants who were shown the votes on a ratee before the vote was over.
    agenda, batch : tuple of str
        Order of discussion; cases ratified together.
    speakers : dict of str to str
        Ratee to who spoke first.
    moves : dict of int to MoveRecord
        By number of the event.
    signed : dict of str to int
        Who ratified, and in which event.
    erased : set of str
        Whose data were erased.
    phases : list of (int, str, str)
        Changes of phase: event, time, phase.
    worked_out : dict
        What was computed from the sheets, kept so that it is computed once.
    """

    count: int = 0
    phase: Phase = "prepare"
    start: Mapping[str, Any] = field(default_factory=dict)
    sheets: dict[str, Mapping[str, Any] | None] = field(default_factory=dict)
    before: dict[str, str | None] = field(default_factory=dict)
    grade: dict[str, str | None] = field(default_factory=dict)
    candidates: dict[str, tuple[str, ...]] = field(default_factory=dict)
    votes: dict[tuple[str, str], Vote] = field(default_factory=dict)
    recused: set[tuple[str, str]] = field(default_factory=set)
    seen: set[tuple[str, str]] = field(default_factory=set)
    agenda: tuple[str, ...] = ()
    batch: tuple[str, ...] = ()
    speakers: dict[str, str] = field(default_factory=dict)
    moves: dict[int, MoveRecord] = field(default_factory=dict)
    signed: dict[str, int] = field(default_factory=dict)
    erased: set[str] = field(default_factory=set)
    phases: list[tuple[int, str, Phase]] = field(default_factory=list)
    worked_out: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, events: Iterable[Event]) -> SessionState:
        """Fold events from the first on."""
        state = cls()
        for event in events:
            state.apply(event)
        return state

    @property
    def grades(self) -> tuple[str, ...]:
        """Grades, best first."""
        return tuple(self.start["grades"])

    @property
    def policy(self) -> SessionPolicy:
        """Rules of the session."""
        return SessionPolicy.of_record(self.start["policy"])

    @property
    def participants(self) -> dict[str, str]:
        """Token to role."""
        return {p["who"]: p["role"] for p in self.start["participants"]}

    @property
    def voters(self) -> tuple[str, ...]:
        """Participants who vote."""
        return tuple(w for w, role in self.participants.items() if role != "observer")

    def sealed(self) -> SessionState:
        """The same without what was voted, while votes are given; who has voted stays."""
        return self if self.phase != "prepare" else replace(self, votes=dict.fromkeys(self.votes, Vote("", None)))

    @property
    def standing(self) -> list[MoveRecord]:
        """Moves that were not undone, in order."""
        return [m for m in self.moves.values() if not m.undone]

    def last_move(self, who: str) -> MoveRecord | None:
        """Return the move that gave somebody the grade that stands."""
        return next((m for m in reversed(self.standing) if m.who == who), None)

    def counted(self, who: str) -> dict[str, Vote]:
        """Votes on somebody that count: a vote of somebody recused since is set aside."""
        return {v: vote for (v, ratee), vote in self.votes.items() if ratee == who and (v, ratee) not in self.recused}

    def may_judge(self, voter: str, who: str) -> bool:
        """Whether somebody takes part in a case."""
        return voter != who and (voter, who) not in self.recused

    def outstanding(self, voter: str) -> list[str]:
        """Cases somebody has still to vote on."""
        return [w for w in self.before if self.may_judge(voter, w) and (voter, w) not in self.votes and self.gradable(w)]

    def gradable(self, who: str) -> bool:
        """Whether somebody has a grade, or grades still open."""
        return self.before[who] is not None or bool(self.candidates[who])

    def apply(self, event: Event) -> None:
        """Fold one event."""
        step = getattr(self, f"_{event.kind}", None)
        if step is None:
            raise ReadingError("E-SESSIONDAMAGED", path="—", reason=f"event {event.n}: {event.kind}")
        step(event)
        self.count = event.n

    def _created(self, event: Event) -> None:
        self.start = event.data
        self.sheets = dict(event.personal)
        for row in event.data["ratees"]:
            self.before[row["who"]] = self.grade[row["who"]] = row["grade"]
            self.candidates[row["who"]] = tuple(row["candidates"])
        for participant, ratee in event.data["recused"]:
            self.recused.add((participant, ratee))

    def _vote(self, event: Event) -> None:
        self.votes[event.by, event.data["who"]] = Vote(event.data["stance"], event.data["grade"])

    def _seen(self, event: Event) -> None:
        self.seen |= {(event.by, who) for who in event.data["who"]}

    def _recuse(self, event: Event) -> None:
        self.recused.add((event.data["participant"], event.data["who"]))

    def _phase(self, event: Event) -> None:
        to = event.data["to"]
        if PHASES.index(to) < PHASES.index(self.phase):
            self.signed = {}
        self.phase = to
        self.phases.append((event.n, event.at, to))
        if "agenda" in event.data:
            self.agenda, self.batch = tuple(event.data["agenda"]), tuple(event.data["batch"])

    def _discuss(self, event: Event) -> None:
        who = event.data["who"]
        self.speakers.setdefault(who, event.data["speaker"])
        if who in self.batch:
            self.batch = tuple(w for w in self.batch if w != who)
            self.agenda = (*self.agenda, who)

    def _move(self, event: Event) -> None:
        who = event.data["who"]
        body = event.personal[0][1] if event.personal else None
        self.moves[event.n] = MoveRecord(event.n, event.at, event.by, who, event.data, body)
        self.grade[who] = event.data["to"]

    def _undo(self, event: Event) -> None:
        old = self.moves[event.data["move"]]
        self.moves[old.n] = MoveRecord(old.n, old.at, old.by, old.who, old.data, old.personal, event.n)
        self.grade[old.who] = old.data["from"]

    def _ratify(self, event: Event) -> None:
        self.signed[event.by] = event.n

    def _erase(self, event: Event) -> None:
        who = event.data["who"]
        self.erased.add(who)
        self.sheets[who] = None
        self.worked_out.clear()
        for n, move in self.moves.items():
            if move.who == who:
                self.moves[n] = MoveRecord(move.n, move.at, move.by, who, move.data, None, move.undone)
