"""Is one variance component zero? A restricted likelihood-ratio test with its finite-sample null distribution.

For ``y = Fb + Zκ + e`` with ``κ ~ N(0, λσ²)`` only the spectrum of ``Z'MZ`` matters, M taking the fixed effects out. The
statistic is zero with a probability near two thirds in small designs, so that the mixture ½χ²₀ + ½χ²₁ (Self & Liang 1987)
rejects too seldom; the exact distribution is drawn from the spectrum (Crainiceanu & Ruppert 2004).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg, optimize, stats

from rankkit.kernels.arrays import Floats

_DRAWS = 9999  # null draws: the smallest p-value is 1e-4
_GRID = 80  # values of λ tried for each draw
_SPECTRUM = 300  # eigenvalues above which the mixture is taken, being right in large designs
_SAME = 1e-9  # relative distance below which eigenvalues are one
_ZERO = 1e-10  # eigenvalue counted as zero, relative to the largest


@dataclass(frozen=True)
class VarianceTest:
    """Test of a variance component.

    Attributes
    ----------
    statistic : float
        Restricted likelihood ratio; 0 where the estimate is 0.
    variance : float
        Restricted maximum likelihood estimate.
    sigma2 : float
        Residual variance at the estimate.
    p : float
        From the finite-sample null distribution, or from the mixture above 300 eigenvalues.
    p_unequal : float
        From the null distribution under unequal error variances, where they were given; else ``nan``.
    p_mixture : float
        From ½χ²₀ + ½χ²₁.
    exact : bool
        Whether ``p`` is the finite-sample one.
    """

    statistic: float
    variance: float
    sigma2: float
    p: float
    p_unequal: float
    p_mixture: float
    exact: bool


def restricted_lrt(
    gram: Floats, product: Floats, total: float, df: int, unequal: tuple[Floats, float] | None = None, seed: int = 0
) -> VarianceTest:
    r"""Test ``λ = 0`` by restricted maximum likelihood.

    With eigenvalues μ of ``Z'MZ`` and ``u = U'Z'My/√μ``,

    .. math:: \mathrm{RLRT} = \sup_{\lambda \ge 0} \Bigl\{ ν \log \frac{y'My}{y'My - \sum_s u_s^2 \lambda\mu_s/(1+\lambda\mu_s)}
        - \sum_s \log(1 + \lambda\mu_s) \Bigr\}

    Parameters
    ----------
    gram : ndarray, shape (q, q)
        ``Z'MZ``.
    product : ndarray, shape (q,)
        ``Z'My``.
    total : float
        ``y'My``.
    df : int
        ``ν``, observations less the rank of the fixed effects.
    unequal : (ndarray of shape (q, q), float), optional
        Covariance of ``Z'My`` under error variances that differ, and expectation of ``y'My``: with raters of unequal precision
        the equal-variance null rejects up to .08 at .05.
    seed : int
        Seed of the null draws.

    Returns
    -------
    VarianceTest
        All ``nan`` where nothing is left to test with.

    References
    ----------
    Crainiceanu & Ruppert (2004), Likelihood ratio tests in linear mixed models with one variance component, Journal of
    the Royal Statistical Society B 66, 165–185. Self & Liang (1987). Patterson & Thompson (1971).

    Examples
    --------
    >>> import numpy as np
    >>> found = restricted_lrt(np.diag([10.0, 10.0, 10.0]), np.array([9.0, -1.0, -8.0]), 40.0, 30)
    >>> round(found.statistic, 3), round(found.variance, 3), found.p < found.p_mixture
    (5.533, 0.393, True)
    """
    mu, U = linalg.eigh(gram)
    U = _canonical(mu, U, product, None if unequal is None else unequal[0])
    use = mu > _ZERO * max(float(mu.max(initial=0.0)), 1e-300)
    mu, nu = mu[use], df
    if not len(mu) or nu <= len(mu) or total <= 0:
        none = float("nan")
        return VarianceTest(none, none, none, none, none, none, exact=False)
    square = (U[:, use].T @ product) ** 2 / mu
    rest = max(total - float(square.sum()), 0.0)

    def gain(log_ratio: float) -> float:
        lift = 1 + np.exp(log_ratio) * mu
        return float(nu * (np.log(total) - np.log(rest + (square / lift).sum())) - np.log(lift).sum())

    low, high = np.log(1e-6 / mu.max()), np.log(1e6 / mu.min())
    grid = np.linspace(low, high, 4 * _GRID)
    best = int(np.argmax([gain(g) for g in grid]))
    span = (grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)])
    top = optimize.minimize_scalar(lambda g: -gain(g), bounds=span, method="bounded", options={"xatol": 1e-10})
    statistic = max(-float(top.fun), 0.0)
    ratio = float(np.exp(top.x)) if statistic > 1e-9 else 0.0
    sigma2 = (rest + float((square / (1 + ratio * mu)).sum())) / nu
    p_mixture = 0.5 * float(stats.chi2.sf(statistic, 1)) if ratio else 1.0
    exact = len(mu) <= _SPECTRUM
    p = _finite_p(statistic, mu, np.eye(len(mu)), 1.0, nu, seed) if exact and ratio else p_mixture
    p_unequal = p if exact and unequal is not None else float("nan")
    if exact and ratio and unequal is not None:
        scaled = U[:, use].T @ unequal[0] @ U[:, use] / np.sqrt(np.outer(mu, mu))
        average = max(unequal[1] - float(np.trace(scaled)), 0.0) / (nu - len(mu))
        p_unequal = _finite_p(statistic, mu, _root(scaled), average, nu, seed)
    return VarianceTest(statistic if ratio else 0.0, ratio * sigma2, sigma2, p, p_unequal, p_mixture, exact)


def _canonical(mu: Floats, U: Floats, product: Floats, covariance: Floats | None) -> Floats:
    """Eigenvectors that the numbers decide, not the order of raters: within equal eigenvalues, and in sign."""
    U = U.copy()
    new = np.flatnonzero(np.diff(mu) > _SAME * max(float(mu.max(initial=0.0)), 1e-300)) + 1
    for at in np.split(np.arange(len(mu)), new):
        if len(at) > 1 and covariance is not None:
            U[:, at] = U[:, at] @ linalg.eigh(U[:, at].T @ covariance @ U[:, at])[1]
    return np.asarray(np.where(U.T @ product < 0, -1.0, 1.0) * U)


def _root(covariance: Floats) -> Floats:
    """Symmetric square root, so that draws do not depend on the order of what is drawn."""
    values, vectors = linalg.eigh((covariance + covariance.T) / 2)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T)


def _finite_p(statistic: float, mu: Floats, root: Floats, rest_variance: float, nu: int, seed: int) -> float:
    """Share of null draws that reach the statistic; the spectrum, not the order of raters, decides the draws."""
    rng = np.random.default_rng(seed)
    square = (rng.standard_normal((_DRAWS, len(mu))) @ root) ** 2
    rest = rest_variance * rng.chisquare(nu - len(mu), _DRAWS)
    whole = rest + square.sum(axis=1)
    ratios = np.exp(np.linspace(np.log(1e-3 / mu.max()), np.log(1e3 / mu.min()), _GRID))
    lift = 1 + ratios * mu[:, None]
    left = rest[:, None] + square @ (1 / lift)
    drawn = (nu * np.log(whole[:, None] / left) - np.log(lift).sum(axis=0)).max(axis=1)
    return float((1 + np.count_nonzero(drawn >= statistic)) / (_DRAWS + 1))
