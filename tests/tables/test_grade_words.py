from __future__ import annotations

import pandas as pd
import pytest

from rankkit.errors import RatingsError, SettingsError
from rankkit.tables.grade_words import GRADE_WORDS, nearest, simplified, words
from rankkit.tables.reading import read_ratings

PAIRS = [("优秀", "優秀"), ("较差", "較差"), ("非常满意", "非常滿意"), ("满意", "滿意"), ("不满意", "不滿意"),
         ("非常不满意", "非常不滿意"), ("显著", "顯著"), ("不明显", "不明顯"), ("无", "無")]  # fmt: skip


@pytest.mark.parametrize(("simple", "traditional"), PAIRS)
def test_both_scripts_mean_the_same(simple: str, traditional: str) -> None:
    sets = [s for s in GRADE_WORDS.values() if simple in s]
    assert len(sets) == 1
    assert sets[0][simple] == sets[0][traditional]
    assert simplified(traditional) == simple


@pytest.mark.parametrize("name", list(GRADE_WORDS))
def test_every_set_counts_down_to_one(name: str) -> None:
    numbers = sorted(set(words(name).values()))
    assert numbers == list(range(1, int(name[-1]) + 1))


def test_a_copy_is_given() -> None:
    words("quality5")["优秀"] = 0
    assert words("quality5")["优秀"] == 5
    with pytest.raises(TypeError):
        GRADE_WORDS["quality5"]["优秀"] = 0  # type: ignore[index]


def test_unknown_set() -> None:
    with pytest.raises(SettingsError, match="quality5"):
        words("quality")


def test_suggestions() -> None:
    known = list(words("satisfaction5"))
    assert nearest("非常満意", known) in ("非常满意", "非常滿意")
    assert nearest("很满意", known) in ("满意", "非常满意", "不满意")
    assert nearest("ａ", ["A"]) is None
    assert nearest("a", ["A"]) == "A"


def _frame(*cells: object) -> pd.DataFrame:
    n = range(len(cells))
    return pd.DataFrame({"rater": ["r1"] * len(cells), "ratee": [f"e{k}" for k in n], "score": cells})


def test_words_are_never_applied_unasked() -> None:
    with pytest.raises(RatingsError) as caught:
        read_ratings(_frame("优秀", "良好"))
    assert caught.value.codes == ("E-NUMBER",)


def test_words_read_as_scores_and_unknown_ones_are_named() -> None:
    table = read_ratings(_frame("优秀", "優秀", " 差 ", "4", None), words="quality5")
    assert table.score[:4].tolist() == [5, 5, 1, 4]
    with pytest.raises(RatingsError) as caught:
        read_ratings(_frame("优秀", "优绣"), words="quality5")
    (problem,) = caught.value.items
    assert (problem.code, problem.row) == ("E-LABEL", 3)
    assert "优秀" in problem.text("en")
    assert "优秀" in problem.text("zh")


def test_a_mapping_of_ones_own() -> None:
    assert read_ratings(_frame("great", "poor"), words={"great": 2, "poor": 1}).score.tolist() == [2, 1]
    with pytest.raises(SettingsError):
        read_ratings(_frame("great"), words=7)  # type: ignore[arg-type]
