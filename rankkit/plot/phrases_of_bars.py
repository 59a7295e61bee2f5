"""The words around plots of behaviourally anchored scales, in English and simplified Chinese."""

from __future__ import annotations

PHRASES: dict[str, tuple[str, str]] = {
    # retranslation
    "retranslation": ("Which dimension judges saw in each incident", "判断者把各事件归入哪个维度"),
    "retranslation_say": (
        "Share of judges, incidents under the dimension their writer meant, clearest first. Frame: the dimension most judges chose.",
        "判断者占比；事件列于作者所指的维度之下，由清楚到含糊。方框：多数判断者所选的维度。",
    ),
    "retranslation_cut": (
        "Of {n} incidents, {shown} evenly spread over each dimension's order.",
        "共 {n} 个事件，按各维度次序均匀显示 {shown} 个。",
    ),
    "retranslation_dropped": ("Grey: not kept.", "灰色：未保留。"),
    "share_of_judges": ("share of judges", "判断者占比"),
    "none_of_these": ("none", "均不符合"),
    # anchors
    "anchor_scale": ("Where judges place the incidents", "判断者对事件的定位"),
    "anchor_scale_say": (
        "Dot: mean of a kept incident, line: one SD. Filled: anchor. Band: a stretch without an anchor.",
        "点：保留事件的均值，横线：一个标准差。实心：锚点。色带：没有锚点的一段。",
    ),
    "anchor": ("anchor", "锚点"),
    "kept_incident": ("kept, no anchor", "保留，非锚点"),
    "anchor_gap": ("gap", "空缺"),
    "effectiveness": ("Effectiveness", "有效性"),
    # funnel
    "survival_funnel": ("How many incidents came how far", "各步骤存留的事件数"),
    "survival_funnel_say": (
        "Incidents left after each step; until retranslation under the writer's dimension, then under the judges'.",
        "每一步之后存留的事件数；再翻译之前按作者所指维度，之后按判断者所选维度。",
    ),
    "stage_written": ("written", "撰写"),
    "stage_edited": ("after editing", "编辑后"),
    "stage_retranslated": ("judged", "已判断"),
    "stage_dimension": ("same dimension", "维度一致"),
    "stage_agreement": ("agreement reached", "一致率达标"),
    "stage_scaled": ("scaled", "已定位"),
    "stage_spread": ("judges close together", "离散度达标"),
    "stage_anchor": ("anchors", "成为锚点"),
    "incidents": ("Incidents", "事件数"),
    # groups of judges
    "judge_groups": ("Supervisors and incumbents place the incidents", "主管与在岗者对事件的定位"),
    "judge_groups_say": (
        "One point an incident. Line: equal placing. Filled, with its {level} interval: the two groups differ (q < .05).",
        "每点一个事件。斜线：两组定位相同。实心并带 {level} 区间：两组有差异（q < .05）。",
    ),
    "judge_groups_none": ("No incident is placed differently beyond chance.", "没有事件的定位差异超出偶然。"),
    "by_incumbents": ("Mean placing by incumbents", "在岗者的平均定位"),
    "by_supervisors": ("Mean placing by supervisors", "主管的平均定位"),
    "placed_apart": ("placed differently", "定位不同"),
    "placed_alike": ("no difference beyond chance", "差异未超出偶然"),
}
