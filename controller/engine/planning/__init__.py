"""From what is asked for to a plan: subjects, methods, order, exact steps, and hazards found meanwhile."""
