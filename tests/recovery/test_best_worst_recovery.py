"""Alternation data drawn from the sequential best-worst logit: worths, scales and intervals found again."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from rankkit import AlternationRanking
from rankkit.kernels.pairs import judge_clusters
from rankkit.kernels.rankings import best_worst, maxdiff
from rankkit.kernels.rankings.choice_newton import FIXED_TAU
from rankkit.kernels.rankings.pick_scales import scale_tests
from rankkit.kernels.rankings.picks import top_down
from tests.oracles_best_worst import drawn_logs, final_order, logged, rankings_frame

pytestmark = pytest.mark.recovery


def as_if_top_down(logs, n):
    """The same lists, read as if they had been made from the top."""
    m = len(logs)
    people = np.concatenate([final_order(log, n) for log in logs])
    return top_down(np.repeat(np.arange(m), n), people, np.tile(np.arange(1.0, n + 1), m), np.arange(m), n, m)


def estimated(logs, n):
    """Worths by the model that made the data, and by Plackett-Luce."""
    return tuple(best_worst.fit(picks, tau=FIXED_TAU).worth for picks in (logged(logs, n), as_if_top_down(logs, n)))


@pytest.mark.parametrize("replicates", [60, pytest.param(1000, marks=pytest.mark.thorough)])
def test_the_model_of_the_procedure_beats_top_down(replicates):
    # failing toy h: top-down Plackett-Luce on alternation data
    n, m, rng = 12, 6, np.random.default_rng(20)
    truth = stats.norm.ppf((np.arange(n, 0, -1) - 0.5) / n)
    truth -= truth.mean()
    error, tau = np.empty((replicates, 2)), np.empty((replicates, 2))
    for k in range(replicates):
        found = estimated(drawn_logs(np.tile(truth, (m, 1)), rng), n)
        error[k] = [np.sqrt(np.mean((u - truth) ** 2)) for u in found]
        tau[k] = [stats.kendalltau(u, truth).statistic for u in found]
    gain, rank_gain = error[:, 1] - error[:, 0], tau[:, 0] - tau[:, 1]
    assert gain.mean() > 2 * gain.std() / np.sqrt(replicates)
    assert rank_gain.mean() > 2 * rank_gain.std() / np.sqrt(replicates)


@pytest.mark.parametrize("replicates", [20, pytest.param(300, marks=pytest.mark.thorough)])
def test_scales_are_recovered_and_their_intervals_cover(replicates):
    n, m, rng = 8, 40, np.random.default_rng(21)
    truth = np.linspace(1.6, -1.6, n)
    found = np.empty((replicates, 2, 2))
    for k in range(replicates):
        fit = best_worst.fit(logged(drawn_logs(np.tile(truth, (m, 1)), rng, scale=0.7, loss=0.25), n), worst_scale=None, depth_loss=None)
        found[k] = [[fit.worst_scale, fit.depth_loss], fit.se]
    z = (found[:, 0] - [0.7, 0.25]) / found[:, 1]
    assert np.abs(found[:, 0].mean(axis=0) - [0.7, 0.25]).max() < 4 * found[:, 0].std(axis=0).max() / np.sqrt(replicates) + 0.02
    assert np.mean(np.abs(z) < 1.96) > 0.95 - 3 * np.sqrt(0.95 * 0.05 / z.size)


@pytest.mark.parametrize("replicates", [80, pytest.param(1000, marks=pytest.mark.thorough)])
def test_scale_tests_keep_their_level(replicates):
    n, m, rng = 10, 10, np.random.default_rng(22)
    truth = np.linspace(1.2, -1.2, n)
    p, ratio = [], []
    for _ in range(replicates):
        picks = logged(drawn_logs(truth + 0.4 * rng.normal(size=(m, n)), rng), n)
        tests = scale_tests(picks, best_worst.fit(picks))
        p.append([tests[name].p for name in ("worst_scale", "depth_loss")])
        ratio.append([tests[name].p_likelihood_ratio for name in ("worst_scale", "depth_loss")])
    rejected = (np.array(p) < 0.05).mean(axis=0)
    assert rejected.max() <= 0.05 + 0.02 + 3 * np.sqrt(0.05 * 0.95 / replicates)  # ten raters: a little liberal
    assert (np.array(ratio) < 0.05).mean() > 0.07  # the likelihood ratio does not keep its level


@pytest.mark.parametrize(
    ("model", "replicates"), [("best_worst", 200), ("maxdiff", 200), pytest.param("best_worst", 2000, marks=pytest.mark.thorough)]
)
def test_intervals_clustered_by_rater_cover_where_the_models_own_do_not(model, replicates):
    n, m, rng, private = 8, 12, np.random.default_rng(23), 0.9
    truth = np.linspace(1.2, -1.2, n)
    fit = {"best_worst": best_worst.fit, "maxdiff": maxdiff.fit}[model]
    many = 3000  # lists that show where the estimate settles: its own error there is a twentieth of theirs
    target = fit(logged(drawn_logs(truth + private * rng.normal(size=(many, n)), rng), n)).worth
    hits, own = [], []
    for _ in range(replicates):
        picks = logged(drawn_logs(truth + private * rng.normal(size=(m, n)), rng), n)
        found = fit(picks)
        clustered = judge_clusters.sandwich(found.by_rater, lambda x, c=found.covariance: c @ x, full_rank=False)
        se = np.sqrt(clustered.covariance(found.covariance).diagonal())
        hits.append(np.abs(found.worth - target) <= stats.t.ppf(0.975, clustered.df) * se)
        own.append(np.abs(found.worth - target) <= 1.96 * np.sqrt(found.covariance.diagonal()))
    slack = 3 * np.sqrt(0.95 * 0.05 / (replicates * (n - 1)))
    assert abs(np.mean(hits) - 0.95) < slack + 0.01  # a sandwich of twelve raters is itself estimated
    assert np.mean(own) < np.mean(hits) - 0.01


@pytest.mark.parametrize("m", [5, 10])
@pytest.mark.parametrize("replicates", [40, pytest.param(500, marks=pytest.mark.thorough)])
def test_intervals_and_rank_sets_of_the_method_cover(m, replicates):
    # 5 raters: jackknife, the model's own where leaving one out leaves no estimate; 10: sandwich
    n, rng, private = 6, np.random.default_rng(m), 0.9
    truth = np.linspace(1.0, -1.0, n)
    target = best_worst.fit(logged(drawn_logs(truth + private * rng.normal(size=(4000, n)), rng), n)).worth
    true_rank = stats.rankdata(-target)
    hits, held = [], []
    for _ in range(replicates):
        logs = drawn_logs(truth + private * rng.normal(size=(m, n)), rng)
        scores = AlternationRanking().fit(rankings_frame(logs, n)).scores.loc[[f"p{j}" for j in range(n)]]
        hits.append((scores["ci_low"] <= target) & (target <= scores["ci_high"]))
        held.append(((scores["rank_low"] <= true_rank) & (true_rank <= scores["rank_high"])).all())
    slack = 3 * np.sqrt(0.95 * 0.05 / (replicates * (n - 1)))
    assert abs(np.mean(hits) - 0.95) < slack + 0.02  # few raters: the standard errors are themselves estimated
    assert np.mean(held) > 0.95 - 3 * np.sqrt(0.95 * 0.05 / replicates)
