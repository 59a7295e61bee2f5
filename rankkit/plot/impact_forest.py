"""Forest plot of adverse impact: ratios of rates at both ends of the grades, on a log scale, with what they rest on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator

from rankkit.errors import Lang, language
from rankkit.plot import lettering, palette
from rankkit.plot.phrases import percent, say, sentences
from rankkit.plot.plot_data import PlotData

if TYPE_CHECKING:
    from rankkit.calibration.adverse_impact.impact import Impact

KIND = "impact_forest"
SHOWN = 36  # rows that can be read
_ROW = 0.27  # inches a row
_WIDEST = 20.0  # ratio beyond which the axis does not go, nor below its inverse
_LEAST = 2.0  # ratio the axis shows at least
_FOUR_FIFTHS = 0.8  # drawn for orientation where the rules lay down no number
_TICKS = (0.05, 0.1, 0.2, 0.33, 0.5, 0.8, 1.0, 1.25, 2.0, 3.0, 5.0, 10.0, 20.0)
_APART = 0.12  # decades between two ticks


def applies(subject: Any) -> bool:
    """Tell whether a subject is adverse impact with something compared."""
    table = getattr(subject, "comparisons", None)
    return isinstance(table, pd.DataFrame) and {"ratio", "adverse_ratio", "against"} <= set(table) and len(table) > 0


def compute(found: Impact, *, against: str | None = None, named: int = SHOWN, lang: Lang | None = None) -> PlotData:
    """Lay out ratios, a block an attribute and outcome.

    Of an unfavourable outcome two are drawn, as the first alone hides the second: the ratio of the rates of being kept out of it, and
    the inverse of the ratio of the rates of having it, so that left of 1 is worse in every row.

    Parameters
    ----------
    found : Impact
        What to draw.
    against : {"highest", "others"}, optional
        Which comparison; the one the chosen rules ask for by default.
    named : int
        Most rows; with more, those of the largest groups.
    lang : {"en", "zh"}, optional
        Language of titles; the session's by default.

    Returns
    -------
    PlotData
        ``table``: ``block, label, n, n_reference, ratio, low, high, mark`` (``group``, ``strata``, ``exact``), ``exploratory, text, y``.
        ``more`` has ``blocks`` (``title, y``), ``limits`` (``low, high`` of the axis) and ``lines`` (``x, ruled``: by the rules chosen).
    """
    from rankkit.calibration.adverse_impact.jurisdiction import jurisdiction  # noqa: PLC0415 - only where impact is drawn

    lang = lang or language()
    pack = jurisdiction(found.jurisdiction)
    chosen = against or pack.compare_with
    table = found.comparisons[found.comparisons["against"] == chosen]
    several = len(set(found.comparisons["attribute"])) > 1
    strata = found.strata if len(found.strata) and chosen == "highest" else pd.DataFrame(columns=["attribute", "outcome", "end", "group"])
    kept = set(table.assign(size=-table["n"]).sort_values("size", kind="stable").index[:named])
    rows: list[dict[str, Any]] = []
    blocks: list[tuple[str, float]] = []
    y = 0.0
    for (attribute, outcome, end), part in table[table.index.isin(kept)].groupby(["attribute", "outcome", "end"], sort=False):
        for kind in ("good",) if end == "favourable" else ("kept", "bad"):
            head = say(f"impact_{kind}", lang, outcome=lettering.legible(str(outcome), 20))
            blocks.append((f"{lettering.legible(str(attribute), 24)} · {head}" if several else head, y))
            y += 1
            for row in part.to_dict("records"):
                rows.append(_row(row, kind, len(blocks) - 1, y, lang))
                y += 1
                within = strata[(strata["attribute"] == attribute) & (strata["outcome"] == outcome) & (strata["end"] == end)]
                for more in within[within["group"] == row["group"]].to_dict("records"):
                    if more["reason"] != "" or row["exploratory"]:
                        continue
                    found_within = _stratified(more, kind, len(blocks) - 1, y, lang)
                    if kind == "bad" and found_within["mark"] == "exact":
                        continue  # the same odds ratio as in the block above
                    rows.append(found_within)
                    y += 1
            y += 0.6
    frame = pd.DataFrame(rows)
    low, high = _limits(frame)
    line = _FOUR_FIFTHS if pack.threshold is None else pack.threshold
    ruled = "orientation" if pack.threshold is None else "threshold"
    told = len(table) > len(kept)
    subtitle = sentences(
        lang,
        say("impact_say", lang, level=percent(found.level), against=say(f"impact_against_{chosen}", lang)),
        say(f"impact_{ruled}", lang, low=f"{line:.2f}", high=f"{1 / line:.2f}"),
        say("impact_diamond", lang) if (frame["mark"] != "group").any() else "",
        say("impact_arrow", lang) if _beyond(frame, low, high) else "",
        say("impact_explore", lang) if frame["exploratory"].any() else "",
        say("impact_cut", lang, shown=len(kept), n=len(table)) if told else "",
    )
    return PlotData(
        kind=KIND,
        table=frame,
        more={
            "blocks": pd.DataFrame(blocks, columns=["title", "y"]),
            "limits": pd.DataFrame({"low": [low], "high": [high]}),
            "lines": pd.DataFrame({"x": [line, 1 / line], "ruled": ruled == "threshold"}),
        },
        title=say("impact_forest", lang),
        subtitle=subtitle,
        x_label=say("impact_x", lang),
        lang=lang,
        size=(9.2, 1.7 + _ROW * (y + 1)),
    )


def _row(row: Mapping[Any, Any], kind: str, block: int, y: float, lang: Lang) -> dict[str, Any]:
    """One group."""
    if kind == "bad":
        value, high, low = (_turned(row[c]) for c in ("adverse_ratio", "adverse_low", "adverse_high"))
    else:
        value, low, high = row["ratio"], row["ratio_low"], row["ratio_high"]
    known = not np.isnan(value)
    reference = say("impact_rest", lang) if row["reference"] == "all others shown" else str(row["reference"])
    label = f"{lettering.legible(str(row['group']), 22)} / {lettering.legible(reference, 18)}"
    return {
        "block": block, "label": label, "n": f"{int(row['n'])} / {int(row['n_reference'])}",
        "ratio": value, "low": low if known else np.nan, "high": high if known else np.nan, "mark": "group",
        "exploratory": bool(row["exploratory"]), "y": y,
        "text": f"{_number(value)} [{_number(low)}–{_number(high)}]" if known else say("impact_nobody", lang),
    }  # fmt: skip


def _stratified(row: Mapping[Any, Any], kind: str, block: int, y: float, lang: Lang) -> dict[str, Any]:
    """One group within strata: the ratio, or the exact odds ratio where strata are sparse or the ratio has no interval."""
    names = ("adverse_ratio", "adverse_high", "adverse_low") if kind == "bad" else ("ratio", "ratio_low", "ratio_high")
    value, low, high = (_turned(row[c]) if kind == "bad" else row[c] for c in names)
    exact = row["told_by"] == "exact" or np.isnan(low) or np.isnan(high)
    if exact:  # the odds ratio of being kept out of an outcome is that of having it, turned round
        value, low, high = row["conditional"], row["conditional_low"], row["conditional_high"]
    return {
        "block": block, "label": say("impact_exact" if exact else "impact_within", lang),
        "n": f"{int(row['n'])} / {int(row['n_reference'])}",
        "ratio": value, "low": low, "high": high, "mark": "exact" if exact else "strata", "exploratory": False, "y": y,
        "text": f"{_number(value)} [{_number(low)}–{_number(high)}]",
    }  # fmt: skip


def _turned(value: float) -> float:
    """Inverse of a ratio; of 0 infinite, of infinite 0."""
    return float("inf") if value == 0 else 0.0 if np.isinf(value) else 1 / value


def _number(value: float) -> str:
    return "∞" if np.isinf(value) else f"{value:.2f}"


def _limits(frame: pd.DataFrame) -> tuple[float, float]:
    """Ends of the axis: as wide as the intervals are, within reason."""
    ends = frame[["low", "high", "ratio"]].to_numpy(dtype=np.float64).ravel()
    ends = ends[np.isfinite(ends) & (ends > 0)]
    wide = max(_LEAST, *(1.1 * np.maximum(ends, 1 / ends))) if len(ends) else _LEAST
    return 1 / min(wide, _WIDEST), min(wide, _WIDEST)


def _beyond(frame: pd.DataFrame, low: float, high: float) -> bool:
    return bool(((frame["low"] < low) | (frame["high"] > high)).any())


def draw(data: PlotData, ax: Axes) -> Axes:
    """Draw a forest plot of adverse impact.

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
    table, (low, high) = data.table, data.more["limits"].iloc[0]
    ax.set_xscale("log")
    ax.set_xlim(low, high)
    ax.set_ylim(float(table["y"].max()) + 0.9, -0.9)
    ax.axvline(1.0, color=palette.INK, linewidth=0.9, zorder=1)
    for x, ruled in zip(data.more["lines"]["x"], data.more["lines"]["ruled"], strict=True):
        ax.axvline(x, color=palette.VERMILLION if ruled else palette.SILVER, linewidth=1.0, linestyle=(0, (2, 2)), zorder=1)
    for row in table.to_dict("records"):
        _draw_row(ax, row, float(low), float(high))
    palette.dress(ax, data.title, data.subtitle, data.x_label, line=104, lift=14)
    ax.xaxis.set_minor_locator(NullLocator())
    ticks = _ticks(float(low), float(high))
    ax.xaxis.set_major_locator(FixedLocator(ticks))
    lettering.tick_names(ax, "x", ticks, [f"{x:g}" for x in ticks], size=8.5, color=palette.INK)
    lettering.tick_names(ax, "y", list(table["y"]), list(table["label"]), color=palette.INK)
    for text, mark in zip(ax.get_yticklabels(), table["mark"], strict=True):
        if mark != "group":
            text.set_color(palette.GREY)
    beside = ax.get_yaxis_transform()
    for title, y in zip(data.more["blocks"]["title"], data.more["blocks"]["y"], strict=True):
        ax.axhspan(y - 0.45, y + 0.45, color=palette.PALE, zorder=2, linewidth=0)
        lettering.write(ax, 0.01, y, title, size=9, color=palette.INK, transform=beside, va="center", ha="left")
    for y, text, n in zip(table["y"], table["text"], table["n"], strict=True):
        lettering.write(ax, 1.02, y, text, color=palette.INK, transform=beside, va="center", ha="left")
        lettering.write(ax, 1.27, y, n, color=palette.GREY, transform=beside, va="center", ha="left")
    for x, head in ((1.02, "impact_ratio"), (1.27, "impact_n")):
        lettering.write(ax, x, -0.95, say(head, data.lang), size=8.5, color=palette.GREY, transform=beside, va="bottom", ha="left")
    return ax


def _draw_row(ax: Axes, row: Mapping[Any, Any], low: float, high: float) -> None:
    """One interval and its point; what lies beyond the axis ends in an arrow."""
    if np.isnan(row["ratio"]):
        return
    color = palette.GREY if row["exploratory"] else palette.BLUE if row["mark"] == "group" else palette.GREEN
    left, right = max(row["low"], low), min(row["high"], high)
    if left < right:
        ax.plot([left, right], [row["y"]] * 2, color=color, linewidth=1.5, zorder=3, solid_capstyle="butt")
    for end, beyond, marker in ((low, row["low"] < low, "<"), (high, row["high"] > high, ">")):
        if beyond:
            ax.plot([end], [row["y"]], marker=marker, markersize=5.5, color=color, linestyle="none", zorder=4, clip_on=False)
    if low <= row["ratio"] <= high:
        shape = {"group": "s", "strata": "D", "exact": "D"}[row["mark"]]
        fill = "white" if row["mark"] == "exact" else color
        ax.plot([row["ratio"]], [row["y"]], marker=shape, markersize=5.5, color=color, markerfacecolor=fill, linestyle="none", zorder=5)


def _ticks(low: float, high: float) -> list[float]:
    """Readable ticks, 1 and the thresholds first, none so near another that their numbers run into each other."""
    chosen: list[float] = []
    apart = _APART * max(1.0, np.log10(high / low) / 1.2)
    for x in sorted(_TICKS, key=lambda t: (t != 1.0, t not in (0.8, 1.25), abs(np.log(t)))):
        if low <= x <= high and all(abs(np.log10(x / t)) >= min(apart, 0.09) for t in chosen):
            chosen.append(x)
    return sorted(chosen)
