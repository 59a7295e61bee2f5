"""Fit of judges and people judged beside what the fitted model itself produces (parametric bootstrap)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import stats
from scipy.sparse import csr_array

from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.multiplicity import benjamini_hochberg
from rankkit.kernels.pairs.comparison_order import canonical_rows
from rankkit.kernels.pairs.judge_fit import FitStatistics, fit_statistics
from rankkit.kernels.pairs.pair_laplacian import DENSE, pseudo_inverse
from rankkit.kernels.pairs.pair_residuals import Points, points
from rankkit.kernels.pairs.scale_reliability import separation

_DRAWS = 1999  # simulations, where comparisons are few
_FEWEST_DRAWS = 199
_BUDGET = 4e7  # comparisons simulated in all
_MOST_SINGLE = 5_000_000  # comparisons up to which those of one row are drawn one by one
_BLOCK = 2_000_000  # comparisons simulated at once
_TAIL = 10  # simulations beyond the observed value below which the tail is continued as a normal one
_FEWEST_JUDGES = 3  # judges from whom a common order can be told from each one's own
_ROUNDING = 1e-9  # relative difference of two values that are the same


@dataclass(frozen=True, eq=False)
class FitBand:
    """Mean squares of a group beside what the fitted model itself produces for that group's comparisons.

    Attributes
    ----------
    observed : FitStatistics
        Of the data.
    infit_low, infit_high, outfit_low, outfit_high : ndarray, shape (groups,)
        Simulated band.
    infit_middle : ndarray, shape (groups,)
        Median of the simulated infits: above it a group is noisier, below it tamer than the model.
    p, q : ndarray, shape (groups,)
        Two-sided p of infit, and q-values over the groups (Benjamini & Hochberg 1995). NaN for fewer than three judges:
        worths fitted to one or two judges' answers follow these too closely to be a standard for them.
    p_outfit, q_outfit : ndarray, shape (groups,)
        The same of outfit.
    """

    observed: FitStatistics
    infit_low: Floats
    infit_high: Floats
    outfit_low: Floats
    outfit_high: Floats
    infit_middle: Floats
    p: Floats
    q: Floats
    p_outfit: Floats
    q_outfit: Floats


@dataclass(frozen=True, eq=False)
class CalibratedFit:
    """Fit of judges and of people judged.

    Attributes
    ----------
    judges : FitBand or None
        None where judges are unknown.
    people : FitBand
        Each comparison counts for both people.
    draws : int
        Simulated data sets.
    """

    judges: FitBand | None
    people: FitBand
    draws: int


def calibrated_fit(
    judge: Ints | None,
    left: Ints,
    right: Ints,
    result: Ints,
    worth: Floats,
    win: Floats,
    n: int,
    m: int,
    *,
    tie: Floats | None = None,
    weight: Floats | None = None,
    penalised: bool = False,
    level: float = 0.95,
    draws: int | None = None,
    seed: int = 0,
) -> CalibratedFit:
    """Infit and outfit beside the values the fitted model itself produces (parametric bootstrap).

    Every comparison is drawn again from its fitted chances, with the differences of worths deflated by
    ``sqrt(SSR)``, as fitted worths lie further apart than true ones. The worths are fitted again to the drawn data by
    scoring steps ``u + H+ (points - expected points)``, as residuals from worths that were fitted to the same data
    differ from those from true ones, and the mean squares are computed. (One step gives an estimate free of the bias of
    order 1/comparisons, as the Jeffreys prior does; two have it, as maximum likelihood has. Above 2000 people neither is
    done.) So a judge with few comparisons gets a wide band and one with many a narrow one.
    ``p`` is the share of simulated values at least as far out, doubled; where fewer than ten are, the tail of infit is
    continued as that of a normal cube root (Wilson & Hilferty).

    Parameters
    ----------
    judge : ndarray of int, shape (rows,), or None
        Codes of the judges.
    left, right : ndarray of int, shape (rows,)
        Codes of the people.
    result : ndarray of int, shape (rows,)
        ``+1`` left won, ``-1`` right won, ``0`` tie.
    worth : ndarray, shape (n,)
        Fitted worths.
    win, tie : ndarray, shape (rows,)
        Fitted chances that the left person wins, and of a tie (none by default).
    n, m : int
        Number of people and of judges.
    weight : ndarray, shape (rows,), optional
        Comparisons a row stands for; whole numbers are drawn one by one, up to five million comparisons in all.
    penalised : bool
        Whether a prior was used.
    level : float
        Of the bands.
    draws : int, optional
        Simulated data sets; by default 1999, fewer (at least 199) with more than 20 000 comparisons.
    seed : int
        Of the simulation, which follows a canonical order of the comparisons.

    Returns
    -------
    CalibratedFit
        A value outside its band is a pattern to review: a private view of the people or a mistaken side produce it as
        well as inattention does.

    Raises
    ------
    ConvergenceError
        If comparisons do not link everybody.

    Notes
    -----
    Pollitt, A. (2012). The method of adaptive comparative judgement. *Assessment in Education*, 19, flags beyond the
    mean plus two standard deviations whatever the load.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> left, right = np.repeat(np.triu_indices(6, 1), 20, axis=1)
    >>> judge = np.tile(np.arange(20), 15)
    >>> result = np.where(rng.random(300) < 0.8, 1, -1)
    >>> result[judge == 3] = -1  # always the other way round
    >>> found = calibrated_fit(judge, left, right, result, np.linspace(1, -1, 6), np.full(300, 0.75), 6, 20)
    >>> np.flatnonzero(found.judges.q < 0.05), found.draws
    (array([3]), 1999)
    """
    content = [win if tie is None else win + 0.5 * tie, *([] if tie is None else [tie]), *([] if weight is None else [weight])]
    order, people, _ = canonical_rows(judge, left, right, result, n, m, kind=np.column_stack(content))
    if weight is not None:
        counts = np.rint(weight)
        if np.array_equal(counts, weight) and counts.sum() <= _MOST_SINGLE:
            order, weight = np.repeat(order, counts[order].astype(np.int64)), None
        else:
            weight = weight[order]
    left, right, result, win = left[order], right[order], result[order], win[order]
    draw = np.zeros(len(win)) if tie is None else tie[order]
    turned = (people[left] > people[right]) | (
        (people[left] == people[right]) & (left > right)
    )  # the side a person stood on decides nothing but its chance
    left, right, result = np.where(turned, right, left), np.where(turned, left, right), np.where(turned, -result, result)
    win = np.where(turned, 1 - win - draw, win)
    who = None if judge is None else judge[order]
    total = _default_draws(len(win)) if draws is None else draws

    rows = len(win)
    row, ones = np.arange(rows), np.ones(rows) if weight is None else weight
    scored, moments = (result + 1) / 2, points(win, draw)
    both, again = np.concatenate([left, right]), np.concatenate([row, row])
    doubled = Points(moments.mean[again], moments.variance[again], moments.fourth[again])
    observed = [fit_statistics(both, n, scored[again], doubled, ones[again])]
    groups = [csr_array((ones[again], (both, again)), shape=(n, rows))]
    if who is not None:
        observed.append(fit_statistics(who, m, scored, moments, ones))
        groups.append(csr_array((ones, (who, row)), shape=(m, rows)))
    difference = csr_array((np.concatenate([np.ones(rows), -np.ones(rows)]), (again, both)), shape=(rows, n))
    inverse, shares = None, (win, draw, 1 - win - draw)
    if n <= DENSE:
        factor = _deflation(left, right, worth, moments.variance * ones, n)
        shares = _moved(win, draw, (factor - 1) * (worth[left] - worth[right]))
        inverse = _inverse(left, right, _moments(*shares)[1] * ones, n)
    simulated = _simulate(groups, difference, ones, shares, inverse, 1 if penalised else 2, total, np.random.default_rng(seed))
    bands = [_band(seen, *fake, level) for seen, fake in zip(observed, simulated, strict=True)]
    if who is not None and len(np.unique(who)) < _FEWEST_JUDGES:
        unknown = np.full(m, np.nan)
        bands[1] = replace(bands[1], p=unknown, q=unknown, p_outfit=unknown, q_outfit=unknown)
    return CalibratedFit(bands[1] if who is not None else None, bands[0], total)


def _default_draws(rows: int) -> int:
    return int(np.clip(_BUDGET // max(rows, 1), _FEWEST_DRAWS, _DRAWS))


def _deflation(left: Ints, right: Ints, worth: Floats, information: Floats, n: int) -> float:
    """Factor that brings the spread of fitted worths to that of true ones: the root of the separation reliability."""
    ssr = separation(worth, np.diag(_inverse(left, right, information, n))).ssr
    return float(np.sqrt(np.clip(ssr, 0.0, 1.0))) if np.isfinite(ssr) else 1.0


def _inverse(left: Ints, right: Ints, information: Floats, n: int) -> Floats:
    """Centred inverse information."""
    matrix = np.zeros((n, n))
    np.add.at(matrix, (left, right), -information)
    matrix += matrix.T
    return pseudo_inverse(matrix - np.diag(matrix.sum(axis=1)))


def _simulate(
    groups: list[csr_array],
    difference: csr_array,
    weight: Floats,
    shares: tuple[Floats, Floats, Floats],
    inverse: Floats | None,
    steps: int,
    draws: int,
    rng: np.random.Generator,
) -> list[tuple[Floats, Floats]]:
    """Infit and outfit, each of shape (groups, draws), of data drawn from chances of win, tie and loss."""
    win, tie, _ = shares
    rows = len(win)
    found: list[list[tuple[Floats, Floats]]] = [[] for _ in groups]
    loads = [matrix @ np.ones((rows, 1)) for matrix in groups]
    block = max(1, _BLOCK // max(rows, 1))
    for start in range(0, draws, block):
        u = rng.random((min(block, draws - start), rows)).T
        scored = 0.5 * (u < win[:, None]) + 0.5 * (u < (win + tie)[:, None])
        mean, variance = (x[:, None] for x in _moments(*shares))
        shift = np.zeros((rows, 1))
        for _ in range(0 if inverse is None else steps):
            shift = shift + difference @ (inverse @ (difference.T @ (weight[:, None] * (scored - mean))))
            mean, variance = _moments(*_moved(win[:, None], tie[:, None], shift))
        squared = (scored - mean) ** 2
        variance = np.broadcast_to(variance, squared.shape)
        for matrix, load, out in zip(groups, loads, found, strict=True):
            with np.errstate(divide="ignore", invalid="ignore"):
                out.append(((matrix @ squared) / (matrix @ variance), (matrix @ (squared / variance)) / load))
    return [(np.concatenate([a for a, _ in out], axis=1), np.concatenate([b for _, b in out], axis=1)) for out in found]


def _moved(win: Floats, tie: Floats, shift: Floats) -> tuple[Floats, Floats, Floats]:
    """Chances of win, tie and loss after the lead of the left person has grown by ``shift``."""
    more, less = win * np.exp(0.5 * shift), (1 - win - tie) * np.exp(-0.5 * shift)
    whole = more + tie + less
    return more / whole, tie / whole, less / whole


def _moments(win: Floats, tie: Floats, loss: Floats) -> tuple[Floats, Floats]:
    """Mean and variance of the points."""
    mean = win + 0.5 * tie
    return mean, win * (1 - mean) ** 2 + tie * (0.5 - mean) ** 2 + loss * mean**2


def _band(observed: FitStatistics, infit: Floats, outfit: Floats, level: float) -> FitBand:
    """Compare observed mean squares with simulated ones."""
    ends = [(1 - level) / 2, 0.5, (1 + level) / 2]
    with np.errstate(invalid="ignore"):
        (infit_low, middle, infit_high), (outfit_low, _, outfit_high) = (np.quantile(x, ends, axis=1) for x in (infit, outfit))
    p, p_outfit = _two_sided(observed.infit, infit, tail=True), _two_sided(observed.outfit, outfit, tail=False)
    q, q_outfit = benjamini_hochberg(p), benjamini_hochberg(p_outfit)
    return FitBand(observed, infit_low, infit_high, outfit_low, outfit_high, middle, p, q, p_outfit, q_outfit)


def _two_sided(observed: Floats, simulated: Floats, *, tail: bool) -> Floats:
    """Twice the smaller share of simulated values at least as far out."""
    draws = simulated.shape[1]
    slack = _ROUNDING * np.abs(observed)
    sides = []
    for sign in (1.0, -1.0):
        seen, fake = sign * observed, sign * simulated
        beyond = (fake >= (seen - slack)[:, None]).sum(axis=1)
        p = (1.0 + beyond) / (draws + 1)
        if tail and draws > 4 * _TAIL:
            root, at = np.cbrt(simulated), np.cbrt(observed)
            with np.errstate(divide="ignore", invalid="ignore"):
                centre, spread = root.mean(axis=1), root.std(axis=1)
                anchor = (np.partition(sign * root, -_TAIL, axis=1)[:, -_TAIL] - sign * centre) / spread
                z = sign * (at - centre) / spread
                beyond_normal = (1.0 + _TAIL) / (draws + 1) * np.exp(np.minimum(stats.norm.logsf(z) - stats.norm.logsf(anchor), 0.0))
            use = (beyond < _TAIL) & np.isfinite(beyond_normal)
            p = np.where(use, beyond_normal, p)
        sides.append(p)
    out: Floats = np.minimum(1.0, 2 * np.minimum(*sides))
    out[np.isnan(observed)] = np.nan
    return out
