r"""Fisher information of a many-facet Rasch model, with its largest facet absorbed.

Measures are written additively here: t_0 = θ, t_f = −β_f, κ = −ψ, so that η = Σ_f t_f and log P_j ∝ s_j η + κ_j. With a the
absorbed facet (diagonal information A) and r everything else,

.. math:: \mathcal I = \begin{pmatrix} A & C \\ C^\top & B \end{pmatrix}, \qquad S = B - C^\top A^{-1} C

only S needs to be factorised.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import linalg, sparse

from rankkit.errors import ConvergenceError
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.rasch.rasch_design import RaschDesign
from rankkit.kernels.rasch.rasch_model import Expectations, sums

DENSE = 2500  # parameters outside the absorbed facet up to which S is factorised in every step
_DENSE_CELLS = 20_000_000  # entries of C written out in full
_DENSE_COLUMNS = 400  # … and columns of it
_STALLED = 300  # conjugate gradient steps after which S is factorised after all
_FORCING = 1e-2  # relative residual of an inner solution that a Newton step needs


@dataclass(frozen=True, eq=False)
class Layout:
    """Where every parameter stands.

    Attributes
    ----------
    design : RaschDesign
        Observations with finite measures.
    absorbed : int
        The facet that is absorbed: the one with most elements.
    offset : tuple of int
        First column of each facet in r (−1 for the absorbed one).
    psi_column : ndarray of int, shape (G, J)
        Column in r of each free sum of thresholds, −1 for those that are 0 or do not exist.
    size : int
        Columns of r.
    """

    design: RaschDesign
    absorbed: int
    offset: tuple[int, ...]
    psi_column: Ints
    size: int

    @classmethod
    def of(cls, design: RaschDesign) -> Layout:
        """Lay out the parameters of a design."""
        seen = [len(np.unique(f)) for f in design.facets]
        absorbed = int(np.argmax(seen))
        offset, at = [], 0
        for f, size in enumerate(design.sizes):
            offset.append(-1 if f == absorbed else at)
            at += 0 if f == absorbed else size
        slot = np.arange(design.score.shape[1])
        free = (slot > 0) & (slot < design.n_slots[:, None] - 1)
        column = np.full(free.shape, -1, dtype=np.int64)
        g, j = np.nonzero(free)
        order = np.lexsort((g, j))
        column[g[order], j[order]] = at + np.arange(len(order))
        return cls(design, absorbed, tuple(offset), column, at + len(order))

    @cached_property
    def _places(self) -> dict[tuple[int, int], _Place]:
        return {}

    @property
    def dense(self) -> bool:
        """Whether C is small enough to be written out."""
        return self.size <= _DENSE_COLUMNS and self.design.sizes[self.absorbed] * self.size <= _DENSE_CELLS

    @cached_property
    def slots(self) -> list[int]:
        """Slots that have a free threshold in some group."""
        free = (self.psi_column >= 0).any(axis=0)
        return np.flatnonzero(free).tolist()

    def gradient(self, slot: Ints, found: Expectations) -> tuple[Floats, Floats]:
        """Derivatives of the log-likelihood of ratings in these slots: by the absorbed facet and by r."""
        design, w, free = self.design, self.design.weight, self.psi_column >= 0
        error = w * (design.score[design.group, slot] - found.mean)
        parts = [sums(codes, error, size) for codes, size in zip(design.facets, design.sizes, strict=True)]
        own = parts.pop(self.absorbed)
        parts += [sums(design.group, w * ((slot == j) - found.p[j]), design.n_groups)[free[:, j]] for j in self.slots]
        return own, np.concatenate(parts) if parts else np.zeros(0)

    def moved(self, additive: list[Floats], kappa: Floats, step: tuple[Floats, Floats], length: float = 1.0) -> tuple[list[Floats], Floats]:
        """Additive measures and κ some way along a step."""
        own, rest = step
        out = []
        for f, (t, size) in enumerate(zip(additive, self.design.sizes, strict=True)):
            at = self.offset[f]
            out.append(t + length * (own if f == self.absorbed else rest[at : at + size]))
        free = self.psi_column >= 0
        return out, kappa + np.where(free, length * rest[np.maximum(self.psi_column, 0)] if len(rest) else 0.0, 0.0)

    def codes(self, which: int) -> tuple[Ints, int]:
        """Codes and their number of a facet, or of the threshold groups (−1)."""
        return (self.design.group, self.design.n_groups) if which < 0 else (self.design.facets[which], self.design.sizes[which])

    def table(self, x: int, y: int, weights: Floats) -> Any:
        """Weighted counts of x by y, dense or sparse."""
        if (x, y) not in self._places:
            self._places[x, y] = _Place.of(*self.codes(x), *self.codes(y), dense=self.dense or (x != self.absorbed and self.size <= DENSE))
        return self._places[x, y].fill(weights)


@dataclass(frozen=True, eq=False)
class _Place:
    """Where each observation falls in a two-way table."""

    shape: tuple[int, int]
    index: Ints
    row: Ints | None = None
    column: Ints | None = None

    @classmethod
    def of(cls, x: Ints, n_x: int, y: Ints, n_y: int, *, dense: bool) -> _Place:
        flat = x * n_y + y if n_y > 1 else x
        if dense or n_y == 1:
            return cls((n_x, n_y), flat)
        cells, inverse = np.unique(flat, return_inverse=True)
        row, column = np.divmod(cells, n_y)
        return cls((n_x, n_y), inverse, row, column)

    def fill(self, weights: Floats) -> Any:
        if self.row is None or self.column is None:
            return sums(self.index, weights, self.shape[0] * self.shape[1]).reshape(self.shape)
        values = sums(self.index, weights, len(self.row))
        start = np.searchsorted(self.row, np.arange(self.shape[0] + 1))
        return sparse.csr_array((values, self.column, start), shape=self.shape)


@dataclass(frozen=True, eq=False)
class Information:
    """Gradient and information at one point.

    Attributes
    ----------
    layout : Layout
    fixed : ndarray of bool, shape (q,)
        Columns of r that are held where they are.
    gradient_absorbed, gradient : ndarray, shapes (n,) and (q,)
    diagonal : ndarray, shape (n,)
        A; 1 for elements without observations.
    cross : ndarray or sparse array, shape (n, q)
        C.
    rest : ndarray or sparse array, shape (q, q)
        B.
    """

    layout: Layout
    fixed: Bools
    gradient_absorbed: Floats
    gradient: Floats
    diagonal: Floats
    cross: Any
    rest: Any

    @classmethod
    def at(cls, layout: Layout, fixed: Bools, found: Expectations) -> Information:
        """Add up the information of all observations."""
        design, a = layout.design, layout.absorbed
        w, free, slots = design.weight, layout.psi_column >= 0, layout.slots
        v = w * found.variance
        score = np.where(design.used, design.score, 0.0)
        spread = {j: w * found.p[j] * (score[design.group, j] - found.mean) for j in slots}
        others = [f for f in range(len(design.sizes)) if f != a]
        cross = [layout.table(a, f, v) for f in others] + [_columns(layout.table(a, -1, spread[j]), free[:, j]) for j in slots]
        blocks: list[list[Any]] = []
        for m, f in enumerate(others):
            own = _diagonal(sums(design.facets[f], v, design.sizes[f]), layout.size)
            row = [None] * m + [own] + [layout.table(f, g, v) for g in others[m + 1 :]]
            blocks.append([*row, *(_columns(layout.table(f, -1, spread[j]), free[:, j]) for j in slots)])
        for m, j in enumerate(slots):
            both = [sums(design.group, w * found.p[j] * ((j == k) - found.p[k]), design.n_groups) for k in slots[m:]]
            row = [None] * (len(others) + m)
            pairs = zip(slots[m:], both, strict=True)
            blocks.append([*row, *(_between(values, free[:, j], free[:, k], layout.size) for k, values in pairs)])
        diagonal = sums(design.facets[a], v, design.sizes[a])
        return cls(
            layout,
            fixed,
            *layout.gradient(design.slot, found),
            np.where(diagonal > 0, diagonal, 1.0),
            _joined(cross, design.sizes[a], layout.dense),
            _symmetric(blocks, layout.size),
        )

    @property
    def scaled_cross(self) -> Any:
        """A⁻¹C, shape (n, q)."""
        return self.cross * (1 / self.diagonal)[:, None] if isinstance(self.cross, np.ndarray) else self._scaled

    @cached_property
    def _scaled(self) -> Any:
        return sparse.diags_array(1 / self.diagonal).tocsr() @ self.cross

    def schur(self) -> Floats:
        """Return S with the fixed columns struck out (1 on their diagonal), shape (q, q)."""
        dense = self.rest if isinstance(self.rest, np.ndarray) else self.rest.toarray()
        product = self.cross.T @ self.scaled_cross
        s = dense - product if isinstance(product, np.ndarray) else _minus(dense, product)
        s[self.fixed] = 0.0
        s[:, self.fixed] = 0.0
        s[self.fixed, self.fixed] = 1.0
        return np.asarray(s)

    @cached_property
    def factor(self) -> tuple[Floats, bool]:
        """Cholesky factor of S."""
        try:
            return linalg.cho_factor(self.schur(), lower=True, overwrite_a=True, check_finite=False)
        except linalg.LinAlgError:
            raise ConvergenceError("E-RASCHSINGULAR") from None

    @cached_property
    def inverse(self) -> Floats:
        """Covariance of r with the fixed columns known (0), shape (q, q)."""
        if not self.layout.size:
            return np.zeros((0, 0))
        inverse, _ = linalg.lapack.dpotri(self.factor[0], lower=1)
        inverse = np.tril(inverse) + np.tril(inverse, -1).T
        inverse[self.fixed] = 0.0
        inverse[:, self.fixed] = 0.0
        return np.asarray(inverse)

    @cached_property
    def schur_diagonal(self) -> Floats:
        """Diagonal of S, shape (q,); 0 for fixed columns."""
        cross = self.cross**2 if isinstance(self.cross, np.ndarray) else self.cross.multiply(self.cross)
        diagonal = np.asarray(self.rest.diagonal() - np.asarray(cross.T @ (1 / self.diagonal)).ravel())
        return np.where(self.fixed, 0.0, np.maximum(diagonal, 0.0))

    def halved(self, rows: Any) -> Floats:
        """Rows times a root of the covariance of r: M with M Mᵀ = rows W rowsᵀ, shape (n, q)."""
        right = np.where(self.fixed, 0.0, _written(rows)).T
        return np.asarray(linalg.solve_triangular(self.factor[0], right, lower=True, check_finite=False).T)

    def step(self, gradient: tuple[Floats, Floats] | None = None) -> tuple[Floats, Floats]:
        """Newton step for this gradient, or another: of the absorbed facet and of r."""
        absorbed, rest = (self.gradient_absorbed, self.gradient) if gradient is None else gradient
        right = rest - self.cross.T @ (absorbed / self.diagonal)
        right = np.where(self.fixed, 0.0, right)
        rest = linalg.cho_solve(self.factor, right, check_finite=False) if self.layout.size <= DENSE else self._iterated(right)
        return (absorbed - self.cross @ rest) / self.diagonal, rest

    def _iterated(self, right: Floats) -> Floats:
        """Conjugate gradients on S, never written out; a factorisation if they stall."""
        diagonal = self.schur_diagonal
        scale = np.where(diagonal > 0, 1 / np.where(diagonal > 0, diagonal, 1.0), 1.0)
        x, residual = np.zeros(len(right)), right.copy()
        z = scale * residual
        direction, rho = z.copy(), float(residual @ z)
        goal = _FORCING * min(1.0, np.sqrt(max(rho, 0.0))) * np.sqrt(max(rho, 0.0))
        for _ in range(_STALLED):
            if np.sqrt(max(rho, 0.0)) <= max(goal, 1e-12):
                return x
            image = self.rest @ direction - self.cross.T @ ((self.cross @ direction) / self.diagonal)
            image[self.fixed] = 0.0
            length = rho / float(direction @ image)
            x += length * direction
            residual -= length * image
            z = scale * residual
            rho, before = float(residual @ z), rho
            direction = z + (rho / before) * direction
        return np.asarray(linalg.cho_solve(self.factor, right, check_finite=False))


def _written(table: Any) -> Floats:
    return np.asarray(table if isinstance(table, np.ndarray) else table.toarray(), dtype=np.float64)


def _columns(table: Any, keep: Bools) -> Any:
    """Columns of a table that are parameters."""
    return table if keep.all() else table[:, keep]


def _diagonal(values: Floats, size: int) -> Any:
    return np.diag(values) if size <= DENSE else sparse.diags_array(values)


def _between(values: Floats, rows: Bools, columns: Bools, size: int) -> Any:
    """Block of two slots' thresholds: only the same group meets itself."""
    r, c = np.flatnonzero(rows), np.flatnonzero(columns)
    both = np.flatnonzero(rows & columns)
    at = (np.searchsorted(r, both), np.searchsorted(c, both))
    if size > DENSE:
        return sparse.csr_array((values[both], at), shape=(len(r), len(c)))
    table = np.zeros((len(r), len(c)))
    table[at] = values[both]
    return table


def _joined(parts: list[Any], n: int, dense: bool) -> Any:
    if not parts:
        return np.zeros((n, 0))
    return np.hstack(parts) if dense else sparse.hstack([sparse.csr_array(p) for p in parts], format="csr")


def _symmetric(upper: list[list[Any]], size: int) -> Any:
    """Whole matrix of the blocks on and above the diagonal."""
    if not upper:
        return np.zeros((0, 0))
    n = len(upper)
    blocks = [[upper[i][j] if j >= i else upper[j][i].T for j in range(n)] for i in range(n)]
    return np.block(blocks) if size <= DENSE else sparse.block_array(blocks, format="csr")


def _minus(dense: Floats, product: Any) -> Floats:
    """Subtract a sparse product, without writing it out."""
    entries = product.tocoo()
    dense[entries.row, entries.col] -= entries.data
    return dense
