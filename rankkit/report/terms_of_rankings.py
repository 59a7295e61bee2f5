"""Names of the columns and tables of rankings, in the languages of reports."""

from __future__ import annotations

COLUMNS: dict[str, tuple[str, str]] = {
    "percentile": ("Percentile", "百分位"),
    "normal_score": ("Normal score", "正态分"),
    "borda": ("Borda share", "Borda 得分率"),
    "borda_rank": ("Borda rank", "Borda 名次"),
    "mean_rank": ("Mean rank", "平均名次"),
    "kemeny_low": ("Kemeny place from", "Kemeny 位次上限"),
    "kemeny_high": ("Kemeny place to", "Kemeny 位次下限"),
    "lists": ("Lists", "名单数"),
    "p_top": ("Index of being among the first", "位居前列的指数"),
    "p_bottom": ("Index of being among the last", "位居末列的指数"),
    "grey_zone": ("Rank set spans the middle", "名次集跨越中位"),
    "presented": ("Shown", "呈现人次"),
    "ranked": ("Ranked", "已排序人次"),
    "shared": ("Shared with others", "与他人共同排序的人数"),
    "first_end": ("First end", "起始端"),
    "repeated": ("People ranked again", "重复排序人数"),
    "repeat_tau": ("τ between own lists", "本人两次名单的 τ"),
    "timed": ("Timed picks", "计时的挑选"),
    "seconds": ("Seconds a pick", "每次挑选用时（秒）"),
    "loglik": ("Log-likelihood", "对数似然"),
    "parameters": ("Parameters", "参数个数"),
    "aic": ("AIC", "AIC"),
    "likelihood_ratio": ("Likelihood ratio", "似然比"),
    "p_likelihood_ratio": ("Its p, too small with few raters", "似然比 p（评价人少时偏小）"),
    "chosen": ("Chosen", "采用"),
    "model": ("Model", "模型"),
    "cycle": ("Circle", "循环"),
    "winner": ("Preferred", "更受偏好者"),
    "loser": ("To", "相对于"),
    "preferring": ("Lists preferring", "支持的名单数"),
    "against": ("Lists against", "反对的名单数"),
}

TABLES: dict[str, tuple[str, str]] = {
    "consensus": ("Counting beside the model", "计数法与模型对照"),
    "concordance": ("How far the lists agree", "名单之间的一致性"),
    "models": ("Models of the same lists", "各模型对比"),
    "tests": ("How the lists were made", "名单形成过程的检验"),
    "cycles": ("Majorities in a circle", "多数意见的循环"),
}

VALUES: dict[str, tuple[str, str]] = {
    "best_worst": ("best and worst in turn", "轮流选最好与最差"),
    "maxdiff": ("maxdiff: both ends together", "maxdiff：两端同时选"),
    "plackett_luce": ("Plackett–Luce: from the top down", "Plackett–Luce：从上往下"),
    "borda": ("Borda count", "Borda 计数"),
    "kemeny": ("Kemeny order", "Kemeny 顺序"),
    "marginal": ("all orders among the tied are added up", "对并列者的各种次序求和"),
    "davidson_luce": ("answers of their own (Davidson–Luce)", "独立的回答（Davidson–Luce）"),
    "gaussian": ("Gaussian", "高斯"),
    "kendall_w": ("Kendall's W", "Kendall 和谐系数 W"),
    "mean_spearman": ("mean Spearman correlation", "平均 Spearman 相关"),
    "mean_tau": ("mean Kendall's τ", "平均 Kendall τ"),
    "skillings_mack": ("Skillings–Mack statistic", "Skillings–Mack 统计量"),
    "mallows_theta": ("Mallows' θ", "Mallows 集中度 θ"),
    "score_with_borda": ("τ of scores and Borda", "分数与 Borda 的 τ"),
    "score_with_kemeny": ("τ of scores and Kemeny", "分数与 Kemeny 的 τ"),
    "worst_scale": ("worst picks as sure as best ones (λ = 1)", "选最差与选最好同样确定（λ = 1）"),
    "depth_loss": ("late picks as sharp as early ones, raters of one view (ρ = 0)", "后期与前期的挑选同样分明，且评价人看法一致（ρ = 0）"),
    "first_end": ("it does not matter at which end a list was begun", "从哪一端开始无关紧要"),
    "best": ("best", "最好"),
    "worst": ("worst", "最差"),
    "both": ("both", "两端"),
    "scale separation reliability": ("scale separation reliability", "量表分离信度"),
    "the same, by the median error": ("the same, by the median error", "同上，按误差中位数"),
    "raters are independent": ("raters are independent", "评价人相互独立"),
    "scores by rater": ("scores by rater", "按评价人的得分函数"),
    "lost certainty or raters who differ in their views: both look like this": (
        "lost certainty or raters who differ in their views: both look like this",
        "确定性下降，或评价人看法不同：两者表现相同",
    ),
    "given the Kemeny order, which is chosen to fit: above 0 by chance too, so no interval": (
        "given the Kemeny order, which is chosen to fit: above 0 by chance too, so no interval",
        "以 Kemeny 顺序为准，而该顺序是按拟合选出的：偶然也会大于 0，故不给区间",
    ),
    "lists are independent": ("lists are independent", "名单相互独立"),
}

SETTINGS: dict[str, tuple[str, str]] = {
    "model": ("Model", "模型"),
    "worst_scale": ("Scale of worst picks λ", "选最差的尺度 λ"),
    "depth_loss": ("Loss of sharpness with depth ρ", "随深度减弱的分明程度 ρ"),
    "tau": ("Standard deviation of the prior", "先验标准差"),
    "top": ("Places counted as first and last", "计为前列与末列的位次数"),
}

WORKINGS: dict[str, tuple[str, str]] = {
    "permutation": ("permutation", "置换检验"),
    "chi_square": ("chi-squared approximation", "卡方近似"),
    "normal": ("normal approximation", "正态近似"),
    "Kendall's tau-b": ("Kendall's τ_b", "Kendall τ_b"),
    "Kendall's tau with the others": ("Kendall's τ with the others", "与其他评价人的 Kendall τ"),
    "share of picks under 2 s": ("share of picks under 2 s", "2 秒内挑选的比例"),
    "raters": ("raters", "评价人"),
}
"""Words found in the columns that say how something was worked out, or what it is of."""
