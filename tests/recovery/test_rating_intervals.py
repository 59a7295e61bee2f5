"""Coverage of intervals and rank sets of the graphic rating scale, through the public interface."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from rankkit import GraphicRatingScale, simulate
from rankkit.kernels.covariance import difference_variance
from rankkit.kernels.ranking import competition_ranks

pytestmark = pytest.mark.recovery

PLAIN = {"scale": None, "rounded": False, "sd_ratee": 1.0, "sd_halo": 0.3, "sd_residual": 0.6}
DIMENSIONS = {"dimensions": 3, "sd_ratee_dimension": 0.4, "sd_rater_dimension": 0.2}
WEIGHTS = {"d1": 0.5, "d2": 0.3, "d3": 0.2}
DESIGNS = {
    "crossed": {"n_ratees": 20, "n_raters": 6, "sd_rater": 0.4},
    "crossed, three raters": {"n_ratees": 15, "n_raters": 3, "sd_rater": 0.5},
    "crossed, no severity": {"n_ratees": 15, "n_raters": 4, "sd_rater": 0.0},
    "crossed, dimensions": {"n_ratees": 20, "n_raters": 6, "sd_rater": 0.4, **DIMENSIONS},
    "partial": {"n_ratees": 30, "n_raters": 10, "design": "partial", "raters_per_ratee": 3, "sd_rater": 0.4},
    "partial, dimensions": {"n_ratees": 30, "n_raters": 10, "design": "partial", "raters_per_ratee": 3, "sd_rater": 0.4, **DIMENSIONS},
    "raters of one's own": {"n_ratees": 20, "n_raters": 60, "design": "nested", "raters_per_ratee": 3, "sd_rater": 0.5},
    "teams": {"n_ratees": 30, "n_raters": 20, "design": "nested", "raters_per_ratee": 2, "sd_rater": 0.4},
}
REPLICATES = 500  # Monte-Carlo error of a coverage .002 to .004: asserted below, so that 94 to 96 % means something
MOST_ERROR = 0.0045


def weights_of(settings):
    return WEIGHTS if settings.get("dimensions") else None


def truth_of(sample):
    names = list(sample.dimensions.columns)
    weights = np.array([WEIGHTS[d] for d in names]) if len(names) > 1 else np.ones(1)
    return sample.dimensions.to_numpy() @ weights


def coverage(settings, replicates, seed=0, **method):
    """Share of scores and of differences inside their intervals, a row a replicate."""
    out = np.empty((replicates, 2))
    for k in range(replicates):
        sample = simulate.ratings(**PLAIN | settings, seed=seed + k)
        found = GraphicRatingScale(weights=weights_of(settings), **method).fit(sample.table)
        truth = truth_of(sample)
        if method.get("assume"):  # the assumption, taken literally
            team = sample.truth["team"].to_numpy()
            truth = truth - (np.bincount(team, truth) / np.bincount(team))[team]
        error = found.estimate - truth
        half = stats.t.ppf(0.975, found.df) * np.sqrt(found.covariance.diagonal())
        i, j = np.triu_indices(len(error), 1)
        apart = stats.t.ppf(0.975, found.df_difference) * np.sqrt(difference_variance(found.covariance, i, j))
        out[k] = np.mean(np.abs(error) <= half), np.mean(np.abs(error[i] - error[j]) <= apart)
    return out


@pytest.mark.parametrize("name", DESIGNS)
def test_scores_and_differences_are_covered_at_their_level(name):
    found = coverage(DESIGNS[name], REPLICATES)
    error = found.std(axis=0) / np.sqrt(len(found))
    assert (error < MOST_ERROR).all()
    score, difference = found.mean(axis=0)
    assert 0.94 <= score <= 0.96
    assert 0.94 <= difference <= 0.96


@pytest.mark.thorough
@pytest.mark.parametrize("name", DESIGNS)
def test_coverage_with_small_simulation_error(name):
    found = coverage(DESIGNS[name], 5000, seed=1_000_000)
    assert ((found.mean(axis=0) >= 0.94) & (found.mean(axis=0) <= 0.96)).all()


def test_severity_that_outweighs_everything_costs_little_coverage_with_three_raters():
    """Satterthwaite's own degrees of freedom cover 92.5 % here; the allowance for a spread that came out small mends most of it."""
    settings = {"n_ratees": 20, "n_raters": 3, "sd_rater": 1.5}
    found = coverage(settings, 1000)[:, 0]
    error = found.std() / np.sqrt(len(found))
    assert error < 0.007
    assert 0.93 <= found.mean() <= 0.96


def test_partly_shared_raters_of_great_severity_are_covered_too_often_rather_than_too_seldom():
    settings = {"n_ratees": 30, "n_raters": 6, "design": "partial", "raters_per_ratee": 3, "sd_rater": 1.5}
    found = coverage(settings, 200).mean(axis=0)
    assert (found >= 0.95).all()
    assert (found <= 0.99).all()


def test_centred_scores_of_teams_are_covered_where_teams_are_equal():
    settings = {"n_ratees": 32, "n_raters": 8, "design": "nested", "raters_per_ratee": 2, "sd_rater": 0.8}
    found = coverage(settings, REPLICATES, adjust="center", assume="equal_teams")
    assert ((found.mean(axis=0) >= 0.94) & (found.mean(axis=0) <= 0.96)).all()


def test_centred_scores_of_a_small_crossed_panel_are_covered():
    """With six people, the rater means take a sixth of the residual sum of squares; not giving it back covers 92.5 %."""
    settings = {"n_ratees": 6, "n_raters": 4, "sd_rater": 0.8}
    covered = np.empty(800)
    for k in range(len(covered)):
        sample = simulate.ratings(**PLAIN | settings, seed=k)
        found = GraphicRatingScale(adjust="center").fit(sample.table)
        truth = truth_of(sample)
        error = found.estimate - truth - (found.estimate - truth).mean()
        covered[k] = np.mean(np.abs(error) <= stats.t.ppf(0.975, found.df) * np.sqrt(found.covariance.diagonal()))
    assert covered.std() / np.sqrt(len(covered)) < MOST_ERROR + 0.001  # few people, few averaged
    assert 0.94 <= covered.mean() <= 0.96


@pytest.mark.parametrize("name", ["crossed, three raters", "partial", "teams"])
def test_rank_sets_hold_all_true_ranks_at_their_level(name):
    """Close people, where naive quantiles of simulated ranks fail."""
    replicates, whole, each = 150, 0, []
    for k in range(replicates):
        sample = simulate.ratings(**PLAIN | DESIGNS[name] | {"sd_ratee": 0.25}, seed=k)
        found = GraphicRatingScale(seed=k).fit(sample.table)
        true = competition_ranks(truth_of(sample))
        together, alone = found.rank_sets(), found.rank_sets(kind="marginal")
        whole += bool(((together["rank_low"] <= true) & (true <= together["rank_high"])).all())
        each.append(((alone["rank_low"] <= true) & (true <= alone["rank_high"])).mean())
    error = np.sqrt(0.95 * 0.05 / replicates)
    assert whole / replicates >= 0.95 - 2 * error
    assert np.mean(each) >= 0.95
