"""The profiled REML criterion of a two-way crossed model and its maximum.

Counts per cell, sums per row and per column and Σy² are sufficient, so an iteration costs the same for any number of
ratings per cell. The larger factor is absorbed; the Schur complement of the smaller is dense. With W = [1, Z_b],
V_a = I + θ_a Z_aZ_a' and everything in units of the residual variance, all gradients, traces and informations follow
from three weighted cross-products N' diag(w) N of the table of counts N.

Sources: Patterson & Thompson (1971); Gilmour, Thompson & Cullis (1995), average information; Bates, Mächler, Bolker &
Walker (2015), profiled criterion; Henderson (1953), method 1, for the start.
"""

from __future__ import annotations

import numpy as np
from scipy import linalg, sparse

from rankkit.errors import ConvergenceError
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.components.variance_components import method_one

_MAX_ITERATIONS = 100
_DECREMENT = 1e-13  # predicted gain in the criterion at which Newton stops: steps of 3e-7 standard errors
_ROUNDING = 1e-13  # relative rounding error of the criterion, forgiven when comparing two of them
_TINY_RATIO = 1e-6  # below it (I − S⁻¹)/θ cancels and is computed without dividing
EXHAUSTED = 1e-10  # residual share of the total variance below which it is taken to be zero: an exactly additive table
_SMALL = 128  # up to this size dpotri, which always starts threads, is slower than solving for the unit matrix
_DENSE_ENTRIES = 40_000_000  # counts kept as a dense table up to this many cells (320 MB)
LARGEST = 12_000  # levels of the smaller factor: its matrices take 1.2 GB each
_DENSE_SPEEDUP = 60.0  # multiplications a dense product does in the time of one in a sparse product


class CrossedDesign:
    """Sufficient statistics of the design: ``a`` is the absorbed (larger) factor, ``b`` the dense one."""

    def __init__(self, row: Ints, col: Ints, n_rows: int, n_cols: int) -> None:
        self.swapped = n_cols > n_rows
        self.a, self.b = (col, row) if self.swapped else (row, col)
        self.na, self.nb = max(n_rows, n_cols), min(n_rows, n_cols)
        self.n = len(row)
        if self.nb > LARGEST:
            raise ConvergenceError("E-MIXEDSIZE", levels=self.nb, limit=LARGEST)
        cells = sparse.csr_array((np.ones(self.n), (self.a, self.b)), shape=(self.na, self.nb))
        cells.sum_duplicates()
        self.cells = cells
        self.cells_t = cells.T.tocsr()
        self.r: Floats = np.asarray(cells.sum(axis=1), dtype=float).ravel()
        self.c: Floats = np.asarray(cells.sum(axis=0), dtype=float).ravel()
        per_row = np.diff(cells.indptr).astype(float)
        small = self.na * self.nb <= _DENSE_ENTRIES
        dense = small and self.na * self.nb**2 <= _DENSE_SPEEDUP * float(per_row @ per_row)
        self.table: Floats | None = cells.toarray() if dense else None

    def sums(self, scores: Floats) -> tuple[Floats, Floats]:
        """Add up scores per level of a and of b."""
        of_a = np.bincount(self.a, scores, self.na).astype(np.float64)
        return of_a, np.bincount(self.b, scores, self.nb).astype(np.float64)

    def cross(self, weight: Floats) -> Floats:
        """N' diag(weight) N for the table N of counts per cell, dense and symmetric."""
        if self.table is not None:
            scaled = self.table * np.sqrt(weight)[:, None]
            product: Floats = scaled.T @ scaled
            return product
        left = self.cells_t.copy()
        left.data *= weight[left.indices]
        return np.asarray((left @ self.cells).toarray())

    def bordered(self, weight: Floats) -> Floats:
        """[r, N]' diag(weight) [r, N]."""
        out = np.empty((self.nb + 1, self.nb + 1))
        out[1:, 1:] = self.cross(weight)
        out[0, 0] = weight @ self.r**2
        border: Floats = np.asarray(self.cells_t @ (weight * self.r))
        out[0, 1:] = out[1:, 0] = border
        return out

    def replicates(self) -> int:
        """Ratings per cell if the table is complete and balanced, otherwise 0."""
        complete = self.cells.nnz == self.na * self.nb and self.na > 1 and self.nb > 1
        low, high = (self.cells.data.min(), self.cells.data.max()) if complete else (0, 1)
        return int(low) if low == high else 0

    def gram(self) -> Floats:
        """Return tr(M V_k M V_l) for M the centring matrix, k, l over (a, b, residual): which components differ."""
        r, c, n = self.r, self.c, float(self.n)
        rr, cc = r @ r, c @ c
        ab = self.cells.data @ self.cells.data - 2 / n * (r @ (self.cells @ c)) + rr * cc / n**2
        aa = rr - 2 / n * (r @ r**2) + (rr / n) ** 2
        bb = cc - 2 / n * (c @ c**2) + (cc / n) ** 2
        return np.array([[aa, ab, n - rr / n], [ab, bb, n - cc / n], [n - rr / n, n - cc / n, n - 1]])


class ProfilePoint:
    """The profiled criterion at ratios θ = (σ²_a, σ²_b)/σ²_e; everything in units of σ²_e = 1."""

    def __init__(self, design: CrossedDesign, y_a: Floats, y_b: Floats, yy: float, theta: Floats) -> None:
        self.design, self.theta = design, theta
        ta, tb = float(theta[0]), float(theta[1])
        h = self.h = 1.0 / (1.0 + ta * design.r)
        raw = np.zeros((design.nb + 1, design.nb + 1))
        if ta > 0:
            raw[1:, 1:] = -design.cross(ta * h)
        border: Floats = np.asarray(design.cells_t @ h)
        raw[0, 1:] = raw[1:, 0] = border
        raw[0, 0] = design.r @ h
        raw[np.arange(1, design.nb + 1), np.arange(1, design.nb + 1)] += design.c
        self.raw = raw  # W'V_a⁻¹W with W = [1, Z_b]
        self.scale = np.r_[1.0, np.full(design.nb, np.sqrt(tb))]
        schur = raw * self.scale[:, None] * self.scale
        schur[np.arange(1, design.nb + 1), np.arange(1, design.nb + 1)] += 1.0
        self.root = linalg.cholesky(schur, lower=True, overwrite_a=True, check_finite=False)
        rhs = np.r_[h @ y_a, y_b - design.cells_t @ (ta * h * y_a)]
        self.omega = self.project(rhs)  # [μ̂, b̂]
        self.ypy = yy - ta * (h @ y_a**2) - rhs @ self.omega
        self.s2 = self.ypy / (design.n - 1)
        self.alpha = h * (y_a - design.r * self.omega[0] - design.cells @ self.omega[1:])  # Z_a'Py
        self.beta = rhs[1:] - raw[1:] @ self.omega  # Z_b'Py
        logdet = 2 * np.log(np.diag(self.root)).sum() + np.log1p(ta * design.r).sum()
        usable = self.s2 > 0
        self.deviance = logdet + (design.n - 1) * (1 + np.log(2 * np.pi * self.s2)) if usable else np.inf

    def project(self, vector: Floats) -> Floats:
        """Solve (W'V_a⁻¹W + K⁻¹) ω = vector."""
        inner = linalg.cho_solve((self.root, True), self.scale * vector, check_finite=False)
        out: Floats = self.scale * inner
        return out

    def derivatives(self) -> tuple[Floats, Floats]:
        """Gradient of half the profiled criterion by θ, and its average information."""
        d, h, a, b = self.design, self.h, self.alpha, self.beta
        self.inverse = _inverse(self.root)
        self.squared = d.bordered(h**2)
        outer = self.squared * self.scale[:, None] * self.scale
        trace_a = d.r @ h - np.vdot(self.inverse, outer)
        tb = float(self.theta[1])
        trace_b = (d.nb - np.trace(self.inverse[1:, 1:])) / tb if tb >= _TINY_RATIO else np.trace(self.col_col())
        self.traces = np.array([trace_a, trace_b])
        quadratic = np.array([a @ a, b @ b]) / self.s2
        pa = np.r_[(d.r * h) @ a, d.cells_t @ (h * a)]
        pb = self.raw[:, 1:] @ b
        ua, ub = self.project(pa), self.project(pb)
        aa, bb = (d.r * h) @ a**2 - pa @ ua, b @ pb[1:] - pb @ ub
        ab = a @ (h * (d.cells @ b)) - pa @ ub
        information = 0.5 * (np.array([[aa, ab], [ab, bb]]) / self.s2 - np.outer(quadratic, quadratic) / (d.n - 1))
        return 0.5 * (self.traces - quadratic), information

    def unmixed(self) -> Floats:
        """U with Z_a'PZ_b = diag(h)[r, N] U and Z_b'PZ_b = (W'V_a⁻¹Z_b)' U."""
        if self.theta[1] >= _TINY_RATIO:
            u = self.inverse[:, 1:].copy()
            u[0] /= np.sqrt(self.theta[1])
            return u
        right = self.scale[:, None] * self.raw[:, 1:]
        u = -self.scale[:, None] * linalg.cho_solve((self.root, True), right, check_finite=False)
        u[np.arange(1, len(u)), np.arange(len(u) - 1)] += 1.0
        return np.asarray(u)

    def col_col(self) -> Floats:
        """Z_b'PZ_b."""
        product: Floats = self.raw[:, 1:].T @ self.unmixed()
        return product

    def expected_information(self) -> Floats:
        """½ tr(P V_k P V_l) over (a, b, residual), exact, in units of σ²_e = 1; call after ``derivatives``."""
        d, g = self.design, self.design.r * self.h
        outer = self.inverse @ (self.squared * self.scale[:, None] * self.scale)
        third = d.bordered(self.h**2 * g) * self.scale[:, None] * self.scale
        aa = g @ g - 2 * np.vdot(self.inverse, third) + np.vdot(outer.T, outer)
        tb = float(self.theta[1])
        bb_matrix = (np.eye(d.nb) - self.inverse[1:, 1:]) / tb if tb >= _TINY_RATIO else self.col_col()
        u = self.unmixed()
        ab = np.vdot(u, self.squared @ u)
        full = np.empty((3, 3))
        full[0, 0], full[1, 1], full[0, 1] = aa, np.vdot(bb_matrix, bb_matrix), ab
        full[1, 0] = ab
        # P V P = P with V = σ²_a Z_aZ_a' + σ²_b Z_bZ_b' + I gives the residual's row
        full[2, :2] = full[:2, 2] = self.traces - full[:2, :2] @ self.theta
        full[2, 2] = (d.n - 1 - self.theta @ self.traces) - self.theta @ full[2, :2]
        half: Floats = 0.5 * full
        return half


def _inverse(root: Floats) -> Floats:
    """Inverse of L Lᵀ from its lower root, both triangles filled."""
    if len(root) <= _SMALL:
        return np.asarray(linalg.cho_solve((root, True), np.eye(len(root)), check_finite=False))
    lower, info = linalg.lapack.dpotri(root, lower=1)
    if info != 0:
        raise ConvergenceError("E-CONV", iterations=0, gradient="-")
    lower = np.tril(lower)
    diagonal = np.diag(lower).copy()
    out: Floats = lower + lower.T
    out[np.diag_indices_from(out)] = diagonal
    return out


def maximise(design: CrossedDesign, sum_a: Floats, sum_b: Floats, sum_of_squares: float, held: Bools) -> tuple[ProfilePoint, int, float]:
    """Minimise the profiled criterion over θ ≥ 0 by projected average-information Newton steps.

    Parameters
    ----------
    design : CrossedDesign
        Counts per cell.
    sum_a, sum_b : ndarray, shapes (na,) and (nb,)
        Sums of the centred, scaled scores per level.
    sum_of_squares : float
        Sum of their squares.
    held : ndarray of bool, shape (2,)
        Components kept at zero because the design does not identify them.

    Returns
    -------
    point : ProfilePoint
        The optimum, with derivatives evaluated.
    iterations : int
        Newton steps taken.
    gradient_norm : float
        Largest |d criterion / d log θ| over the free components.

    Raises
    ------
    ConvergenceError
        If 100 iterations do not suffice.
    """
    theta = np.where(held, 0.0, _start(design, sum_a, sum_b, sum_of_squares))
    point = ProfilePoint(design, sum_a, sum_b, sum_of_squares, theta)
    for iteration in range(1, _MAX_ITERATIONS + 1):
        gradient, information = point.derivatives()
        free = ~held & ((point.theta > 0) | (gradient < 0))
        norm = float(np.max(np.abs(2 * gradient * point.theta)[free], initial=0.0))
        step = _newton_step(gradient, information, free)
        if -gradient @ step <= _DECREMENT or point.s2 < EXHAUSTED:
            return point, iteration - 1, norm
        better = _search(point, step, sum_a, sum_b, sum_of_squares)
        if better is None:  # expectation-maximisation never raises the criterion
            shrink = 2 * point.theta**2 * gradient / np.array([design.na, design.nb])
            better = _search(point, -np.where(free, shrink, 0.0), sum_a, sum_b, sum_of_squares)
        if better is None:
            return point, iteration, norm
        point = better
    raise ConvergenceError("E-CONV", iterations=_MAX_ITERATIONS, gradient=f"{norm:.1e}")


def _start(design: CrossedDesign, sum_a: Floats, sum_b: Floats, squares: float) -> Floats:
    """Ratios to the residual by Henderson's method 1, kept inside (1/50, 1000)."""
    found = method_one(design.cells, sum_a, sum_b, squares)
    if not np.all(np.isfinite(found)) or found[2] <= 0:
        return np.full(2, 1.0)
    return np.asarray(np.clip(found[:2] / found[2], 0.02, 1000.0))


def _newton_step(gradient: Floats, information: Floats, free: Bools) -> Floats:
    """Average-information step in the free components; a scaled gradient step where that is no descent."""
    step = np.zeros(2)
    index = np.flatnonzero(free)
    if not len(index):
        return step
    block = information[np.ix_(index, index)]
    if np.linalg.eigvalsh(block)[0] > 0:
        step[index] = -np.linalg.solve(block, gradient[index])
    else:
        step[index] = -gradient[index] / np.maximum(np.abs(np.diag(block)), 1e-12)
    return step


def _search(point: ProfilePoint, step: Floats, sum_a: Floats, sum_b: Floats, squares: float) -> ProfilePoint | None:
    """Halve the step, projected on θ ≥ 0, until the criterion does not rise."""
    allowed = point.deviance + _ROUNDING * max(abs(point.deviance), point.design.n)
    for halvings in range(30):
        theta = np.maximum(point.theta + step * 0.5**halvings, 0.0)
        trial = ProfilePoint(point.design, sum_a, sum_b, squares, theta)
        if trial.deviance <= allowed:
            return trial
    return None
