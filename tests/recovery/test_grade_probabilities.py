"""Grade probabilities mean what they say: of people given 30 %, 30 % belong there."""

from __future__ import annotations

import numpy as np
import pytest

from rankkit import ForcedDistribution, GraphicRatingScale, simulate
from rankkit.kernels.grading.quota_assignment import assign
from rankkit.kernels.ranking import competition_ranks

pytestmark = pytest.mark.recovery

SHARES = {"A": 0.2, "B": 0.6, "C": 0.2}
EDGES = np.array([0.0, 0.05, 0.15, 0.3, 0.5, 0.7, 0.85, 0.95, 1.0])


def predicted_and_realised(prior, replicates, **settings):
    predicted, realised = [], []
    for k in range(replicates):
        sample = simulate.ratings(scale=None, rounded=False, seed=k, **settings)
        found = ForcedDistribution(shares=SHARES, prior=prior, seed=k).fit(GraphicRatingScale().fit(sample.table))
        true = assign(sample.truth["score"].to_numpy(), found.quota["seats"].to_numpy()).grade
        predicted.append(found.probabilities.to_numpy().ravel())
        realised.append((true[:, None] == np.arange(3)).ravel())
    return np.concatenate(predicted), np.concatenate(realised).astype(float)


def by_bin(predicted, realised):
    place = np.clip(np.digitize(predicted, EDGES) - 1, 0, len(EDGES) - 2)
    n = np.bincount(place, minlength=len(EDGES) - 1)
    return np.bincount(place, predicted) / n, np.bincount(place, realised) / n, n


@pytest.mark.parametrize(
    "settings",
    [
        {"n_ratees": 40, "n_raters": 5, "sd_ratee": 0.6, "sd_rater": 0.4, "sd_residual": 0.7},
        {"n_ratees": 40, "n_raters": 10, "design": "partial", "raters_per_ratee": 3, "sd_ratee": 0.6, "sd_rater": 0.3, "sd_residual": 0.7},
    ],
    ids=["crossed", "partial"],
)
def test_predicted_grades_come_true_as_often_as_predicted(settings):
    predicted, realised = predicted_and_realised("empirical_bayes", 120, **settings)
    mean, share, n = by_bin(predicted, realised)
    error = np.sqrt(mean * (1 - mean) / n)
    assert (n > 100).all()
    assert (np.abs(share - mean) < 0.02 + 2.5 * error).all()


def test_without_a_prior_the_probabilities_are_too_sure():
    """Draws around unshrunken scores take noise for merit: of grades given 85 % and more, fewer are right."""
    settings = {"n_ratees": 40, "n_raters": 3, "sd_ratee": 0.4, "sd_rater": 0.3, "sd_residual": 0.8}
    flat, shrunken = (predicted_and_realised(prior, 60, **settings) for prior in ("flat", "empirical_bayes"))
    score = [float(np.mean((p - r) ** 2)) for p, r in (flat, shrunken)]
    assert score[1] < score[0]


def test_ranks_of_the_posterior_mean_are_those_of_the_scores_where_precision_is_equal():
    sample = simulate.ratings(20, 4, seed=3, scale=None, rounded=False)
    scores = GraphicRatingScale().fit(sample.table)
    grades = ForcedDistribution(shares=SHARES).fit(scores)
    top = grades.probabilities["A"].to_numpy()
    order = competition_ranks(scores.estimate)
    assert np.all(np.diff(top[np.argsort(order)]) <= 0.02)  # simulated with 10 000 draws: error .005
