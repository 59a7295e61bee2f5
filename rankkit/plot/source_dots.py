"""One person as every source rates them: means with intervals by dimension, and the own rating beside."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from rankkit.errors import Lang, SettingsError, language
from rankkit.plot import lettering, palette
from rankkit.plot.parts import best_first
from rankkit.plot.phrases import percent, say, sentences
from rankkit.plot.plot_data import PlotData

KIND = "source_dots"
_ALL = "(all)"
_ORDER = ("supervisor", "peer", "subordinate", "colleagues", "customer", "expert", "system", "model", "self")
_COLORS = {
    "supervisor": palette.BLUE,
    "peer": palette.VERMILLION,
    "subordinate": palette.GREEN,
    "colleagues": palette.PURPLE,
    "customer": palette.ORANGE,
    "expert": palette.SKY,
    "self": palette.INK,
}
_SPREAD = 0.62  # room the sources of one dimension take, of the distance between dimensions


def applies(subject: Any) -> bool:
    """Tell whether there are means of sources, or what may be shown of them."""
    return any(name in getattr(subject, "evidence", ()) for name in ("sources", "released_sources"))


def compute(result: Any, *, ratee: str | None = None, released: bool | None = None, lang: Lang | None = None) -> PlotData:
    """Lay out one person's ratings by source.

    Parameters
    ----------
    result : MultiSourceFeedbackResult
    ratee : str, optional
        Whom; the first by rank by default.
    released : bool, optional
        Draw what may be shown to others instead of the exact means; by default only where there is nothing else.
    lang : {"en", "zh"}, optional
        Language of titles; the session's by default.

    Returns
    -------
    PlotData
        ``table`` has one row a mean: ``source, dimension, label, value, low, high, n, hollow, y``; ``more["dimensions"]`` the rows
        of the picture: ``label, y``.

    Raises
    ------
    SettingsError
        If there is no such person.
    """
    lang = lang or language()
    exact = "sources" in result.evidence and not released
    table = _rows(result.evidence["sources"] if exact else result.evidence["released_sources"], exact=exact)
    people = list(best_first(result).index)
    chosen = people[0] if ratee is None else ratee
    if chosen not in people:
        raise SettingsError("E-PERSON", name=chosen)
    own = table[table["ratee"] == chosen].drop(columns="ratee")
    known = [*result.parts, *own["dimension"]]
    named = [d for d in dict.fromkeys(known) if d != _ALL and d in set(own["dimension"])]
    rows = [_ALL, *named] if _ALL in set(own["dimension"]) else named
    sources = [s for s in _ORDER if s in set(own["source"])]
    place = {d: float(k) for k, d in enumerate(rows)}
    shift = {s: (k - (len(sources) - 1) / 2) * _SPREAD / max(len(sources), 1) for k, s in enumerate(sources)}
    own = own.assign(y=[place[d] + shift[s] for d, s in zip(own["dimension"], own["source"], strict=True)])
    own.insert(0, "label", [say(s, lang) for s in own["source"]])
    who = lettering.legible(result.labels.get(chosen, chosen))
    hollow = bool(own["hollow"].any())
    said = say("source_dots_say", lang, level=percent(result.level)) if exact else say("source_dots_released", lang)
    return PlotData(
        kind=KIND,
        table=own.sort_values("y", kind="stable").reset_index(drop=True),
        more={
            "dimensions": pd.DataFrame(
                {
                    "dimension": rows,
                    "label": [say("overall", lang) if d == _ALL else lettering.legible(d) for d in rows],
                    "y": [place[d] for d in rows],
                }
            ),
            "sources": pd.DataFrame({"source": sources, "label": [say(s, lang) for s in sources]}),
        },
        title=say("source_dots", lang, who=who),
        subtitle=sentences(
            lang, said, say("source_dots_assumed", lang) if hollow else "", "" if len(own) else say("source_dots_none", lang)
        ),
        x_label=say("mean_rating", lang),
        lang=lang,
        size=(7.4, 2.0 + 0.19 * max(len(sources), 2) * max(len(rows), 1)),
    )


def _rows(table: pd.DataFrame, *, exact: bool) -> pd.DataFrame:
    """Both kinds of tables under the same names."""
    flat = table.reset_index()
    if not exact:
        flat = flat[flat["value"].notna()]
        return flat[["ratee", "source", "dimension", "value", "low", "high", "n"]].assign(hollow=False)
    flat = flat.rename(columns={"mean": "value", "ci_low": "low", "ci_high": "high"})
    own = flat["source"] == "self"
    flat[["low", "high"]] = flat[["low", "high"]].mask(own)
    return flat[["ratee", "source", "dimension", "value", "low", "high", "n"]].assign(
        hollow=((flat["se_basis"] != "rater") & ~own).to_numpy()
    )


def draw(data: PlotData, ax: Axes) -> Axes:
    """Draw one person's ratings by source.

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
    rows = data.more["dimensions"]
    ax.set_ylim(len(rows) - 0.5, -0.5)
    for y in np.arange(1, len(rows)) - 0.5:
        ax.axhline(y, color=palette.PALE, linewidth=0.8, zorder=0)
    beside = ax.get_yaxis_transform()
    drawn = data.table[["value", "low", "high", "n", "y"]].to_numpy(dtype=np.float64)
    for (value, low, high, n, y), source, hollow in zip(drawn, data.table["source"], data.table["hollow"], strict=True):
        color = _COLORS.get(str(source), palette.GREY)
        if np.isfinite(low) and high > low:
            ax.plot([low, high], [y, y], color=color, linewidth=1.4, alpha=0.75, zorder=2)
        ax.plot(
            [value],
            [y],
            marker="D" if source == "self" else "o",
            markersize=6.0,
            color=color,
            markerfacecolor="white" if hollow else color,
            markeredgecolor=color,
            markeredgewidth=1.4,
            zorder=3,
        )
        lettering.write(ax, 1.05, y, f"{n:.0f}", size=7.5, color=color, transform=beside, va="center", ha="right")
    palette.dress(ax, data.title, data.subtitle, data.x_label, line=int(12.5 * data.size[0]))
    lettering.write(ax, 1.05, -0.5, "n", size=8, color=palette.GREY, transform=beside, va="bottom", ha="right")
    lettering.tick_names(ax, "y", list(rows["y"]), list(rows["label"]), color=palette.INK)
    handles = [
        Line2D(
            [], [], color=_COLORS.get(s, palette.GREY), marker="D" if s == "self" else "o", markersize=5.5, linestyle="none", label=label
        )
        for s, label in zip(data.more["sources"]["source"], data.more["sources"]["label"], strict=True)
    ]
    palette.legend(ax, handles, columns=6)
    return ax
