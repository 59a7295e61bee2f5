"""How many days passed before incidents were written down."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from rankkit.errors import Lang, language
from rankkit.plot import palette
from rankkit.plot.phrases import say
from rankkit.plot.plot_data import PlotData

KIND = "lag_histogram"
_LAST = 90


def applies(subject: Any) -> bool:
    """Tell whether incidents have dates of recording."""
    return "timeline" in getattr(subject, "evidence", ()) and "recorded_at" in subject.evidence["timeline"]


def compute(subject: Any, *, width: int = 2, lang: Lang | None = None) -> PlotData:
    """Count incidents by days to the record.

    Parameters
    ----------
    subject : CriticalIncidentsResult
        With the table ``texts``.
    width : int
        Days a bar.
    lang : {"en", "zh"}, optional
        Language of titles; the session's by default.

    Returns
    -------
    PlotData
        ``table``: one row a bar: ``low, high`` (days), ``n, late``.
    """
    lang = lang or language()
    lag = subject.evidence["texts"]["lag"].dropna().to_numpy(dtype=np.float64)
    days = int(subject.settings.get("late_days", 14))
    start = (days + 1) % width - (width if (days + 1) % width else 0)  # so that late begins with a bar
    edges = np.arange(start, _LAST + width, width, dtype=np.float64)
    counts = np.histogram(np.minimum(lag, edges[-1] - 0.5), edges)[0]
    table = pd.DataFrame({"low": edges[:-1], "high": edges[1:], "n": counts, "late": edges[:-1] > days})
    share = float((lag > days).mean()) if len(lag) else float("nan")
    median = float(np.median(lag)) if len(lag) else float("nan")
    return PlotData(
        kind=KIND,
        table=table,
        title=say("lag_histogram", lang),
        subtitle=say("lag_histogram_say", lang, median=f"{median:g}", share=f"{share:.0%}", days=days),
        x_label=say("lag_axis", lang),
        y_label=say("lag_count", lang),
        lang=lang,
        size=(7.5, 3.6),
    )


def draw(data: PlotData, ax: Axes) -> Axes:
    """Draw bars, late ones in orange.

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
    colors = np.where(table["late"], palette.ORANGE, palette.BLUE)
    ax.bar(table["low"], table["n"], width=table["high"] - table["low"], align="edge", color=colors, edgecolor="white", linewidth=0.6)
    palette.dress(ax, data.title, data.subtitle, data.x_label, data.y_label, line=int(12.5 * data.size[0]))
    return ax
