"""How reliable a scale of worths is, with the form named, and what adaptive pairing makes of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from rankkit.errors import ConvergenceError, Problem
from rankkit.kernels.arrays import Bools, Floats
from rankkit.kernels.pairs import bradley_terry
from rankkit.kernels.pairs.beats_graph import is_connected
from rankkit.kernels.pairs.holdout import holdout_calibration
from rankkit.kernels.pairs.kendall_u import kendall_u, one_vote_each, unrelated_judges
from rankkit.kernels.pairs.pair_counts import aggregate
from rankkit.kernels.pairs.scale_reliability import growth, separation, split_half
from rankkit.methods.pair_data import Pairs
from rankkit.methods.pair_fit import PairFit
from rankkit.tables import numbers

BY_CHANCE = ("random", "complete", "random_regular", "cyclic", "chained", "given", "repeat", "overall", "nan", "", "none", "<na>")
HOLDOUT = "holdout"
_COLUMNS = ["coefficient", "value", "ci_low", "ci_high", "assumes"]
_MOST_SPLITS = 300  # people up to whom halves are fitted, a hundred times
_MOST_PENALISED = 300  # people up to whom refits use the Jeffreys penalty


def _designs(design: Any, pairs: Pairs) -> np.ndarray:
    """How each comparison was chosen; empty where nobody says."""
    return np.array([] if design is None else design.astype(str).str.lower().to_numpy()[pairs.row], dtype=object)


def adaptive(design: Any, pairs: Pairs) -> tuple[bool, Bools]:
    """Whether pairs were chosen by earlier outcomes, and which comparisons were held out.

    A design that is none of those known to leave pairs to chance or to a plan counts as adaptive.
    """
    chosen = _designs(design, pairs)
    held = np.asarray(chosen == HOLDOUT) if len(chosen) else np.zeros(len(pairs.left), np.bool_)
    return bool((~held & ~np.isin(chosen, BY_CHANCE)).any()) if len(chosen) else False, held


def adaptive_notes(design: Any, pairs: Pairs) -> list[Problem]:
    """Say that pairs were chosen by earlier outcomes, and what that forbids."""
    if design is None:
        return []
    chosen, held = adaptive(design, pairs)
    if not chosen:
        return []
    how = ", ".join(sorted(set(_designs(design, pairs).tolist()) - {*BY_CHANCE, HOLDOUT}))
    n = int(held.sum())
    return [Problem("I-HOLDOUT", None, None, None, {"how": how, "n": n}) if n else Problem("W-ADAPT", None, None, None, {"how": how})]


def reliability(design: Any, pairs: Pairs, fitted: PairFit, level: float, seed: int) -> pd.DataFrame:
    """Scale separation, split halves of judges, Kendall's u; under adaptive pairing what the hold-out says instead."""
    rows: list[tuple[str, float, float, float, str]] = []
    nan = float("nan")
    chosen, held = adaptive(design, pairs)
    if held.any():
        rows += _held_out(pairs, held, level)
    if not chosen and pairs.n > 2 and fitted.covariance is not None:
        shrunken = fitted.penalty == "gaussian"
        found = separation(fitted.worth, fitted.covariance.diagonal(), shrunken=shrunken)
        how = "pairs not chosen by outcomes; approximates the correlation with another panel"
        rows.append(("scale separation reliability (SSR)", found.ssr, nan, nan, how))
        rows.append(("SSR with the median squared error", found.ssr_median, nan, nan, "few people with very wide intervals do not count"))
        rows.append(("separation G", found.index, nan, nan, "standard deviations of the worths per root mean squared error"))
    if pairs.m >= 2 and 2 < pairs.n <= _MOST_SPLITS:
        known = pairs.judge >= 0
        weight = None if pairs.weight is None else pairs.weight[known]
        args = (pairs.judge[known], pairs.left[known], pairs.right[known], pairs.result[known], pairs.n, pairs.m)
        if not chosen:
            halves = split_half(*args, weight=weight, seed=seed)
            text = f"mean and range over {len(halves.r) - halves.without} splits of the judges; of half panels, not stepped up"
            rows.append(("split-half correlation of judges", halves.mean, halves.low, halves.high, text))
        votes = kendall_u(one_vote_each(*args))
        alone = unrelated_judges(*args, seed=seed)
        text = f"1 = all alike, lowest {votes.lowest:.2f}; p of consistent, unrelated judges {alone.p:.3g} (least {alone.smallest_p:.2g})"
        rows.append(("Kendall's u", votes.u, nan, nan, text))
    return pd.DataFrame(rows, columns=_COLUMNS)


def _held_out(pairs: Pairs, held: Bools, level: float) -> list[tuple[str, float, float, float, str]]:
    """Fit the worths without the held-out comparisons and ask these how far the differences hold."""
    weight = None if pairs.weight is None else pairs.weight[~held]
    counts = aggregate(pairs.left[~held], pairs.right[~held], pairs.result[~held], weight, pairs.n)
    if not is_connected(counts):
        return []
    try:
        worth: Floats = bradley_terry.fit(counts).worth
    except ConvergenceError:
        worth = bradley_terry.fit(counts, penalty="jeffreys").worth
    judge = pairs.judge[held] if pairs.m else None
    found = holdout_calibration(
        worth[pairs.left[held]] - worth[pairs.right[held]],
        pairs.result[held],
        weight=None if pairs.weight is None else pairs.weight[held],
        judge=judge if judge is not None and (judge >= 0).all() else None,
        spread=float(np.std(worth, ddof=1)),
        level=level,
    )
    slope = "slope of held-out outcomes on differences of worths from the others: near the SSR where pairs are random, 0 = chance"
    spread = "standard deviation of the worths that held-out comparisons confirm"
    return [
        ("hold-out calibration κ", found.kappa, found.low, found.high, slope),
        ("deflated spread", max(found.spread, 0.0), max(found.spread_low, 0.0), max(found.spread_high, 0.0), spread),
    ]


def growth_table(order: Any, design: Any, pairs: Pairs, seed: int) -> pd.DataFrame:
    """Reliability after the first so many comparisons; in random order where nobody says which came first."""
    place = None
    if order is not None:
        value, bad = numbers.parse(pd.Series(order).reset_index(drop=True))
        place = None if (bad | np.isnan(value))[pairs.row].any() else rankdata(value[pairs.row], "dense").astype(np.int64)
    found = growth(
        pairs.left,
        pairs.right,
        pairs.result,
        pairs.n,
        weight=pairs.weight,
        order=place,
        penalty="jeffreys" if pairs.n <= _MOST_PENALISED else "none",
        seed=seed,
    )
    hidden = adaptive(design, pairs)[0]  # it would separate people by chance
    return pd.DataFrame(
        {
            "comparisons": found.comparisons,
            "reliability": np.where(hidden, np.nan, found.reliability),
            "reliability_median": np.where(hidden, np.nan, found.reliability_median),
            "mean_se": found.mean_se,
            "spread": found.spread,
        }
    )
