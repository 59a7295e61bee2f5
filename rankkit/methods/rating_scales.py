"""Scales and weights of a rating form: checked, and brought to one unit where dimensions have scales of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from rankkit.errors import PolicyError, Problem, RatingsError, SettingsError
from rankkit.kernels.arrays import Floats
from rankkit.tables import score_checks
from rankkit.tables.ratings import Ratings

Scale = tuple[float, float]
Scales = Scale | dict[str, Scale] | None
_SUM_SLACK = 1e-9  # rounding when weights are added
_POMP = (0.0, 100.0)


def checked(scale: Any) -> Scales:
    """Check one scale, or one for each dimension.

    Raises
    ------
    SettingsError
        If a scale is impossible.
    """
    if not isinstance(scale, Mapping):
        return score_checks.possible(scale)
    out: dict[str, Scale] = {}
    for name, ends in scale.items():
        one = score_checks.possible(ends)
        if one is None:
            raise SettingsError("E-SETTING", name=f"scale of {name}", value=None, allowed="(lowest, highest)")
        out[str(name)] = one
    if not out:
        raise SettingsError("E-SETTING", name="scale", value="{}", allowed="{'dimension': (lowest, highest), …}")
    return out


def on_one_scale(table: Ratings, scale: Any) -> tuple[Ratings, list[Problem]]:
    """Check scores against their scale; where dimensions have scales of their own, turn them into percent of maximum possible.

    Raises
    ------
    RatingsError
        If scores lie outside.
    SettingsError
        If a dimension has no scale, or a scale no dimension.
    """
    if scale is None:
        return table, []
    if not isinstance(scale, Mapping):
        return (table, []) if scale == table.scale else (table.with_scale(scale), [])
    missing = [d for d in table.dimensions if d not in scale]
    unknown = [d for d in scale if d not in table.dimensions]
    if missing or unknown:
        raise SettingsError("E-SCALENAME", missing=missing or "–", unknown=unknown or "–")
    problems: list[Problem] = []
    score = table.score.copy()
    for code, name in enumerate(table.dimensions):
        low, high = scale[name]
        rows = table.dimension == code
        problems += score_checks.outside(table.score[rows], table.rows[rows], (low, high), "score")
        score[rows] = 100 * (table.score[rows] - low) / (high - low)
    if problems:
        error = RatingsError(problems, source=table.source_name, n_rows=len(table))
        error.table = table.frame
        raise error
    if len({tuple(scale[d]) for d in table.dimensions}) == 1:
        return table.with_scale(scale[table.dimensions[0]]), []
    return replace(table, score=score, scale=_POMP, notes=(*table.notes, Problem("I-POMP"))), [Problem("I-POMP")]


def in_pomp(table: Ratings) -> bool:
    """Whether the scores were turned into percent of maximum possible by :func:`on_one_scale`."""
    return any(note.code == "I-POMP" for note in table.notes)


def weights_for(table: Ratings, weights: Mapping[str, float] | None) -> Floats:
    """Weights of the dimensions in the data, summing to one; by default equal over those that anyone was rated on.

    Raises
    ------
    PolicyError
        If weights and dimensions do not have the same names.
    """
    dimensions = table.dimensions
    if weights is None:
        rated = np.bincount(table.dimension[~np.isnan(table.score)], minlength=len(dimensions)) > 0
        return rated / rated.sum() if rated.any() else np.full(len(dimensions), 1 / len(dimensions))
    missing = [d for d in dimensions if d not in weights]
    unknown = [d for d in weights if d not in dimensions]
    if missing or unknown:
        raise PolicyError("E-WEIGHTNAME", missing=missing or "–", unknown=unknown or "–")
    w = np.array([weights[d] for d in dimensions])
    return np.asarray(w / w.sum())


def checked_weights(weights: Mapping[str, float]) -> dict[str, float]:
    """Check weights: not negative, summing to 1 or 100.

    Raises
    ------
    PolicyError
        Naming the weight, or the sum.
    SettingsError
        If the weights are not named.
    """
    out: dict[str, float] = {}
    if not isinstance(weights, Mapping):
        raise SettingsError("E-SETTING", name="weights", value=str(weights), allowed="{'dimension': weight, …}")
    for name, value in weights.items():
        if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)) or not np.isfinite(value) or value < 0:
            raise PolicyError("E-WEIGHTNEG", name=name, value=value)
        out[str(name)] = float(value)
    total = sum(out.values())
    if not (abs(total - 1) < _SUM_SLACK or abs(total - 100) < 100 * _SUM_SLACK):
        raise PolicyError("E-WEIGHT", total=total)
    return out
