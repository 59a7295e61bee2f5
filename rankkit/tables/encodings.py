"""In which encoding a csv file was written: UTF-8 where it can be, otherwise the reading that makes the likeliest text.

gb18030 decodes almost any Big5 file to nonsense without an error, and the other way round. So every encoding that can
decode the bytes at all is scored by how probable the decoded characters are: names and headings people write every
day, then the frequent planes of GB 2312 and Big5, then the rare ones, with private-use characters last. An even race
is settled by charset-normalizer and reported as doubtful.
"""

from __future__ import annotations

import codecs
import unicodedata
from dataclasses import dataclass
from functools import cache

from rankkit.errors import Problem, ReadingError
from rankkit.tables.everyday_characters import EVERYDAY, PUNCTUATION

CANDIDATES = ("gb18030", "big5", "cp1252")
_SAMPLE = 1 << 18  # bytes of lines with other than ASCII characters that are scored
_BLOCK = 1 << 22
_CLOSE = 4.0  # difference of log-likelihoods below which the choice is called doubtful
_EVEN = 0.5  # difference below which charset-normalizer decides
_MOSTLY = 0.9  # share of lines valid as UTF-8 from which a broken file is still called UTF-8
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# Each is read with the widest member of its family: Excel writes cp950 and says Big5, gbk and says GB 2312.
_CODECS = {"gb2312": ("gb18030",), "gbk": ("gb18030",), "big5": ("cp950", "big5hkscs"), "utf-8": ("utf-8-sig",)}


@dataclass(frozen=True)
class Detection:
    """What :func:`detect` found: the encoding, and the one it could as well be, if the race was even."""

    encoding: str
    rival: str | None = None


@dataclass(frozen=True)
class Decoded:
    """A file's content as UTF-8 bytes without byte order mark, and the encoding it was in."""

    data: bytes
    encoding: str
    rival: str | None = None


def detect(data: bytes) -> Detection:
    """Find the encoding of a text file.

    Parameters
    ----------
    data : bytes
        The whole file.

    Returns
    -------
    Detection
        ``utf-8``, ``utf-16``, ``utf-16-le``, ``utf-16-be``, ``gb18030``, ``big5`` or ``cp1252``, and the rival
        encoding where the evidence hardly tells two apart (files with very few characters beyond ASCII).

    Raises
    ------
    ReadingError
        ``E-ENCODING`` if a UTF-8 file is broken in places.

    Examples
    --------
    >>> detect("考核人,分数".encode("gb18030")).encoding, detect("考核人,分數".encode("big5")).encoding
    ('gb18030', 'big5')
    >>> detect("Müller,José".encode("cp1252")).encoding
    'cp1252'
    """
    for mark, name in _BOMS:
        if data.startswith(mark):
            return Detection(name)
    wide = _utf16_without_mark(data)
    if wide:
        return Detection(wide)
    if _is_utf8(data):
        return Detection("utf-8")
    lines = _telling_lines(data)
    if sum(map(_is_utf8, lines)) >= _MOSTLY * len(lines):
        raise _invalid(data, "utf-8")
    scores = {name: sum(_plausibility(line, name) for line in lines) for name in CANDIDATES}
    first, second, _ = sorted(CANDIDATES, key=lambda name: -scores[name])
    lead = scores[first] - scores[second]
    if lead < _EVEN:
        first, second = _arbitrate(b"\n".join(lines), first, second)
    return Detection(first, second if lead < _CLOSE else None)


def to_utf8(data: bytes, encoding: str | None = None) -> Decoded:
    """Bring a file's bytes to UTF-8, strictly: one undecodable character anywhere is an error with its row.

    Parameters
    ----------
    data : bytes
        The whole file.
    encoding : str, optional
        Overrides detection.

    Returns
    -------
    Decoded
        UTF-8 bytes, the encoding, and its rival where the choice was doubtful.

    Raises
    ------
    ReadingError
        ``E-ENCODING`` for an unknown encoding or bytes that are not valid in it.

    Examples
    --------
    >>> to_utf8("王偉".encode("big5")).data.decode()
    '王偉'
    """
    found = detect(data) if encoding is None else Detection(_known(encoding))
    if found.encoding == "utf-8":
        body = data.removeprefix(codecs.BOM_UTF8)
        if encoding is not None and not _is_utf8(body):
            raise _invalid(body, "utf-8")
        return Decoded(body, "utf-8")
    for codec in _CODECS.get(found.encoding, (found.encoding,)):
        try:
            return Decoded(_transcode(data, codec), found.encoding, found.rival)
        except ValueError:
            continue
    raise _invalid(data, found.encoding)


def _known(encoding: str) -> str:
    """Check that Python knows a text encoding, and give it its usual name."""
    try:
        name = codecs.lookup(encoding).name.removesuffix("-sig")
        b"a".decode(name, errors="ignore")  # refuses codecs that are not of text
    except (LookupError, ValueError) as e:
        raise ReadingError("E-ENCODING", encoding=encoding) from e
    return "utf-8" if name in ("utf_8_sig", "utf-8") else name


def _transcode(data: bytes, codec: str) -> bytes:
    """Decode strictly and encode as UTF-8, block by block."""
    decoder = codecs.getincrementaldecoder(codec)()
    out = bytearray()
    for start in range(0, len(data), _BLOCK):
        out += decoder.decode(data[start : start + _BLOCK]).encode()
    out += decoder.decode(b"", final=True).encode()
    return bytes(out)


def _is_utf8(data: bytes) -> bool:
    """Whether all bytes are valid UTF-8."""
    if data.isascii():
        return True
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(data), _BLOCK):
            decoder.decode(data[start : start + _BLOCK])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _utf16_without_mark(data: bytes) -> str | None:
    """Recognise UTF-16 without a byte order mark: every other byte of its ASCII parts is NUL."""
    head = data[:4096]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if 4 * max(even, odd) > len(head) and 10 * min(even, odd) < max(even, odd):
        return "utf-16-le" if odd > even else "utf-16-be"
    return None


def _telling_lines(data: bytes) -> list[bytes]:
    """Lines with other than ASCII characters, up to the sample size; distinct, for a name says the same twice."""
    lines: dict[bytes, None] = {}
    size = 0
    start = 0
    while start < len(data) and size < _SAMPLE:
        stop = data.find(b"\n", start + _BLOCK // 16)
        stop = len(data) if stop < 0 else stop + 1
        for line in data[start:stop].replace(b"\r", b"\n").split(b"\n"):
            if not line.isascii() and line not in lines:
                lines[line] = None
                size += len(line)
        start = stop
    return list(lines)


def _plausibility(line: bytes, encoding: str) -> float:
    """Log-likelihood of a line read in an encoding; a line that cannot be is unlikely, but may be a damaged one."""
    for codec in _CODECS.get(encoding, (encoding,)):
        try:
            text = line.decode(codec)
        except UnicodeDecodeError:
            continue
        weigh = _western if encoding == "cp1252" else _chinese
        return weigh(text, encoding)
    beyond = sum(byte >= 0x80 for byte in line)
    return _UNDECODABLE * beyond + _ASCII_COST * (len(line) - beyond)


_ASCII_COST = -3.4  # log(1/30): an ASCII byte costs the same in every reading
_UNDECODABLE = -8.5  # per byte: worse than text, better than Chinese characters taken for accents
_BESIDE_LETTER = -3.0  # a Chinese character glued to a Latin letter is rare


def _chinese(text: str, encoding: str) -> float:
    """Log-likelihood of text read as Chinese."""
    total = 0.0
    before = " "
    for c in text:
        if c < "\x80":
            total += _ASCII_COST
            if c.isalpha() and before >= "\x80":
                total += _BESIDE_LETTER
        else:
            total += _rarity(c, encoding)
            if before < "\x80" and before.isalpha():
                total += _BESIDE_LETTER
        before = c
    return total


# log(share / size of the plane): GB 2312 has 3755 + 3008 characters in its two planes, Big5 5401 + 7652.
_COST = {
    "gb18030": {1: -9.6, 2: -11.6, 3: -11.7, 4: -14.0, 5: -20.0},
    "big5": {1: -10.0, 2: -12.8, 3: -11.7, 4: -14.0, 5: -20.0},
}


@cache
def _rarity(c: str, encoding: str) -> float:
    """Log-probability of one character: log(share of its class in running text / size of the class)."""
    if c in EVERYDAY:
        return -7.0 if _level(c, encoding) == 1 else -8.5
    if c in PUNCTUATION:
        return -7.7
    if unicodedata.category(c) in ("Co", "Cn", "Cc"):
        return -19.0
    return _COST[encoding][_level(c, encoding)]


def _level(c: str, encoding: str) -> int:
    """Plane of a character: 1 frequent, 2 less frequent, 3 symbol, 4 rare (GBK extension), 5 four bytes."""
    code = c.encode("gb18030") if encoding == "gb18030" else _big5_code(c)
    if len(code) != 2:
        return 5
    lead, trail = code
    if encoding == "gb18030":
        if lead <= 0xA9 and trail >= 0xA1 and lead >= 0xA1:
            return 3
        if 0xB0 <= lead <= 0xF7 and trail >= 0xA1:
            return 1 if lead <= 0xD7 else 2
        traditional = _big5_code(c)
        return 2 if len(traditional) == 2 and 0xA4 <= traditional[0] <= 0xC6 else 4
    if 0xA1 <= lead <= 0xA3:
        return 3
    if 0xA4 <= lead <= 0xC6:
        return 1 if lead < 0xC6 or trail <= 0x7E else 3
    return 2 if 0xC9 <= lead <= 0xF9 else 4


def _big5_code(c: str) -> bytes:
    """Encode a character in Big5 with its extensions; empty if it has none."""
    for codec in _CODECS["big5"]:
        try:
            return c.encode(codec)
        except UnicodeEncodeError:
            continue
    return b""


_FREQUENT_LATIN = frozenset("éèêëáàâäãåóòôöõøúùûüíìîïñçßæœšžýÿÉÈÁÀÂÄÅÓÖØÚÜÍÑÇŠŽ")
_TYPOGRAPHIC = frozenset("‘’“”–—…€£°«»\xa0")


def _western(text: str, encoding: str) -> float:  # noqa: ARG001 - same form as _chinese
    """Log-likelihood of text read as a Western language: accents live inside words, capitals begin them."""
    total = 0.0
    padded = f" {text} "
    for k in range(1, len(padded) - 1):
        c, before, after = padded[k], padded[k - 1], padded[k + 1]
        if c < "\x80":
            total += _ASCII_COST
            continue
        beside = (before < "\x80" and before.isalpha()) or (after < "\x80" and after.isalpha())
        if c.isalpha() and c not in "ªºµ":
            total += (-3.9 if c in _FREQUENT_LATIN else -5.5) if beside else -7.5
            if c.isupper() and before.islower():
                total -= 4.0  # a capital inside a word
        else:
            total += -5.0 if c in _TYPOGRAPHIC else -7.0
        if before >= "\x80":
            total -= 2.0  # two accents in a row
    return total


def _arbitrate(sample: bytes, first: str, second: str) -> tuple[str, str]:
    """Let charset-normalizer decide an even race."""
    from charset_normalizer import from_bytes  # noqa: PLC0415 - only an even race needs it

    ranked = [match.encoding for match in from_bytes(sample, cp_isolation=[first, second])]
    return (second, first) if ranked and ranked[0] == second else (first, second)


def _invalid(data: bytes, encoding: str) -> ReadingError:
    """Say in which row the text stops being valid."""
    position = len(data)
    prefix = ""
    for codec in _CODECS.get(encoding, (encoding,)):
        try:
            data.decode(codec)
        except UnicodeDecodeError as e:
            position = e.start
            prefix = data[:position].decode(codec, errors="ignore")
    unquoted = prefix.replace("\r\n", "\n").replace("\r", "\n").split('"')[::2]
    row = 1 + sum(part.count("\n") for part in unquoted)
    return ReadingError(Problem("E-ENCODING", row, None, None, {"encoding": encoding}))
