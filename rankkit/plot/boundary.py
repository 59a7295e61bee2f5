"""Boundary plot: grades, the cuts between them, and who is within noise of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from rankkit.errors import Lang, language
from rankkit.plot import lettering, palette
from rankkit.plot.phrases import percent, say, score_axis, sentences
from rankkit.plot.plot_data import PlotData

KIND = "boundary"
NAMED = 60  # people shown; above that, those nearest to a cut
_ROW = 0.24  # inches a row
_BAND_COLORS = (palette.GREEN, palette.SKY, palette.YELLOW, palette.PURPLE, palette.ORANGE, palette.BLUE, palette.VERMILLION)


def applies(subject: Any) -> bool:
    """Tell whether a result has grades and a boundary list."""
    return all(getattr(subject, name, None) is not None for name in ("grades", "boundary", "cuts", "quota")) and bool(
        subject.grades["score"].notna().any()
    )


def compute(result: Any, *, named: int = NAMED, lang: Lang | None = None) -> PlotData:
    """Lay out grades, best score first.

    Parameters
    ----------
    result : ForcedDistributionResult
        ``grades``, ``boundary``, ``cuts``, ``quota``, ``probabilities`` and the scores.
    named : int
        Most people shown; with more, those nearest to a cut.
    lang : {"en", "zh"}, optional
        Language of titles; the session's by default.

    Returns
    -------
    PlotData
        ``table`` has, by ``ratee``: ``label, score, ci_low, ci_high, grade`` (as written; NA while it awaits a
        decision), ``near`` (in the boundary list), ``awaiting``, ``text``, ``y``. ``more`` has ``cuts``
        (``upper, lower, score, y``), ``bands`` (``grade, top, bottom``) and ``probabilities`` where there are any.
    """
    lang = lang or language()
    scores, grades, boundary = result.scores, result.grades, result.boundary
    graded = grades[grades["score"].notna()].sort_index().sort_values("score", ascending=False, kind="stable")
    order = list(result.quota.index)
    written = {g: lettering.legible(str(g), 16) for g in order}
    table = pd.DataFrame(
        {
            "label": lettering.distinct(list(graded.index), list(graded["label"])),
            "score": graded["score"],
            "ci_low": scores["ci_low"].reindex(graded.index),
            "ci_high": scores["ci_high"].reindex(graded.index),
            "grade": [g if pd.isna(g) else written.get(g, str(g)) for g in graded["grade"]],
            "near": graded.index.isin(boundary.index),
            "awaiting": graded["grade"].isna().to_numpy(),
        },
        index=graded.index,
    )
    table["text"] = [_grade_text(*row) for row in zip(table["grade"], graded["candidates"], strict=True)]
    cuts = _cuts(result.cuts, order)
    n = len(table)
    if n > named:
        table = table.iloc[_nearest(table["score"].to_numpy(dtype=np.float64), cuts["score"].to_numpy(), named)]
    table["y"] = np.arange(len(table), dtype=np.float64)
    cuts["y"] = [float((table["score"] > s).sum()) - 0.5 for s in cuts["score"]]
    cuts["upper"], cuts["lower"] = cuts["upper"].map(written), cuts["lower"].map(written)
    probabilities = result.probabilities
    has_interval = bool(np.isfinite(table["ci_low"]).any())
    more = {"cuts": cuts, "bands": _bands(table)}
    if probabilities is not None and len(probabilities):
        more["probabilities"] = probabilities.reindex(index=table.index, columns=order).set_axis([written[g] for g in order], axis=1)
    subtitle = sentences(
        lang,
        say("boundary_say", lang, level=percent(result.level)) if has_interval else say("boundary_plain", lang),
        say("boundary_bars", lang) if "probabilities" in more else "",
        say("boundary_cut", lang, n=n, shown=len(table)) if len(table) < n else "",
    )
    return PlotData(
        kind=KIND,
        table=table,
        more=more,
        title=say("boundary", lang),
        subtitle=subtitle,
        x_label=score_axis(result.unit, lang),
        lang=lang,
        size=(8.4 if "probabilities" in more else 7.0, 2.0 + _ROW * max(len(table), 3)),
    )


def _grade_text(grade: Any, candidates: Any) -> str:
    """Write the grade, or the grades still open."""
    if not pd.isna(grade):
        return str(grade)
    return (lettering.legible(str(candidates), 24) if candidates else "") + "?"


def _cuts(given: pd.DataFrame, order: Sequence[Any]) -> pd.DataFrame:
    """Name the grades on both sides of each cut; a cut beyond everyone has no score and is not drawn."""
    score = given["score"].to_numpy(dtype=np.float64)
    cuts = pd.DataFrame({"upper": list(order[:-1]), "lower": list(order[1:]), "score": score})
    return pd.DataFrame(cuts[np.isfinite(score)]).reset_index(drop=True)


def _nearest(score: Any, cuts: Any, most: int) -> Any:
    """Positions of the people nearest to a cut, in order of score."""
    distance = np.abs(score[:, None] - cuts[None, :]).min(axis=1) if len(cuts) else np.arange(len(score), dtype=np.float64)
    return np.sort(np.argsort(distance, kind="stable")[:most])


def _bands(table: pd.DataFrame) -> pd.DataFrame:
    """Find runs of rows with the same grade."""
    key = table["text"].where(table["awaiting"], table["grade"])
    run = (key != key.shift()).cumsum()
    rows = [
        (part["text"].iloc[0], bool(part["awaiting"].iloc[0]), part["y"].min() - 0.5, part["y"].max() + 0.5)
        for _, part in table.groupby(run)
    ]
    return pd.DataFrame(rows, columns=["grade", "awaiting", "top", "bottom"])


def draw(data: PlotData, ax: Axes) -> Axes:
    """Draw a boundary plot.

    Parameters
    ----------
    data : PlotData
        From :func:`compute`.
    ax : Axes
        Where to draw; the probabilities stand in an inset at its right.

    Returns
    -------
    Axes
    """
    table = data.table
    shares = data.more.get("probabilities")
    written = list(shares.columns) if shares is not None else list(dict.fromkeys(data.more["bands"]["grade"]))
    colors = {g: _BAND_COLORS[k % len(_BAND_COLORS)] for k, g in enumerate(written)}
    beside = ax.get_yaxis_transform()
    ax.set_ylim(len(table) - 0.4, -0.6)
    for grade, awaiting, top, bottom in data.more["bands"].itertuples(index=False):
        color = palette.SILVER if awaiting else colors.get(grade, palette.SILVER)
        ax.add_patch(Rectangle((0, top), 1, bottom - top, transform=beside, facecolor=color, alpha=0.14, edgecolor="none", zorder=0))
        lettering.write(ax, 1.015, (top + bottom) / 2, grade, transform=beside, va="center", ha="left", size=9.5, color=palette.INK)
    for cut in data.more["cuts"]["score"]:
        ax.axvline(cut, color=palette.INK, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    for near, color in ((False, palette.BLUE), (True, palette.VERMILLION)):
        rows = table[table["near"] == near]
        some = rows[np.isfinite(rows["ci_low"]) & np.isfinite(rows["ci_high"])]
        ax.hlines(some["y"], some["ci_low"], some["ci_high"], color=color, linewidth=1.5, zorder=2)
        for awaiting, fill in ((False, color), (True, "white")):
            dots = rows[rows["awaiting"] == awaiting]
            ax.plot(dots["score"], dots["y"], linestyle="none", marker="o", markersize=5.4, color=color, markerfacecolor=fill, zorder=4)
    palette.dress(ax, data.title, data.subtitle, data.x_label, line=104 if shares is not None else 80, lift=16 if shares is not None else 0)
    lettering.tick_names(ax, "y", list(table["y"]), list(table["label"]))
    for text, near in zip(ax.get_yticklabels(), table["near"], strict=True):
        text.set_color(palette.darker(palette.VERMILLION) if near else palette.INK)
    if shares is not None:
        _bars(ax, shares, table["y"], colors, data)
    _legend(ax, table, data.lang)
    return ax


def _bars(ax: Axes, shares: pd.DataFrame, y: pd.Series, colors: dict[str, str], data: PlotData) -> None:
    """Stack the probabilities of the grades beside each person."""
    widest = max((lettering.width(str(g)) for g in data.more["bands"]["grade"]), default=1)
    inset = ax.inset_axes((1.03 + 0.0155 * max(widest, 2), 0.0, 0.42, 1.0))
    inset.set_ylim(*ax.get_ylim())
    inset.set_xlim(0, 1)
    left = np.zeros(len(shares))
    for grade in shares.columns:
        width = shares[grade].to_numpy(dtype=np.float64, na_value=np.nan)
        width = np.where(np.isfinite(width), width, 0.0)
        inset.barh(y, width, left=left, height=0.72, color=colors[grade], linewidth=0)
        for x, at, share in zip(left + width / 2, y, width, strict=True):
            if share >= 0.14:
                lettering.write(inset, x, at, f"{100 * share:.0f}", size=7.5, color=palette.INK, va="center", ha="center")
        left += width
    palette.dress(inset, "", "")
    inset.set_yticks([])
    inset.spines["bottom"].set_visible(False)
    inset.set_xticks([])
    handles = [Rectangle((0, 0), 1, 1, facecolor=colors[g], label=g) for g in shares.columns]
    box = inset.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        ncols=min(len(handles), 6),
        frameon=False,
        borderaxespad=0.2,
        handlelength=0.9,
        handleheight=0.9,
        handletextpad=0.35,
        columnspacing=0.9,
        borderpad=0,
    )
    for text in box.get_texts():
        lettering.letter(text, 8.5, palette.INK)
    lettering.letter(inset.set_xlabel(say("probability", data.lang) + " (%)"), 9, palette.INK)


def _legend(ax: Axes, table: pd.DataFrame, lang: Lang) -> None:
    """Explain colours and the hollow marker."""
    kinds = (
        ("clear", palette.BLUE, palette.BLUE, ~table["near"]),
        ("near", palette.VERMILLION, palette.VERMILLION, table["near"] & ~table["awaiting"]),
        ("awaiting", palette.VERMILLION, "white", table["awaiting"]),
    )
    handles = [
        Line2D([], [], color=color, marker="o", markersize=5.4, markerfacecolor=fill, label=say(key, lang))
        for key, color, fill, some in kinds
        if some.any()
    ]
    palette.legend(ax, handles)
