"""Category probabilities of the many-facet Rasch model and their moments, observation by observation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.rasch.rasch_design import RaschDesign

_BLOCK = 16384  # observations worked on at a time: their table of probabilities stays in the processor's cache


@dataclass(frozen=True, eq=False)
class Expectations:
    """What the model expects of each observation.

    Attributes
    ----------
    p : ndarray, shape (J, N)
        Probability of each slot of the observation's threshold group.
    mean, variance : ndarray, shape (N,)
        Of the category number.
    loglik : float
        Σ w log P(observed).
    """

    p: Floats
    mean: Floats
    variance: Floats
    loglik: float


@dataclass(frozen=True, eq=False)
class Slots:
    """Scores of the slots, ready for arithmetic: what does not exist has score 0 and ψ = ∞."""

    score: Floats
    missing: Floats

    @classmethod
    def of(cls, design: RaschDesign) -> Slots:
        """Read a design."""
        return cls(np.where(design.used, design.score, 0.0), np.where(design.used, 0.0, np.inf))


def location(design: RaschDesign, measures: tuple[Floats, ...]) -> Floats:
    """η = θ − β − δ − … of each observation, shape (N,), in logits."""
    eta = measures[0][design.facets[0]]
    for measure, codes in zip(measures[1:], design.facets[1:], strict=True):
        eta = eta - measure[codes]
    return eta


def located(design: RaschDesign, additive: list[Floats]) -> Floats:
    """η where all measures count positively (leniency, easiness), shape (N,)."""
    eta = additive[0][design.facets[0]]
    for t, codes in zip(additive[1:], design.facets[1:], strict=True):
        eta = eta + t[codes]
    return eta


def expectations(design: RaschDesign, eta: Floats, psi: Floats) -> Expectations:
    r"""Probabilities, expected scores and variances.

    .. math:: P_j = \frac{\exp(s_j\eta - \psi_j)}{\sum_k \exp(s_k\eta - \psi_k)}, \quad E = \sum_j s_j P_j, \quad
        V = \sum_j (s_j - E)^2 P_j

    Parameters
    ----------
    design : RaschDesign
        N observations.
    eta : ndarray, shape (N,)
        Logits.
    psi : ndarray, shape (G, J)
        Sums of thresholds; what stands in slots that do not exist is not read.

    Returns
    -------
    Expectations

    Examples
    --------
    >>> from rankkit.kernels.rasch.rasch_design import rasch_design
    >>> two = rasch_design([[0, 1]], [2], [0, 1])
    >>> expectations(two, np.array([0.0, np.log(3)]), np.zeros((1, 2))).mean
    array([0.5 , 0.75])
    """
    slots = Slots.of(design)
    table = np.where(design.used, psi, 0.0) + slots.missing
    n, width = len(eta), design.score.shape[1]
    p, mean, variance = np.empty((width, n)), np.empty(n), np.empty(n)
    total = 0.0
    common = design.n_groups == 1
    for start in range(0, n, _BLOCK):
        at = slice(start, start + _BLOCK)
        if common:
            score, psi_here = slots.score[0][:, None], table[0][:, None]
        else:
            score, psi_here = slots.score[design.group[at]].T, table[design.group[at]].T
        z = score * eta[at] - psi_here
        z -= z.max(axis=0)
        here = design.slot[at]
        observed = z[here, np.arange(len(here))]
        np.exp(z, out=z)
        norm = z.sum(axis=0)
        z /= norm
        p[:, at] = z
        total += float((design.weight[at] * (observed - np.log(norm))).sum())
        first = (score * z).sum(axis=0)
        mean[at] = first
        variance[at] = ((score - first) ** 2 * z).sum(axis=0)
    return Expectations(p, mean, variance, total)


@dataclass(frozen=True, eq=False)
class Curve:
    """Category probabilities as functions of η, for one threshold group.

    Attributes
    ----------
    score, value, psi : ndarray, shape (J,)
        Category numbers, their values on the form, sums of thresholds; only existing slots.
    """

    score: Floats
    value: Floats
    psi: Floats

    @classmethod
    def of(cls, design: RaschDesign, psi: Floats, group: int = 0) -> Curve:
        """Curve of one group of a design."""
        k = int(design.n_slots[group])
        own = psi[group, :k]
        return cls(design.score[group, :k], design.value[group, :k], np.where(np.isnan(own), np.inf, own))

    @cached_property
    def thresholds(self) -> Floats:
        """Andrich thresholds τ_j = ψ_j − ψ_(j−1), shape (J−1,)."""
        return np.asarray(np.diff(self.psi))

    def probabilities(self, eta: Floats) -> Floats:
        """P of each category at each location, shape (..., J)."""
        z = np.asarray(eta)[..., None] * self.score - self.psi
        z = np.exp(z - z.max(axis=-1, keepdims=True))
        return np.asarray(z / z.sum(axis=-1, keepdims=True))

    def expected(self, eta: Floats) -> Floats:
        """Expected rating, in units of the form."""
        return np.asarray(self.probabilities(eta) @ self.value)

    def slope(self, eta: Floats) -> Floats:
        """Derivative of the expected rating with respect to η: Cov(value, score)."""
        p = self.probabilities(eta)
        return np.asarray(p @ (self.value * self.score) - (p @ self.value) * (p @ self.score))


def sums(codes: Ints, weights: Floats, size: int) -> Floats:
    """Weighted counts by code, shape (size,)."""
    return np.asarray(np.bincount(codes, weights, minlength=size), dtype=np.float64)
