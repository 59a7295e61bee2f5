"""Empirical Bayes: what the estimates say about true standing once it is admitted that part of their spread is noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize

from rankkit.kernels.arrays import Floats
from rankkit.kernels.covariance import Covariance
from rankkit.kernels.matrix_forms import symmetric_root

DENSE_LIMIT = 2000  # people above which error correlations are left out
_TURNS = 100  # at most; a handful is enough


@dataclass(frozen=True, eq=False)
class Posterior:
    """Normal posterior of true scores.

    Attributes
    ----------
    mean : ndarray, shape (n,)
        Shrunken scores.
    root : ndarray, shape (n, n) or (n,)
        Symmetric root of the posterior covariance, or posterior standard deviations.
    between : float
        τ²: estimated variance of true scores.
    """

    mean: Floats
    root: Floats
    between: float

    def draws(self, size: int, rng: np.random.Generator) -> Floats:
        """Joint draws, shape (size, n)."""
        z = rng.standard_normal((size, len(self.mean)))
        if self.root.ndim == 2:
            z = z @ self.root
        else:
            z *= self.root
        z += self.mean
        return z


def posterior(estimate: Floats, covariance: Covariance) -> Posterior:
    r"""Posterior of true scores under :math:`\theta_i \sim N(\mu, \tau^2)`, :math:`\hat\theta \sim N(\theta, \Sigma)`.

    τ² maximises the likelihood of the contrasts (REML), μ is the generalised least squares (precision-weighted) mean. Errors everybody
    shares (a common rater's severity) move all together and do not shrink anyone.

    Parameters
    ----------
    estimate : ndarray, shape (n,)
    covariance : Covariance
        Σ; above 2000 people its diagonal alone is used, and τ² maximises the likelihood around the weighted mean.

    Returns
    -------
    Posterior

    References
    ----------
    Morris (1983), Parametric empirical Bayes inference, Journal of the American Statistical Association 78.

    Examples
    --------
    >>> import numpy as np
    >>> from rankkit.kernels.covariance import Dense
    >>> found = posterior(np.array([-2.0, 0.0, 2.0]), Dense(np.eye(3)))
    >>> round(found.between, 6), found.mean.round(6)
    (3.0, array([-1.5,  0. ,  1.5]))
    """
    n = len(estimate)
    if n < 2:
        return Posterior(estimate.copy(), np.sqrt(np.maximum(covariance.diagonal(), 0.0)), 0.0)
    if n > DENSE_LIMIT:
        v = np.maximum(covariance.diagonal(), 0.0)
        mean, between = _weighted(estimate, v)
        weight = between / np.maximum(between + v, 1e-300)
        return Posterior(mean + weight * (estimate - mean), np.sqrt(weight * v), between)
    centred = estimate - estimate.mean()
    sigma = covariance.dense()
    column = sigma.mean(axis=0)
    contrast = sigma - column[None, :] - column[:, None] + column.mean()  # P Σ P, P = I − 11ᵀ/n
    # the direction (1, …, 1)/√n is set apart, as the largest: other directions may be free of error as well
    values, vectors = np.linalg.eigh(contrast + 2 * (float(np.trace(contrast)) or 1.0) / n)
    values, vectors = np.maximum(values[:-1], 0.0), vectors[:, :-1]
    z = vectors.T @ centred
    between = most_likely_spread(values, z**2)
    weight = between / np.maximum(between + values, 1e-300)
    mean = estimate.mean() + vectors @ (weight * z)
    return Posterior(mean, symmetric_root((vectors * (weight * values)) @ vectors.T), between)


def _weighted(estimate: Floats, v: Floats) -> tuple[float, float]:
    """Weigh the mean by 1/(τ² + v_i), and find τ² around it, in turns: each turn raises the likelihood."""
    mean = float(estimate.mean())
    for _ in range(_TURNS):
        between = most_likely_spread(v, (estimate - mean) ** 2)
        weight = 1 / np.maximum(between + v, 1e-12 * float(v.max()) or 1.0)
        before, mean = mean, float(np.average(estimate, weights=weight))
        if abs(mean - before) <= 1e-12 * float(np.ptp(estimate)):
            break
    return mean, between


def most_likely_spread(error: Floats, square: Floats) -> float:
    r"""Maximise :math:`\sum_j -\tfrac12 \log(\tau^2 + v_j) - \tfrac12 z_j^2 / (\tau^2 + v_j)` over τ² ≥ 0.

    Parameters
    ----------
    error : ndarray, shape (k,)
        Error variances v_j of contrasts.
    square : ndarray, shape (k,)
        Their squares z_j².

    Returns
    -------
    float
        τ².

    Examples
    --------
    >>> import numpy as np
    >>> round(most_likely_spread(np.ones(2), np.array([3.0, 5.0])), 6)
    3.0
    """
    top = float(square.sum())
    if top == 0.0:
        return 0.0
    floor = 1e-14 * top

    def slope(t: float) -> float:
        total = t + error + floor
        return float((square / total**2 - 1 / total).sum())

    if slope(0.0) <= 0:
        return 0.0
    return float(optimize.brentq(slope, 0.0, 2 * top + float(error.max(initial=0.0)), xtol=1e-14 * top, rtol=1e-13))
