"""The command line, from a file on disk to a report."""

import json

import pandas as pd
import pytest
from click.testing import CliRunner

import rankkit as rk
from rankkit.cli import main

CHINESE = {"rater": "考核人", "ratee": "被考核人", "score": "分数"}


@pytest.fixture
def run():
    runner = CliRunner()

    def call(*args):
        return runner.invoke(main, [str(a) for a in args], catch_exceptions=False)

    return call


@pytest.fixture
def ratings_file(tmp_path):
    path = tmp_path / "ratings.csv"
    rk.datasets.frame("guilford_creativity").to_csv(path, index=False)
    return path


def test_check_describes_the_design(run, ratings_file):
    out = run("check", ratings_file, "--scale", 1, 9)
    assert out.exit_code == 0
    assert "105 rows, 7 people, 3 raters" in out.output
    assert "design: crossed" in out.output
    assert "设计类型：完全交叉" in run("check", ratings_file, "--lang", "zh").output


def test_check_lists_problems_and_marks_the_sheet(run, tmp_path):
    path, marked = tmp_path / "bad.csv", tmp_path / "marked.xlsx"
    pd.DataFrame({"考核人": ["王", "王"], "被考核人": ["007", "008"], "分数": ["四", "9"]}).to_csv(path, index=False, encoding="gb18030")
    columns = [x for k, v in CHINESE.items() for x in ("-c", f"{k}={v}")]
    out = run("check", path, *columns, "--kind", "ratings", "--scale", 1, 5, "--mark", marked)
    assert out.exit_code == 1
    assert "row 2, 分数 = '四'" in out.output
    assert "row 3, 分数 = 9" in out.output
    assert marked.exists()
    zh = run("check", path, *columns, "--kind", "ratings", "--scale", 1, 5, "--lang", "zh")
    assert "第 2 行" in zh.output


def test_a_missing_file_is_one_line(run, tmp_path):
    out = run("check", tmp_path / "nothing.csv")
    assert out.exit_code == 1
    assert "does not exist" in out.output
    assert "Traceback" not in out.output


def test_fit_grade_report_and_compare_work_from_archives(run, ratings_file, tmp_path):
    raw, adjusted, graded = (tmp_path / f"{n}.json" for n in ("raw", "adjusted", "graded"))
    assert "Betty" in run("fit", "graphic_rating_scale", ratings_file, "--json", raw).output
    assert run("fit", "GraphicRatingScale", ratings_file, "--set", "adjust=z", "--json", adjusted).exit_code == 0
    assert json.loads(raw.read_text(encoding="utf-8"))["schema"] == 1
    out = run("compare", raw, adjusted, "--report", tmp_path / "both.html", "--plot", tmp_path / "both.png")
    assert out.exit_code == 0
    assert "Kendall" in out.output
    out = run("grade", raw, "--shares", "A=20,B=70,C=10", "--json", graded, "--excel", tmp_path / "g.xlsx")
    assert out.exit_code == 0
    assert rk.Result.from_json(graded).grades["grade"].notna().all()
    out = run("report", graded, tmp_path / "own.html", "--audience", "ratee", "--ratee", "Anne", "--lang", "zh")
    assert out.exit_code == 0
    page = (tmp_path / "own.html").read_text(encoding="utf-8")
    assert "Anne" in page
    assert "Betty" not in page


def test_shares_that_do_not_add_up_are_refused(run, ratings_file, tmp_path):
    raw = tmp_path / "raw.json"
    run("fit", "graphic_rating_scale", ratings_file, "--json", raw)
    out = run("grade", raw, "--shares", "A=20,B=70")
    assert out.exit_code == 1
    assert "sum to 90" in out.output
    assert run("grade", raw, "--shares", "A=x").exit_code == 2


def test_settings_are_checked(run, ratings_file):
    assert "no setting colour" in run("fit", "graphic_rating_scale", ratings_file, "--set", "colour=red").output
    assert "is not possible" in run("fit", "graphic_rating_scale", ratings_file, "--set", "adjust=red").output
    assert "no method tarot" in run("fit", "tarot", ratings_file).output
    assert "works on a result" in run("fit", "forced_distribution", ratings_file).output


@pytest.mark.parametrize("method", ["graphic_rating_scale", "paired_comparison"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_templates_can_be_filled_and_read(run, tmp_path, method, lang):
    path = tmp_path / "template.xlsx"
    assert run("template", method, path, "--lang", lang).exit_code == 0
    assert path.exists()
    with pytest.raises(rk.RankkitError) as caught:
        (rk.read_ratings if method == "graphic_rating_scale" else rk.read_comparisons)(path)
    assert set(caught.value.codes) & {"E-HEADERONLY", "E-COLS"}


def test_datasets_are_listed_and_described(run, tmp_path):
    listed = run("datasets").output
    assert all(name in listed for name in rk.datasets.names())
    assert "Guilford" in run("datasets", "guilford_creativity", "--csv", tmp_path / "g.csv").output
    assert len(pd.read_csv(tmp_path / "g.csv")) == 105
    assert run("datasets", "tarot").exit_code == 1


def test_a_report_for_a_ratee_as_a_workbook(run, ratings_file, tmp_path):
    archive, book = tmp_path / "r.json", tmp_path / "own.xlsx"
    run("fit", "graphic_rating_scale", ratings_file, "--json", archive)
    out = run("report", archive, book, "--audience", "ratee", "--ratee", "Anne")
    assert out.exit_code == 0, out.output
    assert book.exists()


def test_what_cannot_be_written_or_read_is_one_line(run, ratings_file, tmp_path):
    made = tmp_path / "new" / "r.json"
    assert run("fit", "graphic_rating_scale", ratings_file, "--json", made).exit_code == 0
    for option, name in (("--plot", "p.bmpx"), ("--report", "p.doc"), ("--excel", "p.csv"), ("--json", "r.json/deeper.json")):
        out = run("fit", "graphic_rating_scale", ratings_file, option, made.parent / name)
        assert out.exit_code == 1
        assert "SettingsError" in out.output
        assert "Traceback" not in out.output
    other = tmp_path / "table.csv"
    other.write_bytes("考核人,分数".encode("gb18030"))
    out = run("compare", made, other)
    assert out.exit_code == 1
    assert "DataError" in out.output


def test_options_that_name_nothing_are_refused(run, ratings_file, tmp_path):
    assert run("check", ratings_file, "-c", "ratee").exit_code == 2
    archive = tmp_path / "r.json"
    run("fit", "graphic_rating_scale", ratings_file, "--json", archive)
    for shares in ("A=20,A=80", "20,80", "A=x,B=1"):
        assert run("grade", archive, "--shares", shares).exit_code == 2


def test_grade_words_on_the_command_line(run, tmp_path):
    path = tmp_path / "words.csv"
    pd.DataFrame({"rater": ["甲", "乙"], "ratee": ["007", "007"], "score": ["优秀", "良好"]}).to_csv(path, index=False)
    assert "words=" in run("check", path).output
    for words in ("优秀=5,良好=4", "quality5"):
        assert run("check", path, "--words", words).exit_code == 0


def test_the_language_of_the_session_is_that_of_reports(run, ratings_file, tmp_path, monkeypatch):
    monkeypatch.setenv("RANKKIT_LANG", "zh")
    page = tmp_path / "r.html"
    run("fit", "graphic_rating_scale", ratings_file, "--report", page)
    assert 'lang="zh' in page.read_text(encoding="utf-8")
