"""What `rankkit calibrate` says, in English and Chinese."""

from __future__ import annotations

from rankkit.errors import language

PHRASES: dict[str, tuple[str, str]] = {
    "created": (
        "The session {title} is in {path}: {n} people, {members} participants.",
        "会话“{title}”已建立于 {path}：{n} 人，{members} 位参会者。",
    ),
    "head": ("Head: {head}\nKeep this line away from the file.", "链首：{head}\n请将此行另处保存。"),
    "sound": ("The chain is sound: {n} events.", "审计链完好：{n} 条事件。"),
    "voted": ("The vote on {who} is kept.", "对 {who} 的投票已保存。"),
    "moved": ("Event {n}: {who} {a} → {b}.", "事件 {n}：{who} {a} → {b}。"),
    "undone": ("Move {n} is taken back.", "调整 {n} 已撤销。"),
    "phase": ("The session is now in the phase: {phase}.", "会话现处于阶段：{phase}。"),
    "ratified": ("{who} has ratified: {n} of {needed}.", "{who} 已批准：{n}/{needed}。"),
    "exported": ("{n} events are in {path}.", "{n} 条事件已写入 {path}。"),
    "erased": (
        "{who} is erased: names, scores and reasons are gone, the chain is sound.",
        "{who} 已删除：姓名、分数与理由均已清除，审计链完好。",
    ),
    "recused": ("{who} takes no part in the case of {ratee}.", "{who} 回避 {ratee} 的案例。"),
    "discussed": ("{ratee}: {who} spoke first.", "{ratee}：{who} 首位发言。"),
    "outstanding": ("{n} votes are still to be given: {who}", "尚有 {n} 人未投票：{who}"),
    "needs_grades": (
        "{path} does not exist: give --grades RESULT.json and --participant to begin a session.",
        "{path} 不存在：新会话需要 --grades RESULT.json 和 --participant。",
    ),
    "no_column": ("no column {name} in the table of people; it has {there}", "人员表中没有“{name}”列；现有：{there}"),
    "sure": ("Erase {who} for good", "确定永久删除 {who} 的数据"),
}
"""Key: (English, Chinese)."""


def phrase(key: str, **details: object) -> str:
    """Return a phrase in the language of the session.

    >>> phrase("undone", n=4)
    'Move 4 is taken back.'
    """
    return PHRASES[key][language() == "zh"].format(**details)
