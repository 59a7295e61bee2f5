"""How appeals stand: the log folded into cases, deliveries and grades. People are tokens here, never names."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rankkit.calibration.appeals.appeal_policy import OPEN, AppealPolicy
from rankkit.calibration.event_log.event_store import Event
from rankkit.calibration.working_calendar import WorkingCalendar


@dataclass(frozen=True)
class Statement:
    """What somebody said, or that they would not: event, giver, role, who took it down, declined."""

    n: int
    giver: str
    role: str
    by: str
    declined: bool
    body: Mapping[str, Any] | None


@dataclass(frozen=True)
class Pack:
    """A blind pack that was made: event, maker, number of pieces, hash of what it holds."""

    n: int
    by: str
    evidence: int
    sha256: str
    body: Mapping[str, Any] | None


@dataclass(frozen=True)
class BlindScore:
    """A re-rating: event, rater, the pack it rests on, and the erasable score."""

    n: int
    by: str
    pack: int
    body: Mapping[str, Any] | None


@dataclass(frozen=True)
class Change:
    """A grade that changed by an approved appeal: event, case, person, from, to, and how the seat was found."""

    n: int
    case: int
    who: str
    from_grade: str
    to_grade: str
    effect: str


@dataclass
class Case:
    """One appeal.

    Attributes
    ----------
    n : int
        Number of the appeal, from 1.
    event : int
        Number of the event it was submitted in.
    who : str
        Token of the appellant.
    stage : str
        See :data:`rankkit.calibration.appeals.appeal_policy.Stage`.
    since : date
        Day the stage began.
    """

    n: int
    event: int
    who: str
    submitted: dt.date
    filing_last: dt.date | None
    reason: str
    evidence: int
    late: bool
    body: Mapping[str, Any] | None
    stage: str = "submitted"
    since: dt.date = dt.date.min
    statements: list[Statement] = field(default_factory=list)
    packs: list[Pack] = field(default_factory=list)
    scores: list[BlindScore] = field(default_factory=list)
    actors: dict[str, str] = field(default_factory=dict)
    texts: dict[str, Mapping[str, Any] | None] = field(default_factory=dict)
    days: dict[str, dt.date] = field(default_factory=dict)
    outcome: str = ""
    ground: str = ""
    grade: str | None = None
    exception: bool = False
    last: tuple[int, str] = (0, "")
    before: Case | None = field(default=None, repr=False)

    @property
    def open(self) -> bool:
        """Whether something is still to be done."""
        return self.stage in OPEN

    @property
    def examined(self) -> bool:
        """Whether it was decided on its merits and approved."""
        return self.outcome in ("confirmed", "adjusted", "process_defect") and self.stage in ("approved", "notified", "closed")

    @property
    def investigators(self) -> set[str]:
        """Who took statements or made packs."""
        return {s.by for s in self.statements} | {p.by for p in self.packs}

    @property
    def reraters(self) -> set[str]:
        """Who rated again."""
        return {s.by for s in self.scores}

    def heard(self, role: str) -> bool:
        """Whether the employee or the supervisor was heard, or would not be."""
        return any(s.role == role for s in self.statements)


@dataclass
class AppealState:
    """State of a log of appeals after some number of events.

    Attributes
    ----------
    count : int
        Events folded.
    start : mapping
        Data of the first event.
    sheets : dict of str to mapping or None
        Token to the personal sheet; None once erased.
    before : dict of str to (str or None)
        Grades the appeals are about.
    staff : set of str
        Who may act in appeals.
    relations : dict of (str, str) to set of str
        Actor and ratee: ``rater, supervisor, family, moved, voted, participant``.
    deliveries : dict of str to list of (int, date)
        Ratee to event and day of every delivery of the grade.
    cases : dict of int to Case
        By number of the appeal.
    changes : list of Change
        Grades changed by approved appeals, in order.
    erased : set of str
        Whose data were erased.
    """

    count: int = 0
    start: Mapping[str, Any] = field(default_factory=dict)
    sheets: dict[str, Mapping[str, Any] | None] = field(default_factory=dict)
    before: dict[str, str | None] = field(default_factory=dict)
    staff: set[str] = field(default_factory=set)
    relations: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    deliveries: dict[str, list[tuple[int, dt.date]]] = field(default_factory=dict)
    cases: dict[int, Case] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    erased: set[str] = field(default_factory=set)
    policy: AppealPolicy = field(default_factory=lambda: AppealPolicy(filing_days=1))
    calendar: WorkingCalendar = field(default_factory=WorkingCalendar)

    @classmethod
    def of(cls, events: Iterable[Event]) -> AppealState:
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
    def participants(self) -> dict[str, str]:
        """Who acts, and as what."""
        return dict.fromkeys(self.staff, "staff")

    @property
    def grade(self) -> dict[str, str | None]:
        """Grades as they stand after approved appeals."""
        return self.before | {c.who: c.to_grade for c in self.changes}

    def displaced_at(self, who: str) -> int:
        """Event of the last displacement of somebody by another's appeal; 0 if none."""
        return max((c.n for c in self.changes if c.who == who and c.effect == "displaced"), default=0)

    def delivered(self, who: str) -> dt.date | None:
        """Day the grade that stands was delivered; None if it was not, or not since somebody was displaced."""
        since = self.displaced_at(who)
        return next((day for n, day in reversed(self.deliveries.get(who, [])) if n > since), None)

    def cases_of(self, who: str) -> list[Case]:
        """Appeals of somebody about the grade that stands."""
        since = self.displaced_at(who)
        return [c for c in self.cases.values() if c.who == who and c.event > since]

    def related(self, actor: str, who: str) -> set[str]:
        """What somebody is to somebody else's case."""
        return self.relations.get((actor, who), set()) | self.relations.get((who, actor), set()) & {"family"}

    def used(self) -> dict[str, int]:
        """How many hold each grade."""
        held = list(self.grade.values())
        return {g: held.count(g) for g in self.grades}

    def apply(self, event: Event) -> None:
        """Fold one event."""
        if event.kind in ("appeals", "enrol", "deliver", "submit", "undo", "erase", "calendar"):
            getattr(self, f"_{event.kind}")(event)
        else:
            case = self.cases[event.data["case"]]
            case.before = _snapshot(case)
            getattr(self, f"_{event.kind}")(case, event, dt.date.fromisoformat(event.data["on"]))
            case.last = (event.n, event.kind)
        self.count = event.n

    def _appeals(self, event: Event) -> None:
        data = event.data
        self.start = data
        self.sheets = dict(event.personal)
        self.before = {row["who"]: row["grade"] for row in data["ratees"]}
        self.staff = set(data["staff"])
        self.policy = AppealPolicy.of_record(data["policy"])
        self.calendar = WorkingCalendar.of_record(data["calendar"])
        for kind, actor, who in data["relations"]:
            self.relations.setdefault((actor, who), set()).add(kind)

    def _enrol(self, event: Event) -> None:
        self.sheets |= {token: body for token, body in event.personal if token not in self.sheets or self.sheets[token] is None}
        self.staff.add(event.data["who"])
        for who in event.data["family"]:
            self.relations.setdefault((event.data["who"], who), set()).add("family")

    def _deliver(self, event: Event) -> None:
        day = dt.date.fromisoformat(event.data["on"])
        for who in event.data["who"]:
            self.deliveries.setdefault(who, []).append((event.n, day))

    def _submit(self, event: Event) -> None:
        data, on = event.data, dt.date.fromisoformat(event.data["on"])
        last = None if data["last"] is None else dt.date.fromisoformat(data["last"])
        case = Case(data["case"], event.n, data["who"], on, last, data["reason"], data["evidence"], data["late"], _body(event), since=on)
        case.last = (event.n, "submit")
        self.cases[case.n] = case

    def _admit(self, case: Case, event: Event, on: dt.date) -> None:
        _move(case, "accepted", on)
        _act(case, "admission", event, on)

    def _reject(self, case: Case, event: Event, on: dt.date) -> None:
        _move(case, "rejected", on)
        _act(case, "admission", event, on)
        case.outcome, case.ground = "inadmissible", event.data["code"]

    def _statement(self, case: Case, event: Event, on: dt.date) -> None:
        if case.stage == "accepted":
            _move(case, "investigating", on)
        data = event.data
        case.statements.append(Statement(event.n, data["giver"], data["role"], event.by, data["declined"], _body(event)))

    def _pack(self, case: Case, event: Event, on: dt.date) -> None:
        if case.stage == "accepted":
            _move(case, "investigating", on)
        case.packs.append(Pack(event.n, event.by, event.data["evidence"], event.data["sha256"], _body(event)))

    def _rerate(self, case: Case, event: Event, on: dt.date) -> None:
        case.scores.append(BlindScore(event.n, event.by, event.data["pack"], _body(event)))
        case.days["re_rated"] = on
        if len(case.scores) >= self.policy.re_raters:
            _move(case, "re_evaluated", on)

    def _decide(self, case: Case, event: Event, on: dt.date) -> None:
        _move(case, "decided", on)
        _act(case, "decision", event, on)
        case.outcome, case.grade, case.exception = event.data["outcome"], event.data["grade"], event.data["exception"]

    def _approve(self, case: Case, event: Event, on: dt.date) -> None:
        _move(case, "approved", on)
        _act(case, "approval", event, on)
        self.changes += [Change(event.n, case.n, who, a, b, effect) for who, a, b, effect in event.data["changes"]]

    def _notify(self, case: Case, event: Event, on: dt.date) -> None:
        _move(case, "notified", on)
        _act(case, "notice", event, on)

    def _close(self, case: Case, event: Event, on: dt.date) -> None:
        _move(case, "closed", on)
        _act(case, "closing", event, on)

    def _withdraw(self, case: Case, event: Event, on: dt.date) -> None:
        _move(case, "withdrawn", on)
        _act(case, "withdrawal", event, on)
        case.outcome = "withdrawn"

    def _undo(self, event: Event) -> None:
        case = self.cases[event.data["case"]]
        if case.before is not None:
            self.cases[case.n] = case.before
        self.changes = [c for c in self.changes if c.n != event.data["event"]]

    def _calendar(self, event: Event) -> None:
        self.calendar = WorkingCalendar.of_record(event.data["calendar"])

    def _erase(self, event: Event) -> None:
        who = event.data["who"]
        self.erased.add(who)
        self.sheets[who] = None


def _snapshot(case: Case) -> Case:
    """The case as it stood, without older snapshots."""
    older, case.before = case.before, None
    found = copy.deepcopy(case)
    case.before = older
    return found


def _body(event: Event) -> Mapping[str, Any] | None:
    return event.personal[0][1] if event.personal else None


def _move(case: Case, stage: str, on: dt.date) -> None:
    case.stage, case.since = stage, on


def _act(case: Case, what: str, event: Event, on: dt.date) -> None:
    case.actors[what], case.texts[what], case.days[what] = event.by, _body(event), on
