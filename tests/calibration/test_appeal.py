"""AppealLog: who may take which step when, what must be said, and what a decision does to others."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from rankkit.calibration import AppealLog, AppealPolicy, Participant, WorkingCalendar, read_export, working_calendar
from rankkit.errors import PolicyError
from tests.calibration.appeal_cases import (
    DELIVERED,
    STAFF,
    WHY,
    closed_session,
    decided,
    graded,
    investigated,
    log_of,
    refused,
    rerated,
    someone,
    with_family,
)
from tests.calibration.session_cases import people_of, session


def test_an_appeal_from_the_written_reasons_to_the_letter() -> None:
    log = log_of()
    who = someone(log, "B")
    n = rerated(log, who, 1.5)
    assert log.case(n)["stage"] == "re_evaluated"
    made = log.decide(n, "Decider", "adjusted", WHY, "A", on="2026-03-12")
    assert made.displaced == ()
    assert "I-APPEALBEYOND" in [p.code for p in made.notes]
    assert log.final_grades("2026-03-13").loc[who, "grade"] == "B"  # a decision nobody approved changes nothing
    log.approve(n, "Chief", on="2026-03-13")
    log.notify(n, "HR", "receipt 12", on="2026-03-16")
    log.close_case(n, "HR", on="2026-03-16")
    row = log.case(n)
    assert (row["stage"], row["outcome"], row["to"], row["working_days"]) == ("closed", "adjusted", "A", 6)
    assert (row["re_rated_by"], row["decided_by"], row["approved_by"]) == ("Rater1", "Decider", "Chief")
    final = log.final_grades("2026-03-16")
    assert final.loc[who, ["before", "grade", "by", "decided_by", "status"]].tolist() == ["B", "A", "appeal", "Chief", "final"]
    others = final.drop(index=who)
    assert (others["before"] == others["grade"]).all()
    assert log.verify().count == 12
    assert log.case(log.cases.index[0]).equals(row)  # a number of numpy's is a number
    refused("E-APPEALNUMBER", log.case, True)
    refused("E-APPEALNUMBER", log.case, "one")


def test_too_late_names_delivery_last_day_and_days() -> None:
    log = log_of()
    who = someone(log, "B")
    error = refused("E-APPEALLATE", log.submit, who, "other", WHY, ["x"], on="2026-03-10")
    assert "delivered 2026-03-02, the last day was 2026-03-09 (5 working days), it came on 2026-03-10, working day 6" in error.text("en")
    n = log.submit(who, "other", WHY, ["x"], on="2026-03-10", late_reason="In hospital from the fourth to the tenth.")
    assert log.case(n)["late"]
    log.reject(n, "HR", "late", WHY, on="2026-03-11")
    other = someone(log, "B", 1)
    m = log.submit(other, "other", WHY, ["x"], on="2026-03-09")  # the last day counts
    refused("E-APPEALINTIME", log.reject, m, "HR", "late", WHY, on="2026-03-11")


def test_the_period_runs_from_delivery_in_the_calendars_zone() -> None:
    log = log_of()
    who = someone(log, "B")
    refused("E-APPEALEARLIER", log.deliver, who, "2026-02-27", "receipt", by="HR")
    log.deliver(who, "2026-03-04T17:30:00+00:00", "receipt", by="HR")  # already the 5th in Shanghai
    assert log.status("2026-03-06").loc[who, ["delivered", "last_day", "left"]].tolist() == ["2026-03-05", "2026-03-12", 4]
    refused("E-APPEALPROOF", log.deliver, who, "2026-03-06", "  ", by="HR")
    refused("E-CALENDARYEAR", log.deliver, who, "2026-12-29", "receipt", by="HR")
    assert "W-APPEALUNDELIVERED" not in [p.code for p in log.notes]
    fresh = AppealLog.create(None, graded(), STAFF, policy=AppealPolicy(filing_days=5), calendar=working_calendar("cn"))
    assert set(fresh.status("2026-03-06")["status"]) == {"not_delivered"}
    fresh.deliver(someone(log, "B", 1), "2026-03-04", "receipt", by="HR")
    assert "W-APPEALUNDELIVERED" in [p.code for p in fresh.notes]
    assert fresh.submit(who, "other", WHY, ["x"], on="2026-03-06") == 1  # before delivery nothing is late


def test_further_years_are_added_when_their_notice_is_out() -> None:
    log = log_of()
    who = someone(log, "B")
    refused("E-CALENDARYEAR", log.submit, who, "other", WHY, ["x"], on="2027-01-04", late_reason=WHY)
    log.deliver(who, "2026-12-24", "receipt", by="HR")
    assert log.status("2026-12-28").loc[who, "last_day"] == "2026-12-31"
    year = WorkingCalendar(name="cn 2027", holidays={dt.date(2027, 1, 1): "元旦"}, years=(2027,))
    log.extend_calendar(year, by="HR")
    log.deliver(who, "2026-12-30", "receipt", by="HR")
    assert log.status("2026-12-31").loc[who, "last_day"] == "2027-01-07"
    changed = WorkingCalendar(name="x", worked={dt.date(2027, 1, 2): ""}, holidays={dt.date(2027, 1, 1): ""}, years=(2027,))
    refused("E-APPEALCALENDAR", log.extend_calendar, changed, by="HR")
    refused("E-SETTING", log.extend_calendar, WorkingCalendar.weekends(), by="HR")
    refused("E-TYPE", log.extend_calendar, "cn", by="HR")
    assert log.replay(log.state.count).calendar == log.calendar


def test_what_an_appeal_must_have_and_who_may_make_it() -> None:
    log = log_of()
    who, other = someone(log, "B"), someone(log, "B", 1)
    assert set(refused("E-REASONSHORT", log.submit, who, "unfair", "no", on="2026-03-04").codes) == {
        "E-REASONSHORT", "E-SETTING", "E-APPEALNOEVIDENCE",
    }  # fmt: skip
    refused("E-APPEALOTHER", log.submit, who, "other", WHY, ["x"], by=other, on="2026-03-04")
    refused("E-APPEALOTHER", log.submit, who, "other", WHY, ["x"], by="HR", on="2026-03-04")
    refused("E-APPEALNOBODY", log.submit, "stranger", "other", WHY, ["x"], on="2026-03-04")
    refused("E-APPEALUNGRADED", log.submit, "HR", "other", WHY, ["x"], on="2026-03-04")
    refused("E-APPEALNOEVIDENCE", log.submit, who, "other", WHY, None, on="2026-03-04")
    refused("E-SETTING", log.submit, who, "other", WHY, ["x"], wanted="Z", on="2026-03-04")
    n = log.submit(who, "other", WHY, ["x"], on="2026-03-04")
    assert str(n) in refused("E-APPEALTWICE", log.submit, who, "other", WHY, ["y"], on="2026-03-05").text("en")
    log.withdraw(n, on="2026-03-05")
    assert log.submit(who, "other", WHY, ["y"], on="2026-03-06") == 2  # withdrawn, and still within the period
    loose = log_of(evidence="warn")
    assert loose.submit(who, "other", WHY, on="2026-03-04") == 1


def test_ungraded_people_have_nothing_to_appeal() -> None:
    grades = graded(48, ties="committee")
    waiting = grades.grades.index[grades.grades["grade"].isna()][0]
    log = AppealLog.create(None, grades, STAFF, policy=AppealPolicy(filing_days=5), calendar=working_calendar("cn"))
    refused("E-APPEALUNGRADED", log.submit, waiting, "other", WHY, ["x"], on="2026-03-04")
    refused("E-APPEALUNGRADED", log.deliver, waiting, "2026-03-04", "receipt", by="HR")
    assert log.final_grades("2026-03-04").loc[waiting, "status"] == "not_graded"
    assert "W-APPEALNOCOMMITTEE" in [p.code for p in log.notes]


def test_nobody_acts_twice_in_one_case_nor_in_their_own() -> None:
    who = someone(log_of(), "B")
    log = log_of(staff=[*with_family(who), Participant(id="M0"), Participant(id="M1"), Participant(id="M2"), "Old1", who])
    boss = log.names.manager(log.names.token(who))
    n = log.submit(who, "other", WHY, ["x"], on="2026-03-04")
    for actor in (who, boss, "Old1", "Rater2"):
        refused("E-APPEALCONFLICT", log.admit, n, actor, on="2026-03-05")
    log.admit(n, "HR", on="2026-03-05")
    for actor in (who, boss, "Old1", "Rater2"):
        refused("E-APPEALCONFLICT", log.statement, n, who, WHY, actor, on="2026-03-05")
        refused("E-APPEALCONFLICT", log.blind_pack, n, actor, on="2026-03-05")
    log.statement(n, who, WHY, "Inv", on="2026-03-05")
    log.statement(n, boss, "", "Inv", declined=True, on="2026-03-05")
    log.blind_pack(n, "Inv", on="2026-03-06")
    for actor in (who, boss, "Old1", "Rater2", "Inv"):
        refused("E-APPEALCONFLICT", log.re_rate, n, actor, 3.0, on="2026-03-09")
    log.re_rate(n, "Rater1", 3.0, on="2026-03-09")
    for actor in (who, boss, "Old1", "Rater2", "Inv", "Rater1"):
        refused("E-APPEALCONFLICT", log.decide, n, actor, "confirmed", WHY, on="2026-03-10")
    log.decide(n, "Decider", "confirmed", WHY, on="2026-03-10")
    for actor in (who, boss, "Old1", "Rater2", "Inv", "Rater1", "Decider"):
        refused("E-APPEALCONFLICT", log.approve, n, actor, on="2026-03-10")
    refused("E-APPEALSTAFF", log.approve, n, "Old2", on="2026-03-10")
    log.approve(n, "Chief", on="2026-03-11")
    relaxed = log_of(conflicts=("appellant",))
    m = investigated(relaxed, who)
    relaxed.re_rate(m, "Inv", 3.0, on="2026-03-11")  # a scheme that allows it


def test_who_voted_on_or_moved_somebody_does_not_rate_them_again() -> None:
    s, down, _ = closed_session()
    log = log_of(basis=s, staff=[*STAFF, "Wang", "Li"])
    n = investigated(log, down)
    assert "they moved the person in the session" in refused("E-APPEALCONFLICT", log.re_rate, n, "Wang", 3.0, on="2026-03-11").text("en")
    found = log.re_rate(n, "Li", 3.0, on="2026-03-11")
    assert found is not None
    assert log.events[-1].data["part"] == ["participant"]
    assert "W-APPEALSEEN" in [p.code for p in found.notes]  # at the table, though not voting
    table = log.final_grades("2026-03-12")
    assert set(table["by"]) == {"session"}
    assert "Wang" in table.loc[down, "decided_by"]
    assert table.loc[down, "grade"] == "B"
    assert str(s.head()) == log.state.start["source"]["head"]
    refused("E-APPEALUNCLOSED", log_of, basis=session(phase="ratify"))


def test_an_export_without_names_is_no_basis(tmp_path: Path) -> None:
    s, _, _ = closed_session()
    s.export(tmp_path / "bare.jsonl", personal=False)
    s.export(tmp_path / "whole.jsonl")
    refused("E-APPEALNAMELESS", log_of, basis=read_export(tmp_path / "bare.jsonl"))
    assert log_of(basis=read_export(tmp_path / "whole.jsonl")).final_grades("2026-03-05")["grade"].notna().all()


def test_steps_out_of_order() -> None:
    log = log_of()
    who = someone(log, "B")
    refused("E-APPEALNUMBER", log.admit, 1, "HR", on="2026-03-05")
    n = log.submit(who, "other", WHY, ["x"], on="2026-03-05")
    for step in (
        lambda: log.statement(n, who, WHY, "Inv", on="2026-03-06"),
        lambda: log.blind_pack(n, "Inv", on="2026-03-06"),
        lambda: log.re_rate(n, "Rater1", 3.0, on="2026-03-06"),
        lambda: log.decide(n, "Decider", "confirmed", WHY, on="2026-03-06"),
        lambda: log.approve(n, "Chief", on="2026-03-06"),
        lambda: log.notify(n, "HR", "receipt", on="2026-03-06"),
        lambda: log.close_case(n, "HR", on="2026-03-06"),
    ):
        refused("E-APPEALSTEP", step)
    refused("E-APPEALDATE", log.admit, n, "HR", on="2026-03-04")
    log.admit(n, "HR", on="2026-03-06")
    refused("E-APPEALSTEP", log.admit, n, "HR", on="2026-03-06")
    log.statement(n, who, WHY, "Inv", on="2026-03-06")
    refused("E-APPEALNOPACK", log.re_rate, n, "Rater1", 3.0, on="2026-03-06")
    refused("E-APPEALSTEP", log.decide, n, "Decider", "confirmed", WHY, on="2026-03-09")
    log.blind_pack(n, "Inv", on="2026-03-06")
    refused("E-APPEALSTRANGE", log.re_rate, n, "Rater1", 3.0, evidence_ids=["new"], on="2026-03-09")
    log.re_rate(n, "Rater1", 3.0, on="2026-03-09")
    unheard = refused("E-APPEALUNHEARD", log.decide, n, "Decider", "confirmed", WHY, on="2026-03-10")
    assert "主管" in unheard.text("zh")
    refused("E-APPEALSTEP", log.blind_pack, n, "Inv", on="2026-03-10")


def test_a_defect_of_the_procedure_needs_no_difference() -> None:
    log = log_of()
    who = someone(log, "C")
    n = investigated(log, who)
    log.decide(n, "Decider", "process_defect", WHY, on="2026-03-12")
    log.approve(n, "Chief", on="2026-03-13")
    assert log.effects().empty
    assert log.case(n)["outcome"] == "process_defect"
    m = investigated(log, someone(log, "B"))
    log.decide(m, "Decider", "process_defect", WHY, "A", on="2026-03-12")
    log.approve(m, "Chief", on="2026-03-13")
    assert log.effects()["effect"].tolist() == ["by_exception"]


def test_nobody_loses_by_appealing() -> None:
    log = log_of()
    n = rerated(log, someone(log, "B"), -1.5)
    assert "nobody loses by appealing" in log.re_rating(n).text("en")  # type: ignore[union-attr]
    refused("E-APPEALWORSE", log.decide, n, "Decider", "adjusted", WHY, "C", on="2026-03-12")
    made = log.decide(n, "Decider", "confirmed", WHY, on="2026-03-12")
    assert "I-APPEALNOWORSE" in [p.code for p in made.notes]
    log.approve(n, "Chief", on="2026-03-13")
    assert log.effects().empty
    harsh = log_of(no_worse=False)
    m = rerated(harsh, someone(harsh, "B"), -1.5)
    harsh.decide(m, "Decider", "adjusted", WHY, "C", on="2026-03-12")


def test_rejected_withdrawn_and_taken_back() -> None:
    log = log_of()
    who, other = someone(log, "B"), someone(log, "B", 1)
    n = log.submit(who, "other", WHY, ["x"], on="2026-03-05")
    log.reject(n, "HR", "no_evidence", WHY, on="2026-03-06")
    log.undo(n, "HR", WHY)
    assert log.case(n)["stage"] == "submitted"
    refused("E-APPEALUNDO", log.undo, n, "HR", WHY)
    log.reject(n, "HR", "no_evidence", WHY, on="2026-03-06")
    log.notify(n, "HR", "receipt", on="2026-03-06")
    refused("E-APPEALUNDO", log.undo, n, "HR", WHY)
    assert log.case(n)["outcome"] == "inadmissible"
    m = decided(log, other, "A")
    refused("E-APPEALSTEP", log.withdraw, m, on="2026-03-12")
    log.approve(m, "Chief", on="2026-03-13")
    assert log.quota.loc["A", "by_exception"] == 1
    log.undo(m, "HR", WHY)
    assert log.quota.loc["A", "by_exception"] == 0
    assert log.case(m)["stage"] == "decided"
    third = log.submit(someone(log, "B", 2), "other", WHY, ["x"], on="2026-03-05")
    refused("E-APPEALOTHER", log.withdraw, third, by=who, on="2026-03-06")


def test_grades_are_final_only_after_the_period_without_an_open_appeal() -> None:
    log = log_of()
    who = someone(log, "B")
    assert set(log.final_grades("2026-03-09")["status"]) == {"open_to_appeal"}
    n = log.submit(who, "other", WHY, ["x"], on="2026-03-09")
    told = log.status("2026-03-10")
    assert told.loc[who, "status"] == "appealed"
    assert told.loc[who, "appeal"] == n
    assert set(told.drop(index=who)["status"]) == {"final"}
    log.withdraw(n, on="2026-03-11")
    assert log.status("2026-03-11").loc[who, "status"] == "final"


def test_overdue_steps_are_listed() -> None:
    log = log_of(admission_days=3, notice_days=2)
    who = someone(log, "B")
    n = log.submit(who, "other", WHY, ["x"], on="2026-03-05")
    assert log.overdue("2026-03-10").empty
    late = log.overdue("2026-03-16")
    assert late.loc[0, ["case", "stage", "last_day", "over"]].tolist() == [n, "submitted", "2026-03-10", 4]
    log.admit(n, "HR", on="2026-03-16")
    assert log.overdue("2026-11-16").empty  # the scheme sets no other deadline here, and says so
    assert "W-APPEALNODEADLINE" in [p.code for p in log.notes]


def test_impossible_rules_and_beginnings() -> None:
    with pytest.raises(PolicyError) as error:
        AppealPolicy(
            filing_days=0, reason_length=3, evidence="none", effects="swap", no_worse=1, conflicts=("rater",), re_raters=0, rating_se=-1,  # type: ignore[arg-type]
            covariance=-1, level=2,
        )  # fmt: skip
    assert len(error.value.items) == 10
    with pytest.raises(TypeError):
        AppealPolicy()  # type: ignore[call-arg]  # no deadline is assumed
    calendar, policy = working_calendar("cn"), AppealPolicy(filing_days=5)
    refused("E-TYPE", AppealLog.create, None, "grades", STAFF, policy=policy, calendar=calendar)
    refused("E-TYPE", AppealLog.create, None, graded(), STAFF, policy=policy, calendar="cn")
    refused("E-NOPARTICIPANTS", AppealLog.create, None, graded(), [], policy=policy, calendar=calendar)
    refused("E-APPEALNOBODY", AppealLog.create, None, graded(), [Participant(id="a", family=("nobody",))], policy=policy, calendar=calendar)
    protected = people_of(graded()).assign(gender="f")
    refused("E-ATTR", AppealLog.create, None, graded(), STAFF, policy=policy, calendar=calendar, people=protected)
    refused("E-SETTING", AppealLog.create, None, graded(), STAFF, policy=policy, calendar=calendar, ratings=pd.DataFrame({"a": [1]}))


def test_staff_may_join_later() -> None:
    log = log_of()
    who = someone(log, "B")
    n = investigated(log, who)
    refused("E-APPEALNOBODY", log.re_rate, n, "New", 3.0, on="2026-03-11")
    log.enrol(Participant(id="New", label="新评委"), by="HR")
    log.enrol(Participant(id="Kin", family=(who,)), by="HR")
    refused("E-PARTICIPANTTWICE", log.enrol, "New", by="HR")
    refused("E-APPEALCONFLICT", log.re_rate, n, "Kin", 3.0, on="2026-03-11")
    log.re_rate(n, "New", 3.0, on="2026-03-11")
    assert log.case(n)["re_rated_by"] == "新评委"
    assert log.case(n)["delivered"] == DELIVERED
