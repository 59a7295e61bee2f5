"""ForcedDistribution: whole seats by exact arithmetic, ties never by order, probabilities that add up."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from rankkit import ForcedDistribution, GraphicRatingScale, simulate
from rankkit.errors import InsufficientDataError, PolicyError, SettingsError
from rankkit.kernels.covariance import Dense
from rankkit.result import Result

BELL = {"A": 10, "B": 20, "C": 40, "D": 20, "E": 10}
DRAWN = 0.02  # 10 000 draws: standard error .005 at most


def scored(values, se=None, labels=None):
    """A result with given scores; nan = no score."""
    values = np.asarray(values, dtype=float)
    n, known = len(values), ~np.isnan(values)
    people = tuple(f"p{k:03d}" for k in range(n))
    covariance = None if se is None else Dense(np.diag(np.full(int(known.sum()), se**2)))
    return Result(
        method="Given",
        people=people,
        labels=dict(zip(people, labels or people, strict=True)),
        estimate=values,
        status=tuple("scored" if k else "insufficient_data" for k in known),
        reasons=(None,) * n,
        n_raters=np.full(n, 3),
        n_obs=np.full(n, 3),
        covariance=covariance,
        df=np.full(n, np.inf),
        unit="scale points",
    )


def seats(n, shares=BELL, **settings):
    return ForcedDistribution(shares=shares, **settings).fit(scored(np.arange(n, dtype=float))).quota["seats"].tolist()


# seats


@pytest.mark.parametrize(("n", "expected"), [(7, [1, 1, 3, 1, 1]), (13, [1, 3, 5, 3, 1]), (3, [0, 1, 1, 1, 0]), (10, [1, 2, 4, 2, 1])])
def test_seats_by_largest_remainder(n, expected):
    assert seats(n) == expected


def test_equal_fractions_go_by_the_declared_rule():
    assert seats(5) == [1, 1, 2, 1, 0]  # the extremes' halves tie; from the middle, the better side first
    assert seats(5, seat_ties="bottom") == [0, 1, 2, 1, 1]
    assert seats(8) == [1, 2, 3, 1, 1]
    assert seats(8, seat_ties="bottom") == [1, 1, 3, 2, 1]
    for n in (5, 8, 25):
        assert sum(seats(n)) == n
        assert sum(round(s / 100 * n) for s in BELL.values()) != n  # what rounding does


def test_the_alabama_paradox_is_there_and_can_be_avoided():
    shares = {"1": 1, "2": 2, "3": 63, "4": 29, "5": 5}
    assert seats(8, shares) == [0, 0, 5, 2, 1]
    assert seats(9, shares) == [0, 0, 6, 3, 0]
    by_n = np.array([seats(n, shares, apportionment="sainte_lague") for n in range(1, 40)])
    assert (np.diff(by_n, axis=0) >= 0).all()


def test_shares_are_exact():
    """.07 × 100 is 7.000000000000001 in floats; .1 + .2 + .7 is not 1."""
    assert seats(100, {"A": 0.07, "B": 0.93}) == [7, 93]
    assert seats(100, {"A": "0.07", "B": "0.93"}) == [7, 93]
    assert seats(30, {"A": 0.1, "B": 0.2, "C": 0.7}) == [3, 6, 21]
    assert seats(9, {"A": Fraction(1, 3), "B": Fraction(2, 3)}) == [3, 6]


@pytest.mark.parametrize(
    "shares",
    [
        {"A": 0.2, "B": 0.7},
        {"A": 20, "B": 81},
        {"A": -0.1, "B": 1.1},
        {"A": "x", "B": 1},
        {"A": None, "B": 1},
        {"A": True, "B": 0},
        {"A": float("nan"), "B": 1},
    ],
)
def test_impossible_shares(shares):
    with pytest.raises(PolicyError):
        ForcedDistribution(shares=shares)


@pytest.mark.parametrize(
    "settings", [{"shares": {}}, {"ties": "order"}, {"seat_ties": "first"}, {"prior": "normal"}, {"apportionment": "round"}]
)
def test_impossible_settings(settings):
    with pytest.raises(SettingsError):
        ForcedDistribution(**settings)


def test_fewer_people_than_grades():
    found = ForcedDistribution(shares=BELL).fit(scored([1.0, 2.0], se=0.1))
    assert found.quota["used"].sum() == 2
    assert found.grades.loc["p001", "grade"] <= found.grades.loc["p000", "grade"]
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1)
    one = ForcedDistribution(shares=BELL).fit(scored([1.0], se=0.1))
    assert one.grades["grade"].tolist() == ["C"]


# ties at a cut


def test_equal_scores_at_a_cut_wait_for_the_committee_whatever_the_order():
    values = [5.0, 4.0, 4.0, 4.0, 3.0, 2.0, 1.0, 0.0, -1.0, -2.0]
    for order in list(permutations(range(4)))[:8]:
        mixed = [values[k] for k in order] + values[4:]
        found = ForcedDistribution(shares={"A": 0.2, "B": 0.7, "C": 0.1}).fit(scored(mixed, se=0.2))
        tied = found.grades[found.grades["score"] == 4.0]
        assert tied["grade"].isna().all()
        assert (tied["candidates"] == "A / B").all()
        assert (found.scores.loc[tied.index, "status"] == "provisional").all()
        assert found.scores.loc[tied.index, "status_reason"].str.contains("committee").all()
        assert found.boundary.loc[tied.index, "tie"].all()
        assert found.grades.loc[found.grades["score"] == 5.0, "grade"].tolist() == ["A"]


@pytest.mark.parametrize(("ties", "grade", "used"), [("up", "A", [4, 5, 1]), ("down", "B", [1, 8, 1])])
def test_declared_tie_rules_move_all_of_them(ties, grade, used):
    values = [5.0, 4.0, 4.0, 4.0, 3.0, 2.0, 1.0, 0.0, -1.0, -2.0]
    found = ForcedDistribution(shares={"A": 0.2, "B": 0.7, "C": 0.1}, ties=ties).fit(scored(values))
    assert set(found.grades.loc[found.grades["score"] == 4.0, "grade"]) == {grade}
    assert found.quota["used"].tolist() == used


def test_a_tie_may_span_several_cuts():
    found = ForcedDistribution(shares=BELL).fit(scored([1.0] * 10))
    assert (found.grades["candidates"] == "A / B / C / D / E").all()
    assert ForcedDistribution(shares=BELL, ties="up").fit(scored([1.0] * 10)).quota["used"].tolist() == [10, 0, 0, 0, 0]
    assert ForcedDistribution(shares=BELL, ties="down").fit(scored([1.0] * 10)).quota["used"].tolist() == [0, 0, 0, 0, 10]
    said = found.messages.set_index("code").loc["W-TIEDCUT", "text"]
    assert "between A and E" in said


def test_grades_follow_the_order_of_scores():
    rng = np.random.default_rng(2)
    values = rng.normal(size=53)
    found = ForcedDistribution(shares=BELL).fit(scored(values)).grades
    by_score = found.sort_values("score", ascending=False)["grade"].tolist()
    assert by_score == sorted(by_score)


# people without scores, results without covariance


def test_people_without_a_score_are_neither_graded_nor_counted():
    found = ForcedDistribution(shares={"A": 0.5, "B": 0.5}).fit(scored([3.0, np.nan, 1.0, 2.0, 0.0], se=0.1))
    assert found.quota["seats"].tolist() == [2, 2]
    assert pd.isna(found.grades.loc["p001", "grade"])
    assert found.grades.loc["p001", "candidates"] == ""
    assert "p001" not in found.probabilities.index
    assert found.messages.set_index("code").loc["W-NOTGRADED", "text"].count("p001") == 1
    with pytest.raises(InsufficientDataError):
        ForcedDistribution().fit(scored([np.nan, np.nan]))


def test_without_a_covariance_there_are_grades_but_no_probabilities():
    found = ForcedDistribution().fit(scored(np.arange(10.0)))
    assert found.probabilities is None
    assert np.isnan(found.expected_misgraded)
    assert "I-NOPROB" in set(found.messages["code"])
    assert found.quota["used"].tolist() == [2, 7, 1]


# probabilities


def test_ten_people_with_a_standard_error_of_a_quarter():
    """Published simulation for quota 2/7/1; its third chance of the top grade is .20, corrected."""
    values = [4.6, 4.3, 4.1, 4.05, 4.0, 3.9, 3.8, 3.6, 3.4, 3.0]
    found = ForcedDistribution(shares={"top": 0.2, "mid": 0.7, "low": 0.1}, prior="flat").fit(scored(values, se=0.25)).probabilities
    np.testing.assert_allclose(found["top"], [0.91, 0.54, 0.20, 0.15, 0.11, 0.06, 0.03, 0.0, 0.0, 0.0], atol=DRAWN)
    np.testing.assert_allclose(found["low"].tail(3), [0.03, 0.12, 0.84], atol=DRAWN)


@pytest.mark.parametrize("prior", ["flat", "empirical_bayes"])
def test_probabilities_add_up(prior):
    table = simulate.ratings(23, 4, seed=5).table  # whole numbers: equal scores occur
    found = ForcedDistribution(shares=BELL, prior=prior).fit(GraphicRatingScale().fit(table))
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1, atol=1e-12)
    np.testing.assert_allclose(found.probabilities.sum(axis=0), found.quota["seats"], atol=1e-9)


def test_where_nobody_differs_every_grade_is_as_likely_for_all():
    """Scores that spread no more than their errors: τ² = 0."""
    values = 3 + 0.01 * np.arange(10)
    found = ForcedDistribution(shares=BELL).fit(scored(values, se=1.0)).probabilities
    np.testing.assert_allclose(found, np.tile([0.1, 0.2, 0.4, 0.2, 0.1], (10, 1)), atol=1e-12)


def test_expected_misgraded_and_coin_flips():
    values = [4.6, 4.3, 4.1, 4.05, 4.0, 3.9, 3.8, 3.6, 3.4, 3.0]
    found = ForcedDistribution(shares={"top": 0.2, "mid": 0.7, "low": 0.1}, prior="flat").fit(scored(values, se=0.25))
    given = found.grades["grade"]
    by_hand = sum(1 - found.probabilities.loc[p, g] for p, g in given.items())
    assert found.expected_misgraded == pytest.approx(by_hand)
    unsure = found.probabilities.max(axis=1) < 0.6
    assert set(found.boundary.index[found.boundary["coin_flip"]]) == set(found.probabilities.index[unsure])


def test_the_boundary_list_names_who_is_tied_across_a_cut():
    values = [4.0, 3.1, 3.0, 1.0]
    found = ForcedDistribution(shares={"A": 0.5, "B": 0.5}, prior="flat").fit(scored(values, se=0.2)).boundary
    near = found[found["tie"]]
    assert set(near.index) == {"p001", "p002"}
    assert near.loc["p001", "across"] == "p002"
    assert near.loc["p001", "difference"] == pytest.approx(0.1)
    assert near.loc["p001", "se"] == pytest.approx(0.2 * np.sqrt(2))


def test_severity_everybody_shares_does_not_blur_grades():
    values = np.array([4.0, 3.0, 2.0, 1.0])
    sure = scored(values, se=0.1)
    shared = Result(**{f: getattr(sure, f) for f in sure.__dataclass_fields__} | {"covariance": Dense(np.eye(4) * 0.01 + 4.0)})
    a, b = (ForcedDistribution(shares={"A": 0.25, "B": 0.75}).fit(r).probabilities for r in (sure, shared))
    np.testing.assert_allclose(a, b, atol=DRAWN)


def test_row_order_and_labels_do_not_move_probabilities():
    table = simulate.ratings(12, 3, seed=9)
    frame = table.table.frame.astype({"ratee": str, "rater": str})
    names = dict(zip(sorted(frame["ratee"].unique()), [f"z{k:02d}" for k in np.random.default_rng(1).permutation(12)], strict=True))
    a = ForcedDistribution().fit(GraphicRatingScale().fit(frame)).probabilities
    b = (
        ForcedDistribution()
        .fit(GraphicRatingScale().fit(frame.assign(ratee=frame["ratee"].map(names)).sample(frac=1, random_state=1)))
        .probabilities
    )
    np.testing.assert_allclose(a.to_numpy(), b.loc[[names[p] for p in a.index]].to_numpy(), atol=1e-9)


def test_small_units_are_warned_about():
    assert "W-SMALLUNIT" in set(ForcedDistribution().fit(scored(np.arange(7.0))).messages["code"])
    assert "W-SMALLUNIT" not in set(ForcedDistribution().fit(scored(np.arange(40.0))).messages["code"])


# grades of grades, levels


def test_grading_anew_forgets_the_first_grading():
    values = [5.0, 4.0, 4.0, 4.0, 3.0, 2.0, 1.0, 0.0, -1.0, -2.0, np.nan]
    source = scored(values, se=0.2)
    first = ForcedDistribution(shares={"A": 0.2, "B": 0.7, "C": 0.1}).fit(source)
    assert "W-TIEDCUT" in set(first.messages["code"])
    for ties in ("committee", "up"):
        policy = ForcedDistribution(shares={"A": 0.45, "B": 0.55}, ties=ties)
        again, straight = policy.fit(first), policy.fit(source)
        assert again.messages["code"].tolist() == straight.messages["code"].tolist()
        assert again.status == straight.status
        assert again.scores["status_reason"].tolist() == straight.scores["status_reason"].tolist()
        assert "provisional" not in again.status
        pd.testing.assert_frame_equal(again.grades, straight.grades)
    same = ForcedDistribution(shares={"A": 0.2, "B": 0.7, "C": 0.1}).fit(first)
    assert same.messages["text"].tolist() == first.messages["text"].tolist()


def test_one_result_has_one_level():
    frame = simulate.ratings(12, 3, seed=9).table.frame
    frame = pd.concat([frame.assign(dimension=d) for d in ("a", "b")])
    source = GraphicRatingScale(level=0.8).fit(frame)
    graded = ForcedDistribution(level=0.9).fit(source)
    straight = GraphicRatingScale(level=0.9).fit(frame)
    assert {graded.level, *(part.level for part in graded.parts.values())} == {0.9}
    assert set(graded.parts) == {"a", "b"}
    np.testing.assert_allclose(graded.scores["ci_low"], straight.scores["ci_low"])
    np.testing.assert_allclose(graded.dimensions["ci_low"], straight.dimensions["ci_low"])
    assert source.level == source.parts["a"].level == 0.8


def test_people_nobody_judged_are_listed_without_a_grade():
    import pandas as pd

    import rankkit as rk

    scores = rk.GraphicRatingScale().fit(rk.datasets.load("guilford_creativity"))
    people = rk.People.from_frame(pd.DataFrame({"person": ["Anne", "Zoe"], "label": ["安妮", "佐伊"]}))
    graded = rk.ForcedDistribution().fit(scores, people=people)
    assert list(graded.grades.index) == list(graded.scores.index)
    assert graded.grades.loc["Zoe", "label"] == "佐伊"
    assert pd.isna(graded.grades.loc["Zoe", "grade"])
    assert graded.grades.loc["Zoe", "candidates"] == ""
    assert "佐伊" in graded.messages.set_index("code").loc["W-NOTGRADED", "text"]
    assert rk.Result.from_json(graded.to_json()).to_json() == graded.to_json()
