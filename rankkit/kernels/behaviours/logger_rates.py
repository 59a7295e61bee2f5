"""How much of a count of incidents is the person and how much the diligence of who keeps the log."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, special, stats

from rankkit.errors import ConvergenceError
from rankkit.kernels.arrays import Floats, Ints

_FLOOR, _CEILING = np.log(1e-3), np.log(4.0)  # standard deviations of log rates, and dispersion, are sought between these
_STEPS = 60
_TOLERANCE = 1e-10
_GRID = 8
_LARGEST = 3.0  # change of a log rate in one step


@dataclass(frozen=True, eq=False)
class LoggerRates:
    r"""A fitted model of counts.

    Attributes
    ----------
    mean : float
        m: log incidents a unit of exposure of an average person with an average logger.
    sd_ratee, sd_logger : float
        Standard deviations of log rates.
    dispersion : float
        κ of the negative binomial, variance μ + κμ²; 0 = Poisson.
    ratee, ratee_se, logger, logger_se : ndarray
        Predicted effects on the log rate and their standard errors: posterior means and deviations, averaged over a grid of both
        standard deviations (prior flat on variances), so that a deviation estimated as 0 does not make everybody alike for certain.
    loglik : float
        Restricted log-likelihood by Laplace's approximation.
    logger_lr, logger_p : float
        Twice the gain of having loggers in the model; ½χ²₀ + ½χ²₁.
    dispersion_lr, dispersion_p : float
        The same for the dispersion.
    """

    mean: float
    mean_se: float
    sd_ratee: float
    sd_logger: float
    dispersion: float
    ratee: Floats
    ratee_se: Floats
    logger: Floats
    logger_se: Floats
    loglik: float
    logger_lr: float
    logger_p: float
    dispersion_lr: float
    dispersion_p: float


@dataclass(frozen=True, eq=False)
class _Counts:
    y: Floats
    log_exposure: Floats
    ratee: Ints
    logger: Ints
    n_ratees: int
    n_loggers: int


@dataclass(frozen=True, eq=False)
class _Mode:
    """Where the penalised likelihood is largest, for given variances; v and w are effects in units of their SD."""

    m: float
    v: Floats
    w: Floats
    loglik: float
    var_m: float
    var_v: Floats
    var_w: Floats


def logger_rates(count: Ints | Floats, exposure: Floats, ratee: Ints, logger: Ints) -> LoggerRates:
    r"""Fit :math:`\log\lambda_{ij} = \log e_{ij} + m + u_i + b_j`, counts negative binomial around λ.

    u and b are normal; m has a flat prior (restricted likelihood). The likelihood is Laplace's approximation, maximised over the two
    standard deviations and the dispersion.

    Parameters
    ----------
    count : ndarray, shape (K,)
        Incidents a logger recorded of a ratee; zero counts belong in.
    exposure : ndarray, shape (K,)
        Months × share observed, above 0.
    ratee, logger : ndarray of int, shape (K,)
        Codes from 0.

    Returns
    -------
    LoggerRates

    Raises
    ------
    ConvergenceError
        If the mode is not found.

    References
    ----------
    Breslow & Clayton (1993), Approximate inference in generalized linear mixed models, JASA 88, 9-25. Booth, Casella, Friedl & Hobert
    (2003), Negative binomial loglinear mixed models, Statistical Modelling 3, 179-191. Self & Liang (1987) for the mixture.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> ratee, logger = (x.ravel() for x in np.meshgrid(np.arange(40), np.arange(6), indexing="ij"))
    >>> rate = np.exp(-0.5 + 0.3 * rng.standard_normal(40)[ratee] + np.array([1.0, 0, 0, 0, -0.5, -0.5])[logger])
    >>> found = logger_rates(rng.poisson(4 * rate), np.full(240, 4.0), ratee, logger)
    >>> int(found.logger.argmax()), found.logger_p < 1e-6, found.dispersion_p > 0.05
    (0, True, True)
    """
    data = _Counts(
        np.asarray(count, dtype=np.float64),
        np.log(np.asarray(exposure, dtype=np.float64)),
        ratee,
        logger,
        int(ratee.max()) + 1,
        int(logger.max()) + 1,
    )
    theta, full = _maximise(data, np.log([0.3, 0.3, 0.2]), (True, True, True))
    _, without = _maximise(data, theta, (True, False, True))
    _, poisson = _maximise(data, theta, (True, True, False))
    sd_u, sd_b, kappa = np.where(theta <= _FLOOR + 1e-6, 0.0, np.exp(theta))
    effects = _effects(data, float(sd_u), float(sd_b), float(kappa))
    lr = [max(2 * (full.loglik - other.loglik), 0.0) for other in (without, poisson)]
    p = [float(0.5 * stats.chi2.sf(x, 1)) if x > 0 else 1.0 for x in lr]
    return LoggerRates(
        mean=float(effects[0][0]),
        mean_se=float(effects[0][1]),
        sd_ratee=float(sd_u),
        sd_logger=float(sd_b),
        dispersion=float(kappa),
        ratee=effects[1][0],
        ratee_se=effects[1][1],
        logger=effects[2][0],
        logger_se=effects[2][1],
        loglik=full.loglik,
        logger_lr=lr[0],
        logger_p=p[0],
        dispersion_lr=lr[1],
        dispersion_p=p[1],
    )


def _maximise(data: _Counts, start: Floats, use: tuple[bool, bool, bool]) -> tuple[Floats, _Mode]:
    """Maximise over log σ_u, log σ_b, log κ; those not used are zero (at the floor)."""
    free = np.flatnonzero(use)
    theta = np.where(use, start, -np.inf)

    def loss(x: Floats) -> float:
        at = theta.copy()
        at[free] = x
        return -_mode(data, np.exp(at)).loglik

    bounds = [(_FLOOR, _CEILING)] * len(free)
    best: tuple[float, Floats] | None = None
    for x0 in (start[free], np.full(len(free), _FLOOR + 0.5)):
        found = optimize.minimize(loss, np.clip(x0, _FLOOR, _CEILING), method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-10})
        if best is None or found.fun < best[0] - 1e-9:
            best = (float(found.fun), np.asarray(found.x))
        if best is not None and x0 is start[free] and found.success and (found.x > _FLOOR + 0.1).all():
            break  # inside the region: the other starts are for ends where the likelihood is flat
    if best is None or not np.isfinite(best[0]):
        raise ConvergenceError("E-CONV", iterations=_STEPS, gradient="–")
    out = np.full(3, _FLOOR)
    out[free] = best[1]
    at = theta.copy()
    at[free] = best[1]
    return out, _mode(data, np.exp(at))


def _effects(data: _Counts, sd_u: float, sd_b: float, kappa: float) -> tuple[tuple[Floats, Floats], ...]:
    """Mean, ratee and logger effects with their deviations, averaged over a grid of the two standard deviations."""
    grids = [np.linspace(0.02, max(2.5 * sd, 0.8), _GRID) for sd in (sd_u, sd_b)]
    modes = [(a, b, _mode(data, np.array([a, b, kappa]))) for a in grids[0] for b in grids[1]]
    weight = np.exp(np.array([m.loglik for _, _, m in modes]) - max(m.loglik for _, _, m in modes))
    weight *= np.array([a * b for a, b, _ in modes])  # flat on variances
    weight /= weight.sum()
    parts = (
        [(np.array(m.m), np.array(m.var_m)) for _, _, m in modes],
        [(a * m.v, a * a * m.var_v) for a, _, m in modes],
        [(b * m.w, b * b * m.var_w) for _, b, m in modes],
    )
    out = []
    for part in parts:
        means, variances = (np.stack([x[k] for x in part]) for k in (0, 1))
        mean = np.tensordot(weight, means, 1)
        spread = np.tensordot(weight, variances + (means - mean) ** 2, 1)
        out.append((mean, np.sqrt(spread)))
    return tuple(out)


def _mode(data: _Counts, theta: Floats) -> _Mode:
    """Newton's method for m, v and w; the Hessian's ratee block is diagonal and taken out."""
    sd_u, sd_b, kappa = (float(t) for t in theta)
    n, k = data.n_ratees, data.n_loggers
    m = float(np.log((data.y.sum() + 0.5) / np.exp(data.log_exposure).sum()))
    v, w = np.zeros(n), np.zeros(k)
    value = _penalised(data, m, v, w, sd_u, sd_b, kappa)
    for _ in range(_STEPS):
        mu = np.exp(data.log_exposure + m + sd_u * v[data.ratee] + sd_b * w[data.logger])
        score = (data.y - mu) / (1 + kappa * mu)
        weight = mu * (1 + kappa * data.y) / (1 + kappa * mu) ** 2
        step, reduced, inner, cross = _newton(data, score, weight, v, w, sd_u, sd_b)
        change = float(np.abs(step[0] + sd_u * step[1][data.ratee] + sd_b * step[2][data.logger]).max())
        size = min(1.0, _LARGEST / max(change, 1e-300))
        while True:
            trial = (m + size * step[0], v + size * step[1], w + size * step[2])
            gained = _penalised(data, *trial, sd_u, sd_b, kappa)
            if gained >= value or size < 1e-8:
                break
            size /= 2
        if gained < value:  # nothing is left to gain: rounding
            break
        done = gained - value <= _TOLERANCE * (1 + abs(value)) and change < 1e-4
        (m, v, w), value = trial, gained
        if done:
            break
    else:
        raise ConvergenceError("E-CONV", iterations=_STEPS, gradient="–")
    logdet = np.linalg.slogdet(reduced)[1] + float(np.log(inner).sum())
    inverse = np.linalg.inv(reduced)
    var_v = 1 / inner + np.einsum("ij,jk,ik->i", cross, inverse, cross) / inner**2
    return _Mode(float(m), v, w, value - 0.5 * float(logdet), float(inverse[0, 0]), var_v, np.diag(inverse)[1:])


def _newton(
    data: _Counts, score: Floats, weight: Floats, v: Floats, w: Floats, sd_u: float, sd_b: float
) -> tuple[tuple[float, Floats, Floats], Floats, Floats, Floats]:
    """Step, the Hessian of (m, w) after taking v out, the diagonal block of v, and the block between."""
    n, k = data.n_ratees, data.n_loggers
    by_ratee = np.bincount(data.ratee, weight, n)
    inner = 1 + sd_u**2 * by_ratee
    grid = np.bincount(data.ratee * k + data.logger, weight, n * k).reshape(n, k)
    cross = np.column_stack([sd_u * by_ratee, sd_u * sd_b * grid])
    by_logger = grid.sum(axis=0)
    outer = np.zeros((k + 1, k + 1))
    outer[0, 0] = weight.sum()
    outer[0, 1:] = outer[1:, 0] = sd_b * by_logger
    outer[np.arange(1, k + 1), np.arange(1, k + 1)] = 1 + sd_b**2 * by_logger
    reduced = outer - cross.T @ (cross / inner[:, None])
    g_v = sd_u * np.bincount(data.ratee, score, n) - v
    g_o = np.concatenate([[score.sum()], sd_b * np.bincount(data.logger, score, k) - w])
    o = np.linalg.solve(reduced, g_o - cross.T @ (g_v / inner))
    return (float(o[0]), np.asarray((g_v - cross @ o) / inner), o[1:]), np.asarray(reduced), np.asarray(inner), cross


def _penalised(data: _Counts, m: float, v: Floats, w: Floats, sd_u: float, sd_b: float, kappa: float) -> float:
    """Log-likelihood of the counts less half the squared effects."""
    eta = data.log_exposure + m + sd_u * v[data.ratee] + sd_b * w[data.logger]
    y = data.y
    if kappa < np.exp(_FLOOR) * 0.5:
        fit = y * eta - np.exp(eta) - special.gammaln(y + 1)
    else:
        size = 1 / kappa
        log_total = np.logaddexp(0.0, eta + np.log(kappa))
        fit = (
            special.gammaln(y + size) - special.gammaln(size) - special.gammaln(y + 1) + y * (eta + np.log(kappa)) - (y + size) * log_total
        )
    return float(fit.sum() - 0.5 * (v @ v) - 0.5 * (w @ w))
