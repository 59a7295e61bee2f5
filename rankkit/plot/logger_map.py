"""Rates of incidents by author and person: diligent authors stand out as columns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from rankkit.errors import Lang, language
from rankkit.plot import cell_map, lettering, palette
from rankkit.plot.phrases import say, sentences
from rankkit.plot.plot_data import PlotData

KIND = "logger_map"
NAMED = 40
_STEPS = 9


def applies(subject: Any) -> bool:
    """Tell whether rates by author and person are kept."""
    return len(getattr(subject, "evidence", {}).get("pair_rates", ())) > 0 if "pair_rates" in getattr(subject, "evidence", ()) else False


def compute(subject: Any, *, named: int = NAMED, lang: Lang | None = None) -> PlotData:
    """Lay out rates by person and author.

    Parameters
    ----------
    subject : CriticalIncidentsResult
        With the table ``pair_rates``.
    named : int
        Most people shown, evenly spread over the order.
    lang : {"en", "zh"}, optional
        Language of titles; the session's by default.

    Returns
    -------
    PlotData
        ``table``: people × authors, incidents a month; ``more["people"]`` and ``more["authors"]`` with ``label``.
    """
    lang = lang or language()
    long = subject.evidence["pair_rates"]
    totals = {by: long.groupby(by)[["n", "months"]].sum() for by in ("ratee", "rater")}
    order = {by: (t["n"] / t["months"]).sort_values(ascending=False, kind="stable").index for by, t in totals.items()}
    people = order["ratee"][np.unique(np.linspace(0, len(order["ratee"]) - 1, min(named, len(order["ratee"]))).astype(int))]
    wide = long.assign(rate=long["n"] / long["months"]).pivot_table(index="ratee", columns="rater", values="rate")
    table = wide.reindex(index=people, columns=order["rater"])
    names = dict(zip(long["rater"], long["rater_label"], strict=True))
    rows = lettering.distinct(list(people), [subject.labels.get(p, p) for p in people])
    columns = lettering.distinct(list(order["rater"]), [names.get(a, a) for a in order["rater"]])
    return PlotData(
        kind=KIND,
        table=table,
        more={"people": pd.DataFrame({"label": rows}, index=people), "authors": pd.DataFrame({"label": columns}, index=order["rater"])},
        title=say("logger_map", lang),
        subtitle=sentences(lang, say("logger_map_say", lang), say("logger_map_caution", lang)),
        lang=lang,
        size=(3.2 + 0.5 * len(columns), 1.9 + 0.2 * max(len(rows), 4)),
    )


def draw(data: PlotData, ax: Axes) -> Axes:
    """Draw cells, darker for higher rates.

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
    values = data.table.to_numpy(dtype=np.float64)
    colors = cell_map.ramp(["#E1EBF2", palette.SKY, palette.BLUE, "#00304d"], _STEPS)
    top = max(float(np.nanquantile(values, 0.98)), 1e-9)
    cell_map.fill(ax, cell_map.levels(values, 0.0, top, _STEPS), colors)
    cell_map.frame(ax, *values.shape)
    palette.dress(ax, data.title, data.subtitle, line=int(12.5 * data.size[0]))
    lettering.tick_names(ax, "y", list(np.arange(len(values)) + 0.5), list(data.more["people"]["label"]), color=palette.INK)
    lettering.tick_names(ax, "x", list(np.arange(values.shape[1]) + 0.5), list(data.more["authors"]["label"]), color=palette.INK)
    for label in ax.get_xticklabels():
        label.set_rotation(40)
        label.set_horizontalalignment("right")
    return ax
