from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from rankkit.kernels.pairs import davidson
from rankkit.kernels.pairs.bradley_terry import fit
from rankkit.kernels.pairs.pair_counts import PairCounts, aggregate
from rankkit.kernels.pairs.quasi_variances import quasi_variances
from tests.oracles_pairs import REFERENCE, counts_from_matrix

PAIRS = REFERENCE / "pairs"
pytestmark = [
    pytest.mark.reference_data,
    pytest.mark.skipif(not PAIRS.is_dir(), reason="reference files are kept outside the repository"),
]

FITTED = 1e-7  # estimates of BradleyTerry2, PlackettLuce and VGAM are stored to 1e-8 or better
LAST_WEIGHTS = 1e-5  # glm takes standard errors from its last-but-one weights
EBA_DEVIANCE = 1e-5  # eba stops its numerical search this far above the minimum at most
EBA = 2e-3  # which leaves its shares within this many standard errors of the maximum, and its covariance likewise
EBA_MATRICES = (
    "celebrities_rumelhart1971",
    "drugrisk_female30",
    "drugrisk_female31",
    "drugrisk_male30",
    "drugrisk_male31",
    "heaviness_order1",
    "heaviness_order2",
    "pork_bradleyterry1952",
    "schoolsubjects_boys",
    "schoolsubjects_girls",
    "taste_david1988",
)


def read(name):
    return json.loads((PAIRS / f"{name}.json").read_text(encoding="utf-8"))


def table(name):
    with (PAIRS / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def counts_of_pairs(rows, columns, items):
    """Counts from rows (player1, player2, win1, win2)."""
    matrix = np.zeros((len(items), len(items)))
    for row in rows:
        i, j = items.index(row[columns[0]]), items.index(row[columns[1]])
        matrix[i, j] += float(row[columns[2]])
        matrix[j, i] += float(row[columns[3]])
    return counts_from_matrix(matrix)


def against_first(covariance):
    """Covariance of differences from the first person."""
    return covariance - covariance[:1] - covariance[:, :1] + covariance[0, 0]


@pytest.mark.parametrize(
    ("name", "data", "columns"),
    [
        ("citations_stigler1994", "citations_stigler1994", ("player1", "player2", "win1", "win2")),
        ("baseball1987_plain", "baseball1987", ("home.team", "away.team", "home.wins", "away.wins")),
    ],
)
def test_bradley_terry_and_quasi_variances_by_r(name, data, columns):
    expected = read(name)
    items = expected["abilities"]["item"]
    found = fit(counts_of_pairs(table(data), columns, items))
    np.testing.assert_allclose(found.worth - found.worth[0], expected["abilities"]["ability"], atol=FITTED)
    covariance = against_first(found.covariance)
    np.testing.assert_allclose(np.sqrt(np.diag(covariance)), expected["abilities"]["se"], rtol=LAST_WEIGHTS)
    np.testing.assert_allclose(covariance[1:, 1:], expected["vcov"]["values"], rtol=2 * LAST_WEIGHTS)
    quasi = quasi_variances(found.covariance)
    np.testing.assert_allclose(quasi.se, expected["quasi"]["quasiSE"], rtol=LAST_WEIGHTS)
    errors = 100 * np.array([quasi.smallest_error, quasi.largest_error])
    np.testing.assert_allclose(errors, expected["quasi_relerrs_pct"], atol=1e-3)


def test_citations_deviance_and_the_second_program():
    expected, other = read("citations_stigler1994"), read("stigler_vgam_brat")
    items = expected["abilities"]["item"]
    found = fit(counts_of_pairs(table("citations_stigler1994"), ("player1", "player2", "win1", "win2"), items))
    assert found.deviance == pytest.approx(expected["deviance"], abs=1e-6)
    assert found.df == expected["df_residual"]
    np.testing.assert_allclose(np.exp(found.worth - found.worth[0]), other["worth"], atol=FITTED)


@pytest.mark.parametrize("name", EBA_MATRICES)
def test_bradley_terry_by_eba(name):
    expected = read(name)
    found = fit(counts_from_matrix(expected["matrix"]["counts"]))
    share = np.exp(found.worth) / np.exp(found.worth).sum()
    theirs_deviance = expected["btl_gof_vs_saturated"]["-2logL"]
    assert theirs_deviance - EBA_DEVIANCE <= found.deviance <= theirs_deviance + 1e-10  # ours is never the worse
    assert found.df == expected["btl_gof_vs_saturated"]["df"]
    # eba's covariance is of its shares, by the delta method of ours
    slope = np.diag(share) - np.outer(share, share)
    ours = slope @ found.covariance @ slope
    theirs = np.array(expected["cov_u"])
    scale = np.sqrt(np.diag(ours))
    np.testing.assert_allclose(share / scale, expected["uscale_sum1"]["u"] / scale, rtol=0, atol=EBA)
    np.testing.assert_allclose(ours / np.outer(scale, scale), theirs / np.outer(scale, scale), rtol=0, atol=EBA)


def test_pork_by_judge_adds_up_to_the_pooled_matrix():
    names = read("pork_bradleyterry1952")["matrix"]["names"]
    rows = [row for row in table("pork_bradleyterry1952_by_judge") if row["chosen_row_over_col"] == "1"]
    left = np.array([names.index(row["X."]) for row in rows])
    right = np.array([names.index(row["X..1"]) for row in rows])
    counts = aggregate(left, right, np.ones(len(rows), dtype=np.int64), None, len(names))
    pooled = counts_from_matrix(read("pork_bradleyterry1952")["matrix"]["counts"])
    np.testing.assert_array_equal(counts.wins_first, pooled.wins_first)
    np.testing.assert_array_equal(counts.wins_second, pooled.wins_second)


def pudding():
    rows = sorted(table("pudding_davidson1970"), key=lambda row: (int(row["i"]), int(row["j"])))
    code = [np.array([int(row[name]) - 1 for row in rows]) for name in ("i", "j")]
    return PairCounts(6, *code, *(np.array([float(row[name]) for row in rows]) for name in ("w_ij", "w_ji", "t_ij")))


def test_davidson_pudding():
    expected = read("pudding_davidson1970_mle")
    found = davidson.fit(pudding())
    assert davidson.has_finite_estimate(pudding())
    np.testing.assert_allclose(found.worth - found.worth[0], expected["coef"]["Estimate"][:6], atol=FITTED)
    assert found.log_nu == pytest.approx(expected["coef"]["Estimate"][6], abs=FITTED)
    assert found.loglik == pytest.approx(expected["loglik"], abs=FITTED)
    np.testing.assert_allclose(against_first(found.covariance), np.array(expected["vcov"]["values"])[:6, :6], rtol=LAST_WEIGHTS, atol=1e-12)
    assert found.se_log_nu == pytest.approx(expected["coef"]["Std. Error"][6], rel=LAST_WEIGHTS)
    np.testing.assert_allclose(quasi_variances(found.covariance).se, expected["quasi"]["quasiSE"], rtol=LAST_WEIGHTS)
