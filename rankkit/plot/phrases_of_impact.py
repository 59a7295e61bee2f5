"""The words around plots of adverse impact, in English and simplified Chinese."""

from __future__ import annotations

PHRASES: dict[str, tuple[str, str]] = {
    "impact_forest": ("How groups fare, at both ends of the grades", "各群体在两端的结果"),
    "impact_say": (
        "Ratio of rates with its {level} interval; left of 1 the group fares worse than {against}.",
        "比率之比及其 {level} 区间；1 以左表示该群体的结果不如{against}。",
    ),
    "impact_against_highest": ("the group that fares best", "结果最好的群体"),
    "impact_against_others": ("everybody else", "其余所有人"),
    "impact_threshold": ("Dotted: {low} and its mirror image {high}.", "虚线：{low} 及其镜像 {high}。"),
    "impact_orientation": (
        "Dotted: {low} and {high}, for orientation only; the rules chosen lay down no number.",
        "虚线：{low} 与 {high}，仅供参考；所选规则没有规定数值。",
    ),
    "impact_diamond": (
        "Diamond: within strata (Mantel–Haenszel; hollow: exact, as the strata are sparse).",
        "菱形：层内比较（Mantel–Haenszel；空心：因各层数据过少用精确优势比）。",
    ),
    "impact_arrow": ("Arrow: goes on beyond the axis.", "箭头：延伸至图外。"),
    "impact_explore": ("Grey: exploratory.", "灰色：仅供探索。"),
    "impact_cut": ("{shown} of {n} rows shown: the largest groups.", "共 {n} 行，显示人数最多的 {shown} 行。"),
    "impact_good": ("{outcome}: rate of having it", "{outcome}：获得的比率"),
    "impact_kept": ("{outcome}: rate of being kept out of it", "{outcome}：未落入的比率"),
    "impact_bad": ("{outcome}: rate of having it, turned round", "{outcome}：落入的比率（取倒数）"),
    "impact_x": ("Ratio of rates (log scale)", "比率之比（对数刻度）"),
    "impact_n": ("n", "人数"),
    "impact_ratio": ("Ratio", "比值"),
    "impact_within": ("within strata", "层内"),
    "impact_exact": ("within strata, exact OR", "层内，精确优势比"),
    "impact_nobody": ("nobody in either group", "两个群体均无人"),
    "impact_rest": ("the others", "其余"),
}
