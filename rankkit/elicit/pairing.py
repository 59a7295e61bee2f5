"""Paired comparison as a session: one pair at a time, every answer on the disk, and a table of comparisons at any moment."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, Self

import pandas as pd

from rankkit.elicit.event_log import EventLog
from rankkit.elicit.pairing_progress import PairingProgress, measure
from rankkit.elicit.pairing_questions import PairingQuestions
from rankkit.elicit.pairing_settings import Design, PairingSettings, check_choice, check_number, choose_settings
from rankkit.elicit.pairing_state import OUTCOMES, Answer, Outcome, PairingState, Question, fold
from rankkit.elicit.pairing_tables import answers_frame, comparisons_of
from rankkit.errors import Problem, RankkitError, SessionError
from rankkit.tables.comparisons import Comparisons
from rankkit.tables.text import as_text


class PairingSession:
    """One rater's comparisons, one pair at a time; make it with :meth:`start` or :meth:`open`.

    What has been answered is a list of events that only grows. What is asked next depends on the settings, the seed and
    that list alone, so a session that was killed at any moment goes on with the question it was at.

    Attributes
    ----------
    settings : PairingSettings
        What the session was started with.
    log : EventLog
        The events.
    """

    def __init__(self, log: EventLog) -> None:
        self.log = log
        self.settings = PairingSettings.from_header(log.header)
        self._plan = PairingQuestions(self.settings)
        self._seen: tuple[int, PairingState, Question | None] | None = None
        _ = self._now  # a log that does not hold together is refused when it is opened

    @classmethod
    def start(
        cls,
        items: Iterable[Any] | pd.DataFrame | Any,
        *,
        rater: str,
        design: Design = "complete",
        k: int | None = None,
        holdout: float = 0.2,
        start_rounds: int = 4,
        max_gap: float = 2.0,
        repeats: float = 0.1,
        max_repeats: int = 1,
        dimensions: Sequence[str] | str = (),
        exclude_pairs: Iterable[tuple[str, str]] = (),
        conflicts: Iterable[str] = (),
        pairs: Mapping[str, Iterable[tuple[str, str]]] | Iterable[tuple[str, str]] | None = None,
        seed: int = 0,
        path: str | os.PathLike[str] | None = None,
        labels: Mapping[str, str] | None = None,
        session: str | None = None,
    ) -> Self:
        """Begin a session.

        Parameters
        ----------
        items : list of ids, DataFrame with a column or index ``ratee``, or People
            Who is compared, three people or more; e.g. ``result.grey_zone``. Their order does not matter.
        rater : str
            Who judges. Nobody is asked about themself.
        design : {"complete", "random_regular", "cyclic", "swiss", "adaptive", "given"}
            All pairs (for up to 12 people); ``k`` random partners each; ``k`` partners each at the most efficient
            distances around a circle (David 1988); rounds between neighbours in the standings so far; the pair that
            tells most, ``p (1 - p) (V_i + V_j - 2 V_ij)``; or the ``pairs`` that are given.
        k : int, optional
            Comparisons of each person, repetitions aside; 12 by default, or as many as there are partners.
        holdout : float
            Swiss and adaptive designs: share of questions drawn by lot before the session, asked among the others and
            never used for pairing. They show whether the spread is real (Bramley & Vitello 2019).
        start_rounds : int
            Adaptive design: random comparisons of each person before the answers count.
        max_gap : float
            Adaptive design: largest difference of the people paired, in logits, where there is a choice.
        repeats : float
            Share of pairs asked twice, later and with the sides exchanged, to see whether the rater agrees with
            themself.
        max_repeats : int
            How often Swiss and adaptive designs may ask one pair, repetitions aside.
        dimensions : sequence of str
            What people are compared on, one after the other; ``overall`` by default.
        exclude_pairs : iterable of pairs of ids
            Pairs never to be compared.
        conflicts : iterable of str
            People this rater does not judge, such as a partner.
        pairs : iterable of pairs of ids, or mapping of dimension to pairs, optional
            For ``design="given"``.
        seed : int
            Of the lot. The same people, settings and seed give the same questions.
        path : path-like, optional
            File of the log; in memory by default.
        labels : mapping, optional
            Display names.
        session : str, optional
            Name of the session in the table; from rater and settings by default.

        Returns
        -------
        PairingSession

        Raises
        ------
        PeopleError
            For blank or doubled ids.
        SettingsError
            ``E-SHORTPAIRS`` for fewer than three people, ``E-KRANGE, E-ODDTOTAL, E-PARTNERS, E-NOREGULAR`` for an impossible
            ``k``, ``E-NOTITEM, E-SELFPAIR, E-NOPAIRS, E-SETTING``.
        IdentificationError
            ``E-EXCLUDED`` if the excluded pairs leave groups that cannot be compared; they are named.
        SessionError
            ``E-STARTED`` if the file already holds a session.

        Notes
        -----
        Where people differ by several logits adaptive pairing ranks them as well with a quarter fewer comparisons; where
        they differ by about one it saves nothing, and the spread it shows is mostly its own.

        Ross, R. T. (1934). Optimum orders for the presentation of pairs in the method of paired comparisons. *Journal of
        Educational Psychology*, 25. David, H. A. (1988). *The Method of Paired Comparisons*. Pollitt, A. (2012). The method
        of adaptive comparative judgement. *Assessment in Education*, 19. Bramley, T. & Vitello, S. (2019). The effect of
        adaptivity on the reliability coefficient in adaptive comparative judgement. *Assessment in Education*, 26.

        Examples
        --------
        >>> session = PairingSession.start(["e1", "e2", "e3", "e4"], rater="boss", seed=1)
        >>> while session.next is not None:
        ...     session.answer("left" if session.next.left < session.next.right else "right")
        >>> session.progress.asked, session.comparisons()
        (7, <Comparisons: 7 rows, 4 people, 1 judges, 1 dimension>)
        """
        settings = choose_settings(
            items, rater=rater, design=design, k=k, holdout=holdout, start_rounds=start_rounds, max_gap=max_gap, repeats=repeats,
            max_repeats=max_repeats, dimensions=dimensions, exclude_pairs=exclude_pairs, conflicts=conflicts, pairs=pairs, seed=seed,
            labels=labels, session=session,
        )  # fmt: skip
        PairingQuestions(settings)  # an impossible design is refused before a file is made
        header = settings.header()
        log = EventLog.open(path, kind="pairing", header=header)
        if log.events or log.header != header:
            log.close()
            raise SessionError("E-STARTED", path=str(path))
        return cls(log)

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Self:
        """Go on with a session, wherever it was stopped or killed.

        Parameters
        ----------
        path : path-like
            File of the log.

        Returns
        -------
        PairingSession
            ``session.log.repaired`` says if a torn last line was set aside.

        Raises
        ------
        ReadingError, SessionError
            As :meth:`rankkit.elicit.event_log.EventLog.open`; ``E-LOGHEADER, E-LOGSTEP`` if the log was changed by hand.
        """
        return cls._checked(EventLog.open(path, kind="pairing"))

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Self:
        """Look at a session without writing to it, also while another program does.

        Parameters
        ----------
        path : path-like
            File of the log.

        Returns
        -------
        PairingSession
            Whose answers can be read; it takes none.

        Raises
        ------
        ReadingError, SessionError
            As :meth:`open`.
        """
        return cls._checked(EventLog.read(path, kind="pairing"))

    @classmethod
    def _checked(cls, log: EventLog) -> Self:
        try:
            return cls(log)
        except RankkitError:
            log.close()
            raise

    @property
    def _now(self) -> tuple[PairingState, Question | None]:
        """State and question, worked out once after each event."""
        events = self.log.events
        if self._seen is None or self._seen[0] != len(events):
            state = fold(events)
            self._seen = (len(events), state, self._plan.question(state))
        return self._seen[1:]

    @property
    def state(self) -> PairingState:
        """Answers that hold, people withdrawn, whether it is paused."""
        return self._now[0]

    @property
    def next(self) -> Question | None:
        """The question to be asked now; None when nothing is left."""
        return self._now[1]

    @property
    def notes(self) -> tuple[Problem, ...]:
        """What rater and analyst should know: who is left out, what the design cannot show, what was repaired."""
        repaired = self.log.repaired
        return (*self.settings.notes, *((repaired,) if repaired else ()))

    def answer(self, outcome: Outcome, *, response_ms: float | None = None) -> None:
        """Record who did better in the current question.

        Parameters
        ----------
        outcome : {"left", "right", "tie", "skip"}
            ``skip`` if the rater does not know one of the two well enough; the pair is not asked again.
        response_ms : float, optional
            Time the answer took, in milliseconds.

        Raises
        ------
        SettingsError
            ``E-SETTING`` for another word, or a time that is none.
        SessionError
            ``E-ALLASKED`` if the session is finished, ``E-PAUSED`` if it is paused.
        """
        check_choice("outcome", outcome, OUTCOMES)
        if response_ms is not None:
            check_number("response_ms", response_ms, 0, None)
        state, asked = self._now
        if state.paused:
            raise SessionError("E-PAUSED")
        if asked is None:
            raise SessionError("E-ALLASKED")
        event: dict[str, Any] = {
            "event": "answer", "outcome": str(outcome), "left": asked.left, "right": asked.right, "dimension": asked.dimension,
            "kind": asked.kind,
        }  # fmt: skip
        known = {"place": asked.place, "round": asked.round, "response_ms": None if response_ms is None else float(response_ms)}
        self.log.append(event | {name: value for name, value in known.items() if value is not None})

    def undo(self) -> Answer | str:
        """Cancel the last answer or withdrawal; the log keeps both, and the question is asked again.

        Returns
        -------
        Answer or str
            The answer cancelled, or the id of the person who is back.

        Raises
        ------
        SessionError
            ``E-NOUNDO`` if nothing is left to cancel, ``E-PAUSED`` if the session is paused.
        """
        state = self.state
        if state.paused:
            raise SessionError("E-PAUSED")
        if not state.undoable:
            raise SessionError("E-NOUNDO")
        number = state.undoable[0]
        self.log.append({"event": "undo", "of": number})
        found = next((a for a in state.answers if a.event == number), None)
        return found or str(self.log.events[number - 1]["item"])

    def withdraw(self, item: str, *, reason: str = "") -> None:
        """Take a person out of what is still to be asked; the answers already given stay.

        Parameters
        ----------
        item : str
            Id of the person.
        reason : str
            For the record.

        Raises
        ------
        SessionError
            ``E-NOTITEM`` if nobody of that id is compared, ``E-OUT`` if the person is out already, ``E-PAUSED``.
        """
        person = as_text(item)
        state = self.state
        if state.paused:
            raise SessionError("E-PAUSED")
        if person is None or person not in self.settings.items:
            raise SessionError("E-NOTITEM", name="withdraw", who=str(item))
        if person in state.withdrawn:
            raise SessionError("E-OUT", who=self.settings.labels[person], reason="withdrawn", reason_zh="已撤回")
        self.log.append({"event": "withdraw", "item": person, "reason": str(reason)})

    def pause(self) -> None:
        """Stop for now; answers are refused until :meth:`resume`.

        Raises
        ------
        SessionError
            ``E-PAUSED`` if it is paused already.
        """
        if self.state.paused:
            raise SessionError("E-PAUSED")
        self.log.append({"event": "pause"})

    def resume(self) -> None:
        """Go on after a pause.

        Raises
        ------
        SessionError
            ``E-NOTPAUSED`` if it is not paused.
        """
        if not self.state.paused:
            raise SessionError("E-NOTPAUSED")
        self.log.append({"event": "resume"})

    @property
    def progress(self) -> PairingProgress:
        """How far the session is."""
        return measure(self.settings, self._plan, *self._now)

    def frame(self, *, withdrawn: Literal["keep", "drop"] = "keep") -> pd.DataFrame:
        """Return the answers so far, one a row, in order; possibly none.

        Parameters
        ----------
        withdrawn : {"keep", "drop"}
            What becomes of answers about people who were withdrawn later. They also tell about the others.

        Returns
        -------
        DataFrame
            ``rater, left, right, outcome, dimension, left_label, right_label, seq, design, session, response_ms``; ``design``
            is the kind of the question, ``seq`` its place in the session.

        Raises
        ------
        SettingsError
            ``E-SETTING`` for another word.
        """
        return answers_frame(self.settings, self.state, withdrawn)

    def comparisons(self, *, withdrawn: Literal["keep", "drop"] = "keep") -> Comparisons:
        """Return the answers so far as a validated table.

        Parameters
        ----------
        withdrawn : {"keep", "drop"}
            As in :meth:`frame`.

        Returns
        -------
        Comparisons
            With the extra columns ``seq, design, session, response_ms``.

        Raises
        ------
        SessionError
            ``E-NOANSWERS`` if nothing was decided yet.
        """
        return comparisons_of([self.frame(withdrawn=withdrawn)], self.settings.session)

    def close(self) -> None:
        """Give the file back; everything is on the disk already."""
        self.log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        found = self.progress
        where = "finished" if found.done else "paused" if found.paused else f"now {found.dimension}"
        s = self.settings
        return f"<PairingSession: {s.rater}, {len(s.items)} people, {s.design}, {found.asked} of {found.total} answered, {where}>"
