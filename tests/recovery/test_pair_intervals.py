"""Coverage of intervals and rank sets of paired comparison, through the public interface."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import expit

from rankkit import PairedComparison
from rankkit.kernels.covariance import difference_variance
from rankkit.kernels.pairs import bradley_terry, davidson
from rankkit.kernels.pairs.pair_counts import PairCounts
from rankkit.kernels.ranking import competition_ranks

pytestmark = pytest.mark.recovery

NU = 0.8  # tie parameter where there are ties: 29 % ties between equals


def names(n):
    return np.array([f"p{k:02d}" for k in range(n)], dtype=object)


def counted(rng, truth, each):
    """Counts of complete pairs without judges."""
    first, second = np.triu_indices(len(truth), 1)
    wins = rng.binomial(each, expit(truth[first] - truth[second]))
    ids = names(len(truth))
    return pd.DataFrame(
        {
            "winner": np.concatenate([ids[first], ids[second]]),
            "loser": np.concatenate([ids[second], ids[first]]),
            "count": np.concatenate([wins, each - wins]),
        }
    )


def judged(rng, truth, m, spread, nu):
    """Complete pairs by every judge, each with a private view of each person; Davidson's ties."""
    n = len(truth)
    first, second = np.triu_indices(n, 1)
    view = truth + spread * rng.normal(size=(m, n))
    half = 0.5 * (view[:, first] - view[:, second])
    left, right = np.exp(half), np.exp(-half)
    u = rng.random(half.shape) * (left + right + nu)
    outcome = np.where(u < left, "left", np.where(u < left + right, "right", "tie"))
    ids = names(n)
    judge = np.repeat([f"j{r}" for r in range(m)], len(first))
    return pd.DataFrame({"rater": judge, "left": np.tile(ids[first], m), "right": np.tile(ids[second], m), "outcome": outcome.ravel()})


def settles(truth, spread, nu):
    """Where the estimate settles with infinitely many judges."""
    n = len(truth)
    first, second = np.triu_indices(n, 1)
    nodes, weights = np.polynomial.hermite_e.hermegauss(61)
    half = 0.5 * ((truth[first] - truth[second])[:, None] + np.sqrt(2) * spread * nodes)
    whole = np.exp(half) + np.exp(-half) + nu
    left, right, tie = (x / whole @ weights / weights.sum() for x in (np.exp(half), np.exp(-half), nu * np.ones_like(half)))
    counts = PairCounts(n, first, second, left, right, tie)
    return (davidson if nu else bradley_terry).fit(counts).worth


def covered(found, truth):
    error = found.estimate - truth
    half = stats.t.ppf(0.975, found.df) * np.sqrt(found.covariance.diagonal())
    i, j = np.triu_indices(len(truth), 1)
    apart = stats.t.ppf(0.975, found.df_difference) * np.sqrt(difference_variance(found.covariance, i, j))
    return np.mean(np.abs(error) <= half), np.mean(np.abs(error[i] - error[j]) <= apart)


def test_worths_and_differences_are_covered_at_their_level():
    rng = np.random.default_rng(20_250_101)
    truth = np.linspace(-1.2, 1.2, 12)
    share = np.array([covered(PairedComparison().fit(counted(rng, truth, 12)), truth) for _ in range(1000)])
    error = share.std(axis=0) / np.sqrt(len(share))
    assert (error < 0.004).all()
    assert ((share.mean(axis=0) >= 0.94) & (share.mean(axis=0) <= 0.96)).all()


@pytest.mark.parametrize("nu", [0.0, NU], ids=["no ties", "ties"])
def test_intervals_know_about_judges(nu):
    rng = np.random.default_rng(31)
    truth, m, spread = np.linspace(-1, 1, 8), 14, 0.8
    target = settles(truth, spread, nu)
    share, model = [], []
    for _ in range(400):
        data = judged(rng, truth, m, spread, nu)
        found = PairedComparison().fit(data)
        share.append(covered(found, target))
        model.append(covered(PairedComparison(judges="model").fit(data), target))
    assert found.se_basis == "judge_cluster"
    share = np.array(share)
    error = share.std(axis=0) / np.sqrt(len(share))
    assert (error < 0.006).all()
    assert ((share.mean(axis=0) >= 0.94) & (share.mean(axis=0) <= 0.965)).all()
    assert (np.mean(model, axis=0) < 0.93).all()  # every comparison taken as independent: too narrow


@pytest.mark.parametrize("judges", [0, 10], ids=["no judges", "judges"])
def test_rank_sets_hold_all_true_ranks_at_their_level(judges):
    rng = np.random.default_rng(7)
    truth, replicates, whole = np.linspace(-0.4, 0.4, 10), 200, 0
    target = settles(truth, 0.5, 0.0) if judges else truth
    true = competition_ranks(target)
    for _ in range(replicates):
        data = judged(rng, truth, judges, 0.5, 0.0) if judges else counted(rng, truth, 10)
        sets = PairedComparison().fit(data).rank_sets()
        whole += bool(((sets["rank_low"] <= true) & (true <= sets["rank_high"])).all())
    assert whole / replicates >= 0.95 - 2 * np.sqrt(0.95 * 0.05 / replicates)


def test_the_deviance_follows_its_reference_distribution_where_pairs_are_met_often():
    rng = np.random.default_rng(5)
    truth = np.linspace(-0.7, 0.7, 6)
    p = []
    for _ in range(600):
        found = PairedComparison().fit(counted(rng, truth, 30))
        p.append(stats.chi2.sf(found.deviance, found.deviance_df))
    p = np.array(p)
    for level in (0.05, 0.2, 0.5):
        assert abs(np.mean(p < level) - level) < 3 * np.sqrt(level * (1 - level) / len(p)) + 0.01  # chi-squared is approximate
