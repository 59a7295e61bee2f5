"""Asking people: sessions that keep every answer and emit validated tables."""

from __future__ import annotations

from rankkit.elicit.alternation import AlternationSession
from rankkit.elicit.bars_builder import BARSBuilder
from rankkit.elicit.event_log import EventLog
from rankkit.elicit.gathering import gather
from rankkit.elicit.pairing import PairingSession
from rankkit.elicit.pairing_gathering import gather_comparisons
from rankkit.elicit.pairing_load import PairingLoad
from rankkit.elicit.pairing_load import load as pairing_workload
from rankkit.elicit.pairing_panel import PairingPanel, assign
from rankkit.elicit.pairing_progress import PairingProgress
from rankkit.elicit.pairing_state import Question
from rankkit.elicit.workload import Workload, alternation_workload

__all__ = [
    "AlternationSession",
    "BARSBuilder",
    "EventLog",
    "PairingLoad",
    "PairingPanel",
    "PairingProgress",
    "PairingSession",
    "Question",
    "Workload",
    "alternation_workload",
    "assign",
    "gather",
    "gather_comparisons",
    "pairing_workload",
]
