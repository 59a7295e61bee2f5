"""Proposals against every way to grade a handful of people."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import ceil, floor, sqrt
from typing import Any

import numpy as np
import pandas as pd

from rankkit import ForcedDistribution, People
from rankkit.calibration import propose
from rankkit.kernels.covariance import Dense
from tests.methods.test_forced_distribution import scored

DRAWS = 10_000  # draws the probabilities are shares of
SAME = 1e-6  # costs of a few people
PERSON = 1000  # people beyond the ranges that one rule about a person outweighs


def case(draw: np.random.Generator) -> dict[str, Any]:
    """A few people with grades, units, and rules at random."""
    n, size = int(draw.integers(3, 6)), int(draw.integers(2, 4))
    names = "ABC"[:size]
    weight = draw.integers(1, 5, size)
    share = [Fraction(int(w), int(weight.sum())) for w in weight]
    half = draw.normal(size=(n, n)) * 0.15
    errors = half @ half.T + np.eye(n) * draw.choice([0.05, 0.5])
    source = scored(draw.normal(size=n) * 2, se=1.0)
    object.__setattr__(source, "covariance", Dense(errors))
    graded = ForcedDistribution(shares=dict(zip(names, share, strict=True)), ties="up").fit(source)
    ids = source.people
    opened = {}
    for i in ids:
        if draw.random() < 0.2:
            a, b = sorted(draw.integers(0, size, 2).tolist())
            opened[i] = names[a : b + 1]
    locks = {i: str(draw.choice(list(opened.get(i, names)))) for i in ids if draw.random() < 0.15}
    return {
        "graded": graded,
        "errors": errors,
        "share": share,
        "names": names,
        "units": [str(draw.choice(["u", "v", ""])) for _ in ids],
        "current": {i: str(draw.choice(list(names))) for i in ids if draw.random() < 0.9},
        "locks": locks,
        "opened": opened,
        "within": str(draw.choice(["unit", "everybody", "none"])),
        "multiple": float(draw.choice([1.0, 1.96])),
        "spare": int(draw.integers(0, 2)),
        "most": int(draw.integers(0, 3)) if draw.random() < 0.5 else None,
    }


def every(c: dict[str, Any]) -> dict[tuple[int, ...], tuple[int, int, float]]:
    """Relaxations, moves and cost of every way that keeps the limit on moves."""
    graded, names, units, errors = c["graded"], c["names"], c["units"], c["errors"]
    ids, score, size = graded.people, graded.estimate, len(c["names"])
    seats = graded.quota["seats"].tolist()
    cost = -np.log((graded.probabilities.to_numpy() * DRAWS + 0.5) / (DRAWS + size / 2))
    apart = [
        (i, j)
        for i, j in product(range(len(ids)), repeat=2)
        if (c["within"] == "everybody" or (c["within"] == "unit" and units[i] == units[j] != ""))
        and score[i] - score[j] > c["multiple"] * sqrt(errors[i, i] + errors[j, j] - 2 * errors[i, j])
    ]
    fits = [
        [g for g in range(size) if names[g] in c["opened"].get(p, names) and names[g] == c["locks"].get(p, names[g])] for p in ids
    ]  # grades open to each
    out = {}
    for way in product(range(size), repeat=len(ids)):
        moves = sum(p in c["current"] and c["current"][p] != names[g] for p, g in zip(ids, way, strict=True))
        if c["most"] is not None and moves > c["most"]:
            continue
        beyond = sum(abs(way.count(b) - seats[b]) for b in range(size))
        for u in {u for u in units if u}:
            held = [g for g, v in zip(way, units, strict=True) if v == u]
            for b, p in enumerate(c["share"]):
                k, low, high = held.count(b), floor(p * len(held)) - c["spare"], ceil(p * len(held)) + c["spare"]
                beyond += max(k - high, low - k, 0)
        broken = sum(g not in f for g, f in zip(way, fits, strict=True)) + len({i for i, j in apart if way[i] > way[j]})
        out[way] = (PERSON * broken + beyond, moves, float(sum(cost[i, g] for i, g in enumerate(way))))
    return out


def test_no_way_to_grade_is_better_and_uniqueness_is_told_truly() -> None:
    draw, conflicts = np.random.default_rng(21), 0
    for _ in range(45):
        c = case(draw)
        people = People.from_frame(pd.DataFrame({"person": c["graded"].people, "unit": [u or None for u in c["units"]]}))
        settings = {"current": c["current"], "locks": c["locks"], "open_grades": c["opened"], "spare": c["spare"]}
        settings |= {"no_inversion": c["within"], "multiple": c["multiple"], "most_moves": c["most"]}
        found = propose(c["graded"], people, **settings)
        ways = every(c)
        least = min(ways.values())
        given = ways[tuple(c["names"].index(g) for g in found.grades["grade"])]
        assert given[:2] == least[:2]
        assert given[2] <= least[2] + SAME
        assert found.proved
        assert len(found.moves) == least[1]
        as_good = sum(w[:2] == least[:2] and w[2] <= least[2] + SAME for w in ways.values())
        assert found.unique in (None, as_good == 1)
        conflicts += least[0] >= PERSON
        if least[0] < PERSON:
            assert found.relaxed["by"].abs().sum() == least[0]
    assert conflicts > 3
