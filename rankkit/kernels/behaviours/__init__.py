"""Anchors, incidents and texts: judged, counted, compared."""
