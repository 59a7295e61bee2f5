"""Paired-comparison models with more than worths: order effect, ties, covariates, normal link, priors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rankkit.errors import ConvergenceError
from rankkit.kernels.arrays import Floats
from rankkit.kernels.pairs import separation
from rankkit.kernels.pairs.beats_graph import is_connected
from rankkit.kernels.pairs.bordered_laplacian import BorderedInformation, bordered
from rankkit.kernels.pairs.contests import Contests
from rankkit.kernels.pairs.pair_laplacian import DENSE, PairSystem, dense_laplacian, pseudo_inverse
from rankkit.kernels.pairs.pair_model_fit import PairModelFit, Penalty, Worths
from rankkit.kernels.pairs.pair_outcomes import Link, OutcomeModel, Outcomes, Ties

_MOST_STEPS = 100
_MOST_PENALTY = 500
_LONGEST_STEP = 4.0  # units of the lead one Newton step may move a parameter
_WIDE = {"logit": 20.0, "probit": 6.0}  # leads beyond which rounding could pass a runaway for a solution
_WIDEST = 500.0  # beyond, no finite estimate is near
_SLOW = 7  # Newton steps after which conjugate gradients give way to a factorisation
_PROBIT = 0.6  # normal units for a logit, about


def fit(
    contests: Contests,
    *,
    link: Link = "logit",
    ties: Ties = "half",
    worths: Worths = "free",
    penalty: Penalty = "none",
    tau: float = 1.0,
    tau_effects: float = float("inf"),
    tolerance: float = 1e-10,
) -> PairModelFit:
    """Fit a paired-comparison model.

    The lead of the left person is ``eta = u_left - u_right + V gamma``: worths ``u`` that sum to zero, and contest
    covariates ``V`` with coefficients ``gamma`` (a column of ones is the order effect of Davidson & Beaver 1977). What
    follows from the lead says :class:`~rankkit.kernels.pairs.pair_outcomes.OutcomeModel`. The likelihood is concave; damped
    Newton steps with the observed information eliminate ``gamma`` and the tie parameter from the Laplacian system of
    the worths.

    Parameters
    ----------
    contests : Contests
        Comparisons by contest.
    link, ties
        See :class:`~rankkit.kernels.pairs.pair_outcomes.OutcomeModel`.
    worths : {"free", "none"}
        One worth a person; or none, everything being said by the covariates (worths ``X beta`` are the columns
        ``X_left - X_right``).
    penalty : {"none", "jeffreys", "gaussian"}
        Maximum likelihood; half the log-determinant of the Fisher information added (Firth 1993; finite where the
        parameters are identified: Kosmidis & Firth 2021), up to 2000 people; or normal priors.
    tau, tau_effects : float
        Standard deviations of the normal priors of worths and of coefficients, in units of the lead (per unit of the
        covariate); infinite is no prior. Used with ``"gaussian"``.
    tolerance : float
        Largest error of a parameter, in units of the lead, and largest relative score, at the solution.

    Returns
    -------
    PairModelFit
        Estimates, and on demand covariances, log-likelihood, deviance and scores of judges.

    Raises
    ------
    ConvergenceError
        If the iteration does not end in a certified solution, as when no finite estimate exists or parameters cannot
        be told apart (:func:`rankkit.kernels.pairs.separation.verdict` says which).
    ValueError
        For Davidson's model with the normal link, which does not exist.

    Notes
    -----
    Davidson, R. R. & Beaver, R. J. (1977). On extending the Bradley-Terry model to incorporate within-pair order
    effects. *Biometrics*, 33.
    Firth, D. (1993). Bias reduction of maximum likelihood estimates. *Biometrika*, 80.
    Turner, H. & Firth, D. (2012). Bradley-Terry models in R. *Journal of Statistical Software*, 48.

    Examples
    --------
    >>> import numpy as np
    >>> from rankkit.kernels.pairs.contests import aggregate
    >>> left, right = np.array([0, 1, 0, 2, 1, 2]), np.array([1, 0, 2, 0, 2, 1])
    >>> rows = np.repeat(np.arange(6), 4)
    >>> wins = np.array([3, 2, 4, 1, 3, 3]).repeat(4) > np.tile(np.arange(4), 6)
    >>> seen = aggregate(left[rows], right[rows], np.where(wins, 1, -1), None, 3, np.ones((24, 1)))
    >>> found = fit(seen)
    >>> found.worth.round(4), found.effects.round(4), round(found.deviance, 4), found.df
    (array([ 0.8732, -0.2184, -0.6548]), array([0.8954]), 1.7724, 3)
    """
    problem = _Problem(contests, OutcomeModel(link, ties), worths, penalty, tau, tau_effects)
    if ties == "davidson" and link == "probit":
        raise ValueError("Davidson's model of ties has no probit version")
    if not len(contests.left) or (worths == "free" and penalty != "gaussian" and not is_connected(contests.pairs)):
        raise ConvergenceError("E-CONV", iterations=0, gradient=float("nan"))
    if problem.tie and not contests.has_ties and (ties == "rao_kupper" or penalty != "jeffreys"):
        raise ConvergenceError("E-CONV", iterations=0, gradient=float("nan"))
    return problem.solved(tolerance)


@dataclass(eq=False)
class _Problem:
    """One model for one data set, covariates in units of their root mean square."""

    contests: Contests
    model: OutcomeModel
    worths: Worths
    penalty: Penalty
    tau: float
    tau_effects: float

    def __post_init__(self) -> None:
        c = self.contests
        self.scale = np.sqrt(c.total @ c.covariates**2 / max(c.total.sum(), 1e-300))
        self.scale[self.scale == 0] = 1.0
        self.scaled = Contests(c.n, c.left, c.right, c.wins_left, c.wins_right, c.ties, c.covariates / self.scale, c.of_row)
        self.tie = self.model.has_tie_parameter
        half = 0.5 * c.ties
        self.counts = np.stack([c.wins_left, c.wins_right, c.ties] if self.tie else [c.wins_left + half, c.wins_right + half])
        gaussian = self.penalty == "gaussian"
        self.ridge = self.tau**-2 if gaussian and self.worths == "free" else 0.0
        self.prior = np.full(c.covariates.shape[1], self.tau_effects**-2.0 if gaussian else 0.0) * self.scale**-2.0
        self.system = PairSystem(c.pairs, self.ridge) if self.worths == "free" else None
        size = np.append(c.total @ np.abs(self.scaled.covariates), np.full(int(self.tie), c.total.sum()))
        self.size_of_others = np.where(size > 0, size, 1.0)
        self.size_of_worths = np.maximum(c.pairs.comparisons, self.ridge)
        self.size_of_worths[self.size_of_worths == 0] = 1.0

    def lead(self, worth: Floats, others: Floats) -> Floats:
        c = self.scaled
        return np.asarray(worth[c.left] - worth[c.right] + c.covariates @ others[: c.covariates.shape[1]])

    def outcomes(self, worth: Floats, others: Floats) -> Outcomes:
        return self.model.at(self.lead(worth, others), float(others[-1]) if self.tie else 0.0)

    def scores(self, at: Outcomes, worth: Floats, others: Floats) -> tuple[Floats, Floats, Floats]:
        """Scores of the worths and of the others, and what the penalty adds to the information, by contest."""
        by_lead = np.sum(self.counts * at.by_e, axis=0)
        by_tie = float(np.sum(self.counts * at.by_t))
        more = np.ones(len(by_lead))
        if self.penalty == "jeffreys":
            pull, tie_pull, leverage = self.jeffreys(at)
            by_lead, by_tie, more = by_lead + pull, by_tie + tie_pull, 1 + leverage / self.contests.total
        of_worths = self.contests.per_person(by_lead) - self.ridge * worth if self.system is not None else np.zeros(self.contests.n)
        q = len(self.prior)
        of_covariates = self.scaled.covariates.T @ by_lead - self.prior * others[:q]
        return of_worths, np.append(of_covariates, np.full(int(self.tie), by_tie)), more

    def jeffreys(self, at: Outcomes) -> tuple[Floats, float, Floats]:
        """Slopes of half the log-determinant by each lead and by the tie parameter, and the leverages."""
        c, total = self.scaled, self.contests.total
        ee, et, tt = (total * part for part in at.expected_information())
        information = bordered(c, self.system, (ee, et, tt), self.prior, tie=self.tie)
        variance = np.zeros(len(total))
        seen = np.zeros((len(total), len(information.corner)))
        seen[:, : len(self.prior)] = c.covariates
        if self.system is not None:
            inverse = pseudo_inverse(dense_laplacian(c.pairs, c.per_pair(ee)))
            own = np.diag(inverse)
            variance = own[c.left] + own[c.right] - 2 * inverse[c.left, c.right]
            seen = seen - (information.slopes[c.left] - information.slopes[c.right])
        covariance = information.others_covariance
        turned = seen @ covariance
        variance = variance + np.sum(turned * seen, axis=1)
        with_tie, of_tie = (turned[:, -1], float(covariance[-1, -1])) if self.tie else (np.zeros(len(total)), 0.0)
        slopes = at.information_slopes()
        pulls = [0.5 * total * (s_ee * variance + 2 * s_et * with_tie + s_tt * of_tie) for s_ee, s_et, s_tt in slopes]
        return pulls[0], float(pulls[1].sum()), ee * variance + 2 * et * with_tie + tt * of_tie

    def information(self, at: Outcomes, more: Floats) -> BorderedInformation:
        parts = at.information(self.counts)
        return bordered(self.scaled, self.system, (parts[0] * more, parts[1] * more, parts[2] * more), self.prior, tie=self.tie)

    def start(self) -> tuple[Floats, Floats]:
        c = self.contests
        worth = np.zeros(c.n)
        if self.worths == "free":
            share = (c.pairs.wins + 0.5) / (c.pairs.comparisons + 1)
            worth = np.log(share / (1 - share)) * (_PROBIT if self.model.link == "probit" else 1.0)
            worth -= worth.mean()
        guess = self.model.first_guess((c.ties.sum() + 0.5) / (c.total.sum() + 1.5)) if self.tie else 0.0
        return worth, np.append(np.zeros(len(self.prior)), np.full(int(self.tie), guess))

    def runs_away(self, worth: Floats, others: Floats) -> bool:
        """Whether parameters have gone so far that only the exact verdict can tell."""
        far = float(np.max(np.abs(self.lead(worth, others))))
        return max(far, 2 * abs(float(others[-1])) if self.tie else 0.0) > _WIDE[self.model.link]

    def is_finite(self) -> bool:
        held = self.penalty == "gaussian"
        if held and np.isfinite(self.tau_effects) and not self.tie:
            return True
        found = separation.verdict(
            self.contests,
            ties=self.tie,
            worths="none" if held else self.worths,
            held=np.full(len(self.prior), held and np.isfinite(self.tau_effects)),
        )
        return found.kind == "finite"

    def solved(self, tolerance: float) -> PairModelFit:
        jeffreys = self.penalty == "jeffreys"
        if jeffreys and self.worths == "free" and self.contests.n > DENSE:
            raise ConvergenceError("E-CONV", iterations=0, gradient=float("nan"))
        worth, others = self.start()
        at = self.outcomes(worth, others)
        of_worths, of_others, more = self.scores(at, worth, others)
        worst = self.relative(of_worths, of_others)
        predicted, before, unverified = np.inf, np.inf, not jeffreys
        most = _MOST_PENALTY if jeffreys else _MOST_STEPS
        for iteration in range(most + 1):
            if unverified and self.runs_away(worth, others):
                if not self.is_finite():
                    break
                unverified = False
            if worst <= tolerance and predicted <= tolerance:
                return self.result(worth, others, at, iteration, worst)
            if iteration == most or np.max(np.abs(np.append(self.lead(worth, others), others))) > _WIDEST:
                break
            if iteration >= _SLOW and self.system is not None:
                self.system.prefer_factorisation()
            information = self.information(at, more)
            accuracy = min(1e-2, worst)
            own = self.system.solve(of_worths, accuracy) if self.system is not None else of_worths
            step, other_step = information.step(own, of_others)
            size = max(float(np.max(np.abs(step))), float(np.max(np.abs(other_step), initial=0.0)))
            rise = float(np.sum(of_worths * step) + np.sum(of_others * other_step))
            length = min(1.0, _LONGEST_STEP / size) if size > 0 else 1.0
            if self.model.ties == "rao_kupper" and other_step[-1] < 0:
                length = min(length, -0.9 * others[-1] / other_step[-1])  # theta stays above one
            for _ in range(30):
                trial, other_trial = worth + length * step, others + length * other_step
                at = self.outcomes(trial, other_trial)
                of_worths, of_others, more = self.scores(at, trial, other_trial)
                if float(np.sum(of_worths * step) + np.sum(of_others * other_step)) >= -0.5 * rise - 1e-12 * abs(rise):
                    break
                length /= 2
            worth, others = trial - trial.mean(), other_trial
            worst = self.relative(of_worths, of_others)
            if length < 1:
                predicted = np.inf
            elif jeffreys:  # the leverages lag one step behind: the error shrinks by a constant factor
                rate = min(size / before, 0.99) if np.isfinite(before) and before > 0 else 0.99
                predicted = size * max(rate, 1e-3) / (1 - rate)
            else:
                predicted = max(size * size, 0.0 if self.system is None or self.system.exact else accuracy * size)
            before = size
        raise ConvergenceError("E-CONV", iterations=iteration, gradient=worst)

    def relative(self, of_worths: Floats, of_others: Floats) -> float:
        return max(
            float(np.max(np.abs(of_worths) / self.size_of_worths)), float(np.max(np.abs(of_others) / self.size_of_others, initial=0))
        )

    def result(self, worth: Floats, others: Floats, at: Outcomes, iteration: int, worst: float) -> PairModelFit:
        q = len(self.prior)
        parts = at.information(self.counts)
        system = self.system
        prior = self.prior * self.scale**2
        return PairModelFit(
            contests=self.contests,
            model=self.model,
            worths=self.worths,
            penalty=self.penalty,
            worth=worth,
            effects=others[:q] / self.scale,
            tie=float(others[q]) if self.tie else float("nan"),
            information=bordered(self.contests, system, parts, prior, tie=self.tie),
            weight=self.contests.per_pair(parts[0]),
            ridge=self.ridge,
            iterations=iteration,
            gradient_norm=worst,
        )
