"""How often people appeal, how often grades are changed, how long it takes: what the procedure says of the procedure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from rankkit.calibration.adverse_impact.impact_tables import hidden_groups
from rankkit.calibration.appeals import appeal_tables
from rankkit.calibration.appeals.appeal_people import AppealNames
from rankkit.calibration.appeals.appeal_policy import REASONS
from rankkit.calibration.appeals.appeal_state import AppealState, Case
from rankkit.calibration.sessions.session_tables import clopper_pearson
from rankkit.errors import Problem, SettingsError
from rankkit.kernels import multiplicity
from rankkit.kernels.grading.selection_rates import exact_p
from rankkit.kernels.grading.waiting_times import WaitingTimes, waiting_times
from rankkit.tables.attributes import Attributes
from rankkit.wording.appeals import worded

_COLUMNS = [
    "n", "appeals", "rate", "rate_low", "rate_high", "rate_p", "rate_mid_p", "rate_q",
    "decided", "overturned", "overturn", "overturn_low", "overturn_high", "overturn_p", "overturn_mid_p", "overturn_q", "reason",
]  # fmt: skip
_COUNTS = ("n", "appeals", "decided", "overturned")
_FLAG = 0.05


@dataclass(frozen=True, eq=False)
class AppealStatistics:
    """Appeals in numbers.

    Attributes
    ----------
    by : str
        What people were grouped by.
    table : DataFrame
        By group: ``n`` (graded), ``appeals`` (people who appealed), ``rate`` with its exact interval, ``rate_p`` (Fisher, two-sided,
        group against everybody else), ``rate_mid_p``, ``rate_q`` (Holm over the groups); ``decided`` (on the merits), ``overturned``
        (adjusted, or a defect of the procedure), ``overturn`` with the same; ``reason`` where numbers are withheld.
    overall : Series
        The same of all, and ``open, inadmissible, withdrawn``.
    times : Series
        Working days from submission to approval: ``n, open, median`` (of those decided), ``median_all`` with ``low, high`` (product-limit:
        those still open count as waiting so long at least), ``longest_open``.
    reasons : DataFrame
        By reason: ``appeals, decided, overturned``.
    notes : tuple of Problem
        What to keep in mind.
    """

    by: str
    table: pd.DataFrame
    overall: pd.Series[Any]
    times: pd.Series[Any]
    reasons: pd.DataFrame
    notes: tuple[Problem, ...]


def statistics(
    state: AppealState, names: AppealNames, by: str, attributes: Attributes | None, on: dt.date, min_group: int, level: float
) -> AppealStatistics:
    """Count appeals and what became of them.

    Raises
    ------
    SettingsError
        If ``by`` is neither ``manager, unit, grade`` nor an attribute that is given.
    """
    if isinstance(min_group, bool) or not isinstance(min_group, int) or min_group < 2:
        raise SettingsError("E-SETTING", name="min_group", value=min_group, allowed="≥ 2")
    if not isinstance(level, float) or not 0.5 <= level < 1:
        raise SettingsError("E-SETTING", name="level", value=level, allowed="0.5–1")
    group = _groups(state, names, by, attributes)
    people = [w for w, g in state.before.items() if g is not None and w in group]
    own = {w: [c for c in state.cases.values() if c.who == w] for w in people}
    frame = pd.DataFrame(
        {
            "group": [group[w] for w in people],
            "appealed": [bool(own[w]) for w in people],
            "decided": [sum(c.examined for c in own[w]) for w in people],
            "overturned": [sum(_overturned(c) for c in own[w]) for w in people],
        }
    )
    table = _table(frame, min_group, level, protected=attributes is not None and by in attributes.names)
    notes = []
    hidden = int((table["reason"] != "").sum())
    if hidden:
        notes.append(Problem("W-APPEALSMALL", None, None, None, {"n": hidden, "least": min_group}))
    flagged = table.index[(table["overturn_q"] < _FLAG) & (table["overturn"] > _share(frame, "overturned", "decided"))].tolist()
    if flagged:
        flag = "F-OVERTURN"
        notes += [Problem(flag, None, None, None, {"groups": flagged}), Problem(f"{flag}-ELSE")]
    lacking = sum(g is not None for g in state.before.values()) - len(people)
    if lacking:
        notes.append(Problem("W-APPEALUNKNOWN", None, None, None, worded(n=lacking, basis=by)))
    return AppealStatistics(by, table, _overall(state, frame, level), _times(state, on, level), _reasons(state), tuple(notes))


def _groups(state: AppealState, names: AppealNames, by: str, attributes: Attributes | None) -> dict[str, str]:
    if attributes is not None:
        if not isinstance(attributes, Attributes):
            raise SettingsError("E-SETTING", name="attributes", value=type(attributes).__name__, allowed="rankkit.Attributes")
        if by in attributes.names:
            held = attributes.frame[attributes.frame["attribute"] == by].set_index("person")["value"].astype(str).to_dict()
            return {w: held[names.id(w)] for w in state.before if names.id(w) in held}
    if by == "grade":
        return {w: g for w, g in state.before.items() if g is not None}
    if by == "manager":
        return {w: names.manager(w) for w in state.before if names.fact(w, by) is not None}
    if by == "unit":
        return {w: str(t) for w in state.before if (t := names.fact(w, by)) is not None}
    allowed = ["manager", "unit", "grade", *(attributes.names if attributes is not None else [])]
    raise SettingsError("E-SETTING", name="by", value=by, allowed=allowed)


def _overturned(case: Case) -> bool:
    return case.examined and case.outcome in ("adjusted", "process_defect")


def _share(frame: pd.DataFrame, hits: str, of: str) -> float:
    total = int(frame[of].sum())
    return int(frame[hits].sum()) / total if total else float("nan")


def _table(frame: pd.DataFrame, min_group: int, level: float, *, protected: bool) -> pd.DataFrame:
    sizes = {str(g): int(n) for g, n in frame.groupby("group").size().items()}
    hidden = hidden_groups(sizes, min_group)
    decided = {str(g): int(n) for g, n in frame.groupby("group")["decided"].sum().items() if g not in hidden}
    quiet = hidden_groups(decided, min_group) if protected else set()
    all_n, all_a = len(frame), int(frame["appealed"].sum())
    all_d, all_o = int(frame["decided"].sum()), int(frame["overturned"].sum())
    rows: dict[str, dict[str, Any]] = {}
    for g in sorted(sizes):
        row: dict[str, Any] = dict.fromkeys(_COLUMNS, np.nan) | dict.fromkeys(_COUNTS, pd.NA)
        if g in hidden:
            rows[g] = row | {"reason": "too few people to show"}
            continue
        part = frame[frame["group"] == g]
        n, a, d, o = len(part), int(part["appealed"].sum()), int(part["decided"].sum()), int(part["overturned"].sum())
        row |= {"n": n, "appeals": a, "reason": ""} | _rate("rate", a, n, all_a - a, all_n - n, level)
        if g not in quiet:
            row |= {"decided": d, "overturned": o} | _rate("overturn", o, d, all_o - o, all_d - d, level)
        else:
            row |= {"reason": "too few decided to show"}
        rows[g] = row
    table = pd.DataFrame.from_dict(rows, orient="index", columns=_COLUMNS).rename_axis("group").astype(dict.fromkeys(_COUNTS, "Int64"))
    for kind in ("rate", "overturn"):
        table[f"{kind}_q"] = multiplicity.holm(table[f"{kind}_p"].to_numpy(dtype=np.float64))
    return table


def _rate(name: str, a: int, n: int, c: int, m: int, level: float) -> dict[str, float]:
    """Share with its exact interval, and exact tests against the rest."""
    if not n:
        return {}
    low, high = clopper_pearson(a, n, level)
    found = {name: a / n, f"{name}_low": low, f"{name}_high": high}
    if m:
        fisher, mid = exact_p(a, n, c, m)
        found |= {f"{name}_p": fisher, f"{name}_mid_p": mid}
    return found


def _overall(state: AppealState, frame: pd.DataFrame, level: float) -> pd.Series[Any]:
    n, a, d, o = len(frame), int(frame["appealed"].sum()), int(frame["decided"].sum()), int(frame["overturned"].sum())
    counted = list(state.cases.values())
    found: dict[str, Any] = {"n": n, "appeals": a} | _rate("rate", a, n, 0, 0, level) | {"decided": d, "overturned": o}
    found |= _rate("overturn", o, d, 0, 0, level)
    found |= {"open": sum(c.open and c.outcome != "inadmissible" and c.stage != "approved" for c in counted)}
    found |= {kind: sum(c.outcome == kind for c in counted) for kind in ("inadmissible", "withdrawn")}
    return pd.Series(found, dtype="object")


def _times(state: AppealState, on: dt.date, level: float) -> pd.Series[Any]:
    """Working days to approval; rejected and withdrawn appeals never came to a decision and are left out."""
    kept = [c for c in state.cases.values() if c.outcome not in ("inadmissible", "withdrawn") and c.submitted <= on]
    ends = [appeal_tables.ended(c) for c in kept]
    done = np.array([e is not None and e <= on for e in ends], dtype=bool)
    days = np.array(
        [state.calendar.between(c.submitted, e if d and e else on) for c, e, d in zip(kept, ends, done, strict=True)], dtype=np.float64
    )
    found: WaitingTimes = waiting_times(days, done, level)
    return pd.Series(
        {
            "n": len(kept),
            "open": int((~done).sum()),
            "median": float(np.median(days[done])) if done.any() else np.nan,
            "median_all": found.median,
            "low": found.low,
            "high": found.high,
            "longest_open": float(days[~done].max()) if (~done).any() else np.nan,
        },
        dtype="object",
    )


def _reasons(state: AppealState) -> pd.DataFrame:
    rows = {r: [c for c in state.cases.values() if c.reason == r] for r in REASONS}
    counted = {
        r: {"appeals": len(cs), "decided": sum(c.examined for c in cs), "overturned": sum(map(_overturned, cs))}
        for r, cs in rows.items()
        if cs
    }
    return pd.DataFrame.from_dict(counted, orient="index", columns=["appeals", "decided", "overturned"]).rename_axis("reason")
