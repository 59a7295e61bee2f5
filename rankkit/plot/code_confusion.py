"""What one coder called a segment, and what another did."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from rankkit.errors import Lang, language
from rankkit.plot import cell_map, lettering, palette
from rankkit.plot.phrases import say
from rankkit.plot.plot_data import PlotData

KIND = "code_confusion"
_STEPS = 10


def applies(subject: Any) -> bool:
    """Tell whether two coders coded the same segments."""
    return "confusion" in getattr(subject, "evidence", ()) and bool(subject.evidence["confusion"].to_numpy().sum())


def compute(subject: Any, *, lang: Lang | None = None) -> PlotData:
    """Lay out counts of pairs of codes.

    Parameters
    ----------
    subject : NarrativeAppraisalResult
        With codes.
    lang : {"en", "zh"}, optional
        Language of titles; the session's by default.

    Returns
    -------
    PlotData
        ``table``: category × category, pairs of codings; ``more["shares"]``: of the row.
    """
    lang = lang or language()
    counts = subject.evidence["confusion"]
    total = counts.sum(axis=1).to_numpy(dtype=np.float64)
    shares = counts / np.where(total > 0, total, np.nan)[:, None]
    side = 2.6 + 0.8 * len(counts)
    return PlotData(
        kind=KIND,
        table=counts,
        more={"shares": shares},
        title=say("code_confusion", lang),
        subtitle=say("code_confusion_say", lang),
        x_label=say("code_confusion_axis", lang),
        lang=lang,
        size=(max(side, 6.0), max(side - 1.2, 3.2)),
    )


def draw(data: PlotData, ax: Axes) -> Axes:
    """Draw cells with counts.

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
    shares, counts = data.more["shares"].to_numpy(dtype=np.float64), data.table.to_numpy()
    colors = cell_map.ramp(["#F7F7F7", palette.SKY, palette.BLUE], _STEPS)
    level = cell_map.levels(shares, 0.0, 1.0, _STEPS)
    cell_map.fill(ax, level, colors)
    cell_map.frame(ax, *shares.shape)
    for i, j in zip(*np.nonzero(counts), strict=True):
        ink = cell_map.ink_on(colors[level[i, j]])
        lettering.write(ax, j + 0.5, i + 0.5, f"{counts[i, j]}", color=ink, size=8.5, ha="center", va="center")
    names = [lettering.legible(str(c)) for c in data.table.columns]
    at = [k + 0.5 for k in range(len(names))]
    palette.dress(ax, data.title, data.subtitle, data.x_label, line=int(12.5 * data.size[0]))
    lettering.tick_names(ax, "y", at, names, color=palette.INK)
    lettering.tick_names(ax, "x", at, names, color=palette.INK)
    return ax
