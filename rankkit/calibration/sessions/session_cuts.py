"""The cuts a move crosses: who was left behind, who was joined, and whom of them the scores cannot tell from the person moved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from rankkit.calibration.sessions.session_differences import Differences
from rankkit.calibration.sessions.session_people import Names
from rankkit.calibration.sessions.session_state import MoveRecord, SessionState

COLUMNS = ("move", "ratee", "label", "from", "to", "side", "other", "other_label", "other_grade", "other_now", "difference", "se")


def held_at(state: SessionState, n: int) -> dict[str, str | None]:
    """Grades just before an event."""
    held = dict(state.before)
    for m in state.moves.values():
        if m.n < n and not 0 < m.undone < n:
            held[m.who] = m.data["to"]
    return held


def sides(state: SessionState, who: str, to: str, held: Mapping[str, str | None]) -> dict[str, list[str]]:
    """Who is on either side of the cuts a move crosses.

    Returns
    -------
    dict
        ``left``: people of the grade that is left (of somebody who awaits one: of the other grades still open); ``joined``: of the
        grade moved to and of those in between.
    """
    order, from_ = list(state.grades), held[who]
    if from_ is None:
        left, joined = set(state.candidates[who]) - {to}, {to}
    else:
        a, b = order.index(from_), order.index(to)
        left, joined = {from_}, set(order[a + 1 : b + 1] if b > a else order[b:a])
    others = [(w, g) for w, g in held.items() if w != who]
    return {"left": [w for w, g in others if g in left], "joined": [w for w, g in others if g in joined]}


def counts(state: SessionState, who: str, to: str) -> list[int] | None:
    """How many people on either side cannot be told from the person moved: left, of, joined, of; None if nobody can be compared."""
    differences = Differences.of(state)
    if who not in differences.place:
        return None
    out = []
    for people in sides(state, who, to, state.grade).values():
        out += [len(differences.not_apart(who, people)), len(differences.known(people))]
    return out


def at_moves(state: SessionState, names: Names, moves: list[MoveRecord] | None = None) -> pd.DataFrame:
    """Everybody across a cut whom the scores do not tell from somebody moved over it, by move; nearest first.

    Returns
    -------
    DataFrame
        ``move`` (number of the event), ``ratee, label, from, to``, ``side`` ("left": was left behind; "joined": has the grade moved
        to, or was passed), ``other, other_label``, ``other_grade`` (then), ``other_now``, ``difference`` (ratee minus other), ``se``.
    """
    differences, rows = Differences.of(state), []
    for m in state.standing if moves is None else moves:
        held = held_at(state, m.n)
        for side, people in sides(state, m.who, m.data["to"], held).items():
            rows += [_row(state, names, m, side, other, held[other]) for other in differences.not_apart(m.who, people)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(state: SessionState, names: Names, m: MoveRecord, side: str, other: str, grade: str | None) -> dict[str, Any]:
    differences = Differences.of(state)
    difference, se = differences.between(differences.place[m.who], np.array([differences.place[other]]))
    return {
        "move": m.n,
        "ratee": names.id(m.who),
        "label": names.label(m.who),
        "from": m.data["from"] or "—",
        "to": m.data["to"],
        "side": side,
        "other": names.id(other),
        "other_label": names.label(other),
        "other_grade": grade or "—",
        "other_now": state.grade[other] or "—",
        "difference": float(difference[0]),
        "se": float(se[0]),
    }
