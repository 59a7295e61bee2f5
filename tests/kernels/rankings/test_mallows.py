from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from rankkit.kernels.rankings import mallows as module
from rankkit.kernels.rankings.kemeny import kemeny_cost
from rankkit.kernels.rankings.mallows import log_partition, mallows
from rankkit.kernels.rankings.ranking_lists import from_matrix
from tests.oracles_consensus import mallows_probability

SOLVED = 1e-9  # a root found to 1e-13 relative
MINIMISER = 1e-5  # a minimum located by a bounded search is known to the square root of rounding
SERIES = 1e-7  # cancellation in the closed form near θ = 0


def ranks_of_orders(orders):
    return np.argsort(np.array(orders), axis=1).astype(float) + 1


def test_likelihood_by_all_orders():
    orders = [(0, 1, 2, 3), (1, 0, 2, 3), (0, 1, 3, 2), (0, 2, 1, 3), (3, 0, 1, 2)]
    weight = np.array([3.0, 2.0, 1.0, 1.0, 1.0])
    found = mallows(from_matrix(ranks_of_orders(orders), weight=weight))

    def loss(theta, consensus=tuple(found.order)):
        return -sum(w * math.log(mallows_probability(o, consensus, theta)) for o, w in zip(orders, weight, strict=True))

    assert found.loglik == pytest.approx(-loss(found.theta), abs=SOLVED)
    assert found.theta == pytest.approx(minimize_scalar(loss, bounds=(0.01, 5), method="bounded", options={"xatol": 1e-9}).x, abs=MINIMISER)
    best = min(minimize_scalar(loss, bounds=(0.01, 5), args=(c,), method="bounded").fun for c in itertools.permutations(range(4)))
    assert -found.loglik <= best + MINIMISER
    step = 1e-3
    curvature = (loss(found.theta + step) - 2 * loss(found.theta) + loss(found.theta - step)) / step**2
    assert found.se == pytest.approx(1 / math.sqrt(curvature), rel=1e-4)
    assert found.phi == pytest.approx(math.exp(-found.theta))
    assert found.distance.tolist() == [0, 1, 1, 1, 3]
    assert found.mean_distance == pytest.approx((2 + 1 + 1 + 3) / 8)


def test_distances_add_up_to_the_disagreements_of_the_consensus():
    rng = np.random.default_rng(1)
    lists = from_matrix(np.argsort(rng.random((7, 6)), axis=1).astype(float))
    found = mallows(lists)
    assert found.distance.sum() == kemeny_cost(module.preference_matrix(lists), found.order)
    assert found.n_optimal >= 1
    given = mallows(lists, order=found.order[::-1])
    assert given.mean_distance == pytest.approx(15 - found.mean_distance)
    assert given.n_optimal is None


def test_unanimous_and_no_agreement():
    alike = mallows(from_matrix(np.array([[1.0, 2, 3], [1, 2, 3]])))
    assert (alike.theta, alike.phi, alike.loglik, alike.mean_distance) == (float("inf"), 0.0, 0.0, 0.0)
    assert np.isnan(alike.se)
    opposite = mallows(from_matrix(np.array([[1.0, 2, 3], [3, 2, 1]])))
    assert (opposite.theta, opposite.phi) == (0.0, 1.0)
    assert opposite.loglik == pytest.approx(2 * math.log(1 / 6))
    assert np.isnan(opposite.se)


@pytest.mark.parametrize(
    "ranks",
    [[[1, 1, 2]], [[1, 2, np.nan]], [[1, np.inf, np.inf]], [[1.0]]],
)
def test_ties_gaps_and_left_over_people_are_refused(ranks):
    with pytest.raises(ValueError, match="complete lists"):
        mallows(from_matrix(np.array(ranks, dtype=float)))


@pytest.mark.parametrize("theta", [1e-9, 1e-6, 2e-5, 1e-4, 0.01, 0.7, 3.0, 60.0, 400.0])
def test_moments_are_derivatives_of_the_partition_sum(theta):
    n = 6
    mean, variance = module._moments(theta, n)
    distances = np.array([sum(a > b for a, b in itertools.combinations(o, 2)) for o in itertools.permutations(range(n))])
    chance = np.exp(-theta * distances)
    total = chance.sum()
    chance /= total
    assert log_partition(theta, n) == pytest.approx(math.log(total), abs=SERIES)
    assert mean == pytest.approx(chance @ distances, rel=SERIES, abs=1e-300)
    assert variance == pytest.approx(chance @ distances**2 - (chance @ distances) ** 2, rel=1e-5, abs=1e-20)
