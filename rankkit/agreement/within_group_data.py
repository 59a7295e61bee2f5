"""Ratings as groups of raters of one person, and random answers to hold them against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from rankkit.errors import InsufficientDataError, RatingsError, SettingsError
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.reliability.within_group_nulls import NULLS, null_shares, null_variance, variance_of
from rankkit.kernels.reliability.within_group_tests import item_correlation, item_null
from rankkit.tables.ratings import Ratings
from rankkit.tables.score_checks import possible

_MOST_POINTS = 101
_BUDGET = 20_000_000  # random answers looked at for all patterns of who rated what together
_FEWEST = 2000  # draws left for each pattern where there are many


@dataclass(frozen=True, eq=False)
class NullAnswers:
    """Random answers: their variance, and the share of each answer where it is known."""

    name: str
    variance: float
    shares: Floats | None


@dataclass(frozen=True, eq=False)
class GroupedRatings:
    """One group a person × dimension (× column ``by``), one rating a rater.

    Attributes
    ----------
    group, rater : ndarray of int, shape (n,)
        Codes.
    score : ndarray, shape (n,)
        Score units.
    names : mapping
        What each group is: ``ratee``, ``dimension`` and the column ``by``.
    person, item : ndarray of int, shape (G,)
        Person (with ``by``) and dimension of each group.
    averaged : ndarray of bool, shape (G,)
        Whether some rating is a mean over occasions.
    scale : (float, float)
        Lowest and highest possible score.
    raw : ndarray
        Scores before averaging.
    """

    group: Ints
    rater: Ints
    score: Floats
    names: Mapping[str, list[str]]
    person: Ints
    item: Ints
    averaged: Bools
    scale: tuple[float, float]
    raw: Floats

    @property
    def n_groups(self) -> int:
        """G."""
        return len(self.person)

    def panels(self) -> Panels:
        """Groups of one person put together, dimensions as items."""
        first = np.unique(self.person, return_index=True)[1]
        names = {k: [v[i] for i in first] for k, v in self.names.items() if k != "dimension"}
        return Panels(self, names)


def grouped(
    ratings: Ratings | pd.DataFrame,
    scale: tuple[float, float] | None,
    by: str | None,
    dimension: str | None,
    *,
    need_scale: bool = True,
) -> GroupedRatings:
    """Read ratings as groups.

    Raises
    ------
    RatingsError, SettingsError, InsufficientDataError
        As :func:`rankkit.agreement.rwg`.
    """
    scale = possible(scale)
    table = ratings if isinstance(ratings, Ratings) else Ratings.from_frame(ratings, scale=scale)
    table = table.with_scale(scale) if scale is not None else table
    if table.scale is None and need_scale:
        raise SettingsError("E-NOSCALE")
    if table.averaged_over:
        raise InsufficientDataError("E-FEW", what="within-group agreement", needed=2, unit="raters", found="–")
    if "self" in table.sources and len(table.sources) > 1:
        table = table.where(table.source != table.sources.index("self"))
    if dimension is not None:
        if dimension not in table.dimensions:
            raise RatingsError("E-NOTPARTS", dimension=dimension, found=list(table.dimensions))
        table = table.where(table.dimension == table.dimensions.index(dimension))
    if by in ("ratee", "dimension", "rater"):
        raise SettingsError("E-SETTING", name="by", value=by, allowed="a column about the raters, such as 'source'")
    parts = {"": table} if by is None else table.split(by)
    people, dims, raters = table.people, table.dimensions, table.raters
    columns = []
    for code, part in enumerate(parts.values()):
        c = part.cells
        to_person, to_dim, to_rater = (
            np.searchsorted(np.array(every, dtype=object), np.array(own, dtype=object)).astype(np.int64)
            for every, own in ((people, part.people), (dims, part.dimensions), (raters, part.raters))
        )
        person = to_person[c.ratee]
        columns.append((np.full(len(person), code), person, to_dim[c.dimension], to_rater[c.rater], c.score, c.n))
    which, person, dim, rater, score, n = (np.concatenate([c[k] for c in columns]) for k in range(6))
    packed = (person * len(parts) + which) * len(dims) + dim
    keys, group = np.unique(packed, return_inverse=True)
    unit, item = np.divmod(keys, len(dims))
    who, source = np.divmod(unit, len(parts))
    names = {"ratee": [people[k] for k in who], "dimension": [dims[k] for k in item]}
    if by is not None:
        values = list(parts)
        names[by] = [values[k] for k in source]
    averaged = np.bincount(group, weights=n > 1, minlength=len(keys)) > 0
    place = np.unique(unit, return_inverse=True)[1].astype(np.int64)
    ends = table.scale if table.scale is not None else (float("nan"), float("nan"))
    raw = table.score[~np.isnan(table.score)]
    return GroupedRatings(group.astype(np.int64), rater, score, names, place, item, averaged, ends, raw)


def point_scale(data: GroupedRatings, step: float) -> int:
    """Answers the scale offers.

    Raises
    ------
    SettingsError
        If the step does not divide the scale.
    RatingsError
        If scores lie between the steps.
    """
    low, high = data.scale
    points = (high - low) / step + 1 if step > 0 else 0.0
    if abs(points - round(points)) > 1e-9 or not 2 <= round(points) <= _MOST_POINTS:
        raise SettingsError("E-SETTING", name="step", value=step, allowed=f"a number that divides the scale from {low:g} to {high:g}")
    away = (data.raw - low) / step
    off = np.abs(away - np.round(away)) > 1e-6
    if off.any():
        raise RatingsError("E-STEP", value=f"{data.raw[off].min():g}", step=f"{step:g}", low=f"{low:g}", high=f"{high:g}")
    return round(points)


def answer_nulls(nulls: Sequence[str] | Mapping[str, Sequence[float]], points: int, step: float) -> list[NullAnswers]:
    """Look the nulls up, or take them as given.

    Raises
    ------
    SettingsError
        For none at all, a name that is not known, shares that are none, or a null not published for this scale.
    """
    if isinstance(nulls, str):
        nulls = (nulls,)
    if len(nulls) == 0:
        raise SettingsError("E-SETTING", name="nulls", value=list(nulls), allowed=list(NULLS))
    if isinstance(nulls, Mapping):
        return [_given(name, shares, points, step) for name, shares in nulls.items()]
    out = []
    for name in dict.fromkeys(nulls):
        if name not in NULLS:
            raise SettingsError("E-SETTING", name="nulls", value=name, allowed=list(NULLS))
        variance = null_variance(name, points, step)
        out.append(NullAnswers(name, variance, null_shares(name, points)))
    if all(np.isnan(null.variance) for null in out):
        raise SettingsError("E-NONULL", null=[null.name for null in out], points=points)
    return out


def _given(name: str, shares: Sequence[float], points: int, step: float) -> NullAnswers:
    """Check the shares of answers a caller gave."""
    try:
        p = np.asarray(shares, dtype=np.float64)
    except (TypeError, ValueError):
        p = np.zeros(0)
    if p.shape != (points,) or not np.isfinite(p).all() or (p < 0).any() or abs(p.sum() - 1) > 1e-6 or not variance_of(p) > 0:
        allowed = f"{points} shares that add up to 1, lowest answer first, more than one of them above 0"
        raise SettingsError("E-SETTING", name=f"nulls[{name!r}]", value=list(np.atleast_1d(p)), allowed=allowed)
    return NullAnswers(str(name), variance_of(p, step), p)


class Panels:
    """All raters and dimensions of each person (× ``by``)."""

    def __init__(self, data: GroupedRatings, names: Mapping[str, list[str]]) -> None:
        self.data, self.names = data, dict(names)
        self.of_group = data.person
        n = len(self.names["ratee"])
        self.averaged: Bools = np.bincount(data.person, weights=data.averaged, minlength=n) > 0
        person = data.person[data.group]
        pairs = np.unique(person * (int(data.rater.max()) + 1) + data.rater)
        self.n_raters: Ints = np.bincount(pairs // (int(data.rater.max()) + 1), minlength=n)
        self.n_items = int(data.item.max()) + 1

    def item_correlation(self) -> float:
        """Correlation between items within raters."""
        d = self.data
        shape = (len(self.names["ratee"]), int(d.rater.max()) + 1, self.n_items)
        return item_correlation(d.person[d.group], d.rater, d.item[d.group], d.score, *shape)

    def patterns(self) -> dict[bytes, tuple[Bools, list[int]]]:
        """Who rated what, raters and items in no order: the pattern, and the people it is found with."""
        d = self.data
        person, item = d.person[d.group], d.item[d.group]
        order = np.lexsort((item, d.rater, person))
        person, item, rater = person[order], item[order], d.rater[order]
        out: dict[bytes, tuple[Bools, list[int]]] = {}
        seen: dict[bytes, Bools] = {}
        edges = np.flatnonzero(np.diff(person, prepend=-1))
        for start, end in zip(edges, np.append(edges[1:], len(person)), strict=True):
            rows = np.cumsum(np.diff(rater[start:end], prepend=rater[start]) != 0)
            rated = np.zeros((int(rows[-1]) + 1, self.n_items), dtype=np.bool_)
            rated[rows, item[start:end]] = True
            named = rated.tobytes()
            if named not in seen:
                seen[named] = _unnamed(rated)
            rated = seen[named]
            out.setdefault(rated.tobytes(), (rated, []))[1].append(int(person[start]))
        return out

    def p_values(self, variance: Floats, null: NullAnswers, correlation: float, step: float, draws: int, seed: int) -> Floats:
        """Chance that random answers reach as small a mean variance; NaN where it cannot be asked."""
        p = np.full(len(variance), np.nan)
        if null.shares is None:
            return p
        patterns = [x for x in self.patterns().values() if (x[0].sum(axis=0) >= 2).any() and not self.averaged[x[1]].all()]
        if not patterns:
            return p
        most = max(len(rated) for rated, _ in patterns)
        size = sum(rated.size for rated, _ in patterns)
        enough = max(min(draws, _BUDGET // size), min(draws, _FEWEST))
        answers = item_null(most, self.n_items, null.shares, correlation=correlation, step=step, draws=enough, seed=seed)
        for rated, people in patterns:
            chance = np.sort(answers.mean_variance(rated))
            asked = np.array([k for k in people if not self.averaged[k]], dtype=np.int64)
            reached = np.searchsorted(chance, variance[asked] * (1 + 1e-9) + 1e-9, side="right")
            p[asked] = (reached + 1) / (len(chance) + 1)
        return p


def _unnamed(rated: Bools) -> Bools:
    """Pattern of who rated what without names: rows and columns by how many they hold, and how many those hold, and so on."""
    held = rated.astype(np.float64)
    row, column = held.sum(axis=1), held.sum(axis=0)
    for _ in range(4):
        row, column = np.round(row + held @ np.cos(column), 9), np.round(column + np.sin(row) @ held, 9)
    rated = rated[:, np.lexsort((-column,))]
    column = -np.sort(-column)
    for _ in range(2):
        order = np.lexsort((*(~rated.T[::-1]), -row))
        rated, row = rated[order], row[order]
        rated = rated[:, np.lexsort((*(~rated[::-1]), -column))]
    return rated


def group_table(data: GroupedRatings, by: str | None) -> list[tuple[dict[str, Any], Ints, Floats]]:
    """Scores and people, apart for each dimension (and value of ``by``)."""
    dims = np.array(data.names["dimension"], dtype=object)
    which = np.array(data.names[by], dtype=object) if by is not None else np.full(data.n_groups, "", dtype=object)
    out = []
    for d, b in sorted(set(zip(dims.tolist(), which.tolist(), strict=True))):
        groups = (dims == d) & (which == b)
        keep = groups[data.group]
        out.append(({"dimension": d, **({by: b} if by is not None else {})}, data.person[data.group[keep]], data.score[keep]))
    return out
