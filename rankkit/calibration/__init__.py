"""The committee: what grades mean for groups, and what the law says of it."""

from rankkit.calibration.adverse_impact.impact import Impact, impact, impact_of_counts
from rankkit.calibration.adverse_impact.impact_counts import group_counts
from rankkit.calibration.adverse_impact.jurisdiction import Jurisdiction, jurisdiction
from rankkit.calibration.adverse_impact.score_gaps import ScoreGaps, score_gaps
from rankkit.calibration.appeals.appeal_evaluation import ReRating
from rankkit.calibration.appeals.appeal_follow_up import FollowUp
from rankkit.calibration.appeals.appeal_log import AppealLog, Decision, ExportedAppeals, read_appeals
from rankkit.calibration.appeals.appeal_pack import BlindPack
from rankkit.calibration.appeals.appeal_policy import AppealPolicy
from rankkit.calibration.appeals.appeal_statistics import AppealStatistics
from rankkit.calibration.event_log.chain import Head
from rankkit.calibration.optimiser import Proposal, propose
from rankkit.calibration.pay.bonus_allocation import BonusAllocation, TopUp
from rankkit.calibration.pay.bonus_plan import BonusPlan
from rankkit.calibration.pay.bonus_reserve import ReserveAdvice
from rankkit.calibration.pay.standing import cannot_be_told_apart, probability_below, promotion_list, repeated_failure
from rankkit.calibration.sessions.session import CalibrationSession
from rankkit.calibration.sessions.session_export import ExportedSession, read_export
from rankkit.calibration.sessions.session_policy import Participant, SessionPolicy
from rankkit.calibration.working_calendar import WorkingCalendar, working_calendar

__all__ = [
    "AppealLog",
    "AppealPolicy",
    "AppealStatistics",
    "BlindPack",
    "BonusAllocation",
    "BonusPlan",
    "CalibrationSession",
    "Decision",
    "ExportedAppeals",
    "ExportedSession",
    "FollowUp",
    "Head",
    "Impact",
    "Jurisdiction",
    "Participant",
    "Proposal",
    "ReRating",
    "ReserveAdvice",
    "ScoreGaps",
    "SessionPolicy",
    "TopUp",
    "WorkingCalendar",
    "cannot_be_told_apart",
    "group_counts",
    "impact",
    "impact_of_counts",
    "jurisdiction",
    "probability_below",
    "promotion_list",
    "propose",
    "read_appeals",
    "read_export",
    "repeated_failure",
    "score_gaps",
    "working_calendar",
]
