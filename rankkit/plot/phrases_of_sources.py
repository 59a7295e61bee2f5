"""The words around plots of feedback from several sources, in English and simplified Chinese."""

from __future__ import annotations

from rankkit.tables.source_words import SHOWN

PHRASES: dict[str, tuple[str, str]] = {
    "supervisor": ("supervisor", SHOWN["supervisor"]),
    "peer": ("peers", SHOWN["peer"]),
    "subordinate": ("subordinates", SHOWN["subordinate"]),
    "self": ("self", SHOWN["self"]),
    "customer": ("customers", SHOWN["customer"]),
    "expert": ("experts", SHOWN["expert"]),
    "system": ("system", SHOWN["system"]),
    "model": ("model", SHOWN["model"]),
    "colleagues": ("colleagues (small groups together)", "同仁（小组合并）"),
    # means of sources
    "source_dots": ("{who}: ratings by source", "{who}：各来源评分"),
    "source_dots_say": (
        "Dot: mean of a source. Line: {level} interval for other raters of that source. n: raters.",
        "点：来源均值。横线：换成该来源其他评价人时的 {level} 区间。n：评价人数。",
    ),
    "source_dots_released": (
        "Dot: middle of what may be shown of a source; line: from where to where it lies. Answers are confidential. n: raters.",
        "点：可公开范围的中点；横线：其所在范围。作答保密。n：评价人数。",
    ),
    "source_dots_assumed": ("Hollow: one rater, the interval rests on a declared reliability.", "空心：仅一位评价人，区间依据声明的信度。"),
    "source_dots_none": ("Nothing may be shown of this person.", "此人没有可公开的数值。"),
    "overall": ("All dimensions", "全部维度"),
    "mean_rating": ("Mean rating", "平均评分"),
    # self and others
    "self_other": ("How people rate themselves and how others rate them", "自评与他评"),
    "self_other_say": (
        "Band: differences that their own error can produce ({level}, reliability of self ratings taken as {r}).",
        "灰带：误差本身即可造成的差异（{level}，自评信度取 {r}）。",
    ),
    "self_other_r": ("Reliability of the difference: {r}.", "差异的信度：{r}。"),
    "self_other_n": (
        "{blind} rate themselves reliably higher, {hidden} reliably lower.",
        "可靠高估自己 {blind} 人，可靠低估 {hidden} 人。",
    ),
    "self_other_cut": ("Named: {n} of the largest.", "仅标出差异最大者中的 {n} 人。"),
    "rated_by_others": ("Rated by others", "他评"),
    "rated_by_self": ("Rated by oneself", "自评"),
    "blind spot": ("self reliably higher (blind spot)", "自评可靠偏高（盲区）"),
    "hidden strength": ("self reliably lower (hidden strength)", "自评可靠偏低（隐藏优势）"),
    "no_finding": ("within error", "在误差之内"),
    # surface
    "response_surface": ("{what} over self and others' ratings", "{what}：随自评与他评的变化"),
    "outcome": ("Outcome", "结果变量"),
    "surface_say": (
        "Colour: predicted outcome, where there are people (dots). Solid: self = others. Dashed: equally far from the midpoint, opposite.",
        "颜色：预测的结果，仅绘制有人的区域（点）。实线：自评 = 他评。虚线：两者与中点等距而方向相反。",
    ),
    "surface_tests": (
        "Along agreement: slope {a1}, curvature {a2}; along disagreement: slope {a3}, curvature {a4}.",
        "沿一致线：斜率 {a1}，曲率 {a2}；沿不一致线：斜率 {a3}，曲率 {a4}。",
    ),
    "surface_star": ("* p < .05.", "* p < .05。"),
    "surface_point": ("stationary point ({shape})", "驻点（{shape}）"),
    "top": ("top", "顶点"),
    "bottom": ("bottom", "谷点"),
    "saddle": ("saddle", "鞍点"),
    # variance
    "variance_shares": ("Where the variance of one rating comes from", "单个评分的方差从何而来"),
    "variance_shares_say": (
        "Bar: share in these data, with {level} interval from resampled people. Marks: published studies of managers.",
        "条形：本数据中的占比及 {level} 区间（对人员重抽样）。标记：已发表的管理者研究。",
    ),
    "variance_shares_open": ("Cannot be told apart here: {who}.", "此处无法区分：{who}。"),
    "share_of_variance": ("Share of variance", "方差占比"),
    "share rater": ("rater (severity, private view)", "评价人（宽严与个人看法）"),
    "share general + dimension": ("the person (overall and by dimension)", "本人（总体与各维度）"),
    "share source": ("the source's view", "来源的视角"),
    "share residual": ("the rest", "其余"),
    "these_data": ("these data", "本数据"),
}
