"""Variance components of ratings from several sources, beside published shares."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pandas as pd

from rankkit.errors import ConvergenceError, Problem
from rankkit.kernels.arrays import Floats
from rankkit.kernels.components import mixed_reml
from rankkit.kernels.components.mixed_design import cross
from rankkit.kernels.sources.source_components import EFFECTS, SourceComponents, source_components
from rankkit.kernels.sources.source_composite import SourceCells
from rankkit.methods.multi_source_agreement import ALL
from rankkit.methods.multi_source_scoring import SourceScoring

DRAWS = 1000
GROUPS = MappingProxyType(
    {
        "rater": ("rater",),
        "general + dimension": ("general", "dimension"),
        "source": ("source", "source × dimension"),
        "residual": ("residual",),
    }
)
"""What published studies report together."""

PUBLISHED = (
    ("Scullen, Mount & Goff 2000, first sample", "rater", 0.62),
    ("Scullen, Mount & Goff 2000, first sample", "general + dimension", 0.21),
    ("Scullen, Mount & Goff 2000, first sample", "residual", 0.11),
    ("Scullen, Mount & Goff 2000, second sample", "rater", 0.53),
    ("Scullen, Mount & Goff 2000, second sample", "general + dimension", 0.25),
    ("Scullen, Mount & Goff 2000, second sample", "residual", 0.18),
)
"""Shares of the variance of a single rating: idiosyncratic rater effects, ratee general and dimensional performance, error."""

SEVERITY = "rater severity"
_COLUMNS = ["source", "facet", "variance", "ci_low", "ci_high", "share", "share_low", "share_high", "as_estimated", "reml"]
_COLUMNS += ["ratees", "reason"]
_FEWEST = 10  # ratees from which they are resampled
_MOST = 60_000  # ratings up to which severity is told from private views by REML


def components(scoring: SourceScoring) -> pd.DataFrame:
    """Components over all sources but self, and inside each, by (``source``, ``facet``)."""
    cells, table, settings = scoring.cells, scoring.table, scoring.settings
    frames = [_of(cells.where(_others(scoring)), ALL, settings.level, settings.seed)]
    frames += [_of(cells.where(cells.source == s), name, settings.level, settings.seed) for s, name in enumerate(table.sources)]
    kept = [f for f in frames if len(f)]
    found = pd.concat(kept, ignore_index=True) if kept else pd.DataFrame(columns=_COLUMNS)
    return found.set_index(["source", "facet"])


def _others(scoring: SourceScoring) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Ratings by anybody but oneself (and machines): the shares are about raters of other people."""
    own = [k for k, s in enumerate(scoring.table.sources) if s in ("self", "model", "system")]
    return np.asarray(~np.isin(scoring.cells.source, own))


def _of(cells: SourceCells, name: str, level: float, seed: int) -> pd.DataFrame:
    """Rows of one source, or of all together."""
    found = source_components(cells, draws=DRAWS, seed=seed) if len(cells.score) else None
    if found is None:
        return pd.DataFrame()
    reml = _by_reml(cells, found)
    shares, drawn = found.shares([(e,) for e in found.effects])
    enough = found.ratees >= _FEWEST
    tails = [100 * (1 - level) / 2, 100 * (1 + level) / 2]
    ends = np.percentile(np.maximum(found.draws, 0.0), tails, axis=0) if enough else np.full((2, len(found.effects)), np.nan)
    share_ends = np.percentile(drawn, tails, axis=0) if enough else np.full((2, len(found.effects)), np.nan)
    holders = dict(found.confounded)
    rows: list[dict[str, object]] = []
    for facet in EFFECTS:
        row: dict[str, object] = {"source": name, "facet": facet, "ratees": found.ratees, "reml": reml.get(facet, np.nan)}
        if facet in found.effects:
            k = found.effects.index(facet)
            held = [e for e, h in holders.items() if h == facet and not _trivial(e, name)]
            row |= {
                "variance": max(float(found.estimate[k]), 0.0),
                "ci_low": ends[0, k],
                "ci_high": ends[1, k],
                "share": float(shares[k]),
                "share_low": share_ends[0, k],
                "share_high": share_ends[1, k],
                "as_estimated": float(found.estimate[k]),
                "reason": Problem("S-HOLDS", None, None, None, {"what": held}).message() if held else _few(enough=enough),
            }
        elif _trivial(facet, name):
            continue
        else:
            row["reason"] = Problem("S-CONFOUNDED", None, None, None, {"with": holders[facet]}).message()
        rows.append(row)
    if SEVERITY in reml:
        reason = Problem("S-OFWHICH").message()
        rows.append({"source": name, "facet": SEVERITY, "ratees": found.ratees, "reml": reml[SEVERITY], "reason": reason})
    return pd.DataFrame(rows).reindex(columns=_COLUMNS)


def _trivial(facet: str, name: str) -> bool:
    """Effects a single source cannot have by itself: they are what 'general' means there."""
    return name != ALL and facet in ("source", "source × dimension")


def _few(*, enough: bool) -> str:
    return "" if enough else Problem("S-FEWRATEESBOOT", None, None, None, {"least": _FEWEST}).message()


def _by_reml(cells: SourceCells, found: SourceComponents) -> dict[str, float]:
    """The same by REML, which also tells severity (shared by all whom a rater rates) from the private view of one person."""
    if len(cells.score) > _MOST or len(cells.score) < 2 * len(found.effects):
        return {}
    _, m, D, S = cells.shape
    where = cells.source * D + cells.dimension
    columns = np.unique(where, return_inverse=True)[1]
    fixed: Floats = np.eye(int(columns.max()) + 1)[columns]
    parts = {
        "general": (cells.ratee,),
        "source": (cells.ratee, cells.source),
        "dimension": (cells.ratee, cells.dimension),
        "source × dimension": (cells.ratee, cells.source, cells.dimension),
        "rater": (cells.ratee, cells.source, cells.rater),
    }
    named = [e for e in found.effects if e != "residual"]
    effects = [cross(*[np.unique(c, return_inverse=True)[1].astype(np.int64) for c in parts[e]]) for e in named]
    role = np.unique(cells.rater * S + cells.source, return_inverse=True)[1].astype(np.int64)
    pairs = len(np.unique(cells.ratee * (m * S) + cells.rater * S + cells.source))
    shared = "rater" in found.effects and int(role.max()) + 1 < pairs
    if shared:
        named.append(SEVERITY)
        effects.append((role, int(role.max()) + 1))
    try:
        fitted = mixed_reml.fit(cells.score, effects, fixed, information="average")
    except ConvergenceError:
        return {}
    values = {name: float(v) for name, v in zip([*named, "residual"], fitted.variances, strict=True)}
    if shared:
        values["rater"] += values[SEVERITY]
    return values


def variance_groups(scoring: SourceScoring) -> pd.DataFrame:
    """Shares grouped as studies publish them, by ``facet``: ``share, ci_low, ci_high`` and one column a study."""
    found = source_components(scoring.cells.where(_others(scoring)), draws=DRAWS, seed=scoring.settings.seed)
    studies = list(dict.fromkeys(study for study, _, _ in PUBLISHED))
    out = pd.DataFrame(index=pd.Index(list(GROUPS), name="facet"), columns=["share", "ci_low", "ci_high", *studies], dtype=np.float64)
    for study, facet, share in PUBLISHED:
        out.loc[facet, study] = share
    out["reason"] = ""
    if found is None:
        out["reason"] = Problem("S-FEWRATEESBOOT", None, None, None, {"least": _FEWEST}).message()
        return out
    here = {g: tuple(e for e in members if e in found.effects) for g, members in GROUPS.items()}
    shares, drawn = found.shares(list(here.values()))
    tails = [100 * (1 - scoring.settings.level) / 2, 100 * (1 + scoring.settings.level) / 2]
    ends = np.percentile(drawn, tails, axis=0) if found.ratees >= _FEWEST else np.full((2, len(here)), np.nan)
    holders = dict(found.confounded)
    for k, (group, members) in enumerate(here.items()):
        if members:
            out.loc[group, ["share", "ci_low", "ci_high"]] = [shares[k], ends[0, k], ends[1, k]]
        gone = [e for e in GROUPS[group] if e not in found.effects]
        if gone:
            told = sorted({holders[e] for e in gone})
            out.loc[group, "reason"] = Problem("S-CONFOUNDED", None, None, None, {"with": told}).message()
    return out
