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
    "infit_middle": ("Infit expected", "infit 预期中位"),
    "infit_high": ("Infit expected to", "infit 预期上限"),
    "outfit": ("Outfit", "未加权拟合 outfit"),
    "outfit_low": ("Outfit expected from", "outfit 预期下限"),
    "outfit_high": ("Outfit expected to", "outfit 预期上限"),
    "left_share": ("Share of left", "选左比例"),
    "left_expected": ("Share of left expected", "选左预期占比"),
    "decided": ("Decided comparisons", "有胜负的比较"),
    "left_p": ("p of the side", "左右偏好 p"),
    "left_q": ("q of the side", "左右偏好 q"),
    "repeats": ("Repeated pairs", "重复对数"),
    "reversals": ("Changed answers", "改变的判断"),
    "reversal_rate": ("Share changed", "改变比例"),
    "reversals_expected": ("Share expected", "预期占比"),
    "half_changes": ("Changed from or to a tie", "与平局互改"),
    "half_changes_expected": ("Share expected of these", "其预期占比"),
    "median_ms": ("Median time (ms)", "用时中位数（毫秒）"),
    "fast_share": ("Share of fast answers", "过快回答比例"),
    "review": ("To review", "待复核"),
    "people": ("People", "人数"),
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
    "goodness_of_fit": ("Does one scale fit the pairs?", "单一量表是否符合数据"),
    "consistency": ("Circular triads", "循环三元组"),
    "circular_triads": ("Which triads are circular", "哪些三元组循环"),
    "transitivity": ("Stochastic transitivity", "随机传递性"),
    "quasi": ("Quasi-standard errors", "准标准误"),
    "growth": ("Reliability as comparisons come in (standard errors of the model)", "信度随比较次数的变化（模型标准误）"),
    "copying": ("Answers carried over", "答案沿用"),
}

UNITS: dict[str, tuple[str, str]] = {"probit": ("standard deviations of a difference (probits)", "差异的标准差（probit 单位）")}

VALUES: dict[str, tuple[str, str]] = {
    "deviance": ("deviance", "偏差"),
    "Pearson": ("Pearson", "Pearson 卡方"),
    "scale separation reliability (SSR)": ("scale separation reliability (SSR)", "量表分离信度（SSR）"),
    "SSR with the median squared error": ("SSR with the median squared error", "SSR，按误差平方的中位数"),
    "separation G": ("separation G", "分离指数 G"),
    "split-half correlation of judges": ("split-half correlation of judges", "评判者折半相关"),
    "Kendall's u": ("Kendall's u", "Kendall 一致性系数 u"),
    "hold-out calibration κ": ("hold-out calibration κ", "留出校准 κ"),
    "deflated spread": ("deflated spread", "校正后的离散度"),
    "pairs not chosen by outcomes": ("pairs not chosen by outcomes", "配对未按先前结果选择"),
    "approximates the correlation with another panel": ("approximates the correlation with another panel", "近似于与另一组评判者的相关"),
    "few people with very wide intervals do not count": (
        "few people with very wide intervals do not count",
        "不受少数区间很宽者的影响",
    ),
    "standard deviations of the worths per root mean squared error": (
        "standard deviations of the worths per root mean squared error",
        "实力值标准差除以均方根误差",
    ),
    "of half panels, not stepped up": ("of half panels, not stepped up", "为半组评判者的信度，未作校正"),
    "standard deviation of the worths that held-out comparisons confirm": (
        "standard deviation of the worths that held-out comparisons confirm",
        "留出比较所能证实的实力值标准差",
    ),
    "slope of held-out outcomes on differences of worths from the others: near the SSR where pairs are random, 0 = chance": (
        "slope of held-out outcomes on differences of worths from the others: near the SSR where pairs are random, 0 = chance",
        "留出比较的结果对其余比较所得差异的斜率：配对随机时接近 SSR，0 为纯属偶然",
    ),
}

WORKINGS: dict[str, tuple[str, str]] = {
    "order_effect": ("advantage of the left side", "左侧（先列）的优势"),
    "log_nu": ("log of the tie parameter ν (Davidson)", "平局参数 ν 的对数（Davidson）"),
    "log_theta": ("log of the tie parameter θ (Rao–Kupper)", "平局参数 θ 的对数（Rao–Kupper）"),
    "weak": ("weak", "弱"),
    "moderate": ("moderate", "中等"),
    "strong": ("strong", "强"),
    "none": ("–", "–"),
    "exact": ("exact", "精确"),
    "monte_carlo": ("drawn at random", "随机抽样"),
    "comparisons taken as independent": ("comparisons taken as independent", "视各次比较相互独立"),
    "comparisons taken as independent (where judges have views of their own, a high p is no evidence of fit)": (
        "comparisons taken as independent (where judges have views of their own, a high p is no evidence of fit)",
        "视各次比较相互独立（评判者各有看法时，p 值高并不说明拟合良好）",
    ),
    "rater": ("rater", "评价人（评判者）"),
    "left share": ("share of left", "选左比例"),
    "left share × rater": ("share of left, by judge", "选左比例，按评判者"),
    "infit": ("infit", "加权拟合 infit"),
    "infit × rater": ("infit, by judge", "加权拟合 infit，按评判者"),
}
"""Words found in the columns that say how something was worked out, what it is of, or which parameter it is."""

NUMBERED: tuple[tuple[str, str], ...] = (
    (r"parametric bootstrap, (\d+) replicates", r"参数自助法，\1 次"),
    (r"mean and range over (\d+) splits of the judges", r"对评判者折半 \1 次的均值与范围"),
    (r"1 = all alike, lowest (\S+)", r"1 = 完全一致，最低可为 \1"),
    (r"p of consistent, unrelated judges (\S+) \(least (\S+)\)", r"评判者各自一致但互不相关时的 p = \1（最小可为 \2）"),
)
"""Words with numbers in them: (pattern, Chinese)."""

SETTINGS: dict[str, tuple[str, str]] = {
    "prior_sd": ("Standard deviation of the prior", "先验标准差"),
    "link": ("Link", "联系函数"),
    "covariates": ("Covariates", "协变量"),
    "interactions": ("Interactions", "交互项"),
    "bootstrap": ("Bootstrap replicates", "自助抽样次数"),
}
