"""Sessions the tests share."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

import rankkit as rk
from rankkit import simulate
from rankkit.calibration import CalibrationSession, Participant, SessionPolicy

REASON = "Compared with people of the same level, the standard was misread."
SECOND = "A second letter arrived after the first rating had been closed."
EVIDENCE = ["incident-7"]


def graded(n: int = 30, seed: int = 2, ties: str = "up") -> rk.methods.ForcedDistributionResult:
    scores = rk.GraphicRatingScale().fit(simulate.ratings(n, 5, seed=seed).table)
    return rk.ForcedDistribution(shares={"A": 0.2, "B": 0.6, "C": 0.2}, ties=ties).fit(scores)


def people_of(grades: rk.methods.ForcedDistributionResult, managers: int = 3) -> pd.DataFrame:
    return pd.DataFrame({"person": list(grades.people), "manager": [f"M{k % managers}" for k in range(len(grades.people))]})


def members(grades: rk.methods.ForcedDistributionResult) -> list[str | Participant]:
    return ["Wang", Participant(id="Li", label="李敏", family=(grades.people[3],)), Participant(id=grades.people[5])]


def session(
    path: Path | None = None, *, phase: str = "prepare", n: int = 30, policy: SessionPolicy | None = None, ties: str = "up"
) -> CalibrationSession:
    grades = graded(n, ties=ties)
    out = CalibrationSession.create(path, grades, members(grades), people=people_of(grades), policy=policy, title="2026 H1", seed=4)
    while out.phase != phase:
        out.advance("Wang")
    return out


def holding(session: CalibrationSession, grade: str, start: int = 6) -> list[str]:
    """People of a grade whom every member may judge."""
    table = session.grades
    return [p for p in sorted(table.index)[start:] if table.loc[p, "grade"] == grade]
