"""compare(): the numbers of scipy, the same people, everyone left out named."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from rankkit import ForcedDistribution, GraphicRatingScale, PairedComparison, agreement, compare, datasets, simulate
from rankkit.errors import DataError, InsufficientDataError, SettingsError
from rankkit.kernels.covariance import Dense
from rankkit.kernels.rank_sets import rank_sets
from rankkit.result import Result


def given(values, se=0.3, prefix="p"):
    n = len(values)
    values = np.asarray(values, dtype=float)
    known = ~np.isnan(values)
    people = tuple(f"{prefix}{k:02d}" for k in range(n))
    return Result(
        method="Given", people=people, labels={p: p.upper() for p in people}, estimate=values,
        status=tuple("scored" if k else "insufficient_data" for k in known), reasons=(None,) * n,
        n_raters=np.full(n, 3), n_obs=np.full(n, 3), unit="scale points",
        covariance=None if se is None else Dense(np.eye(int(known.sum())) * se**2),
    )  # fmt: skip


@pytest.fixture
def two():
    rng = np.random.default_rng(1)
    x = rng.normal(size=30)
    return given(x), given(np.round(x + rng.normal(size=30), 1))


def test_coefficients_are_those_of_scipy(two):
    a, b = two
    found = compare({"a": a, "b": b}).agreement.set_index("coefficient")
    assert found.loc["Spearman r_s", "value"] == pytest.approx(stats.spearmanr(a.estimate, b.estimate).statistic)
    assert found.loc["Kendall τ_b", "value"] == pytest.approx(stats.kendalltau(a.estimate, b.estimate).statistic)
    assert (found["n"] == 30).all()
    r = found.loc["Spearman r_s"]
    half = 1.959964 * np.sqrt((1 + r["value"] ** 2 / 2) / 27)  # Bonett & Wright (2000)
    assert r["ci_low"] == pytest.approx(np.tanh(np.arctanh(r["value"]) - half), abs=1e-6)
    assert r["ci_high"] == pytest.approx(np.tanh(np.arctanh(r["value"]) + half), abs=1e-6)


def test_overlap_of_the_best(two):
    a, b = two
    for k in (1, 6, 30):
        found = compare({"a": a, "b": b}, top=k).agreement.iloc[-1]
        best = [set(np.argsort(-r.estimate)[:k]) for r in (a, b)]
        assert found["expected"] == pytest.approx(k / 30)
        if len(np.unique(b.estimate)) == 30 or k == 30:
            assert found["value"] == pytest.approx(len(best[0] & best[1]) / k)
    for k in (0, 31, -1):
        with pytest.raises(SettingsError):
            compare({"a": a, "b": b}, top=k)


def test_only_common_people_and_every_exclusion_is_named():
    a = given([5.0, 4.0, 3.0, 2.0, np.nan])
    b = given([5.0, 3.0, 4.0, 2.0, 1.0, 0.0])
    found = compare({"a": a, "b": b})
    assert list(found.ranks.index) == ["p00", "p01", "p02", "p03"]
    assert found.ranks["b"].tolist() == [1, 3, 2, 4]  # ranks among the common people
    assert set(found.excluded.reset_index()[["ratee", "method", "reason"]].itertuples(index=False, name=None)) == {
        ("p04", "a", "insufficient_data"),
        ("p05", "a", "not in this method"),
    }
    assert "P04" in found.messages["text"][0]
    with pytest.raises(InsufficientDataError):
        compare({"a": a, "b": given([1.0, 2.0, 3.0], prefix="q")})


def test_rank_sets_are_among_the_common_people():
    a, b = given([5.0, 4.0, 3.0, 2.0, 9.0], se=0.2), given([5.0, 3.0, 4.0, 2.0])
    found = compare({"a": a, "b": b}).rank_sets["a"]
    direct = rank_sets(np.array([5.0, 4.0, 3.0, 2.0]), Dense(np.eye(4) * 0.04))
    assert found["rank_low"].tolist() == direct.low.tolist()
    assert found["rank_high"].tolist() == direct.high.tolist()
    none = compare({"a": a, "b": given([5.0, 3.0, 4.0, 2.0], se=None)})
    assert none.rank_sets["b"]["rank_low"].isna().all()
    assert none.shifts["beyond_error"].isna().all()


def test_shifts_beyond_error():
    sure, turned = given([4.0, 3.0, 2.0, 1.0], se=0.01), given([1.0, 3.0, 2.0, 4.0], se=0.01)
    found = compare({"a": sure, "b": turned}).shifts
    assert found.loc["p00", "shift"] == 3
    assert found.loc["p00", "beyond_error"]
    assert not found.loc["p01", "beyond_error"]
    vague = compare({"a": given([4.0, 3.0, 2.0, 1.0], se=3), "b": given([1.0, 3.0, 2.0, 4.0], se=3)}).shifts
    assert not vague["beyond_error"].any()


def test_grades_are_compared_where_both_grade_alike(two):
    a, b = (ForcedDistribution(shares={"A": 0.2, "B": 0.6, "C": 0.2}, ties="up").fit(r) for r in two)
    found = compare({"a": a, "b": b}).grades.iloc[0]
    order = {"A": 0, "B": 1, "C": 2}
    x, y = (r.grades["grade"].map(order).to_numpy(dtype=float) for r in (a, b))
    assert found["same"] == pytest.approx(np.mean(x == y))
    assert found["moved_2_or_more"] == pytest.approx(np.mean(np.abs(x - y) >= 2))
    assert found["awaiting_committee"] == 0
    assert compare({"a": a, "b": two[1]}).grades is None
    other = ForcedDistribution(shares={"A": 0.5, "B": 0.5}).fit(two[1])
    assert compare({"a": a, "b": other}).grades is None


def test_people_awaiting_the_committee_are_counted_not_graded():
    graded = [ForcedDistribution(shares={"A": 0.5, "B": 0.5}).fit(given(v)) for v in ([4.0, 3.0, 3.0, 1.0], [4.0, 3.0, 2.0, 1.0])]
    found = compare({"a": graded[0], "b": graded[1]}).grades.iloc[0]
    assert (found["n"], found["awaiting_committee"]) == (2, 2)


def test_three_methods_make_three_pairs(two):
    a, b = two
    assert len(compare({"a": a, "b": b, "c": a}).agreement) == 9
    same = compare({"a": a, "c": a}).agreement
    assert same["value"].tolist() == [1.0, 1.0, 1.0]


def test_real_methods_on_the_same_people():
    ratings = simulate.ratings(12, 5, seed=3)
    pairs = simulate.comparisons(12, judges=9, design="complete", seed=3)
    found = compare({"ratings": GraphicRatingScale().fit(ratings.table), "pairs": PairedComparison().fit(pairs.table)})
    assert len(found.ranks) == 12
    assert found.rank_sets.notna().all().all()


def test_what_cannot_be_compared(two):
    with pytest.raises(SettingsError):
        compare({"a": two[0]})
    with pytest.raises(SettingsError):
        compare([two[0], two[1]])
    with pytest.raises(DataError):
        compare({"a": two[0], "b": "no result"})


def test_order_of_people_decides_nothing(two):
    a, b = two
    turn = np.random.default_rng(4).permutation(30)
    turned = Result(
        **{f: getattr(b, f) for f in b.__dataclass_fields__}
        | {"people": tuple(b.people[k] for k in turn), "estimate": b.estimate[turn], "covariance": b.covariance.take(turn)}
    )
    x, y = compare({"a": a, "b": b}), compare({"a": a, "b": turned})
    np.testing.assert_allclose(x.agreement["value"], y.agreement["value"])
    assert x.ranks.equals(y.ranks)
    assert x.rank_sets.equals(y.rank_sets)


def test_grades_that_all_await_the_committee_are_compared_without_a_number():
    equal = Result(
        method="Made",
        people=tuple("abcd"),
        labels={},
        estimate=np.ones(4),
        status=("scored",) * 4,
        reasons=(None,) * 4,
        n_raters=np.ones(4, dtype=int),
        n_obs=np.ones(4, dtype=int),
        covariance=Dense(np.eye(4)),
        unit="points",
        se_basis="model",
    )
    graded = ForcedDistribution(shares={"A": 0.5, "B": 0.5}).fit(equal)
    found = compare({"one": graded, "two": graded})
    assert found.grades.loc[0, ["n", "awaiting_committee"]].tolist() == [0, 4]
    assert np.isnan(found.grades.loc[0, "same"])


@pytest.mark.parametrize("level", [0, 1, 95, -1, float("nan")])
def test_an_impossible_level_is_refused(level):
    result = GraphicRatingScale().fit(datasets.load("guilford_creativity"))
    with pytest.raises(SettingsError, match="confidence level"):
        compare({"one": result, "two": result}, level=level)
    with pytest.raises(SettingsError, match="confidence level"):
        agreement.icc(datasets.load("shrout_fleiss"), level=level)
