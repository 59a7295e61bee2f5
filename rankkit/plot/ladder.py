"""Ladder of picks: how a list filled up from the top and from the bottom."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from rankkit.errors import Lang, language
from rankkit.plot import cell_map, lettering, palette, parts
from rankkit.plot.phrases import say, sentences
from rankkit.plot.plot_data import PlotData

KIND = "ladder"
MOST_LISTS = 6
NAMED = 45  # people up to whom names are written
_STEPS = 25
_BEST = (palette.BLUE, "#D6E8F4")
_WORST = (palette.VERMILLION, "#F9E3D4")
_REST = {"forced": "white", "rest": palette.PALE, "left_over": "white", "waiting": "white", "ranked": "#DDEBF5"}
_SESSION = {"pick", "end", "ratee", "label", "forced", "status"}


def applies(subject: Any) -> bool:
    """Tell whether a result keeps its lists, or a session (or the ladder of one) its picks."""
    return (
        parts.holds(subject, "ladder") or hasattr(subject, "standing") or (isinstance(subject, pd.DataFrame) and set(subject) >= _SESSION)
    )


def compute(subject: Any, *, dimension: str | None = None, lists: int = MOST_LISTS, lang: Lang | None = None) -> PlotData:
    """Lay out the picks of lists side by side.

    Parameters
    ----------
    subject : AlternationRankingResult, AlternationSession, or what the ``ladder()`` of a session returns
        Whose picks to draw.
    dimension : str, optional
        Of a result over several dimensions; the first by default.
    lists : int
        Most lists shown; with more, those with most picks.
    lang : {"en", "zh"}, optional
        Language of titles; the session's by default.

    Returns
    -------
    PlotData
        ``table`` has one row a person in a list: ``list, ratee, label, kind`` (``best``, ``worst``, ``forced``, ``rest`` =
        left tied at the finish, ``left_over``, ``waiting``, or ``ranked`` where no picks are known), ``pick`` (NA = none),
        ``tied`` (size of the pick), ``shade`` (0 = first pick of the list, 1 = last), ``column`` and ``slot`` (0 = top).
        ``more["lists"]`` names the columns.

    Raises
    ------
    SettingsError
        If there is no such dimension.
    """
    lang = lang or language()
    if parts.holds(subject, "ladder"):
        part, dimension = parts.part_with(subject, "ladder", dimension)
        rows, n_lists = _of_result(part, lists)
        names = parts.rater_labels(part)
        labels = {name: names.get(rater, name) if rater == name else name for name, rater in zip(rows["list"], rows["rater"], strict=True)}
    else:
        rows, n_lists = _of_session(subject), 1
        labels = dict(zip(rows["list"], rows["list"], strict=True))
    shown = list(dict.fromkeys(rows["list"]))
    table = pd.concat([_stacked(rows[rows["list"] == name], k) for k, name in enumerate(shown)], ignore_index=True)
    tallest = int(table["slot"].max()) + 1 if len(table) else 1
    picked = bool(table["pick"].notna().any())
    row = 0.235 if tallest <= NAMED else max(9.0 / tallest, 0.03)
    return PlotData(
        kind=KIND,
        table=table,
        more={"lists": pd.DataFrame({"list": shown, "label": [lettering.legible(labels[name], 24) for name in shown]})},
        title=parts.titled(say("ladder", lang), dimension, lang),
        subtitle=sentences(
            lang,
            say("ladder_say" if picked else "ladder_empty" if (table["kind"] == "waiting").any() else "ladder_plain", lang),
            say("ladder_numbers", lang) if picked and tallest <= NAMED else "",
            say("ladder_cut", lang, n=n_lists, shown=len(shown)) if n_lists > len(shown) else "",
        ),
        y_label=say("place", lang),
        lang=lang,
        size=(4.6 if len(shown) == 1 else min(2.0 + 1.9 * len(shown), 9.0), 1.9 + row * tallest),
    )


def _of_result(part: Any, most: int) -> tuple[pd.DataFrame, int]:
    """Everybody in the lists with most picks, and the number of lists."""
    ranks = part.evidence["ranks"]
    picks = ranks.groupby("list")["pick"].nunique()
    chosen = sorted(picks.index, key=lambda name: (-picks[name], name))[:most]
    rows = ranks[ranks["list"].isin(chosen)].sort_values(["list", "midrank", "ratee"], kind="stable")
    logged = rows["list"].map(picks) > 0
    free = rows["pick"].isna()
    alone = free.groupby(rows["list"]).transform("sum") == 1
    kind = np.select(
        [rows["left_over"], ~logged, ~free & (rows["end"] == "best"), ~free, alone],
        ["left_over", "ranked", "best", "worst", "forced"],
        "rest",
    )
    ids = sorted(set(rows["ratee"]))
    label = dict(zip(ids, lettering.distinct(ids, [part.labels.get(p, p) for p in ids]), strict=True))
    columns = {"list": rows["list"], "rater": rows["rater"], "ratee": rows["ratee"], "label": rows["ratee"].map(label), "kind": kind}
    return pd.DataFrame({**columns, "pick": rows["pick"], "order": rows["midrank"]}), len(picks)


def _of_session(subject: Any) -> pd.DataFrame:
    """Everybody a session has picked, the forced one, and those still waiting or left over."""
    session = not isinstance(subject, pd.DataFrame)
    picks = subject.ladder() if session else subject
    picks = picks[picks["status"] != "withdrawn"]
    kind = np.where(picks["forced"].astype("bool"), "forced", picks["end"].astype("object"))
    rows = pd.DataFrame({"ratee": picks["ratee"], "label": picks["label"], "kind": kind, "pick": picks["pick"]})
    if session:
        ladder = subject.standing
        rest = [item for item in ladder.unplaced if item != ladder.forced]
        place = {"tied": "rest", "unranked": "left_over"}.get(ladder.rest, "waiting")
        names = [ladder.labels.get(item, item) for item in rest]
        others = pd.DataFrame({"ratee": rest, "label": names, "kind": place, "pick": pd.array([pd.NA] * len(rest), "Int64")})
        rows = pd.concat([rows, others]) if len(rows) else others
    rows["label"] = lettering.distinct(list(rows["ratee"]), list(rows["label"]))
    return rows.assign(list=subject.rater if session else "", rater="", order=0.0)


def _stacked(rows: pd.DataFrame, column: int) -> pd.DataFrame:
    """Give everybody of a list a slot: best picks from the top, worst picks from the bottom, the others between."""
    pick = rows["pick"].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    side = rows["kind"].map({"best": 0, "worst": 2}).fillna(1).to_numpy()
    within = np.select([side == 0, side == 2], [pick, -pick], rows["order"].to_numpy(dtype=np.float64))
    rows = rows.assign(side=side, within=within).sort_values(["side", "within", "ratee"], kind="stable")
    last = np.nanmax(pick) if np.isfinite(pick).any() else 1.0
    order = rows["pick"].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    return pd.DataFrame(
        {
            "list": rows["list"],
            "ratee": rows["ratee"],
            "label": rows["label"],
            "kind": rows["kind"].astype("object"),
            "pick": rows["pick"].astype("Int64"),
            "tied": rows.groupby("pick")["pick"].transform("size").fillna(1).astype("int64"),
            "shade": (order - 1) / max(last - 1, 1.0),
            "column": column,
            "slot": np.arange(len(rows)),
        }
    )


def draw(data: PlotData, ax: Axes) -> Axes:
    """Draw ladders side by side.

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
    table, names = data.table, data.more["lists"]
    tallest = int(table["slot"].max()) + 1 if len(table) else 1
    named = tallest <= NAMED
    ramps = {"best": cell_map.ramp(_BEST, _STEPS), "worst": cell_map.ramp(_WORST, _STEPS)}
    ax.set_xlim(-0.5, len(names) - 0.5)
    ax.set_ylim(tallest - 0.4, -0.6)
    width = 0.92
    inches = data.size[0] / max(len(names), 1)
    indent, longest = 0.3 / max(inches, 1.0), max(int((72 * inches - 10) / 5.4) - 5, 6)
    for row in table.to_dict("records"):
        kind, x, y = row["kind"], row["column"], row["slot"]
        color = ramps[kind][round(row["shade"] * (_STEPS - 1))] if kind in ramps else _REST[kind]
        _box(ax, kind, (x - width / 2, y), (width, 0.84 if named else 1.0), color)
        if not named:
            continue
        ink = cell_map.ink_on(color)
        if not pd.isna(row["pick"]):
            lettering.write(ax, x - 0.42, y, f"{row['pick']}", size=7.5, color=ink, ha="left", va="center", zorder=4)
        name = lettering.shortened(row["label"], longest)
        lettering.write(ax, x - 0.42 + indent, y, name, size=8.5, color=ink, ha="left", va="center", zorder=4)
    _groups(ax, table, width)
    palette.dress(ax, data.title, data.subtitle, "", data.y_label, line=int(12.8 * data.size[0]))
    ax.spines["bottom"].set_visible(False)
    lettering.tick_names(ax, "x", range(len(names)), list(names["label"]), size=9, color=palette.INK)
    ax.tick_params(axis="x", length=0)
    step = 1 if named else 10 if tallest <= 120 else 25
    places = sorted({1, *range(step, tallest + 1, step)}) if len(set(table.groupby("list").size())) <= 1 else []
    lettering.tick_names(ax, "y", [p - 1 for p in places], [f"{p}" for p in places], size=8, color=palette.GREY)
    _legend(ax, table, data.lang, 2 if len(names) <= 2 else 4)
    return ax


def _box(ax: Axes, kind: str, at: tuple[float, float], size: tuple[float, float], color: str) -> None:
    """Draw the place of one person; ``at`` is the middle of its left side."""
    box = Rectangle((at[0], at[1] - size[1] / 2), *size, facecolor=color, edgecolor="none", zorder=2)
    if kind in ("forced", "waiting"):
        box.set(edgecolor=palette.INK if kind == "forced" else palette.SILVER, linewidth=0.9, linestyle=(0, (3, 2)), zorder=3)
    if kind == "left_over":
        box.set(edgecolor=palette.SILVER, linewidth=0.8)
    ax.add_patch(box)


def _groups(ax: Axes, table: pd.DataFrame, width: float) -> None:
    """Frame people who were picked together."""
    for _, group in table[table["tied"] > 1].groupby(["column", "pick"]):
        top, bottom = float(group["slot"].min()) - 0.46, float(group["slot"].max()) + 0.46
        left = float(group["column"].iloc[0]) - width / 2 - 0.012
        frame = Rectangle((left, top), width + 0.024, bottom - top, fill=False, edgecolor=palette.INK, linewidth=1.1, zorder=3)
        ax.add_patch(frame)


def _legend(ax: Axes, table: pd.DataFrame, lang: Lang, columns: int) -> None:
    """Explain the colours and frames there are."""
    styles: dict[str, dict[str, Any]] = {
        "best": {"facecolor": palette.BLUE, "label": say("picked_best", lang)},
        "worst": {"facecolor": palette.VERMILLION, "label": say("picked_worst", lang)},
        "forced": {"facecolor": "white", "edgecolor": palette.INK, "linestyle": (0, (3, 2)), "label": say("forced", lang)},
        "rest": {"facecolor": palette.PALE, "label": say("rest", lang)},
        "left_over": {"facecolor": "white", "edgecolor": palette.SILVER, "label": say("left_over", lang)},
        "waiting": {"facecolor": "white", "edgecolor": palette.SILVER, "linestyle": (0, (3, 2)), "label": say("waiting", lang)},
    }
    handles = [Rectangle((0, 0), 1, 1, **style) for kind, style in styles.items() if (table["kind"] == kind).any()]
    if (table["tied"] > 1).any():
        handles.append(Rectangle((0, 0), 1, 1, facecolor="white", edgecolor=palette.INK, linewidth=1.1, label=say("together", lang)))
    palette.legend(ax, handles, columns=columns, below=26)
