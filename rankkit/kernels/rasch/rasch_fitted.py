"""What joint maximum likelihood of a many-facet Rasch model returns, and how precise its measures are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import linalg, sparse

from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.covariance import Covariance, Dense, Factor
from rankkit.kernels.on_demand_covariance import OnDemand
from rankkit.kernels.rasch.rasch_design import RaschDesign
from rankkit.kernels.rasch.rasch_information import DENSE, Information
from rankkit.kernels.rasch.rasch_subsets import Subsets

_ROWS = 2_000_000  # numbers written out at a time where variances are added up


@dataclass(frozen=True, eq=False)
class RaschFit:
    """Measures of every facet in logits, τ summing to zero, facets 1, 2, … centred, θ free.

    Attributes
    ----------
    design : RaschDesign
        Everything that was given.
    active : ndarray of bool, shape (N,)
        Observations that determined the measures: those without an extreme element.
    measures : tuple of arrays, one a facet
        θ, severities β, difficulties δ …; NaN = not estimable.
    se_conditional : tuple of arrays
        1/√information, everything else taken as known (the convention of FACETS).
    psi : ndarray, shape (G, J)
        Sums of thresholds by the slots of ``design``; NaN where there is none.
    no_threshold : ndarray of bool, shape (G, J)
        Slots only extreme elements used: they count as the nearest that has one.
    loglik : float
        Of the active observations.
    iterations : int
    extreme : tuple of int arrays
        +1 every rating of the element is at the top, −1 at the bottom: its measure is that of a total .3 points inside.
    unmeasured : tuple of bool arrays
        Elements with ratings whose measure these cannot give: met with other extreme elements only, or with thresholds of
        their own and a single category.
    subsets : Subsets
        What the active observations link; measures of different subsets cannot be compared.
    information : Information
        At the estimate.
    active_psi : ndarray
        Sums of thresholds in the slots the active observations use.
    """

    design: RaschDesign
    active: Bools
    measures: tuple[Floats, ...]
    se_conditional: tuple[Floats, ...]
    psi: Floats
    no_threshold: Bools
    loglik: float
    iterations: int
    extreme: tuple[Ints, ...]
    unmeasured: tuple[Bools, ...]
    subsets: Subsets
    information: Information
    active_psi: Floats
    extreme_rows: tuple[Ints, Floats, Any, Any]

    @property
    def subset(self) -> tuple[Ints, ...]:
        """Subset of each element, 0 the largest; −1 for extreme elements and those without ratings."""
        return self.subsets.label

    @property
    def approximate(self) -> bool:
        """Whether severities are so many that their errors are taken as independent of each other."""
        return self.information.layout.size > DENSE

    @property
    def tau(self) -> Floats:
        """Andrich thresholds, shape (G, J−1): τ_j separates slot j from slot j−1."""
        return np.diff(self.psi, axis=1)

    @cached_property
    def _gauge(self) -> tuple[tuple[Floats, ...], Floats, Floats]:
        """How centring takes up null directions: N of each facet, R (d × q) from r, Q (d × n) from the absorbed facet's own error."""
        layout, null = self.information.layout, self.subsets.null
        q, d = layout.size, null[0].shape[1]
        pinv = np.asarray(linalg.pinv(np.vstack(null[1:]))) if len(null) > 1 else np.zeros((d, 0))
        from_rest: Floats = np.zeros((d, q))
        own: Floats = np.zeros((d, layout.design.sizes[layout.absorbed]))
        at = 0
        for f, size in enumerate(layout.design.sizes):
            if f == 0:
                continue
            part = pinv[:, at : at + size]
            at += size
            if f == layout.absorbed:
                own = np.asarray(part)
                from_rest = from_rest - np.asarray((self.information.scaled_cross.T @ part.T).T)
            else:
                from_rest[:, layout.offset[f] : layout.offset[f] + size] += part
        return null, from_rest, own

    def _own_part(self) -> Floats:
        """Q A⁻¹ Qᵀ, shape (d, d)."""
        own = self._gauge[2]
        return np.asarray((own / self.information.diagonal) @ own.T)

    @cached_property
    def se(self) -> tuple[Floats, ...]:
        """Standard errors with the uncertainty of everything else in them; NaN where there is no measure."""
        return tuple(self._se(f) for f in range(len(self.measures)))

    def _se(self, facet: int) -> Floats:
        """Of an extreme element the conditional one, but for people."""
        if facet == 0:
            out = np.full(self.design.sizes[0], np.nan)
            out[self.measured] = np.sqrt(np.maximum(self.theta_covariance().diagonal(), 0.0))
            return out
        variance = self._variance(facet)
        se = np.where(self.subsets.label[facet] >= 0, np.sqrt(np.maximum(variance, 0.0)), self.se_conditional[facet])
        return np.where(np.isnan(self.measures[facet]), np.nan, se)

    def _variance(self, facet: int) -> Floats:
        """Diagonal of the covariance of one facet's measures."""
        info = self.information
        if self.approximate:
            first = info.layout.offset[facet]
            inverse = info.schur_diagonal[first : first + self.design.sizes[facet]] if first >= 0 else info.diagonal
            return np.asarray(1 / np.where(inverse > 0, inverse, np.inf))
        w = info.inverse
        null, from_rest, own = self._gauge
        n_f = null[facet]
        small = self._own_part()
        if facet == info.layout.absorbed:
            rows = self._rest_rows(n_f)
            specific = 1 / info.diagonal
            return np.asarray(rows(w) + specific - 2 * (n_f * own.T).sum(axis=1) * specific + ((n_f @ small) * n_f).sum(axis=1))
        at = slice(info.layout.offset[facet], info.layout.offset[facet] + self.design.sizes[facet])
        cross = from_rest @ w
        inner = cross @ from_rest.T + small
        return np.asarray(np.diag(w)[at] - 2 * (n_f * cross[:, at].T).sum(axis=1) + ((n_f @ inner) * n_f).sum(axis=1))

    def _rest_rows(self, n_f: Floats) -> Any:
        """Function from W to diag(G W Gᵀ) with G = A⁻¹C + N R, in blocks of rows."""
        scaled, from_rest = self.information.scaled_cross, self._gauge[1]

        def diagonal(w: Floats) -> Floats:
            out = np.empty(scaled.shape[0])
            step = max(_ROWS // max(w.shape[0], 1), 1)
            for start in range(0, len(out), step):
                part = slice(start, start + step)
                rows = scaled[part] if isinstance(scaled, np.ndarray) else scaled[part].toarray()
                rows = rows + n_f[part] @ from_rest
                out[part] = ((rows @ w) * rows).sum(axis=1)
            return out

        return diagonal

    @property
    def measured(self) -> Ints:
        """Codes of the people with a measure, extreme ones included."""
        return np.flatnonzero(~np.isnan(self.measures[0]))

    def theta_covariance(self) -> Covariance:
        """Covariance of the people with a measure (:attr:`measured`), severities and thresholds estimated; made on first use."""
        return self._theta_covariance

    @cached_property
    def _theta_covariance(self) -> Covariance:
        return OnDemand(len(self.measured), self._people_apart if self.approximate else self._people)

    def _people(self) -> Covariance:
        r"""θ' = M r + K ε + own: people measured are rows of M (from everything else) and K (from absorbed raters)."""
        info, null = self.information, self.subsets.null[0]
        from_rest, own = self._gauge[1:]
        who = self.measured
        people, single, cross, absorbed = self.extreme_rows
        place = np.searchsorted(who, people)
        q, layout = info.layout.size, info.layout
        m = np.zeros((len(who), q))
        specific = np.zeros(len(who))
        direction = np.zeros((len(who), null.shape[1]))
        inside = np.flatnonzero(~np.isin(who, people))
        direction[inside] = null[who[inside]]
        direction[place] = null[self.subsets.label[0] == 0][0] if (self.subsets.label[0] == 0).any() else 0.0
        if layout.absorbed == 0:
            scaled = info.scaled_cross
            m[inside] = -_full(scaled[who[inside]])
            m[place] = -_full(cross) / single[:, None]
            specific[inside] = 1 / info.diagonal[who[inside]]
            specific[place] = 1 / single
        else:
            m[inside, layout.offset[0] + who[inside]] = 1.0
            m[place] = -(_full(cross) - _full(absorbed @ info.scaled_cross)) / single[:, None]
            specific[place] = 1 / single
        m -= direction @ from_rest
        if layout.absorbed == 0:
            return Factor(info.halved(m), specific)
        k = -direction @ own
        k[place] -= _full(absorbed) / single[:, None]
        loadings = np.hstack([info.halved(m), k / np.sqrt(info.diagonal)])
        return Dense(loadings @ loadings.T + np.diag(specific))

    def _people_apart(self) -> Covariance:
        """The same with severities independent of each other."""
        info, who = self.information, self.measured
        people, single, cross, _ = self.extreme_rows
        inside = np.isin(who, people, invert=True)
        order = np.argsort(np.concatenate([np.flatnonzero(inside), np.flatnonzero(~inside)]), kind="stable")
        spread = np.where(info.schur_diagonal > 0, 1 / np.sqrt(np.where(info.schur_diagonal > 0, info.schur_diagonal, 1.0)), 0.0)
        if info.layout.absorbed == 0:
            rows = sparse.vstack([info.scaled_cross[who[inside]], sparse.csr_array(cross / single[:, None])], format="csr")[order]
            own = np.concatenate([1 / info.diagonal[who[inside]], 1 / single])[order]
            return Factor(sparse.csr_array(rows @ sparse.diags_array(spread)), own)
        own = np.concatenate([spread[info.layout.offset[0] + who[inside]] ** 2, 1 / single])[order]
        return Factor(np.zeros((len(who), 1)), own)

    def facet_covariance(self, facet: int) -> Floats:
        """Covariance of the elements of a facet (1, 2, …) among themselves, shape (size, size); 0 for extreme and absent ones."""
        info, w = self.information, self.information.inverse
        null, from_rest, own = self._gauge
        layout, size = info.layout, self.design.sizes[facet]
        if facet == layout.absorbed:
            rows = -(_full(info.scaled_cross) + null[facet] @ from_rest)
            k = np.eye(size) - null[facet] @ own
        else:
            rows = np.zeros((size, layout.size))
            rows[np.arange(size), layout.offset[facet] + np.arange(size)] = 1.0
            rows -= null[facet] @ from_rest
            k = -null[facet] @ own
        out = rows @ w @ rows.T + (k / info.diagonal) @ k.T
        seen = self.subsets.label[facet] >= 0
        return np.asarray(out * seen[:, None] * seen)

    @cached_property
    def psi_variance(self) -> Floats:
        """Variances of the sums of thresholds, by the slots of the active observations, shape (G, J)."""
        column = self.information.layout.psi_column
        if self.approximate:
            diagonal = self.information.schur_diagonal[np.maximum(column, 0)]
            return np.where((column >= 0) & (diagonal > 0), 1 / np.where(diagonal > 0, diagonal, 1.0), 0.0)
        w = self.information.inverse
        return np.where(column >= 0, np.diag(w)[np.maximum(column, 0)] if len(w) else 0.0, 0.0)

    @cached_property
    def tau_se(self) -> Floats:
        """Standard errors of τ, by the slots of the active observations, shape (G, J−1)."""
        column = self.information.layout.psi_column
        low, high = column[:, :-1], column[:, 1:]
        both = (low >= 0) & (high >= 0)
        variance = self.psi_variance[:, 1:] + self.psi_variance[:, :-1]
        if not self.approximate and both.any():
            variance = variance - 2 * np.where(both, self.information.inverse[np.maximum(low, 0), np.maximum(high, 0)], 0.0)
        exists = np.arange(1, column.shape[1]) < self.information.layout.design.n_slots[:, None]
        return np.where(exists, np.sqrt(np.maximum(variance, 0.0)), np.nan)


def _full(table: Any) -> Floats:
    return np.asarray(table if isinstance(table, np.ndarray) else table.toarray(), dtype=np.float64)
