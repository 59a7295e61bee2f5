"""Newton's method on the observed information of a marginal Rasch likelihood, with quadrature that follows it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from rankkit.errors import ConvergenceError
from rankkit.kernels.arrays import Floats
from rankkit.kernels.rasch.rasch_cells import Cells
from rankkit.kernels.rasch.rasch_complete import expected_scores
from rankkit.kernels.rasch.rasch_constraints import Constraints
from rankkit.kernels.rasch.rasch_posteriors import Posteriors, posteriors
from rankkit.kernels.rasch.rasch_quadrature import grid
from rankkit.kernels.rasch.rasch_tables import tables
from rankkit.kernels.rasch.rasch_unit_tables import Items

Near = tuple[Floats, Floats]  # guesses of posterior means and standard deviations
_MOST_STEPS = 80
_ROUGH = 0.1  # Newton decrement up to which a coarse grid will do
_SETTLED = 1e-10  # Newton decrement: parameters within 1e-5 of their standard errors
_SLACK = 1.25  # relative change of the spacing wanted that the present grid still serves
_CLOSE = 1e-3  # Newton decrement below which a step is taken unseen: quadrature on another grid would blur a comparison
_LONGEST = 3.0  # logits a parameter may move in one step
_SHARPEST = 0.05  # σ in units of a person's standard error below which it counts as zero
_SHRINK = 1.0  # … and σ on the scale of its logarithm, downwards: near zero the likelihood is flat, and the way back is long
_FAR, _FARTHEST = 15.0, 25.0  # logits beyond which parameters are taken to run off, and beyond which nobody waits
_EDGE = 1e-10  # posterior mass at the end of the grid above which the grid is widened


@dataclass(frozen=True)
class Rule:
    """How finely to integrate.

    Spacing in the sharpest posterior's standard deviations, nodes of z, polynomials and whether to look at what they miss.
    """

    factor: float
    n_z: int
    degree: int
    audit: bool = False


@dataclass(frozen=True, eq=False)
class Point:
    """The likelihood at one parameter vector.

    Attributes
    ----------
    xi : ndarray, shape (P+…,)
        Parameters; ω stands last, 0 where it is not modelled.
    loglik : float
        Marginal log-likelihood of the categories.
    gradient : ndarray, shape (P,)
        Its derivatives.
    information : ndarray, shape (P, P)
        Observed information (Louis 1982).
    complete : ndarray, shape (P,)
        Diagonal of the complete-data information.
    posterior : Posteriors
        Of every person.
    theta : ndarray, shape (Q,)
        Grid used.
    """

    xi: Floats
    loglik: float
    gradient: Floats
    information: Floats
    complete: Floats
    posterior: Posteriors
    theta: Floats

    def light(self) -> Point:
        """The same without the information, which fills a gigabyte where there are eleven thousand raters."""
        return replace(self, information=np.empty((0, 0)))


def loglik(cells: Cells, xi: Floats, theta: Floats, n_z: int, near: Near) -> float:
    """Marginal log-likelihood on a given grid."""
    where = cells.parameters
    table = tables(cells, Items.of(cells, xi), theta, n_z, scores=False)
    value = posteriors(cells, table, float(xi[where.mu]), float(np.exp(xi[where.log_sigma])), near).loglik
    return value - float(cells.observed @ xi[: where.size])


def evaluate(cells: Cells, xi: Floats, rule: Rule, theta: Floats, near: Near) -> Point:
    """Likelihood, gradient and observed information on a grid, which is widened where a posterior reaches its end."""
    where = cells.parameters
    mu, sigma = float(xi[where.mu]), float(np.exp(xi[where.log_sigma]))
    items = Items.of(cells, xi)
    theta = _resolved(theta, rule.factor * sigma * _SLACK)
    while True:
        found = posteriors(cells, tables(cells, items, theta, rule.n_z, scores=True), mu, sigma, near, rule.degree, audit=rule.audit)
        if found.edge < _EDGE:
            break
        wider = max(1, len(theta) // 4) * (theta[1] - theta[0])
        theta = np.linspace(theta[0] - wider, theta[-1] + wider, len(theta) + 2 * max(1, len(theta) // 4))
    score, complete = expected_scores(cells, items, theta, rule.n_z, found.row_weight)
    gradient = score
    gradient[: where.size] -= cells.observed
    gradient[[where.mu, where.log_sigma]] = found.moments
    if found.missing is None:
        raise ConvergenceError("E-CONV", iterations=0, gradient=float("nan"))
    information = np.negative(found.missing, out=found.missing)
    entries = complete.tocoo()
    information[entries.row, entries.col] += entries.data
    prior = np.array([[cells.n / sigma**2, 2 * found.moments[0]], [2 * found.moments[0], 2 * (found.moments[1] + cells.n)]])
    hyper = [where.mu, where.log_sigma]
    information[np.ix_(hyper, hyper)] += prior
    diagonal = complete.diagonal()
    diagonal[hyper] += np.diag(prior)
    value = found.loglik - float(cells.observed @ xi[: where.size])
    return Point(xi, value, gradient, information, diagonal, replace(found, missing=None), theta)


def _resolved(theta: Floats, widest: float) -> Floats:
    """Grid whose spacing is not above ``widest``."""
    times = int(np.ceil((theta[1] - theta[0]) / widest - 1e-9))
    return theta if times <= 1 else np.linspace(theta[0], theta[-1], times * (len(theta) - 1) + 1)


def ascend(
    cells: Cells, xi: Floats, rules: tuple[Rule, ...], mean: Floats, sd: Floats, *, rough: bool = False
) -> tuple[Point, Constraints, int]:
    """Maximise, through coarser rules first.

    Parameters
    ----------
    cells : Cells
        The design; one row a unit where ω stays 0.
    xi : ndarray
        Start.
    rules : tuple of Rule
        From coarse to fine.
    mean, sd : ndarrays, shape (n,)
        Guesses of the posteriors.
    rough : bool
        Stop at the first decent approximation.

    Returns
    -------
    Point, Constraints, int
        The maximum, what was held fixed there, and the number of steps.

    Raises
    ------
    ConvergenceError
        If the steps do not die out.
    """
    where = cells.parameters
    size = where.size + (3 if xi[where.omega] > 0 else 2)
    constraints = Constraints.of(cells, size)
    steps, point = 0, None
    for rule in rules:
        point = point.light() if point is not None else None
        goal = _ROUGH if rough or rule is not rules[-1] else _SETTLED
        point = evaluate(cells, xi, rule, grid(mean, sd, rule.factor), (mean, sd))
        while True:
            step, lifted = constraints.step(point.information, point.gradient, point.complete)
            decrement = float(np.where(constraints.free, point.gradient, 0.0) @ step)
            if decrement < goal and not lifted:
                break
            if steps == _MOST_STEPS or _beyond(cells, point) > _FARTHEST:
                raise _failure(cells, point, steps)
            steps += 1
            point = point.light()
            point = _advance(cells, point, rule, step, decrement, steps)
            if constraints.free[where.log_sigma] and _no_spread(cells, point):
                constraints = Constraints.of(cells, size, sigma_free=False)
        xi, mean, sd = point.xi, point.posterior.mean, _widths(point)
    if point is None:
        raise ConvergenceError("E-CONV", iterations=0, gradient=float("nan"))
    return point, constraints, steps


def _widths(point: Point) -> Floats:
    """Posterior standard deviations, where the grid could resolve them."""
    return np.asarray(np.maximum(point.posterior.sd, (point.theta[1] - point.theta[0]) / 3))


def _advance(cells: Cells, point: Point, rule: Rule, step: Floats, decrement: float, steps: int) -> Point:
    """Step, shortened until the likelihood rises; the grid stays unless the posteriors have outgrown it."""
    omega, spread = cells.parameters.omega, cells.parameters.log_sigma
    theta = grid(point.posterior.mean, _widths(point), rule.factor)
    if 1 / _SLACK < (theta[1] - theta[0]) / (point.theta[1] - point.theta[0]) < _SLACK:
        theta = point.theta
    length = min(1.0, _LONGEST / float(np.abs(step).max()))
    while True:
        trial = point.xi.copy()
        trial[: len(step)] += length * step
        trial[spread] = max(trial[spread], point.xi[spread] - _SHRINK)
        if len(step) > omega:
            trial[omega] = max(trial[omega], point.xi[omega] / 4)
        new = evaluate(cells, trial, rule, theta, (point.posterior.mean, _widths(point)))
        if decrement < _CLOSE or new.loglik >= point.loglik - _CLOSE * decrement:
            return new
        length /= 2
        if length < 1e-6:
            raise _failure(cells, point, steps)


def _beyond(cells: Cells, point: Point) -> float:
    """Largest severity, difficulty or threshold, in logits."""
    where = cells.parameters
    items = Items.of(cells, point.xi)
    steps = np.diff(np.where(np.isfinite(items.psi), items.psi, np.nan), axis=1)
    return max(float(np.abs(point.xi[: sum(where.sizes)]).max(initial=0.0)), float(np.nanmax(np.abs(steps), initial=0.0)))


def _failure(cells: Cells, point: Point, steps: int) -> ConvergenceError:
    """Say why there is no maximum: the ratings agree too well, or something else."""
    if _beyond(cells, point) > _FAR:
        return ConvergenceError("E-RASCHPERFECT")
    return ConvergenceError("E-CONV", iterations=steps, gradient=float(np.abs(point.gradient).max()))


def _no_spread(cells: Cells, point: Point) -> bool:
    """Whether people differ so little that σ counts as zero."""
    sigma = _sigma(cells, point)
    alone = np.sqrt(1 / np.maximum(1 / np.median(point.posterior.sd) ** 2 - 1 / sigma**2, 1e-12))
    return bool(sigma < _SHARPEST * alone and point.gradient[cells.parameters.log_sigma] < 0)


def _sigma(cells: Cells, point: Point) -> float:
    return float(np.exp(point.xi[cells.parameters.log_sigma]))
