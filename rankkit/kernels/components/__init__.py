"""Variance components: mixed models, generalizability and decision studies."""
