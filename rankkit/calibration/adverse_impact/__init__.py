"""How groups fare at both ends of the grades, and what the law says of it."""
