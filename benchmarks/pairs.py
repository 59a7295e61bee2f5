"""Bradley–Terry from a table of names to worths, validation and verdict included."""

from __future__ import annotations

import choix
import evalica
import numpy as np
import pandas as pd
from timing import in_turns, shown

import rankkit as rk

SIZES = ((20, 500, False), (200, 20_000, False), (2_000, 200_000, False), (2_000, 200_000, True))


def table(n: int, m: int, *, near: bool, seed: int = 3) -> pd.DataFrame:
    """Random pairs, or near neighbours only (what adaptive pairing produces)."""
    rng = np.random.default_rng(seed)
    worth = np.sort(rng.normal(size=n))
    left = rng.integers(0, n, m)
    right = (left + rng.choice([-2, -1, 1, 2], m)) % n if near else (left + rng.integers(1, n, m)) % n
    if near:
        inside = np.abs(left - right) <= 2
        left, right = left[inside], right[inside]
    wins = rng.random(len(left)) < 1 / (1 + np.exp(worth[right] - worth[left]))
    ids = np.array([f"e{i:04d}" for i in range(n)], dtype=object)
    return pd.DataFrame({"winner": ids[np.where(wins, left, right)], "loser": ids[np.where(wins, right, left)]})


def by_choix(data: pd.DataFrame) -> np.ndarray:
    """Dense iterative spectral ranking."""
    codes, names = pd.factorize(pd.concat([data["winner"], data["loser"]]), sort=True)
    winner, loser = np.split(codes, 2)
    wins = np.bincount(winner * len(names) + loser, minlength=len(names) ** 2).reshape(len(names), -1)
    return choix.ilsr_pairwise_dense(wins.astype(float))


def by_evalica(data: pd.DataFrame) -> object:
    """Public API, defaults."""
    return evalica.bradley_terry(data["winner"], data["loser"], [evalica.Winner.X] * len(data))


def run() -> list[tuple[str, str, str, str]]:
    """Ratios of whole calls; errors against the certified maximum."""
    rows = []
    for n, m, near in SIZES:
        data = table(n, m, near=near)
        method = rk.PairedComparison()
        ours = method.fit(data)
        if ours.penalty != "none":
            msg = "the benchmark needs data with a finite maximum"
            raise RuntimeError(msg)
        peers = {
            "rankkit": lambda data=data, method=method: method.fit(data),
            "choix dense": lambda data=data: by_choix(data),
            "evalica": lambda data=data: by_evalica(data),
        }
        found = in_turns(peers, 3 if n > 500 else 7)
        error = float(np.abs(by_choix(data) - ours.estimate).max())
        kind = "near" if near else "random"
        for peer in ("choix dense", "evalica"):
            ratio = f"{found[peer] / found['rankkit']:.1f}×"
            note = f" (differs by {error:.0e})" if peer == "choix dense" else ""
            rows.append(
                (
                    f"Bradley–Terry {n} / {len(data)} {kind}, with standard errors",
                    shown(found["rankkit"]),
                    f"{peer} {shown(found[peer])}{note}",
                    ratio,
                )
            )
    return rows
