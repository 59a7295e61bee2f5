"""The words around plots of incidents, evidence and texts, in English and simplified Chinese."""

from __future__ import annotations

PHRASES: dict[str, tuple[str, str]] = {
    "incident_timeline": ("What was recorded of whom, and when", "对每个人记录了什么、何时发生"),
    "incident_timeline_say": (
        "Up: good, down: bad; height by valence. Grey thread: the days until it was written down.",
        "向上为正面，向下为负面，高度为效价。灰线：到记录为止的天数。",
    ),
    "incident_timeline_cut": ("{shown} of {n} people: those with most incidents.", "共 {n} 人，显示事件最多的 {shown} 人。"),
    "incident_nothing": ("no incident", "无事件"),
    "lag_histogram": ("How long after the event was it written down?", "事发多久之后才记录？"),
    "lag_histogram_say": ("Median {median} days; {share} later than {days} days. Beyond 90 days in the last bar.",
    "中位数 {median} 天；{share} 超过 {days} 天。90 天以上并入最后一格。"),
    "lag_axis": ("Days from the event to the record", "从事发到记录的天数"),
    "lag_count": ("Incidents", "事件数"),
    "logger_map": ("Incidents a month, by author and person", "各记录人对各人的月均事件数"),
    "logger_map_say": (
        "Per month of full observation. People in order of all authors' rate, authors of their own. Blank: not observed.",
        "按完整观察月计。人员按总频率、记录人按自身频率排列。空白：未观察。",
    ),
    "logger_map_caution": ("A dark column is a diligent author, not a good team.", "深色的一列说明记录人勤勉，而非团队更好。"),
    "evidence_map": ("Which marks at the ends have incidents behind them?", "量表两端的评分有事件支持吗？"),
    "evidence_map_say": ("Number: supported of all marks at the ends. Colour: the state that needs most attention.",
    "数字：有支持的 / 两端评分总数。颜色：最需关注的状态。"),
    "evidence_map_cut": ("{shown} of {n} people: those with most marks without support.", "共 {n} 人，显示缺乏支持最多的 {shown} 人。"),
    "supported": ("supported", "有支持"),
    "unsupported": ("unsupported", "无支持"),
    "contradicted": ("contradicted", "相矛盾"),
    "text_length": ("Do longer texts get better scores?", "文本越长得分越高吗？"),
    "text_length_say": (
        "{slope} logits for twice the length, {level} interval {low} to {high}.",
        "长度加倍对应 {slope} logit，{level} 区间 {low} 至 {high}。",
    ),
    "text_length_none": ("No line can be fitted.", "无法拟合直线。"),
    "text_length_axis": ("Length (words or Chinese characters, log scale)", "长度（单词或汉字数，对数轴）"),
    "text_worth": ("Worth of the text (logits)", "文本分值（logit）"),
    "code_confusion": ("What one coder called it, and another", "同一片段，不同编码者的归类"),
    "code_confusion_say": ("Share of the row's codings; diagonal: agreement. Numbers: pairs of codings.",
    "占该行编码的比例；对角线为一致。数字：编码对数。"),
    "code_confusion_axis": ("the other coder", "另一位编码者"),
    "word_contrast": ("Words used more of one group than of the other", "两组文本的用词差异"),
    "word_contrast_say": (
        "Log-odds with an informative prior; line: {level} interval. Orange: q < .05.",
        "采用信息先验的对数优势；横线：{level} 区间。橙色：q < .05。",
    ),
    "word_contrast_axis": ("more of {second}  ←  log-odds  →  more of {first}", "{second}更多  ←  对数优势  →  {first}更多"),
}  # fmt: skip
