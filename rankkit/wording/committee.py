"""Texts of adverse impact and of proposals to the committee."""

from __future__ import annotations

# one text a line
TEXTS: dict[str, tuple[str, str, str, str]] = {
    "W-IMPACTUNKNOWN": ("{n} of {total} graded people have no value and are in no group", "Complete the attributes, or say how many are missing when the figures are read.", "{total} 名已评等人员中有 {n} 名缺少该属性，未计入任何群体", "请补全属性，或在解读数字时说明缺失人数。"),
    "W-IMPACTUNGRADED": ("{n} people have no grade yet and are left out", "Look again when the committee has decided.", "{n} 名人员尚无等级，未计入", "请在委员会作出决定后再看。"),
    "W-IMPACTSMALL": ("{n} groups are too small to show, or would let a small one be worked out", "Pool years or units.", "{n} 个群体人数太少，或会使小群体的数字可被推算，故不显示", "请合并年度或单位。"),
    "W-RELAXED": ("{n} rules had to give way: {rules}", "Decide which of them may yield, or change the quotas, ranges or locks.", "有 {n} 条规则只能放宽：{rules}", "请决定哪些规则可以让步，或调整比例、范围或锁定。"),
    "W-NOTUNIQUE": ("another proposal is as good; it differs for {n} people: {who}", "Let the committee choose between them.", "还有一个同样好的方案，涉及 {n} 人：{who}", "请由委员会在两者之间选择。"),
    "W-NOTPROVED": ("time ran out: a proposal with fewer moves may exist", "Allow more seconds.", "时间用尽：可能存在调整更少的方案", "请增加 seconds。"),
}
