"""Fair averages: the rating an element would have if everything else were average."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicSpline

from rankkit.kernels.arrays import Floats
from rankkit.kernels.rasch.rasch_design import RaschDesign
from rankkit.kernels.rasch.rasch_model import Curve

_EXACT = 2_000_000  # people times threshold groups up to which every curve is followed for everyone
_GRID = 513


@dataclass(frozen=True, eq=False)
class FairAverages:
    """Fair averages of one facet, arrays of shape (size,); NaN where there is no measure.

    Attributes
    ----------
    value : ndarray
        Expected rating averaged over the elements of the dimensions (and threshold groups), in units of the form.
    slope : ndarray
        Derivative with respect to the measure of a person (θ); minus it with respect to a severity.
    at_mean : ndarray
        Expected rating with everything else at its mean measure (the convention of FACETS).
    """

    value: Floats
    slope: Floats
    at_mean: Floats


def fair_averages(design: RaschDesign, measures: tuple[Floats, ...], psi: Floats, facet: int, averaged: int | None = None) -> FairAverages:
    r"""Fair averages of a facet.

    .. math:: F_i = \frac1D\sum_d E[x \mid \theta_i, \beta = 0, \delta_d], \qquad F_r = \frac1D\sum_d E[x \mid
        \bar\theta, \beta_r, \delta_d]

    With thresholds by rater the expectation is averaged over the raters' thresholds, with thresholds by dimension each
    dimension has its own. The measure's error carries over by ``slope``.

    Parameters
    ----------
    design : RaschDesign
    measures : tuple of arrays, one a facet
        θ free, the others centred; NaN = none.
    psi : ndarray, shape (G, J)
    facet : int
        Whose fair averages.
    averaged : int, optional
        Facet (dimension) to average over instead of setting it to 0; none by default.

    Returns
    -------
    FairAverages

    References
    ----------
    Linacre (1994), Many-Facet Rasch Measurement; Linacre (1997), Investigating judge rating behavior: fair averages.

    Examples
    --------
    >>> from rankkit.kernels.rasch.rasch_design import rasch_design
    >>> design = rasch_design([[0, 0, 1, 1], [0, 1, 0, 1]], [2, 2], [1, 2, 2, 3])
    >>> fair_averages(design, (np.array([-1.0, 1.0]), np.zeros(2)), np.zeros((1, 3)), 0).value.round(3)
    array([1.425, 2.575])
    """
    own = measures[facet] if facet == 0 else -measures[facet]
    known = np.flatnonzero(~np.isnan(own))
    at = own[known] + (0.0 if facet == 0 else float(np.nanmean(measures[0])))
    curves = [Curve.of(design, psi, g) for g in range(design.n_groups)]
    usable = [g for g, curve in enumerate(curves) if len(curve.score) > 1 and np.isfinite(curve.psi).sum() > 1]
    shifts = [(0.0, -1)]
    if averaged is not None and averaged != facet:
        shifts = [(-float(delta), d) for d, delta in enumerate(measures[averaged]) if not np.isnan(delta)]
    parts = np.zeros((3, len(known)))
    times = np.zeros(len(known))
    for shift, element in shifts:
        if design.threshold_facet == facet:
            for k, g in enumerate(known):
                if g in usable:
                    parts[:, k] += _three(curves[g], at[k : k + 1], shift)[:, 0]
                    times[k] += 1.0
            continue
        groups = [element] if design.threshold_facet == averaged and element >= 0 else usable
        mean, n = _averaged([curves[g] for g in groups if g in usable], at, shift)
        parts += mean * n
        times += n
    out = np.full((3, len(own)), np.nan)
    out[:, known] = parts / np.where(times > 0, times, np.nan)
    return FairAverages(*out)


def _three(curve: Curve, at: Floats, shift: float) -> Floats:
    """Expected rating, its slope, and the expected rating without the shift."""
    return np.stack([curve.expected(at + shift), curve.slope(at + shift), curve.expected(at)])


def _averaged(curves: list[Curve], at: Floats, shift: float) -> tuple[Floats, int]:
    """Mean over threshold groups; of very many along a fine grid, between whose points cubic curves are drawn."""
    if not curves or not len(at):
        return np.zeros((3, len(at))), 0
    if len(curves) * len(at) <= _EXACT:
        return np.asarray(np.mean([_three(c, at, shift) for c in curves], axis=0)), len(curves)
    grid = np.linspace(float(at.min()), float(at.max()) + 1e-9, _GRID)
    return np.asarray(CubicSpline(grid, np.mean([_three(c, grid, shift) for c in curves], axis=0), axis=1)(at)), len(curves)
