"""A session as it can be read: from its file, from an export, or as it stood after any event."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from rankkit import show
from rankkit.calibration.adverse_impact.impact import Impact
from rankkit.calibration.event_log.event_store import Event
from rankkit.calibration.sessions import (
    agenda,
    session_case,
    session_cuts,
    session_impact,
    session_reversals,
    session_statistics,
    session_tables,
)
from rankkit.calibration.sessions import votes as vote_indices
from rankkit.calibration.sessions.session_case import Case
from rankkit.calibration.sessions.session_impact import WhatIf
from rankkit.calibration.sessions.session_people import Names
from rankkit.calibration.sessions.session_policy import Phase
from rankkit.calibration.sessions.session_reversals import Reversals
from rankkit.calibration.sessions.session_state import SessionState
from rankkit.calibration.sessions.session_statistics import GroupMoves
from rankkit.errors import Lang, Problem, SessionError, SettingsError
from rankkit.tables.attributes import Attributes

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class SessionRecord:
    """Events of a session and what follows from them; nothing can be changed here.

    Attributes
    ----------
    events : tuple of Event
        All events. People are random tokens in them; pre-votes are blank until the votes are open.
    """

    def __init__(self, events: Sequence[Event]) -> None:
        self._events = list(events)
        self._state = SessionState.of(self._events)

    @property
    def state(self) -> SessionState:
        """Votes, recusals, moves and grades as they stand, by token; while votes are given, who voted but not how."""
        return self._state.sealed()

    @property
    def names(self) -> Names:
        """Who the tokens are."""
        return Names(self.state)

    @property
    def events(self) -> tuple[Event, ...]:
        """All events in order."""
        closed = self.state.phase == "prepare"
        blank = {"stance": "", "grade": ""}
        return tuple(replace(e, data={**e.data, **blank}) if closed and e.kind == "vote" else e for e in self._events)

    @property
    def title(self) -> str:
        """Title of the session."""
        return str(self.state.start["title"])

    @property
    def phase(self) -> Phase:
        """``prepare, discuss, propose, ratify`` or ``close``."""
        return self.state.phase

    @property
    def grades(self) -> pd.DataFrame:
        """Grades by ratee: ``label, manager, score, se, before, grade, candidates, probability, steps, moves``."""
        return session_tables.grades(self.state, self.names)

    @property
    def moves(self) -> pd.DataFrame:
        """Every move by number of its event, also those undone (``undone_by``)."""
        return session_tables.moves(self.state, self.names)

    @property
    def quota(self) -> pd.DataFrame:
        """Seats by grade: ``seats, before, used, slack``."""
        return session_tables.quota(self.state)

    @property
    def before_after(self) -> pd.DataFrame:
        """Distribution by manager before and now, with exact intervals that hold together for a manager."""
        return session_tables.before_after(self.state, self.names)

    @property
    def boundary(self) -> pd.DataFrame:
        """Who could not be told apart across a cut, and their grades now."""
        return session_tables.boundary(self.state, self.names)

    @property
    def moved_cuts(self) -> pd.DataFrame:
        """Who could not be told from a person moved, on either side of the cut (:mod:`~rankkit.calibration.sessions.session_cuts`)."""
        return session_cuts.at_moves(self.state, self.names)

    @property
    def reversals(self) -> Reversals:
        """Moves that did not last, and pairs of people whose order by score was turned round."""
        return session_reversals.reversals(self.state, self.names)

    def case(self, ratee: str) -> Case:
        """Return the evidence on one case: score, interval, results, chances, who is near, flags; no vote of anybody.

        Raises
        ------
        SessionError
            ``E-NOBODY``.
        """
        return session_case.case(self.state, self.names, self.names.ratee(ratee))

    @property
    def flows(self) -> pd.DataFrame:
        """How many people went from each grade to each."""
        return session_tables.flows(self.state)

    @property
    def quota_only(self) -> tuple[int, int]:
        """Downward moves made only to fit the curve, and all downward moves."""
        return session_tables.quota_only(self.state)

    @property
    def who_moved_whom(self) -> pd.DataFrame:
        """Standing moves by proposer and manager of the ratee."""
        return session_tables.who_moved_whom(self.state, self.names)

    @property
    def votes(self) -> pd.DataFrame:
        """Votes by case, nobody's own; refused until the votes are open."""
        self._must_be_open()
        return session_tables.vote_table(self.state, self.names)

    @property
    def vote_agreement(self) -> vote_indices.VoteAgreement:
        """Mean pairwise weighted agreement of the pre-votes, what chance would give, and Krippendorff's alpha."""
        self._must_be_open()
        return vote_indices.overall(session_tables.vote_counts(self.state))

    @property
    def cases(self) -> pd.DataFrame:
        """Agenda by ratee, see :func:`rankkit.calibration.sessions.agenda.cases`; refused until the votes are open."""
        self._must_be_open()
        return self._cases()

    @property
    def manager_moves(self) -> GroupMoves:
        """Mean signed move by manager against lot, and odds of being moved down."""
        return session_statistics.by_manager(self.state, self.names)

    @property
    def retained(self) -> pd.DataFrame:
        """Rank correlations of grades with scores, pre-votes and results, before and now."""
        found = session_statistics.retained(self.state, self.names)
        return found[[not str(pair).startswith("votes") for pair in found.index]] if self.phase == "prepare" else found

    @property
    def spread(self) -> tuple[float, float]:
        """Standard deviation of managers' mean grades before and now; less of it is no evidence of accuracy."""
        return session_statistics.spread_between_managers(self.state, self.names)

    @property
    def notes(self) -> tuple[Problem, ...]:
        """What to keep in mind."""
        state, names = self.state, self.names
        out = []
        only, down = self.quota_only
        if only:
            out.append(Problem("W-QUOTAONLY", None, None, None, {"n": only, "of": down}))
        bare = [names.label(m.who) for m in state.standing if not m.data["evidence"]]
        if bare:
            out.append(Problem("W-NOEVIDS", None, None, None, {"n": len(bare), "of": len(state.standing), "who": bare}))
        against = [names.label(m.who) for m in state.standing if m.data.get("against_rule")]
        if against:
            out.append(Problem("W-AGAINSTRULES", None, None, None, {"n": len(against), "who": against}))
        off = self.quota[(self.quota["slack"].fillna(0) != 0).to_numpy()]
        if len(off):
            told = [f"{g} {row['used']}/{row['seats']}" for g, row in off.iterrows()]
            out.append(Problem("W-QUOTAOFF", None, None, None, {"grades": told}))
        waiting = [names.label(w) for w, g in state.grade.items() if g is None and state.candidates[w]]
        if waiting:
            out.append(Problem("W-AWAITING", None, None, None, {"n": len(waiting), "who": waiting}))
        if state.phase == "prepare":
            missing = sum(len(state.outstanding(v)) for v in state.voters)
            if missing:
                out.append(Problem("W-VOTESMISSING", None, None, None, {"n": missing}))
        if not state.start["source"].get("shared_errors", True):
            out.append(Problem("W-OWNERRORS", None, None, None, {"n": len(state.before)}))
        if state.start["source"].get("released"):
            out.append(Problem("I-SESSIONRELEASED"))
        turned = self.reversals
        if turned.reversed:
            out.append(Problem("W-REVERSED", None, None, None, {"n": turned.reversed, "apart": turned.apart}))
        if state.standing:
            out.append(Problem("I-SPREAD"))
        return tuple(out)

    def impact(self, attributes: Attributes, *, min_group: int = 5) -> Impact:
        """Adverse impact of the grades as they stand, at both ends. Attributes are used for the answer and kept nowhere.

        Parameters
        ----------
        attributes : Attributes
            Protected attributes.
        min_group : int
            Groups of fewer people are not shown.

        Returns
        -------
        Impact

        Raises
        ------
        SettingsError
            For anything but Attributes.
        InsufficientDataError
            If no graded person has an attribute.
        """
        return session_impact.of_grades(self.state, self.names, attributes, self.state.grade, min_group)

    def what_if(self, ratee: str, to: str, attributes: Attributes, *, min_group: int = 5) -> WhatIf:
        """Adverse impact at both ends now, and after a move that is only thought of; nothing is kept.

        Whose rate changes tells the group of the person to whoever reads it: it is for those who may know that.

        Parameters
        ----------
        ratee, to : str
            Who, and to which grade.
        attributes, min_group
            As for :meth:`impact`.

        Returns
        -------
        WhatIf
        """
        who, state = self.names.ratee(ratee), self.state
        if to not in state.grades:
            raise SettingsError("E-SETTING", name="to", value=to, allowed=list(state.grades))
        held = (state.grade, {**state.grade, who: to})
        return WhatIf(*(session_impact.of_grades(state, self.names, attributes, h, min_group) for h in held))

    def impact_of_moves(self, attributes: Attributes, *, min_group: int = 5) -> pd.DataFrame:
        """Ratios of both ends before and after each move that stands, see :func:`rankkit.calibration.sessions.session_impact.of_moves`."""
        return session_impact.of_moves(self.state, self.names, attributes, min_group)

    def moves_by_group(self, attributes: Attributes, name: str) -> GroupMoves:
        """Mean signed move of groups of an attribute, permuted inside units; groups of fewer than five are not shown."""
        session_impact.must_be_attributes(attributes)
        if name not in attributes.names:
            raise SettingsError("E-SETTING", name="name", value=name, allowed=list(attributes.names))
        return session_statistics.by_group(self.state, self.names, attributes, name)

    def replay(self, to: int) -> SessionRecord:
        """Return the session as it stood after an event.

        Parameters
        ----------
        to : int
            Number of the event, 1 to the last.

        Returns
        -------
        SessionRecord

        Raises
        ------
        SettingsError
            If there is no such event.
        """
        count = self.state.count
        try:
            to = 0 if isinstance(to, bool) else operator.index(to)
        except TypeError:
            to = 0
        if not 1 <= to <= count:
            raise SettingsError("E-SETTING", name="to", value=to, allowed=f"1–{count}")
        return SessionRecord(self._events[:to])

    def plot(self, kind: str | None = None, ax: Axes | None = None, **options: Any) -> Axes:
        """Draw the ``sankey`` of grades before and now, or the ``move_log``."""
        return show.plot(self, kind, ax, **options)

    def plot_data(self, kind: str | None = None, **options: Any) -> Any:
        """Return the exact numbers a plot shows."""
        return show.plot_data(self, kind, **options)

    def to_report(self, path: str | Path, lang: Lang = "en", attributes: Attributes | None = None) -> Path:
        """Write the final report as one HTML file.

        Parameters
        ----------
        path : path-like
            Where to write.
        lang : {"en", "zh"}
            Language.
        attributes : Attributes, optional
            Adds impact at both ends and moves by group; groups of fewer than five people are not shown.

        Returns
        -------
        pathlib.Path
        """
        return show.session_report(self, path, lang=lang, attributes=attributes)

    def view(self, attributes: Attributes | None = None, lang: Lang | None = None) -> Any:
        """Show where the session stands: seats, agenda, managers, moves, who cannot be told apart; prints as text, too.

        Parameters
        ----------
        attributes : Attributes, optional
            Adds how groups fare at both ends, before and after each move; the session keeps nothing of it.
        lang : {"en", "zh"}, optional
            Language; the session's by default.
        """
        return show.session_view(self, attributes=attributes, lang=lang)

    def _repr_html_(self) -> str:
        return str(self.view()._repr_html_())

    def __repr__(self) -> str:
        state = self.state
        counted = f"{len(state.before)} people, {len(state.standing)} moves, {state.count} events"
        return f"<{type(self).__name__} {self.title!r}: {state.phase}, {counted}>"

    def _cases(self) -> pd.DataFrame:
        frame = agenda.cases(self._state, self.names)
        frame.index = pd.Index([self.names.id(str(w)) for w in frame.index], name="ratee")
        return frame

    def _must_be_open(self) -> None:
        if self.phase == "prepare":
            raise SessionError("E-VOTESCLOSED")
