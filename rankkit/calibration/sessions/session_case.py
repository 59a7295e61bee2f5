"""The evidence on one case, as a committee member reads it before voting: numbers, how sure they are, and who is near."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from rankkit.calibration.sessions.session_differences import Differences
from rankkit.calibration.sessions.session_people import Names
from rankkit.calibration.sessions.session_state import SessionState


@dataclass(frozen=True, eq=False)
class Case:
    """Evidence on one case.

    Attributes
    ----------
    ratee, label, manager : str
        Who, and who leads them.
    score, se, ci_low, ci_high, kpi : float
        Score with its interval, and the result given beside it; NaN where there is none.
    before, grade : str
        Grade when the session began, and now; a dash while one is awaited.
    probabilities : Series
        Of every grade, were the true scores known; empty where not computed.
    near : DataFrame
        People of a better and of a worse grade whom the scores do not tell from this one, nearest first: ``side`` ("better",
        "worse"), ``other, label, grade, difference, se``.
    flags : tuple of (str, str, str)
        What checks found that concerns the person: code, in English, in Chinese. A pattern to review, with what else it could be.
    """

    ratee: str
    label: str
    manager: str
    score: float
    se: float
    ci_low: float
    ci_high: float
    kpi: float
    before: str
    grade: str
    probabilities: pd.Series
    near: pd.DataFrame
    flags: tuple[tuple[str, str, str], ...]


def case(state: SessionState, names: Names, who: str) -> Case:
    """Put the evidence on one person together."""
    score, se = names.number(who, "score"), names.number(who, "se")
    chances = {g: names.probability(who, g) for g in state.grades}
    flags = tuple((f["code"], f["en"], f["zh"]) for f in names.fact(who, "flags", ()))
    return Case(
        ratee=names.id(who),
        label=names.label(who),
        manager=names.manager(who),
        score=score,
        se=se,
        ci_low=names.number(who, "low"),
        ci_high=names.number(who, "high"),
        kpi=names.number(who, "kpi"),
        before=state.before[who] or "—",
        grade=state.grade[who] or "—",
        probabilities=pd.Series(chances, name="probability").dropna(),
        near=_near(state, names, who),
        flags=flags,
    )


def _near(state: SessionState, names: Names, who: str) -> pd.DataFrame:
    """Whom across a cut the scores do not tell from somebody."""
    differences, order = Differences.of(state), {g: k for k, g in enumerate(state.grades)}
    own = state.grade[who] or next(iter(state.candidates[who]), None)
    rows = []
    for side, sign in (("better", -1), ("worse", 1)):
        if own is None or who not in differences.place:
            continue
        people = [w for w, g in state.grade.items() if g is not None and (order[g] - order[own]) * sign > 0]
        for other in differences.not_apart(who, people):
            difference, se = differences.between(differences.place[who], np.array([differences.place[other]]))
            rows.append((side, names.id(other), names.label(other), state.grade[other], float(difference[0]), float(se[0])))
    return pd.DataFrame(rows, columns=["side", "other", "label", "grade", "difference", "se"])
