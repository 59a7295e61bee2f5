"""Where each dimension stood on the form, rating by rating: one order for all, or several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rankkit.bias.panel import Panel
from rankkit.bias.rating_columns import has, number_column
from rankkit.errors import SettingsError
from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.rater_effects.rating_profiles import Profiles

_FEWEST = 8  # forms in one order from which correlations are taken


@dataclass(frozen=True, eq=False)
class FormOrders:
    """Orders of the dimensions on the form.

    Attributes
    ----------
    positions : ndarray, shape (F, D)
        One row an order.
    rows : tuple of F arrays of int
        Rows of the profiles that were filled in in that order.
    n_orders : int
        Orders met, those with fewer than eight forms included.
    """

    positions: Floats
    rows: tuple[Ints, ...]
    n_orders: int

    @property
    def closeness(self) -> Floats:
        """1/|pos_d − pos_d′|, shape (F, D, D)."""
        apart = np.abs(self.positions[:, :, None] - self.positions[:, None, :])
        return np.asarray(1 / np.where(apart > 0, apart, 1.0))

    @property
    def mean_closeness(self) -> Floats:
        """Closeness averaged over orders, each as often as it was used, shape (D, D)."""
        return np.asarray(np.average(self.closeness, axis=0, weights=[len(r) for r in self.rows]))


def form_orders(panel: Panel, data: Profiles, positions: Mapping[str, float] | Sequence[str] | None) -> FormOrders | None:
    """Find the orders, declared for all forms or kept in the column ``position``.

    Returns
    -------
    FormOrders or None
        ``None`` if nothing is known, or no order was used in eight complete forms.

    Raises
    ------
    SettingsError
        If ``positions`` does not hold each dimension once.
    RatingsError
        If the column holds something that is no number.
    """
    if positions is not None:
        return FormOrders(_declared(panel, positions)[None, :], (np.arange(len(data.rater)),), 1)
    if not has(panel.table, "position"):
        return None
    place = observed_positions(panel, data)
    known = np.flatnonzero(np.isfinite(place).all(axis=1) & (np.sort(place, axis=1)[:, 1:] > np.sort(place, axis=1)[:, :-1]).all(axis=1))
    ranks = np.argsort(np.argsort(place[known], axis=1), axis=1) + 1.0
    orders, which = np.unique(ranks, axis=0, return_inverse=True)
    used = [f for f in range(len(orders)) if np.count_nonzero(which == f) >= _FEWEST]
    if not used:
        return None
    return FormOrders(orders[used], tuple(known[which == f] for f in used), len(orders))


def _declared(panel: Panel, positions: Mapping[str, float] | Sequence[str]) -> Floats:
    """Positions of the dimensions as the user states them."""
    dimensions = panel.table.dimensions
    given = dict(positions) if isinstance(positions, Mapping) else {str(d): k + 1.0 for k, d in enumerate(positions)}
    try:
        place = np.array([float(given[d]) for d in dimensions])
    except (KeyError, TypeError, ValueError):
        place = np.full(len(dimensions), np.nan)
    if not np.isfinite(place).all() or len(np.unique(place)) < len(place):
        raise SettingsError("E-POSITIONS", found=list(map(str, given)), allowed=list(dimensions))
    return np.asarray(np.argsort(np.argsort(place)) + 1.0, dtype=np.float64)


def observed_positions(panel: Panel, data: Profiles) -> Floats:
    """Position of every dimension in each profile; of blanks, where the same rater filled in the dimension elsewhere."""
    table = panel.table
    value = number_column(table, "position")
    n, D = data.n, len(table.dimensions)
    place = np.full((len(data.rater), D), np.nan)
    key = data.rater * n + data.ratee
    own = table.rater * n + table.ratee
    at = np.searchsorted(key, own)
    here = np.isfinite(value) & (at < len(key))
    here[here] &= key[at[here]] == own[here]
    order = np.flatnonzero(here)[np.lexsort((-value[here],))]  # the first sitting's place where one was rated twice
    place[at[order], table.dimension[order]] = value[order]
    least = np.full((data.m, D), np.inf)
    most = np.full((data.m, D), -np.inf)
    np.minimum.at(least, data.rater, np.where(np.isnan(place), np.inf, place))
    np.maximum.at(most, data.rater, np.where(np.isnan(place), -np.inf, place))
    constant = np.where(least == most, least, np.nan)
    return np.where(np.isnan(place), constant[data.rater], place)
