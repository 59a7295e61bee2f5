"""What grades pay, and who may be preferred."""
