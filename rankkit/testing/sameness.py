"""Whether two results say the same: number by number, person by person, in words if they do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd

from rankkit.kernels.arrays import Floats
from rankkit.kernels.ranking import tie_groups
from rankkit.result import Result

TOLERANCE = 1e-9
"""Share of the largest number: what summing in another order may change, and an iteration stopped one step apart."""

_UNIT = 1e-3
"""Columns with nothing larger are held to an absolute tolerance: what is left of zero after subtraction is rounding."""

_PERSON = ("ratee", "rater", "person", "left", "right", "winner", "loser", "first", "second", "third", "across")
_LABEL = ("label", "across_label", "rater_label")
_REAL = ("score", "se", "ci_low", "ci_high")
_EXACT = ("rank", "rank_low", "rank_high", "n_raters", "n_obs", "status")
_DRAWS = 64


def difference(a: Result, b: Result, names: Mapping[str, str] | None = None, *, tolerance: float = TOLERANCE) -> str:
    """Say the first thing in which two results differ; empty if they say the same.

    Parameters
    ----------
    a, b : Result
        The results.
    names : mapping, optional
        What ids of ``a`` are called in ``b``.
    tolerance : float
        Relative to the largest number of a column.
    """
    return next(chain(_differences(a, b, names or {}, tolerance)), "")


def _differences(a: Result, b: Result, names: Mapping[str, str], tolerance: float) -> Iterator[str]:
    theirs = [names.get(p, p) for p in a.people]
    if set(theirs) != set(b.people):
        yield f"people differ: {sorted(set(theirs) ^ set(b.people))[:6]}"
        return
    yield from _scores(a.scores, b.scores.loc[theirs], tolerance)
    for name in ("unit", "se_basis", "level", "df_difference", "joint_df"):
        x, y = getattr(a, name), getattr(b, name)
        if not (x == y or (isinstance(x, float) and _close(np.array([x]), np.array([y]), tolerance).all())):
            yield f"{name}: {x} and {y}"
    yield from _covariance(a, b, names, tolerance)
    yield from _draws(a, b, names, tolerance)
    if Counter(n.code for n in a.notes) != Counter(n.code for n in b.notes):
        yield f"messages: {[n.code for n in a.notes]} and {[n.code for n in b.notes]}"
    mine, other = a.tables(), b.tables()
    if list(mine) != list(other):
        yield f"tables: {list(mine)} and {list(other)}"
        return
    for table in mine:
        yield from (f"table {table}: {text}" for text in _frames(mine[table], other[table], names, tolerance))
    yield from (f"reliability: {text}" for text in _frames(a.reliability, b.reliability, names, tolerance))
    if list(a.parts) != list(b.parts):
        yield f"dimensions: {list(a.parts)} and {list(b.parts)}"
        return
    for dimension in a.parts:
        yield from (f"dimension {dimension}: {text}" for text in _differences(a.parts[dimension], b.parts[dimension], names, tolerance))


def _scores(a: pd.DataFrame, b: pd.DataFrame, tolerance: float) -> Iterator[str]:
    for column in _REAL:
        x, y = a[column].to_numpy(dtype=float), b[column].to_numpy(dtype=float)
        wrong = np.flatnonzero(~_close(x, y, tolerance))
        if len(wrong):
            k = wrong[0]
            yield f"{column} of {a.index[k]}: {x[k]!r} and {y[k]!r} ({len(wrong)} of {len(a)} people)"
    for column in _EXACT:
        same = [str(x) == str(y) for x, y in zip(a[column], b[column], strict=True)]
        if not all(same):
            k = same.index(False)
            yield f"{column} of {a.index[k]}: {a[column].iloc[k]} and {b[column].iloc[k]} ({same.count(False)} of {len(a)} people)"


def _covariance(a: Result, b: Result, names: Mapping[str, str], tolerance: float) -> Iterator[str]:
    for which in ("covariance", "joint_covariance"):
        x, y = getattr(a, which), getattr(b, which)
        if (x is None) != (y is None):
            yield f"one result has a {which}, the other none"
        elif x is not None:
            place = {p: k for k, p in enumerate(b.estimated_ids)}
            order = np.array([place[names.get(p, p)] for p in a.estimated_ids], dtype=np.int64)
            if not _close(x.dense(), y.take(order).dense(), tolerance).all():
                yield f"{which} differs"


def _draws(a: Result, b: Result, names: Mapping[str, str], tolerance: float) -> Iterator[str]:
    """Draws of people with the same score may change places among themselves when ids change."""
    if a.covariance is None or b.covariance is None:
        return
    place = {p: k for k, p in enumerate(b.estimated_ids)}
    x = a.draws(_DRAWS)
    y = b.draws(_DRAWS)[:, [place[names.get(p, p)] for p in a.estimated_ids]]
    if names:
        groups = tie_groups(a.estimate[~np.isnan(a.estimate)])
        x, y = _sorted_within(x, groups), _sorted_within(y, groups)
    # square roots of nearly equal matrices are less equal than the matrices
    if not _close(x, y, np.sqrt(tolerance)).all():
        yield f"draws differ by up to {np.abs(x - y).max():.3g}"


def _sorted_within(draws: Floats, groups: Any) -> Floats:
    """Sort each draw within groups of equal scores."""
    order = np.argsort(groups, kind="stable")
    out = draws[:, order].copy()
    edges = np.flatnonzero(np.diff(groups[order])) + 1
    for start, stop in zip([0, *edges], [*edges, len(order)], strict=True):
        out[:, start:stop] = np.sort(out[:, start:stop], axis=1)
    return out


def _frames(a: pd.DataFrame, b: pd.DataFrame, names: Mapping[str, str], tolerance: float) -> Iterator[str]:
    if list(a.columns) != list(b.columns) or len(a) != len(b):
        yield f"shape {a.shape} and {b.shape}"
        return
    a = _translated(a, names)
    if a.index.is_unique and b.index.is_unique:
        if set(a.index) != set(b.index):
            yield f"rows {sorted(map(str, set(a.index) ^ set(b.index)))[:6]} are in one only"
            return
        b = b.reindex(a.index)
    for column in a.columns:
        if pd.api.types.is_numeric_dtype(a[column].dtype) and pd.api.types.is_numeric_dtype(b[column].dtype):
            x, y = (f[column].to_numpy(dtype=float, na_value=np.nan) for f in (a, b))
            same = _close(x, y, tolerance)
        else:
            same = np.array([str(x) == str(y) for x, y in zip(a[column], b[column], strict=True)], dtype=bool)
        if not same.all():
            k = int(np.flatnonzero(~same)[0])
            yield f"{column} of {a.index[k]}: {a[column].iloc[k]} and {b[column].iloc[k]}"


def _translated(frame: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Put the other result's ids where ids and names stand."""
    out = frame.copy()
    for column in out.columns:
        if column in _PERSON or column in _LABEL:
            out[column] = [names.get(v, v) for v in out[column]]
    if any(n in _PERSON for n in out.index.names):
        levels = [
            [names.get(v, v) for v in out.index.get_level_values(k)] if n in _PERSON else list(out.index.get_level_values(k))
            for k, n in enumerate(out.index.names)
        ]
        out.index = (
            pd.Index(levels[0], name=out.index.names[0]) if len(levels) == 1 else pd.MultiIndex.from_arrays(levels, names=out.index.names)
        )
    return out


def _close(x: Floats, y: Floats, tolerance: float) -> Any:
    """Equal within the tolerance, or missing in both, or infinite in both."""
    finite = np.isfinite(x)
    size = max(float(np.abs(x[finite]).max()), _UNIT) if finite.any() else 1.0
    with np.errstate(invalid="ignore"):
        return (x == y) | (np.isnan(x) & np.isnan(y)) | (np.abs(x - y) <= tolerance * size)
