"""Recency: whether what happened late in the period weighs more in the score than what happened early."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from rankkit.bias.order_effects import within_sd
from rankkit.bias.panel import POWER, REVIEW_Q, Panel, check_settings, levels, panel
from rankkit.errors import Problem, SettingsError
from rankkit.findings import Finding, Findings, pattern
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.clustered_lines import ClusteredLine, clustered_line
from rankkit.tables import dates
from rankkit.tables.incidents import Incidents
from rankkit.tables.people import People
from rankkit.tables.ratings import Ratings

FEWEST_RATEES = 30
_LEAST_VARYING = 5  # ratees with incidents in a half
_SLOPES = ("early", "late", "late − early")


@dataclass(frozen=True, eq=False)
class _Lined:
    """Scores and what happened, one row a rater and ratee."""

    ratee: Ints
    rater: Ints
    score: Floats
    early: Floats
    late: Floats


def recency(
    ratings: Ratings | pd.DataFrame,
    people: People | None = None,
    *,
    incidents: Incidents | pd.DataFrame,
    split: str | pd.Timestamp | None = None,
    bootstrap: int = 999,
    floor: float = 0.20,
    review_q: float = REVIEW_Q,
    level: float = 0.95,
    seed: int = 0,
) -> Findings:
    r"""Regress scores on the summed valence of early and of late incidents, and compare the two slopes.

    .. math:: x_{ir} = \beta_r + \beta_{early} E_i + \beta_{late} L_i + e

    over all people with a score, ``E`` and ``L`` zero where nothing was recorded; raters as fixed effects where most of them rate
    several people; clustered by person with the small-sample factor and Satterthwaite degrees of freedom
    (:mod:`rankkit.kernels.two_way_clusters`). What is tested is β_late − β_early. The ratio (β_late − β_early)/(\|β_late\| +
    \|β_early\|) only describes: where neither matters it is ±1 by chance.

    Parameters
    ----------
    ratings : Ratings or DataFrame
        Scores at the end of the period, averaged over dimensions.
    people : People, optional
        Display names.
    incidents : Incidents or DataFrame
        ``ratee, occurred_on, valence`` (−2 … +2) or ``effectiveness``.
    split : date, optional
        First day of the late part; by default half-way from the first to the last incident.
    bootstrap : int
        Resamples of people, for the intervals of the ratio and ``boot_low, boot_high``.
    floor : float
        Smallest effect worth a review.
    review_q : float
        False discovery rate (the family is this one test).
    level : float
        Of the intervals.
    seed : int
        Of the bootstrap.

    Returns
    -------
    Findings
        Table ``recency``, index ``term``, one row ``late − early``: ``n`` people, ``estimate`` (points per point of valence), ``se, df,
        ci_low, ci_high, boot_low, boot_high, effect`` (× SD of a half's valence ÷ SD of scores), ``p, q, mde, level``. Table
        ``recency_terms``, rows ``early, late, ratio``: ``n, estimate, se, df, ci_low, ci_high, boot_low, boot_high, reason``. Refused
        below 30 people, or where a half has incidents of fewer than five.

    Raises
    ------
    RatingsError, DataError
        If a table has problems.
    SettingsError
        For an impossible setting.

    Examples
    --------
    >>> from rankkit import bias, simulate
    >>> made = simulate.biased_ratings(80, 6, incidents=6, recency=(0.0, 0.25), seed=1)
    >>> found = bias.recency(made.table, incidents=made.incidents)
    >>> found.of("recency").loc["late − early", "level"]
    'review'
    """
    check_settings(level, review_q, floor=(floor, 0), bootstrap=(bootstrap, 99))
    happened = incidents if isinstance(incidents, Incidents) else Incidents.from_frame(incidents)
    data = panel(ratings, people)
    lined, why = _lined(data, happened, split)
    if why is not None:
        return Findings(refused=(why,), labels=data.labels)
    raters = _absorbs(lined)
    found = clustered_line(lined.score, np.column_stack([lined.early, lined.late]), lined.ratee, raters, bootstrap, seed)
    if found is None or not within_sd(lined.score, np.zeros(len(lined.score), dtype=np.int64)):
        return Findings(refused=(Problem("E-NOVARIATION", None, "recency"),), labels=data.labels)
    tables = _tables(lined, found, floor, review_q, level)
    row = tables["recency"].iloc[0]
    shown = (_finding(row),) if row["level"] else ()
    return Findings(patterns=shown, tables=tables, labels=data.labels)


def _lined(data: Panel, happened: Incidents, split: Any) -> tuple[_Lined, Problem | None]:
    """Put scores and summed valences side by side; say why it cannot be done."""
    parts = data.composites
    n = len(data.table.people)
    place = {p: k for k, p in enumerate(data.table.people)}
    whom = np.array([place.get(p, -1) for p in happened.people] + [-1])[happened.ratee]
    known = whom >= 0
    empty = _Lined(*(np.zeros(0, dtype=np.int64),) * 2, *(np.zeros(0),) * 3)
    if not known.any():
        return empty, Problem("E-NOINCIDENTS", None, "recency")
    day = happened.day
    cut = _cut(day[known], split)
    sums = [
        np.asarray(np.bincount(whom[at], happened.valence[at], n), dtype=np.float64) for at in (known & (day < cut), known & (day >= cut))
    ]
    rated = len(np.unique(parts.ratee))
    if rated < FEWEST_RATEES:
        details = {"needed": FEWEST_RATEES, "found": rated}
        return empty, Problem("E-RECENCYFEW", None, "recency", None, details)
    counts = [len(np.unique(whom[at])) for at in (known & (day < cut), known & (day >= cut))]
    if min(counts) < _LEAST_VARYING:
        details = {"needed": _LEAST_VARYING, "found": min(counts)}
        return empty, Problem("E-RECENCYHALF", None, "recency", None, details)
    return _Lined(parts.ratee, parts.rater, parts.rater_score, sums[0][parts.ratee], sums[1][parts.ratee]), None


def _cut(day: Floats, split: Any) -> float:
    """Return the day the late part begins."""
    first, last = float(day.min()), float(day.max())
    if split is None:
        return (first + last) / 2
    times, bad = dates.days(pd.Series([split]))
    if bad[0] or not first < times[0] <= last:
        raise SettingsError("E-SETTING", name="split", value=str(split), allowed="a date after the first incident and not after the last")
    return float(times[0])


def _absorbs(lined: _Lined) -> Ints:
    """Raters, where taking their levels out leaves at least half of the information; else one level for all."""
    raters = len(np.unique(lined.rater))
    return lined.rater if raters <= len(lined.rater) / 2 else np.zeros_like(lined.rater)


def _tables(lined: _Lined, found: ClusteredLine, floor: float, review_q: float, level: float) -> dict[str, pd.DataFrame]:
    """Lay out the difference of the slopes, and the slopes with their ratio."""
    estimate = np.array([*found.slope, found.slope[1] - found.slope[0]])
    se, df = found.se, found.df
    half = stats.t.ppf((1 + level) / 2, df) * se
    drawn = np.column_stack([found.drawn, found.drawn[:, 1] - found.drawn[:, 0]])
    sizes = np.abs(found.drawn).sum(axis=1)
    ratios = np.divide(drawn[:, 2], sizes, out=np.zeros(len(drawn)), where=sizes > 0)
    tails = ((1 - level) / 2, (1 + level) / 2)
    low, high = np.quantile(np.column_stack([drawn, ratios]), tails, axis=0)
    n = len(np.unique(lined.ratee))
    slopes = pd.DataFrame(
        {
            "n": n, "estimate": estimate, "se": se, "df": df, "ci_low": estimate - half, "ci_high": estimate + half, "boot_low": low[:3],
            "boot_high": high[:3], "reason": "",
        },
        index=pd.Index(_SLOPES, name="term"),
    )  # fmt: skip
    whole = float(np.abs(found.slope).sum())
    blank = dict.fromkeys(("se", "df", "ci_low", "ci_high"), np.nan)
    ratio = {
        "n": n,
        "estimate": estimate[2] / whole,
        **blank,
        "boot_low": low[3],
        "boot_high": high[3],
        "reason": Problem("S-RATIO").message(),
    }
    terms = pd.concat([slopes.iloc[:2], pd.DataFrame([ratio], index=pd.Index(["ratio"], name="term"))])
    table, unit = slopes.iloc[2:].drop(columns="reason"), _unit(lined)
    p = np.asarray(2 * stats.t.sf(np.abs(estimate[2:]) / se[2:], df[2:]))
    effect = estimate[2:] * unit
    table["effect"], table["p"], table["q"] = effect, p, p
    table["mde"] = (stats.t.ppf(0.975, df[2:]) + stats.t.ppf(POWER, df[2:])) * se[2:] * unit
    table["level"] = levels(p, p, effect, np.array([n]), floor=floor, fewest=FEWEST_RATEES, review_q=review_q)
    return {"recency": table, "recency_terms": terms}


def _unit(lined: _Lined) -> float:
    """SD of a half's summed valence over the SD of scores, over people."""
    first: Bools = np.diff(lined.ratee, prepend=-1) != 0
    spread = np.sqrt((np.var(lined.early[first], ddof=1) + np.var(lined.late[first], ddof=1)) / 2)
    mean = np.bincount(lined.ratee, lined.score) / np.maximum(np.bincount(lined.ratee), 1)
    return float(spread / max(float(np.std(mean[np.unique(lined.ratee)], ddof=1)), 1e-12))


def _finding(row: pd.Series) -> Finding:
    late = row["estimate"] > 0
    details = {"value": f"{abs(row['estimate']):.2f}", "effect": f"{row['effect']:.2f}", "n": int(row["n"])}
    return pattern(
        "F-RECENCY" if late else "F-PRIMACY", row["level"], "cycle", "all", details, estimate=row["estimate"], se=row["se"],
        ci_low=row["ci_low"], ci_high=row["ci_high"], effect=row["effect"], effect_name="(β_late − β_early)·SD(valence)/SD(score)",
        p=row["p"], q=row["q"], family="recency × cycle", n=int(row["n"]),
    )  # fmt: skip
