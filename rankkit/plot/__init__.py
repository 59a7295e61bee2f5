"""Plots: each kind has its file, in which ``compute`` returns the numbers drawn and ``draw`` returns the axes.

Everything here works for any result; which kinds there are follows from what the result has.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from matplotlib.axes import Axes

from rankkit.errors import SettingsError
from rankkit.plot import (
    accuracy,
    anchor_scale,
    before_after,
    boundary,
    bump,
    canvas,
    category_use,
    code_confusion,
    components,
    dendrogram,
    design,
    drift,
    dstudy,
    evidence_map,
    forest,
    growth,
    halo,
    heatmap,
    impact_forest,
    incident_timeline,
    judge_groups,
    judges,
    ladder,
    lag_histogram,
    logger_map,
    membership,
    move_log,
    pairs,
    quasi,
    quota_bars,
    rater_network,
    raters,
    rating_map,
    response_surface,
    retranslation,
    sankey,
    self_other,
    severity,
    source_dots,
    survival_funnel,
    text_length,
    variance_shares,
    word_contrast,
    wright,
)
from rankkit.plot.plot_data import PlotData

__all__ = ["PlotData", "data", "draw", "kinds", "save", "svg"]


class _Plot(Protocol):
    KIND: str

    def applies(self, subject: Any) -> bool: ...

    def compute(self, subject: Any, **options: Any) -> PlotData: ...

    def draw(self, data: PlotData, ax: Axes) -> Axes: ...


_PLOTS: tuple[Any, ...] = (
    forest, bump, boundary, membership, quota_bars, before_after, wright, severity, category_use, halo, drift, components, dstudy, raters,
    rater_network, rating_map, quasi, pairs, judges, growth, ladder, heatmap, dendrogram, accuracy, design,
    source_dots, self_other, response_surface, variance_shares,
    incident_timeline, lag_histogram, logger_map, evidence_map, code_confusion, text_length, word_contrast,
    anchor_scale, retranslation, survival_funnel, judge_groups, sankey,
    move_log, impact_forest,
)  # fmt: skip


def kinds(subject: Any) -> tuple[str, ...]:
    """Return the plots a result, a comparison of methods, a design or an alternation session has; the first is drawn by default.

    Parameters
    ----------
    subject : Result, MethodComparison, Findings, GeneralizabilityStudy, Accuracy, DesignAudit or AlternationSession
        What to draw.

    Returns
    -------
    tuple of str
        Some of ``forest, bump, boundary, membership, quota_bars, before_after, wright, severity, category_use, halo, drift, components,
        dstudy, raters, rater_network, rating_map, quasi, pairs, judges, growth, ladder, heatmap, dendrogram, accuracy, design,
        source_dots, self_other, response_surface, variance_shares``.
    """
    return tuple(plot.KIND for plot in _PLOTS if plot.applies(subject))


def _chosen(subject: Any, kind: str | None) -> _Plot:
    available = kinds(subject)
    if not available or (kind is not None and kind not in available):
        raise SettingsError("E-PLOT", kind=kind, available=", ".join(available) or "—")
    return next(plot for plot in _PLOTS if (kind or available[0]) == plot.KIND)  # type: ignore[no-any-return]


def data(subject: Any, kind: str | None = None, **options: Any) -> PlotData:
    """Return the exact numbers and labels a plot shows.

    Parameters
    ----------
    subject : Result, MethodComparison, Findings, GeneralizabilityStudy, Accuracy, DesignAudit or AlternationSession
        What to draw.
    kind : str, optional
        One of :func:`kinds`; the first by default.
    **options
        ``lang`` ("en" or "zh") and what the ``compute`` of the plot takes, e.g. ``dimension`` or ``named``.

    Returns
    -------
    PlotData

    Raises
    ------
    SettingsError
        If there is no such plot of this subject.
    """
    return _chosen(subject, kind).compute(subject, **options)


def draw(subject: Any, kind: str | None = None, *, ax: Axes | None = None, **options: Any) -> Axes:
    """Draw a plot.

    Parameters
    ----------
    subject : Result, MethodComparison, Findings, GeneralizabilityStudy, Accuracy, DesignAudit or AlternationSession
        What to draw.
    kind : str, optional
        One of :func:`kinds`; the first by default.
    ax : Axes, optional
        Where to draw. Without it a figure of a fitting size is made: through pyplot in a notebook or where the session
        has imported pyplot (so that it is displayed), otherwise a plain figure that opens no window. Names and ranks
        stand outside the axes, so make figures of your own with ``layout="constrained"``.
    **options
        As in :func:`data`.

    Returns
    -------
    Axes
        Of the figure ``ax.figure``; the user's matplotlib settings are neither used for names nor changed.

    Raises
    ------
    SettingsError
        If there is no such plot of this subject.
    """
    plot = _chosen(subject, kind)
    numbers = plot.compute(subject, **options)
    with canvas.styled():
        return plot.draw(numbers, canvas.shown_axes(numbers.size) if ax is None else ax)


def save(subject: Any, kind: str | None, path: str | Path, *, dpi: float = 160, **options: Any) -> Path:
    """Draw a plot into a file; its ending says the format (png, svg, pdf).

    Parameters
    ----------
    subject, kind, **options
        As in :func:`draw`.
    path : path-like
        Where to write; missing folders are made.
    dpi : float
        Dots per inch of a raster image.

    Returns
    -------
    pathlib.Path
        The file written. Equal plots give equal files: no dates are written.
    """
    plot = _chosen(subject, kind)
    numbers = plot.compute(subject, **options)
    with canvas.styled():
        return canvas.write(plot.draw(numbers, canvas.quiet_axes(numbers.size)), Path(path), dpi)


def svg(subject: Any, kind: str | None = None, **options: Any) -> str:
    """Draw a plot as an SVG element for an HTML page: no script, no link, text as paths, the same bytes every time.

    Parameters
    ----------
    subject, kind, **options
        As in :func:`draw`.

    Returns
    -------
    str
        ``<svg …>…</svg>`` with ``role="img"`` and a ``<title>``.
    """
    plot = _chosen(subject, kind)
    numbers = plot.compute(subject, **options)
    with canvas.styled():
        return canvas.inline_svg(
            plot.draw(numbers, canvas.quiet_axes(numbers.size)), " ".join(f"{numbers.title}. {numbers.subtitle}".split())
        )
