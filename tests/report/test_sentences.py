"""Sentences of findings read back and said in the other language."""

import re

import pytest

from rankkit.bias.careless import _NAMES, _NAMES_ZH
from rankkit.bias.nominated_raters import _BASIS
from rankkit.bias.rating_network import in_chinese
from rankkit.errors import Problem
from rankkit.report.sentences import BASES, SIGNS, UNITS, said
from rankkit.wording import CATALOGUE

CODES = sorted(c for c in CATALOGUE if c.startswith("F-"))
FIELD = re.compile(r"\{(\w+)\}")


def details(code):
    fields = {f for text in CATALOGUE[code] for f in FIELD.findall(text)}
    filled = {f: f"{k}.5" for k, f in enumerate(sorted(fields))} | {"rater": "王伟（甲）"}
    if "unit" in fields:
        filled |= {"unit": "30 days", "unit_zh": "30 天"}
    if "signs" in fields:
        filled |= {"signs": list(_NAMES.values())[1:], "signs_zh": list(_NAMES_ZH.values())[1:]}
    filled |= {
        f: in_chinese("2026 peer") if f.endswith("_zh") else "2026 peer" for f in fields if f.removesuffix("_zh") in ("network", "source")
    }
    if "basis" in fields:
        filled |= dict(zip(("basis", "basis_zh"), _BASIS[1], strict=True))
    return filled


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("on", [None, "沟通"])
def test_every_finding_is_said_in_either_language(code, on):
    problem = Problem(code, None, on, None, details(code))
    assert said(problem.note("en"), "zh") == problem.note("zh")
    assert said(problem.fix("en"), "zh") == problem.fix("zh")
    assert said(problem.note("zh"), "zh") == problem.note("zh")
    if not re.search(r"_zh\}", CATALOGUE[code][2]):
        assert said(problem.note("zh"), "en") == problem.note("en")


def test_signs_and_units_are_those_of_the_checks():
    assert {_NAMES[k]: _NAMES_ZH[k] for k in _NAMES} == SIGNS
    assert dict(_BASIS) == BASES
    text = Problem("F-DRIFTUP", None, None, None, {**details("F-DRIFTUP"), "unit": "sitting of 40", "unit_zh": "次（40 人）"})
    assert said(text.note("en"), "zh") == text.note("zh")
    assert all(re.compile(pattern) for pattern, _ in UNITS)


def test_a_sentence_of_the_users_own_stays():
    assert said("anything at all: 3 of 4", "zh") == "anything at all: 3 of 4"
