"""Which differences between sums may be shown, so that no rating is fixed by the ends of the scale.

The sum of n ratings in categories 0 … m − 1 lies between 0 and n(m−1). Somebody who is one of the raters takes the own answer
off, so that the sum of the n − 1 others lies between 0 and M = (n−1)(m−1); the others' ratings are fixed when that sum is 0 or
M. With the margin q (1: nobody's rating is determined, 2: everybody's range keeps three categories) the others' sum must be able
to be as low as M − q and as high as q, whatever the own answer is. Hence no boundary between shown values may lie above M − q or
below (m−1) + q: sums from M − q on are one band, sums up to (m−1) + q are one band, and between them every sum may be shown.
No finer table keeps the promise. The bands depend on n, m and q alone, never on the answers, so that a band says nothing beyond
itself to somebody who knows the rule (a decision that looks at the answers would).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

_NICE = (1, 2, 5)


@dataclass(frozen=True)
class Ends:
    """Bands of the sum of one group, in categories from 0.

    Attributes
    ----------
    bottom : int
        Sums up to here are one band.
    top : int
        Sums from here on are one band.
    highest : int
        Largest possible sum.
    """

    bottom: int
    top: int
    highest: int

    def shown(self, total: Fraction) -> tuple[Fraction, Fraction]:
        """Return the sum itself, or the ends of its band."""
        if total >= self.top:
            return Fraction(self.top), Fraction(self.highest)
        if total <= self.bottom:
            return Fraction(0), Fraction(self.bottom)
        return total, total


def ends(n: int, categories: int, margin: int) -> Ends | None:
    """Bands of the sum of ``n`` ratings, or ``None`` if the group is too small for the scale to show anything.

    Parameters
    ----------
    n : int
        Raters.
    categories : int
        Points of the scale.
    margin : int
        Categories a range keeps beyond one.

    Examples
    --------
    Five raters, five points: 20 of 25 and more (a mean of 4.0 and more) is one band.

    >>> ends(5, 5, margin=1)
    Ends(bottom=5, top=15, highest=20)
    >>> ends(2, 5, margin=1) is None
    True
    """
    bottom, top = categories - 1 + margin, (n - 1) * (categories - 1) - margin
    return None if n < 3 or top <= bottom or categories <= margin else Ends(bottom, top, n * (categories - 1))


@dataclass(frozen=True)
class Part:
    """One group under a weighted sum.

    Attributes
    ----------
    weight : Fraction
        Of one category of the group's sum, positive.
    low, high : Fraction
        What is shown of the group's sum; equal where it is exact.
    end : int
        ``1`` for the band at the top, ``-1`` for the one at the bottom, ``0`` if exact.
    members : frozenset of int
        Raters of the group.
    """

    weight: Fraction
    low: Fraction
    high: Fraction
    end: int
    members: frozenset[int]


def grid(smallest: Fraction) -> Fraction:
    """Return the finest step of 1, 2, 5 × a power of ten that is not below ``smallest``; never below 0.01.

    >>> grid(Fraction(3, 100)), grid(Fraction(1, 1000))
    (Fraction(1, 20), Fraction(1, 100))
    """
    unit = Fraction(1, 100)
    while True:
        for factor in _NICE:
            if factor * unit >= smallest:
                return factor * unit
        unit *= 10


def rounded(
    total: Fraction, parts: Sequence[Part], categories: int, margin: int, offset: Fraction = Fraction(0), *, unit: int = 1
) -> tuple[Fraction, Fraction]:
    """Show a weighted sum of groups more finely than their bands imply, without fixing anybody.

    With weights c_j of one category, boundaries between shown values lie on a grid at least as wide as the largest c_j of a
    banded group: then, for any answers inside a cell, one group's sum can move by a category and another's can make up for it.
    Near the largest value the bands allow, a boundary would force every group to its maximum as a rater knows it, which is
    lower than the maximum by at most what the own answers are worth, Σ c_e (m−1) over the rater's banded groups. So there is
    none above max − Σ c_e (m−1) − q·c_j, and likewise at the bottom.

    Parameters
    ----------
    total : Fraction
        The weighted sum, ``offset`` included.
    parts : sequence of Part
        Groups under it.
    categories, margin : int
        As for :func:`ends`.
    offset : Fraction
        What is added to Σ weight × sum.
    unit : int
        Categories between two answers of a rater where some answers lie closer together than others.

    Returns
    -------
    low, high : Fraction
        The cell of the grid, or the whole range the bands imply.

    Examples
    --------
    >>> one = Part(Fraction(1, 25), Fraction(15), Fraction(20), 1, frozenset(range(5)))
    >>> two = Part(Fraction(1, 25), Fraction(12), Fraction(12), 0, frozenset(range(9, 14)))
    >>> [float(v) for v in rounded(Fraction(28, 25) + 1, [one, two], 5, 1, Fraction(1))]
    [2.08, 2.28]
    """
    low = offset + sum((p.weight * p.low for p in parts), Fraction(0))
    high = offset + sum((p.weight * p.high for p in parts), Fraction(0))
    banded = [p for p in parts if p.end]
    if not banded:
        return low, high
    step = grid(max(p.weight for p in banded) * unit)
    top, bottom = ([p for p in banded if p.end == side] for side in (1, -1))
    above = high - _reach(top, categories, margin) if top else high
    below = low + _reach(bottom, categories, margin) if bottom else low
    last = floor(above / step) * step  # the topmost boundary; the cell above it reaches to the end
    first = (floor(below / step) + 1) * step if bottom else ceil(below / step) * step  # strictly above, for cells are half-open
    if not top and last == high:
        last = high
    if last <= first:
        return low, high
    if total >= last:
        return max(low, last), high
    if total < first:
        return low, min(high, first)
    start = floor(total / step) * step
    return max(low, start), min(high, start + step)


def _reach(parts: Sequence[Part], categories: int, margin: int) -> Fraction:
    """How far from the end of the range the last boundary must stay."""
    own: dict[int, Fraction] = {}
    for p in parts:
        for r in p.members:
            own[r] = own.get(r, Fraction(0)) + p.weight * (categories - 1)
    return max(own.values()) + margin * max(p.weight for p in parts)


def implied(parts: Sequence[Part], offset: Fraction = Fraction(0)) -> tuple[Fraction, Fraction]:
    """Interval of a weighted sum that follows from what is shown of its groups; weights may be negative.

    >>> implied([Part(Fraction(-1), Fraction(2), Fraction(3), 1, frozenset())])
    (Fraction(-3, 1), Fraction(-2, 1))
    """
    ends_ = [sorted((p.weight * p.low, p.weight * p.high)) for p in parts]
    return offset + sum((e[0] for e in ends_), Fraction(0)), offset + sum((e[1] for e in ends_), Fraction(0))
