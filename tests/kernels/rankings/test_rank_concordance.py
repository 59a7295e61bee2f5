from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from rankkit.kernels.rankings import rank_concordance as module
from rankkit.kernels.rankings.partial_concordance import mean_tau, skillings_mack
from rankkit.kernels.rankings.rank_agreement import kendall_tau_b
from rankkit.kernels.rankings.rank_concordance import jackknife_interval, kendall_w, rank_matrix
from rankkit.kernels.rankings.ranking_lists import from_matrix
from rankkit.kernels.rankings.rater_agreement import _variance, rater_agreement
from tests.oracles_consensus import concordance_p, w_by_definition
from tests.oracles_ranks import tau_b

PRINTED = 5e-7  # golden values have six digits
ROUNDING = 1e-12
DRAWN = 0.02  # four standard errors of a share of 10 000 draws
NORMAL = 0.01  # the normal approximation of τ at thirty people with ties


def random_ranks(seed, m, n, levels):
    return np.random.default_rng(seed).integers(1, levels + 1, (m, n)).astype(float)


def test_golden_with_ties():
    found = kendall_w(np.array([[1, 2.5, 2.5, 4], [1, 2, 3.5, 3.5], [2, 1, 3, 4]]))
    assert found.w == pytest.approx(0.821429, abs=PRINTED)
    assert found.chi2 == pytest.approx(7.392857, abs=PRINTED)
    assert found.w_uncorrected == pytest.approx(0.766667, abs=PRINTED)
    assert found.df == 3


def test_golden_link_to_spearman():
    found = kendall_w(np.array([[1.0, 2, 3, 4, 5], [2, 1, 3, 5, 4], [1, 3, 2, 4, 5]]))
    assert found.w == pytest.approx(0.844444, abs=PRINTED)
    assert found.mean_spearman == pytest.approx(0.766667, abs=PRINTED)
    assert found.mean_spearman == pytest.approx((found.m * found.w - 1) / (found.m - 1))
    assert round(found.p_chi2, 3) == 0.038  # too large by far
    assert round(found.p, 3) == 0.008
    assert found.method == "exact"


@pytest.mark.parametrize("seed", range(15))
def test_by_definition_and_against_friedman(seed):
    m, n = 2 + seed % 5, 3 + seed % 4
    ranks = random_ranks(seed, m, n, 5)
    found = kendall_w(ranks, draws=100)
    w, s = w_by_definition(ranks)
    assert found.w == pytest.approx(w, abs=ROUNDING)
    assert found.w_uncorrected == pytest.approx(12 * s / (m * m * (n**3 - n)), abs=ROUNDING)
    if m > 2:
        test = stats.friedmanchisquare(*ranks.T)
        assert (found.chi2, found.p_chi2) == pytest.approx((test.statistic, test.pvalue), abs=1e-10)
    pairs = [stats.spearmanr(ranks[a], ranks[b]).statistic for a in range(m) for b in range(a) if np.ptp(ranks[a]) * np.ptp(ranks[b])]
    assert found.mean_spearman == pytest.approx(np.mean(pairs), abs=ROUNDING)


@pytest.mark.parametrize(("m", "n", "levels"), [(2, 5, 9), (3, 4, 9), (4, 3, 9), (3, 4, 3), (4, 4, 2), (2, 6, 3)])
def test_exact_p_by_all_arrangements(m, n, levels):
    for seed in range(3):
        ranks = random_ranks(seed, m, n, levels)
        found = kendall_w(ranks)
        assert found.method == "exact"
        assert found.p == pytest.approx(concordance_p(ranks), abs=ROUNDING)


def test_drawn_p_agrees_with_the_exact_one(monkeypatch):
    ranks = np.array([[1.0, 2, 3, 4, 5], [2, 1, 4, 3, 5], [1, 3, 2, 5, 4], [2, 4, 1, 3, 5]])
    exact = kendall_w(ranks)
    monkeypatch.setattr(module, "_STEPS", 0)
    drawn = kendall_w(ranks)
    assert (exact.method, drawn.method) == ("exact", "permutation")
    assert drawn.p == pytest.approx(exact.p, abs=DRAWN)
    assert drawn.p == kendall_w(ranks[::-1, [3, 1, 0, 4, 2]]).p  # neither rows nor columns matter
    assert drawn.p != kendall_w(ranks, seed=1).p


def test_large_panels_use_chi_square():
    rng = np.random.default_rng(0)
    found = kendall_w(rng.random((6, 8)))
    assert found.method == "chi_square"
    assert found.p == found.p_chi2
    assert kendall_w(rng.random((5, 8))).method == "permutation"


def test_edges():
    with pytest.raises(ValueError, match="complete"):
        kendall_w(np.array([[1.0, np.nan], [1, 2]]))
    with pytest.raises(ValueError, match="two or more"):
        kendall_w(np.array([[1.0, 2, 3]]))
    tied = kendall_w(np.ones((3, 4)))
    assert np.isnan(tied.w)
    assert tied.method == "none"
    alike = kendall_w(np.tile(np.arange(4.0), (3, 1)))
    assert alike.w == 1
    assert np.isnan(alike.low)  # unanimity does not say how exceptional it is
    assert alike.p == pytest.approx(1 / 24**2)
    two = kendall_w(np.array([[1.0, 2, 3, 4], [2, 1, 3, 4]]))
    assert np.isnan(two.low)
    one_flat = kendall_w(np.array([[1.0, 2, 3], [1, 2, 3], [1, 1, 1]]))
    assert one_flat.w == pytest.approx(2 / 3)
    assert one_flat.mean_spearman == 1


def test_interval_holds_the_estimate_and_stays_inside():
    for seed in range(20):
        rng = np.random.default_rng(seed)
        found = kendall_w(np.linspace(-1, 1, 8) + rng.normal(size=(6, 8)))
        assert 0 <= found.low <= found.high <= 1
        wide = kendall_w(np.linspace(-1, 1, 8) + np.random.default_rng(seed).normal(size=(6, 8)), level=0.99)
        assert wide.low <= found.low <= found.high <= wide.high
    low, high = jackknife_interval(0.1, np.array([0.1, 0.1, np.nan]), 0.95, -1)
    assert np.isnan([low, high]).all()


def test_matrix_of_lists():
    lists = from_matrix(np.array([[3.0, 1, np.nan], [np.inf, 1, np.inf]]))
    np.testing.assert_array_equal(rank_matrix(lists), [[2, 1, np.nan], [2.5, 1, 2.5]])


def test_pairwise_tau_on_shared_people():
    rng = np.random.default_rng(4)
    ranks = rng.integers(1, 6, (5, 9)).astype(float)
    ranks[rng.random(ranks.shape) < 0.3] = np.nan
    found = mean_tau(ranks)
    values = []
    for a in range(5):
        for b in range(a):
            both = ~np.isnan(ranks[a]) & ~np.isnan(ranks[b])
            assert found.shared[a, b] == found.shared[b, a] == both.sum()
            if both.sum() < 4:
                assert np.isnan(found.tau[a, b])
                continue
            expected = tau_b(ranks[a, both], ranks[b, both])
            assert found.tau[a, b] == found.tau[b, a] == pytest.approx(expected, abs=ROUNDING)
            assert expected == pytest.approx(kendall_tau_b(ranks[a], ranks[b]).estimate, abs=ROUNDING)
            values.append(expected)
    assert found.n_pairs == len(values)
    assert found.mean == pytest.approx(np.mean(values))
    assert found.low < found.mean < found.high


def test_pairwise_tau_where_nobody_is_shared():
    nan = np.nan
    found = mean_tau(np.array([[1, 2, nan, nan], [nan, nan, 1, 2.0]]))
    assert found.n_pairs == 0
    assert np.isnan(found.mean)


def test_skillings_mack_of_complete_lists_is_friedman():
    for seed in range(6):
        ranks = random_ranks(seed, 4, 5, 4 + 5 * (seed % 2))
        found = skillings_mack(ranks, draws=50)
        w = kendall_w(ranks, draws=50)
        assert found.statistic == pytest.approx(w.chi2, rel=1e-9)
        assert found.df == 4


def test_skillings_mack_by_the_formula_of_the_paper():
    """Without ties Σ has −(lists that hold both) off the diagonal."""
    rng = np.random.default_rng(8)
    ranks = np.argsort(rng.random((9, 5)), axis=1).astype(float)
    ranks[rng.random(ranks.shape) < 0.25] = np.nan
    held = ~np.isnan(ranks)
    a = np.zeros(5)
    for row, h in zip(ranks, held, strict=True):
        k = h.sum()
        if k > 1:
            a[h] += np.sqrt(12 / (k + 1)) * (stats.rankdata(row[h]) - (k + 1) / 2)
    together = held[held.sum(axis=1) > 1].astype(float).T @ held[held.sum(axis=1) > 1]
    sigma = -together
    np.fill_diagonal(sigma, 0)
    np.fill_diagonal(sigma, -sigma.sum(axis=1))
    expected = a[:4] @ np.linalg.solve(sigma[:4, :4], a[:4])  # one person less, as in the paper
    found = skillings_mack(ranks)
    assert found.statistic == pytest.approx(expected)
    assert found.df == 4
    assert found.method == "permutation"
    assert found.p == pytest.approx(stats.chi2.sf(expected, 4), abs=0.1)
    assert found.p == skillings_mack(ranks[::-1, [4, 2, 0, 1, 3]]).p


def test_skillings_mack_edges():
    nan = np.nan
    apart = skillings_mack(np.array([[1, 2, nan, nan], [1, 2, nan, nan], [nan, nan, 1, 2], [nan, nan, 2, 1.0]]))
    assert apart.df == 2  # two groups that no list connects
    assert apart.statistic == pytest.approx(2.0)
    nothing = skillings_mack(np.array([[1, nan], [nan, 1.0]]))
    assert (nothing.df, nothing.method) == (0, "none")
    many = np.argsort(np.random.default_rng(0).random((8, 9)), axis=1).astype(float)
    assert skillings_mack(many).method == "chi_square"
    many[0, 0] = nan
    assert skillings_mack(many).method == "permutation"


def test_each_rater_against_the_others():
    ranks = np.array([[1.0, 2, 3, 4, 5], [1, 3, 2, 4, 5], [2, 1, 3, 4, 5], [5, 4, 3, 2, 1]])
    found = rater_agreement(ranks)
    for r in range(4):
        others = np.delete(ranks, r, axis=0).sum(axis=0)
        assert found.tau[r] == pytest.approx(tau_b(ranks[r], others))
    assert found.p_against[3] == pytest.approx(1 / 120)
    assert found.p_agree[3] == pytest.approx(1)
    assert found.method[3] == "exact"
    assert found.shared.tolist() == [5] * 4


def test_lists_of_one_rater_are_left_out_together():
    ranks = np.array([[1.0, 2, 3, 4, 5], [1, 2, 3, 4, 5], [5, 4, 3, 2, 1], [5, 4, 3, 1, 2]])
    found = rater_agreement(ranks, rater=np.array([0, 0, 1, 1]))
    assert found.tau[0] == found.tau[1] < -0.9
    assert rater_agreement(ranks).tau[0] > found.tau[0]


def test_p_with_ties_by_all_arrangements(monkeypatch):
    ranks = np.array([[1.0, 2, 2, 3, 3, 4], [1, 2, 3, 4, 5, 6], [2, 1, 3, 4, 6, 5]])
    exact = rater_agreement(ranks)
    assert exact.method[0] == "exact"
    monkeypatch.setattr("rankkit.kernels.rankings.rater_agreement._ALL", 3)
    drawn = rater_agreement(ranks)
    assert drawn.method[0] == "permutation"
    assert drawn.p_agree[0] == pytest.approx(exact.p_agree[0], abs=DRAWN)
    assert drawn.p_against[0] == pytest.approx(exact.p_against[0], abs=DRAWN)


def test_untied_p_is_kendalls_own():
    rng = np.random.default_rng(2)
    ranks = np.stack([np.arange(9.0), rng.permutation(9)])
    found = rater_agreement(ranks)
    assert found.p_agree[0] == pytest.approx(stats.kendalltau(*ranks, method="exact", alternative="greater").pvalue)
    assert found.p_against[0] == pytest.approx(stats.kendalltau(*ranks, method="exact", alternative="less").pvalue)


def test_many_people_with_ties_use_the_normal(monkeypatch):
    rng = np.random.default_rng(6)
    ranks = np.stack([rng.integers(1, 9, 30), rng.integers(1, 12, 30)]).astype(float)
    normal = rater_agreement(ranks)
    assert normal.method == ("normal", "normal")
    monkeypatch.setattr("rankkit.kernels.rankings.rater_agreement._DRAWN", 30)
    drawn = rater_agreement(ranks)
    assert drawn.method == ("permutation", "permutation")
    np.testing.assert_allclose(normal.p_agree, drawn.p_agree, atol=NORMAL + DRAWN)


def test_variance_with_ties_by_all_arrangements():
    from itertools import permutations

    a, b = np.array([1.0, 1, 2, 3, 3]), np.array([1.0, 2, 2, 2, 3])
    i, j = np.triu_indices(5, 1)
    scores = [np.sign(np.array(x)[j] - np.array(x)[i]) @ np.sign(b[j] - b[i]) for x in permutations(a)]
    assert _variance(a, b) == pytest.approx(np.var(scores))


def test_too_few_shared_people_give_nothing():
    nan = np.nan
    found = rater_agreement(np.array([[1, 2, 3, nan, nan], [nan, nan, 1, 2, 3], [2, 2, 2, 2, nan]]))
    assert np.isnan(found.tau).all()
    assert found.method == ("none",) * 3
    assert found.shared.tolist() == [3, 2, 4]
