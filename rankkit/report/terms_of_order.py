"""Names of the columns, tables and words of the checks of order, time and likeness, in the languages of reports."""

from __future__ import annotations

import re

from rankkit.wording import CATALOGUE

COLUMNS: dict[str, tuple[str, str]] = {
    "attribute": ("Attribute", "属性"),
    "boot_low": ("Bootstrap from", "自助法下限"),
    "boot_high": ("Bootstrap to", "自助法上限"),
    "groups": ("Groups", "组数"),
    "ratees": ("People", "被评人数"),
    "same": ("Ratings within groups", "组内评分数"),
    "term": ("Incidents", "事件"),
}

TABLES: dict[str, tuple[str, str]] = {
    "recency_terms": ("Recency: early and late incidents", "近因效应：前期与后期事件"),
}

_REASONS = ("S-NOTARGET", "S-NOTIME", "S-FEWTIMES", "S-CLOSED", "S-RATIO", "S-ALIASED", "E-NOVARIATION", "E-ORDERDF")
_COUNTED = ("S-FEWRATINGS", "S-FEWHALF", "E-ORDERFEW", "E-SAMEORDER")

VALUES: dict[str, tuple[str, str]] = {
    "early": ("early", "前期"),
    "late": ("late", "后期"),
    "late − early": ("late − early", "后期 − 前期"),
    "ratio": ("ratio", "比值"),
    "objective score": ("objective score", "客观成绩"),
    "variance of slopes": ("variance of slopes", "斜率的方差"),
    "variance of slopes, unequal precision": ("variance of slopes, unequal precision", "斜率的方差（精确程度可不同）"),
    "variance of slopes, mixture": ("variance of slopes, mixture", "斜率的方差（混合分布）"),
    "mean slope": ("mean slope", "平均斜率"),
    **{CATALOGUE[code][0]: (CATALOGUE[code][0], CATALOGUE[code][2]) for code in _REASONS},
}

WORKINGS: dict[str, tuple[str, str]] = {
    name: (name, chinese)
    for name, chinese in (
        ("γ·SD(q)/σ_w", "γ·SD(q)/σ_w"),
        ("δ·K/σ_w", "δ·K/σ_w"),
        ("κ/σ_w", "κ/σ_w"),
        ("γ/σ_w", "γ/σ_w"),
        ("(β_late − β_early)·SD(valence)/SD(score)", "(β_后 − β_前)·SD(效价)/SD(分数)"),
        ("largest CUSUM", "最大累积和"),
        ("SD late / early", "标准差之比（后期 / 前期）"),
        ("restricted likelihood ratio, finite-sample null", "限制似然比，有限样本零分布"),
        ("restricted likelihood ratio, raters differ in precision", "限制似然比，评价人精确程度可不同"),
        ("restricted likelihood ratio, ½χ²₀ + ½χ²₁", "限制似然比，½χ²₀ + ½χ²₁"),
        ("t, clustered by rater", "t，按评价人聚类"),
        ("contrast × dimension", "对比效应，按维度"),
        ("serial position × dimension", "次序位置，按维度"),
        ("drift × rater", "漂移，按评价人"),
        ("step × rater", "突变，按评价人"),
        ("trend × rater", "趋势，按评价人"),
        ("mean drift", "整体漂移"),
        ("CUSUM × rater", "累积和，按评价人"),
        ("scale use over time × rater", "量表使用随时间的变化，按评价人"),
        ("recency × cycle", "近因效应，整体"),
        ("similar to me × attribute", "相似性偏好，按属性"),
    )
}


def _pattern(code: str) -> tuple[str, str]:
    """Turn a text with numbers in it into a pattern, and the Chinese text into what replaces it."""
    english, chinese = CATALOGUE[code][0], CATALOGUE[code][2]
    names = re.findall(r"\{(\w+)\}", english)
    pattern = re.sub(r"\\\{\w+\\\}", r"(\\S+)", re.escape(english))
    return pattern, re.sub(r"\{(\w+)\}", lambda found: rf"\{names.index(found.group(1)) + 1}", chinese)


NUMBERED: tuple[tuple[str, str], ...] = tuple(_pattern(code) for code in _COUNTED)
"""Words with numbers in them: (pattern, Chinese)."""
