"""Decision studies from a generalizability study."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import rankkit as rk
from rankkit.agreement import generalizability
from rankkit.errors import IdentificationError, SettingsError
from rankkit.kernels.components.decision_study import raters_needed
from tests.agreement.test_generalizability import simulated

EXACT = 1e-9


@pytest.fixture(scope="module")
def gleser():
    return generalizability(rk.datasets.load("gleser_symptom_ratings"))


@pytest.fixture(scope="module")
def panel():
    return generalizability(simulated(40, 5, 4, seed=1))


def test_project_by_hand(panel):
    v = panel.components["variance"]
    table = panel.project(raters=[1, 3, 10], dimensions=[4, 8])
    assert table[["raters", "dimensions"]].to_numpy().tolist() == [[1, 4], [1, 8], [3, 4], [3, 8], [10, 4], [10, 8]]
    for row in table.itertuples():
        error = v["ratee:rater"] / row.raters + v["ratee:dimension"] / row.dimensions + v["residual"] / (row.raters * row.dimensions)
        absolute = error + v["rater"] / row.raters + v["dimension"] / row.dimensions + v["rater:dimension"] / (row.raters * row.dimensions)
        assert row.relative == pytest.approx(v["ratee"] / (v["ratee"] + error), rel=EXACT)
        assert row.absolute == pytest.approx(v["ratee"] / (v["ratee"] + absolute), rel=EXACT)
        assert row.sem_relative == pytest.approx(np.sqrt(error))
        assert row.signal_noise_absolute == pytest.approx(v["ratee"] / absolute)
        assert row.relative_low <= row.relative <= row.relative_high
    assert (np.diff(table.loc[table["dimensions"] == 4, "relative"]) > 0).all()


def test_the_studys_own_numbers_give_its_coefficients(panel):
    own = panel.project(raters=5, dimensions=4).iloc[0]
    named = panel.coefficients.set_index("coefficient")
    assert own["relative"] == pytest.approx(named.loc["Eρ²", "value"])
    assert own["absolute"] == pytest.approx(named.loc["Φ", "value"])
    assert own["relative_low"] == pytest.approx(named.loc["Eρ²", "ci_low"])
    other = panel.project(raters=5, dimensions=4, same_raters=False).iloc[0]
    assert other["relative"] == pytest.approx(named.loc["Eρ², different raters", "value"])
    assert other["absolute"] == pytest.approx(own["absolute"])
    fixed = panel.project(raters=5, dimensions=4, fixed=("dimension",)).iloc[0]
    assert fixed["relative"] == pytest.approx(named.loc["Eρ², dimensions fixed", "value"])


def test_raters_needed_is_the_first_row_that_reaches_the_target(panel):
    for kind in ("relative", "absolute"):
        for same in (True, False):
            for fixed in ((), ("dimension",)):
                table = panel.project(range(1, 41), same_raters=same, fixed=fixed)
                for target in (0.5, 0.6, 0.7):
                    reached = table.loc[table[kind] >= target, "raters"]
                    found = panel.raters_needed(target, kind, same_raters=same, fixed=fixed)
                    assert found == (int(reached.iloc[0]) if len(reached) else None)


def test_raters_needed_of_two_facets_is_spearman_browns():
    study = generalizability(rk.datasets.load("shrout_fleiss"))
    single = study.coefficients.set_index("coefficient")["value"]
    assert study.raters_needed(0.9) == raters_needed(single["Eρ², one rater"], 0.9) == 4
    assert study.raters_needed(0.9, "absolute") == raters_needed(single["Φ, one rater"], 0.9) == 23


def test_what_raters_cannot_mend(gleser):
    assert gleser.raters_needed(0.95) is None  # six symptoms drawn from many are too few, whoever rates them
    assert gleser.raters_needed(0.95, dimensions=60) is not None


def test_fixed_facets_of_the_study_are_its_default():
    data = rk.datasets.load("gleser_symptom_ratings")
    random, fixed = generalizability(data), generalizability(data, fixed=("dimension",))
    assert fixed.coefficients["value"][0] == pytest.approx(
        random.coefficients.set_index("coefficient").loc["Eρ², dimensions fixed", "value"]
    )
    assert "dimensions fixed" not in " ".join(fixed.coefficients["coefficient"])
    assert "for exactly these dimensions" in fixed.coefficients["assumes"][0]
    assert fixed.project(2)["relative"][0] == pytest.approx(fixed.coefficients["value"][0])
    assert generalizability(data, fixed="dimension").fixed == ("dimension",)


def test_other_designs_of_the_decision_study(panel):
    nested = panel.project(3, dimensions=4, design="(rater:ratee) x dimension").iloc[0]
    assert nested["relative"] == pytest.approx(panel.project(3, dimensions=4, same_raters=False)["relative"][0])
    own = generalizability(simulated(20, 3, 2, seed=5).assign(rater=lambda d: d["ratee"] + d["rater"]))
    with pytest.raises(IdentificationError):
        own.project(3, design="ratee x rater x dimension")


def test_occasions_can_be_projected():
    data = simulated(20, 3, 4, seed=2).rename(columns={"dimension": "occasion"})
    study = generalizability(data, "p x r x o")
    table = study.project([2], conditions={"occasion": [1, 4]})
    assert table["occasions"].tolist() == [1, 4]
    assert table["relative"][1] > table["relative"][0]


@pytest.mark.parametrize(
    "options",
    [{"raters": 0}, {"raters": []}, {"dimensions": [-1]}, {"conditions": {"item": 3}}, {"fixed": ("item",)}, {"raters": float("nan")}],
)
def test_impossible_numbers(panel, options):
    with pytest.raises(SettingsError):
        panel.project(**options)


def test_impossible_targets(panel):
    for target, kind in ((0.0, "relative"), (1.0, "relative"), (0.8, "best")):
        with pytest.raises(SettingsError):
            panel.raters_needed(target, kind)


def test_dependability_at_a_cut(panel):
    phi = panel.coefficients.set_index("coefficient").loc["Φ", "value"]
    assert panel.dependability(panel.mean) == pytest.approx(phi)
    assert panel.dependability(panel.mean + 3) > panel.dependability(panel.mean + 1) > phi
    assert panel.dependability(panel.mean + 1, raters=20) > panel.dependability(panel.mean + 1)


def test_partly_shared_raters_lie_between_same_and_different():
    gap = simulated(60, 8, 1, seed=3).drop(columns="dimension")
    keep = np.random.default_rng(0).permuted(np.tile(np.arange(8), (60, 1)), axis=1)[:, :3]
    chosen = {(f"p{p:02d}", f"r{r}") for p in range(60) for r in keep[p]}
    study = generalizability(gap[[pair in chosen for pair in zip(gap["ratee"], gap["rater"], strict=True)]])
    assert study.conditions["rater"] == pytest.approx(3)
    named = study.coefficients.set_index("coefficient")["value"]
    same = study.project(3)["relative"][0]
    assert named["Eρ², different raters"] < named["G(q,k)"] < same
    assert 0 < study.q < 1 / 3


def test_intervals_hold_their_estimate_where_components_are_negative():
    """A checkerboard makes interactions strongly negative: the interval of a coefficient of .65 was .92 to 1."""
    rng = np.random.default_rng(2)
    y = np.round(3 + rng.normal(size=(8, 1, 1)) + 0.6 * rng.normal(size=(1, 4, 1)) + rng.normal(size=(8, 4, 3)))
    at = np.indices(y.shape)
    names = {"ratee": at[0], "rater": at[1], "dimension": at[2]}
    data = pd.DataFrame({k: [f"{k}{c}" for c in v.ravel()] for k, v in names.items()} | {"score": (y + 5 * (at.sum(axis=0) % 2)).ravel()})
    found = generalizability(data).coefficients
    assert (found["ci_low"] <= found["value"]).all()
    assert (found["value"] <= found["ci_high"]).all()
