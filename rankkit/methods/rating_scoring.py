"""From cells to scores: the composites of a rating form, raw and under each adjustment, whole and by dimension."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from rankkit.design_audit import DesignAudit
from rankkit.errors import InsufficientDataError, Problem, RankkitError
from rankkit.kernels.arrays import Bools, Floats
from rankkit.kernels.rater_effects.rating_composite import composite
from rankkit.lazy_tables import LazyParts
from rankkit.methods import rating_adjustments, rating_evidence
from rankkit.methods.rating_adjustments import Adjust, Severities
from rankkit.methods.rating_evidence import Evidence
from rankkit.methods.rating_scales import in_pomp
from rankkit.methods.unscored import nobody_scored
from rankkit.result import Result, Status, Unit
from rankkit.tables.people import People
from rankkit.tables.ratings import Cells, Ratings

SINGLE_RATER_RELIABILITY = 0.52  # supervisors' interrater reliability: Viswesvaran, Ones & Schmidt (1996)
WEIGHT_SLACK = 1e-9  # rounding when weights are added


@dataclass(frozen=True, kw_only=True)
class Choices:
    """The settings of the method that decide scores; see :class:`~rankkit.GraphicRatingScale`."""

    adjust: Adjust
    assume: str | None
    objective: str | None
    ordinal: bool
    min_weight: float
    reliability: float | None
    level: float
    seed: int


@dataclass(frozen=True, eq=False)
class Scored:
    """Scores under one adjustment.

    Attributes
    ----------
    evidence : Evidence
        Scores and their precision.
    unit : str
        What a score is measured in.
    severities : Severities or None
        What was taken out of each rater's ratings, where that is one number.
    notes : tuple of Problem
        What to know about the adjustment.
    """

    evidence: Evidence
    unit: Unit
    severities: Severities | None = None
    notes: tuple[Problem, ...] = ()


@dataclass(frozen=True, eq=False)
class Scoring:
    """Ratings with everything that decides their scores."""

    settings: Choices
    table: Ratings
    weights: Floats
    design: DesignAudit
    anchors: Bools
    people: People | None

    @property
    def own_unit(self) -> Unit:
        """Unit of raw scores."""
        return "POMP" if in_pomp(self.table) else "scale points"

    def raw(self) -> Scored:
        """Score the cells as they are."""
        return Scored(self._evidence(self.table.cells), self.own_unit)

    def adjusted(self, raw: Scored, how: Adjust) -> Scored:
        """Score under an adjustment that :func:`~rankkit.methods.rating_adjustments.may_adjust` lets pass."""
        if self.settings.ordinal or how == "mfrm":
            from rankkit.methods.rating_categories import by_categories  # noqa: PLC0415 - the Rasch kernels are loaded when used

            evidence, notes = by_categories(self.table, self.weights, raw.evidence, ordinal=self.settings.ordinal)
            return Scored(evidence, "logit" if self.settings.ordinal else self.own_unit, None, notes)
        if how == "severity":
            evidence, severities = rating_adjustments.by_severity(raw.evidence)
            return Scored(evidence, self.own_unit, severities)
        if how == "anchor":
            return _scored(rating_adjustments.by_anchors(raw.evidence, self.anchors, self.table), self.own_unit)
        if how == "objective":
            found = rating_adjustments.by_objective(self.settings.objective, raw.evidence, self.table, self.people)
            return _scored(found, self.own_unit)
        cells, notes = rating_adjustments.transformed(how, self.settings.assume, self.table)
        unit: Unit = "T" if how == "T" else "z" if how in ("z", "rank_normal") else self.own_unit
        return Scored(self._evidence(cells, raw.evidence, centred=how == "center"), unit, None, notes)

    def _evidence(self, cells: Cells, raw: Evidence | None = None, *, centred: bool = False) -> Evidence:
        """Composites with their covariance and degrees of freedom; of adjusted cells, given the evidence of the raw ones."""
        filled = ~np.isnan(cells.score)
        parts = composite(
            cells.ratee[filled],
            cells.rater[filled],
            cells.dimension[filled],
            cells.score[filled],
            self.weights,
            len(self.table.people),
            len(self.table.raters),
        )
        least, declared = self.settings.min_weight, self.settings.reliability
        scored = ~np.isnan(parts.score) & (parts.weight_seen >= least - WEIGHT_SLACK) & ~self.anchors
        if not scored.any():
            seen = parts.weight_seen[~self.anchors].max(initial=0.0)
            raise InsufficientDataError("E-FEW", what="a score", needed=f"{least:.0%}", unit="of the weight rated", found=f"{seen:.0%}")
        single = SINGLE_RATER_RELIABILITY if declared is None else declared
        before = raw.fitted if raw is not None and centred else None
        return rating_evidence.evidence(parts, scored, self.design.kind, single, centred=raw is not None, before=before)

    def of_dimension(self, code: int) -> Scoring:
        """The same for one dimension alone."""
        table = self.table
        alone = replace(table, score=np.where(table.dimension == code, table.score, np.nan))
        return replace(self, table=alone, weights=(np.arange(len(table.dimensions)) == code).astype(np.float64))

    def parts(self) -> Mapping[str, Result]:
        """Results of each dimension that anybody was rated on, made when asked for."""
        if len(self.table.dimensions) < 2:
            return {}
        rated = np.bincount(self.table.cells.dimension, minlength=len(self.table.dimensions)) > 0
        return LazyParts({name: partial(self._part, code) for code, name in enumerate(self.table.dimensions) if rated[code]})

    def _part(self, code: int) -> Result:
        """Score one dimension; where it cannot be, everybody has the reason."""
        alone = self.of_dimension(code)
        try:
            found = alone.raw()
            if self.settings.adjust != "none" or self.settings.ordinal:
                found = alone.adjusted(found, self.settings.adjust)
        except RankkitError as error:
            return self._unscored(error.items[-1])
        return Result(**alone.fields(found), notes=(*found.evidence.notes, *found.notes))

    def _unscored(self, why: Problem) -> Result:
        """A dimension without scores."""
        return nobody_scored("GraphicRatingScale", self.table, why, self.settings, self.design)

    def fields(self, found: Scored) -> dict[str, Any]:
        """Fields every part of the result shares."""
        used, table = found.evidence, self.table
        status, reasons = self._status(used)
        n_raters = used.parts.n_raters if not table.averaged_over else np.full(len(table.people), -1, dtype=np.int64)
        rated = ~np.isnan(table.score)
        return {
            "method": "GraphicRatingScale",
            "people": table.people,
            "labels": table.labels,
            "estimate": np.where(used.scored, used.parts.score, np.nan),
            "status": status,
            "reasons": reasons,
            "n_raters": n_raters,
            "n_obs": np.bincount(table.ratee[rated], minlength=len(table.people)),
            "covariance": used.covariance,
            "df": used.df,
            "df_difference": used.df_difference,
            "unit": found.unit,
            "se_basis": used.se_basis,
            "level": self.settings.level,
            "seed": self.settings.seed,
            "design": self.design,
        }

    def _status(self, used: Evidence) -> tuple[tuple[Status, ...], tuple[Problem | None, ...]]:
        """Say of each person how final the score is, and why."""
        table = self.table
        rated = np.bincount(table.ratee[~np.isnan(table.score)], minlength=len(table.people)) > 0
        said = used.remarks or {}
        status: list[Status] = []
        reasons: list[Problem | None] = []
        for i in range(len(table.people)):
            share = float(used.parts.weight_seen[i])
            if self.anchors[i]:
                status.append("not_scored")
                reasons.append(Problem("S-ANCHOR"))
            elif used.scored[i]:
                whole = share > 1 - WEIGHT_SLACK
                partly = None if whole else Problem("S-PARTIAL", None, None, None, {"share": f"{share:.0%}"})
                remark = said.get(i, partly)
                status.append("scored" if remark is None else "provisional")
                reasons.append(remark)
            else:
                status.append("insufficient_data")
                reasons.append(said.get(i) or self._why_not(share, float(used.parts.score[i]), rated=bool(rated[i])))
        return tuple(status), tuple(reasons)

    def _why_not(self, share: float, score: float, *, rated: bool) -> Problem:
        if not rated:
            return Problem("S-NOSCORE")
        if share == 0 or np.isnan(score):
            return Problem("S-CONSTRATERS" if self.settings.adjust in ("z", "T", "rank_normal") else "S-NOWEIGHT")
        return Problem("S-MINWEIGHT", None, None, None, {"share": f"{share:.0%}", "least": f"{self.settings.min_weight:.0%}"})


def _scored(found: tuple[Evidence, Severities, tuple[Problem, ...]], unit: Unit) -> Scored:
    evidence, severities, notes = found
    return Scored(evidence, unit, severities, notes)
