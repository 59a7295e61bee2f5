"""The committee: what grades mean for groups, and what the law says of it."""

from rankkit.calibration.chain import Head
from rankkit.calibration.impact import Impact, impact, impact_of_counts
from rankkit.calibration.jurisdiction import Jurisdiction, jurisdiction
from rankkit.calibration.optimiser import Proposal, propose
from rankkit.calibration.session import CalibrationSession
from rankkit.calibration.session_export import ExportedSession, read_export
from rankkit.calibration.session_policy import Participant, SessionPolicy

__all__ = [
    "CalibrationSession",
    "ExportedSession",
    "Head",
    "Impact",
    "Jurisdiction",
    "Participant",
    "Proposal",
    "SessionPolicy",
    "impact",
    "impact_of_counts",
    "jurisdiction",
    "propose",
    "read_export",
]
