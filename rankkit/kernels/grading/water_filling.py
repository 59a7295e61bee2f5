"""A pool divided in proportion to claims between bounds, in whole cents: water-filling in exact arithmetic.

No float touches the money: claims and cents are Python integers, and the rate is a fraction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

Bound = Literal["", "floor", "cap"]


@dataclass(frozen=True)
class WaterFilling:
    """A pool divided.

    Attributes
    ----------
    amounts : tuple of int, length n
        Cents of each; together with ``kept`` and ``surplus`` they are the pool, less ``shortfall`` where floors exceed it.
    rate : Fraction
        Cents for one unit of claim: the water level. Who stands at no bound is due exactly ``rate · claim``.
    bound : tuple of str, length n
        ``"floor"`` or ``"cap"`` where that decides the amount, else ``""``.
    tied : tuple of int
        Whose remainders and claims are equal where there were fewer cents than such people.
    kept : int
        Cents those people could not share; fewer than there are of them.
    surplus : int
        What the caps leave of the pool.
    shortfall : int
        What the floors ask beyond the pool.
    """

    amounts: tuple[int, ...]
    rate: Fraction
    bound: tuple[Bound, ...]
    tied: tuple[int, ...] = ()
    kept: int = 0
    surplus: int = 0
    shortfall: int = 0


def water_filling(
    pool: int,
    claims: Sequence[int],
    *,
    caps: Sequence[int | None] | None = None,
    floors: Sequence[int] | None = None,
    order: Sequence[int] | None = None,
) -> WaterFilling:
    r"""Divide a pool so that each gets the same rate a unit of claim, but no less than a floor and no more than a cap.

    .. math:: x_i = \min\{u_i, \max\{l_i, \lambda w_i\}\}, \qquad \textstyle\sum_i x_i = P

    The rate λ is found by raising the level through the points l_i/w_i and u_i/w_i at which somebody leaves a floor or
    reaches a cap; without floors this is what dividing again and again among those below their caps ends in. Where an
    interval of rates pays the pool out, λ is its upper end; where the caps cannot hold the pool, the level at which the
    last of them is reached.

    Cents are the whole parts of x_i, and one more for the largest fractions. Bounds are whole cents, so a cent more
    never passes a cap. Equal fractions go to the larger claim, then by ``order``; what then is equal still gets the same
    cents, and cents too few for all of them stay in the pool (``kept``). Neither position nor anything else decides.

    Parameters
    ----------
    pool : int
        Cents to divide, 0 or more.
    claims : sequence of int, length n
        Claims in any common unit, 0 or more.
    caps : sequence of int or None, length n, optional
        Most cents of each; ``None`` = no cap.
    floors : sequence of int, length n, optional
        Fewest cents of each, not above its cap.
    order : sequence of int, length n, optional
        Who is served first where fractions and claims are equal: the smaller number.

    Returns
    -------
    WaterFilling

    References
    ----------
    Aumann & Maschler (1985), Journal of Economic Theory 36, 195–213 (the rule drawn as vessels filled to one level).
    Balinski & Young (1982), Fair Representation (largest remainders).

    Examples
    --------
    >>> water_filling(10_000, [3, 2, 1]).amounts
    (5000, 3333, 1667)
    >>> capped = water_filling(10_000, [3, 2, 1], caps=[4000, None, None])
    >>> capped.amounts, capped.rate, capped.bound
    ((4000, 4000, 2000), Fraction(2000, 1), ('cap', '', ''))
    >>> even = water_filling(100, [1, 1, 1])
    >>> even.amounts, even.kept
    ((33, 33, 33), 1)
    """
    n = len(claims)
    low = [0] * n if floors is None else [int(f) for f in floors]
    high: list[int | None] = [None] * n if caps is None else list(caps)
    for i, w in enumerate(claims):
        if not w:  # nothing claimed: the floor, and it never rises
            high[i] = low[i]
    shortfall = sum(low) - pool
    if shortfall > 0:
        return WaterFilling(tuple(low), Fraction(0), tuple("floor" if f else "" for f in low), shortfall=shortfall)
    rate, surplus = _level(pool, claims, low, high)
    p, q = rate.numerator, rate.denominator
    amounts, bound, free = [], [], []
    for i, w in enumerate(claims):
        cap = high[i]
        if cap is not None and (not w or p * w >= q * cap):
            amounts.append(cap)
            bound.append("cap" if w else "floor" if cap else "")
        elif p * w <= q * low[i]:
            amounts.append(low[i])
            bound.append("floor" if low[i] else "")
        else:
            amounts.append(p * w // q)
            bound.append("")
            free.append(i)
    left = pool - surplus - sum(amounts)
    tied, kept = _serve(amounts, left, {i: (-(p * claims[i] % q), -claims[i], 0 if order is None else order[i]) for i in free})
    return WaterFilling(tuple(amounts), rate, tuple(bound), tied, kept, surplus)  # type: ignore[arg-type]


def _level(pool: int, claims: Sequence[int], low: Sequence[int], high: Sequence[int | None]) -> tuple[Fraction, int]:
    """Raise the rate from bound to bound until the pool is paid out; what the caps leave over."""
    bends: dict[Fraction, int] = {}
    for w, least, most in zip(claims, low, high, strict=True):
        if w:
            start = Fraction(least, w)
            bends[start] = bends.get(start, 0) + w
            if most is not None:
                end = Fraction(most, w)
                bends[end] = bends.get(end, 0) - w
    level, slope, paid = Fraction(0), 0, Fraction(sum(low))
    for bend in sorted(bends):
        reached = paid + slope * (bend - level)
        if reached > pool:
            break
        level, paid = bend, reached
        slope += bends[bend]
    if slope:
        return level + (pool - paid) / slope, 0
    return level, pool - int(paid)


def _serve(amounts: list[int], left: int, keys: dict[int, tuple[int, int, int]]) -> tuple[tuple[int, ...], int]:
    """Give a cent each to the largest fractions; a group of equals that cannot be served whole gets none."""
    queue = sorted(keys, key=keys.__getitem__)
    served = queue[:left]
    tied: tuple[int, ...] = ()
    kept = 0
    if left < len(queue) and left and keys[queue[left]] == keys[queue[left - 1]]:
        cut = keys[queue[left]]
        tied = tuple(sorted(i for i in queue if keys[i] == cut))
        served = [i for i in served if keys[i] != cut]
        kept = left - len(served)
    for i in served:
        amounts[i] += 1
    return tied, kept
