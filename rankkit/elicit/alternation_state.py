"""What an alternation session has come to: a pure function of its events.

``start`` gives the list; ``exclude`` crosses people out before the first pick; ``pick`` takes the best or the worst of those
left, one or several who cannot be separated; the ends alternate. The last one left is placed without a choice. ``undo`` takes
back the last step that changed the list (it is an event too: nothing is deleted), ``redo`` brings it back until something
new is done. Times never matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from rankkit.elicit.ladder import REASONS, End, Ladder, Pick
from rankkit.elicit.listed_people import FEWEST
from rankkit.errors import SessionError

Phase = Literal["screen", "pick", "done", "paused", "abandoned"]
ENDS: tuple[End, End] = ("best", "worst")
RESTS = ("tied", "unranked")


@dataclass(frozen=True)
class AlternationState:
    """A list, the steps that can be undone, and those that can be redone.

    Attributes
    ----------
    ladder : Ladder
        As it stands.
    past : tuple of (int, Ladder)
        Number of each effective event, and the list before it.
    future : tuple of (int, Ladder)
        Number of each undone event, and the list after it.
    paused : bool
        Whether the session rests.
    """

    ladder: Ladder
    past: tuple[tuple[int, Ladder], ...] = ()
    future: tuple[tuple[int, Ladder], ...] = ()
    paused: bool = False

    @property
    def phase(self) -> Phase:
        """Where the session is."""
        if self.ladder.abandoned:
            return "abandoned"
        if self.ladder.done:
            return "done"
        if self.paused:
            return "paused"
        return "pick" if self.ladder.picks else "screen"


def fold(events: Iterable[Mapping[str, Any]]) -> AlternationState | None:
    """Turn the events of a log into the state of the session.

    Parameters
    ----------
    events : iterable of mapping
        The first is ``start``; each has its number under ``"n"``.

    Returns
    -------
    AlternationState or None
        ``None`` before the start.

    Raises
    ------
    SessionError
        ``E-LOGSTEP`` at the first event that does not fit those before it.

    Examples
    --------
    >>> start = {"n": 1, "event": "start", "items": ["a", "b", "c"], "rater": "r1", "first_end": "best", "seed": 0}
    >>> state = fold([start, {"n": 2, "event": "pick", "items": ["b"]}, {"n": 3, "event": "pick", "items": ["c"]}])
    >>> state.phase, state.ladder.ranks, state.ladder.forced
    ('done', {'b': 1, 'a': 2, 'c': 3}, 'a')
    """
    state: AlternationState | None = None
    for event in events:
        try:
            state = apply(state, event)
        except (SessionError, KeyError, TypeError, AttributeError) as error:
            said = error.items[0] if isinstance(error, SessionError) else None
            reasons = {lang: said.message(lang) if said else repr(error) for lang in ("en", "zh")}
            raise SessionError("E-LOGSTEP", step=event.get("n"), reason=reasons["en"], reason_zh=reasons["zh"]) from error
    return state


def apply(state: AlternationState | None, event: Mapping[str, Any]) -> AlternationState:
    """Take one step.

    Parameters
    ----------
    state : AlternationState or None
        Before; ``None`` for ``start``.
    event : mapping
        Its name under ``"event"``, its number under ``"n"``.

    Returns
    -------
    AlternationState
        After; the one before is left as it is.

    Raises
    ------
    SessionError
        If the step is impossible; its message says why and what to do.
    """
    name = event["event"]
    if state is None or name == "start":
        if state is not None or name != "start":
            raise SessionError("E-SETTING", name="event", value=name, allowed="start, once and first")
        return _start(event)
    if name == "note":
        return state
    if name in ("pause", "resume"):
        return _rest_or_go_on(state, name)
    if state.paused and name != "abandon":
        raise SessionError("E-PAUSED")
    if name == "undo":
        if not state.past:
            raise SessionError("E-NOUNDO")
        n, before = state.past[-1]
        return replace(state, ladder=before, past=state.past[:-1], future=(*state.future, (n, state.ladder)))
    if name == "redo":
        if not state.future:
            raise SessionError("E-NOREDO")
        n, after = state.future[-1]
        return replace(state, ladder=after, past=(*state.past, (n, state.ladder)), future=state.future[:-1])
    if name not in _STEPS:
        raise SessionError("E-SETTING", name="event", value=name, allowed=list(_STEPS))
    if state.ladder.abandoned:
        raise SessionError("E-ABANDONED")
    ladder = _STEPS[name](state.ladder, event)
    return AlternationState(ladder, (*state.past, (event["n"], state.ladder)), (), state.paused and name != "abandon")


def _start(event: Mapping[str, Any]) -> AlternationState:
    items = tuple(sorted(event["items"]))
    if len(items) < FEWEST:
        raise SessionError("E-SHORTLIST", n=len(items))
    if event.get("first_end") not in ENDS:
        raise SessionError("E-SETTING", name="first_end", value=event.get("first_end"), allowed=list(ENDS))
    facts = {k: event.get(k) for k in ("rater", "session", "dimension", "seed", "first_end")}
    return AlternationState(Ladder(items, dict(event.get("labels") or {}), facts, event["first_end"]))


def _rest_or_go_on(state: AlternationState, name: str) -> AlternationState:
    if state.ladder.abandoned:
        raise SessionError("E-ABANDONED")
    if state.ladder.done:
        raise SessionError("E-ALLPLACED")
    if state.paused == (name == "pause"):
        raise SessionError("E-PAUSED" if state.paused else "E-NOTPAUSED")
    return replace(state, paused=name == "pause")


def _pick(ladder: Ladder, event: Mapping[str, Any]) -> Ladder:
    items = tuple(event["items"])
    if not items:
        raise SessionError("E-NOPICK")
    for item in items:
        _must_be_free(ladder, item)
    if len(set(items)) < len(items):
        raise SessionError("E-PICKTWICE", who=ladder.names(i for i in dict.fromkeys(items) if items.count(i) > 1))
    if ladder.done:
        raise SessionError("E-ALLPLACED")
    pick = Pick(len(ladder.picks) + 1, ladder.end, tuple(sorted(items)), len(ladder.unplaced), event["n"])
    return replace(ladder, picks=(*ladder.picks, pick), end=_other(ladder.end))


def _switch(ladder: Ladder, event: Mapping[str, Any]) -> Ladder:  # noqa: ARG001 - every step has the same form
    if ladder.done:
        raise SessionError("E-ALLPLACED")
    return replace(ladder, end=_other(ladder.end))


def _exclude(ladder: Ladder, event: Mapping[str, Any]) -> Ladder:
    item, reason = event["item"], event["reason"]
    if reason not in REASONS:
        raise SessionError("E-SETTING", name="reason", value=reason, allowed=list(REASONS))
    _must_be_free(ladder, item)
    if ladder.picks or ladder.done:
        raise SessionError("E-SCREENED", who=ladder.name(item))
    _must_leave_two(ladder, item)
    return replace(ladder, excluded={**ladder.excluded, item: reason})


def _withdraw(ladder: Ladder, event: Mapping[str, Any]) -> Ladder:
    item = event["item"]
    _must_be_there(ladder, item)
    _must_leave_two(ladder, item)
    return replace(ladder, withdrawn={**ladder.withdrawn, item: str(event.get("reason") or "")})


def _finish(ladder: Ladder, event: Mapping[str, Any]) -> Ladder:
    rest = event.get("rest")
    if ladder.done:
        raise SessionError("E-ALLPLACED")
    if rest is None:
        raise SessionError("E-REST", n=len(ladder.unplaced), who=ladder.names(ladder.unplaced))
    if rest not in RESTS:
        raise SessionError("E-SETTING", name="rest", value=rest, allowed=list(RESTS))
    if rest == "unranked" and not ladder.picks:
        raise SessionError("E-NOPICKS")
    return replace(ladder, rest=rest)


def _abandon(ladder: Ladder, event: Mapping[str, Any]) -> Ladder:  # noqa: ARG001
    return replace(ladder, abandoned=True)


_STEPS: dict[str, Callable[[Ladder, Mapping[str, Any]], Ladder]] = {
    "pick": _pick,
    "switch_end": _switch,
    "exclude": _exclude,
    "withdraw": _withdraw,
    "finish": _finish,
    "abandon": _abandon,
}


def _other(end: End) -> End:
    return "worst" if end == "best" else "best"


def _must_be_there(ladder: Ladder, item: str) -> None:
    """Refuse people who are not, or no longer, in the list."""
    if item not in ladder.items:
        raise SessionError("E-NOTLISTED", who=item, remaining=ladder.names(ladder.remaining))
    if item in ladder.excluded or item in ladder.withdrawn:
        reason, reason_zh = ladder.reason(item)
        raise SessionError("E-OUT", who=ladder.name(item), reason=reason, reason_zh=reason_zh)


def _must_be_free(ladder: Ladder, item: str) -> None:
    """Refuse people who cannot be picked, saying where they are and how to change it."""
    _must_be_there(ladder, item)
    if item in ladder.ranks:
        place, place_zh = ladder.place(item)
        step = ladder.picked[item].number if item in ladder.picked else len(ladder.picks)
        raise SessionError("E-PLACED", who=ladder.name(item), place=place, place_zh=place_zh, step=max(step, 1))


def _must_leave_two(ladder: Ladder, item: str) -> None:
    """Refuse to shorten a list below two people."""
    if len(ladder.items) - len(ladder.excluded) - len(ladder.withdrawn) <= 2:
        raise SessionError("E-LASTTWO", who=ladder.name(item))
