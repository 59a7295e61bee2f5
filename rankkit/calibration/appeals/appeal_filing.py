"""The log of appeals and its first steps: delivery, appeal, admission, statements, withdrawal."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

import pandas as pd

from rankkit.calibration.appeals import appeal_steps
from rankkit.calibration.appeals.appeal_people import AppealNames
from rankkit.calibration.appeals.appeal_policy import AppealPolicy
from rankkit.calibration.appeals.appeal_record import AppealRecord
from rankkit.calibration.appeals.appeal_start import first_event
from rankkit.calibration.appeals.appeal_state import AppealState
from rankkit.calibration.appeals.appeal_steps import When
from rankkit.calibration.event_log.event_store import Draft, Event, EventStore
from rankkit.calibration.event_log.event_store_file import Clock
from rankkit.calibration.event_log.live_log import LiveLog
from rankkit.calibration.sessions.session_people import mentions
from rankkit.calibration.sessions.session_policy import Participant, as_participants
from rankkit.calibration.working_calendar import WorkingCalendar
from rankkit.errors import Problem
from rankkit.tables.people import People

LOG = "appeals"


class AppealFiling(LiveLog[AppealState, AppealNames], AppealRecord):
    """A log of appeals up to the examination, see :class:`rankkit.calibration.appeals.appeal_log.AppealLog`."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        super().__init__(store.read())

    @classmethod
    def create(
        cls,
        path: str | os.PathLike[str] | None,
        basis: object,
        staff: Iterable[str | Participant],
        *,
        policy: AppealPolicy,
        calendar: WorkingCalendar,
        people: People | pd.DataFrame | None = None,
        ratings: object = None,
        title: str = "",
        clock: Clock | None = None,
    ) -> Self:
        """Begin a log.

        Parameters
        ----------
        path : path-like or None
            A new file; None keeps the log in memory.
        basis : CalibrationSession, ExportedSession or ForcedDistributionResult
            Grades appeals are about: of a closed session, or of a result no committee discussed.
        staff : iterable of str or Participant
            Who may admit, investigate, re-rate, decide and approve; with declared ``family``.
        policy : AppealPolicy
            Rules.
        calendar : WorkingCalendar
            Working days.
        people : People or DataFrame, optional
            ``manager`` and ``unit``, where the session does not have them.
        ratings : Ratings, DataFrame or mapping, optional
            Who rated whom (``ratee, rater``): original raters neither re-rate nor decide.
        title : str
            What the log is called.
        clock : callable, optional
            Returns an aware datetime: when events are written; the system's clock by default.

        Returns
        -------
        AppealLog

        Raises
        ------
        SessionError
            ``E-APPEALUNCLOSED`` while the session goes on, ``E-APPEALNOBODY``, ``E-TYPE``, ``E-NOPARTICIPANTS``, and whatever keeps
            the file from being written.
        PeopleError
            ``E-ATTR`` if protected attributes are among the facts of people.
        """
        first = first_event(basis, as_participants(staff), policy, calendar, people, ratings, title)
        return cls(EventStore.create(path, {}, first, log=LOG, clock=clock))

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, write: bool = True, clock: Clock | None = None) -> Self:
        """Open a log; its whole chain is checked first."""
        return cls(EventStore.open(path, write=write, log=LOG, clock=clock))

    @property
    def state(self) -> AppealState:
        """How things stand, with what other programs wrote meanwhile."""
        return self._caught_up()

    def _folded(self, events: Sequence[Event]) -> AppealState:
        return AppealState.of(events)

    def _named(self, state: AppealState) -> AppealNames:
        return AppealNames(state)

    def enrol(self, participant: str | Participant, by: str) -> None:
        """Let somebody more act in appeals."""
        (one,) = as_participants([participant])
        self._do(lambda s, n: appeal_steps.enrol(s, n, one, by))

    def extend_calendar(self, calendar: WorkingCalendar, by: str) -> None:
        """Add further years to the calendar, as soon as their notice is out.

        Raises
        ------
        SessionError
            ``E-APPEALCALENDAR`` if a period that runs would get shorter.
        SettingsError
            If weekends or zones differ.
        """
        self._do(lambda s, n: appeal_steps.extend_calendar(s, n, calendar, by))

    def deliver(self, ratees: str | Iterable[str] | Mapping[str, Any] | None, on: When, proof: str, by: str) -> None:
        """Record that grades were delivered: from that day the period to appeal runs.

        Parameters
        ----------
        ratees : str, iterable of str, mapping or None
            To whom; None is everybody with a grade; a mapping gives each their day.
        on : date, datetime or str
            Day of delivery (ignored with a mapping); a datetime is turned into the calendar's zone.
        proof : str
            How it is known: signed copy, receipt.
        by : str
            Who records it.

        Raises
        ------
        SessionError
            ``E-APPEALPROOF``, ``E-APPEALUNGRADED``, ``E-APPEALEARLIER`` if a known delivery would move to an earlier day.
        PolicyError
            ``E-CALENDARYEAR`` if the period runs beyond the years of the calendar.
        """
        if isinstance(ratees, Mapping):
            days = dict(ratees)
            self._do(lambda s, n: [appeal_steps.deliver(s, n, [who], day, proof, by) for who, day in days.items()])
            return
        self._do(lambda s, n: appeal_steps.deliver(s, n, ratees, on, proof, by))

    def submit(
        self,
        ratee: str,
        reason_code: str,
        reason_text: str,
        evidence_ids: Iterable[str] = (),
        *,
        on: When = None,
        wanted: str | None = None,
        by: str | None = None,
        late_reason: str = "",
    ) -> int:
        """Submit an appeal.

        Parameters
        ----------
        ratee : str
            The appellant.
        reason_code : str
            ``score_wrong, evidence_ignored, standard_misapplied, procedure, bias, data_error`` or ``other``.
        reason_text : str
            The written reasons.
        evidence_ids : iterable of str
            What they rest on.
        on : date, datetime or str, optional
            Day of receipt; today by default, in the calendar's zone.
        wanted : str, optional
            The grade asked for.
        by : str, optional
            Who submits; only the appellant may.
        late_reason : str
            Why it comes too late: the appeal is then taken, marked late, and it is for the admission to accept or reject it.

        Returns
        -------
        int
            Number of the appeal.

        Raises
        ------
        SessionError
            With everything that stands against it: ``E-APPEALLATE`` (naming delivery, last day and days counted),
            ``E-REASONSHORT, E-APPEALNOEVIDENCE, E-APPEALTWICE, E-APPEALOTHER, E-APPEALUNGRADED, E-APPEALNOBODY``.
        """

        def build(s: AppealState, n: AppealNames) -> Draft:
            return appeal_steps.submit(s, n, ratee, reason_code, reason_text, evidence_ids, on, wanted, by, late_reason)

        return int(self._do(build).data["case"])

    def admit(self, appeal: int, by: str, *, on: When = None) -> None:
        """Accept an appeal for examination.

        Raises
        ------
        SessionError
            ``E-APPEALSTEP`` at any other stage, ``E-APPEALCONFLICT``, ``E-APPEALSTAFF``, ``E-APPEALDATE``.
        """
        self._do(lambda s, n: appeal_steps.admit(s, n, appeal, by, on))

    def reject(self, appeal: int, by: str, code: str, text: str, *, on: When = None) -> None:
        """Refuse to examine an appeal: ``late, no_reasons, no_evidence, not_appealable, duplicate`` or ``other``, with reasons.

        Raises
        ------
        SessionError
            As :meth:`admit`; ``E-APPEALINTIME`` if an appeal in time is called late.
        """
        self._do(lambda s, n: appeal_steps.reject(s, n, appeal, by, code, text, on))

    def statement(
        self, appeal: int, giver: str, text: str, by: str, *, role: str | None = None, declined: bool = False, on: When = None
    ) -> None:
        """Record what the employee, the supervisor or somebody else says, or that they would not say anything.

        Raises
        ------
        SessionError
            As :meth:`admit`; ``E-REASONSHORT``.
        """
        self._do(lambda s, n: appeal_steps.statement(s, n, appeal, giver, text, by, role, on, declined=declined))

    def shred(self, person: str, by: str | None = None) -> tuple[Problem, ...]:
        """Erase a person for good; the chain stays valid and the counts stay right.

        Returns
        -------
        tuple of Problem
            ``W-SHREDMENTION`` if texts about others name the person, ``W-SHREDLATER`` if another program keeps the pages for now;
            copies and exports are not reached.

        Raises
        ------
        SessionError
            ``E-APPEALOPEN`` while an appeal of theirs is open.
        """
        names = AppealNames(self.state)
        token = names.token(person)
        known = [names.id(token), names.label(token)]
        self._do(lambda s, n: appeal_steps.erase(s, n, token, by))
        bodies = [(e.n, owner, body) for e in self._events if e.kind not in ("appeals", "enrol") for owner, body in e.personal]
        left = mentions(bodies, token, known)
        return self._swept(left)
