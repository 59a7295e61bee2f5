"""Ratings as the Rasch kernels read them: codes of every facet, category codes without gaps, threshold groups, weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from rankkit.errors import IdentificationError
from rankkit.kernels.arrays import Bools, Floats, Ints

Gaps = Literal["merge", "refuse"]


@dataclass(frozen=True, eq=False)
class RaschDesign:
    r"""Observations of a many-facet Rasch model, with the categories each threshold group uses.

    .. math:: P(x = s_{gj}) \propto \exp\{s_{gj}\,\eta - \psi_{gj}\}, \qquad
        \eta = \theta_{i} - \beta_{r} - \delta_{d} - \dots

    ψ_gj = τ_g1 + … + τ_gj are sums of the Andrich thresholds of group g; τ sums to zero in every group, so ψ of the
    group's lowest and of its highest category are 0.

    Attributes
    ----------
    facets : tuple of int arrays, each of shape (N,)
        Codes of each observation: facet 0 is who is measured (θ, higher is better), the others make ratings harder
        (severity, difficulty).
    sizes : tuple of int
        Number of codes of each facet, those without observations included.
    slot : ndarray of int, shape (N,)
        Category of the observation as a position among the categories its threshold group uses.
    group : ndarray of int, shape (N,)
        Threshold group: 0 throughout for common thresholds, else the code of :attr:`threshold_facet`.
    weight : ndarray, shape (N,)
        How often the observation counts; repeated ratings of a cell count as one together.
    score : ndarray, shape (G, J)
        Category number 0…K of every slot of every group; NaN beyond the group's last.
    value : ndarray, shape (G, J)
        The same category as the form has it.
    n_slots : ndarray of int, shape (G,)
        Categories each group uses (0 = no observations).
    categories : ndarray, shape (K+1,)
        Values of the categories 0…K: those anybody used.
    unused : ndarray
        Whole numbers between the lowest and highest that nobody used; the numbering is closed up over them.
    threshold_facet : int or None
        Facet with thresholds of its own for each element (partial credit); None = common (rating scale).
    """

    facets: tuple[Ints, ...]
    sizes: tuple[int, ...]
    slot: Ints
    group: Ints
    weight: Floats
    score: Floats
    value: Floats
    n_slots: Ints
    categories: Floats
    unused: Floats
    threshold_facet: int | None

    def __len__(self) -> int:
        return len(self.slot)

    @property
    def n_groups(self) -> int:
        """Number of threshold groups."""
        return len(self.n_slots)

    @cached_property
    def x(self) -> Floats:
        """Category number 0…K of each observation, shape (N,)."""
        return self.score[self.group, self.slot]

    @cached_property
    def observed(self) -> Floats:
        """Rating of each observation as the form has it, shape (N,)."""
        return self.value[self.group, self.slot]

    @cached_property
    def used(self) -> Bools:
        """Which slots exist, shape (G, J)."""
        return ~np.isnan(self.score)

    def rows(self, keep: Bools) -> RaschDesign:
        """Return some observations of this design, everything else as it is."""
        facets = tuple(f[keep] for f in self.facets)
        return replace(self, facets=facets, slot=self.slot[keep], group=self.group[keep], weight=self.weight[keep])

    def where(self, keep: Bools) -> RaschDesign:
        """Return the design of some observations; groups keep the categories used there, codes and numbering stay."""
        if keep.all():
            return self
        facets = tuple(f[keep] for f in self.facets)
        code = self.x[keep].astype(np.int64)
        group = self.group[keep]
        slot, score, value, n_slots = _groups(code, group, self.n_groups, self.categories)
        weight = self.weight[keep]
        return replace(self, facets=facets, weight=weight, group=group, slot=slot, score=score, value=value, n_slots=n_slots)


def rasch_design(
    facets: Sequence[ArrayLike],
    sizes: Sequence[int],
    rating: ArrayLike,
    *,
    threshold_facet: int | None = None,
    weight: ArrayLike | None = None,
    gaps: Gaps = "merge",
) -> RaschDesign:
    """Number the categories and group them by thresholds.

    A category between two others that nobody used cannot have a threshold: the numbering is closed up over it
    (``merge``: 1, 2, 4, 5 become 0, 1, 2, 3), or the design is refused. A category that others use but one group does not
    keeps its number; it has probability 0 in that group, which is its maximum likelihood.

    Parameters
    ----------
    facets : sequence of int arrays, shape (N,)
        Codes, who is measured first.
    sizes : sequence of int
        Number of codes of each.
    rating : array of whole numbers, shape (N,)
        Ratings as the form has them.
    threshold_facet : int, optional
        Facet (from 1) whose elements have thresholds of their own.
    weight : array, shape (N,), optional
        How often each observation counts; 1 by default.
    gaps : {"merge", "refuse"}
        What to do about unused categories.

    Returns
    -------
    RaschDesign

    Raises
    ------
    IdentificationError
        ``E-RASCHGAP`` for an unused category with ``gaps="refuse"``; ``E-RASCHONE`` if only one category was used.

    References
    ----------
    Linacre (1994), Many-Facet Rasch Measurement. Masters (1982), A Rasch model for partial credit scoring.

    Examples
    --------
    >>> design = rasch_design([[0, 0, 1, 1], [0, 1, 0, 1]], [2, 2], [1, 2, 4, 4])
    >>> design.categories, design.unused, design.x
    (array([1., 2., 4.]), array([3.]), array([0., 1., 2., 2.]))
    """
    codes = tuple(np.asarray(f, dtype=np.int64) for f in facets)
    values = np.asarray(rating, dtype=np.float64)
    categories, code = np.unique(values, return_inverse=True)
    if len(categories) < 2:
        raise IdentificationError("E-RASCHONE", value=float(categories[0]) if len(categories) else "–")
    unused = np.setdiff1d(np.arange(categories[0], categories[-1] + 1), categories)
    if len(unused) and gaps == "refuse":
        raise IdentificationError("E-RASCHGAP", unused=[f"{v:g}" for v in unused])
    n_groups = 1 if threshold_facet is None else sizes[threshold_facet]
    group = np.zeros(len(values), dtype=np.int64) if threshold_facet is None else codes[threshold_facet]
    slot, score, value, n_slots = _groups(code.astype(np.int64), group, n_groups, categories)
    return RaschDesign(
        facets=codes,
        sizes=tuple(int(s) for s in sizes),
        slot=slot,
        score=score,
        value=value,
        n_slots=n_slots,
        group=group,
        weight=np.ones(len(values)) if weight is None else np.asarray(weight, dtype=np.float64),
        categories=categories,
        unused=unused,
        threshold_facet=threshold_facet,
    )


def _groups(code: Ints, group: Ints, n_groups: int, categories: Floats) -> tuple[Ints, Floats, Floats, Ints]:
    """Slot of each observation, and each group's categories: numbers, values and how many."""
    width = len(categories)
    seen = np.bincount(group * width + code, minlength=n_groups * width).reshape(n_groups, width) > 0
    n_slots = seen.sum(axis=1)
    position = np.cumsum(seen, axis=1) - 1
    score = np.full((n_groups, max(int(n_slots.max(initial=0)), 1)), np.nan)
    g, k = np.nonzero(seen)
    score[g, position[g, k]] = k
    value = np.full(score.shape, np.nan)
    value[g, position[g, k]] = categories[k]
    return position[group, code], score, value, n_slots.astype(np.int64)
