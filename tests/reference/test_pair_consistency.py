"""Consistency of judges and of pooled preferences, by published tables and independent software."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from scipy import stats

from rankkit.kernels.pairs.bradley_terry import fit
from rankkit.kernels.pairs.circular_triads import circular_triads, null_counts, preferences
from rankkit.kernels.pairs.judge_fit import fit_statistics
from rankkit.kernels.pairs.kendall_u import kendall_u
from rankkit.kernels.pairs.pair_counts import aggregate
from rankkit.kernels.pairs.pair_laplacian import laplacian
from rankkit.kernels.pairs.pair_residuals import points
from rankkit.kernels.pairs.scale_reliability import separation, split_half
from rankkit.kernels.pairs.stochastic_transitivity import order_deviance, stochastic_transitivity
from tests.oracles_pairs import REFERENCE, counts_from_matrix
from tests.reference.test_paired_kernels import EBA_MATRICES

PAIRS = REFERENCE / "pairs"
SALIENCE = REFERENCE.parent / "data" / "cj_portfolio_salience"
pytestmark = [
    pytest.mark.reference_data,
    pytest.mark.skipif(not PAIRS.is_dir(), reason="reference files are kept outside the repository"),
]

PRINTED = 1e-9  # R prints fifteen digits
SIX_DECIMALS = 1e-4  # standard errors and mean squares are printed with six decimals, worths stop at 1e-4 or so
PULL = 0.3  # wins the published worths move everybody towards half of the comparisons, at most
STOPPED = 5e-3  # what the published worths are short of their own equations, a hundredth of a standard error


def read(name):
    return json.loads((PAIRS / f"{name}.json").read_text(encoding="utf-8"))


def tournament(matrix):
    left, right = np.nonzero(np.array(matrix))
    return preferences(left, right, np.ones(len(left), dtype=np.int64), len(matrix))


@pytest.mark.parametrize("n", range(4, 11))
def test_circular_triads_exact(n):
    case = read("circular_triads")["cases"][f"n{n}"]
    found = circular_triads(tournament(case["matrix"]))
    less, more, both = case["exact_less"], case["exact_greater"], case["exact_two_sided"]
    assert (found.circular, found.most) == (less["T"], less["T_max"])
    assert found.zeta == pytest.approx(less["zeta"], abs=PRINTED)
    assert found.p == pytest.approx(less["p"], abs=PRINTED)
    share = null_counts(n) / 2.0 ** (n * (n - 1) // 2)
    assert share[found.circular :].sum() == pytest.approx(more["p"], abs=PRINTED)
    tails = [share[: found.circular + 1].sum(), share[found.circular :].sum()]
    other = np.cumsum(share if tails[1] < tails[0] else share[::-1])  # two-sided: and the largest other tail no heavier
    twice = min(tails) + np.max(other[other <= min(tails) + PRINTED], initial=0.0)
    assert min(1.0, twice) == pytest.approx(both["p"], abs=PRINTED)


@pytest.mark.parametrize("n", [8, 9, 10])
def test_circular_triads_approximation(n):
    case = read("circular_triads")["cases"][f"n{n}"]
    found = circular_triads(tournament(case["matrix"]))
    assert found.df == pytest.approx(case["chi2_uncorrected"]["df"], abs=PRINTED)
    assert found.chi2 == pytest.approx(case["chi2_uncorrected"]["chi2"] - 4 / (n - 4), abs=PRINTED)


def test_circular_triads_of_sixteen():
    case = read("circular_triads")["cases"]["n16"]
    found = circular_triads(tournament(case["matrix"]))
    expected = case["chi2_less"]
    assert (found.circular, found.most) == (expected["T"], expected["T_max"])
    assert (found.chi2, found.df, found.p_chi2) == pytest.approx((expected["chi2"], expected["df"], expected["p"]), rel=PRINTED)
    assert found.method == "monte_carlo"
    assert found.p == pytest.approx(expected["p"], abs=0.003)  # 10 000 draws, and the approximation's own error


@pytest.mark.parametrize(("name", "u"), [("boys", 0.1866), ("girls", 0.0822)])
def test_kendall_u_of_school_subjects(name, u):
    expected = read(f"schoolsubjects_{name}_kendall_u")["no_continuity"]
    found = kendall_u(counts_from_matrix(read(f"schoolsubjects_{name}")["matrix"]["counts"]))
    assert found.u == pytest.approx(u, abs=5e-5)
    values = (found.u, found.lowest, found.chi2, found.df)
    assert values == pytest.approx((expected["u"], expected["min.u"], expected["chi"], expected["df"]), rel=PRINTED)
    assert found.p_chi2 == pytest.approx(expected["p.value"], rel=1e-8)
    assert found.method == "exact"
    corrected = read(f"schoolsubjects_{name}_kendall_u")["continuity"]["chi"]
    judges = -1 / found.lowest  # odd in both groups
    assert found.chi2 - 4 / (judges - 2) == pytest.approx(corrected, rel=PRINTED)  # one agreeing pair of judges fewer


@pytest.mark.parametrize("name", EBA_MATRICES)
def test_stochastic_transitivity(name):
    record = read(name)
    expected, names = record["strans"], record["matrix"]["names"]
    counts = counts_from_matrix(record["matrix"]["counts"])
    found = stochastic_transitivity(counts)
    violations = (found.weak.violations, found.moderate.violations, found.strong.violations)
    assert violations == (expected["weak"], expected["moderate"], expected["strong"])
    assert found.triads == expected["n_tests"]
    place = np.array([expected["ranking"].index(name) for name in names])
    assert (np.diff(found.pairs_won[np.argsort(place)]) <= 0).all()  # they break ties by the order of the table
    deviance, pairs = order_deviance(counts, place)
    p = stats.chi2.sf(deviance, pairs) if pairs else 1.0
    assert (deviance, pairs, p) == pytest.approx(tuple(expected["wst_fit"]), abs=1e-6)


def salience(session):
    """Comparisons of one session, the published table, and the people in its order."""
    with (SALIENCE / "published_btm.csv").open(newline="", encoding="utf-8") as file:
        published = [row for row in csv.DictReader(file) if row["session"] == session]
    with (SALIENCE / "data.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["session"] == session]
    items = [row["item_id"] for row in published]
    judges = sorted({row["judge_id"] for row in rows})
    chosen = np.array([items.index(row["item_chosen"]) for row in rows])
    other = np.array([items.index(row["item_not_chosen"]) for row in rows])
    return chosen, other, np.array([judges.index(row["judge_id"]) for row in rows]), len(judges), published


def pulled_worths(counts):
    """Worths whose expected wins are the wins, moved towards half of the comparisons; centred."""
    wins = counts.wins - PULL * (2 * counts.wins / counts.comparisons - 1)
    worth = np.zeros(counts.n)
    for _ in range(30):
        chance = 1 / (1 + np.exp(worth[counts.second] - worth[counts.first]))
        score = wins - counts.per_person(counts.total * chance, counts.total * (1 - chance))
        weight = counts.total * chance * (1 - chance)
        worth += np.linalg.pinv(laplacian(counts, weight).toarray()) @ score  # what is left of the sum is projected away
    return worth


@pytest.mark.skipif(not SALIENCE.is_dir(), reason="reference files are kept outside the repository")
@pytest.mark.parametrize(
    ("session", "published_ssr", "ssr", "halves"), [("experts", 0.9771, 0.9737, 0.9486), ("legislators", 0.8032, 0.7543, 0.5667)]
)
def test_salience_of_ministries(session, published_ssr, ssr, halves):
    """Zucco, Batista & Power (2019), as collated by Kinnear, Jones & Davies (2025).

    The published standard errors are ``1/sqrt(information)`` of each person by itself, as if everybody else's worth were
    known. That makes the published separation reliability too high: from the covariance it is .974 and .754.
    """
    chosen, other, judge, m, published = salience(session)
    n, ones = len(published), np.ones(len(chosen), dtype=np.int64)
    counts = aggregate(chosen, other, ones, None, n)
    theta, se, infit, outfit = (np.array([float(row[x]) for row in published]) for x in ("theta", "se_theta", "infit", "outfit"))
    assert counts.comparisons.tolist() == [float(row["n_comparisons"]) for row in published]
    assert counts.wins.tolist() == [float(row["n_wins"]) for row in published]
    np.testing.assert_allclose(pulled_worths(counts), theta - theta.mean(), atol=STOPPED)
    found = fit(counts)
    assert np.corrcoef(found.worth, theta)[0, 1] > 0.9995

    assert 1 - np.mean(se**2) / np.var(theta, ddof=1) == pytest.approx(published_ssr, abs=1e-4)  # with n, not n - 1
    less = np.mean(se**2) / np.var(theta, ddof=1) / (n - 1)
    assert separation(theta, se**2).ssr == pytest.approx(published_ssr - less, abs=1e-4)
    chance = 1 / (1 + np.exp(theta[counts.second] - theta[counts.first]))
    alone = np.diag(laplacian(counts, counts.total * chance * (1 - chance)).toarray())
    np.testing.assert_allclose(1 / np.sqrt(alone), se, rtol=SIX_DECIMALS)
    from_covariance = 1 - np.trace(found.covariance) / n / np.var(found.worth, ddof=1)
    assert from_covariance == pytest.approx(ssr, abs=1e-4)
    assert separation(found.worth, np.diag(found.covariance)).ssr == pytest.approx(1 - (1 - ssr) * n / (n - 1), abs=2e-4)
    assert ssr < published_ssr

    # mean squares of the people at the published worths are the published ones
    chance = 1 / (1 + np.exp(theta[other] - theta[chosen]))
    moments = points(np.concatenate([chance, 1 - chance]))
    squares = fit_statistics(np.concatenate([chosen, other]), n, np.concatenate([ones, 0.0 * ones]), moments)
    np.testing.assert_allclose(squares.infit, infit, atol=SIX_DECIMALS)
    np.testing.assert_allclose(squares.outfit, outfit, atol=SIX_DECIMALS)
    split = split_half(judge, chosen, other, ones, n, m, splits=20)
    assert split.mean == pytest.approx(halves, abs=0.06)  # of their random splits
    assert split.without == 0
