"""Range restriction: raters who spread their ratings less, or more, than the others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from rankkit.bias.category_tables import category_table, rated_categories
from rankkit.bias.panel import POWER, REVIEW_Q, Panel, check_settings, panel
from rankkit.errors import Problem, SettingsError
from rankkit.findings import Finding, Findings, pattern
from rankkit.kernels.arrays import Floats
from rankkit.kernels.multiplicity import benjamini_hochberg
from rankkit.kernels.rater_effects.rater_spread import RaterSpread, rater_spread
from rankkit.tables.people import People
from rankkit.tables.ratings import Ratings

_SIGNIFICANCE = 0.05  # two-sided, at which minimum detectable effects are stated


def range_restriction(
    ratings: Ratings | pd.DataFrame,
    people: People | None = None,
    *,
    scale: tuple[float, float] | None = None,
    floor: tuple[float, float] = (0.67, 1.5),
    fewest: int = 8,
    review_q: float = REVIEW_Q,
    level: float = 0.95,
    seed: int = 0,  # noqa: ARG001 - every check takes one; nothing is drawn here
) -> Findings:
    r"""Compare how widely raters spread their ratings over people.

    The effect is the ratio :math:`v_r = s_r / s_{pooled}` of the rater's SD over people to the pooled within-rater SD (of
    means over the dimensions). Deviations from the rater's median, times :math:`\sqrt{n_r/(n_r-1)}`, are compared as
    Brown & Forsythe (1974) do, by permutation: among the raters of the same person where people have several raters,
    among everybody where each has one. The permutation moments are exact, so nothing is drawn.

    Parameters
    ----------
    ratings : Ratings or DataFrame
        Ratings; self ratings are left out where there are others.
    people : People, optional
        For the names of raters.
    scale : (float, float), optional
        Lowest and highest score, for the use of categories; by default as declared with the ratings.
    floor : (float, float)
        SD ratios at or below the first or at or above the second are worth a review.
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
        Table ``range_restriction``, one row a rater: ``n`` people, ``mean``, ``sd``, ``estimate`` = ``effect`` v_r, ``se``
        (of log v_r), interval (jackknife over people), ``p, q``, ``mde`` (largest ratio below 1 that would be detected with
        probability .80), ``level``, ``reason``. Table ``range_restriction_global``: the comparison of all raters together.
        Table ``category_use``: categories used, entropy / log c, share of each point.

    Raises
    ------
    RatingsError, InsufficientDataError
        If the table cannot be read, or nothing is left of it.
    SettingsError
        For an impossible setting.

    References
    ----------
    Saal, Downey & Lahey (1980), Psychological Bulletin 88, 413–428. Brown & Forsythe (1974), JASA 69, 364–367.

    Examples
    --------
    >>> from rankkit import bias, simulate
    >>> found = bias.range_restriction(simulate.ratings(40, 5, seed=3).table)
    >>> found.of("range_restriction")[["n", "effect", "q"]].round(2).head(2)
            n  effect     q
    rater
    r1     40    0.93  0.68
    r2     40    0.91  0.68
    """
    check_spread(floor, fewest, review_q, level)
    start = panel(ratings, people)
    if start.design.kind == "one_rater":
        return Findings(refused=(Problem("I-ONERATER", column="range_restriction"),), labels=start.labels)
    frame, found = spread_table(start, floor=floor, fewest=fewest, review_q=review_q, level=level)
    tables = {"range_restriction": frame, "range_restriction_global": _global(found)}
    rated = rated_categories(start, scale)
    if rated is not None:
        tables["category_use"] = category_table(start, rated, rated.use(len(start.table.raters)))
    refused: tuple[Problem, ...] = ()
    if not (frame["n"] >= fewest).any():
        refused = (few_each("range_restriction", fewest, frame["n"].max()),)
    return Findings(patterns=_patterns(start, frame), refused=refused, tables=tables, labels=start.labels)


def check_spread(floor: tuple[float, float], fewest: int, review_q: float, level: float) -> None:
    """Raise SettingsError if a setting is impossible."""
    check_settings(level, review_q, fewest=(fewest, 4))
    if not (len(floor) == 2 and 0 < floor[0] <= 1 <= floor[1]):
        raise SettingsError("E-SETTING", name="floor", value=floor, allowed="(low, high), 0 < low <= 1 <= high")


def few_each(check: str, fewest: int, found: int) -> Problem:
    """Say that no rater has enough people."""
    return Problem("E-FEWEACH", None, check, None, {"needed": fewest, "found": int(found)})


def spread_table(
    start: Panel, *, floor: tuple[float, float], fewest: int, review_q: float, level: float
) -> tuple[pd.DataFrame, RaterSpread]:
    """Spread of each rater with its interval, tests and grade."""
    c = start.composites
    m = len(start.table.raters)
    nested = start.design.kind == "nested"
    found = rater_spread(c.ratee, c.rater, c.rater_score, len(c.score), m, blocked=not nested)
    enough = found.n >= fewest
    p = np.where(enough, found.p, np.nan)
    q = benjamini_hochberg(p)
    df = np.maximum(found.n - 2, 1)
    half = stats.t.ppf((1 + level) / 2, df) * found.log_ratio_se
    with np.errstate(divide="ignore"):
        centre = np.log(found.ratio)
        low, high = np.exp(centre - half), np.exp(centre + half)
    constant = found.ratio == 0
    ratio = found.ratio
    large = enough & ((ratio <= floor[0]) | (ratio >= floor[1]))
    graded = np.full(m, "", dtype=object)
    graded[np.nan_to_num(q, nan=1.0) < review_q] = "info"
    graded[(graded == "info") & large] = "review"
    reason = np.full(m, "", dtype=object)
    reason[constant] = "the same rating for everyone: no interval"
    reason[enough & np.isnan(found.p)] = "shares too few people with other raters to be compared"
    reason[~enough] = "too few people to judge"
    frame = pd.DataFrame(
        {
            "n": found.n,
            "mean": np.bincount(c.rater, c.rater_score, m) / np.maximum(found.n, 1),
            "sd": found.sd,
            "estimate": ratio,
            "se": found.log_ratio_se,
            "ci_low": low,
            "ci_high": high,
            "effect": ratio,
            "p": p,
            "q": q,
            "mde": _detectable(found),
            "level": graded,
            "reason": reason,
        },
        index=start.rater_index(),
    )
    return frame, found


def _detectable(found: RaterSpread) -> Floats:
    """Ratio below 1 found with probability .80: exp(−2.8 se), se of log v_r for normal ratings with equal spreads."""
    df = np.maximum(found.n - 1, 1)
    share = df / max(int(np.maximum(found.n - 1, 0).sum()), 1)
    se = np.sqrt((1 - np.minimum(share, 0.99)) / (2 * df))
    return np.asarray(np.exp(-(stats.t.ppf(1 - _SIGNIFICANCE / 2, df) + stats.t.ppf(POWER, df)) * se))


def _global(found: RaterSpread) -> pd.DataFrame:
    how = "among raters of the same person" if found.blocked else "among all ratings"
    rows = {"equal spread": (found.statistic, found.df, found.df2, found.p_global, f"Brown–Forsythe, permuted {how}")}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["statistic", "df1", "df2", "p", "method"]).rename_axis("test")


def _patterns(start: Panel, frame: pd.DataFrame) -> tuple[Finding, ...]:
    rows = frame.reset_index()
    return tuple(_pattern(start, row) for row in rows[rows["level"] != ""].to_dict("records"))


def _pattern(start: Panel, row: Any) -> Finding:
    rater = str(row["rater"])
    details = {"rater": start.labels.get(rater, rater), "value": f"{row['effect']:.2f}", "n": int(row["n"])}
    numbers = {name: float(row[name]) for name in ("estimate", "se", "ci_low", "ci_high", "effect", "p", "q")}
    family = "range restriction × rater"
    if row["effect"] < 1:
        return pattern("F-NARROW", row["level"], "rater", rater, details, **numbers, effect_name="SD ratio", family=family, n=int(row["n"]))
    return pattern("F-WIDE", row["level"], "rater", rater, details, **numbers, effect_name="SD ratio", family=family, n=int(row["n"]))
