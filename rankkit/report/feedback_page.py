"""The report for one person: where they stand, who sees what, what was observed, and a sheet for the conversation.

It is written from a cleared result only, so nothing in it rests on more than may be released about the raters; texts are taken
from authors whose names the person may know, comments of others under the policy's rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from rankkit.errors import Lang, SettingsError, writing
from rankkit.privacy.comments import comments as shown_comments
from rankkit.privacy.policy import DisclosurePolicy
from rankkit.privacy.released import Released, clear
from rankkit.report import pictures
from rankkit.report.dimension_labels import under_labels
from rankkit.report.grids import clean
from rankkit.report.html import environment
from rankkit.report.numbers import fixed, span
from rankkit.report.words_of_feedback import say, source
from rankkit.result import Result
from rankkit.tables.incidents import Incidents
from rankkit.tables.narratives import Narratives

_ALL = "(all)"
_QUESTIONS = ("should", "did", "why", "improve")
_CLEAR = 1.96  # standard errors a dimension must be away from the rest of the person's profile to be named
_PLACES = 2
_MOST_INCIDENTS = 6
_EMPTY_GOALS = 3


@dataclass(frozen=True, kw_only=True)
class Feedback:
    """What the page says, in the language asked for."""

    name: str
    lang: Lang
    simulated: bool
    standing: tuple[str, ...]
    dimensions: tuple[tuple[str, str, str], ...]
    groups: tuple[str, ...] = ()
    by_source: tuple[tuple[str, tuple[str, ...]], ...] = ()
    sizes: tuple[str, ...] = ()
    picture: Markup | None = None
    gaps: tuple[tuple[str, str, str, str], ...] = ()
    incidents: tuple[tuple[str, str, str], ...] = ()
    comments: tuple[tuple[str, tuple[str, ...]], ...] = ()
    questions: tuple[tuple[str, tuple[str, ...]], ...] = ()
    goals: tuple[tuple[str, str, str, str], ...] = field(default_factory=tuple)


@dataclass(frozen=True, kw_only=True)
class Material:
    """What is brought to the conversation beside the result.

    Attributes
    ----------
    incidents : Incidents or None
        Those about this person are listed, of authors whose group is not protected (column ``author_source``; without it, all).
    narratives : Narratives or None
        Answers to the four questions; those of the person and of groups that are not protected are quoted.
    comments : mapping of group to sequence of str
        Free comments, one a rater; shown from ``min_comments`` on, shuffled, without dates.
    goals : DataFrame or None
        ``goal`` and perhaps ``measure, due, support``; empty rows are left for the conversation.
    policy : DisclosurePolicy
        For texts; the result brings its own for numbers.
    """

    incidents: Incidents | None = None
    narratives: Narratives | None = None
    comments: Mapping[str, Sequence[str]] = field(default_factory=dict)
    goals: pd.DataFrame | None = None
    policy: DisclosurePolicy = field(default_factory=DisclosurePolicy)


def write(
    result: Result, path: str | Path, ratee: str, material: Material | None = None, *, lang: Lang = "en", use: str | None = None
) -> Path:
    """Write the feedback report of one person.

    Parameters
    ----------
    result : Result
        Of any method; of multi-source feedback the groups of raters are shown apart.
    path : path-like
        The file to write (``.html``).
    ratee : str
        Whose it is.
    material : Material, optional
        Incidents, texts, comments and goals.
    lang : {"en", "zh"}
        Language.
    use : str, optional
        What the report is for; refused if the ratings were collected for something else.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    SettingsError
        If there is no such person or language, or the file cannot be written.
    PolicyError
        If the ratings were collected for another use.
    """
    with writing(path, (".html", ".htm")) as target:
        target.write_text(page(result, ratee, material, lang=lang, use=use), encoding="utf-8")
    return target


def page(result: Result, ratee: str, material: Material | None = None, *, lang: Lang = "en", use: str | None = None) -> str:
    """Return the report as text; parameters as for :func:`write`."""
    if lang not in ("en", "zh"):
        raise SettingsError("E-SETTING", name="lang", value=lang, allowed=["en", "zh"])
    if ratee not in result.people:
        raise SettingsError("E-PERSON", name=ratee)
    more = material or Material()
    told = _numbers(clear(result, "ratee", ratee=ratee, use=use), lang)
    seen = _seen(more.incidents, ratee, more.policy, lang)
    texts = _texts(more.narratives, ratee, more.policy)
    view = Feedback(
        **told["view"],
        incidents=seen,
        comments=_comments(more.comments, more.policy, lang),
        questions=_questions(told, seen, texts, lang),
        goals=_goals(more.goals, told["lowest"]),
    )
    template = environment().get_template("feedback.html.jinja")
    return template.render(
        v=view,
        html_lang="zh-Hans" if lang == "zh" else "en",
        say=lambda key, **details: say(key, lang, **details),
        source=lambda s: source(s, lang),
    )


def _numbers(released: Released[Result], lang: Lang) -> dict[str, Any]:
    """Everything that is a number, from what was cleared."""
    result, ratee = under_labels(released.subject), str(released.ratee)
    row = result.release("ratee", ratee).iloc[0]
    low, high = _profile(result, ratee)
    dimensions = []
    for name, part in result.parts.items():
        if ratee in part.people:
            own = part.release("ratee", ratee).iloc[0]
            shown = span(own["ci_low"], own["ci_high"], _PLACES, lang)
            dimensions.append((clean(name), fixed(own["score"], _PLACES), shown if np.isfinite(own["score"]) else say("too_few", lang)))
    groups, by_source, sizes = _by_source(result, ratee, lang)
    gaps = _gaps(result, ratee, lang)
    picture = None
    if groups:
        from rankkit import plot  # noqa: PLC0415 - matplotlib is loaded only where something is drawn

        svg = plot.svg(result, "source_dots", ratee=ratee, released=True, lang=lang)
        picture = Markup(pictures.shapes_only(svg, "sources-", say("picture", lang)))  # noqa: S704 - shapes only, rebuilt from a list
    view = {
        "name": clean(result.labels.get(ratee, ratee)),
        "lang": lang,
        "simulated": any(n.code == "I-SIMULATED" for n in result.notes),
        "standing": _standing(result, row, lang),
        "dimensions": tuple(dimensions),
        "groups": groups,
        "by_source": by_source,
        "sizes": sizes,
        "picture": picture,
        "gaps": gaps,
    }
    named = [d for d, _, _, text in gaps if text in (say("blind spot", lang), say("hidden strength", lang))]
    return {"view": view, "lowest": low, "highest": high, "gaps": named, "dimensions": [d for d, _, _ in dimensions]}


def _standing(result: Result, row: pd.Series[Any], lang: Lang) -> tuple[str, ...]:
    """Score with its interval and rank set, in words."""
    if not np.isfinite(row["score"]):
        return (say("standing_none", lang, why=clean(str(row["status_reason"])) or say("too_few", lang)),)
    scale = result.settings.get("scale")
    numbers = {"score": fixed(row["score"], _PLACES), "low": fixed(row["ci_low"], _PLACES), "high": fixed(row["ci_high"], _PLACES)}
    ends = None if scale is None or isinstance(scale, Mapping) else f"{scale[0]:g}–{scale[1]:g}"
    out = [say("standing_noscale", lang, **numbers) if ends is None else say("standing_score", lang, scale=ends, **numbers)]
    if pd.notna(row["rank_low"]):
        n, best, worst = len(result.estimated_ids), int(row["rank_low"]), int(row["rank_high"])
        out.append(say("standing_one" if best == worst else "standing_rank", lang, n=n, best=best, worst=worst))
    if pd.notna(row["n_raters"]) and row["n_raters"] > 0:
        out.append(say("raters", lang, n=int(row["n_raters"])))
    return tuple(out)


def _profile(result: Result, ratee: str) -> tuple[list[str], list[str]]:
    """Dimensions clearly below and above the mean of the person's others."""
    rows = {}
    for name, part in result.parts.items():
        if ratee in part.people:
            own = part.release("ratee", ratee).iloc[0]
            if np.isfinite(own["score"]) and np.isfinite(own["se"]):
                rows[clean(name)] = (float(own["score"]), float(own["se"]))
    low: list[str] = []
    high: list[str] = []
    for name, (score, se) in rows.items():
        rest = [v for other, v in rows.items() if other != name]
        if not rest:
            continue
        away = score - float(np.mean([s for s, _ in rest]))
        error = float(np.sqrt(se**2 + sum(e**2 for _, e in rest) / len(rest) ** 2))  # errors taken for independent: wider than they are
        if abs(away) > _CLEAR * error > 0:
            (high if away > 0 else low).append(name)
    return low, high


def _by_source(result: Result, ratee: str, lang: Lang) -> tuple[tuple[str, ...], tuple[tuple[str, tuple[str, ...]], ...], tuple[str, ...]]:
    """What may be shown of each group on each dimension."""
    table = result.evidence.get("released_sources")
    if table is None or ratee not in set(table.index.get_level_values("ratee")):
        return (), (), ()
    own = table.xs(ratee, level="ratee").reset_index()
    groups = list(dict.fromkeys(own["source"]))
    named = {d for d in own["dimension"] if d != _ALL}
    dimensions = [d for d in result.parts if d in named] or sorted(named)
    cells = {(r["source"], r["dimension"]): {str(k): v for k, v in r.items()} for r in own.to_dict("records")}
    rows = [(clean(d), tuple(_shown(cells.get((g, d)), lang) for g in groups)) for d in dimensions]
    sizes = tuple(str(max((int(cells[g, d]["n"]) for d in dimensions if (g, d) in cells), default=0)) for g in groups)
    return tuple(groups), tuple(rows), sizes


def _shown(cell: Mapping[str, Any] | None, lang: Lang) -> str:
    if cell is None:
        return ""
    if not np.isfinite(cell["value"]):
        return say("merged" if cell["code"] == "W-MERGED" else "hidden", lang)
    if cell["low"] == cell["high"]:
        return fixed(cell["value"], _PLACES)
    return span(cell["low"], cell["high"], _PLACES, lang)


def _gaps(result: Result, ratee: str, lang: Lang) -> tuple[tuple[str, str, str, str], ...]:
    """Self beside others, and what can be said of it."""
    table = result.evidence.get("released_self_other")
    if table is None or ratee not in set(table.index.get_level_values("ratee")):
        return ()
    own = table.xs(ratee, level="ratee").reset_index()
    records = [{str(k): v for k, v in r.items()} for r in own.to_dict("records")]
    rows = [(str(r["dimension"]), r) for r in records if r["dimension"] != _ALL and np.isfinite(r["self"])]
    return tuple(
        (
            clean(d),
            fixed(row["self"], _PLACES),
            _shown({**row, "value": row["others"], "code": ""}, lang),
            say(row["finding"] or "agree", lang),
        )
        for d, row in rows
    )


def _seen(incidents: Incidents | None, ratee: str, policy: DisclosurePolicy, lang: Lang) -> tuple[tuple[str, str, str], ...]:
    """Incidents about the person by authors who are not protected: dimension, what happened, how it went."""
    if incidents is None:
        return ()
    rows = incidents.frame
    rows = rows[(rows["ratee"] == ratee) & (rows["valence"] != 0)]
    if "author_source" in rows:
        rows = rows[[not policy.protects(str(s)) for s in rows["author_source"].fillna("")]]
    out = []
    for row in rows.to_dict("records"):
        told = [str(row[c]) for c in ("situation", "behaviour", "result", "text") if isinstance(row.get(c), str) and row[c].strip()]
        if told:
            out.append((clean(row.get("dimension") or ""), clean(" ".join(told)), say("good" if row["valence"] > 0 else "bad", lang)))
    return tuple(out[:_MOST_INCIDENTS])


def _texts(narratives: Narratives | None, ratee: str, policy: DisclosurePolicy) -> dict[str, list[tuple[str, str]]]:
    """Texts about the person by section: who wrote (kind) and what."""
    out: dict[str, list[tuple[str, str]]] = {q: [] for q in _QUESTIONS}
    if narratives is None:
        return out
    for row in narratives.frame.to_dict("records"):
        by = row.get("source") if isinstance(row.get("source"), str) else ""
        own = by == "self" or row.get("author") == ratee
        if row["ratee"] != ratee or row["section"] not in out or not str(row["text"]).strip() or (policy.protects(str(by)) and not own):
            continue
        kind = "said_self" if own else "said_supervisor" if by == "supervisor" else "said_other"
        out[str(row["section"])].append((kind, clean(str(row["text"]))))
    return out


def _comments(given: Mapping[str, Sequence[str]], policy: DisclosurePolicy, lang: Lang) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Comments of each group large enough."""
    shown = ((source(g, lang), tuple(clean(t) for t in shown_comments(list(texts), len(texts), policy))) for g, texts in given.items())
    return tuple((g, texts) for g, texts in shown if texts)


def _questions(
    told: Mapping[str, Any], seen: Sequence[tuple[str, str, str]], texts: Mapping[str, Sequence[tuple[str, str]]], lang: Lang
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The four questions with what the data say to each."""
    comma = "、" if lang == "zh" else ", "
    names = {k: comma.join(told[k]) for k in ("lowest", "highest", "gaps", "dimensions")}
    colon = "：" if lang == "zh" else ": "
    start: dict[str, list[str]] = {q: [f"{say(kind, lang)}{colon}{text}" for kind, text in texts[q]] for q in _QUESTIONS}
    if told["dimensions"]:
        start["should"].append(say("expected_dimensions", lang, names=names["dimensions"]))
    start["did"].append(say("stands_out", lang, names=names["highest"]) if told["highest"] else say("nothing_stands_out", lang))
    start["did"] += [text for _, text, how in seen if how == say("good", lang)][:2]
    start["why"].append(say("ask_gap", lang, names=names["gaps"]) if told["gaps"] else say("ask_why", lang))
    if told["lowest"]:
        start["improve"] += [say("lowest", lang, names=names["lowest"]), say("start_with", lang, names=names["lowest"])]
    start["improve"] += [text for _, text, how in seen if how == say("bad", lang)][:2]
    return tuple((say(q, lang), tuple(start[q])) for q in _QUESTIONS)


def _goals(goals: pd.DataFrame | None, lowest: Sequence[str]) -> tuple[tuple[str, str, str, str], ...]:
    """Rows of the table of goals; empty ones to write in."""
    rows: list[tuple[str, str, str, str]] = []
    if goals is not None:
        if "goal" not in goals:
            raise SettingsError("E-SETTING", name="goals", value=list(goals.columns), allowed="a column 'goal'")
        told = goals.reindex(columns=["goal", "measure", "due", "support"]).astype(object)
        rows = [(clean(a), clean(b), clean(c), clean(d)) for a, b, c, d in told.where(told.notna(), "").itertuples(index=False)]
    rows += [(name, "", "", "") for name in lowest if not rows]
    return tuple(rows + [("", "", "", "")] * max(_EMPTY_GOALS - len(rows), 1))
