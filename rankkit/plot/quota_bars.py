"""Quota plot: the grades of each unit beside the shares the quota asks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from rankkit.errors import Lang, language
from rankkit.plot import lettering, palette
from rankkit.plot.phrases import say, sentences
from rankkit.plot.plot_data import PlotData

KIND = "quota_bars"
NAMED = 30  # units shown; above that, the largest
COLORS = (palette.GREEN, palette.SKY, palette.YELLOW, palette.PURPLE, palette.ORANGE, palette.BLUE, palette.VERMILLION)
_ROW = 0.5  # inches a row
_NARROW = 0.035  # share below which a bar has no room for its number


def applies(subject: Any) -> bool:
    """Tell whether a result has grades by unit, or others than its quota asks."""
    quota = getattr(subject, "quota", None)
    if not isinstance(quota, pd.DataFrame) or not hasattr(subject, "unit_quota") or not len(quota):
        return False
    return bool(len(subject.unit_quota) or "fewest" in quota or len(subject.relaxations) or (quota["seats"] != quota["used"]).any())


def compute(result: Any, *, named: int = NAMED, lang: Lang | None = None) -> PlotData:
    """Lay out units, the one of everybody first.

    Parameters
    ----------
    result : ForcedDistributionResult
        ``quota`` and ``unit_quota``.
    named : int
        Most units shown.
    lang : {"en", "zh"}, optional
        Language of titles; the session's by default.

    Returns
    -------
    PlotData
        ``table`` by curve ("" = everybody): ``label, n, enforced, y``. ``more`` has ``bars`` (``curve, grade, people, start,
        share, y``; grade "" = awaiting) and ``asked`` (``curve, x, y``: where the cuts between the grades would be).
    """
    lang = lang or language()
    quota, by_unit = result.quota, result.unit_quota
    written = {g: lettering.legible(str(g), 16) for g in quota.index}
    n = int(quota["seats"].sum())
    rows: dict[str, tuple[str, int, bool, np.ndarray]] = {"": (say("quota_bars_all", lang), n, True, quota["used"].to_numpy())}
    if len(by_unit):
        sizes = by_unit["n"].groupby(level="curve").first()
        loose = set(result.curves.loc[~result.curves["enforced"].astype(bool), "curve"])
        largest = sizes.sort_index().sort_values(ascending=False, kind="stable").index[:named]
        for curve in largest:
            used = by_unit.loc[curve, "used"].reindex(quota.index).to_numpy()
            rows[curve] = (lettering.legible(str(curve), 24), int(sizes[curve]), curve not in loose, used)
    table = pd.DataFrame(
        [(say("quota_bars_n", lang, name=label, n=size), size, enforced) for label, size, enforced, _ in rows.values()],
        columns=["label", "n", "enforced"],
        index=pd.Index(list(rows), name="curve"),
    )
    table["y"] = np.arange(len(table), dtype=np.float64)
    bars, asked = [], []
    above = np.cumsum(quota["share"].to_numpy(dtype=np.float64))[:-1]
    for y, (curve, (_, size, _, used)) in enumerate(rows.items()):
        start = 0.0
        for grade, people in [*zip(written.values(), used.tolist(), strict=True), ("", size - int(used.sum()))]:
            share = people / max(size, 1)
            bars.append((curve, grade, int(people), start, share, float(y)))
            start += share
        asked += [(curve, float(x), float(y)) for x in above]
    units = len(by_unit.index.unique("curve")) if len(by_unit) else 0
    subtitle = sentences(
        lang,
        say("quota_bars_say", lang),
        "" if table["enforced"].all() else say("quota_bars_small", lang),
        say("quota_bars_cut", lang, n=units, shown=named) if units > named else "",
    )
    return PlotData(
        kind=KIND,
        table=table,
        more={
            "bars": pd.DataFrame(bars, columns=["curve", "grade", "people", "start", "share", "y"]),
            "asked": pd.DataFrame(asked, columns=["curve", "x", "y"]),
        },
        title=say("quota_bars", lang),
        subtitle=subtitle,
        x_label=say("quota_bars_x", lang),
        lang=lang,
        size=(7.4, 2.0 + _ROW * max(len(table), 2)),
    )


def draw(data: PlotData, ax: Axes) -> Axes:
    """Draw a quota plot.

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
    table, bars = data.table, data.more["bars"]
    written = [g for g in dict.fromkeys(bars["grade"]) if g]
    colors = {g: COLORS[k % len(COLORS)] for k, g in enumerate(written)}
    for curve, grade, people, start, share, y in bars.itertuples(index=False):
        if people <= 0:
            continue
        dashed = "solid" if table.loc[curve, "enforced"] else (0, (3, 2))
        look = {"color": colors[grade], "linewidth": 0} if grade else {"facecolor": "white", "edgecolor": palette.GREY, "linestyle": dashed}
        ax.barh(y, 100 * share, left=100 * start, height=0.62, zorder=2, **look)
        if share >= _NARROW:
            lettering.write(ax, 100 * (start + share / 2), y, str(people), size=8.5, color=palette.INK, va="center", ha="center", zorder=4)
    for _, x, y in data.more["asked"].itertuples(index=False):
        ax.plot([100 * x, 100 * x], [y - 0.42, y + 0.42], color=palette.BLACK, linewidth=1.6, zorder=3)
    if len(table) > 1:
        ax.axhline(0.5, color=palette.SILVER, linewidth=0.8)
    ax.set_xlim(0, 100)
    ax.set_ylim(len(table) - 0.4, -0.6)
    palette.dress(ax, data.title, data.subtitle, data.x_label, line=92)
    lettering.tick_names(ax, "y", list(table["y"]), list(table["label"]))
    handles: list[Any] = [Rectangle((0, 0), 1, 1, facecolor=colors[g], label=g) for g in written]
    handles.append(Line2D([], [], color=palette.BLACK, linewidth=1.6, label=say("quota_bars_asked", data.lang)))
    palette.legend(ax, handles, columns=min(len(handles), 6))
    return ax
