"""Personal data in a text: telephone numbers, addresses, identity and card numbers, names of customers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_SURNAMES = (
    "欧阳|司马|上官|诸葛|司徒|东方|独孤|慕容|夏侯|皇甫|尉迟|公孙|令狐|"
    "[王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹彭曾萧田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛"
    "闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤翁]"
)
_ZH_AFTER_NAME = (
    r"(?=$|[\s，。；、：:,.;（(“「]|在|来|说|要|的|打|问|反|投|致|电|发|"
    r"提|称|需|请|催|不|将|把|对|给|到|上|又|已|因|再|取|住|家|抱|表|询|退|购|买|拒|同意)"
)
_HAN = "\u4e00-\u9fff"
_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("email", re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    ("identity number", re.compile(r"(?<!\d)[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?![\dA-Za-z])")),
    ("identity number", re.compile(r"(?<![\d-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\d-])")),
    ("card number", re.compile(r"(?<![\d-])(?:62\d\d|4\d{3}|5[1-5]\d\d|3[47]\d\d)(?:[ -]?\d{4}){2}[ -]?\d{3,7}(?![\d-])")),
    ("telephone", re.compile(r"(?<!\d)(?:\+?86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)")),
    ("telephone", re.compile(r"(?<![\d-])0\d{2,3}-\d{7,8}(?![\d-])")),
    ("telephone", re.compile(r"\+\d{1,3}(?:[ -]?\(?\d{1,4}\)?){2,5}")),
    ("telephone", re.compile(r"(?<![\d-])\(?[2-9]\d{2}\)?[ .-]\d{3}[.-]\d{4}(?![\d-])")),
    ("account", re.compile(r"(?:微信号?|QQ号?|WeChat(?: ID)?)\s*[:：]?\s*[A-Za-z0-9_-]{5,}", re.IGNORECASE)),
    ("address", re.compile(rf"[{_HAN}]{{2,8}}(?:路|街|大道|巷|弄)\s*\d+\s*号")),
    ("address", re.compile(rf"[{_HAN}]{{2,8}}\d+\s*(?:栋|幢|号楼)\s*\d+\s*室?")),
    ("address", re.compile(r"\b\d{1,5} (?:[A-Z][a-z]+ ){1,3}(?:Street|St|Road|Rd|Avenue|Ave|Lane|Drive|Boulevard|Blvd|Close|Square)\b")),
    ("name", re.compile(rf"(?:顾客|客户|客人|用户|业主|访客|买家|患者)(?:{_SURNAMES})[{_HAN}]{{1,2}}?{_ZH_AFTER_NAME}")),
    ("name", re.compile(rf"(?<![{_HAN}])(?:{_SURNAMES})[{_HAN}]{{0,2}}(?:先生|女士|小姐|太太|大爷|大妈|阿姨|师傅)")),
    ("name", re.compile(rf"(?:{_SURNAMES})(?:先生|女士|小姐|太太|总(?!经理|监|部|计|共|数|结|体|是))")),
    ("name", re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Dr|Sir|Madam)\.? [A-Z][a-zA-Z'’-]+")),
    ("name", re.compile(r"\b(?:[Cc]ustomer|[Cc]lient|[Cc]aller|[Vv]isitor|[Gg]uest|[Bb]uyer) [A-Z][a-z]+(?: [A-Z][a-zA-Z'’-]+)+")),
)  # fmt: skip


def personal_data(text: str, names: Iterable[str] = ()) -> list[tuple[str, int, int]]:
    """Find personal data in a text.

    Parameters
    ----------
    text : str
        Chinese or English; full-width characters count as ordinary ones.
    names : iterable of str
        Names that must not be in it either (of customers, from a list); found exactly as they stand.

    Returns
    -------
    list of (str, int, int)
        Kind (``email, identity number, card number, telephone, account, address, name``), first and last position + 1, in the
        order of the text; of overlapping ones the first kind named. How often this is right:
        :mod:`rankkit.tables.text_detectors`.

    Examples
    --------
    >>> personal_data("电话13812345678，请联系王女士")
    [('telephone', 2, 13), ('name', 17, 20)]
    >>> personal_data("Mrs Lee, li@example.com"), personal_data("closed ticket 20260314008")
    ([('name', 0, 7), ('email', 9, 23)], [])
    """
    plain = "".join(c if len(w := unicodedata.normalize("NFKC", c)) != 1 else w for c in text)  # positions stay what they are
    taken: list[tuple[str, int, int]] = []
    listed = [("name", re.compile(re.escape(n))) for n in sorted(names, key=len, reverse=True) if n]
    for kind, pattern in (*_KINDS, *listed):
        for m in pattern.finditer(plain):
            if all(m.end() <= a or m.start() >= b for _, a, b in taken):
                taken.append((kind, m.start(), m.end()))
    return sorted(taken, key=lambda t: t[1])
