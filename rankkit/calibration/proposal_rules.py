"""What a proposal must hold to, read from grades, people and the committee's words; everything that is wrong is listed at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from rankkit.assessment import is_number
from rankkit.errors import Problem, SettingsError
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.grading.order_rules import OrderRules, clearly_apart
from rankkit.kernels.ranking import canonical_form, tie_groups
from rankkit.methods.distribution_policy import in_words
from rankkit.methods.forced_distribution import ForcedDistributionResult
from rankkit.tables.people import People

Within = Literal["unit", "everybody", "none"]
_NEARLY = 1e-9  # of a share of people, lost in floats
_REFINED = 2000  # people up to whom covariances are asked who is exchangeable


@dataclass(frozen=True, eq=False)
class Asked:
    """Settings of a proposal, checked, for the people who have probabilities.

    Attributes
    ----------
    ids, names : tuple of str
        People, and grades from the best.
    before : Series
        Current grade of each person; None where there is none.
    start : ndarray of int, shape (n,)
        The same as numbers; −1: none.
    units : tuple of str
    unit : ndarray of int, shape (n,)
        −1: none.
    allowed : ndarray of bool, shape (n, B)
    company : ndarray of int, shape (B, 2)
    unit_ranges : ndarray of int, shape (G, B, 2)
    rule : ndarray of bool, shape (n,)
        Who has a floor, cap or lock.
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    before: pd.Series[Any]
    start: Ints
    units: tuple[str, ...]
    unit: Ints
    allowed: Bools
    company: Ints
    unit_ranges: Ints
    rule: Bools


def _not(name: str, value: Any, allowed: Any) -> Problem:
    return Problem("E-SETTING", None, None, None, {"name": name, "value": value, "allowed": allowed})


def _whole(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool) and bool(value >= 0)


def read(
    grades: ForcedDistributionResult,
    people: People | None,
    *,
    current: Mapping[str, str] | None,
    unit: str,
    spare: int,
    ranges: Mapping[str, Mapping[str, tuple[int, int]]],
    locks: Mapping[str, str],
    open_grades: Mapping[str, Sequence[str]],
    no_inversion: str,
    multiple: float,
    most_moves: int | None,
    seconds: float,
) -> Asked:
    """Check all settings and put them together; rules of the grades themselves hold on.

    Raises
    ------
    SettingsError
        With everything that is wrong.
    """
    names = tuple(str(g) for g in grades.quota.index)
    ids = () if grades.probabilities is None else tuple(grades.probabilities.index)
    problems = [] if no_inversion in get_args(Within) else [_not("no_inversion", no_inversion, ", ".join(get_args(Within)))]
    problems += [] if is_number(multiple) and np.isfinite(multiple) and multiple >= 0 else [_not("multiple", multiple, "0, …, 1.96, …")]
    problems += [] if _whole(spare) else [_not("spare", spare, "0, 1, 2, …")]
    problems += [] if most_moves is None or _whole(most_moves) else [_not("most_moves", most_moves, "None, 0, 1, 2, …")]
    problems += [] if is_number(seconds) and seconds > 0 else [_not("seconds", seconds, "a positive number")]
    units, code, found = _units(ids, people, unit)
    problems += found
    problems += _unknown(grades.people, [*(current or {}), *locks, *open_grades], "ratee")
    told = [*(g for g in (current or {}).values() if g is not None and pd.notna(g)), *locks.values()]
    problems += _unknown(names, [*told, *(g for gs in open_grades.values() for g in gs)], "grade")
    problems += _unknown(units, list(ranges), "unit") if not found else []
    problems += [
        _not("ranges", {u: {g: pair}}, "{unit: {grade: (fewest, most)}}")
        for u, by_grade in ranges.items()
        for g, pair in (by_grade.items() if isinstance(by_grade, Mapping) else [("", by_grade)])
        if g not in names or not isinstance(pair, Sequence) or len(pair) != 2 or not all(map(_whole, pair)) or pair[0] > pair[1]
    ]
    if problems:
        raise SettingsError(problems)
    allowed, rule = _allowed(grades, ids, names, locks, open_grades)
    before = (
        grades.grades["grade"].reindex(list(ids)) if current is None else pd.Series({i: (current or {}).get(i) for i in ids}, dtype=object)
    )
    place = {g: b for b, g in enumerate(names)}
    start = np.array([place[str(g)] if pd.notna(g) else -1 for g in before], dtype=np.int64)
    quota = grades.quota
    both = ["fewest", "most"] if {"fewest", "most"} <= set(quota.columns) else ["seats", "seats"]
    company = np.column_stack([quota[c].to_numpy(dtype=np.int64) for c in both])
    by_unit = _unit_ranges(code, units, names, quota["share"].to_numpy(dtype=np.float64), int(spare), ranges)
    return Asked(ids, names, before, start, tuple(units), code, allowed, company, by_unit, rule)


def _unknown(allowed: Sequence[str], asked: Sequence[Any], what: str) -> list[Problem]:
    """Names nobody knows."""
    known = set(allowed)
    return [_not(what, name, list(allowed)[:10]) for name in dict.fromkeys(map(str, asked)) if name not in known]


def _units(ids: Sequence[str], people: People | None, column: str) -> tuple[list[str], Ints, list[Problem]]:
    """Units, the code of each person's (−1 without one), and what is wrong."""
    none = np.full(len(ids), -1, dtype=np.int64)
    if people is None:
        return [], none, []
    if column not in people.frame.columns:
        return [], none, [_not("unit", column, list(people.frame.columns))]
    of = people.frame[column].reindex(list(ids))
    filled = of.notna() & (of.astype(str).str.strip() != "")
    units = sorted(set(of[filled].astype(str)))
    place = {u: k for k, u in enumerate(units)}
    return units, np.array([place[str(u)] if f else -1 for u, f in zip(of, filled, strict=True)], dtype=np.int64), []


def _allowed(
    grades: ForcedDistributionResult,
    ids: Sequence[str],
    names: Sequence[str],
    locks: Mapping[str, str],
    opened: Mapping[str, Sequence[str]],
) -> tuple[Bools, Bools]:
    """Grades open to each person: by the rules of the grades, narrowed by the committee's; and who has a rule.

    Raises
    ------
    SettingsError
        For open grades that are no neighbours, and people to whom no grade is left.
    """
    at, code, last = {i: k for k, i in enumerate(ids)}, {g: b for b, g in enumerate(names)}, len(names) - 1
    best, worst = np.zeros(len(ids), dtype=np.int64), np.full(len(ids), last, dtype=np.int64)
    by: dict[int, list[str]] = {}
    problems = []
    for who, row in getattr(grades, "rules", pd.DataFrame()).iterrows():
        if (k := at.get(str(who))) is not None:
            best[k], worst[k] = code.get(row["best"], 0), code.get(row["worst"], last)
            by.setdefault(k, []).append(str(row["rule"]))
    for who, some in opened.items():
        run = sorted({code[g] for g in some})
        if not run or run[-1] - run[0] != len(run) - 1:
            problems.append(_not("open_grades", {who: list(some)}, "neighbouring grades"))
        elif (k := at.get(who)) is not None:
            best[k], worst[k] = max(best[k], run[0]), min(worst[k], run[-1])
            by.setdefault(k, []).append("open_grades")
    for who, grade in locks.items():
        if (k := at.get(who)) is not None:
            best[k], worst[k] = max(best[k], code[grade]), min(worst[k], code[grade])
            by.setdefault(k, []).append("locks")
    problems += [
        Problem("E-RULECLASH", None, None, None, {"who": grades.labels.get(ids[k], ids[k])} | in_words(by[k]))
        for k in np.flatnonzero(best > worst).tolist()
    ]
    if problems:
        raise SettingsError(problems)
    steps = np.arange(len(names))
    return (steps >= best[:, None]) & (steps <= worst[:, None]), np.isin(np.arange(len(ids)), list(by))


def _unit_ranges(
    code: Ints, units: Sequence[str], names: Sequence[str], share: Floats, spare: int, given: Mapping[str, Mapping[str, tuple[int, int]]]
) -> Ints:
    """Fewest and most people of each unit in each grade."""
    size = np.bincount(code[code >= 0], minlength=len(units))
    asked = size[:, None] * share[None, :]
    low = np.maximum(np.floor(asked + _NEARLY) - spare, 0)
    high = np.minimum(np.ceil(asked - _NEARLY) + spare, size[:, None])
    out: Ints = np.stack([low, high], axis=2).astype(np.int64)
    place, grade_at = {u: k for k, u in enumerate(units)}, {g: b for b, g in enumerate(names)}
    for name, by_grade in given.items():
        for grade, (fewest, most) in by_grade.items():
            out[place[name], grade_at[grade]] = fewest, most
    return out


def estimates(grades: ForcedDistributionResult) -> Floats:
    """Scores of the people who have one."""
    known = set(grades.estimated_ids)
    return np.array([e for e, i in zip(grades.estimate, grades.people, strict=True) if i in known], dtype=np.float64)


def order(grades: ForcedDistributionResult, code: Ints, within: str, multiple: float) -> OrderRules | None:
    """Who is clearly better than whom."""
    if within == "none" or grades.covariance is None:
        return None
    group = np.zeros(len(code), dtype=np.int64) if within == "everybody" else code
    return clearly_apart(estimates(grades), grades.covariance, group, multiple=multiple)


def canonical(grades: ForcedDistributionResult, asked: Asked) -> tuple[Ints, Ints]:
    """An order of people that rows and names do not decide, and classes of people nothing tells apart."""
    known = grades.covariance
    if known is None:
        return np.arange(len(asked.ids)), np.arange(len(asked.ids))
    rules = np.unique(np.column_stack([asked.allowed, asked.start]), axis=0, return_inverse=True)[1].ravel()
    kind = tie_groups(-known.diagonal()) * (int(rules.max(initial=0)) + 1) + rules
    dense = known.dense() if len(asked.ids) <= _REFINED else None
    found, alike = canonical_form(estimates(grades), kind.astype(np.float64), dense)
    _, together = np.unique(np.column_stack([alike, asked.unit]), axis=0, return_inverse=True)
    return found, together.ravel()
