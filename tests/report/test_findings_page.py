"""Findings in a terminal, a notebook, a page and a workbook, and who reads what of them."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

import rankkit as rk
from rankkit import bias
from rankkit.errors import DisclosureError, Problem, SettingsError
from rankkit.findings import Findings, pattern
from rankkit.report import findings_page, html, notebook, plain
from rankkit.report.plain import WIDEST, width_of
from tests.report.page_checks import Page
from tests.report.subjects import HOSTILE


def levels(n=6):
    """Findings about six raters with awkward names, one dimension, one refusal."""
    labels = {f"r{k}": name for k, name in enumerate(list(HOSTILE.values())[:n])}
    index = pd.Index(list(labels), name="rater")
    grades = ["review", "review", "info", "", "", ""][:n]
    table = pd.DataFrame({"n": 9, "estimate": 0.5, "se": 0.1, "ci_low": 0.3, "ci_high": 0.7, "effect": 0.6}, index=index)
    table = table.assign(p=0.01, q=0.02, mde=0.9, level=grades, reason="")
    numbers = {"estimate": 0.5, "effect": 0.6, "effect_name": "g", "p": 0.01, "q": 0.02, "family": "severity × rater", "n": 9}
    details = [{"rater": labels[f"r{k}"], "value": "0.50", "size": "0.60", "n": 9} for k in range(n)]
    patterns = [pattern("F-LENIENT", "review", "rater", f"r{k}", details[k], **numbers) for k in range(2)]
    patterns.append(pattern("F-SEVERE", "info", "rater", "r2", details[2], **numbers))
    shown = {"value": "0.50", "size": "0.60", "n": 9, "rater": "–"}
    patterns.append(pattern("F-SEVERE", "info", "dimension", "quality", shown, **numbers))
    power = pd.DataFrame(
        {"units": [6], "tested": [6], "mde": [0.9], "floor": [0.3], "enough": [0.0]}, index=pd.Index(["severity"], name="check")
    )
    refused = (Problem("W-DISCONN", None, "halo", None, {"groups": f"{{{labels['r1']}}} / {{r2}}"}),)
    notes = (Problem("I-POWER", None, None, None, {"n": 9.0, "mde": 0.9}), Problem("I-SIMULATED"))
    return Findings(patterns=tuple(patterns), refused=refused, tables={"severity": table, "power": power}, labels=labels, notes=notes)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_terminal(lang):
    rk.use_language(lang)
    text = plain.text(levels())
    lines = text.splitlines()
    assert max(map(width_of, lines)) <= WIDEST
    review, info, checks, refused = (text.index(findings_page.phrase(key, lang)) for key in ("review", "info", "checks", "refused"))
    order = [lines.index(findings_page.phrase(key, lang)) for key in ("review", "info", "checks", "refused")]
    assert order == sorted(order)
    assert min(review, info, checks, refused) >= 0
    assert "q = 0.020" in text
    assert text.count(findings_page.phrase("else", lang).strip()) == 2  # said once a kind
    assert ("no clearance" if lang == "en" else "不等于没有问题") in re.sub(r"\s+", " " if lang == "en" else "", text)
    assert repr(levels()) == text


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_notebook(lang):
    rk.use_language(lang)
    page = Page(notebook.html(levels()))
    assert not page.dangers
    text = " ".join(page.texts)
    assert "<script>alert(1)</script>" in text
    assert findings_page.phrase("checks", lang) in text


def test_nothing_found_is_no_clearance():
    assert "no clearance" in plain.text(Findings())
    assert "no clearance" in Page(notebook.html(Findings())).texts[1]
    assert "no clearance" in html.page(Findings(), audience="hr")


@pytest.mark.parametrize("audience", ["hr", "committee", "research"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_page(audience, lang):
    found = levels()
    page = Page(html.page(found, audience=audience, lang=lang, key=b"k"))
    assert not page.dangers
    text = " ".join(page.texts)
    assert page.lang == ("zh-Hans" if lang == "zh" else "en")
    names = [v for v in found.labels.values() if v in text or v.replace("\n", " ") in text]
    if audience == "hr":
        assert len(names) >= 4
    else:
        assert not names
        assert not re.search(r"\br[0-5]\b", text)
    assert findings_page.phrase("checks", lang) in text


def test_committee_reads_counts_and_what_concerns_no_single_rater():
    view = findings_page.view(levels(), "committee", "en")
    assert view.withheld
    assert not view.tables
    assert [text for card in view.cards for text in card.texts]
    assert view.checks.loc["Leniency and severity", ["units", "to_review", "remarks"]].tolist() == [6, 2, 1]
    assert list(view.patterns["unit_kind"]) == ["dimension"]


def test_research_reads_numbers_under_pseudonyms():
    view = findings_page.view(levels(), "research", "en", b"k")
    assert not view.cards
    assert not set(view.tables["severity"].index) & set(levels().labels)
    assert "message" not in view.patterns
    assert view.patterns["unit_id"].iloc[0] in set(view.tables["severity"].index)
    again = findings_page.view(levels(), "research", "en", b"k")
    assert list(again.tables["severity"].index) == list(view.tables["severity"].index)


def test_the_people_rated_read_nothing(tmp_path):
    for write in (levels().to_report, levels().to_excel):
        with pytest.raises(DisclosureError, match="not released"):
            write(tmp_path / ("x.html" if write.__name__ == "to_report" else "x.xlsx"), audience="ratee", ratee="r0")
    assert not [p for p in tmp_path.iterdir() if p.stat().st_size]
    with pytest.raises(SettingsError):
        html.page(levels(), audience="everybody")


def test_texts_are_in_the_language_of_the_report():
    found = levels()  # made in English
    chinese = html.page(found, audience="hr", lang="zh")
    assert "平均高 0.50 分" in chinese
    assert "rates 0.50" not in chinese


def test_workbook(tmp_path):
    found = levels()
    sheets = {}
    for audience in ("hr", "committee", "research"):
        path = found.to_excel(tmp_path / f"{audience}.xlsx", audience=audience)
        book = CalamineWorkbook.from_path(path)
        sheets[audience] = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    assert "Leniency and severity" in sheets["hr"]
    assert "Leniency and severity" not in sheets["committee"]
    assert sheets["hr"]["What was checked"][1][0] == "Leniency and severity"
    everything = str(sheets["committee"]) + str(sheets["research"])
    assert not [name for name in found.labels.values() if name in everything]


def test_a_real_check_is_written_whole(tmp_path):
    found = bias.severity(rk.datasets.load("service_team"), each_dimension=True)
    page = found.to_report(tmp_path / "checks.html", audience="hr", lang="zh").read_text(encoding="utf-8")
    assert "宽严" in page
    assert not re.search(r'<th scope="col"[^>]*>[a-z]+_[a-z_]+<', page)  # every column has a heading
