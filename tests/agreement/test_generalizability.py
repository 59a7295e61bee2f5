"""Generalizability studies through the public function: published figures, designs found, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import rankkit as rk
from rankkit.agreement import generalizability
from rankkit.errors import IdentificationError, InsufficientDataError, RatingsError, SettingsError

FIVE_DECIMALS = 5.1e-6
EXACT = 1e-9
REML_STOPS = 1e-6  # relative; Newton's last step
GLESER = {  # Gleser, Cronbach & Rajaratnam (1965), table 3
    "ratee": 0.41869, "dimension": 0.46717, "rater": -0.01414, "ratee:dimension": 0.42727,
    "ratee:rater": 0.19192, "rater:dimension": 0.02045, "residual": 0.62121,
}  # fmt: skip


def simulated(n=30, m=4, d=3, seed=0, sd=(1.0, 0.5, 0.4, 0.6, 0.3, 0.2, 0.5)):
    rng = np.random.default_rng(seed)
    i, r, k = np.indices((n, m, d)).reshape(3, -1)
    y = sd[0] * rng.normal(size=n)[i] + sd[1] * rng.normal(size=m)[r] + sd[2] * rng.normal(size=d)[k]
    y = y + sd[3] * rng.normal(size=(n, m))[i, r] + sd[4] * rng.normal(size=(n, d))[i, k] + sd[5] * rng.normal(size=(m, d))[r, k]
    names = {"ratee": [f"p{v:02d}" for v in i], "rater": [f"r{v}" for v in r], "dimension": [f"d{v}" for v in k]}
    return pd.DataFrame({**names, "score": y + sd[6] * rng.normal(size=len(i))})


def test_gleser():
    study = generalizability(rk.datasets.load("gleser_symptom_ratings"))
    assert study.design == "ratee x rater x dimension"
    assert study.method == "anova"
    for facet, value in GLESER.items():
        assert study.components.loc[facet, "as_estimated"] == pytest.approx(value, abs=FIVE_DECIMALS)
    assert study.components.loc["rater", "variance"] == 0
    assert study.components["share"].sum() == pytest.approx(1)
    assert [n.code for n in study.notes] == ["I-NEGVAR"]
    assert "-0.0141" in study.messages["text"][0]


def test_shrout_fleiss_components_and_coefficients_are_the_intraclass_correlations():
    """Golden 7: ratee 2.555563, rater 5.244451, residual 1.019443."""
    data = rk.datasets.load("shrout_fleiss")
    study = generalizability(data)
    np.testing.assert_allclose(study.components["variance"], [2.555556, 5.244444, 1.019444], atol=1e-6)
    icc = rk.agreement.icc(data).set_index("coefficient")
    ours = study.coefficients.set_index("coefficient")
    for name, form in (("Eρ²", "ICC(C,k)"), ("Φ", "ICC(A,k)"), ("Eρ², one rater", "ICC(C,1)"), ("Φ, one rater", "ICC(A,1)")):
        assert ours.loc[name, "value"] == pytest.approx(icc.loc[form, "value"], rel=EXACT)
    for name, form in (("Eρ²", "ICC(C,k)"), ("Eρ², one rater", "ICC(C,1)")):
        if name == "Eρ²":
            assert ours.loc[name, "ci_low"] == pytest.approx(icc.loc[form, "ci_low"], rel=EXACT)
    assert ours.loc["Eρ², different raters", "value"] == pytest.approx(ours.loc["Φ", "value"])
    assert (study.coefficients["assumes"].str.len() > 20).all()


@pytest.mark.parametrize("method", ["reml", "henderson"])
def test_methods_agree_on_complete_tables_without_negative_components(method):
    data = simulated(40, 5, 4, seed=1)
    one, two = generalizability(data), generalizability(data, method=method)
    assert (one.components["as_estimated"] > 0).all()
    np.testing.assert_allclose(two.components["variance"], one.components["variance"], rtol=REML_STOPS * 100, atol=1e-7)
    ends = ["ci_low", "ci_high"]
    near = np.array([0, 3, 4, 6])  # with many degrees of freedom the kinds of interval are close
    np.testing.assert_allclose(two.components[ends].to_numpy()[near], one.components[ends].to_numpy()[near], rtol=0.12)


def test_gaps_are_filled_by_no_one():
    data = simulated(40, 5, 4, seed=2)
    gap = data.sample(frac=0.6, random_state=3)
    study = generalizability(gap)
    assert study.method == "reml"
    whole = generalizability(data)
    low, high = study.components["ci_low"], study.components["ci_high"]
    assert ((low <= whole.components["variance"]) & (whole.components["variance"] <= high)).all()
    assert study.coefficients["coefficient"][0] == "G(q,k)"
    assert study.conditions["rater"] < 5
    profile = generalizability(gap, "p x r", intervals="profile")
    quick = generalizability(gap, "p x r")
    np.testing.assert_allclose(profile.components["variance"], quick.components["variance"], rtol=1e-4)


def test_row_order_labels_and_the_order_of_facets_decide_nothing():
    data = simulated(15, 4, 3, seed=4)
    gap = data.sample(frac=0.8, random_state=1)
    for table in (data, gap):
        one = generalizability(table)
        other = table.sample(frac=1, random_state=2).assign(
            ratee=table["ratee"].map(lambda p: "z" + p[::-1]), rater=table["rater"].map(lambda r: f"q{9 - int(r[1:])}")
        )
        two = generalizability(other, "d x r x p")
        assert two.design == one.design
        pd.testing.assert_frame_equal(two.components, one.components, rtol=1e-6)
        pd.testing.assert_frame_equal(two.coefficients, one.coefficients, rtol=1e-6)


def test_raters_of_ones_own_are_nested():
    data = simulated(20, 3, 2, seed=5)
    data["rater"] = data["ratee"] + data["rater"]
    study = generalizability(data)
    assert study.design == "(rater:ratee) x dimension"
    assert study.components.index.tolist() == ["ratee", "dimension", "ratee:rater", "ratee:dimension", "residual"]
    assert "raters of each person's own" in study.coefficients["assumes"][0]
    assert study.q is None
    pair = generalizability(data[data["dimension"] == "d0"])
    assert pair.design == "rater:ratee"
    icc = rk.agreement.icc(simulated(20, 3, 2, seed=5).query("dimension == 'd0'")).set_index("coefficient")
    first = pair.coefficients.iloc[0]
    assert first["value"] == pytest.approx(icc.loc["ICC(1,k)", "value"], rel=EXACT)
    assert first["ci_high"] == pytest.approx(icc.loc["ICC(1,k)", "ci_high"], rel=EXACT)


def test_nested_managers_are_refused_in_the_words_of_the_audit():
    """Twenty teams, one manager each: leniency or a strong team?"""
    data = pd.DataFrame({"rater": np.repeat([f"m{k}" for k in range(5)], 8), "ratee": [f"p{k}" for k in range(40)]})
    data["score"] = np.random.default_rng(6).normal(size=40)
    for design in (None, "p x r", "ratee x rater"):
        with pytest.raises(IdentificationError) as caught:
            generalizability(data, design)
        assert caught.value.code == "I-NESTED"
    two = pd.concat([data.assign(dimension="a"), data.assign(dimension="b", score=data["score"] + 0.1 * np.arange(40))])
    with pytest.raises(IdentificationError):
        generalizability(two)
    asked = generalizability(two, "(p:r) x d")  # asked for by name: teams with their managers' leniency, said so
    assert asked.components.index.tolist() == ["rater", "dimension", "ratee:rater", "rater:dimension", "residual"]
    assert "I-NESTED" in [n.code for n in asked.notes]


def test_one_rater_for_everyone():
    data = simulated(10, 1, 3)
    with pytest.raises(IdentificationError) as caught:
        generalizability(data)
    assert caught.value.code == "I-ONERATER"
    over_dimensions = generalizability(data, "p x d")
    assert over_dimensions.components.index.tolist() == ["ratee", "dimension", "residual"]
    with pytest.raises(SettingsError):
        over_dimensions.raters_needed()


def test_raters_of_ones_own_cannot_be_crossed():
    data = simulated(10, 3, 1, seed=11)
    data["rater"] = data["ratee"] + data["rater"]
    with pytest.raises(IdentificationError) as caught:
        generalizability(data, "p x r")
    assert caught.value.code == "E-FACETALIAS"
    assert "rater" in str(caught.value)


def test_disconnected_groups_are_said():
    one, two = simulated(8, 3, 1, seed=7), simulated(8, 3, 1, seed=8)
    two = two.assign(ratee="x" + two["ratee"], rater="x" + two["rater"])
    study = generalizability(pd.concat([one, two]))
    assert "W-DISCONN" in [n.code for n in study.notes]
    assert np.isfinite(study.components["variance"]).all()


def test_occasions_are_averaged_unless_they_are_a_facet():
    """Correction 7: the same ratings twice are no second piece of evidence."""
    data = simulated(20, 3, 2, seed=9)
    doubled = pd.concat([data.assign(occasion="t1"), data.assign(occasion="t2")])
    one, two = generalizability(data), generalizability(doubled)
    pd.testing.assert_frame_equal(one.components, two.components)
    assert [n.code for n in two.notes if n.code == "I-OCCASIONS"]
    rng = np.random.default_rng(9)
    noisy = doubled.assign(score=doubled["score"] + 0.3 * rng.normal(size=len(doubled)))
    study = generalizability(noisy, "p x r x o")
    assert study.components.index.tolist() == ["ratee", "rater", "occasion", "ratee:rater", "ratee:occasion", "rater:occasion", "residual"]
    left = noisy.groupby(["ratee", "rater", "occasion"])["score"].mean().to_numpy().reshape(20, 3, 2)
    for axis in range(3):
        left = left - left.mean(axis=axis, keepdims=True)
    assert study.components.loc["residual", "variance"] == pytest.approx((left**2).sum() / (19 * 2 * 1), rel=1e-9)
    assert "I-MEANOVER" in [n.code for n in study.notes]


@pytest.mark.parametrize(
    ("design", "code"),
    [("p x", "E-NOTATION"), ("r x d", "E-FACET"), ("p x q", "E-FACET"), ("p x i x d", "E-NOTATION"), ("p x occasion", "E-FACET")],
)
def test_designs_refused(design, code):
    with pytest.raises(SettingsError) as caught:
        generalizability(simulated(5, 3, 2), design)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "options", [{"method": "best"}, {"level": 1.0}, {"fixed": ("item",)}, {"intervals": "wald"}, {"fixed": ("ratee",)}, {"method": "anova"}]
)
def test_settings_refused(options):
    data = simulated(5, 3, 2)
    with pytest.raises(SettingsError):
        generalizability(data.iloc[1:] if options.get("method") == "anova" else data, **options)


def test_too_little():
    data = simulated(6, 3, 2)
    with pytest.raises(InsufficientDataError):
        generalizability(data[data["ratee"] == "p00"])
    with pytest.raises(InsufficientDataError):
        generalizability(rk.Ratings.averaged(data.groupby("ratee", as_index=False)["score"].mean()))
    with pytest.raises(InsufficientDataError):
        generalizability(pd.DataFrame({"rater": ["a", "b", "c"], "ratee": ["x", "y", "z"], "score": [1.0, 2, 3]}))
    with pytest.raises(RatingsError):
        generalizability(pd.DataFrame({"rater": ["a"], "ratee": ["x"]}))
    alone = pd.DataFrame({"rater": ["a", "b", "c"], "ratee": ["x", "y", "z"], "score": [1.0, 2, 3]})
    with pytest.raises(InsufficientDataError) as caught:
        generalizability(alone, "r:p")
    assert "within one ratee" in str(caught.value)


@pytest.mark.parametrize("gap", [0, 2])
def test_all_scores_alike(gap):
    data = simulated(6, 3, 2).assign(score=4.0).iloc[gap:]
    study = generalizability(data)
    assert (study.components["variance"] == 0).all()
    assert study.coefficients["value"].isna().all()
    assert study.coefficients["assumes"].str.contains("not defined").all()
    assert study.raters_needed() is None


def test_self_ratings_stay_out():
    data = simulated(4, 4, 2, seed=10).assign(source="peer")
    data["ratee"] = data["ratee"].str.replace("p0", "r")
    data.loc[data["rater"] == data["ratee"], "source"] = "self"
    study = generalizability(data)
    assert study.conditions["rater"] == 3


def test_it_prints():
    study = generalizability(rk.datasets.load("gleser_symptom_ratings"))
    text = repr(study)
    assert text.startswith("<GeneralizabilityStudy: ratee x rater x dimension; anova")
    assert "Eρ²" in text
    assert "<table" in study._repr_html_()
