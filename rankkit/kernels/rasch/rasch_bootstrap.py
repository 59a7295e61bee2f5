"""Parametric bootstrap of fit statistics: what infit and outfit do when ratings follow the model and are fitted to themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rankkit.errors import SettingsError
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.rasch.rasch_fit import Residuals
from rankkit.kernels.rasch.rasch_fitted import RaschFit
from rankkit.kernels.rasch.rasch_model import expectations, located, sums

_STEPS = 2  # Fisher scoring steps from the true measures, whose information is known: enough for what is of order 1/n
_SAME = 9  # decimals to which elements must agree to count as exchangeable


@dataclass(frozen=True, eq=False)
class FitBands:
    """Bands of one facet's mean squares, arrays of shape (size,); NaN for elements without active observations.

    Attributes
    ----------
    infit_low, infit_high, outfit_low, outfit_high : ndarray
        Quantiles at the level asked for.
    infit_p, outfit_p : ndarray
        Two-sided: twice the smaller share of replicates at least as far out, (count + 1)/(replicates + 1).
    """

    infit_low: Floats
    infit_high: Floats
    outfit_low: Floats
    outfit_high: Floats
    infit_p: Floats
    outfit_p: Floats


def fit_bands(fit: RaschFit, *, replicates: int = 500, level: float = 0.95, seed: int = 0) -> tuple[FitBands, ...]:
    """Simulate ratings from the fit, fit them again, and look where the mean squares fall.

    Draws follow the fitted locations, never the order of rows or labels; elements that are alike share one band.

    Parameters
    ----------
    fit : RaschFit
    replicates : int
        Number of simulated tables, 20 or more.
    level : float
        Of the bands.
    seed : int

    Returns
    -------
    tuple of FitBands
        One a facet.

    Raises
    ------
    SettingsError
        For fewer than 20 replicates.

    References
    ----------
    Wolfe (2013), A bootstrap approach to evaluating person and item fit to the Rasch model, Journal of Applied Measurement
    14, 1–9. Efron & Tibshirani (1993), An Introduction to the Bootstrap.
    """
    if replicates < 20:
        raise SettingsError("E-SETTING", name="replicates", value=replicates, allowed="20 or more")
    layout = fit.information.layout
    design = layout.design
    kappa = np.where(np.isnan(fit.active_psi), 0.0, -fit.active_psi)
    additive = [np.nan_to_num(m if f == 0 else -m) for f, m in enumerate(fit.measures)]
    found = Residuals.of(design, fit.measures, fit.active_psi, np.ones(len(design), dtype=bool))
    order = np.lexsort((design.slot, found.expected.variance, np.round(found.eta, _SAME)))
    upper = np.cumsum(found.expected.p, axis=0)[:-1]
    rng = np.random.default_rng(seed)
    draws = [np.empty((2, replicates, size)) for size in design.sizes]
    for b in range(replicates):
        uniform = np.empty(len(design))
        uniform[order] = rng.random(len(design))
        slot = (uniform > upper).sum(axis=0)
        t, k, now = additive, kappa, found.expected
        for _ in range(_STEPS):
            t, k = layout.moved(t, k, fit.information.step(layout.gradient(slot, now)))
            now = expectations(design, located(design, t), -k)
        squares = design.weight * (design.score[design.group, slot] - now.mean) ** 2
        for f, size in enumerate(design.sizes):
            n, v = sums(design.facets[f], design.weight, size), sums(design.facets[f], design.weight * now.variance, size)
            with np.errstate(divide="ignore", invalid="ignore"):
                draws[f][0, b] = sums(design.facets[f], squares, size) / v
                draws[f][1, b] = sums(design.facets[f], squares / now.variance, size) / n
    return tuple(_bands(draws[f], found, f, fit.measures[f], level) for f in range(len(design.sizes)))


def _bands(draws: Floats, found: Residuals, facet: int, measure: Floats, level: float) -> FitBands:
    """Quantiles and p-values, shared by elements that nothing but their name tells apart."""
    codes, size = found.design.facets[facet], found.design.sizes[facet]
    w = found.design.weight
    n = sums(codes, w, size)
    with np.errstate(divide="ignore", invalid="ignore"):
        infit = sums(codes, w * found.residual**2, size) / sums(codes, w * found.expected.variance, size)
        outfit = sums(codes, w * found.z**2, size) / n
    seen = n > 0
    key = np.round(np.column_stack([np.nan_to_num(measure), n, np.nan_to_num(infit), np.nan_to_num(outfit)]), _SAME)
    _, alike = np.unique(key, axis=0, return_inverse=True)
    alike = np.asarray(alike).ravel()
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    numbers = []
    for values, observed in zip(draws, (infit, outfit), strict=True):
        low, high = np.quantile(values, tails, axis=0)
        above, below = (values >= observed).sum(axis=0), (values <= observed).sum(axis=0)
        p = np.minimum(2 * (np.minimum(above, below) + 1) / (len(values) + 1), 1.0)
        numbers.append([_shared(x, alike, seen) for x in (low, high, p)])
    (infit_low, infit_high, infit_p), (outfit_low, outfit_high, outfit_p) = numbers
    return FitBands(infit_low, infit_high, outfit_low, outfit_high, infit_p, outfit_p)


def _shared(values: Floats, alike: Ints, seen: Bools) -> Floats:
    """Mean over elements that are alike; NaN for those without observations."""
    mean = np.bincount(alike, np.where(seen, values, 0.0)) / np.maximum(np.bincount(alike, seen), 1)
    return np.where(seen, mean[alike], np.nan)
