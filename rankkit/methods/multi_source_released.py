"""Tables over all people in the form others than the owner may see: pooled widely enough, coarse, and means of released values."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from rankkit.kernels.arrays import Floats
from rankkit.privacy.policy import DisclosurePolicy
from rankkit.privacy.pooled import FEWEST_POOLED

POOLED = (
    "source_weights",
    "self_other_reliability",
    "between_sources",
    "components",
    "variance_groups",
    "raters_needed",
    "source_reliability",
)
"""Tables that are made of the answers of everybody together."""

_PLACES = 2  # all digits of a number over whole-number answers would say much about them
OF_ALL = ("components", "variance_groups", "self_other_reliability")
"""Of these, the ones that are made of all sources at once."""

_SOURCE_LEVELS = ("source", "source_a", "source_b")
_HIDDEN = ("level",)  # means over people: with everybody else's mean known, the one that is withheld follows


def thin_sources(raters: Floats, sources: tuple[str, ...], policy: DisclosurePolicy) -> tuple[str, ...]:
    """Protected sources whose spread rests on fewer than :data:`~rankkit.privacy.pooled.FEWEST_POOLED` people.

    Parameters
    ----------
    raters : array, shape (n, S)
        Raters of each person and source.
    sources : tuple of str
    policy : DisclosurePolicy

    Examples
    --------
    >>> thin_sources(np.array([[5, 1]] * 4), ("peer", "supervisor"), DisclosurePolicy())
    ('peer',)
    """
    counts = [(raters > 0).sum(axis=0), (raters > 1).sum(axis=0)]
    few = np.any([(n > 0) & (n < FEWEST_POOLED) for n in counts], axis=0)
    return tuple(s for s, is_few in zip(sources, few, strict=True) if policy.protects(s) and is_few)


def as_released(
    make: Callable[[], pd.DataFrame], name: str, thin: tuple[str, ...], means: Callable[[], pd.DataFrame], gaps: Callable[[], pd.DataFrame]
) -> pd.DataFrame:
    """One pooled table as others may see it.

    Sources that few people have are left out (:data:`OF_ALL` cannot be shown where there is one); numbers are rounded; mean
    differences are those of the released values (``means``: of sources, ``gaps``: of self and others), from which nothing follows
    that was not released.
    """
    table = make().copy()
    for level in _SOURCE_LEVELS:
        if level in table.index.names:
            table = table[~table.index.get_level_values(level).isin(thin)]
    table = table.drop(columns=[c for c in _HIDDEN if c in table])
    if name == "between_sources":
        table = _moved(table, "difference", _between(table.index, means()), ("difference_low", "difference_high"))
    if name == "self_other_reliability":
        table = _moved(table, "mean_difference", _of_self(table.index, gaps()), ())
    real = table.select_dtypes("float").columns
    return table.assign(**{c: table[c].round(_PLACES) for c in real})


def _moved(table: pd.DataFrame, name: str, value: Floats, ends: tuple[str, ...]) -> pd.DataFrame:
    """Put another mean difference into a table, with its interval and d."""
    if name not in table or not len(table):
        return table
    was = table[name].to_numpy(dtype=np.float64)
    now = np.where(np.isnan(was), np.nan, value)
    changes: dict[str, Floats] = {name: now}
    changes |= {c: now + (table[c].to_numpy(dtype=np.float64) - was).round(_PLACES) for c in ends}
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.where(was != 0, (was / table["d"].to_numpy(dtype=np.float64)).round(_PLACES), np.nan)
        changes["d"] = np.where(now == 0, 0.0, now / spread)
    return table.assign(**changes)


def _between(index: pd.Index, means: pd.DataFrame) -> Floats:
    """Mean difference of the released means of two sources."""
    wide = means["value"].unstack("source") if len(means) else pd.DataFrame()  # noqa: PD010 - one value a cell
    out = np.full(len(index), np.nan)
    for k, (dimension, a, b) in enumerate(index):
        if a in wide and b in wide:
            known = set(wide.index.get_level_values("dimension"))
            at = dimension if dimension in known else next(iter(known)) if len(known) == 1 else None
            if at is not None:
                gap = (wide[a] - wide[b]).xs(at, level="dimension").to_numpy(dtype=np.float64)
                out[k] = _mean(gap)
    return out


def _of_self(index: pd.Index, gaps: pd.DataFrame) -> Floats:
    """Mean difference of self ratings from the released ratings of others."""
    own = (gaps["self"] - gaps["others"]).astype(np.float64)
    by = {str(d): _mean(g.to_numpy()) for d, g in own.groupby(level="dimension")}
    return np.array([by.get(str(entry[0]), np.nan) for entry in index], dtype=np.float64)


def _mean(values: Iterable[float]) -> float:
    kept = [v for v in values if not np.isnan(v)]
    return float(np.mean(kept)) if kept else float("nan")
