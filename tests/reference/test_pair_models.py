"""The general pair models against R (BradleyTerry2, brglm, PlackettLuce, VGAM, eba, prefmod) and published numbers."""

from __future__ import annotations

import csv
import itertools
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import gammaln

from rankkit.kernels.pairs.contests import aggregate, of_pairs
from rankkit.kernels.pairs.pair_counts import PairCounts
from rankkit.kernels.pairs.pair_goodness import goodness, likelihood_ratio, residuals
from rankkit.kernels.pairs.pair_models import fit
from rankkit.kernels.pairs.pair_outcomes import OutcomeModel
from rankkit.kernels.pairs.quasi_variances import quasi_variances
from rankkit.kernels.pairs.separation import verdict
from tests.oracles_pair_models import thurstone_by_least_squares
from tests.oracles_pairs import REFERENCE, counts_from_matrix

PAIRS = REFERENCE / "pairs"
DATASETS = Path(__file__).resolve().parents[2] / "datasets"
reference_data = [
    pytest.mark.reference_data,
    pytest.mark.skipif(not PAIRS.is_dir(), reason="reference files are kept outside the repository"),
]

FITTED = 1e-7  # estimates of BradleyTerry2, PlackettLuce and VGAM are stored to 1e-8 or better
LAST_WEIGHTS = 1e-5  # glm takes standard errors from its last-but-one weights
BRGLM = 1e-8  # brglm iterates until its scores vanish
PROBIT = 5e-6  # glm stops at a relative change of the deviance of 1e-8: the root of it, times the standard error, in the worths
EBA_DEVIANCE = 1e-5  # eba stops its numerical search this far above the minimum at most
EBA = 2e-3  # which leaves its shares within this many standard errors of the maximum
SEVEN_ROUNDS = 5e-4  # seven rounds of the iteration are that near to the end
PRINTED = 0.006  # two decimals

MATRICES = (
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


def table(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def baseball(items, *, home):
    """Games by home and away team, in the order of the file; ``home``: with an order effect."""
    rows = table(PAIRS / "baseball1987.csv")
    left, right = (np.array([items.index(row[name]) for row in rows]) for name in ("home.team", "away.team"))
    wins, losses = (np.array([float(row[name]) for row in rows]) for name in ("home.wins", "away.wins"))
    k = len(rows)
    values = np.ones((2 * k, int(home)))
    twice = np.tile(np.arange(k), 2)
    return aggregate(left[twice], right[twice], np.repeat([1, -1], k), np.append(wins, losses), len(items), values)


def against_first(covariance):
    """Covariance of differences from the first person."""
    return covariance - covariance[:1] - covariance[:, :1] + covariance[0, 0]


class TestStoredFits:
    pytestmark = reference_data

    @pytest.mark.parametrize("name", ["baseball1987_plain", "baseball1987_home"])
    def test_baseball(self, name):
        expected = read(name)
        items, home = expected["abilities"]["item"], name.endswith("home")
        contests = baseball(items, home=home)
        found = fit(contests)
        np.testing.assert_allclose(found.worth - found.worth[0], expected["abilities"]["ability"], atol=FITTED)
        worths = np.sqrt(np.diag(against_first(found.covariance)))
        np.testing.assert_allclose(worths, expected["abilities"]["se"], rtol=LAST_WEIGHTS)
        assert found.deviance == pytest.approx(expected["deviance"], abs=FITTED)
        assert found.df == expected["df_residual"]
        nobody = fit(replace(contests, covariates=np.zeros((42, 0))), worths="none")
        assert nobody.deviance == pytest.approx(expected["null_deviance"], abs=FITTED)
        quasi = quasi_variances(found.covariance)
        np.testing.assert_allclose(quasi.se, expected["quasi"]["quasiSE"], rtol=LAST_WEIGHTS)
        rows = table(PAIRS / "baseball1987.csv")
        pairs = list(zip(contests.left, contests.right, strict=True))
        place = [pairs.index((items.index(row["home.team"]), items.index(row["away.team"]))) for row in rows]
        np.testing.assert_allclose(found.probabilities()[0][place], expected["fitted"], atol=FITTED)
        binomial = np.sum([_log_binomial(w, t) for w, t in zip(contests.wins_left, contests.total, strict=True)])
        assert found.loglik + binomial == pytest.approx(expected["loglik"], abs=FITTED)
        if home:
            assert found.effects[0] == pytest.approx(expected["coef"]["Estimate"][-1], abs=FITTED)
            assert found.se_effects[0] == pytest.approx(expected["coef"]["Std. Error"][-1], rel=LAST_WEIGHTS)
            joint = np.block([[found.covariance, found.cross_covariance], [found.cross_covariance.T, found.parameter_covariance]])
            contrast = np.eye(8)[1:] - np.vstack([np.tile(np.eye(8)[0], (6, 1)), np.zeros((1, 8))])
            np.testing.assert_allclose(contrast @ joint @ contrast.T, expected["vcov"]["values"], rtol=2 * LAST_WEIGHTS)
        else:
            seen = residuals(found)
            np.testing.assert_allclose(seen.pearson[place], expected["residuals_pearson"], atol=1e-6)
            np.testing.assert_allclose(seen.deviance[place], expected["residuals_deviance"], atol=1e-6)

    def test_baseball_with_the_jeffreys_penalty(self):
        expected = read("baseball1987_home_firth")
        found = fit(baseball(read("baseball1987_home")["abilities"]["item"], home=True), penalty="jeffreys")
        estimates = np.append((found.worth - found.worth[0])[1:], found.effects)
        np.testing.assert_allclose(estimates, expected["coef"]["Estimate"], atol=BRGLM)
        errors = np.append(np.sqrt(np.diag(against_first(found.covariance)))[1:], found.se_effects)
        np.testing.assert_allclose(errors, expected["coef"]["Std. Error"], atol=BRGLM)

    def test_home_advantage_by_likelihood_ratio(self):
        plain, home = read("baseball1987_plain"), read("baseball1987_home")
        items = plain["abilities"]["item"]
        found = likelihood_ratio(fit(baseball(items, home=False)), fit(baseball(items, home=True)))
        assert found.statistic == pytest.approx(plain["deviance"] - home["deviance"], abs=2 * FITTED)
        assert found.df == 1

    def test_citations(self):
        expected, other = read("citations_stigler1994"), read("stigler_vgam_brat")
        items = expected["abilities"]["item"]
        matrix = np.zeros((4, 4))
        for row in table(PAIRS / "citations_stigler1994.csv"):
            i, j = items.index(row["player1"]), items.index(row["player2"])
            matrix[i, j], matrix[j, i] = float(row["win1"]), float(row["win2"])
        found = fit(of_pairs(counts_from_matrix(matrix)))
        np.testing.assert_allclose(found.worth - found.worth[0], expected["abilities"]["ability"], atol=FITTED)
        np.testing.assert_allclose(against_first(found.covariance)[1:, 1:], expected["vcov"]["values"], rtol=2 * LAST_WEIGHTS)
        assert (found.deviance, found.df) == (pytest.approx(expected["deviance"], abs=1e-6), expected["df_residual"])
        np.testing.assert_allclose(quasi_variances(found.covariance).se, expected["quasi"]["quasiSE"], rtol=LAST_WEIGHTS)
        np.testing.assert_allclose(residuals(found).pearson, expected["residuals_pearson"], atol=1e-5)
        np.testing.assert_allclose(np.exp(found.worth - found.worth[0]), other["worth"], atol=FITTED)
        np.testing.assert_allclose((found.worth - found.worth[0])[1:], list(other["coef_log"].values()), atol=2 * FITTED)
        test = goodness(found, replicates=499)
        assert test.p_deviance == pytest.approx(test.p_deviance_chi2, abs=0.07)  # 5 thousand citations: chi-squared holds

    @pytest.mark.parametrize("name", MATRICES)
    def test_thurstone_and_bradley_terry_by_eba(self, name):
        expected = read(name)
        contests = of_pairs(counts_from_matrix(expected["matrix"]["counts"]))
        normal, theirs = fit(contests, link="probit"), expected["thurstone_case5"]
        np.testing.assert_allclose(normal.worth - normal.worth[0], theirs["estimate"]["v"], atol=PROBIT)
        assert normal.deviance == pytest.approx(theirs["gof"]["-2logL"], abs=1e-8)
        assert normal.df == theirs["gof"]["df"]
        logistic = fit(contests)
        gof = expected["btl_gof_vs_saturated"]
        assert gof["-2logL"] - EBA_DEVIANCE <= logistic.deviance <= gof["-2logL"] + 1e-10  # ours is never the worse
        assert logistic.df == gof["df"]
        share = np.exp(logistic.worth) / np.exp(logistic.worth).sum()
        slope = np.diag(share) - np.outer(share, share)
        ours = slope @ logistic.covariance @ slope
        scale = np.sqrt(np.diag(ours))
        np.testing.assert_allclose(share / scale, expected["uscale_sum1"]["u"] / scale, rtol=0, atol=EBA)
        np.testing.assert_allclose(ours / np.outer(scale, scale), np.array(expected["cov_u"]) / np.outer(scale, scale), rtol=0, atol=EBA)

    def test_celebrities_do_not_fit(self):
        found = fit(of_pairs(counts_from_matrix(read("celebrities_rumelhart1971")["matrix"]["counts"])))
        assert goodness(found, replicates=199).p_deviance == 1 / 200

    def test_davidson_pudding(self):
        expected, seven = read("pudding_davidson1970_mle"), read("pudding_davidson1970_maxit7")
        rows = table(PAIRS / "pudding_davidson1970.csv")
        first, second = (np.array([int(row[name]) - 1 for row in rows]) for name in ("i", "j"))
        counts = [np.array([float(row[name]) for row in rows]) for name in ("w_ij", "w_ji", "t_ij")]
        order = np.lexsort((second, first))
        contests = of_pairs(PairCounts(6, first[order], second[order], *(c[order] for c in counts)))
        found = fit(contests, ties="davidson")
        np.testing.assert_allclose(np.append(found.worth - found.worth[0], found.tie), expected["coef"]["Estimate"], atol=FITTED)
        joint = np.block([[found.covariance, found.cross_covariance], [found.cross_covariance.T, found.parameter_covariance]])
        contrast = np.eye(7) - np.outer(np.append(np.ones(6), 0), np.eye(7)[0])
        np.testing.assert_allclose(contrast @ joint @ contrast.T, expected["vcov"]["values"], rtol=LAST_WEIGHTS, atol=1e-9)
        assert found.loglik == pytest.approx(expected["loglik"], abs=FITTED)
        np.testing.assert_allclose(quasi_variances(found.covariance).se, expected["quasi"]["quasiSE"], rtol=LAST_WEIGHTS)
        share = np.append(np.exp(found.worth) / np.exp(found.worth).sum(), np.exp(found.tie))
        np.testing.assert_allclose(share, list(seven["worth"].values()), atol=SEVEN_ROUNDS)
        other = fit(contests, ties="rao_kupper")
        assert other.loglik == pytest.approx(found.loglik, abs=1.0)  # the two models of ties say nearly the same here
        assert goodness(found, replicates=199).p_deviance > 0.05

    def test_salad_as_patterns_of_pairs(self):
        """Rankings as patterns of comparisons, Bradley-Terry given that they are transitive (Mallows 1957), by prefmod."""
        expected = read("salad_pattern_prefmod")
        ranks = np.array([[int(row[name]) for name in "ABCD"] for row in table(PAIRS / "salad.csv")])
        orders = np.array(list(itertools.permutations([1, 2, 3, 4])))
        first, second = np.triu_indices(4, 1)

        def patterns(x):
            """Log-chance of each order: the product over its pairs, among the transitive ones."""
            worth = 2 * np.append(x, 0.0)
            log_chance = OutcomeModel().at(worth[first] - worth[second], 0.0).log_chance
            ahead = orders[:, first] < orders[:, second]
            logs = np.where(ahead, log_chance[0], log_chance[1]).sum(axis=1)
            return logs - np.log(np.exp(logs).sum())

        place = [int(np.flatnonzero((orders == row).all(axis=1))[0]) for row in ranks]
        found = minimize(lambda x: -patterns(x)[place].sum(), np.zeros(3), method="BFGS", options={"gtol": 1e-8})
        np.testing.assert_allclose(found.x, expected["coef"], atol=1e-5)  # prefmod stops its own search about there
        assert patterns(np.array(expected["coef"]))[place].sum() == pytest.approx(-found.fun, abs=1e-8)
        assert -found.fun == pytest.approx(expected["ll"], abs=5e-6)  # prefmod prints 2e-6 less than its own coefficients give
        worth = np.exp(2 * np.append(found.x, 0))
        np.testing.assert_allclose(worth / worth.sum(), np.ravel(expected["worth"]["values"]), atol=1e-5)

    def test_pork_by_judge(self):
        """Ten blocks of three comparisons add up to the published table; the order of tasting is no covariate here."""
        names = read("pork_bradleyterry1952")["matrix"]["names"]
        rows = [row for row in table(PAIRS / "pork_bradleyterry1952_by_judge.csv") if row["chosen_row_over_col"] == "1"]
        left, right = (np.array([names.index(row[name]) for row in rows]) for name in ("X.", "X..1"))
        found = fit(aggregate(left, right, np.ones(len(rows), dtype=int), None, 3))
        pooled = fit(of_pairs(counts_from_matrix(read("pork_bradleyterry1952")["matrix"]["counts"])))
        np.testing.assert_allclose(found.worth, pooled.worth, atol=FITTED)
        assert verdict(found.contests).kind == "finite"


def _log_binomial(wins, total):
    return gammaln(total + 1) - gammaln(wins + 1) - gammaln(total - wins + 1)


def test_guilford_vegetables():
    """Thurstone's Case V of Guilford (1954): 0, .52, .65, .98, 1.12, 1.14, 1.40, 1.44, 1.63; fit .9943."""
    names = ["turnips", "cabbage", "beets", "asparagus", "carrots", "spinach", "string_beans", "peas", "corn"]
    wins, share = np.zeros((9, 9)), np.full((9, 9), 0.5)
    for row in table(DATASETS / "guilford_vegetables.csv"):
        cell = names.index(row["winner"]), names.index(row["loser"])
        wins[cell], share[cell] = float(row["count"]), float(row["proportion"])
    scale, quality = thurstone_by_least_squares(share)
    np.testing.assert_allclose(scale, [0, 0.52, 0.65, 0.98, 1.12, 1.14, 1.40, 1.44, 1.63], atol=PRINTED)
    assert quality == pytest.approx(0.9943, abs=5e-5)
    found = fit(of_pairs(counts_from_matrix(wins)), link="probit")  # maximum likelihood weighs the pairs by what they say
    np.testing.assert_allclose(found.worth - found.worth[0], scale, atol=0.05)
    assert (found.deviance, found.df) == (pytest.approx(52.91, abs=0.005), 28)


def test_agresti_home_advantage():
    """Agresti (2002), p. 438: home .302, standard error .131, deviance 38.64 on 35."""
    rows = table(DATASETS / "baseball_1987.csv")
    names = sorted({value for row in rows for value in (row["left"], row["right"])})
    left, right = (np.array([names.index(row[name]) for row in rows]) for name in ("left", "right"))
    result = np.array([{"left": 1, "right": -1}[row["outcome"]] for row in rows])
    count = np.array([float(row["count"]) for row in rows])
    found = fit(aggregate(left, right, result, count, 7, np.ones((len(rows), 1))))
    assert found.effects[0] == pytest.approx(0.3023, abs=5e-5)
    assert found.se_effects[0] == pytest.approx(0.1309, abs=5e-5)
    assert (found.deviance, found.df) == (pytest.approx(38.64, abs=0.005), 35)
