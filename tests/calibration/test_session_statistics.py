"""Tests of a session: exact permutation against brute force, null rates, intervals, agreement of votes, oracles."""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import rankkit as rk
from rankkit.calibration.sessions import votes
from rankkit.calibration.sessions.session_statistics import HIDDEN, GroupMoves
from rankkit.calibration.sessions.session_tables import clopper_pearson
from rankkit.kernels.grading.stratified_permutation import group_changes
from tests.calibration.session_cases import EVIDENCE, REASON, SECOND, holding, session

EXACT = 1e-12  # sums of a few hundred probabilities
NULL_RUNS = 400
MONTE_CARLO_SE = 2.0


def brute_force(x: np.ndarray, s: np.ndarray, g: np.ndarray, group: int) -> float:
    """p of one group by every permutation of the changes within strata."""
    parts = [list(permutations(x[s == k])) for k in np.unique(s)]
    where = [np.flatnonzero(s == k) for k in np.unique(s)]
    sums = []
    for choice in np.ndindex(*[len(p) for p in parts]):
        y = np.empty(len(x))
        for part, place, k in zip(parts, where, choice, strict=True):
            y[place] = part[k]
        sums.append(y[g == group].sum())
    centre = np.mean(sums)
    seen = abs(x[g == group].sum() - centre)
    return float(np.mean(np.abs(np.array(sums) - centre) >= seen - 1e-9))


@pytest.mark.parametrize("seed", range(6))
def test_exact_p_is_that_of_all_permutations(seed: int) -> None:
    rng = np.random.default_rng(seed)
    s, g = np.array([0, 0, 0, 0, 0, 1, 1, 1, 1]), rng.integers(0, 3, 9)
    x = rng.choice([-2, -1, 0, 1], 9, p=[0.1, 0.3, 0.4, 0.2])
    found = group_changes(x, s, g, 3, permutations=50)
    for k in range(3):
        if np.isnan(found.p[k]):
            continue
        assert found.p[k] == pytest.approx(brute_force(x.astype(float), s, g, k), abs=EXACT)


def test_one_stratum_of_ones_is_fishers_exact_test() -> None:
    x = np.r_[-np.ones(7, dtype=int), np.zeros(23, dtype=int)]
    g = np.r_[np.zeros(6), np.ones(1), np.zeros(5), np.ones(18)].astype(int)
    found = group_changes(x, np.zeros(30, dtype=int), g, 2)
    table = [[6, 1], [5, 18]]
    seen, centre = 6, 7 * 11 / 30
    chances = stats.hypergeom(30, 11, 7).pmf(np.arange(8))
    expected = chances[np.abs(np.arange(8) - centre) >= abs(seen - centre) - 1e-9].sum()
    assert found.p[0] == pytest.approx(expected, abs=EXACT)
    assert found.p[0] == pytest.approx(stats.fisher_exact(table).pvalue, rel=0.2)  # ordered by distance, not by probability


def test_names_and_rows_decide_nothing() -> None:
    rng = np.random.default_rng(3)
    x, s, g = rng.choice([-1, 0, 0, 1], 60), rng.integers(0, 3, 60), rng.integers(0, 5, 60)
    found = group_changes(x, s, g, 5)
    order, renamed = rng.permutation(60), np.array([3, 1, 4, 0, 2])
    again = group_changes(x[order], s[order], renamed[g[order]], 5)
    np.testing.assert_allclose(again.p[renamed], found.p, atol=EXACT)
    assert again.overall == found.overall


def null_rates(runs: int, seed: int) -> tuple[float, float]:
    """How often a manager, and all managers together, fall below .05 when moves fall by lot within first grades."""
    rng = np.random.default_rng(seed)
    single, together = [], []
    for k in range(runs):
        s = np.repeat([0, 1, 2], [12, 36, 12])
        g = rng.permutation(np.repeat(np.arange(6), 10))
        x = np.zeros(60, dtype=int)
        for stratum, values in ((0, [0, 0, -1]), (1, [0, 0, 0, 1, -1]), (2, [0, 0, 1])):
            x[s == stratum] = rng.choice(values, (s == stratum).sum())
        found = group_changes(x, s, g, 6, permutations=199, seed=k)
        single.append(found.p[0] <= 0.05)
        together.append(found.overall <= 0.05)
    return float(np.mean(single)), float(np.mean(together))


@pytest.mark.recovery
def test_null_rates_of_the_permutation_tests() -> None:
    single, together = null_rates(NULL_RUNS, 7)
    most = 0.05 + MONTE_CARLO_SE * np.sqrt(0.05 * 0.95 / NULL_RUNS)
    assert single <= most
    assert together <= most
    assert together > 0.01  # it does reject


@pytest.mark.thorough
def test_null_rates_of_the_permutation_tests_over_many_sessions() -> None:
    single, together = null_rates(4000, 8)
    most = 0.05 + MONTE_CARLO_SE * np.sqrt(0.05 * 0.95 / 4000)
    assert max(single, together) <= most


@pytest.mark.recovery
def test_a_manager_whose_people_are_moved_down_is_found() -> None:
    rng, hits = np.random.default_rng(9), 0
    for k in range(100):
        s, g = np.repeat([0, 1, 2], [12, 36, 12]), rng.permutation(np.repeat(np.arange(6), 10))
        x = np.where((s < 2) & (rng.random(60) < np.where(g == 0, 0.6, 0.08)), -1, 0)
        found = group_changes(x, s, g, 6, permutations=99, seed=k)
        hits += found.p[0] * 6 <= 0.05
    assert hits >= 60


def test_pooling_over_first_grades_would_mislead() -> None:
    """A toy that permutes over everybody accuses a manager whose people merely started at the top, where moves go down."""
    s = np.repeat([0, 1], [12, 48])
    x = np.r_[np.full(8, -1), np.zeros(4), np.zeros(48)].astype(int)
    g = np.r_[[0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1], np.zeros(1), np.ones(47)].astype(int)  # 4 of 6 of either manager's best
    toy = group_changes(x, np.zeros(60, dtype=int), g, 2)
    ours = group_changes(x, s, g, 2)
    assert toy.p[0] < 0.01
    assert ours.p[0] == pytest.approx(1)


def test_clopper_pearson_covers() -> None:
    assert clopper_pearson(0, 10, 0.95) == pytest.approx((0, 0.30849710781876083))
    found = stats.binomtest(4, 30).proportion_ci(0.99, method="exact")
    assert clopper_pearson(4, 30, 0.99) == pytest.approx((found.low, found.high))
    rng, K, inside = np.random.default_rng(4), 3, 0
    share = np.array([0.2, 0.7, 0.1])
    for counts in rng.multinomial(12, share, 500):
        ends = [clopper_pearson(int(c), 12, 1 - 0.05 / K) for c in counts]
        inside += all(low <= p <= high for (low, high), p in zip(ends, share, strict=True))
    assert inside / 500 >= 0.95 - MONTE_CARLO_SE * np.sqrt(0.05 * 0.95 / 500)


@pytest.mark.parametrize("n", [3, 8, 15])
@pytest.mark.parametrize("share", [(0.2, 0.7, 0.1), (1 / 3, 1 / 3, 1 / 3), (0.01, 0.98, 0.01), (0.5, 0.5, 0.0)])
def test_intervals_of_a_managers_grades_hold_together_exactly(n: int, share: tuple[float, float, float]) -> None:
    """Coverage by enumeration of every outcome; a toy with plain 95 % intervals for each grade misses it."""
    ends, plain = ([clopper_pearson(k, n, level) for k in range(n + 1)] for level in (1 - 0.05 / 3, 0.95))
    covered, toy = 0.0, 0.0
    for a in range(n + 1):
        for b in range(n + 1 - a):
            counts = (a, b, n - a - b)
            chance = float(stats.multinomial(n, share).pmf(counts))
            covered += chance * all(ends[k][0] <= p <= ends[k][1] for k, p in zip(counts, share, strict=True))
            toy += chance * all(plain[k][0] <= p <= plain[k][1] for k, p in zip(counts, share, strict=True))
    assert covered >= 0.95 - EXACT
    if n == 15 and share == (1 / 3, 1 / 3, 1 / 3):
        assert toy < 0.95


def test_agreement_of_votes_against_pairs_counted_one_by_one() -> None:
    rng = np.random.default_rng(2)
    table = rng.multinomial(5, [0.3, 0.5, 0.2], 20)
    for counts in table:
        given = np.repeat(np.arange(3), counts)
        pairs = [1 - abs(a - b) / 2 for a, b in combinations(given.tolist(), 2)]
        assert votes.agreement(counts) == pytest.approx(np.mean(pairs))
    assert votes.overall(table).observed == pytest.approx(np.mean([votes.agreement(c) for c in table]))
    alone = votes.overall(np.array([[1, 0, 0], [0, 1, 0]]))
    assert alone.cases == 0
    assert np.isnan(alone.alpha)
    assert np.isnan(votes.entropy([0, 0]))
    assert votes.entropy([2, 2]) == pytest.approx(1)


def test_moves_by_manager_of_a_session() -> None:
    s = session(phase="propose")
    table = s.grades
    mine = [p for p in holding(s, "B", 0) if table.loc[p, "manager"] == "M1"]
    for p in mine:
        s.move("Wang", p, "C", "quota_only", REASON)
    kept = s.move("Wang", mine[0], "B", "new_evidence", REASON, EVIDENCE)
    assert s.quota_only == (len(mine), len(mine))
    assert len(mine) > 2
    s.undo("Wang", REASON, kept.n)
    found = s.manager_moves
    row = found.table.loc["M1"]
    assert (row["down"], row["up"]) == (len(mine), 0)
    assert row["p"] < 0.05
    assert row["odds"] == np.inf
    assert row["q"] >= row["p"]
    note = next(n for n in s.notes if n.code == "W-QUOTAONLY")
    assert f"{len(mine)} of {len(mine)} downward moves" in note.message("en")
    assert s.who_moved_whom["down"].sum() == len(mine)
    both = s.before_after.set_index(["manager", "grade"]).loc["M1"]
    assert both["before"].sum() == both["now"].sum() == 10
    assert both.loc["C", "now"] - both.loc["C", "before"] == len(mine)
    assert "I-SPREAD" in [n.code for n in s.notes]


def test_correlations_are_spearmans_with_the_best_grade_highest() -> None:
    s = session(phase="propose")
    table, found = s.grades, s.retained
    place = table["before"].map({"A": 2, "B": 1, "C": 0}).astype(float)
    assert found.loc["score_before", "rho"] == pytest.approx(stats.spearmanr(table["score"], place).statistic)
    assert found.loc["score_before", "rho"] > 0.8
    assert found.loc["votes_before", "reason"] != ""  # nobody voted
    top = holding(s, "A", 0)[0]
    s.move("Wang", top, "C", "data_error", REASON, EVIDENCE, second=("other", SECOND))
    assert s.retained.loc["score_now", "rho"] < found.loc["score_before", "rho"]


def test_moves_by_group_hide_small_groups_and_what_would_give_them_away() -> None:
    s = session(phase="propose")
    for p in holding(s, "B")[:5]:
        s.move("Wang", p, "C", "quota_only", REASON)
    people = sorted(s.grades.index)

    def by(values: list[str]) -> GroupMoves:
        frame = pd.DataFrame({"person": people, "attribute": "origin", "value": values})
        return s.moves_by_group(rk.Attributes.from_frame(frame), "origin")

    toy = by(["x"] * 4 + ["y"] * 26)  # y alone beside the sum of all would be x
    assert toy.table.drop(columns="reason").isna().all(axis=None)
    assert np.isnan(toy.overall)
    three = by(["x"] * 4 + ["y"] * 12 + ["z"] * 14)  # the next smallest goes too, and then z is alone
    assert three.table.drop(columns="reason").isna().all(axis=None)
    four = by(["x"] * 4 + ["w"] * 6 + ["y"] * 10 + ["z"] * 10)
    assert (four.table.loc[["x", "w"], "reason"] == HIDDEN).all()
    assert four.table.loc[["x", "w"]].drop(columns="reason").isna().all(axis=None)
    assert four.table.loc[["y", "z"], "n"].tolist() == [10, 10]
    alone = by(["y"] * 10 + ["z"] * 20)
    assert alone.table["n"].tolist() == [10, 20]
