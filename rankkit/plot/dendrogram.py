"""Dendrogram of lists: which raters put people in similar orders."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from scipy.cluster import hierarchy
from scipy.spatial.distance import squareform

from rankkit.errors import Lang, language
from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.rankings.partial_concordance import mean_tau
from rankkit.plot import lettering, palette, parts
from rankkit.plot.phrases import say, sentences
from rankkit.plot.plot_data import PlotData

KIND = "dendrogram"
NAMED = 60  # lists named; above that, only those with a pattern to review


def applies(subject: Any) -> bool:
    """Tell whether a result keeps the ranks of more than one rater."""
    counts = getattr(subject, "n_raters", ())
    return parts.holds(subject, "ranks") and len(counts) > 0 and int(max(counts)) >= 2


def compute(result: Any, *, dimension: str | None = None, lang: Lang | None = None) -> PlotData:
    """Join lists by average linkage on 1 − τ_b (Sokal & Michener 1958).

    Parameters
    ----------
    result : AlternationRankingResult
        Its ``ranks`` has ``rater, list, ratee, midrank``; ``review`` is taken from its ``raters``.
    dimension : str, optional
        Of a result over several dimensions; the first by default.
    lang : {"en", "zh"}, optional
        Language of titles; the session's by default.

    Returns
    -------
    PlotData
        ``table`` has, by ``list``: ``rater, label, mean_tau`` (with the other lists drawn), ``review, y``; ``more["joins"]`` the
        linkage: ``distance, lists`` (number joined) and the line ``x0, y0, x1, y1`` … of each join; ``more["tau"]`` the matrix.
        Lists without a τ with half of the others (too few people shared) are left out; a gap that remains is filled for the
        linkage by the mean of the two lists' ``mean_tau``.

    Raises
    ------
    SettingsError
        If there is no such dimension.
    """
    lang = lang or language()
    part, dimension = parts.part_with(result, "ranks", dimension)
    ranks = part.evidence["ranks"]
    wide = ranks.pivot_table(index="list", columns="ratee", values="midrank", dropna=False).sort_index()
    tau = mean_tau(wide.to_numpy(dtype=np.float64)).tau
    kept = _comparable(tau)
    enough = len(kept) >= 2
    kept = kept if enough else np.arange(len(tau))
    tau, names = tau[np.ix_(kept, kept)], [str(wide.index[k]) for k in kept]
    means = _mean_of_others(tau)
    filled = np.where(np.isnan(tau), (means[:, None] + means[None, :]) / 2, tau)
    gaps = int(np.isnan(tau[np.triu_indices(len(tau), 1)]).sum())
    raters, shown = dict(zip(ranks["list"], ranks["rater"], strict=True)), parts.rater_labels(part)
    joins, leaves = _joined(filled if enough else filled[:0, :0])
    leaves = leaves or list(range(len(names)))
    review = part.evidence["raters"]["review"] if "raters" in part.evidence else pd.Series(dtype="bool")
    labels = [shown.get(name, name) if raters[name] == name else name for name in names]
    table = pd.DataFrame(
        {
            "rater": [raters[name] for name in names],
            "label": lettering.distinct(names, labels),
            "mean_tau": means,
            "review": [bool(review.get(raters[name], False)) for name in names],
        },
        index=pd.Index(names, name="list"),
    ).iloc[leaves]
    table["y"] = np.arange(len(table), dtype=np.float64)
    out = len(wide) - len(names)
    return PlotData(
        kind=KIND,
        table=table,
        more={"joins": joins, "tau": pd.DataFrame(tau, index=names, columns=names)},
        title=parts.titled(say("dendrogram", lang), dimension, lang),
        subtitle=sentences(
            lang,
            say("dendrogram_say" if enough else "dendrogram_none", lang),
            say("dendrogram_review", lang) if enough and table["review"].any() else "",
            say("dendrogram_gaps", lang, n=gaps, all=len(names) * (len(names) - 1) // 2) if enough and gaps else "",
            say("dendrogram_out", lang, n=out) if out else "",
        ),
        x_label=say("distance", lang) if enough else "",
        lang=lang,
        size=(7.0, 1.8 + (0.26 if len(table) <= NAMED else 9.0 / len(table)) * max(len(table), 3)),
    )


def _comparable(tau: Floats) -> Ints:
    """Leave out one list after the other, the one with most gaps first, until each has a τ with half of the others."""
    kept = np.arange(len(tau))
    while len(kept) > 1:
        gaps = np.isnan(tau[np.ix_(kept, kept)]).sum(axis=1)
        if 2 * gaps.max() <= len(kept) - 1:
            return kept
        kept = np.delete(kept, len(kept) - 1 - int(np.argmax(gaps[::-1])))
    return kept[:0]


def _mean_of_others(tau: Floats) -> Floats:
    """Mean τ of each list with the others it has one with; NaN if there are none."""
    others = np.where(np.eye(len(tau), dtype=np.bool_), np.nan, tau)
    known = np.isfinite(others).sum(axis=1)
    return np.where(known > 0, np.nansum(others, axis=1) / np.maximum(known, 1), np.nan)


def _joined(tau: Floats) -> tuple[pd.DataFrame, list[int]]:
    """Average linkage: the joins with their lines, and the order of the leaves from the top."""
    columns = ["distance", "lists", "x0", "y0", "x1", "y1", "x2", "y2", "x3", "y3"]
    if len(tau) < 2:
        return pd.DataFrame(columns=columns, dtype="float64"), list(range(len(tau)))
    distance = np.clip(1.0 - (tau + tau.T) / 2, 0.0, 2.0)
    np.fill_diagonal(distance, 0.0)
    linkage = hierarchy.average(squareform(distance, checks=False))
    order = hierarchy.leaves_list(linkage)
    m = len(tau)
    y, x, rows = np.zeros(2 * m - 1), np.zeros(2 * m - 1), []
    y[order] = np.arange(m)
    for k, (a, b, height, size) in enumerate(linkage):
        one, other = int(a), int(b)
        rows.append((height, size, x[one], y[one], height, y[one], height, y[other], x[other], y[other]))
        x[m + k], y[m + k] = height, (y[one] + y[other]) / 2
    return pd.DataFrame(rows, columns=columns), [int(k) for k in order]


def draw(data: PlotData, ax: Axes) -> Axes:
    """Draw a dendrogram, its leaves at the left.

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
    table, joins = data.table, data.more["joins"]
    palette.dress(ax, data.title, data.subtitle, data.x_label, line=90)
    if not len(joins):
        ax.set_xticks([])
        ax.set_yticks([])
        ax.spines["bottom"].set_visible(False)
        for k, name in enumerate(table["label"]):
            lettering.write(ax, 0.0, 1 - (k + 0.5) / len(table), name, color=palette.GREY, va="center", ha="left", transform=ax.transAxes)
        return ax
    corners = joins[["x0", "y0", "x1", "y1", "x2", "y2", "x3", "y3"]].to_numpy(dtype=np.float64).reshape(-1, 4, 2)
    ax.add_collection(LineCollection(list(corners), colors=palette.BLUE, linewidths=1.4, zorder=2), autolim=False)
    ax.set_xlim(0, max(1.06 * float(joins["distance"].max()), 0.1))
    ax.set_ylim(len(table) - 0.4, -0.6)
    ax.axvline(1.0, color=palette.SILVER, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    flagged = table[table["review"]]
    if len(flagged):  # an empty line outside the axes would still take room
        dots: dict[str, Any] = {"linestyle": "none", "marker": "o", "markersize": 6, "color": palette.VERMILLION, "clip_on": False}
        ax.plot(np.zeros(len(flagged)), flagged["y"], zorder=4, **dots)
    named = table if len(table) <= NAMED else flagged
    lettering.tick_names(ax, "y", list(named["y"]), list(named["label"]), color=palette.INK)
    for text, review in zip(ax.get_yticklabels(), named["review"], strict=True):
        text.set_color(palette.darker(palette.VERMILLION) if review else palette.INK)
    return ax
