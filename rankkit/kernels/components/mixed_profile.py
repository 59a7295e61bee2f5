"""The restricted likelihood of a mixed model at given variance ratios, its gradient and its informations.

Notation, everything in units of the residual variance: θ_k = σ²_k/σ²_e; Z the absorbed levels with prior Λ² = diag θ,
block diagonal R = Z'Z, K = Z'G for the dense part G = [X, Z_g]; E = Λ(I + ΛRΛ)⁻¹Λ, so that V_z⁻¹ = I − ZEZ';
H = I − RE = Λ⁻²E, so that Z'V_z⁻¹ = HZ'; J = Z'V_z⁻¹G = HK; A = G'V_z⁻¹G; Σ = (A + diag(0, 1/θ_g))⁻¹;
P = V_z⁻¹ − V_z⁻¹GΣG'V_z⁻¹. Everything needed of P is a sum over blocks of small matrices with the entries of Σ at the
few columns a block touches.

Sources: Patterson & Thompson (1971); Gilmour, Thompson & Cullis (1995), average information; Bates, Mächler, Bolker &
Walker (2015), the criterion; Henderson (1984), absorption.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import linalg

from rankkit.errors import ConvergenceError
from rankkit.kernels.arrays import Floats
from rankkit.kernels.components.mixed_design import Blocks, MixedDesign

TINY_RATIO = 1e-6  # below it (I − S⁻¹)/θ cancels and is computed without dividing


@dataclass(frozen=True, eq=False)
class Scores:
    """What the likelihood needs of the scores, free of the fixed part and of unit size.

    Attributes
    ----------
    absorbed, dense : ndarray
        Z'y and G'y.
    means : ndarray
        Mean score of each cell.
    within : float
        Sum of squares within cells.
    """

    absorbed: Floats
    dense: Floats
    means: Floats
    within: float


class MixedPoint:
    """The criterion at ratios θ; derivatives and informations when asked for."""

    def __init__(self, design: MixedDesign, scores: Scores, theta: Floats) -> None:
        d = self.design = design
        self.scores, self.theta = scores, theta
        self.df = float(d.n - d.p)
        root = np.sqrt(theta)
        self.inner: list[Floats] = []  # E of every pattern
        self.damped: list[Floats] = []  # H of every pattern
        size = d.n_dense + 1
        outer = np.zeros(size * size)
        logdet = 0.0
        for b in d.blocks:
            scale = np.r_[root, 0.0][b.effect]
            middle = b.gram * scale[:, :, None] * scale[:, None, :]
            middle[:, np.arange(b.gram.shape[1]), np.arange(b.gram.shape[1])] += 1.0
            factor = _cholesky(middle)
            logdet += 2 * float(b.count @ np.log(np.diagonal(factor, axis1=1, axis2=2)).sum(axis=1))
            solved = np.linalg.inv(factor) * scale[:, None, :]
            inner = _transposed(solved) @ solved
            self.inner.append(inner)
            self.damped.append(_damped(b.gram, inner, scale))
            product = _transposed(b.cross) @ (inner @ b.cross)
            if not b.single:
                product *= b.count[:, None, None]
            np.add.at(outer, (b.columns[:, :, None] * size + b.columns[:, None, :]).ravel(), product.ravel())
        self.raw: Floats = d.base - outer.reshape(size, size)[:-1, :-1]  # A
        self.scale: Floats = np.r_[np.ones(d.p), np.repeat(root[d.dense], d.levels[d.dense])]
        schur = self.raw * self.scale[:, None] * self.scale
        schur[np.arange(d.p, d.n_dense), np.arange(d.p, d.n_dense)] += 1.0
        self.root = _cholesky(schur)
        self.logdet = logdet + 2 * float(np.log(np.diag(self.root)).sum()) - 2 * d.fixed.log_det
        absorbed, dense, self.omega = (part[:, 0] for part in self._apply(scores.absorbed[:, None], scores.dense[:, None]))
        self.score_absorbed, self.score_dense = absorbed, dense  # Z'Py and G'Py; omega = [β̂, b̂ of the dense effects]
        # y'Py as the minimum of a sum of squares, so that errors of the solution enter only squared
        rest = scores.means - d.x @ self.omega[: d.p]
        self.ypy = 0.0
        for k in range(d.k):
            if theta[k] > 0:
                predicted = theta[k] * self.score(k)
                self.ypy += float(predicted @ predicted) / theta[k]
                rest -= d.expand(k, predicted)
        self.ppy = float(d.weight @ rest**2) + scores.within  # y'PPy
        self.ypy += self.ppy
        self.s2 = self.ypy / max(self.df, 1.0)

    def deviance(self, residual: float) -> float:
        """−2 × restricted log-likelihood with σ²_e given."""
        return self.logdet + self.df * float(np.log(2 * np.pi * residual)) + self.ypy / residual

    def score(self, k: int) -> Floats:
        """Z_k'Py; times σ²_k it is the predicted effect."""
        return self.design.pick(k, self.score_absorbed, self.score_dense)

    def project(self, right: Floats) -> Floats:
        """Σ times a matrix."""
        scale = self.scale[:, None]
        return np.asarray(scale * linalg.cho_solve((self.root, True), scale * right, check_finite=False))

    def _apply(self, absorbed: Floats, dense: Floats) -> tuple[Floats, Floats, Floats]:
        """Z'Pu, G'Pu and ΣG'V_z⁻¹u for vectors u known by Z'u and G'u (columns)."""
        d, m = self.design, absorbed.shape[1]
        padded = np.vstack([absorbed, np.zeros((1, m))])
        taken = np.zeros((d.n_dense + 1, m))
        for b, inner in zip(d.blocks, self.inner, strict=True):
            _scatter(taken, b.columns[b.pattern], _transposed(of(b.cross, b)) @ (of(inner, b) @ padded[b.rows]))
        t = dense - taken[:-1]
        omega = self.project(t)
        out = np.zeros((d.n_absorbed + 1, m))
        omega_padded = np.vstack([omega, np.zeros((1, m))])
        for b, damped in zip(d.blocks, self.damped, strict=True):
            out[b.rows] = of(damped, b) @ (padded[b.rows] - of(b.cross, b) @ omega_padded[b.columns[b.pattern]])
        inside = np.zeros_like(omega)
        for k in d.dense:
            part = d.dense_part(k)
            inside[part] = omega[part] / self.theta[k] if self.theta[k] > 0 else t[part] - self.raw[part] @ omega
        return out[:-1], inside, omega

    def spread_back(self, weights: list[Floats]) -> tuple[Floats, Floats]:
        """P Z_l w_l for every effect l as (Z'P·, G'P·), column groups in the order of the effects."""
        d = self.design
        m = sum(w.shape[1] for w in weights)
        absorbed, dense = np.zeros((d.n_absorbed + 1, m)), np.zeros((d.n_dense + 1, m))
        start = 0
        for k, w in enumerate(weights):
            where = absorbed[d.absorbed_part(k)] if d.first_absorbed[k] >= 0 else dense[d.dense_part(k)]
            where[:, start : start + w.shape[1]] = w
            start += w.shape[1]
        z, g = np.zeros_like(absorbed), np.zeros_like(dense)
        for b in d.blocks:
            inside, columns = absorbed[b.rows], b.columns[b.pattern]
            k_ = of(b.cross, b)
            z[b.rows] = of(b.gram, b) @ inside + k_ @ dense[columns]
            _scatter(g, columns, _transposed(k_) @ inside)
        return self._apply(z[:-1], g[:-1] + d.base @ dense[:-1])[:2]

    def weights_of_fixed(self) -> tuple[Floats, Floats]:
        """Z'V⁻¹X(X'V⁻¹X)⁻¹ of the absorbed and of the dense levels, one column a fixed effect."""
        d = self.design
        omega = self.sigma[:, : d.p]
        out = np.zeros((d.n_absorbed + 1, d.p))
        for b, damped in zip(d.blocks, self.damped, strict=True):
            out[b.rows] = of(damped, b) @ (of(b.cross, b) @ omega[b.columns[b.pattern]])
        return out[:-1], self.raw @ omega[:-1]

    @cached_property
    def inverse(self) -> Floats:
        """(scaled A + diag(0, I))⁻¹, so that Σ = scale · inverse · scale."""
        lower, info = linalg.lapack.dpotri(self.root, lower=1)
        if info != 0:
            raise ConvergenceError("E-CONV", iterations=0, gradient="-")
        lower = np.tril(lower)
        diagonal = np.diag(lower).copy()
        out: Floats = lower + lower.T
        out[np.diag_indices_from(out)] = diagonal
        return out

    @cached_property
    def sigma(self) -> Floats:
        """Σ with a row and a column of zeros for padding."""
        return np.pad(self.inverse * self.scale[:, None] * self.scale, ((0, 1), (0, 1)))

    @cached_property
    def traces(self) -> Floats:
        """Return tr(P V_k) over effects and residual."""
        d = self.design
        out = np.zeros(d.k + 1)
        flat, size = self.sigma.ravel(), d.n_dense + 1
        for b, damped in zip(d.blocks, self.damped, strict=True):
            j = damped @ b.cross
            at = np.take(flat, b.columns[:, :, None] * size + b.columns[:, None, :])
            diagonal = np.einsum("nij,nji->ni", damped, b.gram) - np.einsum("nij,nij->ni", j @ at, j)
            out += np.bincount((b.effect % (d.k + 1)).ravel(), (diagonal * b.count[:, None]).ravel(), d.k + 1)
        for k in d.dense:
            part = d.dense_part(k)
            if self.theta[k] >= TINY_RATIO:
                out[k] = (d.levels[k] - np.trace(self.inverse[part, part])) / self.theta[k]
            else:
                out[k] = np.trace(self.raw[part, part]) - np.vdot(self.raw[:, part], self.sigma[:-1, :-1] @ self.raw[:, part])
        out[d.k] = self.df - self.theta @ out[: d.k]
        return out

    @cached_property
    def quadratics(self) -> Floats:
        """Return y'P V_k P y over effects and residual."""
        squares = np.array([self.score(k) @ self.score(k) for k in range(self.design.k)])
        return np.asarray(np.r_[squares, self.ppy])

    @cached_property
    def average_information(self) -> Floats:
        """½ y'P V_k P V_l P y over effects and residual."""
        d = self.design
        z, g = self.spread_back([self.score(k)[:, None] for k in range(d.k)])
        full = np.zeros((d.k + 1, d.k + 1))
        for k in range(d.k):
            full[k, : d.k] = self.score(k) @ d.pick(k, z, g)
        return _with_residual((full + full.T) / 2, self.theta, self.quadratics) / 2

    @cached_property
    def expected_information(self) -> Floats:
        """½ tr(P V_k P V_l) over effects and residual, exact."""
        d = self.design
        full = np.zeros((d.k + 1, d.k + 1))
        outer = self._outer(full)
        columns: list[Floats] = []  # Y_g: P Z_g = V_z⁻¹G Y_g
        for g in d.dense:
            part = d.dense_part(g)
            if self.theta[g] >= TINY_RATIO:
                columns.append(self.sigma[:-1, part] / self.theta[g])
            else:
                y = -self.sigma[:-1, :-1] @ self.raw[:, part]
                y[part] += np.eye(d.levels[g])
                columns.append(y)
        spread = [self.sigma[:-1, :-1] @ t for t in outer]
        for a, k in enumerate(d.absorbed):
            for b, m in enumerate(d.absorbed[: a + 1]):
                full[k, m] = full[m, k] = full[k, m] + np.vdot(spread[a].T, spread[b])
            for g, y in zip(d.dense, columns, strict=True):
                product = spread[a][d.dense_part(g)].T / self.theta[g] if self.theta[g] >= TINY_RATIO else outer[a] @ y
                full[k, g] = full[g, k] = np.vdot(product, y)
        for a, g in enumerate(d.dense):
            for h, y in zip(d.dense[: a + 1], columns[: a + 1], strict=True):
                if self.theta[g] >= TINY_RATIO and self.theta[h] >= TINY_RATIO:
                    block = np.negative(self.inverse[d.dense_part(g), d.dense_part(h)])
                    if g == h:
                        block[np.diag_indices_from(block)] += 1.0
                    block /= np.sqrt(self.theta[g] * self.theta[h])
                else:
                    block = self.raw[d.dense_part(g)] @ y
                full[g, h] = full[h, g] = np.vdot(block, block)
        return _with_residual(full, self.theta, self.traces) / 2

    def _outer(self, full: Floats) -> list[Floats]:
        """T_k = G'V_z⁻¹V_kV_z⁻¹G of each absorbed effect; adds the part of the traces inside blocks to ``full``."""
        d = self.design
        flat, size = self.sigma.ravel(), d.n_dense + 1
        outer = [np.zeros(size * size) for _ in d.absorbed]
        for b, damped in zip(d.blocks, self.damped, strict=True):
            j = damped @ b.cross
            at = b.columns[:, :, None] * size + b.columns[:, None, :]
            own = damped @ b.gram
            twice = own * (own - 2 * (j @ np.take(flat, at) @ _transposed(j))) * b.count[:, None, None]
            member = [(b.effect == k).astype(float) for k in d.absorbed]
            for a, k in enumerate(d.absorbed):
                part = j * member[a][:, :, None]
                np.add.at(outer[a], at.ravel(), (_transposed(part) @ part * b.count[:, None, None]).ravel())
                for c, m in enumerate(d.absorbed):
                    full[k, m] += np.einsum("ni,nij,nj->", member[a], twice, member[c])
        return [t.reshape(size, size)[:-1, :-1] for t in outer]


def _damped(gram: Floats, inner: Floats, scale: Floats) -> Floats:
    """H = I − RE of a stack of blocks: Λ⁻²E where θ > 0, which does not cancel."""
    known = scale > 0
    out: Floats = inner / np.where(known, scale, 1.0)[:, :, None] ** 2
    if not known.all():
        out = np.where(known[:, :, None], out, np.eye(gram.shape[1]) - gram @ inner)
    return out


def of(matrices: Floats, b: Blocks) -> Floats:
    """Matrix of each member's pattern."""
    return matrices if b.single else matrices[b.pattern]


def _transposed(matrices: Floats) -> Floats:
    """Transposes laid out anew: products of views are slow."""
    return np.ascontiguousarray(matrices.transpose(0, 2, 1))


def _scatter(into: Floats, index: np.ndarray, values: Floats) -> None:
    """Add rows of ``values`` to rows of ``into``."""
    at = index.ravel()
    for c in range(into.shape[1]):
        into[:, c] += np.bincount(at, values[:, :, c].ravel(), len(into))


def _cholesky(matrix: Floats) -> Floats:
    """Lower root of one matrix or a stack, or ConvergenceError."""
    try:
        if matrix.ndim == 2:
            return np.asarray(linalg.cholesky(matrix, lower=True, overwrite_a=True, check_finite=False))
        return np.asarray(np.linalg.cholesky(matrix))
    except np.linalg.LinAlgError as error:
        raise ConvergenceError("E-CONV", iterations=0, gradient="-") from error


def _with_residual(full: Floats, theta: Floats, diagonal: Floats) -> Floats:
    """Fill the residual's row by P V P = P with V = I + Σ θ_k V_k; ``diagonal`` is tr(P V_k), or y'P V_k P y."""
    k = len(theta)
    full[k, :k] = full[:k, k] = diagonal[:k] - full[:k, :k] @ theta
    full[k, k] = diagonal[k] - theta @ full[k, :k]
    return full
