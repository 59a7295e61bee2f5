"""Comparisons added up by contest: who stood left, who right, under which circumstances."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.pairs.pair_counts import PairCounts


@dataclass(frozen=True, eq=False)
class Contests:
    """How often each contest took place, and with what outcome.

    A contest is a left person, a right person and the values of the contest covariates; unlike in
    :class:`~rankkit.kernels.pairs.pair_counts.PairCounts` the order of the two matters. Every contest took place.

    Attributes
    ----------
    n : int
        Number of people, compared or not.
    left, right : ndarray of int, shape (contests,)
        Codes of the two people.
    wins_left, wins_right, ties : ndarray of float, shape (contests,)
        Weighted counts of the three outcomes.
    covariates : ndarray of float, shape (contests, q)
        Contest covariates ``V``: what each adds to the lead of the left person, per unit of its coefficient.
    of_row : ndarray of int, shape (rows,)
        The contest each row of the data belongs to; -1 for a row of weight zero in a contest that took place in no
        other row.
    """

    n: int
    left: Ints
    right: Ints
    wins_left: Floats
    wins_right: Floats
    ties: Floats
    covariates: Floats
    of_row: Ints

    @cached_property
    def total(self) -> Floats:
        """Comparisons in each contest, shape (contests,)."""
        return self.wins_left + self.wins_right + self.ties

    @cached_property
    def has_ties(self) -> bool:
        """Whether any comparison ended in a tie."""
        return bool(np.any(self.ties > 0))

    @cached_property
    def pairs(self) -> PairCounts:
        """The same comparisons by unordered pair."""
        return self._by_pair[0]

    @cached_property
    def of_pair(self) -> Ints:
        """The place of each contest's pair in :attr:`pairs`, shape (contests,)."""
        return self._by_pair[1]

    @cached_property
    def _by_pair(self) -> tuple[PairCounts, Ints]:
        swapped = self.left > self.right
        key = np.where(swapped, self.right, self.left) * self.n + np.where(swapped, self.left, self.right)
        pair, place = np.unique(key, return_inverse=True)
        first, second = (np.where(swapped, b, a) for a, b in ((self.wins_left, self.wins_right), (self.wins_right, self.wins_left)))
        wins_first, wins_second, ties = (_added(place, w, len(pair)) for w in (first, second, self.ties))
        return PairCounts(self.n, pair // self.n, pair % self.n, wins_first, wins_second, ties), place

    def per_pair(self, values: Floats) -> Floats:
        """Add a value of each contest up by pair."""
        return _added(self.of_pair, values, len(self.pairs.first))

    def per_person(self, values: Floats) -> Floats:
        """Add a value of each contest up by person: as it stands at the left one, negative at the right one."""
        return _added(self.left, values, self.n) - _added(self.right, values, self.n)

    def recounted(self, result: Ints, weight: Floats) -> Contests:
        """Count the same rows again with other results or weights, as when a judge is left out or rows are resampled.

        Parameters
        ----------
        result : ndarray of int, shape (rows,)
            ``+1`` left won, ``-1`` right won, ``0`` tie.
        weight : ndarray of float, shape (rows,)
            Comparisons a row stands for; zero leaves it out.

        Returns
        -------
        Contests
            Contests that did not take place any more are gone.
        """
        known = self.of_row >= 0
        place, answer, mass = self.of_row[known], result[known], weight[known]
        won, lost, tied = (_added(place, mass * (answer == code), len(self.left)) for code in (1, -1, 0))
        kept = np.zeros(len(self.left), dtype=np.bool_)
        kept[place[mass > 0]] = True
        return _kept(Contests(self.n, self.left, self.right, won, lost, tied, self.covariates, self.of_row), kept)


def aggregate(left: Ints, right: Ints, result: Ints, weight: Floats | None, n: int, covariates: Floats | None = None) -> Contests:
    """Add comparisons up by contest.

    Parameters
    ----------
    left, right : ndarray of int, shape (rows,)
        Codes ``0 .. n-1`` of the two people compared; never the same person twice in a row.
    result : ndarray of int, shape (rows,)
        ``+1`` the left person won, ``-1`` the right person won, ``0`` a tie.
    weight : ndarray of float, shape (rows,), or None
        How many comparisons a row stands for; ``None`` is one each.
    n : int
        Number of people.
    covariates : ndarray of float, shape (rows, q), or None
        Contest covariates. An order effect is a column of ones; a covariate ``x`` of people is ``x_left - x_right``;
        what judge ``r`` makes of it is the same in the rows of the judge and zero in the others.

    Returns
    -------
    Contests
        Sorted by ``(left, right)``, then by the covariates.

    Examples
    --------
    >>> import numpy as np
    >>> found = aggregate(np.array([0, 1, 0]), np.array([1, 0, 1]), np.array([1, 1, 0]), None, 2, np.ones((3, 1)))
    >>> found.left, found.wins_left, found.ties, found.of_row
    (array([0, 1]), array([1., 1.]), array([1., 0.]), array([0, 1, 0]))
    """
    rows = len(left)
    mass = np.ones(rows) if weight is None else np.asarray(weight, dtype=np.float64)
    values = np.zeros((rows, 0)) if covariates is None else np.asarray(covariates, dtype=np.float64)
    key = left.astype(np.int64) * n + right
    kinds = n * n
    for column in values.T:
        if rows and np.any(column != column[0]):
            level, code = np.unique(column, return_inverse=True)
            if kinds > np.iinfo(np.int64).max // len(level):
                key = np.unique(key, return_inverse=True)[1]
                kinds = rows
            key, kinds = key * len(level) + code, kinds * len(level)
    _, first, place = np.unique(key, return_index=True, return_inverse=True)
    won, lost, tied = (_added(place, mass * (result == code), len(first)) for code in (1, -1, 0))
    kept = np.zeros(len(first), dtype=np.bool_)
    kept[place[mass > 0]] = True
    everything = Contests(n, left[first].astype(np.int64), right[first].astype(np.int64), won, lost, tied, values[first], place)
    return everything if kept.all() else _kept(everything, kept)


def of_pairs(counts: PairCounts, covariates: Floats | None = None) -> Contests:
    """Take each pair as one contest, its first person on the left: for models without an order effect.

    Parameters
    ----------
    counts : PairCounts
        Comparisons by pair.
    covariates : ndarray of float, shape (pairs, q), or None
        Contest covariates of the pairs.

    Returns
    -------
    Contests
        In the order of the pairs.

    Examples
    --------
    >>> import numpy as np
    >>> from rankkit.kernels.pairs import pair_counts
    >>> counts = pair_counts.aggregate(np.array([0, 1]), np.array([1, 0]), np.array([1, 1]), None, 2)
    >>> of_pairs(counts).wins_right
    array([1.])
    """
    k = len(counts.first)
    values = np.zeros((k, 0)) if covariates is None else np.asarray(covariates, dtype=np.float64)
    everything = Contests(counts.n, counts.first, counts.second, counts.wins_first, counts.wins_second, counts.ties, values, np.arange(k))
    return _kept(everything, counts.total > 0)


def _kept(contests: Contests, kept: Bools) -> Contests:
    """Leave the contests out that did not take place."""
    if kept.all():
        return contests
    place = np.where(kept, np.cumsum(kept) - 1, -1)
    of_row = np.where(contests.of_row >= 0, place[contests.of_row], -1)
    c = contests
    counts = c.wins_left[kept], c.wins_right[kept], c.ties[kept]
    return Contests(c.n, c.left[kept], c.right[kept], *counts, c.covariates[kept], of_row)


def _added(place: Ints, values: Floats, size: int) -> Floats:
    """Sum of the values at each place."""
    return np.bincount(place, values, size).astype(np.float64)
