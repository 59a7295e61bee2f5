"""Design graph: who rated whom, or who was compared with whom, one colour a connected group."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from scipy.sparse import coo_array
from scipy.sparse.csgraph import reverse_cuthill_mckee

from rankkit.errors import Lang, language
from rankkit.kernels.arrays import Floats
from rankkit.plot import design_map, lettering, palette, parts
from rankkit.plot.phrases import say, sentences
from rankkit.plot.plot_data import PlotData

KIND = "design"
GRAPH_NODES = 40  # on one side of a bipartite graph, or around circles; above that, a map of cells


def audit_of(subject: Any) -> Any:
    """Return the design audit: the subject itself, or the one its result carries."""
    return subject if hasattr(subject, "links") else getattr(subject, "design", None)


def applies(subject: Any) -> bool:
    """Tell whether there is a design audit that knows who judged whom."""
    audit = audit_of(subject)
    return audit is not None and ("links" in audit.tables if hasattr(audit, "tables") else len(getattr(audit, "links", ())) > 0)


def compute(subject: Any, *, most: int = GRAPH_NODES, lang: Lang | None = None) -> PlotData:
    """Lay out the graph of judgements.

    Parameters
    ----------
    subject : DesignAudit, or Result with a design
        Its ``links`` are ``rater, ratee, n`` or ``left, right, n``.
    most : int
        Largest number of people or raters drawn as a graph; with more, a map of cells.
    lang : {"en", "zh"}, optional
        Language of titles; the session's by default.

    Returns
    -------
    PlotData
        ``table`` has one row a node: ``id, role`` (``rater`` or ``ratee``), ``label, component`` (0 = largest),
        ``ringed, x, y``, and ``mark`` (``won`` or ``lost`` every comparison, where the result has a record; else nothing);
        ``more["links"]`` the lines: ``start, end`` (rows of the table), ``n, component``.
    """
    lang = lang or language()
    audit = audit_of(subject)
    links, pairs = audit.links, "left" in audit.links.columns
    component = {p: k for k, group in enumerate(audit.components) for p in group}
    order = _by_score(subject) if pairs else {}
    table, lines = _of_pairs(audit, links, component, order) if pairs else _of_ratings(audit, links, component, _rater_labels(subject))
    table["ringed"] = table["id"].isin(set(audit.articulation)) & (table["role"] == "ratee")
    marks = _one_sided(subject) if pairs else {}
    table["mark"] = [marks.get(name, "") for name in table["id"]]
    counts = {role: int((table["role"] == role).sum()) for role in ("rater", "ratee")}
    as_map = max(counts.values()) > most
    head = (
        say("design_pairs", lang, people=counts["ratee"], links=len(lines), kind=say(audit.kind, lang))
        if pairs
        else say("design_say", lang, raters=counts["rater"], people=counts["ratee"], links=len(lines), kind=say(audit.kind, lang))
    )
    groups = int(table["component"].nunique())
    more = {"links": lines, "groups": table[table["role"] == "ratee"].groupby("component").size().rename("n").reset_index()}
    size = (7.5, 1.7 + 0.27 * max(*counts.values(), 6)) if not pairs else (7.0, 6.4)
    binned = ""
    if as_map:
        more["cells"], binned = design_map.cells(table, lines, pairs=pairs, lang=lang)
        size = (7.2, 6.8 if pairs else design_map.height(counts["rater"], counts["ratee"]))
    elif pairs:
        _circles(table)
    else:
        _two_columns(table, lines)
    subtitle = sentences(
        lang,
        head,
        say("design_groups", lang, n=groups) if groups > 1 else "",
        say("design_ringed", lang) if table["ringed"].any() and not as_map else "",
        say("design_map_by_score" if as_map else "design_by_score", lang) if order else "",
        say("design_map", lang) if as_map and len(set(more["cells"]["n"])) > 1 else "",
        binned,
    )
    return PlotData(
        kind=KIND,
        table=table,
        more=more,
        title=say("design_comparisons" if pairs else "design_ratings", lang),
        subtitle=subtitle,
        x_label=say("ratee", lang) if as_map else "",
        y_label=say("ratee" if pairs else "rater", lang) if as_map else "",
        lang=lang,
        size=size,
    )


def _rater_labels(subject: Any) -> dict[str, str]:
    """Display names of raters, where the subject keeps them; elsewhere their ids are shown."""
    ratings = getattr(subject, "ratings_by_rater", None)
    if ratings is None or not len(ratings):
        return dict(getattr(audit_of(subject), "rater_labels", {}))
    names = ratings.drop_duplicates("rater")
    return dict(zip(names["rater"], names["rater_label"], strict=True))


def _of_ratings(audit: Any, links: pd.DataFrame, component: dict[str, int], raters: dict[str, str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Nodes and lines of a rating design: raters first, each side grouped by component."""
    links = links.sort_values(["rater", "ratee"], kind="stable")
    of_link = links["ratee"].map(component).fillna(len(audit.components)).astype(int)
    of_rater = {str(r): int(c) for r, c in of_link.groupby(links["rater"].to_numpy()).min().items()}
    frames = []
    for role, groups, labels in (("rater", of_rater, raters), ("ratee", component, audit.labels)):
        ids = [who for _, who in sorted((group, who) for who, group in groups.items())]
        names = lettering.distinct(ids, [labels.get(p, p) for p in ids], 22)
        frames.append(pd.DataFrame({"id": ids, "role": role, "label": names, "component": [groups[p] for p in ids]}))
    table = pd.concat(frames, ignore_index=True)
    row = {(role, who): k for k, (role, who) in enumerate(zip(table["role"], table["id"], strict=True))}
    lines = pd.DataFrame(
        {
            "start": [row["rater", r] for r in links["rater"]],
            "end": [row["ratee", p] for p in links["ratee"]],
            "n": links["n"].astype("float64").to_numpy(),
            "component": of_link.to_numpy(),
        }
    )
    return table, lines


def _by_score(subject: Any) -> dict[str, float]:
    """Place of everybody by score, where there are scores; people without one last."""
    ids = list(parts.best_first(subject).index) if hasattr(subject, "estimated_ids") else []
    return {p: float(k) for k, p in enumerate(ids)}


def _one_sided(subject: Any) -> dict[str, str]:
    """Who won, or lost, every comparison, where the result has a record."""
    if "record" not in getattr(subject, "evidence", ()):
        return {}
    record = subject.evidence["record"][["wins", "losses", "comparisons"]].groupby(level="ratee").sum()
    met = record[record["comparisons"] > 0]
    won, lost = (met.index[met[column] == met["comparisons"]] for column in ("wins", "losses"))
    return dict.fromkeys(won, "won") | dict.fromkeys(lost, "lost")


def _of_pairs(audit: Any, links: pd.DataFrame, component: dict[str, int], order: dict[str, float]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Nodes and lines of a comparison design within their component: by score, or neighbours near each other."""
    ids = sorted(component, key=lambda p: (component[p], p))
    place = {p: k for k, p in enumerate(ids)}
    start, end = (links[side].map(place).to_numpy(dtype=np.int64) for side in ("left", "right"))
    near = coo_array((np.ones(2 * len(start)), (np.r_[start, end], np.r_[end, start])), shape=(len(ids), len(ids))).tocsr()
    walk = {int(k): position for position, k in enumerate(reverse_cuthill_mckee(near, symmetric_mode=True))}
    ids = sorted(ids, key=lambda p: (component[p], order.get(p, len(order)) if order else 0, walk[place[p]]))
    place = {p: k for k, p in enumerate(ids)}
    names = lettering.distinct(ids, [audit.labels.get(p, p) for p in ids], 22)
    table = pd.DataFrame({"id": ids, "role": "ratee", "label": names, "component": [component[p] for p in ids]})
    lines = pd.DataFrame(
        {side: links[column].map(place).to_numpy(dtype=np.int64) for side, column in (("start", "left"), ("end", "right"))}
    )
    return table, lines.assign(n=links["n"].astype("float64").to_numpy(), component=table["component"].to_numpy()[lines["start"]])


def _two_columns(table: pd.DataFrame, lines: pd.DataFrame) -> None:
    """Raters left, people right, ordered within groups so that lines cross less (barycentre sweeps)."""
    side = (table["role"] == "ratee").to_numpy()
    rank = np.zeros(len(table))
    for some in (side, ~side):
        rank[some] = np.arange(some.sum())
    group = table["component"].to_numpy()
    start, end = lines["start"].to_numpy(), lines["end"].to_numpy()
    for sweep in range(8):
        here, there = (start, end) if sweep % 2 else (end, start)
        total, count = (np.bincount(here, weights, len(table)) for weights in (rank[there], None))
        mean = np.where(count > 0, total / np.maximum(count, 1), rank)
        some = ~side if sweep % 2 else side
        index = np.flatnonzero(some)
        rank[index[np.lexsort((rank[index], mean[index], group[index]))]] = np.arange(len(index))
    most = max(side.sum(), (~side).sum())
    for some in (side, ~side):
        n = some.sum()
        rank[some] = (rank[some] + 0.5) * most / max(n, 1)
    table["x"], table["y"] = side.astype(float), rank


def _circles(table: pd.DataFrame) -> None:
    """One circle a component, sized by its people, packed in rows."""
    counts = table.groupby("component", sort=True).size().to_numpy()
    radii = np.where(counts > 1, np.maximum(counts, 2) / (2 * np.pi), 0.0)
    rooms = 2 * (radii + 1.0)
    widest = max(float(rooms[0]), 1.2 * float(np.sqrt((rooms**2).sum())))
    x, y = np.zeros(len(table)), np.zeros(len(table))
    corner, row_height, row_top = 0.0, 0.0, 0.0
    for (_, part), radius, room in zip(table.groupby("component", sort=True), radii, rooms, strict=True):
        if corner and corner + room > widest:
            corner, row_top, row_height = 0.0, row_top + row_height, 0.0
        angle = 2 * np.pi * np.arange(len(part)) / len(part) - np.pi / 2
        rows = part.index.to_numpy()
        x[rows] = corner + room / 2 + radius * np.cos(angle)
        y[rows] = row_top + room / 2 + radius * np.sin(angle)
        corner, row_height = corner + room, max(row_height, room)
    table["x"], table["y"] = x, y


def draw(data: PlotData, ax: Axes) -> Axes:
    """Draw a design graph, or the map of cells of a large one.

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
    if "cells" in data.more:
        return design_map.draw(data, ax)
    table, lines = data.table, data.more["links"]
    pairs = "rater" not in set(table["role"])
    palette.dress(ax, data.title, data.subtitle, lift=0 if pairs else 16)
    ax.spines["bottom"].set_visible(False)
    ax.set_xticks([])
    ax.set_yticks([])
    points = table[["x", "y"]].to_numpy(dtype=np.float64)
    segments = np.stack([points[lines["start"]], points[lines["end"]]], axis=1)
    widths = (
        0.7 + 2.0 * np.sqrt(lines["n"].to_numpy() / max(float(lines["n"].max()), 1.0))
        if len(set(lines["n"])) > 1
        else np.full(len(lines), 1.1)
    )
    ax.add_collection(
        LineCollection(list(segments), colors=[palette.group_color(c) for c in lines["component"]], linewidths=widths, alpha=0.45, zorder=1)
    )
    ringed = table["ringed"].to_numpy()
    ax.scatter(points[ringed, 0], points[ringed, 1], s=150, facecolors="none", edgecolors=palette.INK, linewidths=1.3, zorder=2)
    for role, mark, marker in (("rater", "", "s"), ("ratee", "", "o"), ("ratee", "won", "^"), ("ratee", "lost", "v")):
        some = ((table["role"] == role) & (table["mark"] == mark)).to_numpy()
        ax.scatter(
            points[some, 0],
            points[some, 1],
            s=90 if mark else 46,
            marker=marker,
            c=[palette.group_color(c) for c in table["component"][some]],
            edgecolors=palette.INK if mark else "white",
            zorder=3,
        )
    (_letter_circles if pairs else _letter_columns)(ax, table, points, data.lang)
    _legend(ax, data)
    return ax


def _letter_columns(ax: Axes, table: pd.DataFrame, points: Floats, lang: Lang) -> None:
    bottom = float(points[:, 1].max()) + 0.6
    ax.set_xlim(-0.06, 1.06)
    ax.set_ylim(bottom, -0.1)
    for (x, y), name in zip(points, table["label"], strict=True):
        lettering.write(ax, x + (0.035 if x else -0.035), y, name, va="center", ha="left" if x else "right", color=palette.INK)
    for x, head in ((0, "rater"), (1, "ratee")):
        place = ax.annotate(
            say(head, lang), (x, 1), (0, 3), xycoords=("data", "axes fraction"), textcoords="offset points", ha="center", va="bottom"
        )
        lettering.letter(place, 9.5, palette.GREY)


def _letter_circles(ax: Axes, table: pd.DataFrame, points: Floats, lang: Lang) -> None:
    del lang
    ax.set_aspect("equal", adjustable="datalim")
    ax.margins(0.12)
    ax.autoscale_view()
    ax.invert_yaxis()
    centre = table.groupby("component")[["x", "y"]].transform("mean").to_numpy()
    for (x, y), (cx, cy), name in zip(points, centre, table["label"], strict=True):
        dx, dy = x - cx, y - cy
        length = float(np.hypot(dx, dy))
        dx, dy = (dx / length, dy / length) if length > 1e-9 else (1.0, 0.0)
        align = "center" if abs(dx) < 0.35 else "left" if dx > 0 else "right"
        place = ax.annotate(name, (x, y), (8 * dx, -9 * dy), textcoords="offset points", ha=align, va="center")
        lettering.letter(place, 8.5, palette.INK)


def _legend(ax: Axes, data: PlotData) -> None:
    """Name the groups and the ring."""
    groups = data.more["groups"]
    handles = []
    if len(groups) > 1:
        for component, n in groups.itertuples(index=False):
            if component >= len(palette.CATEGORIES):
                handles.append(Line2D([], [], linestyle="none", marker="o", color=palette.GREY, label=say("other_groups", data.lang)))
                break
            handles.append(
                Line2D(
                    [],
                    [],
                    linestyle="none",
                    marker="o",
                    color=palette.group_color(component),
                    label=say("group", data.lang, k=component + 1, n=n),
                )
            )
    if data.table["ringed"].any():
        style: dict[str, Any] = {"linestyle": "none", "marker": "o", "markersize": 10, "markerfacecolor": "none", "color": palette.INK}
        handles.append(Line2D([], [], label=say("ring", data.lang), **style))
    for mark, key, marker in (("won", "only_won", "^"), ("lost", "only_lost", "v")):
        if (data.table["mark"] == mark).any():
            look: dict[str, Any] = {"linestyle": "none", "marker": marker, "markersize": 9, "color": palette.SILVER}
            handles.append(Line2D([], [], markeredgecolor=palette.INK, label=say(key, data.lang), **look))
    palette.legend(ax, handles, below=10)
