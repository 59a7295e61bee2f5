"""What a session turned round: moves taken back or made in the other direction later, and orders of people reversed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from rankkit.calibration.sessions.session_differences import Differences
from rankkit.calibration.sessions.session_people import Names
from rankkit.calibration.sessions.session_state import MoveRecord, SessionState
from rankkit.kernels.ranking import TIE_TOLERANCE

COLUMNS = ("higher", "higher_label", "higher_grade", "lower", "lower_label", "lower_grade", "difference", "se", "apart", "moves")


@dataclass(frozen=True, eq=False)
class Reversals:
    r"""What was turned round.

    Attributes
    ----------
    moves, undone, turned : int
        All moves taken; of these taken back by an undo; and of the others followed by a move of the same person the other way.
    rate : float
        (undone + turned) / moves; NaN without moves.
    pairs : int
        Pairs of graded people with different scores.
    before : int
        Of these with the lower score in the better grade when the session began (rules about persons do that).
    reversed : int
        Of these so now, and not when it began.
    apart : int
        Of those reversed, the pairs the scores tell apart (:math:`|d| \ge t \cdot SED`): the ones that need an explanation.
    table : DataFrame
        Pairs reversed: ``higher, higher_label, higher_grade`` (score), ``lower, lower_label, lower_grade, difference, se, apart``,
        ``moves`` (events that did it); those told apart first, the largest difference first.
    """

    moves: int
    undone: int
    turned: int
    pairs: int
    before: int
    reversed: int
    apart: int
    table: pd.DataFrame

    @property
    def rate(self) -> float:
        """Share of moves that did not last."""
        return (self.undone + self.turned) / self.moves if self.moves else float("nan")


def reversals(state: SessionState, names: Names) -> Reversals:
    """Count what a session turned round."""
    taken = list(state.moves.values())
    undone = sum(bool(m.undone) for m in taken)
    turned = sum(not m.undone and _turned(m, taken) for m in taken)
    pairs, before, rows = _pairs(state, names)
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table = table.sort_values(["apart", "difference", "higher", "lower"], ascending=[False, False, True, True]).reset_index(drop=True)
    return Reversals(len(taken), undone, turned, pairs, before, len(table), int(table["apart"].sum()), table)


def _turned(move: MoveRecord, taken: list[MoveRecord]) -> bool:
    """Whether the same person was later moved the other way, and that stands."""
    later = [m for m in taken if m.n > move.n and m.who == move.who and not m.undone]
    return any(m.steps * move.steps < 0 for m in later)


def _pairs(state: SessionState, names: Names) -> tuple[int, int, list[tuple[object, ...]]]:
    """Pairs with different scores, those reversed at the start, and those reversed since."""
    order = {g: k for k, g in enumerate(state.grades)}
    differences = Differences.of(state)
    score = {w: names.number(w, "score") for w in state.before}
    people = [w for w in state.before if state.grade[w] is not None and not np.isnan(score[w])]
    people.sort(key=lambda w: (-score[w], names.id(w)))
    value = np.array([score[w] for w in people])
    now = np.array([order[str(state.grade[w])] for w in people])
    then = np.array([order[g] if (g := state.before[w]) is not None else -1 for w in people])
    events = {w: [m.n for m in state.standing if m.who == w] for w in people}
    pairs, before, rows = 0, 0, []
    for i, w in enumerate(people):
        lower = np.flatnonzero(value < value[i] - TIE_TOLERANCE * max(abs(value[i]), 1.0))
        pairs += len(lower)
        graded = lower[(then[i] >= 0) & (then[lower] >= 0)]
        before += int((then[graded] < then[i]).sum())
        turned = lower[(now[lower] < now[i]) & ~((then[i] >= 0) & (then[lower] >= 0) & (then[lower] < then[i]))]
        for j in turned:
            rows.append(_row(state, names, differences, w, people[j], sorted({*events[w], *events[people[j]]})))
    return pairs, before, rows


def _row(state: SessionState, names: Names, differences: Differences, high: str, low: str, events: list[int]) -> tuple[object, ...]:
    difference, se, apart = names.number(high, "score") - names.number(low, "score"), float("nan"), False
    if high in differences.place and low in differences.place:
        i, j = differences.place[high], np.array([differences.place[low]])
        se, apart = float(differences.between(i, j)[1][0]), bool(differences.apart(i, j)[0])
    who = [(names.id(w), names.label(w), state.grade[w]) for w in (high, low)]
    return (*who[0], *who[1], difference, se, apart, ", ".join(map(str, events)))
