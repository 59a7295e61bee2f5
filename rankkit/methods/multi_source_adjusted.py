"""Scores free of who happened to rate, beside the raw ones: source levels, a crossed mixed model, the many-facet Rasch model."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import sparse

from rankkit.design_audit import of_ratings
from rankkit.errors import IdentificationError, InsufficientDataError, RankkitError
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.components import mixed_blups, mixed_reml
from rankkit.kernels.components.mixed_design import cross
from rankkit.kernels.ranking import competition_ranks
from rankkit.kernels.rater_effects.rating_composite import composite
from rankkit.methods.multi_source_scoring import SourceScores, SourceScoring
from rankkit.methods.rating_categories import by_categories
from rankkit.methods.rating_scoring import Choices as RatingChoices
from rankkit.methods.rating_scoring import Scoring
from rankkit.tables.ratings import Ratings

_FEWEST = 5  # rater composites beyond one a person and one a source that the mixed model needs


@dataclass(frozen=True, eq=False)
class Alternative:
    """Scores of everybody under one adjustment, with their standard errors."""

    score: Floats
    se: Floats


def adjusted(scoring: SourceScoring, found: SourceScores) -> pd.DataFrame:
    """Raw and adjusted scores of those who are scored, and who changes rank, by (``ratee``, ``adjust``).

    ``rank_change`` is the number of places gained against the raw scores. Standard errors of ``mixed`` are those of prediction.
    """
    table = scoring.table
    keep = found.scored
    raw = scoring.with_choices(replace(scoring.settings, adjust="none")).scores() if scoring.settings.adjust != "none" else found
    outcomes: dict[str, Alternative | RankkitError] = {"none": _of(raw)}
    for name, make in (("sources", _sources), ("mixed", mixed)):
        try:
            outcomes[name] = make(scoring)
        except RankkitError as error:
            outcomes[name] = error
    return _beside(outcomes, table, keep)


def _beside(outcomes: dict[str, Alternative | RankkitError], table: Ratings, keep: Bools) -> pd.DataFrame:
    """Rows of each adjustment, the first being the raw scores."""
    before = _ranks(next(iter(outcomes.values())), keep)
    frames = []
    for name, one in outcomes.items():
        refused = isinstance(one, RankkitError)
        rank = _ranks(one, keep)
        nothing = np.full(len(keep), np.nan)
        data = {
            "ratee": list(table.people),
            "adjust": name,
            "label": [table.labels[p] for p in table.people],
            "score": nothing if isinstance(one, RankkitError) else np.where(keep, one.score, np.nan),
            "se": nothing if isinstance(one, RankkitError) else np.where(keep, one.se, np.nan),
            "rank": pd.Series(rank).astype("Int64"),
            "rank_change": pd.Series(before - rank).astype("Int64"),
            "reason": one.items[-1].message() if refused and isinstance(one, RankkitError) else "",
        }
        frames.append(pd.DataFrame(data)[keep])
    return pd.concat(frames, ignore_index=True).set_index(["ratee", "adjust"])


def _of(found: SourceScores) -> Alternative:
    se = np.full(len(found.score), np.nan)
    if found.covariance is not None:
        se[found.scored] = np.sqrt(np.maximum(found.covariance.diagonal(), 0.0))
    return Alternative(np.where(found.scored, found.score, np.nan), se)


def _ranks(one: Alternative | RankkitError, keep: Bools) -> Floats:
    if isinstance(one, RankkitError):
        return np.full(len(keep), np.nan)
    score = np.where(keep, one.score, np.nan)
    rank = competition_ranks(score).astype(np.float64)
    rank[np.isnan(score)] = np.nan
    return rank


def _sources(scoring: SourceScoring) -> Alternative:
    """Source levels taken out."""
    if scoring.levels is None:
        raise InsufficientDataError("W-NOLEVELS")
    return _of(scoring.with_choices(replace(scoring.settings, adjust="sources")).scores())


def mixed(scoring: SourceScoring) -> Alternative:
    r"""Best linear unbiased prediction of :math:`\sum_s \omega_s (\mu_s + g_i + u_{is})` from raters' own composites.

    Severity of a rater (in the role of one source) is estimated from all whom the rater shares with anybody; little data are
    shrunken towards the mean.

    Raises
    ------
    InsufficientDataError
        With too few raters.
    """
    z, ratee, role, source = rater_composites(scoring)
    n, w = len(scoring.table.people), scoring.source_weights
    if len(z) < len(np.unique(ratee)) + len(np.unique(source)) + _FEWEST:
        raise InsufficientDataError("E-FEW", what="the mixed model", needed=_FEWEST, unit="raters more than one a person", found=len(z))
    named = np.unique(source)
    column = np.searchsorted(named, source)
    people, person = np.unique(ratee, return_inverse=True)
    cell, cells = cross(person.astype(np.int64), column.astype(np.int64))
    roles = np.unique(role, return_inverse=True)[1].astype(np.int64)
    effects = [(person.astype(np.int64), len(people)), (cell, cells), (roles, int(roles.max()) + 1)]
    fitted = mixed_reml.fit(z, effects, np.eye(len(named))[column], information="average")
    error = mixed_blups.prediction_error(fitted)
    first = np.unique(cell, return_index=True)[1]
    rows = [np.tile(np.arange(len(people)), len(named)), np.arange(len(people)), person[first]]
    places = [np.repeat(np.arange(len(named)), len(people)), error.start[0] + np.arange(len(people)), error.start[1] + np.arange(cells)]
    values = [np.repeat(w[named], len(people)), np.full(len(people), w[named].sum()), w[source[first]]]
    shape = (len(people), int(error.start[-1]))
    left = sparse.csr_array(sparse.coo_array((np.concatenate(values), (np.concatenate(rows), np.concatenate(places))), shape=shape))
    stacked = np.concatenate([np.nan_to_num(fitted.fixed), *fitted.blups])[: shape[1]]
    absent = np.bincount(person[first], weights=w[source[first]] ** 2, minlength=len(people))
    own = (float((w[named] ** 2).sum()) - absent) * float(fitted.variances[1])
    score, se = np.full(n, np.nan), np.full(n, np.nan)
    score[people] = left @ stacked
    se[people] = np.sqrt(np.maximum(error.variances(left) + own, 0.0))
    return Alternative(score, se)


def rater_composites(scoring: SourceScoring) -> tuple[Floats, Ints, Ints, Ints]:
    """Raters' own composites in the sources that count: value, ratee, role (rater in a source) and source."""
    cells = scoring.cells
    n, m, _, _ = cells.shape
    out: list[tuple[Floats, Ints, Ints, Ints]] = []
    for s in np.flatnonzero(scoring.source_weights > 0):
        own = cells.where((cells.source == s) & (scoring.dimension_weights[cells.dimension] > 0))
        if len(own.score):
            parts = composite(own.ratee, own.rater, own.dimension, own.score, scoring.dimension_weights, n, m)
            place = np.full(len(parts.rater), s, dtype=np.int64)
            out.append((parts.rater_score, parts.ratee, parts.rater * cells.shape[3] + s, place))
    z, ratee, role, source = (np.concatenate([o[k] for o in out]) for k in range(4))
    return z, ratee.astype(np.int64), role.astype(np.int64), source.astype(np.int64)


def with_fair_averages(base: pd.DataFrame, table: Ratings, source_weights: Floats, dimension_weights: Floats, level: float) -> pd.DataFrame:
    """Add the many-facet Rasch model to the adjustments of a result: fitted when somebody asks, for it takes its time."""
    raw = base.xs("none", level="adjust")
    score = raw["score"].reindex(list(table.people)).to_numpy(dtype=np.float64)
    keep: Bools = ~np.isnan(score)
    try:
        found: Alternative | RankkitError = fair(table, source_weights, dimension_weights, level)
    except RankkitError as error:
        found = error
    rows = _beside({"none": Alternative(score, score), "mfrm": found}, table, keep)
    return pd.concat([base, rows[rows.index.get_level_values("adjust") == "mfrm"]])


def fair(table: Ratings, source_weights: Floats, dimension_weights: Floats, level: float) -> Alternative:
    """Fair averages of the many-facet Rasch model, raters in the role of each source as one facet; every rating counts alike.

    Raises
    ------
    IdentificationError
        If the roles are not connected by people they share.
    RatingsError
        For scores that are no whole numbers.
    """
    table = in_roles(table, source_weights, dimension_weights)
    design = of_ratings(table, np.ones(len(table), dtype=bool))
    if design.kind not in ("crossed", "partially_crossed"):
        raise IdentificationError(list(design.notes) or "I-NESTED")
    settings = RatingChoices(
        adjust="mfrm",
        assume=None,
        objective=None,
        ordinal=False,
        min_weight=1e-6,
        reliability=None,
        level=level,
        seed=0,
    )
    rating = Scoring(settings, table, dimension_weights, design, np.zeros(len(table.people), dtype=bool), None)
    evidence, _ = by_categories(table, dimension_weights, rating.raw().evidence, ordinal=False)
    se = np.full(len(table.people), np.nan)
    if evidence.covariance is not None:
        se[evidence.scored] = np.sqrt(np.maximum(evidence.covariance.diagonal(), 0.0))
    return Alternative(np.where(evidence.scored, evidence.parts.score, np.nan), se)


def in_roles(table: Ratings, source_weights: Floats, dimension_weights: Floats) -> Ratings:
    """Ratings of the sources that count, each rater in each source as a rater of its own."""
    counted = source_weights[table.source] > 0
    role = table.rater * len(table.sources) + table.source
    codes, place = np.unique(role, return_inverse=True)
    raters, sources = np.divmod(codes, len(table.sources))
    names = tuple(f"{table.raters[r]} ({table.sources[s]})" for r, s in zip(raters, sources, strict=True))
    score = np.where(counted & (dimension_weights[table.dimension] > 0), table.score, np.nan)
    none: Ints = np.full(len(table), -1, dtype=np.int64)
    named = {new: f"{table.rater_labels[table.raters[r]]}" for new, r in zip(names, raters, strict=True)}
    return replace(table, raters=names, rater=place.astype(np.int64), rater_labels=named, score=score, source=none, sources=())
