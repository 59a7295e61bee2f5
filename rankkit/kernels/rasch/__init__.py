"""Many-facet Rasch models: joint and marginal."""
