"""Unshrunken measures of persons under a marginal Rasch model: Warm's weighted likelihood, or maximum likelihood.

Severities, thresholds and the ratee × rater term are as estimated. A cell of ratings counts as one observation of its
sum: the ratings in it depend on each other through the term that is integrated out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import sparse

from rankkit.errors import ConvergenceError
from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.rasch.rasch_cells import Cells
from rankkit.kernels.rasch.rasch_louis import Slopes
from rankkit.kernels.rasch.rasch_tables import posterior_means
from rankkit.kernels.rasch.rasch_unit_tables import Items, Piece, pieces

Estimator = Literal["wle", "ml"]
_POINTS = 8  # samples of a local polynomial
_BLOCK = 4_000_000  # numbers in a temporary array
_FINE = 0.4  # spacing of the grid times the number of categories: curves bend within 2π over that number
_EXTREME = 0.3  # score points by which an extreme total is moved inside for maximum likelihood
_LARGEST = 1e-280


@dataclass(frozen=True, eq=False)
class PersonMeasures:
    """Measures given the item parameters.

    Attributes
    ----------
    theta : ndarray, shape (n,)
        Logits; NaN for people without ratings that say anything.
    information : ndarray, shape (n,)
        Fisher information at the measure.
    slopes : Slopes
        Derivatives of the measures by the item parameters.
    """

    theta: Floats
    information: Floats
    slopes: Slopes


def measure_persons(cells: Cells, items: Items, n_z: int, eap: Floats, estimator: Estimator = "wle") -> PersonMeasures:
    r"""Solve each person's estimating equation.

    .. math:: \sum_{cells} \frac{\partial}{\partial\theta} \log f(s \mid \theta) + \frac{J(\theta)}{2 I(\theta)} = 0, \quad
        I = \sum \frac{f'^2}{f}, \quad J = \sum \frac{f' f''}{f}

    The second term is left out for maximum likelihood, and an extreme total moved .3 inside.

    Parameters
    ----------
    cells : Cells
        The design.
    items : Items
        Parameters.
    n_z : int
        Nodes for the ratee × rater term.
    eap : ndarray, shape (n,)
        Where to look first.
    estimator : {"wle", "ml"}
        Weighted likelihood (finite for everybody, bias of order 1/n² only) or maximum likelihood.

    Returns
    -------
    PersonMeasures

    Raises
    ------
    ConvergenceError
        If somebody's equation has no solution on a very wide grid.

    References
    ----------
    Warm (1989), Weighted likelihood estimation of ability in item response theory, Psychometrika 54, 427–450.
    """
    rated = np.diff(cells.incidence.indptr) > 0
    spacing = min(0.2, _FINE / (cells.top + 1))
    finite = items.psi[np.isfinite(items.psi)]
    reach = 4.0 + np.log(max(2.0, float(np.bincount(cells.cell_person, cells.cell_size, minlength=cells.n).max()) * cells.top))
    reach += float(np.abs(np.diff(finite)).max(initial=0.0)) + 3 * items.omega
    low, high = float(items.b.min()) - reach, float(items.b.max()) + reach
    for _ in range(8):
        theta = np.arange(low, high + spacing, spacing)
        found = _solve(cells, items, theta, n_z, eap, estimator)
        missed = rated & np.isnan(found.theta)
        if not missed.any():
            return found
        low, high = low - reach, high + reach
    raise ConvergenceError("E-CONV", iterations=8, gradient=float("nan"))


@dataclass(frozen=True, eq=False)
class _PersonTables:
    """Derivative of log f by θ of every row (without s), information and J of every unit, scores by parameters."""

    slope: Floats
    information: Floats
    third: Floats
    own: Floats
    shared: Floats


def _tabulate(cells: Cells, items: Items, theta: Floats, n_z: int) -> _PersonTables:
    n_rows, n_units, q = len(cells.row_unit), cells.unit.shape[0], len(theta)
    own, random = cells.touched.own, items.omega > 0
    slope, information, third = np.empty((n_rows, q)), np.empty((n_units, q)), np.empty((n_units, q))
    own_table = np.empty((n_rows, own, q))
    shared_table = np.empty((n_rows, len(cells.touched.shared) + random, q))
    for piece in pieces(cells, items, theta, n_z):
        at = piece.rows.start + piece.row[piece.real]
        f, m = piece.functions(cells), piece.total(cells, piece.curves.mean)
        if random:
            expected = np.einsum("usqg,uqg->usq", piece.pi, m)
            slope[at] = -expected[piece.real]
            f = posterior_means(piece.pi, f)[piece.real]
            along = np.matmul(piece.pi, piece.z) * piece.score[:, :, None] - np.einsum("usqg,uqg->usq", piece.pi, m * piece.z)
            shared_table[at, -1] = along[piece.real]
            information[piece.units], third[piece.units] = _cell_information(cells, items, piece, theta)
        else:
            slope[at] = -m[:, :, 0]
            information[piece.units] = piece.total(cells, piece.curves.variance)[:, :, 0]
            third[piece.units] = piece.total(cells, piece.curves.third)[:, :, 0]
        own_table[at], shared_table[at, : len(cells.touched.shared)] = f[:, :own], f[:, own:]
    return _PersonTables(slope, information, third, own_table, shared_table)


def _cell_information(cells: Cells, items: Items, piece: Piece, theta: Floats) -> tuple[Floats, Floats]:
    """I and J of each unit's sum of ratings, each condition counted once: Σ f'²/f and Σ f'f''/f over all sums."""
    information = np.empty((piece.units.stop - piece.units.start, len(theta)))
    third = np.empty_like(information)
    log_w = piece.log_weight
    gamma = items.omega * piece.z
    m, v = piece.total(cells, piece.curves.mean), piece.total(cells, piece.curves.variance)
    for k, unit in enumerate(range(piece.units.start, piece.units.stop)):
        inside = cells.unit.indices[cells.unit.indptr[unit] : cells.unit.indptr[unit + 1]].astype(np.int64)
        weight = cells.unit.data[cells.unit.indptr[unit] : cells.unit.indptr[unit + 1]]
        log_c = _ways(items, cells, inside)
        s = np.arange(len(log_c), dtype=np.float64)
        scale = weight.sum() / len(inside)
        log_l = piece.log_l[k] / scale if scale != 1 else piece.log_l[k]
        mean, variance = m[k] / scale, v[k] / scale
        joint = log_c[:, None, None] + s[:, None, None] * (theta[:, None] + gamma) - log_l + log_w
        np.exp(joint, out=joint)
        f = joint.sum(axis=2)
        residual = s[:, None, None] - mean
        first = np.einsum("sqg,sqg->sq", joint, residual)
        second = np.einsum("sqg,sqg->sq", joint, residual**2 - variance)
        f = np.maximum(f, _LARGEST)
        information[k] = scale * (first**2 / f).sum(axis=0)
        third[k] = scale * (first * second / f).sum(axis=0)
    return information, third


def _ways(items: Items, cells: Cells, inside: Ints) -> Floats:
    """Logarithm of Σ exp(−Σ(kb + ψ_k)) over all ratings of the unit's conditions with a given sum; by convolution."""
    b = items.b[inside]
    centre = b.mean()
    total, log_scale = np.ones(1), 0.0
    k = np.arange(cells.top + 1)
    for c, location in zip(inside, b, strict=True):
        total = np.convolve(total, np.exp(-items.psi[cells.group[c]] - k * (location - centre)))
        largest = total.max()
        total, log_scale = total / largest, log_scale + np.log(largest)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(total) + log_scale - np.arange(len(total)) * centre)


def _solve(cells: Cells, items: Items, theta: Floats, n_z: int, eap: Floats, estimator: Estimator) -> PersonMeasures:
    """One grid: tables, roots, slopes."""
    table = _tabulate(cells, items, theta, n_z)
    n, where = cells.n, cells.parameters
    size = where.size + 2 + (items.omega > 0)
    shared_index = np.r_[cells.touched.shared, np.full(int(items.omega > 0), where.omega)].astype(np.int64)
    measure, information = np.full(n, np.nan), np.full(n, np.nan)
    shared = np.zeros((n, len(shared_index)))
    own: list[sparse.csr_array] = []
    step = max(1, _BLOCK // (len(theta) * (4 + len(shared_index))))
    limit = (
        np.asarray(cells.unit_incidence @ (cells.unit @ _highest(cells))),
        np.asarray(cells.unit_incidence @ (cells.unit @ _lowest(cells))),
    )
    for start in range(0, n, step):
        people = slice(start, min(start + step, n))
        rows, units = cells.incidence[people], cells.unit_incidence[people]
        score = cells.person_score[people].copy()
        info = np.asarray(units @ table.information)
        if estimator == "ml":
            score = np.clip(score, limit[1][people] + _EXTREME, limit[0][people] - _EXTREME)
            lean = np.zeros_like(info)
        else:
            lean = np.asarray(units @ table.third) / np.maximum(2 * info, _LARGEST)
        equation = np.asarray(rows @ table.slope) + score[:, None] + lean
        at, weight, derivative = _roots(equation, theta, eap[people])
        ok = (at >= 0) & (np.diff(rows.indptr) > 0)
        base = np.where(ok, at, 0)[:, None] + np.arange(_POINTS)
        line = np.arange(len(base))[:, None]
        offset = (weight * theta[base]).sum(axis=1)
        measure[people] = np.where(ok, offset, np.nan)
        information[people] = np.where(ok, (weight * info[line, base]).sum(axis=1), np.nan)
        bend = np.where(ok, (derivative * equation[line, base]).sum(axis=1), -1.0)
        sums = np.asarray(rows @ table.shared.reshape(len(table.slope), -1)).reshape(len(base), -1, len(theta))
        taken = np.take_along_axis(sums, base[:, None, :], axis=2)
        shared[people] = np.where(ok[:, None], -(taken @ derivative[:, :, None])[:, :, 0] / bend[:, None], 0.0)
        own.append(_own_slopes(cells, table, people, base, np.where(ok[:, None], -derivative / bend[:, None], 0.0), size))
    stacked = sparse.csr_array(sparse.vstack(own, format="csr"))
    return PersonMeasures(measure, information, Slopes(stacked, shared, shared_index))


def _highest(cells: Cells) -> Floats:
    return np.asarray((cells.exists * np.arange(cells.top + 1)).max(axis=1)[cells.group])


def _lowest(cells: Cells) -> Floats:
    return np.asarray(np.argmax(cells.exists > 0, axis=1)[cells.group].astype(np.float64))


def _own_slopes(cells: Cells, table: _PersonTables, people: slice, base: Ints, weight: Floats, size: int) -> sparse.csr_array:
    """Derivatives by the parameters of units, (people, P)."""
    a, b = cells.incidence.indptr[people.start], cells.incidence.indptr[people.stop]
    row, person = cells.cell_row[a:b], cells.cell_person[a:b] - people.start
    index = cells.touched.index[cells.row_unit[row], : cells.touched.own]
    sample = table.own[row[:, None, None], np.arange(cells.touched.own)[:, None], base[person][:, None, :]]
    value = np.einsum("ckw,cw->ck", sample, weight[person])
    real = index >= 0
    line = np.broadcast_to(person[:, None], index.shape)
    return sparse.csr_array(sparse.coo_array((value[real], (line[real], index[real])), shape=(len(base), size)))


_OFFSETS = np.arange(_POINTS) - (_POINTS - 1) / 2
_TO_POWERS = np.linalg.inv(np.vander(_OFFSETS, increasing=True))  # samples -> coefficients of their polynomial


def _roots(equation: Floats, theta: Floats, near: Floats) -> tuple[Ints, Floats, Floats]:
    """Where each row falls through zero, nearest to ``near``: first sample (−1 = nowhere), weights of value and derivative."""
    falls = (equation[:, :-1] > 0) & (equation[:, 1:] <= 0)
    distance = np.where(falls, np.abs(theta[:-1] + (theta[1] - theta[0]) / 2 - near[:, None]), np.inf)
    j = distance.argmin(axis=1)
    found = falls[np.arange(len(j)), j]
    first = np.clip(j - (_POINTS // 2 - 1), 0, len(theta) - _POINTS)
    sample = equation[np.arange(len(j))[:, None], first[:, None] + np.arange(_POINTS)]
    power = sample @ _TO_POWERS.T
    left = j - first - (_POINTS - 1) / 2
    low, high = left.copy(), left + 1
    u = left + 0.5
    exponent = np.arange(_POINTS)
    for _ in range(12):  # Newton inside the bracket
        terms = u[:, None] ** exponent
        value = (power * terms).sum(axis=1)
        slope = (power[:, 1:] * exponent[1:] * terms[:, :-1]).sum(axis=1)
        low, high = np.where(value > 0, u, low), np.where(value > 0, high, u)
        new = u - value / np.where(slope < 0, slope, -1.0)
        u = np.where((slope < 0) & (new >= low) & (new <= high), new, (low + high) / 2)
    terms = u[:, None] ** exponent
    weight = terms @ _TO_POWERS
    derivative = (exponent[1:] * terms[:, :-1]) @ _TO_POWERS[1:] / (theta[1] - theta[0])
    return np.where(found, first, -1), weight, derivative
