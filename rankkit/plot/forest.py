"""Forest plot: everyone's score with its interval, rank and the set of ranks the data leave open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from rankkit.errors import Lang, SettingsError, language
from rankkit.plot import lettering, palette, person_rows
from rankkit.plot.phrases import percent, say, score_axis, sentences
from rankkit.plot.plot_data import PlotData

if TYPE_CHECKING:
    from rankkit.result import Result

KIND = "forest"
UNSCORED_NAMED = 20


def applies(subject: Any) -> bool:
    """Tell whether there are scores; a method that describes and does not score has none."""
    scored = getattr(subject, "unit", "") != "none" or bool(getattr(subject, "parts", {}))
    return hasattr(subject, "scores") and hasattr(subject, "rank_sets") and scored


def compute(result: Result, *, dimension: str | None = None, named: int = person_rows.NAMED, lang: Lang | None = None) -> PlotData:
    """Lay out the scores of a result, best first.

    Parameters
    ----------
    result : Result
        Any result.
    dimension : str, optional
        Show the part of one dimension instead of the whole.
    named : int
        Most people listed by name; with more, the first and last of them are named and the rest drawn between.
    lang : {"en", "zh"}, optional
        Language of titles; the session's by default.

    Returns
    -------
    PlotData
        ``table`` has, by ``ratee``: ``label, score, ci_low, ci_high, rank, rank_low, rank_high, status, y, place``
        (``scored``, ``between`` = drawn without a name, or ``unscored``) and ``text`` (what is written at the right).

    Raises
    ------
    SettingsError
        If the result has no such dimension.
    """
    lang = lang or language()
    if dimension is not None:
        if dimension not in result.parts:
            raise SettingsError("E-SETTING", name="dimension", value=dimension, allowed=", ".join(result.parts))
        part = result.parts[dimension]
    else:
        part = result
    scores = part.scores.drop(columns="status_reason")
    scores["label"] = lettering.distinct(list(scores.index), list(scores["label"]))
    scores["reason"] = [r.message(lang) if r is not None else "" for r in part.reasons]
    scored = scores[scores["score"].notna()].sort_index().sort_values("score", ascending=False, kind="stable")
    unscored = scores[scores["score"].isna()].sort_index()
    ranks = [_rank_text(*row) for row in zip(scored["rank"], scored["rank_low"], scored["rank_high"], strict=True)]
    placed, stride, ends = person_rows.laid(scored.assign(text=ranks), named)
    table = pd.concat([placed, _unscored_rows(unscored, placed, lang)]) if len(unscored) else placed
    has_interval = bool(np.isfinite(scored["ci_low"]).any())
    level = percent(part.level)
    subtitle = sentences(
        lang,
        say("forest_intervals", lang, level=level) if has_interval else say("forest_plain", lang),
        *person_rows.middle_words(len(scored), ends, stride, lang),
    )
    head = say("rank_set", lang, level=level) if scored["rank_low"].notna().any() else say("rank", lang)
    columns = ["label", "score", "ci_low", "ci_high", "rank", "rank_low", "rank_high", "status", "y", "place", "text"]
    height = 1.55 + person_rows.ROW * (float(table["y"].max()) + 1 if len(table) else 1)
    return PlotData(
        kind=KIND,
        table=table[columns],
        more={"heading": pd.DataFrame({"text": [head], "y": [-1.0]}), "middle": person_rows.middle_of(scored, ends)},
        title=say("forest_of", lang, dimension=lettering.legible(dimension)) if dimension is not None else say("forest", lang),
        subtitle=subtitle,
        x_label=score_axis(part.unit, lang),
        lang=lang,
        size=(7.5, height),
    )


def _rank_text(rank: Any, low: Any, high: Any) -> str:
    """Write ``3 [1–5]``, or ``3`` where there is no set."""
    if pd.isna(rank):
        return ""
    return f"{rank}" if pd.isna(low) or pd.isna(high) else f"{rank} [{low}–{high}]"


def _unscored_rows(unscored: pd.DataFrame, placed: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    """List those without a score under the others, with the reason."""
    start = (float(placed["y"].max()) if len(placed) else -1.0) + 1.6
    kept = unscored.iloc[:UNSCORED_NAMED] if len(unscored) > UNSCORED_NAMED + 1 else unscored
    reasons = [
        lettering.legible(say("no_score", lang, reason=reason or say(status, lang)), 72)
        for status, reason in zip(kept["status"], kept["reason"], strict=True)
    ]
    rows = kept.assign(text=reasons, place="unscored", y=start + np.arange(len(kept)))
    left = len(unscored) - len(kept)
    if left:
        rest = unscored.iloc[[len(kept)]].assign(text=say("more_unscored", lang, n=left), place="unscored", y=start + len(kept), label="…")
        rows = pd.concat([rows, rest])
    return rows


def draw(data: PlotData, ax: Axes) -> Axes:
    """Draw a forest plot.

    Parameters
    ----------
    data : PlotData
        From :func:`compute`.
    ax : Axes
        Where to draw.

    Returns
    -------
    Axes
    """
    table = data.table
    bottom = (float(table["y"].max()) if len(table) else 0.0) + 0.8
    ax.set_ylim(bottom, -1.6)
    listed = table[table["place"] != "between"]
    scored, between = table[table["place"] == "scored"], table[table["place"] == "between"]
    ax.hlines(scored["y"], 0, 1, transform=ax.get_yaxis_transform(), color=palette.PALE, linewidth=0.6, zorder=0)
    person_rows.draw_lines(ax, between, "ci_low", "ci_high", palette.SILVER, 0.5)
    ax.plot(between["score"], between["y"], linestyle="none", marker=".", markersize=2.0, color=palette.GREY, zorder=3)
    person_rows.draw_lines(ax, scored, "ci_low", "ci_high", palette.BLUE, 1.5)
    for status, fill in (("scored", palette.BLUE), ("provisional", "white")):
        some = scored[scored["status"] == status]
        ax.plot(some["score"], some["y"], linestyle="none", marker="o", markersize=5.2, color=palette.BLUE, markerfacecolor=fill, zorder=4)
    if len(table) and not len(scored):
        ax.set_xticks([])
    palette.dress(ax, data.title, data.subtitle, data.x_label)
    lettering.tick_names(ax, "y", list(listed["y"]), list(listed["label"]))
    for text, place in zip(ax.get_yticklabels(), listed["place"], strict=True):
        text.set_color(palette.GREY if place == "unscored" else palette.INK)
    beside = ax.get_yaxis_transform()
    for y, text, place in zip(listed["y"], listed["text"], listed["place"], strict=True):
        if place == "unscored":
            lettering.write(ax, 0.01, y, text, color=palette.GREY, size=8.5, transform=beside, va="center", ha="left")
        else:
            lettering.write(ax, 1.02, y, text, color=palette.INK, transform=beside, va="center", ha="left")
    for text, y in zip(data.more["heading"]["text"], data.more["heading"]["y"], strict=True):
        if len(scored):
            lettering.write(ax, 1.02, y, text, color=palette.GREY, size=8.5, transform=beside, va="center", ha="left")
    person_rows.write_middle(ax, data.more["middle"], data.lang)
    _legend(ax, scored, data.lang)
    return ax


def _legend(ax: Axes, scored: pd.DataFrame, lang: Lang) -> None:
    """Explain the hollow marker where there is one."""
    if not (scored["status"] == "provisional").any():
        return
    style = {"linestyle": "none", "marker": "o", "markersize": 5.2, "color": palette.BLUE}
    handles = [
        Line2D([], [], markerfacecolor=fill, label=say(status, lang), **style)  # type: ignore[arg-type]
        for status, fill in (("scored", palette.BLUE), ("provisional", "white"))
        if (scored["status"] == status).any()
    ]
    palette.legend(ax, handles)
