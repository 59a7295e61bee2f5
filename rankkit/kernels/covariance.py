"""Covariances of many people's scores without writing n² numbers where structure says them in fewer.

Three forms: a full matrix (:class:`Dense`), shared factors plus own variance (:class:`Factor`), and the inverse of a
comparison graph's information (:class:`Precision`). Any of them may be computed later
(:class:`~rankkit.kernels.on_demand_covariance.OnDemand`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from rankkit.kernels import matrix_forms
from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.matrix_forms import FieldsOnly, GroundedLaplacian, full, is_sparse, row_squares, runs, symmetric_root
from rankkit.kernels.on_demand_covariance import OnDemand

SYMMETRIC_ROOT_LIMIT = 3000
"""Up to this many people draws use the unique symmetric root, which no relabelling can change."""


class Covariance(Protocol):
    """What the engines ask of a covariance of ``n`` scores, in any form."""

    kind: ClassVar[str]

    @property
    def size(self) -> int:
        """Number of people."""
        ...

    def diagonal(self) -> Floats:
        """Variances, shape (n,)."""
        ...

    def block(self, rows: Ints, columns: Ints) -> Floats:
        """Covariances of some people with some others, shape (rows, columns)."""
        ...

    def draws(self, size: int, rng: np.random.Generator) -> Floats:
        """Draw from N(0, Σ), shape (size, n)."""
        ...

    def take(self, index: Ints) -> Covariance:
        """Covariance of the people at these positions, in this order."""
        ...

    def dense(self) -> Floats:
        """Return all of it, shape (n, n)."""
        ...

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Plain arrays from which ``from_arrays`` of its class rebuilds it."""
        ...


@dataclass(frozen=True, eq=False)
class Dense(FieldsOnly):
    """A covariance written out in full.

    Attributes
    ----------
    matrix : (n, n) array
        Symmetric, non-negative definite; squared units of the scores.

    Examples
    --------
    >>> Dense(np.diag([0.04, 0.09])).diagonal()
    array([0.04, 0.09])
    """

    kind: ClassVar[str] = "dense"
    matrix: Floats

    @property
    def size(self) -> int:
        """Number of people."""
        return int(self.matrix.shape[0])

    def diagonal(self) -> Floats:
        """Variances, shape (n,)."""
        return self.matrix.diagonal().copy()

    def block(self, rows: Ints, columns: Ints) -> Floats:
        """Covariances of some people with some others, shape (rows, columns)."""
        return self.matrix[np.ix_(np.asarray(rows), np.asarray(columns))]

    @cached_property
    def _root(self) -> Floats:
        return symmetric_root(self.matrix)

    def draws(self, size: int, rng: np.random.Generator) -> Floats:
        """Draw from N(0, Σ) by the symmetric root, shape (size, n)."""
        z: Floats = rng.standard_normal((size, self.size)) @ self._root
        return z

    def take(self, index: Ints) -> Dense:
        """Covariance of the people at these positions, in this order."""
        return Dense(self.block(index, index))

    def dense(self) -> Floats:
        """Return the matrix itself."""
        return self.matrix

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Plain arrays: ``matrix``."""
        return {"matrix": self.matrix}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Dense:
        """Rebuild it from :meth:`to_arrays`; lists of numbers will do.

        >>> Dense.from_arrays(Dense(np.eye(2)).to_arrays()).dense()
        array([[1., 0.],
               [0., 1.]])
        """
        return cls(np.asarray(arrays["matrix"], dtype=np.float64))


@dataclass(frozen=True, eq=False)
class Factor(FieldsOnly):
    """Σ = F Fᵀ + diag(d): what people share through k factors (their raters, say), and their own variance.

    Attributes
    ----------
    loadings : (n, k) array or scipy sparse
        F, in units of the scores.
    specific : (n,) array
        d, in squared units of the scores.

    Examples
    --------
    >>> Factor(np.array([[0.3], [0.3]]), np.array([0.01, 0.04])).dense().round(4)
    array([[0.1 , 0.09],
           [0.09, 0.13]])
    """

    kind: ClassVar[str] = "factor"
    loadings: Any
    specific: Floats

    @property
    def size(self) -> int:
        """Number of people."""
        return int(self.specific.shape[0])

    @cached_property
    def rows(self) -> Any:
        """F in a form that can be sliced by rows."""
        return sparse.csr_array(self.loadings) if is_sparse(self.loadings) else np.asarray(self.loadings, dtype=np.float64)

    def diagonal(self) -> Floats:
        """Variances, shape (n,)."""
        return row_squares(self.rows) + self.specific

    def block(self, rows: Ints, columns: Ints) -> Floats:
        """Covariances of some people with some others, shape (rows, columns)."""
        rows, columns = np.asarray(rows), np.asarray(columns)
        shared: Floats = full(self.rows[rows] @ self.rows[columns].T)
        same = rows[:, None] == columns[None, :]
        shared += np.where(same, self.specific[rows][:, None], 0.0)
        return shared

    @cached_property
    def _small(self) -> Dense:
        return Dense(self.dense())

    def draws(self, size: int, rng: np.random.Generator) -> Floats:
        """Draw from N(0, Σ), shape (size, n); by the symmetric root up to ``SYMMETRIC_ROOT_LIMIT`` people."""
        if self.size <= SYMMETRIC_ROOT_LIMIT:
            return self._small.draws(size, rng)
        own = rng.standard_normal((size, self.size)) * np.sqrt(np.clip(self.specific, 0.0, None))
        factors = rng.standard_normal((size, self.loadings.shape[1]))
        shared: Floats = full(self.rows @ factors.T).T
        return own + shared

    def take(self, index: Ints) -> Factor:
        """Covariance of the people at these positions, in this order."""
        return Factor(self.rows[np.asarray(index)], self.specific[np.asarray(index)])

    def dense(self) -> Floats:
        """Return all of it, shape (n, n)."""
        matrix: Floats = full(self.rows @ self.rows.T)
        matrix[np.diag_indices(self.size)] += self.specific
        return matrix

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Plain arrays: ``specific`` with ``loadings``, or with ``row, column, value, shape`` where F is sparse."""
        if not is_sparse(self.loadings):
            return {"loadings": np.asarray(self.loadings), "specific": self.specific}
        return {**matrix_forms.to_coordinates(self.loadings), "specific": self.specific}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Factor:
        """Rebuild it from :meth:`to_arrays`; lists of numbers will do."""
        specific = np.asarray(arrays["specific"], dtype=np.float64)
        if "loadings" in arrays:
            return cls(np.asarray(arrays["loadings"], dtype=np.float64).reshape(len(specific), -1), specific)
        return cls(matrix_forms.from_coordinates(arrays), specific)


@dataclass(frozen=True, eq=False)
class Precision(FieldsOnly):
    """Σ = L⁺: the pseudo-inverse, on the sum-to-zero space, of the Laplacian of a connected weighted graph.

    One node is grounded, the rest factorised once (sparse LU) when first needed; with C = I − 11ᵀ/n,
    L⁺ = C · blockdiag(L_g⁻¹, 0) · C. With a prior N(0, 1/ridge) on every score, Σ = C (L + ridge I)⁻¹ C.

    Attributes
    ----------
    laplacian : scipy.sparse (n, n)
        Information matrix: symmetric, rows summing to zero, off-diagonal entries −(weight of the pair) ≤ 0.
    ridge : float
        Precision of the prior; 0 = none.

    Raises
    ------
    IdentificationError
        On first use, if the graph is not connected.

    Examples
    --------
    >>> Precision(sparse.csr_array(np.array([[1.0, -1.0], [-1.0, 1.0]]))).dense()
    array([[ 0.25, -0.25],
           [-0.25,  0.25]])
    """

    kind: ClassVar[str] = "precision"
    laplacian: Any
    ridge: float = 0.0

    @property
    def size(self) -> int:
        """Number of people."""
        return int(self.laplacian.shape[0])

    @cached_property
    def _graph(self) -> GroundedLaplacian:
        return GroundedLaplacian(self.laplacian, self.ridge)

    def _columns(self, columns: Ints) -> Floats:
        right = np.zeros((self.size, len(columns)))
        right[columns, np.arange(len(columns))] = 1.0
        return self._graph.solve(right)

    def diagonal(self) -> Floats:
        """Variances, shape (n,)."""
        out = np.empty(self.size)
        for part in runs(np.arange(self.size), self.size):
            out[part] = self._columns(part)[part, np.arange(len(part))]
        return out

    def block(self, rows: Ints, columns: Ints) -> Floats:
        """Covariances of some people with some others, shape (rows, columns)."""
        rows, columns = np.asarray(rows), np.asarray(columns)
        if len(rows) < len(columns):
            return self.block(columns, rows).T
        out = np.empty((len(rows), len(columns)))
        for at in runs(np.arange(len(columns)), self.size):
            out[:, at] = self._columns(columns[at])[rows]
        return out

    @cached_property
    def _small(self) -> Dense:
        return Dense(self.dense())

    def draws(self, size: int, rng: np.random.Generator) -> Floats:
        """Draw from N(0, Σ), shape (size, n): the symmetric root, above its limit L⁺B√W z, one z a pair (and a prior)."""
        if self.size <= SYMMETRIC_ROOT_LIMIT:
            return self._small.draws(size, rng)
        edges = self._graph.edges
        out = np.empty((size, self.size))
        for part in runs(np.arange(size), edges.shape[1]):
            out[part] = self._graph.solve(edges @ rng.standard_normal((len(part), edges.shape[1])).T).T
        return out

    def take(self, index: Ints) -> Covariance:
        """Covariance of the people at these positions; of everyone it stays sparse, of some it becomes dense."""
        index = np.asarray(index)
        if np.array_equal(np.sort(index), np.arange(self.size)):
            matrix = sparse.csr_array(self.laplacian)
            return Precision(matrix[index][:, index], self.ridge)
        return Dense(self.block(index, index))

    def dense(self) -> Floats:
        """Return all of it, shape (n, n)."""
        everyone = np.arange(self.size)
        matrix = self.block(everyone, everyone)
        return (matrix + matrix.T) / 2.0

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Plain arrays: ``row, column, value, shape`` of the Laplacian, and ``ridge``."""
        return {**matrix_forms.to_coordinates(self.laplacian), "ridge": np.array(self.ridge)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Precision:
        """Rebuild it from :meth:`to_arrays`; lists of numbers will do."""
        return cls(matrix_forms.from_coordinates(arrays), float(arrays.get("ridge", np.array(0.0))))


def difference_variance(covariance: Covariance, i: Ints, j: Ints) -> Floats:
    """Variance of the difference of two people's scores, s²_ij = Σ_ii + Σ_jj − 2Σ_ij.

    Parameters
    ----------
    covariance : Covariance
        Of ``n`` scores.
    i, j : array of int
        Positions; broadcast against each other.

    Returns
    -------
    array
        Squared units of the scores, never negative, zero where i = j.

    Examples
    --------
    >>> import numpy as np
    >>> difference_variance(Dense(np.diag([0.04, 0.09, 0.04])), np.array([0, 0]), np.array([1, 2])).round(4)
    array([0.13, 0.08])
    """
    covariance = covariance.resolved if isinstance(covariance, OnDemand) else covariance
    i, j = np.broadcast_arrays(np.asarray(i, dtype=np.int64), np.asarray(j, dtype=np.int64))
    shape, left, right = i.shape, i.ravel(), j.ravel()
    if isinstance(covariance, Factor):  # ‖F_i − F_j‖² + d_i + d_j: no cancellation
        out = covariance.specific[left] + covariance.specific[right]
        for part in runs(np.arange(len(left)), covariance.loadings.shape[1]):
            out[part] += row_squares(covariance.rows[left[part]] - covariance.rows[right[part]])
    else:
        variance = covariance.diagonal()
        out = variance[left] + variance[right] - 2.0 * _pairs(covariance, left, right)
    return np.where(left == right, 0.0, np.clip(out, 0.0, None)).reshape(shape)


def canonical(covariance: Covariance, order: Ints) -> Covariance:
    """Put a covariance into canonical order, so that draws do not depend on the order of the rows.

    Parameters
    ----------
    covariance : Covariance
        Of ``n`` scores.
    order : (n,) array of int
        From :func:`rankkit.kernels.ranking.canonical_order`.

    Returns
    -------
    Covariance
        Position 0 is person ``order[0]``.

    Examples
    --------
    >>> import numpy as np
    >>> canonical(Dense(np.diag([1.0, 2.0])), np.array([1, 0])).diagonal()
    array([2., 1.])
    """
    return covariance.take(np.asarray(order, dtype=np.int64))


def _pairs(covariance: Covariance, left: Ints, right: Ints) -> Floats:
    """Covariance of left[p] with right[p] for each p."""
    if isinstance(covariance, Dense):
        return covariance.matrix[left, right]
    out = np.empty(len(left))
    people, at = np.unique(left, return_inverse=True)
    others, there = np.unique(right, return_inverse=True)
    by_person = np.argsort(at, kind="stable")
    starts = np.searchsorted(at[by_person], np.arange(len(people) + 1))
    for part in runs(np.arange(len(people)), len(others)):
        rows = covariance.block(people[part], others)
        chosen = by_person[starts[part[0]] : starts[part[-1] + 1]]
        out[chosen] = rows[at[chosen] - part[0], there[chosen]]
    return out
