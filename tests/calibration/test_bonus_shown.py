"""Bonuses as they are read: terminal, notebook, page, workbook, command line; the advice on the reserve."""

from __future__ import annotations

import re
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from python_calamine import CalamineWorkbook

import rankkit as rk
from rankkit.calibration import BonusAllocation
from rankkit.cli import main
from rankkit.errors import SettingsError
from tests.calibration.bonus_cases import allocated, grades, payroll
from tests.calibration.session_cases import graded, session


@pytest.fixture
def chinese():
    rk.use_language("zh")
    yield
    rk.use_language("en")


def test_in_a_terminal_and_a_notebook() -> None:
    found = allocated(cap="6").after_appeal({"003": "B"})
    text = repr(found)
    assert text.startswith("Bonus: People 20; Pool CNY 1,000,000.00")
    assert "赵六 (003)" in text
    assert "Reserve left" in text
    page = found._repr_html_()
    assert "王伟" in page
    assert "<script" not in page


def test_in_chinese(chinese) -> None:
    text = repr(allocated())
    for word in ("奖金分配", "基数", "月数", "系数", "奖金池", "预备金余额"):
        assert word in text
    assert "尚" not in text


def test_a_name_is_never_markup(tmp_path) -> None:
    frame = pd.DataFrame({"person": ["=1+1", "b"], "label": ["<b>x</b>", "y"], "base": "100", "months": 12})
    plan = rk.calibration.BonusPlan(pool="100", reserve=1, coefficients={"A": 1})
    found = plan.allocate({"=1+1": "A", "b": "A"}, frame)
    assert "<b>x" not in found.to_report(tmp_path / "x.html").read_text(encoding="utf-8")
    assert "<b>x" not in found._repr_html_()
    cells = CalamineWorkbook.from_path(found.to_excel(tmp_path / "x.xlsx")).get_sheet_by_index(0).to_python()
    assert cells[1][0] == "=1+1"


def test_the_page_of_hr_and_of_a_person(tmp_path) -> None:
    found = allocated().after_appeal({"003": "B"})
    for lang, word in (("en", "Reserve left"), ("zh", "预备金余额")):
        text = found.to_report(tmp_path / f"{lang}.html", lang=lang).read_text(encoding="utf-8")
        assert word in text
        assert f"{found.table['total'].iloc[0]:,f}" in text
        own = found.to_report(tmp_path / f"own_{lang}.html", audience="ratee", ratee="003", lang=lang).read_text(encoding="utf-8")
        assert f"{found.table.loc['003', 'total']:,f}" in own
        others = [f"{v:,f}" for p, v in found.table["total"].items() if p != "003"]
        assert not any(other in own for other in others)
        assert "1,000,000" not in own
        assert not re.search(r"(src|href)=", text)


def test_the_workbook_keeps_ids_and_cents(tmp_path) -> None:
    found = allocated()
    book = CalamineWorkbook.from_path(found.to_excel(tmp_path / "bonus.xlsx", lang="zh"))
    assert book.sheet_names == ["金额", "合计", "按等级", "设置"]
    rows = book.get_sheet_by_name("金额").to_python()
    assert rows[0][:5] == ["编号", "姓名", "等级", "基数", "系数"]
    assert [row[0] for row in rows[1:]] == list(found.people)
    place = rows[0].index("奖金")
    assert sum(Decimal(str(row[place])) for row in rows[1:]) == Decimal(1_000_000)
    own = CalamineWorkbook.from_path(found.to_excel(tmp_path / "own.xlsx", audience="ratee", ratee="001"))
    assert own.sheet_names == ["Amounts"]
    assert len(own.get_sheet_by_index(0).to_python()) == 2
    with pytest.raises(SettingsError):
        found.to_excel(tmp_path / "x.xlsx", lang="fr")  # type: ignore[arg-type]
    with pytest.raises(SettingsError):
        found.to_excel(tmp_path / "x.csv")


def run(*arguments: object, code: int = 0) -> str:
    found = CliRunner().invoke(main, ["bonus", *map(str, arguments)])
    assert found.exit_code == code, found.output + str(found.exception)
    return found.output


NAMED = ["-c", "person=工号", "-c", "base=基数", "-c", "months=月数", "-c", "label=姓名"]
MONEY = ["--pool", "1000000", "--reserve", "60000", "--coefficients", "A=1.5,B=1,C=0.6"]


@pytest.fixture
def files(tmp_path):
    payroll().to_csv(tmp_path / "pay.csv", index=False, encoding="gb18030")
    pd.DataFrame({"工号": list(grades()), "等级": list(grades().values())}).to_csv(tmp_path / "grades.csv", index=False)
    return tmp_path


def test_the_command(files) -> None:
    own = ["-c", "ratee=工号", "-c", "grade=等级"]
    into = ["--json", files / "b.json", "--excel", files / "b.xlsx", "--report", files / "b.html"]
    out = run(files / "grades.csv", files / "pay.csv", *MONEY, *NAMED, *own, *into, "--cap", "6", "--appeal", "003=B", "--lang", "en")
    assert "Pool CNY 1,000,000.00" in out
    assert "b.xlsx" in out
    kept = BonusAllocation.from_json(files / "b.json")
    assert kept.cents == allocated(cap="6").cents
    assert kept.awarded == {"003": "B"}
    out = run(files / "grades.csv", files / "pay.csv", *MONEY, *NAMED, *own, "--cap", "2", "--lang", "zh", code=1)
    assert "无法发放" in out
    assert "write for example 007=A" in run(files / "grades.csv", files / "pay.csv", *MONEY, *NAMED, *own, "--appeal", "003", code=2)
    rk.use_language("en")


def test_the_command_reads_archives_and_sessions(tmp_path) -> None:
    held = graded(30)
    held.to_json(tmp_path / "grades.json")
    pd.DataFrame({"person": list(held.people), "base": "9000.00", "months": "12"}).to_csv(tmp_path / "pay.csv", index=False)
    archived = run(tmp_path / "grades.json", tmp_path / "pay.csv", *MONEY, "--lang", "en")
    assert "People 30" in archived
    with session(tmp_path / "h1.session", n=30, phase="discuss") as meeting:
        meeting.export(tmp_path / "h1.jsonl")
    assert "not final" in run(tmp_path / "h1.session", tmp_path / "pay.csv", *MONEY, code=1)
    for name in ("h1.session", "h1.jsonl"):
        shown = run(tmp_path / name, tmp_path / "pay.csv", *MONEY, "--preview")
        assert "this is a trial" in shown.lower()
        assert "People 30" in shown


def test_the_reserve_that_is_likely_to_be_asked_for() -> None:
    found = allocated(200, pool="10000000", reserve="200000")
    advice = found.reserve_needed(0.05, 0.3)
    more = [found.top_up(p, {"B": "A", "C": "B"}[g]).amount for p, g in found.table["grade"].items() if g != "A"]
    assert advice.n == len(more) == 150
    assert abs(float(advice.expected) - 0.015 * float(sum(more))) < 1
    assert advice.most == sum(more)
    rng = np.random.default_rng(3)
    drawn = (rng.random((20_000, 150)) < 0.015) @ np.array([float(m) for m in more])
    assert abs((drawn <= float(advice.needed)).mean() - 0.95) < 0.01
    assert abs((drawn <= 200_000).mean() - advice.enough) < 0.01
    counted = found.reserve_needed((3, 60), (3, 10))
    assert counted.expected_low < counted.expected < counted.expected_high
    assert counted.needed > advice.needed
    assert "is expected (CNY" in repr(counted)
    assert advice.by_grade.index.tolist() == ["B", "C"]


def test_rates_that_are_none() -> None:
    found = allocated()
    with pytest.raises(SettingsError) as caught:
        found.reserve_needed(1.2, (5, 3), level=1.0, steps=0)
    assert caught.value.codes == ("E-RATE", "E-LEVEL", "E-SETTING")
    assert found.reserve_needed(0.0, 0.5).needed == 0
    assert allocated(coefficients={"A": 1, "B": 1, "C": 1}).reserve_needed(0.5, 0.5).most == 0
