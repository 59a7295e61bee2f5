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
    """A result with grades and a boundary list."""
    return all(getattr(subject, name, None) is not None for name in ("grades", "boundary")) and bool(subject.grades["score"].notna().any())


def compute(result: Any, *, named: int = NAMED, lang: Lang | None = None) -> PlotData:
    """Lay out grades, best score first.

    Parameters
    ----------
    result : ForcedDistributionResult
        ``grades``, ``boundary``, ``probabilities`` and the scores.
    named : int
        Most people shown; with more, those nearest to a cut.
    lang : {"en", "zh"}, optional
        Language of titles; the session's by default.

    Returns
    -------
    PlotData
        ``table`` has, by ``ratee``: ``label, score, ci_low, ci_high, grade`` (as written; NA while it awaits a
        decision), ``near`` (a coin-flip or tied at a cut), ``awaiting``, ``text``, ``y``. ``more`` has ``cuts``
        (``upper, lower, score, y``), ``bands`` (``grade, top, bottom``) and ``probabilities`` where there are any.
    """
    lang = lang or language()
    scores, grades, boundary = result.scores, result.grades, result.boundary
    graded = grades[grades["score"].notna()].sort_index().sort_values("score", ascending=False, kind="stable")
    order = _grade_order(result, graded)
    written = {g: lettering.legible(str(g), 16) for g in order}
    flags = [boundary[c].reindex(graded.index).fillna(value=False).astype(bool) for c in ("coin_flip", "tie") if c in boundary.columns]
    table = pd.DataFrame(
        {
            "label": lettering.distinct(list(graded.index), list(graded["label"])),
            "score": graded["score"],
            "ci_low": scores["ci_low"].reindex(graded.index),
            "ci_high": scores["ci_high"].reindex(graded.index),
            "grade": [g if pd.isna(g) else written.get(g, str(g)) for g in graded["grade"]],
            "near": np.any([f.to_numpy() for f in flags], axis=0) if flags else np.zeros(len(graded), dtype=bool),
            "awaiting": graded["grade"].isna().to_numpy(),
        },
        index=graded.index,
    )
    table["text"] = [_grade_text(*row, lang) for row in zip(table["grade"], graded["candidates"], strict=True)]
    cuts = _cuts(graded, order)
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


def _grade_order(result: Any, graded: pd.DataFrame) -> list[Any]:
    """Grades, best first: as the quota lists them, else by score."""
    quota = getattr(result, "quota", None)
    if quota is not None and len(quota):
        return list(quota["grade"] if "grade" in quota.columns else quota.index)
    if result.probabilities is not None:
        return list(result.probabilities.columns)
    return list(dict.fromkeys(graded["grade"].dropna()))


def _grade_text(grade: Any, candidates: Any, lang: Lang) -> str:
    """Write the grade, or the grades that are possible."""
    if not pd.isna(grade):
        return str(grade)
    if isinstance(candidates, (list, tuple)) and candidates:
        return say("or", lang).join(lettering.legible(str(c), 16) for c in candidates) + "?"
    return lettering.legible(str(candidates), 24) + "?" if isinstance(candidates, str) and candidates else "?"


def _cuts(graded: pd.DataFrame, order: Sequence[Any]) -> pd.DataFrame:
    """Place each cut half-way between the lowest score above it and the highest below."""
    score = graded["score"].astype("float64")
    groups = [(g, score[graded["grade"].eq(g).fillna(value=False).astype(bool)]) for g in order]
    filled = [(g, s) for g, s in groups if len(s)]
    rows = [(a, b, (float(x.min()) + float(y.max())) / 2) for (a, x), (b, y) in zip(filled[:-1], filled[1:], strict=True)]
    return pd.DataFrame(rows, columns=["upper", "lower", "score"]).astype({"score": "float64"})


def _nearest(score: Any, cuts: Any, most: int) -> Any:
    """Positions of the people nearest to a cut, in order of score."""
    distance = np.abs(score[:, None] - cuts[None, :]).min(axis=1) if len(cuts) else np.arange(len(score), dtype=np.float64)
    return np.sort(np.argsort(distance, kind="stable")[:most])


def _bands(table: pd.DataFrame) -> pd.DataFrame:
    """Runs of rows with the same grade."""
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
        text.set_color(palette.VERMILLION if near else palette.INK)
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
