"""Restricted maximum likelihood for any set of crossed and nested random effects, unbalanced and sparse.

``y = Xβ + Σ_k Z_k b_k + e`` with b_k ~ N(0, σ²_k I): every effect is a vector of codes, with values where it is a random
slope. For two crossed effects and nothing else :mod:`rankkit.kernels.components.crossed_reml` is faster.

Sources: Patterson & Thompson (1971); Gilmour, Thompson & Cullis (1995); Bates, Mächler, Bolker & Walker (2015), whose
criterion is the one reported as ``deviance``; Satterthwaite (1946), Giesbrecht & Burns (1985) for degrees of freedom.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from rankkit.errors import ConvergenceError
from rankkit.kernels.arrays import Bools, Floats
from rankkit.kernels.components.mixed_design import Effect, MixedDesign
from rankkit.kernels.components.mixed_identification import gram, quadratic_start, separate
from rankkit.kernels.components.mixed_newton import Optimum, best_of_starts
from rankkit.kernels.components.mixed_profile import MixedPoint, Scores
from rankkit.kernels.matrix_forms import inverse_of_free

_CONSTANT = 1e-13  # spread over mean at which scores count as explained by the fixed part
_VANISHED = 1e-4  # share of the variance below which a component of an exact fit is taken as zero


@dataclass(frozen=True, eq=False)
class MixedComponents:
    """A fitted mixed model. Arrays over components have the effects in the order given, then the residual.

    Attributes
    ----------
    variances : ndarray, shape (K + 1,)
        Variance components, squared score units, none negative; exactly zero on the boundary.
    deviance : float
        −2 × restricted log-likelihood (lme4's REML criterion); −inf for an exact fit.
    fixed, fixed_covariance : ndarray, shapes (p,) and (p, p)
        Generalised least squares coefficients and their covariance; zero where not estimable.
    fixed_estimable : ndarray of bool, shape (p,)
        False for columns of X that are zero or a combination of earlier ones.
    fixed_df : ndarray, shape (p,)
        Satterthwaite degrees of freedom; infinite where the variance is known.
    information : ndarray, shape (K + 1, K + 1)
        Expected REML information ½ tr(P V_k P V_l), or the average information ½ y'P V_k P V_l P y where asked for.
    variance_of_components : ndarray, shape (K + 1, K + 1)
        Inverse of ``information`` over the components not at zero; their rows are zero.
    variance_unrestricted : ndarray, shape (K + 1, K + 1)
        Inverse over all identified components, also those estimated as zero.
    at_boundary : ndarray of bool, shape (K + 1,)
        Identified but estimated as exactly zero.
    identified : ndarray of bool, shape (K + 1,)
        False for components the design cannot separate: each of an aliased set.
    aliased : tuple of tuples of int
        Those sets (K is the residual). The first effects of a set carry the sum, the last one or, beside the residual,
        the effect carries zero. A set of one is swallowed by the fixed part.
    blups : tuple of ndarray
        Best linear unbiased predictions of every effect; zero for levels without data.
    iterations : int
        Newton iterations.
    gradient_norm : float
        Largest derivative of the criterion by the logarithm of a free component.
    exact_fit : bool
        Nothing is left over for the residual: the components are the limit as it goes to zero (to about 1e-4), without
        information. A residual on its boundary with a finite likelihood is no exact fit, only ``at_boundary``.
    n : int
        Rows.
    optimum : Optimum
        The point of the likelihood, for intervals, predictions and tests.
    held : ndarray of bool, shape (K,)
        Effects kept at zero because they are not identified.
    scale : float
        Score units per unit of the iterations.
    """

    variances: Floats
    deviance: float
    fixed: Floats
    fixed_covariance: Floats
    fixed_estimable: Bools
    fixed_df: Floats
    information: Floats
    variance_of_components: Floats
    variance_unrestricted: Floats
    at_boundary: Bools
    identified: Bools
    aliased: tuple[tuple[int, ...], ...]
    blups: tuple[Floats, ...]
    iterations: int
    gradient_norm: float
    exact_fit: bool
    n: int
    optimum: Optimum
    held: Bools
    scale: float

    @property
    def log_likelihood(self) -> float:
        """Restricted log-likelihood."""
        return -self.deviance / 2

    @property
    def design(self) -> MixedDesign:
        """The design fitted."""
        return self.optimum.point.design

    @property
    def n_fixed(self) -> int:
        """Estimable fixed effects."""
        return int(self.fixed_estimable.sum())


def fit(
    y: ArrayLike, effects: Sequence[Effect], fixed: ArrayLike | None = None, *, information: Literal["expected", "average"] = "expected"
) -> MixedComponents:
    r"""Estimate variance components, fixed effects and predictions by REML.

    .. math:: y = X\beta + \sum_k Z_k b_k + e,\quad b_k \sim N(0, \sigma^2_k I),\quad e \sim N(0, \sigma^2_e I)

    Parameters
    ----------
    y : array, shape (N,)
        Scores, finite.
    effects : sequence of (codes, n_levels) or (codes, n_levels, values)
        One random effect each: codes 0 … n_levels−1, shape (N,); values, shape (N,), are the entries of Z, 1 by
        default (a random slope has its covariate here). For interactions and nested factors see
        :func:`~rankkit.kernels.components.mixed_design.cross`. Several rows with the same codes are allowed.
    fixed : array, shape (N, p), optional
        X with its intercept; by default one column of ones.
    information : {"expected", "average"}
        Which information of the components to invert; the average one is cheaper in very large designs.

    Returns
    -------
    MixedComponents
        In squared score units. What the design cannot separate is named in ``aliased``, never invented.

    Raises
    ------
    ConvergenceError
        ``E-CONV`` if the iterations do not settle; ``E-MIXEDSIZE`` if more than 10 000 columns cross all blocks, which
        is the case above about 10 000 levels of the smaller of two crossed factors; ``E-MIXEDINPUT`` for arrays that
        do not fit together.

    References
    ----------
    Gilmour, Thompson & Cullis (1995), Average information REML, Biometrics 51, 1440–1450. Bates, Mächler, Bolker &
    Walker (2015), Fitting linear mixed-effects models using lme4, Journal of Statistical Software 67(1).

    Examples
    --------
    >>> import numpy as np
    >>> y = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float)
    >>> ratee, rater = np.indices(y.shape).reshape(2, -1)
    >>> fit(y.ravel(), [(ratee, 6), (rater, 4)]).variances.round(4)
    array([2.5556, 5.2444, 1.0194])
    """
    y = np.asarray(y, dtype=np.float64)
    _check(y, effects)
    design = MixedDesign(effects, fixed, len(y))
    weight = np.bincount(design.cell, y, len(design.weight))
    centre = design.fixed.least_squares(design.x.T @ weight)
    rest = y - (design.x @ centre)[design.cell]
    spread = float(np.sqrt(rest @ rest / max(design.n - design.p, 1)))
    products = gram(design)
    separation = separate(products)
    if spread <= _CONSTANT * max(float(np.abs(y).max(initial=0.0)), 1e-300) or design.n <= design.p:
        return _degenerate(design, separation.identified, separation.held, separation.aliased, centre)
    rest /= spread
    total = np.bincount(design.cell, rest, len(weight)).astype(np.float64)
    means = total / design.weight
    within = float(((rest - means[design.cell]) ** 2).sum()) if design.n > len(weight) else 0.0
    scores = Scores(*design.totals(total), means, within)
    squares = [design.pick(k, scores.absorbed, scores.dense) for k in range(design.k)]
    start = quadratic_start(products, np.array([*(s @ s for s in squares), float(rest @ rest)]), separation.held)
    best = best_of_starts(design, scores, start, separation.held)
    return _finish(best, separation.identified, separation.held, separation.aliased, centre, spread, information)


def _check(y: Floats, effects: Sequence[Effect]) -> None:
    """Refuse arrays that do not fit together."""
    wrong = "y" if y.ndim != 1 or not len(y) or not np.all(np.isfinite(y)) else ""
    if not len(effects):
        wrong = "effects"
    for effect in effects:
        codes = np.asarray(effect[0])
        bad = (
            codes.shape != y.shape
            or codes.dtype.kind not in "iu"
            or int(codes.min(initial=0)) < 0
            or int(codes.max(initial=0)) >= effect[1]
        )
        if not bad and len(effect) > 2 and effect[2] is not None:
            values = np.asarray(effect[2], dtype=np.float64)
            bad = values.shape != y.shape or not np.all(np.isfinite(values))
        wrong = "effects" if bad else wrong
    if wrong:
        raise ConvergenceError("E-MIXEDINPUT", what=wrong)


def _finish(
    best: Optimum,
    identified: Bools,
    held: Bools,
    aliased: tuple[tuple[int, ...], ...],
    centre: Floats,
    spread: float,
    kind: str,
) -> MixedComponents:
    """Put the optimum into score units."""
    point, d = best.point, best.point.design
    k, residual = d.k, float(best.variances[-1])
    variances = best.variances.copy()
    if best.exact_fit:
        variances[variances < _VANISHED * variances.sum()] = 0.0
    if best.floored:
        variances[-1] = 0.0
    variances *= spread**2
    kept = np.r_[~held, True]
    if best.exact_fit:
        information = np.zeros((k + 1, k + 1))
    else:
        raw = point.expected_information / residual**2 if kind == "expected" else point.average_information / residual**3
        information = raw / spread**4
    covariance = inverse_of_free(information, kept & (variances > 0))
    beta, beta_covariance = d.fixed.spread(centre + spread * point.omega[: d.p], spread**2 * residual * point.sigma[: d.p, : d.p])
    df = np.full(len(beta), np.inf) if best.exact_fit else fixed_df(point, residual * spread**2, covariance, d.fixed.loadings())
    return MixedComponents(
        variances=variances,
        deviance=-np.inf if best.exact_fit else float(best.deviance + 2 * point.df * np.log(spread)),
        fixed=beta,
        fixed_covariance=beta_covariance,
        fixed_estimable=d.fixed.estimable,
        fixed_df=df,
        information=information,
        variance_of_components=covariance,
        variance_unrestricted=inverse_of_free(information, kept),
        at_boundary=(variances == 0) & kept,
        identified=identified,
        aliased=aliased,
        blups=tuple(spread * point.theta[i] * point.score(i) for i in range(k)),
        iterations=best.iterations,
        gradient_norm=best.gradient_norm,
        exact_fit=best.exact_fit,
        n=d.n,
        optimum=best,
        held=held,
        scale=spread,
    )


def _degenerate(
    design: MixedDesign, identified: Bools, held: Bools, aliased: tuple[tuple[int, ...], ...], centre: Floats
) -> MixedComponents:
    """Scores without any variation beyond the fixed part: every component is zero."""
    zero = Scores(np.zeros(design.n_absorbed), np.zeros(design.n_dense), np.zeros(len(design.weight)), 0.0)
    point = MixedPoint(design, zero, np.zeros(design.k))
    best = Optimum(point, np.zeros(design.k + 1), -np.inf, 0, 0.0, exact_fit=True, floored=True)
    return _finish(best, identified, held, aliased, centre, 1.0, "average")


def fixed_df(point: MixedPoint, residual: float, covariance: Floats, contrasts: Floats) -> Floats:
    """Satterthwaite degrees of freedom 2v²/(g'Cg) of linear combinations of the working coefficients.

    Parameters
    ----------
    point : MixedPoint
        The likelihood at the estimate.
    residual : float
        Residual variance.
    covariance : ndarray, shape (K + 1, K + 1)
        C, of the components, in the units of ``residual``.
    contrasts : ndarray, shape (m, p)
        One combination a row.

    Returns
    -------
    ndarray, shape (m,)
        Infinite where the variance does not vary.
    """
    d = point.design
    v = residual * np.einsum("ij,jk,ik->i", contrasts, point.sigma[: d.p, : d.p], contrasts)
    gradient = np.empty((len(contrasts), d.k + 1))
    z, g = point.weights_of_fixed()
    for k in range(d.k):
        part = d.pick(k, z, g) @ contrasts.T
        gradient[:, k] = np.einsum("ij,ij->j", part, part)
    gradient[:, d.k] = v / residual - gradient[:, : d.k] @ point.theta
    spread = np.einsum("ij,jk,ik->i", gradient, covariance, gradient)
    return np.asarray(np.where(spread > 0, 2 * v**2 / np.where(spread > 0, spread, 1.0), np.inf))
