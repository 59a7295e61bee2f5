"""What cannot be asked is refused, with names and a way out, in both languages."""

from __future__ import annotations

import re

import pytest

from rankkit.elicit.pairing import PairingSession
from rankkit.elicit.pairing_load import load
from rankkit.elicit.pairing_panel import assign
from rankkit.errors import IdentificationError, PeopleError, RankkitError, SessionError, SettingsError
from tests.elicit.pairing_sessions import ids, run


def refusal(call, kind, code) -> RankkitError:
    with pytest.raises(kind) as caught:
        call()
    error = caught.value
    assert error.code == code
    for lang in ("en", "zh"):
        text = error.text(lang)
        assert "…" not in text.replace("– …", ""), "every placeholder is filled"
    assert re.search(r"[\u4e00-\u9fff]", error.text("zh"))
    return error


def start(n=8, **changes):
    return lambda: PairingSession.start(ids(n), **{"rater": "boss", **changes})


@pytest.mark.parametrize("n", [0, 1, 2])
def test_too_few_people(n):
    error = refusal(start(n), SettingsError, "E-SHORTPAIRS")
    assert "one comparison" in error.text("en")


def test_too_few_people_once_the_rater_is_left_out():
    refusal(start(4, rater="e00", conflicts=["e01"]), SettingsError, "E-SHORTPAIRS")


@pytest.mark.parametrize(
    ("items", "code"), [(["a", "b", "a", "c"], "E-DUPPERSON"), (["a", None, "b", "c"], "E-BLANK"), (["07", "7", "8"], "E-ID")]
)
def test_lists_that_are_wrong(items, code):
    refusal(lambda: PairingSession.start(items, rater="r"), PeopleError, code)
    refusal(lambda: assign(items, ["r", "s"]), PeopleError, code)


def test_all_problems_of_a_list_are_told_together():
    with pytest.raises(PeopleError) as caught:
        PairingSession.start(["a", "a", "", "07", "7"], rater="r")
    assert set(caught.value.codes) == {"E-DUPPERSON", "E-BLANK", "E-ID"}


@pytest.mark.parametrize("design", ["random_regular", "cyclic", "swiss", "adaptive"])
def test_more_comparisons_than_partners(design):
    error = refusal(start(8, design=design, k=8), SettingsError, "E-KRANGE")
    assert "to 7" in error.text("en")
    refusal(start(8, design=design, k=1), SettingsError, "E-KRANGE")


@pytest.mark.parametrize("design", ["random_regular", "cyclic"])
def test_an_odd_total(design):
    error = refusal(start(9, design=design, k=3), SettingsError, "E-ODDTOTAL")
    assert "2, 4" in error.text("en")
    assert PairingSession.start(ids(9), rater="r", design=design).settings.k == 8
    assert PairingSession.start(ids(16), rater="r", design=design).settings.k == 12


def test_excluded_pairs_that_split_the_people():
    apart = [(a, b) for a in ("e00", "e01") for b in ("e02", "e03", "e04")]
    for design in ("complete", "random_regular", "cyclic", "swiss", "adaptive"):
        error = refusal(
            start(5, design=design, k=2, exclude_pairs=apart, labels={"e00": "王伟", "e04": "李娜"}), IdentificationError, "E-EXCLUDED"
        )
        assert "王伟, e01 | e02, e03, 李娜" in error.text("en")
    refusal(lambda: assign(ids(5), ["r", "s"], exclude_pairs=apart), IdentificationError, "E-EXCLUDED")


def test_excluded_pairs_that_leave_somebody_too_few_partners():
    barred = [("e00", f"e{i:02d}") for i in range(1, 6)]
    error = refusal(start(8, design="random_regular", k=4, exclude_pairs=barred, labels={"e00": "王伟"}), SettingsError, "E-PARTNERS")
    assert "王伟 (2)" in error.text("en")
    assert "k = 2 or less" in error.text("en")


def test_a_design_that_does_not_exist_for_another_reason():
    """Everybody has three permitted partners, but only inside two groups joined by a single pair."""
    groups = ["e00", "e01", "e02", "e03"], ["e04", "e05", "e06", "e07"]
    barred = [(a, b) for a in groups[0] for b in groups[1] if (a, b) != ("e00", "e04")]
    refusal(start(8, design="random_regular", k=3, exclude_pairs=barred), SettingsError, "E-NOREGULAR")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"exclude_pairs": [("e00", "zz")]}, "E-NOTITEM"),
        ({"exclude_pairs": [("e00", "e00")]}, "E-SELFPAIR"),
        ({"exclude_pairs": ["e00"]}, "E-SETTING"),
        ({"exclude_pairs": [("e00", "e01", "e02")]}, "E-SETTING"),
        ({"design": "best"}, "E-SETTING"),
        ({"design": "given"}, "E-NOPAIRS"),
        ({"design": "given", "pairs": []}, "E-NOPAIRS"),
        ({"design": "given", "pairs": [("e00", "zz")]}, "E-NOTITEM"),
        ({"design": "given", "pairs": {"speed": [("e00", "e01")]}}, "E-SETTING"),
        ({"design": "adaptive", "holdout": 0.8}, "E-SETTING"),
        ({"holdout": -0.1}, "E-SETTING"),
        ({"repeats": 2}, "E-SETTING"),
        ({"max_gap": 0}, "E-SETTING"),
        ({"start_rounds": 0}, "E-SETTING"),
        ({"max_repeats": 0}, "E-SETTING"),
        ({"design": "adaptive", "k": 2.5}, "E-SETTING"),
        ({"seed": -1}, "E-SETTING"),
        ({"seed": "x"}, "E-SETTING"),
        ({"dimensions": ["a", "a"]}, "E-SETTING"),
        ({"dimensions": [""]}, "E-SETTING"),
        ({"rater": " "}, "E-SETTING"),
    ],
)
def test_settings_that_are_impossible(changes, code):
    refusal(start(**changes), SettingsError, code)


def test_a_word_is_not_a_list():
    refusal(lambda: PairingSession.start("e01", rater="r"), SettingsError, "E-SETTING")


def test_an_impossible_session_leaves_no_file(tmp_path):
    path = tmp_path / "s.jsonl"
    with pytest.raises(RankkitError):
        PairingSession.start(ids(9), rater="r", design="cyclic", k=3, path=path)
    assert not path.exists()


def test_answers_to_a_finished_session():
    session = start(3)()
    run(session)
    error = refusal(lambda: session.answer("left"), SessionError, "E-ALLASKED")
    assert "nothing is left to compare" in error.text("en")
    session.undo()
    session.answer("tie")


def test_when_nobody_is_left_to_compare():
    session = start(4)()
    session.answer("left")
    for person in ("e00", "e01", "e02"):
        session.withdraw(person)
    assert session.next is None
    refusal(lambda: session.answer("left"), SessionError, "E-ALLASKED")
    error = refusal(lambda: session.withdraw("e00"), SessionError, "E-OUT")
    assert "已撤回" in error.text("zh")
    refusal(lambda: session.withdraw("zz"), SessionError, "E-NOTITEM")


def test_other_words_are_no_answers():
    session = start(3)()
    refusal(lambda: session.answer("a"), SettingsError, "E-SETTING")
    refusal(lambda: session.answer("left", response_ms=-1), SettingsError, "E-SETTING")
    refusal(lambda: session.frame(withdrawn="hide"), SettingsError, "E-SETTING")
    assert len(session.log) == 0


def test_no_table_without_a_decision():
    session = start(3)()
    refusal(session.comparisons, SessionError, "E-NOANSWERS")
    session.answer("skip")
    refusal(session.comparisons, SessionError, "E-NOANSWERS")
    assert session.frame()["outcome"].tolist() == ["skip"]


def test_notes_before_the_first_question():
    assert [n.code for n in start(13)().notes] == ["W-ALLPAIRS"]
    assert [n.code for n in start(12)().notes] == []
    found = start(12, design="adaptive", holdout=0)().notes
    assert [n.code for n in found] == ["W-NOHOLDOUT"]
    assert "信度" in found[0].text("zh")


@pytest.mark.parametrize(("n", "pairs"), [(10, 45), (20, 190), (30, 435)])
def test_the_load_of_all_pairs(n, pairs):
    assert load(n).pairs == pairs


def test_the_load_of_five_dimensions():
    found = load(30, dimensions=5, seconds=6)
    assert (found.comparisons, round(found.hours, 2)) == (2175, 3.62)
    assert found.repeats == 220
    assert found.hours_with_repeats == pytest.approx((2175 + 220) / 600)
    assert [n.code for n in found.notes] == ["I-LOAD", "W-ALLPAIRS", "I-LOADK"]
    assert "435 pairs" in found.text("en")
    assert "每位评判者" in found.text("zh")


@pytest.mark.parametrize(("k", "reached"), [(8, "below .70"), (10, "near .70"), (14, "near .70"), (20, "between"), (26, "near .90")])
def test_what_a_number_of_comparisons_achieves(k, reached):
    assert reached in load(40, "random_regular", k).text("en")


def test_the_load_is_that_of_the_session():
    for design, n, k in (("complete", 9, None), ("random_regular", 12, 6), ("cyclic", 15, 4), ("adaptive", 20, 10), ("cyclic", 7, None)):
        session = PairingSession.start(ids(n), rater="r", design=design, k=k, dimensions=["a", "b"])
        found = load(n, design, k, 2)
        assert session.progress.total == found.comparisons + found.repeats


def test_loads_that_are_impossible():
    refusal(lambda: load(2), SettingsError, "E-SHORTPAIRS")
    refusal(lambda: load(9, "cyclic", 3), SettingsError, "E-ODDTOTAL")
    refusal(lambda: load(9, "given"), SettingsError, "E-SETTING")
    refusal(lambda: load(9, dimensions=0), SettingsError, "E-SETTING")
