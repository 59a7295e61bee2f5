"""Any name can be drawn, and no two people read the same."""

from __future__ import annotations

import pytest
from matplotlib import font_manager
from matplotlib.figure import Figure

from rankkit.plot import lettering
from tests.plot.plot_subjects import HOSTILE


@pytest.mark.parametrize("label", HOSTILE)
def test_a_legible_label_is_one_line_of_characters_the_fonts_have(label):
    text = lettering.legible(label)
    assert text
    assert not any(c in text for c in "\n\r\t\x00\u202e\u200d")
    assert lettering.width(text) <= lettering.LONGEST
    assert all(ord(c) in lettering._characters() for c in text)


def test_chinese_names_use_glyphs_that_exist_with_nothing_installed():
    family = lettering.families()[-1]
    path = font_manager.findfont(font_manager.FontProperties(family=family), fallback_to_default=False)
    assert path.endswith("NotoSansSC-subset.otf")
    charmap = font_manager.get_font(path).get_charmap()
    assert all(charmap.get(ord(c), 0) > 0 for c in "赵钱孙李周吴郑王欧阳娜婷翀璟…〓（，）")
    assert lettering.legible("欧阳娜婷") == "欧阳娜婷"


def test_characters_of_no_font_are_shown_as_missing():
    assert lettering.legible("𠮷野") == "〓野"
    assert lettering.legible("") == "—"


def test_long_labels_are_cut_by_width():
    assert lettering.shortened("张" * 20, 11) == "张" * 5 + "…"
    assert lettering.shortened("abc", 3) == "abc"


@pytest.mark.parametrize(
    ("ids", "labels"),
    [
        (["1", "2", "3"], ["王伟", "王伟", "李娜"]),
        (["1", "2"], ["🦊", "🦄"]),
        (["🦊", "🦄"], ["王伟", "王伟"]),
        (["a", "b"], ["x" * 100 + "1", "x" * 100 + "2"]),
        (["i" * 80 + "1", "i" * 80 + "2"], ["same", "same"]),
    ],
)
def test_no_two_names_read_the_same(ids, labels):
    names = lettering.distinct(ids, labels)
    assert len(set(names)) == len(ids)
    assert max(map(lettering.width, names)) <= lettering.LONGEST + 4  # a running number may follow


def test_dollar_signs_are_never_mathematics():
    ax = Figure().add_subplot()
    text = lettering.write(ax, 0, 0, r"$\undefined{$ and $x^2$")
    ax.figure.canvas.draw()
    assert text._preprocess_math(text.get_text()) == (r"$\undefined{$ and $x^2$", False)


def test_lines_break_at_spaces_and_between_chinese_characters_but_not_before_a_comma():
    assert lettering.wrapped("one two three", 8) == "one two\nthree"
    lines = lettering.wrapped("横线，分数的区间。方括号", 10).split("\n")
    assert "".join(lines) == "横线，分数的区间。方括号"
    assert not any(line[0] in "，。" for line in lines)
