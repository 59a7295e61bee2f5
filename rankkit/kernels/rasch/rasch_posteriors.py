"""Posterior of θ of every person on a grid.

People come sorted by their average rating, so that a block of them needs only a window of the grid.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.rasch.rasch_cells import Cells
from rankkit.kernels.rasch.rasch_louis import Louis, Slopes, orthonormal
from rankkit.kernels.rasch.rasch_tables import Tables

_BLOCK = 1_000_000  # numbers in a temporary array
_REACH = 8.0  # posterior standard deviations that a block's window covers on either side
_CUT = 1e-12  # posterior mass at the end of a window above which the block is done again on the whole grid


@dataclass(frozen=True, eq=False)
class Posteriors:
    """What a pass over all people gives.

    Attributes
    ----------
    loglik : float
        Marginal log-likelihood without the constants of the observed categories.
    mean, sd : ndarrays, shape (n,)
        Posterior mean (EAP) and standard deviation of θ.
    row_weight : ndarray, shape (R, Q)
        Expected number of cells of each row at each node.
    moments : ndarray, shape (2,)
        Σ E[(θ−μ)/σ²] and Σ E[((θ−μ)/σ)² − 1].
    edge : float
        Largest posterior mass at an end of the grid.
    missing : ndarray, shape (P, P), or None
        Σ Cov(score | data); P counts every parameter of the vector.
    mean_slope : Slopes or None
        Derivatives of the posterior mean by the parameters.
    neglected : float
        Share of the posterior variance of scores beyond the polynomials used.
    """

    loglik: float
    mean: Floats
    sd: Floats
    row_weight: Floats
    moments: Floats
    edge: float
    missing: Floats | None
    mean_slope: Slopes | None
    neglected: float


@dataclass(frozen=True, eq=False)
class _Block:
    """Consecutive people, the window of the grid they need, and their own copy of the tables' rows."""

    people: slice
    window: slice
    used: Ints
    cell: Ints
    person: Ints
    incidence: sparse.csr_array
    log_f: Floats

    @classmethod
    def of(cls, cells: Cells, table: Tables, people: slice, window: slice) -> _Block:
        start = cells.incidence.indptr[people.start : people.stop + 1]
        used, cell = np.unique(cells.cell_row[start[0] : start[-1]], return_inverse=True)
        incidence = sparse.csr_array((np.ones(len(cell)), cell, start - start[0]), shape=(len(start) - 1, len(used)))
        person = cells.cell_person[start[0] : start[-1]] - people.start
        return cls(people, window, used, cell, person, incidence, table.log_f[used, window])

    def posterior(self, cells: Cells, prior: Floats, theta: Floats) -> tuple[Floats, float]:
        """Posterior masses (people, window) and the log-likelihood."""
        p = self.incidence @ self.log_f
        p += prior[self.window]
        p += cells.person_score[self.people, None] * theta[self.window]
        highest = p.max(axis=1)
        p -= highest[:, None]
        np.exp(p, out=p)
        norm = p.sum(axis=1)
        p /= norm[:, None]
        return p, float((highest + np.log(norm)).sum())


@dataclass(frozen=True, eq=False)
class _Prior:
    """Density of θ on the grid times its spacing, and the scores of μ and log σ."""

    theta: Floats
    mu: float
    sigma: float

    @cached_property
    def deviate(self) -> Floats:
        """(θ − μ)/σ."""
        return (self.theta - self.mu) / self.sigma

    @cached_property
    def log(self) -> Floats:
        """Logarithm of density times spacing."""
        scale = (self.theta[1] - self.theta[0]) / (self.sigma * np.sqrt(2 * np.pi))
        return np.asarray(np.log(scale) - 0.5 * self.deviate**2)

    @cached_property
    def scores(self) -> Floats:
        """Derivatives of the log density, shape (2, Q)."""
        return np.stack([self.deviate / self.sigma, self.deviate**2 - 1])


def posteriors(
    cells: Cells,
    table: Tables,
    mu: float,
    sigma: float,
    near: tuple[Floats, Floats] | None = None,
    degree: int = 0,
    *,
    audit: bool = False,
) -> Posteriors:
    """Pass over all people.

    Parameters
    ----------
    cells : Cells
        The design.
    table : Tables
        Made with ``scores=True`` if ``degree > 0``.
    mu, sigma : float
        Of θ.
    near : (ndarray, ndarray), optional
        Guesses of posterior means and standard deviations; they save time and change nothing.
    degree : int
        Polynomials for the covariance of scores; 0 leaves it out.
    audit : bool
        Also measure what these polynomials neglect.
    """
    theta, n = table.theta, cells.n
    prior = _Prior(theta, mu, sigma)
    mean, sd = np.empty(n), np.empty(n)
    row_weight, moments = np.zeros(table.log_f.shape), np.zeros(2)
    loglik = edge = 0.0
    sums = _Sums(cells, table, prior, degree) if degree else None
    for people, window in _blocks(theta, n, near, 6 + (degree + sums.width if sums else 0)):
        block = _Block.of(cells, table, people, window)
        p, value = block.posterior(cells, prior.log, theta)
        if (window.start and p[:, 0].max() > _CUT) or (window.stop < len(theta) and p[:, -1].max() > _CUT):
            window = slice(0, len(theta))  # noqa: PLW2901 - the guess was wrong
            block = _Block.of(cells, table, people, window)
            p, value = block.posterior(cells, prior.log, theta)
        loglik += value
        edge = max(edge, float(p[:, 0].max()) * (window.start == 0), float(p[:, -1].max()) * (window.stop == len(theta)))
        here = theta[window]
        mean[people] = p @ here
        away = here - mean[people, None]
        sd[people] = np.sqrt(np.einsum("iq,iq->i", p, away**2))
        moments += prior.scores[:, window] @ p.sum(axis=0)
        row_weight[block.used, window] += block.incidence.T @ p
        if sums is not None:
            sums.add(block, p, away / np.maximum(sd[people], 1e-300)[:, None], sd[people], audit=audit)
    return Posteriors(
        loglik,
        mean,
        sd,
        row_weight,
        moments,
        edge,
        missing=sums.louis.matrix() if sums else None,
        mean_slope=sums.slopes() if sums else None,
        neglected=sums.neglected if sums else 0.0,
    )


def _blocks(theta: Floats, n: int, near: tuple[Floats, Floats] | None, width: int) -> Iterator[tuple[slice, slice]]:
    """People in blocks whose temporary arrays stay bounded, and the window of the grid each block needs."""
    q = len(theta)
    first, last = np.zeros(n, dtype=np.int64), np.full(n, q)
    if near is not None:
        spacing = theta[1] - theta[0]
        first = np.clip(np.floor((near[0] - _REACH * near[1] - theta[0]) / spacing), 0, q - 2).astype(np.int64)
        last = np.clip(np.ceil((near[0] + _REACH * near[1] - theta[0]) / spacing) + 1, 2, q).astype(np.int64)
    typical = max(1, int(np.median(last - first)))
    step = max(1, _BLOCK // (width * typical))
    for start in range(0, n, step):
        people = slice(start, min(start + step, n))
        yield people, slice(int(first[people].min()), int(last[people].max()))


class _Sums:
    """Running sums of posterior covariances of scores, and derivatives of posterior means."""

    def __init__(self, cells: Cells, table: Tables, prior: _Prior, degree: int) -> None:
        self.cells, self.table, self.prior, self.degree = cells, table, prior, degree
        where, self.touched = cells.parameters, cells.touched
        self.shared = table.shared if table.shared is not None else np.empty((len(table.log_f), 0, len(table.theta)))
        self.n_items = len(self.touched.shared)
        self.size = where.size + 2 + self.shared.shape[1] - self.n_items
        self.width = self.shared.shape[1] + 2
        own = np.setdiff1d(np.unique(self.touched.index[:, : self.touched.own]), [-1])
        self.louis = Louis(self.size, own, np.concatenate([self.touched.shared, np.arange(where.size, self.size)]))
        self.parts: list[tuple[sparse.csr_array, Floats]] = []
        self.spread = self.kept = 0.0

    @property
    def neglected(self) -> float:
        """Share of the posterior variance of scores beyond the polynomials."""
        return max(0.0, 1 - self.kept / self.spread) if self.spread > 0 else 0.0

    def add(self, block: _Block, p: Floats, deviate: Floats, sd: Floats, *, audit: bool) -> None:
        """Add one block of people."""
        basis = orthonormal(p, deviate, self.degree)
        table = self.shared[block.used, :, block.window]
        sums = np.asarray(block.incidence @ table.reshape(len(table), math.prod(table.shape[1:]))).reshape(len(p), *table.shape[1:])
        scores = self.prior.scores[:, block.window]
        hyper = np.broadcast_to(scores, (len(p), *scores.shape))
        sums = np.concatenate([sums[:, : self.n_items], hyper, sums[:, self.n_items :]], axis=1)
        shared = basis @ sums.transpose(0, 2, 1)
        own = self._own(block, basis, p if audit else None)
        self.louis.add(own, shared.reshape(-1, sums.shape[1]))
        if audit:
            first = np.matmul(sums[:, : self.n_items], p[:, :, None])[:, :, 0]
            self.spread += float((np.matmul(sums[:, : self.n_items] ** 2, p[:, :, None])[:, :, 0] - first**2).sum())
            self.kept += float((shared[:, :, : self.n_items] ** 2).sum()) + float((own.data**2).sum())
        one = np.arange(0, own.shape[0], self.degree)
        self.parts.append((sparse.csr_array(own[one].multiply(sd[:, None])), shared[:, 0] * sd[:, None]))

    def _own(self, block: _Block, basis: Floats, p: Floats | None) -> sparse.csr_array:
        """Coefficients of the scores of units' own parameters, (people·J, own)."""
        n, degree, q = basis.shape
        index = self.louis.own_index
        if self.table.own is None or self.touched.own == 0:
            return sparse.csr_array((n * degree, len(index)))
        table = self.table.own[block.used, :, block.window]
        value = np.empty((len(block.cell), degree, self.touched.own))
        step = max(1, _BLOCK // (q * (degree + 2 * self.touched.own)))
        for start in range(0, len(value), step):
            at = slice(start, start + step)
            function = table[block.cell[at]]
            value[at] = basis[block.person[at]] @ function.transpose(0, 2, 1)
            if p is not None:
                mass = p[block.person[at]][:, :, None]
                self.spread += float((np.matmul(function**2, mass) - np.matmul(function, mass) ** 2).sum())
        parameter = self.touched.index[self.cells.row_unit[block.used[block.cell]], : self.touched.own]
        real = np.broadcast_to((parameter >= 0)[:, None, :], value.shape)
        column = np.broadcast_to(np.searchsorted(index, np.maximum(parameter, index[0]))[:, None, :], value.shape)
        line = np.broadcast_to((block.person[:, None] * degree + np.arange(degree))[:, :, None], value.shape)
        return sparse.csr_array(sparse.coo_array((value[real], (line[real], column[real])), shape=(n * degree, len(index))))

    def slopes(self) -> Slopes:
        """Derivatives of the posterior means by all parameters."""
        stacked = sparse.csr_array(sparse.vstack([part[0] for part in self.parts], format="csr"))
        own = sparse.csr_array((stacked.data, self.louis.own_index[stacked.indices], stacked.indptr), shape=(self.cells.n, self.size))
        return Slopes(own, np.concatenate([part[1] for part in self.parts]), self.louis.shared_index)
