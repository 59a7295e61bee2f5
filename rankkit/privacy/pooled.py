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
from rankkit.privacy.statements import Pooled, Statement, cells_of
from rankkit.tables.ratings import Ratings

if TYPE_CHECKING:
    from rankkit.privacy.ledger import Ledger

FEWEST_POOLED = 5
"""People over whom a spread is pooled before anybody sees it: mean and spread of one person's raters give their answers away."""

_NOT_ALL = ("W-LATEANSWER", "W-GROUPSLACKING")  # the number leaves answers out
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
    of another model, are withheld: what they say about single ratings cannot be worked out. Groups are those multi-source feedback
    forms of the same ratings, and numbers are no finer than these groups imply, so that results of two methods side by side give
    no more away than one; raters of groups that are not shown are left out of the mean.

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
    cells = cells_of(table)  # of all sources: groups must be the same whatever a method makes of them
    disclosures: dict[str, Disclosure] = {}
    if plain and scale is not None:
        step = _step(cells["score"].to_numpy(dtype=np.float64), scale)
        widest = _step(table.score[~np.isnan(table.score)], scale)
        with nullcontext() if ledger is None else ledger.held():
            for ratee, part in cells.groupby("ratee", sort=True):
                statements = _statements(part, used, dimension_weights)
                disclosures[str(ratee)] = disclose(
                    part,
                    statements,
                    policy,
                    scale=scale,
                    step=step,
                    widest=widest,
                    refine=ledger is not None,
                    ratee=str(ratee),
                    ledger=ledger,
                    cycle=cycle,
                )
    names = {d: d for d in table.dimensions} if len(table.dimensions) > 1 else {}
    told = Confidential.of(disclosures, score=_SCORE, dimensions=names)
    scores = _agreeing(told.scores, estimates.get("", {}))
    return Confidential(
        policy=policy.policy,
        scores=scores,
        dimensions={d: _agreeing(told.dimensions[d], estimates.get(d, {})) for d in names},
        notes=told.notes,
        keep_se=pooled_over_many(cells, policy),
    )


def pooled_over_many(cells: pd.DataFrame, policy: DisclosurePolicy, sources: Iterable[str] | None = None) -> bool:
    """Tell whether spreads of protected raters are pooled over enough people for nobody's answers to follow from them.

    Parameters
    ----------
    cells : DataFrame
        ``ratee, rater, source``.
    policy : DisclosurePolicy
    sources : iterable of str, optional
        Each of which must have enough; by default all protected sources together.

    Returns
    -------
    bool
        True if :data:`FEWEST_POOLED` people or more have at least two raters each.
    """
    own = cells.drop_duplicates(["ratee", "rater"])
    own = own[[policy.protects(s) for s in own["source"]]]
    groups = [own] if sources is None else [own[own["source"] == s] for s in sources if policy.protects(s)]
    return all((g["ratee"].value_counts() > 1).sum() >= FEWEST_POOLED for g in groups)


def _statements(cells: pd.DataFrame, sources: tuple[str, ...], weights: Mapping[str, Any] | None) -> list[Statement]:
    """The score of one person, and the mean on each dimension."""
    cells = cells[cells["source"].isin(sources)]
    rated = [str(d) for d in dict.fromkeys(cells["dimension"])]
    nominal = {d: 1 if weights is None else weights.get(d, 0) for d in rated}
    return [Pooled(_SCORE, sources, nominal), *(Pooled(d, sources, {d: 1}) for d in rated)]


def _agreeing(told: pd.DataFrame, estimates: Mapping[str, float]) -> pd.DataFrame:
    """Withhold what is not the number that was disclosed."""
    out = told.copy()
    own = np.array([estimates.get(str(r), np.nan) for r in out.index], dtype=np.float64)
    low, high = (out[c].to_numpy(dtype=np.float64) for c in ("low", "high"))
    with np.errstate(invalid="ignore"):
        other = ~((low - _NEAR <= own) & (own <= high + _NEAR))
    other &= ~out["code"].isin(_NOT_ALL).to_numpy()  # whether answers that are held back change the number must not show
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
