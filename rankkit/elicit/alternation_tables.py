"""Tables of an alternation session: the ranking, the ladder of picks, the events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from rankkit.elicit.alternation_state import AlternationState, apply
from rankkit.elicit.ladder import Ladder

_STATUS = {"not_known": "not_known", "absent": "not_presented", "conflict": "not_presented"}


def ranking_frame(ladder: Ladder, events: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """One row a person of the list, best first; then those left over, crossed out or withdrawn.

    Parameters
    ----------
    ladder : Ladder
        The list.
    events : sequence of mapping
        Of its log, for the response times (milliseconds).

    Returns
    -------
    DataFrame
        ``rater, session, ratee, rank, status, pick, end, forced`` and, where there are any, ``dimension, ratee_label,
        reason, response_ms``. Those withdrawn keep neither rank nor pick; the log has their history.

    Examples
    --------
    >>> from rankkit.elicit.alternation_state import fold
    >>> picked = {"n": 2, "event": "pick", "items": ["b"], "response_ms": 2100}
    >>> start = {"n": 1, "event": "start", "items": ["a", "b", "c"], "rater": "r1", "first_end": "best", "seed": 0}
    >>> left = {"n": 3, "event": "finish", "rest": "unranked"}
    >>> ranking_frame(fold([start, picked, left]).ladder, [start, picked, left])[["ratee", "rank", "status"]].values.tolist()
    [['b', 1, 'ranked'], ['a', <NA>, 'unranked'], ['c', <NA>, 'unranked']]
    """
    times = response_times(events)
    rows = []
    for item in sorted(ladder.items, key=lambda i: (ladder.ranks.get(i, len(ladder.items) + 1), i)):
        pick = ladder.picked.get(item) if item in ladder.ranks else None
        rows.append(
            {
                "rater": ladder.facts.get("rater"),
                "session": ladder.facts.get("session"),
                "dimension": ladder.facts.get("dimension"),
                "ratee": item,
                "ratee_label": ladder.labels.get(item, item),
                "rank": ladder.ranks.get(item),
                "status": status_of(ladder, item),
                "pick": pick.number if pick else None,
                "end": pick.end if pick else None,
                "forced": item == ladder.forced,
                "reason": (ladder.excluded.get(item) or ladder.withdrawn.get(item)) or None,
                "response_ms": times.get(pick.event) if pick else None,
            }
        )
    frame = pd.DataFrame(rows)
    for name in ("rank", "pick", "response_ms"):
        frame[name] = frame[name].astype("Int64")
    unneeded = [c for c in ("dimension", "session", "reason", "response_ms") if frame[c].isna().all()]
    if (frame["ratee_label"] == frame["ratee"]).all():
        unneeded.append("ratee_label")
    return frame.drop(columns=unneeded)


def status_of(ladder: Ladder, item: str) -> str:
    """Status of a person in a table of rankings.

    Parameters
    ----------
    ladder : Ladder
        The list.
    item : str
        Somebody of it.

    Returns
    -------
    str
        ``ranked, unranked, not_presented, not_known`` or ``withdrawn``.

    Examples
    --------
    >>> status_of(Ladder(("a", "b", "c"), {}, {}, "best", excluded={"a": "absent"}), "a")
    'not_presented'
    """
    if item in ladder.withdrawn:
        return "withdrawn"
    if item in ladder.excluded:
        return _STATUS[ladder.excluded[item]]
    return "ranked" if item in ladder.ranks else "unranked"


def response_times(events: Sequence[Mapping[str, Any]]) -> dict[int, int]:
    """Response times in milliseconds by number of the event.

    Parameters
    ----------
    events : sequence of mapping
        Of a log.

    Returns
    -------
    dict
        Only events that have one.

    Examples
    --------
    >>> response_times([{"n": 2, "event": "pick", "response_ms": 2100}, {"n": 3, "event": "undo"}])
    {2: 2100}
    """
    return {event["n"]: int(event["response_ms"]) for event in events if event.get("response_ms") is not None}


def ladder_frame(ladder: Ladder, events: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return the picks in force, in order, one row a person picked; the forced placement last.

    Parameters
    ----------
    ladder : Ladder
        The list.
    events : sequence of mapping
        Of its log, for the response times.

    Returns
    -------
    DataFrame
        ``pick, stage, end, ratee, label, rank, tied, shown, forced, status, response_ms``: ``tied`` is the size of the
        pick, ``shown`` the number of people it was taken from. Somebody withdrawn since has no rank.

    Examples
    --------
    >>> from rankkit.elicit.alternation_state import fold
    >>> start = {"n": 1, "event": "start", "items": ["a", "b", "c"], "rater": "r1", "first_end": "best", "seed": 0}
    >>> log = [start, {"n": 2, "event": "pick", "items": ["b"]}, {"n": 3, "event": "pick", "items": ["c"]}]
    >>> ladder_frame(fold(log).ladder, log)[["ratee", "end", "shown", "forced"]].values.tolist()
    [['b', 'best', 3, False], ['c', 'worst', 2, False], ['a', None, 1, True]]
    """
    times = response_times(events)
    rows: list[tuple[Any, ...]] = [
        (p.number, p.stage, p.end, i, ladder.ranks.get(i), len(p.items), p.shown, False, status_of(ladder, i), times.get(p.event))
        for p in ladder.picks
        for i in p.items
    ]
    if ladder.forced is not None:
        rows.append((None, None, None, ladder.forced, ladder.ranks[ladder.forced], 1, 1, True, "ranked", None))
    columns = ["pick", "stage", "end", "ratee", "rank", "tied", "shown", "forced", "status", "response_ms"]
    frame = pd.DataFrame(rows, columns=columns)
    for name in ("pick", "stage", "rank", "tied", "shown", "response_ms"):
        frame[name] = frame[name].astype("Int64")
    frame["end"] = frame["end"].astype(object).where(frame["end"].notna(), None)
    frame.insert(4, "label", [ladder.labels.get(i, i) for i in frame["ratee"]])
    return frame


def event_frame(events: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Every event of a log, also those taken back.

    Parameters
    ----------
    events : sequence of mapping
        Of a log that can be replayed.

    Returns
    -------
    DataFrame
        ``n, at, event, end, items, reason, text, cancels, in_force, response_ms``: ``end`` is what was asked for at a
        pick, ``cancels`` the number of the event an undo takes back or a redo brings back, ``in_force`` whether a step
        that changes the list counts now.

    Examples
    --------
    >>> start = {"n": 1, "event": "start", "items": ["a", "b", "c"], "rater": "r1", "first_end": "best", "seed": 0}
    >>> log = [start, {"n": 2, "event": "pick", "items": ["b"]}, {"n": 3, "event": "undo", "of": 2}]
    >>> event_frame(log)[["event", "end", "in_force"]].values.tolist()
    [['start', None, True], ['pick', 'best', False], ['undo', None, None]]
    """
    state: AlternationState | None = None
    rows = []
    for event in events:
        picked = event["event"] == "pick" and state is not None
        rows.append(
            {
                "n": event["n"],
                "at": event.get("at"),
                "event": event["event"],
                "end": state.ladder.end if picked and state is not None else None,
                "items": tuple(event.get("items") or ([event["item"]] if "item" in event else [])),
                "reason": event.get("reason") or event.get("rest"),
                "text": event.get("text"),
                "cancels": event.get("of"),
                "response_ms": event.get("response_ms"),
            }
        )
        state = apply(state, event)
    frame = pd.DataFrame(rows)
    now = {n for n, _ in state.past} | {1} if state is not None else set()
    changing = ~frame["event"].isin(["undo", "redo", "note", "pause", "resume"])
    frame["in_force"] = [bool(n in now) if c else None for n, c in zip(frame["n"], changing, strict=True)]
    for name in ("cancels", "response_ms"):
        frame[name] = frame[name].astype("Int64")
    for name in ("end", "reason", "text", "in_force"):
        frame[name] = frame[name].astype(object).where(frame[name].notna(), None)
    return frame
