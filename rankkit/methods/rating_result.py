"""What a graphic rating scale returns: scores, and on demand everything that says how far to trust them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from rankkit.archive import archived
from rankkit.errors import SettingsError
from rankkit.kernels.grading.apportionment import largest_remainder
from rankkit.kernels.grading.quota_assignment import assign
from rankkit.lazy_tables import LazyTables
from rankkit.result import Result

_TABLES = ("changes", "alternatives", "weights", "components", "severities")


@archived
@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class GraphicRatingScaleResult(Result):
    """Result of :class:`~rankkit.GraphicRatingScale`; tables are computed when they are asked for."""

    def _table(self, name: str) -> pd.DataFrame:
        return self.evidence[name].copy(deep=False) if name in self.evidence else pd.DataFrame()

    @property
    def weights(self) -> pd.DataFrame:
        """Indexed by ``dimension``: nominal and effective weight, standard deviation between people."""
        return self._table("weights")

    @property
    def weight_sensitivity(self) -> pd.DataFrame:
        """How much the order depends on the weights: ``scenario, tau`` (Kendall's τ with the declared weights), ``tau_low``."""
        return self._table("weight_sensitivity")

    @property
    def components(self) -> pd.DataFrame:
        """Indexed by ``facet``: variance component (``variance``, and ``as_estimated`` before zeroing)."""
        return self._table("components")

    @property
    def ratings_by_rater(self) -> pd.DataFrame:
        """The cells the scores were made of: ``rater, rater_label, ratee, dimension, score``."""
        return self._table("ratings_by_rater")

    @property
    def changes(self) -> pd.DataFrame:
        """With an adjustment, by ``ratee``: raw beside adjusted score, and who changes rank; empty without one."""
        return self._table("changes")

    @property
    def alternatives(self) -> pd.DataFrame:
        """Score and rank of everyone under every adjustment the design allows, by (``ratee``, ``adjust``).

        ``rank_change`` is the number of places gained against the raw scores. What was refused, and why, is in
        :attr:`refused_adjustments`.
        """
        return self._table("alternatives")

    @property
    def refused_adjustments(self) -> pd.DataFrame:
        """Adjustments these data cannot carry, by ``adjust``: ``text``, ``fix``."""
        return self._table("refused_adjustments")

    @property
    def severities(self) -> pd.DataFrame:
        """By ``rater``: the leniency that was taken out (score units, positive = gives more than others), with its error."""
        return self._table("severities")

    def grade_changes(self, shares: Mapping[str, Any] | Sequence[Any]) -> pd.DataFrame:
        """Grades of everyone under every adjustment, and who changes grade against the raw scores.

        Parameters
        ----------
        shares : mapping of str to share
            Share of each grade, best first, exactly 1 or 100 in all; seats by largest remainder. People tied across a cut
            have no grade (NA) until somebody decides.

        Returns
        -------
        DataFrame
            By ``ratee``: ``label``, the grade on raw scores (``none``) and under each adjustment, and ``changes``: the
            adjustments under which the grade differs.

        Raises
        ------
        PolicyError
            If the shares do not sum to 1 or 100.
        SettingsError
            If they are not a mapping.

        Examples
        --------
        >>> import rankkit as rk
        >>> result = rk.GraphicRatingScale().fit(rk.datasets.load("guilford_creativity"))
        >>> result.grade_changes({"A": 0.3, "B": 0.7})[["none", "rank_normal", "changes"]].head(2)
              none rank_normal changes
        ratee
        Anne     B           B
        Betty    A           A
        """
        if not isinstance(shares, Mapping) or not shares:
            raise SettingsError("E-SETTING", name="shares", value=shares, allowed="{'grade': share, …}")
        names = np.array([*map(str, shares), None], dtype=object)
        long = self.alternatives.reset_index()
        wide = long.pivot_table("score", "ratee", "adjust", sort=False, dropna=False).reindex(index=list(self.people))
        out = pd.DataFrame({"label": [self.labels.get(p, p) for p in wide.index]}, index=wide.index)
        for option in wide.columns:
            score = wide[option].to_numpy(dtype=np.float64)
            seats = largest_remainder(int((~np.isnan(score)).sum()), list(shares.values()))
            out[str(option)] = pd.array(names[assign(score, seats).grade], dtype="string")
        raw = out["none"]
        others = [str(c) for c in wide.columns if c != "none"]
        differs = {c: (out[c] != raw).fillna(False) & out[c].notna() & raw.notna() for c in others}
        out["changes"] = [", ".join(c for c in others if differs[c].iloc[k]) for k in range(len(out))]
        return out

    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Tables this method adds to reports."""
        return LazyTables({name: partial(self._table, name) for name in _TABLES if name in self.evidence})
