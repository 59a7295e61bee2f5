"""Which pairs to compare, and by whom."""
