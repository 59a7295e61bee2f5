"""Packs of words of the law: complete, dated, in two languages, and named when asked for one there is not."""

from __future__ import annotations

import datetime as dt
import re
from importlib.resources import files

import pytest

from rankkit.calibration.adverse_impact.jurisdiction import jurisdiction, names
from rankkit.errors import SettingsError, use_language

NEEDED = {"below", "below_by_chance", "above_but_significant", "none", "caveat"}


def test_there_are_these() -> None:
    assert names() == ("cn", "gb", "none", "us")
    packs = files("rankkit.calibration.adverse_impact").joinpath("jurisdictions").iterdir()
    assert len([f for f in packs if f.name.endswith(".toml")]) >= len(names())


@pytest.mark.parametrize("name", names())
def test_each_is_complete_and_dated(name: str) -> None:
    pack = jurisdiction(name)
    assert set(pack.text["en"]) == set(pack.text["zh"])
    assert set(pack.text["en"]) >= NEEDED
    assert set(pack.text["en"]) - NEEDED <= {f"adverse_{verdict}" for verdict in NEEDED}
    for lang in ("en", "zh"):
        assert pack.title[lang]
        assert all(pack.text[lang].values())
    assert re.fullmatch(r"\d{4}-\d\d", pack.version)
    assert isinstance(pack.date, dt.date)
    assert f"{pack.date:%Y-%m}" == pack.version
    assert pack.threshold is None or 0 < pack.threshold < 1
    assert 0 < pack.alpha < 1
    assert pack.compare_with in ("highest", "others")
    assert jurisdiction(f"{pack.id}-{pack.version}") is pack
    assert all(bool(told) == (name != "none") for told in pack.sources.values())
    assert len(pack.sources["en"]) == len(pack.sources["zh"])


def test_words_are_of_the_end_they_speak_of() -> None:
    us = jurisdiction("us")
    assert "four fifths" in us.say("below")
    assert "by analogy" in us.say("below", end="adverse")
    assert jurisdiction("cn").say("below", end="adverse") == jurisdiction("cn").say("below")
    assert "14281" in us.say("caveat")
    assert "18" in jurisdiction("cn").say("caveat", "zh")
    assert jurisdiction("gb").threshold is None


@pytest.mark.parametrize("wrong", ["mars", "us-1978-01", "", "US"])
def test_an_unknown_one_is_answered_with_those_there_are(wrong: str) -> None:
    try:
        for lang, word in (("en", "words of the law"), ("zh", "法律表述")):
            use_language(lang)  # type: ignore[arg-type]
            with pytest.raises(SettingsError) as caught:
                jurisdiction(wrong)
            assert caught.value.code == "E-LAW"
            assert word in str(caught.value)
            assert all(name in str(caught.value) for name in names())
    finally:
        use_language("en")
