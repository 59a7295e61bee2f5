"""Grades a bonus is paid by: of a forced distribution, of a session, or of a plain table; still open ones are named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from rankkit.calibration.sessions.session_record import SessionRecord
from rankkit.errors import Problem, SettingsError
from rankkit.methods.forced_distribution import ForcedDistributionResult
from rankkit.privacy.policy import require_purpose
from rankkit.tables.text import as_text

_NOT_ELIGIBLE = "S-NOTELIGIBLE"
Grades = ForcedDistributionResult | SessionRecord | pd.DataFrame | pd.Series | Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class GradesHeld:
    """Grades as they were read.

    Attributes
    ----------
    grade : mapping of str to str
        Of everybody who has one.
    still_open : mapping of str to str
        Who has none: the grades open, or why there is none.
    undecided : frozenset of str
        Those among them a committee has still to decide on.
    not_eligible : mapping of str to str
        Those among them who are not graded by declaration, and why.
    labels : mapping of str to str
        Display names, where they are known.
    phase : str
        Phase of a session that is not closed, else "".
    order : tuple of str
        Grades from the best, where known.
    source : str
        What they come from.
    """

    grade: Mapping[str, str]
    still_open: Mapping[str, str] = field(default_factory=dict)
    undecided: frozenset[str] = frozenset()
    not_eligible: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    phase: str = ""
    order: tuple[str, ...] = ()
    source: str = ""


def read_grades(given: Grades, problems: list[Problem]) -> GradesHeld:
    """Read grades; what is wrong with a table of them is added to the problems.

    Parameters
    ----------
    given : ForcedDistributionResult, SessionRecord, DataFrame, Series or mapping
        A DataFrame has ``grade`` and the id in ``ratee`` or ``person`` or in its index.
    problems : list of Problem
        Gets ``E-DUPPERSON`` and ``E-BLANK``.

    Returns
    -------
    GradesHeld

    Raises
    ------
    SettingsError
        If it is none of these.
    PolicyError
        If the ratings behind a forced distribution were collected for another use than administration.

    Examples
    --------
    >>> read_grades({"007": "A", "008": None}, []).still_open
    {'008': ''}
    """
    if isinstance(given, ForcedDistributionResult):
        require_purpose(given.purpose, "administration")
        known = {p: r for p, r in zip(given.people, given.reasons, strict=True) if r is not None}
        reasons = {p: r.message() for p, r in known.items()}
        held = _of_table(given.grades, reasons, order=tuple(map(str, given.quota.index)), source=given.method)
        return replace(held, not_eligible={p: reasons[p] for p, r in known.items() if r.code == _NOT_ELIGIBLE})
    if isinstance(given, SessionRecord):
        phase, last = "" if given.phase == "close" else given.phase, given.events[-1]
        return _of_table(given.grades, {}, phase=phase, order=tuple(map(str, given.quota.index)), source=f"{last.n}:{last.hash}")
    if isinstance(given, pd.DataFrame):
        key = next((c for c in ("ratee", "person") if c in given.columns), None)
        missing = [c for c, there in (("ratee", key or given.index.name), ("grade", "grade" in given.columns)) if not there]
        if missing:
            raise SettingsError("E-COLS", missing=missing, found=list(map(str, given.columns)), example=f"'{missing[0]}': '…'")
        cells = list(zip(given[key] if key else given.index, given["grade"], strict=True))
    elif isinstance(given, (pd.Series, Mapping)):
        cells = list(given.items())
    else:
        raise SettingsError(
            "E-TYPE", expected="ForcedDistributionResult, CalibrationSession, DataFrame, Series", found=type(given).__name__
        )
    return _of_cells(cells, problems)


def _of_table(frame: pd.DataFrame, reasons: Mapping[str, str], *, order: tuple[str, ...], source: str, phase: str = "") -> GradesHeld:
    """Grades with the candidates of those who have none."""
    grade, still_open, undecided = {}, {}, set()
    for ratee, row in zip(map(str, frame.index), frame[["grade", "candidates"]].to_dict("records"), strict=True):
        if (known := as_text(row["grade"])) is not None:
            grade[ratee] = known
            continue
        candidates = as_text(row["candidates"]) or ""
        still_open[ratee] = candidates or reasons.get(ratee, "")
        if candidates:
            undecided.add(ratee)
    labels = {str(k): str(v) for k, v in frame["label"].items()} if "label" in frame else {}
    return GradesHeld(grade, still_open, frozenset(undecided), labels=labels, phase=phase, order=order, source=source)


def _of_cells(cells: list[tuple[Any, Any]], problems: list[Problem]) -> GradesHeld:
    """Grades of a plain table: ids as text, each once."""
    grade: dict[str, str] = {}
    still_open: dict[str, str] = {}
    for key, value in cells:
        ratee, known = as_text(key), as_text(value)
        if ratee is None:
            problems.append(Problem("E-BLANK", None, "ratee", None))
        elif ratee in grade or ratee in still_open:
            problems.append(Problem("E-DUPPERSON", None, "ratee", None, {"name": ratee}))
        elif known is None:
            still_open[ratee] = ""
        else:
            grade[ratee] = known
    return GradesHeld(grade, still_open)
