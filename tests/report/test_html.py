"""The HTML report: inert whatever people are called, complete for a committee, and telling a ratee about nobody else."""

from __future__ import annotations

import pandas as pd
import pytest

from rankkit.errors import DisclosureError, Problem, SettingsError
from rankkit.report import html, terms, words
from rankkit.report.pictures import shapes_only
from rankkit.result import Result
from tests.report.page_checks import assert_inert
from tests.report.subjects import HOSTILE, TabledResult, result

PEOPLE = {"e01": "王伟", "e02": "Betty Brown", "e03": "王伟", "e04": "Zoë O'Neil"}
KEY = b"a secret of the test"


def page(subject, **options):
    return html.page(subject, **options)


@pytest.mark.parametrize("audience", ["committee", "hr", "research"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_hostile_names_stay_text(audience, lang):
    subject = result(HOSTILE, kind=TabledResult, missing=("h9",))
    found = assert_inert(page(subject, audience=audience, lang=lang, key=KEY))
    assert "script" not in found.elements
    assert found.lang == {"en": "en", "zh": "zh-Hans"}[lang]
    if audience != "research":
        assert "<script>alert(1)</script>" in found.texts
        assert any("{{7*7}}{% raw %}" in t for t in found.texts)
        assert "line break" in found.text
    assert "49" not in found.texts


def test_hostile_dimensions_and_settings_stay_text():
    parts = {name: result(PEOPLE, parts=False) for name in HOSTILE.values()}
    subject = result(PEOPLE, parts=parts, settings={name: {name: 1} for name in HOSTILE.values()})
    found = assert_inert(page(subject))
    assert "<script>alert(1)</script>" in found.texts


def test_the_policy_forbids_everything_but_inline_style():
    text = page(result(PEOPLE))
    assert "default-src 'none'; style-src 'unsafe-inline'" in text.replace("&#39;", "'")
    assert "://" not in text


def test_committee_reads_everybody_with_intervals_rank_sets_and_reasons():
    found = assert_inert(page(result(PEOPLE, missing=("e04",))))
    for name in PEOPLE.values():
        assert name in found.texts
    assert "not identified" in found.text
    assert "e01" in found.texts  # two people of one name are told apart by their ids
    frame = result(PEOPLE).scores
    low, high = frame.loc["e01", ["ci_low", "ci_high"]]
    assert f"{low:.2f}–{high:.2f}" in assert_inert(page(result(PEOPLE))).texts
    assert "Rater Rasmus gave 3 to all 4 people on all dimensions: no ranking information." in found.text.replace("  ", " ")
    assert "ICC(2,k)" in found.text


@pytest.mark.parametrize("kind", [result, lambda labels, **k: result(labels, kind=TabledResult, **k)])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_ratee_reads_about_nobody_else(kind, lang):
    people = {f"id{k}x": f"Person Number{k}" for k in range(8)}
    text = page(kind(people, missing=("id7x",)), audience="ratee", ratee="id3x", lang=lang)
    found = assert_inert(text)
    assert "Person Number3" in found.texts
    for ident, label in people.items():
        if ident != "id3x":
            assert ident not in text
            assert label not in text
    for secret in ("Rasmus", "Zhao Qian", ".csv", "rater-level"):
        assert secret not in text
    others = kind(people).scores.drop("id3x")["score"]
    assert not any(f"{s:.2f}" in found.texts for s in others)


def test_a_ratee_without_score_is_told_why_without_names():
    people = {"id1x": "Anna Alpha", "id2x": "Ben Beta", "id3x": "Cem Gamma"}
    text = page(result(people, missing=("id3x",)), audience="ratee", ratee="id3x")
    assert "not identified" in text
    assert "never compared" in text
    assert "Anna" not in text
    assert "Ben" not in text


def test_a_ratee_reads_the_marginal_rank_set():
    people = {f"e{k}": f"N{k}" for k in range(7)}
    subject = result(people)
    sets = {kind: subject.rank_sets(kind=kind).loc["e3", ["rank_low", "rank_high"]].tolist() for kind in ("marginal", "simultaneous")}
    assert sets["marginal"] != sets["simultaneous"]  # or the test would show nothing
    own, all_ = (f"{a}–{b}" for a, b in (sets["marginal"], sets["simultaneous"]))
    found = assert_inert(page(subject, audience="ratee", ratee="e3"))
    assert own in found.texts
    assert all_ not in found.texts


@pytest.mark.parametrize("ratee", [None, "nobody"])
def test_whose_report_must_be_said(ratee, tmp_path):
    with pytest.raises(DisclosureError if ratee is None else SettingsError):
        html.write(result(PEOPLE), tmp_path / "own.html", audience="ratee", ratee=ratee)
    assert not (tmp_path / "own.html").exists()


def test_unknown_audience_and_language_are_settings_errors():
    with pytest.raises(SettingsError):
        page(result(PEOPLE), audience="everybody")
    with pytest.raises(SettingsError):
        page(result(PEOPLE), lang="fr")


def test_research_reads_pseudonyms_only():
    people = {"id1x": "Anna Alpha", "id2x": "Ben Beta", "id3x": "陈晓 明"}
    subject = result(people, kind=TabledResult, missing=("id3x",))
    text = page(subject, audience="research", key=KEY)
    assert_inert(text)
    for name in [*people, *people.values(), "Anna", "Rasmus", "Zhao Qian", ".csv"]:
        assert name not in text
    assert page(subject, audience="research", key=KEY) == text
    assert page(subject, audience="research") != page(subject, audience="research")


def test_research_tables_keep_dimensions_and_lose_unknown_words():
    people = {"id1x": "Anna Alpha", "id2x": "Ben Beta"}
    index = pd.MultiIndex.from_product([list(people), ["skill", "care"]], names=["ratee", "dimension"])
    by_both = pd.DataFrame({"wins": [1, 2, 3, 4], "comment": "Anna Alpha is nice", "assumes": "that Ben Beta agrees"}, index=index)
    by_words = pd.DataFrame({"mean": [1.25]}, index=["Zhao Qian"])

    class Both(Result):
        def tables(self):
            return {"record": by_both, "raters": by_words}

    found = assert_inert(page(result(people, kind=Both, parts=False), audience="research", key=KEY))
    assert "skill" in found.texts
    assert "1.25" in found.texts
    assert not any(w in found.text for w in ("Anna", "Ben Beta", "nice", "Zhao", "id1x"))


def test_simulated_data_are_labelled():
    for lang in ("en", "zh"):
        banner = words.say("simulated", lang)
        assert banner in page(result(PEOPLE, provenance={"simulated": True}), lang=lang)
        assert banner in page(result(PEOPLE, notes=(Problem("I-SIMULATED"),)), lang=lang, audience="ratee", ratee="e01")
        assert banner not in page(result(PEOPLE), lang=lang)


def test_no_uncertainty_is_said_and_no_interval_is_invented():
    subject = result(PEOPLE, covariance=None, se_basis="none", parts={}, evidence={"reliability": result(PEOPLE).reliability.iloc[:0]})
    found = assert_inert(page(subject))
    assert words.say("read_none", "en") in found.text
    assert "Interval" not in found.texts
    assert "Rank set" not in found.texts


def test_the_chinese_report_is_chinese():
    found = assert_inert(page(result(PEOPLE), lang="zh"))
    for name in ("what", "first", "scores", "reading", "settings", "dimensions"):
        assert words.say(name, "zh") in found.texts
        assert words.say(name, "en") not in found.texts
    assert "评价人" in found.text


def test_every_text_is_in_both_languages():
    for table in (
        terms.COLUMNS,
        terms.TABLES,
        terms.STATUSES,
        terms.UNITS,
        terms.BASES,
        terms.SHORT_BASES,
        terms.SETTINGS,
        words.TEXTS,
        words.BASIS_SENTENCES,
    ):
        assert all(en.strip() and zh.strip() for en, zh in table.values())
    assert set(terms.BASES) == set(terms.SHORT_BASES) == set(words.BASIS_SENTENCES)


def test_shapes_only_drops_what_is_not_a_shape():
    svg = """<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="10pt" height="5pt" onload="x()">
    <!-- 王伟 --><metadata>m</metadata><style>*{color:red}</style><script>alert(1)</script><foreignObject/><image href="http://a"/>
    <a href="javascript:1"><path d="M0 0"/></a>
    <defs><path id="g" d="M0 0"/></defs><use xlink:href="#g"/><use xlink:href="http://evil.example/#g"/>
    <rect style="fill: url(#g)" clip-path="url(http://evil.example/)"/><text onclick="x">a<tspan>b</tspan>c</text></svg>"""
    out = shapes_only(svg, "p-", '1 < 2 "x"')
    assert_inert(out)
    assert "王伟" not in out
    assert "evil" not in out
    assert "http" not in out
    assert 'href="#p-g"' in out
    assert 'id="p-g"' in out
    assert "url(#p-g)" in out
    assert 'viewBox="0 0 10 5"' in out
    assert ">a<tspan>b</tspan>c<" in out


def test_pictures_share_a_page_and_stop_where_nobody_could_read_them():
    many = {f"e{k:03d}": f"N{k}" for k in range(121)}
    found = assert_inert(page(result(many, parts=False)))
    assert words.say("missing_plots", "en", n=121) in found.text
    assert all(name in found.texts for name in many.values())
    assert page(result(PEOPLE)).count("<figure>") >= 1


def test_the_same_result_gives_the_same_bytes(tmp_path):
    a, b = (html.write(result(PEOPLE), tmp_path / f"{k}.html").read_bytes() for k in "ab")
    assert a == b
