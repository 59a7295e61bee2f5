"""Status and reason of everybody in a table of rankings."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from rankkit.errors import Problem
from rankkit.kernels.arrays import Bools, Ints
from rankkit.result import Result, Status
from rankkit.tables.ranking_picks import NOT_KNOWN, NOT_PRESENTED, UNRANKED, WITHDRAWN
from rankkit.tables.rankings import Rankings

Standing = tuple[tuple[Status, ...], tuple[Problem | None, ...]]


def standing(table: Rankings, rows: Bools, active: Ints, reason: Problem | None) -> Standing:
    """Status and reason of each person on one dimension.

    Parameters
    ----------
    table : Rankings
        The table.
    rows : ndarray of bool, shape (rows,)
        Those of the dimension.
    active : ndarray of int
        People with a score.
    reason : Problem or None
        Why these scores are provisional.
    """
    n = len(table.people)
    has = {code: np.bincount(table.ratee[rows & (table.status == code)], minlength=n) > 0 for code in range(WITHDRAWN + 1)}
    shown = np.bincount(table.ratee[rows & (table.status <= UNRANKED)], minlength=n) > 0
    status: list[Status] = ["insufficient_data"] * n
    reasons: list[Problem | None] = [Problem("S-NOLIST")] * n
    scored = set(active.tolist())
    for i in range(n):
        if i in scored:
            status[i], reasons[i] = ("scored" if reason is None else "provisional"), reason
        elif has[WITHDRAWN][i]:
            status[i], reasons[i] = "withdrawn", Problem("S-WITHDRAWN")
        elif shown[i]:
            reasons[i] = Problem("S-NOCHOICE")
        elif has[NOT_KNOWN][i]:
            reasons[i] = Problem("S-NOTKNOWN")
        elif has[NOT_PRESENTED][i]:
            reasons[i] = Problem("S-NOTSHOWN")
    return tuple(status), tuple(reasons)


def over_dimensions(table: Rankings, fits: Mapping[str, Result], fitted: Bools, *, combined: bool) -> Standing:
    """Status and reason of each person over several dimensions; ``fitted`` says who has a score on which."""
    why = {r.code: r for f in fits.values() for s, r in zip(f.status, f.reasons, strict=True) if s == "provisional" and r is not None}
    provisional = why[min(why)] if why else None
    before = standing(table, np.ones(len(table), dtype=bool), np.zeros(0, dtype=np.int64), None)
    status, reasons = list(before[0]), list(before[1])
    for i in np.flatnonzero(fitted.any(axis=0)):
        if not combined:
            status[i], reasons[i] = "not_scored", Problem("S-LISTDIMENSIONS")
        elif fitted[:, i].all():
            status[i], reasons[i] = "scored" if provisional is None else "provisional", provisional
        else:
            lacking = [d for d, has in zip(fits, fitted[:, i], strict=True) if not has]
            status[i], reasons[i] = "insufficient_data", Problem("S-NOLISTON", None, None, None, {"dimension": lacking})
    return tuple(status), tuple(reasons)


def raters_per_person(table: Rankings, rows: Bools) -> Ints:
    """Number of raters each person was shown to."""
    shown = rows & (table.status <= UNRANKED)
    seen = np.unique(table.ratee[shown] * len(table.raters) + table.rater[shown])
    return np.bincount(seen // len(table.raters), minlength=len(table.people)).astype(np.int64)
