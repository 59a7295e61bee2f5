"""Plackett–Luce from a table to worths, verdict included, against choix; exact Kemeny consensus against its bar."""

from __future__ import annotations

import choix
import numpy as np
import pandas as pd
from timing import in_turns, shown

from rankkit.kernels.rankings import plackett_luce
from rankkit.kernels.rankings.condorcet import preference_matrix
from rankkit.kernels.rankings.kemeny import Kemeny, kemeny
from rankkit.kernels.rankings.ranking_lists import collect, from_matrix
from rankkit.tables.rankings import Rankings

SHAPES = (("36 races × 43 of 83, the shape of NASCAR 2002", 36, 43, 83), ("1000 rankings × 10 of 100", 1000, 10, 100))
SAME = 1e-8  # log-units: choix is asked for this accuracy


def drawn(lists: int, length: int, n: int, seed: int = 1) -> np.ndarray:
    """Orders drawn from the model, best first, shape (lists, length)."""
    rng = np.random.default_rng(seed)
    worth = rng.normal(size=n)
    shown_people = np.array([rng.choice(n, length, replace=False) for _ in range(lists)])
    return np.take_along_axis(shown_people, np.argsort(-(worth[shown_people] + rng.gumbel(size=shown_people.shape)), axis=1), axis=1)


def worths_of_table(frame: pd.DataFrame) -> np.ndarray:
    """Validate a table, ask whether an estimate exists, fit."""
    lists = Rankings.from_frame(frame).to_lists()
    if plackett_luce.existence(lists).kind != "finite":
        msg = "the benchmark needs data with a finite maximum"
        raise RuntimeError(msg)
    return plackett_luce.fit(lists).worth


def by_choix(frame: pd.DataFrame, n: int) -> np.ndarray:
    """Names to codes to tuples, then iterative spectral ranking."""
    item = pd.factorize(frame["ratee"], sort=True)[0]
    rater = pd.factorize(frame["rater"], sort=True)[0]
    order = np.lexsort((frame["rank"], rater))
    data = [tuple(part.tolist()) for part in np.split(item[order], np.flatnonzero(np.diff(rater[order])) + 1)]
    return choix.ilsr_rankings(n, data, tol=SAME)


def run() -> list[tuple[str, str, str, str]]:
    """Plackett–Luce from arrays and from a table; Kemeny consensus with proof."""
    return plackett_luce_rows() + kemeny_rows()


def plackett_luce_rows() -> list[tuple[str, str, str, str]]:
    """Simulated rankings of the two shapes."""
    rows = []
    for name, lists, length, n in SHAPES:
        orders = drawn(lists, length, n)
        which, item = np.repeat(np.arange(lists), length), orders.ravel()
        rank = np.tile(np.arange(1.0, length + 1), lists)
        ids, raters = np.array([f"e{i:03d}" for i in range(n)], dtype=object), np.array([f"r{i:04d}" for i in range(lists)], dtype=object)
        frame = pd.DataFrame({"rater": raters[which], "ratee": ids[item], "rank": rank})
        data = [tuple(order.tolist()) for order in orders]
        found = in_turns(
            {
                "kernel": lambda which=which, item=item, rank=rank, n=n: plackett_luce.fit(collect(which, item, rank, n)),
                "choix kernel": lambda data=data, n=n: choix.ilsr_rankings(n, data, tol=SAME),
                "table": lambda frame=frame: worths_of_table(frame),
                "choix": lambda frame=frame, n=n: by_choix(frame, n),
            },
            5,
        )
        error = float(np.abs(by_choix(frame, n) - worths_of_table(frame)).max())
        rows += [
            (
                f"Plackett–Luce {name}, {what}",
                shown(found[ours]),
                f"choix ilsr_rankings {shown(found[peer])} (differs by {error:.0e})",
                f"{found[peer] / found[ours]:.0f}×",
            )
            for what, ours, peer in (("from arrays", "kernel", "choix kernel"), ("from a table, verdict included", "table", "choix"))
        ]
    return rows


def mallows_ranks(lists: int, n: int, theta: float, rng: np.random.Generator) -> np.ndarray:
    """Ranks drawn from Mallows' model by repeated insertion; θ = 0 is pure chance."""
    ranks = np.empty((lists, n))
    for one in ranks:
        order: list[int] = []
        for j in range(n):
            chance = np.exp(-theta * np.arange(j + 1))
            order.insert(j - int(rng.choice(j + 1, p=chance / chance.sum())), j)
        one[order] = np.arange(1.0, n + 1)
    return ranks


def proven(preferences: np.ndarray, *, positions: bool) -> Kemeny:
    """Consensus, refused if not proven optimal."""
    found = kemeny(preferences, positions=positions)
    if not found.proven or (positions and not found.exact_positions):
        msg = "the benchmark needs a proof"
        raise RuntimeError(msg)
    return found


def kemeny_rows() -> list[tuple[str, str, str, str]]:
    """Fifty people: the slowest of twelve panels of each kind, five to a hundred lists."""
    rows = []
    for name, theta in (("Mallows θ = .2", 0.2), ("Mallows θ = .05", 0.05), ("orders by chance", 0.0)):
        rng = np.random.default_rng(50)
        panels = [preference_matrix(from_matrix(mallows_ranks(m, 50, theta, rng))) for m in (5, 10, 25, 100) for _ in range(3)]
        for what, positions in (("with proof", False), ("and all optimal orders", True)):
            each = [in_turns({"": lambda p=p, w=positions: proven(p, positions=w)}, 2)[""] for p in panels]
            measured = f"{shown(max(each))} (median {shown(float(np.median(each)))})"
            rows.append((f"Kemeny, 50 people, {name}, {what}; slowest of {len(each)}", measured, "bar 1 s", f"{1 / max(each):.1f}×"))
    return rows
