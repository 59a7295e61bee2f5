"""Chinese and English text: which language it is, its words, its length. One declared rule, no further dependency."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Literal

Language = Literal["zh", "en", "mixed", "other", "none"]
Tokenizer = Callable[[str], Sequence[str]]

TOKENIZER = "words of alphabetic scripts, overlapping pairs of Chinese characters"
TOKENIZER_ZH = "字母文字按单词，汉字按相邻两字"
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_PIECE = re.compile(rf"[{_HAN}]+|\d+(?:[.:/-]\d+)*|[^\W\d_{_HAN}]+(?:['’-][^\W\d_{_HAN}]+)*")
_SENTENCE = re.compile(r"[^。！？!?；;\n]*?(?:[。！？!?；;\n]|\.(?=\s|$)|$)")
_MINORITY = 0.2  # share of the other language from which a text is mixed
_HAN_PER_WORD = 1.5  # Chinese characters that say about as much as one English word


def _pieces(text: str) -> list[str]:
    return _PIECE.findall(unicodedata.normalize("NFKC", text))


def _is_han(piece: str) -> bool:
    return re.match(rf"[{_HAN}]", piece) is not None


def tokens(text: str) -> list[str]:
    """Cut a text into the units that are counted and compared.

    Alphabetic words and numbers stand by themselves, in small letters; a run of Chinese characters, which has no blanks
    between words, becomes its overlapping pairs (a run of one stays).

    Parameters
    ----------
    text : str

    Returns
    -------
    list of str

    References
    ----------
    Nie, Gao, Zhang & Zhou (2000), On the use of words and n-grams for Chinese information retrieval, IRAL, 141-148: pairs of
    characters do about as well as segmented words.

    Examples
    --------
    >>> tokens("He's late, 3 times")
    ["he's", 'late', '3', 'times']
    >>> tokens("当天回电 OK")
    ['当天', '天回', '回电', 'ok']
    """
    out: list[str] = []
    for piece in _pieces(text):
        if _is_han(piece) and len(piece) > 1:
            out += [piece[k : k + 2] for k in range(len(piece) - 1)]
        else:
            out.append(piece.casefold())
    return out


def counts(text: str) -> Counter[str]:
    """Count Chinese characters, alphabetic words, letters of other scripts and numbers of a text.

    >>> dict(counts("3月2日 returned 两次"))
    {'number': 2, 'han': 4, 'word': 1}
    """
    out: Counter[str] = Counter()
    for piece in _pieces(text):
        if _is_han(piece):
            out["han"] += len(piece)
        elif piece[0].isdigit():
            out["number"] += 1
        elif "LATIN" in unicodedata.name(piece[0], ""):
            out["word"] += 1
        else:
            out["other"] += 1
    return out


def language_of(text: str) -> Language:
    """Tell the language of a text from its characters.

    Parameters
    ----------
    text : str

    Returns
    -------
    {"zh", "en", "mixed", "other", "none"}
        ``mixed`` where a fifth or more is in the other language (three characters count as two words); ``none`` without
        any letter; ``other`` for further scripts. A Latin script is taken for English.

    Examples
    --------
    >>> [language_of(t) for t in ("当天回电", "Called back", "他 called back 客户 twice", "12:30", "Перезвонил")]
    ['zh', 'en', 'mixed', 'none', 'other']
    """
    found = counts(text)
    chinese, english = found["han"] / _HAN_PER_WORD, float(found["word"])
    if found["other"] > chinese + english:
        return "other"
    if not chinese + english:
        return "none"
    share = chinese / (chinese + english)
    if _MINORITY <= share <= 1 - _MINORITY:
        return "mixed"
    return "zh" if share > 0.5 else "en"


def length_of(text: str) -> int:
    """Length in the units of its language: Chinese characters plus words and numbers.

    Lengths of Chinese and of English texts are different units and are never pooled.

    >>> length_of("当天回电"), length_of("Called back the same day")
    (4, 5)
    """
    found = counts(text)
    return sum(found.values())


def sentences(text: str) -> list[str]:
    """Cut a text at full stops, exclamation and question marks, semicolons and line ends, Chinese or Western.

    >>> sentences("他道歉了。当天补发！ Called back at 3.30 p.m. Done")
    ['他道歉了。', '当天补发！', 'Called back at 3.30 p.m.', 'Done']
    """
    return [part for part in (s.strip() for s in _SENTENCE.findall(text)) if part]
