r"""Relations between people who rate each other: residuals of a network of ratings and how they go together in pairs.

In the social relations model a rating is ``x_ij = μ + α_j + β_i + γ_ij``: how j is seen by all, how high i rates all, and the
relation of i to j. Dyadic reciprocity is the correlation ρ of γ_ij and γ_ji. With both sets of effects taken out by least
squares (residual maker M) and S exchanging the two directions of each pair, Var(γ) = σ²(I + ρS) gives E e'Se and E e'e, hence

.. math:: \hat\\rho = \\frac{T\\,\mathrm{tr}M - \mathrm{tr}SM}{\mathrm{tr}(SM)^2 - T\\,\mathrm{tr}SM}, \qquad T = e'Se / e'e,

free of the bias that the estimated effects put into T. Where everybody rates everybody, this is
``(MS_s − MS_a)/(MS_s + MS_a)`` on n(n−3)/2 and (n−1)(n−2)/2 degrees of freedom, and ``F = MS_s/MS_a`` tests it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.random import Generator
from scipy import sparse
from scipy.sparse import csgraph

from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.rater_effects.rating_composite import shrunken_variance
from rankkit.kernels.two_way_fixed import TwoWayFixed, two_way_fixed

_DENSE = 1500  # ratings of a connected part up to which its effects are a full matrix
_PROBES = 200  # random vectors for a trace where they are not
_BLOCK = 4_000_000  # numbers in one block of permuted residuals


@dataclass(frozen=True, eq=False)
class Relations:
    """Ratings of one kind between people, effects of ratee and rater taken out.

    Attributes
    ----------
    rater, ratee : ndarray of int, shape (N,)
        Codes of one list of people.
    n : int
        People on the list.
    score : ndarray, shape (N,)
        The ratings.
    residual : ndarray, shape (N,)
        e, in the units of the scores.
    reverse : ndarray of int, shape (N,)
        Place of the rating in the other direction; −1 where there is none.
    part : ndarray of int, shape (N,)
        Connected part of the design each rating belongs to.
    df : int
        N less the rank of the effects.
    leverage : ndarray, shape (N,)
        Share of a rating that the effects fit; its residual has the variance σ²(1 − leverage).
    """

    rater: Ints
    ratee: Ints
    n: int
    score: Floats
    residual: Floats
    reverse: Ints
    part: Ints
    df: int
    leverage: Floats
    _design: TwoWayFixed
    _bases: tuple[tuple[Ints, Floats], ...] | None

    @property
    def sigma(self) -> float:
        """Residual standard deviation; ``nan`` without degrees of freedom, 0 for ratings that the effects fit exactly."""
        if self.df <= 0:
            return float("nan")
        return float(np.sqrt(self.residual @ self.residual / self.df))

    @property
    def mutual(self) -> Bools:
        """Ratings with one in the other direction."""
        return np.asarray(self.reverse >= 0)

    def projected(self, first: Ints, second: Ints) -> Floats:
        """Elements of the projection on the effects, shape (k,)."""
        return self._design.projection(first, second)

    def project(self, rows: Floats) -> Floats:
        """Take the effects out of each row of a matrix, shape (B, N)."""
        if self._bases is None:
            return np.stack([self._design.residual(row) for row in rows])
        out = rows.copy()
        for at, Q in self._bases:
            own = rows[:, at]
            out[:, at] = own - (own @ Q) @ Q.T
        return out

    @cached_property
    def traces(self) -> tuple[float, float, float]:
        """``tr M``, ``tr SM`` and ``tr (SM)²``, S exchanging the directions of mutual pairs."""
        there = np.flatnonzero(self.mutual)
        back = self.reverse[there]
        if self._bases is None:
            crossed = -float(self._design.projection(there, back).sum()) if len(there) else 0.0
            probes = np.sign(np.random.default_rng(0).standard_normal((_PROBES, len(self.rater))))
            both = self.project(self._exchange(self.project(self._exchange(probes))))
            return float(self.df), crossed, float((both * probes).sum() / _PROBES)
        crossed = squared = 0.0
        for at, Q in self._bases:
            place = np.full(len(self.rater), -1)
            place[at] = np.arange(len(at))
            own = np.flatnonzero(self.reverse[at] >= 0)
            other = place[self.reverse[at[own]]]  # both directions always belong to one part
            SQ = np.zeros_like(Q)
            SQ[own] = Q[other]
            crossed -= float((Q * SQ).sum())
            squared += len(own) - 2.0 * float((SQ**2).sum()) + float(((Q.T @ SQ) ** 2).sum())
        return float(self.df), crossed, squared

    def _exchange(self, rows: Floats) -> Floats:
        """Exchange the two directions of each pair, zero where there is one only."""
        return np.where(self.mutual, rows[:, np.maximum(self.reverse, 0)], 0.0)

    def correlation(self, rows: Floats) -> Floats:
        """Estimate ρ̂ from each row of residuals, shape (B,); ``nan`` where nothing varies."""
        total = np.einsum("ij,ij->i", rows, rows)
        with np.errstate(invalid="ignore", divide="ignore"):
            T = np.einsum("ij,ij->i", rows, self._exchange(rows)) / np.where(total > 0, total, np.nan)
            free, crossed, squared = self.traces
            return np.asarray((T * free - crossed) / (squared - T * crossed))

    @cached_property
    def spread(self) -> Floats:
        """Standard deviation of each residual: its rater's, pooled towards all raters' (Smyth 2004), times √(1 − leverage)."""
        free = 1 - np.minimum(self.leverage, 1.0)
        df = np.bincount(self.rater, free, self.n)
        own = np.bincount(self.rater, self.residual**2, self.n) / np.maximum(df, 1e-12)
        sound = np.rint(df).astype(np.int64)
        return np.asarray(np.sqrt(shrunken_variance(np.where(sound > 0, own, 0.0), sound)[self.rater] * free))

    def permuted(self, rng: Generator, times: int) -> Floats:
        """Permute the residuals within each rater and take the effects out again, shape (times, N)."""
        order = np.argsort(self.rater, kind="stable")
        key = rng.random((times, len(order)))
        place = np.argsort(key + self.rater[order], axis=1, kind="stable")  # keys lie in [0, 1): raters stay together
        rows = np.empty((times, len(order)))
        rows[:, order] = self.residual[order][place]
        return self.project(rows)

    def exchanged(self, rng: Generator, times: int, reciprocity: Floats) -> Floats:
        r"""Permute the standardised residuals over the whole network and take the effects out again, shape (times, N).

        Each is given the spread of the place it comes to, so that raters keep how exactly they rate. With ``reciprocity`` ρ ≥ 0,
        one value a rating, the two directions of a pair are mixed, :math:`e^*_{ij} = a\pi_{ij} + b\pi_{ji}` with a² + b² = 1 and 2ab = ρ:
        pairs may go together, groups do not.
        """
        there = np.flatnonzero(self.spread > 0)
        rows = np.zeros((times, len(self.rater)))
        standard = np.tile(self.residual[there] / self.spread[there], (times, 1))
        rows[:, there] = rng.permuted(standard, axis=1)
        more, less = np.sqrt(1 + reciprocity) / 2, np.sqrt(1 - reciprocity) / 2
        a, b = more + less, more - less
        rows = np.where(self.mutual, a * rows + b * rows[:, np.maximum(self.reverse, 0)], rows)
        return self.project(rows * self.spread)

    def blocks(self, times: int) -> list[int]:
        """Sizes of the blocks in which so many permutations are drawn."""
        step = max(_BLOCK // max(len(self.rater), 1), 1)
        return [min(step, times - k) for k in range(0, times, step)]


def relations(rater: Ints, ratee: Ints, score: Floats, n: int) -> Relations:
    """Take the effects of ratees and raters out of the ratings people gave each other.

    Parameters
    ----------
    rater, ratee : ndarray of int, shape (N,)
        Codes of one list of people; each pair in each direction at most once, nobody rates themselves.
    score : ndarray, shape (N,)
        Ratings.
    n : int
        People on the list.

    Returns
    -------
    Relations

    Raises
    ------
    ConvergenceError
        If an iterative solution, used for very large networks, does not converge.

    References
    ----------
    Warner, Kenny & Stoto (1979), A new round robin analysis of variance for social interaction data, Journal of Personality
    and Social Psychology 37, 1742–1757. Kenny & La Voie (1984), The social relations model, Advances in Experimental Social
    Psychology 18, 142–182.

    Examples
    --------
    >>> import numpy as np
    >>> i, j = np.nonzero(~np.eye(5, dtype=bool))
    >>> liking = np.array([[0, 2, 0, 1, 0], [2, 0, 1, 0, 1], [0, 1, 0, 2, 0], [1, 0, 2, 0, 1], [0, 1, 0, 1, 0.0]])
    >>> found = relations(i, j, 3 + liking[i, j], 5)
    >>> found.df, found.correlation(found.residual[None]).round(2)
    (11, array([1.]))
    """
    design = two_way_fixed(ratee, rater)
    key = rater * n + ratee
    order = np.argsort(key, kind="stable")
    place = np.minimum(np.searchsorted(key[order], ratee * n + rater), max(len(key) - 1, 0))
    found = order[place] if len(key) else place
    reverse = np.where(key[found] == ratee * n + rater, found, -1) if len(key) else found
    # a pair whose two ratings lie in different parts of the design tells nothing about the relation: its parts have no common level
    link = sparse.csr_array((np.ones(len(rater)), (rater, n + ratee)), shape=(2 * n, 2 * n))
    part = csgraph.connected_components(link, directed=False)[1][rater].astype(np.int64)
    part = np.unique(part, return_inverse=True)[1].astype(np.int64)
    reverse = np.where((reverse >= 0) & (part[np.maximum(reverse, 0)] == part), reverse, -1)
    residual = design.residual(score)
    if np.abs(residual).max(initial=0.0) <= 1e-9 * max(float(np.ptp(score)) if len(score) else 0.0, 1.0):
        residual = np.zeros_like(residual)  # rounding is no relation
    bases = None
    if len(rater) == 0 or np.bincount(part).max() <= _DENSE:
        bases = tuple(_basis(np.flatnonzero(part == k), rater, ratee) for k in range(int(part.max(initial=-1)) + 1))
        leverage = np.zeros(len(rater))
        for at, Q in bases:
            leverage[at] = (Q**2).sum(axis=1)
    else:
        leverage = design.leverage()
    return Relations(rater, ratee, n, score, residual, reverse.astype(np.int64), part, design.size - design.rank, leverage, design, bases)


def _basis(at: Ints, rater: Ints, ratee: Ints) -> tuple[Ints, Floats]:
    """Orthonormal basis of the effects in one connected part: all but one column of the two sets of indicators."""
    a, b = (np.unique(codes[at], return_inverse=True)[1] for codes in (rater, ratee))
    Z = np.concatenate([np.eye(a.max() + 1)[a], np.eye(b.max() + 1)[b][:, 1:]], axis=1)
    return at, np.asarray(np.linalg.qr(Z)[0])


@dataclass(frozen=True, eq=False)
class RoundRobin:
    """Components of the social relations model where everybody of a group rates everybody else; several groups are pooled.

    Attributes
    ----------
    actor, partner, relation : float
        Variances: how high people rate, how high they are rated, and the rest, error included. May be negative.
    actor_partner, dyadic : float
        Covariances of a person's two effects, and of the two directions of a pair.
    ms_symmetric, ms_antisymmetric : float
        Mean squares of the symmetric and antisymmetric parts of the relations.
    df_symmetric, df_antisymmetric : int
    """

    actor: float
    partner: float
    relation: float
    actor_partner: float
    dyadic: float
    ms_symmetric: float
    ms_antisymmetric: float
    df_symmetric: int
    df_antisymmetric: int


def round_robin(groups: list[Floats]) -> RoundRobin:
    r"""Estimate the social relations model from complete round robins (Warner, Kenny & Stoto 1979).

    Parameters
    ----------
    groups : list of ndarray, shape (n, n), n ≥ 4
        Rater × ratee; the diagonal is not read.

    Returns
    -------
    RoundRobin
        Components are means over groups, weighted by n − 1; mean squares are pooled by their degrees of freedom.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> found = round_robin([np.add.outer(rng.normal(0, 1, 8), rng.normal(0, 2, 8)) + rng.normal(0, 0.1, (8, 8)) for _ in range(40)])
    >>> bool(abs(found.actor - 1) < 0.25), bool(abs(found.partner - 4) < 1), round(found.relation, 2)
    (True, True, 0.01)
    """
    sums = np.zeros(4)  # SS_s, SS_a, df_s, df_a
    rows = []
    for x in groups:
        n = len(x)
        off = ~np.eye(n, dtype=bool)
        y = np.where(off, x, 0.0)
        row, col, grand = y.sum(axis=1) / (n - 1), y.sum(axis=0) / (n - 1), float(y.sum()) / (n * (n - 1))
        a = ((n - 1) ** 2 * row + (n - 1) * col) / (n * (n - 2)) - (n - 1) / (n - 2) * grand
        b = ((n - 1) ** 2 * col + (n - 1) * row) / (n * (n - 2)) - (n - 1) / (n - 2) * grand
        g = np.where(off, y - a[:, None] - b[None, :] - grand, 0.0)
        ss = np.array([((g + g.T) ** 2).sum() / 4, ((g - g.T) ** 2).sum() / 4])
        df = np.array([n * (n - 3) / 2, (n - 1) * (n - 2) / 2])
        sums += np.concatenate([ss, df])
        rows.append((n - 1, n, float(a @ a) / (n - 1), float(b @ b) / (n - 1), float(a @ b) / (n - 1)))
    ms_s, ms_a = sums[0] / sums[2], sums[1] / sums[3]
    relation, dyadic = (ms_s + ms_a) / 2, (ms_s - ms_a) / 2
    weight, n_of, aa, bb, ab = (np.array(column, dtype=np.float64) for column in zip(*rows, strict=True))
    share, scale = weight / weight.sum(), n_of * (n_of - 2)
    own, cross = (n_of - 1) / scale, 1 / scale
    return RoundRobin(
        float(share @ (aa - relation * own - dyadic * cross)),
        float(share @ (bb - relation * own - dyadic * cross)),
        float(relation),
        float(share @ (ab - dyadic * own - relation * cross)),
        float(dyadic),
        float(ms_s),
        float(ms_a),
        int(sums[2]),
        int(sums[3]),
    )
