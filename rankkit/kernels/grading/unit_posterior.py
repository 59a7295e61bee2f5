"""Empirical Bayes within units: each unit has its own mean, all share one spread of true scores within units."""

from __future__ import annotations

import numpy as np

from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.covariance import Covariance
from rankkit.kernels.empirical_bayes import DENSE_LIMIT, Posterior, most_likely_spread, posterior
from rankkit.kernels.matrix_forms import symmetric_root

_TURNS = 100  # at most; a handful is enough


def unit_posterior(estimate: Floats, covariance: Covariance, unit: Ints) -> Posterior:
    r"""Posterior of true scores under :math:`\theta_i \sim N(\mu_{g(i)}, \tau^2)`, for comparisons within units.

    τ² maximises the likelihood of all contrasts within units (REML). A common prior for everybody would take differences
    between units for spread within them, and shrink too little.

    Parameters
    ----------
    estimate : ndarray, shape (n,)
    covariance : Covariance
        Of the errors; above 2000 people its diagonal alone is used.
    unit : ndarray of int, shape (n,)
        Codes from 0.

    Returns
    -------
    Posterior
        Means of units stay as observed: they cancel in every comparison within a unit.

    References
    ----------
    Morris (1983), Journal of the American Statistical Association 78, 47–55.

    Examples
    --------
    >>> import numpy as np
    >>> from rankkit.kernels.covariance import Dense
    >>> found = unit_posterior(np.array([-2.0, 0, 2, 98, 100, 102]), Dense(np.eye(6)), np.array([0, 0, 0, 1, 1, 1]))
    >>> round(found.between, 6), found.mean.round(3) + 0.0
    (3.0, array([ -1.5,   0. ,   1.5,  98.5, 100. , 101.5]))
    """
    n, codes = len(estimate), np.unique(unit)
    if len(codes) == 1:
        return posterior(estimate, covariance)
    if n > DENSE_LIMIT:
        return _independent(estimate, np.maximum(covariance.diagonal(), 0.0), unit)
    basis = np.zeros((n, n - len(codes)))
    at = 0
    for g in codes:
        people = np.flatnonzero(unit == g)
        basis[people, at : at + len(people) - 1] = _contrasts(len(people))
        at += len(people) - 1
    if not at:
        return Posterior(estimate.copy(), np.zeros(n), 0.0)
    values, turned = np.linalg.eigh(basis.T @ covariance.dense() @ basis)
    values, vectors = np.maximum(values, 0.0), basis @ turned
    z = vectors.T @ estimate
    between = most_likely_spread(values, z**2)
    weight = between / np.maximum(between + values, 1e-300)
    centre = (np.bincount(unit, estimate) / np.maximum(np.bincount(unit), 1))[unit]
    return Posterior(centre + vectors @ (weight * z), symmetric_root((vectors * (weight * values)) @ vectors.T), between)


def _contrasts(n: int) -> Floats:
    """Orthonormal contrasts of n people, shape (n, n − 1) (Helmert)."""
    k = np.arange(1, n)
    out = np.zeros((n, n - 1))
    for j in range(n - 1):
        out[: j + 1, j] = 1.0
        out[j + 1, j] = -float(j + 1)
    scaled: Floats = out / np.sqrt(k * (k + 1.0))
    return scaled


def _independent(estimate: Floats, v: Floats, unit: Ints) -> Posterior:
    """Weigh the mean of each unit by 1/(τ² + v_i), and find τ² around them, in turns: each turn raises the likelihood."""
    size = np.bincount(unit)
    mean = np.bincount(unit, estimate) / np.maximum(size, 1)
    several = size[unit] > 1
    inflated = (size / np.maximum(size - 1, 1))[unit]
    for _ in range(_TURNS):
        square = inflated * (estimate - mean[unit]) ** 2  # a mean of few people takes up part of their spread
        between = most_likely_spread(v[several], square[several])
        w = 1 / np.maximum(between + v, 1e-12 * float(v.max()) or 1.0)
        before, mean = mean, np.bincount(unit, w * estimate) / np.maximum(np.bincount(unit, w), 1e-300)
        if np.abs(mean - before).max() <= 1e-12 * float(np.ptp(estimate)):
            break
    weight = between / np.maximum(between + v, 1e-300)
    centre = mean[unit]
    return Posterior(centre + weight * (estimate - centre), np.sqrt(weight * v), between)
