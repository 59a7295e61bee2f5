"""The words around plots of ratings, their reliability and raters, in English and simplified Chinese."""

from __future__ import annotations

PHRASES: dict[str, tuple[str, str]] = {
    # variance components
    "components": ("Where the ratings' variance comes from", "评分差异的来源"),
    "components_say": (
        "Bar: variance component, with its share. Line: {level} interval.",
        "条形：方差分量及其占比。横线：{level} 区间。",
    ),
    "components_plain": ("Bar: variance component, with its share.", "条形：方差分量及其占比。"),
    "components_beyond": ("Arrow: the interval goes on.", "箭头：区间延伸至图外。"),
    "components_negative": ("Estimated below zero and set to 0: {who}.", "估计为负、设为 0：{who}。"),
    "variance_plain": ("Variance", "方差"),
    # decision study
    "dstudy": ("How many raters?", "需要几位评价人？"),
    "dstudy_say": ("Band: {level} interval.", "色带：{level} 区间。"),
    "dstudy_needed": ("{n} raters reach {target} for {what}.", "{what}达到 {target} 需 {n} 位评价人。"),
    "dstudy_never": ("No number of raters reaches {target} for {what}.", "无论多少评价人，{what}都达不到 {target}。"),
    "relative": ("the order of people (Eρ²)", "人员排序（Eρ²）"),
    "absolute": ("their standing (Φ)", "绝对水平（Φ）"),
    "n_raters": ("Raters for each person", "每人的评价人数"),
    "coefficient": ("Reliability of the mean", "平均分的信度"),
    # ratings of everyone by every rater
    "rating_map": ("Who gave whom what", "谁给了谁多少分"),
    "rating_map_say": (
        "People in order of score, raters from strict to lenient by their mean. Blank: not rated.",
        "人员按分数、评价人按均值由严到宽排列。空白：未评。",
    ),
    "rating_map_residual": (
        "People in order of score, raters who deviate alike together. Colour: rating less the person's and the rater's mean.",
        "人员按分数排列，偏离方式相近的评价人相邻。颜色：评分减去该人与该评价人的均值。",
    ),
    "rating_map_raters": ("Of {n} raters, the {shown} who rated most people.", "共 {n} 位评价人，显示评人最多的 {shown} 位。"),
    "rating_map_people": ("Of {n} people, {shown} evenly spread over the order.", "共 {n} 人，按次序均匀显示 {shown} 人。"),
    "low_end": ("low", "低"),
    "high_end": ("high", "高"),
    "above_both": ("higher than expected", "高于预期"),
    "below_both": ("lower than expected", "低于预期"),
    # severity
    "severity": ("Raters from strict to lenient", "评价人由严到宽"),
    "severity_say": (
        "Difference from the average rater on people they share, with {level} interval. Band: too small to matter.",
        "与平均评价人在共同被评人上的差异及 {level} 区间。灰带：小到无需关注。",
    ),
    "severity_review": ("{n} patterns to review; leniency is not a fault.", "{n} 处待复核；宽松并非过错。"),
    "severity_none": ("No pattern to review; that does not prove that all are equally severe.", "没有待复核的模式；这并不证明宽严一致。"),
    "severity_cut": ("{n} raters: the {ends} strictest and {ends} most lenient.", "共 {n} 位评价人：显示最严与最宽的各 {ends} 位。"),
    "severity_axis": ("strict  ←  points of the scale  →  lenient", "偏严  ←  量表分  →  偏宽"),
    "people_rated": ("people", "人数"),
    "level_none": ("no pattern", "无模式"),
    "level_info": ("remark", "提示"),
    "level_review": ("to review", "待复核"),
    # halo
    "halo": ("Do raters see dimensions or one impression?", "评价人看到的是各维度，还是一个总印象？"),
    "halo_say": ("Correlations of dimensions over people.", "各维度在人员间的相关。"),
    "halo_same_rater": ("Same rater: mean {mean}.", "同一评价人：平均 {mean}。"),
    "halo_cross_rater": ("Two raters: mean {mean}.", "两位评价人：平均 {mean}。"),
    "halo_caution": (
        "Two raters also differ by chance, so part of the gap is unreliability.",
        "两位评价人之间还有偶然差异，差距的一部分来自不可靠性。",
    ),
    "head_same_rater": ("Same rater", "同一评价人"),
    "head_cross_rater": ("One rater with another", "不同评价人之间"),
    # drift
    "drift": ("Do raters drift?", "评价人的标准是否漂移？"),
    "drift_say": (
        "Cumulative sums of residuals on common targets; dashed: the limit of {limit}.",
        "共同对象上残差的累积和；虚线：界限 {limit}。",
    ),
    "drift_signals": ("{n} of {raters} raters reach it.", "{raters} 位评价人中有 {n} 位达到。"),
    "drift_cut": ("Shown: the {n} nearest to it.", "显示最接近者 {n} 位。"),
    "drift_axis": ("ratings in order of time", "按时间排列的评分"),
    "drift_up": ("towards lenient", "趋于宽松"),
    "drift_down": ("towards strict", "趋于严格"),
    "drift_signal": ("signal", "信号"),
    "drift_residual": ("one rating, standardised", "一次评分（标准化）"),
    # Wright map
    "wright": ("People, raters and dimensions on one scale", "同一尺度上的人员、评价人与维度"),
    "wright_say": (
        "Higher: better people, stricter raters, harder dimensions. Lines: {level} intervals.",
        "越高：人员越优、评价人越严、维度越难。竖线：{level} 区间。",
    ),
    "wright_thresholds": (
        "Categories: where a rating becomes as likely as the one below.",
        "等级：该等级与低一级同样可能之处。",
    ),
    "wright_people": ("people", "人员"),
    "wright_raters": ("raters (severity)", "评价人（严格度）"),
    "wright_dimensions": ("dimensions (difficulty)", "维度（难度）"),
    "wright_categories": ("categories", "等级"),
    "logit_axis": ("logits", "logit"),
    # category use
    "category_use": ("Which categories each rater uses", "各评价人使用的等级"),
    "category_use_say": (
        "Raters from low to high by their mean. People differ between raters, so bars may differ for good reason.",
        "评价人按均值由低到高排列。各评价人所评的人不同，差别可能有正当理由。",
    ),
    "category_share": ("Share of the rater's ratings", "占该评价人评分的比例"),
    # accuracy
    "accuracy": ("Ratings against the truth", "评分与真分数的差异"),
    "accuracy_say": (
        "Mean of ratings less true scores; diamond with {level} interval over people, dots by dimension.",
        "评分减真分数的均值；菱形及人员间 {level} 区间，圆点为各维度。",
    ),
    "accuracy_axis": ("too low  ←  points of the scale  →  too high", "偏低  ←  量表分  →  偏高"),
    "accuracy_mean": ("all dimensions", "全部维度"),
}
