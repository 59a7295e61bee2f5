"""People × dimensions: whether incidents support, do not support, or contradict the marks at the ends."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from rankkit.errors import Lang, language
from rankkit.evidence import CONTRADICTED, STATES, SUPPORTED, UNSUPPORTED, EvidenceCoverage
from rankkit.plot import cell_map, lettering, palette
from rankkit.plot.phrases import say, sentences
from rankkit.plot.plot_data import PlotData

KIND = "evidence_map"
NAMED = 30
_COLORS = {SUPPORTED: "#9CC7E2", UNSUPPORTED: "#E2E2E2", CONTRADICTED: palette.VERMILLION}


def applies(subject: Any) -> bool:
    """Tell whether ratings were held against incidents."""
    return isinstance(subject, EvidenceCoverage) and len(subject.ratings) > 0


def compute(subject: EvidenceCoverage, *, named: int = NAMED, lang: Lang | None = None) -> PlotData:
    """Count states by person and dimension.

    Parameters
    ----------
    subject : EvidenceCoverage
    named : int
        Most people shown: those with most marks that are not supported.
    lang : {"en", "zh"}, optional
        Language of titles; the session's by default.

    Returns
    -------
    PlotData
        ``table``: one row a cell: ``ratee, label, dimension, ends, supported, contradicted, state, y, x``.
    """
    lang = lang or language()
    long = subject.ratings
    open_ = long[long["state"] != SUPPORTED].groupby("ratee").size()
    everyone = sorted(set(long["ratee"]), key=lambda p: (-int(open_.get(p, 0)), p))
    people, dimensions = everyone[:named], sorted(set(long["dimension"]))
    labels = dict(zip(people, lettering.distinct(people, [subject.labels.get(p, p) for p in people]), strict=True))
    rows = []
    for (ratee, dimension), part in long[long["ratee"].isin(people)].groupby(["ratee", "dimension"]):
        counts = part["state"].value_counts()
        state = next(s for s in (CONTRADICTED, UNSUPPORTED, SUPPORTED) if counts.get(s, 0))
        known = {s: int(counts.get(s, 0)) for s in STATES}
        rows.append({"ratee": ratee, "label": labels[str(ratee)], "dimension": dimension, "ends": len(part), **known, "state": state})
    table = pd.DataFrame(rows)
    table["y"] = table["ratee"].map({p: k for k, p in enumerate(people)}).astype(int)
    table["x"] = table["dimension"].map({d: k for k, d in enumerate(dimensions)}).astype(int)
    cut = say("evidence_map_cut", lang, shown=len(people), n=len(everyone)) if len(people) < len(everyone) else ""
    return PlotData(
        kind=KIND,
        table=table,
        title=say("evidence_map", lang),
        subtitle=sentences(lang, say("evidence_map_say", lang), cut),
        lang=lang,
        size=(3.0 + 1.15 * len(dimensions), 2.0 + 0.24 * max(len(people), 4)),
    )


def draw(data: PlotData, ax: Axes) -> Axes:
    """Draw the cells with their counts.

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
    shape = int(table["y"].max()) + 1, int(table["x"].max()) + 1
    level = np.full(shape, -1, dtype=np.int64)
    level[table["y"], table["x"]] = [STATES.index(s) for s in table["state"]]
    colors = [_COLORS[s] for s in STATES]
    cell_map.fill(ax, level, colors)
    cell_map.frame(ax, *shape)
    row: Any
    for row in table.itertuples(index=False):
        text = f"{row.supported}/{row.ends}"
        lettering.write(ax, row.x + 0.5, row.y + 0.5, text, color=cell_map.ink_on(_COLORS[row.state]), size=8.0, ha="center", va="center")
    people = table.drop_duplicates("y").sort_values("y")
    dimensions = table.drop_duplicates("x").sort_values("x")
    palette.dress(ax, data.title, data.subtitle, line=int(12.5 * data.size[0]))
    lettering.tick_names(ax, "y", list(people["y"] + 0.5), list(people["label"]), color=palette.INK)
    lettering.tick_names(ax, "x", list(dimensions["x"] + 0.5), [lettering.legible(d) for d in dimensions["dimension"]], color=palette.INK)
    handles = [Rectangle((0, 0), 1, 1, facecolor=_COLORS[s], label=say(s, data.lang)) for s in STATES]
    palette.legend(ax, handles, columns=3)
    return ax
