"""What a terminal and a notebook show."""

from __future__ import annotations

import pandas as pd
import pytest

import rankkit as rk
from rankkit.errors import Problem, use_language
from rankkit.report import html, notebook, plain
from tests.report.page_checks import assert_inert
from tests.report.subjects import HOSTILE, result

PEOPLE = {"e1": "王伟", "e2": "Betty Brown", "e3": "王伟", "e4": "𠮷田一郎"}


@pytest.fixture
def chinese():
    use_language("zh")
    yield
    use_language("en")


def test_lines_fit_and_columns_align():
    lines = plain.text(result(PEOPLE, missing=("e4",))).splitlines()
    assert all(plain.width_of(line) <= plain.WIDEST for line in lines)
    head, rows = lines[1], lines[2:6]
    right_edge = plain.width_of(head[: head.index("Score") + len("Score")])
    for row in rows[:3]:
        half = row.index("±")
        end = half + 2 + row[half + 2 :].index(" ")
        assert plain.width_of(row[:end]) == right_edge


def test_it_says_what_a_table_must_say():
    subject = result(PEOPLE, missing=("e4",))
    text = plain.text(subject)
    first = text.splitlines()[0]
    for words in ("Graphic rating scale", "4 people", "3 scored", "95 % intervals", "raters"):
        assert words in first
    assert "王伟 (e1)" in text  # two people of one name
    assert "Betty Brown (e2)" not in text
    assert "not identified" in text
    row = subject.scores.loc["e2"]
    assert f"{row['score']:.2f} ± {row['ci_high'] - row['score']:.2f}" in text
    assert f"{row['rank']} [{row['rank_low']}–{row['rank_high']}]" in text
    assert "Rater Rasmus" in text


def test_a_long_table_shows_both_ends():
    text = plain.text(result({f"e{k:02d}": f"Name{k:02d}" for k in range(30)}, parts=False, notes=()))
    shown = [k for k in range(30) if f"Name{k:02d}" in text]
    assert shown == [*range(10), 28, 29]
    assert "…" in text
    assert plain.text(result({f"e{k}": f"Name{k:02d}" for k in range(12)}, parts=False)).count("Name") >= 12


def test_chinese_lines_fit_too(chinese):
    text = plain.text(result({f"e{k}": "欧阳" * 20 for k in range(5)}))
    assert all(plain.width_of(line) <= plain.WIDEST for line in text.splitlines())
    assert text.startswith("图尺度考核法：5 人")


def test_hostile_names_stay_on_their_line():
    n_lines = len(plain.text(result(dict.fromkeys(HOSTILE, "x"), notes=())).splitlines())
    text = plain.text(result(HOSTILE, notes=()))
    assert len(text.splitlines()) == n_lines
    assert "\x00" not in text
    assert "\x07" not in text


def test_the_notebook_shows_the_same_and_stays_inert():
    subject = result(HOSTILE, missing=("h9",))
    text = notebook.html(subject)
    found = assert_inert(text)
    assert "<style" not in text
    assert "<script>alert(1)</script>" in found.texts
    assert {"style", "script"}.isdisjoint(found.elements)
    heading = plain.text(subject).splitlines()[0]
    assert heading in found.texts


def test_findings_and_other_tables():
    frame = pd.DataFrame({"code": ["F-1"], "unit_id": ["<b>王伟</b>"], "q": [0.0123], "design_ok": [True]})
    text = plain.text(frame)
    assert "0.012" in text
    assert "yes" in text
    assert "<b>王伟</b>" in assert_inert(notebook.html(frame)).texts


def test_repr_of_a_result_is_this_text():
    subject = result(PEOPLE)
    assert repr(subject) == plain.text(subject)
    assert subject._repr_html_() == notebook.html(subject)


def test_many_notes_of_one_kind_are_counted():
    notes = tuple(Problem("W-CONST", None, None, None, {"rater": f"R{k}", "value": 3, "n": 2}) for k in range(6))
    lines = plain.text(result(PEOPLE, notes=notes)).splitlines()
    assert sum("gave 3 to all 2 people" in line for line in lines) == 2
    assert any("4 more like this (W-CONST)" in line for line in lines)
    page = html.page(result(PEOPLE, notes=notes, design=None))
    assert all(f"R{k} gave 3 to all 2 people" in page for k in range(6))  # the report has them all


def test_grades_stand_beside_the_scores():
    scores = rk.GraphicRatingScale().fit(
        pd.DataFrame(
            [(f"r{j}", f"p{i}", score) for j in range(3) for i, score in enumerate([5, 4, 4, 1])], columns=["rater", "ratee", "score"]
        )
    )
    graded = rk.ForcedDistribution(shares={"A": 50, "B": 50}).fit(scores)
    lines = plain.text(graded).splitlines()
    assert "Grade" in lines[1]
    assert [line.split()[2] for line in (lines[2], lines[5])] == ["A", "B"]
    assert "A / B?" in lines[3]
    assert "Grade" not in plain.text(scores)


def test_reliability_is_said_in_chinese_and_without_an_index():
    scores = rk.GraphicRatingScale().fit(rk.datasets.load("guilford_creativity"))
    page = html.page(scores, lang="zh")
    assert "从不用于计算标准误" in page
    assert "never used for a standard error" not in page
    assert ">ICC(A,1)<" in page
    assert ">0</th>" not in page
