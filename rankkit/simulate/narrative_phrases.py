"""Sentences of which the simulated narratives are made, in Chinese and English."""

from __future__ import annotations

from itertools import permutations

_SHOULD = {
    "zh": (
        "本岗位负责售后来电的接听、登记与跟踪，要求首问负责、当日回电。", "负责网点咨询与工单派发，并维护常见问题清单。",
        "应独立处理一般投诉，对升级投诉在两小时内上报。",
        "负责新装客户的回访与满意度调查，每周汇总一次。", "承担夜班热线，保证交接记录完整。",
    ),
    "en": (
        "Answers and tracks service calls: first contact owns the case and calls back the same day.",
        "Handles branch enquiries, assigns tickets and keeps the list of frequent questions.",
        "Settles ordinary complaints alone and reports escalated ones within two hours.",
        "Calls new customers, runs the satisfaction survey and sums it up each week.",
        "Covers the night line and keeps the handover record complete.",
    ),
}  # fmt: skip
_WHY = {
    "zh": (
        "上半年系统切换，查询路径变长。", "旺季人手不足，平均每班少两人。", "参加了三次产品培训，熟悉了新套餐。",
        "与技术组建立了固定的联络时间。", "新流程的说明书缺少图示，容易漏看第二页。",
        "对退换货条款不熟，遇到例外情况时需要反复请示。", "主动跟班学习了两周，掌握了排查顺序。",
    ),
    "en": (
        "The system changed in spring and look-ups took longer.", "The team was two people short in the high season.",
        "Took part in three product courses and knows the new plans.",
        "Agreed on a fixed time with the engineers.", "The manual of the new process has no figures, so page two is easily missed.",
        "Is not sure of the terms for returns and asks back in unusual cases.",
        "Spent two weeks beside a senior colleague and learned the order of checks.",
    ),
}  # fmt: skip
_IMPROVE = {
    "zh": (
        "{m}月底前完成退换货条款的复习并通过测试。", "每周五提交一份通话自查表，连续八周。", "希望继续努力。",
        "{m}月起跟随资深同事旁听投诉电话，每周两通。", "注意沟通方式。",
        "下季度内参加一次沟通课程，并在例会上汇报。", "保持现状即可。",
    ),
    "en": (
        "Review the terms for returns by the end of month {m} and pass the test.",
        "Submit a call self-check every Friday for eight weeks.", "Please keep up the effort.",
        "Listen to two complaint calls every week with a senior colleague.", "Should watch the manner of speaking.",
        "Attend a communication course next quarter and report to the team.",
        "No change needed.",
    ),
}  # fmt: skip
_COPIED = {
    "zh": (
        "建议在10月15日前把本组的常见问题清单整理成一页纸的手册，由组长审阅后发给全组，"
        "并在每月例会上用五分钟讲解其中一条，年底时统计重复来电是否减少。"
    ),
    "en": (
        "By 10 November turn the team's list of frequent questions into a one-page guide, have the lead review it, "
        "explain one entry at each monthly meeting, and count at the end of the year whether repeat calls fell."
    ),
}  # fmt: skip


def should(k: int, names: str) -> str:
    """Say what the post asks for."""
    return _SHOULD[names][k % len(_SHOULD[names])]


def why(k: int, names: str) -> str:
    """Say why it went as it did: two reasons, another two for each ``k`` up to 42."""
    return _two(_WHY[names], k, names)


def improve(k: int, month: int, names: str) -> str:
    """Say what is to change: two sentences; some can be acted on, some cannot."""
    return _two(_IMPROVE[names], k, names).format(m=month)


def _two(stock: tuple[str, ...], k: int, names: str) -> str:
    """Two different sentences in the k-th order of a list."""
    first, second = list(permutations(range(len(stock)), 2))[k % (len(stock) * (len(stock) - 1))]
    return stock[first] + ("" if names == "zh" else " ") + stock[second]


def copied(names: str) -> str:
    """Return the section that is copied from one person to another."""
    return _COPIED[names]


def customer(names: str) -> str:
    """Return a sentence with an invented customer's name and number."""
    return "客户孙先生（电话13800007321）曾来电表扬。" if names == "zh" else " Mr Sun (phone 415-555-0173) called to praise this."


def deed(situation: str, behaviour: str, result: str, month: int, day: int, names: str) -> str:
    """Write an incident as one sentence.

    >>> deed("A bill was wrong", "called back", "it was settled", 3, 5, "en")
    'On 3-05, when a bill was wrong, called back; it was settled.'
    """
    if names == "zh":
        return f"{month}月{day}日{situation}时，{behaviour}，{result}。"
    return f"On {month}-{day:02d}, when {situation[:1].lower()}{situation[1:]}, {behaviour}; {result}."
