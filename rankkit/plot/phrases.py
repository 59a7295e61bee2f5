"""The words around the axes, in English and simplified Chinese."""

from __future__ import annotations

from typing import Any

from rankkit.errors import Lang
from rankkit.plot import (
    phrases_of_bars,
    phrases_of_distribution,
    phrases_of_impact,
    phrases_of_networks,
    phrases_of_pairs,
    phrases_of_rankings,
    phrases_of_ratings,
    phrases_of_sessions,
    phrases_of_sources,
    phrases_of_words,
)

_PHRASES: dict[str, tuple[str, str]] = {
    # scores
    "score": ("Score", "分数"),
    "score_in": ("Score ({unit})", "分数（{unit}）"),
    "scale points": ("scale points", "量表分"),
    "logit": ("logits", "logit 单位"),
    "T": ("T scores", "T 分"),
    "POMP": ("percent of maximum possible", "满分百分比"),
    "points": ("points", "得分"),
    "z": ("z scores", "标准分"),
    "percentile": ("percentile", "百分位"),
    "forest": ("Scores and ranks", "分数与名次"),
    "forest_of": ("Scores and ranks: {dimension}", "分数与名次：{dimension}"),
    "forest_intervals": (
        "Line: {level} interval. Brackets: ranks left open with {level} confidence, all people together.",
        "横线：分数的 {level} 区间。方括号：在 {level} 置信度下（所有人同时）可能的名次。",
    ),
    "forest_plain": (
        "No standard error can be estimated from these data: differences may be chance.",
        "这些数据无法估计标准误：差异可能出于偶然。",
    ),
    "forest_cut": (
        "{n} people: the first and last {ends} by name, {middle} between them drawn without names.",
        "共 {n} 人：最前与最后各 {ends} 人列名，其间 {middle} 人不列名。",
    ),
    "forest_stride": ("Of those, every {stride}th is drawn.", "其间每 {stride} 人画一人。"),
    "rank": ("Rank", "名次"),
    "rank_set": ("Rank [{level}]", "名次 [{level}]"),
    "not_named": ("{n} people,\nranks {low}–{high}", "{n} 人，\n名次 {low}–{high}"),
    "no_score": ("no score: {reason}", "无分数：{reason}"),
    "more_unscored": ("and {n} more without a score", "另有 {n} 人无分数"),
    "scored": ("score", "分数"),
    "provisional": ("provisional score", "暂定分数"),
    # statuses
    "insufficient_data": ("too little data", "数据不足"),
    "not_identified": ("not identified by the design", "设计无法识别"),
    "not_scored": ("not scored", "不计分"),
    "suppressed": ("suppressed", "已隐去"),
    "withdrawn": ("withdrawn", "已撤回"),
    # raters
    "raters": ("Ratings given by each rater", "各评价人给出的分数"),
    "raters_say": (
        "Dot: one rating. Box: middle half. Diamond: mean. A rater's mean mixes strictness with the people rated.",
        "点：一次评分。方框：中间一半。菱形：均值。评价人均值既含宽严，也含被评人的差别。",
    ),
    "raters_cut": (
        "{n} raters: the {ends} lowest and {ends} highest means.",
        "共 {n} 位评价人：显示均值最低与最高的各 {ends} 位。",
    ),
    "raters_thinned": (
        "Of more than {most} ratings by one rater, {most} evenly spread ones are dots.",
        "一位评价人的评分超过 {most} 次时，只画均匀选取的 {most} 个点。",
    ),
    "rating": ("Rating", "评分"),
    "one_rating": ("rating", "评分"),
    "rater_mean": ("mean of the rater", "该评价人均值"),
    "grand_mean": ("mean of all ratings ({mean:.2f})", "全部评分的均值（{mean:.2f}）"),
    "n": ("n", "次数"),
    "mean": ("mean", "均值"),
    # bump
    "bump": ("Ranks under {n} methods", "{n} 种方法下的名次"),
    "bump_say": (
        "The same {n} people under each method.",
        "各方法下同样的 {n} 人。",
    ),
    "bump_same": ("Nobody changes rank.", "无人名次变动。"),
    "bump_loud": ("Coloured: the largest shifts.", "彩色：变动最大者。"),
    "bump_bars": ("Pale bars: their {level} rank sets.", "浅色条：其 {level} 名次集。"),
    "bump_names": ("Too many to name all.", "人数较多，只列部分姓名。"),
    # before and after
    "before_after": ("Ranks before and after adjustment", "调整前后的名次"),
    "before_after_say": (
        "{changed} of {n} people change rank. Beside each name: the score.",
        "{n} 人中有 {changed} 人名次变化。姓名旁为分数。",
    ),
    "before": ("raw", "原始"),
    "after": ("adjusted", "调整后"),
    "up": ("better rank after adjustment", "调整后名次上升"),
    "down": ("worse rank after adjustment", "调整后名次下降"),
    "same": ("same rank", "名次不变"),
    # boundary
    "boundary": ("Grades and the people near a cut", "等级与分界线附近的人"),
    "boundary_say": (
        "Line: {level} interval of the score. Orange: within noise of the next grade.",
        "横线：分数的 {level} 区间。橙色：与相邻等级的差别在误差之内。",
    ),
    "boundary_plain": (
        "No standard error can be estimated: how sure a grade is cannot be told.",
        "无法估计标准误：不能判断等级有多可靠。",
    ),
    "boundary_bars": ("Right: probability of each grade.", "右侧：落入各等级的概率。"),
    "boundary_cut": ("{shown} of {n} people shown: those nearest to a cut.", "共 {n} 人，显示最接近分界线的 {shown} 人。"),
    "near": ("near a cut", "接近分界线"),
    "clear": ("clear of the cuts", "远离分界线"),
    "awaiting": ("awaiting a decision", "待定"),
    "probability": ("Probability of each grade", "落入各等级的概率"),
    # design
    "design_ratings": ("Who rated whom", "谁评了谁"),
    "design_comparisons": ("Who was compared with whom", "谁与谁比较过"),
    "design_say": ("{raters} raters, {people} people, {links} links: {kind}.", "{raters} 位评价人，{people} 人，{links} 条联系：{kind}。"),
    "design_pairs": ("{people} people, {links} pairs: {kind}.", "{people} 人，{links} 对：{kind}。"),
    "design_groups": ("{n} separate groups, one colour each: no comparison between them.", "{n} 个互不相连的组，各用一色：组间不可比较。"),
    "design_ringed": ("Ringed: a person whose loss would split the design.", "带圈者：去掉此人，设计就会断开。"),
    "design_map": ("Darker: more judgements.", "颜色越深，评判越多。"),
    "design_binned": ("Each cell sums {rows} × {columns}.", "每格为 {rows} × {columns} 的合计。"),
    "rater": ("Raters", "评价人"),
    "ratee": ("People", "被评人"),
    "group": ("group {k} ({n})", "第 {k} 组（{n} 人）"),
    "other_groups": ("other groups", "其余各组"),
    "ring": ("holds the design together", "维系设计的人"),
    "crossed": ("everyone rated by everyone", "完全交叉"),
    "partially_crossed": ("connected, partly crossed", "部分交叉，相连"),
    "disconnected": ("not connected", "不相连"),
    "nested": ("one rater per person", "每人只有一位评价人"),
    "one_rater": ("one rater", "只有一位评价人"),
    "averaged": ("raters unknown", "评价人未知"),
    "complete": ("every pair compared", "每一对都比较过"),
    "connected": ("connected", "相连"),
    **phrases_of_bars.PHRASES,
    **phrases_of_distribution.PHRASES,
    **phrases_of_impact.PHRASES,
    **phrases_of_networks.PHRASES,
    **phrases_of_pairs.PHRASES,
    **phrases_of_rankings.PHRASES,
    **phrases_of_ratings.PHRASES,
    **phrases_of_sessions.PHRASES,
    **phrases_of_words.PHRASES,
    **phrases_of_sources.PHRASES,
    "titled": ("{title}: {dimension}", "{title}：{dimension}"),
}


def say(key: str, lang: Lang, **details: Any) -> str:
    """Return a phrase with its placeholders filled.

    >>> say("rank_set", "zh", level="95%")
    '名次 [95%]'
    """
    english, chinese = _PHRASES[key]
    template = chinese if lang == "zh" else english
    return template.format(**details) if details else template


def sentences(lang: Lang, *parts: str) -> str:
    """Join sentences as the language does, leaving out empty ones."""
    return ("" if lang == "zh" else " ").join(p for p in parts if p)


def percent(level: float) -> str:
    """Write a level as a percentage: 0.95 as ``95%``."""
    return f"{100 * level:g}%"


def score_axis(unit: str, lang: Lang) -> str:
    """Label an axis of scores with its unit, if it has one."""
    return say("score_in", lang, unit=say(unit, lang)) if unit in _PHRASES else say("score", lang)


def unit_name(unit: str, lang: Lang) -> str:
    """Name a unit, where it has a name.

    >>> unit_name("logit", "en")
    'logits'
    """
    return say(unit, lang) if unit in _PHRASES else unit
