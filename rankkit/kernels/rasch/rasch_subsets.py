"""Which differences a many-facet design can tell: disjoint subsets, elements without finite measures, what to hold fixed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import linalg, sparse
from scipy.sparse import csgraph

from rankkit.errors import IdentificationError
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.rasch.rasch_design import RaschDesign

_NULL = 1e-9  # eigenvalue, relative to the largest, below which a direction changes no observation
_SAME = 1e-7  # difference of coordinates in null directions that is rounding
_LARGEST_TABLE = 1500  # groups of elements left after linking, beyond which their table is not examined
_MOST_DIRECTIONS = 300
_DENSE_CODES = 5_000_000  # packed codes up to which a graph over them is built without renumbering


@dataclass(frozen=True, eq=False)
class Subsets:
    """What the design links.

    Attributes
    ----------
    label : tuple of int arrays, one a facet, shape (size,)
        Subset of each element; differences are estimable inside a subset only. Numbered by size, 0 the largest (then by
        observations, then by the lowest code); −1 = no observations.
    group : tuple of int arrays
        Elements linked one by one, from which the subsets were made.
    rows : ndarray of int, shape (R, facets)
        Distinct combinations of these groups.
    """

    label: tuple[Ints, ...]
    group: tuple[Ints, ...]
    rows: Ints

    @property
    def linked(self) -> bool:
        """Whether all differences inside every facet are estimable."""
        return all(int(x.max(initial=0)) == 0 for x in self.label)

    @cached_property
    def null(self) -> tuple[Floats, ...]:
        """Directions in which measures can move without changing any observation.

        One array a facet, shape (size, d), 0 for elements without observations; d = facets − 1 where all is linked.

        Raises
        ------
        IdentificationError
            ``E-RASCHSPARSE`` if there are hundreds of them.
        """
        parts = null_space(self.rows)
        if parts[0].shape[1] > _MOST_DIRECTIONS:
            raise IdentificationError("E-RASCHSPARSE", n=parts[0].shape[1])
        return tuple(
            np.where(x[:, None] >= 0, part[np.minimum(g, len(part) - 1)], 0.0)
            for x, g, part in zip(self.label, self.group, parts, strict=True)
        )


def subsets(facets: Sequence[Ints], sizes: Sequence[int]) -> Subsets:
    r"""Find out which differences of elements are estimable.

    Two elements of a facet are linked if they were met with elements of every other facet that are the same, or linked
    themselves; this is repeated until nothing changes (a graph search with two facets). What is left is settled by the
    null space of the table of linked groups, so that designs tied together by longer cycles are recognised too.

    Parameters
    ----------
    facets : sequence of int arrays, shape (N,)
        Codes of each observation.
    sizes : sequence of int
        Number of codes of each facet.

    Returns
    -------
    Subsets

    Raises
    ------
    IdentificationError
        ``E-RASCHSPARSE`` if thousands of groups stay unlinked but intertwined.

    References
    ----------
    Weeks & Williams (1964), A note on the determination of connectedness in an N-way cross classification,
    Technometrics 6, 319–324. Linacre (1994), Many-Facet Rasch Measurement (disjoint subsets).

    Examples
    --------
    >>> found = subsets([np.array([0, 1, 2, 3]), np.array([0, 0, 1, 1])], [4, 2])
    >>> [x.tolist() for x in found.label], found.linked
    ([[0, 0, 1, 1], [0, 1]], False)
    """
    group = [np.arange(size) for size in sizes]
    count = list(sizes)
    changed = len(sizes) > 1
    while changed:
        changed = False
        for f in range(len(sizes)):
            others = _packed([group[g][facets[g]] for g in range(len(sizes)) if g != f])
            merged, n = _merge(group[f][facets[f]], count[f], others)
            if n < count[f]:
                group[f], count[f], changed = merged[group[f]], n, True
    rows = _distinct(np.column_stack([group[f][facets[f]] for f in range(len(sizes))]))
    where = [np.arange(n) for n in count]
    if len(sizes) > 2:  # with two facets the graph search has settled it
        for f, place in enumerate(_places(rows, count)):
            where[f] = place
    seen = [np.bincount(facets[f], minlength=sizes[f]) for f in range(len(sizes))]
    return Subsets(tuple(_numbered(where[f][group[f]], seen[f]) for f in range(len(sizes))), tuple(group), rows)


def _distinct(rows: Ints) -> Ints:
    """Distinct rows, by one packed code."""
    code = _packed(list(rows.T))
    return rows[np.unique(code, return_index=True)[1]]


def _packed(columns: list[Ints]) -> Ints:
    """One code for each combination."""
    code = columns[0]
    for column in columns[1:]:
        width = int(column.max(initial=0)) + 1
        if int(code.max(initial=0)) > np.iinfo(np.int64).max // (2 * width):
            code = np.unique(code, return_inverse=True)[1]
        code = code * width + column
    return np.asarray(code, dtype=np.int64)


def _merge(own: Ints, n: int, others: Ints) -> tuple[Ints, int]:
    """New labels of n groups, joined where they met the same others."""
    width = int(others.max(initial=0)) + 1
    if width > _DENSE_CODES:
        others = np.unique(others, return_inverse=True)[1]
        width = int(others.max(initial=0)) + 1
    graph = sparse.coo_array((np.ones(len(own), dtype=np.int8), (own, n + others)), shape=(n + width, n + width)).tocsr()
    _, component = csgraph.connected_components(graph, directed=False)
    _, label = np.unique(component[:n], return_inverse=True)
    return label.astype(np.int64), int(label.max(initial=-1)) + 1


def _places(rows: Ints, count: list[int]) -> list[Ints]:
    """Which groups move alike in all null directions: equal numbers, one array a facet."""
    offset = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    total = int(offset[-1])
    nodes = rows + offset[:-1]
    left, right = np.repeat(nodes[:, 0], rows.shape[1] - 1), nodes[:, 1:].ravel()
    graph = sparse.coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(total, total)).tocsr()
    n_blocks, block = csgraph.connected_components(graph, directed=False)
    place = np.arange(total)
    knots = np.bincount(block, minlength=n_blocks)
    for b in np.flatnonzero(knots > rows.shape[1]):  # a block with one group a facet is settled
        own = np.flatnonzero(block[nodes[:, 0]] == b)
        for f, part in enumerate(null_space(rows[own])):
            at = np.unique(rows[own, f])
            place[offset[f] + at] = offset[f] + at[_alike(part[at])]
    return [place[offset[f] : offset[f + 1]] for f in range(rows.shape[1])]


def _alike(coordinates: Floats) -> Ints:
    """First of those with the same coordinates, each compared along one direction of no special meaning."""
    direction = np.cos(1.0 + np.arange(coordinates.shape[1]) ** 2)
    value = coordinates @ direction
    order = np.argsort(value, kind="stable")
    start = np.flatnonzero(np.diff(value[order], prepend=-np.inf) > _SAME)
    run = np.repeat(np.arange(len(start)), np.diff(np.append(start, len(order))))
    first = np.minimum.reduceat(order, start)
    out = np.empty(len(order), dtype=np.int64)
    out[order] = first[run]
    return out


def null_space(rows: Ints) -> list[Floats]:
    """Null directions of a table of combinations: one array a facet, shape (groups, d), 0 for groups that are not in it."""
    counts = rows.max(axis=0) + 1
    offset = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    nodes = rows + offset[:-1]
    present, index = np.unique(nodes, return_inverse=True)
    index = index.reshape(rows.shape)
    if len(present) > _LARGEST_TABLE:
        raise IdentificationError("E-RASCHSPARSE", n=len(present))
    table = np.zeros((len(present), len(present)))
    for f in range(rows.shape[1]):
        for g in range(rows.shape[1]):
            np.add.at(table, (index[:, f], index[:, g]), 1.0)
    value, vector = linalg.eigh(table)
    basis = np.zeros((int(offset[-1]), int((value < _NULL * max(value[-1], 1.0)).sum())))
    basis[present] = vector[:, : basis.shape[1]]
    return [basis[offset[f] : offset[f + 1]] for f in range(rows.shape[1])]


def _numbered(place: Ints, seen: Ints) -> Ints:
    """Subsets of one facet, larger ones first; −1 for elements that were not seen."""
    label = np.full(len(seen), -1, dtype=np.int64)
    at = np.flatnonzero(seen > 0)
    if not len(at):
        return label
    _, lowest, group = np.unique(place[at], return_index=True, return_inverse=True)
    size, ratings = np.bincount(group), np.bincount(group, seen[at])
    rank = np.empty(len(size), dtype=np.int64)
    rank[np.lexsort((lowest, -ratings, -size))] = np.arange(len(size))
    label[at] = rank[group]
    return label


@dataclass(frozen=True, eq=False)
class Finite:
    """Observations that determine measures, and elements beyond any finite measure.

    Attributes
    ----------
    active : ndarray of bool, shape (N,)
        Observations without an extreme element.
    extreme : tuple of int arrays, one a facet
        +1 every rating of the element is at the top, −1 at the bottom, 0 neither (or no ratings). Signs are of ratings: a
        rater with +1 is as lenient as can be.
    uninformative : tuple of bool arrays, one a facet
        Elements whose own threshold group has one category only: both at the top and at the bottom.
    """

    active: Bools
    extreme: tuple[Ints, ...]
    uninformative: tuple[Bools, ...]


def finite_elements(design: RaschDesign) -> Finite:
    """Set aside elements whose ratings are all at the top or all at the bottom, and again, until none is left.

    Their maximum likelihood measure is infinite and their ratings say nothing about anyone else. Without them others may
    become extreme, and categories only they had been given fall away.

    Parameters
    ----------
    design : RaschDesign

    Returns
    -------
    Finite

    Examples
    --------
    >>> from rankkit.kernels.rasch.rasch_design import rasch_design
    >>> design = rasch_design([[0, 0, 1, 1, 2, 2], [0, 1, 0, 1, 0, 1]], [3, 2], [3, 3, 1, 2, 2, 1])
    >>> finite_elements(design).extreme[0].tolist()
    [1, 0, 0]
    """
    active = np.ones(len(design), dtype=bool)
    extreme = tuple(np.zeros(size, dtype=np.int64) for size in design.sizes)
    nothing = tuple(np.zeros(size, dtype=bool) for size in design.sizes)
    while active.any():
        now = design.where(active)
        top, bottom = now.slot == now.n_slots[now.group] - 1, now.slot == 0
        out = np.zeros(len(now), dtype=bool)
        for f, size in enumerate(design.sizes):
            n = np.bincount(now.facets[f], minlength=size)
            high = (np.bincount(now.facets[f], top, minlength=size) == n) & (n > 0)
            low = (np.bincount(now.facets[f], bottom, minlength=size) == n) & (n > 0)
            extreme[f][high & ~low], extreme[f][low & ~high] = 1, -1
            nothing[f][high & low] = True
            out |= (high | low)[now.facets[f]]
        if not out.any():
            break
        active[np.flatnonzero(active)[out]] = False
    return Finite(active, extreme, nothing)
