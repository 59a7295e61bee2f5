"""Regression with row and column fixed effects taken out: ``y = α_row + β_col + Xb + e`` on any sparse design.

One factor is absorbed by subtracting means, the other by its Schur complement, which is the Laplacian of the graph that
links columns through the rows they share (Abowd, Creecy & Kramarz 2002). Nothing of the size ratings × effects is formed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import linalg, sparse
from scipy.sparse import csgraph
from scipy.sparse import linalg as sparse_linalg

from rankkit.errors import ConvergenceError
from rankkit.kernels.arrays import Floats, Ints

_DENSE = 3000  # levels of the smaller factor up to which its Schur complement is factorised as a full matrix
_SPARSE_FILL = 0.05  # share of cells up to which a sparse factorisation is the quicker one
_SPARSE_FROM = 300  # levels from which that is so
_ALIASED = 1e-10  # share of a regressor's variance left by the fixed effects that counts as none
_BLOCK = 4_000_000  # numbers in one block of a table of observations by columns
_TOLERANCE = 1e-11  # relative residual of the conjugate gradient


@dataclass(frozen=True, eq=False)
class TwoWayFixed:
    """Row and column effects of a design, ready to be taken out of any variable.

    Attributes
    ----------
    row, col : ndarray of int, shape (N,)
        Level of each observation, renumbered without gaps; ``row`` is the factor with more levels.
    n_rows, n_cols : int
        Numbers of levels.
    components : int
        Connected parts of the design.
    swapped : bool
        Whether ``row`` is what the caller gave as ``col``.
    """

    row: Ints
    col: Ints
    n_rows: int
    n_cols: int
    components: int
    swapped: bool
    _count: sparse.csr_array  # n_rows × n_cols
    _solve: Callable[[Floats], Floats]

    @property
    def size(self) -> int:
        """Observations."""
        return len(self.row)

    @property
    def rank(self) -> int:
        """Rank of the two sets of effects: ``rows + columns − components``."""
        return self.n_rows + self.n_cols - self.components

    @property
    def _per_row(self) -> Floats:
        return np.asarray(np.bincount(self.row, minlength=self.n_rows), dtype=np.float64)

    def _column_effects(self, v: Floats) -> Floats:
        """Least squares column effects of a variable, shape (n_cols,), zero sum in no particular sense."""
        mean = np.bincount(self.row, v, self.n_rows) / self._per_row
        return self._solve(np.asarray(np.bincount(self.col, v - mean[self.row], self.n_cols), dtype=np.float64))

    def residual(self, values: Floats) -> Floats:
        """Take both sets of effects out of one or several variables.

        Parameters
        ----------
        values : ndarray, shape (N,) or (N, k)
            The variables.

        Returns
        -------
        ndarray, same shape
            ``M v`` with ``M = I − Z(Z'Z)⁻Z'``.

        Raises
        ------
        ConvergenceError
            If an iterative solution, used for very many levels, does not converge.
        """
        v = np.asarray(values, dtype=np.float64)
        if v.ndim > 1:
            return np.column_stack([self.residual(v[:, j]) for j in range(v.shape[1])])
        left = v - self._column_effects(v)[self.col]
        return left - (np.bincount(self.row, left, self.n_rows) / self._per_row)[self.row]

    def effects(self, values: Floats) -> tuple[Floats, Floats]:
        """Least squares effects of one variable, in the caller's order of the factors.

        Returns
        -------
        of_each_row, of_each_col : ndarray, shape (N,)
            Effects of the levels each observation has; the level of ``col`` effects is arbitrary in each component.
        """
        v = np.asarray(values, dtype=np.float64)
        b = self._column_effects(v)[self.col]
        a = (np.bincount(self.row, v - b, self.n_rows) / self._per_row)[self.row]
        return (b, a) if self.swapped else (a, b)

    def gram(self, weight: Floats, group: Ints, n_groups: int) -> Floats:
        """Inner products ``w_g' M w_h`` of a variable cut up by groups.

        ``w_g`` is the variable where the group is g and zero elsewhere; ``M`` takes the effects out.

        Parameters
        ----------
        weight : ndarray, shape (N,)
            The variable.
        group : ndarray of int, shape (N,)
            Group of each observation.
        n_groups : int
            Number of groups.

        Returns
        -------
        ndarray, shape (n_groups, n_groups)
        """
        by_row = sparse.csr_array((weight, (self.row, group)), shape=(self.n_rows, n_groups))
        by_col = sparse.csr_array((weight, (self.col, group)), shape=(self.n_cols, n_groups))
        scaled = sparse.csr_array(sparse.diags_array(1 / self._per_row) @ by_row)
        T = np.asarray((by_col - self._count.T @ scaled).todense())
        own = np.diag(np.bincount(group, weight**2, n_groups))
        out = own - np.asarray((by_row.T @ scaled).todense()) - T.T @ self._solve(T)
        return np.asarray((out + out.T) / 2)

    def leverage(self) -> Floats:
        """Diagonal of the projection on the effects, shape (N,); 1 = the observation is fitted exactly."""
        every = np.arange(self.size)
        return np.asarray(np.clip(self.projection(every, every), 0.0, 1.0))

    def projection(self, first: Ints, second: Ints) -> Floats:
        """Elements ``P_ij`` of the projection on the effects.

        Parameters
        ----------
        first, second : ndarray of int, shape (k,)
            Observations i and j.

        Returns
        -------
        ndarray, shape (k,)
        """
        d = self._per_row
        scaled = sparse.csr_array(sparse.diags_array(1 / d) @ self._count)
        inverse = self._solve(np.eye(self.n_cols))
        half = np.asarray(scaled @ inverse)
        out = np.empty(len(first))
        step = max(_BLOCK // max(self.n_cols, 1), 1)
        for k in range(0, len(first), step):
            i, j = first[k : k + step], second[k : k + step]
            a, b, c, e = self.row[i], self.col[i], self.row[j], self.col[j]
            both = np.asarray(scaled[c].multiply(half[a]).sum(axis=1)).ravel()
            out[k : k + step] = np.where(a == c, 1 / d[a], 0.0) + both - half[a, e] - half[c, b] + inverse[b, e]
        return out


def two_way_fixed(row: ArrayLike, col: ArrayLike) -> TwoWayFixed:
    """Prepare to take row and column effects out.

    Parameters
    ----------
    row, col : int arrays, shape (N,)
        Codes of the two factors, not negative; gaps are closed.

    Returns
    -------
    TwoWayFixed

    References
    ----------
    Abowd, Creecy & Kramarz (2002), Computing person and firm effects using linked longitudinal employer-employee data.

    Examples
    --------
    >>> import numpy as np
    >>> found = two_way_fixed([0, 0, 1, 1, 2, 2], [0, 1, 1, 2, 0, 2])
    >>> found.rank
    5
    >>> y = np.array([1.0, 2.0, 4.0, 3.0, 0.0, 5.0])
    >>> found.residual(y).round(6)
    array([ 0.833333, -0.833333,  0.833333, -0.833333, -0.833333,  0.833333])
    """
    a, b = _closed(row), _closed(col)
    n_a, n_b = int(a.max(initial=-1)) + 1, int(b.max(initial=-1)) + 1
    swapped = n_a < n_b
    if swapped:
        a, b, n_a, n_b = b, a, n_b, n_a
    count = sparse.csr_array((np.ones(len(a)), (a, b)), shape=(n_a, n_b))
    count.sum_duplicates()
    d = np.bincount(a, minlength=n_a)
    schur = sparse.csr_array(
        sparse.diags_array(np.bincount(b, minlength=n_b).astype(np.float64)) - count.T @ (sparse.diags_array(1 / d) @ count)
    )
    components, label = csgraph.connected_components(abs(schur), directed=False) if n_b else (0, np.zeros(0, dtype=np.int32))
    return TwoWayFixed(a, b, n_a, n_b, int(components), swapped, count, _solver(schur, label.astype(np.int64), int(components)))


def _closed(codes: ArrayLike) -> Ints:
    """Renumber codes without gaps."""
    return np.unique(np.asarray(codes, dtype=np.int64), return_inverse=True)[1].astype(np.int64)


def _solver(schur: sparse.csr_array, label: Ints, components: int) -> Callable[[Floats], Floats]:
    """Apply a generalised inverse of the Laplacian; right-hand sides sum to zero within each component."""
    n = schur.shape[0]
    if n == 0:
        return lambda b: b
    first = np.unique(label, return_index=True)[1]
    ground = np.zeros(n)
    scale = float(schur.diagonal().max(initial=1.0))
    ground[first] = scale
    if n >= _SPARSE_FROM and schur.nnz <= _SPARSE_FILL * n * n:
        factor = sparse_linalg.splu(sparse.csc_array(schur + sparse.diags_array(ground)))
        return lambda b: np.asarray(factor.solve(b))
    if n <= _DENSE:
        size = np.bincount(label, minlength=components)
        full = np.asarray(schur.todense())
        full += (label[:, None] == label) * (scale / size[label])
        root = linalg.cho_factor(full, lower=True, check_finite=False)
        return lambda b: np.asarray(linalg.cho_solve(root, b, check_finite=False))
    grounded = sparse.csr_array(schur + sparse.diags_array(ground))
    return lambda b: _conjugate_gradient(grounded, b)


def _conjugate_gradient(matrix: sparse.csr_array, b: Floats) -> Floats:
    """Solve column by column; a failure is an error."""
    if b.ndim > 1:
        return np.column_stack([_conjugate_gradient(matrix, b[:, j]) for j in range(b.shape[1])])
    jacobi = sparse.diags_array(1 / matrix.diagonal())
    x, info = sparse_linalg.cg(matrix, b, rtol=_TOLERANCE, maxiter=2000, M=jacobi)
    if info:
        raise ConvergenceError("E-CONV", iterations=int(info), gradient=float(np.abs(matrix @ x - b).max()))
    return np.asarray(x)


@dataclass(frozen=True, eq=False)
class AbsorbedFit:
    """Least squares with both sets of effects taken out.

    Attributes
    ----------
    design : TwoWayFixed
        What was taken out.
    X : ndarray, shape (N, p)
        Regressors that remained, effects taken out.
    used : ndarray of int
        Positions of these among the caller's regressors.
    bread : ndarray, shape (p, p)
        ``(X'X)⁻¹``.
    coefficient : ndarray, shape (k,)
        ``nan`` where the effects leave nothing of a regressor.
    residual : ndarray, shape (N,)
    share : ndarray, shape (k,)
        Variance of each regressor left by the effects of its column, as a share of that left by the column effects alone
        given by the caller as ``col``.
    df : int
        ``N − rank − p``.
    """

    design: TwoWayFixed
    X: Floats
    used: Ints
    bread: Floats
    coefficient: Floats
    residual: Floats
    share: Floats
    df: int

    @property
    def sigma2(self) -> float:
        """Residual variance."""
        return float(self.residual @ self.residual) / self.df if self.df > 0 else float("nan")


def absorbed_fit(design: TwoWayFixed, X: Floats, y: Floats) -> AbsorbedFit:
    """Regress ``y`` on ``X`` within rows and columns (Frisch & Waugh 1933; Lovell 1963).

    Parameters
    ----------
    design : TwoWayFixed
        The effects.
    X : ndarray, shape (N, k)
        Regressors.
    y : ndarray, shape (N,)
        Response.

    Returns
    -------
    AbsorbedFit

    Examples
    --------
    >>> import numpy as np
    >>> design = two_way_fixed([0, 0, 1, 1, 2, 2], [0, 1, 0, 1, 0, 1])
    >>> x = np.array([0.0, 1.0, 1.0, 0.0, 0.0, 0.0])
    >>> found = absorbed_fit(design, x[:, None], 2 * x + np.arange(6) // 2)
    >>> found.coefficient.round(9), found.df
    (array([2.]), 1)
    """
    column = design.row if design.swapped else design.col
    n = np.bincount(column)
    total = np.array([float(((x - (np.bincount(column, x) / n)[column]) ** 2).sum()) for x in X.T])
    within = design.residual(X)
    left = (within**2).sum(axis=0)
    share = np.divide(left, total, out=np.zeros_like(left), where=total > 0)
    keep = np.flatnonzero(share > _ALIASED)
    gram = within[:, keep].T @ within[:, keep]
    scale = np.sqrt(np.diag(gram))
    _, pivoted, order = linalg.qr(gram / np.outer(scale, scale), pivoting=True) if len(keep) else (None, np.zeros((0, 0)), [])
    independent = np.abs(np.diag(pivoted)) > _ALIASED
    keep = keep[np.sort(np.asarray(order, dtype=np.int64)[independent])]
    W = within[:, keep]
    bread = np.asarray(np.linalg.inv(W.T @ W), dtype=np.float64)  # of size 0 × 0 where nothing is left
    y_within = design.residual(y)
    b = bread @ (W.T @ y_within)
    coefficient = np.full(X.shape[1], np.nan)
    coefficient[keep] = b
    return AbsorbedFit(design, W, keep, bread, coefficient, y_within - W @ b, share, design.size - design.rank - len(keep))
