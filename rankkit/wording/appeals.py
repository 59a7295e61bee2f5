"""Texts of appeals: what a step refuses, what a re-rating says, what to keep in mind."""

from __future__ import annotations

# one text a line
TEXTS: dict[str, tuple[str, str, str, str]] = {
    "E-CALENDARYEAR": ("{day} lies outside the years the calendar '{name}' covers ({years})", "Extend the calendar with the official notice of that year: WorkingCalendar.from_table, then extended().", "{day} 不在日历“{name}”所含年份（{years}）之内", "请按该年官方通知补充日历：先用 WorkingCalendar.from_table，再用 extended()。"),
    "E-APPEALCALENDAR": ("by this calendar the period to appeal of those delivered on {days} would get shorter", "A period that runs is never shortened: leave those days as they were.", "按此日历，{days} 送达者的申诉期会缩短", "正在进行的期限不得缩短：请保留这些日期的原有安排。"),
    "E-APPEALNAMELESS": ("the session was exported without names: nobody could appeal", "Give the session itself, or an export with personal data.", "该会话导出时不含姓名：无人可以申诉", "请使用会话文件本身，或含个人数据的导出文件。"),
    "E-CALENDARBOTH": ("{day} is both a day off and a day worked", "Keep one of the two.", "{day} 既是放假日又是上班日", "请只保留其一。"),
    "E-CALENDARKIND": ("'{value}' is neither a holiday nor a working day", "Write holiday or working (节假日, 调休上班).", "“{value}”既不是节假日也不是调休上班", "请填写“节假日”或“调休上班”。"),
    "E-CALENDARTWICE": ("the day {value} is there already", "List every day once.", "日期 {value} 重复", "每个日期只列一次。"),
    "E-APPEALNOBODY": ("{who} is neither graded nor acts in these appeals", "Give the id as in the grades or the list of staff; somebody new: enrol.", "{who} 既不在评等人员中，也不是申诉经办人员", "请使用等级表或经办名单中的编号；新增人员请用 enrol。"),
    "E-APPEALUNGRADED": ("{who} has no grade that could be appealed", "An appeal needs a grade; have the committee decide first.", "{who} 没有可申诉的等级", "申诉须针对已评定的等级；请先由委员会评定。"),
    "E-APPEALSTAFF": ("{who} does not act in appeals", "Only staff named at the creation or enrolled later may.", "{who} 不是申诉经办人员", "只有创建时列出或之后加入（enrol）的人员可以经办。"),
    "E-APPEALUNCLOSED": ("the session is in the phase {phase}: its grades are not decided yet", "Close the session first.", "会话处于 {phase} 阶段：等级尚未确定", "请先结束会话。"),
    "E-APPEALNUMBER": ("there is no appeal {n}; known are {known}", "Give the number submit returned.", "没有编号为 {n} 的申诉；现有 {known}", "请使用 submit 返回的编号。"),
    "E-APPEALSTEP": ("appeal {n} of {who} is at the stage {stage}; this belongs to {stages}", "Take the steps in their order.", "{who} 的申诉 {n} 处于 {stage_zh} 阶段；该步骤属于 {stages_zh}", "请按顺序办理。"),
    "E-APPEALDATE": ("{day} lies before the step that came before ({stage}, {since})", "Correct the day.", "{day} 早于前一步骤（{stage_zh}，{since}）", "请更正日期。"),
    "E-APPEALLATE": ("the appeal of {who} is too late: delivered {delivered}, the last day was {last} ({days} working days), it came on {day}, working day {counted}", "If there are grounds to take it all the same, give late_reason; the admission then decides.", "{who} 的申诉逾期：{delivered} 送达，期限 {days} 个工作日，最后一日为 {last}；提交于 {day}，为第 {counted} 个工作日", "如有正当理由，请填写 late_reason，由受理环节决定。"),
    "E-APPEALINTIME": ("appeal {n} came in time: on {day}, the last day is {last}", "Give another ground, or accept it.", "申诉 {n} 未逾期：提交于 {day}，最后一日为 {last}", "请选择其他理由，或予以受理。"),
    "E-APPEALNOEVIDENCE": ("the appeal of {who} names no evidence, which the scheme asks for", "Give evidence_ids: incident, result, document.", "{who} 的申诉没有列出证据，而制度要求提供", "请提供 evidence_ids：事件、结果或文件。"),
    "E-APPEALOTHER": ("{who} cannot act for {ratee}: an appeal is the appellant's own", "Let the appellant do it.", "{who} 不能代替 {ratee}：申诉须由本人提出", "请由本人办理。"),
    "E-APPEALTWICE": ("{who} has appealed against this grade already: appeal {n}, {stage}", "Add to that appeal; a grade is examined once.", "{who} 已就该等级提出申诉：编号 {n}，{stage_zh}", "请补充该申诉；同一等级只审查一次。"),
    "E-APPEALCONFLICT": ("{who} may not take this step ({step}) in the case of {ratee}: {why}", "Let somebody without a part in it act.", "{who} 不能在 {ratee} 的申诉中办理该步骤（{step_zh}）：{why_zh}", "请由无关联的人员办理。"),
    "E-APPEALPROOF": ("there is no proof of delivery", "Say how it is known: signed copy, receipt, reading confirmation.", "没有送达证明", "请说明依据：签收、回执或阅读确认。"),
    "E-APPEALEARLIER": ("{who} was delivered on {known}; {day} would end the period sooner", "A delivery on record is only moved to a later day.", "{who} 已于 {known} 送达；改为 {day} 会缩短期限", "已登记的送达日期只能改晚。"),
    "E-APPEALPACKEMPTY": ("the blind pack of appeal {n} would hold no evidence", "Give evidence_ids: what the original rating rested on.", "申诉 {n} 的盲评材料没有任何证据", "请提供 evidence_ids：原评价所依据的材料。"),
    "E-APPEALPACKLATE": ("somebody has rated appeal {n} by the pack there is", "All re-raters work from the same evidence.", "已有人依据现有材料复评申诉 {n}", "所有复评人须使用相同的证据。"),
    "E-APPEALNOPACK": ("no blind pack was made for appeal {n}", "Make it first (blind_pack): the log has to show that the re-rater got evidence only.", "申诉 {n} 尚未制作盲评材料", "请先制作（blind_pack）：记录须表明复评人只看到证据。"),
    "E-APPEALRERATED": ("{who} has rated appeal {n} already", "Let another re-rater rate.", "{who} 已复评申诉 {n}", "请由其他复评人评价。"),
    "E-APPEALSTRANGE": ("{ids} is not in the blind pack of appeal {n}", "Rate the same evidence; new evidence goes into a new pack before anybody rates.", "{ids} 不在申诉 {n} 的盲评材料中", "请依据相同证据评价；新证据须在复评前放入新的材料。"),
    "E-APPEALSE": ("the standard error of one rating by {who} is not known", "Give se, or rating_se in the policy, or ask for two re-raters.", "不知道 {who} 单次评价的标准误", "请提供 se，或在制度中设定 rating_se，或安排两位复评人。"),
    "E-APPEALUNHEARD": ("appeal {n} cannot be decided before these were heard: {roles}", "Record their statement, or that they would not make one (declined).", "以下方面尚未听取意见，申诉 {n} 不能作出决定：{roles_zh}", "请记录其陈述，或记录其放弃陈述（declined）。"),
    "E-APPEALGRADE": ("appeal {n} is to be adjusted, but to which grade", "Give grade.", "申诉 {n} 拟调整，但未写明等级", "请提供 grade。"),
    "E-APPEALWORSE": ("{grade} is worse than {current}: nobody loses by appealing, {who} keeps the grade", "Confirm the grade.", "{grade} 低于 {current}：申诉不得导致更差的结果，{who} 保留原等级", "请维持原等级。"),
    "E-APPEALDISPLACED": ("by appeal {n} these would go down: {who}; named were: {named}", "Name exactly those who go down, after looking at who_would_move.", "申诉 {n} 会使以下人员下调：{who}；所列为：{named}", "请先查看 who_would_move，再准确列出所有下调人员。"),
    "E-APPEALTIE": ("who would go down from {grade} cannot be said: {who} have the same score", "Decide with exception=True (nobody is displaced), or let the committee decide.", "无法确定 {grade} 中由谁下调：{who} 分数相同", "请使用 exception=True（不影响他人），或由委员会决定。"),
    "E-APPEALUNTOLD": ("appeal {n} moved {who} down, who were not told yet", "Deliver their new grade first: they may appeal too.", "申诉 {n} 使 {who} 下调，但尚未送达本人", "请先送达新等级：其本人也有权申诉。"),
    "E-APPEALOPEN": ("{who} has an open appeal ({n}): erasing now would leave it unanswered", "Finish it first, or let the appellant withdraw it.", "{who} 有未决申诉（{n}）：此时删除将使其无法得到答复", "请先办结，或由本人撤回。"),
    "E-APPEALUNDO": ("the last step of appeal {n} ({stage}) cannot be taken back", "Only an admission, rejection, decision or approval nobody was told of can; otherwise go on.", "申诉 {n} 的最后一步（{stage_zh}）不能撤销", "只能撤销尚未告知任何人的受理、不受理、决定或批准；否则请继续办理。"),
    "E-AFTERFEW": ("{n} appellants and {peers} peers can be compared; at least {least} of each are needed", "Wait for another cycle and look at both together: a mean of so few comes near to a person.", "可比较的申诉人 {n} 名、同事 {peers} 名；双方均至少需要 {least} 名", "请等待下一周期后合并查看：人数过少时平均值近乎个人数据。"),
    "W-APPEALSEEN": ("{who} took part in the session that graded {ratee} and may know the grade", "Ask somebody who was not there, or weigh the re-rating accordingly.", "{who} 参加过评定 {ratee} 的会话，可能知道其等级", "请由未参会者复评，或谨慎看待该复评。"),
    "W-APPEALSCALE": ("the re-rating {score} lies far from all original scores ({low} to {high})", "Check that it is on the same scale.", "复评分数 {score} 远离所有原分数（{low} 至 {high}）", "请确认使用同一量表。"),
    "W-APPEALTELLS": ("{n} pieces of evidence may give away who rated, who is rated or the grade: {ids}", "Have the names and grades in them covered before they are passed on.", "{n} 份证据可能透露评价人、被评人或等级：{ids}", "转交前请遮盖其中的姓名与等级。"),
    "W-APPEALUNSUPPORTED": ("the grade of {who} is to be adjusted, though the re-rating alone does not support it ({difference}, {low} to {high})", "The decision is human: say in the reasons what it rests on.", "{who} 的等级拟调整，但仅凭复评不足以支持（{difference}，{low} 至 {high}）", "决定由人作出：请在理由中说明依据。"),
    "W-APPEALSUPPORTED": ("the grade of {who} is to stand, though the re-rating supports a better one ({difference}, {low} to {high})", "The decision is human: say in the reasons what it rests on.", "{who} 的等级拟维持，但复评支持更好的等级（{difference}，{low} 至 {high}）", "决定由人作出：请在理由中说明依据。"),
    "W-APPEALTOLDAPART": ("{who} would go down, but cannot be told apart from {ratee} by their scores", "Consider an exception beyond the quota instead.", "{who} 将被下调，但其分数与 {ratee} 无法区分", "请考虑改为超名额例外。"),
    "W-APPEALNODEADLINE": ("the scheme sets no deadline for {steps}", "State them in the policy: without them nothing is ever overdue.", "制度未规定以下步骤的期限：{steps_zh}", "请在制度中写明：没有期限就无从判断逾期。"),
    "W-APPEALNOCOMMITTEE": ("the grades come from a quota no committee discussed", "A grade should be a decision of people: hold a calibration session.", "等级直接来自名额分配，未经委员会讨论", "等级应由人决定：请召开校准会议。"),
    "W-APPEALUNTOLD": ("{n} people were moved down by an appeal and not told yet: {who}", "Deliver their new grade: their period to appeal begins with it.", "有 {n} 人因他人申诉被下调且尚未送达：{who}", "请送达新等级：其申诉期自送达起算。"),
    "W-APPEALUNDELIVERED": ("no delivery of the grade is on record for {n} people: their period to appeal never begins and the grade never becomes final", "Deliver it, and record the proof.", "有 {n} 人没有等级送达记录：其申诉期未起算，等级不会生效", "请送达并登记证明。"),
    "W-APPEALSMALL": ("{n} groups have too few people to show ({least}), or would let a small one be worked out", "Pool cycles or groups.", "{n} 个群体人数不足 {least} 人，或会使小群体的数字可被推算，故不显示", "请合并周期或群体。"),
    "W-APPEALUNKNOWN": ("{n} graded people have no {basis} and are in no group", "Complete the table of people.", "{n} 名已评等人员没有 {basis_zh}，未计入任何群体", "请补全人员表。"),
    "I-APPEALEXCEPTION": ("seats beyond the quota after appeals: {grades}", "", "申诉后超出名额：{grades}", ""),
    "I-APPEALBEYOND": ("{grade} is full: the seat is an exception beyond the quota, and nobody else's grade changes", "", "{grade} 名额已满：该席位为超名额例外，他人等级不变", ""),
    "I-APPEALNOWORSE": ("the blind re-rating of {who} is lower ({difference}); the grade {grade} stands: nobody loses by appealing", "", "{who} 的盲评较低（{difference}）；等级 {grade} 不变：申诉不得导致更差的结果", ""),
    "I-AFTERCAVEAT": ("earlier scores carry error, and who appeals is not drawn by lot: people who were underrated appeal more, which lifts their later scores and can hide a gap", "", "原分数含有误差，且申诉并非随机：被低估者更可能申诉，其后续分数会回升，可能掩盖差距", ""),
    "F-AFTERAPPEAL": ("people who appealed were rated lower afterwards than peers with equal earlier scores ({gap}): a pattern to review", "Look at the ratings with those who gave them; nobody is accused.", "与原分数相同的同事相比，申诉人后续评分较低（{gap}）：值得复核的模式", "请与评价人一起复核相关评价；这不是对任何人的指责。"),
    "F-AFTERAPPEAL-ELSE": ("it could also be strain after a hard cycle, a change of tasks, or chance", "", "也可能是艰难周期后的压力、任务变动或偶然", ""),
    "F-OVERTURN": ("appeals succeed more often than elsewhere in {groups}: a pattern to review", "Offer training on evidence and standards there; it is no blame.", "{groups} 的申诉成功率高于其他：值得复核的模式", "请提供证据与标准方面的培训；这不是追责。"),
    "F-OVERTURN-ELSE": ("it could also be that people there appeal only when they are sure, a change of standards within the cycle, or chance", "", "也可能是该处人员只在有把握时才申诉、周期内标准变动或偶然", ""),
}

PHRASES: dict[str, tuple[str, str]] = {
    "rerated": (
        "The blind re-rating is {score}, the original score {original}: a difference of {signed} with standard error {sed} ({level} % interval {low} to {high}).",
        "盲评为 {score}，原分数为 {original}：差值 {signed}，差值标准误 {sed}（{level}% 区间 {low} 至 {high}）。",
    ),
    "support_yes": (
        "It reaches the grade {better}, and the difference is larger than the two errors explain: the re-rating supports a better grade.",
        "盲评达到等级 {better}，且差值大于两次误差所能解释的范围：盲评支持更好的等级。",
    ),
    "support_yes_by_score": (
        "Both scores reach the grade {better}: the re-rating supports it, and the question is why the grade was lower than the score.",
        "两次分数均达到等级 {better}：盲评支持该等级，问题在于等级为何低于分数。",
    ),
    "support_no": (
        "Even the upper end of the interval stays below the gain of {needed} from which the grade {better} begins: the re-rating does not support it.",
        "即使区间上限也低于达到等级 {better} 所需的 {needed}：盲评不支持更好的等级。",
    ),
    "support_no_by_score": (
        "The re-rating lies reliably below the grade {better}, though the original score reaches it: the re-rating does not support it.",
        "原分数达到等级 {better}，但盲评可靠地低于该等级：盲评不支持更好的等级。",
    ),
    "support_undecided": (
        "The two ratings cannot settle whether the grade {better} is reached (a gain of {needed} would be needed): people have to decide on the evidence.",
        "两次评价不足以判断是否达到等级 {better}（需提高 {needed}）：须由人依据证据决定。",
    ),
    "support_undecided_by_score": (
        "The original score reaches the grade {better} and the re-rating does not settle it: people have to decide on the evidence.",
        "原分数达到等级 {better}，而盲评不足以确定：须由人依据证据决定。",
    ),
    "support_top": ("There is no grade above {grade}.", "没有高于 {grade} 的等级。"),
    "support_unknown": (
        "There is no common cut or no standard error: the numbers say nothing of the grade, and people have to decide on the evidence.",
        "没有统一分界或缺少标准误：数字无法说明等级，须由人依据证据决定。",
    ),
    "no_worse": ("The re-rating is lower; the grade {grade} stands all the same: nobody loses by appealing.", "盲评较低；等级 {grade} 仍然不变：申诉不得导致更差的结果。"),
    "regression": (
        "A rise of {expected} is expected of any second rating of a score this low, by regression to the mean alone.",
        "如此低的分数，仅因向均值回归，任何第二次评价预期也会提高 {expected}。",
    ),
    "pack": (
        (
            "Appeal {n}: please rate the work by these {pieces} pieces of evidence alone, on the form and scale of the cycle. You are told neither "
            "the score nor the grade nor who rated before. If you know any of them, or the person closely, return the pack and say so."
        ),
        "申诉 {n}：请仅依据这 {pieces} 份证据，按本周期的表格与量表评价。材料不含原分数、等级及原评价人。如您已知其中任何一项，或与当事人关系密切，请退回材料并说明。",
    ),
    "after": (
        "Next cycle, {n} people who appealed beside {peers} peers of equal earlier score and unit: {gap} ({level} % interval {low} to {high}; p = {p} by permutation within units).",
        "下一周期：{n} 名申诉人与 {peers} 名同部门、原分数相同的同事相比：{gap}（{level}% 区间 {low} 至 {high}；部门内置换检验 p = {p}）。",
    ),
    "after_lower": ("They were rated lower: a pattern to review, with those who gave the ratings; nobody is accused.", "其评分较低：这是值得与评价人一起复核的模式，不是对任何人的指责。"),
    "after_higher": ("They were rated higher.", "其评分较高。"),
    "after_open": ("No difference is shown; with so few people a real one could be missed.", "未见差异；人数较少时，真实差异可能未被发现。"),
    "after_caveat": (
        "Had the earlier scores no error, the gap would be {corrected}. Who appeals is not drawn by lot: people who were underrated appeal more, which can hide a gap.",
        "若原分数没有误差，差值为 {corrected}。申诉并非随机：被低估者更可能申诉，这可能掩盖差距。",
    ),
}
"""What is said of a re-rating and of the next cycle: (English, Chinese)."""


def phrase(key: str, lang: str, **details: object) -> str:
    """Return a phrase in a language.

    >>> phrase("support_top", "en", grade="A")
    'There is no grade above A.'
    """
    return PHRASES[key][lang == "zh"].format(**details)


WORDS: dict[str, tuple[str, str]] = {
    "submitted": ("submitted", "已提交"),
    "accepted": ("accepted for examination", "已受理"),
    "rejected": ("not accepted for examination", "不予受理"),
    "investigating": ("being investigated", "调查中"),
    "re_evaluated": ("re-rated blind", "已盲评"),
    "decided": ("decided, awaits approval", "已决定，待批准"),
    "approved": ("approved, to be notified", "已批准，待通知"),
    "notified": ("notified", "已通知"),
    "closed": ("closed", "已结案"),
    "withdrawn": ("withdrawn", "已撤回"),
    "confirmed": ("the grade stands", "维持原等级"),
    "adjusted": ("the grade is changed", "调整等级"),
    "process_defect": ("the procedure was at fault", "程序有瑕疵"),
    "inadmissible": ("not examined", "未予审查"),
    "admission": ("admission", "受理"),
    "investigation": ("investigation", "调查"),
    "re_rating": ("re-rating", "复评"),
    "decision": ("decision", "决定"),
    "approval": ("approval", "批准"),
    "appellant": ("it is their own appeal", "本人即申诉人"),
    "family": ("they are family", "系近亲属"),
    "supervisor": ("they are the supervisor", "系其主管"),
    "rater": ("they gave an original rating", "系原评价人"),
    "moved": ("they moved the person in the session", "曾在会话中调整其等级"),
    "voted": ("they voted on the person in the session", "曾在会话中对其投票"),
    "investigator": ("they investigated the case", "系调查人"),
    "witness": ("they made a statement in the case", "曾在本案中作陈述"),
    "rerater": ("they rated the case again", "系复评人"),
    "decider": ("they decided the case", "系决定人"),
    "displaced": ("they would be moved down by it", "将因此被下调"),
    "employee": ("the employee", "员工"),
    "other": ("other", "其他"),
    "score_wrong": ("the score is wrong", "分数有误"),
    "evidence_ignored": ("evidence was left out", "证据未被考虑"),
    "standard_misapplied": ("the standard was misapplied", "标准适用有误"),
    "procedure": ("the procedure was not kept", "未遵守程序"),
    "bias": ("bias", "偏见"),
    "data_error": ("error in the data", "数据错误"),
    "late": ("too late", "逾期"),
    "no_reasons": ("no written reasons", "没有书面理由"),
    "no_evidence": ("no evidence", "没有证据"),
    "not_appealable": ("cannot be appealed", "不属申诉范围"),
    "duplicate": ("appealed already", "重复申诉"),
    "yes": ("supports a better grade", "支持更好的等级"),
    "no": ("does not support it", "不支持"),
    "undecided": ("undecided", "不足以判断"),
    "not_graded": ("no grade", "未评等"),
    "not_delivered": ("not delivered", "未送达"),
    "open_to_appeal": ("open to appeal", "申诉期内"),
    "appealed": ("under appeal", "申诉中"),
    "final": ("final", "已生效"),
    "grades": ("quota", "名额分配"),
    "session": ("session", "校准会议"),
    "appeal": ("appeal", "申诉"),
    "re_rank": ("moved down by another's appeal", "因他人申诉下调"),
    "free_seat": ("a free seat", "空余名额"),
    "by_exception": ("beyond the quota, by exception", "超名额例外"),
    "filing_days": ("filing", "提出申诉"),
    "admission_days": ("admission", "受理"),
    "investigation_days": ("investigation", "调查"),
    "re_rating_days": ("re-rating", "复评"),
    "decision_days": ("decision", "决定"),
    "approval_days": ("approval", "批准"),
    "notice_days": ("notice", "通知"),
    "too few people to show": ("too few people to show", "人数过少，不显示"),
    "too few decided to show": ("too few decided to show", "已决定案件过少，不显示"),
    "manager": ("manager", "经理"),
    "unit": ("unit", "部门"),
    "grade": ("grade", "等级"),
}
"""Stage, outcome, conflict or reason: (English, Chinese)."""


def word(value: object, lang: str) -> str:
    """Name a stage, an outcome, a conflict or a reason; anything else stays as it is.

    >>> word("confirmed", "zh"), word("A", "zh")
    ('维持原等级', 'A')
    """
    found = WORDS.get(str(value))
    return str(value) if found is None else found[lang == "zh"]


def worded(**details: object) -> dict[str, object]:
    """Put words for codes into the details of a problem, English under the name and Chinese under ``name_zh``.

    >>> worded(stage="closed", n=2)
    {'n': 2, 'stage': 'closed', 'stage_zh': '已结案'}
    """
    out = {k: v for k, v in details.items() if k not in _WORDED}
    for key in _WORDED & set(details):
        value = details[key]
        many = list(value) if isinstance(value, (list, tuple)) else [value]
        said = [[word(v, lang) for v in many] for lang in ("en", "zh")]
        out |= {key: said[0] if len(many) > 1 else said[0][0], f"{key}_zh": said[1] if len(many) > 1 else said[1][0]}
    return out


_WORDED = {"stage", "why", "step", "stages", "roles", "steps", "basis"}
