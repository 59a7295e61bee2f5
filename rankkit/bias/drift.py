"""Drift: whether a rater's severity, or use of the scale, changes with time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from rankkit.bias import drift_tables
from rankkit.bias.drift_tables import DriftSettings
from rankkit.bias.order_effects import within_sd
from rankkit.bias.panel import REVIEW_Q, Panel, check_settings, panel
from rankkit.bias.timed_ratings import Time, TimedRatings, clock_of, timed_ratings
from rankkit.errors import Problem, SettingsError
from rankkit.findings import Finding, Findings, pattern
from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.rater_effects.rater_slopes import RaterSlopes, rater_slopes
from rankkit.kernels.two_way_fixed import two_way_fixed
from rankkit.tables import dates
from rankkit.tables.people import People
from rankkit.tables.ratings import Ratings

_FEWEST_RATERS = 3  # with common targets


def drift(
    ratings: Ratings | pd.DataFrame,
    people: People | None = None,
    *,
    time: Time = "auto",
    per: float | None = None,
    step_at: str | float | pd.Timestamp | None = None,
    floor: float = 0.20,
    fewest: int = 8,
    review_q: float = REVIEW_Q,
    level: float = 0.95,
    seed: int = 0,
) -> Findings:
    r"""Compare how raters' levels change over time, on people several of them rated.

    .. math:: x_{irt} = \alpha_i + \beta_r + \kappa_r t + e

    with targets and raters as fixed effects. A target is an anchor (column ``anchor``), the same at all times, or a person
    within a cycle and occasion, so that real change from one to the next is not drift. Where pairs of rater and person
    recur, each pair has its own level. First Var(κ) = 0 is tested for all raters together by a restricted likelihood ratio:
    β is fixed, so its null is ½χ²₀ + ½χ²₁ in large designs, and drawn exactly from the spectrum of the design here, raters
    free to differ in precision (:func:`rankkit.kernels.components.slope_variance.restricted_lrt`). Only if it rejects are single raters
    tested, κ̂_r against the mean of the others, with the rater's own residual variance.

    Without common targets a rater's trend is drift and real change together: shown, a remark at most.

    Parameters
    ----------
    ratings : Ratings or DataFrame
        With one of ``rated_at`` (ISO dates), ``cycle, occasion, order``; self ratings are left out.
    people : People, optional
        Display names.
    time : str
        Column; ``auto`` takes the first of these with two values.
    per : float, optional
        Days (steps) in one unit of time; by default a cycle or occasion, else the whole time observed.
    step_at : str, float or Timestamp, optional
        A known date (cycle, occasion, place): the change from before to after is tested, instead of a slope.
    floor : float
        Smallest \|κ̂_r/σ_w\| per unit worth a review.
    fewest : int
        Fewest ratings of a rater.
    review_q : float
        False discovery rate over raters.
    level : float
        Of the intervals.
    seed : int
        Of the null draws.

    Returns
    -------
    Findings
        Table ``drift``, index ``rater``: ``n, estimate`` (points per unit), ``se, df, ci_low, ci_high, effect`` (÷ σ_w), ``p, q, mde,
        level, reason``; ``sd_ratio, sd_low, sd_high, sd_p, sd_q, sd_level, sd_reason``: SD late / early over that of the people; ``cusum,
        cusum_p, false_alarm, signal_at, cusum_level``: largest cumulative sum, its chance without drift, the chance that a
        series of this length signals at all, when it first did. ``drift_global``: index ``test``. ``drift_cusum``: ``rater, ratee,
        time, t, z, upper, lower, signal`` (k = .5, h = 4, in the rater's residual SDs).

    Raises
    ------
    RatingsError
        If the table has problems, or times cannot be read.
    SettingsError
        For an impossible setting.

    References
    ----------
    Congdon & McQueen (2000), The stability of rater severity in large-scale assessment programs. Myford & Wolfe (2009).
    Page (1954).

    Examples
    --------
    >>> from rankkit import bias, simulate
    >>> made = simulate.biased_ratings(12, 6, occasions=4, anchors=6, drift=0.8, dimensions=2, seed=2)
    >>> found = bias.drift(made.table)
    >>> bool(found.of("drift_global")["p"].iloc[0] < 0.05), bool((found.of("drift")["level"] == "review").any())
    (True, True)
    """
    check_settings(level, review_q, floor=(floor, 0), fewest=(fewest, 3))
    settings = DriftSettings(floor, fewest, review_q, level, seed)
    data = panel(ratings, people)
    timed = timed_ratings(data, time, per)
    if isinstance(timed, Problem):
        return Findings(refused=(timed,), labels=data.labels)
    sigma_w = within_sd(timed.score, timed.rater)
    if not sigma_w:
        return Findings(refused=(Problem("E-NOVARIATION", None, "drift"),), labels=data.labels)
    for anchored in (True, False):
        part = timed.only(timed.anchor == anchored) if anchored else timed
        if len(part.score) == 0:
            continue
        found, target, column = _estimated(data, part, anchored=anchored, step=_step(data, part, step_at), seed=seed)
        if found is not None and found.identified.sum() >= _FEWEST_RATERS and not np.isnan(found.test.p):
            return _report(data, part, found, target, column, sigma_w, settings, anchored=anchored, stepped=step_at is not None)
    table = drift_tables.own_trends(data, timed, sigma_w, settings)
    shown = tuple(_trend(data, str(r), row, timed) for r, row in table.iterrows() if row["level"])
    return Findings(patterns=shown, refused=(Problem("E-NOTARGETS", None, "drift"),), tables={"drift": table}, labels=data.labels)


def _estimated(data: Panel, part: TimedRatings, *, anchored: bool, step: Floats | None, seed: int) -> tuple[RaterSlopes | None, Ints, Ints]:
    """Slopes on the targets, with the codes of the targets and of what stands for the rater."""
    m, n = len(data.table.raters), len(data.table.people)
    target = part.ratee if anchored else part.period * n + part.ratee
    pair = part.ratee * m + part.rater
    recurring = len(np.unique(pair)) <= len(pair) / 2
    column = pair if recurring else part.rater
    t = part.t if step is None else step
    if np.ptp(t) == 0:
        return None, target, column
    return rater_slopes(two_way_fixed(target, column), t, part.rater, part.score, m, seed), target, column


def _step(data: Panel, part: TimedRatings, at: Any) -> Floats | None:
    """Before (−½) or after (½) a known time."""
    if at is None:
        return None
    if part.time == "rated_at":
        cut, bad = dates.days(pd.Series([at]))
        value = float("nan") if bad[0] else float(cut[0])
    elif part.time == "order":
        value = float(pd.to_numeric(pd.Series([at]), errors="coerce").iloc[0])
    else:
        known = data.table.extras[part.time].map(str).str.strip() == str(at).strip()
        clock = clock_of(data, part.time)[known.to_numpy()]
        value = float(clock[0]) if len(clock) else float("nan")
    if not part.clock.min() < value <= part.clock.max():
        raise SettingsError("E-SETTING", name="step_at", value=str(at), allowed=f"a {part.time} after the first and not after the last")
    return np.where(part.clock >= value, 0.5, -0.5)


def _report(
    data: Panel,
    part: TimedRatings,
    found: RaterSlopes,
    target: Ints,
    column: Ints,
    sigma_w: float,
    settings: DriftSettings,
    *,
    anchored: bool,
    stepped: bool,
) -> Findings:
    """Tables and findings where raters have common targets."""
    table = drift_tables.slopes(data, found, sigma_w, settings)
    course, largest = drift_tables.cumulative(data, part, found)
    scale = drift_tables.scale_over_time(data, part, target, column, settings)
    table = table.join(scale).join(largest)
    tests = drift_tables.global_tests(found, sigma_w, anchored=anchored)
    shown: list[Finding] = []
    if "mean slope" in tests.index:
        row = tests.loc[["mean slope"]].iloc[0]
        if row["p"] < settings.review_q:
            shown.append(_together(row, part, found, settings))
    for rater, row in table.iterrows():
        if row["level"]:
            shown.append(_slope(data, str(rater), row, part, stepped=stepped))
        if row["cusum_level"]:
            shown.append(_signal(data, str(rater), row))
        if row["sd_level"]:
            shown.append(_spread(data, str(rater), row))
    tables = {"drift": table, "drift_global": tests, "drift_cusum": course}
    return Findings(patterns=tuple(shown), tables=tables, labels=data.labels)


def _slope(data: Panel, rater: str, row: pd.Series, timed: TimedRatings, *, stepped: bool) -> Finding:
    up = row["estimate"] > 0
    code = ("F-STEPUP" if up else "F-STEPDOWN") if stepped else "F-DRIFTUP" if up else "F-DRIFTDOWN"
    return _pattern(code, "level", row, data, rater, "step × rater" if stepped else "drift × rater", timed)


def _trend(data: Panel, rater: str, row: pd.Series, timed: TimedRatings) -> Finding:
    return _pattern(
        "F-TRENDUP" if row["estimate"] > 0 else "F-TRENDDOWN", "level", row, data, rater, "trend × rater", timed, design_ok=False
    )


def _pattern(
    code: str, graded: str, row: pd.Series, data: Panel, rater: str, family: str, timed: TimedRatings, *, design_ok: bool = True
) -> Finding:
    details = {
        "rater": data.labels.get(rater, rater), "value": f"{abs(row['estimate']):.2f}", "effect": f"{row['effect']:.2f}",
        "unit": timed.unit, "unit_zh": timed.unit_zh,
        "n": int(row["n"]),
    }  # fmt: skip
    return pattern(
        code, row[graded], "rater", rater, details, estimate=row["estimate"], se=row["se"], ci_low=row["ci_low"], ci_high=row["ci_high"],
        effect=row["effect"], effect_name="κ/σ_w", p=row["p"], q=row["q"], family=family, n=int(row["n"]), design_ok=design_ok,
    )  # fmt: skip


def _together(row: pd.Series, part: TimedRatings, found: RaterSlopes, settings: DriftSettings) -> Finding:
    large = abs(row["effect"]) >= settings.floor
    details = {
        "value": f"{abs(row['estimate']):.2f}",
        "effect": f"{row['effect']:.2f}",
        "unit": part.unit,
        "unit_zh": part.unit_zh,
        "raters": int((found.n > 0).sum()),
    }
    return pattern(
        "F-ALLUP" if row["estimate"] > 0 else "F-ALLDOWN", "review" if large else "info", "group", "raters", details,
        estimate=row["estimate"], se=found.mean_error.se, effect=row["effect"], effect_name="κ/σ_w", p=row["p"], q=row["p"],
        family="mean drift", n=len(part.score),
    )  # fmt: skip


def _signal(data: Panel, rater: str, row: pd.Series) -> Finding:
    details = {
        "rater": data.labels.get(rater, rater),
        "value": f"{row['cusum']:.1f}",
        "n": int(row["n"]),
        "chance": f"{row['false_alarm']:.0%}",
    }
    return pattern(
        "F-CUSUM", "info", "rater", rater, details, estimate=row["cusum"], p=row["cusum_p"], effect_name="largest CUSUM",
        effect=row["cusum"], family="CUSUM × rater", n=int(row["n"]),
    )  # fmt: skip


def _spread(data: Panel, rater: str, row: pd.Series) -> Finding:
    code = "F-NARROWER" if row["sd_ratio"] < 1 else "F-WIDER"
    details = {"rater": data.labels.get(rater, rater), "ratio": f"{row['sd_ratio']:.2f}", "n": int(row["n"])}
    return pattern(
        code, row["sd_level"], "rater", rater, details, estimate=row["sd_ratio"], ci_low=row["sd_low"], ci_high=row["sd_high"],
        effect=row["sd_ratio"], effect_name="SD late / early", p=row["sd_p"], q=row["sd_q"], family="scale use over time × rater",
        n=int(row["n"]),
    )  # fmt: skip
