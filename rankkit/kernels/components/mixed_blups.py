"""Covariance of what a mixed model predicts and estimates: random effects, fixed effects and any combination of both.

With the notation of :mod:`~rankkit.kernels.components.mixed_profile` the errors of the dense part ω = [β, b_g] have covariance
σ²_e Σ, and given them the absorbed effects have error −EKω + ε, Var ε = σ²_e E. All of it is kept factored.

Sources: Henderson (1975), prediction error; Satterthwaite (1946), Giesbrecht & Burns (1985); Kenward & Roger (1997),
the covariance of fixed effects with the estimation of the components allowed for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import linalg, sparse

from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.components.mixed_profile import MixedPoint
from rankkit.kernels.components.mixed_reml import MixedComponents, fixed_df

Combinations = Floats | sparse.csr_array  # one combination of the stacked effects a row
_BATCH = 2**22  # numbers of a dense batch of combinations


@dataclass(frozen=True, eq=False)
class PredictionError:
    """Covariance of (β̂ − β, b̂_0 − b_0, b̂_1 − b_1, …), stacked in that order, the components taken as known.

    Attributes
    ----------
    start : int array, shape (K + 1,)
        First place of each effect in the stack, and its size; the fixed effects come first.
    residual : float
        σ²_e, the unit of the factors.
    inner : csr_array, shape (n_absorbed, n_absorbed)
        E, block diagonal; θ for levels without data.
    onto : csr_array, shape (n_absorbed, n_dense)
        EK.
    point : MixedPoint
        Holds the root of Σ⁻¹.
    """

    start: Ints
    residual: float
    inner: sparse.csr_array
    onto: sparse.csr_array
    point: MixedPoint

    def factored(self, left: Combinations) -> tuple[Floats, sparse.csr_array]:
        """Loadings F (m, n_dense) and block-diagonal rest D (m, m) of the covariance F F' + D of ``left @ stack``."""
        dense, absorbed = self._split(left)
        loadings = self._loadings(dense, absorbed)
        return loadings, sparse.csr_array(absorbed @ self.inner @ absorbed.T) * self.residual

    def covariance(self, left: Combinations, right: Combinations | None = None) -> Floats:
        """Covariance of ``left @ stack`` and ``right @ stack``.

        Parameters
        ----------
        left, right : array or sparse array, shapes (m, size) and (l, size)
            One combination a row; ``right`` is ``left`` by default.

        Returns
        -------
        ndarray, shape (m, l)
            Squared score units.
        """
        dense, absorbed = self._split(left)
        here = self._loadings(dense, absorbed)
        if right is None:
            there, other = here, absorbed
        else:
            dense, other = self._split(right)
            there = self._loadings(dense, other)
        return np.asarray(here @ there.T + self.residual * np.asarray((absorbed @ self.inner @ other.T).toarray()))

    def variances(self, left: Combinations) -> Floats:
        """Squared standard errors of ``left @ stack``, shape (m,), in batches."""
        rows = sparse.csr_array(left)
        out = np.empty(rows.shape[0])
        size = max(1, _BATCH // max(self.point.design.n_dense, 1))
        for low in range(0, rows.shape[0], size):
            dense, absorbed = self._split(rows[low : low + size])
            loadings = self._loadings(dense, absorbed)
            own = np.asarray((absorbed @ self.inner).multiply(absorbed).sum(axis=1)).ravel()
            out[low : low + size] = np.einsum("ij,ij->i", loadings, loadings) + self.residual * own
        return out

    def unit(self, k: int, levels: ArrayLike | None = None) -> sparse.csr_array:
        """Combinations that pick levels of effect k (all by default)."""
        size = int(self.start[k + 1] - self.start[k])
        wanted = np.arange(size) if levels is None else np.asarray(levels, dtype=np.int64)
        rows = np.arange(len(wanted))
        return sparse.csr_array((np.ones(len(wanted)), (rows, self.start[k] + wanted)), shape=(len(wanted), int(self.start[-1])))

    def effect(self, k: int, levels: ArrayLike | None = None) -> Floats:
        """Covariance of b̂_k − b_k."""
        return self.covariance(self.unit(k, levels))

    def cross(self, k: int, other: int, levels: ArrayLike | None = None, other_levels: ArrayLike | None = None) -> Floats:
        """Covariance of b̂_k − b_k with the errors of another effect."""
        return self.covariance(self.unit(k, levels), self.unit(other, other_levels))

    def standard_errors(self, k: int, levels: ArrayLike | None = None) -> Floats:
        """Square roots of the prediction-error variances of effect k."""
        return np.asarray(np.sqrt(np.maximum(self.variances(self.unit(k, levels)), 0.0)))

    def _split(self, left: Combinations) -> tuple[sparse.csr_array, sparse.csr_array]:
        """Parts of the combinations on the working dense part and on the absorbed levels."""
        d = self.point.design
        rows = sparse.csc_array(left)
        fixed = sparse.csr_array(rows[:, : self.start[0]] @ d.fixed.loadings())
        part = [rows[:, self.start[k] : self.start[k + 1]] for k in range(d.k)]
        dense = sparse.hstack([fixed, *(part[k] for k in d.dense)], format="csr")
        empty = sparse.csr_array((rows.shape[0], 0))
        absorbed = sparse.hstack([empty, *(part[k] for k in d.absorbed)], format="csr")
        return sparse.csr_array(dense), sparse.csr_array(absorbed)

    def _loadings(self, dense: sparse.csr_array, absorbed: sparse.csr_array) -> Floats:
        """Combinations of ω, times the root of its covariance."""
        combined = np.asarray((dense - absorbed @ self.onto).toarray()) * self.point.scale
        solved = linalg.solve_triangular(self.point.root, combined.T, lower=True, check_finite=False)
        return np.asarray(np.sqrt(self.residual) * solved.T)


def prediction_error(found: MixedComponents) -> PredictionError:
    """Prediction-error covariance of every effect, with all cross-covariances.

    Parameters
    ----------
    found : MixedComponents
        A fit.

    Returns
    -------
    PredictionError
        Factored: nothing of size n × n is made until asked for. Zero for an exact fit.

    References
    ----------
    Henderson (1975), Best linear unbiased estimation and prediction under a selection model, Biometrics 31, 423–447.

    Examples
    --------
    >>> from rankkit.kernels.components.mixed_reml import fit
    >>> ratee, rater = np.indices((3, 2)).reshape(2, -1)
    >>> error = prediction_error(fit([1.0, 2, 4, 5, 6, 9], [(ratee, 3), (rater, 2)]))
    >>> error.effect(0).shape, error.cross(0, 1).shape
    ((3, 3), (3, 2))
    """
    point, d = found.optimum.point, found.design
    rows: list[Ints] = []
    columns: list[Ints] = []
    values: list[Floats] = []
    to: list[Ints] = []
    onto: list[Floats] = []
    for b, inner in zip(d.blocks, point.inner, strict=True):
        at = b.pattern
        q, c = b.rows.shape[1], b.columns.shape[1]
        rows.append(np.repeat(b.rows, q, axis=1).ravel())
        columns.append(np.tile(b.rows, (1, q)).ravel())
        values.append(inner[at].ravel())
        to.append((np.repeat(b.rows, c, axis=1) * (d.n_dense + 1) + np.tile(b.columns[at], (1, q))).ravel())
        onto.append((inner @ b.cross)[at].ravel())
    size = d.n_absorbed + 1
    seen = np.zeros(size, dtype=bool)
    for part in rows:
        seen[part] = True
    unseen = np.flatnonzero(~seen[:-1])
    prior = np.repeat(point.theta[d.absorbed], d.levels[d.absorbed])[unseen]
    every = [np.concatenate([*a, b]) for a, b in ((rows, unseen), (columns, unseen), (values, prior))]
    inner_all = sparse.csr_array((every[2], (every[0], every[1])), shape=(size, size))[:-1, :-1]
    flat = np.concatenate(to) if to else np.empty(0, dtype=np.int64)
    data = np.concatenate(onto) if onto else np.empty(0)
    onto_all = sparse.csr_array((data, np.divmod(flat, d.n_dense + 1)), shape=(size, d.n_dense + 1))[:-1, :-1]
    start = len(d.fixed.estimable) + np.r_[0, np.cumsum(d.levels)]
    residual = 0.0 if found.exact_fit else float(found.optimum.variances[-1] * found.scale**2)
    return PredictionError(np.asarray(start, dtype=np.int64), residual, sparse.csr_array(inner_all), sparse.csr_array(onto_all), point)


@dataclass(frozen=True, eq=False)
class FixedInference:
    """Linear combinations of the fixed effects.

    Attributes
    ----------
    estimate, se, df : ndarray, shape (m,)
        Estimates, standard errors, degrees of freedom of t.
    covariance : ndarray, shape (m, m)
        Their covariance.
    """

    estimate: Floats
    se: Floats
    df: Floats
    covariance: Floats


def fixed_inference(
    found: MixedComponents, contrasts: ArrayLike | None = None, *, method: Literal["satterthwaite", "kenward_roger"] = "kenward_roger"
) -> FixedInference:
    r"""Estimate combinations of fixed effects with small-sample standard errors and degrees of freedom.

    .. math:: \hat\Phi_A = \hat\Phi + 2\hat\Phi\Bigl\{\sum_{kl} W_{kl}\,X^\top V^{-1}V_kPV_lV^{-1}X\Bigr\}\hat\Phi,
              \qquad \nu = \frac{2 (c^\top\hat\Phi c)^2}{g^\top W g}

    Parameters
    ----------
    found : MixedComponents
        A fit.
    contrasts : array, shape (m, p), optional
        One combination a row; each coefficient by default.
    method : {"kenward_roger", "satterthwaite"}
        Kenward–Roger enlarges the covariance for the estimated components; the degrees of freedom of one combination
        are the same under both.

    Returns
    -------
    FixedInference
        Combinations that involve a coefficient which is not estimable are to be ignored (see ``fixed_estimable``).

    References
    ----------
    Kenward & Roger (1997), Small sample inference for fixed effects from restricted maximum likelihood, Biometrics 53.

    Examples
    --------
    >>> from rankkit.kernels.components.mixed_reml import fit
    >>> ratee, rater = np.indices((3, 2)).reshape(2, -1)
    >>> fixed_inference(fit([1.0, 2, 4, 5, 6, 9], [(ratee, 3), (rater, 2)])).estimate.round(3)
    array([4.5])
    """
    d, point = found.design, found.optimum.point
    c = np.eye(len(found.fixed)) if contrasts is None else np.atleast_2d(np.asarray(contrasts, dtype=np.float64))
    working = c @ d.fixed.loadings()
    residual = float(found.optimum.variances[-1] * found.scale**2)
    covariance = residual * working @ point.sigma[: d.p, : d.p] @ working.T
    w = found.variance_of_components
    df = np.full(len(c), np.inf) if found.exact_fit else fixed_df(point, residual, w, working)
    if method == "kenward_roger" and not found.exact_fit:
        z, g = point.weights_of_fixed()
        weights = [d.pick(k, z, g) for k in range(d.k)]
        back = point.spread_back(weights)
        p = d.p
        inner = np.zeros((d.k + 1, d.k + 1, p, p))
        for k in range(d.k):
            parts = weights[k].T @ d.pick(k, *back) / residual
            inner[k, : d.k] = parts.reshape(p, d.k, p).transpose(1, 0, 2)
        inner[d.k, : d.k] = -np.tensordot(point.theta, inner[: d.k, : d.k], axes=1)
        inner[:, d.k] = -np.tensordot(inner[:, : d.k], point.theta, axes=(1, 0))
        covariance = covariance + 2 * working @ np.einsum("kl,klij->ij", w, inner) @ working.T
    return FixedInference(c @ found.fixed, np.sqrt(np.maximum(np.diag(covariance), 0.0)), df, covariance)
