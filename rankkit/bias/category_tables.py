"""What raters do with the points of the scale: which count as categories, and how each rater uses them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from rankkit.bias.panel import Panel
from rankkit.errors import SettingsError
from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.rater_effects.category_use import CategoryUse, category_use

MOST_CATEGORIES = 20


@dataclass(frozen=True, eq=False)
class RatedCategories:
    """Ratings as category codes.

    Attributes
    ----------
    points : ndarray
        The scale points, lowest first.
    ratee, rater, dimension, category : ndarray of int
        One entry a rating that was given.
    whole_scale : bool
        Whether the scale is declared; otherwise the points are those between the lowest and highest rating given.
    """

    points: Floats
    ratee: Ints
    rater: Ints
    dimension: Ints
    category: Ints
    whole_scale: bool

    def use(self, n_raters: int) -> CategoryUse:
        """Count the categories of each rater."""
        return category_use(self.ratee, self.rater, self.dimension, self.category, len(self.points), n_raters)


def ends(start: Panel, scale: tuple[float, float] | None) -> tuple[float, float] | None:
    """Lowest and highest score: those asked for, or declared with the ratings.

    Raises
    ------
    SettingsError, RatingsError
        If the scale is impossible, or ratings lie outside.
    """
    if scale is None:
        return start.table.scale
    if len(scale) != 2:
        raise SettingsError("E-SETTING", name="scale", value=scale, allowed="(lowest, highest)")
    return start.table.with_scale((float(scale[0]), float(scale[1]))).scale


def rated_categories(start: Panel, scale: tuple[float, float] | None) -> RatedCategories | None:
    """Read ratings as categories a point apart; None where scores lie between points or there are more than 20."""
    table = start.table
    given = ~np.isnan(table.score)
    score = table.score[given]
    declared = ends(start, scale)
    low, high = declared if declared is not None else (float(score.min()), float(score.max()))
    steps = score - low
    if high - low < 1 or high - low >= MOST_CATEGORIES or (steps != np.round(steps)).any() or (high - low) != round(high - low):
        return None
    codes = (table.ratee[given], table.rater[given], table.dimension[given])
    return RatedCategories(np.arange(low, high + 1), *codes, steps.astype(np.int64), declared is not None)


def category_table(start: Panel, rated: RatedCategories, use: CategoryUse) -> pd.DataFrame:
    """One row a rater: ratings, categories used, entropy, share of each point."""
    n = use.counts.sum(axis=1)
    data: dict[str, Floats | Ints] = {"n": n, "categories": np.full(len(n), len(rated.points)), "categories_used": use.used}
    data["entropy"] = use.entropy
    with np.errstate(invalid="ignore"):
        share = use.counts / n[:, None]
    frame = pd.DataFrame(data, index=start.rater_index())
    for k, point in enumerate(rated.points):
        frame[f"{point:g}"] = share[:, k]
    return frame
