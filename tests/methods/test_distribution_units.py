"""Curves by unit: small units pooled, company totals kept by controlled rounding, and what simple tools make of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rankkit import ForcedDistribution, People, Result
from rankkit.calibration import propose
from rankkit.errors import PolicyError
from tests.methods.test_forced_distribution import BELL, scored

CURVE = {"A": 20, "B": 70, "C": 10}
TEAMS = [f"team {k}" for k in range(5) for _ in range(7)]


def five_teams(seed=1):
    """Five teams of seven."""
    source = scored(np.random.default_rng(seed).normal(size=35), se=0.3)
    return source, People.from_frame(pd.DataFrame({"person": source.people, "unit": TEAMS, "above": "Ops"}))


def departments(seed=2, sizes=(24, 22, 6), names=("A", "B", "C")):
    units = np.repeat(names, sizes)
    source = scored(np.random.default_rng(seed).normal(size=len(units)) + 3 * np.repeat(np.arange(len(sizes)), sizes), se=0.3)
    return source, People.from_frame(pd.DataFrame({"person": source.people, "unit": units}))


# what simple tools do


def test_rounding_and_quantile_cuts_do_not_add_up():
    """round(p·n) misses people; qcut moves whole ties, and breaks where cuts coincide."""
    for n, total in ((5, 4), (8, 9), (25, 24)):
        assert sum(round(s / 100 * n) for s in BELL.values()) == total
        assert ForcedDistribution(shares=BELL).fit(scored(np.arange(n, dtype=float))).quota["seats"].sum() == n
    values = np.array([5.0, 4, 4, 4, 4, 4, 3, 3, 3, 2])
    toy = pd.qcut(values, [0, 0.1, 0.8, 1], labels=["C", "B", "A"])
    assert toy.value_counts().to_dict() != {"A": 2, "B": 7, "C": 1}
    by_percentile = np.searchsorted(np.percentile(values, [10, 80]), values, side="left")
    assert np.bincount(by_percentile, minlength=3).tolist() != [1, 7, 2]  # np.percentile moves whole ties, too
    with pytest.raises(ValueError, match="unique"):
        pd.qcut([4.0] * 8 + [3.0, 2.0], [0, 0.3, 0.8, 1])
    found = ForcedDistribution(shares=CURVE).fit(scored(values))
    assert found.quota["seats"].tolist() == [2, 7, 1]
    assert (found.grades.loc[found.grades["score"] == 4.0, "candidates"] == "A / B").all()


def test_a_curve_on_teams_of_seven_makes_too_many_low_grades():
    source, people = five_teams()
    toy = ForcedDistribution(shares=CURVE, scope="unit", min_unit=1).fit(source, people=people)
    assert toy.quota["used"].tolist() == [5, 25, 5]  # 14 % in the lowest grade, one a team whoever is in it
    assert "W-SMALLUNIT" in set(toy.messages["code"])
    pooled = ForcedDistribution(shares=CURVE, scope="unit", parents="above").fit(source, people=people)
    hybrid = ForcedDistribution(shares=CURVE, scope="hybrid").fit(source, people=people)
    company = ForcedDistribution(shares=CURVE).fit(source)
    for found in (pooled, hybrid, company):
        assert found.quota["seats"].tolist() == [7, 25, 3]  # 3.5 people: 3 or 4 by the declared rule
    assert set(hybrid.unit_quota.xs("C", level="grade")["used"]) == {0, 1}
    pd.testing.assert_series_equal(pooled.grades["grade"], company.grades["grade"])


# small units


def test_small_units_are_pooled_with_their_parent_in_the_words_of_the_policy():
    source, people = departments(sizes=(38, 6, 24), names=("A", "C", "Z"))
    found = ForcedDistribution(shares=CURVE, scope="unit", parents={"A": "Ops", "C": "Ops"}).fit(source, people=people)
    said = [n.message("en") for n in found.notes if n.code == "W-UNITPOOLED"]
    assert said == ["Unit C has 6 people: 10 % is 0.6 person. Pooled with parent 'Ops' (n=44)"]
    assert found.curves["curve"].to_dict() == {"A": "Ops", "C": "Ops", "Z": "Z"}
    assert found.unit_quota.loc["Ops", "used"].tolist() == [9, 31, 4]
    assert set(found.grades["curve"]) == {"Ops", "Z"}
    assert found.curves["enforced"].all()


def test_without_a_parent_or_by_choice_the_curve_is_a_guideline():
    source, people = departments()
    for settings, code in (({}, "W-UNITALONE"), ({"small_units": "guideline", "parents": {"C": "B"}}, "W-UNITGUIDE")):
        found = ForcedDistribution(shares=CURVE, scope="unit", **settings).fit(source, people=people)
        small = found.grades[found.grades["curve"] == "C"]
        assert small["grade"].isna().all()
        assert sorted(small["candidates"]) == ["A", *["B"] * 4, "C"]
        assert (found.scores.loc[small.index, "status"] == "provisional").all()
        assert found.scores.loc[small.index, "status_reason"].str.contains("guideline").all()
        assert code in set(found.messages["code"])
        assert "W-TIEDCUT" not in set(found.messages["code"])
        assert found.unit_quota.loc["C", "used"].sum() == 0
        np.testing.assert_allclose(found.probabilities.sum(axis=1), 1)


def test_units_parents_and_columns_must_be_known():
    source, people = departments()
    frame = people.frame.reset_index()

    def code(people=people, **settings):
        with pytest.raises(PolicyError) as found:
            ForcedDistribution(**({"shares": CURVE, "scope": "unit"} | settings)).fit(source, people=people)
        return found.value.code

    assert code(people=None) == "E-NOPEOPLECOLUMN"
    assert code(unit="team") == "E-NOPEOPLECOLUMN"
    assert code(people=People.from_frame(frame.iloc[1:])) == "E-NOUNIT"
    assert code(parents={"A": "B", "B": "A"}) == "E-PARENTCIRCLE"
    assert code(people=People.from_frame(frame.assign(above=["x", *["y"] * 51])), parents="above") == "E-PARENTS"
    assert code(scope="hybrid", tilt={"A": 0.3}, unit_performance={"A": 1.0}) == "E-TILT"
    empty = code(scope="unit", shares={"A": (0.19, 0.2), "B": (0.6, 0.81)}, min_unit=1)
    assert empty == "E-EMPTYRANGE"


# hybrid


def test_hybrid_keeps_the_totals_of_units_and_of_grades():
    for seed in range(8):
        source, people = departments(seed=seed, sizes=(9, 14, 6, 11), names=("a", "b", "c", "d"))
        found = ForcedDistribution(shares=BELL, scope="hybrid").fit(source, people=people)
        by_unit = found.unit_quota.reset_index().pivot_table(index="curve", columns="grade", values="seats")[list(BELL)]
        assert by_unit.sum(axis=1).to_dict() == {"a": 9, "b": 14, "c": 6, "d": 11}
        assert by_unit.sum().tolist() == ForcedDistribution(shares=BELL).fit(source).quota["seats"].tolist()
        exact = np.outer([9, 14, 6, 11], by_unit.sum()) / 40
        assert (np.abs(by_unit.to_numpy() - exact) < 1).all()


def test_better_units_get_the_better_seats_left_over_and_more_by_a_tilt():
    source, people = departments(sizes=(25, 25), names=("low", "high"))
    plain = ForcedDistribution(shares={"A": 10, "B": 80, "C": 10}, scope="hybrid").fit(source, people=people)
    assert plain.unit_quota["seats"].loc["high"].tolist() == [3, 20, 2]
    settings = {"tilt": {"A": 0.4, "C": -0.4}, "unit_performance": {"high": 1.0, "low": -1.0}}
    tilted = ForcedDistribution(shares={"A": 10, "B": 80, "C": 10}, scope="hybrid", **settings).fit(source, people=people)
    assert tilted.unit_quota["seats"].loc["high"].tolist() == [4, 20, 1]
    assert tilted.quota["seats"].tolist() == plain.quota["seats"].tolist()


def test_units_nothing_tells_apart_are_named_as_such():
    values = np.tile(np.arange(5.0), 2)
    source = scored(values, se=0.3)
    people = People.from_frame(pd.DataFrame({"person": source.people, "unit": ["x"] * 5 + ["y"] * 5}))
    found = ForcedDistribution(shares={"A": 10, "B": 90}, scope="hybrid").fit(source, people=people)
    assert found.quota["seats"].tolist() == [1, 9]
    assert "W-ROUNDINGTIE" in set(found.messages["code"])


# what everything else relies on


@pytest.mark.parametrize("scope", ["unit", "hybrid"])
def test_neither_rows_nor_names_decide(scope):
    source, people = departments(sizes=(12, 9, 7))
    fit = ForcedDistribution(shares=CURVE, scope=scope, min_unit=5, floors={"p003": "B"}).fit
    first = fit(source, people=people)
    order = np.random.default_rng(7).permutation(28)
    renamed = {p: f"z{k:02d}" for p, k in zip(source.people, np.random.default_rng(8).permutation(28), strict=True)}
    ids = tuple(renamed[source.people[i]] for i in order)
    other = Result(
        method="Given", people=ids, labels={p: p for p in ids}, estimate=source.estimate[order], status=("scored",) * 28,
        reasons=(None,) * 28, n_raters=source.n_raters, n_obs=source.n_obs, covariance=source.covariance, df=source.df, unit=source.unit,
    )  # fmt: skip
    swapped = {"A": "q", "B": "p", "C": "r"}
    moved = People.from_frame(
        pd.DataFrame({"person": [renamed[p] for p in people.ids], "unit": [swapped[u] for u in people.facts["unit"]]})
    )
    again = ForcedDistribution(shares=CURVE, scope=scope, min_unit=5, floors={renamed["p003"]: "B"}).fit(other, people=moved)
    for p in source.people:
        assert again.grades.loc[renamed[p], "grade"] == first.grades.loc[p, "grade"]
        np.testing.assert_allclose(again.probabilities.loc[renamed[p]], first.probabilities.loc[p], atol=1e-9)


def test_grades_by_unit_are_those_of_each_unit_alone():
    source, people = departments()
    found = ForcedDistribution(shares=CURVE, scope="unit", prior="flat", min_unit=5).fit(source, people=people)
    for unit, size in (("A", 24), ("B", 22), ("C", 6)):
        members = [i for i, p in enumerate(source.people) if people.facts.loc[p, "unit"] == unit]
        alone = ForcedDistribution(shares=CURVE, prior="flat").fit(scored(source.estimate[members], se=0.3))
        assert len(members) == size
        assert found.grades["grade"].iloc[members].tolist() == alone.grades["grade"].tolist()
        np.testing.assert_allclose(found.probabilities.iloc[members], alone.probabilities, atol=1e-9)
        assert found.unit_cuts.loc[unit, "score"].tolist() == alone.cuts["score"].tolist()
        near = found.boundary[found.boundary["curve"] == unit] if "curve" in found.boundary else found.boundary
        assert near["tie"].sum() == alone.boundary["tie"].sum()
    assert np.isnan(found.cuts["score"]).all()


def test_archives_and_proposals_take_units():
    source, people = departments()
    found = ForcedDistribution(shares=CURVE, scope="hybrid", floors={"p001": ("B", "F1")}).fit(source, people=people)
    assert Result.from_json(found.to_json()).to_json() == found.to_json()
    assert {"curves", "unit_quota", "unit_cuts"} <= set(found.tables())
    assert len(propose(found, people).relaxed) == 0
    again = ForcedDistribution(shares=CURVE).fit(found)
    assert again.messages["code"].tolist() == ForcedDistribution(shares=CURVE).fit(source).messages["code"].tolist()
