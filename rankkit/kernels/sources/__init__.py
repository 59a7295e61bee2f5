"""Feedback of several sources: composites, their errors, and what may be released."""
