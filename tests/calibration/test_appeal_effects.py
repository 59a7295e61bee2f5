"""What a successful appeal does to others: nothing, unless the scheme says so, by name and with their own appeal."""

from __future__ import annotations

import pandas as pd
import pytest

import rankkit as rk
from rankkit.calibration import AppealLog
from tests.calibration.appeal_cases import STAFF, WHY, all_different, decided, graded, investigated, log_of, refused, rerated, someone


def toy_after_appeal(log: AppealLog, who: str, score: float) -> pd.Series:
    """The naive way (13.2 ll): write the new score over the old one and cut the list by the seats again."""
    names = log.names
    scores = pd.Series({names.id(w): names.number(w, "score") for w in log.state.before})
    scores[who] = score
    order = scores.sort_values(ascending=False).index
    seats = log.quota["seats"].astype(int)
    return pd.Series([g for g, n in seats.items() for _ in range(n)], index=order[: int(seats.sum())])


def test_an_appeal_moves_nobody_else() -> None:
    log = log_of()
    before = log.final_grades("2026-03-05")["grade"]
    who = someone(log, "B")
    n = decided(log, who, "A")
    log.approve(n, "Chief", on="2026-03-13")
    toy = toy_after_appeal(log, who, 99.0)
    changed = [p for p in toy.index if p != who and toy[p] != before[p]]
    assert changed  # the toy takes somebody's grade without a word
    after = log.final_grades("2026-03-13")["grade"]
    assert [p for p in after.index if after[p] != before[p]] == [who]
    assert log.effects()["effect"].tolist() == ["by_exception"]
    quota = log.quota
    assert quota.loc["A", ["used", "by_exception", "slack"]].tolist() == [
        quota.loc["A", "before"] + 1,
        1,
        quota.loc["A", "seats"] - quota.loc["A", "used"],
    ]
    assert "I-APPEALEXCEPTION" in [p.code for p in log.notes]
    assert log.who_would_move(n, "A").empty
    refused("E-APPEALDISPLACED", log.approve, decided(log, someone(log, "B", 1), "A"), "Chief", [changed[0]], on="2026-03-13")


def test_re_rank_names_who_goes_down_and_gives_them_their_own_appeal() -> None:
    log = log_of(basis=all_different(), effects="re_rank")
    who = someone(log, "B")
    table = log.final_grades("2026-03-05")
    scores = pd.Series({log.names.id(w): log.names.number(w, "score") for w in log.state.before})
    lowest = scores[table.index[table["grade"] == "A"]].idxmin()
    n = rerated(log, who, 1.5)
    would = log.who_would_move(n, "A")
    assert would[["ratee", "from", "to"]].to_numpy().tolist() == [[lowest, "A", "B"]]
    made = log.decide(n, "Decider", "adjusted", WHY, "A", on="2026-03-12")
    assert made.displaced == (lowest,)
    error = refused("E-APPEALDISPLACED", log.approve, n, "Chief", on="2026-03-13")
    assert lowest in error.text("en")
    refused("E-APPEALDISPLACED", log.approve, n, "Chief", [someone(log, "C")], on="2026-03-13")
    log.approve(n, "Chief", [lowest], on="2026-03-13")
    final = log.final_grades("2026-03-16")
    assert final.loc[lowest, ["grade", "by", "status"]].tolist() == ["B", "re_rank", "not_delivered"]
    assert log.quota["slack"].tolist() == log.replay(log.state.count - 1).quota["slack"].tolist()
    assert set(log.effects()["effect"]) == {"re_rank", "displaced"}
    assert "W-APPEALUNTOLD" in [p.code for p in log.notes]
    log.notify(n, "HR", "receipt", on="2026-03-16")
    refused("E-APPEALUNTOLD", log.close_case, n, "HR", on="2026-03-16")
    log.deliver(lowest, "2026-03-17", "receipt", by="HR")
    log.close_case(n, "HR", on="2026-03-17")
    assert log.status("2026-03-18").loc[lowest, ["status", "last_day"]].tolist() == ["open_to_appeal", "2026-03-24"]
    m = log.submit(lowest, "procedure", WHY, ["x"], on="2026-03-24")  # three weeks after everybody else's period
    assert log.case(m)["last_day"] == "2026-03-24"


def test_re_rank_over_two_grades_moves_one_person_in_each() -> None:
    log = log_of(basis=all_different(), effects="re_rank")
    who = someone(log, "C")
    n = rerated(log, who, 4.0)
    would = log.who_would_move(n, "A")
    assert would["from"].tolist()[0] == "A"
    used = log.quota["used"]
    log.decide(n, "Decider", "adjusted", WHY, "A", on="2026-03-12")
    log.approve(n, "Chief", would["ratee"].tolist(), on="2026-03-13")
    assert (log.quota["used"] <= used.clip(lower=log.quota["seats"].astype(int))).all()
    one = log_of(basis=all_different(), effects="re_rank")
    k = rerated(one, who, 4.0)
    assert one.decide(k, "Decider", "adjusted", WHY, "A", exception=True, on="2026-03-12").displaced == ()
    one.approve(k, "Chief", on="2026-03-13")


def test_equal_scores_do_not_say_who_goes_down() -> None:
    scores = {f"p{k}": s for k, s in enumerate([5.0, 4.0, 4.0, 3.0, 2.0, 1.0])}
    table = rk.read_ratings(pd.DataFrame([(r, p, s) for p, s in scores.items() for r in ("r1", "r2")], columns=["rater", "ratee", "score"]))
    grades = rk.ForcedDistribution(shares={"A": 0.5, "B": 0.5}, ties="up").fit(rk.GraphicRatingScale().fit(table))
    log = AppealLog.create(
        None, grades, STAFF, policy=rk.calibration.AppealPolicy(filing_days=5, effects="re_rank", rating_se=0.1),
        calendar=rk.calibration.working_calendar("cn"),
    )  # fmt: skip
    log.deliver(None, "2026-03-02", "signed", by="HR")
    n = log.submit("p3", "other", WHY, ["x"], on="2026-03-05")
    refused("E-APPEALTIE", log.who_would_move, n, "A")
    log.admit(n, "HR", on="2026-03-06")
    log.statement(n, "p3", WHY, "Inv", on="2026-03-06")
    log.blind_pack(n, "Inv", on="2026-03-06")
    log.re_rate(n, "Rater1", 4.5, on="2026-03-06")
    count = log.state.count
    refused("E-APPEALTIE", log.decide, n, "Decider", "adjusted", WHY, "A", on="2026-03-09")
    assert log.state.count == count
    log.decide(n, "Decider", "adjusted", WHY, "A", exception=True, on="2026-03-09")
    log.approve(n, "Chief", on="2026-03-10")
    assert log.effects()["effect"].tolist() == ["by_exception"]


def test_bonus_comes_from_the_reserve_and_nobody_elses_falls() -> None:
    log = log_of()
    payroll = rk.read_payroll(pd.DataFrame({"person": list(graded().people), "base": "1000", "months": 12}))
    plan = rk.calibration.BonusPlan(pool="30000", reserve="2000", coefficients={"A": "1.5", "B": "1", "C": "0.6"})
    first = plan.allocate(log.final_grades("2026-03-05")["grade"], payroll)
    who = someone(log, "B")
    n = decided(log, who, "A")
    log.approve(n, "Chief", on="2026-03-13")
    after = log.top_up(first)
    others = [p for p in first.table.index if p != who]
    assert (after.table.loc[others, "total"] == first.table.loc[others, "total"]).all()
    assert after.table.loc[who, "total"] > first.table.loc[who, "total"]


def test_the_blind_pack_shows_what_happened_and_nothing_of_who_thought_what() -> None:
    log = log_of()
    who, other = someone(log, "B"), someone(log, "B", 1)
    incidents = rk.read_incidents(
        pd.DataFrame(
            {
                "incident": ["project-7", "kpi-1", "kpi-2"],
                "ratee": [who, who, other],
                "occurred_on": ["2026-01-05", "2026-02-03", "2026-02-04"],
                "valence": [2, -1, 1],
                "author": ["Old1", "Old1", "Old1"],
                "behaviour": ["Rebuilt the index", "Old1 rated B: late twice", "x"],
            }
        )
    )
    n = log.submit(who, "evidence_ignored", WHY, ["project-7"], on="2026-03-05", wanted="A")
    log.admit(n, "HR", on="2026-03-06")
    pack = log.blind_pack(n, "Inv", ["kpi-1"], incidents, on="2026-03-09")
    assert pack.evidence.index.tolist() == ["project-7", "kpi-1"]
    assert not {"author", "valence", "effectiveness", "ratee"} & set(pack.evidence.columns)
    assert [p.code for p in pack.notes] == ["W-APPEALTELLS"]
    assert "kpi-1" in pack.notes[0].text("zh")
    shown = pack.evidence.drop(index="kpi-1").to_csv() + pack.instructions("en") + pack.instructions("zh")
    score = f"{log.names.number(log.names.token(who), 'score'):.2f}"
    for secret in (who, "Old1", score, WHY, "M0", "M1", "M2"):
        assert secret not in shown
    assert log.events[-1].data["sha256"] == pack.sha256
    refused("E-SETTING", log.blind_pack, n, "Inv", ["kpi-1"], pd.DataFrame(), on="2026-03-09")


def test_several_re_raters_rate_the_same_evidence() -> None:
    log = log_of(re_raters=2, rating_se=None)
    who = someone(log, "B")
    n = investigated(log, who)
    x = log.names.number(log.names.token(who), "score")
    assert log.re_rate(n, "Rater1", x + 0.4, on="2026-03-11") is None
    assert log.case(n)["stage"] == "investigating"
    refused("E-APPEALRERATED", log.re_rate, n, "Rater1", x, on="2026-03-11")
    refused("E-APPEALPACKLATE", log.blind_pack, n, "Inv", ["new"], on="2026-03-11")
    found = log.re_rate(n, "Rater2", x + 0.8, on="2026-03-12")
    assert found is not None
    assert (found.raters, found.difference, found.se) == (2, pytest.approx(0.6), pytest.approx(0.2))
    lone = log_of(rating_se=None)
    k = investigated(lone, who)
    refused("E-APPEALSE", lone.re_rate, k, "Rater1", x, on="2026-03-11")
    refused("E-SETTING", lone.re_rate, k, "Rater1", float("nan"), se=0.2, on="2026-03-11")
    far = lone.re_rate(k, "Rater1", 87, se=0.2, on="2026-03-11")
    assert far is not None
    assert "W-APPEALSCALE" in [p.code for p in far.notes]
