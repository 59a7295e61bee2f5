"""Seats and grades against plain answers written from the formulas, without a look at the code."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from math import ceil, floor

import numpy as np
import pandas as pd
import pytest

from rankkit import ForcedDistribution, People
from rankkit.kernels.grading.apportionment import largest_remainder, sainte_lague
from rankkit.methods.distribution_policy import Quota
from tests.methods.test_forced_distribution import scored

EQUAL = 1e-9  # costs are sums of a few unit means


def served(size: int, rule: str) -> list[int]:
    """Grades in the order of equal claims."""
    if rule != "middle":
        return sorted(range(size), reverse=rule == "bottom")
    return sorted(range(size), key=lambda b: (abs(b - Fraction(size - 1, 2)), b))


def hamilton(n: int, share: list[Fraction], rule: str) -> list[int]:
    """Floors, then the largest fractions one by one."""
    seats = [floor(n * p) for p in share]
    rest = {b: n * p - s for b, (p, s) in enumerate(zip(share, seats, strict=True))}
    while sum(seats) < n:
        chosen = next(b for b in served(len(share), rule) if rest.get(b) == max(rest.values()))
        seats[chosen] += 1
        del rest[chosen]
    return seats


def webster(n: int, share: list[Fraction], rule: str) -> list[int]:
    """Seat by seat to the largest p/(2s + 1)."""
    seats = [0] * len(share)
    for _ in range(n):
        claim = [p / (2 * s + 1) for p, s in zip(share, seats, strict=True)]
        seats[next(b for b in served(len(share), rule) if claim[b] == max(claim))] += 1
    return seats


def shares(draw: np.random.Generator) -> list[Fraction]:
    weight = [int(draw.choice([0, 1, 1, 2, 3, 5, 10, draw.integers(1, 998)])) for _ in range(draw.integers(1, 7))]
    return [Fraction(w, sum(weight)) for w in weight] if sum(weight) else [Fraction(1)]


@pytest.mark.parametrize("rule", ["middle", "top", "bottom"])
def test_seats_by_both_rules(rule: str) -> None:
    draw = np.random.default_rng(5)
    for _ in range(20):
        share = shares(draw)
        for n in (*range(1, 21), 60):
            assert largest_remainder(n, share, seat_ties=rule).tolist() == hamilton(n, share, rule)
            assert sainte_lague(n, share, seat_ties=rule).tolist() == webster(n, share, rule)


def test_seats_in_ranges_are_as_near_the_targets_as_can_be() -> None:
    draw, tried = np.random.default_rng(7), 0
    for _ in range(150):
        size, n = int(draw.integers(2, 5)), int(draw.integers(1, 13))
        low = [Fraction(int(draw.integers(0, 31)), 100) for _ in range(size)]
        high = [min(Fraction(1), a + Fraction(int(draw.integers(1, 61)), 100)) for a in low]
        room = [range(ceil(a * n), floor(b * n) + 1) for a, b in zip(low, high, strict=True)]
        fits = [s for s in product(*room) if sum(s) == n]
        if not fits or not sum(low) <= 1 <= sum(high):
            continue
        part = (1 - sum(low)) / (sum(high) - sum(low))
        aim = [(a + part * (b - a)) * n for a, b in zip(low, high, strict=True)]
        names = "ABCD"[:size]
        seats = Quota.of(dict(zip(names, zip(low, high, strict=True), strict=True))).seats(n, "largest_remainder", "middle")
        off = [sum((k - x) ** 2 for k, x in zip(s, aim, strict=True)) for s in (seats.tolist(), *fits)]
        assert tuple(seats.tolist()) in fits
        assert off[0] == min(off[1:])
        tried += 1
    assert tried > 40


def tables(rows: list[int], columns: list[int]) -> Iterator[tuple[tuple[int, ...], ...]]:
    """Every table of floors and ceilings of n_g n_b / n with these totals."""
    exact = [[Fraction(r * c, sum(rows)) for c in columns] for r in rows]
    each = [[s for s in product(*[sorted({floor(x), ceil(x)}) for x in row]) if sum(s) == r] for row, r in zip(exact, rows, strict=True)]
    yield from (t for t in product(*each) if [sum(c) for c in zip(*t, strict=True)] == columns)


def test_hybrid_seats_are_the_cheapest_controlled_rounding() -> None:
    draw = np.random.default_rng(11)
    for _ in range(15):
        rows = draw.integers(1, 8, draw.integers(1, 4)).tolist()
        share = shares(draw)[:4]
        share = [s / sum(share) for s in share] if sum(share) else [Fraction(1)]
        names, units = "ABCD"[: len(share)], [f"u{g}" for g in range(len(rows))]
        unit = np.repeat(units, rows)
        source = scored(draw.normal(size=len(unit)))
        people = People.from_frame(pd.DataFrame({"person": source.people, "unit": unit}))
        found = ForcedDistribution(shares=dict(zip(names, share, strict=True)), scope="hybrid").fit(source, people=people)
        given = [[int(found.unit_quota.loc[(u, b), "seats"]) for b in names] for u in units]
        mean = [float(source.estimate[unit == u].mean()) for u in units]

        def cost(table: object, mean: list[float] = mean) -> float:
            return sum(m * b * k for m, row in zip(mean, table, strict=True) for b, k in enumerate(row))  # type: ignore[arg-type,call-overload]

        every = list(tables(rows, hamilton(sum(rows), share, "middle")))
        least = min(map(cost, every))
        assert tuple(map(tuple, given)) in every
        assert cost(given) <= least + EQUAL
        assert ("W-ROUNDINGTIE" in set(found.messages["code"])) == (sum(cost(t) <= least + EQUAL for t in every) > 1)
