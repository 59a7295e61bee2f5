"""Polynomial regression of an outcome on two ratings of the same thing, instead of on their difference (Edwards & Parry 1993)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from rankkit.errors import InsufficientDataError
from rankkit.kernels.arrays import Floats, Ints

Errors = Literal["ols", "hc3", "cluster"]
TERMS = ("intercept", "self", "others", "self²", "self × others", "others²")
_PARAMETERS = len(TERMS)
_LINES = np.array(
    [
        [0.0, 1.0, 1.0, 0.0, 0.0, 0.0],  # a₁: slope along self = others
        [0.0, 0.0, 0.0, 1.0, 1.0, 1.0],  # a₂: curvature along self = others
        [0.0, 1.0, -1.0, 0.0, 0.0, 0.0],  # a₃: slope along self = −others
        [0.0, 0.0, 0.0, 1.0, -1.0, 1.0],  # a₄: curvature along self = −others
    ]
)
_DIFFERENCE = np.array([[0.0, 1, 1, 0, 0, 0], [0, 0, 0, 1, 0, 0], [0, 0, 0, 0, 1, 0], [0, 0, 0, 0, 0, 1]])
_SQUARED = np.array([[0.0, 1, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0], [0, 0, 0, 1, 0, -1], [0, 0, 0, 2, 1, 0]])
_FLAT = 1e-10  # determinant of the curvature, over its square, below which the surface has no stationary point


@dataclass(frozen=True, eq=False)
class SurfaceFit:
    """A fitted surface ``z = b₀ + b₁S + b₂O + b₃S² + b₄SO + b₅O²``.

    Attributes
    ----------
    b, covariance : ndarray, shapes (6,) and (6, 6)
        Coefficients in the order of :data:`TERMS`, and their covariance.
    a, a_se : ndarray, shape (4,)
        a₁ = b₁ + b₂, a₂ = b₃ + b₄ + b₅, a₃ = b₁ − b₂, a₄ = b₃ − b₄ + b₅.
    df : float
        Degrees of freedom of the t tests.
    r_squared : float
    n : int
    errors : str
        Which standard errors.
    """

    b: Floats
    covariance: Floats
    a: Floats
    a_se: Floats
    df: float
    r_squared: float
    n: int
    errors: Errors

    @property
    def se(self) -> Floats:
        """Standard errors of the coefficients."""
        return np.sqrt(np.maximum(np.diag(self.covariance), 0.0))

    def p_values(self, estimate: Floats, se: Floats) -> Floats:
        """Two-sided t tests."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(2 * stats.t.sf(np.abs(estimate / se), self.df))

    def stationary_point(self) -> tuple[float, float]:
        """(S₀, O₀), where the surface is level: a top, a bottom or a saddle; NaN if there is none."""
        _, b1, b2, b3, b4, b5 = self.b
        determinant = 4 * b3 * b5 - b4**2
        steep, bent = max(abs(b1), abs(b2)), max(abs(b3), abs(b4), abs(b5))
        if abs(determinant) <= _FLAT * bent**2 or bent <= _FLAT * steep:
            return float("nan"), float("nan")
        return float((b2 * b4 - 2 * b1 * b5) / determinant), float((b1 * b4 - 2 * b2 * b3) / determinant)

    def shape(self) -> str:
        """``top``, ``bottom``, ``saddle`` or ``none``: what the stationary point is."""
        _, _, _, b3, b4, b5 = self.b
        determinant = 4 * b3 * b5 - b4**2
        if np.isnan(self.stationary_point()[0]):
            return "none"
        if determinant < 0:
            return "saddle"
        return "top" if b3 < 0 else "bottom"

    def principal_axes(self) -> Floats:
        """Intercept and slope of both axes O = p₀ + p₁S, shape (2, 2): steepest upward curvature first; NaN without them."""
        _, _, _, b3, b4, b5 = self.b
        s0, o0 = self.stationary_point()
        if np.isnan(s0) or abs(b4) <= _FLAT * max(abs(b3), abs(b5), 1e-300):
            return np.full((2, 2), np.nan)
        root = np.sqrt((b3 - b5) ** 2 + b4**2)
        slopes = np.array([(b5 - b3 + root) / b4, (b5 - b3 - root) / b4])
        return np.column_stack([o0 - slopes * s0, slopes])

    def wald(self, what: Literal["difference", "squared difference"]) -> tuple[float, float]:
        """F and p of what a model of the (squared) difference assumes: b₁ = −b₂ and no curvature; or no slope and b₃ = b₅ = −b₄/2."""
        L = _DIFFERENCE if what == "difference" else _SQUARED
        value = L @ self.b
        f = float(value @ np.linalg.pinv(L @ self.covariance @ L.T) @ value) / len(L)
        return f, float(stats.f.sf(f, len(L), self.df))

    def predict(self, s: Floats, o: Floats) -> Floats:
        """Height of the surface."""
        return np.asarray(_columns(np.ravel(s), np.ravel(o)) @ self.b).reshape(np.shape(s))


def _columns(s: Floats, o: Floats) -> Floats:
    return np.column_stack([np.ones(len(s)), s, o, s**2, s * o, o**2])


def response_surface(s: Floats, o: Floats, outcome: Floats, errors: Errors = "hc3", cluster: Ints | None = None) -> SurfaceFit:
    r"""Fit the surface by least squares.

    Parameters
    ----------
    s, o : ndarray, shape (n,)
        Self and other ratings, both less the midpoint of their common scale (not each less its own mean: the line S = O would
        no longer be agreement).
    outcome : ndarray, shape (n,)
    errors : {"ols", "hc3", "cluster"}
        Standard errors: of equal variances; of unequal variances (HC3); of outcomes that hang together in groups (leave one group
        out, CR3).
    cluster : ndarray of int, shape (n,)
        Groups, for ``cluster``.

    Returns
    -------
    SurfaceFit

    Raises
    ------
    InsufficientDataError
        With fewer than ten people, too few groups, or ratings that lie on a line.

    References
    ----------
    Edwards & Parry (1993), Academy of Management Journal 36, 1577-1613; Edwards (2002); Shanock, Baran, Gentry, Pattison & Heggestad
    (2010); MacKinnon & White (1985) for HC3; Bell & McCaffrey (2002) for CR3.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> s, o = rng.normal(size=(2, 200))
    >>> found = response_surface(s, o, 1 + 0.5 * s + 0.5 * o - 0.3 * (s - o) ** 2 + 0.1 * rng.normal(size=200))
    >>> found.a.round(1) + 0.0
    array([ 1. ,  0. ,  0. , -1.2])
    """
    n = len(outcome)
    if n < _PARAMETERS + 4:
        raise InsufficientDataError("E-FEW", what="a response surface", needed=_PARAMETERS + 4, unit="people", found=n)
    X = _columns(s, o)
    norm = np.sqrt((X**2).sum(axis=0))
    if np.linalg.matrix_rank(X / np.maximum(norm, 1e-300), tol=1e-8) < _PARAMETERS:
        raise InsufficientDataError("E-SURFACELINE")
    inverse = np.linalg.inv((X / norm).T @ (X / norm)) / np.outer(norm, norm)
    b = inverse @ (X.T @ outcome)
    residual = outcome - X @ b
    df = float(n - _PARAMETERS)
    if errors == "ols":
        covariance = inverse * float(residual @ residual) / df
    elif errors == "hc3":
        leverage = np.einsum("ij,jk,ik->i", X, inverse, X)
        score = X * (residual / np.maximum(1 - leverage, 1e-9))[:, None]
        covariance = inverse @ (score.T @ score) @ inverse
    else:
        covariance, df = _leave_group_out(X, residual, inverse, np.zeros(n, dtype=np.int64) if cluster is None else cluster)
    a = _LINES @ b
    a_se = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", _LINES, covariance, _LINES), 0.0))
    total = float(((outcome - outcome.mean()) ** 2).sum())
    r2 = 1 - float(residual @ residual) / total if total > 0 else float("nan")
    return SurfaceFit(b, covariance, a, a_se, df, r2, n, errors)


def _leave_group_out(X: Floats, residual: Floats, inverse: Floats, cluster: Ints) -> tuple[Floats, float]:
    """CR3: each group's residuals as they are when the surface is fitted without it; t on groups less one."""
    groups = np.unique(cluster)
    if len(groups) <= _PARAMETERS:
        raise InsufficientDataError("E-FEW", what="errors by group", needed=_PARAMETERS + 1, unit="groups", found=len(groups))
    meat = np.zeros((_PARAMETERS, _PARAMETERS))
    for g in groups:
        own = cluster == g
        x = X[own]
        away = np.linalg.pinv(np.eye(int(own.sum())) - x @ inverse @ x.T) @ residual[own]
        score = x.T @ away
        meat += np.outer(score, score)
    factor = (len(groups) - 1) / len(groups)
    return factor * inverse @ meat @ inverse, float(len(groups) - 1)
