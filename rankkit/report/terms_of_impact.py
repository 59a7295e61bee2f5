"""Names of the columns, tables and words of adverse impact, in the languages of reports."""

from __future__ import annotations

COLUMNS: dict[str, tuple[str, str]] = {
    "attribute": ("Attribute", "属性"),
    "outcome": ("Outcome", "结果"),
    "end": ("It is", "性质"),
    "against": ("Compared with", "对照方式"),
    "group": ("Group", "群体"),
    "reference": ("Against", "对照"),
    "considered": ("People", "人数"),
    "selected": ("With the outcome", "出现该结果"),
    "rate": ("Rate", "比率"),
    "n": ("People", "人数"),
    "n_reference": ("People compared with", "对照人数"),
    "people": ("People (group / against)", "人数（群体／对照）"),
    "ratio": ("Ratio faring well", "有利比率之比"),
    "adverse_ratio": ("Ratio faring badly", "不利比率之比"),
    "odds_ratio": ("Odds ratio", "优势比"),
    "difference": ("Difference of rates", "比率之差"),
    "interval": ("Interval", "区间"),
    "h": ("Cohen's h", "Cohen h"),
    "z": ("Standard deviations", "标准差数"),
    "z_p": ("p of these", "其 p 值"),
    "fisher": ("Fisher's exact p", "Fisher 精确 p"),
    "mid_p": ("mid-p", "mid-p"),
    "q": ("q (Holm)", "q（Holm）"),
    "swapped": ("Ratio, one person exchanged", "互换一人后的比值"),
    "swapped_back": ("Ratio, exchanged the other way", "反向互换一人后的比值"),
    "adverse_swapped": ("Ratio faring badly, one person exchanged", "互换一人后的不利比值"),
    "adverse_swapped_back": ("Ratio faring badly, the other way", "反向互换一人后的不利比值"),
    "one_person_reverses": ("One person turns it round", "变动一人使方向反转"),
    "one_person_crosses": ("One person crosses the threshold", "变动一人越过界线"),
    "one_person": ("One person would", "变动一人会"),
    "detectable": ("Largest ratio detectable", "可检出的最大比值"),
    "text": ("In words", "说明"),
    "verdict": ("Verdict", "结论"),
    "exploratory": ("Exploratory", "探索性"),
    "strata": ("Strata that tell", "有信息的层数"),
    "pooled_ratio": ("Ratio, strata ignored", "不分层的比值"),
    "pooled_odds_ratio": ("Odds ratio, strata ignored", "不分层的优势比"),
    "chi2": ("χ² (CMH)", "χ²（CMH）"),
    "p": ("p", "p"),
    "exact_p": ("Exact p", "精确 p"),
    "exact_mid_p": ("Exact mid-p", "精确 mid-p"),
    "conditional": ("Exact odds ratio", "精确优势比"),
    "homogeneity": ("Breslow–Day–Tarone", "Breslow–Day–Tarone"),
    "homogeneity_p": ("p of equal odds ratios", "各层优势比相等的 p"),
    "sparse": ("Sparse", "数据过少"),
    "told_by": ("Read", "应看"),
    "score_difference": ("Difference of mean scores", "平均分之差"),
    "g": ("Hedges' g", "Hedges g"),
    "adjusted": ("Beside covariates", "调整后之差"),
    "adjusted_p": ("p, adjusted", "调整后 p"),
    "n_adjusted": ("People, adjusted", "调整所用人数"),
    "errors": ("Standard errors", "标准误"),
    "reason": ("Remark", "备注"),
}
"""Column: (English, Chinese)."""

TABLES: dict[str, tuple[str, str]] = {
    "rates": ("Rates at both ends", "两端的比率"),
    "highest": ("Compared with the group that fares best", "与结果最好的群体比较"),
    "others": ("Compared with everybody else", "与其余所有人比较"),
    "tests": ("How sure, and how large", "可信程度与大小"),
    "strata": ("Compared within strata (Mantel–Haenszel)", "层内比较（Mantel–Haenszel）"),
    "scores": ("Gaps in scores", "分数差距"),
    "comparisons": ("Comparisons", "比较"),
}
"""Table: (English, Chinese)."""

WORDS: dict[str, tuple[str, str]] = {
    "favourable": ("favourable", "有利"),
    "adverse": ("unfavourable", "不利"),
    "all others shown": ("all others shown", "其余所示群体"),
    "highest": ("the group that fares best", "结果最好的群体"),
    "others": ("everybody else", "其余所有人"),
    "below": ("worse, hardly by chance", "较差，不大可能出于偶然"),
    "below_by_chance": ("worse, may be chance", "较差，可能出于偶然"),
    "above_but_significant": ("worse, hardly by chance", "较差，不大可能出于偶然"),
    "none": ("none detected", "未发现"),
    "exploratory": ("exploratory", "探索性"),
    "reverses": ("turn it round", "使方向反转"),
    "crosses": ("cross {threshold}", "越过 {threshold}"),
    "cmh": ("χ² test", "χ² 检验"),
    "exact": ("exact answer (sparse)", "精确结果（数据过少）"),
    "HC3": ("HC3", "HC3"),
    "clustered": ("clustered", "按组聚类"),
    "too few people to show": ("too few people to show", "人数过少，不显示"),
    "no stratum has both groups and both outcomes": ("no stratum has both groups and both outcomes", "没有同时含两个群体与两种结果的层"),
    "all scores of both groups are equal": ("all scores of both groups are equal", "两个群体的分数全部相同"),
    "the covariates tell the group": ("the covariates tell the group", "协变量已决定所属群体"),
    "too few clusters for their standard errors": ("too few clusters for their standard errors", "组数过少，无法估计标准误"),
    "True": ("yes", "是"),
    "False": ("no", "否"),
    "all": ("all", "全部"),
}
"""Word of a cell: (English, Chinese)."""

PHRASES: dict[str, tuple[str, str]] = {
    "title": ("How groups fare under the grades", "各群体的评级结果"),
    "report": ("Adverse impact", "不利影响"),
    "lead": (
        (
            "Groups are compared at both ends: who gets the good outcome, and who gets the bad one. A difference is a pattern to review; "
            "it says neither why it came about nor who caused it, and no score, quota or grade is changed by it."
        ),
        "在两端比较各群体：谁得到好的结果，谁得到差的结果。差异只是需要复核的模式，既不说明原因，也不指明责任，更不改变任何分数、名额或等级。",
    ),
    "attributes": ("Attributes", "属性"),
    "outcomes": ("Outcomes", "结果"),
    "law": ("Words of", "法律表述"),
    "dated": ("{title} (version {version}, written {date})", "{title}（版本 {version}，撰写于 {date}）"),
    "least": ("Smallest group shown", "显示的最小群体"),
    "level": ("Intervals", "区间"),
    "know": ("What to know first", "首先须知"),
    "forest": ("Ratios at both ends", "两端的比值"),
    "verdicts": ("In words", "文字结论"),
    "own": (
        "The comparison the chosen rules ask for: with {against}.",
        "所选规则要求的比较：与{against}比较。",
    ),
    "nothing": ("Nothing can be compared: fewer than two groups may be shown.", "没有可比较的内容：可显示的群体不足两个。"),
    "law_says": ("The law, in brief", "法律简述"),
    "sources": ("Sources: {sources}.", "来源：{sources}。"),
    "no_advice": ("Information, not legal advice.", "仅供参考，不构成法律意见。"),
    "reading": ("How to read this", "如何阅读"),
    "read_ratio": (
        (
            "A ratio faring well of 0.75 means: for every 100 people of the other group who fare well, 75 of this group do, of as many "
            "people. The ratio faring badly is the same for the bad outcome, where more than 1 is worse. Read both: 90 against 97 % kept "
            "out of the lowest grade is a ratio of 0.93, and 10 against 3 % in it a ratio of 3.3."
        ),
        (
            "有利比率之比为 0.75 表示：在人数相同的情况下，对照群体每有 100 人得到好结果，本群体有 75 人。不利比率之比同理，大于 1 为较差。"
            "两者都要看：未落入末等的比率为 90% 与 97% 时，比值为 0.93；而落入末等的比率为 10% 与 3%，比值为 3.3。"
        ),
    ),
    "read_chance": (
        (
            "q allows for the number of groups compared. Where one person more or fewer would turn the comparison round or carry it over "
            "the threshold, the numbers are too small to rest anything on."
        ),
        "q 已考虑比较的群体个数。若变动一人就会使方向反转或越过界线，说明人数太少，不足以作为依据。",
    ),
    "read_absent": (
        "Nothing detected is no proof of equality: see the largest ratio that could have been told from 1.",
        "未发现差异并不证明相等：请看能与 1 区分的最大比值。",
    ),
    "read_strata": (
        (
            "Within strata compares like with like (the same unit, level or year). It may turn round what the whole shows (Simpson's "
            "paradox); that does not make the whole go away: ask why groups are spread unevenly over the strata."
        ),
        "层内比较是在同一部门、职级或年度内比较。其结果可能与总体相反（辛普森悖论）；但总体差异依然存在：请追问群体为何在各层分布不均。",
    ),
    "read_scores": (
        "Gaps in scores use more of the data than counts of grades. Beside covariates they answer another question, not a better one.",
        "分数差距比等级人数利用了更多信息。按协变量调整回答的是另一个问题，而不是更好的问题。",
    ),
}
"""What the page says: (English, Chinese)."""
