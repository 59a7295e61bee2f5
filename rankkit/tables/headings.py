"""Which column of a stranger's sheet may be meant: suggestions for the error message, never a silent mapping."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Mapping, Sequence

import pandas as pd

from rankkit.tables.text import as_text

# Likelier headings first. Traditional forms are folded by _SIMPLIFIED, so only simplified ones are listed.
SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "rater": (
        "rater", "评价人", "评分人", "考核人", "考评人", "评估人", "评价者", "评分者", "评定人", "评委", "考官",
        "面试官", "打分人", "评审", "评审人", "评判者", "评核人", "raterid", "ratername", "evaluator", "judge",
        "assessor", "reviewer", "appraiser", "scorer", "ratedby", "manager", "supervisor", "观察者",
    ),
    "ratee": (
        "ratee", "被评价人", "被评分人", "被考核人", "被考评人", "被评估人", "被评价者", "被评分者", "被评人",
        "被评者", "受评人", "受评者", "考核对象", "评价对象", "被评核人", "工号", "员工编号", "员工工号",
        "人员编号", "职工号", "员工", "员工姓名", "姓名", "名字", "人员", "候选人", "学生", "rateeid", "employee",
        "employeeid", "staff", "staffid", "person", "subject", "candidate", "appraisee", "target", "player", "item",
        "name", "who",
    ),
    "dimension": (
        "dimension", "维度", "考核维度", "评价维度", "指标", "考核指标", "评价指标", "项目", "考核项目", "评价项目",
        "要素", "考核要素", "能力项", "题目", "criterion", "criteria", "trait", "competency", "competence",
        "aspect", "factor", "question", "category", "indicator", "kpi",
    ),
    "score": (
        "score", "分数", "得分", "评分", "打分", "成绩", "分值", "评价得分", "考核得分", "评价", "等级", "评级",
        "评语等级", "rating", "points", "mark", "marks", "grade", "value", "result",
    ),
    "source": (
        "source", "来源", "评价来源", "评价关系", "关系", "角色", "评价人类别", "relationship", "relation", "role",
        "ratertype",
    ),
    "cycle": (
        "cycle", "周期", "考核周期", "评价周期", "期间", "考核期", "年度", "季度", "月份", "period", "year",
        "quarter", "month",
    ),
    "occasion": ("occasion", "次数", "次别", "轮次", "round", "wave", "session", "trial"),
    "order": ("order", "顺序", "次序", "序号", "seq", "sequence", "position"),
    "weight": ("weight", "权重", "权数", "比重"),
    "left": ("left", "左", "左边", "左侧", "甲方", "a", "itema", "first", "option1", "player1", "item1", "home"),
    "right": ("right", "右", "右边", "右侧", "乙方", "b", "itemb", "second", "option2", "player2", "item2", "away"),
    "outcome": (
        "outcome", "结果", "比较结果", "胜负", "选择", "result", "choice", "preference", "verdict", "decision",
    ),
    "winner": (
        "winner", "胜者", "胜", "胜方", "获胜者", "赢家", "优胜者", "优者", "won", "better", "chosen", "preferred",
        "win",
    ),
    "loser": (
        "loser", "败者", "负", "负者", "败", "负方", "败方", "失败者", "输家", "劣者", "lost", "worse", "rejected",
        "lose",
    ),
    "count": ("count", "次数", "数量", "频数", "n", "times", "frequency", "freq"),
    "rank": ("rank", "名次", "排名", "位次", "排序", "序位", "ranking", "place", "position", "order"),
    "person": (
        "person", "工号", "员工编号", "员工工号", "人员编号", "职工号", "人员", "员工", "员工姓名", "姓名",
        "personid", "employee", "employeeid", "staff", "staffid", "id", "ratee", "name",
    ),
    "label": ("label", "姓名", "显示名", "名称", "员工姓名", "displayname", "fullname", "name"),
    "unit": ("unit", "部门", "单位", "科室", "团队", "组别", "department", "dept", "team", "division", "group"),
    "manager": (
        "manager", "主管", "上级", "直接上级", "直属主管", "经理", "supervisor", "boss", "lead", "reportsto",
    ),
    "level": ("level", "职级", "级别", "职等", "层级", "joblevel", "band"),
    "base": (
        "base", "基数", "奖金基数", "薪资基数", "工资基数", "计奖基数", "基本工资", "月薪", "基薪", "工资", "薪资", "薪酬",
        "basepay", "basesalary", "salary", "pay", "wage",
    ),
    "months": ("months", "月数", "在岗月数", "出勤月数", "工作月数", "计奖月数", "考核月数", "monthsworked", "servicemonths"),
    "attribute": ("attribute", "属性", "特征", "characteristic", "variable"),
    "value": ("value", "值", "取值", "属性值"),
}  # fmt: skip

# Only the characters that occur in the headings above.
_SIMPLIFIED = str.maketrans(
    "評價員維標項數績級據來週關係結勝敗負贏優權號課單門職層屬徵稱團隊組別經選擇較總編題類對輪輸劣顯輩",
    "评价员维标项数绩级据来周关系结胜败负赢优权号课单门职层属征称团队组别经选择较总编题类对轮输劣显辈",
)
_NOISE = re.compile(r"[\W_]+")
_LOOKED_AT = 10  # rows in which a header below a title is looked for
_SIMILAR = 0.8  # difflib ratio from which a heading passes for a misspelling


def folded(heading: object) -> str:
    """Reduce a heading to what two spellings of it share: width, case, spaces, punctuation, traditional forms.

    Parameters
    ----------
    heading : object
        A column name; anything but text is turned into text.

    Returns
    -------
    str
        The folded heading.

    Examples
    --------
    >>> folded(" Rater_ID "), folded("評價人")
    ('raterid', '评价人')
    """
    text = unicodedata.normalize("NFKC", str(heading)).casefold().translate(_SIMPLIFIED)
    return _NOISE.sub("", text)


def suggest(found: Sequence[str], missing: Sequence[str]) -> dict[str, str]:
    """Suggest which of the columns found may be the ones missing.

    Parameters
    ----------
    found : sequence of str
        Column names of the table.
    missing : sequence of str
        Names that are needed and not there.

    Returns
    -------
    dict of str to str
        Needed name to column found, only where a heading is known; no column is suggested twice.

    Examples
    --------
    >>> suggest(["考核人", "被考核人", "得分", "备注"], ["rater", "ratee", "score"])
    {'rater': '考核人', 'ratee': '被考核人', 'score': '得分'}
    >>> suggest(["colour"], ["score"])
    {}
    """
    free = {name: folded(name) for name in found if str(name) not in SYNONYMS or str(name) in missing}
    free |= {name: folded(name) for name in found if name not in free and str(name) not in missing}
    chosen: dict[str, str] = {}
    for judge in (_exactly, _partly, _nearly):
        for role in missing:
            if role in chosen:
                continue
            best = judge(role, {n: f for n, f in free.items() if n not in chosen.values()}, missing)
            if best is not None:
                chosen[role] = best
    return {role: chosen[role] for role in missing if role in chosen}


def below_a_title(frame: pd.DataFrame, wanted: Sequence[str]) -> int | None:
    """Find the record that holds the column names, where a title above them was taken for the header.

    Parameters
    ----------
    frame : DataFrame
        The table as it was read.
    wanted : sequence of str
        Columns that were not found: names the user gave, or names of ours.

    Returns
    -------
    int or None
        Position among the first ten records that has all of them, one a cell; None where no record has, and where a
        single column is wanted, which any cell could hold by chance.

    Examples
    --------
    >>> sheet = pd.DataFrame({"2026 年考核表": ["评价人", "甲"], "column B": ["工号", "007"], "column C": ["得分", "4"]})
    >>> below_a_title(sheet, ["评价人", "得分"]), below_a_title(sheet, ["rater", "ratee", "score"])
    (0, 0)
    >>> below_a_title(sheet, ["评价人", "部门"])
    """
    for k in range(min(_LOOKED_AT, len(frame)) if len(wanted) > 1 else 0):
        cells = [text for text in map(as_text, frame.iloc[k]) if text is not None]
        names = {folded(c) for c in cells}
        known = all(name in SYNONYMS for name in wanted)
        if all(folded(w) in names for w in wanted) or (known and len(suggest(cells, wanted)) == len(wanted)):
            return k
    return None


def _exactly(role: str, free: Mapping[str, str], missing: Sequence[str]) -> str | None:  # noqa: ARG001
    """Find a heading that is a known synonym, the likeliest first."""
    for word in SYNONYMS.get(role, (role,)):
        for name, text in free.items():
            if text == folded(word):
                return name
    return None


def _partly(role: str, free: Mapping[str, str], missing: Sequence[str]) -> str | None:
    """Find a heading whose longest known part belongs to this role: 被考核人姓名 is a ratee, not a 考核人."""
    for name, text in free.items():
        parts = [
            (len(word), -place, other)
            for other in dict.fromkeys([*missing, "rater", "ratee", "dimension", "score"])
            for place, word in enumerate(SYNONYMS.get(other, ()))
            if len(word) >= (4 if word.isascii() else 2) and word in text
        ]
        if parts and max(parts)[2] == role:
            return name
    return None


def _nearly(role: str, free: Mapping[str, str], missing: Sequence[str]) -> str | None:  # noqa: ARG001
    """Find a misspelling of the name itself: 'scroe'."""
    candidates = {text: name for name, text in free.items() if text not in SYNONYMS}
    close = difflib.get_close_matches(role, list(candidates), n=1, cutoff=_SIMILAR)
    return candidates[close[0]] if close else None
