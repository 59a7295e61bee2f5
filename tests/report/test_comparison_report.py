"""Reports of several methods side by side."""

from __future__ import annotations

import dataclasses

import pytest

from rankkit.comparing import compare
from rankkit.report import excel, html, notebook, plain
from tests.report.page_checks import assert_inert
from tests.report.subjects import HOSTILE, result

PEOPLE = {f"id{k}x": f"Person Number{k}" for k in range(6)}


def comparison(labels, methods=("ratings", "duels")):
    first = result(labels, parts=False)
    second = dataclasses.replace(first, estimate=first.estimate[[1, 0, 2, 4, 3, *range(5, len(labels))]])
    return compare(dict(zip(methods, (first, second), strict=True)))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_agreement_shifts_and_a_picture(lang):
    text = html.page(comparison(PEOPLE), lang=lang)
    found = assert_inert(text)
    assert "<figure>" in text
    assert {"ratings", "duels"} <= set(found.texts)
    value = comparison(PEOPLE).agreement["value"].iloc[0]
    assert f"{value:.2f}" in found.texts
    for name in PEOPLE.values():
        assert name in found.texts


def test_hostile_methods_and_names(tmp_path):
    subject = comparison(HOSTILE, methods=("<script>alert(1)</script>", "=1+1"))
    assert_inert(html.page(subject))
    assert_inert(notebook.html(subject))
    assert excel.write(subject, tmp_path / "c.xlsx").exists()


def test_a_ratee_reads_about_nobody_else():
    text = html.page(comparison(PEOPLE), audience="ratee", ratee="id2x")
    found = assert_inert(text)
    assert "Person Number2" in found.texts
    for ident, label in PEOPLE.items():
        if ident != "id2x":
            assert ident not in text
            assert label not in text


def test_research_reads_pseudonyms_only():
    text = html.page(comparison(PEOPLE), audience="research", key=b"k")
    assert ">0</th>" not in text  # row numbers are not a column
    assert not any(name in text for name in [*PEOPLE, *PEOPLE.values(), "Rasmus"])


def test_a_terminal_shows_agreement_and_ranks():
    text = plain.text(comparison(PEOPLE))
    assert "Spearman" in text
    assert "Person Number5" in text
    assert all(plain.width_of(line) <= plain.WIDEST for line in text.splitlines())
