"""Names of the columns and tables of many-facet Rasch models, in the languages of reports."""

from __future__ import annotations

COLUMNS: dict[str, tuple[str, str]] = {
    "element": ("Element", "元素"),
    "elements": ("Elements", "元素数"),
    "measure": ("Measure (logits)", "度量值（logit）"),
    "se_conditional": ("Standard error, all else known", "标准误（其余视为已知）"),
    "fair": ("Fair average", "公平平均分"),
    "fair_se": ("Standard error of the fair average", "公平平均分的标准误"),
    "fair_at_mean": ("Fair average at the mean of all else", "其余取均值时的公平平均分"),
    "change": ("Fair average less mean rating", "公平平均分减平均评分"),
    "infit_z": ("Infit as a normal deviate", "infit 的标准化值"),
    "infit_p": ("p of infit", "infit 的 p"),
    "infit_q": ("q of infit", "infit 的 q"),
    "outfit_z": ("Outfit as a normal deviate", "outfit 的标准化值"),
    "correlation": ("Correlation with the locations", "与位置的相关"),
    "correlation_expected": ("Correlation expected", "预期相关"),
    "exact": ("Exact agreement", "完全一致比例"),
    "exact_expected": ("Exact agreement expected", "预期完全一致比例"),
    "eap": ("Posterior mean", "后验均值"),
    "posterior_sd": ("Posterior standard deviation", "后验标准差"),
    "category": ("Category", "类别"),
    "average": ("Mean location of its ratings", "该类别评分的平均位置"),
    "average_expected": ("Mean location expected", "预期平均位置"),
    "threshold": ("Threshold", "阈值"),
    "disordered": ("Below the threshold before", "低于前一阈值"),
    "falling": ("Below the category before", "低于前一类别"),
    "rmse": ("Root mean squared error", "均方根误差"),
    "true_sd": ("Standard deviation without error", "扣除误差后的标准差"),
    "separation": ("Separation G", "分离指数 G"),
    "strata": ("Strata", "层数"),
    "fixed": ("χ² of equality", "相等性 χ²"),
    "fixed_df": ("Its degrees of freedom", "其自由度"),
    "fixed_p": ("p of equality", "相等性 p"),
    "random": ("χ² of normality", "正态性 χ²"),
    "random_df": ("Its degrees of freedom (normality)", "其自由度（正态性）"),
    "random_p": ("p of normality", "正态性 p"),
    "wald": ("χ² of equality, with covariances", "相等性 χ²（含协方差）"),
    "wald_p": ("Its p", "其 p"),
    "bias": ("Bias (logits)", "偏差（logit）"),
    "observed": ("Mean rating", "平均评分"),
    "reliability": ("Reliability", "信度"),
    "t": ("t", "t"),
    "z": ("Standardised residual z", "标准化残差 z"),
}

TABLES: dict[str, tuple[str, str]] = {
    "rater_measures": ("Raters: severity and fit", "评价人：严厉度与拟合"),
    "dimension_measures": ("Dimensions: difficulty and fit", "维度：难度与拟合"),
    "source_measures": ("Sources: severity and fit", "来源：严厉度与拟合"),
    "person_fit": ("People: measures and fit", "人员：度量值与拟合"),
    "fair": ("Fair averages", "公平平均分"),
    "thresholds": ("Categories and thresholds", "类别与阈值"),
    "separation": ("How far elements can be told apart", "各面元素的可区分程度"),
    "unexpected": ("Unexpected ratings", "意外的评分"),
    "interactions": ("Interactions", "交互作用"),
    "interaction_tests": ("Is there any interaction?", "是否存在交互作用"),
    "differential": ("The same on two elements", "在两个元素上的差别"),
}

STATUSES: dict[str, tuple[str, str]] = {
    "measured": ("measured", "已度量"),
    "all at the top": ("all at the top", "全为最高"),
    "all at the bottom": ("all at the bottom", "全为最低"),
    "all at one end": ("all at one end", "全在一端"),
    "not placed": ("no measure", "无度量值"),
    "not linked": ("not linked to the others", "与其他元素不相连"),
    "no ratings": ("no ratings", "无评分"),
    "one rating": ("one rating", "仅一条评分"),
    "estimated": ("estimated", "已估计"),
    "lowest category": ("lowest category: no threshold", "最低类别：无阈值"),
    "used at the ends only": ("only elements at one end used it", "仅由全在一端的元素使用"),
    "at zero or not in the model": ("at zero, or not in the model", "为零或不在模型中"),
}

VALUES: dict[str, tuple[str, str]] = {
    "estimation=marginal": ("marginal", "边际"),
    "joint": ("joint", "联合"),
    "common": ("common", "共同"),
    "merge": ("merge", "合并"),
    "refuse": ("refuse", "拒绝"),
    "rater × ratee": ("rater × ratee", "评价人 × 被评人"),
    "rater × dimension": ("rater × dimension", "评价人 × 维度"),
    "ratee × dimension": ("ratee × dimension", "被评人 × 维度"),
    "separation reliability": ("separation reliability", "分离信度"),
    "expected a posteriori reliability": ("expected a posteriori reliability", "后验均值信度"),
    "standard errors with the severities estimated": ("standard errors with the severities estimated", "标准误包含严厉度估计误差"),
    "share of the variance of merit that the posterior means carry": (
        "share of the variance of merit that the posterior means carry",
        "后验均值所占能力方差的比例",
    ),
}

WORKINGS: dict[str, tuple[str, str]] = {
    "sample": ("as a sample of more", "视为样本"),
    "population": ("as all there are", "视为全体"),
    "summed residuals of cells": ("summed residuals of cells", "单元格残差之和"),
    "mean of merit": ("mean of merit", "能力均值"),
    "spread of merit": ("spread of merit", "能力离散度"),
    "spread of ratee × rater": ("spread of ratee × rater", "被评人 × 评价人离散度"),
    "mean square": ("mean square", "均方"),
    "points a rating": ("points a rating", "每条评分的分数"),
    "rater × ratee": ("rater × ratee", "评价人 × 被评人"),
    "rater × dimension": ("rater × dimension", "评价人 × 维度"),
    "ratee × dimension": ("ratee × dimension", "被评人 × 维度"),
}
"""Words found in the columns that say how something was worked out, or what it is of."""

SETTINGS: dict[str, tuple[str, str]] = {
    "estimation": ("Estimation", "估计方法"),
    "thresholds": ("Thresholds", "阈值"),
    "facets": ("Facets", "面"),
    "gaps": ("Unused categories", "未使用的类别"),
    "dependence": ("Dependence of one rater's ratings", "同一评价人评分的相依"),
}
