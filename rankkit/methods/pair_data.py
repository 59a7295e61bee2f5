"""Decided comparisons of one dimension as arrays, coded among the people compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.pairs import contests
from rankkit.kernels.pairs.beats_graph import Existence, verdict
from rankkit.kernels.pairs.contests import Contests
from rankkit.kernels.pairs.pair_counts import PairCounts, aggregate
from rankkit.tables.comparisons import Comparisons


@dataclass(frozen=True, eq=False)
class Pairs:
    """Rows that count, and what they add up to.

    Attributes
    ----------
    people : tuple of str, length n
        Ids of the people compared, in the order of their codes.
    labels : mapping
        Display names.
    left, right, result : array of int, shape (rows,)
        Codes of the two people; +1 left won, -1 right won, 0 tie.
    weight : array, shape (rows,), or None
        Comparisons a row stands for; None is one each.
    judge : array of int, shape (rows,)
        Code of the judge among :attr:`raters`; -1 where unknown.
    raters : tuple of str, length m
        Ids of the judges of these rows.
    use : array of bool, shape (rows of the table,)
        Which rows of the table these are.
    sided : bool
        Whether left and right mean anything.
    counts : PairCounts
        Comparisons by pair.
    """

    people: tuple[str, ...]
    labels: Mapping[str, str]
    left: Ints
    right: Ints
    result: Ints
    weight: Floats | None
    judge: Ints
    raters: tuple[str, ...]
    use: Bools
    sided: bool
    counts: PairCounts

    @classmethod
    def of(cls, table: Comparisons, use: Bools) -> Pairs:
        """Take the rows in use, code their people afresh and count them."""
        every = bool(use.all())
        left, right = (table.left, table.right) if every else (table.left[use], table.right[use])
        result, weight = (table.result, table.count) if every else (table.result[use], table.count[use])
        people = table.people  # a table lists the people who stand in its rows
        if not every:
            seen = np.zeros(len(people), dtype=np.bool_)
            seen[left] = seen[right] = True
            if not seen.all():
                place = np.cumsum(seen) - 1
                left, right = place[left], place[right]
                people = tuple(p for p, s in zip(table.people, seen, strict=True) if s)
        judge: Ints = np.broadcast_to(np.int64(-1), len(left))
        raters: tuple[str, ...] = ()
        if table.raters:
            judge, raters = _among_those_present(table.rater if every else table.rater[use], table.raters)
        one = weight[:1] if weight.strides == (0,) else weight  # a constant column is stored once
        unit = None if (one == 1).all() else weight
        counts = aggregate(left, right, result, unit, len(people))
        return cls(people, table.labels, left, right, result, unit, judge, raters, use, table.sided, counts)

    @property
    def n(self) -> int:
        """Number of people compared."""
        return len(self.people)

    @property
    def m(self) -> int:
        """Number of judges known."""
        return len(self.raters)

    @property
    def names(self) -> list[str]:
        """Display names, in the order of the codes."""
        return [self.labels.get(p, p) for p in self.people]

    @property
    def mass(self) -> Floats:
        """Comparisons each row stands for."""
        return np.ones(len(self.left)) if self.weight is None else self.weight

    @cached_property
    def row(self) -> Ints:
        """Positions of the rows in the table."""
        return np.flatnonzero(self.use)

    def remember(self, existence: Existence) -> None:
        """Keep a verdict that the fit has come by."""
        vars(self)["existence"] = existence

    @cached_property
    def existence(self) -> Existence:
        """Verdict on finite maximum likelihood estimates of worths alone."""
        return verdict(self.counts)

    def unordered(self) -> Pairs:
        """Return the same comparisons with the first person of each pair on the left, for models without sides."""
        turned = self.left > self.right
        left, right = np.where(turned, self.right, self.left), np.where(turned, self.left, self.right)
        return replace(self, left=left, right=right, result=np.where(turned, -self.result, self.result))

    def without_judge(self, r: int) -> PairCounts:
        """Count the comparisons of all other judges."""
        keep = self.judge != r
        weight = None if self.weight is None else self.weight[keep]
        return aggregate(self.left[keep], self.right[keep], self.result[keep], weight, self.n)

    def contests(self, covariates: Floats) -> Contests:
        """Add up by left person, right person and contest covariates, shape (rows, q)."""
        return contests.aggregate(self.left, self.right, self.result, self.weight, self.n, covariates)

    def record(self) -> tuple[Floats, Floats, Floats]:
        """Wins, losses and ties of each person."""
        c, n = self.counts, self.n

        def added(first: Floats, second: Floats) -> Floats:
            return np.asarray(np.bincount(c.first, first, n) + np.bincount(c.second, second, n), dtype=np.float64)

        return added(c.wins_first, c.wins_second), added(c.wins_second, c.wins_first), added(c.ties, c.ties)


def _among_those_present(rater: Ints, raters: tuple[str, ...]) -> tuple[Ints, tuple[str, ...]]:
    """Code judges afresh among those of these rows."""
    seen = np.bincount(rater[rater >= 0], minlength=len(raters)) > 0
    if seen.all() and (rater >= 0).all():
        return rater, raters
    place = np.append(np.where(seen, np.cumsum(seen) - 1, -1), -1)
    return place[rater], tuple(r for r, s in zip(raters, seen, strict=True) if s)
