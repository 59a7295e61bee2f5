"""What a fit expects of single comparisons and of pairs, ties counted as half of each included."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from rankkit.kernels.arrays import Floats
from rankkit.kernels.pairs.bradley_terry import BradleyTerryFit
from rankkit.kernels.pairs.pair_residuals import davidson_spread, implied_ties, points
from rankkit.kernels.pairs.scale_reliability import separation
from rankkit.methods.pair_data import Pairs
from rankkit.methods.pair_fit import PairFit
from rankkit.methods.paired_result import decided

_CERTAIN = 1e-15  # chances are at least this


@dataclass(frozen=True, eq=False)
class Rows:
    """Chances in each comparison.

    Attributes
    ----------
    win, tie : ndarray, shape (rows,)
        That left wins, and that nobody does.
    even : ndarray, shape (rows,)
        That left wins if somebody does and sides mean nothing.
    worth : ndarray, shape (n,)
        Worths as log-odds of winning if somebody does, which these are not with a normal link or where ties count half.
    """

    win: Floats
    tie: Floats
    even: Floats
    worth: Floats


def rows(pairs: Pairs, fitted: PairFit) -> Rows:
    """Chances in each comparison; where ties count half, with ties as often as there are, by Davidson's model."""
    win, tie = fitted.chances(pairs)
    lead = fitted.worth[pairs.left] - fitted.worth[pairs.right]
    even = decided(lead, fitted.link, fitted.threshold)
    if tie is None:
        tie = np.zeros_like(win)
        if pairs.counts.has_ties:
            log_nu = implied_ties(win, pairs.mass, float(pairs.counts.ties.sum()))
            (win, tie, _), (ahead, _, behind) = davidson_spread(win, log_nu), davidson_spread(even, log_nu)
            even = ahead / (ahead + behind)
    even = np.clip(even, _CERTAIN, 1 - _CERTAIN)
    squares = float(lead @ lead)
    scale = float(lead @ (np.log(even) - np.log1p(-even))) / squares if squares > 0 else 1.0
    return Rows(win, tie, even, fitted.worth * scale)


@dataclass(frozen=True, eq=False)
class Cells:
    """Comparisons of a pair that have the same chances.

    Attributes
    ----------
    pair : ndarray of int, shape (cells,)
        Position of the pair.
    total, win, tie : ndarray, shape (cells,)
        Comparisons, chance that the pair's first person wins, and of a tie.
    leverage : ndarray, shape (pairs,), or None
        Share of each pair's variance that went into its own prediction; None for too many people.
    """

    pair: np.ndarray
    total: Floats
    win: Floats
    tie: Floats
    leverage: Floats | None

    def expected(self, counts_total: Floats) -> tuple[Floats, Floats, Floats]:
        """Mean chances of each pair of a win and of a tie, and the variance of its points."""
        size = len(counts_total)
        variance = np.bincount(self.pair, self.total * points(self.win, self.tie).variance, size)
        win, tie = (np.bincount(self.pair, self.total * x, size) / counts_total for x in (self.win, self.tie))
        return np.asarray(win), np.asarray(tie), np.asarray(variance, dtype=np.float64)

    def drawn_together(self, pairs: Pairs, fitted: PairFit) -> Cells:
        """Return the chances of worths whose spread is that of true ones: log-odds times the root of the separation reliability."""
        covariance = fitted.source.covariance
        ssr = float("nan") if covariance is None else separation(fitted.worth, np.diag(covariance)).ssr
        if not np.isfinite(ssr) or fitted.penalty == "gaussian":
            return self
        worth, counts = rows(pairs, fitted).worth, pairs.counts
        gap = (worth[counts.first] - worth[counts.second])[self.pair] * (np.sqrt(np.clip(ssr, 0.0, 1.0)) - 1)
        more, less = self.win * np.exp(0.5 * gap), (1 - self.win - self.tie) * np.exp(-0.5 * gap)
        whole = more + self.tie + less
        return replace(self, win=more / whole, tie=self.tie / whole)


def cells(pairs: Pairs, fitted: PairFit) -> Cells:
    """Chances of each pair, one cell for each contest it met in."""
    counts, source = pairs.counts, fitted.source
    if isinstance(source, BradleyTerryFit):
        pair, total = np.arange(len(counts.first)), counts.total
        win = 1 / (1 + np.exp(fitted.worth[counts.second] - fitted.worth[counts.first]))
        tie = np.zeros_like(win)
    else:
        left, right, tie = source.probabilities()
        seen = source.contests
        pair, total = seen.of_pair, seen.total
        win = np.where(seen.left < seen.right, left, right)
    if fitted.tie_model == "half" and pairs.counts.has_ties:
        win, tie, _ = davidson_spread(win, implied_ties(win, total, float(counts.ties.sum())))
    return Cells(pair, total, win, tie, _leverage(pairs, fitted))


def _leverage(pairs: Pairs, fitted: PairFit) -> Floats | None:
    """Variance of each pair's expected points, by that of its points: ``g' C g / V`` with ``g`` their slopes by all parameters."""
    source, counts = fitted.source, pairs.counts
    covariance = source.covariance
    if covariance is None:
        return None
    own = np.diag(covariance)
    between = own[counts.first] + own[counts.second] - 2 * covariance[counts.first, counts.second]
    if isinstance(source, BradleyTerryFit):
        return np.clip(source.weight * between, 0.0, 1.0)
    seen, at = source.contests, source.outcomes
    chance = np.exp(at.log_chance)
    scored = np.array([1.0, 0.0, 0.5])[: len(chance), None]
    by_lead, by_tie = (seen.total * np.sum(scored * chance * part, axis=0) for part in (at.by_e, at.by_t))
    sign = np.where(seen.left < seen.right, 1.0, -1.0)
    slope = seen.per_pair(by_lead)
    used = slope**2 * between
    columns = [sign * by_lead * v for v in seen.covariates.T] + ([sign * by_tie] if source.model.has_tie_parameter else [])
    if columns:
        g = np.column_stack([seen.per_pair(column) for column in columns])
        cross = source.cross_covariance
        used = used + 2 * slope * np.sum((cross[counts.first] - cross[counts.second]) * g, axis=1)
        used = used + np.sum((g @ source.parameter_covariance) * g, axis=1)
    tie = chance[2] if len(chance) == 3 else None
    variance = seen.per_pair(seen.total * points(chance[0], tie).variance)
    return np.clip(used / variance, 0.0, 1.0)
