"""Whether raters, items and codings agree."""
