"""Measures of elements whose ratings are all at the top or all at the bottom, given everybody else's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from rankkit.errors import ConvergenceError
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.rasch.rasch_design import RaschDesign
from rankkit.kernels.rasch.rasch_information import Layout
from rankkit.kernels.rasch.rasch_model import expectations, location, sums
from rankkit.kernels.rasch.rasch_subsets import Finite

_TOLERANCE = 1e-9
_MOST_STEPS = 200


@dataclass(frozen=True, eq=False)
class Extremes:
    """What is known before extreme elements are placed."""

    finite: Finite
    measures: tuple[Floats, ...]
    se: tuple[Floats, ...]
    psi: Floats
    layout: Layout


@dataclass(frozen=True, eq=False)
class Placed:
    """Measures with those of extreme elements.

    Attributes
    ----------
    measures, se : tuple of arrays, one a facet
        NaN where nothing is known.
    rows : (people, information, C, C_absorbed)
        Of extreme people: codes, their information, and its cross terms with everything else and with the absorbed facet.
    """

    measures: tuple[Floats, ...]
    se: tuple[Floats, ...]
    rows: tuple[Ints, Floats, Any, Any]


def extended_psi(design: RaschDesign, active: RaschDesign, psi: Floats) -> tuple[Floats, Bools]:
    """Sums of thresholds in the slots of the whole design.

    A category that only extreme elements used has no threshold: in what follows it counts as the nearest that others used.

    Returns
    -------
    psi : ndarray, shape (G, J)
        NaN where there is no threshold.
    without : ndarray of bool, shape (G, J)
        Slots in use that have none.
    """
    if design is active:
        return psi.copy(), np.zeros(psi.shape, dtype=bool)
    known = np.full((design.n_groups, len(design.categories)), np.nan)
    at = np.nonzero(active.used)
    known[at[0], active.score[at].astype(np.int64)] = psi[at]
    out = np.full(design.score.shape, np.nan)
    there = np.nonzero(design.used)
    out[there] = known[there[0], design.score[there].astype(np.int64)]
    return out, design.used & np.isnan(out)


def nearest_kept(design: RaschDesign, psi: Floats) -> Floats:
    """Category number of each slot, or of the nearest slot with a threshold, shape (G, J); the lower of two."""
    out = design.score.copy()
    for group in np.flatnonzero((design.used & ~np.isfinite(psi)).any(axis=1) & np.isfinite(psi).any(axis=1)):
        kept = design.score[group][np.isfinite(psi[group])]
        used = design.used[group]
        away = np.abs(design.score[group, used][:, None] - kept)
        out[group, used] = kept[away.argmin(axis=1)]
    return out


def extreme_measures(design: RaschDesign, before: Extremes, adjustment: float) -> Placed:
    """Place extreme elements one layer after another, each by its ratings with elements that have a measure.

    An element solves Σ E(x) = the highest (or lowest) total less (more) the ``adjustment``. Where its ratings are in
    categories nobody else used, e categories beyond on average, the total is moved inside by adjustment/(1 + e) only, so that
    it stays above (below) those whose ratings are not. Elements met with unplaced ones only keep no measure.
    """
    measures, se = [m.copy() for m in before.measures], [s.copy() for s in before.se]
    psi = np.where(np.isnan(before.psi) & design.used, np.inf, before.psi)
    whole = np.isfinite(psi).sum(axis=1) > 1
    rows = _no_rows(before.layout)
    while True:
        placed = [~np.isnan(m) for m in measures]
        known = [p[codes] for p, codes in zip(placed, design.facets, strict=True)]
        found: list[tuple[int, Ints, Floats, Floats]] = []
        for f, extreme in enumerate(before.finite.extreme):
            others = np.all([k for g, k in enumerate(known) if g != f], axis=0) if len(known) > 1 else np.ones(len(design), dtype=bool)
            use = others & ~known[f] & (extreme != 0)[design.facets[f]] & whole[design.group]
            if not use.any():
                continue
            part = design.rows(use)
            codes, t, info = _solved(part, f, measures, psi, adjustment)
            found.append((f, codes, t, 1 / np.sqrt(info)))
            if f == 0:
                rows = _rows_of(rows, part, codes, t, info, measures, psi, before.layout)
        if not found:
            return Placed(tuple(measures), tuple(se), rows)
        for f, codes, t, error in found:
            measures[f][codes], se[f][codes] = t if f == 0 else -t, error


def _solved(part: RaschDesign, facet: int, measures: list[Floats], psi: Floats, adjustment: float) -> tuple[Ints, Floats, Floats]:
    """Codes, additive measures and information of the elements of one facet, all else known."""
    codes, own = np.unique(part.facets[facet], return_inverse=True)
    rest = location(part, tuple(np.zeros_like(m) if g == facet else m for g, m in enumerate(measures)))
    kept = nearest_kept(part, psi)[part.group, part.slot]
    total, n = sums(own, part.weight * kept, len(codes)), sums(own, part.weight, len(codes))
    inside = adjustment / (1 + sums(own, part.weight * np.abs(part.x - kept), len(codes)) / n)
    score = np.where(part.used & np.isfinite(psi), part.score, np.nan)[np.unique(part.group)]
    place = np.searchsorted(np.unique(part.group), part.group)
    low, high = np.nanmin(score, axis=1)[place], np.nanmax(score, axis=1)[place]
    least, most = sums(own, part.weight * low, len(codes)), sums(own, part.weight * high, len(codes))
    total = np.clip(total, least + inside, most - inside)
    t = np.zeros(len(codes))
    for _ in range(_MOST_STEPS):
        now = expectations(part, rest + t[own], psi)
        info = sums(own, part.weight * now.variance, len(codes))
        step = np.clip((total - sums(own, part.weight * now.mean, len(codes))) / np.maximum(info, 1e-300), -1.0, 1.0)
        t = t + step
        if float(np.abs(step).max()) < _TOLERANCE:
            return codes, t, info
    raise ConvergenceError("E-RASCHDRIFT", facet=facet, codes=codes.tolist(), who=codes.tolist())


def _no_rows(layout: Layout) -> tuple[Ints, Floats, Any, Any]:
    nothing = np.zeros(0)
    return nothing.astype(np.int64), nothing, np.zeros((0, layout.size)), np.zeros((0, layout.design.sizes[layout.absorbed]))


def _rows_of(
    rows: tuple[Ints, Floats, Any, Any],
    part: RaschDesign,
    codes: Ints,
    t: Floats,
    info: Floats,
    measures: list[Floats],
    psi: Floats,
    layout: Layout,
) -> tuple[Ints, Floats, Any, Any]:
    """Add rows of the information of extreme people: Σ V by the other elements, Σ P(s − E) by free thresholds."""
    own = np.searchsorted(codes, part.facets[0])
    rest = location(part, tuple(np.zeros_like(m) if g == 0 else m for g, m in enumerate(measures)))
    now = expectations(part, rest + t[own], psi)
    cross = np.zeros((len(codes), layout.size))
    absorbed = np.zeros((len(codes), layout.design.sizes[layout.absorbed]))
    for f in range(1, len(part.facets)):
        table = sparse.coo_array((part.weight * now.variance, (own, part.facets[f])), shape=(len(codes), part.sizes[f])).toarray()
        if f == layout.absorbed:
            absorbed += table
        else:
            cross[:, layout.offset[f] : layout.offset[f] + part.sizes[f]] += table
    for j in range(part.score.shape[1]):
        score = part.score[part.group, j]
        match = layout.design.score[part.group] == score[:, None]
        column = np.where(match, layout.psi_column[part.group], -1).max(axis=1)
        at = np.flatnonzero(column >= 0)
        np.add.at(cross, (own[at], column[at]), part.weight[at] * now.p[j, at] * (score[at] - now.mean[at]))
    order = np.argsort(np.concatenate([rows[0], codes]), kind="stable")
    joined = [np.concatenate([a, b])[order] for a, b in zip(rows, (codes, info, cross, absorbed), strict=True)]
    return joined[0], joined[1], joined[2], joined[3]
