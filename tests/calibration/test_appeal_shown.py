"""Letter, summary and live view of appeals: what each reader sees, and what not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rankkit.calibration import AppealLog, Participant
from tests.calibration.appeal_cases import STAFF, WHY, all_different, closed_session, decided, log_of, refused, rerated, someone

LABELS = {"HR": "李娜", "Inv": "王芳", "Rater1": "赵强", "Rater2": "孙莉", "Decider": "周明", "Chief": "陈总"}


@pytest.fixture
def log() -> AppealLog:
    return log_of(basis=all_different(), staff=[Participant(id=i, label=LABELS[i]) for i in STAFF])


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_letter_says_what_was_decided_and_nothing_of_others(log: AppealLog, tmp_path: Path, lang: str) -> None:
    who = someone(log, "B")
    n = decided(log, who, "A")
    refused("E-APPEALSTEP", log.to_letter, tmp_path / "early.html", n, lang)
    log.approve(n, "Chief", on="2026-03-13")
    text = log.to_letter(tmp_path / "letter.html", n, lang).read_text(encoding="utf-8")
    words = re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)
    assert ("您的等级现为 A（原为 B）" if lang == "zh" else "Your grade is now A (before: B)") in words
    assert WHY in words
    found = log.re_rating(n)
    assert found is not None
    assert f"{found.low:.2f}" in words
    assert ("未改变他人" if lang == "zh" else "nobody else") in words
    for secret in (*LABELS.values(), *STAFF[1:], *(p for p in all_different().people if p != who), "M0", "M1", "M2", "Old1"):
        assert not re.search(rf"\b{re.escape(secret)}\b", words), secret
    assert "<script" not in text


def test_the_letter_claims_only_what_is_so(tmp_path: Path) -> None:
    s, down, _ = closed_session()
    log = log_of(basis=s, staff=[*STAFF, "Li"])
    n = rerated(log, down, -0.5)
    log.decide(n, "Li", "confirmed", WHY, on="2026-03-12")  # sat in the session
    log.approve(n, "Chief", on="2026-03-12")
    text = log.to_letter(tmp_path / "letter.html", n).read_text(encoding="utf-8")
    assert "made by one person and approved by another." in text
    assert "neither of whom" not in text
    assert "nobody loses by appealing" in text
    assert "nobody else" not in text.lower()


@pytest.mark.parametrize(("code", "again"), [("no_evidence", True), ("not_appealable", False)])
def test_a_rejected_appellant_learns_why_and_what_can_still_be_done(log: AppealLog, tmp_path: Path, code: str, again: bool) -> None:
    n = log.submit(someone(log, "B"), "other", WHY, ["x"], on="2026-03-05")
    log.reject(n, "HR", code, "The document named does not exist in the archive.", on="2026-03-06")
    text = log.to_letter(tmp_path / "letter.html", n).read_text(encoding="utf-8")
    assert "does not exist in the archive" in text
    assert ("appeal again with what was missing until 2026-03-09" in text) is again


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_summary(log: AppealLog, tmp_path: Path, lang: str) -> None:
    empty = log.to_report(tmp_path / "empty.html", lang, on="2026-03-04").read_text(encoding="utf-8")
    assert ("暂无" if lang == "zh" else "None so far") in empty
    n = decided(log, someone(log, "B"), "A")
    log.approve(n, "Chief", on="2026-03-13")
    text = log.to_report(tmp_path / "summary.html", lang, on="2026-03-16").read_text(encoding="utf-8")
    assert str(log.head().hash) in text
    assert "国办发明电" in text
    assert ("超名额例外" if lang == "zh" else "beyond the quota, by exception") in text
    assert "{" not in re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)
    assert "appeals, 1 open" in repr(log)
    assert "<table" in log._repr_html_()
    refused("E-SETTING", log.to_report, tmp_path / "summary.html", "fr")
    refused("E-SETTING", log.to_report, tmp_path / "summary.pdf")


def test_an_erased_appellant_gets_no_letter(log: AppealLog, tmp_path: Path) -> None:
    who = someone(log, "B")
    n = decided(log, who, "A")
    log.approve(n, "Chief", on="2026-03-13")
    log.notify(n, "HR", "receipt", on="2026-03-16")
    log.shred(who)
    refused("E-APPEALNOBODY", log.to_letter, tmp_path / "letter.html", n)
    assert who not in log.to_report(tmp_path / "summary.html", on="2026-03-16").read_text(encoding="utf-8")
