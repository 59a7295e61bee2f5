"""Who is who in a session: names and scores by random token, kept where they can be erased."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from rankkit.calibration.event_log.chain import number_text, text_number
from rankkit.calibration.sessions.session_differences import error_rows
from rankkit.calibration.sessions.session_policy import Participant
from rankkit.calibration.sessions.session_state import SessionState
from rankkit.errors import Lang, Problem, SessionError, SettingsError, language
from rankkit.findings import Finding, Findings
from rankkit.methods.forced_distribution import ForcedDistributionResult
from rankkit.result import Result
from rankkit.tables.people import People
from rankkit.tables.text import as_text
from rankkit.wording import CATALOGUE

_NOWHERE = "—"
_LANGUAGES: tuple[Lang, ...] = ("en", "zh")


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
        """Display name of a token, with the id where two people are called alike."""
        sheet = self._state.sheets.get(token)
        if sheet is None:
            return self.id(token)
        label = str(sheet["label"])
        return f"{label} ({sheet['id']})" if self._called[label] > 1 else label

    @cached_property
    def _called(self) -> Counter[str]:
        return Counter(str(sheet["label"]) for sheet in self._state.sheets.values() if sheet is not None)

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
        by = self.fact(token, "manager")
        return self.label(by) if by else str(self.fact(token, "unit") or _NOWHERE)

    def _gone(self, token: str) -> str:
        """Why there is no name: erased, or left out of an export."""
        words = ("erased", "已删除") if token in self._state.erased else ("withheld", "未导出")
        return words[(self._lang or language()) == "zh"]


def sheets_of(
    grades: ForcedDistributionResult,
    participants: Sequence[Participant],
    people: People | None,
    kpi: Mapping[str, float],
    flags: Mapping[str, Sequence[Mapping[str, str]]],
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> tuple[dict[str, str], list[tuple[str, dict[str, Any]]], list[tuple[str, str]]]:
    """Tokens of everybody, their personal sheets, and who is recused from whose case.

    Returns
    -------
    (dict, list, list)
        Id to token; token and sheet; participant and ratee tokens of own cases and declared family.
    """
    ids = [as_text(p) or str(p) for p in grades.people]
    twice = sorted({i for i in ids if ids.count(i) > 1}) if len(set(ids)) < len(ids) else []
    if twice:
        raise SettingsError("E-PARTICIPANTTWICE", who=twice)
    unknown = [Problem("E-NOBODY", None, None, None, {"who": f}) for p in participants for f in p.family if f not in set(ids)]
    if unknown:
        raise SessionError(unknown)
    leads = [] if people is None else [m for i in ids if (m := _lead(people, i)) is not None]
    token = {i: random(8).hex() for i in dict.fromkeys([*ids, *(p.id for p in participants), *leads])}
    told = {} if people is None else people.labels
    sheet: dict[str, dict[str, Any]] = {
        i: {"id": i, "label": str(grades.labels.get(i, i) if grades.labels.get(i, i) != i else told.get(i, i))} for i in token
    }
    for i, facts in _facts(grades, people, token).items():
        sheet[i] |= facts
        sheet[i] |= {"kpi": number_text(kpi[i])} if i in kpi else {}
        sheet[i] |= {"flags": [dict(f) for f in flags[i]]} if i in flags else {}
    for p in participants:
        sheet[p.id] |= {"label": p.label} if p.label != p.id else {}
    recused = [(token[p.id], token[f]) for p in participants for f in p.family]
    recused += [(token[p.id], token[p.id]) for p in participants if p.id in set(ids)]
    return token, sorted((token[i], body) for i, body in sheet.items()), sorted(set(recused))


def _facts(grades: ForcedDistributionResult, people: People | None, token: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """What the session shows of each ratee."""
    se, low, high = (grades.scores[c].to_dict() for c in ("se", "ci_low", "ci_high"))
    given = {} if people is None else people.frame.to_dict("index")
    near = grades.boundary.to_dict("index")
    chances = {} if grades.probabilities is None else grades.probabilities.to_dict("index")
    errors = error_rows(grades)
    rules = _rules(grades)
    out: dict[str, dict[str, Any]] = {}
    for person, score in zip(grades.people, grades.estimate, strict=True):
        facts: dict[str, Any] = {"score": number_text(score), "se": number_text(se.get(person, np.nan))}
        facts |= rules.get(str(person), {})
        facts |= {"low": number_text(low.get(person, np.nan)), "high": number_text(high.get(person, np.nan))}
        facts |= errors.get(str(person), {})
        if person in chances:
            facts["probability"] = {str(g): number_text(round(float(p), 6)) for g, p in chances[person].items()}
        for name in ("unit", "level"):
            text = as_text(given.get(person, {}).get(name))
            facts |= {} if text is None else {name: text}
        lead = as_text(given.get(person, {}).get("manager"))
        facts |= {} if lead is None else {"manager": token[lead]}  # a token: erasing the manager leaves no name behind
        if person in near:
            row = near[person]
            facts["boundary"] = {
                "across": token.get(str(row["across"]), ""),
                "se": number_text(row["se"]),
                "tie": bool(row["tie"]),
                "coin_flip": bool(row["coin_flip"]),
            }
        out[as_text(person) or str(person)] = facts
    return out


def _rules(grades: ForcedDistributionResult) -> dict[str, dict[str, Any]]:
    """The rules about persons that shaped a grade: their names, and where the result tells them the grades they allow."""
    told: pd.DataFrame | None = getattr(grades, "rules", None)
    if told is not None and len(told) and {"best", "worst", "locked", "rule"} <= set(told.columns):
        rows = told[["best", "worst", "locked", "rule"]].to_dict("index")
        return {
            str(p): {"rule": str(r["rule"]), "locked": bool(r["locked"]), "best": as_text(r["best"]), "worst": as_text(r["worst"])}
            for p, r in rows.items()
        }
    named = grades.grades["rule"] if "rule" in grades.grades else pd.Series(dtype="object")
    return {str(p): {"rule": str(r)} for p, r in named.items() if as_text(r) is not None}


def _lead(people: People, person: str) -> str | None:
    """Manager of somebody, as text."""
    frame = people.frame
    return as_text(frame["manager"][person]) if "manager" in frame and person in frame.index else None


def as_kpi(given: object) -> dict[str, float]:
    """Read one number a person: another result, a mapping, a Series, or a table ``person, kpi``.

    Raises
    ------
    SessionError
        ``E-KPI`` with everything that is no number or given twice, ``E-TYPE`` for anything else.
    """
    if given is None:
        return {}
    if isinstance(given, Result):
        shown = given.for_audience("committee")
        scores = dict(zip(shown.people, shown.estimate, strict=True))
        return {str(p): float(scores[p]) for p in shown.estimated_ids}
    if isinstance(given, pd.DataFrame):
        if set(given.columns) != {"person", "kpi"}:
            raise SessionError("E-KPI", rows=f"person, kpi ≠ {', '.join(map(str, given.columns))}")
        pairs = list(zip(given["person"], given["kpi"], strict=True))
    elif isinstance(given, (Mapping, pd.Series)):
        pairs = list(given.items())
    else:
        raise SessionError("E-TYPE", expected="person → number", found=type(given).__name__)
    out: dict[str, float] = {}
    bad: list[str] = []
    for person, value in pairs:
        ident, number = as_text(person), _number(value)
        if ident is None or ident in out or number is None:
            bad.append(f"{person}: {value}")
        elif not np.isnan(number):
            out[ident] = number
    if bad:
        raise SessionError("E-KPI", rows=bad)
    return out


def _number(value: object) -> float | None:
    """A number, NaN where there is none; None for anything else."""
    if value is None or value is pd.NA:
        return float("nan")
    if isinstance(value, (bool, np.bool_)):
        return None
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return None if np.isinf(number) else number


def as_flags(given: Findings | None) -> dict[str, list[dict[str, str]]]:
    """Patterns that concern somebody who is graded, by person; those about raters stay where they were found.

    Raises
    ------
    SessionError
        ``E-TYPE`` for anything but findings.
    """
    if given is None:
        return {}
    if not isinstance(given, Findings):
        raise SessionError("E-TYPE", expected="Findings", found=type(given).__name__)
    out: dict[str, list[dict[str, str]]] = {}
    for f in given.patterns:
        if f.unit_kind == "ratee":
            out.setdefault(f.unit_id, []).append({"code": f.code, **{lang: _told(f, lang) for lang in _LANGUAGES}})
    return out


def _told(finding: Finding, lang: Lang) -> str:
    """What a pattern says, and what else it could be."""
    if finding.code not in CATALOGUE:
        return f"{finding.message} {finding.what_it_could_also_be}"
    details = dict(finding.details)
    said = Problem(finding.code, None, details.get("on"), None, details).message(lang)
    return f"{said}{'。' if lang == 'zh' else '. '}{Problem(f'{finding.code}-ELSE').message(lang)}"


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
