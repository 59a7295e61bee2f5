"""Whether a paired-comparison model fits: residuals, deviance tested by simulation, models set against each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.pairs.comparison_order import canonical_places
from rankkit.kernels.pairs.pair_model_fit import PairModelFit
from rankkit.kernels.pairs.pair_refits import Refits

_CELLS = 400_000  # simulated contests held at once
_EXACT_DECIMALS = 9  # leads that agree to these are equal, whatever the order of the rows


@dataclass(frozen=True, eq=False)
class PairResiduals:
    """How far the outcomes of each contest are from what the model expects, towards the left person.

    Attributes
    ----------
    pearson : ndarray, shape (contests,)
        Wins of left less wins of right, less what is expected, over the model's standard deviation.
    deviance : ndarray, shape (contests,)
        Signed root of the contest's part of the deviance.
    """

    pearson: Floats
    deviance: Floats


def residuals(fitted: PairModelFit) -> PairResiduals:
    """Compute residuals of contests.

    Parameters
    ----------
    fitted : PairModelFit
        Any fit; ties count half of each where the model has no tie parameter.

    Returns
    -------
    PairResiduals

    Examples
    --------
    >>> import numpy as np
    >>> from rankkit.kernels.pairs.contests import aggregate
    >>> from rankkit.kernels.pairs.pair_models import fit
    >>> left, right = np.array([0, 0, 0, 1, 1, 2, 2]), np.array([1, 1, 2, 2, 2, 0, 0])
    >>> residuals(fit(aggregate(left, right, np.array([1, -1, 1, 1, -1, 1, 1]), None, 3))).pearson.round(3)
    array([0.18 , 1.29 , 0.18 , 1.097])
    """
    left, right, _ = fitted.probabilities()
    total, counts = fitted.contests.total, fitted.counts
    lead = left - right
    spread = total * (left + right - lead**2)
    pearson = (counts[0] - counts[1] - total * lead) / np.sqrt(spread)
    return PairResiduals(pearson, np.sign(pearson) * np.sqrt(_deviance_parts(counts[None], total, fitted.outcomes.log_chance[None])[0]))


@dataclass(frozen=True, eq=False)
class PairGoodness:
    """Test of a model against free chances in every contest.

    Attributes
    ----------
    deviance, pearson : float
        ``2 sum O log(O/E)`` and ``sum (O - E)^2 / E`` over outcomes of contests.
    df : int
        Contests times (outcomes - 1) minus parameters.
    p_deviance, p_pearson : float
        Share of data sets simulated from the fitted model, the observed one included, with at least this statistic.
    p_deviance_chi2, p_pearson_chi2 : float
        From the chi-squared distribution, which few comparisons a contest do not follow; NaN without degrees of freedom.
    replicates : int
        Simulated data sets.
    smallest_expected : float
        Smallest expected count.
    """

    deviance: float
    pearson: float
    df: int
    p_deviance: float
    p_pearson: float
    p_deviance_chi2: float
    p_pearson_chi2: float
    replicates: int
    smallest_expected: float


def goodness(fitted: PairModelFit, *, replicates: int = 999, seed: int = 0) -> PairGoodness:
    """Test goodness of fit by parametric bootstrap.

    Data sets are drawn from the fitted model, refitted together, and their statistics compared with the observed one's.
    Comparisons are taken as independent of each other: where each judge has a view of their own and compares many pairs by
    it, residuals of pairs are correlated, and a high p is no evidence that the model fits.

    Parameters
    ----------
    fitted : PairModelFit
        A maximum likelihood fit whose contests have whole-numbered counts.
    replicates : int
        Data sets to draw.
    seed : int
        Seed; contests are drawn in an order that neither labels nor rows decide.

    Returns
    -------
    PairGoodness

    Raises
    ------
    ValueError
        For a penalised fit, for ties that count half, or for fractional counts.

    Notes
    -----
    Collins, L. M., Fidler, P. L., Wugalter, S. E. & Long, J. D. (1993). Goodness-of-fit testing for latent class models.
    *Multivariate Behavioral Research*, 28.

    Examples
    --------
    >>> import numpy as np
    >>> from rankkit.kernels.pairs.pair_counts import PairCounts
    >>> from rankkit.kernels.pairs.contests import of_pairs
    >>> from rankkit.kernels.pairs.pair_models import fit
    >>> counts = PairCounts(3, np.array([0, 0, 1]), np.array([1, 2, 2]), np.full(3, 4.0), np.ones(3), np.zeros(3))
    >>> found = goodness(fit(of_pairs(counts)), replicates=99)
    >>> round(found.deviance, 4), found.df, round(found.p_deviance_chi2, 3), found.p_deviance
    (0.519, 1, 0.471, 0.63)
    """
    if fitted.deviance is None:
        raise ValueError("goodness of fit needs a maximum likelihood fit without ties that count half")
    total = fitted.contests.total
    if not np.allclose(total, np.round(total), rtol=0, atol=1e-9):
        raise ValueError("goodness of fit by simulation needs whole-numbered counts")
    rng = np.random.default_rng(seed)
    k = len(total)
    seen = _statistics(fitted.counts[None], total, fitted.outcomes.log_chance[None])
    refits, simulated = Refits(fitted), []
    for low in range(0, replicates, max(1, _CELLS // k)):
        size = min(max(1, _CELLS // k), replicates - low)
        counts = _drawn(fitted, size, rng)
        simulated.append(_statistics(counts, total, refits.log_chances(counts)))
    draws = np.concatenate(simulated) if simulated else np.zeros((0, 2))
    at_least = (draws >= seen[0] - 1e-7).sum(axis=0)
    share = (1 + at_least) / (1 + replicates)
    tail = chi2.sf(seen[0], fitted.df) if fitted.df > 0 else np.full(2, np.nan)
    return PairGoodness(
        deviance=float(seen[0, 0]),
        pearson=float(seen[0, 1]),
        df=fitted.df,
        p_deviance=float(share[0]),
        p_pearson=float(share[1]),
        p_deviance_chi2=float(tail[0]),
        p_pearson_chi2=float(tail[1]),
        replicates=replicates,
        smallest_expected=float(np.min(total * np.exp(fitted.outcomes.log_chance))),
    )


@dataclass(frozen=True)
class LikelihoodRatio:
    """Test of a model against a larger one that contains it.

    Attributes
    ----------
    statistic : float
        Twice the difference of log-likelihoods.
    df : int
        Difference of the numbers of parameters.
    p : float
        From the chi-squared distribution; comparisons are taken as independent.
    """

    statistic: float
    df: int
    p: float


def likelihood_ratio(smaller: PairModelFit, larger: PairModelFit) -> LikelihoodRatio:
    """Compare nested models of the same comparisons.

    Parameters
    ----------
    smaller, larger : PairModelFit
        Maximum likelihood fits of the same rows; the second has every parameter of the first, and more.

    Returns
    -------
    LikelihoodRatio

    Raises
    ------
    ValueError
        For penalised fits, for other data or another link or treatment of ties, or if the second has no more parameters.

    Notes
    -----
    Wilks, S. S. (1938). The large-sample distribution of the likelihood ratio. *Annals of Mathematical Statistics*, 9.

    Examples
    --------
    >>> import numpy as np
    >>> from rankkit.kernels.pairs.contests import aggregate
    >>> from rankkit.kernels.pairs.pair_models import fit
    >>> left, right = np.array([0, 1, 0, 1, 0]), np.array([1, 0, 1, 0, 1])
    >>> plain, ordered = (fit(aggregate(left, right, np.array([1, 1, -1, -1, 1]), None, 2, v)) for v in (None, np.ones((5, 1))))
    >>> found = likelihood_ratio(plain, ordered)
    >>> round(found.statistic, 6), found.df, round(found.p, 6)
    (0.138443, 1, 0.709834)
    """
    same = smaller.model == larger.model and np.isclose(smaller.contests.total.sum(), larger.contests.total.sum(), rtol=1e-9)
    df = larger.n_parameters - smaller.n_parameters
    if smaller.penalty != "none" or larger.penalty != "none" or not same or df < 1:
        raise ValueError("a likelihood ratio needs two nested maximum likelihood fits of the same comparisons")
    statistic = max(0.0, 2 * (larger.loglik - smaller.loglik))
    return LikelihoodRatio(statistic, df, float(chi2.sf(statistic, df)))


def _deviance_parts(counts: Floats, total: Floats, log_chance: Floats) -> Floats:
    """``2 sum O log(O/E)`` of each contest, shape (sets, contests)."""
    seen = np.log(np.where(counts > 0, counts / total, 1.0))
    return np.asarray(np.maximum(2 * np.sum(np.where(counts > 0, counts * (seen - log_chance), 0.0), axis=1), 0.0))


def _statistics(counts: Floats, total: Floats, log_chance: Floats) -> Floats:
    """Deviance and Pearson's statistic, shape (sets, 2); arrays are of shape (sets, outcomes, contests)."""
    expected = total * np.exp(log_chance)
    pearson = np.where(expected > 0, (counts - expected) ** 2 / np.where(expected > 0, expected, 1.0), 0.0)
    return np.stack([_deviance_parts(counts, total, log_chance).sum(axis=1), pearson.sum(axis=(1, 2))], axis=1)


def _places(fitted: PairModelFit) -> Ints:
    """Places of people by worth, then by what happened to them, told apart as far as they can be."""
    c = fitted.contests
    worth = np.unique(np.round(fitted.worth, _EXACT_DECIMALS), return_inverse=True)[1]
    left = np.column_stack([c.wins_left, c.wins_right, c.ties, c.covariates])
    right = np.column_stack([c.wins_right, c.wins_left, c.ties, -c.covariates])
    return canonical_places(c.left, c.right, left, right, c.n, worth)


def _drawn(fitted: PairModelFit, size: int, rng: np.random.Generator) -> Floats:
    """Counts of data sets from the fitted model, shape (size, outcomes, contests)."""
    c, chance = fitted.contests, np.exp(fitted.outcomes.log_chance)
    size_of_lead, place = np.round(np.abs(fitted.lead), _EXACT_DECIMALS), _places(fitted)
    gap = np.round(chance[0] - chance[1], _EXACT_DECIMALS)
    ahead = (gap > 0) | ((gap == 0) & (place[c.left] > place[c.right]))
    high, low = np.where(ahead, place[c.left], place[c.right]), np.where(ahead, place[c.right], place[c.left])
    of_ahead, of_other = np.where(ahead, c.wins_left, c.wins_right), np.where(ahead, c.wins_right, c.wins_left)
    order = np.lexsort((*c.covariates.T, of_other, of_ahead, low, high, c.total, size_of_lead))
    number = np.round(c.total).astype(np.int64)[order]
    p_ahead = np.where(ahead, chance[0], chance[1])[order]
    favoured = rng.binomial(number, p_ahead, size=(size, len(number)))
    counts = np.zeros((size, len(chance), len(number)))
    tied = np.zeros_like(favoured)
    if len(chance) == 3:
        tied = rng.binomial(number - favoured, np.clip(chance[2][order] / (1 - p_ahead), 0.0, 1.0))
        counts[:, 2, order] = tied
    first = ahead[order]
    other = number - favoured - tied
    counts[:, 0, order], counts[:, 1, order] = np.where(first, favoured, other), np.where(first, other, favoured)
    return counts
