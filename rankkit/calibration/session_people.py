"""Who is who in a session: names and scores by random token, kept where they can be erased."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from rankkit.calibration.chain import number_text, text_number
from rankkit.calibration.session_policy import Participant
from rankkit.calibration.session_state import SessionState
from rankkit.errors import Lang, Problem, SessionError, language
from rankkit.methods.forced_distribution import ForcedDistributionResult
from rankkit.tables.people import People
from rankkit.tables.text import as_text

_NOWHERE = "—"


class Names:
    """Tokens and people, both ways."""

    def __init__(self, state: SessionState, lang: Lang | None = None) -> None:
        self._state = state
        self._lang = lang
        self._token = {sheet["id"]: token for token, sheet in state.sheets.items() if sheet is not None}

    def token(self, person: object) -> str:
        """Token of a person.

        Raises
        ------
        SessionError
            If nobody of that id takes part or is graded.
        """
        ident = as_text(person)
        if ident is None or ident not in self._token:
            raise SessionError("E-NOBODY", who=str(person)[:80])
        return self._token[ident]

    def ratee(self, person: object) -> str:
        """Token of somebody who is graded."""
        token = self.token(person)
        if token not in self._state.before:
            raise SessionError("E-NOBODY", who=str(person)[:80])
        return token

    def participant(self, person: object) -> str:
        """Token of somebody who takes part."""
        token = self.token(person)
        if token not in self._state.participants:
            raise SessionError("E-NOTAMEMBER", who=self.label(token))
        return token

    def id(self, token: str) -> str:
        """Id of a token; for the erased, the beginning of the token."""
        sheet = self._state.sheets.get(token)
        return str(sheet["id"]) if sheet is not None else f"({self._gone(token)} {token[:4]})"

    def label(self, token: str) -> str:
        """Display name of a token."""
        sheet = self._state.sheets.get(token)
        return str(sheet["label"]) if sheet is not None else self.id(token)

    def fact(self, token: str, name: str, otherwise: Any = None) -> Any:
        """One entry of a personal sheet."""
        sheet = self._state.sheets.get(token)
        return otherwise if sheet is None else sheet.get(name, otherwise)

    def number(self, token: str, name: str) -> float:
        """One number of a personal sheet; NaN if there is none."""
        return text_number(self.fact(token, name))

    def probability(self, token: str, grade: str | None) -> float:
        """Probability of a grade; NaN if not known."""
        chances = self.fact(token, "probability") or {}
        return text_number(chances.get(grade)) if grade is not None else float("nan")

    def manager(self, token: str) -> str:
        """Manager of a ratee; the unit where no managers were given; a dash otherwise."""
        return str(self.fact(token, "manager") or self.fact(token, "unit") or _NOWHERE)

    def _gone(self, token: str) -> str:
        """Why there is no name: erased, or left out of an export."""
        words = ("erased", "已删除") if token in self._state.erased else ("withheld", "未导出")
        return words[(self._lang or language()) == "zh"]


def sheets_of(
    grades: ForcedDistributionResult, participants: Sequence[Participant], people: People | None
) -> tuple[dict[str, str], list[tuple[str, dict[str, Any]]], list[tuple[str, str]]]:
    """Tokens of everybody, their personal sheets, and who is recused from whose case.

    Returns
    -------
    (dict, list, list)
        Id to token; token and sheet; participant and ratee tokens of own cases and declared family.
    """
    ids = [str(p) for p in grades.people]
    unknown = [Problem("E-NOBODY", None, None, None, {"who": f}) for p in participants for f in p.family if f not in set(ids)]
    if unknown:
        raise SessionError(unknown)
    token = {i: secrets.token_hex(8) for i in dict.fromkeys([*ids, *(p.id for p in participants)])}
    told = {} if people is None else people.labels
    sheet = {i: {"id": i, "label": str(grades.labels.get(i, i) if grades.labels.get(i, i) != i else told.get(i, i))} for i in token}
    for i, facts in _facts(grades, people, token).items():
        sheet[i] |= facts
    for p in participants:
        sheet[p.id] |= {"label": p.label} if p.label != p.id or p.id not in ids else {}
    recused = [(token[p.id], token[f]) for p in participants for f in p.family]
    recused += [(token[p.id], token[p.id]) for p in participants if p.id in set(ids)]
    return token, sorted((token[i], body) for i, body in sheet.items()), sorted(set(recused))


def _facts(grades: ForcedDistributionResult, people: People | None, token: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """What the session shows of each ratee."""
    se = grades.scores["se"].to_dict()
    given = {} if people is None else people.frame.to_dict("index")
    near = grades.boundary.to_dict("index")
    chances = {} if grades.probabilities is None else grades.probabilities.to_dict("index")
    out: dict[str, dict[str, Any]] = {}
    for person, score in zip(grades.people, grades.estimate, strict=True):
        facts: dict[str, Any] = {"score": number_text(score), "se": number_text(se.get(person, np.nan))}
        if person in chances:
            facts["probability"] = {str(g): number_text(round(float(p), 6)) for g, p in chances[person].items()}
        for name in ("manager", "unit", "level"):
            text = as_text(given.get(person, {}).get(name))
            facts |= {} if text is None else {name: text}
        if person in near:
            row = near[person]
            facts["boundary"] = {
                "across": token.get(str(row["across"]), ""),
                "difference": number_text(row["difference"]),
                "se": number_text(row["se"]),
                "tie": bool(row["tie"]),
                "coin_flip": bool(row["coin_flip"]),
            }
        out[str(person)] = facts
    return out


def as_people(people: People | pd.DataFrame | None) -> People | None:
    """Read organisational facts; protected attributes are refused.

    Raises
    ------
    PeopleError
        If a protected attribute is among the columns.
    SessionError
        For anything but people.
    """
    if people is None or isinstance(people, People):
        return people
    if isinstance(people, pd.DataFrame):
        return People.from_frame(people)
    raise SessionError("E-TYPE", expected="People", found=type(people).__name__)


def mentions(bodies: Iterable[tuple[int, str, Mapping[str, Any] | None]], token: str, words: Sequence[str]) -> list[int]:
    """Events whose remaining texts name somebody."""
    wanted = [w for w in words if len(w) > 1]
    return sorted({n for n, owner, body in bodies if owner != token and body is not None and any(w in str(body) for w in wanted)})
