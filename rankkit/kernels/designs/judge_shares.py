"""Which judge compares which pairs: equal loads, overlap, everybody linked in each judge's share."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from rankkit.kernels.arrays import Bools, Ints
from rankkit.kernels.designs.pair_designs import components

_TRIES = 3000  # exchanges of pairs between judges tried to link the parts of a share


@dataclass(frozen=True)
class JudgeShares:
    """Pairs given out to judges.

    Attributes
    ----------
    n, m : int
        Numbers of people and judges.
    first, second, pair, judge : ndarray of int, shape (given,)
        People, number of the pair, and judge of each comparison, sorted by judge and pair.
    withheld : ndarray of int
        Pairs no judge may compare.
    short : ndarray of int
        Pairs that got fewer judges than asked.
    """

    n: int
    m: int
    first: Ints
    second: Ints
    pair: Ints
    judge: Ints
    withheld: Ints
    short: Ints

    @property
    def load(self) -> Ints:
        """Comparisons of each judge, shape (m,)."""
        return np.bincount(self.judge, minlength=self.m).astype(np.int64)

    @property
    def people(self) -> Ints:
        """People each judge meets, shape (m,)."""
        return np.array([len(np.unique(self._ends(r))) for r in range(self.m)], dtype=np.int64)

    @property
    def parts(self) -> Ints:
        """Connected parts among the people each judge meets, shape (m,); 1 is linked."""
        return np.array([_parts(self.first[self.judge == r], self.second[self.judge == r], self.n) for r in range(self.m)], dtype=np.int64)

    def _ends(self, r: int) -> Ints:
        return np.concatenate([self.first[self.judge == r], self.second[self.judge == r]])


def share_pairs(first: Ints, second: Ints, n: int, permitted: Bools, copies: Ints, rng: Generator) -> JudgeShares:
    """Give pairs out to judges.

    Judges draw in turn, who has fewest pairs first, a pair that joins a new person to those they already compare where
    there is one. Single pairs are then handed on until loads differ by no more than one (where permissions allow), and
    exchanged between judges while that links parts of a judge's share.

    Parameters
    ----------
    first, second : ndarray of int, shape (pairs,)
        The pairs.
    n : int
        Number of people.
    permitted : ndarray of bool, shape (m, n)
        Whom a judge may judge.
    copies : ndarray of int, shape (pairs,)
        How many different judges compare each pair.
    rng : Generator
        Source of the random numbers.

    Returns
    -------
    JudgeShares

    Examples
    --------
    >>> import numpy as np
    >>> first, second = np.triu_indices(6, 1)
    >>> found = share_pairs(first, second, 6, np.ones((3, 6), dtype=bool), np.ones(15, dtype=int), np.random.default_rng(0))
    >>> found.load, found.parts
    (array([5, 5, 5]), array([1, 1, 1]))
    """
    m = len(permitted)
    may = permitted[:, first] & permitted[:, second]
    able = may.sum(axis=0)
    given = np.minimum(copies, able)
    shares = _Shares(first, second, n, may, given)
    shares.draw(rng)
    shares.level()
    shares.link(rng)
    judge, pair = np.nonzero(shares.has)
    return JudgeShares(
        n, m, first[pair], second[pair], pair, judge, np.flatnonzero(able == 0), np.flatnonzero((able > 0) & (given < copies))
    )


class _Shares:
    """Pairs in the hands of judges."""

    def __init__(self, first: Ints, second: Ints, n: int, may: Bools, given: Ints) -> None:
        self.first, self.second, self.n, self.may = first, second, n, may
        self.open = given.copy()
        self.has = np.zeros_like(may)

    @property
    def load(self) -> Ints:
        return np.asarray(self.has.sum(axis=1), dtype=np.int64)

    def draw(self, rng: Generator) -> None:
        """Let judges draw in turn."""
        m = len(self.may)
        met = np.zeros((m, self.n), dtype=np.bool_)
        able = self.may.sum(axis=0)
        while True:
            lot = rng.random(m)
            for r in np.lexsort((lot, self.load)).tolist():
                free = np.flatnonzero((self.open > 0) & self.may[r] & ~self.has[r])
                if len(free):
                    break
            else:
                return
            a, b = met[r, self.first[free]], met[r, self.second[free]]
            joins = np.where(a ^ b, 0, np.where(a & b, 1, 2)) if met[r].any() else np.zeros(len(free))
            scarce = able[free] - self.open[free]  # judges to spare
            e = int(free[np.lexsort((rng.random(len(free)), joins, np.minimum(scarce, 1)))[0]])
            self.has[r, e] = True
            self.open[e] -= 1
            met[r, [self.first[e], self.second[e]]] = True

    def level(self) -> None:
        """Hand pairs on from the judges with most to those with fewest, through others if need be."""
        for _ in range(self.has.size):
            load = self.load
            if not self._hand_on(int(np.argmax(load)), load):
                return

    def _hand_on(self, source: int, load: Ints) -> bool:
        """Find a chain of judges along which one pair each can move on, ending with one who has two fewer."""
        came: dict[int, tuple[int, int]] = {source: (-1, -1)}
        queue = deque([source])
        while queue:
            r = queue.popleft()
            if load[r] <= load[source] - 2:
                while came[r][0] >= 0:
                    giver, e = came[r]
                    self.has[giver, e], self.has[r, e] = False, True
                    r = giver
                return True
            movable = self.has[r] & self.may & ~self.has  # (m, pairs): could move from r to the row's judge
            for other in np.flatnonzero(movable.any(axis=1)).tolist():
                if other not in came:
                    came[other] = (r, int(np.argmax(movable[other])))
                    queue.append(other)
        return False

    def link(self, rng: Generator) -> None:
        """Exchange pairs between judges while that lowers the number of unlinked parts."""
        parts = [self._parts(r) for r in range(len(self.has))]
        for _ in range(_TRIES):
            broken = [r for r, p in enumerate(parts) if p > 1]
            if not broken or len(self.has) < 2:
                return
            r = int(rng.choice(broken))
            s = int(rng.choice([t for t in range(len(self.has)) if t != r]))
            mine = np.flatnonzero(self.has[r] & ~self.has[s] & self.may[s])
            theirs = np.flatnonzero(self.has[s] & ~self.has[r] & self.may[r])
            if not len(mine) or not len(theirs):
                continue
            e, f = int(rng.choice(mine)), int(rng.choice(theirs))
            self._exchange(r, s, e, f)
            now = self._parts(r), self._parts(s)
            if sum(now) <= parts[r] + parts[s]:
                parts[r], parts[s] = now
            else:
                self._exchange(s, r, e, f)

    def _exchange(self, r: int, s: int, e: int, f: int) -> None:
        self.has[r, e] = self.has[s, f] = False
        self.has[s, e] = self.has[r, f] = True

    def _parts(self, r: int) -> int:
        return _parts(self.first[self.has[r]], self.second[self.has[r]], self.n)


def _parts(first: Ints, second: Ints, n: int) -> int:
    """Connected parts among the people who occur."""
    if not len(first):
        return 0
    met = np.unique(np.concatenate([first, second]))
    return len(np.unique(components(first, second, n)[met]))
