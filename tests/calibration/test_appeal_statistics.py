"""Rates of appeals with exact intervals, time to decision with open cases, and what became of appellants later."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import rankkit as rk
from rankkit.calibration import AppealLog, AppealPolicy, working_calendar
from tests.calibration.appeal_cases import STAFF, WHY, all_different, log_of, refused, someone

TIGHT = 1e-12  # the same formula, the same numbers


def big_log(units: dict[str, int], appeals: dict[str, tuple[int, int]]) -> AppealLog:
    """People by manager; of each so many appealed (confirmed, overturned)."""
    n = sum(units.values())
    grades = all_different(n)
    manager = [m for m, k in units.items() for _ in range(k)]
    people = pd.DataFrame({"person": sorted(grades.people), "manager": manager, "unit": "U"})
    policy = AppealPolicy(filing_days=5, rating_se=0.1, conflicts=("appellant",))
    log = AppealLog.create(None, grades, STAFF, policy=policy, calendar=working_calendar("cn"), people=people)
    table = log.final_grades("2026-03-02")
    for m, (stand, change) in appeals.items():
        own = [p for p, boss in zip(sorted(grades.people), manager, strict=True) if boss == m and table.loc[p, "grade"] != "A"]
        for k, who in enumerate(own[: stand + change]):
            a = log.submit(who, "procedure", WHY, ["x"], on="2026-03-05")
            log.admit(a, "HR", on="2026-03-05")
            log.statement(a, who, WHY, "Inv", on="2026-03-05")
            log.statement(a, m, "", "Inv", declined=True, on="2026-03-05")
            if k < stand:
                log.blind_pack(a, "Inv", on="2026-03-05")
                log.re_rate(a, "Rater1", 3.0, on="2026-03-05")
            log.decide(a, "Decider", "confirmed" if k < stand else "process_defect", WHY, on="2026-03-06")
            log.approve(a, "Chief", on="2026-03-09")
    return log


def test_rates_have_exact_intervals_and_tests() -> None:
    log = big_log({"M0": 40, "M1": 40, "M2": 38, "M3": 2}, {"M0": (1, 9), "M1": (6, 2), "M2": (4, 0)})
    found = log.statistics("manager", on="2026-03-10")
    row = found.table.loc["M0"]
    assert row[["n", "appeals", "decided", "overturned"]].tolist() == [40, 10, 10, 9]
    exact = stats.binomtest(9, 10).proportion_ci(0.95, "exact")
    assert (row["overturn_low"], row["overturn_high"]) == pytest.approx((exact.low, exact.high), abs=TIGHT)
    fisher = stats.fisher_exact([[9, 1], [2, 10]]).pvalue
    assert row["overturn_p"] == pytest.approx(fisher, abs=TIGHT)
    assert row["overturn_mid_p"] < row["overturn_p"]
    assert row["overturn_q"] == pytest.approx(2 * fisher, abs=TIGHT)  # Holm over the two managers that are shown
    assert found.table.loc["M3", "reason"] == found.table.loc["M2", "reason"] == "too few people to show"  # by subtraction
    assert found.table.loc["M3", ["n", "appeals"]].isna().all()
    assert [p.code for p in found.notes] == ["W-APPEALSMALL", "F-OVERTURN", "F-OVERTURN-ELSE"]
    assert "training" in found.notes[1].text("en")
    assert found.overall["overturned"] == 11
    assert found.reasons.loc["procedure"].tolist() == [22, 22, 11]
    assert found.times["median"] == 2


def test_protected_groups_are_shown_only_where_enough_were_decided() -> None:
    log = big_log({"M0": 40, "M1": 40}, {"M0": (1, 2), "M1": (6, 2)})
    people = sorted(log.final_grades("2026-03-10").index)
    values = ["f" if k < 40 else "m" for k in range(80)]
    attributes = rk.Attributes.from_frame(pd.DataFrame({"person": people, "attribute": "gender", "value": values}))
    head = log.head()
    found = log.statistics("gender", attributes, on="2026-03-10").table
    assert found["appeals"].tolist() == [3, 8]
    assert found["decided"].isna().all()  # of the other group by subtraction
    assert set(found["reason"]) == {"too few decided to show"}
    assert log.head() == head
    refused("E-SETTING", log.statistics, "gender")
    refused("E-SETTING", log.statistics, "gender", pd.DataFrame())
    refused("E-SETTING", log.statistics, min_group=1)
    refused("E-SETTING", log.statistics, level=2.0)


def test_open_appeals_count_as_waiting() -> None:
    log = log_of()
    for k, days in enumerate(("2026-03-03", "2026-03-04", "2026-03-05")):
        log.submit(someone(log, "B", k), "other", WHY, ["x"], on=days)
    log.withdraw(3, on="2026-03-06")
    found = log.statistics(on="2026-03-13").times
    assert found[["n", "open", "longest_open"]].tolist() == [2, 2, 8]
    assert np.isnan(found["median"])
    assert np.isnan(found["median_all"])
    assert log.statistics("grade", on="2026-03-13").overall["withdrawn"] == 1


def later_scores(log: AppealLog, gap: float, seed: int = 1) -> pd.Series:
    rng = np.random.default_rng(seed)
    table = log.final_grades("2026-03-10")
    x = pd.Series({p: log.names.number(log.names.token(p), "score") for p in table.index})
    appealed = set(log.cases["ratee"])
    return pd.Series({p: 0.8 * x[p] + rng.normal(0, 0.3) - gap * (p in appealed) for p in x.index})


def test_what_became_of_appellants_is_told_in_the_aggregate() -> None:
    log = big_log({"M0": 40, "M1": 40}, {"M0": (4, 4), "M1": (4, 4)})
    worse = log.follow_up(later_scores(log, 0.8), permutations=499)
    assert worse.appellants == 16
    assert worse.high < 0
    assert worse.p < 0.01
    assert [p.code for p in worse.notes] == ["F-AFTERAPPEAL", "F-AFTERAPPEAL-ELSE", "I-AFTERCAVEAT"]
    assert "nobody is accused" in worse.text("en")
    assert "不是对任何人的指责" in worse.text("zh")
    same = log.follow_up(later_scores(log, 0.0), unit="manager", permutations=499)
    assert same.low < 0 < same.high
    assert "could be missed" in same.text("en")
    assert abs(worse.gap + 0.8) < 0.3
    assert log.follow_up(later_scores(log, 0.8), permutations=499) == worse


def test_fewer_than_five_appellants_are_not_looked_at() -> None:
    log = big_log({"M0": 40, "M1": 40}, {"M0": (2, 2)})
    error = refused("E-AFTERFEW", log.follow_up, later_scores(log, 0.5))
    assert "4 appellants" in error.text("en")
    refused("E-SETTING", log.follow_up, later_scores(log, 0.5), unit="gender")
    refused("E-SETTING", log.follow_up, [1, 2, 3])
    for wrong in ({"level": 2.0}, {"permutations": 3}, {"seed": -1}):
        refused("E-SETTING", log.follow_up, later_scores(log, 0.5), **wrong)
    refused("E-SETTING", log.follow_up, pd.DataFrame({"who": [1]}))
