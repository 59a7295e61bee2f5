"""What a fitted paired-comparison model says: covariances, chances, deviance, and each judge's part in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from scipy.sparse import csr_array

from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.covariance import Covariance, Dense
from rankkit.kernels.pairs.bordered_laplacian import BorderedInformation, BorderedPrecision
from rankkit.kernels.pairs.contests import Contests
from rankkit.kernels.pairs.pair_laplacian import DENSE, PairSystem, laplacian, pseudo_inverse
from rankkit.kernels.pairs.pair_outcomes import OutcomeModel, Outcomes

Worths = Literal["free", "none"]
Penalty = Literal["none", "jeffreys", "gaussian"]


@dataclass(frozen=True, eq=False)
class PairModelFit:
    """Estimates of :func:`rankkit.kernels.pairs.pair_models.fit` and what is needed to judge them.

    "Other parameters" are the coefficients of the covariates, in their order, then the tie parameter if there is one:
    ``r`` in all.

    Attributes
    ----------
    contests : Contests
        The data.
    model : OutcomeModel
        Link and treatment of ties.
    worths : {"free", "none"}
        Whether people have worths of their own.
    penalty : {"none", "jeffreys", "gaussian"}
        What was maximised.
    worth : ndarray, shape (n,)
        Worths ``u``, in units of the lead (logits, or standard deviations of a difference), summing to zero; zeros
        with ``worths="none"``.
    effects : ndarray, shape (q,)
        Coefficients ``gamma``, in units of the lead per unit of the covariate.
    tie : float
        ``log nu`` (Davidson) or ``log theta`` (Rao & Kupper); NaN without a tie parameter.
    information : BorderedInformation
        Observed information (with the precision of normal priors) at the estimate.
    weight : ndarray, shape (pairs,)
        Information of each pair about the difference of its worths, the other parameters known.
    ridge : float
        Precision of the prior on worths; 0 = none.
    iterations : int
        Newton steps taken.
    gradient_norm : float
        Largest score of a parameter relative to the comparisons it concerns.
    """

    contests: Contests
    model: OutcomeModel
    worths: Worths
    penalty: Penalty
    worth: Floats
    effects: Floats
    tie: float
    information: BorderedInformation
    weight: Floats
    ridge: float
    iterations: int
    gradient_norm: float

    @cached_property
    def lead(self) -> Floats:
        """Fitted lead ``eta`` of the left person, shape (contests,)."""
        c = self.contests
        return np.asarray(self.worth[c.left] - self.worth[c.right] + c.covariates @ self.effects)

    @cached_property
    def outcomes(self) -> Outcomes:
        """Log-chances of the outcomes of each contest, with derivatives."""
        return self.model.at(self.lead, self.tie)

    def probabilities(self, lead: Floats | None = None) -> tuple[Floats, Floats, Floats]:
        """Chances of left, right and tie.

        Parameters
        ----------
        lead : ndarray, shape (k,), optional
            Leads of left people; default: those of the contests. A pair without an order effect has
            ``worth[i] - worth[j]``.

        Returns
        -------
        tuple of three ndarrays, shape (k,)
            The third is zero where ties count half of each.
        """
        at = self.outcomes if lead is None else self.model.at(np.asarray(lead, dtype=np.float64), self.tie)
        chance = np.exp(at.log_chance)
        return chance[0], chance[1], chance[2] if self.model.has_tie_parameter else np.zeros(chance.shape[1])

    @cached_property
    def counts(self) -> Floats:
        """Counts of the outcomes, shape (outcomes, contests), as the likelihood uses them."""
        c, half = self.contests, 0.5 * self.contests.ties
        return np.stack([c.wins_left, c.wins_right, c.ties] if self.model.has_tie_parameter else [c.wins_left + half, c.wins_right + half])

    @cached_property
    def loglik(self) -> float:
        """Log-likelihood of the comparisons (without the penalty, without multinomial coefficients)."""
        return self.outcomes.loglik(self.counts)

    @cached_property
    def saturated_loglik(self) -> float:
        """Log-likelihood with free chances in every contest."""
        share = self.counts / self.contests.total
        return float(np.sum(self.counts * np.log(np.where(self.counts > 0, share, 1.0))))

    @property
    def deviance(self) -> float | None:
        """``2 (saturated - loglik)``; None with a penalty, or where ties count half."""
        halves = self.contests.has_ties and not self.model.has_tie_parameter
        return None if halves or self.penalty != "none" else 2 * (self.saturated_loglik - self.loglik)

    @property
    def n_parameters(self) -> int:
        """Free parameters: ``n - 1`` worths and the others."""
        return (self.contests.n - 1 if self.worths == "free" else 0) + len(self.information.corner)

    @property
    def df(self) -> int:
        """Degrees of freedom of the deviance: free chances of all contests minus parameters."""
        return len(self.contests.left) * (len(self.counts) - 1) - self.n_parameters

    @cached_property
    def laplacian(self) -> csr_array:
        """Information about the worths with the other parameters known, prior left out, shape (n, n)."""
        return laplacian(self.contests.pairs, self.weight)

    @cached_property
    def covariance(self) -> Floats | None:
        """Covariance of the worths, the other parameters estimated, shape (n, n); None above 2000 people."""
        n = self.contests.n
        if self.worths == "none":
            return np.zeros((n, n))
        if n > DENSE:
            return None
        known = self.laplacian.toarray()
        if self.ridge > 0:
            known += self.ridge * (np.eye(n) - 1 / n)
        return pseudo_inverse(known) + self.information.loadings @ self.information.loadings.T

    def compact_covariance(self) -> Covariance:
        """Covariance of the worths in a form that fits any number of people."""
        if self.covariance is not None:
            return Dense(self.covariance)
        return BorderedPrecision(self.laplacian, self.information.loadings, self.ridge)

    @cached_property
    def parameter_covariance(self) -> Floats:
        """Covariance of the other parameters, shape (r, r)."""
        return self.information.others_covariance if len(self.information.corner) else np.zeros((0, 0))

    @property
    def se_effects(self) -> Floats:
        """Standard errors of the coefficients, shape (q,)."""
        return np.sqrt(np.diag(self.parameter_covariance))[: len(self.effects)]

    @property
    def se_tie(self) -> float:
        """Standard error of the tie parameter; NaN without one."""
        return float(np.sqrt(self.parameter_covariance[-1, -1])) if self.model.has_tie_parameter else float("nan")

    @cached_property
    def cross_covariance(self) -> Floats:
        """Covariances of worths (rows) with the other parameters, shape (n, r)."""
        return -self.information.slopes @ self.parameter_covariance

    def solve(self, right: Floats) -> Floats:
        """Apply the covariance of the worths to a vector or to columns, shape (n,) or (n, k)."""
        if self.covariance is not None:
            return self.covariance @ right
        system = PairSystem(self.contests.pairs, self.ridge)
        system.set_weights(self.weight)
        f = self.information.loadings
        return np.asarray(system.solve(right) + f @ (f.T @ right))

    def times_information(self, columns: Floats) -> Floats:
        """Multiply by the information about the worths, the other parameters estimated: inverse of :meth:`solve`."""
        known = self.laplacian @ columns + self.ridge * (columns - columns.mean(axis=0))
        border, corner = self.information.border, self.information.corner
        return np.asarray(known - border @ np.linalg.solve(corner, border.T @ columns) if len(corner) else known)

    def judge_scores(self, judge: Ints, result: Ints, weight: Floats | None, m: int) -> JudgeScores:
        """Add score contributions up by judge.

        Parameters
        ----------
        judge : ndarray of int, shape (rows,)
            Judge of each row of the data the contests were made from; -1 is nobody.
        result : ndarray of int, shape (rows,)
            ``+1`` left won, ``-1`` right won, ``0`` tie.
        weight : ndarray, shape (rows,), or None
            Comparisons a row stands for.
        m : int
            Number of judges.

        Returns
        -------
        JudgeScores
            For :func:`rankkit.kernels.pairs.judge_clusters.sandwich`.
        """
        c, at = self.contests, self.outcomes
        used = (c.of_row >= 0) & (judge >= 0)
        place, answer, who = c.of_row[used], result[used], judge[used]
        mass = np.ones(len(place)) if weight is None else weight[used]
        if self.model.has_tie_parameter:
            outcome = np.where(answer > 0, 0, np.where(answer < 0, 1, 2))
            by_lead, by_tie = at.by_e[outcome, place] * mass, at.by_t[outcome, place] * mass
        else:
            to_left = 0.5 * (answer + 1)
            by_lead, by_tie = (to_left * at.by_e[0, place] + (1 - to_left) * at.by_e[1, place]) * mass, np.zeros(0)
        n = c.n
        of_worths = np.zeros((m, n))
        if self.worths == "free":
            gain = np.bincount(who * n + c.left[place], by_lead, m * n) - np.bincount(who * n + c.right[place], by_lead, m * n)
            of_worths = np.asarray(gain, dtype=np.float64).reshape(m, n)
        columns = [by_lead * v[place] for v in c.covariates.T] + ([by_tie] if self.model.has_tie_parameter else [])
        of_others = np.zeros((m, len(columns)))
        for at_column, column in enumerate(columns):
            of_others[:, at_column] = np.bincount(who, column, m)
        return JudgeScores(*self.information.profiled(of_worths, of_others), self.parameter_covariance)


@dataclass(frozen=True, eq=False)
class JudgeScores:
    """Score contributions of judges about one kind of parameter, the other kind estimated.

    Attributes
    ----------
    worths : ndarray, shape (m, n)
        About the worths: :meth:`PairModelFit.solve` makes them each judge's influence on the worths.
    others : ndarray, shape (m, r)
        About the other parameters; ``inverse`` makes them the influence on these.
    inverse : ndarray, shape (r, r)
        Model covariance of the other parameters.
    """

    worths: Floats
    others: Floats
    inverse: Floats

    @cached_property
    def others_covariance(self) -> Floats:
        """Covariance of the other parameters clustered by judge, ``m/(m-1)`` times that of centred influences."""
        m = len(self.others)
        influence = (self.others - self.others.mean(axis=0)) @ self.inverse
        return np.asarray(influence.T @ influence * (m / (m - 1)))
