"""Appeals: from delivery of a grade to the decision, and what follows for grades and pay."""
