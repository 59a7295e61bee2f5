"""Texts of grades by quota, adverse impact and proposals to the committee."""

from __future__ import annotations

# one text a line
TEXTS: dict[str, tuple[str, str, str, str]] = {
    "E-RANGESUM": ("the ranges of shares sum to {low} at least and {high} at most, which leaves out 1", "Widen them: the lowest shares sum to at most 1, the highest to at least 1.", "各等级比例范围的下限之和为 {low}，上限之和为 {high}，不包含 1", "请放宽范围：下限之和不超过 1，上限之和不低于 1。"),
    "E-EMPTYRANGE": ("grade {name} of {n} people{curve} must have between {low} and {high}: no whole number lies there", "Widen the range, or grade more people together.", "{n} 人{curve_zh}中等级 {name} 的人数应在 {low} 与 {high} 之间：其间没有整数", "请放宽范围，或合并更多人员一起评级。"),
    "E-RANGEFIT": ("the ranges of the grades hold between {least} and {most} people, but there are {n}{curve}", "Widen the ranges, or grade more people together.", "各等级范围合计可容纳 {least} 至 {most} 人，但共有 {n} 人{curve_zh}", "请放宽范围，或合并更多人员一起评级。"),
    "E-RULENOBODY": ("the rule {rule} is about {who}, who is not among the people", "Give the id as in the scores.", "规则 {rule} 涉及 {who}，但此人不在人员之中", "请使用与分数表一致的编号。"),
    "E-RULECLASH": ("no grade is open to {who} under {rules}", "Drop one of these rules.", "按 {rules}，{who} 没有任何可用等级", "请去掉其中一条规则。"),
    "E-INFEASIBLE": ("{grades}: ≥{least} are needed but only {open} people are eligible after {rules}{curve}", "Change the quota or these rules, or say by priority which give way.", "{grades} 至少需要 {least} 人，但按 {rules} 只有 {open} 人可入{curve_zh}", "请调整名额或这些规则，或用 priority 说明由哪一方让步。"),
    "E-OVERFULL": ("{grades}: there are {most} seats but {held} people must be there after {rules}{curve}", "Change the quota or these rules, or say by priority which give way.", "{grades} 只有 {most} 个名额，但按 {rules} 有 {held} 人必须在此{curve_zh}", "请调整名额或这些规则，或用 priority 说明由哪一方让步。"),
    "E-NOUNIT": ("no unit is known of {n} people: {who}", "Give people with the column {name}, complete, or grade with scope='company'.", "有 {n} 人没有所属部门：{who}", "请提供完整的人员列 {name}，或使用 scope='company'。"),
    "E-PARENTS": ("the parent of unit {name} is not clear ({parents})", "Give each unit one parent unit that is not below it.", "部门 {name} 的上级不明确（{parents}）", "每个部门应有唯一的上级，且上级不在其下。"),
    "E-NOPEOPLECOLUMN": ("the setting {setting} needs the column {name} of people", "Give fit(..., people=...) with that column.", "设置 {setting} 需要人员表中的列 {name}", "请在 fit(..., people=...) 中提供该列。"),
    "E-TIEBREAK": ("the column {name} is no numbers or dates and cannot break ties", "Name a column of numbers or dates; names and the order of rows decide nothing.", "列 {name} 不是数字或日期，不能用于区分同分", "请使用数字或日期列；姓名与行序不决定任何事。"),
    "E-NOELIGIBLE": ("none of the {n} people is eligible", "Check not_eligible.", "{n} 人中没有一人符合评级条件", "请检查 not_eligible。"),
    "E-TILT": ("the performance of unit {name} is missing", "Give unit_performance for each unit, or no tilt.", "缺少部门 {name} 的绩效", "请为每个部门提供 unit_performance，或不使用 tilt。"),
    "S-NOTELIGIBLE": ("not graded on this curve: {reason}", "", "不参加本次按比例评级：{reason}", ""),
    "S-GUIDELINE": ("too few people for a curve: {grades} would be the grade by it, as a guideline", "", "人数过少，不强制按比例：按比例为 {grades}，仅供参考", ""),
    "I-NOTELIGIBLE": ("{n} people are not eligible and not counted: {who}", "", "{n} 人不符合评级条件，未计入人数：{who}", ""),
    "I-NOTLINKED": ("the scores of {groups} separate groups are not linked: one curve for all compares people nobody could compare", "Link the groups by shared raters, or use scope='unit'.", "{groups} 个互不相连的组的分数没有联系：共用一条曲线等于比较无法比较的人", "请通过共同评价人建立联系，或使用 scope='unit'。"),
    "W-UNITPOOLED": ("Unit {name} has {n} people: {percent} % is {part} person. Pooled with parent '{parent}' (n={total})", "", "部门 {name} 有 {n} 人：{percent}% 只有 {part} 人。已并入上级“{parent}”（n={total}）", ""),
    "W-UNITALONE": ("Unit {name} has {n} people: {percent} % is {part} person, and there is no parent to pool it with. The curve is a guideline there", "Give parents, or decide these grades without a curve.", "部门 {name} 有 {n} 人：{percent}% 只有 {part} 人，且没有可并入的上级。该处比例仅供参考", "请提供 parents，或不按比例决定这些等级。"),
    "W-UNITGUIDE": ("Unit {name} has {n} people: {percent} % is {part} person. The curve is a guideline there", "", "部门 {name} 有 {n} 人：{percent}% 只有 {part} 人。该处比例仅供参考", ""),
    "W-ROUNDINGTIE": ("which units get the seats left over is not decided by their scores alone: another table of seats is as good", "Let the committee decide, or tilt by unit performance.", "剩余名额归哪些部门仅凭分数无法决定：另有同样好的分配", "请由委员会决定，或按部门绩效倾斜。"),
    "W-IMPACTUNKNOWN": ("{n} of {total} graded people have no value and are in no group", "Complete the attributes, or say how many are missing when the figures are read.", "{total} 名已评等人员中有 {n} 名缺少该属性，未计入任何群体", "请补全属性，或在解读数字时说明缺失人数。"),
    "W-IMPACTUNGRADED": ("{n} people have no grade yet and are left out", "Look again when the committee has decided.", "{n} 名人员尚无等级，未计入", "请在委员会作出决定后再看。"),
    "W-IMPACTSMALL": ("{n} groups are too small to show, or would let a small one be worked out", "Pool years or units.", "{n} 个群体人数太少，或会使小群体的数字可被推算，故不显示", "请合并年度或单位。"),
    "W-RELAXED": ("{n} rules had to give way: {rules}", "Decide which of them may yield, or change the quotas, ranges or locks.", "有 {n} 条规则只能放宽：{rules}", "请决定哪些规则可以让步，或调整比例、范围或锁定。"),
    "W-NOTUNIQUE": ("another proposal is as good; it differs for {n} people: {who}", "Let the committee choose between them.", "还有一个同样好的方案，涉及 {n} 人：{who}", "请由委员会在两者之间选择。"),
    "W-NOTPROVED": ("time ran out: a proposal with fewer moves may exist", "Allow more seconds.", "时间用尽：可能存在调整更少的方案", "请增加 seconds。"),
}
