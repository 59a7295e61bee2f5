"""Coverage of 95 % intervals of worths and order effect, and the level of the goodness-of-fit test, by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm
from scipy.stats import t as student

from rankkit.errors import ConvergenceError
from rankkit.kernels.pairs.contests import aggregate
from rankkit.kernels.pairs.judge_clusters import sandwich
from rankkit.kernels.pairs.pair_goodness import goodness
from rankkit.kernels.pairs.pair_models import fit
from rankkit.kernels.pairs.pair_outcomes import OutcomeModel

pytestmark = pytest.mark.recovery

LEVEL_Z = norm.ppf(0.975)
WORTH = np.linspace(-1.0, 1.0, 8)
ORDER = 0.3


def both_ways(n, each):
    pairs = np.array([(i, j) for i in range(n) for j in range(n) if i != j])
    return np.repeat(pairs, each, axis=0).T


def outcomes(lead, model, tie, rng):
    chance = np.exp(model.at(lead, tie).log_chance)
    draw = rng.random(len(lead))
    return np.where(draw < chance[0], 1, np.where(draw < chance[0] + chance[1], -1, 0))


@pytest.mark.parametrize(
    ("link", "ties", "tie"),
    [
        ("logit", "half", 0.0),
        ("probit", "half", 0.0),
        ("logit", "davidson", -0.3),
        ("logit", "rao_kupper", 0.5),
        ("probit", "rao_kupper", 0.3),
    ],
)
def test_intervals_of_worths_order_effect_and_tie_parameter_cover(link, ties, tie):
    left, right = both_ways(8, 6)
    model, rng = OutcomeModel(link, ties), np.random.default_rng(11)
    ones, replicates = np.ones((len(left), 1)), 400
    worths, effect, of_tie = np.zeros(replicates), np.zeros(replicates), np.zeros(replicates)
    for k in range(replicates):
        result = outcomes(WORTH[left] - WORTH[right] + ORDER, model, tie, rng)
        found = fit(aggregate(left, right, result, None, 8, ones), link=link, ties=ties)
        worths[k] = np.mean(np.abs(found.worth - WORTH) <= LEVEL_Z * np.sqrt(np.diag(found.covariance)))
        effect[k] = abs(found.effects[0] - ORDER) <= LEVEL_Z * found.se_effects[0]
        of_tie[k] = ties == "half" or abs(found.tie - tie) <= LEVEL_Z * found.se_tie
    # three standard errors of a share of 400: .033; of eight dependent worths: .012
    assert worths.mean() == pytest.approx(0.95, abs=0.02)
    assert effect.mean() == pytest.approx(0.95, abs=0.033)
    if ties != "half":
        assert of_tie.mean() == pytest.approx(0.95, abs=0.033)


def test_intervals_clustered_by_judge_cover_where_judges_differ():
    """Judges lean to the left to different degrees and see people differently: the model's errors are too small."""
    m, n, replicates = 20, 6, 300
    pairs = both_ways(n, 1)
    left, right = np.tile(pairs, m)
    judge = np.repeat(np.arange(m), pairs.shape[1])
    worth, rng = np.linspace(-0.3, 0.3, n), np.random.default_rng(12)
    ones = np.ones((len(left), 1))
    bound = student.ppf(0.975, m - 1)
    estimates = np.zeros((replicates, n + 1))
    errors = np.zeros((replicates, 2, n + 1))
    for k in range(replicates):
        view, lean = worth + 0.5 * rng.normal(size=(m, n)), 0.2 + 0.5 * rng.normal(size=m)
        result = outcomes(view[judge, left] - view[judge, right] + lean[judge], OutcomeModel(), 0.0, rng)
        found = fit(aggregate(left, right, result, None, n, ones))
        scores = found.judge_scores(judge, result, None, m)
        loadings = sandwich(scores.worths, found.solve, full_rank=False).loadings
        estimates[k] = np.append(found.worth, found.effects)
        errors[k, 0] = np.sqrt(np.append(np.sum(loadings**2, axis=1), np.diag(scores.others_covariance)))
        errors[k, 1] = np.append(np.sqrt(np.diag(found.covariance)), found.se_effects)
    target = estimates.mean(axis=0)  # what the averages over judges tend to; its own error is a seventeenth of an interval's
    off = np.abs(estimates - target)
    cluster = off <= bound * errors[:, 0]
    naive = off <= LEVEL_Z * errors[:, 1]
    assert cluster[:, :n].mean() == pytest.approx(0.95, abs=0.02)
    assert cluster[:, n].mean() == pytest.approx(0.95, abs=0.038)  # three standard errors of a share of 300
    assert naive[:, :n].mean() < 0.92
    assert naive[:, n].mean() < 0.85


def rejections(each, replicates, draws, seed):
    """Shares of true models rejected at .05: bootstrap (deviance, Pearson) and chi-squared (deviance, Pearson)."""
    left, right = both_ways(6, each)
    worth, rng = np.linspace(-0.8, 0.8, 6), np.random.default_rng(seed)
    ones, p = np.ones((len(left), 1)), []
    for k in range(replicates):
        result = outcomes(worth[left] - worth[right] + ORDER, OutcomeModel(), 0.0, rng)
        try:
            test = goodness(fit(aggregate(left, right, result, None, 6, ones)), replicates=draws, seed=k)
        except ConvergenceError:
            continue
        p.append((test.p_deviance, test.p_pearson, test.p_deviance_chi2, test.p_pearson_chi2))
    return np.mean(np.array(p) <= 0.05, axis=0), len(p)


def test_the_bootstrap_keeps_its_level_where_chi_squared_does_not():
    share, fitted = rejections(each=3, replicates=300, draws=99, seed=13)
    assert fitted > 290
    np.testing.assert_allclose(share[:2], 0.05, atol=0.038)  # three standard errors
    assert share[2] > 0.10  # three comparisons a contest


@pytest.mark.thorough
def test_the_bootstrap_keeps_its_level_in_the_long_run():
    for each, seed in ((3, 14), (5, 15), (10, 16)):
        share, fitted = rejections(each=each, replicates=2000, draws=199, seed=seed)
        assert fitted > 1900
        np.testing.assert_allclose(share[:2], 0.05, atol=0.02)
