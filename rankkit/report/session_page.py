"""A calibration session as a page: the final report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from rankkit.calibration.sessions.session_record import SessionRecord
from rankkit.errors import Lang, SettingsError, writing
from rankkit.report import html, pictures, session_grids, terms_of_sessions
from rankkit.report.grids import Grid, clean
from rankkit.report.words import say

if TYPE_CHECKING:
    from rankkit.tables.attributes import Attributes

PHRASES: dict[str, tuple[str, str]] = {
    "report": ("Calibration session", "校准会议"),
    "untitled": ("Calibration session", "校准会议"),
    "lead": (
        (
            "What a committee decided, on which reasons, and what the numbers can and cannot say of it. "
            "A grade is a decision of people; no number made it."
        ),
        "委员会作出了哪些决定、依据何种理由，以及数字能说明与不能说明什么。等级由人决定，而非由数字决定。",
    ),
    "phase": ("Phase", "阶段"),
    "people": ("People", "人数"),
    "participants": ("Participants", "参会者"),
    "moves": ("Standing moves", "有效调整"),
    "undone": ("Taken back", "已撤销"),
    "events": ("Events", "事件"),
    "cycle": ("Period", "考核周期"),
    "quota_only": ("Down only for the curve", "仅为比例下调"),
    "of": ("{n} of {of}", "{of} 次中 {n} 次"),
    "agreement": ("Vote agreement", "投票一致度"),
    "agreement_say": (
        (
            "Mean weighted agreement of pairs of pre-votes: {observed} over {cases} cases, where votes drawn from all votes together "
            "would agree {expected}. Krippendorff's α (ordinal): {alpha}."
        ),
        "预投票两两加权一致度的平均值：{cases} 个案例为 {observed}；若随机抽取投票则为 {expected}。Krippendorff α（有序）：{alpha}。",
    ),
    "agreement_none": ("No case has two pre-votes or more.", "没有案例获得两张或以上预投票。"),
    "votes_closed": (
        "{given} of {asked} pre-votes are given. They are shown to nobody who could still be led by them.",
        "预投票已投 {given} 张，共 {asked} 张。在可能受其影响之前，不向任何人显示。",
    ),
    "know": ("What to know first", "首先须知"),
    "quota": ("Seats", "名额"),
    "managers": ("Before and now, by manager", "各经理的会前与现在"),
    "managers_say": (
        (
            "Intervals are exact multinomial ones: Clopper–Pearson with Bonferroni's correction, so that those of one manager's grades "
            "hold together ({level}). Wide ones are common in small teams: a team's share says little."
        ),
        (
            "区间为多项分布的精确区间（Clopper–Pearson，经 Bonferroni 校正），对同一经理的各等级同时成立（{level}）。"
            "小团队的区间通常很宽：其占比说明不了什么。"
        ),
    ),
    "moved_by_manager": ("Were anybody's people moved differently?", "各经理的人员是否被区别调整？"),
    "moved_say": (
        (
            "Mean signed move against lot: moves are permuted across managers among people of the same first grade (exact). "
            "All managers together: p = {p}."
        ),
        "平均有向调整与随机比较：在会前等级相同的人员中将调整在经理之间置换（精确）。所有经理合并：p = {p}。",
    ),
    "move_log": ("Moves", "调整记录"),
    "who": ("Who moved whom", "谁调整了谁"),
    "boundary": ("Who could not be told apart when the session began", "会前无法区分的人员"),
    "moved_cuts": ("Who could not be told apart at the cuts moved", "调整所跨分界处无法区分的人员"),
    "moved_cuts_say": (
        (
            "People on either side of the cut whose score differs from that of the person moved by less than t standard errors of the "
            "difference (shared raters counted). Of those left behind the scores cannot say why they were not moved."
        ),
        "分界两侧与被调整者分数之差小于 t 倍差异标准误的人员（已计入共有评分者）。对于留在原等级者，分数无法说明为何未被调整。",
    ),
    "reversals": ("What was turned round", "被反转的调整与次序"),
    "reversals_say": (
        (
            "{moves} moves were taken: {undone} taken back, {turned} followed by one in the other direction (reversal rate {rate}). "
            "Of {pairs} pairs with different scores {reversed} are now in the other order ({before} were so before the session); "
            "in {apart} of these the scores tell the two apart."
        ),
        (
            "共作出 {moves} 次调整：{undone} 次被撤销，{turned} 次其后又反向调整（反转率 {rate}）。{pairs} "
            "对分数不同的人员中，{reversed} 对的等级次序现与分数相反（会前已有 {before} 对）；其中 {apart} "
            "对在统计上可以区分。"
        ),
    ),
    "retained_say": (
        (
            "Spearman's ρ with mid-ranks, best grade highest; interval by Fisher's z with the variance of Bonett and Wright. "
            "Grades before were made from the scores: of that correlation there is no interval."
        ),
        "Spearman ρ（并列取平均秩，最优等级最高）；区间为 Fisher z 变换，方差按 Bonett 与 Wright。会前等级由分数得出，其相关不给区间。",
    ),
    "impact_moves": ("Groups: each move, at both ends", "群体：每次调整前后（两端）"),
    "impact_moves_say": (
        (
            "Ratios to the group that fares best, before and after each move. Worked out for this view; the session holds none of it. "
            "Whose rate changes tells the group of the person moved: for those who may know it."
        ),
        (
            "相对于最有利群体的比率，每次调整之前与之后。仅为本视图计算，会话中不保存。"
            "比率的变化会透露被调整者所属群体：仅供有权知悉者阅读。"
        ),
    ),
    "retained": ("How much of the judgement was kept", "保留了多少原有判断"),
    "agenda": ("Agenda", "议程"),
    "agenda_say": (
        "The order is drawn by lot; {n} clear cases whose votes all agreed are ratified together.",
        "次序由抽签决定；{n} 个明确且投票一致的案例一并批准。",
    ),
    "impact": ("Groups, at both ends", "群体（两端）"),
    "impact_groups": ("Moves by group", "各群体的调整"),
    "impact_say": (
        "Attributes were given for this page only; the session does not hold them. Groups of fewer than five people are not shown.",
        "受保护属性仅用于本页；会话中不保存。不足五人的群体不显示。",
    ),
    "spread": (
        (
            "Standard deviation of managers' mean grades: {before} before, {now} now. "
            "A smaller spread is no evidence that grades are more accurate."
        ),
        "各经理平均等级的标准差：会前 {before}，现在 {now}。差异变小并不证明等级更准确。",
    ),
    "final": ("Grades", "等级"),
    "audit": ("Audit", "审计"),
    "head": (
        "{n} events; last hash {hash}. Keep this line away from the file: with it, a missing tail or a rewritten log can be found.",
        "{n} 条事件；末位哈希 {hash}。请将此行另处保存：凭此可发现末尾缺失或整体重写。",
    ),
    "source": (
        "Grades from {method}, sha256 {sha}; seed {seed}; policy {policy}; versions {versions}.",
        "等级来源 {method}，sha256 {sha}；种子 {seed}；制度版本 {policy}；软件版本 {versions}。",
    ),
    "none": ("None so far.", "暂无。"),
    "plot_sankey": ("Grades before and now", "会前与现在的等级"),
    "plot_impact_forest": ("Groups, at both ends", "群体（两端）"),
    "plot_move_log": ("Moves in time", "调整时间线"),
}
"""What the page says: (English, Chinese)."""


def phrase(key: str, lang: Lang, **details: object) -> str:
    """Return a phrase of the page.

    >>> phrase("of", "en", n=9, of=14)
    '9 of 14'
    """
    return PHRASES[key][lang == "zh"].format(**details)


def write(session: SessionRecord, path: Path, *, lang: Lang = "en", attributes: Attributes | None = None) -> Path:
    """Write the final report.

    Parameters
    ----------
    session : SessionRecord
        A session, an export, or a state of one.
    path : Path
        The file (``.html``).
    lang : {"en", "zh"}
        Language.
    attributes : Attributes, optional
        Adds impact and moves by group.

    Returns
    -------
    pathlib.Path
    """
    with writing(path, (".html", ".htm")) as target:
        target.write_text(page(session, lang=lang, attributes=attributes), encoding="utf-8")
    return path


def page(session: SessionRecord, *, lang: Lang = "en", attributes: Attributes | None = None) -> str:
    """Return the report as text; parameters as for :func:`write`."""
    if lang not in ("en", "zh"):
        raise SettingsError("E-SETTING", name="lang", value=lang, allowed=["en", "zh"])
    sections = _sections(session, lang, attributes)
    return render(
        "session.html.jinja", session, lang, sections=sections, pictures=_pictures(session, lang, attributes), audit=_audit(session, lang)
    )


def _pictures(session: SessionRecord, lang: Lang, attributes: Attributes | None) -> list[tuple[str, Markup]]:
    """Draw what there is to draw, reduced to shapes."""
    from rankkit import plot  # noqa: PLC0415 - matplotlib is loaded only where something is drawn

    subjects: list[tuple[Any, str]] = [(session, kind) for kind in plot.kinds(session)]
    if attributes is not None:
        found = session.impact(attributes)
        subjects += [(found, kind) for kind in plot.kinds(found) if f"plot_{kind}" in PHRASES]
    out = []
    for subject, kind in subjects:
        caption = phrase(f"plot_{kind}", lang)
        svg = pictures.shapes_only(plot.svg(subject, kind, lang=lang), f"{kind}-", caption)
        out.append((caption, Markup(svg)))  # noqa: S704 - shapes only, rebuilt from a list of harmless elements
    return out


def render(template: str, session: SessionRecord, lang: Lang, **parts: Any) -> str:
    """Fill a template with what every page of a session says."""
    return html.environment().get_template(template).render(
        title=clean(session.title) or phrase("untitled", lang),
        lang=lang,
        html_lang="zh-Hans" if lang == "zh" else "en",
        say=lambda key, **details: say(key, lang, **details),
        phrase=lambda key, **details: phrase(key, lang, **details),
        facts=facts_of(session, lang),
        notes=notes_of(session, lang),
        **parts,
    )  # fmt: skip


def notes_of(session: SessionRecord, lang: Lang) -> list[tuple[str, str]]:
    """What to keep in mind, and what to do about it."""
    return [(_begun(clean(n.message(lang))), clean(n.fix(lang))) for n in session.notes]


def _begun(text: str) -> str:
    """Begin a sentence with a capital."""
    return text[:1].upper() + text[1:]


def facts_of(session: SessionRecord, lang: Lang) -> list[tuple[str, str]]:
    """Where the session stands, in a few numbers."""
    state = session.state
    only, down = session.quota_only
    facts = [
        (phrase("phase", lang), terms_of_sessions.WORDS[state.phase][lang == "zh"]),
        (phrase("people", lang), str(len(state.before))),
        (phrase("participants", lang), str(len(state.participants))),
        (phrase("moves", lang), str(len(state.standing))),
        (phrase("undone", lang), str(sum(bool(m.undone) for m in state.moves.values()))),
        (phrase("events", lang), str(state.count)),
    ]
    facts = [(phrase("cycle", lang), clean(state.start["cycle"])), *facts] if state.start.get("cycle") else facts
    return facts + ([(phrase("quota_only", lang), phrase("of", lang, n=only, of=down))] if down else [])


def section(key: str, lang: Lang, grid: Grid | None, text: str = "") -> tuple[str, str, Grid | None]:
    """Heading, sentence and table of a section; without rows it says so."""
    return phrase(key, lang), text or ("" if grid else phrase("none", lang)), grid


def agenda_section(session: SessionRecord, lang: Lang, most: int | None = None) -> tuple[str, str, Grid | None]:
    """The agenda, and what is ratified together."""
    return section("agenda", lang, session_grids.agenda(session, lang, most), phrase("agenda_say", lang, n=len(session.state.batch)))


def _sections(session: SessionRecord, lang: Lang, attributes: Attributes | None) -> list[tuple[str, str, Grid | None]]:
    """All sections of the final report."""
    tested = session.manager_moves
    before, now = (session_grids.number(x, 2) for x in session.spread)
    p = session_grids.number(tested.overall, 3)
    out = [
        section("quota", lang, session_grids.quota(session, lang)),
        section("managers", lang, session_grids.before_after(session, lang), phrase("managers_say", lang, level="95 %")),
        section("moved_by_manager", lang, session_grids.group_moves(tested, lang), phrase("moved_say", lang, p=p)),
        section("move_log", lang, session_grids.moves(session, lang)),
        section("who", lang, session_grids.who(session, lang)),
        section("moved_cuts", lang, session_grids.moved_cuts(session, lang), phrase("moved_cuts_say", lang)),
        section("boundary", lang, session_grids.boundary(session, lang)),
        section("reversals", lang, session_grids.reversed_pairs(session, lang), _reversals(session, lang)),
    ]
    if session.phase == "prepare":
        asked, given = _ballots(session)
        out.append((phrase("agreement", lang), phrase("votes_closed", lang, given=given, asked=asked), None))
    else:
        a = session.vote_agreement
        told = {k: session_grids.number(getattr(a, k), 2) for k in ("observed", "expected", "alpha")}
        text = phrase("agreement_say", lang, cases=a.cases, **told) if a.cases else phrase("agreement_none", lang)
        out.append((phrase("agreement", lang), text, None))
        out.append(agenda_section(session, lang))
    blank = "" if lang == "zh" else " "
    told_of = f"{phrase('retained_say', lang)}{blank}{phrase('spread', lang, before=before, now=now)}"
    out.append(section("retained", lang, session_grids.retained(session, lang), told_of))
    if attributes is not None:
        found = session.impact(attributes)
        out.append(section("impact", lang, session_grids.impact(found, lang), f"{phrase('impact_say', lang)}{blank}{found.caveat(lang)}"))
        moved = session_grids.moves_and_groups(session.impact_of_moves(attributes), lang)
        out.append(section("impact_moves", lang, moved, phrase("impact_moves_say", lang)))
        for name in attributes.names:
            grid = session_grids.group_moves(session.moves_by_group(attributes, name), lang, clean(name))
            out.append((f"{phrase('impact_groups', lang)}: {clean(name)}", "", grid))
    out.append(section("final", lang, session_grids.grades(session, lang)))
    return out


def _reversals(session: SessionRecord, lang: Lang) -> str:
    """Say what was turned round."""
    r = session.reversals
    rate = "–" if not r.moves else f"{100 * r.rate:.0f} %"
    numbers = {k: getattr(r, k) for k in ("moves", "undone", "turned", "pairs", "before", "reversed", "apart")}
    return phrase("reversals_say", lang, rate=rate, **numbers)


def _ballots(session: SessionRecord) -> tuple[int, int]:
    """Pre-votes asked for, and given."""
    state = session.state
    missing = sum(len(state.outstanding(v)) for v in state.voters)
    return missing + len(state.votes), len(state.votes)


def _audit(session: SessionRecord, lang: Lang) -> list[str]:
    start, last = session.state.start, session.events[-1]
    versions = ", ".join(f"{k} {v}" for k, v in start["versions"].items())
    source = start["source"]
    policy = start["policy"]["version"] or "—"
    details = {"method": source["method"], "sha": source["sha256"], "seed": start["seed"], "policy": clean(policy), "versions": versions}
    return [phrase("head", lang, n=last.n, hash=last.hash), phrase("source", lang, **details)]
