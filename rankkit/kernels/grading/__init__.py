"""Seats, grades under rules, and whether groups fare alike."""
