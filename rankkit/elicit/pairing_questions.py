"""The next question of a session: one dimension after the other, by the plan of each."""

from __future__ import annotations

from dataclasses import replace

from rankkit.elicit.pairing_plan import DimensionPlan, History
from rankkit.elicit.pairing_settings import PairingSettings
from rankkit.elicit.pairing_state import PairingState, Question
from rankkit.errors import SessionError


class PairingQuestions:
    """Plans of all dimensions of a session.

    Attributes
    ----------
    plans : tuple of DimensionPlan
        In the order the dimensions are asked.
    """

    def __init__(self, settings: PairingSettings) -> None:
        self._settings = settings
        self._code = settings.code
        self.plans = tuple(DimensionPlan(settings, number) for number in range(len(settings.dimensions)))

    def history(self, state: PairingState, dimension: str) -> History:
        """Answers on one dimension, coded."""
        answers = state.by_dimension.get(dimension, ())
        return History(
            answers,
            [(self._code[a.left], self._code[a.right]) for a in answers],
            frozenset(self._code[p] for p in state.withdrawn),
            frozenset(self._code[p] for a in state.answers[-1:] for p in (a.left, a.right)),
        )

    def question(self, state: PairingState) -> Question | None:
        """Choose the next question, or None when nothing is left.

        Raises
        ------
        SessionError
            ``E-NOTITEM`` if the log names somebody who is not compared.
        """
        named = {p for a in state.answers for p in (a.left, a.right)} | {*state.withdrawn}
        if unknown := sorted(named - {*self._code}):
            raise SessionError("E-NOTITEM", name="log", who=unknown)
        names = self._settings.labels
        for plan in self.plans:
            found = plan.next(self.history(state, plan.dimension))
            if found is not None:
                number = len(state.answers) + 1
                return replace(found, number=number, left_label=names[found.left], right_label=names[found.right])
        return None
