"""How far the raters of a source would differ: variance of severity and of private views, source by source.

``z_ir = μ + α_i + β_r + ε_ir`` within each source (raters' own composites; two-way crossed REML). A source in which
everyone has one rater cannot tell: its error variance is what a declared single-rater reliability leaves, s²(1 − r).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from rankkit.errors import ConvergenceError
from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.components import crossed_reml
from rankkit.kernels.covariance import Factor
from rankkit.kernels.rater_effects.rating_composite import composite
from rankkit.kernels.sources.source_composite import SourceCells

_LEAST_DF = 3  # ratings beyond one a person from which a source's variances are estimated
_NO_ERROR = 1e-12  # variance over the largest one below which raters agree exactly


@dataclass(frozen=True, eq=False)
class SourceError:
    """Error variances of one rater of a source.

    Attributes
    ----------
    rater, residual : float
        Variance of severity (shared by all whom a rater rates) and of the private view of a person, squared score
        units; ``nan`` if unknown.
    between : float
        Variance of true standing between people in the eyes of this source.
    sampling : ndarray, shape (2, 2)
        Sampling covariance of (rater, residual).
    reliability : float
        Of a single rater: between / (between + rater + residual), or as declared.
    estimated : bool
        False where it rests on a declared reliability.
    people, raters, pairs : int
        What it rests on.
    """

    rater: float
    residual: float
    between: float
    sampling: Floats
    reliability: float
    estimated: bool
    people: int
    raters: int
    pairs: int

    @property
    def total(self) -> float:
        """Error variance of one rating."""
        return self.rater + self.residual

    def known(self) -> bool:
        """Whether there is an error variance at all."""
        return bool(np.isfinite(self.total))


def source_error(cells: SourceCells, source: int, dimension_weights: Floats, declared: float) -> SourceError:
    """Estimate the error variances of one source.

    Parameters
    ----------
    cells : SourceCells
    source : int
        Code of the source.
    dimension_weights : ndarray, shape (D,)
        Weights of the dimensions in the composite.
    declared : float
        Single-rater reliability taken where there are fewer than three ratings beyond one a person.

    Returns
    -------
    SourceError
    """
    own = cells.where((cells.source == source) & (dimension_weights[cells.dimension] > 0))
    n, m, _, _ = cells.shape
    parts = composite(own.ratee, own.rater, own.dimension, own.score, dimension_weights, n, m)
    people = int((parts.n_raters > 0).sum())
    facts = (people, len(np.unique(parts.rater)), len(parts.rater))
    if len(parts.rater) - people >= _LEAST_DF:
        ratee, rater = (np.unique(x, return_inverse=True)[1].astype(np.int64) for x in (parts.ratee, parts.rater))
        try:
            fitted = crossed_reml.fit(parts.rater_score, ratee, rater, facts[0], facts[1])
        except ConvergenceError:  # hardly any rater shared: a ridge. Severity then stays within the private views
            return _one_way(parts.rater_score, ratee, facts)
        between, severity, residual = (float(v) for v in fitted.variances)
        total = between + severity + residual
        single = between / total if total > 0 else float("nan")
        return SourceError(severity, residual, between, fitted.variance_unrestricted[1:, 1:], single, True, *facts)
    values = np.bincount(parts.ratee, weights=parts.rater_score, minlength=n) / np.maximum(parts.n_raters, 1)
    values = values[parts.n_raters > 0]
    if len(values) < 2:
        return SourceError(float("nan"), float("nan"), float("nan"), np.zeros((2, 2)), declared, False, *facts)
    spread = float(np.var(values, ddof=1))
    error = spread * (1 - declared)
    sampling = np.zeros((2, 2))
    sampling[1, 1] = 2 * error**2 / (len(values) - 1)
    return SourceError(0.0, error, spread * declared, sampling, declared, False, *facts)


def _one_way(z: Floats, ratee: Ints, facts: tuple[int, int, int]) -> SourceError:
    """Raters taken as different for each person: pooled variance within people."""
    size = np.bincount(ratee)
    mean = np.bincount(ratee, weights=z) / size
    df = len(z) - len(size)
    within = float(((z - mean[ratee]) ** 2).sum()) / df
    between = max(float(np.var(mean, ddof=1)) - within * float((1 / size).mean()), 0.0) if len(size) > 1 else 0.0
    sampling = np.zeros((2, 2))
    sampling[1, 1] = 2 * within**2 / df
    total = between + within
    return SourceError(0.0, within, between, sampling, between / total if total > 0 else float("nan"), True, *facts)


@dataclass(frozen=True, eq=False)
class ErrorParts:
    """Everything that errs in some scores: each source's raters, and what was added by imputing or centring.

    Attributes
    ----------
    loadings : sequence of csr arrays, shape (n, raters)
        Coefficients of the raters of each source.
    errors : sequence of SourceError
        By source.
    shared : ndarray, shape (n, k)
        Further errors people share (estimated source means), in score units.
    own : ndarray, shape (n,)
        Further variance of each person (prediction of an absent source).
    """

    loadings: Sequence[sparse.csr_array]
    errors: Sequence[SourceError]
    shared: Floats
    own: Floats

    def used(self) -> list[int]:
        """Sources that count in any score."""
        return [s for s, load in enumerate(self.loadings) if load.nnz]

    def squares(self, source: int) -> Floats:
        """``Σ_r c²_ir`` of one source, shape (n,)."""
        load = self.loadings[source]
        return np.asarray(load.multiply(load).sum(axis=1), dtype=np.float64).ravel()

    def covariance(self, keep: Ints) -> Factor:
        """Error covariance of some people: common raters' severity is shared, private views are not."""
        specific = self.own[keep].copy()
        columns: list[sparse.csr_array] = []
        for s in self.used():
            error = self.errors[s]
            specific += self.squares(s)[keep] * error.residual
            if error.rater > 0:
                load = self.loadings[s][keep]
                columns.append(load[:, np.unique(load.indices)] * np.sqrt(error.rater))
        if self.shared.shape[1]:
            columns.append(sparse.csr_array(self.shared[keep]))
        loadings = sparse.csr_array(sparse.hstack(columns)) if columns else sparse.csr_array((len(keep), 1))
        return Factor(loadings, specific)

    def variance_parts(self) -> Floats:
        """Error variance each source brings into each score, shape (n, S)."""
        out = np.zeros((len(self.own), len(self.loadings)))
        for s in self.used():
            out[:, s] = self.squares(s) * self.errors[s].total
        return out

    def degrees(self, keep: Ints) -> Floats:
        """Satterthwaite's degrees of freedom of each score, shape (keep,).

        Where one panel stands behind everybody, its mean severity says nothing about the estimated spread of severity; the
        degrees of freedom are then those for a variance of severity one standard error, √(2/(m − 1)), larger.
        """
        plain, careful = np.zeros((len(keep), 2)), np.zeros((len(keep), 2))
        panel = np.full(len(keep), np.inf)
        plain[:, 0] = careful[:, 0] = self.own[keep] + (self.shared[keep] ** 2).sum(axis=1)
        for s in self.used():
            error, q = self.errors[s], self.squares(s)[keep]
            spread = float(error.sampling.sum())
            plain += np.column_stack([q * error.total, q**2 * spread])
            m = self._panel(s, keep)
            larger = 1 + np.sqrt(2 / (m - 1)) if m > 1 and error.estimated else 1.0
            if larger > 1:
                panel = np.where(q > 0, np.minimum(panel, m - 1.0), panel)
            g = np.array([larger, 1.0])
            careful += np.column_stack([q * (g @ np.array([error.rater, error.residual])), q**2 * float(g @ error.sampling @ g)])
        found = _ratio(plain)
        return np.where(np.isfinite(panel), np.maximum(_ratio(careful), np.minimum(found, panel)), found)

    def degrees_of_difference(self, keep: Ints) -> float:
        """Degrees of freedom of an average difference between two people."""
        n = len(keep)
        value, spread = 2 * float(self.own[keep].mean()), 0.0
        for s in self.used():
            error, q = self.errors[s], self.squares(s)[keep]
            column = np.asarray(self.loadings[s][keep].sum(axis=0)).ravel()
            shared = (float(column @ column) - float(q.sum())) / (n * (n - 1)) if n > 1 else 0.0
            g = np.array([max(2 * (float(q.mean()) - shared), 0.0), 2 * float(q.mean())])
            value += float(g @ np.array([error.rater, error.residual]))
            spread += float(g @ error.sampling @ g)
        return 2 * value**2 / spread if spread > 0 else float("inf")

    def _panel(self, source: int, keep: Ints) -> int:
        """Raters of a source who all stand behind everybody, else 0."""
        load = self.loadings[source][keep]
        columns = len(np.unique(load.indices))
        return columns if columns > 1 and load.nnz == len(keep) * columns else 0


def no_error(errors: Sequence[SourceError], used: Sequence[int]) -> bool:
    """Whether the raters of every source agree exactly."""
    size = max((errors[s].between + errors[s].total for s in used), default=0.0)
    return all(errors[s].total <= _NO_ERROR * max(size, 1e-300) for s in used)


def _ratio(moments: Floats) -> Floats:
    """2 v² / Var(v)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(moments[:, 1] > 0, 2 * moments[:, 0] ** 2 / moments[:, 1], np.inf)
