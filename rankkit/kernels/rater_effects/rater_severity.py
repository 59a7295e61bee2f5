"""Severity of raters by least squares: ``z_ir = μ + α_i + β_r + ε_ir`` with ratees and raters fixed.

Ratees are absorbed. With ``u_ir = z_ir − z̄_i`` and ``L = diag(n_r) − Nᵀ diag(1/k_i) N`` (N who was rated by whom, a Laplacian
of the raters), ``β̂ = L⁺ Σ_i u_i``, summing to zero in every connected component, and under equal error variances
``Var β̂ = σ² L⁺``, so that ``β̂ᵀ Var(β̂)⁺ β̂ = β̂ᵀ L β̂ / σ̂²``: the F test of the additive two-way layout.

Raters differ in how exactly they rate, and pooling then calls the least exact rater lenient or severe far too often (type I
.13 to .39 where one rater of 3 to 12 has three times the error SD of the rest, against .05). The standard errors are
therefore clustered by ratee with the bias-reduced linearisation (CR2) of Bell & McCaffrey (2002) and t on the effective
number of ratees less one; in a complete crossing this is exactly the one-sample t test of ``z_ir − z̄_i``. The global test
flips the signs of whole ratees ``u_i``, exact for symmetric errors of any covariance between raters.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import linalg, sparse, stats
from scipy.sparse import csgraph

from rankkit.errors import InsufficientDataError
from rankkit.kernels.arrays import Bools, Floats, Ints

MOST_RATERS = 5000
"""Raters linked with each other whose covariance is formed in full (200 MB)."""
_ALL_FLIPS = 12  # ratees up to which all 2^(n-1) sign patterns are gone through
_FEWEST_FLIPS = 6  # ratees below which even the most extreme pattern has p above .05
_FLIPS = 1999
_FLIP_WORK = 2e8  # flips × (raters² or pairs) spent on random patterns, never below 199
_WIDEST = 200  # raters of one ratee up to which (I − H)^(-1/2) is formed exactly
_BATCH = 2_000_000  # numbers held at once
_EXACT_WORK = 20_000_000  # pairs × raters up to which every ratee's part in every variance is counted
_LOST = 0.02  # share of a variance in directions that one ratee alone determines, above which clusters cannot show it
_NONE = 1e-9  # eigenvalues, relative variances and rounding below this are zero
_DIGITS = 9


@dataclass(frozen=True, eq=False)
class RaterSeverity:
    """Severities with their uncertainty. Vectors have one entry a rater; ``nan`` where nothing links the rater to others.

    Attributes
    ----------
    effect : ndarray, shape (m,)
        β̂, score units, positive = lenient; sums to zero in every component.
    se, df : ndarray, shape (m,)
        Standard error clustered by ratee (CR2) and its degrees of freedom; those of equal variances where ``pooled``.
    se_equal : ndarray, shape (m,)
        Standard error under equal error variances, on ``df_residual``.
    pooled : ndarray of bool, shape (m,)
        Too few ratees stand behind the rater for clusters: ``se`` is ``se_equal``.
    n, shared : ndarray of int, shape (m,)
        Ratees of the rater, and those who have another rater as well (only they tell about severity).
    component : ndarray of int, shape (m,)
        Connected component; −1 for raters without ratings.
    residual_variance, df_residual : float, int
        σ̂² under equal variances.
    within_sd : float
        σ_w: pooled SD of a rater's ratings across ratees.
    effect_size, effect_size_se : ndarray, shape (m,)
        g = β̂/σ_w and its delta-method standard error, σ_w being estimated from the same ratees.
    statistic, df1, p_equal : float, int, float
        F = β̂ᵀLβ̂/(σ̂² df1) on (df1, df_residual) and its p under equal variances.
    p : float
        Of the sign-flip test of the same hypothesis (all severities zero).
    method : str
        ``"all sign patterns"``, ``"1999 sign patterns"`` or, with fewer than six ratees, ``"F"``.
    """

    effect: Floats
    se: Floats
    df: Floats
    se_equal: Floats
    pooled: Bools
    n: Ints
    shared: Ints
    component: Ints
    residual_variance: float
    df_residual: int
    within_sd: float
    effect_size: Floats
    effect_size_se: Floats
    statistic: float
    df1: int
    p_equal: float
    p: float
    method: str


def rater_severity(
    ratee: Ints, rater: Ints, score: Floats, n_ratees: int, n_raters: int, *, flips: bool = True, seed: int = 0
) -> RaterSeverity:
    """Estimate how lenient each rater is, people taken out.

    Parameters
    ----------
    ratee, rater : ndarray of int, shape (pairs,)
        Codes; each pair once, in any order.
    score : ndarray, shape (pairs,)
        The rater's (composite) rating of the ratee.
    n_ratees, n_raters : int
        Number of codes.
    flips : bool
        Whether sign patterns are gone through; without, ``p`` is that of the F test.
    seed : int
        Of the sign patterns where there are too many to go through; drawn in an order that no label decides.

    Returns
    -------
    RaterSeverity

    Raises
    ------
    InsufficientDataError
        ``E-FEWLINKS`` if no two raters share ratees, or nothing is left to estimate an error from; ``E-MANYRATERS``
        above 5000 raters linked with each other.

    References
    ----------
    Bell & McCaffrey (2002), Bias reduction in standard errors for linear regression with multi-stage samples, Survey
    Methodology 28, 169–181. Pustejovsky & Tipton (2018), Journal of Business & Economic Statistics 36, 672–683.
    Saal, Downey & Lahey (1980), Rating the ratings, Psychological Bulletin 88, 413–428.

    Examples
    --------
    >>> import numpy as np
    >>> z = np.array([[3.0, 4, 3], [2, 4, 3], [4, 5, 4], [1, 2, 2], [3, 5, 3], [2, 3, 3]])
    >>> i, r = np.indices(z.shape).reshape(2, -1)
    >>> found = rater_severity(i, r, z.ravel(), 6, 3)
    >>> found.effect.round(3), found.se.round(3), found.df.round(1), round(found.statistic, 2), found.p
    (array([-0.611,  0.722, -0.111]), array([0.102, 0.159, 0.165]), array([5., 5., 5.]), 14.41, 0.03125)
    """
    order = np.lexsort((rater, ratee))
    i, r, z = ratee[order], rater[order], np.asarray(score, dtype=np.float64)[order]
    n = np.bincount(r, minlength=n_raters)
    within_sd, spread = _within(i, r, z, n, n_ratees)
    shared = np.bincount(r, weights=np.bincount(i, minlength=n_ratees)[i] > 1, minlength=n_raters).astype(np.int64)
    linked = np.bincount(i, minlength=n_ratees)[i] > 1
    i, r, z = i[linked], r[linked], z[linked]
    k = np.bincount(i, minlength=n_ratees)
    component, L = _laplacian(i, r, k, n_raters)
    present = component >= 0
    df1 = int(present.sum() - len(np.unique(component[present])))
    df = len(z) - int((k > 0).sum()) - df1
    if df1 < 1 or df < 1:
        raise InsufficientDataError("E-FEWLINKS")
    plus = _inverse(L, component)
    u = z - (np.bincount(i, z, n_ratees) / np.maximum(k, 1))[i]
    total = np.bincount(r, u, n_raters)
    beta = plus @ total
    fitted = beta[r] - (np.bincount(i, beta[r], n_ratees) / np.maximum(k, 1))[i]
    e = u - fitted
    rounding = _NONE * float(np.abs(z).max(initial=1.0)) ** 2
    s2 = float(e @ e) / df
    s2 = s2 if s2 > rounding else 0.0
    clusters = _clusters(r, e, k, plus)
    influence = sparse.csr_array((clusters.adjusted, (i, r)), shape=(n_ratees, n_raters))
    variance = np.asarray(((plus @ (influence.T @ influence).toarray()) * plus).sum(axis=1))
    se_equal = np.sqrt(s2 * np.clip(plus.diagonal(), 0, None))
    pooled = (clusters.lost > _LOST) | (variance < _NONE * np.maximum(se_equal, rounding) ** 2) | (clusters.effective < 2)
    se = np.where(pooled, se_equal, np.sqrt(np.clip(variance, 0, None)))
    with_sd = -0.5 * beta / max(within_sd**2, rounding)  # derivative of β/σ_w by σ_w², times σ_w
    joint = plus @ (influence.T @ spread)
    g_variance = np.clip(se**2 + 2 * with_sd * joint + with_sd**2 * float(spread @ spread), se**2 * 0.25, None)
    statistic = float(beta @ total) / df1 / s2 if s2 else np.inf
    p_equal = float(stats.f.sf(statistic, df1, df))
    enough = flips and int(np.count_nonzero(k)) >= _FEWEST_FLIPS
    p, method = _flip_test(i, r, u, k, plus, beta, seed) if enough else (p_equal, "F")
    gone = ~present
    for values in (beta, se, se_equal, g_variance):
        values[gone] = np.nan
    scale = within_sd if within_sd > 0 else np.nan
    return RaterSeverity(
        effect=beta,
        se=se,
        df=np.where(pooled, float(df), np.maximum(clusters.effective - 1, 1)),
        se_equal=se_equal,
        pooled=pooled & present,
        n=n,
        shared=shared,
        component=component,
        residual_variance=s2,
        df_residual=df,
        within_sd=within_sd,
        effect_size=beta / scale,
        effect_size_se=np.sqrt(g_variance) / scale,
        statistic=statistic,
        df1=df1,
        p_equal=p_equal,
        p=p,
        method=method,
    )


def _within(i: Ints, r: Ints, z: Floats, n: Ints, n_ratees: int) -> tuple[float, Floats]:
    """Pooled within-rater SD, and each ratee's influence on its square."""
    d = z - (np.bincount(r, z, len(n)) / np.maximum(n, 1))[r]
    ours = n[r] > 1
    df = int(np.maximum(n - 1, 0).sum())
    if df < 1:
        return 0.0, np.zeros(n_ratees)
    square = float(d @ d) / df
    share = np.where(ours, 1 - 1 / np.maximum(n[r], 1), 0.0)
    return float(np.sqrt(square)), np.bincount(i, d**2 - share * square, n_ratees) / df


def _laplacian(i: Ints, r: Ints, k: Ints, m: int) -> tuple[Ints, Floats]:
    """Components of the raters and the Laplacian L, ratees absorbed."""
    N = sparse.csr_array((np.ones(len(i)), (i, r)), shape=(len(k), m))
    weighted = sparse.csr_array((1 / k[i].astype(np.float64), (i, r)), shape=(len(k), m))
    links = sparse.csr_array(N.T @ weighted)
    _, label = csgraph.connected_components(links, directed=False)
    load = np.bincount(r, minlength=m)
    component = np.where(load > 0, label, -1).astype(np.int64)
    if m > MOST_RATERS and int(np.bincount(component[component >= 0]).max(initial=0)) > MOST_RATERS:
        raise InsufficientDataError("E-MANYRATERS", n=m, most=MOST_RATERS)
    return component, np.diag(load.astype(np.float64)) - links.toarray()


def _inverse(L: Floats, component: Ints) -> Floats:
    """L⁺, one component at a time: (L + J/m)⁻¹ − J/m."""
    out = np.zeros_like(L)
    for c in np.unique(component[component >= 0]):
        at = np.flatnonzero(component == c)
        if len(at) == 1:
            continue
        level = 1 / len(at)
        block = L[np.ix_(at, at)] + level
        factor = linalg.cho_factor(block, lower=True, check_finite=False)
        inverse = linalg.cho_solve(factor, np.eye(len(at)), check_finite=False) - level
        out[np.ix_(at, at)] = (inverse + inverse.T) / 2
    return out


@dataclass(frozen=True, eq=False)
class _Clusters:
    adjusted: Floats  # (I − H_ii)^(-1/2) e_i, one entry a pair
    effective: Floats  # effective number of ratees behind each rater's variance
    lost: Floats  # share of each rater's variance that one ratee alone determines


def _clusters(r: Ints, e: Floats, k: Ints, plus: Floats) -> _Clusters:
    """Residuals adjusted for leverage, and how many ratees each variance rests on."""
    m = len(plus)
    adjusted = np.zeros_like(e)
    lost = np.zeros(m)
    once, twice = np.zeros(m), np.zeros(m)
    everything = len(e) * m <= _EXACT_WORK
    starts = np.concatenate([[0], np.cumsum(k[k > 0])])[:-1]
    for width, first in _batches(k[k > 0], starts, m if everything else 1):
        at = first[:, None] + np.arange(width)
        who = r[at]
        if width > _WIDEST:
            leverage = plus.diagonal()[who].sum(axis=1) - plus[who[:, :, None], who[:, None, :]].mean(axis=1).sum(axis=1)
            adjusted[at] = e[at] / np.sqrt(np.maximum(1 - leverage / (width - 1), _NONE))[:, None]
        else:
            centre = np.eye(width) - 1 / width
            H = centre @ plus[who[:, :, None], who[:, None, :]] @ centre
            w, V = np.linalg.eigh(centre - H)
            kept = w > 1e-7
            root = np.where(kept, 1 / np.sqrt(np.where(kept, w, 1.0)), 0.0)
            adjusted[at] = np.einsum("bij,bj,blj,bl->bi", V, root, V, e[at], optimize=True)
            alone = np.flatnonzero((~kept).sum(axis=1) > 1)  # one zero is the ratee's own mean
            for b in alone:
                basis = V[b][:, ~kept[b]]
                lost += ((basis.T @ (centre @ plus[who[b], :])) ** 2).sum(axis=0)
        if everything:
            block = plus[who]
            part = ((block - block.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
            once += part.sum(axis=0)
            twice += (part**2).sum(axis=0)
        else:
            block = plus[who[:, :, None], who[:, None, :]]
            own = ((block - block.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
            once += np.bincount(who.ravel(), own.ravel(), m)
            twice += np.bincount(who.ravel(), (own**2).ravel(), m)
    whole = np.maximum(plus.diagonal(), _NONE)
    return _Clusters(adjusted, once**2 / np.maximum(twice, 1e-300), lost / whole)


def _batches(width: Ints, start: Ints, per: int) -> Iterator[tuple[int, Ints]]:
    """Ratees of equal number of raters together, as many as fit."""
    for w in np.unique(width):
        firsts = start[width == w]
        most = max(1, _BATCH // (int(w) * max(int(w), per)))
        for a in range(0, len(firsts), most):
            yield int(w), firsts[a : a + most]


def _flip_test(i: Ints, r: Ints, u: Floats, k: Ints, plus: Floats, beta: Floats, seed: int) -> tuple[float, str]:
    """Share of sign patterns of whole ratees under which β̂ᵀLβ̂ is at least as large."""
    people = np.flatnonzero(k > 0)
    n, m = len(people), len(plus)
    position = np.full(len(k), -1)
    position[people[_canonical(i, u, beta[r], k)]] = np.arange(n)
    U = sparse.csr_array((u, (position[i], r)), shape=(n, m))
    if n <= _ALL_FLIPS:
        signs = 1.0 - 2.0 * ((np.arange(2 ** (n - 1))[:, None] >> np.arange(n)) & 1)  # the last sign is free: T is even
    else:
        draws = int(np.clip(_FLIP_WORK / max(m**2, len(u)), 199, _FLIPS))
        signs = np.random.default_rng(seed).choice(np.array([-1.0, 1.0]), size=(draws, n))
    S = (U.T @ signs.T).T
    flipped = np.einsum("bj,bj->b", S @ plus, S)
    seen: Floats = np.asarray(U.sum(axis=0), dtype=np.float64).ravel()
    observed = float(seen @ plus @ seen)
    as_large = int(np.count_nonzero(flipped >= observed * (1 - _NONE) - 1e-300))
    if n <= _ALL_FLIPS:
        return as_large / len(signs), "all sign patterns"
    return (as_large + 1) / (len(signs) + 1), f"{len(signs)} sign patterns"


def _canonical(i: Ints, u: Floats, severity: Floats, k: Ints) -> Ints:
    """Order of ratees by their numbers alone, so that neither rows nor labels decide which sign goes to whom."""
    v = u / max(float(np.abs(u).max(initial=0.0)), 1e-300)
    lean = severity / max(float(np.abs(severity).max(initial=0.0)), 1e-300)
    people = np.flatnonzero(k > 0)
    keys = [np.bincount(i, weights, len(k))[people].round(_DIGITS) for weights in (v * lean, v**3, v**2, np.abs(v))]
    return np.asarray(np.lexsort([*keys, k[people]]))
