"""What a scheme says of appeals: how long, on what grounds, who may act, and what a successful appeal does to others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self, get_args

from rankkit.calibration.event_log.chain import number_text
from rankkit.errors import PolicyError, Problem

Stage = Literal[
    "submitted", "accepted", "rejected", "investigating", "re_evaluated", "decided", "approved", "notified", "closed", "withdrawn"
]
Outcome = Literal["confirmed", "adjusted", "process_defect", "inadmissible", "withdrawn"]
Conflict = Literal["appellant", "family", "supervisor", "rater", "moved", "voted", "investigator", "witness", "rerater", "decider"]
Reason = Literal["score_wrong", "evidence_ignored", "standard_misapplied", "procedure", "bias", "data_error", "other"]
Inadmissible = Literal["late", "no_reasons", "no_evidence", "not_appealable", "duplicate", "other"]
STAGES: tuple[str, ...] = get_args(Stage)
OUTCOMES: tuple[str, ...] = get_args(Outcome)
CONFLICTS: tuple[str, ...] = get_args(Conflict)
REASONS: tuple[str, ...] = get_args(Reason)
INADMISSIBLE: tuple[str, ...] = get_args(Inadmissible)
OPEN: tuple[str, ...] = ("submitted", "accepted", "investigating", "re_evaluated", "decided", "approved", "rejected")
"""Stages in which something is still to be done."""
WITHDRAWABLE: tuple[str, ...] = ("submitted", "accepted", "investigating", "re_evaluated")
"""Stages in which the appellant may still withdraw: before anything is decided."""
_DAYS = ("filing_days", "admission_days", "investigation_days", "re_rating_days", "decision_days", "approval_days", "notice_days")
_STAGE_DAYS = {
    "submitted": "admission_days",
    "accepted": "investigation_days",
    "investigating": "re_rating_days",
    "re_evaluated": "decision_days",
    "decided": "approval_days",
    "approved": "notice_days",
    "rejected": "notice_days",
}


@dataclass(frozen=True, kw_only=True)
class AppealPolicy:
    """Rules of appeals, fixed when the log is created. The library knows no law's deadlines: the scheme has to state them.

    Outcomes: ``confirmed`` (the grade stands), ``adjusted`` (another grade), ``process_defect`` (the procedure was at fault, with
    or without another grade), ``inadmissible`` (not examined), ``withdrawn``. "Upheld" is not among them: to some it means that the
    grade stands, to others that the appeal succeeds.

    Parameters
    ----------
    filing_days : int
        Working days to appeal in, from the delivery of the grade.
    admission_days, investigation_days, re_rating_days, decision_days, approval_days, notice_days : int, optional
        Working days for each step after the one before it; None sets no deadline, and nothing is then ever overdue.
    reason_length : int
        Fewest characters of written reasons.
    evidence : {"require", "warn"}
        Whether an appeal without evidence is refused, or taken with a warning.
    effects : {"no_displacement", "re_rank"}
        What a better grade does to others. ``no_displacement``: nothing; seats beyond the quota are an exception. ``re_rank``: the
        lowest of the grade goes down, named, approved and notified, with an appeal of their own; only if the scheme says so.
    no_worse : bool
        Nobody gets a worse grade by appealing.
    conflicts : sequence of str
        Who may not investigate, re-rate, decide or approve: see :data:`CONFLICTS`. ``appellant`` cannot be left out.
    re_raters : int
        How many rate again, independently.
    rating_se : float, optional
        Standard error of one re-rating on the scale of the scores, where the re-rater gives none.
    covariance : float
        What the errors of the original score and the re-rating share, see
        :func:`rankkit.kernels.grading.blind_rerating.rerating`.
    level : float
        Confidence level.
    version : str
        Version of the written scheme.

    Raises
    ------
    PolicyError
        If a rule is impossible.

    Examples
    --------
    >>> AppealPolicy(filing_days=5).effects
    'no_displacement'
    """

    filing_days: int
    admission_days: int | None = None
    investigation_days: int | None = None
    re_rating_days: int | None = None
    decision_days: int | None = None
    approval_days: int | None = None
    notice_days: int | None = None
    reason_length: int = 20
    evidence: Literal["require", "warn"] = "require"
    effects: Literal["no_displacement", "re_rank"] = "no_displacement"
    no_worse: bool = True
    conflicts: tuple[Conflict, ...] = CONFLICTS  # type: ignore[assignment]
    re_raters: int = 1
    rating_se: float | None = None
    covariance: float = 0.0
    level: float = 0.95
    version: str = ""

    def __post_init__(self) -> None:
        bad = [_bad(name, getattr(self, name), "1–250") for name in _DAYS if not self._days_fit(name)]
        if not _whole(self.reason_length, 20, 2000):
            bad.append(_bad("reason_length", self.reason_length, "20–2000"))
        if self.evidence not in ("require", "warn"):
            bad.append(_bad("evidence", self.evidence, ["require", "warn"]))
        if self.effects not in ("no_displacement", "re_rank"):
            bad.append(_bad("effects", self.effects, ["no_displacement", "re_rank"]))
        rule: Any = self.no_worse
        if not isinstance(rule, bool):
            bad.append(_bad("no_worse", self.no_worse, "True, False"))
        raw: Any = self.conflicts
        given = (raw,) if isinstance(raw, str) else tuple(raw)
        if set(given) - set(CONFLICTS) or "appellant" not in given:
            bad.append(_bad("conflicts", list(given), [*CONFLICTS, "appellant always"]))
        if not _whole(self.re_raters, 1, 9):
            bad.append(_bad("re_raters", self.re_raters, "1–9"))
        if self.rating_se is not None and not (isinstance(self.rating_se, (int, float)) and 0 < self.rating_se < float("inf")):
            bad.append(_bad("rating_se", self.rating_se, "> 0"))
        if not isinstance(self.covariance, (int, float)) or not 0 <= self.covariance < float("inf"):
            bad.append(_bad("covariance", self.covariance, "≥ 0"))
        if not isinstance(self.level, (int, float)) or not 0.5 <= self.level < 1:
            bad.append(_bad("level", self.level, "0.5–1"))
        if bad:
            raise PolicyError(bad)
        object.__setattr__(self, "conflicts", tuple(c for c in CONFLICTS if c in given))

    def _days_fit(self, name: str) -> bool:
        value = getattr(self, name)
        return (value is None and name != "filing_days") or _whole(value, 1, 250)

    def days_of(self, stage: str) -> int | None:
        """Working days the next step may take from a stage; None without a deadline."""
        name = _STAGE_DAYS.get(stage)
        found: int | None = None if name is None else getattr(self, name)
        return found

    @property
    def without_deadline(self) -> tuple[str, ...]:
        """Steps the scheme sets no deadline for."""
        return tuple(name for name in _DAYS if getattr(self, name) is None)

    def record(self) -> dict[str, Any]:
        """As the log keeps it."""
        numbers = {k: None if getattr(self, k) is None else number_text(getattr(self, k)) for k in ("rating_se", "covariance", "level")}
        return {**asdict(self), "conflicts": list(self.conflicts), **numbers}

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> Self:
        """Read what the log keeps."""
        known = {k: v for k, v in record.items() if k in {f.name for f in fields(cls)}}
        for name in ("rating_se", "covariance", "level"):
            known[name] = None if known[name] is None else float(known[name])
        return cls(**{**known, "conflicts": tuple(known["conflicts"])})


def _whole(value: object, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _bad(name: str, value: object, allowed: object) -> Problem:
    return Problem("E-SETTING", None, None, None, {"name": name, "value": value, "allowed": allowed})
