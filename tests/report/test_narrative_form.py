"""The four-question form: a page that escapes names, a workbook that reads back."""

from __future__ import annotations

import pandas as pd
import pytest

import rankkit as rk
from rankkit.errors import SettingsError
from rankkit.report.narrative_form import narrative_form


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_workbook_reads_back(tmp_path, lang):
    people = rk.datasets.load("service_team_people")
    path = narrative_form(tmp_path / "form.xlsx", people, cycle="2026", lang=lang)
    frame = pd.read_excel(path, dtype=str, engine="calamine")
    assert len(frame) == 5 * len(people)
    filled = frame.assign(text=frame["text"].where(frame.index != 1, "3月2日当天回电。"))
    table = rk.Narratives.from_frame(filled.drop(columns="author"))
    assert set(table.people) == set(people.ids)
    assert "W-EMPTY" in list(rk.NarrativeAppraisal().fit(table).messages["code"])


def test_the_page_escapes_and_other_endings_are_refused(tmp_path):
    page = narrative_form(tmp_path / "form.html", ["<b>x</b>"], lang="en").read_text(encoding="utf-8")
    assert "<b>x</b>" not in page
    assert "&lt;b&gt;x" in page
    assert "by when" in page
    with pytest.raises(SettingsError):
        narrative_form(tmp_path / "form.docx")
