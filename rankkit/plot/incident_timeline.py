"""A line of time for each person: incidents up and down, and how long they waited to be written down."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib import dates
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from rankkit.errors import Lang, language
from rankkit.plot import lettering, palette
from rankkit.plot.phrases import say, sentences
from rankkit.plot.plot_data import PlotData

KIND = "incident_timeline"
NAMED = 16
_dates: Any = dates  # matplotlib does not type them


def applies(subject: Any) -> bool:
    """Tell whether dated incidents are kept."""
    return "timeline" in getattr(subject, "evidence", ())


def compute(subject: Any, *, named: int = NAMED, ratees: list[str] | None = None, lang: Lang | None = None) -> PlotData:
    """Lay out incidents by person and day.

    Parameters
    ----------
    subject : CriticalIncidentsResult
        With the table ``timeline``.
    named : int
        Most people shown: those with most incidents.
    ratees : list of str, optional
        Whom to show instead.
    lang : {"en", "zh"}, optional
        Language of titles; the session's by default.

    Returns
    -------
    PlotData
        ``table``: one row a person: ``label, n, y``; ``more["incidents"]``: ``ratee, day, recorded, valence, dimension, y``.
    """
    lang = lang or language()
    source = subject.evidence["timeline"]
    counts = source["ratee"].value_counts()
    everyone = sorted(subject.people, key=lambda p: (-int(counts.get(p, 0)), p))
    shown = [p for p in ratees if p in subject.people] if ratees else everyone[:named]
    table = pd.DataFrame(
        {
            "label": lettering.distinct(shown, [subject.labels.get(p, p) for p in shown]),
            "n": [int(counts.get(p, 0)) for p in shown],
            "y": np.arange(len(shown), dtype=np.float64),
        },
        index=pd.Index(shown, name="ratee"),
    )
    own = source[source["ratee"].isin(shown)]
    dots = pd.DataFrame(
        {
            "ratee": own["ratee"].to_numpy(),
            "day": _dates.date2num(own["occurred_on"].to_numpy(dtype="datetime64[s]").astype("datetime64[ms]").tolist())
            if len(own)
            else [],
            "valence": own["valence"].to_numpy(dtype=np.float64),
            "dimension": own["dimension"].fillna("–").to_numpy() if "dimension" in own else "–",
        }
    )
    recorded = own["recorded_at"] if "recorded_at" in own else own["occurred_on"]
    late = pd.to_datetime(recorded).fillna(own["occurred_on"])
    dots["recorded"] = dots["day"].to_numpy() + ((late - own["occurred_on"]) / pd.Timedelta(days=1)).to_numpy(dtype=np.float64)
    dots["y"] = dots["ratee"].map(table["y"]).astype(np.float64)
    return PlotData(
        kind=KIND,
        table=table,
        more={"incidents": dots.reset_index(drop=True)},
        title=say("incident_timeline", lang),
        subtitle=sentences(
            lang,
            say("incident_timeline_say", lang),
            say("incident_timeline_cut", lang, shown=len(shown), n=len(subject.people)) if len(shown) < len(subject.people) else "",
        ),
        lang=lang,
        size=(9.0, 1.8 + 0.42 * max(len(shown), 3)),
    )


def draw(data: PlotData, ax: Axes) -> Axes:
    """Draw stems on lines of time.

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
    table, dots = data.table, data.more["incidents"]
    for y in table["y"]:
        ax.axhline(y, color=palette.PALE, linewidth=0.8, zorder=0)
    names = sorted(set(dots["dimension"]))
    ax.hlines(dots["y"], dots["day"], dots["recorded"], color=palette.SILVER, linewidth=0.8, zorder=1)
    for k, name in enumerate(names):
        part = dots[dots["dimension"] == name]
        top = part["y"] - 0.2 * part["valence"]
        ax.vlines(part["day"], part["y"], top, color=palette.group_color(k), linewidth=1.4, zorder=2)
        ax.scatter(part["day"], top, s=13, color=palette.group_color(k), zorder=3, linewidths=0)
    ax.set_ylim(len(table) - 0.4, -0.6)
    locator = _dates.AutoDateLocator()
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(
        _dates.ConciseDateFormatter(
            locator,
            formats=["%Y", "%Y-%m", "%m-%d", "%H:%M", "%H:%M", "%S"],
            zero_formats=["", "%Y", "%Y-%m", "%m-%d", "%H:%M", "%H:%M"],
            show_offset=False,
        )
    )
    palette.dress(ax, data.title, data.subtitle, line=int(12.5 * data.size[0]))
    lettering.tick_names(ax, "y", list(table["y"]), list(table["label"]), color=palette.INK)
    beside = ax.get_yaxis_transform()
    for y, n in zip(table["y"], table["n"], strict=True):
        lettering.write(
            ax,
            1.01,
            y,
            f"{n}" if n else say("incident_nothing", data.lang),
            color=palette.GREY,
            size=8.5,
            transform=beside,
            va="center",
            ha="left",
        )
    handles = [
        Line2D([], [], marker="o", linestyle="-", color=palette.group_color(k), markersize=4, label=lettering.legible(n))
        for k, n in enumerate(names)
    ]
    if len(names) > 1:
        palette.legend(ax, handles, columns=4)
    return ax
