"""Standard errors of absorbed regressions that allow for anything shared within a rater, within a ratee, or both.

The sum of squared cluster scores ``Σ_c (Σ_{i∈c} w_i e_i)²`` (Liang & Zeger 1986) is multiplied by the number that makes it
unbiased where errors are independent, fixed effects included, and gets Satterthwaite's degrees of freedom under the same
working model (Bell & McCaffrey 2002): with six to ten raters the plain sandwich rejects far too often.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.two_way_fixed import AbsorbedFit

_GROUPS = 4000  # clusters up to which the working-model moments are computed exactly


@dataclass(frozen=True, eq=False)
class ClusteredError:
    """Variance of one coefficient.

    Attributes
    ----------
    variance : float
        Squared standard error; ``nan`` where the clusters cannot tell.
    df : float
        Degrees of freedom of t.
    clusters : int
        Number of clusters that bear on the coefficient.
    """

    variance: float
    df: float
    clusters: int

    @property
    def se(self) -> float:
        """Standard error."""
        return float(np.sqrt(self.variance))


def one_way(fit: AbsorbedFit, j: int, cluster: Ints) -> ClusteredError:
    r"""Variance of coefficient j, clustered one way.

    With the influence ``w = X̃ (X̃'X̃)⁻¹ e_j`` and the residual maker M of the whole regression, ``Ω_cd = w_c' M w_d``:

    .. math:: V = \frac{\lVert w\rVert^2}{\operatorname{tr}\Omega} \sum_c \Bigl(\sum_{i \in c} w_i e_i\Bigr)^2, \qquad
        \mathrm{df} = \frac{(\operatorname{tr}\Omega)^2}{\sum_{cd} \Omega_{cd}^2}

    df is at most the number of clusters less one.

    Parameters
    ----------
    fit : AbsorbedFit
        The regression.
    j : int
        Position among the caller's regressors.
    cluster : ndarray of int, shape (N,)
        Cluster of each observation.

    Returns
    -------
    ClusteredError

    References
    ----------
    Liang & Zeger (1986); Bell & McCaffrey (2002), Bias reduction in standard errors for linear regression with
    multi-stage samples; Pustejovsky & Tipton (2018).

    Examples
    --------
    >>> import numpy as np
    >>> from rankkit.kernels.two_way_fixed import absorbed_fit, two_way_fixed
    >>> rng = np.random.default_rng(1)
    >>> row, col = np.repeat(np.arange(10), 6), np.tile(np.arange(6), 10)
    >>> x, y = rng.standard_normal((2, 60))
    >>> found = one_way(absorbed_fit(two_way_fixed(row, col), x[:, None], y), 0, col)
    >>> found.clusters, round(found.df, 2), round(found.se, 3)
    (6, 4.26, 0.126)
    """
    place = np.flatnonzero(fit.used == j)
    if not len(place):
        return ClusteredError(float("nan"), float("nan"), 0)
    w = fit.X @ fit.bread[:, place[0]]
    code, group = np.unique(cluster, return_inverse=True)
    G = len(code)
    score = np.bincount(group, w * fit.residual, G)
    weight = np.bincount(group, w**2, G)
    bearing = int((weight > 1e-12 * weight.sum()).sum())
    raw, whole = float(score @ score), float(w @ w)
    if bearing < 2:
        return ClusteredError(float("nan"), float("nan"), bearing)
    if G > _GROUPS:
        factor = G / (G - 1) * (len(w) - 1) / max(fit.df, 1)
        return ClusteredError(factor * raw, float(G - 1), bearing)
    omega = working_moments(fit, w, group.astype(np.int64), G)
    trace = float(np.trace(omega))
    if trace <= 1e-12 * whole:
        return ClusteredError(float("nan"), float("nan"), bearing)
    df = trace**2 / float((omega**2).sum())
    return ClusteredError(whole / trace * raw, float(min(max(df, 1.0), bearing - 1)), bearing)


def working_moments(fit: AbsorbedFit, w: Floats, group: Ints, n_groups: int) -> Floats:
    """``Ω_cd = w_c' M w_d``, with M the residual maker of effects and regressors together, shape (groups, groups)."""
    XW = np.array([np.bincount(group, w * x, n_groups) for x in fit.X.T]).reshape(fit.X.shape[1], n_groups).T
    return np.asarray(fit.design.gram(w, group, n_groups) - XW @ fit.bread @ XW.T)


def two_way(fit: AbsorbedFit, j: int, first: Ints, second: Ints) -> ClusteredError:
    """Variance of coefficient j, clustered two ways at once and never below either one-way variance.

    ``V = V_first + V_second − V_both`` (Cameron, Gelbach & Miller 2011), each with its own small-sample factor, ``V_both``
    of the clusters' intersections; the largest of V, V_first and V_second is kept, as V may even be negative. df is the
    smallest of the degrees of freedom and of the numbers of clusters less one.

    Parameters
    ----------
    fit : AbsorbedFit
        The regression.
    j : int
        Position among the caller's regressors.
    first, second : ndarray of int, shape (N,)
        The two clusterings.

    Returns
    -------
    ClusteredError
        ``clusters`` is the smaller number.

    References
    ----------
    Cameron, Gelbach & Miller (2011), Robust inference with multiway clustering, Journal of Business & Economic
    Statistics 29, 238–249. Davezies, D'Haultfœuille & Guyonvarch (2021) for the maximum.

    Examples
    --------
    >>> import numpy as np
    >>> from rankkit.kernels.two_way_fixed import absorbed_fit, two_way_fixed
    >>> rng = np.random.default_rng(1)
    >>> row, col = np.repeat(np.arange(10), 6), np.tile(np.arange(6), 10)
    >>> x, y = rng.standard_normal((2, 60))
    >>> fit = absorbed_fit(two_way_fixed(row, col), x[:, None], y)
    >>> both, one = two_way(fit, 0, row, col), one_way(fit, 0, col)
    >>> bool(both.variance >= one.variance), both.clusters
    (True, 6)
    """
    a, b = one_way(fit, j, first), one_way(fit, j, second)
    place = np.flatnonzero(fit.used == j)
    if not len(place) or np.isnan(a.variance) or np.isnan(b.variance):
        return ClusteredError(float("nan"), float("nan"), min(a.clusters, b.clusters))
    w = fit.X @ fit.bread[:, place[0]]
    _, both = np.unique(first * (int(second.max()) + 1) + second, return_inverse=True)
    score = np.bincount(both, w * fit.residual)
    # independent working model: each intersection keeps on average the share df/N of its variance
    shared = float(score @ score) * fit.design.size / fit.df
    variance = max(a.variance + b.variance - shared, a.variance, b.variance)
    return ClusteredError(variance, min(a.df, b.df), min(a.clusters, b.clusters))
