"""ManyFacetRasch through its public face: scores, statuses, tables, settings, bad input."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

import rankkit as rk
from rankkit import simulate
from rankkit.errors import ConvergenceError, IdentificationError, InsufficientDataError, RatingsError, SettingsError
from rankkit.result import Result

JOINT = rk.ManyFacetRasch(estimation="joint")
TABLES = ["rater_measures", "dimension_measures", "fair", "thresholds", "separation", "unexpected", "person_fit"]


def frame(table, raters=None, dimensions=None):
    """Ratings of a people × raters array."""
    table = np.asarray(table, dtype=float)
    people, raters = np.indices(table.shape)
    out = pd.DataFrame({"rater": [f"r{k}" for k in raters.ravel()], "ratee": [f"p{k}" for k in people.ravel()], "score": table.ravel()})
    return out.dropna().reset_index(drop=True)


@pytest.fixture(scope="module")
def panel():
    return simulate.rasch_ratings(30, 6, dimensions=3, raters_per_ratee=3, seed=11)


@pytest.fixture(scope="module")
def result(panel):
    return rk.ManyFacetRasch(estimation="joint", interactions=(("rater", "dimension"), ("rater", "ratee"))).fit(panel.table)


def test_scores_are_measures_in_logits(panel, result):
    scores = result.scores
    assert result.unit == "logit"
    assert result.se_basis == "model"
    assert result.facets == ("ratee", "rater", "dimension")
    assert np.corrcoef(scores["score"], panel.truth["score"])[0, 1] > 0.85
    assert (scores["n_raters"] == 3).all()
    assert (scores["n_obs"] == 9).all()
    people = result.measures.query("facet == 'ratee'").set_index("element")
    pd.testing.assert_series_equal(people["measure"], scores["score"], check_names=False)
    np.testing.assert_allclose(people["se"], scores["se"])
    assert (people["se"] > people["se_conditional"]).all()
    assert len(result.measures) == 30 + 6 + 3


def test_severity_is_taken_out():
    panel = simulate.rasch_ratings(80, 10, dimensions=3, raters_per_ratee=2, sd_rater=1.0, seed=3)
    result = JOINT.fit(panel.table)
    raw = panel.table.frame.groupby("ratee", observed=True)["score"].mean()
    truth = panel.truth["score"]
    assert np.corrcoef(result.scores["score"], truth)[0, 1] > np.corrcoef(raw, truth)[0, 1] + 0.03
    assert np.corrcoef(result.raters["measure"], -panel.raters["effect"])[0, 1] > 0.9
    fair = result.fair
    assert np.corrcoef(fair["fair"], result.scores["score"])[0, 1] > 0.98
    assert fair["fair"].between(1, 5).all()
    assert (fair["fair_se"] > 0).all()


def test_tables_have_no_gap_without_a_reason(result):
    assert list(result.tables())[: len(TABLES)] != []
    for name, table in result.tables().items():
        numbers = table.select_dtypes("number")
        gaps = numbers.isna().any(axis=1)
        if gaps.any():
            assert "status" in table.columns or name == "separation", name
            assert (table.loc[gaps, "status"] != "measured").all() or name == "rater_measures", name
    for name in TABLES:
        assert name in result.tables()
    assert set(result.interactions["family"]) == {"rater × dimension", "rater × ratee"}
    assert list(result.evidence["interaction_tests"].index) == ["rater × dimension", "rater × ratee"]
    assert len(result.evidence["differential"].query("family == 'rater × dimension'")) == 6 * 3
    assert result.reliability["value"].between(0, 1).all()
    assert result.loglik < 0


def test_nothing_is_computed_before_it_is_asked_for(panel):
    assert "not yet made" in repr(JOINT.fit(panel.table).evidence)


def test_pickle_and_archive_keep_everything(result):
    for other in (pickle.loads(pickle.dumps(result)), Result.from_json(result.to_json())):
        pd.testing.assert_frame_equal(other.scores, result.scores)
        pd.testing.assert_frame_equal(other.raters, result.raters)


def test_people_at_the_end_of_the_scale_are_provisional():
    table = np.random.default_rng(3).integers(1, 6, (12, 4)).astype(float)
    table[0], table[1] = 5, 1
    found = JOINT.fit(frame(table))
    assert found.scores.loc["p0", "status"] == "provisional"
    assert found.scores.loc["p0", "rank"] == 1
    assert found.scores.loc["p1", "rank"] == 12
    assert "highest possible" in found.scores.loc["p0", "status_reason"]
    assert "W-RASCHENDS" in set(found.messages["code"])
    assert found.measures.set_index("element").loc["p1", "status"] == "all at the bottom"


def test_a_rater_with_one_category_is_no_trouble_with_common_thresholds():
    table = np.random.default_rng(4).integers(1, 6, (12, 4)).astype(float)
    table[:, 2] = 3
    found = JOINT.fit(frame(table))
    assert (found.scores["status"] == "scored").all()
    assert np.isfinite(found.raters.loc["r2", "measure"])
    table[:, 2] = 5
    lenient = JOINT.fit(frame(table))
    assert lenient.raters.loc["r2", "status"] == "all at the top"
    assert lenient.raters["measure"].idxmin() == "r2"
    own = rk.ManyFacetRasch(estimation="joint", thresholds="rater").fit(frame(table))
    assert own.raters.loc["r2", "status"] == "not placed"
    assert "W-RASCHUNPLACED" in set(own.messages["code"])


def test_people_without_common_raters_are_not_identified_and_named():
    rng = np.random.default_rng(5)
    table = np.full((12, 6), np.nan)
    table[:8, :4], table[8:, 4:] = rng.integers(1, 6, (8, 4)), rng.integers(1, 6, (4, 2))
    found = JOINT.fit(frame(table))
    apart = found.scores.iloc[[list(found.people).index(f"p{k}") for k in range(8, 12)]]
    assert (apart["status"] == "not_identified").all()
    assert apart["score"].isna().all()
    assert "p10" in found.messages.set_index("code").loc["W-RASCHAPART", "text"]
    assert found.raters["status"].value_counts().to_dict() == {"measured": 4, "no ratings": 2}
    alone = JOINT.fit(frame(table[:8, :4]))
    np.testing.assert_allclose(found.scores["score"].dropna(), alone.scores["score"], atol=1e-8)


def test_equal_halves_and_nested_designs_are_refused_by_name():
    rng = np.random.default_rng(6)
    table = np.full((8, 4), np.nan)
    table[:4, :2], table[4:, 2:] = rng.integers(1, 6, (4, 2)), rng.integers(1, 6, (4, 2))
    with pytest.raises(IdentificationError) as caught:
        JOINT.fit(frame(table))
    assert caught.value.code == "E-RASCHDISC"
    assert "p0, p1, p2, p3; p4" in str(caught.value)


def test_scores_must_be_whole_numbers():
    ratings = frame(np.random.default_rng(7).integers(1, 6, (5, 3)))
    ratings["score"] = ratings["score"].astype(float)
    ratings.loc[[3, 7], "score"] = 2.5
    with pytest.raises(RatingsError) as caught:
        JOINT.fit(ratings)
    assert caught.value.codes == ("E-RASCHWHOLE",)
    assert caught.value.problems["row"].tolist() == [5, 9]
    with pytest.raises(RatingsError, match="different scores"):
        JOINT.fit(frame(np.arange(300).reshape(60, 5)))


@pytest.mark.parametrize(
    ("table", "error", "code"),
    [
        ([[3, 3], [3, 3]], IdentificationError, "E-RASCHONE"),
        ([[1, 1, 1], [5, 5, 5]], IdentificationError, "E-RASCHEXTREME"),
        ([[1], [2], [3]], InsufficientDataError, "E-FEW"),
        ([[3, 2, 3], [3, 2, 3], [3, 1, 1], [1, 1, 3], [3, 1, 2]], ConvergenceError, "E-RASCHDRIFT"),
    ],
)
def test_what_cannot_be_fitted(table, error, code):
    with pytest.raises(error) as caught:
        JOINT.fit(frame(table))
    assert caught.value.code == code
    assert "…" not in str(caught.value)  # every placeholder has its value


def test_averages_have_no_raters():
    table = rk.Ratings.averaged(pd.DataFrame({"ratee": ["a", "b"], "score": [3, 4]}))
    with pytest.raises(IdentificationError, match="unknown"):
        JOINT.fit(table)


def test_gaps_are_merged_or_refused():
    table = np.random.default_rng(8).choice([1, 2, 4, 5], (10, 4))
    found = JOINT.fit(frame(table))
    assert found.thresholds.index.tolist() == [1, 2, 4, 5]
    assert "I-RASCHMERGED" in set(found.messages["code"])
    with pytest.raises(IdentificationError, match="nobody used 3"):
        rk.ManyFacetRasch(estimation="joint", gaps="refuse").fit(frame(table))


def test_repeated_ratings_of_a_cell_count_once(panel):
    once = panel.table.frame[["rater", "ratee", "dimension", "score"]]
    twice = pd.concat([once.assign(occasion="a"), once.assign(occasion="b")])
    found, plain = JOINT.fit(twice), JOINT.fit(once)
    np.testing.assert_allclose(found.scores["score"], plain.scores["score"], atol=1e-8)
    np.testing.assert_allclose(found.scores["se"], plain.scores["se"], rtol=1e-7)
    assert "I-RASCHREPEATS" in set(found.messages["code"])


def test_other_columns_can_be_facets(panel):
    once = panel.table.frame[["rater", "ratee", "dimension", "score"]]
    harder = once.assign(occasion="late", score=(once["score"] - 1).clip(1))
    both = pd.concat([once.assign(occasion="early"), harder])
    found = rk.ManyFacetRasch(estimation="joint", facets=("rater", "dimension", "occasion")).fit(both)
    occasions = found.tables()["occasion_measures"]
    assert occasions.loc["late", "measure"] > occasions.loc["early", "measure"] + 0.5
    with pytest.raises(RatingsError, match="form is no column"):
        rk.ManyFacetRasch(facets=("rater", "form")).fit(once)
    blank = both.assign(occasion=both["occasion"].where(np.arange(len(both)) != 4))
    with pytest.raises(RatingsError) as caught:
        rk.ManyFacetRasch(facets=("rater", "occasion")).fit(blank)
    assert caught.value.code == "E-RASCHBLANK"
    assert caught.value.items[0].row == 6


def test_self_ratings_and_cycles():
    table = frame(np.random.default_rng(9).integers(1, 6, (8, 4))).assign(source="peer")
    own = table.groupby("ratee", as_index=False).first().assign(source="self", score=5)
    own["rater"] = own["ratee"]
    both = pd.concat([table, own])
    with_self, without = JOINT.fit(both), JOINT.fit(table)
    np.testing.assert_allclose(with_self.scores["score"], without.scores["score"], atol=1e-8)
    assert "I-SOURCES" in set(with_self.messages["code"])
    with pytest.raises(RatingsError) as caught:
        JOINT.fit(table.assign(cycle=np.where(np.arange(len(table)) % 2, "2025", "2026")))
    assert caught.value.code == "E-CYCLE"


@pytest.mark.parametrize(
    "settings",
    [
        {"estimation": "bayes"},
        {"thresholds": "form"},
        {"facets": ()},
        {"facets": ("ratee",)},
        {"facets": ("rater", "rater")},
        {"facets": ("dimension",), "thresholds": "rater"},
        {"interactions": (("rater", "rater"),)},
        {"interactions": (("rater", "form"),)},
        {"interactions": ("rater", "dimension")},
        {"interactions": (("rater", "ratee"), ("ratee", "rater"))},
        {"gaps": "keep"},
        {"dependence": True},
    ],
)
def test_impossible_settings(settings):
    with pytest.raises(SettingsError):
        rk.ManyFacetRasch(**settings)


def test_findings_name_the_erratic_rater_and_say_what_else_it_could_be(panel):
    rng = np.random.default_rng(12)
    table = panel.table.frame[["rater", "ratee", "dimension", "score"]].copy()
    own = table["rater"] == "r2"
    table.loc[own, "score"] = rng.integers(1, 6, own.sum())
    found = JOINT.fit(table).findings
    review = found[found["level"] == "review"]  # beside such a rater the others may look regular: no more than a remark
    assert review["code"].tolist() == ["F-RASCHERRATIC"]
    assert review["unit_id"].tolist() == ["r2"]
    assert found["what_it_could_also_be"].str.len().gt(0).all()


def test_thresholds_of_their_own_find_the_rater_who_uses_the_middle():
    made = simulate.rasch_ratings(120, 4, dimensions=2, thresholds=(-1.0, -0.3, 0.3, 1.0), seed=2)
    table = made.table.frame[["rater", "ratee", "dimension", "score"]].copy()
    own = table["rater"] == "r1"
    table.loc[own, "score"] = table.loc[own, "score"].clip(2, 4)
    found = rk.ManyFacetRasch(estimation="joint", thresholds="rater").fit(table)
    use = found.thresholds.loc["r1"]
    assert use.index.tolist() == [2, 3, 4]
    assert "I-RASCHRANGES" in set(found.messages["code"])
    assert found.thresholds.loc["r2"].index.tolist() == [1, 2, 3, 4, 5]


def test_bootstrap_bands_are_there_on_request(panel, result):
    bands = result.fit_bands.set_index(["facet", "element"])
    assert (bands["status"] == "bootstrap").all()
    raters = bands.loc["rater"]
    np.testing.assert_allclose(raters["infit"], result.raters["infit"])
    assert (raters["infit_low"] < 1).all()
    assert (raters["infit_high"] > 1).all()
    np.testing.assert_allclose(raters["infit_low"], result.raters["infit_low"], atol=0.15)


def test_an_unknown_table_is_refused(panel):
    with pytest.raises(InsufficientDataError, match="interactions"):
        _ = JOINT.fit(panel.table).interactions


def test_the_marginal_default_plugs_in(panel):
    found = rk.ManyFacetRasch().fit(panel.table)
    joint = JOINT.fit(panel.table)
    assert found.estimation == "marginal"
    assert np.corrcoef(found.scores["score"], joint.scores["score"])[0, 1] > 0.99
    assert found.raters["measure"].std() < joint.raters["measure"].std()  # joint estimates are stretched
    assert found.parameters.loc["spread of merit", "estimate"] == pytest.approx(1.0, abs=0.4)
    np.testing.assert_allclose(found.raters["infit"], joint.raters["infit"])
