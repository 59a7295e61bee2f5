"""Linear systems of pair models: the weighted Laplacian of the comparison graph, solved on the sum-to-zero space."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve, lapack
from scipy.sparse import csc_array, csr_array, diags_array
from scipy.sparse.csgraph import reverse_cuthill_mckee
from scipy.sparse.linalg import splu

from rankkit.errors import ConvergenceError
from rankkit.kernels.arrays import Floats
from rankkit.kernels.pair_counts import PairCounts

DENSE = 2000  # covariance matrices are dense up to this many people
_SMALL = 128  # below, a dense factor is faster than anything sparse
_PATIENCE = 60  # conjugate gradient steps before a factorisation is tried
_LONGEST = 5000  # conjugate gradient steps before giving up, where a factorisation does not fit into memory
_PROFILE = 50_000_000  # entries of a factor that still fit


def laplacian(counts: PairCounts, weight: Floats) -> csr_array:
    """Return the weighted Laplacian of the pairs.

    ``L_ii = sum_j w_ij`` and ``L_ij = -w_ij``.

    Parameters
    ----------
    counts : PairCounts
        The pairs.
    weight : ndarray, shape (pairs,)
        Weight of each pair, e.g. its Fisher information ``n_ij p_ij (1 - p_ij)``.

    Returns
    -------
    scipy.sparse.csr_array, shape (n, n)
        Symmetric, rows summing to zero.

    Examples
    --------
    >>> import numpy as np
    >>> pair = PairCounts(2, np.array([0]), np.array([1]), np.ones(1), np.ones(1), np.zeros(1))
    >>> laplacian(pair, np.array([0.5])).toarray()
    array([[ 0.5, -0.5],
           [-0.5,  0.5]])
    """
    upper = counts.upper(weight)
    degree = counts.per_person(weight, weight)
    return csr_array(diags_array(degree) - upper - upper.T)


def pseudo_inverse(matrix: Floats) -> Floats:
    """Invert a Laplacian of a connected graph on the sum-to-zero space.

    ``L+ = (L + c 11'/n)^-1 - 11'/(c n)`` with ``c`` the mean diagonal, by Cholesky.

    Parameters
    ----------
    matrix : ndarray, shape (n, n)
        The Laplacian.

    Returns
    -------
    ndarray, shape (n, n)
        Moore-Penrose inverse; rows sum to zero.

    Raises
    ------
    ConvergenceError
        If the matrix is singular beyond the constant vector.

    Examples
    --------
    >>> import numpy as np
    >>> pseudo_inverse(np.array([[0.5, -0.5], [-0.5, 0.5]])).round(12)
    array([[ 0.5, -0.5],
           [-0.5,  0.5]])
    """
    n = len(matrix)
    lift = float(np.trace(matrix)) / n
    if lift <= 0:
        return np.zeros((n, n))
    factor, info = lapack.dpotrf(matrix + lift / n, lower=1, clean=0)
    if info == 0:
        inverse, info = lapack.dpotri(factor, lower=1)
    if info != 0:
        raise ConvergenceError("E-CONV", iterations=0, gradient=float("nan"))
    full = np.where(np.tri(n, dtype=np.bool_), inverse, inverse.T)
    average = full.mean(axis=0)
    full += average.mean() - average - average[:, None]
    return np.asarray(full, dtype=np.float64)


@dataclass
class PairSystem:
    """Solver of ``L x = b`` for one comparison graph and changing weights.

    Small graphs use a dense Cholesky factor. Larger ones use conjugate gradients with a Jacobi preconditioner, which
    need some ten steps on well-mixed designs; on long thin graphs they stall, and a sparse LU factor takes over.

    Attributes
    ----------
    counts : PairCounts
        A connected comparison graph.
    """

    counts: PairCounts
    _upper: csr_array = field(init=False, repr=False)
    _degree: Floats = field(init=False, repr=False)
    _direct: bool = field(init=False, repr=False, default=False)
    _affordable: bool | None = field(init=False, repr=False, default=None)
    _factor: Any = field(init=False, repr=False, default=None)

    def __post_init__(self) -> None:
        self._upper = self.counts.upper(np.zeros(len(self.counts.first)))
        self._lower = self._upper.T  # shares the data
        self._degree = np.zeros(self.counts.n)

    def set_weights(self, weight: Floats) -> None:
        """Take new pair weights, shape (pairs,)."""
        self._upper.data[:] = weight
        self._lower = self._upper.T
        ones = np.ones(self.counts.n)
        self._degree = self._upper @ ones + self._lower @ ones
        self._factor = None

    @property
    def exact(self) -> bool:
        """Whether solutions come from a factorisation."""
        return self._direct or self.counts.n <= _SMALL

    def prefer_factorisation(self) -> None:
        """Factorise from now on, if a factor fits into memory."""
        self._direct = self._direct or self.fits()

    def solve(self, right: Floats, accuracy: float = 1e-13) -> Floats:
        """Solve ``L x = right`` with ``sum(x) = 0``.

        Parameters
        ----------
        right : ndarray, shape (n,) or (n, k)
            Right-hand side; its sum is taken out.
        accuracy : float
            Relative accuracy wanted of the iterative solver (a factorisation is exact).

        Returns
        -------
        ndarray
            The solution, columns summing to zero.

        Raises
        ------
        ConvergenceError
            If the system is singular or the iteration fails.
        """
        right = right - right.mean(axis=0)
        if not self.exact:
            if right.ndim == 1:
                solution = self._gradients(right, accuracy)
                if solution is not None:
                    return solution
            else:
                return np.column_stack([self.solve(column, accuracy) for column in right.T])
        solution = self._by_factor(right)
        return np.asarray(solution - solution.mean(axis=0))

    def _by_factor(self, right: Floats) -> Floats:
        n, pairs = self.counts.n, self.counts
        if n <= _SMALL:
            if self._factor is None:
                dense = np.zeros((n, n))
                dense[pairs.first, pairs.second] = -self._upper.data
                dense += dense.T
                dense[np.diag_indices(n)] = self._degree
                try:
                    self._factor = cho_factor(dense + self._degree.mean() / n, lower=True, check_finite=False)
                except LinAlgError:
                    raise ConvergenceError("E-CONV", iterations=0, gradient=float("nan")) from None
            return np.asarray(cho_solve(self._factor, right, check_finite=False))
        ground = int(np.argmax(self._degree))
        keep = np.delete(np.arange(n), ground)
        if self._factor is None:
            matrix = csc_array(diags_array(self._degree) - self._upper - self._lower)[keep][:, keep]
            options = {"SymmetricMode": True}
            try:
                self._factor = splu(csc_array(matrix), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options=options)
            except RuntimeError:
                raise ConvergenceError("E-CONV", iterations=0, gradient=float("nan")) from None
        solution = np.zeros_like(right)
        solution[keep] = self._factor.solve(np.ascontiguousarray(right[keep]))
        return solution

    def _times(self, x: Floats) -> Floats:
        return np.asarray(self._degree * x - self._upper @ x - self._lower @ x)

    def _gradients(self, right: Floats, accuracy: float) -> Floats | None:
        """Jacobi-preconditioned conjugate gradients; None when they stall and a factor fits."""
        x = np.zeros_like(right)
        residual = right.copy()
        scaled = residual / self._degree
        direction = scaled.copy()
        energy = _dot(residual, scaled)
        goal = energy * accuracy**2
        for step in range(_LONGEST):
            if energy <= goal:
                return np.asarray(x - x.mean())
            if step >= _PATIENCE and self.fits():
                self._direct = True
                return None
            image = self._times(direction)
            length = energy / _dot(direction, image)
            x += length * direction
            residual -= length * image
            scaled = residual / self._degree
            fresh = _dot(residual, scaled)
            if not np.isfinite(fresh):
                break
            direction = scaled + (fresh / energy) * direction
            energy = fresh
        raise ConvergenceError("E-CONV", iterations=_LONGEST, gradient=float(np.max(np.abs(residual))))

    def fits(self) -> bool:
        """Whether the envelope of the reordered matrix, a bound on the factor, fits into memory."""
        if self._affordable is None:
            n = self.counts.n
            if n <= 2 * DENSE:
                self._affordable = True
            else:
                ones = np.ones(len(self.counts.first))
                graph = csr_array(self.counts.upper(ones) + self.counts.upper(ones).T)
                place = np.empty(n, dtype=np.int64)
                place[reverse_cuthill_mckee(graph, symmetric_mode=True)] = np.arange(n)
                a, b = place[self.counts.first], place[self.counts.second]
                reach = np.arange(n)
                np.minimum.at(reach, np.maximum(a, b), np.minimum(a, b))
                self._affordable = int(np.sum(np.arange(n) - reach)) <= _PROFILE
        return self._affordable


def _dot(a: Floats, b: Floats) -> float:
    """Inner product without threads, whose start costs more than the product."""
    return float(np.sum(a * b))
