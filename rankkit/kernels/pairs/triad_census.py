"""Which triads of people are judged in a circle, and who is in them, where pairs may be missing or tied."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.pairs.circular_triads import Method, Preferences, circular_triads, preferences

_BLOCK = 2_000_000  # walks followed at once


@dataclass(frozen=True, eq=False)
class TriadCensus:
    """All triads of which a judge compared all three pairs.

    Attributes
    ----------
    transitive, circular, with_ties : int
        Triads in order, in a circle, and with at least one tied pair (which can be neither counted for nor against).
    cycles : ndarray of int, shape (circular, 3)
        ``i, j, k`` with ``i`` preferred to ``j``, ``j`` to ``k`` and ``k`` to ``i``; ``i`` the smallest code.
    involved : ndarray of int, shape (n,)
        Circular triads each person is part of.
    """

    transitive: int
    circular: int
    with_ties: int
    cycles: Ints
    involved: Ints

    @property
    def judged(self) -> int:
        """Triads with all three pairs judged."""
        return self.transitive + self.circular + self.with_ties

    @property
    def share_transitive(self) -> float:
        """Transitive triads among those judged without ties; 3/4 is expected of a coin tosser. NaN if there are none."""
        strict = self.transitive + self.circular
        return self.transitive / strict if strict else float("nan")


def triad_census(preferred: Preferences) -> TriadCensus:
    """Sort the fully judged triads into transitive, circular and tied ones, and list the circular ones.

    Parameters
    ----------
    preferred : Preferences
        Of one judge; pairs may be missing or tied.

    Returns
    -------
    TriadCensus

    Examples
    --------
    >>> import numpy as np
    >>> found = triad_census(preferences(np.array([0, 1, 2]), np.array([1, 2, 0]), np.ones(3, int), 4))
    >>> found.judged, found.share_transitive, found.cycles, found.involved
    (1, 0.0, array([[0, 1, 2]]), array([1, 1, 1, 0]))
    """
    first, second = preferred.first, preferred.second
    strict = preferred.sign != 0
    all_three, without_ties = _triangles(first, second, preferred.n), _triangles(first[strict], second[strict], preferred.n)
    cycles = _cycles(*preferred.arrows, preferred.n)
    involved = np.bincount(cycles.ravel(), minlength=preferred.n)
    return TriadCensus(without_ties - len(cycles), len(cycles), all_three - without_ties, cycles, involved)


def _triangles(first: Ints, second: Ints, n: int) -> int:
    """Triples of people with all three pairs present."""
    upper = csr_array((np.ones(len(first)), (first, second)), shape=(n, n))
    return round(float((upper @ upper).multiply(upper).sum()))


def _cycles(winner: Ints, loser: Ints, n: int) -> Ints:
    """Circular triads among sorted arrows: walks i -> j -> k from each smallest i that an arrow k -> i closes."""
    key = winner * n + loser
    starts = np.searchsorted(winner, np.arange(n + 1))
    rising = np.flatnonzero(loser > winner)  # i -> j with i < j
    branches = (starts[1:] - starts[:-1])[loser[rising]]
    found = [np.zeros((0, 3), dtype=np.int64)]
    for part in np.array_split(np.arange(len(rising)), 1 + int(branches.sum()) // _BLOCK):
        size = branches[part]
        arrow = np.repeat(rising[part], size)
        within = np.arange(len(arrow)) - np.repeat(np.cumsum(size) - size, size)
        i, j = winner[arrow], loser[arrow]
        k = loser[starts[j] + within]
        closing = k * n + i
        place = np.minimum(np.searchsorted(key, closing), len(key) - 1)
        closed = (k > i) & (key[place] == closing)
        found.append(np.column_stack([i, j, k])[closed])
    return np.concatenate(found)


@dataclass(frozen=True, eq=False)
class JudgeTriads:
    """Consistency of every judge, each over the people that judge compared.

    Attributes
    ----------
    people, missing, tied : ndarray of int, shape (m,)
        People the judge compared, and pairs of them not judged, or judged without a preference.
    transitive, circular, with_ties : ndarray of int, shape (m,)
        As in :class:`TriadCensus`.
    share_transitive : ndarray, shape (m,)
        Transitive among the triads judged without ties.
    zeta, p : ndarray, shape (m,)
        As in :class:`rankkit.kernels.pairs.circular_triads.CircularTriads`; NaN where pairs are missing or
        tied, or for fewer than three people.
    method : tuple of {"exact", "monte_carlo", "none"}
        How ``p`` was computed.
    cycle_judge : ndarray of int, shape (k,)
        Judge of each circular triad.
    cycles : ndarray of int, shape (k, 3)
        The circular triads, as in :class:`TriadCensus`.
    involved : ndarray of int, shape (n,)
        Circular triads each person is part of, over all judges.
    """

    people: Ints
    missing: Ints
    tied: Ints
    transitive: Ints
    circular: Ints
    with_ties: Ints
    share_transitive: Floats
    zeta: Floats
    p: Floats
    method: tuple[Method, ...]
    cycle_judge: Ints
    cycles: Ints
    involved: Ints


def by_judge(judge: Ints, left: Ints, right: Ints, result: Ints, n: int, m: int, *, draws: int = 10_000, seed: int = 0) -> JudgeTriads:
    """Triads of every judge.

    Parameters
    ----------
    judge, left, right, result : ndarray of int, shape (rows,)
        Codes of the judge and of the people; ``+1`` left won, ``-1`` right won, ``0`` tie.
    n, m : int
        Number of people and of judges.
    draws, seed : int
        See :func:`rankkit.kernels.pairs.circular_triads.circular_triads`.

    Returns
    -------
    JudgeTriads

    Examples
    --------
    >>> import numpy as np
    >>> left, right = np.array([0, 1, 2, 0, 1, 0]), np.array([1, 2, 0, 1, 2, 2])
    >>> found = by_judge(np.repeat([0, 1], 3), left, right, np.ones(6, int), 3, 2)
    >>> found.zeta, found.p, found.cycle_judge
    (array([0., 1.]), array([1.  , 0.75]), array([0]))
    """
    order = np.argsort(judge, kind="stable")
    bounds = np.searchsorted(judge[order], np.arange(m + 1))
    whole = np.zeros((6, m), dtype=np.int64)
    share, zeta, p = (np.full(m, np.nan) for _ in range(3))
    method: list[Method] = ["none"] * m
    who, triples = [np.zeros(0, dtype=np.int64)], [np.zeros((0, 3), dtype=np.int64)]
    for r in range(m):
        rows = order[bounds[r] : bounds[r + 1]]
        people, code = np.unique(np.concatenate([left[rows], right[rows]]), return_inverse=True)
        mine = preferences(code[: len(rows)], code[len(rows) :], result[rows], len(people))
        census = triad_census(mine)
        whole[:, r] = len(people), mine.missing, mine.tied, census.transitive, census.circular, census.with_ties
        share[r] = census.share_transitive
        if not (mine.missing or mine.tied):
            test = circular_triads(mine, draws=draws, seed=seed)
            zeta[r], p[r], method[r] = test.zeta, test.p, test.method
        who.append(np.full(census.circular, r))
        triples.append(people[census.cycles])
    cycles: Ints = np.concatenate(triples)
    people_of, missing, tied, transitive, circular, with_ties = whole
    return JudgeTriads(
        people=people_of,
        missing=missing,
        tied=tied,
        transitive=transitive,
        circular=circular,
        with_ties=with_ties,
        share_transitive=share,
        zeta=zeta,
        p=p,
        method=tuple(method),
        cycle_judge=np.concatenate(who),
        cycles=cycles,
        involved=np.bincount(cycles.ravel(), minlength=n),
    )
