"""Names of the columns and tables of paired comparisons, in the languages of reports."""

from __future__ import annotations

COLUMNS: dict[str, tuple[str, str]] = {
    "first": ("First", "甲"),
    "second": ("Second", "乙"),
    "third": ("Third", "丙"),
    "wins_first": ("Wins of the first", "甲胜"),
    "wins_second": ("Wins of the second", "乙胜"),
    "probability": ("Chance that the first is preferred", "甲被选中的概率"),
    "expected_first": ("Expected wins of the first", "甲的预期胜数"),
    "residual": ("Standardised residual", "标准化残差"),
    "parameter": ("Parameter", "参数"),
    "statistic": ("Statistic", "统计量"),
    "test": ("Test", "检验"),
    "df": ("Degrees of freedom", "自由度"),
    "infit": ("Infit", "加权拟合 infit"),
    "infit_low": ("Infit expected from", "infit 预期下限"),
    "infit_high": ("Infit expected to", "infit 预期上限"),
    "outfit": ("Outfit", "未加权拟合 outfit"),
    "outfit_low": ("Outfit expected from", "outfit 预期下限"),
    "outfit_high": ("Outfit expected to", "outfit 预期上限"),
    "left_share": ("Share of left", "选左比例"),
    "left_p": ("p of the side", "左右偏好 p"),
    "left_q": ("q of the side", "左右偏好 q"),
    "repeats": ("Repeated pairs", "重复对数"),
    "reversals": ("Changed answers", "改变的判断"),
    "reversal_rate": ("Share changed", "改变比例"),
    "reversals_expected": ("Share expected", "预期比例"),
    "median_ms": ("Median time (ms)", "用时中位数（毫秒）"),
    "fast_share": ("Share of fast answers", "过快回答比例"),
    "review": ("To review", "待复核"),
    "pairs": ("Pairs", "对数"),
    "pairs_missing": ("Pairs missing", "缺少的对"),
    "pairs_tied": ("Pairs tied", "平局的对"),
    "triads": ("Triads", "三元组"),
    "circular": ("Circular", "循环三元组"),
    "transitive": ("Share transitive", "可传递比例"),
    "zeta": ("Consistency ζ", "一致性系数 ζ"),
    "kind": ("Kind", "类型"),
    "triples": ("Triples", "三元组数"),
    "violations": ("Violations", "违反数"),
    "largest": ("Largest violation", "最大违反"),
    "quasi_se": ("Quasi-standard error", "准标准误"),
    "quasi_low": ("Quasi-interval from", "准区间下限"),
    "quasi_high": ("Quasi-interval to", "准区间上限"),
    "worst_error": ("Worst relative error", "最大相对误差"),
    "mean_se": ("Mean standard error", "平均标准误"),
    "spread": ("Spread of the scores", "分数离散度"),
    "reliability_median": ("Reliability (median error)", "信度（误差中位数）"),
    "tau": ("Kendall's τ", "肯德尔 τ"),
}

TABLES: dict[str, tuple[str, str]] = {
    "parameters": ("Beside the scores", "分数以外的参数"),
    "goodness_of_fit": ("Does one scale describe the comparisons?", "单一量表是否符合数据"),
    "consistency": ("Circular triads", "循环三元组"),
    "circular_triads": ("Which triads are circular", "哪些三元组循环"),
    "transitivity": ("Stochastic transitivity", "随机传递性"),
    "quasi": ("Quasi-standard errors", "准标准误"),
    "growth": ("Reliability as comparisons come in", "信度随比较次数的变化"),
    "copying": ("Order carried from one dimension to another", "跨维度的次序沿用"),
}

UNITS: dict[str, tuple[str, str]] = {"probit": ("standard deviations of a difference (probits)", "差异的标准差（probit 单位）")}

SETTINGS: dict[str, tuple[str, str]] = {
    "prior_sd": ("Standard deviation of the prior", "先验标准差"),
    "link": ("Link", "联系函数"),
    "covariates": ("Covariates", "协变量"),
    "interactions": ("Interactions", "交互项"),
    "bootstrap": ("Bootstrap replicates", "自助抽样次数"),
}
