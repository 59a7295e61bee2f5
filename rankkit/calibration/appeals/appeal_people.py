"""Who is who in a log of appeals, and who may not act in whose case."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast

from rankkit.calibration.appeals.appeal_policy import Conflict
from rankkit.calibration.appeals.appeal_state import AppealState, Case
from rankkit.calibration.sessions.session_people import Names
from rankkit.errors import Lang, Problem, SessionError
from rankkit.tables.text import as_text
from rankkit.wording.appeals import worded


class AppealNames(Names):
    """Tokens and people of a log of appeals, both ways."""

    def __init__(self, state: AppealState, lang: Lang | None = None) -> None:
        super().__init__(cast("Any", state), lang)
        self._appeals = state

    def token(self, person: object) -> str:
        """Token of a person.

        Raises
        ------
        SessionError
            ``E-APPEALNOBODY`` if nobody of that id is graded or acts.
        """
        ident = as_text(person)
        if ident is None or ident not in self._token:
            raise SessionError("E-APPEALNOBODY", who=str(person)[:80])
        return self._token[ident]

    def ratee(self, person: object) -> str:
        """Token of somebody whose grade can be appealed.

        Raises
        ------
        SessionError
            ``E-APPEALNOBODY``, or ``E-APPEALUNGRADED`` if there is no grade.
        """
        token = self.token(person)
        if token not in self._appeals.before:
            raise SessionError("E-APPEALUNGRADED", who=self.label(token))
        return token

    def officer(self, person: object) -> str:
        """Token of somebody who acts in appeals.

        Raises
        ------
        SessionError
            ``E-APPEALSTAFF`` for anybody else.
        """
        token = self.token(person)
        if token not in self._appeals.staff:
            raise SessionError("E-APPEALSTAFF", who=self.label(token))
        return token

    def known(self, person: object) -> str | None:
        """Token of a person, None if there is nobody."""
        ident = as_text(person)
        return None if ident is None else self._token.get(ident)

    def labels(self, tokens: Collection[str]) -> str:
        """Names in the order of their ids."""
        return ", ".join(sorted(self.label(t) for t in tokens))


_ROLES: dict[str, tuple[Conflict, ...]] = {
    "admission": ("appellant", "family", "supervisor", "rater"),
    "investigation": ("appellant", "family", "supervisor", "rater", "moved", "rerater"),
    "re_rating": ("appellant", "family", "supervisor", "rater", "moved", "voted", "investigator", "witness"),
    "decision": ("appellant", "family", "supervisor", "rater", "moved", "investigator", "witness", "rerater"),
    "approval": ("appellant", "family", "supervisor", "rater", "moved", "investigator", "witness", "rerater", "decider"),
}
"""What bars somebody from a step. Who voted may still decide: the committee that graded may not, its members are named."""


def conflicts(state: AppealState, case: Case, actor: str, step: str) -> list[Conflict]:
    """Find what keeps somebody from a step of a case.

    Parameters
    ----------
    state : AppealState
        The log so far.
    case : Case
        The appeal.
    actor : str
        Token of who would act.
    step : {"admission", "investigation", "re_rating", "decision", "approval"}
        The step.

    Returns
    -------
    list of str
        Kinds of conflict, as far as the policy counts them.
    """
    found: set[str] = set(state.related(actor, case.who)) - {"participant", "ratified"}
    if actor == case.who:
        found.add("appellant")
    if actor in {s.giver for s in case.statements if s.role == "supervisor"}:
        found.add("supervisor")
    if actor in {s.giver for s in case.statements if s.role == "other"}:
        found.add("witness")
    if actor in case.investigators:
        found.add("investigator")
    if actor in case.reraters:
        found.add("rerater")
    if case.actors.get("decision") == actor:
        found.add("decider")
    barred = _ROLES[step]
    return [kind for kind in barred if kind in found and kind in state.policy.conflicts]


def problems_of_actor(state: AppealState, names: AppealNames, case: Case, actor: str, step: str) -> list[Problem]:
    """One problem for every conflict."""
    details = {"who": names.label(actor), "ratee": names.label(case.who)}
    found = conflicts(state, case, actor, step)
    return [Problem("E-APPEALCONFLICT", None, None, None, worded(**details, why=kind, step=step)) for kind in found]
