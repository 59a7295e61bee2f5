from __future__ import annotations

import math

import numpy as np
import pytest

from rankkit.kernels.pairs.contests import Contests, aggregate
from rankkit.kernels.pairs.pair_goodness import goodness, likelihood_ratio, residuals
from rankkit.kernels.pairs.pair_models import fit
from rankkit.kernels.pairs.pair_refits import Refits

MODELS = [("logit", "half"), ("probit", "half"), ("logit", "davidson"), ("logit", "rao_kupper"), ("probit", "rao_kupper")]
CLIMBED = 1e-6  # a refit stops when about 1e-9 is left to gain; worths are then within the square root of it times their error


def both_ways(n, each, seed, *, order=0.4, tie=0.0, spread=1.0):
    """Rows in which every pair met ``each`` times either way round."""
    rng = np.random.default_rng(seed)
    left, right = np.array([(i, j) for i in range(n) for j in range(n) if i != j for _ in range(each)]).T
    worth = np.linspace(-spread, spread, n)
    lead = worth[left] - worth[right] + order
    parts = np.stack([np.exp(lead / 2), np.exp(-lead / 2), np.full(len(lead), tie)])
    draw = rng.random(len(lead)) * parts.sum(axis=0)
    return left, right, np.where(draw < parts[0], 1, np.where(draw < parts[0] + parts[1], -1, 0))


def contests_of(left, right, result, n):
    return aggregate(left, right, result, None, n, np.ones((len(left), 1)))


@pytest.mark.parametrize(("link", "ties"), MODELS)
def test_refits_are_the_fits_of_the_simulated_data(link, ties):
    contests = contests_of(*both_ways(5, 4, 0, tie=0.0 if ties == "half" else 0.7), 5)
    found = fit(contests, link=link, ties=ties)
    rng = np.random.default_rng(1)
    outcomes = len(found.counts)
    chance = np.exp(found.outcomes.log_chance).T
    drawn = np.stack([rng.multinomial(contests.total.astype(int), chance) for _ in range(12)]).transpose(0, 2, 1).astype(float)
    estimates = Refits(found).estimates(drawn)
    log_chances = Refits(found).log_chances(drawn)
    for counts, estimate, logs in zip(drawn, estimates, log_chances, strict=True):
        third = counts[2] if outcomes == 3 else np.zeros(len(counts[0]))
        c = contests
        alone = fit(Contests(c.n, c.left, c.right, counts[0], counts[1], third, c.covariates, c.of_row), link=link, ties=ties)
        np.testing.assert_allclose(estimate[:5], alone.worth, atol=1e-4)
        assert np.sum(counts * logs) == pytest.approx(alone.loglik, abs=CLIMBED)


def test_refits_follow_a_likelihood_without_maximum_to_its_bound():
    contests = contests_of(*both_ways(3, 2, 0), 3)
    found = fit(contests)
    left_always = np.stack([contests.total, np.zeros(6)])[None]
    assert np.sum(left_always * Refits(found).log_chances(left_always)) == pytest.approx(0, abs=CLIMBED)


@pytest.mark.parametrize("ties", ["half", "davidson"])
def test_statistics_by_hand(ties):
    contests = contests_of(*both_ways(4, 3, 2, tie=0.0 if ties == "half" else 0.7), 4)
    found = fit(contests, ties=ties)
    test = goodness(found, replicates=49)
    deviance = pearson = 0.0
    for seen, chance, total in zip(found.counts.T, np.exp(found.outcomes.log_chance).T, contests.total, strict=True):
        for o, p in zip(seen, chance, strict=True):
            deviance += 2 * o * math.log(o / (total * p)) if o > 0 else 0.0
            pearson += (o - total * p) ** 2 / (total * p)
    assert test.deviance == pytest.approx(deviance, abs=1e-9)
    assert test.deviance == pytest.approx(found.deviance, abs=1e-9)
    assert test.pearson == pytest.approx(pearson, abs=1e-9)
    assert test.df == found.df == 12 * (1 if ties == "half" else 2) - 3 - 1 - (ties == "davidson")
    signed = residuals(found)
    assert np.sum(signed.deviance**2) == pytest.approx(deviance, abs=1e-9)
    if ties == "half":
        assert np.sum(signed.pearson**2) == pytest.approx(pearson, abs=1e-9)
    assert np.all(np.sign(signed.pearson) == np.sign(signed.deviance))


def test_same_numbers_for_other_labels_and_rows():
    left, right, result = both_ways(6, 2, 3)
    shuffled = np.random.default_rng(0).permutation(len(left))
    label = np.array([3, 0, 5, 1, 4, 2])
    one = goodness(fit(contests_of(left, right, result, 6)), replicates=199, seed=5)
    other = goodness(fit(contests_of(label[left][shuffled], label[right][shuffled], result[shuffled], 6)), replicates=199, seed=5)
    assert one.p_deviance == other.p_deviance
    assert one.p_pearson == other.p_pearson
    assert one.deviance == pytest.approx(other.deviance, abs=1e-8)
    assert goodness(fit(contests_of(left, right, result, 6)), replicates=199, seed=6).p_deviance != one.p_deviance


def test_misfit_is_found():
    """A beats B beats C beats A, nine times in ten: no worths say that."""
    left, right = np.tile([0, 1, 2], 30), np.tile([1, 2, 0], 30)
    result = np.where(np.arange(90) % 10 < 9, 1, -1)
    test = goodness(fit(aggregate(left, right, result, None, 3)), replicates=199)
    assert test.p_deviance == test.p_pearson == 1 / 200


def test_likelihood_ratio():
    left, right, result = both_ways(5, 3, 4, order=0.8)
    plain, ordered = fit(aggregate(left, right, result, None, 5)), fit(contests_of(left, right, result, 5))
    found = likelihood_ratio(plain, ordered)
    assert found.statistic == pytest.approx(plain.deviance - ordered.deviance, abs=1e-8)
    assert found.df == 1
    assert found.p == pytest.approx(math.erfc(math.sqrt(found.statistic / 2)), abs=1e-12)
    with pytest.raises(ValueError, match="nested"):
        likelihood_ratio(ordered, plain)
    with pytest.raises(ValueError, match="nested"):
        likelihood_ratio(plain, fit(contests_of(left, right, result, 5), penalty="jeffreys"))


def test_what_cannot_be_tested():
    left, right, result = both_ways(4, 3, 5, tie=0.7)
    for found in (fit(contests_of(left, right, result, 4)), fit(contests_of(left, right, result, 4), ties="davidson", penalty="gaussian")):
        with pytest.raises(ValueError, match="maximum likelihood"):
            goodness(found)
    with pytest.raises(ValueError, match="whole"):
        goodness(fit(aggregate(left, right, result, np.full(len(left), 0.5), 4, np.ones((len(left), 1))), ties="davidson"))


def test_no_degrees_of_freedom():
    contests = aggregate(np.array([0, 0, 0]), np.array([1, 1, 1]), np.array([1, 1, -1]), None, 2)
    test = goodness(fit(contests), replicates=19)
    assert test.df == 0
    assert math.isnan(test.p_deviance_chi2)
    assert test.p_deviance == 1.0


def test_names_of_people_of_equal_worth_do_not_matter():
    """Contests of equal lead between people of equal worth need not be exchangeable: who else they met tells them apart."""
    ring, chords = (np.arange(6), np.array([1, 2, 3, 4, 5, 0])), (np.array([0, 2]), np.array([3, 5]))
    left, right = (np.concatenate([np.repeat(a, 4), np.repeat(b, 4)]) for a, b in zip(ring, chords, strict=True))
    result = np.concatenate([np.tile([1, 1, 1, -1], 6), np.tile([1, 1, -1, -1], 2)])  # each wins and loses alike
    rng = np.random.default_rng(1)
    seen = goodness(fit(aggregate(left, right, result, None, 6)), replicates=199)
    for _ in range(5):
        names = rng.permutation(6)
        order = rng.permutation(len(left))
        again = goodness(fit(aggregate(names[left][order], names[right][order], result[order], None, 6)), replicates=199)
        assert (again.p_deviance, again.p_pearson) == (seen.p_deviance, seen.p_pearson)
