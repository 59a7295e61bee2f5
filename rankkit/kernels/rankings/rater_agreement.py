"""How far each rater's order agrees with that of all the others."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

import numpy as np
from scipy import stats

from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.rankings.rank_concordance import PMethod

_ALL = 7  # up to this many people all arrangements are visited
_DRAWN = 25  # up to this many arrangements are drawn; beyond, and only with ties, τ is normal enough
_DIGITS = 10  # shares that agree to this many digits are equal, summed in another order


@dataclass(frozen=True)
class RaterAgreement:
    """Each list against the consensus of the other raters.

    Attributes
    ----------
    tau : ndarray of float, shape (m,)
        Kendall's τ_b with the order of the others' mean Borda share; nan where too few people are shared or one side ties them all.
    shared : ndarray of int, shape (m,)
        People in the list whom other raters ranked too.
    p_against : ndarray of float, shape (m,)
        Probability of a τ_b this small or smaller for a list in random order: small = the list runs against the others.
    p_agree : ndarray of float, shape (m,)
        Probability of a τ_b this large or larger: small = it agrees with them more than by chance.
    method : tuple of str
        Origin of the p-values of each list: all arrangements ("exact"), drawn ones ("permutation"), "normal" or "none".
    """

    tau: Floats
    shared: Ints
    p_against: Floats
    p_agree: Floats
    method: tuple[PMethod, ...]


def rater_agreement(ranks: Floats, *, rater: Ints | None = None, seed: int = 0, draws: int = 10_000, min_shared: int = 4) -> RaterAgreement:
    """Kendall's τ_b of each list with the consensus of the other raters.

    The consensus leaves all lists of the same rater out; otherwise agreement is overstated. It orders people by their mean share
    (n_r − rank)/(n_r − 1) over the others' lists that hold them, which is the Borda order where all lists hold the same people.

    Parameters
    ----------
    ranks : ndarray of float, shape (m, n)
        One list a row, smaller = better; nan = not in the list.
    rater : ndarray of int, shape (m,), optional
        Rater of each list; each list its own by default.
    seed : int
        Seed of the permutations where they are drawn.
    draws : int
        How many.
    min_shared : int
        People a list must share with the others.

    Returns
    -------
    RaterAgreement
        τ_b and two one-sided p-values for each list.

    Examples
    --------
    >>> import numpy as np
    >>> found = rater_agreement(np.array([[1, 2, 3, 4, 5], [1, 3, 2, 4, 5], [2, 1, 3, 4, 5], [5, 4, 3, 2, 1]]))
    >>> found.tau.round(2), found.p_against.round(4)
    (array([ 0.84,  0.6 ,  0.6 , -1.  ]), array([1.    , 0.9583, 0.9583, 0.0083]))
    """
    ranks = np.asarray(ranks, dtype=np.float64)
    m, _ = ranks.shape
    rater = np.arange(m) if rater is None else np.asarray(rater)
    share, held = _shares(ranks)
    tau, against, agree = np.full((3, m), np.nan)
    shared, method = np.zeros(m, dtype=np.int64), ["none"] * m
    seen: dict[tuple[bytes, bytes], Floats] = {}
    for r in range(m):
        others = rater != rater[r]
        times = held[others].sum(axis=0)
        common = held[r] & (times > 0)
        shared[r] = int(common.sum())
        if shared[r] < max(min_shared, 2):
            continue
        consensus = stats.rankdata(-np.round(share[others][:, common].sum(axis=0) / times[common], _DIGITS))
        own = stats.rankdata(ranks[r, common])
        if np.ptp(consensus) == 0 or np.ptp(own) == 0:
            continue
        score = _score(own, consensus[None, :])[0]
        tau[r] = float(np.clip(score / np.sqrt(_score(own, own[None, :])[0] * _score(consensus, consensus[None, :])[0]), -1.0, 1.0))
        against[r], agree[r], method[r] = _p_values(own, consensus, float(score), seed, draws, seen)
    return RaterAgreement(tau, shared, against, agree, tuple(method))  # type: ignore[arg-type]


def _shares(ranks: Floats) -> tuple[Floats, Bools]:
    """(n_r − rank)/(n_r − 1) of each person in each list of two or more, 0 where not held, and where it is held."""
    held = ~np.isnan(ranks)
    held &= held.sum(axis=1, keepdims=True) > 1
    share = np.zeros(ranks.shape)
    for r in np.flatnonzero(held.any(axis=1)):
        k = int(held[r].sum())
        share[r, held[r]] = (k - stats.rankdata(ranks[r, held[r]])) / (k - 1)
    return share, held


def _score(own: Floats, others: Floats) -> Floats:
    """Pairs in the same order less pairs in the other order, for each row of ``others``."""
    i, j = np.triu_indices(len(own), 1)
    same: Floats = np.sign(others[:, j] - others[:, i]) @ np.sign(own[j] - own[i])
    return same


def _p_values(
    own: Floats, consensus: Floats, score: float, seed: int, draws: int, seen: dict[tuple[bytes, bytes], Floats]
) -> tuple[float, float, PMethod]:
    """Lower and upper tail of the score when one side is in random order; only tie patterns matter."""
    k = len(own)
    a, b = np.sort(own), np.sort(consensus)
    if (np.diff(a) > 0).all() and (np.diff(b) > 0).all():
        chance = _inversions(k)
        turned = round((k * (k - 1) / 2 - score) / 2)
        return min(float(chance[turned:].sum()), 1.0), min(float(chance[: turned + 1].sum()), 1.0), "exact"
    if k > _DRAWN:
        spread = np.sqrt(_variance(a, b))
        return float(stats.norm.cdf((score + 1) / spread)), float(stats.norm.sf((score - 1) / spread)), "normal"
    key = (a.tobytes(), b.tobytes())
    if key not in seen:
        if k <= _ALL:
            arranged = np.array(list(permutations(a.tolist())))
        else:
            arranged = np.random.default_rng(seed).permuted(np.broadcast_to(a, (draws, k)), axis=1)
        seen[key] = _score(b, arranged)
    null, added = seen[key], 0 if k <= _ALL else 1
    below, above = int((null <= score).sum()), int((null >= score).sum())
    total = len(null) + added
    return (below + added) / total, (above + added) / total, "exact" if k <= _ALL else "permutation"


def _inversions(k: int) -> Floats:
    """Chance of 0, 1, 2, … pairs in the other order in a random order of k people."""
    chance = np.ones(1)
    for j in range(2, k + 1):
        chance = np.convolve(chance, np.full(j, 1.0 / j))
    return chance


def _variance(a: Floats, b: Floats) -> float:
    """Variance of the score under random order with ties on both sides (Kendall 1970, section 5.8)."""
    k = len(a)
    t, u = (np.unique(side, return_counts=True)[1].astype(float) for side in (a, b))

    def first(x: Floats) -> float:
        return float((x * (x - 1) * (2 * x + 5)).sum())

    def second(x: Floats) -> float:
        return float((x * (x - 1) * (x - 2)).sum())

    def third(x: Floats) -> float:
        return float((x * (x - 1)).sum())

    main = (k * (k - 1) * (2 * k + 5) - first(t) - first(u)) / 18.0
    return main + second(t) * second(u) / (9.0 * k * (k - 1) * (k - 2)) + third(t) * third(u) / (2.0 * k * (k - 1))
