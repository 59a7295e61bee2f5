"""The evidence on one case, and what a move would do to groups, in a terminal."""

from __future__ import annotations

from rankkit.calibration.sessions.session_case import Case
from rankkit.calibration.sessions.session_impact import WhatIf
from rankkit.errors import Lang
from rankkit.report import session_grids
from rankkit.report.grids import Grid, clean
from rankkit.report.numbers import fixed, missing
from rankkit.report.session_view import columns

_NEAR = 6  # people of each side that are named
PHRASES: dict[str, tuple[str, str]] = {
    "score": ("Score {score}, interval {low} to {high}", "分数 {score}，区间 {low} 至 {high}"),
    "kpi": ("Results (KPI): {kpi}", "业绩（KPI）：{kpi}"),
    "grade": ("Grade: {before} when the session began, {grade} now", "等级：会前 {before}，现为 {grade}"),
    "chances": ("Chance of each grade, were the true scores known: {chances}", "若真实分数已知，各等级的概率：{chances}"),
    "near": ("People of another grade whom the scores do not tell from this one:", "分数无法与此人区分、等级不同的人员："),
    "alone": ("The scores tell this person from everybody of another grade.", "分数可将此人与其他等级的所有人员区分。"),
    "flag": ("To review: {text}", "待核查：{text}"),
    "impact": ("Groups now, and if the move were made (nothing is kept):", "各群体现状与若作此调整后的情况（不保存）："),
    "nothing": ("No groups large enough to compare.", "没有足够大的群体可供比较。"),
}
"""What is said: (English, Chinese)."""


def _say(key: str, lang: Lang, **details: object) -> str:
    return PHRASES[key][lang == "zh"].format(**details)


def text(case: Case, lang: Lang) -> str:
    """Write the evidence on one case."""
    score, low, high = (fixed(x, 2) for x in (case.score, case.ci_low, case.ci_high))
    name = case.label if case.ratee in case.label else f"{case.label} ({case.ratee})"
    lines = [f"{clean(name)} · {clean(case.manager)}", _say("score", lang, score=score, low=low, high=high)]
    if not missing(case.kpi):
        lines.append(_say("kpi", lang, kpi=fixed(case.kpi, 2)))
    lines.append(_say("grade", lang, before=case.before, grade=case.grade))
    if len(case.probabilities):
        lines.append(_say("chances", lang, chances=", ".join(f"{g} {100 * p:.0f} %" for g, p in case.probabilities.items())))
    near = case.near.groupby("side", sort=False).head(_NEAR)
    rows = [
        {
            "side": session_grids.word(row["side"], lang),
            "other": row["label"],
            "grade": row["grade"],
            "difference": row["difference"],
            "sed": row["se"],
        }
        for _, row in near.iterrows()
    ]
    grid = session_grids.laid_out(rows, lang, {"difference": 2, "sed": 2})
    lines += [_say("near", lang), columns(grid)] if grid is not None else [_say("alone", lang)]
    return "\n".join([*lines, *(_say("flag", lang, text=zh if lang == "zh" else en) for _, en, zh in case.flags)])


def what_if(found: WhatIf, lang: Lang) -> str:
    """Write how groups fare now, and would fare."""
    grid = what_if_grid(found, lang)
    return _say("nothing", lang) if grid is None else f"{_say('impact', lang)}\n{columns(grid)}"


def what_if_grid(found: WhatIf, lang: Lang) -> Grid | None:
    """Ratios of both ends now and then, against the group that fares best."""
    table = found.table
    rows = [
        {
            "group": f"{row['attribute']}: {row['group']}",
            "outcome": row["outcome"],
            "ratio": session_grids.change(row["ratio_now"], row["ratio_then"]),
            "adverse_ratio": session_grids.change(row["adverse_ratio_now"], row["adverse_ratio_then"]),
            "p": session_grids.change(row["mid_p_now"], row["mid_p_then"]),
        }
        for _, row in table[table["against"] == "highest"].iterrows()
    ]
    return session_grids.laid_out(rows, lang, {"ratio": 0, "adverse_ratio": 0, "p": 0})
