"""All gradings of a unit that keep the order of the evidence, as paths through nested sets of its people.

The people with grade b or better form a set U_b that holds, with anybody, all who are clearly better: an up-set of the order. A grading
of the unit is a chain ∅ ⊆ U_0 ⊆ U_1 ⊆ … ⊆ everybody with as many people between neighbours as the ranges allow. In a unit with an
order of any use such sets are few, so the best grading, and all gradings nearly as good, come from a dynamic program.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.grading.grade_rows import GradeRules, open_grades

_PEOPLE = 62  # sets are written as bits of an integer
_SETS = 20_000  # of a grade of a unit
_PAIRS = 60_000_000  # of sets of neighbouring grades of a unit
_BLOCK = 2_000_000  # pairs looked at at once
_UNIT_STEPS = 60_000  # of a unit before its grades are narrowed
_FEW_SETS = 600  # of a unit whose grades need not be narrowed
_NEAREST = (0.5, 1.5, 3.0, 5.0, np.inf)  # how far grades may be to be looked at
_STEPS = 20_000_000  # of all units


@dataclass(frozen=True, eq=False)
class Layer:
    """Sets U_b of all units, and the steps from U_{b−1} to them.

    Attributes
    ----------
    sets, unit : ndarrays of int, shape (m,)
        Bits of the people (places in the unit), and whose set it is; sorted by unit.
    size : ndarray of int, shape (m,)
        People in the set.
    start : ndarray of int, shape (m + 1,)
        Steps into set k are ``start[k]`` to ``start[k + 1]``.
    origin, slack : ndarrays of int
        Of each step: the set it comes from, and people beyond or short of the range.
    """

    sets: Ints
    unit: Ints
    size: Ints
    start: Ints
    origin: Ints
    slack: Ints


@dataclass(frozen=True, eq=False)
class Gradings:
    """Gradings of all units; the last layer holds everybody, one set a unit.

    Attributes
    ----------
    members : tuple of ndarray of int
        People of each unit, the best first.
    layers : tuple of Layer
        One a grade.
    """

    members: tuple[Ints, ...]
    layers: tuple[Layer, ...]

    @property
    def possible(self) -> bool:
        """Whether every unit has a grading."""
        return len(self.layers[-1].sets) == len(self.members)

    def node_values(self, value: Floats) -> list[Floats]:
        """Of every set its part of Σ_i v(i, grade of i): that sum over a path is the sum of its sets.

        Parameters
        ----------
        value : ndarray, shape (n, B)

        Returns
        -------
        list of ndarray
            One a layer: Σ_{i∈U} v_ib − v_i,b+1.
        """
        step = np.column_stack([value[:, :-1] - value[:, 1:], value[:, -1]])
        out = []
        for b, layer in enumerate(self.layers):
            total = np.zeros(len(layer.sets))
            bounds = np.searchsorted(layer.unit, np.arange(len(self.members) + 1))
            for g, people in enumerate(self.members):
                rows = slice(bounds[g], bounds[g + 1])
                inside = (layer.sets[rows, None] >> np.arange(len(people))[None, :]) & 1
                total[rows] = inside @ step[people, b]
            out.append(total)
        return out

    def unit_grades(self, sets: Ints, unit: int) -> Ints:
        """Grades of the people of a unit by each of its paths, shape (paths, people)."""
        people = np.arange(len(self.members[unit]))
        out = np.full((len(sets), len(people)), len(self.layers) - 1, dtype=np.int64)
        for b in range(len(self.layers) - 2, -1, -1):
            inside = (self.layers[b].sets[sets[:, b], None] >> people[None, :]) & 1
            out[inside == 1] = b
        return out


def joined(units: Sequence[UnitOrder], parts: Sequence[list[Layer]]) -> Gradings | None:
    """Put the sets of all units together; None if there are too many steps between them."""
    if sum(map(step_count, parts)) > _STEPS:
        return None
    return Gradings(tuple(one.people for one in units), tuple(_joined(parts, b) for b in range(len(parts[0]))))


def narrowed(rules: GradeRules, units: Sequence[UnitOrder], near: Floats, width: int = 0) -> tuple[Bools, list[list[Layer]]] | None:
    """Find grades to look at first: all that are allowed, or in units with many sets those nearest to the evidence and the current grade.

    Parameters
    ----------
    rules : GradeRules
    units : sequence of UnitOrder
    near : ndarray, shape (n, B)
        How far each grade is from the best for the person; 0 for the best and the current one. The grade by the unit's own ranges
        counts as near, too.
    width : int

    Returns
    -------
    opened : ndarray of bool, shape (n, B)
        For each person a run of neighbouring grades.
    parts : list of list of Layer
        The sets of each unit; or None where even the nearest are too many.

    Examples
    --------
    >>> import numpy as np
    >>> from rankkit.kernels.grading.grade_rows import GradeRules
    >>> from rankkit.kernels.grading.order_rules import OrderRules
    >>> order = OrderRules((), np.array([[0, 1], [1, 2]]))
    >>> rules = GradeRules.of(np.ones((3, 2), bool), np.array([[1, 3], [0, 2]]), unit=np.zeros(3, int),
    ...     unit_ranges=np.array([[[1, 2], [1, 2]]]), order=order)
    >>> opened, parts = narrowed(rules, order_by_unit(rules), np.zeros((3, 2)))
    >>> [layer.sets.tolist() for layer in parts[0]]  # the best one, or the best two; everybody
    [[1, 3], [7]]
    """
    opened = rules.allowed.copy()
    parts: list[list[Layer]] = []
    for one in units:
        found = unit_layers(rules, one, opened, width) if _up_sets(one.above, 0, 0, len(one.people), _FEW_SETS) is not None else None
        if found is None:
            here = _widest(rules, one, near[one.people], width)
            if here is None:
                return None
            opened[one.people], found = here
        parts.append(found)
    return opened, parts


def _widest(rules: GradeRules, one: UnitOrder, near: Floats, width: int) -> tuple[Bools, list[Layer]] | None:
    """Open as many grades of a unit as there is room for, the nearest first."""
    own = np.zeros(near.shape, dtype=bool)
    if one.code >= 0:
        own[np.arange(len(own)), _by_ranges(len(own), rules.unit_ranges[one.code])] = True
    last = None
    for nearest in _NEAREST:
        opened = rules.allowed.copy()
        opened[one.people] &= filled((near <= nearest) | own)
        if not opened[one.people].any(axis=1).all():
            continue
        found = unit_layers(rules, one, opened, width)
        if found is None or (last is not None and step_count(found) > _UNIT_STEPS):
            break
        if len(found[-1].sets) or (nearest == np.inf and last is None):
            last = opened[one.people], found
    return last


def _by_ranges(n: int, ranges: Ints) -> Ints:
    """Grades of a unit by falling score, with people in each grade at the same part of its range."""
    low, room = ranges[:, 0], ranges[:, 1] - ranges[:, 0]
    part = float(np.clip((n - low.sum()) / max(int(room.sum()), 1), 0.0, 1.0))
    upto = np.cumsum(low + part * room) * n / max(float((low + part * room).sum()), 1.0)
    return np.searchsorted(np.round(upto[:-1]), np.arange(n), side="right")


def filled(wanted: Bools) -> Bools:
    """Fill gaps between the first and the last wanted."""
    filled: Bools = np.logical_or.accumulate(wanted, axis=1) & np.logical_or.accumulate(wanted[:, ::-1], axis=1)[:, ::-1]
    return filled


def step_count(part: list[Layer]) -> int:
    """Steps between the sets of a unit."""
    return sum(len(layer.origin) for layer in part)


@dataclass(frozen=True, eq=False)
class UnitOrder:
    """People of a unit, nobody before somebody clearly better; whom each must not be above, as bits; the code of the unit or −1."""

    people: Ints
    above: list[int]
    code: int

    def pairs(self) -> Ints:
        """Pairs (better, worse) from which all others follow."""
        found = []
        for worse, mask in enumerate(self.above):
            between = 0
            for k in range(worse):
                if (mask >> k) & 1:
                    between |= self.above[k]
            left = mask & ~between
            found += [(k, worse) for k in range(worse) if (left >> k) & 1]
        return np.array(found, dtype=np.int64).reshape(-1, 2)


def order_by_unit(rules: GradeRules) -> list[UnitOrder] | None:
    """Take the order apart by unit; None if it goes across units, or a unit is too large."""
    above = _above(rules)
    units = _units(rules)
    if above is None or max((len(people) for people, _ in units), default=0) > _PEOPLE:
        return None
    out = []
    for people, code in units:
        at = {int(p): k for k, p in enumerate(people)}
        out.append(UnitOrder(people, [sum(1 << at[p] for p in above.get(int(i), ())) for i in people], code))
    return out


def _units(rules: GradeRules) -> list[tuple[Ints, int]]:
    """People of each unit in an order in which nobody comes before somebody clearly better; its code, −1 for people by themselves."""
    place = np.arange(len(rules.unit))
    for people, _, _ in rules.order.tails:
        place[people] = np.arange(len(people))
    out = [(np.array([i]), -1) for i in np.flatnonzero(rules.unit < 0)]
    by_unit = np.lexsort((place, rules.unit))
    bounds = np.searchsorted(rules.unit[by_unit], np.arange(len(rules.unit_ranges) + 1))
    out += [(by_unit[a:b], g) for g, (a, b) in enumerate(pairwise(bounds)) if b > a]
    return out


def _above(rules: GradeRules) -> dict[int, set[int]] | None:
    """Who is clearly better than each person; None if the order goes across units or in no order of places."""
    out: dict[int, set[int]] = {}
    place = np.arange(len(rules.unit))
    for people, first, position in rules.order.tails:
        place[people] = np.arange(len(people))
        if len(position) and ((rules.unit[people] != rules.unit[people[0]]).any() or rules.unit[people[0]] < 0):
            return None
        for a, k in zip(first, position, strict=True):
            for worse in people[a:]:
                out.setdefault(int(worse), set()).add(int(people[k]))
    i, j = rules.order.pairs.T
    if (rules.unit[i] != rules.unit[j]).any() or (rules.unit[i] < 0).any() or (place[i] >= place[j]).any():
        return None
    for better, worse in rules.order.pairs.tolist():
        out.setdefault(worse, set()).add(better)
    return out


def _up_sets(above: list[int], must: int, never: int, most: int, limit: int) -> Ints | None:
    """All sets of at most so many people that hold with anybody those above, and those who must; None if there are too many."""
    found = np.zeros(1, dtype=np.int64)
    for k, mask in enumerate(above):
        if (never >> k) & 1:
            continue
        joined = found[(found & mask) == mask] | (1 << k)
        joined = joined[np.bitwise_count(joined) <= most]
        found = joined if (must >> k) & 1 else np.concatenate([found, joined])
        if len(found) > limit:
            return None
    return found


def unit_layers(rules: GradeRules, one: UnitOrder, opened: Bools, width: int, room: int = 1) -> list[Layer] | None:
    """Sets of a unit by grade, only those on a path from nobody to everybody, and the steps between them; None if too many.

    ``room`` times as many sets as usual are taken.
    """
    n = len(one.people)
    best, worst = open_grades(opened[one.people])
    ranges = np.tile([0, n], (opened.shape[1], 1)) if one.code < 0 else rules.unit_ranges[one.code]
    low, high = np.maximum(ranges[:, 0] - width, 0), np.minimum(ranges[:, 1] + width, n)
    layers: list[Ints] = []
    for b in range(len(ranges)):
        least = max(int(low[: b + 1].sum()), n - int(high[b + 1 :].sum()))
        most = min(int(high[: b + 1].sum()), n - int(low[b + 1 :].sum()))
        must = sum(1 << k for k in np.flatnonzero(worst <= b).tolist())
        never = sum(1 << k for k in np.flatnonzero(best > b).tolist())
        found = _up_sets(one.above, must, never, most, room * _SETS)
        if found is None:
            return None
        layers.append(found[np.bitwise_count(found) >= least])
    before = np.zeros(1, dtype=np.int64)
    steps: list[tuple[Ints, Ints]] = []
    for b, here in enumerate(layers):
        if len(before) * len(here) > room * _PAIRS:
            return None
        origin, target = _steps(before, here, int(low[b]), int(high[b]))
        used = np.zeros(len(here), dtype=bool)
        used[target] = True
        steps.append((origin, (np.cumsum(used) - 1)[target]))
        layers[b] = before = here[used]
    return _leading_on(layers, steps, ranges)


def _steps(before: Ints, here: Ints, low: int, high: int) -> tuple[Ints, Ints]:
    """Pairs of a set and one that holds it and so many people more, block by block, in the order of the latter."""
    size_before, size_here = (np.bitwise_count(sets).astype(np.int16) for sets in (before, here))
    origin, target = [], []
    for rows in np.array_split(np.arange(len(here)), max(1, len(before) * len(here) // _BLOCK)):
        apart = size_here[rows, None] - size_before[None, :]
        i, j = np.nonzero((apart >= low) & (apart <= high) & ((before[None, :] & ~here[rows, None]) == 0))
        origin.append(j)
        target.append(rows[i])
    return np.concatenate(origin), np.concatenate(target)


def _leading_on(layers: list[Ints], steps: list[tuple[Ints, Ints]], ranges: Ints) -> list[Layer]:
    """Leave sets out that lead nowhere, and count what is beyond or short of the ranges."""
    keep = np.ones(len(layers[-1]), dtype=bool)
    out: list[Layer] = []
    for b in range(len(layers) - 1, -1, -1):
        origin, target = steps[b]
        on = keep[target]
        origin, target, here = origin[on], (np.cumsum(keep) - 1)[target[on]], layers[b][keep]
        before = layers[b - 1] if b else np.zeros(1, dtype=np.int64)
        keep = np.zeros(len(before), dtype=bool)
        keep[origin] = True
        origin = (np.cumsum(keep) - 1)[origin]
        size = np.bitwise_count(here).astype(np.int64)
        apart = size[target] - np.bitwise_count(before[keep]).astype(np.int64)[origin]
        slack = np.maximum(apart - ranges[b, 1], 0) + np.maximum(ranges[b, 0] - apart, 0)
        out.append(Layer(here, np.zeros(len(here), dtype=np.int64), size, np.searchsorted(target, np.arange(len(here) + 1)), origin, slack))
    return out[::-1]


def _joined(parts: Sequence[list[Layer]], b: int) -> Layer:
    """Sets of grade b of all units as one layer."""
    here, before = [part[b] for part in parts], [part[b - 1] if b else None for part in parts]
    unit = np.repeat(np.arange(len(parts)), [len(p.sets) for p in here])
    steps = np.concatenate([[0], np.cumsum([len(p.origin) for p in here])])
    sets = np.concatenate([[0], np.cumsum([1 if p is None else len(p.sets) for p in before])])
    return Layer(
        np.concatenate([p.sets for p in here]),
        unit,
        np.concatenate([p.size for p in here]),
        np.concatenate([*(p.start[:-1] + at for p, at in zip(here, steps, strict=False)), steps[-1:]]),
        np.concatenate([p.origin + at for p, at in zip(here, sets, strict=False)]),
        np.concatenate([p.slack for p in here]),
    )
