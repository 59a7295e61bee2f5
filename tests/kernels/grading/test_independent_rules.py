"""Grades under rules about persons, and equal scores, against every placement."""

from __future__ import annotations

from itertools import product

import numpy as np

from rankkit.kernels.grading import ruled_grades
from rankkit.kernels.ranking import tie_groups


def placements(seats: list[int], best: list[int], worst: list[int]) -> list[tuple[int, ...]]:
    """Every way to fill the seats with people in grades open to them."""
    ways = product(*[range(a, b + 1) for a, b in zip(best, worst, strict=True)])
    return [w for w in ways if np.bincount(w, minlength=len(seats)).tolist() == seats]


def test_rules_and_equal_scores_against_every_placement() -> None:
    """The best scores down to each grade, from the best grade on; open is what differs between equally good placements."""
    draw, tried = np.random.default_rng(1), 0
    while tried < 900:
        n, size = int(draw.integers(2, 6)), int(draw.integers(2, 5))
        seats = np.bincount(draw.integers(0, size, n), minlength=size).tolist()
        score = draw.integers(0, 3, n).astype(float)
        ends = [sorted(draw.integers(0, size, 2).tolist()) if draw.random() < 0.6 else [0, size - 1] for _ in range(n)]
        best, worst = [a for a, _ in ends], [b for _, b in ends]
        ways = placements(seats, best, worst)
        if not ways:
            continue
        tried += 1
        merit = {w: [sorted(-score[i] for i in range(n) if w[i] <= k) for k in range(size)] for w in ways}
        top = [w for w in ways if merit[w] == min(merit.values())]
        a, b = np.array(best), np.array(worst)
        placed = ruled_grades.place(score[None, :], np.array(seats), a, b)[0]
        assert tuple(placed.tolist()) in top
        open_ = ruled_grades.exchangeable(placed, tie_groups(score), a, b)
        assert open_.tolist() == [[min(w[i] for w in top), max(w[i] for w in top)] for i in range(n)]
