"""Same-rater and cross-rater covariances against plain loops, the balanced analysis of variance, and leaving people out by hand."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from rankkit.kernels.components.variance_components import three_way
from rankkit.kernels.rater_effects import halo_indices
from rankkit.kernels.rater_effects.halo_inflation import mean_inflation, rater_inflation
from rankkit.kernels.rater_effects.rating_profiles import Profiles, profiles

EXACT = 1e-10  # sums taken in another order


def crossed(seed, n=9, m=4, D=3):
    rng = np.random.default_rng(seed)
    y = rng.normal(size=(n, m, D)) + rng.normal(size=(n, 1, 1)) + rng.normal(size=(n, m, 1)) + rng.normal(size=(1, m, D))
    return y, Profiles(np.tile(np.arange(n), m), np.repeat(np.arange(m), n), y.transpose(1, 0, 2).reshape(-1, D), n, m)


def with_gaps(data, seed, share=0.35):
    rng = np.random.default_rng(seed)
    x = data.x.copy()
    x[rng.random(x.shape) < share] = np.nan
    keep = ~np.isnan(x).all(axis=1)
    return Profiles(data.ratee[keep], data.rater[keep], x[keep], data.n, data.m)


def without(data, i):
    keep = data.ratee != i
    return Profiles(data.ratee[keep], data.rater[keep], data.x[keep], data.n, data.m)


def plain_cross(data):
    """The definition, loop by loop."""
    D, a, seen = data.x.shape[1], data.centred(), data.seen
    rated = {(r, d): set(data.ratee[(data.rater == r) & seen[:, d]]) for r in range(data.m) for d in range(D)}
    row = {(r, i): k for k, (r, i) in enumerate(zip(data.rater, data.ratee, strict=True))}
    total, freedom = np.zeros((D, D)), np.zeros((D, D))
    for d in range(D):
        for e in range(D):
            for r in range(data.m):
                for s in set(range(data.m)) - {r}:
                    both = rated[r, d] & rated[s, e]
                    total[d, e] += sum(a[row[r, i], d] * a[row[s, i], e] for i in both)
                    if both:
                        u, v = len(rated[r, d]), len(rated[s, e])
                        freedom[d, e] += len(both) * (1 - 1 / u - 1 / v + len(both) / (u * v))
    return total / freedom


@pytest.mark.parametrize("gaps", [False, True])
def test_cross_rater_covariance_is_its_definition(gaps):
    data = crossed(1)[1]
    data = with_gaps(data, 2) if gaps else data
    np.testing.assert_allclose(halo_indices.covariances(data).cross, plain_cross(data), atol=EXACT)


def test_complete_tables_give_the_components_of_the_analysis_of_variance():
    y, data = crossed(3)
    found, anova = halo_indices.covariances(data), three_way(y)
    raw = dict(zip(anova.names, anova.raw, strict=True))
    off = ~np.eye(3, dtype=bool)
    assert found.cross[off].mean() == pytest.approx(raw["ratee"], abs=EXACT)
    assert (found.same - found.cross)[off].mean() == pytest.approx(raw["ratee:rater"], abs=EXACT)
    assert np.diag(found.cross).mean() - found.cross[off].mean() == pytest.approx(raw["ratee:dimension"], abs=EXACT)


def test_leaving_a_person_out_is_leaving_them_out():
    data = crossed(4)[1]
    found = halo_indices.covariances(data)
    for i in (0, 5):
        again = halo_indices.covariances(without(data, i))
        np.testing.assert_allclose(found.same_without[i], again.same, atol=EXACT)
        np.testing.assert_allclose(found.cross_without[i], again.cross, atol=EXACT)
    gappy = with_gaps(data, 5)
    np.testing.assert_allclose(
        halo_indices.covariances(gappy).same_without[2], halo_indices.covariances(without(gappy, 2)).same, atol=EXACT
    )


def test_correlations_within_raters_pair_by_pair():
    data = with_gaps(crossed(6, n=14)[1], 7)
    found = halo_indices.same_rater(data, fewest=5)
    for r in range(data.m):
        x = data.x[data.rater == r]
        for k, (i, j) in enumerate(combinations(range(3), 2)):
            both = ~np.isnan(x[:, [i, j]]).any(axis=1)
            if both.sum() < 5:
                assert np.isnan(found.correlation[r, k])
            else:
                assert found.correlation[r, k] == pytest.approx(np.corrcoef(x[both, i], x[both, j])[0, 1], abs=EXACT)
    less = halo_indices.same_rater(without(data, 3), fewest=4)
    row = np.flatnonzero((data.rater == 1) & (data.ratee == 3))
    if found.pairs[1] == less.pairs[1]:
        assert found.left_out[row[0]] + found.z[1] == pytest.approx(less.z[1], abs=EXACT)


def test_unbiased_where_raters_share_few_people():
    rng, found = np.random.default_rng(8), []
    for _ in range(150):
        y = rng.normal(size=(30, 1, 1)) + 0.7 * rng.normal(size=(30, 1, 3)) + rng.normal(size=(30, 6, 3)) + rng.normal(size=(30, 6, 1))
        keep = np.argsort(rng.random((30, 6)), axis=1) < 2
        i, r = np.nonzero(keep)
        order = np.lexsort((i, r))
        found.append(halo_indices.covariances(Profiles(i[order], r[order], y[i, r][order], 30, 6)).cross)
    truth = np.full((3, 3), 1.0) + np.diag(np.full(3, 0.49))
    assert np.all(np.abs(np.mean(found, axis=0) - truth) < 3.5 * np.std(found, axis=0) / np.sqrt(len(found)))


def test_disattenuated_correlations_are_cut_and_say_so():
    x = np.repeat(np.arange(8.0)[:, None], 3, axis=1) + 0.01 * np.random.default_rng(0).normal(size=(8, 3))
    data = Profiles(np.tile(np.arange(8), 2), np.repeat([0, 1], 8), np.vstack([x, x[:, ::-1]]), 8, 2)
    pairs = halo_indices.pair_inflation(halo_indices.covariances(data))
    np.testing.assert_allclose(pairs.reference, 0.99)
    assert pairs.capped.all()


def test_raters_who_disagree_give_no_reference():
    x = np.random.default_rng(1).normal(size=(10, 3))
    data = Profiles(np.tile(np.arange(10), 2), np.repeat([0, 1], 10), np.vstack([x, -x]), 10, 2)
    pairs = halo_indices.pair_inflation(halo_indices.covariances(data))
    assert np.isnan(pairs.reference).all()
    assert np.isfinite(pairs.reference_without).all()


def test_a_known_reference_has_no_error_of_its_own():
    data = crossed(9, n=20)[1]
    same = halo_indices.same_rater(data)
    found = rater_inflation(data, same, np.full(3, 0.5), None)
    again = rater_inflation(data, same, np.full(3, 0.5), np.full((20, 3), 0.5))
    np.testing.assert_allclose(found.se, again.se, atol=EXACT)
    low, high = found.interval(0.95)
    assert np.all((low < found.effect) & (found.effect < high))


def test_one_perfect_rater_still_has_an_error():
    x = np.repeat(np.arange(8.0)[:, None], 3, axis=1)
    data = Profiles(np.arange(8), np.zeros(8, dtype=int), x, 8, 1)
    found = rater_inflation(data, halo_indices.same_rater(data), np.full(3, 0.5), None)
    assert found.se[0] >= 1 / np.sqrt(5)


def test_mean_inflation_is_a_jackknife():
    rng = np.random.default_rng(2)
    change = rng.normal(size=(12, 1))
    found = mean_inflation(np.array([0.7]), np.array([0.5]), (change, np.zeros((12, 1))), np.arange(12))
    assert found.se[0] == pytest.approx(np.sqrt(11 / 12 * ((change - change.mean()) ** 2).sum()))
    assert np.isnan(mean_inflation(np.array([np.nan]), np.array([0.5]), (change, change), np.arange(12)).se[0])


def test_profiles_hold_every_cell_once():
    rng = np.random.default_rng(3)
    key = rng.permutation(4 * 3 * 2)[:15]
    i, r, d = np.unravel_index(key, (4, 3, 2))
    score = rng.normal(size=15)
    data = profiles(i, r, d, score, (4, 3, 2))
    assert np.count_nonzero(data.seen) == 15
    assert np.all(np.diff(data.rater * 4 + data.ratee) > 0)
    for k in range(15):
        assert data.x[(data.rater == r[k]) & (data.ratee == i[k]), d[k]] == score[k]
