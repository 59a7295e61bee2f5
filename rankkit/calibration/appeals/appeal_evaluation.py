"""What a blind re-rating says: the difference, its standard error, and whether it supports a better grade."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from rankkit.calibration.appeals.appeal_people import AppealNames
from rankkit.calibration.appeals.appeal_state import AppealState, Case
from rankkit.calibration.event_log.chain import text_number
from rankkit.errors import Lang, Problem, language
from rankkit.kernels.grading.blind_rerating import Rerating, Support, rerating
from rankkit.wording import appeals as words


@dataclass(frozen=True)
class ReRating:
    """A blind re-rating beside the original score. The decision is made by people; this is what the numbers can say to it.

    Attributes
    ----------
    n : int
        Number of the appeal.
    grade : str
        Grade that stands.
    better : str
        Next better grade; empty at the top.
    by_score : str
        Grade the re-rating alone would come to by the cuts; empty where there are none.
    original, original_se : float
        Original score and its standard error.
    score, se : float
        Mean of the re-ratings, and its standard error.
    raters : int
        How many rated again.
    difference, sed, low, high, level : float
        Re-rating less original score, standard error of the difference, interval, its level.
    needed : float
        Gain from which the better grade begins; ``nan`` without one.
    supported : {"yes", "no", "undecided"}
        See :func:`rankkit.kernels.grading.blind_rerating.rerating`.
    chance : float
        Probability of the better grade by both ratings together.
    expected : float
        Difference expected by regression to the mean alone.
    no_worse : bool
        Whether the rule applies that nobody loses by appealing.
    notes : tuple of Problem
        What to keep in mind.
    """

    n: int
    grade: str
    better: str
    by_score: str
    original: float
    original_se: float
    score: float
    se: float
    raters: int
    difference: float
    sed: float
    low: float
    high: float
    level: float
    needed: float
    supported: Support
    chance: float
    expected: float
    no_worse: bool
    notes: tuple[Problem, ...] = ()

    def text(self, lang: Lang | None = None) -> str:
        """Say it in words, in English or Chinese."""
        lang = lang or language()
        details = {k: f"{getattr(self, k):.2f}" for k in ("original", "score", "difference", "sed", "low", "high", "needed", "expected")}
        details |= {"level": f"{100 * self.level:g}", "better": self.better, "grade": self.grade, "signed": f"{self.difference:+.2f}"}
        said = [words.phrase("rerated", lang, **details)]
        key = f"support_{self.supported}"
        if not self.better:
            said.append(words.phrase("support_top", lang, **details))
        elif math.isnan(self.needed) or math.isnan(self.sed):
            said.append(words.phrase("support_unknown", lang, **details))
        else:
            said.append(words.phrase(key + ("_by_score" if self.needed <= 0 else ""), lang, **details))
        if self.difference < 0 and self.no_worse:
            said.append(words.phrase("no_worse", lang, **details))
        if self.difference > 0 and self.expected > 0.1 * self.sed:
            said.append(words.phrase("regression", lang, **details))
        return ("" if lang == "zh" else " ").join(said)


def of_case(state: AppealState, names: AppealNames, case: Case) -> ReRating | None:
    """Compare the re-ratings of a case with its score; None until all have rated, or once the person was erased."""
    bodies = [s.body for s in case.scores]
    if len(bodies) < state.policy.re_raters or any(b is None for b in bodies) or case.who in state.erased:
        return None
    scores = np.array([text_number(b["score"]) for b in bodies if b is not None])
    errors = np.array([text_number(b["se"]) for b in bodies if b is not None])
    original, se = names.number(case.who, "score"), names.number(case.who, "se")
    grade = _grade_appealed(state, case)
    order = list(state.grades)
    place = order.index(grade) if grade in order else 0
    cuts = [text_number(c) for c in state.start["cuts"]]
    cut = cuts[place - 1] if cuts and place else float("nan")
    found: Rerating = rerating(
        original, se, scores, None if np.isnan(errors).any() and len(scores) > 1 else errors,
        cut=cut, covariance=state.policy.covariance, centre=text_number(state.start["centre"]),
        reliability=text_number(state.start["reliability"]), level=state.policy.level,
    )  # fmt: skip
    return ReRating(
        n=case.n, grade=grade or "", better=order[place - 1] if place else "", by_score=_by_cuts(found.score, cuts, order),
        original=original, original_se=se, score=found.score, se=found.se, raters=len(scores), difference=found.difference, sed=found.sed,
        low=found.low, high=found.high, level=state.policy.level, needed=found.needed, supported=found.supported, chance=found.chance,
        expected=found.expected, no_worse=state.policy.no_worse, notes=_notes(state, names, case, found.score),
    )  # fmt: skip


def _grade_appealed(state: AppealState, case: Case) -> str:
    """The grade the appeal is about: that before its own change."""
    own = next((c for c in state.changes if c.case == case.n and c.who == case.who), None)
    return (own.from_grade if own is not None else state.grade[case.who]) or ""


def _by_cuts(score: float, cuts: list[float], order: list[str]) -> str:
    """Grade of a score; one that equals a cut goes up."""
    if not cuts or any(math.isnan(c) for c in cuts):
        return ""
    return order[sum(score < c for c in cuts)]


def _notes(state: AppealState, names: AppealNames, case: Case, score: float) -> tuple[Problem, ...]:
    out = []
    seen = [r for r in sorted(case.reraters) if state.related(r, case.who) & {"participant", "voted"}]
    if seen:
        out.append(Problem("W-APPEALSEEN", None, None, None, {"who": [names.label(r) for r in seen], "ratee": names.label(case.who)}))
    known = np.array([names.number(w, "score") for w in state.before])
    known = known[~np.isnan(known)]
    if len(known) > 2:
        low, high = float(known.min()), float(known.max())
        if not low - (high - low) <= score <= high + (high - low):
            out.append(Problem("W-APPEALSCALE", None, None, None, {"score": f"{score:.2f}", "low": f"{low:.2f}", "high": f"{high:.2f}"}))
    return tuple(out)
