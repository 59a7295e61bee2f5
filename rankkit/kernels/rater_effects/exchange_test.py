"""Whether one rater's values are low or high among those that other raters gave for the same people.

Under the null hypothesis the raters of a person could have changed places: rater r's value for person i is then a draw,
each with probability 1/k_i, from the k_i values given for that person, independently over persons. The total of a rater is
a sum of independent draws; its tail probability comes from the saddlepoint of its cumulant generating function
(Lugannani & Rice 1980), which for eight or more people is exact to a few per cent of the tail: no random numbers, hence
nothing that depends on the order of rows or on names.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from rankkit.errors import ConvergenceError
from rankkit.kernels.arrays import Bools, Floats, Ints

_STEPS = 200  # of the root search; it converges in about ten
_ROOT = 1e-7  # K′ at the root, in standard deviations of the total: its effect on a tail is of second order
_NEAR = 1e-4  # signed root below which the tail is taken from its expansion at the mean
_EDGE = 1e-9  # distance from the smallest or largest possible total, relative to the range


@dataclass(frozen=True, eq=False)
class ExchangeTest:
    """Totals of raters against exchanging the raters of each person.

    Attributes
    ----------
    n : ndarray of int, shape (m,)
        People with values by at least two raters, behind each test.
    mean : ndarray, shape (m,)
        The rater's mean value over them; NaN without any.
    others : ndarray, shape (m,)
        Mean over the same people of the other raters' means.
    ratio_se : ndarray, shape (m,)
        Standard error of log(mean/others) over people; NaN with fewer than two people or a mean of zero.
    p_low, p_high : ndarray, shape (m,)
        Probability of a total this small (large) or smaller (larger) by exchange; NaN where nothing can vary.
    """

    n: Ints
    mean: Floats
    others: Floats
    ratio_se: Floats
    p_low: Floats
    p_high: Floats


def exchange_test(value: Floats, block: Ints, unit: Ints, n_units: int) -> ExchangeTest:
    """Test every rater's total of values against the raters of each person changing places.

    Parameters
    ----------
    value : ndarray, shape (rows,)
        One value a ratee × rater; NaN = none.
    block : ndarray of int, shape (rows,)
        Ratee codes.
    unit : ndarray of int, shape (rows,)
        Rater codes, each at most once in a block.
    n_units : int
        Number of raters.

    Returns
    -------
    ExchangeTest

    Notes
    -----
    K_r(s) = Σ_i log(k_i⁻¹ Σ_q exp(s h_iq)) over the people of rater r; ŝ solves K′(ŝ) = the observed total t;
    w = sign(ŝ)√(2(ŝt − K(ŝ))), u = ŝ√K″(ŝ), P(T ≥ t) ≈ 1 − Φ(w) + φ(w)(1/u − 1/w). At the smallest or largest possible
    total the probability is the exact product over people.

    References
    ----------
    Lugannani & Rice (1980), Advances in Applied Probability 12, 475–490. Robinson (1982), Saddlepoint approximations for
    permutation tests, JRSS B 44, 91–101.

    Examples
    --------
    >>> import numpy as np
    >>> value = np.array([1.0, 2, 1, 3, 2, 3, 1, 4, 2, 2.5])
    >>> found = exchange_test(value, np.repeat(np.arange(5), 2), np.tile([0, 1], 5), 2)
    >>> found.mean, found.p_low.round(5)
    (array([1.4, 2.9]), array([0.03125, 1.     ]))
    """
    held = ~np.isnan(value)
    blocks = int(block.max(initial=-1)) + 1
    k = np.bincount(block[held], minlength=blocks)
    rows = np.flatnonzero(held & (k[block] > 1))
    rows = rows[np.argsort(block[rows], kind="stable")]
    h, b, u = value[rows], block[rows], unit[rows]
    size = k[b]
    n = np.bincount(u, minlength=n_units)
    # the values a row could have had: its whole block
    start = np.searchsorted(b, b)
    at = np.repeat(start - np.concatenate([[0], np.cumsum(size)[:-1]]), size) + np.arange(size.sum()) if len(rows) else rows
    choice, of = h[at], np.repeat(np.arange(len(rows)), size)
    rest = (np.bincount(b, h, blocks)[b] - h) / np.maximum(size - 1, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean, others = np.bincount(u, h, n_units) / n, np.bincount(u, rest, n_units) / n
        change = h / mean[u] - rest / others[u]
        se = np.sqrt(np.bincount(u, change**2, n_units) / (n * (n - 1.0)))
    se[~np.isfinite(se)] = np.nan
    low, high = _tails(h, choice, of, size, u, n_units)
    return ExchangeTest(n, mean, others, se, low, high)


def _tails(h: Floats, choice: Floats, of: Ints, size: Ints, u: Ints, n_units: int) -> tuple[Floats, Floats]:
    """Lower and upper tail of every unit's total."""
    low, high = np.full(n_units, np.nan), np.full(n_units, np.nan)
    if not len(h):
        return low, high
    starts = np.concatenate([[0], np.cumsum(size)[:-1]])
    least, most = np.minimum.reduceat(choice, starts), np.maximum.reduceat(choice, starts)
    total = np.bincount(u, h, n_units)
    floor, ceiling = np.bincount(u, least, n_units), np.bincount(u, most, n_units)
    width = ceiling - floor
    varies = width > 1e-12 * np.maximum(np.abs(total), 1e-300)
    slack = _EDGE * width
    lowest, highest = varies & (total <= floor + slack), varies & (total >= ceiling - slack)
    inside = varies & ~lowest & ~highest
    scale = np.where(varies, 1 / np.where(varies, width, 1), 1.0)  # s in units of the range
    centred = (choice - h[of]) * scale[u[of]]  # total is then 0
    s, K, second, third = _saddlepoint(centred, of, starts, size, u, n_units, inside)
    w = np.sign(s) * np.sqrt(np.maximum(-2 * K, 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        correction = 1 / (s * np.sqrt(second)) - 1 / w
        at_mean = -third / (6 * second**1.5)
    correction = np.where(np.abs(w) < _NEAR, at_mean, correction)
    density = np.exp(-(w**2) / 2) / np.sqrt(2 * np.pi)
    above = np.clip(special.ndtr(-w) + density * correction, 0.0, 1.0)
    low[inside], high[inside] = (1 - above)[inside], above[inside]
    below = np.clip(special.ndtr(w) - density * correction, 0.0, 1.0)
    low[inside] = below[inside]
    for edge, extreme, tail, other in ((lowest, least, low, high), (highest, most, high, low)):
        same = np.bincount(of, np.abs(choice - extreme[of]) <= 1e-12 * np.maximum(np.abs(choice), 1), len(h))
        tail[edge] = np.exp(np.bincount(u, np.log(same / size), n_units))[edge]
        other[edge] = 1.0
    return low, high


def _saddlepoint(
    x: Floats, of: Ints, starts: Ints, size: Ints, u: Ints, n_units: int, wanted: Bools
) -> tuple[Floats, Floats, Floats, Floats]:
    """Root of K′(s) = 0 for every unit by Newton steps kept in a bracket; K, K″, K‴ there (K‴ at s = 0)."""
    low, high = np.full(n_units, -np.inf), np.full(n_units, np.inf)
    s = np.zeros(n_units)
    third = np.zeros(n_units)
    for step in range(_STEPS):
        K, first, second, skew = _cumulants(s, x, of, starts, size, u, n_units)
        if step == 0:
            third = skew
        low, high = np.where(first < 0, s, low), np.where(first > 0, s, high)
        with np.errstate(divide="ignore", invalid="ignore"):
            newton = s - first / second
            middle = np.where(np.isinf(low), 2 * np.minimum(s, -1.0), np.where(np.isinf(high), 2 * np.maximum(s, 1.0), (low + high) / 2))
        following = np.where((newton > low) & (newton < high) & np.isfinite(newton), newton, middle)
        found = ~wanted | (np.abs(first) <= _ROOT * np.sqrt(second))
        if found.all():
            break
        s = np.where(found, s, following)
    else:
        raise ConvergenceError(
            "E-CONV", what="the saddlepoint of a permutation test", iterations=_STEPS, gradient=float(np.abs(first).max())
        )
    return s, K, second, third


def _cumulants(s: Floats, x: Floats, of: Ints, starts: Ints, size: Ints, u: Ints, n_units: int) -> tuple[Floats, Floats, Floats, Floats]:
    """K, K′, K″, K‴ of every unit's total at its own s."""
    exponent = s[u[of]] * x
    top = np.maximum.reduceat(exponent, starts)
    e = np.exp(exponent - top[of])
    mass = np.add.reduceat(e, starts)
    m1 = np.add.reduceat(e * x, starts) / mass
    d = x - m1[of]
    square = e * d * d
    m2 = np.add.reduceat(square, starts) / mass
    m3 = np.add.reduceat(square * d, starts) / mass
    log = top + np.log(mass / size)
    return tuple(np.bincount(u, part, n_units) for part in (log, m1, m2, m3))  # type: ignore[return-value]
