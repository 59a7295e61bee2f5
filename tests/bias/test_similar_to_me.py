from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rankkit import Attributes, People, bias, simulate
from rankkit.bias import shared_attributes
from rankkit.errors import SettingsError


def made(**settings):
    return simulate.biased_ratings(**{"n_ratees": 50, "n_raters": 30, "raters_per_ratee": 8, "dimensions": 2} | settings)


def attributes_of(sample, name, values):
    frame = sample.attributes.frame
    return frame.assign(attribute=name, value=values)


def test_favour_for_ones_own_group_is_found():
    sample = made(similarity=0.5, group_gap=0.4, seed=1)
    found = bias.similar_to_me(sample.table, attributes=sample.attributes)
    row = found.of("similar_to_me").loc["group"]
    assert row["estimate"] == pytest.approx(0.5, abs=0.12)
    assert (row["level"], row["groups"], row["n"]) == ("review", 2, 400)
    assert row["df"] <= 29
    assert found.frame["code"].tolist() == ["F-SIMILAR"]
    assert found.patterns[0].unit_kind == "group"
    assert "no single rater" in found.patterns[0].suggested_action
    opposite = made(similarity=-0.5, seed=1)
    assert bias.similar_to_me(opposite.table, attributes=opposite.attributes).frame["code"].tolist() == ["F-DISSIMILAR"]


def test_nothing_is_said_of_single_raters():
    sample = made(similarity=0.5, seed=1)
    found = bias.similar_to_me(sample.table, attributes=sample.attributes)
    assert list(found.tables) == ["similar_to_me"]
    assert not any(r in str(found.of("similar_to_me").to_dict()) + str(found.patterns) for r in sample.table.raters)


def test_with_two_groups_it_is_the_mean_of_two_in_group_effects():
    """Complete crossing without noise: group a favours its own by .2, group b by .6."""
    ratee, rater = np.repeat(np.arange(40), 24), np.tile(np.arange(24), 40)
    a, b = ratee < 15, rater < 11
    score = 0.1 * (ratee % 7) + 0.2 * (rater % 5) + 1.0 * a - 0.5 * b + 0.2 * (~a & ~b) + 0.6 * (a & b)
    noise = 1e-6 * np.random.default_rng(0).standard_normal(len(score))
    frame = pd.DataFrame({"ratee": [f"p{k}" for k in ratee], "rater": [f"r{k}" for k in rater], "score": score + noise})
    people = {f"p{k}": "x" if k < 15 else "y" for k in range(40)} | {f"r{k}": "x" if k < 11 else "y" for k in range(24)}
    table = pd.DataFrame({"person": list(people), "attribute": "g", "value": list(people.values())})
    found = bias.similar_to_me(frame, attributes=Attributes.from_frame(table)).of("similar_to_me")
    assert found.loc["g", "estimate"] == pytest.approx(0.4, abs=1e-5)


def test_several_attributes_are_fitted_together():
    sample = made(n_ratees=80, n_raters=40, similarity=0.5, seed=2)
    own = sample.attributes.frame
    rng = np.random.default_rng(0)
    linked = np.where(rng.random(len(own)) < 0.8, own["value"], np.where(own["value"] == "a", "b", "a"))  # goes with the group
    both = pd.concat([own, attributes_of(sample, "school", linked)])
    found = bias.similar_to_me(sample.table, attributes=Attributes.from_frame(both)).of("similar_to_me")
    alone = bias.similar_to_me(sample.table, attributes=Attributes.from_frame(both[both["attribute"] == "school"])).of("similar_to_me")
    assert found.index.tolist() == ["group", "school"]
    assert found.loc["group", "level"] == "review"
    assert abs(found.loc["school", "estimate"]) < 0.12 < alone.loc["school", "estimate"]
    assert found.loc["group", "q"] >= found.loc["group", "p"]


def test_facts_of_people_and_many_categories():
    sample = made(n_ratees=120, n_raters=45, raters_per_ratee=10, seed=3)
    ids = sample.attributes.frame["person"]
    unit = np.array(["A", "B", "C", "tiny"])[np.r_[np.arange(120) % 4, np.arange(45) % 15 // 5]]
    unit[-2:] = "tiny"
    people = People.from_frame(pd.DataFrame({"person": ids, "unit": unit, "shoe": "x"}))
    same = sample.table.frame.merge(people.frame["unit"].rename("u"), left_on="rater", right_index=True)
    same = same.merge(people.frame["unit"].rename("v"), left_on="ratee", right_index=True)
    same["score"] = np.where(same["u"] == same["v"], same["score"] + 1, same["score"])
    found = bias.similar_to_me(same.drop(columns=["u", "v"]), people)
    row = found.of("similar_to_me").loc["unit"]
    assert row["groups"] == 3
    assert row["raters"] == 43
    assert row["estimate"] == pytest.approx(1, abs=0.15)
    assert not found.refused
    refused = bias.similar_to_me(sample.table, people, facts=["shoe"])
    assert [p.code for p in refused.refused] == ["E-SIM-GROUPS"]
    with pytest.raises(SettingsError):
        bias.similar_to_me(sample.table, people, facts=["hat"])


@pytest.mark.parametrize(
    ("settings", "change", "code"),
    [
        ({"n_raters": 18}, lambda f: f, "E-SIM-GROUPS"),
        ({"raters_per_ratee": 1}, lambda f: f, "E-SIM-NESTED"),
        ({}, lambda f: f.assign(value="a"), "E-SIM-GROUPS"),
        ({}, lambda f: f.assign(value=None), "E-SIM-GROUPS"),
        ({}, lambda f: f.assign(value=np.where(f["person"].str.startswith("p"), "a", f["value"])), "E-SIM-CELLS"),
        ({}, lambda f: f.assign(person="z" + f["person"]), "E-SIM-GROUPS"),
    ],
)
def test_designs_that_cannot_answer(settings, change, code):
    sample = made(**settings)
    found = bias.similar_to_me(sample.table, attributes=Attributes.from_frame(change(sample.attributes.frame)))
    assert [(p.code, p.column) for p in found.refused] == [(code, "similar_to_me")]
    assert not found.tables


def test_groups_that_are_rated_only_by_their_own_cannot_answer():
    sample = made(n_ratees=60, raters_per_ratee=30, seed=5)
    group = sample.attributes.frame.set_index("person")["value"]
    frame = sample.table.frame
    own = frame[frame["ratee"].map(group).astype(str) == frame["rater"].map(group).astype(str)]
    found = bias.similar_to_me(own, attributes=sample.attributes)
    assert [p.code for p in found.refused] == ["E-SIM-APART"]
    assert "2 parts" in found.refused[0].note()


def test_attributes_known_of_few_do_not_cost_the_others():
    sample = made(n_ratees=60, similarity=0.5, seed=6)
    own = sample.attributes.frame
    rare = attributes_of(sample, "rare", np.where(np.arange(len(own)) % 2, "u", "v"))
    rare.loc[rare["person"].str.startswith("p") & (rare["person"] > "p25"), "value"] = None
    part = own.assign(value=own["value"].where(~own["person"].between("p01", "p25")))
    both = Attributes.from_frame(pd.concat([part, rare]))
    found = bias.similar_to_me(sample.table, attributes=both)
    assert found.of("similar_to_me").index.tolist() == ["group"]
    assert [p.code for p in found.refused] == ["E-SIM-MISSING"]


def test_nothing_to_compare():
    sample = made()
    assert [p.code for p in bias.similar_to_me(sample.table).refused] == ["E-NOATTRIBUTE"]
    constant = bias.similar_to_me(sample.table.frame.assign(score=3), attributes=sample.attributes)
    assert [p.code for p in constant.refused] == ["E-NOVARIATION"]
    for setting in ({"attributes": "sex"}, {"level": 2}, {"review_q": 0}):
        with pytest.raises(SettingsError):
            bias.similar_to_me(sample.table, **({"attributes": sample.attributes} | setting))
    copies = pd.concat([sample.attributes.frame, sample.attributes.frame.assign(attribute="twin")])
    aliased = bias.similar_to_me(sample.table, attributes=Attributes.from_frame(copies)).of("similar_to_me")
    assert aliased["p"].isna().all()
    assert aliased["estimate"].isna().all()
    assert aliased["reason"].str.len().gt(10).all()
    assert shared_attributes.FEWEST_RATERS == 10


def test_order_of_rows_and_labels_decide_nothing():
    sample = made(similarity=0.2, seed=7)
    names = dict(zip(sample.attributes.ids, np.random.default_rng(0).permutation(sample.attributes.ids), strict=True))
    frame, own = sample.table.frame, sample.attributes.frame
    turned = frame.assign(ratee=frame["ratee"].map(names), rater=frame["rater"].map(names)).sample(frac=1, random_state=0)
    moved = Attributes.from_frame(own.assign(person=own["person"].map(names)))
    one = bias.similar_to_me(sample.table, attributes=sample.attributes).of("similar_to_me")
    pd.testing.assert_frame_equal(one, bias.similar_to_me(turned, attributes=moved).of("similar_to_me"), rtol=1e-8)
