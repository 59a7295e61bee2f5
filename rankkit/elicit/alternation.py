"""Alternation ranking: the best of the list, the worst of the rest, the best of what is left, and so on to the middle."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, Self

import pandas as pd

from rankkit.elicit import alternation_tables as tables
from rankkit.elicit.alternation_state import ENDS, AlternationState, Phase, apply, fold
from rankkit.elicit.event_log import EventLog
from rankkit.elicit.ladder import End, Ladder, chance
from rankkit.elicit.listed_people import listed
from rankkit.elicit.workload import Workload, alternation_workload
from rankkit.errors import Problem, RankkitError, ReadingError, SessionError
from rankkit.tables.people import People
from rankkit.tables.rankings import Rankings
from rankkit.tables.text import as_text

KIND = "alternation"
LONGEST = 30  # beyond, the middle of a list is hardly looked at


class AlternationSession:
    """One rater ranks one list of people; every step is in the log before the next is asked.

    Make it with :meth:`start`, go on with :meth:`open`, look at it with :meth:`read`. The state is computed from the
    events alone, so a session that was stopped at any moment, by whatever, goes on where it was.

    Attributes
    ----------
    log : EventLog
        The events.

    Examples
    --------
    >>> session = AlternationSession.start(["e01", "e02", "e03", "e04"], rater="r1")
    >>> session.end
    'best'
    >>> session.pick("e03"), session.pick("e01"), session.undo(), session.pick("e02"), session.pick("e04")
    (None, None, None, None, None)
    >>> session.state, session.rankings().frame[["ratee", "rank", "forced"]].values.tolist()
    ('done', [['e03', 1.0, False], ['e04', 2.0, False], ['e01', 3.0, True], ['e02', 4.0, False]])
    """

    def __init__(self, log: EventLog) -> None:
        self.log = log
        state = fold(log.events)
        if state is None:
            raise ReadingError("E-NOLOG", path=str(log.path))
        self._known: tuple[int, AlternationState] = (len(log), state)

    @classmethod
    def start(
        cls,
        items: Sequence[str] | People,
        *,
        rater: str,
        path: str | os.PathLike[str] | None = None,
        first_end: End | Literal["random"] = "best",
        seed: int = 0,
        labels: Mapping[str, str] | None = None,
        session: str | None = None,
        dimension: str | None = None,
    ) -> Self:
        """Begin a list.

        Parameters
        ----------
        items : sequence of str, or People
            Ids of those to be ranked, three or more; their order does not matter.
        rater : str
            Who ranks.
        path : path-like, optional
            File of the log (``.jsonl``); in memory without.
        first_end : {"best", "worst", "random"}
            End of the first pick; ``"random"`` draws it from the seed and the rater.
        seed : int
            Of the order in which the list is shown; raters see different orders under one seed.
        labels : mapping, optional
            Display names.
        session : str, optional
            Tells several lists of one rater apart; the name of the file by default.
        dimension : str, optional
            On what they are ranked.

        Returns
        -------
        AlternationSession

        Raises
        ------
        RankingsError
            With every problem of the list: ``E-SHORTLIST, E-BLANK, E-DUPPERSON, E-ID``.
        SessionError
            ``E-STARTED`` if the file holds a session already; what a log may raise.
        """
        ids, shown = listed(items, labels)
        who, which = as_text(rater), as_text(session)
        if who is None:
            raise SessionError("E-SETTING", name="rater", value=repr(rater), allowed="a name or a staff number")
        if first_end not in (*ENDS, "random"):
            raise SessionError("E-SETTING", name="first_end", value=repr(first_end), allowed=[*ENDS, "random"])
        if which is None and path is not None:
            which = as_text(os.path.splitext(os.path.basename(os.fspath(path)))[0])  # noqa: PTH119, PTH122 - str or Path
        facts = {"rater": who, "session": which or "1", "dimension": as_text(dimension), "seed": int(seed)}
        if first_end == "random":
            first_end = ENDS[chance(facts, "first end", "")[0] % 2]
        event = {"event": "start", "items": ids, **facts, "first_end": first_end, "labels": shown}
        apply(None, {**event, "n": 1})
        log = EventLog.open(path, kind=KIND, header={})
        if log.events:
            log.close()
            raise SessionError("E-STARTED", path=str(path))
        log.append(event)
        return cls(log)

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Self:
        """Go on with a session.

        Parameters
        ----------
        path : path-like
            Its log.

        Returns
        -------
        AlternationSession
            Exactly as it was after the last step that was kept; ``notes`` says if something was torn.

        Raises
        ------
        ReadingError
            If the file is not a session of this kind, or is broken.
        SessionError
            ``E-LOCKED`` if another program has it open, ``E-LOGSTEP`` if its steps do not fit each other.
        """
        log = EventLog.open(path, kind=KIND)
        try:
            return cls(log)
        except RankkitError:
            log.close()
            raise

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Self:
        """Look at a session without changing it; parameters and errors as :meth:`open`."""
        return cls(EventLog.read(path, kind=KIND))

    # --- what stands ---------------------------------------------------------------------------------------------------

    @property
    def _state(self) -> AlternationState:
        """The fold of the events, kept until there is another event."""
        if self._known[0] != len(self.log):
            state = fold(self.log.events)
            assert state is not None  # noqa: S101 - the first event is the start
            self._known = (len(self.log), state)
        return self._known[1]

    @property
    def standing(self) -> Ladder:
        """The list as it stands: who is placed where, crossed out, withdrawn."""
        return self._state.ladder

    @property
    def state(self) -> Phase:
        """``screen`` (nobody picked yet), ``pick``, ``done``, ``paused`` or ``abandoned``."""
        return self._state.phase

    @property
    def rater(self) -> str:
        """Who ranks."""
        return str(self.standing.facts["rater"])

    @property
    def end(self) -> End:
        """Which end is asked for next."""
        return self.standing.end

    @property
    def step(self) -> int:
        """Number of the next pick, from 1."""
        return len(self.standing.picks) + 1

    @property
    def stage(self) -> int:
        """1 for the first two picks, 2 for the next two, and so on."""
        return len(self.standing.picks) // 2 + 1

    @property
    def remaining(self) -> list[str]:
        """Who can be picked, in the order to show them: new at every pick, from seed, rater and pick alone."""
        return self.standing.remaining

    @property
    def load(self) -> Workload:
        """What is still to be done, at usual speed."""
        return alternation_workload(len(self.remaining))

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to take back."""
        return bool(self._state.past) and not self._state.paused

    @property
    def can_redo(self) -> bool:
        """Whether there is a step to bring back."""
        return bool(self._state.future) and not self._state.paused

    @property
    def notes(self) -> tuple[Problem, ...]:
        """What should be known: a torn line, a long list, the rater among the ranked."""
        n = len(self.standing.items) - len(self.standing.excluded) - len(self.standing.withdrawn)
        found = [self.log.repaired] if self.log.repaired else []
        if n > LONGEST:
            found.append(Problem("W-LONGLIST", details={"n": n, "minutes": round(alternation_workload(n).minutes)}))
        if self.rater in self.standing.items and self.rater not in self.standing.excluded and self.rater not in self.standing.withdrawn:
            found.append(Problem("W-OWNLIST", details={"who": self.standing.name(self.rater)}))
        return tuple(found)

    # --- steps ---------------------------------------------------------------------------------------------------------

    def pick(self, items: str | Iterable[str], *, response_ms: float | None = None) -> None:
        """Take the best, or the worst, of those left; several who cannot be separated share the place.

        Parameters
        ----------
        items : str or iterable of str
            Ids.
        response_ms : float, optional
            How long it took; kept in the log, without influence.

        Raises
        ------
        SessionError
            ``E-PLACED, E-OUT, E-NOTLISTED, E-PICKTWICE, E-NOPICK, E-ALLPLACED, E-PAUSED, E-ABANDONED``; nothing is changed.
        """
        named = [items] if isinstance(items, str) else [*items]
        timed = {} if response_ms is None else {"response_ms": round(response_ms)}
        self._step({"event": "pick", "items": [as_text(i) or "" for i in named], **timed})

    def exclude(self, item: str, reason: str = "not_known") -> None:
        """Cross somebody out before the first pick: ``not_known``, ``absent`` or ``conflict``.

        Raises
        ------
        SessionError
            ``E-SCREENED`` after the first pick, ``E-LASTTWO``, ``E-SETTING`` for another reason; as :meth:`pick`.
        """
        self._step({"event": "exclude", "item": as_text(item) or "", "reason": reason})

    def withdraw(self, item: str, reason: str | None = None) -> None:
        """Take somebody out at any time, also after they were placed; the log keeps what was picked before.

        Raises
        ------
        SessionError
            ``E-LASTTWO`` if fewer than two would be left; as :meth:`pick`.
        """
        self._step({"event": "withdraw", "item": as_text(item) or "", **({"reason": reason} if reason else {})})

    def switch_end(self) -> None:
        """Ask for the other end; from there the ends alternate again."""
        self._step({"event": "switch_end"})

    def undo(self, to: int | None = None) -> None:
        """Take back the last step that changed the list.

        Parameters
        ----------
        to : int, optional
            Go back until this pick is to be made again.

        Raises
        ------
        SessionError
            ``E-NOUNDO`` if there is none, ``E-SETTING`` if ``to`` is not a pick that was made.
        """
        if to is not None and not 1 <= to < self.step:
            raise SessionError("E-SETTING", name="to", value=to, allowed=f"1–{self.step - 1}" if self.step > 1 else "None")
        while True:
            past = self._state.past
            self._step({"event": "undo", **({"of": past[-1][0]} if past else {})})
            if to is None or self.step <= to:
                return

    def redo(self) -> None:
        """Bring back what was undone last, until something new is done.

        Raises
        ------
        SessionError
            ``E-NOREDO`` if there is nothing.
        """
        future = self._state.future
        self._step({"event": "redo", **({"of": future[-1][0]} if future else {})})

    def note(self, text: str) -> None:
        """Keep a remark in the log; it changes nothing."""
        self._step({"event": "note", "text": str(text)})

    def finish(self, rest: Literal["tied", "unranked"] | None = None) -> None:
        """End early.

        Parameters
        ----------
        rest : {"tied", "unranked"}
            Whether those left cannot be separated, or were not judged.

        Raises
        ------
        SessionError
            ``E-REST`` if people are left and nothing is said about them; ``E-NOPICKS`` if nobody was picked at all.
        """
        self._step({"event": "finish", "rest": rest})

    def pause(self) -> None:
        """Rest; nothing but :meth:`resume`, :meth:`abandon` and notes is taken until then."""
        self._step({"event": "pause"})

    def resume(self) -> None:
        """Go on after a pause."""
        self._step({"event": "resume"})

    def abandon(self) -> None:
        """Give the list up; it can be undone."""
        self._step({"event": "abandon"})

    def _step(self, event: dict[str, Any]) -> None:
        """Try a step; only one that is possible gets into the log."""
        n = len(self.log) + 1
        state = apply(self._state, {**event, "n": n})
        self.log.append(event)
        self._known = (n, state)

    # --- tables --------------------------------------------------------------------------------------------------------

    def rankings(self, *, partial: bool = False) -> Rankings:
        """Return the ranking as a validated table, to be fitted.

        Parameters
        ----------
        partial : bool
            Also of a session that is not finished: those not placed yet count as left over.

        Returns
        -------
        Rankings
            ``rater, ratee, rank, status, pick, end, forced, session`` and, where kept, ``response_ms``.

        Raises
        ------
        SessionError
            ``E-UNFINISHED``.
        """
        return Rankings.from_frame(self.frame(partial=partial), source_name=str(self.log.path or "session"))

    def frame(self, *, partial: bool = False) -> pd.DataFrame:
        """Return the ranking as a plain table, best first; parameters and errors as :meth:`rankings`."""
        if self.state != "done" and not partial:
            raise SessionError(self.unfinished)
        return tables.ranking_frame(self.standing, self.log.events)

    @property
    def unfinished(self) -> Problem:
        """What an unfinished session is told by its tables."""
        details = {"path": str(self.log.path or "session"), "rater": self.rater, "n": len(self.standing.unplaced)}
        return Problem("E-UNFINISHED", details=details)

    def ladder(self) -> pd.DataFrame:
        """Return the picks in order: ``pick, stage, end, ratee, label, rank, tied, shown, forced, status, response_ms``."""
        return tables.ladder_frame(self.standing, self.log.events)

    @property
    def events(self) -> pd.DataFrame:
        """Every event, also those taken back: ``n, at, event, end, items, reason, text, cancels, in_force, response_ms``."""
        return tables.event_frame(self.log.events)

    def close(self) -> None:
        """Give up the lock on the file; every step is in it already."""
        self.log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        placed = len(self.standing.ranks)
        return f"<AlternationSession: {self.rater}, {self.state}, {placed} of {placed + len(self.remaining)} placed>"
