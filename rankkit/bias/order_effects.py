"""Regressions of ratings on something that varies with the order of work, within persons and sittings, clustered by rater."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from rankkit.bias.panel import POWER, Levels, Panel, levels
from rankkit.bias.work_order import FEWEST_RATERS, WorkOrder
from rankkit.errors import Problem
from rankkit.kernels.arrays import Bools, Floats
from rankkit.kernels.multiplicity import benjamini_hochberg
from rankkit.kernels.two_way_clusters import one_way
from rankkit.kernels.two_way_fixed import AbsorbedFit, absorbed_fit, two_way_fixed

LEAST_SHARE = 0.2  # of a regressor's variance within sittings that must be left once persons are taken out
_COLUMNS = ("n", "raters", "estimate", "se", "df", "ci_low", "ci_high", "effect", "p", "mde")


@dataclass(frozen=True, eq=False)
class Asked:
    """What is regressed: regressors (the first is the one of interest), what one must vary, and how the effect is scaled.

    Attributes
    ----------
    X : ndarray, shape (n, k)
        ``nan`` = the rating is left out.
    identifying : ndarray, shape (n,)
        What must differ between raters of the same person for the coefficient to mean anything.
    unit : callable
        Multiplies the estimate before it is divided by the within-rater SD; takes the ratings that are used.
    shared : ndarray, shape (n,), optional
        Where the first regressor is a mean of other ratings of the person before: one over the number of these. Their errors
        are in the regression too, which shifts the estimate (see :func:`_feedback`).
    """

    X: Floats
    identifying: Floats
    unit: Callable[[Bools], float]
    shared: Floats | None = None


def order_effects(
    panel: Panel, found: WorkOrder, asked: Asked, check: str, floor: float, review_q: float, level: float
) -> tuple[pd.DataFrame, list[Problem]]:
    """Estimate the coefficient on each dimension.

    Sittings whose order followed merit are left out of the regression.

    Returns
    -------
    table : DataFrame
        Index ``dimension``.
    refused : list of Problem
        One where *no* dimension could be tested.
    """
    names = panel.table.dimensions
    usable = ~np.isnan(asked.X).any(axis=1) & ~found.sorted_out
    rows = [_one(found, asked, usable & (found.dimension == d), level) for d in range(len(names))]
    table = pd.DataFrame([r for r, _ in rows], index=pd.Index(names, name="dimension"))
    table["q"] = benjamini_hochberg(table["p"].to_numpy())
    table["level"] = graded(table, floor, review_q)
    table["reason"] = [why.message() if why else "" for _, why in rows]
    problems = [why for _, why in rows if why]
    if len(problems) < len(rows):
        return table[[*_COLUMNS[:-1], "q", "mde", "level", "reason"]], []
    return table.iloc[:0], [Problem(p.code, None, check, None, p.details) for p in problems[:1]]


def graded(table: pd.DataFrame, floor: float, review_q: float) -> Levels:
    """Grade the family of dimensions."""
    p, q, effect = (table[c].to_numpy(dtype=float) for c in ("p", "q", "effect"))
    return levels(p, q, effect, table["raters"].to_numpy(), floor=floor, fewest=FEWEST_RATERS, review_q=review_q)


def _one(found: WorkOrder, asked: Asked, use: Bools, level: float) -> tuple[dict[str, float], Problem | None]:
    """Coefficient of interest on one dimension, or why there is none."""
    blank = dict.fromkeys(_COLUMNS, float("nan")) | {"n": int(use.sum()), "raters": 0}
    raters = np.unique(found.rater[use])
    blank["raters"] = len(raters)
    if len(raters) < FEWEST_RATERS:
        return blank, Problem("E-ORDERFEW", details={"needed": FEWEST_RATERS, "found": len(raters)})
    sigma_w = within_sd(found.score[use], found.sitting[use])
    if not sigma_w:
        return blank, Problem("E-NOVARIATION")
    design = two_way_fixed(found.person[use], found.sitting[use])
    ident = absorbed_fit(design, asked.identifying[use, None], found.score[use])
    if ident.share[0] < LEAST_SHARE:
        return blank, Problem("E-SAMEORDER", details={"share": f"{max(float(ident.share[0]), 0.0):.0%}"})
    fit = absorbed_fit(design, asked.X[use], found.score[use])
    if fit.df < FEWEST_RATERS or 0 not in fit.used:
        return blank, Problem("E-ORDERDF")
    error = one_way(fit, 0, found.rater[use])
    if not error.variance > 0:
        return blank, Problem("E-NOVARIATION")
    estimate, se = float(fit.coefficient[0]) - _feedback(fit, found, asked, use), error.se
    unit = asked.unit(use) / sigma_w
    half = float(stats.t.ppf((1 + level) / 2, error.df)) * se
    detectable = float(stats.t.ppf(0.975, error.df) + stats.t.ppf(POWER, error.df)) * se
    return {
        "n": int(use.sum()), "raters": len(raters), "estimate": estimate, "se": se, "df": error.df, "ci_low": estimate - half,
        "ci_high": estimate + half, "effect": estimate * unit, "p": float(2 * stats.t.sf(abs(estimate) / se, error.df)),
        "mde": detectable * abs(unit),
    }, None  # fmt: skip


def _feedback(fit: AbsorbedFit, found: WorkOrder, asked: Asked, use: Bools) -> float:
    r"""First-order bias of the coefficient of a regressor made of other ratings in the same regression.

    ``q_i`` is the mean over the k − 1 other raters of the person before, whose residuals taken out with that person's effect add
    up to that of rater r: :math:`E(\tilde q'e) = \sigma^2 \sum_i P_{i,i-1}/(k_{i-1} - 1)`, P the projection on the effects
    (as for lagged responses, Nickell 1981). It is about σ²/(σ²_q n_r(k − 1)).
    """
    if asked.shared is None:
        return 0.0
    place = np.full(len(use), -1)
    place[use] = np.arange(int(use.sum()))
    at = np.flatnonzero(use)
    before = place[found.previous[at]]
    both = before >= 0
    shift = fit.design.projection(place[at][both], before[both]) @ asked.shared[at][both]
    return float(fit.bread[0, 0] * fit.sigma2 * shift)


def within_sd(score: Floats, group: np.ndarray) -> float:
    """Pooled SD of scores within groups; 0 where nothing varies."""
    _, code = np.unique(group, return_inverse=True)
    n = np.bincount(code)
    left = score - (np.bincount(code, score) / n)[code]
    df = len(score) - len(n)
    variance = float(left @ left) / df if df > 0 else 0.0
    return float(np.sqrt(variance)) if variance > 1e-20 * max(float(np.max(score**2, initial=0.0)), 1.0) else 0.0
