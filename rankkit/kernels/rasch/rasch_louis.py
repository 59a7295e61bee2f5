"""What the missing θ takes from the information of a marginal likelihood (Louis 1982).

The observed information is what the complete data would hold minus the posterior covariance of their score. Scores are
smooth functions of θ, so their covariance under a person's posterior is the sum of products of a few coefficients in
the polynomials orthonormal under that posterior.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from rankkit.kernels.arrays import Floats, Ints

_BLOCK = 2_000_000  # numbers in a temporary array
_FLAT = 1e-12  # norm of a polynomial below which a posterior has no further nodes
_DENSE_RATE, _SPARSE_RATE = 5e-11, 2e-8  # seconds for a product term: decides how XᵀX is formed, not what it is


@dataclass(frozen=True, eq=False)
class Slopes:
    """Derivatives of one number a person by all parameters: sparse for parameters of units, dense for shared ones."""

    own: sparse.csr_array
    shared: Floats
    shared_index: Ints

    def times(self, matrix: Floats) -> Floats:
        """Product of the (n, P) matrix of derivatives with a (P, k) matrix."""
        out: Floats = self.own @ matrix
        out += self.shared @ matrix[self.shared_index]
        return out

    def take(self, index: Ints) -> Slopes:
        """The same of the people at these positions, in this order."""
        return Slopes(self.own[index], self.shared[index], self.shared_index)

    def dense(self) -> Floats:
        """All of it, (n, P)."""
        full: Floats = self.own.toarray()
        full[:, self.shared_index] += self.shared
        return full


@dataclass(eq=False)
class Louis:
    """Running sums of Σ Cov(score | data)."""

    size: int
    own_index: Ints
    shared_index: Ints

    def __post_init__(self) -> None:
        k, s = len(self.own_index), len(self.shared_index)
        self.whole = np.zeros((self.size, self.size))
        first = int(self.own_index[0]) if k else 0
        self.in_place = k > 0 and int(self.own_index[-1]) == first + k - 1  # then the large block is not copied later
        self.own_own = self.whole[first : first + k, first : first + k] if self.in_place else np.zeros((k, k))
        self.own_shared, self.shared_shared = np.zeros((k, s)), np.zeros((s, s))

    def add(self, own: sparse.csr_array, shared: Floats) -> None:
        """Add the products of coefficients: own (n·J, own), shared (n·J, shared)."""
        self.shared_shared += shared.T @ shared
        self.own_shared += own.T @ shared
        rows, k = own.shape
        if rows * k**2 * _DENSE_RATE < float((np.diff(own.indptr).astype(np.float64) ** 2).sum()) * _SPARSE_RATE:
            step = max(1, _BLOCK // max(k, 1))
            for a in range(0, rows, step):
                full = own[a : a + step].toarray()
                self.own_own += full.T @ full
        else:
            product = (own.T @ own).tocoo()
            self.own_own[product.row, product.col] += product.data

    def matrix(self) -> Floats:
        """The sum in the order of the parameter vector."""
        out = self.whole
        if not self.in_place:
            out[np.ix_(self.own_index, self.own_index)] = self.own_own
        out[np.ix_(self.own_index, self.shared_index)] = self.own_shared
        out[np.ix_(self.shared_index, self.own_index)] = self.own_shared.T
        out[np.ix_(self.shared_index, self.shared_index)] = self.shared_shared
        return out


def orthonormal(p: Floats, x: Floats, degree: int) -> Floats:
    """Polynomials 1 … degree orthonormal under each posterior, times the posterior: shape (n, degree, Q)."""
    out = np.empty((len(p), degree, p.shape[1]))
    before, now = np.ones_like(x), x
    for j in range(degree):
        out[:, j] = p * now
        if j + 1 == degree:
            break
        shift = np.einsum("iq,iq->i", out[:, j] * now, x)
        back = np.einsum("iq,iq->i", out[:, j] * before, x)
        new = (x - shift[:, None]) * now - back[:, None] * before
        norm = np.sqrt(np.einsum("iq,iq->i", p, new**2))
        before, now = now, np.where(norm > _FLAT, new.T / np.maximum(norm, _FLAT), 0.0).T
    return out
