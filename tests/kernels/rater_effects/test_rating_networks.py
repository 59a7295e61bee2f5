"""Kernels of rater networks against full matrices, listed outcomes and the algebra of round robins."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from rankkit.kernels.rater_effects.identical_vectors import count_tail, form_model
from rankkit.kernels.rater_effects.rating_cliques import rating_cliques
from rankkit.kernels.rater_effects.social_relations import relations, round_robin
from tests import oracles_networks

SAME = 1e-9


def sparse(seed, n=9, drop=0.3):
    rng = np.random.default_rng(seed)
    keep = rng.random((n, n)) > drop
    np.fill_diagonal(keep, False)
    rater, ratee = np.nonzero(keep)
    return rater, ratee, rng.normal(size=n)[rater] + rng.normal(size=n)[ratee] + rng.normal(size=len(rater))


@pytest.mark.parametrize("seed", range(4))
def test_reciprocity_solves_the_moment_equations(seed):
    rater, ratee, score = sparse(seed)
    found = relations(rater, ratee, score, 9)
    assert found.correlation(found.residual[None])[0] == pytest.approx(oracles_networks.reciprocity(rater, ratee, score), abs=SAME)
    M = oracles_networks.residual_maker(rater, ratee)
    assert found.leverage == pytest.approx(1 - np.diag(M), abs=SAME)
    assert found.df == round(np.trace(M))


@pytest.mark.parametrize("n", [4, 5, 8])
def test_a_round_robin_has_the_textbook_degrees_of_freedom_and_ratio(n):
    x = np.random.default_rng(n).normal(size=(n, n))
    rater, ratee = np.nonzero(~np.eye(n, dtype=bool))
    own, whole = relations(rater, ratee, x[rater, ratee], n), round_robin([x])
    assert (whole.df_symmetric, whole.df_antisymmetric) == (n * (n - 3) // 2, (n - 1) * (n - 2) // 2)
    ratio = (whole.ms_symmetric - whole.ms_antisymmetric) / (whole.ms_symmetric + whole.ms_antisymmetric)
    assert own.correlation(own.residual[None])[0] == pytest.approx(ratio, abs=SAME)
    squares = whole.ms_symmetric * whole.df_symmetric + whole.ms_antisymmetric * whole.df_antisymmetric
    assert squares == pytest.approx(own.residual @ own.residual, abs=SAME)


def test_components_of_the_social_relations_model_are_unbiased():
    rng = np.random.default_rng(1)
    rows = []
    for _ in range(300):
        ab = rng.normal(size=(8, 2)) @ np.linalg.cholesky([[1.0, 0.5], [0.5, 2.0]]).T
        g = rng.normal(size=(8, 8))
        upper = np.triu_indices(8, 1)
        g.T[upper] = 0.4 * g[upper] + np.sqrt(1 - 0.16) * g.T[upper]
        found = round_robin([ab[:, :1] + ab[:, 1] + g])
        rows.append([found.actor, found.partner, found.actor_partner, found.relation, found.dyadic])
    mean, se = np.mean(rows, axis=0), np.std(rows, axis=0) / np.sqrt(300)
    assert (np.abs(mean - [1, 2, 0.5, 1, 0.4]) < 4 * se).all()


def test_large_networks_take_the_other_way_to_the_same_numbers(monkeypatch):
    rater, ratee, score = sparse(7, n=14, drop=0.2)
    dense = relations(rater, ratee, score, 14)
    monkeypatch.setattr("rankkit.kernels.rater_effects.social_relations._DENSE", 10)
    loose = relations(rater, ratee, score, 14)
    assert loose.leverage == pytest.approx(dense.leverage, abs=SAME)
    assert loose.traces[:2] == pytest.approx(dense.traces[:2], abs=1e-8)
    assert loose.traces[2] == pytest.approx(dense.traces[2], rel=0.1)  # by 200 random probes
    rows = np.random.default_rng(0).normal(size=(3, len(rater)))
    assert loose.project(rows) == pytest.approx(dense.project(rows), abs=1e-8)


@pytest.mark.parametrize("seed", range(3))
def test_the_search_finds_what_listing_all_groups_finds(seed):
    rater, ratee, score = sparse(seed, n=8, drop=0.1)
    found = rating_cliques(relations(rater, ratee, score, 8), rng=np.random.default_rng(0), times=99)[0]
    z, group = oracles_networks.best_group(rater, ratee, score)
    assert found.z == pytest.approx(z, abs=1e-8)
    assert set(found.people) in (set(group), set(range(8)) - set(group))


def test_names_and_order_of_rows_do_not_matter():
    rater, ratee, score = sparse(5, n=8, drop=0.1)
    order = np.random.default_rng(2).permutation(len(rater))
    one, two = relations(rater, ratee, score, 8), relations(rater[order], ratee[order], score[order], 8)
    assert two.residual == pytest.approx(one.residual[order], abs=SAME)
    a, b = (rating_cliques(x, rng=np.random.default_rng(0), times=99)[0] for x in (one, two))
    assert a.people.tolist() == b.people.tolist()


def test_tails_of_counts():
    p = np.array([0.1, 0.5, 0.9, 0.3])
    for least in range(6):
        assert count_tail(p, least) == pytest.approx(oracles_networks.count_tail(p, least), abs=1e-12)
    assert count_tail(np.full(9, 0.2), 3) == pytest.approx(stats.binom.sf(2, 9, 0.2), abs=1e-12)


def test_probabilities_of_all_answers_sum_to_one_and_match_what_happens():
    rng = np.random.default_rng(3)
    person, rater = np.repeat(np.arange(60), 6), np.tile(np.arange(6), 60)
    latent = 3 + 0.5 * rng.normal(size=60)[person, None] + 0.3 * rng.normal(size=6)[rater, None] + 0.4 * rng.normal(size=(360, 1))
    answers = np.clip(np.rint(latent + 0.6 * rng.normal(size=(360, 3))), 1, 5)
    model = form_model(answers, person, rater)
    grid = np.array(np.meshgrid(*[model.values] * 3)).reshape(3, -1).T
    listed = type(model)(np.concatenate([answers, grid]), np.concatenate([model.mean, np.zeros_like(grid)]), model.cuts, model.values,
                         model.sd_impression, model.sd_error)  # fmt: skip
    total = listed.probability(np.zeros(len(grid), dtype=int), 360 + np.arange(len(grid))).sum()
    assert total == pytest.approx(1.0, abs=1e-9)
    a, b = (np.flatnonzero(rater == r) for r in (0, 1))
    expected, seen = model.probability(a, b).mean(), np.mean((answers[a] == answers[b]).all(axis=1))
    assert seen == pytest.approx(expected, abs=3 * np.sqrt(expected / 60))
