"""Ratings folded into what marginal likelihoods need: one rater's ratings of one person are a cell, and cells repeat.

Given θ, the likelihood of a cell depends on the data only through *which* conditions were rated (its unit: rater and
set of dimensions) and the *sum* of the ratings. So tables over units × sums × quadrature nodes replace the ratings,
and a person is a sparse row that says which entries of the table to add up.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.rasch.rasch_design import RaschDesign

_SHARED_LIMIT = 40  # a facet of up to this many elements is treated as touching every unit


@dataclass(frozen=True, eq=False)
class Parameters:
    """Where each parameter stands in the vector ξ = (elements of facets 1, 2, …; free ψ; μ, log σ, ω).

    Attributes
    ----------
    offset : tuple of int
        First position of facets 1, 2, … .
    sizes : tuple of int
        Their numbers of elements.
    psi : ndarray of int, shape (G, K+1)
        Position of ψ of each category number of each threshold group; −1 where it is fixed at 0 or does not exist.
    size : int
        Positions of items: everything but μ, log σ and ω, which follow in this order.
    """

    offset: tuple[int, ...]
    sizes: tuple[int, ...]
    psi: Ints
    size: int

    @property
    def mu(self) -> int:
        """Position of the mean of θ."""
        return self.size

    @property
    def log_sigma(self) -> int:
        """Position of the logarithm of the standard deviation of θ."""
        return self.size + 1

    @property
    def omega(self) -> int:
        """Position of the standard deviation of the ratee × rater term."""
        return self.size + 2


@dataclass(frozen=True, eq=False)
class Cells:
    """Sufficient statistics of a design, and which entries of the tables each person adds up.

    Attributes
    ----------
    n : int
        People.
    element : ndarray of int, shape (C, F−1)
        Condition c: its element of each facet but the first; sorted by rater.
    group : ndarray of int, shape (C,)
        Threshold group of the condition.
    exists : ndarray of bool, shape (G, K+1)
        Categories of each threshold group.
    unit : sparse array (U, C)
        Weights of the conditions in each unit (rater and set of conditions); sorted by rater.
    row_unit, row_score : arrays, shape (R,)
        Unit and sum of ratings of each row of the tables, sorted.
    cell_person, cell_row : arrays of int, shape (cells,)
        Person and row of each person × rater cell, sorted by person.
    person_score : ndarray, shape (n,)
        Sum of ratings of each person.
    parameters : Parameters
        Positions of the parameters.
    observed : ndarray, shape (parameters.size,)
        Observed statistics: sum of ratings of each element, ratings in each free category.
    cell_size : ndarray, shape (cells,)
        Ratings (total weight) of each cell.
    cell_facet : int
        The facet of raters.
    """

    n: int
    element: Ints
    group: Ints
    exists: Floats
    unit: sparse.csr_array
    row_unit: Ints
    row_score: Floats
    cell_person: Ints
    cell_row: Ints
    person_score: Floats
    parameters: Parameters
    observed: Floats
    cell_size: Floats
    cell_facet: int

    @property
    def top(self) -> int:
        """Highest category number K."""
        return int(self.exists.shape[1]) - 1

    @cached_property
    def incidence(self) -> sparse.csr_array:
        """Rows of the tables that each person adds up, (n, R)."""
        return self._incidence(self.cell_row, len(self.row_unit))

    @cached_property
    def unit_incidence(self) -> sparse.csr_array:
        """Units of each person, (n, U)."""
        return self._incidence(self.row_unit[self.cell_row], self.unit.shape[0])

    def _incidence(self, column: Ints, width: int) -> sparse.csr_array:
        start = np.concatenate([[0], np.cumsum(np.bincount(self.cell_person, minlength=self.n))])
        return sparse.csr_array((np.ones(len(column)), column, start), shape=(self.n, width))

    @cached_property
    def row_start(self) -> Ints:
        """First row of each unit and the end, shape (U+1,)."""
        counts = np.bincount(self.row_unit, minlength=self.unit.shape[0])
        return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)

    @cached_property
    def by_unit(self) -> Cells:
        """The same cells with one row a unit: all that matters without a ratee × rater term."""
        n_units = self.unit.shape[0]
        fields = {**vars(self), "row_unit": np.arange(n_units), "row_score": np.zeros(n_units)}
        fields["cell_row"] = self.row_unit[self.cell_row]
        kept = {name: fields[name] for name in self.__dataclass_fields__}
        return Cells(**kept)

    @cached_property
    def touched(self) -> Touched:
        """Which parameters move which units."""
        return _touched(self)


@dataclass(frozen=True, eq=False)
class Touched:
    """Score functions of the units: position p of unit u is Σ_c w·E[x_c] or Σ_c w·P(x_c = k), of parameter index[u, p].

    The first ``own`` positions differ from unit to unit (the rater's), the others are the same parameter everywhere.

    Attributes
    ----------
    index : ndarray of int, shape (U, P)
        Parameter of each position; −1 where there is none.
    own : int
        Number of positions that belong to the unit.
    shared : ndarray of int, shape (P − own,)
        Parameters of the other positions.
    mean : sparse array (U·P, C)
        Weights of expected ratings.
    share : sparse array (U·P, C·(K+1))
        Weights of category probabilities.
    """

    index: Ints
    own: int
    shared: Ints
    mean: sparse.csr_array
    share: sparse.csr_array


def fold(design: RaschDesign, cell_facet: int = 1) -> Cells:
    """Fold the ratings of a design into cells.

    Parameters
    ----------
    design : RaschDesign
        N ratings; elements without ratings keep their place.
    cell_facet : int
        The facet of raters: ratings of one person by one of them form a cell.

    Returns
    -------
    Cells

    Examples
    --------
    >>> from rankkit.kernels.rasch.rasch_design import rasch_design
    >>> two_raters = rasch_design([[0, 0, 0, 1, 1], [0, 0, 1, 0, 0], [0, 1, 0, 0, 1]], [2, 2, 2], [1, 2, 3, 2, 1])
    >>> cells = fold(two_raters)
    >>> cells.row_unit, cells.row_score, cells.cell_row
    (array([0, 1]), array([1., 2.]), array([0, 1, 0]))
    """
    facets, n = design.facets, design.sizes[0]
    others = [cell_facet, *(f for f in range(1, len(facets)) if f != cell_facet)]
    key = facets[cell_facet]
    for f in [*others[1:], None]:
        key = key * (design.sizes[f] if f is not None else design.n_groups) + (facets[f] if f is not None else design.group)
    _, first, condition = np.unique(key, return_index=True, return_inverse=True)
    element = np.stack([facets[f][first] for f in range(1, len(facets))], axis=1)
    pair = facets[0] * design.sizes[cell_facet] + facets[cell_facet]
    pair_key, cell = np.unique(pair, return_inverse=True)
    unit_of_cell, unit = _units(cell, condition, design.weight, len(pair_key), len(first))
    score = np.round(np.bincount(cell, design.weight * design.x, minlength=len(pair_key)), 9)
    score_level, score_code = np.unique(score, return_inverse=True)
    row_key, cell_row = np.unique(unit_of_cell * len(score_level) + score_code, return_inverse=True)
    parameters, exists = _parameters(design)
    return Cells(
        n=n,
        element=element,
        group=design.group[first],
        exists=exists,
        unit=unit,
        row_unit=row_key // len(score_level),
        row_score=score_level[row_key % len(score_level)],
        cell_person=pair_key // design.sizes[cell_facet],
        cell_row=cell_row,
        person_score=np.bincount(facets[0], design.weight * design.x, minlength=n).astype(np.float64),
        parameters=parameters,
        observed=_observed(design, parameters),
        cell_size=np.bincount(cell, design.weight, minlength=len(pair_key)).astype(np.float64),
        cell_facet=cell_facet,
    )


def _units(cell: Ints, condition: Ints, weight: Floats, n_cells: int, n_conditions: int) -> tuple[Ints, sparse.csr_array]:
    """Cells with the same conditions and weights are of one unit; units sorted by their first condition."""
    table = sparse.csr_array(sparse.coo_array((weight, (cell, condition)), shape=(n_cells, n_conditions)))
    table.sum_duplicates()
    table.data = np.round(table.data, 12)
    level, weight_code = np.unique(table.data, return_inverse=True)
    token = table.indices.astype(np.int64) * len(level) + weight_code
    length = np.diff(table.indptr)
    name = token[table.indptr[:-1]].copy()  # every cell has at least one condition
    for t in range(1, int(length.max(initial=1))):
        longer = np.flatnonzero(length > t)
        known, code = np.unique(name, return_inverse=True)
        extra = np.zeros(n_cells, dtype=np.int64)
        extra[longer] = token[table.indptr[longer] + t] + 1
        name = code * (n_conditions * len(level) + 1) + extra
        if len(known) == n_cells:
            break
    _, first, unit_of_cell = np.unique(name, return_index=True, return_inverse=True)
    return unit_of_cell, sparse.csr_array(table[first, :])


def _parameters(design: RaschDesign) -> tuple[Parameters, Floats]:
    """Positions of severities, difficulties and free sums of thresholds."""
    sizes = design.sizes[1:]
    offset = np.concatenate([[0], np.cumsum(sizes)])
    psi = np.full((design.n_groups, len(design.categories)), -1, dtype=np.int64)
    exists = np.zeros(psi.shape)
    g, j = np.nonzero(design.used)
    k = design.score[g, j].astype(np.int64)
    exists[g, k] = 1.0
    free = (j > 0) & (j < design.n_slots[g] - 1)
    psi[g[free], k[free]] = offset[-1] + np.arange(free.sum())
    return Parameters(tuple(int(o) for o in offset[:-1]), sizes, psi, int(offset[-1] + free.sum())), exists


def _observed(design: RaschDesign, parameters: Parameters) -> Floats:
    """Sums of ratings by element, counts by free category."""
    observed = np.zeros(parameters.size)
    for f, (offset, size) in enumerate(zip(parameters.offset, parameters.sizes, strict=True), start=1):
        observed[offset : offset + size] = np.bincount(design.facets[f], design.weight * design.x, minlength=size)
    at = parameters.psi[design.group, design.x.astype(np.int64)]
    observed += np.bincount(at[at >= 0], design.weight[at >= 0], minlength=parameters.size)
    return observed


def _touched(cells: Cells) -> Touched:
    """List the parameters of each unit: the rater's own ones first, then those shared by all."""
    where, n_units = cells.parameters, cells.unit.shape[0]
    table = cells.unit.tocoo()
    u, c, w = table.row.astype(np.int64), table.col.astype(np.int64), table.data
    kinds = []  # (parameter, unit, column of E or of P, weight, is a probability)
    for f, offset in enumerate(where.offset):
        kinds.append((offset + cells.element[c, f], u, c, w, False))
    width = cells.top + 1
    for k in range(width):
        at = where.psi[cells.group[c], k]
        keep = at >= 0
        kinds.append((at[keep], u[keep], c[keep] * width + k, w[keep], True))
    shared = [
        offset + np.arange(size)
        for f, (offset, size) in enumerate(zip(where.offset, where.sizes, strict=True), start=1)
        if f != cells.cell_facet and size <= _SHARED_LIMIT
    ]
    if where.psi.shape[0] == 1 or (where.psi.shape[0] <= _SHARED_LIMIT and _psi_spans_raters(cells)):
        shared.append(np.sort(where.psi[where.psi >= 0]))
    common = np.concatenate([np.empty(0, dtype=np.int64), *shared]).astype(np.int64)
    position = np.full(where.size, -1, dtype=np.int64)
    position[common] = np.arange(len(common))
    parameter, unit = np.concatenate([k[0] for k in kinds]), np.concatenate([k[1] for k in kinds])
    mine = position[parameter] < 0
    pairs, inverse = np.unique(unit[mine] * where.size + parameter[mine], return_inverse=True)
    owner = pairs // where.size
    rank = np.arange(len(pairs)) - np.searchsorted(owner, owner)
    own = int(rank.max(initial=-1)) + 1
    index = np.full((n_units, own + len(common)), -1, dtype=np.int64)
    index[owner, rank] = pairs % where.size
    index[:, own:] = common
    place = np.empty(len(parameter), dtype=np.int64)
    place[mine] = rank[inverse]
    place[~mine] = own + position[parameter[~mine]]
    row = unit * index.shape[1] + place
    column, weight = np.concatenate([k[2] for k in kinds]), np.concatenate([k[3] for k in kinds])
    is_share = np.concatenate([np.full(len(k[0]), k[4]) for k in kinds])
    n_rows, n_conditions = n_units * index.shape[1], cells.unit.shape[1]
    parts = [
        sparse.csr_array(sparse.coo_array((weight[at], (row[at], column[at])), shape=(n_rows, columns)))
        for at, columns in ((~is_share, n_conditions), (is_share, n_conditions * width))
    ]
    return Touched(index, own, common, parts[0], parts[1])


def _psi_spans_raters(cells: Cells) -> bool:
    """Whether thresholds belong to something other than the rater."""
    rater = cells.element[:, cells.cell_facet - 1]
    return bool(np.any(np.bincount(np.unique(cells.group * (rater.max() + 1) + rater) // (rater.max() + 1)) > 1))
