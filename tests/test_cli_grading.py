"""`rankkit grade`: every setting, tables of people in Chinese encodings, and ids that keep their zeros."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from click.testing import CliRunner, Result

import rankkit as rk
from rankkit import simulate
from rankkit.cli import main
from rankkit.errors import use_language

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

N = 48
HEADINGS = ["-c", "person=工号", "-c", "label=姓名", "-c", "unit=部门"]


@pytest.fixture
def scores(tmp_path: Path) -> Path:
    """Scores of people whose ids begin with zeros, as an archive."""
    frame = simulate.ratings(N, 5, seed=11).table.frame.astype({"ratee": str, "rater": str})
    ids = {old: f"00{k:03d}" for k, old in enumerate(sorted(frame["ratee"].unique()))}
    result = rk.GraphicRatingScale().fit(frame.assign(ratee=frame["ratee"].map(ids)))
    path = tmp_path / "scores.json"
    result.to_json(path)
    return path


@pytest.fixture
def staff(tmp_path: Path) -> Path:
    """A table of people as Chinese software writes it."""
    frame = pd.DataFrame({"工号": [f"00{k:03d}" for k in range(N)], "姓名": [f"员工{k}" for k in range(N)]})
    frame["部门"] = ["客服"] * 22 + ["销售"] * 21 + ["法务"] * 5
    frame["上级部门"] = ["集团"] * 43 + ["客服"] * 5
    frame["不参评原因"] = ["试用期", *[""] * (N - 1)]
    frame["最低等级"] = ["", "B", *[""] * (N - 2)]
    frame["最高等级"] = ["", "", "B", *[""] * (N - 3)]
    frame["已定等级"] = ["", "", "", "C", *[""] * (N - 4)]
    frame["业绩"] = range(N)
    path = tmp_path / "人员.csv"
    path.write_bytes(frame.to_csv(index=False).encode("gb18030"))
    return path


@pytest.fixture(autouse=True)
def _english_after() -> Iterator[None]:
    yield
    use_language("en")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["grade", *map(str, arguments)])


def test_every_setting_in_one_go_from_a_gb18030_table(scores: Path, staff: Path, tmp_path: Path) -> None:
    """A reader that takes ids for numbers, or gb18030 for utf-8, finds nobody."""
    with pytest.raises(UnicodeDecodeError):
        pd.read_csv(staff)
    assert pd.read_csv(staff, encoding="gb18030")["工号"].iloc[1] == 1  # the zeros are gone
    out = tmp_path / "grades.json"
    done = run(
        scores, "--shares", "优=10-20%,良=60-80%,差=5-15%", "--scope", "unit", "--people", staff, "--unit", "unit", "--parents", "上级部门",
        "--min-unit", 10, "--not-eligible", "不参评原因", "--tiebreak", "业绩,-业绩", *HEADINGS, "--json", out, "--lang", "zh",
        "--report", tmp_path / "r.html", "--excel", tmp_path / "r.xlsx",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    graded: Any = rk.Result.from_json(out)
    assert graded.people[0] == "00000"
    assert graded.labels["00001"] == "员工1"
    assert graded.curves["curve"].to_dict() == {"客服": "客服", "法务": "客服", "销售": "销售"}
    assert graded.scores.loc["00000", "status"] == "not_scored"
    assert "试用期" in graded.scores.loc["00000", "status_reason"]
    assert "名额：" in done.output
    assert "各单元名额：" in done.output
    assert (tmp_path / "r.html").exists()
    assert (tmp_path / "r.xlsx").exists()


def test_floors_caps_and_locks_come_from_columns(scores: Path, staff: Path, tmp_path: Path) -> None:
    out = tmp_path / "grades.json"
    rules = ["--floors", "最低等级", "--caps", "最高等级", "--locks", "已定等级"]
    done = run(scores, "--shares", "A=20,B=70,C=10", "--people", staff, *HEADINGS, *rules, "--priority", "neither", "--json", out)
    assert done.exit_code == 0, done.output
    graded: Any = rk.Result.from_json(out)
    grades = graded.grades
    assert grades.loc["00001", "grade"] in {"A", "B"}
    assert grades.loc["00002", "grade"] in {"B", "C"}
    assert grades.loc["00003", "grade"] == "C"
    assert grades.loc["00003", "rule"] == "已定等级"
    hybrid = run(scores, "--shares", "A=20,B=70,C=10", "--people", staff, *HEADINGS, "--scope", "hybrid")
    assert hybrid.exit_code == 0
    assert "Seats by unit:" in hybrid.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--shares", "A=20,B=70,C=20"], "110"),
        (["--shares", "A=20,B"], "is no share"),
        (["--shares", "A=lots,B=80"], "is no share"),
        (["--shares", "A=20,A=80"], "is no share"),
        (["--shares", "A=20,B=80", "--scope", "unit"], "--unit names a column"),
        (["--shares", "A=20,B=80", "--floors", "rule"], "--floors names a column"),
        (["--shares", "A=19.1-19.2,B=80.8-80.9"], "no whole number"),
    ],
)
def test_what_is_wrong_is_said(scores: Path, arguments: list[str], said: str) -> None:
    done = run(scores, *arguments)
    assert done.exit_code != 0
    assert said in done.output
    assert "Traceback" not in done.output


def test_columns_and_grades_that_do_not_exist(scores: Path, staff: Path) -> None:
    done = run(scores, "--shares", "A=20,B=80", "--people", staff, *HEADINGS, "--caps", "上限", "--lang", "zh")
    assert done.exit_code != 0
    assert "人员表中没有“上限”列" in done.output
    wrong = run(scores, "--shares", "A=20,D=80", "--people", staff, *HEADINGS, "--floors", "最低等级")
    assert wrong.exit_code == 1
    assert "'B'" in wrong.output


def test_teams_no_rater_links_may_be_refused(tmp_path: Path) -> None:
    rows = [(f"m{k % 4}", f"p{k:02d}", 1.0 + (k * 7) % 5) for k in range(24)] + [
        (f"n{k % 4}", f"p{k:02d}", 1.0 + (k * 3) % 5) for k in range(24)
    ]
    result = rk.GraphicRatingScale().fit(pd.DataFrame(rows, columns=["rater", "ratee", "score"]))
    result.to_json(tmp_path / "teams.json")
    asked = [tmp_path / "teams.json", "--shares", "A=25,B=50,C=25", "--ties", "up"]
    assert "share no rater" in run(*asked).output
    refused = run(*asked, "--unlinked", "refuse")
    assert refused.exit_code == 1
    assert "4 groups" in refused.output
