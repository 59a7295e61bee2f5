"""Appeals the tests share."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import rankkit as rk
from rankkit.calibration import AppealLog, AppealPolicy, CalibrationSession, Participant, working_calendar
from rankkit.errors import RankkitError
from tests.calibration.session_cases import EVIDENCE, REASON, holding, people_of
from tests.calibration.session_cases import graded as graded_afresh
from tests.calibration.session_cases import session as session_of

WHY = "Two projects of the spring were left out of the evidence."
STAFF = ["HR", "Inv", "Rater1", "Rater2", "Decider", "Chief"]
graded = cache(graded_afresh)
DELIVERED = "2026-03-02"  # a Monday; five working days end on the 9th


def closed_session(moves: bool = True) -> tuple[CalibrationSession, str, str]:
    """A session that moved one person down and one up, closed; both persons."""
    s = session_of(phase="propose")
    down, up = holding(s, "A", 0)[0], holding(s, "B")[1]
    if moves:
        s.move("Wang", down, "B", "quota_only", REASON, EVIDENCE)
        s.move("Li", up, "A", "new_evidence", REASON, EVIDENCE)
    s.advance("Wang")
    for member in ("Wang", "Li", graded().people[5]):
        s.ratify(member)
    s.advance("Wang")
    return s, down, up


@cache
def all_different(n: int = 30) -> rk.methods.ForcedDistributionResult:
    """Grades of people no two of whom have the same score."""
    rng = np.random.default_rng(7)
    merit = np.linspace(1, 5, n)
    rows = [(f"r{j}", f"p{k:02d}", merit[k] + rng.normal(0, 0.3)) for k in rng.permutation(n) for j in range(5)]
    table = rk.read_ratings(pd.DataFrame(rows, columns=["rater", "ratee", "score"]))
    return rk.ForcedDistribution(shares={"A": 0.2, "B": 0.6, "C": 0.2}, ties="up").fit(rk.GraphicRatingScale().fit(table))


def log_of(path: Path | None = None, *, basis: Any = None, staff: list[Any] | None = None, **policy: Any) -> AppealLog:
    """A log on quota grades, everybody delivered on a Monday."""
    grades = graded() if basis is None else basis
    rules = AppealPolicy(**{"filing_days": 5, "rating_se": 0.15} | policy)
    ratings = {p: ["Old1", "Old2"] for p in getattr(grades, "people", graded().people)}
    log = AppealLog.create(
        path,
        grades,
        staff or STAFF,
        policy=rules,
        calendar=working_calendar("cn"),
        people=None if basis is not None and not hasattr(basis, "people") else people_of(grades),
        ratings=ratings,
        title="2026",
    )
    log.deliver(None, DELIVERED, "signed copies", by="HR")
    return log


def someone(log: AppealLog, grade: str, nth: int = 0) -> str:
    """Somebody of a grade, by id."""
    table = log.final_grades("2026-03-03")
    return str(sorted(table.index[(table["grade"] == grade).fillna(False)])[nth])


def investigated(log: AppealLog, who: str, *, evidence: tuple[str, ...] = ("project-7",)) -> int:
    """An appeal submitted, admitted, both sides heard, the blind pack made."""
    n = log.submit(who, "evidence_ignored", WHY, evidence, on="2026-03-05")
    log.admit(n, "HR", on="2026-03-06")
    log.statement(n, who, WHY, "Inv", on="2026-03-09")
    log.statement(n, log.names.manager(log.names.token(who)), WHY, "Inv", on="2026-03-09")
    log.blind_pack(n, "Inv", ["kpi-1"], on="2026-03-10")
    return n


def rerated(log: AppealLog, who: str, gain: float = 0.0) -> int:
    """The same, re-rated by so much more than the original score."""
    n = investigated(log, who)
    log.re_rate(n, "Rater1", log.names.number(log.names.token(who), "score") + gain, on="2026-03-11")
    return n


def decided(log: AppealLog, who: str, grade: str, gain: float = 1.5) -> int:
    """The same, adjusted and approved."""
    n = rerated(log, who, gain)
    log.decide(n, "Decider", "adjusted", WHY, grade, on="2026-03-12")
    return n


def refused(code: str, step: Any, *arguments: Any, **more: Any) -> RankkitError:
    """The step is refused with this code, and nothing is written."""
    with pytest.raises(RankkitError) as error:
        step(*arguments, **more)
    assert code in error.value.codes, error.value
    for lang in ("en", "zh"):
        assert "{" not in error.value.text(lang)  # type: ignore[arg-type]
        assert "…" not in error.value.text(lang)  # type: ignore[arg-type]
    return error.value


def with_family(who: str) -> list[Any]:
    """Staff of whom Rater2 is family of somebody."""
    return [*STAFF[:3], Participant(id="Rater2", family=(who,)), *STAFF[4:]]
