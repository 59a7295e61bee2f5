"""Checks of ratings for patterns that may distort them: described, never held against a person, never changing a score."""

from __future__ import annotations

from rankkit.bias.careless import careless
from rankkit.bias.central_tendency import central_tendency
from rankkit.bias.checking import check
from rankkit.bias.contrast import contrast
from rankkit.bias.drift import drift
from rankkit.bias.elevation import elevation
from rankkit.bias.halo import halo, halo_of_matrix
from rankkit.bias.logical_error import logical_error
from rankkit.bias.proximity import proximity
from rankkit.bias.range_restriction import range_restriction
from rankkit.bias.recency import recency
from rankkit.bias.serial_position import serial_position
from rankkit.bias.severity import severity
from rankkit.bias.similar_to_me import similar_to_me

__all__ = [
    "careless",
    "central_tendency",
    "check",
    "contrast",
    "drift",
    "elevation",
    "halo",
    "halo_of_matrix",
    "logical_error",
    "proximity",
    "range_restriction",
    "recency",
    "serial_position",
    "severity",
    "similar_to_me",
]
