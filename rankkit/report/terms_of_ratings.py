"""Names of the columns, tables and words of adjusted ratings, in the languages of reports."""

from __future__ import annotations

from rankkit.tables.source_words import SHOWN

COLUMNS: dict[str, tuple[str, str]] = {
    "family": ("Family", "检验族"),
    "design_ok": ("Design allows it", "设计是否支持"),
    "message": ("Pattern", "模式"),
    "what_it_could_also_be": ("What it could also be", "其他可能的解释"),
    "suggested_action": ("Suggested action", "建议"),
    "as_estimated": ("As estimated", "原始估计"),
    "people_above": ("People above", "分界以上人数"),
    "adjust": ("Adjustment", "调整方式"),
    "leniency": ("Leniency taken out", "已去除的宽松度"),
    "cusum": ("Cumulative sum", "累积和"),
    "cusum_level": ("Finding (cumulative sum)", "判定（累积和）"),
    "cusum_p": ("p (cumulative sum)", "p（累积和）"),
    "false_alarm": ("False alarms", "误报率"),
    "index": ("Index", "指标"),
    "lower": ("Towards strict", "趋于严格"),
    "upper": ("Towards lenient", "趋于宽松"),
    "raters": ("Raters", "评价人数"),
    "ratings": ("Ratings", "评分数"),
    "sd_high": ("Spread to", "离散度上限"),
    "sd_level": ("Finding (spread)", "判定（离散度）"),
    "sd_low": ("Spread from", "离散度下限"),
    "sd_p": ("p (spread)", "p（离散度）"),
    "sd_reason": ("Why not (spread)", "原因（离散度）"),
    "signal": ("Signal", "信号"),
    "signal_at": ("Signal at", "信号时点"),
    "sorted": ("Sorted by merit", "按优劣排序"),
    "source": ("Source", "来源"),
    "time": ("Time", "时间"),
}

TABLES: dict[str, tuple[str, str]] = {
    "alternatives": ("Everyone under every adjustment", "各种调整方式下的分数与名次"),
    "severities": ("Leniency taken out of each rater's ratings", "从各评价人评分中去除的宽松度"),
    "contrast_orders": ("Order in which each rater saw people", "各评价人看到人员的顺序"),
    "drift_global": ("Drift: all raters together", "漂移：全体评价人"),
    "drift_cusum": ("Drift: cumulative sums", "漂移：累积和"),
}

VALUES: dict[str, tuple[str, str]] = {
    "center": ("raters' means taken out", "去除评价人均值"),
    "severity": ("raters' severity taken out", "去除评价人宽严"),
    "rank_normal": ("raters' orders only", "仅用评价人排序"),
    "anchor": ("severity from anchors", "据锚定对象去除宽严"),
    "objective": ("against an objective measure", "据客观指标调整"),
    "mfrm": ("fair average (many-facet Rasch)", "公平平均分（多面 Rasch）"),
    "supervisor": ("supervisor", SHOWN["supervisor"]),
    "peer": ("peer", SHOWN["peer"]),
    "subordinate": ("subordinate", SHOWN["subordinate"]),
    "customer": ("customer", SHOWN["customer"]),
    "expert": ("expert", SHOWN["expert"]),
    "system": ("system", SHOWN["system"]),
    "self": ("self", "自评"),
    "standard error of measurement": ("standard error of measurement", "测量标准误"),
    "smallest detectable difference": ("smallest detectable difference", "最小可检出差值"),
    "Cronbach's α": ("Cronbach's α", "Cronbach α 系数"),
    "McDonald's ω total": ("McDonald's ω total", "McDonald ω 总信度"),
}

_SOURCES = ("supervisor", "peer", "subordinate", "customer", "expert", "system", "self")
_UNITS = (("scale points", "量表分"), ("logit", "logit 单位"), ("T", "T 分"), ("z", "标准差（z 分）"), ("points", "分"))

NUMBERED: tuple[tuple[str, str], ...] = (
    *(
        (rf"{name} \({source}\)", f"{VALUES[name][1]}（{VALUES[source][1]}）")
        for name in ("Cronbach's α", "McDonald's ω total")
        for source in _SOURCES
    ),
    *((rf"{unit}, (s√\(1 − .+\))", rf"{chinese}，\1") for unit, chinese in _UNITS),
    *((rf"{unit}, between two people or two occasions", f"{chinese}，两人之间或两次之间") for unit, chinese in _UNITS),
)
"""Words with names in them: (pattern, Chinese)."""
