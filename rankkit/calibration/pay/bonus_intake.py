"""Grades, pay and plan put side by side: who shares, with which claim and bounds, and everything that does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pandas as pd

from rankkit.calibration.pay.bonus_grades import Grades, GradesHeld, read_grades
from rankkit.calibration.pay.bonus_plan import BonusPlan
from rankkit.errors import DataError, PolicyError, Problem
from rankkit.tables import money
from rankkit.tables.payroll import Payroll, read_payroll
from rankkit.tables.people import People
from rankkit.tables.text import as_text, zero_padded_twins


@dataclass(frozen=True)
class Share:
    """What one person brings to the allocation.

    Attributes
    ----------
    person, label, grade : str
        Id, display name, and the grade ("" where left out without one).
    base, months : Decimal or None
        Pay and months; ``None`` where left out without pay.
    claim : Fraction
        base · coefficient · months / 12; 0 where left out.
    floor : int
        Fewest minor units.
    cap : int or None
        Most minor units.
    excluded : str
        Why the person does not share, else "".
    """

    person: str
    label: str
    grade: str
    base: Decimal | None
    months: Decimal | None
    claim: Fraction
    floor: int
    cap: int | None
    excluded: str = ""


@dataclass(frozen=True, eq=False)
class Intake:
    """Everybody, the order among equal claims, and what was noted."""

    shares: tuple[Share, ...]
    order: tuple[int, ...]
    held: GradesHeld
    notes: tuple[Problem, ...]


def take_in(
    plan: BonusPlan, grades: Grades, payroll: Any, columns: Mapping[str, str] | None, excluded: Mapping[str, str], *, preview: bool
) -> Intake:
    """Read everything and put it side by side.

    Raises
    ------
    PolicyError
        One error with every problem of grades, pay and plan.
    """
    problems: list[Problem] = []
    excluded = {as_text(p) or str(p): reason for p, reason in excluded.items()}
    held = read_grades(grades, problems)
    if held.phase and not preview:
        problems.append(Problem("E-BONUSOPEN", None, None, None, {"phase": held.phase}))
    pay, n_rows = _pay(plan, payroll, columns, problems)
    _left_out(excluded, held, pay, problems)
    out = {**held.not_eligible, **{p: str(reason).strip() for p, reason in excluded.items()}}
    rows: Mapping[str, int] = {} if pay is None else pay.rows
    _grades_fit(plan, held, out, rows, problems)
    shares: list[Share] = []
    order: list[int] = []
    if pay is not None:
        _everybody_is_known(held, pay, out, problems)
        shares, order = _shares(plan, held, pay, out, problems)
    if problems:
        source = None if pay is None else pay.source_name
        raise PolicyError(sorted(problems, key=lambda p: (p.row is not None, p.row or 0)), source=source, n_rows=n_rows)
    notes = list(pay.notes) if pay is not None else []
    if held.phase:
        notes.append(Problem("W-BONUSPREVIEW", None, None, None, {"phase": held.phase}))
    return Intake(tuple(shares), tuple(order), held, (*notes, *_plan_notes(plan, held)))


def _pay(plan: BonusPlan, payroll: Any, columns: Mapping[str, str] | None, problems: list[Problem]) -> tuple[Payroll | None, int | None]:
    """Read the payroll; its problems join the others."""
    if isinstance(payroll, People):
        payroll = payroll.frame.reset_index()
    try:
        pay = read_payroll(payroll, columns, minor_units=plan.minor_units)
    except DataError as error:
        problems += error.items
        return None, error.n_rows
    problems += [
        Problem("E-DECIMALS", pay.rows[p], "base", None, {"shown": f"'{b:f}'", "places": plan.minor_units})
        for p, b in zip(pay.ids, pay.base, strict=True)
        if money.exact_decimal(b, plan.minor_units) == "E-DECIMALS"
    ]
    return pay, len(pay)


def _left_out(excluded: Mapping[str, str], held: GradesHeld, pay: Payroll | None, problems: list[Problem]) -> None:
    """Who is left out must be known, and the reason said."""
    known = {*held.grade, *held.still_open, *(() if pay is None else pay.ids)}
    for who, reason in excluded.items():
        if pay is not None and who not in known:
            problems.append(Problem("E-BONUSWHO", None, None, None, {"who": who}))
        elif not str(reason or "").strip():
            problems.append(Problem("E-BONUSREASON", None, None, None, {"who": who}))


def _grades_fit(plan: BonusPlan, held: GradesHeld, out: Mapping[str, str], rows: Mapping[str, int], problems: list[Problem]) -> None:
    """Everybody who shares has a grade with a coefficient."""
    known = list(plan.coefficients)
    for who, grade in held.grade.items():
        if grade not in plan.coefficients and who not in out:
            details = {"grade": grade, "who": held.labels.get(who, who), "known": known}
            problems.append(Problem("E-BONUSGRADE", rows.get(who), None, None, details))
    for who in sorted(held.undecided - set(out)):
        details = {"who": held.labels.get(who, who), "grades": held.still_open[who]}
        problems.append(Problem("E-BONUSUNDECIDED", rows.get(who), None, None, details))


def _everybody_is_known(held: GradesHeld, pay: Payroll, out: Mapping[str, str], problems: list[Problem]) -> None:
    """Nobody is graded without pay or paid without a grade; ids that differ in leading zeros only are named as such."""
    paid, graded = set(pay.ids), set(held.grade)
    twins = [(a, b) for a, b in zero_padded_twins(sorted(paid | graded)) if (a in paid) != (b in paid)]
    for a, b in twins:
        problems.append(Problem("E-ID", pay.rows.get(a, pay.rows.get(b)), None, None, {"a": a, "b": b}))
    odd = {x for pair in twins for x in pair}
    for who in sorted(graded - paid - set(out) - odd):
        problems.append(Problem("E-BONUSNOPAY", None, None, None, {"who": held.labels.get(who, who)}))
    for who in sorted(paid - graded - set(out) - set(held.undecided) - odd):
        details = {"who": pay.labels[who], "why": held.still_open.get(who) or "–"}
        problems.append(Problem("E-BONUSUNGRADED", pay.rows[who], None, None, details))


def _shares(
    plan: BonusPlan, held: GradesHeld, pay: Payroll, out: Mapping[str, str], problems: list[Problem]
) -> tuple[list[Share], list[int]]:
    """Claims and bounds of everybody, by id."""
    caps = _bounds(plan, "cap", pay, problems)
    floors = _bounds(plan, "floor", pay, problems)
    order = dict(zip(pay.ids, _tiebreak(plan, pay, problems), strict=True))
    paid = {p: k for k, p in enumerate(pay.ids)}
    shares = []
    for who in sorted({*pay.ids, *(w for w in held.grade if w in out), *(w for w in held.still_open if w in out)}):
        k, grade = paid.get(who), held.grade.get(who, "")
        label = pay.labels[who] if k is not None and pay.labels[who] != who else held.labels.get(who, who)
        if k is None:
            shares.append(Share(who, label, grade, None, None, Fraction(0), 0, None, out[who]))
            continue
        shared = who not in out and grade in plan.coefficients
        claim = plan.claim(pay.base[k], pay.months[k], grade) if shared else Fraction(0)
        cap, floor = caps[k], floors[k] or 0
        if cap is not None and floor > cap:
            details = {"floor": plan.shown(floor), "cap": plan.shown(cap), "who": label}
            problems.append(Problem("E-BONUSBOUNDS", pay.rows[who], None, None, details))
        base = plan.money(plan.cents(pay.base[k]))
        shares.append(Share(who, label, grade, base, pay.months[k], claim, floor, cap, out.get(who, "")))
    return shares, [order.get(s.person, 0) for s in shares]


def _bounds(plan: BonusPlan, name: str, pay: Payroll, problems: list[Problem]) -> list[int | None]:
    """Caps are rounded down to whole minor units, floors up."""
    given, up = getattr(plan, name), name == "floor"
    if given is None:
        return [None] * len(pay)
    scale = plan.scale
    if isinstance(given, Decimal):
        return [money.rounded(Fraction(given) * Fraction(b) * scale, up=up) for b in pay.base]
    if given not in pay.facts.columns:
        details = {"setting": name, "name": given, "known": list(map(str, pay.facts.columns)) or "–"}
        problems.append(Problem("E-BONUSCOLUMN", None, None, None, details))
        return [None] * len(pay)
    out: list[int | None] = []
    for who, cell in zip(pay.ids, pay.facts[given].tolist(), strict=True):
        found = money.exact_decimal(cell, plan.minor_units)
        if isinstance(found, str):
            problems.append(money.fault(found, cell, row=pay.rows[who], column=given, places=plan.minor_units))
        elif found is not None and found < 0:
            problems.append(Problem("E-BONUSNEGATIVE", pay.rows[who], given, None, {"name": given, "shown": f"{found:f}"}))
        out.append(plan.cents(found) if isinstance(found, Decimal) and found >= 0 else None)
    return out


def _tiebreak(plan: BonusPlan, pay: Payroll, problems: list[Problem]) -> list[int]:
    """Who is served first where claims are equal, by declared columns of numbers or dates."""
    keys: list[list[Any]] = [[] for _ in pay.ids]
    for name in plan.tiebreak:
        column = name.removeprefix("-")
        if column not in pay.facts.columns:
            details = {"setting": "tiebreak", "name": column, "known": list(map(str, pay.facts.columns)) or "–"}
            problems.append(Problem("E-BONUSCOLUMN", None, None, None, details))
            continue
        values = _comparable(pay.facts[column])
        unread = sum(v is None for v in values)
        if unread:
            problems.append(Problem("E-BONUSTIEBREAK", None, None, None, {"name": column, "n": unread}))
            continue
        for key, value in zip(keys, values, strict=True):
            key.append(-value if name.startswith("-") else value)  # type: ignore[operator]
    ranks = {key: k for k, key in enumerate(sorted({tuple(key) for key in keys}))}
    return [ranks[tuple(key)] for key in keys]


def _comparable(column: pd.Series) -> list[Fraction | None]:
    """Numbers as they are, or dates as days; ``None`` for anything else."""
    numbers = [money.exact_decimal(cell) for cell in column.tolist()]
    if all(isinstance(n, Decimal) for n in numbers):
        return [Fraction(n) for n in numbers]  # type: ignore[arg-type]
    days = pd.to_datetime(column, errors="coerce", format="mixed")
    return [None if pd.isna(day) else Fraction(int(day.value)) for day in days]


def _plan_notes(plan: BonusPlan, held: GradesHeld) -> list[Problem]:
    """Coefficients against the order of grades; a reserve of nothing."""
    notes = []
    ranked = [g for g in held.order if g in plan.coefficients]
    for better, worse in pairwise(ranked):
        low, high = Decimal(plan.coefficients[better]), Decimal(plan.coefficients[worse])
        if low < high:
            details = {"better": better, "worse": worse, "low": f"{low:f}", "high": f"{high:f}"}
            notes.append(Problem("W-BONUSORDER", None, None, None, details))
    if not plan.reserve_cents:
        notes.append(Problem("W-BONUSRESERVE"))
    return notes
