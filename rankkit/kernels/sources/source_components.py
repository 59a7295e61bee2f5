"""Where the differences between ratings from several sources come from, with intervals from resampling ratees.

``y_isrd = μ_sd + g_i + (gs)_is + (gd)_id + (gsd)_isd + ρ_r(is) + e``: raters are nested in ratee and source, so ρ holds a
rater's severity and private view (halo) together. Every effect belongs to one ratee; sums of squares and their expectations
(analysis of variance with unequal numbers, Henderson's method I, which is the usual one in balanced data) therefore add up over
ratees, and resampling ratees is adding them up again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.sources.source_composite import SourceCells

EFFECTS = ("general", "source", "dimension", "source × dimension", "rater", "residual")
_SINGULAR = 1e-9  # smallest eigenvalue of the scaled equations that still separates components


@dataclass(frozen=True, eq=False)
class SourceComponents:
    """Variance components of ratings.

    Attributes
    ----------
    effects : tuple of str
        Those the design can tell apart, of :data:`EFFECTS`.
    estimate : ndarray, shape (K,)
        As estimated; may be negative. Squared score units.
    draws : ndarray, shape (B, K)
        The same from resampled ratees.
    ratees, ratings : int
    confounded : tuple of (str, str)
        Effects without an estimate and the one that holds them.
    """

    effects: tuple[str, ...]
    estimate: Floats
    draws: Floats
    ratees: int
    ratings: int
    confounded: tuple[tuple[str, str], ...]

    def shares(self, groups: Sequence[Sequence[str]]) -> tuple[Floats, Floats]:
        """Share of groups of effects in the whole, estimate (G,) and draws (B, G); negative components count as zero."""
        place = {name: k for k, name in enumerate(self.effects)}
        pick = np.array([[float(name in group) for name in place] for group in groups])
        own, drawn = np.maximum(self.estimate, 0.0), np.maximum(self.draws, 0.0)
        total, totals = max(float(own.sum()), 1e-300), np.maximum(drawn.sum(axis=1), 1e-300)
        return pick @ own / total, (drawn @ pick.T) / totals[:, None]


def source_components(cells: SourceCells, *, draws: int = 1000, seed: int = 0) -> SourceComponents | None:
    """Estimate the components.

    Parameters
    ----------
    cells : SourceCells
        Ratings; one source alone gives ``general`` (which then holds the source), ``dimension``, ``rater`` and ``residual``.
    draws : int
        Resamples of ratees, in an order that follows from the data and not from ids.
    seed : int

    Returns
    -------
    SourceComponents or None
        None with fewer than three ratees or ratings that are all equal.

    Notes
    -----
    Resampling ratees takes them as independent: severity of raters whom ratees share makes the intervals somewhat short.

    References
    ----------
    Henderson (1953), Biometrics 9, 226-252; Scullen, Mount & Goff (2000), Journal of Applied Psychology 85, 956-970.

    Examples
    --------
    >>> import numpy as np
    >>> i, r, d = (x.ravel() for x in np.indices((200, 4, 3)))
    >>> rng = np.random.default_rng(0)
    >>> y = rng.normal(size=(200, 1, 1)) + rng.normal(size=(200, 4, 1)) + 0.5 * rng.normal(size=(200, 4, 3))
    >>> found = source_components(SourceCells(i, i * 4 + r, d, np.zeros(len(i), int), y.ravel(), (200, 800, 3, 1)), draws=50)
    >>> found.effects, found.estimate.round(1)
    (('general', 'dimension', 'rater', 'residual'), array([0.9, 0. , 0.9, 0.2]))
    """
    people, ratee = np.unique(cells.ratee, return_inverse=True)
    n = len(people)
    if n < 3 or float(np.ptp(cells.score)) <= 0:
        return None
    y = _centred(cells, ratee)
    levels, confounded = _levels(cells, ratee)
    T, K = _equations(levels, ratee, y, n)
    order = _canonical(T, K)
    T, K = T[order], K[order]
    estimate = _solve(T.sum(axis=0)[None], K.sum(axis=0)[None])
    if np.isnan(estimate).any():
        return None
    times = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=draws).astype(np.float64)
    drawn = _solve(times @ T, np.einsum("bn,nkl->bkl", times, K))
    drawn = drawn[~np.isnan(drawn).any(axis=1)]
    return SourceComponents(tuple(levels), estimate[0], drawn, n, len(y), confounded)


def _centred(cells: SourceCells, ratee: Ints) -> Floats:
    """Scores less the mean of their source and dimension (over ratees), ratee means scaled for the degree of freedom that takes."""
    _, _, D, S = cells.shape
    where = cells.source * D + cells.dimension
    key = ratee.astype(np.int64) * (S * D) + where
    unit, place, size = np.unique(key, return_inverse=True, return_counts=True)
    mean = np.bincount(place, weights=cells.score) / size
    of = unit % (S * D)
    rated = np.bincount(of, minlength=S * D)
    level = np.bincount(of, weights=mean, minlength=S * D) / np.maximum(rated, 1)
    scale = np.sqrt(rated / np.maximum(rated - 1, 1))
    own = mean[place]  # differences between raters of one ratee lose nothing to centring
    return np.asarray((own - level[where]) * scale[where] + cells.score - own)


def _levels(cells: SourceCells, ratee: Ints) -> tuple[dict[str, Ints], tuple[tuple[str, str], ...]]:
    """Levels of each effect the design can tell apart, and who holds the others."""
    _, m, D, S = cells.shape
    i = ratee.astype(np.int64)
    codes = {
        "general": i,
        "source": i * S + cells.source,
        "dimension": i * D + cells.dimension,
        "source × dimension": (i * S + cells.source) * D + cells.dimension,
        "rater": (i * S + cells.source) * m + cells.rater,
        "residual": np.arange(len(i)),
    }
    levels = {name: np.unique(code, return_inverse=True)[1] for name, code in codes.items()}
    count = {name: int(code.max()) + 1 for name, code in levels.items()}
    held: list[tuple[str, str]] = []
    for name, coarser in (("source", "general"), ("dimension", "general"), ("source × dimension", "source"), ("rater", "source")):
        if count[name] == count.get(coarser, -1) or (name == "rater" and count[name] == count["source"]):
            held.append((name, coarser))
    for name in ("source × dimension", "rater", "dimension"):
        if count[name] == count["residual"] and name not in [h for h, _ in held]:
            held.append((name, "residual"))
    if count["source × dimension"] == count["dimension"] and "source × dimension" not in [h for h, _ in held]:
        held.append(("source × dimension", "dimension"))
    gone = {h for h, _ in held}
    named = dict(held)

    def holder(name: str) -> str:
        while name in named:
            name = named[name]
        return name

    return {k: v for k, v in levels.items() if k not in gone}, tuple((h, holder(h)) for h, _ in held)


def _equations(levels: dict[str, Ints], ratee: Ints, y: Floats, n: int) -> tuple[Floats, Floats]:
    """Uncorrected sums of squares of each ratee, (n, K), and their coefficients, (n, K, K)."""
    names = list(levels)
    size = {k: np.bincount(v).astype(np.float64) for k, v in levels.items()}
    T, K = np.zeros((n, len(names))), np.zeros((n, len(names), len(names)))
    for a, name in enumerate(names):
        own = levels[name]
        first = np.zeros(len(size[name]), dtype=np.int64)
        first[own] = ratee
        T[:, a] = np.bincount(first, weights=np.bincount(own, weights=y) ** 2 / size[name], minlength=n)
        for b, other in enumerate(names):
            pairs = own * len(size[other]) + levels[other]
            _, place, counts = np.unique(pairs, return_index=True, return_counts=True)
            K[:, a, b] = np.bincount(ratee[place], weights=counts**2 / size[name][own[place]], minlength=n)
    return T, K


def _canonical(T: Floats, K: Floats) -> Ints:
    """Order of the ratees that does not depend on their ids."""
    keys = np.round(np.column_stack([T, K.reshape(len(T), -1)]), 9)
    return np.asarray(np.lexsort(keys.T[::-1]))


def _solve(T: Floats, K: Floats) -> Floats:
    """Solve each set of equations; NaN where they are singular."""
    scale = np.sqrt(np.maximum(np.einsum("bkk->bk", K), 1e-300))
    A = K / scale[:, :, None] / scale[:, None, :]
    out = np.full(T.shape, np.nan)
    good = np.abs(np.linalg.det(A)) > _SINGULAR
    if good.any():
        out[good] = np.linalg.solve(A[good], (T[good] / scale[good])[:, :, None])[:, :, 0] / scale[good]
    return out
