"""The report for one person: what it says, in both languages, and that nothing about a rater can be had from it."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

import rankkit as rk
from rankkit.errors import PolicyError, SettingsError
from rankkit.methods.multi_source_result import MultiSourceFeedbackResult
from rankkit.privacy.released import clear
from rankkit.report import feedback_page, words_of_feedback
from rankkit.report.feedback_page import Material


@pytest.fixture(scope="module")
def result() -> MultiSourceFeedbackResult:
    return rk.MultiSourceFeedback(scale=(1, 5)).fit(rk.datasets.load("service_team"), people=rk.datasets.load("service_team_people"))


def text_of(page: str) -> str:
    without = re.sub(r"<svg.*?</svg>|<style.*?</style>", " ", page, flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", without))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_page_has_every_part(result: MultiSourceFeedbackResult, lang: str) -> None:
    incidents, narratives = rk.datasets.load("service_team_incidents"), rk.datasets.load("service_team_narratives")
    page = feedback_page.page(result, "A01", Material(incidents=incidents, narratives=narratives), lang=lang)  # type: ignore[arg-type]
    text = text_of(page)
    for key in ("standing", "sources", "self_other", "evidence", "interview", "should", "did", "why", "improve", "goals", "simulated"):
        assert words_of_feedback.say(key, lang) in text, key  # type: ignore[arg-type]
    assert result.labels["A01"] in text
    assert "<svg" in page
    assert "<script" not in page
    if lang == "zh":
        assert not re.search(r"\b(Score|Peers|between)\b", text)


def test_nobody_else_and_no_protected_mean(result: MultiSourceFeedbackResult) -> None:
    """No rater, no other person, and where a group's mean is withheld or banded its exact value is nowhere."""
    exact = result.sources
    for ratee in ("A01", "A23", "L3"):
        text = text_of(feedback_page.page(result, ratee))
        own = text.replace(result.labels[ratee], "")
        others = [label for person, label in result.labels.items() if person != ratee and label != result.labels[ratee]]
        assert not [label for label in others if label in own]
        assert not re.search(r"\b[ACLXH]\d{1,2}\b", own)
        cleared = clear(result, "ratee", ratee=ratee).subject
        assert "sources" not in cleared.evidence
        groups, rows, _ = feedback_page._by_source(cleared, ratee, "en")
        released = result.released_sources.loc[ratee]
        for dimension, cells in rows:
            for group, cell in zip(groups, cells, strict=True):
                if cell and released.loc[(group, dimension), "shown"] != "exact":
                    assert cell != f"{exact.loc[(ratee, group, dimension), 'mean']:.2f}"


def test_texts_of_protected_people_are_left_out(result: MultiSourceFeedbackResult) -> None:
    log = pd.DataFrame(
        {
            "ratee": ["A01"] * 3,
            "occurred_on": ["2026-03-01", "2026-03-02", "2026-03-03"],
            "valence": [1, -1, 2],
            "author": ["L1", "A09", "H1"],
            "author_source": ["supervisor", "peer", "supervisor"],
            "behaviour": ["called the customer back the same day", "kept a customer waiting", "wrote <b>the</b> handbook page"],
        }
    )
    texts = pd.DataFrame(
        {
            "narrative": ["n1", "n2", "n3"],
            "ratee": ["A01"] * 3,
            "author": ["L1", "A09", "A01"],
            "source": ["supervisor", "peer", "self"],
            "section": ["did", "did", "improve"],
            "text": ["took over the night shift", "leaves early on Fridays", "learn the new system"],
        }
    )
    page = feedback_page.page(
        result,
        "A01",
        Material(
            incidents=rk.Incidents.from_frame(log),
            narratives=rk.Narratives.from_frame(texts),
            comments={"peer": ["slow"] * 4, "customer": ["kind"] * 5},
        ),
    )
    assert "kept a customer waiting" not in page
    assert "leaves early" not in page
    assert "slow" not in text_of(page)
    assert "kind" in page
    assert "called the customer back" in page
    assert "&lt;b&gt;the" in page
    assert "learn the new system" in page


def test_any_method_can_give_feedback() -> None:
    ratings = rk.GraphicRatingScale().fit(rk.datasets.load("guilford_creativity"))
    text = text_of(feedback_page.page(ratings, ratings.people[0], Material(goals=pd.DataFrame({"goal": ["publish"], "due": ["June"]}))))
    assert "How each group" not in text
    assert "publish" in text
    duels = rk.PairedComparison().fit(rk.datasets.load("journal_citations"))
    assert "rank" in text_of(feedback_page.page(duels, duels.people[0]))


def test_results_write_it(result: MultiSourceFeedbackResult, tmp_path: Path) -> None:
    goals = pd.DataFrame({"goal": ["两周内清空旧单"]})
    path = result.to_feedback(tmp_path / "feedback.html", "L2", lang="zh", goals=goals, comments={"customer": ["很和气"] * 5})
    text = path.read_text(encoding="utf-8")
    assert all(part in text for part in ("您的总体位置", "两周内清空旧单", "很和气"))
    with pytest.raises(SettingsError):
        result.to_feedback(tmp_path / "feedback.pdf", "L2")


def test_bad_requests(result: MultiSourceFeedbackResult) -> None:
    for wrong in (
        {"ratee": "nobody"},
        {"ratee": "A01", "lang": "fr"},
        {"ratee": "A01", "material": Material(goals=pd.DataFrame({"x": [1]}))},
    ):
        with pytest.raises(SettingsError):
            feedback_page.page(result, **wrong)  # type: ignore[arg-type]


def test_use_other_than_the_purpose_is_refused() -> None:
    collected = rk.MultiSourceFeedback(scale=(1, 5), purpose="development").fit(rk.datasets.load("service_team"))
    feedback_page.page(collected, "A01", use="development")
    with pytest.raises(PolicyError):
        feedback_page.page(collected, "A01", use="administration")


def test_words_are_complete() -> None:
    for key, (en, zh) in words_of_feedback._WORDS.items():
        assert en.strip(), key
        assert re.search(r"[\u4e00-\u9fff]", zh), key
        assert set(re.findall(r"{(\w+)}", en)) == set(re.findall(r"{(\w+)}", zh)), key
