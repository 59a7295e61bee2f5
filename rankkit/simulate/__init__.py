"""Judgements with known truth: seeded ratings, comparisons, rankings and a whole service team, labelled as simulated."""

from __future__ import annotations

from rankkit.simulate.biased_panels import BiasedRatings, biased_ratings
from rankkit.simulate.feedback_panels import SimulatedFeedback, feedback, service_feedback
from rankkit.simulate.incident_logs import IncidentLog, incident_log, service_team_incidents
from rankkit.simulate.judged_pairs import comparisons
from rankkit.simulate.judged_rankings import rankings
from rankkit.simulate.narrative_texts import SimulatedNarratives, service_team_narratives
from rankkit.simulate.rasch_panels import rasch_ratings
from rankkit.simulate.rating_panels import ratings
from rankkit.simulate.recovery import RecoveryStudy, detection_rate, recovery_study
from rankkit.simulate.retranslation_panels import SimulatedRetranslation, retranslation
from rankkit.simulate.service_desk import service_team, service_team_pairs, service_team_people, service_team_rankings
from rankkit.simulate.simulated import Simulated

__all__ = [
    "BiasedRatings",
    "IncidentLog",
    "RecoveryStudy",
    "Simulated",
    "SimulatedFeedback",
    "SimulatedNarratives",
    "SimulatedRetranslation",
    "biased_ratings",
    "comparisons",
    "detection_rate",
    "feedback",
    "incident_log",
    "rankings",
    "rasch_ratings",
    "ratings",
    "recovery_study",
    "retranslation",
    "service_feedback",
    "service_team",
    "service_team_incidents",
    "service_team_narratives",
    "service_team_pairs",
    "service_team_people",
    "service_team_rankings",
]
