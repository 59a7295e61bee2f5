"""What raters do to ratings: severity, halo, scale use, drift, cliques; and scores freed of it."""
