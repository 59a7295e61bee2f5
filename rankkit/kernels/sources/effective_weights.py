"""What weights really do: a component counts by its spread and its correlations, not by its nominal weight."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.ranking import tie_groups


@dataclass(frozen=True, eq=False)
class WeightSensitivity:
    """Kendall's τ_b between the order under the declared weights and under others.

    Attributes
    ----------
    equal : float
        Equal weights.
    without : (D,) array
        Each component left out, the other weights rescaled.
    perturbed : (draws,) array
        Weights drawn from a Dirichlet distribution around the declared ones.
    """

    equal: float
    without: Floats
    perturbed: Floats


def effective_weights(covariance: Floats, weights: Floats) -> Floats:
    """Share of each component in the variance of the composite X = Σ w_d x_d: w̃_d = w_d Cov(x_d, X)/Var(X).

    Parameters
    ----------
    covariance : (D, D) array
        Covariances of the components between people.
    weights : (D,) array
        Nominal weights.

    Returns
    -------
    (D,) array
        Summing to 1; NaN if the composite does not vary. Negative where a component works against the composite.

    Examples
    --------
    >>> import numpy as np
    >>> sd = np.array([1.0, 0.3])
    >>> effective_weights(np.outer(sd, sd) * np.array([[1, 0.5], [0.5, 1]]), np.array([0.5, 0.5])).round(5)
    array([0.82734, 0.17266])
    """
    covariance, weights = np.asarray(covariance, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    parts: Floats = weights * (covariance @ weights)
    total = parts.sum()
    scale = float(np.abs(weights) @ np.abs(covariance) @ np.abs(weights))
    return parts / total if total > 1e-14 * scale else np.full(weights.shape, np.nan)


def effective_weights_of(scores: Floats, weights: Floats) -> Floats:
    """Effective weights from the components' scores, people with all of them.

    Parameters
    ----------
    scores : (n, D) array
        NaN = missing.
    weights : (D,) array
        Nominal weights.

    Returns
    -------
    (D,) array
        See :func:`effective_weights`; NaN for fewer than two complete people.

    Examples
    --------
    >>> import numpy as np
    >>> effective_weights_of(np.array([[1.0, 2.0], [2.0, 2.0], [3.0, 2.0]]), np.array([0.5, 0.5]))
    array([1., 0.])
    """
    complete = _complete(scores)
    if len(complete) < 2:
        return np.full(np.shape(weights), np.nan)
    return effective_weights(np.atleast_2d(np.cov(complete, rowvar=False)), weights)


def weight_sensitivity(
    scores: Floats, weights: Floats, *, concentration: float = 50.0, draws: int = 200, seed: int = 0
) -> WeightSensitivity:
    """Find out how much the order depends on the weights (Wainer 1976; Dawes 1979: often little).

    Parameters
    ----------
    scores : (n, D) array
        Components, higher is better; people with a missing one are left out.
    weights : (D,) array
        Declared weights, non-negative, summing to 1. A weight of zero stays zero when perturbed.
    concentration : float
        Perturbed weights ~ Dirichlet(concentration × weights): at 50 a weight of .25 has a standard deviation of .06.
    draws, seed : int
        Number of perturbations and their seed. Components are drawn for in an order that follows from the data.

    Returns
    -------
    WeightSensitivity
        τ_b is NaN where an order is constant, or nothing is left to weigh.

    Examples
    --------
    >>> import numpy as np
    >>> weight_sensitivity(np.array([[1.0, 3.0], [2.0, 1.0], [3.0, 2.0]]), np.array([0.8, 0.2]), draws=20).without
    array([-0.33333333,  1.        ])
    """
    x, w = _complete(scores), np.asarray(weights, dtype=np.float64)
    declared = x @ w
    size = len(w)
    without = np.array([_tau(declared, x @ np.where(np.arange(size) == d, 0.0, w)) for d in range(size)])
    order = _order_of_components(x, w)
    drawn = np.zeros((draws, size))
    used = order[w[order] > 0]
    drawn[:, used] = np.random.default_rng(seed).dirichlet(concentration * w[used], size=draws)
    perturbed = np.array([_tau(declared, x @ row) for row in drawn])
    return WeightSensitivity(_tau(declared, x @ np.full(size, 1.0 / size)), without, perturbed)


def _complete(scores: Floats) -> Floats:
    scores = np.asarray(scores, dtype=np.float64)
    return scores[~np.isnan(scores).any(axis=1)]


def _order_of_components(x: Floats, w: Floats) -> Ints:
    """By weight, then mean, variance and agreement with the composite."""
    composite = x @ w
    keys = (w, x.mean(axis=0), x.var(axis=0), composite @ x) if len(x) else (w,)
    return np.lexsort([tie_groups(key) for key in keys[::-1]])


def _tau(a: Floats, b: Floats) -> float:
    """Kendall's τ_b of two composites; values equal but for rounding are ties."""
    if len(a) < 2:
        return float("nan")
    u, v = tie_groups(a), tie_groups(b)
    if np.ptp(u) == 0 or np.ptp(v) == 0:
        return float("nan")
    return float(stats.kendalltau(u, v).statistic)
