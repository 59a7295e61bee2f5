"""The nine methods, one public class a file; this list is how the command line and the tests find them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from rankkit.errors import SettingsError

if TYPE_CHECKING:
    from rankkit.assessment import Assessment

HOME = {
    "GraphicRatingScale": "graphic_rating_scale",
    "AlternationRanking": "alternation_ranking",
    "PairedComparison": "paired_comparison",
    "ForcedDistribution": "forced_distribution",
    "ManyFacetRasch": "many_facet_rasch",
    "BARS": "bars",
    "BehaviouralObservationScale": "behavioural_observation",
    "MixedStandardScale": "mixed_standard_scale",
    "CriticalIncidents": "critical_incidents",
    "NarrativeAppraisal": "narrative_appraisal",
    "MultiSourceFeedback": "multi_source_feedback",
}


def named(name: str) -> type[Assessment[Any, Any]]:
    """Find a method by class name or file name.

    Raises
    ------
    SettingsError
        If there is no such method; the available ones are listed.

    Examples
    --------
    >>> named("graphic_rating_scale").__name__
    'GraphicRatingScale'
    """
    by_file = {v: k for k, v in HOME.items()}
    cls = name if name in HOME else by_file.get(name.replace("-", "_"))
    if cls is None:
        raise SettingsError("E-METHOD", name=name, available=list(HOME.values()))
    method: type[Assessment[Any, Any]] = getattr(import_module(f"rankkit.methods.{HOME[cls]}"), cls)
    return method
