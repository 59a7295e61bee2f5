"""CalibrationSession: a committee's meeting, from grades by quota to grades somebody can defend."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Self

import pandas as pd

from rankkit.calibration.event_log.chain import Head
from rankkit.calibration.event_log.event_store import Draft, Event, EventStore
from rankkit.calibration.event_log.live_log import LiveLog
from rankkit.calibration.sessions import moves, session_steps
from rankkit.calibration.sessions.moves import Move, ReasonCode
from rankkit.calibration.sessions.session_people import Names, as_people, mentions
from rankkit.calibration.sessions.session_policy import Participant, SessionPolicy, as_participants
from rankkit.calibration.sessions.session_record import SessionRecord
from rankkit.calibration.sessions.session_start import first_event
from rankkit.calibration.sessions.session_state import Seen, SessionState
from rankkit.calibration.sessions.votes import Stance
from rankkit.errors import Problem, SessionError
from rankkit.methods.forced_distribution import ForcedDistributionResult
from rankkit.tables.people import People

if TYPE_CHECKING:
    from rankkit.calibration.event_log.event_store_file import Clock, Random
    from rankkit.findings import Findings


class CalibrationSession(LiveLog[SessionState, Names], SessionRecord):
    """A calibration session in a file; make it with :meth:`create` or :meth:`open`.

    Phases and what each allows: **prepare**: pre-votes, recusals. **discuss**: the agenda, who spoke first. **propose**: moves, and
    taking them back. **ratify**: members ratify; nothing moves. **close**: nothing but reading. The log is append-only: a step is
    taken back by a further event, never by deleting one. Several programs may write one file at once.

    Protected attributes are no part of a session: no step takes them, the file never holds them, and questions that use them
    (:meth:`impact`, :meth:`what_if`) write nothing.

    Examples
    --------
    >>> import rankkit as rk
    >>> from rankkit import calibration
    >>> scores = rk.GraphicRatingScale().fit(rk.datasets.load("guilford_creativity"))
    >>> grades = rk.ForcedDistribution(shares={"A": 0.3, "B": 0.4, "C": 0.3}, ties="up").fit(scores)
    >>> session = calibration.CalibrationSession.create(None, grades, ["Wang", "Li"], title="2026 H1")
    >>> session.vote("Wang", grades.people[0], "agree")
    >>> session.phase, session.verify().count
    ('prepare', 2)
    """

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._seen = Seen()
        super().__init__(store.read())

    @classmethod
    def create(
        cls,
        path: str | os.PathLike[str] | None,
        grades: ForcedDistributionResult,
        participants: Iterable[str | Participant],
        *,
        people: People | pd.DataFrame | None = None,
        policy: SessionPolicy | None = None,
        title: str = "",
        cycle: str = "",
        kpi: object = None,
        findings: Findings | None = None,
        seed: int = 0,
        clock: Clock | None = None,
        random: Random | None = None,
    ) -> Self:
        """Begin a session.

        Parameters
        ----------
        path : path-like or None
            A new file; None keeps the session in memory.
        grades : ForcedDistributionResult
            Grades to discuss.
        participants : iterable of str or Participant
            Who meets.
        people : People or DataFrame, optional
            ``manager`` and ``unit`` of the people graded.
        policy : SessionPolicy, optional
            Rules; the default ones otherwise.
        title, cycle : str
            What the session is called, and the period it grades.
        kpi : mapping of person to number, Series, DataFrame ``person, kpi``, or Result, optional
            Results of the same people, more is better: shown beside the scores and correlated with the grades, never used.
        findings : Findings, optional
            What checks of the ratings found: patterns that concern somebody graded are part of the evidence.
        seed : int
            Of the order of discussion and of permutations.
        clock, random : callable, optional
            Give the time of every event, with its time zone, and random bytes; the computer's own otherwise, and but in
            demonstrations random bytes must be nobody's guess.

        Raises
        ------
        SessionError
            ``E-SESSIONEXISTS`` if the file holds a session, ``E-NOPARTICIPANTS``, ``E-NOBODY``, ``E-TYPE``, ``E-KPI``, and whatever
            keeps the file from being written.
        PeopleError
            ``E-ATTR`` if protected attributes are among the facts of people.
        """
        members = as_participants(participants)
        rules = policy or SessionPolicy()
        more = {"cycle": cycle, "kpi": kpi, "findings": findings, "random": random}
        first = first_event(grades, members, as_people(people), rules, title, seed, **more)  # type: ignore[arg-type]
        return cls(EventStore.create(path, {}, first, clock=clock, random=random))

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, write: bool = True, clock: Clock | None = None) -> Self:
        """Open a session, as :meth:`rankkit.calibration.event_log.event_store.EventStore.open`; its whole chain is checked first."""
        return cls(EventStore.open(path, write=write, clock=clock))

    @property
    def state(self) -> SessionState:
        """How things stand, with what other programs wrote meanwhile; while votes are given, who voted but not how."""
        self._caught_up()
        return super().state

    def _folded(self, events: Sequence[Event]) -> SessionState:
        return SessionState.of(events)

    def _named(self, state: SessionState) -> Names:
        return Names(state)

    def _before_reading(self) -> None:
        self._seen = Seen.of(self._state)

    def vote(self, voter: str, ratee: str, stance: Stance, grade: str | None = None) -> None:
        """Give a pre-vote on a grade, before anything of others is shown; a later vote replaces it until then.

        Parameters
        ----------
        voter, ratee : str
            Who votes on whom.
        stance : {"agree", "up", "down", "abstain"}
            The grade is right, should be better, should be worse, or no opinion.
        grade : str, optional
            The grade meant; by default the next one. Needed for somebody who awaits a grade.

        Raises
        ------
        SessionError
            ``E-PHASE, E-OWNCASE, E-RECUSED, E-OBSERVER, E-VOTESEEN, E-VOTEGRADE``.
        """
        self._do(lambda s, n: session_steps.vote(s, n, voter, ratee, stance, grade))

    def votes_on(self, ratee: str, viewer: str) -> pd.Series:
        """Show the votes on somebody, nobody's own name to them.

        In the phase ``prepare`` only to members who have voted on the case; their vote is final from then on.

        Returns
        -------
        Series
            Votes for each grade, and ``abstained``.

        Raises
        ------
        SessionError
            ``E-VOTEFIRST`` before the viewer has voted, ``E-OWNCASE``, ``E-RECUSED``.
        """
        self._do(lambda s, n: session_steps.look(s, n, viewer, [ratee]))
        return session_steps.counted(self._state, Names(self._state), ratee)

    def agenda(self, viewer: str | None = None) -> pd.DataFrame:
        """Show the agenda, see :func:`rankkit.calibration.sessions.agenda.cases`.

        Parameters
        ----------
        viewer : str, optional
            Needed in the phase ``prepare``: a member who has voted on every case; those votes are final from then on. The viewer's
            own case, and cases the viewer takes no part in, are left out.

        Raises
        ------
        SessionError
            ``E-VOTESCLOSED`` or ``E-VOTEFIRST``.
        """
        if self.phase != "prepare":
            return self._cases()
        if viewer is None:
            raise SessionError("E-VOTESCLOSED")
        self._do(lambda s, n: session_steps.look(s, n, viewer, None))
        by, names = self.names.participant(viewer), self.names
        found = self._cases()
        return found[[self._state.may_judge(by, names.token(p)) for p in found.index]]

    def recuse(self, participant: str, ratee: str, reason: str = "") -> None:
        """Declare that somebody takes no part in a case; a vote given before is set aside.

        Raises
        ------
        SessionError
            ``E-PHASE`` once the session is being ratified.
        """
        self._do(lambda s, n: session_steps.recuse(s, n, participant, ratee, reason))

    def advance(self, by: str) -> None:
        """Go on to the next phase: by the chair where there is one, by any member otherwise.

        Raises
        ------
        SessionError
            ``E-CHANGED`` if somebody else did so meanwhile, ``E-NOTCHAIR``, ``E-UNDECIDED`` if somebody still awaits a grade,
            ``E-QUORUM`` before enough members ratified, ``E-PHASE`` at the end.
        """
        self._do(lambda s, n: session_steps.advance(s, n, by, self._seen))

    def reopen(self, by: str, reason: str) -> None:
        """Go back from ``ratify`` to ``propose``; who has ratified must do so again.

        Raises
        ------
        SessionError
            ``E-PHASE`` in any other phase, ``E-NOTCHAIR``, ``E-REASONSHORT``.
        """
        self._do(lambda s, n: session_steps.reopen(s, n, by, reason))

    def discuss(self, ratee: str, first_speaker: str, by: str | None = None) -> None:
        """Record that a case is discussed and who spoke first; a case to be ratified together is taken up by it.

        Parameters
        ----------
        ratee, first_speaker : str
            The case, and who spoke first on it.
        by : str, optional
            Who writes this down; the first speaker by default.

        Raises
        ------
        SessionError
            ``E-PHASE`` but in ``discuss`` and ``propose``, ``E-OWNCASE``, ``E-RECUSED``.
        """
        self._do(lambda s, n: session_steps.discuss(s, n, ratee, first_speaker, by or first_speaker))

    def move(
        self,
        proposer: str,
        ratee: str,
        to: str,
        reason_code: ReasonCode,
        reason_text: str,
        evidence_ids: Iterable[str] = (),
        second: tuple[ReasonCode, str] | None = None,
    ) -> Move:
        """Give somebody another grade.

        Parameters
        ----------
        proposer, ratee, to : str
            Who moves whom to which grade.
        reason_code : str
            ``new_evidence, standard_misapplied, comparison_within_level, scope_change, data_error, quota_only`` or ``other``.
        reason_text : str
            At least 20 characters.
        evidence_ids : iterable of str
            What the reason rests on; without any the move is taken with ``W-NOEVID``.
        second : (str, str), optional
            Another code and text; needed for a move over more than one grade.

        Returns
        -------
        Move

        Raises
        ------
        SessionError
            ``E-CHANGED`` if somebody else moved the person meanwhile; else with everything that stands against it: ``E-PHASE,
            E-GRADELOCKED, E-OWNCASE, E-RECUSED, E-OBSERVER, E-SAMEGRADE, E-UNGRADABLE, E-BATCHED, E-REASONSHORT, E-TWOREASONS,
            E-EVIDENCE``.
        """

        def build(s: SessionState, n: Names) -> Draft:
            session_steps.must_be_in(s, "propose")
            self._seen.must_hold(s, n.ratee(ratee), n.label(n.ratee(ratee)))
            return moves.draft(s, n, n.participant(proposer), n.ratee(ratee), to, reason_code, reason_text, evidence_ids, second)

        event = self._do(build)
        data, label = event.data, Names(self._state).label(event.data["who"])
        rule = (event.personal[0][1] or {}).get("rule", "") if data["against_rule"] else ""
        notes = moves.notes_of(data["code"], data["evidence"], label, rule)
        return Move(event.n, Names(self._state).id(data["who"]), data["from"] or "", data["to"], data["steps"], notes)

    def undo(self, by: str, reason: str, move: int | None = None) -> int:
        """Take a move back by a further event; of one person, the last that stands.

        Parameters
        ----------
        by, reason : str
            Who takes it back, and why.
        move : int, optional
            Number of the move; the last one that stands by default.

        Returns
        -------
        int
            Number of the move taken back.

        Raises
        ------
        SessionError
            ``E-PHASE``, ``E-CHANGED``, ``E-NOMOVE``, ``E-UNDOORDER``, ``E-OWNCASE``, ``E-RECUSED``, ``E-REASONSHORT``.
        """
        return int(self._do(lambda s, n: session_steps.undo(s, n, by, reason, move, self._seen)).data["move"])

    def ratify(self, participant: str) -> None:
        """Ratify the grades as they stand.

        Raises
        ------
        SessionError
            ``E-PHASE`` but in ``ratify``, ``E-OBSERVER``, ``E-RATIFIED`` if done already.
        """
        self._do(lambda s, n: session_steps.ratify(s, n, participant))

    def shred(self, person: str, by: str | None = None) -> tuple[Problem, ...]:
        """Erase a person: name, scores, reasons and evidence are gone for good, the chain stays valid and the counts stay right.

        Returns
        -------
        tuple of Problem
            ``W-SHREDMENTION`` if reasons about others name the person, ``W-SHREDLATER`` if another program keeps the pages for now;
            copies and exports are not reached.
        """
        names = Names(self.state)
        token = names.token(person)
        words = [names.id(token), names.label(token)]
        self._do(lambda s, n: session_steps.erase(s, n, token, by))
        left = mentions([(e.n, owner, body) for e in self._events for owner, body in e.personal], token, words)
        return self._swept(left)

    def export(self, path: str | os.PathLike[str], *, personal: bool = True) -> Head:
        """Write everything as JSON lines; :func:`rankkit.calibration.read_export` reads and checks them.

        Parameters
        ----------
        path : path-like
            The file to write.
        personal : bool
            Whether names, scores and reasons go with it; the chain can be checked without them.

        Raises
        ------
        SessionError
            ``E-VOTESCLOSED`` while votes are given: it would show them.
        """
        self._must_be_open()
        return super().export(path, personal=personal)
