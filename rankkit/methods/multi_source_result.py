"""What multi-source feedback returns: scores, and on demand how sources agree, differ and err."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd

from rankkit.archive import archived
from rankkit.errors import InsufficientDataError, SettingsError
from rankkit.kernels.sources.response_surface import Errors
from rankkit.lazy_tables import LazyTables
from rankkit.methods.multi_source_adjusted import with_fair_averages
from rankkit.methods.multi_source_agreement import ALL
from rankkit.methods.multi_source_coverage import with_nominations
from rankkit.methods.multi_source_surface import ResponseSurface, surface
from rankkit.result import Result
from rankkit.tables.ratings import Ratings

SHOWN = (
    "released_sources",
    "released_self_other",
    "source_weights",
    "sources",
    "self_other",
    "self_other_reliability",
    "between_sources",
    "agreement_within",
    "agreement_within_items",
    "components",
    "variance_groups",
    "raters_needed",
    "adjusted",
    "coverage",
    "error_parts",
)


@archived
@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class MultiSourceFeedbackResult(Result):
    """Result of :class:`~rankkit.MultiSourceFeedback`; tables are computed when they are asked for."""

    def _table(self, name: str) -> pd.DataFrame:
        return self.evidence[name].copy(deep=False) if name in self.evidence else pd.DataFrame()

    @property
    def sources(self) -> pd.DataFrame:
        """By (``ratee``, ``source``, ``dimension``): ``mean, n, se, ci_low, ci_high, se_basis, counts, reason``.

        Dimension ``(all)`` is the weighted composite. ``counts``: whether the mean enters the score.
        """
        return self._table("sources")

    @property
    def source_weights(self) -> pd.DataFrame:
        """By ``source``: nominal and effective weight, people, raters, variance of severity and of private views, level."""
        return self._table("source_weights")

    @property
    def error_parts(self) -> pd.DataFrame:
        """By (``ratee``, ``source``): what the source counts in the score and how much error variance it brings."""
        return self._table("error_parts")

    @property
    def agreement_within(self) -> pd.DataFrame:
        """By (``ratee``, ``source``, ``dimension``): r_wg against two nulls with tests, AD, a_wg; see :func:`rankkit.agreement.rwg`."""
        return self._table("agreement_within")

    @property
    def agreement_within_items(self) -> pd.DataFrame:
        """By (``ratee``, ``source``): r_wg(j) over the dimensions; see :func:`rankkit.agreement.rwg_j`."""
        return self._table("agreement_within_items")

    @property
    def source_reliability(self) -> pd.DataFrame:
        """By (``source``, ``dimension``, ``coefficient``): ICC(1) and ICC(1,k) over people, with intervals."""
        return self._table("source_reliability")

    @property
    def between_sources(self) -> pd.DataFrame:
        """By (``dimension``, ``source_a``, ``source_b``): correlation, corrected for the raters' error, mean difference and d.

        Disagreement between sources may be information (Lance, Hoffman, Gentry & Baranik 2008); nothing is subtracted for it.
        """
        return self._table("between_sources")

    @property
    def self_other(self) -> pd.DataFrame:
        """By (``ratee``, ``dimension``): self, others, their difference with its error, and what can be said of it.

        ``finding`` is ``blind spot`` or ``hidden strength`` only where the difference is reliable; ``category`` is for display.
        """
        return self._table("self_other")

    @property
    def self_other_reliability(self) -> pd.DataFrame:
        """By (``dimension``, ``r_self``): reliability of the difference for declared reliabilities of self ratings."""
        return self._table("self_other_reliability")

    @property
    def components(self) -> pd.DataFrame:
        """By (``source``, ``facet``): variance components and shares with intervals from resampled ratees, REML beside."""
        return self._table("components")

    @property
    def variance_groups(self) -> pd.DataFrame:
        """By ``facet``: shares of the variance of one rating, beside those published."""
        return self._table("variance_groups")

    @property
    def raters_needed(self) -> pd.DataFrame:
        """By (``source``, ``target``): raters that reach a reliability, from these data and from published figures."""
        return self._table("raters_needed")

    @cached_property
    def _adjusted(self) -> pd.DataFrame:
        base, names = self._table("adjusted"), self._table("dimension_weights")
        cells = self.cells
        if not len(base) or not len(cells):
            return base
        table = replace(Ratings.from_frame(cells, scale=self._scale()), labels=dict(self.labels))
        weights = self.source_weights["nominal"].reindex(list(table.sources)).to_numpy(dtype=np.float64)
        return with_fair_averages(
            base, table, weights, names["nominal"].reindex(list(table.dimensions)).to_numpy(dtype=np.float64), self.level
        )

    @property
    def adjusted(self) -> pd.DataFrame:
        """By (``ratee``, ``adjust``): score, error and rank raw and adjusted for who happened to rate; who changes rank.

        ``none``: raw. ``sources``: levels of sources taken out. ``mixed``: best linear unbiased prediction of a crossed mixed model
        (source levels, severity of each rater, shrunken towards the mean). ``mfrm``: fair average of the many-facet Rasch model,
        in which every rating counts alike, fitted when this is first asked for. ``reason``: why there is none.
        """
        return self._adjusted.copy(deep=False)

    @property
    def released_sources(self) -> pd.DataFrame:
        """By (``ratee``, ``source``, ``dimension``): what may be shown of source means: ``shown, value, low, high, n, code``.

        A group that is too small is merged into ``colleagues`` or not shown.
        """
        return self._table("released_sources")

    @property
    def released_self_other(self) -> pd.DataFrame:
        """By (``ratee``, ``dimension``): self beside what may be shown of the others, with findings that hold for all of it."""
        return self._table("released_self_other")

    @property
    def cells(self) -> pd.DataFrame:
        """Every rating (``rater, ratee, source, dimension, score``): the owner's, never released."""
        return self._table("cells")

    def coverage(self, nominations: pd.DataFrame | None = None) -> pd.DataFrame:
        """Who was asked and who answered, by (``ratee``, ``source``).

        Parameters
        ----------
        nominations : DataFrame, optional
            ``rater, ratee, source`` of everybody who was asked; by default everybody with a row in the ratings, blank rows
            (with ``na_reason``) being forms that were not, or not fully, answered.

        Returns
        -------
        DataFrame
            ``label, invited, answered, response`` and, without nominations, ``items, filled`` and reasons of blanks; with them,
            ``unasked``: raters who answered without being on the list.

        Raises
        ------
        RatingsError
            If the list lacks a column or names an unknown source.

        Examples
        --------
        >>> import rankkit as rk
        >>> result = rk.MultiSourceFeedback().fit(rk.datasets.load("service_team"))
        >>> result.coverage().loc[("A01", "peer"), ["invited", "answered"]].tolist()
        [3, 3]
        """
        own = self._table("coverage")
        return own if nominations is None else with_nominations(own, self.cells, nominations)

    def response_surface(
        self,
        outcome: pd.Series[float] | str,
        *,
        dimension: str | None = None,
        errors: Errors = "hc3",
        cluster: pd.Series[Any] | str | None = None,
        midpoint: float | None = None,
    ) -> ResponseSurface:
        """Regress an outcome on self and other ratings, their squares and product, instead of on their difference.

        Parameters
        ----------
        outcome : Series or str
            By ratee, or a numeric column of the table of people the result was fitted with.
        dimension : str, optional
            One dimension; the composite by default.
        errors : {"hc3", "ols", "cluster"}
            Standard errors.
        cluster : Series or str, optional
            Groups of people whose outcomes hang together, by ratee or a column of the table of people such as ``manager``; needed
            for ``errors="cluster"``.
        midpoint : float, optional
            What is subtracted from both ratings: the middle of the scale by default.

        Returns
        -------
        ResponseSurface

        Raises
        ------
        SettingsError
            For unknown columns, dimensions, or without a scale and a midpoint.
        InsufficientDataError
            With fewer than ten people who have all three numbers.

        Notes
        -----
        Error in the ratings flattens the surface: coefficients are those of the ratings, not of what they stand for.

        Examples
        --------
        >>> import rankkit as rk
        >>> made = rk.simulate.service_team()
        >>> result = rk.MultiSourceFeedback().fit(made.table)
        >>> result.response_surface(made.truth["score"]).tests["estimate"].round(2).to_dict()["a1"] > 0
        True
        """
        pairs = self.self_other
        if not len(pairs):
            raise InsufficientDataError("E-NOSELF")
        name = ALL if dimension is None else str(dimension)
        known = list(dict.fromkeys(pairs.index.get_level_values("dimension")))
        if name not in known:
            raise SettingsError("E-SETTING", name="dimension", value=name, allowed=[d for d in known if d != ALL])
        rows = pairs.xs(name, level="dimension")
        scale = self.settings.get("scale") or self._scale()
        if midpoint is None:
            if scale is None or isinstance(scale, Mapping):
                raise SettingsError("E-NOSCALE")
            midpoint = (float(scale[0]) + float(scale[1])) / 2
        return surface(
            pd.DataFrame(rows[["label", "self", "others"]]),
            self._column("outcome", outcome),
            None if errors != "cluster" else self._column("cluster", cluster),
            errors,
            midpoint,
            level=self.level,
            name="" if name == ALL else name,
        )

    def _scale(self) -> tuple[float, float] | None:
        found = self._table("scale")
        return (float(found["low"].iloc[0]), float(found["high"].iloc[0])) if len(found) else None

    def _column(self, name: str, given: Any) -> pd.Series[Any]:
        """A column of the table of people, or what was given, by ratee."""
        if isinstance(given, pd.Series):
            return given
        known = self._table("facts")
        if not isinstance(given, str) or given not in known:
            raise SettingsError(
                "E-SETTING", name=name, value=given, allowed=f"a Series by ratee, or one of {list(map(str, known.columns))}"
            )
        return known[given]

    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Tables this method adds to reports."""
        return LazyTables({name: partial(self._table, name) for name in SHOWN if name in self.evidence})
