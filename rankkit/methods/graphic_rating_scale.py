"""Graphic rating scale: weighted composites of ratings, with standard errors that come from raters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd

from rankkit.assessment import Assessment, Fixed, check_choice, is_number
from rankkit.design_audit import DesignAudit, of_ratings
from rankkit.errors import Problem, RatingsError, SettingsError
from rankkit.kernels.arrays import Bools
from rankkit.lazy_tables import LazyTables
from rankkit.methods import rating_adjustments, rating_evidence, rating_scales, rating_tables
from rankkit.methods.rating_adjustments import Adjust, may_adjust
from rankkit.methods.rating_alternatives import Alternatives
from rankkit.methods.rating_evidence import of_dimensions, rating_notes
from rankkit.methods.rating_reliability import reliability
from rankkit.methods.rating_result import GraphicRatingScaleResult
from rankkit.methods.rating_scales import Scales
from rankkit.methods.rating_scoring import SINGLE_RATER_RELIABILITY, Choices, Scored, Scoring
from rankkit.tables.people import People
from rankkit.tables.ratings import Ratings


@dataclass(frozen=True, kw_only=True)
class GraphicRatingScale(Assessment[Ratings, GraphicRatingScaleResult]):
    r"""Weighted composite of ratings over dimensions, averaged over raters.

    .. math:: X_i = \sum_d w_d \bar x_{id} / \sum_d w_d, \qquad
        \Sigma = \sigma^2_\beta C C^\top + \sigma^2_\varepsilon \operatorname{diag}(\textstyle\sum_r c_{ir}^2)

    where :math:`c_{ir}` is the share rater r has in the score of ratee i and the variances are those of raters' own
    composites (two-way crossed REML; analysis of variance where the table is complete). Dimensions are never counted
    as replicates and coefficient α never enters a standard error. Intervals are Student's t with Satterthwaite's degrees
    of freedom. The interval of a score includes the raters' severity, that of a difference only what two people do not
    share. Simulated coverage of both is 94 to 96 % at 95 %; where people have different, partly shared raters whose
    severity outweighs everything else it is higher (up to 98 %), and with three raters whose severity variance is ten
    times the residual one 93.5 to 94 %.

    Parameters
    ----------
    scale : (float, float) or mapping, optional
        Lowest and highest possible score; the table's own by default. Dimensions on different scales: dimension to
        (lowest, highest); scores are then percent of maximum possible, 100 (x − min) / (max − min) (Cohen, Cohen, Aiken &
        West 1999), and a note says so.
    weights : mapping, optional
        Dimension to weight, summing to 1 or 100; equal by default. Nothing is rescaled silently.
    adjust : {"none", "center", "z", "T", "rank_normal", "severity", "anchor", "objective", "mfrm"}
        What to take out of the ratings; the raw score stays beside it.

        * ``center``, ``z``, ``T``: each rater's mean, or mean and spread, dimension by dimension; T is 50 + 10 z. The spread
          of a rater with fewer than eight ratees is pooled with that of others.
        * ``rank_normal``: only each rater's order is kept, as normal scores (Blom).
        * ``severity``: each rater's severity, estimated from the people the rater shares with others and shrunken where
          these are few. Nothing is assumed about who rates whom; the design must be connected.
        * ``anchor``: the same, estimated from anchor ratees or vignettes only (``anchors``), who are not ranked.
        * ``objective``: what a rater's mean exceeds the line on an objective measure of the rater's people by
          (``objective``). Experimental: no standard errors.
        * ``mfrm``: fair averages of the many-facet Rasch model (:class:`~rankkit.ManyFacetRasch`).
    assume : {"equal_teams"}, optional
        Accepts in writing that the raters' groups are equally good, which is taken literally: that groups of people drawn
        at random differ by chance is not in the standard errors. Needed to take out raters' means (``center``, ``z``, ``T``,
        ``rank_normal``) unless every rater rates everyone.
    anchors : tuple of str, optional
        People whom raters rate only to show their severity (past cases, vignettes); by default those marked in a column
        ``anchor``. They are never ranked.
    objective : str, optional
        Column of the table of people with the objective measure, for ``adjust="objective"``.
    ordinal : bool
        Treat scores as ordered categories: measures of the adjacent-category (many-facet Rasch) model, in logits, instead
        of means.
    min_weight : float
        Share of the total weight that must be observed for a score.
    reliability : float, optional
        Reliability of a single rater, used for the standard error s√(1 − r) where each person has one rater; .52 by
        default, and said so. People of the same rater share that rater's severity, so their difference is surer than
        the standard error says; by how much such data cannot tell.
    sources : tuple of str, optional
        Sources that count; by default all but ``self`` (self ratings alone are used if there is nothing else).
    level, seed
        See :class:`~rankkit.assessment.Assessment`.

    Raises
    ------
    SettingsError, PolicyError
        For impossible settings and weights.
    IdentificationError
        If an adjustment is asked for that the design cannot carry without ``assume``.

    References
    ----------
    Paterson (1922); Shrout & Fleiss (1979); Brennan (2001), Generalizability Theory; Viswesvaran, Ones & Schmidt (1996).

    Examples
    --------
    >>> import rankkit as rk
    >>> result = rk.GraphicRatingScale().fit(rk.datasets.load("guilford_creativity"))
    >>> result.scores[["score", "se", "rank", "rank_low", "rank_high"]].round(2).head(2)
           score    se  rank  rank_low  rank_high
    ratee
    Anne    4.67  0.72     4         1          7
    Betty   6.27  0.72     1         1          7
    """

    accepts: ClassVar[type[Ratings]] = Ratings
    scale: tuple[float, float] | Mapping[str, tuple[float, float]] | None = None
    weights: Mapping[str, float] | None = None
    adjust: Adjust = "none"
    assume: Literal["equal_teams"] | None = None
    anchors: tuple[str, ...] | None = None
    objective: str | None = None
    ordinal: bool = False
    min_weight: float = 0.6
    reliability: float | None = None
    sources: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("adjust", self.adjust, Adjust)
        check_choice("assume", self.assume or "equal_teams", Literal["equal_teams"])
        scales: Scales = rating_scales.checked(self.scale)
        object.__setattr__(self, "scale", Fixed.of(scales) if isinstance(scales, Mapping) else scales)
        if not is_number(self.min_weight) or not 0 < self.min_weight <= 1:
            raise SettingsError("E-SETTING", name="min_weight", value=self.min_weight, allowed="above 0, up to 1")
        if self.reliability is not None and not (is_number(self.reliability) and 0 <= self.reliability < 1):
            raise SettingsError("E-SETTING", name="reliability", value=self.reliability, allowed="0 up to, but not including, 1")
        if not isinstance(self.ordinal, bool):
            raise SettingsError("E-SETTING", name="ordinal", value=self.ordinal, allowed="True, False")
        if self.ordinal and self.adjust not in ("none", "mfrm"):
            allowed = "'none' with ordinal=True, which takes severity out itself"
            raise SettingsError("E-SETTING", name="adjust", value=self.adjust, allowed=allowed)
        if self.weights is not None:
            object.__setattr__(self, "weights", Fixed.of(rating_scales.checked_weights(self.weights)))
        for name in ("sources", "anchors"):
            given: Any = getattr(self, name)
            if given is not None:
                object.__setattr__(self, name, (given,) if isinstance(given, str) else tuple(map(str, given)))

    def _estimate(self, table: Ratings, people: People | None, /) -> GraphicRatingScaleResult:
        table, notes = self._prepared(table)
        anchors = rating_adjustments.anchors_in(table, self.anchors)
        weights = rating_scales.weights_for(table, self.weights)
        design = of_ratings(table, np.ones(len(table), dtype=bool))  # the rows in use are chosen, self ratings included
        scoring = Scoring(self._choices(), table, weights, design, anchors, people)
        raw = used = scoring.raw()
        if self.adjust != "none" or self.ordinal:
            if self.adjust != "none":
                may_adjust(self.adjust, self.assume, design, table)
                notes.append(Problem("I-ADJUSTED", None, None, None, {"adjust": self.adjust}))
            used = scoring.adjusted(raw, self.adjust)
        notes += [*rating_notes(table, used.evidence.parts), *used.evidence.notes, *used.notes]
        if anchors.any():
            notes.append(Problem("I-ANCHORS", None, None, None, {"who": [table.labels[table.people[i]] for i in np.flatnonzero(anchors)]}))
        scoring = replace(scoring, design=replace(design, notes=self._design_notes(design)))
        facets, negative = rating_tables.components(table, used.evidence)
        single = SINGLE_RATER_RELIABILITY if self.reliability is None else self.reliability
        return GraphicRatingScaleResult(
            **scoring.fields(used),
            parts=scoring.parts(),
            notes=(*scoring.design.notes, *notes, *of_dimensions(table, used.evidence, single), *negative),
            evidence=self._tables(scoring, raw, used, facets),
        )

    def _choices(self) -> Choices:
        return Choices(**{f.name: getattr(self, f.name) for f in fields(Choices)})

    def _tables(self, scoring: Scoring, raw: Scored, used: Scored, facets: pd.DataFrame) -> LazyTables:
        """What can be asked of the result, computed when it is."""
        table, people = scoring.table, scoring.people
        others = Alternatives(scoring, raw)
        makers: dict[str, Callable[[], pd.DataFrame]] = {
            "reliability": partial(reliability, table, raw.evidence, self.level, scoring.own_unit),
            "weights": partial(rating_tables.weight_table, table, used.evidence, scoring.weights),
            "weight_sensitivity": partial(rating_tables.weight_sensitivities, table, used.evidence, scoring.weights, self.seed),
            "components": facets.copy,
            "ratings_by_rater": partial(rating_tables.by_rater, table),
            "findings": partial(rating_tables.findings, table, people, self.level, self.seed),
            "alternatives": others.table,
            "refused_adjustments": others.refused,
        }
        if used is not raw:
            makers["changes"] = partial(rating_tables.changes, table, raw.evidence, used.evidence)
        if used.severities is not None:
            makers["severities"] = partial(rating_adjustments.table_of_severities, used.severities, table, self.level)
        return LazyTables(makers)

    def _design_notes(self, design: DesignAudit) -> tuple[Problem, ...]:
        """What the design cannot tell, less what was just accepted in writing (which has a note of its own)."""
        accepted = self.adjust != "none" and self.assume is not None
        return tuple(n for n in design.notes if not (accepted and n.code == "I-NESTED"))

    def _prepared(self, table: Ratings) -> tuple[Ratings, list[Problem]]:
        """Check scale and cycle, choose the sources."""
        table, notes = rating_scales.on_one_scale(table, self.scale)
        if "cycle" in table.extras and len(table.extras["cycle"].unique()) > 1:
            raise RatingsError("E-CYCLE", cycles=sorted(map(str, table.extras["cycle"].unique())))
        if "weight" in table.extras:
            notes.append(Problem("I-WEIGHTCOLUMN"))
        if not table.sources:
            if self.sources:
                raise RatingsError("E-COLS", missing="source", found=list(map(str, table.frame.columns)), example="'source': '…'")
            return table, notes
        use = rating_evidence.rows_of_sources(table, self.sources)
        if not use.all():
            left_out = sorted({table.sources[s] if s >= 0 else "–" for s in table.source[~use]})
            notes.append(Problem("I-SOURCES", None, None, None, {"n": int((~use).sum()), "left_out": left_out}))
            table = _with_rows(table, use)
        return table, notes


def _with_rows(table: Ratings, use: Bools) -> Ratings:
    """Keep some rows, and everybody: people left without a rating stay and are said to have none."""
    kept = {name: getattr(table, name)[use] for name in ("ratee", "rater", "dimension", "source", "score", "rows")}
    return replace(table, **kept, extras=table.extras[use].reset_index(drop=True))
