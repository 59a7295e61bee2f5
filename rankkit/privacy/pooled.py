"""Scores that pool the raters of several sources: what may be shown of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from rankkit.kernels.arrays import Floats
from rankkit.privacy.confidential import Confidential
from rankkit.privacy.disclosing import Disclosure, disclose
from rankkit.privacy.policy import DisclosurePolicy
from rankkit.privacy.statements import Linear, RollUp, Statement, cells_of
from rankkit.tables.ratings import Ratings

if TYPE_CHECKING:
    from rankkit.privacy.ledger import Ledger

_SCORE = "score"
_NEAR = 1e-6  # score units: a float mean against the exact one


def protects_some(table: Any, policy: DisclosurePolicy | None = None) -> bool:
    """Tell whether a table holds ratings of protected sources.

    >>> protects_some(None)
    False
    """
    policy = DisclosurePolicy() if policy is None else policy
    return isinstance(table, Ratings) and any(policy.protects(s) for s in table.sources)


def pooled(
    table: Ratings,
    estimates: Mapping[str, Mapping[str, float]],
    *,
    dimension_weights: Mapping[str, Any] | None,
    sources: Iterable[str] | None,
    scale: tuple[float, float] | None,
    plain: bool,
    ledger: Ledger | None = None,
    cycle: str = "",
) -> Confidential:
    """Disclose scores that are means over all raters, whatever their source.

    A score is shown only if it is the weighted mean over dimensions of the mean over raters; scores that were adjusted, or are
    of another model, are withheld: what they say about single ratings cannot be worked out.

    Parameters
    ----------
    table : Ratings
    estimates : mapping of dimension to mapping of ratee to score
        ``""`` is the score over all dimensions.
    dimension_weights : mapping, optional
        Equal by default.
    sources : iterable of str, optional
        Sources the scores use; all but ``self`` by default.
    scale : (float, float), optional
        Nothing is shown without one.
    plain : bool
        Whether scores are unadjusted means.
    ledger, cycle
        As for :func:`rankkit.privacy.disclose`.

    Returns
    -------
    Confidential
    """
    policy = DisclosurePolicy()
    used = tuple(s for s in table.sources if s != "self") if sources is None else tuple(sources)
    cells = cells_of(table)
    cells = cells[cells["source"].isin(used)]
    disclosures: dict[str, Disclosure] = {}
    if plain and scale is not None:
        step = _step(cells["score"].to_numpy(dtype=np.float64), scale)
        with nullcontext() if ledger is None else ledger.held():
            for ratee, part in cells.groupby("ratee", sort=True):
                statements = _statements(part, used, dimension_weights)
                disclosures[str(ratee)] = disclose(
                    part, statements, policy, scale=scale, step=step, ratee=str(ratee), ledger=ledger, cycle=cycle
                )
    names = {d: d for d in table.dimensions} if len(table.dimensions) > 1 else {}
    told = Confidential.of(disclosures, score=_SCORE, dimensions=names)
    scores = _agreeing(told.scores, estimates.get("", {}))
    return Confidential(
        policy=policy.policy,
        scores=scores,
        dimensions={d: _agreeing(told.dimensions[d], estimates.get(d, {})) for d in names},
        notes=told.notes,
    )


def _statements(cells: pd.DataFrame, sources: tuple[str, ...], weights: Mapping[str, Any] | None) -> list[Statement]:
    """The score of one person, and the mean on each dimension."""
    rated = list(dict.fromkeys(cells["dimension"]))
    nominal = {d: float(1 if weights is None else weights.get(d, 0)) for d in rated}
    n = cells["dimension"].value_counts()
    total = sum(nominal.values()) or 1.0
    row = {(str(r), str(d)): nominal[d] / total / int(n[d]) for r, d in zip(cells["rater"], cells["dimension"], strict=True)}
    return [Linear(_SCORE, row), *(RollUp(str(d), sources, str(d)) for d in rated)]


def _agreeing(told: pd.DataFrame, estimates: Mapping[str, float]) -> pd.DataFrame:
    """Withhold what is not the number that was disclosed."""
    out = told.copy()
    own = np.array([estimates.get(str(r), np.nan) for r in out.index], dtype=np.float64)
    low, high = (out[c].to_numpy(dtype=np.float64) for c in ("low", "high"))
    with np.errstate(invalid="ignore"):
        other = ~((low - _NEAR <= own) & (own <= high + _NEAR))
    out.loc[other, ["value", "low", "high"]] = np.nan
    out.loc[other, "shown"] = "suppressed"
    return out


def _step(scores: Floats, scale: tuple[float, float]) -> float:
    """Coarsest of the usual steps on which all scores lie; finer scores count as if they lay on the finest."""
    for step in (1.0, 0.5, 0.25, 0.2, 0.1):
        places = (scores - scale[0]) / step
        if np.allclose(places, np.round(places), atol=_NEAR) and abs((scale[1] - scale[0]) / step % 1) < _NEAR:
            return step
    return (scale[1] - scale[0]) / 10


def later(table: Ratings, result: Any, assessment: Any, *, ledger: Ledger | None = None, cycle: str = "") -> Confidential:
    """Make the :class:`Confidential` of a fitted result that has none of its own; put off until somebody wants to show it."""
    scale = getattr(assessment, "scale", None) or table.scale
    scale = getattr(scale, "scale", scale)  # a scale card has a scale of its own
    plain = getattr(assessment, "adjust", None) == "none" and not getattr(assessment, "ordinal", False) and isinstance(scale, tuple)
    weights = getattr(assessment, "weights", None)
    estimates: dict[str, dict[str, float]] = {}
    if plain:
        estimates = {"": dict(zip(result.people, result.estimate.tolist(), strict=True))}
        estimates |= {d: dict(zip(part.people, part.estimate.tolist(), strict=True)) for d, part in result.parts.items()}
    return pooled(
        table,
        estimates,
        dimension_weights=weights if isinstance(weights, Mapping) else None,
        sources=getattr(assessment, "sources", None),
        scale=scale if plain else None,
        plain=plain,
        ledger=ledger,
        cycle=cycle,
    )
