"""Grades unit by unit: a linear program over whole gradings of units, then one grading for each, proved to be the best.

The gradings of a unit that keep its ranges and the order are paths (:mod:`~rankkit.kernels.grading.unit_gradings`). Prices of the totals
make the units independent (Dantzig & Wolfe 1960), and the linear program over paths is nearly whole, as only a few totals join the units.
What it is worth is a bound. All paths dear by no more than the gap between the bound and a solution are listed, and the best choice
among them is the best of all.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from math import ceil
from time import monotonic

import numpy as np

from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.grading.grade_rows import GradeRules
from rankkit.kernels.grading.unit_columns import Limits, Prices, relaxed, whole
from rankkit.kernels.grading.unit_gradings import UnitOrder, filled, joined, narrowed, order_by_unit, step_count, unit_layers
from rankkit.kernels.grading.unit_outside import least_outside
from rankkit.kernels.grading.unit_paths import Paths, best, nearly_best, priced

_CLOSE = 1e-6  # prices this close are equal
_LEAN = 0.1  # what all costs together count in moves, where moves are counted
_TURNS = 500  # of pricing
_PENALTIES = (1e2, 1e4, 1e6)  # of a person beyond a limit; a limit that costs more cannot be kept
_PATHS = 150_000  # listed at once
_GAPS = (0.3, 2.0, np.inf)  # in cost
_WIDEST = 8  # people by which a range may be missed
_LOST = 0.05  # of the bound, at which prices are looked for anew
_PATIENCE = 3  # times a unit is widened before it is opened altogether
_FULL_STEPS = 1_000_000  # of such a unit
_SOME = 0.01  # weight at which a grade is worth looking at
_WIDE_STEPS = 60_000  # of a unit that is widened by a linear program
_ROOM = 5  # times as many sets as usual, for a unit without which there is no proof
_MORE_MOVES = 4  # tried beyond the bound
_AT_ONCE = min(8, os.cpu_count() or 1)  # programs


@dataclass(frozen=True, eq=False)
class ByUnit:
    """A solution: grades, people beyond ranges and moves it is to have at most, another as good, and what is proved."""

    grade: Ints
    limits: Limits
    other: Ints | None
    unique: bool | None
    proved: bool


@dataclass(frozen=True, eq=False)
class _Optimum:
    """Where a linear program over paths ended; ``price`` is that of each person in each grade."""

    prices: Prices
    values: list[Floats]
    least: list[Floats]
    price: Floats
    by_slack: float
    bound: float


class _OutOfReachError(Exception):
    """Too many gradings, or no time."""


def solve_by_unit(cost: Floats, current: Ints, rules: GradeRules, deadline: float, *, look_for_other: bool = True) -> ByUnit | None:
    """Find the grades with the fewest people beyond ranges, then the fewest moves, then the least cost.

    Parameters
    ----------
    cost : ndarray, shape (n, B)
    current : ndarray of int, shape (n,)
    rules : GradeRules
        Every person is allowed a grade.
    deadline : float
        By the monotonic clock.
    look_for_other : bool

    Returns
    -------
    ByUnit or None
        None where the rules do not come apart by unit, a unit has too many gradings, or time ran out.

    References
    ----------
    Dantzig & Wolfe (1960), Operations Research 8, 101–111.

    Examples
    --------
    >>> import numpy as np
    >>> cost = -np.log([[0.7, 0.3], [0.6, 0.4], [0.1, 0.9]])
    >>> rules = GradeRules.of(np.ones((3, 2), bool), company=np.array([[1, 1], [2, 2]]))
    >>> solve_by_unit(cost, np.array([1, 0, 1]), rules, monotonic() + 10).grade
    array([1, 0, 1])
    """
    units = order_by_unit(rules)
    if units is None:
        return None
    task = _Units(cost, current, rules, units, deadline)
    try:
        return task.solution(look_for_other=look_for_other)
    except _OutOfReachError:
        return None


class _Units:
    """Programs over the gradings of units, one after another."""

    def __init__(self, cost: Floats, current: Ints, rules: GradeRules, units: Sequence[UnitOrder], deadline: float) -> None:
        self.rules, self.units, self.deadline = rules, units, deadline
        self.cost = cost - cost.min(axis=1, keepdims=True)
        self.moved = (np.arange(cost.shape[1])[None, :] != current[:, None]).astype(np.float64)
        self.moved[current < 0] = 0.0
        self.lean = _LEAN / max(float(self.cost.max(axis=1).sum()), 1e-12)
        self.near = self.cost * self.moved if (current >= 0).any() else self.cost
        self.proved = True

    def solution(self, *, look_for_other: bool) -> ByUnit:
        """Raise the limits on slack, then on moves, from their bounds until there is a solution."""
        slack = width = 0
        while width <= _WIDEST:
            self._open(width)
            if width:
                end = self._settled("slack", Limits(None, self.rules.most_moves))
                if end is None:
                    break
                least = ceil(end.bound - _CLOSE)
                if least > width:  # gradings that miss a range by more might do with less in all
                    width = least
                    continue
                slack = max(slack, least)
            found = self._moved_least(slack, look_for_other=look_for_other)
            if found is not None:
                return found
            slack += 1
            width = max(width, slack)
        raise _OutOfReachError

    def _moved_least(self, slack: int, *, look_for_other: bool) -> ByUnit | None:
        """Find a solution with at most so many people beyond ranges; None if there is none."""
        end = self._settled("moves", Limits(slack, self.rules.most_moves))
        if end is None:
            return None
        least = max(ceil(end.bound - _LEAN - _CLOSE), 0)
        top = least + _MORE_MOVES if self.rules.most_moves is None else min(least + _MORE_MOVES, self.rules.most_moves)
        for moves in range(least, top + 1):
            found = self._cheapest(Limits(slack, moves), look_for_other=look_for_other)
            if found is not None:
                return found
        if top == self.rules.most_moves:
            return None
        raise _OutOfReachError

    def _cheapest(self, limits: Limits, *, look_for_other: bool) -> ByUnit | None:
        """Find the solution of least cost within limits; None if there is none, ``proved`` tells whether that is sure."""
        end = self._settled("cost", limits)
        if end is None:
            return None
        bounds: dict[int, tuple[float, bool]] = {}
        while True:
            chosen, paths, gap = self._whole(end, limits)
            if chosen is None:
                return None
            outside = self._outside(end, gap + _CLOSE, bounds)
            if not self._widened(outside, end, gap + _CLOSE):
                break
            bounds = {k: b for k, b in bounds.items() if k not in {one for one, _, _ in outside}}
            before, end = end.bound, self._at_prices(end)
            if before - end.bound > _LOST:  # prices of their own are better than a wide gap
                bounds.clear()
                end = self._settled("cost", limits)
                if end is None:
                    return None
        grade = self._grades(paths, chosen)
        if not look_for_other:
            return ByUnit(grade, limits, None, None, self.proved)
        same = np.zeros(len(paths.unit))
        for k, people in enumerate(self.found.members):
            rows = np.flatnonzero(paths.unit == k)
            given = self.found.unit_grades(paths.sets[rows], k)
            same[rows] = (given == grade[people][None, :]).sum(axis=1)
        most = self._sum(paths, chosen) + _CLOSE
        other, sure = self._choice(same, paths, limits, also=(paths.total(self.cost_values), most))
        if other is None:
            return ByUnit(grade, limits, None, None, self.proved)
        else_ = self._grades(paths, other)
        differs = bool((else_ != grade).any())
        unique = False if differs else True if sure and self.proved else None
        return ByUnit(grade, limits, else_ if differs else None, unique, self.proved)

    def _whole(self, end: _Optimum, limits: Limits) -> tuple[Ints | None, Paths, float]:
        """Choose among the paths within a gap of the bound, widened until it holds the best choice."""
        for gap in _GAPS:
            paths = self._near(end, gap)
            if paths is None:
                break
            chosen, sure = self._choice(paths.total(self.cost_values), paths, limits)
            if chosen is None:
                if gap == np.inf and sure and not self._narrow():
                    return None, paths, gap
                continue
            needed = self._sum(paths, chosen) - end.bound + 2 * _CLOSE
            if needed > gap:
                more = self._near(end, needed)
                if more is None:
                    self.proved = False
                    return chosen, paths, gap
                paths = more
                chosen, sure = self._choice(paths.total(self.cost_values), paths, limits)
                if chosen is None:
                    raise _OutOfReachError
            self.proved = self.proved and sure
            return chosen, paths, needed
        raise _OutOfReachError

    def _near(self, end: _Optimum, gap: float) -> Paths | None:
        """Paths dearer than the prices of their units by at most so much."""
        return nearly_best(self.found, end.values, end.least, -end.prices.by_grade, end.by_slack, end.prices.by_unit + gap + _CLOSE, _PATHS)

    def _choice(
        self, objective: Floats, paths: Paths, limits: Limits, also: tuple[Floats, float] | None = None
    ) -> tuple[Ints | None, bool]:
        left = self._in_time()
        moves = paths.total(self.move_values)
        return whole(objective, paths, moves, self.rules.company, limits, len(self.units), left, also)

    def _sum(self, paths: Paths, chosen: Ints) -> float:
        return float(paths.total(self.cost_values)[chosen].sum())

    def _grades(self, paths: Paths, chosen: Ints) -> Ints:
        out = np.empty(len(self.cost), dtype=np.int64)
        for path, k in zip(paths.sets[chosen], paths.unit[chosen], strict=True):
            out[self.found.members[k]] = self.found.unit_grades(path[None, :], int(k))[0]
        return out

    def _settled(self, goal: str, limits: Limits) -> _Optimum | None:
        """Solve the linear program over all gradings, those not looked at included; None if the limits cannot be kept."""
        for turn in range(_TURNS):
            if not self.possible:  # a unit has no grading at all
                if self._narrow():
                    raise _OutOfReachError
                return None
            end = self._optimum(goal, limits)
            if goal == "cost" and end.prices.over < _CLOSE:
                return end  # what is outside is looked at when the gap is known
            outside = self._outside(end, roughly=turn == 0)
            below = sum(min(0.0, price - float(end.prices.by_unit[k])) for k, price, _ in outside)
            part = _CLOSE + (_LEAN if goal == "moves" else 0.0)
            if end.prices.over < _CLOSE and ceil(end.bound + below - part) == ceil(end.bound - part):
                return end
            if not self._widened(outside, end, 0.0):
                return end if end.prices.over < _CLOSE else None
        raise _OutOfReachError

    def _at_prices(self, end: _Optimum) -> _Optimum:
        """Put the same prices on the gradings looked at now."""
        prices = end.prices
        now = [v - prices.by_move * m for v, m in zip(self.cost_values, self.move_values, strict=True)]
        least = priced(self.found, now, -prices.by_grade, end.by_slack)
        bound = prices.value + float(np.minimum(least[-1] - prices.by_unit, 0.0).sum())
        return replace(end, values=now, least=least, bound=bound)

    def _optimum(self, goal: str, limits: Limits) -> _Optimum:
        """Price paths until none would lower the value."""
        values, cost, slack_price = self._goal(goal)
        paths = best(self.found, priced(self.found, values, np.zeros(cost.shape[1]), 1.0), 1.0)
        for penalty in _PENALTIES:
            for _ in range(_TURNS):
                self._in_time()
                moves = paths.total(self.move_values)
                objective = paths.total(values) + slack_price * paths.slack
                prices = relaxed(objective, paths, moves, self.rules.company, limits, slack_price, len(self.units), penalty)
                now = [v - prices.by_move * m for v, m in zip(values, self.move_values, strict=True)]
                by_slack = slack_price - prices.by_slack
                least = priced(self.found, now, -prices.by_grade, by_slack)
                reduced = least[-1] - prices.by_unit
                new = np.flatnonzero(reduced < -_CLOSE)
                if not len(new):
                    break
                found = best(self.found, least, by_slack)
                paths = paths.joined(Paths(found.unit[new], found.sets[new], found.counts[new], found.slack[new]))
            else:
                raise _OutOfReachError
            if prices.over < _CLOSE:
                break
        price = cost - prices.by_move * self.moved - prices.by_grade[None, :]
        return _Optimum(prices, now, least, price, by_slack, prices.value + float(np.minimum(reduced, 0.0).sum()))

    def _goal(self, goal: str) -> tuple[list[Floats], Floats, float]:
        """Value of each set, of each grade of each person, and of a person beyond a range."""
        if goal == "slack":
            return [np.zeros_like(v) for v in self.cost_values], np.zeros_like(self.cost), 1.0
        if goal == "moves":
            pairs = zip(self.move_values, self.cost_values, strict=True)
            return [m + self.lean * c for m, c in pairs], self.moved + self.lean * self.cost, 0.0
        return self.cost_values, self.cost, 0.0

    def _open(self, width: int) -> None:
        """List gradings that miss ranges by at most so many people."""
        first = narrowed(self.rules, self.units, self.near, width)
        if first is None:
            raise _OutOfReachError
        self.width, self.failed = width, dict[int, int]()
        self.opened, self.parts = first
        self._listed()

    def _listed(self) -> None:
        found = joined(self.units, self.parts)
        if found is None:
            raise _OutOfReachError
        self.found, self.possible = found, found.possible
        if found.possible:
            self.cost_values, self.move_values = found.node_values(self.cost), found.node_values(self.moved)

    def _narrow(self) -> list[int]:
        """Units of which not all gradings are looked at."""
        shut = np.asarray((self.rules.allowed & ~self.opened).any(axis=1))
        return [k for k, one in enumerate(self.units) if shut[one.people].any()]

    def _outside(
        self, end: _Optimum, gap: float = 0.0, bounds: dict[int, tuple[float, bool]] | None = None, *, roughly: bool = False
    ) -> list[tuple[int, float, Bools]]:
        """Of units with gradings not looked at that may be within the gap: which, a bound on their price, and grades to look at.

        A linear program of all these units bounds it for most, and tells which grades to look at for the others; a unit that would get
        too many sets by that is solved by itself, asked roughly only such a unit. ``bounds`` of these prices known before, and whether
        they are of whole grades, are used and kept.
        """
        bounds = {} if bounds is None else bounds
        weights: dict[int, Floats] = {}
        ask = [k for k in self._narrow() if k not in bounds]
        if ask:
            told, given = self._dearer(ask, end, whole_grades=False)
            at = np.cumsum([0, *(len(self.units[k].people) for k in ask)])
            for j, k in enumerate(ask):
                bounds[k], weights[k] = (told[j], False), given[at[j] : at[j + 1]]
        enough = {k: float(end.prices.by_unit[k]) + gap + _CLOSE for k in self._narrow()}
        near = [k for k, most in enough.items() if bounds[k][0] <= most]
        alone = [k for k in near if k not in weights or not (bounds[k][1] or (roughly and self._with(k, weights[k] > _SOME)))]
        with ThreadPoolExecutor(_AT_ONCE) as at_once:  # the solver leaves Python's lock; each unit is a program of its own
            for k, (told, given) in zip(alone, at_once.map(lambda k: self._dearer([k], end, whole_grades=True), alone), strict=True):
                bounds[k], weights[k] = (bounds[k][0] if bounds[k][1] else told[0], True), given
        return [(k, bounds[k][0], weights[k] > _SOME) for k in near if bounds[k][0] <= enough[k]]

    def _with(self, k: int, wanted: Bools) -> bool:
        """Whether a unit has few sets with further grades looked at."""
        opened = self.opened.copy()
        people = self.units[k].people
        opened[people] = filled(opened[people] | wanted) & self.rules.allowed[people]
        found = unit_layers(self.rules, self.units[k], opened, self.width)
        return found is not None and step_count(found) <= _WIDE_STEPS

    def _dearer(self, some: list[int], end: _Optimum, *, whole_grades: bool) -> tuple[list[float], Floats]:
        """Find the least price of a grading not looked at, of each of some units; inf where there is none."""
        units, slack = [self.units[k] for k in some], (end.by_slack, self.width)
        left = self._in_time()
        found = least_outside(self.rules, units, self.opened, end.price, slack, whole_grades=whole_grades, seconds=left)
        if found is None:
            raise _OutOfReachError
        return found

    def _widened(self, outside: list[tuple[int, float, Bools]], end: _Optimum, gap: float) -> bool:
        """Look at gradings dear by no more than the gap, and all between them and those looked at; False if there are none."""
        some = False
        for k, price, wanted in outside:
            if price >= float(end.prices.by_unit[k]) + gap - _CLOSE * (gap == 0.0):
                continue
            self.failed[k] = self.failed.get(k, 0) + 1
            people = self.units[k].people
            part = None
            if self.failed[k] >= _PATIENCE:  # all at once, if there is room
                part = unit_layers(self.rules, self.units[k], self.rules.allowed, self.width)
            if part is not None and step_count(part) <= _FULL_STEPS:
                self.opened[people] = self.rules.allowed[people]
            else:
                self.opened[people] = filled(self.opened[people] | wanted) & self.rules.allowed[people]
                part = unit_layers(self.rules, self.units[k], self.opened, self.width, _ROOM)
            if part is None:
                raise _OutOfReachError
            self.parts[k] = part
            some = True
        if some:
            self._listed()
        return some

    def _in_time(self) -> float:
        left = self.deadline - monotonic()
        if left <= 0:
            raise _OutOfReachError
        return left
