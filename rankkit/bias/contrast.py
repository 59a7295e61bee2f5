"""Contrast and assimilation: whether it matters whom the rater had seen just before."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from rankkit.bias.order_effects import Asked, order_effects, within_sd
from rankkit.bias.panel import Panel, panel
from rankkit.bias.work_order import WorkOrder, work_order
from rankkit.errors import Problem, SettingsError
from rankkit.findings import Finding, Findings, pattern
from rankkit.kernels.arrays import Floats
from rankkit.tables.people import People
from rankkit.tables.ratings import Ratings


def contrast(
    ratings: Ratings | pd.DataFrame,
    people: People | None = None,
    *,
    objective: Mapping[str, float] | None = None,
    floor: float = 0.20,
    review_q: float = 0.05,
    level: float = 0.95,
    seed: int = 0,  # noqa: ARG001 - every check takes it; nothing is drawn here
) -> Findings:
    r"""Estimate how the merit of the person rated before shifts a rating.

    .. math:: x_{ir(k)} = \alpha_i + \beta_r + \gamma q_{r,k-1} + \delta k + e

    with q the leave-rater-out mean of the previous person (severity of the other raters taken out, or an objective score),
    persons and sittings as fixed effects, standard errors clustered by rater with the small-sample factor and Satterthwaite
    degrees of freedom of :func:`rankkit.kernels.two_way_clusters.one_way`. γ < 0 is contrast, γ > 0 assimilation. The
    rater's own previous score must not stand for q: its regression is biased without any effect. γ is attenuated, as q is
    measured with error (``reliability`` says how well); what the errors in q add to it, .02 to .03 in small panels, is taken out.

    Sittings whose order followed merit (rank correlation of at least .3 in size with p < .01) are left out, their raters named.

    Parameters
    ----------
    ratings : Ratings or DataFrame
        With a column ``order``, the position of each person in the rater's sitting (cycle, occasion, session, form and
        method start a new one).
    people : People, optional
        Display names.
    objective : mapping, optional
        Objective score of each person, used for q instead of the other raters' mean.
    floor : float
        Smallest \|γ·SD(q)/σ_w\| worth a review, σ_w the pooled within-sitting SD.
    review_q : float
        False discovery rate over dimensions.
    level : float
        Of the intervals.
    seed : int
        Not used.

    Returns
    -------
    Findings
        Table ``contrast``, index ``dimension``: ``n`` ratings, ``raters``, ``estimate`` γ, ``se, df, ci_low, ci_high``, ``effect``,
        ``p, q, mde`` (in units of ``effect``), ``level, reliability, reason``. Table ``contrast_orders``, index ``rater``:
        ``n, tau, p, q, sorted``. Refused: no order, orders that do not differ between raters, orders by merit, fewer than
        six raters, no second rater.

    Raises
    ------
    RatingsError
        If the table has problems, or cells of ``order`` are no numbers.
    SettingsError
        If ``people`` or ``objective`` is of the wrong type.

    References
    ----------
    Wexley, Yukl, Kovacs & Sanders (1972); Bhargava & Fisman (2014); Chen, Moskowitz & Shue (2016).

    Examples
    --------
    >>> from rankkit import bias, simulate
    >>> made = simulate.biased_ratings(40, 10, contrast=-0.5, dimensions=1, seed=3)
    >>> found = bias.contrast(made.table)
    >>> found.of("contrast")["level"].tolist()
    ['review']
    """
    data = panel(ratings, people)
    found = work_order(data, "contrast")
    if isinstance(found, Problem):
        return Findings(refused=(found,), labels=data.labels)
    q, standing = (found.previous_merit, found.previous_standing) if objective is None else _objective(data, found, objective)
    tables = {"contrast_orders": found.orders}
    if objective is None and not (found.others > 0).any():
        return Findings(refused=(Problem("E-NOSECOND", None, "contrast"),), tables=tables, labels=data.labels)
    warned = found.warning(data, "contrast")
    if found.all_sorted:
        details = {"tau": round(found.tau, 2)}
        return Findings(refused=(Problem("E-ORDERSORT", None, "contrast", None, details),), tables=tables, labels=data.labels)
    sees = ~np.isnan(q)
    centred = q - (q[sees].mean() if sees.any() else 0.0)
    shared = 1 / np.maximum(found.previous_others, 1) if objective is None else None
    asked = Asked(np.column_stack([centred, found.place]), standing, lambda use: float(np.std(q[use])), shared)
    table, refused = order_effects(data, found, asked, "contrast", floor, review_q, level)
    if refused:
        return Findings(refused=tuple(refused + warned), tables=tables, labels=data.labels)
    table["reliability"] = [
        _reliability(found, q, sees & (found.dimension == d)) if objective is None else np.nan for d in range(len(table))
    ]
    note = "" if objective is None else "objective score"
    table["reason"] = np.where(table["reason"].eq("") & table["reliability"].isna(), note, table["reason"])
    shown = tuple(_finding(str(name), row) for name, row in table.iterrows() if row["level"])
    return Findings(patterns=shown, notes=tuple(warned), tables={"contrast": table, **tables}, labels=data.labels)


def _objective(data: Panel, found: WorkOrder, objective: Mapping[str, float]) -> tuple[Floats, Floats]:
    """Objective score of the person seen before."""
    try:
        scores = np.array([float(objective.get(p, np.nan)) for p in data.table.people])
    except (AttributeError, TypeError, ValueError):
        raise SettingsError("E-TYPE", expected="a mapping of person to number", found=type(objective).__name__) from None
    own = scores[data.table.ratee[found.row]]
    before = np.where(found.previous >= 0, own[found.previous], np.nan)
    return before, before


def _reliability(found: WorkOrder, q: Floats, use: np.ndarray) -> float:
    """Share of the variance of q that is not error of the other raters' mean, from the spread of raters about it."""
    if use.sum() < 3:
        return float("nan")
    spread = within_sd(found.score[use], found.person[use]) ** 2 - _between(found, use)
    error = max(spread, 0.0) * float(np.mean(1 / found.previous_others[use]))
    variance = within_sd(q[use], found.sitting[use]) ** 2
    return float(np.clip(1 - error / variance, 0.0, 1.0)) if variance > 0 else float("nan")


def _between(found: WorkOrder, use: np.ndarray) -> float:
    """Variance of sittings' means, a part of the spread within persons that severity explains."""
    _, code = np.unique(found.sitting[use], return_inverse=True)
    left = found.score[use] - found.standing[use]
    n = np.bincount(code)
    mean = np.bincount(code, left) / n
    return max(float(np.var(mean)), 0.0)


def _finding(dimension: str, row: pd.Series) -> Finding:
    code = "F-CONTRAST" if row["estimate"] < 0 else "F-ASSIMILATION"
    details = {
        "dimension": dimension, "value": round(abs(float(row["estimate"])), 2), "effect": round(float(row["effect"]), 2),
        "raters": int(row["raters"]), "n": int(row["n"]),
    }  # fmt: skip
    return pattern(
        code, row["level"], "dimension", dimension, details, estimate=row["estimate"], se=row["se"], ci_low=row["ci_low"],
        ci_high=row["ci_high"], effect=row["effect"], effect_name="γ·SD(q)/σ_w", p=row["p"], q=row["q"], family="contrast × dimension",
        n=int(row["n"]),
    )  # fmt: skip
