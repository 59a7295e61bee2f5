"""Names of columns, tables, statuses and units in English and simplified Chinese; a name not listed is shown as it is."""

from __future__ import annotations

import re

from rankkit.errors import Lang
from rankkit.report import (
    terms_of_anchors,
    terms_of_bias,
    terms_of_distribution,
    terms_of_pairs,
    terms_of_rankings,
    terms_of_rasch,
    terms_of_sources,
    terms_of_words,
)

COLUMNS: dict[str, tuple[str, str]] = {
    **terms_of_sources.COLUMNS,  # first: words other methods use keep their meaning
    "ratee": ("Id", "编号"),
    "person": ("Id", "编号"),
    "rater": ("Rater", "评价人"),
    "label": ("Name", "姓名"),
    "dimension": ("Dimension", "维度"),
    "score": ("Score", "分数"),
    "se": ("Standard error", "标准误"),
    "ci_low": ("Interval from", "区间下限"),
    "ci_high": ("Interval to", "区间上限"),
    "rank": ("Rank", "名次"),
    "rank_low": ("Rank set from", "名次集上限"),
    "rank_high": ("Rank set to", "名次集下限"),
    "n_raters": ("Raters", "评价人数"),
    "n_obs": ("Judgements", "评价条数"),
    "status": ("Status", "状态"),
    "status_reason": ("Reason", "原因"),
    "raw_score": ("Raw score", "原始分数"),
    "raw_rank": ("Raw rank", "原始名次"),
    "rank_change": ("Rank change", "名次变化"),
    "nominal": ("Nominal weight", "名义权重"),
    "effective": ("Effective weight", "实际权重"),
    "weight": ("Weight", "权重"),
    "coefficient": ("Coefficient", "系数"),
    "value": ("Value", "值"),
    "assumes": ("What it assumes", "所依据的假设"),
    "variance": ("Variance", "方差"),
    "share": ("Share", "占比"),
    "facet": ("Source of variance", "方差来源"),
    "wins": ("Wins", "胜"),
    "losses": ("Losses", "负"),
    "ties": ("Ties", "平"),
    "comparisons": ("Comparisons", "比较次数"),
    "grade": ("Grade", "等级"),
    "difference": ("Difference", "差值"),
    "given": ("Given", "实际"),
    "quota": ("Quota", "配额"),
    "count": ("Count", "数量"),
    "n": ("People", "人数"),
    "method": ("Method", "方法"),
    "method_a": ("Method", "方法"),
    "method_b": ("Compared with", "对比方法"),
    "rank_a": ("Rank", "名次"),
    "rank_b": ("Other rank", "另一名次"),
    "shift": ("Shift", "名次变动"),
    "best_rank": ("Best rank", "最好名次"),
    "worst_rank": ("Worst rank", "最差名次"),
    "beyond_error": ("Beyond measurement error", "超出测量误差"),
    "expected": ("Expected", "期望值"),
    "interval": ("Interval from", "区间依据"),
    "same": ("Graded alike", "等级相同"),
    "moved_1_or_more": ("Moved one grade or more", "相差一级及以上"),
    "moved_2_or_more": ("Moved two grades or more", "相差两级及以上"),
    "awaiting_committee": ("Awaiting the committee", "待委员会决定"),
    "k": ("Top k", "前 k 名"),
    "overlap": ("Overlap", "重合"),
    "reason": ("Reason", "原因"),
    "code": ("Code", "代码"),
    "text": ("What to know", "须知"),
    "fix": ("What to do", "建议做法"),
    "level": ("Level", "级别"),
    "unit_kind": ("Concerns", "涉及"),
    "unit_id": ("Which", "对象"),
    "estimate": ("Estimate", "估计值"),
    "effect": ("Effect", "效应量"),
    "effect_name": ("Effect measure", "效应指标"),
    "p": ("p", "p"),
    "q": ("q", "q"),
    "setting": ("Fact", "项目"),
    "group": ("Group", "组"),
    "component": ("Group", "组"),
    "unit": ("Unit", "单位"),
    "mean": ("Mean", "均值"),
    "sd": ("Standard deviation", "标准差"),
    **terms_of_bias.COLUMNS,
    **terms_of_distribution.COLUMNS,
    **terms_of_pairs.COLUMNS,
    **terms_of_rankings.COLUMNS,
    **terms_of_rasch.COLUMNS,
}
"""Column name: (English, Chinese)."""

TABLES: dict[str, tuple[str, str]] = {
    **terms_of_sources.TABLES,  # first: words other methods use keep their meaning
    "scores": ("Scores and ranks", "分数与名次"),
    "dimensions": ("Dimensions", "各维度"),
    "messages": ("Messages", "提示"),
    "settings": ("Settings", "设置"),
    "reliability": ("Reliability", "信度"),
    "findings": ("Patterns to review", "待复核的模式"),
    "design": ("Design", "评价设计"),
    "changes": ("Who changes rank", "谁的名次改变"),
    "own_changes": ("Raw and adjusted score", "调整前后的分数"),
    "weights": ("Weights", "权重"),
    "components": ("Variance components", "方差分量"),
    "record": ("Wins and losses", "胜负记录"),
    "grades": ("Grades", "等级"),
    "probabilities": ("Grade probabilities", "各等级概率"),
    "boundary": ("At the boundary between grades", "等级分界处的人员"),
    "quota": ("Quota", "名额分配"),
    "agreement": ("Agreement between methods", "方法间一致性"),
    "ranks": ("Ranks under each method", "各方法下的名次"),
    "shifts": ("Rank shifts", "名次变动"),
    "excluded": ("Left out of the comparison", "未参与比较的人员"),
    "cuts": ("Cuts between grades", "等级分界"),
    "existence": ("Existence", "存在性"),
    "raters": ("Raters", "评价人"),
    "residuals": ("Residuals", "残差"),
    "judges": ("Judges", "评判者"),
    **terms_of_bias.TABLES,
    **terms_of_distribution.TABLES,
    **terms_of_pairs.TABLES,
    **terms_of_rankings.TABLES,
    **terms_of_rasch.TABLES,
}
"""Table name: (English, Chinese)."""

STATUSES: dict[str, tuple[str, str]] = {
    "scored": ("scored", "已评分"),
    "provisional": ("provisional", "暂定"),
    "insufficient_data": ("too little data", "数据不足"),
    "not_identified": ("not identified", "无法识别"),
    "not_scored": ("not scored", "不计分"),
    "suppressed": ("suppressed", "已隐去"),
    "withdrawn": ("withdrawn", "已撤回"),
    **terms_of_rasch.STATUSES,
}
"""Status: (English, Chinese)."""

UNITS: dict[str, tuple[str, str]] = {
    "scale points": ("points of the rating scale", "量表分"),
    "logit": ("logits", "logit 单位"),
    "T": ("T scores (mean 50, SD 10)", "T 分（均值 50，标准差 10）"),
    "points": ("points", "分"),
    "z": ("standard deviations (z)", "标准差（z 分）"),
    "percentile": ("percentiles", "百分位"),
    "ordinal": ("ranks only", "仅名次"),
    "none": ("no score", "无分数"),
    **terms_of_pairs.UNITS,
}
"""Unit: (English, Chinese)."""

BASES: dict[str, tuple[str, str]] = {
    "rater": ("from how far raters differ", "依据评价人之间的差异"),
    "judge_cluster": ("from how far judges differ", "依据评判者之间的差异"),
    "model": ("from the model", "依据模型"),
    "bootstrap": ("from resampling", "依据重抽样"),
    "binomial": ("from the number of trials", "依据试验次数"),
    "assumed": ("assumed, not measured in these data", "为假定值，并非由这些数据测得"),
    "none": ("none: uncertainty cannot be known", "无：不确定性无从得知"),
}
"""Basis of the standard errors, in short: (English, Chinese)."""

SHORT_BASES: dict[str, tuple[str, str]] = {
    "rater": ("raters", "评价人差异"),
    "judge_cluster": ("judges", "评判者差异"),
    "model": ("model", "模型"),
    "bootstrap": ("resampling", "重抽样"),
    "binomial": ("number of trials", "试验次数"),
    "assumed": ("assumed", "假定值"),
    "none": ("none", "无"),
}
"""Basis of the standard errors, in a word: (English, Chinese)."""

VALUES: dict[str, tuple[str, str]] = {
    **terms_of_sources.VALUES,  # first: words other methods use keep their meaning
    "True": ("yes", "是"),
    "False": ("no", "否"),
    "info": ("for information", "供参考"),
    "review": ("review", "复核"),
    "act": ("act", "处理"),
    "Spearman r_s": ("Spearman r_s", "Spearman 等级相关 r_s"),
    "Kendall τ_b": ("Kendall τ_b", "Kendall 等级相关 τ_b"),
    "not in this method": ("not in this method", "不在该方法中"),
    "hypergeometric": ("hypergeometric", "超几何分布"),
    "bootstrap": ("bootstrap", "自助法"),
    "bca": ("bootstrap (BCa)", "自助法（BCa）"),
    "bonett_wright": ("Bonett & Wright", "Bonett & Wright"),
    "fieller_hartley_pearson": ("Fieller, Hartley & Pearson", "Fieller, Hartley & Pearson"),
    "residual": ("residual", "残差"),
    "rater": ("rater", "评价人"),
    "ratee": ("ratee", "被评人"),
    "dimension": ("dimension", "维度"),
    "ratee:rater": ("ratee × rater", "被评人 × 评价人"),
    "ratee:dimension": ("ratee × dimension", "被评人 × 维度"),
    "rater:dimension": ("rater × dimension", "评价人 × 维度"),
    "design": ("design", "设计类型"),
    "people": ("people", "人数"),
    "raters": ("raters", "评价人数"),
    "judges": ("judges", "评判者数"),
    "fill rate": ("fill rate", "填写率"),
    "fewest raters per person": ("fewest raters per person", "每人最少评价人数"),
    "median raters per person": ("median raters per person", "每人评价人数中位数"),
    "harmonic mean raters per person": ("harmonic mean raters per person", "每人评价人数调和平均"),
    "median people per rater": ("median people per rater", "每位评价人所评人数中位数"),
    "components": ("separate groups", "互不相连的组数"),
    "comparisons": ("comparisons", "比较次数"),
    "pairs compared": ("pairs compared", "比较过的配对数"),
    "share of pairs": ("share of pairs", "配对覆盖率"),
    "fewest comparisons per person": ("fewest comparisons per person", "每人最少比较次数"),
    "median comparisons per person": ("median comparisons per person", "每人比较次数中位数"),
    "crossed": ("crossed: every rater rates everyone", "完全交叉：每位评价人评价所有人"),
    "partially_crossed": ("partially crossed: connected", "部分交叉：相互连通"),
    "disconnected": ("disconnected", "不连通"),
    "nested": ("nested: one rater a person", "嵌套：每人一位评价人"),
    "one_rater": ("one rater for everyone", "只有一位评价人"),
    "averaged": ("averages without raters", "无评价人信息的平均值"),
    "complete": ("complete: every pair compared", "完整：每一对都比较过"),
    "connected": ("connected", "相连"),
    "largest_remainder": ("largest remainder", "最大余数法"),
    "none": ("none", "无"),
    "center": ("each rater's mean taken out", "减去各评价人的均值"),
    "z": ("each rater's mean and spread taken out", "按各评价人的均值与离散度标准化"),
    "equal_teams": ("teams are equally good", "各团队水平相同"),
    "auto": ("automatic", "自动"),
    "middle": ("middle", "中间"),
    "committee": ("the committee decides", "由委员会决定"),
    "empirical_bayes": ("empirical Bayes", "经验贝叶斯"),
    "one rater, different raters for each person": ("one rater, different raters for each person", "单个评价人；每人的评价人各不相同"),
    "mean of k raters, different raters for each person": (
        "mean of k raters, different raters for each person",
        "k 位评价人的平均；每人的评价人各不相同",
    ),
    "one rater, raters drawn from many, absolute standing matters": (
        "one rater, raters drawn from many, absolute standing matters",
        "单个评价人；评价人视为从众多人中抽取；看绝对水平",
    ),
    "mean of k raters, raters drawn from many, absolute standing matters": (
        "mean of k raters, raters drawn from many, absolute standing matters",
        "k 位评价人的平均；评价人视为从众多人中抽取；看绝对水平",
    ),
    "one rater, only the order matters": ("one rater, only the order matters", "单个评价人；只看先后"),
    "mean of k raters, only the order matters": ("mean of k raters, only the order matters", "k 位评价人的平均；只看先后"),
    "variance components by REML, ratings missing": ("variance components by REML, ratings missing", "有缺失评分，方差分量由 REML 估计"),
    "internal consistency of the dimensions, not agreement between raters": (
        "internal consistency of the dimensions, not agreement between raters",
        "维度间的内部一致性，不是评价人之间的一致性",
    ),
    "never used for a standard error": ("never used for a standard error", "从不用于计算标准误"),
    **terms_of_bias.VALUES,
    **terms_of_pairs.VALUES,
    **terms_of_rankings.VALUES,
    **terms_of_rasch.VALUES,
    **terms_of_distribution.VALUES,
}
"""Words found in cells: (English, Chinese)."""

WORKINGS: dict[str, tuple[str, str]] = {
    **terms_of_bias.WORKINGS,
    **terms_of_pairs.WORKINGS,
    **terms_of_rankings.WORKINGS,
    **terms_of_rasch.WORKINGS,
    **{name: text for name, text in terms_of_rankings.VALUES.items() if " " in name},
}
"""Words found in the columns that say how something was worked out, what it is of, or which parameter it is."""

SETTINGS: dict[str, tuple[str, str]] = {
    **terms_of_anchors.SETTINGS,  # first: words other methods use keep their meaning
    **terms_of_words.SETTINGS,
    **terms_of_sources.SETTINGS,  # first: words other methods use keep their meaning
    "adjust": ("Adjustment", "调整方式"),
    "assume": ("Stated assumption", "已声明的假设"),
    "scale": ("Scale", "量表"),
    "ordinal": ("Scores treated as ordered categories", "按有序类别处理分数"),
    "weights": ("Weights", "权重"),
    "level": ("Confidence level", "置信水平"),
    "seed": ("Seed of random draws", "随机种子"),
    "reliability": ("Assumed reliability", "假定信度"),
    "ties": ("Ties", "并列处理"),
    "penalty": ("Penalty", "惩罚项"),
    "min_weight": ("Least share of weight observed", "最低有效权重占比"),
    "sources": ("Sources that count", "计入的来源"),
    "data": ("Fingerprint of the data", "数据指纹"),
    "rows": ("Rows", "行数"),
    "from": ("Made from", "来自方法"),
    "prior": ("Prior of true scores", "真分数先验"),
    "apportionment": ("Rule for whole seats", "名额取整规则"),
    "standardise": ("Standardised over dimensions", "跨维度标准化"),
    "order_effect": ("Order effect", "顺序效应"),
    "judges": ("Judges", "评判者"),
    "solver": ("Solver", "求解器"),
    "shares": ("Shares of grades", "各等级比例"),
    "seat_ties": ("Leftover seats", "剩余名额规则"),
    "method": ("Method", "方法"),
    "version": ("Version", "版本"),
    "versions": ("Versions", "各组件版本"),
    "rankkit": ("rankkit version", "rankkit 版本"),
    "data_hash": ("Fingerprint of the data", "数据指纹"),
    "hash": ("Fingerprint of the data", "数据指纹"),
    "source": ("Source", "来源"),
    "source_name": ("Source", "来源"),
    "dataset": ("Data set", "数据集"),
    "n_rows": ("Rows", "行数"),
    "simulated": ("Simulated data", "模拟数据"),
    "python": ("Python", "Python"),
    "numpy": ("numpy", "numpy"),
    "scipy": ("scipy", "scipy"),
    "pandas": ("pandas", "pandas"),
    "unit": ("Unit of scores", "分数单位"),
    "se_basis": ("Basis of standard errors", "标准误依据"),
    **terms_of_pairs.SETTINGS,
    **terms_of_rankings.SETTINGS,
    **terms_of_rasch.SETTINGS,
}
"""Setting or provenance entry: (English, Chinese)."""


_OVERLAP = "overlap of the best "


def _pick(table: dict[str, tuple[str, str]], name: str, lang: Lang) -> str:
    return table[name][lang == "zh"] if name in table else name


def column(name: str, lang: Lang) -> str:
    """Heading of a column.

    >>> column("rank", "zh"), column("sparkle", "en")
    ('名次', 'sparkle')
    """
    return _pick(COLUMNS, name, lang)


def table(name: str, lang: Lang) -> str:
    """Heading of a table or sheet."""
    return _pick(TABLES, name, lang)


def status(name: str, lang: Lang) -> str:
    """Name of a status."""
    return _pick(STATUSES, name, lang)


def unit(name: str, lang: Lang) -> str:
    """Name what scores are measured in."""
    return _pick(UNITS, name, lang)


def basis(name: str, lang: Lang) -> str:
    """Where standard errors come from."""
    return _pick(BASES, name, lang)


def short_basis(name: str, lang: Lang) -> str:
    """Where standard errors come from, in a word."""
    return _pick(SHORT_BASES, name, lang)


def word(name: str, lang: Lang) -> str:
    """Name a fixed word of a cell."""
    if lang == "zh" and name.startswith(_OVERLAP):
        return f"前 {name.removeprefix(_OVERLAP)} 名的重合率"
    return _part_by_part(VALUES, name, lang)


def working(name: str, lang: Lang) -> str:
    """Name how something was worked out, what it is of, or which parameter it is.

    >>> working("parametric bootstrap, 499 replicates; comparisons taken as independent", "zh")
    '参数自助法，499 次；视各次比较相互独立'
    """
    return _part_by_part(WORKINGS, name, lang)


def _part_by_part(table: dict[str, tuple[str, str]], name: str, lang: Lang) -> str:
    """Translate what stands between semicolons, each by itself."""
    if name in table or lang != "zh":
        return _pick(table, name, lang)
    return "；".join(table[part][1] if part in table else _numbered(part) for part in name.split("; "))


def _numbered(name: str) -> str:
    for pattern, chinese in (*terms_of_pairs.NUMBERED, *terms_of_bias.NUMBERED, *terms_of_sources.NUMBERED):
        if re.fullmatch(pattern, name):
            return re.sub(pattern, chinese, name)
    return name


def setting(name: str, lang: Lang) -> str:
    """Name of a setting."""
    return _pick(SETTINGS, name, lang)
