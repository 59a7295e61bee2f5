"""Correlations of dimensions in ratings, and what they are compared with: other raters, or true scores."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from rankkit.bias.panel import Panel
from rankkit.errors import SettingsError
from rankkit.kernels.arrays import Floats
from rankkit.kernels.rater_effects.halo_indices import CAP, Covariances, PairInflation, correlations_of, covariances, pair_inflation
from rankkit.kernels.rater_effects.rating_profiles import Profiles, profiles

SHARED = 5  # people with two raters from whom correlations between raters can be estimated
_TRUE = 4  # people with true scores


@dataclass(frozen=True, eq=False)
class DimensionCorrelations:
    """Same-rater correlations of dimensions and their reference.

    Attributes
    ----------
    data : Profiles
        Ratings as profiles.
    found : Covariances
        Pooled covariances.
    pairs : PairInflation
        Pooled correlations, pair by pair.
    reference : ndarray, shape (K,)
        atanh of the reference; NaN where there is none.
    without : ndarray, shape (n, K) or None
        The same without each ratee; None for declared correlations.
    source : str
        "other raters", "true scores", or "" without a reference.
    reason : str
        Code of the reason why there is no reference, or "".
    """

    data: Profiles
    found: Covariances
    pairs: PairInflation
    reference: Floats
    without: Floats | None
    source: str
    reason: str

    @property
    def rated_twice(self) -> bool:
        """Whether enough people have a second rater."""
        return len(self.found.shared) >= SHARED

    @property
    def without_or_same(self) -> Floats:
        """The reference without each ratee, where it is declared the reference itself."""
        return np.broadcast_to(self.reference, (self.data.n, len(self.reference))) if self.without is None else self.without


def profiles_of(panel: Panel) -> Profiles:
    """Lay the cells of a panel out as profiles."""
    c, table = panel.cells, panel.table
    return profiles(c.ratee, c.rater, c.dimension, c.score, (len(table.people), len(table.raters), len(table.dimensions)))


def scaled(data: Profiles) -> Profiles:
    """Bring the range of all scores to one, so that what counts as constant does not depend on the unit."""
    held = data.x[data.seen]
    width = float(np.ptp(held)) if len(held) else 0.0
    return replace(data, x=(data.x - held.min()) / width) if width > 0 else data


def dimension_correlations(panel: Panel, true_scores: pd.DataFrame | None = None) -> DimensionCorrelations:
    """Estimate same-rater correlations and their reference.

    Parameters
    ----------
    panel : Panel
        Ratings on two or more dimensions.
    true_scores : DataFrame, optional
        True scores (ratee × dimension), or correlations of true scores (dimension × dimension); without them, different
        raters of the same people, corrected for their disagreement.

    Raises
    ------
    SettingsError
        If ``true_scores`` does not hold the dimensions or too few people.
    """
    data = scaled(profiles_of(panel))
    found = covariances(data)
    pairs = pair_inflation(found)
    if true_scores is not None:
        reference, without = _declared(panel, true_scores)
        return DimensionCorrelations(data, found, pairs, reference, without, "true scores", "")
    nothing = np.full(len(pairs.first), np.nan)
    if len(found.shared) < SHARED:
        return DimensionCorrelations(data, found, pairs, nothing, None, "", "S-NOSECOND")
    if not np.isfinite(pairs.reference).any():
        reason = "S-DISAGREE" if np.isfinite(pairs.same_rater).any() else "S-FEWBOTH"
        return DimensionCorrelations(data, found, pairs, nothing, None, "", reason)
    return DimensionCorrelations(data, found, pairs, np.arctanh(pairs.reference), pairs.reference_without, "other raters", "")


def _declared(panel: Panel, true_scores: pd.DataFrame) -> tuple[Floats, Floats | None]:
    """Correlations of true scores, and without each ratee where scores were given."""
    dimensions = list(panel.table.dimensions)
    if not isinstance(true_scores, pd.DataFrame):
        raise SettingsError("E-TYPE", expected="DataFrame", found=type(true_scores).__name__)
    frame = true_scores.copy()
    frame.columns, frame.index = frame.columns.astype(str), frame.index.astype(str)
    missing = [d for d in dimensions if d not in frame.columns]
    if missing:
        raise SettingsError("E-TRUEDIMS", missing=missing, found=list(frame.columns))
    i, j = np.triu_indices(len(dimensions), 1)
    if set(dimensions) <= set(frame.index):
        matrix = square(frame, dimensions, "true_scores")
        if (np.abs(matrix[i, j]) > 1).any():
            raise SettingsError("E-SQUARE", name="true_scores", need="correlations between -1 and 1", need_zh="介于 -1 与 1 之间的相关系数")
        return np.arctanh(np.clip(matrix[i, j], -CAP, CAP)), None
    values = frame.reindex(index=list(panel.table.people), columns=dimensions).apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
    known = np.isfinite(values).all(axis=1)
    if known.sum() < _TRUE:
        raise SettingsError("E-TRUEFEW", found=int(known.sum()), needed=_TRUE)
    whole, left_out = correlations_of(values[known])
    without = np.broadcast_to(whole, (len(values), len(whole))).copy()
    without[known] = left_out
    return whole, without


def square(frame: pd.DataFrame, dimensions: list[str], name: str) -> Floats:
    """Read a symmetric matrix of dimensions in the order of the ratings.

    Raises
    ------
    SettingsError
        If it is not a symmetric table of numbers with all dimensions as rows and columns.
    """
    if not isinstance(frame, pd.DataFrame):
        raise SettingsError("E-TYPE", expected="DataFrame", found=type(frame).__name__)
    given = frame.copy()
    given.columns, given.index = given.columns.astype(str), given.index.astype(str)
    if not set(dimensions) <= set(given.index) & set(given.columns) or given.index.has_duplicates or given.columns.has_duplicates:
        raise SettingsError(
            "E-SQUARE", name=name, need="every dimension once as a row and as a column", need_zh="每个维度在行与列中各出现一次"
        )
    matrix = given.loc[dimensions, dimensions].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
    off = ~np.eye(len(dimensions), dtype=bool)
    if not np.isfinite(matrix[off]).all() or not np.allclose(matrix[off], matrix.T[off]):
        raise SettingsError("E-SQUARE", name=name, need="the same number above and below the diagonal", need_zh="对角线上下对称的数字")
    return np.asarray(matrix)
