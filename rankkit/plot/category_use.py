"""Which categories each rater uses: stacked shares, raters in order of their mean."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from rankkit.errors import Lang, language
from rankkit.findings import Findings
from rankkit.plot import cell_map, lettering, palette
from rankkit.plot.phrases import say, sentences
from rankkit.plot.plot_data import PlotData

KIND = "category_use"
NAMED = 40
MOST = 11  # categories drawn
_COLORS = (palette.VERMILLION, "#F3B98F", "#EDEDED", "#9CC7E2", palette.BLUE)


def applies(subject: Any) -> bool:
    """Tell whether the use of categories was counted."""
    return isinstance(subject, Findings) and len(subject.tables.get("category_use", ())) > 0 and len(_categories(subject)) > 1


def _categories(found: Findings) -> list[str]:
    """Columns of the table that are categories of the form."""
    return [c for c in map(str, found.tables["category_use"].columns) if c.lstrip("-").replace(".", "", 1).isdigit()][:MOST]


def compute(found: Findings, *, named: int = NAMED, lang: Lang | None = None) -> PlotData:
    """Lay out shares of the categories.

    Parameters
    ----------
    found : Findings
        Its table ``category_use`` has, by ``rater``, ``n`` and a column a category.
    named : int
        Most raters shown; with more, the ends.
    lang : {"en", "zh"}, optional
        Language of titles; the session's by default.

    Returns
    -------
    PlotData
        ``table`` has, by ``rater``: ``label, n, mean, y``; ``more["shares"]`` raters × categories, each row summing to 1.
    """
    lang = lang or language()
    names = _categories(found)
    source = found.tables["category_use"]
    used = source[names].astype("float64").fillna(0.0)
    used = used[used.sum(axis=1) > 0]
    shares = used.div(used.sum(axis=1), axis=0)
    mean = shares.to_numpy() @ np.array([float(c) for c in names])
    ids = [str(r) for r in shares.index]
    table = pd.DataFrame(
        {
            "label": lettering.distinct(ids, [found.labels.get(r, r) for r in ids]),
            "n": source.loc[shares.index, "n"].astype(int),
            "mean": mean,
        },
        index=shares.index,
    ).sort_values(["mean", "label"], kind="stable")
    raters = len(table)
    if raters > named:
        ends = max(named // 2, 1)
        table = pd.concat([table.iloc[:ends], table.iloc[-ends:]])
    table["y"] = np.arange(len(table), dtype=np.float64)
    return PlotData(
        kind=KIND,
        table=table,
        more={"shares": shares.loc[table.index]},
        title=say("category_use", lang),
        subtitle=sentences(
            lang,
            say("category_use_say", lang),
            say("raters_cut", lang, n=raters, ends=max(named // 2, 1)) if raters > named else "",
        ),
        x_label=say("category_share", lang),
        lang=lang,
        size=(7.4, 2.0 + 0.3 * max(len(table), 3)),
    )


def draw(data: PlotData, ax: Axes) -> Axes:
    """Draw stacked bars.

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
    table, shares = data.table, data.more["shares"]
    names = list(shares.columns)
    colors = cell_map.ramp(_COLORS, len(names))
    left = np.zeros(len(table))
    for name, color in zip(names, colors, strict=True):
        width = shares[name].to_numpy(dtype=np.float64)
        ax.barh(table["y"], width, left=left, height=0.78, color=color, edgecolor="white", linewidth=0.6)
        for y, at, w in zip(table["y"], left, width, strict=True):
            if w >= 0.09:
                lettering.write(ax, at + w / 2, y, f"{w:.0%}", color=cell_map.ink_on(color), size=8.0, ha="center", va="center")
        left = left + width
    ax.set_xlim(0, 1)
    ax.set_ylim(len(table) - 0.45, -0.9)
    palette.dress(ax, data.title, data.subtitle, data.x_label, line=int(12.5 * data.size[0]))
    lettering.tick_names(ax, "y", list(table["y"]), list(table["label"]), color=palette.INK)
    beside = ax.get_yaxis_transform()
    lettering.write(ax, 1.06, -0.75, say("n", data.lang), color=palette.GREY, size=8.5, transform=beside, va="center", ha="right")
    for y, n in zip(table["y"], table["n"], strict=True):
        lettering.write(ax, 1.06, y, f"{n}", color=palette.INK, size=8.5, transform=beside, va="center", ha="right")
    palette.legend(
        ax, [Rectangle((0, 0), 1, 1, facecolor=c, label=lettering.legible(k)) for k, c in zip(names, colors, strict=True)], columns=MOST
    )
    return ax
