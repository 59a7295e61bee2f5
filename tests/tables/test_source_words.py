"""Files of Chinese HR departments name sources in Chinese."""

import pandas as pd
import pytest

from rankkit import read_ratings
from rankkit.errors import RatingsError
from rankkit.tables.source_words import SHOWN, SOURCE_WORDS


def table(words):
    return pd.DataFrame({"rater": [f"r{k}" for k in range(len(words))], "ratee": "甲", "score": 3.0, "source": words})


def test_chinese_words_are_read_and_said():
    found = read_ratings(table(["上级", "同事评价", "下属", "内部客户", "peer"]), scale=(1, 5))
    assert found.sources == ("customer", "peer", "subordinate", "supervisor")
    note = next(n for n in found.notes if n.code == "I-SOURCEWORDS")
    assert note.details["read"] == ["上级 = supervisor", "同事评价 = peer", "下属 = subordinate", "内部客户 = customer"]


def test_known_words_need_no_note_and_unknown_ones_are_errors():
    assert not [n for n in read_ratings(table(["peer", "supervisor"])).notes if n.code == "I-SOURCEWORDS"]
    with pytest.raises(RatingsError) as caught:
        read_ratings(table(["上级", "路人"]))
    assert [p.value for p in caught.value.items] == ["路人"]


def test_self_ratings_in_chinese_must_be_of_oneself():
    with pytest.raises(RatingsError) as caught:
        read_ratings(table(["自评", "同事"]))
    assert caught.value.items[0].code == "E-NOTSELF"


def test_what_we_write_we_can_read():
    assert {word: SOURCE_WORDS[word] for word in SHOWN.values()} == {word: source for source, word in SHOWN.items()}
    assert set(SOURCE_WORDS.values()) == set(SHOWN)
