"""Tables of the halo check: rater by rater, index by index, and pair of dimensions by pair."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from rankkit.bias.dimension_correlations import DimensionCorrelations
from rankkit.bias.panel import POWER, Levels, Panel, levels
from rankkit.errors import Problem
from rankkit.kernels.arrays import Bools, Floats
from rankkit.kernels.multiplicity import benjamini_hochberg, simes
from rankkit.kernels.rater_effects.exchange_test import exchange_test
from rankkit.kernels.rater_effects.halo_indices import same_rater
from rankkit.kernels.rater_effects.halo_inflation import Inflation, mean_inflation, rater_inflation
from rankkit.kernels.rater_effects.profile_dispersion import standardised, team_comparison, unbiased_sd
from rankkit.kernels.reliability.parallel_analysis import parallel_analysis

_TESTED = 5  # people below which a rater's profiles are shown, and not tested
_DETECT = float(stats.norm.isf(0.025) + stats.norm.ppf(POWER))  # 2.80 standard errors


@dataclass(frozen=True)
class HaloSettings:
    """Settings of the check.

    Attributes
    ----------
    floor : float
        Smallest inflation worth a review.
    ratio : float
        Largest ratio of spreads worth a review.
    fewest : int
        Fewest people of a rater.
    review_q : float
        False discovery rate.
    level : float
        Of the intervals.
    seed : int
        Of the parallel analysis.
    """

    floor: float
    ratio: float
    fewest: int
    review_q: float
    level: float
    seed: int


def because(reasons: list[str]) -> list[str]:
    """Say reasons in words, codes given; "" stays blank. Reports translate them (``report.terms_of_profiles``)."""
    return [Problem(code).message("en") if code else "" for code in reasons]


def rater_table(panel: Panel, parts: DimensionCorrelations, settings: HaloSettings) -> pd.DataFrame:
    """One row a rater: H1 (covariance) and H2 (dispersion), side by side and never added up."""
    columns = _covariance(parts, settings) | _dispersion(parts, settings)
    return pd.DataFrame(columns, index=panel.rater_index())


def _covariance(parts: DimensionCorrelations, settings: HaloSettings) -> dict[str, object]:
    """Compare mean within-rater correlations with the reference (H1)."""
    same = same_rater(parts.data, fewest=settings.fewest)
    found = rater_inflation(parts.data, same, parts.reference, parts.without)
    low, high = found.interval(settings.level)
    p = found.p()
    q = benjamini_hochberg(p)
    design_ok = bool(parts.source)
    reasons = []
    for r in range(parts.data.m):
        if same.n[r] < settings.fewest:
            reasons.append("S-FEWPEOPLE")
        elif not same.pairs[r]:
            reasons.append("S-FLATRATER" if _varies_nowhere(parts, r) else "S-FEWBOTH")
        else:
            reasons.append(parts.reason if np.isnan(found.se[r]) else "")
    graded = levels(
        p, q, found.effect, same.n, floor=settings.floor, fewest=settings.fewest, design_ok=design_ok, review_q=settings.review_q
    )
    return {
        "n": same.n,
        "pairs": same.pairs,
        "same_rater": np.tanh(same.z),
        "reference": np.tanh(found.reference),
        "estimate": found.effect,
        "se": found.se * (1 - np.tanh(found.z) ** 2),
        "ci_low": low,
        "ci_high": high,
        "effect": found.effect,
        "p": p,
        "q": q,
        "mde": np.tanh(found.reference + _DETECT * found.se) - np.tanh(found.reference),
        "level": graded,
        "capped": same.capped,
        "design_ok": np.full(parts.data.m, design_ok),
        "reason": because(reasons),
    }


def _varies_nowhere(parts: DimensionCorrelations, rater: int) -> bool:
    """Whether a rater's scores vary on one dimension at most."""
    own = parts.data.x[parts.data.rater == rater]
    seen = ~np.isnan(own)
    spread = np.where(seen, own, -np.inf).max(axis=0, initial=-np.inf) - np.where(seen, own, np.inf).min(axis=0, initial=np.inf)
    return bool(np.count_nonzero(spread > 1e-12) < 2)


def _dispersion(parts: DimensionCorrelations, settings: HaloSettings) -> dict[str, object]:
    """Compare how far apart the dimensions of one person lie with other raters' profiles (H2)."""
    data = parts.data
    spread = unbiased_sd(standardised(data))
    held = ~np.isnan(spread)
    n = np.bincount(data.rater[held], minlength=data.m)
    own = exchange_test(spread, data.ratee, data.rater, data.m)
    team = team_comparison(spread, data.rater, data.m)
    linked = (own.n > 0) & (own.n >= np.minimum(settings.fewest, n))  # compared on shared people; else on different ones
    mean, others = np.where(linked, own.mean, team.mean), np.where(linked, own.others, team.others)
    se = np.where(linked, own.ratio_se, team.ratio_se)
    tested = np.where(linked, own.n, n)
    few = tested < _TESTED
    se = np.where(few, np.nan, se)
    p = np.where(few, np.nan, np.where(linked, own.p_low, team.p_low))
    q = benjamini_hochberg(p)
    with np.errstate(divide="ignore", invalid="ignore"):
        log = np.log(mean / others)
    log[~np.isfinite(log) & ~((mean == 0) & (others > 0))] = np.nan
    half = stats.t.isf((1 - settings.level) / 2, np.maximum(tested - 1, 1)) * se
    graded = levels(p, q, np.maximum(-log, 0), tested, floor=-np.log(settings.ratio), fewest=settings.fewest, review_q=settings.review_q)
    graded[~linked & (graded == "review")] = "info"
    reasons = ["S-ONEDIMENSION" if not k else "S-FEWPEOPLE" if t < _TESTED else "S-NOSPREAD" if np.isnan(v) else ""
               for v, k, t in zip(p, n, tested, strict=True)]  # fmt: skip
    return {
        "dispersion": mean,
        "dispersion_others": others,
        "ratio": np.exp(log),
        "ratio_low": np.exp(log - half),
        "ratio_high": np.exp(log + half),
        "ratio_n": tested,
        "ratio_p": p,
        "ratio_q": q,
        "ratio_mde": np.exp(-_DETECT * se),
        "ratio_level": graded,
        "ratio_design_ok": linked,
        "ratio_reason": because(reasons),
    }


def correlation_table(panel: Panel, parts: DimensionCorrelations, settings: HaloSettings) -> pd.DataFrame:
    """One row a pair of dimensions: within raters, between raters, and corrected for disagreement."""
    pairs, names = parts.pairs, panel.table.dimensions
    found = _pooled(parts, range(len(pairs.first)))
    low, high = found.interval(settings.level)
    reason = ["" if np.isfinite(v) else (parts.reason or "S-DISAGREE") if np.isfinite(s) else "S-FLAT"
              for v, s in zip(found.se, pairs.same_rater, strict=True)]  # fmt: skip
    return pd.DataFrame(
        {
            "first": [names[d] for d in pairs.first],
            "second": [names[d] for d in pairs.second],
            "same_rater": pairs.same_rater,
            "cross_rater": pairs.cross_rater if parts.rated_twice else np.full(len(names) * (len(names) - 1) // 2, np.nan),
            "disattenuated": np.tanh(parts.reference),
            "inflation": pairs.same_rater - np.tanh(parts.reference),
            "se": found.se * (1 - pairs.same_rater**2),
            "ci_low": low,
            "ci_high": high,
            "capped": pairs.capped & (parts.source == "other raters"),
            "reason": because(reason),
        }
    )


def _pooled(parts: DimensionCorrelations, columns: range | None = None) -> Inflation:
    """Inflation of every pair of dimensions, or (``None``) of their mean."""
    pairs = parts.pairs
    with np.errstate(divide="ignore", invalid="ignore"):
        same = np.arctanh(np.clip(pairs.same_rater, -0.99, 0.99))
    without = parts.without_or_same
    if columns is not None:
        return mean_inflation(same, parts.reference, (pairs.same_without, without), parts.found.rated)
    usable = np.isfinite(same) & np.isfinite(parts.reference)
    if not usable.any():
        return mean_inflation(np.full(1, np.nan), np.full(1, np.nan), (np.full((1, 1), np.nan),) * 2, np.zeros(1, dtype=np.int64))
    left_out = (pairs.same_without[:, usable].mean(axis=1, keepdims=True), without[:, usable].mean(axis=1, keepdims=True))
    return mean_inflation(same[usable].mean(keepdims=True), parts.reference[usable].mean(keepdims=True), left_out, parts.found.rated)


def index_table(parts: DimensionCorrelations, raters: pd.DataFrame, settings: HaloSettings) -> pd.DataFrame:
    """H1–H4 over all raters: four answers to four questions."""
    rows = {"H1": _overall_covariance(parts, settings), "H2": _overall_dispersion(raters)}
    rows |= {"H3": _interaction(parts, settings), "H4": _eigenvalue(parts, settings)}
    columns = ["estimate", "ci_low", "ci_high", "compared_with", "statistic", "df1", "df2", "p", "method", "reason"]
    blank: dict[str, object] = dict.fromkeys(columns[:-2], float("nan")) | {"method": ""}
    frame = pd.DataFrame.from_dict({k: blank | row for k, row in rows.items()}, orient="index", columns=columns)
    frame[columns[:-2]] = frame[columns[:-2]].astype("float64")
    return frame.rename_axis("index")


def _row(reason: str = "", /, **values: object) -> dict[str, object]:
    return {**values, "reason": because([reason])[0]}


def _overall_covariance(parts: DimensionCorrelations, settings: HaloSettings) -> dict[str, object]:
    found = _pooled(parts)
    if not np.isfinite(found.se[0]):
        return _row(parts.reason or "S-DISAGREE", compared_with=float(np.tanh(found.reference[0])))
    low, high = found.interval(settings.level)
    exact = not found.se[0] > 0
    return _row(
        "S-EXACT" if exact else "",
        estimate=found.effect[0],
        ci_low=low[0],
        ci_high=high[0],
        compared_with=float(np.tanh(found.reference[0])),
        statistic=np.nan if exact else float(found.difference[0] / found.se[0]),
        df2=found.df[0],
        p=np.nan if exact else found.p()[0],
        method=f"mean same-rater correlation less that of {parts.source}; jackknife over people, one-sided t",
    )


def _overall_dispersion(raters: pd.DataFrame) -> dict[str, object]:
    n = raters["ratio_n"].to_numpy(dtype=float)
    known = np.isfinite(raters["dispersion"].to_numpy())
    if not known.any():
        return _row("S-ONEDIMENSION")
    mean = float(np.average(raters["dispersion"].to_numpy()[known], weights=n[known]))
    p = simes(raters["ratio_p"].to_numpy())
    if np.isnan(p):
        return _row("S-NOSPREAD", estimate=mean, compared_with=1.0)
    how = "mean spread of a profile, 1 = unrelated dimensions; Simes test that no rater's profiles are flatter than others'"
    return _row("S-NOINTERVAL", estimate=mean, compared_with=1.0, p=p, method=how)


def _interaction(parts: DimensionCorrelations, settings: HaloSettings) -> dict[str, object]:
    """Share of the rater's general impression of a person in the variance of one rating (H3)."""
    if len(parts.found.shared) < 2:
        return _row("S-NOSECOND")
    found, data = parts.found, parts.data
    off = ~np.eye(len(found.same), dtype=bool)
    excess = (found.same - found.cross)[off].mean()
    total = float(np.trace(found.same)) / len(found.same)
    usable = found.rated
    without = (found.same_without - found.cross_without)[usable][:, off].mean(axis=1)
    totals = np.trace(found.same_without[usable], axis1=1, axis2=2)
    if not (np.isfinite(excess) and total > 0 and np.isfinite(without).all() and (totals > 0).all()):
        return _row("S-FEWBOTH" if not total <= 0 else "S-FLAT")
    shares = without / totals * len(found.same)
    n = len(usable)
    se_excess, se = (np.sqrt((n - 1) / n * ((v - v.mean()) ** 2).sum()) for v in (without, shares))
    share = excess / total
    half = stats.t.isf((1 - settings.level) / 2, n - 1) * se
    values: dict[str, object] = {
        "estimate": share,
        "ci_low": max(share - half, min(share, 0.0)),
        "ci_high": min(share + half, 1.0),
        "compared_with": 0.0,
    }
    if bool(data.seen.all()) and len(data.rater) == n * len(np.unique(data.rater)):
        m, D = len(np.unique(data.rater)), len(found.same)
        error = float(np.trace(found.same - found.cross)) / D - excess  # MS_e; MS_ir = MS_e + D σ²_ir
        df1, df2 = (n - 1) * (m - 1), (n - 1) * (m - 1) * (D - 1)
        if error > 1e-12 * total:
            F = 1 + D * excess / error
            return _row(**values, statistic=F, df1=df1, df2=df2, p=float(stats.f.sf(F, df1, df2)),
                        method="share of ratee × rater in one rating; F = MS_ir/MS_e")  # fmt: skip
    if se_excess <= 1e-12 * total or not parts.rated_twice:
        return _row("S-EXACT" if parts.rated_twice else "S-NOSECOND", **values)
    t = excess / se_excess
    return _row(**values, statistic=t, df2=n - 1, p=float(stats.t.sf(t, n - 1)),
                method="share of ratee × rater in one rating; ratings missing, so from covariances within and between raters; "
                "jackknife over people, one-sided t")  # fmt: skip


def _eigenvalue(parts: DimensionCorrelations, settings: HaloSettings) -> dict[str, object]:
    """First eigenvalue of the within-rater correlations, as a share of the dimensions (H4)."""
    data = parts.data
    complete = data.seen.all(axis=1)
    rater = data.rater[complete]
    several = np.bincount(rater, minlength=data.m)[rater] > 1
    x, rater = data.x[complete][several], rater[several]
    D = x.shape[1]
    if len(x) < D + 2 or _flat(x, rater).any():
        return _row("S-FEWCOMPLETE" if len(x) < D + 2 else "S-FLAT")
    found = parallel_analysis(x, rater, seed=settings.seed)
    return _row("S-NOINTERVAL", estimate=found.share, compared_with=found.null_high[0] / D, statistic=found.eigenvalues[0], p=found.p,
                method="first eigenvalue of correlations within raters / dimensions; against the 95 % point in random order")  # fmt: skip


def _flat(x: Floats, group: Floats | Levels) -> Bools:
    """Which dimensions vary within no rater."""
    frame = pd.DataFrame(x).groupby(np.asarray(group))
    return np.asarray(((frame.max() - frame.min()).max() <= 1e-12).to_numpy(), dtype=np.bool_)
