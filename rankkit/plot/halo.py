"""Correlations of dimensions within one rater, beside those between raters: the gap is what one impression adds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from rankkit.errors import Lang, language
from rankkit.findings import Findings
from rankkit.plot import cell_map, lettering, palette
from rankkit.plot.phrases import say, sentences
from rankkit.plot.plot_data import PlotData

KIND = "halo"
_STEPS = 41
_COLORS = (palette.VERMILLION, "#F3B98F", "#F7F7F7", "#9CC7E2", palette.BLUE)
_GAP = 0.9  # cells between the two matrices
WRITTEN = 10  # dimensions up to which correlations stand in the cells


def applies(subject: Any) -> bool:
    """Tell whether correlations within and between raters were compared."""
    return isinstance(subject, Findings) and len(subject.tables.get("halo_correlations", ())) > 0


def compute(found: Findings, *, lang: Lang | None = None) -> PlotData:
    """Lay out the two matrices.

    Parameters
    ----------
    found : Findings
        Its table ``halo_correlations`` has ``first, second, same_rater, cross_rater``.
    lang : {"en", "zh"}, optional
        Language of titles; the session's by default.

    Returns
    -------
    PlotData
        ``table`` as there; ``more["same_rater"]`` and ``more["cross_rater"]`` are dimension × dimension, NaN on the diagonal and
        where there is none.
    """
    lang = lang or language()
    source = found.tables["halo_correlations"]
    names = list(dict.fromkeys([*source["first"].astype(str), *source["second"].astype(str)]))
    names = sorted(names)
    matrices = {}
    for which in ("same_rater", "cross_rater"):
        matrix = pd.DataFrame(np.nan, index=names, columns=names)
        for a, b, r in zip(source["first"].astype(str), source["second"].astype(str), source[which], strict=True):
            matrix.loc[a, b] = matrix.loc[b, a] = float(r)
        matrices[which] = matrix
    means = {
        which: float(np.nanmean(matrix.to_numpy())) if matrix.notna().to_numpy().any() else float("nan")
        for which, matrix in matrices.items()
    }
    k = len(names)
    return PlotData(
        kind=KIND,
        table=source,
        more=matrices | {"labels": pd.DataFrame({"label": lettering.distinct(names, names, 16)}, index=names)},
        title=say("halo", lang),
        subtitle=sentences(
            lang,
            say("halo_say", lang),
            *(say(f"halo_{w}", lang, mean=f"{m:.2f}") for w, m in means.items() if np.isfinite(m)),
            say("halo_caution", lang),
        ),
        lang=lang,
        size=(float(np.clip(3.0 + 1.05 * k, 7.0, 12.0)), float(np.clip(2.3 + 0.5 * k, 3.4, 7.0))),
    )


def draw(data: PlotData, ax: Axes) -> Axes:
    """Draw the two matrices side by side.

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
    labels = list(data.more["labels"]["label"])
    k = len(labels)
    colors = cell_map.ramp(_COLORS, _STEPS)
    palette.dress(ax, data.title, data.subtitle, line=int(12.5 * data.size[0]), lift=16)
    ax.set_xlim(0, 2 * k + _GAP)
    ax.set_ylim(k, 0)
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    for left, which in ((0.0, "same_rater"), (k + _GAP, "cross_rater")):
        values = data.more[which].to_numpy(dtype=np.float64)
        level = cell_map.levels(values, -1.0, 1.0, _STEPS)
        for i in range(k):
            for j in range(k):
                color = colors[level[i, j]] if level[i, j] >= 0 else palette.PALE if i == j else "#ffffff"
                ax.add_patch(Rectangle((left + j, i), 1, 1, facecolor=color, edgecolor="white", linewidth=1.0))
                if k <= WRITTEN and np.isfinite(values[i, j]):
                    text = f"{values[i, j]:.2f}".replace("0.", ".", 1).replace("-", "−")
                    lettering.write(ax, left + j + 0.5, i + 0.5, text, color=cell_map.ink_on(color), size=8.5, ha="center", va="center")
        head = ax.annotate(
            say(f"head_{which}", data.lang), (left, 1), (0, 6), xycoords=ax.get_xaxis_transform(), textcoords="offset points", ha="left"
        )
        lettering.letter(head, 9.5, palette.INK)
    lettering.tick_names(ax, "y", [i + 0.5 for i in range(k)], labels, color=palette.INK)
    at = [*(j + 0.5 for j in range(k)), *(k + _GAP + j + 0.5 for j in range(k))]
    lettering.tick_names(ax, "x", at, labels * 2, size=8.0, color=palette.INK, rotation=90 if k > 3 else 0)
    ax.tick_params(axis="x", length=0)
    return ax
