"""Sessions answered by simulated judges."""

from __future__ import annotations

import numpy as np

from rankkit.elicit.pairing import PairingSession


def ids(n: int) -> list[str]:
    return [f"e{i:02d}" for i in range(n)]


def run(session: PairingSession, worth=None, *, seed=0, ties=0.0, skips=0.0, most=10_000) -> list:
    """Answer questions by a Bradley-Terry judge; return the questions asked."""
    rng = np.random.default_rng([seed, 77])  # never the stream of the session's own lot
    strength = dict(zip(session.settings.items, np.zeros(len(session.settings.items)) if worth is None else worth, strict=True))
    asked = []
    while (question := session.next) is not None and len(asked) < most:
        asked.append(question)
        u = rng.random()
        if u < skips:
            session.answer("skip")
        elif u < skips + ties:
            session.answer("tie")
        else:
            p = 1 / (1 + np.exp(strength[question.right] - strength[question.left]))
            session.answer("left" if rng.random() < p else "right")
    return asked


def shown(questions) -> list[tuple]:
    return [(q.left, q.right, q.dimension, q.kind) for q in questions]
