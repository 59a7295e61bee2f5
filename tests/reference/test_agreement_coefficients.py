"""Published agreement coefficients: Krippendorff 2011, Fleiss 1971, the vision data, and other programs' numbers on them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import krippendorff
import numpy as np
import pandas as pd
import pytest
from scipy import special

import rankkit as rk
from rankkit.agreement import cohen_kappa, fleiss_kappa, gwet_ac, krippendorff_alpha
from rankkit.kernels.reliability import nominal_agreement
from rankkit.kernels.reliability.agreement_weights import KINDS, weight_matrix
from rankkit.kernels.reliability.gwet_agreement import chance_corrected
from rankkit.kernels.reliability.krippendorff import disagreement

RATINGS = Path(__file__).resolve().parents[2].parent / "shared" / "reference" / "ratings"
FIVE_DECIMALS = 5.1e-6  # irrCAC prints five
IRR = 1e-9  # irr's file carries 13 digits
THREE_DECIMALS = 5.1e-4
PACKAGE = 1e-10  # the krippendorff package sums tables of coincidences
Z95 = 1.959964

# Women's unaided vision, right eye by left eye, four grades (Stuart 1953).
VISION = [[1520, 266, 124, 66], [234, 1512, 432, 78], [117, 362, 1772, 205], [36, 82, 179, 492]]

needs_files = [pytest.mark.reference_data, pytest.mark.skipif(not RATINGS.is_dir(), reason="reference files are not here")]


def canonical():
    return rk.datasets.load("krippendorff_canonical")


def read(name):
    return json.loads((RATINGS / name).read_text(encoding="utf-8"))


def long_form(name):
    with (RATINGS / name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return pd.DataFrame([(r, f"p{k:02d}", s) for k, row in enumerate(rows) for r, s in row.items()], columns=["rater", "ratee", "score"])


def test_krippendorff_2011():
    """irr and the paper: .743, .815, .849, .797; to ten digits .7434210526, .8153875038, .8491071429, .7974027747."""
    metrics = ("nominal", "ordinal", "interval", "ratio")
    found = [krippendorff_alpha(canonical(), m, bootstrap=0)["value"].item() for m in metrics]
    np.testing.assert_allclose(found, [0.7434210526316, 0.8153875037549, 0.8491071428571, 0.7974027747116], atol=IRR)


def test_gwet_and_fleiss_on_the_same_table():
    first = gwet_ac(canonical()).iloc[0]
    assert (first["value"], first["se"]) == pytest.approx((0.77544, 0.14295), abs=FIVE_DECIMALS)
    fleiss = fleiss_kappa(canonical()).set_index("coefficient")
    assert fleiss.loc[["Fleiss kappa", "Conger kappa"], "value"].tolist() == pytest.approx([0.76117, 0.76282], abs=FIVE_DECIMALS)
    assert fleiss.loc[["Fleiss kappa", "Conger kappa"], "se"].tolist() == pytest.approx([0.15302, 0.14917], abs=FIVE_DECIMALS)


def test_ordinal_weights_are_not_krippendorffs_ordinal_metric():
    """Toy: alpha with Gwet's "ordinal" weights, .83364, sold as Krippendorff's ordinal alpha, which is .81539."""
    data = canonical()
    cells = data.cells
    w = weight_matrix(np.arange(1, 6), "ordinal")
    shared = np.bincount(cells.ratee)[cells.ratee] > 1
    unit, code = np.unique(cells.ratee[shared], return_inverse=True)[1], cells.score[shared].astype(int) - 1
    counts = np.bincount(unit * 5 + code, minlength=55).reshape(-1, 5).astype(float)
    m, n = counts.sum(axis=1), counts.sum()
    apart = ((counts @ (1 - w)) * counts).sum(axis=1) / (m - 1)
    total = counts.sum(axis=0)
    toy = 1 - (n - 1) * apart.sum() / float(total @ (1 - w) @ total)
    assert toy == pytest.approx(0.83364, abs=FIVE_DECIMALS)
    assert krippendorff_alpha(data, "ordinal", bootstrap=0)["value"].item() == pytest.approx(0.81539, abs=FIVE_DECIMALS)


@pytest.mark.parametrize("metric", ["nominal", "ordinal", "interval", "ratio"])
def test_against_the_krippendorff_package(metric):
    rng = np.random.default_rng(6)
    for distinct in (False, True):
        y = rng.normal(size=(1, 40)) + rng.normal(size=(5, 40))
        y = np.exp(y) if distinct else np.clip(np.round(y + 3), 1, 6)
        y[rng.random(y.shape) < 0.4] = np.nan
        rater, unit = np.nonzero(~np.isnan(y))
        theirs = krippendorff.alpha(reliability_data=y, level_of_measurement=metric)
        assert disagreement(unit, y[rater, unit], metric).alpha().value == pytest.approx(theirs, abs=PACKAGE)


def test_vision_data():
    """kappa .5954 (.5811 to .6097), quadratic .7023; standard errors as statsmodels has them, .00729 and .00838."""
    plain = nominal_agreement.cohen_kappa(VISION)
    ends = (plain.value - Z95 * plain.se, plain.value + Z95 * plain.se)
    assert (float(plain.value), *map(float, ends)) == pytest.approx((0.5953888280894, 0.5811068623046, 0.6096707938742), abs=1e-8)
    squared = nominal_agreement.cohen_kappa(VISION, weight_matrix([1, 2, 3, 4], "quadratic"))
    assert float(squared.value) == pytest.approx(0.7023342524901, abs=IRR)
    assert float(squared.se) == pytest.approx(0.0083819366, abs=1e-9)


def test_a_standard_error_that_is_too_small_elsewhere():
    """An interval of ±.0103 is printed for the quadratic kappa of these data; resampling the table gives ±.0163, as we do."""
    w = weight_matrix([1, 2, 3, 4], "quadratic")
    p = np.array(VISION, dtype=float)
    rng = np.random.default_rng(1)
    draws = nominal_agreement.cohen_kappa(rng.multinomial(int(p.sum()), (p / p.sum()).ravel(), size=4000).reshape(-1, 4, 4), w)
    ours = float(nominal_agreement.cohen_kappa(VISION, w).se)
    assert float(draws.value.std()) == pytest.approx(ours, rel=0.04)  # Monte-Carlo se of a standard deviation: 1.1 %
    assert ours > 1.5 * (0.7126476791872 - 0.692020825793) / 2 / Z95


class TestFiles:
    pytestmark = needs_files

    @pytest.mark.parametrize("kind", KINDS)
    def test_every_weight_and_coefficient_of_irrcac(self, kind):
        theirs = read("krippendorff_canonical.json")["irrCAC_same_data"]["unweighted" if kind == "identity" else kind]
        cells = canonical().cells
        w = weight_matrix(np.arange(1, 6), kind)
        names = {"gwet": "AC", "fleiss": "fleiss", "conger": "conger", "brennan_prediger": "bp", "none": "pa"}
        for chance, name in names.items():
            found = chance_corrected(cells.ratee, cells.rater, cells.score.astype(int) - 1, w, chance)
            assert found.value == pytest.approx(theirs[name]["coeff.val"], abs=FIVE_DECIMALS)
            assert found.se == pytest.approx(theirs[name]["coeff.se"], abs=FIVE_DECIMALS)
            assert found.observed == pytest.approx(theirs[name]["pa"], abs=IRR)
            assert found.expected == pytest.approx(theirs[name]["pe"], abs=IRR)
            # from the printed se; p of the file is from more digits
            t = theirs[name]["coeff.val"] / theirs[name]["coeff.se"]
            assert found.p == pytest.approx(2 * special.stdtr(11, -t), rel=2e-3)

    def test_circular_and_bipolar_alpha(self):
        theirs = read("krippendorff_canonical.json")["irrCAC_same_data"]
        for metric in ("circular", "bipolar"):
            found = krippendorff_alpha(canonical(), metric, bootstrap=0)["value"].item()
            assert found == pytest.approx(theirs[metric]["kripp"]["coeff.val"], abs=FIVE_DECIMALS)

    def test_fleiss_1971_psychiatric_diagnoses(self):
        theirs = read("irr_classics.json")
        table = fleiss_kappa(long_form("irr_diagnoses.csv"))
        whole = table[table["category"] == ""].set_index("coefficient")
        assert whole.loc["Fleiss kappa", "value"] == pytest.approx(theirs["fleiss_diagnoses"]["kappa"], abs=IRR)
        assert whole.loc["Fleiss kappa", "value"] == pytest.approx(theirs["published_fleiss1971"], abs=THREE_DECIMALS)
        assert whole.loc["Fleiss kappa", "z"] == pytest.approx(theirs["fleiss_diagnoses"]["z"], abs=1e-8)
        assert whole.loc["Conger kappa", "value"] == pytest.approx(theirs["fleiss_diagnoses"]["exact_conger"], abs=IRR)
        assert whole.loc["Light kappa", "value"] == pytest.approx(theirs["fleiss_diagnoses"]["light"], abs=IRR)
        each = table[table["category"] != ""].set_index("category")
        for row in theirs["fleiss_diagnoses"]["detail"]:
            assert each.loc[row["_row"], "value"] == pytest.approx(row["Kappa"], abs=THREE_DECIMALS)
            assert each.loc[row["_row"], "z"] == pytest.approx(row["z"], abs=THREE_DECIMALS)

    def test_cohen_of_two_psychiatrists(self):
        theirs = read("irr_classics.json")["cohen_diag_2_3"]
        row = cohen_kappa(long_form("irr_diagnoses.csv"), raters=("rater2", "rater3")).iloc[0]
        assert row["value"] == pytest.approx(theirs["k"], abs=IRR)
        assert row["z"] == pytest.approx(theirs["z"], abs=1e-8)

    @pytest.mark.parametrize(("weights", "name"), [(None, "unweighted"), ("linear", "equal"), ("quadratic", "squared")])
    def test_weighted_kappas_of_anxiety(self, weights, name):
        theirs = read("irr_classics.json")["cohen_anxiety_1_2"][name]
        row = cohen_kappa(long_form("irr_anxiety.csv"), raters=("rater1", "rater2"), weights=weights).iloc[0]
        assert row["value"] == pytest.approx(theirs["k"], abs=IRR)
        assert row["z"] == pytest.approx(theirs["z"], abs=1e-8)
        assert row["p"] == pytest.approx(theirs["p"], abs=1e-8)
