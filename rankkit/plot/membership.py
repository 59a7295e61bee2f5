"""Membership plot: for each person the probability of each grade, and the grade given."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from rankkit.errors import Lang, language
from rankkit.plot import lettering, palette
from rankkit.plot.phrases import percent, say, sentences
from rankkit.plot.plot_data import PlotData
from rankkit.plot.quota_bars import COLORS

KIND = "membership"
NAMED = 60  # people shown; above that, the least sure
_LEAST = 0.6  # below it a grade is close to a coin-flip
_ROW = 0.25  # inches a row
_WIDE = 0.07  # share from which a bar has room for its number


def applies(subject: Any) -> bool:
    """Tell whether a result has grades with probabilities."""
    probabilities = getattr(subject, "probabilities", None)
    return isinstance(probabilities, pd.DataFrame) and hasattr(subject, "unit_quota") and bool(len(probabilities))


def compute(result: Any, *, named: int = NAMED, lang: Lang | None = None) -> PlotData:
    """Lay out people, best score first; by unit where each has its own curve.

    Parameters
    ----------
    result : ForcedDistributionResult
        ``probabilities``, ``grades``, ``expected_misgraded``.
    named : int
        Most people shown; with more, those whose most probable grade is least so.
    lang : {"en", "zh"}, optional
        Language of titles; the session's by default.

    Returns
    -------
    PlotData
        ``table`` by ``ratee``: ``label, score, grade`` (as written; NA while it awaits a decision), ``largest`` probability,
        ``unsure``, ``y``. ``more["probabilities"]`` has a column a grade.
    """
    lang = lang or language()
    shares = result.probabilities
    written = {g: lettering.legible(str(g), 16) for g in shares.columns}
    grades = result.grades.reindex(shares.index).sort_index().sort_values("score", ascending=False, kind="stable")
    if "curve" in grades:
        grades = grades.sort_values("curve", kind="stable")
    labels = [f"{row.label} · {row.curve}" for row in grades.itertuples()] if "curve" in grades else list(grades["label"])
    largest = shares.max(axis=1).reindex(grades.index)
    table = pd.DataFrame(
        {
            "label": lettering.distinct(list(grades.index), labels),
            "score": grades["score"],
            "grade": pd.Series([pd.NA if pd.isna(g) else written[g] for g in grades["grade"]], index=grades.index, dtype="object"),
            "largest": largest,
            "unsure": largest < _LEAST,
        },
        index=grades.index,
    )
    n = len(table)
    if n > named:
        keep = np.argsort(table["largest"].to_numpy(dtype=np.float64), kind="stable")[:named]
        table = table.iloc[np.sort(keep)]
    table["y"] = np.arange(len(table), dtype=np.float64)
    graded = int(result.grades["grade"].notna().sum())
    wrong = float(result.expected_misgraded)
    subtitle = sentences(
        lang,
        say("membership_say", lang, least=percent(_LEAST)),
        say("membership_expected", lang, wrong=f"{wrong:.1f}", n=graded) if np.isfinite(wrong) else "",
        say("membership_cut", lang, n=n, shown=len(table)) if len(table) < n else "",
    )
    return PlotData(
        kind=KIND,
        table=table,
        more={"probabilities": shares.reindex(table.index).set_axis(list(written.values()), axis=1)},
        title=say("membership", lang),
        subtitle=subtitle,
        x_label=say("probability", lang) + " (%)",
        lang=lang,
        size=(7.0, 2.1 + _ROW * max(len(table), 3)),
    )


def draw(data: PlotData, ax: Axes) -> Axes:
    """Draw a membership plot.

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
    table, shares = data.table, data.more["probabilities"]
    y = table["y"].to_numpy(dtype=np.float64)
    left = np.zeros(len(table))
    for k, grade in enumerate(shares.columns):
        width = 100 * shares.iloc[:, k].to_numpy(dtype=np.float64)
        ax.barh(y, width, left=left, height=0.74, color=COLORS[k % len(COLORS)], linewidth=0, zorder=1)
        given = (table["grade"] == grade).fillna(False).to_numpy(dtype=bool)
        ax.plot((left + 2.0)[given], y[given], linestyle="none", marker="o", markersize=4.2, color=palette.INK, zorder=4)
        for x, at, share in zip(left + width / 2, y, width / 100, strict=True):
            if share >= _WIDE:
                lettering.write(ax, x + 1.2, at, f"{100 * share:.0f}", size=7.5, color=palette.INK, va="center", ha="center", zorder=3)
        left += width
    ax.set_xlim(0, 100)
    ax.set_ylim(len(table) - 0.4, -0.6)
    palette.dress(ax, data.title, data.subtitle, data.x_label, line=86)
    lettering.tick_names(ax, "y", list(y), list(table["label"]))
    for text, unsure in zip(ax.get_yticklabels(), table["unsure"], strict=True):
        text.set_color(palette.darker(palette.VERMILLION) if unsure else palette.INK)
    handles: list[Any] = [Rectangle((0, 0), 1, 1, facecolor=COLORS[k % len(COLORS)], label=g) for k, g in enumerate(shares.columns)]
    handles.append(
        Line2D([], [], color=palette.INK, linestyle="none", marker="o", markersize=4.2, label=say("membership_given", data.lang))
    )
    palette.legend(ax, handles, columns=min(len(handles), 6))
    return ax
