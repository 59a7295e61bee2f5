"""The words of printed scale cards, in English and simplified Chinese."""

from __future__ import annotations

from typing import Any

from rankkit.errors import Lang

_WORDS: dict[str, tuple[str, str]] = {
    "kicker": ("Behaviourally anchored rating scale", "行为锚定等级评价量表"),
    "untitled": ("Rating scale", "评价量表"),
    "svg": ("Rating scale of {dimension}, examples from high to low", "{dimension}评价量表，示例由高到低"),
    "high": ("High", "高"),
    "acceptable": ("Acceptable", "合格"),
    "low": ("Low", "低"),
    "gap": ("no example here", "此段无示例"),
    "instruction": (
        (
            "Mark any point of the line, also between the numbers and the examples. The examples show what kind of behaviour stands "
            "at their height; they are not the only answers, and the person need not have done exactly this."
        ),
        "请在直线上任意一点作标记，数字之间、示例之间都可以。示例只说明该高度代表怎样的行为；它们不是仅有的选项，被评人也不必做过同样的事。",
    ),
    "incident": (
        "Write down at least one thing you saw this person do that the mark rests on.",
        "请至少写下一件您亲眼所见、作为评分依据的事。",
    ),
    "person": ("Person", "被评人"),
    "rater": ("Rater", "评价人"),
    "date": ("Date", "日期"),
    "mark": ("Mark", "分数"),
    "observed": ("Incidents observed", "所见事件"),
    "draft": ("Draft: this scale has not been tried out.", "草稿：本量表尚未试用。"),
    "evidence": ("Where the examples come from", "示例的依据"),
    "evidence_say": (
        (
            "Judges who had neither written the examples nor defined the dimensions sorted them into dimensions (agreement, with its "
            "{level} interval) and placed them on the scale (mean and standard deviation)."
        ),
        "既未撰写示例也未定义维度的评判者把示例归入维度（一致率及其 {level} 区间），并评定其在量表上的位置（均值与标准差）。",
    ),
    "evidence_elsewhere": (
        (
            "Judges sorted the examples into dimensions (agreement, with its interval) and placed them on the scale (mean and standard "
            "deviation). The scale was built elsewhere: whether these judges had written the examples is not known here."
        ),
        "评判者把示例归入维度（一致率及其区间），并评定其在量表上的位置（均值与标准差）。本量表由他处编制：这些评判者是否曾撰写示例，此处不详。",
    ),
    "evidence_overlap": (
        "Some judges had written examples or defined dimensions; this was accepted in writing.",
        "部分评判者曾撰写示例或定义维度；这已书面接受。",
    ),
    "example": ("Example", "示例"),
    "value": ("Mean", "均值"),
    "sd": ("SD", "标准差"),
    "judges": ("Judges", "评判者"),
    "agreement": ("Agreement", "一致率"),
    "notes": ("What to keep in mind", "使用须知"),
    "edition": (
        "Edition {digest} · {n} examples on {k} dimensions · scale {low} to {high}",
        "版本 {digest} · {k} 个维度共 {n} 个示例 · 量表 {low} 至 {high}",
    ),
}


def say(key: str, lang: Lang, **details: Any) -> str:
    """Return a phrase.

    >>> say("high", "zh")
    '高'
    """
    return _WORDS[key][lang == "zh"].format(**details)
