"""Weights, thresholds and declared reliabilities of sources: checked, and brought to the sources a table has."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from rankkit.assessment import is_number
from rankkit.errors import PolicyError, Problem, RatingsError, SettingsError
from rankkit.kernels.arrays import Floats, Ints
from rankkit.methods.rating_scales import checked_weights
from rankkit.tables.ratings import SOURCES, Ratings

UNCOUNTED = ("self", "model")
"""Sources without a weight unless one is declared."""

SINGLE_RATER: Mapping[str, float] = MappingProxyType({"supervisor": 0.52, "peer": 0.37, "subordinate": 0.30})
"""Reliability of one rater: Viswesvaran, Ones & Schmidt (1996) for supervisors, Conway & Huffcutt (1997) for the others."""

OTHER_RATER = 0.30
"""Taken for sources of which nothing is published: as low as the lowest published figure."""


def checked_source_weights(weights: Any) -> dict[str, float]:
    """Check the weights of sources.

    Raises
    ------
    PolicyError
        If they are negative or do not sum to 1 or 100.
    SettingsError
        If a source is none of those known.

    Examples
    --------
    >>> checked_source_weights({"supervisor": 60, "peer": 40})
    {'supervisor': 60.0, 'peer': 40.0}
    """
    if not isinstance(weights, Mapping) or not weights:
        raise SettingsError("E-SETTING", name="weights", value=str(weights), allowed="{'source': weight, …}")
    _check_names("weights", weights)
    return checked_weights(weights)


def checked_counts(value: Any) -> dict[str, int] | int | None:
    """Check the least numbers of raters: one for all sources, or by source.

    Raises
    ------
    SettingsError
        For anything but whole numbers from 1.
    """
    if value is None:
        return None
    if isinstance(value, Mapping):
        _check_names("min_raters", value)
    for number in value.values() if isinstance(value, Mapping) else [value]:
        if isinstance(number, bool) or not isinstance(number, (int, np.integer)) or number < 1:
            raise SettingsError("E-SETTING", name="min_raters", value=number, allowed="1, 2, 3, … or {'source': number, …}")
    return {str(k): int(v) for k, v in value.items()} if isinstance(value, Mapping) else int(value)


def checked_reliability(value: Any) -> dict[str, float] | float | None:
    """Check declared single-rater reliabilities.

    Raises
    ------
    SettingsError
        For anything but numbers from 0 to below 1.
    """
    if value is None:
        return None
    if isinstance(value, Mapping):
        _check_names("reliability", value)
    for number in value.values() if isinstance(value, Mapping) else [value]:
        if not is_number(number) or not 0 <= number < 1:
            raise SettingsError("E-SETTING", name="reliability", value=number, allowed="0 up to, but not including, 1")
    return {str(k): float(v) for k, v in value.items()} if isinstance(value, Mapping) else float(value)


def _check_names(name: str, given: Mapping[Any, Any]) -> None:
    unknown = [s for s in given if s not in SOURCES]
    if unknown:
        raise SettingsError("E-SETTING", name=name, value=unknown, allowed=list(SOURCES))


def with_sources(table: Ratings) -> Ratings:
    """Raise unless every rating says which source it is of.

    Raises
    ------
    RatingsError
        Without the column, for blanks in it, for averages without raters, or for ratings of oneself under another source.
    """
    if table.averaged_over:
        raise RatingsError("E-NOSOURCERATERS")
    if not table.sources:
        raise RatingsError("E-COLS", missing="source", found=list(map(str, table.frame.columns)), example="'source': '…'")
    own = table.sources.index("self") if "self" in table.sources else -1
    places = {p: k for k, p in enumerate(table.people)}
    same = np.array([places.get(r, -2) for r in table.raters])[table.rater] == table.ratee
    wrong = np.flatnonzero(same & (table.source != own) & (table.source >= 0))
    if len(wrong):
        named = [(int(table.rows[k]), table.sources[table.source[k]], table.raters[table.rater[k]]) for k in wrong]
        raise RatingsError(
            [Problem("E-SELF", row, "source", source, {"rater": rater, "source": source}) for row, source, rater in named],
            source=table.source_name,
            n_rows=len(table),
        )
    blank = table.source < 0
    if blank.any():
        problems = [Problem("E-BLANK", int(row), "source") for row in table.rows[blank]]
        error = RatingsError(problems, source=table.source_name, n_rows=len(table))
        error.table = table.frame
        raise error
    return table


def weights_of_sources(table: Ratings, weights: Mapping[str, float] | None) -> Floats:
    """Weights of the sources in the data, summing to one; by default equal, without self and model.

    Raises
    ------
    PolicyError
        If sources with a weight are not in the data, or sources in the data have none.
    """
    rated = np.bincount(table.source[~np.isnan(table.score)], minlength=len(table.sources)) > 0
    if weights is None:
        counts = rated & np.array([s not in UNCOUNTED for s in table.sources])
        return counts / counts.sum() if counts.any() else np.zeros(len(table.sources))
    found = [s for s, r in zip(table.sources, rated, strict=True) if r]
    unknown = [s for s, w in weights.items() if w > 0 and s not in found]
    missing = [s for s in found if s not in weights and s not in UNCOUNTED]
    if missing or unknown:
        raise PolicyError("E-SOURCEWEIGHTS", missing=missing or "–", unknown=unknown or "–")
    w = np.array([weights.get(s, 0.0) for s in table.sources])
    return np.asarray(w / w.sum())


def least_raters(table: Ratings, value: Mapping[str, int] | int | None) -> Ints:
    """Raters each source must have: one unless declared; a single number does not bind supervisor and self, of whom there is one."""
    if isinstance(value, Mapping):
        return np.array([value.get(s, 1) for s in table.sources], dtype=np.int64)
    number = 1 if value is None else int(value)
    return np.array([1 if s in ("supervisor", "self") else number for s in table.sources], dtype=np.int64)


def declared_reliabilities(table: Ratings, value: Mapping[str, float] | float | None, self_reliability: float) -> Floats:
    """Single-rater reliability of each source where none can be estimated."""

    def of(source: str) -> float:
        if source == "self":
            return self_reliability
        if isinstance(value, Mapping):
            return float(value.get(source, SINGLE_RATER.get(source, OTHER_RATER)))
        return SINGLE_RATER.get(source, OTHER_RATER) if value is None else float(value)

    return np.array([of(s) for s in table.sources])
