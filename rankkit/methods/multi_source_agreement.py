"""Agreement inside sources and between them, and how many raters a source needs."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rankkit.agreement import group_icc, rwg, rwg_j
from rankkit.errors import Problem, RankkitError
from rankkit.kernels.components.decision_study import raters_needed as needed
from rankkit.kernels.rater_effects.rating_composite import composite
from rankkit.kernels.reliability.group_intraclass import group_intraclass
from rankkit.kernels.sources.source_correlations import source_agreement
from rankkit.methods.multi_source_scoring import SourceScoring
from rankkit.methods.multi_source_settings import SINGLE_RATER
from rankkit.tables.ratings import Ratings

ALL = "(all)"  # the composite over dimensions, where a table has rows for single dimensions too
TARGETS = (0.7, 0.8, 0.9)
_BETWEEN = ["dimension", "source_a", "source_b", "n", "r", "ci_low", "ci_high", "reliability_a", "reliability_b"]
_BETWEEN += ["corrected", "corrected_low", "corrected_high", "difference", "difference_low", "difference_high", "d", "reason"]
_LONG = 0.99  # a corrected correlation beyond this says that the correction is too large


def agreement_within(table: Ratings, seed: int) -> pd.DataFrame:
    """r_wg with two nulls and their tests, AD and a_wg, by (``ratee``, ``source``, ``dimension``)."""
    return _indexed(table, lambda: rwg(table, by="source", seed=seed), ["ratee", "source", "dimension"])


def agreement_within_items(table: Ratings, seed: int) -> pd.DataFrame:
    """r_wg(j) over the dimensions, by (``ratee``, ``source``)."""
    return _indexed(table, lambda: rwg_j(table, by="source", seed=seed), ["ratee", "source"])


def source_reliability(table: Ratings, level: float) -> pd.DataFrame:
    """ICC(1) and ICC(1,k) over people, by (``source``, ``dimension``, ``coefficient``)."""
    return _indexed(table, lambda: group_icc(table, by="source", level=level), ["source", "dimension", "coefficient"])


def _indexed(table: Ratings, make: object, index: list[str]) -> pd.DataFrame:
    """Make a table; where it cannot be made, the reason stands in its place."""
    try:
        found: pd.DataFrame = make()  # type: ignore[operator]
    except RankkitError as error:
        nothing = pd.DataFrame({"reason": [error.items[-1].message()]}, dtype=object)
        return nothing.set_index(pd.MultiIndex.from_tuples([("–",) * len(index)], names=index))
    out = found.set_index(index).sort_index(kind="stable")
    if "ratee" in index:
        out.insert(0, "label", [table.labels[p] for p in out.index.get_level_values("ratee")])
    return out


def between_sources(scoring: SourceScoring) -> pd.DataFrame:
    """Correlation, corrected correlation and mean difference of each two sources, by (``dimension``, ``source_a``, ``source_b``)."""
    table, settings = scoring.table, scoring.settings
    views = {ALL: scoring} | scoring.views
    rows: list[dict[str, object]] = []
    for name, view in views.items():
        x, error, _ = view.own
        for a in range(len(table.sources)):
            for b in range(a + 1, len(table.sources)):
                both = ~np.isnan(x[:, a]) & ~np.isnan(x[:, b])
                errors = [error[both, s] if view.errors[s].estimated else 1 - view.errors[s].reliability for s in (a, b)]
                found = source_agreement(x[both, a], x[both, b], *errors, level=settings.level, seed=settings.seed)
                rows.append(
                    {
                        "dimension": name,
                        "source_a": table.sources[a],
                        "source_b": table.sources[b],
                        "n": found.n,
                        "r": found.r,
                        "ci_low": found.r_low,
                        "ci_high": found.r_high,
                        "reliability_a": found.reliability_a,
                        "reliability_b": found.reliability_b,
                        "corrected": found.corrected,
                        "corrected_low": found.corrected_low,
                        "corrected_high": found.corrected_high,
                        "difference": found.difference,
                        "difference_low": found.difference_low,
                        "difference_high": found.difference_high,
                        "d": found.d,
                        "reason": _why(found.n, found.corrected, found.corrected_low, [view.errors[s].estimated for s in (a, b)]),
                    }
                )
    return pd.DataFrame(rows, columns=_BETWEEN).set_index(_BETWEEN[:3])


def _why(n: int, corrected: float, low: float, estimated: list[bool]) -> str:
    """What to know about a row, in words."""
    if np.isnan(corrected):
        return Problem("S-FEWSHARED" if n < 5 else "S-NORELIABILITY", None, None, None, {"n": n}).message()
    told = [] if all(estimated) else [Problem("S-DECLARED").message()]
    if abs(corrected) > _LONG or np.isnan(low):
        told.append(Problem("S-OVERCORRECTED").message())
    return "; ".join(told)


def raters_needed(scoring: SourceScoring) -> pd.DataFrame:
    """Raters each source needs for a reliability, from one rater's (Spearman–Brown, exact), by (``source``, ``target``)."""
    table, (n, m, _, _) = scoring.table, scoring.cells.shape
    rows: list[dict[str, object]] = []
    for s, source in enumerate(table.sources):
        own = scoring.cells.where(scoring.cells.source == s)
        parts = composite(own.ratee, own.rater, own.dimension, own.score, scoring.dimension_weights, n, m)
        several = scoring.errors[s].estimated
        found = group_intraclass(parts.rater_score, parts.ratee, n, level=scoring.settings.level) if several else None
        single, low, high = (found.single, found.single_low, found.single_high) if found else (np.nan, np.nan, np.nan)
        published = SINGLE_RATER.get(source, np.nan)
        for target in TARGETS:
            rows.append(
                {
                    "source": source,
                    "target": target,
                    "single": single,
                    "ci_low": low,
                    "ci_high": high,
                    "raters": _count(single, target),
                    "raters_low": _count(high, target),
                    "raters_high": _count(low, target),
                    "have": float(np.mean(parts.n_raters[parts.n_raters > 0])) if (parts.n_raters > 0).any() else 0.0,
                    "published": published,
                    "raters_published": _count(published, target),
                    "reason": "" if found else Problem("S-ONERATER").message(),
                }
            )
    out = pd.DataFrame(rows).set_index(["source", "target"])
    return out.astype(dict.fromkeys(("raters", "raters_low", "raters_high", "raters_published"), "Int64"))


def _count(single: float, target: float) -> object:
    """Raters needed; missing where no number reaches the target or nothing is known."""
    if not np.isfinite(single) or single <= 0:
        return pd.NA
    return 1 if single >= 1 else needed(float(single), target)
