"""Rankings, choices and orders: consensus, models of choice, agreement of rankings."""
