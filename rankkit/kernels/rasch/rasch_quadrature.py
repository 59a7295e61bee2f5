"""Where marginal Rasch likelihoods are evaluated: an even grid of θ as fine as the sharpest posterior, and of z.

The trapezoidal rule on an even grid of spacing h is wrong by about exp{−2π²(s/h)²} for a posterior of standard
deviation s: nothing at h = s, a lot at h = 2s. What counts is therefore the sharpest posterior, not the width of the
prior, and Gauss–Hermite nodes placed for the prior waste themselves between sharp posteriors.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from rankkit.kernels.arrays import Floats

_REACH = 7.5  # posterior standard deviations beyond the outermost person that the grid covers
_WIDEST = 0.5  # largest spacing in logits: category curves bend over about one
_FEWEST, _MOST = 21, 4000
_TAIL = 6.0  # standard deviations of z covered


@lru_cache(maxsize=32)
def normal_nodes(size: int) -> tuple[Floats, Floats]:
    """Even nodes over ±6 and logarithms of weights for an expectation over N(0, 1): exact to 1e-7 from 9 nodes on.

    Like the grid of θ they follow sharp integrands: Gauss–Hermite nodes would have to grow with the square of the
    sharpness, these grow in proportion.
    """
    if size == 1:
        return np.zeros(1), np.zeros(1)
    z = np.linspace(-_TAIL, _TAIL, size)
    log_w = -0.5 * z**2
    return z, log_w - np.log(np.exp(log_w).sum())


def nodes_for(omega: float, information: float, factor: float) -> int:
    """Nodes of z for a term with standard deviation ω whose cells have up to so much information.

    The spacing is ``factor`` standard deviations of z given a cell, 1/√(1 + ω² I).
    """
    half = int(np.ceil(_TAIL / factor * np.sqrt(1 + omega**2 * information)))
    return 2 * half + 1


def grid(mean: Floats, sd: Floats, factor: float) -> Floats:
    """Even grid of θ over all posteriors.

    Parameters
    ----------
    mean, sd : ndarrays, shape (n,)
        Posterior means and standard deviations, or guesses of them.
    factor : float
        Spacing in units of the smallest standard deviation.

    Returns
    -------
    ndarray, shape (Q,)
        Logits, equally spaced.

    Examples
    --------
    >>> theta = grid(np.array([-1.0, 1.0]), np.array([0.5, 0.5]), 1.0)
    >>> theta[0], theta[-1], len(theta)
    (np.float64(-4.75), np.float64(4.75), 21)
    """
    low, high = float((mean - _REACH * sd).min()), float((mean + _REACH * sd).max())
    spacing = min(factor * float(sd.min()), _WIDEST * min(factor, 1.0))
    size = int(np.clip(np.ceil((high - low) / spacing) + 1, _FEWEST, _MOST))
    return np.linspace(low, high, size)
