"""Restricted maximum likelihood for ``y = μ + a_row + b_col + e`` with both effects random, on any sparse design.

The data enter through counts per cell, sums per row and per column and Σy², so the work per iteration does not grow
with the number of ratings. The larger factor is absorbed, the Schur complement of the smaller one is dense. Complete
balanced tables have a closed solution, also where a component is zero.

Sources: Patterson & Thompson (1971) for REML; Gilmour, Thompson & Cullis (1995) for the average information; Bates,
Mächler, Bolker & Walker (2015) for the profiled criterion, which is the one reported as ``deviance``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import linalg

from rankkit.kernels.arrays import Bools, Floats
from rankkit.kernels.components.crossed_profile import EXHAUSTED, CrossedDesign, ProfilePoint, maximise
from rankkit.kernels.matrix_forms import inverse_of_free

_CONSTANT = 1e-13  # spread over mean at which scores count as all equal
_ALIASED = 1e-9  # smallest eigenvalue of the scaled Gram matrix of the components that still separates them
_EXACT_FIT = 1e-14  # share of the total sum of squares below which a residual is rounding error


@dataclass(frozen=True, eq=False)
class CrossedComponents:
    """A fitted two-way crossed random-effects model. Order of every triple: row, column, residual.

    Attributes
    ----------
    mu : float
        Generalised least squares mean, in score units.
    mu_variance : float
        Its squared standard error.
    variances : ndarray, shape (3,)
        Variance components, squared score units, none negative.
    deviance : float
        −2 × restricted log-likelihood (REML criterion as lme4 defines it); −inf for constant scores.
    information : ndarray, shape (3, 3)
        Expected REML information ½ tr(P V_k P V_l) of the variances at the estimate.
    variance_of_components : ndarray, shape (3, 3)
        Inverse of ``information`` over the components that were not held at zero; their rows are zero.
    variance_unrestricted : ndarray, shape (3, 3)
        Inverse over all identified components, also those estimated as zero: gives finite, honest degrees of freedom
        where a component sits on the boundary.
    at_boundary : ndarray of bool, shape (3,)
        Identified but estimated as exactly zero.
    identified : ndarray of bool, shape (3,)
        False for components that the design cannot tell apart (each of an aliased set) or that have one level.
        The last of an aliased set that is not the residual carries zero, the rest carry the sum.
    blup_row, blup_col : ndarray, shapes (n_rows,) and (n_cols,)
        Best linear unbiased predictions (shrunken effects).
    iterations : int
        Newton iterations; 0 for the closed form.
    gradient_norm : float
        Largest derivative of the criterion by the logarithm of a free component ratio.
    closed_form : bool
        Whether the balanced solution was used.
    """

    mu: float
    mu_variance: float
    variances: Floats
    deviance: float
    information: Floats
    variance_of_components: Floats
    variance_unrestricted: Floats
    at_boundary: Bools
    identified: Bools
    blup_row: Floats
    blup_col: Floats
    iterations: int
    gradient_norm: float
    closed_form: bool

    @property
    def row(self) -> float:
        """Variance of the row effects."""
        return float(self.variances[0])

    @property
    def col(self) -> float:
        """Variance of the column effects."""
        return float(self.variances[1])

    @property
    def residual(self) -> float:
        """Residual variance (row × column interaction and error together)."""
        return float(self.variances[2])


@dataclass(frozen=True, eq=False)
class BlupCovariance:
    """Prediction-error covariance F Fᵀ + diag(d) of the row effects, kept factored.

    Attributes
    ----------
    loadings : ndarray, shape (n, k)
        F; k is at most one more than the number of levels of the smaller factor.
    extra : ndarray, shape (n,)
        d.
    """

    loadings: Floats
    extra: Floats

    def diagonal(self) -> Floats:
        """Squared standard errors, shape (n,)."""
        return np.asarray(np.einsum("ij,ij->i", self.loadings, self.loadings) + self.extra)

    def dense(self) -> Floats:
        """Whole matrix, shape (n, n); meant for a few thousand rows."""
        full: Floats = self.loadings @ self.loadings.T
        full[np.diag_indices_from(full)] += self.extra
        return full


def fit(y: ArrayLike, row: ArrayLike, col: ArrayLike, n_rows: int, n_cols: int) -> CrossedComponents:
    r"""Estimate the variance components of a two-way crossed random-effects model by REML.

    .. math:: y_t = \mu + a_{row(t)} + b_{col(t)} + e_t

    Parameters
    ----------
    y : array, shape (N,)
        Scores, finite.
    row, col : int arrays, shape (N,)
        Codes 0 … n_rows−1 and 0 … n_cols−1 (say ratee and rater). Levels without data are allowed; cells may be
        empty or hold several scores.
    n_rows, n_cols : int
        Numbers of levels.

    Returns
    -------
    CrossedComponents
        In squared score units. A component whose score at zero is not positive is exactly 0 (``at_boundary``); a
        component the design cannot separate is flagged in ``identified``, never invented.

    Raises
    ------
    ConvergenceError
        If the criterion does not settle within 100 iterations; ``E-MIXEDSIZE`` if both factors have more than 12 000
        levels (where they fall apart into groups, :mod:`~rankkit.kernels.components.mixed_reml` can still do it).

    References
    ----------
    Gilmour, Thompson & Cullis (1995), Average information REML. Bates, Mächler, Bolker & Walker (2015), Fitting
    linear mixed-effects models using lme4.

    Examples
    --------
    >>> import numpy as np
    >>> y = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float)
    >>> i, j = np.indices(y.shape).reshape(2, -1)
    >>> fit(y.ravel(), i, j, 6, 4).variances.round(4)
    array([2.5556, 5.2444, 1.0194])
    """
    y = np.asarray(y, dtype=np.float64)
    design = CrossedDesign(np.asarray(row, dtype=np.int64), np.asarray(col, dtype=np.int64), n_rows, n_cols)
    centre = float(y.mean())
    spread = float(np.sqrt(np.mean((y - centre) ** 2)))
    identified, held = _separable(design)
    if spread <= _CONSTANT * max(abs(centre), 1e-300) or design.n < 3:
        solved = _Solution(0.0, 0.0, np.zeros(3), -np.inf, np.zeros((3, 3)), np.zeros(design.na), np.zeros(design.nb))
        spread = 1.0
    else:
        z = (y - centre) / spread
        sum_a, sum_b = design.sums(z)
        solve = _balanced if design.replicates() else _newton
        solved = solve(design, sum_a, sum_b, float(z @ z), held)
    order = [1, 0, 2] if design.swapped else [0, 1, 2]
    information = (solved.information / spread**4)[np.ix_(order, order)]
    variances = solved.variances[order] * spread**2
    kept = np.r_[~held, True][order]
    blups = solved.effects_a * spread, solved.effects_b * spread
    return CrossedComponents(
        mu=centre + spread * solved.mu,
        mu_variance=spread**2 * solved.mu_variance,
        variances=variances,
        deviance=solved.deviance + 2 * (design.n - 1) * float(np.log(spread)),
        information=information,
        variance_of_components=inverse_of_free(information, kept & (variances > 0)),
        variance_unrestricted=inverse_of_free(information, kept & ((variances > 0) | np.array([True, True, False]))),
        at_boundary=(variances == 0) & kept,
        identified=identified[order],
        blup_row=blups[int(design.swapped)],
        blup_col=blups[1 - int(design.swapped)],
        iterations=solved.iterations,
        gradient_norm=solved.gradient_norm,
        closed_form=solved.iterations == 0 and design.replicates() > 0,
    )


@dataclass(frozen=True, eq=False)
class _Solution:
    """A fit in the units of the scaled scores, effects in the order absorbed, dense."""

    mu: float
    mu_variance: float
    variances: Floats
    deviance: float
    information: Floats
    effects_a: Floats
    effects_b: Floats
    iterations: int = 0
    gradient_norm: float = 0.0


def _separable(design: CrossedDesign) -> tuple[Bools, Bools]:
    """Which components the design identifies, and which of (a, b) are held at zero so that the rest are."""
    gram = design.gram()
    size = np.sqrt(np.clip(np.diag(gram), 0, None))
    present = size > _ALIASED * max(size.max(), 1.0)
    identified, held = present.copy(), ~present[:2]
    while True:
        keep = np.flatnonzero(np.r_[~held, present[2]])
        if len(keep) < 2:
            return identified, held
        values, vectors = np.linalg.eigh(gram[np.ix_(keep, keep)] / np.outer(size[keep], size[keep]))
        if values[0] > _ALIASED:
            return identified, held
        aliased = keep[np.abs(vectors[:, 0]) > 1e-4]
        identified[aliased] = False
        factors = aliased[aliased < 2]
        # of an aliased pair of factors the caller's column is held at zero
        held[factors[0] if design.swapped else factors[-1]] = True


def _newton(design: CrossedDesign, sum_a: Floats, sum_b: Floats, squares: float, held: Bools) -> _Solution:
    """General designs: the optimum of the profiled criterion."""
    point, iterations, gradient = maximise(design, sum_a, sum_b, squares, held)
    exhausted = bool(point.s2 < EXHAUSTED)
    variances = np.r_[point.theta, 1.0] * point.s2
    effects_a, effects_b = point.theta[0] * point.alpha, point.omega[1:]
    if exhausted:  # the effects are known without error: their sample variances
        exact = [np.var(e[seen > 0], ddof=1) for e, seen in ((effects_a, design.r), (effects_b, design.c))]
        variances = np.r_[np.where(held, 0.0, exact), 0.0]
    return _Solution(
        mu=float(point.omega[0]),
        mu_variance=float(point.s2 * point.inverse[0, 0]),
        variances=variances,
        deviance=-np.inf if exhausted else float(point.deviance),
        information=np.zeros((3, 3)) if exhausted else point.expected_information() / point.s2**2,
        effects_a=effects_a,
        effects_b=effects_b,
        iterations=max(iterations, 1),
        gradient_norm=gradient,
    )


def _balanced(design: CrossedDesign, sum_a: Floats, sum_b: Floats, squares: float, held: Bools) -> _Solution:
    """Complete tables: each stratum's expected mean square λ in closed form, pooled where a component is negative."""
    del held  # two levels of each factor are enough
    na, nb, n = design.na, design.nb, float(design.n)
    per_a, per_b = n / na, n / nb
    sums = np.array([sum_a @ sum_a / per_a, sum_b @ sum_b / per_b, 0.0])
    sums[2] = max(squares - sums[0] - sums[1], 0.0)
    if sums[2] < _EXACT_FIT * squares:
        sums[2] = 0.0
    df = np.array([na - 1.0, nb - 1.0, n - na - nb + 1.0])
    strata = sums / df
    # the residual is the smallest expected mean square: pool into it, smallest first (isotonic on a tree)
    pool, error = [2], strata[2]
    for k in np.argsort(strata[:2], kind="stable"):
        if strata[k] <= error:
            pool.append(int(k))
            error = sums[pool].sum() / df[pool].sum()
    strata[pool] = error
    variances = np.array([(strata[0] - error) / per_a, (strata[1] - error) / per_b, error])
    to_strata = np.array([[per_a, 0, 1], [0, per_b, 1], [0, 0, 1.0]])
    mu_variance = float(strata[0] + strata[1] - error) / n
    if error == 0:
        deviance, information = -np.inf, np.zeros((3, 3))
    else:
        deviance = float(df @ np.log(strata) + np.log(n) + (sums / strata).sum() + (n - 1) * np.log(2 * np.pi))
        information = to_strata.T @ ((df / (2 * strata**2))[:, None] * to_strata)
    with np.errstate(invalid="ignore", divide="ignore"):
        shrink = np.where(strata[:2] > 0, 1 - error / strata[:2], 0.0)
    return _Solution(0.0, mu_variance, variances, deviance, information, shrink[0] * sum_a / per_a, shrink[1] * sum_b / per_b)


def satterthwaite(gradient: ArrayLike, components: ArrayLike, variance_of_components: ArrayLike) -> Floats:
    r"""Degrees of freedom of a variance that is a linear combination of components.

    .. math:: \nu = \frac{2 (g^\top\sigma^2)^2}{g^\top V g}

    Parameters
    ----------
    gradient : array, shape (..., k)
        Coefficients g of the variance v = g'σ².
    components : array, shape (k,)
        Estimates σ².
    variance_of_components : array, shape (k, k)
        Their sampling covariance V.

    Returns
    -------
    ndarray, shape (...)
        Infinite where g'Vg is zero.

    References
    ----------
    Satterthwaite (1946), Biometrics Bulletin 2, 110–114; Giesbrecht & Burns (1985) for mixed models.

    Examples
    --------
    >>> float(satterthwaite([0.0, 0.25, 0.25], [9.0, 0.0, 2.0], np.diag([0.0, 0.0, 2 * 2.0**2 / 15])).round(9))
    15.0
    """
    g = np.asarray(gradient, dtype=np.float64)
    spread = np.einsum("...i,ij,...j->...", g, np.asarray(variance_of_components, dtype=np.float64), g)
    value = g @ np.asarray(components, dtype=np.float64)
    known = spread > 0
    return np.asarray(np.where(known, 2 * value**2 / np.where(known, spread, 1.0), np.inf))


def blup_covariance(
    components: CrossedComponents, row: ArrayLike, col: ArrayLike, *, rows: ArrayLike | None = None, with_mean: bool = False
) -> BlupCovariance:
    """Prediction-error covariance Var(â − a) of the row effects, the mean being estimated too.

    Parameters
    ----------
    components : CrossedComponents
        A fit of the same design.
    row, col : int arrays, shape (N,)
        The codes the fit was made with.
    rows : int array, optional
        Rows wanted; default all.
    with_mean : bool
        Of μ̂ + â − (μ + a) instead.

    Returns
    -------
    BlupCovariance
        Factored; ``dense()`` for the whole matrix. All zero where the fit is degenerate (residual variance zero).

    References
    ----------
    Henderson (1975), Best linear unbiased estimation and prediction under a selection model, Biometrics 31, 423–447.

    Examples
    --------
    >>> i, j = np.indices((3, 2)).reshape(2, -1)
    >>> found = fit([1.0, 2, 4, 5, 6, 9], i, j, 3, 2)
    >>> blup_covariance(found, i, j).dense().shape
    (3, 3)
    """
    n_rows, n_cols = len(components.blup_row), len(components.blup_col)
    design = CrossedDesign(np.asarray(row, dtype=np.int64), np.asarray(col, dtype=np.int64), n_rows, n_cols)
    wanted = np.arange(n_rows) if rows is None else np.asarray(rows, dtype=np.int64)
    s2 = components.residual
    if s2 <= 0:
        return BlupCovariance(np.zeros((len(wanted), 1)), np.zeros(len(wanted)))
    theta = components.variances[:2] / s2
    if design.swapped:
        theta = theta[::-1]
    point = ProfilePoint(design, np.zeros(design.na), np.zeros(design.nb), 0.0, theta)
    # (W'V⁻¹W + K)⁻¹ = L⁻ᵀL⁻¹, so a map T of [μ, b/scale] has covariance (T L⁻ᵀ)(T L⁻ᵀ)'
    if design.swapped:
        weights = np.zeros((len(wanted), design.nb + 1))
        weights[np.arange(len(wanted)), wanted + 1] = point.scale[wanted + 1]
        weights[:, 0] += with_mean
        extra = np.zeros(len(wanted))
    else:
        shrink = (theta[0] * point.h)[wanted]
        weights = np.c_[design.r[wanted], design.cells[wanted].toarray()] * point.scale * -shrink[:, None]
        weights[:, 0] += with_mean
        extra = s2 * shrink
    loadings = linalg.solve_triangular(point.root, weights.T, lower=True, check_finite=False).T
    return BlupCovariance(np.sqrt(s2) * loadings, extra)
