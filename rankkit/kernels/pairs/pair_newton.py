"""Newton's method for the worths of a Bradley-Terry model, certified: what it returns solves the score equation."""

from __future__ import annotations

import numpy as np

from rankkit.errors import ConvergenceError
from rankkit.kernels.arrays import Floats
from rankkit.kernels.pairs.beats_graph import verdict
from rankkit.kernels.pairs.pair_counts import PairCounts
from rankkit.kernels.pairs.pair_laplacian import PairSystem, Reals

_MOST_NEWTON = 60
_WIDE = 20.0  # log-units between best and worst; beyond, rounding could pass a runaway for a solution
_WIDEST = 500.0  # log-units; beyond, no finite estimate is near
_LONGEST_STEP = 4.0  # log-units one Newton step may move two people compared apart
_ROUNDING = 1e-9  # relative accuracy of a factorisation, generously
_NEAR = 1e-6  # score relative to comparisons from where Newton's last step can be trusted unseen
_SLOW = 7  # Newton steps after which conjugate gradients give way to a factorisation
_SINGLE = 2e-6  # relative accuracy conjugate gradients in single precision are asked for at most
_AMPLIFIED = 1e-4  # rounding in single precision, times the condition of the worst graph conjugate gradients cope with
_RUN = 1 << 15  # pairs worked through at a time, so that they stay in the processor's cache


def maximise(
    system: PairSystem, wins: Floats, total: Floats, start: Floats, tolerance: float, *, verify: bool = False
) -> tuple[Floats, int, float]:
    """Maximise the likelihood, times the prior of ``system.ridge``.

    Damped Newton steps ``L+ (w - e - ridge u)`` with ``e`` the expected wins and ``L`` the information, each solved only
    as exactly as it deserves (Dembo, Eisenstat & Steihaug 1982); the information in single precision where there are
    many pairs, the score in double. A step of size ``s`` solved to relative accuracy ``a`` leaves an error of some
    ``s² + a s``, as the information of a pair changes by at most the share the difference does. The end is reached once
    the score and that error are below the tolerance.

    Parameters
    ----------
    system : PairSystem
        Solver of the comparison graph.
    wins : ndarray, shape (n,)
        Wins of each person.
    total : ndarray, shape (pairs,)
        Comparisons of each pair.
    start : ndarray, shape (n,)
        Worths to start from.
    tolerance : float
        Largest error of a worth, in logits, and largest score relative to a person's comparisons, at the solution.
    verify : bool
        Look at the "beats" digraph once worths run wide, and stop if no finite maximum exists.

    Returns
    -------
    worth : ndarray, shape (n,)
        Sums to zero.
    iterations : int
        Steps taken.
    gradient_norm : float
        Largest score relative to a person's comparisons, or a bound on it.

    Raises
    ------
    ConvergenceError
        If the iteration does not end in a certified solution.

    Examples
    --------
    >>> import numpy as np
    >>> pair = PairCounts(2, np.array([0]), np.array([1]), np.array([3.0]), np.ones(1), np.zeros(1))
    >>> worth, steps, left_over = maximise(PairSystem(pair), pair.wins, pair.total, np.zeros(2), 1e-10)
    >>> worth.round(6)
    array([ 0.549306, -0.549306])
    """
    counts = system.counts
    played = counts.per_person(total, total) if total is not counts.total else counts.comparisons
    surface = _Surface(counts, wins, total, system.ridge)
    worth = start - start.mean()
    score = surface.score(worth)
    worst = float(np.max(np.abs(score) / played))
    predicted = np.inf  # bound on the error left after the last step
    gain = 30.0  # size of a step relative to the score it answers
    for iteration in range(_MOST_NEWTON + 1):
        if verify and np.ptp(worth) > _WIDE:
            if verdict(counts).kind != "finite":
                break
            verify = False
        if worst <= tolerance and predicted <= tolerance:
            return worth, iteration, worst
        if iteration == _MOST_NEWTON or np.ptp(worth) > _WIDEST:
            break
        if iteration >= _SLOW:
            system.prefer_factorisation()
        if system.exact and surface.single:
            surface.double(worth)
        system.set_weights(surface.weight)
        wanted = 0.05 * tolerance / (gain * worst) if worst > 0 else 1.0  # what makes this step the last one
        accuracy = min(1e-2, max(worst, wanted, _SINGLE))
        step = system.solve(score, accuracy)
        size = float(np.max(np.abs(step)))
        loss = _ROUNDING if system.exact and not surface.single else 3 * accuracy + _AMPLIFIED * surface.single
        left_over = (size + loss) * size
        if worst <= _NEAR and left_over <= tolerance:  # the score then is below half of it: no need to look
            worth = worth + step
            return worth - worth.mean(), iteration + 1, 0.5 * left_over
        gain = size / worst if worst > 0 else gain
        rise = float(np.sum(score * step))
        length = min(1.0, _LONGEST_STEP / surface.widest(step)) if size > 0.5 * _LONGEST_STEP else 1.0
        for _ in range(30):
            trial = worth + length * step
            fresh = surface.score(trial)
            if float(np.sum(fresh * step)) >= -0.5 * rise - 1e-12 * abs(rise):  # the top of the line is not far overshot
                break
            length /= 2
        worth, score = trial - trial.mean(), fresh
        worst = float(np.max(np.abs(score) / played))
        predicted = left_over if length == 1.0 else np.inf
    raise ConvergenceError("E-CONV", iterations=iteration, gradient=worst)


class _Surface:
    """The penalised log-likelihood of one data set: its score, and with it the information of each pair."""

    def __init__(self, counts: PairCounts, wins: Floats, total: Floats, ridge: float) -> None:
        self.counts, self.wins, self.total, self.ridge = counts, wins, total, ridge
        pairs = len(counts.first)
        self.rate = np.empty(pairs)
        self.single = pairs > _RUN
        self.weight: Reals = np.empty(pairs, dtype=np.float32) if self.single else np.empty(pairs)
        self.buffers = np.empty((3, min(pairs, _RUN)))
        self.upper = counts.upper(self.rate) if pairs > _RUN else None

    def double(self, worth: Floats) -> None:
        """Change to information in double precision: a factorisation would amplify rounding."""
        self.single, self.weight = False, np.empty(len(self.rate))
        self.score(worth)

    def score(self, worth: Floats) -> Floats:
        """Wins minus expected wins minus ridge x worth, shape (n,); fills :attr:`weight`."""
        counts, total = self.counts, self.total
        ability = np.exp(worth - 0.5 * (worth.max() + worth.min()))
        for at in range(0, len(total), _RUN):
            here = slice(at, at + _RUN)
            rate, weight = self.rate[here], self.weight[here]
            of_first, of_second, both = self.buffers[:, : len(rate)]
            np.take(ability, counts.first[here], out=of_first, mode="clip")
            np.take(ability, counts.second[here], out=of_second, mode="clip")
            np.add(of_first, of_second, out=both)
            np.divide(total[here], both, out=rate)
            of_first *= rate
            of_second /= both
            np.multiply(of_first, of_second, out=weight, casting="same_kind")
        expected: Floats = ability * self._per_person()
        expected += self.ridge * worth
        return np.asarray(self.wins - expected)

    def _per_person(self) -> Floats:
        if self.upper is None:
            return self.counts.per_person(self.rate, self.rate)
        ones = np.ones(self.counts.n)
        return np.asarray(self.upper @ ones + self.upper.T @ ones)

    def widest(self, step: Floats) -> float:
        """Largest change a step makes to the difference of two people compared."""
        return float(np.abs(step[self.counts.first] - step[self.counts.second]).max())


def score_of(counts: PairCounts, wins: Floats, total: Floats, worth: Floats) -> Floats:
    """Wins minus expected wins of each person, shape (n,)."""
    return _Surface(counts, wins, total, 0.0).score(worth)


def pair_information(counts: PairCounts, worth: Floats, total: Floats | None = None) -> Floats:
    """Fisher information of each pair, ``n_ij p_ij (1 - p_ij)``, shape (pairs,)."""
    half = np.exp(0.5 * np.abs(worth[counts.first] - worth[counts.second]))
    return np.asarray((counts.total if total is None else total) / (half + 1 / half) ** 2)
