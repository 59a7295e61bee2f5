from __future__ import annotations

import numpy as np
import pytest

from rankkit.kernels.pairs import bradley_terry, pair_bootstrap
from rankkit.kernels.pairs.pair_bootstrap import bootstrap
from rankkit.kernels.pairs.pair_counts import aggregate
from rankkit.kernels.ranking import canonical_order
from tests.oracles_pairs import counts_from_matrix, random_comparisons

ACCURATE = 1e-7  # promised error of a replicate: ten times the 1e-8 it stops at
REPLICATES = 400
MC = 5 / np.sqrt(2 * REPLICATES)  # five standard errors of a standard deviation of so many draws, relative


def data(n, rows, seed, *, near=False, ties=0.0, spread=1.0):
    left, right, result = random_comparisons(n, rows, seed=seed, near=near, spread=spread)
    result = np.where(np.random.default_rng(seed).random(len(result)) < ties, 0, result)
    return left, right, result, aggregate(left, right, result, None, n)


def order_of(fitted):
    return canonical_order(fitted.worth, fitted.covariance.diagonal(), fitted.covariance)


def looped(fitted, drawn, many):
    return np.array([bradley_terry.fit(many.counts_of(column), penalty=fitted.penalty, prior_sd=prior(fitted)).worth for column in drawn.T])


def prior(fitted):
    return fitted.prior_sd if np.isfinite(fitted.prior_sd) else None


@pytest.mark.parametrize(
    ("n", "rows", "near", "ties", "penalty"),
    [(12, 400, False, 0.0, "none"), (60, 4000, False, 0.2, "none"), (80, 6000, True, 0.0, "none"), (30, 300, False, 0.1, "gaussian")],
)
def test_replicates_are_those_of_refits_one_by_one(n, rows, near, ties, penalty):
    *_, counts = data(n, rows, seed=5, near=near, ties=ties, spread=0.7)
    fitted = bradley_terry.fit(counts, penalty=penalty)
    order = order_of(fitted)
    found = bootstrap(fitted, 12, np.random.default_rng(3), order)
    cells = pair_bootstrap._cells(counts, order)
    draw = pair_bootstrap._comparisons_again(cells, np.random.default_rng(3))
    drawn = np.stack([draw() for _ in range(12)], axis=1)
    assert drawn.sum(axis=0).tolist() == [counts.total.sum()] * 12
    assert found.penalised == found.disconnected == 0
    np.testing.assert_allclose(found.worth, looped(fitted, drawn, pair_bootstrap._ManyFits(fitted, cells)), atol=ACCURATE)


def test_large_designs_are_refitted_one_by_one(monkeypatch):
    *_, counts = data(40, 2000, seed=6)
    fitted = bradley_terry.fit(counts)
    together = bootstrap(fitted, 5, np.random.default_rng(1), np.arange(40))
    monkeypatch.setattr(pair_bootstrap, "_TOGETHER", 10)
    np.testing.assert_allclose(bootstrap(fitted, 5, np.random.default_rng(1), np.arange(40)).worth, together.worth, atol=ACCURATE)


def test_batches_do_not_matter(monkeypatch):
    *_, counts = data(15, 600, seed=7)
    fitted = bradley_terry.fit(counts)
    whole = bootstrap(fitted, 30, np.random.default_rng(1), np.arange(15))
    monkeypatch.setattr(pair_bootstrap, "_ROOM", 400)
    np.testing.assert_allclose(bootstrap(fitted, 30, np.random.default_rng(1), np.arange(15)).worth, whole.worth, atol=ACCURATE)


def test_spread_of_comparisons_drawn_again_is_the_standard_error():
    *_, counts = data(15, 3000, seed=8)
    fitted = bradley_terry.fit(counts)
    found = bootstrap(fitted, REPLICATES, np.random.default_rng(2), order_of(fitted))
    ratio = found.worth.std(axis=0, ddof=1) / np.sqrt(np.diag(fitted.covariance))
    assert np.abs(ratio - 1).max() < MC
    assert np.abs(found.worth.mean(axis=0) - fitted.worth).max() < 0.05  # its bias is of the order 1 / comparisons


def test_judges_drawn_again_see_what_judges_share():
    rng = np.random.default_rng(9)
    n, m, each = 10, 40, 60
    worth = np.linspace(-1, 1, n)
    judge = np.repeat(np.arange(m), each)
    left = rng.integers(0, n, m * each)
    right = (left + rng.integers(1, n, m * each)) % n
    taste = rng.normal(size=(m, n))  # every judge has a scale of their own
    lead = worth[left] - worth[right] + taste[judge, left] - taste[judge, right]
    result = np.where(rng.random(m * each) < 1 / (1 + np.exp(-lead)), 1, -1)
    fitted = bradley_terry.fit(aggregate(left, right, result, None, n))
    order = order_of(fitted)
    rows = (left, right, result, None)
    by_judge = bootstrap(fitted, REPLICATES, np.random.default_rng(1), order, rows=rows, judge=judge)
    single = bootstrap(fitted, REPLICATES, np.random.default_rng(1), order)
    assert (by_judge.worth.std(axis=0) > 1.3 * single.worth.std(axis=0)).all()
    # an oracle: draw judges, take all their rows, refit
    oracle = np.random.default_rng(2)
    again = []
    for _ in range(150):
        kept = np.concatenate([np.flatnonzero(judge == r) for r in oracle.integers(0, m, m)])
        again.append(bradley_terry.fit(aggregate(left[kept], right[kept], result[kept], None, n)).worth)
    ratio = by_judge.worth.std(axis=0) / np.std(again, axis=0)
    assert np.abs(ratio - 1).max() < 5 / np.sqrt(2 * 150) * 1.2


@pytest.mark.parametrize("by_judge", [False, True])
def test_neither_rows_nor_labels_decide_what_is_drawn(by_judge):
    left, right, result, _ = data(12, 500, seed=10, ties=0.1)
    judge = np.random.default_rng(1).integers(0, 9, 500)
    rng = np.random.default_rng(4)
    moved, label, name = rng.permutation(500), rng.permutation(12), rng.permutation(9)
    swap = rng.random(500) < 0.5
    a, b = label[left][moved], label[right][moved]
    other = (np.where(swap, b, a), np.where(swap, a, b), np.where(swap, -1, 1) * result[moved], None)

    def drawn(rows, judges):
        fitted = bradley_terry.fit(aggregate(rows[0], rows[1], rows[2], None, 12))
        kind = {"rows": rows, "judge": judges} if by_judge else {}
        return bootstrap(fitted, 20, np.random.default_rng(7), order_of(fitted), **kind).worth

    np.testing.assert_allclose(drawn(other, name[judge][moved])[:, label], drawn((left, right, result, None), judge), atol=ACCURATE)


def test_replicates_without_maximum_are_counted_and_penalised():
    counts = counts_from_matrix([[0, 2, 2], [1, 0, 2], [1, 1, 0]])  # nine comparisons: chance often makes somebody unbeaten
    found = bootstrap(bradley_terry.fit(counts), 200, np.random.default_rng(1), np.arange(3))
    assert 20 < found.penalised < 180
    assert np.isfinite(found.usable).all()
    assert len(found.usable) == 200 - found.disconnected
    chain = counts_from_matrix([[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 1, 0]])
    cut = bootstrap(bradley_terry.fit(chain), 200, np.random.default_rng(1), np.arange(4))
    assert cut.disconnected > 0
    assert np.isnan(cut.worth).all(axis=1).sum() == cut.disconnected
    prior = bootstrap(bradley_terry.fit(chain, penalty="gaussian", prior_sd=1.0), 200, np.random.default_rng(1), np.arange(4))
    assert prior.penalised == prior.disconnected == 0  # a prior leaves nobody without a worth
    assert np.isfinite(prior.worth).all()
    jeffreys = bootstrap(bradley_terry.fit(counts, penalty="jeffreys"), 10, np.random.default_rng(1), np.arange(3))
    assert jeffreys.penalised == 0


def test_fractional_weights_and_edge_cases():
    left, right, result, _ = data(8, 300, seed=11)
    fitted = bradley_terry.fit(aggregate(left, right, result, np.full(300, 0.5), 8))
    found = bootstrap(fitted, 50, np.random.default_rng(1), np.arange(8))
    assert np.isfinite(found.usable).all()
    assert bootstrap(fitted, 0, np.random.default_rng(1), np.arange(8)).worth.shape == (0, 8)
    one = bradley_terry.fit(counts_from_matrix([[0.0]]))
    assert bootstrap(one, 3, np.random.default_rng(1), np.arange(1)).worth.tolist() == [[0.0]] * 3
