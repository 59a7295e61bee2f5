"""Variance kernels against independent software and published tables (reference files kept outside the repository)."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from rankkit.kernels.components.crossed_reml import fit
from rankkit.kernels.components.variance_components import method_one, one_way, three_way, two_way
from rankkit.kernels.reliability.internal_consistency import cronbach_alpha, feldt_interval
from rankkit.kernels.reliability.intraclass import intraclass, intraclass_from_components

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
RATINGS = SHARED / "reference" / "ratings"
GOLDENS = SHARED / "spec" / "goldens"
pytestmark = [
    pytest.mark.reference_data,
    pytest.mark.skipif(not SHARED.is_dir(), reason="reference files are not here"),
]

PSYCH = 1e-8  # psych's file carries 13 digits
LME4 = 1e-5  # relative; lme4's own optimiser stops near 1e-6
CRITERION = 1e-5  # REML criterion, absolute
SIX_DECIMALS = 5.1e-7
FOUR_DECIMALS = 5.1e-5
THREE_DECIMALS = 5.1e-4


def columns(path):
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([r[name] for r in rows]) for name in rows[0]}


def coded(values):
    return np.unique(values, return_inverse=True)[1]


def table(path, score, *facets):
    data = columns(path)
    codes = [coded(data[f]) for f in facets]
    out = np.full([c.max() + 1 for c in codes], np.nan)
    out[tuple(codes)] = data[score].astype(float)
    return out


def judges():
    with (RATINGS / "shrout_fleiss_1979.csv").open(encoding="utf-8") as file:
        rows = list(csv.reader(file))
    cells = np.array([[float(v) for v in r if v.replace(".", "", 1).isdigit()] for r in rows[1:]])
    return cells[:, -4:]


def reference(name):
    return json.loads((RATINGS / name).read_text(encoding="utf-8"))


def test_shrout_fleiss_as_psych_has_it():
    theirs = reference("shrout_fleiss_1979.json")["psych"]
    found = intraclass(judges())
    for ours, key in (("estimate", "ICC"), ("f", "F"), ("p", "p"), ("low", "lower bound"), ("high", "upper bound")):
        np.testing.assert_allclose(getattr(found, ours), [row[key] for row in theirs], atol=PSYCH)
    assert found.df2.tolist() == [18, 15, 15, 18, 15, 15]


def test_shrout_fleiss_with_a_gap_as_psych_has_it_through_lme4():
    y = judges()
    row, col = np.indices(y.shape).reshape(2, -1)
    keep = ~((row == 1) & (col == 2))
    fitted = fit(y.ravel()[keep], row[keep], col[keep], 6, 4)
    theirs = reference("shrout_fleiss_missing_lmer.json")
    np.testing.assert_allclose(fitted.variances, [v["variance"] for v in theirs["vc"][:3]], rtol=LME4)
    found = intraclass_from_components(fitted.variances, fitted.variance_unrestricted, n_raters=4, n=6)
    np.testing.assert_allclose(found.estimate, [r["ICC"] for r in theirs["psych_lmer"]], atol=1e-6)


def test_crossed_ratings_golden():
    data = columns(GOLDENS / "crossed_ratings.csv")
    row, col, y = coded(data["ratee"]), coded(data["rater"]), data["y"].astype(float)
    found = fit(y, row, col, row.max() + 1, col.max() + 1)
    np.testing.assert_allclose(found.variances, [0.342880, 0.180104, 0.502696], atol=1.1e-6)
    assert found.mu == pytest.approx(3.038444, abs=SIX_DECIMALS)
    assert found.deviance == pytest.approx(3091.294, abs=THREE_DECIMALS)


def test_halo_golden():
    """Correction C43: exact analysis-of-variance values."""
    found = three_way(table(GOLDENS / "halo3way.csv", "y", "ratee", "rater", "dim"))
    published = [0.592594, 0.289808, 0.019572, 0.292617, 0.108985, 0.051246, 0.235880]
    np.testing.assert_allclose(found.raw, published, atol=SIX_DECIMALS)


def test_dyestuff_as_lme4_has_it():
    data = columns(RATINGS / "lme4_Dyestuff.csv")
    y, batch = data["Yield"].astype(float), coded(data["Batch"])
    found = fit(y, batch, np.zeros(len(y), int), batch.max() + 1, 1)
    theirs = reference("lme4_Dyestuff.json")["Dyestuff"]
    assert found.deviance == pytest.approx(theirs["REML"], abs=CRITERION)
    assert found.row == pytest.approx(theirs["var"]["Batch"], rel=LME4)
    assert found.residual == pytest.approx(theirs["var"]["Residual"], rel=LME4)
    assert np.sqrt(found.mu_variance) == pytest.approx(theirs["se_mu"], rel=LME4)
    assert found.identified.tolist() == [True, False, True]
    np.testing.assert_allclose(one_way(y, batch, 6).raw, found.variances[[0, 2]], rtol=LME4)


def test_brennan_crossed():
    found = two_way(table(RATINGS / "brennan_design1.csv", "Response", "person", "item"))
    published = reference("brennan_published.json")["design1"]["var"]
    np.testing.assert_allclose(found.raw, list(published.values()), atol=FOUR_DECIMALS)


def test_brennan_crossed_with_gaps():
    data = columns(RATINGS / "brennan_design1_missing.csv")
    seen = np.array([v not in {"", "NA", "nan"} for v in data["Response"]])
    row, col = coded(data["p"])[seen], coded(data["i"])[seen]
    y = data["Response"][seen].astype(float)
    z = y - y.mean()
    counts = sparse.csr_array((np.ones(len(y)), (row, col)))
    found = method_one(counts, np.bincount(row, z), np.bincount(col, z), z @ z)
    published = reference("brennan_published.json")["design1_missing"]["var"]
    np.testing.assert_allclose(found, list(published.values()), atol=FOUR_DECIMALS)


def test_brennan_nested():
    data = columns(RATINGS / "brennan_design2.csv")
    person = coded(data["person"])
    found = one_way(data["Response"].astype(float), person, person.max() + 1)
    published = reference("brennan_published.json")["design2"]["var"]
    np.testing.assert_allclose(found.raw, list(published.values()), atol=FOUR_DECIMALS)


def test_brennan_three_way():
    found = three_way(table(RATINGS / "brennan_design3.csv", "Response", "person", "i", "o"))
    published = reference("brennan_published.json")["design3"]["var"]
    np.testing.assert_allclose(found.raw, list(published.values()), atol=FOUR_DECIMALS)


@pytest.mark.parametrize(("name", "n", "k"), [("bfi_A", 2800, 5), ("lq2002", 2042, 11)])
def test_feldt_interval_as_psych_has_it(name, n, k):
    theirs = reference("alpha_omega.json")
    low, high = feldt_interval(theirs[name][0]["raw_alpha"], n, k)
    assert low == pytest.approx(theirs[name + "_feldt"]["lower.ci"][0]["raw_alpha"], abs=PSYCH)
    assert high == pytest.approx(theirs[name + "_feldt"]["upper.ci"][0]["raw_alpha"], abs=PSYCH)


def test_judge_ratings_are_nearly_one_factor():
    x = table(SHARED / "data" / "us_judge_ratings" / "data.csv", "mean_rating", "judge_id", "dimension")
    found = cronbach_alpha(x)
    assert (found.n, found.k) == (43, 11)
    assert found.alpha == pytest.approx(0.9900209, abs=5.1e-8)
    assert found.mean_correlation == pytest.approx(0.912147, abs=SIX_DECIMALS)
    printed = [10.1334, 0.4246, 0.2553, 0.0913, 0.0373, 0.0198, 0.0185, 0.0083, 0.0061, 0.0034, 0.0021]
    np.testing.assert_allclose(found.eigenvalues, printed, atol=FOUR_DECIMALS)
