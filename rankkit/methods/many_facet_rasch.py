"""Many-facet Rasch measurement: merit, severity and difficulty on one scale."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from rankkit.assessment import Assessment, check_choice
from rankkit.design_audit import of_ratings
from rankkit.errors import Problem, RatingsError, SettingsError
from rankkit.kernels.arrays import Ints
from rankkit.kernels.on_demand_covariance import OnDemand
from rankkit.kernels.rasch.rasch_design import Gaps
from rankkit.lazy_tables import LazyTables
from rankkit.methods import rasch_patterns, rasch_tables
from rankkit.methods.rasch_fitting import RaschFitted, fitted
from rankkit.methods.rasch_ratings import Dependence, Estimation, RaschModel, Thresholds, check_facets
from rankkit.methods.rasch_result import ManyFacetRaschResult
from rankkit.methods.rating_evidence import rows_of_sources
from rankkit.tables.people import People
from rankkit.tables.ratings import Ratings

Pair = tuple[str, str]
_TWO = 2
_SMALL_TABLE = 20_000_000


@dataclass(frozen=True, kw_only=True)
class ManyFacetRasch(Assessment[Ratings, ManyFacetRaschResult]):
    r"""Measures of people from ratings by raters of unequal severity.

    .. math:: \log \frac{P(x = k)}{P(x = k - 1)} = \theta_i - \beta_r - \delta_d - \dots - \tau_k

    Merit θ is free, severities β, difficulties δ and thresholds τ each sum to zero. Severity is taken out as the design
    allows: raters must be linked through people they share. Measures are comparable inside the largest group of people
    linked in this way; the others are ``not_identified``, and named. People all of whose ratings are at one end of the
    scale get the measure of a total .3 points inside (``joint``) or Warm's (``marginal``), and are ``provisional``.

    Marginal maximum likelihood integrates merit out and, where the design tells it, a term that all ratings of one person
    by one rater share; its standard errors hold. Joint maximum likelihood (FACETS' way) stretches measures by about
    L/(L − 1) with L ratings a person, and takes one rater's ratings of a person as independent: its standard errors are
    too small where they hang together.

    Parameters
    ----------
    estimation : {"marginal", "joint"}
        How measures are estimated.
    thresholds : {"common", "rater", "dimension"}
        Whose thresholds: everybody's (rating scale model), each rater's or each dimension's own (partial credit).
    facets : tuple of str
        What makes ratings harder or easier beside the person: ``rater``, ``dimension``, ``source`` or any other column.
    interactions : tuple of (str, str)
        Pairs of facets whose cells are tested for bias, such as ``(("rater", "dimension"),)``.
    gaps : {"merge", "refuse"}
        Categories between used ones that nobody used: number on without them, or refuse.
    dependence : {"auto", "none", "cell"}
        Whether ratings of one person by one rater share a term of their own (marginal only): where the design tells it,
        never, or always.
    sources : tuple of str, optional
        Sources that count; by default all but ``self`` (self ratings alone are used if there is nothing else).
    level, seed
        See :class:`~rankkit.assessment.Assessment`.

    Raises
    ------
    SettingsError
        For impossible settings.
    RatingsError
        If scores are no whole numbers, or a facet is no column.
    IdentificationError
        If the design cannot carry the model; the people concerned are named.
    ConvergenceError
        If there is no finite maximum.

    References
    ----------
    Andrich (1978), A rating formulation for ordered response categories. Masters (1982), A Rasch model for partial credit
    scoring. Linacre (1994), Many-Facet Rasch Measurement. Warm (1989), Weighted likelihood estimation. Myford & Wolfe
    (2003, 2004), Detecting and measuring rater effects using many-facet Rasch measurement.

    Examples
    --------
    >>> import rankkit as rk
    >>> result = rk.ManyFacetRasch(estimation="joint").fit(rk.datasets.load("guilford_creativity"))
    >>> result.raters[["measure", "se_conditional", "infit", "fair_at_mean"]].round(3)
               measure  se_conditional  infit  fair_at_mean
    rater
    Avogadro    -0.023           0.117  0.849         4.857
    Brahe        0.182           0.118  1.475         4.384
    Cavendish   -0.159           0.116  0.672         5.176
    """

    accepts: ClassVar[type[Ratings]] = Ratings
    estimation: Estimation = "marginal"
    thresholds: Thresholds = "common"
    facets: tuple[str, ...] = ("rater", "dimension")
    interactions: tuple[Pair, ...] = ()
    gaps: Gaps = "merge"
    dependence: Dependence = "auto"
    sources: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, choices in (("estimation", Estimation), ("thresholds", Thresholds), ("gaps", Gaps), ("dependence", Dependence)):
            check_choice(name, getattr(self, name), choices)
        object.__setattr__(self, "facets", check_facets(self.facets, self.thresholds))
        object.__setattr__(self, "interactions", self._pairs())
        sources: Any = self.sources
        if sources is not None:
            object.__setattr__(self, "sources", (sources,) if isinstance(sources, str) else tuple(sources))

    def _pairs(self) -> tuple[Pair, ...]:
        """Pairs of different facets of the model, people among them."""
        known = ("ratee", *self.facets)
        given: Any = self.interactions
        pairs = tuple(tuple(p) if isinstance(p, (tuple, list)) else (p,) for p in given) if isinstance(given, (tuple, list)) else ((),)
        wrong = [p for p in pairs if len(p) != _TWO or len(set(p)) < len(p) or not set(p) <= set(known)]
        if wrong or len(set(map(frozenset, pairs))) < len(pairs):
            raise SettingsError("E-SETTING", name="interactions", value=self.interactions, allowed=f"pairs of {', '.join(known)}")
        return pairs

    def _estimate(self, table: Ratings, people: People | None, /) -> ManyFacetRaschResult:  # noqa: ARG002 - names are attached later
        table, notes = self._prepared(table)
        model = RaschModel(
            estimation=self.estimation, thresholds=self.thresholds, facets=self.facets, gaps=self.gaps, dependence=self.dependence
        )
        found = fitted(table, model)
        status, reasons = found.statuses()
        design = of_ratings(table, np.ones(len(table), dtype=bool))  # the rows in use are chosen, self ratings included
        return ManyFacetRaschResult(
            method=type(self).__name__,
            people=table.people,
            labels=table.labels,
            estimate=np.where(found.comparable, found.fit.measures[0], np.nan),
            status=status,
            reasons=reasons,
            n_raters=_raters_of(table),
            n_obs=np.bincount(table.ratee[~np.isnan(table.score)], minlength=len(table.people)),
            covariance=OnDemand(int(found.comparable.sum()), found.covariance),
            df=np.full(len(table.people), np.inf),
            unit="logit",
            se_basis="model",
            level=self.level,
            seed=self.seed,
            design=design,
            notes=(*design.notes, *notes, *found.notes()),
            evidence=self._tables(found),
            estimation=self.estimation,
            facets=found.data.names,
        )

    def _prepared(self, table: Ratings) -> tuple[Ratings, list[Problem]]:
        """Check the cycle, choose the sources."""
        if "cycle" in table.extras and "cycle" not in self.facets and len(table.extras["cycle"].unique()) > 1:
            raise RatingsError("E-CYCLE", cycles=sorted(map(str, table.extras["cycle"].unique())))
        notes = [Problem("I-WEIGHTCOLUMN")] if "weight" in table.extras and "weight" not in self.facets else []
        if not table.sources:
            if self.sources:
                raise RatingsError("E-COLS", missing="source", found=list(map(str, table.frame.columns)), example="'source': '…'")
            return table, notes
        use = rows_of_sources(table, self.sources)
        if use.all():
            return table, notes
        left_out = sorted({table.sources[s] if s >= 0 else "–" for s in table.source[~use]})
        notes.append(Problem("I-SOURCES", None, None, None, {"n": int((~use).sum()), "left_out": left_out}))
        kept = {name: getattr(table, name)[use] for name in ("ratee", "rater", "dimension", "source", "score", "rows")}
        return replace(table, **kept, extras=table.extras[use].reset_index(drop=True)), notes

    def _tables(self, found: RaschFitted) -> LazyTables:
        """What can be asked of the result, computed when it is."""
        names = found.data.names
        pairs = tuple(p for p in self.interactions if set(p) <= set(names))
        makers: dict[str, Callable[[], pd.DataFrame]] = {
            "measures": partial(rasch_tables.measures, found, self.level),
            "person_fit": partial(rasch_tables.facet_measures, found, 0, self.level),
            "thresholds": partial(rasch_tables.thresholds, found, self.level),
            "separation": partial(rasch_tables.separations, found),
            "reliability": partial(rasch_tables.reliability, found, self.level),
            "unexpected": partial(rasch_patterns.unexpected, found),
            "fit_bands": partial(rasch_patterns.bands, found, self.level, self.seed),
            "fair": partial(rasch_tables.fair_table, found, self.level),
            "likelihood": partial(rasch_tables.likelihood, found),
            "findings": partial(rasch_patterns.findings, found, pairs),
        }
        for f, name in enumerate(names[1:], start=1):
            makers[f"{name}_measures"] = partial(rasch_tables.facet_measures, found, f, self.level)
        if self.estimation == "marginal":
            makers["parameters"] = partial(rasch_tables.parameters, found, self.level)
        if pairs:
            makers["interactions"] = partial(rasch_patterns.interaction_tables, found, pairs)
            makers["interaction_tests"] = partial(rasch_patterns.interaction_tests, found, pairs)
            makers["differential"] = partial(rasch_patterns.differentials, found, pairs)
        return LazyTables(makers)


def _raters_of(table: Ratings) -> Ints:
    """Distinct raters of each person."""
    rated = ~np.isnan(table.score)
    n, m = len(table.people), len(table.raters)
    pairs = table.ratee[rated] * m + table.rater[rated]
    if n * m <= _SMALL_TABLE:
        return np.asarray((np.bincount(pairs, minlength=n * m).reshape(n, m) > 0).sum(axis=1), dtype=np.int64)
    return np.bincount(np.unique(pairs) // m, minlength=n).astype(np.int64)
