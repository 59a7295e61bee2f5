"""Bootstrap of Bradley-Terry worths: comparisons or judges drawn again, many refits at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import coo_array, csr_array

from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.pairs import bradley_terry, worth_penalties
from rankkit.kernels.pairs.beats_graph import is_connected
from rankkit.kernels.pairs.bradley_terry import BradleyTerryFit
from rankkit.kernels.pairs.pair_counts import PairCounts
from rankkit.kernels.pairs.pair_laplacian import DENSE

_CLOSE = 1e-8  # logits by which a replicate may miss its own maximum
_NEWTON = 8  # Newton steps before a replicate is refitted by itself
_GRADIENTS = 30  # conjugate gradient steps for one of them
_ROOM = 100_000  # pairs times replicates worked on at once, so that they stay in the processor's cache
_RUN = 1 << 14  # of them, so that they stay in the cache next to the processor
_FLAT = 1e-7  # curvature relative to a person's information that single precision cannot tell from none
_FAR = 20.0  # log-units between best and worst beyond which a replicate is refitted by itself
_MOST_LISTED = 10_000_000  # comparisons up to which they are drawn one by one
_TOGETHER = 500  # people up to whom replicates are refitted together, with the inverse information written out


@dataclass(frozen=True)
class WorthReplicates:
    """Worths of data sets drawn again.

    Attributes
    ----------
    worth : ndarray, shape (replicates, n)
        In logits, rows summing to zero; ``nan`` in the rows of replicates whose people fell into groups never compared.
    penalised : int
        Replicates without finite maximum likelihood estimates, refitted with the Jeffreys prior.
    disconnected : int
        Replicates in which some people were not compared, not even through others: no worths.
    """

    worth: Floats
    penalised: int
    disconnected: int

    @property
    def usable(self) -> Floats:
        """Rows with worths, shape (replicates - disconnected, n)."""
        return self.worth[~np.isnan(self.worth[:, 0])] if self.worth.size else self.worth


@dataclass(frozen=True)
class _Cells:
    """Outcomes that occurred, one cell an outcome of a pair, in an order that neither rows nor labels decide."""

    pair: Ints
    outcome: Ints  # 0 the second won, 1 tie, 2 the first won
    count: Floats


def bootstrap(
    fitted: BradleyTerryFit,
    replicates: int,
    rng: np.random.Generator,
    order: Ints,
    *,
    rows: tuple[Ints, Ints, Ints, Floats | None] | None = None,
    judge: Ints | None = None,
) -> WorthReplicates:
    """Refit the model to data drawn again, with replacement, from the data.

    Comparisons are drawn again one by one, or all comparisons of a judge together (answers of a judge are alike, so that
    single comparisons say more than they should). Each replicate is fitted with the penalty of the original fit (a
    Gaussian prior keeps its standard deviation). A replicate without finite maximum likelihood estimates, though the data
    have them, gets the Jeffreys prior and is counted; leaving it out would make the extremes look too certain.

    Parameters
    ----------
    fitted : BradleyTerryFit
        The original fit, whose worths all refits start from.
    replicates : int
        Number of data sets.
    rng : numpy.random.Generator
        Where chance comes from.
    order : ndarray of int, shape (n,)
        People in canonical order (:func:`rankkit.kernels.ranking.canonical_order`): what is drawn depends on it alone, not
        on the order of rows or on labels.
    rows : tuple of arrays, optional
        ``left, right, result, weight`` of each comparison, needed to draw judges.
    judge : ndarray of int, shape (rows,), optional
        Code of the judge of each comparison; judges are drawn instead of comparisons.

    Returns
    -------
    WorthReplicates

    Raises
    ------
    ConvergenceError
        If a refit does not end in a certified solution though one exists.

    Notes
    -----
    Efron, B. & Tibshirani, R. J. (1993). *An Introduction to the Bootstrap*. Chapman & Hall. Field, C. A. & Welsh, A. H.
    (2007). Bootstrapping clustered data. *Journal of the Royal Statistical Society B*, 69.

    Examples
    --------
    >>> counts = PairCounts(3, np.array([0, 0, 1]), np.array([1, 2, 2]), np.full(3, 40.0), np.full(3, 10.0), np.zeros(3))
    >>> fitted = bradley_terry.fit(counts)
    >>> drawn = bootstrap(fitted, 1000, np.random.default_rng(1), np.arange(3))
    >>> drawn.worth.shape, drawn.penalised, np.allclose(drawn.worth.std(axis=0), np.sqrt(np.diag(fitted.covariance)), rtol=0.15)
    ((1000, 3), 0, True)
    """
    counts, n = fitted.counts, fitted.counts.n
    if n <= 1 or replicates == 0:
        return WorthReplicates(np.zeros((replicates, n)), 0, 0)
    cells = _cells(counts, order)
    drawn_again = _comparisons_again(cells, rng)
    if judge is not None and rows is not None:
        drawn_again = _judges_again(cells, counts, rows, judge, rng)
    many = _ManyFits(fitted, cells)
    out = np.empty((replicates, n))
    size = max(1, _ROOM // len(counts.first))
    penalised = disconnected = 0
    for at in range(0, replicates, size):
        part = out[at : at + size]
        drawn = np.stack([drawn_again() for _ in range(len(part))], axis=1)
        arrived = many.refit(drawn, part)
        for k in np.flatnonzero(~arrived):
            worth, with_penalty = _alone(fitted, many.counts_of(drawn[:, k]))
            part[k] = np.nan if worth is None else worth
            penalised += with_penalty
            disconnected += worth is None
    return WorthReplicates(out, penalised, disconnected)


def _cells(counts: PairCounts, order: Ints) -> _Cells:
    """Outcomes of pairs in canonical order: the better placed person first."""
    n, place = counts.n, np.empty(counts.n, dtype=np.int64)
    place[order] = np.arange(n)
    table = np.stack([counts.wins_second, counts.ties, counts.wins_first])
    outcome, pair = np.nonzero(table > 0)
    a, b = place[counts.first[pair]], place[counts.second[pair]]
    seen = np.where(a < b, outcome, 2 - outcome)
    sequence = np.argsort((np.minimum(a, b) * n + np.maximum(a, b)) * 3 + seen, kind="stable")
    return _Cells(pair[sequence], outcome[sequence], table[outcome, pair][sequence])


def _comparisons_again(cells: _Cells, rng: np.random.Generator) -> Callable[[], Floats]:
    """Draw as many comparisons as there are; how many fall into each cell."""
    total, k = round(float(cells.count.sum())), len(cells.count)
    whole = np.rint(cells.count)
    if total > _MOST_LISTED:
        return lambda: rng.multinomial(total, cells.count / cells.count.sum()).astype(np.float64)
    if np.array_equal(whole, cells.count):
        of_comparison = np.repeat(np.arange(k), whole.astype(np.int64))

        def draw() -> Floats:
            return np.bincount(of_comparison[rng.integers(0, total, total)], minlength=k).astype(np.float64)

        return draw
    ends = np.cumsum(cells.count)
    return lambda: np.bincount(np.searchsorted(ends, rng.random(total) * ends[-1], side="right"), minlength=k).astype(np.float64)


def _judges_again(
    cells: _Cells, counts: PairCounts, rows: tuple[Ints, Ints, Ints, Floats | None], judge: Ints, rng: np.random.Generator
) -> Callable[[], Floats]:
    """Draw as many judges as there are, each with all comparisons; how many fall into each cell."""
    left, right, result, weight = rows
    n, k = counts.n, len(cells.count)
    key = np.minimum(left, right) * n + np.maximum(left, right)
    pair = np.searchsorted(counts.first * n + counts.second, key)
    outcome = np.where(left < right, result, -result) + 1
    place = np.zeros(3 * len(counts.first), dtype=np.int64)
    place[cells.pair * 3 + cells.outcome] = np.arange(k)
    mass = np.ones(len(left)) if weight is None else weight
    m = int(judge.max()) + 1
    each = _sparse(mass, judge, place[pair * 3 + outcome], (m, k))
    # judges in an order their answers alone decide: judges with equal answers may change places
    answers = each @ np.random.default_rng(0).random((k, 2))
    by_answer = csr_array(each[np.lexsort(answers.T)].T)

    def draw() -> Floats:
        return np.asarray(by_answer @ np.bincount(rng.integers(0, m, m), minlength=m).astype(np.float64))

    return draw


class _ManyFits:
    """Refits of data sets on the same pairs, all at once.

    Newton's method with conjugate gradients inside, preconditioned by the inverse information of the original fit, which
    each replicate stretches by its own diagonal: ``S L+ S`` with ``S_i = sqrt(L_ii / L*_ii)``. Arrays have replicates
    across, so that one pass serves all of them.
    """

    def __init__(self, fitted: BradleyTerryFit, cells: _Cells) -> None:
        self.fitted, self.counts = fitted, fitted.counts
        pairs, n, k = len(self.counts.first), self.counts.n, len(cells.count)
        each, every = np.arange(k), np.arange(pairs)
        self.outcome, self.pair = cells.outcome, cells.pair
        self.pair_of = _sparse(np.ones(k), cells.pair, each, (pairs, k))
        to_first = 0.5 * cells.outcome
        ends = np.concatenate([self.counts.first[cells.pair], self.counts.second[cells.pair]])
        self.wins_of = _sparse(np.concatenate([to_first, 1 - to_first]), ends, np.tile(each, 2), (n, k))
        ends = np.concatenate([self.counts.first, self.counts.second])
        self.incidence = _sparse(np.ones(2 * pairs), ends, np.tile(every, 2), (n, pairs))
        sign = np.repeat(np.array([1.0, -1.0], dtype=np.float32), pairs)
        self.gap = _sparse(sign, np.tile(every, 2), ends, (pairs, n))
        self.of_gap = csr_array(self.gap.T)
        self.ends = abs(self.of_gap)
        if n <= _TOGETHER and fitted.covariance is not None:
            degree = self.incidence @ fitted.weight + fitted.ridge
            self.own = np.sqrt(degree)[:, None]
            self.inverse = fitted.covariance + 1 / (n * degree.mean())  # positive definite

    def counts_of(self, drawn: Floats) -> PairCounts:
        """Pairs of one replicate that were drawn at all."""
        table = np.zeros((3, len(self.counts.first)))
        table[self.outcome, self.pair] = drawn
        some = table.any(axis=0)
        second_won, tied, first_won = table[:, some]
        return PairCounts(self.counts.n, self.counts.first[some], self.counts.second[some], first_won, second_won, tied)

    def refit(self, drawn: Floats, out: Floats) -> Bools:
        """Fit replicates, cells down and replicates across, into the rows of ``out``; which of them arrived."""
        arrived = np.zeros(drawn.shape[1], dtype=np.bool_)
        if self.counts.n > _TOGETHER or self.fitted.penalty == "jeffreys":
            return arrived
        ridge = self.fitted.ridge
        total, wins = self.pair_of @ drawn, self.wins_of @ drawn
        going = np.arange(drawn.shape[1])
        if ridge == 0:
            going = np.flatnonzero(((wins > 0) & (wins < self.incidence @ total)).all(axis=0))
            total, wins = (np.take(part, going, axis=1) for part in (total, wins))
        worth = np.repeat(self.fitted.worth[:, None], len(going), axis=1)
        next_size = np.full(len(going), 0.5)  # by how much a step is expected to move somebody
        for _ in range(_NEWTON):
            if not len(going):
                break
            score, weight = self._score(worth, total)
            score += wins - ridge * worth
            accuracy = np.clip(0.1 * next_size, 1e-4, 0.05)
            step = self._solve(weight, score, accuracy)
            worth += step
            size = np.abs(step).max(axis=0)
            next_size = size * (size + 3 * accuracy)
            done = next_size <= _CLOSE
            out[going[done]] = (worth[:, done] - worth[:, done].mean(axis=0)).T
            arrived[going[done]] = True
            left = ~done & (np.ptp(worth, axis=0) < _FAR) & (size < 4)
            if not left.all():
                going, next_size = going[left], next_size[left]
                worth, total, wins = (np.compress(left, part, axis=1) for part in (worth, total, wins))
        return arrived

    def _score(self, worth: Floats, total: Floats) -> tuple[Floats, Any]:
        """Expected wins, negative, and the information of each pair in single precision."""
        pairs, across = total.shape
        ability = np.exp(worth)
        rate, weight = np.empty((pairs, across)), np.empty((pairs, across), dtype=np.float32)
        run = max(1, _RUN // across)
        buffers = np.empty((3, run, across))
        for at in range(0, pairs, run):
            here = slice(at, at + run)
            of_first, of_second, both = buffers[:, : len(rate[here])]
            np.take(ability, self.counts.first[here], axis=0, out=of_first, mode="clip")
            np.take(ability, self.counts.second[here], axis=0, out=of_second, mode="clip")
            np.add(of_first, of_second, out=both)
            np.divide(total[here], both, out=rate[here])
            of_first *= rate[here]
            of_second /= both
            np.multiply(of_first, of_second, out=weight[here], casting="same_kind")
        return -ability * (self.incidence @ rate), weight

    def _solve(self, weight: Any, right: Floats, accuracy: Floats) -> Floats:
        """Newton steps of all replicates to their relative accuracies."""
        ridge = self.fitted.ridge
        degree = self.ends @ weight + ridge
        scale = self.own / np.sqrt(np.maximum(degree, np.finfo(np.float32).tiny))

        def inverted(residual: Floats) -> Floats:
            return np.asarray(scale * (self.inverse @ (scale * residual)))

        x, residual = np.zeros_like(right), right.copy()
        near = inverted(residual)
        direction, energy = near.copy(), np.sum(residual * near, axis=0)
        goal = energy * accuracy**2
        for _ in range(_GRADIENTS):
            short = direction.astype(np.float32)
            across = self.gap @ short
            across *= weight
            image = self.of_gap @ across + ridge * direction
            curvature = np.sum(direction * image, axis=0)
            flat = curvature <= _FLAT * np.sum(degree * direction * direction, axis=0)
            x[:, flat & (energy > goal)] = np.nan  # nobody's comparisons hold two groups together: left to a fit by itself
            length = np.where(flat | (energy <= goal), 0.0, energy / np.where(flat, 1.0, curvature))
            x += length * direction
            residual -= length * image
            near = inverted(residual)
            fresh = np.sum(residual * near, axis=0)
            if (fresh <= goal).all():
                break
            direction *= np.where(energy > goal, fresh / np.maximum(energy, np.finfo(np.float64).tiny), 0.0)
            direction += near
            energy = fresh
        return np.asarray(x - x.mean(axis=0))


def _sparse(values: Any, row: Ints, column: Ints, shape: tuple[int, int]) -> Any:
    """Matrix in compressed rows."""
    return csr_array(coo_array((values, (row.astype(np.int32), column.astype(np.int32))), shape=shape))


def _alone(fitted: BradleyTerryFit, counts: PairCounts) -> tuple[Floats | None, bool]:
    """Fit one replicate by itself: worths, and whether they needed a penalty the original fit did not."""
    if fitted.penalty == "gaussian":
        return worth_penalties.gaussian(counts, fitted.prior_sd, fitted.worth, 1e-10).worth, False
    if not is_connected(counts):
        return None, False
    if fitted.penalty == "jeffreys":
        return bradley_terry.fit(counts, penalty="jeffreys", start=fitted.worth).worth, False
    found, _ = bradley_terry.fit_if_finite(counts, start=fitted.worth)
    if found is not None:
        return found.worth, False
    return bradley_terry.fit(counts, penalty="jeffreys" if counts.n <= DENSE else "gaussian").worth, True
