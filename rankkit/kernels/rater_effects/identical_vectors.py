r"""Identical answers: how probable it is that a form repeats another one by chance.

A form is a vector of D answers. That two forms agree in all of them is judged against a model in which raters answer
independently of each other, but neither dimensions nor people are: the latent answer of rater r about person i on dimension d is

.. math:: \mu_d + \alpha_i + \beta_r + \delta_{id} + \psi_{rd} + h_{ir} + e_{ird},

cut into the answers that occur. Variances come from REML of the form means and of the deviations from them, effects are best linear
unbiased predictions (unshrunken ones would overstate how differently raters rate, and with it how surprising agreement is), and
the general impression h is integrated out. Given one form, the probability that another equals it is then known; the number of forms
that equal is a sum of independent indicators, whose tail is exact (Poisson binomial).

Answers that are the same on all dimensions are not counted: a single impression of a person is halo, not a copy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.components import crossed_reml

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(15)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()
_LEAST_VARIANCE = 0.05  # of the latent error, in squared steps of the scale


@dataclass(frozen=True, eq=False)
class FormModel:
    """Latent means of forms and the errors around them.

    Attributes
    ----------
    answers : ndarray, shape (F, D)
        The forms.
    mean : ndarray, shape (F, D)
        Predicted latent means.
    cuts : ndarray, shape (K − 1,)
        Between the answers that occur.
    values : ndarray, shape (K,)
        These answers, ascending.
    sd_impression, sd_error : float
        Of h and e, scale points.
    """

    answers: Floats
    mean: Floats
    cuts: Floats
    values: Floats
    sd_impression: float
    sd_error: float

    @property
    def uneven(self) -> Bools:
        """Forms whose answers are not all the same."""
        return np.asarray(np.ptp(self.answers, axis=1) > 0)

    def probability(self, form: Ints, of: Ints) -> Floats:
        """Probability that form ``form[k]`` has the answers of form ``of[k]``, shape (k,)."""
        edges = np.concatenate([[-np.inf], self.cuts, [np.inf]])
        place = np.searchsorted(self.values, self.answers[of])
        out = np.zeros(len(form))
        for node, weight in zip(_NODES, _WEIGHTS, strict=True):
            centre = self.mean[form] + self.sd_impression * node
            low, high = (edges[place + k] - centre for k in (0, 1))
            out += weight * np.prod(special.ndtr(high / self.sd_error) - special.ndtr(low / self.sd_error), axis=1)
        return out


def form_model(answers: Floats, person: Ints, rater: Ints) -> FormModel:
    """Fit the model of independent raters.

    Parameters
    ----------
    answers : ndarray, shape (F, D), D ≥ 2
        Complete forms.
    person, rater : ndarray of int, shape (F,)
        Codes without gaps.

    Returns
    -------
    FormModel

    Raises
    ------
    ConvergenceError
        If a variance model does not converge.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> person, rater = np.repeat(np.arange(30), 4), np.tile(np.arange(4), 30)
    >>> found = form_model(np.clip(np.rint(3 + rng.standard_normal((120, 4))), 1, 5), person, rater)
    >>> round(found.sd_error, 1), bool(found.probability(np.array([1]), np.array([0]))[0] < 0.02)
    (0.9, True)
    """
    values = np.unique(answers)
    cuts = (values[1:] + values[:-1]) / 2
    step = float(np.diff(values).min()) if len(values) > 1 else 1.0
    n, m, D = int(person.max()) + 1, int(rater.max()) + 1, answers.shape[1]
    level = answers.mean(axis=1)
    shape = answers - level[:, None]
    mean_fit = crossed_reml.fit(level, person, rater, n, m)
    mean = np.repeat((mean_fit.mu + mean_fit.blup_row[person] + mean_fit.blup_col[rater])[:, None], D, axis=1)
    left = 0.0
    for d in range(D):
        fit = crossed_reml.fit(shape[:, d], person, rater, n, m)
        mean[:, d] += fit.mu + fit.blup_row[person] + fit.blup_col[rater]
        left += float(fit.variances[2])
    error = left / (D - 1)  # deviations from a mean of D keep the share 1 − 1/D of the variance
    impression = max(float(mean_fit.variances[2]) - error / D, 0.0)
    latent = max(error - step**2 / 12, _LEAST_VARIANCE * step**2)  # rounding adds a twelfth of a squared step (Sheppard)
    return FormModel(answers, mean, cuts, values, float(np.sqrt(impression)), float(np.sqrt(latent)))


def count_tail(p: Floats, least: int) -> float:
    """Probability that at least so many of independent events happen (Poisson binomial).

    >>> import numpy as np
    >>> round(count_tail(np.array([0.5, 0.5]), 1), 6)
    0.75
    """
    if least <= 0:
        return 1.0
    if least > len(p):
        return 0.0
    below = np.zeros(least)  # probability of 0, 1, … events, all below `least`
    below[0], reached = 1.0, 0.0
    for one in p:
        reached += below[-1] * one
        below[1:] = below[1:] * (1 - one) + below[:-1] * one
        below[0] *= 1 - one
    return float(min(reached, 1.0))


def same_answers(answers: Floats) -> Ints:
    """Code of each form, equal where all answers are."""
    return np.asarray(np.unique(answers, axis=0, return_inverse=True)[1]).reshape(-1).astype(np.int64)
