"""Variance components as bars: how much of the differences between ratings is people, raters, and the rest."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from rankkit.errors import Lang, language
from rankkit.plot import lettering, palette
from rankkit.plot.phrases import percent, say, sentences
from rankkit.plot.plot_data import PlotData

KIND = "components"
_ROOM = 1.7  # most an interval may widen the axis, in longest bars
_FACETS = {
    "ratee": ("people", "人员"),
    "rater": ("raters", "评价人"),
    "dimension": ("dimensions", "维度"),
    "occasion": ("occasions", "场次"),
    "item": ("items", "题目"),
    "task": ("tasks", "任务"),
    "team": ("teams", "团队"),
    "source": ("sources", "来源"),
    "residual": ("the rest", "其余"),
}


def applies(subject: Any) -> bool:
    """Tell whether there are variance components."""
    found = getattr(subject, "components", None)
    return isinstance(found, pd.DataFrame) and "variance" in found and len(found) > 0 and found.index.nlevels == 1


def compute(subject: Any, *, lang: Lang | None = None) -> PlotData:
    """Lay out variance components.

    Parameters
    ----------
    subject : GraphicRatingScaleResult or GeneralizabilityStudy
        Its ``components`` has ``variance`` by ``facet`` and perhaps ``ci_low, ci_high, as_estimated``.
    lang : {"en", "zh"}, optional
        Language of titles; the session's by default.

    Returns
    -------
    PlotData
        ``table`` has, by ``facet``: ``label, variance, share, ci_low, ci_high, y``.
    """
    lang = lang or language()
    found = subject.components
    table = pd.DataFrame({"variance": found["variance"].astype("float64")}, index=pd.Index(found.index, name="facet"))
    table.insert(0, "label", [_named(str(f), lang) for f in table.index])
    total = float(table["variance"].sum())
    table["share"] = table["variance"] / total if total > 0 else 0.0
    for end in ("ci_low", "ci_high"):
        table[end] = found[end].astype("float64") if end in found else np.nan
    table["y"] = np.arange(len(table), dtype=np.float64)
    with_lines = bool(table["ci_low"].notna().any())
    negative = list(table["label"][(found["as_estimated"] < 0).to_numpy()]) if "as_estimated" in found else []
    longest = float(table["variance"].max()) if len(table) else 1.0
    return PlotData(
        kind=KIND,
        table=table,
        title=say("components", lang),
        subtitle=sentences(
            lang,
            say("components_say", lang, level=percent(subject.level)) if with_lines else say("components_plain", lang),
            say("components_beyond", lang) if (table["ci_high"] > _ROOM * longest).any() else "",
            say("components_negative", lang, who=("、" if lang == "zh" else ", ").join(negative)) if negative else "",
        ),
        x_label=say("variance_plain", lang),
        lang=lang,
        size=(7.2, 1.7 + 0.38 * max(len(table), 2)),
    )


def _named(facet: str, lang: Lang) -> str:
    """Name a facet or an interaction in words."""
    one = [_FACETS.get(f, (f, f))[lang == "zh"] for f in facet.split(":")]
    return lettering.legible(" × ".join(one))


def draw(data: PlotData, ax: Axes) -> Axes:
    """Draw variance components.

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
    longest = max(float(table["variance"].max()), 1e-12) if len(table) else 1.0
    ends = table["ci_high"].fillna(0.0).clip(upper=_ROOM * longest)
    reach = max(longest, float(ends.max()))
    ax.set_xlim(0, 1.02 * reach)
    ax.set_ylim(len(table) - 0.45, -0.55)
    colors = [palette.BLUE if f == "ratee" else palette.VERMILLION if f == "rater" else palette.SILVER for f in table.index]
    ax.barh(table["y"], table["variance"], height=0.62, color=colors, zorder=2)
    for y, low, high in zip(table["y"], table["ci_low"], table["ci_high"], strict=True):
        if np.isnan(low):
            continue
        ax.plot([low, min(high, reach)], [y, y], color=palette.INK, linewidth=1.1, zorder=3)
        if high > reach:
            ax.plot([reach], [y], marker=">", markersize=5, color=palette.INK, clip_on=False, zorder=3)
    palette.dress(ax, data.title, data.subtitle, data.x_label, line=int(12.5 * data.size[0]))
    lettering.tick_names(ax, "y", list(table["y"]), list(table["label"]), color=palette.INK)
    beside = ax.get_yaxis_transform()
    decimals = int(np.clip(2 - np.floor(np.log10(longest)), 0, 6))
    for y, variance, share in zip(table["y"], table["variance"], table["share"], strict=True):
        lettering.write(ax, 1.12, y, f"{variance:.{decimals}f}", color=palette.INK, transform=beside, va="center", ha="right")
        lettering.write(ax, 1.2, y, f"{share:.0%}", color=palette.GREY, transform=beside, va="center", ha="right")
    return ax
