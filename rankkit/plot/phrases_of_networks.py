"""The words around the plot of who rates whom, in English and simplified Chinese."""

from __future__ import annotations

from rankkit.tables.source_words import SHOWN

PHRASES: dict[str, tuple[str, str]] = {
    "rater_network": ("Who rates whom", "谁评价谁"),
    "rater_network_of": ("Who rates whom: {network}", "谁评价谁：{network}"),
    "rater_network_say": (
        "Arrow: a rating, from rater to ratee. Colour: what is left when how high each rates and is rated is taken out.",
        "箭头：一次评分，由评价人指向被评人。颜色：扣除双方各自的评分高低后剩余的部分。",
    ),
    "rater_network_group": ("Shaded: a group to review.", "底色：待复核的小组。"),
    "rater_network_caution": ("A pattern, not a verdict: shared work looks the same.", "这只是模式，不是结论：共同的工作也会如此。"),
    "rater_network_cut": (
        "{shown} of {n} separate parts, those with the clearest groups.",
        "共 {n} 个互不相连的部分，显示小组最明显的 {shown} 个。",
    ),
    "rater_network_near": (
        "Of large parts, the {most} people nearest to the clearest group.",
        "较大的部分只画最接近该小组的 {most} 人。",
    ),
    "line_above": ("1 SD or more above", "高出 1 个标准差以上"),
    "line_below": ("1 SD or more below", "低出 1 个标准差以上"),
    "line_near": ("in between", "介于其间"),
    "as_supervisor": ("superiors", SHOWN["supervisor"]),
    "as_peer": ("peers", SHOWN["peer"]),
    "as_subordinate": ("subordinates", SHOWN["subordinate"]),
    "as_self": ("themselves", SHOWN["self"]),
    "as_customer": ("customers", SHOWN["customer"]),
    "as_expert": ("experts", SHOWN["expert"]),
    "as_system": ("systems", SHOWN["system"]),
    "as_model": ("models", SHOWN["model"]),
}
