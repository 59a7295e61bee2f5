"""Adverse impact as page, workbook, notebook and terminal: both languages, every audience, nothing of small groups."""

from __future__ import annotations

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

import rankkit as rk
from rankkit import calibration, simulate
from rankkit.errors import DisclosureError, SettingsError
from rankkit.report import html, impact_page, terms_of_impact
from tests.report.page_checks import Page


@pytest.fixture(autouse=True)
def _english():
    yield
    rk.use_language("en")


@pytest.fixture(scope="module")
def found():
    scores = rk.GraphicRatingScale().fit(simulate.ratings(90, 6, dimensions=3, seed=4).table)
    graded = rk.ForcedDistribution(shares={"A": 0.2, "B": 0.6, "C": 0.2}, ties="up").fit(scores)
    who = list(graded.people)
    rows = [(p, "gender", "f" if k % 2 else "m") for k, p in enumerate(who)]
    origin = ["tinygroup"] * 3 + ["smallgroup"] * 9 + ["north"] * 38 + ["south"] * 40
    rows += [(p, "origin", o) for p, o in zip(who, origin, strict=True)]
    some = rk.Attributes.from_frame(pd.DataFrame(rows, columns=["person", "attribute", "value"]))
    people = rk.People.from_frame(
        pd.DataFrame({"person": who, "unit": [f"u{k % 6}" for k in range(90)], "tenure": [k % 7 for k in range(90)]})
    )
    return calibration.impact(graded, some, people=people, strata="unit", covariates=["tenure"], cluster="unit", law="us")


@pytest.mark.parametrize(("lang", "words"), [("en", "Adverse impact"), ("zh", "不利影响")])
def test_the_page_is_safe_complete_and_in_one_language(found, lang, words):
    text = html.page(found, lang=lang)
    page = Page(text)
    assert not page.dangers
    assert not page.opened
    assert len(page.ids) == len(set(page.ids))
    seen = " ".join(page.texts)
    assert words in seen
    for title in ("rates", "highest", "others", "tests", "strata", "scores"):
        assert terms_of_impact.TABLES[title][lang == "zh"] in seen, title
    if lang == "zh":
        for english in ("favourable", "all others shown", "too few people", "exact answer", "Remark", "clustered"):
            assert english not in seen, english


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_small_groups_have_no_number_anywhere(found, lang, tmp_path):
    rates = found.rates.set_index("group")
    assert rates.loc[["tinygroup", "smallgroup"], "considered"].isna().all()
    for table in (found.comparisons, found.strata, found.scores):
        assert not {"tinygroup", "smallgroup"} & set(table["group"])
    found.to_excel(tmp_path / "r.xlsx", lang=lang)
    book = CalamineWorkbook.from_path(str(tmp_path / "r.xlsx"))
    for name in book.sheet_names:
        for row in book.get_sheet_by_name(name).to_python():
            if {"tinygroup", "smallgroup"} & set(map(str, row)):
                assert not [cell for cell in row if isinstance(cell, float)], (name, row)
    shown = found.plot_data(lang=lang).table["label"].str.cat()
    assert "tiny" not in shown
    assert "tinygroup" not in repr(found)


def test_who_may_read_it(found, tmp_path):
    for audience in ("committee", "hr", "research"):
        assert found.to_report(tmp_path / f"{audience}.html", audience).is_file()
        assert "p01" not in (tmp_path / f"{audience}.html").read_text(encoding="utf-8")
    with pytest.raises(DisclosureError, match="protected groups"):
        found.to_report(tmp_path / "x.html", "ratee", ratee="p01")
    with pytest.raises(DisclosureError):
        found.to_excel(tmp_path / "x.xlsx", "manager", manager="m", people=pd.DataFrame({"person": ["p01"], "manager": ["m"]}))
    for wrong in ({"lang": "fr"}, {"audience": "press"}):
        with pytest.raises(SettingsError):
            found.to_report(tmp_path / "x.html", **wrong)
    assert not list(tmp_path.glob("x.*"))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_terminal_and_notebook(found, lang):
    rk.use_language(lang)
    text, shown = repr(found), found._repr_html_()
    assert max(map(len, text.splitlines())) <= 100
    assert len(text.splitlines()) <= 30
    assert terms_of_impact.PHRASES["report"][lang == "zh"] in text
    assert terms_of_impact.TABLES["rates"][lang == "zh"] in shown
    assert "<script" not in shown


def test_infinite_and_unknown_numbers_are_written_as_such(tmp_path):
    counts = pd.DataFrame([(g, k, n) for g, row in {"a": (0, 7, 3), "b": (6, 20, 0)}.items() for k, n in zip("ABC", row, strict=True)],
                          columns=["group", "grade", "n"])  # fmt: skip
    subject = calibration.impact_of_counts(counts, grades=list("ABC"))
    subject.to_excel(tmp_path / "r.xlsx")
    book = CalamineWorkbook.from_path(str(tmp_path / "r.xlsx"))
    cells = [c for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python() for c in row]
    assert "∞" in cells
    assert "∞" in html.page(subject)


def test_nothing_to_compare_is_said():
    counts = pd.DataFrame({"group": ["a", "b"], "considered": [2, 40], "selected": [1, 20]})
    subject = calibration.impact_of_counts(counts)
    assert "fewer than two groups" in repr(subject)
    assert "fewer than two groups" in html.page(subject)
    assert len(subject._repr_html_()) > 100


def test_every_column_and_word_has_both_languages(found):
    for table in (found.rates, found.comparisons, found.strata, found.scores):
        known = set(terms_of_impact.COLUMNS) | {b for pair in impact_page._BOUNDS.values() for b in pair}
        assert set(table.columns) <= known, set(table.columns) - known
    for part in (terms_of_impact.COLUMNS, terms_of_impact.TABLES, terms_of_impact.WORDS, terms_of_impact.PHRASES):
        assert all(en and zh for en, zh in part.values())
