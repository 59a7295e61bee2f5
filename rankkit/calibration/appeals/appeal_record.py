"""A log of appeals as it can be read: from its file, from an export, or as it stood after any event."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from rankkit import show
from rankkit.calibration.appeals import appeal_effects, appeal_evaluation, appeal_follow_up, appeal_statistics, appeal_steps, appeal_tables
from rankkit.calibration.appeals.appeal_evaluation import ReRating
from rankkit.calibration.appeals.appeal_follow_up import FollowUp
from rankkit.calibration.appeals.appeal_people import AppealNames
from rankkit.calibration.appeals.appeal_policy import AppealPolicy
from rankkit.calibration.appeals.appeal_state import AppealState, Case
from rankkit.calibration.appeals.appeal_statistics import AppealStatistics
from rankkit.calibration.event_log.event_store import Event
from rankkit.calibration.working_calendar import WorkingCalendar
from rankkit.errors import Lang, Problem, SettingsError, language
from rankkit.tables.attributes import Attributes

if TYPE_CHECKING:
    from rankkit.calibration.pay.bonus_allocation import BonusAllocation


class AppealRecord:
    """Events of a log of appeals and what follows from them; nothing can be changed here.

    Attributes
    ----------
    events : tuple of Event
        All events; people are random tokens in them.
    """

    def __init__(self, events: Sequence[Event]) -> None:
        self._events = list(events)
        self._state = AppealState.of(self._events)

    @property
    def state(self) -> AppealState:
        """Cases, deliveries and grades as they stand, by token."""
        return self._state

    @property
    def names(self) -> AppealNames:
        """Who the tokens are."""
        return AppealNames(self.state)

    @property
    def events(self) -> tuple[Event, ...]:
        """All events in order."""
        self.state  # noqa: B018 - what other programs wrote is read first
        return tuple(self._events)

    @property
    def title(self) -> str:
        """Title of the log."""
        return str(self.state.start["title"])

    @property
    def policy(self) -> AppealPolicy:
        """Rules of the appeals."""
        return self.state.policy

    @property
    def calendar(self) -> WorkingCalendar:
        """Working days deadlines are counted in."""
        return self.state.calendar

    @property
    def cases(self) -> pd.DataFrame:
        """Every appeal by its number, see :data:`rankkit.calibration.appeals.appeal_tables.CASE_COLUMNS`."""
        return appeal_tables.cases(self.state, self.names)

    def case(self, appeal: int) -> pd.Series[Any]:
        """One appeal, as a row of :attr:`cases`.

        Raises
        ------
        SessionError
            ``E-APPEALNUMBER`` if there is none of that number.
        """
        appeal_steps.case_of(self.state, appeal)
        found: pd.Series[Any] = self.cases.loc[appeal]  # type: ignore[assignment]
        return found

    def statements(self, appeal: int) -> pd.DataFrame:
        """What was said on a case: ``event, giver, role, declined, text, taken_by``."""
        case, names = appeal_steps.case_of(self.state, appeal), self.names
        rows = [(s.n, names.label(s.giver), s.role, s.declined, (s.body or {}).get("text", ""), names.label(s.by)) for s in case.statements]
        return pd.DataFrame(rows, columns=["event", "giver", "role", "declined", "text", "taken_by"]).set_index("event")

    def re_rating(self, appeal: int) -> ReRating | None:
        """Compare the blind re-rating with the original score; None until all re-raters have rated."""
        return appeal_evaluation.of_case(self.state, self.names, appeal_steps.case_of(self.state, appeal))

    def who_would_move(self, appeal: int, grade: str) -> pd.DataFrame:
        """Who would go down, were the appellant to get a grade, and why; empty under ``no_displacement``.

        Columns ``ratee, label, from, to, score, se, difference, sed, told_apart, seats, held``.

        Raises
        ------
        SessionError
            ``E-APPEALTIE`` where equal scores do not say who.
        """
        case = self._graded(appeal, grade)
        return appeal_effects.displacement_table(self.state, self.names, case, grade)

    def status(self, on: dt.date | str | None = None) -> pd.DataFrame:
        """Return by ratee: ``label, delivered, last_day, left`` (working days), ``appeal``, ``status``.

        ``not_graded, not_delivered, open_to_appeal, appealed`` or ``final``.
        """
        return appeal_tables.status(self.state, self.names, self.calendar.day(on))

    def final_grades(self, on: dt.date | str | None = None) -> pd.DataFrame:
        """Grades after appeals by ratee: ``label, before, grade, by, decided_by, status, last_day``.

        ``by`` is ``grades`` (a quota nobody discussed), ``session``, ``appeal`` or ``re_rank``; only where ``status`` is ``final`` has the
        period passed without an open appeal.
        """
        return appeal_tables.final_grades(self.state, self.names, self.calendar.day(on))

    def overdue(self, on: dt.date | str | None = None) -> pd.DataFrame:
        """Steps beyond their deadline: ``case, ratee, label, stage, since, days, last_day, over`` (working days)."""
        return appeal_tables.overdue(self.state, self.names, self.calendar.day(on))

    def effects(self) -> pd.DataFrame:
        """Grades changed by approved appeals: ``case, ratee, label, from, to, steps, effect, outcome, approved_by, on``.

        ``effect``: ``free_seat``, ``by_exception`` (beyond the quota), ``re_rank`` (others went down) or ``displaced``.
        """
        return appeal_effects.effects(self.state, self.names)

    def top_up(self, allocation: BonusAllocation) -> BonusAllocation:
        """Pay what better grades are worth, out of the reserve: nobody else's amount changes, and nobody's falls.

        Parameters
        ----------
        allocation : BonusAllocation
            The bonuses by the grades before appeals.

        Returns
        -------
        BonusAllocation
            See :meth:`rankkit.calibration.pay.bonus_allocation.BonusAllocation.after_appeal`.

        Raises
        ------
        PolicyError
            If the reserve is too small.
        """
        changed = self.effects()
        better = changed[changed["effect"] != "displaced"].drop_duplicates("ratee", keep="last")
        return allocation.after_appeal(dict(zip(better["ratee"], better["to"], strict=True)))

    @property
    def quota(self) -> pd.DataFrame:
        """Seats by grade: ``seats, before, used, by_exception, slack``."""
        return appeal_effects.quota(self.state)

    def statistics(
        self,
        by: str = "manager",
        attributes: Attributes | None = None,
        *,
        on: dt.date | str | None = None,
        min_group: int = 5,
        level: float = 0.95,
    ) -> AppealStatistics:
        """Appeal and overturn rates of groups with exact intervals and tests, time to decision, reasons.

        Parameters
        ----------
        by : str
            ``manager, unit, grade``, or the name of an attribute.
        attributes : Attributes, optional
            Used for the answer and kept nowhere.
        on : date, optional
            Day the time still open is counted to; today by default.
        min_group : int
            Groups of fewer people are not shown, nor the next smallest where subtraction would show them.
        level : float
            Confidence level.

        Returns
        -------
        AppealStatistics
        """
        return appeal_statistics.statistics(self.state, self.names, by, attributes, self.calendar.day(on), min_group, level)

    def follow_up(
        self, later: object, *, unit: str | None = "unit", level: float = 0.95, permutations: int = 9999, seed: int = 0
    ) -> FollowUp:
        """Compare the next cycle's scores of people who appealed with those of their peers, in the aggregate.

        Parameters
        ----------
        later : Result, Series or DataFrame
            Scores of the next cycle by ratee.
        unit : str, optional
            ``unit`` or ``manager``: within what people are compared; None compares all with all.
        level, permutations, seed
            Confidence level, permutations, seed.

        Returns
        -------
        FollowUp

        Raises
        ------
        InsufficientDataError
            ``E-AFTERFEW`` with fewer than five appellants: a mean of so few comes near to a person.
        """
        if unit not in (None, "unit", "manager"):
            raise SettingsError("E-SETTING", name="unit", value=unit, allowed=["unit", "manager", None])
        return appeal_follow_up.follow_up(
            self.state, self.names, later, unit, level=level, permutations=permutations, seed=seed
        )  # fmt: skip

    @property
    def notes(self) -> tuple[Problem, ...]:
        """What to keep in mind."""
        state, out = self.state, []
        if state.policy.without_deadline:
            out.append(appeal_steps.problem("W-APPEALNODEADLINE", steps=list(state.policy.without_deadline)))
        if state.start["source"]["kind"] == "grades":
            out.append(Problem("W-APPEALNOCOMMITTEE"))
        bare = sum(g is not None and state.delivered(w) is None for w, g in state.before.items()) if state.deliveries else 0
        if bare:
            out.append(Problem("W-APPEALUNDELIVERED", None, None, None, {"n": bare}))
        beyond = self.quota[(self.quota["by_exception"] > 0).to_numpy()]
        if len(beyond):
            told = [f"{g} +{n}" for g, n in beyond["by_exception"].items()]
            out.append(Problem("I-APPEALEXCEPTION", None, None, None, {"grades": told}))
        untold = [self.names.label(c.who) for c in state.changes if c.effect == "displaced" and state.delivered(c.who) is None]
        if untold:
            out.append(Problem("W-APPEALUNTOLD", None, None, None, {"n": len(untold), "who": untold}))
        return tuple(out)

    def replay(self, to: int) -> AppealRecord:
        """Return the log as it stood after an event.

        Raises
        ------
        SettingsError
            If there is no such event.
        """
        count = self.state.count
        if isinstance(to, bool) or not isinstance(to, int) or not 1 <= to <= count:
            raise SettingsError("E-SETTING", name="to", value=to, allowed=f"1–{count}")
        return AppealRecord(self._events[:to])

    def to_report(self, path: str | Path, lang: Lang = "en", *, on: dt.date | str | None = None, by: str = "manager") -> Path:
        """Write the committee's summary as one HTML file.

        Parameters
        ----------
        path : path-like
            Where to write.
        lang : {"en", "zh"}
            Language.
        on : date, optional
            Day of the summary; today by default.
        by : str
            ``manager, unit`` or ``grade``: groups of the rates.

        Returns
        -------
        pathlib.Path
        """
        return show.appeals_report(self, path, lang=lang, on=on, by=by)

    def to_letter(self, path: str | Path, appeal: int, lang: Lang = "en") -> Path:
        """Write the letter an appellant gets of a decision: about that person alone, without anybody else's data.

        Parameters
        ----------
        path : path-like
            Where to write (``.html``).
        appeal : int
            Number of the appeal.
        lang : {"en", "zh"}
            Language.

        Returns
        -------
        pathlib.Path

        Raises
        ------
        SessionError
            ``E-APPEALSTEP`` while nothing is decided.
        """
        return show.appeal_letter(self, path, appeal, lang=lang)

    def _repr_html_(self) -> str:
        return show.appeals_html(self)

    def __repr__(self) -> str:
        state = self.state
        pending = sum(c.open for c in state.cases.values())
        name, n = type(self).__name__, len(state.cases)
        if language() == "zh":
            return f"<{name} “{self.title}”：{n} 件申诉，{pending} 件未结，{state.count} 条事件>"
        return f"<{name} {self.title!r}: {n} appeals, {pending} open, {state.count} events>"

    def _graded(self, appeal: int, grade: str) -> Case:
        if grade not in self.state.grades:
            raise SettingsError("E-SETTING", name="grade", value=grade, allowed=list(self.state.grades))
        return appeal_steps.case_of(self.state, appeal)
