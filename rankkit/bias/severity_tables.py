"""Tables of the levels of raters: where raters are linked, where everybody has one rater, and what all raters share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from rankkit.bias.panel import POWER, Panel, levels
from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.multiplicity import benjamini_hochberg
from rankkit.kernels.rater_effects.rater_severity import RaterSeverity

_SIGNIFICANCE = 0.05  # two-sided, at which minimum detectable effects are stated
_COLUMNS = (
    "n", "shared_people", "mean", "estimate", "se", "df", "ci_low", "ci_high",
    "effect", "effect_low", "effect_high", "p", "q", "mde", "level", "group", "reason",
)  # fmt: skip


@dataclass(frozen=True)
class SeveritySettings:
    """How levels are compared and judged."""

    unequal: bool
    floor: float
    fewest: int
    review_q: float
    level: float
    seed: int


def global_p(fit: RaterSeverity, settings: SeveritySettings) -> float:
    """P-value of the hypothesis that all raters are equally severe."""
    return fit.p if settings.unequal else fit.p_equal


def linked(start: Panel, fit: RaterSeverity, rater: Ints, score: Floats, settings: SeveritySettings) -> pd.DataFrame:
    """One row a rater of a design that links raters."""
    m = len(start.table.raters)
    exact = fit.residual_variance == 0
    se, df = (fit.se, fit.df) if settings.unequal else (fit.se_equal, np.full(m, float(fit.df_residual)))
    g_se = fit.effect_size_se if settings.unequal else se / fit.within_sd if fit.within_sd > 0 else np.full(m, np.nan)
    half = stats.t.ppf((1 + settings.level) / 2, df)
    few = (fit.shared < settings.fewest) & (fit.component >= 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        p = np.where(exact | few, np.nan, 2 * stats.t.sf(np.abs(fit.effect / se), df))
        mde = detectable(se, df) / fit.within_sd if fit.within_sd > 0 else np.full(m, np.nan)
    reason = np.full(m, "", dtype=object)
    reason[few] = "too few people shared with other raters to judge"
    reason[fit.component < 0] = "shares nobody with another rater"
    if exact:
        reason[:] = "raters differ by the same amount for everyone: no error to test against"
    return pd.DataFrame(
        {
            "n": fit.n,
            "shared_people": fit.shared,
            "mean": _means(rater, score, m),
            "estimate": fit.effect,
            "se": se,
            "df": df,
            "ci_low": fit.effect - half * se,
            "ci_high": fit.effect + half * se,
            "effect": fit.effect_size,
            "effect_low": fit.effect_size - half * g_se,
            "effect_high": fit.effect_size + half * g_se,
            "p": p,
            "mde": mde,
            "group": _group_numbers(fit.component),
            "reason": reason,
        },
        index=start.rater_index(),
    )


def teams(start: Panel, rater: Ints, score: Floats, settings: SeveritySettings) -> pd.DataFrame:
    """One row a rater of a nested design: the team mean against all people, unequal variances (Welch)."""
    m = len(start.table.raters)
    n = np.bincount(rater, minlength=m)
    mean = _means(rater, score, m)
    d2 = np.bincount(rater, (score - mean[rater]) ** 2, m)
    df_within = int(np.maximum(n - 1, 0).sum())
    within = float(np.sqrt(d2.sum() / df_within)) if df_within else 0.0
    with np.errstate(invalid="ignore", divide="ignore"):
        own = np.where(n > 1, d2 / (n - 1), within**2) if settings.unequal else np.full(m, within**2)
        share = n / n.sum()
        part = share**2 * np.where(n > 0, own / n, 0.0)
        mine = (1 - share) ** 2 * own / n
        variance = mine + part.sum() - part
        freedom = np.maximum(n - 1, 1)
        df = np.clip(variance**2 / (mine**2 / freedom + ((part**2 / freedom).sum() - part**2 / freedom)), 1, max(df_within, 1))
        estimate = np.where(n > 0, mean - float(score.mean()), np.nan)
        se = np.sqrt(variance)
        testable = (n >= settings.fewest) & (se > 0)
        p = np.where(testable, 2 * stats.t.sf(np.abs(estimate / np.where(se > 0, se, np.nan)), df), np.nan)
        scale = within if within > 0 else np.nan
    half = stats.t.ppf((1 + settings.level) / 2, np.where(np.isfinite(df), df, 1.0))
    reason = np.full(m, "", dtype=object)
    reason[n < settings.fewest] = "too few people to judge"
    reason[(n >= settings.fewest) & ~(se > 0)] = "no spread to test against"
    return pd.DataFrame(
        {
            "n": n,
            "shared_people": np.zeros(m, dtype=np.int64),
            "mean": mean,
            "estimate": estimate,
            "se": se,
            "df": df,
            "ci_low": estimate - half * se,
            "ci_high": estimate + half * se,
            "effect": estimate / scale,
            "effect_low": (estimate - half * se) / scale,
            "effect_high": (estimate + half * se) / scale,
            "p": p,
            "mde": detectable(se, df) / scale,
            "group": np.arange(1, m + 1),
            "reason": reason,
        },
        index=start.rater_index(),
    )


def _means(rater: Ints, score: Floats, m: int) -> Floats:
    n = np.bincount(rater, minlength=m)
    return np.where(n > 0, np.bincount(rater, score, m) / np.maximum(n, 1), np.nan)


def detectable(se: Floats, df: Floats) -> Floats:
    """Effect found with probability .80 by a two-sided test at .05 (about 2.8 standard errors)."""
    return np.asarray((stats.t.ppf(1 - _SIGNIFICANCE / 2, df) + stats.t.ppf(POWER, df)) * se)


def _group_numbers(component: Ints) -> Any:
    """Number the groups of linked raters, largest first, ties by first rater."""
    found, first, size = np.unique(component[component >= 0], return_index=True, return_counts=True)
    number = {int(c): k + 1 for k, c in enumerate(found[np.lexsort((first, -size))])}
    return pd.array([number.get(int(c), pd.NA) for c in component], dtype="Int64")


def grade(tables: Mapping[str, pd.DataFrame], settings: SeveritySettings, opened: Mapping[str, bool], *, design_ok: bool) -> pd.DataFrame:
    """Join the tables to one family, adjust, and grade."""
    for name, frame in tables.items():
        if not opened.get(name, True):
            tested = frame["p"].notna()
            frame["reason"] = frame["reason"].mask(
                tested, "no difference between the raters as a whole was found: single raters were not tested"
            )
    frame = pd.concat(tables, names=["dimension"]) if "" not in tables else tables[""]
    p = frame["p"].to_numpy()
    if "" in tables:
        use = np.full(len(frame), opened.get("", True))
    else:
        use = np.array([opened.get(d, True) for d in frame.index.get_level_values("dimension")])
    q = benjamini_hochberg(np.where(use, p, np.nan))
    frame["q"] = q
    n = frame["shared_people" if design_ok else "n"].to_numpy()
    frame["level"] = levels(
        p,
        q,
        frame["effect"].to_numpy(),
        n,
        floor=settings.floor,
        fewest=settings.fewest,
        design_ok=design_ok,
        review_q=settings.review_q,
    )
    return frame[list(_COLUMNS)]


def global_tests(fits: Mapping[str, RaterSeverity]) -> pd.DataFrame:
    """Tests of the hypothesis that all raters are equally severe."""
    rows = {}
    for name, fit in fits.items():
        flips = "F test" if fit.method == "F" else f"{fit.method} of whole persons"
        own = f"{name}: " if name else ""
        rows[f"{own}equally severe, raters may differ in precision"] = (fit.statistic, np.nan, np.nan, fit.p, flips)
        rows[f"{own}equally severe, equal precision"] = (fit.statistic, fit.df1, fit.df_residual, fit.p_equal, "F test")
    columns = ["statistic", "df1", "df2", "p", "method"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("test").astype({"df1": "float64", "df2": "float64"})


def variance(fits: Mapping[str, RaterSeverity], settings: SeveritySettings) -> pd.DataFrame:
    """Share of the raters' severity in the variance of a rating, and how reliably severities are told apart."""
    rows = []
    for name, fit in fits.items():
        known = ~np.isnan(fit.effect)
        error = float(np.mean((fit.se if settings.unequal else fit.se_equal)[known] ** 2))
        spread = float(np.sum(fit.effect[known] ** 2) / fit.df1)
        rater = max(spread - error, 0.0)
        rows.append((name, rater, fit.within_sd**2, rater / max(rater + fit.within_sd**2, 1e-300), rater / spread if spread > 0 else 0.0))
    columns = ["dimension", "rater_variance", "within_variance", "rater_share", "separation_reliability"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame if "" not in fits else frame.drop(columns="dimension")
