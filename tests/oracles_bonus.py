"""Slow plain implementations for bonuses: the pool divided again and again among those below their caps, and counting by hand."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np


def water_filling(pool, claims, caps=None, floors=None):
    """Exact dues and the rate, by bisection over all points at which somebody meets a bound."""
    n = len(claims)
    caps = [None] * n if caps is None else caps
    floors = [0] * n if floors is None else floors

    def due(i, rate):
        if not claims[i]:
            return Fraction(floors[i])
        x = max(rate * claims[i], Fraction(floors[i]))
        return x if caps[i] is None else min(x, Fraction(caps[i]))

    def paid(rate):
        return sum((due(i, rate) for i in range(n)), Fraction(0))

    bends = sorted(
        {Fraction(b, w) for w, u, v in zip(claims, caps, floors, strict=True) if w for b in (u, v) if b is not None} | {Fraction(0)}
    )
    below = [b for b in bends if paid(b) <= pool]
    rate = below[-1]
    slope = sum(w for i, w in enumerate(claims) if w and due(i, rate + Fraction(1, 10**12)) > due(i, rate))
    if slope:
        rate += (pool - paid(rate)) / slope
    return [due(i, rate) for i in range(n)], rate


def divided_again(pool, claims, caps):
    """Divide in proportion, hold whoever passes the cap at it, divide the rest again: exact dues with caps only."""
    held = {}
    while True:
        free = [i for i in range(len(claims)) if i not in held]
        whole = sum(claims[i] for i in free)
        if not whole:
            return [Fraction(held[i]) if i in held else Fraction(0) for i in range(len(claims))]
        rate = Fraction(pool - sum(held.values()), whole)
        over = [i for i in free if caps[i] is not None and rate * claims[i] > caps[i]]
        if not over:
            return [Fraction(held[i]) if i in held else rate * claims[i] for i in range(len(claims))]
        held |= {i: caps[i] for i in over}


def in_cents(dues, claims, order=None):
    """Largest remainders, one cent at a time; a group of equals is served whole or not at all."""
    order = [0] * len(dues) if order is None else order
    out = [int(d) for d in dues]
    left = int(sum(dues)) - sum(out)
    groups = {}
    for i, d in enumerate(dues):
        if d != int(d):
            groups.setdefault((int(d) - d, -claims[i], order[i]), []).append(i)
    for key in sorted(groups):
        if len(groups[key]) > left:
            return out, left
        for i in groups[key]:
            out[i] += 1
            left -= 1
    return out, left


def sum_of_chances(amounts, chance):
    """Distribution of the sum by every combination: {sum: probability}."""
    out = {}
    for which in product((0, 1), repeat=len(amounts)):
        p = float(np.prod([chance if w else 1 - chance for w in which]))
        key = sum(a for a, w in zip(amounts, which, strict=True) if w)
        out[key] = out.get(key, 0.0) + p
    return out
