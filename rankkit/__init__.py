"""rankkit: statistical ranking and calibration of performance ratings, with the uncertainty shown."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rankkit import accuracy, agreement, bias, calibration, datasets, elicit, errors, privacy, simulate
    from rankkit.assessment import FittedBy, fit_by
    from rankkit.comparing import MethodComparison, compare
    from rankkit.design_audit import DesignAudit, audit
    from rankkit.elicit.bars_builder import BARSBuilder
    from rankkit.errors import RankkitError, use_language
    from rankkit.evidence import EvidenceCoverage, evidence_coverage
    from rankkit.methods.alternation_ranking import AlternationRanking
    from rankkit.methods.bars import BARS
    from rankkit.methods.bars_card import ScaleCard
    from rankkit.methods.behavioural_observation import BehaviouralObservationScale
    from rankkit.methods.critical_incidents import CriticalIncidents
    from rankkit.methods.forced_distribution import ForcedDistribution
    from rankkit.methods.graphic_rating_scale import GraphicRatingScale
    from rankkit.methods.many_facet_rasch import ManyFacetRasch
    from rankkit.methods.mixed_standard_scale import MixedStandardScale
    from rankkit.methods.multi_source_feedback import MultiSourceFeedback
    from rankkit.methods.narrative_appraisal import NarrativeAppraisal
    from rankkit.methods.paired_comparison import PairedComparison
    from rankkit.result import Result
    from rankkit.tables.attributes import Attributes
    from rankkit.tables.comparisons import Comparisons
    from rankkit.tables.incidents import Incidents
    from rankkit.tables.narratives import Narratives
    from rankkit.tables.payroll import Payroll, read_payroll
    from rankkit.tables.people import People
    from rankkit.tables.rank_matrix import rankings_from_matrix
    from rankkit.tables.rankings import Rankings
    from rankkit.tables.ratings import Ratings
    from rankkit.tables.reading import (
        read_attributes,
        read_comparisons,
        read_incidents,
        read_narratives,
        read_people,
        read_rankings,
        read_ratings,
    )
    from rankkit.tables.wide import from_matrix, from_wide

_HOME = {
    "MixedStandardScale": "methods.mixed_standard_scale",
    "BehaviouralObservationScale": "methods.behavioural_observation",
    "BARS": "methods.bars",
    "AlternationRanking": "methods.alternation_ranking",
    "Attributes": "tables.attributes",
    "BARSBuilder": "elicit.bars_builder",
    "Comparisons": "tables.comparisons",
    "CriticalIncidents": "methods.critical_incidents",
    "DesignAudit": "design_audit",
    "EvidenceCoverage": "evidence",
    "FittedBy": "assessment",
    "ForcedDistribution": "methods.forced_distribution",
    "GraphicRatingScale": "methods.graphic_rating_scale",
    "Incidents": "tables.incidents",
    "ManyFacetRasch": "methods.many_facet_rasch",
    "MethodComparison": "comparing",
    "MultiSourceFeedback": "methods.multi_source_feedback",
    "NarrativeAppraisal": "methods.narrative_appraisal",
    "Narratives": "tables.narratives",
    "PairedComparison": "methods.paired_comparison",
    "Payroll": "tables.payroll",
    "People": "tables.people",
    "Rankings": "tables.rankings",
    "RankkitError": "errors",
    "Ratings": "tables.ratings",
    "Result": "result",
    "ScaleCard": "methods.bars_card",
    "accuracy": "",
    "agreement": "",
    "audit": "design_audit",
    "bias": "",
    "compare": "comparing",
    "calibration": "",
    "datasets": "",
    "elicit": "",
    "errors": "",
    "evidence_coverage": "evidence",
    "fit_by": "assessment",
    "from_matrix": "tables.wide",
    "from_wide": "tables.wide",
    "privacy": "",
    "rankings_from_matrix": "tables.rank_matrix",
    "read_attributes": "tables.reading",
    "read_comparisons": "tables.reading",
    "read_incidents": "tables.reading",
    "read_narratives": "tables.reading",
    "read_payroll": "tables.payroll",
    "read_people": "tables.reading",
    "read_rankings": "tables.reading",
    "read_ratings": "tables.reading",
    "simulate": "",
    "use_language": "errors",
}

__all__ = [
    "BARS",
    "AlternationRanking",
    "Attributes",
    "BARSBuilder",
    "BehaviouralObservationScale",
    "Comparisons",
    "CriticalIncidents",
    "DesignAudit",
    "EvidenceCoverage",
    "FittedBy",
    "ForcedDistribution",
    "GraphicRatingScale",
    "Incidents",
    "ManyFacetRasch",
    "MethodComparison",
    "MixedStandardScale",
    "MultiSourceFeedback",
    "NarrativeAppraisal",
    "Narratives",
    "PairedComparison",
    "Payroll",
    "People",
    "Rankings",
    "RankkitError",
    "Ratings",
    "Result",
    "ScaleCard",
    "accuracy",
    "agreement",
    "audit",
    "bias",
    "calibration",
    "compare",
    "datasets",
    "elicit",
    "errors",
    "evidence_coverage",
    "fit_by",
    "from_matrix",
    "from_wide",
    "privacy",
    "rankings_from_matrix",
    "read_attributes",
    "read_comparisons",
    "read_incidents",
    "read_narratives",
    "read_payroll",
    "read_people",
    "read_rankings",
    "read_ratings",
    "simulate",
    "use_language",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that ``import rankkit`` costs next to nothing."""
    if name not in _HOME:
        msg = f"module 'rankkit' has no attribute {name!r}"
        raise AttributeError(msg)
    home = _HOME[name]
    value = import_module(f"rankkit.{home}" if home else f"rankkit.{name}")
    if home:
        value = getattr(value, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
