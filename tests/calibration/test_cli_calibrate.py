"""`rankkit calibrate`: a whole session in the terminal, in English and Chinese."""

from __future__ import annotations

from pathlib import Path

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
    assert "16 events" in run("open", begun, "--lang", "en").output


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
