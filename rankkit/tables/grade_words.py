"""Chinese grade words and the numbers they stand for: explicit dictionaries, used only where the caller names one.

A word is never guessed. Simplified and traditional forms are equal because both are listed.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from rankkit.errors import SettingsError

# name -> (number, forms of the word), best first
_SETS: Mapping[str, tuple[tuple[int, tuple[str, ...]], ...]] = {
    "quality5": ((5, ("优秀", "優秀")), (4, ("良好",)), (3, ("一般",)), (2, ("较差", "較差")), (1, ("差",))),
    "satisfaction5": (
        (5, ("非常满意", "非常滿意")),
        (4, ("满意", "滿意")),
        (3, ("一般",)),
        (2, ("不满意", "不滿意")),
        (1, ("非常不满意", "非常不滿意")),
    ),
    "effect4": (
        (4, ("显著", "顯著")),
        (3, ("有一定",)),
        (2, ("不明显", "不明顯")),
        (1, ("无", "無")),
    ),
    "stems4": ((4, ("甲",)), (3, ("乙",)), (2, ("丙",)), (1, ("丁",))),
    "letters5": ((5, ("A",)), (4, ("B",)), (3, ("C",)), (2, ("D",)), (1, ("E",))),
}

GRADE_WORDS: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {name: MappingProxyType({form: number for number, forms in grades for form in forms}) for name, grades in _SETS.items()}
)

# Only the characters that occur in the words above.
_SIMPLIFIED = str.maketrans("優較滿顯無", "优较满显无")
_SIMILAR = 0.6  # difflib ratio from which a word passes for a misspelling


def words(name: str) -> dict[str, int]:
    """Return a set of grade words, ready to pass as ``words=``.

    Parameters
    ----------
    name : {"quality5", "satisfaction5", "effect4", "stems4", "letters5"}
        优秀–差, 非常满意–非常不满意, 显著–无, 甲–丁, A–E. The digit is the number of grades; higher is better.

    Returns
    -------
    dict of str to int
        Word, in simplified and traditional form, to number.

    Raises
    ------
    SettingsError
        ``E-SETTING`` if there is no such set.

    Examples
    --------
    >>> words("quality5")["优秀"], words("quality5")["優秀"], words("stems4")["丁"]
    (5, 5, 1)
    """
    if name not in GRADE_WORDS:
        raise SettingsError("E-SETTING", name="words", value=repr(name), allowed=", ".join(map(repr, GRADE_WORDS)))
    return dict(GRADE_WORDS[name])


def simplified(word: str) -> str:
    """Write a grade word in its simplified form; other text is left as it is.

    Parameters
    ----------
    word : str
        A grade word.

    Returns
    -------
    str
        Its simplified form.

    Examples
    --------
    >>> simplified("較差")
    '较差'
    """
    return word.translate(_SIMPLIFIED)


def nearest(word: str, known: Sequence[str]) -> str | None:
    """Find the known word most like a mistyped one, for a suggestion only.

    Parameters
    ----------
    word : str
        What stands in the cell.
    known : sequence of str
        Words with a number.

    Returns
    -------
    str or None
        The nearest of ``known``; None if none is near.

    Examples
    --------
    >>> nearest("優绣", ["优秀", "良好"]), nearest("较差的", ["较差", "差"]), nearest("xyz", ["优秀"])
    ('优秀', '较差', None)
    """
    forms: dict[str, str] = {}
    for k in known:
        forms.setdefault(simplified(k.strip()).casefold(), k)
    wanted = simplified(word.strip()).casefold()
    if wanted in forms:
        return forms[wanted]
    cutoff = _SIMILAR if len(wanted) > 2 else 0.5  # of two characters, one right
    close = difflib.get_close_matches(wanted, list(forms), n=1, cutoff=cutoff)
    return forms[close[0]] if close else None
