"""Self ratings over others' ratings, with the band of differences that error alone can produce."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from rankkit.errors import Lang, SettingsError, language
from rankkit.plot import lettering, palette
from rankkit.plot.parts import titled
from rankkit.plot.phrases import percent, say, sentences
from rankkit.plot.plot_data import PlotData

KIND = "self_other"
NAMED = 10
_ALL = "(all)"
_COLORS = {"blind spot": palette.VERMILLION, "hidden strength": palette.BLUE, "": palette.SILVER}
_DOTS = 4.5
_WIDE, _TALL = 0.2, 0.035  # room of a name, of the width of the picture


def applies(subject: Any) -> bool:
    """Tell whether there are self ratings beside those of others."""
    return "self_other" in getattr(subject, "evidence", ()) and len(subject.evidence["self_other"]) > 0


def compute(result: Any, *, dimension: str | None = None, named: int = NAMED, lang: Lang | None = None) -> PlotData:
    """Lay out self and others' ratings.

    Parameters
    ----------
    result : MultiSourceFeedbackResult
    dimension : str, optional
        One dimension; the composite by default.
    named : int
        Most people named.
    lang : {"en", "zh"}, optional
        Language of titles; the session's by default.

    Returns
    -------
    PlotData
        ``table`` has, by ``ratee``: ``label, others, self, difference, se, finding, named``; ``more["band"]`` half the width of the
        band (the median of what each difference must exceed) and the reliability of the difference.

    Raises
    ------
    SettingsError
        If there is no such dimension.
    """
    lang = lang or language()
    found = result.evidence["self_other"]
    name = _ALL if dimension is None else dimension
    known = list(dict.fromkeys(found.index.get_level_values("dimension")))
    if name not in known:
        raise SettingsError("E-SETTING", name="dimension", value=name, allowed=", ".join(d for d in known if d != _ALL))
    rows = found.xs(name, level="dimension")
    table = rows[["others", "self", "difference", "se", "finding"]].copy()
    table.insert(0, "label", lettering.distinct([str(i) for i in rows.index], [str(v) for v in rows["label"]]))
    flagged = table.index[table["finding"] != ""]
    largest = table.loc[flagged, "difference"].abs().sort_values(ascending=False, kind="stable").index
    table["named"] = table.index.isin(_apart(table, list(largest))[:named])
    half = float((rows["ci_high"] - rows["difference"]).median())
    told = result.evidence["self_other_reliability"]
    declared = told[told["declared"]].xs(name, level="dimension")
    r_self, r_d = float(declared.index[0]), float(declared["r_d"].iloc[0])
    counts = {f: int((table["finding"] == f).sum()) for f in ("blind spot", "hidden strength")}
    return PlotData(
        kind=KIND,
        table=table,
        more={"band": pd.DataFrame({"half": [half], "r_d": [r_d], "r_self": [r_self]})},
        title=titled(say("self_other", lang), dimension, lang),
        subtitle=sentences(
            lang,
            say("self_other_say", lang, level=percent(result.level), r=f"{r_self:g}"),
            say("self_other_r", lang, r=f"{r_d:.2f}") if np.isfinite(r_d) else "",
            say("self_other_n", lang, blind=counts["blind spot"], hidden=counts["hidden strength"]),
            say("self_other_cut", lang, n=int(table["named"].sum())) if len(flagged) > int(table["named"].sum()) else "",
        ),
        x_label=say("rated_by_others", lang),
        y_label=say("rated_by_self", lang),
        lang=lang,
        size=(6.4, 6.4),
    )


def _apart(table: pd.DataFrame, order: list[Any]) -> list[Any]:
    """People whose names do not run into that of somebody named before."""
    width = max(float(np.ptp(table[["others", "self"]].to_numpy(dtype=np.float64))), 1e-9)
    kept: list[Any] = []
    for who in order:
        x, y = float(table.loc[who, "others"]), float(table.loc[who, "self"])
        near = [abs(x - table.loc[k, "others"]) < _WIDE * width and abs(y - table.loc[k, "self"]) < _TALL * width for k in kept]
        if not any(near):
            kept.append(who)
    return kept


def draw(data: PlotData, ax: Axes) -> Axes:
    """Draw self over others.

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
    table, half = data.table, float(data.more["band"]["half"].iloc[0])
    both = table[["others", "self"]].to_numpy(dtype=np.float64)
    low, high = float(both.min()), float(both.max())
    room = 0.06 * max(high - low, 1e-9)
    ends = np.array([low - room, high + room])
    if np.isfinite(half):
        ax.fill_between(ends, ends - half, ends + half, color=palette.PALE, linewidth=0, zorder=0)
    ax.plot(ends, ends, color=palette.GREY, linewidth=1.0, zorder=1)
    ax.set_xlim(*ends)
    ax.set_ylim(*ends)
    ax.set_aspect("equal")
    for finding, color in _COLORS.items():
        rows = table[table["finding"] == finding]
        dark = palette.GREY if finding == "" else color
        ax.plot(rows["others"], rows["self"], linestyle="none", marker="o", markersize=_DOTS, color=dark, alpha=0.85, zorder=3)
    names = table[table["named"]]
    for x, y, label in zip(names["others"].astype(float), names["self"].astype(float), names["label"], strict=True):
        right = x < ends.mean()
        shift, side = (6, "left") if right else (-6, "right")
        note = ax.annotate(str(label), (x, y), (shift, 3), textcoords="offset points", ha=side)
        lettering.letter(note, 8, palette.INK)
    palette.dress(ax, data.title, data.subtitle, data.x_label, data.y_label, line=78)
    ax.spines["left"].set_visible(True)
    ax.spines["left"].set_color(palette.SILVER)
    style: dict[str, Any] = {"linestyle": "none", "marker": "o", "markersize": 5.5}
    handles = [
        Line2D([], [], color=color if f else palette.GREY, label=say(f or "no_finding", data.lang), **style)
        for f, color in _COLORS.items()
        if (table["finding"] == f).any()
    ]
    palette.legend(ax, handles, columns=2)
    return ax
