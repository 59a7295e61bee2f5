"""Plackett-Luce fits of R packages and of choix, and likelihoods of rankings that are published."""

from __future__ import annotations

import csv
import json

import choix
import numpy as np
import pytest

from rankkit.kernels.pairs.quasi_variances import quasi_variances
from rankkit.kernels.rankings.plackett_luce import existence, fit
from rankkit.kernels.rankings.ranking_lists import from_matrix
from tests.oracles_pairs import REFERENCE
from tests.oracles_rankings import drawn, maximum

PAIRS, DATA = REFERENCE / "pairs", REFERENCE.parent / "data"


def outside(test):
    """Mark a test that reads files kept outside the repository."""
    return pytest.mark.reference_data(
        pytest.mark.skipif(not PAIRS.is_dir(), reason="reference files are kept outside the repository")(test)
    )


FITTED = 1e-7  # estimates of PlackettLuce are stored to 1e-8 or better
LAST_WEIGHTS = 1e-5  # R's standard errors come from the last-but-one weights
PRINTED = 5e-6  # published to five decimals
PEER = 1e-6  # choix stops when its worths change by less than 1e-8 in all, which is not how far it is from the maximum
OPTIMISER = 1e-5  # a general optimiser with numerical slopes


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@outside
def test_salad_dressings() -> None:
    """Critchlow & Fligner (1991): 32 judges rank four dressings by tartness; R PlackettLuce 0.4.5."""
    ranks = np.array([[float(v) for v in row.values()] for row in rows(PAIRS / "salad.csv")])
    published = json.loads((PAIRS / "salad_critchlow1991.json").read_text(encoding="utf-8"))
    found = fit(from_matrix(ranks))
    np.testing.assert_allclose(found.worth - found.worth[0], published["coef"]["Estimate"], atol=FITTED)
    assert found.loglik == pytest.approx(published["loglik"], abs=1e-10)
    np.testing.assert_allclose(np.exp(found.worth) / np.exp(found.worth).sum(), [0.04186, 0.64176, 0.19950, 0.11688], atol=PRINTED)
    against_first = np.eye(4) - np.eye(4)[[0] * 4]
    np.testing.assert_allclose(
        against_first @ found.covariance @ against_first.T, published["vcov"]["values"], rtol=LAST_WEIGHTS, atol=1e-12
    )
    quasi = quasi_variances(found.covariance)
    np.testing.assert_allclose(quasi.variance, published["quasi"]["quasiVar"], rtol=1e-4)
    judged = rows(DATA / "salad_tartness_ranks" / "data.csv")
    judges = sorted({r["judge_id"] for r in judged})
    names = sorted({r["item"] for r in judged})
    matrix = np.full((len(judges), len(names)), np.nan)
    for row in judged:
        matrix[judges.index(row["judge_id"]), names.index(row["item"])] = float(row["rank"])
    again = fit(from_matrix(matrix))
    np.testing.assert_allclose(np.sort(again.worth), np.sort(found.worth), atol=FITTED)


@outside
def test_davidsons_puddings() -> None:
    """Pairs are lists of two, and the Davidson-Luce model is Davidson's: worths and tie parameter of 1970."""
    published = json.loads((PAIRS / "pudding_davidson1970_mle.json").read_text(encoding="utf-8"))
    data = rows(PAIRS / "pudding_davidson1970.csv")
    items = sorted({row[k] for row in data for k in ("i", "j")})
    ranks, weight = [], []
    for row in data:
        for i, j, count in ((1, 2, "w_ij"), (2, 1, "w_ji"), (1, 1, "t_ij")):
            line = np.full(len(items), np.nan)
            line[items.index(row["i"])], line[items.index(row["j"])] = i, j
            ranks.append(line)
            weight.append(float(row[count]))
    found = fit(from_matrix(np.array(ranks), weight=np.array(weight)), ties="davidson_luce")
    worth, log_nu = np.split(np.array(published["coef"]["Estimate"]), [6])
    np.testing.assert_allclose(found.worth - found.worth[0], worth, atol=FITTED)
    assert found.log_delta[0] == pytest.approx(log_nu[0], abs=FITTED)
    assert np.exp(found.log_delta[0]) == pytest.approx(0.7468, abs=5e-5)  # Davidson's own figure
    assert found.loglik == pytest.approx(published["loglik"], abs=1e-8)
    assert found.se_log_delta[0] == pytest.approx(published["coef"]["Std. Error"][6], rel=LAST_WEIGHTS)
    against_first = np.eye(6) - np.eye(6)[[0] * 6]
    covariance = np.array(published["vcov"]["values"])[:6, :6]
    np.testing.assert_allclose(against_first @ found.covariance @ against_first.T, covariance, rtol=LAST_WEIGHTS, atol=1e-12)


@outside
def test_an_election() -> None:
    """Diaconis (1988): 5738 ballots over five people; R PlackettLuce 0.4.3."""
    data = rows(DATA / "apa_election_1980" / "data.csv")
    ranks = np.array([np.argsort([int(c) for c in row["ranking_pattern"].split("-")]) + 1.0 for row in data])
    found = fit(from_matrix(ranks, weight=np.array([float(row["n_ballots"]) for row in data])))
    share = np.exp(found.worth) / np.exp(found.worth).sum()
    np.testing.assert_allclose(share, [0.2323, 0.1877, 0.1996, 0.1817, 0.1986], atol=5.1e-5)
    assert found.loglik == pytest.approx(-27402.29, abs=5.1e-3)


@outside
def test_word_associations_and_leisure_company() -> None:
    """Fligner & Verducci (1986), Hollander & Sethuraman (1978): counts of rankings; a general optimiser agrees."""
    for name, columns in (
        ("word_association_idea", ["rank_thought", "rank_play", "rank_theory", "rank_dream", "rank_attention"]),
        ("leisure_company_ranks", ["rank_male", "rank_female", "rank_both"]),
    ):
        data = rows(DATA / name / "data.csv")
        ranks = np.array([[float(row[c]) for c in columns] for row in data])
        lists = from_matrix(ranks, weight=np.array([float(row["n_judges"]) for row in data]))
        assert existence(lists).kind == "finite"
        found = fit(lists)
        plain, height = maximum(lists)
        np.testing.assert_allclose(found.worth, plain, atol=OPTIMISER)
        assert found.loglik == pytest.approx(height, abs=1e-8)


@pytest.mark.parametrize("seed", range(3))
def test_choix_agrees(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ranks = drawn(rng, rng.normal(size=12), 60, 5)
    data = [tuple(int(k) for k in np.argsort(r)[: int(np.isfinite(r).sum())]) for r in ranks]
    peer = choix.ilsr_rankings(12, data, tol=1e-10)
    np.testing.assert_allclose(fit(from_matrix(ranks)).worth, peer - peer.mean(), atol=PEER)


def test_top_choices_agree_with_choix() -> None:
    rng = np.random.default_rng(7)
    ranks = drawn(rng, rng.normal(size=8), 150, 4)
    best = np.where(ranks == 1, 1.0, np.where(np.isnan(ranks), np.nan, np.inf))
    data = [(int(np.nanargmin(r)), [int(k) for k in np.flatnonzero(np.isfinite(r) & (r > 1))]) for r in ranks]
    peer = choix.ilsr_top1(8, data, tol=1e-10)
    np.testing.assert_allclose(fit(from_matrix(best)).worth, peer - peer.mean(), atol=PEER)
