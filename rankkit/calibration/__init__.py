"""The committee: what grades mean for groups, and what the law says of it."""

from rankkit.calibration.impact import Impact, impact, impact_of_counts
from rankkit.calibration.jurisdiction import Jurisdiction, jurisdiction
from rankkit.calibration.optimiser import Proposal, propose

__all__ = ["Impact", "Jurisdiction", "Proposal", "impact", "impact_of_counts", "jurisdiction", "propose"]
