"""Do raters change at different speeds? Slopes of raters on time with targets and raters as fixed effects.

``y = α_target + β_rater + κ_r t + e``; the effects are absorbed, each rater may rate more or less exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.components.slope_variance import VarianceTest, restricted_lrt
from rankkit.kernels.two_way_clusters import ClusteredError, one_way, working_moments
from rankkit.kernels.two_way_fixed import TwoWayFixed, absorbed_fit

_IDENTIFIED = 1e-6  # share of a rater's time variance that must be left by the effects
_ROUNDING = 1e-12  # share of a sum of squares below which it is rounding error
_MEMORY = 20_000_000  # numbers in the largest table formed; above it error variances are taken as equal


@dataclass(frozen=True, eq=False)
class RaterSlopes:
    """Slopes of raters.

    Attributes
    ----------
    test : VarianceTest
        Of a variance of slopes of zero.
    deviation, se, df : ndarray, shape (m,)
        Slope less the mean slope of the raters linked with this one; ``nan`` where the design does not identify it.
    identified : ndarray of bool, shape (m,)
    absolute : bool
        Whether the mean slope is identified too (times differ within targets).
    mean_slope : float
        Common slope of all raters; ``nan`` unless ``absolute``.
    mean_error : ClusteredError
        Its variance, clustered by rater.
    n : ndarray of int, shape (m,)
        Ratings of each rater.
    z : ndarray, shape (N,)
        Residuals without any slope, in the rater's own residual SDs.
    unequal : bool
        Whether error variances could differ between raters.
    """

    test: VarianceTest
    deviation: Floats
    se: Floats
    df: Floats
    identified: Bools
    absolute: bool
    mean_slope: float
    mean_error: ClusteredError
    n: Ints
    z: Floats
    unequal: bool


def rater_slopes(design: TwoWayFixed, t: Floats, rater: Ints, y: Floats, n_raters: int, seed: int = 0) -> RaterSlopes:
    """Estimate the slopes and test their variance.

    Parameters
    ----------
    design : TwoWayFixed
        Targets and raters (or target × rater pairs) as effects.
    t : ndarray, shape (N,)
        Time, or any other variable the raters may react to differently.
    rater : ndarray of int, shape (N,)
        Codes.
    y : ndarray, shape (N,)
        Scores.
    n_raters : int
        Number of codes.
    seed : int
        Of the null draws.

    Returns
    -------
    RaterSlopes
        Deviations have standard errors from each rater's own residual variance, with t on its degrees of freedom; the
        variance of slopes is tested by :func:`rankkit.kernels.components.slope_variance.restricted_lrt` under those variances.

    Examples
    --------
    >>> import numpy as np
    >>> from rankkit.kernels.two_way_fixed import two_way_fixed
    >>> rng = np.random.default_rng(1)
    >>> target, rater, t = (x.ravel() for x in np.meshgrid(np.arange(4), np.arange(6), np.arange(5.0) - 2))
    >>> rater = rater.astype(int)
    >>> y = 0.3 * (rater == 2) * t + 0.3 * rng.standard_normal(120)
    >>> found = rater_slopes(two_way_fixed(target, rater), t, rater, y, 6)
    >>> found.test.p < 0.01, int(np.argmax(found.deviation)), found.absolute
    (True, 2, True)
    """
    n = np.bincount(rater, minlength=n_raters)
    common = absorbed_fit(design, t[:, None], y)
    absolute = bool(len(common.used))
    own = design.gram(t, rater, n_raters)
    size = np.bincount(rater, t**2, n_raters)
    spread = size - np.bincount(rater, t, n_raters) ** 2 / np.maximum(n, 1)
    identified = np.diag(own) > np.maximum(_IDENTIFIED * spread, _ROUNDING * float(size.max(initial=0.0)))
    raw = design.residual(y)
    raw = np.where(float(raw @ raw) > _ROUNDING * float(y @ y), raw, 0.0)
    product = np.asarray(np.bincount(rater, t * raw, n_raters), dtype=np.float64)
    inverse, rank = _inverse(own, identified)
    slope = inverse @ product
    nu = design.size - design.rank - rank
    rss = max(float(raw @ raw) - float(product @ slope), 0.0)
    rss = 0.0 if rss < _ROUNDING * float(raw @ raw) else rss
    centre = _centring(own, identified, absolute=absolute)
    unequal = design.size * (n_raters + 1) <= _MEMORY and design.n_rows * design.n_cols <= _MEMORY
    if unequal:
        Z = np.zeros((design.size, n_raters))
        Z[np.arange(design.size), rater] = t
        MZ = design.residual(Z)
        left = raw - MZ @ slope
        free = 1 - design.leverage()
        own_free = np.maximum(free - np.einsum("ij,jk,ik->i", MZ, inverse, MZ, optimize=True), 0.0)
        df = np.asarray(np.bincount(rater, own_free, n_raters), dtype=np.float64)
        variance = np.divide(np.bincount(rater, left**2, n_raters), df, out=np.full(n_raters, np.nan), where=df > 1)
        variance = np.where(np.isnan(variance), rss / max(nu, 1), variance)
        meat = MZ.T @ (MZ * variance[rater][:, None])
        spread_of = centre @ inverse @ meat @ inverse @ centre.T
        MX = MZ - common.X @ (common.bread @ (common.X.T @ MZ))
        null = (MX.T @ (MX * variance[rater][:, None]), float((variance[rater] * free).sum()))
    else:
        df = np.full(n_raters, float(max(nu, 0)))
        variance = np.full(n_raters, rss / max(nu, 1))
        spread_of = centre @ inverse @ centre.T * (rss / max(nu, 1))
        free = np.full(design.size, 1 - design.rank / design.size)
        null = None
    gram = working_moments(common, t, rater, n_raters)
    pull = np.asarray(np.bincount(rater, t * common.residual, n_raters), dtype=np.float64)
    test = restricted_lrt(gram, pull, float(common.residual @ common.residual) if rss > 0 else 0.0, common.df, null, seed)
    scale = np.sqrt(variance[rater] * np.maximum(free, 0.05))
    with np.errstate(invalid="ignore"):
        se = np.where(identified & (df > 1), np.sqrt(np.maximum(np.diag(spread_of), 0.0)), np.nan)
    error = one_way(common, 0, rater) if absolute else ClusteredError(float("nan"), float("nan"), 0)
    return RaterSlopes(
        test, np.where(identified, centre @ slope, np.nan), se, df, identified, absolute, float(common.coefficient[0]), error,
        n.astype(np.int64), np.divide(raw, scale, out=np.zeros_like(raw), where=scale > 0), unequal,
    )  # fmt: skip


def _inverse(gram: Floats, identified: Bools) -> tuple[Floats, int]:
    """Generalised inverse over the identified raters, and its rank."""
    kept = np.where(np.outer(identified, identified), gram, 0.0)
    values, vectors = np.linalg.eigh(kept)
    use = values > 1e-9 * max(float(values.max(initial=0.0)), 1e-300)
    return np.asarray((vectors[:, use] / values[use]) @ vectors[:, use].T), int(use.sum())


def _centring(gram: Floats, identified: Bools, *, absolute: bool) -> Floats:
    """Take the mean of all raters out, or of those linked through shared targets; unidentified raters get zero rows."""
    link = sparse.csr_array(np.abs(gram) > 1e-9 * np.abs(gram).max(initial=1e-300))
    group = csgraph.connected_components(link.astype(np.int8), directed=False)[1]
    same = ((group[:, None] == group) | absolute) & np.outer(identified, identified)
    size = np.maximum(same.sum(axis=1), 1)
    return np.asarray(np.diag(identified.astype(np.float64)) - same / size[:, None])
