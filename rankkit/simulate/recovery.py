"""Recovery studies: does a method find the truth that was put in, do its intervals cover, do checks stay quiet under the null."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from rankkit.assessment import Assessment
from rankkit.errors import InsufficientDataError, RankkitError, SettingsError
from rankkit.findings import Findings
from rankkit.kernels.arrays import Floats
from rankkit.kernels.ranking import competition_ranks
from rankkit.result import Result
from rankkit.simulate.simulated import Simulated

Generator = Callable[[int], Simulated[Any]]
_FREE_ORIGIN = ("logit", "probit", "z", "T")  # units whose zero is a convention: truth and scores are both centred
_ROWS = ("score", "difference", "rank (simultaneous)", "rank (marginal)")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class RecoveryStudy:
    """What replicates of a simulation showed.

    Attributes
    ----------
    summary : DataFrame
        By ``quantity`` (score, difference, rank): ``replicates, bias, rmse, se_mean`` (mean standard error claimed),
        ``coverage`` of the intervals with ``coverage_se`` (Monte-Carlo, over replicates, within which people share raters),
        ``correlation`` and ``tau`` with the truth.
    replicates : DataFrame
        The same of each replicate.
    failures : DataFrame
        Replicates that could not be fitted: ``seed, error, text``.
    """

    summary: pd.DataFrame
    replicates: pd.DataFrame
    failures: pd.DataFrame
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        head = f"<SIMULATED recovery study of {self.settings.get('method')}: {self.settings.get('replicates')} replicates>"
        failed = [f"{len(self.failures)} could not be fitted"] if len(self.failures) else []
        return "\n".join([head, self.summary.round(3).to_string(), *failed])

    def _repr_html_(self) -> str:
        table: str = self.summary.round(3).to_html(escape=True)
        return table


def recovery_study(
    method: Assessment[Any, Any], generator: Generator, replicates: int = 200, *, seed: int = 0, workers: int = 1
) -> RecoveryStudy:
    """Fit simulated judgements again and again, and compare with the truth.

    Parameters
    ----------
    method : Assessment
        Settings of the method.
    generator : callable
        Takes a seed, returns a :class:`~rankkit.simulate.Simulated`; for example
        ``lambda s: simulate.ratings(30, 6, seed=s)`` (with several workers, a function that can be pickled:
        ``functools.partial``).
    replicates : int
        Number of data sets.
    seed : int
        First of the ``replicates`` consecutive seeds handed to the generator, so that any replicate can be made again.
    workers : int
        Processes; the numbers do not depend on it.

    Returns
    -------
    RecoveryStudy
        Scores in a unit without a natural zero (logits, z, T) and their truth are centred before they are compared; their
        scale is not touched, so a stretched scale shows as error.

    Raises
    ------
    SettingsError
        If there is nothing to do.
    InsufficientDataError
        If no replicate could be fitted; the first reason is given.

    Examples
    --------
    >>> from rankkit import GraphicRatingScale, simulate
    >>> study = simulate.recovery_study(
    ...     GraphicRatingScale(), lambda s: simulate.ratings(20, 5, rounded=False, scale=None, seed=s), 40)
    >>> study.summary.loc["difference", ["replicates", "coverage"]].round(2).to_dict()
    {'replicates': 40.0, 'coverage': 0.94}
    """
    if replicates < 1 or workers < 1:
        raise SettingsError("E-SETTING", name="replicates, workers", value=(replicates, workers), allowed="1 or more")
    one = partial(_replicate, method, generator)
    seeds = range(seed, seed + replicates)
    if workers == 1:
        found = [one(s) for s in seeds]
    else:
        with ProcessPoolExecutor(workers) as pool:
            found = list(pool.map(one, seeds, chunksize=max(1, replicates // (4 * workers))))
    failed = [f for f in found if "error" in f]
    rows = [row for f in found for row in f.get("rows", [])]
    if not rows:
        raise InsufficientDataError("E-NORECOVERY", n=replicates, reason=failed[0]["text"])
    frame = pd.DataFrame(rows)
    groups = frame.groupby("quantity", sort=False)
    summary = groups[["bias", "square", "se_mean", "coverage", "correlation", "tau"]].mean()
    summary.insert(0, "replicates", groups.size().astype(float))
    summary["rmse"] = np.sqrt(summary.pop("square"))
    summary["coverage_se"] = groups["coverage"].std(ddof=1) / np.sqrt(groups["coverage"].count())
    order = ["replicates", "bias", "rmse", "se_mean", "coverage", "coverage_se", "correlation", "tau"]
    settings = {"method": type(method).__name__, "replicates": replicates, "seed": seed, **method.settings()}
    return RecoveryStudy(
        summary=summary[order],
        replicates=frame.rename(columns={"square": "mean_square"}),
        failures=pd.DataFrame(failed, columns=["seed", "error", "text"]),
        settings=settings,
    )


def _replicate(method: Assessment[Any, Any], generator: Generator, seed: int) -> dict[str, Any]:
    """Fit one data set."""
    made = generator(seed)
    try:
        result = method.fit(made.table)
    except RankkitError as error:
        return {"seed": seed, "error": type(error).__name__, "text": str(error)}
    table = result.scores
    known = table["score"].notna() & table.index.isin(made.truth.index)
    truth = made.truth["score"].reindex(table.index[known]).to_numpy(dtype=np.float64)
    return {"rows": _compared(result, table[known], truth, seed)}


def _compared(result: Result, table: pd.DataFrame, truth: Floats, seed: int) -> list[dict[str, Any]]:
    score, se = (table[c].to_numpy(dtype=np.float64) for c in ("score", "se"))
    if len(score) < 2:
        return []
    nan = float("nan")
    correlation = float(np.corrcoef(score, truth)[0, 1]) if np.ptp(score) > 0 and np.ptp(truth) > 0 else nan
    tau = float(stats.kendalltau(score, truth).statistic) if np.ptp(score) > 0 and np.ptp(truth) > 0 else nan
    if result.unit in _FREE_ORIGIN:
        low, high = table["ci_low"] - score.mean() + truth.mean(), table["ci_high"] - score.mean() + truth.mean()
        score = score - score.mean() + truth.mean()
    else:
        low, high = table["ci_low"], table["ci_high"]
    error = score - truth
    has_se = not np.isnan(se).any()
    inside = ((low.to_numpy() <= truth) & (truth <= high.to_numpy())).mean() if has_se else nan
    shared = {"seed": seed, "correlation": correlation, "tau": tau}
    rows = [{**shared, "quantity": _ROWS[0], "bias": error.mean(), "square": np.mean(error**2), "se_mean": se.mean(), "coverage": inside}]
    if result.covariance is None:
        return rows
    rows.append({**shared, "quantity": _ROWS[1], **_differences(result, error)})
    true_rank = competition_ranks(truth)
    for name, kind in zip(_ROWS[2:], ("simultaneous", "marginal"), strict=True):
        sets = result.rank_sets(kind=kind).loc[table.index]  # type: ignore[arg-type]
        within = (sets["rank_low"].to_numpy(dtype=np.int64) <= true_rank) & (true_rank <= sets["rank_high"].to_numpy(dtype=np.int64))
        gap = sets["rank"].to_numpy(dtype=np.int64) - true_rank
        covered = float(within.all()) if kind == "simultaneous" else float(within.mean())
        rows.append({**shared, "quantity": name, "bias": gap.mean(), "square": np.mean(gap**2.0), "se_mean": nan, "coverage": covered})
    return rows


def _differences(result: Result, error: Floats) -> dict[str, float]:
    """All differences of two people; the covariance is that of the estimated people, in their order."""
    assert result.covariance is not None  # noqa: S101 - narrows the type; the caller has looked
    V = result.covariance.dense()
    first, second = np.triu_indices(len(error), 1)
    se = np.sqrt(np.maximum(V[first, first] + V[second, second] - 2 * V[first, second], 0.0))
    gap = error[first] - error[second]
    t = stats.t.ppf(0.5 + result.level / 2, result.df_difference)
    return {"bias": gap.mean(), "square": np.mean(gap**2), "se_mean": se.mean(), "coverage": float((np.abs(gap) <= t * se).mean())}


def detection_rate(
    check: Callable[[Any], Findings], generator: Generator, replicates: int = 200, *, level: str = "review", seed: int = 0
) -> pd.DataFrame:
    """How often a check of ratings finds something: its false-alarm rate under a null, its power under a planted pattern.

    Parameters
    ----------
    check : callable
        Takes ratings, returns :class:`~rankkit.findings.Findings`, as the functions of :mod:`rankkit.bias` do.
    generator : callable
        Takes a seed, returns a :class:`~rankkit.simulate.Simulated`.
    replicates, seed : int
        Number of data sets and first seed.
    level : {"review", "info"}
        What counts: patterns to review only, or remarks too.

    Returns
    -------
    DataFrame
        By finding ``code`` and, in the first row, ``any``: ``rate`` (share of data sets with at least one), ``se``, ``mean``
        (findings a data set), ``replicates``.

    Raises
    ------
    SettingsError
        If there is nothing to do, or ``level`` is neither.

    Examples
    --------
    >>> from rankkit import simulate
    >>> from rankkit.findings import Findings
    >>> simulate.detection_rate(lambda ratings: Findings(), lambda s: simulate.ratings(10, 3, seed=s), 5).loc["any", "rate"]
    np.float64(0.0)
    """
    if replicates < 1:
        raise SettingsError("E-SETTING", name="replicates", value=replicates, allowed="1 or more")
    if level not in ("review", "info"):
        raise SettingsError("E-SETTING", name="level", value=level, allowed=["review", "info"])
    counts: list[dict[str, int]] = []
    for s in range(seed, seed + replicates):
        found = [
            f.code
            for f in check(generator(s).table).patterns
            if f.level in (("review", "act") if level == "review" else ("info", "review", "act"))
        ]
        counts.append({"any": len(found), **{code: found.count(code) for code in found}})
    frame = pd.DataFrame(counts).fillna(0)
    rate = (frame > 0).mean()
    out = pd.DataFrame({"rate": rate, "se": np.sqrt(rate * (1 - rate) / replicates), "mean": frame.mean(), "replicates": replicates})
    return out.rename_axis("code")
