"""The policy of a forced distribution: shares and ranges of shares, rules about persons, read and checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Any, Literal, TypeVar

import numpy as np

from rankkit.assessment import Fixed
from rankkit.errors import PolicyError, Problem, SettingsError
from rankkit.kernels.arrays import Bools, Ints
from rankkit.kernels.grading import apportionment
from rankkit.kernels.grading.bounded_seats import bounded_seats

Apportionment = Literal["largest_remainder", "sainte_lague"]
SeatTies = Literal["middle", "top", "bottom"]
T = TypeVar("T")
KINDS = {"floor": "下限", "cap": "上限", "lock": "锁定"}
"""What rules without a name are called, in both languages."""


@dataclass(frozen=True)
class Quota:
    """Shares of the grades, in exact fractions.

    Attributes
    ----------
    names : tuple of str
        Grades, best first.
    low, high, target : tuple of Fraction
        Bounds of each share, and what is aimed at between them.
    ranged : bool
        Whether any grade has a range.
    """

    names: tuple[str, ...]
    low: tuple[Fraction, ...]
    high: tuple[Fraction, ...]
    target: tuple[Fraction, ...]
    ranged: bool

    @classmethod
    def of(cls, shares: Mapping[str, Any]) -> Quota:
        """Read shares; between the bounds the same fraction of every range is aimed at, so that the targets sum to 1.

        Raises
        ------
        PolicyError
            If a share is no share, or shares or ranges cannot sum to the whole.
        """
        problems = [Problem("E-QUOTA", None, None, None, {"name": n, "value": s}) for n, s in shares.items() if not _is_quota(s)]
        if problems:
            raise PolicyError(problems)
        if not any(isinstance(s, tuple) for s in shares.values()):
            exact = tuple(apportionment.exact_shares(list(shares.values())))
            return cls(tuple(shares), exact, exact, exact, ranged=False)
        pairs = [s if isinstance(s, tuple) else (s, s) for s in shares.values()]
        low, high = ([apportionment.exact(pair[k]) for pair in pairs] for k in (0, 1))
        scale = 100 if any(h > 1 for h in high) else 1
        low, high = [s / scale for s in low], [s / scale for s in high]
        total_low, total_high = sum(low, Fraction(0)), sum(high, Fraction(0))
        if not total_low <= 1 <= total_high:
            raise PolicyError("E-RANGESUM", low=f"{float(total_low):.4g}", high=f"{float(total_high):.4g}")
        part = (1 - total_low) / (total_high - total_low) if total_high > total_low else Fraction(0)
        target = tuple(a + part * (b - a) for a, b in zip(low, high, strict=True))
        return cls(tuple(shares), tuple(low), tuple(high), target, ranged=True)

    def bounds(self, n: int, curve: str = "") -> tuple[Ints, Ints]:
        """Fewest and most people of n in each grade; a single share may be rounded either way.

        Raises
        ------
        PolicyError
            If a range holds no whole number for this n, or the ranges together do not hold n people.
        """
        single = [a == b for a, b in zip(self.low, self.high, strict=True)]
        fewest = [floor(a * n) if s else ceil(a * n) for a, s in zip(self.low, single, strict=True)]
        most = [ceil(b * n) if s else floor(b * n) for b, s in zip(self.high, single, strict=True)]
        problems = [
            Problem(
                "E-EMPTYRANGE", None, None, None, {"name": name, "low": f"{float(a * n):g}", "high": f"{float(b * n):g}"} | _of(n, curve)
            )
            for name, a, b, least, top in zip(self.names, self.low, self.high, fewest, most, strict=True)
            if least > top
        ]
        if not problems and not sum(fewest) <= n <= sum(most):
            problems = [Problem("E-RANGEFIT", None, None, None, {"least": sum(fewest), "most": sum(most)} | _of(n, curve))]
        if problems:
            raise PolicyError(problems)
        return np.array(fewest, dtype=np.int64), np.array(most, dtype=np.int64)

    def seats(self, n: int, rule: Apportionment, seat_ties: SeatTies, curve: str = "", *, held: bool = True) -> Ints:
        """Whole seats of n people; a guideline, which is not ``held`` to, needs no whole number within its ranges."""
        if self.ranged and held:
            fewest, most = self.bounds(n, curve)
            return bounded_seats(n, self.target, fewest, most, seat_ties=seat_ties)
        divide = apportionment.largest_remainder if rule == "largest_remainder" else apportionment.sainte_lague
        return divide(n, self.target, seat_ties=seat_ties)


@dataclass(frozen=True, eq=False)
class PersonRules:
    """Grades open to each person, and by which rules.

    Attributes
    ----------
    best, worst : ndarrays of int, shape (n,)
        Best and worst grade open.
    locked : ndarray of bool, shape (n,)
        Whose grade is decided.
    names : tuple of tuple of str
        Rules of each person.
    """

    best: Ints
    worst: Ints
    locked: Bools
    names: tuple[tuple[str, ...], ...]

    @property
    def any(self) -> bool:
        """Whether anybody has a rule."""
        return any(self.names)

    def take(self, index: Ints) -> PersonRules:
        """Return the rules of some people."""
        return PersonRules(self.best[index], self.worst[index], self.locked[index], tuple(self.names[i] for i in index))


def person_rules(
    people: Sequence[str],
    labels: Mapping[str, str],
    grades: Sequence[str],
    floors: Mapping[str, tuple[str, str]],
    caps: Mapping[str, tuple[str, str]],
    locks: Mapping[str, tuple[str, str]],
    problems: Sequence[Problem] = (),
) -> PersonRules:
    """Put floors, caps and locks together; ``problems`` are those known already.

    Raises
    ------
    PolicyError
        For people who do not exist, and people whose rules leave no grade open; all are listed.
    """
    n, code = len(people), {g: b for b, g in enumerate(grades)}
    at = {p: i for i, p in enumerate(people)}
    best, worst = np.zeros(n, dtype=np.int64), np.full(n, len(grades) - 1, dtype=np.int64)
    locked = np.zeros(n, dtype=bool)
    names: list[tuple[str, ...]] = [()] * n
    problems = list(problems)
    for kind, rules in (("floor", floors), ("cap", caps), ("lock", locks)):
        for who, (grade, name) in rules.items():
            if who not in at:
                problems.append(
                    Problem("E-RULENOBODY", None, None, None, {"rule": name or kind, "rule_zh": name or KINDS[kind], "who": who})
                )
                continue
            i, b = at[who], code[grade]
            if kind != "cap":
                worst[i] = min(worst[i], b)
            if kind != "floor":
                best[i] = max(best[i], b)
            locked[i] |= kind == "lock"
            names[i] = (*names[i], name or kind)
    problems += [
        Problem("E-RULECLASH", None, None, None, {"who": labels.get(people[i], people[i])} | in_words(names[i]))
        for i in np.flatnonzero(best > worst).tolist()
    ]
    if problems:
        raise PolicyError(problems)
    return PersonRules(best, worst, locked, tuple(names))


def in_words(rules: Sequence[str]) -> dict[str, list[str]]:
    """Names of rules for messages in both languages."""
    return {"rules": list(rules), "rules_zh": [KINDS.get(rule, rule) for rule in rules]}


class Told:
    """Everything that is wrong with settings, told at once."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def reading(self, read: Callable[..., T], *args: Any) -> T | None:
        """Read a setting, or keep what is wrong with it."""
        try:
            return read(*args)
        except SettingsError as error:
            self.problems += error.items
            return None

    def unless(self, fine: bool, name: str, value: Any, allowed: str) -> None:
        """Keep that a value is not possible, unless it is fine."""
        if not fine:
            self.problems.append(Problem("E-SETTING", None, None, None, {"name": name, "value": value, "allowed": allowed}))


def read_shares(shares: Any) -> Fixed:
    """Read the setting: grade to share or (lowest, highest) share.

    Raises
    ------
    SettingsError
        If it is no mapping.
    """
    if not isinstance(shares, Mapping) or not shares:
        raise SettingsError("E-SETTING", name="shares", value=shares, allowed="{'A': 0.2, …}")
    names = [str(k).strip() for k in shares if k is not None]
    if len(set(names) - {""}) < len(shares) or any(" / " in name for name in names):
        raise SettingsError(
            "E-SETTING", name="shares", value=list(shares), allowed="{'A': 0.2, …}, each grade with a name of its own, without ' / '"
        )
    return Fixed.of({k: tuple(s) if isinstance(s, list) else s for k, s in shares.items()})


def read_rules(name: str, rules: Any, grades: Sequence[str]) -> Fixed | None:
    """Read a setting of rules: person to grade, or to (grade, name of the rule).

    Raises
    ------
    SettingsError
        If it is no such mapping, or names a grade that does not exist.
    """
    if rules is None:
        return None
    allowed = f"{{person: grade}} or {{person: (grade, rule)}}; grades: {', '.join(grades)}"
    if not isinstance(rules, Mapping):
        raise SettingsError("E-SETTING", name=name, value=rules, allowed=allowed)
    out, wrong = {}, {}
    for who, rule in rules.items():
        pair = (rule, "") if isinstance(rule, str) else tuple(rule) if isinstance(rule, (list, tuple)) else ()
        if len(pair) != 2 or not all(isinstance(p, str) for p in pair) or pair[0] not in grades:
            wrong[who] = rule
        out[str(who)] = pair
    if wrong:
        raise SettingsError("E-SETTING", name=name, value=wrong, allowed=allowed)
    return Fixed.of(out)


def _of(n: int, curve: str) -> dict[str, Any]:
    """How many people a problem is about, and where."""
    return {"n": n, "curve": f" ({curve})" if curve else "", "curve_zh": f"（{curve}）" if curve else ""}


def _is_quota(value: object) -> bool:
    """Whether a value is a share, or two shares, the lower first."""
    if isinstance(value, tuple):
        return len(value) == 2 and all(map(_is_share, value)) and apportionment.exact(value[0]) <= apportionment.exact(value[1])
    return _is_share(value)


def _is_share(value: Any) -> bool:
    """Whether a value is a number of 0 or more; text and fractions that are numbers count."""
    try:
        return not isinstance(value, bool) and bool(0 <= float(value) < np.inf)
    except (TypeError, ValueError):
        return False
