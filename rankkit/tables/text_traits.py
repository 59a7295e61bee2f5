"""Trait words without behaviour: a text that says what somebody is and not what somebody did."""

from __future__ import annotations

import re

_ZH_TRAITS = (
    "态度差", "态度好", "态度不好", "态度恶劣", "态度端正", "责任心", "责任感", "上进心", "事业心", "懒", "散漫", "懈怠", "积极性",
    "积极主动", "不够积极",
    "不积极", "主动性", "消极", "内向", "外向", "性格", "脾气", "人品", "品德", "品行", "品格", "素质", "优秀", "聪明", "聪慧", "机灵",
    "灵活", "迟钝",
    "愚", "笨", "能力强", "能力差", "能力弱", "能力一般", "能力不足", "能力有待", "能力欠缺", "有能力", "有潜力", "悟性", "天赋",
    "可造之材", "值得信赖", "靠谱",
    "可靠", "忠诚", "忠厚", "诚实", "真诚", "正直", "善良", "热情", "热心", "冷漠", "冷淡", "自私", "自我", "自负", "自满", "骄傲", "傲慢",
    "谦虚", "虚心",
    "急躁", "暴躁", "浮躁", "情绪化", "稳重", "沉稳", "踏实", "勤奋", "勤快", "刻苦", "努力", "任劳任怨", "认真", "细心", "细致", "粗心",
    "马虎", "敷衍",
    "大局观", "格局", "意识淡薄", "意识差", "意识强", "缺乏意识", "不懂装懂", "好高骛远", "爱学习", "好学", "僵化", "固执", "保守", "死板",
    "乐观", "开朗",
    "悲观", "负能量", "正能量", "抱怨", "不团结", "合群", "好相处", "难相处", "斤斤计较", "胆小", "大胆", "果断", "优柔寡断", "敬业",
    "不思进取", "进取心",
    "有担当", "没担当", "圆滑", "老实", "成熟", "幼稚", "自律", "拖拉", "执行力", "工作作风",
)  # fmt: skip
_EN_TRAITS = (
    "lazy", "idle", "attitude", "introverted", "extroverted", "shy", "proactive", "passive", "ambition", "ambitious", "unmotivated",
    "motivated",
    "motivation", "excellent", "brilliant", "bright", "smart", "clever", "intelligent", "stupid", "slow-witted", "quick-witted",
    "quick mind", "sharp",
    "trustworthy", "dependable", "reliable", "unreliable", "loyal", "honest", "dishonest", "sincere", "emotional", "moody", "abilities",
    "ability",
    "talent", "talented", "gifted", "potential", "rising star", "character", "personality", "self-centred", "self-centered", "selfish",
    "cold person",
    "kind", "friendly", "unfriendly", "rude", "polite", "conscientious", "hard-working", "hardworking", "diligent", "meticulous",
    "careful", "careless",
    "sloppy", "indifferent", "team player", "know-it-all", "rigid", "stubborn", "inflexible", "flexible", "cheerful", "optimistic",
    "pessimistic",
    "negative", "positive person", "complainer", "arrogant", "humble", "modest", "hot-tempered", "temper", "difficult to", "enthusiasm",
    "enthusiastic",
    "committed", "dedicated", "mature", "immature", "responsible", "irresponsible", "sense of responsibility", "bigger picture",
    "skills are",
    "moral", "creative", "confident", "insecure", "aggressive", "energetic", "charismatic", "professionalism",
)  # fmt: skip
_ZH_TRAIT = re.compile("|".join(map(re.escape, sorted(_ZH_TRAITS, key=len, reverse=True))))
_EN_TRAIT = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(_EN_TRAITS, key=len, reverse=True)))})\b", re.IGNORECASE)

# What somebody did: a completed action, something done with or to somebody, speech, or a number
_ZH_DEED = re.compile(
    r"\d|[二两三四五六七八九十百]+(?:个|名|位)|[一二两三四五六七八九十百]+(?:次|遍|件|条|通|天|小时|分钟|份|台|单|项|套|页)|"
    r"[\u4e00-\u9fff](?:了|过)(?![解不])|[把将被]\S|[“「『]|"
    r"回电|来电|致电|回复|通知|告知|汇报|上报|核对|检查|查询|查阅|登记|录入|整理|补发|退款|退还|寄出|发送|转交|转给|道歉|解释|示范|讲解|演示|协助|"
    r"替换|更换|修复|联系|安排|提交|完成|编写|撰写|制作|修改|记录|签字|离岗|迟到|缺勤|挂断|拒绝|推诿给|泄露|丢失|培训新|带教|加班|盘点|打扫|擦"
)
_EN_IRREGULAR = (
    "took|gave|told|said|went|came|made|did|sent|wrote|found|left|lost|kept|held|led|met|paid|put|read|ran|sat|saw|sold|spoke|spent|stood|taught|"
    "thought|brought|bought|built|caught|dealt|drew|drove|fell|flew|forgot|got|heard|hid|hit|hung|knew|lent|let|rang|rose|set|shut|stole|threw|"
    "understood|woke|won|broke|chose|cut|quit|split|withheld|overheard|rebuilt"
)
_NOT_DEEDS = (
    "introverted|extroverted|motivated|unmotivated|talented|gifted|skilled|unskilled|committed|dedicated|tempered|centred|centered|minded|limited|"
    "needed|interested|disinterested|organised|organized|disorganised|disorganized|relaxed|spirited|hearted|headed|witted|detached|bored|tired|"
    "recommended|required|reserved|determined|experienced|qualified|respected|liked|disliked|need|indeed|speed|feed|seed|mannered|natured|trusted"
)
_EN_DEED = re.compile(
    rf"\d|[\"“”]|(?<!\w)'[^']+'(?!\w)|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twice|dozens?)\b|"
    rf"\b(?!(?:{_NOT_DEEDS})\b)(?<!-)[a-z]{{2,}}ed\b|\b(?:{_EN_IRREGULAR})\b",
    re.IGNORECASE,
)


def trait_words(text: str) -> list[str]:
    """Words that say what somebody is, in the order of the text.

    >>> trait_words("工作态度差，责任心不强。"), trait_words("Lazy, but smart.")
    (['态度差', '责任心'], ['Lazy', 'smart'])
    """
    return [m.group() for m in sorted([*_ZH_TRAIT.finditer(text), *_EN_TRAIT.finditer(text)], key=lambda m: m.start())]


def tells_a_deed(text: str) -> bool:
    """Whether a text has a number, a completed action or words somebody said.

    >>> tells_a_deed("当天回电三次"), tells_a_deed("He is introverted"), tells_a_deed("She apologised first")
    (True, False, True)
    """
    return bool(_ZH_DEED.search(text) or _EN_DEED.search(text))


def is_trait_only(text: str) -> bool:
    """Whether a text judges a person and tells no deed: "describe what was done".

    Parameters
    ----------
    text : str
        Chinese or English.

    Returns
    -------
    bool
        True with a trait word and without any deed. How often this is right: :mod:`rankkit.tables.text_detectors`.

    Examples
    --------
    >>> is_trait_only("工作态度差"), is_trait_only("She is kind; on 3 August she walked a lost man home.")
    (True, False)
    """
    return bool(trait_words(text)) and not tells_a_deed(text)
