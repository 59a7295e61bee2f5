"""Names of the columns, tables and words of checks of ratings, in the languages of reports."""

from __future__ import annotations

from rankkit.report import terms_of_order, terms_of_profiles, terms_of_ratings

COLUMNS: dict[str, tuple[str, str]] = {
    **terms_of_ratings.COLUMNS,
    **terms_of_profiles.COLUMNS,
    **terms_of_order.COLUMNS,
    "check": ("Check", "检查"),
    "units": ("Units", "单位数"),
    "tested": ("Tested", "已检验"),
    "to_review": ("To review", "待复核"),
    "remarks": ("Remarks", "提示"),
    "mde": ("Detectable effect", "可检出效应"),
    "floor": ("Floor", "门槛"),
    "enough": ("Floor detectable", "门槛可检出比例"),
    "shared_people": ("Shared people", "共同评价人数"),
    "effect_low": ("Effect from", "效应下限"),
    "effect_high": ("Effect to", "效应上限"),
    "rater_variance": ("Variance of raters", "评价人方差"),
    "within_variance": ("Variance within raters", "评价人内方差"),
    "rater_share": ("Share of raters", "评价人占比"),
    "separation_reliability": ("Separation reliability", "分离信度"),
    "pomp": ("Percent of maximum", "占满分百分比"),
    "skewness": ("Skewness g₁", "偏度 g₁"),
    "skewness_p": ("p of skewness", "偏度 p"),
    "ceiling": ("Share at the top", "最高分占比"),
    "ceiling_low": ("Top share from", "最高分占比下限"),
    "ceiling_high": ("Top share to", "最高分占比上限"),
    "floor_low": ("Bottom share from", "最低分占比下限"),
    "floor_high": ("Bottom share to", "最低分占比上限"),
    "departure": ("Away from the guideline", "偏离指导分布"),
    "moved": ("Would have to move", "需调整比例"),
    "categories": ("Points of the scale", "量表分值数"),
    "categories_used": ("Points used", "使用的分值数"),
    "entropy": ("Entropy (1 = all alike)", "熵（1 = 均匀使用）"),
    "sd_ratio": ("SD ratio", "标准差之比"),
    "sd_q": ("q of the SD ratio", "标准差之比 q"),
    "distance": ("From the midpoint (SD)", "距中点（标准差）"),
    "middle_share": ("Share of the middle", "中间分值占比"),
    "middle_expected": ("Share expected", "预期占比"),
    "middle_p": ("p of the middle", "中间分值 p"),
    "middle_q": ("q of the middle", "中间分值 q"),
    "df1": ("df 1", "自由度 1"),
    "df2": ("df 2", "自由度 2"),
}

TABLES: dict[str, tuple[str, str]] = {
    **terms_of_ratings.TABLES,
    **terms_of_profiles.TABLES,
    **terms_of_order.TABLES,
    "severity": ("Leniency and severity", "宽严"),
    "severity_global": ("Leniency and severity: all raters together", "宽严：全体评价人"),
    "severity_variance": ("Leniency and severity: variance", "宽严：方差"),
    "elevation": ("Where ratings stand on the scale", "评分在量表上的位置"),
    "range_restriction": ("Spread of ratings", "评分离散程度"),
    "range_restriction_global": ("Spread of ratings: all raters together", "评分离散程度：全体评价人"),
    "category_use": ("Use of the scale", "量表使用情况"),
    "central_tendency": ("Central tendency", "趋中倾向"),
    "power": ("What could have been found", "可检出的效应"),
    "halo": ("Halo", "晕轮效应"),
    "proximity": ("Proximity of dimensions", "维度邻近效应"),
    "logical_error": ("Dimensions alike in meaning", "逻辑误差"),
    "contrast": ("Contrast with the person before", "对比效应"),
    "serial_position": ("Position in the sitting", "顺序位置效应"),
    "drift": ("Drift over time", "随时间漂移"),
    "recency": ("Recency", "近因效应"),
    "similar_to_me": ("Similar to me", "相似性偏好"),
    "careless": ("Careless rating", "敷衍作答"),
    "patterns": ("Patterns", "模式"),
    "checks": ("What was checked", "检查一览"),
    "refused": ("What could not be asked", "无法检查的项目"),
}

VALUES: dict[str, tuple[str, str]] = {
    **terms_of_ratings.VALUES,
    **terms_of_profiles.VALUES,
    **terms_of_order.VALUES,
    "too few people shared with other raters to judge": (
        "too few people shared with other raters to judge",
        "与其他评价人共同评价的人数过少",
    ),
    "shares nobody with another rater": ("shares nobody with another rater", "与其他评价人没有共同评价的人员"),
    "raters differ by the same amount for everyone: no error to test against": (
        "raters differ by the same amount for everyone: no error to test against",
        "评价人之间对所有人相差同样多：没有误差可供检验",
    ),
    "no difference between the raters as a whole was found: single raters were not tested": (
        "no difference between the raters as a whole was found: single raters were not tested",
        "未发现评价人之间的整体差异：未逐一检验",
    ),
    "too few people to judge": ("too few people to judge", "人数过少，不作判断"),
    "no spread to test against": ("no spread to test against", "没有离散程度可供检验"),
    "the same rating for everyone: no interval": ("the same rating for everyone: no interval", "对所有人评分相同：没有区间"),
    "the same rating for everyone": ("the same rating for everyone", "对所有人评分相同"),
    "one person: no spread": ("one person: no spread", "只有一人：没有离散程度"),
    "the ends of the scale are not known": ("the ends of the scale are not known", "未知量表两端"),
    "shares too few people with other raters to be compared": (
        "shares too few people with other raters to be compared",
        "与其他评价人共同评价的人数过少，无法比较",
    ),
    "no guideline: a description, nothing is tested": (
        "no guideline: a description, nothing is tested",
        "没有指导分布：仅作描述，不作检验",
    ),
    "too few people to compare with the guideline": ("too few people to compare with the guideline", "人数过少，无法与指导分布比较"),
    "too few people shared with other raters for a slope": (
        "too few people shared with other raters for a slope",
        "共同评价的人数过少：没有斜率",
    ),
    "no other raters of the same people: no slope": ("no other raters of the same people: no slope", "同一批人员没有其他评价人：没有斜率"),
    "fewer than three raters: no slope": ("fewer than three raters: no slope", "评价人不足三位：没有斜率"),
    "raters do not agree on who is better: no slope": (
        "raters do not agree on who is better: no slope",
        "评价人对谁更好没有一致看法：没有斜率",
    ),
    "no categories: no middle share": ("no categories: no middle share", "没有分类分值：没有中间分值占比"),
    "no unit could be tested": ("no unit could be tested", "没有可检验的单位"),
    "equally severe, raters may differ in precision": ("equally severe, raters may differ in precision", "宽严相同，精确程度可不同"),
    "equally severe, equal precision": ("equally severe, equal precision", "宽严相同，精确程度相同"),
    "equal spread": ("equal spread", "离散程度相同"),
}
"""Words found in cells: (English, Chinese)."""

WORKINGS: dict[str, tuple[str, str]] = {
    **terms_of_profiles.WORKINGS,
    **terms_of_order.WORKINGS,
    "F test": ("F test", "F 检验"),
    "Brown–Forsythe, permuted among raters of the same person": (
        "Brown–Forsythe, permuted among raters of the same person",
        "Brown–Forsythe，在同一人的评价人之间置换",
    ),
    "Brown–Forsythe, permuted among all ratings": ("Brown–Forsythe, permuted among all ratings", "Brown–Forsythe，在全部评分之间置换"),
    "all sign patterns of whole persons": ("all sign patterns of whole persons", "按人翻转符号（全部情形）"),
    "SD ratio": ("SD ratio", "标准差之比"),
    "slope ratio": ("slope ratio", "斜率之比"),
    "share": ("share", "占比"),
    "share above expectation": ("share above expectation", "高于预期的占比"),
    "departure / SD": ("departure / SD", "偏离 / 标准差"),
    "g": ("g", "g"),
    "severity × rater": ("severity, by rater", "宽严，按评价人"),
    "severity × rater × dimension": ("severity, by rater and dimension", "宽严，按评价人与维度"),
    "range restriction × rater": ("spread, by rater", "离散程度，按评价人"),
    "discrimination × rater": ("discrimination, by rater", "区分程度，按评价人"),
    "middle category × rater": ("middle of the scale, by rater", "中间分值，按评价人"),
    "elevation × rater": ("ends of the scale, by rater", "量表两端，按评价人"),
    "guideline × rater": ("guideline, by rater", "指导分布，按评价人"),
}
"""Words found in the columns that say how something was worked out."""

NUMBERED: tuple[tuple[str, str], ...] = (
    (r"(\d+) sign patterns of whole persons", r"按人翻转符号（随机 \1 次）"),
    *terms_of_profiles.NUMBERED,
    *terms_of_order.NUMBERED,
)
"""Words with numbers in them: (pattern, Chinese)."""
