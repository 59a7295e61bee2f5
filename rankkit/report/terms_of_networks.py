"""Names of the columns, tables and words of checks of rater networks, in the languages of reports."""

from __future__ import annotations

COLUMNS: dict[str, tuple[str, str]] = {
    "network": ("Network", "互评网络"),
    "cycle": ("Cycle", "周期"),
    "people": ("People", "人数"),
    "first_gives": ("First gives (SD)", "前者给出（标准差）"),
    "second_gives": ("Second gives (SD)", "后者给出（标准差）"),
    "actor": ("Variance of raters", "评价人方差"),
    "partner": ("Variance of ratees", "被评人方差"),
    "relation": ("Variance of relations", "关系方差"),
    "actor_share": ("Share of raters", "评价人占比"),
    "partner_share": ("Share of ratees", "被评人占比"),
    "relation_share": ("Share of relations and error", "关系与误差占比"),
    "actor_partner": ("Covariance of giving and getting", "给出与得到的协方差"),
    "size": ("Size", "小组人数"),
    "members": ("Members", "成员"),
    "lift": ("Above other sources", "高于其他来源"),
    "lift_rest": ("The same of the rest", "其余人员同上"),
    "comparison": ("Comparison", "比较"),
    "chosen": ("Chosen by the ratee", "被评人提名"),
    "step": ("From – to", "周期间"),
    "superiors": ("Superiors", "上级人数"),
    "controlled": ("Earlier rating held constant", "控制前期评分"),
    "form": ("Form", "表单"),
    "usual": ("Usual distance", "通常的偏离"),
    "identical": ("Identical", "相同份数"),
    "expected": ("Share expected", "预期占比"),
    "residual": ("Residual", "残差"),
    "standard": ("Residual (SD)", "残差（标准差）"),
}

TABLES: dict[str, tuple[str, str]] = {
    "reciprocity": ("Reciprocity", "互评对等性"),
    "reciprocity_pairs": ("Pairs who rate each other", "互评的双方"),
    "social_relations": ("Variance of ratings among colleagues", "同事互评的方差"),
    "network_dyads": ("Ratings among colleagues", "同事互评"),
    "cliques": ("Groups who rate each other higher", "互评偏高的小组"),
    "nominated_raters": ("Raters whom the ratee chose", "被评人提名的评价人"),
    "retaliation": ("Upward ratings after downward ratings", "上级评分之后的上行评价"),
    "bombing": ("Single forms far from the others", "明显偏离的表单"),
    "copying": ("Answers carried over", "答案沿用"),
}

VALUES: dict[str, tuple[str, str]] = {
    "permutation": ("permutation", "置换检验"),
    "round robin": ("round robin", "循环互评"),
    "one rater, different people": ("one rater, different people", "同一评价人，不同人员"),
    "two raters, same people": ("two raters, same people", "两位评价人，相同人员"),
}
