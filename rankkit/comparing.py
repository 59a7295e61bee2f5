"""Comparing methods: whether two ways of judging put the same people in the same order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from rankkit import show
from rankkit.errors import DataError, InsufficientDataError, Problem, SettingsError
from rankkit.kernels import rank_sets
from rankkit.kernels.ranking import competition_ranks
from rankkit.kernels.rankings import rank_agreement
from rankkit.methods.forced_distribution import ForcedDistributionResult
from rankkit.privacy.audience import Audience
from rankkit.result import Result

if TYPE_CHECKING:
    from rankkit.errors import Lang

_FEWEST = 3


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class MethodComparison(show.Shown):
    """The same people under several methods; only people scored by all of them are compared.

    Attributes
    ----------
    results : mapping
        Name to result, as given.
    agreement : DataFrame
        One row a pair of methods and coefficient: Spearman, Kendall τ_b, overlap of the best k; value, interval, what
        unrelated orders would give, p.
    ranks : DataFrame
        Indexed by ``ratee``: ``label`` and the rank under each method, among the common people.
    rank_sets : DataFrame
        Indexed by ``ratee``, columns (method, ``rank_low`` / ``rank_high``); NA where a method has no covariance.
    shifts : DataFrame
        Indexed by ``ratee``: best and worst rank over methods, their difference, and whether the rank sets exclude each
        other (a shift beyond measurement error).
    excluded : DataFrame
        Who was left out, by which method, and why.
    grades : DataFrame or None
        For forced distributions: one row a pair of methods with the share graded alike and moved by one or more grades.
    """

    results: Mapping[str, Result]
    agreement: pd.DataFrame
    ranks: pd.DataFrame
    rank_sets: pd.DataFrame
    shifts: pd.DataFrame
    excluded: pd.DataFrame
    grades: pd.DataFrame | None = None
    notes: tuple[Problem, ...] = ()
    level: float = 0.95
    labels: Mapping[str, str] = field(default_factory=dict)
    top: int | None = None
    seed: int = 0

    def for_audience(self, audience: Audience, /) -> MethodComparison:
        """Compare anew what an audience may see of the results; itself if nothing in them is confidential."""
        if all(result.confidential is None for result in self.results.values()):
            return self
        shown = {name: result.for_audience(audience) for name, result in self.results.items()}
        return compare(shown, top=self.top, level=self.level, seed=self.seed)

    @property
    def messages(self) -> pd.DataFrame:
        """Notes about the comparison: ``code, text, fix``."""
        return self.messages_in(None)

    def messages_in(self, lang: Lang | None) -> pd.DataFrame:
        """Notes in a language of choice."""
        return pd.DataFrame([(p.code, p.note(lang), p.fix(lang)) for p in self.notes], columns=["code", "text", "fix"])

    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Tables for reports, by name."""
        named = {"agreement": self.agreement, "shifts": self.shifts, "ranks": self.ranks, "excluded": self.excluded}
        if self.grades is not None:
            named["grades"] = self.grades
        return {k: v for k, v in named.items() if len(v)}


def compare(results: Mapping[str, Result], *, top: int | None = None, level: float = 0.95, seed: int = 0) -> MethodComparison:
    """Compare methods on the people all of them scored.

    Parameters
    ----------
    results : mapping
        Name to result; at least two.
    top : int, optional
        k of the top-k overlap; by default a fifth of the people, at least one.
    level : float
        Confidence level of intervals and rank sets.
    seed : int
        Seed of the bootstrap used below 25 people.

    Returns
    -------
    MethodComparison

    Raises
    ------
    SettingsError
        If there are fewer than two results, or ``top`` is not among the common people.
    DataError
        If one of them is no result.
    InsufficientDataError
        If fewer than three people are scored by all methods.

    Notes
    -----
    Spearman's correlation with the interval of Bonett & Wright (2000), Kendall's τ_b with that of Fieller, Hartley &
    Pearson (1957); below 25 people a bootstrap interval. The overlap of the best k has the hypergeometric expectation.

    Examples
    --------
    >>> import rankkit as rk
    >>> table = rk.datasets.load("guilford_creativity")
    >>> raw = rk.GraphicRatingScale().fit(table)
    >>> centred = rk.GraphicRatingScale(adjust="z").fit(table)
    >>> found = rk.compare({"raw": raw, "standardised": centred})
    >>> found.agreement.query("coefficient == 'Kendall τ_b'")["value"].round(2).to_list()
    [1.0]
    """
    if not isinstance(results, Mapping) or len(results) < 2:
        raise SettingsError("E-COMPARE")
    if not 0 < level < 1:
        raise SettingsError("E-LEVEL", value=level)
    if "label" in results:
        raise SettingsError("E-SETTING", name="a method's name", value="label", allowed="any other name")
    for result in results.values():
        if not isinstance(result, Result):
            raise DataError("E-TYPE", expected="Result", found=type(result).__name__)
    scored = {name: r.estimated_ids for name, r in results.items()}
    common = sorted(set.intersection(*(set(ids) for ids in scored.values())))
    if len(common) < _FEWEST:
        names = list(results)
        raise InsufficientDataError("E-COMMON", a=names[0], b=", ".join(names[1:]), n=len(common))
    excluded = _excluded(results, set(common))
    labels = {p: label for r in reversed(list(results.values())) for p, label in r.labels.items()}
    estimates = {name: _estimates(r, common) for name, r in results.items()}
    index = pd.Index(common, name="ratee")
    ranks = pd.DataFrame({name: competition_ranks(x) for name, x in estimates.items()}, index=index)
    sets = pd.concat({name: _sets(r, common, estimates[name], level, index) for name, r in results.items()}, axis=1)
    if top is not None and not 1 <= top <= len(common):
        raise SettingsError("E-SETTING", name="top", value=top, allowed=f"1 to {len(common)}, the people all methods scored")
    k = top or max(1, round(len(common) / 5))
    notes: tuple[Problem, ...] = ()
    if len(excluded):
        who = list(dict.fromkeys(excluded["label"]))
        notes = (Problem("I-COMMON", None, None, None, {"n": len(who), "who": who}),)
    return MethodComparison(
        results=dict(results),
        agreement=_agreement(estimates, ranks, k, level, seed),
        ranks=ranks.assign(label=[labels.get(p, p) for p in common])[["label", *results]],
        rank_sets=sets,
        shifts=_shifts(ranks, sets, labels),
        excluded=excluded,
        grades=_grades(results, common),
        notes=notes,
        level=level,
        labels=labels,
        top=top,
        seed=seed,
    )


def _estimates(result: Result, common: list[str]) -> Any:
    place = {p: k for k, p in enumerate(result.people)}
    return result.estimate[[place[p] for p in common]]


def _sets(result: Result, common: list[str], estimate: Any, level: float, index: pd.Index) -> pd.DataFrame:
    """Simultaneous rank sets among the common people."""
    joint = result.joint_covariance or result.covariance
    if joint is None:
        return pd.DataFrame({"rank_low": pd.NA, "rank_high": pd.NA}, index=index, dtype="Int64")
    place = {p: k for k, p in enumerate(result.estimated_ids)}
    sigma = joint.take(np.array([place[p] for p in common]))
    found = rank_sets.rank_sets(estimate, sigma, level=level, df=result.joint_df, seed=result.seed)
    return pd.DataFrame({"rank_low": found.low, "rank_high": found.high}, index=index).astype("Int64")


def _agreement(estimates: Mapping[str, Any], ranks: pd.DataFrame, k: int, level: float, seed: int) -> pd.DataFrame:
    rows: list[tuple[Any, ...]] = []
    for a, b in combinations(estimates, 2):
        x, y = estimates[a], estimates[b]
        for name, measure in (("Spearman r_s", rank_agreement.spearman), ("Kendall τ_b", rank_agreement.kendall_tau_b)):
            found = measure(x, y, level=level, seed=seed)
            rows.append((a, b, found.n, name, found.estimate, found.low, found.high, 0.0, np.nan, found.basis))
        top = rank_agreement.top_k_overlap(ranks[a].to_numpy(), ranks[b].to_numpy(), k)
        rows.append((a, b, top.n, f"overlap of the best {k}", top.share, np.nan, np.nan, top.expected, top.p, "hypergeometric"))
    return pd.DataFrame(
        rows, columns=["method_a", "method_b", "n", "coefficient", "value", "ci_low", "ci_high", "expected", "p", "interval"]
    )


def _shifts(ranks: pd.DataFrame, sets: pd.DataFrame, labels: Mapping[str, str]) -> pd.DataFrame:
    """How far each person's rank moves, and whether further than the rank sets allow."""
    low, high = (pd.DataFrame({m: sets[m, side] for m in ranks.columns}) for side in ("rank_low", "rank_high"))
    known = low.notna().all(axis=1)
    beyond = pd.Series(low.max(axis=1) > high.min(axis=1)).where(known)
    frame = pd.DataFrame(
        {
            "label": [labels.get(p, p) for p in ranks.index],
            "best_rank": ranks.min(axis=1),
            "worst_rank": ranks.max(axis=1),
            "shift": ranks.max(axis=1) - ranks.min(axis=1),
            "beyond_error": beyond.astype("boolean"),
        }
    )
    return frame.sort_values(["shift", "best_rank"], ascending=[False, True], kind="stable")


def _excluded(results: Mapping[str, Result], common: set[str]) -> pd.DataFrame:
    everyone = sorted(set().union(*(r.people for r in results.values())) - common)
    rows = []
    for person in everyone:
        for name, r in results.items():
            label = next((x.labels[person] for x in results.values() if person in x.labels), person)
            if person not in r.people:
                rows.append((person, label, name, "not in this method"))
            elif person not in r.estimated_ids:
                rows.append((person, label, name, r.status[r.people.index(person)]))
    return pd.DataFrame(rows, columns=["ratee", "label", "method", "reason"]).set_index("ratee")


def _grades(results: Mapping[str, Result], common: list[str]) -> pd.DataFrame | None:
    """Grades against grades, where all results are forced distributions with the same grades."""
    graded = {n: r for n, r in results.items() if isinstance(r, ForcedDistributionResult)}
    if len(graded) < len(results):
        return None
    scales = {tuple(r.quota.index) for r in graded.values()}
    if len(scales) > 1:
        return None
    order = {g: k for k, g in enumerate(next(iter(scales)))}
    rows = []
    for a, b in combinations(graded, 2):
        x, y = (graded[m].grades.loc[common, "grade"].map(order, na_action="ignore").astype("Float64") for m in (a, b))
        moved = (x - y).abs().dropna().to_numpy(dtype=np.float64)
        shares = [float(share.mean()) if len(moved) else np.nan for share in (moved == 0, moved >= 1, moved >= 2)]
        rows.append((a, b, len(moved), *shares, len(common) - len(moved)))
    return pd.DataFrame(rows, columns=["method_a", "method_b", "n", "same", "moved_1_or_more", "moved_2_or_more", "awaiting_committee"])
