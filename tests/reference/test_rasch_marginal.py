"""Guilford's (1954) creativity ratings: deviance by plain integration, persons by another program."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

import rankkit as rk
from rankkit.kernels.rasch.rasch_design import rasch_design
from rankkit.kernels.rasch.rasch_marginal import fit
from tests.oracles_rasch_marginal import Oracle

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
DEVIANCE = 1e-6  # both integrations are exact to this
PLAIN = 350.857664  # maximised by a general optimiser over 401 nodes from −4 to 4
PROGRAM = 0.015  # logits: the other program cuts each rater × trait at the highest rating seen there, and has its own grid
DIGITS = 1e-5


@pytest.fixture(scope="module")
def creativity():
    frame = rk.datasets.load("guilford_creativity").frame
    codes = [np.unique(frame[column].astype(str), return_inverse=True)[1] for column in ("ratee", "rater", "dimension")]
    return codes, frame["score"].to_numpy().astype(int)


def test_deviance_is_that_of_plain_integration(creativity):
    codes, score = creativity
    for dependence, theta in (("none", np.linspace(-4, 4, 321)), ("auto", np.linspace(-5, 5, 101))):
        found = fit(rasch_design(codes, [7, 3, 5], score), dependence=dependence)
        p = {"beta": found.measures[1], "delta": found.measures[2], "psi": found.psi, "mu": found.mu, "sigma": found.sigma}
        oracle = Oracle(*codes, score - 1, 8, theta=theta, n_z=45)
        assert found.deviance == pytest.approx(-2 * oracle.loglik({**p, "omega": found.omega}), abs=DEVIANCE)


def test_published_size_of_the_dependence(creativity):
    codes, score = creativity
    plain = fit(rasch_design(codes, [7, 3, 5], score), dependence="none")
    assert plain.deviance == pytest.approx(PLAIN, abs=DIGITS)
    found = fit(rasch_design(codes, [7, 3, 5], score))
    lrt, p = found.dependence_test
    assert lrt == pytest.approx(plain.deviance - found.deviance, abs=DIGITS)
    assert p < 1e-4  # the five traits one senior rates are far from independent given the junior
    assert found.se[0].min() > 2 * plain.se[0].max()
    assert np.argsort(found.measures[1]).tolist() == np.argsort(plain.measures[1]).tolist()  # Cavendish, Avogadro, Brahe


@pytest.mark.reference_data
@pytest.mark.skipif(not SHARED.is_dir(), reason="reference files are not here")
def test_persons_as_tam_has_them(creativity):
    """TAM 4.3.25, marginal maximum likelihood without the ratee × rater term, mean of θ at zero."""
    path = SHARED / "reference" / "ratings" / "mfrm_guilford_MML_tam_persons.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    codes, score = creativity
    found = fit(rasch_design(codes, [7, 3, 5], score), dependence="none")
    assert [int(r["score"]) for r in rows] == np.bincount(codes[0], score - 1).astype(int).tolist()
    assert found.eap - found.mu == pytest.approx([float(r["EAP"]) for r in rows], abs=PROGRAM)
    assert found.measures[0] - found.mu == pytest.approx([float(r["WLE"]) for r in rows], abs=PROGRAM)
    assert found.se_conditional[0] == pytest.approx([float(r["WLE_se"]) for r in rows], abs=2 * PROGRAM)
