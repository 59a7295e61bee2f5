r"""Marginal maximum likelihood for the many-facet Rasch model, with the dependence of one rater's ratings of a person.

.. math:: P(x_{ird} = k) \propto \exp\{k(\theta_i + \gamma_{ir} - \beta_r - \delta_d) - \psi_k\}, \qquad
    \theta_i \sim N(\mu, \sigma^2), \quad \gamma_{ir} \sim N(0, \omega^2)

Severities, difficulties and thresholds are fixed; θ and γ are integrated out. Joint maximum likelihood stretches
measures where people have few ratings, this does not; and without γ the dimensions that one rater fills in for one
person count as independent, which makes standard errors too small.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from scipy import special

from rankkit.errors import ConvergenceError, IdentificationError, InsufficientDataError, SettingsError
from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.rasch.rasch_cells import Cells, fold
from rankkit.kernels.rasch.rasch_constraints import Constraints
from rankkit.kernels.rasch.rasch_design import RaschDesign
from rankkit.kernels.rasch.rasch_marginal_fitted import Integration, MarginalFit, Verdict, assemble
from rankkit.kernels.rasch.rasch_marginal_newton import Point, Rule, ascend, evaluate, loglik
from rankkit.kernels.rasch.rasch_persons import Estimator
from rankkit.kernels.rasch.rasch_posteriors import posteriors
from rankkit.kernels.rasch.rasch_quadrature import grid, nodes_for
from rankkit.kernels.rasch.rasch_subsets import finite_elements, subsets
from rankkit.kernels.rasch.rasch_tables import Tables, tables
from rankkit.kernels.rasch.rasch_unit_tables import Items, pieces

Dependence = Literal["auto", "none", "cell"]
_FEWEST_REPEATS = 8  # cells beyond one a person and one a rater from which the ratee × rater term can be told
_FIRST_OMEGA = 0.1, 1.5  # between these its standard deviation starts, logits
_NO_TERM = 0.02  # standard deviation below which the term counts as zero
_MOST_FINE, _MOST_NODES = 0.06, 500
_DEGREE, _MOST_DEGREE = 6, 24  # polynomials for the covariance of scores
_NEGLIGIBLE = 1e-4  # share of that covariance they may miss
_START_BOUND = 2.0  # logits


def fit(
    design: RaschDesign,
    *,
    dependence: Dependence = "auto",
    cell_facet: int = 1,
    person: Estimator = "wle",
    tolerance: float = 0.01,
) -> MarginalFit:
    """Fit by Newton's method on the observed information.

    Parameters
    ----------
    design : RaschDesign
        Ratings; facet 0 is who is measured.
    dependence : {"auto", "none", "cell"}
        Whether ratings of one person by one rater share a random term: where the design can tell (``auto``), never, or
        always (an error where it cannot).
    cell_facet : int
        The facet of raters.
    person : {"wle", "ml"}
        Measures of people: Warm's weighted likelihood, or maximum likelihood with extreme totals moved .3 inside.
    tolerance : float
        Largest change of the deviance when the quadrature is made twice as fine; it is refined until this holds.

    Returns
    -------
    MarginalFit

    Raises
    ------
    IdentificationError
        ``E-RASCHEXTREME`` if no rater's ratings differ, ``E-RASCHSINGLE`` if nobody has two ratings, ``E-RASCHSINGULAR``
        if raters and dimensions cannot be told apart, ``E-RASCHCELL`` if the ratee × rater term was demanded and cannot
        be told.
    InsufficientDataError
        ``E-FEW`` if fewer than two people have ratings.
    ConvergenceError
        ``E-RASCHPERFECT`` if ratings agree so well that there is no finite maximum; ``E-CONV`` if the iteration or the
        quadrature does not settle.

    References
    ----------
    Bock & Aitkin (1981), Marginal maximum likelihood estimation of item parameters. Linacre (1994), Many-Facet Rasch
    Measurement. Louis (1982), Finding the observed information matrix when using the EM algorithm. Wang & Wilson (2005),
    The Rasch testlet model. Self & Liang (1987) for the test of a variance at its boundary.

    Examples
    --------
    >>> from rankkit.kernels.rasch.rasch_design import rasch_design
    >>> rng = np.random.default_rng(1)
    >>> person, rater = (index.ravel() for index in np.indices((60, 4)))
    >>> easier = rng.normal(0, 1.5, 60)[person] - np.array([-0.6, -0.2, 0.2, 0.6])[rater]
    >>> rating = (easier[:, None] + rng.logistic(size=(240, 3)) > 0).sum(axis=1)
    >>> found = fit(rasch_design([person, rater], [60, 4], rating))
    >>> found.measures[1].round(1), found.dependence
    (array([-0.6, -0.2,  0.2,  0.6]), 'not_identified')
    """
    if dependence not in ("auto", "none", "cell"):
        raise SettingsError("E-SETTING", name="dependence", value=dependence, allowed="'auto', 'none', 'cell'")
    others = replace(design, facets=design.facets[1:], sizes=design.sizes[1:])
    finite = finite_elements(others)
    if not finite.active.any():
        raise IdentificationError("E-RASCHEXTREME")
    active = design.where(finite.active)
    place = _by_average(active)
    active = replace(active, facets=(place[active.facets[0]], *active.facets[1:]))
    cells = fold(active, cell_facet)
    _check(active)
    can_tell = _repeats(cells) >= _FEWEST_REPEATS
    if dependence == "cell" and not can_tell:
        raise IdentificationError("E-RASCHCELL", n=_FEWEST_REPEATS)
    xi, mean, sd = _start(active, cells)
    plain = cells.by_unit
    rules = (Rule(1.5, 1, 2), Rule(1.0, 1, _DEGREE, audit=True))
    point, constraints, steps = ascend(plain, xi, rules, mean, sd)
    used, rule, test, alone = plain, rules[-1], None, point.loglik
    verdict: Verdict = "not_modelled" if dependence == "none" else "not_identified"
    if dependence != "none" and can_tell:
        verdict, test = "zero", (0.0, 1.0)
        guess = _term_at_zero(cells, point)
        if guess > 0:  # otherwise the likelihood falls from the start
            point = point.light()
            found, held, more, rule_found = _with_term(cells, point, guess)
            steps += more
            if found.xi[cells.parameters.omega] >= _NO_TERM:
                point, constraints, used, rule, verdict = found, held, cells, rule_found, "estimated"
            else:
                point = evaluate(plain, point.xi, rule, point.theta, (point.posterior.mean, point.posterior.sd))
    point, constraints, rule, steps, error = _refined(used, point, constraints, rule, steps, tolerance)
    if verdict == "estimated":
        lrt = max(0.0, 2 * (point.loglik - alone))
        test = (lrt, 0.5 * float(special.chdtrc(1, lrt)) if lrt > 0 else 1.0)
    integration = Integration(steps, rule.n_z, error, verdict, test)
    return assemble(design, finite, used, place, point, constraints, integration, person)


def _by_average(design: RaschDesign) -> Ints:
    """Position of each person when sorted by average rating: neighbours then need the same part of the grid."""
    n = np.bincount(design.facets[0], design.weight, minlength=design.sizes[0])
    total = np.bincount(design.facets[0], design.weight * design.x, minlength=design.sizes[0])
    average = np.divide(total, n, out=np.full(len(n), np.inf), where=n > 0)
    place = np.empty(len(n), dtype=np.int64)
    place[np.argsort(average, kind="stable")] = np.arange(len(n))
    return place


def _check(active: RaschDesign) -> None:
    """Refuse what no likelihood can tell."""
    people = np.bincount(active.facets[0], minlength=1)
    if (people > 0).sum() < 2:
        raise InsufficientDataError("E-FEW", what="marginal maximum likelihood", needed=2, unit="people", found=int((people > 0).sum()))
    if int(people.max()) < 2:
        raise IdentificationError("E-RASCHSINGLE")
    if len(active.sizes) > 2 and not subsets(active.facets[1:], active.sizes[1:]).linked:
        raise IdentificationError("E-RASCHSINGULAR")


def _repeats(cells: Cells) -> int:
    """Cells of several ratings beyond one a person and one a rater: what the ratee × rater term is estimated from."""
    several = cells.cell_size > 1 + 1e-9
    people = np.bincount(cells.cell_person, minlength=cells.n)
    several &= people[cells.cell_person] > 1
    raters = cells.element[cells.unit.indices[cells.unit.indptr[:-1]], cells.cell_facet - 1][cells.row_unit[cells.cell_row]]
    return int(several.sum()) - len(np.unique(cells.cell_person[several])) - len(np.unique(raters[several])) + 1


def _start(design: RaschDesign, cells: Cells) -> tuple[Floats, Floats, Floats]:
    """Thresholds from the use of categories, severities from means, posteriors from totals."""
    where, x, w = cells.parameters, design.x, design.weight
    xi = np.zeros(where.size + 3)
    top = cells.top
    use = np.bincount(x.astype(np.int64), w, minlength=top + 1) + 0.5
    k = np.arange(top + 1)
    tilt = (np.log(use[-1]) - np.log(use[0])) / top
    psi = tilt * k - np.log(use) + np.log(use[0])
    for g in range(len(where.psi)):
        at = np.flatnonzero(where.psi[g] >= 0)
        if len(at):
            ends = np.flatnonzero(cells.exists[g])[[0, -1]]
            line = np.interp(at, ends, psi[ends])
            xi[where.psi[g, at]] = psi[at] - line
    count = np.bincount(design.facets[0], w, minlength=design.sizes[0])
    rated = count > 0
    average = np.divide(cells.person_score, count, out=np.zeros(len(count)), where=rated)
    grand = float(np.average(x, weights=w))
    within = float(np.average((x - average[design.facets[0]]) ** 2, weights=w)) * count.sum() / max(count.sum() - rated.sum(), 1)
    slope = max(within, 0.1 * float(np.average((x - grand) ** 2, weights=w)))
    for f, (offset, size) in enumerate(zip(where.offset, where.sizes, strict=True), start=1):
        n = np.bincount(design.facets[f], w, minlength=size)
        level = np.bincount(design.facets[f], w * x, minlength=size)
        seen = n > 0
        start = np.clip((grand - level[seen] / n[seen]) / slope, -_START_BOUND, _START_BOUND)
        xi[offset + np.flatnonzero(seen)] = start - start.mean()
    spread = float(np.var(average[rated])) - slope * float(np.mean(1 / count[rated]))
    sigma = float(np.clip(np.sqrt(max(spread, 0.0)) / slope, 0.1 / np.sqrt(slope), 3.0))
    xi[where.mu], xi[where.log_sigma] = tilt, np.log(sigma)
    sd = 1 / np.sqrt(1 / sigma**2 + count * slope)
    mean = tilt + np.where(rated, (average - grand) / slope, 0.0) * (1 - (sd / sigma) ** 2)
    return xi, mean, sd


def _with_term(cells: Cells, point: Point, guess: float) -> tuple[Point, Constraints, int, Rule]:
    """Add the ratee × rater term, starting from a guess of its variance."""
    where = cells.parameters
    xi = point.xi.copy()
    xi[where.omega] = np.clip(np.sqrt(guess), *_FIRST_OMEGA)
    first = slice(where.offset[0], where.offset[0] + where.sizes[0])
    variance = float(point.complete[first].sum()) / float(cells.cell_size.sum())
    information = variance * float(cells.unit.sum(axis=1).max())
    coarse = Rule(1.5, nodes_for(1.5 * float(xi[where.omega]), information, 1.6), 2)
    rough, _, some = ascend(cells, xi, (coarse,), point.posterior.mean, point.posterior.sd, rough=True)
    rough = rough.light()
    rule = Rule(1.0, nodes_for(float(rough.xi[where.omega]), information, 1.1), _DEGREE, audit=True)
    found, constraints, steps = ascend(cells, rough.xi, (rule,), rough.posterior.mean, rough.posterior.sd)
    return found, constraints, some + steps, rule


def _term_at_zero(cells: Cells, point: Point) -> float:
    """First guess of ω²: Σ[(s − M)² − V] / Σ V² over cells, whose sign is that of the derivative of the likelihood by ω² at 0."""
    where, plain = cells.parameters, cells.by_unit
    items = Items.of(plain, point.xi)
    log_f = tables(plain, items, point.theta, 1, scores=False).log_f[cells.row_unit]
    mu, sigma = float(point.xi[where.mu]), float(np.exp(point.xi[where.log_sigma]))
    near = point.posterior.mean, point.posterior.sd
    weight = posteriors(cells, Tables(point.theta, log_f, None, None), mu, sigma, near).row_weight
    rise = scale = 0.0
    for piece in pieces(plain, items, point.theta, 1):
        rows = slice(int(cells.row_start[piece.units.start]), int(cells.row_start[piece.units.stop]))
        unit = cells.row_unit[rows] - piece.units.start
        m, v = (piece.total(plain, x)[unit, :, 0] for x in (piece.curves.mean, piece.curves.variance))
        rise += float((weight[rows] * ((cells.row_score[rows, None] - m) ** 2 - v)).sum())
        scale += float((weight[rows] * v**2).sum())
    return rise / scale if scale > 0 else 0.0


def _refined(
    cells: Cells, point: Point, constraints: Constraints, rule: Rule, steps: int, tolerance: float
) -> tuple[Point, Constraints, Rule, int, float]:
    """Make the quadrature finer until making it twice as fine changes the deviance by less than the tolerance."""
    omega = point.xi[cells.parameters.omega] > 0
    while True:
        mean, sd = point.posterior.mean, point.posterior.sd
        half = grid(np.r_[mean, point.theta[[0, -1]]], np.r_[sd, sd.min(), sd.min()], rule.factor / 2)
        fine = loglik(cells, point.xi, half, rule.n_z, (mean, sd))
        finer_z = loglik(cells, point.xi, half, 2 * rule.n_z + 1, (mean, sd)) if omega else fine
        errors = 2 * abs(fine - point.loglik), 2 * abs(finer_z - fine)
        smooth = point.posterior.neglected < _NEGLIGIBLE or rule.degree >= _MOST_DEGREE
        if sum(errors) < tolerance and smooth:
            return point, constraints, rule, steps, sum(errors)
        if rule.factor < _MOST_FINE or rule.n_z > _MOST_NODES:
            raise ConvergenceError("E-CONV", iterations=steps, gradient=sum(errors))
        worse_theta, worse_z = errors[0] >= tolerance / 2, errors[1] >= tolerance / 2
        rule = Rule(
            rule.factor / (2 if worse_theta else 1),
            (2 * rule.n_z + 1) if worse_z else rule.n_z,
            rule.degree if smooth else 2 * rule.degree,
            audit=True,
        )
        point = point.light()
        point, constraints, more = ascend(cells, point.xi, (rule,), mean, sd)
        steps += more
