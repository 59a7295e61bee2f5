"""Build the Chinese font that the plots carry with them.

The source is the OpenType collection of Noto Sans CJK (SIL Open Font License 1.1), for instance Debian's package
``fonts-noto-cjk``. The simplified Chinese face is taken out of the collection and cut down to the characters that
names and labels need; hinting, layout features and alternates are dropped, so the file stays small.

Usage::

    python docs/build_fonts.py /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc

The same source and the same fontTools give the same bytes: the font's modification date is kept, not renewed.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection, TTFont

FACE = "Noto Sans CJK SC"  # name in the collection
NAME = "Noto Sans SC Subset"  # name of the cut-down font
TARGET = Path(__file__).parents[1] / "rankkit" / "plot" / "fonts" / "NotoSansSC-subset.otf"
BLOCKS = {
    "ASCII": (0x0020, 0x007E),
    "Latin-1": (0x00A0, 0x00FF),
    "Greek": (0x0370, 0x03FF),  # β, σ, θ in axis labels
    "General punctuation": (0x2010, 0x205E),
    "Superscripts and subscripts": (0x2070, 0x209C),
    "Arrows": (0x2190, 0x2199),
    "Mathematical minus, relations": (0x2200, 0x22FF),
    "Circled numbers": (0x2460, 0x24FF),
    "Box and geometric shapes": (0x25A0, 0x25FF),
    "CJK punctuation": (0x3000, 0x303F),
    "CJK unified ideographs": (0x4E00, 0x9FFF),
    "Full-width forms": (0xFF00, 0xFFEF),
}


def face(collection: Path, name: str) -> TTFont:
    """Return one face of an OpenType collection by its full name."""
    faces = {font["name"].getDebugName(1): font for font in TTCollection(collection).fonts}
    if name not in faces:
        listed = ", ".join(sorted(map(str, faces)))
        raise SystemExit(f"{collection.name} has no face {name!r}; it has: {listed}")
    return faces[name]


def cut(font: TTFont) -> None:
    """Keep the wanted characters, without hinting, layout features or alternates."""
    options = Options()
    options.hinting = False
    options.layout_features = []
    options.desubroutinize = False
    options.notdef_outline = True
    options.name_IDs = ["*"]
    options.name_languages = [0x0409]  # the English records are enough
    options.recalc_timestamp = False
    options.drop_tables += ["BASE", "GDEF", "GPOS", "GSUB", "VORG", "vhea", "vmtx", "DSIG"]
    subsetter = Subsetter(options)
    subsetter.populate(unicodes={code for first, last in BLOCKS.values() for code in range(first, last + 1)})
    subsetter.subset(font)


def rename(font: TTFont) -> None:
    """Name the cut-down font so that nobody takes it for the whole one."""
    postscript = NAME.replace(" ", "") + "-Regular"
    names = font["name"]
    for identifier, text in {1: NAME, 3: f"{postscript};subset", 4: NAME, 6: postscript, 16: NAME}.items():
        if names.getDebugName(identifier) is not None:
            names.setName(text, identifier, 3, 1, 0x0409)
    cff = font["CFF "].cff
    cff.fontNames = [postscript]
    top = cff.topDictIndex[0]
    top.FullName = top.FamilyName = NAME


def build(source: Path, target: Path) -> Path:
    """Write the subset of the collection ``source`` to ``target``."""
    font = face(source, FACE)
    font.recalcTimestamp = False
    cut(font)
    rename(font)
    font.save(target, reorderTables=True)
    return target


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Build the bundled subset of Noto Sans SC.")
    parser.add_argument("source", type=Path, help="NotoSansCJK-Regular.ttc")
    parser.add_argument("--target", type=Path, default=TARGET, help="where to write the font")
    arguments = parser.parse_args()
    written = build(arguments.source, arguments.target)
    print(f"{written.name}: {written.stat().st_size / 1000:.0f} kB")
