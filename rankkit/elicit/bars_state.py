"""What a scale under construction has come to: a pure function of its events.

Each step of Smith & Kendall's procedure is an event that holds what people said. ``undo`` cancels the last one that still
holds, ``reopen`` cancels a step and all after it; both are events too: nothing is deleted. Times never matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from rankkit.errors import Problem, SessionError

STEPS = ("dimensions", "incidents", "edit", "retranslation", "scaling", "selection", "anchoring", "pilot")
Facts = Mapping[str, Any]


@dataclass(frozen=True)
class BarsState:
    """A scale under construction.

    Attributes
    ----------
    title : str
        What the scale is for.
    scale : (float, float)
        Lowest and highest point of effectiveness.
    seed : int
        Of the order of incidents on judges' forms.
    dimensions : tuple of mapping
        ``dimension, label, definition, high, acceptable, low``.
    definers : tuple of str
        Group A: who defined the dimensions.
    incidents : mapping of str to mapping
        By id: ``dimension, situation, behaviour, result, text, effectiveness, author``.
    dropped : mapping of str to mapping
        Incidents taken out while editing: ``reason``, and ``duplicate_of`` where that is the reason.
    choices : mapping of str to mapping
        Group C, by judge: ``role, group, choices`` (incident to dimension or ``"none"``).
    placings : mapping of str to mapping
        Group C or D, by judge: ``role, group, placings`` (incident to point).
    overlaps : tuple of mapping
        Judges who were let in although they had written or defined: ``step, judges``.
    selection, anchoring : mapping
        Settings of selection and of anchors.
    pilot : tuple of tuple
        Ratings of the pilot: rater, ratee, dimension, score.
    """

    title: str
    scale: tuple[float, float]
    seed: int
    dimensions: tuple[Facts, ...] = ()
    definers: tuple[str, ...] = ()
    incidents: Mapping[str, Facts] = field(default_factory=dict)
    dropped: Mapping[str, Facts] = field(default_factory=dict)
    choices: Mapping[str, Facts] = field(default_factory=dict)
    placings: Mapping[str, Facts] = field(default_factory=dict)
    overlaps: tuple[Facts, ...] = ()
    selection: Facts = field(default_factory=dict)
    anchoring: Facts = field(default_factory=dict)
    pilot: tuple[tuple[Any, ...], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Ids of the dimensions."""
        return tuple(d["dimension"] for d in self.dimensions)

    @property
    def authors(self) -> set[str]:
        """Group B: who wrote incidents."""
        return {str(i["author"]) for i in self.incidents.values() if i.get("author")}

    @property
    def in_hand(self) -> tuple[str, ...]:
        """Ids of the incidents that editing left, sorted."""
        return tuple(sorted(i for i in self.incidents if i not in self.dropped))

    @property
    def step(self) -> str:
        """The step that waits to be done; ``"done"`` after the pilot."""
        waiting = {
            "dimensions": not self.dimensions,
            "incidents": not self.incidents,
            "retranslation": not self.choices,
            "scaling": not self.placings,
            "pilot": not self.pilot,
        }
        return next((step for step, open_ in waiting.items() if open_), "done")


def effective(events: Iterable[Facts]) -> list[Facts]:
    """Events that still hold, in order, without ``undo``, ``reopen`` and notes.

    >>> log = [{"event": "start"}, {"event": "edit"}, {"event": "scaling"}, {"event": "reopen", "step": "scaling"}]
    >>> [e["event"] for e in effective(log)]
    ['start', 'edit']
    """
    held: list[Facts] = []
    for event in events:
        name = event["event"]
        if name == "undo":
            if len(held) < 2:
                raise SessionError("E-NOUNDO")
            held.pop()
        elif name == "reopen":
            if event.get("step") not in STEPS:
                raise SessionError("E-SETTING", name="step", value=event.get("step"), allowed=list(STEPS))
            first = STEPS.index(event["step"])
            held = [e for e in held if e["event"] == "start" or STEPS.index(e["event"]) < first]
        elif name != "note":
            held.append(event)
    return held


def fold(events: Iterable[Facts]) -> BarsState:
    """Turn the events of a log into the state of the scale.

    Parameters
    ----------
    events : iterable of mapping
        The first is ``start``.

    Returns
    -------
    BarsState

    Raises
    ------
    SessionError
        ``E-LOGSTEP`` at the first event that does not fit those before it.

    Examples
    --------
    >>> fold([{"n": 1, "event": "start", "title": "Service", "scale": [1, 7], "seed": 0}]).step
    'dimensions'
    """
    state: BarsState | None = None
    for event in effective(events):
        try:
            state = apply(state, event)
        except (SessionError, KeyError, TypeError, AttributeError) as error:
            said = error.items[0] if isinstance(error, SessionError) else None
            reasons = {lang: said.message(lang) if said else repr(error) for lang in ("en", "zh")}
            raise SessionError("E-LOGSTEP", step=event.get("n"), reason=reasons["en"], reason_zh=reasons["zh"]) from error
    if state is None:
        raise SessionError("E-LOGSTEP", step=0, reason="start", reason_zh="start")
    return state


def apply(state: BarsState | None, event: Facts) -> BarsState:
    """Take one step.

    Parameters
    ----------
    state : BarsState or None
        Before; ``None`` for ``start``.
    event : mapping
        Its name under ``"event"``.

    Returns
    -------
    BarsState
        After; the one before is left as it is.

    Raises
    ------
    SessionError
        If the step is impossible: ``E-STEPBEFORE, E-SAMEJUDGES, E-ALREADYJUDGED, E-JUDGEDTWICE`` and others.
    """
    name = event["event"]
    if state is None or name == "start":
        if state is not None or name != "start":
            raise SessionError("E-SETTING", name="event", value=name, allowed="start, once and first")
        low, high = event["scale"]
        return BarsState(str(event.get("title", "")), (float(low), float(high)), int(event.get("seed", 0)))
    if name not in _STEPS:
        raise SessionError("E-SETTING", name="event", value=name, allowed=list(_STEPS))
    return _STEPS[name](state, event)


def _dimensions(state: BarsState, event: Facts) -> BarsState:
    if state.choices or state.placings:
        raise SessionError("E-STEPAFTER", step="dimensions", later="retranslation")
    known = {d["dimension"] for d in event["dimensions"]}
    lost = sorted({i["dimension"] for i in state.incidents.values() if i.get("dimension")} - known)
    if lost:
        raise SessionError("E-DIMENSIONUSED", names=lost)
    return replace(state, dimensions=tuple(event["dimensions"]), definers=tuple(event.get("judges", ())))


def _incidents(state: BarsState, event: Facts) -> BarsState:
    _need(state, "dimensions", "incidents", done=bool(state.dimensions))
    new = {row["incident"]: {k: v for k, v in row.items() if k != "incident"} for row in event["incidents"]}
    again = sorted(set(new) & set(state.incidents))
    if again:
        raise SessionError([Problem("E-INCIDENTTWICE", None, "incident", i) for i in again])
    writers = {str(i["author"]) for i in new.values() if i.get("author")}
    state = _checked(state, "incidents", writers, {*state.choices, *state.placings}, event)
    return replace(state, incidents={**state.incidents, **new})


def _edit(state: BarsState, event: Facts) -> BarsState:
    _need(state, "incidents", "edit", done=bool(state.incidents))
    texts, drop = dict(event.get("texts", {})), dict(event.get("drop", {}))
    unknown = sorted({*texts, *drop} - set(state.incidents))
    if unknown:
        raise SessionError([Problem("E-UNKNOWNINCIDENT", None, "incident", i) for i in unknown])
    judged = {i for j in state.choices.values() for i in j["choices"]} | {i for j in state.placings.values() for i in j["placings"]}
    rewritten = sorted(i for i in texts if i in judged and texts[i] != state.incidents[i].get("text"))
    if rewritten:
        raise SessionError([Problem("E-ALREADYJUDGED", None, "incident", i) for i in rewritten])
    incidents = {i: {**facts, "text": texts[i]} if i in texts else facts for i, facts in state.incidents.items()}
    return replace(state, incidents=incidents, dropped={**state.dropped, **drop})


def _retranslation(state: BarsState, event: Facts) -> BarsState:
    _need(state, "incidents", "retranslation", done=bool(state.incidents))
    state = _checked(state, "retranslation", set(event["judges"]), {*state.definers, *state.authors}, event)
    return replace(state, choices=_joined(state.choices, event["judges"], "choices"))


def _scaling(state: BarsState, event: Facts) -> BarsState:
    _need(state, "incidents", "scaling", done=bool(state.incidents))
    state = _checked(state, "scaling", set(event["judges"]), {*state.definers, *state.authors}, event)
    return replace(state, placings=_joined(state.placings, event["judges"], "placings"))


def _selection(state: BarsState, event: Facts) -> BarsState:
    return replace(state, selection=dict(event["settings"]))


def _anchoring(state: BarsState, event: Facts) -> BarsState:
    return replace(state, anchoring=dict(event["settings"]))


def _pilot(state: BarsState, event: Facts) -> BarsState:
    _need(state, "scaling", "pilot", done=bool(state.placings))
    return replace(state, pilot=(*state.pilot, *map(tuple, event["ratings"])))


def _need(state: BarsState, before: str, step: str, *, done: bool) -> None:
    """Refuse a step before the one it builds on."""
    if not done:
        raise SessionError("E-STEPBEFORE", step=step, before=before, waiting=state.step)


def _checked(state: BarsState, step: str, judges: set[str], others: set[str], event: Facts) -> BarsState:
    """Refuse judges who belong to the other groups, unless that was accepted; then it is recorded."""
    both = sorted(judges & others)
    if not both:
        return state
    if not event.get("allow_overlap"):
        raise SessionError("E-SAMEJUDGES", who=both, step=step)
    return replace(state, overlaps=(*state.overlaps, {"step": step, "judges": both}))


def _joined(known: Mapping[str, Facts], new: Mapping[str, Facts], what: str) -> dict[str, Facts]:
    """Add what judges said to what they had said before; nothing may be said twice."""
    out = dict(known)
    problems = []
    for judge, said in new.items():
        before = out.get(judge, {what: {}})
        twice = sorted(set(before[what]) & set(said[what]))
        problems += [Problem("E-JUDGEDTWICE", None, None, None, {"judge": judge, "incident": i}) for i in twice]
        out[judge] = {**before, **said, what: {**before[what], **said[what]}}
    if problems:
        raise SessionError(problems)
    return out


_STEPS: dict[str, Callable[[BarsState, Facts], BarsState]] = {
    "dimensions": _dimensions,
    "incidents": _incidents,
    "edit": _edit,
    "retranslation": _retranslation,
    "scaling": _scaling,
    "selection": _selection,
    "anchoring": _anchoring,
    "pilot": _pilot,
}
