"""Files and inline SVG are plain, safe and the same every time; the user's matplotlib is left alone."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import matplotlib as mpl
import pytest

from rankkit import plot
from tests.plot.plot_subjects import HOSTILE, comparison, rated, result


@pytest.mark.parametrize("make", [lambda: result(6, labels=HOSTILE[:6]), comparison, rated])
def test_svg_is_the_same_every_time_and_carries_nothing_foreign(make):
    svg = plot.svg(make())
    assert svg == plot.svg(make())
    root = ET.fromstring(svg)  # noqa: S314 - our own output
    assert root.get("role") == "img"
    assert next(iter(root)).tag.endswith("title")
    for word in ("<script", "<!--", "<!DOCTYPE", "<?xml", "metadata", "<style", "<text", "<a ", "javascript", "onload", "xlink"):
        assert word not in svg
    assert re.findall(r"https?://[^\s\"']+", svg) == ["http://www.w3.org/2000/svg"]
    assert all(h.startswith("#") for h in re.findall(r'href="([^"]*)"', svg))


def test_svg_ids_are_unique_and_resolve():
    one, other = plot.svg(result(6)), plot.svg(result(6, seed=4))
    ids = [set(re.findall(r'\bid="([^"]+)"', s)) for s in (one, other)]
    assert not ids[0] & ids[1]
    for svg, known in zip((one, other), ids, strict=True):
        assert len(re.findall(r'\bid="([^"]+)"', svg)) == len(known)
        used = set(re.findall(r'href="#([^"]+)"', svg)) | set(re.findall(r"url\(#([^)]+)\)", svg))
        assert used <= known
        assert used


def test_svg_title_says_what_is_shown_and_is_escaped():
    whole = result(5)
    object.__setattr__(whole, "parts", {"<b>&": result(5)})
    svg = plot.svg(whole, "forest", dimension="<b>&", lang="en")
    assert "Scores and ranks: &lt;b&gt;&amp;." in svg


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_files_are_the_same_every_time(tmp_path, ending):
    paths = [plot.save(result(6), None, tmp_path / name / f"plot.{ending}", dpi=60) for name in ("a", "b")]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert paths[0].stat().st_size > 1000


def test_the_users_settings_are_neither_changed_nor_needed(tmp_path):
    with mpl.rc_context(
        {"font.family": ["no such font"], "axes.grid": True, "axes.facecolor": "black", "svg.fonttype": "none", "text.color": "red"}
    ):
        before = dict(mpl.rcParams)
        svg = plot.svg(result(5))
        plot.save(result(5), None, tmp_path / "a.png", dpi=50)
        assert dict(mpl.rcParams) == before
    assert svg == plot.svg(result(5))


def test_without_pyplot_no_pyplot_is_loaded_and_with_it_the_figure_is_listed():
    code = """
import sys, warnings
warnings.simplefilter("error")
sys.path.insert(0, {folder!r})
from tests.plot.plot_subjects import result
from rankkit import plot
ax = plot.draw(result(5))
plot.svg(result(5))
assert "matplotlib.pyplot" not in sys.modules
import matplotlib; matplotlib.use("agg")
from matplotlib import pyplot as plt
axes = [plot.draw(result(5)) for _ in range(25)]
assert [plt.figure(n) for n in plt.get_fignums()] == [a.figure for a in axes]
"""
    folder = str(Path(__file__).parent)
    done = subprocess.run([sys.executable, "-c", code.format(folder=folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
