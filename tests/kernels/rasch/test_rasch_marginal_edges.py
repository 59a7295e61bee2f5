"""Designs at the edge of what a marginal Rasch model can say: each a number with a flag, or an error with a name."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from rankkit.errors import ConvergenceError, IdentificationError, InsufficientDataError, SettingsError
from rankkit.kernels.rasch.rasch_cells import fold
from rankkit.kernels.rasch.rasch_design import rasch_design
from rankkit.kernels.rasch.rasch_marginal import fit
from rankkit.kernels.rasch.rasch_marginal_fair import marginal_fair_averages
from rankkit.kernels.rasch.rasch_marginal_newton import Rule, ascend, loglik
from rankkit.kernels.rasch.rasch_quadrature import grid, nodes_for, normal_nodes

ENOUGH = 0.01  # change of the deviance the quadrature may still make
LEAST_BIAS = 1.0  # deviance a coarse rule misses at least where posteriors are sharp
NORMAL = 1e-6  # an expectation over the normal distribution by even nodes


def ratings(seed, n=40, m=5, per=3, dims=3, top=4, omega=0.4, sd=1.2):
    """Columns person, rater, dimension, category number."""
    rng = np.random.default_rng(seed)
    raters = np.argsort(rng.random((n, m)), axis=1)[:, :per]
    person, rater = np.repeat(np.arange(n), per * dims), np.repeat(raters.ravel(), dims)
    dimension = np.tile(np.arange(dims), n * per)
    severity = rng.normal(0, 0.5, m)
    eta = rng.normal(0, sd, n)[person] - severity[rater] + omega * np.repeat(rng.normal(size=n * per), dims)
    psi = np.r_[0, np.cumsum(np.linspace(-1.5, 1.5, top))] if top > 1 else np.zeros(2)
    p = np.exp(np.outer(eta, np.arange(top + 1)) - psi)
    p /= p.sum(axis=1, keepdims=True)
    return person, rater, dimension, (rng.random(len(eta))[:, None] > np.cumsum(p, axis=1)).sum(axis=1)


def design(data, keep=None, **settings):
    person, rater, dimension, x = data
    keep = np.ones(len(x), bool) if keep is None else keep
    sizes = [person.max() + 1, rater.max() + 1, dimension.max() + 1]
    return rasch_design([person[keep], rater[keep], dimension[keep]], sizes, x[keep], **settings)


def test_extreme_people_have_finite_measures_and_a_flag():
    data = ratings(1)
    x = data[3]
    x[data[0] == 3], x[data[0] == 4] = 4, 0
    found = fit(design(data))
    assert found.extreme[0][[3, 4]].tolist() == [1, -1]
    assert np.all(np.isfinite(found.measures[0]) & np.isfinite(found.se[0]))
    assert found.measures[0][3] > 3.0 > -3.0 > found.measures[0][4]
    assert found.se[0][3] > np.median(found.se[0])
    assert np.argmax(found.eap) == 3
    ml = fit(design(data), person="ml")
    assert np.isfinite(ml.measures[0][3])


@pytest.mark.parametrize("value", [0, 4])
def test_a_rater_with_one_end_of_the_scale_only_is_set_aside_and_flagged(value):
    data = ratings(1)
    data[3][data[1] == 0] = value
    found = fit(design(data))
    assert found.extreme[1][0] == (1 if value else -1)
    assert abs(found.measures[1][1:].sum()) < 1e-8  # the others are centred among themselves
    assert np.sign(found.measures[1][0]) == (-1 if value else 1)
    assert found.se[1][0] > 5 * found.se[1][1:].max()
    without = fit(design(data, data[1] != 0))
    assert found.measures[1][1:] == pytest.approx(without.measures[1][1:], abs=1e-6)
    assert found.deviance == pytest.approx(without.deviance, abs=1e-6)


def test_a_rater_with_thresholds_of_his_own_and_one_category_is_unmeasured():
    data = ratings(1)
    data[3][data[1] == 0] = 2
    found = fit(design(data, threshold_facet=1))
    assert np.isnan(found.measures[1][0])
    assert found.unmeasured[1].tolist() == [True, False, False, False, False]
    assert np.all(np.isfinite(found.measures[0]))
    common = fit(design(data))  # with common thresholds the middle category says something
    assert np.isfinite(common.measures[1][0])
    assert not common.unmeasured[1].any()


def test_a_category_a_rater_never_used_is_no_obstacle():
    data = ratings(2, n=60)
    data[3][(data[1] == 1) & (data[3] == 4)] = 3
    data[3][(data[1] == 2) & (data[3] == 2)] = 1
    found = fit(design(data, threshold_facet=1))
    assert found.design.n_slots.tolist() == [5, 4, 4, 5, 5]
    assert np.isfinite(found.psi[1, :4]).all()
    assert np.isnan(found.psi[1, 4])
    fair = marginal_fair_averages(found)
    assert np.all(np.isfinite(fair.se))


def test_disjoint_subsets_are_said_to_be_linked_by_the_prior_only():
    data = ratings(3, per=5)
    keep = (data[0] < 20) == (data[1] < 2)
    found = fit(design(data, keep))
    assert found.linked_by_prior
    assert len(np.unique(found.subset[0])) == 2
    assert not fit(design(data)).linked_by_prior


def test_one_rater_for_each_person_cannot_show_dependence():
    data = ratings(4, per=5)
    found = fit(design(data, data[0] % 5 == data[1]))
    assert found.dependence == "not_identified"
    assert found.optimistic
    assert found.linked_by_prior
    with pytest.raises(IdentificationError) as error:
        fit(design(data, data[0] % 5 == data[1]), dependence="cell")
    assert error.value.code == "E-RASCHCELL"


def test_one_dimension_needs_no_term():
    data = ratings(5, dims=1)
    found = fit(design(data))
    assert found.dependence == "not_identified"
    assert not found.optimistic  # every cell is one rating
    assert found.omega == 0.0


def test_not_modelled_is_marked_optimistic():
    found = fit(design(ratings(6)), dependence="none")
    assert (found.dependence, found.optimistic, found.dependence_test) == ("not_modelled", True, None)


def test_one_rater():
    found = fit(design(ratings(7, m=1, per=1, n=60)))
    assert found.measures[1].tolist() == [0.0]
    assert found.se[1].tolist() == [0.0]


def test_dichotomous_ratings():
    found = fit(design(ratings(8, n=150, m=8, per=4, top=1)))
    assert found.psi.tolist() == [[0.0, 0.0]]
    assert np.all(np.isfinite(found.measures[0]))


def test_people_who_do_not_differ_have_a_standard_deviation_of_zero():
    data = ratings(9, per=5, dims=2, n=20)
    x = (data[1] + data[2]) % 4
    found = fit(design((*data[:3], x)))
    assert found.sigma == 0.0
    assert np.isnan(found.sigma_se)
    assert np.ptp(found.eap) < 1e-6
    assert np.all(np.isfinite(found.se[0]))


def test_many_categories():
    rng = np.random.default_rng(1)
    person, rater, dimension, _ = ratings(1, n=50, m=6)
    level = 60 + rng.normal(0, 10, 50)[person] - np.linspace(-6, 6, 6)[rater] + rng.normal(0, 6, len(person))
    found = fit(design((person, rater, dimension, np.clip(np.round(level), 0, 100).astype(int))))
    assert found.quadrature_error < ENOUGH
    assert np.all(np.diff(found.measures[1]) > 0)


@pytest.mark.parametrize(
    ("change", "error", "code"),
    [
        ("single", IdentificationError, "E-RASCHSINGLE"),
        ("confounded", IdentificationError, "E-RASCHSINGULAR"),
        ("one person", InsufficientDataError, "E-FEW"),
        ("perfect", ConvergenceError, "E-RASCHPERFECT"),
        ("every rater at an end", IdentificationError, "E-RASCHEXTREME"),
    ],
)
def test_what_cannot_be_fitted_says_why(change, error, code):
    person, rater, dimension, x = ratings(1, per=5)
    keep = np.ones(len(x), bool)
    if change == "single":
        keep = (dimension == 0) & (rater == person % 5)
    elif change == "confounded":
        keep = rater % 3 == dimension
    elif change == "one person":
        keep = person == 0
    elif change == "perfect":
        x = person // 8
    else:
        x = 4 * (rater % 2)
    with pytest.raises(error) as caught:
        fit(design((person, rater, dimension, x), keep))
    assert caught.value.code == code
    assert caught.value.text()


def test_settings_are_checked():
    with pytest.raises(SettingsError):
        fit(design(ratings(1)), dependence="some")


def test_coarse_rules_miss_the_deviance_where_posteriors_are_sharp():
    """21 even nodes and 61 Gauss–Hermite nodes for the prior against an even grid as fine as the sharpest posterior."""
    data = ratings(10, n=150, m=30, per=30, dims=2, omega=0.0, sd=1.5)
    whole = design(data)
    found = fit(whole, dependence="none")
    assert found.quadrature_error < ENOUGH
    cells = fold(whole).by_unit
    where = cells.parameters
    xi = np.zeros(where.size + 3)
    xi[: where.offset[1]], xi[where.offset[1] : where.offset[1] + 2] = found.measures[1], found.measures[2]
    xi[where.psi[where.psi >= 0]], xi[where.mu], xi[where.log_sigma] = found.psi[0, 1:-1], found.mu, np.log(found.sigma)
    everywhere = np.zeros(cells.n), np.full(cells.n, 4.0)
    exact = loglik(cells, xi, np.linspace(-14, 14, 2801), 1, everywhere)
    assert found.loglik == pytest.approx(exact, abs=ENOUGH)
    coarse = loglik(cells, xi, np.linspace(-6, 6, 21), 1, everywhere)
    assert 2 * abs(coarse - exact) > LEAST_BIAS
    x, w = special.roots_hermitenorm(61)
    prior_nodes = _by_nodes(cells, xi, found.mu + found.sigma * x, w / w.sum())
    assert 2 * abs(prior_nodes - exact) > LEAST_BIAS


def _by_nodes(cells, xi, theta, weight):
    from rankkit.kernels.rasch.rasch_tables import tables
    from rankkit.kernels.rasch.rasch_unit_tables import Items

    table = tables(cells, Items.of(cells, xi), theta, 1, scores=False)
    log_p = cells.incidence @ table.log_f + cells.person_score[:, None] * theta + np.log(weight)
    return float(special.logsumexp(log_p, axis=1).sum()) - float(cells.observed @ xi[: cells.parameters.size])


def test_grids():
    theta = grid(np.array([-1.0, 0.0, 2.0]), np.array([0.3, 0.1, 0.5]), 1.0)
    assert theta[1] - theta[0] <= 0.1 + 1e-12
    assert theta[0] <= -1 - 7 * 0.3
    assert theta[-1] >= 2 + 7 * 0.5
    z, log_w = normal_nodes(nodes_for(1.0, 3.0, 1.0))
    assert np.exp(log_w) @ z**4 == pytest.approx(3.0, abs=NORMAL)
    assert nodes_for(0.5, 0.0, 1.0) < nodes_for(0.5, 40.0, 1.0)
    assert np.diff(z).max() <= 1 / np.sqrt(1 + 1.0**2 * 3.0) + 1e-12


def test_a_rough_ascent_stops_early():
    cells = fold(design(ratings(1))).by_unit
    xi = np.zeros(cells.parameters.size + 3)
    _, _, few = ascend(cells, xi, (Rule(1.5, 1, 2),), np.zeros(40), np.full(40, 0.5), rough=True)
    _, _, all_steps = ascend(cells, xi, (Rule(1.5, 1, 2),), np.zeros(40), np.full(40, 0.5))
    assert few < all_steps


def test_people_met_by_a_set_aside_rater_only_have_no_measure():
    data = ratings(1)
    keep = (data[0] != 0) | (data[1] == data[1][0])
    data[3][data[1] == data[1][0]] = 4
    found = fit(design(data, keep))
    assert np.isnan(found.measures[0][0])
    assert np.isnan(found.se[0][0])
    assert found.unmeasured[0].tolist() == [True] + 39 * [False]
    assert found.eap[0] == pytest.approx(found.mu)
    assert found.posterior_sd[0] >= found.sigma
    assert len(found.theta_covariance().diagonal()) == 39
    fair = marginal_fair_averages(found)
    assert np.isnan(fair.value[0])
    assert np.isfinite(fair.interval()[0][1:]).all()
