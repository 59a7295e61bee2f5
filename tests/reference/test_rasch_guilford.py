"""Guilford's creativity ratings (1954, p. 282) by joint maximum likelihood: two independent programs, and a published golden.

Severities, fair averages, fit, separation and bias of the seven juniors, three senior scientists and five traits were
computed by an independent prototype of the rating scale model (residuals below 1e-9) and agree with R's mfrmr to the
printed 1e-5. There the juniors and the traits are centred and the seniors float; here people float, so that juniors
differ by a constant and seniors by the same one.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import rankkit as rk
from rankkit.kernels.rasch.many_facet_rasch import joint_ml
from rankkit.kernels.rasch.rasch_bias import interactions
from rankkit.kernels.rasch.rasch_design import rasch_design
from rankkit.kernels.rasch.rasch_fit import Residuals, element_fit, exact_agreement
from rankkit.kernels.rasch.rasch_separation import fixed_chi2, separation

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
REFERENCE = SHARED / "reference" / "ratings"
THREE_DECIMALS = 5.1e-4
PROTOTYPE = 1e-9  # both stop below 1e-9
MFRMR = 2e-6  # its convergence criterion
PRINTED = 5.1e-6  # goldens are printed with five decimals
FOUR_DECIMALS = 5.1e-5


@pytest.fixture(scope="module")
def result():
    model = rk.ManyFacetRasch(estimation="joint", interactions=(("rater", "ratee"),))
    return model.fit(rk.datasets.load("guilford_creativity"))


def test_published_severities_and_fair_averages(result):
    floated = result.raters["measure"] - result.scores["score"].mean()
    assert floated.round(3).to_dict() == {"Avogadro": 0.040, "Brahe": 0.245, "Cavendish": -0.096}
    assert result.raters["fair_at_mean"].round(3).to_dict() == {"Avogadro": 4.857, "Brahe": 4.384, "Cavendish": 5.176}
    assert result.raters["infit"].round(2).to_dict() == {"Avogadro": 0.85, "Brahe": 1.48, "Cavendish": 0.67}
    assert result.raters["se_conditional"].round(3).to_dict() == {"Avogadro": 0.117, "Brahe": 0.118, "Cavendish": 0.116}
    juniors = (result.scores["score"] - result.scores["score"].mean()).round(2)
    assert juniors.to_dict() == {
        "Anne": -0.07,
        "Betty": 0.66,
        "Chris": -0.26,
        "David": -0.48,
        "Edward": 0.44,
        "Fred": -0.58,
        "George": 0.29,
    }
    assert result.separation.loc[("ratee", "population"), "reliability"] == pytest.approx(0.835, abs=THREE_DECIMALS)


def test_the_strongest_interaction_is_brahe_with_edward(result):
    cells = result.interactions
    worst = cells.loc[cells["t"].idxmin()]
    assert (worst["first"], worst["second"]) == ("Brahe", "Edward")
    assert worst["observed"] * worst["n_obs"] == pytest.approx(14)  # FACETS prints totals
    assert worst["expected"] * worst["n_obs"] == pytest.approx(27.0156, abs=FOUR_DECIMALS)
    assert worst["t"] == pytest.approx(-3.609, abs=THREE_DECIMALS)
    assert worst["difference"] == pytest.approx((14 - 27.0156) / 5, abs=FOUR_DECIMALS)
    assert worst["q"] > 0.05  # one of 21 cells with 4 degrees of freedom each


def creativity():
    """The reference file's own table, in its own order."""
    with (REFERENCE / "guilford1954_creativity.csv").open(encoding="utf-8", newline="") as file:
        frame = pd.DataFrame(csv.DictReader(file)).melt(["senior", "junior"], var_name="trait")
    codes = [pd.factorize(frame[name], sort=True) for name in ("junior", "senior", "trait")]
    return rasch_design([c for c, _ in codes], [len(v) for _, v in codes], frame["value"].astype(float))


@pytest.mark.reference_data
@pytest.mark.skipif(not SHARED.is_dir(), reason="reference files are not here")
def test_every_number_of_the_prototype():
    reference = json.loads((REFERENCE / "guilford1954_jmle.json").read_text(encoding="utf-8"))
    fit = joint_ml(creativity())
    found = Residuals.of(fit.design, fit.measures, fit.psi, fit.active)
    shift = fit.measures[0].mean()
    for facet, name in enumerate(("junior", "senior", "trait")):
        elements, summary = reference[name]["elements"], reference[name]["summary"]
        moved = fit.measures[facet] - (shift if facet < 2 else 0.0)
        np.testing.assert_allclose(moved, [e["measure"] for e in elements], atol=PROTOTYPE)
        np.testing.assert_allclose(fit.se_conditional[facet], [e["se"] for e in elements], atol=PROTOTYPE)
        shown = element_fit(found, facet)
        np.testing.assert_allclose(shown.infit, [e["infit"] for e in elements], atol=PROTOTYPE)
        np.testing.assert_allclose(shown.outfit, [e["outfit"] for e in elements], atol=PROTOTYPE)
        np.testing.assert_allclose(shown.observed, [e["obs_avg"] for e in elements], atol=PROTOTYPE)
        for form in ("pop", "sample"):
            apart = separation(fit.measures[facet], fit.se_conditional[facet], population=form == "pop")
            assert apart.true_sd == pytest.approx(summary[f"adj_sd_{form}"], abs=PROTOTYPE)
            assert apart.separation == pytest.approx(summary[f"separation_{form}"], abs=PROTOTYPE)
            assert apart.reliability == pytest.approx(summary[f"reliability_{form}"], abs=PROTOTYPE)
        assert fixed_chi2(fit.measures[facet], fit.se_conditional[facet]).statistic == pytest.approx(summary["fixed_chi2"], abs=1e-8)
    np.testing.assert_allclose(fit.tau[0], reference["tau"], atol=PROTOTYPE)
    agreement = exact_agreement(found)
    counts = [x.sum() / 2 for x in (agreement.opportunities, agreement.exact, agreement.expected)]
    np.testing.assert_allclose(counts, list(reference["agreement"].values()), atol=PROTOTYPE)
    cells, theirs = interactions(found, 1, 0), pd.DataFrame(reference["bias_senior_x_junior"])
    for ours, name in (("observed", "obs"), ("expected", "exp"), ("bias", "bias"), ("se", "se"), ("t", "t")):
        np.testing.assert_allclose(getattr(cells, ours), theirs[name], atol=1e-8)


@pytest.mark.reference_data
@pytest.mark.skipif(not SHARED.is_dir(), reason="reference files are not here")
def test_mfrmr():
    reference = json.loads((REFERENCE / "guilford1954_mfrmr_jml.json").read_text(encoding="utf-8"))
    fit = joint_ml(creativity())
    np.testing.assert_allclose(fit.measures[0], [p["Estimate"] for p in reference["person"]], atol=MFRMR)
    for facet, name in ((1, "senior"), (2, "trait")):
        np.testing.assert_allclose(fit.measures[facet], [e["Estimate"] for e in reference["others"] if e["Facet"] == name], atol=MFRMR)
    np.testing.assert_allclose(fit.tau[0], [s["Estimate"] for s in reference["steps"]], atol=MFRMR)
    found = Residuals.of(fit.design, fit.measures, fit.psi, fit.active)
    for facet, name in enumerate(("Person", "senior", "trait")):
        theirs = [e for e in reference["fit"] if e["Facet"] == name]
        np.testing.assert_allclose(element_fit(found, facet).infit, [e["Infit"] for e in theirs], atol=MFRMR)
        np.testing.assert_allclose(element_fit(found, facet).outfit, [e["Outfit"] for e in theirs], atol=MFRMR)


@pytest.mark.reference_data
@pytest.mark.skipif(not SHARED.is_dir(), reason="reference files are not here")
def test_the_adjacent_category_golden():
    """Joint ML of 240 ratings (adjacent-category logit with fixed effects): every facet summing to zero, −τ free."""
    with (SHARED / "spec" / "goldens" / "mfrm.csv").open(encoding="utf-8", newline="") as file:
        rows = pd.DataFrame(csv.DictReader(file)).astype(float)
    codes = [rows[c].astype(int) - 1 for c in ("ratee", "rater", "dim")]
    fit = joint_ml(rasch_design(codes, [int(c.max()) + 1 for c in codes], rows["y"]))
    assert fit.loglik == pytest.approx(-250.7664, abs=FOUR_DECIMALS)
    np.testing.assert_allclose(-fit.measures[1], [0.95541, -0.02160, -0.57470, -0.35911], atol=PRINTED)
    np.testing.assert_allclose(-fit.measures[2], [0.32461, 0.15246, -0.47707], atol=PRINTED)
    assert fit.se[1][0] == pytest.approx(0.18897, abs=PRINTED)
    mean = fit.measures[0].mean()
    assert mean == pytest.approx(0.5054, abs=FOUR_DECIMALS)
    np.testing.assert_allclose(-fit.tau[0], [1.5403, 0.9701, -0.9849, -1.5254], atol=FOUR_DECIMALS)
    np.testing.assert_allclose(mean - fit.tau[0], [2.0457, 1.4755, -0.4795, -1.0200], atol=FOUR_DECIMALS)
