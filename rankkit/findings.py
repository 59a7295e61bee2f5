"""Findings: patterns to review, never verdicts about a person, never a change to a score."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

from rankkit.archive import archived

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
