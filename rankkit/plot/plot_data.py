"""PlotData: what a plot shows, as a table, before anything is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from rankkit.errors import Lang


@dataclass(frozen=True, kw_only=True, eq=False)
class PlotData:
    """The exact numbers and labels of a plot.

    Attributes
    ----------
    kind : str
        Which plot.
    table : DataFrame
        One row a person (or rater): the numbers drawn, the label drawn, and the position ``y``.
    more : mapping of str to DataFrame
        Further tables the plot draws: ratings, cut lines, links.
    title, subtitle, x_label, y_label : str
        Texts around the axes.
    lang : {"en", "zh"}
        Language of those texts.
    size : (float, float)
        Width and height in inches that suit the table, used when no axes are given.
    """

    kind: str
    table: pd.DataFrame
    title: str
    subtitle: str = ""
    x_label: str = ""
    y_label: str = ""
    lang: Lang = "en"
    more: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    size: tuple[float, float] = (7.5, 5.0)
