"""What is drawn and written of a session: the numbers, both languages, nothing that runs, every name escaped."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pandas as pd
import pytest

import rankkit as rk
from rankkit import plot
from rankkit.calibration import CalibrationSession, read_export
from rankkit.calibration.sessions.moves import REASONS
from rankkit.calibration.sessions.session_policy import PHASES
from rankkit.report import session_page, terms_of_sessions
from tests.calibration.session_cases import EVIDENCE, REASON, graded, holding, people_of, session

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def moved() -> CalibrationSession:
    grades = graded()
    s = CalibrationSession.create(None, grades, ["Wang", "Li"], people=people_of(grades).assign(label=HOSTILE), title=HOSTILE)
    s.vote("Wang", holding(s, "B")[0], "up")
    s.advance("Wang")
    s.advance("Wang")
    one, two, three = holding(s, "B")[:3]
    s.move("Wang", one, "A", "new_evidence", REASON + HOSTILE, EVIDENCE)
    s.move("Li", two, "C", "quota_only", REASON)
    s.move("Wang", three, "A", "other", REASON)
    s.undo("Li", REASON)
    return s


def test_sankey_draws_the_flows(moved: CalibrationSession) -> None:
    data = plot.data(moved, "sankey", lang="en")
    table = data.table.set_index(["before", "grade"])
    assert table["n"].sum() == 30
    assert table.loc[("B", "A"), "direction"] == "up"
    assert table.loc[("B", "C"), "direction"] == "down"
    assert "2 of 30 people changed grade: 1 up, 1 down." in data.subtitle
    assert "1 of 1" in data.subtitle
    bars = data.more["bars"].set_index(["side", "grade"])
    for side, column in (("left", "before"), ("right", "grade")):
        for grade, rows in data.table.groupby(column):
            low = float(bars.loc[(side, grade), "low"])
            assert rows[side].min() == pytest.approx(low)
            assert (rows[side] + rows["n"]).max() == pytest.approx(low + bars.loc[(side, grade), "n"])


def test_move_log_draws_every_move(moved: CalibrationSession) -> None:
    table = plot.data(moved, "move_log", lang="zh").table
    assert table["kind"].tolist() == ["move_up", "move_quota", "move_up"]
    assert table["undone"].tolist() == [False, False, True]
    assert table["evidence"].tolist() == [True, False, False]
    assert plot.kinds(moved) == ("sankey", "move_log")
    assert plot.kinds(session()) == ("sankey",)
    for kind in plot.kinds(moved):
        assert plot.svg(moved, kind, lang="zh").startswith("<svg")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_report(moved: CalibrationSession, tmp_path: Path, lang: str) -> None:
    values = ["f", "m"] * 15
    attributes = rk.Attributes.from_frame(pd.DataFrame({"person": list(graded().people), "attribute": "gender", "value": values}))
    path = moved.to_report(tmp_path / "r.html", lang=lang, attributes=attributes)
    text = path.read_text(encoding="utf-8")
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert not re.search(r"(?:src|href)=[\"'](?!#)", text)
    assert moved.head().hash in text
    for key in ("managers", "quota", "boundary", "retained", "impact", "audit"):
        assert session_page.phrase(key, lang).split("{")[0] in text
    assert ("no evidence that" if lang == "en" else "并不证明") in text
    assert "nan" not in re.sub(r"<[^>]+>", " ", text).lower().split()


def test_report_of_every_phase_and_of_exports(tmp_path: Path) -> None:
    for phase in PHASES[:4]:
        s = session(phase=phase)
        assert "<table" in s._repr_html_()
        assert s.to_report(tmp_path / "r.html").exists()
    s.export(tmp_path / "s.jsonl")
    s.export(tmp_path / "bare.jsonl", personal=False)
    for name in ("s.jsonl", "bare.jsonl"):
        assert read_export(tmp_path / name).to_report(tmp_path / "r.html", lang="zh").exists()


def test_live_view_shows_no_votes_before_time() -> None:
    s = session()
    before = s._repr_html_()
    s.vote("Wang", holding(s, "B")[0], "down")
    after = s._repr_html_()
    assert re.sub(r"\d+", "", before) == re.sub(r"\d+", "", after)
    assert "<script" not in after


def test_every_code_has_its_words() -> None:
    assert set(REASONS) | set(PHASES) <= set(terms_of_sessions.WORDS)
    for english, chinese in (*terms_of_sessions.WORDS.values(), *session_page.PHRASES.values()):
        assert english
        assert chinese
        assert set(re.findall(r"\{(\w+)\}", english)) == set(re.findall(r"\{(\w+)\}", chinese))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_live_view_says_the_same_in_a_notebook_and_in_a_terminal(moved: CalibrationSession, lang: str) -> None:
    values = ["f", "m"] * 15
    attributes = rk.Attributes.from_frame(pd.DataFrame({"person": list(graded().people), "attribute": "gender", "value": values}))
    view = moved.view(attributes, lang=lang)
    page, text = view._repr_html_(), repr(view)
    assert "<script" not in page
    for key in ("quota", "agenda", "managers", "move_log", "moved_cuts", "boundary", "impact", "impact_moves"):
        heading = session_page.phrase(key, lang)
        assert heading in page
        assert f"== {heading} ==" in text
    for note in moved.notes:
        assert note.message(lang)[1:] in html.unescape(page)
        assert note.message(lang)[1:] in text
    quota = moved.quota
    assert all(re.search(rf"{g}\s+{row['seats']}\s+{row['before']}\s+{row['used']}\s+{row['slack']}", text) for g, row in quota.iterrows())
    only, down = moved.quota_only
    assert session_page.phrase("of", lang, n=only, of=down) in page
    assert session_page.phrase("of", lang, n=only, of=down) in text
    assert view.sections[0][0] == moved.view(lang=lang).sections[0][0]


def test_a_report_before_anybody_voted_says_so(tmp_path: Path) -> None:
    text = session(phase="discuss").to_report(tmp_path / "r.html").read_text(encoding="utf-8")
    assert session_page.phrase("agreement_none", "en") in text
