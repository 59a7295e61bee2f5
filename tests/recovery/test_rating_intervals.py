"""Coverage of intervals and rank sets of the graphic rating scale."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from rankkit import GraphicRatingScale, simulate
from rankkit.kernels.covariance import difference_variance
from rankkit.kernels.ranking import competition_ranks
from rankkit.kernels.rater_effects.rating_composite import composite
from rankkit.methods.rating_evidence import evidence

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


def estimated(table, weights):
    """What GraphicRatingScale computes first, without its tables and notes; see the test that they agree."""
    cells = table.cells
    w = np.ones(1) if weights is None else np.array([weights[d] for d in table.dimensions])
    parts = composite(cells.ratee, cells.rater, cells.dimension, cells.score, w, len(table.people), len(table.raters))
    found = evidence(parts, np.ones(len(table.people), dtype=bool), "", 0.52, centred=False)
    return SimpleNamespace(estimate=parts.score, covariance=found.covariance, df=found.df, df_difference=found.df_difference)


def coverage(settings, replicates, seed=0, **method):
    """Share of scores and of differences inside their intervals, a row a replicate."""
    out = np.empty((replicates, 2))
    for k in range(replicates):
        sample = simulate.ratings(**PLAIN | settings, seed=seed + k)
        if method:
            found = GraphicRatingScale(weights=weights_of(settings), **method).fit(sample.table)
        else:
            found = estimated(sample.table, weights_of(settings))
        truth = truth_of(sample)
        if method.get("assume"):  # the assumption, taken literally
            team = sample.truth["team"].to_numpy()
            truth = truth - (np.bincount(team, truth) / np.bincount(team))[team] + truth.mean()
        error = found.estimate - truth
        half = stats.t.ppf(0.975, found.df) * np.sqrt(found.covariance.diagonal())
        i, j = np.triu_indices(len(error), 1)
        apart = stats.t.ppf(0.975, found.df_difference) * np.sqrt(difference_variance(found.covariance, i, j))
        out[k] = np.mean(np.abs(error) <= half), np.mean(np.abs(error[i] - error[j]) <= apart)
    return out


@pytest.mark.parametrize("name", DESIGNS)
def test_the_method_reports_what_is_simulated_below(name):
    sample = simulate.ratings(**PLAIN | DESIGNS[name], seed=11)
    whole = GraphicRatingScale(weights=weights_of(DESIGNS[name])).fit(sample.table)
    core = estimated(sample.table, weights_of(DESIGNS[name]))
    for a, b in ((whole.estimate, core.estimate), (whole.df, core.df), (whole.covariance.dense(), core.covariance.dense())):
        np.testing.assert_array_equal(a, b)
    assert whole.df_difference == core.df_difference


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
    settings = {"n_ratees": 24, "n_raters": 16, "design": "nested", "raters_per_ratee": 2, "sd_rater": 0.4}
    found = coverage(settings, 300, adjust="center", assume="equal_teams")
    error = found.std(axis=0) / np.sqrt(len(found))
    assert (error < [0.007, 0.004]).all()  # the level of all scores is one number a replicate
    assert ((found.mean(axis=0) >= 0.94) & (found.mean(axis=0) <= 0.96)).all()


@pytest.mark.parametrize("name", ["crossed, three raters", "partial", "teams"])
def test_rank_sets_hold_all_true_ranks_at_their_level(name):
    """Close people, where naive quantiles of simulated ranks fail."""
    replicates, whole, each = 120, 0, []
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
