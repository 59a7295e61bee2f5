"""Texts of checks of rater networks: what they found, what else it could be, and what they cannot answer."""

from __future__ import annotations

_LOOK = "Look at the forms with someone who knows the work; nothing is proved by a number."
_LOOK_ZH = "请与了解工作的人一起查看表单；数字本身不能证明任何事。"
_PAIR = "Ask for the incidents behind both ratings, and let others rate these people too."
_PAIR_ZH = "请核对双方评分所依据的事件，并请其他人也评价这些人员。"

# one text a line
TEXTS: dict[str, tuple[str, str, str, str]] = {
    # refusals
    "E-NODYADS": ("no two pairs of people rate each other as the same source", "Give ratings among colleagues, with source and ids shared by raters and ratees.", "没有以同一来源互评的人员（至少需要两对）", "请提供同事之间的互评，评价人与被评人使用同一套编号，并注明来源。"),
    "E-NOGROUPS": ("no connected part of the network has {needed} people who rate each other", "Give ratings among larger groups of colleagues.", "网络中没有包含 {needed} 名互评人员的连通部分", "请提供更大同事群体之间的互评。"),
    "E-NOTCHOSEN": ("nothing says which raters the person rated chose and which somebody else chose", "Fill in nominated_by (ratee, manager, system) when raters are nominated.", "没有记录哪些评价人由被评人本人提名、哪些由他人指定", "请在提名评价人时填写 nominated_by（ratee、manager、system）。"),
    "E-NOUPWARD": ("no superior and subordinate rate each other", "Give ratings with the sources supervisor and subordinate.", "没有上级与下属的互评", "请提供来源为 supervisor 与 subordinate 的评分。"),
    "E-NOBEFORE": ("there is one cycle only: what came first cannot be told", "Give two or more cycles in the column cycle.", "只有一个周期：无法判断先后", "请在 cycle 列中提供两个或更多周期。"),
    "E-CYCLEORDER": ("the names of the cycles do not say which came first: {cycles}", "Pass cycles= from the earliest to the latest.", "周期名称看不出先后：{cycles}", "请用 cycles= 按从早到晚的顺序指定。"),
    "E-NOSTANDING": ("each subordinate was rated by the superior alone: strictness and the person's own weak year cannot be told apart", "Add other sources, or a second superior, in the earlier cycle.", "每名下属只有上级一人评分：无法区分上级偏严与本人当期表现较弱", "请在前一周期增加其他来源或第二位上级的评分。"),
    "E-FEWRATERSEACH": ("nobody has {needed} raters in a cycle", "Read the single forms; with fewer raters no form can be told from the others.", "没有人在一个周期内有 {needed} 位评价人", "请直接查看各表单；评价人更少时无法判断哪一份偏离。"),
    "E-NOFORMS": ("no rater has {forms} complete forms, and no two raters have {people} people in common", "Read the forms themselves.", "没有评价人有 {forms} 份完整的表单，也没有两位评价人共同评价过 {people} 人", "请直接查看表单。"),
    # reasons
    "S-FEWPAIRS": ("fewer than {needed} pairs: shown, not tested", "", "少于 {needed} 对：仅显示，不检验", ""),
    "S-NORELATION": ("nothing is left to compare once raters and people are taken out", "", "扣除评价人与被评人的效应后没有可比较的差异", ""),
    "S-FEWCHOSEN": ("fewer than {needed} forms of a kind, or {raters} raters: not tested", "", "某一类表单少于 {needed} 份，或评价人少于 {raters} 位：不检验", ""),
    "S-NOCOMPARE": ("no rater both was chosen and was assigned: raters and the way they came in cannot be told apart", "", "没有评价人既被提名又被指定：无法区分评价人本身与其产生方式", ""),
    "S-RATEDONE": ("the rater rated nobody else: the usual distance is not known", "", "该评价人没有评价其他人：其通常的偏离未知", ""),
    "S-ANYNUMBER": ("so few forms that no number of identical ones could be told from chance", "", "表单过少，多少份相同都无法与偶然区分", ""),
    # findings
    "F-RECIPROCAL": ("in the network {network}, people who rate each other return what they get (ρ = {value} over {n} pairs, what all say of each taken out)", "Let raters be assigned rather than exchanged, and weigh sources that are not rated in return.", "在 {network_zh} 的互评中，双方给对方的评分彼此呼应（ρ = {value}，{n} 对；已扣除众人对各自的看法）", "请由组织指定评价人而非互选，并参考不存在互评关系的来源。"),
    "F-RECIPROCAL-ELSE": ("people who work together closely know the same good or bad work of each other; liking may follow from it", "", "合作密切的人彼此了解对方同样好或同样差的工作；好感也可能由此而来", ""),
    "F-OPPOSED": ("in the network {network}, one of two people rates the other higher where the other rates lower (ρ = {value} over {n} pairs)", _LOOK, "在 {network_zh} 的互评中，一方评得越高，另一方评得越低（ρ = {value}，{n} 对）", _LOOK_ZH),
    "F-OPPOSED-ELSE": ("juniors may look up to seniors who see their gaps; roles in a pair may differ", "", "可能是资浅者仰望资深者，而资深者看到其不足；双方角色也可能不同", ""),
    "F-PAIR": ("{first} and {second} rate each other higher than all else explains (on average {value} points)", _PAIR, "{first} 与 {second} 互评明显高于其他信息所能解释的水平（平均 {value} 分）", _PAIR_ZH),
    "F-PAIR-ELSE": ("they may do work together that nobody else sees", "", "两人可能共同承担他人看不到的工作", ""),
    "F-CLIQUE": ("{members} rate each other {value} points higher than they rate, and are rated by, the others of {network} ({n} ratings), and higher than other sources rate them", _PAIR, "{members} 之间的互评比其与 {network_zh} 其他人之间的评分高 {value} 分（{n} 条评分），也高于其他来源对他们的评分", _PAIR_ZH),
    "F-CLIQUE-ELSE": ("they may share a shift or a project and see work that others do not; the group was searched for, so its size is overstated", "", "他们可能同班次或同项目，看到他人看不到的工作；该小组是搜索得到的，效应会被高估", ""),
    "F-CLIQUESIDE": ("{members} rate each other {value} points higher than they rate, and are rated by, the others of {network} ({n} ratings); whether they or the rest favour their own side these data cannot tell", _PAIR, "{members} 之间的互评比其与 {network_zh} 其他人之间的评分高 {value} 分（{n} 条评分）；这些数据无法判断是他们还是其余人员偏向自己一方", _PAIR_ZH),
    "F-CLIQUESIDE-ELSE": ("two shifts or projects may each see their own work best; the group was searched for, so its size is overstated", "", "可能是两个班次或项目各自更了解自己的工作；该小组是搜索得到的，效应会被高估", ""),
    "F-CHOSENHIGH": ("{source} raters whom the person chose rate {value} points higher than those chosen by somebody else ({chosen} of {n} forms; {basis})", "Let the manager approve nominations, and show how many raters each person chose.", "被评人自己提名的评价人（来源 {source_zh}）比他人指定的评价人评分高 {value} 分（{n} 份中的 {chosen} 份；{basis_zh}）", "请由主管审核提名，并注明每人自选评价人的数量。"),
    "F-CHOSENHIGH-ELSE": ("people choose those who know their work, and these may see more of what is good", "", "人们会选择了解自己工作的人，他们可能看到更多优点", ""),
    "F-CHOSENLOW": ("{source} raters whom the person chose rate {value} points lower than those chosen by somebody else ({chosen} of {n} forms; {basis})", _LOOK, "被评人自己提名的评价人（来源 {source_zh}）比他人指定的评价人评分低 {value} 分（{n} 份中的 {chosen} 份；{basis_zh}）", _LOOK_ZH),
    "F-CHOSENLOW-ELSE": ("people may choose critical raters to learn from them", "", "人们可能为求改进而选择要求严格的评价人", ""),
    "F-RETURNED": ("{step}: for each point a superior gave below what others say, the subordinate gives {value} points less one cycle later, and more for points above ({n} pairs, {superiors} superiors)", "Collect upward feedback before ratings are told, and in groups large enough to be confidential.", "{step}：上级每比他人评价低 1 分，下属在下一周期给上级的评分低 {value} 分，反之亦然（{n} 对，{superiors} 位上级）", "请在公布评分之前收集上行评价，并保证群体足够大、能够保密。"),
    "F-RETURNED-ELSE": ("the superior may have been right and the relation strained by the work itself; an event both remember does the same", "", "上级的评价可能正确，而关系因工作本身紧张；双方都记得的某一事件也会造成同样的结果", ""),
    "F-TURNED": ("{step}: for each point a superior gave below what others say, the subordinate gives {value} points more one cycle later ({n} pairs, {superiors} superiors)", _LOOK, "{step}：上级每比他人评价低 1 分，下属在下一周期给上级的评分高 {value} 分（{n} 对，{superiors} 位上级）", _LOOK_ZH),
    "F-TURNED-ELSE": ("people may fear for the next rating, or value a strict superior", "", "下属可能顾虑下一次评分，也可能认可严格的上级", ""),
    "F-FARBELOW": ("the form of {rater} about {ratee} lies {value} points below the mean of the {n} other forms", "Ask whether the form is about the right person and the scale was read the right way round; show results with and without it.", "{rater} 对 {ratee} 的评价比其余 {n} 份的均值低 {value} 分", "请确认评价对象无误、量表方向没有看反；并同时给出含与不含该份评价的结果。"),
    "F-FARBELOW-ELSE": ("this rater may have seen something the others did not, or meant somebody else", "", "该评价人可能看到了他人没有看到的情况，也可能评错了人", ""),
    "F-FARABOVE": ("the form of {rater} about {ratee} lies {value} points above the mean of the {n} other forms", "Ask whether the form is about the right person; show results with and without it.", "{rater} 对 {ratee} 的评价比其余 {n} 份的均值高 {value} 分", "请确认评价对象无误；并同时给出含与不含该份评价的结果。"),
    "F-FARABOVE-ELSE": ("this rater may have seen something the others did not, or meant somebody else", "", "该评价人可能看到了他人没有看到的情况，也可能评错了人", ""),
    "F-PASTED": ("{same} of {n} forms of {rater} have exactly the same uneven answers; {expected} would by chance", "Ask the rater to look at these forms again.", "{rater} 的 {n} 份表单中有 {same} 份答案完全相同（且各维度分数并不一致）；偶然预期为 {expected}", "请该评价人重新核对这些表单。"),
    "F-PASTED-ELSE": ("people in the same job may look alike from where this rater stands; a form may have been prefilled", "", "在该评价人看来，同岗位人员可能确实相似；表格也可能被预先填写", ""),
    "F-COPIED": ("{rater} and {other} gave exactly the same uneven answers about {same} of {n} people; {expected} would by chance", "Ask both to rate alone, and not to talk about people before they have.", "{rater} 与 {other} 对共同评价的 {n} 人中的 {same} 人给出了完全相同的答案（且各维度分数并不一致）；偶然预期为 {expected}", "请双方独立评分，评分前不要相互讨论。"),
    "F-COPIED-ELSE": ("they may have talked about these people and agreed, or one may have filled in forms for both", "", "双方可能讨论过这些人并达成一致，或由一人代填", ""),
}
