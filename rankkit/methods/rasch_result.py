"""What a many-facet Rasch model returns: measures of people, and on demand every table that says how the ratings came about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import pandas as pd

from rankkit.archive import archived
from rankkit.errors import InsufficientDataError
from rankkit.lazy_tables import LazyTables
from rankkit.result import Result

_TABLES = (
    "fair",
    "thresholds",
    "separation",
    "parameters",
    "unexpected",
    "interactions",
    "interaction_tests",
    "differential",
    "person_fit",
)


@archived
@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ManyFacetRaschResult(Result):
    """Result of :class:`~rankkit.ManyFacetRasch`; scores are measures in logits. Tables are computed when they are asked for.

    Attributes
    ----------
    estimation : str
        ``marginal`` or ``joint``.
    facets : tuple of str
        Facets in the model, ``ratee`` first; those with a single element are left out.
    """

    estimation: str = "marginal"
    facets: tuple[str, ...] = ("ratee", "rater")

    def _table(self, name: str) -> pd.DataFrame:
        if name not in self.evidence:
            raise InsufficientDataError("E-RASCHNOTABLE", name=name, found=list(self.evidence))
        return self.evidence[name].copy(deep=False)

    @property
    def measures(self) -> pd.DataFrame:
        """Every element of every facet on one ruler: ``facet, element, label, measure, se, infit, outfit, fair, status, …``.

        Merit counts upwards; severity and difficulty are in the same logits and make ratings lower. ``se`` has the
        uncertainty of everything else in it, ``se_conditional`` (the convention of FACETS) has not; of a facet of few elements,
        which sum to zero, ``se`` can be the smaller one all the same. ``fair`` is the mean rating
        the element would have if all else were average, over the dimensions; ``fair_at_mean`` at one average dimension.
        """
        return self._table("measures")

    @property
    def raters(self) -> pd.DataFrame:
        """Severity, fit and exact agreement by ``rater``."""
        return self._table("rater_measures")

    @property
    def thresholds(self) -> pd.DataFrame:
        """Use of the categories and Andrich thresholds, by ``category`` (and by what they differ for)."""
        return self._table("thresholds")

    @property
    def separation(self) -> pd.DataFrame:
        """Separation, strata, reliability and tests of equality, by ``facet`` and ``kind``."""
        return self._table("separation")

    @property
    def fit_bands(self) -> pd.DataFrame:
        """Mean squares beside the band a parametric bootstrap gives each: ``facet, element, infit, infit_low, infit_high, infit_p, …``.

        Simulated when asked for, ratings being drawn from the fitted model and fitted again; the approximate bands in
        :attr:`measures` come at no cost and are close where elements have more than a few ratings.
        """
        return self._table("fit_bands")

    @property
    def unexpected(self) -> pd.DataFrame:
        """Single ratings more than three standard deviations off what the model expects, worst first."""
        return self._table("unexpected")

    @property
    def interactions(self) -> pd.DataFrame:
        """Bias of every cell of the facets named in ``interactions=``: logits, points, t, q."""
        return self._table("interactions")

    @property
    def fair(self) -> pd.DataFrame:
        """Fair averages by ``ratee``: mean rating beside ``fair`` and its standard error, in units of the form."""
        return self._table("fair")

    @property
    def parameters(self) -> pd.DataFrame:
        """Marginal fits: mean and spread of merit, and of the ratee × rater term."""
        return self._table("parameters")

    @property
    def loglik(self) -> float:
        """Log-likelihood (joint, or marginal) of the ratings without extreme elements."""
        return float(self._table("likelihood")["value"]["loglik"])

    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Tables this method adds to reports."""
        names = (*(f"{facet}_measures" for facet in self.facets[1:]), *_TABLES)
        return LazyTables({name: partial(self._table, name) for name in names if name in self.evidence})
