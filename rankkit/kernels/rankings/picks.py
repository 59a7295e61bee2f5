"""Rankings as what they were made of: one choice after another, each from those who were left."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from rankkit.kernels.arrays import Floats, Ints

BEST, WORST = 1, -1


@dataclass(frozen=True, eq=False)
class Picks:
    """Choices in flat form; a choice that took everybody who was left, or the only one left, is none.

    Attributes
    ----------
    n, m : int
        Number of people and of raters.
    person : ndarray of int, shape (rows,)
        Members of the choice sets, one choice after another; in each, those taken stand first.
    start : ndarray of int, shape (picks + 1,)
        Choice ``k`` is of ``person[start[k]:start[k + 1]]``.
    taken : ndarray of int, shape (picks,)
        Number of people taken: 1, or the size of the tie group.
    end : ndarray of int, shape (picks,)
        ``+1`` the best, ``-1`` the worst of the set was asked for.
    stage : ndarray of int, shape (picks,)
        ``s - 1``: half the number of picks made before in the list, rounded down.
    rater, ranking : ndarray of int, shape (picks,)
        Whose choice, and in which list.
    """

    n: int
    m: int
    person: Ints
    start: Ints
    taken: Ints
    end: Ints
    stage: Ints
    rater: Ints
    ranking: Ints

    def __len__(self) -> int:
        return len(self.taken)

    @cached_property
    def size(self) -> Ints:
        """Size of each choice set, shape (picks,)."""
        return np.diff(self.start)

    @cached_property
    def pick(self) -> Ints:
        """Choice each row belongs to, shape (rows,)."""
        return np.repeat(np.arange(len(self)), self.size)

    @cached_property
    def is_taken(self) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        """Whether the row's person was taken, shape (rows,)."""
        within = np.arange(len(self.person)) - self.start[:-1][self.pick]
        return within < self.taken[self.pick]

    @cached_property
    def made(self) -> Floats:
        """Number of choice sets each person was in, shape (n,)."""
        return np.bincount(self.person, minlength=self.n).astype(np.float64)

    @property
    def ties(self) -> int:
        """Number of choices that took several people at once."""
        return int((self.taken > 1).sum())

    def without(self, r: int) -> Picks:
        """Drop the choices of one rater."""
        return self.where(self.rater != r)

    def where(self, keep: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Picks:
        """Keep some choices."""
        size = self.size[keep]
        return replace(
            self,
            person=self.person[keep[self.pick]],
            start=np.concatenate([[0], np.cumsum(size)]).astype(np.int64),
            taken=self.taken[keep],
            end=self.end[keep],
            stage=self.stage[keep],
            rater=self.rater[keep],
            ranking=self.ranking[keep],
        )

    def outcomes(self) -> tuple[Ints, Ints, Ints]:
        """Who was put before whom: rater, better and worse person of each pair a choice decided.

        Pairs of one choice are not independent: use them for questions of reachability only.
        """
        raters, better, worse = [], [], []
        for k in range(len(self)):
            members = self.person[self.start[k] : self.start[k + 1]]
            g = self.taken[k]
            one, other = np.repeat(members[:g], len(members) - g), np.tile(members[g:], g)
            raters.append(np.full(len(one), self.rater[k]))
            better.append(one if self.end[k] == BEST else other)
            worse.append(other if self.end[k] == BEST else one)
        none = np.zeros(0, dtype=np.int64)
        return np.concatenate([none, *raters]), np.concatenate([none, *better]), np.concatenate([none, *worse])


def from_log(ranking: Ints, person: Ints, pick: Ints, end: Ints, rater: Ints, n: int, m: int) -> Picks:
    """Read the choices off pick logs.

    The set of a choice is everybody presented who was not taken before; whoever was left over at the finish, or was
    placed last because nobody else was left, stands in the sets and makes no choice. A choice at the second end is from
    the set *without* whoever was just taken at the first. Stages count picks, whichever end they were at.

    Parameters
    ----------
    ranking, person : ndarray of int, shape (rows,)
        List and person of each entry; those who were not presented, and those withdrawn, have no row.
    pick : ndarray of int, shape (rows,)
        Number of the pick within the list, from 1; people taken together share it. 0 = not taken by a choice.
    end : ndarray of int, shape (rows,)
        ``+1`` or ``-1`` where ``pick > 0``.
    rater : ndarray of int, shape (lists,)
        Rater of each list.
    n, m : int
        Number of people and of raters.

    Returns
    -------
    Picks
        A complete list of ``k`` people without ties gives ``k - 1`` choices: only the last place is forced.

    Examples
    --------
    >>> import numpy as np
    >>> picks = from_log(np.zeros(4, int), np.arange(4), np.array([1, 3, 0, 2]), np.array([1, 1, 0, -1]), np.zeros(1, int), 4, 1)
    >>> picks.size, picks.end, picks.stage
    (array([4, 3, 2]), array([ 1, -1,  1]), array([0, 0, 1]))
    """
    members, taken, ends, stages, lists = [], [], [], [], []
    for which, rows in _lists(ranking):
        order = rows[np.argsort(np.where(pick[rows] > 0, pick[rows], np.iinfo(np.int64).max), kind="stable")]
        place = 0
        for number in np.unique(pick[rows][pick[rows] > 0]):
            here = order[place:]
            g = int(np.sum(pick[here] == number))
            place += g
            if g == len(here):
                break
            members.append(person[here])
            taken.append(g)
            ends.append(end[here[0]])
            stages.append((number - 1) // 2)
            lists.append(which)
    return _flat(members, taken, ends, stages, lists, rater, n, m)


def top_down(ranking: Ints, person: Ints, place: Floats, rater: Ints, n: int, m: int) -> Picks:
    """Read orders as choices of the best, then the best of the rest, and so on (Plackett-Luce).

    Parameters
    ----------
    ranking, person : ndarray of int, shape (rows,)
        List and person of each entry.
    place : ndarray, shape (rows,)
        Lower is better; people of one place could not be separated. Leave the order of leftovers open by giving them
        one place.
    rater : ndarray of int, shape (lists,)
        Rater of each list.
    n, m : int
        Number of people and of raters.

    Returns
    -------
    Picks
        All at the best end, all of stage 0.

    Examples
    --------
    >>> import numpy as np
    >>> picks = top_down(np.zeros(4, int), np.arange(4), np.array([2.0, 1.0, 3.0, 3.0]), np.zeros(1, int), 4, 1)
    >>> picks.size, picks.person
    (array([4, 3]), array([1, 0, 2, 3, 0, 2, 3]))
    """
    members, taken, lists = [], [], []
    for which, rows in _lists(ranking):
        order = rows[np.argsort(place[rows], kind="stable")]
        first = 0
        for value in np.unique(place[rows])[:-1]:
            here = order[first:]
            g = int(np.sum(place[here] == value))
            members.append(person[here])
            taken.append(g)
            lists.append(which)
            first += g
    return _flat(members, taken, [BEST] * len(taken), [0] * len(taken), lists, rater, n, m)


def _lists(ranking: Ints) -> list[tuple[int, Ints]]:
    """Rows of each list."""
    if not len(ranking):
        return []
    order = np.argsort(ranking, kind="stable")
    found, first = np.unique(ranking[order], return_index=True)
    return list(zip(found.tolist(), np.split(order, first[1:]), strict=True))


def _flat(
    members: list[Ints], taken: list[int], end: list[int], stage: list[int], ranking: list[int], rater: Ints, n: int, m: int
) -> Picks:
    size = [len(x) for x in members]
    lists = np.array(ranking, dtype=np.int64)
    return Picks(
        n=n,
        m=m,
        person=np.concatenate([np.zeros(0, dtype=np.int64), *members]).astype(np.int64),
        start=np.concatenate([[0], np.cumsum(size)]).astype(np.int64),
        taken=np.array(taken, dtype=np.int64),
        end=np.array(end, dtype=np.int64),
        stage=np.array(stage, dtype=np.int64),
        rater=np.asarray(rater, dtype=np.int64)[lists],
        ranking=lists,
    )


def has_finite_estimate(picks: Picks) -> bool:
    """Say whether worths have a finite maximum likelihood estimate.

    They do if and only if, whichever way people are divided into two groups, somebody of the first was put before
    somebody of the second: the digraph "was put before" is strongly connected (Hunter 2004). One ranking alone never
    is. The same holds for the sequential best-worst, the maxdiff and the Plackett-Luce model, with tie groups as
    partial orders.

    Parameters
    ----------
    picks : Picks
        The choices.

    Returns
    -------
    bool
        True for one person.

    Examples
    --------
    >>> import numpy as np
    >>> lists, people = np.repeat([0, 1], 3), np.tile(np.arange(3), 2)
    >>> one = top_down(lists[:3], people[:3], np.array([1.0, 2, 3]), np.zeros(1, int), 3, 1)
    >>> two = top_down(lists, people, np.array([1.0, 2, 3, 3, 2, 1]), np.array([0, 1]), 3, 2)
    >>> has_finite_estimate(one), has_finite_estimate(two)
    (False, True)
    """
    _, better, worse = picks.outcomes()
    graph = csr_array((np.ones(len(better), dtype=np.int8), (better, worse)), shape=(picks.n, picks.n))
    return int(connected_components(graph, directed=True, connection="strong")[0]) <= 1
