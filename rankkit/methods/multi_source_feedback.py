"""360-degree feedback: scores from several sources, each averaged by itself first, with what every source's raters leave open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

import numpy as np

from rankkit.assessment import Assessment, Fixed, check_choice, is_number
from rankkit.design_audit import of_ratings
from rankkit.errors import InsufficientDataError, Problem, RatingsError, SettingsError
from rankkit.kernels.rater_effects.rating_composite import composite
from rankkit.lazy_tables import LazyTables
from rankkit.methods import multi_source_settings, rating_scales
from rankkit.methods.multi_source_disclosure import SourceDisclosure, made, policy_of
from rankkit.methods.multi_source_evidence import tables_of
from rankkit.methods.multi_source_result import MultiSourceFeedbackResult
from rankkit.methods.multi_source_scoring import SLACK, Adjust, Choices, Missing, SourceScores, SourceScoring
from rankkit.methods.rating_evidence import rating_notes
from rankkit.methods.rating_scales import Scales
from rankkit.privacy.confidential import Confidential
from rankkit.privacy.policy import Kind, Purpose
from rankkit.tables.people import People
from rankkit.tables.ratings import Ratings

_ABOUT_RATERS = ("W-CONST", "W-NOTOBS", "W-SMALL")  # notes that say of a rater by name what was answered in confidence


@dataclass(frozen=True, kw_only=True)
class MultiSourceFeedback(Assessment[Ratings, MultiSourceFeedbackResult]):
    r"""Composite of ratings from several sources: supervisor, peers, subordinates, customers, experts, oneself.

    .. math:: X_{id} = \frac{\sum_s \omega_s \bar x_{isd}}{\sum_{s\,\mathrm{present}} \omega_s}, \qquad
        X_i = \frac{\sum_d w_d X_{id}}{\sum_d w_d}, \qquad
        \Sigma = \sum_s \sigma^2_{\beta s} C_s C_s^\top + \sigma^2_{\varepsilon s} \operatorname{diag}(\textstyle\sum_r c_{irs}^2)

    Raters are averaged inside their source and dimension (:math:`\bar x_{isd}`) before sources are weighted, so that twelve peers
    do not drown one supervisor. :math:`c_{irs}` is the share rater r of source s has in the score of ratee i. The variances of
    severity and of raters' private views are estimated for each source by itself (two-way crossed REML of raters' own
    composites); of a source in which everyone has one rater they are what a declared reliability leaves, and the result says so.
    Dimensions are never counted as replicates. Intervals are Student's t with Satterthwaite's degrees of freedom.

    Parameters
    ----------
    scale : (float, float) or mapping, optional
        Lowest and highest possible score, for all dimensions or by dimension; as for :class:`~rankkit.GraphicRatingScale`.
    weights : mapping, optional
        Source to weight, summing to 1 or 100; equal by default. ``self`` and ``model`` have none unless they are given one.
        Weights are declared in the notes of the result.
    dimension_weights : mapping, optional
        Dimension to weight, summing to 1 or 100; equal by default.
    missing_source : {"renormalise", "incomplete", "impute_eb"}
        What to do about people who lack a source with a weight.

        * ``renormalise``: the weights of the other sources are scaled up; the score is provisional.
        * ``incomplete``: no score.
        * ``impute_eb``: the absent source is predicted from the others (empirical Bayes), and the error of the prediction is in
          the standard error; the score is provisional.
    min_raters : int or mapping, optional
        Raters a source needs for a person, or it counts as absent; 1 by default. A single number does not bind supervisor and self.
    min_weight : float
        Share of the whole weight that must be present for a score.
    reliability : float or mapping, optional
        Reliability of a single rater for sources in which everyone has one, by source; by default .52 for supervisors
        (Viswesvaran, Ones & Schmidt 1996), .37 for peers, .30 for subordinates (Conway & Huffcutt 1997) and .30 for others.
    self_reliability : float
        Declared reliability of self ratings, which one self rating cannot show; differences are shown for .5 to .9 as well.
    adjust : {"none", "sources"}
        ``sources`` takes out how high each source rates, estimated on the people sources share: for people who lack different
        sources. Raters' severities taken out, and the many-facet Rasch model, are in ``adjusted``, beside the raw scores.
    disclosure : {"standard", "strict"}
        What reports, workbooks and notebooks may show of ratings given in confidence
        (:class:`~rankkit.privacy.DisclosurePolicy`; thresholds are raised to ``min_raters``). Archives hold everything.
    purpose : {"development", "administration", "research"}, optional
        What the ratings were collected for: reports and feedback for another use are refused (``use=`` of
        :meth:`~rankkit.result.Result.to_report`).
    level, seed
        See :class:`~rankkit.assessment.Assessment`.

    Raises
    ------
    SettingsError, PolicyError
        For impossible settings, and weights of sources that are not in the data.
    RatingsError
        Without the column ``source``.
    InsufficientDataError
        If nobody can be scored.

    Notes
    -----
    Self ratings are never part of the composite by default and α of the dimensions never is a reliability. One person's severity
    is taken as unrelated between two roles (a peer of some, a supervisor of others).

    References
    ----------
    Bracken, Timmreck & Church (2001); Scullen, Mount & Goff (2000); Brennan (2001), Generalizability Theory; Conway & Huffcutt (1997).

    Examples
    --------
    >>> import rankkit as rk
    >>> result = rk.MultiSourceFeedback().fit(rk.datasets.load("service_team"))
    >>> result.source_weights[["nominal", "people", "error"]].head(2).round(2)
              nominal  people      error
    source
    customer      0.2      68  estimated
    expert        0.2      68  estimated
    """

    accepts: ClassVar[type[Ratings]] = Ratings
    scale: tuple[float, float] | Mapping[str, tuple[float, float]] | None = None
    weights: Mapping[str, float] | None = None
    dimension_weights: Mapping[str, float] | None = None
    missing_source: Missing = "renormalise"
    min_raters: int | Mapping[str, int] | None = None
    min_weight: float = 0.6
    reliability: float | Mapping[str, float] | None = None
    self_reliability: float = 0.7
    adjust: Adjust = "none"
    disclosure: Kind = "standard"
    purpose: Purpose | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("missing_source", self.missing_source, Missing)
        check_choice("adjust", self.adjust, Adjust)
        check_choice("disclosure", self.disclosure, Kind)
        if self.purpose is not None:
            check_choice("purpose", self.purpose, Purpose)
        scales: Scales = rating_scales.checked(self.scale)
        object.__setattr__(self, "scale", Fixed.of(scales) if isinstance(scales, Mapping) else scales)
        if not is_number(self.min_weight) or not 0 < self.min_weight <= 1:
            raise SettingsError("E-SETTING", name="min_weight", value=self.min_weight, allowed="above 0, up to 1")
        if not is_number(self.self_reliability) or not 0 <= self.self_reliability < 1:
            raise SettingsError("E-SETTING", name="self_reliability", value=self.self_reliability, allowed="0 up to, but not including, 1")
        if self.weights is not None:
            object.__setattr__(self, "weights", Fixed.of(multi_source_settings.checked_source_weights(self.weights)))
        if self.dimension_weights is not None:
            object.__setattr__(self, "dimension_weights", Fixed.of(rating_scales.checked_weights(self.dimension_weights)))
        for name, checked in (
            ("min_raters", multi_source_settings.checked_counts(self.min_raters)),
            ("reliability", multi_source_settings.checked_reliability(self.reliability)),
        ):
            object.__setattr__(self, name, Fixed.of(checked) if isinstance(checked, Mapping) else checked)

    def _estimate(self, table: Ratings, people: People | None, /) -> MultiSourceFeedbackResult:
        table, notes = rating_scales.on_one_scale(table, self.scale)
        table = multi_source_settings.with_sources(table)
        if "cycle" in table.extras and len(table.extras["cycle"].unique()) > 1:
            raise RatingsError("E-CYCLE", cycles=sorted(map(str, table.extras["cycle"].unique())))
        if "weight" in table.extras:
            notes.append(Problem("I-WEIGHTCOLUMN"))
        weights = multi_source_settings.weights_of_sources(table, self.weights)
        if not weights.any():
            raise InsufficientDataError("E-ONLYSELF", sources=list(table.sources))
        counted = weights[table.source] > 0
        design = of_ratings(table, counted)
        scoring = SourceScoring(
            Choices(missing_source=self.missing_source, adjust=self.adjust, min_weight=self.min_weight, level=self.level, seed=self.seed),
            table,
            weights,
            rating_scales.weights_for(replace(table, score=np.where(counted, table.score, np.nan)), self.dimension_weights),
            multi_source_settings.least_raters(table, self.min_raters),
            multi_source_settings.declared_reliabilities(table, self.reliability, self.self_reliability),
            design,
        )
        found = scoring.scores()
        notes += [_declared(scoring, by_default=self.weights is None), *self._said(scoring, found), *found.notes]
        disclosure = SourceDisclosure(scoring, policy_of(scoring, self.disclosure, self.purpose))
        makers = tables_of(scoring, found, people, disclosure)
        return MultiSourceFeedbackResult(
            **scoring.fields(found),
            parts=scoring.parts(),
            notes=(*design.notes, *notes),
            evidence=LazyTables(makers),
            confidential=Confidential.later(partial(made, disclosure, makers, self.self_reliability)),
        )

    def _said(self, scoring: SourceScoring, found: SourceScores) -> list[Problem]:
        """Notes on the ratings that count and on sources that are missing."""
        table = scoring.table.where(scoring.source_weights[scoring.table.source] > 0)
        cells = table.cells
        sizes = (len(table.people), len(table.raters))
        weights = np.array([scoring.dimension_weights[scoring.table.dimensions.index(d)] for d in table.dimensions])
        told = rating_notes(table, composite(cells.ratee, cells.rater, cells.dimension, cells.score, weights, *sizes))
        notes = [note for note in told if note.code not in _ABOUT_RATERS]
        share = scoring.source_weights
        own = [k for k, s in enumerate(scoring.table.sources) if s in multi_source_settings.UNCOUNTED and share[k] > 0]
        notes += [Problem("W-SELFWEIGHT", None, None, None, {"source": scoring.table.sources[k], "share": f"{share[k]:.0%}"}) for k in own]
        lacking = scoring.missing[found.scored]
        plain = self.adjust == "none" and self.missing_source == "renormalise"
        for k, source in enumerate(scoring.table.sources):
            n = int(lacking[:, k].sum())
            if n:
                notes.append(
                    Problem("W-COMP" if plain else "I-LACK", None, None, None, {"n": n, "total": int(found.scored.sum()), "source": source})
                )
        if 0 < int(lacking.any(axis=1).sum()) < len(lacking):
            mixed = [s for k, s in enumerate(scoring.table.sources) if lacking[:, k].any()]
            notes.append(Problem("W-COMPOSITION" if plain else "I-COMPOSITION", None, None, None, {"sources": mixed}))
        if self.adjust == "sources" and not any(n.code == "W-NOLEVELS" for n in found.notes):
            notes.append(Problem("I-LEVELS"))
        return notes


def _declared(scoring: SourceScoring, *, by_default: bool) -> Problem:
    """Print the weights that were used."""
    w = scoring.source_weights
    told = ", ".join(f"{s} {w[k]:.3g}" for k, s in enumerate(scoring.table.sources) if w[k] > SLACK)
    without = [s for k, s in enumerate(scoring.table.sources) if w[k] <= SLACK]
    code = "I-EQUALSOURCES" if by_default else "I-SOURCEWEIGHTS"
    return Problem(code, None, None, None, {"weights": told, "without": without or "–"})
