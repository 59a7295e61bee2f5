"""Tables of drift: slopes of raters, global tests, cumulative sums, use of the scale over time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from rankkit.bias import rating_columns
from rankkit.bias.panel import POWER, Panel, levels
from rankkit.bias.timed_ratings import TimedRatings
from rankkit.bias.work_order import others_mean
from rankkit.errors import Problem
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.multiplicity import benjamini_hochberg
from rankkit.kernels.rater_effects.cusum import DECISION, cusum, false_alarm
from rankkit.kernels.rater_effects.rater_slopes import RaterSlopes
from rankkit.kernels.rater_effects.scale_use import scale_use

COLUMNS = ("n", "estimate", "se", "df", "ci_low", "ci_high", "effect", "p", "q", "mde", "level", "reason")
NARROW, WIDE = 0.67, 1.5  # ratios of SDs worth a review
_GATE = 0.05


@dataclass(frozen=True)
class DriftSettings:
    """What the tables need to know."""

    floor: float
    fewest: int
    review_q: float
    level: float
    seed: int


def slopes(panel: Panel, found: RaterSlopes, sigma_w: float, settings: DriftSettings) -> pd.DataFrame:
    """Slope of each rater against the others', tested only if the raters as a whole differ.

    Returns
    -------
    DataFrame
        Index ``rater``.
    """
    opened = gate_p(found) < _GATE
    estimate, se, df = found.deviation, found.se, found.df
    with np.errstate(invalid="ignore", divide="ignore"):
        t = estimate / se
        p = 2 * stats.t.sf(np.abs(t), df)
        half = stats.t.ppf((1 + settings.level) / 2, df) * se
        mde = (stats.t.ppf(0.975, df) + stats.t.ppf(POWER, df)) * se / sigma_w
    tested = ~np.isnan(se)
    enough = found.n >= settings.fewest
    table = pd.DataFrame(
        {
            "n": found.n, "estimate": estimate, "se": se, "df": np.where(tested, df, np.nan), "ci_low": estimate - half,
            "ci_high": estimate + half, "effect": estimate / sigma_w, "p": np.where(tested, p, np.nan),
            "mde": np.where(tested, mde, np.nan),
        },
        index=panel.rater_index(),
    )  # fmt: skip
    table["q"] = benjamini_hochberg(np.where(tested & enough & opened, table["p"], np.nan))
    table["level"] = levels(
        table["p"].to_numpy(), table["q"].to_numpy(), table["effect"].to_numpy(), found.n, floor=settings.floor, fewest=settings.fewest,
        review_q=settings.review_q,
    )  # fmt: skip
    reason = np.where(
        found.n == 0, _text("S-NOTARGET"), np.where(~found.identified, _text("S-NOTIME"), np.where(~tested, _text("S-FEWTIMES"), ""))
    )
    reason = np.where(tested & ~enough, Problem("S-FEWRATINGS", details={"needed": settings.fewest}).message(), reason)
    table["reason"] = np.where(tested & enough & (not opened), _text("S-CLOSED"), reason)
    return table[list(COLUMNS)]


def gate_p(found: RaterSlopes) -> float:
    """p-value of the global test that opens the family of single raters; 1 where it could not be computed."""
    p = found.test.p_unequal if found.unequal and not np.isnan(found.test.p_unequal) else found.test.p
    return 1.0 if np.isnan(p) else p


def global_tests(found: RaterSlopes, sigma_w: float, *, anchored: bool) -> pd.DataFrame:
    """Variance of slopes under three null distributions, and the mean slope where anchors identify it."""
    test, method = found.test, "restricted likelihood ratio, {}"
    size = float(np.sqrt(max(test.variance, 0.0)))
    nulls = {
        "variance of slopes": (test.p, "finite-sample null"),
        "variance of slopes, unequal precision": (test.p_unequal, "raters differ in precision"),
        "variance of slopes, mixture": (test.p_mixture, "½χ²₀ + ½χ²₁"),
    }
    rows = [
        (name, test.statistic, 1.0, np.nan, p, method.format(how), size, size / sigma_w)
        for name, (p, how) in nulls.items()
        if not np.isnan(p)
    ]
    if anchored and found.absolute and found.mean_error.variance > 0:
        t, df = found.mean_slope / found.mean_error.se, found.mean_error.df
        p = float(2 * stats.t.sf(abs(t), df))
        rows.append(("mean slope", t, 1.0, df, p, "t, clustered by rater", found.mean_slope, found.mean_slope / sigma_w))
    columns = ["test", "statistic", "df1", "df2", "p", "method", "estimate", "effect"]
    return pd.DataFrame(rows, columns=columns).set_index("test")


def cumulative(panel: Panel, timed: TimedRatings, found: RaterSlopes) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cumulative sums of each rater's residuals in order of time, and their largest value with its chance.

    Ratings that no column tells apart in time are one step: their residuals' sum over √n.

    Returns
    -------
    course : DataFrame
        ``rater, time, t, n, z, upper, lower, signal``.
    largest : DataFrame
        Index ``rater``: ``cusum, cusum_p, false_alarm, signal_at``.
    """
    dated = timed.time == "rated_at" and not rating_columns.is_numeric(panel.table, "rated_at")
    step, place = np.unique(np.column_stack([timed.rater, timed.moment]), axis=0, return_inverse=True)
    place = place.ravel()
    size = np.bincount(place)
    rater, z = step[:, 0], np.bincount(place, found.z) / np.sqrt(size)
    sums = cusum(z, rater)
    ids = np.array(panel.table.raters, dtype=object)
    course = pd.DataFrame(
        {
            "rater": ids[rater], "time": np.bincount(place, timed.clock) / size, "t": np.bincount(place, timed.t) / size, "n": size, "z": z,
            "upper": sums.upper, "lower": sums.lower, "signal": sums.signal,
        }
    )  # fmt: skip
    m = len(ids)
    top = np.zeros(m)
    np.maximum.at(top, rater, np.maximum(sums.upper, sums.lower))
    n = np.bincount(rater, minlength=m)
    p = np.array([false_alarm(int(k), h=round(float(h), 2)) if k else np.nan for k, h in zip(n, top, strict=True)])
    if dated:
        course["time"] = pd.to_datetime(course["time"], unit="D").dt.round("s")
    first = course[course["signal"]].drop_duplicates("rater").set_index("rater")["time"]
    largest = pd.DataFrame(
        {"cusum": np.where(n > 0, top, np.nan), "cusum_p": p, "false_alarm": [false_alarm(int(k)) if k else np.nan for k in n]},
        index=panel.rater_index(),
    )
    when = {str(rater): f"{at}" if dated else f"{at:g}" for rater, at in first.items()}
    largest["signal_at"] = [when.get(rater, "") for rater in largest.index]
    largest["cusum_level"] = np.where(benjamini_hochberg(p) < _GATE, np.where(top > DECISION, "info", ""), "")
    return course, largest


def scale_over_time(panel: Panel, timed: TimedRatings, target: Ints, column: Ints, settings: DriftSettings) -> pd.DataFrame:
    """Ratio of SDs late and early, each rater's time cut at its median.

    Returns
    -------
    DataFrame
        Index ``rater``: ``sd_ratio, sd_low, sd_high, sd_p, sd_q, sd_level``.
    """
    m = len(panel.table.raters)
    reference, _, _ = others_mean(target, timed.rater, column, np.zeros_like(target), timed.score, 1)
    late = _late(timed.rater, timed.clock, m)
    found = scale_use(timed.rater, late, timed.score, reference, m, fewest=settings.fewest, level=settings.level, seed=settings.seed)
    q = benjamini_hochberg(found.p)
    effect = np.where((found.ratio <= NARROW) | (found.ratio >= WIDE), 1.0, 0.0)
    graded = levels(found.p, q, effect, found.n, floor=1.0, fewest=settings.fewest, review_q=settings.review_q)
    data = {
        "sd_ratio": found.ratio, "sd_low": found.low, "sd_high": found.high, "sd_p": found.p, "sd_q": q, "sd_level": graded,
        "sd_reason": np.where(np.isnan(found.p), Problem("S-FEWHALF", details={"needed": settings.fewest}).message(), ""),
    }  # fmt: skip
    return pd.DataFrame(data, index=panel.rater_index())


def _late(rater: Ints, clock: Floats, m: int) -> Bools:
    """Whether a rating lies after the median time of its rater."""
    late = np.zeros(len(rater), dtype=bool)
    order = np.argsort(rater, kind="stable")
    start = np.searchsorted(rater[order], np.arange(m + 1))
    for r in range(m):
        mine = order[start[r] : start[r + 1]]
        if len(mine):
            cut = float(np.median(clock[mine]))
            above = clock[mine] > cut
            late[mine] = above if above.mean() >= 0.25 else clock[mine] >= cut
    return late


def own_trends(panel: Panel, timed: TimedRatings, sigma_w: float, settings: DriftSettings) -> pd.DataFrame:
    """Trend of each rater's own ratings, where nobody else rated the same people: drift and real change together."""
    m, r, t, y = len(panel.table.raters), timed.rater, timed.t, timed.score
    n = np.bincount(r, minlength=m)
    some = np.maximum(n, 1)
    t = t - (np.bincount(r, t, m) / some)[r]
    y = y - (np.bincount(r, y, m) / some)[r]
    sxx, sxy = np.bincount(r, t**2, m), np.bincount(r, t * y, m)
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = np.where(sxx > 1e-12, sxy / sxx, np.nan)
        left = np.bincount(r, (y - np.nan_to_num(slope)[r] * t) ** 2, m)
        df = (n - 2).astype(np.float64)
        se = np.where((df > 0) & (left > 1e-12), np.sqrt(left / df / sxx), np.nan)
        p = 2 * stats.t.sf(np.abs(slope / se), df)
        half = stats.t.ppf((1 + settings.level) / 2, df) * se
        mde = (stats.t.ppf(0.975, df) + stats.t.ppf(POWER, df)) * se / sigma_w
        effect = np.asarray(slope / sigma_w)
    tested = ~np.isnan(se)
    enough = n >= settings.fewest
    q = benjamini_hochberg(np.where(enough, p, np.nan))
    reason = np.where(
        tested, np.where(enough, "", Problem("S-FEWRATINGS", details={"needed": settings.fewest}).message()), _text("S-NOTIME")
    )
    data = {
        "n": n, "estimate": slope, "se": se, "df": np.where(tested, df, np.nan), "ci_low": slope - half, "ci_high": slope + half,
        "effect": effect, "p": p, "q": q, "mde": mde,
        "level": levels(
            np.asarray(p), q, effect, n, floor=settings.floor, fewest=settings.fewest, design_ok=False, review_q=settings.review_q
        ),
        "reason": reason,
    }  # fmt: skip
    return pd.DataFrame(data, index=panel.rater_index())[list(COLUMNS)]


def _text(code: str) -> str:
    return Problem(code).message()
