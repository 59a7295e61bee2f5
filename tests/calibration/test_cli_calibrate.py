"""`rankkit calibrate`: a whole session in the terminal, in English and Chinese."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from rankkit.calibration import CalibrationSession
from rankkit.cli import main
from tests.calibration.session_cases import REASON, graded, holding, people_of


def run(*arguments: object, code: int = 0) -> Result:
    result = CliRunner().invoke(main, ["calibrate", *map(str, arguments)])
    assert result.exit_code == code, result.output + str(result.exception)
    return result


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    grades = graded(20)
    grades.to_json(tmp_path / "grades.json")
    people_of(grades).to_csv(tmp_path / "people.csv", index=False)
    path = tmp_path / "h1.session"
    members = ["--chair", "Wang=王主任", "--participant", "Li", "--family", f"Li:{grades.people[0]}"]
    out = run("open", path, "--grades", tmp_path / "grades.json", "--people", tmp_path / "people.csv", *members, "--title", "2026 H1")
    assert "20 people, 2 participants" in out.output
    return path


def test_a_session_from_start_to_finish(begun: Path, tmp_path: Path) -> None:
    with CalibrationSession.open(begun) as s:
        who, first = holding(s, "B")[0], str(s.grades.index[0])
    assert "is kept" in run("vote", begun, "--as", "Li", who, "up").output
    assert "E-" not in run("vote", begun, "--as", "Wang", who, "agree").output
    assert "still to vote" in run("agenda", begun, "--as", "Wang", code=1).output
    run("advance", begun, "--as", "Wang")
    assert who in run("agenda", begun).output
    run("discuss", begun, "--as", "Li", who)
    run("recuse", begun, "--as", "Li", first)
    run("advance", begun, "--as", "Wang")
    moved = run("move", begun, "--as", "Wang", who, "C", "--code", "quota_only", "--reason", REASON)
    assert "B → C" in moved.output
    assert "fit the curve" in moved.output
    assert "names no evidence" in moved.output
    assert "1 of 1 downward moves were made only to fit the curve" in run("status", begun).output
    run("undo", begun, "--as", "Li", "--reason", REASON)
    assert "takes no part" in run("move", begun, "--as", "Li", first, "C", "--code", "other", "--reason", REASON, code=1).output
    run("advance", begun, "--as", "Wang")
    run("reopen", begun, "--as", "Wang", "--reason", REASON)
    run("advance", begun, "--as", "Wang")
    assert "2 are needed" in run("advance", begun, "--as", "Wang", code=1).output
    run("ratify", begun, "--as", "Li")
    assert "2 of 2" in run("ratify", begun, "--as", "Wang").output
    assert "closed" in run("advance", begun, "--as", "Wang").output
    out = tmp_path / "out.jsonl"
    head = run("export", begun, out).output.split("Head: ")[1].split("\n")[0]
    assert "sound" in run("verify", begun, "--head", head).output
    assert "sound" in run("verify", out, "--head", head).output
    run("report", begun, tmp_path / "report.html", "--lang", "zh")
    assert "校准会议" in (tmp_path / "report.html").read_text(encoding="utf-8")
    run("shred", begun, who, "--yes")
    assert "Events: 16" in run("open", begun, "--lang", "en").output


def test_chinese(begun: Path) -> None:
    shown = run("status", begun, "--lang", "zh").output
    assert "阶段：准备" in shown
    assert "名额" in shown


def test_mistakes_are_said_plainly(begun: Path, tmp_path: Path) -> None:
    assert "does not exist" in run("open", tmp_path / "none.session", code=2).output
    assert "not among the people" in run("vote", begun, "--as", "Nobody", "p01", "agree", code=1).output
    (tmp_path / "text.session").write_text("not a session, but a text long enough to be mistaken for something")
    assert "no calibration session" in run("status", tmp_path / "text.session", code=1).output
    assert "SessionError" in run("open", begun, "--grades", tmp_path / "grades.json", "--participant", "x", code=1).output
    assert "holds a session already" in run("open", begun, "--grades", tmp_path / "grades.json", "--participant", "x", code=1).output


def test_evidence_results_and_groups_in_chinese(tmp_path: Path) -> None:
    grades = graded(20)
    grades.to_json(tmp_path / "grades.json")
    people = people_of(grades).assign(姓名="王伟", 业绩=range(20)).rename(columns={"person": "工号", "manager": "经理"})
    people.to_csv(tmp_path / "人员.csv", index=False, encoding="gb18030")
    groups = pd.DataFrame({"person": list(grades.people), "attribute": "性别", "value": ["男", "女"] * 10})
    groups.to_csv(tmp_path / "属性.csv", index=False, encoding="gb18030")
    path = tmp_path / "会议.session"
    columns = ["-c", "person=工号", "-c", "manager=经理", "-c", "label=姓名"]
    told = [*columns, "--cycle", "2026", "--quorum", "1", "--policy-version", "办法 1", "--lang", "zh"]
    start = ["open", path, "--grades", tmp_path / "grades.json", "--people", tmp_path / "人员.csv", "--participant", "M9=李敏", *told]
    assert "没有“成绩”列" in run(*start, "--kpi", "成绩", code=2).output
    run(*start, "--kpi", "业绩", "--require-evidence")
    with CalibrationSession.open(path) as s:
        who = holding(s, "B")[0]
    case = run("case", path, who, "--lang", "zh").output
    for words in (f"王伟 ({who}) · M", "业绩（KPI）", "各等级的概率", "较低等级"):
        assert words in case
    assert "尚有 19 人未投票" in run("vote", path, "--as", "M9", who, "up", "--lang", "zh").output
    run("advance", path, "--as", "M9")
    run("advance", path, "--as", "M9")
    refused = run("move", path, "--as", "M9", who, "C", "--code", "quota_only", "--reason", REASON, "--lang", "zh", code=1).output
    assert refused.startswith("错误：")
    run("move", path, "--as", "M9", who, "C", "--code", "quota_only", "--reason", REASON, "--evidence", "e1")
    then = run("whatif", path, who, "A", "--attributes", tmp_path / "属性.csv", "--lang", "zh").output
    assert "不保存" in then
    assert "性别" in then
    status = run("status", path, "--attributes", tmp_path / "属性.csv", "--lang", "zh").output
    for words in ("考核周期：2026", "1 次中 1 次", "无法区分", "群体：每次调整前后"):
        assert words in status
    renamed = groups.set_axis(["工号", "属性", "取值"], axis=1)
    renamed.to_csv(tmp_path / "名单.csv", index=False, encoding="gb18030")
    told = run("status", path, "--attributes", tmp_path / "名单.csv", "--lang", "zh", code=1).output
    named = "-c person=工号 -c attribute=属性 -c value=取值"
    assert f"命令行写法：{named}" in told
    assert run("status", path, "--attributes", tmp_path / "名单.csv", *named.split(), "--lang", "zh").output == status
    run("export", path, tmp_path / "s.jsonl")
    run("report", tmp_path / "s.jsonl", tmp_path / "r.html", "--attributes", tmp_path / "属性.csv", "--lang", "zh")
    assert "业绩（KPI）与现等级" in (tmp_path / "r.html").read_text(encoding="utf-8")
