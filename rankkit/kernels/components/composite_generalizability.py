"""Reliability of weighted composites whose parts share raters: multivariate generalizability, Mosier's formula corrected.

The parts (dimensions, subtests) are fixed; each has its own variances, and parts rated by the same people share the
raters' halo, so that their errors are correlated. Treating these errors as uncorrelated makes a composite look far more
reliable than it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from rankkit.kernels.arrays import Floats
from rankkit.kernels.components.balanced_designs import analyse
from rankkit.kernels.components.design_notation import DesignNotation, parse


@dataclass(frozen=True, eq=False)
class CompositeReliability:
    """Generalizability of a composite of D fixed parts.

    Attributes
    ----------
    universe, relative, absolute : float
        Variances of the composite's universe score and of its two errors.
    erho2, phi : float
        Eρ² and Φ; NaN without variance.
    effective : ndarray, shape (D,)
        Share of each part in the universe-score variance, summing to 1.
    """

    universe: float
    relative: float
    absolute: float
    erho2: float
    phi: float
    effective: Floats


def composite_reliability(weights: ArrayLike, universe: ArrayLike, relative: ArrayLike, absolute: ArrayLike) -> CompositeReliability:
    r"""Eρ² and Φ of Σ_d w_d X_d.

    .. math:: E\rho^2 = \frac{w^\top \Sigma_\tau w}{w^\top \Sigma_\tau w + w^\top \Sigma_\delta w}

    Parameters
    ----------
    weights : array, shape (D,)
        Weights of the parts.
    universe, relative, absolute : array, shape (D, D)
        Covariance matrices of the universe scores and of the relative and absolute errors of the parts.

    Returns
    -------
    CompositeReliability

    References
    ----------
    Rajaratnam, Cronbach & Gleser (1965), Psychometrika 30, 39–56. Brennan (2001), chapter 9.

    Examples
    --------
    >>> found = composite_reliability([0.5, 0.5], [[1, 0.5], [0.5, 1]], [[1, 0.0], [0.0, 1]], [[1, 0.0], [0.0, 1]])
    >>> found.erho2
    0.6
    """
    w = np.asarray(weights, dtype=np.float64)
    tau, delta, total = (np.asarray(m, dtype=np.float64) for m in (universe, relative, absolute))
    u, r, a = (float(w @ m @ w) for m in (tau, delta, total))
    nothing = float("nan")
    return CompositeReliability(
        universe=u,
        relative=r,
        absolute=a,
        erho2=u / (u + r) if u + r > 0 else nothing,
        phi=u / (u + a) if u + a > 0 else nothing,
        effective=w * (tau @ w) / u if u > 0 else np.full(len(w), nothing),
    )


def mosier(weights: ArrayLike, covariance: ArrayLike, error: ArrayLike) -> float:
    r"""Reliability of a composite from the observed covariance of its parts and the covariance of their errors.

    .. math:: r_{CC} = 1 - \frac{w^\top \Sigma_e w}{w^\top \Sigma_X w}

    Parameters
    ----------
    weights : array, shape (D,)
        Weights.
    covariance : array, shape (D, D)
        Σ_X of the observed parts.
    error : array, shape (D, D)
        Σ_e. Off the diagonal stands what raters carry from one part to another, σ²_ir/n_r where the same n_r raters gave
        all parts; a diagonal matrix is Mosier's original formula, right only for parts with errors of their own.

    Returns
    -------
    float
        NaN for a composite that does not vary.

    References
    ----------
    Mosier (1943), Psychometrika 8, 161–168.

    Examples
    --------
    >>> x = np.full((2, 2), 0.6) + 0.4 * np.eye(2)
    >>> mosier([0.5, 0.5], x, np.diag([0.3, 0.3])).__round__(4), mosier([0.5, 0.5], x, [[0.3, 0.2], [0.2, 0.3]]).__round__(4)
    (0.8125, 0.6875)
    """
    w = np.asarray(weights, dtype=np.float64)
    whole = float(w @ np.asarray(covariance, dtype=np.float64) @ w)
    wrong = float(w @ np.asarray(error, dtype=np.float64) @ w)
    return 1 - wrong / whole if whole > 0 else float("nan")


def covariance_components(y: ArrayLike, design: DesignNotation) -> tuple[Floats, ...]:
    r"""Matrices of variance and covariance components of parts measured under the same conditions.

    Every mean square becomes a matrix of mean products, its expectation the same combination of component matrices.

    Parameters
    ----------
    y : array
        One axis a facet of ``design`` and a last one for the D parts.
    design : DesignNotation
        Design of each part, its conditions (say the raters) linked: the same ones for every part.

    Returns
    -------
    tuple of ndarray, shape (D, D)
        One an effect of ``design``. Unbiased; may be indefinite.

    References
    ----------
    Brennan (2001), section 9.4 (designs with all facets linked). Here by polarisation: 4 cov = var(x+y) − var(x−y).

    Examples
    --------
    >>> from rankkit.kernels.components.design_notation import parse
    >>> y = np.random.default_rng(0).normal(size=(20, 4, 2))
    >>> [m.shape for m in covariance_components(y, parse("p x r"))]
    [(2, 2), (2, 2), (2, 2)]
    """
    y = np.asarray(y, dtype=np.float64)
    parts = y.shape[-1]
    out = np.zeros((len(design.effects), parts, parts))
    for d in range(parts):
        out[:, d, d] = analyse(y[..., d], design).raw
        for e in range(d):
            both, apart = (analyse(y[..., d] + sign * y[..., e], design).raw for sign in (1, -1))
            out[:, d, e] = out[:, e, d] = (both - apart) / 4
    return tuple(out)


def independent_parts(parts: Sequence[ArrayLike], weights: ArrayLike) -> CompositeReliability:
    """Composite of parts with conditions of their own (subtests with different items; dimensions with different raters).

    Parameters
    ----------
    parts : sequence of arrays, shape (n, k_d)
        The same n persons on each part's own conditions, complete.
    weights : array, shape (D,)
        Weights of the parts' means.

    Returns
    -------
    CompositeReliability
        Errors of different parts are uncorrelated; covariances of universe scores are those of the parts' means.

    References
    ----------
    Rajaratnam, Cronbach & Gleser (1965).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> ability = rng.normal(size=(50, 1))
    >>> found = independent_parts([ability + rng.normal(size=(50, k)) for k in (2, 4, 2)], [1, 1, 1])
    >>> round(found.erho2, 2)
    0.84
    """
    tables = [np.asarray(p, dtype=np.float64) for p in parts]
    design = parse("p x i")
    universe = np.atleast_2d(np.cov(np.stack([t.mean(axis=1) for t in tables], axis=1), rowvar=False))
    relative, absolute = np.zeros(len(tables)), np.zeros(len(tables))
    for d, table in enumerate(tables):
        person, item, residual = analyse(table, design).raw
        universe[d, d] = person
        relative[d] = residual / table.shape[1]
        absolute[d] = (max(item, 0.0) + residual) / table.shape[1]
    return composite_reliability(weights, universe, np.diag(relative), np.diag(absolute))
