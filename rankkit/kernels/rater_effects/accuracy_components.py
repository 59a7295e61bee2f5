r"""Accuracy of ratings against true scores: Cronbach's components, Borman's correlation, distance.

Everything quadratic depends on the differences ``D = Y − T`` (ratees × dimensions) alone:

.. math:: E^2 = \bar D^2, \quad DE^2 = \operatorname{var}_i(\bar D_{i\cdot}), \quad SA^2 = \operatorname{var}_j(\bar D_{\cdot j}),
    \quad DA^2 = \overline{(D_{ij} - \bar D_{i\cdot} - \bar D_{\cdot j} + \bar D)^2}

with variances that divide by n, so that ``E² + DE² + SA² + DA²`` is the mean squared difference (Cronbach 1955).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from rankkit.kernels.arrays import Floats

NAMES = ("elevation", "differential_elevation", "stereotype_accuracy", "differential_accuracy")
FEWEST_FOR_BORMAN = 4
_ADDITIVE = 1e-20  # variance of interactions over mean square at which there are none but rounding
_LARGE_F = 25.0  # beyond which a noncentral F says little that its normal limit does not, and depends on σ̂ more
_PERFECT = 1 - 1e-12  # |r| above which a correlation is perfect and has no Fisher transform


@dataclass(frozen=True, eq=False)
class AccuracyComponents:
    """Accuracy of one rater; smaller is more accurate, except for correlations.

    Attributes
    ----------
    squared : ndarray, shape (4,)
        E², DE², SA², DA², squared score units.
    distance_squared : float
        Their sum D², the mean squared difference.
    corrected : ndarray, shape (4,)
        Less what the error of the true scores contributes, floored at 0.
    bias : float
        Mean difference, rating less truth, score units (elevation with its sign).
    by_dimension : ndarray, shape (k,)
        Mean difference on each dimension.
    spread : ndarray, shape (2, 2)
        Standard deviations (dividing by n) of ratee means given and true; of dimension means given and true.
    correlation : ndarray, shape (2,)
        Of ratee means with the truth (DE² = s_y² + s_t² − 2 r s_y s_t), and of dimension means; NaN without spread.
    absolute : float
        Mean absolute difference (distance accuracy).
    borman : float
        tanh of the mean Fisher-transformed correlation over ratees within dimensions; NaN with fewer than four ratees or no
        dimension with spread.
    perfect : int
        Dimensions with a perfect correlation, entered at just below 1.
    """

    squared: Floats
    distance_squared: float
    corrected: Floats
    bias: float
    by_dimension: Floats
    spread: Floats
    correlation: Floats
    absolute: float
    borman: float
    perfect: int


def accuracy_components(y: Floats, t: Floats, se: Floats | None = None) -> AccuracyComponents:
    """Compare one rater's ratings with true scores.

    Parameters
    ----------
    y, t : ndarray, shape (n, k)
        Ratings and true scores of n ratees on k dimensions, no gaps.
    se : ndarray, shape (n, k), optional
        Standard errors of the true scores. Of their mean square the components contain, whatever the rater does, the shares
        1/(nk), (n−1)/(nk), (k−1)/(nk) and (n−1)(k−1)/(nk).

    Returns
    -------
    AccuracyComponents

    References
    ----------
    Cronbach (1955), Psychological Bulletin 52, 177-193. Borman (1977), Organizational Behavior and Human Performance 20,
    238-252. Sulsky & Balzer (1988), Journal of Applied Psychology 73, 497-506.

    Examples
    --------
    >>> t = np.array([[4.0, 3, 5], [3, 3, 2], [5, 4, 4], [2, 1, 3]])
    >>> y = np.array([[5.0, 3, 4], [4, 3, 3], [5, 5, 4], [3, 3, 3]])
    >>> found = accuracy_components(y, t)
    >>> found.squared.round(6), round(found.distance_squared, 6), round(found.borman, 5)
    (array([0.25    , 0.138889, 0.125   , 0.319444]), 0.833333, 0.87111)
    """
    y, t = np.asarray(y, dtype=np.float64), np.asarray(t, dtype=np.float64)
    n, k = y.shape
    d = y - t
    bias = float(d.mean())
    rows, columns = d.mean(axis=1) - bias, d.mean(axis=0) - bias
    inner = d - bias - rows[:, None] - columns
    squared = np.array([bias**2, rows @ rows / n, columns @ columns / k, np.vdot(inner, inner) / (n * k)])
    noise = 0.0 if se is None else float(np.mean(np.asarray(se, dtype=np.float64) ** 2))
    shares = np.array([1, n - 1, k - 1, (n - 1) * (k - 1)]) / (n * k)
    means = ((y.mean(axis=1), t.mean(axis=1)), (y.mean(axis=0), t.mean(axis=0)))
    spread = np.array([[a.std(), b.std()] for a, b in means])
    each = [_correlation(y[:, j], t[:, j]) for j in range(k)] if n >= FEWEST_FOR_BORMAN else []
    known = np.array([r for r in each if not np.isnan(r)])
    perfect = np.abs(known) >= _PERFECT
    z = np.arctanh(np.clip(known, -_PERFECT, _PERFECT))
    return AccuracyComponents(
        squared=squared,
        distance_squared=float(np.mean(d**2)),
        corrected=np.maximum(squared - noise * shares, 0.0),
        bias=bias,
        by_dimension=d.mean(axis=0),
        spread=spread,
        correlation=np.array([_correlation(a, b) for a, b in means]),
        absolute=float(np.abs(d).mean()),
        borman=float(np.tanh(z.mean())) if len(z) else float("nan"),
        perfect=int(perfect.sum()),
    )


def _correlation(a: Floats, b: Floats) -> float:
    a, b = a - a.mean(), b - b.mean()
    size = float(np.sqrt((a @ a) * (b @ b)))
    level = 1e-12 * max(float(np.abs(a).max(initial=0.0)), float(np.abs(b).max(initial=0.0)), 1e-300)
    return float(a @ b) / size if len(a) > 1 and size > level**2 and (a @ a) > 1e-24 and (b @ b) > 1e-24 else float("nan")


def component_intervals(d: Floats, *, level: float = 0.95) -> tuple[Floats, Floats]:
    r"""Intervals for the squared components over the population the ratees come from; rater and dimensions are fixed.

    Exact where differences are normal: E from Student's t of the ratees' mean differences, DE and DA from χ² of variances
    (DA with Box's degrees of freedom, ``tr(S)² / tr(S²)`` of the interactions' covariance S for each ratee), SA from the
    noncentral F that dimension means have. A bootstrap of a dozen ratees covers only 65 to 85 % of the time.

    Parameters
    ----------
    d : ndarray, shape (n, k)
        Differences of one rater, ratings less truth; n ≥ 3.
    level : float
        Confidence level.

    Returns
    -------
    low, high : ndarray, shape (4,)
        For E², DE², SA², DA². They are intervals for the population: DE² and DA² of a sample are smaller by 1/n on average,
        E² and SA² larger.

    References
    ----------
    Box (1954), Annals of Mathematical Statistics 25, 484-498. Steiger (2004), Psychological Methods 9, 164-182.

    Examples
    --------
    >>> low, high = component_intervals(np.random.default_rng(1).normal(size=(20, 4)))
    >>> low.round(2), high.round(2)
    (array([0.  , 0.13, 0.  , 0.35]), array([0.09, 0.5 , 0.08, 0.75]))
    """
    n, k = d.shape
    tail = (1 - level) / 2
    rows, columns = d.mean(axis=1), d.mean(axis=0)
    bias, variance = float(rows.mean()), float(rows.var(ddof=1))
    half = float(special.stdtrit(n - 1, 1 - tail)) * np.sqrt(variance / n)
    ends = np.array([bias - half, bias + half]) ** 2
    inner = d - rows[:, None] - columns + bias
    S = inner.T @ inner / (n - 1)
    trace = float(np.trace(S))
    out = np.zeros((2, 4))
    out[:, 0] = 0.0 if abs(bias) <= half else ends.min(), ends.max()
    out[:, 1] = _variance_interval(variance, n - 1, tail)
    size = max(float(np.mean(d**2)), 1e-300)
    if k > 1 and trace <= _ADDITIVE * size:  # every ratee has the same profile of differences: nothing to be unsure of
        out[:, 2] = float(((columns - bias) ** 2).mean())
    elif k > 1:
        box = max(trace**2 / float(np.vdot(S, S)), 1.0)
        out[:, 3] = np.array(_variance_interval(trace / k, (n - 1) * box, tail))
        unit = trace / (k - 1)  # mean variance of one interaction
        f = n * float(((columns - bias) ** 2).sum()) / (k - 1) / unit
        if f > _LARGE_F:  # dimension means stand clear of their error: the length of their vector is all but normal
            length = np.sqrt(((columns - bias) ** 2).mean())
            u = (columns - bias) / np.linalg.norm(columns - bias)
            reach = float(special.stdtrit(n - 1, 1 - tail)) * np.sqrt(float(u @ S @ u) / (n * k))
            out[:, 2] = max(length - reach, 0.0) ** 2, (length + reach) ** 2
        else:
            out[:, 2] = [_noncentrality(f, k - 1, (n - 1) * (k - 1), p) * unit / (n * k) for p in (1 - tail, tail)]
    return out[0], out[1]


def _variance_interval(variance: float, df: float, tail: float) -> tuple[float, float]:
    return df * variance / float(special.chdtri(df, tail)), df * variance / float(special.chdtri(df, 1 - tail))


def _noncentrality(f: float, df1: float, df2: float, p: float) -> float:
    """Noncentrality under which F falls below ``f`` with probability p; 0 if none is so small."""
    if float(special.fdtr(df1, df2, f)) <= p:
        return 0.0
    high = 1.0
    while float(special.ncfdtr(df1, df2, high, f)) > p:
        high *= 2
    return float(optimize.brentq(lambda nc: float(special.ncfdtr(df1, df2, nc, f)) - p, 0.0, high))
