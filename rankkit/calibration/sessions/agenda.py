"""What a committee talks about, and in which order.

The order is drawn by lot, from the seed and the random tokens of the session: neither the alphabet nor anybody's seniority
decides who is discussed while everybody is still fresh.
"""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd

from rankkit.calibration.sessions import votes
from rankkit.calibration.sessions.session_people import Names
from rankkit.calibration.sessions.session_state import SessionState

FIRST = ("awaiting", "against", "contested_unclear")  # reasons that put a case into the first part of the agenda
COLUMNS = ("order", "part", "why", "label", "grade", "n_votes", "boundary", "entropy", "priority", "agreement")


def lot(seed: int, token: str) -> bytes:
    """Lot of a case: the smaller one comes first. It is drawn of the random token, so that no order tells whose token it is.

    >>> lot(1, "e1") < lot(1, "e2"), lot(2, "e1") < lot(2, "e2")
    (False, True)
    """
    return hashlib.sha256(f"{seed}:{token}".encode()).digest()


def cases(state: SessionState, names: Names) -> pd.DataFrame:
    r"""Every case that has a grade or awaits one, in the order of discussion.

    The priority is :math:`(1 - P_\text{given})\,H`: probability that the grade given is not the right one, times the entropy of
    the votes (:func:`rankkit.calibration.sessions.votes.entropy`). Where probabilities are not known the priority is H alone,
    and no case counts as clear. First come, by lot, the cases that await a grade, those whose votes agree on another grade, and
    those both contested and unclear; then, by lot, the rest. Cases whose votes all agree with a clear grade are no part of it:
    they are ratified together.

    Parameters
    ----------
    state : SessionState
        With the votes.
    names : Names
        With probabilities.

    Returns
    -------
    DataFrame
        By token: ``order`` (NA if ratified together), ``part`` ("first", "then", "together"), ``why``, ``label, grade, n_votes, boundary,
        entropy, priority, agreement``.
    """
    clear, seed = state.policy.clear, int(state.start["seed"])
    rows = {}
    for who in state.before:
        if not state.gradable(who):
            continue
        grade = state.before[who]
        counts = votes.tally(state.grades, {v: vote.grade for v, vote in state.counted(who).items()})
        boundary = _boundary(state, names, who)
        spread = votes.entropy(counts)
        why = _why(state, who, counts.tolist(), boundary, clear)
        risk = 1.0 if np.isnan(boundary) else boundary
        rows[who] = {
            "part": "together" if why == "together" else "first" if why in FIRST else "then",
            "why": why,
            "label": names.label(who),
            "grade": grade,
            "n_votes": int(counts.sum()),
            "boundary": boundary,
            "entropy": spread,
            "priority": risk * spread,
            "agreement": votes.agreement(counts),
            "lot": lot(seed, who),
        }
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=[*COLUMNS[1:], "lot"])
    frame["sort"] = [("first", "then", "together").index(p) for p in frame["part"]]
    frame = frame.sort_values(["sort", "lot"], kind="stable")
    frame["order"] = pd.array([k + 1 if p != "together" else pd.NA for k, p in enumerate(frame["part"])], dtype="Int64")
    return frame[list(COLUMNS)]


def _boundary(state: SessionState, names: Names, who: str) -> float:
    """Probability that the grade given is not the right one; of a case that awaits one, that its likeliest is not."""
    grade = state.before[who]
    if grade is not None:
        return 1 - names.probability(who, grade)
    return 1 - max((names.probability(who, g) for g in state.candidates[who]), default=float("nan"))


def _why(state: SessionState, who: str, counts: list[int], boundary: float, clear: float) -> str:
    """Why a case is where it is."""
    grade = state.before[who]
    if grade is None:
        return "awaiting"
    given = [state.grades[k] for k, n in enumerate(counts) if n]
    unclear = not boundary <= 1 - clear + 1e-12
    if not given:
        return "no_votes"
    if len(given) > 1:
        return "contested_unclear" if unclear else "contested"
    if given[0] != grade:
        return "against"
    return "unclear" if unclear else "together"
