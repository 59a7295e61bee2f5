"""Names of the tables and columns of forced distributions, in the languages of reports."""

from __future__ import annotations

COLUMNS: dict[str, tuple[str, str]] = {
    "candidates": ("Possible grades", "候选等级"),
    "across": ("Across the cut (id)", "分界另一侧（编号）"),
    "across_label": ("Across the cut", "分界另一侧"),
    "tie": ("Statistical tie", "统计上并列"),
    "largest_probability": ("Largest probability", "最大概率"),
    "coin_flip": ("Coin-flip", "近乎掷硬币"),
    "asked": ("Asked", "要求"),
    "seats": ("Seats", "名额"),
    "used": ("Seats used", "实际使用名额"),
    "cut": ("Cut", "分界"),
    "curve": ("Curve", "评级单元"),
    "n_curve": ("People on the curve", "单元人数"),
    "enforced": ("Enforced", "强制执行"),
    "fewest": ("Fewest", "最少"),
    "most": ("Most", "最多"),
    "people_above": ("People above", "以上人数"),
    "rule": ("Rule", "规则"),
    "why": ("Why", "原因"),
    "best": ("Best possible grade", "最高可评等级"),
    "worst": ("Worst possible grade", "最低可评等级"),
    "locked": ("Decided", "已定"),
}
TABLES: dict[str, tuple[str, str]] = {
    "curves": ("Units and their curves", "部门与评级单元"),
    "unit_quota": ("Quota by unit", "各单元名额"),
    "unit_cuts": ("Cuts by unit", "各单元等级分界"),
    "rules": ("Rules about persons", "针对个人的规则"),
    "relaxations": ("Rules that gave way", "已放宽的规则"),
}
VALUES: dict[str, tuple[str, str]] = {
    "floor": ("floor", "下限"),
    "cap": ("cap", "上限"),
    "lock": ("decided", "锁定"),
    "quota": ("quota", "名额"),
}
