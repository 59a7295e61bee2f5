"""Appeals as a page: the committee's summary, and the view in a notebook."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from rankkit.calibration.appeals.appeal_record import AppealRecord
from rankkit.calibration.appeals.appeal_statistics import AppealStatistics
from rankkit.errors import Lang, SettingsError, language, writing
from rankkit.report import appeal_grids, html
from rankkit.report.grids import Grid, clean
from rankkit.report.numbers import fixed, missing
from rankkit.report.words import say

Section = tuple[str, str, Grid | None]

PHRASES: dict[str, tuple[str, str]] = {
    "report": ("Appeals", "申诉"),
    "lead": (
        "Who appealed, what became of it, and what the numbers can and cannot say. Every decision was made and approved by people.",
        "谁提出了申诉、结果如何，以及数字能说明与不能说明什么。每项决定均由人作出并批准。",
    ),
    "on": ("As of", "截至"),
    "appeals": ("Appeals", "申诉"),
    "open": ("Open", "办理中"),
    "decided": ("Decided", "已决定"),
    "overturned": ("Changed or defect", "调整或瑕疵"),
    "exceptions": ("Seats by exception", "例外席位"),
    "know": ("What to know first", "首先须知"),
    "cases": ("Appeals", "申诉一览"),
    "overdue": ("Overdue", "逾期事项"),
    "no_overdue": ("No step is overdue.", "没有逾期事项。"),
    "effects": ("What changed", "变更"),
    "no_effects": ("No grade has changed.", "没有等级变更。"),
    "effects_say": (
        "A better grade after an appeal takes nobody else's: seats beyond the quota are an exception, listed below.",
        "申诉后的更好等级不影响他人：超出名额的席位为例外，列于下表。",
    ),
    "effects_re_rank": (
        "The scheme re-ranks: whoever went down is named here, was approved by name, has to be told, and may appeal.",
        "制度规定重新排序：下调人员在此列明，经逐名批准，须送达本人，且本人有权申诉。",
    ),
    "quota": ("Seats", "名额"),
    "rates": ("How often, and how often changed", "申诉率与变更率"),
    "rates_say": (
        (
            "Exact intervals; each group is compared with everybody else (Fisher, two-sided; q by Holm). A high share changed is a reason "
            "for training on evidence and standards, and no blame. Groups of fewer than five people are not shown."
        ),
        (
            "区间为精确区间；每一群体与其余人员比较（Fisher 双侧检验；q 为 Holm 校正）。变更率高说明需要证据与标准方面的培训，而非追责。"
            "不足五人的群体不显示。"
        ),
    ),
    "no_rates": ("No groups are known.", "没有群体信息。"),
    "times": ("How long", "办理时间"),
    "times_say": (
        (
            "Working days from receipt to approval: {n} appeals, {open} still open. Median of those decided {median}; with "
            "the open ones counted as waiting at least so long, {median_all} (95 % interval {low} to {high})."
        ),
        (
            "自收到至批准的工作日：共 {n} 件，办理中 {open} 件。"
            "已决定案件的中位数为 {median}；将未决案件按至少已等待的时间计入，中位数为 {median_all}（95% 区间 {low} 至 {high}）。"
        ),
    ),
    "reasons": ("Grounds", "申诉理由"),
    "statuses": ("Which grades are final", "等级是否生效"),
    "statuses_say": (
        (
            "A grade is final once its period to appeal is over and no appeal is open. The period "
            "runs from the delivery ({days} working days, calendar {calendar})."
        ),
        "申诉期届满且没有未决申诉时，等级生效。期限自送达起算（{days} 个工作日，日历：{calendar}）。",
    ),
    "audit": ("Audit", "审计"),
    "head": (
        "{n} events; last hash {hash}. Keep this line away from the file: with it, a missing tail or a rewritten log can be found.",
        "{n} 条事件；末位哈希 {hash}。请将此行另处保存：凭此可发现末尾缺失或整体重写。",
    ),
    "source": (
        "Grades from {kind} ({method}); head {head}; sha256 {sha}; policy {policy}; holidays: {sources}.",
        "等级来源：{kind}（{method}）；链首 {head}；sha256 {sha}；制度版本 {policy}；节假日依据：{sources}。",
    ),
    "none": ("None so far.", "暂无。"),
}
"""What the page says: (English, Chinese)."""


def phrase(key: str, lang: Lang, **details: object) -> str:
    """Return a phrase of the page.

    >>> phrase("none", "en")
    'None so far.'
    """
    return PHRASES[key][lang == "zh"].format(**details)


def write(log: AppealRecord, path: Path, *, lang: Lang = "en", on: dt.date | str | None = None, by: str = "manager") -> Path:
    """Write the committee's summary.

    Parameters
    ----------
    log : AppealRecord
        A log, an export, or a state of one.
    path : Path
        The file (``.html``).
    lang : {"en", "zh"}
        Language.
    on : date, optional
        Day of the summary.
    by : str
        Groups of the rates.

    Returns
    -------
    pathlib.Path
    """
    with writing(path, (".html", ".htm")) as target:
        target.write_text(page(log, lang=lang, on=on, by=by), encoding="utf-8")
    return path


def page(log: AppealRecord, *, lang: Lang = "en", on: dt.date | str | None = None, by: str = "manager") -> str:
    """Return the summary as text; parameters as for :func:`write`."""
    if lang not in ("en", "zh"):
        raise SettingsError("E-SETTING", name="lang", value=lang, allowed=["en", "zh"])
    day = log.calendar.day(on)
    found = log.statistics(by, on=day)
    sections = [
        _section("cases", lang, appeal_grids.cases(log, lang)),
        _section("overdue", lang, appeal_grids.overdue(log, day, lang), otherwise="no_overdue"),
        _section("effects", lang, appeal_grids.effects(log, lang), _about_effects(log, lang), "no_effects"),
        _section("quota", lang, appeal_grids.quota(log, lang)),
        _section("rates", lang, appeal_grids.rates(found, lang), phrase("rates_say", lang), "no_rates"),
        _section("times", lang, None, _about_times(found, lang)),
        _section("reasons", lang, appeal_grids.reasons(found, lang)),
        _section("statuses", lang, appeal_grids.statuses(log, day, lang), _about_statuses(log, lang)),
    ]
    notes = [(_begun(clean(n.message(lang))), clean(n.fix(lang))) for n in (*log.notes, *found.notes)]
    return _render("appeals.html.jinja", log, lang, day=day, found=found, sections=sections, notes=notes, audit=_audit(log, lang))


def live(log: AppealRecord) -> str:
    """Return the view for a notebook: cases, overdue steps and seats, no script."""
    lang = language()
    sections = [
        _section("cases", lang, appeal_grids.cases(log, lang, 12)),
        _section("effects", lang, appeal_grids.effects(log, lang), "", "no_effects"),
    ]
    return _render("session_live.html.jinja", log, lang, day=None, found=None, sections=sections, notes=[], audit=[])


def _render(template: str, log: AppealRecord, lang: Lang, *, day: dt.date | None, found: AppealStatistics | None, **parts: Any) -> str:
    return html.environment().get_template(template).render(
        title=clean(log.title) or phrase("report", lang),
        lang=lang,
        html_lang="zh-Hans" if lang == "zh" else "en",
        say=lambda key, **details: say(key, lang, **details),
        phrase=lambda key, **details: phrase(key, lang, **details),
        facts=_facts(log, lang, day, found),
        pictures=[],
        **parts,
    )  # fmt: skip


def _facts(log: AppealRecord, lang: Lang, day: dt.date | None, found: AppealStatistics | None) -> list[tuple[str, str]]:
    state = log.state
    facts = [] if day is None else [(phrase("on", lang), day.isoformat())]
    counted = list(state.cases.values())
    facts += [(phrase("appeals", lang), str(len(counted))), (phrase("open", lang), str(sum(c.open for c in counted)))]
    if found is not None:
        facts += [(phrase(k, lang), str(found.overall[k])) for k in ("decided", "overturned")]
    return [*facts, (phrase("exceptions", lang), str(int(log.quota["by_exception"].sum())))]


def _section(key: str, lang: Lang, grid: Grid | None, text: str = "", otherwise: str = "none") -> Section:
    """Heading, sentence and table of a section; without rows it says so."""
    return phrase(key, lang), text or ("" if grid else phrase(otherwise, lang)), grid


def _about_effects(log: AppealRecord, lang: Lang) -> str:
    if not log.state.changes:
        return ""
    return phrase("effects_re_rank" if log.policy.effects == "re_rank" else "effects_say", lang)


def _about_times(found: AppealStatistics, lang: Lang) -> str:
    if not found.times["n"]:
        return phrase("none", lang)
    told = {k: _days(found.times[k]) for k in ("median", "median_all", "low", "high")}
    return phrase("times_say", lang, n=found.times["n"], open=found.times["open"], **told)


def _days(value: Any) -> str:
    if isinstance(value, float) and value == float("inf"):
        return "∞"
    return "–" if missing(value) else fixed(value, 0 if float(value).is_integer() else 1)


def _about_statuses(log: AppealRecord, lang: Lang) -> str:
    return phrase("statuses_say", lang, days=log.policy.filing_days, calendar=clean(log.calendar.name))


def _audit(log: AppealRecord, lang: Lang) -> list[str]:
    source, last = log.state.start["source"], log.events[-1]
    told = {"kind": source["kind"], "method": source["method"], "head": source["head"] or "–", "sha": source["sha256"]}
    told |= {"policy": clean(log.policy.version or "–"), "sources": clean("; ".join(log.calendar.sources) or "–")}
    return [phrase("head", lang, n=last.n, hash=last.hash), phrase("source", lang, **told)]


def _begun(text: str) -> str:
    """Begin a sentence with a capital."""
    return text[:1].upper() + text[1:]
