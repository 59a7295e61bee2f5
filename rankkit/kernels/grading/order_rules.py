"""Who must not be graded below whom: people clearly apart on the evidence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.covariance import Covariance, difference_variance

_BLOCK = 2_000_000  # pairs compared at once
_REDUCED = 400  # people of a group up to which pairs that follow from others are left out beforehand


@dataclass(frozen=True, eq=False)
class OrderRules:
    """Pairs "not below", mostly as tails: in a group ordered by score, a person is to be graded no lower than all from some place on.

    Attributes
    ----------
    tails : tuple of (members, first, position)
        One a group: its people by falling score; for some of them (positions in ``members``) the position from which
        everybody on is clearly below.
    pairs : ndarray of int, shape (P, 2)
        Further pairs (better, worse) that are no part of a tail.
    """

    tails: tuple[tuple[Ints, Ints, Ints], ...]
    pairs: Ints

    @property
    def any(self) -> bool:
        """Whether there is a rule at all."""
        return bool(len(self.pairs)) or any(len(position) for _, _, position in self.tails)

    def covers(self) -> Ints:
        """Pairs from which all others follow, of groups small enough to reduce; and those of no tail."""
        out = [self.pairs]
        for members, first, position in self.tails:
            size = len(members)
            if size > _REDUCED:
                continue
            below = np.zeros((size, size), dtype=np.float32)
            for start, row in zip(first, position, strict=True):
                below[row, start:] = 1
            i, j = np.nonzero((below > 0) & ~(below @ below > 0))
            out.append(np.column_stack([members[i], members[j]]))
        return np.concatenate(out).astype(np.int64)

    def without(self, better: Ints) -> OrderRules:
        """Return the rules without those in which one of these persons is the better one."""
        gone = np.zeros(int(max((m.max(initial=0) for m, _, _ in self.tails), default=0)) + 1, dtype=bool)
        gone = np.pad(gone, (0, max(0, int(self.pairs.max(initial=0)) + 1 - len(gone))))
        gone[better[better < len(gone)]] = True
        tails = tuple((m, first[~gone[m[position]]], position[~gone[m[position]]]) for m, first, position in self.tails)
        return OrderRules(tails, self.pairs[~gone[self.pairs[:, 0]]])

    def broken(self, grade: Ints) -> Ints:
        """Pairs (better, worse) in which the better person is graded below the worse one; grade 0 is the best.

        Examples
        --------
        >>> import numpy as np
        >>> OrderRules((), np.array([[0, 1]])).broken(np.array([2, 1]))
        array([[0, 1]])
        """
        out: list[Ints] = [self.pairs[grade[self.pairs[:, 0]] > grade[self.pairs[:, 1]]]]
        for members, first, position in self.tails:
            given = grade[members]
            best = np.minimum.accumulate(given[::-1])[::-1]  # the best grade from each position on
            for k in np.flatnonzero(given[position] > best[first]):
                worse = first[k] + np.flatnonzero(given[first[k] :] < given[position[k]])
                out.append(np.column_stack([np.full(len(worse), members[position[k]]), members[worse]]))
        return np.concatenate(out).astype(np.int64)


def clearly_apart(estimate: Floats, covariance: Covariance, group: Ints, *, multiple: float = 1.96) -> OrderRules:
    r"""Pairs within groups whose difference is more than so many standard errors, :math:`\hat\theta_i - \hat\theta_j > \kappa s_{ij}`.

    Parameters
    ----------
    estimate : ndarray, shape (n,)
        Scores, higher is better.
    covariance : Covariance
        Of the scores.
    group : ndarray of int, shape (n,)
        Unit of each person; −1: in none.
    multiple : float
        κ.

    Returns
    -------
    OrderRules

    Examples
    --------
    >>> import numpy as np
    >>> from rankkit.kernels.covariance import Dense
    >>> rules = clearly_apart(np.array([3.0, 1.0, 2.9]), Dense(np.eye(3) * 0.01), np.zeros(3, int))
    >>> rules.broken(np.array([1, 0, 0]))
    array([[0, 1]])
    """
    tails, pairs = [], []
    for g in np.unique(group[group >= 0]):
        members = np.flatnonzero(group == g)
        members = members[np.argsort(-estimate[members], kind="stable")]
        below = _below(estimate, covariance, members, multiple)
        n = len(members)
        gap = np.where(~below, np.arange(n)[None, :], -1).max(axis=1)  # the last who is not clearly below
        first = gap + 1
        has = np.flatnonzero(first < n)
        tails.append((members, first[has], has))
        apart = below & (np.arange(n)[None, :] < first[:, None])
        i, j = np.nonzero(apart)
        pairs.append(np.column_stack([members[i], members[j]]))
    return OrderRules(tuple(tails), np.concatenate(pairs) if pairs else np.zeros((0, 2), dtype=np.int64))


def _below(estimate: Floats, covariance: Covariance, members: Ints, multiple: float) -> Bools:
    """Whether the person of the column is clearly below the person of the row."""
    n = len(members)
    out = np.zeros((n, n), dtype=bool)
    for rows in np.array_split(np.arange(n), max(1, -(-n * n // _BLOCK))):
        s2 = difference_variance(covariance, members[rows][:, None], members[None, :])
        difference = estimate[members[rows]][:, None] - estimate[members][None, :]
        out[rows] = (difference > 0) & (difference > multiple * np.sqrt(s2))
    return out
