from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import pytest

from rankkit import wording

PACKAGE = Path(wording.__file__).parents[1]
CODE = re.compile(r"^[EWISF]-[A-Z0-9-]+$")


def _fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


@pytest.mark.parametrize("code", sorted(wording.CATALOGUE))
def test_entries(code: str) -> None:
    english, fix, chinese, fix_chinese = wording.CATALOGUE[code]
    assert CODE.match(code)
    assert english
    assert chinese
    assert bool(fix) == bool(fix_chinese), "a fix in both languages or in none"
    if code.startswith("E-"):
        assert fix, "an error says what to do about it"
    assert not english.endswith("."), "the sentence is finished where it is put together"
    assert not fix or fix[-1] in ".}", "a fix is a sentence"
    assert re.search(r"[\u4e00-\u9fff]", chinese) or english == chinese
    same = {f.removesuffix("_zh") for f in _fields(chinese)}
    assert same <= _fields(english), "the Chinese text uses what the English one uses"
    for template in (english, fix, chinese, fix_chinese):
        assert not re.search(r"\{\d*\}", template)


def test_no_code_stands_twice() -> None:
    seen: set[object] = set()
    for module in (path.stem for path in (PACKAGE / "wording").glob("*.py") if path.stem != "__init__"):
        tree = ast.parse((PACKAGE / "wording" / f"{module}.py").read_text(encoding="utf-8"))
        keys = [k.value for d in ast.walk(tree) if isinstance(d, ast.Dict) for k in d.keys if isinstance(k, ast.Constant)]
        assert len(keys) == len(set(keys))
        assert not seen & set(keys), module
        seen |= set(keys)


def test_every_code_that_is_raised_has_its_words() -> None:
    used = set()
    for path in PACKAGE.rglob("*.py"):
        if path.parent.name == "wording":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.match(node.value):
                used.add(node.value)
    assert len(used) > 60
    assert used <= set(wording.CATALOGUE)


def test_placeholders_without_a_value_do_not_raise() -> None:
    assert wording.problem_text("E-COLS", {}, "en") == "missing column …; the table has …"
    assert wording.problem_text("E-RANGE", {"low": 1.0, "high": 5.0}, "en") == "is outside the 1–5 scale"


def test_lists_and_places() -> None:
    assert wording.listed(["a"]) == "a"
    assert wording.problem_text("E-COLS", {"missing": ["a", "b"], "found": list("abcdefgh")}, "en") == (
        "missing column a, b; the table has a, b, c, d, e, f and 2 more"
    )
    assert wording.place_text(3, "score", "四", "en") == "row 3, score = '四'"
    assert wording.place_text(3, "score", 7.0, "zh") == "第 3 行，score = 7"
    assert wording.place_text(None, None, 1, "en") == ""


def test_the_users_own_words_are_not_translated() -> None:
    assert "列 rater 出现" in wording.problem_text("E-DUPCOL", {"name": "rater", "n": 2}, "zh")
    assert "评价人" in wording.problem_text("I-ZEROVAR", {"facet": "rater"}, "zh")


def test_one_person_is_a_person() -> None:
    assert wording.problem_text("W-SMALLUNIT", {"n": 1, "least": 20}, "en").startswith("1 person is graded")
    assert wording.problem_text("W-UNSCORED", {"n": 1, "who": "a"}, "en") == "1 person has no score: a"
    assert wording.problem_text("W-UNSCORED", {"n": 11, "who": "a"}, "en") == "11 people have no score: a"


def test_the_rule_for_seats_is_in_words() -> None:
    details = {"n": 7, "asked": ["1.4"], "given": ["1"], "rule": "largest_remainder, middle"}
    for lang in ("en", "zh"):
        text = wording.problem_text("W-SEATS", details, lang)
        assert "largest_remainder" not in text
        assert "middle grade" in text or "中间等级" in text
