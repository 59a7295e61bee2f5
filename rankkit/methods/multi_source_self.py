"""Self ratings beside those of others: differences with their error, and a surface instead of a difference score."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import stats

from rankkit.errors import Problem, RankkitError
from rankkit.kernels.arrays import Bools, Floats
from rankkit.kernels.reliability.difference_reliability import difference_reliability
from rankkit.methods.multi_source_agreement import ALL
from rankkit.methods.multi_source_scoring import Choices, SourceScores, SourceScoring

DECLARED = (0.5, 0.6, 0.7, 0.8, 0.9)
"""Reliabilities of self ratings a difference is shown for: one rating of oneself cannot show its own."""
_PROFILE = 6  # dimensions from which two profiles are correlated
_HALF = 0.5  # standard deviations of the difference within which people count as in agreement


@dataclass(frozen=True, eq=False)
class SelfOther:
    """Self and others on one dimension, or over all.

    Attributes
    ----------
    own, others : ndarray, shape (n,)
        Ratings; ``nan`` where there is none.
    error : ndarray, shape (n,)
        Error variance of the others' composite.
    df : ndarray, shape (n,)
        Its degrees of freedom.
    n_others : ndarray of int, shape (n,)
        Raters behind it.
    """

    own: Floats
    others: Floats
    error: Floats
    df: Floats
    n_others: Floats

    @cached_property
    def both(self) -> Bools:
        """People with both."""
        here: Bools = ~np.isnan(self.own) & ~np.isnan(self.others)
        return here

    @property
    def difference(self) -> Floats:
        """D = S − O."""
        return self.own - self.others

    def self_variance(self) -> float:
        """Observed variance of self ratings between people."""
        return float(np.var(self.own[self.both], ddof=1)) if self.both.sum() > 1 else float("nan")

    def se(self, r_self: float) -> tuple[Floats, Floats]:
        """Standard error of each difference and its degrees of freedom, for a declared reliability of self ratings."""
        n = int(self.both.sum())
        own = self.self_variance() * (1 - r_self)
        total = own + self.error
        with np.errstate(divide="ignore", invalid="ignore"):
            spread = 2 * own**2 / max(n - 1, 1) + np.where(np.isfinite(self.df), 2 * self.error**2 / self.df, 0.0)
            return np.sqrt(total), np.where(spread > 0, 2 * total**2 / spread, np.inf)

    def reliability(self, r_self: float) -> dict[str, float]:
        """r_D and what it is made of."""
        s, o = self.own[self.both], self.others[self.both]
        if len(s) < 3 or min(np.ptp(s), np.ptp(o)) <= 0:
            return dict.fromkeys(("r_d", "r_others", "r_self_others", "sd_difference", "mean_difference", "d"), float("nan"))
        vs, vo = float(np.var(s, ddof=1)), float(np.var(o, ddof=1))
        r_oo = 1 - float(np.mean(self.error[self.both])) / vo
        r_so = float(np.corrcoef(s, o)[0, 1])
        gap = s - o
        return {
            "r_d": float(difference_reliability(vs, vo, r_so, r_self, r_oo)),
            "r_others": r_oo,
            "r_self_others": r_so,
            "sd_difference": float(gap.std(ddof=1)),
            "mean_difference": float(gap.mean()),
            "d": float(gap.mean() / np.sqrt((vs + vo) / 2)),
        }


def paired(scoring: SourceScoring) -> SelfOther | None:
    """Self ratings and the composite of all other sources, with its error; None without self ratings or others."""
    sources = scoring.table.sources
    others = np.where(np.array(sources) == "self", 0.0, scoring.source_weights)
    if "self" not in sources or others.sum() <= 0:
        return None
    plain = Choices(missing_source="renormalise", adjust="none", min_weight=1e-6, level=scoring.settings.level, seed=scoring.settings.seed)
    alone = scoring.with_choices(plain, others / others.sum())
    try:
        found = alone.scores()
    except RankkitError:
        return None
    return SelfOther(alone.own[0][:, sources.index("self")], found.score, _variance(found), found.df, alone.fields(found)["n_raters"])


def _variance(found: SourceScores) -> Floats:
    out = np.full(len(found.score), np.nan)
    if found.covariance is not None:
        out[found.scored] = found.covariance.diagonal()
    return out


def views(scoring: SourceScoring) -> dict[str, SelfOther]:
    """Self and others over all dimensions and on each."""
    found = {name: paired(view) for name, view in ({ALL: scoring} | scoring.views).items()}
    return {name: one for name, one in found.items() if one is not None and one.both.any()}


def self_other(scoring: SourceScoring, r_self: float) -> pd.DataFrame:
    """Difference of each person's self rating from the others', by (``ratee``, ``dimension``).

    ``finding`` is a blind spot (self above others) or a hidden strength (below) only where the difference exceeds its own error at
    the confidence level, all dimensions of a person together (Bonferroni); ``holds_from`` is the lowest of the declared
    reliabilities of self ratings at which it does. ``category`` (± half a standard deviation around the mean difference) is for
    display and says nothing about error.
    """
    table, level = scoring.table, scoring.settings.level
    found = views(scoring)
    if not found:
        return _empty()
    tests = max(len(found) - 1, 1)
    profile = _profiles(found)
    frames = []
    for name, one in found.items():
        at = np.flatnonzero(one.both)
        gap, (se, df) = one.difference, one.se(r_self)
        single = stats.t.ppf(0.5 + level / 2, df)
        share = 1 if name == ALL else tests
        finding = holds(one, r_self, level, share)
        least, unbroken = np.full(len(gap), np.nan), np.ones(len(gap), dtype=bool)
        for r in reversed(DECLARED):
            unbroken &= holds(one, r, level, share) != ""
            least = np.where(unbroken, r, least)
        data = {
            "ratee": [table.people[i] for i in at],
            "dimension": name,
            "label": [table.labels[table.people[i]] for i in at],
            "self": one.own[at],
            "others": one.others[at],
            "n_others": one.n_others[at],
            "difference": gap[at],
            "se": se[at],
            "ci_low": (gap - single * se)[at],
            "ci_high": (gap + single * se)[at],
            "category": _categories(one)[at],
            "finding": finding[at],
            "holds_from": least[at],
            "profile_r": [profile.get(int(i), np.nan) if name == ALL else np.nan for i in at],
            "reason": ["" if np.isfinite(v) else Problem("S-NOERROR").message() for v in se[at]],
        }
        frames.append(pd.DataFrame(data))
    return (
        pd.concat(frames, ignore_index=True)
        .set_index(["ratee", "dimension"])
        .sort_index(level="ratee", sort_remaining=False, kind="stable")
    )


def holds(one: SelfOther, r_self: float, level: float, tests: int) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    """Blind spot, hidden strength or nothing: whether a difference exceeds its own error, so many tests taken together."""
    gap, (se, df) = one.difference, one.se(r_self)
    with np.errstate(invalid="ignore"):
        reliable = np.abs(gap) > stats.t.ppf(1 - (1 - level) / (2 * tests), df) * se
    return np.where(reliable & (gap > 0), "blind spot", np.where(reliable & (gap < 0), "hidden strength", "")).astype(object)


def _empty() -> pd.DataFrame:
    columns = ["label", "self", "others", "n_others", "difference", "se", "ci_low", "ci_high", "category", "finding"]
    columns += ["holds_from", "profile_r", "reason"]
    return pd.DataFrame(columns=columns, index=pd.MultiIndex.from_arrays([[], []], names=["ratee", "dimension"]))


def _categories(one: SelfOther) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    """Over, under or in agreement, the latter good or poor by the others' rating (Atwater & Yammarino 1992; Fleenor et al. 1996)."""
    gap, o = one.difference, one.others
    if one.both.sum() < 3:
        return np.full(len(gap), "", dtype=object)
    middle, half = float(np.mean(gap[one.both])), _HALF * float(np.std(gap[one.both], ddof=1))
    alike = np.where(o >= float(np.mean(o[one.both])), "in agreement, good", "in agreement, poor")
    return np.where(gap > middle + half, "over", np.where(gap < middle - half, "under", alike)).astype(object)


def _profiles(found: dict[str, SelfOther]) -> dict[int, float]:
    """Correlation of self with others over dimensions, for people with six or more."""
    single = [one for name, one in found.items() if name != ALL]
    if len(single) < _PROFILE:
        return {}
    s, o = (np.column_stack([getattr(one, side) for one in single]) for side in ("own", "others"))
    out = {}
    for i in range(len(s)):
        use = ~np.isnan(s[i]) & ~np.isnan(o[i])
        if use.sum() >= _PROFILE and np.ptp(s[i, use]) > 0 and np.ptp(o[i, use]) > 0:
            out[i] = float(np.corrcoef(s[i, use], o[i, use])[0, 1])
    return out


def self_other_reliability(scoring: SourceScoring, r_self: float) -> pd.DataFrame:
    """Reliability of the difference, by (``dimension``, ``r_self``); ``declared`` marks the value in use."""
    grid = sorted({*DECLARED, r_self})
    rows: list[dict[str, object]] = []
    for name, one in views(scoring).items():
        for r in grid:
            se = one.se(r)[0][one.both]
            known = bool(np.isfinite(se).any())
            rows.append(
                {
                    "dimension": name,
                    "r_self": r,
                    "declared": r == r_self,
                    "n": int(one.both.sum()),
                    **one.reliability(r),
                    "se": float(np.sqrt(np.nanmean(se**2))) if known else np.nan,
                }
            )
    columns = ["dimension", "r_self", "declared", "n", "r_d", "r_others", "r_self_others", "sd_difference", "mean_difference", "d", "se"]
    return pd.DataFrame(rows, columns=columns).set_index(["dimension", "r_self"])
