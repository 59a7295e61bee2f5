"""Kernels of texts and logs against slow plain oracles: similarity, log-odds, boundaries, length, authors' rates."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from rankkit.kernels.behaviours.length_effect import length_effect
from rankkit.kernels.behaviours.log_odds import log_odds
from rankkit.kernels.behaviours.logger_rates import logger_rates
from rankkit.kernels.behaviours.text_similarity import common_subsequence, similar_pairs, similarity
from rankkit.kernels.reliability.segment_boundaries import boundary_similarity
from tests.oracles_texts import lcs, marginal_loglik, plain_log_odds

EXACT = 1e-12  # the same arithmetic in another order


def _mutated(rng, text, edits):
    out = list(text)
    for _ in range(edits):
        at, how = int(rng.integers(len(out))), int(rng.integers(3))
        if how == 0:
            out[at] = chr(int(rng.integers(97, 123)))
        elif how == 1:
            del out[at]
        else:
            out.insert(at, "好")
    return "".join(out)


def test_common_subsequence_is_the_dynamic_programme():
    rng = np.random.default_rng(1)
    for _ in range(60):
        a, b = ("".join(rng.choice(list("abc好的"), int(rng.integers(0, 70)))) for _ in range(2))
        assert common_subsequence(a, b) == lcs(a, b)
    assert similarity("", "x") == 0.0
    assert similarity("x" * 300, "x" * 300) == 1.0


@pytest.mark.parametrize("threshold", [0.85, 0.9, 0.97])
def test_the_filter_loses_no_pair(threshold):
    rng = np.random.default_rng(2)
    base = ["".join(rng.choice(list("abcdefgh天地人"), int(rng.integers(12, 60)))) for _ in range(12)]
    texts = [*base, *(_mutated(rng, t, int(rng.integers(0, 6))) for t in base for _ in range(4)), "short", "short", ""]
    texts += ["aaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaab"]
    found = similar_pairs(texts, threshold)
    long = [k for k, t in enumerate(texts) if len(t) >= 12]
    expected = {(i, j) for i, j in itertools.combinations(long, 2) if similarity(texts[i], texts[j]) >= threshold - EXACT}
    assert set(zip(found.first.tolist(), found.second.tolist(), strict=True)) == expected
    assert len(expected) > 5
    assert (np.diff(found.similarity) <= 0).all()
    with pytest.raises(ValueError, match="threshold"):
        similar_pairs(texts, 0.5)


def test_log_odds_are_the_published_formula_and_their_errors_the_sum_over_people():
    rng = np.random.default_rng(3)
    counts = rng.poisson(2.0, (14, 9)) + (np.arange(9) < 8)
    in_first = np.arange(14) < 6
    person, word = (x.ravel() for x in np.meshgrid(np.arange(14), np.arange(9), indexing="ij"))
    found = log_odds(person, word, counts.ravel().astype(float), in_first, 40.0, 10)
    delta, z, clustered = plain_log_odds(counts, in_first, 40.0)
    np.testing.assert_allclose(found.log_odds[:9], delta, rtol=EXACT)
    np.testing.assert_allclose(found.z[:9], z, rtol=EXACT)
    assert np.isnan(found.log_odds[9])  # nobody used it
    assert np.isnan(found.p[9])
    np.testing.assert_allclose(found.se[:9], np.maximum(delta / z, np.sqrt(clustered)), rtol=1e-10)
    flipped = log_odds(person, word, counts.ravel().astype(float), ~in_first, 40.0, 10)
    np.testing.assert_allclose(flipped.log_odds[:9], -delta, rtol=1e-10)


def test_one_persons_favourite_word_is_no_difference_of_groups():
    """The toy: the published z on words of which one person wrote most."""
    counts = np.full((30, 4), 5)
    counts[0, 0] = 60
    person, word = (x.ravel() for x in np.meshgrid(np.arange(30), np.arange(4), indexing="ij"))
    found = log_odds(person, word, counts.ravel().astype(float), np.arange(30) < 15, 20.0, 4)
    assert 2 * stats.norm.sf(abs(found.z[0])) < 0.001
    assert found.p[0] > 0.2


def test_boundaries_match_near_and_missed():
    def b(x, y, **o):
        return boundary_similarity(np.array(x, dtype=int), np.array(y, dtype=int), **o)

    assert b([3, 8], [3, 8]).value == 1.0
    assert b([3], [9]).value == 0.0
    assert b([3], [4]).value == 0.5  # Fournier (2013): one near miss of one position
    assert b([3], [4], reach=1).value == 0.0
    assert b([2, 5, 9], [2, 6]) == b([2, 6], [2, 5, 9])
    assert np.isnan(b([], []).value)
    assert (b([5], [4, 6]).near, b([5], [4, 6]).missed) == (1, 1)  # a cut is misplaced once only


def test_the_line_through_exact_scores_is_least_squares():
    rng = np.random.default_rng(5)
    x, group = rng.standard_normal(40), np.repeat([0, 1], 20)
    y = 0.7 * x + group + rng.standard_normal(40)
    found = length_effect(y, np.zeros((40, 40)), x, group)
    design = np.column_stack([group == 0, group == 1, x]).astype(float)
    beta, rss = np.linalg.lstsq(design, y, rcond=None)[:2]
    se = np.sqrt(rss[0] / 37 * np.linalg.inv(design.T @ design)[2, 2])
    assert found.slope == pytest.approx(beta[2], rel=1e-6)
    assert found.se == pytest.approx(se, rel=1e-5)
    assert length_effect(y, np.zeros((40, 40)), np.ones(40), group) is None
    assert length_effect(y[:3], np.zeros((3, 3)), x[:3], group[:3]) is None


def test_languages_are_never_pooled():
    """The toy: lengths in characters and in words on one axis make a slope out of nothing."""
    rng = np.random.default_rng(6)
    zh = np.arange(60) < 30
    length = np.where(zh, rng.integers(200, 400, 60), rng.integers(60, 120, 60))
    y = 1.5 * zh + 0.3 * rng.standard_normal(60)
    pooled = length_effect(y, 0.01 * np.eye(60), np.log(length), np.zeros(60, dtype=int))
    apart = length_effect(y, 0.01 * np.eye(60), np.log(length), zh.astype(int))
    assert pooled.p < 1e-6
    assert apart.p > 0.01
    assert abs(apart.slope) < abs(pooled.slope) / 2


def test_rates_of_authors_against_quadrature():
    rng = np.random.default_rng(7)
    logger = np.tile(np.arange(2), 8)
    ratee = np.repeat(np.arange(8), 2)
    count = rng.poisson(np.array([6.0, 2.0])[logger])
    found = logger_rates(count, np.ones(16), ratee, logger)
    best = marginal_loglik(count, ratee, logger, found.mean, max(found.sd_ratee, 1e-3), max(found.sd_logger, 1e-3), found.dispersion)
    for sd in (0.5, 2.0):
        worse = marginal_loglik(
            count, ratee, logger, found.mean, max(found.sd_ratee, 1e-3), max(found.sd_logger * sd, 0.01), found.dispersion
        )
        assert worse < best + 0.5  # Laplace's maximum is near that of the integral
    assert found.logger[0] > found.logger[1]
    order = rng.permutation(16)
    other = logger_rates(count[order], np.ones(16), ratee[order], logger[order])
    np.testing.assert_allclose(other.logger, found.logger, rtol=1e-4)


@pytest.mark.recovery
def test_rates_of_authors_cover_and_fire_at_their_level():
    rng = np.random.default_rng(8)
    p_null, p_disp, covered, power = [], [], [], []
    for k in range(16):
        ratee = np.repeat(np.arange(30), 3)
        logger = np.concatenate([rng.permutation(8)[:3] for _ in range(30)])
        sd = 0.5 * (k % 2)
        u, b = 0.3 * rng.standard_normal(30), sd * rng.standard_normal(8)
        count = rng.poisson(6 * 0.4 * np.exp(u[ratee] + b[logger]))
        found = logger_rates(count, np.full(90, 6.0), ratee, logger)
        (power if sd else p_null).append(found.logger_p < 0.05)
        p_disp.append(found.dispersion_p < 0.05)
        if sd:
            covered.append((np.abs(found.logger - b) <= 1.96 * found.logger_se).mean())
    assert np.mean(p_null) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 8)
    assert np.mean(p_disp) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 16)
    assert np.mean(power) > 0.7
    assert np.mean(covered) > 0.90


@pytest.mark.recovery
def test_the_slope_of_length_covers():
    rng = np.random.default_rng(9)
    inside = []
    for _ in range(200):
        x = np.log(rng.integers(60, 400, 24))
        root = 0.2 * rng.standard_normal((24, 24))
        sigma = root @ root.T / 4 + np.diag(rng.uniform(0.1, 0.6, 24))
        y = 0.8 * x + 0.9 * rng.standard_normal(24) + rng.multivariate_normal(np.zeros(24), sigma)
        found = length_effect(y, sigma, x, np.zeros(24, dtype=int))
        inside.append(found.low <= 0.8 <= found.high)
    assert np.mean(inside) >= 0.95 - 2 * np.sqrt(0.05 * 0.95 / 200)
