"""Who cannot be told apart at the cuts moved, what was turned round, results beside scores: against plain loops."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse, stats

import rankkit as rk
from rankkit import simulate
from rankkit.calibration import CalibrationSession
from rankkit.calibration.sessions.session_differences import ROOT_LIMIT, Differences
from rankkit.errors import SessionError
from rankkit.findings import Findings, pattern
from rankkit.kernels.covariance import Dense, Factor
from tests.calibration.session_cases import EVIDENCE, REASON, SECOND, graded, holding, people_of, session

KEPT = 1e-5  # standard errors are kept in four bytes
TWO = ("scope_change", SECOND)


def told_apart(grades: rk.methods.ForcedDistributionResult, a: str, b: str) -> bool:
    """The definition, from the result itself."""
    d = grades.difference(a, b)
    return bool(d.ci_low > 0 or d.ci_high < 0)


@pytest.fixture(scope="module")
def grades() -> rk.methods.ForcedDistributionResult:
    return graded()


@pytest.fixture(scope="module")
def moved(grades: rk.methods.ForcedDistributionResult) -> CalibrationSession:
    s = CalibrationSession.create(None, grades, ["Wang", "Li"], people=people_of(grades), seed=4)
    s.advance("Wang")
    s.advance("Wang")
    top, middle, low = (holding(s, g, 0) for g in "ABC")
    s.move("Wang", middle[0], "A", "new_evidence", REASON, EVIDENCE)
    s.move("Li", top[0], "C", "data_error", REASON, EVIDENCE, TWO)
    s.move("Li", middle[1], "C", "quota_only", REASON)
    s.move("Wang", low[0], "B", "other", REASON)
    s.move("Wang", low[0], "C", "other", REASON)  # turned round by hand
    gone = s.move("Wang", middle[2], "A", "other", REASON)
    s.undo("Li", REASON, gone.n)
    return s


def sharing(form: str) -> rk.methods.ForcedDistributionResult:
    """Grades of thirty people whose raters are partly the same."""
    scores = rk.GraphicRatingScale().fit(simulate.ratings(30, 5, seed=2).table)
    n = len(scores.estimated_ids)
    loadings = 0.3 * (np.arange(n)[:, None] // 10 == np.arange(3)) + 0.2 * np.ones((n, 1))
    own = np.full(n, 0.02)
    loose = sparse.csr_array(0.5 * np.eye(n)[:, np.arange(n) // 3])
    covariance = {"factor": Factor(loadings, own), "sparse": Factor(loose, own), "dense": Dense(loadings @ loadings.T + np.diag(own))}
    return rk.ForcedDistribution(shares={"A": 0.2, "B": 0.6, "C": 0.2}, ties="up").fit(replace(scores, covariance=covariance[form]))


@pytest.mark.parametrize("form", ["as fitted", "factor", "sparse", "dense", "pairs"])
def test_differences_are_those_of_the_covariance(form: str) -> None:
    duels = rk.ForcedDistribution(shares={"A": 0.3, "B": 0.7}, ties="up")
    fitted = graded() if form == "as fitted" else sharing(form) if form != "pairs" else duels.fit(
        rk.PairedComparison().fit(rk.datasets.load("service_team_pairs"))
    )  # fmt: skip
    s = CalibrationSession.create(None, fitted, ["Wang"])
    found, matrix = Differences.of(s.state), fitted.covariance.dense()
    place = {p: k for k, p in enumerate(fitted.estimated_ids)}
    score = dict(zip(fitted.people, fitted.estimate, strict=True))
    people = [s.names.id(w) for w in found.people]
    assert set(people) == set(fitted.estimated_ids)
    for i, a in enumerate(people):
        difference, se = found.between(i, np.arange(len(people)))
        at = [place[b] for b in people]
        expected = np.sqrt(np.maximum(matrix[place[a], place[a]] + matrix[at, at] - 2 * matrix[place[a], at], 0))
        np.testing.assert_allclose(difference, [score[a] - score[b] for b in people])
        np.testing.assert_allclose(se, expected, atol=KEPT, rtol=KEPT)


def test_shared_raters_count() -> None:
    """A toy that adds the two variances calls people tied whom the same raters told apart."""
    grades = sharing("factor")
    s = CalibrationSession.create(None, grades, ["Wang"])
    found, se = Differences.of(s.state), grades.scores["se"]
    rows = []
    for a, b in combinations(range(len(found.people)), 2):
        ids = [s.names.id(found.people[k]) for k in (a, b)]
        ours = bool(found.apart(a, np.array([b]))[0])
        assert ours == told_apart(grades, *ids)
        gap = abs(float(found.score[a] - found.score[b]))
        rows.append((ours, gap >= found.multiple * float(np.hypot(*se[ids]))))
    ours, toy = np.array(rows).T
    assert (ours & ~toy).sum() > 10
    assert not (toy & ~ours).any()


def test_who_cannot_be_told_apart_at_a_moved_cut(moved: CalibrationSession, grades: rk.methods.ForcedDistributionResult) -> None:
    table, log = moved.moved_cuts, moved.moves
    assert set(table["move"]) <= set(log.index[log["undone_by"].isna()])
    for n, move in log[log["undone_by"].isna()].iterrows():
        held = moved.replay(int(n) - 1).grades["grade"]
        a, b = "ABC".index(move["from"]), "ABC".index(move["to"])
        joined = set("ABC"[a + 1 : b + 1] if b > a else "ABC"[b:a])
        for side, wanted in (("left", {move["from"]}), ("joined", joined)):
            people = [p for p in held.index[held.isin(wanted)] if p != move["ratee"]]
            expected = {p for p in people if not told_apart(grades, move["ratee"], p)}
            rows = table[(table["move"] == n) & (table["side"] == side)]
            assert set(rows["other"]) == expected
            assert rows["difference"].abs().is_monotonic_increasing
            assert (move[f"tied_{side}"], move[f"n_{side}"]) == (len(expected), len(people))


def test_what_was_turned_round(moved: CalibrationSession, grades: rk.methods.ForcedDistributionResult) -> None:
    found, table = moved.reversals, moved.grades
    assert (found.moves, found.undone, found.turned) == (6, 1, 1)
    assert found.rate == pytest.approx(2 / 6)
    order = {g: k for k, g in enumerate("ABC")}
    expected = {}
    for a, b in combinations(table.index, 2):
        high, low = (a, b) if table.loc[a, "score"] > table.loc[b, "score"] else (b, a)
        if table.loc[a, "score"] != table.loc[b, "score"] and order[table.loc[low, "grade"]] < order[table.loc[high, "grade"]]:
            expected[high, low] = told_apart(grades, high, low)
    rows = found.table
    assert {(r.higher, r.lower): r.apart for r in rows.itertuples()} == expected
    assert found.before == 0
    assert (found.reversed, found.apart) == (len(expected), sum(expected.values()))
    assert 0 < found.apart < found.reversed
    assert rows["apart"].is_monotonic_decreasing
    assert all(rows["moves"])
    note = next(n for n in moved.notes if n.code == "W-REVERSED")
    assert f"{found.apart} of them" in note.message("en")
    assert session(phase="propose").reversals.reversed == 0
    assert np.isnan(session().reversals.rate)


def test_orders_against_the_scores_from_the_start_are_not_the_sessions_doing() -> None:
    base = graded()
    worst = base.scores["score"].idxmin()
    floored = rk.ForcedDistribution(shares={"A": 0.2, "B": 0.6, "C": 0.2}, ties="up", floors={str(worst): "B"}).fit(
        rk.GraphicRatingScale().fit(simulate.ratings(30, 5, seed=2).table)
    )
    found = CalibrationSession.create(None, floored, ["Wang"]).reversals
    assert found.before > 0
    assert found.reversed == 0


def test_erasing_a_person_leaves_nothing_to_compare(grades: rk.methods.ForcedDistributionResult) -> None:
    s = CalibrationSession.create(None, grades, ["Wang"], people=people_of(grades))
    s.advance("Wang")
    s.advance("Wang")
    who, other = holding(s, "B")[:2]
    s.move("Wang", who, "A", "other", REASON)
    s.move("Wang", other, "A", "other", REASON)
    near = set(s.moved_cuts["other"])
    s.shred(who)
    left = s.moved_cuts
    assert who in near
    assert who not in set(left["other"]) | set(left["ratee"])
    assert set(left["move"]) == {5}
    assert who not in s.reversals.table[["higher", "lower"]].to_numpy()
    own = float(grades.scores.loc[who, "score"])
    sheets = [sheet for sheet in s.state.sheets.values() if sheet is not None]
    assert not any("difference" in sheet.get("boundary", {}) for sheet in sheets)  # own score less a difference would be the erased one
    assert not np.isclose(s.boundary["score"] - s.boundary["difference"], own).any() or (s.grades["score"] == own).any()


def test_many_people_without_shared_factors_are_compared_by_their_own_errors() -> None:
    assert ROOT_LIMIT >= 1000
    s = session(phase="propose")
    s.state.start["source"]["shared_errors"] = False  # type: ignore[index]
    assert "W-OWNERRORS" in [n.code for n in s.notes]


def test_results_beside_the_scores(grades: rk.methods.ForcedDistributionResult) -> None:
    rng = np.random.default_rng(6)
    kpi = pd.Series(rng.normal(100, 10, len(grades.people)), index=list(grades.people))
    kpi.iloc[3] = np.nan
    table = pd.DataFrame({"person": kpi.index, "kpi": kpi.to_numpy()})
    for given in (kpi, kpi.dropna().to_dict(), table, table.sample(frac=1, random_state=1)):
        s = CalibrationSession.create(None, grades, ["Wang"], kpi=given)
        row = s.retained.loc["kpi_before"]
        place = grades.grades["grade"].map({"A": 2, "B": 1, "C": 0}).astype(float)
        both = kpi.notna()
        assert row["n"] == both.sum()
        assert row["rho"] == pytest.approx(stats.spearmanr(kpi[both], place[kpi.index][both]).statistic)
        assert row["ci_low"] < row["rho"] < row["ci_high"]
    assert s.case(grades.people[0]).kpi == pytest.approx(kpi.iloc[0])
    assert "kpi_now" not in session().retained.index
    assert CalibrationSession.create(None, grades, ["Wang"], kpi=grades).retained.loc["kpi_before", "rho"] == pytest.approx(
        s.retained.loc["score_before", "rho"]
    )
    for bad in (
        {"p01": "good"},
        {"p01": True},
        {"p01": float("inf")},
        pd.DataFrame({"person": ["a", "a"], "kpi": [1, 2]}),
        table.assign(x=1),
    ):
        with pytest.raises(SessionError) as error:
            CalibrationSession.create(None, grades, ["Wang"], kpi=bad)
        assert error.value.code == "E-KPI"
    with pytest.raises(SessionError):
        CalibrationSession.create(None, grades, ["Wang"], kpi=3)


def test_evidence_on_a_case(grades: rk.methods.ForcedDistributionResult) -> None:
    who = str(grades.boundary.index[0])
    told = {"rater": "M1", "n": 6, "ratee": who, "others": "40 %"}
    found = Findings(patterns=tuple(pattern("F-ONESIDED", "review", kind, who, told) for kind in ("ratee", "rater")))  # type: ignore[arg-type]
    s = CalibrationSession.create(None, grades, ["Wang"], people=people_of(grades), findings=found)
    case, row = s.case(who), grades.scores.loc[who]
    assert (case.score, case.ci_low, case.ci_high) == pytest.approx((row["score"], row["ci_low"], row["ci_high"]))
    assert case.probabilities.sum() == pytest.approx(1, abs=1e-5)
    held = s.grades["grade"]
    near = {p for p in held.index if held[p] != held[who] and not told_apart(grades, who, p)}
    assert set(case.near["other"]) == near
    ((code, english, chinese),) = case.flags
    assert code == "F-ONESIDED"
    assert "all negative" in english
    assert "bad year" in english  # what else it could be
    assert "M1" in chinese
    with pytest.raises(SessionError):
        s.case("nobody")
    with pytest.raises(SessionError):
        CalibrationSession.create(None, grades, ["Wang"], findings="none")  # type: ignore[arg-type]


def test_groups_before_and_after_every_move(moved: CalibrationSession, grades: rk.methods.ForcedDistributionResult) -> None:
    frame = pd.DataFrame({"person": list(grades.people), "attribute": "gender", "value": ["f", "m"] * 15})
    attributes = rk.Attributes.from_frame(frame)
    table = moved.impact_of_moves(attributes)
    standing = moved.moves.index[moved.moves["undone_by"].isna()]
    assert list(dict.fromkeys(table.index)) == list(standing)
    assert set(table["end"]) == {"favourable", "adverse"}
    for n in standing:
        after = moved.replay(int(n)).impact(attributes).comparisons
        before = moved.replay(int(n) - 1).impact(attributes).comparisons
        for state, when in ((before, "before"), (after, "after")):
            rows = state[state["against"] == "highest"].set_index(["outcome", "group"])
            for row in table.loc[[n]].itertuples():
                value = getattr(row, f"ratio_{when}")
                if (row.outcome, row.group) in rows.index:
                    assert value == pytest.approx(rows.loc[(row.outcome, row.group), "ratio"], nan_ok=True)
                else:
                    assert np.isnan(value)
    assert session(phase="propose").impact_of_moves(attributes).empty


def covered(runs: int, seed: int) -> float:
    """How often the interval of a correlation with grades by quota holds that of the population."""
    from rankkit.calibration.sessions.session_statistics import _spearman

    rng, inside = np.random.default_rng(seed), 0

    def by_quota(score: np.ndarray) -> np.ndarray:
        n = len(score)
        return np.searchsorted([round(0.2 * n), round(0.8 * n)], np.argsort(np.argsort(score)), side="right").astype(float)

    def pair(n: int) -> tuple[pd.Series, pd.Series]:
        x = rng.standard_normal(n)
        return pd.Series(x), pd.Series(by_quota(0.6 * x + 0.8 * rng.standard_normal(n)))

    truth = stats.spearmanr(*pair(300_000)).statistic
    for _ in range(runs):
        _, _, low, high, _ = _spearman(*pair(25), 0.95)
        inside += low <= truth <= high
    return inside / runs


@pytest.mark.recovery
def test_intervals_of_correlations_cover() -> None:
    runs = 600
    assert covered(runs, 3) >= 0.95 - 2 * np.sqrt(0.95 * 0.05 / runs)
