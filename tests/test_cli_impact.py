"""`rankkit impact`: counts, lists of grades and archives, in GB18030, UTF-8 and Excel, with Chinese headings."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result
from python_calamine import CalamineWorkbook

import rankkit as rk
from rankkit import simulate
from rankkit.cli import main

PEOPLE = [f"工{k:03d}号" for k in range(1, 61)]
GRADES = (["优"] * 3 + ["良"] * 21 + ["差"] * 6) + (["优"] * 9 + ["良"] * 19 + ["差"] * 2)
NAMES = ["-c", "person=工号", "-c", "grade=等级"]


@pytest.fixture(autouse=True)
def _english():
    yield
    rk.use_language("en")


def run(*arguments: object, code: int = 0) -> Result:
    result = CliRunner().invoke(main, ["impact", *map(str, arguments)])
    assert result.exit_code == code, result.output + repr(result.exception)
    assert "Traceback" not in result.output
    return result


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A list of grades in GB18030, and groups in a workbook, a column each."""
    units = ["东部", "西部"] * 30
    grades = pd.DataFrame({"工号": PEOPLE, "姓名": PEOPLE, "等级": GRADES, "部门": units})
    (tmp_path / "等级.csv").write_bytes(grades.to_csv(index=False).encode("gb18030"))
    wide = pd.DataFrame({"工号": PEOPLE, "性别": ["女"] * 30 + ["男"] * 30, "部门": units})
    wide.to_excel(tmp_path / "属性.xlsx", index=False, engine="xlsxwriter")
    return tmp_path


def test_a_list_of_grades_and_a_sheet_of_groups(files: Path) -> None:
    out = run(files / "等级.csv", "--attributes", files / "属性.xlsx", *NAMES, "--order", "优,良,差", "--law", "cn", "--lang", "zh").output
    assert "女" in out
    assert "指导案例 18 号" in out
    assert "0.33" in out  # 3/30 against 9/30
    assert "3.00" in out  # 6/30 against 2/30
    assert "GB18030" in out.upper()
    assert "东部" not in out


def test_it_writes_report_workbook_and_picture_in_both_languages(files: Path) -> None:
    base = [files / "等级.csv", "--attributes", files / "属性.xlsx", *NAMES, "--order", "优,良,差", "--by", "部门", "--law", "us"]
    for lang, title in (("zh", "各群体的评级结果"), ("en", "How groups fare under the grades")):
        page, book, picture = files / f"{lang}.html", files / f"{lang}.xlsx", files / f"{lang}.png"
        run(*base, "--lang", lang, "--report", page, "--excel", book, "--plot", picture)
        text = page.read_text(encoding="utf-8")
        assert title in text
        assert "Mantel–Haenszel" in text
        assert all(who not in text for who in PEOPLE[:5])
        sheets = CalamineWorkbook.from_path(str(book)).sheet_names
        assert len(sheets) >= 5
        assert picture.stat().st_size > 5000


def test_counts_with_strata_focal_and_reference(tmp_path: Path) -> None:
    rows = [("一部", "女", 8, 20), ("一部", "男", 20, 50), ("二部", "女", 4, 40), ("二部", "男", 1, 10)]
    pd.DataFrame(rows, columns=["部门", "群体", "入选", "应考"]).to_csv(tmp_path / "counts.csv", index=False)
    names = ["-c", "group=群体", "-c", "considered=应考", "-c", "selected=入选"]
    out = run(tmp_path / "counts.csv", *names, "--by", "部门", "--reference", "男", "--focal", "女", "--report", tmp_path / "r.html").output
    assert "0.57" in out
    assert "1.00" in (tmp_path / "r.html").read_text(encoding="utf-8")  # within strata
    assert "no group shown" in run(tmp_path / "counts.csv", *names, "--focal", "x", code=2).output
    assert "no group shown" in run(tmp_path / "counts.csv", *names, "--reference", "x", code=2).output
    assert "us" in run(tmp_path / "counts.csv", *names, "--law", "mars", code=1).output


def test_an_archive_with_scores_and_covariates(tmp_path: Path) -> None:
    scores = rk.GraphicRatingScale().fit(simulate.ratings(60, 6, seed=2).table)
    graded = rk.ForcedDistribution(shares={"A": 0.2, "B": 0.6, "C": 0.2}, ties="up").fit(scores)
    graded.to_json(tmp_path / "grades.json")
    who = list(graded.people)
    pd.DataFrame({"person": who, "attribute": "gender", "value": ["f", "m"] * 30}).to_csv(tmp_path / "groups.csv", index=False)
    facts = pd.DataFrame({"person": who, "unit": [f"u{k % 6}" for k in range(60)], "tenure": [k % 9 for k in range(60)]})
    facts.to_csv(tmp_path / "people.csv", index=False)
    base = [tmp_path / "grades.json", "--attributes", tmp_path / "groups.csv", "--people", tmp_path / "people.csv"]
    out = run(*base, "--beside", "tenure", "--cluster", "unit", "--by", "unit", "--report", tmp_path / "r.html").output
    assert "can carry the difference" in out
    assert "Beside covariates" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_all_problems_of_all_files_at_once(tmp_path: Path) -> None:
    pd.DataFrame({"person": ["1", "1", "", "4"], "grade": ["A", "B", "A", "Z"]}).to_csv(tmp_path / "g.csv", index=False)
    pd.DataFrame({"person": ["1", "", "1"], "性别": ["f", "m", "m"]}).to_csv(tmp_path / "a.csv", index=False)
    out = run(tmp_path / "g.csv", "--attributes", tmp_path / "a.csv", "--order", "A,B", code=1).output
    for told in ("row 3", "row 4", "row 5", "listed twice", "'Z'", "a.csv"):
        assert told in out, told
    pd.DataFrame({"group": ["a", "", "c"], "considered": [3, "x", 5], "selected": [4, 1, -1]}).to_csv(tmp_path / "c.csv", index=False)
    out = run(tmp_path / "c.csv", code=1).output
    for told in ("4 selected of 3", "row 3, group", "considered = 'x'", "selected = '-1'"):
        assert told in out, told


def test_what_is_missing_is_said(files: Path, tmp_path: Path) -> None:
    assert "--attributes" in run(files / "等级.csv", *NAMES, code=2).output
    assert "--order" in run(files / "等级.csv", "--attributes", files / "属性.xlsx", *NAMES, code=2).output
    assert (
        "no file has the column"
        in run(files / "等级.csv", "--attributes", files / "属性.xlsx", *NAMES, "-c", "level=职级", "--order", "优,良,差", code=2).output
    )
    missing = run(files / "等级.csv", "--attributes", files / "属性.xlsx", "--order", "优,良,差", code=1).output
    assert "missing column person" in missing
    assert "工号" in missing
    counts = pd.DataFrame({"group": ["a", "b"], "grade": ["A", "A"], "n": [9, 9]})
    counts.to_csv(tmp_path / "n.csv", index=False)
    assert "--order" in run(tmp_path / "n.csv", code=2).output
    assert "need scores" in run(tmp_path / "n.csv", "--beside", "tenure", code=2).output
    assert "missing column" in run(tmp_path / "n.csv", "--order", "A,B", "--by", "unit", code=1).output
