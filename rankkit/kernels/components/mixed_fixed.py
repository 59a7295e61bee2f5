"""The fixed part of a mixed model: columns that are linear combinations of earlier ones are found and left out."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import linalg, sparse

from rankkit.errors import ConvergenceError
from rankkit.kernels.arrays import Bools, Floats

_DEPENDENT = 1e-9  # share of a column's length that must be left after the earlier columns are taken out
_FULL = 0.5  # share of non-zero entries from which a column is centred: a covariate, not a dummy


class FixedPart:
    """X with its columns centred, scaled and thinned to full rank: X_work = X[:, kept] T.

    Attributes
    ----------
    columns : csr_array, shape (N, p)
        X_work.
    estimable : ndarray of bool, shape (p_given,)
        False for columns that are zero or a combination of earlier ones.
    transform : ndarray, shape (p, p)
        T, so that β = T β_work.
    log_det : float
        log |T|.
    """

    def __init__(self, fixed: ArrayLike | None, n: int) -> None:
        x = np.ones((n, 1)) if fixed is None else np.asarray(fixed, dtype=np.float64)
        if x.ndim != 2 or len(x) != n or not np.all(np.isfinite(x)):
            raise ConvergenceError("E-MIXEDINPUT", what="fixed")
        self.estimable: Bools = _independent(x)
        kept = x[:, self.estimable]
        p = kept.shape[1]
        transform = np.eye(p)
        constant = [j for j in range(p) if np.all(kept[:, j] == kept[0, j]) and kept[0, j] != 0]
        if constant:
            for j in range(p):
                if j != constant[0] and np.count_nonzero(kept[:, j]) > _FULL * n:
                    transform[constant[0], j] = -kept[:, j].mean() / kept[0, constant[0]]
        work = kept @ transform if np.count_nonzero(transform) > p else kept
        scale = 1 / np.sqrt(np.einsum("ij,ij->j", work, work) / n)
        self.transform: Floats = transform * scale
        self.log_det = float(np.log(scale).sum())
        self.columns = sparse.csr_array(work * scale)
        self.base: Floats = np.eye(p)

    @property
    def p(self) -> int:
        """Columns kept."""
        return int(self.columns.shape[1])

    def keep_products(self, base: Floats) -> None:
        """Keep X_work'X_work."""
        self.base = base

    def least_squares(self, xy: Floats) -> Floats:
        """Coefficients of X_work by ordinary least squares from X_work'y."""
        return np.asarray(linalg.solve(self.base, xy, assume_a="pos")) if len(xy) else xy

    def spread(self, beta: Floats, covariance: Floats) -> tuple[Floats, Floats]:
        """Coefficients of the given columns and their covariance; zero where not estimable."""
        full = np.zeros(len(self.estimable))
        full[self.estimable] = self.transform @ beta
        out = np.zeros((len(full), len(full)))
        out[np.ix_(self.estimable, self.estimable)] = self.transform @ covariance @ self.transform.T
        return full, out

    def loadings(self) -> Floats:
        """Map from β_work to the given columns, shape (p_given, p)."""
        out = np.zeros((len(self.estimable), self.p))
        out[self.estimable] = self.transform
        return out


def _independent(x: Floats) -> Bools:
    """Columns that add to the space of the ones before them (Gram–Schmidt on the triangular factor)."""
    n, p = x.shape
    length = np.sqrt(np.einsum("ij,ij->j", x, x))
    kept: Bools = np.asarray(length > 0)
    if p <= 1 or not kept.any():
        return kept
    basis: Floats = np.asarray(np.linalg.qr(x / np.where(kept, length, 1.0), mode="r"))
    found: list[Floats] = []
    for j in range(p):
        rest = basis[:, j].copy()
        for _ in range(2):  # twice is enough (Kahan)
            for q in found:
                rest -= (q @ rest) * q
        size = float(np.linalg.norm(rest))
        kept[j] = kept[j] and size > _DEPENDENT and len(found) < n
        if kept[j]:
            found.append(rest / size)
    return kept
