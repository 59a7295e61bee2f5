"""The words around plots of forced distributions, in English and simplified Chinese."""

from __future__ import annotations

PHRASES: dict[str, tuple[str, str]] = {
    "quota_bars": ("Grades given, and what the quota asks", "实给等级与比例要求"),
    "quota_bars_say": (
        "Bars: share of people given each grade, with their number. Line: the share asked. Hollow: awaiting a decision.",
        "条形：各等级所占比例及人数。竖线：要求的比例。空白：待定。",
    ),
    "quota_bars_small": ("Dashed frame: too few people, the curve is a guideline.", "虚线框：人数过少，比例仅供参考。"),
    "quota_bars_cut": ("{shown} of {n} units shown, the largest.", "共 {n} 个单元，显示人数最多的 {shown} 个。"),
    "quota_bars_x": ("Share of people (%)", "人数占比（%）"),
    "quota_bars_all": ("Everybody", "全体"),
    "quota_bars_n": ("{name} (n={n})", "{name}（{n} 人）"),
    "quota_bars_asked": ("share asked", "要求的比例"),
    "membership": ("How sure each grade is", "各等级有多可靠"),
    "membership_say": (
        "Probability that each person belongs in each grade. Dot: the grade given. Orange name: no grade reaches {least}.",
        "每人属于各等级的概率。圆点：所给等级。橙色姓名：没有等级达到 {least}。",
    ),
    "membership_expected": ("Expected number of wrong grades: {wrong} of {n}.", "预计有误的等级数：{n} 个中约 {wrong} 个。"),
    "membership_cut": ("{shown} of {n} people shown: the least sure.", "共 {n} 人，显示最不确定的 {shown} 人。"),
    "membership_given": ("grade given", "所给等级"),
}
