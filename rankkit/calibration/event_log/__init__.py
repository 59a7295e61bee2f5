"""An append-only log in one file: hashed, durable, safe with several programs, replayed to any event."""
