"""A committee's session: votes, agenda, moves, ratification, and what can be said of it afterwards."""
