"""Lawler (1967), Journal of Applied Psychology 51, 369-381: managers rated by superiors, peers and themselves on three traits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import rankkit as rk

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "lawler_manager_mtmm" / "data.csv"
pytestmark = [pytest.mark.reference_data, pytest.mark.skipif(not DATA.exists(), reason="published tables are not here")]

N = 113
EXACT = 1e-9  # ratings are made to have these correlations exactly
SOURCES = {"superior": "supervisor", "peer": "peer", "self": "self"}
CONVERGENT = {("peer", "supervisor"): (0.52, 0.53, 0.65), ("self", "supervisor"): (0.13, 0.30, 0.01), ("peer", "self"): (0.09, 0.30, 0.01)}


@pytest.fixture(scope="module")
def matrix():
    table = pd.read_csv(DATA)
    cells = [(s, t) for s in SOURCES for t in sorted(set(table["trait_a"]) | set(table["trait_b"]))]
    out = pd.DataFrame(np.eye(len(cells)), index=pd.MultiIndex.from_tuples(cells), columns=pd.MultiIndex.from_tuples(cells))
    for row in table.itertuples():
        out.loc[(row.source_a, row.trait_a), (row.source_b, row.trait_b)] = row.correlation
        out.loc[(row.source_b, row.trait_b), (row.source_a, row.trait_a)] = row.correlation
    return out


@pytest.fixture(scope="module")
def result(matrix):
    """Ratings of as many managers whose correlations are exactly the published ones, one rater a source."""
    rng = np.random.default_rng(0)
    z = rng.standard_normal((N, len(matrix)))
    z -= z.mean(axis=0)
    z = z @ np.linalg.inv(np.linalg.cholesky(np.cov(z.T))).T
    x = 4 + 0.5 * z @ np.linalg.cholesky(matrix.to_numpy()).T
    rows = [
        (f"m{i:03d}" if source == "self" else f"{source}{i:03d}", f"m{i:03d}", SOURCES[source], trait, x[i, k])
        for i in range(N)
        for k, (source, trait) in enumerate(matrix.index)
    ]
    return rk.MultiSourceFeedback().fit(pd.DataFrame(rows, columns=["rater", "ratee", "source", "dimension", "score"]))


def test_the_matrix_is_positive_definite(matrix):
    assert np.linalg.eigvalsh(matrix.to_numpy()).min() > 0


def test_same_trait_between_sources(result):
    found = result.between_sources["r"]
    for (a, b), published in CONVERGENT.items():
        ours = [found[d, a, b] for d in sorted(set(found.index.get_level_values("dimension")) - {"(all)"})]
        assert ours == pytest.approx(published, abs=EXACT)
    single = found[found.index.get_level_values("dimension") != "(all)"]
    assert single.mean() == pytest.approx(0.2822, abs=5e-5)


def test_self_ratings_do_not_say_what_others_say(result):
    """Superiors and peers agree about .57 on a trait, self ratings with either about .14: a difference is mostly two errors."""
    told = result.self_other_reliability
    single = told[told.index.get_level_values("dimension") != "(all)"]
    assert single["r_self_others"].max() < 0.35
    between = result.between_sources
    assert (between.loc[(slice(None), "peer", "supervisor"), "ci_low"] > between.loc[(slice(None), "peer", "self"), "r"].to_numpy()).all()


def test_one_rater_a_source_is_marked_confounded(result):
    found = result.components
    assert found.loc[("(all)", "rater"), "reason"]
    assert np.isnan(found.loc[("(all)", "rater"), "variance"])
    assert result.se_basis == "assumed"
