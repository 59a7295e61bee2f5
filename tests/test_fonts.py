"""The bundled Chinese font: it is there, small, licensed, and draws names without a warning."""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.ft2font import FT2Font

import rankkit

ROOT = Path(__file__).parents[1]
FONTS = Path(rankkit.__file__).parent / "plot" / "fonts"
FONT = FONTS / "NotoSansSC-subset.otf"
LARGEST = 6_000_000  # bytes: the wheel stays small
LAST_WITH_GLYPH = 0x9FEF  # U+9FF0 to U+9FFF came to Unicode in 2020 and 2021, after the source font


@pytest.fixture(scope="module")
def characters():
    return set(FT2Font(str(FONT)).get_charmap())


@pytest.mark.parametrize(
    ("first", "last"),
    [(0x20, 0x7E), (0xA0, 0xFF), (0x2460, 0x24FF), (0x3000, 0x303F), (0x4E00, LAST_WITH_GLYPH), (0xFF01, 0xFF5E)],
)
def test_every_character_of_the_block_is_in_the_font(characters, first, last):
    assert set(range(first, last + 1)) <= characters


def test_signs_of_axis_labels_are_in_the_font(characters):
    assert {ord(c) for c in "−–—…·±×≤≥≈→βθσμω²“”‘’"} <= characters


def test_the_font_is_small():
    assert 1_000_000 < FONT.stat().st_size < LARGEST


def test_the_licence_travels_with_the_font():
    licence = (FONTS / "OFL.txt").read_text(encoding="utf-8")
    assert licence.startswith("Copyright 2014-2021 Adobe")
    assert all(part in licence for part in ("SIL OPEN FONT LICENSE Version 1.1", "PERMISSION & CONDITIONS", "TERMINATION", "DISCLAIMER"))


def ink(text, font):
    figure = Figure(figsize=(4, 1), dpi=60)
    figure.text(0.02, 0.3, text, fontproperties=FontProperties(fname=str(font)), fontsize=20)
    buffer = BytesIO()
    figure.savefig(buffer, format="raw")
    return np.frombuffer(buffer.getvalue(), dtype=np.uint8)


def test_names_are_drawn_without_a_warning_and_differ():
    drawn = [ink(name, FONT).tobytes() for name in ("王伟", "欧阳娜娜", "齉", "龥", "龑")]  # warnings are errors
    assert len(set(drawn)) == len(drawn)


def test_a_character_outside_warns_instead_of_vanishing():
    with pytest.warns(UserWarning, match="missing from font"):
        ink("\U00020bb7", FONT)


def test_the_build_script_names_the_same_blocks_and_file(characters):
    pytest.importorskip("fontTools")
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        import build_fonts
    finally:
        sys.path.pop(0)
    assert build_fonts.TARGET.name == FONT.name
    wanted = {c for first, last in build_fonts.BLOCKS.values() for c in range(first, last + 1)}
    assert characters <= wanted
