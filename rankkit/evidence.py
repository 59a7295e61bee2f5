"""Evidence behind ratings."""
