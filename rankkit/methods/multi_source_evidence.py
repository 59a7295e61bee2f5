"""What can be asked of a multi-source result, computed when it is."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
from scipy import stats

from rankkit.errors import Problem
from rankkit.kernels.sources.effective_weights import effective_weights_of
from rankkit.methods.multi_source_adjusted import adjusted
from rankkit.methods.multi_source_agreement import (
    ALL,
    agreement_within,
    agreement_within_items,
    between_sources,
    raters_needed,
    source_reliability,
)
from rankkit.methods.multi_source_coverage import coverage
from rankkit.methods.multi_source_disclosure import SourceDisclosure
from rankkit.methods.multi_source_scoring import SourceScores, SourceScoring
from rankkit.methods.multi_source_self import self_other, self_other_reliability
from rankkit.methods.multi_source_variance import components, variance_groups
from rankkit.tables.people import People
from rankkit.tables.ratings import Ratings

Maker = Callable[[], pd.DataFrame]


def tables_of(scoring: SourceScoring, found: SourceScores, people: People | None, disclosure: SourceDisclosure) -> dict[str, Maker]:
    """Everything that says how far to trust the scores, by name."""
    table, settings = scoring.table, scoring.settings
    declared = float(scoring.declared[table.sources.index("self")]) if "self" in table.sources else np.nan
    return {
        "sources": partial(sources, scoring),
        "source_weights": partial(source_weights, scoring, found),
        "error_parts": partial(error_parts, scoring, found),
        "reliability": partial(reliability, scoring, found),
        "agreement_within": partial(agreement_within, table, settings.seed),
        "agreement_within_items": partial(agreement_within_items, table, settings.seed),
        "source_reliability": partial(source_reliability, table, settings.level),
        "between_sources": partial(between_sources, scoring),
        "self_other": partial(self_other, scoring, declared),
        "self_other_reliability": partial(self_other_reliability, scoring, declared),
        "components": partial(components, scoring),
        "variance_groups": partial(variance_groups, scoring),
        "raters_needed": partial(raters_needed, scoring),
        "adjusted": partial(adjusted, scoring, found),
        "coverage": partial(coverage, table),
        "cells": partial(cells, scoring),
        "released_sources": disclosure.released_sources,
        "released_self_other": partial(disclosure.released_self_other, declared),
        "scale": partial(scale, table),
        "facts": partial(facts, table.people, people),
        "dimension_weights": partial(dimension_weights, scoring),
    }


def cells(scoring: SourceScoring) -> pd.DataFrame:
    """Every rating the scores could rest on: ``rater, ratee, source, dimension, score``; for the owner's eyes only."""
    table, own = scoring.table, scoring.cells
    return pd.DataFrame(
        {
            "rater": np.array(table.raters, dtype=object)[own.rater],
            "ratee": np.array(table.people, dtype=object)[own.ratee],
            "source": np.array(table.sources, dtype=object)[own.source],
            "dimension": np.array(table.dimensions, dtype=object)[own.dimension],
            "score": own.score,
        }
    )


def facts(ids: tuple[str, ...], people: People | None) -> pd.DataFrame:
    """Numbers known about people (possible outcomes), and their manager and unit, by ``ratee``."""
    index = pd.Index(list(ids), name="ratee")
    if people is None:
        return pd.DataFrame(index=index)
    known = people.frame.reindex(list(ids))
    kept = [c for c in known.columns if pd.api.types.is_numeric_dtype(known[c].dtype) or c in ("manager", "unit")]
    return known[kept].set_axis(index)


def scale(table: Ratings) -> pd.DataFrame:
    """Ends of the scale: ``low, high``; empty if none was declared."""
    ends = [] if table.scale is None else [table.scale]
    return pd.DataFrame(ends, columns=["low", "high"], dtype=np.float64)


def dimension_weights(scoring: SourceScoring) -> pd.DataFrame:
    """Nominal weights by ``dimension``."""
    return pd.DataFrame({"nominal": scoring.dimension_weights}, index=pd.Index(list(scoring.table.dimensions), name="dimension"))


def sources(scoring: SourceScoring) -> pd.DataFrame:
    """Mean, raters, standard error and interval of each source, by (``ratee``, ``source``, ``dimension``)."""
    frames = [_source_rows(view, name) for name, view in ({ALL: scoring} | scoring.views).items()]
    out = pd.concat(frames, ignore_index=True).sort_values(["ratee", "source"], kind="stable")
    return out.set_index(["ratee", "source", "dimension"])


def _source_rows(view: SourceScoring, name: str) -> pd.DataFrame:
    """Rows of one dimension, or of the composite over all."""
    table = view.table
    _, _, coefficient = view.own
    rated = view.means.count > 0
    score = np.where(rated, np.nan_to_num(view.means.mean), 0.0)
    weight = np.where(rated, view.dimension_weights, 0.0)
    seen = weight.sum(axis=2)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (score * weight).sum(axis=2) / seen
        part = np.where(seen[:, :, None] > 0, weight / np.maximum(seen, 1e-300)[:, :, None], 0.0)
    errors = view._parts(part)  # noqa: SLF001 - the same errors, of the means by themselves
    variance = errors.variance_parts()
    i, s = np.nonzero(seen > 0)
    se = np.sqrt(variance[i, s])
    df = np.array([_freedom(view, int(k)) for k in range(len(table.sources))])[s]
    half = stats.t.ppf(0.5 + view.settings.level / 2, df) * se
    raters = _raters(view)
    used = coefficient.sum(axis=2)[i, s] > 0
    return pd.DataFrame(
        {
            "ratee": [table.people[k] for k in i],
            "source": [table.sources[k] for k in s],
            "dimension": name,
            "label": [table.labels[table.people[k]] for k in i],
            "mean": mean[i, s],
            "n": raters[i, s],
            "se": se,
            "ci_low": mean[i, s] - half,
            "ci_high": mean[i, s] + half,
            "se_basis": ["rater" if view.errors[k].estimated else "assumed" if view.errors[k].known() else "none" for k in s],
            "counts": used & (view.source_weights[s] > 0),
            "reason": [
                "" if ok else Problem("S-UNDERMIN", None, None, None, {"sources": [table.sources[k]]}).message()
                for ok, k in zip(used, s, strict=True)
            ],
        }
    )


def _freedom(view: SourceScoring, source: int) -> float:
    """Degrees of freedom of the error variance of one rater of a source."""
    error = view.errors[source]
    spread = float(error.sampling.sum())
    return 2 * error.total**2 / spread if spread > 0 else float("inf")


def _raters(view: SourceScoring) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """Distinct raters by ratee and source."""
    own = view.cells.where(view.dimension_weights[view.cells.dimension] > 0)
    n, m, _, S = own.shape
    forms = np.unique((own.ratee * S + own.source) * m + own.rater) // m
    return np.bincount(forms, minlength=n * S).reshape(n, S).astype(np.int64)


def source_weights(scoring: SourceScoring, found: SourceScores) -> pd.DataFrame:
    """Nominal and effective weight of each source, and where its error variance comes from, by ``source``.

    The effective weight is ω_s Cov(x_s, X)/Var(X) among people who have all sources that count.
    """
    table, (x, _, _) = scoring.table, scoring.own
    counts = scoring.source_weights > 0
    effective = np.where(counts, np.nan, 0.0)
    effective[counts] = effective_weights_of(np.where(found.scored[:, None], x, np.nan)[:, counts], scoring.source_weights[counts])
    complete = ~np.isnan(np.where(found.scored[:, None], x, np.nan)[:, counts]).any(axis=1)
    data = {
        "nominal": scoring.source_weights,
        "effective": effective,
        "effective_people": np.where(counts, int(complete.sum()), 0),
        "sd": [float(np.nanstd(c, ddof=1)) if (~np.isnan(c)).sum() > 1 else np.nan for c in x.T],
        "people": [e.people for e in scoring.errors],
        "raters": [e.raters for e in scoring.errors],
        "error": ["estimated" if e.estimated else "assumed" if e.known() else "unknown" for e in scoring.errors],
        "variance_rater": [e.rater if e.estimated else np.nan for e in scoring.errors],
        "variance_residual": [e.residual if e.estimated else np.nan for e in scoring.errors],
        "variance_error": [e.total for e in scoring.errors],
        "reliability": [e.reliability for e in scoring.errors],
        "level": np.full(len(counts), np.nan) if scoring.levels is None else scoring.levels.mu,
    }
    return pd.DataFrame(data, index=pd.Index(list(table.sources), name="source"))


def error_parts(scoring: SourceScoring, found: SourceScores) -> pd.DataFrame:
    """What each source counts in each score and how much of its error variance it brings, by (``ratee``, ``source``)."""
    table, variance = scoring.table, found.parts.variance_parts()
    predicted = found.parts.own + (found.parts.shared**2).sum(axis=1)
    rows = []
    for i in np.flatnonzero(found.scored):
        total = float(variance[i].sum() + predicted[i])
        for s in np.flatnonzero(scoring.source_weights > 0):
            part = float(variance[i, s])
            rows.append((table.people[i], table.sources[s], float(found.weight[i, s]), part, part / total if total > 0 else np.nan))
        if predicted[i] > 0:
            rows.append((table.people[i], "(prediction)", np.nan, float(predicted[i]), float(predicted[i]) / total))
    out = pd.DataFrame(rows, columns=["ratee", "source", "weight", "variance", "share"]).set_index(["ratee", "source"])
    out.insert(0, "label", [table.labels[p] for p in out.index.get_level_values("ratee")])
    return out


def reliability(scoring: SourceScoring, found: SourceScores) -> pd.DataFrame:
    """Reliability of the composite and of each source's mean, with what it assumes."""
    columns = ["coefficient", "value", "ci_low", "ci_high", "assumes"]
    rows: list[tuple[str, float, float, float, str]] = []
    score = found.score[found.scored]
    if found.covariance is not None and len(score) > 2 and np.ptp(score) > 0:
        error = float(np.mean(found.covariance.diagonal()))
        value = 1 - error / float(np.var(score, ddof=1))
        basis = (
            "raters of each source a sample"
            if all(e.estimated for e in (scoring.errors[k] for k in found.parts.used()))
            else "raters of each source a sample; declared where there is one"
        )
        rows.append(("reliability of the composite, 1 − mean se²/s²", value, np.nan, np.nan, basis))
    icc = source_reliability(scoring.table, scoring.settings.level)
    if "value" in icc:
        own = pd.DataFrame(icc.reset_index())
        if len(scoring.table.dimensions) > 1:
            own["coefficient"] = [f"{c} ({s}, {d})" for c, s, d in zip(own["coefficient"], own["source"], own["dimension"], strict=True)]
        else:
            own["coefficient"] = [f"{c} ({s})" for c, s in zip(own["coefficient"], own["source"], strict=True)]
        own = own[own["value"].notna()][columns]
        return pd.concat([pd.DataFrame(rows, columns=columns), own], ignore_index=True) if rows else own.reset_index(drop=True)
    return pd.DataFrame(rows, columns=columns)
