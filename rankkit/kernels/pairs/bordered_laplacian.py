"""Information of worths and a few other parameters: a Laplacian with a border, and its inverse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, lapack, solve_triangular

from rankkit.errors import ConvergenceError
from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.covariance import SYMMETRIC_ROOT_LIMIT, Covariance, Dense, Precision
from rankkit.kernels.matrix_forms import FieldsOnly, from_coordinates, to_coordinates
from rankkit.kernels.pairs.contests import Contests
from rankkit.kernels.pairs.pair_laplacian import PairSystem

_ALIASED = 1e-9  # share of a parameter's information that is its own; below, it is rounding


@dataclass(frozen=True, eq=False)
class BorderedInformation:
    """Information matrix ``[[L, B], [B', C]]`` of worths that sum to zero and of ``r`` other parameters.

    Attributes
    ----------
    border : ndarray, shape (n, r)
        ``B``; columns sum to zero.
    corner : ndarray, shape (r, r)
        ``C``.
    slopes : ndarray, shape (n, r)
        ``W = L+ B``.
    factor : ndarray, shape (r, r)
        Lower triangular root of ``S = C - B' W``, the information about the others when the worths are estimated too.
    """

    border: Floats
    corner: Floats
    slopes: Floats
    factor: Floats

    @cached_property
    def others_covariance(self) -> Floats:
        """Covariance of the other parameters, ``S^-1``, shape (r, r)."""
        return np.asarray(cho_solve((self.factor, True), np.eye(len(self.factor))))

    @cached_property
    def loadings(self) -> Floats:
        """``F`` such that the covariance of the worths is ``L+ + F F'``, shape (n, r)."""
        return np.asarray(solve_triangular(self.factor, self.slopes.T, lower=True).T)

    def others_step(self, right: Floats) -> Floats:
        """Apply ``S^-1``, shape (r,) or (r, k)."""
        return np.asarray(cho_solve((self.factor, True), right)) if len(self.factor) else right

    def step(self, own: Floats, score_others: Floats) -> tuple[Floats, Floats]:
        """Solve the whole system, given ``own = L+ score_worths``: steps of the worths and of the others."""
        others = self.others_step(score_others - self.border.T @ own)
        return own - self.slopes @ others, others

    def profiled(self, of_worths: Floats, of_others: Floats) -> tuple[Floats, Floats]:
        """Scores about the worths left by the other parameters, and about these left by the worths; rows are judges."""
        if not len(self.factor):
            return of_worths, of_others
        about_worths = of_worths - of_others @ np.linalg.solve(self.corner, self.border.T)
        return np.asarray(about_worths), np.asarray(of_others - of_worths @ self.slopes)


def bordered(
    contests: Contests, system: PairSystem | None, parts: tuple[Floats, Floats, Floats], prior: Floats, *, tie: bool
) -> BorderedInformation:
    """Set the information up and eliminate the worths.

    Parameters
    ----------
    contests : Contests
        The data.
    system : PairSystem or None
        Solver of the worths' Laplacian, which takes its weights here; None where worths are no parameters.
    parts : tuple of three ndarrays, shape (contests,)
        Information about the lead, about lead and tie parameter, about the tie parameter.
    prior : ndarray, shape (q,)
        Prior precision of the coefficients of the covariates.
    tie : bool
        Whether the tie parameter is estimated; it stands last.

    Returns
    -------
    BorderedInformation

    Raises
    ------
    ConvergenceError
        If the system is singular: parameters that cannot be told apart.

    Examples
    --------
    >>> import numpy as np
    >>> from rankkit.kernels.pairs.contests import aggregate
    >>> two = aggregate(np.array([0, 1]), np.array([1, 0]), np.array([1, 1]), None, 2, np.ones((2, 1)))
    >>> quarter = np.full(2, 0.25), np.zeros(2), np.zeros(2)
    >>> bordered(two, PairSystem(two.pairs), quarter, np.zeros(1), tie=False).others_covariance
    array([[2.]])
    """
    ee, et, tt = parts
    columns = [ee * v for v in contests.covariates.T] + ([et] if tie else [])
    r, q = len(columns), contests.covariates.shape[1]
    corner = np.zeros((r, r))
    corner[:q, :q] = (contests.covariates.T * ee) @ contests.covariates + np.diag(prior)
    if tie:
        corner[:q, q] = corner[q, :q] = contests.covariates.T @ et
        corner[q, q] = tt.sum()
    border = np.zeros((contests.n, r))
    slopes = border
    if system is not None:
        system.set_weights(contests.per_pair(ee))
        if r:
            border = np.stack([contests.per_person(column) for column in columns], axis=1)
            slopes = system.solve(border, 1e-13)
    if not r:
        return BorderedInformation(border, corner, slopes, corner)
    scale = np.sqrt(np.diag(corner))
    own = (corner - border.T @ slopes) / np.outer(np.where(scale > 0, scale, 1.0), np.where(scale > 0, scale, 1.0))
    root, info = lapack.dpotrf(own, lower=1)
    if info != 0 or not np.min(np.diag(root)) ** 2 > _ALIASED:
        raise ConvergenceError("E-CONV", iterations=0, gradient=float("nan"))
    return BorderedInformation(border, corner, slopes, np.tril(root) * scale[:, None])


@dataclass(frozen=True, eq=False)
class BorderedPrecision(FieldsOnly):
    """Σ = L⁺ + F Fᵀ: worths from a large comparison graph, a few other parameters estimated with them.

    Attributes
    ----------
    laplacian : scipy.sparse (n, n)
        Information of the worths with the other parameters known.
    loadings : (n, k) array
        F: what not knowing the other parameters adds.
    ridge : float
        Precision of a prior on the worths; 0 = none.

    Examples
    --------
    >>> from scipy import sparse
    >>> graph = sparse.csr_array(np.array([[1.0, -1.0], [-1.0, 1.0]]))
    >>> BorderedPrecision(graph, np.array([[0.5], [-0.5]])).dense()
    array([[ 0.5, -0.5],
           [-0.5,  0.5]])
    """

    kind: ClassVar[str] = "bordered_precision"
    laplacian: Any
    loadings: Floats
    ridge: float = 0.0

    @property
    def size(self) -> int:
        """Number of people."""
        return int(self.laplacian.shape[0])

    @cached_property
    def _known(self) -> Precision:
        return Precision(self.laplacian, self.ridge)

    def diagonal(self) -> Floats:
        """Variances, shape (n,)."""
        return np.asarray(self._known.diagonal() + np.sum(self.loadings**2, axis=1))

    def block(self, rows: Ints, columns: Ints) -> Floats:
        """Covariances of some people with some others, shape (rows, columns)."""
        rows, columns = np.asarray(rows), np.asarray(columns)
        return np.asarray(self._known.block(rows, columns) + self.loadings[rows] @ self.loadings[columns].T)

    @cached_property
    def _small(self) -> Dense:
        return Dense(self.dense())

    def draws(self, size: int, rng: np.random.Generator) -> Floats:
        """Draw from N(0, Σ), shape (size, n); by the symmetric root up to ``SYMMETRIC_ROOT_LIMIT`` people."""
        if self.size <= SYMMETRIC_ROOT_LIMIT:
            return self._small.draws(size, rng)
        known = self._known.draws(size, rng)
        return np.asarray(known + rng.standard_normal((size, self.loadings.shape[1])) @ self.loadings.T)

    def take(self, index: Ints) -> Covariance:
        """Covariance of the people at these positions; of everyone it stays sparse, of some it becomes dense."""
        index = np.asarray(index)
        known = self._known.take(index)
        if isinstance(known, Precision):
            return BorderedPrecision(known.laplacian, self.loadings[index], self.ridge)
        return Dense(self.block(index, index))

    def dense(self) -> Floats:
        """Return all of it, shape (n, n)."""
        return np.asarray(self._known.dense() + self.loadings @ self.loadings.T)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Plain arrays: ``row, column, value, shape`` of the Laplacian, ``loadings`` and ``ridge``."""
        return {**to_coordinates(self.laplacian), "loadings": self.loadings, "ridge": np.array(self.ridge)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> BorderedPrecision:
        """Rebuild it from :meth:`to_arrays`; lists of numbers will do."""
        return cls(from_coordinates(arrays), np.asarray(arrays["loadings"]), float(arrays["ridge"]))
