r"""Scores with the raters' estimated severity taken out, and the covariance that this leaves.

Raters' composites follow ``z_ir = a_i + β_r + ε_ir`` with the ratees' ``a_i`` *fixed*: nothing is assumed about who rates
whom, so a strong team is not mistaken for a lenient rater. With ``λ = σ²_ε / σ²_β``, N the ratee × rater incidence of the
cells that speak about severity, k its row and n its column sums, the mixed-model equations (Henderson 1975) reduce to

.. math:: \hat\beta = S^{-1} g, \qquad S = \operatorname{diag}(n) + \lambda I - N^\top \operatorname{diag}(k)^{-1} N, \qquad
    g_r = \sum_i (z_{ir} - \bar z_{i\cdot})

which shrinks a rater known from few shared ratees towards zero; ``Cov(β̂ − β) = σ²_ε S⁻¹``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg, sparse

from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.covariance import Covariance, Dense, Factor
from rankkit.kernels.rater_effects.rating_composite import Composite

_DENSE_LIMIT = 3000  # people up to which the covariance is formed in full where raters left out dimensions
_STEP = 1e-4  # relative step of the numerical derivatives by the variances
_NONE = 1e-12  # rater variance over residual variance below which there is no severity to take out


@dataclass(frozen=True, eq=False)
class SeverityAdjustment:
    """Adjusted scores.

    Attributes
    ----------
    severity : ndarray, shape (m,)
        β̂, score units: positive = gives more than the average rater (lenient). Zero, with the full prior variance, for
        raters without a cell that speaks about severity.
    severity_se : ndarray, shape (m,)
        Standard error of prediction of the difference from the mean of the raters with such cells.
    linked : ndarray of int, shape (m,)
        Cells each severity rests on.
    score : ndarray, shape (n,)
        ``X_i − Σ_r c_ir β̂_r``.
    covariance : Covariance
        Error covariance of the scores asked for.
    each : ndarray, shape (len(keep), 3)
        Derivatives of each score's error variance by (σ²_ratee, σ²_rater, σ²_residual).
    difference : ndarray, shape (3,)
        The same of the mean error variance of a difference.
    ratees : int
        People whose cells speak about severity.
    """

    severity: Floats
    severity_se: Floats
    linked: Ints
    score: Floats
    covariance: Covariance
    each: Floats
    difference: Floats
    ratees: int


def severity_adjustment(
    parts: Composite, keep: Ints, var_rater: float, var_residual: float, speaks: Bools | None = None
) -> SeverityAdjustment:
    """Take the raters' severity out of composites.

    Parameters
    ----------
    parts : Composite
        The composites.
    keep : ndarray of int
        The people whose scores are wanted.
    var_rater, var_residual : float
        ``σ²_β`` and ``σ²_ε > 0`` of the raters' composites.
    speaks : ndarray of bool, shape (pairs,), optional
        Cells severity is estimated from: all of them by default, or those of anchor ratees, who are then not in ``keep``.

    Returns
    -------
    SeverityAdjustment

    Notes
    -----
    With severity estimated from the scored cells themselves the error covariance is
    ``σ²_ε (C Cᵀ + K S⁻¹ Kᵀ − K S⁻¹ Gᵀ − G S⁻¹ Kᵀ)`` with K the loadings and ``G = C Q Z``, Q taking out ratee means; G is
    zero where every rater rates the person on the same dimensions. Above 3000 people ``−G S⁻¹ Gᵀ`` is left out of
    ``(K − G) S⁻¹ (K − G)ᵀ − G S⁻¹ Gᵀ``, which makes intervals wider, never narrower.

    References
    ----------
    Henderson (1975), Biometrics 31, 423-447. Zewotir (2012), on the effect of raters in performance appraisal.

    Examples
    --------
    >>> import numpy as np
    >>> from rankkit.kernels.rater_effects.rating_composite import composite
    >>> ratee, rater = np.array([0, 0, 1, 1, 2, 2]), np.array([0, 1, 1, 2, 0, 2])
    >>> y = np.array([4.0, 2.0, 3.0, 4.0, 5.0, 4.0])
    >>> parts = composite(ratee, rater, np.zeros(6, int), y, np.ones(1), 3, 3)
    >>> found = severity_adjustment(parts, np.arange(3), 1.0, 0.25)
    >>> found.severity.round(2), found.score.round(2)
    (array([ 0.86, -0.86,  0.  ]), array([3.  , 3.93, 4.07]))
    """
    speaks = np.ones(len(parts.ratee), dtype=np.bool_) if speaks is None else speaks
    core = _Core.of(parts, keep, speaks)
    severity, spread = core.severity(var_rater, var_residual)
    score = np.asarray(parts.score - parts.loadings @ severity)
    each = np.zeros((len(keep), 3))
    difference = np.zeros(3)
    for k, (up, down) in enumerate(
        (
            ((var_rater * (1 + _STEP), var_residual), (var_rater * (1 - _STEP), var_residual)),
            ((var_rater, var_residual * (1 + _STEP)), (var_rater, var_residual * (1 - _STEP))),
        ),
        start=1,
    ):
        width = 2 * _STEP * (var_rater if k == 1 else var_residual)
        if width <= 0:
            continue
        high, low = core.variances(*up), core.variances(*down)
        each[:, k] = (high[0] - low[0]) / width
        difference[k] = (high[1] - low[1]) / width
    return SeverityAdjustment(severity, spread, core.linked, score, core.covariance(var_rater, var_residual), each, difference, core.ratees)


@dataclass(frozen=True, eq=False)
class _Core:
    """What the normal equations are made of; none of it depends on the variances."""

    schur: Floats  # diag(n) − Nᵀ diag(k)⁻¹ N, shape (m, m)
    right: Floats  # g, shape (m,)
    linked: Ints
    loadings: sparse.csr_array  # K, shape (len(keep), m)
    square: Floats  # Σ_r c²_ir
    between: sparse.csr_array | None  # G, where it is not zero
    ratees: int

    @classmethod
    def of(cls, parts: Composite, keep: Ints, speaks: Bools) -> _Core:
        n, m = len(parts.score), parts.n_rater_levels
        ratee, rater, z = parts.ratee[speaks], parts.rater[speaks], parts.rater_score[speaks]
        k = np.bincount(ratee, minlength=n)
        count = np.bincount(rater, minlength=m)
        z = z - z.mean() if len(z) else z
        mean = np.bincount(ratee, z, n) / np.maximum(k, 1)
        incidence = sparse.csr_array((1 / np.sqrt(np.maximum(k, 1))[ratee], (ratee, rater)), shape=(n, m))
        schur = np.diag(count.astype(np.float64)) - (incidence.T @ incidence).toarray()
        right = np.asarray(np.bincount(rater, z - mean[ratee], m), dtype=np.float64)
        return cls(
            schur,
            right,
            count,
            parts.loadings[keep],
            parts.square[keep],
            _between(parts, keep) if speaks.all() else None,
            int((k > 0).sum()),
        )

    def _factor(self, var_rater: float, var_residual: float) -> Floats | None:
        """Lower Cholesky factor of S, or None without severity."""
        if var_rater <= _NONE * var_residual:
            return None
        s = self.schur.copy()
        s[np.diag_indices_from(s)] += var_residual / var_rater
        return np.asarray(linalg.cholesky(s, lower=True))

    def severity(self, var_rater: float, var_residual: float) -> tuple[Floats, Floats]:
        root = self._factor(var_rater, var_residual)
        if root is None:
            return np.zeros(len(self.right)), np.zeros(len(self.right))
        inverse = linalg.cho_solve((root, True), np.eye(len(root)))
        seen = self.linked > 0  # against the mean of the raters who can be compared: how severe all of them are is not known
        share = seen / max(int(seen.sum()), 1)
        mean = inverse @ share
        spread = np.diag(inverse) - 2 * mean + share @ mean
        return np.asarray(linalg.cho_solve((root, True), self.right)), np.sqrt(var_residual * np.maximum(spread, 0.0))

    def _rows(self, matrix: sparse.csr_array, root: Floats) -> Floats:
        """``A L⁻ᵀ``, so that the product with its own transpose is ``A S⁻¹ Aᵀ``."""
        return np.asarray(linalg.solve_triangular(root, matrix.T.toarray(), lower=True).T)

    def covariance(self, var_rater: float, var_residual: float) -> Covariance:
        root = self._factor(var_rater, var_residual)
        sd = np.sqrt(var_residual)
        if root is None:
            return Factor(np.zeros((len(self.square), 1)), var_residual * self.square)
        if self.between is None:
            return Factor(sd * self._rows(self.loadings, root), var_residual * self.square)
        front = sd * self._rows(sparse.csr_array(self.loadings - self.between), root)
        if len(self.square) > _DENSE_LIMIT:
            return Factor(front, var_residual * self.square)
        back = sd * self._rows(self.between, root)
        return Dense(front @ front.T - back @ back.T + np.diag(var_residual * self.square))

    def variances(self, var_rater: float, var_residual: float) -> tuple[Floats, float]:
        """Error variance of each score, and the mean of that of a difference."""
        root = self._factor(var_rater, var_residual)
        plain = var_residual * self.square
        n = len(plain)
        if root is None:
            return plain, 2 * float(plain.mean()) if n else 0.0
        signed = [(self.loadings if self.between is None else sparse.csr_array(self.loadings - self.between), 1.0)]
        if self.between is not None and n <= _DENSE_LIMIT:
            signed.append((self.between, -1.0))
        each, shared = plain.copy(), 0.0
        for matrix, sign in signed:
            rows = self._rows(matrix, root)
            own = var_residual * (rows**2).sum(axis=1)
            total = rows.sum(axis=0)
            each += sign * own
            shared += sign * (var_residual * float(total @ total) - float(own.sum()))
        return each, 2 * (float(each.mean()) - shared / (n * (n - 1))) if n > 1 else 2 * float(each.sum())


def _between(parts: Composite, keep: Ints) -> sparse.csr_array | None:
    """``G = C (I − Z diag(k)⁻¹ Zᵀ) Z_rater``: zero if each rater's share in a score is one over the number of raters."""
    k = np.maximum(parts.n_raters, 1)
    own = parts.coefficient - 1 / k[parts.ratee]
    if not parts.partial and np.abs(own).max(initial=0.0) < 1e-9:
        return None
    total = np.bincount(parts.ratee, parts.coefficient, len(parts.score))
    value = parts.coefficient - (total / k)[parts.ratee]
    shape = (len(parts.score), parts.n_rater_levels)
    return sparse.csr_array((value, (parts.ratee, parts.rater)), shape=shape)[keep]
