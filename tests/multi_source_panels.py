"""Ratings from several sources with known truth, for tests: severity and private views of raters, sources of their own view."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

SOURCES = ("peer", "subordinate", "customer", "supervisor")
LEVEL = dict(zip(SOURCES, (0.15, 0.3, -0.2, 0.0), strict=True))
SEVERITY = dict(zip(SOURCES, (0.3, 0.3, 0.2, 0.3), strict=True))
PRIVATE = dict(zip(SOURCES, (0.5, 0.6, 0.7, 0.5), strict=True))


@dataclass(frozen=True)
class Panel:
    """A simulated table and what is true of it.

    Attributes
    ----------
    frame : DataFrame
        ``rater, ratee, source, dimension, score``.
    views : DataFrame
        True standing in the eyes of each source, by ratee and source.
    """

    frame: pd.DataFrame
    views: pd.DataFrame

    def composite(self, weights: dict[str, float]) -> pd.Series:
        """True composite of all sources with a weight."""
        return (self.views[list(weights)] * pd.Series(weights)).sum(axis=1)

    def renormalised(self, weights: dict[str, float]) -> pd.Series:
        """True composite of the sources each person has."""
        here = self.frame.pivot_table("score", "ratee", "source", aggfunc="size", fill_value=0) > 0
        w = here[list(weights)].mul(pd.Series(weights)).astype(float)
        return (w * self.views[list(weights)]).sum(axis=1) / w.sum(axis=1)


def panel(
    rng: np.random.Generator,
    n: int = 40,
    *,
    sizes: dict[str, tuple[int, int]] | None = None,
    pools: dict[str, int] | None = None,
    missing: dict[str, float] | None = None,
    dimensions: int = 3,
    general: float = 0.5,
    specific: float = 0.25,
    residual: float = 0.5,
) -> Panel:
    """Simulate.

    ``sizes``: fewest and most raters of each source a person has. ``pools``: raters of a source in all, who are then shared
    (by default each rater rates one person). ``missing``: share of people without a source.
    """
    sizes = sizes or {"peer": (2, 6), "subordinate": (2, 8), "customer": (2, 4)}
    g = rng.normal(3.5, general, n)
    views = pd.DataFrame({s: g + LEVEL[s] + rng.normal(0, specific, n) for s in sizes}, index=[f"p{i:03d}" for i in range(n)])
    rows = []
    for s, (low, high) in sizes.items():
        pool = (pools or {}).get(s)
        severity = rng.normal(0, SEVERITY[s], pool or n * high)
        here = rng.random(n) >= (missing or {}).get(s, 0.0)
        here[:3] = True
        for i in np.flatnonzero(here):
            k = int(rng.integers(low, high + 1))
            raters = rng.choice(pool, k, replace=False) if pool else i * high + np.arange(k)
            for r in raters:
                z = views[s].iloc[i] + severity[r] + rng.normal(0, PRIVATE[s])
                rows += [(f"{s}{r}", f"p{i:03d}", s, f"d{d}", z + rng.normal(0, residual)) for d in range(dimensions)]
    return Panel(pd.DataFrame(rows, columns=["rater", "ratee", "source", "dimension", "score"]), views)
