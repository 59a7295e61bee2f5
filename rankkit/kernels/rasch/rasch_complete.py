"""Information a marginal Rasch likelihood would have if θ were known (what θ hides is taken off elsewhere).

The ratee × rater term stays integrated out: E[−∂² | z] − Cov(score | z) under the posterior of z of each row.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.rasch.rasch_cells import Cells
from rankkit.kernels.rasch.rasch_tables import posterior_means
from rankkit.kernels.rasch.rasch_unit_tables import Items, Piece, pieces


class _Triplets:
    """Entries of a symmetric matrix, added up at the end."""

    def __init__(self, size: int) -> None:
        self.total = sparse.csr_array((size, size))
        self.size = size

    def add(self, row: Ints, column: Ints, value: Floats) -> None:
        """Add entries; rows or columns of −1 are left out."""
        row, column, value = np.broadcast_arrays(row, column, value)
        keep = (row >= 0) & (column >= 0) & (value != 0)
        entries = sparse.coo_array((value[keep], (row[keep], column[keep])), shape=(self.size, self.size))
        self.total = self.total + sparse.csr_array(entries)

    def add_both(self, row: Ints, column: Ints, value: Floats) -> None:
        """Add entries and their mirror images."""
        self.add(row, column, value)
        self.add(column, row, value)


def expected_scores(cells: Cells, items: Items, theta: Floats, n_z: int, row_weight: Floats) -> tuple[Floats, sparse.csr_array]:
    """Gradient part and information of the items' parameters, given how often each row sits at each node.

    Parameters
    ----------
    cells : Cells
        The design.
    items : Items
        Parameters.
    theta : ndarray, shape (Q,)
        Grid.
    n_z : int
        Nodes of z.
    row_weight : ndarray, shape (R, Q)
        Expected number of cells of each row at each node.

    Returns
    -------
    score : ndarray, shape (P,)
        Σ E[x] and Σ P(x = k) of each parameter, and the derivative by ω; μ and log σ are 0.
    information : sparse array, shape (P, P)
        Of the same.
    """
    random = items.omega > 0
    where, touched = cells.parameters, cells.touched
    size = where.size + 2 + random
    score, triplets = np.zeros(size), _Triplets(size)
    for piece in pieces(cells, items, theta, n_z):
        weight = np.where(piece.real[:, :, None], row_weight[piece.rows][piece.row], 0.0)
        n_units = len(weight)
        omega_weight = np.einsum("usq,usqg->uqg", weight, piece.pi)
        part = cells.unit[piece.units, piece.conditions]
        at_condition = np.asarray(part.T @ omega_weight.reshape(n_units, -1))
        psi_index = where.psi[cells.group[piece.conditions]]
        elements = cells.element[piece.conditions] + np.array(where.offset)
        p, mean = piece.curves.p, piece.curves.mean
        top = np.arange(len(p), dtype=np.float64)
        expected = np.einsum("cn,cn->c", at_condition, mean)
        share = np.einsum("cn,kcn->ck", at_condition, p)
        for f in range(elements.shape[1]):
            score += np.bincount(elements[:, f], expected, minlength=size)
        score += np.bincount(psi_index[psi_index >= 0], share[psi_index >= 0], minlength=size)
        variance = np.einsum("cn,cn->c", at_condition, piece.curves.variance)
        triplets.add(elements[:, :, None], elements[:, None, :], variance[:, None, None])
        if np.any(psi_index >= 0):
            weighted = at_condition * p
            with_score = top * share - np.einsum("kcn,cn->ck", weighted, mean)
            triplets.add_both(elements[:, :, None], psi_index[:, None, :], with_score[:, None, :])
            both = -np.matmul(weighted.transpose(1, 0, 2), p.transpose(1, 2, 0))
            both[:, np.arange(len(p)), np.arange(len(p))] += share
            triplets.add(psi_index[:, :, None], psi_index[:, None, :], both)
        if not random:
            continue
        z_weight = np.asarray(part.T @ (omega_weight * piece.z).reshape(n_units, -1))
        omega = np.array(where.omega)
        along = np.einsum("cn,cn->c", z_weight, piece.curves.variance)
        triplets.add_both(elements, omega, -along[:, None])
        along_psi = top * np.einsum("cn,kcn->ck", z_weight, p) - np.einsum("cn,kcn,cn->ck", z_weight, p, mean)
        triplets.add_both(psi_index, omega, -along_psi)
        spread = piece.total(cells, piece.curves.variance)
        triplets.add(omega, omega, np.array(np.einsum("uqg,uqg->", omega_weight * piece.z**2, spread)))
        slope, taken = _within_rows(cells, piece, weight, omega_weight)
        score[where.omega] += slope
        index = np.concatenate([touched.index[piece.units], np.full((n_units, 1), where.omega)], axis=1)
        triplets.add(index[:, :, None], index[:, None, :], -taken)
    return score, triplets.total


def _within_rows(cells: Cells, piece: Piece, weight: Floats, omega_weight: Floats) -> tuple[float, Floats]:
    """Derivative by ω, and Σ weight · Cov(score | row, θ) of each unit, positions of Touched and then ω."""
    units, q, g = omega_weight.shape
    f = piece.functions(cells)
    m = piece.total(cells, piece.curves.mean)
    z = piece.z
    averaged = posterior_means(piece.pi, f)  # (units, S, P, Q)
    z_mean = np.matmul(piece.pi, z)
    slope = z_mean * piece.score[:, :, None] - np.einsum("usqg,uqg->usq", piece.pi, m * z)
    means = np.concatenate([averaged, slope[:, :, None, :]], axis=2).transpose(0, 2, 1, 3).reshape(units, f.shape[1] + 1, -1)
    between = (means * weight.reshape(units, 1, -1)) @ means.transpose(0, 2, 1)
    first = np.einsum("usq,us,usqg->uqg", weight, piece.score, piece.pi)
    second = np.einsum("usq,us,usqg->uqg", weight, piece.score**2, piece.pi)
    flat = omega_weight.reshape(units, 1, q * g)
    within = np.empty_like(between)
    within[:, :-1, :-1] = (f * flat) @ f.transpose(0, 2, 1)
    along = ((first - omega_weight * m) * z).reshape(units, 1, q * g)
    within[:, :-1, -1] = within[:, -1, :-1] = (f * along).sum(axis=2)
    within[:, -1, -1] = np.einsum("uqg->u", (second - 2 * first * m + omega_weight * m**2) * z**2)
    return float((slope * weight).sum()), within - between
