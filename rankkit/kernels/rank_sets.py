"""Confidence sets for ranks: which ranks the data leave open for each person.

Mogstad, Romano, Shaikh & Wilhelm (2024), *Review of Economic Studies* 91, 476-518.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from scipy import stats

from rankkit.errors import IdentificationError
from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.covariance import Covariance, Dense
from rankkit.kernels.ranking import canonical_form, tie_groups

Kind = Literal["simultaneous", "marginal"]
Basis = Literal["draws", "bonferroni", "bonferroni_bound"]

DRAW_BUDGET = 4e10  # pairs × draws beyond which the Bonferroni bound replaces simulation (10 000 draws: 2 000 people)
PAIRWISE_LIMIT = 3000  # people up to which every pair is looked at
_STRATA = 16  # most groups of people of similar precision
_CACHED = 64  # draws compared at once
_BLOCK = 500  # draws made at once
_NO_ERROR = 1e-12  # s²_jk below this share of the larger variance is zero but for rounding
_ROUNDING = 1e-12  # relative difference of the same quotient computed in two ways


@dataclass(frozen=True, eq=False)
class RankSets:
    """Ranks not ruled out.

    Attributes
    ----------
    low, high : (n,) int arrays
        Best and worst rank in the set, 1 = best.
    critical : (n,) array
        Number of standard errors by which a difference must exceed zero; the same for all if simultaneous.
    basis : {"draws", "bonferroni", "bonferroni_bound"}
        How the critical value was found: by simulation, or, for many people, by the (wider) Bonferroni bound, with
        ``bonferroni_bound`` also replacing s_jk by s_j + s_k.
    """

    low: Ints
    high: Ints
    critical: Floats
    basis: Basis


def rank_sets(
    estimate: Floats,
    covariance: Covariance,
    *,
    level: float = 0.95,
    kind: Kind = "simultaneous",
    df: float = np.inf,
    draws: int = 10_000,
    seed: int = 0,
) -> RankSets:
    """Confidence sets for ranks.

    With s²_jk = Σ_jj + Σ_kk − 2Σ_jk and Z ~ N(0, Σ) (or multivariate t), c is the ``level`` quantile of
    max |Z_j − Z_k|/s_jk over all pairs (simultaneous), or over k for each j (marginal). Then

        low_j  = 1 + #{k: (θ̂_k − θ̂_j)/s_jk > c},    high_j = n − #{k: (θ̂_j − θ̂_k)/s_jk > c}.

    Parameters
    ----------
    estimate : (n,) array
        Finite, unshrunken estimates; higher is better.
    covariance : Covariance
        Of the estimates.
    level : float
        Simultaneous: probability that *all* sets hold the true ranks; marginal: for each person by itself.
    kind : {"simultaneous", "marginal"}
        A published table needs simultaneous sets; one person's report the marginal one.
    df : float
        Degrees of freedom of the covariance; infinite = normal.
    draws : int
        Number of draws R. If n²R exceeds ``DRAW_BUDGET`` a Bonferroni bound replaces the simulation; see ``basis``.
    seed : int
        Seed of the draws, which follow a canonical order of the people: rows and labels do not matter.

    Returns
    -------
    RankSets
        People who are exchangeable (same estimate and same covariances) get the same set.

    Raises
    ------
    IdentificationError
        If two estimates differ and their difference has no standard error, or a variance is not finite.

    Notes
    -----
    Quantiles of simulated ranks are no confidence interval: for closely packed people they cover far below their
    level.

    Examples
    --------
    >>> import numpy as np
    >>> sets = rank_sets(np.array([4.2, 3.9, 3.7, 3.1, 2.5]), Dense(np.diag([0.04, 0.04, 0.09, 0.04, 0.04])))
    >>> [(int(a), int(b)) for a, b in zip(sets.low, sets.high)]
    [(1, 3), (1, 3), (1, 4), (3, 5), (4, 5)]
    """
    estimate = np.asarray(estimate, dtype=np.float64)
    n = len(estimate)
    if n < 2:
        return RankSets(np.ones(n, dtype=np.int64), np.ones(n, dtype=np.int64), np.zeros(n), "draws")
    variance = covariance.diagonal()
    if not (np.isfinite(variance).all() and np.isfinite(estimate).all()):
        raise _not_identified("an estimate or its variance is not finite")
    if float(n) * n * draws <= DRAW_BUDGET:
        return _by_draws(estimate, covariance, level=level, kind=kind, df=df, draws=draws, seed=seed)
    pairs = n * (n - 1) / 2 if kind == "simultaneous" else n - 1
    critical = np.full(n, float(stats.t.isf((1.0 - level) / (2.0 * pairs), df)))  # two-sided, all pairs at once
    if n > PAIRWISE_LIMIT:
        return _by_bound(estimate, variance, critical)
    worse, better = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    everyone = np.arange(n)
    for part in np.array_split(everyone, -(-n * n // 4_000_000)):
        squared = variance[part][:, None] + variance[None, :] - 2.0 * covariance.block(part, everyone)
        better[part], worse[part] = _count(estimate, part, _spread(squared, variance, estimate, part), critical)
    return RankSets(1 + better, n - worse, critical, "bonferroni")


def p_top(
    estimate: Floats,
    covariance: Covariance,
    k: int,
    *,
    df: float = np.inf,
    draws: int = 10_000,
    seed: int = 0,
) -> Floats:
    """Share of draws of θ̂ + Z in which a person is among the best k.

    A probability-like index, not a probability and not a confidence statement: it takes the estimates for the truth
    and adds their error once more. Do not turn it into an interval for the rank; use :func:`rank_sets`.

    Parameters
    ----------
    estimate : (n,) array
        Finite estimates; higher is better.
    covariance : Covariance
        Of the estimates.
    k : int
        Number of top places; people tied at place k in a draw are all counted.
    df, draws, seed
        As in :func:`rank_sets`.

    Returns
    -------
    (n,) array
        Between 0 and 1; equal for exchangeable people.

    Examples
    --------
    >>> import numpy as np
    >>> p_top(np.array([2.0, 1.0, 1.0]), Dense(np.eye(3) * 1e-4), k=1)
    array([1., 0., 0.])
    """
    estimate = np.asarray(estimate, dtype=np.float64)
    n = len(estimate)
    if k >= n:
        return np.ones(n)
    if k < 1:
        return np.zeros(n)
    order, classes, sigma = _canonical(estimate, covariance)
    count = np.zeros(n)
    for z in _drawn(sigma, df, draws, np.random.default_rng(seed)):
        drawn = estimate[order] + z
        place_k = np.partition(drawn, n - k, axis=1)[:, n - k]
        count += (drawn >= place_k[:, None]).sum(axis=0)
    share = np.empty(n)
    share[order] = count / draws
    means: Floats = np.bincount(classes, weights=share) / np.bincount(classes)
    return means[classes]


def _not_identified(reason: str) -> IdentificationError:
    return IdentificationError(
        "E-IDENT",
        what="the order of two people",
        reason=reason,
        remedy="Check for people whose scores are a fixed function of each other's, and for copied rows.",
    )


def _canonical(estimate: Floats, covariance: Covariance) -> tuple[Ints, Ints, Covariance]:
    """Canonical order, classes of exchangeable people, and the covariance in that order."""
    if len(estimate) > PAIRWISE_LIMIT:
        order, classes = canonical_form(estimate, covariance.diagonal())
        return order, classes, covariance.take(order)
    matrix = covariance.dense()
    order, classes = canonical_form(estimate, matrix.diagonal(), matrix)
    return order, classes, Dense(matrix[np.ix_(order, order)])


def _drawn(covariance: Covariance, df: float, draws: int, rng: np.random.Generator) -> Iterator[Floats]:
    """Draws of N(0, Σ) or of the multivariate t with scale Σ, block by block."""
    for start in range(0, draws, _BLOCK):
        z = covariance.draws(min(_BLOCK, draws - start), rng)
        if np.isfinite(df):
            z /= np.sqrt(rng.chisquare(df, size=len(z)) / df)[:, None]
        yield z


def _spread(squared: Floats, variance: Floats, estimate: Floats, rows: Ints) -> Floats:
    """s_jk from s²_jk for some rows j; infinite where j = k and where two equal estimates have no error between them."""
    floor = _NO_ERROR * np.maximum(variance[rows][:, None], variance[None, :])
    certain = squared <= floor
    s: Floats = np.sqrt(np.where(certain, np.inf, squared))
    if int(certain.sum()) > len(rows):
        ties = tie_groups(estimate)
        if (certain & (ties[rows][:, None] != ties[None, :])).any():
            raise _not_identified("their estimates differ, yet the difference has a standard error of zero")
    s[np.arange(len(rows)), rows] = np.inf
    return s


def _count(estimate: Floats, rows: Ints, s: Floats, critical: Floats) -> tuple[Ints, Ints]:
    """Per row: how many are surely better, how many are surely worse."""
    difference = (estimate[None, :] - estimate[rows][:, None]) / s
    bound = critical[rows][:, None]
    return (difference > bound).sum(axis=1), (difference < -bound).sum(axis=1)


def _by_bound(estimate: Floats, variance: Floats, critical: Floats) -> RankSets:
    """Rank sets in O(n log n), conservative since s_jk ≤ s_j + s_k: k is better if θ̂_k − c s_k > θ̂_j + c s_j."""
    certain = variance <= _NO_ERROR * variance.max()
    if len(np.unique(tie_groups(estimate)[certain])) > 1:
        raise _not_identified("their estimates differ, yet both have a standard error of zero")
    reach = critical * np.sqrt(np.clip(variance, 0.0, None))
    upper, lower = estimate + reach, estimate - reach
    better = len(estimate) - np.searchsorted(np.sort(lower), upper, side="right")
    worse = np.searchsorted(np.sort(upper), lower, side="left")
    return RankSets((1 + better).astype(np.int64), (len(estimate) - worse).astype(np.int64), critical, "bonferroni_bound")


def _by_draws(estimate: Floats, covariance: Covariance, *, level: float, kind: Kind, df: float, draws: int, seed: int) -> RankSets:
    n = len(estimate)
    order, classes, sigma = _canonical(estimate, covariance)
    variance = sigma.diagonal()
    squared = variance[:, None] + variance[None, :] - 2.0 * sigma.dense()
    everyone = np.arange(n)
    s = _spread(squared, variance, estimate[order], everyone)
    if not np.isfinite(s).any():  # all estimates equal, without error
        return RankSets(np.ones(n, dtype=np.int64), np.full(n, n, dtype=np.int64), np.zeros(n), "draws")
    by_precision = np.argsort(_typical(s), kind="stable")
    z = np.empty((draws, n))
    start = 0
    for block in _drawn(sigma, df, draws, np.random.default_rng(seed)):
        z[start : start + len(block)] = (block - block.mean(axis=1, keepdims=True))[:, by_precision]
        start += len(block)
    place = min(draws, int(np.ceil(level * (draws + 1)))) - 1  # order statistic that holds its level with R draws
    sorted_s = s[np.ix_(by_precision, by_precision)]
    if kind == "simultaneous":
        c = np.full(n, _largest_of_all(z, sorted_s, place))
    else:
        c = np.empty(n)
        c[by_precision] = _largest_of_each(z, sorted_s, place)
        alike, shared = classes[order], np.zeros(n)
        np.maximum.at(shared, alike, c)
        c = shared[alike]
    better, worse = _count(estimate[order], everyone, s, c)
    low, high, critical = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64), np.empty(n)
    low[order], high[order], critical[order] = 1 + better, n - worse, c
    return RankSets(low, high, critical, "draws")


def _typical(s: Floats) -> Floats:
    """Mean finite s_jk of each person."""
    finite = np.isfinite(s)
    mean: Floats = np.where(finite, s, 0.0).sum(axis=1) / np.maximum(finite.sum(axis=1), 1)
    return mean


@dataclass(frozen=True)
class _Strata:
    """Runs of people of similar precision, with each run's extremes in every draw."""

    members: list[slice]
    closest: Floats  # (n, G) smallest s_jk to a member
    lowest: Floats  # (G, R) smallest Z of a member
    highest: Floats
    lowest_at: Ints  # (G, R) who has it
    highest_at: Ints


def _strata(z: Floats, s: Floats) -> _Strata:
    typical = _typical(s)
    width = np.log(typical[typical > 0])
    parts = int(np.clip(np.ceil(np.ptp(width) / 0.1), 1, min(_STRATA, max(1, len(s) // 4))))
    edges = np.linspace(0, len(s), parts + 1).astype(np.int64)
    members = [slice(int(a), int(b)) for a, b in pairwise(edges)]
    low_at = np.array([m.start + z[:, m].argmin(axis=1) for m in members])
    high_at = np.array([m.start + z[:, m].argmax(axis=1) for m in members])
    draw = np.arange(len(z))
    closest = np.array([s[:, m].min(axis=1) for m in members]).T
    return _Strata(members, closest, z[draw, low_at], z[draw, high_at], low_at, high_at)


def _refined(z: Floats, s: Floats, strata: _Strata, j: int, known: Floats, threshold: float) -> Floats:
    """Raise ``known``, a lower bound of max_k |Z_j − Z_k|/s_jk in each draw, to the exact value wherever > threshold."""
    own = z[:, j].copy()
    for g, members in enumerate(strata.members):
        nearest = strata.closest[j, g]
        if not np.isfinite(nearest):
            continue
        reach = np.maximum(own - strata.lowest[g], strata.highest[g] - own)  # |Z_j − Z_k| ≤ reach for k in g
        at = np.flatnonzero(reach > nearest * (1.0 + _ROUNDING) * np.maximum(known, threshold))
        per_s = 1.0 / s[j, members]
        for start in range(0, len(at), _CACHED):
            some = at[start : start + _CACHED]
            exact = z[some, members]
            exact -= own[some, None]
            exact *= per_s
            known[some] = np.maximum(known[some], np.maximum(exact.max(axis=1), -exact.min(axis=1)))
    return known


def _largest_of_all(z: Floats, s: Floats, place: int) -> float:
    """Order statistic of max_{j,k} |Z_j − Z_k|/s_jk; pairs that cannot reach it in a draw are not looked at."""
    strata = _strata(z, s)
    known = np.zeros(len(z))
    for g in range(len(strata.members)):
        for h in range(len(strata.members)):
            s_gh = s[strata.highest_at[g], strata.lowest_at[h]]
            known = np.maximum(known, np.abs(strata.highest[g] - strata.lowest[h]) / s_gh)
    threshold = float(np.partition(known, place)[place])  # cannot exceed the value sought
    for j in range(len(s)):
        known = _refined(z, s, strata, j, known, threshold)
    return float(np.partition(known, place)[place])


def _largest_of_each(z: Floats, s: Floats, place: int) -> Floats:
    """Order statistic of max_k |Z_j − Z_k|/s_jk for each j."""
    strata = _strata(z, s)
    out = np.zeros(len(s))
    for j in range(len(s)):
        own, known = z[:, j].copy(), np.zeros(len(z))
        for g in range(len(strata.members)):
            known = np.maximum(known, np.abs(strata.highest[g] - own) / s[j][strata.highest_at[g]])
            known = np.maximum(known, np.abs(own - strata.lowest[g]) / s[j][strata.lowest_at[g]])
        known = _refined(z, s, strata, j, known, float(np.partition(known, place)[place]))
        out[j] = np.partition(known, place)[place]
    return out
