"""Mixed models against lme4 1.1-31 (R 4.2.2, bobyqa, rhoend 1e-9), statsmodels, and the printed golden values."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from rankkit.kernels.components import mixed_blups, mixed_intervals, mixed_reml, mixed_slopes
from rankkit.kernels.components.mixed_design import cross

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
pytestmark = [
    pytest.mark.reference_data,
    pytest.mark.skipif(not SHARED.is_dir(), reason="reference files are not here"),
]
GOLDENS = SHARED / "spec" / "goldens"
RATINGS = SHARED / "reference" / "ratings"
PRINTED = 5.1e-7  # golden 8 is printed to six decimals
CRITERION = 1e-5  # lme4 stops when its derivative-free search has shrunk to 1e-9 of the ratios
LME4 = 1e-5  # relative: bar 10
STATSMODELS = 1e-3  # relative: its BFGS stops early


def columns(path):
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def coded(values):
    found, codes = np.unique(values.astype(int) if np.char.isnumeric(values).all() else values, return_inverse=True)
    return codes, len(found)


@pytest.fixture(scope="module")
def halo():
    """Golden 9's table with every eighth rating taken out: 524 ratings, 25 ratees, 6 raters, 4 dimensions."""
    data = columns(GOLDENS / "halo3way.csv")
    i, r, d = (coded(data[name])[0] for name in ("ratee", "rater", "dim"))
    kept = (7 * i + 3 * r + 5 * d) % 8 != 0
    assert kept.sum() == 524
    return data["y"].astype(float)[kept], i[kept], r[kept], d[kept]


def close(found, deviance, variances):
    assert found.deviance == pytest.approx(deviance, abs=CRITERION)
    np.testing.assert_allclose(found.variances, variances, rtol=LME4 * 2)


def test_golden_8():
    data = columns(GOLDENS / "crossed_ratings.csv")
    found = mixed_reml.fit(data["y"].astype(float), [coded(data["ratee"]), coded(data["rater"])])
    np.testing.assert_allclose(found.variances, [0.342880, 0.180104, 0.502696], atol=PRINTED)
    assert found.fixed[0] == pytest.approx(3.038444, abs=PRINTED)
    assert found.deviance == pytest.approx(3091.294, abs=5e-4)


def test_dyestuff():
    data = columns(RATINGS / "lme4_Dyestuff.csv")
    found = mixed_reml.fit(data["Yield"].astype(float), [coded(data["Batch"])])
    assert found.deviance == pytest.approx(319.6543, abs=5e-5)


def test_six_crossed_effects(halo):
    y, i, r, d = halo
    effects = [(i, 25), (r, 6), (d, 4), cross(i, r), cross(i, d), cross(r, d)]
    found = mixed_reml.fit(y, effects)
    close(found, 1187.70353747, [0.5984316099, 0.2862010806, 0.0157707218, 0.3115470257, 0.1046418862, 0.0465082143, 0.2412243473])
    assert found.fixed[0] == pytest.approx(3.09110408, rel=LME4)
    assert np.sqrt(found.fixed_covariance[0, 0]) == pytest.approx(0.284801233, rel=LME4)


def test_dimensions_fixed(halo):
    y, i, r, d = halo
    found = mixed_reml.fit(y, [(i, 25), (r, 6), cross(i, r), cross(i, d), cross(r, d)], (d[:, None] == np.arange(4)).astype(float))
    close(found, 1188.3600524, [0.5983915807, 0.2861036107, 0.3119316381, 0.1046905532, 0.0465366652, 0.2411153695])
    np.testing.assert_allclose(found.fixed, [2.86074058, 3.10448901, 3.12176416, 3.27742791], rtol=LME4)
    np.testing.assert_allclose(np.sqrt(np.diag(found.fixed_covariance)), [0.295901355, 0.295901562, 0.295901624, 0.295901403], rtol=LME4)


def slope(halo):
    y, i, r, d = halo
    t = d - 1.5 + 0.1 * (i % 3)
    return y, [(i, 25), (r, 6), (r, 6, t)], np.c_[np.ones(len(y)), t]


def test_random_slopes_of_raters(halo):
    found = mixed_reml.fit(*slope(halo))
    close(found, 1325.58859543, [0.67113328679, 0.30511861193, 0.00960464397, 0.59673571530])
    np.testing.assert_allclose(found.fixed, [3.074526791, 0.121220268], rtol=LME4)


def test_slopes_correlated_with_severity(halo):
    y, effects, x = slope(halo)
    found = mixed_slopes.correlated_slope(y, effects, 1, 2, x)
    assert found.deviance == pytest.approx(1324.84122238, abs=CRITERION)
    expected = [[0.30305778977, 0.02551324997], [0.02551324997, 0.00949708304]]
    np.testing.assert_allclose(found.covariance, expected, rtol=1e-4)


def test_raters_nested_in_teams_with_a_component_at_zero(halo):
    y, i, r, _ = halo
    team = i // 10
    found = mixed_reml.fit(y, [(team, 3), cross(team, r), (i, 25)])
    close(found, 1352.30286094, [0.0, 0.330314954, 0.676993727, 0.611597309])
    assert found.at_boundary.tolist() == [True, False, False, False]
    assert mixed_intervals.intervals(found).low[0] == 0


def test_statsmodels_agrees_on_two_nested_effects(halo):
    """Ratee, and ratee × rater within ratee, with fixed dimensions: a model its groups can express."""
    mixedlm = pytest.importorskip("statsmodels.regression.mixed_linear_model")
    y, i, r, d = halo
    pair, n = cross(i, r)
    x = (d[:, None] == np.arange(4)).astype(float)
    groups = {g: np.flatnonzero(i == g) for g in range(25)}
    parts = {g: [(pair[rows][:, None] == np.unique(pair[rows])).astype(float)] for g, rows in groups.items()}
    names = {g: [[f"p{k}" for k in np.unique(pair[rows])]] for g, rows in groups.items()}
    spec = mixedlm.VCSpec(["pair"], [[names[g][0] for g in range(25)]], [[parts[g][0] for g in range(25)]])
    order = np.concatenate([groups[g] for g in range(25)])
    theirs = mixedlm.MixedLM(y[order], x[order], groups=i[order], exog_re=np.ones((len(y), 1)), exog_vc=spec).fit(reml=True)
    found = mixed_reml.fit(y, [(i, 25), (pair, n)], x)
    np.testing.assert_allclose(found.variances, [float(theirs.cov_re[0, 0]), theirs.vcomp[0], theirs.scale], rtol=STATSMODELS)
    np.testing.assert_allclose(found.fixed, theirs.fe_params, rtol=STATSMODELS)
    kenward = mixed_blups.fixed_inference(found, method="satterthwaite")
    np.testing.assert_allclose(kenward.se, theirs.bse_fe, rtol=STATSMODELS)
