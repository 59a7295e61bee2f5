"""The words around plots of paired comparisons, in English and simplified Chinese."""

from __future__ import annotations

PHRASES: dict[str, tuple[str, str]] = {
    "probit": ("probits", "probit 单位"),
    # caterpillar
    "quasi": ("Comparing any two people", "任意两人的比较"),
    "quasi_say": (
        "Line: {level} quasi-interval. Two that do not overlap: a difference beyond its {level} margin, for this pair alone.",
        "横线：{level} 准区间。两人的准区间不重叠：单看这一对，其差异超过该差异的 {level} 误差范围。",
    ),
    "quasi_overlap": ("Overlap does not show that two people are equal.", "准区间重叠并不表示两人相等。"),
    "quasi_error": (
        "Standard errors of differences read off these lines are wrong by {error} at most.",
        "由横线得出的差异标准误最多偏离 {error}。",
    ),
    "quasi_rough": (
        "Standard errors of differences read off these lines can be wrong by as much as {error}: a rough guide here.",
        "由横线得出的差异标准误最多可偏离 {error}：在此只能粗略参考。",
    ),
    "quasi_none": ("There are no quasi-intervals: points only.", "没有准区间：只画点。"),
    "quasi_some": ("Without a line: no quasi-interval.", "无横线者：没有准区间。"),
    "quasi_se": ("quasi-se", "准标准误"),
    # pair matrix
    "pairs": ("Every pair: what was expected, what surprised", "逐对：预期与意外"),
    "pairs_say": (
        "Best first; row against column. Above the diagonal, grey: fitted chance that the row is preferred.",
        "按分数由高到低，行对列。对角线以上（灰）：模型给出的行被选中的概率。",
    ),
    "pairs_wins": ("Under it: wins of the row – wins of the column, a tie half each.", "其下：行胜 – 列胜，平局各计一半。"),
    "pairs_residuals": (
        "Below, coloured: standardised residual of the row. Blank: never compared, or fitted exactly.",
        "对角线以下（彩色）：行的标准化残差。空白：从未比较，或拟合必然吻合。",
    ),
    "pairs_beyond": ("{n} of {all} compared pairs lie beyond ±2.", "比较过的 {all} 对中有 {n} 对超出 ±2。"),
    "pairs_chance": ("chance {chance}", "概率 {chance}"),
    "pairs_upset": ("placed lower, won more than expected", "名次较低而胜数多于预期"),
    "pairs_stronger": ("won less than expected", "胜数少于预期"),
    "pairs_expected": ("as expected", "符合预期"),
    # judges
    "judges": ("How each judge fits the common scale", "各评判者与共同量表的拟合"),
    "judges_say": (
        "1 = as noisy as the model expects; above 1: more surprising answers. Cross: {level} band of each judge if the model holds.",
        "1 = 与模型预期相当；大于 1：意外的回答较多。十字：模型成立时各评判者的 {level} 范围。",
    ),
    "judges_bands": (
        "Bands are drawn for judges outside theirs and for judges to review.",
        "只为超出范围或待复核的评判者画出范围。",
    ),
    "judges_named": (
        "Named: a pattern to review, in the fit or in the side preferred.",
        "列名者：拟合或左右偏好上有待复核的模式。",
    ),
    "judges_nobody": ("No judge shows a pattern to review.", "没有评判者出现待复核的模式。"),
    "judges_beyond": ("Triangles stand for values beyond {most}.", "三角表示超过 {most} 的值。"),
    "judges_unfit": ("{n} judges without a fit are left out.", "{n} 位评判者没有拟合值，未画出。"),
    "infit": ("Infit (weighted mean square)", "infit（加权均方）"),
    "outfit": ("Outfit (mean square)", "outfit（均方）"),
    "inside": ("inside the own band", "在本人范围之内"),
    "outside": ("outside the own band", "超出本人范围"),
    "review": ("to review", "待复核"),
    "load": ("{n} comparisons", "{n} 次比较"),
    # growth
    "growth": ("What more comparisons bring", "比较次数增加的效果"),
    "growth_say": (
        "After the first so many comparisons, in the order recorded, else in random order.",
        "前若干次比较之后的结果：按记录的先后，无记录则按随机顺序。",
    ),
    "growth_reached": ("From {n} comparisons on at least {line}.", "自 {n} 次比较起不低于 {line}。"),
    "growth_adaptive": (
        "Pairs were chosen by earlier outcomes: reliability computed this way would be too high and is not drawn.",
        "比较对由先前结果选定：这样算出的信度会偏高，故不画出。",
    ),
    "growth_below": ("Values below 0 are not drawn.", "低于 0 的值不画出。"),
    "growth_gap": ("Missing at first: people not yet connected.", "起初缺值：人员尚未连通。"),
    "comparisons": ("Comparisons made", "比较次数"),
    "reliability": ("Scale separation reliability", "量表分离信度"),
    "reliability_median": ("with the median error", "按误差中位数"),
    "reliability_mean": ("with the mean error", "按平均误差"),
    "mean_se": ("Mean standard error ({unit})", "平均标准误（{unit}）"),
    # design
    "design_by_score": ("Clockwise from the top: best to last.", "自顶端顺时针：由高到低。"),
    "design_map_by_score": ("In order of score.", "按分数排列。"),
    "only_won": ("won every comparison", "全胜"),
    "only_lost": ("lost every comparison", "全负"),
}
