"""`rankkit appeal`: a whole appeal in the terminal, in English and Chinese."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from rankkit.calibration import AppealLog
from rankkit.cli import main
from tests.calibration.appeal_cases import WHY, closed_session, graded, someone
from tests.calibration.session_cases import people_of


def run(*arguments: object, code: int = 0) -> Result:
    result = CliRunner().invoke(main, ["appeal", *map(str, arguments)])
    assert result.exit_code == code, result.output + str(result.exception)
    return result


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    graded().to_json(tmp_path / "grades.json")
    people_of(graded()).to_csv(tmp_path / "people.csv", index=False)
    path = tmp_path / "h1.appeals"
    staff = [x for i in ("HR=李娜", "Inv", "Rater", "Decider", "Chief") for x in ("--staff", i)]
    rules = ["--filing-days", "5", "--step-days", "admission=2,notice=3", "--calendar", "cn", "--rating-se", "0.15"]
    made = run("open", path, "--grades", tmp_path / "grades.json", "--people", tmp_path / "people.csv", *staff, *rules, "--title", "2026")
    assert "30 people, 5 members of staff" in made.output
    told = run("deliver", path, "--as", "HR", "--on", "2026-03-02", "--proof", "signed")
    assert "30 people is kept; the last day to appeal is 2026-03-09" in told.output
    return path


def test_an_appeal_from_start_to_finish(begun: Path, tmp_path: Path) -> None:
    with AppealLog.open(begun) as log:
        who = someone(log, "B")
        boss = log.names.manager(log.names.token(who))
        x = log.names.number(log.names.token(who), "score")
    late = run("submit", begun, who, "--ground", "other", "--text", WHY, "--evidence", "x", "--on", "2026-03-10", code=1)
    assert "the last day was 2026-03-09 (5 working days)" in late.output
    assert "Appeal 1" in run("submit", begun, who, "--ground", "other", "--text", WHY, "--evidence", "x", "--on", "2026-03-05").output
    assert "2026-03-09" in run("overdue", begun, "--on", "2026-03-12").output
    assert "accepted for examination" in run("admit", begun, 1, "--as", "HR", "--on", "2026-03-06").output
    run("statement", begun, 1, who, "--as", "Inv", "--text", WHY, "--on", "2026-03-09")
    run("statement", begun, 1, boss, "--as", "Inv", "--declined", "--on", "2026-03-09")
    frame = pd.DataFrame(
        {"incident": ["x"], "ratee": [who], "occurred_on": ["2026-01-05"], "valence": [2], "behaviour": ["Rebuilt the index"]}
    )
    frame.to_csv(tmp_path / "incidents.csv", index=False)
    pack = run(
        "pack", begun, 1, "--as", "Inv", "--incidents", tmp_path / "incidents.csv", "--out", tmp_path / "pack.csv", "--on", "2026-03-09"
    )
    assert "1 pieces of evidence" in pack.output
    assert "Rebuilt the index" in (tmp_path / "pack.csv").read_text(encoding="utf-8-sig")
    assert "may not take this step" in run("rerate", begun, 1, "4", "--as", "Inv", "--on", "2026-03-10", code=1).output
    assert "blind re-rating is" in run("rerate", begun, 1, f"{x + 0.9:.2f}", "--as", "Rater", "--on", "2026-03-10").output
    decided = run("decide", begun, 1, "adjusted", "--grade", "A", "--as", "Decider", "--text", WHY, "--on", "2026-03-11")
    assert "beyond the quota" in decided.output
    run("undo", begun, 1, "--as", "HR", "--reason", WHY)
    run("decide", begun, 1, "adjusted", "--grade", "A", "--as", "Decider", "--text", WHY, "--on", "2026-03-11")
    run("approve", begun, 1, "--as", "Chief", "--on", "2026-03-12")
    run("notify", begun, 1, "--as", "HR", "--proof", "receipt", "--on", "2026-03-12")
    assert "closed" in run("close", begun, 1, "--as", "HR", "--on", "2026-03-12").output
    status = run("status", begun, "--on", "2026-03-12").output
    assert "beyond the quota, by exception" in status
    assert "已结案" in run("status", begun, "--on", "2026-03-12", "--lang", "zh").output
    assert "median 5.0 of 1 decided; 0 open" in run("statistics", begun, "--on", "2026-03-12", "--lang", "en").output
    head = run("export", begun, tmp_path / "out.jsonl").output.split("Head: ")[1].split("\n")[0]
    assert "sound" in run("verify", begun, "--head", head).output
    assert "sound" in run("verify", tmp_path / "out.jsonl", "--head", head).output
    run("letter", begun, 1, tmp_path / "letter.html", "--lang", "zh")
    assert "您的等级现为 A" in (tmp_path / "letter.html").read_text(encoding="utf-8")
    for source in (begun, tmp_path / "out.jsonl"):
        run("report", source, tmp_path / "report.html", "--lang", "en", "--on", "2026-03-12")
        assert "How often, and how often changed" in (tmp_path / "report.html").read_text(encoding="utf-8")
    run("shred", begun, who, "--yes")
    assert "1 appeals, 0 open" in run("open", begun).output


def test_rejected_withdrawn_and_enrolled(begun: Path) -> None:
    with AppealLog.open(begun) as log:
        first, second = someone(log, "B"), someone(log, "B", 1)
    run("submit", begun, first, "--ground", "bias", "--text", WHY, "--evidence", "x", "--wanted", "A", "--on", "2026-03-05")
    run("submit", begun, second, "--ground", "bias", "--text", WHY, "--evidence", "x", "--late-reason", WHY, "--on", "2026-03-11")
    assert "takes no part" not in run("enrol", begun, "New=新人", "--as", "HR", "--family", first).output
    assert "they are family" in run("admit", begun, 1, "--as", "New", "--on", "2026-03-12", code=1).output
    assert "withdrawn" in run("withdraw", begun, 1, "--on", "2026-03-12").output
    assert (
        "不予受理" in run("reject", begun, 2, "--as", "New", "--ground", "late", "--text", WHY, "--on", "2026-03-12", "--lang", "zh").output
    )
    assert "No step is overdue" in run("overdue", begun, "--on", "2026-03-12", "--lang", "en").output


def test_a_closed_session_and_a_calendar_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "days.csv").write_text("日期,类型\n2027-01-01,节假日\n", encoding="utf-8")
    path = tmp_path / "s.session"
    s, _, _ = closed_session()
    s.export(tmp_path / "s.jsonl")
    assert "does not exist" in run("open", tmp_path / "none.appeals", "--lang", "en", code=2).output
    wrong = run("open", tmp_path / "n", "--session", path, "--staff", "a", "--filing-days", 5, "--calendar", "cn", code=1)
    assert "s.session" in wrong.output
    graded().to_json(tmp_path / "grades.json")
    begin = ["open", tmp_path / "own", "--grades", tmp_path / "grades.json", "--staff", "HR", "--filing-days", 5, "--calendar"]
    assert "admission=DAYS" in run(*begin, "cn", "--step-days", "lunch=1", code=2).output
    assert "STAFF:PERSON" in run(*begin, "cn", "--family", "HR", code=2).output
    run(*begin, tmp_path / "days.csv")
    run("deliver", tmp_path / "own", "--as", "HR", "--on", "2027-01-04", "--proof", "signed")
    outside = run("deliver", tmp_path / "own", "--as", "HR", "--on", "2027-12-30", "--proof", "signed", "--lang", "zh", code=1)
    assert "不在日历" in outside.output
    (tmp_path / "next.csv").write_text("date,kind\n2028-01-03,holiday\n", encoding="utf-8")
    assert "2027, 2028" in run("calendar", tmp_path / "own", tmp_path / "next.csv", "--as", "HR", "--lang", "en").output
    run("deliver", tmp_path / "own", "--as", "HR", "--on", "2027-12-30", "--proof", "signed")
    other = [*begin[:1], tmp_path / "w", *begin[2:]]
    run(*other, "weekends")
    assert "E-" not in run("status", tmp_path / "w", "--on", "2026-03-03").output
