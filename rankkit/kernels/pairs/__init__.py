"""Paired comparisons: models, their estimates and errors, whether they fit, who is told apart."""
