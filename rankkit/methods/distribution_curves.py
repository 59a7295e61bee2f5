"""Whom a curve is for: everybody who is eligible, each unit with small ones pooled, or units within company totals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Literal

import numpy as np
import pandas as pd

from rankkit.assessment import is_number
from rankkit.errors import InsufficientDataError, PolicyError, Problem
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.grading.curve_units import pool
from rankkit.kernels.ranking import tie_groups
from rankkit.result import Result
from rankkit.tables.people import People

SmallUnits = Literal["pool", "guideline"]
_NO = frozenset({"no", "n", "false", "0", "0.0", "否", "无", "没有", "不是"})  # answers to: is there anything against grading?
_YES = frozenset({"yes", "y", "true", "1", "1.0", "是", "有"})


@dataclass(frozen=True, eq=False)
class Curves:
    """Who is graded with whom.

    Attributes
    ----------
    names : tuple of str
        Units with a curve of their own; ("",) for everybody.
    code : ndarray of int, shape (n,)
        Curve of each person; −1 = not graded.
    enforced : tuple of bool
        Whether the curve gives grades, or is a guideline.
    table : DataFrame
        By unit: ``curve, n, n_curve, enforced``.
    notes : tuple of Problem
    """

    names: tuple[str, ...]
    code: Ints
    enforced: tuple[bool, ...]
    table: pd.DataFrame
    notes: tuple[Problem, ...] = ()


def eligible_only(table: Result, people: People | None, not_eligible: Mapping[str, Any] | str | None) -> tuple[Result, tuple[Problem, ...]]:
    """Take those who are not eligible out before anybody is counted; they stay in the result, with the reason.

    Raises
    ------
    PolicyError
        For a column that does not exist.
    InsufficientDataError
        If nobody is left.
    """
    already = {p for p, r in zip(table.people, table.reasons, strict=True) if r is not None and r.code == "S-NOTELIGIBLE"}
    reasons = {p: r for p, r in _reasons(table, people, not_eligible).items() if p not in already}
    if not reasons:
        return table, ()
    scored = np.isin(table.people, table.estimated_ids)
    out = np.isin(table.people, list(reasons))
    if not (scored & ~out).any():
        raise InsufficientDataError("E-NOELIGIBLE", n=int(scored.sum()))
    kept = np.flatnonzero(~out[scored])
    who = [f"{table.labels.get(p, p)} ({reasons[p]})" for p in table.people if p in reasons]
    left = replace(
        table,
        estimate=np.where(out, np.nan, table.estimate),
        status=tuple("not_scored" if o else s for o, s in zip(out, table.status, strict=True)),
        reasons=tuple(
            Problem("S-NOTELIGIBLE", None, None, None, {"reason": reasons[p]}) if o else r
            for p, o, r in zip(table.people, out, table.reasons, strict=True)
        ),
        covariance=None if table.covariance is None else table.covariance.take(kept),
        joint_covariance=None if table.joint_covariance is None else table.joint_covariance.take(kept),
    )
    return left, (Problem("I-NOTELIGIBLE", None, None, None, {"n": len(reasons), "who": who}),)


def unknown_people(table: Result, not_eligible: Mapping[str, Any] | str | None) -> list[Problem]:
    """People who are said not to be eligible and are not in the result."""
    if not isinstance(not_eligible, Mapping):
        return []
    return [
        Problem("E-RULENOBODY", None, None, None, {"rule": "not_eligible", "rule_zh": "not_eligible", "who": w})
        for w in not_eligible
        if w not in table.people
    ]


def _reasons(table: Result, people: People | None, not_eligible: Mapping[str, Any] | str | None) -> dict[str, str]:
    """Person to reason."""
    if not_eligible is None:
        return {}
    known = set(table.people)
    if isinstance(not_eligible, str):
        column = people_column(people, not_eligible, "not_eligible")
        return {str(p): why for p, v in column.items() if p in known and (why := _reason(v))}
    return {w: why for w, reason in not_eligible.items() if (why := _reason(reason))}


def people_column(people: People | None, name: str, setting: str) -> pd.Series:
    """Return a column of people.

    Raises
    ------
    PolicyError
        If there is none.
    """
    if people is None or name not in people.facts:
        raise PolicyError("E-NOPEOPLECOLUMN", setting=setting, name=name)
    return people.facts[name]


def _blank(value: Any) -> bool:
    """Whether a cell says nothing."""
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and np.isnan(value)) or str(value).strip() == ""


def _reason(value: Any) -> str:
    """Why somebody is not eligible; "" for those who are: a cell that says nothing, or no."""
    word = "" if _blank(value) else str(value).strip()
    if word.casefold() in _NO or (is_number(value) and value == 0):
        return ""
    plain = word.casefold() in _YES or (is_number(value) and value == 1)
    return "not eligible" if plain else word


def standing(score: Floats, ids: Sequence[str], people: People | None, tiebreak: Sequence[str]) -> Ints:
    """Number people from the best, equal where neither the score nor a declared column tells them apart.

    A column does not count within a group of equal scores in which it is not known of everybody.

    Raises
    ------
    PolicyError
        If a column does not exist, or holds neither numbers nor dates.
    """
    group = tie_groups(score)
    for name in tiebreak:
        falling = name.startswith("-")
        column = people_column(people, name.removeprefix("-"), "tiebreak").reindex(list(ids))
        value = _number(column, name.removeprefix("-")) * (-1.0 if falling else 1.0)
        unknown = np.bincount(group[group >= 0], weights=np.isnan(value)[group >= 0]) > 0
        key = np.where(unknown[group] | (group < 0), 0.0, np.nan_to_num(value))
        level = np.unique(-key, return_inverse=True)[1]
        scored = group >= 0
        out = np.full(len(group), -1, dtype=np.int64)
        out[scored] = np.unique(group[scored] * (int(level.max()) + 1) + level[scored], return_inverse=True)[1]
        group = out
    return group


def _number(column: pd.Series, name: str) -> Floats:
    """Read numbers or dates."""
    numbers = pd.to_numeric(column, errors="coerce")
    if (numbers.isna() & column.notna()).any():
        dates = pd.to_datetime(column, errors="coerce", format="mixed")
        if (dates.isna() & column.notna()).any():
            raise PolicyError("E-TIEBREAK", name=name)
        numbers = pd.Series(np.where(dates.isna(), np.nan, (dates - pd.Timestamp(0)).dt.total_seconds()), index=column.index)
    return numbers.to_numpy(dtype=np.float64, na_value=np.nan)


def everybody(scored: Bools) -> Curves:
    """One curve for all."""
    return Curves(("",), np.where(scored, 0, -1), (True,), pd.DataFrame(columns=["curve", "n", "n_curve", "enforced"]))


def by_unit(
    table: Result,
    scored: Bools,
    people: People | None,
    column: str,
    *,
    parents: Mapping[str, str] | str | None = None,
    least: int = 0,
    small: SmallUnits = "pool",
    smallest: Fraction = Fraction(0),
) -> Curves:
    """One curve a unit; units with fewer than ``least`` people are pooled with their parents, or have a guideline.

    Raises
    ------
    PolicyError
        For people without a unit, and parents that are not clear.
    """
    units = people_column(people, column, "unit").reindex(list(table.people))
    without = [table.labels.get(p, p) for p, s, u in zip(table.people, scored, units, strict=True) if s and _blank(u)]
    if without:
        raise PolicyError("E-NOUNIT", n=len(without), who=without, name=column)
    text = np.array([str(u) if s else "" for s, u in zip(scored, units, strict=True)], dtype=object)
    above = _parents(people, column, parents)
    names = sorted({*text[scored], *above, *above.values()})
    index = {u: k for k, u in enumerate(names)}
    size = np.bincount([index[u] for u in text[scored]], minlength=len(names))
    parent = np.array([index[above[u]] if u in above else -1 for u in names], dtype=np.int64)
    try:
        pooled = pool(size, parent if small == "pool" else np.full(len(names), -1), least)
    except ValueError:
        raise PolicyError("E-PARENTCIRCLE", circle=" → ".join(_circle(above))) from None
    own = [k for k in range(len(names)) if size[k]]
    used = sorted({int(pooled.curve[k]) for k in own})
    place = {k: i for i, k in enumerate(used)}
    enforced = tuple(bool(pooled.enough[next(j for j in own if pooled.curve[j] == k)]) or least == 0 for k in used)
    code = np.array([place[int(pooled.curve[index[u]])] if s else -1 for s, u in zip(scored, text, strict=True)], dtype=np.int64)
    rows = {names[k]: (names[pooled.curve[k]], int(size[k]), int(pooled.size[k]), enforced[place[int(pooled.curve[k])]]) for k in own}
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=["curve", "n", "n_curve", "enforced"]).rename_axis("unit")
    notes = tuple(
        Problem(_small_code(small, row[3]), None, None, None, _small_details(unit, row, smallest))
        for unit, row in rows.items()
        if row[1] < least
    )
    return Curves(tuple(names[k] for k in used), code, enforced, frame, notes)


def _circle(above: Mapping[str, str]) -> list[str]:
    """Units from one of a circle back to it, going up."""
    for start in sorted(above):
        path = [start]
        while path[-1] in above and above[path[-1]] not in path:
            path.append(above[path[-1]])
        if above.get(path[-1]) == start:
            return [*path, start]
    return []


def _small_code(small: SmallUnits, enforced: bool) -> str:
    return "W-UNITPOOLED" if enforced else "W-UNITGUIDE" if small == "guideline" else "W-UNITALONE"


def _small_details(unit: str, row: tuple[str, int, int, bool], smallest: Fraction) -> dict[str, Any]:
    """Say what the smallest share of a small unit would be."""
    part = {"percent": f"{float(100 * smallest):g}", "part": f"{float(smallest * row[1]):.2g}"}
    return {"name": unit, "n": row[1], "parent": row[0], "total": row[2]} | part


def _parents(people: People | None, column: str, parents: Mapping[str, str] | str | None) -> dict[str, str]:
    """Unit to parent unit.

    Raises
    ------
    PolicyError
        If people of one unit have different parents.
    """
    if parents is None:
        return {}
    if not isinstance(parents, str):
        return {str(u): str(p) for u, p in parents.items()}
    above = people_column(people, parents, "parents")
    frame = pd.DataFrame({"unit": people_column(people, column, "unit"), "parent": above})
    frame = frame[~frame["unit"].map(_blank) & ~frame["parent"].map(_blank)].astype(str).drop_duplicates()
    twice = frame.loc[frame["unit"].duplicated(keep=False)].groupby("unit")["parent"].agg(lambda p: ", ".join(sorted(p)))
    if len(twice):
        raise PolicyError([Problem("E-PARENTS", None, None, None, {"name": u, "parents": p}) for u, p in twice.items()])
    return {u: p for u, p in zip(frame["unit"], frame["parent"], strict=True) if u != p}
