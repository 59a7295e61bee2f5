"""Take out of a text who it is about: names, units, words that tell the gender, personal data."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rankkit.tables.text_language import language_of
from rankkit.tables.text_personal_data import personal_data

NAME = {"zh": "［姓名］", "en": "[name]"}
UNIT = {"zh": "［单位］", "en": "[unit]"}
DATA = {"zh": "［个人信息］", "en": "[personal data]"}
_ZH_GENDER = (
    (r"她们|他们", "该等人员"), (r"[她他](?![人国乡方])", "该员工"), (r"女(?:员工|同事|同志|客服|生|士)", "员工"),
    (r"男(?:员工|同事|同志|客服|生|士)", "员工"),
    (r"小姑娘|小伙子|姑娘|小伙|大姐|大哥|美女|帅哥", "员工"), (r"(?<=[\u4e00-\u9fff])(?:先生|女士|小姐|太太)", ""),
    (r"孕期|产假|哺乳期|陪产假", "休假"), (r"妻子|丈夫|老公|老婆", "配偶"), (r"母亲|父亲|妈妈|爸爸", "父母"),
)  # fmt: skip
_EN_GENDER = (
    (r"\b(?:she|he)(?=['’]s\b)", "they"), (r"\b(?:she|he)\b", "they"), (r"\b(?:himself|herself)\b", "themselves"), (r"\bhim\b", "them"),
    (r"\bhers\b", "theirs"), (r"\bhis\b", "their"),
    (r"\bher\b(?= (?:to|at|in|on|for|with|by|from|again|back|and|when|if|as|that)\b|[,.;:!?]|$)", "them"),
    (r"\bher\b", "their"), (r"\b(?:Mrs?|Ms|Miss)\.? (?=\S)", ""), (r"\b(?:woman|man|lady|gentleman|girl|boy|guy)\b", "person"),
    (r"\b(?:women|men|ladies|gentlemen|girls|boys|guys)\b", "people"), (r"\b(?:wife|husband)\b", "partner"),
    (r"\b(?:mother|father|mum|mom|dad)\b", "parent"),
    (r"\b(?:maternity|paternity) leave\b", "leave"), (r"\b(?:pregnant|pregnancy)\b", "[leave]"),
)  # fmt: skip


def redact(text: str, names: Iterable[str] = (), units: Iterable[str] = (), *, gender: bool = True, data: bool = True) -> str:
    """Replace names, units, words that tell the gender and personal data.

    Parameters
    ----------
    text : str
        Chinese or English.
    names : iterable of str
        Names of people in every spelling that occurs; longer ones are replaced first, English ones also by their parts.
    units : iterable of str
        Names of units.
    gender : bool
        Also pronouns, titles and kinship words ("they" keeps the verb of the original: "they was" may result).
    data : bool
        Also what :func:`~rankkit.tables.text_personal_data.personal_data` finds.

    Returns
    -------
    str
        What remains may still tell insiders who it is about: a single event is often enough.

    Examples
    --------
    >>> redact("王雨桐当天回电，她道歉了。", ["王雨桐"])
    '［姓名］当天回电，该员工道歉了。'
    >>> redact("Wang Yutong of team 1 called; she gave her number.", ["Wang Yutong"], ["team 1"])
    '[name] of [unit] called; they gave their number.'
    """
    lang = "zh" if language_of(text) in ("zh", "mixed") else "en"
    for unit in sorted({u for u in units if u}, key=lambda u: (-len(u), u)):
        text = _whole(unit).sub(UNIT[lang], text)
    for name in sorted(_spellings(names), key=lambda n: (-len(n), n)):
        text = _whole(name).sub(NAME[lang], text)
    if data:
        for _, start, end in reversed(personal_data(text)):
            text = text[:start] + DATA[lang] + text[end:]
    if gender:
        for pattern, plain in _ZH_GENDER:
            text = re.sub(pattern, plain, text)
        for pattern, plain in _EN_GENDER:
            text = re.sub(pattern, lambda m, p=plain: p.capitalize() if m.group()[:1].isupper() else p, text, flags=re.IGNORECASE)  # type: ignore[misc]
    return text


def _spellings(names: Iterable[str]) -> set[str]:
    """Names, and the parts of names that are written with blanks."""
    found = {n.strip() for n in names if n and n.strip()}
    parts = {p for n in found if n.isascii() for p in n.split() if len(p) > 2 and p[0].isupper()}
    return found | parts


def _whole(word: str) -> re.Pattern[str]:
    """Match a word that is not part of a longer alphabetic one."""
    edge = word.isascii()
    return re.compile((r"(?<!\w)" if edge else "") + re.escape(word) + (r"(?!\w)" if edge else ""))
