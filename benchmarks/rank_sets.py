"""Simultaneous rank sets of 200 people (R csranks needs 6.7 s, a stored figure: it cannot be installed here)."""

from __future__ import annotations

import numpy as np
from timing import in_turns, shown

from rankkit.kernels.covariance import Dense
from rankkit.kernels.rank_sets import rank_sets


def run() -> list[tuple[str, str, str, str]]:
    """10 000 draws, unequal variances."""
    rows = []
    for n, peer in ((200, "R csranks 6.7 s (stored)"), (1_000, "–")):
        rng = np.random.default_rng(2)
        covariance = Dense(np.diag(rng.uniform(0.02, 0.08, n)))
        estimate = rng.normal(size=n)
        seconds = in_turns({"ours": lambda e=estimate, c=covariance: rank_sets(e, c)}, 2)["ours"]
        rows.append((f"simultaneous rank sets, {n} people", shown(seconds), peer, f"{6.7 / seconds:.0f}×" if n == 200 else "–"))
    return rows
