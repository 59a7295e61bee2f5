"""Central tendency: ratings kept together near the middle, people told apart less, the middle point used more than expected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from rankkit.bias.category_tables import ends, rated_categories
from rankkit.bias.panel import POWER, REVIEW_Q, Panel, panel
from rankkit.bias.range_restriction import check_spread, few_each, spread_table
from rankkit.errors import InsufficientDataError, Problem, SettingsError
from rankkit.findings import Finding, Findings, pattern
from rankkit.kernels.arrays import Bools, Floats
from rankkit.kernels.multiplicity import benjamini_hochberg
from rankkit.kernels.rater_effects.discrimination import discrimination
from rankkit.kernels.rater_effects.rater_severity import rater_severity
from rankkit.tables.people import People
from rankkit.tables.ratings import Ratings

_SIGNIFICANCE = 0.05  # two-sided, at which minimum detectable effects are stated
_NAME = "central_tendency"


def central_tendency(
    ratings: Ratings | pd.DataFrame,
    people: People | None = None,
    *,
    scale: tuple[float, float] | None = None,
    floor: tuple[float, float] = (0.67, 1.5),
    near: float = 0.5,
    fewest: int = 8,
    review_q: float = REVIEW_Q,
    level: float = 0.95,
    seed: int = 0,  # noqa: ARG001 - every check takes one; nothing is drawn here
) -> Findings:
    r"""Look for raters who keep to the middle, in three ways that need not agree.

    * Range restriction near the midpoint: spread as in :func:`~rankkit.bias.range_restriction`, and the rater's mean at most
      ``near`` within-rater SD from the middle of the scale. Restricted at the top is leniency with restriction, not this.
    * Discrimination, where raters share people: the slope :math:`b_r = \mathrm{Cov}(x_{ir}, \bar x_{i(-r)}) /
      \mathrm{Var}(\bar x_{i(-r)})` relative to the mean slope; below 1 centrality, above 1 extremity.
    * The share of the middle category against the binomial expectation at the rater's own level (thresholds of all
      raters together). Raters of the same people share who these people are, so this test is conservative.

    Parameters
    ----------
    ratings : Ratings or DataFrame
        Ratings; self ratings are left out where there are others.
    people : People, optional
        For the names of raters.
    scale : (float, float), optional
        Lowest and highest score; by default as declared with the ratings. Without one there is no midpoint.
    floor : (float, float)
        SD or slope ratios at or below the first or at or above the second are worth a review.
    near : float
        Distance from the midpoint, in pooled within-rater SD, up to which a rater is near the middle.
    fewest : int
        Fewest people for a rater to be judged.
    review_q : float
        False discovery rate.
    level : float
        Of the intervals.
    seed : int
        Not used.

    Returns
    -------
    Findings
        Table ``central_tendency``, one row a rater: ``n`` people shared with others, ``estimate`` = ``effect`` slope ratio with
        ``se``, interval, ``p, q, mde`` (largest ratio below 1 detected with probability .80; NaN: none); ``sd_ratio, sd_q``;
        ``distance`` from the midpoint (SD, signed); ``middle_share, middle_expected, middle_p, middle_q`` (one-sided);
        ``level`` is the highest of the three; ``reason``.

    Raises
    ------
    RatingsError, InsufficientDataError
        If the table cannot be read, or nothing is left of it.
    SettingsError
        For an impossible setting.

    References
    ----------
    Myford & Wolfe (2004), Detecting and measuring rater effects using many-facet Rasch measurement: part II, Journal of Applied
    Measurement 5, 189–227. Eckes (2015), Introduction to Many-Facet Rasch Measurement.

    Examples
    --------
    >>> from rankkit import bias, simulate
    >>> found = bias.central_tendency(simulate.ratings(40, 5, seed=3).table)
    >>> found.of("central_tendency")[["n", "effect", "sd_ratio", "middle_share"]].round(2).head(2)
            n  effect  sd_ratio  middle_share
    rater
    ...
    """
    check_spread(floor, fewest, review_q, level)
    if not near > 0:
        raise SettingsError("E-SETTING", name="near", value=near, allowed="near > 0")
    start = panel(ratings, people)
    if start.design.kind == "one_rater":
        return Findings(refused=(Problem("I-ONERATER", column=_NAME),), labels=start.labels)
    spread, within = spread_table(start, floor=floor, fewest=fewest, review_q=review_q, level=level)
    frame, refused = _slopes(start, floor=floor, fewest=fewest, review_q=review_q, level=level)
    frame["sd_ratio"], frame["sd_q"] = spread["effect"], spread["q"]
    if not (within.n >= fewest).any():
        refused.append(few_each(_NAME, fewest, within.n.max()))
    between = ends(start, scale)
    if between is None:
        refused.append(Problem("E-NOSCALE", column=_NAME))
        frame["distance"] = np.nan
    else:
        sd = within.pooled_sd if within.pooled_sd > 0 else np.nan
        frame["distance"] = (spread["mean"] - sum(between) / 2) / sd
    rated = rated_categories(start, scale) if between is not None else None
    for name in ("middle_share", "middle_expected", "middle_p", "middle_q"):
        frame[name] = np.nan
    n_ratings = np.zeros(len(frame), dtype=np.int64)
    if rated is not None:
        use = rated.use(len(frame))
        n_ratings = use.counts.sum(axis=1)
        p = np.where(within.n >= fewest, use.p, np.nan)
        frame["middle_share"], frame["middle_expected"], frame["middle_p"] = use.middle_share, use.middle_expected, p
        frame["middle_q"] = benjamini_hochberg(p)
    reason = frame.pop("reason")
    frame["reason"] = reason.mask((reason == "") & (rated is None), "no categories: no middle share")
    patterns = (*_restricted(start, spread, frame, near), *_sloped(start, frame), *_middled(start, frame, n_ratings, review_q))
    for grade in ("info", "review"):
        frame.loc[sorted({f.unit_id for f in patterns if f.level == grade}), "level"] = grade
    return Findings(patterns=patterns, refused=tuple(refused), tables={_NAME: frame}, labels=start.labels)


def _slopes(start: Panel, *, floor: tuple[float, float], fewest: int, review_q: float, level: float) -> tuple[pd.DataFrame, list[Problem]]:
    """Discrimination of each rater, and why it could not be had."""
    c, m = start.composites, len(start.table.raters)
    kind = start.design.kind
    refused: list[Problem] = []
    n, ratio, se = np.zeros(m, dtype=np.int64), np.full(m, np.nan), np.full(m, np.nan)
    why = "no other raters of the same people: no slope"
    if kind == "nested":
        refused.append(Problem("I-NESTED", column=_NAME))
    else:
        try:
            levels = rater_severity(c.ratee, c.rater, c.rater_score, len(c.score), m, flips=False).effect
            found = discrimination(c.ratee, c.rater, c.rater_score, levels, len(c.score), fewest=fewest)
            n, ratio, se = found.n, found.ratio, found.se
            if np.isfinite(found.mean_slope) and np.isnan(ratio).all():
                few = found.mean_slope > 0
                refused.append(Problem("E-TWOSLOPES" if few else "E-NOSLOPE", column=_NAME))
                why = "fewer than three raters: no slope" if few else "raters do not agree on who is better: no slope"
        except InsufficientDataError as problem:
            refused.append(Problem(problem.code, None, _NAME, None, problem.items[0].details))
    df = np.maximum(n - 3, 1)
    tested = np.isfinite(ratio) & (se > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        p = np.where(tested, 2 * stats.t.sf(np.abs((ratio - 1) / se), df), np.nan)
    q = benjamini_hochberg(p)
    half = stats.t.ppf((1 + level) / 2, df) * se
    large: Bools = (ratio <= floor[0]) | (ratio >= floor[1])
    graded = np.full(m, "", dtype=object)
    graded[np.nan_to_num(q, nan=1.0) < review_q] = "info"
    graded[(graded == "info") & large] = "review"
    reason = np.full(m, "", dtype=object)
    reason[~tested] = "too few people shared with other raters for a slope"
    if not n.any() or np.isnan(ratio).all():
        reason[:] = why if not (n.any() and (n < fewest).all()) else "too few people shared with other raters for a slope"
    mde = _detectable(se, df)
    reason[(reason == "") & np.isnan(mde)] = "too few people to find any slope with probability .80"
    data = {"n": n, "estimate": ratio, "se": se, "ci_low": ratio - half, "ci_high": ratio + half, "effect": ratio}
    data |= {"p": p, "q": q, "mde": mde, "level": graded, "reason": reason}
    return pd.DataFrame(data, index=start.rater_index()), refused


def _detectable(se: Floats, df: Floats) -> Floats:
    """Slope ratio below 1 found with probability .80: 1 less about 2.8 standard errors, NaN where no ratio would be."""
    ratio: Floats = 1 - (stats.t.ppf(1 - _SIGNIFICANCE / 2, df) + stats.t.ppf(POWER, df)) * se
    return np.where(ratio > 0, ratio, np.nan)


def _restricted(start: Panel, spread: pd.DataFrame, frame: pd.DataFrame, near: float) -> list[Finding]:
    """Raters restricted in range near the middle (away from it the range restriction is told by its own check)."""
    out = []
    for ident, row in spread.assign(distance=frame["distance"]).to_dict("index").items():
        rater = str(ident)
        if row["level"] == "" or row["effect"] >= 1 or not abs(row["distance"]) <= near:
            continue
        details = {"rater": start.labels.get(rater, rater), "value": f"{row['effect']:.2f}", "n": int(row["n"])}
        details["distance"] = f"{row['distance']:+.1f}"
        numbers = _numbers(row, "SD ratio", "range restriction × rater")
        out.append(pattern("F-CENTRAL", row["level"], "rater", rater, details, **numbers))
    return out


def _sloped(start: Panel, frame: pd.DataFrame) -> list[Finding]:
    out = []
    for ident, row in frame[frame["level"] != ""].to_dict("index").items():
        rater = str(ident)
        details = {"rater": start.labels.get(rater, rater), "value": f"{row['effect']:.2f}", "n": int(row["n"])}
        numbers = _numbers(row, "slope ratio", "discrimination × rater")
        code = "F-FLATSLOPE" if row["effect"] < 1 else "F-STEEPSLOPE"
        out.append(pattern(code, row["level"], "rater", rater, details, **numbers))
    return out


def _middled(start: Panel, frame: pd.DataFrame, n: Any, review_q: float) -> list[Finding]:
    """Middle shares above expectation: a remark, as no floor is stated for it."""
    out = []
    above = (frame["middle_q"] < review_q).tolist()
    for at, (ident, row) in enumerate(frame.to_dict("index").items()):
        rater = str(ident)
        if not above[at]:
            continue
        details = {"rater": start.labels.get(rater, rater), "n": int(n[at])}
        details |= {"share": f"{row['middle_share']:.0%}", "expected": f"{row['middle_expected']:.0%}"}
        numbers = {"estimate": float(row["middle_share"]), "effect": float(row["middle_share"] - row["middle_expected"])}
        numbers |= {"p": float(row["middle_p"]), "q": float(row["middle_q"])}
        out.append(
            pattern(
                "F-MIDDLE", "info", "rater", rater, details, **numbers,
                effect_name="share above expectation", family="middle category × rater", n=int(n[at]),
            )
        )  # fmt: skip
    return out


def _numbers(row: Mapping[Any, Any], effect_name: str, family: str) -> dict[str, Any]:
    numbers: dict[str, Any] = {name: float(row[name]) for name in ("estimate", "se", "ci_low", "ci_high", "effect", "p", "q")}
    return {**numbers, "effect_name": effect_name, "family": family, "n": int(row["n"])}
