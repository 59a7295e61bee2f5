"""Likelihood of every possible cell of ratings over a grid of θ, the ratee × rater term integrated out.

For a unit u (conditions c with weights w) and a sum of ratings s, with γ = ωz, z ~ N(0, 1):

    f(s | θ) ∝ e^{sθ} ∫ φ(z) exp{sωz − L_u(θ + ωz)} dz,    L_u(ψ) = Σ_c w_c log Z_c(ψ)

by Gauss–Hermite quadrature over z. Without the term there is one node, z = 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.rasch.rasch_cells import Cells
from rankkit.kernels.rasch.rasch_quadrature import normal_nodes

_BLOCK = 1_500_000  # numbers in a temporary array
_SAFE = 600.0  # exponents below this neither overflow nor lose anything


@dataclass(frozen=True, eq=False)
class Items:
    """Item parameters: location b_c = Σ β of each condition, ψ by category number, and ω.

    Attributes
    ----------
    b : ndarray, shape (C,)
        Severity plus difficulties, in logits.
    psi : ndarray, shape (G, K+1)
        Sums of thresholds; +inf where a category does not exist.
    omega : float
        Standard deviation of the ratee × rater term.
    """

    b: Floats
    psi: Floats
    omega: float

    @classmethod
    def of(cls, cells: Cells, xi: Floats) -> Items:
        """Read the parameter vector."""
        where = cells.parameters
        b = np.zeros(len(cells.element))
        for f, offset in enumerate(where.offset):
            b += xi[offset + cells.element[:, f]]
        psi = np.where(where.psi >= 0, xi[np.maximum(where.psi, 0)], 0.0) if where.size else np.zeros(where.psi.shape)
        return cls(b, np.where(cells.exists > 0, psi, np.inf), float(xi[where.omega]))


@dataclass(frozen=True, eq=False)
class Curves:
    """Category probabilities of some conditions at some locations: arrays (K+1, C, nodes) and (C, nodes)."""

    p: Floats
    log_z: Floats

    @cached_property
    def mean(self) -> Floats:
        """E[x]."""
        return np.tensordot(np.arange(len(self.p), dtype=np.float64), self.p, axes=1)

    @cached_property
    def variance(self) -> Floats:
        """Var[x]."""
        return np.tensordot(np.arange(len(self.p), dtype=np.float64) ** 2, self.p, axes=1) - self.mean**2

    @cached_property
    def third(self) -> Floats:
        """E[(x − E[x])³]."""
        cube = np.tensordot(np.arange(len(self.p), dtype=np.float64) ** 3, self.p, axes=1)
        return np.asarray(cube - 3 * self.mean * self.variance - self.mean**3)


def curves(location: Floats, psi: Floats, nodes: Floats) -> Curves:
    """Category probabilities at ``nodes`` for conditions with locations (C,) and ψ (C, K+1)."""
    eta = nodes[None, :] - location[:, None]
    top = psi.shape[1] - 1
    finite = np.isfinite(psi)
    largest = top * float(np.abs(eta).max(initial=0.0)) + float(np.abs(psi[finite]).max(initial=0.0))
    p = np.empty((top + 1, *eta.shape))
    if largest < _SAFE:  # powers of e^η: one exponential for all categories
        weight = np.exp(-psi)
        base, power = np.exp(eta), np.ones_like(eta)
        for k in range(top + 1):
            np.multiply(power, weight[:, k, None], out=p[k])
            if k < top:
                power *= base
        z = p.sum(axis=0)
        p /= z
        return Curves(p, np.log(z))
    for k in range(top + 1):
        np.subtract(k * eta, psi[:, k, None], out=p[k])
    highest = p.max(axis=0)
    p -= highest
    np.exp(p, out=p)
    z = p.sum(axis=0)
    p /= z
    return Curves(p, np.log(z) + highest)


@dataclass(frozen=True, eq=False)
class Piece:
    """Tables of consecutive units.

    Attributes
    ----------
    units, rows, conditions : slice
        Which units, which rows of the tables and which conditions.
    curves : Curves
        At the nodes θ_q + ω z_g, q slowest.
    log_l : ndarray, shape (units, Q, G)
        L_u.
    row : ndarray of int, shape (units, S)
        Row of each (unit, sum), counted from ``rows.start``; padded with the unit's last.
    real : ndarray of bool, shape (units, S)
        Which are not padding.
    log_f : ndarray, shape (units, S, Q)
        Logarithm of the integral over z, without e^{sθ}.
    pi : ndarray, shape (units, S, Q, G)
        Posterior of z given sum and θ.
    score : ndarray, shape (units, S)
        The sums.
    z, log_weight : ndarrays, shape (G,)
        Nodes and logarithms of their weights.
    """

    units: slice
    rows: slice
    conditions: slice
    curves: Curves
    log_l: Floats
    row: Ints
    real: Bools
    log_f: Floats
    pi: Floats
    score: Floats
    z: Floats
    log_weight: Floats

    def functions(self, cells: Cells) -> Floats:
        """Σ w E[x] or Σ w P(x = k) for every position of :class:`Touched`, shape (units, P, Q·G)."""
        touched, c, width = cells.touched, self.conditions, cells.top + 1
        positions = touched.index.shape[1]
        a, b = self.units.start * positions, self.units.stop * positions
        out = touched.mean[a:b, c.start : c.stop] @ self.curves.mean
        share = touched.share[a:b, c.start * width : c.stop * width]
        if share.nnz:
            flat = self.curves.p.transpose(1, 0, 2).reshape(-1, self.curves.p.shape[2])
            out = out + share @ flat
        return np.asarray(out).reshape(self.units.stop - self.units.start, positions, -1)

    def total(self, cells: Cells, values: Floats) -> Floats:
        """Σ_c w·value over each unit's conditions, shape (units, Q, G)."""
        part = cells.unit[self.units, self.conditions]
        return np.asarray(part @ values).reshape(self.log_l.shape)


def pieces(cells: Cells, items: Items, theta: Floats, n_z: int) -> Iterator[Piece]:
    """Work through all units in pieces of bounded size.

    Parameters
    ----------
    cells : Cells
        Rows by unit and sum (or :attr:`Cells.by_unit` without a ratee × rater term).
    items : Items
        Parameters.
    theta : ndarray, shape (Q,)
        Grid.
    n_z : int
        Gauss–Hermite nodes; 1 without the term.
    """
    z, log_w = normal_nodes(n_z if items.omega > 0 else 1)
    nodes = (theta[:, None] + items.omega * z).ravel()
    psi = items.psi[cells.group]
    for units in _split(cells, len(nodes)):
        lo, hi = cells.unit.indptr[units.start], cells.unit.indptr[units.stop]
        inside = cells.unit.indices[lo:hi]
        conditions = slice(int(inside.min()), int(inside.max()) + 1)
        found = curves(items.b[conditions], psi[conditions], nodes)
        part = cells.unit[units, conditions]
        log_l = np.asarray(part @ found.log_z).reshape(-1, len(theta), len(z))
        start = cells.row_start[units.start : units.stop + 1]
        count = np.diff(start)
        place = np.arange(int(count.max()))
        row = start[:-1, None] - start[0] + np.minimum(place, count[:, None] - 1)
        score = cells.row_score[start[0] + row]
        if len(z) == 1:
            log_f, pi = -log_l.transpose(0, 2, 1), np.ones((len(count), 1, len(theta), 1))
        else:
            log_f, pi = _integrate(log_l, score, items.omega * z, log_w)
        rows = slice(int(start[0]), int(start[-1]))
        yield Piece(units, rows, conditions, found, log_l, row, place < count[:, None], log_f, pi, score, z, log_w)


def _split(cells: Cells, n_nodes: int) -> Iterator[slice]:
    """Consecutive units whose temporary arrays stay bounded."""
    n_units = cells.unit.shape[0]
    rows = np.diff(cells.row_start)
    conditions = np.diff(cells.unit.indptr)
    weight = n_nodes * np.maximum(rows, np.maximum(conditions * (cells.top + 1), cells.touched.index.shape[1]))
    start = 0
    ends = np.cumsum(weight)
    while start < n_units:
        base = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, base + _BLOCK, side="right")))
        yield slice(start, stop)
        start = stop


def _integrate(log_l: Floats, score: Floats, gamma: Floats, log_w: Floats) -> tuple[Floats, Floats]:
    """Integrate over z: log f (units, S, Q) and the posterior of z (units, S, Q, G)."""
    pi = score[:, :, None, None] * gamma - log_l[:, None] + log_w
    highest = pi.max(axis=3)
    pi -= highest[..., None]
    np.exp(pi, out=pi)
    norm = pi.sum(axis=3)
    pi /= norm[..., None]
    return highest + np.log(norm), pi
