from __future__ import annotations

import inspect
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

import rankkit as rk
from rankkit import errors
from rankkit.errors import Problem, RankkitError, RatingsError, SettingsError, language, use_language

ROOT = Path(__file__).parents[1]
KINDS = [k for _, k in inspect.getmembers(errors, inspect.isclass) if issubclass(k, RankkitError)]


@pytest.fixture(autouse=True)
def _language_as_it_was():
    before = errors._language.set("en")
    yield
    errors._language.reset(before)


def test_problems_as_a_table() -> None:
    error = RatingsError([Problem("E-RANGE", 3, "score", 9.0, {"low": 1, "high": 5}), Problem("E-EMPTY")], source="a.csv", n_rows=7)
    table = error.problems
    assert list(table.columns) == ["code", "row", "column", "value", "message", "fix"]
    assert table["row"].dtype == "Int64"
    assert table["row"].isna().tolist() == [False, True]
    assert table["message"].iloc[0] == "is outside the 1–5 scale"
    assert error.codes == ("E-RANGE", "E-EMPTY")
    assert error.code == "E-RANGE"


def test_text_of_many_is_cut_and_says_so() -> None:
    error = RatingsError([Problem("E-BLANK", k, "ratee") for k in range(2, 52)], source="a.csv", n_rows=60)
    lines = error.text("en").splitlines()
    assert lines[0] == "50 problems in 50 of 60 rows of a.csv; nothing was computed."
    assert lines[1].startswith("  row 2, ratee: is blank. Fill it in")
    assert len(lines) == 22
    assert lines[-1] == "  … and 30 more: see err.problems."
    assert error.text("zh").splitlines()[-1] == "  ……另有 30 个问题，见 err.problems。"
    assert len(error.problems) == 50


def test_one_problem_of_the_whole_table_is_one_line() -> None:
    assert str(RatingsError("E-EMPTY")) == "the table is empty. It needs a header line and at least one row of data."
    assert RatingsError("E-EMPTY", source="a.csv").text("en").splitlines()[0] == "1 problem in a.csv; nothing was computed."
    assert RatingsError("E-EMPTY").text("zh") == "表是空的。需要表头和至少一行数据。"


def test_awkward_values_stay_on_one_short_line() -> None:
    error = RatingsError([Problem("E-NUMBER", 2, "score\n(1-5)", "a\nb" + "x" * 200, {"range": "", "range_zh": ""})], n_rows=1)
    lines = str(error).splitlines()
    assert len(lines) == 2
    assert len(lines[1]) < 250
    assert "score (1-5) = 'a\\nb" in lines[1]
    braces = RatingsError([Problem("E-DUPCOL", None, None, None, {"name": "{rater}", "n": 2})])
    assert "column {rater} appears 2 times" in str(braces)


def test_notebooks_show_the_list_not_a_traceback() -> None:
    error = RatingsError("E-EMPTY")
    assert error._render_traceback_() == [f"RatingsError: {error}"]


@pytest.mark.parametrize("kind", KINDS)
def test_errors_survive_pickling(kind: type[RankkitError]) -> None:
    error = kind([Problem("E-RANGE", 3, "score", 9.0, {"low": 1, "high": 5})], source="考核.csv", n_rows=7)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert again.items == error.items
    assert again.text("zh") == error.text("zh")
    assert str(again) == str(error)


def test_every_kind_is_an_exception_of_its_own() -> None:
    assert len(KINDS) >= 14
    for kind in KINDS:
        with pytest.raises(RankkitError):
            raise kind("E-EMPTY")


def test_language() -> None:
    use_language("zh")
    assert language() == "zh"
    assert str(RatingsError("E-HEADERONLY")) == "表只有表头，没有数据行。请至少填写一行数据。"
    use_language("en")
    assert str(RatingsError("E-HEADERONLY")).startswith("the table has a header")
    with pytest.raises(SettingsError):
        use_language("fr")  # type: ignore[arg-type]
    assert rk.RankkitError is RankkitError


@pytest.mark.parametrize(("setting", "expected"), [("zh_CN.UTF-8", "zh"), ("zh", "zh"), ("en", "en"), ("", "en"), ("fr", "en")])
def test_language_of_the_environment(monkeypatch: pytest.MonkeyPatch, setting: str, expected: str) -> None:
    monkeypatch.setenv("RANKKIT_LANG", setting)
    errors._language.set(None)
    assert language() == expected


def test_importing_costs_next_to_nothing() -> None:
    code = "import sys, rankkit; print([m for m in ('numpy', 'pandas', 'scipy', 'matplotlib', 'jinja2', 'click') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout.strip() == "[]"
    code = "import sys, rankkit.errors; print([m for m in ('numpy', 'pandas', 'scipy', 'matplotlib') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout.strip() == "[]"
