"""Matrices in the forms covariances are kept in: roots, runs of rows, coordinates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu

from rankkit.errors import IdentificationError
from rankkit.kernels.arrays import Bools, Floats, Ints

CELLS = 4_000_000
"""Floats held at once while a large matrix is worked through in runs of rows (32 MB)."""


class FieldsOnly:
    """Pickles the fields alone: factorisations are computed again where they are needed."""

    def __getstate__(self) -> dict[str, Any]:
        return {f.name: getattr(self, f.name) for f in fields(self)}  # type: ignore[arg-type]


def symmetric_root(matrix: Floats) -> Floats:
    """Return the unique symmetric square root U √L Uᵀ of a covariance, negative eigenvalues clipped to zero.

    Parameters
    ----------
    matrix : (n, n) array
        Symmetric, non-negative definite up to rounding.

    Returns
    -------
    (n, n) array
        R with R R = matrix. Unlike a Cholesky factor or U √L it is unique: rounding noise and repeated eigenvalues
        do not rotate it, and permuting the people permutes it.

    Examples
    --------
    >>> import numpy as np
    >>> symmetric_root(np.array([[4.0, 0.0], [0.0, 9.0]])).round(6)
    array([[2., 0.],
           [0., 3.]])
    """
    off = matrix - np.diag(np.diag(matrix))
    if not off.any():
        return np.diag(np.sqrt(np.clip(np.diag(matrix), 0.0, None)))
    values, vectors = linalg.eigh((matrix + matrix.T) / 2.0)
    root: Floats = (vectors * np.sqrt(np.clip(values, 0.0, None))) @ vectors.T
    return root


def runs(index: Ints, width: int) -> list[Ints]:
    """Cut an index into runs so that run × width stays within ``CELLS``."""
    if len(index) == 0:
        return []
    return np.array_split(index, max(1, -(-len(index) * max(width, 1) // CELLS)))


def is_sparse(matrix: Any) -> bool:
    """Say whether a matrix is one of scipy's sparse kinds."""
    return bool(sparse.issparse(matrix))


def full(matrix: Any) -> Floats:
    """Write a sparse matrix out."""
    return np.asarray(sparse.coo_array(matrix).toarray() if is_sparse(matrix) else matrix, dtype=np.float64)


def row_squares(rows: Any) -> Floats:
    """Sum of squares of each row."""
    squares = sparse.csr_array(rows).multiply(rows) if is_sparse(rows) else rows * rows
    return np.asarray(squares.sum(axis=1), dtype=np.float64).ravel()


def to_coordinates(matrix: Any) -> dict[str, NDArray[Any]]:
    """Take a sparse matrix apart into plain arrays."""
    cells = sparse.coo_array(matrix)
    row, column = cells.coords
    return {"row": row, "column": column, "value": cells.data, "shape": np.asarray(cells.shape)}


def from_coordinates(arrays: Mapping[str, NDArray[Any]]) -> Any:
    """Put a sparse matrix together again."""
    ends = (np.asarray(arrays["row"], dtype=np.int64), np.asarray(arrays["column"], dtype=np.int64))
    n_rows, n_columns = (int(length) for length in arrays["shape"])
    return sparse.csr_array((np.asarray(arrays["value"], dtype=np.float64), ends), shape=(n_rows, n_columns))


class GroundedLaplacian:
    """A connected graph's Laplacian L, factorised with its last node grounded.

    With C = I − 11ᵀ/n the pseudo-inverse is L⁺ = C · blockdiag(L_g⁻¹, 0) · C, L_g being L without that node. With a
    ridge nothing need be grounded, and the graph need not be connected: C (L + ridge I)⁻¹ C.
    """

    def __init__(self, laplacian: Any, ridge: float = 0.0) -> None:
        self.matrix = sparse.csc_array(laplacian)
        self.size = int(self.matrix.shape[0])
        self.ridge = ridge
        if ridge > 0:
            self._kept = self.size
            lifted = sparse.csc_array(self.matrix + ridge * sparse.eye_array(self.size))
            self._lu = _factor(lifted)
            return
        self._kept = self.size - 1
        parts = int(connected_components(self.matrix, directed=False)[0])
        if parts > 1:
            raise IdentificationError(
                "E-IDENT",
                what="the covariance of the scores",
                reason=f"the comparisons fall into {parts} groups without a link",
                remedy="Add comparisons across the groups, or scale each group by itself.",
            )
        self._lu = _factor(self.matrix[:-1, :-1].tocsc()) if self.size > 1 else None

    def solve(self, right: Floats) -> Floats:
        """Return L⁺ b for the columns of b, shape (n, m)."""
        right = right - right.mean(axis=0)
        solution = np.zeros_like(right)
        if self._lu is not None:
            solution[: self._kept] = self._lu.solve(np.ascontiguousarray(right[: self._kept]))
        centred: Floats = solution - solution.mean(axis=0)
        return centred

    @cached_property
    def edges(self) -> Any:
        """B √W, people × pairs, with L = B W Bᵀ: so L⁺ B √W z has covariance L⁺; a ridge adds √ridge I."""
        upper = sparse.coo_array(sparse.triu(self.matrix, k=1))
        left, right = upper.coords
        root, edge = np.sqrt(np.clip(-upper.data, 0.0, None)), np.arange(upper.nnz)
        ends = (np.concatenate([left, right]), np.concatenate([edge, edge]))
        found = sparse.csr_array((np.concatenate([root, -root]), ends), shape=(self.size, upper.nnz))
        return sparse.hstack([found, np.sqrt(self.ridge) * sparse.eye_array(self.size)], format="csr") if self.ridge > 0 else found


def inverse_of_free(information: Floats, free: Bools) -> Floats:
    """Inverse of the free block of an information matrix, zero elsewhere; directions without information count as none."""
    out = np.zeros_like(information)
    index = np.flatnonzero(free)
    block = information[np.ix_(index, index)]
    if len(index) and np.all(np.diag(block) > 0):
        scale = 1 / np.sqrt(np.diag(block))
        scaled = np.linalg.pinv(block * np.outer(scale, scale), rcond=1e-13, hermitian=True)
        out[np.ix_(index, index)] = scaled * np.outer(scale, scale)
    return out


def _factor(matrix: Any) -> Any:
    """Sparse LU of a symmetric, diagonally dominant matrix, ordered by minimum degree of its own pattern."""
    return splu(matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
