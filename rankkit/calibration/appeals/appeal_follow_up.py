"""Are people who appealed rated lower afterwards? A check in the aggregate; nobody is named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from rankkit.calibration.appeals.appeal_people import AppealNames
from rankkit.calibration.appeals.appeal_state import AppealState
from rankkit.errors import InsufficientDataError, Lang, Problem, SettingsError, language
from rankkit.kernels.grading.later_scores import LaterScores, later_scores
from rankkit.result import Result
from rankkit.wording import appeals as words

FEWEST = 5  # appellants below whom nothing is shown: with fewer, a mean comes near to a person


@dataclass(frozen=True)
class FollowUp:
    """Scores of the next cycle: people who appealed beside their peers.

    Attributes
    ----------
    appellants, peers : int
        People compared; those of units without both are not.
    gap, low, high, level : float
        Mean difference of the later score at equal earlier scores within units; negative is lower for appellants.
    p : float
        Two-sided, by permutation within units.
    corrected : float
        The gap, had the earlier scores no error.
    sd : float
        Standard deviation of the later scores, to read the gap by.
    notes : tuple of Problem
        What to keep in mind: ``F-AFTERAPPEAL`` with what else it could be, where the interval lies below 0.
    """

    appellants: int
    peers: int
    gap: float
    low: float
    high: float
    level: float
    p: float
    corrected: float
    sd: float
    notes: tuple[Problem, ...] = ()

    def text(self, lang: Lang | None = None) -> str:
        """Say it in words, in English or Chinese."""
        lang = lang or language()
        numbers = {k: f"{getattr(self, k):+.2f}" for k in ("gap", "low", "high", "corrected")}
        details = {"n": self.appellants, "peers": self.peers, "p": f"{self.p:.3f}", "level": f"{100 * self.level:g}", **numbers}
        found = "lower" if self.high < 0 else "higher" if self.low > 0 else "open"
        said = [
            words.phrase("after", lang, **details),
            words.phrase(f"after_{found}", lang, **details),
            words.phrase("after_caveat", lang, **details),
        ]
        return ("" if lang == "zh" else " ").join(said)


def follow_up(
    state: AppealState, names: AppealNames, later: object, unit: str | None, *, level: float, permutations: int, seed: int
) -> FollowUp:
    """Compare the scores of a later cycle.

    Raises
    ------
    InsufficientDataError
        ``E-AFTERFEW`` with fewer than five appellants who can be compared, or too few peers.
    SettingsError
        If ``later`` holds no scores, or there is no such unit.
    """
    if not isinstance(level, float) or not 0.5 <= level < 1:
        raise SettingsError("E-SETTING", name="level", value=level, allowed="0.5–1")
    for name, value, least in (("permutations", permutations, 99), ("seed", seed, 0)):
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise SettingsError("E-SETTING", name=name, value=value, allowed=f"≥ {least}")
    scores = _scores(later)
    appealed = {c.who for c in state.cases.values() if c.stage != "withdrawn"}
    rows = []
    for who in state.before:
        ident, earlier, error = names.id(who), names.number(who, "score"), names.number(who, "se")
        place = "" if unit is None else str(names.fact(who, unit) or "")
        if ident in scores and np.isfinite(scores[ident]) and np.isfinite(earlier) and (unit is None or place):
            rows.append((ident, place, earlier, error, scores[ident], who in appealed))
    frame = pd.DataFrame(rows, columns=["id", "unit", "earlier", "se", "later", "group"]).sort_values("id", ignore_index=True)
    frame = frame[frame.groupby("unit")["group"].transform("nunique") == 2] if len(frame) else frame
    n, peers = int(frame["group"].sum()), int((~frame["group"].astype(bool)).sum())
    if n < FEWEST or peers < FEWEST:
        raise InsufficientDataError("E-AFTERFEW", n=n, peers=peers, least=FEWEST)
    code = pd.factorize(frame["unit"], sort=True)[0].astype(np.int64)
    x, y = frame["earlier"].to_numpy(dtype=np.float64), frame["later"].to_numpy(dtype=np.float64)
    group = frame["group"].to_numpy(dtype=bool)
    found: LaterScores = later_scores(
        y, x, code, group, reliability=_reliability(frame), level=level, permutations=permutations, seed=seed
    )  # fmt: skip
    if np.isnan(found.gap):
        raise InsufficientDataError("E-AFTERFEW", n=n, peers=peers, least=FEWEST)
    notes = [Problem("I-AFTERCAVEAT")]
    if found.high < 0:
        flag = "F-AFTERAPPEAL"
        notes = [Problem(flag, None, None, None, {"gap": f"{found.gap:+.2f}"}), Problem(f"{flag}-ELSE"), *notes]
    return FollowUp(
        found.n, found.peers, found.gap, found.low, found.high, level, found.p, found.corrected, float(y.std(ddof=1)), tuple(notes)
    )


def _scores(later: object) -> dict[str, float]:
    """Score by id."""
    if isinstance(later, Result):
        return {str(p): float(x) for p, x in zip(later.people, later.estimate, strict=True)}
    if isinstance(later, pd.DataFrame) and {"ratee", "score"} <= set(later.columns):
        later = later.set_index("ratee")["score"]
    found: Any = later
    try:
        numbers = {str(k): float(v) for k, v in found.items() if not pd.isna(v)} if isinstance(later, (pd.Series, Mapping)) else {}
    except (TypeError, ValueError):
        numbers = {}
    if not numbers:
        raise SettingsError(
            "E-SETTING", name="later", value=type(later).__name__, allowed="a result, a Series by ratee, or a table of ratee and score"
        )
    return numbers


def _reliability(frame: pd.DataFrame) -> float:
    """Share of the variance of earlier scores within units that is not error."""
    inside = frame["earlier"] - frame.groupby("unit")["earlier"].transform("mean")
    df = len(frame) - frame["unit"].nunique()
    variance, error = float((inside**2).sum()) / max(df, 1), float((frame["se"] ** 2).mean())
    if not (variance > 0 and np.isfinite(error)):
        return float("nan")
    return max(1 - error / variance, 0.0) or float("nan")
