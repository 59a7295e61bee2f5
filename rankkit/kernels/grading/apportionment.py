"""From shares to whole people: apportionment in exact fractions.

Floating point has no place here: ``ceil(0.07 * 100)`` is 8.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Literal, SupportsFloat

import numpy as np

from rankkit.errors import PolicyError, Problem
from rankkit.kernels.arrays import Ints

SeatTies = Literal["middle", "top", "bottom"]
Share = Fraction | Decimal | int | str | SupportsFloat

_SIMPLE = 1_000_000  # a float with many digits is read as a fraction with at most this denominator, if it is one
_DIGITS = 12


def exact(share: Share) -> Fraction:
    """Read a number as the fraction its writer meant.

    Parameters
    ----------
    share : Fraction, Decimal, int, str or float
        A float means the decimal it prints as; if that has more than 12 digits and a fraction with denominator up to
        a million rounds to the same float, it means that fraction (so ``1/3`` is a third).

    Returns
    -------
    Fraction
        Exactly that number.

    Raises
    ------
    ValueError
        If it is not a finite number.

    Examples
    --------
    >>> exact(0.07), exact(1 / 3)
    (Fraction(7, 100), Fraction(1, 3))
    """
    if isinstance(share, Fraction | Decimal | int | str):
        return Fraction(share)
    number = float(share)
    written = Fraction(repr(number))
    if len(str(written.numerator)) > _DIGITS or len(str(written.denominator)) > _DIGITS:
        simple = written.limit_denominator(_SIMPLE)
        if float(simple) == number:
            return simple
    return written


def exact_shares(shares: Sequence[Share]) -> list[Fraction]:
    """Check the shares of the grades and return them as fractions of one.

    Parameters
    ----------
    shares : sequence
        Best grade first; they sum to exactly 1 or exactly 100.

    Returns
    -------
    list of Fraction
        Summing to 1.

    Raises
    ------
    PolicyError
        ``E-QUOTA`` for a share that is negative or no number, ``E-QUOTA-SUM`` for any other sum. Nothing is rescaled.

    Examples
    --------
    >>> exact_shares([20, 70, 10])
    [Fraction(1, 5), Fraction(7, 10), Fraction(1, 10)]
    """
    parsed = [_share(share, position) for position, share in enumerate(shares)]
    total = sum(parsed, Fraction(0))
    if total not in (1, 100):
        raise PolicyError([_wrong_sum(shares, total)])
    return [share / total for share in parsed]


def largest_remainder(n: int, shares: Sequence[Share], *, seat_ties: SeatTies = "middle") -> Ints:
    """Whole numbers of people per grade: floors of p_b·n, left-over seats to the largest fractions (Hamilton).

    Parameters
    ----------
    n : int
        Number of people.
    shares : sequence
        Share of each grade, best first; exactly 1 or 100 in all.
    seat_ties : {"middle", "top", "bottom"}
        Who gets a seat when fractions are equal: the grade nearest the middle (at equal distance the better one),
        the better grade, or the worse grade. With five grades and five people at 10/20/40/20/10, ``"middle"``
        still gives the last seat to an extreme grade: only those two have a fraction left.

    Returns
    -------
    (B,) array of int
        Summing to ``n``.

    Raises
    ------
    PolicyError
        If the shares are not shares, see :func:`exact_shares`.

    Notes
    -----
    One person more can cost a grade a seat (the Alabama paradox): 1/2/63/29/5 per cent give the last grade 1 of 8
    people and 0 of 9. :func:`sainte_lague` is free of it.

    Examples
    --------
    >>> largest_remainder(8, [10, 20, 40, 20, 10])
    array([1, 2, 3, 1, 1])
    """
    fractions = exact_shares(shares)
    quotas = [share * n for share in fractions]
    counts = [floor(quota) for quota in quotas]
    priority = served_order(len(quotas), seat_ties)
    by_remainder = sorted(range(len(quotas)), key=lambda b: (counts[b] - quotas[b], priority[b]))
    for b in by_remainder[: n - sum(counts)]:
        counts[b] += 1
    return np.array(counts, dtype=np.int64)


def sainte_lague(n: int, shares: Sequence[Share], *, seat_ties: SeatTies = "middle") -> Ints:
    """Whole numbers of people per grade by highest averages p_b/(2s_b + 1) (Webster, Sainte-Laguë).

    Parameters
    ----------
    n : int
        Number of people.
    shares : sequence
        Share of each grade, best first; exactly 1 or 100 in all.
    seat_ties : {"middle", "top", "bottom"}
        As in :func:`largest_remainder`.

    Returns
    -------
    (B,) array of int
        Summing to ``n``; no entry falls when ``n`` grows.

    Raises
    ------
    PolicyError
        If the shares are not shares, see :func:`exact_shares`.

    Examples
    --------
    >>> sainte_lague(9, [1, 2, 63, 29, 5])
    array([0, 0, 6, 3, 0])
    """
    fractions = exact_shares(shares)
    size = len(fractions)
    priority = served_order(size, seat_ties)
    safe = max(Fraction(0), n - Fraction(size, 2))  # seats every quotient ≥ 1/(2·safe) earns; never more than n
    counts = [floor(share * safe + Fraction(1, 2)) if share else 0 for share in fractions]
    while sum(counts) < n:
        winner = min(range(size), key=lambda b: (-fractions[b] / (2 * counts[b] + 1), priority[b]))
        counts[winner] += 1
    return np.array(counts, dtype=np.int64)


def range_quota(n: int, lowest: Sequence[Share], highest: Sequence[Share]) -> tuple[Ints, Ints]:
    """Fewest and most people per grade: ⌈lo·n⌉ and ⌊hi·n⌋, exactly.

    Parameters
    ----------
    n : int
        Number of people.
    lowest, highest : sequences
        Bounds of each grade's share, best first. Read as per cent if any upper bound exceeds 1, else as fractions.

    Returns
    -------
    fewest, most : (B,) arrays of int
        With fewest ≤ most, Σ fewest ≤ n ≤ Σ most.

    Raises
    ------
    PolicyError
        ``E-QUOTA`` if a bound is no share or a range holds no whole number for this ``n``; ``E-QUOTA-SUM`` if the
        ranges together cannot hold ``n`` people.

    Examples
    --------
    >>> fewest, most = range_quota(100, [0.07, 0.6, 0], [0.2, 0.8, 0.1])
    >>> fewest, most
    (array([ 7, 60,  0]), array([20, 80, 10]))
    """
    low = [_share(share, position) for position, share in enumerate(lowest)]
    high = [_share(share, position) for position, share in enumerate(highest)]
    if any(share > 1 for share in high):
        low, high = [share / 100 for share in low], [share / 100 for share in high]
    fewest, most = [ceil(share * n) for share in low], [floor(share * n) for share in high]
    for position, (a, b) in enumerate(zip(fewest, most, strict=True)):
        if a > b:
            between = f"{float(low[position] * n):g}–{float(high[position] * n):g} of {n}"
            raise PolicyError("E-QUOTA", name=position + 1, value=between)
    if sum(fewest) > n or sum(most) < n:
        total = sum(low, Fraction(0)) if sum(fewest) > n else sum(high, Fraction(0))
        raise PolicyError([_wrong_sum((), total)])
    return np.array(fewest, dtype=np.int64), np.array(most, dtype=np.int64)


def _wrong_sum(shares: Sequence[Share], total: Fraction) -> Problem:
    """What shares sum to, with as many digits as show that it is not 1 or 100, and the share that was computed rather than written."""
    told = f"{float(total):.12g}"
    if told in ("1", "100"):
        told = str(Decimal(total.numerator) / Decimal(total.denominator))
    odd = [(repr(s), f"{s:.12g}") for s in shares if isinstance(s, float) and len(repr(s).replace(".", "").lstrip("0")) > _DIGITS]
    odd = [(long, short) for long, short in odd if exact(float(short)) != exact(float(long))]
    said = ", ".join(f"{long}: was {short} meant?" for long, short in odd)
    said_zh = "，".join(f"{long}：是否应为 {short}？" for long, short in odd)
    details = {"total": told, "odd": f" ({said})" if said else "", "odd_zh": f"（{said_zh}）" if said else ""}
    return Problem("E-QUOTA-SUM", None, None, None, details)


def _share(share: Share, position: int) -> Fraction:
    try:
        value = exact(share)
    except (ValueError, TypeError, OverflowError):
        raise PolicyError("E-QUOTA", name=position + 1, value=share) from None
    if value < 0:
        raise PolicyError("E-QUOTA", name=position + 1, value=share)
    return value


def served_order(size: int, seat_ties: SeatTies) -> list[tuple[int, int]]:
    """Order in which grades of equal claim are served.

    Parameters
    ----------
    size : int
        Number of grades.
    seat_ties : {"middle", "top", "bottom"}
        As in :func:`largest_remainder`.

    Returns
    -------
    list of tuple
        One key a grade; the smallest is served first.

    Examples
    --------
    >>> sorted(range(4), key=served_order(4, "middle").__getitem__)
    [1, 2, 0, 3]
    """
    if seat_ties == "middle":
        return [(abs(2 * b - (size - 1)), b) for b in range(size)]
    return [(0, b if seat_ties == "top" else -b) for b in range(size)]
