"""Validated, immutable judgements: the only form in which data enter a method."""
