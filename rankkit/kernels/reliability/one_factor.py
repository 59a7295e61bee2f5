"""One common factor of k items by maximum likelihood, and McDonald's ω of their sum with a distribution-free interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import linalg, special

from rankkit.errors import ConvergenceError, InsufficientDataError
from rankkit.kernels.arrays import Bools, Floats

_MAX_ITERATIONS = 500
_GRADIENT = 1e-9  # of the discrepancy by the logarithms of the uniquenesses
_WIDEST = 700.0  # exponents above would overflow; the limit is zero long before
_LEAST = 0.005  # smallest uniqueness, as a share of an item's variance; there the solution is improper (a Heywood case)


@dataclass(frozen=True, eq=False)
class OneFactor:
    """A fitted one-factor model Σ = λλ' + diag(ψ).

    Attributes
    ----------
    loadings : ndarray, shape (k,)
        λ in score units, their sum not negative.
    uniquenesses : ndarray, shape (k,)
        ψ, squared score units.
    discrepancy : float
        log|Σ| − log|S| + tr(SΣ⁻¹) − k at the minimum.
    improper : ndarray of bool, shape (k,)
        Items whose uniqueness was held at its bound, .005 of their variance: Heywood cases.
    iterations : int
        Newton steps.
    """

    loadings: Floats
    uniquenesses: Floats
    discrepancy: float
    improper: Bools
    iterations: int

    @property
    def omega(self) -> float:
        """Return ω total, (Σλ)²/((Σλ)² + Σψ)."""
        common = float(self.loadings.sum()) ** 2
        return common / (common + float(self.uniquenesses.sum()))


@dataclass(frozen=True, eq=False)
class Omega:
    """McDonald's ω with an interval.

    Attributes
    ----------
    omega : float
        ω total.
    se, low, high : float
        Standard error and interval.
    n, k : int
        People and items.
    chi2, df, p : float
        Test of one factor: (n − 1 − (2k + 5)/6 − 2/3) times the discrepancy on k(k − 3)/2; NaN for three items.
    model : OneFactor
        The fit, in score units.
    """

    omega: float
    se: float
    low: float
    high: float
    n: int
    k: int
    chi2: float
    df: float
    p: float
    model: OneFactor


def fit(covariance: ArrayLike) -> OneFactor:
    r"""Fit one factor to a covariance matrix by maximum likelihood.

    .. math:: F(\lambda, \psi) = \log|\Sigma| - \log|S| + \operatorname{tr}(S \Sigma^{-1}) - k

    minimised over λ in closed form for given ψ (the largest eigenvector of ψ^{-1/2} S ψ^{-1/2}) and over log ψ by Newton steps.

    Parameters
    ----------
    covariance : array, shape (k, k)
        Positive definite, k ≥ 3.

    Returns
    -------
    OneFactor

    Raises
    ------
    InsufficientDataError
        ``E-ONEFACTOR`` if the matrix is singular.
    ConvergenceError
        If the iteration does not settle.

    References
    ----------
    Jöreskog (1967), Psychometrika 32, 443–482; Lawley & Maxwell (1971).

    Examples
    --------
    >>> found = fit(np.outer([1, 2, 1, 0.5], [1, 2, 1, 0.5]) + np.diag([1, 1, 2, 1.0]))
    >>> found.loadings.round(5).tolist(), round(found.omega, 4)
    ([1.0, 2.0, 1.0, 0.5], 0.802)
    """
    s = np.asarray(covariance, dtype=np.float64)
    sd = np.sqrt(np.diag(s))
    if not (sd > 0).all():
        raise InsufficientDataError("E-ONEFACTOR")
    r = s / np.outer(sd, sd)
    try:
        inverse = linalg.inv(linalg.cholesky(r, lower=True))
    except linalg.LinAlgError as error:
        raise InsufficientDataError("E-ONEFACTOR") from error
    smc = 1 / np.einsum("ij,ij->j", inverse, inverse)
    k = len(r)
    floor = np.log(_LEAST)
    x = np.log(np.clip((1 - 0.5 / k) * smc, _LEAST, 1.0))
    value, gradient, hessian = _profile(r, x)
    for step in range(1, _MAX_ITERATIONS + 1):
        held = (x <= floor) & (gradient > 0)
        free = np.flatnonzero(~held)
        if not len(free) or np.abs(gradient[free]).max() < _GRADIENT:
            return _solved(r, x, sd, value, held, step)
        block = hessian[np.ix_(free, free)]
        low = float(np.linalg.eigvalsh(block)[0])
        if low < 1e-6:
            block = block + (1e-6 - low) * np.eye(len(free))
        move = np.zeros(k)
        move[free] = -np.linalg.solve(block, gradient[free])
        move *= min(1.0, 2.0 / max(float(np.abs(move).max()), 1e-300))
        size = 1.0
        while True:
            trial = np.maximum(x + size * move, floor)
            found = _profile(r, trial)
            if found[0] <= value + 1e-14 * max(abs(value), 1.0) or size < 1e-8:
                break
            size /= 2
        if size < 1e-8 and np.abs(gradient[free]).max() < 1e-6:  # as flat as rounding lets it be
            return _solved(r, x, sd, value, held, step)
        x, (value, gradient, hessian) = trial, found
    raise ConvergenceError("E-CONV", iterations=_MAX_ITERATIONS, gradient=float(np.abs(gradient).max()))


def _solved(r: Floats, x: Floats, sd: Floats, value: float, held: Bools, steps: int) -> OneFactor:
    """Loadings at these uniquenesses, back in score units."""
    psi = np.exp(x)
    root = np.sqrt(psi)
    values, vectors = np.linalg.eigh(r / np.outer(root, root))
    loadings = root * vectors[:, -1] * np.sqrt(max(float(values[-1]) - 1, 0.0))
    if loadings @ sd < 0:
        loadings = -loadings
    return OneFactor(loadings * sd, psi * sd**2, value, np.asarray(held, dtype=bool), steps)


def _profile(r: Floats, x: Floats) -> tuple[float, Floats, Floats]:
    """Minimum of the discrepancy over λ for ψ = exp(x), with gradient and Hessian by x (Jöreskog 1967; Clarke 1970)."""
    psi = np.exp(x)
    root = np.sqrt(psi)
    values, vectors = np.linalg.eigh(r / np.outer(root, root))
    rest, axes = values[:-1], vectors[:, :-1]
    if values[-1] < 1:  # no common factor at all
        rest, axes = values, vectors
    rest = np.maximum(rest, 1e-300)
    value = float((rest - np.log(rest) - 1).sum())
    gradient = axes**2 @ (1 - rest)
    hessian = ((axes * rest) @ axes.T) * (axes @ axes.T)
    if len(rest) < len(r):
        lead, top = float(values[-1]), vectors[:, -1]
        bent = (1 - rest) * (lead + rest) / np.maximum(lead - rest, 1e-12)
        hessian += np.outer(top, top) * ((axes * bent) @ axes.T)
    return value, gradient, hessian


def omega(x: ArrayLike, *, level: float = 0.95) -> Omega:
    r"""ω total of the sum of k items from a one-factor fit, with an interval that assumes no distribution.

    .. math:: \omega = \frac{(\sum_j \lambda_j)^2}{(\sum_j \lambda_j)^2 + \sum_j \psi_j}

    The standard error is the infinitesimal jackknife (sandwich) of ω as a function of the covariance matrix; the interval is
    symmetric in log(1 − ω) and cut at zero, below which ω cannot lie. Simulated coverage at 95 %: .94 with 60 people and ω
    above .6, .91 to .98 with 10 to 20; .85 to .89 where ω is .3, most fits being Heywood cases there.

    Parameters
    ----------
    x : array, shape (n, k)
        People × items, finite, k ≥ 3, n > k.
    level : float
        Confidence level.

    Returns
    -------
    Omega

    Raises
    ------
    InsufficientDataError
        If items do not vary or depend on each other linearly.
    ConvergenceError
        If the fit does not settle.

    References
    ----------
    McDonald (1999), Test Theory; Yuan & Bentler (2002), Psychometrika 67, 251–259; Jaeckel (1972) on the infinitesimal jackknife.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> found = omega(rng.normal(size=(300, 1)) + rng.normal(size=(300, 5)))
    >>> round(found.omega, 2), found.low < 5 / 6 < found.high
    (0.84, True)
    """
    x = np.asarray(x, dtype=np.float64)
    n, k = x.shape
    z = x - x.mean(axis=0)
    s = z.T @ z / (n - 1)
    model = fit(s)
    value = model.omega
    slope = _slope(model)
    # influence of a row: slope : (z z' − S)
    influence = np.einsum("ni,ij,nj->n", z, slope, z) - float((slope * s).sum())
    leverage = 1 / n + np.einsum("ni,ni->n", z @ np.linalg.inv(s), z) / (n - 1)
    se = float(np.sqrt((influence**2 / (1 - np.minimum(leverage, 0.99))).sum()) / (n - 1))
    half = float(special.ndtri((1 + level) / 2)) * se / (1 - value)
    df = k * (k - 3) / 2
    chi2 = (n - 1 - (2 * k + 5) / 6 - 2 / 3) * model.discrepancy if df > 0 else float("nan")
    return Omega(
        omega=value,
        se=se,
        low=max(1 - (1 - value) * float(np.exp(min(half, _WIDEST))), 0.0),
        high=1 - (1 - value) * float(np.exp(-half)),
        n=n,
        k=k,
        chi2=chi2,
        df=df,
        p=float(special.chdtrc(df, max(chi2, 0.0))) if df > 0 else float("nan"),
        model=model,
    )


def _slope(model: OneFactor) -> Floats:
    """Derivative of ω by the covariance matrix, symmetric: dω = Σ_ij slope_ij dS_ij, through the estimating equations."""
    lam, psi = model.loadings, model.uniquenesses
    k = len(lam)
    inverse = np.linalg.inv(np.outer(lam, lam) + np.diag(psi))
    free = ~model.improper
    pieces = [np.outer(e, lam) + np.outer(lam, e) for e in np.eye(k)] + [np.diag(e) for e in np.eye(k)[free]]
    sandwich = [inverse @ p @ inverse for p in pieces]
    information = np.array([[float((a * p).sum()) for p in pieces] for a in sandwich])
    total = float(lam.sum()) ** 2 + float(psi.sum())
    by_loading = 2 * float(lam.sum()) * float(psi.sum()) / total**2
    by_unique = -(float(lam.sum()) ** 2) / total**2
    gradient = np.r_[np.full(k, by_loading), np.full(int(free.sum()), by_unique)]
    solution = np.linalg.solve(information, gradient)
    return np.asarray(np.einsum("p,pij->ij", solution, np.array(sandwich)))
