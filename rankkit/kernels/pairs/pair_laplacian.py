"""Linear systems of pair models: the weighted Laplacian of the comparison graph, solved on the sum-to-zero space."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_solve_banded, cholesky_banded, lapack
from scipy.sparse import csc_array, csr_array, diags_array
from scipy.sparse.csgraph import reverse_cuthill_mckee
from scipy.sparse.linalg import splu

from rankkit.errors import ConvergenceError
from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.pairs.pair_counts import PairCounts

DENSE = 2000  # covariance matrices are dense up to this many people
_SMALL = 64  # people up to whom a dense factor is faster than any iteration
_WRITTEN_OUT = 200  # people up to whom a well-filled matrix is written out in full
_PATIENCE = 60  # conjugate gradient steps before a factorisation is tried
_LONGEST = 5000  # conjugate gradient steps before giving up, where a factorisation does not fit into memory
_PROFILE = 50_000_000  # entries of a factor that still fit
_THIN = 12  # opponents a person on average, up to which a narrow band is looked for at once

Reals = NDArray[np.float64] | NDArray[np.float32]


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


def dense_laplacian(counts: PairCounts, weight: Floats) -> Floats:
    """Return the weighted Laplacian of the pairs written out, shape (n, n): quicker than by way of a sparse one.

    Examples
    --------
    >>> import numpy as np
    >>> pair = PairCounts(2, np.array([0]), np.array([1]), np.ones(1), np.ones(1), np.zeros(1))
    >>> dense_laplacian(pair, np.array([0.5]))
    array([[ 0.5, -0.5],
           [-0.5,  0.5]])
    """
    full = np.zeros((counts.n, counts.n))
    full[counts.first, counts.second] = full[counts.second, counts.first] = -weight
    full.flat[:: counts.n + 1] = counts.per_person(weight, weight)
    return full


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
    need some ten steps on well-mixed designs. On long thin graphs they stall, and a factorisation takes over: that of a
    narrow band where the people can be so ordered (Cuthill & McKee 1969), else a sparse LU.

    Attributes
    ----------
    counts : PairCounts
        A connected comparison graph.
    ridge : float
        Precision of a prior N(0, 1/ridge) on every worth, added to the diagonal; 0 = none.
    """

    counts: PairCounts
    ridge: float = 0.0
    _weight: Any = field(init=False, repr=False, default=None)
    _matrix: Any = field(init=False, repr=False, default=None)
    _degree: Floats = field(init=False, repr=False)
    _direct: bool = field(init=False, repr=False, default=False)
    _factor: Any = field(init=False, repr=False, default=None)

    def __post_init__(self) -> None:
        n, pairs = self.counts.n, len(self.counts.first)
        self._written_out = n <= _SMALL or (n <= _WRITTEN_OUT and 20 * pairs >= n * n)
        if not self._written_out and 2 * pairs <= _THIN * n:
            self._direct = self._band is not None

    def set_weights(self, weight: Reals) -> None:
        """Take new pair weights, shape (pairs,); single precision makes conjugate gradients faster and less accurate.

        The array is kept, not copied: handed over again with other numbers in it, it costs less than a new one.
        """
        pairs, n = self.counts, self.counts.n
        if self._written_out:
            dense = np.zeros((n, n))
            dense[pairs.first, pairs.second] = weight
            dense += dense.T
            self._degree = dense.sum(axis=0) + self.ridge
            self._matrix = dense
        else:
            if self._weight is not weight:
                upper = pairs.upper(weight)
                self._matrix = (upper, upper.T)
            upper, lower = self._matrix
            ones = np.ones(n, dtype=weight.dtype)
            self._degree = (upper @ ones + lower @ ones).astype(np.float64) + self.ridge
        self._weight = weight
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
        if self._factor is None:
            self._factor = self._factorised()
        solution = self._factor(right)
        return np.asarray(solution - solution.mean(axis=0))

    def _factorised(self) -> Callable[[Floats], Floats]:
        """Factorise; what applies the inverse."""
        if self._written_out:
            return _dense_inverse(self._laplacian() + self._degree.mean() / self.counts.n)
        if self._band is not None:
            return self._band.inverse(self._weight, self._degree, grounded=self.ridge == 0)
        kept = np.arange(self.counts.n)
        if self.ridge == 0:
            kept = np.delete(kept, int(np.argmax(self._degree)))
        return _sparse_inverse(csc_array(self._laplacian())[kept][:, kept], kept)

    def _laplacian(self) -> Any:
        if self._written_out:
            return np.diag(self._degree) - self._matrix
        upper, lower = self._matrix
        return diags_array(self._degree) - upper.astype(np.float64) - lower.astype(np.float64)

    def _times(self, x: Floats) -> Floats:
        if self._written_out:
            return np.asarray(self._degree * x - self._matrix @ x)
        short = x.astype(self._weight.dtype, copy=False)
        upper, lower = self._matrix
        return np.asarray(self._degree * x - (upper @ short + lower @ short))

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
            direction *= fresh / energy
            direction += scaled
            energy = fresh
        raise ConvergenceError("E-CONV", iterations=_LONGEST, gradient=float(np.max(np.abs(residual))))

    def fits(self) -> bool:
        """Whether the envelope of the reordered matrix, a bound on the factor, fits into memory."""
        if self._written_out or self.counts.n <= 2 * DENSE or self._band is not None:
            return True
        a, b = self._place[self.counts.first], self._place[self.counts.second]
        reach = np.arange(self.counts.n)
        np.minimum.at(reach, np.maximum(a, b), np.minimum(a, b))
        return int(np.sum(np.arange(self.counts.n) - reach)) <= _PROFILE

    @cached_property
    def _place(self) -> Ints:
        """Position of each person in the ordering that keeps pairs close together."""
        ones = np.ones(len(self.counts.first), dtype=np.int8)
        upper = self.counts.upper(ones)
        place = np.empty(self.counts.n, dtype=np.int64)
        place[reverse_cuthill_mckee(csr_array(upper + upper.T), symmetric_mode=True)] = np.arange(self.counts.n)
        return place

    @cached_property
    def _band(self) -> PairBand | None:
        """The graph as a narrow band, where it is one: a factor costs less than so many conjugate gradient steps."""
        width = int(np.abs(self._place[self.counts.first] - self._place[self.counts.second]).max(initial=0))
        narrow = self.counts.n * (width + 1) ** 2 <= 4 * _PATIENCE * (len(self.counts.first) + self.counts.n)
        return PairBand(self.counts, self._place, width) if narrow else None


class PairBand:
    """A long thin comparison graph as a band matrix.

    Parameters
    ----------
    counts : PairCounts
        The graph.
    place : ndarray of int, shape (n,)
        Position of each person.
    width : int
        Largest distance between two people compared.
    """

    def __init__(self, counts: PairCounts, place: Ints, width: int) -> None:
        self.n, self.width, self.order = counts.n, width, np.argsort(place)
        a, b = place[counts.first], place[counts.second]
        self.cell = np.abs(a - b) * self.n + np.minimum(a, b)

    def inverse(self, weight: Reals, degree: Floats, *, grounded: bool) -> Callable[[Floats], Floats]:
        """Factorise the weighted Laplacian, its last person grounded, by Cholesky; what applies the inverse."""
        band = np.zeros((self.width + 1, self.n))
        band[0] = degree[self.order]
        band.ravel()[self.cell] = -weight
        kept = self.order[:-1] if grounded else self.order
        try:
            factor = cholesky_banded(band[:, : len(kept)], lower=True, overwrite_ab=True, check_finite=False)
        except LinAlgError:
            raise ConvergenceError("E-CONV", iterations=0, gradient=float("nan")) from None

        def apply(right: Floats) -> Floats:
            solution = np.zeros_like(right)
            solution[kept] = cho_solve_banded((factor, True), right[kept], check_finite=False)
            return solution

        return apply


def _dense_inverse(matrix: Floats) -> Callable[[Floats], Floats]:
    """Cholesky factor of a positive definite matrix; what applies the inverse."""
    factor, info = lapack.dpotrf(matrix, lower=1, clean=0)
    if info != 0:
        raise ConvergenceError("E-CONV", iterations=0, gradient=float("nan"))

    def apply(right: Floats) -> Floats:
        return np.asarray(lapack.dpotrs(factor, right, lower=1)[0])

    return apply


def _sparse_inverse(matrix: Any, kept: Ints) -> Callable[[Floats], Floats]:
    """Sparse LU of the rows kept, ordered by minimum degree of the pattern; what applies the inverse."""
    try:
        factor = splu(csc_array(matrix), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
    except RuntimeError:
        raise ConvergenceError("E-CONV", iterations=0, gradient=float("nan")) from None

    def apply(right: Floats) -> Floats:
        solution = np.zeros_like(right)
        solution[kept] = factor.solve(np.ascontiguousarray(right[kept]))
        return solution

    return apply


def _dot(a: Floats, b: Floats) -> float:
    """Inner product without threads, whose start costs more than the product."""
    return float(np.sum(a * b))
