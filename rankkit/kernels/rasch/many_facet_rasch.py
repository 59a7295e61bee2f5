"""Many-facet Rasch model by joint maximum likelihood: measures of people, severities of raters, difficulties, thresholds."""

from __future__ import annotations

import numpy as np
from scipy import linalg
from scipy.special import logit

from rankkit.errors import ConvergenceError, IdentificationError
from rankkit.kernels.arrays import Bools, Floats
from rankkit.kernels.rasch.rasch_design import RaschDesign
from rankkit.kernels.rasch.rasch_extremes import Extremes, extended_psi, extreme_measures
from rankkit.kernels.rasch.rasch_fitted import RaschFit
from rankkit.kernels.rasch.rasch_information import Information, Layout
from rankkit.kernels.rasch.rasch_model import Expectations, expectations, located, sums
from rankkit.kernels.rasch.rasch_subsets import Subsets, finite_elements, subsets

_TOLERANCE = 1e-7  # logits: a Newton step this short leaves an error near its square
_MOST_STEPS = 60
_HALVINGS = 40
_ROUNDING = 1e-10  # relative loss of log-likelihood that is rounding
_DRIFTING = 0.3  # logits an element still moves in the last step where it runs off


def joint_ml(design: RaschDesign, *, adjustment: float = 0.3, linked: Subsets | None = None) -> RaschFit:
    r"""Maximum likelihood of all measures together (FACETS' JMLE).

    .. math:: \log \frac{P(x = k)}{P(x = k - 1)} = \theta_i - \beta_r - \delta_d - \dots - \tau_k

    The log-likelihood is concave; Newton's method (here equal to Fisher scoring) with the largest facet absorbed finds its
    maximum, halving a step that goes too far. Elements whose ratings are all at the top, or all at the bottom, have no
    finite maximum: they are set aside, and afterwards given the measure of a total ``adjustment`` points inside.

    The number of measures grows with the number of people, so joint maximum likelihood stretches them: with L ratings of
    each person by about L/(L − 1) (two raters and one dimension: twofold). Standard errors take the ratings of one person
    by one rater as independent given the measures.

    Parameters
    ----------
    design : RaschDesign
        From :func:`~rankkit.kernels.rasch.rasch_design.rasch_design`.
    adjustment : float
        Points by which an extreme total is moved inside.
    linked : Subsets, optional
        What the design links, if that is known already.

    Returns
    -------
    RaschFit

    Raises
    ------
    IdentificationError
        ``E-RASCHEXTREME`` if every element is extreme; ``E-RASCHSPARSE`` if the design falls apart into hundreds of pieces.
    ConvergenceError
        ``E-RASCHDRIFT`` if measures run off to infinity together (details: ``facet``, ``codes``); ``E-RASCHSINGULAR``.

    References
    ----------
    Linacre (1994), Many-Facet Rasch Measurement, 2nd ed. Wright & Masters (1982), Rating Scale Analysis. Andersen (1980),
    Discrete Statistical Models with Social Science Applications (inconsistency of joint maximum likelihood).

    Examples
    --------
    >>> from rankkit.kernels.rasch.rasch_design import rasch_design
    >>> people, raters = np.repeat(np.arange(4), 3), np.tile(np.arange(3), 4)
    >>> fit = joint_ml(rasch_design([people, raters], [4, 3], [1, 2, 3, 2, 1, 1, 3, 2, 3, 1, 3, 2]))
    >>> fit.measures[0].round(2), fit.measures[1].round(2)
    (array([ 0.  , -1.57,  1.57,  0.  ]), array([ 0.62,  0.  , -0.62]))
    """
    finite = finite_elements(design)
    if not finite.active.any():
        raise IdentificationError("E-RASCHEXTREME")
    active = design.where(finite.active)
    linked = linked if linked is not None and active is design else subsets(active.facets, active.sizes)
    layout = Layout.of(active)
    point, found, info, iterations = _maximised(layout, _held(layout, linked))
    additive, kappa = point
    additive = _centred(additive, linked)
    seen = [np.bincount(f, minlength=size) > 0 for f, size in zip(active.facets, active.sizes, strict=True)]
    measures = [np.where(s, t if f == 0 else -t, np.nan) for f, (t, s) in enumerate(zip(additive, seen, strict=True))]
    active_psi = np.where(active.used, -kappa, np.nan)
    psi, no_threshold = extended_psi(design, active, active_psi)
    single = [_conditional(active, found, f) for f in range(len(seen))]
    extremes = extreme_measures(design, Extremes(finite, tuple(measures), tuple(single), psi, layout), adjustment)
    return RaschFit(
        design=design,
        active=finite.active,
        measures=extremes.measures,
        se_conditional=extremes.se,
        psi=psi,
        no_threshold=no_threshold,
        loglik=found.loglik,
        iterations=iterations,
        extreme=finite.extreme,
        unmeasured=tuple(
            np.isnan(m) & (np.bincount(f, minlength=len(m)) > 0) for m, f in zip(extremes.measures, design.facets, strict=True)
        ),
        subsets=linked,
        information=info,
        active_psi=active_psi,
        extreme_rows=extremes.rows,
    )


def _held(layout: Layout, linked: Subsets) -> Bools:
    """Columns of r to hold at 0: one for each direction nothing is known about, and elements without observations."""
    held = np.zeros(layout.size, dtype=bool)
    others = [f for f, at in enumerate(layout.offset) if at >= 0]
    if others:
        null = np.vstack([linked.null[f] for f in others])
        _, _, pivot = linalg.qr(null.T, mode="economic", pivoting=True)
        held[pivot[: null.shape[1]]] = True  # facets stand in r in the order of their offsets
    for f in others:
        at = layout.offset[f]
        held[at : at + layout.design.sizes[f]] |= linked.label[f] < 0
    return held


Point = tuple[list[Floats], Floats]  # additive measures of every facet, κ = −ψ


def _maximised(layout: Layout, held: Bools) -> tuple[Point, Expectations, Information, int]:
    """Newton's method from a rough start."""
    design = layout.design
    point = _start(layout, held)
    found = expectations(design, located(design, point[0]), -point[1])
    for iteration in range(1, _MOST_STEPS + 1):
        info = Information.at(layout, held, found)
        try:
            step = info.step()
        except ConvergenceError:
            raise _drifted(point[0], None) from None
        length, slack = 1.0, _ROUNDING * abs(found.loglik)
        for _ in range(_HALVINGS):
            trial = layout.moved(*point, step, length)
            after = expectations(design, located(design, trial[0]), -trial[1])
            if after.loglik >= found.loglik - slack:
                break
            length /= 2
        largest = max(float(np.abs(s).max(initial=0.0)) for s in step) * length
        point, found = trial, after
        if largest < _TOLERANCE:
            return point, found, Information.at(layout, held, found), iteration
    raise _drifted(point[0], [a - b for a, b in zip(trial[0], layout.moved(*point, step, -length)[0], strict=True)])


def _start(layout: Layout, held: Bools) -> Point:
    """Logits of shares of the possible points, scaled to the steepness of the expected score; thresholds from counts."""
    design = layout.design
    counts = sums(design.group * design.score.shape[1] + design.slot, design.weight, design.score.size).reshape(design.score.shape)
    last = np.maximum(design.n_slots - 1, 0)
    groups = np.arange(design.n_groups)
    with np.errstate(divide="ignore", invalid="ignore"):
        log = np.log(counts)
        low, high = design.score[:, :1], design.score[groups, last][:, None]
        slope = (log[groups, last][:, None] - log[:, :1]) / np.where(high > low, high - low, 1.0)
        kappa = np.where(layout.psi_column >= 0, log - log[:, :1] - (design.score - low) * slope, 0.0)
    flat = expectations(design, np.zeros(len(design)), -kappa)
    steepness = float(np.average(flat.variance, weights=design.weight))
    bottom, top = design.score[design.group, 0], design.score[design.group, last[design.group]]
    width = float(np.average(top - bottom, weights=design.weight))
    overall = float(logit(_share(design, 0, bottom, top, whole=True)[0]))
    factor = np.clip(width / (4 * max(steepness, 1e-3)), 0.2, 4.0)
    additive = []
    for f in range(len(design.sizes)):
        t = (logit(_share(design, f, bottom, top)) - (overall if f else 0.0)) * factor
        at = layout.offset[f]
        additive.append(np.where(held[at : at + len(t)], 0.0, t) if at >= 0 else t)
    return additive, kappa


def _share(design: RaschDesign, facet: int, bottom: Floats, top: Floats, *, whole: bool = False) -> Floats:
    """Share of the possible points, drawn a little to the middle."""
    codes = np.zeros(len(design), dtype=np.int64) if whole else design.facets[facet]
    size = 1 if whole else design.sizes[facet]
    points = sums(codes, design.weight * (design.x - bottom), size)
    possible = sums(codes, design.weight * (top - bottom), size)
    return np.asarray((points + 0.5) / (possible + 1.0))


def _centred(additive: list[Floats], linked: Subsets) -> list[Floats]:
    """Take out of facets 1, 2, … what no observation knows, and give θ its part: each of them sums to zero."""
    if len(additive) == 1:
        return additive
    null = linked.null
    y = np.concatenate([np.where(label >= 0, t, 0.0) for t, label in zip(additive[1:], linked.label[1:], strict=True)])
    c = linalg.lstsq(np.vstack(null[1:]), y)[0]
    return [t - n @ c for t, n in zip(additive, null, strict=True)]


def _conditional(active: RaschDesign, found: Expectations, facet: int) -> Floats:
    """1/√information of each element, everything else known."""
    v = sums(active.facets[facet], active.weight * found.variance, active.sizes[facet])
    return np.where(v > 0, 1 / np.sqrt(np.where(v > 0, v, 1.0)), np.nan)


def _drifted(additive: list[Floats], last: list[Floats] | None) -> ConvergenceError:
    """Error naming the facet and the codes that ran off: those that moved most, or stand farthest out."""
    far = last if last is not None else [t - np.median(t) for t in additive]
    facet = int(np.argmax([float(np.abs(t).max(initial=0.0)) for t in far]))
    least = max(_DRIFTING if last is not None else 0.0, 0.5 * float(np.abs(far[facet]).max()))
    codes = np.flatnonzero(np.abs(far[facet]) >= least)
    return ConvergenceError("E-RASCHDRIFT", facet=facet, codes=codes.tolist(), who=codes.tolist())
