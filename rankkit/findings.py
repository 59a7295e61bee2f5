"""Findings: patterns to review, never verdicts about a person, never a change to a score."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

import pandas as pd

from rankkit import show
from rankkit.archive import archived
from rankkit.errors import IdentificationError, Problem, SettingsError

COLUMNS = (
    "code", "level", "unit_kind", "unit_id", "estimate", "se", "ci_low", "ci_high", "effect", "effect_name", "p", "q", "family", "n",
    "design_ok", "message", "what_it_could_also_be", "suggested_action",
)  # fmt: skip
_NUMBERS = ("estimate", "se", "ci_low", "ci_high", "effect", "p", "q")


@archived
@dataclass(frozen=True, kw_only=True)
class Finding:
    """One pattern to review.

    ``level`` is ``review`` only if the q-value is below the family's threshold *and* the effect reaches its floor *and*
    there are enough observations; significance alone is ``info``. ``what_it_could_also_be`` must be filled.
    """

    code: str
    level: Literal["info", "review", "act"]
    unit_kind: Literal["rater", "ratee", "dimension", "source", "group", "pair", "form", "cycle"]
    unit_id: str
    message: str
    what_it_could_also_be: str
    suggested_action: str = ""
    estimate: float = float("nan")
    se: float = float("nan")
    ci_low: float = float("nan")
    ci_high: float = float("nan")
    effect: float = float("nan")
    effect_name: str = ""
    p: float = float("nan")
    q: float = float("nan")
    family: str = ""
    n: int = 0
    design_ok: bool = True
    details: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.what_it_could_also_be.strip():
            msg = f"finding {self.code} does not say what else could explain it"
            raise ValueError(msg)


def as_frame(findings: Iterable[Finding]) -> pd.DataFrame:
    """Lay findings out as the table users read (columns of the findings contract)."""
    rows = [{c: getattr(f, c) for c in COLUMNS} for f in findings]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.astype(dict.fromkeys(_NUMBERS, "float64") | {"n": "int64", "design_ok": "bool"})


@archived
@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Findings(show.Shown):
    """What checks of ratings found, what they looked at, and what they refused to answer.

    Attributes
    ----------
    patterns : tuple of Finding
        Patterns to review and remarks; empty does not mean that there is nothing (see ``mde`` in the tables).
    refused : tuple of Problem
        Checks the design does not allow, with the reason and what would allow them; ``column`` names the check.
    tables : mapping of str to DataFrame
        Everything each check computed, non-findings included: one row a unit, with its interval and the effect that
        would have been detected with probability .80 (``mde``).
    labels : mapping
        Display names of raters, where they differ from their ids.
    notes : tuple of Problem
        What to keep in mind when reading.
    """

    patterns: tuple[Finding, ...] = ()
    refused: tuple[Problem, ...] = ()
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[Problem, ...] = ()

    @property
    def frame(self) -> pd.DataFrame:
        """The patterns as a table (columns of the findings contract)."""
        return as_frame(self.patterns)

    @property
    def refusals(self) -> pd.DataFrame:
        """What could not be asked of these data: ``check, code, text, fix``."""
        rows = [(p.column, p.code, replace(p, column=None).note(), p.fix()) for p in self.refused]
        return pd.DataFrame(rows, columns=["check", "code", "text", "fix"])

    @property
    def checked(self) -> tuple[str, ...]:
        """Names of the checks that ran."""
        return tuple(self.tables)

    def of(self, check: str) -> pd.DataFrame:
        """Return the table of one check.

        Raises
        ------
        SettingsError
            If it did not run; the message says why where the design refused it.
        """
        if check in self.tables:
            return self.tables[check].copy(deep=False)
        why = next((p for p in self.refused if p.column == check), None)
        if why is not None:
            raise IdentificationError([why])
        raise SettingsError("E-SETTING", name="check", value=check, allowed=list(self.tables))

    @classmethod
    def together(cls, parts: Iterable[Findings]) -> Self:
        """Join the findings of several checks."""
        parts = tuple(parts)
        return cls(
            patterns=tuple(f for part in parts for f in part.patterns),
            refused=tuple(p for part in parts for p in part.refused),
            tables={k: v for part in parts for k, v in part.tables.items()},
            labels={k: v for part in parts for k, v in part.labels.items()},
            notes=tuple(n for part in parts for n in part.notes),
        )

    def __len__(self) -> int:
        return len(self.patterns)


def pattern(
    code: str,
    level: Literal["info", "review", "act"],
    unit_kind: Literal["rater", "ratee", "dimension", "source", "group", "pair", "form", "cycle"],
    unit_id: str,
    details: Mapping[str, Any],
    **numbers: Any,
) -> Finding:
    """Build a finding whose texts come from the wording of ``code`` and, for what else it could be, ``code-ELSE``.

    The details stay with it, so that reports say it in their own language; ``details["on"]`` names a dimension it is said of.
    """
    problem = Problem(code, None, details.get("on"), None, dict(details))
    return Finding(
        code=code,
        level=level,
        unit_kind=unit_kind,
        unit_id=unit_id,
        message=problem.note(),
        what_it_could_also_be=Problem(f"{code}-ELSE").note(),
        suggested_action=problem.fix(),
        details=dict(details),
        **numbers,
    )
