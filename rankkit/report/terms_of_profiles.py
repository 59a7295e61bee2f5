"""Names of the columns, tables and words of the checks of halo, forms and careless responding, in the languages of reports."""

from __future__ import annotations

from rankkit.wording import CATALOGUE

COLUMNS: dict[str, tuple[str, str]] = {
    "same_rater": ("Within raters (r)", "同一评价人（r）"),
    "cross_rater": ("Between raters (r)", "不同评价人（r）"),
    "disattenuated": ("Between raters, corrected (r)", "不同评价人，校正后（r）"),
    "reference": ("Reference (r)", "参照（r）"),
    "inflation": ("Inflation", "膨胀"),
    "capped": ("Cut at .99", "截于 .99"),
    "dispersion": ("Spread over dimensions", "维度间离散"),
    "dispersion_others": ("Spread, other raters", "其他评价人的离散"),
    "ratio": ("Ratio of spreads", "离散之比"),
    "ratio_low": ("Ratio from", "比值下限"),
    "ratio_high": ("Ratio to", "比值上限"),
    "ratio_n": ("People of the ratio", "比值的人数"),
    "ratio_p": ("p of the ratio", "比值 p"),
    "ratio_q": ("q of the ratio", "比值 q"),
    "ratio_mde": ("Detectable ratio", "可检出的比值"),
    "ratio_level": ("Level of the ratio", "比值级别"),
    "ratio_design_ok": ("Same people", "同一批人"),
    "ratio_reason": ("Why no ratio", "无比值的原因"),
    "compared_with": ("Compared with", "对照值"),
    "closeness": ("Closeness on the form", "表单上的邻近度"),
    "similarity": ("Similarity of meaning", "含义相似度"),
    "p_smallest": ("Smallest p possible", "可能的最小 p"),
    "signs": ("Signs", "迹象"),
    "items": ("Answers", "作答数"),
    "longest_run": ("Longest run", "最长连续相同"),
    "straight_lines": ("Share of straight lines", "全同表单占比"),
    "variability": ("Variability in a form", "表单内变异"),
    "variability_others": ("Variability, others", "其他人的表单内变异"),
    "spread_others": ("Spread over people, others", "其他人的人际离散"),
    "profile_distance": ("Distance of profiles", "评分模式距离"),
    "profile_distance_others": ("Distance, others", "其他人的距离"),
    "even_odd": ("Even–odd correlation", "奇偶相关"),
    "even_odd_others": ("Even–odd, others", "其他人的奇偶相关"),
    "synonyms": ("Correlation of like items", "同义项目相关"),
    "synonyms_others": ("Like items, others", "其他人的同义项目相关"),
    "repeated_difference": ("Difference when repeated", "重复作答差异"),
    "repeated_others": ("Repeated, others", "其他人的重复差异"),
    "item_seconds": ("Seconds an item", "每项用时（秒）"),
    "fast_forms": ("Share of fast forms", "快速表单占比"),
    "sameness_p": ("p of sameness", "雷同 p"),
    "sameness_q": ("q of sameness", "雷同 q"),
    "oddness_p": ("p of oddness", "异常 p"),
    "oddness_q": ("q of oddness", "异常 q"),
    "inconsistency_p": ("p of inconsistency", "不一致 p"),
    "inconsistency_q": ("q of inconsistency", "不一致 q"),
    "speed_p": ("p of speed", "速度 p"),
    "speed_q": ("q of speed", "速度 q"),
    "score_without": ("Score without them", "去掉后的分数"),
    "rank_without": ("Rank without them", "去掉后的名次"),
    "n_raters_without": ("Raters without them", "去掉后的评价人数"),
    "blank": ("Blank", "空白"),
}

TABLES: dict[str, tuple[str, str]] = {
    "halo_indices": ("Halo: four indices", "晕轮效应：四个指标"),
    "halo_correlations": ("Halo: pairs of dimensions", "晕轮效应：维度对"),
    "proximity_pairs": ("Proximity: pairs of dimensions", "邻近效应：维度对"),
    "logical_error_pairs": ("Dimensions alike in meaning: pairs", "逻辑误差：维度对"),
    "careless_sensitivity": ("Scores without raters who show several signs", "去掉有多种迹象的评价人后的分数"),
    "careless_nonresponse": ("Blank answers", "空白作答"),
}

_REASONS = (
    "S-NOSECOND", "S-DISAGREE", "S-FEWPEOPLE", "S-FLATRATER", "S-FEWBOTH", "S-NOSPREAD", "S-ONEDIMENSION", "S-FLAT", "S-EXACT",
    "S-FEWCOMPLETE", "S-NOMATRIX", "S-FEWORDERS", "S-ONEKIND", "S-NOINTERVAL", "S-ONLYFLAGGED", "S-NOSCORE",
)  # fmt: skip

VALUES: dict[str, tuple[str, str]] = {
    "order": ("order of the form", "表单顺序"),
    "change": ("change between forms", "不同表单之间的变化"),
    "sameness": ("sameness", "雷同"),
    "oddness": ("oddness", "异常"),
    "inconsistency": ("inconsistency", "不一致"),
    "speed": ("speed", "速度"),
    **{CATALOGUE[code][0]: (CATALOGUE[code][0], CATALOGUE[code][2]) for code in _REASONS},
}

WORKINGS: dict[str, tuple[str, str]] = {
    name: (name, chinese)
    for name, chinese in (
        ("mean same-rater correlation less that of other raters", "同一评价人的平均相关减去不同评价人的"),
        ("mean same-rater correlation less that of true scores", "同一评价人的平均相关减去真分数的"),
        ("jackknife over people, one-sided t", "按人刀切法，单侧 t"),
        ("mean spread of a profile, 1 = unrelated dimensions", "平均维度间离散，1 = 维度互不相关"),
        ("Simes test that no rater's profiles are flatter than others'", "Simes 检验：没有评价人的评分比其他人更平"),
        ("share of ratee × rater in one rating", "被评人×评价人在单个评分中的占比"),
        ("F = MS_ir/MS_e", "F = MS_ir/MS_e"),
        ("ratings missing, so from covariances within and between raters", "有缺失评分，由评价人内与评价人间协方差估计"),
        ("first eigenvalue of correlations within raters / dimensions", "评价人内相关的第一特征值 / 维度数"),
        ("against the 95 % point in random order", "与随机顺序的 95 % 分位比较"),
        ("inflation of same-rater correlations, with closeness", "同一评价人相关的膨胀与邻近度"),
        ("same-rater correlations, no second rater, with closeness", "同一评价人的相关（无第二位评价人）与邻近度"),
        ("inflation of same-rater correlations, with similarity", "同一评价人相关的膨胀与含义相似度"),
        ("same-rater correlations, no second rater, with similarity", "同一评价人的相关（无第二位评价人）与含义相似度"),
        ("closeness taken out of both", "两者均已排除邻近度"),
        ("change of same-rater correlations with that of closeness", "同一评价人相关的变化与邻近度的变化"),
        ("inflation", "膨胀"),
        ("ratio of spreads", "离散之比"),
        ("Mantel r", "Mantel r"),
        ("kinds of signs", "迹象种类"),
        ("halo covariance × rater", "晕轮（协方差），按评价人"),
        ("halo dispersion × rater", "晕轮（离散），按评价人"),
        ("halo interaction × form", "晕轮（交互作用），整体"),
        ("proximity × form", "邻近效应，整体"),
        ("logical error × form", "逻辑误差，整体"),
        ("careless responding × rater", "敷衍作答，按评价人"),
    )
}

NUMBERED: tuple[tuple[str, str], ...] = (
    (r"all (\d+) orders of dimensions", r"维度的全部 \1 种顺序"),
    (r"(\d+) random orders of dimensions", r"维度的 \1 种随机顺序"),
    (r"(\d+) orders of the form", r"表单的 \1 种顺序"),
)
"""Words with numbers in them: (pattern, Chinese)."""
