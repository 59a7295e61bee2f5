"""Detectors of what is wrong or right with a text, and how often each was right on texts it was not made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from rankkit.errors import SettingsError
from rankkit.tables.text_actions import is_actionable
from rankkit.tables.text_personal_data import personal_data
from rankkit.tables.text_traits import is_trait_only

SAMPLE = "incident_text_labels"
"""Data set of labelled texts; its ``tune`` half was looked at while the rules were written, its ``holdout`` half was not."""


def has_personal_data(text: str) -> bool:
    """Whether :func:`~rankkit.tables.text_personal_data.personal_data` finds anything.

    >>> has_personal_data("电话13812345678")
    True
    """
    return bool(personal_data(text))


DETECTORS: Mapping[str, Callable[[str], bool]] = MappingProxyType(
    {"trait": is_trait_only, "personal_data": has_personal_data, "actionable": is_actionable}
)
_HOLDOUT: Mapping[tuple[str, str], tuple[int, int, int, int]] = MappingProxyType(
    {  # (detector, language): found rightly, found wrongly, missed, rightly left alone
        ("trait", "zh"): (10, 1, 1, 22),
        ("trait", "en"): (11, 0, 0, 23),
        ("personal_data", "zh"): (5, 0, 0, 29),
        ("personal_data", "en"): (5, 0, 0, 29),
        ("actionable", "zh"): (3, 0, 1, 30),
        ("actionable", "en"): (4, 0, 0, 30),
    }
)


def wilson(hits: int, n: int, level: float = 0.95) -> tuple[float, float, float]:
    """Share and its Wilson interval; ``nan`` without any trial (Wilson 1927).

    >>> [round(v, 3) for v in wilson(10, 11)]
    [0.909, 0.623, 0.984]
    """
    if not n:
        return (np.nan, np.nan, np.nan)
    z2, p = float(stats.norm.ppf((1 + level) / 2)) ** 2, hits / n
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = float(np.sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n * n)))) / (1 + z2 / n)
    return p, max(centre - half, 0.0), min(centre + half, 1.0)


def measured(texts: pd.DataFrame, level: float = 0.95, detectors: Mapping[str, Callable[[str], bool]] = DETECTORS) -> pd.DataFrame:
    """Precision and recall of the detectors on labelled texts of your own.

    Parameters
    ----------
    texts : DataFrame
        ``text, lang`` and one column of 0 and 1 a detector, by its name.
    level : float
        Of the Wilson intervals.
    detectors : mapping of str to callable
        By default those used here; texts without a column for one are not measured on it.

    Returns
    -------
    DataFrame
        By (``detector``, ``lang``): ``n`` texts, ``labelled`` positive, ``found``, ``right``, ``precision``, ``recall`` with
        ``_low, _high``.

    Raises
    ------
    SettingsError
        If no column belongs to a detector.

    Examples
    --------
    >>> import pandas as pd
    >>> texts = pd.DataFrame({"text": ["态度差", "回电三次"], "lang": "zh", "trait": [1, 0]})
    >>> measured(texts)[["n", "precision", "recall"]].round(2)
                    n  precision  recall
    detector lang
    trait    zh    2        1.0     1.0
    """
    wanted = [name for name in detectors if name in texts]
    if not wanted or not {"text", "lang"} <= set(texts):
        raise SettingsError("E-SETTING", name="texts", value=list(map(str, texts.columns)), allowed=["text", "lang", *detectors])
    found: dict[tuple[str, str], tuple[int, int, int, int]] = {}
    for name in wanted:
        for lang, part in texts.groupby("lang", sort=True):
            says = np.array([detectors[name](str(t)) for t in part["text"]], dtype=bool)
            is_so = part[name].astype(int).to_numpy() == 1
            cells = (says & is_so, says & ~is_so, ~says & is_so, ~says & ~is_so)
            found[name, str(lang)] = (int(cells[0].sum()), int(cells[1].sum()), int(cells[2].sum()), int(cells[3].sum()))
    return _table(found, level)


def accuracy(level: float = 0.95) -> pd.DataFrame:
    """Precision and recall of the detectors on the hold-out half of the labelled sample (data set ``incident_text_labels``).

    The texts are made up, and by the authors of the rules: expect less of your own texts, and measure it (:func:`measured`).

    Returns
    -------
    DataFrame
        As :func:`measured`.

    Examples
    --------
    >>> accuracy().loc[("trait", "zh"), ["found", "right", "recall", "recall_low", "recall_high"]].round(2).tolist()
    [11.0, 10.0, 0.91, 0.62, 0.98]
    """
    return _table(_HOLDOUT, level)


def printed(detector: str) -> dict[str, str]:
    """Precision and recall of a detector as notes print them: ``precision_en, precision_cn, recall_en, recall_cn``.

    >>> printed("trait")["recall_cn"]
    '0.91'
    """
    table = accuracy()
    rates: dict[str, str] = {}
    for lang, short in (("en", "en"), ("zh", "cn")):
        row: Any = table.loc[(detector, lang)]
        rates |= {f"{what}_{short}": f"{float(row[what]):.2f}" for what in ("precision", "recall")}
    return rates


def _table(counts: Mapping[tuple[str, str], tuple[int, int, int, int]], level: float) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for (name, lang), (right, wrong, missed, left) in counts.items():
        row: dict[str, Any] = {"detector": name, "lang": lang, "n": right + wrong + missed + left, "labelled": right + missed}
        row |= {"found": right + wrong, "right": right}
        for what, n in (("precision", right + wrong), ("recall", right + missed)):
            row |= dict(zip((what, f"{what}_low", f"{what}_high"), wilson(right, n, level), strict=True))
        rows.append(row)
    return pd.DataFrame(rows).set_index(["detector", "lang"])
