"""Groups in a session: how they fare now, after a move only thought of, and after each move made. Nothing of it is kept.

A move record that held how groups fare would put attributes into the file of the session. The answer is worked out anew
from the log and the attributes whenever it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from rankkit.calibration.adverse_impact.impact import Impact, impact_of_counts
from rankkit.calibration.sessions.session_cuts import held_at
from rankkit.calibration.sessions.session_people import Names
from rankkit.calibration.sessions.session_state import SessionState
from rankkit.errors import InsufficientDataError, Problem, SettingsError
from rankkit.tables.attributes import Attributes

_KEYS = ["attribute", "outcome", "end", "group", "against"]
_KEPT = ["reference", "ratio", "adverse_ratio", "mid_p", "verdict"]


@dataclass(frozen=True, eq=False)
class WhatIf:
    """What a move would do to groups; nothing of it is kept.

    Attributes
    ----------
    now, then : Impact
        Before and after the move.
    """

    now: Impact
    then: Impact

    @property
    def table(self) -> pd.DataFrame:
        """Ratios of both ends side by side: ``attribute, outcome, end, group, reference, ratio_now, ratio_then, …``."""
        return side_by_side(self.now, self.then, "now", "then")


def side_by_side(first: Impact, second: Impact, one: str, other: str) -> pd.DataFrame:
    """Put the ratios of two states beside each other."""
    parts = [i.comparisons.set_index(_KEYS)[_KEPT].add_suffix(f"_{when}") for i, when in ((first, one), (second, other))]
    return parts[0].join(parts[1], how="outer").reset_index()


def must_be_attributes(attributes: object) -> None:
    """Refuse anything but attributes."""
    if not isinstance(attributes, Attributes):
        raise SettingsError("E-SETTING", name="attributes", value=type(attributes).__name__, allowed="rankkit.Attributes")


def of_grades(state: SessionState, names: Names, attributes: Attributes, held: Mapping[str, str | None], min_group: int = 5) -> Impact:
    """Adverse impact of grades, at both ends."""
    must_be_attributes(attributes)
    graded = {names.id(w): g for w, g in held.items() if g is not None}
    rows = attributes.frame.rename(columns={"value": "group"})
    rows = rows[rows["person"].isin(graded)]
    if rows.empty:
        raise InsufficientDataError("E-IMPACTNOBODY")
    counts = rows.assign(grade=rows["person"].map(graded)).groupby(["attribute", "group", "grade"]).size().rename("n").reset_index()
    found = impact_of_counts(counts, grades=list(state.grades), min_group=min_group, law=state.policy.law)
    lacking = {name: len(graded) - int((rows["attribute"] == name).sum()) for name in attributes.names}
    told = [Problem("W-IMPACTUNKNOWN", None, k, None, {"n": n, "total": len(graded)}) for k, n in lacking.items() if n]
    return replace(found, notes=(*told, *found.notes))


def of_moves(state: SessionState, names: Names, attributes: Attributes, min_group: int = 5) -> pd.DataFrame:
    """How groups fared just before and just after each move that stands, at both ends.

    Whose rate changes tells the group of the person moved to whoever reads it: it is for those who may know that.

    Returns
    -------
    DataFrame
        By number of the event: ``label, moved``, then what :func:`side_by_side` gives, ``_before`` and ``_after``; groups against
        the one that fares best.
    """
    must_be_attributes(attributes)
    parts: list[pd.DataFrame] = []
    for m in state.standing:
        held = held_at(state, m.n)
        first = of_grades(state, names, attributes, held, min_group)
        table = side_by_side(first, of_grades(state, names, attributes, {**held, m.who: m.data["to"]}, min_group), "before", "after")
        shown = table[table["against"] == "highest"].drop(columns="against")
        shown.insert(0, "moved", f"{m.data['from'] or '—'} → {m.data['to']}")
        shown.insert(0, "label", names.label(m.who))
        shown.insert(0, "move", m.n)
        parts.append(shown)
    empty: dict[str, Any] = {c: [] for c in ("move", "label", "moved", *_KEYS[:-1])}
    return (pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(empty)).set_index("move")
