"""What `rankkit appeal` says, in English and Chinese."""

from __future__ import annotations

from rankkit.errors import language

PHRASES: dict[str, tuple[str, str]] = {
    "created": (
        "The log {title} is in {path}: {n} people, {staff} members of staff.",
        "申诉记录“{title}”已建立于 {path}：{n} 人，经办 {staff} 人。",
    ),
    "head": ("Head: {head}\nKeep this line away from the file.", "链首：{head}\n请将此行另处保存。"),
    "sound": ("The chain is sound: {n} events.", "审计链完好：{n} 条事件。"),
    "needs_basis": (
        "{path} does not exist: give --session FILE or --grades RESULT.json, --staff, --filing-days and --calendar to begin a log.",
        "{path} 不存在：新记录需要 --session 文件或 --grades RESULT.json、--staff、--filing-days 和 --calendar。",
    ),
    "delivered": ("Delivery to {n} people is kept; the last day to appeal is {last}.", "已登记向 {n} 人送达；申诉最后一日为 {last}。"),
    "enrolled": ("{who} may act in these appeals.", "{who} 可以经办申诉。"),
    "submitted": ("Appeal {n} of {who} is kept.", "{who} 的申诉 {n} 已登记。"),
    "stage": ("Appeal {n}: {stage}.", "申诉 {n}：{stage}。"),
    "stated": ("The statement of {who} is kept.", "{who} 的陈述已登记。"),
    "packed": (
        "The blind pack of appeal {n} holds {pieces} pieces of evidence; sha256 {sha}.",
        "申诉 {n} 的盲评材料含 {pieces} 份证据；sha256 {sha}。",
    ),
    "waiting": ("The re-rating is kept; {left} more to come.", "复评已登记；还需 {left} 份。"),
    "down": ("Would go down, and must be named by --displaced: {who}", "将被下调、须以 --displaced 列明：{who}"),
    "undone": ("The last step of appeal {n} is taken back: {stage}.", "申诉 {n} 的最后一步已撤销：{stage}。"),
    "exported": ("{n} events are in {path}.", "{n} 条事件已写入 {path}。"),
    "none_overdue": ("No step is overdue.", "没有逾期事项。"),
    "times": (
        "Working days to the decision: median {median} of {decided} decided; {open} open.",
        "办理工作日：已决定 {decided} 件，中位数 {median}；办理中 {open} 件。",
    ),
    "years": ("The calendar now covers {years}.", "日历现包含 {years} 年。"),
    "sure": ("Erase {who} for good", "确定永久删除 {who} 的数据"),
    "erased": (
        "{who} is erased: names, scores and texts are gone, the chain is sound.",
        "{who} 已删除：姓名、分数与文字均已清除，审计链完好。",
    ),
}
"""Key: (English, Chinese)."""


def phrase(key: str, **details: object) -> str:
    """Return a phrase in the language of the session.

    >>> phrase("enrolled", who="Li")
    'Li may act in these appeals.'
    """
    return PHRASES[key][language() == "zh"].format(**details)
