"""How far a pairing session is, and how well it keeps to its rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

import numpy as np

from rankkit.elicit.pairing_questions import PairingQuestions
from rankkit.elicit.pairing_settings import PairingSettings
from rankkit.elicit.pairing_state import PairingState, Question
from rankkit.kernels.designs.pair_schedules import Schedule

_SECONDS = 6.0  # a comparison, until the session has been timed


@dataclass(frozen=True)
class PairingProgress:
    """How far a session is, and how well it keeps to its rules.

    Attributes
    ----------
    asked, remaining, total : int
        Questions answered (skips included), still to come as far as can be foreseen, and their sum.
    dimension : str or None
        What is being asked about; None when finished.
    dimensions : mapping
        Questions answered and in all, of each dimension.
    kinds, outcomes : mapping
        Answers of each kind and with each outcome.
    done, paused : bool
    withdrawn : tuple of str
    least, most : int
        Comparisons, repetitions included, of the people asked about least and most (withdrawn people aside).
    in_a_row : int
        How often somebody stood in two questions running.
    left_surplus : int
        Largest excess of one side over the other for any person.
    seconds, minutes_left : float
        Median time of an answer (6 s until measured), and what is left at that pace.
    """

    asked: int
    remaining: int
    total: int
    dimension: str | None
    dimensions: Mapping[str, tuple[int, int]]
    kinds: Mapping[str, int]
    outcomes: Mapping[str, int]
    done: bool
    paused: bool
    withdrawn: tuple[str, ...]
    least: int
    most: int
    in_a_row: int
    left_surplus: int
    seconds: float
    minutes_left: float


def measure(settings: PairingSettings, questions: PairingQuestions, state: PairingState, asked: Question | None) -> PairingProgress:
    """Count what was asked and what is to come; dimensions before the one being asked about are finished."""
    answers, code = state.answers, settings.code
    counted: dict[str, tuple[int, int]] = {}
    finished = True
    for plan in questions.plans:
        history = questions.history(state, plan.dimension)
        here = asked is not None and plan.dimension == asked.dimension
        finished = finished and not here
        so_far = len(history.answers)
        counted[plan.dimension] = so_far, so_far if finished else max(plan.questions(history), so_far + here)
    total = sum(most for _, most in counted.values())
    left = np.array([code[a.left] for a in answers], dtype=np.int64)
    right = np.array([code[a.right] for a in answers], dtype=np.int64)
    shown = Schedule(len(code), left, right)
    load = np.bincount(np.concatenate([left, right]), minlength=len(code))
    active = [load[c] for p, c in code.items() if p not in state.withdrawn] or [0]
    times = [a.response_ms / 1000 for a in answers if a.response_ms is not None]
    seconds = float(median(times)) if times else _SECONDS
    return PairingProgress(
        asked=len(answers),
        remaining=total - len(answers),
        total=total,
        dimension=asked.dimension if asked else None,
        dimensions=counted,
        kinds=dict(Counter(a.kind for a in answers)),
        outcomes=dict(Counter(a.outcome for a in answers)),
        done=asked is None,
        paused=state.paused,
        withdrawn=tuple(sorted(state.withdrawn)),
        least=int(min(active)),
        most=int(max(active)),
        in_a_row=shown.consecutive,
        left_surplus=int(np.abs(shown.surplus).max(initial=0)),
        seconds=seconds,
        minutes_left=(total - len(answers)) * seconds / 60,
    )
