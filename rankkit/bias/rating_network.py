"""Ratings as a network: who rated whom, as what, in which cycle, one value a form."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from rankkit.bias.panel import Panel
from rankkit.bias.rating_columns import has
from rankkit.errors import SettingsError
from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.multiplicity import benjamini_hochberg
from rankkit.kernels.rater_effects.social_relations import Relations, relations
from rankkit.tables.source_words import SHOWN
from rankkit.tables.text import encode

FEWEST_PAIRS = 15  # pairs who rate each other, for a network to be judged
SUPERIOR, SUBORDINATE = "supervisor", "subordinate"
_CHOSEN = frozenset({"ratee", "self", "employee", "被评人", "被考核人", "本人", "员工"})


@dataclass(frozen=True, eq=False)
class Network:
    """One value a form, dimensions averaged (dimension means taken out where some are blank); self ratings are left out.

    Attributes
    ----------
    who : tuple of str
        Everybody who rates or is rated, sorted.
    rater, ratee : ndarray of int, shape (N,)
        Codes into ``who``.
    source, cycle : ndarray of int, shape (N,)
        Codes into ``sources`` and ``cycles``; a table without the column has one value, "".
    score : ndarray, shape (N,)
        Scale points.
    """

    who: tuple[str, ...]
    rater: Ints
    ratee: Ints
    source: Ints
    cycle: Ints
    score: Floats
    sources: tuple[str, ...]
    cycles: tuple[str, ...]
    chosen: Ints  # 1 = the ratee chose the rater, 0 = somebody else did, −1 = not known

    def of(self, at: Ints) -> Relations:
        """Residuals of some of the forms, effects of ratee and rater taken out."""
        return relations(self.rater[at], self.ratee[at], self.score[at], len(self.who))

    def layers(self) -> list[Layer]:
        """Forms of one source in one cycle, where two or more pairs rate each other."""
        out = []
        for c, cycle in enumerate(self.cycles):
            for s, source in enumerate(self.sources):
                at = np.flatnonzero((self.cycle == c) & (self.source == s))
                if len(at) and _mutual(self.rater[at], self.ratee[at], len(self.who)) > 1:
                    out.append(Layer(cycle, source, at))
        return out

    def pick(self, source: str, cycle: int | None = None) -> Ints:
        """Places of the forms of a source (in a cycle)."""
        mask = self.source == self.sources.index(source) if source in self.sources else np.zeros(len(self.score), dtype=bool)
        return np.flatnonzero(mask if cycle is None else mask & (self.cycle == cycle))

    def source_level(self) -> Floats:
        """Each score less the mean of its source in its cycle."""
        key = self.cycle * len(self.sources) + self.source
        n = np.maximum(np.bincount(key), 1)
        return np.asarray(self.score - (np.bincount(key, self.score) / n)[key])


@dataclass(frozen=True, eq=False)
class Layer:
    """Forms of one source in one cycle."""

    cycle: str
    source: str
    at: Ints

    @property
    def name(self) -> str:
        """What the layer is called in tables."""
        return " ".join(part for part in (self.cycle, self.source) if part) or "all"


def _mutual(rater: Ints, ratee: Ints, n: int) -> int:
    """Pairs who rate each other."""
    return int(np.isin(rater * n + ratee, ratee * n + rater).sum()) // 2


def network(panel: Panel) -> Network:
    """Lay a panel out as a network."""
    table = panel.table
    who = tuple(sorted({*table.people, *table.raters}))
    place = {p: k for k, p in enumerate(who)}
    rater = np.array([place[r] for r in table.raters], dtype=np.int64)[table.rater]
    ratee = np.array([place[p] for p in table.people], dtype=np.int64)[table.ratee]
    cycle, cycles = coded(table.extras["cycle"]) if has(table, "cycle") else (np.zeros(len(table), dtype=np.int64), ("",))
    sources = (*table.sources, "") if not table.sources or (table.source < 0).any() else table.sources
    source = np.where(table.source < 0, len(sources) - 1, table.source)
    chosen = _chosen(table.extras["nominated_by"]) if has(table, "nominated_by") else np.full(len(table), -1)
    use = ~np.isnan(table.score) & (rater != ratee)
    frame = pd.DataFrame({"c": cycle, "s": source, "r": rater, "i": ratee, "chosen": chosen, "d": table.dimension, "y": table.score})[use]
    means = frame.groupby("d")["y"].mean()
    frame["y"] = frame["y"] - frame["d"].map(means) + means.mean()
    forms = frame.groupby(["c", "s", "r", "i"], sort=True).agg(y=("y", "mean"), chosen=("chosen", "max")).reset_index()
    code = {name: forms[name].to_numpy(dtype=np.int64) for name in ("r", "i", "s", "c", "chosen")}
    score = forms["y"].to_numpy(dtype=np.float64).round(12)  # equal answers are equal, whatever the order they were added up in
    return Network(who, code["r"], code["i"], code["s"], code["c"], score, sources, cycles, code["chosen"])


def coded(column: pd.Series) -> tuple[Ints, tuple[str, ...]]:
    """Codes of a text column; blanks are a value of their own."""
    coded = encode(column)
    if (coded.codes < 0).any():
        return np.where(coded.codes < 0, len(coded.values), coded.codes).astype(np.int64), (*coded.values, "")
    return coded.codes, coded.values


def _chosen(column: pd.Series) -> Ints:
    """Whether the ratee chose the rater: 1, 0, or −1 where it is not said."""
    coded = encode(column)
    own = np.array([*(int(v.lower() in _CHOSEN) for v in coded.values), -1], dtype=np.int64)
    return np.asarray(own[coded.codes])


def in_order(cycles: Sequence[str], given: Sequence[str] | None) -> list[str] | None:
    """Cycles from the earliest; None where their names do not say which came first.

    Names such as 2025, 2025H1, 2025-06 or FY25 Q3 are read by their numbers, a year first.

    Raises
    ------
    SettingsError
        If the order given is not one of these cycles.

    Examples
    --------
    >>> in_order(["H2 2025", "H1 2026", "H1 2025"], None)
    ['H1 2025', 'H2 2025', 'H1 2026']
    >>> in_order(["spring", "autumn"], None) is None
    True
    """
    if given is not None:
        if sorted(given) != sorted(cycles):
            raise SettingsError("E-SETTING", name="cycles", value=list(given), allowed=sorted(cycles))
        return list(given)
    keys = {}
    for cycle in cycles:
        numbers = [int(n) for n in re.findall(r"\d+", cycle)]
        years = [n for n in numbers if 1900 <= n <= 2199]
        keys[cycle] = (*years[:1], *(n for k, n in enumerate(numbers) if not (years and k == numbers.index(years[0]))))
    if len({(len(k), re.sub(r"\d+", "#", c) if len(k) > 2 else "") for c, k in keys.items()}) > 1 or not all(keys.values()):
        return None
    return sorted(cycles, key=lambda c: keys[c]) if len(set(keys.values())) == len(keys) else None


def dyads(data: Network, layers: Sequence[tuple[Layer, Relations]]) -> pd.DataFrame:
    """Residuals of every form of the layers examined: ``cycle, source, rater, ratee, residual, standard``."""
    parts = []
    for layer, own in layers:
        with np.errstate(invalid="ignore", divide="ignore"):
            standard = own.residual / (own.sigma * np.sqrt(1 - np.minimum(own.leverage, 1.0)))
        parts.append(
            pd.DataFrame(
                {
                    "cycle": layer.cycle,
                    "source": layer.source,
                    "rater": [data.who[k] for k in own.rater],
                    "ratee": [data.who[k] for k in own.ratee],
                    "residual": own.residual,
                    "standard": np.where(own.leverage < 1 - 1e-9, standard, np.nan),
                }
            )
        )
    frame = pd.concat(parts, ignore_index=True)
    frame["reason"] = np.where(frame["standard"].isna(), "fitted exactly: nothing is left to compare", "")
    return frame


def called(panel: Panel, ident: str) -> str:
    """What a person or rater is called."""
    return panel.labels.get(ident) or panel.table.labels.get(ident, ident)


def family_q(p: Floats, cycle: Sequence[str]) -> Floats:
    """False-discovery-rate adjusted p-values, one family a cycle."""
    out = np.full(len(p), np.nan)
    names = np.asarray(cycle, dtype=object)
    for one in sorted(set(names.tolist())):
        out[names == one] = benjamini_hochberg(p[names == one])
    return out


def in_chinese(name: str) -> str:
    """Name a network with the sources in Chinese.

    >>> in_chinese("2026 peer")
    '2026 同事'
    """
    return " ".join(SHOWN.get(word, word) for word in name.split(" "))
