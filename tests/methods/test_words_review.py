"""Incidents, narratives and evidence as an analyst with Chinese files meets them, and where they broke."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import rankkit as rk
from rankkit import evidence, plot
from rankkit.errors import DataError, DisclosureError
from rankkit.kernels.behaviours.log_odds import log_odds
from rankkit.report import html, sentences, words
from rankkit.wording import CATALOGUE

EXACT = 1e-10  # the same sums in another order
HEADINGS = {
    "ratee": "被考核人",
    "ratee_label": "姓名",
    "author": "记录人",
    "author_label": "记录人姓名",
    "occurred_on": "发生日期",
    "recorded_at": "记录日期",
    "valence": "好坏程度",
    "dimension": "维度",
    "behaviour": "行为",
    "months": "月数",
}


def _log(days: str = "2026年{m}月{d}日") -> pd.DataFrame:
    rows = []
    for k in range(24):
        when, then = (days.format(m=1 + k % 6, d=d) for d in (1 + k % 5, 8 + k % 5))
        rows.append((f"e{k % 4}", f"员工{k % 4}", f"m{k % 3}", f"主管{k % 3}", when, then, (k % 5) - 2, "态度", f"第{k}次来电当天回复", 6))
    return pd.DataFrame(rows, columns=list(HEADINGS)).rename(columns=HEADINGS)


def _cells(page: str) -> list[str]:
    """Words of tables and captions, without the pictures."""
    bare = re.sub(r"<svg.*?</svg>|<style.*?</style>", "", page, flags=re.DOTALL)
    return [
        re.sub(r"<[^>]*>", "", c).strip() for c in re.findall(r"<(?:t[dh]|figcaption)[^>]*>(.*?)</(?:t[dh]|figcaption)>", bare, re.DOTALL)
    ]


def test_a_gb18030_file_with_chinese_headings_and_dates(tmp_path: Path) -> None:
    path = tmp_path / "事件.csv"
    path.write_bytes(_log().to_csv(index=False).encode("gb18030"))
    table = rk.read_incidents(path, HEADINGS)
    assert (len(table.entries), table.people, table.author_labels["m0"]) == (24, ("e0", "e1", "e2", "e3"), "主管0")
    plain = rk.Incidents.from_frame(_log("2026-{m:0>2}-{d:0>2}"), columns=HEADINGS)
    pd.testing.assert_series_equal(table.entries["occurred_on"], plain.entries["occurred_on"])


def test_a_chinese_report_of_incidents_has_no_words_of_ours_left() -> None:
    result = rk.CriticalIncidents(period=("2026-01-01", "2026-06-30")).fit(rk.Incidents.from_frame(_log(), columns=HEADINGS))
    page = html.page(result, audience="hr", lang="zh")
    left = [
        c
        for c in _cells(page)
        if re.search(r"[a-z]{4,}", c) and "rankkit" not in c and "Simes" not in c and not re.fullmatch(r"[0-9a-f]{16}", c)
    ]
    assert left == []
    cells = _cells(page)
    assert {"（全部）", "事件数", "记录人", "主管0", "不计分"} <= set(cells)
    assert "第 1 名最好" not in page, "nobody has a rank"
    assert "forest" not in plot.kinds(result)
    english = _cells(html.page(result, audience="hr", lang="en"))
    assert not [c for c in english if re.search(r"[\u4e00-\u9fff]", c) and not c.startswith(("员工", "主管", "态度"))]


def test_every_reason_can_be_said_in_chinese() -> None:
    for code, entry in CATALOGUE.items():
        if code.startswith("S-") and "{" not in entry[0]:
            assert re.search(r"[\u4e00-\u9fff]", sentences.reason(entry[0], "zh")), code
    assert sentences.reason("not ours", "zh") == "not ours"


def test_every_plot_has_a_caption() -> None:
    kinds = {p.KIND for p in plot._PLOTS} - {"move_log", "sankey", "membership", "impact_forest"}  # on pages of their own
    assert [k for k in sorted(kinds) if words.plot(k, "zh") == k] == []


def test_evidence_is_reported_to_those_who_may_read_about_raters(tmp_path: Path) -> None:
    marks = pd.DataFrame(
        [(f"m{r}", f"e{p}", "态度", 5 if (r + p) % 2 else 1) for r in range(3) for p in range(4)],
        columns=["rater", "ratee", "dimension", "score"],
    )
    found = rk.evidence_coverage(marks, rk.Incidents.from_frame(_log(), columns=HEADINGS), scale=(1, 5))
    page = found.to_report(tmp_path / "a.html", "hr", "zh").read_text(encoding="utf-8")
    assert "各评价人的证据" in page
    assert ">m0<" not in found.to_report(tmp_path / "c.html", "committee").read_text(encoding="utf-8")
    assert found.to_excel(tmp_path / "a.xlsx", lang="zh").stat().st_size > 0
    for audience in ("ratee", "manager"):
        with pytest.raises(DisclosureError):
            found.to_report(tmp_path / "x.html", audience, ratee="e1")  # type: ignore[arg-type]


def test_values_that_are_words_are_answered_with_what_helps_here() -> None:
    with pytest.raises(DataError) as caught:
        rk.Incidents.from_frame(pd.DataFrame({"ratee": ["a", "b"], "occurred_on": "2026-03-01", "valence": ["好", 3]}))
    assert str(caught.value).count("very good") == 2
    assert "words=" not in str(caught.value)


def test_people_all_alike_are_no_single_cluster() -> None:
    """A word that each of 30 people uses once is worth 30 people, not one degree of freedom."""
    person, word = np.repeat(np.arange(60), 2), np.tile([0, 1], 60)
    word[np.arange(60) * 2 + 1] += np.arange(60) >= 30
    found = log_odds(person, word, np.ones(120), np.arange(60) < 30, 12.0, 3)
    assert found.df.min() == 58
    assert found.p[1] < 0.01
    np.testing.assert_allclose(found.se * np.abs(found.z), np.abs(found.log_odds), rtol=EXACT, atol=EXACT)


def test_one_deviating_person_keeps_few_degrees_of_freedom() -> None:
    rng = np.random.default_rng(1)
    count = rng.poisson(3, (20, 4)) + 1.0
    count[0, 0] = 200
    person, word = np.nonzero(count)
    assert log_odds(person, word, count[person, word], np.arange(20) < 10, 20.0, 4).df[0] < 2


def test_log_odds_against_the_formula() -> None:
    rng = np.random.default_rng(5)
    y = rng.poisson(2, (10, 6))
    person, word = np.nonzero(y)
    found = log_odds(person, word, y[person, word].astype(float), np.arange(10) < 5, 20.0, 6)
    alpha = 20 * y.sum(0) / y.sum()
    a, b = y[:5].sum(0) + alpha, y[5:].sum(0) + alpha
    delta = np.log(a / (y[:5].sum() + 20 - a)) - np.log(b / (y[5:].sum() + 20 - b))
    np.testing.assert_allclose(found.log_odds, delta, rtol=EXACT)
    np.testing.assert_allclose(found.z, delta / np.sqrt(1 / a + 1 / b), rtol=EXACT)


def test_none_of_five_supported_is_no_certainty() -> None:
    """Nothing supported has no variance of its own: five marks against a half must not be called impossible."""
    hit = np.r_[np.zeros(5), np.tile([0.0, 1.0], 50)].astype(bool)
    p = evidence._against_others(np.repeat([0, 1], [5, 100]), np.arange(105), hit, 0)
    assert p > 0.02, "the binomial chance is .031"
