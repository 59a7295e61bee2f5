"""Language, units and redaction of texts; what the detectors must never do; narratives and codes as tables."""

from __future__ import annotations

import pandas as pd
import pytest

from rankkit.errors import SettingsError
from rankkit.tables.narratives import Narratives
from rankkit.tables.text_detectors import DETECTORS, measured, wilson
from rankkit.tables.text_language import language_of, length_of, sentences, tokens
from rankkit.tables.text_personal_data import personal_data
from rankkit.tables.text_redaction import redact


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("", "none"),
        ("  12:30 ", "none"),
        ("当天", "zh"),
        ("ok", "en"),
        ("ｔｅｌ", "en"),
        ("客户 OK 了，当天就补发配件", "zh"),
        ("きょう", "other"),
    ],
)
def test_languages(text, lang):
    assert language_of(text) == lang


def test_units_do_not_depend_on_width_or_case():
    assert tokens("ＯＫ 回电") == tokens("ok 回电")
    assert length_of("回电 twice 3") == 4
    assert sentences("") == []
    assert sentences("a; b。c") == ["a;", "b。", "c"]


@pytest.mark.parametrize("text", ["", "。", "<b>x</b>", "\u200b", "𠮷野家", "a" * 5000, "😀客户"])
def test_detectors_answer_any_text(text):
    for detector in DETECTORS.values():
        assert detector(text) in (True, False)
    assert isinstance(redact(text), str)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("电话１３８１２３４５６７８", "telephone"), ("mail a.b@example.org now", "email"), ("身份证11010519900307451X", "identity number"),
        ("card 4111-1111-1111-1111", "card number"), ("住在中山路18号", "address"), ("Dr. Novak called", "name"),
    ],
)  # fmt: skip
def test_kinds_of_personal_data(text, kind):
    found = personal_data(text)
    assert kind in [k for k, _, _ in found]
    assert all(0 <= a < b <= len(text) for _, a, b in found)


@pytest.mark.parametrize(
    "text", ["工单20260314008已关闭", "2026-03-14 10:30 至 11:45", "发出 1200 件，金额 35000 元", "ticket 415-555", "王者归来", "总共三次"]
)
def test_numbers_that_are_nobodys(text):
    assert not [k for k, _, _ in personal_data(text) if k != "name"]


def test_redaction_takes_every_spelling_and_leaves_words_whole():
    assert redact("Linda and Lin Wei met in line", ["Lin Wei"]) == "Linda and [name] met in line"
    text = redact("Lin Wei of team 1 met team 12", ["Lin Wei"], ["team 1"])
    assert text == "[name] of [unit] met team 12"
    assert redact("她把她的表给了他们") == "该员工把该员工的表给了该等人员"
    assert redact("She said her team likes her.") == "They said their team likes them."


def test_measuring_your_own_texts():
    texts = pd.DataFrame({"text": ["态度差", "很懒", "回电三次"], "lang": "zh", "trait": [1, 0, 0]})
    found = measured(texts).loc[("trait", "zh")]
    assert (found["precision"], found["recall"]) == (0.5, 1.0)
    assert found["precision_low"] == pytest.approx(wilson(1, 2)[1])
    with pytest.raises(SettingsError):
        measured(texts.drop(columns="trait"))


def test_narratives_keep_sections_in_their_order_whatever_the_rows():
    rows = pd.DataFrame({"ratee": "e1", "section": ["improve", "应该做什么", "为什么", "did"], "text": ["d", "a", "c", "b"]})
    table, turned = Narratives.from_frame(rows), Narratives.from_frame(rows.iloc[::-1])
    assert table.entries["text"].tolist() == list("abcd")
    assert table.documents["text"].item() == "a\nb\nc\nd"
    assert table.data_hash() == turned.data_hash()
    assert table.where(table.entries["section"].to_numpy() == "did").entries["text"].tolist() == ["b"]


def test_names_come_back_from_the_frame():
    rows = {
        "ratee": ["e1", "e2"],
        "ratee_label": ["王伟", "李娜"],
        "author": ["m1", "e2"],
        "author_label": ["赵强", "李娜"],
        "text": ["a", "b"],
    }
    table = Narratives.from_frame(pd.DataFrame(rows))
    again = Narratives.from_frame(table.frame)
    assert again.labels == table.labels == {"e1": "王伟", "e2": "李娜"}
    assert again.author_labels == table.author_labels == {"m1": "赵强", "e2": "李娜"}
