"""Feedback that can be acted on: what to do, and by when."""

from __future__ import annotations

import re

from rankkit.tables.text_language import sentences

_ZH_WHEN = re.compile(
    r"\d{1,2}月\d{1,2}[日号]?(?:之?前|以前|起|开始)|(?:月|周|季度|年|季)[底末初](?:之?前|以前|起)?|\d{1,2}月(?:底|末|初|份)(?:之?前|以前|内)?|"
    r"[下本这](?:个)?(?:周|月|季度|年)(?:[一二三四五六日天内起底末前初])?|(?:明天|后天|明年)|每(?:天|日|周|星期|月|次|季)|[一二两三四五六七八九十\d]+(?:天|周|个月|日)(?:之?内|以内)"
)
_ZH_DO = re.compile(
    r"完成|提交|参加|汇报|复习|学习|练习|旁听|执行|开始|清理|整理|跟进|跟随|跟一|写|编写|复述|抽查|回复|检查|核对|记录|制定|联系|拜访|更新|上交|交给|考取|"
    r"轮岗|安排|准备|落实|培训|请教|反馈|做|读|考|测试|提前|实行|组织|走访|回访|示范"
)
_ZH_DONE = re.compile(r"[\u4e00-\u9fff](?:了|过)(?!解)|[降升增减][到至]")
_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|"
    r"Aug(?:ust)?|Sep(?:t(?:ember)?)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
)
_DAY = rf"(?:\d{{1,2}}(?:st|nd|rd|th)? {_MONTH}|{_MONTH} \d{{1,2}}|\d{{4}}-\d{{2}}-\d{{2}})"
_EN_WHEN = re.compile(
    rf"\b(?:by|before|until|no later than|from|starting|as of|beginning) (?:the )?(?:{_DAY}|{_MONTH}|end of|next|mid|"
    rf"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)|"
    r"\b(?:next|each|every) (?:\w+ )?(?:day|week|month|quarter|year|morning|evening|shift|call|(?:Mon|Tues|Wednes|"
    r"Thurs|Fri|Satur|Sun)day)\b|"
    r"\bby the end of\b|\bwithin (?:\d+|one|two|three|four|six|a) (?:days?|weeks?|months?)\b|\b(?:a|per) week\b|"
    r"\bdaily\b|\bweekly\b|\btomorrow\b",
    re.IGNORECASE,
)
_EN_VERB = (
    "review|submit|listen|write|attend|report|answer|repeat|prepare|have|clear|give|rotate|join|complete|finish|read|learn|practise|practice|shadow|check|"
    "record|plan|call|visit|update|hand|start|stop|ask|send|set|draft|keep|log|book|meet|present|train|coach|document|follow|use|take|pass|test|agree|show|"
    "reduce|arrange|contact|discuss|share|observe|note|list|make|hold|run|sample"
)
_EN_DO = re.compile(
    rf"(?:^|[,;:.] *|\b(?:and|please|to|should|will|must|then|shall) )(?:{_EN_VERB})\b|^{_EN_WHEN.pattern}[^,]*, (?:{_EN_VERB})\b",
    re.IGNORECASE,
)
_EN_DONE = re.compile(
    r"\b(?!(?:expired|need|speed|feed|agreed|required|needed)\b)[a-z]{2,}ed\b|"
    r"\b(?:took|gave|told|said|went|came|made|did|sent|wrote|found|left|lost|was|were|had)\b",
    re.IGNORECASE,
)


def is_actionable(text: str) -> bool:
    """Whether a text says what is to be done and by when, in one sentence that is no report of the past.

    Parameters
    ----------
    text : str
        Chinese or English.

    Returns
    -------
    bool
        How often this is right: :mod:`rankkit.tables.text_detectors`.

    Examples
    --------
    >>> is_actionable("7月1日前完成退换货流程的复习"), is_actionable("希望继续努力")
    (True, False)
    >>> is_actionable("Submit a call self-check every Friday."), is_actionable("On 2 March she called back.")
    (True, False)
    """
    return any(_in_one(s) for s in sentences(text))


def _in_one(sentence: str) -> bool:
    zh = bool(_ZH_WHEN.search(sentence) and _ZH_DO.search(sentence) and not _ZH_DONE.search(sentence))
    return zh or bool(_EN_WHEN.search(sentence) and _EN_DO.search(sentence) and not _EN_DONE.search(sentence))
