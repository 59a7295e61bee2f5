"""Many data sets of the same design fitted at once, as the parametric bootstrap needs."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.pairs.pair_model_fit import PairModelFit

_CLOSE = 1e-9  # twice the log-likelihood that is left to gain when a refit ends
_CHORD_STEPS = 40
_NEWTON_STEPS = 80


class Refits:
    """Maximum likelihood refits of one model to other outcomes of the same contests.

    They start at the fit given and take, all data sets together, steps with its information (matrix products only);
    the data sets for which that is not enough go on with Newton steps of their own. Where a data set has no finite
    estimate, its likelihood is followed to within rounding of its bound.

    Parameters
    ----------
    fitted : PairModelFit
        A maximum likelihood fit.

    Examples
    --------
    >>> from rankkit.kernels.pairs.pair_counts import PairCounts
    >>> from rankkit.kernels.pairs.contests import of_pairs
    >>> from rankkit.kernels.pairs.pair_models import fit
    >>> two = fit(of_pairs(PairCounts(2, np.array([0]), np.array([1]), np.array([3.0]), np.ones(1), np.zeros(1))))
    >>> np.exp(Refits(two).log_chances(np.array([[[1.0], [3.0]]]))).round(4).ravel()
    array([0.25, 0.75])
    """

    def __init__(self, fitted: PairModelFit) -> None:
        c, self.fitted = fitted.contests, fitted
        self.n, self.q, self.k = c.n, c.covariates.shape[1], len(c.left)
        self.tie, self.free = fitted.model.has_tie_parameter, fitted.worths == "free"
        row = np.arange(self.k)
        ends = (np.concatenate([row, row]), np.concatenate([c.left, c.right]))
        self.step_of_person = csr_array((np.repeat([1.0, -1.0], self.k), ends), shape=(self.k, self.n))
        corner = fitted.parameter_covariance
        worths = fitted.solve(np.eye(self.n)) if self.free else np.zeros((self.n, self.n))
        across = fitted.cross_covariance
        self.inverse = np.block([[worths, across], [across.T, corner]])

    def log_chances(self, counts: Floats) -> Floats:
        """Log-chances of the outcomes at each data set's own estimate, as :meth:`estimates` takes the counts."""
        return np.ascontiguousarray(self.at(self.estimates(counts))[0].transpose(1, 0, 2))

    def estimates(self, counts: Floats) -> Floats:
        """Refit.

        Parameters
        ----------
        counts : ndarray, shape (sets, outcomes, contests)
            Counts of left, right and (with a tie parameter) tie; each contest with the comparisons it had.

        Returns
        -------
        ndarray, shape (sets, parameters)
            Worths, coefficients, tie parameter.
        """
        start = np.concatenate([self.fitted.worth, self.fitted.effects, [self.fitted.tie] if self.tie else []])
        x = np.tile(start, (len(counts), 1))
        left_over = self.improve(x, counts, np.arange(len(counts)), _CHORD_STEPS, own=False)
        self.improve(x, counts, left_over, _NEWTON_STEPS, own=True)
        return x

    def lead(self, x: Floats) -> Floats:
        """Leads of the left people, shape (sets, contests)."""
        own = self.step_of_person @ x[:, : self.n].T
        return np.asarray((own + self.fitted.contests.covariates @ x[:, self.n : self.n + self.q].T).T)

    def at(self, x: Floats) -> tuple[Floats, ...]:
        """Log-chances and derivatives, each of shape (outcomes, sets, contests)."""
        sets = len(x)
        t = np.repeat(x[:, -1], self.k) if self.tie else 0.0
        found = self.fitted.model.at(self.lead(x).ravel(), t)
        parts = (found.log_chance, found.by_e, found.by_t, found.by_ee, found.by_et, found.by_tt)
        return tuple(part.reshape(-1, sets, self.k) for part in parts)

    def score(self, by_lead: Floats, by_tie: Floats) -> Floats:
        """Scores of all parameters from those of the leads, shape (sets, parameters)."""
        of_worths = (self.step_of_person.T @ by_lead.T).T if self.free else np.zeros((len(by_lead), self.n))
        parts = [of_worths, by_lead @ self.fitted.contests.covariates, by_tie[:, None][:, : int(self.tie)]]
        return np.concatenate(parts, axis=1)

    def own_steps(self, score: Floats, ee: Floats, et: Floats, tt: Floats) -> Floats:
        """Newton steps with each data set's own information."""
        full = np.hstack([self.step_of_person.toarray() if self.free else np.zeros((self.k, self.n)), self.fitted.contests.covariates])
        steps = np.empty_like(score)
        for b in range(len(score)):
            information = np.zeros((score.shape[1],) * 2)
            width = full.shape[1]
            information[:width, :width] = (full.T * ee[b]) @ full
            if self.tie:
                information[:width, -1] = information[-1, :width] = full.T @ et[b]
                information[-1, -1] = tt[b].sum()
            steps[b] = np.linalg.lstsq(information, score[b], rcond=1e-13)[0]
        return steps

    def improve(self, x: Floats, counts: Floats, which: Ints, most: int, *, own: bool) -> Ints:
        """Climb in place; returns the data sets that have not arrived."""
        share = np.ones(len(which))  # of the step that is taken
        for _ in range(most):
            if not len(which):
                break
            seen = counts[which].transpose(1, 0, 2)
            log_chance, by_e, by_t, by_ee, by_et, by_tt = self.at(x[which])
            value = np.sum(np.where(seen > 0, seen * log_chance, 0.0), axis=(0, 2))
            score = self.score(np.sum(seen * by_e, axis=0), np.sum(seen * by_t, axis=(0, 2)))
            if own:
                ee, et, tt = (-np.sum(seen * part, axis=0) for part in (by_ee, by_et, by_tt))
                step = self.own_steps(score, ee, et, tt)
            else:
                step = score @ self.inverse
            rest = np.sum(score * step, axis=1)
            moving = rest > _CLOSE
            which, share, step, value, seen = which[moving], share[moving], step[moving], value[moving], seen[:, moving]
            if not len(which):
                break
            if self.fitted.model.ties == "rao_kupper":  # theta stays above one
                down = step[:, -1] < 0
                share[down] = np.minimum(share[down], -0.9 * x[which[down], -1] / step[down, -1])
            trial = x[which] + share[:, None] * step
            better = np.sum(np.where(seen > 0, seen * self.at(trial)[0], 0.0), axis=(0, 2)) >= value
            x[which[better]] = trial[better]
            share = np.where(better, np.minimum(1.0, 2 * share), 0.5 * share)
        return which
