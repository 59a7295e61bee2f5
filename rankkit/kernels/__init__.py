"""Arrays in, frozen dataclasses out: the mathematics, without tables, labels or settings."""
