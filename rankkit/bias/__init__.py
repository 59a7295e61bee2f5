"""Checks of ratings for patterns that may distort them: described, never held against a person, never changing a score."""

from __future__ import annotations

from rankkit.bias.bombing import bombing
from rankkit.bias.careless import careless
from rankkit.bias.central_tendency import central_tendency
from rankkit.bias.checking import check
from rankkit.bias.cliques import cliques
from rankkit.bias.contrast import contrast
from rankkit.bias.copying import copying
from rankkit.bias.drift import drift
from rankkit.bias.elevation import elevation
from rankkit.bias.group_language import group_language
from rankkit.bias.halo import halo, halo_of_matrix
from rankkit.bias.logical_error import logical_error
from rankkit.bias.nominated_raters import nominated_raters
from rankkit.bias.proximity import proximity
from rankkit.bias.range_restriction import range_restriction
from rankkit.bias.recency import recency
from rankkit.bias.reciprocity import reciprocity
from rankkit.bias.retaliation import retaliation
from rankkit.bias.serial_position import serial_position
from rankkit.bias.severity import severity
from rankkit.bias.similar_to_me import similar_to_me

__all__ = [
    "bombing",
    "careless",
    "central_tendency",
    "check",
    "cliques",
    "contrast",
    "copying",
    "drift",
    "elevation",
    "group_language",
    "halo",
    "halo_of_matrix",
    "logical_error",
    "nominated_raters",
    "proximity",
    "range_restriction",
    "recency",
    "reciprocity",
    "retaliation",
    "serial_position",
    "severity",
    "similar_to_me",
]
