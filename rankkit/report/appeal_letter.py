"""The letter an appellant gets: what was asked, what was done, what was decided and why, without anybody else's data."""

from __future__ import annotations

from pathlib import Path

from rankkit.calibration.appeals.appeal_record import AppealRecord
from rankkit.calibration.appeals.appeal_state import Case
from rankkit.calibration.appeals.appeal_steps import case_of, must_be_at
from rankkit.errors import Lang, SessionError, SettingsError, writing
from rankkit.report import html
from rankkit.report.grids import clean
from rankkit.report.words import say
from rankkit.wording.appeals import word

_ANSWERED = ("approved", "rejected", "notified", "closed")

PHRASES: dict[str, tuple[str, str]] = {
    "kicker": ("Decision on an appeal · confidential", "申诉决定 · 保密"),
    "title": ("Decision on your appeal", "关于您的申诉的决定"),
    "lead_confirmed": (
        "Dear {label}, your appeal was examined. Your grade {grade} stands.",
        "{label}：您的申诉已经审查，您的等级 {grade} 维持不变。",
    ),
    "lead_adjusted": (
        "Dear {label}, your appeal was examined. Your grade is now {to} (before: {grade}).",
        "{label}：您的申诉已经审查，您的等级现为 {to}（原为 {grade}）。",
    ),
    "lead_process_defect": (
        "Dear {label}, your appeal was examined. The procedure was at fault; your grade {grade} stands.",
        "{label}：您的申诉已经审查，程序确有瑕疵；您的等级 {grade} 维持不变。",
    ),
    "lead_process_defect_to": (
        "Dear {label}, your appeal was examined. The procedure was at fault; your grade is now {to} (before: {grade}).",
        "{label}：您的申诉已经审查，程序确有瑕疵；您的等级现为 {to}（原为 {grade}）。",
    ),
    "lead_inadmissible": ("Dear {label}, your appeal could not be examined: {ground}.", "{label}：您的申诉未予审查，原因：{ground}。"),
    "number": ("Appeal", "申诉编号"),
    "delivered": ("Grade delivered", "等级送达"),
    "last_day": ("Last day to appeal", "申诉最后一日"),
    "submitted": ("Appeal received", "收到申诉"),
    "approved": ("Decided", "决定日期"),
    "asked": ("What you asked", "您的申诉"),
    "ground": ("Ground: {reason}.", "理由类别：{reason}。"),
    "evidence": ("Your evidence: {ids}.", "您的证据：{ids}。"),
    "done": ("What was done", "办理经过"),
    "heard_employee": ("You were heard.", "已听取您的陈述。"),
    "declined_employee": ("You made no statement.", "您未作陈述。"),
    "heard_supervisor": ("Your supervisor was heard.", "已听取您的主管的陈述。"),
    "declined_supervisor": ("Your supervisor made no statement.", "您的主管未作陈述。"),
    "heard_other": ("Statements of others: {n}.", "其他人员陈述：{n} 份。"),
    "pack": (
        (
            "Somebody who had no part in your grade rated your work again by {pieces} pieces of "
            "evidence, without knowing your score, your grade or who rated before."
        ),
        "由未参与您的评等的人员依据 {pieces} 份证据重新评价您的工作，评价时不知道您的原分数、等级及原评价人。",
    ),
    "pack_many": (
        (
            "{n} people who had no part in your grade rated your work again, each alone, by {pieces} "
            "pieces of evidence, without knowing your score, your grade or who rated before."
        ),
        "由 {n} 位未参与您的评等的人员分别依据 {pieces} 份证据重新评价您的工作，评价时不知道您的原分数、等级及原评价人。",
    ),
    "pack_plain": (
        "Your work was rated again by {pieces} pieces of evidence, which show neither your score nor your grade nor who rated before.",
        "依据 {pieces} 份证据重新评价了您的工作；材料不含您的原分数、等级及原评价人。",
    ),
    "decision": ("The decision and its reasons", "决定及理由"),
    "human": (
        "The decision was made by one person and approved by another, neither of whom had a part in your grade or in the investigation.",
        "决定由一人作出、另一人批准，二人均未参与您的评等或调查。",
    ),
    "human_plain": ("The decision was made by one person and approved by another.", "决定由一人作出、另一人批准。"),
    "others": ("Your appeal changed nobody else's grade.", "您的申诉未改变他人的等级。"),
    "next": ("What follows", "后续"),
    "closed": (
        "With this letter your grade is final in this procedure. Other ways the law gives you stay open.",
        "自本决定送达起，您的等级在本程序内生效。法律赋予您的其他救济途径不受影响。",
    ),
    "again": (
        "You may appeal again with what was missing until {last_day}. Other ways the law gives you stay open.",
        "您可在 {last_day} 之前补充后再次申诉。法律赋予您的其他救济途径不受影响。",
    ),
    "ended": ("Other ways the law gives you stay open.", "法律赋予您的其他救济途径不受影响。"),
    "record": (
        "You may ask to read the record of your case. An appeal must not be held against you.",
        "您可以要求查阅本案记录。任何人不得因您提出申诉而对您不利。",
    ),
}
"""What the letter says: (English, Chinese)."""


def phrase(key: str, lang: Lang, **details: object) -> str:
    """Return a phrase of the letter.

    >>> phrase("ground", "en", reason="bias")
    'Ground: bias.'
    """
    return PHRASES[key][lang == "zh"].format(**details)


def write(log: AppealRecord, path: Path, appeal: int, *, lang: Lang = "en") -> Path:
    """Write the letter.

    Parameters
    ----------
    log : AppealRecord
        A log, or an export with personal data.
    path : Path
        The file (``.html``).
    appeal : int
        Number of the appeal.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    SessionError
        ``E-APPEALSTEP`` while nothing is decided and approved, ``E-APPEALNOBODY`` once the person was erased.
    """
    with writing(path, (".html", ".htm")) as target:
        target.write_text(page(log, appeal, lang=lang), encoding="utf-8")
    return path


def page(log: AppealRecord, appeal: int, *, lang: Lang = "en") -> str:
    """Return the letter as text; parameters as for :func:`write`."""
    if lang not in ("en", "zh"):
        raise SettingsError("E-SETTING", name="lang", value=lang, allowed=["en", "zh"])
    state, names = log.state, log.names
    case = case_of(state, appeal)
    must_be_at(names, case, *_ANSWERED)
    if case.body is None:
        raise SessionError("E-APPEALNOBODY", who=names.label(case.who))
    row = log.case(appeal)
    days = [(k, row[k]) for k in ("delivered", "last_day", "submitted")]
    days += [("approved", row["approved"] or case.days.get("admission", case.submitted).isoformat())]
    facts = [(phrase("number", lang), str(appeal)), *((phrase(k, lang), str(v)) for k, v in days if v)]
    key = f"lead_{case.outcome}" + ("_to" if case.outcome == "process_defect" and case.grade else "")
    label = clean(names.label(case.who))
    return html.environment().get_template("appeal_letter.html.jinja").render(
        title=phrase("title", lang),
        kicker=phrase("kicker", lang),
        html_lang="zh-Hans" if lang == "zh" else "en",
        lead=phrase(key, lang, label=label, grade=row["grade"], to=row["to"], ground=word(case.ground, lang)),
        facts=facts,
        sections=_sections(log, case, lang),
        footer=say("footer", lang),
    )  # fmt: skip


def _sections(log: AppealRecord, case: Case, lang: Lang) -> list[tuple[str, list[str]]]:
    body = case.body or {}
    asked = [phrase("ground", lang, reason=word(case.reason, lang)), clean(body.get("text", ""))]
    if body.get("evidence"):
        asked.append(phrase("evidence", lang, ids=clean(("、" if lang == "zh" else ", ").join(body["evidence"]))))
    out = [(phrase("asked", lang), asked)]
    done = _done(log, case, lang)
    if done:
        out.append((phrase("done", lang), done))
    which = "admission" if case.outcome == "inadmissible" else "decision"
    why = [clean((case.texts.get(which) or {}).get("text", ""))]
    found = log.re_rating(case.n)
    if found is not None:
        why.append(found.text(lang))
    if case.outcome != "inadmissible":
        why += _by_whom(log, case, lang)
        if case.grade is not None and not any(c.case == case.n and c.effect == "displaced" for c in log.state.changes):
            why.append(phrase("others", lang))
    out.append((phrase("decision", lang), why))
    out.append((phrase("next", lang), [_next(case, lang), phrase("record", lang)]))
    return out


def _done(log: AppealRecord, case: Case, lang: Lang) -> list[str]:
    """Who was heard, and how it was rated again; nobody's words, and no names."""
    lines = []
    for role in ("employee", "supervisor"):
        given = [s for s in case.statements if s.role == role]
        if given:
            lines.append(phrase(f"{'declined' if all(s.declined for s in given) else 'heard'}_{role}", lang))
    others = sum(s.role == "other" and not s.declined for s in case.statements)
    if others:
        lines.append(phrase("heard_other", lang, n=others))
    if case.scores and case.packs:
        key = "pack_plain" if _had_part(log, case, case.reraters) else "pack_many" if len(case.scores) > 1 else "pack"
        lines.append(phrase(key, lang, n=len(case.scores), pieces=case.packs[-1].evidence))
    return lines


def _had_part(log: AppealRecord, case: Case, actors: set[str]) -> bool:
    """Whether any of them had a part in the grade; the letter says nothing that is not so."""
    return any(log.state.related(a, case.who) & {"rater", "supervisor", "moved", "voted", "participant"} for a in actors)


def _by_whom(log: AppealRecord, case: Case, lang: Lang) -> list[str]:
    """What can be said of who decided, without names."""
    actors = {case.actors["decision"], case.actors["approval"]}
    if len(actors) == 1:
        return []
    apart = not _had_part(log, case, actors) and not actors & (case.investigators | case.reraters)
    return [phrase("human" if apart else "human_plain", lang)]


def _next(case: Case, lang: Lang) -> str:
    if case.outcome != "inadmissible":
        return phrase("closed", lang)
    curable = case.ground in ("no_reasons", "no_evidence") and case.filing_last is not None
    return phrase("again", lang, last_day=case.filing_last) if curable else phrase("ended", lang)
