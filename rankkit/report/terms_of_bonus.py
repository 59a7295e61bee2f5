"""Names of the columns, totals and sentences of bonuses, in the languages of reports."""

from __future__ import annotations

from rankkit.errors import Lang

COLUMNS: dict[str, tuple[str, str]] = {
    "ratee": ("Id", "编号"),
    "label": ("Name", "姓名"),
    "grade": ("Grade", "等级"),
    "base": ("Base pay", "基数"),
    "coefficient": ("Coefficient", "系数"),
    "months": ("Months", "月数"),
    "share": ("Share of claims", "份额占比"),
    "amount": ("Bonus", "奖金"),
    "bound": ("Bound", "限额"),
    "capped": ("At the cap", "达到上限"),
    "floored": ("At the floor", "按下限"),
    "new_grade": ("Grade on appeal", "申诉后等级"),
    "top_up": ("Top-up", "补发"),
    "total": ("Total", "合计"),
    "reason": ("Why no share", "不参与原因"),
    "n": ("People", "人数"),
    "to": ("On appeal", "申诉后"),
    "mean": ("Mean top-up", "平均补发"),
    "largest": ("Largest top-up", "最大补发"),
    "item": ("Item", "项目"),
}
"""Column: (English, Chinese)."""

WORDS: dict[str, tuple[str, str]] = {
    "cap": ("cap", "上限"),
    "floor": ("floor", "下限"),
    "pool": ("Pool", "奖金池"),
    "paid": ("Paid from the pool", "已从奖金池分配"),
    "kept": ("Kept: cents equal claims could not share", "留存：无法均分的余数"),
    "surplus": ("Left by caps", "上限余额"),
    "reserve": ("Reserve for appeals", "申诉预备金"),
    "topped_up": ("Topped up after appeals", "申诉后补发"),
    "reserve_left": ("Reserve left", "预备金余额"),
    "hr": ("for HR: amounts are personal", "人力资源用：金额属个人信息"),
    "own": ("for {who} only", "仅供 {who} 本人"),
    "bonus": ("Bonus", "奖金分配"),
    "preview": ("Trial: the grades are not final", "试算：等级尚未最终确定"),
    "people": ("People", "人数"),
    "excluded": ("Without a share", "不参与"),
    "rate": ("Rate", "分配率"),
    "rate_say": (
        "{rate} for each {currency} of base pay · coefficient · months / 12 (rounded here; exact in the file)",
        "每 1 {currency} 的“基数 × 系数 × 月数 / 12”分得 {rate}（此处为四舍五入；文件中为精确值）",
    ),
    "lead": (
        (
            "The pool is divided in proportion to base pay · coefficient of the grade · months / 12, to the cent. "
            "A successful appeal is paid from the reserve at the same rate: nobody else's amount changes."
        ),
        "奖金池按“基数 × 等级系数 × 月数 / 12”的比例分配，精确到分。申诉成功者按相同分配率从预备金补发：他人的金额不变。",
    ),
    "own_lead": (
        (
            "Your bonus is the rate below, times your base pay, the coefficient of your grade and your months / 12, to the cent. "
            "You may ask for an explanation and appeal against the grade; an appeal makes nobody worse off."
        ),
        "您的奖金 = 下列分配率 × 基数 × 等级系数 × 月数 / 12，精确到分。您有权要求说明并对等级提出申诉；申诉不会使任何人的待遇变差。",
    ),
    "everybody": ("Amounts", "金额"),
    "totals": ("Totals", "合计"),
    "by_grade": ("By grade", "按等级"),
    "know": ("What to know first", "首先须知"),
    "settings": ("Settings", "设置"),
    "advice": (
        (
            "Reserve for appeals: {n} people could be due more; {expected} is expected{range}, and {needed} is enough with {level}. "
            "The {reserve} set aside are enough with {enough}; all of them upheld would take {most}."
        ),
        (
            "申诉预备金：{n} 人可能补发；期望 {expected}{range}，{needed} 以 {level} 的概率足够。"
            "现有 {reserve} 足够的概率为 {enough}；全部申诉成功则需 {most}。"
        ),
    ),
    "advice_range": (" ({low} to {high}, for the rates are counted, not known)", "（因比率由计数估计，范围 {low} 至 {high}）"),
    "source": ("Grades from", "等级来源"),
    "yes": ("yes", "是"),
}  # fmt: skip
"""Word or sentence: (English, Chinese)."""


def column(name: str, lang: Lang) -> str:
    """Name a column.

    >>> column("amount", "zh")
    '奖金'
    """
    return COLUMNS[name][lang == "zh"] if name in COLUMNS else name


def word(name: str, lang: Lang, **details: object) -> str:
    """Say a word or sentence.

    >>> word("pool", "en")
    'Pool'
    """
    return WORDS[name][lang == "zh"].format(**details)
