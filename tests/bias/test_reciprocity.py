"""Reciprocity: exact F in round robins, permutation elsewhere, hierarchy by Pearson, pairs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from rankkit import bias, simulate


def ratings(x):
    rater, ratee = np.nonzero(~np.isnan(x))
    names = [f"p{k:03d}" for k in range(len(x))]
    columns = {"rater": [names[k] for k in rater], "ratee": [names[k] for k in ratee], "score": x[rater, ratee]}
    return pd.DataFrame(columns | {"source": "peer"})


def square(n, rho, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, n))
    upper = np.triu_indices(n, 1)
    x.T[upper] = rho * x[upper] + np.sqrt(1 - rho**2) * x.T[upper]
    np.fill_diagonal(x, np.nan)
    return x + rng.normal(size=n) + rng.normal(size=(n, 1))


def test_a_round_robin_is_tested_by_f():
    row = bias.reciprocity(ratings(square(9, 0.7, 1))).of("reciprocity").iloc[0]
    f = (1 + row["estimate"]) / (1 - row["estimate"])
    assert row["method"] == "F"
    assert row["p"] == pytest.approx(2 * stats.f.sf(f, 27, 28), abs=1e-9)
    low = f / stats.f.ppf(0.975, 27, 28)
    assert row["ci_low"] == pytest.approx((low - 1) / (low + 1), abs=1e-9)
    least = (1 + row["mde"]) / (1 - row["mde"])
    assert stats.f.sf(stats.f.ppf(0.975, 27, 28) / least, 27, 28) == pytest.approx(0.80, abs=1e-9)


def test_the_interval_of_a_round_robin_covers():
    inside = []
    for seed in range(60):
        row = bias.reciprocity(ratings(square(8, 0.4, seed))).of("reciprocity").iloc[0]
        inside.append(row["ci_low"] < 0.4 < row["ci_high"])
    assert abs(np.mean(inside) - 0.95) < 3 * np.sqrt(0.05 * 0.95 / 60)


def test_one_missing_rating_changes_the_method_not_the_answer():
    x = square(10, 0.6, 4)
    whole = bias.reciprocity(ratings(x)).of("reciprocity").iloc[0]
    x[0, 1] = np.nan
    part = bias.reciprocity(ratings(x)).of("reciprocity").iloc[0]
    assert part["method"] == "permutation"
    assert part["n"] == whole["n"] - 1
    assert part["estimate"] == pytest.approx(whole["estimate"], abs=0.1)
    assert max(part["p"], whole["p"]) < 0.01


def test_a_pair_that_stands_out_is_named():
    x = square(12, 0.0, 2)
    x[3, 7] += 5
    x[7, 3] += 5
    found = bias.reciprocity(ratings(x))
    pairs = found.of("reciprocity_pairs").query("level == 'review'")
    assert pairs[["first", "second"]].to_numpy().tolist() == [["p003", "p007"]]
    assert [f.unit_kind for f in found.patterns if f.code == "F-PAIR"] == ["pair"]
    one_way = square(12, 0.0, 2)
    one_way[3, 7] += 8  # one of the two alone is no pair
    assert not (bias.reciprocity(ratings(one_way)).of("reciprocity_pairs")["level"] == "review").any()


def test_superiors_and_subordinates_are_correlated_within_superiors():
    made = simulate.feedback(60, 6, subordinates=10, seed=3)
    row = bias.reciprocity(made.table).of("reciprocity").loc["c1 supervisor – subordinate"]
    assert row["method"] == "Pearson"
    assert row["n"] == 60
    df = 60 - 6 - 1
    t = row["estimate"] * np.sqrt(df / (1 - row["estimate"] ** 2))
    assert row["p"] == pytest.approx(2 * stats.t.sf(abs(t), df), abs=1e-9)


def test_few_pairs_are_shown_and_not_tested():
    row = bias.reciprocity(ratings(square(5, 0.9, 1))).of("reciprocity").iloc[0]
    assert np.isnan(row["p"])
    assert "15" in row["reason"]


def test_social_relations_components_are_those_planted():
    rng = np.random.default_rng(1)
    blocks = [square(10, 0.0, k) for k in range(12)]
    x = np.full((120, 120), np.nan)
    for k, b in enumerate(blocks):
        x[10 * k : 10 * k + 10, 10 * k : 10 * k + 10] = b
    for drop in (0.0, 0.1):
        y = np.where(rng.random(x.shape) < drop, np.nan, x)
        row = bias.reciprocity(ratings(y), times=99).of("social_relations").iloc[0]
        assert row["method"] == ("round robin" if drop == 0 else "REML")
        assert row[["actor", "partner", "relation"]].to_numpy(dtype=float) == pytest.approx([1, 1, 1], abs=0.4)
