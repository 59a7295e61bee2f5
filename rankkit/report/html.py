"""HTML report: one file that loads nothing, runs nothing and shows an audience what it may read."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from rankkit.errors import Lang, SettingsError, writing
from rankkit.privacy.audience import Audience
from rankkit.report import findings_page, grids, impact_page, pictures, terms, words
from rankkit.report.numbers import missing, span
from rankkit.report.views import View, view
from rankkit.report.words import percent, say

_PERCENT_TABLES = ("probabilities",)


def write(
    subject: Any,
    path: str | Path,
    *,
    audience: Audience = "committee",
    lang: Lang = "en",
    ratee: str | None = None,
    key: bytes | None = None,
    team: Sequence[str] | None = None,
    use: str | None = None,
) -> Path:
    """Write a report about a result or a comparison of methods.

    Parameters
    ----------
    subject : Result, MethodComparison or Findings
        What to report on.
    path : path-like
        The file to write (``.html``); missing folders are made.
    audience : {"committee", "hr", "research", "ratee", "manager"}
        Committee and HR read everybody's row; research reads pseudonyms; a ratee reads the own row with the marginal rank set, a
        manager those of the own team. Nobody reads a protected rating (:mod:`rankkit.privacy`).
    lang : {"en", "zh"}
        English or simplified Chinese.
    ratee : str, optional
        Id of the person whose report it is; needed for ``audience="ratee"``.
    key : bytes, optional
        Secret of the pseudonyms, to link several files for research; drawn anew for each file if not given.
    team : sequence of str, optional
        Ids of the team; needed for ``audience="manager"``.
    use : str, optional
        What the report is for; refused if the data were collected for something else.

    Returns
    -------
    pathlib.Path
        The file written.

    Raises
    ------
    DisclosureError
        If the audience is a ratee or a manager and nobody says which.
    PolicyError
        If the use is another than what the data were collected for.
    SettingsError
        If there is no such audience, language or person, or the file cannot be written.
    """
    with writing(path, (".html", ".htm")) as target:
        target.write_text(page(subject, audience=audience, lang=lang, ratee=ratee, key=key, team=team, use=use), encoding="utf-8")
    return target


def page(
    subject: Any,
    *,
    audience: Audience = "committee",
    lang: Lang = "en",
    ratee: str | None = None,
    key: bytes | None = None,
    team: Sequence[str] | None = None,
    use: str | None = None,
) -> str:
    """Return the report as text; parameters as for :func:`write`."""
    if lang not in ("en", "zh"):
        raise SettingsError("E-SETTING", name="lang", value=lang, allowed=["en", "zh"])
    if findings_page.is_findings(subject):
        return _findings(findings_page.view(subject, audience, lang, key))
    if impact_page.is_impact(subject):
        return impact_page.page(subject, audience=audience, lang=lang)
    return _page(view(subject, audience, lang, ratee if audience == "ratee" else None, key, team=team, use=use))


def _page(shown: View) -> str:
    """Write what was cleared."""
    lang = shown.lang
    template = environment().get_template("report.html.jinja")
    return template.render(
        v=shown,
        own=shown.audience == "ratee",
        html_lang="zh-Hans" if lang == "zh" else "en",
        say=lambda key, **details: say(key, lang, **details),
        facts=_facts(shown),
        scores=_scores(shown),
        dimensions=_dimensions(shown),
        tables=_tables(shown),
        findings=None
        if shown.findings is None
        else grids.grid(shown.findings.dropna(axis=1, how="all"), lang, shown.unit, say("findings", lang)),
        reliability=_reliability(shown),
        pictures=[(caption, Markup(svg)) for caption, svg in pictures.draw(shown, lang)],  # noqa: S704 - shapes only, rebuilt from a list of harmless elements
        too_many=shown.drawn is not None and shown.n_people > pictures.MOST_PEOPLE,
        messages=_messages(shown),
        design_words=[grids.clean(text) for text in shown.design_words],
        basis_sentence="" if _describes(shown) else words.basis_sentence(shown.se_basis, lang),
        reading=_reading(shown),
        settings=[(grids.clean(name), grids.clean(value)) for name, value in shown.settings],
    )


def _findings(shown: findings_page.FindingsView) -> str:
    """Write findings of checks."""
    lang = shown.lang
    return (
        environment()
        .get_template("findings.html.jinja")
        .render(
            v=shown,
            html_lang="zh-Hans" if lang == "zh" else "en",
            say=lambda key, **details: say(key, lang, **details),
            phrase=lambda key: findings_page.phrase(key, lang),
            notes=[(_sentence(text, lang, begins=True), grids.clean(fix)) for text, fix in shown.notes],
            groups=shown.groups() if shown.audience != "research" else [],
            grids=shown.grids(),
        )
    )


def _messages(v: View) -> list[tuple[list[str], str]]:
    """Put notes of one kind together: their texts, and what to do said once."""
    begins = v.lang == "en" and len(v.methods) == 1
    grouped: dict[tuple[str, str], list[str]] = {}
    for code, text, fix in v.messages[["code", "text", "fix"]].itertuples(index=False):
        grouped.setdefault((code, fix), []).append(_sentence(text, v.lang, begins=begins))
    return [(texts, grids.clean(fix)) for (_, fix), texts in grouped.items()]


def _sentence(text: str, lang: Lang, *, begins: bool) -> str:
    """End with a stop, and begin with a capital unless the name of a method stands first."""
    line = grids.clean(text).strip().rstrip(".。")
    return (line[:1].upper() + line[1:] if begins else line) + ("。" if lang == "zh" else ".")


def environment() -> Environment:
    """Templates escape everything; a name they use and nobody defines is an error."""
    return Environment(autoescape=True, undefined=StrictUndefined, loader=FunctionLoader(_template), trim_blocks=True, lstrip_blocks=True)


def _template(name: str) -> str:
    return resources.files("rankkit.report").joinpath("templates", name).read_text(encoding="utf-8")


def _facts(v: View) -> list[tuple[str, str]]:
    """List the counts and bases at the top of the page."""
    lang = v.lang
    people = str(v.n_people)
    if v.n_scored < v.n_people:
        people = (
            f"{v.n_people}（{say('scored', lang)} {v.n_scored}）" if lang == "zh" else f"{v.n_people} ({v.n_scored} {say('scored', lang)})"
        )
    facts = [(say("people", lang), people)]
    if len(v.methods) > 1:
        facts.append((say("methods", lang), ("、" if lang == "zh" else ", ").join(v.methods)))
        return [*facts, (say("level", lang), f"{percent(v.level, lang)} {say('confidence', lang)}")]
    if v.n_raters is not None:
        facts.append((say("raters", lang), str(v.n_raters)))
    if v.n_obs is not None:
        facts.append((say("judgements", lang), str(v.n_obs)))
    if v.dimension_names:
        facts.append((say("dims", lang), f"{len(v.dimension_names)}"))
    facts.append((say("unit", lang), terms.unit(v.unit, lang)))
    if _describes(v):
        return facts  # nothing is scored: there is no error of a score either
    facts.append((say("basis", lang), terms.basis(v.se_basis, lang)))
    if v.se_basis != "none":
        facts.append((say("level", lang), f"{percent(v.level, lang)} {say('confidence', lang)}"))
    return facts


def _describes(v: View) -> bool:
    """Tell whether the method only describes: nobody has a score, in no dimension."""
    return v.unit == "none" and not v.n_scored and not v.dimension_names and len(v.methods) == 1


def _scores(v: View) -> grids.Grid | None:
    if v.scores is None:
        return None
    ends = grids.axis(v.scores, v.dimensions if v.audience == "ratee" else None) if "method" not in v.scores.index.names else None
    return grids.score_grid(grids.with_grades(v.scores, v.tables), v.lang, v.unit, "", ends=ends, labels={})


def _dimensions(v: View) -> list[grids.Grid]:
    """Lay out one table a dimension, or one with all dimensions of one person."""
    if v.dimensions is None or not len(v.dimensions):
        return []
    if v.audience == "ratee":
        ends = grids.axis(v.scores, v.dimensions)
        return [grids.score_grid(v.dimensions, v.lang, v.unit, "", ends=ends, labels={}, named=False)]
    levels = v.dimensions.index.get_level_values("dimension")
    by = {d: v.dimensions.loc[levels == d].droplevel("dimension") for d in v.dimension_names}
    ends = grids.axis(*by.values())
    return [
        grids.score_grid(f.sort_values("rank", kind="stable", na_position="last"), v.lang, v.unit, grids.clean(d), ends=ends, labels={})
        for d, f in by.items()
    ]


def _tables(v: View) -> list[grids.Grid]:
    """Lay out the tables a method adds, and the scores under each of several methods."""
    out = []
    for name, frame in v.tables.items():
        if name == "reliability" or not len(frame.columns):
            continue
        title = grids.clean(terms.table(f"own_{name}" if v.audience == "ratee" and f"own_{name}" in terms.TABLES else name, v.lang))
        if {"score", "ci_low", "rank_low", "status_reason"} <= set(frame.columns):
            title = f"{say('scores', v.lang)}{'：' if v.lang == 'zh' else ': '}{title}"
            out.append(grids.score_grid(frame, v.lang, "none", title, ends=grids.axis(frame), labels={}))
        else:
            out.append(grids.grid(frame, v.lang, v.unit, title, percent=name in _PERCENT_TABLES))
    return out


def _reliability(v: View) -> grids.Grid | None:
    frame = v.tables.get("reliability")
    return None if frame is None else grids.grid(frame, v.lang, v.unit, say("reliability", v.lang))


def _reading(v: View) -> list[str]:
    """Say how intervals and rank sets are read, with an example from the table itself."""
    lang, level = v.lang, percent(v.level, v.lang)
    if v.scores is None:
        return [say("read_ranks", lang, level=level), say("excluded_note", lang), say("read_decide", lang)]
    if _describes(v):
        return [say("read_decide", lang)]
    if not v.scores["ci_low"].notna().any():
        return [say("read_ties", lang), say("read_none", lang), say("read_decide", lang)]
    own = v.audience == "ratee"
    out = [say("read_ties", lang), say("read_interval", lang, level=level), say("read_own" if own else "read_ranks", lang, level=level)]
    wide = [r for r in v.scores.reset_index().to_dict("records") if not missing(r["rank_low"]) and r["rank_high"] > r["rank_low"]]
    if wide and "method" not in v.scores.index.names:
        row = wide[0]
        who = grids.clean(row.get("label", row["ratee"]))
        if "label" in v.scores.columns and (v.scores["label"] == row["label"]).sum() > 1:
            who = f"{who} ({grids.clean(row['ratee'])})"
        out.append(
            say("read_example_own" if own else "read_example", lang, who=who, rank=row["rank"], set=span(row["rank_low"], row["rank_high"]))
        )
    return [*out, say("own_only" if own else "read_status", lang), say("read_decide", lang)]
