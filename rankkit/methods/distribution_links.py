"""Whether the people of one curve were ever compared: groups that share no rater have scores on scales of their own."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from rankkit.errors import Problem
from rankkit.kernels.arrays import Ints
from rankkit.methods.distribution_curves import Curves
from rankkit.result import Result

_GROUPS, _NAMES = 4, 3  # groups, and people of each, that are named
_APART = ("disconnected", "nested")


def unlinked(table: Result, curves: Curves, *, whole: bool, code: str) -> list[Problem]:
    """Name the groups on one curve that no rater links.

    Nobody is told apart who need not be: where the source says in writing that teams are equally good on average, its
    scores are on one scale by that.

    Parameters
    ----------
    table : Result
        The scores.
    curves : Curves
        Who is graded with whom.
    whole : bool
        Whether units are compared with each other as well.
    code : str
        Of the message: a warning, or the reason of a refusal.

    Returns
    -------
    list of Problem
        One a curve; empty if all is linked.
    """
    design = table.design
    if design is None or design.kind not in _APART or any(note.code == "I-ASSUMETEAMS" for note in table.notes):
        return []
    component = {p: k for k, group in enumerate(design.components) for p in group}
    graded = np.flatnonzero(curves.code >= 0)
    pools = [("", graded)] if whole else [(name, np.flatnonzero(curves.code == k)) for k, name in enumerate(curves.names)]
    found = []
    for name, people in pools:
        details = _groups(table, component, people)
        if details:
            details |= {"curve": f" ({name})" if name else "", "curve_zh": f"（{name}）" if name else ""}
            found.append(Problem(code, None, None, None, details))
    return found


def _groups(table: Result, component: dict[str, int], people: Ints) -> dict[str, Any]:
    """Groups of some people; nothing if they are one."""
    groups: dict[int, list[str]] = defaultdict(list)
    for i in people:
        person = table.people[i]
        if person in component:
            groups[component[person]].append(table.labels.get(person, person))
    if len(groups) < 2:
        return {}
    named = [", ".join(g[:_NAMES]) + (" …" if len(g) > _NAMES else "") for _, g in sorted(groups.items())]
    return {"groups": len(groups), "who": "; ".join(named[:_GROUPS]) + ("; …" if len(named) > _GROUPS else "")}
