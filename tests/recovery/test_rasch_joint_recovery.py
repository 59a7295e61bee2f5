"""Simulated ratings with known measures: what joint maximum likelihood recovers, covers and rejects, and by how much it does not.

Figures of 200 tables a design (50 of the largest); 95 % intervals of the measures as they are:

=========================  ======  ========  =====  ========  ===========
design                     slope θ  slope β  θ      severity  thresholds
=========================  ======  ========  =====  ========  ===========
30 × 6 × 4 crossed          1.07    1.06     .94     .94       .90
60 × 10 × 3, 3 raters each  1.16    1.16     .94     .93       .76
100 × 10 × 1, 2 raters each 1.9     2.4      .83     .73       .21
200 × 20 × 5, 4 raters each 1.06    1.07     .95     .94       .73
60 × 10 × 3, halo SD .5     1.03    1.01     .90     .88       .94
=========================  ======  ========  =====  ========  ===========

Joint maximum likelihood stretches measures by about L/(L − 1) with L ratings a person, and knows nothing of halo: its
intervals are those of a model that is slightly wrong, which the method says and marginal maximum likelihood avoids.
"""

from __future__ import annotations

import numpy as np
import pytest

from rankkit import simulate
from rankkit.kernels.rasch.many_facet_rasch import joint_ml
from rankkit.kernels.rasch.rasch_bias import contrasts, interactions
from rankkit.kernels.rasch.rasch_design import rasch_design
from rankkit.kernels.rasch.rasch_fit import Residuals, element_fit
from rankkit.kernels.rasch.rasch_separation import fixed_chi2, wald

pytestmark = pytest.mark.recovery
MC = 3.3  # Monte Carlo standard errors allowed: one false alarm in a thousand
LEVEL = 0.05
Z = 1.959963984540054


def fitted(score=None, **settings):
    made = simulate.rasch_ratings(**settings)
    t = made.table
    facets, sizes = [t.ratee, t.rater], [len(t.people), len(t.raters)]
    if len(t.dimensions) > 1:
        facets, sizes = [*facets, t.dimension], [*sizes, len(t.dimensions)]
    fit = joint_ml(rasch_design(facets, sizes, t.score if score is None else score(made)))
    return made, fit, Residuals.of(fit.design, fit.measures, fit.psi, fit.active)


def at_most(rejected, level=LEVEL):
    """Whether a rejection rate is within two Monte Carlo errors above its level."""
    rate = np.mean(rejected)
    return rate <= level + 2 * np.sqrt(level * (1 - level) / len(rejected))


def one_table(seed, **settings):
    """Hits of intervals, slopes and rejections of one table."""
    made, fit, found = fitted(seed=seed, **settings)
    theta, beta = made.truth["score"].to_numpy(), -made.raters["effect"].to_numpy()
    inside = fit.extreme[0] == 0
    people = np.abs(fit.measures[0] - theta)[inside] <= Z * fit.se[0][inside]
    raters = np.abs(fit.measures[1] - beta) <= Z * fit.se[1]
    out = {"theta": people.mean(), "beta": raters.mean(), "slope": np.polyfit(theta[inside], fit.measures[0][inside], 1)[0]}
    out["infit"] = np.mean(element_fit(found, 1).infit_p < LEVEL)
    out["wald"] = wald(fit.measures[1], fit.facet_covariance(1)).p < LEVEL
    out["fixed"] = fixed_chi2(fit.measures[1], fit.se_conditional[1]).p < LEVEL
    for name, pair in (("dimensions", (1, 2)), ("people", (1, 0))):
        cells = interactions(found, *pair)
        out[name], out[f"{name}_cells"] = cells.statistic_p < LEVEL, np.mean(cells.p < LEVEL)
        out[f"{name}_any"] = np.min(cells.q) < LEVEL
    out["contrast"] = np.mean(contrasts(interactions(found, 1, 2)).p < LEVEL)
    return out


def tables(reps, **settings):
    rows = [one_table(seed, **settings) for seed in range(reps)]
    return {name: np.array([row[name] for row in rows], dtype=float) for name in rows[0]}


def check_crossed(reps):
    found = tables(reps, n_ratees=30, n_raters=6, dimensions=4)
    assert 1.03 < found["slope"].mean() < 1.11  # 24 ratings a person: 1.04, and the finite number of people
    assert 0.91 < found["theta"].mean() < 0.975
    assert 0.9 < found["beta"].mean() < 0.985
    for name in ("infit", "dimensions", "people", "dimensions_cells", "people_cells", "dimensions_any", "people_any", "contrast"):
        assert at_most(found[name]), name


def check_null_severities(reps):
    """Raters who are equally severe: the test with covariances holds its level, the one without (FACETS' convention) does not."""
    found = tables(reps, n_ratees=60, n_raters=10, dimensions=3, raters_per_ratee=3, sd_rater=0.0)
    assert found["wald"].mean() <= LEVEL + 2 * MC / 2 * np.sqrt(LEVEL * (1 - LEVEL) / reps)
    assert found["fixed"].mean() > 0.12
    assert at_most(found["people"])
    assert at_most(found["dimensions"])


def test_a_crossed_panel():
    check_crossed(25)


def test_equally_severe_raters():
    check_null_severities(25)


@pytest.mark.thorough
def test_many_crossed_panels():
    check_crossed(1000)


@pytest.mark.thorough
def test_many_panels_of_equally_severe_raters():
    check_null_severities(1000)


@pytest.mark.thorough
def test_many_tables_of_every_design():
    """The table of the docstring."""
    for settings, slope, theta, beta in (
        ({"n_ratees": 60, "n_raters": 10, "dimensions": 3, "raters_per_ratee": 3}, 1.16, 0.94, 0.93),
        ({"n_ratees": 200, "n_raters": 20, "dimensions": 5, "raters_per_ratee": 4}, 1.06, 0.95, 0.94),
        ({"n_ratees": 60, "n_raters": 10, "dimensions": 3, "raters_per_ratee": 3, "sd_halo": 0.5}, 1.03, 0.90, 0.88),
    ):
        found = tables(250, **settings)
        assert found["slope"].mean() == pytest.approx(slope, abs=0.02)
        assert found["theta"].mean() == pytest.approx(theta, abs=0.015)
        assert found["beta"].mean() == pytest.approx(beta, abs=0.02)


def test_two_raters_and_one_dimension_stretch_measures_twofold():
    slopes = []
    for seed in range(12):
        made, fit, _ = fitted(seed=seed, n_ratees=100, n_raters=10, dimensions=1, raters_per_ratee=2)
        inside = fit.extreme[0] == 0
        slopes.append(np.polyfit(made.truth["score"].to_numpy()[inside], fit.measures[0][inside], 1)[0])
    assert 1.6 < np.mean(slopes) < 2.3


def drawn(eta, thresholds, rng):
    psi = np.concatenate([[0.0], np.cumsum(thresholds)])
    z = np.exp(eta[:, None] * np.arange(len(psi)) - psi)
    return 1 + (rng.random(len(eta))[:, None] > (z / z.sum(axis=1, keepdims=True)).cumsum(axis=1)[:, :-1]).sum(axis=1)


def biased(made, seed, effect):
    """The same ratings, rater 0 being kinder on dimension 0."""
    t = made.table
    own = (t.rater == 0) & (t.dimension == 0)
    level = made.raters["effect"].iloc[0] - made.parameters["difficulties"][0] + effect
    score = t.score.copy()
    score[own] = drawn(made.truth["score"].to_numpy()[t.ratee[own]] + level, made.parameters["thresholds"], np.random.default_rng(seed))
    return score


def test_a_rater_who_is_kinder_on_one_dimension_is_found():
    """1.5 logits in one cell of 24 with 30 ratings: power .84 at q < .05 (150 tables), .25 at 1 logit."""
    hits = []
    for seed in range(15):
        _, _, found = fitted(
            lambda made, seed=seed: biased(made, seed, 1.5), seed=seed, n_ratees=60, n_raters=6, raters_per_ratee=3, dimensions=4
        )
        cells = interactions(found, 1, 2)
        at = np.flatnonzero((cells.first == 0) & (cells.second == 0))[0]
        hits.append(cells.q[at] < LEVEL and cells.bias[at] > 0)
    assert np.mean(hits) > 0.6


def test_a_rater_who_rolls_dice_is_found():
    for seed in range(5):

        def dice(made, seed=seed):
            own = made.table.rater == 0
            return np.where(own, np.random.default_rng(seed).integers(1, 6, len(own)), made.table.score)

        _, _, found = fitted(dice, seed=seed, n_ratees=60, n_raters=6, raters_per_ratee=3, dimensions=4)
        raters = element_fit(found, 1)
        assert raters.infit.argmax() == 0
        assert raters.infit[0] > 1.5
        assert raters.infit_p[0] < 1e-3
