"""Brennan (2001), Generalizability Theory: synthetic data sets 1 to 3 and the one with gaps; Rajaratnam's composite.

The data stand outside the repository; the published figures are in their reference file too.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from rankkit.kernels.components.analogous_anova import analogous_anova
from rankkit.kernels.components.balanced_designs import analyse, arranged
from rankkit.kernels.components.component_intervals import exact_ratio_interval
from rankkit.kernels.components.composite_generalizability import independent_parts
from rankkit.kernels.components.decision_study import decide, shares
from rankkit.kernels.components.design_notation import parse

RATINGS = Path(__file__).resolve().parents[2].parent / "shared" / "reference" / "ratings"
GOLDENS = RATINGS.parents[1] / "spec" / "goldens"
pytestmark = [pytest.mark.reference_data, pytest.mark.skipif(not RATINGS.is_dir(), reason="reference files are not here")]

FOUR_DECIMALS = 5.1e-5
THREE_DECIMALS = 5.1e-4
TWO_DECIMALS = 5.1e-3


def read(name, score, *facets):
    with (RATINGS / name).open(encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r[score] not in ("", "NA", "nan")]
    codes = np.stack([np.unique([r[f] for r in rows], return_inverse=True)[1] for f in facets])
    return np.array([float(r[score]) for r in rows]), codes


def published(name):
    return json.loads((RATINGS / "brennan_published.json").read_text(encoding="utf-8"))[name]


CASES = {
    "design1": ("brennan_design1.csv", "p x i", ("person", "item"), {"i": 12}),
    "design2": ("brennan_design2.csv", "i:p", ("item", "person"), {"i": 8}),
    "design3": ("brennan_design3.csv", "p x i x o", ("person", "i", "o"), {"i": 4, "o": 2}),
    "design1_missing": ("brennan_design1_missing.csv", "p x i", ("p", "i"), None),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("how", ["anova", "henderson"])
def test_components_and_coefficients(name, how):
    file, text, columns, numbers = CASES[name]
    design, (y, codes) = parse(text), read(file, "Response", *columns)
    table = published(name)
    if how == "anova":
        whole = arranged(y, codes, design)
        if name.endswith("missing"):
            assert whole is None
            return
        sigma = analyse(whole, design).raw
    else:
        found = analogous_anova(y, codes, design)
        sums = dict(zip(found.names, found.sums, strict=True)) | {"mean": found.mean_sum}
        order = [*found.sums, *([found.mean_sum] if "mean" in table["T"] else [])]
        np.testing.assert_allclose(order, list(table["T"].values()), atol=FOUR_DECIMALS)
        assert len(sums) == len(found.names) + 1
        sigma = found.raw
    np.testing.assert_allclose(sigma, list(table["var"].values()), atol=FOUR_DECIMALS)
    if numbers is None:  # harmonic mean of the items a person answered
        person = codes[design.position("p")]
        numbers = {"i": 1 / (1 / np.bincount(person)).mean()}
    decision = decide(np.round(np.maximum(sigma, 0), 4), shares(design, numbers, objects="p"))  # printed components, as printed
    printed = FOUR_DECIMALS if name == "design1_missing" else (THREE_DECIMALS if name == "design1" else TWO_DECIMALS)
    assert float(decision.erho2) == pytest.approx(next(iter(table["Erho2"].values())), abs=printed)
    assert float(decision.phi) == pytest.approx(next(iter(table["Phi"].values())), abs=printed)


@pytest.mark.parametrize("items", [5, 10, 15, 20])
def test_decision_studies(items):
    file, text, columns, _ = CASES["design1"]
    design, (y, codes) = parse(text), read(file, "Response", *columns)
    found = decide(analyse(arranged(y, codes, design), design).raw, shares(design, {"i": items}))
    row = published("design1")["dstudy"][f"person: 10, item: {items}"]
    assert float(found.erho2) == pytest.approx(row["rho^2"][0], abs=2 * THREE_DECIMALS)
    assert float(found.phi) == pytest.approx(row["phi^2"][0], abs=2 * THREE_DECIMALS)
    # the printed coefficients are ratios of variances already rounded to four decimals
    universe, relative, absolute = (round(float(v), 4) for v in (found.universe, found.relative, found.absolute))
    assert universe / (universe + relative) == pytest.approx(row["rho^2"][0], abs=THREE_DECIMALS)
    assert universe / (universe + absolute) == pytest.approx(row["phi^2"][0], abs=THREE_DECIMALS)


def test_the_interval_of_a_crossed_coefficient_is_feldts():
    file, text, columns, _ = CASES["design1"]
    design, (y, codes) = parse(text), read(file, "Response", *columns)
    found = analyse(arranged(y, codes, design), design)
    part = shares(design, {"i": 12})
    low, high = exact_ratio_interval(found, part.universe, part.relative)
    assert low < 0.844 < high


def test_halo_golden():
    """Golden 9 with correction 43."""
    with (GOLDENS / "halo3way.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    codes = np.stack([np.unique([r[f] for r in rows], return_inverse=True)[1] for f in ("ratee", "rater", "dim")])
    design = parse("ratee x rater x dim")
    y = arranged(np.array([float(r["y"]) for r in rows]), codes, design)
    expected = [0.592594, 0.289808, 0.019572, 0.292617, 0.108985, 0.051246, 0.235880]
    np.testing.assert_allclose(analyse(y, design).raw, expected, atol=5.1e-7)


def test_rajaratnams_composite_of_three_subtests():
    """Eρ² .9402 and Φ .9058, equal weights."""
    with (RATINGS / "gtheory_Rajaratnam_2.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    parts = []
    for subtest in sorted({r["Subtest"] for r in rows}):
        mine = [r for r in rows if r["Subtest"] == subtest]
        codes = np.stack([np.unique([r[f] for r in mine], return_inverse=True)[1] for f in ("Person", "Item")])
        parts.append(arranged(np.array([float(r["Score"]) for r in mine]), codes, parse("p x i")))
    found = independent_parts(parts, np.full(3, 1 / 3))
    assert found.erho2 == pytest.approx(0.9402, abs=FOUR_DECIMALS)
    assert found.phi == pytest.approx(0.9058, abs=FOUR_DECIMALS)
