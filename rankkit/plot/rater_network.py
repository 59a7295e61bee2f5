"""Who rates whom: people in circles, lines where a rating lies above or below what is left when levels are taken out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, Polygon

from rankkit.errors import Lang, SettingsError, language
from rankkit.findings import Findings
from rankkit.plot import lettering, palette
from rankkit.plot.phrases import say, sentences
from rankkit.plot.plot_data import PlotData

KIND = "rater_network"
PARTS = 9  # connected parts drawn
PEOPLE = 20  # people of a part drawn; of a larger one, the group that stands out and those nearest to it
LARGE = 1.0  # residual standard deviations from which a line has a colour
_STEP = 3.3  # between the centres of two circles
_COLORS = {"above": palette.BLUE, "below": palette.VERMILLION, "near": palette.PALE}


def applies(subject: Any) -> bool:
    """Tell whether ratings were looked at as a network."""
    return isinstance(subject, Findings) and len(subject.tables.get("network_dyads", ())) > 0


def compute(
    found: Findings, *, cycle: str | None = None, source: str | None = None, most: int = PARTS, lang: Lang | None = None
) -> PlotData:
    """Lay out the network of one source in one cycle.

    Parameters
    ----------
    found : Findings
        Its table ``network_dyads`` has ``cycle, source, rater, ratee, residual, standard``; ``cliques``, if there, the groups.
    cycle, source : str, optional
        Which network; by default the one with the clearest group, else the last.
    most : int
        Most connected parts drawn, those with the clearest groups first.
    lang : {"en", "zh"}, optional
        Language of titles; the session's by default.

    Returns
    -------
    PlotData
        ``table`` has, by person, ``label, part, x, y, member`` (of a group to review); ``more["links"]`` ``rater, ratee, residual,
        standard, shade`` (above, below, near), ``more["parts"]`` ``part, people, x, y, text``.

    Raises
    ------
    SettingsError
        If there is no such network.
    """
    lang = lang or language()
    dyads = found.tables["network_dyads"]
    groups = found.tables.get("cliques")
    cycle, source = _which(dyads, groups, cycle, source)
    links = dyads[(dyads["cycle"] == cycle) & (dyads["source"] == source)].reset_index(drop=True)
    own = None if groups is None else groups[(groups["cycle"] == cycle) & (groups["source"] == source)]
    review = set() if own is None else {m for members in own.loc[own["level"] == "review", "members"] for m in members.split(", ")}
    parts = _parts(links)
    clear = [_clearest(people, own) for people in parts]
    order = sorted(range(len(parts)), key=lambda k: (-clear[k], parts[k][0]))
    shown = sorted(order[:most], key=lambda k: parts[k][0])
    across = int(np.ceil(np.sqrt(len(shown))))
    rows, heads = [], []
    for place, k in enumerate(shown):
        people = _nearest(parts[k], links, own)
        x0, y0 = _STEP * (place % across), -_STEP * (place // across)
        turn = 2 * np.pi * np.arange(len(people)) / len(people) + np.pi / 2
        rows += [(p, place, x0 + np.cos(t), y0 + np.sin(t), p in review, t) for p, t in zip(people, turn, strict=True)]
        heads.append((place, len(parts[k]), len(people), x0, y0))
    table = pd.DataFrame(rows, columns=["person", "part", "x", "y", "member", "turn"]).set_index("person")
    table.insert(0, "label", lettering.distinct(list(table.index), [found.labels.get(p, p) for p in table.index], 14))
    drawn = links[links["rater"].isin(table.index) & links["ratee"].isin(table.index)].copy()
    shade = np.where(drawn["standard"] >= LARGE, "above", np.where(drawn["standard"] <= -LARGE, "below", "near"))
    drawn["shade"] = shade
    network = " ".join(p for p in (cycle, say(f"as_{source}", lang) if source else "") if p)
    return PlotData(
        kind=KIND,
        table=table,
        more={
            "links": drawn[["rater", "ratee", "residual", "standard", "shade"]],
            "parts": pd.DataFrame(heads, columns=["part", "people", "drawn", "x", "y"]),
        },
        title=say("rater_network_of", lang, network=network) if network else say("rater_network", lang),
        subtitle=sentences(
            lang,
            say("rater_network_say", lang),
            say("rater_network_group", lang) if review & set(table.index) else "",
            say("rater_network_caution", lang),
            say("rater_network_cut", lang, shown=len(shown), n=len(parts)) if len(shown) < len(parts) else "",
            say("rater_network_near", lang, most=PEOPLE) if any(h[1] > h[2] for h in heads) else "",
        ),
        lang=lang,
        size=(max(1.2 + 2.9 * across, 6.5), max(1.6 + 2.6 * int(np.ceil(len(shown) / across)), 4.6)),
    )


def _which(dyads: pd.DataFrame, groups: pd.DataFrame | None, cycle: str | None, source: str | None) -> tuple[str, str]:
    """Choose a network."""
    there = dyads[["cycle", "source"]].drop_duplicates()
    asked = {name: value for name, value in (("cycle", cycle), ("source", source)) if value is not None}
    kept = there[np.logical_and.reduce([there[name] == value for name, value in asked.items()])] if asked else there
    if kept.empty:
        allowed = "; ".join(f"{c} {s}".strip() for c, s in there.itertuples(index=False))
        raise SettingsError("E-SETTING", name="cycle, source", value=[cycle, source], allowed=allowed)
    last = kept.iloc[-1]
    if groups is not None:
        own = groups.merge(kept, on=["cycle", "source"])
        if len(own):
            last = own.iloc[int(own["p"].to_numpy().argmin())]
    return str(last["cycle"]), str(last["source"])


def _parts(links: pd.DataFrame) -> list[list[str]]:
    """Sets of people linked by ratings, each sorted."""
    part = {p: p for p in [*links["rater"], *links["ratee"]]}

    def root(p: str) -> str:
        while part[p] != p:
            part[p] = part[part[p]]
            p = part[p]
        return p

    for a, b in zip(links["rater"], links["ratee"], strict=True):
        first, second = sorted((root(a), root(b)))
        part[second] = first
    out: dict[str, list[str]] = {}
    for p in sorted(part):
        out.setdefault(root(p), []).append(p)
    return list(out.values())


def _members(people: list[str], groups: pd.DataFrame | None) -> tuple[list[str], float]:
    """The group of a part, and how clear it is."""
    if groups is not None:
        for members, p in zip(groups["members"], groups["p"], strict=True):
            who = members.split(", ")
            if set(who) <= set(people):
                return who, 1.0 - float(p)
    return [], 0.0


def _clearest(people: list[str], groups: pd.DataFrame | None) -> float:
    return _members(people, groups)[1]


def _nearest(people: list[str], links: pd.DataFrame, groups: pd.DataFrame | None) -> list[str]:
    """The group first, so that its members stand together; of many people, those with most links to it."""
    who = _members(people, groups)[0]
    rest = [p for p in people if p not in who]
    if len(people) > PEOPLE:
        near = pd.concat([links.loc[links["rater"].isin(who), "ratee"], links.loc[links["ratee"].isin(who), "rater"]]).value_counts()
        rest = sorted(sorted(rest, key=lambda p: (-int(near.get(p, 0)), p))[: max(PEOPLE - len(who), 0)])
    return (who + rest)[:PEOPLE] if len(people) > PEOPLE else who + rest


def draw(data: PlotData, ax: Axes) -> Axes:
    """Draw the network.

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
    table, links = data.table, data.more["links"]
    palette.dress(ax, data.title, data.subtitle, line=int(12.5 * data.size[0]))
    ax.set_aspect("equal")
    ax.set_xlim(table["x"].min() - 0.95, table["x"].max() + 0.95)
    ax.set_ylim(table["y"].min() - 0.45, table["y"].max() + 0.45)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines["bottom"].set_visible(False)
    place = {p: (float(x), float(y)) for p, x, y in zip(table.index, table["x"], table["y"], strict=True)}
    for _, part in table[table["member"]].groupby("part"):
        if len(part) > 2:
            middle = part[["x", "y"]].mean().to_numpy()
            corners = middle + 1.16 * (part.sort_values("turn")[["x", "y"]].to_numpy() - middle)
            ax.add_patch(
                Polygon(corners, closed=True, facecolor="#FBEFD5", edgecolor=palette.ORANGE, linewidth=1.0, zorder=0, joinstyle="round")
            )
    for shade in ("near", "below", "above"):
        chosen = links[links["shade"] == shade]
        for rater, ratee, size in zip(chosen["rater"], chosen["ratee"], chosen["standard"].to_numpy(dtype=np.float64), strict=True):
            width = 0.6 if shade == "near" else float(np.clip(0.7 * abs(size), 0.7, 2.4))
            ax.add_patch(
                FancyArrowPatch(
                    place[rater],
                    place[ratee],
                    connectionstyle="arc3,rad=0.10",
                    arrowstyle="-|>",
                    mutation_scale=5 if shade == "near" else 7.5,
                    shrinkA=4,
                    shrinkB=4,
                    color=_COLORS[shade],
                    linewidth=width,
                    zorder=1 + ("near", "below", "above").index(shade),
                )
            )
    fill = np.where(table["member"], palette.ORANGE, palette.SILVER)
    ax.scatter(table["x"], table["y"], s=34, c=list(fill), edgecolors=palette.INK, linewidths=0.6, zorder=5)
    centre = data.more["parts"].set_index("part")[["x", "y"]].to_numpy(dtype=np.float64)[table["part"].to_numpy()]
    for label, (x, y), (x0, y0) in zip(table["label"], table[["x", "y"]].to_numpy(dtype=np.float64), centre, strict=True):
        dx, dy = x - x0, y - y0
        side = "center" if abs(dx) < 0.3 else "left" if dx > 0 else "right"
        height = "center" if abs(dy) < 0.9 else "bottom" if dy > 0 else "top"
        lettering.write(ax, x0 + 1.13 * dx, y0 + 1.16 * dy, str(label), size=8.0, color=palette.INK, ha=side, va=height)
    handles = [
        Line2D([], [], color=_COLORS[s], linewidth=2, label=say(f"line_{s}", data.lang))
        for s in ("above", "below", "near")
        if (links["shade"] == s).any()
    ]
    palette.legend(ax, handles, columns=3, below=10.0)
    return ax
