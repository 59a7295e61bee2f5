"""Similar to me: whether raters rate people of their own group higher than other raters rate the same people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from rankkit.bias.order_effects import within_sd
from rankkit.bias.panel import POWER, REVIEW_Q, check_settings, levels, panel
from rankkit.bias.shared_attributes import FEWEST_RATERS, Dyads, Shared, shared, usable, wanted
from rankkit.errors import Problem
from rankkit.findings import Finding, Findings, pattern
from rankkit.kernels.arrays import Bools, Floats
from rankkit.kernels.multiplicity import benjamini_hochberg
from rankkit.kernels.two_way_clusters import two_way
from rankkit.kernels.two_way_fixed import absorbed_fit, two_way_fixed
from rankkit.tables.attributes import Attributes
from rankkit.tables.people import People
from rankkit.tables.ratings import Ratings


def similar_to_me(
    ratings: Ratings | pd.DataFrame,
    people: People | None = None,
    *,
    attributes: Attributes | None = None,
    facts: Sequence[str] | None = None,
    floor: float = 0.20,
    review_q: float = REVIEW_Q,
    level: float = 0.95,
    seed: int = 0,  # noqa: ARG001 - every check takes it; nothing is drawn here
) -> Findings:
    r"""Estimate what it adds to a rating that rater and ratee share an attribute.

    .. math:: x_{ir} = \alpha_i + \beta_r + \sum_a \gamma_a 1\{a(i) = a(r)\} + e

    with ratees and raters as fixed effects, so that neither a group that is rated higher by all nor one that rates higher counts:
    γ is a difference in differences, with two groups the mean of their two in-group effects. All attributes are fitted
    together. Standard errors are clustered by ratee and rater at once, never below either alone, with small-sample factors
    and t on the smaller number of clusters less one, or less (:func:`rankkit.kernels.two_way_clusters.two_way`).

    The difference of means, same group less different group, is *not* this effect: it mixes in the groups' levels.
    Only the whole is reported; nobody's own γ is computed.

    Parameters
    ----------
    ratings : Ratings or DataFrame
        Several raters a person, averaged over dimensions; self ratings are left out.
    people : People, optional
        Organisational facts of ratees and raters.
    attributes : Attributes, optional
        Protected attributes of ratees and raters.
    facts : sequence of str, optional
        Columns of ``people`` to examine; by default those of ``unit, level, job_family`` that are there.
    floor : float
        Smallest \|γ/σ_w\| worth a review.
    review_q : float
        False discovery rate over attributes.
    level : float
        Of the intervals.
    seed : int
        Not used.

    Returns
    -------
    Findings
        Table ``similar_to_me``, index ``attribute``: ``n`` dyads, ``ratees, raters, groups, same`` (dyads of one group), ``estimate`` γ,
        ``se, df, ci_low, ci_high, effect`` (÷ pooled within-rater SD), ``p, q, mde, level, reason``. An attribute is refused where it
        has not two groups of ten raters, each with twenty dyads within and across, in one connected design in which
        ratees have raters of several groups; groups with fewer raters are left out.

    Raises
    ------
    RatingsError
        If the table has problems.
    SettingsError
        If ``attributes`` or ``people`` is of another type, or ``facts`` names no column.

    References
    ----------
    Kraiger & Ford (1985); Sackett & DuBois (1991); Mount, Sytsma, Hazucha & Holt (1997). Cameron, Gelbach & Miller (2011).

    Examples
    --------
    >>> from rankkit import bias, simulate
    >>> made = simulate.biased_ratings(60, 30, raters_per_ratee=8, similarity=0.4, group_gap=0.5, seed=1)
    >>> found = bias.similar_to_me(made.table, attributes=made.attributes)
    >>> found.of("similar_to_me")[["estimate", "level"]].round(2)
               estimate   level
    attribute
    group           ...  review
    """
    check_settings(level, review_q, floor=(floor, 0))
    data = panel(ratings, people)
    values = wanted(attributes, people, facts)
    if not values:
        return Findings(refused=(Problem("E-NOATTRIBUTE", None, "similar_to_me"),), labels=data.labels)
    parts = data.composites
    dyads = Dyads(parts.ratee, parts.rater, parts.rater_score)
    coded = [shared(name, values[name], data.table.people, data.table.raters, dyads) for name in sorted(values)]
    kept, use, problems = _together(coded, dyads)
    refused = [Problem(p.code, None, "similar_to_me", None, p.details) for p in problems.values()]
    if not kept:
        return Findings(refused=tuple(refused), labels=data.labels)
    sigma_w = within_sd(dyads.score[use], dyads.rater[use])
    if not sigma_w:
        return Findings(refused=(Problem("E-NOVARIATION", None, "similar_to_me"),), labels=data.labels)
    table = _table(kept, dyads, use, sigma_w, level)
    table["q"] = benjamini_hochberg(table["p"].to_numpy())
    p, q, effect = (table[c].to_numpy(dtype=np.float64) for c in ("p", "q", "effect"))
    table["level"] = levels(p, q, effect, table["raters"].to_numpy(), floor=floor, fewest=2 * FEWEST_RATERS, review_q=review_q)
    shown = tuple(_finding(str(name), row) for name, row in table.iterrows() if row["level"])
    order = [*[c for c in table.columns if c not in ("mde", "level", "reason")], "mde", "level", "reason"]
    return Findings(patterns=shown, refused=tuple(refused), tables={"similar_to_me": table[order]}, labels=data.labels)


def _together(coded: list[Shared], dyads: Dyads) -> tuple[list[Shared], Bools, dict[str, Problem]]:
    """Attributes that can be fitted together, on the dyads where all of them are known."""
    everywhere = np.ones(len(dyads.score), dtype=bool)
    problems: dict[str, Problem] = {}
    kept = []
    for one in coded:
        _, why = usable(one, dyads, everywhere)
        if why is None:
            kept.append(one)
        else:
            problems[one.name] = why
    while kept:
        use = np.logical_and.reduce([one.known for one in kept])
        masks = [usable(one, dyads, use) for one in kept]
        failing = [(one, why) for one, (_, why) in zip(kept, masks, strict=True) if why is not None]
        if not failing:
            return kept, np.logical_and.reduce([mask for mask, _ in masks]), problems
        worst = min(kept, key=lambda one: (int(one.known.sum()), one.name))  # the attribute known of the fewest goes first
        problems[worst.name] = Problem("E-SIM-MISSING", None, None, None, {"name": worst.name, "n": int(worst.known.sum())})
        kept.remove(worst)
    return kept, everywhere, problems


def _table(kept: list[Shared], dyads: Dyads, use: Bools, sigma_w: float, level: float) -> pd.DataFrame:
    """One regression, one row an attribute."""
    ratee, rater = dyads.ratee[use], dyads.rater[use]
    X = np.column_stack([one.same[use] for one in kept])
    design = two_way_fixed(ratee, rater)
    fit, told = absorbed_fit(design, X, dyads.score[use]), _told_apart(design.residual(X))
    rows: list[dict[str, Any]] = []
    for j, one in enumerate(kept):
        error = two_way(fit, j, ratee, rater)
        row: dict[str, Any] = {
            "n": int(use.sum()), "ratees": len(np.unique(ratee)), "raters": len(np.unique(rater)),
            "groups": len(np.unique(one.of_rater[use])), "same": int(one.same[use].sum()),
            "estimate": float(fit.coefficient[j]) if told[j] else np.nan,
        }  # fmt: skip
        if told[j] and error.variance > 0:
            half = float(stats.t.ppf((1 + level) / 2, error.df)) * error.se
            row |= {
                "se": error.se, "df": error.df, "ci_low": row["estimate"] - half, "ci_high": row["estimate"] + half,
                "effect": row["estimate"] / sigma_w, "p": float(2 * stats.t.sf(abs(row["estimate"]) / error.se, error.df)),
                "mde": float(stats.t.ppf(0.975, error.df) + stats.t.ppf(POWER, error.df)) * error.se / sigma_w, "reason": "",
            }  # fmt: skip
        else:
            blank = dict.fromkeys(("se", "df", "ci_low", "ci_high", "effect", "p", "mde"), np.nan)
            row |= blank | {"reason": Problem("S-ALIASED").message()}
        rows.append(row)
    return pd.DataFrame(rows, index=pd.Index([one.name for one in kept], name="attribute"))


def _told_apart(within: Floats) -> Bools:
    """Whether each column has a coefficient of its own: no null vector of the cross-products involves it."""
    size = np.sqrt((within**2).sum(axis=0))
    some = size > 1e-6 * max(float(size.max(initial=0.0)), 1.0)
    scaled = np.divide(within, size, out=np.zeros_like(within), where=some)
    values, vectors = np.linalg.eigh(scaled.T @ scaled)
    involved = np.abs(vectors[:, values < 1e-9]) > 1e-6
    return np.asarray(some & ~involved.any(axis=1))


def _finding(name: str, row: pd.Series[Any]) -> Finding:
    higher = row["estimate"] > 0
    details = {
        "name": name, "value": f"{abs(row['estimate']):.2f}", "effect": f"{row['effect']:.2f}", "raters": int(row["raters"]),
        "n": int(row["n"]),
    }  # fmt: skip
    return pattern(
        "F-SIMILAR" if higher else "F-DISSIMILAR", row["level"], "group", name, details, estimate=row["estimate"], se=row["se"],
        ci_low=row["ci_low"], ci_high=row["ci_high"], effect=row["effect"], effect_name="γ/σ_w", p=row["p"], q=row["q"],
        family="similar to me × attribute", n=int(row["n"]),
    )  # fmt: skip
