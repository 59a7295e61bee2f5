"""What the terminal sessions say, in English and Chinese."""

from __future__ import annotations

from typing import Any

from rankkit.errors import language

PHRASES: dict[str, tuple[str, str]] = {
    "asked_rater": ("Your name or staff number", "您的姓名或工号"),
    "no_people": ("Give the file of people to begin a session: rankkit elicit {what} people.csv", "新会话需要人员文件：rankkit elicit {what} people.csv"),
    "other_rater": ("The session {path} is of {theirs}, not of {given}; give another --session.", "会话 {path} 属于 {theirs}，不是 {given}；请指定其他 --session。"),
    "over_people": ("The table would be written over {path}, the file of people; give another --out.", "表会覆盖人员文件 {path}；请指定其他 --out。"),
    "people_differ": ("The people of {file} are not those of the session; the session's are used.", "{file} 中的人员与会话不同；以会话为准。"),
    "begun": ("Alternation ranking of {n} people by {rater}; about {minutes} min. Every answer is kept at once in {path}.", "{rater} 对 {n} 人作交替排序，约 {minutes} 分钟。每一步都即时保存在 {path}。"),
    "resumed": ("Going on with the session of {rater}: {placed} of {n} people are placed.", "继续 {rater} 的会话：{n} 人中已排 {placed} 人。"),
    "screen": ("First cross out whom you do not know well enough: x 3. Then pick. ? shows all commands.", "请先剔除您不够了解的人：x 3。然后开始选择。输入 ? 查看全部命令。"),
    "ask_best": ("Step {step} of at most {last}: who is the BEST of these {n}?", "第 {step} 步（最多 {last} 步）：这 {n} 人中谁最好？"),
    "ask_worst": ("Step {step} of at most {last}: who is the WORST of these {n}?", "第 {step} 步（最多 {last} 步）：这 {n} 人中谁最差？"),
    "prompt_best": ("best", "最好"),
    "prompt_worst": ("worst", "最差"),
    "placed": ("  {place}: {who}", "  {place}：{who}"),
    "forced": ("  Left over, placed without a choice: {who}", "  最后一人，自动排入：{who}"),
    "excluded": ("  Crossed out ({reason}): {who}", "  已剔除（{reason}）：{who}"),
    "withdrawn": ("  Withdrawn: {who}", "  已撤回：{who}"),
    "undone": ("  Taken back: {what}", "  已撤销：{what}"),
    "redone": ("  Brought back: {what}", "  已恢复：{what}"),
    "noted": ("  Noted.", "  已记录。"),
    "no_number": ("There is no {number} in the list.", "列表中没有 {number}。"),
    "which": ("Say who: {letter} {number}", "请指明是谁：{letter} {number}"),
    "which_name": ("{name} is the name of several people: {who}. Give the number or the id.", "{name} 有多人：{who}。请输入序号或编号。"),
    "reason": ("Why? 1 not known well enough, 2 absent, 3 conflict of interest [1]", "原因？1 不够了解，2 缺席，3 利益冲突 [1]"),
    "rest": ("{n} are not placed. t: they cannot be separated; n: they were not judged; Enter: go on picking", "还有 {n} 人未排。t：无法区分；n：未作判断；回车：继续选择"),
    "give_up": ("Give this list up? It can be undone [y/N]", "放弃该名单？可以撤销 [y/N]"),
    "given_up": ("This list was given up. u takes that back; Enter ends.", "该名单已放弃。输入 u 可撤销；回车结束。"),
    "done": ("Everybody is placed. Enter keeps the list; u takes the last step back.", "全部排完。回车确认；输入 u 撤销上一步。"),
    "top": ("From the top", "从最好起"),
    "bottom": ("At the bottom", "最差一端"),
    "between": ("  … {n} not placed yet …", "  …… 还有 {n} 人未排 ……"),
    "out": ("Crossed out or withdrawn: {who}", "已剔除或撤回：{who}"),
    "kept": ("Everything is kept in {path}. Go on with:\n  {command}", "全部内容已保存在 {path}。继续请运行：\n  {command}"),
    "written": ("The table is in {path}.", "表已写入 {path}。"),
    "how_to_fit": ("Gather all raters, then fit:\n  rankkit elicit gather {sessions} --out rankings.csv\n  rankkit fit alternation_ranking rankings.csv", "汇总所有评价人后计算：\n  rankkit elicit gather {sessions} --out rankings.csv\n  rankkit fit alternation_ranking rankings.csv"),
    "how_to_fit_pairs": ("Fit it:\n  rankkit fit paired_comparison {path}", "计算：\n  rankkit fit paired_comparison {path}"),
    "unknown": ("{text}: not understood; ? shows all commands.", "{text}：无法识别；输入 ? 查看全部命令。"),
    "what_pick": ("pick of {who}", "选择 {who}"),
    "what_exclude": ("crossing out {who}", "剔除 {who}"),
    "what_withdraw": ("withdrawing {who}", "撤回 {who}"),
    "what_switch_end": ("change of end", "换端"),
    "what_finish": ("the finish", "结束"),
    "what_abandon": ("giving up", "放弃"),
    "pairs_begun": ("{pairs} comparisons of {n} people by {rater}; about {minutes} min. Every answer is kept at once in {path}.", "{rater} 对 {n} 人作 {pairs} 次比较，约 {minutes} 分钟。每一步都即时保存在 {path}。"),
    "pairs_resumed": ("Going on with the session of {rater}: {asked} of {total} comparisons are made.", "继续 {rater} 的会话：{total} 次比较已完成 {asked} 次。"),
    "pairs_ask": ("{number} of {total} · about {minutes} min left{dimension} · who did better?", "第 {number} 次，共 {total} 次 · 约剩 {minutes} 分钟{dimension} · 谁更好？"),
    "pairs_prompt": ("1, 2, = or s (? = help)", "1、2、= 或 s（? = 帮助）"),
    "pairs_done": ("Every comparison is made. Enter keeps them; u takes the last one back.", "全部比较完成。回车确认；输入 u 撤销上一次。"),
    "pairs_help": (
        "  1, 2       the first, or the second, did better         =  they cannot be separated\n"
        "  s          skip: you do not know one of them            u  take the last answer back\n"
        "  w 1        withdraw somebody (number, id or name)       f  stop here, and write the table\n"
        "  p          pause and leave (so does Ctrl-C)",
        "  1，2       第一人更好，或第二人更好                     =  无法区分\n"
        "  s          跳过：不了解其中一人                         u  撤销上一次回答\n"
        "  w 1        撤回某人（序号、编号或姓名）                 f  到此为止，并写出表格\n"
        "  p          暂停并退出（Ctrl-C 亦可）",
    ),
    "help": (
        "  3          pick number 3\n  2 5        pick 2 and 5 together: they cannot be separated\n"
        "  u, u 4     undo the last step, or go back to step 4     r  redo\n"
        "  x 3        cross out 3 before the first pick            w 3  withdraw 3 (number, id or name)\n"
        "  s          ask for the other end                        l  show what stands\n"
        "  n text     keep a remark                                f  finish early\n"
        "  p          pause and leave (so does Ctrl-C)             a  give the list up",
        "  3          选择第 3 人\n  2 5        同时选择 2 和 5：两人无法区分\n"
        "  u，u 4     撤销上一步，或回到第 4 步          r  重做\n"
        "  x 3        第一次选择前剔除第 3 人            w 3  撤回第 3 人（序号、编号或姓名）\n"
        "  s          换另一端                           l  查看已排结果\n"
        "  n 文字     记录备注                           f  提前结束\n"
        "  p          暂停并退出（Ctrl-C 亦可）          a  放弃该名单",
    ),
}  # fmt: skip


def phrase(name: str, /, **values: Any) -> str:
    """Say something in the language of messages.

    Parameters
    ----------
    name : str
        Key of :data:`PHRASES`.
    **values
        For its placeholders.

    Returns
    -------
    str

    Examples
    --------
    >>> phrase("no_number", number=12)
    'There is no 12 in the list.'
    """
    return PHRASES[name][language() == "zh"].format(**values)
