"""Differences of mean scores between protected groups, as they are and beside job-related covariates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from rankkit import show
from rankkit.archive import archived
from rankkit.calibration.adverse_impact.impact_counts import must_be_attributes, rows_of
from rankkit.calibration.adverse_impact.impact_tables import check_settings, hidden_groups
from rankkit.errors import Problem, SettingsError
from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.grading.adjusted_gaps import adjusted_gaps, mean_gap
from rankkit.result import Result
from rankkit.tables.attributes import Attributes
from rankkit.tables.people import People

_FEWEST_CLUSTERS = 5


@archived
@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ScoreGaps:
    """Gaps in scores.

    Attributes
    ----------
    table : DataFrame
        ``attribute, group, reference, n, n_reference``; ``difference`` of means with Welch's interval ``ci_low, ci_high`` and ``p``;
        Hedges' ``g, g_low, g_high``; with covariates also ``adjusted, adjusted_low, adjusted_high, adjusted_p, n_adjusted`` and
        ``errors`` ("HC3", or "clustered"); ``reason`` where something could not be told.
    notes : tuple of Problem
        Who was left out, what was hidden, and that covariates may carry the difference.
    """

    table: pd.DataFrame
    notes: tuple[Problem, ...] = field(default_factory=tuple)

    def __repr__(self) -> str:
        return "\n".join([show.as_text(self.table) if len(self.table) else "–", *(f"  ! {n.text()}" for n in self.notes)])

    def _repr_html_(self) -> str:
        return show.as_html(self.table)


def score_gaps(
    scores: Result,
    attributes: Attributes,
    *,
    people: People | None = None,
    covariates: Sequence[str] = (),
    cluster: str | None = None,
    reference: Mapping[str, str] | None = None,
    min_group: int = 5,
    level: float = 0.95,
) -> ScoreGaps:
    """Compare the mean scores of protected groups, as they are and beside job-related covariates.

    A covariate belongs here if it is a requirement of the work that nobody decides who also rates: tenure, the kind of job. Earlier
    ratings, assignments or the level reached may carry the very difference that is looked for; beside them it disappears from
    sight, not from the world (a tainted covariate: Finkelstein 1980). The unadjusted gap is always shown beside the adjusted one.

    Parameters
    ----------
    scores : Result
        Scores of people; those without one are left out.
    attributes : Attributes
        Protected attributes.
    people : People, optional
        Has the covariates and the clusters.
    covariates : sequence of str
        Columns of ``people``: numbers and dates enter as they are, words as categories.
    cluster : str, optional
        Column of ``people`` whose members may share an error (unit, manager); standard errors allow for it.
    reference : mapping of str to str, optional
        Attribute to the group others are compared with; by default the one with the best mean.
    min_group : int
        Groups of fewer people are not shown, nor the next smallest where subtraction would show them.
    level : float
        Confidence level.

    Returns
    -------
    ScoreGaps

    Raises
    ------
    SettingsError
        For anything but Attributes, an unknown group or column.
    InsufficientDataError
        If nobody with a score has an attribute.

    References
    ----------
    Welch (1947). Hedges (1981). MacKinnon & White (1985) for HC3. Finkelstein (1980), Columbia Law Review 80, 737–754, on tainted
    variables.

    Examples
    --------
    >>> import pandas as pd, rankkit as rk
    >>> from rankkit import calibration, simulate
    >>> scores = rk.GraphicRatingScale().fit(simulate.ratings(60, 6, seed=1).table)
    >>> frame = pd.DataFrame({"person": list(scores.people), "attribute": "gender", "value": ["f", "m"] * 30})
    >>> found = calibration.score_gaps(scores, rk.Attributes.from_frame(frame))
    >>> found.table[["group", "reference", "n", "difference", "ci_low", "ci_high"]].round(2).values.tolist()
    [['m', 'f', 30, -0.08, -0.4, 0.24]]
    """
    must_be_attributes(attributes)
    check_settings(min_group, level)
    score = pd.Series(scores.estimate, index=list(scores.people)).dropna()
    rows, notes = rows_of(score.rename("grade"), attributes, None, None)
    hidden = {str(name): hidden_groups({str(g): int(n) for g, n in part["group"].value_counts().items()}, min_group)
              for name, part in rows.groupby("attribute")}  # fmt: skip
    for name, group in (reference or {}).items():
        if group not in set(rows.loc[rows["attribute"] == name, "group"]):
            raise SettingsError("E-SETTING", name="reference", value=group, allowed=sorted(set(rows["group"])))
    small = [Problem("W-IMPACTSMALL", None, name, None, {"n": len(groups)}) for name, groups in hidden.items() if groups]
    found = gap_table(rows, score, hidden, reference or {}, level, people=people, covariates=covariates, cluster=cluster, least=min_group)
    return ScoreGaps(table=found.table, notes=(*notes, *small, *found.notes))


def gap_table(
    rows: pd.DataFrame,
    score: pd.Series,
    hidden: Mapping[str, set[str]],
    reference: Mapping[str, str],
    level: float,
    *,
    people: People | None = None,
    covariates: Sequence[str] = (),
    cluster: str | None = None,
    least: int = 5,
) -> ScoreGaps:
    """Gaps of the groups of every attribute that may be shown; ``rows`` has ``person, attribute, group``."""
    beside = _covariates(people, covariates, cluster)
    out: list[dict[str, Any]] = []
    missing: set[str] = set()
    for name, part in rows.assign(score=score.reindex(rows["person"]).to_numpy()).dropna(subset=["score"]).groupby("attribute"):
        shown = part[~part["group"].isin(hidden.get(str(name), set()))].sort_values("person", kind="stable")
        values = {str(g): v.to_numpy(dtype=np.float64) for g, v in shown.groupby("group")["score"] if len(v) > 1}
        if len(values) < 2:
            continue
        wanted = reference.get(str(name), "")
        best = wanted if wanted in values else max(values, key=lambda g: (values[g].mean(), len(values[g]), g))
        others = [g for g in values if g != best]
        adjusted, lost = _adjusted(shown[shown["group"].isin(values)], best, others, beside, level, least)
        missing |= lost
        out += [_gap(str(name), g, best, values, level) | adjusted.get(g, {}) for g in others]
    notes = []
    if covariates:
        notes.append(Problem("W-IMPACTTAINTED", None, None, None, {"names": list(covariates)}))
    if missing:
        notes.append(Problem("W-IMPACTCOVARIATE", None, None, None, {"n": len(missing)}))
    return ScoreGaps(table=pd.DataFrame(out), notes=tuple(notes))


def _gap(name: str, group: str, best: str, values: Mapping[str, Floats], level: float) -> dict[str, Any]:
    """One row of unadjusted numbers."""
    found = mean_gap(values[group], values[best], level)
    return {
        "attribute": name, "group": group, "reference": best, "n": len(values[group]), "n_reference": len(values[best]),
        "difference": found.difference, "ci_low": found.low, "ci_high": found.high, "p": found.p,
        "g": found.g, "g_low": found.g_low, "g_high": found.g_high,
        "reason": "" if np.isfinite(found.p) else "all scores of both groups are equal",
    }  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Beside:
    """Covariates by person, with ``nan`` where one is missing; clusters by person."""

    numbers: pd.DataFrame
    cluster: pd.Series | None


def _covariates(people: People | None, names: Sequence[str], cluster: str | None) -> _Beside | None:
    """Read covariates as numbers, days or categories."""
    if isinstance(names, str):
        raise SettingsError("E-SETTING", name="covariates", value=names, allowed="['column', …]")
    if not names and cluster is None:
        return None
    frame = pd.DataFrame() if people is None else people.frame
    for setting, name in [*(("covariates", n) for n in names), *([("cluster", cluster)] if cluster is not None else [])]:
        if name not in frame.columns:
            raise SettingsError("E-SETTING", name=setting, value=name, allowed=list(map(str, frame.columns)))
    parts = [_columns(frame[name]) for name in names]
    whole = pd.concat(parts, axis=1) if parts else pd.DataFrame(index=frame.index)
    return _Beside(whole, None if cluster is None else frame[cluster])


def _columns(column: pd.Series) -> pd.DataFrame:
    """One covariate as columns of numbers."""
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        days = (column - pd.Timestamp(2000, 1, 1)) / pd.Timedelta(days=1)
        return days.to_frame(0)
    number = pd.to_numeric(column, errors="coerce").astype(np.float64)
    known = column.notna() & (column.astype(str).str.strip() != "")
    if number[known].notna().all():
        return number.to_frame(0)
    day = pd.to_datetime(column[known].astype(str), format="%Y-%m-%d", errors="coerce")
    if day.notna().all():
        return ((day - pd.Timestamp(2000, 1, 1)) / pd.Timedelta(days=1)).reindex(column.index).to_frame(0)
    words = pd.get_dummies(column[known].astype(str), dtype=np.float64).reindex(column.index)
    return words.set_axis(range(words.shape[1]), axis=1)


def _adjusted(
    part: pd.DataFrame, best: str, others: Sequence[str], beside: _Beside | None, level: float, least: int
) -> tuple[dict[str, dict[str, Any]], set[str]]:
    """Adjusted gaps by group, and people without a covariate."""
    if beside is None:
        return {}, set()
    person = part["person"].to_numpy()
    numbers = beside.numbers.reindex(person).to_numpy(dtype=np.float64)
    cluster = None if beside.cluster is None else beside.cluster.reindex(person).astype(object)
    full = np.isfinite(numbers).all(axis=1) & (True if cluster is None else cluster.notna().to_numpy())
    lost = set(person[~full])
    kept = part[full]
    sizes = kept["group"].value_counts()
    usable = [g for g in others if sizes.get(g, 0) >= least]
    empty = {"adjusted": np.nan, "adjusted_low": np.nan, "adjusted_high": np.nan, "adjusted_p": np.nan}
    told: dict[str, dict[str, Any]] = {g: {**empty, "n_adjusted": 0, "errors": "", "reason": "too few people to show"} for g in others}
    if sizes.get(best, 0) < least or not usable:
        return told, lost
    keep = kept["group"].isin([best, *usable]).to_numpy()
    code = kept.loc[keep, "group"].map({best: 0, **{g: k for k, g in enumerate(usable, 1)}}).to_numpy(dtype=np.int64)
    which: Ints | None = None
    if cluster is not None:
        which = pd.factorize(cluster[full][keep].astype(str), sort=True)[0].astype(np.int64)
        if len(set(which)) < _FEWEST_CLUSTERS:
            return {g: {**row, "reason": "too few clusters for their standard errors"} for g, row in told.items()}, lost
    found = adjusted_gaps(kept.loc[keep, "score"].to_numpy(dtype=np.float64), code, numbers[full][keep], which, level)
    for k, g in enumerate(usable):
        fine = bool(np.isfinite(found.p[k]))
        values = {"adjusted": found.gap[k], "adjusted_low": found.low[k], "adjusted_high": found.high[k], "adjusted_p": found.p[k]}
        told[g] = (values if fine else empty) | {"n_adjusted": int(sizes[g]), "errors": "HC3" if which is None else "clustered"}
        if not fine:
            told[g]["reason"] = "the covariates tell the group"
    return told, lost
