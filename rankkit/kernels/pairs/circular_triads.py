"""One judge's consistency: triads in which A beats B, B beats C, and C beats A."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

import numpy as np
from scipy import stats

from rankkit.errors import IdentificationError
from rankkit.kernels.arrays import Ints
from rankkit.kernels.pairs.pair_counts import aggregate

EXACT = 10
"""Up to this many people the null distribution is exact."""

Method = Literal["exact", "monte_carlo", "none"]
_BLOCK = 2_000_000  # coin tosses simulated at once


@dataclass(frozen=True, eq=False)
class Preferences:
    """What one judge said about each pair, repeated judgements of a pair netted.

    Attributes
    ----------
    n : int
        Number of people.
    first, second : ndarray of int, shape (pairs,)
        The pairs judged, each once, ``first < second``, sorted.
    sign : ndarray of int, shape (pairs,)
        +1 where the first was preferred, -1 where the second was, 0 where neither was, or as often one as the other.
    """

    n: int
    first: Ints
    second: Ints
    sign: Ints

    @property
    def missing(self) -> int:
        """Pairs not judged."""
        return self.n * (self.n - 1) // 2 - len(self.first)

    @property
    def tied(self) -> int:
        """Pairs judged without a preference."""
        return int((self.sign == 0).sum())

    @cached_property
    def arrows(self) -> tuple[Ints, Ints]:
        """Preferred and other person of each preference, sorted."""
        keep = self.sign != 0
        down = self.sign[keep] > 0
        winner = np.where(down, self.first[keep], self.second[keep])
        loser = np.where(down, self.second[keep], self.first[keep])
        order = np.lexsort((loser, winner))
        return winner[order], loser[order]


@dataclass(frozen=True)
class CircularTriads:
    """Number of circular triads of a complete set of preferences, and its test against coin tossing.

    Attributes
    ----------
    n : int
        Number of people.
    circular, most : int
        Circular triads ``T``, and the most there can be.
    zeta : float
        Coefficient of consistence ``1 - T / T_max``; NaN for fewer than three people.
    p : float
        Chance of ``T`` or fewer circular triads if every preference were a coin toss.
    method : {"exact", "monte_carlo", "none"}
        How ``p`` was computed; ``"none"`` for fewer than three people.
    chi2, df, p_chi2 : float
        Kendall's approximation, with the continuity correction of a test for consistency; NaN for four people or fewer.
    """

    n: int
    circular: int
    most: int
    zeta: float
    p: float
    method: Method
    chi2: float
    df: float
    p_chi2: float


def preferences(left: Ints, right: Ints, result: Ints, n: int) -> Preferences:
    """Net preferences of one judge.

    Parameters
    ----------
    left, right : ndarray of int, shape (rows,)
        Codes ``0 .. n-1`` of the people compared.
    result : ndarray of int, shape (rows,)
        ``+1`` left won, ``-1`` right won, ``0`` tie.
    n : int
        Number of people.

    Returns
    -------
    Preferences
        A pair judged several times counts once, with the outcome of the majority.

    Examples
    --------
    >>> import numpy as np
    >>> found = preferences(np.array([0, 1, 1]), np.array([1, 0, 2]), np.array([1, 1, 1]), 3)
    >>> found.first, found.second, found.sign, found.missing, found.tied
    (array([0, 1]), array([1, 2]), array([0, 1]), 1, 1)
    """
    counts = aggregate(left, right, result, None, n)
    return Preferences(n, counts.first, counts.second, np.sign(counts.wins_first - counts.wins_second).astype(np.int64))


def circular_triads(preferred: Preferences, *, draws: int = 10_000, seed: int = 0) -> CircularTriads:
    """Count the circular triads and say how probable so few would be by coin tossing.

    ``T = n(n-1)(2n-1)/12 - sum a_i^2 / 2`` with ``a_i`` the number of people ``i`` is preferred to,
    ``T_max = (n^3 - n)/24`` for odd and ``(n^3 - 4n)/24`` for even ``n``, ``zeta = 1 - T/T_max``. Up to ten people the
    null distribution is exact, beyond simulated. Approximation ``chi2 = 8/(n-4) (C(n,3)/4 - T - 1/2) + df`` on
    ``df = n(n-1)(n-2)/(n-4)^2``: with ``-1/2`` the correction goes against the finding.

    Parameters
    ----------
    preferred : Preferences
        A preference for every pair.
    draws : int
        Simulated sets of preferences above ten people.
    seed : int
        Of the simulation, which does not depend on the data.

    Returns
    -------
    CircularTriads

    Raises
    ------
    IdentificationError
        ``E-TRIADS`` if a pair is missing or tied: the formula then counts wrongly.
        :func:`rankkit.kernels.pairs.triad_census.triad_census` counts the triads that can be judged.

    Notes
    -----
    Kendall, M. G. & Babington Smith, B. (1940). On the method of paired comparisons. *Biometrika*, 31.
    Alway, G. G. (1962). The distribution of the number of circular triads in paired comparisons. *Biometrika*, 49.

    Examples
    --------
    Five people in perfect order prove nothing: one coin tosser in nine does as well.

    >>> import numpy as np
    >>> first, second = np.triu_indices(5, 1)
    >>> found = circular_triads(preferences(first, second, np.ones(10, int), 5))
    >>> found.circular, found.zeta, round(found.p, 3)
    (0, 1.0, 0.117)
    """
    if preferred.missing or preferred.tied:
        raise IdentificationError("E-TRIADS", missing=preferred.missing, tied=preferred.tied)
    n = preferred.n
    nan = float("nan")
    beaten = np.bincount(preferred.arrows[0], minlength=n)
    circular = (n * (n - 1) * (2 * n - 1) // 6 - int((beaten**2).sum())) // 2
    most = most_circular(n)
    if n < 3:
        return CircularTriads(n, 0, 0, nan, nan, "none", nan, nan, nan)
    method: Method = "exact" if n <= EXACT else "monte_carlo"
    if method == "exact":
        p = float(null_counts(n)[: circular + 1].sum() / 2.0 ** (n * (n - 1) // 2))
    else:
        p = (1 + int(np.searchsorted(_simulated(n, draws, seed), circular, side="right"))) / (draws + 1)
    return CircularTriads(n, circular, most, 1 - circular / most, p, method, *_approximation(n, circular))


def most_circular(n: int) -> int:
    """Most circular triads that ``n`` people can form.

    Parameters
    ----------
    n : int
        Number of people.

    Returns
    -------
    int
        ``(n^3 - n)/24`` for odd, ``(n^3 - 4n)/24`` for even ``n``.

    Examples
    --------
    >>> [most_circular(n) for n in range(2, 8)]
    [0, 1, 2, 5, 8, 14]
    """
    return (n**3 - (n if n % 2 else 4 * n)) // 24


@lru_cache(maxsize=EXACT)
def null_counts(n: int) -> Ints:
    """Number of the ``2^(n(n-1)/2)`` sets of preferences that have 0, 1, 2, ... circular triads.

    People join one by one. Sets of preferences among those present are grouped by their sorted numbers of wins, on
    which alone the count of circular triads depends; the last person joins all groups at once.

    Parameters
    ----------
    n : int
        Number of people, 3 to 10.

    Returns
    -------
    ndarray of int, shape (T_max + 1,)
        Read-only.

    Examples
    --------
    >>> null_counts(5)
    array([120, 120, 240, 240, 280,  24])
    """
    if not 3 <= n <= EXACT:
        msg = f"exact counts are for 3 to {EXACT} people, not {n}"
        raise ValueError(msg)
    groups: dict[tuple[int, ...], int] = {(0,): 1}
    for present in range(1, n - 1):
        grown: dict[tuple[int, ...], int] = {}
        for wins, ways in groups.items():
            for outcome in range(2**present):
                loses = [outcome >> i & 1 for i in range(present)]  # 1: the newcomer loses to this person
                after = tuple(sorted([*(a + won for a, won in zip(wins, loses, strict=True)), present - sum(loses)]))
                grown[after] = grown.get(after, 0) + ways
        groups = grown
    wins_of = np.array(list(groups), dtype=np.int64)
    ways_of = np.array(list(groups.values()), dtype=np.int64)
    counts = np.zeros(most_circular(n) + 1, dtype=np.int64)
    for outcome in range(2 ** (n - 1)):
        lost = np.array([outcome >> i & 1 for i in range(n - 1)])
        squares = ((wins_of + lost) ** 2).sum(axis=1) + (n - 1 - lost.sum()) ** 2
        np.add.at(counts, (n * (n - 1) * (2 * n - 1) // 6 - squares) // 2, ways_of)
    counts.flags.writeable = False
    return counts


@lru_cache(maxsize=32)
def _simulated(n: int, draws: int, seed: int) -> Ints:
    """Sorted numbers of circular triads of simulated coin tossers."""
    rng = np.random.default_rng([seed, n])
    first, second = np.triu_indices(n, 1)
    pairs = len(first)
    incidence = np.zeros((pairs, n), dtype=np.float32)
    incidence[np.arange(pairs), first] = 1.0
    incidence[np.arange(pairs), second] = -1.0
    lost = np.bincount(second, minlength=n)
    parts = []
    block = max(1, _BLOCK // pairs)
    for start in range(0, draws, block):
        heads = rng.integers(0, 2, size=(min(block, draws - start), pairs), dtype=np.int8).astype(np.float32)
        wins = (heads @ incidence).astype(np.int64) + lost  # wins as first, plus losses of the others to the second
        parts.append((n * (n - 1) * (2 * n - 1) // 6 - (wins**2).sum(axis=1)) // 2)
    return np.sort(np.concatenate(parts))


def _approximation(n: int, circular: int) -> tuple[float, float, float]:
    """Kendall's chi-squared, its degrees of freedom and p."""
    if n <= 4:
        return float("nan"), float("nan"), float("nan")
    df = n * (n - 1) * (n - 2) / (n - 4) ** 2
    chi2 = 8 / (n - 4) * (n * (n - 1) * (n - 2) / 24 - circular - 0.5) + df
    return chi2, df, float(stats.chi2.sf(chi2, df))
