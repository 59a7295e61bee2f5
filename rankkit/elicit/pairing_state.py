"""What a pairing session has come to: a pure function of its events.

``answer`` records one comparison as it was shown; ``withdraw`` takes a person out of what is still to be asked; ``undo``
cancels the last of these that still holds (it is an event too: nothing is deleted); ``pause`` and ``resume`` stop and go
on. Times never matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

from rankkit.errors import SessionError

Kind = Literal["random", "adaptive", "holdout", "repeat"]
Outcome = Literal["left", "right", "tie", "skip"]
KINDS: tuple[Kind, ...] = get_args(Kind)
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
_NAMES = ("answer", "withdraw", "undo", "pause", "resume")


@dataclass(frozen=True)
class Question:
    """One comparison to be judged.

    Attributes
    ----------
    left, right : str
        Ids of the people on the two sides.
    dimension : str
        What they are compared on.
    kind : {"random", "adaptive", "holdout", "repeat"}
        Asked by lot or by a fixed design; because of the answers so far; by lot and never used for pairing; or again.
    number : int
        1 for the first question of the session.
    left_label, right_label : str
        Display names.
    place : int or None
        Place in a fixed design.
    round : int or None
        Round of a Swiss design.
    """

    left: str
    right: str
    dimension: str
    kind: Kind
    number: int = 0
    left_label: str = ""
    right_label: str = ""
    place: int | None = None
    round: int | None = None


@dataclass(frozen=True)
class Answer:
    """One judged comparison, as it was shown.

    Attributes
    ----------
    event : int
        Number of the event in the log.
    left, right, dimension, kind, place, round
        As in the question.
    outcome : {"left", "right", "tie", "skip"}
        Who did better.
    response_ms : float or None
        Time it took, if the front end measured it.
    """

    event: int
    left: str
    right: str
    dimension: str
    kind: Kind
    outcome: Outcome
    response_ms: float | None
    place: int | None
    round: int | None

    @property
    def pair(self) -> tuple[str, str]:
        """The two people, sorted."""
        return (self.left, self.right) if self.left < self.right else (self.right, self.left)


@dataclass(frozen=True)
class PairingState:
    """A session as it stands.

    Attributes
    ----------
    answers : tuple of Answer
        Those that hold, in order.
    withdrawn : mapping
        People taken out, with the reason.
    paused : bool
        Whether the session is stopped for now.
    undoable : tuple of int
        Numbers of the events that undo would cancel, the last one first.
    """

    answers: tuple[Answer, ...]
    withdrawn: Mapping[str, str]
    paused: bool
    undoable: tuple[int, ...]

    @cached_property
    def by_dimension(self) -> dict[str, tuple[Answer, ...]]:
        """Answers of each dimension that has any."""
        found: dict[str, list[Answer]] = {}
        for answer in self.answers:
            found.setdefault(answer.dimension, []).append(answer)
        return {name: tuple(answers) for name, answers in found.items()}


def fold(events: Iterable[Mapping[str, Any]]) -> PairingState:
    """Tell what a session has come to.

    Parameters
    ----------
    events : iterable of mapping
        Events of the log, in order.

    Returns
    -------
    PairingState

    Raises
    ------
    SessionError
        ``E-LOGSTEP`` if an event is not one of a pairing session or lacks something.

    Examples
    --------
    >>> shown = {"left": "a", "right": "b", "dimension": "overall", "kind": "random"}
    >>> state = fold([{"n": 1, "event": "answer", "outcome": "left", **shown}, {"n": 2, "event": "undo", "of": 1}])
    >>> state.answers, state.undoable
    ((), ())
    """
    holding: dict[int, Mapping[str, Any]] = {}
    paused = False
    for event in events:
        name, number = event.get("event"), event.get("n")
        if name == "undo":
            if not holding or event.get("of") != next(reversed(holding)):
                raise _broken(number, "undo")
            del holding[event["of"]]
        elif name in ("pause", "resume"):
            paused = name == "pause"
        elif name in _NAMES and isinstance(number, int):
            holding[number] = event
        else:
            raise _broken(number, str(name))
    answers, withdrawn = [], {}
    for number, event in holding.items():
        try:
            if event["event"] == "withdraw":
                withdrawn[str(event["item"])] = str(event.get("reason") or "")
            else:
                answers.append(_answer(number, event))
        except (KeyError, ValueError) as error:
            raise _broken(number, str(error)) from error
    return PairingState(tuple(answers), withdrawn, paused, tuple(reversed(holding)))


def _answer(number: int, event: Mapping[str, Any]) -> Answer:
    """Read one answer."""
    if event["outcome"] not in OUTCOMES or event["kind"] not in KINDS:
        raise ValueError(f"{event['outcome']}, {event['kind']}")
    return Answer(
        number,
        event["left"],
        event["right"],
        event["dimension"],
        event["kind"],
        event["outcome"],
        event.get("response_ms"),
        event.get("place"),
        event.get("round"),
    )


def _broken(number: Any, reason: str) -> SessionError:
    return SessionError("E-LOGSTEP", step=number, reason=reason, reason_zh=reason)
