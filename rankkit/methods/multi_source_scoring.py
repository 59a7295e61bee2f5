"""From ratings of several sources to scores with their precision, whole and by dimension."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any, Literal

import numpy as np

from rankkit.design_audit import DesignAudit
from rankkit.errors import InsufficientDataError, Problem, RankkitError
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.covariance import Covariance
from rankkit.kernels.sources.source_composite import (
    SourceCells,
    SourceComposite,
    SourceMeans,
    rater_loadings,
    source_composite,
    source_means,
    within_sources,
)
from rankkit.kernels.sources.source_errors import ErrorParts, SourceError, no_error, source_error
from rankkit.kernels.sources.source_imputation import SourceLevels, imputed, source_levels
from rankkit.lazy_tables import LazyParts
from rankkit.methods.rating_scales import in_pomp
from rankkit.methods.unscored import nobody_scored
from rankkit.result import Result, SeBasis, Status
from rankkit.tables.ratings import Ratings

Missing = Literal["renormalise", "incomplete", "impute_eb"]
Adjust = Literal["none", "sources"]
SLACK = 1e-9  # rounding when weights are added
_FEWEST_TOGETHER = 5  # people who have an absent source together with one that is present, from which it may be predicted


@dataclass(frozen=True, kw_only=True)
class Choices:
    """Settings that decide scores; see :class:`~rankkit.MultiSourceFeedback`."""

    missing_source: Missing
    adjust: Adjust
    min_weight: float
    level: float
    seed: int


@dataclass(frozen=True, eq=False)
class SourceScores:
    """Scores and everything that errs in them.

    Attributes
    ----------
    score : ndarray, shape (n,)
    scored : ndarray of bool, shape (n,)
    parts : ErrorParts
    weight : ndarray, shape (n, S)
        What each source counts in each score.
    coefficient, constant : ndarray, shapes (n, S, D) and (n,)
        The score as a sum over source means, and what is added to it (predictions, levels).
    covariance, df, df_difference, se_basis
        Of the scores.
    notes : tuple of Problem
    """

    score: Floats
    scored: Bools
    share: Floats
    parts: ErrorParts
    weight: Floats
    coefficient: Floats
    constant: Floats
    predicted: Bools
    notes: tuple[Problem, ...]
    covariance: Covariance | None = None
    df: Floats = field(default_factory=lambda: np.zeros(0))
    df_difference: float = float("inf")
    se_basis: SeBasis = "none"


@dataclass(frozen=True, eq=False)
class SourceScoring:
    """Ratings with everything that decides their scores.

    Attributes
    ----------
    table : Ratings
        All ratings, self ratings included.
    source_weights, dimension_weights : ndarray
        ω and w, each summing to one.
    least : ndarray of int, shape (S,)
        Raters a source must have to count.
    declared : ndarray, shape (S,)
        Single-rater reliability where one cannot be estimated.
    design : DesignAudit
    """

    settings: Choices
    table: Ratings
    source_weights: Floats
    dimension_weights: Floats
    least: Ints
    declared: Floats
    design: DesignAudit

    @cached_property
    def cells(self) -> SourceCells:
        """Ratings averaged over occasions, with their sources."""
        return cells_of(self.table)

    @cached_property
    def means(self) -> SourceMeans:
        """Means of each source."""
        return source_means(self.cells)

    @cached_property
    def present(self) -> Bools:
        """Source means that may count, shape (n, S, D)."""
        here: Bools = self.means.present(self.least) & (self.dimension_weights > 0)
        return here

    @cached_property
    def errors(self) -> list[SourceError]:
        """Error variances of each source."""
        return [source_error(self.cells, s, self.dimension_weights, float(r)) for s, r in enumerate(self.declared)]

    @cached_property
    def own(self) -> tuple[Floats, Floats, Floats]:
        """Composite of each source by itself, its error variance (n, S) and its coefficients (n, S, D)."""
        score, coefficient = within_sources(self.means, self.present, self.dimension_weights)
        parts = self._parts(coefficient)
        return score, parts.variance_parts(), coefficient

    @cached_property
    def levels(self) -> SourceLevels | None:
        """Levels of the sources that count, on the people they share."""
        score, error, _ = self.own
        counts = self.source_weights > 0
        known = np.array([e.known() for e in self.errors]) & counts
        return source_levels(np.where(known, score, np.nan), np.where(known, error, np.nan))

    def _parts(self, coefficient: Floats, shared: Floats | None = None, own: Floats | None = None) -> ErrorParts:
        n = len(self.table.people)
        loadings = [rater_loadings(self.cells, self.means, coefficient, s) for s in range(len(self.table.sources))]
        return ErrorParts(loadings, self.errors, np.zeros((n, 0)) if shared is None else shared, np.zeros(n) if own is None else own)

    def scores(self) -> SourceScores:
        """Score everybody.

        Raises
        ------
        InsufficientDataError
            If nobody has enough of the weight.
        """
        found = source_composite(self.means, self.present, self.source_weights, self.dimension_weights)
        missing = self.missing
        weight, score, coefficient = found.by_source, found.score.copy(), found.coefficient
        n = len(score)
        shared, own, notes = np.zeros((n, 0)), np.zeros(n), []
        predicted: Bools = np.zeros(n, dtype=np.bool_)
        scored = ~np.isnan(score) & (found.share >= self.settings.min_weight - SLACK)
        if self.settings.missing_source == "incomplete":
            scored &= ~missing.any(axis=1)
        elif self.settings.missing_source == "impute_eb" and missing[scored].any():
            predicted, filled = self._predicted(scored)
            if filled is not None:
                score, coefficient, weight, shared, own = self._filled(found, predicted, filled)
            scored &= predicted | ~self.absent.any(axis=1)
        if self.settings.adjust == "sources" and not predicted.all():
            level, note = self._level_taken_out(weight, predicted)
            if note is None:
                score, shared = score - level[0], np.hstack([shared, level[1]])
            else:
                notes.append(note)
        if not scored.any():
            raise self._nobody(found.share, missing)
        plain = (coefficient * np.nan_to_num(self.means.mean)).sum(axis=(1, 2))
        start = SourceScores(
            score, scored, found.share, self._parts(coefficient, shared, own), weight, coefficient, score - plain, predicted, tuple(notes)
        )
        return self._with_errors(start)

    @cached_property
    def missing(self) -> Bools:
        """Sources with a weight that a person lacks, shape (n, S); on a dimension nobody of the source rates nothing is missing."""
        asked = (self.means.count > 0).any(axis=0)  # source × dimension
        lacks: Bools = (~self.present & asked & (self.dimension_weights > 0)).any(axis=2) & (self.source_weights > 0)
        return lacks

    @cached_property
    def absent(self) -> Bools:
        """Sources with a weight that a person lacks on every dimension, shape (n, S)."""
        gone: Bools = ~self.present.any(axis=2) & (self.source_weights > 0) & (self.means.count > 0).any(axis=(0, 2))
        return gone

    def _predicted(self, scored: Bools) -> tuple[Bools, SourceLevels | None]:
        """Who can be given a prediction of the absent sources."""
        here: Bools = np.asarray(self.present.any(axis=2))
        counts = here & (self.source_weights > 0)
        together = counts.T.astype(np.int64) @ counts.astype(np.int64)
        linked = counts.astype(np.int64) @ (together >= _FEWEST_TOGETHER).astype(np.int64) > 0
        levels = self.levels
        if levels is None:
            return np.zeros(len(here), dtype=np.bool_), None
        can: Bools = scored & self.absent.any(axis=1) & (linked | ~self.absent).all(axis=1)
        return can, levels

    def _filled(self, found: SourceComposite, who: Bools, levels: SourceLevels) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        """Composites with absent sources predicted for some people."""
        x, _, within = self.own
        here: Bools = np.asarray(self.present.any(axis=2))
        filled = imputed(levels, here, self.source_weights)
        weight = np.where(who[:, None], filled.weight, found.by_source)
        score = np.where(who, (filled.weight * np.nan_to_num(x)).sum(axis=1) + filled.constant, found.score)
        coefficient = np.where(who[:, None, None], filled.weight[:, :, None] * within, found.coefficient)
        return score, coefficient, weight, np.where(who[:, None], filled.shared, 0.0), np.where(who, filled.own, 0.0)

    def _level_taken_out(self, weight: Floats, predicted: Bools) -> tuple[tuple[Floats, Floats], Problem | None]:
        """What the levels of the sources a person happens to have add to the score, and its error."""
        levels = self.levels
        if levels is None:
            return (np.zeros(0), np.zeros((0, 0))), Problem("W-NOLEVELS")
        away = np.where(predicted[:, None], 0.0, weight - self.source_weights)
        return (away @ np.nan_to_num(levels.mu), -away @ levels.mu_root), None

    def _nobody(self, share: Floats, missing: Bools) -> InsufficientDataError:
        if self.settings.missing_source == "incomplete" and (share >= self.settings.min_weight - SLACK).any():
            lacking = [s for k, s in enumerate(self.table.sources) if missing[:, k].any()]
            return InsufficientDataError("E-NOCOMPLETE", sources=lacking)
        seen, least = float(share.max(initial=0.0)), self.settings.min_weight
        return InsufficientDataError("E-FEW", what="a score", needed=f"{least:.0%}", unit="of the weight rated", found=f"{seen:.0%}")

    def _with_errors(self, found: SourceScores) -> SourceScores:
        """Attach covariance and degrees of freedom, or say why there are none.

        They count as assumed where declared reliabilities bring more than half of the error variance.
        """
        parts, keep = found.parts, np.flatnonzero(found.scored)
        used = [s for s in parts.used() if parts.loadings[s][keep].nnz]
        unknown = [self.table.sources[s] for s in used if not self.errors[s].known()]
        if unknown or no_error(self.errors, used):
            why = Problem("I-NOSOURCEERROR", None, None, None, {"sources": unknown}) if unknown else Problem("W-NOVAR")
            return replace(found, notes=(*found.notes, why), df=np.full(len(found.score), np.inf))
        df = np.full(len(found.score), np.inf)
        df[keep] = parts.degrees(keep)
        brought = parts.variance_parts()[keep]
        notes, assumed = list(found.notes), [s for s in used if not self.errors[s].estimated]
        if assumed:
            told = ", ".join(f"{self.table.sources[s]} {self.errors[s].reliability:g}" for s in assumed)
            notes.append(Problem("I-ASSUMEDSOURCE", None, None, None, {"reliability": told}))
        if len(keep) == 1:
            notes.append(Problem("I-ONEPERSON"))
        return replace(
            found,
            notes=tuple(notes),
            covariance=parts.covariance(keep),
            df=df,
            df_difference=parts.degrees_of_difference(keep),
            se_basis="assumed" if float(brought[:, assumed].sum()) > float(brought.sum()) / 2 else "rater",
        )

    @cached_property
    def views(self) -> dict[str, SourceScoring]:
        """The same for each dimension alone; empty with a single one."""
        names = self.table.dimensions
        return {name: self._of_dimension(code) for code, name in enumerate(names)} if len(names) > 1 else {}

    def with_choices(self, settings: Choices, source_weights: Floats | None = None) -> SourceScoring:
        """The same ratings under other settings or weights of sources; what does not depend on these is not computed again."""
        weights = self.source_weights if source_weights is None else source_weights
        other = replace(self, settings=settings, source_weights=weights)
        vars(other).update({name: getattr(self, name) for name in ("cells", "means", "present", "errors", "own")})
        return other

    def _of_dimension(self, code: int) -> SourceScoring:
        table = self.table
        alone = replace(table, score=np.where(table.dimension == code, table.score, np.nan))
        return replace(self, table=alone, dimension_weights=(np.arange(len(table.dimensions)) == code).astype(np.float64))

    def parts(self) -> Mapping[str, Result]:
        """Results of each dimension that anybody was rated on, made when asked for."""
        rated = np.bincount(self.cells.dimension, minlength=len(self.table.dimensions)) > 0
        if len(rated) < 2:
            return {}
        return LazyParts({name: partial(self._part, name) for code, name in enumerate(self.table.dimensions) if rated[code]})

    def _part(self, name: str) -> Result:
        """Score one dimension; where it cannot be, everybody has the reason."""
        alone = self.views[name]
        try:
            found = alone.scores()
        except RankkitError as error:
            return alone.unscored(error.items[-1])
        return Result(**alone.fields(found), notes=found.notes)

    def unscored(self, why: Problem) -> Result:
        """Nobody has a score, for one reason."""
        return nobody_scored("MultiSourceFeedback", self.table, why, self.settings, self.design)

    def fields(self, found: SourceScores) -> dict[str, Any]:
        """Fields every part of the result shares."""
        table = self.table
        status, reasons = self._status(found)
        cells = self.cells
        counted = (self.source_weights[cells.source] > 0) & (self.dimension_weights[cells.dimension] > 0)
        counted &= self.present[cells.ratee, cells.source, cells.dimension]
        n, m = len(table.people), max(len(table.raters), 1)
        raters = np.unique(cells.ratee[counted] * m + cells.rater[counted]) // m
        return {
            "method": "MultiSourceFeedback",
            "people": table.people,
            "labels": table.labels,
            "estimate": np.where(found.scored, found.score, np.nan),
            "status": status,
            "reasons": reasons,
            "n_raters": np.bincount(raters, minlength=n),
            "n_obs": np.bincount(cells.ratee[counted], minlength=n),
            "covariance": found.covariance,
            "df": found.df,
            "df_difference": found.df_difference,
            "unit": "POMP" if in_pomp(table) else "scale points",
            "se_basis": found.se_basis,
            "level": self.settings.level,
            "seed": self.settings.seed,
            "design": self.design,
        }

    def _status(self, found: SourceScores) -> tuple[tuple[Status, ...], tuple[Problem | None, ...]]:
        """Say of each person how final the score is, and why."""
        status: list[Status] = []
        reasons: list[Problem | None] = []
        for i in range(len(self.table.people)):
            lacking = [self.table.sources[s] for s in np.flatnonzero(self.missing[i])]
            if not found.scored[i]:
                status.append("insufficient_data")
                reasons.append(self._why_not(i, float(found.share[i]), lacking))
                continue
            code = "S-IMPUTED" if found.predicted[i] else "S-SOURCES"
            status.append("provisional" if lacking else "scored")
            reasons.append(Problem(code, None, None, None, {"sources": lacking}) if lacking else None)
        return tuple(status), tuple(reasons)

    def _why_not(self, i: int, share: float, lacking: list[str]) -> Problem:
        """Say why somebody has no score."""
        rated = self.means.count[i].any(axis=1)
        named = [self.table.sources[s] for s in np.flatnonzero(rated)]
        if not named:
            return Problem("S-NOSCORE")
        if named == ["self"] and self.source_weights[rated].sum() <= 0:
            return Problem("S-ONLYSELF")
        if share <= 0:
            under = bool((self.source_weights[rated] > 0).any())
            return Problem("S-UNDERMIN" if under else "S-NOSOURCEWEIGHT", None, None, None, {"sources": named})
        if share < self.settings.min_weight - SLACK:
            return Problem("S-MINWEIGHT", None, None, None, {"share": f"{share:.0%}", "least": f"{self.settings.min_weight:.0%}"})
        code = "S-NOPREDICTION" if self.settings.missing_source == "impute_eb" else "S-INCOMPLETE"
        return Problem(code, None, None, None, {"sources": lacking})


def cells_of(table: Ratings) -> SourceCells:
    """Ratings averaged over occasions to one a ratee × rater × dimension × source."""
    rated = ~np.isnan(table.score)
    n, m, D, S = len(table.people), len(table.raters), len(table.dimensions), len(table.sources)
    key = ((table.ratee[rated] * m + table.rater[rated]) * D + table.dimension[rated]) * S + table.source[rated]
    score = table.score[rated]
    order = np.lexsort((score, key))
    key, score = key[order], score[order]
    first = np.flatnonzero(np.diff(key, prepend=-1))
    mean = np.add.reduceat(score, first) / np.diff(np.append(first, len(key))) if len(first) else score
    rest, source = np.divmod(key[first], S)
    rest, dimension = np.divmod(rest, D)
    ratee, rater = np.divmod(rest, m)
    return SourceCells(ratee, rater, dimension, source, mean, (n, m, D, S))
