"""A session as it can be read: from its file, from an export, or as it stood after any event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from rankkit import show
from rankkit.calibration import agenda, session_statistics, session_tables
from rankkit.calibration import votes as vote_indices
from rankkit.calibration.event_store import Event
from rankkit.calibration.impact import Impact, impact_of_counts
from rankkit.calibration.session_people import Names
from rankkit.calibration.session_policy import Phase
from rankkit.calibration.session_state import SessionState
from rankkit.calibration.session_statistics import GroupMoves
from rankkit.errors import InsufficientDataError, Lang, Problem, SessionError, SettingsError
from rankkit.tables.attributes import Attributes

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False)
class WhatIf:
    """What a move would do to groups; nothing of it is kept.

    Attributes
    ----------
    now, then : Impact
        Before and after the move.
    """

    now: Impact
    then: Impact

    @property
    def table(self) -> pd.DataFrame:
        """Ratios of both ends side by side: ``attribute, outcome, end, group, reference, ratio_now, ratio_then, …``."""
        keys = ["attribute", "outcome", "end", "group", "against"]
        kept = ["reference", "ratio", "adverse_ratio", "mid_p", "verdict"]
        parts = [i.comparisons.set_index(keys)[kept].add_suffix(f"_{when}") for i, when in ((self.now, "now"), (self.then, "then"))]
        return parts[0].join(parts[1], how="outer").reset_index()


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
        """Votes, recusals, moves and grades as they stand, by token."""
        return self._state

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
        """Agenda by ratee, see :func:`rankkit.calibration.agenda.cases`; refused until the votes are open."""
        self._must_be_open()
        return self._cases()

    @property
    def manager_moves(self) -> GroupMoves:
        """Mean signed move by manager against lot, and odds of being moved down."""
        return session_statistics.by_manager(self.state, self.names)

    @property
    def retained(self) -> pd.DataFrame:
        """Rank correlations of grades with scores and with pre-votes, before and now."""
        if self.phase == "prepare":
            found = session_statistics.retained(self.state, self.names)
            return found[[str(pair).startswith("score") for pair in found.index]]
        return session_statistics.retained(self.state, self.names)

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
        return self._impact(attributes, self.state.grade, min_group)

    def what_if(self, ratee: str, to: str, attributes: Attributes, *, min_group: int = 5) -> WhatIf:
        """Adverse impact at both ends now, and after a move that is only thought of; nothing is kept.

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
        return WhatIf(self._impact(attributes, state.grade, min_group), self._impact(attributes, {**state.grade, who: to}, min_group))

    def moves_by_group(self, attributes: Attributes, name: str) -> GroupMoves:
        """Mean signed move of groups of an attribute, permuted inside units; groups of fewer than five are not shown."""
        _must_be_attributes(attributes)
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
        if isinstance(to, bool) or not isinstance(to, int) or not 1 <= to <= count:
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

    def _repr_html_(self) -> str:
        return show.session_html(self)

    def __repr__(self) -> str:
        state = self.state
        counted = f"{len(state.before)} people, {len(state.standing)} moves, {state.count} events"
        return f"<{type(self).__name__} {self.title!r}: {state.phase}, {counted}>"

    def _cases(self) -> pd.DataFrame:
        frame = agenda.cases(self.state, self.names)
        frame.index = pd.Index([self.names.id(str(w)) for w in frame.index], name="ratee")
        return frame

    def _must_be_open(self) -> None:
        if self.phase == "prepare":
            raise SessionError("E-VOTESCLOSED")

    def _impact(self, attributes: Attributes, held: Mapping[str, str | None], min_group: int) -> Impact:
        _must_be_attributes(attributes)
        names, state = self.names, self.state
        graded = {names.id(w): g for w, g in held.items() if g is not None}
        rows = attributes.frame.rename(columns={"value": "group"})
        rows = rows[rows["person"].isin(graded)]
        if rows.empty:
            raise InsufficientDataError("E-IMPACTNOBODY")
        counts = rows.assign(grade=rows["person"].map(graded)).groupby(["attribute", "group", "grade"]).size().rename("n").reset_index()
        found = impact_of_counts(counts, grades=list(state.grades), min_group=min_group, law=state.policy.law)
        lacking = {name: len(graded) - int((rows["attribute"] == name).sum()) for name in attributes.names}
        told = [Problem("W-IMPACTUNKNOWN", None, k, None, {"n": n, "total": len(graded)}) for k, n in lacking.items() if n]
        return replace(found, notes=(*told, *found.notes))


def _must_be_attributes(attributes: object) -> None:
    if not isinstance(attributes, Attributes):
        raise SettingsError("E-SETTING", name="attributes", value=type(attributes).__name__, allowed="rankkit.Attributes")
