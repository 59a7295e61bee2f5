"""How much a reserve will be asked for: the distribution of a sum of amounts, each due with a small probability."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import fft

from rankkit.kernels.arrays import Floats

CELLS = 2048
"""Steps the range is divided into; the mean is kept whatever their size."""
_SPREAD, _LARGEST = 12.0, 5.0  # the range: standard deviations above the mean, and largest amounts beyond


@dataclass(frozen=True, eq=False)
class Needed:
    """Distribution of what is asked for.

    Attributes
    ----------
    at : ndarray, shape (m,)
        Sums, rising.
    below : ndarray, shape (m,)
        Probability that no more than this is asked for.
    mean, sd : float
        Of the sum.
    """

    at: Floats
    below: Floats
    mean: float
    sd: float

    def quantile(self, level: float) -> float:
        """Smallest sum that is enough with this probability."""
        return float(self.at[min(int(np.searchsorted(self.below, level - 1e-12)), len(self.at) - 1)])

    def enough(self, reserve: float) -> float:
        """Probability that a reserve is enough."""
        k = int(np.searchsorted(self.at, reserve * (1 + 1e-12), side="right")) - 1
        return float(self.below[k]) if k >= 0 else 0.0


def claims_needed(amounts: Floats, probabilities: Sequence[float] | Floats, *, cells: int = CELLS) -> Needed:
    r"""Distribution of :math:`\sum_i X_i t_i`, amounts :math:`t_i` due independently, each with probability p.

    An amount between two cells is shared between them so that its mean stays (local moment matching), which makes the sum
    larger in convex order, never smaller: upper quantiles err to the safe side. The generating functions
    :math:`1 - p + p z^{t_i}` are multiplied on the unit circle. With several probabilities, the mixture in which each holds with
    equal weight for everybody at once: rates that are not known make the people's amounts dependent.

    Parameters
    ----------
    amounts : (n,) array
        What each would be due, 0 or more.
    probabilities : sequence of float
        Probability that an amount is due; equally likely values where it is not known.
    cells : int
        Steps of the range.

    Returns
    -------
    Needed

    References
    ----------
    Gerber (1982), Insurance: Mathematics and Economics 1, 13–18 (discretising). Hong (2013), Computational Statistics & Data Analysis 59,
    41–51 (by the discrete Fourier transform).

    Examples
    --------
    >>> found = claims_needed(np.array([1.0, 1.0, 2.0]), [0.5])
    >>> found.mean, round(found.quantile(0.9), 3), round(found.enough(2.0), 3)
    (2.0, 4.0, 0.625)
    """
    amounts = np.asarray(amounts, dtype=np.float64)
    amounts = amounts[amounts > 0]
    chances = np.asarray(probabilities, dtype=np.float64)
    total, squares = float(amounts.sum()), float((amounts**2).sum())
    means = chances * total
    mean = float(means.mean())
    sd = float(np.sqrt((chances * (1 - chances)).mean() * squares + means.var()))
    if not len(amounts) or not chances.max() > 0:
        return Needed(np.zeros(1), np.ones(1), 0.0, 0.0)
    worst = float(chances.max())
    reach = min(total, worst * total + _SPREAD * np.sqrt(worst * (1 - worst) * squares) + _LARGEST * float(amounts.max()))
    step = reach / (cells - 1)
    if np.allclose(amounts / amounts.min(), np.round(amounts / amounts.min()), atol=1e-9) and total / amounts.min() < cells:
        step = float(amounts.min())  # whole multiples of the smallest amount: exact
        reach = total
    length = fft.next_fast_len(int(np.ceil(reach / step)) + 2, real=True)
    angle = -2j * np.pi * np.arange(length // 2 + 1) / length
    sizes, counts = np.unique(np.round(amounts / step, 9), return_counts=True)
    product = np.ones((len(chances), len(angle)), dtype=np.complex128)
    for size, count in zip(sizes, counts, strict=True):
        lower = np.floor(size)
        turn = (1 - (size - lower)) * np.exp(angle * lower) + (size - lower) * np.exp(angle * (lower + 1))
        product *= (1 + chances[:, None] * (turn - 1)) ** int(count)
    mass = np.maximum(fft.irfft(product.mean(axis=0), n=length), 0.0)
    return Needed(np.arange(length) * step, np.minimum(np.cumsum(mass) / mass.sum(), 1.0), mean, sd)
