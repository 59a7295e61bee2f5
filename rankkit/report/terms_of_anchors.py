"""Names of the columns, tables and settings of behavioural scales, in the languages of reports."""

from __future__ import annotations

COLUMNS: dict[str, tuple[str, str]] = {
    "mark": ("Mark", "分数"),
    "marks": ("Marks", "标记数"),
    "whole_points": ("On whole points", "落在整数点的占比"),
    "on_anchors": ("On anchors", "落在锚点的占比"),
    "incident": ("Incident", "事件"),
    "with_incident": ("With an incident", "引用事件的标记数"),
    "cited": ("Incidents cited", "引用事件数"),
    "scaled": ("With a scale value", "有量表值的事件数"),
    "distance": ("Mark less incident", "分数减事件值"),
    "inconsistent": ("Far apart", "相差过大"),
    "criterion": ("Criterion", "指标"),
    "behaviour": ("Behaviour", "行为"),
    "behaviours": ("Behaviours", "行为数"),
    "item_total": ("Correlation with the rest", "与其余行为的相关"),
    "alpha": ("Coefficient α", "α 系数"),
    "lowest": ("Lowest sum", "最低总分"),
    "highest": ("Highest sum", "最高总分"),
    "poor": ("Poor example", "差例"),
    "logical_error": ("Contradiction", "自相矛盾"),
    "errors": ("Contradictions", "自相矛盾组数"),
}
TABLES: dict[str, tuple[str, str]] = {
    "marks": ("Where the marks stand", "标记的位置"),
    "behaviours": ("Behaviours", "各行为"),
    "criteria": ("Criteria", "各指标"),
    "errors_by_dimension": ("Contradicting answers by dimension", "各维度的矛盾回答"),
}
SETTINGS: dict[str, tuple[str, str]] = {
    "observed": ("Values of observed incidents", "所见事件的量表值"),
    "key": ("Key of statements", "语句计分键"),
    "most_errors": ("Share of contradictions to review", "需复核的矛盾比例"),
    "frequencies": ("Frequencies given as", "频率的填写方式"),
    "bands": ("Classes of frequency from", "频率等级下限"),
    "min_answered": ("Least share of behaviours answered", "最低回答比例"),
    "least_correlation": ("Least correlation with the rest", "最低题总相关"),
    "criteria": ("Criteria", "指标"),
}
