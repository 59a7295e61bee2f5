"""The words around plots of calibration sessions, in English and simplified Chinese."""

from __future__ import annotations

PHRASES: dict[str, tuple[str, str]] = {
    "sankey": ("Grades before and now", "会前与现在的等级"),
    "sankey_say": ("{moved} of {n} people changed grade: {up} up, {down} down.", "{n} 人中 {moved} 人等级改变：上调 {up}，下调 {down}。"),
    "sankey_placed": ("{n} were given a grade they awaited.", "{n} 人得到此前未定的等级。"),
    "sankey_quota": ("{n} of {of} standing downward moves were made only to fit the curve.", "{of} 次有效下调中有 {n} 次仅为符合比例。"),
    "sankey_up": ("to a better grade", "上调"),
    "sankey_down": ("to a lower grade", "下调"),
    "sankey_same": ("the same grade", "不变"),
    "sankey_new": ("awaited a grade", "此前未定"),
    "move_log": ("Moves in the order they were made", "按先后排列的调整"),
    "move_log_say": (
        "Arrows lead from the grade before to the new one. Dashed: taken back later. Open head: no evidence named.",
        "箭头由原等级指向新等级。虚线：后来撤销。空心箭头：未列证据。",
    ),
    "move_log_cut": ("The last {shown} of {n} moves.", "仅示最后 {shown} 次，共 {n} 次。"),
    "move_log_x": ("Move (number of its event)", "调整（事件编号）"),
    "move_up": ("up", "上调"),
    "move_down": ("down", "下调"),
    "move_quota": ("down only to fit the curve", "仅为符合比例下调"),
    "move_placed": ("given the grade awaited", "补定等级"),
    "session_before": ("before the session", "会前"),
    "session_now": ("now", "现在"),
    "session_grade": ("Grade", "等级"),
}
