"""Printed cards: what stands on them, in both languages, and that nothing in a text can break out of it."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

import rankkit as rk
from rankkit.errors import SettingsError
from rankkit.report.scale_card_drawing import lines_of, spread
from tests.contract.test_behavioural_scales import card

NASTY = "<script>alert(1)</script> & \"quoted\" 'text' 王伟"


@pytest.fixture(scope="module")
def built():
    made = rk.simulate.retranslation(lang="zh", seed=3, n_judges=12, n_scalers=10)
    builder = rk.BARSBuilder.start(title="服务台")
    builder.add_dimensions(made.dimensions, judges=made.definers)
    builder.add_incidents(made.incidents)
    builder.add_retranslation(made.retranslation)
    builder.add_scaling(made.scaling)
    return builder.card()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_card_is_whole_and_names_no_judge(built, lang, tmp_path):
    page = built.to_html(tmp_path / "card.html", lang=lang).read_text(encoding="utf-8")
    plain = re.sub(r"\s+", "", re.sub(r"<[^>]+>", "", page))
    for text in built.anchors["text"]:
        assert "".join(text.split()) in plain
    for label in built.dimensions["label"]:
        assert label in page
    assert not re.search(r"\b[abcd]\d\d?\b", re.sub(r"<style>.*?</style>|<svg.*?</svg>", "", page, flags=re.DOTALL))
    assert not re.search(r"<script|<input|https?://(?!www.w3.org)", page)
    assert ("草稿" in page) == (lang == "zh")
    assert built.digest in page
    assert page == built.to_html(tmp_path / "again.html", lang=lang).read_text(encoding="utf-8")


def test_a_picture_is_valid_and_in_order(built, tmp_path):
    path = built.to_svg(tmp_path / "attitude.svg", "attitude", lang="zh")
    root = ET.fromstring(path.read_text(encoding="utf-8"))  # noqa: S314 - our own file
    spots = [float(e.get("cy")) for e in root.iter() if e.tag.endswith("circle")]
    assert len(spots) == len(built.of("attitude"))
    assert spots == sorted(spots)  # high values on top
    height = float(root.get("viewBox").split()[-1])
    assert all(0 <= float(e.get("y")) <= height for e in root.iter() if e.tag.endswith("text"))


def test_texts_are_escaped(tmp_path):
    plain = card()
    nasty = rk.ScaleCard.from_anchors(plain.dimensions.assign(definition=NASTY, high=NASTY), plain.anchors.assign(text=NASTY), title=NASTY)
    page = nasty.to_html(tmp_path / "card.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "built elsewhere" in page  # nothing is claimed about judges nobody knows
    ET.fromstring(nasty.to_svg(tmp_path / "care.svg", "care").read_text(encoding="utf-8"))  # noqa: S314 - our own file


def test_what_cannot_be_written(built, tmp_path):
    for call in (
        lambda: built.to_html(tmp_path / "card.pdf"),
        lambda: built.to_html(tmp_path / "card.html", lang="fr"),
        lambda: built.to_svg(tmp_path / "card.svg", "kindness"),
    ):
        with pytest.raises(SettingsError):
            call()


def test_boxes_move_as_little_as_needed():
    assert spread([], [], 0, 10).tolist() == []
    assert spread([5, 5, 5], [4, 4, 4], 0, 100).tolist() == [2, 6, 10]  # not over the edge
    placed = spread([10, 50, 51, 52, 90], [8] * 5, 0, 100)
    assert (placed[1:] - placed[:-1] >= 8 - 1e-9).all()
    assert placed[[0, 2, 4]].tolist() == [10, 51, 90]


def test_lines_break_at_blanks_and_between_characters():
    assert lines_of("预期会凭记忆说出有问题的版本，并且道歉", 12) == ["预期会凭记忆", "说出有问题的", "版本，并且道", "歉"]
    assert "".join(lines_of("a longer text with words", 9)).replace(" ", "") == "alongertextwithwords"
