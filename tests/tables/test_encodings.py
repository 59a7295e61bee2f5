from __future__ import annotations

import codecs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankkit.errors import ReadingError
from rankkit.tables.encodings import detect, to_utf8

SIMPLIFIED = "王伟 李娜 张敏 刘洋 陈静 杨帆 赵磊 黄丽 周杰 吴秀英 沈腾 马冬梅 郭德纲 邓超 孙俪 章子怡 钟汉良 聂远 霍建华 蒋雯丽".split()  # noqa: SIM905
TRADITIONAL = "王偉 李娜 張敏 劉洋 陳靜 楊帆 趙磊 黃麗 周杰倫 吳秀英 許功蓋 蔡英文 林志玲 郭台銘 鄧麗君 蕭敬騰 游鎮豪 簡嫚書".split()  # noqa: SIM905
WESTERN = "Müller José Zoë Größe Björn Åsa Øyvind François Núñez Éric Jürgen Muñoz Gödel Señor Ørsted Émile Straße naïve".split()  # noqa: SIM905
# Characters of given names that have a place in the first plane of both encodings but are not listed in the module.
ORDINARY_SIMPLIFIED = "爱安奥白班宝北本必编并步才参层昌场车城充初处传窗词从存打代单岛灯底电店定东动读短队对多发反方放飞分风"
ORDINARY_TRADITIONAL = "愛奧班寶編參層場車處傳窗詞從單島燈電動讀對發飛風夫復該改剛歌給公共夠古故關廣過還海漢號合河後候護話"


def _csv(names: list[str]) -> str:
    return "rater,ratee,score\n" + "".join(f"r{k},{name},{k % 5 + 1}\n" for k, name in enumerate(names))


@pytest.mark.parametrize("encoding", ["gb18030", "big5"])
@pytest.mark.parametrize("script", ["simplified", "traditional"])
@pytest.mark.parametrize("count", [1, 3, 18])
def test_chinese_names_survive_every_encoding_that_can_hold_them(encoding: str, script: str, count: int) -> None:
    names = SIMPLIFIED if script == "simplified" else TRADITIONAL
    if script == "simplified" and encoding == "big5":
        names = [n for n in names if _fits(n, "big5")]
        assert names
    text = _csv(names[:count])
    found = to_utf8(text.encode(encoding))
    assert found.data.decode() == text
    assert found.encoding == encoding


def _fits(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


@pytest.mark.parametrize("name", SIMPLIFIED)
def test_one_simplified_name_is_enough(name: str) -> None:
    assert to_utf8(name.encode("gb18030")).data.decode() == name


@pytest.mark.parametrize("name", TRADITIONAL)
def test_one_traditional_name_is_enough(name: str) -> None:
    assert to_utf8(name.encode("big5")).data.decode() == name


@pytest.mark.parametrize("name", WESTERN)
def test_one_accented_name_is_enough(name: str) -> None:
    assert to_utf8(_csv([name]).encode("cp1252")).data.decode() == _csv([name])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("names", [SIMPLIFIED, TRADITIONAL, WESTERN, ["Smith"], ["𠮷野", "😀"]])
def test_unicode_encodings(encoding: str, names: list[str]) -> None:
    text = _csv(names)
    assert to_utf8(text.encode(encoding)).data.decode() == text


def test_ascii_is_utf8() -> None:
    assert detect(b"rater,ratee\n").encoding == "utf-8"


def test_big_endian_mark() -> None:
    text = _csv(SIMPLIFIED)
    assert to_utf8(codecs.BOM_UTF16_BE + text.encode("utf-16-be")).data.decode() == text


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.text(ORDINARY_SIMPLIFIED, min_size=2, max_size=3), min_size=6, max_size=9, unique=True))
def test_ordinary_simplified_characters_are_not_taken_for_big5(names: list[str]) -> None:
    assert to_utf8(_csv(names).encode("gb18030")).data.decode() == _csv(names)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.text(ORDINARY_TRADITIONAL, min_size=2, max_size=3), min_size=6, max_size=9, unique=True))
def test_ordinary_traditional_characters_are_not_taken_for_gb18030(names: list[str]) -> None:
    assert to_utf8(_csv(names).encode("big5")).data.decode() == _csv(names)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(st.sampled_from(SIMPLIFIED), min_size=1, max_size=6, unique=True),
    st.lists(st.sampled_from(TRADITIONAL), min_size=1, max_size=6, unique=True),
)
def test_any_few_names(simplified: list[str], traditional: list[str]) -> None:
    assert to_utf8(_csv(simplified).encode("gb18030")).data.decode() == _csv(simplified)
    assert to_utf8(_csv(traditional).encode("big5")).data.decode() == _csv(traditional)


def test_names_in_the_vendor_extension_of_big5() -> None:
    text = _csv(["宏碁", "王恒", "林志玲"])
    found = to_utf8(text.encode("cp950"))
    assert found.encoding == "big5"
    assert found.data.decode() == text


def test_four_byte_gb18030() -> None:
    text = _csv(["𠮷野", "王伟", "李娜"])
    assert to_utf8(text.encode("gb18030")).data.decode() == text


def test_a_wrong_encoding_is_refused_with_its_row() -> None:
    data = "rater,ratee\nr1,a\nr2,王伟\n".encode("gb18030")
    with pytest.raises(ReadingError) as caught:
        to_utf8(data, "utf-8")
    assert caught.value.code == "E-ENCODING"
    assert caught.value.items[0].row == 3


def test_rows_count_records_not_lines() -> None:
    data = 'rater,ratee\n"r\n1",a\nr2,王伟\n'.encode("gb18030")
    with pytest.raises(ReadingError) as caught:
        to_utf8(data, "utf-8")
    assert caught.value.items[0].row == 3


def test_an_unknown_encoding_is_refused() -> None:
    for name in ("klingon", "base64", "rot13"):
        with pytest.raises(ReadingError) as caught:
            to_utf8(b"a", name)
        assert caught.value.code == "E-ENCODING"


def test_encoding_overrides_detection() -> None:
    data = "王偉".encode("big5")
    assert to_utf8(data, "big5").data.decode() == "王偉"
    assert to_utf8(data, "gbk").data.decode() == data.decode("gb18030") != "王偉"


def test_a_broken_utf8_file_is_not_read_as_something_else() -> None:
    good = _csv(SIMPLIFIED * 3).encode()
    with pytest.raises(ReadingError) as caught:
        to_utf8(good + b"r9,\xe7\x8e,3\n")
    assert caught.value.items[0].row == 3 * len(SIMPLIFIED) + 2


def test_an_error_after_the_sample_is_found() -> None:
    body = "".join(f"r1,{a}{b},3\n" for a in ORDINARY_SIMPLIFIED for b in ORDINARY_SIMPLIFIED * 20)
    data = body.encode("gb18030")
    assert len(data) > 1 << 18
    broken = data + b"r1,\xff\xff,3\n"
    with pytest.raises(ReadingError) as caught:
        to_utf8(broken)
    assert caught.value.code == "E-ENCODING"
    assert caught.value.items[0].row == body.count("\n") + 1


def test_an_even_race_is_reported() -> None:
    rivals = [detect(_csv([c]).encode("gb18030")) for c in "昝亓逄綦郗於菟淼"]
    assert any(found.rival is not None for found in rivals)


def test_chinese_after_a_long_ascii_beginning() -> None:
    text = "r1,e1,3\n" * 200_000 + _csv(TRADITIONAL)
    assert to_utf8(text.encode("big5")).data.decode() == text
